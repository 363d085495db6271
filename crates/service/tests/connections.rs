//! Connections to platforms, against a mock made from the published OpenAPI files: what arrives, what is never taken for a
//! status, how a platform that fails is borne, webhooks, the directory.

mod common;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use common::{SignedIn, World, code, on_both};
use contract::endpoint::{AFNOR_SIGNATURE, AFNOR_SIGNED_AT};
use contract::{
    AnomalyListQuery, Code, Connection, ConnectionFileProblem, ConnectionInput, ConnectionState, FlowListQuery,
    FlowServiceVersion, NewDossier, Nothing, PersonChange, SignedEvent,
};
use domain::anomaly::AnomalyRule;
use domain::flow::FlowSource;
use domain::{Access, DirectoryState, DossierFacts, Siren};
use mock_platform::documents::{Company, Invoice, Status};
use mock_platform::{Deposit, Fault, Mock, Options, Part};
use service::{anomalies, connections, dossiers, flows, people};

const CLIENT: &str = "732829320";
const OTHER: &str = "552100554";
const SECRET: &str = "secret+de/demo";

fn mock(options: Options) -> Mock {
    Mock::start(options).unwrap()
}

fn input(mock: &Mock) -> ConnectionInput {
    ConnectionInput {
        name: "Ma plateforme".to_owned(),
        platform: "Plateforme X".to_owned(),
        service: FlowServiceVersion::V1_3,
        flow_url: mock.flow_url(),
        directory_url: None,
        token_url: mock.token_url(),
        client_id: "cabinet-demo".to_owned(),
        client_secret: Some(SECRET.to_owned()),
        organization_id: None,
        every_minutes: None,
        webhook: false,
        paused: false,
    }
}

/// A partner in a world whose time is now: the readers look at the clock.
fn partner(world: &World) -> SignedIn {
    world.now.set(Utc::now());
    world.sign_up("Cabinet Un", "claire@exemple.fr")
}

fn connect(world: &World, who: &SignedIn, input: ConnectionInput) -> Connection {
    connections::create_connection(&world.by(who), Nothing {}, Nothing {}, input).unwrap().reply
}

fn read(world: &World, who: &SignedIn, id: domain::ConnectionId) -> Connection {
    connections::read_connection(&world.by(who), id, Nothing {}, Nothing {}).unwrap().reply
}

/// Makes it due, reads, and answers how it does.
fn sync(world: &World, who: &SignedIn, id: domain::ConnectionId) -> Connection {
    world.now.set(Utc::now());
    connections::sync_connection(&world.by(who), id, Nothing {}, Nothing {}).unwrap();
    connections::drain(&world.app).unwrap();
    read(world, who, id)
}

fn dossier(world: &World, who: &SignedIn, siren: &str) -> contract::Dossier {
    let facts = DossierFacts::new(Siren::parse(siren).unwrap(), "Boulangerie de l’Île".to_owned());
    dossiers::create_dossier(&world.by(who), Nothing {}, Nothing {}, NewDossier { facts }).unwrap().reply
}

/// Number, status and SIREN of the client of every flow, in the order of the numbers.
fn known(world: &World, who: &SignedIn) -> Vec<(String, Option<u32>, String)> {
    let query = FlowListQuery { limit: Some(200), ..FlowListQuery::default() };
    let page = flows::list_flows(&world.by(who), Nothing {}, query, Nothing {}).unwrap().reply;
    let mut all: Vec<_> = page.data.into_iter().map(|f| (f.number, f.status.and_then(|s| s.code), f.owner)).collect();
    all.sort();
    all
}

fn open_anomalies(world: &World, who: &SignedIn, rule: AnomalyRule) -> usize {
    let page =
        anomalies::list_anomalies(&world.by(who), Nothing {}, AnomalyListQuery::default(), Nothing {}).unwrap().reply;
    page.data.iter().filter(|a| a.rule == rule).count()
}

fn invoice(number: &str, sale: bool) -> Invoice {
    let (client, other) = (Company::new(CLIENT, "Boulangerie de l’Île"), Company::new(OTHER, "Meubles du Canal"));
    let (seller, buyer) = if sale { (client, other) } else { (other, client) };
    let today = Utc::now().date_naive();
    Invoice {
        number: number.to_owned(),
        issued_on: today - Duration::days(3),
        due_on: today + Duration::days(27),
        seller,
        buyer,
        net_cents: 100_000,
        credit_note: false,
    }
}

