//! The collection at a glance, from few queries that read few columns.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use domain::{Criterion, MandateKind, MandateState, PortfolioId, UserId};

use crate::dossiers::{Wanted, all_in_sight};
use crate::kept::{Kept, one_of_texts};
use crate::people::{in_sight, parsed};
use crate::schema::{dossiers, mandates};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope};

/// Whose mandates.
#[derive(Debug, Clone, Default)]
pub struct Of {
    pub portfolios: Vec<Wanted>,
    pub person: Option<UserId>,
}

/// Mandates of a kind in a state.
#[derive(Debug, Clone)]
pub struct Group {
    pub kind: MandateKind,
    pub state: MandateState,
    pub count: u64,
    pub in_force: u64,
    /// In force, and ending up to the day that was asked for.
    pub ending: u64,
    pub reminders: u64,
    pub last_sent_at: Option<DateTime<Utc>>,
}

/// The dossiers of a portfolio.
#[derive(Debug, Clone)]
pub struct Rate {
    pub portfolio: Option<PortfolioId>,
    /// Need a mandate; of these, have one; of those that have none, are asked for one.
    pub needed: u64,
    pub in_force: u64,
    pub awaiting: u64,
}

/// What was done to a mandate, and when it counted.
#[derive(Debug, Clone)]
pub struct Life {
    pub dossier: String,
    pub kind: MandateKind,
    pub starts_on: Option<NaiveDate>,
    /// Last day.
    pub ends_on: Option<NaiveDate>,
    pub sent_at: Option<DateTime<Utc>>,
    pub signed_at: Option<DateTime<Utc>>,
    pub accepted_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
}

/// Keeps to the portfolios and the person of the board.
macro_rules! of {
    ($query:expr, $scope:expr, $of:expr) => {{
        let of: &Of = $of;
        let mut query = in_sight!($query, $scope);
        if !of.portfolios.is_empty() {
            let ids = of.portfolios.iter().map(Wanted::text);
            query = query.filter(one_of_texts("(dossiers.portfolio_id || '')", ids));
        }
        if let Some(person) = of.person {
            let person = person.to_string();
            query = query.filter(dossiers::manager_id.eq(person.clone()).or(dossiers::assignee_id.eq(person)));
        }
        query
    }};
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}

/// Everything of the cabinet is meant, so that no dossier needs to be looked at.
fn is_whole(scope: &Scope, of: &Of) -> bool {
    all_in_sight(scope) && of.portfolios.is_empty() && of.person.is_none()
}

/// Mandates by kind and state, on a day; what ends up to another one is told apart.
pub fn groups(conn: &mut Conn, scope: &Scope, of: &Of, (today, soon): (NaiveDate, NaiveDate)) -> Result<Vec<Group>> {
    let in_force = format!(
        "mandates.state = 'accepted' AND mandates.starts_on <= '{today}' AND (mandates.ends_on = '' OR \
         mandates.ends_on >= '{today}')"
    );
    let ending = format!("{in_force} AND mandates.ends_on <> '' AND mandates.ends_on <= '{soon}'");
    macro_rules! grouped {
        ($from:expr) => {
            $from
                .group_by((mandates::kind, mandates::state))
                .select((
                    mandates::kind,
                    mandates::state,
                    count_star(),
                    sql::<BigInt>(&summed(&in_force)),
                    sql::<BigInt>(&summed(&ending)),
                    sql::<BigInt>("CAST(SUM(mandates.reminders) AS BIGINT)"),
                    sql::<Nullable<BigInt>>("MAX(mandates.sent_at)"),
                ))
                .into_boxed()
        };
    }
    type Row = (String, String, i64, i64, i64, i64, Option<i64>);
    let rows: Vec<Row> = if is_whole(scope, of) {
        grouped!(mandates::table).filter(mandates::cabinet_id.eq(scope.cabinet().to_string())).load(conn)?
    } else {
        let query = grouped!(dossiers::table.inner_join(mandates::table.on(mandates::dossier_id.eq(dossiers::id))));
        of!(query, scope, of).load(conn)?
    };
    rows.into_iter()
        .map(|(kind, state, n, in_force, ending, reminders, sent)| {
            Ok(Group {
                kind: parsed(&kind)?,
                state: parsed(&state)?,
                count: count(n),
                in_force: count(in_force),
                ending: count(ending),
                reminders: count(reminders),
                last_sent_at: sent.map(from_db),
            })
        })
        .collect()
}

