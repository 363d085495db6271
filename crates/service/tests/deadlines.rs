//! Deadlines as people meet them: the list and the month, what is settled and taken back, the calendar feed.

mod firm;

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;

use contract::*;
use domain::calendar::{DueKey, DueKind, DueState, Settlement};
use domain::{Access, ActId, DossierId, PortfolioId, Role};
use firm::Firm;
use proptest::prelude::*;
use serde_json::{Value, json};
use service::{Call, Error, deadlines};

fn on(firm: &mut Firm, day: &str) {
    firm.call.now = format!("{day}T09:00:00Z").parse().unwrap();
}

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

fn siren(n: u32) -> String {
    let stem = format!("{:08}", 12_345_600 + n);
    (0..10).map(|d| format!("{stem}{d}")).find(|s| domain::Siren::parse(s).is_ok_and(|s| s.is_checked())).unwrap()
}

/// An ETI that sells abroad: it reports since September 2026, three times a month.
fn eti(firm: &Firm, n: u32, name: &str, more: Value) -> DossierId {
    let mut facts = json!({
        "siren": siren(n), "name": name, "headcount": 300, "turnover_cents": 9_000_000_000_i64,
        "balance_sheet_cents": 9_000_000_000_i64, "vat_regimes": [{"regime": "real_monthly", "from": null}],
        "activity": {"b2b": true, "b2c": true, "b2g": false, "international": false, "services": false},
        "invoices_per_month": 40,
    });
    facts.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let body = NewDossier { facts: serde_json::from_value(facts).unwrap() };
    service::dossiers::create_dossier(&firm.call, Nothing {}, Nothing {}, body).unwrap().reply.id
}

fn query(value: Value) -> DeadlineListQuery {
    serde_json::from_value(value).unwrap()
}

fn list(call: &Call, value: Value) -> DeadlinePage {
    deadlines::list_deadlines(call, Nothing {}, query(value), Nothing {}).unwrap().reply
}

fn item(dossier_id: DossierId, key: &str) -> DueRef {
    DueRef { dossier_id, key: key.parse().unwrap() }
}

fn proof(day_of: &str) -> Option<DueEvidence> {
    Some(DueEvidence { what: " Accusé n° 7 ".into(), source: "Portail".into(), on: day(day_of) })
}

fn settle(call: &Call, items: Vec<DueRef>, how: Settlement, evidence: Option<DueEvidence>) -> SettleResult {
    let body = SettleInput { items: Some(items), query: None, how, evidence, preview: false };
    deadlines::settle_deadlines(call, Nothing {}, Nothing {}, body).unwrap().reply
}

fn reopen(call: &Call, items: Vec<DueRef>) -> SettleResult {
    let body = ReopenInput { items, preview: false };
    deadlines::reopen_deadlines(call, Nothing {}, Nothing {}, body).unwrap().reply
}

fn exposure(firm: &Firm, id: DossierId) -> i64 {
    let dossier = service::dossiers::read_dossier(&firm.call, id, Nothing {}, Nothing {}).unwrap().reply;
    dossier.exposure.total_cents
}

fn calendar(firm: &Firm, id: DossierId, value: Value) -> DossierCalendar {
    let query = serde_json::from_value(value).unwrap();
    deadlines::read_dossier_calendar(&firm.call, id, query, Nothing {}).unwrap().reply
}

fn state_of(firm: &Firm, id: DossierId, key: &str) -> DueState {
    let key: DueKey = key.parse().unwrap();
    calendar(firm, id, json!({})).deadlines.into_iter().find(|d| d.key == key).unwrap_or_else(|| panic!("{key}")).state
}

fn refused(error: &Error) -> Vec<&str> {
    error.fields.iter().map(|f| f.pointer.as_str()).collect()
}

