//! What a text can tell: of each dossier, of whom it goes to and who sends it; and what several dossiers make of it.

use chrono::{Days, NaiveDate};

use super::variable::Variable;
use super::words::{plain, within};
use crate::assessment::Assessment;
use crate::calendar::{DueKind, Settled};
use crate::question::{Awaited, questions};
use crate::reference::{self, FineCode};
use crate::{DossierFacts, Lang, MandateKind, ObligationKind, ObligationStatus, Question, SizeClass, Text};

/// Somebody with a name and an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    pub name: Option<String>,
    pub email: Option<String>,
}

/// The firm as its clients know it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sender {
    pub name: String,
    pub reply_to: Option<String>,
    pub phone: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextReport {
    pub kind: DueKind,
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub limit: NaiveDate,
}

/// What is known of one dossier, as far as a text can tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub name: String,
    pub siren: String,
    pub code: Option<String>,
    pub legal_form: Option<String>,
    pub city: Option<String>,
    pub reception_platform: Option<String>,
    pub emission_platform: Option<String>,
    pub tool: Option<String>,
    /// In charge.
    pub person: Option<Person>,
    pub reception_on: Option<NaiveDate>,
    pub emission_on: Option<NaiveDate>,
    pub size: Option<SizeClass>,
    pub report: Option<NextReport>,
    pub exposure_cents: i64,
    /// Those that wait for the client's signature.
    pub mandates: Vec<MandateKind>,
    pub mandates_sent_on: Option<NaiveDate>,
    pub questions: Vec<Question>,
}

impl Known {
    /// What facts and assessment tell of a dossier; the person in charge and its mandates are known elsewhere.
    pub fn of(
        facts: &DossierFacts,
        assessment: &Assessment,
        settled: &Settled,
        awaited: &[Awaited],
        today: NaiveDate,
    ) -> Self {
        let starts = |kind: ObligationKind| {
            let ruling = assessment.evaluation.ruling(kind);
            ruling.starts_on.filter(|_| ruling.status == ObligationStatus::Applies)
        };
        let siren = facts.siren.as_str();
        Self {
            name: facts.name.clone(),
            siren: [&siren[..3], &siren[3..6], &siren[6..]].join("\u{202f}"),
            code: facts.code.clone(),
            legal_form: facts.legal_form.clone(),
            city: facts.city.clone(),
            reception_platform: facts.reception_platform.clone(),
            emission_platform: facts.emission_platform.clone(),
            tool: facts.tool.clone(),
            person: None,
            reception_on: starts(ObligationKind::Reception),
            emission_on: starts(ObligationKind::Emission),
            size: assessment.evaluation.size.class,
            report: next_report(assessment, settled, today),
            exposure_cents: assessment.exposure.total_cents,
            mandates: awaited.iter().map(|a| a.kind).collect(),
            mandates_sent_on: None,
            questions: questions(facts, awaited, today),
        }
    }
}

/// The first report within a year that nobody has settled.
fn next_report(assessment: &Assessment, settled: &Settled, today: NaiveDate) -> Option<NextReport> {
    let until = today.checked_add_days(Days::new(366))?;
    let dues = assessment.plan.due_between(today, until).dues;
    dues.into_iter().find(|d| d.kind.stream().is_some() && settled.of(d).is_none()).map(|d| NextReport {
        kind: d.kind,
        from: d.from,
        to: d.to,
        limit: if d.prudent_on < today { d.published_on } else { d.prudent_on },
    })
}

/// One message: to whom, from whom, about which dossiers, when.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    pub contact: &'a Person,
    pub cabinet: &'a Sender,
    /// Those of the contact that the message is about, at least one.
    pub dossiers: &'a [&'a Known],
    pub deadline: Option<NaiveDate>,
    /// The client's link; while a message waits, the place where it goes.
    pub link: &'a str,
    pub today: NaiveDate,
}

/// A value before it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Words(Vec<String>),
    Date(NaiveDate),
    Money(i64),
    Number(i64),
    Link(String),
}

/// Words in the order in which they come, each once, those that say nothing left out.
fn words<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> Option<Value> {
    let mut found: Vec<String> = Vec::new();
    for value in values {
        let value = plain(value.as_ref());
        if !value.is_empty() && !found.contains(&value) {
            found.push(value);
        }
    }
    Some(Value::Words(found)).filter(|v| *v != Value::Words(Vec::new()))
}

fn said(lang: Lang) -> impl Fn(Text) -> String {
    move |text| within(text.get(lang))
}

