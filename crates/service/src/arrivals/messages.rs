//! Messages and invoices as reports: whose they are, which way they go, and what is not followed.

use std::collections::HashSet;

use chrono::{DateTime, Datelike, Utc};
use domain::flow::{FlowDetails, FlowDirection, FlowKind, Report, StatusSaid};
use domain::reference::{self, StatusObject};
use domain::{CabinetId, Siren, Text};
use intake::message::{InvoiceMessage, Message, Party, ReferredInvoice, StatusMessage, Syntax};
use store::Conn;
use store::arrivals::Known;

use crate::{Result, time};

/// Where a message comes from, beside what it says itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Origin<'a> {
    /// Empty while it is not known.
    pub platform: &'a str,
    /// The platform says which side its company is on.
    pub direction: Option<FlowDirection>,
    /// When the platform told it, for a status that does not say when it happened.
    pub told_at: Option<DateTime<Utc>>,
}

/// What the cabinet knows of those whom messages name.
#[derive(Debug, Default)]
pub struct Owners {
    clients: HashSet<Siren>,
    flows: Vec<Known>,
    /// The client for whom a connection was asked: what it brings is its own, dossier or not.
    company: Option<Siren>,
    /// What names nobody known is followed all the same, and waits for its dossier.
    waits: bool,
}

impl Owners {
    /// Looks up everybody and every number that the messages name, at once.
    pub fn look_up<'m>(
        conn: &mut Conn,
        cabinet: CabinetId,
        messages: impl Iterator<Item = &'m Message> + Clone,
    ) -> Result<Self> {
        let mut sirens: Vec<Siren> = messages.clone().flat_map(parties).filter_map(|p| p.siren).collect();
        sirens.sort();
        sirens.dedup();
        let clients = store::arrivals::clients(conn, cabinet, &sirens)?;
        let mut numbers: Vec<String> = messages.flat_map(numbers).collect();
        numbers.sort();
        numbers.dedup();
        let flows = store::arrivals::flows_by_number(conn, cabinet, &numbers)?;
        Ok(Self { clients, flows, company: None, waits: false })
    }

    /// For what a connection brings. A file can be dropped again once its client has a dossier; a platform does not tell
    /// again, so nothing of it is let go.
    pub fn of_connection(self, company: Option<Siren>) -> Self {
        Self { company, waits: true, ..self }
    }

    fn is_client(&self, siren: Siren) -> bool {
        self.clients.contains(&siren) || self.company == Some(siren)
    }

    fn has(&self, party: Option<&Party>) -> bool {
        party.and_then(|p| p.siren).is_some_and(|s| self.is_client(s))
    }

    /// Clients who already have the flow of this seller, number and year.
    fn having(&self, seller: &str, number: &str, year: Option<i32>) -> impl Iterator<Item = &Known> {
        self.flows.iter().filter(move |f| {
            let its = f.issued_on.get(..4).and_then(|y| y.parse::<i32>().ok());
            f.number == number && f.seller == seller && (its.is_none() || year.is_none() || its == year)
        })
    }
}

/// One side of a document: whose flow it is, and who stands opposite.
#[derive(Debug)]
struct Side {
    owner: String,
    siren: Option<Siren>,
    direction: FlowDirection,
    counterparty: String,
    counterparty_name: String,
    address: Option<String>,
}

impl Side {
    /// Nothing when nobody can be named on that side.
    fn of(direction: FlowDirection, seller: &Party, buyer: Option<&Party>, owners: &Owners) -> Option<Self> {
        let (own, other) = match direction {
            FlowDirection::Sale => (Some(seller), buyer),
            FlowDirection::Purchase => (buyer, Some(seller)),
        };
        let siren_of = |party: Option<&Party>| party.and_then(|p| p.siren);
        // A message may leave its own company out; the connection knows it.
        let siren = siren_of(own).or_else(|| owners.company.filter(|c| siren_of(other) != Some(*c)));
        let owner = siren.map_or_else(|| own.map(number_of).unwrap_or_default(), |s| s.to_string());
        (!owner.is_empty()).then(|| Self {
            owner,
            siren,
            direction,
            counterparty: other.map(number_of).unwrap_or_default(),
            counterparty_name: other.and_then(|o| o.name.clone()).unwrap_or_default(),
            address: own.and_then(|o| o.address.clone()),
        })
    }