/// What stands beside each dossier is what follows from its facts and its records.
fn holds(firm: &Firm) {
    firm.assert_whole();
    let scope = firm.call.scope().unwrap();
    let mut conn = firm.app.store.conn().unwrap();
    let judge = firm.call.judge(&mut conn).unwrap();
    let ids: Vec<DossierId> = firm.all().iter().map(|d| d.id).collect();
    let records = store::settlements::of_dossiers(&mut conn, scope, &ids).unwrap();
    for stored in store::dossiers::find_many(&mut conn, scope, &ids).unwrap() {
        let records = records.get(&stored.id).map(Vec::as_slice).unwrap_or_default();
        assert_eq!(stored.settled, store::settlements::settled(records));
        let assessment = judge.assess(&stored.facts, &stored.settled);
        assert_eq!(stored.mark, assessment.mark());
    }
}

/// What a person does, with numbers that pick among what there is.
#[derive(Debug, Clone)]
enum Step {
    Settle { from: usize, count: usize, done: bool },
    Reopen { from: usize, count: usize },
    Undo(usize),
    Regime { dossier: usize, quarterly: bool },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0usize..60, 1usize..12, any::<bool>()).prop_map(|(from, count, done)| Step::Settle { from, count, done }),
        2 => (0usize..60, 1usize..8).prop_map(|(from, count)| Step::Reopen { from, count }),
        2 => (0usize..6).prop_map(Step::Undo),
        1 => (0usize..4, any::<bool>()).prop_map(|(dossier, quarterly)| Step::Regime { dossier, quarterly }),
    ]
}

fn take(firm: &Firm, acts: &mut Vec<ActId>, step: &Step) {
    let some = |from: usize, count: usize| -> Vec<DueRef> {
        let all = list(&firm.call, json!({ "limit": 200, "to": "2026-11-30" })).data;
        let row = |row: &DeadlineRow| DueRef { dossier_id: row.dossier_id, key: row.deadline.key };
        all.iter().cycle().skip(from).take(count.min(all.len())).map(row).collect()
    };
    match step {
        Step::Settle { from, count, done } => {
            let how = if *done { Settlement::Done } else { Settlement::NoOperation };
            acts.extend(settle(&firm.call, some(*from, *count), how, proof("2026-11-22")).act_id);
        }
        Step::Reopen { from, count } => {
            reopen(&firm.call, some(*from, *count));
        }
        Step::Undo(n) if !acts.is_empty() => {
            let id = acts.remove(n % acts.len());
            service::bulk::undo_act(&firm.call, id, Nothing {}, Nothing {}).unwrap();
        }
        Step::Undo(_) => {}
        Step::Regime { dossier, quarterly } => {
            let all = firm.all();
            let found = &all[dossier % all.len()];
            let regime = if *quarterly { "real_quarterly" } else { "real_monthly" };
            let fields = [("vat_regimes".to_owned(), json!([{ "regime": regime, "from": null }]))];
            let call = Call { if_match: Some(found.version), ..firm.call.clone() };
            let body = DossierChange { fields: fields.into() };
            service::dossiers::update_dossier(&call, found.id, Nothing {}, body).unwrap();
        }
    }
}

/// A person of the firm who sees one portfolio.
fn staff(firm: &Firm, portfolio: PortfolioId) -> Call {
    let body = NewInvitation {
        email: "lucie@essai.example".into(),
        role: Role::Staff,
        access: Some(Access::Granted),
        portfolio_ids: vec![portfolio],
        aliases: Vec::new(),
    };
    let invitation = service::people::create_invitation(&firm.call, Nothing {}, Nothing {}, body).unwrap().reply;
    let link = invitation.link.unwrap();
    let body = InvitationAnswer {
        token: link.split_once('#').unwrap().1.to_owned(),
        name: "Lucie Brunel".into(),
        password: "quatre mots faciles a retenir".into(),
    };
    let nobody = Call { actor: None, ..firm.call.clone() };
    let token = service::session::accept_invitation(&nobody, Nothing {}, Nothing {}, body).unwrap().reply.access_token;
    Call { actor: Some(service::session::authenticate(&firm.app, &token, firm.call.now).unwrap()), ..nobody }
}

