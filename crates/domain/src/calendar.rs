//! The calendar of a dossier: the starts of its obligations, and the recurring periods of e-reporting with their
//! deadlines, over changes of regime. Periods follow each other without gap or overlap.

use std::fmt;

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::holiday::{self, DayOff};
use crate::obligation::{self, MissingFact, ObligationKind, ObligationStatus, Ruling};
use crate::readiness::{self, Context, Evaluation};
use crate::reference::{self, Dated, Limit, Rhythm, ScopeCase, WaveCode};
use crate::{CriterionState, DossierFacts, ObligationGroup, Proofs, Text, UnknownCode, VatRegime, regime};

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
    /// The obligation that starts has what it needs. Reports are settled by what people and platforms record.
    pub prepared: bool,
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

/// Written as the list of its fields, without their names: such a text is kept with each dossier.
macro_rules! written_as_tuple {
    ($name:ident { $($field:ident),+ }) => {
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                ($(&self.$field,)+).serialize(to)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let ($($field,)+) = Deserialize::deserialize(from)?;
                Ok(Self { $($field),+ })
            }
        }
    };
}

/// A stretch of one regime in which a kind of report is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Stretch {
    kind: DueKind,
    regime: VatRegime,
    from: NaiveDate,
    to: Option<NaiveDate>,
    legal_on: Option<NaiveDate>,
}

written_as_tuple!(Stretch { kind, regime, from, to, legal_on });

impl Stretch {
    /// Periods that touch the days from `from` to `to`, cut at the ends of the stretch.
    fn periods(&self, from: NaiveDate, to: NaiveDate, out: &mut Vec<Due>) {
        let Some(stream) = self.kind.stream() else { return };
        let mut day = self.from.max(from);
        while day <= to && self.to.is_none_or(|end| day <= end) {
            let Some(rhythm) = rhythm(self.regime, stream, day) else { return };
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
                prepared: false,
            });
            let Some(next) = end.succ_opt() else { return };
            day = next;
        }
    }
}

/// The day on which reception or emission begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Start {
    kind: DueKind,
    on: NaiveDate,
    voluntary: bool,
    /// Nothing when the firm stated the obligation.
    wave: Option<WaveCode>,
    prepared: bool,
}

written_as_tuple!(Start { kind, on, voluntary, wave, prepared });

impl Start {
    fn due(&self) -> Due {
        let wave = || self.wave.and_then(|code| reference::wave_table().rows.iter().find(|w| w.code == code));
        let source = if self.voluntary {
            reference::scope_case(ScopeCase::Voluntary).source.as_str()
        } else {
            wave().map_or("", |w| &w.source)
        };
        Due {
            kind: self.kind,
            from: self.on,
            to: self.on,
            published_on: self.on,
            prudent_on: self.on,
            regime: None,
            voluntary: self.voluntary,
            source,
            prudent_source: None,
            prepared: self.prepared,
        }
    }
}

/// A stretch that cannot be told, its ends open where nothing bounds it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Open {
    kind: DueKind,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    missing: Vec<MissingFact>,
}

written_as_tuple!(Open { kind, from, to, missing });

/// All that decides the calendar of a dossier, without its days: small enough to be kept beside the dossier, and the
/// same for many of them. It holds by the law as it stands on the day of the evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Plan {
    starts: Vec<Start>,
    stretches: Vec<Stretch>,
    open: Vec<Open>,
}

written_as_tuple!(Plan { starts, stretches, open });

impl Plan {
    pub fn of(facts: &DossierFacts, evaluation: &Evaluation) -> Self {
        let mut plan = Self::default();
        for kind in [DueKind::Reception, DueKind::Emission] {
            let ruling = evaluation.rulings.iter().find(|r| kind.obligations().contains(&r.kind));
            if let Some((ruling, on)) = ruling.and_then(|r| r.starts_on.map(|day| (r, day))) {
                plan.starts.push(Start {
                    kind,
                    on,
                    voluntary: ruling.is_voluntary(),
                    wave: ruling.wave,
                    prepared: evaluation.judged(readiness::needs(kind.group())).state == CriterionState::Met,
                });
            }
        }
        let spans = regime::spans(facts);
        // Before the first regime known nothing can be told.
        let unknown_to = match spans.first() {
            None => Some(None),
            Some(first) => first.from.and_then(|d| d.pred_opt()).map(Some),
        };
        if let Some(to) = unknown_to {
            plan.add(facts, evaluation, &Window { from: None, to, declared: None, regime: None });
        }
        for span in spans {
            let declared = Some(span.declared);
            plan.add(facts, evaluation, &Window { from: span.from, to: span.to, declared, regime: span.regime });
        }
        plan
    }

