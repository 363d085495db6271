//! What becomes of messages: what the provider tells, what comes back by mail, what people note; and the addresses that are
//! not written to any more.

mod common;

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration as Time;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Duration, Utc};
use common::{SignedIn, World, on_both};
use contract::endpoint::{WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_SIGNED_AT};
use contract::{
    AnswerInput, AnswerUndo, Code, Mail, MailAct, MailContent, MailQuery, MailState, MailsInput, MandatesInput,
    NewDossier, NewSuppression, Nothing, Reactivation, SignedEvent, SuppressionExportQuery, SuppressionPage,
    SuppressionQuery,
};
use domain::{AnswerWay, DossierId, MailEventKind, MandateKind, MandateState, SuppressionReason, Text};
use gateway::Secret;
use gateway::mail::{Kind, MailError, Mailer, Receipt, Session};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use service::delivery::mailbox::Look;
use service::{App, Call, Client, delivery, mails, mandates, post, suppressions};
use sha2::Sha256;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A peer that takes everything, or breaks off once.
#[derive(Default)]
struct Peer {
    took: Mutex<Vec<gateway::mail::Mail>>,
    breaks_off: AtomicBool,
}

struct Relay(Arc<Peer>);

fn text(words: &str) -> Text {
    Text::new(words, words)
}

impl Mailer for Relay {
    fn kind(&self) -> Kind {
        Kind::Provider
    }

    fn describe(&self) -> Text {
        text("fournisseur.test")
    }

    fn open(&self) -> Result<Box<dyn Session>, MailError> {
        Ok(Box::new(Relay(self.0.clone())))
    }
}

impl Session for Relay {
    fn send(
        &mut self,
        mail: &gateway::mail::Mail,
        handing_over: &mut dyn FnMut() -> Result<(), MailError>,
    ) -> Result<Receipt, MailError> {
        mail.mime()?;
        handing_over()?;
        if self.0.breaks_off.swap(false, std::sync::atomic::Ordering::Relaxed) {
            return Err(MailError::Doubtful { why: text("Plus de nouvelles") });
        }
        let mut took = self.0.took.lock().unwrap();
        took.push(mail.clone());
        Ok(Receipt { accepted_by: "fournisseur.test".to_owned(), provider_id: format!("e-{}", took.len()) })
    }
}

/// A firm whose mail goes to a provider of the test, and whose mailbox is a folder.
struct Firm<'a> {
    world: &'a World,
    who: SignedIn,
    app: App,
    peer: Arc<Peer>,
    folder: tempfile::TempDir,
    look: std::cell::RefCell<Look>,
    number: std::cell::Cell<u32>,
}

fn siren(n: u32) -> String {
    let stem = format!("{:08}", 43_000_000 + n);
    (0..10).map(|d| format!("{stem}{d}")).find(|s| domain::Siren::parse(s).is_ok_and(|s| s.is_checked())).unwrap()
}

impl<'a> Firm<'a> {
    fn new(world: &'a World) -> Self {
        Self::of(world, "Cabinet Essai", "claire@essai.example")
    }

    fn of(world: &'a World, name: &str, email: &str) -> Self {
        let peer = Arc::new(Peer::default());
        let mailer = Arc::new(Relay(peer.clone()));
        let ports = service::Ports { mailer, mail_events: Some(Secret::new(SECRET)), ..common::ports() };
        let settings = service::settings::Settings { mail_is_read: true, ..(*world.app.settings).clone() };
        let app = App { ports, shared: Arc::default(), settings: Arc::new(settings), ..world.app.clone() };
        let folder = tempfile::tempdir().unwrap();
        let look = Look::new(folder.path().to_owned()).into();
        let who = world.sign_up(name, email);
        Self { world, who, app, peer, folder, look, number: 0.into() }
    }

    fn call(&self) -> Call {
        Call { app: self.app.clone(), now: Utc::now(), ..self.world.by(&self.who) }
    }

    fn dossier(&self, email: &str) -> DossierId {
        self.number.set(self.number.get() + 1);
        let facts = json!({ "siren": siren(self.number.get()), "name": format!("Client {}", self.number.get()),
            "contacts": [{ "name": "Anne Petit", "email": email }] });
        let body = NewDossier { facts: serde_json::from_value(facts).unwrap() };
        service::dossiers::create_dossier(&self.call(), Nothing {}, Nothing {}, body).unwrap().reply.id
    }

    fn ask(&self, dossiers: &[DossierId]) -> u64 {
        let body = MandatesInput {
            ids: Some(dossiers.to_vec()),
            filter: None,
            kinds: vec![MandateKind::Delegation],
            starts_on: None,
            ends_on: None,
            send: true,
            preview: false,
        };
        mandates::create_mandates(&self.call(), Nothing {}, Nothing {}, body).unwrap().reply.changed
    }