/// Reads a feed as a calendar program does: without a session.
fn read_feed(firm: &Firm, address: &str) -> service::Result<String> {
    let secret = address.strip_prefix("/api/v1/calendar/").unwrap().strip_suffix(".ics").unwrap();
    let nobody = Call { actor: None, ..firm.call.clone() };
    let answer = deadlines::read_calendar_feed(&nobody, FeedSecret(secret.to_owned()), Nothing {}, Nothing {})?;
    let file = answer.file.unwrap();
    assert_eq!(file.media_type, "text/calendar; charset=utf-8");
    Ok(String::from_utf8(file.bytes).unwrap())
}

fn feed(call: &Call, filter: Value) -> CalendarFeed {
    let body = serde_json::from_value(json!({ "name": "Mes échéances", "filter": filter })).unwrap();
    deadlines::create_calendar_feed(call, Nothing {}, Nothing {}, body).unwrap().reply
}

type Properties = BTreeMap<String, String>;

/// Events by a parser that is neither ours nor the writer's.
fn events(text: &str) -> Vec<(Properties, usize)> {
    let calendars: Vec<_> = ical::IcalParser::new(BufReader::new(text.as_bytes())).collect::<Result<_, _>>().unwrap();
    assert_eq!(calendars.len(), 1);
    let told = |list: &[ical::property::Property]| -> Properties {
        list.iter().map(|p| (p.name.clone(), p.value.clone().unwrap_or_default())).collect()
    };
    let head = told(&calendars[0].properties);
    assert_eq!(head["VERSION"], "2.0");
    assert!(head["PRODID"].contains("CabReady"));
    calendars[0].events.iter().map(|e| (told(&e.properties), e.alarms.len())).collect()
}

