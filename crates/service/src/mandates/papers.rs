//! Documents of mandates: printed from the facts, kept outside the rows with their hash, given out by a guard alone.

use chrono::{DateTime, NaiveDate, Utc};
use contract::{Code, DocumentKind, MandateUploadQuery, Nothing, PrintInput};
use domain::mandate::Power;
use domain::reference::regime;
use domain::relance::template::Marked;
use domain::{
    CabinetId, DocumentId, DossierFacts, DossierId, Lang, MandateEvent, MandateId, MandateKind, MandateTerms, SignedAs,
};
use gateway::vault::{Vault, VaultError};
use paper::{
    Biller, Client, Designation, Firm, Invoicing, Letter, MandateDocument, Perimeter, Platform, Recipient, Reporting,
    Signatory, Terms,
};
use sha2::{Digest, Sha256};
use store::documents::Document;
use store::mandates::Mandate;
use store::{Conn, dialect};

use super::life::{Detail, step};
use super::register::whole;
use crate::collection_settings::Collecting;
use crate::session::whole_micros;
use crate::time::french;
use crate::{Answer, App, Call, Error, FileReply, Result, collection_settings, ids, invalid, journal, time};

/// Largest signed sheet.
const LARGEST: u64 = 20 * 1024 * 1024;
/// Mandates of one printed file.
const MOST_PRINTED: usize = 500;

/// A document as it is sent, with the name of its file.
#[derive(Debug, Clone)]
pub struct Printed {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// What the documents of a firm have in common.
#[derive(Debug, Clone)]
pub struct Press {
    firm: Firm,
}

pub(crate) fn paper(error: paper::PaperError) -> Error {
    Error::internal(error)
}

impl Press {
    pub fn of(conn: &mut Conn, cabinet: CabinetId) -> Result<Self> {
        let settings = collection_settings::of(conn, cabinet)?;
        let name = store::mails::cabinet_name(conn, cabinet)?;
        Ok(Self { firm: firm(settings, name) })
    }

    /// Whose head stands on its letters.
    pub(crate) fn firm(&self) -> &Firm {
        &self.firm
    }

    /// The document of a mandate. The same mandate and facts give the same bytes.
    pub fn print(&self, mandate: &Mandate, facts: &DossierFacts, at: DateTime<Utc>) -> Result<Printed> {
        let document = self.document(mandate, facts, at)?;
        let name = paper::file_name(paper::file_stem(document.kind()), Some(&facts.siren), &facts.name);
        Ok(Printed { name, bytes: paper::mandate(&document).map_err(paper)? })
    }

    /// What goes to a provider of signatures, and where the client's is drawn: the bytes that were kept at a moment. A
    /// designation is printed anew, with the boxes ticked that the official model has and the signatory answers.
    pub fn signable(
        &self,
        mandate: &Mandate,
        facts: &DossierFacts,
        kept: (Printed, DateTime<Utc>),
        signer: &crate::signatures::Signatory,
    ) -> Result<(Printed, paper::Place)> {
        let (mut sheet, at) = kept;
        // Of that moment: where nothing has changed since, these are the very bytes that were kept.
        let mut document = self.document(mandate, facts, at)?;
        if let Terms::Designation(designation) = &mut document.terms {
            designation.channel = Some(paper::Channel::Electronic);
            designation.signed_as = signer.signed_as.map(signed_as);
            document.signatory = Signatory { name: Some(signer.name.clone()), quality: Some(signer.quality.clone()) };
            sheet.bytes = paper::mandate(&document).map_err(paper)?;
        }
        let mut place = paper::signing_place(&document).map_err(paper)?;
        let checked = paper::check(&sheet.bytes, &sheet.name, &paper::Limits::default()).map_err(Error::internal)?;
        place.page = place.page.min(checked.pages.unwrap_or(1));
        Ok((sheet, place))
    }

