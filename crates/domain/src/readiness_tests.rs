use proptest::prelude::*;

use super::facts_of_every_kind::{any_active, any_evidence, any_facts, complete, proof};
use super::*;
use crate::proof::Capabilities;
use crate::rules::CriterionWeight;
use crate::{Capability, DirectoryAddress, RegimePeriod, Siren};

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 21).unwrap()
}

fn day(s: &str) -> NaiveDate {
    s.parse().unwrap()
}

fn at(f: &DossierFacts, proofs: &Proofs<'_>, on: NaiveDate) -> Readiness {
    let ctx = Context::standard(on);
    evaluate(f, proofs, &ctx).readiness(f, proofs, &ctx)
}

fn result(r: &Readiness, criterion: Criterion) -> &CriterionResult {
    r.criteria.iter().find(|c| c.criterion == criterion).unwrap()
}

#[test]
fn states_follow_the_obligations() {
    let state_on = |f: &DossierFacts, on| at(f, &Proofs::NONE, on).state;
    let state = |f: &DossierFacts| state_on(f, today());
    let all = complete();
    assert_eq!((at(&all, &Proofs::NONE, today()).score, state(&all)), (100, ReadinessState::Ready));
    let mut f = complete();
    f.reception_platform = None;
    assert_eq!(state(&f), ReadinessState::Late, "reception is due since 1 September 2026");
    let mut f = complete();
    f.emission_platform = None;
    assert_eq!(state(&f), ReadinessState::OnTrack, "emission of a small firm is far");
    assert_eq!(state_on(&f, day("2027-05-01")), ReadinessState::AtRisk);
    let mut f = complete();
    f.headcount = None;
    assert_eq!(state(&f), ReadinessState::Unknown, "unknown is never green");
    let mut f = complete();
    f.vat_regimes.clear();
    assert_eq!(state(&f), ReadinessState::Unknown);
    let mut f = complete();
    f.activity.b2c = None;
    assert_eq!(state(&f), ReadinessState::Ready, "what decides a far obligation can wait");
    assert_eq!(state_on(&f, day("2027-05-01")), ReadinessState::Unknown, "and no longer when it is near");
}

#[test]
fn the_points_explain_the_score_and_the_next_act_is_the_cheapest_per_point() {
    let mut f = complete();
    f.contacts.clear();
    f.emission_platform = None;
    let r = at(&f, &Proofs::NONE, today());
    assert_eq!(r.criteria.iter().map(|c| c.points).sum::<u32>(), r.won);
    assert_eq!(r.criteria.iter().map(|c| c.weight).sum::<u32>(), 100);
    assert_eq!(r.score, r.won - r.capped);
    assert_eq!(r.next_acts, [Criterion::Contact, Criterion::Emission]);
    let e = evaluate(&f, &Proofs::NONE, &Context::standard(today()));
    assert_eq!(e.missing_mask(), Criterion::Contact.mask() | Criterion::Emission.mask());
    assert_eq!(e.next_act, Some(Criterion::Contact));
}

#[test]
fn a_non_taxable_person_is_not_asked_for_a_platform() {
    let mut f = complete();
    f.vat_regimes = vec![RegimePeriod { regime: VatRegime::NotTaxable, from: None }];
    f.reception_platform = None;
    f.emission_platform = None;
    f.headcount = None;
    f.directory_address = None;
    f.tool = None;
    assert_eq!(at(&f, &Proofs::NONE, today()).state, ReadinessState::Ready);
}

#[test]
fn a_platform_counts_when_the_register_lists_it() {
    let mut f = complete();
    f.reception_platform = Some("Une plateforme inconnue".into());
    let r = at(&f, &Proofs::NONE, today());
    assert_eq!(result(&r, Criterion::ReceptionPlatform).why, Some(CriterionReason::NotInRegister));
    assert_eq!((r.state, r.late_for.as_slice()), (ReadinessState::Late, &[ObligationGroup::Reception][..]));
    f.reception_platform = Some("ZEFYR".into());
    let r = at(&f, &Proofs::NONE, today());
    let c = result(&r, Criterion::ReceptionPlatform);
    assert_eq!((c.state, c.why), (CriterionState::Half, Some(CriterionReason::PlatformPending)));
    assert_eq!(c.points, c.weight / 2);
    f.public_entity = Some(true);
    assert_eq!(
        result(&at(&f, &Proofs::NONE, today()), Criterion::ReceptionPlatform).evidence.as_deref(),
        Some("Chorus Pro")
    );
}

