//! Exports of platforms: the profile of each, and the work on an import of one. A commit takes a piece of the rows in each
//! transaction, together with the note of how far it is, so that readers and other writers go on meanwhile and a killed
//! job goes on at its row. What a piece brings bears the time at which the commit began: by it an undo knows its own.

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;

use chrono::{DateTime, Utc};
use contract::{
    CellProblem, ColumnsChanged, FlowUndo, ImportDetection, ImportRow, ImportState, ImportSubject, JobKind,
    ProfileChange, ProfileColumn, RowFlow, RowOutcome, TakenOutcome, UndoResult,
};
use domain::flow::{FlowSource, Report, code_of_word};
use domain::reference::PlatformRegister;
use domain::{FlowField, FlowId, ImportId, platform};
use intake::columns::{Remembered, header_key};
use intake::{Detection, FlowOutcome, FlowRow, Options};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::flow_profiles::Row as Profile;
use store::imports::{Part, Row};
use store::journal::Stamp;
use store::{Conn, Scope, dialect};

use super::run::{blank, stamp};
use super::{Counted, Meaning, entry, materialise, open, packed, piece, problem, profiles, reason, refused};
use crate::arrivals::{Platforms, report_of_row};
use crate::flows::{self, Source, Taken, Writing};
use crate::jobs::Work;
use crate::{Error, Result, ids, invalid, time};

/// Rows that are taken in one transaction.
const BATCH: usize = 1_000;

/// How far the work on an import is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    /// When the commit began, in microseconds: the time at which everything of it counts as received.
    received: i64,
    /// The last row taken, as a spreadsheet numbers it.
    row: u32,
    /// Pieces that the undo has gone through.
    undone: usize,
    undo: Tally,
    /// Where the work was when it was last taken up, by which job, and how many times by that job from there.
    from: (u32, usize),
    job: String,
    starts: u32,
}

/// What an undo has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Tally {
    removed: u64,
    statuses: u64,
    kept: u64,
    freed: u64,
}

/// Taken up so many times without a piece more, the work itself is what stops the server.
const MOST_STARTS: u32 = 3;

impl Progress {
    fn of(row: &Row) -> Result<Option<Self>> {
        Ok(row.progress.as_deref().map(serde_json::from_str).transpose()?)
    }

    fn received_at(&self) -> DateTime<Utc> {
        store::time::from_db(self.received)
    }

    /// Notes that the work is taken up.
    fn started(&mut self, job: &str) -> Result<()> {
        let here = (self.row, self.undone);
        self.starts = if self.from == here && self.job == job { self.starts + 1 } else { 1 };
        (self.from, self.job) = (here, job.to_owned());
        if self.starts > MOST_STARTS {
            let row = self.row;
            return Err(Error::conflict(
                format!("Interrompu {MOST_STARTS} fois au même endroit, après la ligne {row}."),
                format!("Interrupted {MOST_STARTS} times in the same place, after row {row}."),
            ));
        }
        Ok(())
    }
}

/// The name of a platform as the register spells it.
pub(super) fn platform_name(given: &str, register: &PlatformRegister) -> Result<String> {
    let name = platform::canonical_name(given, register);
    if name.chars().count() > 100 {
        return Err(invalid(
            "/platform",
            "too_long",
            "Le nom de la plateforme dépasse 100 caractères.",
            "The name of the platform is longer than 100 characters.",
        ));
    }
    Ok(name)
}

fn keys<'h>(headers: impl Iterator<Item = &'h String>) -> BTreeSet<String> {
    headers.map(|h| header_key(h)).filter(|key| !key.is_empty()).collect()
}

/// The profile whose export had the very same columns; nothing when there is none, or more than one.
pub(super) fn profile_of(conn: &mut Conn, scope: &Scope, detection: &Detection) -> Result<Option<Profile>> {
    let seen = keys(detection.columns.iter().map(|c| &c.header));
    if seen.is_empty() {
        return Ok(None);
    }
    let mut found = None;
    for profile in store::flow_profiles::list(conn, scope)? {
        if keys(profiles::columns(&profile)?.iter().map(|c| &c.header)) == seen {
            if found.is_some() {
                return Ok(None);
            }
            found = Some(profile);
        }
    }
    Ok(found)
}

