//! Dossiers: reading them, and the one way in which any of them is written.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use contract::{
    Dossier, DossierChange, DossierExportQuery, DossierFacets, DossierListQuery, DossierPage, DossierQuery,
    DossierSort, FacetCount, FileFormat, NewDossier, Nothing, OrNone, SearchHit, SearchQuery, SearchResult,
};
use domain::assessment::Assessment;
use domain::calendar::Settled;
use domain::reference::PlatformRegister;
use domain::{
    CabinetId, Criterion, DossierFacts, DossierId, Evidence, Permission, PortfolioId, ProofSource, ReadinessState,
    Registration, RegistrationState, Sums, Text, UserId, VatRegime, fold, platform,
};
use serde::Serialize;
use serde_json::{Value, json};
use store::dossiers::{Facet, Filter, KeyValue, Listed, Order, SortKey, Stored, Wanted};
use store::journal::{Entry, Stamp};
use store::moves::Change as MarkChange;
use store::{Conn, Scope, dialect};

use crate::anomalies::findings;
use crate::judge::Judge;
use crate::time::french;
use crate::{Answer, Call, Error, Result, Written, cursor, evaluations, flows, ids, invalid, journal, stated};

/// A dossier before and after a write: one of both is absent when it is created or deleted.
#[derive(Debug)]
pub struct Draft {
    pub before: Option<Stored>,
    pub after: Option<DossierFacts>,
}

/// What a write belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Cause<'a> {
    pub created: &'static str,
    pub updated: &'static str,
    pub deleted: &'static str,
    /// The bulk act or import.
    pub act_id: Option<&'a str>,
}

pub const BY_HAND: Cause<'static> =
    Cause { created: "dossier.create", updated: "dossier.update", deleted: "dossier.delete", act_id: None };

/// A dossier of whose calendar other days are settled than before; its facts stay.
#[derive(Debug)]
pub struct Resettled {
    pub before: Stored,
    pub settled: Settled,
    /// What the journal tells.
    pub changes: Value,
}

/// What is written of a dossier, and the journal row that tells it.
struct Change {
    action: &'static str,
    id: DossierId,
    label: String,
    changes: Value,
    before: Option<Stored>,
    after: Option<(DossierFacts, Settled)>,
}

/// Writes dossiers: facts, their evaluation, how it moved, the stored sums and the journal, all in the transaction of the
/// caller, which holds the cabinet's lock. Nothing but this and `resettle` writes a dossier. Returns what now stands, in
/// the order of the drafts that are not deletions; a draft that changes nothing is left out.
pub fn write(
    conn: &mut Conn,
    cabinet: CabinetId,
    stamp: &Stamp,
    judge: &Judge,
    cause: Cause<'_>,
    drafts: Vec<Draft>,
) -> Result<Vec<Stored>> {
    let pairs = |changes: BTreeMap<String, Value>| Value::Object(changes.into_iter().collect());
    let changes = drafts
        .into_iter()
        .filter_map(|draft| {
            let (action, id, label, changes) = match (&draft.before, &draft.after) {
                (Some(before), Some(after)) => {
                    let changes = before.facts.changes(after);
                    if changes.is_empty() {
                        return None;
                    }
                    let changes = changes.into_iter().map(|(field, (old, new))| (field, json!([old, new])));
                    (cause.updated, before.id, after.name.clone(), pairs(changes.collect()))
                }
                (None, Some(after)) => {
                    // What was never known is not a change.
                    let changes = after.said().into_iter().map(|(field, value)| (field, json!([null, value])));
                    (cause.created, ids::dossier(), after.name.clone(), pairs(changes.collect()))
                }
                (Some(before), None) => {
                    let changes = json!({ "facts": [&before.facts, null] });
                    (cause.deleted, before.id, before.facts.name.clone(), changes)
                }
                (None, None) => return None,
            };
            let settled = draft.before.as_ref().map(|b| b.settled.clone()).unwrap_or_default();
            let after = draft.after.map(|facts| (facts, settled));
            Some(Change { action, id, label, changes, before: draft.before, after })
        })
        .collect();
    put(conn, cabinet, stamp, judge, cause.act_id, changes)
}

