//! Lists of clients and exports of platforms: upload and detection, meaning of the columns, dry run, commit, undo. What
//! reads files is in `intake`; here a row meets what the firm already knows. What is particular to exports is in `flows`.

mod flows;
mod merge;
mod profiles;
mod run;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::Path;

use contract::{
    CellProblem, Code, ColumnsChanged, Import, ImportChange, ImportColumn, ImportDetection, ImportList, ImportRow,
    ImportRows, ImportRowsQuery, ImportSheet, ImportState, ImportSubject, ImportSummary, ImportUploadQuery, Job,
    JobKind, ListKind, MappingReason, Nothing, PageQuery, RowOutcome,
};
use domain::{FlowField, ImportId, Lang, ListField, Text};
use intake::{Detection, Limits, Options, Refusal, Remembered, Source};
use serde_json::json;
use store::imports::{Part, Row};
use store::journal::Entry;
use store::{Conn, Scope, dialect};
use tempfile::NamedTempFile;

use crate::{Answer, App, Call, Error, FileReply, Result, cursor, ids, invalid, jobs, journal};

pub use profiles::{delete_flow_profile, list_flow_profiles};

const CHUNK: usize = 1024 * 1024;

fn refused(refusal: &Refusal) -> Error {
    Error::say(Code::FileRefused, refusal.sentence(Lang::Fr), refusal.sentence(Lang::En))
}

fn limits(app: &App, subject: ImportSubject) -> Limits {
    let (bytes, rows) = match subject {
        ImportSubject::Clients => (app.settings.import_max_bytes, app.settings.import_max_rows),
        ImportSubject::Flows => (app.settings.flow_import_max_bytes, app.settings.flow_import_max_rows),
    };
    Limits { max_file_bytes: bytes, max_rows: u32::try_from(rows).unwrap_or(u32::MAX), ..Limits::default() }
}

/// What was understood of a file.
struct Understood {
    subject: ImportSubject,
    platform: Option<String>,
    changed: Option<ColumnsChanged>,
    options: Options,
    fingerprint: String,
    detection: ImportDetection,
}

/// What a person says of a file; what is left open is taken from the file.
#[derive(Default)]
struct Told {
    subject: Option<ImportSubject>,
    platform: Option<String>,
    options: Options,
}

/// Detects what is left open and proposes what each column means.
fn understand(app: &App, conn: &mut Conn, scope: &Scope, path: &Path, name: &str, told: Told) -> Result<Understood> {
    // What the file tells of is known once it was looked at.
    let mut subject = told.subject.unwrap_or(ImportSubject::Flows);
    let mut source = open(app, path, name, subject)?;
    let mut detection = intake::detect(&source, &told.options).map_err(|r| refused(&r))?;
    let known = flows::profile_of(conn, scope, &detection)?;
    if told.subject.is_none() && known.is_none() && !intake::flow::is_flow_list(&detection) {
        subject = ImportSubject::Clients;
        let limits = limits(app, subject);
        if source.bytes() > limits.max_file_bytes || detection.row_count > limits.max_rows {
            source = open(app, path, name, subject)?;
            detection = intake::detect(&source, &told.options).map_err(|r| refused(&r))?;
        }
    }
    let (options, fingerprint) = (detection.options(), detection.fingerprint.clone());
    Ok(match subject {
        ImportSubject::Clients => Understood {
            subject,
            platform: None,
            changed: None,
            detection: understand_clients(conn, scope, &source, &detection)?,
            options,
            fingerprint,
        },
        ImportSubject::Flows => {
            let platform = match told.platform.as_deref().map(str::trim).filter(|p| !p.is_empty()) {
                Some(given) => {
                    let register = app.register(conn)?;
                    Some(flows::platform_name(given, &register)?)
                }
                None => known.map(|profile| profile.platform),
            };
            let profile = match &platform {
                Some(platform) => store::flow_profiles::of_platform(conn, scope, platform)?,
                None => None,
            };
            let (columns, changed) = flows::understand(&detection, profile.as_ref())?;
            Understood {
                subject,
                platform,
                changed,
                detection: shown(&detection, &source, columns),
                options,
                fingerprint,
            }
        }
    })
}