    /// The sides of a document on which somebody stands whom the cabinet knows, or whom the platform names.
    fn known(seller: &Party, buyer: Option<&Party>, origin: &Origin<'_>, owners: &Owners) -> Vec<Self> {
        let both = [(Some(seller), FlowDirection::Sale), (buyer, FlowDirection::Purchase)];
        let company = owners.company.and_then(|company| {
            both.iter().find(|(party, _)| party.is_some_and(|p| p.siren == Some(company))).map(|(_, side)| *side)
        });
        let directions: Vec<FlowDirection> = match origin.direction.or(company) {
            Some(one) => vec![one],
            None => both.into_iter().filter(|(party, _)| owners.has(*party)).map(|(_, side)| side).collect(),
        };
        directions.into_iter().filter_map(|d| Self::of(d, seller, buyer, owners)).collect()
    }

    /// The side that waits for a dossier, where nobody is known: of a seller abroad the client can only be the other one.
    fn waiting(seller: &Party, buyer: Option<&Party>, owners: &Owners) -> Option<Self> {
        let is_abroad = seller.siren.is_none() && buyer.is_some_and(|b| b.siren.is_some());
        let direction = if is_abroad { FlowDirection::Purchase } else { FlowDirection::Sale };
        owners.waits.then(|| Self::of(direction, seller, buyer, owners)).flatten()
    }
}

fn parties(message: &Message) -> Vec<&Party> {
    match message {
        Message::Invoice(i) => vec![&i.seller, &i.buyer],
        Message::Status(s) => {
            let of_message = [&s.sender, &s.issuer].into_iter().chain(&s.recipients);
            of_message.chain(s.invoices.iter().map(|i| &i.seller)).collect()
        }
    }
}

fn numbers(message: &Message) -> Vec<String> {
    match message {
        Message::Invoice(_) => Vec::new(),
        Message::Status(s) => s.invoices.iter().map(|i| i.number.clone()).collect(),
    }
}

/// What one document of a message says: a report for each client that it is about, or why it is not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    Reports(Vec<Report>),
    Refused(Text),
}

/// What the file is, as people call it.
pub fn form(message: &Message) -> &'static str {
    match message {
        Message::Status(_) => "CDAR",
        Message::Invoice(i) if i.syntax == Syntax::Cii => "CII",
        Message::Invoice(_) => "UBL",
    }
}

/// Under which name what a message says is kept. Whoever sends the same again, in whatever file, says it again and not
/// anew: so the name is the sender's and not the file's.
pub fn source_name(message: &Message, platform: &str) -> String {
    if !platform.is_empty() {
        return platform.to_owned();
    }
    match message {
        Message::Invoice(_) => form(message).to_owned(),
        Message::Status(s) => {
            let number = |party: &Party| {
                let found = party.numbers.iter().find(|(scheme, _)| scheme == "0238").or(party.numbers.first());
                found.map(|(_, number)| number.clone())
            };
            let named = |party: &Party| party.name.clone().or_else(|| number(party));
            match named(&s.sender).or_else(|| named(&s.issuer)) {
                Some(name) => format!("CDAR {}", name.chars().take(60).collect::<String>()),
                None => "CDAR".to_owned(),
            }
        }
    }
}

/// Every document of a message, in its order.
pub fn reports(message: &Message, origin: &Origin<'_>, owners: &Owners) -> Vec<Read> {
    match message {
        Message::Invoice(invoice) => vec![of_invoice(invoice, origin, owners)],
        Message::Status(status) => status.invoices.iter().map(|i| of_status(status, i, origin, owners)).collect(),
    }
}

/// The number of a party where it is no French company: what identifies it best.
fn number_of(party: &Party) -> String {
    match party.siren {
        Some(siren) => siren.to_string(),
        None => {
            let number = || party.numbers.first().map(|(_, n)| n.clone());
            party.vat_number.clone().or_else(number).or_else(|| party.address.clone()).unwrap_or_default()
        }
    }
}

fn shown(party: &Party) -> String {
    let number = number_of(party);
    match (&party.name, number.is_empty()) {
        (Some(name), true) => name.clone(),
        (Some(name), false) => format!("{name} ({number})"),
        (None, false) => number,
        (None, true) => "—".to_owned(),
    }
}

