//! Steps over many dossiers: what waits, what is to come, what was done; each with its sentence.

use std::collections::{BTreeMap, HashMap};

use contract::{DossierQuery, MailState, Nothing, OutcomeCount, Relance as RelanceShape, RelancePage, RelanceQuery};
use domain::relance::outcome::{OutcomeCode, Stage};
use domain::relance::{RelanceChannel, RelanceStep};
use domain::{DossierId, MailId, SequenceId, UserId};
use store::deadlines::Named;
use store::enrolments::{self, Enrolled};
use store::relances::{self, Relance};
use store::{Conn, Scope};

use super::course::{is_task, states, told};
use super::desk::{Desk, Ready, of_portfolios};
use super::hourly;
use crate::{Answer, Call, Result, cursor, dossiers};

fn dossier_filter(query: &RelanceQuery) -> store::dossiers::Filter {
    let person = query.person_id.map(contract::OrNone::Is);
    dossiers::filter(&DossierQuery {
        q: query.q.clone(),
        person_id: contract::Several(person.into_iter().collect()),
        ..of_portfolios(&query.portfolio_id)
    })
}

/// Sequences that the filters leave, if they ask for any.
pub(super) fn sequences(desk: &Desk, query: &RelanceQuery) -> Option<Vec<SequenceId>> {
    if query.sequence_id.is_empty() && query.purpose.is_empty() {
        return None;
    }
    let fits = |ready: &&Ready| {
        (query.sequence_id.is_empty() || query.sequence_id.0.contains(&ready.row.id))
            && (query.purpose.is_empty() || query.purpose.0.contains(&ready.row.purpose))
    };
    Some(desk.sequences.values().filter(fits).map(|s| s.row.id).collect())
}

/// Counts with their words, the most frequent first.
pub(super) fn counted(counts: impl IntoIterator<Item = (OutcomeCode, i64)>) -> Vec<OutcomeCount> {
    let mut sums: BTreeMap<OutcomeCode, i64> = BTreeMap::new();
    for (code, n) in counts {
        *sums.entry(code).or_default() += n;
    }
    let mut all: Vec<OutcomeCount> = sums
        .into_iter()
        .filter(|(_, n)| *n > 0)
        .map(|(code, n)| OutcomeCount { code, label: code.text(), count: u64::try_from(n).unwrap_or_default() })
        .collect();
    all.sort_by_key(|c| std::cmp::Reverse(c.count));
    all
}

enum Row {
    Open(Enrolled),
    Over(Relance),
}

impl Row {
    fn dossier(&self) -> DossierId {
        match self {
            Self::Open(row) => row.dossier,
            Self::Over(row) => row.dossier,
        }
    }

    fn cursor(&self) -> String {
        let (of, (at, id)) = match self {
            Self::Open(row) => (Stage::Open, row.place()),
            Self::Over(row) => (Stage::Over, row.place()),
        };
        cursor::write(&[of.as_str(), &at.to_string(), &id])
    }
}