/// What a column means, and where that was taken from.
type Meaning = (Option<ListField>, Option<FlowField>, Option<MappingReason>);

fn understand_clients(
    conn: &mut Conn,
    scope: &Scope,
    source: &Source,
    detection: &Detection,
) -> Result<ImportDetection> {
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
    let proposals = intake::propose(detection, &remembered, &known);
    Ok(shown(detection, source, |index| {
        let proposal = proposals.iter().find(|p| p.column == index);
        proposal.map_or((None, None, None), |p| (p.field, None, p.reason.map(reason)))
    }))
}

pub(crate) const fn reason(reason: intake::Reason) -> MappingReason {
    match reason {
        intake::Reason::Header => MappingReason::Header,
        intake::Reason::Content => MappingReason::Content,
        intake::Reason::Remembered => MappingReason::Remembered,
    }
}

fn shown(detection: &Detection, source: &Source, meaning: impl Fn(usize) -> Meaning) -> ImportDetection {
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
                let (field, flow_field, reason) = meaning(c.index);
                ImportColumn {
                    index: c.index as u32,
                    letter: c.letter.clone(),
                    header: c.header.clone(),
                    samples: c.samples.clone(),
                    filled: u64::from(c.filled),
                    field,
                    flow_field,
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

fn open(app: &App, path: &Path, name: &str, subject: ImportSubject) -> Result<Source> {
    Source::open(path, name, limits(app, subject)).map_err(|r| refused(&r))
}

fn mapping(detection: &ImportDetection) -> Vec<(usize, ListField)> {
    detection.columns.iter().filter_map(|c| Some((c.index as usize, c.field?))).collect()
}

fn state_of(row: &Row) -> Result<ImportState> {
    ImportState::try_from(row.state.as_str()).map_err(Error::internal)
}

fn subject_of(row: &Row) -> Result<ImportSubject> {
    ImportSubject::try_from(row.subject.as_str()).map_err(Error::internal)
}

/// Counts of the whole import, and of each piece of its rows by outcome, so that a page of one outcome skips the pieces
/// that have none.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
struct Counted {
    total: contract::ImportCounts,
    /// In the order of `place`; a piece of an older import has fewer.
    pieces: Vec<Vec<u32>>,
}

impl Counted {
    fn of(row: &Row) -> Result<Option<Self>> {
        Ok(row.counts.as_deref().map(serde_json::from_str).transpose()?)
    }

    /// Takes in a piece.
    fn add(&mut self, rows: &[ImportRow]) {
        let mut piece = vec![0u32; RowOutcome::ALL.len()];
        for row in rows {
            piece[place(row.outcome)] += 1;
        }
        let total = &mut self.total;
        total.rows += rows.len() as u64;
        for (outcome, sum) in [
            (RowOutcome::Create, &mut total.create),
            (RowOutcome::Update, &mut total.update),
            (RowOutcome::Unchanged, &mut total.unchanged),
            (RowOutcome::Unread, &mut total.unread),
            (RowOutcome::Skipped, &mut total.skipped),
            (RowOutcome::Error, &mut total.error),
        ] {
            *sum += u64::from(piece[place(outcome)]);
        }
        self.pieces.push(piece);
    }

    /// How many rows of an outcome the n-th piece has.
    fn of_piece(&self, n: usize, outcome: RowOutcome) -> u32 {
        self.pieces.get(n).and_then(|piece| piece.get(place(outcome))).copied().unwrap_or_default()
    }
}

/// The rows of a piece as they are kept: JSON, packed where it is one of thousands.
fn packed(rows: &[ImportRow]) -> Result<Vec<u8>> {
    let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    serde_json::to_writer(&mut out, rows)?;
    out.finish().map_err(Error::internal)
}

fn piece(conn: &mut Conn, row: &Row, n: usize) -> Result<Vec<ImportRow>> {
    let bytes = store::imports::chunk(conn, &row.id, Part::Rows, n as i64)?.unwrap_or_default();
    match bytes.first() {
        None => Ok(Vec::new()),
        Some(b'[') => Ok(serde_json::from_slice(&bytes)?),
        Some(_) => {
            Ok(serde_json::from_reader(std::io::BufReader::new(flate2::read::ZlibDecoder::new(bytes.as_slice())))?)
        }
    }
}

fn import(row: &Row, by: Option<String>) -> Result<Import> {
    let counted = Counted::of(row)?;
    Ok(Import {
        id: row.id.parse().map_err(Error::internal)?,
        version: row.version,
        filename: row.filename.clone(),
        bytes: u64::try_from(row.bytes).unwrap_or_default(),
        state: state_of(row)?,
        subject: subject_of(row)?,
        platform: Some(row.platform.clone()).filter(|p| !p.is_empty()),
        columns_changed: Some(&row.changed).filter(|c| !c.is_empty()).map(|c| serde_json::from_str(c)).transpose()?,
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
pub(crate) fn file_name(given: &str) -> String {
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
    let mut conn = call.app.store.conn()?;
    let told = Told { subject: query.subject, platform: query.platform, options: Options::default() };
    let seen = understand(&call.app, &mut conn, scope, &upload.path, &filename, told)?;
    let row = Row {
        id: ids::import().to_string(),
        cabinet_id: scope.cabinet().to_string(),
        version: 1,
        filename,
        bytes: i64::try_from(upload.bytes).unwrap_or(i64::MAX),
        state: ImportState::Draft.to_string(),
        fingerprint: seen.fingerprint,
        options: serde_json::to_string(&seen.options)?,
        detection: serde_json::to_string(&seen.detection)?,
        counts: None,
        undo: None,
        job_id: None,
        user_id: scope.user().to_string(),
        created_at: store::time::to_db(call.now),
        committed_at: None,
        subject: seen.subject.to_string(),
        platform: seen.platform.unwrap_or_default(),
        changed: flows::written(seen.changed.as_ref())?,
        progress: None,
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
                subject: i.subject,
                platform: i.platform,
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
    if row.progress.is_some() && row.state == ImportState::Failed.as_str() {
        return Error::conflict(
            "Une partie de cet import est en place : annulez-le d’abord.",
            "A part of this import stands: take it back first.",
        );
    }
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
    if !open_states.contains(&state_of(&row)?) || row.progress.is_some() {
        return Err(not_in_state(&row));
    }
    let mut detection: ImportDetection = serde_json::from_str(&row.detection)?;
    let another_reading =
        body.encoding.is_some() || body.separator.is_some() || body.sheet.is_some() || body.header_row.is_some();
    if another_reading || body.subject.is_some() || body.platform.is_some() {
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
        options.header_row = if another_reading { body.header_row } else { known.header_row };
        let file = materialise(&mut conn, &row)?;
        let subject = Some(match body.subject {
            Some(subject) => subject,
            None => subject_of(&row)?,
        });
        let platform = body.platform.clone().or(Some(row.platform.clone()));
        let told = Told { subject, platform, options };
        let seen = understand(&call.app, &mut conn, scope, file.path(), &row.filename, told)?;
        row.options = serde_json::to_string(&seen.options)?;
        row.fingerprint = seen.fingerprint;
        row.subject = seen.subject.to_string();
        row.platform = seen.platform.unwrap_or_default();
        row.changed = flows::written(seen.changed.as_ref())?;
        detection = seen.detection;
    }
    if let Some(choices) = &body.columns {
        choose(&mut detection, choices, subject_of(&row)?)?;
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
        let columns: BTreeMap<String, &str> = detection
            .columns
            .iter()
            .filter_map(|c| {
                let meaning = c.field.map(ListField::as_str).or(c.flow_field.map(FlowField::as_str))?;
                Some((c.index.to_string(), meaning))
            })
            .collect();
        let changes = json!({ "columns": [null, columns] });
        store::journal::append(conn, scope.cabinet(), &journal::stamp(call), &[entry("import.update", &row, changes)])?;
        Ok(())
    })?;
    Ok(Answer::new(import(&row, by)?).etag(row.version))
}

fn choose(detection: &mut ImportDetection, choices: &[contract::ColumnChoice], subject: ImportSubject) -> Result<()> {
    for (i, choice) in choices.iter().enumerate() {
        let Some(column) = detection.columns.iter_mut().find(|c| c.index == choice.index) else {
            return Err(invalid(
                format!("/columns/{i}/index"),
                "unknown_column",
                format!("La colonne {} n’existe pas dans ce fichier.", choice.index),
                format!("Column {} does not exist in this file.", choice.index),
            ));
        };
        let (field, flow_field) = match subject {
            ImportSubject::Clients => (choice.field, None),
            ImportSubject::Flows => (None, choice.flow_field),
        };
        if (column.field, column.flow_field) != (field, flow_field) {
            (column.field, column.flow_field) = (field, flow_field);
            column.reason = (field.is_some() || flow_field.is_some()).then_some(MappingReason::Chosen);
        }
    }
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    for column in &detection.columns {
        let meaning = column.field.map(ListField::as_str).or(column.flow_field.map(FlowField::as_str));
        let Some(field) = meaning else { continue };
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
        let idle = matches!(state_of(&row)?, ImportState::Draft | ImportState::Checked | ImportState::Failed);
        if !idle || row.progress.is_some() {
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
        if row.progress.is_some() {
            return Err(not_in_state(row));
        }
        let detection: ImportDetection = serde_json::from_str(&row.detection)?;
        if subject_of(row)? == ImportSubject::Flows {
            return flows::may_be_checked(row, &detection);
        }
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
    let scope = call.scope()?;
    enqueue(call, id, JobKind::ImportCommit, &[ImportState::Checked], ImportState::Committing, |conn, row| {
        match subject_of(row)? {
            ImportSubject::Clients => Ok(()),
            ImportSubject::Flows => flows::remember(conn, scope, row, call.now),
        }
    })
}

pub fn undo_import(call: &Call, id: ImportId, _: Nothing, _: Nothing) -> Result<Answer<Job>> {
    let from = [ImportState::Committed, ImportState::Failed];
    enqueue(call, id, JobKind::ImportUndo, &from, ImportState::Undoing, |_, row| {
        // Of what failed, only a commit in pieces has left something.
        let failed = row.state == ImportState::Failed.as_str();
        if failed && row.progress.is_none() { Err(not_in_state(row)) } else { Ok(()) }
    })
}

/// Makes the dry run of an import.
pub fn run_check(work: &jobs::Work<'_>, id: ImportId) -> Result<()> {
    match subject(work, id)? {
        ImportSubject::Clients => run::run_check(work, id),
        ImportSubject::Flows => flows::run_check(work, id),
    }
}

pub fn run_commit(work: &jobs::Work<'_>, id: ImportId) -> Result<()> {
    match subject(work, id)? {
        ImportSubject::Clients => run::run_commit(work, id),
        ImportSubject::Flows => flows::run_commit(work, id),
    }
}

pub fn run_undo(work: &jobs::Work<'_>, id: ImportId) -> Result<()> {
    match subject(work, id)? {
        ImportSubject::Clients => run::run_undo(work, id),
        ImportSubject::Flows => flows::run_undo(work, id),
    }
}

fn subject(work: &jobs::Work<'_>, id: ImportId) -> Result<ImportSubject> {
    subject_of(&store::imports::find(&mut *work.app.store.conn()?, &work.scope, id)?.0)
}

/// Whether the job goes on where it was when it is taken up again: it works in pieces.
pub fn goes_on(conn: &mut Conn, job: &store::jobs::Row) -> Result<bool> {
    let kind = JobKind::try_from(job.kind.as_str()).map_err(Error::internal)?;
    if !matches!(kind, JobKind::ImportCommit | JobKind::ImportUndo) {
        return Ok(false);
    }
    let subject = store::imports::subject(conn, &job.cabinet_id, &job.subject_id)?;
    Ok(subject.as_deref() == Some(ImportSubject::Flows.as_str()))
}

/// A job that ended without result leaves its import where it can go on from.
pub fn job_ended(app: &App, conn: &mut Conn, scope: &Scope, job: &store::jobs::Row) -> Result<()> {
    let state = match JobKind::try_from(job.kind.as_str()).map_err(Error::internal)? {
        JobKind::ImportCheck => ImportState::Failed,
        JobKind::ImportCommit => ImportState::Checked,
        JobKind::ImportUndo => ImportState::Committed,
        JobKind::Evaluation | JobKind::AnomalyRules | JobKind::FlowWord => return Ok(()),
    };
    let id: ImportId = job.subject_id.parse().map_err(Error::internal)?;
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let (mut row, _) = store::imports::find(conn, scope, id)?;
        if row.progress.is_some() {
            return flows::left_off(conn, scope, &mut row, job);
        }
        row.state = state.to_string();
        store::imports::update(conn, &mut row)?;
        Ok(())
    })?;
    app.shared.progress.wake();
    Ok(())
}

const fn place(outcome: RowOutcome) -> usize {
    match outcome {
        RowOutcome::Create => 0,
        RowOutcome::Update => 1,
        RowOutcome::Unchanged => 2,
        RowOutcome::Skipped => 3,
        RowOutcome::Error => 4,
        RowOutcome::Unread => 5,
    }
}

pub fn list_import_rows(call: &Call, id: ImportId, query: ImportRowsQuery, _: Nothing) -> Result<Answer<ImportRows>> {
    let limit = cursor::limit(query.limit)? as usize;
    let (mut at, mut skip) = match query.after.as_deref() {
        None => (0usize, 0usize),
        Some(c) => {
            let [at, skip] = cursor::read::<2>(c)?;
            (at.parse().map_err(|_| cursor::wrong())?, skip.parse().map_err(|_| cursor::wrong())?)
        }
    };
    let mut conn = call.app.store.conn()?;
    let (row, _) = store::imports::find(&mut conn, call.scope()?, id)?;
    let counted = Counted::of(&row)?.unwrap_or_default();
    let mut data = Vec::new();
    while at < counted.pieces.len() {
        let holds = query.outcome.is_none_or(|o| counted.of_piece(at, o) > 0);
        if holds {
            for (i, item) in piece(&mut conn, &row, at)?.into_iter().enumerate().skip(skip) {
                if query.outcome.is_some_and(|o| o != item.outcome) {
                    continue;
                }
                if data.len() == limit {
                    let next = Some(cursor::write(&[&at.to_string(), &i.to_string()]));
                    return Ok(Answer::new(ImportRows { data, next }));
                }
                data.push(item);
            }
        }
        at += 1;
        skip = 0;
    }
    Ok(Answer::new(ImportRows { data, next: None }))
}

/// Refused rows that go into one file.
const REJECTS_MOST: usize = 100_000;

pub fn export_import_rejects(call: &Call, id: ImportId, _: Nothing, _: Nothing) -> Result<Answer<Nothing>> {
    let mut conn = call.app.store.conn()?;
    let (row, _) = store::imports::find(&mut conn, call.scope()?, id)?;
    let Some(counted) = Counted::of(&row)? else { return Err(not_in_state(&row)) };
    let mut reasons: BTreeMap<u64, String> = BTreeMap::new();
    for n in 0..counted.pieces.len() {
        if counted.of_piece(n, RowOutcome::Error) == 0 {
            continue;
        }
        for item in piece(&mut conn, &row, n)?.into_iter().filter(|r| r.outcome == RowOutcome::Error) {
            let words: Vec<String> = item.errors.iter().map(|e| words(e, call.lang)).collect();
            reasons.insert(item.number, words.join(" | "));
        }
        // A file of that many refused rows is read the wrong way: its first rows tell how.
        if reasons.len() >= REJECTS_MOST {
            break;
        }
    }
    let file = materialise(&mut conn, &row)?;
    let source = open(&call.app, file.path(), &row.filename, subject_of(&row)?)?;
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
    let subject = Some(ImportSubject::Clients);
    let query = ImportUploadQuery { filename, subject, platform: None };
    let id = create_import(&call, Nothing {}, query, Nothing {})?.reply.id;
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

pub(crate) fn problem(code: &str, fr: impl Into<String>, en: impl Into<String>) -> CellProblem {
    CellProblem {
        column: String::new(),
        header: String::new(),
        field: None,
        flow_field: None,
        code: code.to_owned(),
        value: String::new(),
        message: Text::new(fr, en),
        expected: None,
    }
}
