use super::*;
use crate::reference::Territory;
use crate::{EarlyStart, ObligationOverride, RegimePeriod, Siren, VatRegime};

fn day(s: &str) -> NaiveDate {
    s.parse().unwrap()
}

fn facts(regime: VatRegime, headcount: u32, turnover: i64) -> DossierFacts {
    let mut f = DossierFacts::new(Siren::parse("732829320").unwrap(), "Essai");
    f.vat_regimes = vec![RegimePeriod { regime, from: None }];
    f.headcount = Some(headcount);
    f.turnover_cents = Some(turnover * 100);
    f.balance_sheet_cents = Some(turnover * 100);
    f
}

/// Sells and buys everything everywhere.
fn busy(regime: VatRegime, headcount: u32) -> DossierFacts {
    let mut f = facts(regime, headcount, 100_000);
    f.activity.b2b = Some(true);
    f.activity.b2c = Some(true);
    f.activity.international = Some(true);
    f.activity.services = Some(true);
    f.vat_on_debits = Some(false);
    f
}

fn rulings(f: &DossierFacts) -> [Ruling; KINDS] {
    let today = day("2026-11-21");
    determine(f, &f.size(today), today)
}

fn starts(f: &DossierFacts) -> [Option<String>; KINDS] {
    rulings(f).map(|r| r.starts_on.map(|d| d.to_string()))
}

fn one(f: &DossierFacts, kind: ObligationKind) -> Ruling {
    rulings(f)[kind as usize].clone()
}

const Y2026: &str = "2026-09-01";
const Y2027: &str = "2027-09-01";

fn all(days: [&str; KINDS]) -> [Option<String>; KINDS] {
    days.map(|d| (!d.is_empty()).then(|| d.to_owned()))
}

#[test]
fn waves_by_size_and_membership() {
    let small = busy(VatRegime::RealMonthly, 3);
    assert_eq!(starts(&small), all([Y2026, Y2027, Y2027, Y2027, Y2027, Y2027, Y2027]));
    let large = busy(VatRegime::RealMonthly, 260);
    assert_eq!(starts(&large), all([Y2026; KINDS]), "260 persons make an ETI whatever the turnover");
    let mut member = busy(VatRegime::RealMonthly, 3);
    member.vat_group_member = Some(true);
    assert_eq!(starts(&member), all([Y2026; KINDS]), "a member is bound whatever its size");
    assert_eq!(one(&member, ObligationKind::Emission).reason, ObligationReason::VatGroupMember);
}

#[test]
fn regimes_decide_what_applies() {
    assert_eq!(starts(&busy(VatRegime::NotTaxable, 3)), all([""; KINDS]));
    let exempt = busy(VatRegime::Exempt, 3);
    assert_eq!(starts(&exempt), all([Y2026, "", "", "", Y2027, "", ""]), "foreign purchases remain");
    assert_eq!(starts(&busy(VatRegime::Franchise, 3)), all([Y2026, Y2027, Y2027, Y2027, Y2027, Y2027, Y2027]));
}

#[test]
fn what_is_not_answered_is_not_guessed() {
    let f = facts(VatRegime::RealMonthly, 3, 100_000);
    let missing = |kind| one(&f, kind).missing;
    assert_eq!(missing(ObligationKind::SalesB2c), [MissingFact::B2c]);
    assert_eq!(missing(ObligationKind::SalesInternational), [MissingFact::International]);
    assert_eq!(
        missing(ObligationKind::PaymentsB2c),
        [MissingFact::B2c, MissingFact::Services, MissingFact::VatOnDebits]
    );
    let b2c = one(&f, ObligationKind::SalesB2c);
    assert_eq!((b2c.status, b2c.starts_on), (ObligationStatus::Undetermined, None));
    assert_eq!(b2c.legal_on, Some(day(Y2027)), "the day from which it would apply is known");
    let told = b2c.told(&f);
    assert_eq!(
        told.reason.fr,
        "Déclaration des ventes aux particuliers : pas encore déterminable, il manque les ventes à des particuliers."
    );
    let mut f = f;
    f.vat_regimes.clear();
    assert!(rulings(&f).iter().all(|r| r.missing == [MissingFact::VatRegime]));
}

#[test]
fn an_unknown_size_leaves_emission_open_but_not_reception() {
    let mut f = busy(VatRegime::RealMonthly, 3);
    f.headcount = None;
    assert_eq!(one(&f, ObligationKind::Reception).status, ObligationStatus::Applies);
    let emission = one(&f, ObligationKind::Emission);
    assert_eq!((emission.status, emission.missing), (ObligationStatus::Undetermined, vec![MissingFact::Headcount]));
    f.vat_group_member = Some(true);
    assert_eq!(one(&f, ObligationKind::Emission).starts_on, Some(day(Y2026)));
}

#[test]
fn payments_follow_services_debits_and_sales() {
    let mut f = busy(VatRegime::RealMonthly, 3);
    f.activity.services = Some(false);
    assert_eq!(one(&f, ObligationKind::PaymentsB2c).reason, ObligationReason::GoodsOnly);
    f.activity.services = Some(true);
    f.vat_on_debits = Some(true);
    assert_eq!(one(&f, ObligationKind::PaymentsInternational).reason, ObligationReason::VatOnDebits);
    f.vat_on_debits = None;
    assert_eq!(one(&f, ObligationKind::PaymentsB2c).missing, [MissingFact::VatOnDebits]);
    let mut small = f.clone();
    small.vat_regimes[0].regime = VatRegime::Franchise;
    assert_eq!(
        one(&small, ObligationKind::PaymentsB2c).status,
        ObligationStatus::Applies,
        "no VAT, no option to ask for"
    );
    f.activity.b2c = Some(false);
    assert_eq!(one(&f, ObligationKind::PaymentsB2c).reason, ObligationReason::NoConsumer);
}

