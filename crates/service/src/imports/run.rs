//! The work on an import: dry run, commit, undo. Dry run and commit walk the rows with the same code, so that the one
//! tells what the other does.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;

use chrono::Utc;
use contract::{
    CellProblem, ImportCounts, ImportDetection, ImportRow, ImportState, ImportSubject, ItemOutcome, RowChange,
    RowOutcome, UndoResult,
};
use domain::{DossierFacts, DossierId, ImportId, ListField, PortfolioId, Siren, Siret, Text, fold};
use intake::{ClientRow, Options, Outcome, ParsedClient};
use serde_json::{Value, json};
use store::dossiers::Stored;
use store::imports::{Part, Row};
use store::journal::{Entry, Stamp};
use store::{Conn, Scope, dialect};

use super::merge::{Names, merge};
use super::{Counted, entry, mapping, materialise, open, problem, refused};
use crate::dossiers::{BY_HAND, Cause, Draft, tidy, write};
use crate::jobs::Work;
use crate::judge::Judge;
use crate::undo::{self, Undone};
use crate::{Result, ids, time};

/// Rows that are looked up, written and kept together.
const BATCH: usize = 500;

/// What walking the rows does with a batch besides telling it.
enum Mode<'a> {
    DryRun,
    Commit { stamp: &'a Stamp, act: &'a str },
}

struct Walk<'a> {
    work: &'a Work<'a>,
    row: &'a Row,
    judge: Judge,
    mode: Mode<'a>,
    names: Names,
    /// Portfolios that rows name and that do not exist yet.
    new_portfolios: BTreeMap<PortfolioId, String>,
    portfolio_names: BTreeMap<PortfolioId, String>,
    /// A refused row is told by the name it bears, too.
    name_column: Option<usize>,
    /// There were dossiers before this import, so a client may be known under another number.
    had_dossiers: bool,
    /// For each SIREN of the file: first line, fingerprint of what the line says, its SIRET.
    seen: HashMap<Siren, (u32, u64, Option<Siret>)>,
    counted: Counted,
    batch: Vec<Pending>,
    done: u64,
}

/// A row whose dossier is still to be looked up, or that is settled already.
enum Pending {
    Client { number: u64, client: Box<ParsedClient>, notes: Vec<CellProblem>, again: bool },
    Settled(Box<ImportRow>),
}

pub(super) fn blank(number: u64, outcome: RowOutcome) -> ImportRow {
    ImportRow {
        number,
        outcome,
        name: None,
        siren: None,
        dossier_id: None,
        flow: None,
        changes: Vec::new(),
        errors: Vec::new(),
        notes: Vec::new(),
        reason: None,
    }
}

fn names(conn: &mut Conn, scope: &Scope) -> Result<(Names, BTreeMap<PortfolioId, String>)> {
    let portfolios = store::references::portfolio_names(conn, scope)?;
    let names = Names {
        people: store::references::people_by_alias(conn, scope.cabinet())?,
        portfolios: portfolios.iter().map(|(id, name)| (fold(name), *id)).collect(),
    };
    Ok((names, portfolios))
}

impl<'a> Walk<'a> {
    fn new(conn: &mut Conn, work: &'a Work<'a>, row: &'a Row, mode: Mode<'a>) -> Result<Self> {
        let (names, portfolio_names) = names(conn, &work.scope)?;
        Ok(Self {
            work,
            row,
            judge: work.app.judge(conn, work.scope.cabinet(), time::paris_day(Utc::now()))?,
            mode,
            names,
            new_portfolios: BTreeMap::new(),
            portfolio_names,
            name_column: None,
            had_dossiers: store::dossiers::any(conn, &work.scope)?,
            seen: HashMap::new(),
            counted: Counted::default(),
            batch: Vec::with_capacity(BATCH),
            done: 0,
        })
    }

