//! Flows: invoices, credit notes and e-reporting transmissions followed over all platforms. What a source says of one
//! arrives as a [`Report`]; what is kept is the flow and its append-only history of [`StatusEvent`]s. The official codes,
//! who sets them and their reasons stand in `reference/statuses.json` and `reference/reasons.json`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::reference::{self, StatusObject, StatusPhase, StatusRow, ToPortal};
use crate::text::Text;
use crate::{Criterion, DossierId, FlowId, Siren, fold};

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
    /// What another source said of the same number, and what cannot both be of one invoice; each once, in the order in
    /// which it came. What was said first stands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub otherwise: Vec<Otherwise>,
}

/// A value that differs from the one that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Otherwise {
    pub field: FlowField,
    #[cfg_attr(feature = "openapi", schema(example = "1200.00"))]
    pub value: String,
    /// Who says so.
    #[cfg_attr(feature = "openapi", schema(example = "Export Plateforme X"))]
    pub source: String,
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

/// The first bytes of the SHA-256 over parts, each after its length: no two different rows read as the same bytes.
fn digest(parts: &[&[u8]]) -> [u8; 8] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let whole = digest.finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&whole[..8]);
    first
}

impl StatusEvent {
    /// Names what is said: the same said again by the same source is the same event, whatever its word meant to us at the
    /// time. A person may read a word again as before, so the moment of a reading is part of it.
    pub fn key(&self) -> i64 {
        let code = self.code.map(|code| code.to_string()).unwrap_or_default();
        let word = if self.raw.is_empty() || self.is_reading() { code } else { String::new() };
        let read = if self.is_reading() { self.received_at.timestamp_micros() } else { 0 };
        let reasons = self.reasons.join("\u{1f}");
        let collected = self.collected_cents.map(i64::to_be_bytes);
        let parts: [&[u8]; 8] = [
            self.raw.as_bytes(),
            word.as_bytes(),
            &self.at.timestamp_micros().to_be_bytes(),
            &read.to_be_bytes(),
            self.source.as_str().as_bytes(),
            self.source_name.as_bytes(),
            reasons.as_bytes(),
            collected.as_ref().map_or(&[], |bytes| bytes.as_slice()),
        ];
        i64::from_be_bytes(digest(&parts))
    }
}

/// A flow keeps this many differing values; more of them tell nothing new.
const MOST_OTHERWISE: usize = 8;

impl FlowDetails {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// An amount as it is written where a value is a text.
pub fn amount_text(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.unsigned_abs() / 100, cents.unsigned_abs() % 100)
}

impl Flow {
    /// The flow that a first report tells of.
    pub fn of(id: FlowId, dossier: Option<DossierId>, report: &Report) -> Self {
        Self {
            id,
            key: report.key(),
            dossier,
            kind: report.kind,
            direction: report.direction,
            platform: report.platform.clone(),
            counterparty: report.counterparty.clone(),
            counterparty_name: report.counterparty_name.clone(),
            issued_on: report.issued_on,
            due_on: report.due_on,
            net_cents: report.net_cents,
            vat_cents: report.vat_cents,
            gross_cents: report.gross_cents,
            currency: report.currency.clone(),
            details: report.details.clone(),
            handling: Handling::None,
        }
    }

