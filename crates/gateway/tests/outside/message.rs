//! The form of a mail, read again by a parser that is not ours.

use gateway::mail::{Address, Attachment, Mail, MailError};
use mail_parser::{HeaderForm, Message, MessageParser, MimeHeaders};
use proptest::prelude::*;

use crate::mail;

fn parsed(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).expect("a mail")
}

fn names(message: &Message<'_>) -> Vec<String> {
    let mut names: Vec<String> = message.headers_raw().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort();
    names
}

#[test]
fn accents_come_back_as_they_were() {
    let mail = mail("m-1");
    let bytes = mail.mime().unwrap();
    assert!(bytes.is_ascii());
    let message = parsed(&bytes);
    assert_eq!(message.subject(), Some("Facturation électronique : à vous de choisir"));
    let from = message.from().unwrap().first().unwrap();
    assert_eq!((from.name(), from.address()), (Some("Cabinet Léa & Fils"), Some("cabinet@exemple.fr")));
    let to = message.to().unwrap().first().unwrap();
    assert_eq!((to.name(), to.address()), (Some("Zoé Hôte"), Some("zoe@client.fr")));
    assert_eq!(message.reply_to().unwrap().first().unwrap().address(), Some("claire.martin@exemple.fr"));
    assert_eq!(message.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), mail.text.trim_end());
    assert_eq!(message.message_id(), Some("m-1@exemple.fr"));
    assert_eq!(mail.message_id().unwrap(), "<m-1@exemple.fr>");
    assert_eq!(message.date().unwrap().to_rfc3339(), "2026-11-26T12:00:00Z");
}

#[test]
fn each_try_gives_the_same_bytes() {
    let mut mail = mail("m-2");
    mail.html = Some("<p>Bonjour</p>".to_owned());
    mail.attachments.push(attachment("a.txt", "text/plain", b"x"));
    assert_eq!(mail.mime().unwrap(), mail.clone().mime().unwrap());
}

fn attachment(name: &str, media_type: &str, bytes: &[u8]) -> Attachment {
    Attachment { name: name.to_owned(), media_type: media_type.to_owned(), bytes: bytes.to_vec() }
}

#[test]
fn text_and_html_are_alternatives_beside_the_attachments() {
    let every_byte: Vec<u8> = (0..=255).collect();
    let mut mail = mail("m-3");
    mail.html = Some("<p>Été</p>".to_owned());
    mail.attachments = vec![
        attachment("Récapitulatif d’été.pdf", "application/pdf", &every_byte),
        attachment("clients.csv", "text/csv", "nom;ville\nZoé;Sète\n".as_bytes()),
    ];
    let bytes = mail.mime().unwrap();
    let message = parsed(&bytes);
    let kind = |part: &mail_parser::MessagePart<'_>| {
        let kind = part.content_type().unwrap();
        format!("{}/{}", kind.ctype(), kind.subtype().unwrap())
    };
    let kinds: Vec<String> = message.parts.iter().map(kind).collect();
    assert_eq!(
        kinds,
        ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/pdf", "text/csv"]
    );
    assert_eq!(message.body_html(0).unwrap(), "<p>Été</p>");
    let files: Vec<_> = message.attachments().collect();
    assert_eq!(files.len(), 2);
    assert_eq!(files[0].attachment_name(), Some("Récapitulatif d’été.pdf"));
    assert_eq!(files[0].contents(), every_byte);
    assert_eq!(files[1].attachment_name(), Some("clients.csv"));
    assert_eq!(files[1].contents(), "nom;ville\nZoé;Sète\n".as_bytes());
}

#[test]
fn html_alone_makes_an_alternative() {
    let mut mail = mail("m-4");
    mail.html = Some("<p>Bonjour</p>".to_owned());
    let bytes = mail.mime().unwrap();
    let message = parsed(&bytes);
    assert_eq!(message.content_type().unwrap().subtype(), Some("alternative"));
    assert_eq!((message.text_body_count(), message.attachment_count()), (1, 0));
}

#[test]
fn a_link_to_unsubscribe_stays_whole() {
    let link = format!("<https://cabready.exemple.fr/desabonnement/{}>", "a1b2c3d4".repeat(20));
    let mut mail = mail("m-5");
    mail.headers = vec![
        ("List-Unsubscribe".to_owned(), link.clone()),
        ("List-Unsubscribe-Post".to_owned(), "List-Unsubscribe=One-Click".to_owned()),
        ("X-Cabinet".to_owned(), "Léa".to_owned()),
    ];
    let bytes = mail.mime().unwrap();
    let message = parsed(&bytes);
    assert_eq!(message.header_raw("List-Unsubscribe").unwrap().trim(), link);
    assert_eq!(message.header_raw("List-Unsubscribe-Post").unwrap().trim(), "List-Unsubscribe=One-Click");
    let values = message.header_as("X-Cabinet", HeaderForm::Text);
    assert_eq!(values[0].as_text(), Some("Léa"));
}

type Forgery = fn(&mut Mail, &str);

