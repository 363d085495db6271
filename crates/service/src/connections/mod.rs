//! Connections to platforms by AFNOR XP Z12-013. A person says where a platform is; threads of their own read it
//! ([`worker`], [`read`]): what was updated since, the status messages and invoices themselves, handed to
//! `flows::take`. How far they are moves in the transaction of what was taken, so a stopped process reads on where it was.

mod data;
mod directory;
mod read;
mod trial;
mod webhook;
mod worker;

use std::collections::HashMap;

use contract::{
    CallPage, CallQuery, Connection as Shape, ConnectionCall, ConnectionHealth, ConnectionInput, ConnectionList,
    ConnectionState, FlowServiceVersion, Nothing,
};
use domain::{ConnectionId, Permission, fold, platform};
use gateway::platform::Version;
use serde_json::{Value, json};
use store::connections::{self, Connection};
use store::{Conn, Scope, dialect};

use data::{Data, Health, Hook};
pub use directory::lookup_directory;
pub use trial::try_connection;
pub use webhook::receive_webhook;
pub use worker::{Runner, Shared, drain, start, wake};

use crate::anomalies::findings;
use crate::fields::Check;
use crate::flows::Writing;
use crate::people::entry;
use crate::session::whole_micros;
use crate::{Answer, App, Call, Error, Result, cursor, ids, journal, secrets};

const LONGEST_NAME: usize = 80;
const LONGEST_ID: usize = 200;
const LONGEST_SECRET: usize = 4_096;
const USUAL_MINUTES: u32 = 5;

pub fn list_connections(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<ConnectionList>> {
    let rows = connections::list(&mut *call.app.store.conn()?, call.scope()?)?;
    Ok(Answer::new(ConnectionList { data: rows.into_iter().map(shown).collect::<Result<_>>()? }))
}

pub fn read_connection(call: &Call, id: ConnectionId, _: Nothing, _: Nothing) -> Result<Answer<Shape>> {
    let row = connections::find(&mut *call.app.store.conn()?, call.scope()?, id)?;
    let version = row.version;
    Ok(Answer::new(shown(row)?).etag(version))
}

pub fn create_connection(call: &Call, _: Nothing, _: Nothing, body: ConnectionInput) -> Result<Answer<Shape>> {
    let scope = call.scope()?;
    // Names are looked up here, before any transaction.
    let wanted = checked(call, &body, None)?;
    let now = whole_micros(call.now);
    let row = call.app.store.conn()?.write(|conn| -> Result<Connection> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        free_name(conn, call, &wanted.name, None)?;
        let id = ids::connection();
        let row = Connection {
            id,
            cabinet: scope.cabinet(),
            version: 1,
            name: wanted.name,
            platform: wanted.platform,
            data: serde_json::to_string(&wanted.data)?,
            secret: secrets::seal(&call.app, conn, &data::secret_place(id), &wanted.secret.unwrap_or_default())?,
            webhook_key: String::new(),
            paused: body.paused,
            health: serde_json::to_string(&Health::default())?,
            next_at: (!body.paused).then_some(now),
            created_at: now,
            updated_at: now,
        };
        connections::insert(conn, &row)?;
        let changes = json!({ "name": [null, row.name], "platform": [null, row.platform],
            "flow_url": [null, wanted.data.flow_url], "paused": [null, row.paused] });
        let told = entry("connection.create", "connection", id, &row.name, changes);
        store::journal::append(conn, row.cabinet, &journal::stamp(call), &[told])?;
        Ok(row)
    })?;
    wake(&call.app);
    Ok(Answer::new(shown(row)?).etag(1))
}

