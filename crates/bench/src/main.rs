//! Named figures, each measured against its floor in the same run. Started by `cargo xtask bench`, which builds the
//! server and tells where it is:
//!
//! * `CABREADY_BENCH_SERVER`   the binary, in release
//! * `CABREADY_BENCH_POSTGRES` a superuser's URL of a throw-away cluster; without it the figures on PostgreSQL are left out
//! * `CABREADY_BENCH_BROWSER`  the script that measures a page in Chromium; without it that figure is left out
//!
//! The median of five runs after a warm-up (three with `--quick`). Flows are measured once over a million of them, which is
//! some minutes each; over forty thousand with `--quick`, over as many as one likes with `--flows N`.

mod browser;
mod client;
mod evaluations;
mod floor;
mod flow_kills;
mod flows;
mod lists;
mod mandates;
mod process;
mod queue;
mod reads;
mod relances;
mod report;
mod smtp;

use std::process::ExitCode;

use report::{Figure, Report};

/// What a figure needs to be measured.
pub struct Bench {
    pub runs: usize,
    /// Small sizes, for a look.
    pub quick: bool,
    /// How many flows the figures of flows are measured over.
    pub flows: u32,
    pub server: std::path::PathBuf,
    pub postgres: Option<String>,
    pub folder: tempfile::TempDir,
}

type Outcome = Result<Vec<Figure>, String>;
type Measure = fn(&Bench) -> Outcome;

/// Names that can be asked for, and what they report beside the figure of that name.
const NAMES: &[(&str, Measure, &str)] = &[
    (
        "import_dossiers_sqlite",
        lists::sqlite,
        "client list of 10,000 rows, CSV to committed and scored; memory; the same file again",
    ),
    ("import_dossiers_postgres", lists::postgres, "the same on PostgreSQL, against COPY"),
    ("guarded_hello", reads::guarded_hello, "a constant behind the full guard, against a naked constant"),
    (
        "read_cockpit",
        reads::cockpit,
        "cockpit over 10,000 dossiers, against guarded_hello; growth from 1,000; requests per second",
    ),
    (
        "read_queue",
        queue::read_queue,
        "queue page over 100,000 anomalies, against guarded_hello; two filters; growth; board",
    ),
    ("read_dossier_list", reads::dossier_list, "list of 50 with two filters and a sort; growth; requests per second"),
    (
        "reevaluate_all",
        evaluations::reevaluate_all,
        "10,000 dossiers after a change of weights, against reading their facts raw; memory; the cockpit meanwhile",
    ),
    (
        "reevaluate_night",
        evaluations::reevaluate_night,
        "10,000 dossiers as a day begins, against reading their facts raw; memory",
    ),
    (
        "send_mandates",
        mandates::send_mandates,
        "500 mandates generated, sent to a relay on this machine and logged; memory; the cockpit meanwhile",
    ),
    (
        "send_mandates_killed",
        mandates::send_mandates_killed,
        "the same with kill -9 in the middle, several times: messages that arrived twice or not at all",
    ),
    (
        "replan_relances",
        relances::replan_relances,
        "20,000 planned relances after a change of rules, and of facts; memory; pages of relances against guarded_hello",
    ),
    (
        "send_relances",
        relances::send_relances,
        "2,000 relances written and sent over 8 connections to a relay on this machine, once their window opens; memory",
    ),
    (
        "send_relances_killed",
        relances::send_relances_killed,
        "the same with ten kill -9 in the middle: messages that arrived twice or not at all",
    ),
    (
        "import_flows_killed",
        flow_kills::import_flows_killed,
        "an export of 100,000 rows with ten kill -9: pieces that stand by half, statuses that stand twice",
    ),
    (
        "import_flows_sqlite",
        flows::sqlite,
        "1,000,000 flows with 3,000,000 statuses by the interface for programs, rules included, against prepared inserts",
    ),
    ("import_flows_postgres", flows::postgres, "the same on PostgreSQL, against COPY"),
    ("read_flow_list", flows::read_flow_list, "a page of the million with two filters, against guarded_hello"),
    ("rules_incremental", flows::rules_incremental, "1,000 statuses into a million flows, against into ten thousand"),
    (
        "read_under_import",
        flows::read_under_import,
        "the queue for 200 readers during an import: slowest of a hundred, against its idle median; errors",
    ),
    ("client_bytes", browser::bytes, "first load of the client, brotli"),
    ("client_interactive", browser::interactive, "list of dossiers usable in Chromium, cold cache"),
    ("idle_memory", process::idle_memory, "resident memory of an idle server"),
    ("cold_start", process::cold_start, "start to first answer on an existing database"),
];

fn main() -> ExitCode {
    let mut json = false;
    let mut quick = false;
    let mut flows = None;
    let mut wanted = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--flows" => {
                match arguments.next().and_then(|n| n.parse().ok()).filter(|n| (1_000..=1_500_000).contains(n)) {
                    Some(n) => flows = Some(n),
                    None => {
                        eprintln!("--flows: a number from 1000 to 1500000 is expected");
                        return ExitCode::from(2);
                    }
                }
            }
            "--json" => json = true,
            "--quick" => quick = true,
            name if NAMES.iter().any(|(n, _, _)| *n == name) => wanted.push(argument),
            other => {
                eprintln!("\"{other}\" is not a figure. There are:");
                for (name, _, about) in NAMES {
                    eprintln!("  {name:<26} {about}");
                }
                return ExitCode::from(2);
            }
        }
    }
    let Some(server) = std::env::var_os("CABREADY_BENCH_SERVER") else {
        eprintln!("CABREADY_BENCH_SERVER is not set: run `cargo xtask bench`");
        return ExitCode::from(2);
    };
    let folder = match tempfile::Builder::new().prefix("cabready-bench-").tempdir() {
        Ok(folder) => folder,
        Err(e) => {
            eprintln!("no temporary folder: {e}");
            return ExitCode::FAILURE;
        }
    };
    let bench = Bench {
        runs: if quick { 3 } else { 5 },
        quick,
        flows: flows.unwrap_or(if quick { 40_000 } else { 1_000_000 }),
        server: server.into(),
        postgres: std::env::var("CABREADY_BENCH_POSTGRES").ok().filter(|u| !u.is_empty()),
        folder,
    };
    let mut report = Report::new(json);
    for (name, measure, _) in NAMES {
        if !wanted.is_empty() && !wanted.iter().any(|w| w == name) {
            continue;
        }
        match measure(&bench) {
            Ok(figures) => figures.into_iter().for_each(|f| report.add(f)),
            Err(why) => report.failed(name, &why),
        }
    }
    report.end()
}
