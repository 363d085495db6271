//! Lifecycle messages: CDAR (`CrossDomainAcknowledgementAndResponse`, UN/CEFACT D22B), as the French annexes use it
//! (DGFiP, external specifications v3.2, annex 2). One message may tell statuses of several invoices.

use chrono::{NaiveDate, NaiveDateTime};
use domain::text::Text;

use super::tree::Node;
use super::{Party, day, hundredths, lacking, moment};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusMessage {
    /// Its own id, by which a replay is known.
    pub id: String,
    /// `urn.cpro.gouv.fr:1p0:CDV:invoice` between platforms, `…:einvoicingF2` to the State, and others.
    pub profile: Option<String>,
    /// 305 transmission, 23 processing (UNTDID 1001).
    pub phase: Option<u16>,
    /// When the message was made.
    pub made_at: Option<NaiveDateTime>,
    /// When what it tells happened.
    pub happened_at: Option<NaiveDateTime>,
    pub sender: Party,
    pub issuer: Party,
    pub recipients: Vec<Party>,
    pub invoices: Vec<ReferredInvoice>,
}

/// An invoice that a message speaks of, and its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferredInvoice {
    pub number: String,
    /// 380 invoice, 381 credit note, 384 corrective, 386 deposit, 389 self-billed… (UNTDID 1001)
    pub type_code: Option<String>,
    pub issued_on: Option<NaiveDate>,
    pub seller: Party,
    /// The status as written, known or not.
    pub status: String,
    pub label: Option<String>,
    pub reasons: Vec<Reason>,
    pub amounts: Vec<Amount>,
    pub notes: Vec<String>,
}

impl ReferredInvoice {
    /// The code of the status, when it is a number.
    pub fn status_code(&self) -> Option<u16> {
        self.status.parse().ok()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub code: Option<String>,
    pub text: Option<String>,
    /// What is asked: NIN new invoice, PIN information, CNF credit note…
    pub action: Option<String>,
}

/// An amount or a value that a status bears: MEN collected, MPA paid, RAP remaining, CBB bank account…
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    pub kind: String,
    pub cents: Option<i64>,
    pub currency: Option<String>,
    /// Hundredths of a percent.
    pub rate: Option<i64>,
    /// What is no amount, as written.
    pub value: Option<String>,
}

