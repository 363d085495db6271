//! Messages and invoices as reports: whose they are, which way they go, and what is not followed.

use std::collections::HashSet;

use chrono::{Datelike, NaiveDateTime};
use domain::flow::{FlowDetails, FlowDirection, FlowKind, Report, StatusSaid};
use domain::reference::{self, StatusObject};
use domain::{CabinetId, Siren, Text};
use intake::message::{InvoiceMessage, Message, Party, ReferredInvoice, StatusMessage, Syntax};
use store::Conn;
use store::arrivals::Known;

use crate::{Result, time};

/// What the cabinet knows of those whom messages name.
#[derive(Debug, Default)]
pub struct Owners {
    clients: HashSet<Siren>,
    flows: Vec<Known>,
    /// The client for whom a connection was asked: what it brings is its own, dossier or not.
    only: Option<Siren>,
}

impl Owners {
    /// Looks up everybody and every number that the messages name, at once.
    pub fn look_up<'m>(
        conn: &mut Conn,
        cabinet: CabinetId,
        messages: impl Iterator<Item = &'m Message> + Clone,
        only: Option<Siren>,
    ) -> Result<Self> {
        let mut sirens: Vec<Siren> = messages.clone().flat_map(parties).filter_map(|p| p.siren).collect();
        sirens.sort();
        sirens.dedup();
        let clients = store::arrivals::clients(conn, cabinet, &sirens)?;
        let mut numbers: Vec<String> = messages.flat_map(numbers).collect();
        numbers.sort();
        numbers.dedup();
        let flows = store::arrivals::flows_by_number(conn, cabinet, &numbers)?;
        Ok(Self { clients, flows, only })
    }

    fn is_client(&self, siren: Siren) -> bool {
        self.clients.contains(&siren) || self.only == Some(siren)
    }

    /// Clients who already have the flow of this seller, number and year.
    fn having(&self, seller: &str, number: &str, year: Option<i32>) -> impl Iterator<Item = &Known> {
        self.flows.iter().filter(move |f| {
            let its = f.issued_on.get(..4).and_then(|y| y.parse::<i32>().ok());
            f.number == number && f.seller == seller && (its.is_none() || year.is_none() || its == year)
        })
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

/// Every document of a message, in its order. `platform` is where it comes from, when that is known.
pub fn reports(message: &Message, platform: &str, owners: &Owners) -> Vec<Read> {
    match message {
        Message::Invoice(invoice) => vec![of_invoice(invoice, platform, owners)],
        Message::Status(status) => status.invoices.iter().map(|i| of_status(status, i, platform, owners)).collect(),
    }
}

/// The number of a party where it is no French company: what identifies it best.
fn number_of(party: &Party) -> String {
    match party.siren {
        Some(siren) => siren.to_string(),
        None => party.vat_number.clone().or_else(|| party.numbers.first().map(|(_, n)| n.clone())).unwrap_or_default(),
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

fn of_invoice(i: &InvoiceMessage, platform: &str, owners: &Owners) -> Read {
    let sides = [(&i.seller, &i.buyer, FlowDirection::Sale), (&i.buyer, &i.seller, FlowDirection::Purchase)];
    let seller = number_of(&i.seller);
    let reports: Vec<Report> = sides
        .into_iter()
        .filter_map(|(own, other, direction)| {
            let siren = own.siren.filter(|s| owners.is_client(*s))?;
            Some(Report {
                owner: siren.to_string(),
                owner_siren: Some(siren),
                kind: if i.is_credit_note() { FlowKind::CreditNote } else { FlowKind::Invoice },
                direction,
                number: i.number.clone(),
                seller: seller.clone(),
                counterparty: number_of(other),
                counterparty_name: other.name.clone().unwrap_or_default(),
                issued_on: Some(i.issued_on),
                due_on: i.due_on,
                net_cents: i.net,
                vat_cents: i.vat,
                gross_cents: i.gross,
                currency: i.currency.clone(),
                platform: platform.to_owned(),
                details: FlowDetails {
                    seller_vat: i.seller.vat_number.clone(),
                    buyer_vat: i.buyer.vat_number.clone(),
                    account: i.accounts.first().cloned(),
                    address: own.address.clone(),
                    ..FlowDetails::default()
                },
                status: None,
            })
        })
        .collect();
    if reports.is_empty() {
        Read::Refused(nobodys(&shown(&i.seller), &shown(&i.buyer)))
    } else {
        Read::Reports(reports)
    }
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

fn of_status(message: &StatusMessage, doc: &ReferredInvoice, platform: &str, owners: &Owners) -> Read {
    let code = doc.status_code().map(u32::from);
    let object = code.and_then(reference::status).map(|row| row.object);
    let kind = match object {
        // A code that no table knows is one about an invoice, as long as it names one.
        None | Some(StatusObject::Invoice) => kind_of(doc.type_code.as_deref()),
        Some(StatusObject::EReporting) => FlowKind::Transmission,
        // 500 and 501 speak of a file: followed where they name the invoice that it held.
        Some(StatusObject::Flow) if doc.type_code.is_some() && doc.seller.siren.is_some() => {
            kind_of(doc.type_code.as_deref())
        }
        Some(_) => return Read::Refused(not_followed(doc)),
    };
    let Some(at) = message.happened_at.or(message.made_at) else { return Read::Refused(undated(doc)) };
    let by_role = |role: &str| {
        let all = [&message.issuer, &message.sender].into_iter().chain(&message.recipients);
        all.filter(|p| p.role.as_deref() == Some(role)).find(|p| p.siren.is_some())
    };
    let named_seller = Some(&doc.seller).filter(|p| !number_of(p).is_empty());
    let Some(seller) = named_seller.or_else(|| by_role("SE")) else { return Read::Refused(no_seller(doc)) };
    let buyer = by_role("BY").filter(|b| b.siren != seller.siren);
    let seller_number = number_of(seller);
    let year = doc.issued_on.map(|d| d.year());

    let mut sides: Vec<(String, FlowDirection, String, String)> = Vec::new();
    if let Some(siren) = seller.siren.filter(|s| owners.is_client(*s)) {
        let (number, name) =
            buyer.map_or_else(Default::default, |b| (number_of(b), b.name.clone().unwrap_or_default()));
        sides.push((siren.to_string(), FlowDirection::Sale, number, name));
    }
    if let Some(siren) = buyer.and_then(|b| b.siren).filter(|s| owners.is_client(*s)) {
        let name = seller.name.clone().unwrap_or_default();
        sides.push((siren.to_string(), FlowDirection::Purchase, seller_number.clone(), name));
    }
    // A message that does not name the buyer may tell of a purchase that is known: seller, number and year are its identity.
    for known in owners.having(&seller_number, &doc.number, year) {
        if !sides.iter().any(|(owner, ..)| *owner == known.owner)
            && let Ok(direction) = FlowDirection::try_from(known.direction.as_str())
        {
            sides.push((known.owner.clone(), direction, known.counterparty.clone(), String::new()));
        }
    }
    if sides.is_empty() {
        let buyer = buyer.map_or_else(|| "—".to_owned(), shown);
        return Read::Refused(nobodys(&shown(seller), &buyer));
    }
    let status = said(doc, code, at);
    let account = doc.amounts.iter().find(|a| a.kind == "CBB").and_then(|a| a.value.clone());
    Read::Reports(
        sides
            .into_iter()
            .map(|(owner, direction, counterparty, counterparty_name)| Report {
                owner_siren: Siren::parse(&owner).ok(),
                owner,
                kind,
                direction,
                number: doc.number.clone(),
                seller: seller_number.clone(),
                counterparty,
                counterparty_name,
                issued_on: doc.issued_on,
                due_on: None,
                net_cents: None,
                vat_cents: None,
                gross_cents: None,
                currency: String::new(),
                platform: platform.to_owned(),
                details: FlowDetails { account: account.clone(), ..FlowDetails::default() },
                status: Some(status.clone()),
            })
            .collect(),
    )
}

fn said(doc: &ReferredInvoice, code: Option<u32>, at: NaiveDateTime) -> StatusSaid {
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
        // Messages bear no zone: platforms write the time of French clocks.
        at: time::from_paris(at),
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
