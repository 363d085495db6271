//! How an anomaly changes hands and state: the one way, whoever causes it. Its clock follows its state, its history and the
//! journal tell it, and those who follow hear of it.

use chrono::{DateTime, Utc};
use domain::anomaly::{AnomalyEvent, AnomalyState, NoSuchStep, Policy, Priority, Resolution};
use domain::reference::anomaly_rule;
use domain::working_time::Clock;
use domain::{Text, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::anomalies::{Anomaly, Step, Told};
use store::journal::Entry;

use super::{ledger, live, title};
use crate::flows::Writing;
use crate::session::whole_micros;
use crate::{Error, Result, time};

/// What an act says beside its name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Detail {
    /// Who has it from now on, for what changes hands.
    pub assignee: Option<(UserId, String)>,
    pub resolution: Option<Resolution>,
    pub note: Option<String>,
    pub until: Option<DateTime<Utc>>,
    pub on_news: bool,
}

/// An anomaly after something has happened to it, or why it cannot happen.
pub(crate) fn after(
    before: &Anomaly,
    event: AnomalyEvent,
    detail: &Detail,
    policy: &Policy,
    now: DateTime<Utc>,
) -> std::result::Result<Anomaly, NoSuchStep> {
    let mut a = before.clone();
    let takes = event == AnomalyEvent::Start && before.assignee.is_none();
    if changes_hands(event) || takes {
        a.assignee = detail.assignee.as_ref().map(|(id, _)| *id);
    }
    a.state = before.state.transition(event, a.assignee.is_some())?;
    (a.snoozed_until, a.wakes_on_news) = match (event, a.state) {
        (AnomalyEvent::Snooze, _) => (detail.until.map(whole_micros), detail.on_news),
        (_, AnomalyState::Snoozed) => (before.snoozed_until, before.wakes_on_news),
        _ => (None, false),
    };
    match event {
        AnomalyEvent::Resolve | AnomalyEvent::Ignore | AnomalyEvent::Close => {
            a.resolution = detail.resolution;
            a.note.clone_from(&detail.note);
            a.closed_at = Some(whole_micros(now));
        }
        AnomalyEvent::Reopen => {
            (a.resolution, a.note, a.closed_at) = (None, None, None);
            a.reopened += 1;
        }
        _ => {}
    }
    set_clock(&mut a, before, policy, now);
    a.version += 1;
    a.updated_at = whole_micros(now);
    Ok(a)
}

/// Events by which an anomaly goes to a person, or to nobody.
pub(crate) const fn changes_hands(event: AnomalyEvent) -> bool {
    matches!(event, AnomalyEvent::Assign | AnomalyEvent::Unassign | AnomalyEvent::HandOver)
}

/// Lets the clock follow the state.
fn set_clock(a: &mut Anomaly, before: &Anomaly, policy: &Policy, now: DateTime<Utc>) {
    let clock = match (before.state.clock_runs(), a.state.clock_runs()) {
        (true, true) | (false, false) if !a.state.is_over() && !before.state.is_over() => return,
        (_, false) if a.state.is_over() => {
            (a.due_at, a.warn_at, a.left_minutes) = (None, None, None);
            return;
        }
        (true, false) => match (before.due_at, before.warn_at) {
            (Some(due_at), Some(warn_at)) => Clock::Runs { due_at, warn_at }.stop(&policy.hours, now),
            _ => Clock::Stands { left: policy.whole_minutes(a.rule) },
        },
        _ => match before.left_minutes {
            Some(left) => policy.clock_with(a.rule, now, left),
            None => policy.clock(a.rule, now),
        },
    };
    put_clock(a, clock, now);
}

/// Writes what a clock shows, and the place in the queue that follows from it.
pub(crate) fn put_clock(a: &mut Anomaly, clock: Clock, now: DateTime<Utc>) {
    match clock {
        Clock::Stands { left } => (a.due_at, a.warn_at, a.left_minutes) = (None, None, Some(left)),
        Clock::Runs { due_at, warn_at } => {
            (a.due_at, a.warn_at) = (Some(whole_micros(due_at)), Some(whole_micros(warn_at)));
            a.left_minutes = None;
            a.told = match () {
                () if now < warn_at => Told::Nothing,
                () if now < due_at => a.told.min(Told::Near),
                () => a.told,
            };
            a.priority = Priority::of(due_at, a.exposure_cents, a.occurrences).value;
        }
    }
}

