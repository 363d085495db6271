//! The one way in which findings become anomalies: what was found of some places is compared with what is known of the same
//! places. What is new opens, what is gone ends, what comes back reopens; the sums of each anomaly move by what came and
//! went. Its cost follows from what was looked at.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use contract::{Assignee, AssignmentRule, NotificationKind};
use domain::anomaly::{AnomalyEvent, AnomalyRule, AnomalyState, Finding, Priority, Resolution, Severity};
use domain::reference::anomaly_rule;
use domain::working_time::Clock;
use domain::{AnomalyId, Criterion, DossierId, Evidence, FlowId, PortfolioId, ProofSource, Text, UserId, fold};
use serde_json::json;
use store::anomalies::{Anomaly, Step, Told};
use store::dossiers::Stored as StoredDossier;
use store::notifications::Recipient;
use store::occurrences::{self, Occurrence};

use super::settings::{self, Settings};
use super::{live, notify};
use crate::dossiers::{BY_HAND, Draft, order_proofs, write as write_dossiers};
use crate::flows::Writing;
use crate::session::whole_micros;
use crate::{Result, ids, time};

/// What was looked at.
#[derive(Debug, Default)]
pub struct Look {
    pub found: Vec<Finding>,
    /// All that is known of the same places, ended ones included.
    pub known: Vec<Occurrence>,
    /// Dossiers that the caller has read already.
    pub dossiers: HashMap<DossierId, StoredDossier>,
    /// The dossiers of what is known go: nothing more is written of them.
    pub leaving: bool,
}

/// An occurrence that comes, goes, or is told otherwise.
struct Change {
    before: Option<Occurrence>,
    after: Option<Occurrence>,
    /// It did not stand before: news, and not another word for what stood.
    fresh: bool,
}

impl Change {
    /// Why it is no longer in the anomaly in which it was.
    fn gone_because(&self, before: &Occurrence) -> Option<Text> {
        let after = self.after.as_ref()?;
        if after.is_open() && after.anomaly != before.anomaly {
            return Some(Text::new("Sa cause est maintenant une autre.", "Its cause is another one now."));
        }
        after.closed_because.clone()
    }
}

/// Writes what follows from a look. `because` tells why an occurrence is gone. In the transaction of the caller, which
/// holds the cabinet's lock.
pub fn apply(
    w: &mut Writing<'_>,
    settings: &Settings,
    look: Look,
    because: &dyn Fn(&Occurrence) -> Text,
) -> Result<()> {
    let now = whole_micros(w.stamp.at);
    let Look { found, known, dossiers, leaving } = look;
    let mut known: HashMap<String, Occurrence> = known.into_iter().map(|o| (o.fingerprint.clone(), o)).collect();
    let mut opening = Vec::new();
    let mut ledger = Ledger { now, dossiers, leaving, ..Ledger::default() };
    let mut seen = HashSet::new();
    for finding in found {
        // One place is found once by one rule.
        if !seen.insert(finding.fingerprint.clone()) {
            continue;
        }
        match known.remove(&finding.fingerprint) {
            Some(o) if o.is_open() && o.cause == finding.cause => ledger.retell(o, finding),
            Some(o) if o.settled && o.cause == finding.cause => {}
            before => opening.push((finding, before)),
        }
    }
    for gone in known.into_values() {
        if gone.is_open() {
            ledger.end(gone.clone(), because(&gone));
        } else if gone.settled {
            ledger.released.push(Occurrence { settled: false, closed_because: Some(because(&gone)), ..gone });
        }
    }
    if opening.is_empty() && ledger.changes.is_empty() {
        return Ok(occurrences::update(w.conn, w.cabinet, &ledger.released)?);
    }
    ledger.open(w, settings, opening)?;
    ledger.write(w, settings)
}

/// Ends occurrences whatever is found: their rule was switched off, their dossier goes.
pub fn end(w: &mut Writing<'_>, settings: &Settings, gone: Vec<Occurrence>, because: &Text) -> Result<()> {
    apply(w, settings, Look { known: gone, ..Look::default() }, &|_| because.clone())
}

