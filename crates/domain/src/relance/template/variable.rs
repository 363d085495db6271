//! The variables: what each is, what it looks like, and where it can be empty.

use crate::Text;

closed_enum! {
    /// What a variable holds; it decides which filters fit.
    pub enum ValueKind {
        Text = "text",
        /// Several texts.
        List = "list",
        Date = "date",
        Money = "money",
        Number = "number",
        Link = "link",
    }
}

impl ValueKind {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Text => ("texte", "text"),
            Self::List => ("liste", "list"),
            Self::Date => ("date", "date"),
            Self::Money => ("montant", "amount"),
            Self::Number => ("nombre", "number"),
            Self::Link => ("lien", "link"),
        };
        Text::new(fr, en)
    }
}

closed_enum! {
    /// What a variable is about, for who picks one.
    pub enum VariableGroup {
        Dossier = "dossier",
        Contact = "contact",
        /// The person in charge.
        Person = "person",
        Cabinet = "cabinet",
        Obligation = "obligation",
        /// Amounts of the law, as of the day of the message.
        Law = "law",
        Mandate = "mandate",
        /// Answers that the firm lacks.
        Missing = "missing",
        /// The message itself: deadline, link, day.
        Message = "message",
    }
}

impl VariableGroup {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Dossier => ("Dossier", "Dossier"),
            Self::Contact => ("Contact", "Contact"),
            Self::Person => ("Personne en charge", "Person in charge"),
            Self::Cabinet => ("Cabinet", "Firm"),
            Self::Obligation => ("Obligations", "Obligations"),
            Self::Law => ("Montants de la loi", "Amounts of the law"),
            Self::Mandate => ("Mandats", "Mandates"),
            Self::Missing => ("Réponses manquantes", "Missing answers"),
            Self::Message => ("Message", "Message"),
        };
        Text::new(fr, en)
    }
}

/// A row of the table; words in French and in English.
struct Row {
    group: VariableGroup,
    kind: ValueKind,
    label: (&'static str, &'static str),
    example: (&'static str, &'static str),
    empty: Option<(&'static str, &'static str)>,
}

