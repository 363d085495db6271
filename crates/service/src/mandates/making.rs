//! Making mandates: one, or for many dossiers at once. What is not told is taken from the dossier.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use contract::{ItemOutcome, MandateActResult, MandateItem, MandatesInput, NewMandate, Nothing};
use domain::mandate::designation_number;
use domain::reference::mandate_kind;
use domain::{
    CabinetId, CampaignId, DossierFacts, DossierId, MandateEvent, MandateKind, MandateState, MandateTerms, Text,
};
use serde_json::json;
use store::dossiers::Stored;
use store::journal::{Entry, Stamp};
use store::mandates::{Mandate, Step};
use store::{Conn, Scope, dialect};

use super::life::{Detail, steps, told};
use super::terms;
use crate::collection_settings::Collecting;
use crate::dossiers::{check_chosen, chosen, too_many};
use crate::eligibility::Looked;
use crate::judge::Judge;
use crate::session::whole_micros;
use crate::time::french;
use crate::{Answer, Call, Error, Result, collection_settings, ids, invalid, journal};

/// Dossiers of one request.
const MOST: usize = 50_000;
/// Dossiers in one transaction: others write between two.
pub(crate) const CHUNK: usize = 500;

/// What new mandates have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Making<'a> {
    pub kinds: &'a [MandateKind],
    pub starts_on: Option<NaiveDate>,
    pub ends_on: Option<NaiveDate>,
    /// They are to be sent at once.
    pub send: bool,
    /// Which drafts that are there already are sent with them.
    pub drafts: Drafts,
    pub campaign: Option<CampaignId>,
    pub by_name: Option<&'a str>,
    pub today: NaiveDate,
}

impl<'a> Making<'a> {
    /// Drafts of these kinds, of nobody's campaign.
    pub(crate) fn drafts(kinds: &'a [MandateKind], today: NaiveDate) -> Self {
        Self {
            kinds,
            starts_on: None,
            ends_on: None,
            send: false,
            drafts: Drafts::Send,
            campaign: None,
            by_name: None,
            today,
        }
    }
}

/// Drafts that are there already when mandates are made to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Drafts {
    Send,
    /// Only those of the campaign whose message did not arrive: what somebody has taken back stays so.
    SendBounced,
}

impl Drafts {
    pub(crate) fn takes(self, draft: &Mandate, campaign: Option<CampaignId>) -> bool {
        let bounced = draft.steps.last().is_some_and(|s| s.event == MandateEvent::Bounce);
        draft.state == MandateState::Draft && (self == Self::Send || (bounced && draft.campaign == campaign))
    }
}

/// Gives new mandates their numbers: those of a cabinet in a year follow each other.
pub(crate) struct Numbers {
    prefix: String,
    last: u32,
}

impl Numbers {
    /// Needs the cabinet's lock.
    pub(crate) fn of(conn: &mut Conn, cabinet: CabinetId, today: NaiveDate) -> Result<Self> {
        let prefix = format!("MD-{}-", today.year());
        Ok(Self { last: store::mandates::last_number(conn, cabinet, &prefix)?, prefix })
    }

    fn next(&mut self) -> String {
        self.last += 1;
        format!("{}{:05}", self.prefix, self.last)
    }
}

/// The number of a designation in the official form, once the platform's own number is known; the counter goes on from
/// those that the dossier has.
pub(super) fn official_number(
    facts: &DossierFacts,
    terms: &MandateTerms,
    others: &[Mandate],
    today: NaiveDate,
) -> Option<String> {
    let platform = terms.platform_number.as_deref()?;
    let on = terms.effective_on.unwrap_or(today);
    (1..=99).map(|counter| designation_number(facts.siren, platform, on, counter)).find(|number| {
        // Ninety-nine of one day are not to be had.
        !others.iter().any(|m| m.number == *number)
    })
}

/// For whom a mandate is drawn up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drawn<'a> {
    pub cabinet: CabinetId,
    pub dossier: DossierId,
    pub facts: &'a DossierFacts,
    /// The mandates that the dossier has.
    pub others: &'a [Mandate],
    pub firm: (&'a Collecting, &'a str),
}

/// A draft with what the dossier and the firm fill in.
pub(crate) fn draw(
    of: &Drawn<'_>,
    kind: MandateKind,
    making: &Making<'_>,
    numbers: &mut Numbers,
    at: DateTime<Utc>,
) -> Mandate {
    draft(of, kind, terms::filled(kind, MandateTerms::default(), of.facts, of.firm), making, (numbers, at))
}

