//! The proof-of-advice file of a dossier: what the firm told, asked and got, when and how, with what the journal says of
//! it and the hashes that hold it together.

mod page;
mod words;

use std::collections::HashMap;
use std::io::{Cursor, Write};

use chrono::{Datelike, SecondsFormat, Timelike};
use contract::{AdviceEntry, AdviceExchange, AdviceFile, ChainHead, FileFormat, Nothing};
use domain::DossierId;
use sha2::{Digest, Sha256};
use store::journal::Row;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use crate::call::FileReply;
use crate::export::Sheet;
use crate::{Answer, Call, Error, Result, dossiers, exchanges, journal};

const PAGE: &str = "dossier-de-conseil.html";
const EXCHANGES: &str = "echanges.csv";
const JOURNAL: &str = "journal.csv";
const SUMS: &str = "SHA256SUMS";

/// The file, and the journal rows as they are stored, which the export gives away whole.
struct Gathered {
    file: AdviceFile,
    rows: Vec<Row>,
}

fn gather(call: &Call, id: DossierId) -> Result<Gathered> {
    let scope = call.scope()?;
    let (cabinet, dossier, judge, told, rows, head) = call.app.store.conn()?.read(|conn| -> Result<_> {
        let dossier = store::dossiers::find(conn, scope, id)?;
        let cabinet = store::people::cabinet(conn, scope)?;
        let mut told = store::exchanges::list(conn, scope, id, None, i64::MAX)?;
        told.reverse();
        let rows = store::journal::of_subject(conn, scope, &id.to_string())?;
        Ok((cabinet, dossier, call.judge(conn)?, told, rows, store::journal::head(conn, scope)?))
    })?;
    let mut recorded: HashMap<String, (i64, String)> = HashMap::new();
    for ((row, _), _) in rows.iter().filter(|((row, _), _)| row.action == exchanges::CREATE) {
        let changes: serde_json::Value = serde_json::from_str(&row.changes)?;
        if let Some(exchange) = changes["exchange"][1].as_str() {
            recorded.insert(exchange.to_owned(), (row.seq, row.hash.clone()));
        }
    }
    let exchanges = told
        .into_iter()
        .map(|exchange| {
            let (seq, hash) = recorded
                .remove(&exchange.id.to_string())
                .ok_or_else(|| Error::internal(format!("exchange {} is not in the journal", exchange.id)))?;
            Ok(AdviceExchange { exchange: exchanges::shape(exchange)?, seq, hash })
        })
        .collect::<Result<_>>()?;
    let stored = rows.iter().map(|((row, _), _)| row.clone()).collect();
    let journal = rows
        .into_iter()
        .map(|(row, previous_hash)| Ok(AdviceEntry { entry: journal::entry(row)?, previous_hash }))
        .collect::<Result<_>>()?;
    let file = AdviceFile {
        made_at: call.now,
        as_of: call.today(),
        cabinet: cabinet.name,
        dossier: dossiers::shown(dossier, &judge),
        exchanges,
        journal,
        chain: ChainHead { seq: head.0, hash: head.1 },
    };
    Ok(Gathered { file, rows: stored })
}

pub fn read_advice_file(call: &Call, id: DossierId, _: Nothing, _: Nothing) -> Result<Answer<AdviceFile>> {
    Ok(Answer::new(gather(call, id)?.file))
}

