//! The documents that a client signs: which there are, what they hold, how they are laid out.

use chrono::{DateTime, NaiveDate, Utc};
use domain::mandate::Power;
use domain::{MandateKind, Siren, Siret};

use crate::PaperError;
use crate::sheet::{Composer, HEIGHT, Ink, Item, LEFT, Laid, MM, Mark, Node, RIGHT, Role, Signature, Style, dots};
use crate::template::{self, Block, Insert, Part, Placeholder, Signer, Template};
use crate::typography::Run;
use crate::words::{long_date, short_date, siren, siret};

/// The beginning of a file's name.
pub const fn file_stem(kind: MandateKind) -> &'static str {
    match kind {
        MandateKind::EngagementLetter => "lettre-de-mission",
        MandateKind::EngagementAddendum => "avenant-lettre-de-mission",
        MandateKind::Delegation => "mandat-delegation",
        MandateKind::Designation => "accord-designation",
        MandateKind::Invoicing => "mandat-facturation",
        MandateKind::SelfBilling => "mandat-autofacturation",
        MandateKind::PlatformRole => "autorisation-plateforme",
        MandateKind::EReportingPower => "procuration-e-reporting",
    }
}

pub fn title(kind: MandateKind) -> Result<&'static str, PaperError> {
    template::of(kind).map(|template| template.title.as_str())
}

/// Version and date of the text that is printed.
pub fn version(kind: MandateKind) -> Result<(&'static str, NaiveDate), PaperError> {
    template::of(kind).map(|template| (template.version.as_str(), template.date))
}

domain::closed_enum! {
    /// Lists of things to tick.
    pub enum Choices {
        Powers = "powers",
        SignedAs = "signed_as",
        Perimeter = "perimeter",
        Channel = "channel",
        Rights = "rights",
        ReportedFlows = "reported_flows",
        Missions = "missions",
        Tasks = "tasks",
    }
}

domain::closed_enum! {
    /// A line to tick for a delegation. One power of a mandate is told in one line or in several.
    pub(crate) enum PowerLine {
        Choose = "choose",
        Register = "register",
        Change = "change",
        Addresses = "addresses",
        Flows = "flows",
        Statuses = "statuses",
        Collected = "collected",
        Reporting = "reporting",
    }
}

const fn lines(power: Power) -> &'static [PowerLine] {
    match power {
        Power::ChoosePlatform => &[PowerLine::Choose],
        Power::Register => &[PowerLine::Register],
        Power::ChangePlatform => &[PowerLine::Change],
        Power::ActOnFlows => &[PowerLine::Addresses, PowerLine::Flows, PowerLine::Statuses, PowerLine::Collected],
        Power::EReporting => &[PowerLine::Reporting],
    }
}

domain::closed_enum! {
    pub enum PlatformRight {
        See = "see",
        Follow = "follow",
        Set = "set",
        Deposit = "deposit",
        Export = "export",
    }
}

domain::closed_enum! {
    pub enum ReportedFlow {
        International = "international",
        InternationalPayments = "international_payments",
        Consumers = "consumers",
        ConsumerPayments = "consumer_payments",
    }
}

domain::closed_enum! {
    pub enum Mission {
        Bookkeeping = "bookkeeping",
        Review = "review",
        Accounts = "accounts",
        Vat = "vat",
        IncomeTax = "income_tax",
        Payroll = "payroll",
        EInvoicing = "e_invoicing",
    }
}

domain::closed_enum! {
    pub enum Task {
        Diagnosis = "diagnosis",
        Choice = "choice",
        Registration = "registration",
        Data = "data",
        Monitoring = "monitoring",
        Reporting = "reporting",
        Training = "training",
    }
}

domain::closed_enum! {
    pub enum Channel {
        Manual = "manual",
        Electronic = "electronic",
    }
}

