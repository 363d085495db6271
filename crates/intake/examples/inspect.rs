//! Prints what the intake makes of a client list: `cargo run -p intake --example inspect -- FILE [ROWS]`.

use intake::{Limits, Options, Outcome, Remembered, Source, detect, parse_client_list, propose};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let Some(path) = args.next().map(PathBuf::from) else {
        eprintln!("usage: inspect FILE [ROWS TO PRINT]");
        return ExitCode::FAILURE;
    };
    let shown: usize = args.next().and_then(|n| n.parse().ok()).unwrap_or(5);
    match inspect(&path, shown) {
        Ok(()) => ExitCode::SUCCESS,
        Err(refusal) => {
            eprintln!("{refusal}");
            ExitCode::FAILURE
        }
    }
}

fn inspect(path: &std::path::Path, shown: usize) -> Result<(), intake::Refusal> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let start = Instant::now();
    let source = Source::open(path, &name, Limits::default())?;
    let opened = start.elapsed();
    let found = detect(&source, &Options::default())?;
    let detected = start.elapsed() - opened;
    println!(
        "{name}: {} {} separator {:?} sheet {:?} header row {} ({} rows) fingerprint {}",
        found.kind,
        found.encoding.map_or("-", intake::Encoding::as_str),
        found.separator,
        found.sheet,
        found.header_row,
        found.row_count,
        found.fingerprint,
    );
    for sheet in &found.sheets {
        println!("  sheet « {} »: {} rows{}", sheet.name, sheet.rows, if sheet.visible { "" } else { ", hidden" });
    }
    for note in &found.notes {
        println!("  note: {}", note.text.fr);
    }
    let proposals = propose(&found, &Remembered::new(), &|_, _| false);
    for (column, proposal) in found.columns.iter().zip(&proposals) {
        println!(
            "  {:>2} {:24} {:10} {:5} → {:20} {:3} {:8} {:?}",
            column.letter,
            column.header,
            column.kind.as_str(),
            column.filled,
            proposal.field.map_or("(left aside)", |f| f.as_str()),
            proposal.confidence,
            proposal.reason.map_or("", |r| r.as_str()),
            column.samples.iter().take(3).collect::<Vec<_>>(),
        );
    }
    let mapping: Vec<_> = proposals.iter().filter_map(|p| Some((p.column, p.field?))).collect();
    let start = Instant::now();
    let mut printed = 0;
    let summary = parse_client_list(&source, &found.options(), &mapping, |row| {
        match &row.outcome {
            Outcome::Client(client) if printed < shown => {
                printed += 1;
                println!("  row {}: {client:?}", row.number);
            }
            Outcome::Client(_) => {}
            Outcome::Rejected => {
                println!("  row {} rejected: {}", row.number, intake::export::reasons(&row.errors, domain::Lang::Fr));
            }
            Outcome::Skipped(skip) => println!("  row {} skipped: {}", row.number, skip.text().fr),
        }
        for note in row.notes.iter().filter(|_| printed <= shown) {
            println!("  row {} note: {}", row.number, note.note.text.fr);
        }
        ControlFlow::Continue(())
    })?;
    println!(
        "  {} clients, {} rejected, {} skipped, {} duplicates; opened {opened:?}, detected {detected:?}, parsed {:?}",
        summary.clients,
        summary.rejected,
        summary.skipped,
        summary.duplicates,
        start.elapsed(),
    );
    Ok(())
}
