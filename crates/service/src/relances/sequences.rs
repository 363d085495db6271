//! Sequences: written, previewed, activated. An edit reaches only what has not been done, and shows first whom it touches.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use contract::{
    AudiencePage, AudienceQuery, AudienceRow, Nothing, NotificationKind, RelanceScopeQuery, Sequence as Shape,
    SequenceInput, SequenceList, SequenceMove, SequencePlan, SequenceStep, SequenceStepInput, SequenceTakeOver,
    SequenceTouch, TouchKind,
};
use domain::relance::outcome::{OutcomeCode, Stage};
use domain::relance::plan::{self, Enrolment};
use domain::relance::{Anchor, DeadlineSource, RelanceStep, SendingMode, SequenceState};
use domain::{DossierId, Permission, RelanceStepId, SequenceId, TemplateId, Text, UserId, fold};
use serde_json::{Value, json};
use store::enrolments::{self, Enrolled};
use store::people::Person;
use store::sequences::Sequence;
use store::{Conn, Scope, dialect};

use super::course::{is_reachable, over};
use super::desk::{Around, Desk, Ready, Written, of_portfolios, taken_by, takes_part};
use super::forecast::{estimate, supposed};
use super::list::counted;
use super::plans::{self, fresh, may_return};
use super::{hourly, settings};
use crate::anomalies::notify;
use crate::fields::Check;
use crate::people::entry;
use crate::session::whole_micros;
use crate::{Answer, Call, Error, Result, cursor, dossiers, ids, journal};

const MOST_STEPS: usize = 20;
const MOST_DAYS: i32 = 400;
const LONGEST_NAME: usize = 120;
/// Dossiers of a preview that are told by name.
const TOLD: usize = 50;
/// Days of a preview.
const DAYS: u32 = 30;

/// A sequence as it may stand: its name and what is kept of it.
fn checked(conn: &mut Conn, scope: &Scope, body: &SequenceInput, before: Option<&Ready>) -> Result<(String, Written)> {
    let mut check = Check::default();
    let name = check.line("/name", &body.name, LONGEST_NAME);
    if body.steps.is_empty() || body.steps.len() > MOST_STEPS {
        let n = body.steps.len();
        check.refuse(
            "/steps",
            "out_of_range",
            format!("{n} étapes : de 1 à {MOST_STEPS} étapes sont attendues."),
            format!("{n} steps: from 1 to {MOST_STEPS} steps are expected."),
        );
    }
    match body.deadline.as_ref() {
        Some(d) if d.source == DeadlineSource::Fixed && d.on.is_none() => check.refuse(
            "/deadline/on",
            "missing",
            "Une échéance fixe a un jour : indiquez-le.",
            "A fixed deadline has a day: give it.",
        ),
        _ => {}
    }
    let known: HashSet<RelanceStepId> = before.iter().flat_map(|b| &b.course.steps).map(|s| s.id).collect();
    let templates: HashSet<TemplateId> =
        store::templates::list(conn, scope)?.into_iter().filter(|t| !t.archived).map(|t| t.id).collect();
    let mut seen = HashSet::new();
    for (i, step) in body.steps.iter().enumerate() {
        checked_step(&mut check, i, step, body, &templates);
        if let Some(id) = step.id
            && (!known.contains(&id) || !seen.insert(id))
        {
            check.refuse(
                format!("/steps/{i}/id"),
                "unknown_value",
                format!("« {id} » n’est pas une étape de cette séquence : laissez l’identifiant vide."),
                format!("“{id}” is no step of this sequence: leave the id empty."),
            );
        }
    }
    if body.escalation.is_some_and(|e| !(1..=20).contains(&e.after)) {
        check.refuse(
            "/escalation/after",
            "out_of_range",
            "De 1 à 20 messages sans réponse sont attendus.",
            "From 1 to 20 messages without an answer are expected.",
        );
    }
    check.done()?;
    let steps = body.steps.iter().map(step).collect();
    Ok((
        name,
        Written { starts_on: body.starts_on, deadline: body.deadline.clone(), steps, escalation: body.escalation },
    ))
}