fn own(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

fn party(node: Option<&Node>) -> Party {
    let Some(node) = node else { return Party::default() };
    let numbers = node
        .all("GlobalID")
        .chain(node.all("ID"))
        .map(|n| (n.attribute("schemeID").unwrap_or_default().to_owned(), n.text.trim().to_owned()))
        .filter(|(_, number)| !number.is_empty())
        .collect();
    Party {
        name: own(node.say(&["Name"])),
        numbers,
        address: own(node.say(&["URIUniversalCommunication", "URIID"])),
        role: own(node.say(&["RoleCode"])),
        ..Party::default()
    }
    .identified()
}

/// Reads a message. Without a number or a status it says nothing that could be followed, and is refused.
pub(super) fn read(root: &Node) -> Result<StatusMessage, Refusal> {
    let document = root.at(&["ExchangedDocument"]);
    let id = document.and_then(|d| d.say(&["ID"]));
    let id = id.ok_or_else(|| {
        lacking("ExchangedDocument/ID", None, Text::new("l’identifiant du message", "the id of the message"))
    })?;
    let acknowledgement = root.at(&["AcknowledgementDocument"]).ok_or_else(|| {
        lacking("AcknowledgementDocument", None, Text::new("le statut et sa facture", "the status and its invoice"))
    })?;
    let happened_at = acknowledgement.say(&["IssueDateTime", "DateTimeString"]).and_then(moment);
    let invoices: Vec<ReferredInvoice> =
        acknowledgement.all("ReferenceReferencedDocument").map(referred).collect::<Result<_, _>>()?;
    if invoices.is_empty() {
        let form = Text::new("au moins une facture", "an invoice at least");
        return Err(lacking("AcknowledgementDocument/ReferenceReferencedDocument", None, form));
    }
    Ok(StatusMessage {
        id: id.to_owned(),
        profile: own(root.say(&["ExchangedDocumentContext", "GuidelineSpecifiedDocumentContextParameter", "ID"])),
        phase: acknowledgement.say(&["TypeCode"]).and_then(|t| t.parse().ok()),
        made_at: document.and_then(|d| d.say(&["IssueDateTime", "DateTimeString"])).and_then(moment),
        happened_at,
        sender: party(document.and_then(|d| d.at(&["SenderTradeParty"]))),
        issuer: party(document.and_then(|d| d.at(&["IssuerTradeParty"]))),
        recipients: document
            .map(|d| d.all("RecipientTradeParty").map(|p| party(Some(p))).collect())
            .unwrap_or_default(),
        invoices,
    })
}

fn referred(node: &Node) -> Result<ReferredInvoice, Refusal> {
    const HERE: &str = "AcknowledgementDocument/ReferenceReferencedDocument";
    let number = node.say(&["IssuerAssignedID"]).ok_or_else(|| {
        lacking(&format!("{HERE}/IssuerAssignedID"), None, Text::new("le numéro de la facture", "the invoice number"))
    })?;
    let status = node.say(&["ProcessConditionCode"]).ok_or_else(|| {
        let form = Text::new("le code du statut, comme 200 ou 213", "the code of the status, such as 200 or 213");
        lacking(&format!("{HERE}/ProcessConditionCode"), None, form)
    })?;
    let issued_on = match node.say(&["FormattedIssueDateTime", "DateTimeString"]) {
        None => None,
        Some(text) => Some(day(text).ok_or_else(|| {
            let form = Text::new("une date AAAAMMJJ", "a date YYYYMMDD");
            lacking(&format!("{HERE}/FormattedIssueDateTime/DateTimeString"), Some(text), form)
        })?),
    };
    let statuses = || node.all("SpecifiedDocumentStatus");
    let reasons = statuses()
        .map(|s| Reason {
            code: own(s.say(&["ReasonCode"])),
            text: own(s.say(&["Reason"])),
            action: own(s.say(&["RequestedActionCode"])),
        })
        .filter(|r| r.code.is_some() || r.text.is_some() || r.action.is_some())
        .collect();
    let amounts =
        statuses().flat_map(|s| s.all("SpecifiedDocumentCharacteristic")).map(amount).collect::<Result<_, _>>()?;
    let notes = statuses()
        .flat_map(|s| s.all("IncludedNote"))
        .chain(node.all("IncludedNote"))
        .filter_map(|n| own(n.say(&["Content"])))
        .collect();
    Ok(ReferredInvoice {
        number: number.to_owned(),
        type_code: own(node.say(&["TypeCode"])),
        issued_on,
        seller: party(node.at(&["IssuerTradeParty"])),
        status: status.to_owned(),
        label: own(node.say(&["ProcessCondition"])),
        reasons,
        amounts,
        notes,
    })
}

fn amount(node: &Node) -> Result<Amount, Refusal> {
    const HERE: &str = "SpecifiedDocumentStatus/SpecifiedDocumentCharacteristic";
    let number = |name: &str| -> Result<Option<i64>, Refusal> {
        let Some(text) = node.say(&[name]) else { return Ok(None) };
        let form = Text::new("un nombre décimal avec un point, comme 1200.00", "a decimal number such as 1200.00");
        hundredths(text).map(Some).ok_or_else(|| lacking(&format!("{HERE}/{name}"), Some(text), form))
    };
    Ok(Amount {
        kind: node.say(&["TypeCode"]).unwrap_or_default().to_owned(),
        cents: number("ValueAmount")?,
        currency: node.at(&["ValueAmount"]).and_then(|a| a.attribute("currencyID")).map(str::to_owned),
        rate: number("ValuePercent")?,
        value: own(node.say(&["Value"]).or_else(|| node.say(&["ValueText"]))),
    })
}
