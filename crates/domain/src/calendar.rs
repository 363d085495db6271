//! The calendar of a dossier: the starts of its obligations, and the recurring periods of e-reporting with their
//! deadlines, over changes of regime. Periods follow each other without gap or overlap.

use std::fmt;

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::holiday::{self, DayOff};
use crate::obligation::{self, MissingFact, ObligationKind, ObligationStatus, Ruling};
use crate::readiness::{self, Evaluation};
use crate::reference::{self, Dated, Limit, Rhythm};
use crate::{CriterionState, DossierFacts, ObligationGroup, Size, Text, UnknownCode, VatRegime, regime};

closed_enum! {
    /// Transactions and payments are sent apart, each with its own rhythm.
    pub enum ReportStream { Transactions = "transactions", Payments = "payments" }
}

closed_enum! {
    /// What falls due. E-reporting is sent once per period for each of sales, purchases and payments.
    pub enum DueKind {
        /// Start of the duty to receive.
        Reception = "reception",
        /// Start of the duty to issue.
        Emission = "emission",
        /// Sales abroad and to consumers (10.1, 10.3).
        Sales = "sales",
        /// Purchases from abroad (10.1).
        Acquisitions = "acquisitions",
        /// Payments (10.2, 10.4).
        Payments = "payments",
    }
}

impl DueKind {
    /// The obligations that a due serves.
    pub const fn obligations(self) -> &'static [ObligationKind] {
        match self {
            Self::Reception => &[ObligationKind::Reception],
            Self::Emission => &[ObligationKind::Emission],
            Self::Sales => &[ObligationKind::SalesInternational, ObligationKind::SalesB2c],
            Self::Acquisitions => &[ObligationKind::Acquisitions],
            Self::Payments => &[ObligationKind::PaymentsInternational, ObligationKind::PaymentsB2c],
        }
    }

    pub const fn group(self) -> ObligationGroup {
        match self {
            Self::Reception => ObligationGroup::Reception,
            Self::Emission => ObligationGroup::Emission,
            Self::Sales | Self::Acquisitions | Self::Payments => ObligationGroup::EReporting,
        }
    }

    /// Nothing for the start of an obligation, which does not recur.
    pub const fn stream(self) -> Option<ReportStream> {
        match self {
            Self::Reception | Self::Emission => None,
            Self::Sales | Self::Acquisitions => Some(ReportStream::Transactions),
            Self::Payments => Some(ReportStream::Payments),
        }
    }

    pub fn text(self) -> Text {
        match self {
            Self::Reception => Text::new("Début de la réception", "Start of reception"),
            Self::Emission => Text::new("Début de l’émission", "Start of emission"),
            Self::Sales => Text::new("E-reporting des ventes", "E-reporting of sales"),
            Self::Acquisitions => Text::new("E-reporting des achats à l’étranger", "E-reporting of foreign purchases"),
            Self::Payments => Text::new("E-reporting des paiements", "E-reporting of payments"),
        }
    }
}

/// What names a due of a dossier for ever: its kind and its first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DueKey {
    pub kind: DueKind,
    pub from: NaiveDate,
}

string_schema!(DueKey, "^[a-z]+:[0-9]{4}-[0-9]{2}-[0-9]{2}$", "sales:2026-11-01", "Kind and first day of what is due.");

impl fmt::Display for DueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.from)
    }
}

impl From<DueKey> for String {
    fn from(key: DueKey) -> String {
        key.to_string()
    }
}

impl std::str::FromStr for DueKey {
    type Err = UnknownCode;

    fn from_str(value: &str) -> Result<Self, UnknownCode> {
        let read = |(kind, day): (&str, &str)| Some((DueKind::try_from(kind).ok()?, day.parse().ok()?));
        match value.split_once(':').and_then(read) {
            Some((kind, from)) => Ok(Self { kind, from }),
            None => Err(UnknownCode::new("DueKey", value, &["sales:2026-11-01"])),
        }
    }
}

impl TryFrom<String> for DueKey {
    type Error = UnknownCode;

    fn try_from(value: String) -> Result<Self, UnknownCode> {
        value.parse()
    }
}