fn draft(
    of: &Drawn<'_>,
    kind: MandateKind,
    terms: MandateTerms,
    making: &Making<'_>,
    (numbers, at): (&mut Numbers, DateTime<Utc>),
) -> Mandate {
    let official = match kind {
        MandateKind::Designation => official_number(of.facts, &terms, of.others, making.today),
        _ => None,
    };
    Mandate {
        id: ids::mandate(),
        cabinet: of.cabinet,
        dossier: of.dossier,
        kind,
        state: MandateState::Draft,
        version: 1,
        number: official.unwrap_or_else(|| numbers.next()),
        terms,
        starts_on: making.starts_on,
        ends_on: making.ends_on,
        signed_by: None,
        sent_to: None,
        reminders: 0,
        reason: None,
        steps: Vec::new(),
        campaign: making.campaign,
        mail: None,
        created_at: at,
        updated_at: at,
        sent_at: None,
        opened_at: None,
        reminded_at: None,
        signed_at: None,
        accepted_at: None,
        ended_at: None,
    }
}

/// Why a second one of a kind is not made.
fn already(open: &Mandate, today: NaiveDate) -> Text {
    let label = &mandate_kind(open.kind).label;
    if open.is_in_force(today) {
        return Text::new(
            format!("{} en vigueur déjà ({}) : révoquez-le d’abord, ou attendez son terme.", label.fr, open.number),
            format!("{} in force already ({}): revoke it first, or wait for its end.", label.en, open.number),
        );
    }
    let state = open.state.text();
    Text::new(
        format!("{} déjà en cours ({}, « {} »).", label.fr, open.number, state.fr),
        format!("{} under way already ({}, “{}”).", label.en, open.number, state.en),
    )
}

fn check_days(making: &Making<'_>) -> Result<()> {
    let (today, Some(last)) = (making.today, making.ends_on) else { return Ok(()) };
    if last < making.starts_on.unwrap_or(today).max(today) {
        return Err(invalid(
            "/ends_on",
            "before_its_start",
            format!("{} : un jour à venir, après le premier jour, est attendu.", french(last)),
            format!("{last}: a day to come, after the first day, is expected."),
        ));
    }
    Ok(())
}

pub fn create_mandate(call: &Call, _: Nothing, _: Nothing, body: NewMandate) -> Result<Answer<contract::Mandate>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    let cabinet = scope.cabinet();
    let today = call.today();
    let kinds = [body.kind];
    let making = Making { starts_on: body.starts_on, ends_on: body.ends_on, ..Making::drafts(&kinds, today) };
    check_days(&making)?;
    let given = terms::checked(body.kind, body.terms)?;
    let made = call.app.store.conn()?.write(|conn| -> Result<contract::Mandate> {
        dialect::lock_cabinet(conn, cabinet)?;
        let dossier = store::dossiers::find(conn, scope, body.dossier_id)?;
        let others =
            store::mandates::of_dossiers(conn, cabinet, &[dossier.id])?.remove(&dossier.id).unwrap_or_default();
        if let Some(open) = others.iter().find(|m| m.kind == body.kind && m.is_open(today)) {
            let text = already(open, today);
            return Err(Error::conflict(text.fr, text.en));
        }
        let settings = collection_settings::of(conn, cabinet)?;
        let name = store::mails::cabinet_name(conn, cabinet)?;
        terms::check_perimeter(&given, &dossier.facts)?;
        let firm = (&settings, name.as_str());
        let terms = terms::filled(body.kind, given.clone(), &dossier.facts, firm);
        let mut numbers = Numbers::of(conn, cabinet, today)?;
        let at = whole_micros(call.now);
        let of = Drawn { cabinet, dossier: dossier.id, facts: &dossier.facts, others: &others, firm };
        let mandate = draft(&of, body.kind, terms, &making, (&mut numbers, at));
        store::mandates::insert(conn, std::slice::from_ref(&mandate))?;
        let changes = json!({ "mandate_state": [null, mandate.state] });
        let row = told("mandate.create", &mandate, &dossier.facts.name, changes);
        store::journal::append(conn, cabinet, &journal::stamp(call), &[row])?;
        super::register::whole(call, conn, mandate)
    })?;
    let version = made.row.version;
    Ok(Answer::new(made).etag(version))
}