    fn drain(&self) {
        post::drain(&self.app).unwrap();
    }

    /// A message to a client that has left.
    fn sent(&self, email: &str) -> Mail {
        let dossier = self.dossier(email);
        assert_eq!(self.ask(&[dossier]), 1);
        self.drain();
        self.mails().swap_remove(0)
    }

    fn mails(&self) -> Vec<Mail> {
        self.list(MailQuery::default())
    }

    fn list(&self, query: MailQuery) -> Vec<Mail> {
        mails::list_mails(&self.call(), Nothing {}, query, Nothing {}).unwrap().reply.data
    }

    fn read(&self, mail: &Mail) -> MailContent {
        mails::read_mail(&self.call(), mail.id, Nothing {}, Nothing {}).unwrap().reply
    }

    fn state(&self, mail: &Mail) -> MailState {
        self.read(mail).mail.state
    }

    fn kinds(&self, mail: &Mail) -> Vec<MailEventKind> {
        self.read(mail).events.iter().map(|e| e.kind).collect()
    }

    fn mandates(&self) -> Vec<MandateState> {
        let query = contract::MandateListQuery::default();
        let page = mandates::list_mandates(&self.call(), Nothing {}, query, Nothing {}).unwrap().reply;
        page.data.iter().map(|m| m.state).collect()
    }

    fn suppressed(&self) -> SuppressionPage {
        let query = SuppressionQuery { facets: Some(true), ..Default::default() };
        suppressions::list_suppressions(&self.call(), Nothing {}, query, Nothing {}).unwrap().reply
    }

    fn reasons(&self) -> Vec<(String, SuppressionReason)> {
        self.suppressed().data.into_iter().map(|s| (s.address, s.reason)).collect()
    }

    fn leave_alone(&self, email: &str) {
        let body = NewSuppression { address: email.to_owned(), note: "Préfère le téléphone".to_owned() };
        suppressions::create_suppression(&self.call(), Nothing {}, Nothing {}, body).unwrap();
    }

    fn reactivate(&self, email: &str) -> service::Result<Vec<SuppressionReason>> {
        let body = Reactivation { address: email.to_owned(), reason: "Vu au téléphone".to_owned() };
        Ok(suppressions::reactivate_suppression(&self.call(), Nothing {}, Nothing {}, body)?.reply.lifted)
    }

    /// A message of the provider, signed as this; answers with what it was refused.
    fn told_as(&self, id: &str, at: DateTime<Utc>, secret: &str, body: &Value) -> Result<(), Code> {
        let key = STANDARD.decode(secret.trim_start_matches("whsec_")).unwrap();
        let (body, at) = (body.to_string(), at.timestamp().to_string());
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{id}.{at}.{body}").as_bytes());
        let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        let proof = [(WEBHOOK_ID, id.to_owned()), (WEBHOOK_SIGNED_AT, at), (WEBHOOK_SIGNATURE, signature)]
            .into_iter()
            .collect();
        let call = Call { actor: None, client: Client { proof, ..Client::default() }, ..self.call() };
        delivery::receive_mail_event(&call, Nothing {}, Nothing {}, SignedEvent(body)).map(drop).map_err(|e| e.code)
    }

    fn told(&self, id: &str, mail: &Mail, kind: &str, more: Value) {
        let mut data = json!({ "email_id": "?", "to": [mail.to], "tags": { "cabready_mail": mail.id } });
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let body = json!({ "type": kind, "created_at": Utc::now().to_rfc3339(), "data": data });
        assert_eq!(self.told_as(id, Utc::now(), SECRET, &body), Ok(()));
    }

    fn bounces(&self, id: &str, mail: &Mail, kind: &str) {
        let why = json!({ "bounce": { "type": kind, "subType": "General", "message": "550 no such user" } });
        self.told(id, mail, "email.bounced", why);
    }

    /// Puts a file into the mailbox and has it looked at; answers where it went.
    fn arrives(&self, name: &str, bytes: &[u8]) -> &'static str {
        let at = self.folder.path().join(name);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(&at, bytes).unwrap();
        let stop = AtomicBool::new(false);
        let looks: usize = (0..2).map(|_| self.look.borrow_mut().once(&self.app, Time::ZERO, &stop)).sum();
        assert_eq!(looks, 1, "{name}");
        let own = Path::new(name).file_name().unwrap();
        ["done", "other", "refused"]
            .into_iter()
            .find(|f| self.folder.path().join(f).join(own).exists())
            .expect("a place")
    }
}

/// The id of a message as the mail that comes back names it.
fn named(mail: &Mail) -> &str {
    &mail.message_id
}

