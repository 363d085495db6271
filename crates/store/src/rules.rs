//! The firm's rules of the score, each change a version.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::{CabinetId, Sums};

use crate::evaluations::Progress;
use crate::people::parsed;
use crate::schema::{cabinets, evaluations, readiness_rules as rules, registers, rules_sums, users};
use crate::standings::Followed;
use crate::sums::Key;
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope};

/// What a cabinet's dossiers are judged by, and how far that is done.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The rules in force, as they are kept; nothing while the firm has changed none.
    pub rules: Option<String>,
    pub progress: Option<Progress>,
    pub followed: Followed,
    /// Number of the latest register of platforms that was loaded; 0 while none was.
    pub register: i64,
}

/// One keyed read: the cockpit asks for it each time.
pub fn standing(conn: &mut Conn, cabinet: CabinetId) -> Result<Standing> {
    type Row = (Option<String>, Option<Progress>, Option<i64>, String, i64);
    let (rules, progress, register, day, by) = cabinets::table
        .left_join(evaluations::table.on(evaluations::cabinet_id.eq(cabinets::id)))
        .left_join(rules::table.on(rules::cabinet_id.eq(cabinets::id)))
        .filter(cabinets::id.eq(cabinet.to_string()))
        .order(rules::version.desc())
        .select((
            rules::rules.nullable(),
            Option::<Progress>::as_select(),
            registers::table.select(diesel::dsl::max(registers::version)).single_value(),
            cabinets::stood_on,
            cabinets::stood_by,
        ))
        .first::<Row>(conn)?;
    let followed = Followed { day: day.parse().ok(), rules: by };
    Ok(Standing { rules, progress, followed, register: register.unwrap_or_default() })
}

/// The rules of a version, as they are kept.
pub fn of_version(conn: &mut Conn, cabinet: CabinetId, version: i64) -> Result<Option<String>> {
    rules::table.find((cabinet.to_string(), version)).select(rules::rules).first(conn).optional()
}

/// Keeps what a change of rules made of the sums. Needs the cabinet's lock.
pub fn keep_sums(
    conn: &mut Conn,
    cabinet: CabinetId,
    (version_before, version): (i64, i64),
    day: NaiveDate,
    moved: &BTreeMap<Key, (Sums, Sums)>,
) -> Result<()> {
    let text = |sums: &Sums| serde_json::to_string(sums).unwrap_or_default();
    for ((portfolio, confidential), (before, after)) in moved {
        diesel::insert_into(rules_sums::table)
            .values((
                rules_sums::cabinet_id.eq(cabinet.to_string()),
                rules_sums::version.eq(version),
                rules_sums::portfolio_id.eq(portfolio.map(|p| p.to_string()).unwrap_or_default()),
                rules_sums::confidential.eq(*confidential),
                rules_sums::version_before.eq(version_before),
                rules_sums::day.eq(day.to_string()),
                rules_sums::before.eq(text(before)),
                rules_sums::after.eq(text(after)),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// What a change of rules made of the sums in sight.
#[derive(Debug, Clone)]
pub struct Changed {
    pub version_before: i64,
    pub version: i64,
    pub day: NaiveDate,
    pub note: String,
    /// The rules before; nothing when they were those of the product.
    pub rules_before: Option<String>,
    pub rules: String,
    pub before: Sums,
    pub after: Sums,
}

/// The changes since the beginning of a day that reached dossiers in sight, the latest first. Confidential sums come only
/// for those who see them all, as in `daily`.
pub fn changed_since(conn: &mut Conn, scope: &Scope, since: NaiveDate) -> Result<Vec<Changed>> {
    let earlier = diesel::alias!(crate::schema::readiness_rules as earlier);
    let mut query = rules_sums::table
        .inner_join(
            rules::table.on(rules::cabinet_id.eq(rules_sums::cabinet_id).and(rules::version.eq(rules_sums::version))),
        )
        .left_join(
            earlier.on(earlier
                .field(rules::cabinet_id)
                .eq(rules_sums::cabinet_id)
                .and(earlier.field(rules::version).eq(rules_sums::version_before))),
        )
        .filter(rules_sums::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(rules_sums::day.ge(since.to_string()))
        .into_boxed();
    if !scope.sees_all() {
        let ids: Vec<String> = scope.portfolios().iter().map(ToString::to_string).collect();
        query = query.filter(rules_sums::portfolio_id.eq_any(ids));
    }
    if !scope.sees_confidential() {
        query = query.filter(rules_sums::confidential.eq(false));
    }
    type Row = (i64, i64, String, String, Option<String>, String, String, String);
    let rows: Vec<Row> = query
        .order(rules_sums::version.desc())
        .select((
            rules_sums::version_before,
            rules_sums::version,
            rules_sums::day,
            rules::note,
            earlier.field(rules::rules).nullable(),
            rules::rules,
            rules_sums::before,
            rules_sums::after,
        ))
        .load(conn)?;
    let mut changes: Vec<Changed> = Vec::new();
    for (version_before, version, day, note, rules_before, rules, before, after) in rows {
        let (before, after) = (crate::sums::read(&before), crate::sums::read(&after));
        match changes.last_mut().filter(|c| c.version == version) {
            Some(change) => {
                change.before.add(&before);
                change.after.add(&after);
            }
            None => {
                let day = parsed(&day)?;
                changes.push(Changed { version_before, version, day, note, rules_before, rules, before, after });
            }
        }
    }
    Ok(changes)
}

/// Forgets what changes of rules made of the sums before a day. The versions themselves stay.
pub fn forget_sums_before(conn: &mut Conn, cabinet: CabinetId, day: NaiveDate) -> Result<()> {
    diesel::delete(
        rules_sums::table
            .filter(rules_sums::cabinet_id.eq(cabinet.to_string()))
            .filter(rules_sums::day.lt(day.to_string())),
    )
    .execute(conn)?;
    Ok(())
}

#[derive(Debug, Clone)]
pub struct Version {
    pub version: i64,
    pub rules: String,
    /// Who changed them; nothing when the person is gone.
    pub by: Option<String>,
    pub note: String,
    pub created_at: DateTime<Utc>,
}

/// The versions of a cabinet before one, newest first.
pub fn versions(conn: &mut Conn, scope: &Scope, before: Option<i64>, limit: i64) -> Result<Vec<Version>> {
    let rows: Vec<(i64, String, Option<String>, String, i64)> = rules::table
        .left_join(users::table.on(users::id.eq(rules::user_id)))
        .filter(rules::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(rules::version.lt(before.unwrap_or(i64::MAX)))
        .order(rules::version.desc())
        .limit(limit)
        .select((rules::version, rules::rules, users::name.nullable(), rules::note, rules::created_at))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(version, rules, by, note, at)| Version { version, rules, by, note, created_at: from_db(at) })
        .collect())
}

/// Puts the next version in force. Needs the cabinet's lock.
pub fn insert(
    conn: &mut Conn,
    scope: &Scope,
    version: i64,
    document: &str,
    note: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    diesel::insert_into(rules::table)
        .values((
            rules::cabinet_id.eq(scope.cabinet().to_string()),
            rules::version.eq(version),
            rules::rules.eq(document),
            rules::user_id.eq(scope.user().to_string()),
            rules::note.eq(note),
            rules::created_at.eq(to_db(now)),
        ))
        .execute(conn)?;
    Ok(())
}
