//! Deadlines over many dossiers and of one. A list expands the calendar of each distinct plan once: thousands of
//! dossiers share a few, so that no facts are read but those of the page.

mod feed;
mod settle;

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use contract::{
    CalendarQuery, Code, DayCount, Deadline, DeadlineDay, DeadlineDays, DeadlineExportQuery, DeadlineFacets,
    DeadlineFilter, DeadlineListQuery, DeadlinePage, DeadlineQuery, DeadlineRow, DossierCalendar, DossierQuery,
    DueStateCount, FileFormat, KindCount, Nothing, SettledBy,
};
use domain::DossierId;
use domain::calendar::{Calendar, Due, DueKind, DueState, Plan, Settled};
use domain::holiday;
use store::deadlines::Named;
use store::settlements::Record;
use store::{Conn, Scope};

use crate::days::{self, earlier, later};
use crate::{Answer, Call, Error, Result, cursor, dossiers};

pub use feed::{create_calendar_feed, delete_calendar_feed, list_calendar_feeds, read_calendar_feed};
pub(crate) use settle::{ACT, undo};
pub use settle::{reopen_deadlines, settle_deadlines};

/// Days before and after today that a list covers unless told.
const PAST_DAYS: u64 = 60;
const NEXT_DAYS: u64 = 90;
/// The same for the calendar of one dossier.
const YEAR_DAYS: u64 = 365;
/// Rows that one file holds at most.
const MOST_EXPORTED: usize = 50_000;

/// The days asked for, with as many before and after today as a list covers unless told.
fn window(
    today: NaiveDate,
    (from, to): (Option<NaiveDate>, Option<NaiveDate>),
    (past, next): (u64, u64),
) -> Result<(NaiveDate, NaiveDate)> {
    let to = to.unwrap_or_else(|| later(from.map_or(today, |from| from.max(today)), next));
    let from = from.unwrap_or_else(|| earlier(to.min(today), past));
    days::range(from, to)
}

/// Dossiers that have the same calendar, and the same days of it settled.
struct Group {
    calendar: usize,
    settled: Settled,
    /// Places in the list of dossiers.
    members: Vec<usize>,
}

/// One due of a group.
#[derive(Clone, Copy)]
struct Entry {
    published_on: NaiveDate,
    kind: DueKind,
    from: NaiveDate,
    state: DueState,
    group: usize,
    due: usize,
}

impl Entry {
    fn key(&self) -> (NaiveDate, DueKind, NaiveDate) {
        (self.published_on, self.kind, self.from)
    }
}

/// What the dossiers of a selection must have done within a range of days.
struct Selection {
    /// Name as it is sorted, and id: the order of the list within one deadline.
    dossiers: Vec<(String, DossierId)>,
    calendars: Vec<Calendar>,
    groups: Vec<Group>,
    /// By deadline, then kind.
    entries: Vec<Entry>,
}

impl Selection {
    fn read(
        conn: &mut Conn,
        scope: &Scope,
        query: &DossierQuery,
        (from, to): (NaiveDate, NaiveDate),
        today: NaiveDate,
    ) -> Result<Self> {
        let mut planned = store::deadlines::planned(conn, scope, &dossiers::filter(query))?;
        planned.sort_unstable_by(|a, b| (&a.name_sort, a.id).cmp(&(&b.name_sort, b.id)));
        let mut plans: HashMap<&str, usize> = HashMap::new();
        let mut same: HashMap<(usize, &str), usize> = HashMap::new();
        let (mut calendars, mut groups) = (Vec::new(), Vec::<Group>::new());
        for (place, dossier) in planned.iter().enumerate() {
            let calendar = *plans.entry(&dossier.plan).or_insert_with(|| {
                // A dossier that was not evaluated yet has no plan: nothing is known to be due.
                calendars.push(Plan::read(&dossier.plan).unwrap_or_default().due_between(from, to));
                calendars.len() - 1
            });
            if calendars[calendar].dues.is_empty() {
                continue;
            }
            let group = match same.get(&(calendar, dossier.settled.as_str())) {
                Some(group) => *group,
                None => {
                    let settled = Settled::read(&dossier.settled)
                        .ok_or_else(|| Error::internal(format!("what is settled of {} cannot be read", dossier.id)))?;
                    groups.push(Group { calendar, settled, members: Vec::new() });
                    same.insert((calendar, &dossier.settled), groups.len() - 1);
                    groups.len() - 1
                }
            };
            groups[group].members.push(place);
        }
        let mut entries = Vec::new();
        for (group, of) in groups.iter().enumerate() {
            for (due, d) in calendars[of.calendar].dues.iter().enumerate() {
                let state = d.state(of.settled.of(d), today);
                let (published_on, kind, from) = (d.published_on, d.kind, d.from);
                entries.push(Entry { published_on, kind, from, state, group, due });
            }
        }
        entries.sort_unstable_by_key(|e| (e.key(), e.group));
        let dossiers = planned.into_iter().map(|d| (d.name_sort, d.id)).collect();
        Ok(Self { dossiers, calendars, groups, entries })
    }

