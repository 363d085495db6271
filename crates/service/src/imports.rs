//! Client lists: upload and detection, meaning of the columns, dry run, commit, undo. What reads files is in `intake`;
//! here a row meets what the firm already knows.

mod merge;
mod run;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::Path;

use contract::{
    CellProblem, Code, Import, ImportChange, ImportColumn, ImportDetection, ImportList, ImportRow, ImportRows,
    ImportRowsQuery, ImportSheet, ImportState, ImportSummary, ImportUploadQuery, Job, JobKind, ListKind, MappingReason,
    Nothing, PageQuery, RowOutcome,
};
use domain::{ImportId, Lang, ListField, Text};
use intake::{Detection, Limits, Options, Refusal, Remembered, Source};
use serde_json::json;
use store::imports::{Part, Row};
use store::journal::Entry;
use store::{Conn, Scope, dialect};
use tempfile::NamedTempFile;

use crate::{Answer, App, Call, Error, FileReply, Result, cursor, ids, invalid, jobs, journal};

pub use run::{run_check, run_commit, run_undo};

const CHUNK: usize = 1024 * 1024;

fn refused(refusal: &Refusal) -> Error {
    Error::say(Code::FileRefused, refusal.sentence(Lang::Fr), refusal.sentence(Lang::En))
}

fn limits(app: &App) -> Limits {
    Limits {
        max_file_bytes: app.settings.import_max_bytes,
        max_rows: u32::try_from(app.settings.import_max_rows).unwrap_or(u32::MAX),
        ..Limits::default()
    }
}

/// Detects what options leave open and proposes what each column means.
fn understand(
    conn: &mut Conn,
    scope: &Scope,
    source: &Source,
    options: &Options,
) -> Result<(Options, String, ImportDetection)> {
    let detection = intake::detect(source, options).map_err(|r| refused(&r))?;
    let remembered: Remembered = store::imports::mapping(conn, scope.cabinet(), &detection.fingerprint)?
        .and_then(|m| serde_json::from_str(&m).ok())
        .unwrap_or_default();
    let (managers, assignees) = store::dossiers::known_labels(conn, scope.cabinet())?;
    let fold_all = |labels: Vec<String>| -> std::collections::HashSet<String> {
        labels.iter().filter(|l| !l.is_empty()).map(|l| domain::fold(l)).collect()
    };
    let (managers, assignees) = (fold_all(managers), fold_all(assignees));
    let known = |field: ListField, value: &str| match field {
        ListField::Manager => managers.contains(&domain::fold(value)),
        ListField::Assignee => assignees.contains(&domain::fold(value)),
        _ => false,
    };
    let proposals = intake::propose(&detection, &remembered, &known);
    let shown = shown(&detection, source, |index| {
        proposals.iter().find(|p| p.column == index).map_or((None, None), |p| (p.field, p.reason.map(reason)))
    });
    Ok((detection.options(), detection.fingerprint, shown))
}

const fn reason(reason: intake::Reason) -> MappingReason {
    match reason {
        intake::Reason::Header => MappingReason::Header,
        intake::Reason::Content => MappingReason::Content,
        intake::Reason::Remembered => MappingReason::Remembered,
    }
}

fn shown(
    detection: &Detection,
    source: &Source,
    meaning: impl Fn(usize) -> (Option<ListField>, Option<MappingReason>),
) -> ImportDetection {
    ImportDetection {
        kind: match detection.kind {
            intake::Kind::Csv => ListKind::Csv,
            intake::Kind::Tsv => ListKind::Tsv,
            intake::Kind::Xlsx => ListKind::Xlsx,
            intake::Kind::Xls => ListKind::Xls,
            intake::Kind::Ods => ListKind::Ods,
        },
        encoding: detection.encoding.map(|e| e.to_string()),
        separator: detection.separator.map(|s| s.to_string()),
        sheets: detection
            .sheets
            .iter()
            .map(|s| ImportSheet { name: s.name.clone(), rows: u64::from(s.rows), visible: s.visible })
            .collect(),
        sheet: detection.sheet.clone(),
        header_row: detection.header_row,
        columns: detection
            .columns
            .iter()
            .map(|c| {
                let (field, reason) = meaning(c.index);
                ImportColumn {
                    index: c.index as u32,
                    letter: c.letter.clone(),
                    header: c.header.clone(),
                    samples: c.samples.clone(),
                    filled: u64::from(c.filled),
                    field,
                    reason,
                }
            })
            .collect(),
        notes: source.notes().iter().chain(&detection.notes).map(|n| n.text.clone()).collect(),
    }
}

