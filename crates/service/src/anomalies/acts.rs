//! What people do to anomalies, one or thousands, with a result for each and the way back.

use std::collections::{HashMap, HashSet};

use chrono::Duration;
use contract::{
    Anomaly as AnomalyShape, AnomalyAct, AnomalyActInput, AnomalyActResult, AnomalyItem, Code, ItemOutcome,
    NextAnomaly, Nothing, NotificationKind, StepInput,
};
use domain::anomaly::{AnomalyEvent, AnomalyState, NoSuchStep, Policy, Resolution};
use domain::reference::anomaly_rule;
use domain::{AnomalyId, Permission, Text, UserId};
use serde_json::{Map, Value, json};
use store::anomalies::{Anomaly, Step, Ticked};
use store::journal::Entry;
use store::notifications::Recipient;
use store::{Actor, Conn, Scope, dialect};

use super::life::{self, Detail, Moved, after, data};
use super::notify::{News, To, notify_all};
use super::{board, live, policy, title};
use crate::fields::Check;
use crate::flows::Writing;
use crate::session::whole_micros;
use crate::{Answer, Call, Error, Result, ids, invalid, journal};

/// Kind of the acts on anomalies.
pub(crate) const ACT: &str = "anomaly";
/// The action of the journal rows that an undo writes.
const UNDO: &str = "anomaly.undo";

/// What is no reason to leave an anomaly as it is.
const REMARKS: &[&str] = &["anomaly.comment", "anomaly.edit_comment", "anomaly.watch", "anomaly.tick"];

/// Anomalies of one request.
const MOST: usize = 2_000;
/// Results that are sent.
const MOST_ITEMS: usize = 1_000;
const LONGEST_NOTE: usize = 500;
/// A snooze ends within a year: what is put off for longer is ignored.
const LONGEST_SNOOZE_DAYS: i64 = 366;

/// An act whose words are checked.
struct Act {
    event: AnomalyEvent,
    detail: Detail,
    /// To whom, with what that person sees.
    to: Option<Recipient>,
}

fn too_many(pointer: &str, n: usize) -> Error {
    invalid(
        pointer,
        "too_many",
        format!("{n} anomalies choisies ; {MOST} au plus à la fois : resserrez le filtre."),
        format!("{n} anomalies chosen; {MOST} at most at once: narrow the filter."),
    )
}

fn check_chosen(body: &AnomalyActInput) -> Result<()> {
    match (&body.ids, &body.filter) {
        (None, None) => Err(invalid("/ids", "required", "Donnez `ids` ou `filter`.", "Give `ids` or `filter`.")),
        (Some(_), Some(_)) => Err(invalid(
            "/filter",
            "exclusive",
            "Donnez `ids` ou `filter`, pas les deux.",
            "Give `ids` or `filter`, not both.",
        )),
        (None, Some(_)) if body.versions.is_some() => Err(invalid(
            "/versions",
            "exclusive",
            "Les versions vont avec `ids`, dans le même ordre.",
            "Versions go with `ids`, in the same order.",
        )),
        (Some(ids), None) if ids.len() > MOST => Err(too_many("/ids", ids.len())),
        (Some(ids), None) if body.versions.as_ref().is_some_and(|v| v.len() != ids.len()) => Err(invalid(
            "/versions",
            "length",
            format!("{} versions pour {} anomalies : une par anomalie.", versions(body), ids.len()),
            format!("{} versions for {} anomalies: one for each.", versions(body), ids.len()),
        )),
        _ => Ok(()),
    }
}

fn versions(body: &AnomalyActInput) -> usize {
    body.versions.as_ref().map_or(0, Vec::len)
}

/// A person of the cabinet to whom work can be given.
pub(super) fn recipient(conn: &mut Conn, scope: &Scope, pointer: &str, id: UserId) -> Result<Recipient> {
    let found = store::notifications::recipients(conn, scope.cabinet(), &[id])?.remove(&id).ok_or_else(|| {
        invalid(
            pointer,
            "unknown_person",
            "Cette personne n’est pas, ou plus, du cabinet.",
            "This person is not, or no longer, of the firm.",
        )
    })?;
    if !found.scope.allows(Permission::DossierWrite) {
        return Err(invalid(
            pointer,
            "reads_only",
            format!("{} lit sans modifier : choisissez une personne qui peut régler.", found.name),
            format!("{} only reads: choose a person who can settle.", found.name),
        ));
    }
    Ok(found)
}

