//! How long an evaluation takes: `cargo run --release -p domain --example evaluate`.

use std::hint::black_box;
use std::time::Instant;

use chrono::NaiveDate;
use domain::assessment::Assessment;
use domain::calendar::Settled;
use domain::readiness::{Context, evaluate};
use domain::{
    Capabilities, Capability, Contact, Criterion, DossierFacts, Evidence, Mark, ProofSource, Proofs, RegimePeriod,
    Siren, VatRegime,
};

const COUNT: usize = 10_000;

fn facts(i: usize) -> DossierFacts {
    let siren = Siren::parse("732829320").unwrap_or_else(|_| unreachable!());
    let every = |n: usize| i.is_multiple_of(n);
    let mut f = DossierFacts::new(siren, format!("Client {i}"));
    let regime = VatRegime::ALL[i % VatRegime::ALL.len()];
    f.vat_regimes = vec![RegimePeriod { regime, from: None }];
    f.headcount = (!every(11)).then_some((i % 300) as u32);
    f.turnover_cents = (!every(13)).then_some((i as i64 % 900) * 1_000_000);
    f.balance_sheet_cents = f.turnover_cents;
    f.activity.b2b = Some(true);
    f.activity.b2c = Some(every(2));
    f.activity.international = (!every(3)).then_some(every(5));
    f.activity.services = Some(!every(4));
    f.vat_on_debits = Some(every(7));
    f.invoices_per_month = Some(20);
    f.tool = Some("Sage 50".into());
    f.reception_platform = (!every(3)).then(|| "Pennylane".into());
    f.emission_platform = (!every(4)).then(|| "Tiime".into());
    f.contacts = vec![Contact { email: Some(format!("c{i}@exemple.fr")), ..Contact::default() }];
    f
}

fn main() {
    let Some(today) = NaiveDate::from_ymd_opt(2026, 11, 22) else { return };
    let ctx = Context::standard(today);
    let dossiers: Vec<DossierFacts> = (0..COUNT).map(facts).collect();
    let evidence = [Evidence {
        criterion: Criterion::Mandate,
        what: "Mandat signé".into(),
        source: ProofSource::Mandate,
        on: today,
        expires_on: None,
        by: None,
        against: false,
    }];
    let proofs = Proofs::new(&evidence, Capabilities::NONE.with(Capability::Mandates));
    let each = |name: &str, run: &dyn Fn(&DossierFacts) -> i64| {
        let mut best = f64::MAX;
        for _ in 0..5 {
            let start = Instant::now();
            let sum: i64 = dossiers.iter().map(run).sum();
            black_box(sum);
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!("{name}: {:.2} µs each, {:.0} ms for {COUNT}", best * 1e6 / COUNT as f64, best * 1e3);
    };
    each("evaluate", &|f| Mark::of(&evaluate(f, &proofs, &ctx)).missing);
    each("assess: evaluation, plan, exposure", &|f| {
        Assessment::of(f, &Settled::default(), &proofs, &ctx).mark().exposure_cents
    });
    each("the same, written", &|f| Assessment::of(f, &Settled::default(), &proofs, &ctx).plan.written().len() as i64);
    each("evaluate, explained", &|f| {
        let e = evaluate(f, &proofs, &ctx);
        e.readiness(f, &proofs, &ctx).criteria.len() as i64 + e.obligations(f).len() as i64
    });
    let facts_read: Vec<String> = dossiers.iter().map(|f| serde_json::to_string(f).unwrap_or_default()).collect();
    let start = Instant::now();
    let read: Vec<Option<DossierFacts>> = facts_read.iter().map(|json| serde_json::from_str(json).ok()).collect();
    println!("facts from JSON: {:.0} ms for {}", start.elapsed().as_secs_f64() * 1e3, read.len());
}
