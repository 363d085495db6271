//! Signing at an outside provider, through the client's pages: made once whatever breaks, fetched, and never a dead end.

mod visitor;

use std::time::{Duration, Instant};

use contract::endpoint::op;
use contract::{
    CollectionSettingsChange, DocumentKind, Mandate, MandateAct, MandateActInput, MandateQuery, MandatesInput,
    NewDossier, Nothing, SignedEvent,
};
use domain::mandate::SignedBy;
use domain::{MandateKind, MandateState, SignatureWay};
use serde_json::json;
use testkit::{Backend, Desk, Message, Mood, Person, Response, TestApp, both_databases, sample, sql};
use visitor::{follow, get, press, refusal};

/// A server that was told of a provider, on each database.
fn on_both(test: impl Fn(Desk, TestApp)) {
    let started = |backend| {
        let desk = Desk::start();
        let provider = desk.provider();
        let app = TestApp::start_with(backend, |config| config.ports.signer = Some(provider));
        test(desk, app);
    };
    started(Backend::Sqlite);
    if Backend::postgres_is_there() {
        started(Backend::Postgres);
    }
}

fn change(app: &TestApp, person: &Person, signature: SignatureWay) -> Result<(), Box<contract::Problem>> {
    let settings = app.get::<op::ReadCollectionSettings>(person);
    let mut body = serde_json::to_value(&settings).unwrap();
    body["signature"] = json!(signature);
    // What was signed stays where these tests look at it: the firm looks first.
    body["accept_signatures"] = json!(false);
    let body: CollectionSettingsChange = serde_json::from_value(body).unwrap();
    let asked = app.ask::<op::UpdateCollectionSettings>(Nothing {}, Nothing {}, body);
    asked.token(&person.token).if_match(settings.version).reply().map(drop)
}

/// A press that is refused leads to a page of its own, which says why.
#[track_caller]
fn refused(app: &TestApp, path: &str, fields: &[(&str, &str)]) -> String {
    let to = follow(app, path, fields);
    assert!(to.ends_with("/signer/1/revoir"), "{to}");
    refusal(app, &to)
}

/// A firm whose clients sign at the provider, and a client who is asked for one document.
struct Case<'a> {
    app: &'a TestApp,
    person: Person,
    link: String,
}

impl<'a> Case<'a> {
    fn new(app: &'a TestApp, kind: MandateKind) -> Self {
        let person = app.sign_up("Cabinet Léa");
        change(app, &person, SignatureWay::Provider).unwrap_or_else(|p| panic!("{p:?}"));
        let mut facts = sample::facts(1);
        facts.contacts = serde_json::from_value(
            json!([{ "name": "Zoé Martin", "email": "zoe@exemple.fr", "phone": "+33612345678" }]),
        )
        .unwrap();
        let dossier = app.call::<op::CreateDossier>(&person.token, Nothing {}, Nothing {}, NewDossier { facts });
        let body = MandatesInput {
            ids: Some(vec![dossier.unwrap_or_else(|p| panic!("{p:?}")).id]),
            filter: None,
            kinds: vec![kind],
            starts_on: None,
            ends_on: None,
            send: true,
            preview: false,
        };
        let before = app.mails().len();
        app.call::<op::CreateMandates>(&person.token, Nothing {}, Nothing {}, body).unwrap_or_else(|p| panic!("{p:?}"));
        let link = app.wait_for_mails(before + 1)[before].link();
        let case = Self { app, person, link };
        case.wait(MandateState::Sent);
        let mut at = follow(app, &format!("{}/commencer", case.link), &[]);
        while at.contains("/question/") {
            at = follow(app, &at, &[("passer", "1")]);
        }
        assert!(at.ends_with("/signer/1"), "{at}");
        case
    }

    fn mandate(&self) -> Mandate {
        let query = contract::MandateListQuery { filter: MandateQuery::default(), ..Default::default() };
        let page = self.app.call::<op::ListMandates>(&self.person.token, Nothing {}, query, Nothing {});
        let id = page.unwrap_or_else(|p| panic!("{p:?}")).data[0].id;
        self.app.call::<op::ReadMandate>(&self.person.token, id, Nothing {}, Nothing {}).unwrap()
    }

