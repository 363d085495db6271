//! How readiness moves: the sums of each day, what moved since a day, and the burn-up of an obligation.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use contract::{
    BurnUp, BurnUpQuery, BurnUpWave, Code, CriterionTally, MoveDirection, MovePage, MoveQuery, MoveTotals, Nothing,
    ReadinessMove, RulesMove, StateCounts, Trend, TrendPoint, TrendQuery,
};
use domain::pace::{self, PacePoint};
use domain::{Criterion, ObligationGroup, PortfolioId, ReadinessState, Sums, reference};
use store::dossiers::Stored;
use store::moves::{Direction, Moved};
use store::{Conn, Scope, dialect};

use crate::days::{self, earlier};
use crate::{Answer, App, Call, Error, Result, cockpit, cursor, dossiers, judge};

/// Days for which the rows of what moved are kept.
const KEPT_DAYS: u64 = 400;
/// Days that one reply covers unless told.
const USUAL_DAYS: u64 = 90;
/// Days before today that a projection looks at: the weeks of the pace and one more.
const PACE_DAYS: u64 = 63;

/// Keeps the sums of the day for every cabinet, and forgets old moves. The worker does so once the day's evaluation is
/// done: as the day begins, or at the first start of the day when the server was down. Again on the same day it keeps
/// nothing.
pub fn keep_day(app: &App, today: NaiveDate) -> Result<()> {
    let mut conn = app.store.conn()?;
    for cabinet in store::references::cabinet_ids(&mut conn)? {
        // Looking costs no lock.
        if store::daily::is_kept(&mut conn, cabinet, today)? {
            continue;
        }
        conn.write(|conn| -> Result<()> {
            dialect::lock_cabinet(conn, cabinet)?;
            store::daily::keep(conn, cabinet, today)?;
            store::rules::forget_sums_before(conn, cabinet, earlier(today, KEPT_DAYS))?;
            Ok(store::moves::forget_before(conn, cabinet, earlier(today, KEPT_DAYS))?)
        })?;
    }
    Ok(())
}

