//! What the firm does to mandates by hand, one or thousands, with a result for each.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Duration, Utc};
use contract::{DocumentKind, ItemOutcome, MandateAct, MandateActInput, MandateActResult, MandateItem, Nothing};
use domain::{DossierId, MandateEvent, MandateId, MandateState, Text};
use serde_json::json;
use store::dossiers::Stored;
use store::mandates::{Mandate, Wanted};
use store::{Conn, Scope, dialect};

use super::life::{Detail, steps, told};
use super::making::result;
use super::papers::{Press, Put, forget_files, keep, put};
use super::register;
use crate::eligibility::Looked;
use crate::fields::Check;
use crate::{Answer, Call, Error, Result, invalid, journal, time};

/// Mandates of one request.
const MOST: usize = 50_000;
/// A second press within it sends no second reminder.
const APART: Duration = Duration::hours(1);
/// Mandates in one transaction.
const CHUNK: usize = 500;

/// An act whose words are checked.
struct Act<'a> {
    input: &'a MandateActInput,
    reason: Option<String>,
    by_name: &'a str,
}

const fn event(act: MandateAct) -> Option<MandateEvent> {
    Some(match act {
        MandateAct::Send => MandateEvent::Prepare,
        MandateAct::Withdraw => MandateEvent::Withdraw,
        MandateAct::SentByLetter => MandateEvent::Send,
        MandateAct::Remind => MandateEvent::Remind,
        MandateAct::Accept => MandateEvent::Accept,
        MandateAct::Refuse => MandateEvent::Refuse,
        MandateAct::Revoke => MandateEvent::Revoke,
        MandateAct::Reopen => MandateEvent::Reopen,
        MandateAct::Delete => return None,
    })
}

/// The state in which an act has nothing left to do.
const fn done(act: MandateAct) -> Option<MandateState> {
    match act {
        MandateAct::Send => Some(MandateState::ToSend),
        MandateAct::SentByLetter => Some(MandateState::Sent),
        MandateAct::Withdraw | MandateAct::Reopen => Some(MandateState::Draft),
        MandateAct::Accept => Some(MandateState::Accepted),
        MandateAct::Refuse => Some(MandateState::Refused),
        MandateAct::Revoke => Some(MandateState::Revoked),
        MandateAct::Remind | MandateAct::Delete => None,
    }
}

fn too_many(pointer: &str, n: usize) -> Error {
    invalid(
        pointer,
        "too_many",
        format!("{n} mandats choisis ; {MOST} au plus à la fois."),
        format!("{n} mandates chosen; {MOST} at most at once."),
    )
}

fn checked<'a>(input: &'a MandateActInput, by_name: &'a str) -> Result<Act<'a>> {
    match (&input.ids, &input.filter) {
        (None, None) => {
            return Err(invalid("/ids", "required", "Donnez `ids` ou `filter`.", "Give `ids` or `filter`."));
        }
        (Some(_), Some(_)) => {
            let (fr, en) = ("Donnez `ids` ou `filter`, pas les deux.", "Give `ids` or `filter`, not both.");
            return Err(invalid("/filter", "exclusive", fr, en));
        }
        (Some(ids), None) if ids.len() > MOST => return Err(too_many("/ids", ids.len())),
        (Some(_), None) | (None, Some(_)) => {}
    }
    let mut check = Check::default();
    let asked = matches!(input.act, MandateAct::Refuse | MandateAct::Revoke);
    let given = input.reason.as_deref().filter(|r| asked || !r.trim().is_empty());
    let reason = match (given, asked) {
        (Some(reason), _) => Some(check.line("/reason", reason, 300)),
        (None, true) => Some(check.line("/reason", "", 300)),
        (None, false) => None,
    };
    check.done()?;
    Ok(Act { input, reason, by_name })
}

