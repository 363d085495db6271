//! The register: reading mandates, and writing a draft anew.

use std::collections::HashMap;

use chrono::{Duration, NaiveDate};
use contract::{
    FileFormat, Mandate as MandateShape, MandateChange, MandateExportQuery, MandateFacets, MandateKindCount,
    MandateListQuery, MandatePage, MandateQuery, MandateRow, MandateSort, MandateStateCount, MandateStep, Nothing,
};
use domain::reference::mandate_kind;
use domain::{MandateEvent, MandateId, MandateKind, MandateState, Permission, PortfolioId};
use serde_json::{Value, json};
use store::deadlines::Named;
use store::mandates::{Facet, Listed, Mandate, Place, SortKey, Wanted};
use store::{Conn, Scope, dialect};

use super::life::told;
use super::making::official_number;
use super::{papers, terms};
use crate::session::whole_micros;
use crate::time::french;
use crate::{
    Answer, Call, Error, Result, collection_settings, cursor, days, dossiers, invalid, journal, suppressions, time,
};

/// The filters of the contract as the store takes them.
pub(super) fn wanted(call: &Call, query: &MandateQuery) -> Wanted {
    let today = call.today();
    Wanted {
        dossiers: dossiers::filter(&query.dossiers),
        dossier: query.dossier_id,
        kinds: query.kind.0.clone(),
        states: query.mandate.0.clone(),
        in_force: query.in_force.map(|yes| (yes, today)),
        unreachable: query.unreachable,
        ends_within: query.ends_within_days.map(|n| (today, days::later(today, u64::from(n)))),
        silent_since: query.silent_for_days.map(|n| call.now - Duration::days(i64::from(n))),
    }
}

const fn order_of(sort: MandateSort) -> (SortKey, bool) {
    match sort {
        MandateSort::UpdatedAt => (SortKey::UpdatedAt, false),
        MandateSort::UpdatedAtDesc => (SortKey::UpdatedAt, true),
        MandateSort::Name => (SortKey::Name, false),
        MandateSort::NameDesc => (SortKey::Name, true),
        MandateSort::EndsOn => (SortKey::EndsOn, false),
    }
}

fn read_cursor(written: &str, sort: MandateSort, key: SortKey) -> Result<Place> {
    let [order, value, id] = cursor::read::<3>(written)?;
    if order != sort.as_str() {
        return Err(cursor::wrong());
    }
    Ok(match key {
        SortKey::UpdatedAt => Place::Number(value.parse().map_err(|_| cursor::wrong())?, id),
        SortKey::Name | SortKey::EndsOn => Place::Text(value, id),
    })
}

fn write_cursor(sort: MandateSort, key: SortKey, row: &Listed) -> String {
    match row.place(key) {
        Place::Number(n, id) => cursor::write(&[sort.as_str(), &n.to_string(), &id]),
        Place::Text(text, id) => cursor::write(&[sort.as_str(), &text, &id]),
    }
}

fn row(mandate: &Mandate, dossier: Named, reachable: bool, today: NaiveDate) -> MandateRow {
    MandateRow {
        id: mandate.id,
        version: mandate.version,
        dossier_id: mandate.dossier,
        dossier_name: dossier.name,
        siren: dossier.siren,
        portfolio_id: dossier.portfolio_id,
        kind: mandate.kind,
        state: mandate.state,
        number: mandate.number.clone(),
        platform: mandate.terms.platform.clone(),
        starts_on: mandate.starts_on,
        ends_on: mandate.ends_on,
        in_force: mandate.is_in_force(today),
        signed_by: mandate.signed_by,
        signed_at: mandate.signed_at,
        sent_to: mandate.sent_to.clone(),
        sent_at: mandate.sent_at,
        opened_at: mandate.opened_at,
        reminders: mandate.reminders,
        reminded_at: mandate.reminded_at,
        reason: mandate.reason.clone(),
        reachable,
        updated_at: mandate.updated_at,
    }
}

pub fn list_mandates(call: &Call, _: Nothing, query: MandateListQuery, _: Nothing) -> Result<Answer<MandatePage>> {
    let limit = cursor::limit(query.limit)?;
    let sort = query.sort.unwrap_or(MandateSort::UpdatedAtDesc);
    let order = order_of(sort);
    let after = query.after.as_deref().map(|c| read_cursor(c, sort, order.0)).transpose()?;
    let (scope, today) = (call.scope()?, call.today());
    let wanted = wanted(call, &query.filter);
    let mut conn = call.app.store.conn()?;
    let mut rows = store::mandates::list(&mut conn, scope, &wanted, order, after, limit + 1)?;
    let next = (rows.len() as i64 > limit).then(|| {
        rows.truncate(limit as usize);
        rows.last().map(|last| write_cursor(sort, order.0, last))
    });
    let (mut total, mut facets) = (None, None);
    if query.facets == Some(true) {
        total = Some(u64::try_from(store::mandates::count(&mut conn, scope, &wanted)?).unwrap_or_default());
        facets = Some(read_facets(&mut conn, scope, &wanted)?);
    }
    let data = rows.into_iter().map(|r| row(&r.mandate, r.dossier, r.reachable, today)).collect();
    Ok(Answer::new(MandatePage { data, next: next.flatten(), total, facets }))
}

