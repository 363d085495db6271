//! A person's whole work to another, in one recorded act with its way back.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use contract::{AnomalyItem, HandOverInput, HandOverResult, ItemOutcome, ItemResult, Nothing, NotificationKind};
use domain::anomaly::AnomalyEvent;
use domain::{ActId, AnomalyId, InCharge, PortfolioId, Text, UserId};
use serde_json::json;
use store::anomalies::Step;
use store::dossiers::{Filter, Wanted};
use store::journal::Entry;
use store::notifications::Recipient;
use store::references::InCharge as Charge;
use store::{Actor, Conn, dialect};

use super::acts::{does_not_see, partly_hidden, recipient};
use super::life::{self, Detail, Moved, after, data};
use super::notify::{News, To, notify_all};
use super::{policy, title};
use crate::dossiers::{BY_HAND, Cause, Draft, write};
use crate::fields::Check;
use crate::flows::Writing;
use crate::session::whole_micros;
use crate::{Answer, Call, Error, Result, ids, invalid, journal};

/// Kind of the acts that hand over.
pub(crate) const ACT: &str = "hand_over";
/// What is left out is told up to here.
const MOST_LEFT: usize = 1_000;

/// How it ends: a preview is the act itself, taken back before anybody sees it.
enum Ended {
    Preview(Box<HandOverResult>),
    Refused(Error),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<store::Error> for Ended {
    fn from(error: store::Error) -> Self {
        Self::Refused(error.into())
    }
}

pub fn hand_over(call: &Call, _: Nothing, _: Nothing, body: HandOverInput) -> Result<Answer<HandOverResult>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    let mut check = Check::default();
    let note = body.note.as_deref().filter(|n| !n.trim().is_empty()).map(|n| check.line("/note", n, 500));
    check.done()?;
    if body.to == Some(body.from) {
        return Err(invalid(
            "/to",
            "same_person",
            "C’est la même personne : choisissez-en une autre, ou personne.",
            "It is the same person: choose another, or nobody.",
        ));
    }
    let ended = call.app.store.conn()?.write(|conn| -> std::result::Result<HandOverResult, Ended> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let from = match store::people::person(conn, scope, body.from) {
            Err(store::Error::NotFound) => {
                return Err(Ended::Refused(invalid(
                    "/from",
                    "unknown_person",
                    "Cette personne n’est pas du cabinet.",
                    "This person is not of the firm.",
                )));
            }
            other => other?,
        };
        let to = body.to.map(|id| recipient(conn, scope, "/to", id)).transpose()?;
        let act = ids::act();
        let mut result = run(call, conn, actor, (from.id, to.as_ref()), &body, note.as_deref(), act)?;
        if body.preview {
            return Err(Ended::Preview(Box::new(result)));
        }
        if result.anomalies + result.dossiers > 0 {
            result.act_id = Some(act);
        }
        Ok(result)
    });
    match ended {
        Ok(result) => Ok(Answer::new(result)),
        Err(Ended::Preview(result)) => Ok(Answer::new(*result)),
        Err(Ended::Refused(error)) => Err(error),
    }
}

fn run(
    call: &Call,
    conn: &mut Conn,
    actor: &Actor,
    (from, to): (UserId, Option<&Recipient>),
    body: &HandOverInput,
    note: Option<&str>,
    act: ActId,
) -> Result<HandOverResult> {
    let scope = &actor.scope;
    let (cabinet, stamp, id) = (scope.cabinet(), journal::stamp(call), act.to_string());
    let mut result =
        HandOverResult { anomalies: 0, dossiers: 0, left_out: Vec::new(), dossiers_left_out: Vec::new(), act_id: None };
    // The dossiers first: whoever is in charge of a confidential one sees it from then on, and its anomalies.
    let drafts = match body.dossiers {
        true => dossiers(conn, actor, from, to, &mut result)?,
        false => Vec::new(),
    };
    result.dossiers = drafts.len() as u64;
    let judge = call.judge(conn)?;
    if !drafts.is_empty() {
        write(conn, cabinet, &stamp, &judge, Cause { act_id: Some(&id), ..BY_HAND }, drafts)?;
    }
    let mut moved = anomalies(conn, actor, from, to, note, call.now, &mut result)?;
    result.anomalies = moved.len() as u64;
    result.left_out.truncate(MOST_LEFT);
    result.dossiers_left_out.truncate(MOST_LEFT);
    if result.anomalies + result.dossiers == 0 {
        return Ok(result);
    }
    store::acts::insert(conn, scope, &id, ACT, call.now)?;
    let entry = Entry {
        action: "act.hand_over",
        subject_kind: "act",
        subject_id: id.clone(),
        subject_label: String::new(),
        changes: json!({
            "assignee_id": [from, body.to],
            "anomalies": [null, result.anomalies],
            "dossiers": [null, result.dossiers],
            "note": [null, note],
        }),
        act_id: Some(id.clone()),
    };
    store::journal::append(conn, cabinet, &stamp, &[entry])?;
    let mut w = Writing { conn, cabinet, stamp: &stamp, judge: &judge };
    life::write(&mut w, &mut moved, (None, Some(&id)))?;
    if let Some(to) = body.to {
        let people = [to];
        let by = Some((scope.user(), actor.name.as_str()));
        let news: Vec<News<'_>> = moved
            .iter()
            .map(|m| News { kind: NotificationKind::HandedOver, anomaly: &m.after, by, to: To::People(&people) })
            .collect();
        notify_all(conn, cabinet, &news, call.now)?;
    }
    Ok(result)
}

