//! The outbox: what becomes of a message however its sending ends.

mod common;

use std::sync::{Arc, Mutex};

use chrono::{Duration, Utc};
use common::{SignedIn, World, on_both};
use contract::{
    Mail, MailAct, MailQuery, MailState, MailsInput, MandateAct, MandateActInput, MandatesInput, NewDossier, Nothing,
};
use domain::{DossierId, MandateId, MandateKind, MandateState, Text};
use gateway::mail::{Kind, MailError, Mailer, Receipt, Session};
use serde_json::json;
use service::{App, mails, mandates, post};

/// How the peer answers next.
#[derive(Debug, Clone)]
enum Says {
    Taken,
    /// Busy; nothing was taken.
    Busy,
    /// There is no such address.
    NoAddress,
    /// The mail itself is refused.
    NotThis,
    /// Nothing is heard after the message was handed over.
    Silence,
    WrongPassword,
}

/// A peer that answers as it is told, and takes what it is not told about.
#[derive(Default)]
struct Peer {
    says: Mutex<Vec<Says>>,
    /// Id, address and text of what it took.
    took: Mutex<Vec<(String, String, String)>>,
}

struct Relay(Arc<Peer>);

fn text(words: &str) -> Text {
    Text::new(words, words)
}

impl Mailer for Relay {
    fn kind(&self) -> Kind {
        Kind::Smtp
    }

    fn describe(&self) -> Text {
        text("relais.test:25")
    }

    fn open(&self) -> Result<Box<dyn Session>, MailError> {
        if matches!(self.0.says.lock().unwrap().last(), Some(Says::WrongPassword)) {
            self.0.says.lock().unwrap().pop();
            return Err(MailError::Setup { what: text("Le relais refuse le mot de passe"), fix: text("corrigez-le") });
        }
        Ok(Box::new(Relay(self.0.clone())))
    }
}

impl Session for Relay {
    fn send(
        &mut self,
        mail: &gateway::mail::Mail,
        handing_over: &mut dyn FnMut() -> Result<(), MailError>,
    ) -> Result<Receipt, MailError> {
        let says = self.0.says.lock().unwrap().pop().unwrap_or(Says::Taken);
        let refused = |recipient: bool| MailError::Refused {
            why: text("Refusé"),
            permanent: true,
            recipient,
            code: Some(550),
            enhanced: None,
            text: "550 5.1.1 no such user".to_owned(),
        };
        match says {
            Says::Busy => {
                Err(MailError::Temporary { why: text("Occupé"), code: Some(451), text: String::new(), after: None })
            }
            Says::NoAddress => Err(refused(true)),
            Says::NotThis => Err(refused(false)),
            Says::WrongPassword => Err(MailError::Setup { what: text("Mot de passe"), fix: text("corrigez-le") }),
            Says::Silence => {
                handing_over()?;
                Err(MailError::Doubtful { why: text("Plus de nouvelles") })
            }
            Says::Taken => {
                handing_over()?;
                let mut took = self.0.took.lock().unwrap();
                took.push((mail.id.clone(), mail.to.address.clone(), mail.text.clone()));
                Ok(Receipt { accepted_by: "relais.test".to_owned(), provider_id: "250 ok".to_owned() })
            }
        }
    }
}

/// A firm whose mail goes to a peer of the test.
struct Firm<'a> {
    world: &'a World,
    who: SignedIn,
    app: App,
    peer: Arc<Peer>,
}

fn siren(n: u32) -> String {
    let stem = format!("{:08}", 42_000_000 + n);
    (0..10).map(|d| format!("{stem}{d}")).find(|s| domain::Siren::parse(s).is_ok_and(|s| s.is_checked())).unwrap()
}