both_databases! {
    fn the_list_tells_what_is_due_in_order_and_by_pages(firm) {
        on(firm, "2026-11-22");
        let a = eti(firm, 1, "Alpha", json!({}));
        let b = eti(firm, 2, "Bêta", json!({}));
        let page = list(&firm.call, json!({ "facets": true, "limit": 200 }));
        assert_eq!((page.from, page.to), (day("2026-09-23"), day("2027-02-20")));
        assert_eq!(page.total, Some(page.data.len() as u64));
        assert_eq!(page.dossiers, Some(2));
        let order: Vec<_> = page.data.iter()
            .map(|r| (r.deadline.published_on, r.deadline.kind, r.deadline.from, r.name.clone())).collect();
        assert!(order.is_sorted(), "{order:?}");
        // The same rows by pages of three.
        let mut paged = Vec::new();
        let mut after = None;
        loop {
            let page = deadlines::list_deadlines(&firm.call, Nothing {},
                DeadlineListQuery { limit: Some(3), after, ..Default::default() }, Nothing {}).unwrap().reply;
            assert!(page.data.len() <= 3);
            paged.extend(page.data);
            after = page.next;
            if after.is_none() { break; }
        }
        assert_eq!(paged, page.data);
        // Facets count what their filter would show.
        let facets = page.facets.unwrap();
        for count in &facets.due {
            let of = list(&firm.call, json!({ "due": count.state, "limit": 200 }));
            assert_eq!(of.data.len() as u64, count.count, "{:?}", count.state);
            assert!(of.data.iter().all(|r| r.deadline.state == count.state));
        }
        for count in &facets.kind {
            assert_eq!(list(&firm.call, json!({ "kind": count.kind, "limit": 200 })).data.len() as u64, count.count);
        }
        // The second decade of December has two readings of its limit; the third ends on a Sunday.
        let find = |from: &str| page.data.iter().find(|r| {
            r.dossier_id == a && r.deadline.kind == DueKind::Sales && r.deadline.from == day(from)
        }).unwrap().deadline.clone();
        let second = find("2026-12-11");
        assert_eq!((second.published_on, second.prudent_on), (day("2026-12-31"), day("2026-12-30")));
        assert!(second.notes[0].fr.contains("30/12/2026"));
        assert_eq!(find("2026-12-21").day_off, Some(domain::holiday::DayOff::Sunday));
        // November's first decade is missed, its second is due in a week, its third is open.
        let state = |from: &str| find(from).state;
        assert_eq!((state("2026-11-01"), state("2026-11-11"), state("2026-11-21")),
            (DueState::Missed, DueState::Open, DueState::Open));
        let days = deadlines::read_deadline_days(&firm.call, Nothing {}, DeadlineQuery::default(), Nothing {}).unwrap().reply;
        let counted: u64 = days.days.iter().flat_map(|d| &d.counts).map(|c| c.count).sum();
        assert_eq!(Some(counted), page.total);
        let sunday = days.days.iter().find(|d| d.on == day("2027-01-10")).unwrap();
        assert_eq!(sunday.day_off, Some(domain::holiday::DayOff::Sunday));
        // The filters of the list of dossiers hold.
        let only = list(&firm.call, json!({ "q": "beta", "limit": 200 }));
        assert!(!only.data.is_empty() && only.data.iter().all(|r| r.dossier_id == b));
        for (wrong, pointer) in [(json!({ "from": "2027-01-01", "to": "2026-01-01" }), "?from"),
            (json!({ "from": "2020-01-01", "to": "2027-01-01" }), "?from"), (json!({ "after": "zz" }), "?after")] {
            let error = deadlines::list_deadlines(&firm.call, Nothing {}, query(wrong), Nothing {}).unwrap_err();
            assert_eq!((error.code, refused(&error)), (Code::BadRequest, vec![pointer]));
        }
    }

    fn a_report_is_settled_with_evidence_and_taken_back(firm) {
        on(firm, "2026-11-22");
        let a = eti(firm, 1, "Alpha", json!({}));
        let b = eti(firm, 2, "Bêta", json!({}));
        let before = exposure(firm, a);
        assert_eq!(state_of(firm, a, "sales:2026-11-01"), DueState::Missed);
        // Nothing happens in a preview.
        let body = SettleInput { items: Some(vec![item(a, "sales:2026-11-01")]), query: None, how: Settlement::Done,
            evidence: proof("2026-11-19"), preview: true };
        let preview = deadlines::settle_deadlines(&firm.call, Nothing {}, Nothing {}, body).unwrap().reply;
        assert_eq!((preview.changed, preview.act_id), (1, None));
        assert_eq!(exposure(firm, a), before);

        let done = settle(&firm.call, vec![item(a, "sales:2026-11-01"), item(b, "sales:2026-11-01"),
            item(a, "sales:2026-11-01")], Settlement::Done, proof("2026-11-19"));
        assert_eq!((done.changed, done.unchanged, done.left_out), (2, 1, 0));
        assert_eq!(state_of(firm, a, "sales:2026-11-01"), DueState::Done);
        assert_eq!(exposure(firm, a), before - 50_000, "a missed report costs 500 €");
        let evidence = calendar(firm, a, json!({})).deadlines.into_iter().find_map(|d| d.settled).unwrap();
        assert_eq!((evidence.what.as_str(), evidence.source.as_str(), evidence.by_name.as_str()),
            ("Accusé n° 7", "Portail", "Claire Martin"));
        holds(firm);
        // The journal tells it of the dossier.
        let rows = service::journal::list_dossier_journal(&firm.call, a, PageQuery::default(), Nothing {}).unwrap().reply.data;
        assert_eq!(rows[0].action, "deadline.settle");
        assert_eq!(rows[0].changes["settlements"][1][0]["what"], "Accusé n° 7");
        // One is taken back, then what is left of the act.
        assert_eq!(reopen(&firm.call, vec![item(a, "sales:2026-11-01")]).changed, 1);
        assert_eq!(reopen(&firm.call, vec![item(a, "sales:2026-11-01")]).unchanged, 1);
        assert_eq!(exposure(firm, a), before);
        let undone = service::bulk::undo_act(&firm.call, done.act_id.unwrap(), Nothing {}, Nothing {}).unwrap().reply;
        assert_eq!(undone.changed, 1);
        assert_eq!(state_of(firm, b, "sales:2026-11-01"), DueState::Missed);
        let again = service::bulk::undo_act(&firm.call, done.act_id.unwrap(), Nothing {}, Nothing {}).unwrap_err();
        assert_eq!(again.code, Code::Conflict);
        holds(firm);
        // All that the filters take, in one act.
        let body = SettleInput { items: None, query: Some(serde_json::from_value(json!({ "due": "missed", "kind": "sales" })).unwrap()),
            how: Settlement::NoOperation, evidence: None, preview: false };
        let all = deadlines::settle_deadlines(&firm.call, Nothing {}, Nothing {}, body).unwrap().reply;
        assert!(all.changed >= 8 && all.left_out == 0, "{all:?}");
        assert!(list(&firm.call, json!({ "due": "missed", "kind": "sales" })).data.is_empty());
        assert_eq!(state_of(firm, b, "sales:2026-11-01"), DueState::NotApplicable);
        holds(firm);
    }

    fn what_cannot_be_settled_says_why(firm) {
        on(firm, "2026-11-22");
        let a = eti(firm, 1, "Alpha", json!({}));
        settle(&firm.call, vec![item(a, "sales:2026-11-01")], Settlement::Done, proof("2026-11-19"));
        let elsewhere = "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11".parse().unwrap();
        let wrong = vec![
            (item(elsewhere, "sales:2026-11-01"), ItemOutcome::NotFound, "périmètre"),
            (item(a, "reception:2026-09-01"), ItemOutcome::Refused, "préparation"),
            (item(a, "sales:2026-11-02"), ItemOutcome::Refused, "calendrier"),
            (item(a, "sales:2026-12-01"), ItemOutcome::Refused, "01/12/2026"),
            (item(a, "sales:2026-11-21"), ItemOutcome::Refused, "précède"),
            (item(a, "sales:2026-11-01"), ItemOutcome::Unchanged, ""),
        ];
        let result = settle(&firm.call, wrong.iter().map(|w| w.0.clone()).collect(), Settlement::Done, proof("2026-11-20"));
        assert_eq!((result.changed, result.act_id), (0, None));
        for (told, (_, outcome, word)) in result.items.iter().zip(&wrong) {
            assert_eq!(told.outcome, *outcome, "{told:?}");
            assert!(told.reason.as_ref().map_or("", |r| &r.fr).contains(word), "{told:?}");
        }
        let other = settle(&firm.call, vec![item(a, "sales:2026-11-01")], Settlement::NoOperation, None);
        assert!(other.items[0].reason.as_ref().unwrap().fr.contains("reprenez-la"), "{other:?}");
        assert_eq!(reopen(&firm.call, vec![item(a, "emission:2026-09-01")]).left_out, 1);

        let fails = |body: SettleInput| deadlines::settle_deadlines(&firm.call, Nothing {}, Nothing {}, body).unwrap_err();
        let body = |evidence| SettleInput { items: Some(vec![item(a, "sales:2026-11-11")]), query: None,
            how: Settlement::Done, evidence, preview: false };
        assert_eq!(refused(&fails(body(None))), ["/evidence"]);
        assert_eq!(refused(&fails(body(proof("2026-11-23")))), ["/evidence/on"]);
        let empty = DueEvidence { what: " ".into(), source: "\n".into(), on: day("2026-11-20") };
        assert_eq!(refused(&fails(body(Some(empty)))), ["/evidence/what", "/evidence/source"]);
        assert_eq!(refused(&fails(SettleInput { items: None, ..body(proof("2026-11-20")) })), ["/items"]);
        holds(firm);
    }

    fn everything_stays_equal_to_what_it_follows_from(firm) {
        on(firm, "2026-11-22");
        for n in 1..5 {
            eti(firm, n, &format!("Client {n}"), json!({}));
        }
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
            cases: 8,
            // The sequences go on in one firm, so a shorter one would not show the same failure.
            max_shrink_iters: 0,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let (firm, acts) = (&*firm, std::cell::RefCell::new(Vec::new()));
        runner.run(&proptest::collection::vec(step(), 3..10), |steps| {
            for step in &steps {
                take(firm, &mut acts.borrow_mut(), step);
                holds(firm);
            }
            Ok(())
        }).unwrap();
    }

    fn the_simplified_regime_becomes_quarterly_in_2027(firm) {
        on(firm, "2026-11-22");
        // Small, and bound since 2026 as a member of an assujetti unique.
        let simplified = json!({
            "vat_regimes": [{"regime": "simplified", "from": null}], "vat_group_member": true,
            "headcount": 3, "turnover_cents": 10_000_000, "balance_sheet_cents": 9_000_000,
        });
        let a = eti(firm, 1, "Alpha", simplified);
        let sales = |from: &str, to: &str| -> Vec<(String, String, Option<domain::VatRegime>)> {
            let page = list(&firm.call, json!({ "kind": "sales", "from": from, "to": to, "limit": 200 }));
            page.data.iter().map(|r| (r.deadline.from.to_string(), r.deadline.published_on.to_string(), r.deadline.regime)).collect()
        };
        // Monthly reports until the end of 2026, by the end of the next month; from 2027 on by the tenth.
        let found = sales("2026-12-01", "2027-03-31");
        let of = |from: &str| found.iter().find(|f| f.0 == from).unwrap_or_else(|| panic!("{from} in {found:?}"));
        assert_eq!((of("2026-12-01").1.as_str(), of("2026-12-01").2), ("2027-01-31", Some(domain::VatRegime::Simplified)));
        assert_eq!((of("2027-01-01").1.as_str(), of("2027-01-01").2), ("2027-02-10", Some(domain::VatRegime::RealQuarterly)));
        // What cannot be told says what is missing.
        let fields = [("activity".to_owned(), json!({ "b2b": true, "services": true }))];
        let version = service::dossiers::read_dossier(&firm.call, a, Nothing {}, Nothing {}).unwrap().reply.version;
        let call = Call { if_match: Some(version), ..firm.call.clone() };
        service::dossiers::update_dossier(&call, a, Nothing {}, DossierChange { fields: fields.into() }).unwrap();
        let untold = calendar(firm, a, json!({})).untold;
        assert!(untold.iter().any(|u| !u.missing.is_empty()), "{untold:?}");
    }

    fn a_person_sees_and_settles_the_own_portfolio_only(firm) {
        on(firm, "2026-11-22");
        let (mine, other) = (firm.portfolio("Lille"), firm.portfolio("Arras"));
        let a = eti(firm, 1, "Alpha", json!({ "portfolio_id": mine }));
        let b = eti(firm, 2, "Bêta", json!({ "portfolio_id": other }));
        let secret = eti(firm, 3, "Gamma", json!({ "portfolio_id": mine, "confidential": true }));
        let lucie = staff(firm, mine);
        let seen = |call: &Call| -> BTreeSet<DossierId> {
            list(call, json!({ "limit": 200 })).data.iter().map(|r| r.dossier_id).collect()
        };
        assert_eq!(seen(&firm.call), [a, b, secret].into());
        assert_eq!(seen(&lucie), [a].into());
        let result = settle(&lucie, vec![item(b, "sales:2026-11-01"), item(secret, "sales:2026-11-01")],
            Settlement::Done, proof("2026-11-19"));
        assert!(result.items.iter().all(|i| i.outcome == ItemOutcome::NotFound && i.name.is_none()));
        let hidden = deadlines::read_dossier_calendar(&lucie, b, CalendarQuery::default(), Nothing {}).unwrap_err();
        assert_eq!(hidden.code, Code::NotFound);
        // Somebody else's records are neither seen nor taken back.
        settle(&firm.call, vec![item(b, "sales:2026-11-01")], Settlement::Done, proof("2026-11-19"));
        assert_eq!(reopen(&lucie, vec![item(b, "sales:2026-11-01")]).left_out, 1);
        assert_eq!(state_of(firm, b, "sales:2026-11-01"), DueState::Done);
    }

    fn a_calendar_program_reads_the_feed(firm) {
        on(firm, "2026-11-22");
        let long = "Société d’exploitation; des \\ établissements, Été & Cie du quartier de la Très Haute-Forêt-Noire";
        let a = eti(firm, 1, long, json!({}));
        for n in 2..60 {
            eti(firm, n, &format!("Client {n:02}"), json!({}));
        }
        let alone = eti(firm, 99, "Zoé, fils; & Cie", json!({
            "vat_regimes": [{"regime": "franchise", "from": null}], "vat_on_debits": false,
            "activity": {"b2b": true, "b2c": true, "b2g": false, "international": false, "services": true},
        }));
        let made = feed(&firm.call, json!({}));
        let address = made.address.unwrap();
        let text = read_feed(firm, &address).unwrap();
        assert!(text.split("\r\n").all(|line| line.len() <= 75), "every line is folded");
        for once in ["VERSION:2.0\r\n", "PRODID:", "CALSCALE:"] {
            assert_eq!(text.matches(once).count(), 1, "RFC 5545, 3.6: {once} is told once");
        }
        assert!(!text.replace("\r\n", "").contains('\n'), "every line ends as it should");
        let all = events(&text);
        let ids: BTreeSet<_> = all.iter().map(|(e, _)| e["UID"].clone()).collect();
        assert_eq!(ids.len(), all.len(), "each event has a name of its own");
        let find = |on: &str, what: &str| all.iter().find(|(e, _)| {
            e["DTSTART"] == on && e["SUMMARY"].contains(what)
        }).unwrap_or_else(|| panic!("{on} {what}"));
        let (sales, alarms) = find("20261210", "ventes");
        assert_eq!(sales["SUMMARY"], "E-reporting des ventes — 59 dossiers");
        assert_eq!(*alarms, 1);
        assert!(sales["DESCRIPTION"].contains("Période du 21/11/2026 au 30/11/2026."));
        assert!(sales["DESCRIPTION"].contains("• Client 02") && sales["DESCRIPTION"].contains("… et 19 autres"));
        assert!(sales.contains_key("DTSTAMP"));
        let (one, _) = find("20261130", "paiements");
        assert_eq!(one["SUMMARY"], "E-reporting des paiements — Zoé\\, fils\\; & Cie");
        // Past events ring no more.
        assert_eq!(find("20261120", "ventes").1, 0);
        // The same events by the same names at the next reading; what is settled is left out.
        let everything: Vec<DueRef> = firm.all().iter().filter(|d| d.id != a && d.id != alone)
            .map(|d| item(d.id, "sales:2026-11-21")).collect();
        assert_eq!(settle(&firm.call, everything, Settlement::Done, proof("2026-11-22")).left_out, 0);
        let later = events(&read_feed(firm, &address).unwrap());
        let same = later.iter().find(|(e, _)| e["UID"] == sales["UID"]).unwrap();
        assert!(same.0["SUMMARY"].contains("Société d’exploitation\\; des \\\\ établissements\\, Été & Cie"), "{}", same.0["SUMMARY"]);
        // Narrowed by the filters of the list.
        let narrow = feed(&firm.call, json!({ "q": "client 07", "kind": ["sales"], "confidential": false }));
        let narrow = events(&read_feed(firm, &narrow.address.unwrap()).unwrap());
        assert!(!narrow.is_empty() && narrow.iter().all(|(e, _)| e["SUMMARY"].contains("ventes — Client 07")));
    }

    fn a_feed_shows_what_its_owner_may_see_now(firm) {
        on(firm, "2026-11-22");
        let (mine, other) = (firm.portfolio("Lille"), firm.portfolio("Arras"));
        eti(firm, 1, "Alpha", json!({ "portfolio_id": mine }));
        eti(firm, 2, "Bêta", json!({ "portfolio_id": other }));
        let lucie = staff(firm, mine);
        let made = feed(&lucie, json!({}));
        let address = made.address.unwrap();
        let names = |text: &str| (text.contains("Alpha"), text.contains("Bêta"));
        assert_eq!(names(&read_feed(firm, &address).unwrap()), (true, false));
        // Another portfolio is given: seen at the next reading, without a new address.
        let person = |firm: &Firm| service::people::list_people(&firm.call, Nothing {}, Nothing {}, Nothing {}).unwrap()
            .reply.data.into_iter().find(|p| p.name == "Lucie Brunel").unwrap();
        let change = |firm: &Firm, change: PersonChange| {
            let lucie = person(firm);
            let call = Call { if_match: Some(lucie.version), ..firm.call.clone() };
            service::people::update_person(&call, lucie.id, Nothing {}, change).unwrap();
        };
        change(firm, PersonChange { portfolio_ids: Some(vec![other]), ..Default::default() });
        assert_eq!(names(&read_feed(firm, &address).unwrap()), (false, true));
        // Nobody else lists or ends it; the secret is told once and kept as a hash.
        let listed = |call: &Call| deadlines::list_calendar_feeds(call, Nothing {}, Nothing {}, Nothing {}).unwrap().reply.data;
        assert!(listed(&firm.call).is_empty());
        assert_eq!(listed(&lucie).len(), 1);
        assert_eq!(listed(&lucie)[0].address, None);
        assert!(listed(&lucie)[0].last_used_at.is_some());
        let ended = deadlines::delete_calendar_feed(&firm.call, made.id, Nothing {}, Nothing {}).unwrap_err();
        assert_eq!(ended.code, Code::NotFound);
        // Kept out, let in again, revoked.
        change(firm, PersonChange { active: Some(false), ..Default::default() });
        assert_eq!(read_feed(firm, &address).unwrap_err().code, Code::NotFound);
        change(firm, PersonChange { active: Some(true), ..Default::default() });
        assert!(read_feed(firm, &address).is_ok());
        deadlines::delete_calendar_feed(&lucie, made.id, Nothing {}, Nothing {}).unwrap();
        assert_eq!(read_feed(firm, &address).unwrap_err().code, Code::NotFound);
        assert_eq!(read_feed(firm, "/api/v1/calendar/cal_00.ics").unwrap_err().code, Code::NotFound);
        // Readings from one address are limited.
        let address = feed(&firm.call, json!({})).address.unwrap();
        firm.call.client.address = Some("192.0.2.7".parse().unwrap());
        let refused = (0..70).filter_map(|_| read_feed(firm, &address).err()).collect::<Vec<_>>();
        assert!(!refused.is_empty() && refused.iter().all(|e| e.code == Code::TooManyRequests));
    }

    fn the_file_holds_what_the_list_tells(firm) {
        on(firm, "2026-11-22");
        let a = eti(firm, 1, "=Alpha", json!({}));
        settle(&firm.call, vec![item(a, "sales:2026-11-01")], Settlement::Done, proof("2026-11-19"));
        let export = |value: Value| {
            let query = serde_json::from_value(value).unwrap();
            deadlines::export_deadlines(&firm.call, Nothing {}, query, Nothing {}).unwrap().file.unwrap()
        };
        let file = export(json!({}));
        let mut rows = csv::ReaderBuilder::new().delimiter(b';').from_reader(&file.bytes[3..]);
        let rows: Vec<_> = rows.records().collect::<Result<_, _>>().unwrap();
        assert_eq!(Some(rows.len() as u64), list(&firm.call, json!({ "facets": true })).total);
        let done = rows.iter().find(|r| &r[5] == "Fait").unwrap();
        assert_eq!((&done[7], &done[10], &done[12]), ("'=Alpha", "Accusé n° 7", "2026-11-19"));
        assert!(export(json!({ "format": "xlsx" })).bytes.starts_with(b"PK"));
    }
}