/// The mandates of a request, in the order in which they were named, or by name.
fn chosen(call: &Call, conn: &mut Conn, scope: &Scope, input: &MandateActInput) -> Result<Vec<MandateId>> {
    let Some(ids) = &input.ids else {
        let wanted = input.filter.as_ref().map_or_else(Wanted::default, |filter| register::wanted(call, filter));
        let mut rows = store::mandates::taken_dossiers(conn, scope, &wanted)?;
        rows.sort_unstable();
        return Ok(rows.into_iter().map(|(_, _, id)| id).collect());
    };
    let mut seen = HashSet::new();
    let ids: Vec<MandateId> = ids.iter().copied().filter(|id| seen.insert(*id)).collect();
    let there: HashSet<MandateId> = store::mandates::find_many(conn, scope, &ids)?.into_iter().map(|m| m.id).collect();
    match input.ids.iter().flatten().position(|id| !there.contains(id)) {
        None => Ok(ids),
        Some(place) => Err(invalid(
            format!("/ids/{place}"),
            "unknown_mandate",
            "Ce mandat n’est plus là, ou pas dans votre périmètre : relisez la liste.",
            "This mandate is gone, or not within your scope: read the list again.",
        )),
    }
}

/// Since when a reminder stands in the way of another.
fn apart(call: &Call, act: MandateAct) -> Option<DateTime<Utc>> {
    (act == MandateAct::Remind).then(|| call.now - APART)
}

/// What is to be done to one mandate.
enum Verdict {
    Do,
    Leave(ItemOutcome, Text),
}

/// What some mandates of a request are judged by.
struct Batch {
    mandates: Vec<Mandate>,
    dossiers: HashMap<DossierId, Stored>,
    looked: Looked,
    /// When each was reminded of last since a moment; of no interest to most acts.
    reminded: HashMap<MandateId, DateTime<Utc>>,
}

impl Batch {
    fn read(conn: &mut Conn, scope: &Scope, ids: &[MandateId], since: Option<DateTime<Utc>>) -> Result<Self> {
        let mut found: HashMap<MandateId, Mandate> =
            store::mandates::find_many(conn, scope, ids)?.into_iter().map(|m| (m.id, m)).collect();
        let mandates: Vec<Mandate> = ids.iter().filter_map(|id| found.remove(id)).collect();
        let dossiers: Vec<DossierId> =
            mandates.iter().map(|m| m.dossier).collect::<BTreeSet<_>>().into_iter().collect();
        let dossiers = store::dossiers::find_many(conn, scope, &dossiers)?;
        let looked = Looked::read(conn, scope, &dossiers)?;
        let reminded = match since {
            Some(since) => crate::post::reminded_since(conn, scope.cabinet(), &mandates, since)?,
            None => HashMap::new(),
        };
        Ok(Self { mandates, looked, reminded, dossiers: dossiers.into_iter().map(|d| (d.id, d)).collect() })
    }

    fn judge(&self, mandate: &Mandate, act: MandateAct) -> Verdict {
        if done(act) == Some(mandate.state) {
            let state = mandate.state.text();
            let text = Text::new(format!("Déjà « {} ».", state.fr), format!("Already “{}”.", state.en));
            return Verdict::Leave(ItemOutcome::Unchanged, text);
        }
        let Some(event) = event(act) else {
            return match mandate.state {
                MandateState::Draft => Verdict::Do,
                _ => Verdict::Leave(
                    ItemOutcome::Refused,
                    Text::new("Seul un brouillon se supprime.", "Only a draft can be deleted."),
                ),
            };
        };
        if let Err(refused) = mandate.state.transition(event) {
            return Verdict::Leave(ItemOutcome::Refused, refused.text());
        }
        if matches!(act, MandateAct::Send | MandateAct::Remind)
            && let Some(dossier) = self.dossiers.get(&mandate.dossier)
        {
            let held = self.looked.blockers(dossier, mandate.kind).into_iter().find(|b| b.holds_mail());
            if let Some(blocker) = held {
                return Verdict::Leave(ItemOutcome::Refused, self.looked.why(dossier, blocker));
            }
        }
        if let (MandateAct::Remind, Some(at)) = (act, self.reminded.get(&mandate.id)) {
            let (day, hour) = time::paris_clock(*at);
            let text = Text::new(
                format!("Déjà relancé le {day} à {hour} : une seule relance par heure."),
                format!("Reminded already on {day} at {hour}, Paris time: one reminder an hour."),
            );
            return Verdict::Leave(ItemOutcome::Unchanged, text);
        }
        Verdict::Do
    }