impl<'a> Firm<'a> {
    fn new(world: &'a World, says: &[Says]) -> Self {
        let peer = Arc::new(Peer::default());
        // The last one is taken first.
        peer.says.lock().unwrap().extend(says.iter().rev().cloned());
        let ports = service::Ports { mailer: Arc::new(Relay(peer.clone())), ..common::ports() };
        let app = App { ports, shared: Arc::default(), ..world.app.clone() };
        Self { world, who: world.sign_up("Cabinet Essai", "claire@essai.example"), app, peer }
    }

    fn call(&self) -> service::Call {
        service::Call { app: self.app.clone(), ..self.world.by(&self.who) }
    }

    fn dossier(&self, n: u32, email: &str) -> DossierId {
        let facts = json!({ "siren": siren(n), "name": format!("Client {n}"),
            "contacts": [{ "name": "Anne Petit", "email": email }] });
        let body = NewDossier { facts: serde_json::from_value(facts).unwrap() };
        service::dossiers::create_dossier(&self.call(), Nothing {}, Nothing {}, body).unwrap().reply.id
    }

    fn send(&self, dossiers: &[DossierId]) {
        let body = MandatesInput {
            ids: Some(dossiers.to_vec()),
            filter: None,
            kinds: vec![MandateKind::Delegation],
            starts_on: None,
            ends_on: None,
            send: true,
            preview: false,
        };
        let done = mandates::create_mandates(&self.call(), Nothing {}, Nothing {}, body).unwrap().reply;
        assert_eq!(done.changed as usize, dossiers.len(), "{done:?}");
    }

    fn drain(&self) -> u64 {
        post::drain(&self.app).unwrap()
    }

    fn mails(&self) -> Vec<Mail> {
        mails::list_mails(&self.call(), Nothing {}, MailQuery::default(), Nothing {}).unwrap().reply.data
    }

    fn mail(&self) -> Mail {
        self.mails().swap_remove(0)
    }

    fn states(&self) -> Vec<MandateState> {
        let query = contract::MandateListQuery::default();
        let page = mandates::list_mandates(&self.call(), Nothing {}, query, Nothing {}).unwrap().reply;
        page.data.iter().map(|m| m.state).collect()
    }

    fn mandate(&self) -> MandateId {
        let query = contract::MandateListQuery::default();
        mandates::list_mandates(&self.call(), Nothing {}, query, Nothing {}).unwrap().reply.data[0].id
    }

    fn act(&self, act: MailAct) -> contract::MailsResult {
        let ids = self.mails().iter().map(|m| m.id).collect();
        mails::act_on_mails(&self.call(), Nothing {}, Nothing {}, MailsInput { ids, act }).unwrap().reply
    }

    fn act_on_mandate(&self, act: MandateAct) {
        let body = MandateActInput {
            ids: Some(vec![self.mandate()]),
            filter: None,
            act,
            reason: Some("Essai".to_owned()),
            starts_on: None,
            preview: false,
        };
        let done = mandates::act_on_mandates(&self.call(), Nothing {}, Nothing {}, body).unwrap().reply;
        assert_eq!(done.changed, 1, "{done:?}");
    }

    fn took(&self) -> Vec<String> {
        self.peer.took.lock().unwrap().iter().map(|t| t.0.clone()).collect()
    }

    /// Time passes for what waits.
    fn hurry(&self) {
        self.world.sql("UPDATE mails SET next_at = 0 WHERE state = 'queued'");
    }
}

#[test]
fn a_message_that_is_taken_is_sent_once_and_so_is_its_mandate() {
    on_both(|world| {
        let firm = Firm::new(world, &[]);
        firm.send(&[firm.dossier(1, "anne@exemple.fr")]);
        assert_eq!(firm.drain(), 1);
        assert_eq!(firm.drain(), 0);
        let mail = firm.mail();
        assert_eq!((mail.state, mail.attempts), (MailState::Sent, 1));
        assert_eq!(mail.receipt.as_deref(), Some("relais.test : 250 ok"));
        assert_eq!(firm.took(), [mail.id.to_string()]);
        assert_eq!(firm.states(), [MandateState::Sent]);
        // The secret of the link went to the peer and is nowhere at rest.
        let sent = firm.peer.took.lock().unwrap()[0].2.clone();
        let at = sent.find("lnk_").expect("the link");
        let secret = sent[at..].split_whitespace().next().unwrap().to_owned();
        let dump = world
            .texts(
                "SELECT body AS text FROM mails UNION ALL SELECT about FROM mails UNION ALL SELECT asks FROM links \
                 UNION ALL SELECT token_hash FROM links UNION ALL SELECT changes FROM journal \
                 UNION ALL SELECT steps FROM mandates",
            )
            .join("\n");
        assert!(!dump.contains(&secret) && dump.contains("[[lien]]"));
    });
}

