//! How far the dossiers are towards an obligation, and when they would all be there at the present pace.

use chrono::{Days, NaiveDate};
use contract::endpoint::op;
use contract::{BurnUp, BurnUpQuery, Nothing};
use domain::ObligationGroup;
use domain::pace::{PaceVerdict, Projection};
use leptos::prelude::*;

use super::trend::today;
use crate::api::{ask, load};
use crate::dom::{View, div, el, memo, p, span};
use crate::frame::{Step, address};
use crate::pages::words;
use crate::text::{format, t};
use crate::ui::{Choice, Curve, Fan, Reading, TimeChart, Tone, chart_note, loaded, segments, shape};

const OBLIGATION: &str = "obligation";
/// Days ahead that the chart shows at most: beyond, nobody plans.
const AHEAD: u64 = 730;
/// Days ahead from which a latest day says no more than that there is none.
const NEVER: u64 = 5 * 365;

fn short(group: ObligationGroup) -> &'static str {
    match group {
        ObligationGroup::Reception => t().burn_up_reception(),
        ObligationGroup::Emission => t().burn_up_emission(),
        ObligationGroup::EReporting => t().burn_up_e_reporting(),
    }
}

pub fn card(scope: Memo<Option<String>>) -> View {
    let asked = address().text(OBLIGATION);
    let chosen =
        memo(move || asked.with(|text| ObligationGroup::try_from(text.as_str())).unwrap_or(ObligationGroup::Emission));
    let burn_up = load(
        move || (scope.get(), chosen.get()),
        |(portfolio_id, obligation)| {
            ask::<op::ReadBurnUp>(Nothing {}, BurnUpQuery { obligation, portfolio_id, from: None, to: None })
        },
    );
    let choices = ObligationGroup::ALL.iter().map(|group| Choice::new(group.as_str(), short(*group))).collect();
    let change = |group: String| {
        let usual = group == ObligationGroup::Emission.as_str();
        address().set(&[(OBLIGATION, (!usual).then_some(&group))], Step::Replace);
    };
    let head = div("spread").child(el("h2").child(t().burn_up_title())).child(segments(
        t().burn_up_choice(),
        choices,
        move || chosen.get().as_str().to_owned(),
        change,
    ));
    el("section").class("card progress-card burn-up").attr("aria-label", t().burn_up_title()).child(head).child(loaded(
        burn_up,
        8,
        |burn_up| content(&burn_up),
    ))
}

/// The latest day, where it is one that somebody can plan with.
fn latest(plan: &Projection) -> Option<NaiveDate> {
    let never = today().checked_add_days(Days::new(NEVER));
    plan.latest_on.filter(|day| never.is_none_or(|never| *day < never))
}

/// Dossiers in a week: a fraction says something only while there are few.
fn weekly(pace: f64, up: bool) -> String {
    let tenths = if up { (pace * 10.0).ceil() } else { (pace * 10.0).round() } as i64;
    if tenths < 100 {
        return format::tenths(t(), tenths);
    }
    format::number(t(), if up { (tenths + 9) / 10 } else { (tenths + 5) / 10 })
}

/// The answer in one sentence, its tone, and what it rests on.
fn verdict(burn_up: &BurnUp) -> View {
    let t = t();
    let plan = &burn_up.projection;
    let due = format::date_long(t, burn_up.due_on);
    let day = |day: NaiveDate| format::date_long(t, day);
    let past = burn_up.due_on <= today();
    let (tone, title) = match plan.verdict {
        PaceVerdict::Done => (Tone::Ready, t.burn_up_done().to_owned()),
        PaceVerdict::InTime => (Tone::OnTrack, t.burn_up_in_time().to_owned()),
        PaceVerdict::Uncertain => (Tone::AtRisk, t.burn_up_uncertain().to_owned()),
        PaceVerdict::NotAtThisPace if past => (Tone::Late, t.burn_up_past(due.clone())),
        PaceVerdict::NotAtThisPace => (Tone::Late, t.burn_up_not_at_this_pace().to_owned()),
        PaceVerdict::TooEarly => (Tone::Unknown, t.burn_up_too_early().to_owned()),
    };
    let when = match (plan.verdict, plan.expected_on) {
        (PaceVerdict::Done, _) => None,
        (PaceVerdict::TooEarly, _) => Some(t.burn_up_weeks(u64::from(plan.weeks))),
        (_, None) => Some(t.burn_up_never().to_owned()),
        (_, Some(expected)) => Some(match (plan.earliest_on, latest(plan)) {
            (Some(earliest), Some(latest)) if earliest < latest => {
                t.burn_up_between(day(expected), day(earliest), day(latest))
            }
            (Some(earliest), None) => t.burn_up_open(day(expected), day(earliest)),
            _ => t.burn_up_expected(day(expected)),
        }),
    };
    let now = burn_up.waves.iter().fold((0, 0), |(a, b), wave| (a + wave.prepared, b + wave.reached));
    let pace = (plan.weeks > 0).then(|| t.burn_up_pace(weekly(plan.per_week, false), u64::from(plan.weeks)));
    let needed =
        plan.needed_per_week.filter(|_| plan.remaining > 0).map(|n| t.burn_up_needed(weekly(n, true), due.clone()));
    let fact = |label: &str, value: View| View::all([el("dt").child(label), el("dd").child(value)]);
    let prepared =
        span("num").child(t.burn_up_prepared_of(format::number(t, now.0 as i64), format::number(t, now.1 as i64)));
    div("stack burn-up-said")
        .child(p("row burn-up-verdict").add_class(tone.class()).child(shape(tone)).child(span("strong").child(title)))
        .child(when.map(|words| p("").child(words)))
        .child(
            el("dl")
                .class("facts small")
                .child(fact(t.burn_up_prepared(), prepared))
                .child(pace.map(|words| fact(t.burn_up_pace_label(), words.into())))
                .child(needed.map(|words| fact(t.burn_up_needed_label(), words.into())))
                .child(fact(t.burn_up_due(), due.into())),
        )
}

