//! Files of mandates: where they are kept and by which hash they are known again. Whoever sees the dossier sees them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::{CabinetId, DocumentId, DossierId, MandateId};

use crate::dossiers::{Filter, filtered};
use crate::people::parsed;
use crate::schema::{documents, dossiers};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope};

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub id: DocumentId,
    pub cabinet: CabinetId,
    pub dossier: DossierId,
    pub mandate: MandateId,
    /// As the contract names it.
    pub kind: String,
    pub name: String,
    pub media_type: String,
    pub bytes: u64,
    pub sha256: String,
    /// Where the vault has it.
    pub key: String,
    pub by_name: String,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = documents, treat_none_as_default_value = false)]
struct Row {
    id: String,
    cabinet_id: String,
    dossier_id: String,
    mandate_id: String,
    kind: String,
    name: String,
    media_type: String,
    bytes: i64,
    sha256: String,
    vault_key: String,
    by_name: String,
    created_at: i64,
}

fn document(row: Row) -> Result<Document> {
    Ok(Document {
        id: parsed(&row.id)?,
        cabinet: parsed(&row.cabinet_id)?,
        dossier: parsed(&row.dossier_id)?,
        mandate: parsed(&row.mandate_id)?,
        kind: row.kind,
        name: row.name,
        media_type: row.media_type,
        bytes: u64::try_from(row.bytes).unwrap_or_default(),
        sha256: row.sha256,
        key: row.vault_key,
        by_name: row.by_name,
        created_at: from_db(row.created_at),
    })
}

/// Adds a file of a mandate that the caller has found.
pub fn insert(conn: &mut Conn, new: &Document) -> Result<()> {
    diesel::insert_into(documents::table)
        .values(Row {
            id: new.id.to_string(),
            cabinet_id: new.cabinet.to_string(),
            dossier_id: new.dossier.to_string(),
            mandate_id: new.mandate.to_string(),
            kind: new.kind.clone(),
            name: new.name.clone(),
            media_type: new.media_type.clone(),
            bytes: i64::try_from(new.bytes).unwrap_or(i64::MAX),
            sha256: new.sha256.clone(),
            vault_key: new.key.clone(),
            by_name: new.by_name.clone(),
            created_at: to_db(new.created_at),
        })
        .execute(conn)?;
    Ok(())
}

/// A file in sight.
pub fn find(conn: &mut Conn, scope: &Scope, id: DocumentId) -> Result<Document> {
    let row: Row = filtered(scope, &Filter::default(), None)
        .inner_join(documents::table.on(documents::dossier_id.eq(dossiers::id)))
        .filter(documents::id.eq(id.to_string()))
        .select(Row::as_select())
        .first(conn)?;
    document(row)
}

/// The files of mandates that the caller has found, newest first.
pub fn of_mandates(
    conn: &mut Conn,
    cabinet: CabinetId,
    ids: &[MandateId],
) -> Result<HashMap<MandateId, Vec<Document>>> {
    let mut found: HashMap<MandateId, Vec<Document>> = HashMap::new();
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let rows: Vec<Row> = documents::table
            .filter(documents::cabinet_id.eq(cabinet.to_string()))
            .filter(documents::mandate_id.eq_any(ids))
            .order((documents::created_at.desc(), documents::id.desc()))
            .select(Row::as_select())
            .load(conn)?;
        for row in rows {
            let document = document(row)?;
            found.entry(document.mandate).or_default().push(document);
        }
    }
    Ok(found)
}

/// Where the files of a dossier are kept.
pub fn keys_of(conn: &mut Conn, cabinet: CabinetId, dossier: DossierId) -> Result<Vec<String>> {
    documents::table
        .filter(documents::cabinet_id.eq(cabinet.to_string()))
        .filter(documents::dossier_id.eq(dossier.to_string()))
        .select(documents::vault_key)
        .load(conn)
}