fn notification(mail: &Mail, n: u32, action: &str, status: &str, recipient: &str) -> String {
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@relais.example\r\nTo: mandats@cabinet.example\r\nSubject: Undelivered\r\n\
         Message-ID: <n{n}@relais.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b1\r\n\r\n\
         --b1\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\r\n--b1\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; relais.example\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\nAction: {action}\r\n\
         Status: {status}\r\nDiagnostic-Code: smtp; 550 non\r\n\r\n\
         --b1\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {}\r\nSubject: Mandat\r\n\r\n--b1--\r\n",
        named(mail)
    )
}

fn complaint(mail: &Mail) -> String {
    format!(
        "From: abuse@messagerie.example\r\nSubject: FW\r\nMessage-ID: <c1@messagerie.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=f1\r\n\r\n\
         --f1\r\nContent-Type: text/plain\r\n\r\nAbuse.\r\n\r\n--f1\r\nContent-Type: message/feedback-report\r\n\r\n\
         Feedback-Type: abuse\r\nVersion: 1\r\n\r\n\
         --f1\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {}\r\nSubject: Mandat\r\n\r\nBonjour\r\n\r\n--f1--\r\n",
        named(mail)
    )
}

fn reply(mail: &Mail, n: u32, more: &str) -> String {
    format!(
        "From: Anne <anne@exemple.fr>\r\nTo: mandats@cabinet.example\r\nSubject: Re: Mandat\r\nMessage-ID: <r{n}@exemple.fr>\r\n\
         In-Reply-To: {}\r\n{more}Content-Type: text/plain; charset=utf-8\r\n\r\nJe signe demain.\r\n\r\n> Bonjour\r\n",
        named(mail)
    )
}

#[test]
fn the_provider_is_believed_by_its_signature_and_heard_once() {
    on_both(|world| {
        let firm = Firm::new(world);
        let mail = firm.sent("anne@exemple.fr");
        assert_eq!((firm.state(&mail), firm.mandates()), (MailState::Sent, vec![MandateState::Sent]));
        let body = json!({ "type": "email.delivered", "data": { "email_id": "e-1" } });
        let now = Utc::now();
        let other = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
        assert_eq!(firm.told_as("m1", now, other, &body), Err(Code::Unauthenticated));
        assert_eq!(firm.told_as("m1", now - Duration::seconds(301), SECRET, &body), Err(Code::Unauthenticated));
        assert_eq!(firm.told_as("m1", now + Duration::seconds(301), SECRET, &body), Err(Code::Unauthenticated));
        assert_eq!((firm.state(&mail), firm.kinds(&mail)), (MailState::Sent, vec![]));
        // Known by the provider's own id; again it changes nothing.
        for _ in 0..3 {
            assert_eq!(firm.told_as("m1", now, SECRET, &body), Ok(()));
        }
        assert_eq!((firm.state(&mail), firm.kinds(&mail)), (MailState::Delivered, vec![MailEventKind::Delivered]));
        // Hints are one each, and move nothing.
        for n in 0..3 {
            firm.told(&format!("o{n}"), &mail, "email.opened", json!({}));
            firm.told(&format!("k{n}"), &mail, "email.clicked", json!({}));
        }
        firm.told("d1", &mail, "email.delivery_delayed", json!({}));
        assert_eq!((firm.state(&mail), firm.kinds(&mail).len()), (MailState::Delivered, 4));
        // What is not about a message of ours, or about no message, is counted.
        let unknown = json!({ "type": "email.delivered", "data": { "email_id": "e-99" } });
        assert_eq!(firm.told_as("m2", now, SECRET, &unknown), Ok(()));
        assert_eq!(firm.told_as("m3", now, SECRET, &json!({ "type": "contact.created" })), Ok(()));
        let counts = firm.app.shared.delivery.read();
        assert_eq!(counts, [("noted", 4), ("again", 6), ("unknown", 1), ("other", 1)]);
        // Without a secret there is nothing here.
        let ports = service::Ports { mail_events: None, ..firm.app.ports.clone() };
        let deaf = App { ports, ..firm.app.clone() };
        let call = Call { app: deaf, actor: None, ..firm.call() };
        let refused = delivery::receive_mail_event(&call, Nothing {}, Nothing {}, SignedEvent(body.to_string()));
        assert_eq!(refused.unwrap_err().code, Code::NotFound);
    });
}

#[test]
fn what_became_of_a_message_is_never_changed() {
    on_both(|world| {
        let firm = Firm::new(world);
        let mail = firm.sent("anne@exemple.fr");
        firm.told("m1", &mail, "email.delivered", json!({}));
        let changed =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.sql("UPDATE mail_events SET said = 'x'")));
        assert!(changed.is_err(), "a trigger refuses it");
    });
}