/// The uploaded file, put together again outside the database.
fn materialise(conn: &mut Conn, row: &Row) -> Result<NamedTempFile> {
    let mut file = NamedTempFile::new().map_err(Error::internal)?;
    let mut n = 0;
    while let Some(piece) = store::imports::chunk(conn, &row.id, Part::File, n)? {
        file.write_all(&piece).map_err(Error::internal)?;
        n += 1;
    }
    file.flush().map_err(Error::internal)?;
    Ok(file)
}

fn open(app: &App, path: &Path, name: &str) -> Result<Source> {
    Source::open(path, name, limits(app)).map_err(|r| refused(&r))
}

fn mapping(detection: &ImportDetection) -> Vec<(usize, ListField)> {
    detection.columns.iter().filter_map(|c| Some((c.index as usize, c.field?))).collect()
}

fn state_of(row: &Row) -> Result<ImportState> {
    ImportState::try_from(row.state.as_str()).map_err(Error::internal)
}

/// Counts of the whole import, and of each piece of its rows by outcome, so that a page of one outcome skips the pieces
/// that have none.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
struct Counted {
    total: contract::ImportCounts,
    pieces: Vec<[u32; 5]>,
}

fn import(row: &Row, by: Option<String>) -> Result<Import> {
    let counted: Option<Counted> = row.counts.as_deref().map(serde_json::from_str).transpose()?;
    Ok(Import {
        id: row.id.parse().map_err(Error::internal)?,
        version: row.version,
        filename: row.filename.clone(),
        bytes: u64::try_from(row.bytes).unwrap_or_default(),
        state: state_of(row)?,
        detection: serde_json::from_str(&row.detection)?,
        counts: counted.map(|c| c.total),
        undo: row.undo.as_deref().map(serde_json::from_str).transpose()?,
        job_id: row.job_id.as_deref().and_then(|j| j.parse().ok()),
        created_by: by.unwrap_or_default(),
        created_at: store::time::from_db(row.created_at),
        committed_at: row.committed_at.map(store::time::from_db),
    })
}

fn entry(action: &'static str, row: &Row, changes: serde_json::Value) -> Entry {
    Entry {
        action,
        subject_kind: "import",
        subject_id: row.id.clone(),
        subject_label: row.filename.clone(),
        changes,
        act_id: Some(row.id.clone()),
    }
}

/// The name of a file without its folders, short enough to show.
fn file_name(given: &str) -> String {
    let name = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(120).collect();
    if name.trim().is_empty() { "liste".to_owned() } else { name.trim().to_owned() }
}

pub fn create_import(call: &Call, _: Nothing, query: ImportUploadQuery, _: Nothing) -> Result<Answer<Import>> {
    let scope = call.scope()?;
    let upload = call
        .upload
        .as_ref()
        .ok_or_else(|| Error::say(Code::FileRefused, "Aucun fichier n’a été reçu.", "No file was received."))?;
    let filename = file_name(&query.filename);
    let source = open(&call.app, &upload.path, &filename)?;
    let mut conn = call.app.store.conn()?;
    let (options, fingerprint, detection) = understand(&mut conn, scope, &source, &Options::default())?;
    let row = Row {
        id: ids::import().to_string(),
        cabinet_id: scope.cabinet().to_string(),
        version: 1,
        filename,
        bytes: i64::try_from(upload.bytes).unwrap_or(i64::MAX),
        state: ImportState::Draft.to_string(),
        fingerprint,
        options: serde_json::to_string(&options)?,
        detection: serde_json::to_string(&detection)?,
        counts: None,
        undo: None,
        job_id: None,
        user_id: scope.user().to_string(),
        created_at: store::time::to_db(call.now),
        committed_at: None,
    };
    let mut file = std::fs::File::open(&*upload.path).map_err(Error::internal)?;
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        store::imports::insert(conn, &row)?;
        let mut piece = vec![0; CHUNK];
        for n in 0.. {
            let read = fill(&mut file, &mut piece).map_err(Error::internal)?;
            if read == 0 {
                break;
            }
            store::imports::put_chunk(conn, &row.id, Part::File, n, &piece[..read])?;
        }
        let changes = json!({ "bytes": [null, row.bytes] });
        store::journal::append(conn, scope.cabinet(), &journal::stamp(call), &[entry("import.create", &row, changes)])?;
        Ok(())
    })?;
    let name = call.actor()?.name.clone();
    Ok(Answer::new(import(&row, Some(name))?).etag(row.version))
}