    /// Walks every row of the file.
    fn run(mut self, conn: &mut Conn) -> Result<Counted> {
        let file = materialise(conn, self.row)?;
        let source = open(self.work.app, file.path(), &self.row.filename, ImportSubject::Clients)?;
        let options: Options = serde_json::from_str(&self.row.options)?;
        let detection: ImportDetection = serde_json::from_str(&self.row.detection)?;
        let sheet = detection.sheets.iter().find(|s| Some(&s.name) == detection.sheet.as_ref()).map(|s| s.rows);
        // A text has no sheet: its fullest column tells how many rows there are.
        let expected = sheet.or_else(|| detection.columns.iter().map(|c| c.filled).max());
        self.work.running.step(0, expected)?;
        let mut failed = None;
        let columns = mapping(&detection);
        self.name_column = columns.iter().find(|(_, field)| *field == ListField::Name).map(|(column, _)| *column);
        intake::parse_client_list(&source, &options, &columns, |row| {
            let ends = self.take(row);
            let full = ends || self.batch.len() >= BATCH;
            match if full { self.flush(conn, expected) } else { Ok(()) } {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        })
        .map_err(|r| refused(&r))?;
        if let Some(error) = failed {
            return Err(error);
        }
        self.flush(conn, expected)?;
        Ok(self.counted)
    }

    /// Takes a row in. True when the batch must end with it: a client that comes twice is looked up again after its
    /// first row is written.
    fn take(&mut self, row: ClientRow<'_>) -> bool {
        let number = u64::from(row.number);
        let letter = |column: Option<usize>| column.map(intake::column_letter).unwrap_or_default();
        let notes: Vec<CellProblem> = row
            .notes
            .iter()
            .map(|n| CellProblem {
                column: letter(n.column),
                field: n.field,
                ..problem(n.note.code.as_str(), n.note.text.fr.clone(), n.note.text.en.clone())
            })
            .collect();
        let pending = match row.outcome {
            Outcome::Skipped(skip) => Pending::Settled(Box::new(ImportRow {
                reason: Some(skip.text()),
                ..blank(number, RowOutcome::Skipped)
            })),
            Outcome::Rejected => {
                let name = self.name_column.and_then(|column| row.cells().get(column)).map(|cell| cell.shown());
                let name = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
                let errors = row
                    .errors
                    .into_iter()
                    .map(|e| CellProblem {
                        column: e.letter,
                        header: e.header,
                        field: Some(e.field),
                        flow_field: None,
                        code: e.error.code.as_str().to_owned(),
                        value: e.error.value,
                        message: e.error.message,
                        expected: Some(e.error.expected),
                    })
                    .collect();
                Pending::Settled(Box::new(ImportRow { name, errors, notes, ..blank(number, RowOutcome::Error) }))
            }
            Outcome::Client(client) => {
                let print = fingerprint(&client);
                match self.seen.get(&client.siren) {
                    None => {
                        self.seen.insert(client.siren, (row.number, print, client.siret));
                        Pending::Client { number, client, notes, again: false }
                    }
                    Some((_, same, siret)) if *same == print && client.siret.is_some() && *siret != client.siret => {
                        Pending::Client { number, client, notes, again: true }
                    }
                    Some((first, same, _)) => {
                        Pending::Settled(Box::new(duplicate(number, &client, *first, *same == print, notes)))
                    }
                }
            }
        };
        let again = matches!(pending, Pending::Client { again: true, .. });
        self.batch.push(pending);
        again
    }

    fn flush(&mut self, conn: &mut Conn, expected: Option<u64>) -> Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let batch = std::mem::take(&mut self.batch);
        let sirens: Vec<Siren> = batch
            .iter()
            .filter_map(|p| match p {
                Pending::Client { client, .. } => Some(client.siren),
                Pending::Settled(_) => None,
            })
            .collect();
        let mut known: HashMap<Siren, (Stored, bool)> = store::dossiers::by_siren(conn, &self.work.scope, &sirens)?
            .into_iter()
            .map(|(d, seen)| (d.facts.siren, (d, seen)))
            .collect();
        let mistyped = self.mistyped(conn, &batch, &known)?;
        known.extend(mistyped);
        let mut rows = Vec::with_capacity(batch.len());
        let mut drafts = Vec::new();
        let mut drafted = Vec::new();
        for pending in batch {
            let row = match pending {
                Pending::Settled(row) => *row,
                Pending::Client { number, client, notes, again } => {
                    // The first row of a client that comes twice may still wait in this very batch.
                    if again && matches!(self.mode, Mode::Commit { .. }) && !drafts.is_empty() {
                        self.write(conn, &mut drafts, &mut drafted, &mut rows)?;
                        let fresh = store::dossiers::by_siren(conn, &self.work.scope, &[client.siren])?;
                        known.extend(fresh.into_iter().map(|(d, seen)| (d.facts.siren, (d, seen))));
                    }
                    let (row, draft) = self.settle(number, &client, notes, known.get(&client.siren), again)?;
                    if let Some(draft) = draft {
                        drafts.push(draft);
                        drafted.push(rows.len());
                    }
                    row
                }
            };
            rows.push(row);
        }
        self.write(conn, &mut drafts, &mut drafted, &mut rows)?;

        let bytes = serde_json::to_vec(&rows)?;
        store::imports::put_chunk(conn, &self.row.id, Part::Rows, self.counted.pieces.len() as i64, &bytes)?;
        self.counted.add(&rows);
        self.done += rows.len() as u64;
        self.work.running.step(self.done, expected.map(|e| e.max(self.done)))
    }

