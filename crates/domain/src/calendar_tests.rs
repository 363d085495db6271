use proptest::prelude::*;

use super::*;
use crate::{EarlyStart, MonthDay, RegimePeriod, Siren};

fn day(s: &str) -> NaiveDate {
    s.parse().unwrap()
}

fn today() -> NaiveDate {
    day("2026-11-22")
}

fn facts(regime: VatRegime, headcount: u32) -> DossierFacts {
    let mut f = DossierFacts::new(Siren::parse("732829320").unwrap(), "Essai");
    f.vat_regimes = vec![RegimePeriod { regime, from: None }];
    f.headcount = Some(headcount);
    f.turnover_cents = Some(40_000_000);
    f.balance_sheet_cents = Some(40_000_000);
    f.activity.b2b = Some(true);
    f.activity.b2c = Some(true);
    f.activity.international = Some(true);
    f.activity.services = Some(true);
    f.vat_on_debits = Some(false);
    f
}

fn plan(f: &DossierFacts) -> Plan {
    plan_on(f, today())
}

/// The plan as it comes back from where it is kept.
fn plan_on(f: &DossierFacts, on: NaiveDate) -> Plan {
    let plan = Plan::of(f, &readiness::evaluate(f, &crate::Proofs::NONE, &readiness::Context::standard(on)));
    assert_eq!(Plan::read(&plan.written()).as_ref(), Some(&plan));
    plan
}

fn over(f: &DossierFacts, from: &str, to: &str) -> Calendar {
    plan(f).calendar(day(from), day(to))
}

/// Published and prudent limits of the period that begins on a day.
fn limits(f: &DossierFacts, kind: DueKind, from: &str) -> (String, String) {
    let all = over(f, "2026-09-01", "2028-12-31");
    let due = all.dues.iter().find(|d| d.kind == kind && d.from == day(from)).unwrap_or_else(|| panic!("{from}"));
    (due.published_on.to_string(), due.prudent_on.to_string())
}

#[test]
fn vectors_of_table_13() {
    let eti = facts(VatRegime::RealMonthly, 300);
    let sales = |from, published: &str, prudent: &str| {
        assert_eq!(limits(&eti, DueKind::Sales, from), (published.to_owned(), prudent.to_owned()), "{from}");
    };
    sales("2026-11-01", "2026-11-20", "2026-11-20");
    sales("2026-11-11", "2026-11-30", "2026-11-30");
    sales("2026-11-21", "2026-12-10", "2026-12-10");
    sales("2026-12-11", "2026-12-31", "2026-12-30");
    sales("2026-12-21", "2027-01-10", "2027-01-10");
    sales("2027-02-11", "2027-02-28", "2027-02-28");
    sales("2028-02-11", "2028-02-29", "2028-02-29");
    assert_eq!(limits(&eti, DueKind::Payments, "2026-11-01").0, "2026-12-10");
    let pme = facts(VatRegime::RealQuarterly, 3);
    for kind in [DueKind::Sales, DueKind::Payments, DueKind::Acquisitions] {
        assert_eq!(limits(&pme, kind, "2027-09-01").0, "2027-10-10");
    }
    let franchise = facts(VatRegime::Franchise, 3);
    assert_eq!(limits(&franchise, DueKind::Sales, "2027-09-01"), ("2027-11-30".into(), "2027-11-25".into()));
    assert_eq!(limits(&franchise, DueKind::Sales, "2027-11-01").0, "2028-01-31");
}

#[test]
fn nothing_is_due_before_the_start() {
    let franchise = facts(VatRegime::Franchise, 3);
    let calendar = over(&franchise, "2026-01-01", "2027-08-31");
    assert!(calendar.dues.iter().all(|d| d.kind == DueKind::Reception), "July-August 2027 is before a PME's start");
    let eti = facts(VatRegime::RealMonthly, 300);
    assert!(over(&eti, "2026-01-01", "2026-12-31").dues.iter().all(|d| d.from >= day("2026-09-01")));
}