impl Choices {
    /// The codes of a list, in the order in which they are printed.
    pub(crate) fn codes(self) -> Vec<&'static str> {
        fn all<T: Copy>(values: &[T], code: impl Fn(T) -> &'static str) -> Vec<&'static str> {
            values.iter().map(|value| code(*value)).collect()
        }
        match self {
            Self::Powers => all(PowerLine::ALL, PowerLine::as_str),
            Self::SignedAs => vec!["legal_representative", "delegate"],
            Self::Perimeter => vec!["all", "siren", "addresses"],
            Self::Channel => all(Channel::ALL, Channel::as_str),
            Self::Rights => all(PlatformRight::ALL, PlatformRight::as_str),
            Self::ReportedFlows => all(ReportedFlow::ALL, ReportedFlow::as_str),
            Self::Missions => all(Mission::ALL, Mission::as_str),
            Self::Tasks => all(Task::ALL, Task::as_str),
        }
    }
}

/// A document to print. Every fact may be missing: it is then a dotted line to fill in by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct MandateDocument {
    pub terms: Terms,
    pub firm: Firm,
    pub client: Client,
    pub signatory: Signatory,
    /// Of the document, as the firm or the platform numbers it.
    pub number: Option<String>,
    /// A hash in hexadecimal; its first 16 digits are printed on every page.
    pub reference: Option<String>,
    /// Place and day of signature.
    pub made_at: Option<String>,
    pub made_on: Option<NaiveDate>,
    pub starts_on: Option<NaiveDate>,
    pub ends_on: Option<NaiveDate>,
    /// When the file is made: the day that its properties show.
    pub printed_at: DateTime<Utc>,
}

