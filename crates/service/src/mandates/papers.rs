//! Documents of mandates: printed from the facts, kept outside the rows with their hash, given out by a guard alone.

use chrono::{DateTime, Utc};
use contract::{Code, DocumentKind};
use domain::reference::regime;
use domain::{CabinetId, DocumentId, DossierFacts, Lang, MandateKind, MandateTerms, mandate::Power};
use gateway::vault::{Vault, VaultError};
use paper::{
    Biller, Client, Designation, Firm, Invoicing, MandateDocument, Perimeter, Platform, Reporting, Signatory, Terms,
};
use sha2::{Digest, Sha256};
use store::Conn;
use store::documents::Document;
use store::mandates::Mandate;

use crate::collection_settings::Collecting;
use crate::session::whole_micros;
use crate::{Error, Result, collection_settings, ids};

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

fn paper(error: paper::PaperError) -> Error {
    Error::internal(error)
}

impl Press {
    pub fn of(conn: &mut Conn, cabinet: CabinetId) -> Result<Self> {
        let settings = collection_settings::of(conn, cabinet)?;
        let name = store::mails::cabinet_name(conn, cabinet)?;
        Ok(Self { firm: firm(settings, name) })
    }

    /// The document of a mandate. The same mandate and facts give the same bytes.
    pub fn print(&self, mandate: &Mandate, facts: &DossierFacts, at: DateTime<Utc>) -> Result<Printed> {
        let document = self.document(mandate, facts, at)?;
        let name = paper::file_name(document.kind().file_stem(), Some(&facts.siren), &facts.name);
        Ok(Printed { name, bytes: paper::mandate(&document).map_err(paper)? })
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
fn powers(terms: &MandateTerms) -> Vec<paper::Power> {
    let told = if terms.powers.is_empty() { Power::ALL } else { terms.powers.as_slice() };
    let printed = |power: &Power| match power {
        Power::ChoosePlatform => vec![paper::Power::Choose],
        Power::Register => vec![paper::Power::Register],
        Power::ChangePlatform => vec![paper::Power::Change],
        Power::ActOnFlows => {
            vec![paper::Power::Addresses, paper::Power::Flows, paper::Power::Statuses, paper::Power::Collected]
        }
        Power::EReporting => vec![paper::Power::Reporting],
    };
    told.iter().flat_map(printed).collect()
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

/// Keeps bytes for good, before the transaction that tells of them.
pub fn put(vault_of: &dyn Vault, cabinet: CabinetId, bytes: &[u8]) -> Result<Put> {
    let id = ids::document();
    let stored = vault_of.put(&format!("{cabinet}/{id}"), bytes).map_err(vault)?;
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
