//! Exposure in euros: the most that the law could ask of a dossier today, each figure with its computation. The relief
//! of a first offence is told and never deducted.

use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::calendar::{Due, ReportStream};
use crate::readiness::Evaluation;
use crate::reference::{self, Confidence, Fine, FineCode};
use crate::{Criterion, CriterionState, DossierFacts, ObligationKind, ObligationStatus, Text};

closed_enum! {
    /// A breach, as caps by civil year tell them apart.
    pub enum Breach {
        /// Invoices not issued electronically.
        Invoices = "invoices",
        /// Missing transmissions of transactions.
        Transactions = "transactions",
        /// Missing transmissions of payments.
        Payments = "payments",
        /// No platform for reception after a formal notice.
        Reception = "reception",
    }
}

closed_enum! {
    /// A fact without which a breach cannot be counted.
    pub enum ExposureGap {
        InvoicesPerMonth = "invoices_per_month",
        /// Whether an obligation applies is not known.
        Obligations = "obligations",
        /// No formal notice is known: the clock has not started.
        FormalNotice = "formal_notice",
    }
}

/// One computation: so many breaches at so much each within one civil year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    pub breach: Breach,
    pub year: i32,
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub count: u64,
    pub unit_cents: i64,
    /// `count × unit`, at most what is left of the cap of the civil year.
    pub counted_cents: i64,
    fine: FineCode,
}

/// The clock of the formal notice to choose a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NoticeClock {
    pub notice_on: NaiveDate,
    /// Last day to choose a platform before the next fine.
    pub next_on: NaiveDate,
    pub next_cents: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    pub as_of: NaiveDate,
    pub total_cents: i64,
    pub counts: Vec<Count>,
    pub clock: Option<NoticeClock>,
    pub gaps: Vec<ExposureGap>,
}

/// A line of the exposure as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExposureLine {
    pub breach: Breach,
    pub label: Text,
    pub year: i32,
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub count: u64,
    pub unit_cents: i64,
    /// Count × unit, before the cap.
    pub gross_cents: i64,
    /// Cap of the civil year for this kind of breach.
    pub cap_cents: Option<i64>,
    pub counted_cents: i64,
    pub article: String,
    pub source: String,
    pub confidence: Confidence,
}

/// The exposure of a dossier, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExposureReport {
    pub as_of: NaiveDate,
    /// Maximum theoretical exposure; the sum of the lines.
    pub total_cents: i64,
    pub lines: Vec<ExposureLine>,
    pub clock: Option<NoticeClock>,
    /// What could not be counted: the total is then a minimum.
    pub gaps: Vec<ExposureGap>,
    /// Reliefs that may apply and are not deducted.
    pub reliefs: Vec<ReliefNote>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReliefNote {
    pub text: Text,
    pub source: String,
    pub confidence: Confidence,
}

const fn breach_of(stream: ReportStream) -> (Breach, FineCode) {
    match stream {
        ReportStream::Transactions => (Breach::Transactions, FineCode::Transactions),
        ReportStream::Payments => (Breach::Payments, FineCode::Payments),
    }
}

/// Adds lines up, within the cap of each civil year and kind of breach.
#[derive(Default)]
struct Sheet {
    counts: Vec<Count>,
}

impl Sheet {
    fn add(&mut self, breach: Breach, fine: &Fine, from: NaiveDate, to: NaiveDate, count: u64) {
        if count == 0 {
            return;
        }
        let year = to.year();
        let gross = fine.unit_cents.saturating_mul(i64::try_from(count).unwrap_or(i64::MAX));
        let used: i64 =
            self.counts.iter().filter(|c| c.breach == breach && c.year == year).map(|c| c.counted_cents).sum();
        let counted_cents = fine.cap_cents.map_or(gross, |cap| gross.min((cap - used).max(0)));
        let same = self
            .counts
            .iter_mut()
            .find(|c| c.breach == breach && c.year == year && c.unit_cents == fine.unit_cents && c.fine == fine.code);
        match same {
            Some(line) => {
                line.count += count;
                line.counted_cents += counted_cents;
                line.from = line.from.min(from);
                line.to = line.to.max(to);
            }
            None => self.counts.push(Count {
                breach,
                year,
                from,
                to,
                count,
                unit_cents: fine.unit_cents,
                counted_cents,
                fine: fine.code,
            }),
        }
    }
}

/// Invoices of the days from `from` to `to` of one month, by the share of its days.
fn invoices_in_month(per_month: u32, from: NaiveDate, to: NaiveDate) -> u64 {
    let first = from.with_day(1).unwrap_or(from);
    let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
    let (days, all) = ((to - from).num_days() + 1, (next - first).num_days().max(1));
    u64::from(per_month) * u64::try_from(days).unwrap_or_default() / u64::try_from(all).unwrap_or(1)
}