#[derive(Default)]
struct Ledger {
    now: DateTime<Utc>,
    changes: Vec<Change>,
    /// Rows that change without a change of what counts.
    released: Vec<Occurrence>,
    /// Anomalies as they stood, by id.
    before: HashMap<AnomalyId, Anomaly>,
    new: BTreeMap<AnomalyId, Anomaly>,
    dossiers: HashMap<DossierId, StoredDossier>,
    leaving: bool,
}

impl Ledger {
    /// It still stands; its words may have changed.
    fn retell(&mut self, before: Occurrence, finding: Finding) {
        if before.detail == finding.detail && before.dossier == finding.dossier {
            return;
        }
        let after =
            Occurrence { detail: finding.detail, dossier: finding.dossier, flow: finding.flow, ..before.clone() };
        self.changes.push(Change { before: Some(before), after: Some(after), fresh: false });
    }

    fn end(&mut self, before: Occurrence, because: Text) {
        let after =
            Occurrence { closed_at: Some(self.now), closed_because: Some(because), settled: false, ..before.clone() };
        self.changes.push(Change { before: Some(before), after: Some(after), fresh: false });
    }

    /// Finds or makes the anomalies of what is new.
    fn open(
        &mut self,
        w: &mut Writing<'_>,
        settings: &Settings,
        opening: Vec<(Finding, Option<Occurrence>)>,
    ) -> Result<()> {
        let mut causes: BTreeMap<AnomalyRule, BTreeSet<String>> = BTreeMap::new();
        for (finding, _) in &opening {
            causes.entry(finding.rule).or_default().insert(finding.cause.clone());
        }
        let mut mains: HashMap<(AnomalyRule, String), AnomalyId> = HashMap::new();
        for (rule, causes) in causes {
            let causes: Vec<String> = causes.into_iter().collect();
            for anomaly in occurrences::main_of(w.conn, w.cabinet, rule, &causes)? {
                mains.insert((rule, anomaly.cause.clone()), anomaly.id);
                self.before.insert(anomaly.id, anomaly);
            }
        }
        for (finding, before) in opening {
            let key = (finding.rule, finding.cause.clone());
            let anomaly = match mains.get(&key) {
                Some(id) => *id,
                None => {
                    let anomaly = fresh_anomaly(w, settings, &finding, self.now);
                    mains.insert(key, anomaly.id);
                    let id = anomaly.id;
                    self.new.insert(id, anomaly);
                    id
                }
            };
            let after = Occurrence {
                fingerprint: finding.fingerprint,
                anomaly,
                cause: finding.cause,
                flow: finding.flow,
                dossier: finding.dossier,
                detail: finding.detail,
                opened_at: self.now,
                closed_at: None,
                closed_because: None,
                settled: false,
            };
            self.changes.push(Change { before, after: Some(after), fresh: true });
        }
        Ok(())
    }

    /// What left and what came, by anomaly.
    fn moves(&self) -> HashMap<AnomalyId, Moves> {
        let mut moves: HashMap<AnomalyId, Moves> = HashMap::new();
        for (place, change) in self.changes.iter().enumerate() {
            if let Some(before) = change.before.as_ref().filter(|o| o.is_open()) {
                let of = moves.entry(before.anomaly).or_default();
                of.left += 1;
                of.exposure -= before.detail.exposure_cents;
                of.dossiers.extend(before.dossier);
                of.last = change.gone_because(before).or(of.last.take());
            }
            if let Some(after) = change.after.as_ref().filter(|o| o.is_open()) {
                let of = moves.entry(after.anomaly).or_default();
                of.came += 1;
                of.exposure += after.detail.exposure_cents;
                of.dossiers.extend(after.dossier);
                of.fresh += i64::from(change.fresh);
                of.entered.push(place);
                of.news |=
                    change.fresh || change.before.as_ref().is_some_and(|b| b.detail.status != after.detail.status);
            }
        }
        moves
    }

    /// Rows of the dossiers of what came, for names and people in charge.
    fn read_dossiers(&mut self, w: &mut Writing<'_>) -> Result<()> {
        let wanted: BTreeSet<DossierId> = self
            .changes
            .iter()
            .filter(|c| c.fresh)
            .filter_map(|c| c.after.as_ref()?.dossier)
            .filter(|id| !self.dossiers.contains_key(id))
            .collect();
        let wanted: Vec<DossierId> = wanted.into_iter().collect();
        let found = store::dossiers::of_cabinet(w.conn, w.cabinet, &wanted)?;
        self.dossiers.extend(found.into_iter().map(|d| (d.id, d)));
        Ok(())
    }