fn ago(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp((Utc::now() - Duration::minutes(minutes)).timestamp(), 0).unwrap()
}

fn status(mock: &Mock, invoice: &Invoice, code: &str, label: &str, minutes: i64) -> String {
    let kind = if invoice.seller.siren == CLIENT { "CustomerInvoiceLC" } else { "SupplierInvoiceLC" };
    mock.put_status(kind, &Status::new(code, label, ago(minutes)), &[invoice], ago(minutes))
}

#[track_caller]
fn by_the_book(mock: &Mock) {
    assert_eq!(mock.complaints(), Vec::<String>::new());
}

#[test]
fn statuses_arrive_each_once_and_how_far_was_read_is_kept() {
    for cursors in [true, false] {
        on_both(|world| {
            let mock = mock(Options { cursors, empty_is_204: !cursors, ..Options::default() });
            let claire = partner(world);
            let id = dossier(world, &claire, CLIENT).id;
            let (sale, purchase) = (invoice("FV-1", true), invoice("FA-1", false));
            mock.put_invoice("CustomerInvoice", &sale, ago(90));
            status(&mock, &sale, "200", "Déposée", 80);
            status(&mock, &purchase, "203", "Mise à disposition", 70);
            let many: Vec<Invoice> = (0..130).map(|n| invoice(&format!("M-{n:03}"), n % 2 == 0)).collect();
            for (n, one) in many.iter().enumerate() {
                status(&mock, one, "202", "Reçue par la plateforme", 60 - n as i64 / 3);
            }
            let service = if cursors { FlowServiceVersion::V1_3 } else { FlowServiceVersion::V1_2 };
            let made = connect(world, &claire, ConnectionInput { service, ..input(&mock) });
            assert_eq!((made.version, made.health.state, made.has_secret), (1, ConnectionState::Untried, true));
            connections::drain(&world.app).unwrap();
            let seen = read(world, &claire, made.id);
            assert_eq!(seen.health.state, ConnectionState::Up, "{:?}", seen.health);
            assert_eq!((seen.health.files.len(), seen.health.failures), (0, 0));
            assert!(seen.health.last_success_at.is_some() && seen.health.token_expires_at.is_some());
            assert_eq!(seen.health.read_until, Some(ago_of(&mock)));
            let wait = seen.health.next_at.unwrap() - Utc::now();
            assert!((260..=320).contains(&wait.num_seconds()), "{wait}");
            let all = known(world, &claire);
            assert_eq!(all.len(), 132);
            assert!(all.iter().all(|(_, _, owner)| owner == CLIENT), "the client is known by the platform's word");
            assert!(all.contains(&("FV-1".to_owned(), Some(200), CLIENT.to_owned())));
            assert!(all.contains(&("FA-1".to_owned(), Some(203), CLIENT.to_owned())));
            let query = FlowListQuery::default();
            let page = flows::list_flows(&world.by(&claire), Nothing {}, query, Nothing {}).unwrap().reply;
            let row = page.data.iter().find(|f| f.dossier_id == Some(id)).unwrap();
            assert_eq!(
                (row.platform.as_str(), row.status.as_ref().unwrap().source),
                ("Plateforme X", FlowSource::Connection)
            );
            assert_eq!(row.status.as_ref().unwrap().source_name, "Ma plateforme");

            // Again: nothing new is fetched and nothing changes.
            let fetched = |mock: &Mock| {
                mock.asked().iter().filter(|a| a.path.contains("/v1/flows/") && a.method == "GET").count()
            };
            let before = fetched(&mock);
            let events = world.texts("SELECT CAST(COUNT(*) AS TEXT) AS text FROM flow_events");
            sync(world, &claire, made.id);
            assert_eq!(fetched(&mock), before, "what was read is remembered");
            // The process is another one now: it reads on from the row.
            status(&mock, &sale, "205", "Approuvée", 0);
            world.now.set(Utc::now());
            connections::sync_connection(&world.by(&claire), made.id, Nothing {}, Nothing {}).unwrap();
            let other = world.restarted();
            connections::drain(&other).unwrap();
            assert_eq!(fetched(&mock), before + 1);
            assert!(known(world, &claire).contains(&("FV-1".to_owned(), Some(205), CLIENT.to_owned())));
            let after = world.texts("SELECT CAST(COUNT(*) AS TEXT) AS text FROM flow_events");
            assert_eq!(after[0].parse::<u32>().unwrap(), events[0].parse::<u32>().unwrap() + 1);
            by_the_book(&mock);
        });
    }
}

