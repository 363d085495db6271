//! The words of messages: who asks, why, what takes two minutes, the link, until when, who answers questions. Plain text,
//! in French, beside which HTML may stand. What is secret stands in them as a place that is filled when the message is handed over.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use domain::mandate::SignedBy;
use domain::question::{Awaited, questions};
use domain::reference::mandate_kind;
use domain::{CabinetId, CampaignId};
use store::Conn;
use store::dossiers::Stored;
use store::links::Link;
use store::mandates::Mandate;

use crate::links::Firm;
use crate::{App, Result, collection_settings, time};

/// Where the address of the link goes, the one-time code, and the address by which one unsubscribes.
pub(crate) const LINK: &str = "[[lien]]";
pub(super) const CODE: &str = "[[code]]";
pub(super) const UNSUBSCRIBE: &str = "[[desabonnement]]";

/// A message before it has a row.
pub(crate) struct Written {
    pub from_name: String,
    pub reply_to: Option<String>,
    pub subject: String,
    pub body: String,
    /// The same for programs that show more than text.
    pub html: Option<String>,
}

/// What a request for signatures and answers is about.
pub(super) struct Letter<'a> {
    pub name: &'a str,
    pub mandates: &'a [Mandate],
    pub dossiers: &'a [Stored],
    pub link: &'a Link,
    pub reminder: bool,
}

/// The text as it may be shown to the firm: without the secrets of the addresses, and without the code.
pub fn shown(app: &App, body: &str) -> String {
    let url = &app.settings.public_url;
    body.replace(LINK, &format!("{url}/l/…")).replace(UNSUBSCRIBE, &format!("{url}/d/…")).replace(CODE, "••••••")
}

fn hello(name: &str) -> String {
    if name.is_empty() { "Bonjour,".to_owned() } else { format!("Bonjour {name},") }
}

fn names(dossiers: &[Stored]) -> String {
    let names: Vec<&str> = dossiers.iter().map(|d| d.facts.name.as_str()).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] if names.len() <= 3 => format!("{} et {last}", first.join(", ")),
        [first, second, rest @ ..] => format!("{first}, {second} et {} autres entreprises", rest.len()),
    }
}

/// Who signs a message, and who answers questions about it.
fn end(firm: &Firm) -> String {
    let mut text = String::from("Une question ? ");
    match (&firm.person, &firm.reply_to) {
        (Some((name, email)), _) => {
            let _ = write!(text, "Répondez à ce message, ou écrivez à {name} ({email}).");
        }
        (None, Some(email)) => {
            let _ = write!(text, "Répondez à ce message, ou écrivez à {email}.");
        }
        (None, None) => text.push_str("Votre interlocuteur habituel au cabinet vous répond."),
    }
    let _ = write!(text, "\n\n{}\n", firm.name);
    text
}

/// Asks for signatures and answers.
pub(super) fn request(conn: &mut Conn, cabinet: CabinetId, letter: &Letter<'_>, now: DateTime<Utc>) -> Result<Written> {
    let settings = collection_settings::of(conn, cabinet)?;
    let firm = Firm::of(conn, cabinet, &settings, letter.dossiers)?;
    let today = time::paris_day(now);
    let asked: usize = letter
        .dossiers
        .iter()
        .map(|d| {
            let awaited: Vec<Awaited> =
                letter.mandates.iter().filter(|m| m.dossier == d.id).map(|m| Awaited::new(m.kind, &m.terms)).collect();
            questions(&d.facts, &awaited, today).len()
        })
        .sum();
    let n = letter.mandates.len();
    let what = match n {
        0 => "quelques questions".to_owned(),
        1 => "un document à signer".to_owned(),
        n => format!("{n} documents à signer"),
    };
    let reminder = if letter.reminder { "Rappel : f" } else { "F" };
    let subject = format!("{reminder}acturation électronique : {what}");

    let mut body = hello(letter.name);
    body.push_str("\n\n");
    let several = letter.dossiers.len() > 1;
    let of = names(letter.dossiers);
    if letter.reminder {
        let _ = write!(
            body,
            "Nous vous avons écrit au sujet de {of} et n’avons pas encore votre réponse. Sans votre accord, le cabinet \
             ne peut pas agir pour {}.\n\n",
            if several { "elles" } else { "cette entreprise" }
        );
    } else {
        let _ = write!(
            body,
            "{} prépare {of} à la facturation électronique, que la loi rend obligatoire entre entreprises. Pour agir en \
             votre nom, le cabinet a besoin de votre accord.\n\n",
            firm.name
        );
    }
    let _ = write!(body, "Deux minutes suffisent, depuis un téléphone ou un ordinateur :\n\n{LINK}\n\n");
    body.push_str("Ce qui vous est demandé :\n");
    for mandate in letter.mandates {
        let label = &mandate_kind(mandate.kind).label.fr;
        let dossier = letter.dossiers.iter().find(|d| d.id == mandate.dossier).map_or("", |d| d.facts.name.as_str());
        let _ = writeln!(body, "- lire et signer : {label}, {dossier}");
    }
    match asked {
        0 => {}
        1 => body.push_str("- répondre à une question\n"),
        n => {
            let _ = writeln!(body, "- répondre à {n} questions courtes");
        }
    }
    for words in campaign_words(conn, cabinet, letter.mandates)? {
        let _ = write!(body, "\n{}\n", words.trim());
    }
    let _ = write!(
        body,
        "\nCe lien est personnel, ne le transférez pas. Il fonctionne jusqu’au {}. L’ouvrir n’engage à rien : rien n’est \
         signé sans un code que vous demandez vous-même.\n\n",
        time::french(time::paris_day(letter.link.expires_at))
    );
    body.push_str(&end(&firm));
    let _ = write!(body, "\nNe plus recevoir ces messages : {UNSUBSCRIBE}\n");
    Ok(Written { from_name: firm.sender_name.clone(), reply_to: firm.reply_to.clone(), subject, body, html: None })
}