fn read_facets(conn: &mut Conn, scope: &Scope, wanted: &Wanted) -> Result<MandateFacets> {
    let count = |n: i64| u64::try_from(n).unwrap_or_default();
    let kind = store::mandates::facet(conn, scope, wanted, Facet::Kind)?
        .into_iter()
        .map(|(code, n)| Ok(MandateKindCount { kind: code.parse().map_err(Error::internal)?, count: count(n) }))
        .collect::<Result<_>>()?;
    let mandate = store::mandates::facet(conn, scope, wanted, Facet::State)?
        .into_iter()
        .map(|(code, n)| Ok(MandateStateCount { state: code.parse().map_err(Error::internal)?, count: count(n) }))
        .collect::<Result<_>>()?;
    Ok(MandateFacets { kind, mandate })
}

pub fn export_mandates(call: &Call, _: Nothing, query: MandateExportQuery, _: Nothing) -> Result<Answer<Nothing>> {
    let (scope, today) = (call.scope()?, call.today());
    let wanted = wanted(call, &query.filter);
    let mut conn = call.app.store.conn()?;
    let portfolios = store::references::portfolio_names(&mut conn, scope)?;
    let mut sheet = crate::export::Sheet::new(
        "mandats",
        &[
            "Dossier",
            "SIREN",
            "Portefeuille",
            "Mandat",
            "Numéro",
            "État",
            "En vigueur",
            "Premier jour",
            "Dernier jour",
            "Plateforme",
            "Signé par",
            "Signé le",
            "Envoyé à",
            "Envoyé le",
            "Ouvert le",
            "Relances",
            "Dernière relance",
            "Joignable par e-mail",
            "Motif",
        ],
    );
    let order = (SortKey::Name, false);
    let mut after = None;
    loop {
        let rows = store::mandates::list(&mut conn, scope, &wanted, order, after, 500)?;
        after = rows.last().map(|last| last.place(order.0));
        let last = rows.len() < 500;
        for listed in rows {
            let row = row(&listed.mandate, listed.dossier, listed.reachable, today);
            sheet.row(export_row(row, &listed.mandate, &portfolios));
        }
        if last {
            break;
        }
    }
    Ok(Answer::file(sheet.file(query.format.unwrap_or(FileFormat::Csv), today)?))
}

fn export_row(
    row: MandateRow,
    mandate: &Mandate,
    portfolios: &std::collections::BTreeMap<PortfolioId, String>,
) -> [String; 19] {
    let yes = |b: bool| if b { "oui" } else { "non" }.to_owned();
    let day = |d: Option<NaiveDate>| d.map(|d| d.to_string()).unwrap_or_default();
    let at = |t: Option<chrono::DateTime<chrono::Utc>>| day(t.map(time::paris_day));
    [
        row.dossier_name,
        row.siren.to_string(),
        row.portfolio_id.and_then(|id| portfolios.get(&id).cloned()).unwrap_or_default(),
        mandate_kind(row.kind).label.fr.clone(),
        row.number,
        row.state.text().fr,
        yes(row.in_force),
        day(row.starts_on),
        day(row.ends_on),
        row.platform.unwrap_or_default(),
        mandate.signed_by.and(mandate.terms.signatory.clone()).unwrap_or_default(),
        at(row.signed_at),
        row.sent_to.unwrap_or_default(),
        at(row.sent_at),
        at(row.opened_at),
        row.reminders.to_string(),
        at(row.reminded_at),
        yes(row.reachable),
        row.reason.unwrap_or_default(),
    ]
}

/// What the firm may do to a mandate by hand.
const BY_FIRM: [MandateEvent; 9] = [
    MandateEvent::Prepare,
    MandateEvent::Withdraw,
    MandateEvent::Send,
    MandateEvent::Remind,
    MandateEvent::Upload,
    MandateEvent::Accept,
    MandateEvent::Refuse,
    MandateEvent::Revoke,
    MandateEvent::Reopen,
];