/// When the mock's latest flow was updated.
fn ago_of(mock: &Mock) -> DateTime<Utc> {
    mock.deposits().iter().map(|d| d.updated_at).max().unwrap()
}

#[test]
fn no_secret_is_readable_at_rest_in_the_journal_or_in_the_list_of_calls() {
    on_both(|world| {
        let mock = mock(Options::default());
        let claire = partner(world);
        let made = connect(world, &claire, input(&mock));
        connections::drain(&world.app).unwrap();
        let calls = connections::list_connection_calls(&world.by(&claire), made.id, Default::default(), Nothing {});
        let calls = calls.unwrap().reply.data;
        assert_eq!(
            calls.iter().map(|c| c.path.as_str()).collect::<Vec<_>>(),
            ["/flow-service/v1/flows/search", "/token"]
        );
        assert!(calls.iter().all(|c| c.status == Some(200) && c.error.is_none()));
        let mut rest = world.texts("SELECT data || secret || webhook_key || health AS text FROM connections");
        rest.extend(world.texts("SELECT changes AS text FROM journal"));
        rest.extend(world.texts("SELECT path || error AS text FROM connection_calls"));
        rest.push(format!("{made:?} {calls:?}"));
        for text in rest {
            assert!(!text.contains(SECRET) && !text.contains("mock-"), "{text}");
        }
        // What was sealed for one connection opens in no other.
        let second = connect(world, &claire, ConnectionInput { name: "Autre".to_owned(), ..input(&mock) });
        world.sql(&format!(
            "UPDATE connections SET secret = (SELECT secret FROM connections WHERE id = '{}') WHERE id = '{}'",
            made.id, second.id
        ));
        connections::drain(&world.app).unwrap();
        assert_eq!(read(world, &claire, second.id).health.state, ConnectionState::Untried);
    });
}

#[test]
fn the_technical_check_is_never_a_status() {
    on_both(|world| {
        let mock = mock(Options::default());
        let claire = partner(world);
        dossier(world, &claire, CLIENT);
        let invoice = invoice("FV-7", true);
        let document = mock_platform::documents::ubl(&invoice);
        let mut deposit = Deposit::new("FV-7.xml", "UBL", "CustomerInvoice", document).at(ago(10));
        deposit.acknowledgement = "Pending".to_owned();
        let id = mock.put(deposit);
        let made = connect(world, &claire, input(&mock));
        connections::drain(&world.app).unwrap();
        assert!(known(world, &claire).is_empty(), "nothing is known before the check has ended");

        mock.acknowledge(&id, "Error", vec![("Error", "InvalidSchema".to_owned(), "line 3".to_owned())]);
        let seen = sync(world, &claire, made.id);
        assert!(known(world, &claire).is_empty());
        assert_eq!((seen.health.state, seen.health.refused), (ConnectionState::Up, 1));
        let file = &seen.health.files[0];
        assert_eq!((file.name.as_str(), file.problem), ("FV-7.xml", ConnectionFileProblem::Refused));
        assert!(file.why.fr.contains("schéma") && file.why.fr.contains("line 3"), "{:?}", file.why);
        assert_eq!(open_anomalies(world, &claire, AnomalyRule::Unreadable), 1);

        mock.acknowledge(&id, "Ok", Vec::new());
        sync(world, &claire, made.id);
        assert_eq!(known(world, &claire), [("FV-7".to_owned(), None, CLIENT.to_owned())], "a flow, and no status");
        assert_eq!(open_anomalies(world, &claire, AnomalyRule::Unreadable), 0, "it was taken after all");

        // Beside the platform's volumes its files are told to those alone who may look at connections.
        let karim = world.joined(&claire, "karim@exemple.fr", "Karim Benali", domain::Role::Viewer);
        let people = people::list_people(&world.by(&claire), Nothing {}, Nothing {}, Nothing {}).unwrap().reply.data;
        let person = people.into_iter().find(|p| p.name == "Karim Benali").unwrap();
        let all = PersonChange { access: Some(Access::All), ..PersonChange::default() };
        people::update_person(&world.by_on(&claire, person.version), person.id, Nothing {}, all).unwrap();
        let health = |who: &SignedIn| {
            let mut all =
                flows::list_platform_flows(&world.by(who), Nothing {}, Nothing {}, Nothing {}).unwrap().reply.data;
            assert_eq!((all.len(), all[0].flows), (1, 1));
            all.remove(0).connection.unwrap()
        };
        let (whole, part) = (health(&claire), health(&karim));
        assert_eq!((whole.state, whole.files.len(), whole.refused), (ConnectionState::Up, 1, 1));
        assert_eq!((part.state, part.files.len(), part.refused, part.taken), (ConnectionState::Up, 0, 0, 0));
        by_the_book(&mock);
    });
}

