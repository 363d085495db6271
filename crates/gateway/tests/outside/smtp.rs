//! Mail through a relay.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gateway::mail::{MailError, Mailer, Receipt, Session, Smtp, SmtpSettings, mailer};
use gateway::{Secret, Timeouts};
use mail_parser::MessageParser;

use crate::smtp_peer::{Heard, Peer, Say};
use crate::{counting, mail};

fn impatient(url: &str) -> Smtp {
    let mut settings: SmtpSettings = url.parse().unwrap();
    settings.timeouts = Timeouts {
        connect: Duration::from_secs(2),
        read: Duration::from_millis(400),
        verdict: Duration::from_millis(400),
    };
    Smtp::new(settings).unwrap()
}

fn session(peer: &Peer) -> Box<dyn Session> {
    impatient(&peer.url("?tls=none")).open().unwrap()
}

/// Sends one mail; tells how often it was handed over.
fn sent(session: &mut dyn Session, id: &str) -> (Result<Receipt, MailError>, usize) {
    let mut count = 0;
    let result = session.send(&mail(id), &mut counting(&mut count));
    (result, count)
}

fn on(wanted: &'static str, say: &'static str) -> impl Fn(usize, &Heard<'_>) -> Option<Say> + Send + Sync + 'static {
    move |_, heard| match heard {
        Heard::Line(line) if line.starts_with(wanted) => Some(Say::Text(say)),
        Heard::Content if wanted == "." => Some(Say::Text(say)),
        _ => None,
    }
}

#[test]
fn many_mails_go_over_one_connection() {
    let peer = Peer::start(|_, _| None);
    let mut open = session(&peer);
    for number in 1..=3 {
        let (result, count) = sent(&mut *open, &format!("s-{number}"));
        let receipt = result.unwrap();
        assert_eq!((receipt.provider_id.as_str(), count), ("2.0.0 queued as 4XyZ", 1));
        assert_eq!(receipt.accepted_by, format!("localhost:{}", peer.port));
    }
    drop(open);
    assert_eq!((peer.connections(), peer.contents().len()), (1, 3));
    let contents = peer.contents();
    let message = MessageParser::default().parse(&contents[2]).unwrap();
    assert_eq!(message.message_id(), Some("s-3@exemple.fr"));
    let lines = peer.lines();
    assert_eq!(lines.iter().filter(|line| line.starts_with("EHLO")).count(), 1);
    assert!(lines.contains(&"MAIL FROM:<cabinet@exemple.fr>".to_owned()), "{lines:?}");
    assert!(lines.contains(&"RCPT TO:<zoe@client.fr>".to_owned()), "{lines:?}");
    assert_eq!(lines.last().map(String::as_str), Some("QUIT"));
}

#[test]
fn the_caller_notes_between_the_354_and_the_content() {
    let peer = Peer::start(|_, _| None);
    let mut open = session(&peer);
    let mut seen = None;
    open.send(&mail("s-1"), &mut || {
        seen = Some((peer.lines().last().cloned(), peer.contents().len()));
        Ok(())
    })
    .unwrap();
    assert_eq!(seen, Some((Some("DATA".to_owned()), 0)));
    assert_eq!(peer.contents().len(), 1);
}

#[test]
fn what_the_caller_cannot_note_never_arrives() {
    let peer = Peer::start(|_, _| None);
    let mut open = session(&peer);
    let stop = MailError::Doubtful { why: domain::text::Text::new("non", "no") };
    let began = Instant::now();
    assert_eq!(open.send(&mail("s-1"), &mut || Err(stop.clone())), Err(stop));
    assert!(began.elapsed() < Duration::from_millis(300), "nobody is asked goodbye in the middle of a content");
    assert!(peer.contents().is_empty());
    // The session goes on, over a new connection.
    let (result, _) = sent(&mut *open, "s-2");
    assert!(result.is_ok(), "{result:?}");
    assert_eq!((peer.connections(), peer.contents().len()), (2, 1));
}

#[test]
fn a_bounced_address_is_told_and_the_connection_goes_on() {
    let tries = AtomicUsize::new(0);
    let peer = Peer::start(move |_, heard| match heard {
        Heard::Line(line) if line.starts_with("RCPT") && tries.fetch_add(1, Ordering::SeqCst) == 0 => {
            Some(Say::Text("550-5.1.1 <zoe@client.fr>: Recipient address rejected:\r\n550 5.1.1 User unknown"))
        }
        _ => None,
    });
    let mut open = session(&peer);
    let (result, count) = sent(&mut *open, "s-1");
    assert_eq!(count, 0);
    let error = result.unwrap_err();
    let MailError::Refused { permanent: true, recipient: true, code: Some(550), enhanced, text, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(enhanced.as_deref(), Some("5.1.1"));
    assert_eq!(text, "5.1.1 <zoe@client.fr>: Recipient address rejected: User unknown");
    assert!(!format!("{error} {error:?}").contains("zoe"), "{error:?}");

    assert!(sent(&mut *open, "s-2").0.is_ok());
    assert_eq!(peer.connections(), 1);
    assert!(peer.lines().contains(&"RSET".to_owned()));
}

#[test]
fn who_is_to_blame_for_a_refusal() {
    // (at, what the relay says, permanent, the address is to blame)
    for (at, say, permanent, recipient) in [
        ("RCPT", "550 no such user", true, true),
        ("RCPT", "550 5.4.1 Recipient address rejected: Access denied", true, true),
        ("RCPT", "554 5.1.1 unknown", true, true),
        ("RCPT", "552 5.2.2 mailbox full", false, true),
        ("RCPT", "554 5.7.1 Relay access denied", true, false),
        ("RCPT", "550 5.7.1 blocked by policy", true, false),
        ("RCPT", "503 bad sequence", true, false),
        ("MAIL", "553 5.1.8 sender domain unknown", true, false),
        ("DATA", "554 no valid recipients", true, false),
        (".", "554 5.7.1 looks like spam", true, false),
        (".", "552 5.3.4 too large", true, false),
    ] {
        let peer = Peer::start(on(at, say));
        let (result, count) = sent(&mut *session(&peer), "s-1");
        match result {
            Err(MailError::Refused { permanent: p, recipient: r, .. }) => {
                assert_eq!((p, r), (permanent, recipient), "{at}: {say}");
            }
            other => panic!("{at}: {say}: {other:?}"),
        }
        assert_eq!(count, usize::from(at == "."), "{at}: {say}");
    }
}

#[test]
fn later_is_later_at_every_step() {
    for (at, handed) in [("MAIL", 0), ("RCPT", 0), ("DATA", 0), (".", 1)] {
        let peer = Peer::start(on(at, "451 4.7.1 greylisted, come back"));
        let mut open = session(&peer);
        let (result, count) = sent(&mut *open, "s-1");
        let Err(MailError::Temporary { code: Some(451), text, .. }) = &result else { panic!("{at}: {result:?}") };
        assert_eq!(text, "4.7.1 greylisted, come back");
        assert_eq!(count, handed, "{at}");
    }
}

#[test]
fn a_relay_that_asks_for_a_login_is_setup() {
    let peer = Peer::start(on("MAIL", "530 5.7.0 authentication required"));
    let (result, _) = sent(&mut *session(&peer), "s-1");
    assert!(
        matches!(&result, Err(MailError::Setup { fix, .. }) if fix.en.contains("user and a password")),
        "{result:?}"
    );
}

#[test]
fn after_the_hand_over_a_lost_connection_is_a_doubt() {
    let peer = Peer::start(|_, heard| matches!(heard, Heard::Content).then_some(Say::Close));
    let mut open = session(&peer);
    let (result, count) = sent(&mut *open, "s-1");
    assert_eq!(count, 1);
    assert!(matches!(&result, Err(MailError::Doubtful { why }) if why.en.contains("connection lost")), "{result:?}");
    // The relay had it whole: only the caller can know not to send it again.
    assert_eq!(peer.contents().len(), 1);
    assert_eq!(peer.connections(), 1, "nothing is sent a second time by itself");
}

#[test]
fn after_the_hand_over_silence_is_a_doubt() {
    let peer = Peer::start(|_, heard| matches!(heard, Heard::Content).then_some(Say::Nothing));
    let began = Instant::now();
    let (result, _) = sent(&mut *session(&peer), "s-1");
    assert!(matches!(&result, Err(MailError::Doubtful { why }) if why.en.contains("no answer in time")), "{result:?}");
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

#[test]
fn a_yes_that_is_none_is_a_doubt() {
    let peer = Peer::start(on(".", "354 more please"));
    let (result, _) = sent(&mut *session(&peer), "s-1");
    assert!(matches!(result, Err(MailError::Doubtful { .. })), "{result:?}");
}

#[test]
fn before_the_hand_over_silence_is_no_doubt() {
    for step in ["MAIL", "RCPT", "DATA"] {
        let peer = Peer::start(move |_, heard| match heard {
            Heard::Line(line) if line.starts_with(step) => Some(Say::Nothing),
            _ => None,
        });
        let began = Instant::now();
        let (result, count) = sent(&mut *session(&peer), "s-1");
        assert!(matches!(&result, Err(MailError::Temporary { .. })), "{step}: {result:?}");
        assert_eq!(count, 0, "{step}");
        // The first try counts as stale and is made anew once.
        assert!(began.elapsed() < Duration::from_secs(4), "{step}: {:?}", began.elapsed());
    }
}

#[test]
fn a_connection_that_went_stale_is_made_anew() {
    for goodbye in [Some("421 4.4.2 idle too long"), None] {
        let mails = Arc::new(AtomicUsize::new(0));
        let peer = Peer::start(move |connection, heard| match heard {
            Heard::Line(line) if line.starts_with("MAIL") && connection == 1 => {
                if mails.fetch_add(1, Ordering::SeqCst) == 0 {
                    None
                } else {
                    Some(goodbye.map_or(Say::Close, Say::Text))
                }
            }
            _ => None,
        });
        let mut open = session(&peer);
        assert!(sent(&mut *open, "s-1").0.is_ok());
        let (result, count) = sent(&mut *open, "s-2");
        assert!(result.is_ok(), "{goodbye:?}: {result:?}");
        assert_eq!((count, peer.connections(), peer.contents().len()), (1, 2, 2));
    }
}

#[test]
fn a_relay_that_always_closes_is_not_asked_for_ever() {
    let peer = Peer::start(|_, heard| match heard {
        Heard::Line(line) if line.starts_with("RCPT") => Some(Say::Close),
        _ => None,
    });
    let (result, count) = sent(&mut *session(&peer), "s-1");
    assert!(matches!(&result, Err(MailError::Temporary { .. })), "{result:?}");
    assert_eq!((count, peer.connections()), (0, 2));
}

#[test]
fn a_relay_that_says_yes_to_data_otherwise_takes_nothing() {
    let peer = Peer::start(on("DATA", "250 ok"));
    let (result, count) = sent(&mut *session(&peer), "s-1");
    assert!(matches!(&result, Err(MailError::Temporary { .. })), "{result:?}");
    assert_eq!(count, 0);
}

#[test]
fn lines_of_dots_arrive_as_they_were_written() {
    let peer = Peer::start(|_, _| None);
    let mut mail = mail("s-1");
    mail.text = ".\n..\n.fin\nQUIT\n.\n".to_owned();
    session(&peer).send(&mail, &mut || Ok(())).unwrap();
    let wire = String::from_utf8(peer.contents().remove(0)).unwrap();
    assert!(wire.contains("\r\n..\r\n...\r\n..fin\r\n"), "{wire}");
    // As a relay takes the dots away again.
    let stuffed = wire.replace("\r\n..", "\r\n.");
    let message = MessageParser::default().parse(stuffed.as_bytes()).unwrap();
    assert_eq!(message.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), mail.text.trim_end());
    assert_eq!(peer.contents().len(), 1);
}

#[test]
fn accents_need_nothing_of_the_relay() {
    let peer = Peer::start(on("EHLO", "250 peer"));
    let mut mail = mail("s-1");
    mail.text = "é".repeat(500);
    mail.to.address = "contact@hôtel.fr".to_owned();
    session(&peer).send(&mail, &mut || Ok(())).unwrap();
    assert!(peer.contents()[0].is_ascii());
    assert!(peer.lines().contains(&"RCPT TO:<contact@xn--htel-vqa.fr>".to_owned()), "{:?}", peer.lines());
}

#[test]
fn an_address_with_accents_needs_a_relay_that_knows_them() {
    let peer = Peer::start(|_, _| None);
    let mut mail = mail("s-1");
    mail.to.address = "zoé@client.fr".to_owned();
    session(&peer).send(&mail, &mut || Ok(())).unwrap();
    let lines = peer.lines();
    assert!(lines.contains(&"MAIL FROM:<cabinet@exemple.fr> SMTPUTF8 BODY=8BITMIME".to_owned()), "{lines:?}");
    let content = String::from_utf8(peer.contents().remove(0)).unwrap();
    assert!(content.contains("zoé@client.fr"), "{content}");

    let peer = Peer::start(on("EHLO", "250 peer"));
    let refused = session(&peer).send(&mail, &mut || Ok(())).unwrap_err();
    assert!(matches!(refused, MailError::Refused { recipient: true, .. }), "{refused:?}");
    assert!(!peer.lines().iter().any(|line| line.starts_with("MAIL")));
}

#[test]
fn nobody_there_is_later() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let refused = impatient(&format!("smtp://127.0.0.1:{port}?tls=none")).open().err().unwrap();
    assert!(
        matches!(&refused, MailError::Temporary { why, .. } if why.en.contains("cannot be reached")),
        "{refused:?}"
    );
}

#[test]
fn a_relay_that_never_greets_is_given_up() {
    let peer = Peer::start(|_, heard| matches!(heard, Heard::Connection).then_some(Say::Nothing));
    let mut settings: SmtpSettings = peer.url("?tls=none").parse().unwrap();
    settings.timeouts.connect = Duration::from_millis(300);
    let began = Instant::now();
    let refused = Smtp::new(settings).unwrap().open().err().unwrap();
    assert!(matches!(&refused, MailError::Temporary { why, .. } if why.en.contains("in time")), "{refused:?}");
    assert!(began.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_relay_that_does_not_want_us_is_setup() {
    let peer = Peer::start(|_, heard| {
        matches!(heard, Heard::Connection).then_some(Say::Text("554 5.7.1 not from your address"))
    });
    let refused = impatient(&peer.url("?tls=none")).open().err().unwrap();
    assert!(matches!(&refused, MailError::Setup { fix, .. } if fix.en.contains("hello")), "{refused:?}");
}

#[test]
fn a_login_is_proved_once() {
    let peer = Peer::start(|_, _| None);
    let url = format!("smtp://cab%40exemple.fr@localhost:{}?tls=none", peer.port);
    let mailer = mailer(&url, Some(&Secret::new("s3cret")), Path::new("x")).unwrap();
    let mut open = mailer.open().unwrap();
    assert!(sent(&mut *open, "s-1").0.is_ok());
    assert!(sent(&mut *open, "s-2").0.is_ok());
    let logins: Vec<String> = peer.lines().into_iter().filter(|line| line.starts_with("AUTH")).collect();
    // "\0cab@exemple.fr\0s3cret"
    assert_eq!(logins, ["AUTH PLAIN AGNhYkBleGVtcGxlLmZyAHMzY3JldA=="]);
    assert!(!format!("{:?}", mailer.describe()).contains("s3cret"));
}

#[test]
fn a_wrong_password_is_setup_and_names_the_fix() {
    let peer = Peer::start(on("AUTH", "535 5.7.8 wrong"));
    let url = format!("smtp://cab:s3cret@localhost:{}?tls=none", peer.port);
    let refused = impatient(&url).open().err().unwrap();
    assert!(
        matches!(&refused, MailError::Setup { fix, .. } if fix.en.contains("check the user and the password")),
        "{refused:?}"
    );
    assert!(!format!("{refused:?} {refused} {:?}", impatient(&url)).contains("s3cret"));

    let peer = Peer::start(on("AUTH", "454 4.7.0 try later"));
    let refused = impatient(&format!("smtp://cab:s3cret@localhost:{}?tls=none", peer.port)).open().err().unwrap();
    assert!(matches!(&refused, MailError::Temporary { code: Some(454), .. }), "{refused:?}");

    let peer = Peer::start(on("EHLO", "250 peer"));
    let refused = impatient(&format!("smtp://cab:s3cret@localhost:{}?tls=none", peer.port)).open().err().unwrap();
    assert!(
        matches!(&refused, MailError::Setup { what, .. } if what.en.contains("no login by password")),
        "{refused:?}"
    );
}

const CA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/outside/tls/ca.pem");

/// Offers STARTTLS until it is encrypted, the login only then.
fn starttls(_: usize, heard: &Heard<'_>) -> Option<Say> {
    match heard {
        Heard::Line("STARTTLS") => Some(Say::Encrypt),
        Heard::Line(line) if line.starts_with("EHLO") => {
            Some(Say::Text("250-peer\r\n250-STARTTLS\r\n250 AUTH LOGIN PLAIN"))
        }
        _ => None,
    }
}

#[test]
fn starttls_comes_before_the_password() {
    for mode in ["required", "opportunistic"] {
        let peer = Peer::start(starttls);
        let url = format!("smtp://cab:s3cret@localhost:{}?tls={mode}&ca={CA}", peer.port);
        assert!(sent(&mut *impatient(&url).open().unwrap(), "s-1").0.is_ok());
        let lines = peer.lines();
        let place = |word: &str| lines.iter().position(|line| line.starts_with(word)).unwrap();
        assert!(place("STARTTLS") < place("AUTH"), "{lines:?}");
        assert_eq!(
            lines.iter().filter(|line| line.starts_with("EHLO")).count(),
            2,
            "what was said in clear is not believed"
        );
    }
}

#[test]
fn smtps_is_encrypted_from_the_first_byte() {
    let peer = Peer::encrypted(|_, _| None);
    let url = format!("smtps://cab:s3cret@localhost:{}?ca={CA}", peer.port);
    assert!(sent(&mut *impatient(&url).open().unwrap(), "s-1").0.is_ok());
    assert_eq!(peer.contents().len(), 1);
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_setup() {
    let peer = Peer::encrypted(|_, _| None);
    let refused = impatient(&format!("smtps://cab:s3cret@localhost:{}", peer.port)).open().err().unwrap();
    assert!(matches!(&refused, MailError::Setup { fix, .. } if fix.en.contains("authority")), "{refused:?}");
    assert!(peer.lines().is_empty());

    let peer = Peer::start(starttls);
    let refused = impatient(&peer.url("")).open().err().unwrap();
    assert!(matches!(&refused, MailError::Setup { .. }), "{refused:?}");
}

#[test]
fn a_certificate_for_another_name_is_setup() {
    let peer = Peer::encrypted(|_, _| None);
    // 127.0.0.2 is this machine, too, but not in the certificate; the peer listens on 127.0.0.1 alone, so that the name
    // is checked through a name that leads there.
    let url = format!("smtps://localhost.localdomain:{}?ca={CA}", peer.port);
    match impatient(&url).open().err().unwrap() {
        MailError::Setup { .. } => {}
        // A machine that does not know this name cannot ask.
        MailError::Temporary { why, .. } => assert!(why.en.contains("cannot be reached"), "{why:?}"),
        other => panic!("{other:?}"),
    }
    assert!(peer.lines().is_empty());
}

#[test]
fn a_relay_without_starttls_is_given_nothing_unless_told_so() {
    let peer = Peer::start(|_, _| None);
    let refused = impatient(&peer.url("")).open().err().unwrap();
    assert!(matches!(&refused, MailError::Setup { fix, .. } if fix.en.contains("smtps:// if")), "{refused:?}");

    let mut open = impatient(&peer.url("?tls=opportunistic")).open().unwrap();
    assert!(sent(&mut *open, "s-1").0.is_ok());
}

#[test]
fn tls_to_a_port_that_speaks_clear_is_setup() {
    let peer = Peer::start(|_, _| None);
    let refused = impatient(&format!("smtps://localhost:{}?ca={CA}", peer.port)).open().err().unwrap();
    assert!(matches!(&refused, MailError::Setup { fix, .. } if fix.en.contains("the port")), "{refused:?}");
}