/// Something that a dossier must have done by a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub kind: DueKind,
    /// First day of the period; the day itself for the start of an obligation.
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// The published limit.
    pub published_on: NaiveDate,
    /// The earlier of the readings where sources differ.
    pub prudent_on: NaiveDate,
    /// Regime whose rhythm it follows; nothing for the start of an obligation.
    pub regime: Option<VatRegime>,
    /// Before the legal day, by choice: missing it costs nothing.
    pub voluntary: bool,
    pub source: &'static str,
    /// Where the prudent limit comes from, when it differs.
    pub prudent_source: Option<&'static str>,
}

closed_enum! {
    pub enum DueState {
        /// Deadline passed, nothing done.
        Missed = "missed",
        DueSoon = "due_soon",
        Open = "open",
        Done = "done",
        /// No operation in the period: no empty report.
        NotApplicable = "not_applicable",
    }
}

closed_enum! {
    /// How a due was settled.
    pub enum Settlement { Done = "done", NoOperation = "no_operation" }
}

impl Due {
    pub fn key(&self) -> DueKey {
        DueKey { kind: self.kind, from: self.from }
    }

    pub fn state(&self, settled: Option<Settlement>, today: NaiveDate) -> DueState {
        match settled {
            Some(Settlement::Done) => DueState::Done,
            Some(Settlement::NoOperation) => DueState::NotApplicable,
            None if self.published_on < today => DueState::Missed,
            None if (self.prudent_on - today).num_days() <= reference::e_reporting().due_soon_days => DueState::DueSoon,
            None => DueState::Open,
        }
    }

    /// Whether the start of an obligation is prepared; reports are settled by what people and platforms record.
    pub fn prepared(&self, evaluation: &Evaluation) -> Option<Settlement> {
        let need = readiness::needs(self.kind.group());
        let is_met = evaluation.judged(need).state == CriterionState::Met;
        (self.kind.stream().is_none() && is_met).then_some(Settlement::Done)
    }

    /// The day off on which the published limit falls; the limit does not move.
    pub fn day_off(&self) -> Option<DayOff> {
        self.kind.stream().and_then(|_| holiday::day_off(self.published_on))
    }

    pub fn title(&self) -> Text {
        let what = self.kind.text();
        if self.kind.stream().is_none() {
            return what;
        }
        let day = |d: NaiveDate| d.format("%d/%m/%Y");
        Text::new(
            format!("{}, du {} au {}", what.fr, day(self.from), day(self.to)),
            format!("{}, {} to {}", what.en, self.from, self.to),
        )
    }

    /// What is to be known of the deadline: two readings, a day off, a voluntary start.
    pub fn notes(&self) -> Vec<Text> {
        let mut notes = Vec::new();
        if let Some(source) = self.prudent_source.filter(|_| self.prudent_on != self.published_on) {
            notes.push(Text::new(
                format!("Limite prudente le {} ({source}).", self.prudent_on.format("%d/%m/%Y")),
                format!("Prudent limit on {} ({source}).", self.prudent_on),
            ));
        }
        if let Some(off) = self.day_off() {
            notes.push(off.warning(self.published_on));
        }
        if self.voluntary {
            notes.push(Text::new("Départ volontaire : pas d’amende.", "Voluntary start: no fine."));
        }
        notes
    }
}

/// A stretch whose periods cannot be told yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Untold {
    pub kind: DueKind,
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub missing: Vec<MissingFact>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendar {
    /// By deadline, then kind.
    pub dues: Vec<Due>,
    pub untold: Vec<Untold>,
}

/// The last day that a month and day name; a day past the end of its month is its last day.
fn day_of(month_of: NaiveDate, months_after: u32, day: u32) -> NaiveDate {
    let first = month_of.with_day(1).unwrap_or(month_of);
    let first = first.checked_add_months(Months::new(months_after)).unwrap_or(first);
    let last = first.checked_add_months(Months::new(1)).and_then(|d| d.pred_opt()).unwrap_or(first);
    first.with_day(day.min(last.day())).unwrap_or(last)
}