fn of_invoice(i: &InvoiceMessage, origin: &Origin<'_>, owners: &Owners) -> Read {
    let buyer = Some(&i.buyer);
    let mut sides = Side::known(&i.seller, buyer, origin, owners);
    if sides.is_empty() {
        sides.extend(Side::waiting(&i.seller, buyer, owners));
    }
    if sides.is_empty() {
        return Read::Refused(nobodys(&shown(&i.seller), &shown(&i.buyer)));
    }
    let seller = number_of(&i.seller);
    let report = |side: Side| Report {
        owner: side.owner,
        owner_siren: side.siren,
        kind: if i.is_credit_note() { FlowKind::CreditNote } else { FlowKind::Invoice },
        direction: side.direction,
        number: i.number.clone(),
        seller: seller.clone(),
        counterparty: side.counterparty,
        counterparty_name: side.counterparty_name,
        issued_on: Some(i.issued_on),
        due_on: i.due_on,
        net_cents: i.net,
        vat_cents: i.vat,
        gross_cents: i.gross,
        currency: i.currency.clone(),
        platform: origin.platform.to_owned(),
        details: FlowDetails {
            seller_vat: i.seller.vat_number.clone(),
            buyer_vat: i.buyer.vat_number.clone(),
            account: i.accounts.first().cloned(),
            address: side.address,
            ..FlowDetails::default()
        },
        status: None,
    };
    Read::Reports(sides.into_iter().map(report).collect())
}

fn nobodys(seller: &str, buyer: &str) -> Text {
    Text::new(
        format!(
            "Ni le vendeur {seller} ni l’acheteur {buyer} n’est un dossier du cabinet. Créez le dossier, puis déposez à nouveau le fichier."
        ),
        format!(
            "Neither the seller {seller} nor the buyer {buyer} is a dossier of the firm. Create the dossier, then drop the file again."
        ),
    )
}

/// A credit note by its code (UNTDID 1001).
fn kind_of(type_code: Option<&str>) -> FlowKind {
    match type_code {
        Some("261" | "381" | "396" | "502" | "503") => FlowKind::CreditNote,
        _ => FlowKind::Invoice,
    }
}

/// Who buys, as far as the message tells: the party of that role, else a client who is neither the seller nor there as a
/// platform, an agent or the administration.
fn buyer_of<'m>(message: &'m StatusMessage, seller: &Party, owners: &Owners) -> Option<&'m Party> {
    const OTHERS: [&str; 7] = ["WK", "DFH", "SE", "SR", "AB", "DL", "PE"];
    let all = || {
        let all = [&message.issuer, &message.sender].into_iter().chain(&message.recipients);
        all.filter(|p| p.siren.is_some() && p.siren != seller.siren)
    };
    let in_place = |p: &&Party| owners.has(Some(p)) && !p.role.as_deref().is_some_and(|r| OTHERS.contains(&r));
    all().find(|p| p.role.as_deref() == Some("BY")).or_else(|| all().find(in_place))
}

fn of_status(message: &StatusMessage, doc: &ReferredInvoice, origin: &Origin<'_>, owners: &Owners) -> Read {
    let code = doc.status_code().map(u32::from);
    let object = code.and_then(reference::status).map(|row| row.object);
    let kind = match object {
        _ if message.profile.as_deref().is_some_and(|p| p.contains("ereporting")) => FlowKind::Transmission,
        // A code that no table knows is one about an invoice, as long as it names one.
        None | Some(StatusObject::Invoice) => kind_of(doc.type_code.as_deref()),
        Some(StatusObject::EReporting) => FlowKind::Transmission,
        // 500 and 501 speak of a file: followed where they name the invoice that it held.
        Some(StatusObject::Flow) if doc.type_code.is_some() && doc.seller.siren.is_some() => {
            kind_of(doc.type_code.as_deref())
        }
        Some(_) => return Read::Refused(not_followed(doc)),
    };
    // Messages bear no zone: platforms write the time of French clocks.
    let at = message.happened_at.or(message.made_at).map(time::from_paris).or(origin.told_at);
    let Some(at) = at else { return Read::Refused(undated(doc)) };
    let company = owners.company.filter(|_| origin.direction == Some(FlowDirection::Sale));
    let of_connection = Party { siren: company, ..Party::default() };
    let seller = [&doc.seller]
        .into_iter()
        .chain([&message.issuer, &message.sender].into_iter().chain(&message.recipients).filter(|p| is_seller(p)))
        .chain([&of_connection])
        .find(|p| !number_of(p).is_empty());
    let Some(seller) = seller else { return Read::Refused(no_seller(doc)) };
    let buyer = buyer_of(message, seller, owners);
    let seller_number = number_of(seller);
    let year = doc.issued_on.map(|d| d.year());

    let mut sides = match kind {
        // It is its declarer's alone, whoever else is named.
        FlowKind::Transmission => {
            let declared = owners.has(Some(seller)) || owners.waits;
            declared.then(|| Side::of(FlowDirection::Sale, seller, buyer, owners)).flatten().into_iter().collect()
        }
        _ => Side::known(seller, buyer, origin, owners),
    };
    // A message that does not name the buyer may tell of a purchase that is known: seller, number and year are its identity.
    for known in owners.having(&seller_number, &doc.number, year) {
        if !sides.iter().any(|side| side.owner == known.owner)
            && let Ok(direction) = FlowDirection::try_from(known.direction.as_str())
            && origin.direction.is_none_or(|said| said == direction)
            && owners.company.is_none_or(|company| known.owner == company.to_string())
        {
            sides.push(Side {
                owner: known.owner.clone(),
                siren: Siren::parse(&known.owner).ok(),
                direction,
                counterparty: known.counterparty.clone(),
                counterparty_name: String::new(),
                address: None,
            });
        }
    }
    if sides.is_empty() {
        sides.extend(Side::waiting(seller, buyer, owners));
    }
    if sides.is_empty() {
        let buyer = buyer.map_or_else(|| "—".to_owned(), shown);
        return Read::Refused(nobodys(&shown(seller), &buyer));
    }
    let status = said(doc, code, at);
    let account = doc.amounts.iter().find(|a| a.kind == "CBB").and_then(|a| a.value.clone());
    let report = |side: Side| Report {
        owner: side.owner,
        owner_siren: side.siren,
        kind,
        direction: side.direction,
        number: doc.number.clone(),
        seller: seller_number.clone(),
        counterparty: side.counterparty,
        counterparty_name: side.counterparty_name,
        issued_on: doc.issued_on,
        due_on: None,
        net_cents: None,
        vat_cents: None,
        gross_cents: None,
        currency: doc.amounts.iter().find_map(|a| a.currency.clone()).unwrap_or_default(),
        platform: origin.platform.to_owned(),
        details: FlowDetails { account: account.clone(), address: side.address, ..FlowDetails::default() },
        status: Some(status.clone()),
    };
    Read::Reports(sides.into_iter().map(report).collect())
}

