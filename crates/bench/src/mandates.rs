//! Mandates: 500 of them generated, sent to a relay on this machine and logged; what the cockpit does meanwhile; and the
//! same with a server that is killed in the middle, several times.

use std::time::{Duration, Instant, SystemTime};

use serde_json::json;

use crate::client::Connection;
use crate::process::Server;
use crate::report::{Figure, median};
use crate::smtp::Peer;
use crate::{Bench, Outcome, lists};

const MANDATES: usize = 500;
const COCKPIT: &str = "/api/v1/cockpit";
/// Nothing takes longer, or it is stuck.
const LONGEST: Duration = Duration::from_secs(300);

/// SIRENs whose check digit holds.
fn siren(n: usize) -> String {
    let stem: Vec<u32> = format!("{:08}", 51_000_000 + n).bytes().map(|b| u32::from(b - b'0')).collect();
    // From the left, the digits at odd places are doubled in a number of nine.
    let sum: u32 = stem.iter().enumerate().map(|(at, d)| if at % 2 == 1 { d * 2 / 10 + d * 2 % 10 } else { *d }).sum();
    let digits: String = stem.iter().map(ToString::to_string).collect();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// Clients without a platform, each with a contact of its own.
pub(crate) fn list(clients: usize) -> Vec<u8> {
    let mut text = String::from("SIREN;Raison sociale;Code;Contact;E-mail;Forme juridique;Effectif;CA\r\n");
    for n in 0..clients {
        text.push_str(&format!(
            "{};Société {n} SARL;C{n:05};Paul Durand;client{n}@exemple.fr;SARL;4;350000\r\n",
            siren(n)
        ));
    }
    text.into_bytes()
}

/// A firm that is asked by a server which may end and start again.
pub(crate) struct Firm {
    pub url: String,
    arguments: Vec<String>,
    email: String,
}

impl Firm {
    pub fn server(&self, bench: &Bench) -> Result<Server, String> {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        Server::start_with(bench, &self.url, &arguments)
    }

    pub fn sign_in(&self, server: &Server) -> Result<(Connection, String), String> {
        let mut connection = Connection::open(&server.address)?;
        let token = connection.sign_in(&self.email, "quatre mots faciles a retenir")?;
        Ok((connection, token))
    }
}

/// A firm with as many clients, each of whom can be written to by this peer.
pub(crate) fn firm(
    bench: &Bench,
    name: &str,
    peer: &Peer,
    clients: usize,
    settings: &[&str],
) -> Result<(Firm, Server), String> {
    let folder = bench.folder.path().join(name);
    std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let relay = peer.url();
    let mail = ["--mail-url", relay.as_str(), "--mail-from", "mandats@cabinet.test"];
    let firm = Firm {
        url: format!("sqlite:{}", folder.join("firm.sqlite").display()),
        arguments: mail.iter().chain(settings).map(ToString::to_string).collect(),
        email: "claire@cabinet.test".to_owned(),
    };
    let server = firm.server(bench)?;
    let mut connection = Connection::open(&server.address)?;
    let token = connection.sign_up(&firm.email)?;
    let rows = u32::try_from(clients).map_err(|e| e.to_string())?;
    lists::import(&mut connection, &token, &list(clients), ("create", rows))?;
    Ok((firm, server))
}

fn send(connection: &mut Connection, token: &str) -> Result<(), String> {
    let body = json!({ "filter": {}, "kinds": ["delegation"], "send": true });
    let done = connection.post("/api/v1/mandates/bulk", token, &body)?;
    if done["changed"].as_u64() != Some(MANDATES as u64) {
        return Err(format!("{} of {MANDATES} mandates were made", done["changed"]));
    }
    Ok(())
}

/// Messages by their state.
pub(crate) fn states(connection: &mut Connection, token: &str) -> Result<Vec<(String, u64)>, String> {
    let page = connection.get("/api/v1/mails?facets=true&limit=1", token)?.json()?;
    let states = page["states"].as_array().cloned().unwrap_or_default();
    Ok(states
        .iter()
        .map(|s| (s["state"].as_str().unwrap_or_default().to_owned(), s["count"].as_u64().unwrap_or_default()))
        .collect())
}

pub(crate) fn of(states: &[(String, u64)], state: &str) -> u64 {
    states.iter().filter(|(s, _)| s == state).map(|(_, n)| n).sum()
}

/// Median of some readings of the cockpit, in ms.
fn cockpit(connection: &mut Connection, token: &str, while_: impl Fn() -> bool, least: usize) -> Result<f64, String> {
    let mut times = Vec::new();
    while times.len() < least || while_() {
        let begin = Instant::now();
        let reply = connection.get(COCKPIT, token)?;
        if reply.status != 200 {
            return Err(format!("the cockpit answered {}", reply.status));
        }
        times.push(begin.elapsed().as_secs_f64() * 1e3);
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(median(times))
}

pub fn send_mandates(bench: &Bench) -> Outcome {
    let peer = Peer::start().map_err(|e| e.to_string())?;
    let (firm, server) = firm(bench, "mandates", &peer, MANDATES, &[])?;
    let (mut connection, token) = firm.sign_in(&server)?;
    let idle = cockpit(&mut connection, &token, || false, 300)?;
    server.reset_peak();
    let begin = Instant::now();
    send(&mut connection, &token)?;
    let end = begin + LONGEST;
    let busy = cockpit(&mut connection, &token, || peer.count() < MANDATES && Instant::now() < end, 50)?;
    loop {
        let states = states(&mut connection, &token)?;
        if of(&states, "sent") == MANDATES as u64 {
            break;
        }
        if Instant::now() > end {
            return Err(format!("not all left: {states:?}"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let seconds = begin.elapsed().as_secs_f64();
    let memory = server.memory("VmHWM:")?;
    let ids = peer.ids();
    if ids.len() != MANDATES || ids.values().any(|n| *n != 1) {
        return Err(format!("{} different messages arrived, {} in all", ids.len(), peer.count()));
    }
    Ok(vec![
        Figure::new("send_mandates", seconds, "s", 1).at_most(60.0),
        Figure::new("send_mandates_memory", memory, "MB", 1).at_most(250.0),
        Figure::new("send_mandates_cockpit", busy, "ms", 1).over(idle).at_most(2.0),
    ])
}

/// What became of a sending during which the server was killed.
pub(crate) struct Killed {
    pub kills: usize,
    /// Messages that the relay took more than once.
    pub twice: usize,
    pub lost: usize,
    /// Messages that the product said to be in doubt.
    pub doubtful: usize,
}

/// Killed at moments that nobody chose, started again, until all has left: what the relay took is compared with what the
/// product says.
pub(crate) fn kill(
    bench: &Bench,
    firm: &Firm,
    mut server: Server,
    peer: &Peer,
    (messages, most): (usize, usize),
) -> Result<Killed, String> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut chance = u64::from(since.subsec_nanos()) ^ u64::from(std::process::id());
    let (mut kills, mut doubtful) = (0_usize, 0);
    let end = Instant::now() + LONGEST;
    loop {
        // Between the first message and the last one, wherever that is.
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_millis(150 + (chance >> 33) % 500));
        let arrived = peer.count();
        if (1..messages).contains(&arrived) && kills < most {
            server.stop();
            kills += 1;
            server = firm.server(bench)?;
            continue;
        }
        let (mut connection, token) = firm.sign_in(&server)?;
        let states = states(&mut connection, &token)?;
        if of(&states, "queued") + of(&states, "sending") == 0 && arrived > 0 {
            doubtful += settle(&mut connection, &token, peer)?;
            if of(&self::states(&mut connection, &token)?, "sent") == messages as u64 {
                break;
            }
        }
        if Instant::now() > end {
            return Err(format!("not all left after {kills} kills: {states:?}"));
        }
    }
    let ids = peer.ids();
    let twice = ids.values().filter(|n| **n > 1).count();
    Ok(Killed { kills, twice, lost: messages.saturating_sub(ids.len()), doubtful })
}

pub fn send_mandates_killed(bench: &Bench) -> Outcome {
    let peer = Peer::start().map_err(|e| e.to_string())?;
    let (firm, server) = firm(bench, "mandates-killed", &peer, MANDATES, &[])?;
    let (mut connection, token) = firm.sign_in(&server)?;
    send(&mut connection, &token)?;
    let Killed { kills, twice, lost, .. } = kill(bench, &firm, server, &peer, (MANDATES, 6))?;
    if kills < 3 {
        return Err(format!("only {kills} kills fell into the sending"));
    }
    Ok(vec![
        Figure::new("send_mandates_kills", kills as f64, "", 1),
        Figure::new("send_mandates_twice", twice as f64, "", 1).at_most(0.0),
        Figure::new("send_mandates_lost", lost as f64, "", 1).at_most(0.0),
    ])
}

/// What is in doubt is settled as a person does who looks into the log of the relay; answers how many there were.
fn settle(connection: &mut Connection, token: &str, peer: &Peer) -> Result<usize, String> {
    let page = connection.get("/api/v1/mails?mail=doubtful&limit=200", token)?.json()?;
    let arrived = peer.ids();
    let all = page["data"].as_array().cloned().unwrap_or_default();
    for mail in &all {
        let known = arrived.contains_key(mail["message_id"].as_str().unwrap_or_default());
        let act = if known { "arrived" } else { "retry" };
        connection.post("/api/v1/mails/act", token, &json!({ "ids": [mail["id"]], "act": act }))?;
    }
    Ok(all.len())
}
