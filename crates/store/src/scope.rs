//! Who asks, and what that person may see. Only a live session of the database makes a `Scope` (and a job's row, for
//! the work that a person started, and a calendar feed, for who holds its address), so no query can be asked for a
//! cabinet that the caller has not proved.

use domain::{Access, CabinetId, Lang, Permission, PortfolioId, Role, SessionId, UserId};

/// The rows that a person may see. Every query on a cabinet's data takes one.
#[derive(Debug, Clone)]
pub struct Scope {
    cabinet: CabinetId,
    user: UserId,
    role: Role,
    access: Access,
    portfolios: Vec<PortfolioId>,
}

impl Scope {
    pub(crate) fn new(
        cabinet: CabinetId,
        user: UserId,
        role: Role,
        access: Access,
        portfolios: Vec<PortfolioId>,
    ) -> Self {
        Self { cabinet, user, role, access: role.access(access), portfolios }
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