#[test]
fn a_busy_peer_is_tried_again_later_and_in_the_end_no_more() {
    on_both(|world| {
        let firm =
            Firm::new(world, &[Says::Busy, Says::Busy, Says::Busy, Says::Busy, Says::Busy, Says::Busy, Says::Busy]);
        firm.send(&[firm.dossier(1, "anne@exemple.fr")]);
        for (attempt, minutes) in [(1, 1), (2, 5), (3, 30), (4, 120), (5, 360), (6, 720)] {
            assert_eq!(firm.drain(), 1);
            let mail = firm.mail();
            assert_eq!((mail.state, mail.attempts), (MailState::Queued, attempt));
            let wait = mail.next_at.unwrap() - Utc::now();
            assert!(
                wait > Duration::minutes(minutes) - Duration::minutes(1) && wait <= Duration::minutes(minutes),
                "{wait}"
            );
            assert_eq!(firm.drain(), 0, "not before its time");
            firm.hurry();
        }
        firm.drain();
        let mail = firm.mail();
        assert_eq!(mail.state, MailState::Failed);
        assert!(mail.error.unwrap().fr.contains("7 fois"));
        assert_eq!(firm.states(), [MandateState::ToSend]);
        assert_eq!(firm.act(MailAct::Retry).changed, 1);
        firm.drain();
        assert_eq!((firm.mail().state, firm.states()), (MailState::Sent, vec![MandateState::Sent]));
    });
}

#[test]
fn a_refused_address_bounces_and_is_written_to_no_more() {
    on_both(|world| {
        let firm = Firm::new(world, &[Says::NoAddress]);
        let id = firm.dossier(1, "anne@exempl.fr");
        firm.send(&[id]);
        firm.drain();
        assert_eq!((firm.mail().state, firm.states()), (MailState::Bounced, vec![MandateState::Draft]));
        let cabinet = firm.call().scope().unwrap().cabinet();
        let refused = |address: &str| {
            let mut conn = world.app.store.conn().unwrap();
            !service::suppressions::held(&mut conn, cabinet, &[address.to_owned()], false).unwrap().is_empty()
        };
        assert!(refused("Anne@exempl.fr"));
        // A mandate that goes there all the same is held at the moment of sending.
        world.sql("UPDATE mandates SET state = 'to_send', mail_id = ''");
        firm.drain();
        assert_eq!(firm.took(), Vec::<String>::new());
        assert_eq!(firm.states(), [MandateState::Draft]);
        // Corrected and tried again: to the address of now.
        let version = service::dossiers::read_dossier(&firm.call(), id, Nothing {}, Nothing {}).unwrap().reply.version;
        let fields = serde_json::from_value(json!({ "contacts": [{ "email": "anne@exemple.fr" }] })).unwrap();
        let call = service::Call { if_match: Some(version), ..firm.call() };
        service::dossiers::update_dossier(&call, id, Nothing {}, contract::DossierChange { fields }).unwrap();
        let oldest = firm.mails().pop().unwrap().id;
        let body = MailsInput { ids: vec![oldest], act: MailAct::Retry };
        assert_eq!(mails::act_on_mails(&firm.call(), Nothing {}, Nothing {}, body).unwrap().reply.changed, 1);
        firm.drain();
        assert_eq!(firm.peer.took.lock().unwrap()[0].1, "anne@exemple.fr");
        assert_eq!(firm.states(), [MandateState::Sent]);
    });
}

