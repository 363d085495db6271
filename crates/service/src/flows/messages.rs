//! What a message of invoicing (CDAR, CII, UBL) says, as reports: whose flow it is, in which direction, with which status.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::Siren;
use domain::flow::{FlowDetails, FlowDirection, FlowKind, Report, StatusSaid};
use intake::message::{InvoiceMessage, Message, Party, ReferredInvoice, StatusMessage};

use crate::time;

/// What is known of a message beside its content.
#[derive(Debug, Clone, Default)]
pub struct About<'a> {
    /// Name of the platform.
    pub platform: &'a str,
    /// The platform says which side its company is on.
    pub direction: Option<FlowDirection>,
    /// The company, where a connection serves one.
    pub company: Option<Siren>,
    /// When it was told, for a status that does not say when it happened.
    pub told_at: Option<DateTime<Utc>>,
}

/// Who may be the client in these messages: those of them that have a dossier decide whose flow it is.
pub fn named<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Vec<Siren> {
    let mut all = BTreeSet::new();
    let mut add = |party: &Party| all.extend(party.siren);
    for message in messages {
        match message {
            Message::Invoice(invoice) => [&invoice.seller, &invoice.buyer].into_iter().for_each(&mut add),
            Message::Status(status) => {
                [&status.sender, &status.issuer].into_iter().chain(&status.recipients).for_each(&mut add);
                status.invoices.iter().for_each(|i| add(&i.seller));
            }
        }
    }
    all.into_iter().collect()
}

/// The reports of one message. `is_client` tells which SIRENs have a dossier. An invoice between two clients of the firm
/// is a flow of each; one of nobody known is a flow of the side that the platform names, or of the seller.
pub fn reports(message: &Message, about: &About<'_>, is_client: &dyn Fn(&Siren) -> bool) -> Vec<Report> {
    match message {
        Message::Invoice(invoice) => of_invoice(invoice, about, is_client),
        Message::Status(status) => {
            status.invoices.iter().flat_map(|referred| of_status(status, referred, about, is_client)).collect()
        }
    }
}

/// The number by which a party is known: its SIREN, or what the message has of it.
fn identity(party: &Party) -> String {
    match party.siren {
        Some(siren) => siren.to_string(),
        None => party
            .numbers
            .first()
            .map(|(_, number)| number.clone())
            .or_else(|| party.vat_number.clone())
            .or_else(|| party.address.clone())
            .unwrap_or_default(),
    }
}

fn is_abroad(party: &Party) -> bool {
    party.siren.is_none() && (party.country.as_deref().is_some_and(|c| c != "FR") || !party.numbers.is_empty())
}

/// On which sides a flow stands.
fn sides(seller: &Party, buyer: &Party, about: &About<'_>, is_client: &dyn Fn(&Siren) -> bool) -> Vec<FlowDirection> {
    if let Some(direction) = about.direction {
        return vec![direction];
    }
    if let Some(company) = about.company {
        for (party, direction) in [(seller, FlowDirection::Sale), (buyer, FlowDirection::Purchase)] {
            if party.siren == Some(company) {
                return vec![direction];
            }
        }
    }
    let ours = |party: &Party| party.siren.is_some_and(|s| is_client(&s));
    match (ours(seller), ours(buyer)) {
        (true, true) => vec![FlowDirection::Sale, FlowDirection::Purchase],
        (false, true) => vec![FlowDirection::Purchase],
        // Of a seller abroad the client can only be the other one.
        (false, false) if is_abroad(seller) && buyer.siren.is_some() => vec![FlowDirection::Purchase],
        (_, false) => vec![FlowDirection::Sale],
    }
}

/// The owner of a flow on one side, and who stands opposite.
fn placed<'a>(
    direction: FlowDirection,
    seller: &'a Party,
    buyer: &'a Party,
    about: &About<'_>,
) -> (Option<Siren>, String, &'a Party, &'a Party) {
    let (owner, other) = match direction {
        FlowDirection::Sale => (seller, buyer),
        FlowDirection::Purchase => (buyer, seller),
    };
    // A message may leave its own company out; the connection knows it.
    let siren = owner.siren.or_else(|| about.company.filter(|c| other.siren != Some(*c)));
    (siren, siren.map_or_else(|| identity(owner), |s| s.to_string()), owner, other)
}