/// The same for what is settled of the calendars: what was missed costs, so exposure, sums and moves follow.
pub fn resettle(
    conn: &mut Conn,
    cabinet: CabinetId,
    stamp: &Stamp,
    judge: &Judge,
    (action, act_id): (&'static str, Option<&str>),
    dossiers: Vec<Resettled>,
) -> Result<Vec<Stored>> {
    let changes = dossiers
        .into_iter()
        .map(|Resettled { before, settled, changes }| Change {
            action,
            id: before.id,
            label: before.facts.name.clone(),
            changes,
            after: Some((before.facts.clone(), settled)),
            before: Some(before),
        })
        .collect();
    put(conn, cabinet, stamp, judge, act_id, changes)
}

fn put(
    conn: &mut Conn,
    cabinet: CabinetId,
    stamp: &Stamp,
    judge: &Judge,
    act_id: Option<&str>,
    changes: Vec<Change>,
) -> Result<Vec<Stored>> {
    evaluations::follow(conn, cabinet, judge)?;
    // As they are now: they may have been read before the standings moved.
    let known: Vec<DossierId> = changes.iter().filter_map(|c| Some(c.before.as_ref()?.id)).collect();
    let marks = store::dossiers::marks_of(conn, cabinet, &known)?;
    let mut sums: BTreeMap<store::sums::Key, Sums> = BTreeMap::new();
    let mut entries = Vec::with_capacity(changes.len());
    let mut created: Vec<(Stored, Assessment)> = Vec::new();
    let mut deleted = Vec::new();
    let mut written = Vec::with_capacity(changes.len());
    let mut moves = Vec::new();
    let (mut renamed, mut set_free, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    let mut concerned = Vec::new();
    for Change { action, id, label, changes, mut before, after } in changes {
        if let Some(before) = &mut before {
            before.mark = marks.get(&before.id).copied().unwrap_or(before.mark);
        }
        entries.push(Entry {
            action,
            subject_kind: "dossier",
            subject_id: id.to_string(),
            subject_label: label,
            changes,
            act_id: act_id.map(str::to_owned),
        });
        if let Some(before) = &before {
            sums.entry((before.facts.portfolio_id, before.facts.confidential)).or_default().leave(&before.mark);
        }
        let Some((facts, settled)) = after else {
            deleted.push(id);
            match &before {
                // What was only made by an import that is taken back takes no flows with it.
                _ if action == crate::undo::ACTION => set_free.push(id),
                Some(before) => gone.push(before.facts.siren.to_string()),
                None => {}
            }
            continue;
        };
        let had_other = before.as_ref().is_some_and(|b| b.facts.siren != facts.siren);
        if before.is_none() || had_other {
            renamed.push(flows::Renamed { dossier: id, had_other, siren: facts.siren });
        }
        if findings::concerns(before.as_ref(), &facts, &settled) {
            concerned.push(id);
        }
        let assessment = judge.assess(&facts, &settled);
        let mark = assessment.mark();
        sums.entry((facts.portfolio_id, facts.confidential)).or_default().enter(&mark);
        if let Some(before) = &before {
            moves.push(MarkChange { dossier: id, before: (&before.mark).into(), after: (&mark).into() });
        }
        let stored = Stored {
            id,
            version: before.as_ref().map_or(1, |b| b.version + 1),
            facts,
            mark,
            settled,
            created_at: before.as_ref().map_or(stamp.at, |b| b.created_at),
            updated_at: stamp.at,
        };
        written.push(stored.clone());
        if before.is_some() {
            store::dossiers::update(conn, cabinet, &stored, &assessment)?;
        } else {
            created.push((stored, assessment));
        }
    }
    findings::dossiers_leave(&mut flows::Writing { conn, cabinet, stamp, judge }, &deleted)?;
    flows::set_free(&mut flows::Writing { conn, cabinet, stamp, judge }, &set_free)?;
    store::dossiers::insert(conn, cabinet, &created)?;
    store::dossiers::delete(conn, cabinet, &deleted)?;
    store::flows::forget_months(conn, cabinet, &gone)?;
    store::moves::record(conn, cabinet, judge.today, judge.rules.version, &moves)?;
    store::sums::add(conn, cabinet, &sums)?;
    store::journal::append(conn, cabinet, stamp, &entries)?;
    // What their flows show of them is a write of its own.
    flows::adopt(&mut flows::Writing { conn, cabinet, stamp, judge }, &renamed)?;
    if findings::dossiers_changed(&mut flows::Writing { conn, cabinet, stamp, judge }, &concerned)? {
        let mut now: HashMap<DossierId, Stored> =
            store::dossiers::of_cabinet(conn, cabinet, &concerned)?.into_iter().map(|d| (d.id, d)).collect();
        for dossier in &mut written {
            *dossier = now.remove(&dossier.id).unwrap_or_else(|| dossier.clone());
        }
    }
    Ok(written)
}

/// A dossier as the API shows it.
pub(crate) fn shown(stored: Stored, judge: &Judge) -> Dossier {
    let ctx = judge.context();
    let proofs = judge.proofs(&stored.facts);
    let Assessment { evaluation, exposure, .. } = judge.assess(&stored.facts, &stored.settled);
    let readiness = evaluation.readiness(&stored.facts, &proofs, &ctx);
    let obligations = evaluation.obligations(&stored.facts);
    Dossier {
        id: stored.id,
        version: stored.version,
        vat_number: stored.facts.siren.vat_number(),
        siren_checked: stored.facts.siren.is_checked(),
        platform_registered: stored
            .facts
            .reception_platform
            .as_deref()
            .map(|name| platform::is_registered(name, ctx.register)),
        size: evaluation.size,
        obligations,
        readiness,
        exposure: exposure.report(),
        created_at: stored.created_at,
        updated_at: stored.updated_at,
        facts: stored.facts,
    }
}

/// A row of the list as it is sent, but for its card. With what the card holds it is a [`contract::DossierRow`].
#[derive(Serialize)]
struct RowHead<'a> {
    id: &'a str,
    version: i64,
    state: ReadinessState,
    score: i64,
    next_act: Option<&'a str>,
    missing: u32,
    exposure_cents: i64,
    size: Option<&'a str>,
    vat_regime: Option<&'a str>,
    updated_at: DateTime<Utc>,
}

/// What stands behind the rows of a page.
#[derive(Serialize)]
struct PageEnd {
    next: Option<String>,
    total: Option<u64>,
    facets: Option<DossierFacets>,
}

/// Opens the object that was written last, for more fields.
fn reopen(out: &mut Vec<u8>) {
    out.pop();
    out.push(b',');
}

fn write_row(item: &Listed, out: &mut Vec<u8>) -> Result<()> {
    fn some(text: &str) -> Option<&str> {
        Some(text).filter(|t| !t.is_empty())
    }
    let head = RowHead {
        id: &item.id,
        version: item.version,
        state: item.state,
        score: item.score,
        next_act: some(&item.next_act),
        missing: item.missing.count_ones(),
        exposure_cents: item.exposure_cents,
        size: some(&item.size_class),
        vat_regime: some(&item.vat_regime),
        updated_at: item.updated_at,
    };
    serde_json::to_writer(&mut *out, &head)?;
    reopen(out);
    out.extend_from_slice(item.card.as_bytes().get(1..).unwrap_or_default());
    Ok(())
}

pub(crate) fn wanted<T: ToString>(values: &[OrNone<T>]) -> Vec<Wanted> {
    values
        .iter()
        .map(|v| match v {
            OrNone::None => Wanted::Nothing,
            OrNone::Is(v) => Wanted::Value(v.to_string()),
        })
        .collect()
}

/// The filters of the contract as the store takes them.
pub fn filter(query: &DossierQuery) -> Filter {
    Filter {
        words: query.q.as_deref().map(search_words).unwrap_or_default(),
        states: query.state.0.clone(),
        sizes: wanted(&query.size.0),
        vat_regimes: wanted(&query.vat_regime.0),
        portfolios: wanted(&query.portfolio_id.0),
        people: wanted(&query.person_id.0),
        person_label: query.person_label.clone(),
        platforms: wanted(&query.platform.0),
        tools: wanted(&query.tool.0),
        tags: query.tag.0.clone(),
        missing: query.missing.0.clone(),
        wave: query.wave,
        unready_for: query.unready_for,
        late_for: query.late_for,
        confidential: query.confidential,
    }
}

pub(crate) fn too_many(pointer: &str, n: usize, most: usize) -> Error {
    invalid(
        pointer,
        "too_many",
        format!("{n} dossiers choisis ; {most} au plus à la fois."),
        format!("{n} dossiers chosen; {most} at most at once."),
    )
}

/// Refuses a body that does not name dossiers in one of the two ways, or names too many.
pub(crate) fn check_chosen(ids: Option<&[DossierId]>, filter: Option<&DossierQuery>, most: usize) -> Result<()> {
    match (ids, filter) {
        (None, None) => Err(invalid("/ids", "required", "Donnez `ids` ou `filter`.", "Give `ids` or `filter`.")),
        (Some(_), Some(_)) => Err(invalid(
            "/filter",
            "exclusive",
            "Donnez `ids` ou `filter`, pas les deux.",
            "Give `ids` or `filter`, not both.",
        )),
        (Some(ids), None) if ids.len() > most => Err(too_many("/ids", ids.len(), most)),
        (Some(_), None) | (None, Some(_)) => Ok(()),
    }
}

/// The dossiers that a checked body names.
pub(crate) fn chosen(
    conn: &mut Conn,
    scope: &Scope,
    ids: Option<&[DossierId]>,
    query: Option<&DossierQuery>,
) -> Result<Vec<DossierId>> {
    match (ids, query) {
        (Some(ids), _) => Ok(ids.to_vec()),
        (None, Some(query)) => Ok(store::dossiers::ids(conn, scope, &filter(query))?),
        (None, None) => Ok(Vec::new()),
    }
}

/// Words to look for; a SIREN or SIRET typed with spaces is one word.
fn search_words(q: &str) -> Vec<String> {
    let compact: String = q.chars().filter(|c| !c.is_whitespace()).collect();
    if compact.len() >= 9 && compact.bytes().all(|b| b.is_ascii_digit()) {
        return vec![compact[..9].to_owned()];
    }
    fold(q).split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

const fn order_of(sort: DossierSort) -> (SortKey, bool) {
    match sort {
        DossierSort::Name => (SortKey::Name, false),
        DossierSort::NameDesc => (SortKey::Name, true),
        DossierSort::Score => (SortKey::Score, false),
        DossierSort::ScoreDesc => (SortKey::Score, true),
        DossierSort::State => (SortKey::State, false),
        DossierSort::StateDesc => (SortKey::State, true),
        DossierSort::Code => (SortKey::Code, false),
        DossierSort::CodeDesc => (SortKey::Code, true),
        DossierSort::Siren => (SortKey::Siren, false),
        DossierSort::SirenDesc => (SortKey::Siren, true),
        DossierSort::UpdatedAt => (SortKey::UpdatedAt, false),
        DossierSort::UpdatedAtDesc => (SortKey::UpdatedAt, true),
        DossierSort::Exposure => (SortKey::Exposure, false),
        DossierSort::ExposureDesc => (SortKey::Exposure, true),
    }
}

fn read_cursor(cursor: &str, sort: DossierSort, key: SortKey) -> Result<(KeyValue, String)> {
    let [order, value, id] = cursor::read::<3>(cursor)?;
    if order != sort.as_str() {
        return Err(cursor::wrong());
    }
    let value = match key {
        SortKey::Name | SortKey::Code | SortKey::Siren => KeyValue::Text(value),
        SortKey::Score | SortKey::State => {
            let mut parts = value.splitn(3, ' ');
            let mut number = || parts.next().and_then(|n| n.parse().ok()).ok_or_else(cursor::wrong);
            let (state, score) = (number()?, number()?);
            KeyValue::Standing(state, score, parts.next().ok_or_else(cursor::wrong)?.to_owned())
        }
        SortKey::UpdatedAt | SortKey::Exposure => KeyValue::Number(value.parse().map_err(|_| cursor::wrong())?),
    };
    Ok((value, id))
}

fn write_cursor(sort: DossierSort, key: SortKey, item: &Listed) -> Result<String> {
    let value = match item.key(key)? {
        KeyValue::Text(t) => t,
        KeyValue::Number(n) => n.to_string(),
        KeyValue::Standing(state, score, verdict) => format!("{state} {score} {verdict}"),
    };
    Ok(cursor::write(&[sort.as_str(), &value, &item.id]))
}

/// The page is written as bytes: its rows are stored as they are sent, and reading them to write them again would take
/// most of the time.
pub fn list_dossiers(call: &Call, _: Nothing, query: DossierListQuery, _: Nothing) -> Result<Written<DossierPage>> {
    let limit = cursor::limit(query.limit)?;
    let sort = query.sort.unwrap_or(DossierSort::Name);
    let (key, descending) = order_of(sort);
    let after = query.after.as_deref().map(|c| read_cursor(c, sort, key)).transpose()?;
    let filter = filter(&query.filter);
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;

    let mut rows = store::dossiers::list(&mut conn, scope, &filter, &Order { key, descending, after }, limit + 1)?;
    let mut next = None;
    if rows.len() as i64 > limit {
        rows.truncate(limit as usize);
        next = rows.last().map(|item| write_cursor(sort, key, item)).transpose()?;
    }
    let (mut total, mut facets) = (None, None);
    if query.facets == Some(true) {
        total = Some(count(store::dossiers::count(&mut conn, scope, &filter)?));
        facets = Some(read_facets(&mut conn, scope, &filter)?);
    }
    let mut out = Vec::with_capacity(rows.len() * 800 + 1_000);
    out.extend_from_slice(br#"{"data":["#);
    for (i, item) in rows.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_row(item, &mut out)?;
    }
    out.extend_from_slice(b"],");
    let at = out.len();
    serde_json::to_writer(&mut out, &PageEnd { next, total, facets })?;
    out.remove(at);
    Ok(Written::new(out))
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}

fn read_facets(conn: &mut Conn, scope: &Scope, filter: &Filter) -> Result<DossierFacets> {
    let mut of = |facet: Facet| -> Result<Vec<FacetCount>> {
        let counts = store::dossiers::facet(conn, scope, filter, facet)?;
        Ok(counts
            .into_iter()
            .map(|(value, n)| FacetCount {
                value: if value.is_empty() { "none".to_owned() } else { value },
                count: count(n),
            })
            .collect())
    };
    let mut people: BTreeMap<String, u64> = BTreeMap::new();
    for facet in [Facet::Manager, Facet::Assignee] {
        for item in of(facet)?.into_iter().filter(|i| i.value != "none") {
            *people.entry(item.value).or_default() += item.count;
        }
    }
    let mut person_id: Vec<_> = people.into_iter().map(|(value, count)| FacetCount { value, count }).collect();
    person_id.sort_by_key(|f| std::cmp::Reverse(f.count));
    Ok(DossierFacets {
        state: of(Facet::State)?,
        size: of(Facet::Size)?,
        vat_regime: of(Facet::VatRegime)?,
        portfolio_id: of(Facet::Portfolio)?,
        person_id,
        platform: of(Facet::Platform)?,
        tool: of(Facet::Tool)?,
        tag: of(Facet::Tag)?,
        missing: of(Facet::Missing)?,
    })
}

pub fn read_dossier(call: &Call, id: DossierId, _: Nothing, _: Nothing) -> Result<Answer<Dossier>> {
    let mut conn = call.app.store.conn()?;
    let stored = store::dossiers::find(&mut conn, call.scope()?, id)?;
    let judge = call.judge(&mut conn)?;
    let version = stored.version;
    Ok(Answer::new(shown(stored, &judge)).etag(version))
}

pub fn create_dossier(call: &Call, _: Nothing, _: Nothing, body: NewDossier) -> Result<Answer<Dossier>> {
    let scope = call.scope()?;
    let today = call.today();
    let mut facts = body.facts;
    sign_proofs(&[], &mut facts, &call.actor()?.name);
    let (stored, judge) = call.app.store.conn()?.write(|conn| {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let judge = call.judge(conn)?;
        tidy(&mut facts, today, &judge.register)?;
        stated::check(None, &facts, today)?;
        if store::dossiers::siren_is_taken(conn, scope, facts.siren)? {
            return Err(Error::conflict(
                format!("Un dossier porte déjà le SIREN {} dans ce cabinet.", facts.siren),
                format!("A dossier of this firm already bears SIREN {}.", facts.siren),
            ));
        }
        check_references(conn, scope, None, &mut facts)?;
        let drafts = vec![Draft { before: None, after: Some(facts) }];
        let written = write(conn, scope.cabinet(), &journal::stamp(call), &judge, BY_HAND, drafts)?;
        Ok((one(written)?, judge))
    })?;
    let version = stored.version;
    Ok(Answer::new(shown(stored, &judge)).etag(version))
}

fn one(written: Vec<Stored>) -> Result<Stored> {
    written.into_iter().next().ok_or_else(|| Error::internal("nothing was written"))
}

/// Fields that only who may manage dossiers changes.
const MANAGED: [&str; 4] = ["manager", "assignee", "portfolio_id", "confidential"];

pub fn update_dossier(call: &Call, id: DossierId, _: Nothing, body: DossierChange) -> Result<Answer<Dossier>> {
    let scope = call.scope()?;
    let today = call.today();
    let (stored, judge) = call.app.store.conn()?.write(|conn| {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let before = store::dossiers::find(conn, scope, id)?;
        call.check_version(before.version)?;
        if let Some(field) = MANAGED.iter().find(|f| body.fields.contains_key(**f))
            && !scope.allows(Permission::DossierManage)
        {
            return Err(Error::say(
                contract::Code::Forbidden,
                format!("Votre rôle ne permet pas de changer `{field}`."),
                format!("Your role does not permit changing `{field}`."),
            )
            .and(
                format!("/{field}"),
                "forbidden_field",
                "Demandez à un responsable ou à un associé.",
                "Ask a manager or a partner.",
            ));
        }
        let mut after = changed(&before.facts, &body, today)?;
        sign_proofs(&before.facts.proofs, &mut after, &call.actor()?.name);
        let judge = call.judge(conn)?;
        tidy(&mut after, today, &judge.register)?;
        stated::check(Some(&before.facts), &after, today)?;
        check_references(conn, scope, Some(&before.facts), &mut after)?;
        let drafts = vec![Draft { before: Some(before.clone()), after: Some(after) }];
        let written = write(conn, scope.cabinet(), &journal::stamp(call), &judge, BY_HAND, drafts)?;
        Ok((written.into_iter().next().unwrap_or(before), judge))
    })?;
    let version = stored.version;
    Ok(Answer::new(shown(stored, &judge)).etag(version))
}

/// The facts with a change applied; every refused field is named.
pub(crate) fn changed(facts: &DossierFacts, change: &DossierChange, today: NaiveDate) -> Result<DossierFacts> {
    let mut fields = change.fields.clone();
    let from = fields.remove("vat_regime_from");
    let regime = fields.remove("vat_regime");
    let mut error = Error::new(contract::Code::Invalid);
    let mut next = facts.clone();
    for (field, value) in fields {
        let pointer = format!("/{field}");
        if field == "siren" {
            error = error.and(
                pointer,
                "siren_fixed",
                "Le SIREN est la clé du dossier : créez un autre dossier, puis supprimez celui-ci.",
                "The SIREN is the key of the dossier: create another one, then delete this one.",
            );
        } else if !DossierFacts::FIELDS.contains(&field.as_str()) {
            let names: Vec<&str> = DossierFacts::FIELDS.iter().copied().filter(|k| *k != "siren").collect();
            error = error.and(
                pointer,
                "unknown_field",
                format!("Champ inconnu. Champs acceptés : {}, vat_regime, vat_regime_from.", names.join(", ")),
                format!("Unknown field. Accepted fields: {}, vat_regime, vat_regime_from.", names.join(", ")),
            );
        } else {
            // One field at a time, so that each refused one is named.
            match next.with_fields([(field, value.clone())]) {
                Ok(facts) => next = facts,
                Err(e) => {
                    let given: String = value.to_string().chars().take(80).collect();
                    error = error.and(
                        pointer,
                        "form",
                        format!("« {given} » n’a pas la forme attendue ({e})."),
                        format!("« {given} » does not have the expected form ({e})."),
                    );
                }
            }
        }
    }
    if let Some(regime) = regime {
        let day: std::result::Result<Option<NaiveDate>, _> = from.map(serde_json::from_value).transpose();
        match (serde_json::from_value::<Option<VatRegime>>(regime.clone()), day) {
            (Ok(None), _) => next.vat_regimes.clear(),
            (Ok(Some(regime)), Ok(day)) => next.set_vat_regime(regime, day.unwrap_or(today)),
            (Err(_), _) => {
                let accepted: Vec<&str> = VatRegime::ALL.iter().map(|r| r.as_str()).collect();
                error = error.and(
                    "/vat_regime",
                    "form",
                    format!("{regime} : attendu l’un de {}.", accepted.join(", ")),
                    format!("{regime}: expected one of {}.", accepted.join(", ")),
                );
            }
            (_, Err(_)) => {
                error = error.and(
                    "/vat_regime_from",
                    "form",
                    "Une date AAAA-MM-JJ est attendue.",
                    "A date YYYY-MM-DD is expected.",
                );
            }
        }
    }
    if error.fields.is_empty() { Ok(next) } else { Err(error) }
}

/// Trims, orders, and refuses what no file of facts should hold.
pub fn tidy(facts: &mut DossierFacts, today: NaiveDate, register: &PlatformRegister) -> Result<()> {
    let mut error = Error::new(contract::Code::Invalid);
    facts.name = facts.name.split_whitespace().collect::<Vec<_>>().join(" ");
    if facts.name.is_empty() {
        error = error.and("/name", "required", "Le nom du dossier est requis.", "The name of the dossier is required.");
    }
    let texts: [(&str, &mut Option<String>, usize); 11] = [
        ("/code", &mut facts.code, 60),
        ("/trade_name", &mut facts.trade_name, 200),
        ("/legal_form", &mut facts.legal_form, 80),
        ("/naf_code", &mut facts.naf_code, 10),
        ("/postal_code", &mut facts.postal_code, 10),
        ("/address", &mut facts.address, 200),
        ("/city", &mut facts.city, 120),
        ("/tool", &mut facts.tool, 80),
        ("/notes", &mut facts.notes, 2_000),
        ("/reception_platform", &mut facts.reception_platform, 120),
        ("/emission_platform", &mut facts.emission_platform, 120),
    ];
    for (pointer, text, longest) in texts {
        *text = text.take().map(|t| t.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|t| !t.is_empty());
        if text.as_deref().is_some_and(|t| t.chars().count() > longest) {
            error = error.and(
                pointer,
                "too_long",
                format!("{longest} caractères au plus."),
                format!("{longest} characters at most."),
            );
        }
    }
    if facts.name.chars().count() > 200 {
        error = error.and("/name", "too_long", "200 caractères au plus.", "200 characters at most.");
    }
    for platform in [&mut facts.reception_platform, &mut facts.emission_platform] {
        *platform = platform.as_deref().map(|name| platform::canonical_name(name, register));
    }
    for (i, siret) in facts.sirets.iter().enumerate() {
        if siret.siren() != facts.siren {
            error = error.and(
                format!("/sirets/{i}"),
                "siret_of_another",
                format!("{siret} n’est pas un établissement du SIREN {}.", facts.siren),
                format!("{siret} is not an establishment of SIREN {}.", facts.siren),
            );
        }
    }
    facts.sirets.dedup();
    for (i, contact) in facts.contacts.iter_mut().enumerate() {
        let trim = |t: &mut Option<String>| *t = t.take().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
        trim(&mut contact.name);
        trim(&mut contact.email);
        trim(&mut contact.phone);
        contact.email = contact.email.take().map(|e| e.to_lowercase());
        if let Some(email) = &contact.email
            && !crate::email::is_plausible(email)
        {
            error = error.and(
                format!("/contacts/{i}/email"),
                "email_form",
                format!("« {email} » : une adresse telle que prenom.nom@exemple.fr est attendue."),
                format!("« {email} »: an address such as first.last@example.com is expected."),
            );
        }
    }
    facts.contacts.retain(|c| *c != domain::Contact::default());
    let mut seen = std::collections::BTreeSet::new();
    facts.tags = facts
        .tags
        .iter()
        .map(|t| t.replace(['|', ','], " ").split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|t| !t.is_empty() && seen.insert(fold(t)))
        .collect();
    if facts.tags.len() > 30 || facts.tags.iter().any(|t| t.chars().count() > 40) {
        error = error.and(
            "/tags",
            "too_many",
            "30 étiquettes de 40 caractères au plus.",
            "30 tags of 40 characters at most.",
        );
    }
    for (pointer, amount) in
        [("/turnover_cents", facts.turnover_cents), ("/balance_sheet_cents", facts.balance_sheet_cents)]
    {
        if amount.is_some_and(|a| a < 0) {
            error = error.and(
                pointer,
                "negative",
                "Un montant positif ou nul, en centimes, est attendu.",
                "An amount of zero or more, in cents, is expected.",
            );
        }
    }
    if facts.size_override.as_ref().is_some_and(|o| o.reason.trim().is_empty()) {
        error = error.and(
            "/size_override/reason",
            "required",
            "Dites pourquoi la taille calculée est écartée.",
            "Say why the computed size is set aside.",
        );
    }
    facts.vat_regimes.sort_by_key(|p| p.from);
    if facts.vat_regimes.windows(2).any(|w| w[0].from == w[1].from) {
        error = error.and(
            "/vat_regimes",
            "same_day",
            "Deux régimes commencent le même jour.",
            "Two regimes start on the same day.",
        );
    }
    for person in [&mut facts.manager, &mut facts.assignee] {
        person.label = person.label.take().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty());
    }
    let error = tidy_reform(facts, today, register, error);
    if error.fields.is_empty() { Ok(()) } else { Err(error) }
}

/// Refuses a proof of what facts alone meet.
pub(crate) fn takes_proof(error: Error, pointer: impl Into<String>, criterion: Criterion) -> Error {
    if criterion.row().takes_proof {
        return error;
    }
    error.and(
        pointer,
        "takes_no_proof",
        "Ce critère se remplit par un fait du dossier, pas par une preuve.",
        "This criterion is met by a fact of the dossier, not by a proof.",
    )
}

/// By criterion, the latest first.
pub(crate) fn order_proofs(proofs: &mut Vec<Evidence>) {
    proofs.sort_by(|a, b| (a.criterion, b.on, &a.what).cmp(&(b.criterion, a.on, &b.what)));
    proofs.dedup();
}

/// The same for what the reform asks beyond a list of clients.
fn tidy_reform(facts: &mut DossierFacts, today: NaiveDate, register: &PlatformRegister, mut error: Error) -> Error {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let reason = |error: Error, pointer: String, text: &mut String, longest: usize, fr: &str, en: &str| {
        *text = line(text);
        if text.is_empty() {
            error.and(pointer, "required", fr, en)
        } else if text.chars().count() > longest {
            let (fr, en) = (format!("{longest} caractères au plus."), format!("{longest} characters at most."));
            error.and(pointer, "too_long", fr, en)
        } else {
            error
        }
    };
    let past = |error: Error, pointer: String, day: NaiveDate| {
        if day <= today {
            return error;
        }
        error.and(
            pointer,
            "in_the_future",
            format!("{} : une date passée est attendue, au plus tard aujourd’hui.", french(day)),
            format!("{day}: a day that has come is expected, today at the latest."),
        )
    };
    facts.tool_platform = facts
        .tool_platform
        .as_deref()
        .map(|name| platform::canonical_name(name, register))
        .filter(|name| !name.is_empty());
    if facts.tool_platform.as_deref().is_some_and(|name| name.chars().count() > 120) {
        error = error.and("/tool_platform", "too_long", "120 caractères au plus.", "120 characters at most.");
    }
    if let Some(address) = &mut facts.directory_address {
        let (fr, en) = ("Dites où l’annuaire a été lu.", "Say where the directory was read.");
        error = reason(error, "/directory_address/source".to_owned(), &mut address.source, 120, fr, en);
        error = past(error, "/directory_address/as_of".to_owned(), address.as_of);
    }
    for (pointer, day) in
        [("/formal_notice_on", facts.formal_notice_on), ("/client_informed_on", facts.client_informed_on)]
    {
        if let Some(day) = day {
            error = past(error, pointer.to_owned(), day);
        }
    }
    for (i, stated) in facts.obligation_overrides.iter_mut().enumerate() {
        let (fr, en) = ("Dites pourquoi le calcul est écarté.", "Say why the computation is set aside.");
        error = reason(error, format!("/obligation_overrides/{i}/reason"), &mut stated.reason, 300, fr, en);
    }
    order_proofs(&mut facts.proofs);
    if let Some(registration) = &mut facts.registration {
        tidy_registration(registration, "/registration", today, &mut error);
    }
    // Those of the register are kept by it, and may begin on a day to come.
    let by_people = |p: &&mut Evidence| !p.source.is_brought();
    for (i, proof) in facts.proofs.iter_mut().enumerate().filter(|(_, p)| by_people(p)) {
        let (fr, en) =
            ("Dites ce que c’est, par exemple : mandat signé le 12/10.", "Say what it is, such as: mandate signed.");
        error = reason(error, format!("/proofs/{i}/what"), &mut proof.what, 200, fr, en);
        error = past(error, format!("/proofs/{i}/on"), proof.on);
        error = takes_proof(error, format!("/proofs/{i}/criterion"), proof.criterion);
        if let Some(end) = proof.expires_on.filter(|end| *end < proof.on) {
            error = error.and(
                format!("/proofs/{i}/expires_on"),
                "before_its_start",
                format!("{} : la fin ne peut précéder la date de la preuve.", french(end)),
                format!("{end}: the end cannot come before the day of the proof."),
            );
        }
    }
    if facts.proofs.len() > MOST_PROOFS {
        error = error.and(
            "/proofs",
            "too_many",
            format!("{MOST_PROOFS} preuves au plus : retirez celles qui ne servent plus."),
            format!("{MOST_PROOFS} proofs at most: take away those that no longer serve."),
        );
    }
    error
}

const MOST_PROOFS: usize = 100;

/// Where the registration stands is of a day that has come; a denial says why, nothing else needs to.
pub(crate) fn tidy_registration(registration: &mut Registration, pointer: &str, today: NaiveDate, error: &mut Error) {
    let mut refuse = |field: &str, code: &'static str, fr: String, en: String| {
        error.fields.push(crate::error::FieldError {
            pointer: format!("{pointer}/{field}"),
            code,
            message: Text::new(fr, en),
        });
    };
    if registration.on > today {
        let day = registration.on;
        refuse(
            "on",
            "in_the_future",
            format!("{} : une date passée est attendue, au plus tard aujourd’hui.", french(day)),
            format!("{day}: a day that has come is expected, today at the latest."),
        );
    }
    registration.reason = registration
        .reason
        .as_deref()
        .map(|r| r.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|r| !r.is_empty());
    let denied = registration.state == RegistrationState::Denied;
    match &registration.reason {
        None if denied => refuse(
            "reason",
            "required",
            "Dites pourquoi l’inscription est refusée.".to_owned(),
            "Say why the registration is denied.".to_owned(),
        ),
        Some(reason) if reason.chars().count() > 300 => {
            refuse("reason", "too_long", "300 caractères au plus.".to_owned(), "300 characters at most.".to_owned());
        }
        Some(_) | None => {}
    }
}

