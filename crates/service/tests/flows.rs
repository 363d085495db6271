//! Flows: what comes in, what becomes of it when it comes again or otherwise, what is read, counted, handled, undone.

mod common;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use common::{SignedIn, World, code, on_both};
use contract::{
    Code, FlowHandlingInput, FlowListQuery, FlowQuery, FlowSort, ItemOutcome, NewDossier, Nothing, OrNone, Several,
    TakenOutcome, WordInput,
};
use domain::flow::{FlowDetails, FlowDirection, FlowKind, FlowSource, Handling, Report, StatusSaid};
use domain::{Access, Criterion, DossierFacts, FlowId, ProofSource, Role, Siren};
use service::flows::{self, Source, Taken, Writing, take};
use service::journal::stamp;
use service::{bulk, dossiers, people};
use store::dialect;

const CLIENT: &str = "732829320";
const OTHER: &str = "552100554";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn said(raw: &str, at_: &str) -> Option<StatusSaid> {
    Some(StatusSaid {
        code: None,
        raw: raw.to_owned(),
        reasons: Vec::new(),
        comment: String::new(),
        collected_cents: None,
        at: at(at_),
    })
}

/// A sale of the client.
fn sale(number: &str, raw: &str, at_: &str) -> Report {
    Report {
        owner: CLIENT.to_owned(),
        owner_siren: Siren::parse(CLIENT).ok(),
        kind: FlowKind::Invoice,
        direction: FlowDirection::Sale,
        number: number.to_owned(),
        seller: CLIENT.to_owned(),
        counterparty: OTHER.to_owned(),
        counterparty_name: String::new(),
        issued_on: Some(day("2026-11-02")),
        due_on: None,
        net_cents: Some(10_000),
        vat_cents: Some(2_000),
        gross_cents: Some(12_000),
        currency: "EUR".to_owned(),
        platform: "Plateforme X".to_owned(),
        details: FlowDetails::default(),
        status: said(raw, at_),
    }
}

const X: Source<'static> = Source { kind: FlowSource::List, name: "Plateforme X" };
const Y: Source<'static> = Source { kind: FlowSource::List, name: "Plateforme Y" };

fn taken(world: &World, who: &SignedIn, source: Source<'_>, reports: &[Report]) -> Taken {
    let call = world.by(who);
    let cabinet = call.scope().unwrap().cabinet();
    let taken = call.app.store.conn().unwrap().write(|conn| -> service::Result<Taken> {
        dialect::lock_cabinet(conn, cabinet)?;
        let judge = call.judge(conn)?;
        take(&mut Writing { conn, cabinet, stamp: &stamp(&call), judge: &judge }, source, reports)
    });
    taken.unwrap()
}

fn dossier(world: &World, who: &SignedIn, siren: &str, portfolio: Option<domain::PortfolioId>) -> contract::Dossier {
    let mut facts = DossierFacts::new(Siren::parse(siren).unwrap(), "Boulangerie de l’Île".to_owned());
    facts.portfolio_id = portfolio;
    dossiers::create_dossier(&world.by(who), Nothing {}, Nothing {}, NewDossier { facts }).unwrap().reply
}

fn list(world: &World, who: &SignedIn, filter: FlowQuery) -> Vec<contract::FlowRow> {
    let query = FlowListQuery { filter, ..FlowListQuery::default() };
    flows::list_flows(&world.by(who), Nothing {}, query, Nothing {}).unwrap().reply.data
}

fn all(world: &World, who: &SignedIn) -> Vec<contract::FlowRow> {
    list(world, who, FlowQuery::default())
}

fn read(world: &World, who: &SignedIn, id: FlowId) -> contract::Flow {
    flows::read_flow(&world.by(who), id, Nothing {}, Nothing {}).unwrap().reply
}

fn code_of(row: &contract::FlowRow) -> Option<u32> {
    row.status.as_ref().and_then(|s| s.code)
}

/// Stored sums against the flows themselves.
fn assert_sums(world: &World, who: &SignedIn) {
    let cabinet = world.by(who).scope().unwrap().cabinet();
    let mut conn = world.app.store.conn().unwrap();
    let mut expected: std::collections::BTreeMap<(String, String, String, Option<NaiveDate>), [i64; 3]> =
        Default::default();
    let query = FlowListQuery { limit: Some(200), ..FlowListQuery::default() };
    for row in flows::list_flows(&world.by(who), Nothing {}, query, Nothing {}).unwrap().reply.data {
        let month = row.issued_on.and_then(|d| chrono::Datelike::with_day(&d, 1));
        let code = code_of(&row);
        let sum = expected.entry((row.owner, row.platform, row.direction.to_string(), month)).or_default();
        sum[0] += 1;
        sum[1] += i64::from(code == Some(213));
        sum[2] += i64::from(code == Some(210));
    }
    let stored = store::flows::stored_months(&mut conn, cabinet).unwrap();
    let stored: std::collections::BTreeMap<_, _> =
        stored.into_iter().map(|(o, p, d, m, counts)| ((o, p, d, m), counts)).collect();
    assert_eq!(stored, expected);
}

