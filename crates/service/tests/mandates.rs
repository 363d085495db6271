//! Mandates as people meet them: their life and what it does to the score, many at once, campaigns, who sees what.

mod common;

use std::sync::Arc;

use chrono::{Duration, NaiveDate};
use common::{SignedIn, World, on_both};
use contract::*;
use domain::mandate::{EligibilityBlocker, SignedBy};
use domain::{
    Access, Criterion, CriterionState, DossierId, MandateEvent, MandateId, MandateKind, MandateState, MandateTerms,
    PlatformDecider, ProofSource, Registration, RegistrationState, Role,
};
use serde_json::{Value, json};
use service::call::Upload;
use service::dossiers::{BY_HAND, Draft, write};
use service::mandates::{self, Detail};
use service::{Call, Error, campaigns, collection_settings, eligibility};
use store::journal::Stamp;

/// SIRENs whose check digit holds.
fn siren(n: u32) -> String {
    let stem = format!("{:08}", 40_000_000 + n);
    (0..10).map(|d| format!("{stem}{d}")).find(|s| domain::Siren::parse(s).is_ok_and(|s| s.is_checked())).unwrap()
}

fn siret(siren: &str) -> String {
    (0..10).map(|d| format!("{siren}0001{d}")).find(|s| domain::Siret::parse(s).is_ok_and(|s| s.is_checked())).unwrap()
}

/// Facts of a client who can be asked.
fn facts(n: u32) -> Value {
    let siren = siren(n);
    json!({
        "siren": siren, "name": format!("Client {n:03}"), "sirets": [siret(&siren)], "headcount": 3,
        "turnover_cents": 10_000_000, "balance_sheet_cents": 9_000_000,
        "vat_regimes": [{"regime": "real_monthly", "from": null}], "reception_platform": "Pennylane",
        "contacts": [{"name": "Anne Petit", "email": format!("anne{n}@exemple.fr"), "phone": "+33320000000"}],
        "activity": {"b2b": true, "b2c": false, "b2g": false, "international": false, "services": true},
        "address": "12 rue des Halles", "postal_code": "59800", "city": "Lille", "legal_form": "SARL",
        "invoices_per_month": 20,
    })
}

fn create(world: &World, who: &SignedIn, facts: Value) -> Dossier {
    let body = NewDossier { facts: serde_json::from_value(facts).unwrap() };
    service::dossiers::create_dossier(&world.by(who), Nothing {}, Nothing {}, body).unwrap().reply
}

fn read(world: &World, who: &SignedIn, id: DossierId) -> Dossier {
    service::dossiers::read_dossier(&world.by(who), id, Nothing {}, Nothing {}).unwrap().reply
}

fn change(world: &World, who: &SignedIn, id: DossierId, fields: Value) -> service::Result<Dossier> {
    let version = read(world, who, id).version;
    let fields: std::collections::BTreeMap<String, Value> = serde_json::from_value(fields).unwrap();
    service::dossiers::update_dossier(&world.by_on(who, version), id, Nothing {}, DossierChange { fields })
        .map(|answer| answer.reply)
}

fn criterion(dossier: &Dossier) -> (CriterionState, u32) {
    let found = dossier.readiness.criteria.iter().find(|c| c.criterion == Criterion::Mandate).unwrap();
    (found.state, found.points)
}

fn new(dossier: DossierId, kind: MandateKind) -> NewMandate {
    NewMandate { dossier_id: dossier, kind, terms: MandateTerms::default(), starts_on: None, ends_on: None }
}

fn make(world: &World, who: &SignedIn, body: NewMandate) -> service::Result<Mandate> {
    mandates::create_mandate(&world.by(who), Nothing {}, Nothing {}, body).map(|a| a.reply)
}

fn one(world: &World, who: &SignedIn, id: MandateId) -> Mandate {
    mandates::read_mandate(&world.by(who), id, Nothing {}, Nothing {}).unwrap().reply
}

fn act_of(ids: &[MandateId], act: MandateAct) -> MandateActInput {
    MandateActInput { ids: Some(ids.to_vec()), filter: None, act, reason: None, starts_on: None, preview: false }
}

fn act(world: &World, who: &SignedIn, body: MandateActInput) -> service::Result<MandateActResult> {
    mandates::act_on_mandates(&world.by(who), Nothing {}, Nothing {}, body).map(|a| a.reply)
}

/// What the product or the client does, as the post does it.
fn happens(world: &World, who: &SignedIn, id: MandateId, event: MandateEvent, detail: Detail) -> service::Result<()> {
    let call = world.by(who);
    let cabinet = call.scope()?.cabinet();
    call.app.store.conn().unwrap().write(|conn| {
        store::dialect::lock_cabinet(conn, cabinet)?;
        let mandate = store::mandates::of_cabinet(conn, cabinet, id)?;
        let judge = call.judge(conn)?;
        let stamp = Stamp { at: call.now, actor: None, request_id: "test".to_owned() };
        mandates::step(conn, &judge, cabinet, &stamp, mandate, event, detail).map(|_| ())
    })
}

/// Sent and signed in the link.
fn sign(world: &World, who: &SignedIn, id: MandateId) {
    let sent = Detail { sent_to: Some("anne@exemple.fr".to_owned()), ..Detail::default() };
    happens(world, who, id, MandateEvent::Send, sent).unwrap();
    let client = || Detail { by_name: Some("Anne Petit".to_owned()), ..Detail::default() };
    happens(world, who, id, MandateEvent::Open, client()).unwrap();
    happens(world, who, id, MandateEvent::Open, client()).unwrap();
    happens(world, who, id, MandateEvent::Sign, client()).unwrap();
}

fn refused(error: &Error) -> Vec<&str> {
    error.fields.iter().map(|f| f.pointer.as_str()).collect()
}

fn code<T: std::fmt::Debug>(result: service::Result<T>) -> Code {
    result.unwrap_err().code
}

fn assert_whole(world: &World) {
    for report in service::cockpit::verify_sums(&world.app).unwrap() {
        assert!(report.ok, "stored sums differ from computed ones");
    }
    for report in service::journal::verify(&world.app).unwrap() {
        assert_eq!(report.damaged, None);
    }
}

fn later(world: &World, days: i64) -> NaiveDate {
    service::time::paris_day(world.now.get()) + Duration::days(days)
}

