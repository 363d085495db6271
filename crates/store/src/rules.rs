//! The firm's rules of the score, each change a version.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::CabinetId;

use crate::evaluations::Progress;
use crate::schema::{cabinets, evaluations, readiness_rules as rules, registers, users};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope};

/// What a cabinet's dossiers are judged by, and how far that is done.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The rules in force, as they are kept; nothing while the firm has changed none.
    pub rules: Option<String>,
    pub progress: Option<Progress>,
    /// Number of the latest register of platforms that was loaded; 0 while none was.
    pub register: i64,
}

/// One keyed read: the cockpit asks for it each time.
pub fn standing(conn: &mut Conn, cabinet: CabinetId) -> Result<Standing> {
    let (rules, progress, register) = cabinets::table
        .left_join(evaluations::table.on(evaluations::cabinet_id.eq(cabinets::id)))
        .left_join(rules::table.on(rules::cabinet_id.eq(cabinets::id)))
        .filter(cabinets::id.eq(cabinet.to_string()))
        .order(rules::version.desc())
        .select((
            rules::rules.nullable(),
            Option::<Progress>::as_select(),
            registers::table.select(diesel::dsl::max(registers::version)).single_value(),
        ))
        .first::<(Option<String>, Option<Progress>, Option<i64>)>(conn)?;
    Ok(Standing { rules, progress, register: register.unwrap_or_default() })
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