#[test]
fn a_platform_that_fails_is_tried_with_growing_pauses_and_told_of_once_it_is_down() {
    on_both(|world| {
        let mock = mock(Options::default());
        let claire = partner(world);
        let made = connect(world, &claire, input(&mock));
        connections::drain(&world.app).unwrap();
        let success = read(world, &claire, made.id).health.last_success_at;
        mock.fail(Part::Search, Fault::Busy(3_600), 1);
        let seen = sync(world, &claire, made.id).health;
        assert_eq!((seen.state, seen.failures), (ConnectionState::Failing, 1));
        let wait = seen.next_at.unwrap() - Utc::now();
        assert!((3_590..=4_330).contains(&wait.num_seconds()), "Retry-After: {wait}");
        mock.fail(Part::Any, Fault::Status(503), u32::MAX);
        for n in 2..5 {
            let seen = sync(world, &claire, made.id).health;
            assert_eq!((seen.state, seen.failures), (ConnectionState::Failing, n));
        }
        assert_eq!(open_anomalies(world, &claire, AnomalyRule::ConnectionDown), 0);
        let seen = sync(world, &claire, made.id).health;
        assert_eq!((seen.state, seen.failures), (ConnectionState::Down, 5));
        assert!(seen.failing_since.is_some() && seen.last_error.unwrap().fr.contains("503"));
        assert_eq!(seen.last_success_at, success);
        assert_eq!(open_anomalies(world, &claire, AnomalyRule::ConnectionDown), 1);
        // With the breaker open nobody asks: it is not due.
        let asked = mock.asked().len();
        connections::drain(&world.app).unwrap();
        assert_eq!(mock.asked().len(), asked);
        mock.heal();
        let seen = sync(world, &claire, made.id).health;
        assert_eq!((seen.state, seen.failures, seen.failing_since), (ConnectionState::Up, 0, None));
        assert_eq!(open_anomalies(world, &claire, AnomalyRule::ConnectionDown), 0);

        // A secret that is wrong does not mend itself.
        let present = read(world, &claire, made.id);
        let wrong = ConnectionInput { client_secret: Some("faux".to_owned()), ..input(&mock) };
        connections::update_connection(&world.by_on(&claire, present.version), made.id, Nothing {}, wrong).unwrap();
        connections::drain(&world.app).unwrap();
        let seen = read(world, &claire, made.id).health;
        assert_eq!((seen.state, seen.failures), (ConnectionState::Down, 1));
        assert_eq!(open_anomalies(world, &claire, AnomalyRule::ConnectionDown), 1);
        // Paused by a person it is not down, and gone it is not, either.
        let present = read(world, &claire, made.id);
        let paused = ConnectionInput { paused: true, client_secret: None, ..input(&mock) };
        let call = world.by_on(&claire, present.version);
        let paused = connections::update_connection(&call, made.id, Nothing {}, paused).unwrap().reply;
        assert_eq!(paused.health.state, ConnectionState::Paused);
        assert_eq!(open_anomalies(world, &claire, AnomalyRule::ConnectionDown), 0);
        assert_eq!(
            code(connections::sync_connection(&world.by(&claire), made.id, Nothing {}, Nothing {})),
            Code::Conflict
        );
        by_the_book(&mock);
    });
}

