//! Texts of relances: a row for each, and a version for each save.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::relance::template::Wordings;
use domain::relance::{RelancePurpose, Tone};
use domain::{CabinetId, DossierId, TemplateId, UserId};

use crate::dossiers::{Filter, filtered};
use crate::people::parsed;
use crate::schema::{dossiers, template_versions as versions, templates};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope, dialect};

/// A row; the words are those of its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub id: TemplateId,
    pub cabinet: CabinetId,
    pub version: i64,
    pub name: String,
    pub purpose: RelancePurpose,
    pub tone: Tone,
    pub archived: bool,
    /// The text of the product that it began as; empty when it began otherwise.
    pub origin: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A text as it was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub version: i64,
    pub name: String,
    pub purpose: RelancePurpose,
    pub tone: Tone,
    pub texts: Wordings,
    pub note: String,
    pub user: Option<UserId>,
    pub by_name: String,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = templates, treat_none_as_default_value = false)]
struct Row {
    id: String,
    cabinet_id: String,
    version: i64,
    name: String,
    purpose: String,
    tone: String,
    archived: bool,
    origin: String,
    created_at: i64,
    updated_at: i64,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = versions, treat_none_as_default_value = false)]
struct VersionRow {
    template_id: String,
    version: i64,
    cabinet_id: String,
    name: String,
    purpose: String,
    tone: String,
    words: String,
    note: String,
    user_id: String,
    by_name: String,
    created_at: i64,
}

fn template(row: Row) -> Result<Template> {
    Ok(Template {
        id: parsed(&row.id)?,
        cabinet: parsed(&row.cabinet_id)?,
        version: row.version,
        name: row.name,
        purpose: parsed(&row.purpose)?,
        tone: parsed(&row.tone)?,
        archived: row.archived,
        origin: row.origin,
        created_at: from_db(row.created_at),
        updated_at: from_db(row.updated_at),
    })
}

fn row(t: &Template) -> Row {
    Row {
        id: t.id.to_string(),
        cabinet_id: t.cabinet.to_string(),
        version: t.version,
        name: t.name.clone(),
        purpose: t.purpose.to_string(),
        tone: t.tone.to_string(),
        archived: t.archived,
        origin: t.origin.clone(),
        created_at: to_db(t.created_at),
        updated_at: to_db(t.updated_at),
    }
}

fn texts(id: &str, words: &str) -> Result<Wordings> {
    serde_json::from_str(words)
        .map_err(|_| crate::Error::DeserializationError(format!("template {id}: its words cannot be read").into()))
}

fn version(row: VersionRow) -> Result<Version> {
    Ok(Version {
        texts: texts(&row.template_id, &row.words)?,
        version: row.version,
        name: row.name,
        purpose: parsed(&row.purpose)?,
        tone: parsed(&row.tone)?,
        note: row.note,
        user: row.user_id.parse().ok(),
        by_name: row.by_name,
        at: from_db(row.created_at),
    })
}

fn insert_version(conn: &mut Conn, of: &Template, version: &Version) -> Result<()> {
    diesel::insert_into(versions::table)
        .values(VersionRow {
            template_id: of.id.to_string(),
            version: version.version,
            cabinet_id: of.cabinet.to_string(),
            name: version.name.clone(),
            purpose: version.purpose.to_string(),
            tone: version.tone.to_string(),
            words: serde_json::to_string(&version.texts).unwrap_or_default(),
            note: version.note.clone(),
            user_id: version.user.map(|u| u.to_string()).unwrap_or_default(),
            by_name: version.by_name.clone(),
            created_at: to_db(version.at),
        })
        .execute(conn)?;
    Ok(())
}

/// Needs the cabinet's lock.
pub fn insert(conn: &mut Conn, new: &Template, first: &Version) -> Result<()> {
    diesel::insert_into(templates::table).values(row(new)).execute(conn)?;
    insert_version(conn, new, first)
}

/// Writes a template over itself, with its new version. Needs the cabinet's lock.
pub fn update(conn: &mut Conn, template: &Template, saved: &Version) -> Result<()> {
    let row = row(template);
    let target = templates::table.find(&row.id).filter(templates::cabinet_id.eq(&row.cabinet_id));
    diesel::update(target).set(&row).execute(conn)?;
    insert_version(conn, template, saved)
}

/// Oldest first.
pub fn list(conn: &mut Conn, scope: &Scope) -> Result<Vec<Template>> {
    let rows: Vec<Row> = templates::table
        .filter(templates::cabinet_id.eq(scope.cabinet().to_string()))
        .order(templates::id)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(template).collect()
}