/// A mandate as the API shows it, with everything that belongs to it.
pub(super) fn whole(call: &Call, conn: &mut Conn, mandate: Mandate) -> Result<MandateShape> {
    let scope = call.scope()?;
    let dossier = store::dossiers::find(conn, scope, mandate.dossier)?;
    let settings = collection_settings::of(conn, scope.cabinet())?;
    let mut documents: HashMap<MandateId, _> = store::documents::of_mandates(conn, scope.cabinet(), &[mandate.id])?;
    let documents = documents.remove(&mandate.id).unwrap_or_default();
    let facts = &dossier.facts;
    let email = facts.addressee().and_then(|c| c.email.clone());
    let reachable = match &email {
        Some(email) => suppressions::held(conn, scope.cabinet(), std::slice::from_ref(email), false)?.is_empty(),
        None => false,
    };
    let named = Named {
        name: facts.name.clone(),
        siren: facts.siren,
        code: facts.code.clone(),
        portfolio_id: facts.portfolio_id,
    };
    let may = scope.allows(Permission::DossierWrite);
    let next = BY_FIRM.iter().copied().filter(|e| may && mandate.state.transition(*e).is_ok()).collect();
    Ok(MandateShape {
        row: row(&mandate, named, reachable, call.today()),
        lacking: terms::lacking(mandate.kind, &mandate.terms, facts, &settings),
        steps: mandate
            .steps
            .into_iter()
            .map(|s| MandateStep { at: s.at, event: s.event, state: s.state, by_name: s.by_name, detail: s.detail })
            .collect(),
        terms: mandate.terms,
        documents: documents.into_iter().map(papers::shown).collect::<Result<_>>()?,
        next,
        created_at: mandate.created_at,
    })
}

pub fn read_mandate(call: &Call, id: MandateId, _: Nothing, _: Nothing) -> Result<Answer<MandateShape>> {
    let mut conn = call.app.store.conn()?;
    let mandate = store::mandates::find(&mut conn, call.scope()?, id)?;
    let version = mandate.version;
    Ok(Answer::new(whole(call, &mut conn, mandate)?).etag(version))
}

pub fn update_mandate(call: &Call, id: MandateId, _: Nothing, body: MandateChange) -> Result<Answer<MandateShape>> {
    let scope = call.scope()?;
    let cabinet = scope.cabinet();
    let today = call.today();
    let written = call.app.store.conn()?.write(|conn| -> Result<MandateShape> {
        dialect::lock_cabinet(conn, cabinet)?;
        let before = store::mandates::find(conn, scope, id)?;
        call.check_version(before.version)?;
        if before.state != MandateState::Draft {
            let state = before.state.text();
            return Err(Error::conflict(
                format!("Seul un brouillon se récrit ; ce mandat est « {} ».", state.fr),
                format!("Only a draft can be written anew; this mandate is “{}”.", state.en),
            ));
        }
        if let (Some(first), Some(last)) = (body.starts_on, body.ends_on)
            && last < first
        {
            return Err(invalid(
                "/ends_on",
                "before_its_start",
                format!("{} : la fin ne peut précéder le premier jour.", french(last)),
                format!("{last}: the end cannot come before the first day."),
            ));
        }
        let dossier = store::dossiers::find(conn, scope, before.dossier)?;
        let terms = terms::checked(before.kind, body.terms.clone())?;
        terms::check_perimeter(&terms, &dossier.facts)?;
        let mut after = Mandate { terms, starts_on: body.starts_on, ends_on: body.ends_on, ..before.clone() };
        if after.kind == MandateKind::Designation {
            let all = store::mandates::of_dossiers(conn, cabinet, &[after.dossier])?;
            let others: Vec<Mandate> = all.into_values().flatten().filter(|m| m.id != after.id).collect();
            if let Some(number) = official_number(&dossier.facts, &after.terms, &others, today) {
                after.number = number;
            }
        }
        let changes = changes(&before, &after)?;
        if changes.as_object().is_none_or(serde_json::Map::is_empty) {
            return whole(call, conn, before);
        }
        after.version += 1;
        after.updated_at = whole_micros(call.now);
        if !store::mandates::update(conn, &after)? {
            return Err(Error::version_mismatch());
        }
        let row = told("mandate.update", &after, &dossier.facts.name, changes);
        store::journal::append(conn, cabinet, &journal::stamp(call), &[row])?;
        whole(call, conn, after)
    })?;
    let version = written.row.version;
    Ok(Answer::new(written).etag(version))
}

/// What differs, for the journal.
fn changes(before: &Mandate, after: &Mandate) -> Result<Value> {
    let mut changes = json!({});
    let (old, new) = (serde_json::to_value(&before.terms)?, serde_json::to_value(&after.terms)?);
    if old != new {
        changes["terms"] = json!([old, new]);
    }
    for (field, old, new) in
        [("starts_on", before.starts_on, after.starts_on), ("ends_on", before.ends_on, after.ends_on)]
    {
        if old != new {
            changes[field] = json!([old, new]);
        }
    }
    if before.number != after.number {
        changes["number"] = json!([before.number, after.number]);
    }
    Ok(changes)
}
