//! How a firm uses the rules of anomalies, as one document; a firm without row does as the product suggests.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::CabinetId;

use crate::schema::anomaly_settings as settings;
use crate::time::{from_db, to_db};
use crate::{Conn, Result};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub version: i64,
    /// JSON.
    pub data: String,
    pub updated_at: DateTime<Utc>,
}

pub fn find(conn: &mut Conn, cabinet: CabinetId) -> Result<Option<Kept>> {
    let row: Option<(i64, String, i64)> = settings::table
        .find(cabinet.to_string())
        .select((settings::version, settings::data, settings::updated_at))
        .first(conn)
        .optional()?;
    Ok(row.map(|(version, data, at)| Kept { version, data, updated_at: from_db(at) }))
}

/// Needs the cabinet's lock.
pub fn put(conn: &mut Conn, cabinet: CabinetId, kept: &Kept) -> Result<()> {
    let id = cabinet.to_string();
    let values = (
        settings::version.eq(kept.version),
        settings::data.eq(&kept.data),
        settings::updated_at.eq(to_db(kept.updated_at)),
    );
    let updated = diesel::update(settings::table.find(&id)).set(values).execute(conn)?;
    if updated == 0 {
        diesel::insert_into(settings::table)
            .values((
                settings::cabinet_id.eq(id),
                settings::version.eq(kept.version),
                settings::data.eq(&kept.data),
                settings::updated_at.eq(to_db(kept.updated_at)),
            ))
            .execute(conn)?;
    }
    Ok(())
}
