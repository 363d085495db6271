//! The signature in the link at an outside provider: the press that asks for it, and where it stands.

use chrono::{DateTime, Utc};
use contract::DocumentKind;
use domain::{MandateId, SignatureState, SignedAs, Text};
use sha2::{Digest, Sha256};
use store::Conn;
use store::dossiers::Stored;
use store::mandates::Mandate;
use store::signatures::Signature;

use super::answers::Refused;
use super::sign::{Consent, address, line, original};
use super::visit::Visit;
use crate::mandates::{Press, Printed};
use crate::session::whole_micros;
use crate::signatures::{self, Signatory, Turn};
use crate::{App, Call, Error, Result, ids, secrets};

/// How often, and how long each time, a press waits for a look at the same request to end.
const MOST_MOMENTS: usize = 12;
const MOMENT: std::time::Duration = std::time::Duration::from_millis(150);

/// What came of the press that leads to the provider.
#[derive(Debug)]
pub enum Elsewhere {
    /// The address at which the client signs. It lets whoever has it sign: it is kept nowhere.
    Go(String),
    Refused(Vec<Refused>),
    /// The provider does not answer, or is being asked already: noted, and asked again by itself.
    Later,
}

impl Visit {
    /// Name of the provider at which the firm has its clients sign.
    pub fn provider(&self) -> Option<&str> {
        self.provider.as_deref()
    }

    /// Where the signature of a mandate at the provider stands, and why.
    pub fn elsewhere(&self, mandate: MandateId) -> Option<(SignatureState, Option<Text>)> {
        self.signatures.get(&mandate).map(|s| (s.state, signatures::error_of(s)))
    }

    /// Who was told to the provider to sign for a dossier.
    pub(super) fn told_provider(&self, at: usize) -> Option<Signatory> {
        let id = self.dossiers.get(at)?.id;
        let newest = self.signatures.values().filter(|s| s.dossier == id).max_by_key(|s| s.id)?;
        signatures::signer_of(newest).ok()
    }

    /// In which right, where a document asks for it.
    pub fn signed_as(&self, at: usize) -> Option<SignedAs> {
        let id = self.dossiers.get(at).map(|d| d.id);
        let intent = self.asks.intents.iter().find(|i| Some(i.dossier) == id).and_then(|i| i.signed_as);
        intent.or_else(|| self.told_provider(at)?.signed_as)
    }

    /// Has what is open at the provider looked at soon, because somebody waits in front of the page. Writes nothing.
    pub fn look(&self, call: &Call) {
        for signature in self.signatures.values().filter(|s| s.state.is_living()) {
            call.app.shared.signatures.look(signature.id);
        }
    }

    /// Asks the provider for the signature of a document, once for good: pressed again, or after a stop in the middle,
    /// the same request is found.
    pub fn ask_provider(
        &self,
        call: &Call,
        at: usize,
        mandate: MandateId,
        consent: &Consent,
        email: Option<&str>,
    ) -> Result<Elsewhere> {
        let provider = call.app.signer().filter(|_| self.provider.is_some()).ok_or_else(Error::not_found)?;
        let awaiting = self.awaits(at).find(|a| a.mandate.id == mandate).ok_or_else(Error::not_found)?;
        let dossier = self.dossiers.get(at).ok_or_else(Error::not_found)?;
        let (signer, named) = match self.signer(at, dossier, consent, email) {
            Ok(signer) => signer,
            Err(refused) => return Ok(Elsewhere::Refused(refused)),
        };
        let (_, bytes) = original(call, &self.dossiers, &awaiting.mandate)?;
        let sha256 = secrets::hex(&Sha256::digest(&bytes));
        let (now, taker) = (Utc::now(), signatures::taker(&call.app));
        let (kind, said) = (provider.kind().as_str(), serde_json::to_string(&signer)?);
        let note = || {
            self.change(call, |conn, link, asks| {
                if named {
                    asks.code_email = Some(signer.email.clone());
                }
                let known = store::signatures::of_mandates(conn, link.cabinet, &[mandate])?.remove(&mandate);
                // Of other words or of another person it is another request; the one before is called off.
                let same = |s: &Signature| s.sha256 == sha256 && s.signer == said && s.provider == kind;
                let known = known.filter(|s| s.state.is_living() && same(s));
                if let Some(known) = known {
                    return Ok(store::signatures::take(conn, known.id, &taker, now)?.then_some(known));
                }
                let new = Signature {
                    id: ids::signature(),
                    cabinet: link.cabinet,
                    dossier: dossier.id,
                    mandate,
                    link: link.id,
                    provider: kind.to_owned(),
                    provider_id: String::new(),
                    state: SignatureState::Asked,
                    sha256: sha256.clone(),
                    signer: said.clone(),
                    error: String::new(),
                    attempts: 0,
                    next_at: Some(whole_micros(now)),
                    created_at: whole_micros(now),
                    ended_at: None,
                };
                store::signatures::insert(conn, &new, &taker, now)?;
                asks.happened(now, format!("Signature demandée chez {}", provider.name()));
                Ok(Some(new))
            })
        };
        let mut noted = note()?;
        // Somebody else looks at it in this moment, as the page before has asked for: that is over soon.
        for _ in 0..MOST_MOMENTS {
            if noted.is_some() {
                break;
            }
            std::thread::sleep(MOMENT);
            noted = note()?;
        }
        let Some(signature) = noted else { return Ok(Elsewhere::Later) };
        let id = signature.id;
        let asked = match Turn::of(&call.app) {
            Some(_turn) => signatures::ask(&call.app, provider, &taker, signature, now)?,
            None => {
                store::signatures::settle(&mut *call.app.store.conn()?, &taker, &signature)?;
                Err(signature)
            }
        };
        match asked {
            Ok(started) => {
                call.app.shared.signatures.wake();
                Ok(Elsewhere::Go(started.url))
            }
            Err(left) => {
                if left.next_at.is_some_and(|at| at <= now) {
                    call.app.shared.signatures.look(id);
                }
                Ok(Elsewhere::Later)
            }
        }
    }