#[test]
fn what_is_said_again_changes_nothing_and_the_latest_time_stands() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@exemple.fr");
        let reports = [
            sale("F-1", "Rejetée", "2026-11-05T10:00:00Z"),
            sale("F-1", "Déposée", "2026-11-02T10:00:00Z"),
            sale("F-1", "Prise en charge", "2026-11-04T10:00:00Z"),
            sale("F-2", "205", "2026-11-04T10:00:00Z"),
        ];
        let first = taken(world, &claire, X, &reports);
        let outcomes: Vec<TakenOutcome> = first.reports.iter().map(|r| r.outcome).collect();
        use TakenOutcome::{Added, Created, Unchanged};
        assert_eq!(outcomes, [Created, Added, Added, Created]);
        assert_eq!((first.created, first.added, first.unchanged), (2, 2, 0));
        let rows = all(world, &claire);
        let standing: Vec<_> = rows.iter().map(|r| (r.number.as_str(), code_of(r), r.version)).collect();
        assert_eq!(standing.len(), 2);
        assert!(standing.contains(&("F-1", Some(213), 1)) && standing.contains(&("F-2", Some(205), 1)));
        let before = world.texts("SELECT flow_id || CAST(key AS TEXT) || raw AS text FROM flow_events ORDER BY 1");
        assert_eq!(before.len(), 4);
        // A replay, in another order, later.
        world.pass(Duration::minutes(5));
        let mut again = reports.to_vec();
        again.reverse();
        let second = taken(world, &claire, X, &again);
        assert!(second.reports.iter().all(|r| r.outcome == Unchanged), "{second:?}");
        assert_eq!(all(world, &claire), rows);
        assert_eq!(
            world.texts("SELECT flow_id || CAST(key AS TEXT) || raw AS text FROM flow_events ORDER BY 1"),
            before
        );
        assert_sums(world, &claire);
        // Later in the file, earlier in time: it is told, and does not overwrite.
        taken(world, &claire, X, &[sale("F-1", "Approuvée", "2026-11-04T12:00:00Z")]);
        let row = list(world, &claire, FlowQuery { q: Some("F-1".to_owned()), ..FlowQuery::default() }).remove(0);
        assert_eq!(code_of(&row), Some(213));
        let flow = read(world, &claire, row.id);
        let told: Vec<_> = flow.events.iter().map(|e| (e.status.code.unwrap(), e.current, e.contradicted)).collect();
        assert_eq!(told, [(200, false, false), (204, false, false), (205, false, false), (213, true, false)]);
        assert!(flow.events[0].to_state && !flow.events[1].to_state && flow.events[3].to_state);
        assert_sums(world, &claire);
    });
}

#[test]
fn nothing_changes_a_history_not_even_by_sql() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@exemple.fr");
        taken(world, &claire, X, &[sale("F-1", "Rejetée", "2026-11-05T10:00:00Z")]);
        let refused = match &mut *world.app.store.conn().unwrap() {
            store::Conn::Sqlite(c) => {
                diesel::connection::SimpleConnection::batch_execute(c, "UPDATE flow_events SET status = 205")
            }
            store::Conn::Postgres(c) => {
                diesel::connection::SimpleConnection::batch_execute(c, "UPDATE flow_events SET status = 205")
            }
        };
        assert!(refused.unwrap_err().to_string().contains("never changed"));
    });
}

#[test]
fn two_sources_that_disagree_are_both_kept_and_shown() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@exemple.fr");
        taken(world, &claire, X, &[sale("F-1", "Rejetée", "2026-11-05T10:00:00Z")]);
        taken(world, &claire, Y, &[sale("F-1", "212", "2026-11-07T10:00:00Z")]);
        let row = all(world, &claire).remove(0);
        assert_eq!(code_of(&row), Some(212));
        let flow = read(world, &claire, row.id);
        assert!(flow.events.iter().all(|e| e.contradicted), "{:?}", flow.events);
        assert_eq!(flow.events.len(), 2);
        // What tells invoices apart and differs stands beside what was said first.
        let other = Report { gross_cents: Some(9_900), ..sale("F-1", "212", "2026-11-07T10:00:00Z") };
        let third = taken(world, &claire, Y, std::slice::from_ref(&other));
        assert_eq!(third.added, 1);
        assert_eq!(taken(world, &claire, Y, &[other]).unchanged, 1);
        let flow = read(world, &claire, row.id);
        assert_eq!(flow.row.gross_cents, Some(12_000));
        assert_eq!((flow.details.otherwise.len(), flow.details.otherwise[0].value.as_str()), (1, "99.00"));
        assert_sums(world, &claire);
    });
}

