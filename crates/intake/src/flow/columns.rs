//! What each column of a platform's export means.

use crate::columns::{Proposal, Reason, Remembered, header_key};
use crate::detect::{Column, ColumnKind, Detection};
use domain::flow::FlowField as Field;
use domain::text::fold;

/// Headers written exactly so (see [`header_key`]).
#[rustfmt::skip]
const SYNONYMS: &[(Field, &[&str])] = &[
    (Field::Client, &[
        "sirenclient", "siretclient", "sirendossier", "siretdossier", "clientsiren", "clientsiret", "companysiren",
        "companysiret", "dossiersiren", "sirenentreprise", "siretentreprise", "sirensociete", "siretsociete",
        "organizationsiren", "organisationsiren", "ownersiren", "siren", "siret", "identifiantclient",
        "companyid", "organizationid", "sirendelentite", "entite", "legalunit",
    ]),
    (Field::Number, &[
        "facture", "numerofacture", "numfacture", "nofacture", "nfacture", "numerodefacture", "numerodelafacture",
        "invoicenumber", "invoiceno", "invoiceid", "number", "documentnumber", "numerodocument", "piece", "numeropiece",
        "reffacture", "referencefacture", "invoicereference", "bt1", "numfac", "numero", "num", "numerodepiece",
        "numerofactureavoir", "numerodeflux", "flux",
    ]),
    (Field::Direction, &[
        "sens", "direction", "sensflux", "sensdelaflux", "sensfacture", "achatvente", "venteachat", "flowdirection",
        "sensduflux", "inout", "typeflux", "flowtype",
    ]),
    (Field::Kind, &[
        "type", "typefacture", "typedefacture", "typedocument", "typededocument", "documenttype", "invoicetype",
        "nature", "typecode", "kind", "bt3", "typepiece",
    ]),
    (Field::Counterparty, &[
        "tiers", "tierssiren", "sirentiers", "sirettiers", "counterparty", "counterpartysiren", "counterpartysiret",
        "contrepartie", "sirencontrepartie", "sirenpartenaire", "partnersiren", "sirendestinataire", "sirenacheteur",
        "buyersiren", "buyerid", "tierssiret", "identifianttiers", "counterpartyid", "partenaire", "destinataire",
        "acheteur", "buyer",
    ]),
    (Field::CounterpartyName, &[
        "nomtiers", "nomdutiers", "raisonsocialetiers", "counterpartyname", "nomcontrepartie", "partnername",
        "nompartenaire", "tiersnom", "tiersraisonsociale", "nomdestinataire", "nomacheteur", "buyername",
        "nomclientfournisseur",
    ]),
    (Field::Seller, &[
        "sirenvendeur", "siretvendeur", "vendeur", "sellersiren", "sellersiret", "seller", "sirenemetteur", "emetteur",
        "sirenfournisseur", "suppliersiren", "vendeursiren", "sellerid", "issuersiren",
    ]),
    (Field::IssuedOn, &[
        "datefacture", "datedefacture", "datedelafacture", "issuedate", "invoicedate", "dateemission", "datedemission",
        "issuedon", "datedocument", "documentdate", "datepiece", "bt2", "date", "emiseele", "emisele",
    ]),
    (Field::DueOn, &[
        "dateecheance", "datedecheance", "echeance", "duedate", "dueon", "paymentduedate", "bt9", "echeancele",
    ]),
    (Field::Net, &[
        "montantht", "ht", "totalht", "montanthorstaxe", "amountexcltax", "netamount", "amountexclvat", "net",
        "totalexcltax", "montanttotalht", "taxexclusiveamount", "bt109", "amountht", "horstaxes",
    ]),
    (Field::Vat, &[
        "montanttva", "tva", "totaltva", "vatamount", "taxamount", "vat", "tax", "montantdetva", "montantdelatva", "bt110",
    ]),
    (Field::Gross, &[
        "montantttc", "ttc", "totalttc", "amountincltax", "grossamount", "amountinclvat", "gross", "totalincltax",
        "montanttotalttc", "taxinclusiveamount", "bt112", "montanttoutestaxescomprises", "montant", "amount", "total",
    ]),
    (Field::Currency, &["devise", "currency", "monnaie", "currencycode", "codedevise", "bt5"]),
    (Field::Status, &[
        "statut", "status", "statuscode", "codestatut", "statutfacture", "etat", "state", "libellestatut",
        "statuslabel", "invoicestatus", "statutcourant", "derniestatut", "dernierstatut", "currentstatus",
        "lifecyclestatus", "statutducycledevie", "processconditioncode", "etatfacture", "statutpa",
    ]),
    (Field::Reason, &[
        "motif", "reason", "reasoncode", "codemotif", "motifrejet", "motifderejet", "motifrefus", "motifderefus",
        "statusreason", "motifs", "reasons", "codemotifrejet", "rejectionreason",
    ]),
    (Field::Comment, &[
        "commentaire", "comment", "commentaires", "message", "libellemotif", "reasonlabel", "reasonmessage",
        "detail", "details", "note", "notes", "precision",
    ]),
    (Field::StatusAt, &[
        "misajourle", "datestatut", "datedustatut", "statusat", "statusdate", "updatedat", "dateetheurestatut",
        "horodatage", "timestamp", "datemaj", "datedemiseajour", "miseajour", "updated", "statusdatetime",
        "datedernierstatut", "lastupdate", "datemiseajour", "horodatagestatut", "datechangementstatut",
    ]),
    (Field::Collected, &[
        "montantencaisse", "encaisse", "collected", "collectedamount", "amountcollected", "paidamount", "montantpaye",
        "montantregle", "amountpaid",
    ]),
    (Field::Platform, &[
        "plateforme", "platform", "pa", "pdp", "plateformeagreee", "operateur", "platformname",
    ]),
    (Field::Account, &[
        "iban", "compteapayer", "compte", "account", "bankaccount", "rib", "bt84", "comptebancaire",
    ]),
];