fn is_seller(party: &Party) -> bool {
    party.role.as_deref() == Some("SE")
}

fn said(doc: &ReferredInvoice, code: Option<u32>, at: DateTime<Utc>) -> StatusSaid {
    let mut comments: Vec<&str> = doc.reasons.iter().filter_map(|r| r.text.as_deref()).collect();
    comments.extend(doc.notes.iter().map(String::as_str));
    comments.dedup();
    let collected: Vec<i64> = doc.amounts.iter().filter(|a| a.kind == "MEN").filter_map(|a| a.cents).collect();
    StatusSaid {
        code,
        raw: match (&doc.label, code) {
            (Some(label), None) => format!("{} {label}", doc.status),
            _ => doc.status.clone(),
        },
        reasons: doc.reasons.iter().filter_map(|r| r.code.clone()).collect(),
        comment: comments.join(" · ").chars().take(2_000).collect(),
        // One amount for each rate of VAT: together they are what was collected.
        collected_cents: (!collected.is_empty()).then(|| collected.iter().fold(0i64, |sum, c| sum.saturating_add(*c))),
        at,
    }
}

fn quoted(doc: &ReferredInvoice) -> (String, String) {
    let label = doc.label.as_deref().map(|l| format!(" « {l} »")).unwrap_or_default();
    (format!("{}{label}", doc.status), doc.number.chars().take(80).collect())
}

fn not_followed(doc: &ReferredInvoice) -> Text {
    let (status, number) = quoted(doc);
    Text::new(
        format!(
            "Le statut {status} de « {number} » ne parle pas d’une facture ni d’une transmission d’e-reporting : rien n’est suivi. Il concerne la plateforme."
        ),
        format!(
            "Status {status} of “{number}” is about neither an invoice nor an e-reporting transmission: nothing is followed. It concerns the platform."
        ),
    )
}

fn undated(doc: &ReferredInvoice) -> Text {
    let (status, number) = quoted(doc);
    Text::new(
        format!(
            "Le statut {status} de « {number} » n’a pas de date lisible (AAAAMMJJHHMMSS). Demandez un message conforme à la plateforme."
        ),
        format!(
            "Status {status} of “{number}” has no readable date (YYYYMMDDHHMMSS). Ask the platform for a conforming message."
        ),
    )
}

fn no_seller(doc: &ReferredInvoice) -> Text {
    let (status, number) = quoted(doc);
    Text::new(
        format!(
            "Le statut {status} de « {number} » ne nomme pas le vendeur : la facture ne se reconnaît pas sans lui. Demandez un message conforme à la plateforme."
        ),
        format!(
            "Status {status} of “{number}” does not name the seller: the invoice cannot be recognised without. Ask the platform for a conforming message."
        ),
    )
}