#[test]
fn a_row_without_its_day_finds_the_only_flow_of_its_number() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@exemple.fr");
        let undated = |number: &str, raw: &str, at_: &str| Report { issued_on: None, ..sale(number, raw, at_) };
        // Known first.
        taken(world, &claire, X, &[sale("F-1", "Déposée", "2026-11-02T10:00:00Z")]);
        let found = taken(world, &claire, X, &[undated("F-1", "Rejetée", "2026-11-05T10:00:00Z")]);
        assert_eq!((found.created, found.added), (0, 1));
        // Told of without its day first: the day that comes is its own.
        taken(world, &claire, X, &[undated("F-2", "Déposée", "2026-11-02T10:00:00Z")]);
        let dated = taken(world, &claire, X, &[sale("F-2", "Rejetée", "2026-11-05T10:00:00Z")]);
        assert_eq!((dated.created, dated.added), (0, 1));
        assert_eq!(taken(world, &claire, X, &[sale("F-2", "Rejetée", "2026-11-05T10:00:00Z")]).unchanged, 1);
        // Two years of one number: nobody can tell, so it stands for itself.
        let last_year =
            Report { issued_on: Some(day("2025-11-02")), ..sale("F-1", "Déposée", "2025-11-02T10:00:00Z") };
        assert_eq!(taken(world, &claire, X, &[last_year]).created, 1);
        assert_eq!(taken(world, &claire, X, &[undated("F-1", "212", "2026-11-09T10:00:00Z")]).created, 1);
        assert_eq!(taken(world, &claire, X, &[undated("F-1", "212", "2026-11-09T10:00:00Z")]).unchanged, 1);
        assert_eq!(all(world, &claire).len(), 4);
        // All in one file.
        let file = [
            undated("F-9", "Déposée", "2026-11-02T10:00:00Z"),
            sale("F-9", "Mise à disposition", "2026-11-03T10:00:00Z"),
            undated("F-9", "Approuvée", "2026-11-04T10:00:00Z"),
        ];
        assert_eq!(taken(world, &claire, X, &file).created, 1);
        // The one without its day gets it, and another without stands in its place.
        let file = [
            Report { issued_on: Some(day("2024-11-02")), ..sale("F-1", "Déposée", "2024-11-02T10:00:00Z") },
            undated("F-1", "Rejetée", "2026-11-10T10:00:00Z"),
        ];
        let both = taken(world, &claire, X, &file);
        assert_eq!((both.created, both.added), (1, 1));
        assert_eq!(taken(world, &claire, X, &file).unchanged, 2);
        assert_eq!(all(world, &claire).len(), 6);
        assert_sums(world, &claire);
    });
}

#[test]
fn one_flow_stands_for_a_client_a_seller_a_number_and_a_year() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@exemple.fr");
        let first = sale("F-1", "Déposée", "2026-11-02T10:00:00Z");
        // As long as a word may be, of characters of four bytes each.
        let long = |from: u32| (0..200).map(|i| char::from_u32(from + i * 7 % 251).unwrap()).collect::<String>();
        let different = [
            Report { seller: OTHER.to_owned(), ..first.clone() },
            Report { owner: OTHER.to_owned(), owner_siren: None, ..first.clone() },
            Report { number: "F-11".to_owned(), ..first.clone() },
            Report { issued_on: Some(day("2025-11-02")), ..first.clone() },
            Report {
                owner: long(0x20000),
                owner_siren: None,
                seller: long(0x21000),
                number: long(0x22000),
                ..first.clone()
            },
        ];
        assert_eq!(taken(world, &claire, X, std::slice::from_ref(&first)).created, 1);
        assert_eq!(taken(world, &claire, X, &different).created, 5);
        assert_eq!(taken(world, &claire, X, &different).unchanged, 5);
        let another_day = Report { issued_on: Some(day("2026-01-02")), ..first.clone() };
        assert_eq!(taken(world, &claire, X, &[another_day]).created, 0);
        // The database holds to it, whoever writes.
        let cabinet = world.by(&claire).scope().unwrap().cabinet();
        let mut conn = world.app.store.conn().unwrap();
        let stored = store::flows::by_name(&mut conn, cabinet, [&first.key()]).unwrap();
        assert_eq!(stored.len(), 2, "those of both years");
        let mut again = stored.into_iter().find(|s| s.flow.key == first.key()).unwrap();
        again.flow.id = service::ids::flow();
        let refused = store::flows::insert(&mut conn, cabinet, &[&again]).unwrap_err();
        assert!(dialect::is_duplicate(&refused), "{refused}");
        again.flow.key.seller = "GB123456789".to_owned();
        store::flows::insert(&mut conn, cabinet, &[&again]).unwrap();
    });
}

