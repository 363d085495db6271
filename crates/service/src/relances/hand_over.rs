//! A dossier that does not answer is handed to a person, who is told of it.

use std::collections::{BTreeMap, BTreeSet};

use contract::NotificationKind;
use domain::relance::outcome::{End, Ended};
use domain::relance::{SendingMode, ToPerson};
use domain::{DossierId, SequenceId, Text, UserId};
use store::Conn;
use store::relance_facts::Facts;

use super::desk::Desk;
use crate::Result;
use crate::anomalies::notify;

/// Whom a dossier is handed to, and who comes next where that person is no longer of the firm.
fn candidates(to: ToPerson, facts: &Facts) -> impl Iterator<Item = UserId> {
    let (first, second, third) = match to {
        ToPerson::Assignee => (facts.assignee, facts.manager, None),
        ToPerson::Manager => (facts.manager, facts.assignee, None),
        ToPerson::Person { id } => (Some(id), facts.assignee, facts.manager),
    };
    [first, second, third].into_iter().flatten()
}

/// Tells each person in one sentence what was handed over, of what that person sees; where nobody is left to take a dossier,
/// the partners. In the transaction of what it tells,
/// which holds the cabinet's lock. A sending on trial has reached no client, so nobody is told.
pub(super) fn tell(conn: &mut Conn, desk: &Desk, ends: &[(DossierId, SequenceId, Ended)]) -> Result<()> {
    let handed = |end: &(DossierId, SequenceId, Ended)| match end.2.why {
        End::Escalated { after, to } => Some((end.0, end.1, after, to)),
        _ => None,
    };
    let handed: Vec<(DossierId, SequenceId, u32, ToPerson)> = ends.iter().filter_map(handed).collect();
    if handed.is_empty() || desk.rules.mode == SendingMode::Test {
        return Ok(());
    }
    let ids: Vec<DossierId> = handed.iter().map(|h| h.0).collect();
    let facts = store::relance_facts::of(conn, desk.cabinet, Some(&ids))?;
    let partners = store::notifications::partners(conn, desk.cabinet)?;
    let mut people: BTreeSet<UserId> = partners.iter().copied().collect();
    let found = |dossier: DossierId| facts.iter().find(|f| f.id == dossier);
    for (dossier, _, _, to) in &handed {
        people.extend(found(*dossier).into_iter().flat_map(|facts| candidates(*to, facts)));
    }
    let people: Vec<UserId> = people.into_iter().collect();
    let recipients = store::notifications::recipients(conn, desk.cabinet, &people)?;
    let mut given: BTreeMap<(UserId, SequenceId), (u32, Vec<DossierId>)> = BTreeMap::new();
    for (dossier, sequence, after, to) in handed {
        let Some(facts) = found(dossier) else { continue };
        let person = candidates(to, facts).find(|user| recipients.contains_key(user));
        for user in person.map_or_else(|| partners.clone(), |user| vec![user]) {
            given.entry((user, sequence)).or_insert_with(|| (after, Vec::new())).1.push(dossier);
        }
    }
    let mut news = Vec::new();
    for ((user, sequence), (after, dossiers)) in given {
        let Some(recipient) = recipients.get(&user) else { continue };
        let seen = store::dossiers::find_many(conn, &recipient.scope, &dossiers)?.len();
        if seen > 0 {
            news.push((user, sentence(seen, after, &desk.sequence(sequence)?.row.name)));
        }
    }
    notify::tell(conn, desk.cabinet, NotificationKind::Silent, news, desk.now)
}

/// Names no client: it may go out by mail.
fn sentence(dossiers: usize, after: u32, sequence: &str) -> Text {
    let (fr, en) = match dossiers {
        1 => ("Un dossier vous est confié".to_owned(), "A dossier was given to you".to_owned()),
        n => (format!("{n} dossiers vous sont confiés"), format!("{n} dossiers were given to you")),
    };
    let (messages_fr, messages_en) = if after == 1 { ("message", "message") } else { ("messages", "messages") };
    Text::new(
        format!("{fr} : sans réponse après {after} {messages_fr} de « {sequence} »"),
        format!("{en}: no answer after {after} {messages_en} of “{sequence}”"),
    )
}