pub fn list_relances(call: &Call, _: Nothing, query: RelanceQuery, _: Nothing) -> Result<Answer<RelancePage>> {
    let limit = cursor::limit(query.limit)?;
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let desk = Desk::read(&mut conn, scope.cabinet(), call.now)?;
    let of = sequences(&desk, &query);
    if of.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Answer::new(RelancePage { data: Vec::new(), next: None, total: Some(0), outcomes: None }));
    }
    let after = query.after.as_deref().map(read_cursor).transpose()?;
    let mut found = Vec::new();
    let goes_on = matches!(after, None | Some((Stage::Open, _)));
    if wants(&query, Stage::Open) && goes_on {
        let wanted = open_wanted(&desk, &query, of.clone());
        let place = after.as_ref().filter(|(stage, _)| *stage == Stage::Open).map(|(_, place)| place.clone());
        found.extend(enrolments::page(&mut conn, scope, &wanted, place, limit + 1)?.into_iter().map(Row::Open));
    }
    if wants(&query, Stage::Over) && (found.len() as i64) <= limit {
        let wanted = over_wanted(&query, of.clone());
        let place = after.as_ref().filter(|(stage, _)| *stage == Stage::Over).map(|(_, place)| place.clone());
        let rest = limit + 1 - found.len() as i64;
        found.extend(relances::page(&mut conn, scope, &wanted, place, rest)?.into_iter().map(Row::Over));
    }
    let next = (found.len() as i64 > limit).then(|| {
        found.truncate(limit as usize);
        found.last().map(Row::cursor)
    });
    let outcomes = match query.facets {
        Some(true) => Some(facets(&mut conn, scope, &desk, &query, of)?),
        _ => None,
    };
    let total = outcomes.as_ref().map(|all| total(all, &query));
    let data = shapes(&mut conn, scope, &desk, found)?;
    Ok(Answer::new(RelancePage { data, next: next.flatten(), total, outcomes }))
}

/// Whether steps of a stage are asked for. A call or letter that waits for a person is one that the plan is over with.
fn wants(query: &RelanceQuery, stage: Stage) -> bool {
    query.stage.is_none_or(|wanted| wanted == stage) && (stage == Stage::Over || query.tasks != Some(true))
}

fn total(outcomes: &[OutcomeCount], query: &RelanceQuery) -> u64 {
    let taken = |c: &&OutcomeCount| query.outcome.is_empty() || query.outcome.0.contains(&c.code);
    outcomes.iter().filter(taken).map(|c| c.count).sum()
}

fn read_cursor(text: &str) -> Result<(Stage, (i64, String))> {
    let [stage, at, id] = cursor::read::<3>(text)?;
    let stage = Stage::try_from(stage.as_str()).map_err(|_| cursor::wrong())?;
    Ok((stage, (at.parse().map_err(|_| cursor::wrong())?, id)))
}

fn open_wanted(desk: &Desk, query: &RelanceQuery, of: Option<Vec<SequenceId>>) -> enrolments::Wanted {
    let steps = (!query.channel.is_empty()).then(|| {
        let all = desk.sequences.values().flat_map(|s| &s.course.steps);
        all.filter(|s| query.channel.0.contains(&s.channel)).map(|s| s.id.to_string()).collect()
    });
    enrolments::Wanted {
        dossiers: dossier_filter(query),
        dossier: query.dossier_id,
        sequences: of.unwrap_or_default(),
        codes: query.outcome.0.clone(),
        steps,
    }
}

pub(super) fn over_wanted(query: &RelanceQuery, of: Option<Vec<SequenceId>>) -> relances::Wanted {
    relances::Wanted {
        dossiers: dossier_filter(query),
        dossier: query.dossier_id,
        sequences: of.unwrap_or_default(),
        codes: query.outcome.0.clone(),
        channels: query.channel.0.clone(),
        tasks: query.tasks == Some(true),
        ..relances::Wanted::default()
    }
}

/// Counts of all outcomes, whatever outcome the filter asks for.
fn facets(
    conn: &mut Conn,
    scope: &Scope,
    desk: &Desk,
    query: &RelanceQuery,
    of: Option<Vec<SequenceId>>,
) -> Result<Vec<OutcomeCount>> {
    let mut counts: Vec<(OutcomeCode, i64)> = Vec::new();
    if wants(query, Stage::Open) {
        let wanted = enrolments::Wanted { codes: Vec::new(), ..open_wanted(desk, query, of.clone()) };
        counts.extend(enrolments::outcomes(conn, scope, &wanted)?);
    }
    if wants(query, Stage::Over) {
        let wanted = relances::Wanted { codes: Vec::new(), ..over_wanted(query, of) };
        counts.extend(relances::counts(conn, scope, &wanted)?);
    }
    Ok(counted(counts))
}

