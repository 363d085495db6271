//! Unsubscribing from messages: the address in each of them proves itself by a secret that is derived from the message and
//! its reader, so that nothing of it is at rest. Only a press acts (RFC 8058); reading the page writes nothing.

use chrono::{DateTime, Utc};
use domain::{CabinetId, MailEventKind, MailEventSource, MailId, SuppressionReason, Text};
use store::journal::Stamp;
use store::mails::Mail;
use store::suppressions::Suppression;
use store::{Conn, dialect};
use uuid::Uuid;

use super::{Happened, note};
use crate::links::Firm;
use crate::post::{self, About};
use crate::session::whole_micros;
use crate::{App, Call, Result, collection_settings, secrets, suppressions};

/// How the secret of an address begins.
pub const PREFIX: &str = "dsb_";
/// Digits of the id of the message, and of what proves it.
const ID: usize = 32;
const PROOF: usize = 24;

/// What goes on being sent to who wants nothing else.
pub fn mandatory() -> Text {
    Text::new(
        "Même après une désinscription partent encore les codes de signature, que le client demande lui-même, et les \
         exemplaires des documents qu’il a signés, que le cabinet lui doit. Rien ne part vers une adresse refusée.",
        "Even after unsubscribing, one-time codes of signatures, which clients ask for themselves, and copies of the documents \
         that they have signed, which the firm owes them, are still sent. Nothing is sent to an address that was refused.",
    )
}

fn proof(app: &App, conn: &mut Conn, mail: MailId, address: &str) -> Result<String> {
    let derived = secrets::derived(app, conn, &["unsubscribe", &mail.to_string(), &address.to_lowercase()])?;
    Ok(secrets::hex(&derived)[..PROOF].to_owned())
}

/// The secret by which the reader of a message unsubscribes.
pub(crate) fn token(app: &App, conn: &mut Conn, mail: &Mail) -> Result<String> {
    let proof = proof(app, conn, mail.id, &mail.to_address)?;
    Ok(format!("{PREFIX}{}{proof}", mail.id.uuid().simple()))
}

/// The whole address.
pub(crate) fn address(app: &App, token: &str) -> String {
    format!("{}/d/{token}", app.settings.public_url)
}

/// The secret within a text, such as the subject of a mail.
pub(super) fn in_text(text: &str) -> Option<&str> {
    let at = text.find(PREFIX)?;
    text.get(at..at + PREFIX.len() + ID + PROOF)
}

/// Whose message and address a secret is about.
struct Proved {
    cabinet: CabinetId,
    mail: MailId,
    address: String,
}

fn find(app: &App, conn: &mut Conn, token: &str) -> Result<Option<Proved>> {
    let Some(digits) = token.strip_prefix(PREFIX).filter(|d| d.len() == ID + PROOF && d.is_ascii()) else {
        return Ok(None);
    };
    let (id, said) = digits.split_at(ID);
    let Ok(id) = Uuid::try_parse(id) else { return Ok(None) };
    let Some((cabinet, mail)) = store::mails::named(conn, Some(MailId::from_uuid(id)), "")? else { return Ok(None) };
    let mail = store::mails::of_cabinet(conn, cabinet, mail)?;
    let about: About = serde_json::from_str(&mail.about)?;
    for address in std::iter::once(mail.to_address.to_lowercase()).chain(about.formerly) {
        // Compared as digests: how long it takes tells nothing of how near a guess came.
        if secrets::digest(&proof(app, conn, mail.id, &address)?) == secrets::digest(said) {
            return Ok(Some(Proved { cabinet, mail: mail.id, address }));
        }
    }
    Ok(None)
}

/// What the page says.
#[derive(Debug, Clone)]
pub struct Standing {
    pub firm: Firm,
    /// Enough to know one's own by, and too little for whoever was sent the message on.
    pub address: String,
    pub unsubscribed: bool,
}

fn standing(conn: &mut Conn, proved: &Proved) -> Result<Standing> {
    let settings = collection_settings::of(conn, proved.cabinet)?;
    let firm = Firm::of(conn, proved.cabinet, &settings, &[])?;
    let unsubscribed = is_unsubscribed(conn, proved)?;
    Ok(Standing { firm, address: masked(&proved.address), unsubscribed })
}