impl Occasion<'_> {
    fn each<'a, T: 'a>(&'a self, of: impl Fn(&'a Known) -> Option<T> + 'a) -> impl Iterator<Item = T> + 'a {
        self.dossiers.iter().filter_map(move |known| of(known))
    }

    fn earliest(&self, of: impl Fn(&Known) -> Option<NaiveDate>) -> Option<Value> {
        self.dossiers.iter().filter_map(|known| of(known)).min().map(Value::Date)
    }

    /// The report that is due first, of all dossiers.
    fn report(&self) -> Option<NextReport> {
        self.each(|known| known.report).min_by_key(|report| (report.limit, report.from))
    }

    fn fine(&self, code: FineCode) -> Option<&'static reference::Fine> {
        reference::fine(code, self.today)
    }

    /// The value of a variable over all dossiers; nothing when it is empty.
    pub(super) fn value(&self, variable: Variable, lang: Lang) -> Option<Value> {
        use Variable as V;
        let told = said(lang);
        match variable {
            V::DossierName => words(self.each(|d| Some(&d.name))),
            V::DossierCount => i64::try_from(self.dossiers.len()).ok().map(Value::Number),
            V::DossierSiren => words(self.each(|d| Some(&d.siren))),
            V::DossierCode => words(self.each(|d| d.code.as_ref())),
            V::DossierLegalForm => words(self.each(|d| d.legal_form.as_ref())),
            V::DossierCity => words(self.each(|d| d.city.as_ref())),
            V::ReceptionPlatform => words(self.each(|d| d.reception_platform.as_ref())),
            V::EmissionPlatform => words(self.each(|d| d.emission_platform.as_ref())),
            V::DossierTool => words(self.each(|d| d.tool.as_ref())),
            V::ContactName => words(&self.contact.name),
            V::ContactEmail => words(&self.contact.email),
            V::PersonName => words(self.each(|d| d.person.as_ref()?.name.as_ref())),
            V::PersonEmail => words(self.each(|d| d.person.as_ref()?.email.as_ref())),
            V::CabinetName => words([&self.cabinet.name]),
            V::CabinetReplyTo => words(&self.cabinet.reply_to),
            V::CabinetPhone => words(&self.cabinet.phone),
            V::ReceptionOn => self.earliest(|d| d.reception_on),
            V::EmissionOn => self.earliest(|d| d.emission_on),
            V::SizeClass => words(self.each(|d| d.size.map(|size| told(size.text())))),
            V::ReportName => words(self.report().map(|r| told(r.kind.text()))),
            V::ReportFrom => self.report().map(|r| Value::Date(r.from)),
            V::ReportTo => self.report().map(|r| Value::Date(r.to)),
            V::ReportLimit => self.report().map(|r| Value::Date(r.limit)),
            V::Exposure => {
                let total = self.dossiers.iter().fold(0i64, |sum, d| sum.saturating_add(d.exposure_cents));
                Some(Value::Money(total)).filter(|_| total > 0)
            }
            V::FineReception => self.fine(FineCode::ReceptionFirst).map(|f| Value::Money(f.unit_cents)),
            V::FineReceptionNext => self.fine(FineCode::ReceptionNext).map(|f| Value::Money(f.unit_cents)),
            V::FineReceptionMonths => {
                self.fine(FineCode::ReceptionFirst).and_then(|f| f.months).map(|m| Value::Number(i64::from(m)))
            }
            V::FineInvoice => self.fine(FineCode::Invoice).map(|f| Value::Money(f.unit_cents)),
            V::FineInvoiceCap => self.fine(FineCode::Invoice).and_then(|f| f.cap_cents).map(Value::Money),
            V::FineReport => self.fine(FineCode::Transactions).map(|f| Value::Money(f.unit_cents)),
            V::FineReportCap => self.fine(FineCode::Transactions).and_then(|f| f.cap_cents).map(Value::Money),
            V::MandateKinds => {
                let kinds = self.dossiers.iter().flat_map(|d| &d.mandates);
                words(kinds.map(|kind| told(reference::mandate_kind(*kind).label.clone())))
            }
            V::MandateSentOn => self.earliest(|d| d.mandates_sent_on),
            V::MissingQuestions => {
                let asked = self.dossiers.iter().flat_map(|d| &d.questions);
                words(asked.map(|question| told(question.text())))
            }
            V::MissingCount => {
                let count = self.dossiers.iter().map(|d| d.questions.len()).sum::<usize>();
                i64::try_from(count).ok().filter(|n| *n > 0).map(Value::Number)
            }
            V::Deadline => self.deadline.filter(|day| *day >= self.today).map(Value::Date),
            V::Link => Some(Value::Link(self.link.to_owned())).filter(|_| !self.link.is_empty()),
            V::Today => Some(Value::Date(self.today)),
        }
    }
}
