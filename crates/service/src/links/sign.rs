//! The signature in the link: consent in words, a typed name and quality, a one-time code by e-mail; all sealed in a
//! certificate behind the document. Or a sheet signed by hand, read in.

use chrono::{DateTime, Duration, Utc};
use contract::DocumentKind;
use domain::{DocumentId, DossierId, Lang, MandateEvent, MandateId, MandateKind, SignedAs};
use serde::{Deserialize, Serialize};
use store::dossiers::Stored;
use store::mandates::Mandate;

use super::answers::Refused;
use super::provider::generated;
use super::visit::{Answered, Visit};
use super::{code, code_hash, is_asked};
use crate::mandates::{Detail, Put};
use crate::session::whole_micros;
use crate::{Call, Error, Result, mandates, post, time};

/// How long a code is good.
const CODE_MINUTES: i64 = 10;
/// Wrong ones before a code is worth nothing.
const MOST_TRIES: i64 = 5;
/// Codes that a link sends in an hour, and in its life.
const MOST_CODES_AN_HOUR: usize = 3;
const MOST_CODES: i64 = 30;

/// What a person has said to sign, before the code comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    pub dossier: DossierId,
    pub mandates: Vec<MandateId>,
    pub name: String,
    pub quality: String,
    /// Where a document asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_as: Option<SignedAs>,
    pub consent: String,
    pub at: DateTime<Utc>,
}

/// What a form of signature holds.
#[derive(Debug, Clone, Default)]
pub struct Consent {
    pub name: String,
    pub quality: String,
    /// In which right, as its code.
    pub signed_as: String,
    /// The box was ticked.
    pub agreed: bool,
}

/// What came of a code.
#[derive(Debug, PartialEq, Eq)]
pub enum Signing {
    Signed,
    /// Why not, in words.
    Refused(String),
}

/// A sheet signed by hand.
#[derive(Debug)]
pub struct UploadedSheet {
    pub mandate: MandateId,
    pub name: String,
    pub bytes: Vec<u8>,
    /// It went on after the most that a file may have: what came of it was not kept.
    pub too_large: bool,
}

/// The words that a signatory agrees to.
pub fn consent_words(firm: &str, dossier: &str, labels: &[&str]) -> String {
    let quoted = |label: &&str| format!("« {label} »");
    let what = match labels {
        [one] => format!("le document {}, préparé", quoted(one)),
        [many @ .., last] => {
            let many = many.iter().map(quoted).collect::<Vec<_>>().join(", ");
            format!("les documents {many} et {}, préparés", quoted(last))
        }
        [] => "les documents préparés".to_owned(),
    };
    format!(
        "J’ai lu {what} par {firm} pour {dossier}. J’ai le pouvoir d’engager cette entreprise, les informations \
         qui la concernent sont exactes, et j’accepte de signer électroniquement."
    )
}

/// How the course of a link names the consent for a dossier.
fn consent_given(dossier: &str) -> String {
    format!("Consentement donné pour {dossier}")
}

/// The document as it was sent, or as it is printed now when none was kept.
pub(super) fn original(call: &Call, dossiers: &[Stored], mandate: &Mandate) -> Result<(String, Vec<u8>)> {
    let mut conn = call.app.store.conn()?;
    if let Some(document) = generated(&mut conn, mandate)? {
        let bytes = mandates::fetch(call.app.vault(), &document)?;
        return Ok((document.name, bytes));
    }
    let dossier = dossiers.iter().find(|d| d.id == mandate.dossier).ok_or_else(Error::not_found)?;
    let printed = mandates::document(&mut conn, mandate.cabinet, mandate, &dossier.facts, call.now)?;
    Ok((printed.name, printed.bytes))
}

/// The document with its certificate.
pub(super) fn sealed(call: &Call, mandate: &Mandate) -> Result<(String, Vec<u8>)> {
    let mut conn = call.app.store.conn()?;
    let kept = store::documents::of_mandates(&mut conn, mandate.cabinet, &[mandate.id])?.remove(&mandate.id);
    let certified = kept.into_iter().flatten().find(|d| d.kind == DocumentKind::Certified.as_str());
    let document = certified.ok_or_else(Error::not_found)?;
    let bytes = mandates::fetch(call.app.vault(), &document)?;
    Ok((document.name, bytes))
}

