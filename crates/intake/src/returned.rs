//! Mail that comes back: notifications on delivery (RFC 3464), complaints (RFC 5965), replies, requests to unsubscribe. Says
//! which message of ours it is about by the id that it names, and nothing else of what is in it but a few words.
//!
//! ```
//! use intake::returned::{Returned, read};
//!
//! let reply = b"From: a@exemple.fr\r\nIn-Reply-To: <7f@cabinet.example>\r\n\r\nD'accord.\r\n> Bonjour\r\n";
//! let Returned::Reply { about, automatic, words } = read(reply).unwrap().what else { panic!() };
//! assert_eq!((about[0].as_str(), automatic, words.as_str()), ("7f@cabinet.example", false, "D'accord."));
//! ```

use chrono::{DateTime, Utc};
use domain::Text;
use mail_parser::{Address, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders, PartType};

/// Largest mail that is read: a bounce may bring back all that we enclosed.
pub const MOST_BYTES: u64 = 30 * 1024 * 1024;
/// Parts of one mail. Parts may lie in parts, and taking so many of them apart again takes room on the stack.
const MOST_PARTS: usize = 300;
/// Mails within mails that are looked into.
const DEEPEST: usize = 5;
/// Characters that are kept of what somebody wrote.
pub const MOST_WORDS: usize = 500;
/// Recipients that one notification tells of: each of our messages has one.
const MOST_RECIPIENTS: usize = 20;
/// Messages that a reply names.
const MOST_NAMED: usize = 50;

domain::closed_enum! {
    /// What a server did, in the words of RFC 3464.
    pub enum Action {
        Failed = "failed",
        Delayed = "delayed",
        Delivered = "delivered",
        /// Handed on to a server that tells nothing.
        Relayed = "relayed",
        /// Handed on to the members of a list.
        Expanded = "expanded",
    }
}

/// What became of a message for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// As we wrote to it where that is told, else where it ended.
    pub recipient: String,
    pub action: Action,
    /// Of RFC 3463, such as `5.1.1`.
    pub code: String,
    /// What the server said.
    pub said: String,
}

/// What a mail that came back is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Returned {
    /// A server tells what became of a message.
    Notification { about: Vec<String>, recipients: Vec<Status> },
    /// Its reader has called a message unwanted.
    Complaint { about: Vec<String>, recipient: Option<String>, said: String },
    /// Somebody, or some program, has answered.
    Reply { about: Vec<String>, automatic: bool, words: String },
    /// Anything else.
    Other,
}

/// A mail that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Of this mail itself, without its brackets.
    pub id: Option<String>,
    /// Of this mail itself, as it says.
    pub at: Option<DateTime<Utc>>,
    pub subject: String,
    pub what: Returned,
}

/// Reads a mail that came back, or tells why it cannot be read.
pub fn read(bytes: &[u8]) -> Result<Letter, Text> {
    if bytes.len() as u64 > MOST_BYTES {
        return Err(too_large(bytes.len() as u64));
    }
    if parts(bytes) > MOST_PARTS {
        return Err(Text::new(
            format!("Plus de {MOST_PARTS} parties : ce n’est pas un courriel ordinaire."),
            format!("More than {MOST_PARTS} parts: this is no ordinary mail."),
        ));
    }
    let message = MessageParser::default().parse(bytes).filter(|m| m.headers().len() > 1).ok_or_else(|| {
        Text::new(
            "Ce fichier n’est pas un courriel : aucun en-tête n’y est lisible.",
            "This file is no mail: no header can be read in it.",
        )
    })?;
    Ok(Letter {
        id: message.message_id().map(str::to_owned),
        at: message.date().and_then(|d| DateTime::from_timestamp(d.to_timestamp(), 0)),
        subject: message.subject().unwrap_or_default().to_owned(),
        what: report(&message, DEEPEST).unwrap_or_else(|| reply(&message)),
    })
}

/// Why a mail of so many bytes is not read.
pub fn too_large(bytes: u64) -> Text {
    let (has, most) = (bytes / 1_048_576, MOST_BYTES / 1_048_576);
    Text::new(
        format!("Le courriel a {has} Mo ; {most} au plus sont lus."),
        format!("The mail has {has} MB; {most} are read at most."),
    )
}