    /// Clients that came under a mistyped SIREN before, or come under one now: same code and same name, and the check
    /// digit of only one of the two numbers holds. Taken for two, the client would be doubled.
    fn mistyped(
        &self,
        conn: &mut Conn,
        batch: &[Pending],
        known: &HashMap<Siren, (Stored, bool)>,
    ) -> Result<Vec<(Siren, (Stored, bool))>> {
        if !self.had_dossiers {
            return Ok(Vec::new());
        }
        let strangers: Vec<(Siren, String, String)> = batch
            .iter()
            .filter_map(|pending| match pending {
                Pending::Client { client, .. } if !known.contains_key(&client.siren) => {
                    Some((client.siren, fold(client.says.code.as_deref()?), fold(client.says.name.as_deref()?)))
                }
                Pending::Client { .. } | Pending::Settled(_) => None,
            })
            .filter(|(_, code, _)| !code.is_empty())
            .collect();
        let codes: Vec<String> = strangers.iter().map(|(_, code, _)| code.clone()).collect();
        let found = store::dossiers::by_code(conn, &self.work.scope, &codes)?;
        let mut taken: HashSet<DossierId> = known.values().map(|(dossier, _)| dossier.id).collect();
        let mut mistyped = Vec::new();
        for (siren, code, name) in strangers {
            let mut same = found.iter().filter(|(dossier, _)| {
                let facts = &dossier.facts;
                facts.code.as_deref().map(fold).as_ref() == Some(&code)
                    && fold(&facts.name) == name
                    && facts.siren.is_checked() != siren.is_checked()
                    // A list that bears both numbers means two clients.
                    && !self.seen.contains_key(&facts.siren)
            });
            if let (Some((dossier, sight)), None) = (same.next(), same.next())
                && taken.insert(dossier.id)
            {
                mistyped.push((siren, (dossier.clone(), *sight)));
            }
        }
        Ok(mistyped)
    }

    /// What becomes of a client's row, and the dossier that it writes.
    fn settle(
        &mut self,
        number: u64,
        client: &ParsedClient,
        notes: Vec<CellProblem>,
        known: Option<&(Stored, bool)>,
        again: bool,
    ) -> Result<(ImportRow, Option<Draft>)> {
        let mut row = ImportRow {
            siren: Some(client.siren.to_string()),
            name: client.says.name.clone(),
            notes,
            ..blank(number, RowOutcome::Error)
        };
        let before = match known {
            Some((_, false)) => {
                row.errors.push(problem(
                    "confidential",
                    "Ce dossier est confidentiel : demandez à un associé.",
                    "This dossier is confidential: ask a partner.",
                ));
                return Ok((row, None));
            }
            Some((stored, true)) => Some(stored),
            None => None,
        };
        let mut facts = match before {
            Some(stored) => stored.facts.clone(),
            // In a dry run the first row of a client that comes twice is not written: what it says is this row's, too.
            None => match &client.says.name {
                Some(name) => DossierFacts::new(client.siren, name.clone()),
                None => {
                    row.errors.push(problem(
                        "name_required",
                        "Un nouveau dossier a besoin d’un nom : désignez la colonne du nom ou remplissez la cellule.",
                        "A new dossier needs a name: tell the column of the name or fill the cell.",
                    ));
                    return Ok((row, None));
                }
            },
        };
        let mut plain;
        let mut client = client;
        if facts.siren != client.siren {
            row.notes.push(mistyped_note(facts.siren, client.siren));
            if client.siren.is_checked() {
                facts.siren = client.siren;
                facts.sirets.retain(|siret| siret.siren() == client.siren);
            } else {
                plain = client.clone();
                plain.siret = None;
                client = &plain;
            }
            row.siren = Some(facts.siren.to_string());
        }
        let mut new_portfolio = None;
        merge(&mut facts, client, &self.names, &self.judge.register, self.judge.today, &mut |name| {
            let id = ids::portfolio();
            new_portfolio = Some((id, name.to_owned()));
            id
        });
        if let Some((id, name)) = new_portfolio {
            self.names.portfolios.insert(fold(&name), id);
            self.new_portfolios.insert(id, name.clone());
            self.portfolio_names.insert(id, name);
        }
        if let Err(error) = tidy(&mut facts, self.judge.today, &self.judge.register) {
            row.errors = error.fields.into_iter().map(|f| problem(f.code, f.message.fr, f.message.en)).collect();
            return Ok((row, None));
        }
        row.name = Some(facts.name.clone());
        row.dossier_id = before.map(|b| b.id);
        row.changes = match (before, again) {
            (Some(before), _) => before
                .facts
                .changes(&facts)
                .into_iter()
                .map(|(field, (old, new))| self.change(field, old, new))
                .collect(),
            (None, true) => vec![RowChange {
                field: "sirets".to_owned(),
                before: Value::Null,
                after: json!(client.siret.map(|s| vec![s])),
            }],
            (None, false) => facts
                .said()
                .into_iter()
                .filter(|(field, _)| field != "siren")
                .map(|(field, new)| self.change(field, Value::Null, new))
                .collect(),
        };
        row.outcome = match (before, again) {
            (Some(_), _) if row.changes.is_empty() => RowOutcome::Unchanged,
            (Some(_), _) | (None, true) => RowOutcome::Update,
            (None, false) => RowOutcome::Create,
        };
        let draft = match row.outcome {
            RowOutcome::Create | RowOutcome::Update => Some(Draft { before: before.cloned(), after: Some(facts) }),
            RowOutcome::Unchanged | RowOutcome::Unread | RowOutcome::Skipped | RowOutcome::Error => None,
        };
        Ok((row, draft))
    }