#[test]
fn a_complaint_after_the_sending_takes_the_mandate_back_and_nothing_goes_there_any_more() {
    on_both(|world| {
        let firm = Firm::new(world);
        let mail = firm.sent("anne@exemple.fr");
        firm.told("m1", &mail, "email.delivered", json!({}));
        firm.told("m2", &mail, "email.complained", json!({}));
        // What is said of it later outweighs nothing.
        firm.told("m3", &mail, "email.delivered", json!({}));
        assert_eq!((firm.state(&mail), firm.mandates()), (MailState::Complained, vec![MandateState::Draft]));
        assert_eq!(firm.reasons(), [("anne@exemple.fr".to_owned(), SuppressionReason::Complained)]);
        assert_eq!(firm.suppressed().data[0].mail_id, Some(mail.id));
        // Sending it again by hand is refused until somebody takes the address up again.
        let again = MailsInput { ids: vec![mail.id], act: MailAct::Retry };
        let done = mails::act_on_mails(&firm.call(), Nothing {}, Nothing {}, again.clone()).unwrap().reply;
        assert_eq!(done.changed, 0);
        assert!(done.items[0].reason.as_ref().unwrap().en.contains("reported a message"), "{done:?}");
        assert_eq!(firm.reactivate("anne@exemple.fr").unwrap(), [SuppressionReason::Complained]);
        assert_eq!(mails::act_on_mails(&firm.call(), Nothing {}, Nothing {}, again).unwrap().reply.changed, 1);
        firm.drain();
        // Its new sending stands for itself.
        assert_eq!((firm.state(&mail), firm.mandates()), (MailState::Sent, vec![MandateState::Sent]));
        assert!(firm.read(&mail).events.iter().all(|e| e.earlier));
        let problems = |yes| MailQuery { problems: Some(yes), ..Default::default() };
        assert_eq!((firm.list(problems(true)).len(), firm.list(problems(false)).len()), (0, 1));
    });
}

#[test]
fn bounces_that_come_later_count_as_refusals_at_the_sending() {
    on_both(|world| {
        let firm = Firm::new(world);
        let mail = firm.sent("anne@exemple.fr");
        firm.bounces("m1", &mail, "Permanent");
        assert_eq!((firm.state(&mail), firm.mandates()), (MailState::Bounced, vec![MandateState::Draft]));
        assert_eq!(firm.reasons(), [("anne@exemple.fr".to_owned(), SuppressionReason::BouncedHard)]);
        let shown = firm.read(&mail);
        assert_eq!(shown.events[0].said.as_deref(), Some("550 no such user"));
        assert!(shown.mail.error.unwrap().fr.contains("550 no such user"));
        let problems = MailQuery { problems: Some(true), ..Default::default() };
        assert_eq!(firm.list(problems).len(), 1);
        // Whoever asks for a mandate there is told, and nothing leaves.
        let other = firm.dossier("Anne@exemple.fr");
        assert_eq!((firm.ask(&[other]), firm.peer.took.lock().unwrap().len()), (0, 1));
    });
}

#[test]
fn soft_bounces_in_a_row_end_in_silence_and_an_arrival_between_them_does_not() {
    on_both(|world| {
        let firm = Firm::new(world);
        let mut number = 0;
        let mut bounce = |email: &str| {
            number += 1;
            let mail = firm.sent(email);
            firm.bounces(&format!("b{number}"), &mail, "Transient");
            assert_eq!(firm.state(&mail), MailState::BouncedSoft);
        };
        bounce("pleine@exemple.fr");
        bounce("pleine@exemple.fr");
        assert_eq!(firm.reasons(), []);
        let arrives = firm.sent("pleine@exemple.fr");
        firm.told("a1", &arrives, "email.delivered", json!({}));
        bounce("pleine@exemple.fr");
        bounce("pleine@exemple.fr");
        assert_eq!(firm.reasons(), [], "one arrived between them");
        bounce("pleine@exemple.fr");
        assert_eq!(firm.reasons(), [("pleine@exemple.fr".to_owned(), SuppressionReason::BouncedSoft)]);
        let page = firm.suppressed();
        assert_eq!((page.soft_bounces, page.data[0].holds_all), (3, true));
        assert!(page.soft_bounces_why.en.contains("abandoned"));
    });
}