/// What each column means by the platform's profile and its own words, and how the columns differ from the profile's.
pub(super) fn understand(
    detection: &Detection,
    profile: Option<&Profile>,
) -> Result<(impl Fn(usize) -> Meaning, Option<ColumnsChanged>)> {
    let known = profile.map(profiles::columns).transpose()?.unwrap_or_default();
    let remembered: Remembered<FlowField> =
        known.iter().map(|c| (header_key(&c.header), c.field)).filter(|(key, _)| !key.is_empty()).collect();
    let proposals = intake::flow::propose(detection, &remembered);
    let meaning = move |index: usize| {
        let proposal = proposals.iter().find(|p| p.column == index);
        proposal.map_or((None, None, None), |p| (None, p.field, p.reason.map(reason)))
    };
    let changed = profile.map(|_| {
        let (now, before) = (keys(detection.columns.iter().map(|c| &c.header)), keys(known.iter().map(|c| &c.header)));
        let not_in = |headers: Vec<&String>, others: &BTreeSet<String>| -> Vec<String> {
            let gone = |h: &&String| !header_key(h).is_empty() && !others.contains(&header_key(h));
            headers.into_iter().filter(gone).cloned().collect()
        };
        ColumnsChanged {
            added: not_in(detection.columns.iter().map(|c| &c.header).collect(), &before),
            removed: not_in(known.iter().map(|c| &c.header).collect(), &now),
        }
    });
    Ok((meaning, changed.filter(|c| !c.added.is_empty() || !c.removed.is_empty())))
}

pub(super) fn written(changed: Option<&ColumnsChanged>) -> Result<String> {
    Ok(changed.map(serde_json::to_string).transpose()?.unwrap_or_default())
}

/// Whether enough is known to read the rows.
pub(super) fn may_be_checked(row: &Row, detection: &ImportDetection) -> Result<()> {
    if row.platform.is_empty() {
        return Err(invalid(
            "/platform",
            "platform_required",
            "Dites de quelle plateforme vient cet export : ses mots sont lus à sa façon, et retenus pour la fois suivante.",
            "Tell which platform this export comes from: its words are read its own way, and remembered for the next time.",
        ));
    }
    let has = |field: FlowField| detection.columns.iter().any(|c| c.flow_field == Some(field));
    let lacks = |code: &'static str, fr: &str, en: &str| Err(invalid("/columns", code, fr, en));
    if !has(FlowField::Client) {
        return lacks(
            "no_client",
            "Désignez la colonne du SIREN ou du SIRET du client : c’est elle qui mène au dossier.",
            "Tell the column of the client's SIREN or SIRET: it leads to the dossier.",
        );
    }
    if !has(FlowField::Number) {
        return lacks(
            "no_number",
            "Désignez la colonne du numéro de facture : c’est elle qui reconnaît un flux.",
            "Tell the column of the invoice number: it recognises a flow.",
        );
    }
    if !has(FlowField::Direction) && !has(FlowField::Seller) {
        return lacks(
            "no_direction",
            "Désignez la colonne du sens (vente ou achat), ou celle du SIREN du vendeur.",
            "Tell the column of the direction (sale or purchase), or that of the seller's SIREN.",
        );
    }
    if has(FlowField::Status) && !has(FlowField::StatusAt) && !has(FlowField::IssuedOn) {
        return lacks(
            "no_date",
            "Désignez la date du statut, ou celle de la facture : un statut sans date ne se range pas.",
            "Tell the date of the status, or that of the invoice: a status without a date has no place.",
        );
    }
    Ok(())
}

/// Remembers how the export of its platform is read.
pub(super) fn remember(conn: &mut Conn, scope: &Scope, row: &Row, now: DateTime<Utc>) -> Result<()> {
    let detection: ImportDetection = serde_json::from_str(&row.detection)?;
    let layout: Vec<ProfileColumn> = detection
        .columns
        .into_iter()
        .filter(|c| !c.header.is_empty())
        .map(|c| ProfileColumn { header: c.header, field: c.flow_field })
        .collect();
    let changed = match row.changed.as_str() {
        "" => String::new(),
        changed => {
            let ColumnsChanged { added, removed } = serde_json::from_str(changed)?;
            serde_json::to_string(&ProfileChange { at: now, added, removed })?
        }
    };
    let profile = Profile {
        id: ids::profile().to_string(),
        cabinet_id: scope.cabinet().to_string(),
        platform: row.platform.clone(),
        layout: serde_json::to_string(&layout)?,
        changed,
        used_at: store::time::to_db(now),
    };
    Ok(store::flow_profiles::remember(conn, scope, profile)?)
}