/// An address that somebody names, or why not.
pub(super) fn address(given: &str) -> std::result::Result<String, String> {
    let address = given.trim().to_lowercase();
    if address.is_empty() {
        return Err("Indiquez votre adresse e-mail : elle sert à confirmer que c’est bien vous.".to_owned());
    }
    if crate::email::is_plausible(&address) {
        return Ok(address);
    }
    Err(format!("« {address} » : une adresse telle que prenom.nom@exemple.fr est attendue."))
}

/// A name that people write, or why not.
pub(super) fn line(field: &'static str, value: &str, what: &str) -> std::result::Result<String, Refused> {
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = value.chars().count();
    if length < 2 || !value.chars().any(char::is_alphabetic) {
        let refused = if value.is_empty() { "Rien n’est écrit".to_owned() } else { format!("« {value} »") };
        return Err(Refused { field: field.into(), message: format!("{refused} : écrivez {what}.") });
    }
    if length > 120 || value.chars().any(char::is_control) {
        return Err(Refused {
            field: field.into(),
            message: format!("{length} caractères : 120 au plus, sans saut de ligne."),
        });
    }
    Ok(value)
}

impl Visit {
    /// Whether a document of a dossier asks in which right it is signed: the official model of a designation does.
    pub fn asks_right(&self, at: usize) -> bool {
        self.awaits(at).any(|a| a.mandate.kind == MandateKind::Designation)
    }

    /// In which right somebody signs, where it is asked.
    pub(super) fn right(&self, at: usize, consent: &Consent) -> std::result::Result<Option<SignedAs>, Refused> {
        if !self.asks_right(at) {
            return Ok(None);
        }
        SignedAs::try_from(consent.signed_as.as_str()).map(Some).map_err(|_| {
            let message = "Dites si vous représentez l’entreprise ou signez par délégation.".to_owned();
            Refused { field: "signed_as".into(), message }
        })
    }

    /// The words of the consent for a dossier.
    pub fn consent(&self, at: usize) -> String {
        let labels: Vec<&str> = self.awaits(at).map(|a| a.label.as_str()).collect();
        let name = self.dossiers.get(at).map_or("", |d| d.facts.name.as_str());
        consent_words(&self.firm.name, name, &labels)
    }

    /// Name and quality to begin with: typed before, else as the mandate names the signatory.
    pub fn signatory(&self, at: usize) -> (String, String) {
        let id = self.dossiers.get(at).map(|d| d.id);
        let typed = self.asks.intents.iter().find(|i| Some(i.dossier) == id).or(self.asks.intents.last());
        if let Some(typed) = typed {
            return (typed.name.clone(), typed.quality.clone());
        }
        if let Some(typed) = self.told_provider(at) {
            return (typed.name, typed.quality);
        }
        let terms = self.awaits(at).map(|a| &a.mandate.terms).find(|t| t.signatory.is_some());
        let name = terms.and_then(|t| t.signatory.clone()).unwrap_or_else(|| self.link.contact_name.clone());
        (name, terms.and_then(|t| t.quality.clone()).unwrap_or_default())
    }

    /// Notes that the documents of a dossier are to be signed once the code has come back.
    pub fn intend(&self, call: &Call, at: usize, consent: &Consent) -> Result<Answered> {
        let dossier = self.dossiers.get(at).ok_or_else(Error::not_found)?;
        let wanted: Vec<MandateId> = self.awaits(at).map(|a| a.mandate.id).collect();
        if wanted.is_empty() {
            return Err(Error::not_found());
        }
        let mut refused = Vec::new();
        let mut read = |field, value: &str, what: &str| {
            line(field, value, what).unwrap_or_else(|r| {
                refused.push(r);
                String::new()
            })
        };
        let name = read("name", &consent.name, "le nom de la personne qui signe");
        let quality = read("quality", &consent.quality, "la qualité, par exemple « gérante » ou « président »");
        let signed_as = self.right(at, consent).unwrap_or_else(|why| {
            refused.push(why);
            None
        });
        if !consent.agreed {
            let message = "Cochez la case : sans votre accord, rien n’est signé.".to_owned();
            refused.push(Refused { field: "agreed".into(), message });
        }
        if !refused.is_empty() {
            return Ok(Answered::Refused(refused));
        }
        let words = self.consent(at);
        self.change(call, |_, _, asks| {
            asks.intents.retain(|i| i.dossier != dossier.id);
            asks.intents.push(Intent {
                dossier: dossier.id,
                mandates: wanted,
                name,
                quality,
                signed_as,
                consent: words,
                at: whole_micros(call.now),
            });
            asks.happened(call.now, consent_given(&dossier.facts.name));
            Ok(())
        })?;
        Ok(Answered::Kept)
    }