pub fn export_advice_file(call: &Call, id: DossierId, _: Nothing, _: Nothing) -> Result<Answer<Nothing>> {
    let gathered = gather(call, id)?;
    let file = &gathered.file;
    // Names of our own and digits only: nothing of what people typed becomes a path.
    let name = format!("cabready-dossier-de-conseil-{}-{}.zip", file.dossier.facts.siren, file.as_of);
    let parts = [
        (PAGE, page::page(file).into_bytes()),
        (EXCHANGES, exchange_sheet(file)?),
        (JOURNAL, journal_sheet(&gathered)?),
    ];
    Ok(Answer::file(FileReply { name, media_type: "application/zip", bytes: packed(call, &parts)? }))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The parts and their hashes, in the form that `sha256sum -c` reads.
fn packed(call: &Call, parts: &[(&str, Vec<u8>)]) -> Result<Vec<u8>> {
    let sums: String = parts.iter().map(|(name, bytes)| format!("{}  {name}\n", hex(&Sha256::digest(bytes)))).collect();
    let now = call.now.naive_utc();
    let year = u16::try_from(now.year()).map_err(Error::internal)?;
    let [month, day, hour, minute, second] =
        [now.month(), now.day(), now.hour(), now.minute(), now.second()].map(|n| u8::try_from(n).unwrap_or_default());
    let modified =
        zip::DateTime::from_date_and_time(year, month, day, hour, minute, second.min(59)).map_err(Error::internal)?;
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).last_modified_time(modified);
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts.iter().map(|(name, bytes)| (*name, bytes.as_slice())).chain([(SUMS, sums.as_bytes())]) {
        archive.start_file(name, options).map_err(Error::internal)?;
        archive.write_all(bytes).map_err(Error::internal)?;
    }
    Ok(archive.finish().map_err(Error::internal)?.into_inner())
}

fn exchange_sheet(file: &AdviceFile) -> Result<Vec<u8>> {
    let mut sheet = Sheet::new(
        "echanges",
        &[
            "Date",
            "Nature",
            "Canal",
            "Objet",
            "Texte",
            "Pièce jointe",
            "SHA-256 de la pièce",
            "Saisi par",
            "Saisi le (UTC)",
            "Annulé le (UTC)",
            "Annulé par",
            "Motif de l’annulation",
            "N° au journal",
            "Empreinte au journal",
        ],
    );
    let time = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
    for AdviceExchange { exchange: e, seq, hash } in &file.exchanges {
        let (name, sha256) = e.attachment.clone().map(|a| (a.name, a.sha256)).unwrap_or_default();
        let cancelled = e.cancelled.as_ref();
        sheet.row([
            e.on.to_string(),
            words::kind(e.kind).to_owned(),
            words::channel(e.channel).to_owned(),
            e.subject.clone(),
            e.text.clone(),
            name,
            sha256,
            e.by_name.clone().unwrap_or_default(),
            time(e.recorded_at),
            cancelled.map(|c| time(c.at)).unwrap_or_default(),
            cancelled.and_then(|c| c.by_name.clone()).unwrap_or_default(),
            cancelled.map(|c| c.reason.clone()).unwrap_or_default(),
            seq.to_string(),
            hash.clone(),
        ]);
    }
    Ok(sheet.file(FileFormat::Csv, file.as_of)?.bytes)
}

/// Every field that a row's hash covers, so that it can be computed again by anybody.
fn journal_sheet(gathered: &Gathered) -> Result<Vec<u8>> {
    let mut sheet = Sheet::new(
        "journal",
        &[
            "seq",
            "at",
            "actor",
            "actor_id",
            "action",
            "subject_kind",
            "subject_id",
            "subject",
            "changes",
            "request_id",
            "act_id",
            "cabinet_id",
            "previous_hash",
            "hash",
        ],
    );
    for (row, shown) in gathered.rows.iter().zip(&gathered.file.journal) {
        sheet.row([
            row.seq.to_string(),
            store::time::from_db(row.at).to_rfc3339_opts(SecondsFormat::Micros, true),
            shown.entry.actor.clone().unwrap_or_default(),
            row.actor_id.clone(),
            row.action.clone(),
            row.subject_kind.clone(),
            row.subject_id.clone(),
            row.subject_label.clone(),
            row.changes.clone(),
            row.request_id.clone(),
            row.act_id.clone(),
            row.cabinet_id.clone(),
            shown.previous_hash.clone(),
            row.hash.clone(),
        ]);
    }
    Ok(sheet.file(FileFormat::Csv, gathered.file.as_of)?.bytes)
}