/// Where the chart ends: the day that counts, or the one on which all would be there.
fn horizon(due_on: NaiveDate, plan: &Projection, today: NaiveDate) -> NaiveDate {
    let far = today.checked_add_days(Days::new(AHEAD)).unwrap_or(today);
    let wanted = [Some(due_on), plan.latest_on.or(plan.expected_on)].into_iter().flatten().max().unwrap_or(today);
    wanted.clamp(today, far)
}

fn content(burn_up: &BurnUp) -> View {
    let t = t();
    let plan = &burn_up.projection;
    let Some(last) = burn_up.points.last().filter(|p| p.reached > 0) else {
        return chart_note(t.burn_up_nobody());
    };
    if burn_up.points.len() < 2 {
        return div("burn-up-grid").child(chart_note(t.trend_begins())).child(verdict(burn_up));
    }
    let first = burn_up.points[0].on;
    let end = horizon(burn_up.due_on, plan, last.on);
    let of = |value: fn(&domain::pace::PacePoint) -> u64| {
        burn_up.points.iter().map(|p| (p.on, value(p) as i64 * 10)).collect::<Vec<_>>()
    };
    let readings = burn_up
        .points
        .iter()
        .map(|p| Reading {
            on: p.on,
            values: vec![format::number(t, p.prepared as i64), format::number(t, p.reached as i64)],
        })
        .collect();
    let (here, goal) = ((last.on, last.prepared as i64 * 10), last.reached as i64 * 10);
    let mut reached = of(|p| p.reached);
    reached.push((end, goal));
    let mut chart = TimeChart::new(words::obligation(burn_up.obligation), first, end)
        .line(Curve { class: "chart-goal", points: reached, daily: false })
        .line(Curve { class: "chart-main", points: of(|p| p.prepared), daily: true })
        .readings(vec![t.burn_up_prepared().to_owned(), t.burn_up_reached().to_owned()], readings);
    if let Some(expected) = plan.expected_on.filter(|_| plan.remaining > 0) {
        chart = chart.line(Curve {
            class: "chart-ahead",
            points: vec![here, until(here, (expected, goal), end)],
            daily: false,
        });
        let latest = latest(plan).unwrap_or(end).min(end);
        let fan = plan.earliest_on.filter(|earliest| *earliest < latest);
        chart = chart.fan(fan.map(|earliest| Fan { from: here, earliest, latest, value: goal }));
    }
    if burn_up.due_on > first && burn_up.due_on <= end {
        chart = chart.mark(burn_up.due_on, t.burn_up_mark(format::date(t, burn_up.due_on)));
    }
    let mut keys = vec![("chart-main", t.burn_up_prepared()), ("chart-goal", t.burn_up_reached())];
    if plan.expected_on.is_some() {
        keys.push(("chart-ahead", t.burn_up_ahead()));
    }
    div("burn-up-grid").child(chart.keys(keys)).child(verdict(burn_up))
}

/// A line to a point, cut where the chart ends.
fn until(from: (NaiveDate, i64), to: (NaiveDate, i64), end: NaiveDate) -> (NaiveDate, i64) {
    let whole = (to.0 - from.0).num_days();
    if to.0 <= end || whole <= 0 {
        return to;
    }
    (end, from.1 + (to.1 - from.1) * (end - from.0).num_days() / whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date of the calendar")
    }

    #[test]
    fn a_line_beyond_the_chart_is_cut_at_its_edge() {
        let from = (day("2026-11-01"), 0);
        assert_eq!(until(from, (day("2026-11-11"), 100), day("2026-11-06")), (day("2026-11-06"), 50));
        assert_eq!(until(from, (day("2026-11-05"), 100), day("2026-11-06")), (day("2026-11-05"), 100));
    }

    #[test]
    fn the_chart_ends_at_what_counts_and_not_in_eternity() {
        let plan = |latest: &str| Projection {
            remaining: 1,
            per_week: 1.0,
            weeks: 4,
            expected_on: None,
            earliest_on: None,
            latest_on: Some(day(latest)),
            needed_per_week: None,
            verdict: PaceVerdict::InTime,
        };
        let today = day("2026-11-22");
        assert_eq!(horizon(day("2027-09-01"), &plan("2027-03-01"), today), day("2027-09-01"));
        assert_eq!(horizon(day("2026-09-01"), &plan("2026-12-01"), today), day("2026-12-01"));
        assert_eq!(horizon(day("2026-09-01"), &plan("2090-01-01"), today), day("2028-11-21"));
    }
}