    fn add(&mut self, facts: &DossierFacts, evaluation: &Evaluation, window: &Window) {
        let under = window.regime.or(window.declared);
        let judged_now = under.is_some() && under == evaluation.regime;
        let anew = (!judged_now).then(|| obligation::determine_under(facts, under, &evaluation.size, evaluation.on));
        let rulings = anew.as_ref().unwrap_or(&evaluation.rulings);
        for kind in [DueKind::Sales, DueKind::Acquisitions, DueKind::Payments] {
            self.add_kind(facts, rulings, kind, evaluation.on, window);
        }
    }

    fn add_kind(&mut self, facts: &DossierFacts, rulings: &[Ruling], kind: DueKind, today: NaiveDate, window: &Window) {
        let of_kind = || rulings.iter().filter(|r| kind.obligations().contains(&r.kind));
        let applying = || of_kind().filter(|r| r.status == ObligationStatus::Applies);
        let to = window.to;
        let mut untold = |from: Option<NaiveDate>, missing: Vec<MissingFact>| {
            let from = from.max(window.from);
            if !missing.is_empty() && from.zip(to).is_none_or(|(from, to)| to >= from) {
                self.open.push(Open { kind, from, to, missing });
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
            untold(of_kind().filter_map(|r| r.legal_on).min().or_else(|| opens(today)), missing);
            return;
        };
        let from = window.from.map_or(start, |d| d.max(start));
        if to.is_some_and(|to| to < from) {
            return;
        }
        match (window.declared, window.regime, kind.stream()) {
            (None, ..) => untold(Some(from), vec![MissingFact::VatRegime]),
            (Some(_), None, _) => untold(Some(from), vec![MissingFact::Turnover]),
            (Some(_), Some(_), None) => {}
            (Some(_), Some(regime), Some(stream)) => {
                let known = if rhythm(regime, stream, from).is_some() { Some(regime) } else { facts.reports_as };
                match known {
                    None => untold(Some(from), vec![MissingFact::ReportsAs]),
                    Some(regime) => {
                        let legal_on = applying().filter_map(|r| r.legal_on).min();
                        self.stretches.push(Stretch { kind, regime, from, to, legal_on });
                    }
                }
            }
        }
    }

    /// The calendar over the days from `from` to `to`: periods that touch these days, and obligations that start in
    /// them.
    pub fn calendar(&self, from: NaiveDate, to: NaiveDate) -> Calendar {
        let starts = self.starts.iter().filter(|s| (from..=to).contains(&s.on)).map(Start::due);
        let mut calendar = Calendar { dues: starts.collect(), untold: Vec::new() };
        for stretch in &self.stretches {
            stretch.periods(from, to, &mut calendar.dues);
        }
        for open in &self.open {
            let first = open.from.unwrap_or(from).max(from);
            let last = open.to.unwrap_or(to).min(to);
            if first <= last {
                let missing = open.missing.clone();
                calendar.untold.push(Untold { kind: open.kind, from: first, to: last, missing });
            }
        }
        calendar.dues.sort_by_key(|d| (d.published_on, d.kind, d.from));
        calendar
    }

    /// What falls due from one day to another, by its published limit.
    pub fn due_between(&self, from: NaiveDate, to: NaiveDate) -> Calendar {
        let earlier = from.checked_sub_days(Days::new(longest_days())).unwrap_or(from);
        let mut calendar = self.calendar(earlier, to);
        calendar.dues.retain(|d| (from..=to).contains(&d.published_on));
        calendar.untold.retain(|u| u.to >= from);
        calendar
    }

    /// Reports whose deadline has passed with nothing done, from the first day of the reform to today.
    pub fn missed(&self, today: NaiveDate, settled: &Settled) -> Vec<Due> {
        // Most dossiers owe no report yet: nothing is expanded for them.
        let Some(first) = self.stretches.iter().map(|s| s.from).min().filter(|day| *day < today) else {
            return Vec::new();
        };
        let mut dues = self.calendar(first, today).dues;
        dues.retain(|d| d.kind.stream().is_some() && d.published_on < today && settled.of(d).is_none());
        dues
    }

    /// The next day after which a report could be missed, from today on: a published limit, or the last day before a
    /// stretch of reports begins. Nothing when no report is ever due.
    pub fn next_limit(&self, today: NaiveDate) -> Option<NaiveDate> {
        /// Further than any limit of a period that has begun need be looked for at once.
        const FAR: Days = Days::new(31);
        let earlier = today.checked_sub_days(Days::new(longest_days())).unwrap_or(today);
        let mut dues = Vec::new();
        self.stretches
            .iter()
            .filter(|s| s.to.is_none_or(|to| to >= earlier))
            .filter_map(|s| {
                if s.from > today {
                    return Some(s.from);
                }
                dues.clear();
                s.periods(earlier, today, &mut dues);
                let limit = dues.iter().map(|d| d.published_on).filter(|limit| *limit >= today).min();
                limit.or_else(|| today.checked_add_days(FAR))
            })
            .min()
    }

    /// As it is kept.
    pub fn written(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    pub fn read(written: &str) -> Option<Self> {
        serde_json::from_str(written).ok()
    }
}

/// Whether no text gives the rhythm in which a dossier reports, so that the firm chooses it.
pub fn asks_rhythm(facts: &DossierFacts, today: NaiveDate) -> bool {
    let bare = DossierFacts { reports_as: None, ..facts.clone() };
    // Neither rules nor proofs decide a calendar.
    let evaluation = readiness::evaluate(&bare, &Proofs::NONE, &Context::standard(today));
    Plan::of(&bare, &evaluation).open.iter().any(|open| open.missing.contains(&MissingFact::ReportsAs))
}

/// The first day of the reform.
fn opens(today: NaiveDate) -> Option<NaiveDate> {
    reference::wave_table().on(today).map(|w| w.starts_on).min()
}

/// A stretch of time under one regime, known or not.
struct Window {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    declared: Option<VatRegime>,
    /// Nothing when the law ended the declared one and what follows is not known.
    regime: Option<VatRegime>,
}

/// Days of one kind that are settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SettledDays {
    kind: DueKind,
    from: NaiveDate,
    to: NaiveDate,
    how: Settlement,
}

written_as_tuple!(SettledDays { kind, from, to, how });

/// What of the calendar of a dossier is settled, as days: they stay settled when a change of regime cuts the periods
/// otherwise. Settled periods that follow each other are one stretch of days, so it stays small over the years.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Settled {
    days: Vec<SettledDays>,
}

