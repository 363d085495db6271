//! Statuses from a program, a thousand at once: each has its own answer, and the same again changes nothing.

use contract::{Nothing, StatusInput, StatusesInput, StatusesResult, TakenItem, TakenOutcome};
use domain::flow::{FlowDetails, FlowDirection, FlowKind, FlowSource, Report, StatusSaid};
use domain::{Siren, Siret, Text, platform};
use serde_json::json;
use store::dialect;
use store::journal::Entry;

use crate::flows::{self, Source, Writing};
use crate::{Answer, Call, Result, invalid, journal};

const MOST: usize = 1_000;

pub fn create_statuses(call: &Call, _: Nothing, _: Nothing, body: StatusesInput) -> Result<Answer<StatusesResult>> {
    let scope = call.scope()?;
    if body.statuses.len() > MOST {
        let given = body.statuses.len();
        return Err(invalid(
            "/statuses",
            "too_many",
            format!("{given} statuts : au plus {MOST} par requête. Envoyez la suite dans une autre."),
            format!("{given} statuses: at most {MOST} in a request. Send the rest in another one."),
        ));
    }
    let given = body.platform.trim();
    if given.is_empty() || given.chars().count() > 100 {
        return Err(invalid(
            "/platform",
            "platform_required",
            "Le nom de la plateforme est attendu, en 100 caractères au plus.",
            "The name of the platform is expected, in 100 characters at most.",
        ));
    }
    call.app.store.conn()?.write(|conn| -> Result<_> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let judge = call.judge(conn)?;
        let name = platform::canonical_name(given, &judge.register);
        let read: Vec<std::result::Result<Report, Text>> = body.statuses.iter().map(|s| report(s, &name)).collect();
        let reports: Vec<Report> = read.iter().filter_map(|r| r.as_ref().ok().cloned()).collect();
        let stamp = journal::stamp(call);
        let mut w = Writing { conn, cabinet: scope.cabinet(), stamp: &stamp, judge: &judge };
        let taken = flows::take(&mut w, Source { kind: FlowSource::Api, name: &name }, &reports)?;
        let mut became = taken.reports.into_iter();
        let mut result = StatusesResult { created: 0, added: 0, unchanged: 0, refused: 0, items: Vec::new() };
        for (index, read) in (0u32..).zip(read) {
            let (outcome, flow_id, message) = match read {
                Err(message) => (TakenOutcome::Refused, None, Some(message)),
                Ok(_) => match became.next() {
                    Some(t) => (t.outcome, t.flow, t.message),
                    None => continue,
                },
            };
            result.items.push(TakenItem { index, outcome, flow_id, message });
        }
        (result.created, result.added, result.unchanged) = (taken.created, taken.added, taken.unchanged);
        if taken.created + taken.added > 0 {
            let entry = Entry {
                action: "flow_status.take",
                subject_kind: "platform",
                subject_id: name.clone(),
                subject_label: name.clone(),
                changes: json!({ "created": [null, taken.created], "added": [null, taken.added] }),
                act_id: None,
            };
            store::journal::append(&mut *w.conn, scope.cabinet(), &stamp, &[entry])?;
        }
        result.refused = result.items.iter().filter(|i| i.outcome == TakenOutcome::Refused).count() as u64;
        Ok(Answer::new(result))
    })
}

/// The SIREN of what a program writes as a SIREN or a SIRET.
fn siren(text: &str) -> Option<Siren> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    Siren::parse(&digits).ok().or_else(|| Siret::parse(&digits).ok().map(|s| s.siren()))
}

fn number(text: Option<&String>) -> String {
    let text = text.map(|t| t.trim()).unwrap_or_default();
    siren(text).map_or_else(|| text.to_owned(), |s| s.to_string())
}

fn report(said: &StatusInput, platform: &str) -> std::result::Result<Report, Text> {
    let client = said.client.trim();
    let owner_siren = siren(client);
    let owner = owner_siren.map_or_else(|| client.to_owned(), |s| s.to_string());
    let (seller, counterparty) = (number(said.seller.as_ref()), number(said.counterparty.as_ref()));
    let missing = |value: &str, fr: &str, en: &str| {
        if value.trim().is_empty() { Err(Text::new(fr, en)) } else { Ok(()) }
    };
    missing(
        &owner,
        "`client` est vide : le SIREN ou le SIRET du client est attendu.",
        "`client` is empty: the client's SIREN or SIRET is expected.",
    )?;
    missing(
        &said.number,
        "`number` est vide : le numéro de la facture est attendu.",
        "`number` is empty: the invoice number is expected.",
    )?;
    missing(
        &said.status,
        "`status` est vide : un code (205) ou le mot de la plateforme est attendu.",
        "`status` is empty: a code (205) or the platform's word is expected.",
    )?;
    for (name, value, most) in [
        ("client", &said.client, 60),
        ("number", &said.number, 100),
        ("status", &said.status, 120),
        ("seller", said.seller.as_ref().unwrap_or(&String::new()), 60),
        ("counterparty", said.counterparty.as_ref().unwrap_or(&String::new()), 60),
        ("counterparty_name", said.counterparty_name.as_ref().unwrap_or(&String::new()), 250),
        ("comment", said.comment.as_ref().unwrap_or(&String::new()), 2_000),
        ("currency", said.currency.as_ref().unwrap_or(&String::new()), 10),
    ] {
        let length = value.chars().count();
        if length > most {
            return Err(Text::new(
                format!("`{name}` a {length} caractères : au plus {most}."),
                format!("`{name}` has {length} characters: at most {most}."),
            ));
        }
    }
    if said.reasons.len() > 50 || said.reasons.iter().any(|r| r.chars().count() > 100) {
        return Err(Text::new(
            "`reasons` : au plus 50 codes de 100 caractères.",
            "`reasons`: at most 50 codes of 100 characters.",
        ));
    }
    let direction = match said.direction {
        Some(direction) => direction,
        None if seller == owner => FlowDirection::Sale,
        None if !seller.is_empty() => FlowDirection::Purchase,
        None => {
            return Err(Text::new(
                "Vente ou achat ? Donnez `direction`, ou le SIREN du vendeur dans `seller`.",
                "Sale or purchase? Give `direction`, or the seller's SIREN in `seller`.",
            ));
        }
    };
    let seller = match (seller.is_empty(), direction) {
        (false, _) => seller,
        (true, FlowDirection::Sale) => owner.clone(),
        (true, FlowDirection::Purchase) => counterparty.clone(),
    };
    let counterparty = match direction {
        FlowDirection::Purchase if counterparty.is_empty() => seller.clone(),
        _ => counterparty,
    };
    let kind = said.kind.unwrap_or(FlowKind::Invoice);
    let raw = said.status.trim();
    Ok(Report {
        owner,
        owner_siren,
        kind,
        direction,
        number: said.number.trim().to_owned(),
        seller,
        counterparty,
        counterparty_name: said.counterparty_name.clone().unwrap_or_default(),
        issued_on: said.issued_on,
        due_on: said.due_on,
        net_cents: said.net_cents,
        vat_cents: said.vat_cents,
        gross_cents: said.gross_cents,
        currency: said.currency.clone().unwrap_or_else(|| "EUR".to_owned()),
        platform: platform.to_owned(),
        details: FlowDetails::default(),
        status: Some(StatusSaid {
            code: intake::flow::status_code(raw),
            raw: raw.to_owned(),
            reasons: said.reasons.clone(),
            comment: said.comment.clone().unwrap_or_default(),
            collected_cents: said.collected_cents,
            at: said.at,
        }),
    })
}
