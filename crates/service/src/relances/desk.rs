//! What the planner is given: sequences, rules, and what is true of thousands of dossiers, read at once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use contract::{DossierQuery, MailPurpose, MailState, OrNone, SequenceDeadline, Several};
use domain::calendar::{Due, DueKind, Plan as Calendar, Settled};
use domain::reference::{HolidayPlace, Territory};
use domain::relance::outcome::{AnswerWay, ContactBy, Suppression};
use domain::relance::plan::{
    Addressee, Answer, Away, Circumstances, ClientPause, Contacted, Course, Enrolment, Member, Planner,
};
use domain::relance::window::Window;
use domain::relance::{DeadlineSource, Escalation, RelanceChannel, RelanceStep, SendingRules, SequenceState};
use domain::{CabinetId, Criterion, DossierId, MailId, PortfolioId, SequenceId, SuppressionReason, UserId};
use serde::{Deserialize, Serialize};
use store::enrolments::Enrolled;
use store::relance_facts::{Contacts, Facts, Visits};
use store::relance_settings::Pause;
use store::sequences::Sequence;
use store::{Conn, Scope};

use super::settings::{self, Settings};
use crate::{Error, Result, dossiers, time};

/// What of a sequence is kept as one document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Written {
    #[serde(default)]
    pub starts_on: Option<NaiveDate>,
    #[serde(default)]
    pub deadline: Option<SequenceDeadline>,
    pub steps: Vec<RelanceStep>,
    #[serde(default)]
    pub escalation: Option<Escalation>,
}

/// A sequence, ready for the planner.
#[derive(Debug, Clone)]
pub(super) struct Ready {
    pub row: Sequence,
    pub written: Written,
    pub course: Course,
}

impl Ready {
    pub fn of(row: Sequence) -> Result<Self> {
        let written: Written = serde_json::from_str(&row.course)?;
        let course = Course {
            sequence_id: row.id,
            purpose: row.purpose,
            state: row.state,
            steps: written.steps.clone(),
            escalation: written.escalation,
        };
        Ok(Self { row, written, course })
    }

    pub fn query(&self) -> Result<DossierQuery> {
        Ok(serde_json::from_str(&self.row.filter)?)
    }

    /// Bits of the criteria of which a late client lacks one; none where nothing is awaited.
    pub fn asked(&self) -> i64 {
        self.row.purpose.mask()
    }
}

/// Everything of a firm that plans have in common at a moment.
#[derive(Debug)]
pub(super) struct Desk {
    pub cabinet: CabinetId,
    pub now: DateTime<Utc>,
    pub today: NaiveDate,
    pub settings: Settings,
    pub rules: SendingRules,
    pub window: Window,
    /// By id, over ones included: their history is told by them.
    pub sequences: BTreeMap<SequenceId, Ready>,
}

impl Desk {
    pub fn read(conn: &mut Conn, cabinet: CabinetId, now: DateTime<Utc>) -> Result<Self> {
        let settings = settings::of(conn, cabinet)?;
        let rows = store::sequences::all(conn, cabinet)?;
        let sequences = rows.into_iter().map(|s| Ok((s.id, Ready::of(s)?))).collect::<Result<_>>()?;
        Ok(Self::with(cabinet, now, settings, sequences))
    }

    pub fn with(
        cabinet: CabinetId,
        now: DateTime<Utc>,
        settings: Settings,
        sequences: BTreeMap<SequenceId, Ready>,
    ) -> Self {
        let today = time::paris_day(now);
        let rules = settings.rules();
        let window = Window::new(&rules.window, today);
        Self { cabinet, now, today, settings, rules, window, sequences }
    }

    pub fn planner(&self) -> Planner<'_> {
        let Settings { ran_at, silences, .. } = &self.settings;
        Planner { rules: &self.rules, window: &self.window, now: self.now, ran_at: *ran_at, silences }
    }

    pub fn sequence(&self, id: SequenceId) -> Result<&Ready> {
        self.sequences.get(&id).ok_or_else(|| Error::internal("an enrolment of a sequence that is not there"))
    }
}

/// Dossiers in sequences, with all that their plans depend on. Places are the same in each list.
#[derive(Debug, Default)]
pub(super) struct Company {
    pub enrolled: Vec<Enrolled>,
    pub enrolments: Vec<Enrolment>,
    pub facts: Vec<Circumstances>,
    /// Addresses by their number.
    pub addresses: Vec<String>,
}

impl Company {
    pub fn members<'a>(&'a self, desk: &'a Desk) -> Result<Vec<Member<'a>>> {
        (0..self.enrolled.len())
            .map(|i| {
                let course = &desk.sequence(self.enrolled[i].sequence)?.course;
                Ok(Member { course, enrolment: &self.enrolments[i], facts: &self.facts[i] })
            })
            .collect()
    }