/// A proof that was not there before is by who records it now; those that stood keep their author.
fn sign_proofs(before: &[Evidence], facts: &mut DossierFacts, name: &str) {
    for proof in &mut facts.proofs {
        let same = |old: &&Evidence| old.criterion == proof.criterion && old.what == proof.what && old.on == proof.on;
        proof.by = before.iter().find(same).map_or_else(|| Some(name.to_owned()), |old| old.by.clone());
        proof.source = before.iter().find(same).map_or(ProofSource::Hand, |old| old.source);
    }
    keep_brought(before, facts);
}

/// What mandates, flows and anomalies bring stays as it is: it goes with them, not by the hand of
/// who edits the dossier, and is nothing that a hand can add to.
fn keep_brought(before: &[Evidence], facts: &mut DossierFacts) {
    let brought = |p: &Evidence| p.source.is_brought();
    facts.proofs.retain(|p| !brought(p));
    facts.proofs.extend(before.iter().filter(|p| brought(p)).cloned());
    order_proofs(&mut facts.proofs);
}

/// People and portfolios named by the facts are of this cabinet and in the caller's sight; the label of a person in
/// charge is the person's name.
pub(crate) fn check_references(
    conn: &mut Conn,
    scope: &Scope,
    before: Option<&DossierFacts>,
    facts: &mut DossierFacts,
) -> Result<()> {
    let mut error = Error::new(contract::Code::Invalid);
    if before.map(|b| b.portfolio_id) != Some(facts.portfolio_id) {
        let known = match facts.portfolio_id {
            Some(id) => scope.sees_portfolio(Some(id)) && store::references::portfolio_exists(conn, scope, id)?,
            None => scope.sees_all(),
        };
        if !known {
            error = error.and(
                "/portfolio_id",
                "unknown_portfolio",
                "Choisissez un portefeuille de votre périmètre.",
                "Choose a portfolio within your scope.",
            );
        }
    }
    let portfolio = facts.portfolio_id;
    let previous = before.map(|b| (b.manager.clone(), b.assignee.clone()));
    for (pointer, person, old) in [
        ("/manager", &mut facts.manager, previous.as_ref().map(|p| &p.0)),
        ("/assignee", &mut facts.assignee, previous.as_ref().map(|p| &p.1)),
    ] {
        if old == Some(person) {
            continue;
        }
        if let Some(id) = person.user_id {
            match store::references::in_charge_name(conn, scope, id, portfolio)? {
                store::references::InCharge::Person(name) => person.label = Some(name),
                store::references::InCharge::Unknown => {
                    error = error.and(
                        pointer,
                        "unknown_person",
                        "Cette personne n’est pas, ou plus, du cabinet.",
                        "This person is not, or no longer, of the firm.",
                    );
                }
                store::references::InCharge::CannotSee(name) => {
                    error = error.and(
                        pointer,
                        "no_access",
                        format!("{name} n’a pas accès à ce portefeuille : donnez-le-lui d’abord."),
                        format!("{name} has no access to this portfolio: give it to them first."),
                    );
                }
            }
        }
    }
    if error.fields.is_empty() { Ok(()) } else { Err(error) }
}