    /// A change as people read it: a portfolio by its name.
    fn change(&self, field: String, before: Value, after: Value) -> RowChange {
        let named = |value: Value| match value.as_str().and_then(|id| id.parse::<PortfolioId>().ok()) {
            Some(id) if field == "portfolio_id" => self.portfolio_names.get(&id).map_or(value, |n| json!(n)),
            _ => value,
        };
        let (before, after) = (named(before), named(after));
        RowChange { field, before, after }
    }

    fn write(
        &mut self,
        conn: &mut Conn,
        drafts: &mut Vec<Draft>,
        drafted: &mut Vec<usize>,
        rows: &mut [ImportRow],
    ) -> Result<()> {
        let (drafts, places) = (std::mem::take(drafts), std::mem::take(drafted));
        let Mode::Commit { stamp, act } = self.mode else { return Ok(()) };
        let cabinet = self.work.scope.cabinet();
        for (id, name) in std::mem::take(&mut self.new_portfolios) {
            let portfolio = store::portfolios::Portfolio { id, cabinet, name, version: 1 };
            store::portfolios::insert(conn, &portfolio, stamp.at)?;
            let entry = Entry {
                action: "portfolio.create",
                subject_kind: "portfolio",
                subject_id: id.to_string(),
                changes: json!({ "name": [null, portfolio.name] }),
                subject_label: portfolio.name,
                act_id: Some(act.to_owned()),
            };
            store::journal::append(conn, cabinet, stamp, &[entry])?;
        }
        let cause = Cause { act_id: Some(act), ..BY_HAND };
        let written = write(conn, cabinet, stamp, &self.judge, cause, drafts)?;
        for (place, stored) in places.into_iter().zip(written) {
            rows[place].dossier_id = Some(stored.id);
        }
        Ok(())
    }
}

/// `known` is the number of the dossier, `said` that of the row; the check digit of one of them holds.
fn mistyped_note(known: Siren, said: Siren) -> CellProblem {
    let (fr, en) = if said.is_checked() {
        (
            format!(
                "Même code et même nom que le dossier de SIREN {known}, dont la clé de contrôle est fausse : son SIREN devient {said}."
            ),
            format!(
                "Same code and same name as the dossier of SIREN {known}, whose check digit is wrong: its SIREN becomes {said}."
            ),
        )
    } else {
        (
            format!(
                "Même code et même nom que le dossier de SIREN {known} : c’est ce client ; le SIREN {said} du fichier, dont la clé de contrôle est fausse, n’est pas repris."
            ),
            format!(
                "Same code and same name as the dossier of SIREN {known}: it is this client; the SIREN {said} of the file, whose check digit is wrong, is left aside."
            ),
        )
    };
    problem("siren_mistyped", fr, en)
}

/// A number that tells whether two rows of one client say the same, their SIRET aside.
fn fingerprint(client: &ParsedClient) -> u64 {
    let mut hasher = DefaultHasher::new();
    client.says.hash(&mut hasher);
    hasher.finish()
}

