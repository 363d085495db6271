//! Collections that go on by themselves.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::{CabinetId, CampaignId, Criterion, DossierId, MandateKind, UserId};

use crate::dossiers::{Filter, filtered};
use crate::people::parsed;
use crate::schema::{campaigns, dossiers, mandates, portfolio_people, users};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope};

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    pub id: CampaignId,
    pub cabinet: CabinetId,
    pub version: i64,
    pub name: String,
    pub kinds: Vec<MandateKind>,
    /// The filter of its audience, as JSON.
    pub filter: String,
    pub message: String,
    /// As the contract names it.
    pub state: String,
    pub user: UserId,
    pub by_name: String,
    /// Changes of dossiers up to here were looked at.
    pub looked_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = campaigns, treat_none_as_default_value = false)]
struct Row {
    id: String,
    cabinet_id: String,
    version: i64,
    name: String,
    kinds: String,
    filter: String,
    message: String,
    state: String,
    user_id: String,
    by_name: String,
    looked_at: i64,
    created_at: i64,
}

fn campaign(row: Row) -> Result<Campaign> {
    let damaged = || crate::Error::DeserializationError(format!("campaign {}: kinds cannot be read", row.id).into());
    Ok(Campaign {
        kinds: serde_json::from_str(&row.kinds).map_err(|_| damaged())?,
        id: parsed(&row.id)?,
        cabinet: parsed(&row.cabinet_id)?,
        version: row.version,
        name: row.name,
        filter: row.filter,
        message: row.message,
        state: row.state,
        user: parsed(&row.user_id)?,
        by_name: row.by_name,
        looked_at: from_db(row.looked_at),
        created_at: from_db(row.created_at),
    })
}

fn row(c: &Campaign) -> Row {
    Row {
        id: c.id.to_string(),
        cabinet_id: c.cabinet.to_string(),
        version: c.version,
        name: c.name.clone(),
        kinds: serde_json::to_string(&c.kinds).unwrap_or_default(),
        filter: c.filter.clone(),
        message: c.message.clone(),
        state: c.state.clone(),
        user_id: c.user.to_string(),
        by_name: c.by_name.clone(),
        looked_at: to_db(c.looked_at),
        created_at: to_db(c.created_at),
    }
}

/// Needs the cabinet's lock.
pub fn insert(conn: &mut Conn, new: &Campaign) -> Result<()> {
    diesel::insert_into(campaigns::table).values(row(new)).execute(conn)?;
    Ok(())
}

/// Writes a campaign over itself. Needs the cabinet's lock.
pub fn update(conn: &mut Conn, campaign: &Campaign) -> Result<()> {
    let row = row(campaign);
    let target = campaigns::table.find(&row.id).filter(campaigns::cabinet_id.eq(&row.cabinet_id));
    diesel::update(target).set(&row).execute(conn)?;
    Ok(())
}

pub fn find(conn: &mut Conn, scope: &Scope, id: CampaignId) -> Result<Campaign> {
    campaign(
        campaigns::table
            .find(id.to_string())
            .filter(campaigns::cabinet_id.eq(scope.cabinet().to_string()))
            .select(Row::as_select())
            .first(conn)?,
    )
}

/// A campaign of a cabinet, for the work that nobody asks for.
pub fn of_cabinet(conn: &mut Conn, cabinet: CabinetId, id: CampaignId) -> Result<Campaign> {
    campaign(
        campaigns::table
            .find(id.to_string())
            .filter(campaigns::cabinet_id.eq(cabinet.to_string()))
            .select(Row::as_select())
            .first(conn)?,
    )
}

/// Newest first.
pub fn list(conn: &mut Conn, scope: &Scope) -> Result<Vec<Campaign>> {
    let rows: Vec<Row> = campaigns::table
        .filter(campaigns::cabinet_id.eq(scope.cabinet().to_string()))
        .order(campaigns::id.desc())
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(campaign).collect()
}