fn checked(call: &Call, conn: &mut Conn, scope: &Scope, act: &AnomalyAct) -> Result<Option<Act>> {
    let mut check = Check::default();
    let mut note = |note: &Option<String>| {
        note.as_deref().filter(|n| !n.trim().is_empty()).map(|n| check.line("/act/note", n, LONGEST_NOTE))
    };
    let mut to = None;
    let (event, detail) = match act {
        AnomalyAct::Watch { .. } => return Ok(None),
        AnomalyAct::Assign { user_id: None } => (AnomalyEvent::Unassign, Detail::default()),
        AnomalyAct::Assign { user_id: Some(id) } => {
            let found = recipient(conn, scope, "/act/user_id", *id)?;
            let detail = Detail { assignee: Some((*id, found.name.clone())), ..Detail::default() };
            to = Some(found);
            (AnomalyEvent::Assign, detail)
        }
        // Who takes in hand what nobody has, has it.
        AnomalyAct::Start => {
            let me = (scope.user(), call.actor()?.name.clone());
            (AnomalyEvent::Start, Detail { assignee: Some(me), ..Detail::default() })
        }
        AnomalyAct::WaitClient { note: n } => (AnomalyEvent::WaitClient, Detail { note: note(n), ..Detail::default() }),
        AnomalyAct::Snooze { until, on_news, note: n } => {
            let detail = Detail { note: note(n), until: *until, on_news: *on_news, ..Detail::default() };
            match until {
                None if !on_news => check.refuse(
                    "/act/until",
                    "required",
                    "Jusqu’à quand ? Donnez un moment, ou `on_news` pour attendre du nouveau.",
                    "Until when? Give a moment, or `on_news` to wait for something new.",
                ),
                Some(until) if *until <= call.now => check.refuse(
                    "/act/until",
                    "past",
                    format!("{} est passé : donnez un moment à venir.", life::moment(*until).fr),
                    format!("{} has passed: give a moment to come.", life::moment(*until).en),
                ),
                Some(until) if *until > call.now + Duration::days(LONGEST_SNOOZE_DAYS) => check.refuse(
                    "/act/until",
                    "too_far",
                    "Une veille dure un an au plus : ignorez l’anomalie si elle ne compte pas.",
                    "A snooze lasts a year at most: ignore the anomaly if it does not count.",
                ),
                _ => {}
            }
            (AnomalyEvent::Snooze, detail)
        }
        AnomalyAct::Resume => (AnomalyEvent::Resume, Detail::default()),
        AnomalyAct::Resolve { resolution, note: n } => {
            let detail = Detail { resolution: Some(*resolution), note: note(n), ..Detail::default() };
            if *resolution == Resolution::CauseGone {
                check.refuse(
                    "/act/resolution",
                    "by_itself",
                    "« La cause a disparu » se dit d’elle-même : dites comment c’est réglé.",
                    "“The cause is gone” is said by itself: tell how it was settled.",
                );
            }
            (AnomalyEvent::Resolve, detail)
        }
        AnomalyAct::Ignore { reason } => {
            let reason = check.line("/act/reason", reason, LONGEST_NOTE);
            (AnomalyEvent::Ignore, Detail { note: Some(reason), ..Detail::default() })
        }
        AnomalyAct::Reopen => (AnomalyEvent::Reopen, Detail::default()),
    };
    check.done()?;
    Ok(Some(Act { event, detail, to }))
}