fn checked_step(
    check: &mut Check,
    i: usize,
    step: &SequenceStepInput,
    body: &SequenceInput,
    templates: &HashSet<TemplateId>,
) {
    let days = step.after.days;
    let least = if step.after.from == Anchor::Deadline { -MOST_DAYS } else { 0 };
    if !(least..=MOST_DAYS).contains(&days) {
        check.refuse(
            format!("/steps/{i}/after/days"),
            "out_of_range",
            format!("{days} : un nombre de jours de {least} à {MOST_DAYS} est attendu."),
            format!("{days}: a number of days from {least} to {MOST_DAYS} is expected."),
        );
    }
    if step.after.from == Anchor::Deadline && body.deadline.is_none() {
        check.refuse(
            format!("/steps/{i}/after/from"),
            "no_deadline",
            "La séquence n’a pas d’échéance : choisissez-en une, ou comptez depuis le début.",
            "The sequence has no deadline: choose one, or count from the start.",
        );
    }
    for (field, id) in [("template_id", Some(step.template_id)), ("variant_id", step.variant_id)] {
        if let Some(id) = id.filter(|id| !templates.contains(id)) {
            check.refuse(
                format!("/steps/{i}/{field}"),
                "unknown_value",
                format!("« {id} » n’est pas un texte du cabinet, ou il est archivé : choisissez-en un autre."),
                format!("“{id}” is no text of the firm, or it is archived: choose another."),
            );
        }
    }
    if step.variant_id == Some(step.template_id) {
        check.refuse(
            format!("/steps/{i}/variant_id"),
            "same_value",
            "Le second texte est le même que le premier : choisissez-en un autre.",
            "The second text is the same as the first: choose another.",
        );
    }
}

fn step(input: &SequenceStepInput) -> RelanceStep {
    RelanceStep {
        id: input.id.unwrap_or_else(ids::step),
        after: input.after,
        channel: input.channel,
        tone: input.tone,
        template_id: input.template_id,
        variant_id: input.variant_id,
        approval: input.approval,
        skip_when: input.skip_when.clone(),
    }
}

fn unique(conn: &mut Conn, scope: &Scope, name: &str, but: Option<SequenceId>) -> Result<()> {
    let same = |s: &Sequence| Some(s.id) != but && s.state != SequenceState::Archived && fold(&s.name) == fold(name);
    if store::sequences::all(conn, scope.cabinet())?.iter().any(same) {
        return Err(Error::conflict(
            format!("Une séquence « {name} » existe déjà : donnez un autre nom."),
            format!("A sequence “{name}” exists already: give another name."),
        ));
    }
    Ok(())
}

pub fn create_sequence(call: &Call, _: Nothing, _: Nothing, body: SequenceInput) -> Result<Answer<SequencePlan>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    let now = whole_micros(call.now);
    let mut conn = call.app.store.conn()?;
    let (name, written) = checked(&mut conn, scope, &body, None)?;
    let row = Sequence {
        id: ids::sequence(),
        cabinet: scope.cabinet(),
        version: 1,
        name,
        purpose: body.purpose,
        state: SequenceState::Draft,
        filter: serde_json::to_string(&body.filter)?,
        course: serde_json::to_string(&written)?,
        user: scope.user(),
        by_name: actor.name.clone(),
        created_at: now,
        updated_at: now,
    };
    if body.preview {
        return Ok(Answer::new(preview(&mut conn, call, None, row)?));
    }
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, row.cabinet)?;
        unique(conn, scope, &row.name, None)?;
        store::sequences::insert(conn, &row)?;
        settings::prepare(conn, row.cabinet, now)?;
        let changes =
            json!({ "name": [null, row.name], "purpose": [null, row.purpose], "steps": [null, written.steps.len()] });
        let entry = entry("sequence.create", "sequence", row.id, &row.name, changes);
        Ok(store::journal::append(conn, row.cabinet, &journal::stamp(call), &[entry])?)
    })?;
    let plan = preview(&mut conn, call, None, row.clone())?;
    Ok(Answer::new(written_as(&mut conn, scope, row, plan)?))
}

