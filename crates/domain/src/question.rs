//! What a client is asked in the link: only what the firm lacks, each question one screen.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{DossierFacts, MandateKind, MandateTerms, Text};

closed_enum! {
    /// A question, in the order in which they are asked. What is easy comes first.
    pub enum Question {
        /// Trade name, legal form, establishment.
        Identity = "identity",
        /// Who can be written to and called.
        Contact = "contact",
        /// Kinds of customers.
        Customers = "customers",
        /// Invoices per month.
        Volume = "volume",
        /// Software that makes the invoices.
        Tool = "tool",
        /// The platform chosen, if one is.
        Platform = "platform",
        VatRegime = "vat_regime",
        /// Headcount, turnover, balance sheet.
        Size = "size",
    }
}

impl Question {
    /// Facts that its answers become, by their name in a change of a dossier.
    pub const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Identity => &["trade_name", "legal_form", "sirets"],
            Self::Contact => &["contacts"],
            Self::Customers => &["activity"],
            Self::Volume => &["invoices_per_month"],
            Self::Tool => &["tool"],
            Self::Platform => &["reception_platform"],
            Self::VatRegime => &["vat_regime"],
            Self::Size => &["headcount", "turnover_cents", "balance_sheet_cents"],
        }
    }

    /// A title for the client.
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Identity => ("Votre entreprise", "Your company"),
            Self::Contact => ("Vos coordonnées", "How to reach you"),
            Self::Customers => ("Vos clients", "Your customers"),
            Self::Volume => ("Vos factures", "Your invoices"),
            Self::Tool => ("Votre outil de facturation", "Your invoicing software"),
            Self::Platform => ("Votre plateforme", "Your platform"),
            Self::VatRegime => ("Votre TVA", "Your VAT"),
            Self::Size => ("La taille de votre entreprise", "The size of your company"),
        };
        Text::new(fr, en)
    }
}

/// A mandate that waits for the client, as far as it makes a question needless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaited {
    pub kind: MandateKind,
    pub names_platform: bool,
}

impl Awaited {
    pub fn new(kind: MandateKind, terms: &MandateTerms) -> Self {
        Self { kind, names_platform: terms.platform.is_some() }
    }
}

/// What the firm lacks of a dossier, as its client can tell. Nobody is asked what is known, or what a mandate that the
/// client is about to sign already says.
pub fn questions(facts: &DossierFacts, awaited: &[Awaited], today: NaiveDate) -> Vec<Question> {
    Question::ALL.iter().copied().filter(|q| lacks(facts, awaited, today, *q)).collect()
}

fn lacks(facts: &DossierFacts, awaited: &[Awaited], today: NaiveDate, question: Question) -> bool {
    match question {
        // A trade name is asked along with the others, never for itself: many companies have none.
        Question::Identity => facts.legal_form.is_none() || facts.sirets.is_empty(),
        Question::Contact => !facts.contacts.iter().any(|c| c.name.is_some() && c.email.is_some() && c.phone.is_some()),
        Question::Customers => {
            let a = &facts.activity;
            a.b2b.is_none()
                || a.b2c.is_none()
                || a.b2g.is_none()
                || a.sells_abroad().is_none()
                || a.buys_abroad().is_none()
        }
        Question::Volume => facts.invoices_per_month.is_none(),
        Question::Tool => facts.tool.is_none(),
        Question::Platform => facts.reception_platform.is_none() && !awaited.iter().any(|a| a.names_platform),
        Question::VatRegime => facts.vat_regime_on(today).is_none(),
        Question::Size => facts.size(today).class.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Activity, Contact, Siren, VatRegime};

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 26).unwrap()
    }

    fn bare() -> DossierFacts {
        DossierFacts::new(Siren::parse("732829320").unwrap(), "Essai")
    }

    #[test]
    fn of_whom_nothing_is_known_everything_is_asked() {
        assert_eq!(questions(&bare(), &[], day()), Question::ALL);
    }

    #[test]
    fn what_is_known_is_not_asked() {
        let mut f = bare();
        f.legal_form = Some("SARL".into());
        f.sirets = vec![crate::Siret::parse("73282932000074").unwrap()];
        f.contacts = vec![
            Contact { name: Some("A".into()), email: None, phone: None },
            Contact { name: Some("B".into()), email: Some("b@exemple.fr".into()), phone: Some("+33612345678".into()) },
        ];
        f.activity =
            Activity { b2b: Some(true), b2c: Some(false), b2g: Some(false), international: Some(false), ..f.activity };
        f.invoices_per_month = Some(0);
        f.tool = Some("Sage 50".into());
        f.set_vat_regime(VatRegime::Simplified, day());
        // The turnover alone does not settle micro or PME, a headcount with it does.
        f.headcount = Some(3);
        f.turnover_cents = Some(10_000_000);
        assert_eq!(questions(&f, &[], day()), [Question::Platform]);
        f.reception_platform = Some("PENNYLANE".into());
        assert_eq!(questions(&f, &[], day()), []);
        f.contacts[1].phone = None;
        f.activity.international = None;
        f.headcount = None;
        assert_eq!(questions(&f, &[], day()), [Question::Contact, Question::Customers, Question::Size]);
    }

    #[test]
    fn a_mandate_that_names_the_platform_answers_for_it() {
        let named = MandateTerms { platform: Some("PENNYLANE".into()), ..MandateTerms::default() };
        let asked = |terms: &MandateTerms| {
            questions(&bare(), &[Awaited::new(MandateKind::Designation, terms)], day()).contains(&Question::Platform)
        };
        assert!(asked(&MandateTerms::default()));
        assert!(!asked(&named));
    }

    #[test]
    fn answers_become_facts_that_exist() {
        for question in Question::ALL {
            for field in question.fields() {
                assert!(*field == "vat_regime" || DossierFacts::FIELDS.contains(field), "{field}");
            }
        }
    }
}