/// The whole period of a rhythm that holds a day: first day, last day, and its limit.
fn period(rhythm: &Rhythm, day: NaiveDate) -> Option<(NaiveDate, NaiveDate, &Limit)> {
    let months = rhythm.months.max(1);
    let first_month = day.month0() / months * months;
    let start = NaiveDate::from_ymd_opt(day.year(), first_month + 1, 1)?;
    let end = day_of(start, months - 1, 31);
    if months > 1 || rhythm.cuts.is_empty() {
        return Some((start, end, rhythm.limits.first()?));
    }
    let part = rhythm.cuts.iter().take_while(|cut| day.day() > **cut).count();
    let from = match part.checked_sub(1) {
        Some(before) => start.with_day(rhythm.cuts[before] + 1)?,
        None => start,
    };
    let to = rhythm.cuts.get(part).and_then(|cut| start.with_day(*cut)).unwrap_or(end);
    Some((from, to, rhythm.limits.get(part)?))
}

fn rhythm(regime: VatRegime, stream: ReportStream, day: NaiveDate) -> Option<&'static Rhythm> {
    let rows = &reference::e_reporting().rows;
    rows.iter().find(|r| r.regime == regime && r.stream == stream && r.in_force(day))
}

/// A stretch of one regime in which a kind of report is due.
struct Stretch {
    kind: DueKind,
    stream: ReportStream,
    regime: VatRegime,
    from: NaiveDate,
    to: Option<NaiveDate>,
    legal_on: Option<NaiveDate>,
}

impl Stretch {
    /// Periods that touch the days from `from` to `to`, cut at the ends of the stretch.
    fn periods(&self, from: NaiveDate, to: NaiveDate, out: &mut Vec<Due>) {
        let mut day = self.from.max(from);
        while day <= to && self.to.is_none_or(|end| day <= end) {
            let Some(rhythm) = rhythm(self.regime, self.stream, day) else { return };
            let Some((start, end, limit)) = period(rhythm, day) else { return };
            let due = |months_after, day| day_of(end, months_after, day);
            out.push(Due {
                kind: self.kind,
                from: start.max(self.from),
                to: self.to.map_or(end, |last| end.min(last)),
                published_on: due(limit.months_after, limit.day),
                prudent_on: due(limit.prudent_months_after, limit.prudent_day),
                regime: Some(self.regime),
                voluntary: self.legal_on.is_none_or(|legal| end < legal),
                source: &rhythm.source,
                prudent_source: rhythm.prudent_source.as_deref(),
            });
            let Some(next) = end.succ_opt() else { return };
            day = next;
        }
    }
}

/// The calendar over the days from `from` to `to`, by the law as it stands today: periods that touch these days, and
/// obligations that start in them.
pub fn calendar(facts: &DossierFacts, size: &Size, today: NaiveDate, from: NaiveDate, to: NaiveDate) -> Calendar {
    let mut calendar = Calendar::default();
    let now = obligation::determine(facts, size, today);
    for kind in [DueKind::Reception, DueKind::Emission] {
        let ruling = now.iter().find(|r| kind.obligations().contains(&r.kind));
        let Some((ruling, day)) = ruling.and_then(|r| r.starts_on.map(|day| (r, day))) else { continue };
        if (from..=to).contains(&day) {
            calendar.dues.push(Due {
                kind,
                from: day,
                to: day,
                published_on: day,
                prudent_on: day,
                regime: None,
                voluntary: ruling.is_voluntary(),
                source: ruling.source,
                prudent_source: None,
            });
        }
    }
    let spans = regime::spans(facts);
    // Before the first regime known nothing can be told.
    let unknown_to = match spans.first() {
        None => Some(to),
        Some(first) => first.from.and_then(|d| d.pred_opt()),
    };
    if let Some(unknown_to) = unknown_to {
        let window = Window { from: None, to: Some(unknown_to), declared: None, regime: None };
        window.fill(facts, size, today, (from, to), &mut calendar);
    }
    for span in spans {
        let window = Window { from: span.from, to: span.to, declared: Some(span.declared), regime: span.regime };
        window.fill(facts, size, today, (from, to), &mut calendar);
    }
    calendar.dues.sort_by_key(|d| (d.published_on, d.kind, d.from));
    calendar
}

/// A stretch of time under one regime, known or not.
struct Window {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    declared: Option<VatRegime>,
    /// Nothing when the law ended the declared one and what follows is not known.
    regime: Option<VatRegime>,
}