#[test]
fn what_is_in_doubt_is_never_sent_again_by_itself() {
    on_both(|world| {
        let firm = Firm::new(world, &[Says::Silence]);
        firm.send(&[firm.dossier(1, "anne@exemple.fr")]);
        firm.drain();
        let mail = firm.mail();
        assert_eq!(mail.state, MailState::Doubtful);
        assert!(mail.error.unwrap().fr.contains("peut-être arrivé"));
        firm.hurry();
        assert_eq!(firm.drain(), 0);
        assert_eq!(firm.act(MailAct::Cancel).left_out, 1);
        assert_eq!(firm.act(MailAct::Arrived).changed, 1);
        assert_eq!((firm.mail().state, firm.states()), (MailState::Sent, vec![MandateState::Sent]));
        assert_eq!(firm.act(MailAct::Retry).left_out, 1);
    });
}

#[test]
fn what_a_killed_process_was_handing_over_is_in_doubt_and_what_it_held_goes_on() {
    on_both(|world| {
        let firm = Firm::new(world, &[Says::Busy, Says::Busy]);
        firm.send(&[firm.dossier(1, "anne@exemple.fr"), firm.dossier(2, "paul@exemple.fr")]);
        firm.drain();
        let ids: Vec<_> = firm.mails().iter().map(|m| m.id).collect();
        // As a process leaves them that was killed: one was being handed over, one only held.
        world.sql(&format!(
            "UPDATE mails SET state = 'sending', leased_by = 'gone', lease_until = 1 WHERE id = '{}'",
            ids[0]
        ));
        world
            .sql(&format!("UPDATE mails SET leased_by = 'gone', lease_until = 1, next_at = 0 WHERE id = '{}'", ids[1]));
        firm.drain();
        let state = |at: usize| firm.mails().iter().find(|m| m.id == ids[at]).unwrap().state;
        assert_eq!((state(0), state(1)), (MailState::Doubtful, MailState::Sent));
        assert_eq!(firm.took(), [ids[1].to_string()]);
        // A lease that lives is nobody else's.
        world.sql(&format!(
            "UPDATE mails SET state = 'queued', leased_by = 'other', lease_until = 9000000000000000, next_at = 0 \
             WHERE id = '{}'",
            ids[0]
        ));
        assert_eq!(firm.drain(), 0);
    });
}

#[test]
fn what_was_taken_back_meanwhile_does_not_leave() {
    on_both(|world| {
        let firm = Firm::new(world, &[Says::Busy]);
        firm.send(&[firm.dossier(1, "anne@exemple.fr")]);
        firm.drain();
        firm.act_on_mandate(MandateAct::Withdraw);
        firm.hurry();
        firm.drain();
        assert_eq!((firm.mail().state, firm.took().len()), (MailState::Cancelled, 0));
        assert_eq!(firm.states(), [MandateState::Draft]);
        // Sent again: a message of its own.
        firm.act_on_mandate(MandateAct::Send);
        firm.drain();
        assert_eq!((firm.mails().len(), firm.took().len()), (2, 1));
        // Reminded, and revoked before the reminder leaves.
        firm.act_on_mandate(MandateAct::Remind);
        firm.act_on_mandate(MandateAct::Revoke);
        firm.drain();
        assert_eq!((firm.mail().state, firm.took().len()), (MailState::Cancelled, 1));
    });
}

#[test]
fn a_message_cancelled_by_hand_makes_its_mandate_a_draft() {
    on_both(|world| {
        let firm = Firm::new(world, &[Says::Busy]);
        firm.send(&[firm.dossier(1, "anne@exemple.fr")]);
        firm.drain();
        assert_eq!(firm.act(MailAct::Cancel).changed, 1);
        firm.hurry();
        assert_eq!(firm.drain(), 0);
        assert_eq!((firm.mail().state, firm.states()), (MailState::Cancelled, vec![MandateState::Draft]));
    });
}

