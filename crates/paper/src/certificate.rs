//! The page that tells who signed a document, when and how.
//!
//! It is an update of the signed file: the file's own bytes stay the beginning of the result, so that anybody can cut
//! them off and hash them again. Where the update begins, a comment repeats how long the original is, its SHA-256 and
//! the SHA-256 of all that follows; [`signed_part`] holds the three against the bytes.

use std::panic::AssertUnwindSafe;

use chrono::{DateTime, Utc};
use domain::Siren;
use sha2::{Digest, Sha256};

use crate::PaperError;
use crate::check::rfind;
use crate::mandate::{Signatory, SignedAs, hairline};
use crate::print::{About, print_loose};
use crate::sheet::{Composer, HEIGHT, Ink, LEFT, Laid, MM, RIGHT, Style};
use crate::typography::Run;
use crate::words::{grouped, long_date, paris, siren};

/// How a document was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    pub firm: String,
    pub document_title: String,
    pub document_number: Option<String>,
    pub dossier: String,
    pub dossier_siren: Option<Siren>,
    pub signatory: Signatory,
    /// In which right the person signs, where the document has boxes for it. They stay as they were printed: the sheet is
    /// the one that was sent, and may as well have been signed by hand. This page ticks them, for the form as well.
    pub signed_as: Option<SignedAs>,
    /// The words that the signatory agreed to, as they were shown.
    pub consent: String,
    pub signed_at: DateTime<Utc>,
    /// Printed with its middle hidden.
    pub email: String,
    /// When the code sent to that address was given back.
    pub code_verified_at: Option<DateTime<Utc>>,
    pub network_address: String,
    pub user_agent: String,
    pub link_id: String,
    /// In the order in which they happened.
    pub events: Vec<Event>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub at: DateTime<Utc>,
    pub what: String,
}

/// The document that a certificate speaks of: the first `length` bytes of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPart {
    pub length: usize,
    /// Of those bytes, in hexadecimal.
    pub sha256: String,
}

const MARK: &str = "\n%CabReady-Certificate-1 ";

/// `original` with the certificate's page after its own. A document that [`check`](crate::check) would not keep is not
/// certified.
pub fn certify(original: &[u8], certificate: &Certificate) -> Result<Vec<u8>, PaperError> {
    if !crate::check::may_be_followed(original) {
        return Err(PaperError::NotCertifiable("it is not a sound PDF of pages alone"));
    }
    let hash = hex(original);
    let title = format!("Certificat de signature – {}", certificate.document_title);
    let about = About { title: &title, author: &certificate.firm, created: certificate.signed_at };
    let page = print_loose(&about, certificate.lay_out(original.len(), &hash))?;
    // The comment has one length whatever it says, so that the update knows where it will stand.
    let shift = mark(original.len(), &hash, &"0".repeat(64)).len();
    let update = guarded(|| crate::append::update(original, &page, shift)).map_err(PaperError::NotCertifiable)?;
    let mut out = Vec::with_capacity(original.len() + shift + update.len());
    out.extend_from_slice(original);
    out.extend_from_slice(mark(original.len(), &hash, &hex(&update)).as_bytes());
    out.extend_from_slice(&update);
    Ok(out)
}

/// The document was looked through before; should the library that follows its references panic all the same, the
/// document is to blame.
fn guarded<T>(work: impl FnOnce() -> Result<T, &'static str>) -> Result<T, &'static str> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err("its structure is damaged"))
}

/// The part that was signed, when the file still is what [`certify`] made of it: neither the original nor the
/// certificate has changed. Of a document certified twice, the last certificate speaks.
pub fn signed_part(certified: &[u8]) -> Option<SignedPart> {
    let at = rfind(certified, MARK.as_bytes())?;
    let comment = &certified[at + MARK.len()..];
    let end = comment.iter().position(|byte| *byte == b'\n')?;
    let rest = &comment[end + 1..];
    let mut words = std::str::from_utf8(&comment[..end]).ok()?.split(' ');
    let length: usize = words.next()?.strip_prefix("length=")?.parse().ok()?;
    let sha256 = words.next()?.strip_prefix("sha256=")?;
    let update = words.next()?.strip_prefix("update=")?;
    let holds = words.next().is_none() && length == at && hex(&certified[..at]) == sha256 && hex(rest) == update;
    holds.then(|| SignedPart { length, sha256: sha256.to_owned() })
}