/// Reads until the piece is full or the file ends.
fn fill(file: &mut std::fs::File, piece: &mut [u8]) -> std::io::Result<usize> {
    let mut at = 0;
    while at < piece.len() {
        match file.read(&mut piece[at..])? {
            0 => break,
            n => at += n,
        }
    }
    Ok(at)
}

pub fn read_import(call: &Call, id: ImportId, _: Nothing, _: Nothing) -> Result<Answer<Import>> {
    let (row, by) = store::imports::find(&mut *call.app.store.conn()?, call.scope()?, id)?;
    Ok(Answer::new(import(&row, by)?).etag(row.version))
}

pub fn list_imports(call: &Call, _: Nothing, query: PageQuery, _: Nothing) -> Result<Answer<ImportList>> {
    let limit = cursor::limit(query.limit)?;
    let after = query
        .after
        .as_deref()
        .map(|c| -> Result<(i64, String)> {
            let [at, id] = cursor::read::<2>(c)?;
            Ok((at.parse().map_err(|_| cursor::wrong())?, id))
        })
        .transpose()?;
    let mut rows = store::imports::list(&mut *call.app.store.conn()?, call.scope()?, after, limit + 1)?;
    let mut next = None;
    if rows.len() as i64 > limit {
        rows.truncate(limit as usize);
        next = rows.last().map(|(row, _)| cursor::write(&[&row.created_at.to_string(), &row.id]));
    }
    let data = rows
        .into_iter()
        .map(|(row, by)| {
            let i = import(&row, by)?;
            Ok(ImportSummary {
                id: i.id,
                filename: i.filename,
                bytes: i.bytes,
                state: i.state,
                counts: i.counts,
                undo: i.undo,
                job_id: i.job_id,
                created_by: i.created_by,
                created_at: i.created_at,
                committed_at: i.committed_at,
            })
        })
        .collect::<Result<_>>()?;
    Ok(Answer::new(ImportList { data, next }))
}

fn not_in_state(row: &Row) -> Error {
    let (fr, en) = match ImportState::try_from(row.state.as_str()) {
        Ok(ImportState::Committed) => ("déjà validé", "already committed"),
        Ok(ImportState::Undone) => ("déjà annulé", "already undone"),
        Ok(ImportState::Draft | ImportState::Failed) => ("pas encore vérifié", "not checked yet"),
        Ok(ImportState::Checked) => ("pas encore validé", "not committed yet"),
        _ => ("en cours de traitement", "being worked on"),
    };
    Error::conflict(format!("Cet import est {fr}."), format!("This import is {en}."))
}