impl Window {
    /// Adds what is due, or cannot be told, in this stretch and the days asked for.
    fn fill(
        &self,
        facts: &DossierFacts,
        size: &Size,
        today: NaiveDate,
        (from, to): (NaiveDate, NaiveDate),
        calendar: &mut Calendar,
    ) {
        let first = self.from.unwrap_or(from).max(from);
        let last = self.to.unwrap_or(to).min(to);
        if first > last {
            return;
        }
        let rulings = obligation::determine_under(facts, self.regime.or(self.declared), size, today);
        for kind in [DueKind::Sales, DueKind::Acquisitions, DueKind::Payments] {
            if let Some(stream) = kind.stream() {
                self.fill_kind(facts, &rulings, (kind, stream), today, (first, last), calendar);
            }
        }
    }

    fn fill_kind(
        &self,
        facts: &DossierFacts,
        rulings: &[Ruling],
        (kind, stream): (DueKind, ReportStream),
        today: NaiveDate,
        (first, last): (NaiveDate, NaiveDate),
        calendar: &mut Calendar,
    ) {
        let of_kind = || rulings.iter().filter(|r| kind.obligations().contains(&r.kind));
        let applying = || of_kind().filter(|r| r.status == ObligationStatus::Applies);
        let mut untold = |from: NaiveDate, missing: Vec<MissingFact>| {
            let from = from.max(first);
            if from <= last && !missing.is_empty() {
                calendar.untold.push(Untold { kind, from, to: last, missing });
            }
        };
        let Some(start) = applying().filter_map(|r| r.starts_on).min() else {
            // Nothing is said to apply; an unknown answer leaves the time from its would-be start untold.
            let mut missing: Vec<MissingFact> = Vec::new();
            for fact in of_kind().filter(|r| r.status == ObligationStatus::Undetermined).flat_map(|r| &r.missing) {
                if !missing.contains(fact) {
                    missing.push(*fact);
                }
            }
            let opens = reference::wave_table().on(today).map(|w| w.starts_on).min();
            untold(of_kind().filter_map(|r| r.legal_on).min().or(opens).unwrap_or(first), missing);
            return;
        };
        let from = self.from.map_or(start, |d| d.max(start));
        match (self.declared, self.regime) {
            (None, _) => untold(from, vec![MissingFact::VatRegime]),
            (Some(_), None) => untold(from, vec![MissingFact::Turnover]),
            (Some(_), Some(regime)) => {
                let known = if rhythm(regime, stream, first).is_some() { Some(regime) } else { facts.reports_as };
                match known {
                    None => untold(from, vec![MissingFact::ReportsAs]),
                    Some(regime) => {
                        let legal_on = applying().filter_map(|r| r.legal_on).min();
                        let stretch = Stretch { kind, stream, regime, from, to: self.to, legal_on };
                        stretch.periods(first, last, &mut calendar.dues);
                    }
                }
            }
        }
    }
}

/// What falls due from one day to another, by its published limit.
pub fn due_between(facts: &DossierFacts, size: &Size, today: NaiveDate, from: NaiveDate, to: NaiveDate) -> Calendar {
    let earlier = from.checked_sub_days(Days::new(longest_days())).unwrap_or(from);
    let mut calendar = calendar(facts, size, today, earlier, to);
    calendar.dues.retain(|d| (from..=to).contains(&d.published_on));
    calendar.untold.retain(|u| u.to >= from);
    calendar
}

/// Reports whose deadline has passed with nothing done, from the first day of the reform to today.
pub fn missed(facts: &DossierFacts, size: &Size, today: NaiveDate, is_settled: impl Fn(&Due) -> bool) -> Vec<Due> {
    let opens = reference::wave_table().on(today).map(|w| w.starts_on).min();
    let Some(opens) = opens.filter(|day| *day <= today) else { return Vec::new() };
    let mut dues = calendar(facts, size, today, opens, today).dues;
    dues.retain(|d| d.kind.stream().is_some() && d.published_on < today && !is_settled(d));
    dues
}

/// The longest time from the first day of a period to its limit, over every rhythm.
fn longest_days() -> u64 {
    let rows = &reference::e_reporting().rows;
    let months = rows.iter().flat_map(|r| r.limits.iter().map(move |l| r.months + l.months_after)).max();
    31 * u64::from(months.unwrap_or_default())
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
