//! Taking an act back: a bulk act or an import. The journal tells what it did; a dossier is given back what it had only
//! where nobody has worked on it since.

use std::collections::HashSet;

use contract::{ItemOutcome, ItemResult};
use domain::{DossierId, Text};
use serde_json::{Map, Value};
use store::journal::Stamp;
use store::{Conn, Scope};

use crate::Result;
use crate::dossiers::{Cause, Draft, write};
use crate::judge::Judge;

/// What is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undone {
    BulkAct,
    Import,
}

/// The action of the journal rows that an undo writes.
pub const ACTION: &str = "dossier.undo";

/// Takes back every dossier of an act, in the transaction of the caller, which holds the cabinet's lock. `seen` is told
/// how many dossiers are done.
pub fn undo(
    conn: &mut Conn,
    scope: &Scope,
    stamp: &Stamp,
    judge: &Judge,
    what: Undone,
    act: &str,
    seen: &mut dyn FnMut(u64) -> Result<()>,
) -> Result<Vec<ItemResult>> {
    let cabinet = scope.cabinet();
    let cause = Cause { created: ACTION, updated: ACTION, deleted: ACTION, act_id: Some(act) };
    let touched = store::journal::touched_since(conn, cabinet, act, ("dossier", &[]))?;
    let mut results = Vec::new();
    let mut after_seq = 0;
    loop {
        let rows = store::journal::of_act(conn, cabinet, act, ("dossier", ACTION), after_seq, 500)?;
        let Some(last) = rows.last() else { break };
        after_seq = last.seq;
        let ids: Vec<DossierId> = rows.iter().filter_map(|r| r.subject_id.parse().ok()).collect();
        let mut present: std::collections::HashMap<DossierId, store::dossiers::Stored> =
            store::dossiers::find_many(conn, scope, &ids)?.into_iter().map(|d| (d.id, d)).collect();
        let mut drafts = Vec::new();
        for row in rows {
            let Ok(dossier_id) = row.subject_id.parse::<DossierId>() else { continue };
            let changes: Map<String, Value> = serde_json::from_str(&row.changes)?;
            let (outcome, reason) = match present.remove(&dossier_id) {
                None => (
                    ItemOutcome::NotFound,
                    Some(Text::new(
                        "Supprimé depuis, ou hors de votre périmètre.",
                        "Deleted since, or out of your scope.",
                    )),
                ),
                Some(now) => match take_back(conn, scope, now, what, &row.action, &changes, &touched)? {
                    Ok(draft) => {
                        drafts.push(draft);
                        (ItemOutcome::Changed, None)
                    }
                    Err((outcome, reason)) => (outcome, Some(reason)),
                },
            };
            results.push(ItemResult { dossier_id, name: Some(row.subject_label), outcome, reason });
        }
        write(conn, cabinet, stamp, judge, cause, drafts)?;
        seen(results.len() as u64)?;
    }
    Ok(results)
}

type Left = (ItemOutcome, Text);

fn take_back(
    conn: &mut Conn,
    scope: &Scope,
    now: store::dossiers::Stored,
    what: Undone,
    action: &str,
    changes: &Map<String, Value>,
    touched: &HashSet<String>,
) -> Result<std::result::Result<Draft, Left>> {
    if action.ends_with(".create") {
        if touched.contains(&now.id.to_string()) {
            let (fr, en) = match what {
                Undone::BulkAct => ("cet acte", "this act"),
                Undone::Import => ("cet import", "this import"),
            };
            let reason = Text::new(
                format!("Créé par {fr} et modifié depuis : conservé."),
                format!("Created by {en} and edited since: kept."),
            );
            return Ok(Err((ItemOutcome::Kept, reason)));
        }
        return Ok(Ok(Draft { before: Some(now), after: None }));
    }
    let present = now.facts.said();
    let mut fields = Vec::new();
    for (field, change) in changes {
        let (before, after) = (change.get(0).cloned().unwrap_or_default(), change.get(1).cloned().unwrap_or_default());
        if present.get(field).unwrap_or(&Value::Null) != &after {
            let name = field_name(field);
            let reason = Text::new(
                format!("« {} » n’a plus la valeur donnée alors : conservé.", name.fr),
                format!("“{}” no longer has the value given then: kept.", name.en),
            );
            return Ok(Err((ItemOutcome::Kept, reason)));
        }
        fields.push((field.clone(), before));
    }
    let Ok(facts) = now.facts.with_fields(fields) else {
        let reason = Text::new("L’état d’avant n’est plus lisible.", "The former state cannot be read any more.");
        return Ok(Err((ItemOutcome::Refused, reason)));
    };
    if facts.siren != now.facts.siren && store::dossiers::siren_is_taken(conn, scope, facts.siren)? {
        let reason = Text::new(
            format!("Son SIREN d’avant, {}, est celui d’un autre dossier à présent.", facts.siren),
            format!("Its former SIREN, {}, is that of another dossier now.", facts.siren),
        );
        return Ok(Err((ItemOutcome::Refused, reason)));
    }
    if facts.portfolio_id != now.facts.portfolio_id
        && let Some(id) = facts.portfolio_id
        && !store::references::portfolio_exists(conn, scope, id)?
    {
        let reason = Text::new("L’ancien portefeuille n’existe plus.", "The former portfolio does not exist any more.");
        return Ok(Err((ItemOutcome::Refused, reason)));
    }
    Ok(Ok(Draft { before: Some(now), after: Some(facts) }))
}