/// Looser wordings, by the words of the header: all of the first list, none of the second. First match wins.
#[rustfmt::skip]
const WORDINGS: &[(Field, &[&str], &[&str])] = &[
    (Field::Seller, &["siren", "vendeur"], &[]),
    (Field::Seller, &["siren", "fournisseur"], &["client"]),
    (Field::Seller, &["seller"], &["name"]),
    (Field::Counterparty, &["siren", "tiers"], &[]),
    (Field::Counterparty, &["siret", "tiers"], &[]),
    (Field::Counterparty, &["siren", "acheteur"], &[]),
    (Field::Counterparty, &["counterparty"], &["name"]),
    (Field::CounterpartyName, &["nom", "tiers"], &[]),
    (Field::CounterpartyName, &["raison", "tiers"], &[]),
    (Field::CounterpartyName, &["counterparty", "name"], &[]),
    (Field::Client, &["siren"], &[]),
    (Field::Client, &["siret"], &[]),
    (Field::StatusAt, &["date", "statut"], &[]),
    (Field::StatusAt, &["status", "date"], &[]),
    (Field::StatusAt, &["status", "at"], &[]),
    (Field::StatusAt, &["mis", "jour"], &[]),
    (Field::StatusAt, &["mise", "jour"], &[]),
    (Field::DueOn, &["echeance"], &["montant"]),
    (Field::DueOn, &["due", "date"], &[]),
    (Field::IssuedOn, &["date", "facture"], &["reception", "depot"]),
    (Field::IssuedOn, &["date", "emission"], &[]),
    (Field::IssuedOn, &["issue", "date"], &[]),
    (Field::IssuedOn, &["invoice", "date"], &[]),
    (Field::Number, &["numero", "facture"], &[]),
    (Field::Number, &["n", "facture"], &[]),
    (Field::Number, &["invoice", "number"], &[]),
    (Field::Net, &["montant", "ht"], &[]),
    (Field::Net, &["total", "ht"], &[]),
    (Field::Vat, &["montant", "tva"], &["taux"]),
    (Field::Gross, &["montant", "ttc"], &[]),
    (Field::Gross, &["total", "ttc"], &[]),
    (Field::Collected, &["montant", "encaisse"], &[]),
    (Field::Reason, &["motif"], &["libelle"]),
    (Field::Reason, &["reason"], &["label", "message"]),
    (Field::Status, &["statut"], &["date"]),
    (Field::Status, &["status"], &["date"]),
    (Field::Direction, &["sens"], &[]),
];

/// Which column a field may be taken from by its content alone, in the order in which they are sought.
const BY_CONTENT: &[Field] = &[
    Field::Client,
    Field::Counterparty,
    Field::Status,
    Field::Direction,
    Field::Reason,
    Field::Currency,
    Field::IssuedOn,
    Field::StatusAt,
    Field::Net,
    Field::Gross,
];

fn exactly(header: &str) -> Option<Field> {
    let key = header_key(header);
    if key.is_empty() {
        return None;
    }
    let whole = fold(header).replace(' ', "");
    SYNONYMS
        .iter()
        .find(|(_, names)| names.contains(&key.as_str()) || names.contains(&whole.as_str()))
        .map(|(field, _)| *field)
}

/// Whether a possible header is a word of exports, written exactly so. Words of one letter group and those that any title
/// may hold are left to the rest of the row.
pub(crate) fn is_exactly_known(header: &str) -> bool {
    exactly(header).is_some()
}