#[test]
fn sales_and_purchases_abroad_are_told_apart_when_known() {
    let mut f = busy(VatRegime::RealMonthly, 3);
    f.activity.sells_abroad = Some(false);
    assert_eq!(one(&f, ObligationKind::SalesInternational).reason, ObligationReason::NoForeignSale);
    assert_eq!(one(&f, ObligationKind::Acquisitions).status, ObligationStatus::Applies);
}

#[test]
fn territories_public_entities_and_foreign_companies() {
    let mut f = busy(VatRegime::RealMonthly, 260);
    f.territory = Some(Territory::Reunion);
    assert_eq!(starts(&f), all([Y2026; KINDS]), "the overseas departments where VAT applies are domestic");
    f.territory = Some(Territory::Guyane);
    assert_eq!(starts(&f), all([""; KINDS]));
    assert!(one(&f, ObligationKind::Emission).told(&f).reason.fr.starts_with("Guyane"));

    let mut f = busy(VatRegime::NotTaxable, 260);
    f.public_entity = Some(true);
    assert_eq!(starts(&f), all([Y2026, "", "", "", "", "", ""]), "a public body receives through Chorus Pro");

    let mut f = busy(VatRegime::RealMonthly, 260);
    f.non_established = Some(true);
    assert_eq!(starts(&f), all(["", "", Y2026, Y2026, Y2027, Y2026, Y2026]), "its purchases wait for 2027");
    assert_eq!(one(&f, ObligationKind::Acquisitions).wave, Some(WaveCode::Acquisitions2027));
}

#[test]
fn a_voluntary_start_binds_nobody_before_the_legal_day() {
    let mut f = busy(VatRegime::RealMonthly, 3);
    f.early_starts = vec![EarlyStart { obligation: ObligationGroup::Emission, on: day("2026-12-01") }];
    let emission = one(&f, ObligationKind::Emission);
    assert_eq!((emission.starts_on, emission.legal_on), (Some(day("2026-12-01")), Some(day(Y2027))));
    assert!(emission.has_started(day("2027-01-01")) && !emission.is_due(day("2027-01-01")));
    assert!(emission.is_due(day(Y2027)));
    f.early_starts[0].on = day("2026-01-01");
    assert_eq!(one(&f, ObligationKind::Emission).starts_on, Some(day(Y2026)), "not before the reform");
    f.early_starts[0].on = day("2028-01-01");
    assert_eq!(one(&f, ObligationKind::Emission).starts_on, Some(day(Y2027)), "a later wish changes nothing");
    assert_eq!(one(&f, ObligationKind::SalesB2c).starts_on, Some(day(Y2027)));
}

#[test]
fn the_firm_may_state_an_obligation_with_its_reason() {
    let mut f = busy(VatRegime::RealMonthly, 3);
    let said = |applies, from: Option<&str>| ObligationOverride {
        obligation: ObligationKind::Emission,
        applies,
        from: from.map(day),
        reason: "Rescrit du 12/01/2026".to_owned(),
    };
    f.obligation_overrides = vec![said(false, None)];
    let ruling = one(&f, ObligationKind::Emission);
    assert_eq!((ruling.status, ruling.starts_on), (ObligationStatus::NotApplicable, None));
    assert!(ruling.told(&f).reason.fr.contains("Rescrit du 12/01/2026"));
    f.obligation_overrides = vec![said(true, Some("2027-01-01"))];
    assert_eq!(one(&f, ObligationKind::Emission).legal_on, Some(day("2027-01-01")));
    let mut f = busy(VatRegime::NotTaxable, 3);
    f.obligation_overrides = vec![said(true, None)];
    assert_eq!(one(&f, ObligationKind::Emission).starts_on, Some(day(Y2027)), "with the wave that reaches everybody");
}

#[test]
fn every_ruling_says_one_sentence_in_both_languages_and_its_source() {
    let mut cases = vec![DossierFacts::new(Siren::parse("732829320").unwrap(), "Essai")];
    for regime in VatRegime::ALL {
        cases.push(facts(*regime, 3, 100_000));
        cases.push(busy(*regime, 3));
        cases.push(busy(*regime, 6_000));
    }
    for f in &cases {
        for ruling in rulings(f) {
            let told = ruling.told(f);
            for sentence in [&told.reason.fr, &told.reason.en] {
                assert!(sentence.ends_with('.') && sentence.matches(". ").count() <= 1, "{sentence}");
            }
            assert!(!told.reason.fr.contains('\''), "{}", told.reason.fr);
            let told_by_law = told.status != ObligationStatus::Undetermined;
            assert!(!told_by_law || !told.source.is_empty(), "{told:?}");
            assert_eq!(told.status == ObligationStatus::Undetermined, !told.missing.is_empty(), "{told:?}");
        }
    }
}

#[test]
fn after_2027_the_ended_regime_no_longer_decides() {
    let f = busy(VatRegime::Simplified, 3);
    let today = day("2027-10-01");
    let ruling = &determine(&f, &f.size(today), today)[1];
    assert_eq!(ruling.regime, Some(VatRegime::RealQuarterly));
    assert!(ruling.is_due(today));
}