fn mark(length: usize, original: &str, update: &str) -> String {
    format!("{MARK}length={length:012} sha256={original} update={update}\n")
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `c•••••e@exemple.fr`: enough to know it again, too little to write to it.
fn masked(email: &str) -> String {
    let Some((local, domain)) = email.rsplit_once('@') else {
        return "•••".to_owned();
    };
    let (first, last) = (local.chars().next(), local.chars().last().filter(|_| local.chars().count() > 3));
    let first = first.map(String::from).unwrap_or_default();
    format!("{first}•••••{}@{domain}", last.map(String::from).unwrap_or_default())
}

fn both_clocks(at: DateTime<Utc>) -> String {
    let (local, zone) = paris(at);
    format!("{} à Paris ({zone}) – {} UTC", local.format("%d/%m/%Y %H:%M:%S"), at.format("%d/%m/%Y %H:%M:%S"))
}

impl Certificate {
    fn lay_out(&self, length: usize, hash: &str) -> Laid {
        let mut composer = Composer::new("Certificat de signature électronique");
        composer.title("Certificat de signature électronique", Some(&self.document_title));
        composer.paragraph(
            &[Run::regular(
                "Cette page décrit comment le document qui la précède a été signé. Elle a été ajoutée après la signature, \
                 sans modifier le document.",
            )],
            Style::TEXT,
            false,
        );
        composer.heading(None, "Document signé");
        composer.small_facts("Document signé", &self.document(length, hash));
        composer.heading(None, "Signataire");
        composer.small_facts("Signataire", &self.signatory());
        if let Some(signed_as) = self.signed_as {
            composer.heading(None, "Cases cochées à la signature");
            composer.list(&ticks(signed_as));
        }
        composer.heading(None, "Consentement donné");
        composer.paragraph(&[Run::regular(format!("« {} »", self.consent.trim()))], Style::TEXT, false);
        composer.heading(None, "Circonstances");
        composer.small_facts("Circonstances", &self.circumstances());
        if !self.events.is_empty() {
            composer.heading(None, "Déroulement (heure de Paris)");
            let events: Vec<_> = self.events.iter().map(|event| (clock(event.at), event.what.clone())).collect();
            composer.small_facts("Déroulement", &events);
        }
        composer.paragraph(&[Run::regular(verification(length))], Style::NOTE, false);
        self.with_margins(composer, hash)
    }

    fn document(&self, length: usize, hash: &str) -> Vec<(String, String)> {
        let mut rows = vec![("Titre".to_owned(), self.document_title.clone())];
        rows.extend(self.document_number.iter().map(|number| ("Numéro".to_owned(), number.clone())));
        rows.push(("Longueur du document".to_owned(), format!("{} octets", grouped(length))));
        rows.push(("Empreinte SHA-256".to_owned(), hash.to_owned()));
        rows
    }

    fn signatory(&self) -> Vec<(String, String)> {
        let siren = self.dossier_siren.as_ref().map(|number| format!(" – SIREN {}", siren(number)));
        let unknown = || "non indiqué".to_owned();
        vec![
            ("Nom".to_owned(), self.signatory.name.clone().unwrap_or_else(unknown)),
            ("Qualité".to_owned(), self.signatory.quality.clone().unwrap_or_else(unknown)),
            ("Pour".to_owned(), format!("{}{}", self.dossier, siren.unwrap_or_default())),
        ]
    }

    fn circumstances(&self) -> Vec<(String, String)> {
        let verified = self.code_verified_at.map_or_else(|| "aucun code n’a été demandé".to_owned(), both_clocks);
        vec![
            ("Signé le".to_owned(), both_clocks(self.signed_at)),
            ("Adresse de courriel".to_owned(), masked(&self.email)),
            ("Code reçu et confirmé le".to_owned(), verified),
            ("Adresse réseau".to_owned(), self.network_address.clone()),
            ("Navigateur".to_owned(), self.user_agent.clone()),
            ("Lien personnel".to_owned(), self.link_id.clone()),
        ]
    }

    fn with_margins(&self, composer: Composer, hash: &str) -> Laid {
        let (mut laid, measure) = composer.paginate(24.0 * MM);
        let mut margins = Composer::new("");
        margins.measure = measure;
        let count = laid.pages.len();
        for (index, page) in laid.pages.iter_mut().enumerate() {
            let y = HEIGHT - 13.0 * MM;
            page.extend(margins.one_line(Run::regular(&self.firm), (LEFT, 13.0 * MM), RIGHT - LEFT, 8.5, Ink::Grey));
            page.push(hairline(HEIGHT - 17.5 * MM));
            let about = match &self.document_number {
                Some(number) => format!("Certificat du document n° {number}  ·  réf. {}", &hash[..16]),
                None => format!("Certificat du document  ·  réf. {}", &hash[..16]),
            };
            page.extend(margins.one_line(Run::regular(about), (LEFT, y), 130.0 * MM, 8.0, Ink::Grey));
            let page_of = Run::regular(format!("certificat, page {} / {count}", index + 1));
            page.extend(margins.one_line_to(page_of, (RIGHT, y), 60.0 * MM, 8.0));
        }
        laid
    }
}

/// The boxes of the document that a signature in the link answers, as they would stand on it.
fn ticks(signed_as: SignedAs) -> Vec<(&'static str, Vec<Run>)> {
    let delegate;
    let by = match signed_as {
        SignedAs::LegalRepresentative => "L’accord est signé par le représentant légal de l’entreprise.",
        SignedAs::Delegate(None) => "L’accord est signé par un délégataire de l’entreprise, en vertu d’un mandat.",
        SignedAs::Delegate(Some(day)) => {
            delegate = format!("L’accord est signé par un délégataire, en vertu du mandat du {}.", long_date(day));
            delegate.as_str()
        }
    };
    ["L’accord est signé par voie électronique.", by].map(|words| ("☑", vec![Run::regular(words)])).into()
}

fn clock(at: DateTime<Utc>) -> String {
    paris(at).0.format("%d/%m/%Y %H:%M:%S").to_string()
}

fn verification(length: usize) -> String {
    format!(
        "Vérifier : les {length} premiers octets de ce fichier sont le document signé, inchangé. Leur empreinte SHA-256 doit \
         être celle qui figure ci-dessus (par exemple, sous Linux ou macOS : head -c {length} fichier.pdf | shasum -a 256). \
         Il s’agit d’une signature électronique simple : l’identité du signataire résulte de l’accès à son adresse de \
         courriel et des circonstances décrites sur cette page."
    )
}

#[cfg(test)]
mod tests {
    use super::{guarded, masked};

    #[test]
    fn a_panic_of_the_library_is_a_damaged_document() {
        assert_eq!(guarded(|| -> Result<u32, _> { panic!("as a library might") }), Err("its structure is damaged"));
        assert_eq!(guarded(|| Ok(3)), Ok(3));
    }

    #[test]
    fn an_address_is_masked_in_the_middle() {
        for (email, shown) in [
            ("claire.martin@exemple.fr", "c•••••n@exemple.fr"),
            ("abc@exemple.fr", "a•••••@exemple.fr"),
            ("a@exemple.fr", "a•••••@exemple.fr"),
            ("éric@b@exemple.fr", "é•••••b@exemple.fr"),
            ("rien", "•••"),
        ] {
            assert_eq!(masked(email), shown);
        }
    }
}