#[test]
fn a_mandate_lives_and_the_score_follows_it_the_same_day() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@un.example");
        looks_first(world, &claire);
        let dossier = create(world, &claire, facts(1));
        assert_eq!(criterion(&dossier).0, CriterionState::Missing, "a mandate that is not known of is missing");
        // The firm had noted one by hand.
        let by_hand =
            json!({"criterion": "mandate", "what": "Lettre de 2025", "source": "hand", "on": later(world, -90)});
        let noted = change(world, &claire, dossier.id, json!({"proofs": [by_hand]})).unwrap();
        assert_eq!(criterion(&noted).0, CriterionState::Met);

        let made = make(world, &claire, new(dossier.id, MandateKind::Delegation)).unwrap();
        assert_eq!(made.row.number, "MD-2026-00001");
        assert_eq!((made.row.state, made.row.version), (MandateState::Draft, 1));
        assert_eq!(made.terms.signatory.as_deref(), Some("Anne Petit"));
        assert_eq!(made.terms.powers.len(), 5, "the firm decides on the platform");
        assert!(made.next.contains(&MandateEvent::Prepare) && !made.next.contains(&MandateEvent::Sign));
        assert!(made.lacking.iter().any(|t| t.fr == "Qualité du signataire"));
        assert_eq!(code(make(world, &claire, new(dossier.id, MandateKind::Delegation))), Code::Conflict);

        sign(world, &claire, made.row.id);
        let signed = one(world, &claire, made.row.id);
        assert_eq!((signed.row.state, signed.row.signed_by), (MandateState::Signed, Some(SignedBy::Link)));
        assert_eq!(signed.row.sent_to.as_deref(), Some("anne@exemple.fr"));
        assert_eq!(signed.steps.iter().filter(|s| s.event == MandateEvent::Open).count(), 1, "opened once");
        let wrong = happens(world, &claire, made.row.id, MandateEvent::Sign, Detail::default());
        assert_eq!(code(wrong), Code::Conflict);

        let accepted = act(world, &claire, act_of(&[made.row.id], MandateAct::Accept)).unwrap();
        assert_eq!((accepted.changed, accepted.left_out), (1, 0));
        let again = act(world, &claire, act_of(&[made.row.id], MandateAct::Accept)).unwrap();
        assert_eq!(again.items[0].outcome, ItemOutcome::Unchanged);
        let in_force = read(world, &claire, dossier.id);
        assert_eq!(criterion(&in_force).0, CriterionState::Met);
        assert!(in_force.facts.proofs.iter().any(|p| p.source == ProofSource::Mandate && !p.against));
        assert!(one(world, &claire, made.row.id).row.in_force);

        // Not a hand's to take away, nor to forge.
        let forged = json!({"criterion": "mandate", "what": "x", "source": "mandate", "on": later(world, 0)});
        let edited = change(
            world,
            &claire,
            dossier.id,
            json!({"proofs": [forged, {
                "criterion": "mandate", "what": "Lettre de 2025", "source": "hand", "on": later(world, -90),
            }]}),
        )
        .unwrap();
        let brought: Vec<_> = edited.facts.proofs.iter().filter(|p| p.source == ProofSource::Mandate).collect();
        assert_eq!(brought.len(), 1);
        assert!(brought[0].what.contains("MD-2026-00001"));
        let edited = change(
            world,
            &claire,
            dossier.id,
            json!({"proofs": edited.facts.proofs.iter()
            .filter(|p| p.what == "Lettre de 2025").collect::<Vec<_>>()}),
        )
        .unwrap();
        let before = edited.readiness.score;

        assert_eq!(refused(&act(world, &claire, act_of(&[made.row.id], MandateAct::Revoke)).unwrap_err()), ["/reason"]);
        let revoke = MandateActInput {
            reason: Some("Changement de cabinet".to_owned()),
            ..act_of(&[made.row.id], MandateAct::Revoke)
        };
        act(world, &claire, revoke).unwrap();
        let fallen = read(world, &claire, dossier.id);
        assert_eq!(criterion(&fallen).0, CriterionState::Missing, "the older note does not keep the points");
        assert!(fallen.readiness.score < before, "{} < {before}", fallen.readiness.score);
        let against = fallen.facts.proofs.iter().find(|p| p.against).unwrap();
        assert!(against.what.contains("Changement de cabinet"), "{}", against.what);

        // A new one, and the points are back the same day.
        let second = make(world, &claire, new(dossier.id, MandateKind::Delegation)).unwrap();
        assert_eq!(second.row.number, "MD-2026-00002");
        sign(world, &claire, second.row.id);
        act(world, &claire, act_of(&[second.row.id], MandateAct::Accept)).unwrap();
        assert_eq!(read(world, &claire, dossier.id).readiness.score, before);

        let actions = world.actions(&claire);
        for told in
            ["mandate.create", "mandate.send", "mandate.open", "mandate.sign", "mandate.accept", "mandate.revoke"]
        {
            assert!(actions.iter().any(|a| a == told), "{told} in {actions:?}");
        }
        assert_whole(world);
    });
}

#[test]
fn a_signature_counts_at_once_unless_the_firm_looks_first() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@un.example");
        let dossier = create(world, &claire, facts(1));
        let before = dossier.readiness.score;
        let made = make(world, &claire, new(dossier.id, MandateKind::Delegation)).unwrap();
        sign(world, &claire, made.row.id);
        let accepted = one(world, &claire, made.row.id);
        assert_eq!(accepted.row.state, MandateState::Accepted);
        assert_eq!(accepted.steps.last().unwrap().by_name, None, "by the product");
        let risen = read(world, &claire, dossier.id);
        assert_eq!(criterion(&risen).0, CriterionState::Met);
        assert!(risen.readiness.score > before, "{} > {before}", risen.readiness.score);
        looks_first(world, &claire);
        let dossier = create(world, &claire, facts(2));
        let made = make(world, &claire, new(dossier.id, MandateKind::Delegation)).unwrap();
        sign(world, &claire, made.row.id);
        assert_eq!(one(world, &claire, made.row.id).row.state, MandateState::Signed);
        assert_eq!(criterion(&read(world, &claire, dossier.id)).0, CriterionState::Missing);
    });
}