    /// Who signs, as typed; and whether the address was named by the client.
    fn signer(
        &self,
        at: usize,
        dossier: &Stored,
        consent: &Consent,
        email: Option<&str>,
    ) -> std::result::Result<(Signatory, bool), Vec<Refused>> {
        let mut refused = Vec::new();
        let mut read = |field, value: &str, what: &str| match line(field, value, what) {
            Ok(value) => value,
            Err(why) => {
                refused.push(why);
                String::new()
            }
        };
        let name = read("name", &consent.name, "le nom de la personne qui signe");
        let quality = read("quality", &consent.quality, "la qualité, par exemple « gérante » ou « président »");
        if !name.is_empty() && signatures::names(&name).0.is_empty() {
            let message = format!("« {name} » : le prénom, puis le nom sont attendus, par exemple « Anne Martin ».");
            refused.push(Refused { field: "name".into(), message });
        }
        let signed_as = match self.right(at, consent) {
            Ok(right) => right,
            Err(why) => {
                refused.push(why);
                None
            }
        };
        let named = self.code_address().is_none();
        let email = match self.code_address() {
            Some(known) => known.to_owned(),
            None => address(email.unwrap_or_default()).unwrap_or_else(|message| {
                refused.push(Refused { field: "email".into(), message });
                String::new()
            }),
        };
        if !refused.is_empty() {
            return Err(refused);
        }
        let mobile = |phone: &&String| phone.len() == 12 && (phone.starts_with("+336") || phone.starts_with("+337"));
        let contact =
            dossier.facts.contacts.iter().find(|c| c.email.as_ref().is_some_and(|e| e.to_lowercase() == email));
        let phone = contact.and_then(|c| c.phone.as_ref()).filter(mobile).cloned();
        Ok((Signatory { name, quality, email, phone, signed_as }, named))
    }
}

/// What goes to the provider.
pub(crate) struct Sheet {
    pub name: String,
    pub bytes: Vec<u8>,
    pub page: u32,
    pub x: u32,
    pub y: u32,
}

pub(crate) fn sheet_for_provider(
    app: &App,
    conn: &mut Conn,
    dossier: &Stored,
    mandate: &Mandate,
    signer: &Signatory,
) -> Result<Sheet> {
    let press = Press::of(conn, mandate.cabinet)?;
    let kept = generated(conn, mandate)?;
    let (printed, at): (Printed, DateTime<Utc>) = match kept {
        Some(document) => {
            let bytes = crate::mandates::fetch(app.vault(), &document)?;
            (Printed { name: document.name, bytes }, document.created_at)
        }
        None => (press.print(mandate, &dossier.facts, mandate.updated_at)?, mandate.updated_at),
    };
    let (sheet, place) = press.signable(mandate, &dossier.facts, (printed, at), signer)?;
    Ok(Sheet { name: sheet.name, bytes: sheet.bytes, page: place.page, x: place.x, y: place.y })
}

/// The document of a mandate as it was sent, where one was kept.
pub(super) fn generated(conn: &mut Conn, mandate: &Mandate) -> Result<Option<store::documents::Document>> {
    let kept = store::documents::of_mandates(conn, mandate.cabinet, &[mandate.id])?.remove(&mandate.id);
    Ok(kept.into_iter().flatten().find(|d| d.kind == DocumentKind::Generated.as_str()))
}

/// How the files of a mandate are named, without their ending.
pub(crate) fn stem(conn: &mut Conn, mandate: &Mandate) -> Result<String> {
    let kept = generated(conn, mandate)?.map(|d| d.name);
    let name = kept.unwrap_or_else(|| paper::file_stem(mandate.kind).to_owned());
    Ok(name.strip_suffix(".pdf").unwrap_or(&name).to_owned())
}