    fn name(&self, mandate: &Mandate) -> Option<String> {
        self.dossiers.get(&mandate.dossier).map(|d| d.facts.name.clone())
    }

    fn address(&self, mandate: &Mandate) -> Option<String> {
        self.dossiers.get(&mandate.dossier)?.facts.addressee()?.email.clone()
    }
}

pub fn act_on_mandates(call: &Call, _: Nothing, _: Nothing, body: MandateActInput) -> Result<Answer<MandateActResult>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    let act = checked(&body, &actor.name)?;
    let mut conn = call.app.store.conn()?;
    let ids = chosen(call, &mut conn, scope, &body)?;
    if ids.len() > MOST {
        return Err(too_many("/filter", ids.len()));
    }
    let mut items = Vec::with_capacity(ids.len());
    let mut addresses = BTreeSet::new();
    for chunk in ids.chunks(CHUNK) {
        if body.preview {
            let batch = Batch::read(&mut conn, scope, chunk, apart(call, body.act))?;
            let (told, mandates) = judged(&batch, body.act);
            addresses.extend(mandates.iter().filter_map(|m| batch.address(m)));
            items.extend(told);
        } else {
            items.extend(run(call, &mut conn, scope, &act, chunk, &mut addresses)?);
        }
    }
    let mails = matches!(body.act, MandateAct::Send | MandateAct::Remind);
    if mails && !body.preview {
        super::wake(&call.app);
    }
    Ok(Answer::new(result(items, if mails { addresses.len() } else { 0 })))
}

/// What is told of each mandate, and those that the act takes.
fn judged(batch: &Batch, act: MandateAct) -> (Vec<MandateItem>, Vec<Mandate>) {
    let mut taken = Vec::new();
    let items = batch
        .mandates
        .iter()
        .map(|mandate| {
            let (outcome, reason) = match batch.judge(mandate, act) {
                Verdict::Do => {
                    taken.push(mandate.clone());
                    (ItemOutcome::Changed, None)
                }
                Verdict::Leave(outcome, reason) => (outcome, Some(reason)),
            };
            MandateItem {
                mandate_id: Some(mandate.id),
                dossier_id: mandate.dossier,
                name: batch.name(mandate),
                kind: mandate.kind,
                outcome,
                reason,
            }
        })
        .collect();
    (items, taken)
}

/// Does the act to some mandates, in a transaction of their own.
fn run(
    call: &Call,
    conn: &mut Conn,
    scope: &Scope,
    act: &Act<'_>,
    ids: &[MandateId],
    addresses: &mut BTreeSet<String>,
) -> Result<Vec<MandateItem>> {
    let cabinet = scope.cabinet();
    // What goes out by letter is kept as it went.
    let mut sheets = match act.input.act {
        MandateAct::SentByLetter => sheets(call, conn, scope, ids)?,
        _ => HashMap::new(),
    };
    let mut files = Vec::new();
    let items = conn.write(|conn| -> Result<Vec<MandateItem>> {
        dialect::lock_cabinet(conn, cabinet)?;
        let batch = Batch::read(conn, scope, ids, apart(call, act.input.act))?;
        let (mut items, taken) = judged(&batch, act.input.act);
        addresses.extend(taken.iter().filter_map(|m| batch.address(m)));
        let stamp = journal::stamp(call);
        match event(act.input.act) {
            None => files = delete(call, conn, &batch, &mut items, taken)?,
            Some(MandateEvent::Remind) => {
                let ids: Vec<MandateId> = taken.iter().map(|m| m.id).collect();
                let by = store::mails::By { user: Some(scope.user()), name: act.by_name.to_owned() };
                crate::post::remind(conn, &call.app, cabinet, &ids, &by, call.now)?;
            }
            Some(event) => {
                let judge = call.judge(conn)?;
                let wanted = taken.into_iter().map(|m| (m, event, act.detail())).collect();
                for mandate in steps(conn, &judge, cabinet, &stamp, wanted)? {
                    if let Some((name, put)) = sheets.remove(&mandate.id) {
                        let file = (name.as_str(), "application/pdf");
                        keep(conn, &mandate, put, DocumentKind::Generated, file, act.by_name, call.now)?;
                    }
                }
            }
        }
        Ok(items)
    })?;
    forget_files(call, files.into_iter().chain(sheets.into_values().map(|(_, put)| put.key)));
    Ok(items)
}