#[test]
fn a_mandate_counts_from_its_first_day_and_ends_at_midnight() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@un.example");
        let dossier = create(world, &claire, facts(1));
        let body = NewMandate {
            starts_on: Some(later(world, 3)),
            ends_on: Some(later(world, 10)),
            ..new(dossier.id, MandateKind::Delegation)
        };
        let made = make(world, &claire, body).unwrap();
        sign(world, &claire, made.row.id);
        act(world, &claire, act_of(&[made.row.id], MandateAct::Accept)).unwrap();
        assert_eq!(criterion(&read(world, &claire, dossier.id)).0, CriterionState::Missing, "not yet");
        assert!(!one(world, &claire, made.row.id).row.in_force);
        // The dossier can be edited although the evidence is of a day to come.
        change(world, &claire, dossier.id, json!({"notes": "à rappeler"})).unwrap();

        let cabinet = world.by(&claire).scope().unwrap().cabinet();
        let expire = |day| mandates::expire(&world.app, cabinet, day).unwrap();
        let evaluate = |day| service::evaluations::run(&world.app, cabinet, day, &|_, _| Ok(())).unwrap();
        // The session would not live so long: what is judged is asked of the judge.
        let state_on = |day: NaiveDate| {
            let mut conn = world.app.store.conn().unwrap();
            let stored = store::dossiers::of_cabinet(&mut conn, cabinet, &[dossier.id]).unwrap().remove(0);
            let judge = world.app.judge(&mut conn, cabinet, day).unwrap();
            judge.assess(&stored.facts, &stored.settled).evaluation.judged(Criterion::Mandate).state
        };
        assert_eq!(state_on(later(world, 3)), CriterionState::Met);
        let last = later(world, 10);
        assert_eq!((expire(last), state_on(last)), (0, CriterionState::Met), "its last day counts");
        let after = later(world, 11);
        assert_eq!(state_on(after), CriterionState::Missing, "void by its date already");
        assert_eq!((expire(after), expire(after)), (1, 0));
        evaluate(after);
        assert_eq!(state_on(after), CriterionState::Missing);
        let ended = one(world, &claire, made.row.id);
        assert_eq!((ended.row.state, ended.row.in_force), (MandateState::Expired, false));
        let against = read(world, &claire, dossier.id).facts.proofs.into_iter().find(|p| p.against).unwrap();
        assert_eq!(against.on, after);
        assert_whole(world);
    });
}

#[test]
fn who_does_not_see_the_dossier_does_not_see_its_mandates() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@un.example");
        let other = world.sign_up("Cabinet Deux", "karim@deux.example");
        let staff = world.joined(&claire, "lucie@un.example", "Lucie Brunel", Role::Staff);
        let dossier = create(world, &claire, facts(1));
        let made = make(world, &claire, new(dossier.id, MandateKind::Delegation)).unwrap();
        for stranger in [&other, &staff] {
            let call = world.by(stranger);
            let id = made.row.id;
            assert_eq!(code(mandates::read_mandate(&call, id, Nothing {}, Nothing {})), Code::NotFound);
            assert_eq!(code(mandates::read_mandate_document(&call, id, Nothing {}, Nothing {})), Code::NotFound);
            assert_eq!(code(make(world, stranger, new(dossier.id, MandateKind::Designation))), Code::NotFound);
            let acted = act(world, stranger, act_of(&[id], MandateAct::Send)).unwrap_err();
            assert_eq!(refused(&acted), ["/ids/0"]);
            let all =
                MandateActInput { ids: None, filter: Some(MandateQuery::default()), ..act_of(&[], MandateAct::Send) };
            assert_eq!(act(world, stranger, all).unwrap().items.len(), 0);
            let print = PrintInput { ids: vec![id], letters: false };
            assert_eq!(code(mandates::print_mandates(&call, Nothing {}, Nothing {}, print)), Code::NotFound);
            let list = MandateListQuery { facets: Some(true), ..Default::default() };
            let page = mandates::list_mandates(&call, Nothing {}, list, Nothing {}).unwrap().reply;
            assert_eq!((page.data.len(), page.total), (0, Some(0)));
            let board =
                mandates::read_mandate_board(&call, Nothing {}, BoardQuery::default(), Nothing {}).unwrap().reply;
            assert_eq!((board.kinds.len(), board.unreachable), (0, 0));
        }
    });
}

#[test]
fn two_people_at_once_do_it_once() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@un.example");
        looks_first(world, &claire);
        let dossier = create(world, &claire, facts(1));
        let made = make(world, &claire, new(dossier.id, MandateKind::Designation)).unwrap();
        let write = |version: i64, quality: &str| {
            let terms = MandateTerms { quality: Some(quality.to_owned()), ..made.terms.clone() };
            let body = MandateChange { terms, starts_on: None, ends_on: None };
            mandates::update_mandate(&world.by_on(&claire, version), made.row.id, Nothing {}, body)
        };
        assert_eq!(write(1, "Gérante").unwrap().reply.terms.quality.as_deref(), Some("Gérante"));
        assert_eq!(code(write(1, "Présidente")), Code::VersionMismatch);
        sign(world, &claire, made.row.id);
        assert_eq!(code(write(one(world, &claire, made.row.id).row.version, "Présidente")), Code::Conflict);
        let call = world.by(&claire);
        let outcomes: Vec<ItemOutcome> = std::thread::scope(|scope| {
            let accept = || {
                let body = act_of(&[made.row.id], MandateAct::Accept);
                mandates::act_on_mandates(&call, Nothing {}, Nothing {}, body).unwrap().reply.items[0].outcome
            };
            let both = [scope.spawn(accept), scope.spawn(accept)];
            both.map(|t| t.join().unwrap()).to_vec()
        });
        assert_eq!(outcomes.iter().filter(|o| **o == ItemOutcome::Changed).count(), 1, "{outcomes:?}");
        let steps = one(world, &claire, made.row.id).steps;
        assert_eq!(steps.iter().filter(|s| s.event == MandateEvent::Accept).count(), 1);
    });
}

#[test]
fn a_designation_bears_the_official_number_and_its_own_addresses_alone() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@un.example");
        let dossier = create(world, &claire, facts(1));
        let siren = dossier.facts.siren.to_string();
        let with = |terms: Value| NewMandate {
            terms: serde_json::from_value(terms).unwrap(),
            ..new(dossier.id, MandateKind::Designation)
        };
        let terms = |of: &str| json!({"platform_number": "987654325", "effective_on": "2026-12-01", "perimeter": [of]});
        let error = make(world, &claire, with(terms("732829320"))).unwrap_err();
        assert_eq!(refused(&error), ["/terms/perimeter"]);
        let error = make(world, &claire, with(json!({"platform_number": "98 76", "quality": "\u{7}x"}))).unwrap_err();
        assert_eq!(refused(&error), ["/terms/quality", "/terms/platform_number"]);
        let made = make(world, &claire, with(terms(&format!("{siren}_AUTOFACTURATION")))).unwrap();
        assert_eq!(made.row.number, format!("{siren}_987654325_20261201_01"));
        assert_eq!(made.row.platform.as_deref(), Some("PENNYLANE"), "the one of the dossier");
        let file = mandates::read_mandate_document(&world.by(&claire), made.row.id, Nothing {}, Nothing {}).unwrap();
        let file = file.file.unwrap();
        assert!(file.bytes.starts_with(b"%PDF-") && file.name.ends_with(".pdf"), "{}", file.name);
    });
}

