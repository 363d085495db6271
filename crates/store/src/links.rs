//! Clients' links: what a client opens without an account. The secret is known by its hash alone; who holds it sees the
//! link's dossiers.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::{CabinetId, DossierId, LinkId, UserId};

use crate::people::parsed;
use crate::schema::{link_dossiers, links, mails};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope};

#[derive(Debug, Clone)]
pub struct Link {
    pub id: LinkId,
    pub cabinet: CabinetId,
    /// Empty for one that travels on paper.
    pub email: String,
    pub contact_name: String,
    /// What is asked, and how far the client is, as JSON.
    pub asks: String,
    pub code: Code,
    /// Who made it; nobody for one that the product made.
    pub user: Option<UserId>,
    pub dossiers: Vec<DossierId>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub opened_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// The one-time code of a signature.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Code {
    /// Empty while there is none.
    pub hash: String,
    pub expires_at: Option<DateTime<Utc>>,
    /// Wrong ones since it was sent.
    pub tries: i64,
    /// Codes sent in the life of the link.
    pub sent: i64,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = links, treat_none_as_default_value = false)]
struct Row {
    id: String,
    cabinet_id: String,
    token_hash: String,
    email: String,
    contact_name: String,
    asks: String,
    code_hash: String,
    code_expires_at: Option<i64>,
    code_tries: i64,
    codes_sent: i64,
    user_id: String,
    created_at: i64,
    expires_at: i64,
    opened_at: Option<i64>,
    finished_at: Option<i64>,
    revoked_at: Option<i64>,
}