pub fn update_import(call: &Call, id: ImportId, _: Nothing, body: ImportChange) -> Result<Answer<Import>> {
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let (mut row, by) = store::imports::find(&mut conn, scope, id)?;
    call.check_version(row.version)?;
    let open_states = [ImportState::Draft, ImportState::Checked, ImportState::Failed];
    if !open_states.contains(&state_of(&row)?) {
        return Err(not_in_state(&row));
    }
    let mut detection: ImportDetection = serde_json::from_str(&row.detection)?;
    if body.encoding.is_some() || body.separator.is_some() || body.sheet.is_some() || body.header_row.is_some() {
        let mut options = Options { sheet: detection.sheet.clone(), ..Options::default() };
        let known: Options = serde_json::from_str(&row.options)?;
        options.encoding = known.encoding;
        options.separator = known.separator;
        if let Some(encoding) = &body.encoding {
            options.encoding = Some(intake::Encoding::try_from(encoding.as_str()).map_err(|e| {
                invalid(
                    "/encoding",
                    "encoding",
                    format!("« {} » : attendu l’un de {}.", e.value, e.accepted),
                    format!("« {} »: expected one of {}.", e.value, e.accepted),
                )
            })?);
        }
        if let Some(separator) = &body.separator {
            let mut chars = separator.chars();
            options.separator = match (chars.next(), chars.next()) {
                (Some(c), None) => Some(c),
                _ => {
                    return Err(invalid(
                        "/separator",
                        "separator",
                        "Un seul caractère est attendu : ; , tabulation ou |.",
                        "One character is expected: ; , tab or |.",
                    ));
                }
            };
        }
        if let Some(sheet) = &body.sheet {
            options.sheet = Some(sheet.clone());
        }
        options.header_row = body.header_row;
        let file = materialise(&mut conn, &row)?;
        let source = open(&call.app, file.path(), &row.filename)?;
        let (options, fingerprint, seen) = understand(&mut conn, scope, &source, &options)?;
        row.options = serde_json::to_string(&options)?;
        row.fingerprint = fingerprint;
        detection = seen;
    }
    if let Some(choices) = &body.columns {
        choose(&mut detection, choices)?;
    }
    row.detection = serde_json::to_string(&detection)?;
    row.state = ImportState::Draft.to_string();
    row.counts = None;
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let (present, _) = store::imports::find(conn, scope, id)?;
        call.check_version(present.version)?;
        store::imports::delete_chunks(conn, &row.id, Part::Rows)?;
        store::imports::update(conn, &mut row)?;
        let changes = json!({ "columns": [null, mapping(&detection).iter().map(|(i, f)| (i.to_string(), f.as_str())).collect::<BTreeMap<_, _>>()] });
        store::journal::append(conn, scope.cabinet(), &journal::stamp(call), &[entry("import.update", &row, changes)])?;
        Ok(())
    })?;
    Ok(Answer::new(import(&row, by)?).etag(row.version))
}

fn choose(detection: &mut ImportDetection, choices: &[contract::ColumnChoice]) -> Result<()> {
    for (i, choice) in choices.iter().enumerate() {
        let Some(column) = detection.columns.iter_mut().find(|c| c.index == choice.index) else {
            return Err(invalid(
                format!("/columns/{i}/index"),
                "unknown_column",
                format!("La colonne {} n’existe pas dans ce fichier.", choice.index),
                format!("Column {} does not exist in this file.", choice.index),
            ));
        };
        if column.field != choice.field {
            column.field = choice.field;
            column.reason = choice.field.map(|_| MappingReason::Chosen);
        }
    }
    let mut taken: BTreeMap<ListField, &str> = BTreeMap::new();
    for column in &detection.columns {
        let Some(field) = column.field else { continue };
        if let Some(other) = taken.insert(field, &column.letter) {
            return Err(invalid(
                "/columns",
                "field_twice",
                format!("Les colonnes {other} et {} désignent toutes deux « {field} » : gardez-en une.", column.letter),
                format!("Columns {other} and {} both mean « {field} »: keep one.", column.letter),
            ));
        }
    }
    Ok(())
}

pub fn delete_import(call: &Call, id: ImportId, _: Nothing, _: Nothing) -> Result<Answer<Nothing>> {
    let scope = call.scope()?;
    call.app.store.conn()?.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let (row, _) = store::imports::find(conn, scope, id)?;
        if !matches!(state_of(&row)?, ImportState::Draft | ImportState::Checked | ImportState::Failed) {
            return Err(not_in_state(&row));
        }
        store::imports::delete(conn, scope, id)?;
        store::journal::append(
            conn,
            scope.cabinet(),
            &journal::stamp(call),
            &[entry("import.delete", &row, json!({}))],
        )?;
        Ok(())
    })?;
    Ok(Answer::none())
}

