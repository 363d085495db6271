//! The firm's rules of the score: versions, previews, evaluations that follow; what is only supposed; a newer register.

mod firm;

use contract::*;
use domain::rules::CapLevel;
use domain::{Criterion, DossierFacts, DossierId, Weighting};
use firm::Firm;
use serde_json::{Value, json};
use service::{Call, rules, what_if};

fn siren(n: u32) -> String {
    let stem = format!("{:08}", 12_345_600 + n);
    (0..10).map(|d| format!("{stem}{d}")).find(|s| domain::Siren::parse(s).is_ok_and(|s| s.is_checked())).unwrap()
}

fn create(firm: &Firm, n: u32, more: Value) -> DossierId {
    let mut facts = json!({
        "siren": siren(n),
        "name": format!("Client {n}"),
        "headcount": 4,
        "turnover_cents": 30_000_000,
        "balance_sheet_cents": 10_000_000,
        "vat_regimes": [{ "regime": "real_monthly", "from": null }],
    });
    facts.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let facts: DossierFacts = serde_json::from_value(facts).unwrap();
    service::dossiers::create_dossier(&firm.call, Nothing {}, Nothing {}, NewDossier { facts }).unwrap().reply.id
}

/// Dossiers of several kinds in two portfolios and outside any.
fn fill(firm: &Firm) -> Vec<DossierId> {
    let (lille, lyon) = (firm.portfolio("Lille"), firm.portfolio("Lyon"));
    (0..24)
        .map(|n| {
            let portfolio = [Some(lille), Some(lyon), None][n as usize % 3];
            let mut more = json!({ "portfolio_id": portfolio, "confidential": n % 7 == 0 });
            let facts = more.as_object_mut().unwrap();
            if n % 2 == 0 {
                facts.insert("reception_platform".into(), json!("ABBY"));
            }
            if n % 4 == 1 {
                facts.insert("contacts".into(), json!([{ "email": format!("c{n}@exemple.fr") }]));
            }
            if n % 5 == 0 {
                facts.insert("headcount".into(), json!(300));
                facts.insert("invoices_per_month".into(), json!(20));
            }
            create(firm, n, more)
        })
        .collect()
}

fn read(call: &Call) -> ReadinessRules {
    rules::read_readiness_rules(call, Nothing {}, Nothing {}, Nothing {}).unwrap().reply
}

fn save(call: &Call, version: i64, rules: &RuleSet, note: &str) -> service::Result<ReadinessRules> {
    let call = Call { if_match: Some(version), ..call.clone() };
    let body = RulesChange { rules: rules.clone(), note: note.to_owned() };
    rules::update_readiness_rules(&call, Nothing {}, Nothing {}, body).map(|a| a.reply)
}

fn preview(call: &Call, rules: &RuleSet) -> RulesPreview {
    let body = RulesTrial { rules: rules.clone() };
    rules::preview_readiness_rules(call, Nothing {}, Nothing {}, body).unwrap().reply
}

fn weigh(rules: &mut RuleSet, criterion: Criterion, weight: u32) {
    rules.weights.iter_mut().find(|w| w.criterion == criterion).unwrap().weight = weight;
}

/// Every stored mark is that of a fresh evaluation under the rules in force.
fn assert_fresh(firm: &Firm) {
    firm.assert_whole();
    let cabinet = firm.call.scope().unwrap().cabinet();
    let mut conn = firm.app.store.conn().unwrap();
    let judge = firm.call.judge(&mut conn).unwrap();
    let ids = store::evaluations::after(&mut conn, cabinet, "").unwrap();
    for dossier in store::evaluations::find(&mut conn, cabinet, &ids).unwrap() {
        let facts: DossierFacts = serde_json::from_str(&dossier.facts).unwrap();
        let settled = domain::calendar::Settled::read(&dossier.settled).unwrap();
        assert_eq!(judge.assess(&facts, &settled).mark(), dossier.mark, "{}", facts.name);
    }
}

