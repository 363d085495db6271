//! What stands in a mandate: filled from the dossier, checked when written by hand.

use domain::mandate::Power;
use domain::reference::mandate_kind;
use domain::{DossierFacts, MandateKind, MandateTerms, PlatformDecider, Text};

use crate::collection_settings::Collecting;
use crate::fields::Check;
use crate::{Result, invalid};

/// The terms of a kind, each a line that people read; what is not of the kind goes.
pub(super) fn checked(kind: MandateKind, terms: MandateTerms) -> Result<MandateTerms> {
    let mut check = Check::default();
    let mut line = |field: &str, value: Option<String>, most: usize| {
        let value = value.filter(|v| !v.trim().is_empty())?;
        Some(check.line(&format!("/terms/{field}"), &value, most))
    };
    let mut terms = MandateTerms {
        signatory: line("signatory", terms.signatory, 120),
        quality: line("quality", terms.quality, 120),
        platform: line("platform", terms.platform, 120),
        platform_number: line("platform_number", terms.platform_number, 20),
        former_platform: line("former_platform", terms.former_platform, 120),
        number_series: line("number_series", terms.number_series, 20),
        agent: line("agent", terms.agent, 200),
        ..terms
    };
    if terms.platform_number.as_deref().is_some_and(|n| !n.bytes().all(|b| b.is_ascii_alphanumeric())) {
        check.refuse(
            "/terms/platform_number",
            "platform_number",
            "Le SIREN ou le matricule de la plateforme est attendu : des chiffres et des lettres, sans espace.",
            "The SIREN or the number of the platform is expected: digits and letters, without a space.",
        );
    }
    if terms.perimeter.len() > 100 {
        check.refuse(
            "/terms/perimeter",
            "too_many",
            "100 adresses au plus ; laissez vide pour toutes.",
            "100 addresses at most; leave it empty for all.",
        );
    }
    check.done()?;
    let mut seen = std::collections::HashSet::new();
    terms.perimeter.retain(|line| seen.insert(line.as_str().to_owned()));
    terms.powers = Power::ALL.iter().copied().filter(|p| terms.powers.contains(p)).collect();
    let row = mandate_kind(kind);
    if !row.names_platform {
        (terms.platform, terms.platform_number, terms.former_platform) = (None, None, None);
    }
    if kind != MandateKind::Designation {
        (terms.effective_on, terms.former_platform) = (None, None);
        terms.perimeter.clear();
    }
    if kind != MandateKind::Delegation {
        terms.powers.clear();
    }
    if !matches!(kind, MandateKind::Invoicing | MandateKind::SelfBilling) {
        (terms.number_series, terms.agent, terms.dedicated_address) = (None, None, None);
    }
    Ok(terms)
}

/// Refuses addresses of another company than the dossier's.
pub(super) fn check_perimeter(terms: &MandateTerms, facts: &DossierFacts) -> Result<()> {
    let siren = facts.siren.to_string();
    let foreign = terms.perimeter.iter().chain(&terms.dedicated_address).find(|line| line.siren() != siren);
    match foreign {
        None => Ok(()),
        Some(line) => Err(invalid(
            "/terms/perimeter",
            "siren_of_another",
            format!("{} n’est pas une adresse du SIREN {siren}.", line.as_str()),
            format!("{} is not an address of SIREN {siren}.", line.as_str()),
        )),
    }
}

/// Fills what was not given from the dossier and the firm.
pub(super) fn filled(
    kind: MandateKind,
    given: MandateTerms,
    facts: &DossierFacts,
    (firm, cabinet_name): (&Collecting, &str),
) -> MandateTerms {
    let mut terms = given;
    if terms.signatory.is_none() {
        let contact = facts.addressee().or_else(|| facts.contacts.iter().find(|c| c.name.is_some()));
        terms.signatory = contact.and_then(|c| c.name.clone());
    }
    if mandate_kind(kind).names_platform && terms.platform.is_none() {
        terms.platform.clone_from(&facts.reception_platform);
    }
    if kind == MandateKind::Delegation && terms.powers.is_empty() {
        let client_decides = facts.platform_decided_by.unwrap_or(firm.decider) == PlatformDecider::Client;
        let chooses = |p: &Power| matches!(p, Power::ChoosePlatform | Power::ChangePlatform);
        // Who decides himself keeps the choice.
        terms.powers = if client_decides {
            Power::ALL.iter().copied().filter(|p| !chooses(p)).collect()
        } else {
            Power::ALL.to_vec()
        };
    }
    if kind == MandateKind::Invoicing && terms.agent.is_none() {
        terms.agent = Some(cabinet_name.to_owned());
    }
    terms
}

/// Facts and terms that the document lacks: they are printed as lines to fill in by hand.
pub(super) fn lacking(kind: MandateKind, terms: &MandateTerms, facts: &DossierFacts, firm: &Collecting) -> Vec<Text> {
    let row = mandate_kind(kind);
    let designation = kind == MandateKind::Designation;
    let bills = matches!(kind, MandateKind::Invoicing | MandateKind::SelfBilling);
    let letter = matches!(kind, MandateKind::EngagementLetter | MandateKind::EngagementAddendum);
    let parts = [
        (terms.signatory.is_none(), "Nom du signataire", "Name of the signatory"),
        (terms.quality.is_none(), "Qualité du signataire", "Capacity of the signatory"),
        (facts.legal_form.is_none(), "Forme juridique du client", "Legal form of the client"),
        (facts.address.is_none() || facts.city.is_none(), "Adresse du client", "Address of the client"),
        (facts.sirets.is_empty(), "SIRET du siège", "SIRET of the head office"),
        (row.names_platform && terms.platform.is_none(), "Plateforme", "Platform"),
        (
            row.names_platform && terms.platform_number.is_none(),
            "SIREN ou matricule de la plateforme",
            "SIREN or number of the platform",
        ),
        (designation && terms.effective_on.is_none(), "Date d’effet", "Effective date"),
        (bills && terms.agent.is_none(), "Mandataire qui facture", "Agent who invoices"),
        (bills && terms.number_series.is_none(), "Série de numéros du mandataire", "Number series of the agent"),
        (firm.firm_siren.is_none(), "SIREN du cabinet", "SIREN of the firm"),
        (firm.firm_address.is_none(), "Adresse du cabinet", "Address of the firm"),
        (letter && firm.firm_signatory.is_none(), "Signataire du cabinet", "Signatory of the firm"),
        (firm.firm_registration.is_none(), "Inscription à l’Ordre", "Registration at the Ordre"),
    ];
    parts.into_iter().filter(|(missing, _, _)| *missing).map(|(_, fr, en)| Text::new(fr, en)).collect()
}