    fn document(&self, mandate: &Mandate, facts: &DossierFacts, at: DateTime<Utc>) -> Result<MandateDocument> {
        let terms = &mandate.terms;
        let said = serde_json::to_string(terms)?;
        let reference: String =
            Sha256::digest(format!("{} {said}", mandate.id)).iter().map(|b| format!("{b:02x}")).collect();
        Ok(MandateDocument {
            terms: self.terms(mandate, facts),
            firm: self.firm.clone(),
            client: client(facts),
            signatory: Signatory { name: terms.signatory.clone(), quality: terms.quality.clone() },
            number: Some(mandate.number.clone()),
            reference: Some(reference),
            made_at: None,
            made_on: None,
            starts_on: mandate.starts_on,
            ends_on: mandate.ends_on,
            printed_at: at,
        })
    }

    fn terms(&self, mandate: &Mandate, facts: &DossierFacts) -> Terms {
        let terms = &mandate.terms;
        let platform = || Platform { name: terms.platform.clone(), siren_or_matricule: terms.platform_number.clone() };
        match mandate.kind {
            MandateKind::EngagementLetter => Terms::EngagementLetter { missions: None, fees: None },
            MandateKind::EngagementAddendum => Terms::Addendum { letter_on: None, tasks: None, fees: None },
            MandateKind::Delegation => Terms::Delegation { powers: Some(powers(terms)) },
            MandateKind::Designation => Terms::Designation(Box::new(Designation {
                platform: platform(),
                // A number of the firm's own is none of the platform's.
                number: mandate.number.starts_with(facts.siren.as_str()).then(|| mandate.number.clone()),
                effective_on: terms.effective_on,
                perimeter: Some(perimeter(terms)),
                former_platform: terms.former_platform.clone(),
                channel: None,
                signed_as: None,
            })),
            MandateKind::Invoicing => Terms::Invoicing(Box::new(self.invoicing(terms, facts))),
            MandateKind::SelfBilling => Terms::SelfBilling(Box::new(self.invoicing(terms, facts))),
            MandateKind::EReportingPower => Terms::Reporting(Box::new(Reporting {
                platform: Platform { name: facts.reception_platform.clone(), siren_or_matricule: None },
                ..Reporting::default()
            })),
            MandateKind::PlatformRole => Terms::PlatformRole { platform: platform(), rights: None },
        }
    }