#[test]
fn the_simplified_regime_becomes_quarterly_and_the_calendar_shows_it() {
    let mut member = facts(VatRegime::Simplified, 3);
    member.vat_group_member = Some(true);
    member.fiscal_year_end = MonthDay::new(12, 31);
    let calendar = over(&member, "2026-12-01", "2027-01-31");
    let sales: Vec<_> = calendar
        .dues
        .iter()
        .filter(|d| d.kind == DueKind::Sales)
        .map(|d| (d.from.to_string(), d.published_on.to_string(), d.regime.unwrap()))
        .collect();
    assert_eq!(
        sales,
        [
            ("2026-12-01".into(), "2027-01-31".into(), VatRegime::Simplified),
            ("2027-01-01".into(), "2027-02-10".into(), VatRegime::RealQuarterly),
        ]
        .map(|(a, b, c): (String, String, _)| (a, b, c))
        .into_iter()
        .collect::<Vec<_>>()
    );
    member.turnover_cents = None;
    let calendar = over(&member, "2026-12-01", "2027-01-31");
    assert!(calendar.untold.iter().any(|u| u.missing == [MissingFact::Turnover] && u.from == day("2027-01-01")));
}

#[test]
fn a_change_within_a_period_cuts_it() {
    let mut f = facts(VatRegime::RealMonthly, 300);
    f.vat_regimes.push(RegimePeriod { regime: VatRegime::Franchise, from: Some(day("2026-11-15")) });
    let calendar = over(&f, "2026-11-01", "2026-12-31");
    let told: Vec<String> = calendar
        .dues
        .iter()
        .filter(|d| d.kind == DueKind::Sales)
        .map(|d| format!("{} {} {}", d.from, d.to, d.published_on))
        .collect();
    assert_eq!(
        told,
        ["2026-11-01 2026-11-10 2026-11-20", "2026-11-11 2026-11-14 2026-11-30", "2026-11-15 2026-12-31 2027-01-31"]
    );
}

#[test]
fn an_exempt_dossier_chooses_its_rhythm() {
    let mut f = facts(VatRegime::Exempt, 300);
    let calendar = over(&f, "2026-09-01", "2026-12-31");
    assert!(calendar.dues.iter().all(|d| d.kind == DueKind::Reception));
    assert!(calendar.untold.iter().any(|u| u.kind == DueKind::Acquisitions && u.missing == [MissingFact::ReportsAs]));
    f.reports_as = Some(VatRegime::Franchise);
    let calendar = over(&f, "2026-09-01", "2026-12-31");
    let told: Vec<_> = calendar.dues.iter().filter(|d| d.kind != DueKind::Reception).map(|d| d.kind).collect();
    assert_eq!(told, [DueKind::Acquisitions, DueKind::Acquisitions]);
}

#[test]
fn what_is_not_answered_leaves_its_time_untold() {
    let mut f = facts(VatRegime::RealMonthly, 300);
    f.activity.b2c = None;
    f.activity.international = None;
    let calendar = over(&f, "2026-09-01", "2026-12-31");
    let sales = calendar.untold.iter().find(|u| u.kind == DueKind::Sales).unwrap();
    assert_eq!(
        (sales.from, sales.missing.as_slice()),
        (day("2026-09-01"), &[MissingFact::International, MissingFact::B2c][..])
    );
}

#[test]
fn an_unknown_regime_leaves_the_calendar_untold_rather_than_empty() {
    let mut f = facts(VatRegime::RealMonthly, 300);
    f.vat_regimes[0].from = Some(day("2026-11-01"));
    let c = over(&f, "2026-01-01", "2026-12-31");
    let told: Vec<_> = c.untold.iter().map(|u| (u.from.to_string(), u.to.to_string(), u.missing[0])).collect();
    assert_eq!(told, vec![("2026-09-01".to_owned(), "2026-10-31".to_owned(), MissingFact::VatRegime); 3]);
    assert!(c.dues.iter().filter(|d| d.kind == DueKind::Sales).all(|d| d.from >= day("2026-11-01")));
    f.vat_regimes.clear();
    let c = over(&f, "2026-01-01", "2026-12-31");
    assert_eq!(c.untold.len(), 3);
    assert!(c.untold.iter().all(|u| u.to == day("2026-12-31")));
}

