//! The words of the proof-of-advice file, which is in French: it goes to the client. Codes of the domain are worded by
//! their text and a test holds that each has its words.

use contract::{ExchangeChannel, ExchangeKind};
use domain::{Criterion, CriterionState, ObligationKind, ObligationStatus, ReadinessState};

pub const fn kind(kind: ExchangeKind) -> &'static str {
    match kind {
        ExchangeKind::Told => "Dit au client",
        ExchangeKind::Asked => "Demandé au client",
        ExchangeKind::Received => "Reçu du client",
    }
}

pub const fn channel(channel: ExchangeChannel) -> &'static str {
    match channel {
        ExchangeChannel::Meeting => "Rendez-vous",
        ExchangeChannel::Call => "Téléphone",
        ExchangeChannel::Email => "E-mail",
        ExchangeChannel::Letter => "Courrier",
        ExchangeChannel::Platform => "Plateforme",
        ExchangeChannel::Other => "Autre",
    }
}

pub const fn state(state: ReadinessState) -> &'static str {
    match state {
        ReadinessState::Late => "En retard",
        ReadinessState::Unknown => "Indéterminé",
        ReadinessState::AtRisk => "À risque",
        ReadinessState::OnTrack => "En bonne voie",
        ReadinessState::Ready => "Prêt",
    }
}

pub fn criterion_state(state: CriterionState) -> &'static str {
    match state.as_str() {
        "met" => "Rempli",
        "half" => "Compte pour moitié",
        "missing" => "Manque",
        "not_applicable" => "Sans objet",
        _ => "",
    }
}

pub fn criterion(criterion: Criterion) -> &'static str {
    match criterion.as_str() {
        "identity" => "Identité vérifiée",
        "establishment" => "Établissement (SIRET)",
        "size" => "Taille de l’entreprise",
        "vat_regime" => "Régime de TVA",
        "reception_platform" => "Plateforme de réception",
        "contact" => "Contact joignable",
        "person_in_charge" => "Personne en charge",
        "activity" => "Types de clients",
        "invoice_volume" => "Volume de factures",
        "emission" => "Émission préparée",
        "mandate" => "Mandat en vigueur",
        "directory_address" => "Adresse dans l’annuaire",
        "tool_mapped" => "Outil relié à une plateforme",
        "reception_proved" => "Réception prouvée",
        "emission_proved" => "Émission prouvée",
        "e_reporting_configured" => "E-reporting configuré",
        "first_transmission" => "Première transmission acceptée",
        "client_informed" => "Client informé",
        "no_critical_anomaly" => "Aucune anomalie critique",
        _ => "",
    }
}

pub fn obligation(kind: ObligationKind) -> &'static str {
    match kind.as_str() {
        "reception" => "Réception des factures électroniques",
        "emission" => "Émission des factures électroniques",
        "sales_international" => "E-reporting des ventes à l’international",
        "sales_b2c" => "E-reporting des ventes aux particuliers",
        "acquisitions" => "E-reporting des acquisitions à l’étranger",
        "payments_international" => "E-reporting des paiements à l’international",
        "payments_b2c" => "E-reporting des paiements des particuliers",
        _ => "",
    }
}

pub const fn obligation_status(status: ObligationStatus) -> &'static str {
    match status {
        ObligationStatus::Applies => "S’applique",
        ObligationStatus::NotApplicable => "Ne s’applique pas",
        ObligationStatus::Undetermined => "Pas encore déterminable",
    }
}

/// What a journal row tells; an action that comes later is shown as it is.
pub fn action(action: &str) -> &str {
    match action {
        "dossier.create" => "Dossier créé",
        "dossier.update" => "Dossier modifié",
        "dossier.delete" => "Dossier supprimé",
        "dossier.hand_over" => "Dossier confié à son titulaire",
        "dossier.undo" => "Dossier remis comme avant",
        "exchange.create" => "Échange enregistré",
        "exchange.cancel" => "Échange annulé",
        "deadline.settle" => "Échéances déclarées",
        "deadline.reopen" => "Échéances reprises",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_words() {
        for c in Criterion::ALL {
            assert!(!criterion(*c).is_empty(), "{c}");
        }
        for s in CriterionState::ALL {
            assert!(!criterion_state(*s).is_empty(), "{s}");
        }
        for k in ObligationKind::ALL {
            assert!(!obligation(*k).is_empty(), "{k}");
        }
    }
}