#[test]
fn mail_that_comes_back_is_noted_on_its_message_and_moved_on() {
    on_both(|world| {
        let firm = Firm::new(world);
        let mail = firm.sent("anne@exemple.fr");
        let to = "anne@exemple.fr";
        // Delayed, handed on, refused for now: each in its own form of the folder.
        assert_eq!(firm.arrives("1.eml", notification(&mail, 1, "delayed", "4.4.1", to).as_bytes()), "done");
        assert_eq!(firm.arrives("new/2.host", notification(&mail, 2, "relayed", "2.0.0", to).as_bytes()), "done");
        assert_eq!((firm.state(&mail), firm.mandates()), (MailState::Sent, vec![MandateState::Sent]));
        let soft = notification(&mail, 3, "failed", "5.2.2", to);
        assert_eq!(firm.arrives("cur/3.host:2,S", soft.as_bytes()), "done");
        assert_eq!((firm.state(&mail), firm.mandates()), (MailState::BouncedSoft, vec![MandateState::Draft]));
        // The same again is the same.
        assert_eq!(firm.arrives("4.eml", soft.as_bytes()), "done");
        assert_eq!(firm.kinds(&mail).len(), 3);
        assert_eq!(
            firm.arrives("5.eml", notification(&mail, 5, "failed", "5.1.1", "Anne@exemple.fr").as_bytes()),
            "done"
        );
        assert_eq!(firm.state(&mail), MailState::Bounced);
        assert_eq!(firm.reasons(), [(to.to_owned(), SuppressionReason::BouncedHard)]);
        // About nothing of ours, broken, hostile.
        let other = notification(&mail, 6, "failed", "5.1.1", to).replace(named(&mail), "<x@ailleurs.example>");
        assert_eq!(firm.arrives("6.eml", other.as_bytes()), "other");
        let domain = mail.message_id.rsplit_once('@').unwrap().1;
        let forged = notification(&mail, 7, "failed", "5.1.1", to).replace(domain, "ailleurs.example>");
        assert_eq!(firm.arrives("7.eml", forged.as_bytes()), "other", "our ids bear our domain");
        assert_eq!(firm.arrives("8.eml", b"From: a@b.fr\r\nSubject: Bonjour\r\n\r\nUne question\r\n"), "other");
        let nested = "Content-Type: message/rfc822\r\nX: y\r\n\r\n".repeat(100_000);
        assert_eq!(firm.arrives("9.eml", nested.as_bytes()), "refused");
        let why = std::fs::read_to_string(firm.folder.path().join("refused/9.eml.txt")).unwrap();
        assert!(why.contains("300 parts"), "{why}");
        assert_eq!(firm.arrives("10.eml", b"\0\0\0"), "refused");
        // What is no mail is left where it is.
        std::fs::write(firm.folder.path().join("note.txt"), "x").unwrap();
        let stop = AtomicBool::new(false);
        for _ in 0..2 {
            assert_eq!(firm.look.borrow_mut().once(&firm.app, Time::ZERO, &stop), 0);
        }
    });
}

#[test]
fn a_complaint_by_mail_counts_as_one_of_the_provider() {
    on_both(|world| {
        let firm = Firm::new(world);
        let mail = firm.sent("anne@exemple.fr");
        assert_eq!(firm.arrives("1.eml", complaint(&mail).as_bytes()), "done");
        assert_eq!((firm.state(&mail), firm.mandates()), (MailState::Complained, vec![MandateState::Draft]));
        assert_eq!(firm.reasons(), [("anne@exemple.fr".to_owned(), SuppressionReason::Complained)]);
    });
}

#[test]
fn people_answer_and_programs_do_not() {
    on_both(|world| {
        let firm = Firm::new(world);
        let mail = firm.sent("anne@exemple.fr");
        assert_eq!(firm.arrives("1.eml", reply(&mail, 1, "Auto-Submitted: auto-replied\r\n").as_bytes()), "done");
        assert_eq!((firm.state(&mail), firm.kinds(&mail)), (MailState::Sent, vec![MailEventKind::AutoReplied]));
        assert_eq!(firm.arrives("2.eml", reply(&mail, 2, "").as_bytes()), "done");
        let shown = firm.read(&mail);
        assert_eq!((shown.mail.state, shown.events.len()), (MailState::Answered, 2));
        let said: Vec<_> = shown.events.iter().filter_map(|e| e.said.as_deref()).collect();
        assert_eq!(said, ["Je signe demain.", "Je signe demain."]);
        assert_eq!(firm.mandates(), [MandateState::Sent], "an answer signs nothing");
        // A later refusal of another copy does not make it unread.
        assert_eq!(
            firm.arrives("3.eml", notification(&mail, 3, "failed", "5.1.1", "anne@exemple.fr").as_bytes()),
            "done"
        );
        assert_eq!(firm.state(&mail), MailState::Answered);
    });
}