pub fn update_sequence(call: &Call, id: SequenceId, _: Nothing, body: SequenceInput) -> Result<Answer<SequencePlan>> {
    let scope = call.scope()?;
    let now = whole_micros(call.now);
    let mut conn = call.app.store.conn()?;
    let before = Ready::of(store::sequences::find(&mut conn, scope, id)?)?;
    let (name, written) = checked(&mut conn, scope, &body, Some(&before))?;
    let filter = serde_json::to_string(&body.filter)?;
    let course = serde_json::to_string(&written)?;
    if body.preview {
        let after = Sequence { name, purpose: body.purpose, filter, course, ..before.row.clone() };
        return Ok(Answer::new(preview(&mut conn, call, Some(&before), after)?));
    }
    let (plan, row) = conn.write(|conn| -> Result<(SequencePlan, Sequence)> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let before = Ready::of(store::sequences::find(conn, scope, id)?)?;
        call.check_version(before.row.version)?;
        if before.row.state == SequenceState::Archived {
            return Err(archived());
        }
        unique(conn, scope, &name, Some(id))?;
        let after = Sequence {
            name: name.clone(),
            purpose: body.purpose,
            filter: filter.clone(),
            course: course.clone(),
            version: before.row.version + 1,
            updated_at: now,
            ..before.row.clone()
        };
        let plan = preview(conn, call, Some(&before), after.clone())?;
        let changes = changes(&before.row, &after)?;
        store::sequences::update(conn, &after)?;
        let entry = entry("sequence.update", "sequence", id, &after.name, changes);
        store::journal::append(conn, after.cabinet, &journal::stamp(call), &[entry])?;
        follow(conn, call, after.cabinet)?;
        Ok((plan, after))
    })?;
    changed(&mut conn, scope, row, plan)
}

/// A sequence as it is now written, beside what comes of it.
fn written_as(conn: &mut Conn, scope: &Scope, row: Sequence, plan: SequencePlan) -> Result<SequencePlan> {
    let sequence = Some(shape_of(conn, scope, row, &RelanceScopeQuery::default())?);
    Ok(SequencePlan { sequence, ..plan })
}

/// The same, with its version for who goes on with it.
fn changed(conn: &mut Conn, scope: &Scope, row: Sequence, plan: SequencePlan) -> Result<Answer<SequencePlan>> {
    let version = row.version;
    Ok(Answer::new(written_as(conn, scope, row, plan)?).etag(version))
}

fn archived() -> Error {
    Error::conflict(
        "Cette séquence est archivée : écrivez-en une autre.",
        "This sequence is archived: write another one.",
    )
}

/// Who joins, and what is next for each, once a sequence has changed.
fn follow(conn: &mut Conn, call: &Call, cabinet: domain::CabinetId) -> Result<()> {
    let desk = Desk::read(conn, cabinet, whole_micros(call.now))?;
    plans::follow(conn, &desk, None)?;
    Ok(())
}

fn changes(before: &Sequence, after: &Sequence) -> Result<Value> {
    let mut changes = json!({});
    if before.name != after.name {
        changes["name"] = json!([before.name, after.name]);
    }
    if before.purpose != after.purpose {
        changes["purpose"] = json!([before.purpose, after.purpose]);
    }
    if before.state != after.state {
        changes["state"] = json!([before.state, after.state]);
    }
    for (field, old, new) in [("filter", &before.filter, &after.filter), ("course", &before.course, &after.course)] {
        if old != new {
            let read = |text: &str| serde_json::from_str::<Value>(text);
            changes[field] = json!([read(old)?, read(new)?]);
        }
    }
    Ok(changes)
}

/// Where a sequence may go from where it stands.
fn may_go(from: SequenceState, to: SequenceState) -> bool {
    use SequenceState as S;
    matches!(
        (from, to),
        (S::Draft | S::Paused, S::Active) | (S::Active, S::Paused) | (S::Draft | S::Active | S::Paused, S::Archived)
    )
}

pub fn move_sequence(call: &Call, id: SequenceId, _: Nothing, body: SequenceMove) -> Result<Answer<SequencePlan>> {
    let scope = call.scope()?;
    let now = whole_micros(call.now);
    let mut conn = call.app.store.conn()?;
    let before = Ready::of(store::sequences::find(&mut conn, scope, id)?)?;
    if body.preview {
        let after = Sequence { state: body.state, ..before.row.clone() };
        return Ok(Answer::new(preview(&mut conn, call, Some(&before), after)?));
    }
    let (plan, row) = conn.write(|conn| -> Result<(SequencePlan, Sequence)> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let before = Ready::of(store::sequences::find(conn, scope, id)?)?;
        call.check_version(before.row.version)?;
        if !may_go(before.row.state, body.state) {
            return Err(Error::conflict(
                format!("Une séquence « {} » ne devient pas « {} ».", before.row.state, body.state),
                format!("A sequence that is “{}” does not become “{}”.", before.row.state, body.state),
            ));
        }
        let after =
            Sequence { state: body.state, version: before.row.version + 1, updated_at: now, ..before.row.clone() };
        let plan = preview(conn, call, Some(&before), after.clone())?;
        store::sequences::update(conn, &after)?;
        settings::prepare(conn, after.cabinet, now)?;
        let entry = entry("sequence.state", "sequence", id, &after.name, changes(&before.row, &after)?);
        store::journal::append(conn, after.cabinet, &journal::stamp(call), &[entry])?;
        follow(conn, call, after.cabinet)?;
        Ok((plan, after))
    })?;
    changed(&mut conn, scope, row, plan)
}