#[test]
fn what_cannot_be_taken_says_why_and_holds_nothing_back() {
    let world = World::sqlite();
    let claire = world.sign_up("Cabinet Un", "claire@exemple.fr");
    let wrong = [
        sale("  ", "Déposée", "2026-11-02T10:00:00Z"),
        Report { owner: String::new(), owner_siren: None, ..sale("F-1", "Déposée", "2026-11-02T10:00:00Z") },
        sale("F-1\u{0}", "Déposée", "2026-11-02T10:00:00Z"),
        sale(&"9".repeat(201), "Déposée", "2026-11-02T10:00:00Z"),
        sale("F-1", "Déposée", "2027-01-02T10:00:00Z"),
        Report { issued_on: Some(day("1026-11-02")), ..sale("F-1", "Déposée", "2026-11-02T10:00:00Z") },
        sale(" F-7 ", " Déposée ", "2026-11-02T10:00:00Z"),
    ];
    let taken = taken(&world, &claire, X, &wrong);
    assert_eq!((taken.refused, taken.created), (6, 1));
    for report in &taken.reports[..6] {
        assert!(report.message.as_ref().is_some_and(|m| !m.fr.is_empty() && !m.en.is_empty()), "{report:?}");
    }
    assert_eq!(all(&world, &claire)[0].number, "F-7");
}

#[test]
fn a_word_that_nobody_knows_waits_and_is_read_by_a_person() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@exemple.fr");
        let word = "En attente de routage";
        let reports = [
            sale("F-1", "Déposée", "2026-11-02T10:00:00Z"),
            sale("F-1", word, "2026-11-03T10:00:00Z"),
            sale("F-2", word, "2026-11-04T10:00:00Z"),
            sale("F-3", "229", "2026-11-04T10:00:00Z"),
        ];
        let first = taken(world, &claire, X, &reports);
        assert_eq!((first.unread, first.created, first.added), (2, 3, 1));
        assert_eq!(taken(world, &claire, X, &reports).unchanged, 4);
        let words = || flows::list_words(&world.by(&claire), Nothing {}, Nothing {}, Nothing {}).unwrap().reply;
        let list_ = words();
        assert_eq!((list_.unread.len(), list_.unread[0].events, list_.read.len()), (1, 2, 0));
        assert!(list_.unread[0].near.contains(&221));
        let none = FlowQuery { status: Several(vec![OrNone::None]), ..FlowQuery::default() };
        assert_eq!(list(world, &claire, none.clone()).len(), 2);
        let set = |code: Option<u32>, preview| {
            let body = WordInput { platform: "Plateforme X".to_owned(), word: word.to_owned(), code, preview };
            flows::set_word(&world.by(&claire), Nothing {}, Nothing {}, body)
        };
        assert_eq!(set(Some(202), true).unwrap().reply.flows, 2);
        assert_eq!(list(world, &claire, none.clone()).len(), 2, "a preview changes nothing");
        world.pass(Duration::minutes(1));
        assert_eq!(set(Some(202), false).unwrap().reply.flows, 2);
        assert!(list(world, &claire, none.clone()).is_empty());
        let of = |number: &str| {
            let q = FlowQuery { q: Some(number.to_owned()), ..FlowQuery::default() };
            list(world, &claire, q).remove(0)
        };
        assert_eq!((code_of(&of("F-1")), code_of(&of("F-2")), code_of(&of("F-3"))), (Some(202), Some(202), Some(229)));
        let events = read(world, &claire, of("F-2").id).events;
        assert_eq!((events.len(), events[0].status.code, events[1].status.source), (2, None, FlowSource::Person));
        assert_eq!((events[1].status.source_name.as_str(), events[1].status.raw.as_str()), ("Claire Martin", word));
        assert_eq!(events[1].status.at, events[0].status.at);
        // What comes later is read at once; what came before is the same when it comes again.
        assert_eq!(taken(world, &claire, X, &reports).unchanged, 4);
        let later = taken(world, &claire, X, &[sale("F-4", "EN ATTENTE DE ROUTAGE", "2026-11-05T10:00:00Z")]);
        assert_eq!((later.created, later.unread), (1, 0));
        assert_eq!(code_of(&of("F-4")), Some(202));
        // Read otherwise, then set aside.
        world.pass(Duration::minutes(1));
        assert_eq!(set(Some(201), false).unwrap().reply.flows, 3);
        assert_eq!((code_of(&of("F-2")), code_of(&of("F-4"))), (Some(201), Some(201)));
        world.pass(Duration::minutes(1));
        assert_eq!(set(None, false).unwrap().reply.flows, 3);
        assert_eq!((code_of(&of("F-1")), of("F-2").status), (Some(200), None));
        assert_eq!(words().read.len(), 2, "both spellings");
        assert_eq!(code(set(Some(999), false)), Code::Invalid);
        assert!(world.actions(&claire).iter().filter(|a| *a == "flow.word").count() == 3);
        assert_sums(world, &claire);
    });
}