pub fn update_connection(call: &Call, id: ConnectionId, _: Nothing, body: ConnectionInput) -> Result<Answer<Shape>> {
    let scope = call.scope()?;
    let before = connections::find(&mut *call.app.store.conn()?, scope, id)?;
    call.check_version(before.version)?;
    let old: Data = serde_json::from_str(&before.data)?;
    let wanted = checked(call, &body, Some(&old))?;
    let moved = wanted.data.is_elsewhere_than(&old);
    if moved {
        webhook::forget(&call.app, &before);
    }
    let row = call.app.store.conn()?.write(|conn| -> Result<Connection> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let mut row = connections::find(conn, scope, id)?;
        call.check_version(row.version)?;
        free_name(conn, call, &wanted.name, Some(id))?;
        let changes = changes(&row, &old, &wanted, &body);
        let mut health: Health = serde_json::from_str(&row.health)?;
        let says_secret = wanted.secret.is_some();
        if let Some(secret) = &wanted.secret {
            row.secret = secrets::seal(&call.app, conn, &data::secret_place(id), secret)?;
        }
        if moved {
            row.webhook_key = String::new();
            health.begin_anew();
        }
        if moved || says_secret || wanted.data != old || row.paused != body.paused {
            health.look_again();
        }
        row.name = wanted.name;
        row.platform = wanted.platform;
        row.data = serde_json::to_string(&wanted.data)?;
        row.health = serde_json::to_string(&health)?;
        row.paused = body.paused;
        row.next_at = (!body.paused).then_some(whole_micros(call.now));
        connections::save(conn, &mut row, call.now)?;
        tell_findings(conn, call, &row, &health)?;
        let told = entry("connection.update", "connection", id, &row.name, changes);
        store::journal::append(conn, row.cabinet, &journal::stamp(call), &[told])?;
        Ok(row)
    })?;
    wake(&call.app);
    let version = row.version;
    Ok(Answer::new(shown(row)?).etag(version))
}

/// What the journal tells of a change: never a secret.
fn changes(row: &Connection, old: &Data, wanted: &Wanted, body: &ConnectionInput) -> Value {
    let mut changes = serde_json::Map::new();
    let mut note = |name: &str, before: Value, after: Value| {
        if before != after {
            changes.insert(name.to_owned(), json!([before, after]));
        }
    };
    note("name", json!(row.name), json!(wanted.name));
    note("platform", json!(row.platform), json!(wanted.platform));
    note("paused", json!(row.paused), json!(body.paused));
    let (before, after) = (json!(old), json!(wanted.data));
    for name in after.as_object().into_iter().flatten().map(|(name, _)| name) {
        note(name, before[name].clone(), after[name].clone());
    }
    if wanted.secret.is_some() {
        note("client_secret", Value::Null, json!("•••"));
    }
    Value::Object(changes)
}

pub fn delete_connection(call: &Call, id: ConnectionId, _: Nothing, _: Nothing) -> Result<Answer<Nothing>> {
    let scope = call.scope()?;
    let before = connections::find(&mut *call.app.store.conn()?, scope, id)?;
    webhook::forget(&call.app, &before);
    call.app.store.conn()?.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let row = connections::find(conn, scope, id)?;
        tell_findings(conn, call, &row, &Health::default())?;
        connections::delete(conn, scope, id)?;
        let changes = json!({ "name": [row.name, null], "platform": [row.platform, null] });
        let told = entry("connection.delete", "connection", id, &row.name, changes);
        store::journal::append(conn, row.cabinet, &journal::stamp(call), &[told])?;
        Ok(())
    })?;
    call.app.shared.connections.forget_token(id);
    Ok(Answer::none())
}

/// A connection that a person has changed, paused or removed is not known to be down.
fn tell_findings(conn: &mut Conn, call: &Call, row: &Connection, health: &Health) -> Result<()> {
    let judge = call.judge(conn)?;
    let stamp = journal::stamp(call);
    let mut w = Writing { conn, cabinet: row.cabinet, stamp: &stamp, judge: &judge };
    findings::connection_changed(&mut w, line_of(row), health.down().filter(|_| !row.paused))
}

fn line_of(row: &Connection) -> findings::Line<'_> {
    findings::Line { id: row.id, name: &row.name, platform: &row.platform }
}

pub fn sync_connection(call: &Call, id: ConnectionId, _: Nothing, _: Nothing) -> Result<Answer<Shape>> {
    let scope = call.scope()?;
    let row = call.app.store.conn()?.write(|conn| -> Result<Connection> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let row = connections::find(conn, scope, id)?;
        if row.paused {
            return Err(Error::conflict(
                format!("« {} » est en pause : reprenez la connexion d’abord.", row.name),
                format!("“{}” is paused: resume the connection first.", row.name),
            ));
        }
        connections::hurry(conn, &row, call.now)?;
        let told = entry("connection.sync", "connection", id, &row.name, json!({}));
        store::journal::append(conn, row.cabinet, &journal::stamp(call), &[told])?;
        Ok(Connection { next_at: Some(whole_micros(call.now)), ..row })
    })?;
    wake(&call.app);
    Ok(Answer::new(shown(row)?))
}