fn duplicate(number: u64, client: &ParsedClient, first: u32, same: bool, notes: Vec<CellProblem>) -> ImportRow {
    let mut row = ImportRow {
        siren: Some(client.siren.to_string()),
        name: client.says.name.clone(),
        notes,
        ..blank(number, if same { RowOutcome::Skipped } else { RowOutcome::Error })
    };
    if same {
        row.reason = Some(Text::new(
            format!("Même client que la ligne {first}, sans rien de plus."),
            format!("Same client as row {first}, nothing more."),
        ));
    } else {
        row.errors.push(problem(
            "duplicate",
            format!("Même SIREN que la ligne {first}, avec d’autres valeurs : gardez une seule des deux lignes."),
            format!("Same SIREN as row {first}, with other values: keep one of the two rows."),
        ));
    }
    row
}

/// The dry run: small writes, so that others work meanwhile; the last one makes it stand.
pub fn run_check(work: &Work<'_>, id: ImportId) -> Result<()> {
    let mut conn = work.app.store.conn()?;
    let (mut row, _) = store::imports::find(&mut conn, &work.scope, id)?;
    store::imports::delete_chunks(&mut conn, &row.id, Part::Rows)?;
    let walked = row.clone();
    let counted = Walk::new(&mut conn, work, &walked, Mode::DryRun)?.run(&mut conn)?;
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, work.scope.cabinet())?;
        row.counts = Some(serde_json::to_string(&counted)?);
        row.state = ImportState::Checked.to_string();
        store::imports::update(conn, &mut row)?;
        work.finish(conn, Utc::now())
    })
}

pub(super) fn stamp(work: &Work<'_>) -> Stamp {
    Stamp { at: Utc::now(), actor: Some(work.scope.user()), request_id: work.row.request_id.clone() }
}

/// The commit: everything in one transaction, the end of the job included.
pub fn run_commit(work: &Work<'_>, id: ImportId) -> Result<()> {
    let stamp = stamp(work);
    work.app.store.conn()?.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, work.scope.cabinet())?;
        let (mut row, _) = store::imports::find(conn, &work.scope, id)?;
        store::imports::delete_chunks(conn, &row.id, Part::Rows)?;
        let walked = row.clone();
        let mode = Mode::Commit { stamp: &stamp, act: &walked.id };
        let counted = Walk::new(conn, work, &walked, mode)?.run(conn)?;
        let changes = json!({ "counts": [null, counted.total] });
        store::journal::append(conn, work.scope.cabinet(), &stamp, &[entry("import.commit", &row, changes)])?;
        row.counts = Some(serde_json::to_string(&counted)?);
        row.state = ImportState::Committed.to_string();
        row.committed_at = Some(store::time::to_db(stamp.at));
        store::imports::update(conn, &mut row)?;
        work.finish(conn, Utc::now())
    })
}

const LEFT_SHOWN: usize = 1_000;

/// The undo, in one transaction.
pub fn run_undo(work: &Work<'_>, id: ImportId) -> Result<()> {
    let stamp = stamp(work);
    let today = time::paris_day(stamp.at);
    work.app.store.conn()?.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, work.scope.cabinet())?;
        let (mut row, _) = store::imports::find(conn, &work.scope, id)?;
        let total = row
            .counts
            .as_deref()
            .and_then(|c| serde_json::from_str::<Counted>(c).ok())
            .map(|c: Counted| written(&c.total));
        let judge = work.app.judge(conn, work.scope.cabinet(), today)?;
        let items = undo::undo(conn, &work.scope, &stamp, &judge, Undone::Import, &row.id, &mut |n| work.running.step(n, total))?;
        let of = |outcome: ItemOutcome| items.iter().filter(|i| i.outcome == outcome).count() as u64;
        let (reversed, kept) = (of(ItemOutcome::Changed), of(ItemOutcome::Kept));
        let result = UndoResult {
            reversed,
            kept,
            failed: items.len() as u64 - reversed - kept,
            left: items.into_iter().filter(|i| i.outcome != ItemOutcome::Changed).take(LEFT_SHOWN).collect(),
            flows: None,
        };
        let changes = json!({ "reversed": [null, result.reversed], "kept": [null, result.kept], "failed": [null, result.failed] });
        store::journal::append(conn, work.scope.cabinet(), &stamp, &[entry("import.undo", &row, changes)])?;
        row.undo = Some(serde_json::to_string(&result)?);
        row.state = ImportState::Undone.to_string();
        store::imports::update(conn, &mut row)?;
        work.finish(conn, Utc::now())
    })
}

const fn written(counts: &ImportCounts) -> u64 {
    counts.create + counts.update
}
