//! Who asks, and what that person may see. Only a live session of the database makes a `Scope` (and a job's row, for
//! the work that a person started, and a calendar feed, for who holds its address, and a notification, for whom it is
//! to be told, and a sequence of relances, for the firm), so no query can be asked for a cabinet that the caller has not proved. A client's link, and a message, make one that sees their dossiers and no other.

use domain::{Access, CabinetId, DossierId, Lang, Permission, PortfolioId, Role, SessionId, UserId};

/// The rows that a person may see. Every query on a cabinet's data takes one.
#[derive(Debug, Clone)]
pub struct Scope {
    cabinet: CabinetId,
    user: UserId,
    role: Role,
    access: Access,
    portfolios: Vec<PortfolioId>,
    only: Option<Vec<DossierId>>,
}

impl Scope {
    pub(crate) fn new(
        cabinet: CabinetId,
        user: UserId,
        role: Role,
        access: Access,
        portfolios: Vec<PortfolioId>,
    ) -> Self {
        Self { cabinet, user, role, access: role.access(access), portfolios, only: None }
    }

    /// Everything of a cabinet, for what the firm itself goes on with, whoever is of it: no person's.
    pub(crate) fn of_firm(cabinet: CabinetId) -> Self {
        let nobody = UserId::from_uuid(uuid::Uuid::nil());
        Self::new(cabinet, nobody, Role::Partner, Access::All, Vec::new())
    }

    /// Some dossiers of a cabinet, confidential ones included, and nothing else of it: no person's, so that what is done
    /// with it is nobody's but the client's or the product's own.
    pub(crate) fn of_dossiers(cabinet: CabinetId, dossiers: Vec<DossierId>) -> Self {
        Self { only: Some(dossiers), ..Self::of_firm(cabinet) }
    }

    /// The dossiers that the scope is narrowed to, if it is.
    pub fn only(&self) -> Option<&[DossierId]> {
        self.only.as_deref()
    }

    pub fn cabinet(&self) -> CabinetId {
        self.cabinet
    }

    pub fn user(&self) -> UserId {
        self.user
    }

    pub fn role(&self) -> Role {
        self.role
    }

    pub fn access(&self) -> Access {
        self.access
    }

    /// Sees every portfolio.
    pub fn sees_all(&self) -> bool {
        self.access == Access::All
    }

    /// Sees confidential dossiers without being in charge of them.
    pub fn sees_confidential(&self) -> bool {
        self.role == Role::Partner
    }

    /// Sees every dossier of the cabinet, so that its rows need not be joined to dossiers.
    pub fn sees_everything(&self) -> bool {
        self.sees_all() && self.sees_confidential() && self.only.is_none()
    }

    /// No more than these dossiers of what is seen.
    pub fn narrowed(&self, dossiers: &[DossierId]) -> Self {
        let seen = |id: &DossierId| self.only.as_ref().is_none_or(|only| only.contains(id));
        Self { only: Some(dossiers.iter().copied().filter(seen).collect()), ..self.clone() }
    }

    /// The portfolios given to the person (unused when the person sees all).
    pub fn portfolios(&self) -> &[PortfolioId] {
        &self.portfolios
    }

    pub fn sees_portfolio(&self, portfolio: Option<PortfolioId>) -> bool {
        self.sees_all() || portfolio.is_some_and(|p| self.portfolios.contains(&p))
    }

    /// Whether the role and the access allow an act.
    pub fn allows(&self, permission: Permission) -> bool {
        self.role.allows(permission) && (!permission.needs_whole_cabinet() || self.sees_all())
    }
}

/// A signed-in person.
#[derive(Debug, Clone)]
pub struct Actor {
    pub scope: Scope,
    pub session: SessionId,
    pub name: String,
    pub email: String,
    pub lang: Lang,
}
