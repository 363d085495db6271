//! A client list of 10,000 rows from CSV to committed and scored, on both databases, as a person does it: upload, dry
//! run, commit, each job followed to its end.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::Connection;
use crate::floor;
use crate::process::Server;
use crate::report::{Figure, median};
use crate::{Bench, Outcome};

const ROWS: u32 = 10_000;

/// A list as an accounting program exports it.
pub fn list(rows: u32) -> Vec<u8> {
    let mut text = "Code dossier;Raison sociale;N° SIREN;Régime TVA;Effectif;CA HT;Total bilan;E-mail;Collaborateur;\
        Responsable de mission;Plateforme;Outil de facturation;Factures par mois;B2C;Date clôture\r\n"
        .to_owned();
    let regimes = ["Réel normal mensuel", "Réel normal trimestriel", "Réel simplifié", "Franchise en base"];
    for n in 0..rows {
        let siren = siren(n);
        let platform = if n % 5 == 0 { "" } else { "Pennylane" };
        text.push_str(&format!(
            "A{n:05};Boulangerie du Port {n} SARL;{siren};{};{};{} {:03},00;{} {:03},50;contact{n}@exemple.fr;collab-{:02};resp-{};{platform};Sage 50;{};oui;31/12/2025\r\n",
            regimes[n as usize % 4], n % 60, n % 900 + 1, n % 1000, n % 700 + 1, n % 1000, n % 8, n % 3, n % 200
        ));
    }
    text.into_bytes()
}

/// Nine digits whose check digit holds.
pub fn siren(n: u32) -> String {
    let stem = 10_000_000 + n * 7;
    let sum: u32 = stem
        .to_string()
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, d)| {
            let d = u32::from(d - b'0');
            if i % 2 == 0 { if d * 2 > 9 { d * 2 - 9 } else { d * 2 } } else { d }
        })
        .sum();
    format!("{stem}{}", (10 - sum % 10) % 10)
}

fn follow(connection: &mut Connection, token: &str, job: &Value) -> Result<(), String> {
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap_or_default());
    loop {
        let now = connection.get(&path, token)?.json()?;
        match now["state"].as_str() {
            Some("done") => return Ok(()),
            Some("queued" | "running") => std::thread::sleep(Duration::from_millis(5)),
            _ => return Err(now.to_string()),
        }
    }
}

/// Upload, dry run, commit. Answers the seconds that it took.
pub fn import(
    connection: &mut Connection,
    token: &str,
    list: &[u8],
    (expect, rows): (&str, u32),
) -> Result<f64, String> {
    let begin = Instant::now();
    let import = connection.upload("/api/v1/imports?filename=liste.csv", token, list)?;
    let path = format!("/api/v1/imports/{}", import["id"].as_str().unwrap_or_default());
    let job = connection.post(&format!("{path}/check"), token, &Value::Null)?;
    follow(connection, token, &job)?;
    let job = connection.post(&format!("{path}/commit"), token, &Value::Null)?;
    follow(connection, token, &job)?;
    let seconds = begin.elapsed().as_secs_f64();
    let counts = connection.get(&path, token)?.json()?["counts"].clone();
    if counts[expect].as_u64() != Some(u64::from(rows)) {
        return Err(format!("expected {rows} rows to {expect}: {counts}"));
    }
    Ok(seconds)
}

struct Measured {
    first: Vec<f64>,
    again: Vec<f64>,
    memory: Vec<f64>,
    floor: Vec<f64>,
    floor_dossiers: Vec<f64>,
}

fn measure(
    bench: &Bench,
    mut database: impl FnMut(usize) -> Result<String, String>,
    mut floor: impl FnMut(usize, &str) -> Result<(f64, f64), String>,
) -> Result<Measured, String> {
    let list = list(ROWS);
    let mut m = Measured { first: vec![], again: vec![], memory: vec![], floor: vec![], floor_dossiers: vec![] };
    for run in 0..=bench.runs {
        let url = database(run)?;
        let server = Server::start(bench, &url)?;
        let mut connection = Connection::open(&server.address)?;
        let token = connection.sign_up(&format!("claire{run}@mesure.example"))?;
        // Hashing the password took its memory; it is given back to the system or not, and counts as idle.
        std::thread::sleep(Duration::from_millis(300));
        let idle = server.memory("VmRSS:")?;
        server.reset_peak();
        let first = import(&mut connection, &token, &list, ("create", ROWS))?;
        let peak = server.memory("VmHWM:")?;
        let again = import(&mut connection, &token, &list, ("unchanged", ROWS))?;
        drop(server);
        let (rows, dossiers) = floor(run, &url)?;
        if run > 0 {
            m.first.push(first);
            m.again.push(again);
            m.memory.push(peak - idle);
            m.floor.push(rows);
            m.floor_dossiers.push(dossiers);
        }
    }
    Ok(m)
}

fn figures(name: &str, bench: &Bench, m: Measured, at_most: f64) -> Vec<Figure> {
    let (first, again) = (median(m.first), median(m.again));
    vec![
        // The same rows: a dossier and its row in the journal, which every write leaves.
        Figure::new(name, first, "s", bench.runs).over(median(m.floor)).at_most(at_most),
        Figure::new(format!("{name}_dossiers_only"), first, "s", bench.runs).over(median(m.floor_dossiers)),
        Figure::new(format!("{name}_again"), again, "s", bench.runs).over(first).at_most(1.3),
        Figure::new(format!("{name}_memory"), median(m.memory), "MB", bench.runs).at_most(130.0),
    ]
}

pub fn sqlite(bench: &Bench) -> Outcome {
    let folder = bench.folder.path();
    let m = measure(
        bench,
        |run| Ok(format!("sqlite:{}", folder.join(format!("import-{run}.sqlite")).display())),
        |run, url| floor::sqlite(url, &folder.join(format!("floor-{run}.sqlite"))),
    )?;
    Ok(figures("import_dossiers_sqlite", bench, m, 4.0))
}

pub fn postgres(bench: &Bench) -> Outcome {
    let Some(cluster) = &bench.postgres else {
        return Err("no PostgreSQL cluster was given".to_owned());
    };
    let m = measure(bench, |run| floor::new_postgres(cluster, &format!("bench_{run}")), |_, url| floor::postgres(url))?;
    Ok(figures("import_dossiers_postgres", bench, m, 6.0))
}