#[test]
fn answers_are_noted_by_hand_and_taken_back() {
    on_both(|world| {
        let firm = Firm::new(world);
        let dossier = firm.dossier("anne@exemple.fr");
        firm.ask(&[dossier]);
        // Made and not sent: nobody can have answered it.
        let input = |day: Option<&str>, note: &str| AnswerInput {
            answered_on: day.map(|d| d.parse().unwrap()),
            how: AnswerWay::Telephone,
            note: note.to_owned(),
        };
        firm.drain();
        let mail = firm.mails().swap_remove(0);
        world.sql("UPDATE mails SET state = 'queued', sent_at = NULL");
        let refused = delivery::record_answer(&firm.call(), mail.id, Nothing {}, input(None, "")).unwrap_err();
        assert_eq!(refused.code, Code::Conflict);
        world.sql(&format!("UPDATE mails SET state = 'sent', sent_at = {}", mail.sent_at.unwrap().timestamp_micros()));
        for (day, note, pointer) in [
            (Some("2020-01-01"), "", "/answered_on"),
            (Some("2999-01-01"), "", "/answered_on"),
            (None, &*"x".repeat(501), "/note"),
        ] {
            let refused = delivery::record_answer(&firm.call(), mail.id, Nothing {}, input(day, note)).unwrap_err();
            assert_eq!((refused.code, refused.fields[0].pointer.as_str()), (Code::Invalid, pointer));
        }
        let shown =
            delivery::record_answer(&firm.call(), mail.id, Nothing {}, input(None, " Signe demain ")).unwrap().reply;
        assert_eq!(shown.mail.state, MailState::Answered);
        let event = &shown.events[0];
        assert_eq!((event.how, event.said.as_deref()), (Some(AnswerWay::Telephone), Some("Signe demain")));
        assert!(event.answered_on.is_some() && event.by_name.is_some() && !event.undone);
        let undo = AnswerUndo { event_id: event.id };
        let shown = delivery::undo_answer(&firm.call(), mail.id, Nothing {}, undo.clone()).unwrap().reply;
        assert_eq!((shown.mail.state, shown.events.len()), (MailState::Sent, 2));
        assert!(shown.events[0].undone);
        let again = delivery::undo_answer(&firm.call(), mail.id, Nothing {}, undo).unwrap_err();
        assert_eq!(again.code, Code::Conflict);
        let none = AnswerUndo { event_id: shown.events[1].id };
        assert_eq!(delivery::undo_answer(&firm.call(), mail.id, Nothing {}, none).unwrap_err().code, Code::Invalid);
        let actions = world.texts("SELECT action AS text FROM journal WHERE action LIKE 'mail.answer%' ORDER BY seq");
        assert_eq!(actions, ["mail.answer", "mail.answer_undo"]);
        // Another firm sees none of it.
        let other = Firm::of(world, "Autre cabinet", "luc@autre.example");
        let refused = delivery::record_answer(&other.call(), mail.id, Nothing {}, input(None, "")).unwrap_err();
        assert_eq!(refused.code, Code::NotFound);
    });
}

#[test]
fn who_has_a_message_in_doubt_proves_that_it_left() {
    on_both(|world| {
        let firm = Firm::new(world);
        firm.peer.breaks_off.store(true, std::sync::atomic::Ordering::Relaxed);
        let mail = firm.sent("anne@exemple.fr");
        assert_eq!((firm.state(&mail), firm.mandates()), (MailState::Doubtful, vec![MandateState::ToSend]));
        firm.told("o1", &mail, "email.opened", json!({}));
        assert_eq!(firm.state(&mail), MailState::Doubtful, "a hint proves nothing");
        firm.told("m1", &mail, "email.delivered", json!({}));
        assert_eq!((firm.state(&mail), firm.mandates()), (MailState::Delivered, vec![MandateState::Sent]));
        assert!(firm.read(&mail).mail.sent_at.is_some());
    });
}

#[test]
fn what_comes_back_from_an_address_before_moves_nothing() {
    on_both(|world| {
        let firm = Firm::new(world);
        let mail = firm.sent("ancienne@exemple.fr");
        firm.bounces("m1", &mail, "Transient");
        let dossier = mail.dossiers[0].id;
        let version =
            service::dossiers::read_dossier(&firm.call(), dossier, Nothing {}, Nothing {}).unwrap().reply.version;
        let fields = serde_json::from_value(json!({ "contacts": [{ "email": "nouvelle@exemple.fr" }] })).unwrap();
        let call = Call { if_match: Some(version), ..firm.call() };
        service::dossiers::update_dossier(&call, dossier, Nothing {}, contract::DossierChange { fields }).unwrap();
        let again = MailsInput { ids: vec![mail.id], act: MailAct::Retry };
        assert_eq!(mails::act_on_mails(&firm.call(), Nothing {}, Nothing {}, again).unwrap().reply.changed, 1);
        firm.drain();
        let late = notification(&mail, 1, "failed", "5.1.1", "ancienne@exemple.fr");
        assert_eq!(firm.arrives("1.eml", late.as_bytes()), "done");
        assert_eq!((firm.state(&mail), firm.mandates()), (MailState::Sent, vec![MandateState::Sent]));
        assert_eq!(firm.reasons(), [("ancienne@exemple.fr".to_owned(), SuppressionReason::BouncedHard)]);
        // Where its mail was led on to and refused is the fault of the address that we write to.
        let led = notification(&mail, 2, "failed", "5.1.1", "boite@messagerie.example");
        assert_eq!(firm.arrives("2.eml", led.as_bytes()), "done");
        assert_eq!(firm.state(&mail), MailState::Bounced);
        assert!(firm.reasons().contains(&("nouvelle@exemple.fr".to_owned(), SuppressionReason::BouncedHard)));
    });
}