/// How many parts a mail can have at most: each but the first names its type.
fn parts(bytes: &[u8]) -> usize {
    const NAME: &[u8] = b"content-type";
    memchr::memchr2_iter(b'c', b'C', bytes)
        .filter(|at| bytes.get(*at..at + NAME.len()).is_some_and(|word| word.eq_ignore_ascii_case(NAME)))
        .take(MOST_PARTS + 1)
        .count()
}

/// A report of a server, wherever it lies: some are forwarded within another mail.
fn report(message: &Message<'_>, deeper: usize) -> Option<Returned> {
    let kind = message.content_type().and_then(|c| c.attribute("report-type")).unwrap_or_default().to_ascii_lowercase();
    let of_kind = |end: &str| message.parts.iter().find(|p| is_of(p, "message", end));
    let status = of_kind("delivery-status").or_else(|| of_kind("global-delivery-status"));
    let found = match (status, of_kind("feedback-report")) {
        (Some(status), _) if kind.is_empty() || kind.ends_with("delivery-status") => notification(message, status),
        (_, Some(feedback)) if kind.is_empty() || kind == "feedback-report" => complaint(message, feedback),
        _ => None,
    };
    if found.is_some() || deeper == 0 {
        return found;
    }
    enclosed(message).find_map(|inner| report(inner, deeper - 1))
}

fn enclosed<'m, 'x>(message: &'m Message<'x>) -> impl Iterator<Item = &'m Message<'x>> {
    message.parts.iter().filter_map(|part| match &part.body {
        PartType::Message(inner) => Some(inner),
        _ => None,
    })
}

fn is_of(part: &MessagePart<'_>, kind: &str, end: &str) -> bool {
    part.content_type().is_some_and(|c| {
        c.ctype().eq_ignore_ascii_case(kind) && c.subtype().is_some_and(|s| s.eq_ignore_ascii_case(end))
    })
}

fn notification(message: &Message<'_>, status: &MessagePart<'_>) -> Option<Returned> {
    let recipients: Vec<Status> =
        groups(&words_of(status)).into_iter().filter_map(recipient).take(MOST_RECIPIENTS).collect();
    if recipients.is_empty() {
        return None;
    }
    Some(Returned::Notification { about: original(message), recipients })
}

/// The group of fields of a recipient; the first group, of the whole message, names none.
fn recipient(fields: Vec<(String, String)>) -> Option<Status> {
    let get = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let action = Action::try_from(get("action")?.trim().to_ascii_lowercase().as_str()).ok()?;
    let recipient = get("original-recipient").or_else(|| get("final-recipient")).map(address)?;
    let diagnostic = get("diagnostic-code").map(typed).unwrap_or_default();
    // Behind the number some servers write words of their own.
    let code = get("status").and_then(|s| s.split_whitespace().next()).unwrap_or_default();
    let said = if diagnostic.is_empty() { get("status").unwrap_or_default().to_owned() } else { diagnostic };
    Some(Status { recipient, action, code: code.to_owned(), said: short(&said) })
}

fn complaint(message: &Message<'_>, feedback: &MessagePart<'_>) -> Option<Returned> {
    let fields: Vec<(String, String)> = groups(&words_of(feedback)).into_iter().flatten().collect();
    let get = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.trim().to_owned());
    let kind = get("feedback-type")?.to_ascii_lowercase();
    // Others say that a mail was wanted after all, or tell of signatures (RFC 6430, RFC 6591).
    if !matches!(kind.as_str(), "abuse" | "fraud" | "virus" | "other" | "opt-out") {
        return None;
    }
    let recipient = get("original-rcpt-to").or_else(|| get("removal-recipient")).map(|r| address(&r));
    Some(Returned::Complaint { about: original(message), recipient, said: short(&kind) })
}

/// Ids of the message that a report encloses, whole or its headers alone; else of what the report says that it answers.
fn original(message: &Message<'_>) -> Vec<String> {
    let mut about: Vec<String> = enclosed(message).filter_map(|m| m.message_id()).map(str::to_owned).collect();
    for part in &message.parts {
        let headers = is_of(part, "text", "rfc822-headers")
            || is_of(part, "message", "rfc822-headers")
            || is_of(part, "message", "global-headers");
        // A message in an encoding that it may not have, which is common.
        let whole = is_of(part, "message", "rfc822") && !matches!(part.body, PartType::Message(_));
        if headers || whole {
            let text = words_of(part);
            let first = groups(&text).into_iter().next().unwrap_or_default();
            about.extend(first.into_iter().filter(|(name, _)| name == "message-id").map(|(_, id)| bare(&id)));
        }
    }
    about.extend(named(message));
    about.retain(|id| !id.is_empty());
    about.truncate(MOST_NAMED);
    about
}