/// Queues work on an import and moves it to the state of being worked on.
fn enqueue(
    call: &Call,
    id: ImportId,
    kind: JobKind,
    from: &[ImportState],
    to: ImportState,
    also: impl FnOnce(&mut Conn, &Row) -> Result<()>,
) -> Result<Answer<Job>> {
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let job = conn.write(|conn| -> Result<store::jobs::Row> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let (mut row, _) = store::imports::find(conn, scope, id)?;
        if !from.contains(&state_of(&row)?) {
            return Err(not_in_state(&row));
        }
        also(conn, &row)?;
        let job = store::jobs::enqueue(conn, scope, kind.as_str(), &id.to_string(), &call.request_id, call.now)?;
        row.state = to.to_string();
        row.job_id = Some(job.id.clone());
        store::imports::update(conn, &mut row)?;
        Ok(job)
    })?;
    call.app.shared.progress.wake();
    Ok(Answer::new(jobs::shown(&call.app, &mut conn, job)?))
}

pub fn check_import(call: &Call, id: ImportId, _: Nothing, _: Nothing) -> Result<Answer<Job>> {
    let from = [ImportState::Draft, ImportState::Checked, ImportState::Failed];
    let scope = call.scope()?;
    enqueue(call, id, JobKind::ImportCheck, &from, ImportState::Checking, |conn, row| {
        let detection: ImportDetection = serde_json::from_str(&row.detection)?;
        let fields: Vec<ListField> = detection.columns.iter().filter_map(|c| c.field).collect();
        if !fields.iter().any(|f| matches!(f, ListField::Siren | ListField::Siret | ListField::VatNumber)) {
            return Err(invalid(
                "/columns",
                "no_identifier",
                "Désignez la colonne du SIREN, du SIRET ou du numéro de TVA : c’est elle qui reconnaît un client.",
                "Tell the column of the SIREN, the SIRET or the VAT number: it recognises a client.",
            ));
        }
        let remembered: Remembered =
            detection.columns.iter().map(|c| (intake::columns::header_key(&c.header), c.field)).collect();
        let mapping = serde_json::to_string(&remembered)?;
        let now = store::time::to_db(call.now);
        dialect::upsert_mapping(conn, scope.cabinet(), &row.fingerprint, &mapping, now)?;
        Ok(())
    })
}

pub fn commit_import(call: &Call, id: ImportId, _: Nothing, _: Nothing) -> Result<Answer<Job>> {
    enqueue(call, id, JobKind::ImportCommit, &[ImportState::Checked], ImportState::Committing, |_, _| Ok(()))
}

pub fn undo_import(call: &Call, id: ImportId, _: Nothing, _: Nothing) -> Result<Answer<Job>> {
    enqueue(call, id, JobKind::ImportUndo, &[ImportState::Committed], ImportState::Undoing, |_, _| Ok(()))
}

/// A job that ended without result leaves its import where it can go on from.
pub fn job_ended(conn: &mut Conn, scope: &Scope, job: &store::jobs::Row) -> Result<()> {
    let state = match JobKind::try_from(job.kind.as_str()).map_err(Error::internal)? {
        JobKind::ImportCheck => ImportState::Failed,
        JobKind::ImportCommit => ImportState::Checked,
        JobKind::ImportUndo => ImportState::Committed,
        JobKind::Evaluation => return Ok(()),
    };
    let id: ImportId = job.subject_id.parse().map_err(Error::internal)?;
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let (mut row, _) = store::imports::find(conn, scope, id)?;
        row.state = state.to_string();
        store::imports::update(conn, &mut row)?;
        Ok(())
    })
}

const fn place(outcome: RowOutcome) -> usize {
    match outcome {
        RowOutcome::Create => 0,
        RowOutcome::Update => 1,
        RowOutcome::Unchanged => 2,
        RowOutcome::Skipped => 3,
        RowOutcome::Error => 4,
    }
}

