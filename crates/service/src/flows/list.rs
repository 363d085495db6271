//! Reading flows: the list, its counts, its export, one flow with its history.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use contract::{
    FileFormat, Flow as FlowShape, FlowAnomaly, FlowCounts, FlowEvent, FlowExportQuery, FlowHandled, FlowListQuery,
    FlowPage, FlowPlatformCount, FlowQuery, FlowReason, FlowRow, FlowSort, FlowStatus, FlowStatusCount, Nothing,
    OrNone,
};
use domain::flow::{self, FlowDetails, StatusEvent, amount_text};
use domain::reference::{self, ToPortal, anomaly_rule};
use domain::{DossierId, FlowId, Text};
use store::flows::{Filter, Handled, InQueue, Place, SortKey, Status, Stored};
use store::{Conn, Scope};

use crate::{Answer, Call, Result, cursor, time};

/// The filters of the contract as the store takes them.
pub(crate) fn filter(call: &Call, query: &FlowQuery) -> Filter {
    let plain = |v: &String| -> String { v.chars().filter(|c| !c.is_whitespace()).collect() };
    let q = query.q.as_ref().map(|q| q.trim().to_owned()).filter(|q| !q.is_empty());
    let digits = q.as_ref().map(plain).filter(|d| d.bytes().all(|b| b.is_ascii_digit()));
    // A SIREN, or the SIRET that begins with it.
    let siren = digits.filter(|d| matches!(d.len(), 9 | 14)).map(|d| d[..9].to_owned());
    Filter {
        portfolios: query
            .portfolio_id
            .0
            .iter()
            .map(|p| match p {
                OrNone::None => None,
                OrNone::Is(id) => Some(*id),
            })
            .collect(),
        dossier: query.dossier_id,
        kinds: query.kind.0.clone(),
        direction: query.direction,
        platforms: query.platform.0.clone(),
        statuses: query
            .status
            .0
            .iter()
            .map(|s| match s {
                OrNone::None => None,
                OrNone::Is(code) => Some(*code),
            })
            .collect(),
        handlings: query.handling.0.clone(),
        anomaly: query.anomaly,
        anomaly_id: query.anomaly_id,
        stuck: query.stuck.map(|stuck| (stuck, call.now)),
        unknown_client: query.unknown_client,
        issued_from: query.issued_from,
        issued_to: query.issued_to,
        number: q,
        siren,
    }
}

const fn order_of(sort: FlowSort) -> (SortKey, bool) {
    match sort {
        FlowSort::IssuedOn => (SortKey::IssuedOn, false),
        FlowSort::IssuedOnDesc => (SortKey::IssuedOn, true),
        FlowSort::StatusAt => (SortKey::StatusAt, false),
        FlowSort::StatusAtDesc => (SortKey::StatusAt, true),
        FlowSort::Gross => (SortKey::Gross, false),
        FlowSort::GrossDesc => (SortKey::Gross, true),
    }
}

fn read_cursor(written: &str, sort: FlowSort, key: SortKey) -> Result<Place> {
    let [order, value, id] = cursor::read::<3>(written)?;
    if order != sort.as_str() {
        return Err(cursor::wrong());
    }
    Ok(match key {
        SortKey::IssuedOn => Place::Text(value, id),
        SortKey::StatusAt | SortKey::Gross => Place::Number(value.parse().map_err(|_| cursor::wrong())?, id),
    })
}