pub fn act_on_anomalies(
    call: &Call,
    _: Nothing,
    _: Nothing,
    body: AnomalyActInput,
) -> Result<Answer<AnomalyActResult>> {
    let actor = call.actor()?;
    check_chosen(&body)?;
    let mut conn = call.app.store.conn()?;
    let act = checked(call, &mut conn, &actor.scope, &body.act)?;
    let result = match (&act, body.preview) {
        // What is only told needs no lock.
        (_, true) => told(call, &mut conn, actor, act.as_ref(), &body)?.result(None),
        (_, false) => conn.write(|conn| -> Result<AnomalyActResult> {
            dialect::lock_cabinet(conn, actor.scope.cabinet())?;
            let mut told = told(call, conn, actor, act.as_ref(), &body)?;
            match &act {
                None => watch(call, conn, &told)?,
                Some(act) if !told.moved.is_empty() => {
                    let id = ids::act();
                    run(call, conn, actor, act, &mut told, &id.to_string(), &body)?;
                    return Ok(told.result(Some(id)));
                }
                Some(_) => {}
            }
            Ok(told.result(None))
        })?,
    };
    Ok(Answer::new(result))
}

/// What an act does to each anomaly, before anything is written.
struct Judged {
    items: Vec<AnomalyItem>,
    moved: Vec<Moved>,
    /// To be watched, or no longer.
    watched: Vec<(Anomaly, bool)>,
}

impl Judged {
    fn result(self, act_id: Option<domain::ActId>) -> AnomalyActResult {
        let of = |outcome: ItemOutcome| self.items.iter().filter(|i| i.outcome == outcome).count() as u64;
        let (changed, unchanged) = (of(ItemOutcome::Changed), of(ItemOutcome::Unchanged));
        let left_out = self.items.len() as u64 - changed - unchanged;
        let mut items = self.items;
        items.truncate(MOST_ITEMS);
        AnomalyActResult { changed, unchanged, left_out, act_id, items }
    }
}

/// The anomalies of a request in their order, each with the version that was seen.
fn chosen(
    call: &Call,
    conn: &mut Conn,
    scope: &Scope,
    body: &AnomalyActInput,
) -> Result<Vec<(AnomalyId, Option<i64>)>> {
    if let Some(ids) = &body.ids {
        let seen = |place: usize| body.versions.as_ref().and_then(|v| v.get(place)).copied();
        let mut there = HashSet::new();
        let ids = ids.iter().enumerate().filter(|(_, id)| there.insert(**id));
        return Ok(ids.map(|(place, id)| (*id, seen(place))).collect());
    }
    let filter = body.filter.clone().unwrap_or_default();
    let wanted = board::wanted(call, conn, &filter)?;
    let ids = store::queue::ids(conn, scope, &wanted, MOST as i64)?;
    if ids.len() > MOST {
        return Err(too_many("/filter", ids.len()));
    }
    Ok(ids.into_iter().map(|id| (id, None)).collect())
}

fn told(call: &Call, conn: &mut Conn, actor: &Actor, act: Option<&Act>, body: &AnomalyActInput) -> Result<Judged> {
    let scope = &actor.scope;
    let chosen = chosen(call, conn, scope, body)?;
    let ids: Vec<AnomalyId> = chosen.iter().map(|(id, _)| *id).collect();
    let mut found: HashMap<AnomalyId, Anomaly> =
        store::anomalies::find_many(conn, scope, &ids)?.into_iter().map(|a| (a.id, a)).collect();
    let judge = Judge {
        wholly: store::queue::wholly(conn, scope, &ids)?,
        sees: match act.and_then(|a| a.to.as_ref()) {
            Some(to) => Some((to.name.clone(), store::queue::wholly(conn, &to.scope, &ids)?)),
            None => None,
        },
        policy: policy(conn, scope.cabinet())?,
        stands: match act.map(|a| a.event) {
            Some(AnomalyEvent::Reopen) => Some(store::queue::still_found(conn, &ids)?),
            _ => None,
        },
    };
    let watched = store::anomalies::watched_by(conn, scope.user(), &ids)?;
    let mut judged = Judged { items: Vec::with_capacity(chosen.len()), moved: Vec::new(), watched: Vec::new() };
    for (id, seen) in chosen {
        let Some(before) = found.remove(&id) else {
            judged.items.push(AnomalyItem {
                id,
                title: Text::new("Anomalie inconnue", "Unknown anomaly"),
                outcome: ItemOutcome::NotFound,
                reason: Some(Text::new("Absente de votre périmètre.", "Not within your scope.")),
            });
            continue;
        };
        let name = title(&before);
        let (outcome, reason) = match act {
            None => {
                let on = matches!(body.act, AnomalyAct::Watch { on: true });
                match watched.contains(&id) == on {
                    true => (ItemOutcome::Unchanged, None),
                    false => {
                        judged.watched.push((before, on));
                        (ItemOutcome::Changed, None)
                    }
                }
            }
            Some(_) if seen.is_some_and(|seen| seen != before.version) => {
                (ItemOutcome::Kept, Some(changed_meanwhile(conn, &before)?))
            }
            Some(act) => match judge.judge(&before, act, call.now) {
                Err((outcome, reason)) => (outcome, Some(reason)),
                Ok(after) => {
                    let step = Step {
                        anomaly: id,
                        event: act.event,
                        by: Some((scope.user(), actor.name.clone())),
                        data: data(act.event, &act.detail),
                        note: act.detail.note.clone(),
                        at: whole_micros(call.now),
                    };
                    judged.moved.push(Moved { before, after, step });
                    (ItemOutcome::Changed, None)
                }
            },
        };
        judged.items.push(AnomalyItem { id, title: name, outcome, reason });
    }
    Ok(judged)
}