#[test]
fn a_word_of_many_flows_is_read_by_a_job_that_may_begin_again() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@exemple.fr");
        let reports: Vec<Report> =
            (0..1_200).map(|n| sale(&format!("F-{n:05}"), "Traitement PA", "2026-11-04T10:00:00Z")).collect();
        assert_eq!(taken(world, &claire, X, &reports).unread, 1_200);
        let body = WordInput {
            platform: "Plateforme X".to_owned(),
            word: "Traitement PA".to_owned(),
            code: Some(202),
            preview: false,
        };
        let set = flows::set_word(&world.by(&claire), Nothing {}, Nothing {}, body).unwrap().reply;
        assert_eq!(set.flows, 1_200);
        assert!(set.job_id.is_some());
        service::jobs::drain(&world.app).unwrap();
        let count =
            || flows::count_flows(&world.by(&claire), Nothing {}, FlowQuery::default(), Nothing {}).unwrap().reply;
        assert_eq!((count().unread, count().total, count().by_status[0].code), (0, 1_200, Some(202)));
        let events = "SELECT CAST(COUNT(*) AS TEXT) AS text FROM flow_events";
        assert_eq!(world.texts(events), ["2400"]);
        // As if it had been killed before its end.
        world.sql("UPDATE jobs SET state = 'queued', ended_at = NULL, leased_by = NULL");
        service::jobs::drain(&world.app).unwrap();
        assert_eq!(world.texts(events), ["2400"]);
        assert_eq!(world.texts("SELECT state AS text FROM jobs"), ["done"]);
    });
}

#[test]
fn a_flow_finds_its_dossier_when_that_comes_and_follows_its_siren() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@exemple.fr");
        taken(world, &claire, X, &[sale("F-1", "Mise à disposition", "2026-11-05T10:00:00Z")]);
        let orphans = FlowQuery { unknown_client: Some(true), ..FlowQuery::default() };
        assert_eq!(list(world, &claire, orphans.clone()).len(), 1);
        let made = dossier(world, &claire, CLIENT, None);
        assert!(list(world, &claire, orphans.clone()).is_empty());
        let row = all(world, &claire).remove(0);
        assert_eq!((row.dossier_id, row.dossier_name.as_deref()), (Some(made.id), Some("Boulangerie de l’Île")));
        // What it shows of the client counts, and is written once.
        let now = |id| dossiers::read_dossier(&world.by(&claire), id, Nothing {}, Nothing {}).unwrap().reply;
        let proofs = |d: &contract::Dossier| -> Vec<(Criterion, NaiveDate)> {
            d.facts.proofs.iter().filter(|p| p.source == ProofSource::Flow).map(|p| (p.criterion, p.on)).collect()
        };
        assert_eq!(proofs(&now(made.id)), [(Criterion::EmissionProved, day("2026-11-05"))]);
        let version = now(made.id).version;
        let more: Vec<Report> = (2..30)
            .map(|n| sale(&format!("F-{n}"), "Mise à disposition", &format!("2026-11-{:02}T10:00:00Z", n % 20 + 1)))
            .collect();
        taken(world, &claire, X, &more);
        assert_eq!(now(made.id).version, version, "nothing that counts more");
        // Another SIREN: the flows of the first wait again, those of the second come.
        let call = world.by(&claire);
        let cabinet = call.scope().unwrap().cabinet();
        call.app
            .store
            .conn()
            .unwrap()
            .write(|conn| -> service::Result<()> {
                dialect::lock_cabinet(conn, cabinet)?;
                let before = store::dossiers::find(conn, call.scope()?, made.id)?;
                let mut facts = before.facts.clone();
                facts.siren = Siren::parse(OTHER).unwrap();
                let drafts = vec![dossiers::Draft { before: Some(before), after: Some(facts) }];
                let judge = call.judge(conn)?;
                dossiers::write(conn, cabinet, &stamp(&call), &judge, dossiers::BY_HAND, drafts)?;
                Ok(())
            })
            .unwrap();
        assert_eq!(list(world, &claire, orphans.clone()).len(), 29);
        // A second dossier for the first SIREN takes them; deleted, it takes them with it.
        let second = dossier(world, &claire, CLIENT, None);
        assert!(list(world, &claire, orphans).is_empty());
        let call = world.by_on(&claire, now(second.id).version);
        dossiers::delete_dossier(&call, second.id, Nothing {}, Nothing {}).unwrap();
        assert!(all(world, &claire).is_empty());
        assert_sums(world, &claire);
    });
}

