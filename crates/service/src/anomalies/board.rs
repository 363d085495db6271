//! Reading the queue: pages, the board, one anomaly, the file.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use contract::{
    Anomaly as AnomalyShape, AnomalyBoard, AnomalyExportQuery, AnomalyListQuery, AnomalyPage, AnomalyPersonCount,
    AnomalyQuery, AnomalyRow, AnomalyRuleCount, AnomalySort, AnomalyStateCount, AnomalyStep, Comment as CommentShape,
    CommentEdit, FileFormat, Nothing, PlaybookStep, SeverityCount, Who,
};
use domain::anomaly::words::{Spread, summary};
use domain::anomaly::{AnomalyRule, AnomalyState, Priority, Severity};
use domain::reference::anomaly_rule;
use domain::{AnomalyId, DossierId, Permission, Text, UserId, fold};
use store::anomalies::Anomaly;
use store::comments::Comment;
use store::queue::{Listed, Place, Share, SortKey, Wanted, Whose, Word};
use store::{Conn, Scope};

use super::{life, policy, title};
use crate::{Answer, Call, Result, cursor, dossiers, time};

/// The latest steps and comments that are shown.
const MOST_STEPS: i64 = 300;
const MOST_COMMENTS: i64 = 300;

/// The filters of the contract as the store takes them.
pub(super) fn wanted(call: &Call, conn: &mut Conn, query: &AnomalyQuery) -> Result<Wanted> {
    let due_before = match query.due_within_hours {
        Some(hours) => {
            let policy = policy(conn, call.scope()?.cabinet())?;
            Some(policy.hours.after(call.now, i64::from(hours) * 60))
        }
        None => None,
    };
    Ok(Wanted {
        states: query.state.0.clone(),
        rules: query.rule.0.clone(),
        severities: query.severity.0.clone(),
        whose: query.whose.map(|whose| match whose {
            contract::Whose::Mine => Whose::Mine,
            contract::Whose::Nobody => Whose::Nobody,
            contract::Whose::Watched => Whose::Watched,
        }),
        assignees: query.assignee_id.0.clone(),
        portfolios: dossiers::wanted(&query.portfolio_id.0),
        dossier: query.dossier_id,
        platforms: query.platform.0.clone(),
        overdue: query.overdue.map(|yes| (yes, call.now)),
        due_before,
        words: query.q.as_deref().map(words).unwrap_or_default(),
    })
}

/// Most words of a search.
const MOST_WORDS: usize = 8;

fn words(q: &str) -> Vec<Word> {
    let typed = q.split_whitespace().map(str::to_lowercase).filter(|w| !fold(w).trim().is_empty()).take(MOST_WORDS);
    typed
        .map(|typed| {
            let folded = fold(&typed).trim().to_owned();
            let named = |rule: &&AnomalyRule| {
                let title = &anomaly_rule(**rule).title;
                [&title.fr, &title.en].iter().any(|t| fold(t).contains(&folded))
            };
            let rules = AnomalyRule::ALL.iter().filter(named).copied().collect();
            Word { folded, typed, rules }
        })
        .collect()
}

const fn key_of(sort: AnomalySort) -> SortKey {
    match sort {
        AnomalySort::Priority => SortKey::Priority,
        AnomalySort::DueAt => SortKey::DueAt,
        AnomalySort::OpenedAt => SortKey::OpenedAt,
        AnomalySort::OpenedAtDesc => SortKey::OpenedAtDesc,
        AnomalySort::UpdatedAtDesc => SortKey::UpdatedAt,
    }
}

fn read_cursor(text: &str, sort: AnomalySort) -> Result<Place> {
    let [of, key, id] = cursor::read::<3>(text)?;
    if of != sort.as_str() || id.parse::<AnomalyId>().is_err() {
        return Err(cursor::wrong());
    }
    Ok(Place { key: key.parse().map_err(|_| cursor::wrong())?, id })
}

pub fn list_anomalies(call: &Call, _: Nothing, query: AnomalyListQuery, _: Nothing) -> Result<Answer<AnomalyPage>> {
    let limit = cursor::limit(query.limit)?;
    let sort = query.sort.unwrap_or(AnomalySort::Priority);
    let key = key_of(sort);
    let after = query.after.as_deref().map(|c| read_cursor(c, sort)).transpose()?;
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let wanted = wanted(call, &mut conn, &query.filter)?;
    let mut found = store::queue::list(&mut conn, scope, &wanted, key, after.as_ref(), limit + 1)?;
    let next = (found.len() as i64 > limit).then(|| {
        found.truncate(limit as usize);
        found.last().map(|last| {
            let place = last.place(key);
            cursor::write(&[sort.as_str(), &place.key.to_string(), &place.id])
        })
    });
    let data = rows(&mut conn, scope, &found, call.now)?;
    Ok(Answer::new(AnomalyPage { data, next: next.flatten() }))
}