pub fn list_import_rows(call: &Call, id: ImportId, query: ImportRowsQuery, _: Nothing) -> Result<Answer<ImportRows>> {
    let limit = cursor::limit(query.limit)? as usize;
    let (mut piece, mut skip) = match query.after.as_deref() {
        None => (0i64, 0usize),
        Some(c) => {
            let [piece, skip] = cursor::read::<2>(c)?;
            (piece.parse().map_err(|_| cursor::wrong())?, skip.parse().map_err(|_| cursor::wrong())?)
        }
    };
    let mut conn = call.app.store.conn()?;
    let (row, _) = store::imports::find(&mut conn, call.scope()?, id)?;
    let counted: Counted = row.counts.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default();
    let mut data = Vec::new();
    while (piece as usize) < counted.pieces.len() {
        let holds = query.outcome.is_none_or(|o| counted.pieces[piece as usize][place(o)] > 0);
        if holds && let Some(bytes) = store::imports::chunk(&mut conn, &row.id, Part::Rows, piece)? {
            let rows: Vec<ImportRow> = serde_json::from_slice(&bytes)?;
            for (i, item) in rows.into_iter().enumerate().skip(skip) {
                if query.outcome.is_some_and(|o| o != item.outcome) {
                    continue;
                }
                if data.len() == limit {
                    let next = Some(cursor::write(&[&piece.to_string(), &i.to_string()]));
                    return Ok(Answer::new(ImportRows { data, next }));
                }
                data.push(item);
            }
        }
        piece += 1;
        skip = 0;
    }
    Ok(Answer::new(ImportRows { data, next: None }))
}