/// An anomaly before and after, and what its history tells.
#[derive(Debug)]
pub(crate) struct Moved {
    pub before: Anomaly,
    pub after: Anomaly,
    pub step: Step,
}

/// What a step keeps for its sentence.
pub(crate) fn data(event: AnomalyEvent, detail: &Detail) -> Value {
    let mut data = Map::new();
    if (changes_hands(event) || event == AnomalyEvent::Start)
        && let Some((id, name)) = &detail.assignee
    {
        data.insert("to".to_owned(), json!(name));
        data.insert("to_id".to_owned(), json!(id));
    }
    if let Some(resolution) = detail.resolution {
        data.insert("resolution".to_owned(), json!(resolution));
    }
    if let Some(until) = detail.until {
        data.insert("until".to_owned(), json!(until));
    }
    if detail.on_news {
        data.insert("on_news".to_owned(), json!(true));
    }
    Value::Object(data)
}

/// Writes what has happened to anomalies: rows, history, journal, and what others hear of. The occurrences of what a
/// person ends go with it, and come back with it. In the transaction of the caller, which holds the cabinet's lock.
pub(crate) fn write(
    w: &mut Writing<'_>,
    moved: &mut [Moved],
    (action, act): (Option<&'static str>, Option<&str>),
) -> Result<()> {
    let mut entries = Vec::with_capacity(moved.len());
    for m in moved.iter_mut() {
        let (was_over, is_over) = (m.before.state.is_over(), m.after.state.is_over());
        if was_over && !is_over {
            ledger::settle(w, &mut m.after)?;
        }
        if !store::anomalies::update(w.conn, &m.after)? {
            return Err(Error::internal("an anomaly changed under the cabinet's lock"));
        }
        if is_over && !was_over {
            ledger::settle(w, &mut m.after)?;
        }
        entries.push(Entry {
            action: action.unwrap_or(action_of(m.step.event)),
            subject_kind: "anomaly",
            subject_id: m.after.id.to_string(),
            subject_label: title(&m.after).fr,
            changes: changes(&m.before, &m.after),
            act_id: act.map(str::to_owned),
        });
    }
    let steps: Vec<Step> = moved.iter().map(|m| m.step.clone()).collect();
    store::anomalies::add_steps(w.conn, &steps)?;
    store::journal::append(w.conn, w.cabinet, w.stamp, &entries)?;
    live::changed(w.conn, w.cabinet, moved.iter().map(|m| &m.after))
}

/// The action of a journal row.
pub(crate) const fn action_of(event: AnomalyEvent) -> &'static str {
    match event {
        AnomalyEvent::Open => "anomaly.open",
        AnomalyEvent::Assign => "anomaly.assign",
        AnomalyEvent::Unassign => "anomaly.unassign",
        AnomalyEvent::Start => "anomaly.start",
        AnomalyEvent::WaitClient => "anomaly.wait_client",
        AnomalyEvent::Snooze => "anomaly.snooze",
        AnomalyEvent::Resume => "anomaly.resume",
        AnomalyEvent::Resolve => "anomaly.resolve",
        AnomalyEvent::Ignore => "anomaly.ignore",
        AnomalyEvent::Close => "anomaly.close",
        AnomalyEvent::Reopen => "anomaly.reopen",
        AnomalyEvent::Comment => "anomaly.comment",
        AnomalyEvent::Tick => "anomaly.tick",
        AnomalyEvent::Split => "anomaly.split",
        AnomalyEvent::Join => "anomaly.join",
        AnomalyEvent::HandOver => "anomaly.hand_over",
    }
}

/// What acts change of an anomaly, as the journal keeps it: enough to give it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Life {
    anomaly_state: AnomalyState,
    assignee_id: Option<UserId>,
    resolution: Option<Resolution>,
    note: Option<String>,
    snoozed_until: Option<DateTime<Utc>>,
    wakes_on_news: bool,
    due_at: Option<DateTime<Utc>>,
    warn_at: Option<DateTime<Utc>>,
    left_minutes: Option<i64>,
    closed_at: Option<DateTime<Utc>>,
    reopened: i64,
}