#[test]
fn a_reminder_counts_when_it_has_left() {
    on_both(|world| {
        let firm = Firm::new(world, &[]);
        firm.send(&[firm.dossier(1, "anne@exemple.fr")]);
        firm.drain();
        firm.act_on_mandate(MandateAct::Remind);
        let read = || mandates::read_mandate(&firm.call(), firm.mandate(), Nothing {}, Nothing {}).unwrap().reply.row;
        assert_eq!(read().reminders, 0);
        firm.drain();
        assert_eq!((read().reminders, read().state), (1, MandateState::Sent));
        let took = firm.peer.took.lock().unwrap();
        assert!(took[1].2.contains("pas encore votre réponse"), "{}", took[1].2);
        let link = |text: &str| text[text.find("lnk_").unwrap()..].split_whitespace().next().unwrap().to_owned();
        assert_eq!(link(&took[0].2), link(&took[1].2), "the same link again");
    });
}

#[test]
fn a_wrong_setting_pauses_all_and_blames_no_message() {
    on_both(|world| {
        let firm = Firm::new(world, &[Says::WrongPassword]);
        firm.send(&[firm.dossier(1, "anne@exemple.fr")]);
        firm.drain();
        let page = mails::list_mails(&firm.call(), Nothing {}, MailQuery::default(), Nothing {}).unwrap().reply;
        assert!(page.outgoing.problem.unwrap().fr.contains("mot de passe"));
        assert!(page.outgoing.goes_out);
        assert_eq!((page.data[0].state, page.data[0].attempts), (MailState::Queued, 0));
        assert_eq!(firm.drain(), 0, "it rests");
        assert_eq!(firm.took().len(), 0);
    });
}

#[test]
fn a_firm_whose_own_address_cannot_be_written_holds_up_nobody_else() {
    on_both(|world| {
        let firm = Firm::new(world, &[Says::Busy]);
        firm.send(&[firm.dossier(1, "anne@exemple.fr"), firm.dossier(2, "paul@exemple.fr")]);
        firm.drain();
        let id = firm.mails().iter().find(|m| m.state == MailState::Queued).expect("one waits").id;
        world.sql(&format!("UPDATE mails SET next_at = 0, state = 'queued', reply_to = 'a b@c' WHERE id = '{id}'"));
        firm.hurry();
        firm.drain();
        let of = |id| firm.mails().iter().find(|m| m.id == id).map(|m| (m.state, m.error.is_some())).unwrap();
        assert_eq!(of(id), (MailState::Failed, true));
        assert_eq!(firm.took().len(), 1);
    });
}

#[test]
fn a_mail_that_is_refused_itself_fails_at_once() {
    on_both(|world| {
        let firm = Firm::new(world, &[Says::NotThis]);
        firm.send(&[firm.dossier(1, "anne@exemple.fr")]);
        firm.drain();
        let mail = firm.mail();
        assert_eq!((mail.state, firm.states()), (MailState::Failed, vec![MandateState::ToSend]));
        assert_eq!(mail.receipt.as_deref(), Some("550 5.1.1 no such user"));
    });
}