fn is_unsubscribed(conn: &mut Conn, proved: &Proved) -> Result<bool> {
    let of = store::suppressions::among(conn, proved.cabinet, std::slice::from_ref(&proved.address))?;
    Ok(of.values().flatten().any(|s| s.reason == SuppressionReason::Unsubscribed))
}

fn masked(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or(("", address));
    format!("{}•••@{domain}", local.chars().next().unwrap_or('•'))
}

/// Reads where an address stands; nothing where the secret is none of ours.
pub fn open(call: &Call, token: &str) -> Result<Option<Standing>> {
    let attempt = call.app.shared.limits.link(call.client.address, &call.told)?;
    let mut conn = call.app.store.conn()?;
    let Some(proved) = find(&call.app, &mut conn, token)? else { return Ok(None) };
    attempt.succeeded();
    standing(&mut conn, &proved).map(Some)
}

/// Unsubscribes an address, or subscribes it again; nothing where the secret is none of ours. Doing it twice is doing it once.
pub fn press(call: &Call, token: &str, subscribe: bool) -> Result<Option<Standing>> {
    let attempt = call.app.shared.limits.link(call.client.address, &call.told)?;
    let stamp = Stamp { at: call.now, actor: None, request_id: call.request_id.clone() };
    let done = act(&call.app, token, subscribe, MailEventSource::Page, &stamp)?;
    if done.is_some() {
        attempt.succeeded();
    }
    Ok(done)
}

/// What a secret that came by mail asks for; answers whether it is one of ours.
pub(super) fn by_mail(app: &App, token: &str, now: DateTime<Utc>) -> Result<bool> {
    let stamp = Stamp { at: now, actor: None, request_id: "mailbox".to_owned() };
    Ok(act(app, token, false, MailEventSource::Mailbox, &stamp)?.is_some())
}

fn act(app: &App, token: &str, subscribe: bool, source: MailEventSource, stamp: &Stamp) -> Result<Option<Standing>> {
    let mut conn = app.store.conn()?;
    let Some(proved) = find(app, &mut conn, token)? else { return Ok(None) };
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, proved.cabinet)?;
        if is_unsubscribed(conn, &proved)? != subscribe {
            return Ok(());
        }
        let kind = if subscribe { MailEventKind::Resubscribed } else { MailEventKind::Unsubscribed };
        if subscribe {
            suppressions::lift(conn, proved.cabinet, &proved.address, &[SuppressionReason::Unsubscribed], "", stamp)?;
        } else {
            let new = Suppression::new(&proved.address, SuppressionReason::Unsubscribed, whole_micros(stamp.at));
            let entry = Suppression { mail: Some(proved.mail), ..new };
            suppressions::add(conn, proved.cabinet, &entry, stamp)?;
        }
        let mail = store::mails::of_cabinet(conn, proved.cabinet, proved.mail)?;
        let recipient = Some(proved.address.clone());
        let what = Happened { recipient, ..Happened::new(kind, source, stamp.at.timestamp_micros().to_string()) };
        note(conn, app, &mail, what, stamp.at)?;
        Ok(())
    })?;
    post::wake(app);
    standing(&mut conn, &proved).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_by_its_owner_alone() {
        assert_eq!(masked("zoe.martin@exemple.fr"), "z•••@exemple.fr");
        assert_eq!(masked("é@exemple.fr"), "é•••@exemple.fr");
        assert_eq!(masked("@exemple.fr"), "••••@exemple.fr");
    }

    #[test]
    fn a_secret_is_found_in_a_subject() {
        let secret = format!("{PREFIX}{}", "0a".repeat((ID + PROOF) / 2));
        assert_eq!(in_text(&format!("Re: desabonnement {secret} merci")), Some(secret.as_str()));
        for without in ["desabonnement", "dsb_12", "dsb_é"] {
            assert_eq!(in_text(without), None);
        }
    }
}