impl MandateDocument {
    pub fn kind(&self) -> MandateKind {
        self.terms.kind()
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Firm {
    pub name: String,
    pub siren: Option<Siren>,
    pub address: Option<String>,
    pub postal_code: Option<String>,
    pub city: Option<String>,
    /// Registration at the Ordre, as the firm writes it.
    pub order_registration: Option<String>,
    pub signatory: Signatory,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    pub name: Option<String>,
    pub legal_form: Option<String>,
    pub siren: Option<Siren>,
    /// Of the head office.
    pub siret: Option<Siret>,
    pub address: Option<String>,
    pub postal_code: Option<String>,
    pub city: Option<String>,
    pub vat_number: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signatory {
    pub name: Option<String>,
    pub quality: Option<String>,
}

/// What a kind of document holds besides the parties. Of a list, `None` leaves every box to be ticked by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Terms {
    EngagementLetter { missions: Option<Vec<Mission>>, fees: Option<String> },
    Addendum { letter_on: Option<NaiveDate>, tasks: Option<Vec<Task>>, fees: Option<String> },
    Delegation { powers: Option<Vec<Power>> },
    Designation(Box<Designation>),
    Invoicing(Box<Invoicing>),
    SelfBilling(Box<Invoicing>),
    PlatformRole { platform: Platform, rights: Option<Vec<PlatformRight>> },
    Reporting(Box<Reporting>),
}

impl Terms {
    pub fn kind(&self) -> MandateKind {
        match self {
            Self::EngagementLetter { .. } => MandateKind::EngagementLetter,
            Self::Addendum { .. } => MandateKind::EngagementAddendum,
            Self::Delegation { .. } => MandateKind::Delegation,
            Self::Designation(_) => MandateKind::Designation,
            Self::Invoicing(_) => MandateKind::Invoicing,
            Self::SelfBilling(_) => MandateKind::SelfBilling,
            Self::PlatformRole { .. } => MandateKind::PlatformRole,
            Self::Reporting(_) => MandateKind::EReportingPower,
        }
    }

    /// A document of which only the parties are known: to be filled in by hand.
    pub fn blank(kind: MandateKind) -> Self {
        match kind {
            MandateKind::EngagementLetter => Self::EngagementLetter { missions: None, fees: None },
            MandateKind::EngagementAddendum => Self::Addendum { letter_on: None, tasks: None, fees: None },
            MandateKind::Delegation => Self::Delegation { powers: None },
            MandateKind::Designation => Self::Designation(Box::default()),
            MandateKind::Invoicing => Self::Invoicing(Box::default()),
            MandateKind::SelfBilling => Self::SelfBilling(Box::default()),
            MandateKind::PlatformRole => Self::PlatformRole { platform: Platform::default(), rights: None },
            MandateKind::EReportingPower => Self::Reporting(Box::default()),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Platform {
    pub name: Option<String>,
    /// SIREN, or the four digits that the register gives it.
    pub siren_or_matricule: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Designation {
    pub platform: Platform,
    /// Given by the platform: `SIREN_PLATFORM_YYYYMMDD_COUNTER`.
    pub number: Option<String>,
    pub effective_on: Option<NaiveDate>,
    pub perimeter: Option<Perimeter>,
    pub former_platform: Option<String>,
    pub channel: Option<Channel>,
    pub signed_as: Option<SignedAs>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Perimeter {
    /// Every address of the company, `SIREN_*`.
    All,
    /// The main address alone.
    Siren,
    /// `SIREN_SUFFIXE`, `SIREN_SIRET`, `SIREN_SIRET_CODEROUTAGE`.
    Addresses(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedAs {
    LegalRepresentative,
    /// By virtue of the mandate of that day.
    Delegate(Option<NaiveDate>),
}

/// Who invoices in the client's name: the firm or another third party, or the buyer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invoicing {
    pub biller: Biller,
    /// Which operations are invoiced.
    pub operations: Option<String>,
    /// The series of numbers that is the biller's own.
    pub series: Option<String>,
    /// An address kept for these invoices, such as `SIREN_AUTOFACTURATION`.
    pub electronic_address: Option<String>,
    pub platform: Platform,
    pub contest_days: Option<u16>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Biller {
    pub name: Option<String>,
    pub siren: Option<Siren>,
    pub address: Option<String>,
    pub postal_code: Option<String>,
    pub city: Option<String>,
    pub signatory: Signatory,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reporting {
    pub platform: Platform,
    pub flows: Option<Vec<ReportedFlow>>,
    /// The VAT regime and the frequency that follows from it, in words.
    pub frequency: Option<String>,
    /// How many days before a deadline the client hands its data over.
    pub remit_days: Option<u16>,
}

/// One document. Equal documents give equal bytes.
pub fn mandate(document: &MandateDocument) -> Result<Vec<u8>, PaperError> {
    mandates(std::slice::from_ref(document))
}

/// Several documents in one file, each beginning on a new page with its own page numbers.
pub fn mandates(documents: &[MandateDocument]) -> Result<Vec<u8>, PaperError> {
    let first = documents.first().ok_or(PaperError::Nothing)?;
    let title = match documents {
        [one] => heading_of(one)?,
        several => format!("{} documents – {}", several.len(), first.firm.name),
    };
    let about = crate::print::About { title: &title, author: &first.firm.name, created: first.printed_at };
    let laid = documents.iter().map(lay_out).collect::<Result<Vec<_>, _>>()?;
    crate::print::print(&about, laid)
}

/// Where a person's signature is drawn: a page counted from 1, and points from its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub page: u32,
    pub x: u32,
    pub y: u32,
}

/// The room that is left for the client's hand in the document.
pub fn signing_place(document: &MandateDocument) -> Result<Place, PaperError> {
    let signers = &template::of(document.kind())?.signers;
    let at = signers.iter().position(|(signer, _)| *signer == Signer::Client).unwrap_or_default();
    let pages = lay_out(document)?.pages;
    let mut boxes = pages.iter().zip(1u32..).flat_map(|(items, page)| {
        items.iter().filter_map(move |item| match item.mark {
            Mark::Frame { x, y, height, .. } => Some((page, x, y + height)),
            _ => None,
        })
    });
    let (page, left, bottom) = boxes.nth(at).ok_or(PaperError::Nothing)?;
    // Below the words, within the frame.
    Ok(Place { page, x: (left + 3.0 * MM) as u32, y: (bottom - 17.0 * MM) as u32 })
}

fn heading_of(document: &MandateDocument) -> Result<String, PaperError> {
    let title = title(document.kind())?;
    Ok(document.client.name.as_ref().map_or_else(|| title.to_owned(), |name| format!("{title} – {name}")))
}

pub(crate) fn lay_out(document: &MandateDocument) -> Result<Laid, PaperError> {
    let template = template::of(document.kind())?;
    let mut composer = Composer::new(&template.title);
    composer.title(&template.title, Some(&template.subtitle));
    composer.space(4.0);
    let (mut article, mut last_article) = (0, 0);
    let mut blocks = template.blocks.iter().peekable();
    while let Some(block) = blocks.next() {
        match block {
            Block::Heading(text) => {
                article += 1;
                last_article = composer.mark();
                composer.heading(Some(article), text);
            }
            Block::Paragraph(parts) => {
                let keep = matches!(blocks.peek(), Some(Block::Points(_) | Block::Choices(_) | Block::Facts(_)));
                composer.paragraph(&document.runs(parts), Style::TEXT, keep);
            }
            Block::Points(points) => {
                let points: Vec<_> = points.iter().map(|parts| ("•", document.runs(parts))).collect();
                composer.list(&points);
            }
            Block::Note(parts) => composer.paragraph(&document.runs(parts), Style::NOTE, false),
            Block::Facts(insert) => composer.facts(insert_summary(*insert), &document.facts(*insert)),
            Block::Choices(list) => composer.list(&document.choices(*list)?),
            Block::Signatures => {
                composer.keep_last_article(last_article);
                composer.signatures(&document.signatures(template));
            }
        }
    }
    let (mut laid, measure) = composer.paginate(FIRST_TOP);
    let mut margins = Composer::new("");
    margins.measure = measure;
    let count = laid.pages.len();
    for (index, page) in laid.pages.iter_mut().enumerate() {
        let mut head = if index == 0 {
            document.letterhead(&mut margins, &mut laid.nodes)
        } else {
            document.running_head(&mut margins, template)
        };
        head.append(page);
        head.extend(document.footer(&mut margins, template, index + 1, count));
        *page = head;
    }
    Ok(laid)
}

/// Under the letterhead.
const FIRST_TOP: f32 = 39.0 * MM;

fn insert_summary(insert: Insert) -> &'static str {
    match insert {
        Insert::Client => "Identité du client",
        Insert::Firm => "Identité du cabinet",
        Insert::Biller | Insert::Buyer => "Identité de celui qui facture",
        Insert::Designation => "Plateforme désignée",
        Insert::Platform => "Plateforme",
        Insert::Invoicing => "Étendue du mandat",
        Insert::Reporting => "Modalités de transmission",
    }
}

fn fact(label: &str, value: Option<String>) -> (String, Option<String>) {
    (label.to_owned(), value)
}

/// "12 rue des Lilas, 69003 Lyon", as far as it is known.
pub(crate) fn one_line_address(address: Option<&str>, postal_code: Option<&str>, city: Option<&str>) -> Option<String> {
    let place = [postal_code, city].into_iter().flatten().filter(|part| !part.trim().is_empty());
    let place = place.collect::<Vec<_>>().join(" ");
    let parts = [address.unwrap_or_default().to_owned(), place];
    let known: Vec<String> = parts.into_iter().filter(|part| !part.trim().is_empty()).collect();
    (!known.is_empty()).then(|| known.join(", "))
}

impl Firm {
    pub(crate) fn one_line_address(&self) -> Option<String> {
        one_line_address(self.address.as_deref(), self.postal_code.as_deref(), self.city.as_deref())
    }

    /// The firm's address, then what identifies it: the lines under its name.
    pub(crate) fn identity(&self) -> Vec<String> {
        let siren = self.siren.as_ref().map(|number| format!("SIREN {}", siren(number)));
        let order = self.order_registration.clone();
        let numbers: Vec<String> = [siren, order].into_iter().flatten().collect();
        let numbers = (!numbers.is_empty()).then(|| numbers.join(" – "));
        self.one_line_address().into_iter().chain(numbers).collect()
    }
}

impl MandateDocument {
    fn runs(&self, parts: &[Part]) -> Vec<Run> {
        parts
            .iter()
            .map(|part| match part {
                Part::Text(weight, text) => Run { weight: *weight, text: text.clone() },
                Part::Value(weight, placeholder) => {
                    Run { weight: *weight, text: self.value(*placeholder).unwrap_or_else(|| dots(placeholder.dots())) }
                }
            })
            .collect()
    }

    fn platform(&self) -> Option<&Platform> {
        match &self.terms {
            Terms::Designation(designation) => Some(&designation.platform),
            Terms::Invoicing(invoicing) | Terms::SelfBilling(invoicing) => Some(&invoicing.platform),
            Terms::PlatformRole { platform, .. } => Some(platform),
            Terms::Reporting(reporting) => Some(&reporting.platform),
            Terms::EngagementLetter { .. } | Terms::Addendum { .. } | Terms::Delegation { .. } => None,
        }
    }

    fn designation(&self) -> Option<&Designation> {
        if let Terms::Designation(designation) = &self.terms { Some(designation) } else { None }
    }

    fn invoicing(&self) -> Option<&Invoicing> {
        match &self.terms {
            Terms::Invoicing(invoicing) | Terms::SelfBilling(invoicing) => Some(invoicing),
            _ => None,
        }
    }

    fn reporting(&self) -> Option<&Reporting> {
        if let Terms::Reporting(reporting) = &self.terms { Some(reporting) } else { None }
    }

    fn value(&self, placeholder: Placeholder) -> Option<String> {
        let value = match placeholder {
            Placeholder::SignatoryName => self.signatory.name.clone(),
            Placeholder::SignatoryQuality => self.signatory.quality.clone(),
            Placeholder::MadeAt => self.made_at.clone(),
            Placeholder::MadeOn => self.made_on.map(long_date),
            Placeholder::StartsOn => self.starts_on.map(long_date),
            Placeholder::EndsOn => self.ends_on.map(long_date),
            Placeholder::PlatformName => self.platform()?.name.clone(),
            Placeholder::EffectiveOn => self.designation()?.effective_on.map(long_date),
            Placeholder::FormerPlatform => self.designation()?.former_platform.clone(),
            Placeholder::MandateOn => match self.designation()?.signed_as? {
                SignedAs::Delegate(day) => day.map(long_date),
                SignedAs::LegalRepresentative => None,
            },
            Placeholder::Addresses => match self.designation()?.perimeter.as_ref()? {
                Perimeter::Addresses(addresses) if !addresses.is_empty() => Some(addresses.join(", ")),
                _ => None,
            },
            Placeholder::Series => self.invoicing()?.series.clone(),
            Placeholder::ElectronicAddress => self.invoicing()?.electronic_address.clone(),
            Placeholder::ContestDays => self.invoicing()?.contest_days.map(|days| days.to_string()),
            Placeholder::RemitDays => self.reporting()?.remit_days.map(|days| days.to_string()),
            Placeholder::LetterOn => match &self.terms {
                Terms::Addendum { letter_on, .. } => letter_on.map(long_date),
                _ => None,
            },
            Placeholder::Fees => match &self.terms {
                Terms::EngagementLetter { fees, .. } | Terms::Addendum { fees, .. } => fees.clone(),
                _ => None,
            },
        };
        value.filter(|value| !value.trim().is_empty())
    }

    fn facts(&self, insert: Insert) -> Vec<(String, Option<String>)> {
        match insert {
            Insert::Client => {
                let client = &self.client;
                let (address, code, city) = (&client.address, &client.postal_code, &client.city);
                vec![
                    fact("Dénomination ou nom", client.name.clone()),
                    fact("Forme juridique", client.legal_form.clone()),
                    fact("SIREN", client.siren.as_ref().map(siren)),
                    fact("SIRET du siège", client.siret.as_ref().map(siret)),
                    fact("Adresse", one_line_address(address.as_deref(), code.as_deref(), city.as_deref())),
                    fact("N° de TVA", client.vat_number.clone()),
                ]
            }
            Insert::Firm => vec![
                fact("Cabinet", Some(self.firm.name.clone())),
                fact("SIREN", self.firm.siren.as_ref().map(siren)),
                fact("Adresse", self.firm.one_line_address()),
                fact("Inscription à l’Ordre", self.firm.order_registration.clone()),
                fact("Représenté par", self.firm.signatory.in_words()),
            ],
            Insert::Biller | Insert::Buyer => {
                let empty = Biller::default();
                let biller = self.invoicing().map_or(&empty, |invoicing| &invoicing.biller);
                let (address, code, city) = (&biller.address, &biller.postal_code, &biller.city);
                vec![
                    fact("Dénomination ou nom", biller.name.clone()),
                    fact("SIREN", biller.siren.as_ref().map(siren)),
                    fact("Adresse", one_line_address(address.as_deref(), code.as_deref(), city.as_deref())),
                    fact("Représenté par", biller.signatory.in_words()),
                ]
            }
            Insert::Designation => {
                let designation = self.designation();
                vec![
                    fact("Plateforme agréée", self.platform().and_then(|platform| platform.name.clone())),
                    fact("SIREN ou matricule", self.platform().and_then(|p| p.siren_or_matricule.clone())),
                    fact("N° donné par la plateforme", designation.and_then(|d| d.number.clone())),
                    fact("Date d’effet", designation.and_then(|d| d.effective_on).map(long_date)),
                    fact("Plateforme précédente", designation.and_then(|d| d.former_platform.clone())),
                ]
            }
            Insert::Platform => vec![
                fact("Plateforme agréée", self.platform().and_then(|platform| platform.name.clone())),
                fact("SIREN ou matricule", self.platform().and_then(|p| p.siren_or_matricule.clone())),
            ],
            Insert::Invoicing => {
                let invoicing = self.invoicing();
                vec![
                    fact("Opérations facturées", invoicing.and_then(|i| i.operations.clone())),
                    fact("Série de numéros", invoicing.and_then(|i| i.series.clone())),
                    fact("Adresse dédiée", invoicing.and_then(|i| i.electronic_address.clone())),
                    fact("Plateforme d’émission", self.platform().and_then(|platform| platform.name.clone())),
                ]
            }
            Insert::Reporting => vec![
                fact("Plateforme agréée", self.platform().and_then(|platform| platform.name.clone())),
                fact("Régime et fréquence", self.reporting().and_then(|r| r.frequency.clone())),
            ],
        }
    }

    /// The codes that are ticked, where somebody has said so.
    fn ticked(&self, list: Choices) -> Vec<&'static str> {
        match (list, &self.terms) {
            (Choices::Powers, Terms::Delegation { powers: Some(powers) }) => {
                powers.iter().flat_map(|power| lines(*power)).map(|line| line.as_str()).collect()
            }
            (Choices::Rights, Terms::PlatformRole { rights: Some(rights), .. }) => {
                rights.iter().map(|right| right.as_str()).collect()
            }
            (Choices::Missions, Terms::EngagementLetter { missions: Some(missions), .. }) => {
                missions.iter().map(|mission| mission.as_str()).collect()
            }
            (Choices::Tasks, Terms::Addendum { tasks: Some(tasks), .. }) => {
                tasks.iter().map(|task| task.as_str()).collect()
            }
            (Choices::ReportedFlows, Terms::Reporting(reporting)) => {
                reporting.flows.iter().flatten().map(|flow| flow.as_str()).collect()
            }
            (Choices::Channel, Terms::Designation(designation)) => {
                designation.channel.iter().map(|channel| channel.as_str()).collect()
            }
            (Choices::SignedAs, Terms::Designation(designation)) => match designation.signed_as {
                Some(SignedAs::LegalRepresentative) => vec!["legal_representative"],
                Some(SignedAs::Delegate(_)) => vec!["delegate"],
                None => Vec::new(),
            },
            (Choices::Perimeter, Terms::Designation(designation)) => match designation.perimeter {
                Some(Perimeter::All) => vec!["all"],
                Some(Perimeter::Siren) => vec!["siren"],
                Some(Perimeter::Addresses(_)) => vec!["addresses"],
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn choices(&self, list: Choices) -> Result<Vec<(&'static str, Vec<Run>)>, PaperError> {
        let ticked = self.ticked(list);
        list.codes()
            .into_iter()
            .map(|code| {
                let mark = if ticked.contains(&code) { "☑" } else { "☐" };
                Ok((mark, self.runs(template::words(list, code)?)))
            })
            .collect()
    }

    fn signatures(&self, template: &Template) -> Vec<Signature> {
        template
            .signers
            .iter()
            .map(|(signer, mention)| {
                let (role, signatory) = match signer {
                    Signer::Client => (self.client_role(), &self.signatory),
                    Signer::Firm => ("Pour le cabinet".to_owned(), &self.firm.signatory),
                    Signer::Biller => {
                        let role =
                            if self.kind() == MandateKind::SelfBilling { "l’acheteur" } else { "le mandataire" };
                        let unknown = &self.firm.signatory;
                        (format!("Pour {role}"), self.invoicing().map_or(unknown, |i| &i.biller.signatory))
                    }
                };
                let mention = mention.clone();
                Signature { role, name: signatory.name.clone(), quality: signatory.quality.clone(), mention }
            })
            .collect()
    }

    fn client_role(&self) -> String {
        match self.kind() {
            MandateKind::Delegation | MandateKind::Invoicing | MandateKind::EReportingPower => "Pour le mandant",
            MandateKind::Designation => "Pour l’entreprise",
            MandateKind::SelfBilling => "Pour le vendeur",
            MandateKind::EngagementLetter | MandateKind::EngagementAddendum | MandateKind::PlatformRole => {
                "Pour le client"
            }
        }
        .to_owned()
    }

    /// The firm at the left, number and day at the right.
    fn letterhead(&self, margins: &mut Composer, nodes: &mut Vec<Node>) -> Vec<Item> {
        nodes.push(Node { role: Role::Paragraph, parent: Some(0) });
        let node = Some(nodes.len() - 1);
        let (column, top) = (112.0 * MM, 17.0 * MM);
        let (mut items, mut y) =
            margins.wrapped(Run::bold(self.firm.name.clone()), (LEFT, top), column, 12.0, Ink::Black);
        for line in self.firm.identity() {
            let (line, below) = margins.wrapped(Run::regular(line), (LEFT, y - 2.0), column, 8.5, Ink::Grey);
            items.extend(line);
            y = below + 2.0;
        }
        let mut y = top;
        let number = self.number.as_ref().map(|number| format!("N° {number}"));
        let day = self.made_on.map(|day| format!("Établi le {}", short_date(day)));
        for line in [number, day].into_iter().flatten() {
            items.extend(margins.one_line_to(Run::regular(line), (RIGHT, y), RIGHT - LEFT - column - 6.0, 8.5));
            y += 12.0;
        }
        items.into_iter().map(|item| Item { node, ..item }).collect()
    }

    fn running_head(&self, margins: &mut Composer, template: &Template) -> Vec<Item> {
        let (y, half) = (13.0 * MM, (RIGHT - LEFT) / 2.0 - 6.0);
        let mut items = margins.one_line(Run::regular(self.firm.name.clone()), (LEFT, y), half, 8.5, Ink::Grey);
        let title = match &self.client.name {
            Some(name) => format!("{} – {name}", template.title),
            None => template.title.clone(),
        };
        items.extend(margins.one_line_to(Run::regular(title), (RIGHT, y), half, 8.5));
        items.push(hairline(y + 5.0));
        items
    }

    fn footer(&self, margins: &mut Composer, template: &Template, page: usize, count: usize) -> Vec<Item> {
        let y = HEIGHT - 13.0 * MM;
        let mut items = vec![hairline(HEIGHT - 17.5 * MM)];
        let mut said: Vec<String> = Vec::new();
        said.extend(self.number.as_ref().map(|number| format!("N° {number}")));
        said.push(format!("texte {} du {}", template.version, short_date(template.date)));
        said.extend(self.reference.as_ref().map(|reference| {
            let digits: String = reference.chars().filter(char::is_ascii_hexdigit).take(16).collect();
            format!("réf. {digits}")
        }));
        let width = RIGHT - LEFT - 60.0 * MM;
        items.extend(margins.one_line(Run::regular(said.join("  ·  ")), (LEFT, y), width, 8.0, Ink::Grey));
        let page_of = Run::regular(format!("page {page} / {count}"));
        items.extend(margins.one_line_to(page_of, (RIGHT, y), 60.0 * MM, 8.0));
        // A paper of several pages is initialled on each but the one that is signed.
        if page < count {
            let run = Run::regular(format!("Paraphes : {}", dots(24)));
            items.extend(margins.one_line_to(run, (RIGHT - 24.0 * MM, y), 50.0 * MM, 8.0));
        }
        items
    }
}

impl Signatory {
    /// "Anne Martin, gérante".
    pub(crate) fn in_words(&self) -> Option<String> {
        let name = self.name.clone()?;
        Some(match &self.quality {
            Some(quality) => format!("{name}, {quality}"),
            None => name,
        })
    }
}

pub(crate) fn hairline(y: f32) -> Item {
    Item { mark: Mark::Rule { from: (LEFT, y), to: (RIGHT, y), width: 0.4, ink: Ink::Hairline }, node: None }
}