#[test]
fn states_warnings_and_keys() {
    let eti = facts(VatRegime::RealMonthly, 300);
    let all = over(&eti, "2026-09-01", "2027-01-31");
    let due = all.dues.iter().find(|d| d.key().to_string() == "sales:2026-12-21").unwrap();
    assert_eq!(due.day_off(), Some(DayOff::Sunday), "10 January 2027");
    assert!(due.notes()[0].fr.contains("dimanche"));
    assert_eq!(due.state(None, day("2026-12-22")), DueState::Open);
    assert_eq!(due.state(None, day("2027-01-03")), DueState::DueSoon);
    assert_eq!(due.state(None, day("2027-01-10")), DueState::DueSoon);
    assert_eq!(due.state(None, day("2027-01-11")), DueState::Missed);
    assert_eq!(due.state(Some(Settlement::Done), day("2027-01-11")), DueState::Done);
    assert_eq!(due.state(Some(Settlement::NoOperation), day("2027-01-11")), DueState::NotApplicable);
    assert_eq!(due.title().fr, "E-reporting des ventes, du 21/12/2026 au 31/12/2026");
    assert_eq!("sales:2026-12-21".parse::<DueKey>().unwrap(), due.key());
    assert!("sales:demain".parse::<DueKey>().is_err());
    let two = all.dues.iter().find(|d| d.key().to_string() == "sales:2026-12-11").unwrap();
    assert!(two.notes()[0].fr.contains("30/12/2026"), "both readings are told");
    let day_of_list = plan(&eti).due_between(day("2027-01-10"), day("2027-01-10"));
    let keys: Vec<String> = day_of_list.dues.iter().map(|d| d.key().to_string()).collect();
    assert_eq!(keys, ["sales:2026-12-21", "acquisitions:2026-12-21", "payments:2026-12-01"]);
}

#[test]
fn the_start_of_an_obligation_is_done_once_prepared() {
    let mut f = facts(VatRegime::RealMonthly, 3);
    let state = |f: &DossierFacts| {
        let starts = over(f, "2026-09-01", "2026-09-30").dues;
        let reception = starts.iter().find(|d| d.kind == DueKind::Reception).unwrap();
        reception.state(Settled::default().of(reception), today())
    };
    assert_eq!(state(&f), DueState::Missed);
    f.reception_platform = Some("Pennylane".into());
    assert_eq!(state(&f), DueState::Done);
}

#[test]
fn missed_reports_are_those_of_the_past_with_nothing_done() {
    let eti = facts(VatRegime::RealMonthly, 300);
    let count = |f: &DossierFacts, settled: &Settled| plan(f).missed(today(), settled).len();
    let nothing = Settled::default();
    // Sales and purchases: three in September, three in October, one in November; payments: two.
    assert_eq!(count(&eti, &nothing), 7 + 7 + 2);
    let first = Settled::of_records([(DueKind::Sales, day("2026-09-01"), day("2026-09-10"), Settlement::Done)]);
    assert_eq!(count(&eti, &first), 15);
    assert_eq!(count(&facts(VatRegime::RealMonthly, 3), &nothing), 0);
}