    fn write(mut self, w: &mut Writing<'_>, settings: &Settings) -> Result<()> {
        let moves = self.moves();
        let missing: Vec<AnomalyId> =
            moves.keys().filter(|id| !self.before.contains_key(id) && !self.new.contains_key(id)).copied().collect();
        for anomaly in store::anomalies::of_cabinet(w.conn, w.cabinet, &missing)? {
            self.before.insert(anomaly.id, anomaly);
        }
        self.read_dossiers(w)?;

        let mut steps = Vec::new();
        let mut told: Vec<(AnomalyId, NotificationKind)> = Vec::new();
        let mut desk = Desk::read(w, settings)?;
        // New anomalies first: their rows are what occurrences point to.
        let mut made: Vec<Anomaly> = Vec::with_capacity(self.new.len());
        for (id, mut anomaly) in std::mem::take(&mut self.new) {
            let Some(moved) = moves.get(&id) else { continue };
            (anomaly.occurrences, anomaly.exposure_cents) = (moved.came, moved.exposure);
            anomaly.dossiers = moved.dossiers.len() as i64;
            anomaly.priority = priority(&anomaly, settings, self.now);
            self.name(&mut anomaly, moved);
            steps.push(step(&anomaly, AnomalyEvent::Open, json!({}), self.now));
            if let Some((user, name)) = desk.assignee(w, &anomaly, &self.of(moved))? {
                assign(&mut anomaly, user);
                steps.push(step(&anomaly, AnomalyEvent::Assign, json!({ "to": name, "to_id": user }), self.now));
                told.push((id, NotificationKind::Assigned));
            }
            made.push(anomaly);
        }
        store::anomalies::insert(w.conn, &made)?;

        // Where the others showed before, and after.
        let standing: Vec<(AnomalyId, Vec<DossierId>)> = moves
            .iter()
            .filter(|(id, moved)| self.before.contains_key(id) && !moved.dossiers.is_empty())
            .map(|(id, moved)| (*id, moved.dossiers.iter().copied().collect()))
            .collect();
        let shown = |w: &mut Writing<'_>| -> Result<HashMap<AnomalyId, i64>> {
            let mut counts = HashMap::with_capacity(standing.len());
            for (id, dossiers) in &standing {
                counts.insert(*id, occurrences::shown_in(w.conn, *id, dossiers)?.len() as i64);
            }
            Ok(counts)
        };
        let before = shown(w)?;
        self.write_occurrences(w)?;
        let after = shown(w)?;