    fn invoicing(&self, terms: &MandateTerms, facts: &DossierFacts) -> Invoicing {
        let own = terms.agent.as_deref() == Some(self.firm.name.as_str());
        let biller = if own {
            let firm = &self.firm;
            Biller {
                name: Some(firm.name.clone()),
                siren: firm.siren,
                address: firm.address.clone(),
                postal_code: firm.postal_code.clone(),
                city: firm.city.clone(),
                signatory: firm.signatory.clone(),
            }
        } else {
            Biller { name: terms.agent.clone(), ..Biller::default() }
        };
        Invoicing {
            biller,
            operations: None,
            series: terms.number_series.clone(),
            electronic_address: terms.dedicated_address.as_ref().map(|a| a.as_str().to_owned()),
            platform: Platform { name: facts.emission_platform.clone(), siren_or_matricule: None },
            contest_days: None,
        }
    }
}

/// As paper has it, without the day of the mandate, which is not asked for.
pub(crate) const fn signed_as(right: SignedAs) -> paper::SignedAs {
    match right {
        SignedAs::LegalRepresentative => paper::SignedAs::LegalRepresentative,
        SignedAs::Delegate => paper::SignedAs::Delegate(None),
    }
}

/// The document of one mandate.
pub fn document(
    conn: &mut Conn,
    cabinet: CabinetId,
    mandate: &Mandate,
    facts: &DossierFacts,
    at: DateTime<Utc>,
) -> Result<Printed> {
    Press::of(conn, cabinet)?.print(mandate, facts, at)
}

fn firm(settings: Collecting, name: String) -> Firm {
    Firm {
        name,
        siren: settings.firm_siren,
        address: settings.firm_address,
        postal_code: settings.firm_postal_code,
        city: settings.firm_city,
        order_registration: settings.firm_registration,
        signatory: Signatory { name: settings.firm_signatory, quality: settings.firm_quality },
    }
}

fn client(facts: &DossierFacts) -> Client {
    let pays = facts.vat_regimes.last().is_some_and(|p| regime(p.regime).charges_vat);
    Client {
        name: Some(facts.name.clone()),
        legal_form: facts.legal_form.clone(),
        siren: Some(facts.siren),
        siret: facts.sirets.first().copied(),
        address: facts.address.clone(),
        postal_code: facts.postal_code.clone(),
        city: facts.city.clone(),
        vat_number: pays.then(|| facts.siren.vat_number()),
    }
}

/// What the firm may do; everything when nothing is told.
fn powers(terms: &MandateTerms) -> Vec<Power> {
    if terms.powers.is_empty() { Power::ALL.to_vec() } else { terms.powers.clone() }
}

fn perimeter(terms: &MandateTerms) -> Perimeter {
    match terms.perimeter.as_slice() {
        [] => Perimeter::All,
        [one] if one.as_str().len() == 9 => Perimeter::Siren,
        lines => Perimeter::Addresses(lines.iter().map(|l| l.as_str().to_owned()).collect()),
    }
}

/// Bytes in the vault, of which no row tells yet.
#[derive(Debug, Clone)]
pub struct Put {
    pub id: DocumentId,
    pub key: String,
    pub sha256: String,
    pub bytes: u64,
}

fn vault(error: VaultError) -> Error {
    let (fr, en) = (error.sentence(Lang::Fr), error.sentence(Lang::En));
    match error {
        VaultError::Full(_) | VaultError::Unreachable(_) | VaultError::Setup { .. } => {
            Error { cause: Some(en.clone()), ..Error::say(Code::Unavailable, fr, en) }
        }
        VaultError::BadKey(_) | VaultError::Missing(_) => Error::internal(en),
    }
}

/// Keeps bytes for good, before the transaction that tells of them. The key is noted first: what no transaction tells of
/// in the end is swept.
pub fn put(app: &App, conn: &mut Conn, cabinet: CabinetId, bytes: &[u8]) -> Result<Put> {
    let id = ids::document();
    let key = format!("{cabinet}/{id}");
    store::strays::note(conn, std::slice::from_ref(&key), Utc::now())?;
    let stored = app.vault().put(&key, bytes).map_err(vault)?;
    Ok(Put { id, key: stored.key, sha256: stored.sha256, bytes: stored.bytes })
}

/// Tells of a kept file, in the transaction of the caller.
pub fn keep(
    conn: &mut Conn,
    mandate: &Mandate,
    put: Put,
    kind: DocumentKind,
    (name, media_type): (&str, &str),
    by_name: &str,
    now: DateTime<Utc>,
) -> Result<Document> {
    let document = Document {
        id: put.id,
        cabinet: mandate.cabinet,
        dossier: mandate.dossier,
        mandate: mandate.id,
        kind: kind.to_string(),
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        bytes: put.bytes,
        sha256: put.sha256,
        key: put.key,
        by_name: by_name.to_owned(),
        created_at: whole_micros(now),
    };
    if !store::strays::claim(conn, &document.key)? {
        return Err(Error::internal(format!("document {}: its file was swept before it was told of", document.id)));
    }
    store::documents::insert(conn, &document)?;
    Ok(document)
}

/// The bytes of a kept file; refused when they are not those that were kept.
pub fn fetch(vault_of: &dyn Vault, document: &Document) -> Result<Vec<u8>> {
    let bytes = vault_of.get(&document.key).map_err(vault)?;
    let hash: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
    if hash != document.sha256 {
        return Err(Error::internal(format!("document {}: the kept bytes are not those that were kept", document.id)));
    }
    Ok(bytes)
}

/// Takes away files of which no row tells any more, after the transaction that took the rows. What cannot be taken away
/// now is never given out.
pub(crate) fn forget_files(call: &Call, keys: impl IntoIterator<Item = String>) {
    for key in keys {
        if let Err(left) = forget(&call.app, &key) {
            tracing::warn!(request_id = %call.request_id, error = %left, "an unused file stays in the vault for now");
        }
    }
}

fn forget(app: &App, key: &str) -> Result<()> {
    app.vault().delete(key).map_err(vault)?;
    Ok(store::strays::swept(&mut *app.store.conn()?, key)?)
}

/// How long a file may wait for the row that names it. Everything that puts one writes the row within minutes.
const STRAY: chrono::Duration = chrono::Duration::hours(24);
/// Files of one look.
const MOST_SWEPT: i64 = 500;

/// Takes away files that no row names: those of deleted dossiers, and what was put a day ago for something that was cut
/// off. Answers how many.
pub fn sweep(app: &App, now: DateTime<Utc>) -> Result<u64> {
    let mut conn = app.store.conn()?;
    let mut gone = 0;
    for key in store::strays::before(&mut conn, now - STRAY, MOST_SWEPT)? {
        if conn.write(|conn| store::strays::sweep(conn, &key))? {
            app.vault().delete(&key).map_err(vault)?;
            store::strays::swept(&mut conn, &key)?;
            gone += 1;
        }
    }
    if gone > 0 {
        tracing::info!(files = gone, "files that nothing names were swept from the vault");
    }
    Ok(gone)
}

pub(super) fn shown(document: Document) -> Result<contract::Document> {
    Ok(contract::Document {
        id: document.id,
        kind: DocumentKind::try_from(document.kind.as_str()).map_err(Error::internal)?,
        name: document.name,
        media_type: document.media_type,
        bytes: document.bytes,
        sha256: document.sha256,
        by_name: document.by_name,
        created_at: document.created_at,
    })
}

/// As one of the forms that are ever kept: what is written into a header is not what somebody said of a file.
fn media_type(kept: &str) -> &'static str {
    match kept {
        "application/pdf" => "application/pdf",
        "image/png" => "image/png",
        "image/jpeg" => "image/jpeg",
        "image/heic" => "image/heic",
        _ => "application/octet-stream",
    }
}