/// All that a preview could have touched.
fn stored(firm: &Firm) -> (Vec<DossierRow>, Cockpit, usize, usize) {
    let query = serde_json::from_value(json!({ "limit": 200 })).unwrap();
    let journal = service::journal::list_journal(&firm.call, Nothing {}, query, Nothing {}).unwrap().reply.data.len();
    let jobs = service::jobs::list_jobs(&firm.call, Nothing {}, Nothing {}, Nothing {}).unwrap().reply.data.len();
    (firm.all(), firm.cockpit(), journal, jobs)
}

fn refused<T: std::fmt::Debug>(result: service::Result<T>, code: Code) -> Vec<String> {
    let error = result.unwrap_err();
    assert_eq!(error.code, code, "{error}");
    error.fields.into_iter().map(|f| f.pointer).collect()
}

both_databases! {
    fn a_change_previews_what_then_happens_and_can_be_taken_back(firm) {
        fill(firm);
        let first = read(&firm.call);
        assert_eq!((first.version, first.recomputing), (0, false));
        assert_eq!(first.rules, first.standard);
        let mut changed = first.rules.clone();
        weigh(&mut changed, Criterion::Contact, 60);
        weigh(&mut changed, Criterion::Activity, 0);
        changed.caps[0] = CapLevel { at_most: 100, ..changed.caps[0] };
        changed.at_risk_below = 50;
        changed.weighting = Weighting::Exposure;

        let before = stored(firm);
        let told = preview(&firm.call, &changed);
        assert_eq!(stored(firm), before, "a preview touches nothing");
        assert_eq!(told.dossiers, 24);
        assert!(told.changed > 0 && told.up > 0 && told.down > 0, "{told:?}");
        assert_eq!(told.score_before, before.1.score);
        assert_eq!(told.states_before, before.1.states);

        let saved = save(&firm.call, 0, &changed, "La joignabilité d’abord").unwrap();
        assert_eq!((saved.version, saved.recomputing, &saved.rules), (1, true, &changed));
        assert!(firm.cockpit().recomputing, "until the job has ended, the cockpit says so");
        service::jobs::drain(&firm.app).unwrap();
        let after = stored(firm);
        assert!(!after.1.recomputing && !read(&firm.call).recomputing);
        assert_fresh(firm);
        assert_eq!(told.score_after, after.1.score);
        assert_eq!(told.states_after, after.1.states);
        let moved: Vec<(&DossierRow, &DossierRow)> = before.0.iter().zip(&after.0)
            .filter(|(a, b)| a.score != b.score || a.state != b.state)
            .collect();
        assert_eq!(told.changed, moved.len() as u64);
        assert_eq!(told.up, moved.iter().filter(|(a, b)| b.score > a.score).count() as u64);
        assert_eq!(told.states_changed, moved.iter().filter(|(a, b)| b.state != a.state).count() as u64);
        assert_eq!(told.most.len(), moved.len().min(20));
        for named in &told.most {
            let (a, b) = moved.iter().find(|(a, _)| a.id == named.dossier_id).unwrap();
            assert_eq!((named.score_before, named.score_after), (a.score, b.score));
            assert_eq!((named.state_before, named.state_after), (a.state, b.state));
        }
        for named in &told.portfolios {
            let id = named.portfolio_id.map_or("none".to_owned(), |id| id.to_string());
            assert_eq!(named.score_after, firm.cockpit_of(Some(id)).score, "{:?}", named.name);
        }
        // Evaluating is no change of a dossier.
        assert!(before.0.iter().zip(&after.0).all(|(a, b)| a.version == b.version));

        // Back, by sending what stood before.
        let versions = rules::list_readiness_rules_versions(&firm.call, Nothing {}, PageQuery::default(), Nothing {});
        let versions = versions.unwrap().reply.data;
        assert_eq!(versions.len(), 1);
        assert_eq!(versions[0].by.as_deref(), Some("Claire Martin"));
        assert_eq!(versions[0].note, "La joignabilité d’abord");
        let back = save(&firm.call, 1, &first.standard, "Retour").unwrap();
        assert_eq!((back.version, &back.rules), (2, &first.standard));
        service::jobs::drain(&firm.app).unwrap();
        let again = stored(firm);
        let scores = |rows: &[DossierRow]| rows.iter().map(|r| (r.id, r.score, r.state)).collect::<Vec<_>>();
        assert_eq!(scores(&again.0), scores(&before.0));
        assert_eq!(Cockpit { recomputing: false, ..again.1.clone() }, before.1);
        assert_fresh(firm);
    }

    fn rules_are_versions_with_reasons(firm) {
        let standard = read(&firm.call).standard;
        let mut other = standard.clone();
        other.at_risk_days = 90;
        assert_eq!(refused(save(&firm.call, 0, &other, "  "), Code::Invalid), ["/note"]);
        assert_eq!(refused(save(&firm.call, 3, &other, "Essai"), Code::VersionMismatch), Vec::<String>::new());
        let mut wrong = other.clone();
        wrong.at_risk_below = 101;
        wrong.weights[5].weight = 101;
        let both = ["/rules/weights/5/weight", "/rules/at_risk_below"];
        assert_eq!(refused(save(&firm.call, 0, &wrong, "Essai"), Code::Invalid), both);
        let trial = RulesTrial { rules: wrong };
        let preview = rules::preview_readiness_rules(&firm.call, Nothing {}, Nothing {}, trial);
        assert_eq!(refused(preview, Code::Invalid), both);
        // The same rules are no version.
        assert_eq!(save(&firm.call, 0, &standard, "Rien").unwrap().version, 0);
        for version in 0..3 {
            other.at_risk_days = 90 + version;
            save(&firm.call, version, &other, &format!("Essai {version}")).unwrap();
        }
        let page = |after| {
            let query = PageQuery { limit: Some(2), after };
            rules::list_readiness_rules_versions(&firm.call, Nothing {}, query, Nothing {}).unwrap().reply
        };
        let first = page(None);
        let numbers = |page: &RulesVersionPage| page.data.iter().map(|v| v.version).collect::<Vec<_>>();
        assert_eq!(numbers(&first), [3, 2]);
        let second = page(first.next);
        assert_eq!((numbers(&second), second.next), (vec![1], None));
        // The journal tells what changed, from what to what.
        let query = serde_json::from_value(json!({ "action": "readiness_rules.update" })).unwrap();
        let rows = service::journal::list_journal(&firm.call, Nothing {}, query, Nothing {}).unwrap().reply.data;
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[0].changes["at_risk_days"], json!([91, 92]));
        assert_eq!(rows[2].changes["at_risk_days"], json!([180, 90]));
        firm.assert_whole();
    }

    fn an_evaluation_is_a_job_that_nobody_cancels(firm) {
        fill(firm);
        let mut other = read(&firm.call).standard;
        weigh(&mut other, Criterion::Contact, 50);
        save(&firm.call, 0, &other, "Essai").unwrap();
        let jobs = || service::jobs::list_jobs(&firm.call, Nothing {}, Nothing {}, Nothing {}).unwrap().reply.data;
        let queued = jobs().remove(0);
        assert_eq!((queued.kind, queued.state), (JobKind::Evaluation, JobState::Queued));
        assert_eq!(queued.result.as_deref(), Some("/api/v1/cabinet/readiness-rules"));
        let cancelled = service::jobs::cancel_job(&firm.call, queued.id, Nothing {}, Nothing {});
        refused(cancelled, Code::Conflict);
        service::jobs::drain(&firm.app).unwrap();
        let done = jobs().remove(0);
        assert_eq!((done.state, done.done, done.total), (JobState::Done, 24, Some(24)));
        assert_fresh(firm);
    }

    fn a_process_that_died_is_followed_by_one_that_goes_on(firm) {
        fill(firm);
        let mut other = read(&firm.call).standard;
        weigh(&mut other, Criterion::Contact, 50);
        save(&firm.call, 0, &other, "Essai").unwrap();
        // A worker takes the job and is gone; its lease has run out.
        let mut conn = firm.app.store.conn().unwrap();
        let long_ago = chrono::Utc::now() - chrono::Duration::minutes(5);
        let row = conn.write(|conn| store::jobs::lease(conn, "gone", long_ago)).unwrap().unwrap();
        assert_eq!(row.kind, "evaluation");
        drop(conn);
        assert!(firm.cockpit().recomputing);
        service::jobs::drain(&firm.app).unwrap();
        let jobs = service::jobs::list_jobs(&firm.call, Nothing {}, Nothing {}, Nothing {}).unwrap().reply.data;
        assert_eq!((jobs[0].state, jobs[0].attempts, jobs[0].notes.len()), (JobState::Done, 2, 1));
        assert!(!firm.cockpit().recomputing);
        assert_fresh(firm);
    }

    fn any_rules_leave_sums_and_marks_true(firm) {
        fill(firm);
        let mut present = read(&firm.call);
        let mut seed = 7u64;
        let mut dice = |most: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % most
        };
        for round in 0..12 {
            let mut next = present.rules.clone();
            for weight in &mut next.weights {
                weight.weight = dice(101) as u32;
            }
            weigh(&mut next, Criterion::Identity, 1 + dice(100) as u32);
            for cap in &mut next.caps {
                cap.at_most = dice(101) as u32;
            }
            next.at_risk_days = dice(731) as i64;
            next.at_risk_below = dice(101) as u32;
            next.weighting = if dice(2) == 0 { Weighting::Equal } else { Weighting::Exposure };
            let told = preview(&firm.call, &next);
            present = save(&firm.call, present.version, &next, &format!("Essai {round}")).unwrap();
            service::jobs::drain(&firm.app).unwrap();
            assert_fresh(firm);
            let cockpit = firm.cockpit();
            assert_eq!((told.score_after, told.states_after), (cockpit.score, cockpit.states), "round {round}");
        }
    }

    fn cabinet_and_portfolios_weigh_as_the_firm_says(firm) {
        fill(firm);
        let mut other = read(&firm.call).standard;
        other.weighting = Weighting::Exposure;
        let equal = firm.cockpit();
        save(&firm.call, 0, &other, "Selon l’enjeu").unwrap();
        service::jobs::drain(&firm.app).unwrap();
        let weighted = firm.cockpit();
        assert_eq!((equal.weighting, weighted.weighting), (Weighting::Equal, Weighting::Exposure));
        let base = read(&firm.call).weighting_base_cents;
        let rows = firm.all();
        let weight: i64 = rows.iter().map(|r| r.exposure_cents + base).sum();
        let points: i64 = rows.iter().map(|r| i64::from(r.score) * (r.exposure_cents + base)).sum();
        assert_eq!(weighted.score, Some((points as f64 / weight as f64 * 10.0).round() / 10.0));
        assert_ne!(weighted.score, equal.score);
        assert!(equal.exposure_cents > 0);
        assert_eq!(weighted.exposure_cents, rows.iter().map(|r| r.exposure_cents).sum::<i64>());
        assert_eq!(weighted.portfolios.iter().map(|p| p.exposure_cents).sum::<i64>(), weighted.exposure_cents);
        let trend = service::trend::read_trend(&firm.call, Nothing {}, TrendQuery::default(), Nothing {});
        let today = trend.unwrap().reply.points.pop().unwrap();
        assert_eq!((today.score, today.exposure_cents), (weighted.score, weighted.exposure_cents));
    }

    fn what_is_supposed_is_what_then_happens_and_nothing_is_written(firm) {
        let ids = fill(firm);
        let before = stored(firm);
        let suppose = |body: Value| {
            let body = serde_json::from_value(body).unwrap();
            what_if::suppose_dossiers(&firm.call, Nothing {}, Nothing {}, body).map(|a| a.reply)
        };
        let gone = "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11";
        let mut named: Vec<Value> = ids.iter().map(|id| json!(id)).collect();
        named.push(json!(gone));
        let told = suppose(json!({
            "ids": named,
            "facts": { "reception_platform": "abby", "emission_platform": "ABBY" },
            "proofs": [{ "criterion": "mandate" }],
        })).unwrap();
        assert_eq!(stored(firm), before, "nothing is written");
        assert_eq!((told.changed + told.unchanged, told.left_out), (24, 1));
        assert_eq!(told.items[0].outcome, ItemOutcome::NotFound, "what was left out comes first");
        assert_eq!(told.before.score, before.1.score);
        assert_eq!(told.before.exposure_cents, before.1.exposure_cents);
        assert!(told.after.score > told.before.score && told.after.exposure_cents < told.before.exposure_cents);
        let filtered = suppose(json!({
            "filter": {},
            "facts": { "reception_platform": "abby", "emission_platform": "ABBY" },
            "proofs": [{ "criterion": "mandate" }],
        })).unwrap();
        assert_eq!((&filtered.after, filtered.left_out), (&told.after, 0));

        // For real, by the bulk acts.
        for act in [
            json!({ "kind": "platform", "usage": "both", "name": "abby" }),
            json!({ "kind": "proof", "criterion": "mandate", "what": "Mandat signé", "on": firm.call.today() }),
        ] {
            let body = serde_json::from_value(json!({ "ids": ids, "act": act })).unwrap();
            service::bulk::bulk_dossiers(&firm.call, Nothing {}, Nothing {}, body).unwrap();
        }
        let after = stored(firm);
        assert_eq!((told.after.score, told.after.states), (after.1.score, after.1.states));
        assert_eq!(told.after.exposure_cents, after.1.exposure_cents);
        for row in &after.0 {
            let item = told.items.iter().find(|i| i.dossier_id == row.id).unwrap();
            let Some(movement) = &item.movement else { continue };
            assert_eq!((movement.score_after, movement.state_after), (row.score, row.state), "{}", row.name);
            assert_eq!(movement.exposure_after_cents, row.exposure_cents);
        }
        // A date that moves.
        let told = suppose(json!({ "ids": [ids[1]], "facts": { "headcount": 300 } })).unwrap();
        let movement = told.items[0].movement.as_ref().unwrap();
        assert!(movement.dates.iter().any(|d| d.after < d.before), "{movement:?}");

        let pointers = |body: Value| refused(suppose(body), Code::Invalid);
        assert_eq!(pointers(json!({ "facts": { "headcount": 3 } })), ["/ids"]);
        assert_eq!(pointers(json!({ "ids": ids, "filter": {}, "facts": { "headcount": 3 } })), ["/filter"]);
        assert_eq!(pointers(json!({ "ids": ids })), ["/facts"]);
        assert_eq!(pointers(json!({ "ids": ids, "facts": { "headcount": "x", "nothing": 1 } })),
            ["/facts/headcount", "/facts/nothing"]);
        assert_eq!(pointers(json!({ "ids": ids, "proofs": [{ "criterion": "contact" }] })), ["/proofs/0/criterion"]);
        assert_eq!(pointers(json!({ "ids": vec![gone; 1_001], "facts": { "headcount": 3 } })), ["/ids"]);
        // What one dossier cannot take is told beside the others.
        let odd = suppose(json!({ "ids": ids[..2], "facts": { "sirets": [format!("{}00010", siren(0))] } })).unwrap();
        assert_eq!((odd.left_out, odd.items[0].outcome), (1, ItemOutcome::Refused));
        assert!(odd.items[0].reason.is_some());
    }

    fn a_newer_register_is_followed_without_a_restart(firm) {
        use service::register::{Refusal, Told, load};
        let on = create(firm, 1, json!({ "reception_platform": "ABBY" }));
        let now = firm.call.now;
        let present = domain::reference::platforms();
        // The list as it is published, ABBY gone and one more.
        let mut csv = String::from("nom;statut;date_immatriculation;localisation\n");
        for platform in present.rows.iter().filter(|p| p.name != "ABBY") {
            csv.push_str(&format!("\"{}\";immatriculation_definitive;;\n", platform.name.replace('"', "\"\"")));
        }
        csv.push_str("FACTURES DU NORD;dossier_en_attente;;Lille\n");
        let told = |day: &str| Told { as_of: Some(day.parse().unwrap()), source: "Liste publique".to_owned() };
        let next = told("2026-11-20");

        assert!(matches!(load(&firm.app, &csv, &Told { as_of: None, ..next.clone() }, (false, false), now), Err(Refusal::NoDay)));
        assert!(matches!(load(&firm.app, &csv, &told("2026-01-01"), (false, false), now), Err(Refusal::Older { .. })));
        match load(&firm.app, "nom;statut\nABBY;peut-être\n;definitive\n", &next, (false, false), now) {
            Err(Refusal::Rows(rows)) => assert_eq!(rows.iter().map(|r| r.line).collect::<Vec<_>>(), [2, 3]),
            other => panic!("{other:?}"),
        }
        let dry = load(&firm.app, &csv, &next, (true, false), now).unwrap();
        assert_eq!((&dry.changes.added, &dry.changes.removed), (&vec!["FACTURES DU NORD".to_owned()], &vec!["ABBY".to_owned()]));
        assert_eq!((dry.dossiers_of_removed, dry.stored), (1, false));

        let met = |call: &Call| {
            let dossier = service::dossiers::read_dossier(call, on, Nothing {}, Nothing {}).unwrap().reply;
            dossier.platform_registered
        };
        assert_eq!(met(&firm.call), Some(true), "a dry run stores nothing");
        service::evaluations::run(&firm.app, firm.call.scope().unwrap().cabinet(), firm.call.today(), &|_, _| Ok(())).unwrap();
        assert!(!firm.cockpit().recomputing);

        // Another process of the installation loads it.
        let other = service::App { shared: Default::default(), ..firm.app.clone() };
        assert!(load(&other, &csv, &next, (false, false), now).unwrap().stored);
        assert_eq!(met(&firm.call), Some(false));
        assert!(firm.cockpit().recomputing);
        let cabinet = firm.call.scope().unwrap().cabinet();
        assert_eq!(service::evaluations::run(&firm.app, cabinet, firm.call.today(), &|_, _| Ok(())).unwrap(), 1);
        assert_fresh(firm);
        let row = &firm.all()[0];
        assert!(row.missing > 0);
        // A name in any spelling is that of the new register; the reference page shows it with its day.
        let body = serde_json::from_value(json!({ "ids": [on], "act":
            { "kind": "platform", "usage": "reception", "name": "factures du nord" } })).unwrap();
        service::bulk::bulk_dossiers(&firm.call, Nothing {}, Nothing {}, body).unwrap();
        assert_eq!(firm.all()[0].reception_platform.as_deref(), Some("FACTURES DU NORD"));
        let tables = service::reference::list_reference_tables(&firm.call, Nothing {}, Nothing {}, Nothing {}).unwrap();
        let table = tables.reply.tables.into_iter().find(|t| t.code == domain::reference::TableCode::Platforms).unwrap();
        assert_eq!(table.as_of.to_string(), "2026-11-20");
        assert!(table.rows.iter().all(|r| r.source == "Liste publique"));
        // Once more is nothing new; other spellings are still known.
        let again = load(&firm.app, &csv, &next, (false, false), now).unwrap();
        assert!(!again.stored && again.changes.is_empty());
        assert!(load(&firm.app, &csv, &told("2026-10-01"), (false, true), now).unwrap().stored, "--force");
    }
}