#[test]
fn many_are_made_and_sent_at_once_and_nobody_twice() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@un.example");
        for n in 1..=6 {
            create(world, &claire, facts(n));
        }
        let mut no_mail = facts(7);
        no_mail["contacts"] = json!([{"name": "Paul Roux", "email": null, "phone": "+33320000001"}]);
        create(world, &claire, no_mail);
        let mut same_contact = facts(8);
        same_contact["contacts"] = json!([{"name": "Anne Petit", "email": "anne1@exemple.fr", "phone": null}]);
        create(world, &claire, same_contact);
        let input = |preview| MandatesInput {
            ids: None,
            filter: Some(DossierQuery::default()),
            kinds: vec![MandateKind::Delegation, MandateKind::Designation, MandateKind::Delegation],
            starts_on: None,
            ends_on: None,
            send: true,
            preview,
        };
        let run = |preview| {
            mandates::create_mandates(&world.by(&claire), Nothing {}, Nothing {}, input(preview)).unwrap().reply
        };
        let preview = run(true);
        assert_eq!((preview.changed, preview.left_out, preview.messages), (14, 2, 6));
        let left: Vec<_> = preview.items.iter().filter(|i| i.outcome == ItemOutcome::Refused).collect();
        assert!(left.iter().all(|i| i.reason.as_ref().is_some_and(|r| r.fr.contains("e-mail"))), "{left:?}");
        let list = |query: MandateListQuery| {
            mandates::list_mandates(&world.by(&claire), Nothing {}, query, Nothing {}).unwrap().reply
        };
        assert_eq!(list(MandateListQuery::default()).data.len(), 0, "a preview makes nothing");
        let done = run(false);
        assert_eq!((done.changed, done.left_out, done.messages), (14, 2, 6));
        let again = run(false);
        assert_eq!((again.changed, again.left_out), (0, 16));

        let page = list(MandateListQuery {
            facets: Some(true),
            sort: Some(MandateSort::Name),
            limit: Some(5),
            ..Default::default()
        });
        assert_eq!((page.data.len(), page.total), (5, Some(14)));
        let facets = page.facets.unwrap();
        assert_eq!(facets.mandate, [MandateStateCount { state: MandateState::ToSend, count: 14 }]);
        let mut numbers = std::collections::BTreeSet::new();
        for sort in MandateSort::ALL {
            let mut after = None;
            let mut seen = Vec::new();
            loop {
                let page = list(MandateListQuery { sort: Some(*sort), limit: Some(5), after, ..Default::default() });
                seen.extend(page.data.into_iter().map(|r| r.id));
                numbers.extend(seen.iter().copied());
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(seen.len(), 14, "{sort}");
        }
        assert_eq!(numbers.len(), 14);
        // Withdraw all of a kind over a filter, throw one away.
        let filter = MandateQuery { kind: Several(vec![MandateKind::Designation]), ..Default::default() };
        let withdraw = MandateActInput { ids: None, filter: Some(filter.clone()), ..act_of(&[], MandateAct::Withdraw) };
        assert_eq!(act(world, &claire, withdraw).unwrap().changed, 7);
        let delete = MandateActInput { ids: None, filter: Some(filter), ..act_of(&[], MandateAct::Delete) };
        assert_eq!(act(world, &claire, delete).unwrap().changed, 7);
        let all =
            MandateActInput { ids: None, filter: Some(MandateQuery::default()), ..act_of(&[], MandateAct::Delete) };
        let kept = act(world, &claire, all).unwrap();
        assert_eq!((kept.changed, kept.left_out), (0, 7), "only drafts go");
        let file = mandates::export_mandates(
            &world.by(&claire),
            Nothing {},
            MandateExportQuery { filter: MandateQuery::default(), format: Some(FileFormat::Csv) },
            Nothing {},
        )
        .unwrap()
        .file
        .unwrap();
        assert_eq!(String::from_utf8(file.bytes).unwrap().lines().count(), 8);
        assert_whole(world);
    });
}

#[test]
fn who_cannot_be_written_to_goes_by_letter() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@un.example");
        let mut no_mail = facts(1);
        no_mail["contacts"] = json!([{"name": "Paul Roux", "email": null, "phone": "+33320000001"}]);
        let dossier = create(world, &claire, no_mail);
        let refused_one = create(world, &claire, facts(2));
        create(world, &claire, facts(3));
        let cabinet = world.by(&claire).scope().unwrap().cabinet();
        let mut ids = Vec::new();
        for id in [dossier.id, refused_one.id] {
            ids.push(make(world, &claire, new(id, MandateKind::Delegation)).unwrap().row.id);
        }
        common::refuse(
            &mut world.app.store.conn().unwrap(),
            cabinet,
            "anne2@exemple.fr",
            "550 no such user",
            world.now.get(),
        );
        let page = mandates::list_unreachable(&world.by(&claire), Nothing {}, MandateListQuery::default(), Nothing {})
            .unwrap()
            .reply;
        assert_eq!((page.total, page.data.len()), (2, 2));
        assert!(page.data[0].why.fr.contains("pas d’e-mail") && page.data[1].why.fr.contains("550"), "{page:?}");
        assert!(page.data[0].script.len() >= 3 && page.data[0].has_address);
        let board = mandates::read_mandate_board(&world.by(&claire), Nothing {}, BoardQuery::default(), Nothing {})
            .unwrap()
            .reply;
        assert_eq!(board.unreachable, 2);
        let sent = act(world, &claire, act_of(&ids, MandateAct::Send)).unwrap();
        assert_eq!((sent.changed, sent.left_out), (0, 2));
        let printed = mandates::print_mandates(
            &world.by(&claire),
            Nothing {},
            Nothing {},
            PrintInput { ids: ids.clone(), letters: true },
        );
        assert!(printed.unwrap().file.unwrap().bytes.starts_with(b"%PDF-"));
        let posted = act(world, &claire, act_of(&ids, MandateAct::SentByLetter)).unwrap();
        assert_eq!(posted.changed, 2);
        let mandate = one(world, &claire, ids[0]);
        assert_eq!((mandate.row.state, mandate.documents.len()), (MandateState::Sent, 1), "kept as it went");
        assert_eq!(mandate.documents[0].kind, DocumentKind::Generated);
    });
}

fn upload(world: &World, who: &SignedIn, id: MandateId, name: &str, bytes: &[u8]) -> service::Result<Mandate> {
    use std::io::Write;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let upload = Upload { path: Arc::new(file.into_temp_path()), bytes: bytes.len() as u64 };
    let call = Call { upload: Some(upload), ..world.by(who) };
    let query = MandateUploadQuery { filename: name.to_owned(), signed_on: None };
    mandates::upload_mandate(&call, id, query, Nothing {}).map(|a| a.reply)
}