macro_rules! variables {
    ($($(#[$meta:meta])* $name:ident = $code:literal: $group:ident, $kind:ident, $label:expr, $example:expr, $empty:expr;)+) => {
        closed_enum! {
            /// What a text can ask for.
            pub enum Variable { $($(#[$meta])* $name = $code),+ }
        }
        impl Variable {
            const fn row(self) -> Row {
                match self {
                    $(Self::$name => Row {
                        group: VariableGroup::$group,
                        kind: ValueKind::$kind,
                        label: $label,
                        example: $example,
                        empty: $empty,
                    }),+
                }
            }
        }
    };
}

const UNTOLD: Option<(&str, &str)> =
    Some(("quand le cabinet ne le sait pas encore", "while the firm does not know it yet"));
const NO_PERSON: Option<(&str, &str)> = Some((
    "quand le dossier n’a personne en charge dans CabReady",
    "when nobody of CabReady is in charge of the dossier",
));
const NO_REPORT: Option<(&str, &str)> =
    Some(("quand aucune déclaration n’est à venir dans l’année", "when no report is due within a year"));
const NO_MANDATE: Option<(&str, &str)> =
    Some(("quand aucun mandat n’attend le client", "when no mandate waits for the client"));

variables! {
    DossierName = "dossier.name": Dossier, Text,
        ("nom du dossier", "name of the dossier"), ("Boulangerie de l’Île SARL", "Boulangerie de l’Île SARL"), None;
    /// Dossiers that the message is about.
    DossierCount = "dossier.count": Dossier, Number,
        ("nombre de dossiers du message", "number of dossiers of the message"), ("1", "1"), None;
    DossierSiren = "dossier.siren": Dossier, Text,
        ("SIREN", "SIREN"), ("732 829 320", "732 829 320"), None;
    DossierCode = "dossier.code": Dossier, Text,
        ("code du dossier dans le logiciel du cabinet", "code of the dossier in the firm’s software"), ("B00012", "B00012"),
        Some(("quand la liste importée n’avait pas de code", "when the imported list had no code"));
    DossierLegalForm = "dossier.legal_form": Dossier, Text,
        ("forme juridique", "legal form"), ("SARL", "SARL"), UNTOLD;
    DossierCity = "dossier.city": Dossier, Text,
        ("ville", "city"), ("Lille", "Lille"), UNTOLD;
    ReceptionPlatform = "dossier.reception_platform": Dossier, Text,
        ("plateforme de réception", "platform for reception"), ("PENNYLANE", "PENNYLANE"),
        Some(("quand aucune n’est choisie", "while none is chosen"));
    EmissionPlatform = "dossier.emission_platform": Dossier, Text,
        ("plateforme d’émission", "platform for emission"), ("PENNYLANE", "PENNYLANE"),
        Some(("quand aucune n’est choisie", "while none is chosen"));
    DossierTool = "dossier.tool": Dossier, Text,
        ("outil de facturation", "invoicing software"), ("Sage 50", "Sage 50"), UNTOLD;

    ContactName = "contact.name": Contact, Text,
        ("nom du contact", "name of the contact"), ("Claire Martin", "Claire Martin"),
        Some(("quand le contact n’a pas de nom", "when the contact has no name"));
    ContactEmail = "contact.email": Contact, Text,
        ("e-mail du contact", "e-mail of the contact"), ("claire.martin@exemple.fr", "claire.martin@exemple.fr"),
        Some(("quand le contact n’a pas d’e-mail : appel, courrier", "when the contact has no e-mail: call, letter"));

    PersonName = "person.name": Person, Text,
        ("nom de la personne en charge", "name of the person in charge"), ("Paul Durand", "Paul Durand"), NO_PERSON;
    PersonEmail = "person.email": Person, Text,
        ("e-mail de la personne en charge", "e-mail of the person in charge"),
        ("paul.durand@cabinet-exemple.fr", "paul.durand@cabinet-exemple.fr"), NO_PERSON;

    CabinetName = "cabinet.name": Cabinet, Text,
        ("nom du cabinet", "name of the firm"), ("Cabinet Exemple", "Cabinet Exemple"), None;
    CabinetReplyTo = "cabinet.reply_to": Cabinet, Text,
        ("adresse de réponse", "address for answers"),
        ("facturation@cabinet-exemple.fr", "facturation@cabinet-exemple.fr"),
        Some(("quand ni les réglages ni une personne en charge n’en donnent", "when neither settings nor a person in charge give one"));
    CabinetPhone = "cabinet.phone": Cabinet, Text,
        ("téléphone du cabinet", "telephone of the firm"), ("03 20 00 00 00", "03 20 00 00 00"),
        Some(("quand les réglages n’en donnent pas", "when the settings give none"));

    /// The earliest of several dossiers.
    ReceptionOn = "obligation.reception_on": Obligation, Date,
        ("début de l’obligation de recevoir", "start of the duty to receive"),
        ("1er septembre 2026", "1 September 2026"),
        Some(("quand l’obligation ne s’applique pas, ou ne peut pas être dite", "when the duty does not apply, or cannot be told"));
    EmissionOn = "obligation.emission_on": Obligation, Date,
        ("début de l’obligation d’émettre", "start of the duty to issue"), ("1er septembre 2027", "1 September 2027"),
        Some(("quand l’obligation ne s’applique pas, ou ne peut pas être dite", "when the duty does not apply, or cannot be told"));
    SizeClass = "obligation.size": Obligation, Text,
        ("taille de l’entreprise", "size of the company"), ("PME", "small or medium company"),
        Some(("quand les chiffres manquent", "when figures are missing"));
    ReportName = "report.name": Obligation, Text,
        ("prochaine déclaration d’e-reporting", "next report of e-reporting"),
        ("e-reporting des ventes", "e-reporting of sales"), NO_REPORT;
    ReportFrom = "report.from": Obligation, Date,
        ("premier jour de sa période", "first day of its period"), ("1er septembre 2027", "1 September 2027"), NO_REPORT;
    ReportTo = "report.to": Obligation, Date,
        ("dernier jour de sa période", "last day of its period"), ("30 septembre 2027", "30 September 2027"), NO_REPORT;
    /// The prudent reading where sources differ.
    ReportLimit = "report.limit": Obligation, Date,
        ("date limite de la prochaine déclaration", "limit of the next report"),
        ("10 octobre 2027", "10 October 2027"), NO_REPORT;
    /// The most that the law could ask today, reliefs not deducted.
    Exposure = "exposure.total": Obligation, Money,
        ("exposition maximale théorique", "maximum theoretical exposure"), ("1 500 €", "€1,500"),
        Some(("quand rien ne peut être compté", "when nothing can be counted"));

    FineReception = "law.fine_reception": Law, Money,
        ("première amende sans plateforme de réception", "first fine without a reception platform"), ("500 €", "€500"), None;
    FineReceptionNext = "law.fine_reception_next": Law, Money,
        ("amendes suivantes sans plateforme de réception", "next fines without a reception platform"), ("1 000 €", "€1,000"), None;
    FineReceptionMonths = "law.fine_reception_months": Law, Number,
        ("mois entre la mise en demeure et l’amende", "months from the formal notice to the fine"), ("3", "3"), None;
    FineInvoice = "law.fine_invoice": Law, Money,
        ("amende par facture non électronique", "fine for an invoice that is not electronic"), ("50 €", "€50"), None;
    FineInvoiceCap = "law.fine_invoice_cap": Law, Money,
        ("plafond annuel des amendes par facture", "yearly cap of the fines for invoices"), ("15 000 €", "€15,000"), None;
    FineReport = "law.fine_report": Law, Money,
        ("amende par déclaration d’e-reporting manquante", "fine for a missing report"), ("500 €", "€500"), None;
    FineReportCap = "law.fine_report_cap": Law, Money,
        ("plafond annuel des amendes d’e-reporting", "yearly cap of the fines for reports"), ("15 000 €", "€15,000"), None;

    MandateKinds = "mandate.kinds": Mandate, List,
        ("documents qui attendent la signature", "documents that wait for the signature"),
        ("mandat de délégation", "delegation mandate"), NO_MANDATE;
    MandateSentOn = "mandate.sent_on": Mandate, Date,
        ("premier envoi de ces documents", "first sending of these documents"), ("12 octobre 2026", "12 October 2026"), NO_MANDATE;

    MissingQuestions = "missing.questions": Missing, List,
        ("ce qui manque", "what is missing"), ("vos clients et votre TVA", "your customers and your VAT"),
        Some(("quand rien ne manque", "when nothing is missing"));
    MissingCount = "missing.count": Missing, Number,
        ("nombre de questions sans réponse", "number of questions without an answer"), ("2", "2"),
        Some(("quand rien ne manque", "when nothing is missing"));

    /// Of the sequence; a day that has passed is no deadline any more.
    Deadline = "deadline": Message, Date,
        ("échéance de la séquence", "deadline of the sequence"), ("15 décembre 2026", "15 December 2026"),
        Some(("quand la séquence n’en a pas, ou qu’elle est passée", "when the sequence has none, or it has passed"));
    Link = "link": Message, Link,
        ("lien personnel du client", "the client’s personal link"),
        ("https://cabready.example/l/…", "https://cabready.example/l/…"), None;
    Today = "today": Message, Date,
        ("jour de l’envoi", "day of the sending"), ("27 novembre 2026", "27 November 2026"), None;
}

impl Variable {
    pub fn group(self) -> VariableGroup {
        self.row().group
    }

    pub fn kind(self) -> ValueKind {
        self.row().kind
    }

    /// Within a sentence.
    pub fn label(self) -> Text {
        let (fr, en) = self.row().label;
        Text::new(fr, en)
    }

    /// As it is written without a filter.
    pub fn example(self) -> Text {
        let (fr, en) = self.row().example;
        Text::new(fr, en)
    }

    /// When it is empty, so that a text must say what stands there then; nothing when it never is.
    pub fn empty(self) -> Option<Text> {
        self.row().empty.map(|(fr, en)| Text::new(fr, en))
    }
}
