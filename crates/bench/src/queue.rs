//! The queue over many anomalies: its first page, the page with two filters and the board, against the hello route of the
//! same run; and how the page grows with the number of anomalies.

use rusqlite::{Connection as Sqlite, params};

use crate::client::Connection;
use crate::process::{Server, demo};
use crate::reads::Firm;
use crate::report::Figure;
use crate::{Bench, Outcome};

const PAGE: &str = "/api/v1/anomalies?limit=50";
const FILTERED: &str = "/api/v1/anomalies?rule=rejected,stuck&severity=critical,high&limit=50";
const BOARD: &str = "/api/v1/anomalies/board";

const DOSSIERS: u32 = 2_000;
/// Of which a fifth stands open, each in four dossiers.
const MANY: usize = 100_000;
const FEW: usize = 5_000;

const RULES: [&str; 5] = ["rejected", "refused", "stuck", "disputed", "vat_key"];
const SEVERITIES: [&str; 4] = ["critical", "high", "medium", "low"];

fn text(e: impl std::fmt::Display) -> String {
    e.to_string()
}

fn column(conn: &Sqlite, query: &str) -> Result<Vec<String>, String> {
    let mut rows = conn.prepare(query).map_err(text)?;
    rows.query_map([], |row| row.get(0)).and_then(Iterator::collect).map_err(text)
}

/// Writes anomalies past the product: how they come about is another figure's matter.
fn fill(path: &str, anomalies: usize) -> Result<(), String> {
    let mut conn = Sqlite::open(path).map_err(text)?;
    let cabinet = column(&conn, "SELECT id FROM cabinets")?.swap_remove(0);
    let dossiers = column(&conn, "SELECT id FROM dossiers ORDER BY id")?;
    let people = column(&conn, "SELECT id FROM users ORDER BY id")?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_err(text)?.as_micros() as i64;
    let write = conn.transaction().map_err(text)?;
    {
        let mut anomaly = write
            .prepare(
                "INSERT INTO anomalies (id, cabinet_id, version, rule, cause, main, severity, state, platform, detail, \
                 assignee_id, resolution, note, occurrences, dossiers, exposure_cents, priority, comments, reopened, \
                 steps, due_at, warn_at, left_minutes, snoozed_until, wakes_on_news, search, opened_at, updated_at, \
                 closed_at, told) VALUES (?1, ?2, 1, ?3, ?1, 1, ?4, ?5, 'PENNYLANE', '{\"exposure_cents\":9000}', ?6, \
                 ?7, '', ?8, ?8, ?9, ?10, 0, 0, '[]', ?11, ?12, NULL, NULL, 0, 'rejetee', ?13, ?13, ?14, 0)",
            )
            .map_err(text)?;
        let mut occurrence = write
            .prepare(
                "INSERT INTO occurrences (cabinet_id, fingerprint, anomaly_id, dossier_id, detail, exposure_cents, \
                 opened_at, closed_at, closed_because) VALUES (?1, ?2, ?3, ?4, '{\"exposure_cents\":9000}', 9000, ?5, \
                 NULL, '')",
            )
            .map_err(text)?;
        for n in 0..anomalies {
            let id = format!("019a9a52-7c1e-7b7e-8f0e-{n:012x}");
            let open = n % 5 == 0;
            let due = open.then(|| now + (n as i64 + 60) * 3_600_000_000);
            let (state, resolution) = if open { ("assigned", "") } else { ("resolved", "agreed") };
            let closed = (!open).then_some(now - n as i64);
            let (rule, severity) = (RULES[n / 5 % RULES.len()], SEVERITIES[n / 7 % SEVERITIES.len()]);
            let person = &people[n / 5 % people.len()];
            let priority = (n as i64 * 7_919) % 1_000_003;
            let shown = if open { 4 } else { 0 };
            anomaly
                .execute(params![
                    id,
                    cabinet,
                    rule,
                    severity,
                    state,
                    person,
                    resolution,
                    shown,
                    shown * 9_000,
                    priority,
                    due,
                    due,
                    now - n as i64 * 1_000,
                    closed
                ])
                .map_err(text)?;
            for place in 0..shown {
                let dossier = &dossiers[(n / 5 * 4 + place as usize) % dossiers.len()];
                occurrence.execute(params![cabinet, format!("{rule}:{id}:{place}"), id, dossier, now]).map_err(text)?;
            }
        }
    }
    write.commit().map_err(text)
}

fn firm(bench: &Bench, anomalies: usize) -> Result<Firm, String> {
    let demo = demo(bench, &format!("queue-{anomalies}.sqlite"), DOSSIERS)?;
    fill(demo.url.trim_start_matches("sqlite:"), anomalies)?;
    let server = Server::start(bench, &demo.url)?;
    let token = Connection::open(&server.address)?.sign_in(&demo.email, &demo.password)?;
    Ok(Firm { server, token })
}

pub fn read_queue(bench: &Bench) -> Outcome {
    let large = firm(bench, MANY)?;
    let latency = large.latency(bench, &["/api/v1/ping", PAGE, FILTERED])?;
    let board = large.latency_of_few(bench, BOARD, 20)?;
    drop(large);
    let small = firm(bench, FEW)?;
    let before = small.latency(bench, &["/api/v1/ping", PAGE])?;
    let figure = |name: &str, ms: f64| Figure::new(name, ms, "ms", bench.runs);
    Ok(vec![
        figure("read_queue", latency[1]).over(latency[0]).at_most(6.0),
        figure("read_queue_filtered", latency[2]).over(latency[0]).at_most(6.0),
        figure("read_queue_growth", latency[1]).over(before[1]).at_most(1.5),
        figure("read_queue_board", board).over(latency[0]),
    ])
}