#[test]
fn what_was_done_is_told_beside_and_can_be_taken_back() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@exemple.fr");
        taken(
            world,
            &claire,
            X,
            &[
                sale("F-1", "Rejetée", "2026-11-05T10:00:00Z"),
                sale("F-2", "Rejetée", "2026-11-05T10:00:00Z"),
                sale("F-3", "Approuvée", "2026-11-05T10:00:00Z"),
            ],
        );
        let rejected = FlowQuery { status: Several(vec![OrNone::Is(213)]), ..FlowQuery::default() };
        let body = |handling, note: Option<&str>, preview| FlowHandlingInput {
            ids: None,
            filter: Some(rejected.clone()),
            handling,
            note: note.map(str::to_owned),
            preview,
        };
        let handle = |body| flows::handle_flows(&world.by(&claire), Nothing {}, Nothing {}, body);
        let preview = handle(body(Handling::Resolved, Some("Avoir interne AV-1"), true)).unwrap().reply;
        assert_eq!((preview.changed, preview.act_id), (2, None));
        assert_eq!(code(handle(body(Handling::Ignored, None, false))), Code::Invalid);
        let done = handle(body(Handling::Resolved, Some("Avoir interne AV-1"), false)).unwrap().reply;
        assert_eq!((done.changed, done.left_out, done.items.len()), (2, 0, 2));
        let resolved = FlowQuery { handling: Several(vec![Handling::Resolved]), ..FlowQuery::default() };
        let rows = list(world, &claire, resolved.clone());
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|r| code_of(r) == Some(213)), "the official status stays");
        let again = handle(body(Handling::Resolved, None, false)).unwrap().reply;
        assert_eq!((again.changed, again.act_id), (0, None));
        assert!(again.items.iter().all(|i| i.outcome == ItemOutcome::Unchanged));
        // One of them is handled once more: the undo leaves it.
        world.pass(Duration::minutes(1));
        let one = FlowHandlingInput {
            ids: Some(vec![rows[0].id]),
            filter: None,
            handling: Handling::InProgress,
            note: None,
            preview: false,
        };
        handle(one).unwrap();
        world.pass(Duration::minutes(1));
        let undone = bulk::undo_act(&world.by(&claire), done.act_id.unwrap(), Nothing {}, Nothing {}).unwrap().reply;
        assert_eq!((undone.changed, undone.left_out), (1, 1));
        assert!(list(world, &claire, resolved).is_empty());
        let told = read(world, &claire, rows[1].id).handled;
        assert_eq!(told.iter().map(|h| h.handling).collect::<Vec<_>>(), [Handling::None, Handling::Resolved]);
        assert_eq!(told[1].note.as_deref(), Some("Avoir interne AV-1"));
        assert_eq!(
            code(bulk::undo_act(&world.by(&claire), done.act_id.unwrap(), Nothing {}, Nothing {})),
            Code::Conflict
        );
        let actions = world.actions(&claire);
        let of = |action: &str| actions.iter().filter(|a| *a == action).count();
        assert_eq!((of("act.flows"), of("flow.handle"), of("flow.undo"), of("act.undo")), (2, 3, 1, 1));
    });
}