#[test]
fn a_document_that_cannot_be_had_holds_no_other_back() {
    on_both(|world| {
        let mock = mock(Options::default());
        let claire = partner(world);
        dossier(world, &claire, CLIENT);
        mock.put(Deposit::new("poubelle.xml", "CDAR", "SupplierInvoiceLC", b"<html>".to_vec()).at(ago(30)));
        mock.put(Deposit::new("bombe.xml", "CDAR", "SupplierInvoiceLC", vec![b' '; 26 * 1024 * 1024]).at(ago(29)));
        mock.put(Deposit::new("carnet.json", "EDI", "Carnet", b"{}".to_vec()).at(ago(28)));
        let good = invoice("FA-9", false);
        status(&mock, &good, "204", "Prise en charge", 20);
        let made = connect(world, &claire, input(&mock));
        connections::drain(&world.app).unwrap();
        let seen = read(world, &claire, made.id).health;
        assert_eq!(seen.state, ConnectionState::Up);
        let told: Vec<_> = seen.files.iter().map(|f| (f.name.as_str(), f.problem)).collect();
        assert_eq!(
            told,
            [("bombe.xml", ConnectionFileProblem::Unreadable), ("poubelle.xml", ConnectionFileProblem::Unreadable)]
        );
        assert_eq!(known(world, &claire), [("FA-9".to_owned(), Some(204), CLIENT.to_owned())]);

        // One that fails each time is tried three times, then left.
        let after = invoice("FA-10", false);
        status(&mock, &invoice("FA-X", false), "204", "Prise en charge", 5);
        status(&mock, &after, "204", "Prise en charge", 4);
        mock.fail(Part::Document, Fault::Status(500), 3);
        for _ in 0..2 {
            assert_eq!(sync(world, &claire, made.id).health.state, ConnectionState::Failing);
            assert_eq!(known(world, &claire).len(), 1, "nothing of the page was taken");
        }
        let seen = sync(world, &claire, made.id).health;
        assert_eq!((seen.state, seen.files.len()), (ConnectionState::Up, 3));
        assert_eq!(known(world, &claire).len(), 2);
        by_the_book(&mock);
    });
}

#[test]
fn a_change_by_a_person_wins_over_the_reading_under_way() {
    on_both(|world| {
        let mock = mock(Options::default());
        let claire = partner(world);
        let made = connect(world, &claire, input(&mock));
        let mut conn = world.app.store.conn().unwrap();
        let leased = conn.write(|c| store::connections::lease(c, "a reader", Utc::now())).unwrap().unwrap();
        assert_eq!(leased.id, made.id);
        // Nobody else takes it meanwhile.
        assert!(conn.write(|c| store::connections::lease(c, "another", Utc::now())).unwrap().is_none());
        assert!(conn.write(|c| store::connections::progress(c, "a reader", &leased)).unwrap());
        let stale = connections::update_connection(&world.by_on(&claire, 7), made.id, Nothing {}, input(&mock));
        assert_eq!(code(stale), Code::VersionMismatch);
        let renamed = ConnectionInput { name: "Renommée".to_owned(), client_secret: None, ..input(&mock) };
        let call = world.by_on(&claire, 1);
        let renamed = connections::update_connection(&call, made.id, Nothing {}, renamed).unwrap().reply;
        assert_eq!((renamed.name.as_str(), renamed.version, renamed.has_secret), ("Renommée", 2, true));
        assert!(!conn.write(|c| store::connections::progress(c, "a reader", &leased)).unwrap(), "its lease is gone");
        drop(conn);
        connections::drain(&world.app).unwrap();
        assert_eq!(read(world, &claire, made.id).health.state, ConnectionState::Up, "the secret is still there");

        // A reader that is gone leaves its lease behind; it ends by itself.
        let mut conn = world.app.store.conn().unwrap();
        let due = world.by(&claire);
        connections::sync_connection(&due, made.id, Nothing {}, Nothing {}).unwrap();
        conn.write(|c| store::connections::lease(c, "gone", Utc::now())).unwrap().unwrap();
        let later = Utc::now() + Duration::seconds(store::connections::LEASE_SECONDS + 1);
        assert!(!store::connections::any_due(&mut conn, Utc::now()).unwrap());
        assert!(store::connections::any_due(&mut conn, later).unwrap());
        // Made due while it was read, it is read once more.
        let again = conn.write(|c| store::connections::lease(c, "b", later)).unwrap().unwrap();
        store::connections::hurry(&mut conn, &again, Utc::now()).unwrap();
        conn.write(|c| store::connections::release(c, "b", again.id, Utc::now() + Duration::hours(1))).unwrap();
        assert!(store::connections::any_due(&mut conn, Utc::now()).unwrap());

        assert_eq!(world.actions(&claire).iter().filter(|a| a.starts_with("connection.")).count(), 3);
        connections::delete_connection(&world.by(&claire), made.id, Nothing {}, Nothing {}).unwrap();
        assert_eq!(
            code(connections::read_connection(&world.by(&claire), made.id, Nothing {}, Nothing {})),
            Code::NotFound
        );
    });
}