#[test]
fn a_signed_sheet_is_checked_kept_and_given_out_as_it_came() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@un.example");
        let dossier = create(world, &claire, facts(1));
        let made = make(world, &claire, new(dossier.id, MandateKind::Delegation)).unwrap();
        let pdf = mandates::read_mandate_document(&world.by(&claire), made.row.id, Nothing {}, Nothing {})
            .unwrap()
            .file
            .unwrap()
            .bytes;
        for (name, bytes) in [
            ("mandat.pdf", b"<html><script>alert(1)</script></html>".to_vec()),
            ("mandat.exe", b"MZ\x90\0\x03".to_vec()),
            ("mandat.pdf", Vec::new()),
            ("mandat.png", pdf.clone()),
        ] {
            assert_eq!(code(upload(world, &claire, made.row.id, name, &bytes)), Code::FileRefused, "{name}");
        }
        assert_eq!(one(world, &claire, made.row.id).row.state, MandateState::Draft);
        let first = upload(world, &claire, made.row.id, "C:\\scan\\mandat signé.pdf", &pdf).unwrap();
        assert_eq!((first.row.state, first.row.signed_by), (MandateState::ToCheck, Some(SignedBy::Upload)));
        let second = upload(world, &claire, made.row.id, "mandat-2.pdf", &pdf).unwrap();
        let names: Vec<_> = second.documents.iter().map(|d| d.name.as_str()).collect();
        assert_eq!(names, ["mandat-2.pdf", "mandat signé.pdf"], "versions are kept, the newest first");
        let file = service::mandates::read_document(&world.by(&claire), second.documents[1].id, Nothing {}, Nothing {})
            .unwrap()
            .file
            .unwrap();
        assert_eq!((file.bytes == pdf, file.media_type), (true, "application/pdf"));
        let refuse =
            MandateActInput { reason: Some("Illisible".to_owned()), ..act_of(&[made.row.id], MandateAct::Refuse) };
        act(world, &claire, refuse).unwrap();
        assert_eq!(one(world, &claire, made.row.id).row.reason.as_deref(), Some("Illisible"));
        act(world, &claire, act_of(&[made.row.id], MandateAct::Reopen)).unwrap();
        upload(world, &claire, made.row.id, "mandat-3.pdf", &pdf).unwrap();
        act(world, &claire, act_of(&[made.row.id], MandateAct::Accept)).unwrap();
        assert_eq!(criterion(&read(world, &claire, dossier.id)).0, CriterionState::Met);
        assert_eq!(code(upload(world, &claire, made.row.id, "mandat-4.pdf", &pdf)), Code::Conflict);
        let other = world.sign_up("Cabinet Deux", "karim@deux.example");
        let stolen =
            service::mandates::read_document(&world.by(&other), second.documents[0].id, Nothing {}, Nothing {});
        assert_eq!(code(stolen), Code::NotFound);
        // A dossier that goes takes its files with it.
        let cabinet = world.by(&claire).scope().unwrap().cabinet();
        let keys = store::documents::keys_of(&mut world.app.store.conn().unwrap(), cabinet, dossier.id).unwrap();
        assert!(keys.len() == 3 && keys.iter().all(|k| world.app.vault().exists(k).unwrap()));
        let version = read(world, &claire, dossier.id).version;
        service::dossiers::delete_dossier(&world.by_on(&claire, version), dossier.id, Nothing {}, Nothing {}).unwrap();
        assert!(keys.iter().all(|k| !world.app.vault().exists(k).unwrap()));
    });
}

fn campaign(preview: bool) -> NewCampaign {
    NewCampaign {
        name: "Délégations".to_owned(),
        kinds: vec![MandateKind::Delegation],
        filter: DossierQuery::default(),
        message: String::new(),
        preview,
    }
}

#[test]
fn a_dossier_that_becomes_eligible_joins_the_running_campaign_by_itself() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@un.example");
        for n in 1..=3 {
            create(world, &claire, facts(n));
        }
        let mut silent = facts(4);
        silent["contacts"] = json!([]);
        let silent = create(world, &claire, silent);
        let mut by_hand = facts(5);
        by_hand["proofs"] =
            json!([{"criterion": "mandate", "what": "Papier", "source": "hand", "on": later(world, -9)}]);
        create(world, &claire, by_hand);
        let start = |preview| campaigns::create_campaign(&world.by(&claire), Nothing {}, Nothing {}, campaign(preview));
        let plan = start(true).unwrap().reply;
        assert_eq!((plan.dossiers, plan.messages, plan.mandates, plan.already), (3, 3, 3, 1));
        assert_eq!(plan.left_out.iter().map(|l| l.blocker).collect::<Vec<_>>(), [EligibilityBlocker::NoContact]);
        assert!(plan.campaign.is_none());
        let tick = || campaigns::tick(&world.app, world.now.get()).unwrap();
        assert_eq!(tick(), 0, "a preview starts nothing");
        let started = start(false).unwrap().reply.campaign.unwrap();
        assert_eq!((started.audience, started.asked, started.left_out), (5, 3, 1));
        assert_eq!(code(start(false)), Code::Conflict, "the same name runs already");
        assert_eq!(tick(), 0, "nothing has changed");

        world.pass(Duration::minutes(9));
        let contacts = json!({"contacts": [{"name": "Luc", "email": "luc@exemple.fr", "phone": null}]});
        change(world, &claire, silent.id, contacts).unwrap();
        assert_eq!((tick(), tick()), (1, 0), "it joins once");
        create(world, &claire, facts(6));
        assert_eq!((tick(), tick()), (1, 0), "a new one, too");

        // What came back for its address goes again once the address is another one.
        let list = MandateListQuery {
            filter: MandateQuery { dossier_id: Some(silent.id), ..Default::default() },
            ..Default::default()
        };
        let id = mandates::list_mandates(&world.by(&claire), Nothing {}, list, Nothing {}).unwrap().reply.data[0].id;
        happens(world, &claire, id, MandateEvent::Bounce, Detail::default()).unwrap();
        let cabinet = world.by(&claire).scope().unwrap().cabinet();
        common::refuse(&mut world.app.store.conn().unwrap(), cabinet, "luc@exemple.fr", "550", world.now.get());
        assert_eq!(tick(), 0, "still refused");
        let contacts = json!({"contacts": [{"name": "Luc", "email": "luc.b@exemple.fr", "phone": null}]});
        change(world, &claire, silent.id, contacts).unwrap();
        assert_eq!((tick(), one(world, &claire, id).row.state), (1, MandateState::ToSend));
        // What somebody takes back stays a draft, and would come back if it were thrown away.
        act(world, &claire, act_of(&[id], MandateAct::Withdraw)).unwrap();
        world.pass(Duration::days(1));
        let claire = world.sign_in("claire@un.example");
        assert_eq!((tick(), one(world, &claire, id).row.state), (0, MandateState::Draft));
        assert_eq!(
            act(world, &claire, act_of(&[id], MandateAct::Delete)).unwrap().items[0].outcome,
            ItemOutcome::Refused
        );

        let update = |version, state| {
            let body = CampaignChange { name: None, state: Some(state), message: None };
            campaigns::update_campaign(&world.by_on(&claire, version), started.id, Nothing {}, body)
        };
        let paused = update(1, CampaignState::Paused).unwrap().reply;
        assert_eq!(code(update(1, CampaignState::Running)), Code::VersionMismatch);
        create(world, &claire, facts(7));
        assert_eq!(tick(), 0, "paused");
        let resumed = update(paused.version, CampaignState::Running).unwrap().reply;
        // A stop of the process on the way: the look begins again, and asks nobody twice.
        assert_eq!((tick(), tick()), (1, 0), "what was missed is caught up");
        update(resumed.version, CampaignState::Ended).unwrap();
        assert_eq!(code(update(resumed.version + 1, CampaignState::Running)), Code::Conflict);
        let all = campaigns::list_campaigns(&world.by(&claire), Nothing {}, Nothing {}, Nothing {}).unwrap().reply.data;
        assert_eq!((all.len(), all[0].asked, all[0].audience), (1, 6, 7));
        assert_whole(world);
    });
}