fn summed(condition: &str) -> String {
    format!("CAST(SUM(CASE WHEN {condition} THEN 1 ELSE 0 END) AS BIGINT)")
}

/// How far each portfolio is. A dossier needs a mandate when an obligation reaches it, and has one when its criterion is
/// met, by the register or by a note of the firm.
pub fn rates(conn: &mut Conn, scope: &Scope, of: &Of, proving: &[MandateKind]) -> Result<Vec<Rate>> {
    let mask = Criterion::Mandate.mask();
    let lacks = format!("(dossiers.missing & {mask}) <> 0");
    let needed = format!("(dossiers.waves <> 0 OR {lacks})");
    let query = dossiers::table
        .group_by(dossiers::portfolio_id)
        .select((
            dossiers::portfolio_id,
            sql::<BigInt>(&summed(&needed)),
            sql::<BigInt>(&summed(&format!("{needed} AND NOT {lacks}"))),
        ))
        .into_boxed();
    let rows: Vec<(String, i64, i64)> = of!(query, scope, of).load(conn)?;
    let query = dossiers::table
        .inner_join(mandates::table.on(mandates::dossier_id.eq(dossiers::id)))
        .group_by(dossiers::portfolio_id)
        .select((dossiers::portfolio_id, sql::<BigInt>("COUNT(DISTINCT dossiers.id)")))
        .into_boxed()
        .filter(one_of_texts("mandates.state", ["to_send", "sent", "opened"].map(str::to_owned)))
        .filter(one_of_texts("mandates.kind", proving.iter().map(ToString::to_string)))
        .filter(Kept::new(lacks));
    let awaiting: HashMap<String, i64> = of!(query, scope, of).load::<(String, i64)>(conn)?.into_iter().collect();
    Ok(rows
        .into_iter()
        .map(|(portfolio, needed, in_force)| Rate {
            needed: count(needed),
            in_force: count(in_force),
            awaiting: count(awaiting.get(&portfolio).copied().unwrap_or_default()),
            portfolio: portfolio.parse().ok(),
        })
        .collect())
}

/// Mandates to which something happened since, and those that have ever counted.
pub fn lives(conn: &mut Conn, scope: &Scope, of: &Of, since: DateTime<Utc>) -> Result<Vec<Life>> {
    let since = to_db(since);
    let happened = Kept::new("(mandates.accepted_at IS NOT NULL OR mandates.sent_at >= ")
        .number(since)
        .sql(" OR mandates.signed_at >= ")
        .number(since)
        .sql(")");
    macro_rules! selected {
        ($from:expr) => {
            $from
                .select((
                    mandates::dossier_id,
                    mandates::kind,
                    mandates::starts_on,
                    mandates::ends_on,
                    mandates::sent_at,
                    mandates::signed_at,
                    mandates::accepted_at,
                    mandates::ended_at,
                ))
                .into_boxed()
                .filter(happened)
        };
    }
    type Row = (String, String, String, String, Option<i64>, Option<i64>, Option<i64>, Option<i64>);
    let rows: Vec<Row> = if is_whole(scope, of) {
        selected!(mandates::table).filter(mandates::cabinet_id.eq(scope.cabinet().to_string())).load(conn)?
    } else {
        let query = selected!(dossiers::table.inner_join(mandates::table.on(mandates::dossier_id.eq(dossiers::id))));
        of!(query, scope, of).load(conn)?
    };
    rows.into_iter()
        .map(|(dossier, kind, starts_on, ends_on, sent, signed, accepted, ended)| {
            Ok(Life {
                dossier,
                kind: parsed(&kind)?,
                starts_on: crate::mandates::optional(&starts_on)?,
                ends_on: crate::mandates::optional(&ends_on)?,
                sent_at: sent.map(from_db),
                signed_at: signed.map(from_db),
                accepted_at: accepted.map(from_db),
                ended_at: ended.map(from_db),
            })
        })
        .collect()
}

/// Clients with a mandate to send or to remind of who cannot be written to.
pub fn unreachable(conn: &mut Conn, scope: &Scope, of: &Of) -> Result<u64> {
    let query = dossiers::table
        .inner_join(mandates::table.on(mandates::dossier_id.eq(dossiers::id)))
        .select(sql::<BigInt>("COUNT(DISTINCT dossiers.id)"))
        .into_boxed()
        .filter(one_of_texts("mandates.state", ["draft", "to_send", "sent", "opened"].map(str::to_owned)))
        .filter(Kept::new("NOT ").sql(crate::mandates::REACHABLE));
    of!(query, scope, of).first(conn).map(count)
}