/// Who changed an anomaly last, and when: for whoever has seen an older one.
pub(super) fn changed_meanwhile(conn: &mut Conn, anomaly: &Anomaly) -> Result<Text> {
    let Some(step) = store::anomalies::latest_change(conn, anomaly.id)? else {
        return Ok(Text::new("Modifiée entre-temps : relisez-la.", "Changed meanwhile: read it again."));
    };
    let (when, what) = (life::moment(step.at), life::told(&step, anomaly));
    Ok(match &step.by {
        Some((_, name)) => Text::new(
            format!("Modifiée entre-temps par {name}, le {} : {}. Relisez-la.", when.fr, what.fr),
            format!("Changed meanwhile by {name}, {}: {}. Read it again.", when.en, what.en),
        ),
        None => Text::new(
            format!("Modifiée entre-temps, le {} : {}. Relisez-la.", when.fr, what.fr),
            format!("Changed meanwhile, {}: {}. Read it again.", when.en, what.en),
        ),
    })
}

/// Refuses a change of a version other than the present one, and says who was faster.
pub(super) fn check_seen(call: &Call, conn: &mut Conn, anomaly: &Anomaly) -> Result<()> {
    match call.check_version(anomaly.version) {
        Err(error) if error.code == Code::VersionMismatch => {
            Err(Error { detail: Some(changed_meanwhile(conn, anomaly)?), ..error })
        }
        other => other,
    }
}

/// What the anomalies of a request are judged by.
struct Judge {
    /// Those that lie wholly in sight of who acts.
    wholly: HashSet<AnomalyId>,
    /// Who gets them, and those that lie wholly in that person's sight.
    sees: Option<(String, HashSet<AnomalyId>)>,
    policy: Policy,
    /// Those whose cause still stands, for what is to be taken up again.
    stands: Option<HashSet<AnomalyId>>,
}

impl Judge {
    fn judge(
        &self,
        before: &Anomaly,
        act: &Act,
        now: chrono::DateTime<chrono::Utc>,
    ) -> std::result::Result<Anomaly, (ItemOutcome, Text)> {
        if !self.wholly.contains(&before.id) {
            return Err((ItemOutcome::Refused, partly_hidden()));
        }
        if let Some(reason) = already(before, act) {
            return Err((ItemOutcome::Unchanged, reason));
        }
        if let Some((name, sees)) = &self.sees
            && !sees.contains(&before.id)
        {
            return Err((ItemOutcome::Refused, does_not_see(name)));
        }
        if self.stands.as_ref().is_some_and(|stands| !stands.contains(&before.id)) {
            return Err((ItemOutcome::Refused, nothing_left()));
        }
        after(before, act.event, &act.detail, &self.policy, now)
            .map_err(|refused: NoSuchStep| (ItemOutcome::Refused, refused.text()))
    }
}