#[test]
fn a_second_press_sends_no_second_reminder() {
    on_both(|world| {
        let firm = Firm::new(world, &[]);
        firm.send(&[firm.dossier(1, "anne@exemple.fr")]);
        firm.drain();
        // The token of a person is shorter than an hour.
        let began = firm.call().now;
        let press = |minutes, preview| {
            let call = service::Call { now: began + Duration::minutes(minutes), ..firm.call() };
            let body = MandateActInput {
                ids: Some(vec![firm.mandate()]),
                filter: None,
                act: MandateAct::Remind,
                reason: None,
                starts_on: None,
                preview,
            };
            mandates::act_on_mandates(&call, Nothing {}, Nothing {}, body).unwrap().reply
        };
        assert_eq!((press(0, true).changed, press(0, false).changed), (1, 1));
        // Before it has left, and after: left out with the moment of the first one.
        let (day, hour) = service::time::paris_clock(began);
        for (minutes, left) in [(10, false), (59, true)] {
            if left {
                firm.drain();
            }
            for again in [press(minutes, true), press(minutes, false)] {
                assert_eq!((again.changed, again.left_out, again.messages), (0, 1, 0));
                let why = again.items[0].reason.clone().expect("why").fr;
                assert!(why.contains(&format!("le {day} à {hour}")), "{why}");
            }
        }
        assert_eq!(firm.took().len(), 2, "the request and one reminder");
        // A reminder that was taken back stands in nobody's way, and an hour is over at some time.
        assert_eq!(press(61, false).changed, 1);
        let waits = firm.mails().into_iter().find(|m| m.state == MailState::Queued).expect("a reminder").id;
        let cancel = MailsInput { ids: vec![waits], act: MailAct::Cancel };
        assert_eq!(mails::act_on_mails(&firm.call(), Nothing {}, Nothing {}, cancel).unwrap().reply.changed, 1);
        assert_eq!(press(62, false).changed, 1);
    });
}

#[test]
fn who_sees_given_portfolios_sees_no_message_about_a_dossier_outside_any() {
    on_both(|world| {
        let firm = Firm::new(world, &[]);
        let dossier = firm.dossier(1, "anne@exemple.fr");
        firm.send(&[dossier]);
        firm.drain();
        let staff = world.joined(&firm.who, "lucie@un.example", "Lucie Brunel", domain::Role::Staff);
        let sees = |call: &service::Call| {
            mails::list_mails(call, Nothing {}, MailQuery::default(), Nothing {}).unwrap().reply.data.len()
        };
        assert_eq!((sees(&firm.call()), sees(&world.by(&staff))), (1, 0));
    });
}

#[test]
fn every_process_tells_that_mail_does_not_leave_and_that_it_does_again() {
    on_both(|world| {
        let firm = Firm::new(world, &[Says::WrongPassword]);
        firm.send(&[firm.dossier(1, "anne@exemple.fr")]);
        firm.drain();
        // Another process has its own memory, and sends itself.
        let other = App { shared: Arc::default(), ..firm.app.clone() };
        let told = |app: &App| {
            let call = service::Call { app: app.clone(), ..firm.call() };
            let page = mails::list_mails(&call, Nothing {}, MailQuery::default(), Nothing {}).unwrap().reply;
            page.outgoing.problem.map(|p| p.fr)
        };
        assert!(told(&other).expect("told").contains("mot de passe"));
        assert_eq!(told(&firm.app), told(&other));
        assert_eq!(post::drain(&other).unwrap(), 1);
        assert_eq!((told(&firm.app), told(&other)), (None, None));
        // What nobody finds any more lapses by itself.
        world.sql("INSERT INTO outages (way, why, until) VALUES ('mail', '{}', 1)");
        assert_eq!(told(&firm.app), None);
    });
}