    fn due(&self, entry: &Entry) -> &Due {
        &self.calendars[self.groups[entry.group].calendar].dues[entry.due]
    }

    fn count(&self, entry: &Entry) -> u64 {
        self.groups[entry.group].members.len() as u64
    }

    fn taken<'a>(&'a self, filter: &DeadlineFilter) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(|e| of_kind(filter, e) && of_state(filter, e))
    }

    /// The rows that a filter takes, in the order of the list, after a place, until `limit`.
    fn rows<'a>(&'a self, filter: &DeadlineFilter, after: Option<&Place>, limit: usize) -> Vec<(usize, &'a Entry)> {
        let taken: Vec<&Entry> = self.taken(filter).collect();
        let mut rows: Vec<(usize, &Entry)> = Vec::new();
        for same in taken.chunk_by(|a, b| a.key() == b.key()) {
            let key = same[0].key();
            if rows.len() >= limit || after.is_some_and(|after| key < after.key) {
                continue;
            }
            let start = rows.len();
            for entry in same {
                rows.extend(self.groups[entry.group].members.iter().map(|place| (*place, *entry)));
            }
            if let Some(after) = after.filter(|after| key == after.key) {
                let passed = |place: usize| {
                    let (name, id) = &self.dossiers[place];
                    (name, id) <= (&after.name, &after.id)
                };
                rows.retain(|(place, _)| !passed(*place));
            }
            rows[start..].sort_unstable_by_key(|(place, _)| *place);
        }
        rows.truncate(limit);
        rows
    }
}

fn of_kind(filter: &DeadlineFilter, entry: &Entry) -> bool {
    filter.kind.is_empty() || filter.kind.0.contains(&entry.kind)
}

fn of_state(filter: &DeadlineFilter, entry: &Entry) -> bool {
    filter.due.is_empty() || filter.due.0.contains(&entry.state)
}

/// Place after which a page begins.
struct Place {
    key: (NaiveDate, DueKind, NaiveDate),
    name: String,
    id: DossierId,
}

impl Place {
    fn read(written: &str) -> Result<Self> {
        let [published_on, kind, from, name, id] = cursor::read::<5>(written)?;
        let place = || {
            let kind = DueKind::try_from(kind.as_str()).ok()?;
            let key = (published_on.parse().ok()?, kind, from.parse().ok()?);
            Some(Self { key, name, id: id.parse().ok()? })
        };
        place().ok_or_else(cursor::wrong)
    }

    fn write((name, id): &(String, DossierId), entry: &Entry) -> String {
        let (published_on, kind, from) = entry.key();
        cursor::write(&[&published_on.to_string(), kind.as_str(), &from.to_string(), name, &id.to_string()])
    }
}

fn settled_by(record: &Record) -> SettledBy {
    SettledBy {
        how: record.how,
        what: record.what.clone(),
        source: record.source.clone(),
        on: record.on,
        by_name: record.user_name.clone(),
        recorded_at: record.at,
    }
}

/// A due as the API shows it, with the latest evidence of its days.
fn shown(due: &Due, state: DueState, records: &[Record]) -> Deadline {
    let settled = matches!(state, DueState::Done | DueState::NotApplicable)
        .then(|| records.iter().rev().find(|r| r.touches(due.kind, due.from, due.to)))
        .flatten();
    Deadline {
        key: due.key(),
        kind: due.kind,
        state,
        from: due.from,
        to: due.to,
        published_on: due.published_on,
        prudent_on: due.prudent_on,
        regime: due.regime,
        voluntary: due.voluntary,
        day_off: due.day_off(),
        title: due.title(),
        notes: due.notes(),
        source: due.source.to_owned(),
        by_hand: due.kind.stream().is_some(),
        settled: settled.map(settled_by),
    }
}