#[test]
fn blockers_cap_the_score_and_are_named() {
    let mut f = complete();
    f.reception_platform = None;
    let r = at(&f, &Proofs::NONE, today());
    assert_eq!((r.score, r.caps[0].cap), (60, CapCode::ReceptionLate));
    assert_eq!(r.won - r.capped, 60);
    assert_eq!(r.criteria.iter().map(|c| c.points).sum::<u32>(), r.won);
    let mut f = complete();
    f.siren = Siren::parse("123456789").unwrap();
    let r = at(&f, &Proofs::NONE, today());
    assert_eq!((r.score, r.caps[0].at_most), (40, 40));
    assert_eq!(result(&r, Criterion::Identity).why, Some(CriterionReason::CheckDigit));
}

#[test]
fn a_proof_counts_whole_until_it_expires_then_half() {
    let f = complete();
    let state = |evidence: &[Evidence], active, on| {
        let r = at(&f, &Proofs::new(evidence, active), on);
        let c = result(&r, Criterion::Mandate);
        (c.state, c.why)
    };
    let mandates = Capabilities::NONE.with(Capability::Mandates);
    use CriterionReason as Why;
    use CriterionState as S;
    assert_eq!(state(&[], Capabilities::NONE, today()), (S::NotApplicable, Some(Why::NotBrought)));
    assert_eq!(state(&[], mandates, today()), (S::Missing, Some(Why::NotProved)));
    let signed = proof(Criterion::Mandate, "2026-01-10", Some("2026-12-31"));
    assert_eq!(state(std::slice::from_ref(&signed), Capabilities::NONE, today()), (S::Met, None));
    assert_eq!(state(std::slice::from_ref(&signed), mandates, day("2027-01-01")), (S::Half, Some(Why::Expired)));
    let revoked = Evidence { against: true, on: day("2026-06-01"), expires_on: None, ..signed.clone() };
    assert_eq!(state(&[signed.clone(), revoked.clone()], mandates, today()), (S::Missing, Some(Why::Against)));
    let again = Evidence { on: day("2026-07-01"), expires_on: None, ..signed.clone() };
    assert_eq!(state(&[again, revoked, signed.clone()], mandates, today()), (S::Met, None));
    let kept = Evidence { source: ProofSource::Mandate, ..signed.clone() };
    assert_eq!(state(std::slice::from_ref(&kept), mandates, day("2026-12-31")), (S::Met, None), "up to its last day");
    assert_eq!(state(&[kept], mandates, day("2027-01-01")), (S::Missing, Some(Why::NotProved)), "and no longer");
    let later = proof(Criterion::Mandate, "2027-05-01", None);
    assert_eq!(state(&[later], mandates, today()), (S::Missing, Some(Why::NotProved)), "a proof of tomorrow");
    let r = at(&f, &Proofs::new(&[proof(Criterion::ReceptionProved, "2026-11-02", None)], Capabilities::NONE), today());
    let shown = result(&r, Criterion::ReceptionProved).proof.clone().unwrap();
    assert_eq!(shown.expires_on, Some(day("2027-11-02")), "as long as the table says");
}

#[test]
fn an_answer_of_the_directory_ages_and_unknown_is_never_green() {
    let mut f = complete();
    let state = |f: &DossierFacts, on| {
        let r = at(f, &Proofs::NONE, on);
        let c = result(&r, Criterion::DirectoryAddress);
        (c.state, c.why)
    };
    assert_eq!(state(&f, today()), (CriterionState::Met, None));
    assert_eq!(state(&f, day("2027-06-01")), (CriterionState::Half, Some(CriterionReason::Expired)));
    f.directory_address.as_mut().unwrap().state = DirectoryState::Upcoming;
    assert_eq!(state(&f, today()), (CriterionState::Half, Some(CriterionReason::Upcoming)));
    f.directory_address.as_mut().unwrap().state = DirectoryState::NoPlatform;
    assert_eq!(state(&f, today()).0, CriterionState::Missing);
    f.directory_address = None;
    assert_eq!(state(&f, today()), (CriterionState::Missing, Some(CriterionReason::Unknown)));
}