pub fn take_over_sequence(
    call: &Call,
    id: SequenceId,
    _: Nothing,
    body: SequenceTakeOver,
) -> Result<Answer<SequencePlan>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    let now = whole_micros(call.now);
    let mut conn = call.app.store.conn()?;
    let mine = |before: &Ready| -> Result<Sequence> {
        if before.row.state == SequenceState::Archived {
            return Err(archived());
        }
        if before.row.user == scope.user() {
            return Err(Error::conflict(
                "Vous portez déjà cette séquence : il n’y a rien à reprendre.",
                "You stand behind this sequence already: there is nothing to take over.",
            ));
        }
        Ok(Sequence { user: scope.user(), by_name: actor.name.clone(), ..before.row.clone() })
    };
    if body.preview {
        let before = Ready::of(store::sequences::find(&mut conn, scope, id)?)?;
        let after = mine(&before)?;
        return Ok(Answer::new(preview(&mut conn, call, Some(&before), after)?));
    }
    let (plan, row) = conn.write(|conn| -> Result<(SequencePlan, Sequence)> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let before = Ready::of(store::sequences::find(conn, scope, id)?)?;
        call.check_version(before.row.version)?;
        let after = Sequence { version: before.row.version + 1, updated_at: now, ..mine(&before)? };
        let plan = preview(conn, call, Some(&before), after.clone())?;
        store::sequences::update(conn, &after)?;
        let changes = json!({ "by_name": [before.row.by_name, after.by_name] });
        let entry = entry("sequence.take_over", "sequence", id, &after.name, changes);
        store::journal::append(conn, after.cabinet, &journal::stamp(call), &[entry])?;
        follow(conn, call, after.cabinet)?;
        Ok((plan, after))
    })?;
    changed(&mut conn, scope, row, plan)
}

/// A person has changed: partners are told of the running sequences behind which nobody stands any more. In a write transaction
/// that holds the cabinet's lock.
pub(crate) fn person_changed(conn: &mut Conn, before: &Person, after: &Person, now: DateTime<Utc>) -> Result<()> {
    let stands = |p: &Person| p.active && p.role.allows(Permission::DossierManage);
    if !stands(before) || stands(after) {
        return Ok(());
    }
    let own = store::sequences::all(conn, after.cabinet)?;
    let own: Vec<Sequence> = own.into_iter().filter(|s| s.user == after.id && takes_part(s.state)).collect();
    if own.is_empty() {
        return Ok(());
    }
    let mut news = Vec::new();
    for partner in store::notifications::partners(conn, after.cabinet)? {
        news.extend(own.iter().map(|sequence| (partner, left(&sequence.name, after))));
    }
    notify::tell(conn, after.cabinet, NotificationKind::SequenceLeft, news, now)
}

fn left(sequence: &str, person: &Person) -> Text {
    let name = &person.name;
    let (fr, en) = match person.active {
        true => (format!("{name} n’a plus ce droit"), format!("{name} may not any more")),
        false => (format!("{name} n’est plus du cabinet"), format!("{name} is no longer of the firm")),
    };
    Text::new(
        format!("« {sequence} » continue, mais {fr} : reprenez-la pour qu’elle suive ce que vous voyez"),
        format!("“{sequence}” goes on, but {en}: take it over so that it follows what you see"),
    )
}