pub fn list_connection_calls(call: &Call, id: ConnectionId, query: CallQuery, _: Nothing) -> Result<Answer<CallPage>> {
    let limit = cursor::limit(query.limit)?;
    let after = query.after.as_deref().map(cursor::read::<1>).transpose()?.map(|[id]| id);
    let mut conn = call.app.store.conn()?;
    let row = connections::find(&mut conn, call.scope()?, id)?;
    let mut calls = connections::calls(&mut conn, &row, after, limit + 1)?;
    let next = (calls.len() as i64 > limit).then(|| {
        calls.truncate(limit as usize);
        calls.last().map(|c| cursor::write(&[&c.id]))
    });
    let whole = |n: i64| u64::try_from(n).unwrap_or_default();
    let data = calls
        .into_iter()
        .map(|c| {
            Ok(ConnectionCall {
                at: c.at,
                method: c.method,
                path: c.path,
                status: u32::try_from(c.status).ok().filter(|s| *s > 0),
                milliseconds: whole(c.milliseconds),
                bytes: whole(c.bytes),
                request_id: c.request_id,
                error: if c.error.is_empty() { None } else { Some(serde_json::from_str(&c.error)?) },
            })
        })
        .collect::<Result<_>>()?;
    Ok(Answer::new(CallPage { data, next: next.flatten() }))
}

/// A connection as the API shows it.
pub fn shown(row: Connection) -> Result<Shape> {
    let data: Data = serde_json::from_str(&row.data)?;
    let health: Health = serde_json::from_str(&row.health)?;
    Ok(Shape {
        id: row.id,
        version: row.version,
        health: health.shown(&row),
        webhook_url: webhook::path(row.id),
        name: row.name,
        platform: row.platform,
        service: data.service,
        flow_url: data.flow_url,
        directory_url: data.directory_url,
        token_url: data.token_url,
        client_id: data.client_id,
        has_secret: !row.secret.is_empty(),
        organization_id: data.organization_id,
        every_minutes: data.every_minutes,
        webhook: data.webhook,
        paused: row.paused,
        created_at: row.created_at,
    })
}

/// How the connections of a cabinet do, by the folded name of their platform, for pages that show platforms side by side;
/// of several to one platform the one that asks for a look. Which files came, and what a platform says of them, may name
/// clients out of sight: that is for those who may look at the connections themselves.
pub(crate) fn health_by_platform(conn: &mut Conn, scope: &Scope) -> Result<HashMap<String, ConnectionHealth>> {
    const fn worse(state: ConnectionState) -> u8 {
        match state {
            ConnectionState::Down => 4,
            ConnectionState::Failing => 3,
            ConnectionState::Up => 2,
            ConnectionState::Untried => 1,
            ConnectionState::Paused => 0,
        }
    }
    let whole = scope.allows(Permission::ImportRun);
    let mut found: HashMap<String, ConnectionHealth> = HashMap::new();
    for row in connections::list(conn, scope)? {
        let health: Health = serde_json::from_str(&row.health)?;
        let mut health = health.shown(&row);
        if !whole {
            (health.taken, health.refused, health.files, health.last_error) = (0, 0, Vec::new(), None);
        }
        let place = fold(&row.platform);
        if found.get(&place).is_none_or(|f| worse(health.state) > worse(f.state)) {
            found.insert(place, health);
        }
    }
    Ok(found)
}

/// What was asked for, once checked.
struct Wanted {
    name: String,
    platform: String,
    data: Data,
    secret: Option<String>,
}