pub fn find(conn: &mut Conn, scope: &Scope, id: TemplateId) -> Result<Template> {
    template(
        templates::table
            .find(id.to_string())
            .filter(templates::cabinet_id.eq(scope.cabinet().to_string()))
            .select(Row::as_select())
            .first(conn)?,
    )
}

/// A version of a template in sight.
pub fn version_of(conn: &mut Conn, scope: &Scope, id: TemplateId, number: i64) -> Result<Version> {
    version(
        versions::table
            .find((id.to_string(), number))
            .filter(versions::cabinet_id.eq(scope.cabinet().to_string()))
            .select(VersionRow::as_select())
            .first(conn)?,
    )
}

/// The newest first, before a version.
pub fn versions_of(
    conn: &mut Conn,
    scope: &Scope,
    id: TemplateId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Version>> {
    let rows: Vec<VersionRow> = versions::table
        .filter(versions::template_id.eq(id.to_string()))
        .filter(versions::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(versions::version.lt(before.unwrap_or(i64::MAX)))
        .order(versions::version.desc())
        .limit(limit)
        .select(VersionRow::as_select())
        .load(conn)?;
    rows.into_iter().map(version).collect()
}

/// The words of templates of a cabinet as they stand, with their version; for the work that nobody asks for.
pub fn texts_of(
    conn: &mut Conn,
    cabinet: CabinetId,
    ids: &[TemplateId],
) -> Result<HashMap<TemplateId, (i64, Wordings)>> {
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let rows: Vec<(String, i64, String)> = versions::table
            .inner_join(
                templates::table
                    .on(templates::id.eq(versions::template_id).and(templates::version.eq(versions::version))),
            )
            .filter(templates::id.eq_any(ids))
            .filter(dialect::and_of("templates.cabinet_id", cabinet))
            .select((versions::template_id, versions::version, versions::words))
            .load(conn)?;
        for (id, version, words) in rows {
            found.insert(parsed(&id)?, (version, texts(&id, &words)?));
        }
    }
    Ok(found)
}

/// A dossier that shows where a text may fall short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odd {
    /// Nobody can be written to.
    NoContact,
    /// There is an address, and no name with it.
    NoContactName,
    LongestName,
    /// None for reception.
    NoPlatform,
}

/// One dossier in sight of a filter that is odd in this way.
pub fn odd_one(conn: &mut Conn, scope: &Scope, filter: &Filter, odd: Odd) -> Result<Option<DossierId>> {
    use diesel::dsl::sql;
    let query = filtered(scope, filter, None);
    let query = match odd {
        Odd::NoContact => query.filter(dossiers::email.eq("")).order(dossiers::id.asc()),
        // As facts are written: nobody but a contact has both.
        Odd::NoContactName => query
            .filter(dossiers::email.ne(""))
            .filter(dossiers::facts.like("%{\"name\":null,\"email\":\"%"))
            .order(dossiers::id.asc()),
        Odd::LongestName => {
            query.order((sql::<diesel::sql_types::BigInt>("LENGTH(name_sort)").desc(), dossiers::id.asc()))
        }
        Odd::NoPlatform => query.filter(dossiers::platform.eq("")).order(dossiers::id.asc()),
    };
    let id: Option<String> = query.select(dossiers::id).first(conn).optional()?;
    id.map(|id| parsed(&id)).transpose()
}

/// The dossiers in sight of the address that most of them share; nothing where each has one of its own.
pub fn of_one_contact(conn: &mut Conn, scope: &Scope, filter: &Filter, most: i64) -> Result<Vec<DossierId>> {
    let mut counts: HashMap<String, (u32, String)> = HashMap::new();
    let rows: Vec<(String, String)> = filtered(scope, filter, None)
        .filter(dossiers::email.ne(""))
        .select((dossiers::email, dossiers::id))
        .order(dossiers::id)
        .load(conn)?;
    for (email, id) in rows {
        counts.entry(email).or_insert((0, id)).0 += 1;
    }
    let most_used = counts.into_iter().filter(|(_, (n, _))| *n > 1).max_by_key(|(_, (n, first))| (*n, first.clone()));
    let Some((email, _)) = most_used else { return Ok(Vec::new()) };
    let ids: Vec<String> = filtered(scope, filter, None)
        .filter(dossiers::email.eq(email))
        .order(dossiers::id)
        .limit(most)
        .select(dossiers::id)
        .load(conn)?;
    ids.iter().map(|id| parsed(id)).collect()
}