/// What the rows of anomalies show to a person.
pub(super) fn rows(conn: &mut Conn, scope: &Scope, found: &[Listed], now: DateTime<Utc>) -> Result<Vec<AnomalyRow>> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let anomalies: Vec<&Anomaly> = found.iter().map(|l| &l.anomaly).collect();
    let ids: Vec<AnomalyId> = anomalies.iter().map(|a| a.id).collect();
    let shares = store::queue::shares(conn, scope, &anomalies)?;
    let watched = store::anomalies::watched_by(conn, scope.user(), &ids)?;
    let people: BTreeSet<UserId> = anomalies.iter().filter_map(|a| a.assignee).collect();
    let people = store::people::names_of(conn, scope, &people.into_iter().collect::<Vec<_>>())?;
    let dossiers: BTreeSet<DossierId> = found.iter().flat_map(|l| l.dossiers.iter().copied()).collect();
    let dossiers: Vec<DossierId> = dossiers.into_iter().collect();
    let named = match dossiers.is_empty() {
        true => HashMap::new(),
        false => store::deadlines::named(conn, scope.cabinet(), &dossiers)?,
    };
    Ok(found
        .iter()
        .map(|Listed { anomaly: a, dossiers }| {
            let share = shares.get(&a.id).copied().unwrap_or_default();
            row(a, share, &people, watched.contains(&a.id), now, |row| {
                row.dossier_names = dossiers.iter().filter_map(|d| named.get(d)).map(|n| n.name.clone()).collect();
            })
        })
        .collect())
}

fn whole(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}

fn small(n: i64) -> u32 {
    u32::try_from(n).unwrap_or_default()
}

fn who(people: &HashMap<UserId, String>, id: UserId) -> Who {
    Who { id, name: people.get(&id).cloned().unwrap_or_default() }
}

fn row(
    a: &Anomaly,
    share: Share,
    people: &HashMap<UserId, String>,
    watched: bool,
    now: DateTime<Utc>,
    names: impl FnOnce(&mut AnomalyRow),
) -> AnomalyRow {
    let playbook = &anomaly_rule(a.rule).playbook;
    let overdue = a.due_at.is_some_and(|due| due <= now);
    let mut row = AnomalyRow {
        id: a.id,
        version: a.version,
        rule: a.rule,
        severity: a.severity,
        title: title(a),
        state: a.state,
        assignee: a.assignee.map(|id| who(people, id)),
        due_at: a.due_at,
        overdue,
        near: !overdue && a.warn_at.is_some_and(|warn| warn <= now),
        snoozed_until: a.snoozed_until,
        platform: a.platform.clone(),
        occurrences: whole(share.occurrences),
        dossiers: whole(share.dossiers),
        dossier_names: Vec::new(),
        hidden: whole(a.occurrences - share.occurrences),
        exposure_cents: share.exposure_cents,
        priority: a.priority,
        comments: small(a.comments),
        steps: playbook.len() as u32,
        steps_done: playbook.iter().filter(|s| a.steps.iter().any(|t| t.key == s.key)).count() as u32,
        watched,
        reopened: small(a.reopened),
        opened_at: a.opened_at,
        updated_at: a.updated_at,
        closed_at: a.closed_at,
    };
    names(&mut row);
    row
}

