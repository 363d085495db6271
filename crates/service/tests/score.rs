//! The score of a dossier as people meet it: obligations that follow the facts, proofs that win points and age.

mod firm;

use std::collections::BTreeMap;

use contract::*;
use domain::{Criterion, CriterionState, DossierId, ObligationKind, ObligationStatus, ReadinessState, SizeClass};
use serde_json::{Value, json};
use service::{Call, Error};

fn create(firm: &firm::Firm, facts: Value) -> Dossier {
    let body = NewDossier { facts: serde_json::from_value(facts).unwrap() };
    service::dossiers::create_dossier(&firm.call, Nothing {}, Nothing {}, body).unwrap().reply
}

fn change(firm: &firm::Firm, id: DossierId, fields: Value) -> service::Result<Dossier> {
    let version = read(firm, id).version;
    let call = Call { if_match: Some(version), ..firm.call.clone() };
    let fields: BTreeMap<String, Value> = serde_json::from_value(fields).unwrap();
    service::dossiers::update_dossier(&call, id, Nothing {}, DossierChange { fields: fields.into_iter().collect() })
        .map(|answer| answer.reply)
}

fn read(firm: &firm::Firm, id: DossierId) -> Dossier {
    service::dossiers::read_dossier(&firm.call, id, Nothing {}, Nothing {}).unwrap().reply
}

fn complete(siren: &str) -> Value {
    json!({
        "siren": siren, "name": "Essai", "sirets": [], "headcount": 3, "turnover_cents": 10_000_000,
        "balance_sheet_cents": 9_000_000, "vat_regimes": [{"regime": "real_monthly", "from": null}],
        "reception_platform": "Pennylane", "contacts": [{"name": "A", "email": "a@exemple.fr", "phone": null}],
        "activity": {"b2b": true, "b2c": false, "b2g": false, "international": false, "services": true},
        "invoices_per_month": 20,
    })
}

fn state(dossier: &Dossier, criterion: Criterion) -> (CriterionState, u32) {
    let found = dossier.readiness.criteria.iter().find(|c| c.criterion == criterion).unwrap();
    (found.state, found.points)
}

fn refused(error: &Error) -> Vec<&str> {
    error.fields.iter().map(|f| f.pointer.as_str()).collect()
}

fn day(firm: &firm::Firm, days: i64) -> String {
    (firm.call.today() + chrono::Duration::days(days)).to_string()
}

