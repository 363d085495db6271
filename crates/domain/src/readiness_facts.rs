//! Facts and proofs of every kind, for tests.

use proptest::prelude::*;

use super::*;
use crate::obligation::KINDS;
use crate::proof::Capabilities;
use crate::{
    Capability, Contact, DirectoryAddress, EarlyStart, ObligationOverride, RegimePeriod, Siren, Siret, UserId,
};

fn day(s: &str) -> NaiveDate {
    s.parse().unwrap()
}

pub(crate) fn complete() -> DossierFacts {
    let mut f = DossierFacts::new(Siren::parse("732829320").unwrap(), "Essai");
    f.sirets = vec![Siret::parse("73282932000074").unwrap()];
    f.vat_regimes = vec![RegimePeriod { regime: VatRegime::RealMonthly, from: None }];
    f.headcount = Some(3);
    f.turnover_cents = Some(10_000_000);
    f.balance_sheet_cents = Some(10_000_000);
    f.reception_platform = Some("Pennylane".into());
    f.emission_platform = Some("Pennylane".into());
    f.tool = Some("Pennylane".into());
    f.directory_address =
        Some(DirectoryAddress { state: DirectoryState::Active, as_of: day("2026-11-01"), source: "Annuaire".into() });
    f.client_informed_on = Some(day("2026-10-01"));
    f.contacts = vec![Contact { email: Some("a@exemple.fr".into()), ..Default::default() }];
    f.assignee.user_id = Some(UserId::from_uuid(uuid::Uuid::nil()));
    f.activity.b2b = Some(true);
    f.activity.b2c = Some(false);
    f.activity.international = Some(false);
    f.invoices_per_month = Some(20);
    f
}

pub(crate) fn proof(criterion: Criterion, on: &str, expires_on: Option<&str>) -> Evidence {
    Evidence {
        criterion,
        what: "Pièce".into(),
        source: ProofSource::Hand,
        on: day(on),
        expires_on: expires_on.map(day),
        by: Some("Claire".into()),
        against: false,
    }
}

/// Facts of every kind: what a bit takes away, regimes, sizes, starts and statements of the firm.
pub(crate) fn any_facts() -> impl Strategy<Value = DossierFacts> {
    let days = |n: u64| day("2025-06-01") + Days::new(n);
    let picks = (any::<u32>(), 0usize..8, proptest::option::of(0u64..1_500), proptest::option::of(0u64..1_500));
    let size = prop::sample::select(vec![None, Some(3), Some(300), Some(6_000)]);
    (picks, size, proptest::option::of(0u64..1_500), proptest::option::of(0u64..900)).prop_map(
        move |((bits, regime, changed, early), headcount, stated, told)| {
            let has = |bit: u32| bits >> bit & 1 == 1;
            let mut f = complete();
            f.headcount = headcount;
            f.vat_regimes =
                VatRegime::ALL.get(regime).map(|r| RegimePeriod { regime: *r, from: None }).into_iter().collect();
            if let (Some(n), Some(regime)) = (changed, VatRegime::ALL.get((regime + 1) % 7)) {
                f.vat_regimes.push(RegimePeriod { regime: *regime, from: Some(days(n)) });
            }
            f.early_starts = early
                .map(|n| EarlyStart { obligation: ObligationGroup::ALL[n as usize % 3], on: days(n) })
                .into_iter()
                .collect();
            f.obligation_overrides = stated
                .map(|n| ObligationOverride {
                    obligation: ObligationKind::ALL[n as usize % KINDS],
                    applies: has(20),
                    from: has(21).then(|| days(n)),
                    reason: "Essai".into(),
                })
                .into_iter()
                .collect();
            let answer = |bit: u32| has(bit).then(|| has(bit + 1));
            (f.activity.b2c, f.activity.international) = (answer(0), answer(2));
            (f.activity.services, f.vat_on_debits) = (answer(4), answer(6));
            f.public_entity = has(8).then(|| has(9));
            f.client_informed_on = told.map(days);
            f.formal_notice_on = (has(22) && has(23)).then(|| days(u64::from(bits) % 900));
            if has(10) {
                f.sirets.clear();
            }
            if has(11) {
                f.reception_platform = has(12).then(|| "Inconnue".into());
            }
            if has(13) {
                f.emission_platform = None;
            }
            if has(14) {
                f.tool = has(15).then(|| "Sage 50".into());
            }
            if has(16) {
                f.contacts.clear();
            }
            if has(17) {
                f.assignee.user_id = None;
            }
            if has(18) {
                f.invoices_per_month = None;
            }
            if has(19) {
                f.turnover_cents = has(24).then_some(200_000_000);
            }
            if has(25) {
                f.directory_address = None;
            }
            if has(26) && has(27) {
                f.siren = Siren::parse("123456789").unwrap();
            }
            f
        },
    )
}

pub(crate) fn any_evidence() -> impl Strategy<Value = Vec<Evidence>> {
    let one = (0usize..CRITERIA, 0u64..900, any::<bool>(), proptest::option::of(0u64..1_500));
    proptest::collection::vec(one, 0..8).prop_map(|picks| {
        let days = |n: u64| day("2025-06-01") + Days::new(n);
        let evidence = |(c, on, against, expires): (usize, u64, bool, Option<u64>)| Evidence {
            criterion: Criterion::ALL[c],
            on: days(on),
            expires_on: expires.map(days),
            against,
            ..proof(Criterion::Mandate, "2026-01-01", None)
        };
        picks.into_iter().map(evidence).collect()
    })
}

pub(crate) fn any_active() -> impl Strategy<Value = Capabilities> {
    any::<[bool; 3]>().prop_map(|on| {
        let all = [Capability::Mandates, Capability::Flows, Capability::Anomalies];
        all.iter().zip(on).filter(|(_, on)| *on).fold(Capabilities::NONE, |set, (one, _)| set.with(*one))
    })
}