    /// The address of a member, if it may be written to.
    pub fn address(&self, place: usize) -> Option<&str> {
        match self.facts[place].addressee {
            Addressee::Address(n) => self.addresses.get(n as usize).map(String::as_str),
            Addressee::Nobody | Addressee::Suppressed(..) => None,
        }
    }
}

/// The dossiers that a sequence is for.
#[derive(Debug)]
struct Audience {
    /// That its filter takes: who is in it stays, whoever of the firm sees it.
    kept: HashSet<DossierId>,
    /// Of those, that may join: in sight of the person who stands behind it. All where nothing is told.
    joining: Option<HashSet<DossierId>>,
}

impl Audience {
    fn joining(&self) -> &HashSet<DossierId> {
        self.joining.as_ref().unwrap_or(&self.kept)
    }
}

/// What is read around the dossiers.
#[derive(Debug)]
pub(super) struct Around {
    facts: HashMap<DossierId, Facts>,
    visits: HashMap<DossierId, Visits>,
    written_to: HashMap<String, (DateTime<Utc>, String)>,
    /// Letters, and what went to the test address in the client's stead.
    beside_mails: HashMap<String, DateTime<Utc>>,
    /// Addresses to which no mail goes.
    suppressed: HashMap<String, Suppression>,
    pauses: HashMap<DossierId, Pause>,
    data_on: Option<NaiveDate>,
    /// Of each sequence that asks.
    audiences: HashMap<SequenceId, Audience>,
    numbers: HashMap<String, u32>,
    deadlines: HashMap<(DeadlineSource, String, String), Option<NaiveDate>>,
}

/// Messages that are a contact with the client, and from which the next keeps its distance.
const CONTACTS: [MailPurpose; 3] = [MailPurpose::Mandate, MailPurpose::MandateReminder, MailPurpose::Relance];
/// Those that did not reach the client.
const VAIN: [MailState; 3] = [MailState::Cancelled, MailState::Failed, MailState::Bounced];

fn by(purpose: &str) -> ContactBy {
    if purpose == MailPurpose::Relance.as_str() { ContactBy::Relance } else { ContactBy::Mandate }
}

const fn suppression(reason: SuppressionReason) -> Suppression {
    match reason {
        SuppressionReason::BouncedHard | SuppressionReason::BouncedSoft => Suppression::Bounced,
        SuppressionReason::Complained => Suppression::Complained,
        SuppressionReason::Unsubscribed => Suppression::Unsubscribed,
        SuppressionReason::ByHand => Suppression::ByHand,
    }
}

