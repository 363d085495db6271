//! Relances: 20,000 planned steps that are planned anew after a change of rules and after a change of facts, what the pages
//! of relances cost at that size, 2,000 messages sent to a relay on this machine, and the same with a server that is killed
//! in the middle, ten times.

use std::time::{Duration, Instant, SystemTime};

use rusqlite::{Connection as Sqlite, OpenFlags};
use serde_json::{Value, json};

use crate::client::Connection;
use crate::mandates::{self, Firm, Killed, kill, of, states};
use crate::process::Server;
use crate::report::{Figure, median};
use crate::smtp::Peer;
use crate::{Bench, Outcome, reads};

const SETTINGS: &str = "/api/v1/relances/settings";
const OPEN: &str = "/api/v1/relances/steps?stage=open&limit=1&facets=true";

/// Two sequences each.
const DOSSIERS: usize = 10_000;
const PLANNED: usize = 2 * DOSSIERS;
const MESSAGES: usize = 2_000;
const KILLS: usize = 10;
/// Nothing takes longer, or it is stuck.
const LONGEST: Duration = Duration::from_secs(300);

const ARGUMENTS: &[&str] = &["--public-url", "https://cabinet.test", "--mail-connections", "8"];
const EVERY_DAY: &[u8] = &[1, 2, 3, 4, 5, 6, 7];

/// A firm, the server that is asked, and who asks.
struct Desk {
    firm: Firm,
    server: Server,
    connection: Connection,
    token: String,
}

fn desk(bench: &Bench, name: &str, peer: &Peer, clients: usize) -> Result<Desk, String> {
    let (firm, server) = mandates::firm(bench, name, peer, clients, ARGUMENTS)?;
    let (mut connection, token) = firm.sign_in(&server)?;
    // Answers must reach somebody before anything leaves to clients.
    let collection = connection.get("/api/v1/cabinet/collection", &token)?.json()?;
    let mut change = json!({ "reply_to": "reponses@cabinet.test" });
    for field in ["sender_name", "link_days", "accept_answers", "accept_signatures", "decider"] {
        change[field] = collection[field].clone();
    }
    let version = collection["version"].as_i64().unwrap_or_default();
    connection.put("/api/v1/cabinet/collection", &token, version, &change)?;
    Ok(Desk { firm, server, connection, token })
}

impl Desk {
    fn get(&mut self, path: &str) -> Result<Value, String> {
        let reply = self.connection.get(path, &self.token)?;
        if reply.status != 200 {
            return Err(format!("GET {path}: {} {}", reply.status, String::from_utf8_lossy(&reply.body)));
        }
        reply.json()
    }

    fn post(&mut self, path: &str, body: &Value) -> Result<Value, String> {
        self.connection.post(path, &self.token, body)
    }

    /// A text of the product, as the firm's own.
    fn text(&mut self, purpose: &str, tone: &str) -> Result<Value, String> {
        let source = json!({ "from": "starter", "purpose": purpose, "tone": tone });
        Ok(self.post("/api/v1/templates", &json!({ "source": source }))?["id"].clone())
    }

    /// An active sequence whose first step is due so many days after a dossier has joined; answers how many are in it.
    fn sequence(&mut self, purpose: &str, first: u32) -> Result<u64, String> {
        let texts = [self.text(purpose, "gentle")?, self.text(purpose, "firm")?, self.text(purpose, "urgent")?];
        let step = |(from, days): (&str, u32), channel: &str, tone: &str, text: &Value| {
            json!({
                "after": { "from": from, "days": days }, "channel": channel, "tone": tone, "template_id": text,
                "approval": "automatic",
            })
        };
        let body = json!({
            "name": format!("Mesure {purpose}"), "purpose": purpose,
            "steps": [
                step(("start", first), "mail", "gentle", &texts[0]),
                step(("previous", 10), "mail", "firm", &texts[1]),
                step(("previous", 7), "call", "firm", &texts[1]),
                step(("previous", 10), "mail", "urgent", &texts[2]),
            ],
        });
        let id = self.post("/api/v1/sequences", &body)?["sequence"]["id"].as_str().unwrap_or_default().to_owned();
        let path = format!("/api/v1/sequences/{id}");
        let active = json!({ "state": "active" });
        self.connection.at_version("POST", &format!("{path}/state"), &self.token, 1, &active)?;
        Ok(self.get(&path)?["running"].as_u64().unwrap_or_default())
    }

    /// Changes rules of sending; answers the seconds that it took.
    fn rules(&mut self, change: &Value) -> Result<f64, String> {
        let now = self.get(SETTINGS)?;
        let mut rules = now["rules"].clone();
        for (field, value) in change.as_object().into_iter().flatten() {
            rules[field] = value.clone();
        }
        let begin = Instant::now();
        self.connection.put(SETTINGS, &self.token, now["version"].as_i64().unwrap_or_default(), &rules)?;
        Ok(begin.elapsed().as_secs_f64())
    }