impl Settled {
    /// From what was recorded: kind, first and last day, and how. Of two records of a day the later one counts.
    pub fn of_records(records: impl IntoIterator<Item = (DueKind, NaiveDate, NaiveDate, Settlement)>) -> Self {
        let mut settled = Self::default();
        for (kind, from, to, how) in records {
            settled.clear(kind, from, to);
            settled.days.push(SettledDays { kind, from, to, how });
        }
        settled.days.sort_unstable_by_key(|d| (d.kind, d.from));
        settled.days.dedup_by(|next, kept| {
            let follows = next.kind == kept.kind && next.how == kept.how && kept.to.succ_opt() == Some(next.from);
            if follows {
                kept.to = next.to;
            }
            follows
        });
        settled
    }

    /// Takes days out.
    fn clear(&mut self, kind: DueKind, from: NaiveDate, to: NaiveDate) {
        let mut rest = Vec::new();
        self.days.retain_mut(|d| {
            if d.kind != kind || d.to < from || to < d.from {
                return true;
            }
            if let Some(last) = from.pred_opt().filter(|last| d.from <= *last) {
                rest.push(SettledDays { to: last, ..*d });
            }
            if let Some(first) = to.succ_opt().filter(|first| *first <= d.to) {
                rest.push(SettledDays { from: first, ..*d });
            }
            false
        });
        self.days.append(&mut rest);
    }

    /// How a due is settled: when all its days are. One part done makes the whole done.
    pub fn of(&self, due: &Due) -> Option<Settlement> {
        if self.days.is_empty() {
            return due.prepared.then_some(Settlement::Done);
        }
        let mut next = due.from;
        let mut how = Settlement::NoOperation;
        for days in self.days.iter().filter(|d| d.kind == due.kind) {
            if days.from <= next && next <= days.to {
                if days.how == Settlement::Done {
                    how = Settlement::Done;
                }
                if due.to <= days.to {
                    return Some(how);
                }
                next = days.to.succ_opt()?;
            }
        }
        due.prepared.then_some(Settlement::Done)
    }

    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// As it is kept; nothing settled is the empty text.
    pub fn written(&self) -> String {
        if self.days.is_empty() { String::new() } else { serde_json::to_string(self).unwrap_or_default() }
    }

    pub fn read(written: &str) -> Option<Self> {
        if written.is_empty() { Some(Self::default()) } else { serde_json::from_str(written).ok() }
    }
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