fn checked(call: &Call, body: &ConnectionInput, old: Option<&Data>) -> Result<Wanted> {
    let mut check = Check::default();
    let name = check.line("/name", &body.name, LONGEST_NAME);
    let platform = check.line("/platform", &body.platform, LONGEST_NAME);
    let register = call.app.register(&mut *call.app.store.conn()?)?;
    let platform = platform::canonical_name(&platform, &register);
    let mut address = |pointer: &str, value: &str, was: Option<&str>| {
        // One that stands is looked at again when it is used.
        if was == Some(value.trim()) {
            return value.trim().to_owned();
        }
        call.app.platforms().check(value).unwrap_or_else(|refused| {
            let (fr, en) = (refused.sentence(domain::Lang::Fr), refused.sentence(domain::Lang::En));
            check.refuse(pointer, "address", fr, en);
            String::new()
        })
    };
    let flow_url = address("/flow_url", &body.flow_url, old.map(|o| o.flow_url.as_str()));
    let directory = body.directory_url.as_deref().filter(|d| !d.trim().is_empty());
    let directory_url = directory.map(|d| address("/directory_url", d, old.and_then(|o| o.directory_url.as_deref())));
    let token_url = address("/token_url", &body.token_url, old.map(|o| o.token_url.as_str()));
    let client_id = visible(&mut check, "/client_id", &body.client_id);
    let organization = body.organization_id.as_deref().map(str::trim).filter(|o| !o.is_empty());
    let organization_id = organization.map(|o| visible(&mut check, "/organization_id", o));
    let secret = body.client_secret.as_deref().map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned);
    let given_to = |address: &str| {
        old.is_some_and(|old| {
            let known = [Some(&old.token_url), Some(&old.flow_url), old.directory_url.as_ref()];
            address.is_empty() || known.into_iter().flatten().any(|known| server_of(known) == server_of(address))
        })
    };
    let all = [Some(&token_url), Some(&flow_url), directory_url.as_ref()];
    match &secret {
        // Who may change an address could have the secret, or a token, sent anywhere, and yet may not read it.
        None if old.is_some() && !all.into_iter().flatten().all(|a| given_to(a)) => check.refuse(
            "/client_secret",
            "other_server",
            "L’adresse est celle d’un autre serveur : saisissez de nouveau le secret, que CabReady n’y envoie pas de lui-même.",
            "The address is one of another server: enter the secret again, CabReady does not send it there by itself.",
        ),
        None if old.is_none() => check.refuse(
            "/client_secret",
            "required",
            "Le secret manque : recopiez celui que la plateforme a remis avec l’identifiant.",
            "The secret is missing: copy the one that the platform gave with the client id.",
        ),
        // It is not repeated.
        Some(secret) if secret.len() > LONGEST_SECRET || secret.chars().any(char::is_control) => check.refuse(
            "/client_secret",
            "secret_form",
            format!(
                "Ce secret n’est pas d’une seule ligne de {LONGEST_SECRET} caractères au plus ; recopiez-le tel quel."
            ),
            format!("This secret is not one line of {LONGEST_SECRET} characters at most; copy it as it is."),
        ),
        _ => {}
    }
    let every_minutes = body.every_minutes.unwrap_or_else(|| old.map_or(USUAL_MINUTES, |o| o.every_minutes));
    if !(1..=1440).contains(&every_minutes) {
        check.refuse(
            "/every_minutes",
            "range",
            format!("« {every_minutes} » : de 1 à 1440 minutes entre deux lectures sont attendues."),
            format!("“{every_minutes}”: 1 to 1440 minutes between two readings are expected."),
        );
    }
    if body.webhook {
        check_webhook(call, &mut check, body.service);
    }
    check.done()?;
    let data = Data {
        service: body.service,
        flow_url,
        directory_url,
        token_url,
        client_id,
        organization_id,
        every_minutes,
        webhook: body.webhook,
    };
    Ok(Wanted { name, platform, data, secret })
}

/// Scheme, name and port of an address.
fn server_of(address: &str) -> &str {
    let name = address.find("://").map_or(0, |place| place + 3);
    let end = address[name..].find(['/', '?', '#']).map_or(address.len(), |place| name + place);
    &address[..end]
}

fn check_webhook(call: &Call, check: &mut Check, service: FlowServiceVersion) {
    if !version(service).traits().webhooks {
        check.refuse(
            "/webhook",
            "webhook_version",
            "Les webhooks demandent la version 1.3 du service : choisissez-la si la plateforme la sert, ou laissez la lecture régulière seule.",
            "Webhooks need version 1.3 of the service: choose it if the platform serves it, or leave the regular reading alone.",
        );
    }
    let public = &call.app.settings.public_url;
    if !public.starts_with("https://") && !call.app.platforms().reaches_inside() {
        check.refuse(
            "/webhook",
            "webhook_address",
            format!("La plateforme ne peut pas appeler « {public} » : il faut une adresse https publique de ce serveur (réglage public-url)."),
            format!("The platform cannot call “{public}”: a public https address of this server is needed (setting public-url)."),
        );
    }
}