pub(super) fn does_not_see(name: &str) -> Text {
    Text::new(
        format!("{name} ne voit pas tous ses dossiers : donnez-lui leur portefeuille, ou séparez sa part."),
        format!("{name} does not see all its dossiers: give them their portfolio, or split their part off."),
    )
}

fn nothing_left() -> Text {
    Text::new(
        "Sa cause a disparu : il n’y a rien à rouvrir. Elle revient d’elle-même si la cause revient.",
        "Its cause is gone: there is nothing to reopen. It comes back by itself if the cause does.",
    )
}

pub(super) fn partly_hidden() -> Text {
    Text::new(
        "Une partie est dans des dossiers que vous ne voyez pas : séparez votre part d’abord.",
        "Part of it lies in dossiers that you do not see: split your part off first.",
    )
}

/// The act has nothing left to do.
fn already(a: &Anomaly, act: &Act) -> Option<Text> {
    let so = match act.event {
        AnomalyEvent::Assign => a.assignee == act.detail.assignee.as_ref().map(|(id, _)| *id) && !a.state.is_over(),
        AnomalyEvent::Unassign => a.assignee.is_none() && !a.state.is_over(),
        AnomalyEvent::Start => a.state == AnomalyState::InProgress,
        AnomalyEvent::WaitClient => a.state == AnomalyState::WaitingClient,
        AnomalyEvent::Resume => a.state.clock_runs(),
        AnomalyEvent::Resolve => a.state == AnomalyState::Resolved,
        AnomalyEvent::Ignore => a.state == AnomalyState::Ignored,
        AnomalyEvent::Reopen => !a.state.is_over(),
        _ => false,
    };
    let state = a.state.text();
    so.then(|| Text::new(format!("Déjà « {} ».", state.fr), format!("Already “{}”.", state.en)))
}

/// Writes an act, with the way back, and tells people of it.
fn run(
    call: &Call,
    conn: &mut Conn,
    actor: &Actor,
    act: &Act,
    told: &mut Judged,
    id: &str,
    body: &AnomalyActInput,
) -> Result<()> {
    let (scope, stamp) = (&actor.scope, journal::stamp(call));
    let cabinet = scope.cabinet();
    store::acts::insert(conn, scope, id, ACT, call.now)?;
    let entry = Entry {
        action: "act.anomalies",
        subject_kind: "act",
        subject_id: id.to_owned(),
        subject_label: String::new(),
        changes: json!({ "act": [null, &body.act], "anomalies": [null, told.moved.len()] }),
        act_id: Some(id.to_owned()),
    };
    store::journal::append(conn, cabinet, &stamp, &[entry])?;
    let judge = call.judge(conn)?;
    let mut w = Writing { conn, cabinet, stamp: &stamp, judge: &judge };
    life::write(&mut w, &mut told.moved, (None, Some(id)))?;
    let by = Some((scope.user(), actor.name.as_str()));
    let to: Vec<UserId> = act.detail.assignee.iter().map(|(id, _)| *id).collect();
    let (kind, to) = match act.event {
        AnomalyEvent::Assign => (NotificationKind::Assigned, To::People(&to)),
        AnomalyEvent::Resolve | AnomalyEvent::Ignore => (NotificationKind::Closed, To::Followers),
        AnomalyEvent::Reopen => (NotificationKind::Reopened, To::Followers),
        _ => return Ok(()),
    };
    let news: Vec<News<'_>> = told.moved.iter().map(|m| News { kind, anomaly: &m.after, by, to }).collect();
    notify_all(conn, cabinet, &news, call.now)
}

/// Lets the person watch anomalies, or no longer.
fn watch(call: &Call, conn: &mut Conn, told: &Judged) -> Result<()> {
    let scope = call.scope()?;
    let mut entries = Vec::new();
    for (anomaly, on) in &told.watched {
        store::anomalies::watch(conn, anomaly.id, &[scope.user()], *on)?;
        entries.push(Entry {
            action: "anomaly.watch",
            subject_kind: "anomaly",
            subject_id: anomaly.id.to_string(),
            subject_label: title(anomaly).fr,
            changes: json!({ "watched": [!on, on] }),
            act_id: None,
        });
    }
    store::journal::append(conn, scope.cabinet(), &journal::stamp(call), &entries)?;
    live::changed(conn, scope.cabinet(), told.watched.iter().map(|(a, _)| a))
}