#[test]
fn what_a_person_writes_is_refused_with_its_place() {
    let world = World::sqlite();
    let claire = partner(&world);
    let mock = mock(Options::default());
    let create = |input: ConnectionInput| {
        connections::create_connection(&world.by(&claire), Nothing {}, Nothing {}, input).unwrap_err()
    };
    let wrong = ConnectionInput {
        name: " ".to_owned(),
        platform: String::new(),
        service: FlowServiceVersion::V1_2,
        flow_url: "plateforme".to_owned(),
        directory_url: Some("ftp://x".to_owned()),
        token_url: "https://u:p@x".to_owned(),
        client_id: "é".to_owned(),
        client_secret: None,
        organization_id: Some("a\nb".to_owned()),
        every_minutes: Some(0),
        webhook: true,
        paused: false,
    };
    let refused = create(wrong);
    let pointers: Vec<&str> = refused.fields.iter().map(|f| f.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/name",
            "/platform",
            "/flow_url",
            "/directory_url",
            "/token_url",
            "/client_id",
            "/organization_id",
            "/client_secret",
            "/every_minutes",
            "/webhook"
        ]
    );
    let made = connect(&world, &claire, input(&mock));
    // Who changes where a platform is does not get at its secret.
    let change = |change: ConnectionInput| {
        let call = world.by_on(&claire, read(&world, &claire, made.id).version);
        connections::update_connection(&call, made.id, Nothing {}, change).map(drop)
    };
    let kept = ConnectionInput { client_secret: None, ..input(&mock) };
    let elsewhere = "https://ailleurs.example/token".to_owned();
    for other in [
        ConnectionInput { token_url: elsewhere.clone(), ..kept.clone() },
        ConnectionInput { flow_url: elsewhere.clone(), ..kept.clone() },
        ConnectionInput { directory_url: Some(elsewhere.clone()), ..kept.clone() },
    ] {
        let refused = change(other).unwrap_err();
        assert_eq!((refused.fields[0].pointer.as_str(), refused.fields[0].code), ("/client_secret", "other_server"));
    }
    change(ConnectionInput { directory_url: Some(format!("{}/annuaire", mock.flow_url())), ..kept }).unwrap();
    change(ConnectionInput { token_url: elsewhere, ..input(&mock) }).unwrap();
    assert_eq!(create(ConnectionInput { name: "MA PLATEFORME".to_owned(), ..input(&mock) }).code, Code::Conflict);
    // Another firm has its own names.
    let paul = world.sign_up("Cabinet Deux", "paul@exemple.fr");
    let other = connect(&world, &paul, input(&mock));
    assert_eq!(
        code(connections::read_connection(&world.by(&claire), other.id, Nothing {}, Nothing {})),
        Code::NotFound
    );
}

type Signature = (String, i64);

fn pushed(world: &World, id: domain::ConnectionId, body: &[u8], signature: Option<Signature>) -> service::Result<()> {
    let mut call = world.nobody();
    if let Some((value, at)) = signature {
        call.client.proof = BTreeMap::from([(AFNOR_SIGNATURE, value), (AFNOR_SIGNED_AT, at.to_string())]);
    }
    let body = SignedEvent(String::from_utf8(body.to_vec()).unwrap());
    connections::receive_webhook(&call, id, Nothing {}, body).map(drop)
}