/// An id as it travels in a header or a form: visible characters of one line.
fn visible(check: &mut Check, pointer: &str, value: &str) -> String {
    let value = value.trim();
    if value.is_empty() || value.len() > LONGEST_ID || !value.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        let shown: String = value.chars().filter(|c| !c.is_control()).take(40).collect();
        check.refuse(
            pointer,
            "id_form",
            format!("« {shown} » : de 1 à {LONGEST_ID} lettres, chiffres et signes sans accent sont attendus ; recopiez l’identifiant de la plateforme."),
            format!("“{shown}”: 1 to {LONGEST_ID} plain letters, digits and signs are expected; copy the platform’s id."),
        );
    }
    value.to_owned()
}

fn free_name(conn: &mut Conn, call: &Call, name: &str, own: Option<ConnectionId>) -> Result<()> {
    let same = |c: &Connection| fold(&c.name) == fold(name) && Some(c.id) != own;
    match connections::list(conn, call.scope()?)?.into_iter().find(same) {
        Some(other) => Err(Error::conflict(
            format!(
                "La connexion « {} » existe déjà : choisissez un autre nom, par lequel ses flux se reconnaissent.",
                other.name
            ),
            format!(
                "The connection “{}” exists already: choose another name, by which its flows are known.",
                other.name
            ),
        )),
        None => Ok(()),
    }
}

fn version(service: FlowServiceVersion) -> Version {
    match service {
        FlowServiceVersion::V1_2 => Version::V1_2,
        FlowServiceVersion::V1_3 => Version::V1_3,
    }
}

/// Where a row leads to, and the token from before.
fn open(app: &App, row: &Connection) -> Result<Opened> {
    let data: Data = serde_json::from_str(&row.data)?;
    let mut conn = app.store.conn()?;
    let secret = secrets::unseal(app, &mut conn, &data::secret_place(row.id), &row.secret)?;
    let hook = Hook::read(app, &mut conn, row)?;
    drop(conn);
    let endpoint = gateway::platform::Endpoint {
        version: version(data.service),
        flow: data.flow_url.clone(),
        directory: data.directory_url.clone(),
        token: data.token_url.clone(),
        client_id: data.client_id.clone(),
        secret: gateway::Secret::new(secret),
        organization: data.organization_id.clone(),
    };
    let token = app.shared.connections.token(row.id, row.version);
    Ok(Opened { data, hook, line: app.platforms().open(&endpoint, token) })
}

struct Opened {
    data: Data,
    hook: Option<Hook>,
    line: std::result::Result<Box<dyn gateway::platform::Line>, gateway::platform::PlatformError>,
}

/// The calls of a line, as rows.
fn rows_of(calls: Vec<gateway::platform::Call>) -> Result<Vec<connections::Call>> {
    let whole = |n: u128| i64::try_from(n).unwrap_or(i64::MAX);
    calls
        .into_iter()
        .map(|c| {
            Ok(connections::Call {
                id: crate::ids::fresh().to_string(),
                method: c.method.to_owned(),
                path: c.path,
                status: c.status.map_or(0, i64::from),
                milliseconds: whole(c.took.as_millis()),
                bytes: i64::try_from(c.bytes).unwrap_or(i64::MAX),
                request_id: c.request_id,
                error: c.error.map(|e| serde_json::to_string(&e)).transpose()?.unwrap_or_default(),
                at: c.at,
            })
        })
        .collect()
}

/// Keeps the calls of a line that is asked outside of a reading. They are no reason for what asked to fail.
fn note_calls(app: &App, row: &Connection, calls: Vec<gateway::platform::Call>) {
    let noted = rows_of(calls).and_then(|calls| {
        let mut conn = app.store.conn()?;
        Ok(conn.write(|conn| connections::add_calls(conn, row.id, &calls))?)
    });
    if let Err(error) = noted {
        tracing::warn!(connection = %row.id, %error, "calls to a platform could not be noted");
    }
}