/// Takes back what an act did to anomalies, in the transaction of the caller, which holds the cabinet's lock: those that
/// nobody has gone on with since.
pub(crate) fn undo(w: &mut Writing<'_>, actor: &Actor, act: &str) -> Result<Vec<AnomalyItem>> {
    let scope = &actor.scope;
    let at = w.stamp.at;
    let touched = store::journal::touched_since(w.conn, scope.cabinet(), act, ("anomaly", REMARKS))?;
    let mut items = Vec::new();
    let mut after_seq = 0;
    loop {
        let rows = store::journal::of_act(w.conn, scope.cabinet(), act, ("anomaly", UNDO), after_seq, 500)?;
        let Some(last) = rows.last() else { break };
        after_seq = last.seq;
        let ids: Vec<AnomalyId> = rows.iter().filter_map(|r| r.subject_id.parse().ok()).collect();
        let mut present: HashMap<AnomalyId, Anomaly> =
            store::anomalies::find_many(w.conn, scope, &ids)?.into_iter().map(|a| (a.id, a)).collect();
        let wholly = store::queue::wholly(w.conn, scope, &ids)?;
        let stands = store::queue::still_found(w.conn, &ids)?;
        let mut moved = Vec::new();
        for row in rows {
            let Ok(id) = row.subject_id.parse::<AnomalyId>() else { continue };
            let Some(now) = present.remove(&id) else {
                items.push(AnomalyItem {
                    id,
                    title: Text::new(row.subject_label.as_str(), row.subject_label.as_str()),
                    outcome: ItemOutcome::NotFound,
                    reason: Some(Text::new("Absente de votre périmètre.", "Not within your scope.")),
                });
                continue;
            };
            let name = title(&now);
            let told: Map<String, Value> = serde_json::from_str(&row.changes)?;
            let (outcome, reason) = if !wholly.contains(&id) {
                (ItemOutcome::Refused, Some(partly_hidden()))
            } else {
                match life::given_back(&now, &told, at)? {
                    Ok(_) if touched.contains(&row.subject_id) => {
                        (ItemOutcome::Kept, Some(changed_meanwhile(w.conn, &now)?))
                    }
                    Err(_) => (ItemOutcome::Kept, Some(changed_meanwhile(w.conn, &now)?)),
                    Ok(back) if now.state.is_over() && !back.state.is_over() && !stands.contains(&id) => {
                        (ItemOutcome::Kept, Some(nothing_left()))
                    }
                    Ok(back) => match gone(w.conn, scope, &now, &back)? {
                        Some(reason) => (ItemOutcome::Kept, Some(reason)),
                        None => {
                            let event = row.action.split_once('.').and_then(|(_, e)| e.parse().ok());
                            let step = Step {
                                anomaly: id,
                                event: event.unwrap_or(AnomalyEvent::Resume),
                                by: Some((scope.user(), actor.name.clone())),
                                data: json!({ "undone": true }),
                                note: None,
                                at: whole_micros(at),
                            };
                            moved.push(Moved { before: now, after: back, step });
                            (ItemOutcome::Changed, None)
                        }
                    },
                }
            };
            items.push(AnomalyItem { id, title: name, outcome, reason });
        }
        life::write(w, &mut moved, (Some(UNDO), Some(act)))?;
    }
    Ok(items)
}

/// The person who had it before is not of the firm any more.
fn gone(conn: &mut Conn, scope: &Scope, now: &Anomaly, back: &Anomaly) -> Result<Option<Text>> {
    let Some(id) = back.assignee.filter(|id| now.assignee != Some(*id)) else { return Ok(None) };
    let there = store::notifications::recipients(conn, scope.cabinet(), &[id])?;
    Ok(there.is_empty().then(|| {
        Text::new(
            "La personne qui l’avait n’est plus du cabinet : conservée.",
            "The person who had it is no longer of the firm: kept.",
        )
    }))
}