pub fn export_import_rejects(call: &Call, id: ImportId, _: Nothing, _: Nothing) -> Result<Answer<Nothing>> {
    let mut conn = call.app.store.conn()?;
    let (row, _) = store::imports::find(&mut conn, call.scope()?, id)?;
    let counted: Option<Counted> = row.counts.as_deref().map(serde_json::from_str).transpose()?;
    let Some(counted) = counted else { return Err(not_in_state(&row)) };
    let mut reasons: BTreeMap<u64, String> = BTreeMap::new();
    for (n, piece) in counted.pieces.iter().enumerate() {
        if piece[place(RowOutcome::Error)] == 0 {
            continue;
        }
        let bytes = store::imports::chunk(&mut conn, &row.id, Part::Rows, n as i64)?.unwrap_or_default();
        let rows: Vec<ImportRow> = serde_json::from_slice(&bytes)?;
        for item in rows.into_iter().filter(|r| r.outcome == RowOutcome::Error) {
            let words: Vec<String> = item.errors.iter().map(|e| words(e, call.lang)).collect();
            reasons.insert(item.number, words.join(" | "));
        }
    }
    let file = materialise(&mut conn, &row)?;
    let source = open(&call.app, file.path(), &row.filename)?;
    let options: Options = serde_json::from_str(&row.options)?;
    let detection: ImportDetection = serde_json::from_str(&row.detection)?;
    let width = detection.columns.iter().map(|c| c.index as usize + 1).max().unwrap_or_default();
    let mut headers = vec![String::new(); width];
    for column in &detection.columns {
        headers[column.index as usize].clone_from(&column.header);
    }
    let mut out = intake::export::RejectedRows::new(Vec::new(), &headers).map_err(Error::internal)?;
    let mut broken = None;
    intake::for_each_row(&source, &options, |item| {
        if let Some(reason) = reasons.get(&u64::from(item.number)) {
            let raw: Vec<String> = item.cells.iter().map(|c| c.shown().into_owned()).collect();
            if let Err(e) = out.row(&raw, item.number, reason) {
                broken = Some(e);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })
    .map_err(|r| refused(&r))?;
    if let Some(e) = broken {
        return Err(Error::internal(e));
    }
    let bytes = out.finish().map_err(Error::internal)?;
    let stem = row.filename.rsplit_once('.').map_or(row.filename.as_str(), |(stem, _)| stem);
    let name = format!("{stem}-rejets.csv");
    Ok(Answer::file(FileReply { name, media_type: "text/csv; charset=utf-8", bytes }))
}

/// A refused cell in one sentence.
fn words(e: &CellProblem, lang: Lang) -> String {
    let place = if e.header.is_empty() { &e.column } else { &e.header };
    let mut said = match (place.is_empty(), e.value.is_empty()) {
        (true, _) => e.message.get(lang).to_owned(),
        (false, true) => format!("{place} : {}", e.message.get(lang)),
        (false, false) => format!("{place} « {} » : {}", e.value, e.message.get(lang)),
    };
    if let Some(expected) = &e.expected {
        let word = if lang == Lang::Fr { "attendu" } else { "expected" };
        said.push_str(&format!(" ; {word} : {}", expected.get(lang)));
    }
    said
}

/// What the command line tells of an import.
#[derive(Debug, Clone, serde::Serialize)]
pub struct FileImport {
    pub import_id: ImportId,
    pub committed: bool,
    pub counts: contract::ImportCounts,
    /// Line and reasons of the first refused rows.
    pub refused: Vec<(u64, String)>,
}

/// Imports a file as a person of a cabinet: the command line's way, whose user owns the database.
pub fn run_file(app: &App, email: &str, path: &Path, dry_run: bool) -> Result<FileImport> {
    let mut conn = app.store.conn()?;
    let actor = store::references::actor_by_email(&mut conn, email)?.ok_or_else(|| {
        Error::conflict(
            format!("Personne ne se connecte avec « {email} »."),
            format!("Nobody signs in with « {email} »."),
        )
    })?;
    drop(conn);
    if !actor.scope.allows(domain::Permission::ImportRun) {
        return Err(Error::forbidden());
    }
    let unreadable = |e| Error::conflict(format!("{} : {e}", path.display()), format!("{}: {e}", path.display()));
    let copy = NamedTempFile::new().map_err(Error::internal)?.into_temp_path();
    let bytes = std::fs::copy(path, &copy).map_err(unreadable)?;
    let call = Call {
        app: app.clone(),
        lang: actor.lang,
        actor: Some(actor),
        now: chrono::Utc::now(),
        request_id: "cli".to_owned(),
        client: Default::default(),
        if_match: None,
        told: Default::default(),
        upload: Some(crate::call::Upload { path: std::sync::Arc::new(copy), bytes }),
    };
    let filename = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let id = create_import(&call, Nothing {}, ImportUploadQuery { filename }, Nothing {})?.reply.id;
    let job = check_import(&call, id, Nothing {}, Nothing {})?.reply.id;
    finish(&call, job)?;
    if !dry_run {
        let job = commit_import(&call, id, Nothing {}, Nothing {})?.reply.id;
        finish(&call, job)?;
    }
    let (row, by) = store::imports::find(&mut *app.store.conn()?, call.scope()?, id)?;
    let query = ImportRowsQuery { outcome: Some(RowOutcome::Error), limit: Some(50), after: None };
    let refused = list_import_rows(&call, id, query, Nothing {})?
        .reply
        .data
        .into_iter()
        .map(|r| (r.number, r.errors.iter().map(|e| words(e, call.lang)).collect::<Vec<_>>().join(" | ")))
        .collect();
    Ok(FileImport { import_id: id, committed: !dry_run, counts: import(&row, by)?.counts.unwrap_or_default(), refused })
}

/// Works on what is queued until this job has ended, whoever takes it.
fn finish(call: &Call, job: domain::JobId) -> Result<()> {
    jobs::drain(&call.app)?;
    let row = jobs::wait(&call.app, call.scope()?, job, std::time::Duration::from_secs(3_600))?;
    match row.problem.as_deref().map(serde_json::from_str::<contract::Problem>).transpose()? {
        Some(problem) => Err(Error::conflict(problem.detail.clone(), problem.detail)),
        None => Ok(()),
    }
}

fn problem(code: &str, fr: impl Into<String>, en: impl Into<String>) -> CellProblem {
    CellProblem {
        column: String::new(),
        header: String::new(),
        field: None,
        code: code.to_owned(),
        value: String::new(),
        message: Text::new(fr, en),
        expected: None,
    }
}