pub fn delete_dossier(call: &Call, id: DossierId, _: Nothing, _: Nothing) -> Result<Answer<Nothing>> {
    let scope = call.scope()?;
    let files = call.app.store.conn()?.write(|conn| -> Result<Vec<String>> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let before = store::dossiers::find(conn, scope, id)?;
        call.check_version(before.version)?;
        let files = store::documents::keys_of(conn, scope.cabinet(), id)?;
        let drafts = vec![Draft { before: Some(before), after: None }];
        let judge = call.judge(conn)?;
        write(conn, scope.cabinet(), &journal::stamp(call), &judge, BY_HAND, drafts)?;
        Ok(files)
    })?;
    crate::mandates::forget_files(call, files);
    // A signature that was asked of a provider is called off there.
    call.app.shared.signatures.wake();
    Ok(Answer::none())
}

pub fn search_dossiers(call: &Call, _: Nothing, query: SearchQuery, _: Nothing) -> Result<Answer<SearchResult>> {
    let words = search_words(&query.q).join(" ");
    if words.chars().count() < 2 {
        return Err(Error::new(contract::Code::BadRequest).and(
            "?q",
            "too_short",
            "Deux lettres ou chiffres au moins.",
            "Two letters or digits at least.",
        ));
    }
    let found = store::dossiers::search(&mut *call.app.store.conn()?, call.scope()?, &words, 10)?;
    let data = found
        .into_iter()
        .map(|d| SearchHit {
            id: d.id,
            name: d.facts.name,
            siren: d.facts.siren,
            code: d.facts.code,
            state: d.mark.state,
            score: d.mark.score,
        })
        .collect();
    Ok(Answer::new(SearchResult { data }))
}

