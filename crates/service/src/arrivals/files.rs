//! Files that arrive: a message, an invoice, or an archive of such. Each file has its own answer; one that is refused does
//! not hold back the others.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::Path;

use contract::{Code, FlowFileItem, FlowFileQuery, FlowFileResult, Nothing, TakenOutcome};
use domain::flow::{FlowSource, Report};
use domain::{ActId, CabinetId, Lang, Text, platform};
use intake::archive;
use intake::message::{self, Message};
use serde_json::json;
use store::journal::{Entry, Stamp};
use store::{Conn, dialect};

use super::messages::{self, Origin, Owners, Read};
use crate::flows::{self, Source, TakenReport, Writing};
use crate::{Answer, App, Call, Error, Result, ids, journal, time};

/// Files of an archive that are taken in one transaction, and what they may hold before they are.
const BATCH: usize = 200;

/// What somebody has handed over.
#[derive(Debug, Clone, Copy)]
pub struct Arrived<'a> {
    pub path: &'a Path,
    /// Name of the file, with its ending.
    pub name: &'a str,
    /// Platform that it comes from; empty when nobody said.
    pub platform: &'a str,
}

/// A file that was read, or why it was not.
struct FileRead {
    name: String,
    read: std::result::Result<(&'static str, Message), Text>,
}

fn in_both(refusal: &intake::Refusal) -> Text {
    Text::new(refusal.sentence(Lang::Fr), refusal.sentence(Lang::En))
}

fn is_table(name: &str) -> bool {
    let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    matches!(ending.as_str(), "csv" | "tsv" | "txt" | "xlsx" | "xlsm" | "xls" | "ods")
}

/// Reads one document of invoicing, whatever it is: its form, and what it says.
pub(crate) fn read_one(name: &str, bytes: &[u8]) -> std::result::Result<(&'static str, Message), Text> {
    if bytes.is_empty() {
        return Err(Text::new(
            "Le fichier est vide (0 octet). Demandez-le à nouveau à la plateforme.",
            "The file is empty (0 bytes). Ask the platform for it again.",
        ));
    }
    if bytes.starts_with(b"%PDF") || bytes[..bytes.len().min(1024)].windows(5).any(|w| w == b"%PDF-") {
        let xml = paper::invoice_xml(bytes, &paper::Limits::default())
            .map_err(|r| Text::new(r.sentence(Lang::Fr), r.sentence(Lang::En)))?;
        let message = message::read(&xml).map_err(|r| in_both(&r))?;
        return Ok(("Factur-X", message));
    }
    if is_table(name) {
        return Err(Text::new(
            "Un export en tableau (CSV, Excel) se dépose à la page Imports : ses colonnes y sont reconnues et vérifiées.",
            "An export as a table (CSV, Excel) is dropped on the page Imports: its columns are recognised and checked there.",
        ));
    }
    let message = message::read(bytes).map_err(|r| in_both(&r))?;
    Ok((messages::form(&message), message))
}

/// Takes a file over, or every file of an archive.
pub fn take_files(app: &App, cabinet: CabinetId, stamp: &Stamp, arrived: Arrived<'_>) -> Result<FlowFileResult> {
    let unreadable = |e: std::io::Error| Error::internal(format!("a file that arrived cannot be read: {e}"));
    let mut file = std::fs::File::open(arrived.path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let most = message::MAX_BYTES as u64;
    file.by_ref().take(8).read_to_end(&mut bytes).map_err(unreadable)?;
    let mut result = FlowFileResult { created: 0, added: 0, unchanged: 0, refused: 0, items: Vec::new() };
    // Of several batches each has its row in the journal, about the same file.
    let about = (arrived, ids::act());
    if archive::is_zip(&bytes) && !is_table(arrived.name) {
        let (mut batch, mut failed) = (Vec::new(), None);
        archive::for_each_entry(arrived.path, &archive::Limits::default(), |name, content| {
            let read = content.map_err(|r| in_both(&r)).and_then(|bytes| read_one(name, &bytes));
            batch.push(FileRead { name: name.to_owned(), read });
            if batch.len() >= BATCH
                && let Err(error) = take_batch(app, cabinet, stamp, about, &mut batch, &mut result)
            {
                failed = Some(error);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })
        .map_err(|r| Error::say(Code::FileRefused, r.sentence(Lang::Fr), r.sentence(Lang::En)))?;
        if let Some(error) = failed {
            return Err(error);
        }
        take_batch(app, cabinet, stamp, about, &mut batch, &mut result)?;
    } else {
        file.take(most + 1 - bytes.len() as u64).read_to_end(&mut bytes).map_err(unreadable)?;
        let read = read_one(arrived.name, &bytes);
        drop(bytes);
        let mut batch = vec![FileRead { name: arrived.name.to_owned(), read }];
        take_batch(app, cabinet, stamp, about, &mut batch, &mut result)?;
    }
    Ok(result)
}

/// Takes the files of a batch over in one transaction, with the journal's row, and tells of each.
fn take_batch(
    app: &App,
    cabinet: CabinetId,
    stamp: &Stamp,
    (arrived, id): (Arrived<'_>, ActId),
    batch: &mut Vec<FileRead>,
    result: &mut FlowFileResult,
) -> Result<()> {
    let files = std::mem::take(batch);
    if files.is_empty() {
        return Ok(());
    }
    let items = app.store.conn()?.write(|conn| -> Result<_> {
        dialect::lock_cabinet(conn, cabinet)?;
        let items = taken(app, conn, cabinet, stamp, arrived.platform, &files)?;
        let sum = |place: usize| items.iter().map(|(_, counts)| counts[place]).sum::<u64>();
        let entry = Entry {
            action: "flow_file.take",
            subject_kind: "flow_file",
            subject_id: id.to_string(),
            subject_label: arrived.name.to_owned(),
            changes: json!({ "created": [null, sum(0)], "added": [null, sum(1)], "refused": [null, sum(3)] }),
            act_id: None,
        };
        store::journal::append(conn, cabinet, stamp, &[entry])?;
        Ok(items)
    })?;
    for (item, counts) in items {
        let [created, added, unchanged, refused] = counts;
        result.created += created;
        result.added += added;
        result.unchanged += unchanged;
        result.refused += refused;
        result.items.push(item);
    }
    Ok(())
}

/// A file and how many of its documents were created, added, unchanged, refused.
type Told = (FlowFileItem, [u64; 4]);

fn taken(
    app: &App,
    conn: &mut Conn,
    cabinet: CabinetId,
    stamp: &Stamp,
    given: &str,
    files: &[FileRead],
) -> Result<Vec<Told>> {
    let judge = app.judge(conn, cabinet, time::paris_day(stamp.at))?;
    let given =
        if given.trim().is_empty() { String::new() } else { platform::canonical_name(given.trim(), &judge.register) };
    let messages = files.iter().filter_map(|f| f.read.as_ref().ok()).map(|(_, m)| m);
    let owners = Owners::look_up(conn, cabinet, messages)?;
    let origin = Origin { platform: &given, ..Origin::default() };
    // Reports of one sender are taken together, each with the file that it is of.
    let mut by_source: BTreeMap<String, (Vec<usize>, Vec<Report>)> = BTreeMap::new();
    let mut refused: Vec<Vec<Text>> = files.iter().map(|_| Vec::new()).collect();
    for (n, file) in files.iter().enumerate() {
        let Ok((_, message)) = &file.read else { continue };
        let source = by_source.entry(messages::source_name(message, &given)).or_default();
        for read in messages::reports(message, &origin, &owners) {
            match read {
                Read::Refused(why) => refused[n].push(why),
                Read::Reports(reports) => {
                    source.0.extend(std::iter::repeat_n(n, reports.len()));
                    source.1.extend(reports);
                }
            }
        }
    }
    let mut became: Vec<Vec<TakenReport>> = files.iter().map(|_| Vec::new()).collect();
    for (name, (of, reports)) in by_source {
        if reports.is_empty() {
            continue;
        }
        let mut w = Writing { conn: &mut *conn, cabinet, stamp, judge: &judge };
        let taken = flows::take(&mut w, Source { kind: FlowSource::File, name: &name }, &reports)?;
        for (n, report) in of.into_iter().zip(taken.reports) {
            became[n].push(report);
        }
    }
    let told =
        files.iter().zip(became).zip(refused).map(|((file, became), refused)| told(file, became, refused)).collect();
    Ok(told)
}

fn told(file: &FileRead, became: Vec<TakenReport>, refused: Vec<Text>) -> Told {
    let form = match &file.read {
        Ok((form, _)) => Some((*form).to_owned()),
        Err(why) => {
            let message = Some(why.clone());
            let item = FlowFileItem {
                name: file.name.clone(),
                form: None,
                outcome: TakenOutcome::Refused,
                flows: Vec::new(),
                message,
            };
            return (item, [0, 0, 0, 1]);
        }
    };
    let count = |outcomes: &[TakenOutcome]| became.iter().filter(|r| outcomes.contains(&r.outcome)).count() as u64;
    let created = count(&[TakenOutcome::Created]);
    let added = count(&[TakenOutcome::Added, TakenOutcome::Unread]);
    let unchanged = count(&[TakenOutcome::Unchanged]);
    let no = count(&[TakenOutcome::Refused]) + refused.len() as u64;
    let outcome = [TakenOutcome::Unread, TakenOutcome::Created, TakenOutcome::Added, TakenOutcome::Unchanged]
        .into_iter()
        .find(|o| became.iter().any(|r| r.outcome == *o))
        .unwrap_or(TakenOutcome::Refused);
    let mut flows: Vec<_> = became.iter().filter_map(|r| r.flow).collect();
    flows.sort();
    flows.dedup();
    let mut words: Vec<Text> = refused;
    words.extend(became.into_iter().filter_map(|r| r.message));
    words.dedup();
    let message = (!words.is_empty()).then(|| {
        let more = words.len().saturating_sub(5);
        let joined = |lang: Lang| {
            let mut said: Vec<String> = words.iter().take(5).map(|w| w.get(lang).to_owned()).collect();
            if more > 0 {
                said.push(match lang {
                    Lang::Fr => format!("Et {more} autres."),
                    Lang::En => format!("And {more} more."),
                });
            }
            said.join(" ")
        };
        Text::new(joined(Lang::Fr), joined(Lang::En))
    });
    (FlowFileItem { name: file.name.clone(), form, outcome, flows, message }, [created, added, unchanged, no])
}

pub fn upload_flow_file(call: &Call, _: Nothing, query: FlowFileQuery, _: Nothing) -> Result<Answer<FlowFileResult>> {
    let scope = call.scope()?;
    let upload = call
        .upload
        .as_ref()
        .ok_or_else(|| Error::say(Code::FileRefused, "Aucun fichier n’a été reçu.", "No file was received."))?;
    let name = crate::imports::file_name(&query.filename);
    let platform = query.platform.unwrap_or_default();
    if platform.chars().count() > 100 {
        return Err(Error::say(
            Code::BadRequest,
            "Le nom de la plateforme dépasse 100 caractères.",
            "The name of the platform is longer than 100 characters.",
        ));
    }
    let arrived = Arrived { path: &upload.path, name: &name, platform: &platform };
    Ok(Answer::new(take_files(&call.app, scope.cabinet(), &journal::stamp(call), arrived)?))
}