impl Around {
    /// Of these dossiers, or of all of the cabinet; `sequences` are those whose audience is asked, `except` a message that is as
    /// good as not there.
    pub fn read<'a>(
        conn: &mut Conn,
        desk: &Desk,
        only: Option<&[DossierId]>,
        sequences: impl Iterator<Item = &'a Ready>,
        except: Option<MailId>,
    ) -> Result<Self> {
        let cabinet = desk.cabinet;
        let facts = store::relance_facts::of(conn, cabinet, only)?;
        // Nobody waits longer for an answer than a year, and the minimum of days is far less.
        let since = desk.now - Duration::days(400);
        let recent = desk.now - Duration::days(i64::from(desk.rules.minimum_days) + 2);
        let (purposes, over) = (CONTACTS.map(MailPurpose::as_str), VAIN.map(MailState::as_str));
        let contacts = Contacts { since: recent, purposes: &purposes, over: &over, except };
        let emails: BTreeSet<String> = facts.iter().map(|f| f.email.clone()).filter(|e| !e.is_empty()).collect();
        let emails: Vec<String> = emails.into_iter().collect();
        let suppressed = crate::suppressions::held(conn, cabinet, &emails, false)?;
        let mut audiences = HashMap::new();
        for ready in sequences {
            let taken = audience(conn, ready, only)?;
            audiences.insert(ready.row.id, taken);
        }
        let addresses = only.map(|_| emails.as_slice());
        Ok(Self {
            facts: facts.into_iter().map(|f| (f.id, f)).collect(),
            visits: store::relance_facts::visits(conn, cabinet, only, since)?,
            written_to: store::relance_facts::written_to(conn, cabinet, addresses, contacts)?,
            beside_mails: store::relance_facts::beside_mails(conn, cabinet, recent, except)?,
            suppressed: suppressed.into_iter().map(|(address, s)| (address, suppression(s.reason))).collect(),
            pauses: store::relance_settings::pauses_of(conn, cabinet, only)?,
            data_on: store::relance_facts::last_import(conn, cabinet)?,
            audiences,
            numbers: emails.into_iter().zip(0..).collect(),
            deadlines: HashMap::new(),
        })
    }

    pub fn facts(&self, id: DossierId) -> Option<&Facts> {
        self.facts.get(&id)
    }

    /// Whether a dossier may join a sequence, as far as filter and sight go.
    pub fn is_taken(&self, ready: &Ready, id: DossierId) -> bool {
        self.audiences.get(&ready.row.id).is_some_and(|audience| audience.joining().contains(&id))
    }

    /// Whether a dossier that is in a sequence stays in it.
    pub fn is_kept(&self, sequence: SequenceId, id: DossierId) -> bool {
        self.audiences.get(&sequence).is_none_or(|audience| audience.kept.contains(&id))
    }

    pub fn pause(&self, id: DossierId) -> Option<&Pause> {
        self.pauses.get(&id)
    }

    /// Dossiers that a sequence takes and that lack what it asks for, in the order of their ids.
    pub fn taken(&self, ready: &Ready) -> Vec<DossierId> {
        let asked = ready.asked();
        let mut ids: Vec<DossierId> = self
            .audiences
            .get(&ready.row.id)
            .into_iter()
            .flat_map(Audience::joining)
            .copied()
            .filter(|id| asked == 0 || self.facts.get(id).is_some_and(|f| f.missing & asked != 0))
            .collect();
        ids.sort_unstable();
        ids
    }

    /// Seats enrolments; one whose dossier is gone is left out.
    pub fn seat(&mut self, desk: &Desk, enrolled: Vec<Enrolled>) -> Result<Company> {
        let mut addresses = vec![String::new(); self.numbers.len()];
        for (address, number) in &self.numbers {
            addresses[*number as usize].clone_from(address);
        }
        let mut company = Company { addresses, ..Company::default() };
        for row in enrolled {
            let ready = desk.sequence(row.sequence)?;
            let Some(facts) = self.facts.get(&row.dossier).cloned() else { continue };
            let enrolment = enrolment(ready, &row)?;
            let circumstances = self.circumstances(desk, ready, &row, &enrolment, &facts)?;
            company.enrolled.push(row);
            company.enrolments.push(enrolment);
            company.facts.push(circumstances);
        }
        Ok(company)
    }

    fn circumstances(
        &mut self,
        desk: &Desk,
        ready: &Ready,
        row: &Enrolled,
        enrolment: &Enrolment,
        facts: &Facts,
    ) -> Result<Circumstances> {
        let visits = self.visits.get(&row.dossier).copied().unwrap_or_default();
        // What the client did before it was asked is no answer to this.
        let since = |at: Option<DateTime<Utc>>| at.filter(|at| *at >= row.joined_at);
        let by_link = since(visits.finished_at).map(|at| Answer { at, way: AnswerWay::Link });
        let by_hand = row.answered.map(|(at, way)| Answer { at, way });
        let addressee = match self.numbers.get(&facts.email) {
            None => Addressee::Nobody,
            Some(number) => match self.suppressed.get(&facts.email) {
                Some(why) => Addressee::Suppressed(*number, *why),
                None => Addressee::Address(*number),
            },
        };
        let message = |d: &&domain::relance::plan::StepDone| matches!(d.outcome, domain::relance::outcome::Outcome::Sent { channel, .. } if channel != RelanceChannel::Call);
        let mut contacted =
            self.written_to.get(&facts.email).map(|(at, purpose)| Contacted { at: *at, by: by(purpose) });
        if let Some(at) = self.beside_mails.get(&facts.email).copied()
            && contacted.is_none_or(|c| c.at < at)
        {
            contacted = Some(Contacted { at, by: ContactBy::Relance });
        }
        if let Some(at) = visits.exchanged_at
            && contacted.is_none_or(|c| c.at < at)
        {
            contacted = Some(Contacted { at, by: ContactBy::Person });
        }
        let pause = self.pauses.get(&row.dossier);
        let written_on = time::paris_day(facts.updated_at);
        Ok(Circumstances {
            place: place_of(facts),
            missing: facts.missing,
            eligible: self.is_kept(row.sequence, row.dossier),
            answered: by_hand.into_iter().chain(by_link).max_by_key(|a| a.at),
            mandate_received: visits.signed,
            pause: pause.map(|p| ClientPause { from: p.from, to: p.to, reason: p.reason }),
            addressee,
            phone: facts.phone,
            contacted,
            messages: u32::try_from(enrolment.done.iter().filter(message).count()).unwrap_or(u32::MAX),
            data_on: Some(self.data_on.map_or(written_on, |day| day.max(written_on))),
            away: away(&desk.settings, facts, desk.today),
            critical_anomaly: facts.missing & Criterion::NoCriticalAnomaly.mask() != 0,
            link_opened_at: since(visits.opened_at),
            answered_in_part_at: since(visits.answered_at),
            contacted_by_hand_at: since(visits.exchanged_at),
            deadline: self.deadline(desk, ready.written.deadline.as_ref(), facts)?,
        })
    }

    /// The deadline of a sequence for a dossier; thousands of dossiers share a few calendars.
    fn deadline(&mut self, desk: &Desk, of: Option<&SequenceDeadline>, facts: &Facts) -> Result<Option<NaiveDate>> {
        let Some(of) = of else { return Ok(None) };
        if of.source == DeadlineSource::Fixed {
            return Ok(of.on);
        }
        let key = (of.source, facts.plan.clone(), facts.settled.clone());
        if let Some(known) = self.deadlines.get(&key) {
            return Ok(*known);
        }
        let day = deadline_in(of, facts, desk.today)?;
        self.deadlines.insert(key, day);
        Ok(day)
    }
}

