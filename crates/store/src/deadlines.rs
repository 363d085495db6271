//! What decides the calendars of many dossiers, read without their facts.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::{CabinetId, DossierId, PortfolioId, Siren};
use serde::Deserialize;

use crate::dossiers::{Filter, filtered, whole_card};
use crate::kept::Kept;
use crate::people::parsed;
use crate::schema::dossiers;
use crate::{Conn, Result, Scope, dialect};

/// The calendar of a dossier as it is kept: texts, since the same ones serve many dossiers.
#[derive(Debug, Clone)]
pub struct Planned {
    pub id: DossierId,
    /// The name as it is sorted.
    pub name_sort: String,
    pub plan: String,
    pub settled: String,
}

/// The calendars of the dossiers in sight that a filter takes, in any order.
pub fn planned(conn: &mut Conn, scope: &Scope, filter: &Filter) -> Result<Vec<Planned>> {
    let rows: Vec<(String, String, String, String)> = filtered(scope, filter, None)
        .select((dossiers::id, dossiers::name_sort, dossiers::plan, dossiers::settled))
        .load(conn)?;
    rows.into_iter()
        .map(|(id, name_sort, plan, settled)| Ok(Planned { id: parsed(&id)?, name_sort, plan, settled }))
        .collect()
}

/// What a list of deadlines shows of a dossier.
#[derive(Debug, Clone, Deserialize)]
pub struct Named {
    pub name: String,
    pub siren: Siren,
    pub code: Option<String>,
    pub portfolio_id: Option<PortfolioId>,
}

/// Names of dossiers that the caller has found in sight.
pub fn named(conn: &mut Conn, cabinet: CabinetId, ids: &[DossierId]) -> Result<HashMap<DossierId, Named>> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let query: Kept<(diesel::sql_types::Text, diesel::sql_types::Text)> =
        dialect::look_up(conn, "d.id, d.card", "dossiers", cabinet, "id", &ids);
    let rows: Vec<(String, String)> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    rows.into_iter()
        .map(|(id, card)| {
            let card = whole_card(conn, &id, card)?;
            let named = serde_json::from_str(&card)
                .map_err(|_| crate::Error::DeserializationError(format!("dossier {id}: card cannot be read").into()))?;
            Ok((parsed(&id)?, named))
        })
        .collect()
}