/// A fact as the screen calls it.
pub(crate) fn field_name(field: &str) -> Text {
    let (fr, en) = match field {
        "siren" => ("SIREN", "SIREN"),
        "name" => ("Nom", "Name"),
        "code" => ("Code dossier", "File code"),
        "trade_name" => ("Nom commercial", "Trade name"),
        "sirets" => ("Établissements (SIRET)", "Establishments (SIRET)"),
        "legal_form" => ("Forme juridique", "Legal form"),
        "naf_code" => ("Code NAF", "NAF code"),
        "address" => ("Adresse", "Address"),
        "postal_code" => ("Code postal", "Postal code"),
        "city" => ("Ville", "City"),
        "vat_regimes" => ("Régime de TVA", "VAT regime"),
        "headcount" => ("Effectif", "Headcount"),
        "turnover_cents" => ("Chiffre d’affaires", "Turnover"),
        "balance_sheet_cents" => ("Total du bilan", "Balance sheet total"),
        "fiscal_year_end" => ("Clôture de l’exercice", "Financial year end"),
        "size_override" => ("Taille retenue par le cabinet", "Size stated by the firm"),
        "vat_group_member" => ("Membre d’un assujetti unique", "Member of a VAT group"),
        "activity" => ("Types de clients", "Kinds of customers"),
        "invoices_per_month" => ("Factures par mois", "Invoices per month"),
        "tool" => ("Outil de facturation", "Invoicing software"),
        "reception_platform" => ("Plateforme de réception", "Reception platform"),
        "emission_platform" => ("Plateforme d’émission", "Emission platform"),
        "contacts" => ("Contacts", "Contacts"),
        "manager" => ("Responsable", "Manager"),
        "assignee" => ("Collaborateur", "Staff member"),
        "portfolio_id" => ("Portefeuille", "Portfolio"),
        "tags" => ("Étiquettes", "Tags"),
        "notes" => ("Notes", "Notes"),
        "confidential" => ("Confidentiel", "Confidential"),
        "vat_group_siren" => ("SIREN de l’assujetti unique", "SIREN of the VAT group"),
        "territory" => ("Territoire", "Territory"),
        "non_established" => ("Non établi en France", "Not established in France"),
        "public_entity" => ("Entité publique", "Public entity"),
        "vat_on_debits" => ("TVA sur les débits", "VAT on debits"),
        "reports_as" => ("Rythme de déclaration choisi", "Chosen reporting rhythm"),
        "tool_platform" => ("Plateforme de l’outil", "Platform of the software"),
        "platform_decided_by" => ("Qui décide de la plateforme", "Who decides on the platform"),
        "registration" => ("Inscription sur la plateforme", "Registration on the platform"),
        "directory_address" => ("Adresse dans l’annuaire", "Address in the directory"),
        "formal_notice_on" => ("Mise en demeure", "Formal notice"),
        "client_informed_on" => ("Client informé le", "Client informed on"),
        "early_starts" => ("Départs volontaires", "Voluntary starts"),
        "proofs" => ("Preuves", "Proofs"),
        "obligation_overrides" => ("Obligations retenues par le cabinet", "Obligations stated by the firm"),
        other => (other, other),
    };
    Text::new(fr, en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_a_name_for_people() {
        for field in domain::DossierFacts::FIELDS {
            let name = field_name(field);
            assert!(name.fr != *field && name.en != *field, "{field}");
        }
    }
}