/// What is shown of rows that a selection has found in sight.
fn read_rows(
    conn: &mut Conn,
    scope: &Scope,
    selection: &Selection,
    rows: &[(usize, &Entry)],
    mut each: impl FnMut(DossierId, &Named, Deadline),
) -> Result<()> {
    let ids: HashSet<DossierId> = rows.iter().map(|(place, _)| selection.dossiers[*place].1).collect();
    let ids: Vec<DossierId> = ids.into_iter().collect();
    let named = store::deadlines::named(conn, scope.cabinet(), &ids)?;
    let records = store::settlements::of_dossiers(conn, scope, &ids)?;
    for (place, entry) in rows {
        let id = selection.dossiers[*place].1;
        let records = records.get(&id).map(Vec::as_slice).unwrap_or_default();
        if let Some(named) = named.get(&id) {
            each(id, named, shown(selection.due(entry), entry.state, records));
        }
    }
    Ok(())
}

pub fn list_deadlines(call: &Call, _: Nothing, query: DeadlineListQuery, _: Nothing) -> Result<Answer<DeadlinePage>> {
    let (scope, today) = (call.scope()?, call.today());
    let limit = usize::try_from(cursor::limit(query.limit)?).unwrap_or_default();
    let after = query.after.as_deref().map(Place::read).transpose()?;
    let DeadlineQuery { filter, from, to } = query.query;
    let (from, to) = window(today, (from, to), (PAST_DAYS, NEXT_DAYS))?;
    call.app.store.conn()?.read(|conn| {
        let selection = Selection::read(conn, scope, &filter.dossiers, (from, to), today)?;
        let mut rows = selection.rows(&filter, after.as_ref(), limit + 1);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more);
        let next = next.map(|(place, entry)| Place::write(&selection.dossiers[*place], entry));
        let mut data = Vec::with_capacity(rows.len());
        read_rows(conn, scope, &selection, &rows, |dossier_id, named, deadline| {
            data.push(DeadlineRow {
                dossier_id,
                name: named.name.clone(),
                siren: named.siren,
                code: named.code.clone(),
                portfolio_id: named.portfolio_id,
                deadline,
            });
        })?;
        let mut page = DeadlinePage { from, to, data, next, total: None, dossiers: None, facets: None };
        if query.facets == Some(true) {
            page.total = Some(selection.taken(&filter).map(|e| selection.count(e)).sum());
            let groups: HashSet<usize> = selection.taken(&filter).map(|e| e.group).collect();
            page.dossiers = Some(groups.iter().map(|g| selection.groups[*g].members.len() as u64).sum());
            page.facets = Some(facets(&selection, &filter));
        }
        Ok(Answer::new(page))
    })
}

fn facets(selection: &Selection, filter: &DeadlineFilter) -> DeadlineFacets {
    let count = |taken: &dyn Fn(&Entry) -> bool| -> u64 {
        selection.entries.iter().filter(|e| taken(e)).map(|e| selection.count(e)).sum()
    };
    let kind = DueKind::ALL
        .iter()
        .map(|kind| KindCount { kind: *kind, count: count(&|e| e.kind == *kind && of_state(filter, e)) });
    let due = DueState::ALL
        .iter()
        .map(|state| DueStateCount { state: *state, count: count(&|e| e.state == *state && of_kind(filter, e)) });
    DeadlineFacets { kind: kind.filter(|c| c.count > 0).collect(), due: due.filter(|c| c.count > 0).collect() }
}

pub fn read_deadline_days(call: &Call, _: Nothing, query: DeadlineQuery, _: Nothing) -> Result<Answer<DeadlineDays>> {
    let (scope, today) = (call.scope()?, call.today());
    let (from, to) = window(today, (query.from, query.to), (PAST_DAYS, NEXT_DAYS))?;
    let mut conn = call.app.store.conn()?;
    let selection = Selection::read(&mut conn, scope, &query.filter.dossiers, (from, to), today)?;
    let mut days: BTreeMap<NaiveDate, BTreeMap<(DueKind, DueState), u64>> = BTreeMap::new();
    for entry in selection.taken(&query.filter) {
        let counts = days.entry(entry.published_on).or_default();
        *counts.entry((entry.kind, entry.state)).or_default() += selection.count(entry);
    }
    let days = days
        .into_iter()
        .map(|(on, counts)| DeadlineDay {
            on,
            day_off: holiday::day_off(on),
            counts: counts.into_iter().map(|((kind, state), count)| DayCount { kind, state, count }).collect(),
        })
        .collect();
    Ok(Answer::new(DeadlineDays { from, to, days }))
}