    /// Live: what a person would have seen to is said to be seen to.
    fn go_live(&mut self, days: &[u8]) -> Result<f64, String> {
        self.rules(&json!({
            "mode": "live", "seen_to": ["dry_run", "test_run", "other_tools", "small_start"], "window": window(days),
        }))
    }

    /// Until the runner has looked at what was written at a moment.
    fn looked_at(&self, since: i64) -> Result<(), String> {
        let text = |e: rusqlite::Error| e.to_string();
        let path = self.firm.url.trim_start_matches("sqlite:");
        let conn = Sqlite::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(text)?;
        conn.busy_timeout(Duration::from_secs(10)).map_err(text)?;
        let mut look = conn.prepare("SELECT looked_at FROM relance_settings").map_err(text)?;
        let end = Instant::now() + LONGEST;
        while look.query_row([], |row| row.get::<_, i64>(0)).map_err(text)? < since {
            if Instant::now() > end {
                return Err("the change of facts was not looked at".to_owned());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

fn window(days: &[u8]) -> Value {
    json!({ "days": days, "from": "00:00:00", "to": "23:59:59", "territory": "metropole", "closed": [] })
}

fn micros() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// A day of the week that is neither today nor next to it, in whichever time zone.
fn another_day() -> u8 {
    // The first day of the epoch was a Thursday.
    let days = micros() / 86_400_000_000;
    u8::try_from((days + 3 + 3) % 7 + 1).unwrap_or(1)
}

/// 20,000 planned steps that wait for a week, live.
fn planned(bench: &Bench, peer: &Peer) -> Result<(Desk, f64), String> {
    let mut desk = desk(bench, "relances", peer, DOSSIERS)?;
    for purpose in ["choose_platform", "missing_identity"] {
        let running = desk.sequence(purpose, 7)?;
        if running != DOSSIERS as u64 {
            return Err(format!("{running} of {DOSSIERS} dossiers are in the sequence {purpose}"));
        }
    }
    let live = desk.go_live(&[1, 2, 3, 4, 5])?;
    let open = desk.get(OPEN)?;
    let planned = open["outcomes"].as_array().into_iter().flatten().find(|o| o["code"] == "planned").cloned();
    let planned = planned.unwrap_or_default()["count"].as_u64().unwrap_or_default();
    if planned != PLANNED as u64 {
        return Err(format!("{planned} of {PLANNED} steps are planned: {}", open["outcomes"]));
    }
    Ok((desk, live))
}

/// When the first open step leaves.
fn first_at(desk: &mut Desk) -> Result<Value, String> {
    Ok(desk.get(OPEN)?["data"][0]["at"].clone())
}

pub fn replan_relances(bench: &Bench) -> Outcome {
    let peer = Peer::start().map_err(|e| e.to_string())?;
    let (mut desk, live) = planned(bench, &peer)?;
    let (mut rules, mut facts, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
    let me = desk.get("/api/v1/me")?["user_id"].clone();
    // Whoever is in charge is away until long after the first step is due, so being in charge moves every plan.
    let away = json!({ "absences": [{ "user_id": me, "from": "2020-01-01", "to": "2099-12-31" }] });
    for run in 0..=bench.runs {
        let idle = desk.server.memory("VmRSS:")?;
        desk.server.reset_peak();
        // Other days of the week move every step that is planned for one of them.
        let days: &[u8] = if run % 2 == 0 { &[another_day()] } else { &[1, 2, 3, 4, 5] };
        let seconds = desk.rules(&json!({ "window": window(days), "minimum_days": 5 + run % 2 }))?;
        let peak = desk.server.memory("VmHWM:")? - idle;
        if run > 0 {
            rules.push(seconds);
            peaks.push(peak);
        }
    }
    desk.rules(&json!({ "window": window(EVERY_DAY), "absences": away["absences"] }))?;
    for run in 0..=bench.runs {
        let before = first_at(&mut desk)?;
        let person = if run % 2 == 0 { me.clone() } else { Value::Null };
        let act = json!({ "kind": "assign", "duty": "assignee", "user_id": person });
        let since = micros();
        let edited = desk.post("/api/v1/dossiers/bulk", &json!({ "filter": {}, "act": act }))?;
        if edited["changed"].as_u64() != Some(DOSSIERS as u64) {
            return Err(format!("{} of {DOSSIERS} dossiers were edited", edited["changed"]));
        }
        let begin = Instant::now();
        desk.looked_at(since)?;
        let seconds = begin.elapsed().as_secs_f64();
        if first_at(&mut desk)? == before {
            return Err("the edit moved no plan".to_owned());
        }
        if run > 0 {
            facts.push(seconds);
        }
    }
    let page = desk.get("/api/v1/relances/steps?stage=open&limit=1")?;
    let dossier = page["data"][0]["dossier_id"].as_str().unwrap_or_default().to_owned();
    let Desk { server, token, .. } = desk;
    let firm = reads::Firm { server, token };
    let hello = firm.latency(bench, &["/api/v1/ping"])?[0];
    let mut figures = vec![
        Figure::new("replan_relances", median(rules), "s", bench.runs).at_most(2.0),
        Figure::new("replan_relances_live", live, "s", 1).at_most(2.0),
        Figure::new("replan_relances_facts", median(facts), "s", bench.runs).at_most(2.0),
        Figure::new("replan_relances_memory", median(peaks), "MB", bench.runs).at_most(100.0),
    ];
    let one = format!("/api/v1/dossiers/{dossier}/relances");
    for (name, path) in [
        ("read_relances_board", "/api/v1/relances"),
        ("read_relances_steps", "/api/v1/relances/steps?stage=open&limit=50"),
        ("read_relances_facets", "/api/v1/relances/steps?limit=50&facets=true"),
        ("read_relances_dossier", one.as_str()),
        ("read_relances_forecast", "/api/v1/relances/forecast"),
        ("read_relances_sequences", "/api/v1/sequences"),
        ("read_relances_cockpit", "/api/v1/cockpit"),
    ] {
        let ms = firm.latency_of_few(bench, path, 20)?;
        // Sums over each plan of the firm, of which there are twenty thousand, against a page of them.
        let most = if name.ends_with("_steps") || name.ends_with("_dossier") || name.ends_with("_cockpit") {
            20.0
        } else {
            150.0
        };
        figures.push(Figure::new(name, ms, "ms", bench.runs).over(hello).at_most(most));
    }
    Ok(figures)
}

/// A firm whose clients are all to be written to at once, as soon as the window opens.
fn waiting(bench: &Bench, name: &str, peer: &Peer) -> Result<Desk, String> {
    let mut desk = desk(bench, name, peer, MESSAGES)?;
    let running = desk.sequence("choose_platform", 0)?;
    if running != MESSAGES as u64 {
        return Err(format!("{running} of {MESSAGES} dossiers are in the sequence"));
    }
    desk.go_live(&[another_day()])?;
    // More than one turn of the runner: whatever leaves outside of the window has left by then.
    std::thread::sleep(Duration::from_secs(5));
    match peer.count() {
        0 => Ok(desk),
        n => Err(format!("{n} messages left outside of the window")),
    }
}

/// Nobody was written to twice, and nothing left before the window opened.
fn once(peer: &Peer) -> Result<(), String> {
    let (ids, addresses) = (peer.ids(), peer.addresses());
    let twice = |all: &std::collections::HashMap<String, u32>| all.values().filter(|n| **n != 1).count();
    if (ids.len(), addresses.len(), twice(&ids), twice(&addresses)) != (MESSAGES, MESSAGES, 0, 0) {
        return Err(format!(
            "{} messages to {} clients arrived, {} of them and {} of those more than once",
            ids.len(),
            addresses.len(),
            twice(&ids),
            twice(&addresses)
        ));
    }
    Ok(())
}

pub fn send_relances(bench: &Bench) -> Outcome {
    let peer = Peer::start().map_err(|e| e.to_string())?;
    let mut desk = waiting(bench, "relances-send", &peer)?;
    let idle = desk.server.memory("VmRSS:")?;
    desk.server.reset_peak();
    let begin = Instant::now();
    desk.rules(&json!({ "window": window(EVERY_DAY) }))?;
    let end = begin + LONGEST;
    loop {
        let states = states(&mut desk.connection, &desk.token)?;
        if of(&states, "sent") == MESSAGES as u64 {
            break;
        }
        if Instant::now() > end {
            return Err(format!("not all left: {states:?}, {} arrived", peer.count()));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let seconds = begin.elapsed().as_secs_f64();
    let memory = desk.server.memory("VmHWM:")? - idle;
    once(&peer)?;
    Ok(vec![
        Figure::new("send_relances", seconds, "s", 1).at_most(60.0),
        Figure::new("send_relances_memory", memory, "MB", 1).at_most(150.0),
    ])
}

pub fn send_relances_killed(bench: &Bench) -> Outcome {
    let peer = Peer::start().map_err(|e| e.to_string())?;
    let mut desk = waiting(bench, "relances-killed", &peer)?;
    desk.rules(&json!({ "window": window(EVERY_DAY) }))?;
    let Desk { firm, server, .. } = desk;
    let Killed { kills, twice, lost, doubtful } = kill(bench, &firm, server, &peer, (MESSAGES, KILLS))?;
    if kills < KILLS {
        return Err(format!("only {kills} kills fell into the sending"));
    }
    let clients = peer.addresses();
    let again = clients.values().filter(|n| **n > 1).count();
    Ok(vec![
        Figure::new("send_relances_kills", kills as f64, "", 1),
        Figure::new("send_relances_doubtful", doubtful as f64, "", 1),
        Figure::new("send_relances_twice", twice.max(again) as f64, "", 1).at_most(0.0),
        Figure::new("send_relances_lost", lost.max(MESSAGES - clients.len()) as f64, "", 1).at_most(0.0),
    ])
}