/// The days asked for, up to today.
fn asked(today: NaiveDate, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<(NaiveDate, NaiveDate)> {
    let to = to.unwrap_or(today).min(today);
    days::range(from.unwrap_or_else(|| earlier(to, USUAL_DAYS)), to)
}

/// The sums in sight as they are now, of all portfolios or of one.
fn sums_of_now(conn: &mut Conn, scope: &Scope, portfolio: Option<Option<PortfolioId>>) -> Result<Sums> {
    let mut now = Sums::default();
    for ((of, _), sums) in store::sums::in_scope(conn, scope)? {
        if portfolio.is_none_or(|wanted| wanted == of) {
            now.add(&sums);
        }
    }
    Ok(now)
}

/// The sums in sight of each day kept, and those of now for today.
fn sums_of_days(
    conn: &mut Conn,
    scope: &Scope,
    portfolio: Option<Option<PortfolioId>>,
    (from, to): (NaiveDate, NaiveDate),
    (today, now): (NaiveDate, &Sums),
) -> Result<BTreeMap<NaiveDate, Sums>> {
    let mut days = store::daily::in_scope(conn, scope, portfolio, from, to)?;
    if to == today {
        days.insert(today, now.clone());
    }
    Ok(days)
}

pub fn read_trend(call: &Call, _: Nothing, query: TrendQuery, _: Nothing) -> Result<Answer<Trend>> {
    let (scope, today) = (call.scope()?, call.today());
    let (from, to) = asked(today, query.from, query.to)?;
    let (days, weighting) = call.app.store.conn()?.read(|conn| -> Result<_> {
        let portfolio = cockpit::chosen(conn, scope, query.portfolio_id.as_deref())?;
        let weighting = call.judge(conn)?.rules.weighting;
        let now = sums_of_now(conn, scope, portfolio)?;
        Ok((sums_of_days(conn, scope, portfolio, (from, to), (today, &now))?, weighting))
    })?;
    let points = days
        .into_iter()
        .map(|(on, sums)| TrendPoint {
            on,
            dossiers: u64::try_from(sums.dossiers).unwrap_or_default(),
            score: sums.mean(weighting),
            states: cockpit::states(&sums),
            exposure_cents: sums.exposure_cents,
        })
        .collect();
    Ok(Answer::new(Trend { from, to, points }))
}

/// How many dossiers an obligation reaches and how many have what it needs.
fn burnt(sums: &Sums, obligation: ObligationGroup, on: NaiveDate) -> PacePoint {
    let (mut reached, mut unready) = (0, 0);
    for wave in reference::waves().iter().filter(|w| w.obligation == obligation) {
        let (all, lacking) = sums.wave(wave.code);
        reached += all;
        unready += lacking;
    }
    PacePoint { on, reached, prepared: reached.saturating_sub(unready) }
}

pub fn read_burn_up(call: &Call, _: Nothing, query: BurnUpQuery, _: Nothing) -> Result<Answer<BurnUp>> {
    let (scope, today) = (call.scope()?, call.today());
    let (from, to) = asked(today, query.from, query.to)?;
    let obligation = query.obligation;
    let (asked, recent, now) = call.app.store.conn()?.read(|conn| -> Result<_> {
        let portfolio = cockpit::chosen(conn, scope, query.portfolio_id.as_deref())?;
        let now = sums_of_now(conn, scope, portfolio)?;
        let pace = (earlier(today, PACE_DAYS), today);
        let recent = sums_of_days(conn, scope, portfolio, pace, (today, &now))?;
        Ok((sums_of_days(conn, scope, portfolio, (from, to), (today, &now))?, recent, now))
    })?;
    let waves: Vec<BurnUpWave> = reference::wave_table()
        .on(today)
        .filter(|w| w.obligation == obligation)
        .map(|w| {
            let (reached, unready) = now.wave(w.code);
            let prepared = reached.saturating_sub(unready);
            BurnUpWave { wave: w.code, label: w.label.clone(), starts_on: w.starts_on, reached, prepared }
        })
        .collect();
    let last = |only_reached: bool| waves.iter().filter(|w| !only_reached || w.reached > 0).map(|w| w.starts_on).max();
    let due_on = last(true).or(last(false)).ok_or_else(|| Error::internal("an obligation without a wave"))?;
    let points = |days: BTreeMap<NaiveDate, Sums>| -> Vec<PacePoint> {
        days.iter().map(|(on, sums)| burnt(sums, obligation, *on)).collect()
    };
    let projection = pace::project(&points(recent), due_on, today);
    Ok(Answer::new(BurnUp { obligation, due_on, waves, points: points(asked), projection }))
}

const fn direction(direction: Direction) -> MoveDirection {
    match direction {
        Direction::Up => MoveDirection::Up,
        Direction::Down => MoveDirection::Down,
        Direction::Level => MoveDirection::Level,
    }
}

pub fn list_moves(call: &Call, _: Nothing, query: MoveQuery, _: Nothing) -> Result<Answer<MovePage>> {
    let (scope, today) = (call.scope()?, call.today());
    let limit = cursor::limit(query.limit)?;
    let since = query.since.unwrap_or_else(|| earlier(today, 7));
    let oldest = earlier(today, KEPT_DAYS);
    if since < oldest {
        return Err(Error::new(Code::BadRequest).and(
            "?since",
            "range",
            format!(
                "{since} : les mouvements sont gardés {KEPT_DAYS} jours ; une date à partir du {oldest} est attendue."
            ),
            format!("{since}: moves are kept for {KEPT_DAYS} days; a date from {oldest} on is expected."),
        ));
    }
    let after = query.after.as_deref().map(cursor::read::<2>).transpose()?;
    let after = match after {
        Some([distance, id]) => Some((distance.parse().map_err(|_| cursor::wrong())?, id)),
        None => None,
    };
    let filter = dossiers::filter(&query.filter);
    let way = query.direction.map(|d| match d {
        MoveDirection::Up => Direction::Up,
        MoveDirection::Down => Direction::Down,
        MoveDirection::Level => Direction::Level,
    });
    let (moved, found, totals, rules) = call.app.store.conn()?.read(|conn| -> Result<_> {
        let moved = store::moves::list(conn, scope, &filter, since, way, after, Some(limit + 1))?;
        let ids: Vec<_> = moved.iter().map(|m| m.dossier).collect();
        let found = store::dossiers::find_many(conn, scope, &ids)?;
        let totals = match query.facets {
            Some(true) => Some(totals(&store::moves::list(conn, scope, &filter, since, None, None, None)?)),
            _ => None,
        };
        Ok((moved, found, totals, store::rules::changed_since(conn, scope, since)?))
    })?;
    // Every change leaves its sums: the latest tells by which rules the dossiers stand now.
    let in_force = rules.first().map(|change| change.version);
    let rules = rules.into_iter().map(rules_move).collect::<Result<_>>()?;
    let mut by_id: BTreeMap<_, Stored> = found.into_iter().map(|d| (d.id, d)).collect();
    let full = usize::try_from(limit).unwrap_or_default();
    let next = (moved.len() > full)
        .then(|| moved.get(full.saturating_sub(1)))
        .flatten()
        .map(|m| cursor::write(&[&m.distance().to_string(), &m.dossier.to_string()]));
    let data = moved
        .iter()
        .take(full)
        .filter_map(|m| {
            let facts = by_id.remove(&m.dossier)?.facts;
            let (gained, lost) = criteria(m);
            Some(ReadinessMove {
                dossier_id: m.dossier,
                name: facts.name,
                siren: facts.siren,
                code: facts.code,
                portfolio_id: facts.portfolio_id,
                direction: direction(m.direction()),
                score_before: m.before.score,
                score: m.now.score,
                state_before: m.before.state,
                state: m.now.state,
                gained,
                lost,
                rules_before: in_force.filter(|now| m.rules < *now).map(|_| m.rules),
            })
        })
        .collect();
    Ok(Answer::new(MovePage { since, rules, data, next, totals }))
}

/// A change of the rules as an event of its own.
fn rules_move(change: store::rules::Changed) -> Result<RulesMove> {
    let before = judge::read_rules(change.rules_before.as_deref())?;
    let after = judge::read_rules(Some(&change.rules))?;
    Ok(RulesMove {
        version_before: change.version_before,
        version: change.version,
        on: change.day,
        note: change.note,
        score_before: change.before.mean(before.weighting),
        score: change.after.mean(after.weighting),
        states_before: cockpit::states(&change.before),
        states: cockpit::states(&change.after),
    })
}

/// Criteria that are no longer missing, and those that have become so.
fn criteria(moved: &Moved) -> (Vec<Criterion>, Vec<Criterion>) {
    let of = |mask: i64| Criterion::of_mask(mask).collect();
    (of(moved.before.missing & !moved.now.missing), of(moved.now.missing & !moved.before.missing))
}

fn totals(all: &[Moved]) -> MoveTotals {
    let mut totals = MoveTotals::default();
    let mut tally: BTreeMap<Criterion, (u64, u64)> = BTreeMap::new();
    for moved in all {
        *match moved.direction() {
            Direction::Up => &mut totals.up,
            Direction::Down => &mut totals.down,
            Direction::Level => &mut totals.level,
        } += 1;
        if moved.before.state != moved.now.state {
            *count(&mut totals.left, moved.before.state) += 1;
            *count(&mut totals.entered, moved.now.state) += 1;
        }
        let (gained, lost) = criteria(moved);
        for criterion in gained {
            tally.entry(criterion).or_default().0 += 1;
        }
        for criterion in lost {
            tally.entry(criterion).or_default().1 += 1;
        }
    }
    totals.criteria =
        tally.into_iter().map(|(criterion, (gained, lost))| CriterionTally { criterion, gained, lost }).collect();
    totals.criteria.sort_by_key(|t| std::cmp::Reverse(t.gained + t.lost));
    totals
}

const fn count(counts: &mut StateCounts, state: ReadinessState) -> &mut u64 {
    match state {
        ReadinessState::Ready => &mut counts.ready,
        ReadinessState::OnTrack => &mut counts.on_track,
        ReadinessState::AtRisk => &mut counts.at_risk,
        ReadinessState::Late => &mut counts.late,
        ReadinessState::Unknown => &mut counts.unknown,
    }
}