#[test]
fn the_funnel_tells_what_holds_each_dossier_back() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@un.example");
        for n in 1..=3 {
            create(world, &claire, facts(n));
        }
        let with = |n: u32, field: &str, value: Value| {
            let mut facts = facts(n);
            facts[field] = value;
            create(world, &claire, facts)
        };
        with(4, "sirets", json!([]));
        with(5, "contacts", json!([]));
        with(6, "non_established", json!(true));
        let out = with(7, "vat_regimes", json!([{"regime": "not_taxable", "from": null}]));
        let done = with(8, "name", json!("Déjà fait"));
        make(world, &claire, new(done.id, MandateKind::Delegation)).unwrap();
        let funnel =
            eligibility::read_eligibility(&world.by(&claire), Nothing {}, EligibilityQuery::default(), Nothing {})
                .unwrap()
                .reply;
        let count = |b| funnel.blockers.iter().find(|c| c.blocker == b).unwrap().count;
        // Neither sales nor purchases reach the one abroad; a missing SIRET does not hold a mail back.
        assert_eq!((funnel.dossiers, funnel.eligible), (5, 4), "{funnel:?}");
        assert_eq!(
            [
                EligibilityBlocker::NoSiret,
                EligibilityBlocker::NoContact,
                EligibilityBlocker::Foreign,
                EligibilityBlocker::OutOfReform,
                EligibilityBlocker::NoEmail
            ]
            .map(count),
            [1, 1, 1, 2, 0]
        );
        assert_eq!(count(EligibilityBlocker::NoPersonInCharge), 7);
        let tab = |blocker, after, limit| {
            let query =
                EligibilityListQuery { query: EligibilityQuery::default(), blocker, eligible: None, limit, after };
            eligibility::list_eligibility(&world.by(&claire), Nothing {}, query, Nothing {}).unwrap().reply
        };
        let outside = tab(Some(EligibilityBlocker::OutOfReform), None, None);
        assert_eq!((outside.total, outside.data[1].dossier_id), (2, out.id), "by name");
        let mut seen = 0;
        let mut after = None;
        loop {
            let page = tab(Some(EligibilityBlocker::NoPersonInCharge), after, Some(3));
            assert_eq!(page.total, 7);
            seen += page.data.len();
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, 7);
    });
}

#[test]
fn a_siret_that_two_clients_have_is_told_to_both_and_names_nobody_out_of_sight() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@un.example");
        let ids: Vec<DossierId> = (1..=3).map(|n| create(world, &claire, facts(n)).id).collect();
        let lists = |n: usize, sirets: &[String], confidential: bool| {
            // As an older program let it be written: today it is refused where it is typed.
            let call = world.by(&claire);
            let scope = call.scope().unwrap();
            call.app.store.conn().unwrap().write(|conn| -> service::Result<()> {
                store::dialect::lock_cabinet(conn, scope.cabinet())?;
                let before = store::dossiers::find(conn, scope, ids[n])?;
                let mut after = before.facts.clone();
                after.sirets = sirets.iter().map(|s| domain::Siret::parse(s).unwrap()).collect();
                after.confidential = confidential;
                let stamp = Stamp { at: call.now, actor: None, request_id: "test".to_owned() };
                let draft = Draft { before: Some(before), after: Some(after) };
                let judge = call.judge(conn)?;
                write(conn, scope.cabinet(), &stamp, &judge, BY_HAND, vec![draft]).map(|_| ())
            })
        };
        let tab = |who: &SignedIn| {
            let query =
                EligibilityListQuery { blocker: Some(EligibilityBlocker::DuplicateSiret), ..Default::default() };
            let page = eligibility::list_eligibility(&world.by(who), Nothing {}, query, Nothing {}).unwrap().reply;
            let counts = eligibility::read_eligibility(&world.by(who), Nothing {}, Default::default(), Nothing {});
            let counts = counts.unwrap().reply.blockers;
            let counted = counts.iter().find(|c| c.blocker == EligibilityBlocker::DuplicateSiret).unwrap().count;
            assert_eq!((page.total, counted), (page.data.len() as u64, page.data.len() as u64));
            page.data.into_iter().map(|row| (row.dossier_id, row.why.fr)).collect::<Vec<_>>()
        };
        let of = |n: u32| siret(&siren(n));
        assert_eq!(tab(&claire), []);
        // A SIRET of a company that is no client is strange, and doubles nothing.
        lists(0, &[of(1), of(9)], false).unwrap();
        assert_eq!(tab(&claire), []);
        lists(1, &[of(2), of(9)], false).unwrap();
        assert_eq!(
            tab(&claire),
            [
                (ids[0], format!("Le SIRET {} est aussi celui du dossier Client 002.", of(9))),
                (ids[1], format!("Le SIRET {} est aussi celui du dossier Client 001.", of(9)))
            ]
        );
        // The owner of the SIREN has it rightly, and is told as well.
        lists(0, &[of(1), of(3)], false).unwrap();
        lists(1, &[of(2)], false).unwrap();
        assert_eq!(tab(&claire).iter().map(|row| row.0).collect::<Vec<_>>(), [ids[0], ids[2]]);
        let invited = NewInvitation {
            email: "paul@un.example".to_owned(),
            role: Role::Manager,
            access: Some(Access::All),
            portfolio_ids: Vec::new(),
            aliases: Vec::new(),
        };
        let invited = service::people::create_invitation(&world.by(&claire), Nothing {}, Nothing {}, invited).unwrap();
        let manager = world.accept(&invited.reply.link.unwrap(), "Paul Petit");
        lists(2, &[of(3)], true).unwrap();
        let seen = tab(&manager);
        assert_eq!(seen.iter().map(|row| row.0).collect::<Vec<_>>(), [ids[0]], "the other one is confidential");
        assert!(seen[0].1.contains("hors de votre périmètre"), "{seen:?}");
    });
}