        let mut changed = Vec::new();
        for (id, moved) in &moves {
            let Some(old) = self.before.get(id).cloned() else { continue };
            let mut anomaly = old.clone();
            let spread = |counts: &HashMap<AnomalyId, i64>| counts.get(id).copied().unwrap_or_default();
            if old.state.is_over() {
                // What was settled counts no more.
                (anomaly.occurrences, anomaly.exposure_cents, anomaly.dossiers) =
                    (moved.came, moved.exposure, spread(&after));
            } else {
                anomaly.occurrences += moved.came - moved.left;
                anomaly.exposure_cents += moved.exposure;
                anomaly.dossiers += spread(&after) - spread(&before);
            }
            let event = self.follow(&mut anomaly, moved, settings);
            if let Some((event, data)) = event {
                steps.push(step(&anomaly, event, data, self.now));
                match event {
                    AnomalyEvent::Reopen => told.push((*id, NotificationKind::Reopened)),
                    AnomalyEvent::Close => told.push((*id, NotificationKind::Closed)),
                    _ => {}
                }
                if event == AnomalyEvent::Reopen
                    && anomaly.assignee.is_none()
                    && let Some((user, name)) = desk.assignee(w, &anomaly, &self.of(moved))?
                {
                    assign(&mut anomaly, user);
                    steps.push(step(&anomaly, AnomalyEvent::Assign, json!({ "to": name, "to_id": user }), self.now));
                    told.push((*id, NotificationKind::Assigned));
                }
            }
            if moved.fresh > 0 {
                self.name(&mut anomaly, moved);
            }
            if anomaly.occurrences > 0 {
                anomaly.priority = priority(&anomaly, settings, self.now);
            }
            if anomaly == old {
                continue;
            }
            anomaly.version += 1;
            anomaly.updated_at = self.now;
            if !store::anomalies::update(w.conn, &anomaly)? {
                return Err(crate::Error::internal("an anomaly changed under the cabinet's lock"));
            }
            changed.push(anomaly);
        }
        store::anomalies::add_steps(w.conn, &steps)?;
        self.tell(w, &made, &changed, &told)?;
        let critical = made.iter().chain(&changed).filter(|a| a.severity == Severity::Critical);
        let touched: BTreeSet<DossierId> =
            critical.filter_map(|a| moves.get(&a.id)).flat_map(|m| m.dossiers.iter().copied()).collect();
        if self.leaving { Ok(()) } else { block(w, &touched) }
    }

    /// What comes and goes in rows and in flows.
    fn write_occurrences(&mut self, w: &mut Writing<'_>) -> Result<()> {
        let (mut new, mut changed) = (Vec::new(), std::mem::take(&mut self.released));
        let mut in_flows: HashMap<FlowId, i64> = HashMap::new();
        for change in &self.changes {
            let open = |o: &Option<Occurrence>| o.as_ref().filter(|o| o.is_open()).and_then(|o| o.flow);
            if let Some(flow) = open(&change.before) {
                *in_flows.entry(flow).or_default() -= 1;
            }
            if let Some(flow) = open(&change.after) {
                *in_flows.entry(flow).or_default() += 1;
            }
            match (&change.before, &change.after) {
                (None, Some(after)) => new.push(after.clone()),
                (Some(_), Some(after)) => changed.push(after.clone()),
                (_, None) => {}
            }
        }
        occurrences::insert(w.conn, w.cabinet, &new)?;
        occurrences::update(w.conn, w.cabinet, &changed)?;
        Ok(occurrences::count_in_flows(w.conn, &in_flows)?)
    }

    /// What becomes of the state of an anomaly once its occurrences have moved.
    fn follow(
        &self,
        anomaly: &mut Anomaly,
        moved: &Moves,
        settings: &Settings,
    ) -> Option<(AnomalyEvent, serde_json::Value)> {
        let policy = &settings.policy;
        let take = |anomaly: &mut Anomaly, event: AnomalyEvent| {
            anomaly.state = anomaly.state.transition(event, anomaly.assignee.is_some()).ok()?;
            Some(event)
        };
        if anomaly.closed_at.is_some() {
            if moved.fresh == 0 {
                return None;
            }
            let event = take(anomaly, AnomalyEvent::Reopen)?;
            (anomaly.resolution, anomaly.note, anomaly.closed_at) = (None, None, None);
            anomaly.reopened += 1;
            anomaly.severity = policy.severity(anomaly.rule);
            run(anomaly, policy.clock(anomaly.rule, self.now));
            return Some((event, json!({ "occurrences": moved.fresh })));
        }
        if anomaly.occurrences <= 0 {
            let event = take(anomaly, AnomalyEvent::Close)?;
            anomaly.resolution = Some(Resolution::CauseGone);
            anomaly.closed_at = Some(self.now);
            (anomaly.due_at, anomaly.warn_at, anomaly.left_minutes) = (None, None, None);
            (anomaly.snoozed_until, anomaly.wakes_on_news) = (None, false);
            return Some((event, json!({ "because": moved.last })));
        }
        if anomaly.state == AnomalyState::Snoozed && anomaly.wakes_on_news && moved.news {
            let event = take(anomaly, AnomalyEvent::Resume)?;
            (anomaly.snoozed_until, anomaly.wakes_on_news) = (None, false);
            let left = anomaly.left_minutes.unwrap_or_else(|| policy.whole_minutes(anomaly.rule));
            run(anomaly, policy.clock_with(anomaly.rule, self.now, left));
            return Some((event, json!({ "news": true })));
        }
        None
    }

    /// The dossiers of what came.
    fn of(&self, moved: &Moves) -> Vec<Option<&StoredDossier>> {
        let ids: BTreeSet<Option<DossierId>> =
            moved.entered.iter().filter_map(|place| Some(self.changes[*place].after.as_ref()?.dossier)).collect();
        ids.into_iter().map(|id| id.and_then(|id| self.dossiers.get(&id))).collect()
    }

    /// Words by which an anomaly is found: those of its first occurrences.
    fn name(&self, anomaly: &mut Anomaly, moved: &Moves) {
        const LONGEST: usize = 600;
        let mut add = |words: &str| {
            let words = fold(words);
            if !words.is_empty() && anomaly.search.len() + words.len() < LONGEST && !anomaly.search.contains(&words) {
                anomaly.search.push(' ');
                anomaly.search.push_str(&words);
            }
        };
        for place in &moved.entered {
            let Some(after) = &self.changes[*place].after else { continue };
            if let Some(number) = &after.detail.number {
                add(number);
            }
            if let Some(dossier) = after.dossier.and_then(|id| self.dossiers.get(&id)) {
                add(&dossier.facts.name);
                add(dossier.facts.siren.as_str());
            }
        }
    }

    fn tell(
        &self,
        w: &mut Writing<'_>,
        made: &[Anomaly],
        changed: &[Anomaly],
        told: &[(AnomalyId, NotificationKind)],
    ) -> Result<()> {
        let by_id: HashMap<AnomalyId, &Anomaly> = made.iter().chain(changed).map(|a| (a.id, a)).collect();
        // All at once: who gets many by one import hears of them in one sentence.
        let assignees: Vec<Vec<UserId>> =
            told.iter().map(|(id, _)| by_id.get(id).and_then(|a| a.assignee).into_iter().collect()).collect();
        let news: Vec<notify::News<'_>> = told
            .iter()
            .zip(&assignees)
            .filter_map(|((id, kind), assignee)| {
                let to = match kind {
                    NotificationKind::Assigned => notify::To::People(assignee),
                    _ => notify::To::Followers,
                };
                Some(notify::News { kind: *kind, anomaly: by_id.get(id)?, by: None, to })
            })
            .collect();
        notify::notify_all(w.conn, w.cabinet, &news, self.now)?;
        live::changed(w.conn, w.cabinet, made.iter().chain(changed))
    }
}