/// A row of the file: what it reports, or what is settled of it already.
enum Pending {
    Report(Box<Report>, ImportRow),
    Settled(ImportRow),
}

fn pending(row: FlowRow<'_>, row_platform: &str, platforms: &mut Platforms<'_>) -> Pending {
    let number = u64::from(row.number);
    let notes: Vec<CellProblem> = row
        .notes
        .iter()
        .map(|n| CellProblem {
            column: intake::column_letter(n.column),
            flow_field: Some(n.field),
            ..problem(n.note.code.as_str(), n.note.text.fr.clone(), n.note.text.en.clone())
        })
        .collect();
    match row.outcome {
        FlowOutcome::Skipped(skip) => {
            Pending::Settled(ImportRow { reason: Some(skip.text()), ..blank(number, RowOutcome::Skipped) })
        }
        FlowOutcome::Rejected => {
            let errors = row
                .errors
                .into_iter()
                .map(|e| CellProblem {
                    column: e.letter,
                    header: e.header,
                    field: None,
                    flow_field: Some(e.field),
                    code: e.error.code.as_str().to_owned(),
                    value: e.error.value,
                    message: e.error.message,
                    expected: Some(e.error.expected),
                })
                .collect();
            Pending::Settled(ImportRow { errors, notes, ..blank(number, RowOutcome::Error) })
        }
        FlowOutcome::Says(says) => {
            let report = report_of_row(*says, row_platform, platforms);
            let shown = ImportRow {
                siren: report.owner_siren.map(|s| s.to_string()),
                name: Some(report.counterparty_name.clone()).filter(|n| !n.is_empty()),
                flow: Some(RowFlow {
                    id: None,
                    client: report.owner.clone(),
                    number: report.number.clone(),
                    direction: report.direction,
                    counterparty: report.counterparty.clone(),
                    status: report.status.as_ref().map(|s| s.raw.clone()).unwrap_or_default(),
                    code: report.status.as_ref().and_then(|s| s.code.or_else(|| code_of_word(&s.raw, report.kind))),
                    gross_cents: report.gross_cents,
                }),
                notes,
                ..blank(number, RowOutcome::Unchanged)
            };
            Pending::Report(Box::new(report), shown)
        }
    }
}

/// Puts what became of the reports beside their rows.
fn settled(batch: Vec<Pending>, taken: &Taken, commits: bool) -> Vec<ImportRow> {
    let mut became = taken.reports.iter();
    let settle = |pending| match pending {
        Pending::Settled(row) => row,
        Pending::Report(_, mut row) => {
            let Some(taken) = became.next() else { return row };
            row.outcome = match taken.outcome {
                TakenOutcome::Created => RowOutcome::Create,
                TakenOutcome::Added => RowOutcome::Update,
                TakenOutcome::Unchanged => RowOutcome::Unchanged,
                TakenOutcome::Unread => RowOutcome::Unread,
                TakenOutcome::Refused => RowOutcome::Error,
            };
            if let Some(message) = &taken.message {
                match row.outcome {
                    RowOutcome::Error => row.errors.push(problem("refused", message.fr.clone(), message.en.clone())),
                    _ => row.notes.push(problem("note", message.fr.clone(), message.en.clone())),
                }
            }
            if let Some(flow) = &mut row.flow {
                flow.id = taken.flow.filter(|_| commits);
            }
            row
        }
    };
    batch.into_iter().map(settle).collect()
}

fn reports(batch: &[Pending]) -> Vec<Report> {
    batch
        .iter()
        .filter_map(|p| match p {
            Pending::Report(report, _) => Some((**report).clone()),
            Pending::Settled(_) => None,
        })
        .collect()
}

/// What a dry run has seen of the file itself: a row may tell of a flow of an earlier piece, which is not written.
#[derive(Default)]
struct Seen {
    flows: HashSet<u64>,
    statuses: HashSet<u64>,
}