fn of_invoice(invoice: &InvoiceMessage, about: &About<'_>, is_client: &dyn Fn(&Siren) -> bool) -> Vec<Report> {
    let (seller, buyer) = (&invoice.seller, &invoice.buyer);
    let report = |direction| {
        let (owner_siren, owner, own, other) = placed(direction, seller, buyer, about);
        Report {
            owner,
            owner_siren,
            kind: if invoice.is_credit_note() { FlowKind::CreditNote } else { FlowKind::Invoice },
            direction,
            number: invoice.number.clone(),
            seller: identity(seller),
            counterparty: identity(other),
            counterparty_name: other.name.clone().unwrap_or_default(),
            issued_on: Some(invoice.issued_on),
            due_on: invoice.due_on,
            net_cents: invoice.net,
            vat_cents: invoice.vat,
            gross_cents: invoice.gross,
            currency: invoice.currency.clone(),
            platform: about.platform.to_owned(),
            details: FlowDetails {
                seller_vat: seller.vat_number.clone(),
                buyer_vat: buyer.vat_number.clone(),
                account: invoice.accounts.first().cloned(),
                address: own.address.clone(),
                ..FlowDetails::default()
            },
            status: None,
        }
    };
    sides(seller, buyer, about, is_client).into_iter().map(report).collect()
}

/// The buyer of an invoice that a status speaks of: the party with this role, else whoever is neither the seller nor a
/// platform nor the administration.
fn buyer<'a>(status: &'a StatusMessage, seller: &Party) -> Option<&'a Party> {
    let all = || [&status.sender, &status.issuer].into_iter().chain(&status.recipients);
    let known = |p: &&Party| p.siren.is_some() && p.siren != seller.siren;
    all().find(|p| p.role.as_deref() == Some("BY") && known(p)).or_else(|| {
        all().find(|p| known(p) && !matches!(p.role.as_deref(), Some("WK" | "DFH" | "SE" | "SR" | "AB" | "DL" | "PE")))
    })
}

fn of_status(
    status: &StatusMessage,
    referred: &ReferredInvoice,
    about: &About<'_>,
    is_client: &dyn Fn(&Siren) -> bool,
) -> Vec<Report> {
    let nobody = Party::default();
    // Where the invoice does not name its seller, the message itself may.
    let seller = Some(&referred.seller).filter(|s| s.siren.is_some() || !identity(s).is_empty()).unwrap_or_else(|| {
        let of_role = |p: &&Party| p.role.as_deref() == Some("SE");
        [&status.issuer].into_iter().chain(&status.recipients).find(of_role).unwrap_or(&nobody)
    });
    let buyer = buyer(status, seller).unwrap_or(&nobody);
    let is_report = status.profile.as_deref().is_some_and(|p| p.contains("ereporting"));
    let at = status.happened_at.or(status.made_at).map(time::from_paris).or(about.told_at);
    let said = StatusSaid {
        code: referred.status_code().map(u32::from),
        raw: referred.label.clone().filter(|_| referred.status_code().is_none()).unwrap_or(referred.status.clone()),
        reasons: referred.reasons.iter().filter_map(|r| r.code.clone().or_else(|| r.text.clone())).collect(),
        comment: comment(referred),
        collected_cents: collected(referred),
        at: at.unwrap_or_default(),
    };
    let report = |direction| {
        let (owner_siren, owner, own, other) = placed(direction, seller, buyer, about);
        Report {
            owner,
            owner_siren,
            kind: match referred.type_code.as_deref() {
                _ if is_report => FlowKind::Transmission,
                Some("261" | "381" | "396" | "502" | "503") => FlowKind::CreditNote,
                _ => FlowKind::Invoice,
            },
            direction,
            number: referred.number.clone(),
            seller: identity(seller),
            counterparty: identity(other),
            counterparty_name: other.name.clone().unwrap_or_default(),
            issued_on: referred.issued_on,
            due_on: None,
            net_cents: None,
            vat_cents: None,
            gross_cents: None,
            currency: referred.amounts.iter().find_map(|a| a.currency.clone()).unwrap_or_default(),
            platform: about.platform.to_owned(),
            details: FlowDetails {
                account: referred.amounts.iter().find(|a| a.kind == "CBB").and_then(|a| a.value.clone()),
                address: own.address.clone(),
                ..FlowDetails::default()
            },
            status: at.map(|_| said.clone()),
        }
    };
    if is_report {
        return vec![report(FlowDirection::Sale)];
    }
    sides(seller, buyer, about, is_client).into_iter().map(report).collect()
}

/// What was collected, over all rates (MEN); a cancelled collection is negative.
fn collected(referred: &ReferredInvoice) -> Option<i64> {
    let sums: Vec<i64> = referred.amounts.iter().filter(|a| a.kind == "MEN").filter_map(|a| a.cents).collect();
    (!sums.is_empty()).then(|| sums.iter().fold(0_i64, |sum, cents| sum.saturating_add(*cents)))
}

/// Words of people: the notes, and what was written beside a reason's code.
fn comment(referred: &ReferredInvoice) -> String {
    let beside = referred.reasons.iter().filter(|r| r.code.is_some()).filter_map(|r| r.text.as_deref());
    let mut words: Vec<&str> = Vec::new();
    for text in referred.notes.iter().map(String::as_str).chain(beside) {
        if !text.trim().is_empty() && !words.contains(&text) {
            words.push(text);
        }
    }
    words.join(" · ")
}