/// How the occurrences of one anomaly move.
#[derive(Default)]
struct Moves {
    came: i64,
    left: i64,
    fresh: i64,
    exposure: i64,
    /// Of what came and what left.
    dossiers: BTreeSet<DossierId>,
    /// Places of the changes that came.
    entered: Vec<usize>,
    /// Why the last one left.
    last: Option<Text>,
    /// Something was heard that was not known.
    news: bool,
}

fn step(anomaly: &Anomaly, event: AnomalyEvent, data: serde_json::Value, at: DateTime<Utc>) -> Step {
    Step { anomaly: anomaly.id, event, by: None, data, note: None, at }
}

fn run(anomaly: &mut Anomaly, clock: Clock) {
    match clock {
        Clock::Runs { due_at, warn_at } => {
            (anomaly.due_at, anomaly.warn_at) = (Some(whole_micros(due_at)), Some(whole_micros(warn_at)));
            anomaly.left_minutes = None;
            anomaly.told = Told::Nothing;
        }
        Clock::Stands { left } => (anomaly.due_at, anomaly.warn_at, anomaly.left_minutes) = (None, None, Some(left)),
    }
}

/// What the queue is ordered by. While the clock stands still it is as if it ran on from now.
pub(super) fn priority(anomaly: &Anomaly, settings: &Settings, now: DateTime<Utc>) -> i64 {
    let left = || settings.policy.hours.after(now, anomaly.left_minutes.unwrap_or_default());
    let due_at = anomaly.due_at.unwrap_or_else(left);
    Priority::of(due_at, anomaly.exposure_cents, anomaly.occurrences).value
}

fn assign(anomaly: &mut Anomaly, user: UserId) {
    anomaly.assignee = Some(user);
    if let Ok(state) = anomaly.state.transition(AnomalyEvent::Assign, true) {
        anomaly.state = state;
    }
}