fn reply(message: &Message<'_>) -> Returned {
    let mut about = named(message);
    // An answer that was forwarded as an enclosure names our message within.
    let mut inner: Vec<&Message<'_>> = enclosed(message).collect();
    for _ in 0..DEEPEST {
        about.extend(inner.iter().flat_map(|m| named(m)));
        inner = inner.into_iter().flat_map(enclosed).collect();
    }
    about.truncate(MOST_NAMED);
    if about.is_empty() {
        return Returned::Other;
    }
    let text = message.body_text(0).unwrap_or_default();
    let own: Vec<&str> = text.lines().filter(|line| !line.starts_with('>')).collect();
    Returned::Reply { about, automatic: is_automatic(message), words: short(&own.join("\n")) }
}

/// Ids of the messages that a mail answers, the nearest first.
fn named(message: &Message<'_>) -> Vec<String> {
    let mut ids = listed(message.in_reply_to());
    ids.extend(listed(message.references()).into_iter().rev());
    ids
}

fn listed(value: &HeaderValue<'_>) -> Vec<String> {
    match value {
        HeaderValue::Text(id) => vec![bare(id)],
        HeaderValue::TextList(ids) => ids.iter().map(|id| bare(id)).collect(),
        _ => Vec::new(),
    }
}

fn bare(id: &str) -> String {
    id.trim().trim_start_matches('<').trim_end_matches('>').to_owned()
}

/// Written by a program: that of somebody away, of a list, of a server (RFC 3834 and what was usual before it).
fn is_automatic(message: &Message<'_>) -> bool {
    let text = |name: &str| message.header_raw(name).map(|v| v.trim().to_ascii_lowercase());
    let submitted = text("Auto-Submitted").is_some_and(|v| !v.starts_with("no"));
    let old = ["X-Autoreply", "X-Autorespond", "X-Auto-Reply"].iter().any(|name| text(name).is_some());
    let precedence =
        text("Precedence").is_some_and(|v| ["bulk", "junk", "list", "auto_reply", "auto-reply"].contains(&v.as_str()));
    let nobody = text("Return-Path").is_some_and(|v| v == "<>");
    let server = message.from().and_then(Address::first).and_then(|a| a.address()).is_some_and(|from| {
        let local = from.split('@').next().unwrap_or_default().to_ascii_lowercase();
        matches!(local.as_str(), "mailer-daemon" | "postmaster")
    });
    submitted || old || precedence || nobody || server
}

fn words_of(part: &MessagePart<'_>) -> String {
    match &part.body {
        PartType::Text(text) | PartType::Html(text) => text.to_string(),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        PartType::Message(_) | PartType::Multipart(_) => String::new(),
    }
}