fn write_cursor(sort: FlowSort, key: SortKey, row: &Stored) -> String {
    match row.place(key) {
        Place::Text(text, id) => cursor::write(&[sort.as_str(), &text, &id]),
        Place::Number(n, id) => cursor::write(&[sort.as_str(), &n.to_string(), &id]),
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn label(code: Option<u32>) -> Option<Text> {
    code.and_then(reference::status).map(|row| row.label.clone())
}

fn reasons(codes: &[String]) -> Vec<FlowReason> {
    codes.iter().map(|code| FlowReason { code: code.clone(), label: reference::reason_label(code).cloned() }).collect()
}

fn status(s: &Status) -> FlowStatus {
    FlowStatus {
        code: s.code,
        label: label(s.code),
        raw: s.raw.clone(),
        at: s.at,
        source: s.source,
        source_name: s.source_name.clone(),
    }
}

fn row(stored: &Stored, name: Option<String>, now: DateTime<Utc>) -> FlowRow {
    let f = &stored.flow;
    FlowRow {
        id: f.id,
        version: stored.version,
        dossier_id: f.dossier,
        dossier_name: name,
        owner: f.key.owner.clone(),
        kind: f.kind,
        direction: f.direction,
        platform: f.platform.clone(),
        number: f.key.number.clone(),
        seller: f.key.seller.clone(),
        counterparty: f.counterparty.clone(),
        counterparty_name: some(&f.counterparty_name),
        issued_on: f.issued_on,
        due_on: f.due_on,
        net_cents: f.net_cents,
        vat_cents: f.vat_cents,
        gross_cents: f.gross_cents,
        currency: f.currency.clone(),
        status: stored.status.as_ref().map(status),
        reasons: stored.status.as_ref().map(|s| reasons(&s.reasons)).unwrap_or_default(),
        handling: f.handling,
        anomalies: u32::try_from(stored.anomalies).unwrap_or_default(),
        stuck_since: stored.stuck_at.filter(|at| *at <= now),
        updated_at: stored.updated_at,
    }
}

/// Names of the dossiers of flows, which are in sight as the flows are.
fn names(conn: &mut Conn, scope: &Scope, flows: &[Stored]) -> Result<HashMap<DossierId, String>> {
    let mut ids: Vec<DossierId> = flows.iter().filter_map(|s| s.flow.dossier).collect();
    ids.sort_unstable();
    ids.dedup();
    let named = store::deadlines::named(conn, scope.cabinet(), &ids)?;
    Ok(named.into_iter().map(|(id, named)| (id, named.name)).collect())
}

fn rows(conn: &mut Conn, scope: &Scope, flows: &[Stored], now: DateTime<Utc>) -> Result<Vec<FlowRow>> {
    let names = names(conn, scope, flows)?;
    let name = |s: &Stored| s.flow.dossier.and_then(|id| names.get(&id).cloned());
    Ok(flows.iter().map(|s| row(s, name(s), now)).collect())
}

pub fn list_flows(call: &Call, _: Nothing, query: FlowListQuery, _: Nothing) -> Result<Answer<FlowPage>> {
    let limit = cursor::limit(query.limit)?;
    let sort = query.sort.unwrap_or(FlowSort::IssuedOnDesc);
    let order = order_of(sort);
    let after = query.after.as_deref().map(|c| read_cursor(c, sort, order.0)).transpose()?;
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let filter = filter(call, &query.filter);
    let mut flows = store::flows::list(&mut conn, scope, &filter, order, after.as_ref(), limit + 1)?;
    let next = (flows.len() as i64 > limit).then(|| {
        flows.truncate(limit as usize);
        flows.last().map(|last| write_cursor(sort, order.0, last))
    });
    let data = rows(&mut conn, scope, &flows, call.now)?;
    Ok(Answer::new(FlowPage { data, next: next.flatten() }))
}

pub fn count_flows(call: &Call, _: Nothing, query: FlowQuery, _: Nothing) -> Result<Answer<FlowCounts>> {
    let count = |n: i64| u64::try_from(n).unwrap_or_default();
    let mut conn = call.app.store.conn()?;
    let counts = store::flows::counts(&mut conn, call.scope()?, &filter(call, &query), call.now)?;
    let mut by_platform: Vec<FlowPlatformCount> =
        counts.by_platform.into_iter().map(|(platform, n)| FlowPlatformCount { platform, count: count(n) }).collect();
    by_platform.sort_by_key(|p| std::cmp::Reverse(p.count));
    Ok(Answer::new(FlowCounts {
        total: count(counts.total),
        by_status: counts
            .by_status
            .into_iter()
            .map(|(code, n)| FlowStatusCount { code, label: label(code), count: count(n) })
            .collect(),
        by_platform,
        unknown_client: count(counts.unknown_client),
        unread: count(counts.unread),
        stuck: count(counts.stuck),
    }))
}

const HEADER: [&str; 24] = [
    "Dossier",
    "SIREN du client",
    "Sens",
    "Nature",
    "Plateforme",
    "Numéro",
    "Vendeur",
    "Tiers",
    "Nom du tiers",
    "Émission",
    "Échéance",
    "HT",
    "TVA",
    "TTC",
    "Devise",
    "Statut",
    "Libellé officiel",
    "Statut de la source",
    "Motifs",
    "Statut du",
    "Source",
    "Suite donnée",
    "Anomalies",
    "En retard depuis",
];

pub fn export_flows(call: &Call, _: Nothing, query: FlowExportQuery, _: Nothing) -> Result<Answer<Nothing>> {
    let scope = call.scope()?;
    let filter = filter(call, &query.filter);
    let order = (SortKey::IssuedOn, true);
    let mut conn = call.app.store.conn()?;
    let mut sheet = crate::export::Sheet::new("flux", &HEADER);
    let mut after = None;
    loop {
        let flows = store::flows::list(&mut conn, scope, &filter, order, after.as_ref(), EXPORTED)?;
        after = flows.last().map(|last| last.place(order.0));
        for row in rows(&mut conn, scope, &flows, call.now)? {
            sheet.row(cells(row));
        }
        if (flows.len() as i64) < EXPORTED {
            break;
        }
    }
    Ok(Answer::file(sheet.file(query.format.unwrap_or(FileFormat::Csv), call.today())?))
}

/// Rows read at once for a file.
const EXPORTED: i64 = 1_000;

fn cells(row: FlowRow) -> [String; 24] {
    let day = |d: Option<NaiveDate>| d.map(|d| d.to_string()).unwrap_or_default();
    let money = |cents: Option<i64>| cents.map(|c| amount_text(c).replace('.', ",")).unwrap_or_default();
    let at = |t: Option<DateTime<Utc>>| {
        t.map(|t| {
            let (day, hour) = time::paris_clock(t);
            format!("{day} {hour}")
        })
        .unwrap_or_default()
    };
    let status = row.status;
    let of = |f: &dyn Fn(&FlowStatus) -> String| status.as_ref().map(f).unwrap_or_default();
    [
        row.dossier_name.unwrap_or_default(),
        row.owner,
        row.direction.text().fr,
        row.kind.text().fr,
        row.platform,
        row.number,
        row.seller,
        row.counterparty,
        row.counterparty_name.unwrap_or_default(),
        day(row.issued_on),
        day(row.due_on),
        money(row.net_cents),
        money(row.vat_cents),
        money(row.gross_cents),
        row.currency,
        of(&|s| s.code.map(|c| c.to_string()).unwrap_or_default()),
        of(&|s| s.label.as_ref().map(|l| l.fr.clone()).unwrap_or_default()),
        of(&|s| s.raw.clone()),
        row.reasons.iter().map(|r| r.code.as_str()).collect::<Vec<_>>().join(" "),
        at(status.as_ref().map(|s| s.at)),
        of(&|s| s.source_name.clone()),
        row.handling.text().fr,
        row.anomalies.to_string(),
        at(row.stuck_since),
    ]
}

/// Who sets a status, and whether the administration is told of it.
fn official(code: Option<u32>, on_collection: bool) -> (Option<Text>, bool) {
    let Some(row) = code.and_then(reference::status) else { return (None, false) };
    let told = match row.to_ppf {
        ToPortal::Mandatory | ToPortal::FromPortal => true,
        ToPortal::IfVatOnCollection => on_collection,
        ToPortal::No => false,
    };
    (Some(row.set_by.clone()), told)
}

fn events(history: &[StatusEvent], on_collection: bool) -> Vec<FlowEvent> {
    let current = flow::current(history);
    let mut contradicted = vec![false; history.len()];
    for contradiction in flow::contradictions(history) {
        contradicted[contradiction.end] = true;
        contradicted[contradiction.other] = true;
    }
    history
        .iter()
        .enumerate()
        .map(|(place, event)| {
            let (set_by, to_state) = official(event.code, on_collection);
            FlowEvent {
                status: status(&Status::from(event)),
                reasons: reasons(&event.reasons),
                comment: some(&event.comment),
                collected_cents: event.collected_cents,
                set_by,
                to_state,
                received_at: event.received_at,
                current: current == Some(place),
                contradicted: contradicted[place],
            }
        })
        .collect()
}

/// Shown with its middle hidden: enough to compare, not enough to pay to.
fn masked(details: FlowDetails) -> FlowDetails {
    let mask = |account: String| -> String {
        let all: Vec<char> = account.chars().filter(|c| !c.is_whitespace()).collect();
        match all.len() {
            0..=8 => "•".repeat(all.len()),
            n => all[..4]
                .iter()
                .copied()
                .chain(std::iter::repeat_n('•', n - 8))
                .chain(all[n - 4..].iter().copied())
                .collect(),
        }
    };
    let otherwise = details
        .otherwise
        .into_iter()
        .map(|mut o| {
            if o.field == domain::FlowField::Account {
                o.value = mask(o.value);
            }
            o
        })
        .collect();
    FlowDetails { account: details.account.map(mask), otherwise, ..details }
}

fn in_queue(found: InQueue) -> FlowAnomaly {
    let title = &anomaly_rule(found.rule).title;
    let title = match found.platform.as_str() {
        "" => title.clone(),
        platform => Text::new(format!("{} : {platform}", title.fr), format!("{}: {platform}", title.en)),
    };
    FlowAnomaly {
        id: found.anomaly,
        rule: found.rule,
        severity: found.severity,
        state: found.state,
        title,
        opened_at: found.opened_at,
        closed_at: found.closed_at,
    }
}

pub(super) fn handled(h: Handled) -> FlowHandled {
    FlowHandled { handling: h.handling, note: h.note, by: h.by, at: h.at }
}

pub fn read_flow(call: &Call, id: FlowId, _: Nothing, _: Nothing) -> Result<Answer<FlowShape>> {
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let stored = store::flows::find(&mut conn, scope, id)?;
    let history: BTreeMap<FlowId, Vec<StatusEvent>> = store::flows::events_of(&mut conn, &[id])?.into_iter().collect();
    let history = history.get(&id).map_or(&[][..], Vec::as_slice);
    // Told to the administration where VAT is due on collection, which is so unless the dossier says otherwise.
    let on_collection = match stored.flow.dossier {
        Some(dossier) => store::dossiers::find(&mut conn, scope, dossier)?.facts.vat_on_debits != Some(true),
        None => true,
    };
    let mut data = rows(&mut conn, scope, std::slice::from_ref(&stored), call.now)?;
    let row = data.pop().ok_or_else(crate::Error::not_found)?;
    Ok(Answer::new(FlowShape {
        row,
        details: masked(stored.flow.details),
        events: events(history, on_collection),
        anomalies_of: store::flows::in_queue(&mut conn, id)?.into_iter().map(in_queue).collect(),
        handled: stored.handled.into_iter().map(handled).collect(),
    }))
}