/// The campaigns of every cabinet that are in a state, oldest first.
pub fn in_state(conn: &mut Conn, state: &str) -> Result<Vec<Campaign>> {
    let rows: Vec<Row> =
        campaigns::table.filter(campaigns::state.eq(state)).order(campaigns::id).select(Row::as_select()).load(conn)?;
    rows.into_iter().map(campaign).collect()
}

/// A person who stands behind a campaign, with the rights of now; nothing when that person is no longer active.
pub fn scope_of(conn: &mut Conn, cabinet: CabinetId, user: UserId) -> Result<Option<Scope>> {
    Ok(rights_of(conn, cabinet, user)?.filter(|(_, active)| *active).map(|(scope, _)| scope))
}

/// What a person sees, or saw at last, and whether the person is active.
pub(crate) fn rights_of(conn: &mut Conn, cabinet: CabinetId, user: UserId) -> Result<Option<(Scope, bool)>> {
    let person: Option<(String, String, bool)> = users::table
        .find(user.to_string())
        .filter(users::cabinet_id.eq(cabinet.to_string()))
        .select((users::role, users::access, users::active))
        .first(conn)
        .optional()?;
    let Some((role, access, active)) = person else { return Ok(None) };
    let granted: Vec<String> = portfolio_people::table
        .filter(portfolio_people::user_id.eq(user.to_string()))
        .select(portfolio_people::portfolio_id)
        .load(conn)?;
    let portfolios = granted.iter().filter_map(|p| p.parse().ok()).collect();
    Ok(Some((Scope::new(cabinet, user, parsed(&role)?, parsed(&access)?, portfolios), active)))
}

/// Whether a dossier of the cabinet was written after a moment.
pub fn changed_since(conn: &mut Conn, cabinet: CabinetId, at: DateTime<Utc>) -> Result<bool> {
    diesel::select(diesel::dsl::exists(
        dossiers::table.filter(dossiers::cabinet_id.eq(cabinet.to_string())).filter(dossiers::updated_at.gt(to_db(at))),
    ))
    .get_result(conn)
}

/// Has the campaigns of a cabinet in a state look at all of their dossiers again. Needs the cabinet's lock.
pub fn look_again(conn: &mut Conn, cabinet: CabinetId, state: &str) -> Result<()> {
    let of_cabinet = campaigns::table.filter(campaigns::cabinet_id.eq(cabinet.to_string()));
    diesel::update(of_cabinet.filter(campaigns::state.eq(state))).set(campaigns::looked_at.eq(0)).execute(conn)?;
    Ok(())
}

/// A dossier of an audience: whether a mandate is noted for it, in the register or by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    pub dossier: DossierId,
    pub met: bool,
}

/// The dossiers in sight that a filter takes; those written after a moment alone when one is told.
pub fn audience(conn: &mut Conn, scope: &Scope, filter: &Filter, since: Option<DateTime<Utc>>) -> Result<Vec<Member>> {
    let mut query = filtered(scope, filter, None);
    if let Some(since) = since {
        query = query.filter(dossiers::updated_at.gt(to_db(since)));
    }
    let rows: Vec<(String, i64, i64)> = query
        .order((dossiers::name_sort, dossiers::id))
        .select((dossiers::id, dossiers::missing, dossiers::waves))
        .load(conn)?;
    rows.into_iter()
        .map(|(id, missing, waves)| {
            let met = waves != 0 && missing & Criterion::Mandate.mask() == 0;
            Ok(Member { dossier: parsed(&id)?, met })
        })
        .collect()
}

/// Dossiers that a campaign has asked, each with the kinds.
pub fn asked(conn: &mut Conn, campaign: &Campaign) -> Result<Vec<(DossierId, MandateKind)>> {
    let rows: Vec<(String, String)> = mandates::table
        .filter(mandates::cabinet_id.eq(campaign.cabinet.to_string()))
        .filter(mandates::campaign_id.eq(campaign.id.to_string()))
        .select((mandates::dossier_id, mandates::kind))
        .load(conn)?;
    rows.into_iter().map(|(dossier, kind)| Ok((parsed(&dossier)?, parsed(&kind)?))).collect()
}