pub fn export_dossiers(call: &Call, _: Nothing, query: DossierExportQuery, _: Nothing) -> Result<Answer<Nothing>> {
    let scope = call.scope()?;
    let filter = filter(&query.filter);
    let mut conn = call.app.store.conn()?;
    let portfolios = store::references::portfolio_names(&mut conn, scope)?;
    let mut sheet = crate::export::Sheet::new(
        "dossiers",
        &[
            "Code",
            "Nom",
            "SIREN",
            "SIRET",
            "État",
            "Score",
            "Taille",
            "Régime TVA",
            "Effectif",
            "Chiffre d’affaires",
            "Total bilan",
            "Clôture",
            "Outil",
            "Plateforme de réception",
            "Plateforme d’émission",
            "Factures par mois",
            "B2B",
            "B2C",
            "B2G",
            "International",
            "Contact",
            "E-mail",
            "Téléphone",
            "Responsable",
            "Collaborateur",
            "Portefeuille",
            "Étiquettes",
            "Code postal",
            "Ville",
            "Confidentiel",
        ],
    );
    let mut order = Order { key: SortKey::Name, descending: false, after: None };
    loop {
        let rows = store::dossiers::list(&mut conn, scope, &filter, &order, 500)?;
        order.after = match rows.last() {
            Some(item) => Some((item.key(order.key)?, item.id.clone())),
            None => None,
        };
        let last = rows.len() < 500;
        let ids: Vec<DossierId> = rows.iter().filter_map(|row| row.id.parse().ok()).collect();
        let mut facts: HashMap<String, DossierFacts> = store::dossiers::find_many(&mut conn, scope, &ids)?
            .into_iter()
            .map(|dossier| (dossier.id.to_string(), dossier.facts))
            .collect();
        for item in rows {
            // One that was deleted between the two reads is not exported.
            if let Some(facts) = facts.remove(&item.id) {
                sheet.row(export_row(item, facts, &portfolios));
            }
        }
        if last {
            break;
        }
    }
    let file = sheet.file(query.format.unwrap_or(FileFormat::Csv), call.today())?;
    Ok(Answer::file(file))
}