/// What would come of a sequence as it may stand: its audience, whom it touches, what would leave. Where sending is switched
/// off it is told as if it were live: that is what one wants to know before.
fn preview(conn: &mut Conn, call: &Call, before: Option<&Ready>, after: Sequence) -> Result<SequencePlan> {
    let now = whole_micros(call.now);
    let mut after = Ready::of(after)?;
    let id = after.row.id;
    let is_over = matches!(after.row.state, SequenceState::Archived);
    if !is_over {
        (after.row.state, after.course.state) = (SequenceState::Active, SequenceState::Active);
    }
    let mut desk = Desk::read(conn, after.row.cabinet, now)?;
    if desk.rules.mode == SendingMode::Off {
        desk.rules.mode = SendingMode::Live;
    }
    desk.sequences.insert(id, after.clone());
    let mut around =
        Around::read(conn, &desk, None, desk.sequences.values().filter(|s| takes_part(s.row.state)), None)?;
    let taken = around.taken(&after);
    let rows = match before {
        Some(_) => enrolments::of_sequence(conn, desk.cabinet, id)?,
        None => Vec::new(),
    };
    let running: HashMap<DossierId, &Enrolled> =
        rows.iter().filter(|r| r.ended_at.is_none()).map(|r| (r.dossier, r)).collect();
    // The last time counts.
    let last: HashMap<DossierId, &Enrolled> = rows.iter().map(|r| (r.dossier, r)).collect();
    let is_free = |d: &DossierId| last.get(d).is_none_or(|r| r.ended_at.is_some() && may_return(&r.ended));
    let fits = taken.iter().copied().filter(|d| !is_over && is_free(d));
    let joins: Vec<DossierId> = fits.collect();
    let stays = |d: &DossierId| !is_over && around.is_kept(id, *d);
    let leaves: Vec<DossierId> = running.keys().copied().filter(|d| !stays(d)).collect();
    let mut touches: Vec<DossierId> = Vec::new();
    if let Some(before) = before {
        for (dossier, row) in running.iter().filter(|(d, _)| stays(d)) {
            let enrolment = Enrolment {
                dossier_id: *dossier,
                joined_at: row.joined_at,
                starts_on: after.written.starts_on,
                done: serde_json::from_str(&row.done)?,
                consent: None,
                ended: None,
            };
            let same_frame = before.written.starts_on == after.written.starts_on
                && before.written.deadline == after.written.deadline;
            if !plan::touched(&before.course.steps, &after.course.steps, &enrolment).is_empty() || !same_frame {
                touches.push(*dossier);
            }
        }
    }
    touches.sort_unstable();
    // Everybody of the firm who is in a sequence, and those who would join.
    let mut all = enrolments::running(conn, desk.cabinet)?;
    all.extend(joins.iter().map(|d| fresh(&desk, id, *d)));
    let company = around.seat(&desk, all)?;
    let mut days = supposed(conn, &desk, &company, DAYS, id)?;
    if is_over {
        days.clear();
    }
    let own: Vec<usize> = (0..company.enrolled.len()).filter(|i| company.enrolled[*i].sequence == id).collect();
    let unreachable = own.iter().filter(|i| !is_reachable(&company.facts[**i])).count() as u64;
    let told: Vec<(DossierId, TouchKind)> = joins
        .iter()
        .map(|d| (*d, TouchKind::Joins))
        .chain(leaves.iter().map(|d| (*d, TouchKind::Leaves)))
        .chain(touches.iter().map(|d| (*d, TouchKind::Changes)))
        .take(TOLD)
        .collect();
    let examples = examples(conn, call.scope()?, &told)?;
    Ok(SequencePlan {
        sequence: None,
        audience: taken.len() as u64,
        unreachable,
        touched: touches.len() as u64,
        joining: joins.len() as u64,
        leaving: leaves.len() as u64,
        examples,
        estimate: estimate(&desk, &days),
        forecast: days,
    })
}

/// Names of those in sight.
fn examples(conn: &mut Conn, scope: &Scope, told: &[(DossierId, TouchKind)]) -> Result<Vec<SequenceTouch>> {
    let ids: Vec<DossierId> = told.iter().map(|(id, _)| *id).collect();
    let names: HashMap<DossierId, String> =
        store::dossiers::find_many(conn, scope, &ids)?.into_iter().map(|d| (d.id, d.facts.name)).collect();
    let touch = |(id, kind): &(DossierId, TouchKind)| {
        let name = names.get(id)?.clone();
        Some(SequenceTouch { dossier_id: *id, name, kind: *kind })
    };
    Ok(told.iter().filter_map(touch).collect())
}