pub fn take_next_anomaly(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<NextAnomaly>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    let reply = call.app.store.conn()?.write(|conn| -> Result<NextAnomaly> {
        // Two who press at once follow each other here, so that each gets another.
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let Some(before) = store::queue::next(conn, scope)? else {
            return Ok(NextAnomaly {
                anomaly: None,
                because: Text::new(
                    "Rien n’attend : toute anomalie en vue a quelqu’un, dort, attend un client, ou sort en partie de votre périmètre.",
                    "Nothing waits: every anomaly in sight has somebody, sleeps, waits for a client, or lies partly out of your scope.",
                ),
            });
        };
        let detail = Detail { assignee: Some((scope.user(), actor.name.clone())), ..Detail::default() };
        let policy = policy(conn, scope.cabinet())?;
        let taken = after(&before, AnomalyEvent::Assign, &detail, &policy, call.now)
            .map_err(|refused| Error::internal(refused.text().en))?;
        let id = taken.id;
        let step = Step {
            anomaly: id,
            event: AnomalyEvent::Assign,
            by: Some((scope.user(), actor.name.clone())),
            data: data(AnomalyEvent::Assign, &detail),
            note: None,
            at: whole_micros(call.now),
        };
        let (judge, stamp) = (call.judge(conn)?, journal::stamp(call));
        let mut w = Writing { conn, cabinet: scope.cabinet(), stamp: &stamp, judge: &judge };
        life::write(&mut w, &mut [Moved { before, after: taken, step }], (None, None))?;
        let listed = store::queue::find(conn, scope, id)?;
        let because = board::because_first(&listed.anomaly);
        let row = board::rows(conn, scope, std::slice::from_ref(&listed), call.now)?.pop();
        Ok(NextAnomaly { anomaly: row, because })
    })?;
    Ok(Answer::new(reply))
}

pub fn set_anomaly_step(call: &Call, id: AnomalyId, _: Nothing, body: StepInput) -> Result<Answer<AnomalyShape>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    call.app.store.conn()?.write(|conn| -> Result<Answer<AnomalyShape>> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let before = store::anomalies::find(conn, scope, id)?;
        check_seen(call, conn, &before)?;
        if !store::queue::wholly(conn, scope, &[id])?.contains(&id) {
            let why = partly_hidden();
            return Err(Error::conflict(why.fr, why.en));
        }
        let playbook = &anomaly_rule(before.rule).playbook;
        if !playbook.iter().any(|s| s.key == body.key) {
            let keys = playbook.iter().map(|s| s.key.as_str()).collect::<Vec<_>>().join(", ");
            return Err(invalid(
                "/key",
                "unknown_step",
                format!("« {} » n’est pas une étape de ce mode opératoire : {keys}.", body.key),
                format!("“{}” is not a step of this playbook: {keys}.", body.key),
            ));
        }
        if before.steps.iter().any(|t| t.key == body.key) != body.done {
            let mut ticked = before.clone();
            ticked.steps.retain(|t| t.key != body.key);
            if body.done {
                let (key, name) = (body.key.clone(), actor.name.clone());
                ticked.steps.push(Ticked { key, user: scope.user(), name, at: whole_micros(call.now) });
            }
            ticked.version += 1;
            ticked.updated_at = whole_micros(call.now);
            if !store::anomalies::update(conn, &ticked)? {
                return Err(Error::version_mismatch());
            }
            let step = Step {
                anomaly: id,
                event: AnomalyEvent::Tick,
                by: Some((scope.user(), actor.name.clone())),
                data: json!({ "key": body.key, "done": body.done }),
                note: None,
                at: whole_micros(call.now),
            };
            store::anomalies::add_steps(conn, &[step])?;
            let entry = Entry {
                action: life::action_of(AnomalyEvent::Tick),
                subject_kind: "anomaly",
                subject_id: id.to_string(),
                subject_label: title(&ticked).fr,
                changes: json!({ "playbook": [!body.done, body.done], "key": [null, body.key] }),
                act_id: None,
            };
            store::journal::append(conn, scope.cabinet(), &journal::stamp(call), &[entry])?;
            live::changed(conn, scope.cabinet(), [&ticked])?;
        }
        board::shown(call, conn, id)
    })
}