/// How far a calendar is looked at for a deadline.
const FIRST_DAYS: u64 = 1_100;
const LAST_DAYS: u64 = 1_100;

pub(super) fn deadline_in(of: &SequenceDeadline, facts: &Facts, today: NaiveDate) -> Result<Option<NaiveDate>> {
    if of.source == DeadlineSource::Fixed {
        return Ok(of.on);
    }
    let Some(plan) = Calendar::read(&facts.plan) else { return Ok(None) };
    let settled = Settled::read(&facts.settled)
        .ok_or_else(|| Error::internal(format!("what is settled of {} cannot be read", facts.id)))?;
    let from = today.checked_sub_days(Days::new(FIRST_DAYS)).unwrap_or(today);
    let to = today.checked_add_days(Days::new(LAST_DAYS)).unwrap_or(today);
    let dues = plan.due_between(from, to).dues;
    let wanted = |due: &&Due| match of.source {
        DeadlineSource::Reception => due.kind == DueKind::Reception,
        DeadlineSource::Emission => due.kind == DueKind::Emission,
        DeadlineSource::NextReport => {
            due.kind.stream().is_some() && due.published_on >= today && settled.of(due).is_none()
        }
        DeadlineSource::Fixed => false,
    };
    Ok(dues.iter().filter(wanted).map(|due| due.published_on).min())
}

fn enrolment(ready: &Ready, row: &Enrolled) -> Result<Enrolment> {
    let read = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Ok(Enrolment {
        dossier_id: row.dossier,
        joined_at: row.joined_at,
        starts_on: ready.written.starts_on,
        done: serde_json::from_str(&row.done)?,
        consent: read(&row.consent).map(|c| serde_json::from_str(&c)).transpose()?,
        ended: read(&row.ended).map(|e| serde_json::from_str(&e)).transpose()?,
    })
}

/// Whose clock and holidays a client keeps: by its address, or by the territory that was told.
pub(super) fn place_of(facts: &Facts) -> HolidayPlace {
    let territory = Territory::try_from(facts.territory.as_str()).ok();
    HolidayPlace::of(territory, Some(facts.postal_code.as_str()).filter(|code| !code.is_empty()))
}

/// The person in charge is away: the assignee, or the manager where there is none.
fn away(settings: &Settings, facts: &Facts, today: NaiveDate) -> Option<Away> {
    let person: UserId = facts.assignee.or(facts.manager)?;
    let of = settings.kept.absences.iter().filter(|a| a.user_id == person && a.to.is_none_or(|to| to >= today));
    of.min_by_key(|a| a.from).map(|a| Away { from: a.from, to: a.to })
}

/// The dossiers that a sequence takes, of these or of all. Who joins is in sight of the person who stands behind it, so that a
/// sequence reaches nobody whom its author did not mean; who is in it goes by its filter alone, so that nothing stops without a
/// word when that person leaves the firm, or sees less.
fn audience(conn: &mut Conn, ready: &Ready, only: Option<&[DossierId]>) -> Result<Audience> {
    let behind = store::sequences::behind(conn, ready.row.cabinet, ready.row.user)?;
    let query = ready.query()?;
    let kept = taken_by(conn, &behind.firm, &query, only)?;
    let joining = match behind.person.sees_everything() {
        true => None,
        false => Some(taken_by(conn, &behind.person, &query, only)?),
    };
    Ok(Audience { kept, joining })
}

/// The dossiers in sight that a filter takes, of these or of all.
pub(super) fn taken_by(
    conn: &mut Conn,
    scope: &Scope,
    query: &DossierQuery,
    only: Option<&[DossierId]>,
) -> Result<HashSet<DossierId>> {
    Ok(store::relance_facts::taken(conn, scope, &dossiers::filter(query), only)?)
}

/// The dossiers of portfolios; all where none is named.
pub(super) fn of_portfolios(ids: &Several<OrNone<PortfolioId>>) -> DossierQuery {
    DossierQuery { portfolio_id: ids.clone(), ..DossierQuery::default() }
}

/// Whether dossiers may be in a sequence at all.
pub(super) const fn takes_part(state: SequenceState) -> bool {
    matches!(state, SequenceState::Active | SequenceState::Paused)
}