fn reply(call: &Call, document: &Document) -> Result<Answer<Nothing>> {
    let bytes = fetch(call.app.vault(), document)?;
    let (name, media_type) = (document.name.clone(), media_type(&document.media_type));
    Ok(Answer::file(FileReply { name, media_type, bytes }))
}

pub fn read_mandate_document(call: &Call, id: MandateId, _: Nothing, _: Nothing) -> Result<Answer<Nothing>> {
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let mandate = store::mandates::find(&mut conn, scope, id)?;
    let draft = matches!(mandate.state, domain::MandateState::Draft | domain::MandateState::ToSend);
    let mut kept = store::documents::of_mandates(&mut conn, scope.cabinet(), &[id])?.remove(&id).unwrap_or_default();
    if !draft && !kept.is_empty() {
        return reply(call, &kept.swap_remove(0));
    }
    let dossier = store::dossiers::find(&mut conn, scope, mandate.dossier)?;
    let printed = document(&mut conn, scope.cabinet(), &mandate, &dossier.facts, call.now)?;
    let Printed { name, bytes } = printed;
    Ok(Answer::file(FileReply { name, media_type: "application/pdf", bytes }))
}

pub fn read_document(call: &Call, id: DocumentId, _: Nothing, _: Nothing) -> Result<Answer<Nothing>> {
    let document = store::documents::find(&mut *call.app.store.conn()?, call.scope()?, id)?;
    reply(call, &document)
}

/// The name of an uploaded file, as people gave it, without a path or anything invisible.
fn plain_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter(|c| !c.is_control()).collect();
    let name = name.trim().trim_start_matches('.');
    let skipped = name.chars().count().saturating_sub(120);
    name.chars().skip(skipped).collect()
}