fn shape(
    ready: &Ready,
    orphaned: bool,
    names: &BTreeMap<TemplateId, String>,
    running: &[(OutcomeCode, i64)],
    ended: &[(OutcomeCode, i64)],
) -> Result<Shape> {
    let source = ready.written.deadline.as_ref().map(|d| d.source);
    let name = |id: TemplateId| names.get(&id).cloned().unwrap_or_default();
    let steps = ready.course.steps.iter().zip(1..).map(|(step, number)| SequenceStep {
        label: step.label(number, source),
        template_name: name(step.template_id),
        variant_name: step.variant_id.map(name),
        step: step.clone(),
    });
    Ok(Shape {
        id: ready.row.id,
        version: ready.row.version,
        name: ready.row.name.clone(),
        purpose: ready.row.purpose,
        state: ready.row.state,
        filter: ready.query()?,
        starts_on: ready.written.starts_on,
        deadline: ready.written.deadline.clone(),
        steps: steps.collect(),
        escalation: ready.written.escalation,
        running: running.iter().map(|(_, n)| n.unsigned_abs()).sum(),
        ended: counted(ended.iter().copied()),
        created_at: ready.row.created_at,
        updated_at: ready.row.updated_at,
        by_name: ready.row.by_name.clone(),
        orphaned,
    })
}

fn template_names(conn: &mut Conn, scope: &Scope) -> Result<BTreeMap<TemplateId, String>> {
    Ok(store::templates::list(conn, scope)?.into_iter().map(|t| (t.id, t.name)).collect())
}

/// Sequences with how many of the dossiers that are asked about stand where.
fn shapes(conn: &mut Conn, scope: &Scope, rows: Vec<Sequence>, query: &RelanceScopeQuery) -> Result<Vec<Shape>> {
    let names = template_names(conn, scope)?;
    let dossiers = dossiers::filter(&of_portfolios(&query.portfolio_id));
    let running = enrolments::counts(conn, scope, &dossiers, true)?;
    let ended = enrolments::counts(conn, scope, &dossiers, false)?;
    let none = Vec::new();
    let behind: BTreeSet<UserId> = rows.iter().map(|row| row.user).collect();
    let mut absent: HashSet<UserId> = HashSet::new();
    for user in behind {
        if !store::sequences::behind(conn, scope.cabinet(), user)?.present {
            absent.insert(user);
        }
    }
    rows.into_iter()
        .map(|row| {
            let id = row.id;
            let orphaned = row.state != SequenceState::Archived && absent.contains(&row.user);
            let (running, ended) = (running.get(&id).unwrap_or(&none), ended.get(&id).unwrap_or(&none));
            shape(&Ready::of(row)?, orphaned, &names, running, ended)
        })
        .collect()
}

fn shape_of(conn: &mut Conn, scope: &Scope, row: Sequence, query: &RelanceScopeQuery) -> Result<Shape> {
    shapes(conn, scope, vec![row], query)?.pop().ok_or_else(|| Error::internal("a sequence without a shape"))
}

pub fn list_sequences(call: &Call, _: Nothing, query: RelanceScopeQuery, _: Nothing) -> Result<Answer<SequenceList>> {
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let rows = store::sequences::all(&mut conn, scope.cabinet())?;
    Ok(Answer::new(SequenceList { data: shapes(&mut conn, scope, rows, &query)? }))
}

pub fn read_sequence(call: &Call, id: SequenceId, query: RelanceScopeQuery, _: Nothing) -> Result<Answer<Shape>> {
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let row = store::sequences::find(&mut conn, scope, id)?;
    let version = row.version;
    Ok(Answer::new(shape_of(&mut conn, scope, row, &query)?).etag(version))
}

/// Somebody of an audience, before names.
struct Place {
    dossier: DossierId,
    is_in: bool,
    code: OutcomeCode,
    why: Text,
    at: Option<DateTime<Utc>>,
    joined_on: Option<chrono::NaiveDate>,
    done: u32,
}