/// The words of the campaigns that the mandates belong to, each once.
fn campaign_words(conn: &mut Conn, cabinet: CabinetId, mandates: &[Mandate]) -> Result<Vec<String>> {
    let mut ids: Vec<CampaignId> = mandates.iter().filter_map(|m| m.campaign).collect();
    ids.sort();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut words: Vec<String> = store::mails::campaign_words(conn, cabinet, &ids)?.into_values().collect();
    words.sort();
    words.dedup();
    Ok(words)
}

/// The one-time code of a signature.
pub(super) fn code(conn: &mut Conn, link: &Link, dossiers: &[Stored]) -> Result<Written> {
    let settings = collection_settings::of(conn, link.cabinet)?;
    let firm = Firm::of(conn, link.cabinet, &settings, dossiers)?;
    let body = format!(
        "{}\n\nVotre code de signature :\n\n    {CODE}\n\nIl est valable dix minutes, pour signer les documents préparés \
         par {}. Ne le communiquez à personne, pas même au cabinet.\n\nSi vous n’avez rien demandé, n’en tenez pas compte : \
         sans ce code, rien n’est signé.\n\n{}",
        hello(&link.contact_name),
        firm.name,
        end(&firm)
    );
    Ok(Written {
        from_name: firm.sender_name.clone(),
        reply_to: firm.reply_to.clone(),
        subject: "Votre code de signature".to_owned(),
        body,
        html: None,
    })
}

/// The signed documents.
pub(super) fn copy(conn: &mut Conn, link: &Link, mandates: &[Mandate], dossiers: &[Stored]) -> Result<Written> {
    let settings = collection_settings::of(conn, link.cabinet)?;
    let firm = Firm::of(conn, link.cabinet, &settings, dossiers)?;
    let one = mandates.len() == 1;
    let mut body = format!(
        "{}\n\nVous avez signé {}. {} ci-joint, {} :\n",
        hello(&link.contact_name),
        if one { "un document".to_owned() } else { format!("{} documents", mandates.len()) },
        if one { "Votre exemplaire est" } else { "Vos exemplaires sont" },
        if mandates.iter().any(|m| m.signed_by == Some(SignedBy::Provider)) {
            "avec la preuve que le prestataire de signature en a faite"
        } else {
            "avec le certificat de votre signature sur la dernière page"
        },
    );
    for mandate in mandates {
        let label = &mandate_kind(mandate.kind).label.fr;
        let dossier = dossiers.iter().find(|d| d.id == mandate.dossier).map_or("", |d| d.facts.name.as_str());
        let _ = writeln!(body, "- {label}, {dossier}, n° {}", mandate.number);
    }
    body.push_str("\nConservez-les. Vous pouvez y mettre fin à tout moment en écrivant au cabinet.\n\n");
    body.push_str(&end(&firm));
    let subject = if one { "Votre exemplaire signé" } else { "Vos exemplaires signés" };
    Ok(Written {
        from_name: firm.sender_name.clone(),
        reply_to: firm.reply_to.clone(),
        subject: subject.to_owned(),
        body,
        html: None,
    })
}