#[test]
fn a_webhook_is_made_believed_by_its_signature_and_taken_back() {
    on_both(|world| {
        let mock = mock(Options::default());
        let claire = partner(world);
        let made = connect(world, &claire, ConnectionInput { webhook: true, ..input(&mock) });
        assert_eq!(code(pushed(world, made.id, b"{}", None)), Code::NotFound, "no webhook yet");
        connections::drain(&world.app).unwrap();
        let hooks = mock.webhooks();
        assert_eq!(hooks.len(), 1);
        assert_eq!(hooks[0].callback, format!("http://127.0.0.1:8080{}", made.webhook_url));
        assert!(read(world, &claire, made.id).health.webhook_since.is_some());

        let signed = |hook: &mock_platform::Webhook, body: &[u8], at: i64| {
            let headers = mock.signed(hook, body, at);
            let value = headers.iter().find(|(n, _)| n == "Afnor-Signature").unwrap().1.clone();
            Some((value, at))
        };
        world.now.set(Utc::now());
        let now = Utc::now().timestamp();
        for (body, signature) in [
            (b"{}".as_slice(), None),
            (b"{} ", signed(&hooks[0], b"{}", now)),
            (b"{}", signed(&hooks[0], b"{}", now - 301)),
            (b"{}", signed(&hooks[0], b"{}", now + 301)),
            (b"{}", Some(("AAAA".to_owned(), now))),
        ] {
            assert_eq!(code(pushed(world, made.id, body, signature)), Code::BadCredentials);
        }
        let due = || store::connections::any_due(&mut world.app.store.conn().unwrap(), Utc::now()).unwrap();
        assert!(!due());
        pushed(world, made.id, b"{}", signed(&hooks[0], b"{}", now)).unwrap();
        assert!(due(), "a hint to read now");
        // Said again it is the same hint.
        pushed(world, made.id, b"{}", signed(&hooks[0], b"{}", now)).unwrap();
        assert_eq!(connections::drain(&world.app).unwrap(), 1);

        // After ninety days the key is another; the old one is good for a day more.
        let cabinet_key = world.texts("SELECT webhook_key AS text FROM connections");
        age_hook(world, made.id, 91);
        connections::drain(&world.app).unwrap();
        sync(world, &claire, made.id);
        let renewed = mock.webhooks();
        assert_eq!(renewed.len(), 1);
        assert_ne!(renewed[0].id, hooks[0].id);
        assert_ne!(world.texts("SELECT webhook_key AS text FROM connections"), cabinet_key);
        world.now.set(Utc::now());
        let now = Utc::now().timestamp();
        pushed(world, made.id, b"{}", signed(&renewed[0], b"{}", now)).unwrap();
        pushed(world, made.id, b"{}", signed(&hooks[0], b"{}", now)).unwrap();
        world.pass(Duration::hours(25));
        let later = now + 25 * 3600;
        assert_eq!(code(pushed(world, made.id, b"{}", signed(&hooks[0], b"{}", later))), Code::BadCredentials);
        pushed(world, made.id, b"{}", signed(&renewed[0], b"{}", later)).unwrap();

        // No longer wanted: gone at the platform, and nothing answers here.
        world.now.set(Utc::now());
        let version = read(world, &claire, made.id).version;
        let call = world.by_on(&claire, version);
        connections::update_connection(
            &call,
            made.id,
            Nothing {},
            ConnectionInput { client_secret: None, ..input(&mock) },
        )
        .unwrap();
        connections::drain(&world.app).unwrap();
        assert!(mock.webhooks().is_empty());
        assert_eq!(code(pushed(world, made.id, b"{}", signed(&renewed[0], b"{}", now))), Code::NotFound);
        // Wanted again, and removed with the connection.
        let version = read(world, &claire, made.id).version;
        let call = world.by_on(&claire, version);
        connections::update_connection(&call, made.id, Nothing {}, ConnectionInput { webhook: true, ..input(&mock) })
            .unwrap();
        connections::drain(&world.app).unwrap();
        assert_eq!(mock.webhooks().len(), 1);
        connections::delete_connection(&world.by(&claire), made.id, Nothing {}, Nothing {}).unwrap();
        assert!(mock.webhooks().is_empty());
        by_the_book(&mock);
    });
}

/// Makes a webhook look as if it had been made so many days ago.
fn age_hook(world: &World, id: domain::ConnectionId, days: i64) {
    let mut conn = world.app.store.conn().unwrap();
    let place = format!("connection {id} webhook");
    let sealed = store::connections::called_by_webhook(&mut conn, id).unwrap().unwrap().webhook_key;
    let words = service::secrets::unseal(&world.app, &mut conn, &place, &sealed).unwrap();
    let mut hook: serde_json::Value = serde_json::from_str(&words).unwrap();
    hook["since"] = serde_json::json!(Utc::now() - Duration::days(days));
    let sealed = service::secrets::seal(&world.app, &mut conn, &place, &hook.to_string()).unwrap();
    drop(conn);
    world.sql(&format!("UPDATE connections SET webhook_key = '{sealed}' WHERE id = '{id}'"));
}