/// Groups of fields, parted by empty lines: name in lower case, and value with its continuation lines.
fn groups(text: &str) -> Vec<Vec<(String, String)>> {
    let mut groups: Vec<Vec<(String, String)>> = Vec::new();
    let mut open = false;
    for line in text.lines().take(2_000) {
        if line.trim().is_empty() {
            open = false;
            continue;
        }
        if !open {
            groups.push(Vec::new());
            open = true;
        }
        let Some(group) = groups.last_mut() else { continue };
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = group.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            group.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    groups
}

/// `rfc822; somebody@exemple.fr`, and whatever else a field has a type before.
fn typed(value: &str) -> String {
    value.split_once(';').map_or(value, |(_, rest)| rest).trim().to_owned()
}

fn address(value: &str) -> String {
    typed(value).trim_matches(['<', '>', ' ']).to_lowercase()
}

/// In one piece, without what is no letter, and short.
fn short(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control() || *c == '\n').collect();
    plain.trim().chars().take(MOST_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A notification as servers write it.
    fn notification_of(action: &str, status: &str, diagnostic: &str, original: &str) -> String {
        format!(
            "Return-Path: <>\r\nFrom: Mail Delivery Subsystem <MAILER-DAEMON@relais.example>\r\nTo: mandats@cabinet.example\r\n\
             Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: <n1@relais.example>\r\n\
             Date: Fri, 20 Nov 2026 10:00:00 +0100\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\r\n\r\n\
             --b1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThis is the mail system.\r\n\r\n\
             --b1\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; relais.example\r\nArrival-Date: Fri, 20 Nov 2026 09:59:00 +0100\r\n\r\n\
             Final-Recipient: rfc822; Zoe@Exemple.fr\r\nAction: {action}\r\nStatus: {status}\r\n\
             Diagnostic-Code: smtp; {diagnostic}\r\n\r\n--b1\r\n{original}\r\n--b1--\r\n"
        )
    }

    const WHOLE: &str = "Content-Type: message/rfc822\r\n\r\nFrom: mandats@cabinet.example\r\nTo: zoe@exemple.fr\r\n\
                         Subject: Mandat\r\nMessage-ID: <7f@cabinet.example>\r\n\r\nBonjour\r\n";
    const HEADERS: &str = "Content-Type: text/rfc822-headers\r\n\r\nFrom: mandats@cabinet.example\r\n\
                           Message-ID:\r\n <7f@cabinet.example>\r\nSubject: Mandat\r\n";

    fn notified(text: &str) -> (Vec<String>, Vec<Status>) {
        match read(text.as_bytes()).unwrap().what {
            Returned::Notification { about, recipients } => (about, recipients),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn notifications_say_what_became_of_which_message() {
        for original in [WHOLE, HEADERS] {
            let text = notification_of("failed", "5.1.1", "550 5.1.1 <zoe@exemple.fr>: no such user", original);
            let (about, recipients) = notified(&text);
            assert_eq!(about, ["7f@cabinet.example"], "{original}");
            let said = "550 5.1.1 <zoe@exemple.fr>: no such user".to_owned();
            let expected = Status {
                recipient: "zoe@exemple.fr".to_owned(),
                action: Action::Failed,
                code: "5.1.1".to_owned(),
                said,
            };
            assert_eq!(recipients, [expected]);
        }
        for (action, code) in
            [("delayed", "4.4.1"), ("relayed", "2.0.0"), ("Delivered", "2.1.5"), ("expanded", "2.0.0")]
        {
            let (_, recipients) = notified(&notification_of(action, code, "250 ok", WHOLE));
            assert_eq!(recipients[0].action.as_str(), action.to_ascii_lowercase());
            assert_eq!(recipients[0].code, code);
        }
        let letter = read(notification_of("failed", "5.1.1", "550", WHOLE).as_bytes()).unwrap();
        assert_eq!(letter.id.as_deref(), Some("n1@relais.example"));
        assert_eq!(letter.at.unwrap().to_rfc3339(), "2026-11-20T09:00:00+00:00");
    }

    #[test]
    fn the_address_that_was_written_to_counts_before_the_one_where_it_ended() {
        let text = notification_of("failed", "5.2.2 (mailbox full)", "452 full", WHOLE)
            .replace("Action:", "Original-Recipient: rfc822;contact@exemple.fr\r\nAction:");
        let (_, recipients) = notified(&text);
        assert_eq!((recipients[0].recipient.as_str(), recipients[0].code.as_str()), ("contact@exemple.fr", "5.2.2"));
    }

    #[test]
    fn a_notification_within_another_mail_is_found() {
        let inner = notification_of("failed", "5.1.1", "550", WHOLE);
        let outer = format!(
            "From: claire@cabinet.example\r\nTo: mandats@cabinet.example\r\nSubject: TR\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=\"o1\"\r\n\r\n--o1\r\nContent-Type: text/plain\r\n\r\nPour info\r\n\
             --o1\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n--o1--\r\n"
        );
        let (about, recipients) = notified(&outer);
        assert_eq!((about[0].as_str(), recipients[0].action), ("7f@cabinet.example", Action::Failed));
    }

    #[test]
    fn a_broken_notification_is_nothing() {
        let whole = notification_of("failed", "5.1.1", "550", WHOLE);
        for broken in [
            whole.replace("Action: failed\r\n", ""),
            whole.replace("Action: failed", "Action: exploded"),
            whole.replace("Final-Recipient: rfc822; Zoe@Exemple.fr\r\n", ""),
            whole.replace("Content-Type: message/delivery-status", "Content-Type: application/octet-stream"),
        ] {
            assert_eq!(read(broken.as_bytes()).unwrap().what, Returned::Other, "{broken}");
        }
        // Cut off before the message that it is about: told, but about nothing.
        let cut = whole.split("--b1\r\nContent-Type: message/rfc822").next().unwrap();
        assert_eq!(notified(cut).0, [] as [String; 0]);
        for hostile in ["", "\0\0\0", "rien", "----\r\n\r\n"] {
            assert!(read(hostile.as_bytes()).is_err(), "{hostile:?}");
        }
        let nested = "Content-Type: message/rfc822\r\nX: y\r\n\r\n".repeat(200_000);
        assert!(read(nested.as_bytes()).unwrap_err().en.contains("300 parts"));
        let allowed = "Content-Type: message/rfc822\r\nX: y\r\n\r\n".repeat(MOST_PARTS);
        assert_eq!(read(allowed.as_bytes()).unwrap().what, Returned::Other);
    }

    #[test]
    fn complaints_name_the_message() {
        let of = |kind: &str| {
            format!(
                "From: <abuse@fournisseur.example>\r\nTo: mandats@cabinet.example\r\nSubject: FW: Mandat\r\nMIME-Version: 1.0\r\n\
                 Content-Type: multipart/report; report-type=feedback-report; boundary=\"f1\"\r\n\r\n\
                 --f1\r\nContent-Type: text/plain\r\n\r\nThis is an email abuse report.\r\n\r\n\
                 --f1\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: {kind}\r\nUser-Agent: F/1.0\r\nVersion: 1\r\n\
                 Original-Rcpt-To: <zoe@exemple.fr>\r\n\r\n--f1\r\n{WHOLE}\r\n--f1--\r\n"
            )
        };
        let expected = Returned::Complaint {
            about: vec!["7f@cabinet.example".to_owned()],
            recipient: Some("zoe@exemple.fr".to_owned()),
            said: "abuse".to_owned(),
        };
        assert_eq!(read(of("abuse").as_bytes()).unwrap().what, expected);
        assert_eq!(read(of("not-spam").as_bytes()).unwrap().what, Returned::Other);
        assert_eq!(read(of("auth-failure").as_bytes()).unwrap().what, Returned::Other);
    }

    fn replied(headers: &str) -> (Vec<String>, bool, String) {
        let text = format!(
            "From: Zoé <zoe@exemple.fr>\r\nTo: mandats@cabinet.example\r\n{headers}Content-Type: text/plain; charset=utf-8\r\n\
             \r\nC’est signé.\r\nMerci\r\n\r\n> Bonjour\r\n> …\r\n"
        );
        match read(text.as_bytes()).unwrap().what {
            Returned::Reply { about, automatic, words } => (about, automatic, words),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn replies_name_what_they_answer_and_programs_are_told_apart() {
        let ours = "In-Reply-To: <7f@cabinet.example>\r\n";
        let (about, automatic, words) = replied(ours);
        assert_eq!((about.as_slice(), automatic), (&["7f@cabinet.example".to_owned()][..], false));
        assert_eq!(words, "C’est signé.\nMerci");
        let (about, ..) = replied("References: <7f@cabinet.example> <x@exemple.fr>\r\nIn-Reply-To: <x@exemple.fr>\r\n");
        assert_eq!(about, ["x@exemple.fr", "x@exemple.fr", "7f@cabinet.example"]);
        for program in [
            "Auto-Submitted: auto-replied\r\n",
            "Auto-Submitted: auto-generated; owner\r\n",
            "X-Autoreply: yes\r\n",
            "X-Autorespond: away\r\n",
            "Precedence: bulk\r\n",
            "precedence: AUTO_REPLY\r\n",
            "Return-Path: <>\r\n",
        ] {
            assert!(replied(&format!("{ours}{program}")).1, "{program}");
        }
        for person in ["Auto-Submitted: no\r\n", "Precedence: normal\r\n", "Return-Path: <zoe@exemple.fr>\r\n"] {
            assert!(!replied(&format!("{ours}{person}")).1, "{person}");
        }
        let nothing = b"From: a@exemple.fr\r\nSubject: Bonjour\r\n\r\nUne question\r\n";
        assert_eq!(read(nothing).unwrap().what, Returned::Other);
    }

    #[test]
    fn only_so_many_words_are_kept() {
        let long = format!("From: a@exemple.fr\r\nIn-Reply-To: <7f@c.example>\r\n\r\n{}\r\n", "é".repeat(2_000));
        let Returned::Reply { words, .. } = read(long.as_bytes()).unwrap().what else { panic!() };
        assert_eq!(words.chars().count(), MOST_WORDS);
    }
}