    /// Where the code goes; nothing while nobody has told.
    pub fn code_address(&self) -> Option<&str> {
        Some(self.link.email.as_str()).filter(|e| !e.is_empty()).or(self.asks.code_email.as_deref())
    }

    /// A code was sent and still works.
    pub fn code_waits(&self, now: DateTime<Utc>) -> bool {
        !self.link.code.hash.is_empty() && self.link.code.expires_at.is_some_and(|at| at > now)
    }

    /// Sends a code. The address is asked for only where the firm knows none.
    pub fn send_code(&self, call: &Call, given: Option<&str>) -> Result<Answered> {
        let refused = |message: String| Ok(Answered::Refused(vec![Refused { field: "email".into(), message }]));
        let named = match (self.link.email.is_empty(), given) {
            (true, Some(given)) => match address(given) {
                Ok(address) => Some(address),
                Err(message) => return refused(message),
            },
            _ => None,
        };
        let outcome = self.change(call, |conn, link, asks| {
            if asks.intents.is_empty() {
                return Err(Error::not_found());
            }
            asks.code_email = named.or(asks.code_email.take());
            let to = Some(link.email.clone()).filter(|e| !e.is_empty()).or_else(|| asks.code_email.clone());
            let Some(to) = to else {
                return Ok(Err("Indiquez l’adresse e-mail à laquelle envoyer le code.".to_owned()));
            };
            asks.codes_at.retain(|at| call.now - *at < Duration::hours(1));
            if let (true, Some(first)) = (asks.codes_at.len() >= MOST_CODES_AN_HOUR, asks.codes_at.first()) {
                let (_, hour) = time::paris_clock(*first + Duration::hours(1));
                return Ok(Err(format!(
                    "{MOST_CODES_AN_HOUR} codes ont été envoyés dans l’heure : vous pourrez en demander un autre à {hour}."
                )));
            }
            if link.code.sent >= MOST_CODES {
                return Ok(Err(format!(
                    "{MOST_CODES} codes ont été envoyés pour ce lien : demandez un nouveau lien au cabinet."
                )));
            }
            let number = link.code.sent + 1;
            let value = code(&call.app, conn, link.id, number)?;
            link.code = store::links::Code {
                hash: code_hash(&call.app, conn, link.id, &value)?,
                expires_at: Some(whole_micros(call.now + Duration::minutes(CODE_MINUTES))),
                tries: 0,
                sent: number,
            };
            asks.codes_at.push(whole_micros(call.now));
            asks.happened(call.now, "Code envoyé par e-mail");
            post::queue_code(conn, &call.app, link, &to, call.now)?;
            Ok(Ok(()))
        })?;
        match outcome {
            Err(message) => refused(message),
            Ok(()) => {
                post::wake(&call.app);
                Ok(Answered::Kept)
            }
        }
    }