impl Seen {
    fn correct(&mut self, reports: &[Report], taken: &mut Taken) {
        let number = |of: &dyn Fn(&mut DefaultHasher)| {
            let mut hasher = DefaultHasher::new();
            of(&mut hasher);
            hasher.finish()
        };
        let mut fresh = Vec::with_capacity(reports.len());
        for (report, became) in reports.iter().zip(&mut taken.reports) {
            let key = report.key();
            let flow = number(&|h| key.hash(h));
            let status = number(&|h| {
                key.hash(h);
                if let Some(s) = &report.status {
                    (s.code, &s.raw, s.at, &s.reasons, s.collected_cents).hash(h);
                }
            });
            if self.flows.contains(&flow) {
                became.outcome = match became.outcome {
                    TakenOutcome::Created | TakenOutcome::Added | TakenOutcome::Unread
                        if self.statuses.contains(&status) =>
                    {
                        TakenOutcome::Unchanged
                    }
                    TakenOutcome::Created => TakenOutcome::Added,
                    other => other,
                };
            }
            fresh.push((flow, status));
        }
        for (flow, status) in fresh {
            self.flows.insert(flow);
            self.statuses.insert(status);
        }
    }
}

/// Walks the rows behind `after` in pieces.
fn walk(
    work: &Work<'_>,
    conn: &mut Conn,
    row: &Row,
    after: u32,
    mut take: impl FnMut(&mut Conn, Vec<Pending>, u32, Option<u64>) -> Result<()>,
) -> Result<()> {
    let file = materialise(conn, row)?;
    let source = open(work.app, file.path(), &row.filename, ImportSubject::Flows)?;
    let options: Options = serde_json::from_str(&row.options)?;
    let detection: ImportDetection = serde_json::from_str(&row.detection)?;
    let sheet = detection.sheets.iter().find(|s| Some(&s.name) == detection.sheet.as_ref()).map(|s| s.rows);
    let expected = sheet.or_else(|| detection.columns.iter().map(|c| c.filled).max());
    let columns: Vec<(usize, FlowField)> =
        detection.columns.iter().filter_map(|c| Some((c.index as usize, c.flow_field?))).collect();
    let register = work.app.register(conn)?;
    let mut platforms = Platforms::new(&register);
    let mut batch = Vec::with_capacity(BATCH);
    let (mut last, mut failed) = (after, None);
    intake::parse_flow_list(&source, &options, &columns, after, |item| {
        last = item.number;
        batch.push(pending(item, &row.platform, &mut platforms));
        if batch.len() < BATCH {
            return ControlFlow::Continue(());
        }
        match take(conn, std::mem::take(&mut batch), last, expected) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    })
    .map_err(|r| refused(&r))?;
    match failed {
        Some(error) => Err(error),
        None if batch.is_empty() => Ok(()),
        None => take(conn, batch, last, expected),
    }
}

/// Takes a piece over: the platform is the source, the same at each of its imports.
fn taken(conn: &mut Conn, work: &Work<'_>, row: &Row, stamp: &Stamp, reports: &[Report]) -> Result<Taken> {
    if reports.is_empty() {
        return Ok(Taken::default());
    }
    let cabinet = work.scope.cabinet();
    let judge = work.app.judge(conn, cabinet, time::paris_day(Utc::now()))?;
    let mut w = Writing { conn, cabinet, stamp, judge: &judge };
    flows::take(&mut w, Source { kind: FlowSource::List, name: &row.platform }, reports)
}