#[test]
fn all_senders_leave_a_suppressed_address_alone_and_what_is_owed_goes_there() {
    on_both(|world| {
        let firm = Firm::new(world);
        let (before, waits) = (firm.dossier("anne@exemple.fr"), firm.dossier("anne@exemple.fr"));
        // Asked before; the message waits while the address is left alone.
        assert_eq!(firm.ask(&[waits]), 1);
        firm.leave_alone("Anne@exemple.fr");
        firm.drain();
        assert_eq!((firm.mails().len(), firm.mandates()), (1, vec![MandateState::Draft]));
        let held = firm.read(&firm.mails()[0]);
        assert_eq!(held.mail.state, MailState::Blocked);
        assert!(held.optional && held.mail.error.unwrap().fr.contains("Préfère le téléphone"));
        assert_eq!(firm.peer.took.lock().unwrap().len(), 0);
        // Asked by hand, and by a campaign.
        assert_eq!(firm.ask(&[before]), 0);
        let body = serde_json::from_value(json!({ "name": "Collecte", "kinds": ["engagement_addendum"] })).unwrap();
        let plan = service::campaigns::create_campaign(&firm.call(), Nothing {}, Nothing {}, body).unwrap().reply;
        assert_eq!((plan.mandates, plan.left_out.len()), (0, 2));
        assert!(plan.left_out[0].why.fr.contains("laissé tranquille"), "{plan:?}");
        // A copy of what was signed is owed: it goes to who wants nothing else, and not where nothing arrives.
        let owed = "UPDATE mails SET state = 'queued', next_at = 0, purpose = 'signed_copy', \
                    about = '{\"mandates\":[],\"documents\":[]}'";
        world.sql(owed);
        firm.drain();
        assert_eq!(firm.peer.took.lock().unwrap().len(), 1);
        let cabinet = firm.call().scope().unwrap().cabinet();
        common::refuse(&mut world.app.store.conn().unwrap(), cabinet, "anne@exemple.fr", "550", Utc::now());
        world.sql(owed);
        firm.drain();
        assert_eq!((firm.peer.took.lock().unwrap().len(), firm.mails()[0].state), (1, MailState::Blocked));
    });
}

