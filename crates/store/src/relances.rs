//! Steps of sequences that are over: a message, a call, a letter, or why there was none.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::relance::RelanceChannel;
use domain::relance::outcome::OutcomeCode;
use domain::relance::trial::TrialText;
use domain::{CabinetId, DossierId, EnrolmentId, MailId, RelanceId, RelanceStepId, SequenceId, TemplateId};

use crate::dossiers::{Filter, beside};
use crate::mandates::optional;
use crate::people::parsed;
use crate::schema::{dossiers, mails, relances};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope, dialect};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relance {
    pub id: RelanceId,
    pub cabinet: CabinetId,
    pub enrolment: EnrolmentId,
    pub sequence: SequenceId,
    pub dossier: DossierId,
    pub step_id: RelanceStepId,
    /// The step as it was, as JSON.
    pub step: String,
    pub channel: RelanceChannel,
    pub code: OutcomeCode,
    /// JSON.
    pub outcome: String,
    pub at: DateTime<Utc>,
    pub mail: Option<MailId>,
    pub template: Option<TemplateId>,
    pub trial: Option<TrialText>,
    /// Who consented or did it; empty when it went by itself.
    pub by_name: String,
    pub note: String,
    pub task_done_at: Option<DateTime<Utc>>,
    /// It was in test mode: the client knows nothing of it.
    pub test: bool,
    /// When a letter was printed last.
    pub printed_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = relances, treat_none_as_default_value = false)]
struct Row {
    id: String,
    cabinet_id: String,
    enrolment_id: String,
    sequence_id: String,
    dossier_id: String,
    step_id: String,
    step: String,
    channel: String,
    code: String,
    outcome: String,
    at: i64,
    mail_id: String,
    template_id: String,
    trial: String,
    by_name: String,
    note: String,
    task_done_at: Option<i64>,
    test: bool,
    printed_at: Option<i64>,
}

fn text<T: ToString>(value: Option<T>) -> String {
    value.map(|v| v.to_string()).unwrap_or_default()
}

impl Row {
    fn of(r: &Relance) -> Self {
        Self {
            id: r.id.to_string(),
            cabinet_id: r.cabinet.to_string(),
            enrolment_id: r.enrolment.to_string(),
            sequence_id: r.sequence.to_string(),
            dossier_id: r.dossier.to_string(),
            step_id: r.step_id.to_string(),
            step: r.step.clone(),
            channel: r.channel.to_string(),
            code: r.code.to_string(),
            outcome: r.outcome.clone(),
            at: to_db(r.at),
            mail_id: text(r.mail),
            template_id: text(r.template),
            trial: text(r.trial),
            by_name: r.by_name.clone(),
            note: r.note.clone(),
            task_done_at: r.task_done_at.map(to_db),
            test: r.test,
            printed_at: r.printed_at.map(to_db),
        }
    }

    fn relance(self) -> Result<Relance> {
        Ok(Relance {
            id: parsed(&self.id)?,
            cabinet: parsed(&self.cabinet_id)?,
            enrolment: parsed(&self.enrolment_id)?,
            sequence: parsed(&self.sequence_id)?,
            dossier: parsed(&self.dossier_id)?,
            step_id: parsed(&self.step_id)?,
            step: self.step,
            channel: parsed(&self.channel)?,
            code: parsed(&self.code)?,
            outcome: self.outcome,
            at: from_db(self.at),
            mail: optional(&self.mail_id)?,
            template: optional(&self.template_id)?,
            trial: optional(&self.trial)?,
            by_name: self.by_name,
            note: self.note,
            task_done_at: self.task_done_at.map(from_db),
            test: self.test,
            printed_at: self.printed_at.map(from_db),
        })
    }
}

fn all(rows: Vec<Row>) -> Result<Vec<Relance>> {
    rows.into_iter().map(Row::relance).collect()
}

/// Needs the cabinet's lock.
pub fn insert(conn: &mut Conn, new: &[Relance]) -> Result<()> {
    let rows: Vec<Row> = new.iter().map(Row::of).collect();
    dialect::insert_many!(conn, relances::table, &rows)
}

/// Takes rows away whose message did not leave after all, so that their step has its turn again. Needs the cabinet's lock.
pub fn take_back(conn: &mut Conn, cabinet: CabinetId, mail: MailId) -> Result<Vec<Relance>> {
    let found = of_mail(conn, cabinet, mail)?;
    diesel::delete(relances::table.filter(relances::mail_id.eq(mail.to_string()))).execute(conn)?;
    Ok(found)
}