    /// Adds what a report knows beside. What it does not say erases nothing; what was said first stands, so that the
    /// order in which reports come again does not matter. What tells invoices apart and differs is kept beside it. Returns
    /// whether anything is known that was not.
    pub fn merge(&mut self, report: &Report, source: &str) -> bool {
        let before = (self.known(), self.details.clone());
        self.compare(report, source);
        let fill = |mine: &mut String, theirs: &String| {
            if mine.is_empty() {
                mine.clone_from(theirs);
            }
        };
        fill(&mut self.platform, &report.platform);
        fill(&mut self.counterparty, &report.counterparty);
        fill(&mut self.counterparty_name, &report.counterparty_name);
        fill(&mut self.currency, &report.currency);
        if self.issued_on.is_none()
            && let Some(day) = report.issued_on
        {
            self.issued_on = Some(day);
            self.key.year = day.year();
        }
        self.due_on = self.due_on.or(report.due_on);
        self.net_cents = self.net_cents.or(report.net_cents);
        self.vat_cents = self.vat_cents.or(report.vat_cents);
        self.gross_cents = self.gross_cents.or(report.gross_cents);
        let (mine, theirs) = (&mut self.details, &report.details);
        for (mine, theirs) in [
            (&mut mine.seller_vat, &theirs.seller_vat),
            (&mut mine.buyer_vat, &theirs.buyer_vat),
            (&mut mine.account, &theirs.account),
            (&mut mine.address, &theirs.address),
            (&mut mine.block, &theirs.block),
        ] {
            if mine.is_none() {
                mine.clone_from(theirs);
            }
        }
        mine.period_from = mine.period_from.or(theirs.period_from);
        mine.period_to = mine.period_to.or(theirs.period_to);
        before != (self.known(), self.details.clone())
    }

    /// How much is known of what a report can add.
    fn known(&self) -> [bool; 9] {
        [
            !self.platform.is_empty(),
            !self.counterparty.is_empty(),
            !self.counterparty_name.is_empty(),
            !self.currency.is_empty(),
            self.issued_on.is_some(),
            self.due_on.is_some(),
            self.net_cents.is_some(),
            self.vat_cents.is_some(),
            self.gross_cents.is_some(),
        ]
    }

    fn compare(&mut self, report: &Report, source: &str) {
        let differ = |mine: &str, theirs: &str| !mine.is_empty() && !theirs.is_empty() && mine != theirs;
        let mut found = Vec::new();
        if let (Some(mine), Some(theirs)) = (self.issued_on, report.issued_on)
            && mine != theirs
        {
            found.push((FlowField::IssuedOn, theirs.to_string()));
        }
        if let (Some(mine), Some(theirs)) = (self.gross_cents, report.gross_cents)
            && mine != theirs
        {
            found.push((FlowField::Gross, amount_text(theirs)));
        }
        if differ(&self.counterparty, &report.counterparty) {
            found.push((FlowField::Counterparty, report.counterparty.clone()));
        }
        if differ(&self.currency, &report.currency) {
            found.push((FlowField::Currency, report.currency.clone()));
        }
        if self.kind != report.kind {
            found.push((FlowField::Kind, report.kind.to_string()));
        }
        if let (Some(mine), Some(theirs)) = (&self.details.account, &report.details.account)
            && mine != theirs
        {
            found.push((FlowField::Account, theirs.clone()));
        }
        for (field, value) in found {
            let known = self.details.otherwise.iter().any(|o| o.field == field && o.value == value);
            if !known && self.details.otherwise.len() < MOST_OTHERWISE {
                self.details.otherwise.push(Otherwise { field, value, source: source.to_owned() });
            }
        }
    }
}

impl StatusEvent {
    /// A person's reading of a word, or the word that a person has set aside.
    fn is_reading(&self) -> bool {
        self.source == FlowSource::Person
    }

    /// Whether a reading of this event is still to be written: it is a word, and its latest reading is another.
    pub fn lacks_reading(&self, code: Option<u32>, history: &[Self]) -> bool {
        if self.is_reading() || self.code.is_some() {
            return false;
        }
        let readings = history.iter().filter(|e| e.is_reading() && e.at == self.at && e.raw == self.raw);
        readings.max_by_key(|e| e.received_at).is_none_or(|latest| latest.code != code)
    }

    /// What a person reads it as; a status of its own beside it. No code sets the word aside.
    pub fn read_as(&self, code: Option<u32>, by: &str, at: DateTime<Utc>) -> Self {
        Self { code, source: FlowSource::Person, source_name: by.to_owned(), received_at: at, ..self.clone() }
    }

    fn order(&self) -> u32 {
        self.code.and_then(reference::status).map_or(0, |row| row.order)
    }

    fn row(&self) -> Option<&'static StatusRow> {
        reference::status(self.code?)
    }

    fn same_source(&self, other: &Self) -> bool {
        self.source == other.source && self.source_name == other.source_name
    }
}