fn by_header(header: &str) -> Option<(Field, u8)> {
    if let Some(field) = exactly(header) {
        return Some((field, 95));
    }
    let folded = fold(header);
    let words: Vec<&str> = folded.split(' ').collect();
    let has = |word: &&str| words.contains(word);
    WORDINGS
        .iter()
        .find(|(_, all, none)| all.iter().all(has) && !none.iter().any(has))
        .map(|(field, _, _)| (*field, 75))
}

fn all(column: &Column, test: impl Fn(&str) -> bool) -> bool {
    !column.samples.is_empty() && column.samples.iter().all(|s| test(s))
}

fn most(column: &Column, test: impl Fn(&str) -> bool) -> bool {
    let found = column.samples.iter().filter(|s| test(s)).count();
    found > 0 && found * 2 >= column.samples.len()
}

fn is_currency(text: &str) -> bool {
    matches!(text.trim(), "EUR" | "USD" | "GBP" | "CHF" | "XPF" | "CAD" | "JPY" | "€")
}

/// Whether a column may hold what a field needs, as far as its content tells.
fn can_be(column: &Column, field: Field) -> bool {
    let identifier = matches!(column.kind, ColumnKind::Siren | ColumnKind::Siret | ColumnKind::VatNumber);
    match field {
        Field::Client | Field::Counterparty => identifier,
        Field::Direction => all(column, |s| super::direction(s).is_some()),
        Field::Status => {
            most(column, super::words::is_status) && all(column, |s| s.parse::<f64>().is_err() || s.len() == 3)
        }
        Field::Reason => most(column, super::words::is_reason),
        Field::Currency => all(column, is_currency),
        Field::IssuedOn | Field::DueOn | Field::StatusAt => column.kind == ColumnKind::Date,
        Field::Net | Field::Vat | Field::Gross | Field::Collected => {
            matches!(column.kind, ColumnKind::Amount | ColumnKind::Integer)
        }
        _ => false,
    }
}

/// A header whose meaning the content corrects.
fn corrected(column: &Column, field: Field, confidence: u8) -> Option<(Field, u8, Reason)> {
    let identifier = matches!(column.kind, ColumnKind::Siren | ColumnKind::Siret | ColumnKind::VatNumber);
    let spelled = all(column, |s| s.chars().filter(|c| c.is_alphabetic()).count() >= 3);
    Some(match field {
        // "Tiers" may be its name.
        Field::Counterparty if spelled && !identifier => (Field::CounterpartyName, 80, Reason::Content),
        Field::CounterpartyName if identifier => (Field::Counterparty, 80, Reason::Content),
        Field::Seller if spelled && !identifier => return None,
        // "Type" may be the direction, and the other way round.
        Field::Kind if all(column, |s| super::direction(s).is_some()) && !all(column, |s| super::kind(s).is_some()) => {
            (Field::Direction, 80, Reason::Content)
        }
        Field::Direction
            if all(column, |s| super::kind(s).is_some()) && !all(column, |s| super::direction(s).is_some()) =>
        {
            (Field::Kind, 80, Reason::Content)
        }
        Field::Kind if !all(column, |s| super::kind(s).is_some()) => return None,
        // A "Motif" of sentences is a comment.
        Field::Reason if all(column, |s| s.contains(' ') && s.len() > 24) => (Field::Comment, 70, Reason::Content),
        // "TVA" may be a number and not an amount.
        Field::Vat if identifier => return None,
        _ => (field, confidence, Reason::Header),
    })
}

/// Proposes a meaning for every column: what was decided last time, the words of the header, then what it holds.
pub fn propose(detection: &Detection, remembered: &Remembered<Field>) -> Vec<Proposal<Field>> {
    let none = |column: usize| Proposal { column, field: None, confidence: 0, reason: None, alternatives: Vec::new() };
    let mut proposals: Vec<Proposal<Field>> = detection
        .columns
        .iter()
        .map(|column| {
            if let Some(field) = remembered.get(&header_key(&column.header)).filter(|_| !column.header.is_empty()) {
                return Proposal {
                    field: *field,
                    confidence: 100,
                    reason: Some(Reason::Remembered),
                    ..none(column.index)
                };
            }
            let Some((field, confidence)) = by_header(&column.header) else { return none(column.index) };
            // An empty column that bears a known name is still offered, with little weight.
            if column.kind == ColumnKind::Empty {
                return Proposal {
                    field: Some(field),
                    confidence: 50,
                    reason: Some(Reason::Header),
                    ..none(column.index)
                };
            }
            match corrected(column, field, confidence) {
                Some((field, confidence, reason)) => {
                    Proposal { field: Some(field), confidence, reason: Some(reason), ..none(column.index) }
                }
                None => Proposal { alternatives: vec![field], ..none(column.index) },
            }
        })
        .collect();
    settle(&mut proposals, &detection.columns);
    by_content(&mut proposals, &detection.columns, remembered);
    proposals
}