/// The bytes of a signed sheet, its kind checked by its content.
pub fn checked_upload(upload: &crate::call::Upload, filename: &str) -> Result<(Vec<u8>, String, &'static str)> {
    if upload.bytes > LARGEST {
        let (size, most) = (upload.bytes / 1_000_000 + 1, LARGEST / 1_048_576);
        return Err(Error::say(
            Code::PayloadTooLarge,
            format!("{size} Mo : {most} Mo au plus. Numérisez en 200 points par pouce, en gris."),
            format!("{size} MB: {most} MB at most. Scan at 200 dots per inch, in grey."),
        ));
    }
    let bytes = std::fs::read(&*upload.path).map_err(Error::internal)?;
    let name = plain_name(filename);
    let limits = paper::Limits { max_bytes: LARGEST, ..paper::Limits::default() };
    let checked = paper::check(&bytes, &name, &limits)
        .map_err(|refused| Error::say(Code::FileRefused, refused.sentence(Lang::Fr), refused.sentence(Lang::En)))?;
    Ok((bytes, name, checked.media_type))
}

fn signed_on(call: &Call, day: Option<NaiveDate>) -> Result<Option<DateTime<Utc>>> {
    let today = call.today();
    match day {
        None => Ok(None),
        Some(day) if day == today => Ok(None),
        Some(day) if day < today => Ok(Some(time::paris_midnight(day) + chrono::Duration::hours(12))),
        Some(day) => Err(Error::new(Code::BadRequest).and(
            "?signed_on",
            "in_the_future",
            format!("{} : le jour de la signature, au plus tard aujourd’hui, est attendu.", french(day)),
            format!("{day}: the day of the signature, today at the latest, is expected."),
        )),
    }
}

pub fn upload_mandate(
    call: &Call,
    id: MandateId,
    query: MandateUploadQuery,
    _: Nothing,
) -> Result<Answer<contract::Mandate>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    let cabinet = scope.cabinet();
    let upload = call.upload.as_ref().ok_or_else(|| Error::internal("no file was received"))?;
    let signed_at = signed_on(call, query.signed_on)?;
    let mut conn = call.app.store.conn()?;
    // Nothing is kept for a mandate that takes no sheet.
    let found = store::mandates::find(&mut conn, scope, id)?;
    if let Err(refused) = found.state.transition(MandateEvent::Upload) {
        let text = refused.text();
        return Err(Error::conflict(text.fr, text.en));
    }
    let (bytes, name, media_type) = checked_upload(upload, &query.filename)?;
    let put = put(&call.app, &mut conn, cabinet, &bytes)?;
    let key = put.key.clone();
    let written = conn.write(|conn| -> Result<contract::Mandate> {
        dialect::lock_cabinet(conn, cabinet)?;
        let mandate = store::mandates::find(conn, scope, id)?;
        let judge = call.judge(conn)?;
        let detail =
            Detail { by_name: Some(actor.name.clone()), text: Some(name.clone()), signed_at, ..Detail::default() };
        let mandate = step(conn, &judge, cabinet, &journal::stamp(call), mandate, MandateEvent::Upload, detail)?;
        let file = (name.as_str(), media_type);
        keep(conn, &mandate, put.clone(), DocumentKind::Uploaded, file, &actor.name, call.now)?;
        whole(call, conn, mandate)
    });
    match written {
        Ok(mandate) => {
            let version = mandate.row.version;
            Ok(Answer::new(mandate).etag(version))
        }
        Err(error) => {
            forget_files(call, [key]);
            Err(error)
        }
    }
}

