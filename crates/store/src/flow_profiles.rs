//! How the exports of platforms are read: one profile for each platform of a cabinet.

use diesel::prelude::*;
use domain::ProfileId;

use crate::schema::flow_profiles;
use crate::{Conn, Result, Scope};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = flow_profiles)]
pub struct Row {
    pub id: String,
    pub cabinet_id: String,
    pub platform: String,
    /// Headers and what each means: JSON.
    pub layout: String,
    /// What the platform changed at the last import: JSON; empty when nothing.
    pub changed: String,
    pub used_at: i64,
}

/// Those of the cabinet, by platform.
pub fn list(conn: &mut Conn, scope: &Scope) -> Result<Vec<Row>> {
    flow_profiles::table
        .filter(flow_profiles::cabinet_id.eq(scope.cabinet().to_string()))
        .order((flow_profiles::platform, flow_profiles::id))
        .select(Row::as_select())
        .load(conn)
}

pub fn of_platform(conn: &mut Conn, scope: &Scope, platform: &str) -> Result<Option<Row>> {
    flow_profiles::table
        .filter(flow_profiles::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(flow_profiles::platform.eq(platform))
        .select(Row::as_select())
        .first(conn)
        .optional()
}

/// Remembers how a platform's export was read. The caller holds the cabinet's lock.
pub fn remember(conn: &mut Conn, scope: &Scope, new: Row) -> Result<()> {
    match of_platform(conn, scope, &new.platform)? {
        Some(known) => {
            diesel::update(flow_profiles::table.find(known.id))
                .set((
                    flow_profiles::layout.eq(new.layout),
                    flow_profiles::changed.eq(new.changed),
                    flow_profiles::used_at.eq(new.used_at),
                ))
                .execute(conn)?;
        }
        None => {
            diesel::insert_into(flow_profiles::table).values(&new).execute(conn)?;
        }
    }
    Ok(())
}

/// Forgets one; tells which platform's it was.
pub fn forget(conn: &mut Conn, scope: &Scope, id: ProfileId) -> Result<String> {
    let of_cabinet = flow_profiles::table.filter(flow_profiles::cabinet_id.eq(scope.cabinet().to_string()));
    let row: Row = of_cabinet.filter(flow_profiles::id.eq(id.to_string())).select(Row::as_select()).first(conn)?;
    diesel::delete(flow_profiles::table.find(&row.id)).execute(conn)?;
    Ok(row.platform)
}
