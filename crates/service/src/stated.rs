//! What the firm states of a client's obligations, where the computation would pass over it without a word.

use chrono::NaiveDate;
use domain::{DossierFacts, calendar, obligation};

use crate::time::french;
use crate::{Error, Result};

/// Refuses what a change states and nothing would follow from: what was stated before and has lost its effect since is
/// no reason to refuse another change.
pub(crate) fn check(before: Option<&DossierFacts>, after: &DossierFacts, today: NaiveDate) -> Result<()> {
    let error = early_starts(before, after, today, Error::new(contract::Code::Invalid));
    let error = overrides(before, after, error);
    let error = rhythm(before, after, today, error);
    if error.fields.is_empty() { Ok(()) } else { Err(error) }
}

/// A voluntary start comes before the legal day, one for each duty.
fn early_starts(before: Option<&DossierFacts>, after: &DossierFacts, today: NaiveDate, mut error: Error) -> Error {
    for (i, start) in after.early_starts.iter().enumerate() {
        if before.is_some_and(|b| b.early_starts.contains(start)) {
            continue;
        }
        if after.early_starts[..i].iter().any(|other| other.obligation == start.obligation) {
            error = error.and(
                format!("/early_starts/{i}/obligation"),
                "twice",
                "Un départ volontaire est déjà donné pour cette obligation : gardez-en un seul.",
                "A voluntary start is already given for this obligation: keep only one.",
            );
            continue;
        }
        let Some(legal) = obligation::late_start(after, start, today) else { continue };
        let (on_fr, legal_fr) = (french(start.on), french(legal));
        error = error.and(
            format!("/early_starts/{i}/on"),
            "not_early",
            format!(
                "{on_fr} : ce départ n’avance rien, l’obligation court par la loi dès le {legal_fr}. Une date de la réforme \
                 antérieure à ce jour est attendue ; sinon, retirez ce départ."
            ),
            format!(
                "{}: this start brings nothing forward, the obligation runs by law from {legal}. A day of the reform before \
                 it is expected; otherwise remove this start.",
                start.on
            ),
        );
    }
    error
}

/// One statement for each obligation: of two only the first would count.
fn overrides(before: Option<&DossierFacts>, after: &DossierFacts, mut error: Error) -> Error {
    if before.is_some_and(|b| b.obligation_overrides == after.obligation_overrides) {
        return error;
    }
    for (i, stated) in after.obligation_overrides.iter().enumerate() {
        if after.obligation_overrides[..i].iter().any(|other| other.obligation == stated.obligation) {
            error = error.and(
                format!("/obligation_overrides/{i}/obligation"),
                "twice",
                format!("« {} » est déjà arrêtée par le cabinet : gardez une seule décision.", stated.obligation),
                format!("« {} » is already stated by the firm: keep one statement.", stated.obligation),
            );
        }
    }
    error
}

/// A rhythm is chosen only where no text gives one.
fn rhythm(before: Option<&DossierFacts>, after: &DossierFacts, today: NaiveDate, error: Error) -> Error {
    let Some(chosen) = after.reports_as.filter(|chosen| before.and_then(|b| b.reports_as) != Some(*chosen)) else {
        return error;
    };
    if calendar::asks_rhythm(after, today) {
        return error;
    }
    error.and(
        "/reports_as",
        "not_asked",
        format!(
            "« {chosen} » : aucun rythme n’est à choisir pour ce dossier, son régime de TVA le fixe ou rien n’est à déclarer. \
             Laissez ce champ vide."
        ),
        format!(
            "« {chosen} »: this dossier has no rhythm to choose, its VAT regime gives it or nothing is to be reported. Leave \
             this field empty."
        ),
    )
}