pub fn read_anomaly_board(call: &Call, _: Nothing, query: AnomalyQuery, _: Nothing) -> Result<Answer<AnomalyBoard>> {
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let wanted = wanted(call, &mut conn, &query)?;
    let groups = store::queue::groups(&mut conn, scope, &wanted, call.now)?;
    let mut board = AnomalyBoard {
        open: 0,
        mine: 0,
        unassigned: 0,
        overdue: 0,
        mine_overdue: 0,
        by_state: Vec::new(),
        by_severity: Vec::new(),
        by_rule: Vec::new(),
        by_person: Vec::new(),
        exposure_cents: 0,
        unread: store::notifications::unread(&mut conn, scope)?,
        unread_words: store::queue::unread_words(&mut conn, scope)?,
    };
    let mut states: BTreeMap<AnomalyState, u64> = BTreeMap::new();
    let mut severities: BTreeMap<Severity, u64> = BTreeMap::new();
    let mut rules: BTreeMap<AnomalyRule, u64> = BTreeMap::new();
    let mut people: BTreeMap<Option<UserId>, (u64, u64)> = BTreeMap::new();
    for g in &groups {
        if !g.state.is_over() {
            board.open += g.count;
            board.overdue += g.overdue;
            if g.assignee == Some(scope.user()) {
                board.mine += g.count;
                board.mine_overdue += g.overdue;
            }
            if g.assignee.is_none() {
                board.unassigned += g.count;
            }
        }
        board.exposure_cents += g.exposure_cents;
        *states.entry(g.state).or_default() += g.count;
        *severities.entry(g.severity).or_default() += g.count;
        *rules.entry(g.rule).or_default() += g.count;
        let person = people.entry(g.assignee).or_default();
        person.0 += g.count;
        person.1 += g.overdue;
    }
    if !(scope.sees_all() && scope.sees_confidential()) {
        board.exposure_cents = store::queue::exposure_in_sight(&mut conn, scope, &wanted)?;
    }
    let ids: Vec<UserId> = people.keys().flatten().copied().collect();
    let names = store::people::names_of(&mut conn, scope, &ids)?;
    board.by_state = states.into_iter().map(|(state, count)| AnomalyStateCount { state, count }).collect();
    board.by_severity = severities.into_iter().map(|(severity, count)| SeverityCount { severity, count }).collect();
    board.by_rule = rules
        .into_iter()
        .map(|(rule, count)| AnomalyRuleCount { rule, title: anomaly_rule(rule).title.clone(), count })
        .collect();
    board.by_rule.sort_by_key(|r| (std::cmp::Reverse(r.count), r.rule));
    board.by_person = people
        .into_iter()
        .map(|(id, (count, overdue))| AnomalyPersonCount { who: id.map(|id| who(&names, id)), count, overdue })
        .collect();
    board.by_person.sort_by_key(|p| (p.who.is_some(), std::cmp::Reverse(p.count)));
    Ok(Answer::new(board))
}

pub fn export_anomalies(call: &Call, _: Nothing, query: AnomalyExportQuery, _: Nothing) -> Result<Answer<Nothing>> {
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let wanted = wanted(call, &mut conn, &query.filter)?;
    let mut sheet = crate::export::Sheet::new(
        "anomalies",
        &[
            "Anomalie",
            "Règle",
            "Gravité",
            "État",
            "Responsable",
            "Échéance",
            "En retard",
            "Plateforme",
            "Occurrences",
            "Dossiers",
            "Premiers dossiers",
            "Exposition (€)",
            "Étapes faites",
            "Commentaires",
            "Ouverte le",
            "Modifiée le",
            "Close le",
        ],
    );
    let mut after = None;
    loop {
        let found = store::queue::list(&mut conn, scope, &wanted, SortKey::Priority, after.as_ref(), 500)?;
        after = found.last().map(|last| last.place(SortKey::Priority));
        let last = found.len() < 500;
        for r in rows(&mut conn, scope, &found, call.now)? {
            sheet.row(export_row(r));
        }
        if last {
            break;
        }
    }
    Ok(Answer::file(sheet.file(query.format.unwrap_or(FileFormat::Csv), call.today())?))
}

fn export_row(r: AnomalyRow) -> [String; 17] {
    let at = |at: DateTime<Utc>| {
        let (day, hour) = time::paris_clock(at);
        format!("{day} {hour}")
    };
    [
        r.title.fr,
        r.rule.to_string(),
        r.severity.text().fr,
        r.state.text().fr,
        r.assignee.map(|w| w.name).unwrap_or_default(),
        r.due_at.map(at).unwrap_or_default(),
        if r.overdue { "oui" } else { "non" }.to_owned(),
        r.platform.unwrap_or_default(),
        r.occurrences.to_string(),
        r.dossiers.to_string(),
        r.dossier_names.join(", "),
        format!("{},{:02}", r.exposure_cents / 100, r.exposure_cents.unsigned_abs() % 100),
        format!("{} sur {}", r.steps_done, r.steps),
        r.comments.to_string(),
        at(r.opened_at),
        at(r.updated_at),
        r.closed_at.map(at).unwrap_or_default(),
    ]
}