fn settle(
    world: &World,
    who: &SignedIn,
    version: i64,
    change: impl Fn(&mut CollectionSettingsChange),
) -> service::Result<CollectionSettings> {
    let mut body = CollectionSettingsChange {
        signature: None,
        sender_name: String::new(),
        reply_to: None,
        privacy_contact: None,
        link_days: 60,
        accept_answers: false,
        accept_signatures: true,
        decider: PlatformDecider::Firm,
        firm_siren: None,
        firm_address: None,
        firm_postal_code: None,
        firm_city: None,
        firm_signatory: None,
        firm_quality: None,
        firm_registration: None,
        firm_phone: None,
    };
    change(&mut body);
    collection_settings::update_collection_settings(&world.by_on(who, version), Nothing {}, Nothing {}, body)
        .map(|a| a.reply)
}

/// The firm accepts signatures itself.
fn looks_first(world: &World, who: &SignedIn) {
    settle(world, who, 0, |s| s.accept_signatures = false).unwrap();
}

#[test]
fn settings_are_refused_field_by_field_and_kept_by_version() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@un.example");
        let wrong = settle(world, &claire, 0, |s| {
            s.reply_to = Some("personne".to_owned());
            s.link_days = 0;
            s.firm_siren = Some("732829321".to_owned());
            s.firm_city = Some("a\nb".to_owned());
        });
        assert_eq!(refused(&wrong.unwrap_err()), ["/firm_city", "/reply_to", "/link_days", "/firm_siren"]);
        let kept = settle(world, &claire, 0, |s| {
            s.firm_siren = Some("732 829 320".to_owned());
            s.decider = PlatformDecider::Client;
        })
        .unwrap();
        assert_eq!((kept.version, kept.firm_siren.map(|s| s.to_string()).as_deref()), (1, Some("732829320")));
        assert_eq!(code(settle(world, &claire, 0, |_| {})), Code::VersionMismatch);
        // Who decides himself keeps the choice.
        let dossier = create(world, &claire, facts(1));
        let made = make(world, &claire, new(dossier.id, MandateKind::Delegation)).unwrap();
        assert_eq!(made.terms.powers.len(), 3);
    });
}

#[test]
fn who_decides_and_where_the_registration_stands_are_facts_like_others() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@un.example");
        let dossier = create(world, &claire, facts(1));
        let denied =
            |on: NaiveDate, reason: Value| json!({"registration": {"state": "denied", "on": on, "reason": reason}});
        let error = change(world, &claire, dossier.id, denied(later(world, 1), json!(" "))).unwrap_err();
        assert_eq!(refused(&error), ["/registration/on", "/registration/reason"]);
        let mut fields = denied(later(world, 0), json!("Pièce  illisible"));
        fields["platform_decided_by"] = json!("client");
        let told = change(world, &claire, dossier.id, fields).unwrap();
        assert_eq!(told.facts.registration.unwrap().reason.as_deref(), Some("Pièce illisible"));
        let decided = |id| read(world, &claire, id).facts.platform_decided_by;
        let stands = |id| read(world, &claire, id).facts.registration;
        let other = create(world, &claire, facts(2));
        let both = [dossier.id, other.id];
        let bulk = |act: BulkAct, preview| {
            let body = BulkInput { ids: Some(both.to_vec()), filter: None, act, preview };
            service::bulk::bulk_dossiers(&world.by(&claire), Nothing {}, Nothing {}, body).map(|a| a.reply)
        };
        let undo = |done: BulkResult| {
            service::bulk::undo_act(&world.by(&claire), done.act_id.unwrap(), Nothing {}, Nothing {}).unwrap().reply
        };
        let counts = |result: &BulkResult| (result.changed, result.unchanged, result.left_out);

        // Who decides: told before, done, taken back.
        let client = BulkAct::PlatformDecider { decider: Some(PlatformDecider::Client) };
        let told = bulk(client.clone(), true).unwrap();
        assert_eq!((counts(&told), &told.act_id, decided(other.id)), ((1, 1, 0), &None, None));
        let done = bulk(client, false).unwrap();
        assert_eq!((counts(&done), decided(other.id)), ((1, 1, 0), Some(PlatformDecider::Client)));
        let done = bulk(BulkAct::PlatformDecider { decider: None }, false).unwrap();
        assert_eq!((counts(&done), both.map(decided)), ((2, 0, 0), [None, None]));
        // Somebody decides otherwise meanwhile: that stays.
        change(world, &claire, other.id, json!({"platform_decided_by": "firm"})).unwrap();
        assert_eq!(counts(&undo(done)), (1, 0, 1));
        assert_eq!(both.map(decided), [Some(PlatformDecider::Client), Some(PlatformDecider::Firm)]);

        // Where it stands: what no dossier can take is refused once, at its field.
        let standing = |state, days, reason: Option<&str>| BulkAct::Registration {
            registration: Some(Registration { state, on: later(world, days), reason: reason.map(str::to_owned) }),
        };
        let wrong = bulk(standing(RegistrationState::Denied, 1, Some(" ")), true).unwrap_err();
        assert_eq!(refused(&wrong), ["/act/registration/on", "/act/registration/reason"]);
        let before = both.map(stands);
        let denied = standing(RegistrationState::Denied, 0, Some("Pièce   illisible"));
        let told = bulk(denied, true).unwrap();
        assert_eq!((counts(&told), both.map(stands)), ((1, 1, 0), before.clone()), "one stands so already");
        let done = bulk(standing(RegistrationState::Directory, -1, None), false).unwrap();
        assert_eq!(counts(&done), (2, 0, 0));
        assert!(both.map(stands).iter().flatten().all(|r| r.state == RegistrationState::Directory));
        assert_eq!(counts(&undo(done)), (2, 0, 0));
        assert_eq!(both.map(stands), before);
        let cleared = bulk(BulkAct::Registration { registration: None }, false).unwrap();
        assert_eq!((counts(&cleared), both.map(stands)), ((1, 1, 0), [None, None]));
        assert_whole(world);
    });
}