#[test]
fn the_directory_feeds_the_dossier_when_asked_and_when_its_answer_ages() {
    on_both(|world| {
        let mock = mock(Options::default());
        let claire = partner(world);
        let first = dossier(world, &claire, CLIENT);
        let look_up = || connections::lookup_directory(&world.by(&claire), first.id, Nothing {}, Nothing {});
        assert_eq!(code(look_up()), Code::Conflict, "nobody to ask");
        let with = ConnectionInput { directory_url: Some(mock.directory_url()), ..input(&mock) };
        let made = connect(world, &claire, with);
        mock.set_lines(CLIENT, &[(CLIENT, "Enabled", "WK"), ("732829320_OLD", "Disabled", "WK")]);
        let answer = look_up().unwrap().reply;
        assert_eq!((answer.state, answer.changed, answer.addresses.len()), (DirectoryState::Active, true, 2));
        assert_eq!(answer.source, "Ma plateforme");
        let facts =
            || dossiers::read_dossier(&world.by(&claire), first.id, Nothing {}, Nothing {}).unwrap().reply.facts;
        let known = facts().directory_address.unwrap();
        assert_eq!(
            (known.state, known.source.as_str(), known.as_of),
            (DirectoryState::Active, "Ma plateforme", answer.as_of)
        );
        assert!(!look_up().unwrap().reply.changed, "the same on the same day");
        mock.fail(Part::Directory, Fault::Status(503), 1);
        assert_eq!(code(look_up()), Code::Unavailable);

        // The worker asks about those that nobody has asked about, and about what has aged.
        let second = dossier(world, &claire, OTHER);
        mock.forget_asked();
        connections::drain(&world.app).unwrap();
        let asked = |mock: &Mock| mock.asked().iter().filter(|a| a.path.contains("directory-line")).count();
        assert_eq!(asked(&mock), 1, "the answer about the first is fresh");
        let facts_of = |id| dossiers::read_dossier(&world.by(&claire), id, Nothing {}, Nothing {}).unwrap().reply.facts;
        assert_eq!(facts_of(second.id).directory_address.unwrap().state, DirectoryState::Absent);
        mock.set_lines(CLIENT, &[(CLIENT, "Disabled", "")]);
        world.sql("UPDATE directory_answers SET asked_at = asked_at - 3000000000000");
        sync(world, &claire, made.id);
        assert_eq!(asked(&mock), 3);
        assert_eq!(facts().directory_address.unwrap().state, DirectoryState::Disabled);
        sync(world, &claire, made.id);
        assert_eq!(asked(&mock), 3);
        by_the_book(&mock);
    });
}

#[test]
fn a_trial_tells_each_step() {
    let world = World::sqlite();
    let mock = mock(Options::default());
    let claire = partner(&world);
    let with = ConnectionInput { directory_url: Some(mock.directory_url()), paused: true, ..input(&mock) };
    let made = connect(&world, &claire, with);
    let try_it = || connections::try_connection(&world.by(&claire), made.id, Nothing {}, Nothing {}).unwrap().reply;
    let trial = try_it();
    assert!(trial.works, "{trial:?}");
    let names: Vec<&str> = trial.steps.iter().map(|s| s.name.en.as_str()).collect();
    assert_eq!(names, ["Addresses", "Token", "Health check", "Search of flows", "Directory"]);
    mock.fail(Part::Search, Fault::Garbage, 1);
    let trial = try_it();
    assert!(!trial.works);
    assert_eq!(trial.steps.iter().map(|s| s.works).collect::<Vec<_>>(), [true, true, true, false, true]);
    mock.fail(Part::Token, Fault::Status(401), 2);
    let trial = try_it();
    assert_eq!(trial.steps.iter().map(|s| s.works).collect::<Vec<_>>(), [true, false]);
    assert!(known(&world, &claire).is_empty());
    by_the_book(&mock);
}

#[test]
fn the_list_of_calls_is_bounded_and_read_by_pages() {
    on_both(|world| {
        let mock = mock(Options::default());
        let claire = partner(world);
        let made = connect(world, &claire, ConnectionInput { paused: true, ..input(&mock) });
        let call = |n: i64| store::connections::Call {
            id: uuid::Uuid::now_v7().to_string(),
            method: "GET".to_owned(),
            path: format!("/{n}"),
            status: 0,
            milliseconds: 1,
            bytes: 0,
            request_id: "r".to_owned(),
            error: String::new(),
            at: Utc::now(),
        };
        let many: Vec<_> = (0..1_300).map(call).collect();
        let mut conn = world.app.store.conn().unwrap();
        for chunk in many.chunks(400) {
            store::connections::add_calls(&mut conn, made.id, chunk).unwrap();
        }
        drop(conn);
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let query = contract::CallQuery { limit: Some(200), after };
            let page =
                connections::list_connection_calls(&world.by(&claire), made.id, query, Nothing {}).unwrap().reply;
            seen.extend(page.data);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!((seen.len(), seen[0].path.as_str(), seen[999].path.as_str()), (1_000, "/1299", "/300"));
        assert_eq!(seen[0].status, None);
    });
}