/// Places of the events that say where the flow stands, in the order of the sources' times, at the same time in that of
/// the law's phases. A word that somebody has read counts as its latest reading; one that was set aside not at all.
pub fn in_order(events: &[StatusEvent]) -> Vec<usize> {
    let readings: Vec<usize> = (0..events.len()).filter(|i| events[*i].is_reading()).collect();
    let same_word = |a: &StatusEvent, b: &StatusEvent| a.at == b.at && a.raw == b.raw;
    let superseded = |i: usize| {
        let event = &events[i];
        let later = |j: &usize| {
            let reading = &events[*j];
            same_word(reading, event) && (!event.is_reading() || (reading.received_at, *j) > (event.received_at, i))
        };
        readings.iter().any(later)
    };
    let mut places: Vec<usize> = (0..events.len())
        .filter(|i| readings.is_empty() || !superseded(*i))
        .filter(|i| !(events[*i].is_reading() && events[*i].code.is_none()))
        .collect();
    places.sort_by_key(|i| (events[*i].at, events[*i].order(), events[*i].received_at, *i));
    places
}

/// The current status among all that is known of a flow: the latest by the source's time, whatever the order in which
/// sources told it. It is a word without code while nobody knows what the word means.
pub fn current(events: &[StatusEvent]) -> Option<usize> {
    match events {
        [] => None,
        [only] if !only.is_reading() => Some(0),
        _ => in_order(events).last().copied(),
    }
}

/// Why two statuses cannot both be true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash {
    /// The same source tells a mandatory status after the invoice had ended.
    MandatoryAfterEnd,
    /// Two sources.
    SourcesDisagree,
}

/// Two statuses of one flow that contradict each other; places among the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contradiction {
    pub clash: Clash,
    /// The one that ends the invoice.
    pub end: usize,
    pub other: usize,
}

/// What of a history cannot all be true. Nothing of it is dropped for that.
pub fn contradictions(events: &[StatusEvent]) -> Vec<Contradiction> {
    if !events.iter().any(|e| e.row().is_some_and(|row| row.ends)) {
        return Vec::new();
    }
    let places = in_order(events);
    let mut found = Vec::new();
    for &end in &places {
        let Some(ending) = events[end].row().filter(|row| row.ends) else { continue };
        for &other in &places {
            let Some(row) = events[other].row().filter(|row| row.code != ending.code) else { continue };
            // Of two ends the earlier accuses the later.
            let after = events[other].at > events[end].at;
            if row.ends && !after {
                continue;
            }
            let mandatory = matches!(row.to_ppf, ToPortal::Mandatory | ToPortal::IfVatOnCollection) && after;
            let clash = if events[end].same_source(&events[other]) {
                mandatory.then_some(Clash::MandatoryAfterEnd)
            } else {
                // Rejected on its way it never reached the buyer, who can then have done nothing with it.
                let handled =
                    row.phase == StatusPhase::Processing && (after || ending.phase == StatusPhase::Transmission);
                let both = mandatory || handled || row.phase == StatusPhase::Payment;
                both.then_some(Clash::SourcesDisagree)
            };
            found.extend(clash.map(|clash| Contradiction { clash, end, other }));
        }
    }
    found
}

/// A step of a flow from one official status to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusStep {
    pub from: u32,
    pub to: u32,
    /// How long it took, as a width of time.
    pub width: i64,
}

/// The steps of a history.
pub fn steps(events: &[StatusEvent]) -> Vec<StatusStep> {
    let coded = in_order(events).into_iter().filter_map(|i| Some((events[i].code?, events[i].at)));
    let mut steps = Vec::new();
    let mut before: Option<(u32, DateTime<Utc>)> = None;
    for (code, at) in coded {
        if let Some((from, since)) = before
            && from != code
        {
            steps.push(StatusStep { from, to: code, width: width((at - since).num_minutes()) });
        }
        // Said again it still stands since it was said first.
        if before.is_none_or(|(from, _)| from != code) {
            before = Some((code, at));
        }
    }
    steps
}

