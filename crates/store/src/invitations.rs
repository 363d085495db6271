//! Invitations: an e-mail, rights, and the hash of the secret in the link.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::{Access, CabinetId, InvitationId, PortfolioId, Role, UserId};

use crate::people::{name_column, names, parsed};
use crate::schema::{cabinets, invitations, users};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope};

#[derive(Debug, Clone)]
pub struct Invitation {
    pub id: InvitationId,
    pub cabinet: CabinetId,
    pub email: String,
    pub role: Role,
    pub access: Access,
    pub portfolios: Vec<PortfolioId>,
    pub aliases: Vec<String>,
    pub invited_by: UserId,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub accepted_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

type Cols = (String, String, String, String, String, String, String, String, i64, i64, Option<i64>, Option<i64>);
type Columns = (
    invitations::id,
    invitations::cabinet_id,
    invitations::email,
    invitations::role,
    invitations::access,
    invitations::portfolio_ids,
    invitations::aliases,
    invitations::invited_by,
    invitations::created_at,
    invitations::expires_at,
    invitations::accepted_at,
    invitations::revoked_at,
);
const COLUMNS: Columns = (
    invitations::id,
    invitations::cabinet_id,
    invitations::email,
    invitations::role,
    invitations::access,
    invitations::portfolio_ids,
    invitations::aliases,
    invitations::invited_by,
    invitations::created_at,
    invitations::expires_at,
    invitations::accepted_at,
    invitations::revoked_at,
);

fn invitation_of(row: Cols) -> Result<Invitation> {
    let (id, cabinet, email, role, access, portfolios, aliases, by, created, expires, accepted, revoked) = row;
    Ok(Invitation {
        id: parsed(&id)?,
        cabinet: parsed(&cabinet)?,
        email,
        role: parsed(&role)?,
        access: parsed(&access)?,
        portfolios: names(&portfolios)?.iter().map(|id| parsed(id)).collect::<Result<_>>()?,
        aliases: names(&aliases)?,
        invited_by: parsed(&by)?,
        created_at: from_db(created),
        expires_at: from_db(expires),
        accepted_at: accepted.map(from_db),
        revoked_at: revoked.map(from_db),
    })
}

pub fn insert(conn: &mut Conn, invitation: &Invitation, token_hash: &str) -> Result<()> {
    let portfolios: Vec<String> = invitation.portfolios.iter().map(ToString::to_string).collect();
    diesel::insert_into(invitations::table)
        .values((
            invitations::id.eq(invitation.id.to_string()),
            invitations::cabinet_id.eq(invitation.cabinet.to_string()),
            invitations::email.eq(&invitation.email),
            invitations::role.eq(invitation.role.as_str()),
            invitations::access.eq(invitation.access.as_str()),
            invitations::portfolio_ids.eq(name_column(&portfolios)?),
            invitations::aliases.eq(name_column(&invitation.aliases)?),
            invitations::token_hash.eq(token_hash),
            invitations::invited_by.eq(invitation.invited_by.to_string()),
            invitations::created_at.eq(to_db(invitation.created_at)),
            invitations::expires_at.eq(to_db(invitation.expires_at)),
            invitations::accepted_at.eq(None::<i64>),
            invitations::revoked_at.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(())
}

/// What the holder of a link is shown.
#[derive(Debug, Clone)]
pub struct Offer {
    pub invitation: Invitation,
    pub cabinet_name: String,
    pub invited_by: String,
}

/// The invitation whose secret has this hash: the holder of the link is the only one who can ask.
pub fn by_token(conn: &mut Conn, token_hash: &str) -> Result<Option<Offer>> {
    let row: Option<(Cols, String, String)> = invitations::table
        .inner_join(cabinets::table.on(cabinets::id.eq(invitations::cabinet_id)))
        .inner_join(users::table.on(users::id.eq(invitations::invited_by)))
        .filter(invitations::token_hash.eq(token_hash))
        .select((COLUMNS, cabinets::name, users::name))
        .first(conn)
        .optional()?;
    row.map(|(invitation, cabinet_name, invited_by)| {
        Ok(Offer { invitation: invitation_of(invitation)?, cabinet_name, invited_by })
    })
    .transpose()
}

/// The latest invitations of the scope's cabinet, newest first.
pub fn list(conn: &mut Conn, scope: &Scope, limit: i64) -> Result<Vec<Invitation>> {
    let rows: Vec<Cols> = invitations::table
        .filter(invitations::cabinet_id.eq(scope.cabinet().to_string()))
        .order((invitations::created_at.desc(), invitations::id.desc()))
        .limit(limit)
        .select(COLUMNS)
        .load(conn)?;
    rows.into_iter().map(invitation_of).collect()
}

pub fn find(conn: &mut Conn, scope: &Scope, id: InvitationId) -> Result<Invitation> {
    let row: Cols = invitations::table
        .filter(invitations::id.eq(id.to_string()))
        .filter(invitations::cabinet_id.eq(scope.cabinet().to_string()))
        .select(COLUMNS)
        .first(conn)?;
    invitation_of(row)
}

/// The open invitations of the scope's cabinet for an e-mail.
pub fn open_for(conn: &mut Conn, scope: &Scope, email: &str, now: DateTime<Utc>) -> Result<Vec<Invitation>> {
    let rows: Vec<Cols> = invitations::table
        .filter(invitations::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(invitations::email.eq(email))
        .filter(invitations::accepted_at.is_null())
        .filter(invitations::revoked_at.is_null())
        .filter(invitations::expires_at.gt(to_db(now)))
        .select(COLUMNS)
        .load(conn)?;
    rows.into_iter().map(invitation_of).collect()
}

/// Marks an open invitation as accepted; false when it was accepted or revoked in the meantime.
pub fn accept(conn: &mut Conn, invitation: &Invitation, now: DateTime<Utc>) -> Result<bool> {
    let rows = diesel::update(open(invitation)).set(invitations::accepted_at.eq(Some(to_db(now)))).execute(conn)?;
    Ok(rows == 1)
}

/// Withdraws an open invitation; false when it was accepted or revoked in the meantime.
pub fn revoke(conn: &mut Conn, invitation: &Invitation, now: DateTime<Utc>) -> Result<bool> {
    let rows = diesel::update(open(invitation)).set(invitations::revoked_at.eq(Some(to_db(now)))).execute(conn)?;
    Ok(rows == 1)
}

#[diesel::dsl::auto_type(no_type_alias)]
fn open(invitation: &Invitation) -> _ {
    let id: String = invitation.id.to_string();
    let cabinet: String = invitation.cabinet.to_string();
    invitations::table
        .filter(invitations::id.eq(id))
        .filter(invitations::cabinet_id.eq(cabinet))
        .filter(invitations::accepted_at.is_null())
        .filter(invitations::revoked_at.is_null())
}