#[test]
fn messages_bear_the_way_out_and_a_mail_to_it_is_enough() {
    on_both(|world| {
        let firm = Firm::new(world);
        let mail = firm.sent("anne@exemple.fr");
        let took = firm.peer.took.lock().unwrap()[0].clone();
        let header = |name: &str| took.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap();
        assert_eq!(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
        let ways = header("List-Unsubscribe");
        let token = ways.split("/d/").nth(1).unwrap().split('>').next().unwrap().to_owned();
        assert!(
            ways.contains(&format!("<mailto:{}?subject=desabonnement%20{token}>", firm.app.settings.mail_from)),
            "{ways}"
        );
        assert!(took.text.contains(&format!("/d/{token}")) && !took.text.contains("[["), "{}", took.text);
        // The firm is shown no secret.
        let shown = firm.read(&mail);
        assert!(shown.text.contains("/d/…") && !shown.text.contains(&token));
        let asks = |token: &str| format!("From: anne@exemple.fr\r\nSubject: desabonnement {token}\r\n\r\n");
        let last = if token.ends_with('0') { '1' } else { '0' };
        let forged = format!("{}{last}", &token[..token.len() - 1]);
        assert_eq!(firm.arrives("1.eml", asks(&forged).as_bytes()), "other");
        assert_eq!(firm.reasons(), []);
        assert_eq!(firm.arrives("2.eml", asks(&token).as_bytes()), "done");
        assert_eq!(firm.arrives("3.eml", asks(&token).as_bytes()), "done");
        assert_eq!(firm.reasons(), [("anne@exemple.fr".to_owned(), SuppressionReason::Unsubscribed)]);
        assert_eq!((firm.state(&mail), firm.kinds(&mail)), (MailState::Sent, vec![MailEventKind::Unsubscribed]));
        // Another firm writes to the same person all the same.
        let other = Firm::of(world, "Autre cabinet", "luc@autre.example");
        assert_eq!(other.reasons(), []);
        assert_eq!(other.sent("anne@exemple.fr").state, MailState::Sent);
    });
}

#[test]
fn html_goes_beside_the_text_with_its_places_filled() {
    on_both(|world| {
        let firm = Firm::new(world);
        firm.ask(&[firm.dossier("anne@exemple.fr")]);
        // Written while it waits, as a template writes it.
        let dispatched = post::drain(&App {
            ports: service::Ports { mailer: Arc::new(Shut), ..firm.app.ports.clone() },
            ..firm.app.clone()
        });
        assert!(dispatched.is_ok());
        let html = "<p>Bonjour</p><a href=\"[[lien]]\">Répondre</a> <a href=\"[[desabonnement]]\">Stop</a>";
        world.sql(&format!("UPDATE mails SET html = '{html}', next_at = 0"));
        let app = App { shared: Arc::default(), ..firm.app.clone() };
        post::drain(&app).unwrap();
        let took = firm.peer.took.lock().unwrap()[0].clone();
        let sent = took.html.unwrap();
        assert!(sent.contains("/l/lnk_") && sent.contains("/d/dsb_") && !sent.contains("[["), "{sent}");
        assert!(took.text.contains("/l/lnk_"), "the text is always there");
        let shown = firm.read(&firm.mails()[0]).html.unwrap();
        assert!(shown.contains("/l/…") && !shown.contains("lnk_"), "{shown}");
        // One that would fetch something does not leave.
        world.sql("UPDATE mails SET html = '<img src=\"https://x.example/p.gif\">', state = 'queued', next_at = 0, leased_by = ''");
        world.sql("UPDATE mandates SET state = 'to_send'");
        post::drain(&app).unwrap();
        let mail = firm.mails().swap_remove(0);
        assert_eq!((mail.state, firm.peer.took.lock().unwrap().len()), (MailState::Failed, 1));
        assert!(mail.error.unwrap().en.contains("<img src>"));
    });
}

/// A way that does not work.
struct Shut;

impl Mailer for Shut {
    fn kind(&self) -> Kind {
        Kind::Provider
    }

    fn describe(&self) -> Text {
        text("fermé")
    }

    fn open(&self) -> Result<Box<dyn Session>, MailError> {
        Err(MailError::Setup { what: text("fermé"), fix: text("ouvrir") })
    }
}

#[test]
fn the_list_is_searched_paged_exported_and_lifted_with_a_reason() {
    on_both(|world| {
        let firm = Firm::new(world);
        for n in 0..5 {
            firm.leave_alone(&format!("client{n}@exemple.fr"));
        }
        let mail = firm.sent("anne_b@ailleurs.fr");
        firm.told("m1", &mail, "email.complained", json!({}));
        let page = |after: Option<String>| {
            let query = SuppressionQuery { limit: Some(2), after, ..Default::default() };
            suppressions::list_suppressions(&firm.call(), Nothing {}, query, Nothing {}).unwrap().reply
        };
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let got = page(after);
            seen.extend(got.data.into_iter().map(|s| s.address));
            after = got.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!((seen.len(), seen[0].as_str(), seen[5].as_str()), (6, "anne_b@ailleurs.fr", "client0@exemple.fr"));
        let filtered = |reason: &str, q: &str| {
            let query = serde_json::from_value(json!({ "reason": reason, "q": q, "facets": true })).unwrap();
            let page = suppressions::list_suppressions(&firm.call(), Nothing {}, query, Nothing {}).unwrap().reply;
            (page.data.len(), page.total.unwrap())
        };
        assert_eq!(filtered("", "exemple"), (5, 5));
        assert_eq!(filtered("complained", ""), (1, 1));
        assert_eq!(filtered("complained", "client3"), (0, 0));
        assert_eq!(filtered("", "anne_b"), (1, 1), "a sign of the pattern is a letter here");
        assert_eq!(filtered("", "%"), (0, 0));
        let file =
            suppressions::export_suppressions(&firm.call(), Nothing {}, SuppressionExportQuery::default(), Nothing {});
        let csv = String::from_utf8(file.unwrap().file.unwrap().bytes).unwrap();
        assert_eq!(csv.lines().count(), 7);
        assert!(csv.contains("client3@exemple.fr") && csv.contains("Signalement comme indésirable"), "{csv}");
        for (address, note, pointer) in
            [("pas une adresse", "x", "/address"), ("a@b.fr", "  ", "/note"), ("a@b.fr", &*"x".repeat(501), "/note")]
        {
            let body = NewSuppression { address: address.to_owned(), note: note.to_owned() };
            let refused = suppressions::create_suppression(&firm.call(), Nothing {}, Nothing {}, body).unwrap_err();
            assert_eq!(refused.fields[0].pointer, pointer);
        }
        assert_eq!(firm.reactivate("Client3@exemple.fr").unwrap(), [SuppressionReason::ByHand]);
        assert_eq!(firm.reactivate("client3@exemple.fr").unwrap_err().code, Code::NotFound);
        let other = Firm::of(world, "Autre cabinet", "luc@autre.example");
        assert_eq!(other.reactivate("client2@exemple.fr").unwrap_err().code, Code::NotFound);
        assert_eq!((firm.reasons().len(), other.reasons().len()), (5, 0));
        let actions = world.texts("SELECT action AS text FROM journal WHERE action LIKE 'suppression.%' ORDER BY seq");
        assert_eq!(actions, ["suppression.add"; 6].iter().chain(&["suppression.lift"]).copied().collect::<Vec<_>>());
    });
}
