//! Stored sums of readiness, one row per portfolio and confidentiality.

use std::collections::BTreeMap;

use diesel::prelude::*;
use domain::{CabinetId, PortfolioId, Sums};

use crate::schema::sums;
use crate::{Conn, Result, Scope, dialect, standings};

/// A portfolio (or none) and whether its confidential dossiers are meant.
pub type Key = (Option<PortfolioId>, bool);

fn text(portfolio: Option<PortfolioId>) -> String {
    portfolio.map(|p| p.to_string()).unwrap_or_default()
}

pub(crate) fn read(data: &str) -> Sums {
    // Written by `store` from the same type.
    serde_json::from_str(data).unwrap_or_default()
}

/// Sums in sight, by portfolio. Confidential rows come only for those who see them all; a person in charge adds the
/// few others by reading them.
pub fn in_scope(conn: &mut Conn, scope: &Scope) -> Result<Vec<(Key, Sums)>> {
    let mut query = sums::table.filter(sums::cabinet_id.eq(scope.cabinet().to_string())).into_boxed();
    if !scope.sees_all() {
        let ids: Vec<String> = scope.portfolios().iter().map(ToString::to_string).collect();
        query = query.filter(sums::portfolio_id.eq_any(ids));
    }
    if !scope.sees_confidential() {
        query = query.filter(sums::confidential.eq(false));
    }
    let rows: Vec<(String, bool, String)> =
        query.select((sums::portfolio_id, sums::confidential, sums::data)).load(conn)?;
    Ok(rows.into_iter().map(|(p, c, d)| ((p.parse().ok(), c), read(&d))).collect())
}

/// Adds differences to the stored sums. Needs the cabinet's lock.
pub fn add(conn: &mut Conn, cabinet: CabinetId, differences: &BTreeMap<Key, Sums>) -> Result<()> {
    for ((portfolio, confidential), difference) in differences {
        let stored: Option<String> = sums::table
            .find((cabinet.to_string(), text(*portfolio), *confidential))
            .select(sums::data)
            .first(conn)
            .optional()?;
        let mut total = stored.as_deref().map(read).unwrap_or_default();
        total.add(difference);
        let data = serde_json::to_string(&total.normal()).unwrap_or_default();
        dialect::upsert_sums(conn, cabinet, &text(*portfolio), *confidential, &data)?;
    }
    Ok(())
}

/// Brings the stored sums up to the standings, once these have moved. Needs the cabinet's lock. Answers all of them, before
/// and after.
pub fn restand(conn: &mut Conn, cabinet: CabinetId) -> Result<BTreeMap<Key, (Sums, Sums)>> {
    let totals = standings::totals(conn, cabinet)?;
    let mut moved = BTreeMap::new();
    for (key, before) in stored(conn, cabinet)? {
        let after = match totals.get(&key) {
            Some(total) => {
                Sums { score: total.score, exposed_score: total.exposed_score, states: total.states, ..before.clone() }
            }
            None => before.clone(),
        };
        if after != before {
            let data = serde_json::to_string(&after).unwrap_or_default();
            dialect::upsert_sums(conn, cabinet, &text(key.0), key.1, &data)?;
        }
        moved.insert(key, (before, after));
    }
    Ok(moved)
}

/// Every stored sum of a cabinet that counts something, for the check against the dossiers themselves.
pub fn stored(conn: &mut Conn, cabinet: CabinetId) -> Result<BTreeMap<Key, Sums>> {
    let rows: Vec<(String, bool, String)> = sums::table
        .filter(sums::cabinet_id.eq(cabinet.to_string()))
        .select((sums::portfolio_id, sums::confidential, sums::data))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(p, c, d)| ((p.parse().ok(), c), read(&d).normal()))
        .filter(|(_, s)| *s != Sums::default())
        .collect())
}