struct Around {
    named: HashMap<DossierId, Named>,
    people: HashMap<UserId, String>,
    in_charge: HashMap<DossierId, UserId>,
    states: HashMap<MailId, MailState>,
}

fn shapes(conn: &mut Conn, scope: &Scope, desk: &Desk, rows: Vec<Row>) -> Result<Vec<RelanceShape>> {
    let mut ids: Vec<DossierId> = rows.iter().map(Row::dossier).collect();
    ids.sort();
    ids.dedup();
    let facts = store::relance_facts::of(conn, desk.cabinet, Some(&ids))?;
    let in_charge: HashMap<DossierId, UserId> =
        facts.iter().filter_map(|f| Some((f.id, f.assignee.or(f.manager)?))).collect();
    let people: Vec<UserId> = in_charge.values().copied().collect();
    let over: Vec<Relance> =
        rows.iter().filter_map(|r| if let Row::Over(r) = r { Some(r.clone()) } else { None }).collect();
    let around = Around {
        named: store::deadlines::named(conn, desk.cabinet, &ids)?,
        people: store::people::names_of(conn, scope, &people)?,
        in_charge,
        states: states(conn, scope, &over)?,
    };
    rows.iter()
        .map(|row| shape(desk, &around, row))
        .collect::<Result<Vec<_>>>()
        .map(|all| all.into_iter().flatten().collect())
}

fn shape(desk: &Desk, around: &Around, row: &Row) -> Result<Option<RelanceShape>> {
    let id = row.dossier();
    let Some(named) = around.named.get(&id) else { return Ok(None) };
    let sequence = match row {
        Row::Open(row) => row.sequence,
        Row::Over(row) => row.sequence,
    };
    let ready = desk.sequence(sequence)?;
    let teller = desk.teller(ready, None);
    let (written, stage, code, at, why, mail_id, task): (Option<RelanceStep>, _, _, _, _, _, _) = match row {
        Row::Open(row) => {
            let step = ready.course.steps.iter().find(|s| s.id.to_string() == row.next.step).cloned();
            let why = match row.next.outcome.is_empty() {
                true => domain::Text::new("Vient d’entrer dans la séquence.", "Has just joined the sequence."),
                false => hourly::why(desk, &teller, serde_json::from_str(&row.next.outcome)?, Stage::Open),
            };
            (step, Stage::Open, row.next.code, row.next.at, why, None, false)
        }
        Row::Over(row) => {
            let state = row.mail.and_then(|id| around.states.get(&id).copied());
            let step = serde_json::from_str(&row.step)?;
            (Some(step), Stage::Over, row.code, Some(row.at), told(&teller, row, state)?, row.mail, is_task(row))
        }
    };
    // An enrolment whose end is due has no step any more.
    let Some(written) = written.or_else(|| ready.course.steps.last().cloned()) else { return Ok(None) };
    let number = ready.course.steps.iter().position(|s| s.id == written.id).map_or(0, |n| n + 1);
    let over = match row {
        Row::Open(_) => None,
        Row::Over(row) => Some(row),
    };
    Ok(Some(RelanceShape {
        id: over.map(|row| row.id),
        dossier_id: id,
        dossier_name: named.name.clone(),
        siren: named.siren,
        sequence_id: sequence,
        sequence_name: ready.row.name.clone(),
        purpose: ready.row.purpose,
        step_id: written.id,
        step: u32::try_from(number).unwrap_or_default(),
        steps: u32::try_from(ready.course.steps.len()).unwrap_or_default(),
        channel: written.channel,
        tone: written.tone,
        stage,
        code,
        at,
        why,
        mail_id,
        task,
        printed_at: over.and_then(|row| row.printed_at),
        person: around.in_charge.get(&id).and_then(|p| around.people.get(p)).cloned(),
    }))
}

/// Calls and letters that wait for a person.
pub(super) fn tasks() -> relances::Wanted {
    relances::Wanted { tasks: true, channels: vec![RelanceChannel::Call, RelanceChannel::Letter], ..Default::default() }
}