/// Widths double every fourth: fine enough for a median, few enough to count.
const WIDTHS_TO_DOUBLE: f64 = 4.0;

/// The width of time that so many minutes fall into.
pub fn width(minutes: i64) -> i64 {
    if minutes <= 1 { 0 } else { ((minutes as f64).log2() * WIDTHS_TO_DOUBLE).floor() as i64 }
}

/// The hours within which a share of the flows has moved on, by counts of widths. Nothing when nothing was counted.
pub fn quantile_hours(counts: &BTreeMap<i64, i64>, share: f64) -> Option<f64> {
    let total: i64 = counts.values().sum();
    if total <= 0 {
        return None;
    }
    let wanted = (total as f64 * share).max(1.0);
    let mut seen = 0.0;
    for (width, count) in counts {
        let here = *count as f64;
        if seen + here >= wanted {
            // Within its width a flow may be anywhere.
            let within = (wanted - seen) / here;
            return Some(((*width as f64 + within) / WIDTHS_TO_DOUBLE).exp2() / 60.0);
        }
        seen += here;
    }
    None
}

/// From so many steps on a platform's past says how long it takes.
pub const LEAST_STEPS: i64 = 30;

/// The hours after which a flow counts as stuck where the past says so: nineteen of twenty had moved on by then. A
/// platform that is usually quick is not late before a quarter of what is usual anywhere.
pub fn learned_hours(counts: &BTreeMap<i64, i64>, usual: Option<u32>) -> Option<u32> {
    if counts.values().sum::<i64>() < LEAST_STEPS {
        return None;
    }
    let hours = quantile_hours(counts, 0.95)?.ceil().clamp(1.0, 24.0 * 366.0) as u32;
    Some(hours.max(usual.unwrap_or_default() / 4))
}

/// What a status of a flow shows of its client, for the score.
pub fn proves(flow: &Flow, code: u32) -> impl Iterator<Item = Criterion> {
    let (kind, direction) = (flow.kind, flow.direction);
    let fits = move |criterion: &Criterion| match criterion {
        Criterion::ReceptionProved => kind != FlowKind::Transmission && direction == FlowDirection::Purchase,
        Criterion::EmissionProved => kind != FlowKind::Transmission && direction == FlowDirection::Sale,
        _ => kind == FlowKind::Transmission,
    };
    reference::status(code).into_iter().flat_map(|row| row.proves.iter().copied()).filter(fits)
}

/// The official code that a word is, where no person need say so: a code, or the French label of one. A code that no
/// table knows is a code all the same.
pub fn code_of_word(raw: &str, kind: FlowKind) -> Option<u32> {
    let raw = raw.trim();
    if raw.len() == 3 && raw.bytes().all(|b| b.is_ascii_digit()) {
        return raw.parse().ok();
    }
    reference::status_of_label(&fold(raw), kind == FlowKind::Transmission)
}

/// Official codes whose label shares a word with this one, the nearest first; for a person to choose among, never applied
/// by themselves.
pub fn near_codes(word: &str) -> Vec<u32> {
    let folded = fold(word);
    let words: BTreeSet<&str> = folded.split(' ').filter(|w| w.len() > 2).collect();
    let mut near: Vec<(usize, u32)> = reference::statuses()
        .rows
        .iter()
        .filter(|row| matches!(row.object, StatusObject::Invoice | StatusObject::EReporting))
        .filter_map(|row| {
            let label = fold(&row.label.fr);
            let shared = label.split(' ').filter(|w| words.iter().any(|own| alike(own, w))).count();
            (shared > 0).then_some((shared, row.code))
        })
        .collect();
    near.sort_by_key(|(shared, code)| (std::cmp::Reverse(*shared), *code));
    near.into_iter().map(|(_, code)| code).take(5).collect()
}

/// Words of one stem: routage and routé, reçu and reçue.
fn alike(a: &str, b: &str) -> bool {
    let common = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    common >= 4 || a == b
}

#[cfg(test)]
mod tests;