    /// Gives the code back: the documents are signed and sealed, or it is told why not.
    pub fn sign(&self, call: &Call, given: &str) -> Result<Signing> {
        let given: String = given.chars().filter(|c| !c.is_whitespace()).collect();
        // Counted in a transaction of its own: a wrong code stays counted whatever happens afterwards.
        let refusal = self.change(call, |conn, link, _| {
            if link.code.hash.is_empty() || link.code.expires_at.is_none_or(|at| at <= call.now) {
                return Ok(Some("Ce code n’est plus valable : demandez-en un autre.".to_owned()));
            }
            if given.len() != 6 || !given.bytes().all(|b| b.is_ascii_digit()) {
                if given.is_empty() {
                    return Ok(Some("Rien n’est écrit : les 6 chiffres reçus par e-mail sont attendus.".to_owned()));
                }
                let shown: String = given.chars().take(12).collect();
                return Ok(Some(format!("« {shown} » : les 6 chiffres reçus par e-mail sont attendus.")));
            }
            if code_hash(&call.app, conn, link.id, &given)? == link.code.hash {
                return Ok(None);
            }
            link.code.tries += 1;
            let left = MOST_TRIES - link.code.tries;
            if left <= 0 {
                link.code.hash = String::new();
                return Ok(Some("Ce code est faux, et c’était le dernier essai : demandez un autre code.".to_owned()));
            }
            Ok(Some(format!(
                "« {given} » n’est pas le code reçu. Il reste {left} essai{}.",
                if left > 1 { "s" } else { "" }
            )))
        })?;
        match refusal {
            Some(message) => Ok(Signing::Refused(message)),
            None => self.seal(call),
        }
    }

    fn seal(&self, call: &Call) -> Result<Signing> {
        let now = whole_micros(call.now);
        let mut sealed: Vec<(Sealed, String, Put)> = Vec::new();
        for intent in &self.asks.intents {
            for id in &intent.mandates {
                // Signed on paper, called back or declined meanwhile.
                let Some(found) = self.awaiting.iter().find(|a| a.mandate.id == *id) else { continue };
                let (name, bytes) = original(call, &self.dossiers, &found.mandate)?;
                let certified = paper::certify(&bytes, &self.certificate(call, intent, &found.mandate, &found.label))
                    .map_err(Error::internal)?;
                let put = mandates::put(&call.app, &mut *call.app.store.conn()?, self.link.cabinet, &certified)?;
                let name = format!("{}-signe.pdf", name.strip_suffix(".pdf").unwrap_or(&name));
                sealed.push((Sealed { mandate: *id, intent: intent.clone() }, name, put));
            }
        }
        if sealed.is_empty() {
            return Ok(Signing::Refused(
                "Il n’y a plus rien à signer : le cabinet a rappelé ces documents.".to_owned(),
            ));
        }
        let outcome = self.change(call, |conn, link, asks| {
            // Two windows with the same code: the first has signed.
            if link.code.hash != self.link.code.hash || asks.intents != self.asks.intents {
                return Ok(false);
            }
            let judge = call.app.judge(conn, link.cabinet, call.today())?;
            let stamp = store::journal::Stamp { at: now, actor: None, request_id: call.request_id.clone() };
            let mut wanted = Vec::new();
            let mut documents: Vec<(MandateId, DocumentId)> = Vec::new();
            for (Sealed { mandate, intent }, name, put) in sealed {
                let mandate = store::mandates::of_cabinet(conn, link.cabinet, mandate)?;
                if !is_asked(mandate.state) {
                    continue;
                }
                let kind = DocumentKind::Certified;
                let kept =
                    mandates::keep(conn, &mandate, put, kind, (&name, "application/pdf"), &intent.name, call.now)?;
                documents.push((mandate.id, kept.id));
                asks.sealed.push(mandate.id);
                let detail = Detail {
                    by_name: Some(intent.name.clone()),
                    text: Some(format!("{}, {}", intent.name, intent.quality)),
                    signed_at: Some(now),
                    ..Detail::default()
                };
                wanted.push((mandate, MandateEvent::Sign, detail));
            }
            mandates::steps(conn, &judge, link.cabinet, &stamp, wanted)?;
            link.code.hash = String::new();
            link.code.expires_at = None;
            asks.intents.clear();
            asks.happened(now, "Documents signés");
            let to = Some(link.email.clone()).filter(|e| !e.is_empty()).or_else(|| asks.code_email.clone());
            if let (Some(to), false) = (to, documents.is_empty()) {
                post::queue_copy(conn, &call.app, link, &to, &documents, call.now)?;
            }
            Ok(true)
        })?;
        if !outcome {
            return Ok(Signing::Refused("Ce code a déjà servi.".to_owned()));
        }
        post::wake(&call.app);
        Ok(Signing::Signed)
    }