fn fresh_anomaly(w: &Writing<'_>, settings: &Settings, finding: &Finding, now: DateTime<Utc>) -> Anomaly {
    let policy = &settings.policy;
    let title = &anomaly_rule(finding.rule).title;
    let platform = finding.detail.platform.clone();
    let words = [title.fr.as_str(), title.en.as_str(), platform.as_deref().unwrap_or_default()].map(fold).join(" ");
    let mut anomaly = Anomaly {
        id: ids::anomaly(),
        cabinet: w.cabinet,
        version: 1,
        rule: finding.rule,
        cause: finding.cause.clone(),
        main: true,
        severity: policy.severity(finding.rule),
        state: AnomalyState::New,
        platform,
        detail: finding.detail.clone(),
        assignee: None,
        resolution: None,
        note: None,
        occurrences: 0,
        dossiers: 0,
        exposure_cents: 0,
        priority: 0,
        comments: 0,
        reopened: 0,
        steps: Vec::new(),
        due_at: None,
        warn_at: None,
        left_minutes: None,
        snoozed_until: None,
        wakes_on_news: false,
        search: words.trim().to_owned(),
        opened_at: now,
        updated_at: now,
        closed_at: None,
        told: Told::Nothing,
    };
    run(&mut anomaly, policy.clock(finding.rule, now));
    anomaly
}

/// What a person has brought to its end, or taken up again: its occurrences go with it, and stay where they are while what
/// was found still stands. After the anomaly was written, or, for what is taken up, before: its sums are counted anew.
pub(crate) fn settle(w: &mut Writing<'_>, anomaly: &mut Anomaly) -> Result<()> {
    let over = anomaly.state.is_over();
    let because = match anomaly.resolution {
        Some(resolution) => resolution.text(),
        None => anomaly.state.text(),
    };
    let now = whole_micros(w.stamp.at);
    let dossiers = occurrences::settle(w.conn, anomaly.id, now, &because, over)?;
    if !over {
        (anomaly.occurrences, anomaly.dossiers, anomaly.exposure_cents) = occurrences::sums_of(w.conn, anomaly.id)?;
        let settings = settings::of(w.conn, w.cabinet)?;
        anomaly.priority = priority(anomaly, &settings, now);
    }
    if anomaly.rule == AnomalyRule::BankDetails
        && let Some((seller, account)) = anomaly.cause.rsplit_once('|')
    {
        let verified = anomaly.resolution == Some(Resolution::Verified);
        store::seller_accounts::verify(w.conn, w.cabinet, seller, account, over && verified)?;
    }
    if anomaly.severity == Severity::Critical {
        block(w, &dossiers.into_iter().collect())?;
    }
    Ok(())
}

/// Who gets what is new.
struct Desk<'a> {
    rules: &'a [AssignmentRule],
    people: HashMap<UserId, Recipient>,
    /// Open anomalies of those among whom the lightest is chosen.
    burdens: HashMap<UserId, i64>,
}

impl<'a> Desk<'a> {
    fn read(w: &mut Writing<'_>, settings: &'a Settings) -> Result<Self> {
        let rules = settings.assignment.as_slice();
        let named: Vec<UserId> = rules.iter().flat_map(|rule| settings::people(&rule.to)).collect();
        let burdens = if named.is_empty() { HashMap::new() } else { occurrences::burdens(w.conn, w.cabinet, &named)? };
        let people = store::notifications::recipients(w.conn, w.cabinet, &named)?;
        Ok(Self { rules, people, burdens })
    }