    #[track_caller]
    fn wait(&self, state: MandateState) -> Mandate {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let mandate = self.mandate();
            if mandate.row.state == state {
                return mandate;
            }
            assert!(Instant::now() < end, "{:?} instead of {state}", mandate.row.state);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn standing(&self) -> String {
        format!("{}/prestataire/1", self.link)
    }

    fn press(&self) -> Response {
        let id = self.mandate().row.id.to_string();
        let fields =
            [("mandate", id.as_str()), ("name", "Zoé Martin"), ("quality", "Gérante"), ("signed_as", "delegate")];
        press(self.app, &self.standing(), &fields)
    }

    /// The press leads to the desk.
    #[track_caller]
    fn leaves(&self, at: usize) {
        let page = self.press();
        let text = page.text();
        assert_eq!(page.status, 200, "{text}");
        assert!(
            text.contains(&format!("http-equiv=\"refresh\" content=\"0;url=http://127.0.0.1:9/signer/{at}\"")),
            "{text}"
        );
        assert!(text.contains(&format!("href=\"http://127.0.0.1:9/signer/{at}\"")), "{text}");
    }

    /// The press leads to where it stands, because the desk is of no use now.
    #[track_caller]
    fn stays(&self) -> String {
        let page = self.press();
        assert_eq!((page.status, page.header("location")), (303, Some(self.standing().as_str())), "{}", page.text());
        let page = get(self.app, &self.standing());
        assert_eq!(page.status, 200, "{}", page.text());
        assert!(page.text().contains("Signer par un code"), "{}", page.text());
        page.text()
    }

    fn sign_by_code(&self) {
        let before = self.app.mails().len();
        let fields = [("name", "Zoé Martin"), ("quality", "Gérante"), ("signed_as", "delegate"), ("agreed", "yes")];
        let code = follow(self.app, &format!("{}/signer/1", self.link), &fields);
        follow(self.app, &code, &[("envoyer", "1")]);
        let mail: Message = self.app.wait_for_mails(before + 1).swap_remove(before);
        follow(self.app, &code, &[("code", &mail.code())]);
    }

    /// Time passes for what waits.
    fn hurry(&self) {
        sql(self.app.database_url(), "UPDATE signatures SET next_at = 0, lease_until = NULL WHERE next_at IS NOT NULL");
    }

    /// Waits until a query of the test's own finds a row.
    #[track_caller]
    fn wait_for_state(&self, state: &str) {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let found = self.states();
            if found.last().is_some_and(|last| last == state) {
                return;
            }
            assert!(Instant::now() < end, "{found:?} instead of {state}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// States of the requests, the oldest first.
    fn states(&self) -> Vec<String> {
        let cabinet = self.app.get::<op::ReadCabinet>(&self.person).id;
        let id = self.mandate().row.id;
        let mut conn = self.app.app().store.conn().unwrap();
        let newest = store::signatures::of_mandates(&mut conn, cabinet, &[id]).unwrap();
        newest.into_values().map(|s| s.state.to_string()).collect()
    }
}

#[test]
fn a_client_signs_at_the_provider_and_the_mandate_with_it() {
    on_both(|desk, app| {
        let case = Case::new(&app, MandateKind::Delegation);
        let page = get(&app, &format!("{}/signer/1", case.link)).text();
        assert!(page.contains("Signer chez 127.0.0.1:") && page.contains("Signer ici, par un code"), "{page}");
        // A first name and a name are needed.
        let id = case.mandate().row.id.to_string();
        let page = refused(&app, &case.standing(), &[("mandate", &id), ("name", "Martin"), ("quality", "")]);
        assert!(page.contains("Anne Martin"), "{page}");
        assert_eq!(desk.requests(), 0);

        case.leaves(0);
        let (signer, form) = desk.told(0);
        assert_eq!(signer["info"]["first_name"], "Zoé");
        assert_eq!(signer["info"]["last_name"], "Martin");
        assert_eq!(signer["info"]["email"], "zoe@exemple.fr");
        assert_eq!(signer["info"]["phone_number"], "+33612345678");
        assert!(form.windows(5).any(|piece| piece == b"%PDF-"));
        // Pressed again it is the same request.
        case.leaves(0);
        assert_eq!((desk.requests(), desk.activated()), (1, 1));
        assert_eq!(case.mandate().row.state, MandateState::Opened);
        // Another name is another request: the first one is called off.
        let other = [("mandate", id.as_str()), ("name", "Zoé Martinez"), ("quality", "Gérante")];
        assert_eq!(press(&app, &case.standing(), &other).status, 200);
        assert_eq!(desk.told(1).0["info"]["last_name"], "Martinez");
        case.hurry();
        let end = Instant::now() + Duration::from_secs(20);
        while desk.status(0) != "canceled" {
            assert!(Instant::now() < end, "{}", desk.status(0));
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(desk.status(1), "ongoing");
        case.leaves(2);
        case.hurry();

        // The provider knows an address that opens nothing; the client's own browser finds back.
        let back = signer["redirect_urls"]["success"].as_str().expect("an address").to_owned();
        let back = back.strip_prefix(&app.url()).expect("ours").to_owned();
        let token = case.link.strip_prefix("/l/").unwrap();
        assert!(!back.contains(token), "{back}");
        let strange = get(&app, &back);
        assert!(strange.status == 200 && strange.text().contains("rouvrez le lien"), "{}", strange.text());
        assert!(!strange.text().contains(token) && !strange.text().contains("Société"), "{}", strange.text());
        let cookie = case.press().header("set-cookie").expect("the link is kept").to_owned();
        assert!(cookie.contains("Path=/l/retour") && cookie.contains("HttpOnly"), "{cookie}");
        let pair = cookie.split(';').next().unwrap();
        let own = app.raw("GET", &back).header("cookie", pair).send();
        assert_eq!((own.status, own.header("location")), (303, Some(case.standing().as_str())));
        let forged = format!("{}0", &back[..back.len() - 1]);
        let forged = if forged == back { format!("{}1", &back[..back.len() - 1]) } else { forged };
        assert_eq!(get(&app, &forged).status, 404);
        assert_eq!(app.raw("POST", &back).send().status, 404);

        // Signed there: whoever looks at the page has it fetched, and nobody has to wait for its time.
        desk.becomes(2, "done");
        sql(app.database_url(), "UPDATE signatures SET next_at = next_at + 3600000000");
        get(&app, &case.standing());
        let mandate = case.wait(MandateState::Signed);
        assert_eq!(mandate.row.signed_by, Some(SignedBy::Provider));
        assert_eq!(mandate.row.signed_at.unwrap().to_rfc3339(), "2026-11-26T08:30:00+00:00");
        let kinds: Vec<_> = mandate.documents.iter().map(|d| d.kind).collect();
        assert_eq!(kinds, [DocumentKind::Provider, DocumentKind::Evidence, DocumentKind::Generated]);
        let read = |at: usize| {
            let ask = app.ask::<op::ReadDocument>(mandate.documents[at].id, Nothing {}, Nothing {});
            ask.token(&case.person.token).send()
        };
        assert_eq!(read(0).body, include_bytes!("../../paper/tests/fixtures/signed.pdf"));
        assert!(read(1).body.starts_with(b"%PDF"));
        let current = app.ask::<op::ReadMandateDocument>(mandate.row.id, Nothing {}, Nothing {});
        assert_eq!(current.token(&case.person.token).send().body, read(0).body, "the newest is the signed one");
        let copy = app.wait_for_mails(2).swap_remove(1);
        assert_eq!((copy.files.len(), copy.to.as_str()), (2, "zoe@exemple.fr"));
        assert!(copy.text.contains("prestataire de signature"), "{}", copy.text);
        let page = get(&app, &case.standing()).text();
        assert!(page.contains("signé") && !page.contains("http-equiv"), "{page}");
        assert_eq!((desk.requests(), desk.activated(), case.states()), (3, 3, vec!["signed".to_owned()]));
    });
}

#[test]
fn who_is_cut_off_in_the_middle_finds_the_same_request_again() {
    on_both(|desk, mut app| {
        {
            let case = Case::new(&app, MandateKind::Delegation);
            desk.mood(Mood::CutsAtActivation);
            let page = case.stays();
            assert!(page.contains("Rien n’est perdu"), "{page}");
            // Who waits in front of the page has it asked again.
            case.wait_for_state("open");
            case.leaves(0);
            assert_eq!((desk.requests(), desk.activated()), (1, 1));
        }
        // Noted, opened at the provider, and the server killed before it heard so.
        sql(app.database_url(), "UPDATE signatures SET state = 'asked', provider_id = '', next_at = 0");
        app.restart();
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let mut conn = app.app().store.conn().unwrap();
            let found = store::signatures::by_provider(&mut conn, "yousign", "req-0").unwrap();
            if found.is_some_and(|s| s.state == domain::SignatureState::Open) {
                break;
            }
            drop(conn);
            assert!(Instant::now() < end, "it is not taken up again");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!((desk.requests(), desk.activated()), (1, 1));
    });
}

#[test]
fn a_provider_that_is_down_or_slow_keeps_nobody_from_signing() {
    on_both(|desk, app| {
        let case = Case::new(&app, MandateKind::Delegation);
        desk.mood(Mood::Down);
        assert!(case.stays().contains("ne répond pas pour l’instant"));
        desk.mood(Mood::Silent);
        case.hurry();
        let began = Instant::now();
        case.stays();
        assert!(began.elapsed() < Duration::from_secs(5), "a person waits for it");
        // Nothing is lost: the code signs, and the provider is asked no more.
        case.sign_by_code();
        let mandate = case.wait(MandateState::Signed);
        assert_eq!(mandate.row.signed_by, Some(SignedBy::Link));
        desk.mood(Mood::Open);
        case.hurry();
        case.wait_for_state("cancelled");
        assert_eq!(desk.activated(), 0);
    });
}

#[test]
fn what_was_only_noted_is_asked_by_itself_once_the_provider_answers() {
    on_both(|desk, app| {
        let case = Case::new(&app, MandateKind::Delegation);
        desk.mood(Mood::Down);
        case.stays();
        desk.mood(Mood::Open);
        case.hurry();
        case.wait_for_state("open");
        let page = get(&app, &case.standing()).text();
        assert!(page.contains("Continuer chez"), "{page}");
        case.leaves(0);
        assert_eq!(desk.activated(), 1);
    });
}

#[test]
fn a_request_that_the_provider_refuses_says_so_and_may_be_made_again() {
    on_both(|desk, app| {
        let case = Case::new(&app, MandateKind::Delegation);
        desk.mood(Mood::Refusing);
        let page = case.stays();
        assert!(page.contains("n’a pas abouti") && page.contains("Réessayer chez"), "{page}");
        assert_eq!(case.states(), ["failed"]);
        desk.mood(Mood::Open);
        case.leaves(0);
        assert_eq!(case.mandate().row.state, MandateState::Opened);
    });
}

#[test]
fn what_becomes_of_it_at_the_provider_is_told() {
    on_both(|desk, app| {
        let case = Case::new(&app, MandateKind::Delegation);
        case.leaves(0);
        desk.becomes(0, "expired");
        get(&app, &case.standing());
        case.wait_for_state("expired");
        assert!(get(&app, &case.standing()).text().contains("Le délai pour signer est passé"));
        assert_eq!(case.mandate().row.state, MandateState::Opened);
        // Asked anew: another request. Declined, it is the client's no.
        case.leaves(1);
        desk.becomes(1, "declined");
        get(&app, &case.standing());
        let mandate = case.wait(MandateState::Refused);
        assert!(mandate.row.reason.unwrap().starts_with("Refusé chez 127.0.0.1"));
        let query = serde_json::from_value(json!({ "action": "signature.end" })).unwrap();
        let journal = app.call::<op::ListJournal>(&case.person.token, Nothing {}, query, Nothing {}).unwrap().data;
        assert_eq!(journal.iter().filter(|row| row.action == "signature.end").count(), 2);
    });
}

#[test]
fn a_mandate_that_is_called_back_is_called_off_at_the_provider() {
    on_both(|desk, app| {
        let case = Case::new(&app, MandateKind::Delegation);
        case.leaves(0);
        let body = MandateActInput {
            ids: Some(vec![case.mandate().row.id]),
            filter: None,
            act: MandateAct::Revoke,
            reason: Some("Essai".to_owned()),
            starts_on: None,
            preview: false,
        };
        app.call::<op::ActOnMandates>(&case.person.token, Nothing {}, Nothing {}, body).unwrap();
        // Before its time: nobody should sign what is called back.
        case.wait_for_state("cancelled");
        assert_eq!(desk.status(0), "canceled");
        assert_eq!(case.mandate().row.state, MandateState::Revoked);
    });
}

#[test]
fn a_signed_document_that_acts_is_not_kept_and_the_code_still_signs() {
    on_both(|desk, app| {
        let case = Case::new(&app, MandateKind::Delegation);
        case.leaves(0);
        let signed: &[u8] = include_bytes!("../../paper/tests/fixtures/signed.pdf");
        desk.gives_back(&[signed, b"\n900 0 obj\n<</S/JavaScript/JS(x)>>\nendobj\nstartxref\n0\n%%EOF\n"].concat());
        desk.becomes(0, "done");
        get(&app, &case.standing());
        case.wait_for_state("failed");
        let page = get(&app, &case.standing()).text();
        assert!(page.contains("ne peut pas être conservé") && page.contains("JavaScript"), "{page}");
        assert_eq!((case.mandate().row.state, case.mandate().documents.len()), (MandateState::Opened, 1));
        case.sign_by_code();
        case.wait(MandateState::Signed);
    });
}

#[test]
fn a_message_of_the_provider_proves_itself_and_only_hurries() {
    on_both(|desk, app| {
        let case = Case::new(&app, MandateKind::Delegation);
        case.leaves(0);
        sql(app.database_url(), "UPDATE signatures SET next_at = next_at + 3600000000");
        let send = |(body, signature): (String, String)| {
            let ask = app.ask::<op::ReceiveSignatureEvent>(Nothing {}, Nothing {}, SignedEvent(body));
            ask.header("x-yousign-signature-256", &signature).send()
        };
        // It says that it is signed; it is not.
        assert_eq!(send(desk.event(0, None)).status, 204);
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(case.mandate().row.state, MandateState::Opened);
        desk.becomes(0, "done");
        sql(app.database_url(), "UPDATE signatures SET next_at = next_at + 3600000000");
        assert_eq!(send(desk.event(0, Some("un autre secret"))).status, 401);
        let (body, signature) = desk.event(0, None);
        assert_eq!(send((body.replace("req-0", "req-1"), signature.clone())).status, 401);
        assert_eq!(send((body.clone(), String::new())).status, 401);
        assert_eq!(send((body.clone(), "sha256=é".to_owned())).status, 401);
        let bare = app.ask::<op::ReceiveSignatureEvent>(Nothing {}, Nothing {}, SignedEvent(body.clone())).send();
        assert_eq!(bare.problem().status, 401);
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(case.mandate().row.state, MandateState::Opened, "none of them was heard");
        // Of an account that others use as well.
        assert_eq!(send(desk.event(7, None)).status, 204);
        assert_eq!(send((body, signature)).status, 204);
        case.wait(MandateState::Signed);
    });
}

#[test]
fn a_designation_is_signed_with_what_the_official_model_asks() {
    on_both(|desk, app| {
        let case = Case::new(&app, MandateKind::Designation);
        let page = get(&app, &format!("{}/signer/1", case.link)).text();
        assert!(page.contains("Représentant légal") && page.contains("Délégataire"), "{page}");
        let id = case.mandate().row.id.to_string();
        let page = refused(&app, &case.standing(), &[("mandate", &id), ("name", "Zoé Martin"), ("quality", "Gérante")]);
        assert!(page.contains("signez par délégation"), "{page}");
        case.leaves(0);
        // Printed anew for it, ticked: other bytes than the sheet that may be signed by hand.
        let (_, form) = desk.told(0);
        let start = form.windows(5).position(|piece| piece == b"%PDF-").unwrap();
        let end = form.windows(5).rposition(|piece| piece == b"%%EOF").unwrap() + 5;
        let text = lopdf::Document::load_mem(&form[start..end]).unwrap();
        let pages: Vec<u32> = text.get_pages().keys().copied().collect();
        let text = text.extract_text(&pages).unwrap();
        assert!(text.contains("☑") && text.contains("Zoé Martin"), "{text}");
        // By the code, the page behind the sheet says the same.
        desk.becomes(0, "expired");
        case.hurry();
        case.wait_for_state("expired");
        case.sign_by_code();
        let mandate = case.wait(MandateState::Signed);
        let ask = app.ask::<op::ReadDocument>(mandate.documents[0].id, Nothing {}, Nothing {});
        let pdf = lopdf::Document::load_mem(&ask.token(&case.person.token).send().body).unwrap();
        let last = *pdf.get_pages().keys().last().unwrap();
        let said = pdf.extract_text(&[last]).unwrap().replace(['\n', '\u{a0}'], " ");
        assert!(said.contains("par voie électronique") && said.contains("délégataire de l’entreprise"), "{said}");
    });
}

both_databases!(without_a_provider_the_code_is_the_way, |app| {
    let person = app.sign_up("Cabinet Léa");
    let settings = app.get::<op::ReadCollectionSettings>(&person);
    assert_eq!((settings.signature, settings.signature_provider), (SignatureWay::Code, None));
    let refused = change(&app, &person, SignatureWay::Provider).unwrap_err();
    assert_eq!((refused.status, refused.errors[0].pointer.as_str()), (422, "/signature"));
    change(&app, &person, SignatureWay::Code).unwrap();
});