#[test]
fn files_that_nothing_names_are_swept_after_a_day_and_no_others() {
    on_both(|world| {
        let firm = Firm::new(world, &[]);
        let dossier = firm.dossier(1, "anne@exemple.fr");
        firm.send(&[dossier]);
        firm.drain();
        let cabinet = firm.call().scope().unwrap().cabinet();
        let conn = || world.app.store.conn().unwrap();
        let named = store::documents::keys_of(&mut conn(), cabinet, dossier).unwrap();
        assert_eq!(named.len(), 1);
        // Put for a transaction that never came about.
        let left = mandates::put(&firm.app, &mut conn(), cabinet, b"cut off").unwrap();
        let there = |key: &str| firm.app.ports.vault.exists(key).unwrap();
        assert_eq!(mandates::sweep(&firm.app, Utc::now()).unwrap(), 0);
        assert!(there(&left.key));
        let tomorrow = Utc::now() + Duration::hours(25);
        assert_eq!(mandates::sweep(&firm.app, tomorrow).unwrap(), 1);
        assert!(!there(&left.key) && there(&named[0]));
        assert_eq!(mandates::sweep(&firm.app, tomorrow).unwrap(), 0);
        // Nobody names what was swept.
        let mandate = store::mandates::of_cabinet(&mut conn(), cabinet, firm.mandate()).unwrap();
        let file = ("a.pdf", "application/pdf");
        let kind = contract::DocumentKind::Uploaded;
        assert!(mandates::keep(&mut conn(), &mandate, left, kind, file, "Essai", Utc::now()).is_err());
        // A sweep that was cut off goes on; and what a row names stays, whatever a list says.
        let cut = mandates::put(&firm.app, &mut conn(), cabinet, b"cut off").unwrap();
        world.sql(&format!("UPDATE strays SET going = true WHERE vault_key = '{}'", cut.key));
        world.sql(&format!("INSERT INTO strays (vault_key, at, going) VALUES ('{}', 0, false)", named[0]));
        assert_eq!(mandates::sweep(&firm.app, tomorrow).unwrap(), 1);
        assert!(!there(&cut.key) && there(&named[0]));
        // With its dossier a file goes; where it could not go at once, at the next sweep.
        let version =
            service::dossiers::read_dossier(&firm.call(), dossier, Nothing {}, Nothing {}).unwrap().reply.version;
        let bytes = firm.app.ports.vault.get(&named[0]).unwrap();
        let call = service::Call { if_match: Some(version), ..firm.call() };
        service::dossiers::delete_dossier(&call, dossier, Nothing {}, Nothing {}).unwrap();
        assert!(!there(&named[0]));
        assert!(world.texts("SELECT vault_key AS text FROM strays").is_empty());
        firm.app.ports.vault.put(&named[0], &bytes).unwrap();
        world.sql(&format!("INSERT INTO strays (vault_key, at, going) VALUES ('{}', 0, false)", named[0]));
        assert_eq!(mandates::sweep(&firm.app, Utc::now()).unwrap(), 1);
        assert!(!there(&named[0]));
    });
}

#[test]
fn an_address_that_is_freed_joins_its_campaign_at_the_next_look() {
    on_both(|world| {
        let firm = Firm::new(world, &[Says::NoAddress]);
        // One whose message bounces, and another of the same address that a campaign finds held back.
        firm.send(&[firm.dossier(1, "anne@exemple.fr")]);
        firm.drain();
        assert_eq!(firm.mail().state, MailState::Bounced);
        let held = firm.dossier(2, "anne@exemple.fr");
        let body = serde_json::from_value(json!({ "name": "Collecte", "kinds": ["engagement_addendum"] })).unwrap();
        let plan = service::campaigns::create_campaign(&firm.call(), Nothing {}, Nothing {}, body).unwrap().reply;
        assert_eq!((plan.mandates, plan.left_out.len()), (0, 2));
        // Looked at today, and no dossier was written since: nothing to do.
        let later = firm.call().now + Duration::minutes(30);
        assert_eq!(service::campaigns::tick(&firm.app, later).unwrap(), 0);
        assert_eq!(service::campaigns::tick(&firm.app, later + Duration::minutes(30)).unwrap(), 0);
        assert_eq!(firm.act(MailAct::Retry).changed, 1);
        let soon = later + Duration::minutes(31);
        assert_eq!(service::campaigns::tick(&firm.app, soon).unwrap(), 2);
        let query = contract::MandateListQuery {
            filter: contract::MandateQuery { dossier_id: Some(held), ..Default::default() },
            ..Default::default()
        };
        let page = mandates::list_mandates(&firm.call(), Nothing {}, query, Nothing {}).unwrap().reply;
        assert_eq!(page.data.len(), 1);
        assert_eq!(page.data[0].kind, MandateKind::EngagementAddendum);
    });
}