#[test]
fn pages_follow_each_other_in_every_order_and_every_filter_counts_as_it_lists() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@exemple.fr");
        let words = ["Déposée", "Rejetée", "Approuvée", "Mise à disposition", "Traitement PA"];
        let reports: Vec<Report> = (0..60)
            .map(|n| {
                let mut report =
                    sale(&format!("F-{n:03}"), words[n % 5], &format!("2026-11-{:02}T10:00:00Z", n % 20 + 1));
                report.issued_on = (n % 7 != 0).then(|| day(&format!("2026-{:02}-{:02}", n % 10 + 1, n % 28 + 1)));
                report.gross_cents = (n % 4 != 0).then_some((n as i64 % 9) * 1_000);
                report.platform = format!("Plateforme {}", ["X", "Y", "Z"][n % 3]);
                report.direction = if n % 2 == 0 { FlowDirection::Sale } else { FlowDirection::Purchase };
                if n % 11 == 0 {
                    report.status = None;
                }
                report
            })
            .collect();
        taken(world, &claire, X, &reports);
        for sort in FlowSort::ALL {
            let mut seen = Vec::new();
            let mut after = None;
            loop {
                let query = FlowListQuery { sort: Some(*sort), limit: Some(7), after, ..FlowListQuery::default() };
                let page = flows::list_flows(&world.by(&claire), Nothing {}, query, Nothing {}).unwrap().reply;
                seen.extend(page.data.iter().map(|r| r.id));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(seen.len(), 60, "{sort}");
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), 60, "{sort}: none twice");
        }
        let filters = [
            (FlowQuery::default(), 60),
            (FlowQuery { platform: Several(vec!["Plateforme X".to_owned()]), ..FlowQuery::default() }, 20),
            (FlowQuery { direction: Some(FlowDirection::Purchase), ..FlowQuery::default() }, 30),
            (FlowQuery { kind: Several(vec![FlowKind::CreditNote]), ..FlowQuery::default() }, 0),
            (FlowQuery { unknown_client: Some(false), ..FlowQuery::default() }, 0),
            // Each is of a client whom the firm does not have.
            (FlowQuery { anomaly: Some(true), ..FlowQuery::default() }, 60),
            (FlowQuery { anomaly: Some(false), ..FlowQuery::default() }, 0),
            (FlowQuery { q: Some("F-00".to_owned()), ..FlowQuery::default() }, 10),
            (FlowQuery { q: Some("732 829 320".to_owned()), ..FlowQuery::default() }, 60),
            (FlowQuery { q: Some(OTHER.to_owned()), ..FlowQuery::default() }, 60),
            (FlowQuery { q: Some("404833048".to_owned()), ..FlowQuery::default() }, 0),
        ];
        for (filter, expected) in filters {
            let query = FlowListQuery { filter: filter.clone(), limit: Some(200), ..FlowListQuery::default() };
            let listed = flows::list_flows(&world.by(&claire), Nothing {}, query, Nothing {}).unwrap().reply.data;
            let counts = flows::count_flows(&world.by(&claire), Nothing {}, filter.clone(), Nothing {}).unwrap().reply;
            assert_eq!((listed.len() as u64, counts.total), (expected, expected), "{filter:?}");
            let of = |take: &dyn Fn(&contract::FlowRow) -> bool| listed.iter().filter(|r| take(r)).count() as u64;
            assert_eq!(counts.unread, of(&|r| r.status.as_ref().is_some_and(|s| s.code.is_none())), "{filter:?}");
            assert_eq!(counts.stuck, of(&|r| r.stuck_since.is_some()), "{filter:?}");
            assert_eq!(counts.unknown_client, of(&|r| r.dossier_id.is_none()), "{filter:?}");
            assert_eq!(counts.by_platform.iter().map(|p| p.count).sum::<u64>(), expected, "{filter:?}");
            for status in &counts.by_status {
                let n = of(&|r| r.status.as_ref().is_some_and(|s| s.code == status.code));
                assert_eq!(status.count, n, "{filter:?} {status:?}");
            }
        }
        let narrow = FlowQuery {
            platform: Several(vec!["Plateforme X".to_owned()]),
            status: Several(vec![OrNone::Is(213), OrNone::None]),
            stuck: Some(false),
            issued_from: Some(day("2026-02-01")),
            issued_to: Some(day("2026-09-30")),
            ..FlowQuery::default()
        };
        let counts = flows::count_flows(&world.by(&claire), Nothing {}, narrow.clone(), Nothing {}).unwrap().reply;
        let listed = list(world, &claire, narrow.clone());
        assert_eq!(counts.total, listed.len() as u64);
        assert!(!listed.is_empty() && listed.iter().all(|r| r.platform == "Plateforme X" && r.issued_on.is_some()));
        let file = flows::export_flows(
            &world.by(&claire),
            Nothing {},
            contract::FlowExportQuery { filter: narrow, format: None },
            Nothing {},
        );
        let text = String::from_utf8(file.unwrap().file.unwrap().bytes).unwrap();
        assert_eq!(text.lines().count(), listed.len() + 1);
        assert_sums(world, &claire);
    });
}

