//! Imports: the uploaded file in pieces, what was understood of it, what was found for its rows.

use diesel::prelude::*;
use domain::{CabinetId, ImportId};

use crate::schema::{import_chunks, import_mappings, imports, users};
use crate::{Conn, Result, Scope};

#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = imports, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Row {
    pub id: String,
    pub cabinet_id: String,
    pub version: i64,
    pub filename: String,
    pub bytes: i64,
    pub state: String,
    pub fingerprint: String,
    /// How to read the file: JSON.
    pub options: String,
    /// What was detected, with the meaning of the columns: JSON.
    pub detection: String,
    pub counts: Option<String>,
    pub undo: Option<String>,
    pub job_id: Option<String>,
    pub user_id: String,
    pub created_at: i64,
    pub committed_at: Option<i64>,
    /// What the file tells of: clients or flows.
    pub subject: String,
    /// Of an export; empty while it is not chosen.
    pub platform: String,
    /// What the platform changed of its columns: JSON; empty when nothing.
    pub changed: String,
    /// How far the commit or the undo of an export is: JSON; nothing before.
    pub progress: Option<String>,
}

/// Parts of an import's chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The file as it came.
    File,
    /// What was found for its rows.
    Rows,
}

impl Part {
    const fn as_str(self) -> &'static str {
        match self {
            Part::File => "file",
            Part::Rows => "rows",
        }
    }
}

pub fn insert(conn: &mut Conn, row: &Row) -> Result<()> {
    diesel::insert_into(imports::table).values(row).execute(conn)?;
    Ok(())
}

/// An import with the name of who made it.
pub fn find(conn: &mut Conn, scope: &Scope, id: ImportId) -> Result<(Row, Option<String>)> {
    imports::table
        .left_join(users::table.on(users::id.eq(imports::user_id)))
        .filter(imports::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(imports::id.eq(id.to_string()))
        .select((Row::as_select(), users::name.nullable()))
        .first(conn)
}

/// What an import that a job works on tells of.
pub fn subject(conn: &mut Conn, cabinet: &str, id: &str) -> Result<Option<String>> {
    imports::table
        .filter(imports::cabinet_id.eq(cabinet))
        .filter(imports::id.eq(id))
        .select(imports::subject)
        .first(conn)
        .optional()
}

/// Newest first; `after` is the creation time and id of the last one seen.
pub fn list(
    conn: &mut Conn,
    scope: &Scope,
    after: Option<(i64, String)>,
    limit: i64,
) -> Result<Vec<(Row, Option<String>)>> {
    let mut query = imports::table
        .left_join(users::table.on(users::id.eq(imports::user_id)))
        .filter(imports::cabinet_id.eq(scope.cabinet().to_string()))
        .into_boxed();
    if let Some((at, id)) = after {
        query = query.filter(imports::created_at.lt(at).or(imports::created_at.eq(at).and(imports::id.lt(id))));
    }
    query
        .order((imports::created_at.desc(), imports::id.desc()))
        .limit(limit)
        .select((Row::as_select(), users::name.nullable()))
        .load(conn)
}

/// Writes an import over itself and makes it one version newer.
pub fn update(conn: &mut Conn, row: &mut Row) -> Result<()> {
    row.version += 1;
    let target = imports::table.filter(imports::id.eq(&row.id)).filter(imports::cabinet_id.eq(&row.cabinet_id));
    diesel::update(target).set(&*row).execute(conn)?;
    Ok(())
}

/// Notes how far the work in pieces on an import is, in the transaction of the piece. It is no change of the import that a
/// person would have to see before changing it.
pub fn advance(conn: &mut Conn, row: &Row) -> Result<()> {
    let target = imports::table.filter(imports::id.eq(&row.id)).filter(imports::cabinet_id.eq(&row.cabinet_id));
    diesel::update(target).set((imports::counts.eq(&row.counts), imports::progress.eq(&row.progress))).execute(conn)?;
    Ok(())
}

pub fn delete(conn: &mut Conn, scope: &Scope, id: ImportId) -> Result<()> {
    diesel::delete(
        imports::table
            .filter(imports::cabinet_id.eq(scope.cabinet().to_string()))
            .filter(imports::id.eq(id.to_string())),
    )
    .execute(conn)?;
    Ok(())
}

pub fn put_chunk(conn: &mut Conn, import: &str, part: Part, n: i64, data: &[u8]) -> Result<()> {
    diesel::insert_into(import_chunks::table)
        .values((
            import_chunks::import_id.eq(import),
            import_chunks::part.eq(part.as_str()),
            import_chunks::n.eq(n),
            import_chunks::data.eq(data),
        ))
        .execute(conn)?;
    Ok(())
}

/// The n-th piece, counted from 0; nothing behind the last one. The caller has found the import in its scope.
pub fn chunk(conn: &mut Conn, import: &str, part: Part, n: i64) -> Result<Option<Vec<u8>>> {
    import_chunks::table.find((import, part.as_str(), n)).select(import_chunks::data).first(conn).optional()
}

pub fn delete_chunks(conn: &mut Conn, import: &str, part: Part) -> Result<()> {
    diesel::delete(
        import_chunks::table.filter(import_chunks::import_id.eq(import)).filter(import_chunks::part.eq(part.as_str())),
    )
    .execute(conn)?;
    Ok(())
}

/// How the columns of a source were read last time.
pub fn mapping(conn: &mut Conn, cabinet: CabinetId, fingerprint: &str) -> Result<Option<String>> {
    import_mappings::table
        .find((cabinet.to_string(), fingerprint))
        .select(import_mappings::mapping)
        .first(conn)
        .optional()
}
