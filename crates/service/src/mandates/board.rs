//! The collection at a glance.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use contract::{Board, BoardDay, BoardQuery, BoardRate, BoardRow, Nothing, OrNone};
use domain::reference::mandate_kind;
use domain::{MandateKind, MandateState};
use store::dossiers::Wanted as Value;
use store::mandate_board::{Group, Life, Of, groups, lives, rates, unreachable};

use crate::{Answer, Call, Result, days, time};

/// Days that the board looks back, and those within which an end is near.
const DAYS: u64 = 90;

/// Kinds that give the firm its power.
pub(crate) fn proving() -> Vec<MandateKind> {
    MandateKind::ALL.iter().copied().filter(|k| mandate_kind(*k).proves).collect()
}

pub fn read_mandate_board(call: &Call, _: Nothing, query: BoardQuery, _: Nothing) -> Result<Answer<Board>> {
    let (scope, today) = (call.scope()?, call.today());
    let portfolios = query
        .portfolio_id
        .0
        .iter()
        .map(|p| match p {
            OrNone::None => Value::Nothing,
            OrNone::Is(id) => Value::Value(id.to_string()),
        })
        .collect();
    let of = Of { portfolios, person: query.person_id };
    let first = days::earlier(today, DAYS - 1);
    let mut conn = call.app.store.conn()?;
    let groups = groups(&mut conn, scope, &of, (today, days::later(today, DAYS)))?;
    let names = store::references::portfolio_names(&mut conn, scope)?;
    let mut rates: Vec<BoardRate> = rates(&mut conn, scope, &of, &proving())?
        .into_iter()
        .map(|r| BoardRate {
            portfolio_id: r.portfolio,
            name: r.portfolio.and_then(|id| names.get(&id).cloned()),
            needed: r.needed,
            in_force: r.in_force,
            awaiting: r.awaiting,
        })
        .collect();
    // Those outside any portfolio last.
    rates.sort_by_key(|r| (r.portfolio_id.is_none(), r.name.as_deref().map(domain::fold)));
    let lives = lives(&mut conn, scope, &of, time::paris_midnight(first))?;
    let (mails_waiting, mails_failed) = store::mails::waiting_and_failed(&mut conn, scope)?;
    let decide = |g: &&Group| matches!(g.state, MandateState::Signed | MandateState::ToCheck);
    Ok(Answer::new(Board {
        to_decide: groups.iter().filter(decide).map(|g| g.count).sum(),
        ending_soon: groups.iter().map(|g| g.ending).sum(),
        kinds: kinds(groups),
        rates,
        days: board_days(&lives, first, today),
        unreachable: unreachable(&mut conn, scope, &of)?,
        proposals: store::proposals::pending(&mut conn, scope)?,
        mails_waiting,
        mails_failed,
        mail_goes_out: crate::post::goes_out(&call.app),
    }))
}

fn kinds(groups: Vec<Group>) -> Vec<BoardRow> {
    let mut rows: BTreeMap<MandateKind, BoardRow> = BTreeMap::new();
    for group in groups {
        let empty =
            BoardRow { kind: group.kind, states: BTreeMap::new(), in_force: 0, last_sent_at: None, reminders: 0 };
        let row = rows.entry(group.kind).or_insert(empty);
        row.states.insert(group.state, group.count);
        row.in_force += group.in_force;
        row.reminders += group.reminders;
        row.last_sent_at = row.last_sent_at.max(group.last_sent_at);
    }
    rows.into_values().collect()
}

/// What happened on each day, and how many dossiers had a mandate in force at its end.
fn board_days(lives: &[Life], first: NaiveDate, today: NaiveDate) -> Vec<BoardDay> {
    let mut all: Vec<BoardDay> = first
        .iter_days()
        .take_while(|d| *d <= today)
        .map(|on| BoardDay { on, sent: 0, signed: 0, accepted: 0, in_force: 0 })
        .collect();
    let place = |day: NaiveDate| usize::try_from((day - first).num_days()).ok();
    // A moment is found among the midnights: asking for the day of each would cost more than all the rest.
    let midnights: Vec<DateTime<Utc>> = all.iter().map(|d| time::paris_midnight(d.on)).collect();
    let last = time::paris_midnight(days::later(today, 1));
    let on = |at: Option<DateTime<Utc>>| {
        let at = at.filter(|at| *at < last)?;
        midnights.partition_point(|midnight| *midnight <= at).checked_sub(1)
    };
    let mut spans: HashMap<&str, Vec<(usize, usize)>> = HashMap::new();
    for life in lives {
        for (at, count) in [
            (life.sent_at, (|d: &mut BoardDay| &mut d.sent) as fn(&mut BoardDay) -> &mut u64),
            (life.signed_at, |d| &mut d.signed),
            (life.accepted_at, |d| &mut d.accepted),
        ] {
            if let Some(day) = on(at).and_then(|p| all.get_mut(p)) {
                *count(day) += 1;
            }
        }
        if !mandate_kind(life.kind).proves {
            continue;
        }
        // From its acceptance, or its first day when that is later, up to the day before its end.
        let (Some(accepted), Some(start)) = (life.accepted_at, life.starts_on) else { continue };
        let from = on(Some(accepted)).unwrap_or_default().max(place(start.max(first)).unwrap_or_default());
        let last = place(life.ends_on.unwrap_or(today).min(today));
        let ended = match life.ended_at {
            None => last,
            // Before the first day: it counted on none of them.
            Some(at) => on(Some(at)).and_then(|day| day.checked_sub(1)),
        };
        if let Some(until) = last.zip(ended).map(|(a, b)| a.min(b)).filter(|until| from <= *until) {
            spans.entry(&life.dossier).or_default().push((from, until));
        }
    }
    // A dossier counts once a day, however many mandates it has.
    for mut spans in spans.into_values() {
        spans.sort_unstable();
        let mut next = 0;
        for (from, until) in spans {
            for day in all.iter_mut().take(until + 1).skip(from.max(next)) {
                day.in_force += 1;
            }
            next = next.max(until + 1);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(s: &str) -> NaiveDate {
        s.parse().unwrap()
    }

    fn life(dossier: &str, accepted: &str, ends: Option<&str>, ended: Option<&str>) -> Life {
        let noon = |d: &str| time::paris_midnight(day(d)) + chrono::Duration::hours(12);
        Life {
            dossier: dossier.to_owned(),
            kind: MandateKind::Delegation,
            starts_on: Some(day(accepted)),
            ends_on: ends.map(day),
            sent_at: Some(noon(accepted)),
            signed_at: Some(noon(accepted)),
            accepted_at: Some(noon(accepted)),
            ended_at: ended.map(noon),
        }
    }

    #[test]
    fn a_dossier_counts_once_a_day_from_acceptance_to_the_day_before_its_end() {
        let lives = [
            life("a", "2026-11-01", Some("2026-11-04"), None),
            life("a", "2026-11-03", None, Some("2026-11-06")),
            life("b", "2026-10-01", None, None),
            Life { kind: MandateKind::SelfBilling, ..life("c", "2026-11-02", None, None) },
        ];
        let days = board_days(&lives, day("2026-11-01"), day("2026-11-07"));
        assert_eq!(days.iter().map(|d| d.in_force).collect::<Vec<_>>(), [2, 2, 2, 2, 2, 1, 1]);
        assert_eq!(days.iter().map(|d| d.accepted).collect::<Vec<_>>(), [1, 1, 1, 0, 0, 0, 0]);
    }
}