#[test]
fn the_anomalies_speak_once_somebody_looks() {
    let f = complete();
    let state = |evidence: &[Evidence], active| {
        result(&at(&f, &Proofs::new(evidence, active), today()), Criterion::NoCriticalAnomaly).state
    };
    let looks = Capabilities::NONE.with(Capability::Anomalies);
    let open = Evidence { against: true, ..proof(Criterion::NoCriticalAnomaly, "2026-11-20", None) };
    assert_eq!(state(&[], Capabilities::NONE), CriterionState::NotApplicable);
    assert_eq!(state(&[], looks), CriterionState::Met);
    assert_eq!(state(&[open], looks), CriterionState::Missing);
}

#[test]
fn what_serves_a_far_obligation_is_asked_later() {
    let f = {
        let mut f = complete();
        f.activity.b2c = Some(true);
        f
    };
    let why = |on| {
        let r = at(&f, &Proofs::new(&[], Capabilities::NONE.with(Capability::Flows)), on);
        [Criterion::EmissionProved, Criterion::EReportingConfigured, Criterion::FirstTransmission]
            .map(|c| (result(&r, c).state, result(&r, c).why))
    };
    let early = (CriterionState::NotApplicable, Some(CriterionReason::TooEarly));
    let missing = (CriterionState::Missing, Some(CriterionReason::NotProved));
    assert_eq!(why(today()), [early; 3]);
    assert_eq!(why(day("2027-05-01")), [early, missing, early]);
    assert_eq!(why(day("2027-09-02")), [missing; 3]);
}

#[test]
fn the_end_of_a_regime_without_turnover_is_said() {
    let mut f = complete();
    f.vat_regimes = vec![RegimePeriod { regime: VatRegime::Simplified, from: None }];
    f.turnover_cents = None;
    let r = at(&f, &Proofs::NONE, day("2027-01-01"));
    assert_eq!(result(&r, Criterion::VatRegime).why, Some(CriterionReason::RegimeEnded));
    f.turnover_cents = Some(40_000_000);
    let e = evaluate(&f, &Proofs::NONE, &Context::standard(day("2027-01-01")));
    assert_eq!(e.regime, Some(VatRegime::RealQuarterly));
}

#[test]
fn weights_of_the_firm_move_the_score() {
    let mut f = complete();
    f.contacts.clear();
    let rules = ScoreRules {
        weights: vec![CriterionWeight { criterion: Criterion::Contact, weight: 0 }],
        version: 3,
        ..ScoreRules::default()
    };
    let ctx = Context { rules: &rules, ..Context::standard(today()) };
    let e = evaluate(&f, &Proofs::NONE, &ctx);
    assert_eq!(e.score, 100, "a criterion without weight takes nothing");
    assert_ne!(e.missing_mask() & Criterion::Contact.mask(), 0, "and is still told as missing");
    assert_eq!(e.readiness(&f, &Proofs::NONE, &ctx).rules_version, 3);
}

#[test]
fn the_table_says_which_criteria_a_proof_meets() {
    // Far enough for every obligation to have begun; bare enough for nothing to be met by facts alone.
    let on = day("2028-03-01");
    let mut f = complete();
    f.activity.b2c = Some(true);
    f.directory_address = None;
    f.client_informed_on = None;
    f.reception_platform = None;
    f.emission_platform = None;
    f.tool = None;
    f.contacts.clear();
    f.sirets.clear();
    f.invoices_per_month = None;
    f.assignee.user_id = None;
    for criterion in Criterion::ALL {
        let evidence = [proof(*criterion, "2028-02-01", None)];
        let state = |proofs: &[Evidence]| {
            evaluate(&f, &Proofs::new(proofs, Capabilities::NONE), &Context::standard(on)).judged(*criterion).state
        };
        let (before, after) = (state(&[]), state(&evidence));
        if criterion.row().takes_proof {
            assert_ne!(before, CriterionState::Met, "{criterion}");
            assert_eq!(after, CriterionState::Met, "{criterion}");
        } else {
            assert_eq!(before, after, "{criterion}");
        }
    }
}