/// What happened in test mode is forgotten: enrolments of which there was any. Needs the cabinet's lock.
pub fn forget_tests(conn: &mut Conn, cabinet: CabinetId) -> Result<Vec<EnrolmentId>> {
    let tests = || relances::table.filter(relances::cabinet_id.eq(cabinet.to_string())).filter(relances::test);
    let ids: Vec<String> = tests().select(relances::enrolment_id).distinct().load(conn)?;
    diesel::delete(tests()).execute(conn)?;
    ids.iter().map(|id| parsed(id)).collect()
}

/// Those that a message bears.
pub fn of_mail(conn: &mut Conn, cabinet: CabinetId, mail: MailId) -> Result<Vec<Relance>> {
    let rows: Vec<Row> = relances::table
        .filter(relances::mail_id.eq(mail.to_string()))
        .filter(relances::cabinet_id.eq(cabinet.to_string()))
        .order(relances::id)
        .select(Row::as_select())
        .load(conn)?;
    all(rows)
}

/// Those of enrolments, in the order in which they were done.
pub fn of_enrolments(conn: &mut Conn, cabinet: CabinetId, ids: &[EnrolmentId]) -> Result<Vec<Relance>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let rows: Vec<Row> = relances::table
            .filter(dialect::and_of("relances.cabinet_id", cabinet))
            .filter(relances::enrolment_id.eq_any(ids))
            .order(relances::id)
            .select(Row::as_select())
            .load(conn)?;
        found.extend(all(rows)?);
    }
    Ok(found)
}

/// All of a sequence, in the order in which they were done.
pub fn of_sequence(conn: &mut Conn, cabinet: CabinetId, id: SequenceId) -> Result<Vec<Relance>> {
    let rows: Vec<Row> = relances::table
        .filter(relances::cabinet_id.eq(cabinet.to_string()))
        .filter(relances::sequence_id.eq(id.to_string()))
        .order(relances::id)
        .select(Row::as_select())
        .load(conn)?;
    all(rows)
}

/// A call or letter was done. Needs the cabinet's lock.
pub fn task_done(
    conn: &mut Conn,
    cabinet: CabinetId,
    id: RelanceId,
    (by, note): (&str, &str),
    at: DateTime<Utc>,
) -> Result<()> {
    let of = relances::table.find(id.to_string()).filter(relances::cabinet_id.eq(cabinet.to_string()));
    diesel::update(of)
        .set((relances::task_done_at.eq(Some(to_db(at))), relances::by_name.eq(by), relances::note.eq(note)))
        .execute(conn)?;
    Ok(())
}

/// Those in sight of the ids, in any order.
pub fn find_many(conn: &mut Conn, scope: &Scope, ids: &[RelanceId]) -> Result<Vec<Relance>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let rows: Vec<Row> = beside(scope, &Filter::default())
            .inner_join(relances::table.on(relances::dossier_id.eq(dossiers::id)))
            .filter(dialect::and_of("relances.cabinet_id", scope.cabinet()))
            .filter(relances::id.eq_any(ids))
            .select(Row::as_select())
            .load(conn)?;
        found.extend(all(rows)?);
    }
    Ok(found)
}

/// Letters as they were printed last, as JSON.
pub fn letters(conn: &mut Conn, cabinet: CabinetId, ids: &[RelanceId]) -> Result<HashMap<RelanceId, String>> {
    let mut found = HashMap::new();
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let rows: Vec<(String, String)> = relances::table
            .filter(dialect::and_of("relances.cabinet_id", cabinet))
            .filter(relances::id.eq_any(ids))
            .filter(relances::letter.ne(""))
            .select((relances::id, relances::letter))
            .load(conn)?;
        for (id, letter) in rows {
            found.insert(parsed(&id)?, letter);
        }
    }
    Ok(found)
}

/// Keeps a letter as it is printed now. Needs the cabinet's lock.
pub fn printed(conn: &mut Conn, cabinet: CabinetId, id: RelanceId, letter: &str, at: DateTime<Utc>) -> Result<()> {
    let of = relances::table.find(id.to_string()).filter(relances::cabinet_id.eq(cabinet.to_string()));
    diesel::update(of).set((relances::letter.eq(letter), relances::printed_at.eq(Some(to_db(at))))).execute(conn)?;
    Ok(())
}