fn anomalies(
    conn: &mut Conn,
    actor: &Actor,
    from: UserId,
    to: Option<&Recipient>,
    note: Option<&str>,
    now: DateTime<Utc>,
    result: &mut HandOverResult,
) -> Result<Vec<Moved>> {
    let scope = &actor.scope;
    let open = store::queue::open_of(conn, scope, from)?;
    let ids: Vec<AnomalyId> = open.iter().map(|a| a.id).collect();
    let wholly = store::queue::wholly(conn, scope, &ids)?;
    let sees = to.map(|to| store::queue::wholly(conn, &to.scope, &ids)).transpose()?;
    let policy = policy(conn, scope.cabinet())?;
    let detail = Detail {
        assignee: to.map(|to| (to.scope.user(), to.name.clone())),
        note: note.map(str::to_owned),
        ..Detail::default()
    };
    let mut moved = Vec::with_capacity(open.len());
    for before in open {
        let refused = match (&sees, to) {
            _ if !wholly.contains(&before.id) => Some(partly_hidden()),
            (Some(sees), Some(to)) if !sees.contains(&before.id) => Some(does_not_see(&to.name)),
            _ => None,
        };
        let judged = match refused {
            Some(reason) => Err(reason),
            None => after(&before, AnomalyEvent::HandOver, &detail, &policy, now).map_err(|refused| refused.text()),
        };
        match judged {
            Err(reason) => result.left_out.push(AnomalyItem {
                id: before.id,
                title: title(&before),
                outcome: ItemOutcome::Refused,
                reason: Some(reason),
            }),
            Ok(after) => {
                let step = Step {
                    anomaly: before.id,
                    event: AnomalyEvent::HandOver,
                    by: Some((scope.user(), actor.name.clone())),
                    data: data(AnomalyEvent::HandOver, &detail),
                    note: detail.note.clone(),
                    at: whole_micros(now),
                };
                moved.push(Moved { before, after, step });
            }
        }
    }
    Ok(moved)
}

/// Dossiers in sight that the person is in charge of, as they are to be.
fn dossiers(
    conn: &mut Conn,
    actor: &Actor,
    from: UserId,
    to: Option<&Recipient>,
    result: &mut HandOverResult,
) -> Result<Vec<Draft>> {
    let scope = &actor.scope;
    let filter = Filter { people: vec![Wanted::Value(from.to_string())], ..Filter::default() };
    let ids = store::dossiers::ids(conn, scope, &filter)?;
    let mut answers: HashMap<Option<PortfolioId>, Charge> = HashMap::new();
    let mut drafts = Vec::with_capacity(ids.len());
    for before in store::dossiers::find_many(conn, scope, &ids)? {
        let portfolio = before.facts.portfolio_id;
        let person = match to {
            None => Ok(InCharge::default()),
            Some(to) => {
                let user = to.scope.user();
                let answer = match answers.get(&portfolio) {
                    Some(known) => known.clone(),
                    None => store::references::in_charge_name(conn, scope, user, portfolio)?,
                };
                answers.insert(portfolio, answer.clone());
                match answer {
                    Charge::Person(name) => Ok(InCharge { user_id: Some(user), label: Some(name) }),
                    Charge::CannotSee(name) => Err(Text::new(
                        format!("{name} n’a pas accès à ce portefeuille : donnez-le-lui d’abord."),
                        format!("{name} has no access to this portfolio: give it to them first."),
                    )),
                    Charge::Unknown => Err(Text::new("Personne inconnue.", "Unknown person.")),
                }
            }
        };
        match person {
            Err(reason) => result.dossiers_left_out.push(ItemResult {
                dossier_id: before.id,
                name: Some(before.facts.name.clone()),
                outcome: ItemOutcome::Refused,
                reason: Some(reason),
            }),
            Ok(person) => {
                let mut facts = before.facts.clone();
                for duty in [&mut facts.manager, &mut facts.assignee] {
                    if duty.user_id == Some(from) {
                        *duty = person.clone();
                    }
                }
                drafts.push(Draft { before: Some(before), after: Some(facts) });
            }
        }
    }
    Ok(drafts)
}