fn any_state() -> impl Strategy<Value = CriterionState> {
    prop::sample::select(CriterionState::ALL)
}

fn any_rules() -> impl Strategy<Value = ScoreRules> {
    (
        proptest::collection::vec(0u32..=100, CRITERIA),
        proptest::collection::vec(0u32..=100, CapCode::ALL.len()),
        any::<bool>(),
    )
        .prop_map(|(weights, caps, backwards)| {
            let mut rules = ScoreRules::default();
            for (row, weight) in rules.weights.iter_mut().zip(weights) {
                row.weight = weight;
            }
            rules.weights[0].weight = rules.weights[0].weight.max(1);
            for (row, at_most) in rules.caps.iter_mut().zip(caps) {
                row.at_most = at_most;
            }
            if backwards {
                rules.weights.reverse();
                rules.caps.reverse();
            }
            rules
        })
}

proptest! {
    #[test]
    fn the_score_lies_within_its_bounds_and_the_points_add_up_to_it(
        states in proptest::collection::vec(any_state(), CRITERIA),
        reception in any::<bool>(),
        emission in any::<bool>(),
        rules in any_rules(),
    ) {
        prop_assume!(rules.check().is_empty());
        let states: [CriterionState; CRITERIA] = states.try_into().unwrap();
        let begun = Begun { reception, emission };
        let t = tally(&states, begun, &rules);
        prop_assert!(t.score <= 100);
        prop_assert_eq!(t.points.iter().sum::<u32>(), t.won);
        prop_assert!(t.points.iter().zip(t.worth).all(|(p, w)| *p <= w));
        let all: u32 = t.worth.iter().sum();
        prop_assert!(all == 100 || all == 0);
        match t.cap {
            Some(_) => prop_assert!(t.score < t.won),
            None => prop_assert_eq!(t.score, t.won),
        }
        let mut shuffled = rules.clone();
        shuffled.weights.reverse();
        shuffled.caps.rotate_left(3);
        prop_assert_eq!(tally(&states, begun, &shuffled), t, "the order of the rules says nothing");
    }

    #[test]
    fn to_meet_a_criterion_never_costs_a_point(
        states in proptest::collection::vec(any_state(), CRITERIA),
        reception in any::<bool>(),
        emission in any::<bool>(),
        rules in any_rules(),
    ) {
        let states: [CriterionState; CRITERIA] = states.try_into().unwrap();
        let begun = Begun { reception, emission };
        let before = tally(&states, begun, &rules);
        for i in 0..CRITERIA {
            let better: &[CriterionState] = match states[i] {
                CriterionState::Missing => &[CriterionState::Half, CriterionState::Met],
                CriterionState::Half => &[CriterionState::Met],
                CriterionState::Met | CriterionState::NotApplicable => &[],
            };
            for state in better {
                let mut next = states;
                next[i] = *state;
                let after = tally(&next, begun, &rules);
                prop_assert!(after.score >= before.score, "{:?}", Criterion::ALL[i]);
                prop_assert!(after.won >= before.won);
            }
        }
    }

    #[test]
    fn no_act_on_the_facts_costs_a_point(done in 0u32..1 << 11, act in 0u32..11, on in 0i64..600) {
        let on = today() + chrono::TimeDelta::days(on);
        let full = complete();
        let make = |done: u32| {
            let has = |bit: u32| done >> bit & 1 == 1;
            let mut f = complete();
            f.activity.b2c = Some(true);
            f.activity.services = Some(true);
            f.vat_on_debits = Some(false);
            if !has(0) { f.sirets.clear(); }
            if !has(1) { f.reception_platform = None; }
            if !has(2) { f.emission_platform = None; }
            if !has(3) { f.tool = None; }
            if !has(4) { f.contacts.clear(); }
            if !has(5) { f.assignee.user_id = None; }
            if !has(6) { f.invoices_per_month = None; }
            f.directory_address = has(7).then(|| DirectoryAddress { as_of: on, ..full.directory_address.clone().unwrap() });
            f.client_informed_on = has(8).then_some(on);
            if !has(9) { f.siren = Siren::parse("123456789").unwrap(); }
            let evidence: Vec<Evidence> = has(10).then(|| proof(Criterion::Mandate, "2026-01-01", None)).into_iter().collect();
            let active = Capabilities::NONE.with(Capability::Mandates);
            evaluate(&f, &Proofs::new(&evidence, active), &Context::standard(on))
        };
        let (before, after) = (make(done), make(done | 1 << act));
        prop_assert!(after.score >= before.score, "{} then {}", before.score, after.score);
        prop_assert!(after.state >= before.state, "{} then {}", before.state, after.state);
        prop_assert_eq!(after.won, after.criteria.iter().map(|c| c.points).sum::<u32>());
    }

    #[test]
    fn the_order_of_proofs_contacts_and_criteria_says_nothing(
        picks in proptest::collection::vec((0usize..CRITERIA, 0i64..900, any::<bool>(), proptest::option::of(0i64..900)), 0..12),
        swap in 0usize..12,
    ) {
        let f = complete();
        let start = day("2025-01-01");
        let mut evidence: Vec<Evidence> = picks
            .into_iter()
            .map(|(c, on, against, expires)| Evidence {
                criterion: Criterion::ALL[c],
                what: String::new(),
                source: ProofSource::Hand,
                on: start + chrono::TimeDelta::days(on),
                expires_on: expires.map(|d| start + chrono::TimeDelta::days(d)),
                by: None,
                against,
            })
            .collect();
        let active = Capabilities::NONE.with(Capability::Mandates).with(Capability::Flows).with(Capability::Anomalies);
        let ctx = Context::standard(today());
        let judged = |evidence: &[Evidence]| {
            let e = evaluate(&f, &Proofs::new(evidence, active), &ctx);
            (e.score, e.state, e.criteria.map(|c| (c.state, c.why, c.points)))
        };
        let before = judged(&evidence);
        evidence.reverse();
        prop_assert_eq!(&judged(&evidence), &before);
        if !evidence.is_empty() {
            let n = evidence.len();
            evidence.rotate_left(swap % n);
            prop_assert_eq!(&judged(&evidence), &before);
        }
    }
}