both_databases! {
    fn obligations_follow_the_facts(firm) {
        let starts = |d: &Dossier, kind: ObligationKind| d.obligations.iter().find(|o| o.kind == kind).unwrap().starts_on;
        let first: chrono::NaiveDate = "2026-09-01".parse().unwrap();
        let second: chrono::NaiveDate = "2027-09-01".parse().unwrap();
        let small = create(firm, complete("732829320"));
        assert_eq!(starts(&small, ObligationKind::Emission), Some(second));
        // A member of an assujetti unique is bound since 2026, whatever its size.
        let member = change(firm, small.id, json!({"vat_group_member": true})).unwrap();
        assert_eq!(starts(&member, ObligationKind::Emission), Some(first));
        assert_eq!(member.readiness.state, ReadinessState::Late, "emission is due and unprepared");
        let large = change(firm, small.id, json!({"vat_group_member": false, "headcount": 260})).unwrap();
        assert_eq!(large.size.class, Some(SizeClass::Eti), "260 staff is an ETI whatever the turnover");
        assert_eq!(starts(&large, ObligationKind::Emission), Some(first));
        let abroad = change(firm, small.id, json!({"headcount": 3, "activity": {"b2b": true}})).unwrap();
        let sales = abroad.obligations.iter().find(|o| o.kind == ObligationKind::SalesInternational).unwrap();
        assert_eq!(sales.status, ObligationStatus::Undetermined, "not asked, so not guessed");
        assert!(!sales.missing.is_empty());
        assert!(abroad.obligations.iter().all(|o| !o.source.is_empty() && !o.reason.fr.is_empty()));
    }

    fn a_proof_wins_its_points_ages_and_is_taken_back(firm) {
        let dossier = create(firm, complete("732829320"));
        let before = dossier.readiness.score;
        assert_eq!(state(&dossier, Criterion::ClientInformed).0, CriterionState::Missing);
        let proof = json!({"criterion": "client_informed", "what": " Réunion du  12/10 ", "source": "mandate", "on": day(firm, -3)});
        let proved = change(firm, dossier.id, json!({"proofs": [proof]})).unwrap();
        assert_eq!(state(&proved, Criterion::ClientInformed).0, CriterionState::Met);
        assert!(proved.readiness.score > before);
        let kept = &proved.facts.proofs[0];
        assert_eq!((kept.what.as_str(), kept.by.as_deref()), ("Réunion du 12/10", Some("Claire Martin")));
        assert_eq!(kept.source, domain::ProofSource::Hand, "nobody records in another's name");

        let old = json!({"criterion": "client_informed", "what": "Courrier", "source": "hand", "on": day(firm, -600)});
        let aged = change(firm, dossier.id, json!({"proofs": [old]})).unwrap();
        let (now, points) = state(&aged, Criterion::ClientInformed);
        assert_eq!(now, CriterionState::Half, "a year is over");
        assert!(points < state(&proved, Criterion::ClientInformed).1);
        let gone = change(firm, dossier.id, json!({"proofs": null})).unwrap();
        assert_eq!(gone.readiness.score, before);
        assert_eq!(gone.readiness.won, gone.readiness.criteria.iter().map(|c| c.points).sum::<u32>());
        assert_eq!(gone.readiness.score, gone.readiness.won - gone.readiness.capped);
    }

    fn a_proof_that_cannot_be_is_refused_by_its_fields(firm) {
        let dossier = create(firm, complete("732829320"));
        let tomorrow = day(firm, 1);
        let error = change(firm, dossier.id, json!({"proofs": [
            {"criterion": "mandate", "what": " ", "source": "hand", "on": tomorrow},
        ]})).unwrap_err();
        assert_eq!(refused(&error), ["/proofs/0/what", "/proofs/0/on"]);
        let error = change(firm, dossier.id, json!({"proofs": [
            {"criterion": "identity", "what": "Kbis", "source": "hand", "on": day(firm, 0)},
        ]})).unwrap_err();
        assert_eq!(refused(&error), ["/proofs/0/criterion"]);
        let error = change(firm, dossier.id, json!({
            "directory_address": {"state": "active", "as_of": tomorrow, "source": ""},
            "obligation_overrides": [{"obligation": "emission", "applies": false, "reason": " "}],
        })).unwrap_err();
        assert_eq!(
            refused(&error),
            ["/directory_address/source", "/directory_address/as_of", "/obligation_overrides/0/reason"],
        );
        assert_eq!(read(firm, dossier.id).version, dossier.version, "nothing was written");
    }

    fn what_the_firm_states_to_no_effect_is_refused_by_its_field(firm) {
        let dossier = create(firm, complete("732829320"));
        let refuse = |fields: Value| {
            let error = change(firm, dossier.id, fields).unwrap_err();
            refused(&error).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let start = |obligation: &str, on: &str| json!({"obligation": obligation, "on": on});
        let starts = |all: &[Value]| json!({"early_starts": all});
        // Emission of a small firm runs from 1 September 2027 by law.
        assert_eq!(refuse(starts(&[start("emission", "2027-09-01")])), ["/early_starts/0/on"]);
        assert_eq!(refuse(starts(&[start("emission", "2027-06-01"), start("emission", "2027-07-01")])),
            ["/early_starts/1/obligation"]);
        // Reception runs from the first day of the reform: nothing comes before it.
        assert_eq!(refuse(starts(&[start("reception", "2026-01-01")])), ["/early_starts/0/on"]);
        let stated = |obligation: &str| json!({"obligation": obligation, "applies": false, "reason": "Rescrit"});
        assert_eq!(refuse(json!({"obligation_overrides": [stated("emission"), stated("reception"), stated("emission")]})),
            ["/obligation_overrides/2/obligation"]);
        assert_eq!(refuse(json!({"reports_as": "real_quarterly"})), ["/reports_as"], "its own regime gives the rhythm");
        assert_eq!(read(firm, dossier.id).version, dossier.version, "nothing was written");

        change(firm, dossier.id, starts(&[start("emission", "2027-08-31")])).unwrap();
        change(firm, dossier.id, json!({"obligation_overrides": [stated("emission"), stated("reception")]})).unwrap();
        change(firm, dossier.id, json!({"obligation_overrides": []})).unwrap();
        // What has lost its effect since is no reason to refuse another change.
        change(firm, dossier.id, json!({"headcount": 6_000})).unwrap();
        let now = read(firm, dossier.id);
        assert_eq!(now.facts.early_starts.len(), 1);
        change(firm, dossier.id, json!({"notes": "Rien de plus"})).unwrap();
        // Where no text gives the rhythm, the firm does.
        change(firm, dossier.id, json!({
            "early_starts": [], "headcount": 3, "vat_regimes": [{"regime": "exempt", "from": null}],
            "activity": {"b2b": true, "b2c": false, "international": true},
        })).unwrap();
        change(firm, dossier.id, json!({"reports_as": "real_quarterly"})).unwrap();
    }

    fn one_proof_for_many_dossiers_and_back(firm) {
        let ids: Vec<DossierId> =
            ["732829320", "552100554"].iter().map(|siren| create(firm, complete(siren)).id).collect();
        let before = read(firm, ids[0]).readiness.score;
        let act = BulkAct::Proof {
            criterion: Criterion::Mandate,
            what: "Mandat signé".to_owned(),
            on: firm.call.today(),
            expires_on: None,
        };
        let input = |act: &BulkAct, preview| BulkInput { ids: Some(ids.clone()), filter: None, act: act.clone(), preview };
        let outlook = service::bulk::bulk_dossiers(&firm.call, Nothing {}, Nothing {}, input(&act, true)).unwrap().reply;
        assert_eq!((outlook.changed, outlook.act_id), (2, None));
        let done = service::bulk::bulk_dossiers(&firm.call, Nothing {}, Nothing {}, input(&act, false)).unwrap().reply;
        assert_eq!(done.changed, 2);
        let proved = read(firm, ids[1]);
        assert_eq!(state(&proved, Criterion::Mandate).0, CriterionState::Met);
        let again = service::bulk::bulk_dossiers(&firm.call, Nothing {}, Nothing {}, input(&act, false)).unwrap().reply;
        assert_eq!((again.changed, again.unchanged), (0, 2), "the same proof twice is one proof");
        service::bulk::undo_act(&firm.call, done.act_id.unwrap(), Nothing {}, Nothing {}).unwrap();
        assert_eq!(read(firm, ids[0]).readiness.score, before);

        let wrong = BulkAct::Proof {
            criterion: Criterion::Identity, what: "x".to_owned(), on: firm.call.today(), expires_on: None,
        };
        let error = service::bulk::bulk_dossiers(&firm.call, Nothing {}, Nothing {}, input(&wrong, true)).unwrap_err();
        assert_eq!(refused(&error), ["/act/criterion"]);
    }
}