#[test]
fn settled_days_stay_settled_when_the_periods_are_cut_otherwise() {
    let record = |from, to, how| (DueKind::Sales, day(from), day(to), how);
    let settled = Settled::of_records([
        record("2026-11-11", "2026-11-20", Settlement::NoOperation),
        record("2026-11-01", "2026-11-10", Settlement::Done),
        record("2026-11-21", "2026-11-30", Settlement::Done),
    ]);
    assert_eq!(Settled::read(&settled.written()).as_ref(), Some(&settled));
    assert_eq!(Settled::read(""), Some(Settled::default()));
    let how = |f: &DossierFacts, key: &str| {
        let dues = over(f, "2026-11-01", "2026-12-31").dues;
        settled.of(dues.iter().find(|d| d.key().to_string() == key).unwrap_or_else(|| panic!("{key}")))
    };
    let monthly = facts(VatRegime::RealMonthly, 300);
    assert_eq!(how(&monthly, "sales:2026-11-11"), Some(Settlement::NoOperation));
    assert_eq!(how(&monthly, "sales:2026-12-01"), None);
    assert_eq!(how(&monthly, "acquisitions:2026-11-11"), None);
    let simplified = facts(VatRegime::Simplified, 300);
    assert_eq!(how(&simplified, "sales:2026-11-01"), Some(Settlement::Done), "the month is the sum of its parts");
    let joined = Settled::of_records([
        record("2026-11-01", "2026-11-10", Settlement::Done),
        record("2026-11-11", "2026-11-20", Settlement::Done),
        record("2026-11-21", "2026-11-30", Settlement::Done),
    ]);
    assert_eq!(joined.written(), r#"[["sales","2026-11-01","2026-11-30","done"]]"#);
    let corrected = Settled::of_records([
        record("2026-11-01", "2026-11-30", Settlement::Done),
        record("2026-11-11", "2026-11-20", Settlement::NoOperation),
    ]);
    assert_eq!(corrected.written().matches("sales").count(), 3, "the later record counts for its days");
}

#[test]
fn a_volunteer_has_deadlines_that_cost_nothing() {
    let mut f = facts(VatRegime::RealMonthly, 3);
    f.early_starts = vec![EarlyStart { obligation: ObligationGroup::EReporting, on: day("2027-08-15") }];
    let calendar = over(&f, "2027-08-01", "2027-09-30");
    let sales: Vec<_> =
        calendar.dues.iter().filter(|d| d.kind == DueKind::Sales).map(|d| (d.from, d.voluntary)).collect();
    assert_eq!(sales.len(), 5);
    assert_eq!(sales[0], (day("2027-08-15"), true));
    assert_eq!(sales[2], (day("2027-09-01"), false));
}

/// Every day on which a stream is due lies in exactly one period.
fn hold(f: &DossierFacts) -> Result<(), TestCaseError> {
    let (first, last) = (day("2026-01-01"), day("2030-12-31"));
    let size = f.size(today());
    let calendar = plan(f).calendar(first, last);
    let start = obligation::determine(f, &size, today())[ObligationKind::SalesB2c as usize].starts_on;
    for kind in [DueKind::Sales, DueKind::Acquisitions, DueKind::Payments] {
        let mut periods: Vec<_> = calendar.dues.iter().filter(|d| d.kind == kind).collect();
        periods.sort_by_key(|d| d.from);
        prop_assert!(!periods.is_empty());
        prop_assert_eq!(Some(periods[0].from), start, "{} begins on the first day", kind);
        for pair in periods.windows(2) {
            prop_assert_eq!(pair[0].to.succ_opt(), Some(pair[1].from), "{}: gap or overlap", kind);
        }
        prop_assert!(periods[periods.len() - 1].to >= last, "{} reaches the end", kind);
        for p in &periods {
            prop_assert!(p.from <= p.to && p.to < p.published_on && p.prudent_on <= p.published_on);
            prop_assert!(p.prudent_on >= p.to);
        }
    }
    prop_assert!(calendar.untold.is_empty());
    Ok(())
}

const REPORTING: [VatRegime; 5] = [
    VatRegime::RealMonthly,
    VatRegime::RealQuarterly,
    VatRegime::Simplified,
    VatRegime::SimplifiedAgricultural,
    VatRegime::Franchise,
];

#[test]
fn every_regime_and_every_change_of_regime_leaves_no_gap_and_no_overlap() {
    for before in REPORTING {
        for after in REPORTING {
            for (headcount, change) in [(3, "2028-02-29"), (300, "2026-11-15"), (300, "2027-01-01"), (3, "2027-09-01")]
            {
                let mut f = facts(before, headcount);
                f.vat_regimes.push(RegimePeriod { regime: after, from: Some(day(change)) });
                hold(&f).unwrap_or_else(|e| panic!("{before} to {after} on {change}: {e}"));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_history_leaves_no_gap_and_no_overlap(
        first in 0usize..5,
        changes in proptest::collection::vec((0u64..1_900, 0usize..5), 0..5),
        headcount in prop_oneof![Just(3u32), Just(300)],
        turnover in prop_oneof![Just(40_000_000i64), Just(105_000_000), Just(300_000_000)],
        year_end in prop_oneof![Just(None), (1u32..=12).prop_map(|m| MonthDay::new(m, 28))],
    ) {
        let mut f = facts(REPORTING[first], headcount);
        f.turnover_cents = Some(turnover);
        f.fiscal_year_end = year_end;
        for (after, regime) in changes {
            let from = day("2026-01-01") + Days::new(after);
            if f.vat_regimes.iter().all(|p| p.from != Some(from)) {
                f.vat_regimes.push(RegimePeriod { regime: REPORTING[regime], from: Some(from) });
            }
        }
        f.vat_regimes.sort_by_key(|p| p.from);
        hold(&f)?;
    }
}