const fn state_word(state: DueState) -> &'static str {
    match state {
        DueState::Missed => "En retard",
        DueState::DueSoon => "Proche",
        DueState::Open => "À venir",
        DueState::Done => "Fait",
        DueState::NotApplicable => "Sans opération",
    }
}

pub fn export_deadlines(call: &Call, _: Nothing, query: DeadlineExportQuery, _: Nothing) -> Result<Answer<Nothing>> {
    let (scope, today) = (call.scope()?, call.today());
    let DeadlineQuery { filter, from, to } = query.query;
    let days = window(today, (from, to), (PAST_DAYS, NEXT_DAYS))?;
    let mut sheet = crate::export::Sheet::new(
        "echeances",
        &[
            "Limite publiée",
            "Limite prudente",
            "Échéance",
            "Du",
            "Au",
            "État",
            "Code",
            "Dossier",
            "SIREN",
            "Portefeuille",
            "Preuve",
            "Source de la preuve",
            "Date de la preuve",
            "Déclaré par",
            "À savoir",
        ],
    );
    call.app.store.conn()?.read(|conn| -> Result<()> {
        let portfolios = store::references::portfolio_names(conn, scope)?;
        let selection = Selection::read(conn, scope, &filter.dossiers, days, today)?;
        let total: u64 = selection.taken(&filter).map(|e| selection.count(e)).sum();
        if total > MOST_EXPORTED as u64 {
            return Err(Error::new(Code::BadRequest).and(
                "?to",
                "too_many",
                format!(
                    "{total} échéances : {MOST_EXPORTED} au plus par fichier ; resserrez la période ou les filtres."
                ),
                format!("{total} deadlines: {MOST_EXPORTED} at most in a file; narrow the days or the filters."),
            ));
        }
        let rows = selection.rows(&filter, None, MOST_EXPORTED);
        read_rows(conn, scope, &selection, &rows, |_, named, deadline| {
            let evidence = deadline.settled;
            let of = |text: fn(&SettledBy) -> String| evidence.as_ref().map(text).unwrap_or_default();
            sheet.row([
                deadline.published_on.to_string(),
                deadline.prudent_on.to_string(),
                deadline.kind.text().fr,
                deadline.from.to_string(),
                deadline.to.to_string(),
                state_word(deadline.state).to_owned(),
                named.code.clone().unwrap_or_default(),
                named.name.clone(),
                named.siren.to_string(),
                named.portfolio_id.and_then(|id| portfolios.get(&id).cloned()).unwrap_or_default(),
                of(|e| e.what.clone()),
                of(|e| e.source.clone()),
                of(|e| e.on.to_string()),
                of(|e| e.by_name.clone()),
                deadline.notes.iter().map(|n| n.fr.as_str()).collect::<Vec<_>>().join(" "),
            ]);
        })
    })?;
    Ok(Answer::file(sheet.file(query.format.unwrap_or(FileFormat::Csv), today)?))
}

pub fn read_dossier_calendar(
    call: &Call,
    id: DossierId,
    query: CalendarQuery,
    _: Nothing,
) -> Result<Answer<DossierCalendar>> {
    let (scope, today) = (call.scope()?, call.today());
    let (from, to) = window(today, (query.from, query.to), (YEAR_DAYS, YEAR_DAYS))?;
    call.app.store.conn()?.read(|conn| {
        let dossier = store::dossiers::find(conn, scope, id)?;
        let judge = call.judge(conn)?;
        let Calendar { dues, untold } = judge.assess(&dossier.facts, &dossier.settled).plan.due_between(from, to);
        let records = store::settlements::of_dossiers(conn, scope, &[id])?.remove(&id).unwrap_or_default();
        let deadlines =
            dues.iter().map(|due| shown(due, due.state(dossier.settled.of(due), today), &records)).collect();
        Ok(Answer::new(DossierCalendar { from, to, deadlines, untold }))
    })
}
