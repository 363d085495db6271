//! An export of a platform taken by a server that is killed in the middle, ten times at moments that nobody chose.

use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::client::Connection;
use crate::process::Server;
use crate::report::Figure;
use crate::{Bench, Outcome};

const ROWS: u64 = 100_000;
const KILLS: usize = 10;
const EVENTS: &str = "SELECT COUNT(*) FROM flow_events";
const LONGEST: Duration = Duration::from_secs(1_200);

/// Each flow with two statuses, in two rows that stand far apart: a piece that was taken twice would show.
fn export() -> String {
    let mut text = String::with_capacity(12 << 20);
    text.push_str(
        "SIREN client;N° facture;Sens;Tiers (SIREN);Date facture;Montant HT;Montant TTC;Statut;Motif;Mis à jour le\r\n",
    );
    for (status, hour) in [("Déposée", 9), ("Approuvée", 15)] {
        for n in 0..ROWS / 2 {
            let day = 1 + n % 28;
            text.push_str(&format!(
                "732829320;F2026-{n:06};Vente;552100554;{day:02}/10/2026;100,00;120,00;{status};;{day:02}/10/2026 {hour:02}:32\r\n"
            ));
        }
    }
    text
}

fn number(path: &str, query: &str) -> Result<i64, String> {
    let text = |e: rusqlite::Error| e.to_string();
    let conn = rusqlite::Connection::open(path).map_err(text)?;
    conn.busy_timeout(Duration::from_secs(10)).map_err(text)?;
    conn.query_row(query, [], |row| row.get(0)).map_err(text)
}

fn follow(connection: &mut Connection, token: &str, job: &Value) -> Result<(), String> {
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap_or_default());
    let end = Instant::now() + LONGEST;
    loop {
        let job = connection.get(&path, token)?.json()?;
        match job["state"].as_str().unwrap_or_default() {
            "done" => return Ok(()),
            "failed" | "cancelled" => return Err(format!("the job ended: {}", job["problem"])),
            _ if Instant::now() > end => return Err("the job did not end in time".to_owned()),
            _ => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

pub fn import_flows_killed(bench: &Bench) -> Outcome {
    let path = bench.folder.path().join("flows-killed.sqlite").display().to_string();
    let url = format!("sqlite:{path}");
    let email = "claire@cabinet.test";
    let mut server = Server::start(bench, &url)?;
    let mut connection = Connection::open(&server.address)?;
    let token = connection.sign_up(email)?;
    let upload = "/api/v1/imports?filename=flux.csv&subject=flows&platform=Plateforme%20X";
    let import = connection.upload(upload, &token, export().as_bytes())?;
    let import = format!("/api/v1/imports/{}", import["id"].as_str().unwrap_or_default());
    let job = connection.post(&format!("{import}/check"), &token, &Value::Null)?;
    follow(&mut connection, &token, &job)?;
    let told = connection.get(&import, &token)?.json()?["counts"].clone();
    let job = connection.post(&format!("{import}/commit"), &token, &Value::Null)?;

    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut chance = u64::from(since.subsec_nanos()) ^ u64::from(std::process::id());
    let (mut kills, mut halves, mut before) = (0_usize, 0_usize, 0);
    let end = Instant::now() + LONGEST;
    while kills < KILLS {
        // Once the work goes on: the lease of the one before has run out.
        while number(&path, EVENTS)? <= before {
            if Instant::now() > end {
                return Err(format!("after {kills} kills the import did not go on"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_millis((chance >> 33) % 400));
        server.stop();
        if number(&path, EVENTS)? as u64 >= ROWS {
            server = Server::start(bench, &url)?;
            break;
        }
        // A piece is whole or not there: each of its rows is a status.
        let events = number(&path, EVENTS)?;
        let noted = number(
            &path,
            "SELECT COALESCE(SUM(CAST(json_extract(counts, '$.total.rows') AS INTEGER)), 0) FROM imports WHERE progress IS NOT NULL",
        )?;
        halves += usize::from(events != noted);
        before = events;
        kills += 1;
        server = Server::start(bench, &url)?;
    }
    let mut connection = Connection::open(&server.address)?;
    let token = connection.sign_in(email, "quatre mots faciles a retenir")?;
    follow(&mut connection, &token, &job)?;
    let done = connection.get(&import, &token)?.json()?;
    if done["state"] != "committed" || done["counts"] != told {
        return Err(format!("the dry run told {told}, and the commit ended as {}: {}", done["state"], done["counts"]));
    }
    let flows = number(&path, "SELECT COUNT(*) FROM flows")?;
    let events = number(&path, EVENTS)?;
    if kills < KILLS {
        return Err(format!("only {kills} kills fell into the import"));
    }
    let twice = (flows - ROWS as i64 / 2).unsigned_abs() + (events - ROWS as i64).unsigned_abs();
    Ok(vec![
        Figure::new("import_flows_kills", kills as f64, "", 1),
        Figure::new("import_flows_halves", halves as f64, "", 1).at_most(0.0),
        Figure::new("import_flows_doubled", twice as f64, "", 1).at_most(0.0),
    ])
}
