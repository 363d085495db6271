use super::*;
use crate::calendar::{DueKind, Plan};
use crate::readiness::{Context, evaluate};
use crate::{Proofs, RegimePeriod, Siren, VatRegime};

fn day(s: &str) -> NaiveDate {
    s.parse().unwrap()
}

const fn euros(n: i64) -> i64 {
    n * 100
}

/// An ETI that prepared nothing.
fn facts() -> DossierFacts {
    let mut f = DossierFacts::new(Siren::parse("732829320").unwrap(), "Essai");
    f.vat_regimes = vec![RegimePeriod { regime: VatRegime::RealMonthly, from: None }];
    f.headcount = Some(300);
    f.turnover_cents = Some(euros(5_000_000));
    f.balance_sheet_cents = Some(euros(5_000_000));
    f.activity.b2b = Some(true);
    f.activity.b2c = Some(true);
    f.activity.international = Some(false);
    f.activity.services = Some(true);
    f.vat_on_debits = Some(false);
    f.invoices_per_month = Some(30);
    f
}

fn at(f: &DossierFacts, on: &str, missed: &[Due]) -> Exposure {
    let today = day(on);
    count(f, &evaluate(f, &Proofs::NONE, &Context::standard(today)), missed)
}

fn total(exposure: &Exposure, breach: Breach) -> i64 {
    exposure.counts.iter().filter(|c| c.breach == breach).map(|c| c.counted_cents).sum()
}

#[test]
fn invoices_count_since_the_start_and_stop_at_the_cap_of_the_year() {
    let f = facts();
    let e = at(&f, "2026-09-30", &[]);
    assert_eq!(total(&e, Breach::Invoices), 30 * euros(50));
    let e = at(&f, "2026-10-15", &[]);
    assert_eq!(e.counts[0].count, 30 + 14, "15 of 31 days, rounded down");
    let mut big = f.clone();
    big.invoices_per_month = Some(1_000);
    let e = at(&big, "2027-01-31", &[]);
    assert_eq!(total(&e, Breach::Invoices), 2 * euros(15_000), "15,000 euros for each civil year");
    let report = e.report();
    assert_eq!(report.total_cents, report.lines.iter().map(|l| l.counted_cents).sum::<i64>());
    assert_eq!(report.lines[0].gross_cents, 4_000 * euros(50));
    assert_eq!(report.lines[0].cap_cents, Some(euros(15_000)));
    assert!(
        report
            .reliefs
            .iter()
            .any(|r| r.text.fr.contains("première infraction") || r.text.fr.contains("Première infraction"))
    );
}

#[test]
fn nothing_is_counted_once_a_platform_issues_or_before_the_start() {
    let mut f = facts();
    assert_eq!(total(&at(&f, "2026-08-31", &[]), Breach::Invoices), 0);
    f.emission_platform = Some("Pennylane".into());
    assert_eq!(total(&at(&f, "2026-11-22", &[]), Breach::Invoices), 0);
    let mut f = facts();
    f.invoices_per_month = None;
    let e = at(&f, "2026-11-22", &[]);
    assert!(!e.gaps.contains(&ExposureGap::Obligations));
    f.headcount = None;
    assert!(at(&f, "2026-11-22", &[]).gaps.contains(&ExposureGap::Obligations), "a size unknown is not a size exempt");
    f.headcount = Some(300);
    assert!(at(&f, "2026-11-22", &[]).gaps.contains(&ExposureGap::InvoicesPerMonth), "unknown is not zero");
}

#[test]
fn missed_reports_count_by_kind_with_a_cap_each() {
    let f = facts();
    let evaluation = evaluate(&f, &Proofs::NONE, &Context::standard(day("2026-11-22")));
    let all = Plan::of(&f, &evaluation).calendar(day("2026-09-01"), day("2026-12-31"));
    let e = at(&f, "2026-11-22", &all.dues);
    // Sales: three in September, three in October, the first of November; payments: September and October.
    assert_eq!((total(&e, Breach::Transactions), total(&e, Breach::Payments)), (7 * euros(500), 2 * euros(500)));
    let sample = all.dues.iter().find(|d| d.kind == DueKind::Sales).unwrap();
    let many = vec![sample.clone(); 40];
    assert_eq!(total(&at(&f, "2026-11-22", &many), Breach::Transactions), euros(15_000));
    let mut voluntary = sample.clone();
    voluntary.voluntary = true;
    assert_eq!(total(&at(&f, "2026-11-22", &[voluntary]), Breach::Transactions), 0);
}

#[test]
fn the_clock_of_the_formal_notice() {
    let mut f = facts();
    f.emission_platform = Some("Pennylane".into());
    assert_eq!(at(&f, "2026-11-22", &[]).gaps, [ExposureGap::FormalNotice], "no notice, no fine");
    f.formal_notice_on = Some(day("2026-11-30"));
    let run = |on: &str| {
        let e = at(&f, on, &[]);
        let clock = e.clock.unwrap();
        (e.total_cents, clock.next_on.to_string(), clock.next_cents)
    };
    assert_eq!(run("2026-12-01"), (0, "2027-02-28".into(), euros(500)));
    assert_eq!(run("2027-02-28"), (0, "2027-02-28".into(), euros(500)), "the last day is still in time");
    assert_eq!(run("2027-03-01"), (euros(500), "2027-05-28".into(), euros(1_000)));
    assert_eq!(run("2027-05-29"), (euros(1_500), "2027-08-28".into(), euros(1_000)));
    assert_eq!(run("2027-08-29").0, euros(2_500));
    f.reception_platform = Some("Pennylane".into());
    assert_eq!(at(&f, "2027-08-29", &[]).total_cents, 0);
}