fn export_row(item: Listed, f: DossierFacts, portfolios: &BTreeMap<PortfolioId, String>) -> Vec<String> {
    let text = |t: Option<String>| t.unwrap_or_default();
    let number = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
    let money = |cents: Option<i64>| cents.map(|c| format!("{},{:02}", c / 100, c % 100)).unwrap_or_default();
    let yes = |b: Option<bool>| match b {
        Some(true) => "oui".to_owned(),
        Some(false) => "non".to_owned(),
        None => String::new(),
    };
    let contact = f.contacts.into_iter().next().unwrap_or_default();
    vec![
        text(f.code),
        f.name,
        f.siren.to_string(),
        f.sirets.first().map(ToString::to_string).unwrap_or_default(),
        item.state.to_string(),
        item.score.to_string(),
        item.size_class,
        VatRegime::try_from(item.vat_regime.as_str())
            .map(|r| domain::reference::regime(r).label.fr.clone())
            .unwrap_or_default(),
        number(f.headcount),
        money(f.turnover_cents),
        money(f.balance_sheet_cents),
        f.fiscal_year_end.map(|d| d.to_string()).unwrap_or_default(),
        text(f.tool),
        text(f.reception_platform),
        text(f.emission_platform),
        number(f.invoices_per_month),
        yes(f.activity.b2b),
        yes(f.activity.b2c),
        yes(f.activity.b2g),
        yes(f.activity.international),
        text(contact.name),
        text(contact.email),
        text(contact.phone),
        text(f.manager.label),
        text(f.assignee.label),
        f.portfolio_id.and_then(|id| portfolios.get(&id).cloned()).unwrap_or_default(),
        f.tags.join(", "),
        text(f.postal_code),
        text(f.city),
        if f.confidential { "oui".to_owned() } else { "non".to_owned() },
    ]
}