#[test]
fn what_would_forge_a_header_is_refused() {
    let forged = "x\r\nBcc: spy@exemple.org";
    let cases: [Forgery; 7] = [
        |mail, forged| mail.subject = forged.to_owned(),
        |mail, forged| mail.to.name = forged.to_owned(),
        |mail, forged| mail.to.address = format!("{forged}@exemple.fr"),
        |mail, forged| mail.headers.push(("X-A".to_owned(), forged.to_owned())),
        |mail, forged| mail.headers.push((forged.to_owned(), "x".to_owned())),
        |mail, forged| mail.attachments.push(attachment(forged, "text/plain", b"")),
        |mail, forged| mail.id = forged.to_owned(),
    ];
    for (number, case) in cases.iter().enumerate() {
        let mut mail = mail("m-6");
        case(&mut mail, forged);
        let refused = mail.mime().expect_err("refused");
        assert!(matches!(refused, MailError::Refused { permanent: true, .. }), "{number}: {refused:?}");
        // The name of a header and an id are ours and shown; the rest may be about a person.
        let shown = format!("{refused} {refused:?}");
        assert!(!shown.contains("spy") || matches!(number, 4 | 6), "{number}: {shown}");
        assert!(!shown.contains(['\r', '\n']), "{number}: {shown}");
    }
    for header in
        ["Bcc", "to", "Content-Type", "content-transfer-encoding", "Message-ID", "DKIM-Signature", "", "a b", "é"]
    {
        let mut mail = mail("m-7");
        mail.headers.push((header.to_owned(), "x".to_owned()));
        assert!(mail.mime().is_err(), "{header}");
    }
}

#[test]
fn whose_address_is_wrong_decides_who_mends_it() {
    let mut theirs = mail("m-8");
    theirs.to.address = "zoe".to_owned();
    assert!(matches!(theirs.mime(), Err(MailError::Refused { recipient: true, permanent: true, .. })));

    let mut ours = mail("m-8");
    ours.from.address = "cabinet".to_owned();
    assert!(matches!(ours.mime(), Err(MailError::Setup { .. })));
    assert!(ours.message_id().is_err());

    let mut answers = mail("m-8");
    answers.reply_to = Some(Address::new("", "nobody"));
    assert!(matches!(answers.mime(), Err(MailError::Setup { .. })));
}

#[test]
fn a_mail_is_not_shown() {
    let shown = format!("{:?}", mail("m-9"));
    assert!(shown.contains("m-9") && !shown.contains('@') && !shown.contains("Zoé"), "{shown}");
}

/// Text as nobody writes it, with what could break a header in it.
fn odd() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[a-zA-Zé漢😀 ]{1,12}",
        1 => prop::sample::select(vec![
            "\r", "\n", "\r\n", "\r\n ", "\r\nBcc: spy@exemple.org\r\n", "\0", "\t", "\u{85}", "\u{2028}", "\u{b}", "\"",
            "<", ">", ":", ",", ";", "=?utf-8?q?=0d=0aBcc:_x?=", "\\", "(", ")", "@", "%0d%0a", "\u{200b}", "a".repeat(200).leak(),
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Either the mail is refused, or it has the headers that were meant and no other.
    #[test]
    fn no_text_makes_another_header(
        (from, to, local, domain) in (odd(), odd(), odd(), odd()),
        (subject, header, file, text, html) in (odd(), odd(), odd(), odd(), odd()),
        (wild_local, wild_domain) in (any::<bool>(), any::<bool>()),
    ) {
        let mut mail = mail("p-1");
        mail.from.name = from;
        mail.reply_to = None;
        mail.to.name = to;
        if wild_local { mail.to.address = format!("{local}@client.fr"); }
        if wild_domain { mail.to.address = format!("zoe@{domain}"); }
        mail.subject = subject;
        mail.text = text;
        mail.html = Some(html);
        mail.headers = vec![("X-Note".to_owned(), header)];
        mail.attachments = vec![attachment(&file, "text/plain", b"x")];

        let in_headers = [&mail.from.name, &mail.to.name, &mail.to.address, &mail.subject, &mail.headers[0].1, &file];
        let broken = in_headers.iter().any(|text| text.chars().any(char::is_control) || text.contains("=?utf-8?q?"));
        match mail.mime() {
            Ok(bytes) => {
                prop_assert!(!broken, "a control character or an encoded word went through");
                let message = parsed(&bytes);
                prop_assert_eq!(
                    names(&message),
                    ["content-type", "date", "from", "message-id", "mime-version", "subject", "to", "x-note"]
                );
                prop_assert_eq!(message.from().unwrap().iter().count(), 1);
                prop_assert_eq!(message.to().unwrap().iter().count(), 1);
                prop_assert_eq!(message.to().unwrap().first().unwrap().address().map(str::to_lowercase), Some(address(&mail)));
                prop_assert_eq!(message.attachments().count(), 1);
                // A run of spaces is one.
                let words = |text: &str| text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>();
                prop_assert_eq!(words(message.subject().unwrap_or_default()), words(&mail.subject));
                prop_assert_eq!(words(message.to().unwrap().first().unwrap().name().unwrap_or_default()), words(&mail.to.name));
                // No line of the whole is longer than what a relay has to take.
                prop_assert!(bytes.split(|byte| *byte == b'\n').all(|line| line.len() <= 999));
                // A lone CR or LF ends a line for some and not for others.
                let text = String::from_utf8_lossy(&bytes).replace("\r\n", "");
                prop_assert!(!text.contains(['\r', '\n']));
            }
            Err(refused) => {
                let shown = format!("{refused:?} {refused}");
                prop_assert!(!shown.contains("spy"), "{}", shown);
            }
        }
    }
}

/// As it is sent: the domain in lower case and punycode.
fn address(mail: &Mail) -> String {
    let (local, domain) = mail.to.address.trim_matches(' ').rsplit_once('@').unwrap();
    format!("{local}@{}", url::Host::parse(domain).unwrap()).to_lowercase()
}
