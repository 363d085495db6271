//! Flows: invoices, credit notes and e-reporting transmissions followed over all platforms. What a source says of one
//! arrives as a [`Report`]; what is kept is the flow and its append-only history of [`StatusEvent`]s. The official codes,
//! who sets them and their reasons stand in `reference/statuses.json` and `reference/reasons.json`.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::text::Text;
use crate::{DossierId, FlowId, Siren};

closed_enum! {
    pub enum FlowKind {
        Invoice = "invoice",
        CreditNote = "credit_note",
        /// A transmission of e-reporting data (flow 10).
        Transmission = "transmission",
    }
}

closed_enum! {
    /// Seen from the dossier. Self-billing turns roles round, not directions: the dossier that sells has a sale.
    pub enum FlowDirection { Sale = "sale", Purchase = "purchase" }
}

closed_enum! {
    /// How a status came to be known.
    pub enum FlowSource {
        /// A row of a platform's export.
        List = "list",
        /// A message or an invoice as a file: CDAR, CII, UBL, Factur-X.
        File = "file",
        /// A connection to a platform.
        Connection = "connection",
        /// The product's own interface.
        Api = "api",
        /// A person of the firm read a platform's word as an official status.
        Person = "person",
    }
}

closed_enum! {
    /// What the firm has done about a flow; beside the official status, never instead of it.
    pub enum Handling {
        /// Nothing was to be done, or nobody has said anything.
        None = "none",
        InProgress = "in_progress",
        /// Corrected, cancelled by a credit note, settled with the counterparty.
        Resolved = "resolved",
        /// Nothing will be done, with the reason.
        Ignored = "ignored",
    }
}

closed_enum! {
    /// What a column of a platform's export means.
    pub enum FlowField {
        /// SIREN or SIRET of the client.
        Client = "client",
        Number = "number",
        Direction = "direction",
        Kind = "kind",
        Counterparty = "counterparty",
        CounterpartyName = "counterparty_name",
        /// SIREN of the seller, where the file has it apart.
        Seller = "seller",
        IssuedOn = "issued_on",
        DueOn = "due_on",
        Net = "net",
        Vat = "vat",
        Gross = "gross",
        Currency = "currency",
        /// Official code or the platform's word.
        Status = "status",
        Reason = "reason",
        Comment = "comment",
        StatusAt = "status_at",
        Collected = "collected",
        Platform = "platform",
        Account = "account",
    }
}

impl FlowKind {
    pub fn text(self) -> Text {
        match self {
            Self::Invoice => Text::new("Facture", "Invoice"),
            Self::CreditNote => Text::new("Avoir", "Credit note"),
            Self::Transmission => Text::new("Transmission d’e-reporting", "E-reporting transmission"),
        }
    }
}

impl FlowDirection {
    pub fn text(self) -> Text {
        match self {
            Self::Sale => Text::new("Vente", "Sale"),
            Self::Purchase => Text::new("Achat", "Purchase"),
        }
    }
}

impl FlowSource {
    pub fn text(self) -> Text {
        match self {
            Self::List => Text::new("Export de plateforme", "Platform export"),
            Self::File => Text::new("Fichier", "File"),
            Self::Connection => Text::new("Connexion", "Connection"),
            Self::Api => Text::new("API", "API"),
            Self::Person => Text::new("Lecture du cabinet", "Read by the firm"),
        }
    }
}

impl Handling {
    pub fn text(self) -> Text {
        match self {
            Self::None => Text::new("Sans suite", "Nothing done"),
            Self::InProgress => Text::new("En cours", "In progress"),
            Self::Resolved => Text::new("Résolu", "Resolved"),
            Self::Ignored => Text::new("Ignoré", "Ignored"),
        }
    }
}

/// What tells one flow from every other: seller, number and year of issue, in the file of one client. An invoice between
/// two clients of the firm is a flow of each.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FlowKey {
    /// SIREN of the client, as the source wrote it where it is none.
    pub owner: String,
    /// SIREN of the seller; for a foreign or unknown one the number that the source gives, or nothing.
    pub seller: String,
    pub number: String,
    /// Year of issue; 0 while no source has said it.
    pub year: i32,
}

/// One status of one flow as a source tells it, and what the source knows of the flow beside. What it does not say is
/// absent and erases nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The client, as written: its SIREN once parsed stands in `owner_siren`.
    pub owner: String,
    pub owner_siren: Option<Siren>,
    pub kind: FlowKind,
    pub direction: FlowDirection,
    pub number: String,
    pub seller: String,
    pub counterparty: String,
    pub counterparty_name: String,
    pub issued_on: Option<NaiveDate>,
    pub due_on: Option<NaiveDate>,
    pub net_cents: Option<i64>,
    pub vat_cents: Option<i64>,
    pub gross_cents: Option<i64>,
    pub currency: String,
    /// Name of the platform, as in the register where it is known.
    pub platform: String,
    /// A reason to look at the rest of the invoice: account to pay, VAT lines.
    pub details: FlowDetails,
    /// Nothing for an invoice as a file: it tells the flow, no status.
    pub status: Option<StatusSaid>,
}

/// What only the invoice itself, or a message about it, tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct FlowDetails {
    /// VAT number of the seller, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seller_vat: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer_vat: Option<String>,
    /// Account to pay (IBAN), as written; shown with its middle hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Electronic address of the client on this flow (BT-34 or BT-49).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Block of an e-reporting transmission: 10.1 to 10.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<String>,
    /// First and last day of the period of a transmission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period_from: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period_to: Option<NaiveDate>,
}

/// A status as a source tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusSaid {
    /// The official code, once known; a code that no table knows stays, and is shown raw.
    pub code: Option<u32>,
    /// The source's own word or code.
    pub raw: String,
    /// Codes of reasons, official or not, in their order.
    pub reasons: Vec<String>,
    pub comment: String,
    /// Amount collected, with 212.
    pub collected_cents: Option<i64>,
    /// When the source says that it happened.
    pub at: DateTime<Utc>,
}

/// One dated status of a flow, as kept. Never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusEvent {
    pub code: Option<u32>,
    pub raw: String,
    pub reasons: Vec<String>,
    pub comment: String,
    pub collected_cents: Option<i64>,
    pub source: FlowSource,
    /// Which connection, profile, file or person.
    pub source_name: String,
    pub at: DateTime<Utc>,
    pub received_at: DateTime<Utc>,
}

/// What stands of a flow beside its history; rules read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    pub id: FlowId,
    pub key: FlowKey,
    pub dossier: Option<DossierId>,
    pub kind: FlowKind,
    pub direction: FlowDirection,
    pub platform: String,
    pub counterparty: String,
    pub counterparty_name: String,
    pub issued_on: Option<NaiveDate>,
    pub due_on: Option<NaiveDate>,
    pub net_cents: Option<i64>,
    pub vat_cents: Option<i64>,
    pub gross_cents: Option<i64>,
    pub currency: String,
    pub details: FlowDetails,
    pub handling: Handling,
}

impl Report {
    pub fn key(&self) -> FlowKey {
        FlowKey {
            owner: self.owner_siren.as_ref().map_or_else(|| self.owner.clone(), ToString::to_string),
            seller: self.seller.clone(),
            number: self.number.clone(),
            year: self.issued_on.map_or(0, |day| day.year()),
        }
    }
}