/// Which steps a list takes.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub dossiers: Filter,
    pub dossier: Option<DossierId>,
    pub sequences: Vec<SequenceId>,
    pub codes: Vec<OutcomeCode>,
    pub channels: Vec<RelanceChannel>,
    /// Calls and letters that wait for a person.
    pub tasks: bool,
    pub since: Option<DateTime<Utc>>,
}

macro_rules! wanted {
    ($scope:expr, $wanted:expr) => {{
        let (scope, wanted): (&Scope, &Wanted) = ($scope, $wanted);
        let mut query = beside(scope, &wanted.dossiers)
            .inner_join(relances::table.on(relances::dossier_id.eq(dossiers::id)))
            .filter(relances::cabinet_id.eq(scope.cabinet().to_string()));
        if let Some(id) = wanted.dossier {
            query = query.filter(relances::dossier_id.eq(id.to_string()));
        }
        if !wanted.sequences.is_empty() {
            let ids: Vec<String> = wanted.sequences.iter().map(ToString::to_string).collect();
            query = query.filter(relances::sequence_id.eq_any(ids));
        }
        if !wanted.codes.is_empty() {
            query = query.filter(relances::code.eq_any(wanted.codes.iter().map(|c| c.as_str()).collect::<Vec<_>>()));
        }
        if !wanted.channels.is_empty() {
            let channels: Vec<&str> = wanted.channels.iter().map(|c| c.as_str()).collect();
            query = query.filter(relances::channel.eq_any(channels));
        }
        if wanted.tasks {
            query = query
                .filter(relances::channel.ne(RelanceChannel::Mail.as_str()))
                .filter(relances::code.eq(OutcomeCode::Sent.as_str()))
                .filter(relances::task_done_at.is_null());
        }
        if let Some(since) = wanted.since {
            query = query.filter(relances::at.ge(to_db(since)));
        }
        query
    }};
}

/// A page of the steps in sight, the latest first.
pub fn page(
    conn: &mut Conn,
    scope: &Scope,
    wanted: &Wanted,
    after: Option<(i64, String)>,
    limit: i64,
) -> Result<Vec<Relance>> {
    let mut query =
        wanted!(scope, wanted).order((relances::at.desc(), relances::id.desc())).limit(limit).select(Row::as_select());
    if let Some((at, id)) = after {
        query = query.filter(relances::at.lt(at).or(relances::at.eq(at).and(relances::id.lt(id))));
    }
    all(query.load(conn)?)
}

/// How many steps in sight came to each outcome.
pub fn counts(conn: &mut Conn, scope: &Scope, wanted: &Wanted) -> Result<HashMap<OutcomeCode, i64>> {
    let codes: Vec<String> = wanted!(scope, wanted).select(relances::code).load(conn)?;
    let mut counts: HashMap<OutcomeCode, i64> = HashMap::new();
    for code in codes {
        *counts.entry(parsed(&code)?).or_default() += 1;
    }
    Ok(counts)
}

/// Messages of sequences to the dossiers in sight that a filter takes, since a moment, by the state of the message.
pub fn mail_states(
    conn: &mut Conn,
    scope: &Scope,
    filter: &Filter,
    since: DateTime<Utc>,
) -> Result<HashMap<String, i64>> {
    let rows: Vec<(String, String)> = beside(scope, filter)
        .inner_join(relances::table.on(relances::dossier_id.eq(dossiers::id)))
        .inner_join(mails::table.on(mails::id.eq(relances::mail_id)))
        .filter(relances::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(relances::at.ge(to_db(since)))
        .select((mails::id, mails::state))
        .load(conn)?;
    // A message may bear several steps.
    let states: HashMap<String, String> = rows.into_iter().collect();
    let mut counts = HashMap::new();
    for state in states.into_values() {
        *counts.entry(state).or_default() += 1;
    }
    Ok(counts)
}

/// States of messages that carry relances.
pub fn states_of(conn: &mut Conn, cabinet: CabinetId, ids: &[MailId]) -> Result<HashMap<MailId, String>> {
    let mut found = HashMap::new();
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let rows: Vec<(String, String)> = mails::table
            .filter(dialect::and_of("mails.cabinet_id", cabinet))
            .filter(mails::id.eq_any(ids))
            .select((mails::id, mails::state))
            .load(conn)?;
        for (id, state) in rows {
            found.insert(parsed(&id)?, state);
        }
    }
    Ok(found)
}

impl Relance {
    /// Place of a step in its list.
    pub fn place(&self) -> (i64, String) {
        (to_db(self.at), self.id.to_string())
    }
}