    /// The person of the first rule that fits and leads to somebody who sees where it shows.
    fn assignee(
        &mut self,
        w: &mut Writing<'_>,
        anomaly: &Anomaly,
        dossiers: &[Option<&StoredDossier>],
    ) -> Result<Option<(UserId, String)>> {
        for rule in self.rules {
            if !fits(rule, anomaly, dossiers) {
                continue;
            }
            let chosen = match &rule.to {
                Assignee::Person { user_id } => Some(*user_id).filter(|id| self.sees(*id, dossiers)),
                Assignee::InCharge => {
                    let person = in_charge(dossiers);
                    let unknown: Vec<UserId> = person.into_iter().filter(|id| !self.people.contains_key(id)).collect();
                    self.people.extend(store::notifications::recipients(w.conn, w.cabinet, &unknown)?);
                    person.filter(|id| self.sees(*id, dossiers))
                }
                Assignee::Lightest { user_ids } => {
                    let able = user_ids.iter().filter(|id| self.sees(**id, dossiers));
                    able.min_by_key(|id| (self.burdens.get(id).copied().unwrap_or_default(), **id)).copied()
                }
            };
            if let Some(id) = chosen {
                *self.burdens.entry(id).or_default() += 1;
                let name = self.people.get(&id).map(|p| p.name.clone()).unwrap_or_default();
                return Ok(Some((id, name)));
            }
        }
        Ok(None)
    }

    fn sees(&self, id: UserId, dossiers: &[Option<&StoredDossier>]) -> bool {
        let Some(person) = self.people.get(&id) else { return false };
        let scope = &person.scope;
        scope.allows(domain::Permission::DossierWrite)
            && dossiers.iter().all(|dossier| match dossier {
                None => scope.sees_all(),
                Some(d) => {
                    let facts = &d.facts;
                    let own = facts.assignee.user_id == Some(id) || facts.manager.user_id == Some(id);
                    scope.sees_portfolio(facts.portfolio_id)
                        && (!facts.confidential || scope.sees_confidential() || own)
                }
            })
    }
}

fn fits(rule: &AssignmentRule, anomaly: &Anomaly, dossiers: &[Option<&StoredDossier>]) -> bool {
    let in_portfolio = |id: &PortfolioId| {
        !dossiers.is_empty() && dossiers.iter().all(|d| d.is_some_and(|d| d.facts.portfolio_id == Some(*id)))
    };
    let platform = anomaly.platform.as_deref().map(fold);
    (rule.rules.is_empty() || rule.rules.contains(&anomaly.rule))
        && (rule.severities.is_empty() || rule.severities.contains(&anomaly.severity))
        && (rule.portfolio_ids.is_empty() || rule.portfolio_ids.iter().any(in_portfolio))
        && (rule.platforms.is_empty() || rule.platforms.iter().any(|p| Some(fold(p)) == platform))
}

/// The one person in charge of all dossiers.
fn in_charge(dossiers: &[Option<&StoredDossier>]) -> Option<UserId> {
    let mut people = dossiers.iter().map(|d| {
        let facts = &d.as_ref()?.facts;
        facts.assignee.user_id.or(facts.manager.user_id)
    });
    let first = people.next()??;
    people.all(|p| p == Some(first)).then_some(first)
}

/// Keeps the evidence of dossiers true to the critical anomalies that are open in them.
pub(super) fn block(w: &mut Writing<'_>, dossiers: &BTreeSet<DossierId>) -> Result<()> {
    let ids: Vec<DossierId> = dossiers.iter().copied().collect();
    if ids.is_empty() {
        return Ok(());
    }
    let critical = occurrences::critical(w.conn, &ids)?;
    let today = time::paris_day(w.stamp.at);
    let drafts: Vec<Draft> = store::dossiers::of_cabinet(w.conn, w.cabinet, &ids)?
        .into_iter()
        .filter_map(|before| {
            let brought = before.facts.proofs.iter().any(|p| p.source == ProofSource::Anomaly);
            if brought == critical.contains(&before.id) {
                return None;
            }
            let mut facts = before.facts.clone();
            facts.proofs.retain(|p| p.source != ProofSource::Anomaly);
            if !brought {
                facts.proofs.push(Evidence {
                    criterion: Criterion::NoCriticalAnomaly,
                    what: "Anomalie critique ouverte".to_owned(),
                    source: ProofSource::Anomaly,
                    on: today,
                    expires_on: None,
                    by: None,
                    against: true,
                });
            }
            order_proofs(&mut facts.proofs);
            Some(Draft { before: Some(before), after: Some(facts) })
        })
        .collect();
    write_dossiers(w.conn, w.cabinet, w.stamp, w.judge, BY_HAND, drafts)?;
    Ok(())
}