/// What must still be as an act left it, so that taking the act back takes nothing else back.
const CHECKED: &[&str] = &["anomaly_state", "assignee_id", "resolution", "note", "snoozed_until"];

impl Life {
    fn of(a: &Anomaly) -> Self {
        Self {
            anomaly_state: a.state,
            assignee_id: a.assignee,
            resolution: a.resolution,
            note: a.note.clone(),
            snoozed_until: a.snoozed_until,
            wakes_on_news: a.wakes_on_news,
            due_at: a.due_at,
            warn_at: a.warn_at,
            left_minutes: a.left_minutes,
            closed_at: a.closed_at,
            reopened: a.reopened,
        }
    }

    fn fields(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        }
    }
}

fn changes(before: &Anomaly, after: &Anomaly) -> Value {
    let (before, after) = (Life::of(before).fields(), Life::of(after).fields());
    let changed = after.into_iter().filter_map(|(field, now)| {
        let was = before.get(&field).cloned().unwrap_or_default();
        (was != now).then(|| (field, json!([was, now])))
    });
    Value::Object(changed.collect())
}

/// An anomaly as it was before a write that the journal tells; or which of its fields somebody has changed since.
pub(crate) fn given_back(
    present: &Anomaly,
    told: &Map<String, Value>,
    now: DateTime<Utc>,
) -> Result<std::result::Result<Anomaly, &'static str>> {
    let mut fields = Life::of(present).fields();
    for (field, change) in told {
        let is = fields.get(field).cloned().unwrap_or_default();
        let left = change.get(1).cloned().unwrap_or_default();
        if let Some(checked) = CHECKED.iter().find(|c| *c == field)
            && is != left
        {
            return Ok(Err(checked));
        }
        fields.insert(field.clone(), change.get(0).cloned().unwrap_or_default());
    }
    let life: Life = serde_json::from_value(Value::Object(fields))?;
    let mut a = present.clone();
    a.state = life.anomaly_state;
    a.assignee = life.assignee_id;
    (a.resolution, a.note, a.closed_at) = (life.resolution, life.note, life.closed_at);
    (a.snoozed_until, a.wakes_on_news) = (life.snoozed_until, life.wakes_on_news);
    a.reopened = life.reopened;
    match (life.due_at, life.warn_at) {
        (Some(due_at), Some(warn_at)) => put_clock(&mut a, Clock::Runs { due_at, warn_at }, now),
        _ => (a.due_at, a.warn_at, a.left_minutes) = (None, None, life.left_minutes),
    }
    a.version += 1;
    a.updated_at = whole_micros(now);
    Ok(Ok(a))
}

fn sentence(fr: impl Into<String>, en: impl Into<String>) -> Text {
    Text::new(fr, en)
}

/// A moment as people read it.
pub(crate) fn moment(at: DateTime<Utc>) -> Text {
    let (day, hour) = time::paris_clock(at);
    Text::new(format!("{day} à {hour}"), format!("{day} at {hour}"))
}