impl Act<'_> {
    fn detail(&self) -> Detail {
        let letter = self.input.act == MandateAct::SentByLetter;
        Detail {
            by_name: Some(self.by_name.to_owned()),
            text: self.reason.clone().or_else(|| letter.then(|| "Par courrier".to_owned())),
            starts_on: self.input.starts_on.filter(|_| self.input.act == MandateAct::Accept),
            ..Detail::default()
        }
    }
}

/// The documents of those that can go out by letter.
fn sheets(call: &Call, conn: &mut Conn, scope: &Scope, ids: &[MandateId]) -> Result<HashMap<MandateId, (String, Put)>> {
    let batch = Batch::read(conn, scope, ids, None)?;
    let press = Press::of(conn, scope.cabinet())?;
    let (_, taken) = judged(&batch, MandateAct::SentByLetter);
    let mut sheets = HashMap::with_capacity(taken.len());
    for (mandate, dossier) in taken.iter().filter_map(|m| Some((m, batch.dossiers.get(&m.dossier)?))) {
        let printed = press.print(mandate, &dossier.facts, call.now)?;
        let put = put(&call.app, conn, scope.cabinet(), &printed.bytes)?;
        sheets.insert(mandate.id, (printed.name, put));
    }
    Ok(sheets)
}

/// Throws drafts away; returns where their files are kept. A draft of a running campaign would come back.
fn delete(
    call: &Call,
    conn: &mut Conn,
    batch: &Batch,
    items: &mut [MandateItem],
    taken: Vec<Mandate>,
) -> Result<Vec<String>> {
    let scope = call.scope()?;
    let running: HashSet<_> = store::campaigns::list(conn, scope)?
        .into_iter()
        .filter(|c| c.state == contract::CampaignState::Running.as_str())
        .map(|c| c.id)
        .collect();
    let (stay, gone): (Vec<Mandate>, Vec<Mandate>) =
        taken.into_iter().partition(|m| m.campaign.is_some_and(|c| running.contains(&c)));
    for item in items.iter_mut().filter(|i| stay.iter().any(|m| Some(m.id) == i.mandate_id)) {
        item.outcome = ItemOutcome::Refused;
        item.reason = Some(Text::new(
            "Une campagne en cours le referait : mettez-la en pause, ou laissez le brouillon.",
            "A running campaign would make it again: pause it, or leave the draft.",
        ));
    }
    let ids: Vec<MandateId> = gone.iter().map(|m| m.id).collect();
    let files = store::documents::of_mandates(conn, scope.cabinet(), &ids)?;
    let rows: Vec<_> = gone
        .iter()
        .map(|m| {
            let name = batch.name(m).unwrap_or_default();
            told("mandate.delete", m, &name, json!({ "mandate_state": [m.state, null] }))
        })
        .collect();
    store::mandates::delete(conn, scope.cabinet(), &ids)?;
    store::journal::append(conn, scope.cabinet(), &journal::stamp(call), &rows)?;
    Ok(files.into_values().flatten().map(|d| d.key).collect())
}