fn whole(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<Link>> {
    let ids: Vec<&String> = rows.iter().map(|r| &r.id).collect();
    let mut dossiers: HashMap<String, Vec<DossierId>> = HashMap::new();
    for chunk in ids.chunks(500) {
        let found: Vec<(String, String)> = link_dossiers::table
            .filter(link_dossiers::link_id.eq_any(chunk.iter().copied()))
            .order(link_dossiers::dossier_id)
            .select((link_dossiers::link_id, link_dossiers::dossier_id))
            .load(conn)?;
        for (link, dossier) in found {
            dossiers.entry(link).or_default().push(parsed(&dossier)?);
        }
    }
    rows.into_iter()
        .map(|row| {
            Ok(Link {
                dossiers: dossiers.remove(&row.id).unwrap_or_default(),
                id: parsed(&row.id)?,
                cabinet: parsed(&row.cabinet_id)?,
                email: row.email,
                contact_name: row.contact_name,
                asks: row.asks,
                code: Code {
                    hash: row.code_hash,
                    expires_at: row.code_expires_at.map(from_db),
                    tries: row.code_tries,
                    sent: row.codes_sent,
                },
                user: row.user_id.parse().ok(),
                created_at: from_db(row.created_at),
                expires_at: from_db(row.expires_at),
                opened_at: row.opened_at.map(from_db),
                finished_at: row.finished_at.map(from_db),
                revoked_at: row.revoked_at.map(from_db),
            })
        })
        .collect()
}

/// Adds a link. The caller has found its dossiers in sight.
pub fn insert(conn: &mut Conn, link: &Link, token_hash: &str) -> Result<()> {
    diesel::insert_into(links::table)
        .values(Row {
            id: link.id.to_string(),
            cabinet_id: link.cabinet.to_string(),
            token_hash: token_hash.to_owned(),
            email: link.email.clone(),
            contact_name: link.contact_name.clone(),
            asks: link.asks.clone(),
            code_hash: link.code.hash.clone(),
            code_expires_at: link.code.expires_at.map(to_db),
            code_tries: link.code.tries,
            codes_sent: link.code.sent,
            user_id: link.user.map(|u| u.to_string()).unwrap_or_default(),
            created_at: to_db(link.created_at),
            expires_at: to_db(link.expires_at),
            opened_at: link.opened_at.map(to_db),
            finished_at: link.finished_at.map(to_db),
            revoked_at: link.revoked_at.map(to_db),
        })
        .execute(conn)?;
    add_dossiers(conn, link, &link.dossiers)
}

fn add_dossiers(conn: &mut Conn, link: &Link, dossiers: &[DossierId]) -> Result<()> {
    for dossier in dossiers {
        diesel::insert_into(link_dossiers::table)
            .values((
                link_dossiers::link_id.eq(link.id.to_string()),
                link_dossiers::dossier_id.eq(dossier.to_string()),
                link_dossiers::cabinet_id.eq(link.cabinet.to_string()),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Writes how far a visit is: what is asked, the code, and its three moments. Needs the cabinet's lock.
pub fn update(conn: &mut Conn, link: &Link) -> Result<()> {
    let of_cabinet = links::table.filter(links::cabinet_id.eq(link.cabinet.to_string()));
    diesel::update(of_cabinet.filter(links::id.eq(link.id.to_string())))
        .set((
            links::asks.eq(&link.asks),
            links::code_hash.eq(&link.code.hash),
            links::code_expires_at.eq(link.code.expires_at.map(to_db)),
            links::code_tries.eq(link.code.tries),
            links::codes_sent.eq(link.code.sent),
            links::expires_at.eq(to_db(link.expires_at)),
            links::opened_at.eq(link.opened_at.map(to_db)),
            links::finished_at.eq(link.finished_at.map(to_db)),
            links::revoked_at.eq(link.revoked_at.map(to_db)),
        ))
        .execute(conn)?;
    Ok(())
}

/// The link whose secret has this hash, and what its holder sees: the link's dossiers and no others. Handed out whatever
/// its state, so that a page can say why it does not open any more.
pub fn by_token(conn: &mut Conn, token_hash: &str) -> Result<Option<(Link, Scope)>> {
    let row: Option<Row> =
        links::table.filter(links::token_hash.eq(token_hash)).select(Row::as_select()).first(conn).optional()?;
    let Some(row) = row else { return Ok(None) };
    let Some(link) = whole(conn, vec![row])?.pop() else { return Ok(None) };
    let scope = Scope::of_dossiers(link.cabinet, link.dossiers.clone());
    Ok(Some((link, scope)))
}

/// A link of the cabinet by its id, for the messages that carry it.
pub fn of_cabinet(conn: &mut Conn, cabinet: CabinetId, id: LinkId) -> Result<Option<Link>> {
    let row: Option<Row> = links::table
        .filter(links::cabinet_id.eq(cabinet.to_string()))
        .filter(links::id.eq(id.to_string()))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(whole(conn, row.into_iter().collect())?.pop())
}

/// A link of a dossier in sight.
pub fn find(conn: &mut Conn, scope: &Scope, id: LinkId) -> Result<Link> {
    let link = of_cabinet(conn, scope.cabinet(), id)?.ok_or(crate::Error::NotFound)?;
    if crate::dossiers::find_many(conn, scope, &link.dossiers)?.is_empty() {
        return Err(crate::Error::NotFound);
    }
    Ok(link)
}

/// Links of a dossier, the newest first, and the message that brought each. The caller has found the dossier in sight.
pub fn of_dossier(conn: &mut Conn, cabinet: CabinetId, dossier: DossierId) -> Result<Vec<Link>> {
    let rows: Vec<Row> = links::table
        .inner_join(link_dossiers::table.on(link_dossiers::link_id.eq(links::id)))
        .filter(links::cabinet_id.eq(cabinet.to_string()))
        .filter(link_dossiers::dossier_id.eq(dossier.to_string()))
        .order((links::created_at.desc(), links::id.desc()))
        .limit(100)
        .select(Row::as_select())
        .load(conn)?;
    whole(conn, rows)
}

/// Links that can still be opened, of these dossiers and this address.
pub fn living(
    conn: &mut Conn,
    cabinet: CabinetId,
    email: &str,
    dossiers: &[DossierId],
    now: DateTime<Utc>,
) -> Result<Vec<Link>> {
    let mut wanted: Vec<DossierId> = dossiers.to_vec();
    wanted.sort();
    let Some(first) = wanted.first() else { return Ok(Vec::new()) };
    let rows: Vec<Row> = links::table
        .inner_join(link_dossiers::table.on(link_dossiers::link_id.eq(links::id)))
        .filter(links::cabinet_id.eq(cabinet.to_string()))
        .filter(links::email.eq(email))
        .filter(links::expires_at.gt(to_db(now)))
        .filter(links::finished_at.is_null())
        .filter(links::revoked_at.is_null())
        .filter(link_dossiers::dossier_id.eq(first.to_string()))
        .order((links::created_at.desc(), links::id.desc()))
        .select(Row::as_select())
        .load(conn)?;
    let mut found = whole(conn, rows)?;
    found.retain(|link| {
        let mut of = link.dossiers.clone();
        of.sort();
        of == wanted
    });
    Ok(found)
}

/// The message that brought each link, the first of them.
pub fn brought_by(conn: &mut Conn, cabinet: CabinetId, links: &[LinkId]) -> Result<HashMap<LinkId, domain::MailId>> {
    let ids: Vec<String> = links.iter().map(ToString::to_string).collect();
    let rows: Vec<(String, String)> = mails::table
        .filter(mails::cabinet_id.eq(cabinet.to_string()))
        .filter(mails::link_id.eq_any(ids))
        .order(mails::id.desc())
        .select((mails::link_id, mails::id))
        .load(conn)?;
    // The last of them in this order is the first that was written, and stays.
    rows.iter().map(|(link, mail)| Ok((parsed(link)?, parsed(mail)?))).collect()
}