/// What a step of the history says.
pub(crate) fn told(step: &Step, anomaly: &Anomaly) -> Text {
    let data = &step.data;
    let word = |key: &str| data.get(key).and_then(Value::as_str).map(str::to_owned);
    let to = word("to").unwrap_or_default();
    let number = |key: &str| data.get(key).and_then(Value::as_i64);
    let text = match step.event {
        AnomalyEvent::Open => sentence("Trouvée", "Found"),
        // Taken back: to whom it had gone stands in the step before.
        AnomalyEvent::Assign if to.is_empty() => sentence("Attribution", "Assignment"),
        AnomalyEvent::Assign => sentence(format!("Confiée à {to}"), format!("Given to {to}")),
        AnomalyEvent::Unassign => sentence("Rendue à la file", "Given back to the queue"),
        AnomalyEvent::Start => sentence("Prise en main", "Taken in hand"),
        AnomalyEvent::WaitClient => {
            sentence("En attente du client : l’horloge est arrêtée", "Waiting for the client: the clock stands still")
        }
        AnomalyEvent::Snooze => {
            let until = data.get("until").and_then(|v| serde_json::from_value::<DateTime<Utc>>(v.clone()).ok());
            let news = data.get("on_news").is_some();
            match (until.map(moment), news) {
                (Some(until), false) => {
                    sentence(format!("En veille jusqu’au {}", until.fr), format!("Snoozed until {}", until.en))
                }
                (Some(until), true) => sentence(
                    format!("En veille jusqu’au {}, ou jusqu’à du nouveau", until.fr),
                    format!("Snoozed until {}, or until something new is heard", until.en),
                ),
                (None, _) => sentence("En veille jusqu’à du nouveau", "Snoozed until something new is heard"),
            }
        }
        AnomalyEvent::Resume => match (data.get("news").is_some(), step.by.is_some()) {
            (true, _) => sentence("Du nouveau : réveillée", "Something new was heard: woken"),
            (false, false) => sentence("Fin de la veille", "The snooze is over"),
            (false, true) => sentence("Reprise : l’horloge repart", "Resumed: the clock goes on"),
        },
        AnomalyEvent::Resolve => {
            let how = word("resolution").and_then(|code| code.parse::<Resolution>().ok()).map(Resolution::text);
            match how {
                Some(how) => sentence(format!("Résolue : {}", how.fr), format!("Resolved: {}", how.en)),
                None => sentence("Résolue", "Resolved"),
            }
        }
        AnomalyEvent::Ignore => sentence("Ignorée", "Ignored"),
        AnomalyEvent::Close => sentence("La cause a disparu", "The cause is gone"),
        AnomalyEvent::Reopen => match step.by {
            Some(_) => sentence("Rouverte", "Reopened"),
            None => sentence("De retour", "Back again"),
        },
        AnomalyEvent::Comment => match word("what").as_deref() {
            Some("edit") => sentence("Commentaire modifié", "Comment edited"),
            _ => sentence("Commentaire", "Comment"),
        },
        AnomalyEvent::Tick => {
            let key = word("key").unwrap_or_default();
            let playbook = &anomaly_rule(anomaly.rule).playbook;
            let what = playbook.iter().find(|s| s.key == key).map_or(Text::new(&*key, &*key), |s| s.text.clone());
            match data.get("done").and_then(Value::as_bool) {
                Some(false) => sentence(format!("À refaire : {}", what.fr), format!("To be done again: {}", what.en)),
                _ => sentence(format!("Fait : {}", what.fr), format!("Done: {}", what.en)),
            }
        }
        AnomalyEvent::Split => match number("occurrences") {
            Some(n) => sentence(format!("Séparée : {n} occurrences"), format!("Split: {n} occurrences")),
            None => sentence("Séparée", "Split"),
        },
        AnomalyEvent::Join => match number("occurrences") {
            Some(n) => sentence(format!("Réunie : {n} occurrences"), format!("Joined: {n} occurrences")),
            None => sentence("Réunie", "Joined"),
        },
        AnomalyEvent::HandOver if to.is_empty() => {
            sentence("Rendue à la file avec tout un travail", "Given back to the queue with a person’s whole work")
        }
        AnomalyEvent::HandOver => {
            sentence(format!("Transmise à {to} avec tout un travail"), format!("Handed to {to} with a whole work"))
        }
    };
    let text = if data.get("undone").is_some() {
        Text::new(format!("Annulé : {}", text.fr), format!("Taken back: {}", text.en))
    } else {
        text
    };
    match data.get("because").and_then(|v| serde_json::from_value::<Text>(v.clone()).ok()) {
        Some(because) => Text::new(format!("{} : {}", text.fr, because.fr), format!("{}: {}", text.en, because.en)),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use domain::anomaly::{AnomalyDetail, AnomalyRule, Severity};

    use super::*;
    use crate::ids;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// Found on a Thursday at ten in Paris, with sixteen hours of work.
    fn found() -> Anomaly {
        let now = at("2026-11-26T09:00:00Z");
        let mut anomaly = Anomaly {
            id: ids::anomaly(),
            cabinet: ids::cabinet(),
            version: 1,
            rule: AnomalyRule::Rejected,
            cause: "x".to_owned(),
            main: true,
            severity: Severity::High,
            state: AnomalyState::New,
            platform: None,
            detail: AnomalyDetail::default(),
            assignee: None,
            resolution: None,
            note: None,
            occurrences: 1,
            dossiers: 1,
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
            search: String::new(),
            opened_at: now,
            updated_at: now,
            closed_at: None,
            told: Told::Nothing,
        };
        put_clock(&mut anomaly, Policy::default().clock(AnomalyRule::Rejected, now), now);
        anomaly
    }

    fn done(a: &Anomaly, event: AnomalyEvent, now: &str) -> Anomaly {
        after(a, event, &Detail::default(), &Policy::default(), at(now)).unwrap()
    }

    #[test]
    fn the_clock_stands_still_while_a_client_is_waited_for() {
        let policy = Policy::default();
        let new = found();
        let whole = policy.whole_minutes(AnomalyRule::Rejected);
        let waiting = done(&new, AnomalyEvent::WaitClient, "2026-11-26T10:00:00Z");
        assert_eq!((waiting.due_at, waiting.warn_at, waiting.left_minutes), (None, None, Some(whole - 60)));
        assert_eq!(waiting.priority, new.priority, "it keeps its place");
        // Who has it changes nothing of the clock.
        let detail = Detail { assignee: Some((ids::user(), "Claire".to_owned())), ..Detail::default() };
        let given = after(&waiting, AnomalyEvent::Assign, &detail, &policy, at("2026-11-27T10:00:00Z")).unwrap();
        assert_eq!((given.state, given.left_minutes), (AnomalyState::WaitingClient, Some(whole - 60)));
        let resumed = done(&given, AnomalyEvent::Resume, "2026-12-03T10:00:00Z");
        assert_eq!(resumed.state, AnomalyState::Assigned);
        assert_eq!(resumed.due_at, Some(policy.hours.after(at("2026-12-03T10:00:00Z"), whole - 60)));
        assert!(resumed.priority < new.priority, "later is less urgent");
        assert_eq!(resumed.version, new.version + 3);
    }

    #[test]
    fn what_is_over_has_no_clock_and_begins_anew() {
        let policy = Policy::default();
        let detail = Detail { resolution: Some(Resolution::Reissued), note: Some("n".into()), ..Detail::default() };
        let resolved = after(&found(), AnomalyEvent::Resolve, &detail, &policy, at("2026-11-26T10:00:00Z")).unwrap();
        assert_eq!((resolved.due_at, resolved.warn_at, resolved.left_minutes), (None, None, None));
        assert_eq!(resolved.closed_at, Some(at("2026-11-26T10:00:00Z")));
        assert!(after(&resolved, AnomalyEvent::Start, &detail, &policy, at("2026-11-26T10:00:00Z")).is_err());
        let again = done(&resolved, AnomalyEvent::Reopen, "2026-12-01T09:00:00Z");
        let whole = policy.whole_minutes(AnomalyRule::Rejected);
        assert_eq!(again.due_at, Some(policy.hours.after(at("2026-12-01T09:00:00Z"), whole)));
        assert_eq!((again.reopened, again.resolution, again.note, again.closed_at), (1, None, None, None));
    }

    #[test]
    fn a_write_is_given_back_unless_somebody_has_gone_on() {
        let new = found();
        let now = at("2026-11-26T10:00:00Z");
        let detail = Detail { resolution: Some(Resolution::Agreed), ..Detail::default() };
        let resolved = after(&new, AnomalyEvent::Resolve, &detail, &Policy::default(), now).unwrap();
        let Value::Object(told) = changes(&new, &resolved) else { panic!() };
        let back = given_back(&resolved, &told, now).unwrap().unwrap();
        assert_eq!(back, Anomaly { version: 3, updated_at: now, ..new.clone() });
        let gone_on = done(&resolved, AnomalyEvent::Reopen, "2026-11-26T11:00:00Z");
        assert_eq!(given_back(&gone_on, &told, now).unwrap(), Err("anomaly_state"));
        // A remark or more occurrences are no reason to keep it.
        let more = Anomaly { comments: 2, occurrences: 5, version: 9, ..resolved };
        assert!(given_back(&more, &told, now).unwrap().is_ok());
    }

    #[test]
    fn every_step_has_its_sentence() {
        let anomaly = found();
        for event in AnomalyEvent::ALL {
            let step = Step {
                anomaly: anomaly.id,
                event: *event,
                by: None,
                data: json!({}),
                note: None,
                at: anomaly.opened_at,
            };
            let text = told(&step, &anomaly);
            assert!(!text.fr.is_empty() && !text.en.is_empty() && text.fr != text.en, "{event}");
        }
    }
}