/// Fields that no header told, from what the columns hold.
fn by_content(proposals: &mut [Proposal<Field>], columns: &[Column], remembered: &Remembered<Field>) {
    for field in BY_CONTENT {
        if proposals.iter().any(|p| p.field == Some(*field)) {
            continue;
        }
        let free = |i: &usize| {
            let column = &columns[*i];
            let left_aside = !column.header.is_empty() && remembered.contains_key(&header_key(&column.header));
            proposals[*i].field.is_none() && !left_aside && can_be(column, *field)
        };
        // A day of issue or a total is guessed only where nothing bears a name: dates and amounts look alike.
        let named = columns.iter().any(|c| !c.header.is_empty());
        let alike = matches!(field, Field::IssuedOn | Field::StatusAt | Field::Net | Field::Gross);
        if named && alike {
            continue;
        }
        if let Some(found) = (0..columns.len()).find(free) {
            proposals[found].field = Some(*field);
            proposals[found].confidence = 60;
            proposals[found].reason = Some(Reason::Content);
        }
    }
}

/// A field is taken once: the surest column keeps it, then the fullest, then the first.
fn settle(proposals: &mut [Proposal<Field>], columns: &[Column]) {
    for field in Field::ALL {
        let mut rivals: Vec<usize> = (0..proposals.len()).filter(|i| proposals[*i].field == Some(*field)).collect();
        rivals.sort_by_key(|i| {
            let fits = can_be(&columns[*i], *field);
            (
                std::cmp::Reverse(proposals[*i].confidence),
                std::cmp::Reverse(fits),
                std::cmp::Reverse(columns[*i].filled),
                *i,
            )
        });
        for loser in rivals.into_iter().skip(1) {
            // The second identifier of a row is the other side's.
            let instead = match field {
                Field::Client => Some(Field::Counterparty),
                _ => None,
            }
            .filter(|f| can_be(&columns[loser], *f) && proposals.iter().all(|p| p.field != Some(*f)));
            let proposal = &mut proposals[loser];
            proposal.alternatives.insert(0, *field);
            proposal.field = instead;
            proposal.confidence = if instead.is_some() { 50 } else { 0 };
            if instead.is_none() {
                proposal.reason = None;
            }
        }
    }
}

/// Whether a table looks like an export of invoice flows and not like a list of clients: it numbers invoices, and tells
/// of each at least two things that no list of clients has.
pub fn is_flow_list(detection: &Detection) -> bool {
    let proposals = propose(detection, &Remembered::new());
    let has = |field: Field| proposals.iter().any(|p| p.field == Some(field) && p.confidence >= 60);
    let told = [
        Field::Direction,
        Field::Status,
        Field::StatusAt,
        Field::IssuedOn,
        Field::Net,
        Field::Gross,
        Field::Counterparty,
        Field::Seller,
        Field::Currency,
    ];
    has(Field::Number) && told.into_iter().filter(|f| has(*f)).count() >= 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn headers_of_platforms_are_recognised() {
        for (header, field) in [
            ("SIREN client", Field::Client),
            ("company_siret", Field::Client),
            ("N° facture", Field::Number),
            ("invoice_number", Field::Number),
            ("Sens", Field::Direction),
            ("Tiers (SIREN)", Field::Counterparty),
            ("Date facture", Field::IssuedOn),
            ("issue_date", Field::IssuedOn),
            ("Montant HT", Field::Net),
            ("amount_excl_tax", Field::Net),
            ("Montant TTC", Field::Gross),
            ("amount_incl_tax", Field::Gross),
            ("Statut", Field::Status),
            ("status_code", Field::Status),
            ("Motif", Field::Reason),
            ("reason_code", Field::Reason),
            ("Mis à jour le", Field::StatusAt),
            ("status_at", Field::StatusAt),
            ("Date du statut", Field::StatusAt),
            ("SIREN du vendeur", Field::Seller),
            ("Date d'échéance", Field::DueOn),
            ("IBAN", Field::Account),
        ] {
            assert_eq!(by_header(header).map(|(f, _)| f), Some(field), "{header}");
        }
        for header in ["", "Ville", "Effectif", "E-mail"] {
            assert_eq!(by_header(header), None, "{header}");
        }
    }

    #[test]
    fn no_synonym_stands_for_two_fields_and_each_is_its_own_key() {
        let mut seen: BTreeMap<&str, Field> = BTreeMap::new();
        for (field, names) in SYNONYMS {
            for name in *names {
                assert_eq!(seen.insert(name, *field), None, "{name} stands twice");
                assert_eq!(fold(name).replace(' ', ""), *name, "{name} is not a key");
            }
        }
    }
}