proptest! {
    #[test]
    fn rules_find_of_a_verdict_what_they_find_of_the_facts(
        f in any_facts(),
        evidence in any_evidence(),
        active in any_active(),
        (before, after) in (any_rules(), any_rules()),
        days in (0i64..=730, 0u32..=100),
        on in 0u64..1_100,
    ) {
        let today = day("2026-01-15") + Days::new(on);
        let after = ScoreRules { at_risk_days: days.0, at_risk_below: days.1, ..after };
        let proofs = Proofs::new(&evidence, active);
        let under = |rules| evaluate(&f, &proofs, &Context { rules, ..Context::standard(today) });
        let (known, expected) = (under(&before), under(&after));
        let verdict = Verdict::read(&known.verdict.written()).unwrap();
        prop_assert_eq!(verdict, expected.verdict, "no rule changes what is found");
        let standing = verdict.standing(&after, today);
        prop_assert_eq!(standing.score, expected.score);
        prop_assert_eq!(standing.state, expected.state);
        prop_assert_eq!(standing.next_act, expected.next_act);
        prop_assert_eq!(verdict.mask(CriterionState::Missing), crate::Mark::of(&expected).missing);
        // What is found says no more than the facts: the states are those that are told, the blockers those that hold.
        let told = expected.readiness(&f, &proofs, &Context { rules: &after, ..Context::standard(today) });
        prop_assert_eq!(verdict.states.to_vec(), told.criteria.iter().map(|c| c.state).collect::<Vec<_>>());
        prop_assert_eq!(standing.next_act, told.next_acts.first().copied());
        prop_assert_eq!(verdict.late, !told.late_for.is_empty());
    }
}