/// The dry run: each piece is taken, and the taking given up. What it would have told is kept.
pub(super) fn run_check(work: &Work<'_>, id: ImportId) -> Result<()> {
    let mut conn = work.app.store.conn()?;
    let (mut row, _) = store::imports::find(&mut conn, &work.scope, id)?;
    let cabinet = work.scope.cabinet();
    let stamp = stamp(work);
    conn.write(|conn| store::imports::delete_chunks(conn, &row.id, Part::Rows))?;
    let (mut counted, mut seen) = (Counted::default(), Seen::default());
    let walked = row.clone();
    walk(work, &mut conn, &walked, 0, |conn, batch, _, expected| {
        let reports = reports(&batch);
        let mut became = None;
        let given_up = conn.write(|conn| -> Result<()> {
            dialect::lock_cabinet(conn, cabinet)?;
            became = Some(taken(conn, work, &walked, &stamp, &reports)?);
            Err(Error::internal("a dry run writes nothing"))
        });
        let mut became = match (became, given_up) {
            (Some(taken), _) => taken,
            (None, Err(error)) => return Err(error),
            (None, Ok(())) => Taken::default(),
        };
        seen.correct(&reports, &mut became);
        let rows = settled(batch, &became, false);
        let bytes = packed(&rows)?;
        let n = counted.pieces.len() as i64;
        counted.add(&rows);
        conn.write(|conn| -> Result<()> {
            let done = counted.total.rows;
            work.beat(conn, done, expected.map(|e| e.max(done)))?;
            Ok(store::imports::put_chunk(conn, &walked.id, Part::Rows, n, &bytes)?)
        })
    })?;
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, cabinet)?;
        row.counts = Some(serde_json::to_string(&counted)?);
        row.state = ImportState::Checked.to_string();
        store::imports::update(conn, &mut row)?;
        work.finish(conn, Utc::now())
    })
}

/// Begins the work in pieces, or goes on with it.
fn take_up(work: &Work<'_>, conn: &mut Conn, id: ImportId) -> Result<(Row, Progress, Counted)> {
    let now = Utc::now();
    conn.write(|conn| -> Result<_> {
        dialect::lock_cabinet(conn, work.scope.cabinet())?;
        let (mut row, _) = store::imports::find(conn, &work.scope, id)?;
        let (mut progress, counted) = match Progress::of(&row)? {
            Some(progress) => (progress, Counted::of(&row)?.unwrap_or_default()),
            None => {
                // What the dry run told makes room for what is done.
                store::imports::delete_chunks(conn, &row.id, Part::Rows)?;
                let received = store::time::to_db(now);
                let undo = Tally::default();
                (
                    Progress { received, row: 0, undone: 0, undo, from: (0, 0), job: String::new(), starts: 0 },
                    Counted::default(),
                )
            }
        };
        progress.started(&work.row.id)?;
        keep(conn, &mut row, &progress, &counted)?;
        Ok((row, progress, counted))
    })
}

fn keep(conn: &mut Conn, row: &mut Row, progress: &Progress, counted: &Counted) -> Result<()> {
    row.progress = Some(serde_json::to_string(progress)?);
    row.counts = Some(serde_json::to_string(counted)?);
    Ok(store::imports::advance(conn, row)?)
}

/// The commit, piece by piece.
pub(super) fn run_commit(work: &Work<'_>, id: ImportId) -> Result<()> {
    let mut conn = work.app.store.conn()?;
    let cabinet = work.scope.cabinet();
    let (mut row, mut progress, mut counted) = take_up(work, &mut conn, id)?;
    let stamp = Stamp { at: progress.received_at(), ..stamp(work) };
    let walked = row.clone();
    walk(work, &mut conn, &walked, progress.row, |conn, batch, last, expected| {
        let reports = reports(&batch);
        conn.write(|conn| -> Result<()> {
            dialect::lock_cabinet(conn, cabinet)?;
            let became = taken(conn, work, &walked, &stamp, &reports)?;
            let rows = settled(batch, &became, true);
            store::imports::put_chunk(conn, &walked.id, Part::Rows, counted.pieces.len() as i64, &packed(&rows)?)?;
            counted.add(&rows);
            progress.row = last;
            keep(conn, &mut row, &progress, &counted)?;
            let done = counted.total.rows;
            work.beat(conn, done, expected.map(|e| e.max(done)))
        })
    })?;
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, cabinet)?;
        let changes = json!({ "counts": [null, counted.total], "platform": [null, row.platform] });
        let now = Stamp { at: Utc::now(), ..stamp.clone() };
        store::journal::append(conn, cabinet, &now, &[entry("import.commit", &row, changes)])?;
        row.state = ImportState::Committed.to_string();
        row.committed_at = Some(store::time::to_db(now.at));
        store::imports::update(conn, &mut row)?;
        work.finish(conn, now.at)
    })
}