    fn certificate(&self, call: &Call, intent: &Intent, mandate: &Mandate, label: &str) -> paper::Certificate {
        let dossier = self.dossiers.iter().find(|d| d.id == intent.dossier);
        // The certificate is shown to others: it names no other company of the same client.
        let own = dossier.map(|d| consent_given(&d.facts.name));
        let of_others: Vec<String> = self.dossiers.iter().map(|d| consent_given(&d.facts.name)).collect();
        let told = self.asks.events.iter().filter(|e| own.as_ref() == Some(&e.what) || !of_others.contains(&e.what));
        let mut events: Vec<paper::Event> = told.map(|e| paper::Event { at: e.at, what: e.what.clone() }).collect();
        events.push(paper::Event { at: call.now, what: "Code vérifié, document signé".to_owned() });
        paper::Certificate {
            firm: self.firm.name.clone(),
            document_title: label.to_owned(),
            document_number: Some(mandate.number.clone()),
            dossier: dossier.map(|d| d.facts.name.clone()).unwrap_or_default(),
            dossier_siren: dossier.map(|d| d.facts.siren),
            signatory: paper::Signatory { name: Some(intent.name.clone()), quality: Some(intent.quality.clone()) },
            signed_as: intent.signed_as.filter(|_| mandate.kind == MandateKind::Designation).map(mandates::signed_as),
            consent: intent.consent.clone(),
            signed_at: call.now,
            email: self.code_address().unwrap_or_default().to_owned(),
            code_verified_at: Some(call.now),
            network_address: call.client.address.map_or_else(|| "inconnue".to_owned(), |a| a.to_string()),
            user_agent: call.client.user_agent.clone().unwrap_or_else(|| "inconnu".to_owned()),
            link_id: self.link.id.to_string(),
            events,
        }
    }

    /// Takes a sheet that was signed by hand; the firm looks at it.
    pub fn upload(&self, call: &Call, sheet: &UploadedSheet) -> Result<Answered> {
        let refused = |message: String| Ok(Answered::Refused(vec![Refused { field: "sheet".into(), message }]));
        if !self.awaiting.iter().any(|a| a.mandate.id == sheet.mandate) {
            return Err(Error::not_found());
        }
        if sheet.too_large {
            return refused(
                "Le fichier dépasse 20 Mo : photographiez ou numérisez la page avec une résolution plus faible."
                    .to_owned(),
            );
        }
        if sheet.name.is_empty() && sheet.bytes.is_empty() {
            return refused("Aucun fichier choisi : choisissez la photo ou le PDF du document signé.".to_owned());
        }
        let checked = match paper::check(&sheet.bytes, &sheet.name, &paper::Limits::default()) {
            Ok(checked) => checked,
            Err(refusal) => return refused(refusal.sentence(Lang::Fr)),
        };
        let put = mandates::put(&call.app, &mut *call.app.store.conn()?, self.link.cabinet, &sheet.bytes)?;
        let by = self.by_name();
        self.change(call, |conn, link, asks| {
            let mandate = store::mandates::of_cabinet(conn, link.cabinet, sheet.mandate)?;
            let judge = call.app.judge(conn, link.cabinet, call.today())?;
            let stamp = store::journal::Stamp { at: call.now, actor: None, request_id: call.request_id.clone() };
            let kind = DocumentKind::Uploaded;
            mandates::keep(conn, &mandate, put, kind, (&sheet.name, checked.media_type), &by, call.now)?;
            let detail = Detail { by_name: Some(by.clone()), text: Some(sheet.name.clone()), ..Detail::default() };
            mandates::step(conn, &judge, link.cabinet, &stamp, mandate, MandateEvent::Upload, detail)?;
            for intent in &mut asks.intents {
                intent.mandates.retain(|m| *m != sheet.mandate);
            }
            asks.intents.retain(|i| !i.mandates.is_empty());
            Ok(())
        })?;
        Ok(Answered::Kept)
    }
}

struct Sealed {
    mandate: MandateId,
    intent: Intent,
}