/// What becomes of the dossiers of a request, mandate by mandate.
#[derive(Debug, Default)]
pub(crate) struct Made {
    pub items: Vec<MandateItem>,
    /// E-mails to which messages leave.
    pub addresses: BTreeSet<String>,
    pub made: Vec<Mandate>,
    /// Drafts that are sent.
    drafts: Vec<Mandate>,
    rows: Vec<Entry>,
}

/// What making looks up once for many dossiers.
pub(crate) struct Known {
    pub settings: Collecting,
    pub cabinet_name: String,
    pub others: HashMap<DossierId, Vec<Mandate>>,
    pub looked: Looked,
}

impl Known {
    pub(crate) fn read(conn: &mut Conn, scope: &Scope, dossiers: &[Stored]) -> Result<Self> {
        let cabinet = scope.cabinet();
        let ids: Vec<DossierId> = dossiers.iter().map(|d| d.id).collect();
        Ok(Self {
            settings: collection_settings::of(conn, cabinet)?,
            cabinet_name: store::mails::cabinet_name(conn, cabinet)?,
            others: store::mandates::of_dossiers(conn, cabinet, &ids)?,
            looked: Looked::read(conn, scope, dossiers)?,
        })
    }
}

impl Made {
    /// Makes the mandates of a dossier in memory; those that are to be sent are left out, with the reason, when no mail
    /// can go.
    pub(crate) fn dossier(
        &mut self,
        dossier: &Stored,
        making: &Making<'_>,
        known: &Known,
        (cabinet, numbers, at): (CabinetId, &mut Numbers, DateTime<Utc>),
    ) {
        let none = Vec::new();
        let others = known.others.get(&dossier.id).unwrap_or(&none);
        for kind in making.kinds {
            let mut item = MandateItem {
                mandate_id: None,
                dossier_id: dossier.id,
                name: Some(dossier.facts.name.clone()),
                kind: *kind,
                outcome: ItemOutcome::Changed,
                reason: None,
            };
            let open = others.iter().find(|m| m.kind == *kind && m.is_open(making.today));
            let draft_there = open.filter(|m| making.send && making.drafts.takes(m, making.campaign));
            if let (Some(open), None) = (open, draft_there) {
                (item.outcome, item.reason) = (ItemOutcome::Unchanged, Some(already(open, making.today)));
                self.items.push(item);
                continue;
            }
            if making.send {
                let held = known.looked.blockers(dossier, *kind).into_iter().find(|b| b.holds_mail());
                if let Some(blocker) = held {
                    let why = known.looked.why(dossier, blocker);
                    (item.outcome, item.reason) = (ItemOutcome::Refused, Some(why));
                    self.items.push(item);
                    continue;
                }
                self.addresses.extend(dossier.facts.addressee().and_then(|c| c.email.clone()));
            }
            if let Some(there) = draft_there {
                item.mandate_id = Some(there.id);
                self.drafts.push(there.clone());
                self.items.push(item);
                continue;
            }
            let firm = (&known.settings, known.cabinet_name.as_str());
            let of = Drawn { cabinet, dossier: dossier.id, facts: &dossier.facts, others, firm };
            let mut mandate = draw(&of, *kind, making, numbers, at);
            if making.send {
                mandate.state = MandateState::ToSend;
                mandate.steps.push(Step {
                    at,
                    event: MandateEvent::Prepare,
                    state: mandate.state,
                    by_name: making.by_name.map(str::to_owned),
                    detail: None,
                });
            }
            item.mandate_id = Some(mandate.id);
            let changes = json!({ "mandate_state": [null, mandate.state], "campaign": [null, making.campaign] });
            self.rows.push(told("mandate.create", &mandate, &dossier.facts.name, changes));
            self.made.push(mandate);
            self.items.push(item);
        }
    }

    /// Writes what was made since, in the transaction of the caller, which holds the cabinet's lock.
    pub(crate) fn write(
        &mut self,
        conn: &mut Conn,
        cabinet: CabinetId,
        (stamp, judge): (&Stamp, &Judge),
        by_name: Option<&str>,
    ) -> Result<()> {
        store::mandates::insert(conn, &std::mem::take(&mut self.made))?;
        store::journal::append(conn, cabinet, stamp, &std::mem::take(&mut self.rows))?;
        let prepare = |m: Mandate| {
            let detail = Detail { by_name: by_name.map(str::to_owned), ..Detail::default() };
            (m, MandateEvent::Prepare, detail)
        };
        let drafts = std::mem::take(&mut self.drafts).into_iter().map(prepare).collect();
        steps(conn, judge, cabinet, stamp, drafts)?;
        Ok(())
    }