/// What the rows of a piece brought, or added to.
fn brought(rows: &[ImportRow]) -> Vec<FlowId> {
    let written = |r: &&ImportRow| matches!(r.outcome, RowOutcome::Create | RowOutcome::Update | RowOutcome::Unread);
    let ids: BTreeSet<FlowId> = rows.iter().filter(written).filter_map(|r| r.flow.as_ref()?.id).collect();
    ids.into_iter().collect()
}

/// The undo, piece by piece: statuses that came at the time of this commit from its platform, and flows of which nothing
/// else is known. A commit that was given up ends here too, and its import is a draft again.
pub(super) fn run_undo(work: &Work<'_>, id: ImportId) -> Result<()> {
    let mut conn = work.app.store.conn()?;
    let cabinet = work.scope.cabinet();
    let (mut row, mut progress, counted) = take_up(work, &mut conn, id)?;
    let stamp = stamp(work);
    let total = counted.pieces.len();
    // What an earlier attempt has gone through is not known any more: then all evidence of flows is looked at.
    let mut dossiers = (progress.undone == 0).then(BTreeSet::new);
    while progress.undone < total {
        conn.write(|conn| -> Result<()> {
            dialect::lock_cabinet(conn, cabinet)?;
            let ids = brought(&piece(conn, &row, progress.undone)?);
            if !ids.is_empty() {
                let judge = work.app.judge(conn, cabinet, time::paris_day(stamp.at))?;
                let mut w = Writing { conn, cabinet, stamp: &stamp, judge: &judge };
                let source = Source { kind: FlowSource::List, name: &row.platform };
                let withdrawn = flows::withdraw(&mut w, source, progress.received_at(), &ids)?;
                progress.undo.removed += withdrawn.removed;
                progress.undo.statuses += withdrawn.statuses;
                progress.undo.kept += withdrawn.kept;
                progress.undo.freed += withdrawn.freed;
                if let Some(dossiers) = &mut dossiers {
                    dossiers.extend(withdrawn.dossiers);
                }
            }
            progress.undone += 1;
            keep(conn, &mut row, &progress, &counted)?;
            work.beat(conn, progress.undone as u64, Some(total as u64))
        })?;
    }
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, cabinet)?;
        let Tally { removed, statuses, kept, freed } = progress.undo;
        let judge = work.app.judge(conn, cabinet, time::paris_day(stamp.at))?;
        let dossiers: Option<Vec<_>> = dossiers.map(|all| all.into_iter().collect());
        let mut w = Writing { conn: &mut *conn, cabinet, stamp: &stamp, judge: &judge };
        flows::prove_less(&mut w, dossiers.as_deref())?;
        row.progress = None;
        if row.committed_at.is_none() {
            // The commit was given up: what it had brought is gone, and the file is there.
            store::imports::delete_chunks(conn, &row.id, Part::Rows)?;
            row.counts = None;
            row.state = ImportState::Draft.to_string();
        } else {
            let flows = FlowUndo { flows_removed: removed, statuses_removed: statuses, flows_kept: kept };
            // A flow that another source told of as well is as before without the statuses of the import.
            let result =
                UndoResult { reversed: removed + freed, kept: kept - freed, failed: 0, left: Vec::new(), flows: Some(flows) };
            let changes = json!({ "reversed": [null, result.reversed], "kept": [null, result.kept], "statuses": [null, statuses] });
            store::journal::append(conn, cabinet, &stamp, &[entry("import.undo", &row, changes)])?;
            row.undo = Some(serde_json::to_string(&result)?);
            row.state = ImportState::Undone.to_string();
        }
        store::imports::update(conn, &mut row)?;
        work.finish(conn, Utc::now())
    })
}

/// A job in pieces ended without result. What a commit had taken is taken back at once: nothing of it is to be applied. An
/// undo that did not get through can be asked for again, and goes on where it was.
pub(super) fn left_off(conn: &mut Conn, scope: &Scope, row: &mut Row, job: &store::jobs::Row) -> Result<()> {
    if job.kind == JobKind::ImportCommit.as_str() {
        let undo =
            store::jobs::enqueue(conn, scope, JobKind::ImportUndo.as_str(), &row.id, &job.request_id, Utc::now())?;
        row.state = ImportState::Undoing.to_string();
        row.job_id = Some(undo.id);
    } else {
        row.state = ImportState::Failed.to_string();
    }
    Ok(store::imports::update(conn, row)?)
}