pub fn read_anomaly(call: &Call, id: AnomalyId, _: Nothing, _: Nothing) -> Result<Answer<AnomalyShape>> {
    let mut conn = call.app.store.conn()?;
    shown(call, &mut conn, id)
}

/// An anomaly in sight, with all that helps to settle it.
pub(super) fn shown(call: &Call, conn: &mut Conn, id: AnomalyId) -> Result<Answer<AnomalyShape>> {
    let scope = call.scope()?;
    let listed = store::queue::find(conn, scope, id)?;
    let a = &listed.anomaly;
    let Some(row) = rows(conn, scope, std::slice::from_ref(&listed), call.now)?.pop() else {
        return Err(crate::Error::not_found());
    };
    let wholly = store::queue::wholly(conn, scope, &[id])?.contains(&id);
    // What the first occurrence says may be of a dossier out of sight.
    let detail = match wholly {
        true => a.detail.clone(),
        false => store::queue::first_detail(conn, scope, id)?.unwrap_or_default(),
    };
    let rule = anomaly_rule(a.rule);
    let spread = Spread { occurrences: row.occurrences as i64, dossiers: row.dossiers as i64 };
    let watchers = store::anomalies::watchers_of(conn, id)?;
    let names = store::people::names_of(conn, scope, &watchers)?;
    let history = store::anomalies::history(conn, id, MOST_STEPS)?;
    let comments = store::comments::of_anomaly(conn, id, MOST_COMMENTS)?;
    let playbook = rule
        .playbook
        .iter()
        .map(|step| {
            let ticked = a.steps.iter().find(|t| t.key == step.key);
            PlaybookStep {
                key: step.key.clone(),
                text: step.text.clone(),
                done_by: ticked.map(|t| Who { id: t.user, name: t.name.clone() }),
                done_at: ticked.map(|t| t.at),
            }
        })
        .collect();
    let version = a.version;
    let reply = AnomalyShape {
        sentence: summary(a.rule, &detail, spread),
        why: Text::new(format!("{} ({})", rule.why.fr, rule.source), format!("{} ({})", rule.why.en, rule.source)),
        detail,
        playbook,
        history: history
            .iter()
            .map(|step| AnomalyStep {
                at: step.at,
                event: step.event,
                by: step.by.as_ref().map(|(_, name)| name.clone()),
                text: life::told(step, a),
                note: step.note.clone(),
            })
            .collect(),
        comments_of: comments.into_iter().map(|c| comment(c, scope)).collect(),
        watchers: watchers.into_iter().map(|id| who(&names, id)).collect(),
        priority_because: because(a, &row),
        resolution: a.resolution,
        note: a.note.clone(),
        wakes_on_news: a.wakes_on_news,
        can_act: wholly && scope.allows(Permission::DossierWrite),
        row,
    };
    Ok(Answer::new(reply).etag(version))
}

/// Why it was the first of the queue.
pub(super) fn because_first(a: &Anomaly) -> Text {
    let first = Text::new("La première de la file que personne n’avait", "The first of the queue that nobody had");
    match a.due_at {
        Some(due_at) => {
            let due = life::moment(due_at);
            Text::new(format!("{} : échéance le {}.", first.fr, due.fr), format!("{}: due {}.", first.en, due.en))
        }
        None => Text::new(format!("{}.", first.fr), format!("{}.", first.en)),
    }
}

/// How the place in the queue comes about, in the numbers in sight.
fn because(a: &Anomaly, row: &AnomalyRow) -> Text {
    match a.due_at {
        Some(due_at) => {
            let priority = Priority::of(due_at, row.exposure_cents, row.occurrences as i64);
            let due = life::moment(due_at);
            Text::new(priority.text(&due.fr).fr, priority.text(&due.en).en)
        }
        None if a.state.is_over() => Text::new("Elle est close.", "It is closed."),
        None => Text::new(
            "Son horloge est arrêtée : elle garde la place qu’elle avait.",
            "Its clock stands still: it keeps the place that it had.",
        ),
    }
}

pub(super) fn comment(c: Comment, scope: &Scope) -> CommentShape {
    CommentShape {
        id: c.id,
        mine: c.user == scope.user(),
        by: Who { id: c.user, name: c.by_name },
        body: c.body,
        at: c.at,
        edits: c.edits.into_iter().map(|e| CommentEdit { body: e.body, at: e.at }).collect(),
    }
}