    /// Forgets what was not to be written.
    pub(crate) fn drop_unwritten(&mut self) {
        self.made.clear();
        self.drafts.clear();
        self.rows.clear();
    }
}

pub fn create_mandates(call: &Call, _: Nothing, _: Nothing, body: MandatesInput) -> Result<Answer<MandateActResult>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    check_chosen(body.ids.as_deref(), body.filter.as_ref(), MOST)?;
    let kinds = distinct(&body.kinds)?;
    let making = Making {
        kinds: &kinds,
        starts_on: body.starts_on,
        ends_on: body.ends_on,
        send: body.send,
        drafts: Drafts::Send,
        campaign: None,
        by_name: Some(&actor.name),
        today: call.today(),
    };
    check_days(&making)?;
    let mut conn = call.app.store.conn()?;
    let ids = chosen(&mut conn, scope, body.ids.as_deref(), body.filter.as_ref())?;
    if ids.len() > MOST {
        return Err(too_many("/ids", ids.len(), MOST));
    }
    let mut made = Made::default();
    let mut seen = HashSet::new();
    let ids: Vec<DossierId> = ids.into_iter().filter(|id| seen.insert(*id)).collect();
    for chunk in ids.chunks(CHUNK) {
        if body.preview {
            make(call, &mut conn, scope, chunk, &making, &mut made)?;
            made.drop_unwritten();
        } else {
            conn.write(|conn| -> Result<()> {
                dialect::lock_cabinet(conn, scope.cabinet())?;
                make(call, conn, scope, chunk, &making, &mut made)?;
                let judge = call.judge(conn)?;
                made.write(conn, scope.cabinet(), (&journal::stamp(call), &judge), Some(&actor.name))
            })?;
        }
    }
    if body.preview {
        // None was made.
        made.items.iter_mut().for_each(|i| i.mandate_id = None);
    } else if body.send {
        super::wake(&call.app);
    }
    Ok(Answer::new(result(made.items, made.addresses.len())))
}

fn make(
    call: &Call,
    conn: &mut Conn,
    scope: &Scope,
    wanted: &[DossierId],
    making: &Making<'_>,
    made: &mut Made,
) -> Result<()> {
    let cabinet = scope.cabinet();
    let found = store::dossiers::find_many(conn, scope, wanted)?;
    let known = Known::read(conn, scope, &found)?;
    let mut numbers = Numbers::of(conn, cabinet, making.today)?;
    let found: HashMap<DossierId, Stored> = found.into_iter().map(|d| (d.id, d)).collect();
    let at = whole_micros(call.now);
    for id in wanted {
        match found.get(id) {
            Some(dossier) => made.dossier(dossier, making, &known, (cabinet, &mut numbers, at)),
            None => made.items.extend(making.kinds.iter().map(|kind| MandateItem {
                mandate_id: None,
                dossier_id: *id,
                name: None,
                kind: *kind,
                outcome: ItemOutcome::NotFound,
                reason: Some(Text::new("Absent de votre périmètre.", "Not within your scope.")),
            })),
        }
    }
    Ok(())
}

/// Each kind once; one at least.
pub(crate) fn distinct(kinds: &[MandateKind]) -> Result<Vec<MandateKind>> {
    let mut seen = HashSet::new();
    let kinds: Vec<MandateKind> = kinds.iter().copied().filter(|k| seen.insert(*k)).collect();
    if kinds.is_empty() {
        return Err(invalid(
            "/kinds",
            "required",
            "Choisissez un type de mandat au moins.",
            "Choose one kind of mandate at least.",
        ));
    }
    Ok(kinds)
}

pub(super) fn result(items: Vec<MandateItem>, messages: usize) -> MandateActResult {
    let of = |outcome: ItemOutcome| items.iter().filter(|i| i.outcome == outcome).count() as u64;
    let changed = of(ItemOutcome::Changed);
    MandateActResult { changed, left_out: items.len() as u64 - changed, messages: messages as u64, items }
}
