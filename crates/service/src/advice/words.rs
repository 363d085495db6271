//! The words of the proof-of-advice file, which is in French: it goes to the client. What the domain names itself
//! is called so here, too.

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

pub const fn criterion_state(state: CriterionState) -> &'static str {
    match state {
        CriterionState::Met => "Rempli",
        CriterionState::Half => "Compte pour moitié",
        CriterionState::Missing => "Manque",
        CriterionState::NotApplicable => "Sans objet",
    }
}

pub fn criterion(criterion: Criterion) -> &'static str {
    &criterion.row().label.fr
}

pub fn obligation(kind: ObligationKind) -> String {
    kind.text().fr
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
        "dossier.answer" => "Dossier complété par le client",
        "dossier.delete" => "Dossier supprimé",
        "dossier.hand_over" => "Dossier confié à son titulaire",
        "dossier.undo" => "Dossier remis comme avant",
        "exchange.create" => "Échange enregistré",
        "exchange.cancel" => "Échange annulé",
        "deadline.settle" => "Échéances déclarées",
        "deadline.reopen" => "Échéances reprises",
        "mandate.create" => "Mandat établi",
        "mandate.update" => "Mandat récrit",
        "mandate.delete" => "Brouillon de mandat supprimé",
        "mandate.prepare" => "Mandat à envoyer",
        "mandate.withdraw" => "Envoi du mandat retiré",
        "mandate.send" => "Mandat envoyé",
        "mandate.bounce" => "Mandat non remis, adresse refusée",
        "mandate.open" => "Mandat ouvert par le client",
        "mandate.remind" => "Mandat relancé",
        "mandate.sign" => "Mandat signé en ligne",
        "mandate.upload" => "Mandat signé déposé",
        "mandate.accept" => "Mandat accepté",
        "mandate.refuse" => "Mandat refusé",
        "mandate.decline" => "Mandat décliné par le client",
        "mandate.expire" => "Mandat arrivé à son terme",
        "mandate.revoke" => "Mandat révoqué",
        "mandate.reopen" => "Mandat repris",
        "signature.end" => "Signature chez le prestataire terminée",
        "link.create" => "Lien du client créé",
        "link.revoke" => "Lien du client révoqué",
        "proposal.create" => "Réponse du client reçue",
        "proposal.decide" => "Réponse du client examinée",
        "mail.act" => "Message renvoyé, annulé ou confirmé",
        "mail.answer" => "Réponse du client notée",
        "mail.answer_undo" => "Réponse du client annulée",
        "relance.approve" => "Relance approuvée",
        "relance.skip" => "Étape de relance passée",
        "relance.answered" => "Client noté comme ayant répondu",
        "relance.remove" => "Dossier sorti d’une séquence de relances",
        "relance.done" => "Appel ou lettre fait",
        "relance.print" => "Lettre de relance imprimée",
        "relance.pause" => "Relances mises en pause",
        "relance.resume" => "Pause des relances finie",
        "relance.pause_undo" => "Pause des relances remise comme avant",
        "template.test" => "Texte de relance envoyé à l’essai",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_to_a_dossier_has_its_words() {
        let of_dossiers = ["dossier", "exchange", "deadline", "mandate", "signature", "link", "mail", "relance"];
        let about_one = |code: &&&str| code.split_once('.').is_some_and(|(kind, _)| of_dossiers.contains(&kind));
        for code in domain::journal::ACTIONS.iter().filter(about_one).chain(&["proposal.create", "template.test"]) {
            assert_ne!(action(code), *code);
        }
    }
}