#[test]
fn the_board_counts_what_is_there() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@un.example");
        looks_first(world, &claire);
        let mut ids = Vec::new();
        for n in 1..=4 {
            let dossier = create(world, &claire, facts(n));
            ids.push(make(world, &claire, new(dossier.id, MandateKind::Delegation)).unwrap().row.id);
        }
        for id in &ids[..3] {
            sign(world, &claire, *id);
        }
        act(world, &claire, act_of(&ids[..1], MandateAct::Accept)).unwrap();
        let sent = Detail { sent_to: Some("a@exemple.fr".to_owned()), ..Detail::default() };
        happens(world, &claire, ids[3], MandateEvent::Send, sent).unwrap();
        let board = mandates::read_mandate_board(&world.by(&claire), Nothing {}, BoardQuery::default(), Nothing {})
            .unwrap()
            .reply;
        let row = &board.kinds[0];
        assert_eq!((row.states[&MandateState::Signed], row.states[&MandateState::Accepted], row.in_force), (2, 1, 1));
        assert_eq!((board.to_decide, board.rates.len()), (2, 1));
        let rate = &board.rates[0];
        assert_eq!((rate.needed, rate.in_force, rate.awaiting), (4, 1, 1));
        assert_eq!(board.days.len(), 90);
        let today = board.days.last().unwrap();
        assert_eq!((today.sent, today.signed, today.accepted, today.in_force), (4, 3, 1, 1));
        let silent = MandateListQuery {
            filter: MandateQuery { silent_for_days: Some(0), ..Default::default() },
            ..Default::default()
        };
        let page = mandates::list_mandates(&world.by(&claire), Nothing {}, silent, Nothing {}).unwrap().reply;
        assert_eq!(page.data.iter().map(|r| r.id).collect::<Vec<_>>(), [ids[3]]);
    });
}

/// Not a promise but a measure: `cargo nextest run --release -p service --test mandates --run-ignored only`.
#[test]
#[ignore = "measures, and takes its time"]
fn ten_thousand_dossiers_with_two_mandates_each() {
    let world = World::sqlite();
    let claire = world.sign_up("Cabinet Un", "claire@un.example");
    let call = world.by(&claire);
    let cabinet = call.scope().unwrap().cabinet();
    let mut conn = world.app.store.conn().unwrap();
    let stamp = Stamp { at: call.now, actor: None, request_id: "measure".to_owned() };
    let judge = call.judge(&mut conn).unwrap();
    for chunk in (1..=10_000).collect::<Vec<u32>>().chunks(1_000) {
        let draft = |n: &u32| {
            let mut facts = facts(*n);
            if n.is_multiple_of(12) {
                facts["contacts"] = json!([{"name": "Sans e-mail", "email": null, "phone": null}]);
            }
            let after = Some(serde_json::from_value(facts).unwrap());
            service::dossiers::Draft { before: None, after }
        };
        let drafts = chunk.iter().map(draft).collect();
        conn.write(|conn| {
            store::dialect::lock_cabinet(conn, cabinet)?;
            service::dossiers::write(conn, cabinet, &stamp, &judge, service::dossiers::BY_HAND, drafts)
        })
        .unwrap();
    }
    let timed = |what: &str, work: &mut dyn FnMut()| {
        let start = std::time::Instant::now();
        work();
        println!("{what}: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    };
    let input = MandatesInput {
        ids: None,
        filter: Some(DossierQuery::default()),
        kinds: vec![MandateKind::Delegation, MandateKind::Designation],
        starts_on: None,
        ends_on: None,
        send: false,
        preview: false,
    };
    timed("create 20,000 mandates", &mut || {
        let made = mandates::create_mandates(&call, Nothing {}, Nothing {}, input.clone()).unwrap().reply;
        assert_eq!(made.changed, 20_000);
    });
    let all = store::mandates::taken(&mut conn, call.scope().unwrap(), &Default::default()).unwrap();
    timed("three steps of 10,000 mandates", &mut || {
        for chunk in all.chunks(2_000) {
            let mut chunk: Vec<_> = chunk[..1_000].to_vec();
            for event in [MandateEvent::Send, MandateEvent::Upload, MandateEvent::Accept] {
                chunk = conn
                    .write(|conn| {
                        store::dialect::lock_cabinet(conn, cabinet)?;
                        let wanted = chunk.drain(..).map(|m| (m, event, Detail::default())).collect();
                        mandates::steps(conn, &judge, cabinet, &stamp, wanted)
                    })
                    .unwrap();
            }
        }
    });
    drop(conn);
    for _ in 0..3 {
        timed("board", &mut || {
            mandates::read_mandate_board(&call, Nothing {}, BoardQuery::default(), Nothing {}).unwrap();
        });
        for sort in [MandateSort::UpdatedAtDesc, MandateSort::Name, MandateSort::EndsOn] {
            timed(&format!("list by {sort}"), &mut || {
                let query = MandateListQuery { sort: Some(sort), ..Default::default() };
                mandates::list_mandates(&call, Nothing {}, query, Nothing {}).unwrap();
            });
        }
        timed("list with facets", &mut || {
            let query = MandateListQuery { facets: Some(true), ..Default::default() };
            mandates::list_mandates(&call, Nothing {}, query, Nothing {}).unwrap();
        });
        timed("unreachable", &mut || {
            mandates::list_unreachable(&call, Nothing {}, MandateListQuery::default(), Nothing {}).unwrap();
        });
        timed("eligibility of designations", &mut || {
            let query = EligibilityQuery { kind: Some(MandateKind::PlatformRole), ..Default::default() };
            eligibility::read_eligibility(&call, Nothing {}, query, Nothing {}).unwrap();
        });
        for (blocker, eligible) in [(None, Some(true)), (Some(EligibilityBlocker::NoPersonInCharge), None)] {
            timed(&format!("eligibility by {blocker:?}"), &mut || {
                let query = EligibilityQuery { kind: Some(MandateKind::PlatformRole), ..Default::default() };
                let query = EligibilityListQuery { query, blocker, eligible, ..Default::default() };
                eligibility::list_eligibility(&call, Nothing {}, query, Nothing {}).unwrap();
            });
        }
        timed("campaigns", &mut || {
            campaigns::list_campaigns(&call, Nothing {}, Nothing {}, Nothing {}).unwrap();
        });
    }
}