#[test]
fn a_person_sees_the_flows_of_dossiers_in_sight_and_no_others() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@exemple.fr");
        let stranger = world.sign_up("Cabinet Deux", "autre@exemple.fr");
        let paul = world.joined(&claire, "paul@exemple.fr", "Paul Durand", Role::Staff);
        let given = service::portfolios::create_portfolio(
            &world.by(&claire),
            Nothing {},
            Nothing {},
            contract::PortfolioInput { name: "Confié".to_owned(), people: Vec::new() },
        );
        let given = given.unwrap().reply.id;
        let listed = people::list_people(&world.by(&claire), Nothing {}, Nothing {}, Nothing {}).unwrap().reply.data;
        let person = listed.into_iter().find(|p| p.name == "Paul Durand").unwrap();
        let change = contract::PersonChange {
            access: Some(Access::Granted),
            portfolio_ids: Some(vec![given]),
            ..contract::PersonChange::default()
        };
        people::update_person(&world.by_on(&claire, person.version), person.id, Nothing {}, change).unwrap();
        let theirs = dossier(world, &claire, CLIENT, Some(given));
        dossier(world, &claire, OTHER, None);
        let other = Report {
            owner: OTHER.to_owned(),
            owner_siren: Siren::parse(OTHER).ok(),
            seller: OTHER.to_owned(),
            ..sale("F-2", "Rejetée", "2026-11-05T10:00:00Z")
        };
        let nobodys =
            Report { owner: "12345".to_owned(), owner_siren: None, ..sale("F-3", "Rejetée", "2026-11-05T10:00:00Z") };
        taken(world, &claire, X, &[sale("F-1", "Rejetée", "2026-11-05T10:00:00Z"), other, nobodys]);
        assert_eq!(all(world, &claire).len(), 3);
        let seen = all(world, &paul);
        assert_eq!(seen.iter().map(|r| r.dossier_id).collect::<Vec<_>>(), [Some(theirs.id)]);
        assert!(all(world, &stranger).is_empty());
        let hidden = all(world, &claire).into_iter().find(|r| r.number == "F-2").unwrap().id;
        for who in [&paul, &stranger] {
            assert_eq!(code(flows::read_flow(&world.by(who), hidden, Nothing {}, Nothing {})), Code::NotFound);
            let body = FlowHandlingInput {
                ids: Some(vec![hidden]),
                filter: None,
                handling: Handling::Resolved,
                note: None,
                preview: false,
            };
            let done = flows::handle_flows(&world.by(who), Nothing {}, Nothing {}, body).unwrap().reply;
            assert_eq!((done.changed, done.left_out, done.items[0].outcome), (0, 1, ItemOutcome::NotFound));
        }
        let volumes =
            |who| flows::list_platform_flows(&world.by(who), Nothing {}, Nothing {}, Nothing {}).unwrap().reply.data;
        let of =
            |who| volumes(who).iter().map(|p| (p.dossiers, p.flows, p.last_90_days, p.rejected)).collect::<Vec<_>>();
        assert_eq!((of(&claire), of(&paul), of(&stranger)), (vec![(3, 3, 3, 3)], vec![(1, 1, 1, 1)], vec![]));
        let count =
            |who| flows::count_flows(&world.by(who), Nothing {}, FlowQuery::default(), Nothing {}).unwrap().reply.total;
        assert_eq!((count(&claire), count(&paul), count(&stranger)), (3, 1, 0));
        let words = flows::list_words(&world.by(&stranger), Nothing {}, Nothing {}, Nothing {}).unwrap().reply;
        assert!(words.unread.is_empty());
    });
}

#[test]
fn a_platform_teaches_how_long_it_takes() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@exemple.fr");
        let reports: Vec<Report> = (0..40)
            .flat_map(|n| {
                let number = format!("F-{n:03}");
                let hours = 20 + n % 20;
                let end = at("2026-11-02T00:00:00Z") + Duration::hours(hours);
                let mut later = sale(&number, "Reçue par la plateforme", "2026-11-02T00:00:00Z");
                later.status.as_mut().unwrap().at = end;
                [sale(&number, "Déposée", "2026-11-02T00:00:00Z"), later]
            })
            .collect();
        taken(world, &claire, X, &reports);
        let platforms =
            flows::list_platform_flows(&world.by(&claire), Nothing {}, Nothing {}, Nothing {}).unwrap().reply.data;
        let step = &platforms[0].steps[0];
        assert_eq!((step.from, step.to, step.count), (200, 202, 40));
        assert!((25.0..34.0).contains(&step.median_hours) && (34.0..46.0).contains(&step.p95_hours), "{step:?}");
        // The next one is late after what the platform usually takes, not after what is usual anywhere.
        taken(world, &claire, X, &[sale("F-900", "Déposée", "2026-11-20T00:00:00Z")]);
        let row = list(world, &claire, FlowQuery { q: Some("F-900".to_owned()), ..FlowQuery::default() }).remove(0);
        let since = row.stuck_since.unwrap() - at("2026-11-20T00:00:00Z");
        assert!((34..48).contains(&since.num_hours()), "{since}");
        // Taken twice, counted once.
        taken(world, &claire, X, &reports);
        let again =
            flows::list_platform_flows(&world.by(&claire), Nothing {}, Nothing {}, Nothing {}).unwrap().reply.data;
        assert_eq!(again[0].steps, platforms[0].steps);
    });
}

#[test]
fn time_alone_makes_a_flow_late_and_it_is_looked_at_once() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Un", "claire@exemple.fr");
        taken(world, &claire, X, &[sale("F-1", "Déposée", "2026-11-22T09:00:00Z")]);
        let late = FlowQuery { stuck: Some(true), ..FlowQuery::default() };
        assert!(list(world, &claire, late.clone()).is_empty());
        assert_eq!(flows::sweep(&world.app, world.now.get()).unwrap(), 0);
        world.pass(Duration::hours(25));
        let claire = world.sign_in("claire@exemple.fr");
        assert_eq!(list(world, &claire, late).len(), 1);
        assert_eq!(flows::sweep(&world.app, world.now.get()).unwrap(), 1);
        assert_eq!(flows::sweep(&world.app, world.now.get() + Duration::hours(1)).unwrap(), 0);
    });
}