/// Counts what a dossier could be asked to pay as of the evaluation's day. `missed` are the reports of its calendar
/// whose deadline passed with nothing done.
pub fn count(facts: &DossierFacts, evaluation: &Evaluation, missed: &[Due]) -> Exposure {
    let today = evaluation.on;
    let mut sheet = Sheet::default();
    let mut gaps = Vec::new();
    let is_missing = |c: Criterion| evaluation.judged(c).state == CriterionState::Missing;

    if evaluation.rulings.iter().any(|r| r.status == ObligationStatus::Undetermined && r.legal_on.is_none()) {
        gaps.push(ExposureGap::Obligations);
    }
    let emission = evaluation.ruling(ObligationKind::Emission);
    let proved = evaluation.judged(Criterion::EmissionProved).state == CriterionState::Met;
    if emission.is_due(today) && is_missing(Criterion::Emission) && !proved {
        match (facts.invoices_per_month, emission.legal_on) {
            (Some(per_month), Some(start)) => {
                let mut from = start;
                while from <= today {
                    let next = from.with_day(1).and_then(|d| d.checked_add_months(Months::new(1)));
                    let to = next.and_then(|d| d.pred_opt()).unwrap_or(today).min(today);
                    if let Some(fine) = reference::fine(FineCode::Invoice, to) {
                        sheet.add(Breach::Invoices, fine, from, to, invoices_in_month(per_month, from, to));
                    }
                    let Some(next) = next else { break };
                    from = next;
                }
            }
            (None, _) | (_, None) => gaps.push(ExposureGap::InvoicesPerMonth),
        }
    }

    for due in missed.iter().filter(|d| !d.voluntary && d.published_on < today) {
        let Some(stream) = due.kind.stream() else { continue };
        let (breach, code) = breach_of(stream);
        if let Some(fine) = reference::fine(code, due.published_on) {
            sheet.add(breach, fine, due.published_on, due.published_on, 1);
        }
    }

    let reception = evaluation.ruling(ObligationKind::Reception);
    let mut clock = None;
    if reception.status == ObligationStatus::Applies
        && reception.is_due(today)
        && is_missing(Criterion::ReceptionPlatform)
    {
        match facts.formal_notice_on.filter(|notice| *notice <= today) {
            Some(notice) => clock = run_clock(notice, today, &mut sheet),
            None => gaps.push(ExposureGap::FormalNotice),
        }
    }
    let counts = sheet.counts;
    Exposure { as_of: today, total_cents: counts.iter().map(|c| c.counted_cents).sum(), counts, clock, gaps }
}

/// Fines that have run since the notice, and the next one to come.
fn run_clock(notice: NaiveDate, today: NaiveDate, sheet: &mut Sheet) -> Option<NoticeClock> {
    let mut code = FineCode::ReceptionFirst;
    let mut last = notice;
    loop {
        let fine = reference::fine(code, last.max(today))?;
        let limit = last.checked_add_months(Months::new(fine.months.filter(|m| *m > 0)?))?;
        if limit >= today {
            return Some(NoticeClock { notice_on: notice, next_on: limit, next_cents: fine.unit_cents });
        }
        sheet.add(Breach::Reception, fine, last, limit, 1);
        last = limit;
        code = FineCode::ReceptionNext;
    }
}

impl Exposure {
    /// The exposure with its words, articles and sources.
    pub fn report(&self) -> ExposureReport {
        let lines = self
            .counts
            .iter()
            .filter_map(|c| {
                let fine = reference::fine(c.fine, c.to)?;
                Some(ExposureLine {
                    breach: c.breach,
                    label: fine.label.clone(),
                    year: c.year,
                    from: c.from,
                    to: c.to,
                    count: c.count,
                    unit_cents: c.unit_cents,
                    gross_cents: c.unit_cents.saturating_mul(i64::try_from(c.count).unwrap_or(i64::MAX)),
                    cap_cents: fine.cap_cents,
                    counted_cents: c.counted_cents,
                    article: fine.article.clone(),
                    source: fine.source.clone(),
                    confidence: fine.confidence,
                })
            })
            .collect();
        let reliefs = reference::reliefs()
            .on(self.as_of)
            .map(|r| ReliefNote { text: r.label.clone(), source: r.source.clone(), confidence: r.confidence })
            .collect();
        ExposureReport {
            as_of: self.as_of,
            total_cents: self.total_cents,
            lines,
            clock: self.clock,
            gaps: self.gaps.clone(),
            reliefs,
        }
    }
}

#[cfg(test)]
#[path = "exposure_tests.rs"]
mod tests;