/// Hands over the dossiers whose imported person in charge bears one of these names. Needs the cabinet's lock.
pub fn adopt_aliases(
    conn: &mut Conn,
    stamp: &Stamp,
    cabinet: CabinetId,
    user: UserId,
    name: &str,
    aliases: &[String],
    judge: &Judge,
) -> Result<u64> {
    if aliases.is_empty() {
        return Ok(0);
    }
    let folded: Vec<String> = aliases.iter().map(|a| fold(a)).collect();
    // Labels are stored as they were written; compare them folded.
    let (managers, assignees) = store::dossiers::known_labels(conn, cabinet)?;
    let labels: Vec<String> =
        managers.into_iter().chain(assignees).filter(|l| !l.is_empty() && folded.contains(&fold(l))).collect();
    let drafts = store::dossiers::by_label(conn, cabinet, &labels)?
        .into_iter()
        .map(|before| {
            let mut facts = before.facts.clone();
            for person in [&mut facts.manager, &mut facts.assignee] {
                if person.user_id.is_none() && person.label.as_deref().is_some_and(|l| folded.contains(&fold(l))) {
                    person.user_id = Some(user);
                    person.label = Some(name.to_owned());
                }
            }
            Draft { before: Some(before), after: Some(facts) }
        })
        .collect();
    let cause = Cause { updated: "dossier.hand_over", ..BY_HAND };
    Ok(write(conn, cabinet, stamp, judge, cause, drafts)?.len() as u64)
}