pub fn list_audience(call: &Call, id: SequenceId, query: AudienceQuery, _: Nothing) -> Result<Answer<AudiencePage>> {
    let limit = cursor::limit(query.limit)? as usize;
    let after = query.after.as_deref().map(cursor::read::<1>).transpose()?;
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let desk = Desk::read(&mut conn, scope.cabinet(), call.now)?;
    let ready = match desk.sequences.get(&id) {
        Some(ready) => ready.clone(),
        None => return Err(Error::new(contract::Code::NotFound)),
    };
    let narrow = of_portfolios(&query.portfolio_id);
    let filter = contract::DossierQuery { q: query.q.clone(), ..narrow.clone() };
    let seen = taken_by(&mut conn, scope, &narrow, None)?;
    let found = taken_by(&mut conn, scope, &filter, None)?;
    let around = Around::read(&mut conn, &desk, None, std::iter::once(&ready), None)?;
    let rows = enrolments::of_sequence(&mut conn, desk.cabinet, id)?;
    let mut last: BTreeMap<DossierId, &Enrolled> = BTreeMap::new();
    for row in rows.iter().filter(|r| seen.contains(&r.dossier)) {
        last.insert(row.dossier, row);
    }
    let mut places = Vec::new();
    for dossier in &seen {
        places.push(place(&desk, &ready, &around, last.get(dossier).copied(), *dossier)?);
    }
    let counts = counted(places.iter().map(|p| (p.code, 1)));
    places.retain(|p| {
        found.contains(&p.dossier)
            && query.is_in.is_none_or(|wanted| wanted == p.is_in)
            && (query.outcome.is_empty() || query.outcome.0.contains(&p.code))
    });
    let page = page(&mut conn, &desk, places, after.map(|[place]| place), limit, ready.course.steps.len())?;
    Ok(Answer::new(AudiencePage { counts, ..page }))
}

fn place(desk: &Desk, ready: &Ready, around: &Around, row: Option<&Enrolled>, dossier: DossierId) -> Result<Place> {
    let teller = desk.teller(ready, None);
    let Some(row) = row else {
        let (code, why) = (OutcomeCode::StoppedNotEligible, around.why_not(ready, dossier));
        return Ok(Place { dossier, is_in: false, code, why, at: None, joined_on: None, done: 0 });
    };
    let done: Vec<Value> = serde_json::from_str(&row.done)?;
    let is_in = row.ended_at.is_none();
    let why = if !is_in {
        over(&teller, serde_json::from_str(&row.ended)?)
    } else if row.next.outcome.is_empty() {
        Text::new("Vient d’entrer dans la séquence.", "Has just joined the sequence.")
    } else {
        hourly::why(desk, &teller, serde_json::from_str(&row.next.outcome)?, Stage::Open)
    };
    Ok(Place {
        dossier,
        is_in,
        code: row.next.code,
        why,
        at: row.next.at,
        joined_on: Some(desk.window.firm().day(row.joined_at)),
        done: u32::try_from(done.len()).unwrap_or(u32::MAX),
    })
}

/// In the order of names; `after` is the name and id of the last row before.
fn page(
    conn: &mut Conn,
    desk: &Desk,
    places: Vec<Place>,
    after: Option<String>,
    limit: usize,
    steps: usize,
) -> Result<AudiencePage> {
    let ids: BTreeSet<DossierId> = places.iter().map(|p| p.dossier).collect();
    let ids: Vec<DossierId> = ids.into_iter().collect();
    let named = store::deadlines::named(conn, desk.cabinet, &ids)?;
    let mut rows: Vec<(String, AudienceRow)> = places
        .into_iter()
        .filter_map(|p| {
            let of = named.get(&p.dossier)?;
            let key = format!("{} {}", fold(&of.name), p.dossier);
            let row = AudienceRow {
                dossier_id: p.dossier,
                name: of.name.clone(),
                siren: of.siren,
                is_in: p.is_in,
                code: p.code,
                why: p.why,
                at: p.at,
                joined_on: p.joined_on,
                done: p.done,
                steps: u32::try_from(steps).unwrap_or(u32::MAX),
            };
            Some((key, row))
        })
        .collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    if let Some(after) = after {
        rows.retain(|(key, _)| *key > after);
    }
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = more.then(|| rows.last().map(|(key, _)| cursor::write(&[key]))).flatten();
    Ok(AudiencePage { data: rows.into_iter().map(|(_, row)| row).collect(), next, counts: Vec::new() })
}

/// A text that an active sequence uses stays: what would leave otherwise has none.
pub(crate) fn uses(conn: &mut Conn, cabinet: domain::CabinetId, template: TemplateId) -> Result<Option<String>> {
    for row in store::sequences::all(conn, cabinet)? {
        if row.state == SequenceState::Archived {
            continue;
        }
        let ready = Ready::of(row)?;
        let used = |s: &RelanceStep| s.template_id == template || s.variant_id == Some(template);
        if ready.course.steps.iter().any(used) {
            return Ok(Some(ready.row.name));
        }
    }
    Ok(None)
}