pub fn print_mandates(call: &Call, _: Nothing, _: Nothing, body: PrintInput) -> Result<Answer<Nothing>> {
    let scope = call.scope()?;
    let cabinet = scope.cabinet();
    if body.ids.is_empty() || body.ids.len() > MOST_PRINTED {
        return Err(invalid(
            "/ids",
            "count",
            format!("{} mandats choisis : de 1 à {MOST_PRINTED} s’impriment à la fois.", body.ids.len()),
            format!("{} mandates chosen: 1 to {MOST_PRINTED} are printed at once.", body.ids.len()),
        ));
    }
    let mut conn = call.app.store.conn()?;
    let mut found = store::mandates::find_many(&mut conn, scope, &body.ids)?;
    let place = |id: MandateId| body.ids.iter().position(|i| *i == id);
    found.sort_by_key(|m| place(m.id));
    if body.ids.iter().any(|id| !found.iter().any(|m| m.id == *id)) {
        return Err(Error::not_found());
    }
    let ids: Vec<DossierId> = found.iter().map(|m| m.dossier).collect();
    let dossiers = store::dossiers::find_many(&mut conn, scope, &ids)?;
    let press = Press::of(&mut conn, cabinet)?;
    let of = |m: &Mandate| dossiers.iter().find(|d| d.id == m.dossier).ok_or_else(Error::not_found);
    let bytes = if body.letters {
        let mut letters: Vec<(DossierId, Letter)> = Vec::new();
        for mandate in &found {
            let dossier = of(mandate)?;
            let document = press.document(mandate, &dossier.facts, call.now)?;
            match letters.iter_mut().find(|(id, _)| *id == dossier.id) {
                Some((_, letter)) => letter.enclosed.push(document),
                None => {
                    let url = conn.write(|conn| -> Result<String> {
                        dialect::lock_cabinet(conn, cabinet)?;
                        crate::links::address_for(conn, &call.app, cabinet, dossier, call.now)
                    })?;
                    letters.push((dossier.id, letter(&press.firm, &dossier.facts, url, document, call)));
                }
            }
        }
        let letters: Vec<Letter> = letters.into_iter().map(|(_, letter)| letter).collect();
        paper::letters(&letters).map_err(paper)?
    } else {
        let documents = found.iter().map(|m| press.document(m, &of(m)?.facts, call.now)).collect::<Result<Vec<_>>>()?;
        paper::mandates(&documents).map_err(paper)?
    };
    let name = if body.letters { "lettres" } else { "mandats" };
    let name = format!("cabready-{name}-{}.pdf", call.today());
    Ok(Answer::file(FileReply { name, media_type: "application/pdf", bytes }))
}

/// How a letter of the firm ends.
pub(crate) const CLOSING: &str =
    "Nous vous prions d’agréer, Madame, Monsieur, l’expression de nos salutations distinguées.";

/// Where a letter goes.
pub(crate) fn recipient(facts: &DossierFacts) -> Recipient {
    Recipient {
        name: facts.name.clone(),
        attention: facts.contacts.iter().find_map(|c| c.name.clone()),
        address: facts.address.iter().cloned().collect(),
        postal_code: facts.postal_code.clone(),
        city: facts.city.clone(),
    }
}

/// Asks a client who cannot be written to.
fn letter(firm: &Firm, facts: &DossierFacts, url: String, document: MandateDocument, call: &Call) -> Letter {
    let body = [
        "Madame, Monsieur,".to_owned(),
        format!(
            "La facturation électronique devient obligatoire. Pour agir au nom de {}, notre cabinet a besoin de votre \
             accord écrit : le document ci-joint, à lire et à signer.",
            facts.name
        ),
        "Le plus simple est de répondre en ligne : scannez le code ci-dessous avec l’appareil photo de votre téléphone, ou \
         tapez l’adresse dans un navigateur. Deux minutes suffisent, sans compte à créer."
            .to_owned(),
        "Vous pouvez aussi signer la feuille jointe et nous la renvoyer.".to_owned(),
    ];
    Letter {
        firm: firm.clone(),
        reach: Vec::new(),
        recipient: recipient(facts),
        place: None,
        on: call.today(),
        object: "Facturation électronique : votre accord".to_owned(),
        body: Marked::paragraphs(body),
        link: Some(crate::links::on_paper(url)),
        closing: CLOSING.to_owned(),
        signatory: firm.signatory.clone(),
        reference: document.number.clone(),
        enclosed: vec![document],
        printed_at: call.now,
    }
}
