//! From facts to findings: what is looked at again once flows, dossiers or connections have changed, and each day. What a
//! look costs depends on what was touched, never on the size of the tables.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use domain::anomaly::rules::{self, Account, Around, Client, Firm, Seen, Twin};
use domain::anomaly::{AnomalyRule, Finding, Policy, volume};
use domain::calendar::{Due, DueKind, Settled};
use domain::flow::{self, Flow, FlowDetails, FlowDirection, FlowKey, FlowKind, Handling, StatusEvent};
use domain::reference::anomaly_rule;
use domain::{CabinetId, ConnectionId, DossierFacts, DossierId, FlowId, ProofSource, Text, platform};
use store::dossiers::Stored as StoredDossier;
use store::journal::Stamp;
use store::occurrences::{self, Occurrence};
use store::{Conn, dialect};

use super::ledger::{self, Look};
use super::settings::{self, Settings};
use crate::flows::Writing;
use crate::{App, Result};

/// A flow that was written, or whose time has come: everything a rule may ask of it, so that no rule reads it again.
#[derive(Debug, Clone)]
pub struct Touched {
    /// As it stood before; nothing when it is new.
    pub before: Option<Flow>,
    pub flow: Flow,
    /// Its whole history, oldest first by the source's time.
    pub events: Vec<StatusEvent>,
    /// Place of the current status among `events`.
    pub current: Option<usize>,
    /// How many of `events` were not known before.
    pub new_events: usize,
    /// It shows its client on its platform for the first time, or later than was known: what follows from where a dossier
    /// has flows may be another thing now.
    pub later: bool,
    /// When it should have moved on; it is stuck once that has passed.
    pub stuck_at: Option<DateTime<Utc>>,
}

impl Touched {
    /// The current status.
    pub fn status(&self) -> Option<&StatusEvent> {
        self.events.get(self.current?)
    }

    /// Its official code.
    pub fn code(&self) -> Option<u32> {
        self.status()?.code
    }
}

/// Brings the findings of these flows up to date, in the transaction of the caller, which holds the cabinet's lock, after
/// flows, events and sums were written.
pub fn after_flows(w: &mut Writing<'_>, touched: &[Touched]) -> Result<()> {
    if touched.is_empty() {
        return Ok(());
    }
    let settings = settings::of(w.conn, w.cabinet)?;
    let twins = twins_of(w, touched)?;
    let drawn_in = drawn_in(w, touched, &twins)?;
    let flows: Vec<&Touched> = touched.iter().chain(&drawn_in).collect();
    let accounts = accounts_of(w, &flows)?;
    let (looked_at, reporting) = dossiers_to_look_at(touched);
    let paid_until = w.stamp.at - Duration::days(settings.policy.limit(AnomalyRule::CollectionMissing, "days"));
    let mut read: BTreeSet<DossierId> = looked_at.union(&reporting).copied().collect();
    read.extend(flows.iter().filter(|t| waits_for_collection(t, paid_until)).filter_map(|t| t.flow.dossier));
    let mut look = Look { dossiers: dossiers(w, &read)?, ..Look::default() };
    for t in &flows {
        let facts = t.flow.dossier.and_then(|id| look.dossiers.get(&id)).map(|d| &d.facts);
        let around = Around {
            now: w.stamp.at,
            policy: &settings.policy,
            vat_on_collection: facts.and_then(|facts| rules::vat_on_collection(facts, w.judge.today)),
            twins: twins.get(&t.flow.id).map_or(&[], Vec::as_slice),
            accounts: accounts.get(&t.flow.key.seller).map_or(&[], Vec::as_slice),
        };
        let seen = Seen { flow: &t.flow, events: &t.events, current: t.current, stuck_at: t.stuck_at };
        look.found.extend(rules::of_flow(&seen, &around));
    }
    // Of what has just come nothing is known.
    let known: Vec<FlowId> =
        touched.iter().filter(|t| t.before.is_some()).chain(&drawn_in).map(|t| t.flow.id).collect();
    look.known = occurrences::of_flows(w.conn, w.cabinet, &known)?;
    look_at_dossiers(w, &settings, &looked_at, BY_FACTS, &mut look)?;
    look_at_dossiers(w, &settings, &reporting, BY_CALENDAR, &mut look)?;
    let by_id: HashMap<FlowId, &Touched> = flows.iter().map(|t| (t.flow.id, *t)).collect();
    ledger::apply(w, &settings, look, &|gone| {
        let of_flow = gone.flow.and_then(|id| by_id.get(&id));
        of_flow.map_or_else(|| of_facts(gone, &settings.policy), |t| of_status(gone, t, &settings.policy))
    })
}

/// Flows are taken back: what was found of them ends before they go, so that no anomaly counts them any more.
pub(crate) fn flows_leave(w: &mut Writing<'_>, ids: &[FlowId]) -> Result<()> {
    let known = occurrences::of_flows(w.conn, w.cabinet, ids)?;
    if known.is_empty() {
        return Ok(());
    }
    let settings = settings::of(w.conn, w.cabinet)?;
    let because = Text::new(
        "L’import qui avait apporté ce flux est annulé.",
        "The import that had brought this flow was taken back.",
    );
    ledger::end(w, &settings, known, &because)
}

/// Why an occurrence of a flow is gone.
fn of_status(gone: &Occurrence, t: &Touched, policy: &Policy) -> Text {
    if gone.rule().is_some_and(|rule| !policy.is_on(rule)) {
        return switched_off();
    }
    match t.flow.handling {
        Handling::Resolved => {
            return Text::new("Marquée comme résolue par le cabinet.", "Marked as resolved by the firm.");
        }
        Handling::Ignored => {
            return Text::new("Marquée comme ignorée par le cabinet.", "Marked as ignored by the firm.");
        }
        Handling::None | Handling::InProgress => {}
    }
    match (gone.rule(), t.status()) {
        (Some(AnomalyRule::UnknownClient), _) => Text::new("Le client a son dossier.", "The client has its dossier."),
        (Some(AnomalyRule::BankDetails), _) => Text::new(
            "Le compte est vérifié, ou de nouveau l’ancien.",
            "The account is verified, or the former one again.",
        ),
        (_, Some(status)) => {
            let name = status
                .code
                .map_or_else(|| Text::new(status.raw.clone(), status.raw.clone()), domain::anomaly::words::status_name);
            Text::new(format!("Statut actuel : {}.", name.fr), format!("Current status: {}.", name.en))
        }
        (_, None) => Text::new("Les faits ne le montrent plus.", "The facts show it no longer."),
    }
}

/// Why an occurrence of a dossier is gone.
fn of_facts(gone: &Occurrence, policy: &Policy) -> Text {
    let Some(rule) = gone.rule().filter(|rule| policy.is_on(*rule)) else { return switched_off() };
    let (fr, en) = match rule {
        AnomalyRule::OtherPlatform => (
            "Le dossier nomme la plateforme, ou elle ne sert plus.",
            "The dossier names the platform, or it is used no longer.",
        ),
        AnomalyRule::NoMandate => {
            ("Un mandat est en vigueur, ou plus rien n’arrive.", "A mandate is in force, or nothing comes any more.")
        }
        AnomalyRule::AddressLost => {
            ("L’annuaire mène de nouveau au client.", "The directory leads to the client again.")
        }
        AnomalyRule::VolumeDrop | AnomalyRule::VolumeBurst => {
            ("Le volume est de nouveau habituel.", "The volume is usual again.")
        }
        AnomalyRule::ReportMissing => {
            ("La période est transmise, ou notée sans opération.", "The period is sent, or noted as without operation.")
        }
        AnomalyRule::ConnectionDown => ("La connexion fonctionne de nouveau.", "The connection works again."),
        _ => ("Les faits ne le montrent plus.", "The facts show it no longer."),
    };
    Text::new(fr, en)
}

fn switched_off() -> Text {
    Text::new("La règle est désactivée.", "The rule is switched off.")
}

/// The other side of an invoice, where that is a client of the firm, too: buyer of a sale, seller of a purchase.
fn other_side(flow: &Flow) -> Option<FlowKey> {
    let owner = match flow.direction {
        FlowDirection::Sale => &flow.counterparty,
        FlowDirection::Purchase => &flow.key.seller,
    };
    let is_one = flow.kind != FlowKind::Transmission && !owner.is_empty() && *owner != flow.key.owner;
    is_one.then(|| FlowKey { owner: owner.clone(), ..flow.key.clone() })
}

/// What their other sides show under the same number, where that cannot be the same invoice.
fn twins_of(w: &mut Writing<'_>, touched: &[Touched]) -> Result<HashMap<FlowId, Vec<Twin>>> {
    let sides: Vec<(FlowId, FlowKey)> =
        touched.iter().filter_map(|t| Some((t.flow.id, other_side(&t.flow)?))).collect();
    let owners: BTreeSet<String> = sides.iter().map(|(_, key)| key.owner.clone()).collect();
    let owners: Vec<String> = owners.into_iter().collect();
    let clients = store::flows::dossiers_of(w.conn, w.cabinet, &owners)?;
    let mut wanted: HashMap<FlowKey, Vec<FlowId>> = HashMap::new();
    for (id, key) in sides.into_iter().filter(|(_, key)| clients.contains_key(&key.owner)) {
        wanted.entry(key).or_default().push(id);
    }
    let here: HashMap<FlowId, &Flow> = touched.iter().map(|t| (t.flow.id, &t.flow)).collect();
    let mut twins: HashMap<FlowId, Vec<Twin>> = HashMap::new();
    for stored in store::flows::by_name(w.conn, w.cabinet, wanted.keys())? {
        for this in wanted.get(&stored.flow.key).into_iter().flatten().filter_map(|id| here.get(id)) {
            let (this, other) = (Twin::of(this), Twin::of(&stored.flow));
            // The same invoice seen by both sides is nothing to tell; else each is the other's.
            if this.differs(&other) {
                twins.entry(this.flow).or_default().push(other.clone());
                if !here.contains_key(&other.flow) {
                    twins.entry(other.flow).or_default().push(this);
                }
            }
        }
    }
    Ok(twins)
}

/// Flows that were not touched, of which something else holds now that their other side is known.
fn drawn_in(w: &mut Writing<'_>, touched: &[Touched], twins: &HashMap<FlowId, Vec<Twin>>) -> Result<Vec<Touched>> {
    let here: HashSet<FlowId> = touched.iter().map(|t| t.flow.id).collect();
    let ids: Vec<FlowId> = twins.keys().filter(|id| !here.contains(id)).copied().collect();
    read_touched(w, &ids)
}

/// Flows as they stand, with their histories.
pub(crate) fn read_touched(w: &mut Writing<'_>, ids: &[FlowId]) -> Result<Vec<Touched>> {
    let stored = store::flows::of_cabinet(w.conn, w.cabinet, ids)?;
    let mut histories = store::flows::events_of(w.conn, ids)?;
    Ok(stored
        .into_iter()
        .map(|stored| {
            let events = histories.remove(&stored.flow.id).unwrap_or_default();
            Touched {
                before: Some(stored.flow.clone()),
                current: flow::current(&events),
                new_events: 0,
                later: false,
                stuck_at: stored.stuck_at,
                flow: stored.flow,
                events,
            }
        })
        .collect())
}

/// Accounts of the sellers of purchases; those that are new are kept, in the order in which they came.
fn accounts_of(w: &mut Writing<'_>, flows: &[&Touched]) -> Result<HashMap<String, Vec<Account>>> {
    let of_purchases = || {
        let purchases = flows.iter().map(|t| &t.flow).filter(|f| f.direction == FlowDirection::Purchase);
        purchases.filter(|f| !f.key.seller.is_empty())
    };
    let told: Vec<(&String, Vec<String>)> = of_purchases()
        .map(|f| {
            let first = f.details.account.as_deref().map(rules::compact);
            let all = first.into_iter().chain(rules::latest_account(f)).filter(|a| !a.is_empty());
            (&f.key.seller, all.collect::<Vec<String>>())
        })
        .filter(|(_, all)| !all.is_empty())
        .collect();
    // A change that is announced without an account is weighed against those that are known.
    let sellers: BTreeSet<String> = told.iter().map(|(seller, _)| (*seller).clone()).collect();
    let sellers: Vec<String> = sellers.into_iter().collect();
    if sellers.is_empty() {
        return Ok(HashMap::new());
    }
    let mut known = store::seller_accounts::of_sellers(w.conn, w.cabinet, &sellers)?;
    let mut new = Vec::new();
    for (seller, accounts) in told {
        for account in accounts {
            let of_seller = known.entry(seller.clone()).or_default();
            if !of_seller.iter().any(|known| known.account == account) {
                new.push((seller.clone(), account.clone(), of_seller.len() as i64));
                of_seller.push(Account { account, verified: false });
            }
        }
    }
    store::seller_accounts::insert(w.conn, w.cabinet, &new)?;
    Ok(known)
}

/// Paid so long ago that it should be collected, where VAT is due on collection: the only rule of flows that asks the facts
/// of their dossiers.
fn waits_for_collection(t: &Touched, paid_until: DateTime<Utc>) -> bool {
    let statuses = &anomaly_rule(AnomalyRule::CollectionMissing).statuses;
    let waits = |s: &StatusEvent| s.code.is_some_and(|code| statuses.contains(&code)) && s.at <= paid_until;
    t.flow.direction == FlowDirection::Sale && t.status().is_some_and(waits)
}

/// Dossiers of which flows may have changed what holds of themselves: by where they have flows, by what they report.
fn dossiers_to_look_at(touched: &[Touched]) -> (BTreeSet<DossierId>, BTreeSet<DossierId>) {
    let (mut facts, mut calendar) = (BTreeSet::new(), BTreeSet::new());
    for t in touched {
        let Some(id) = t.flow.dossier else { continue };
        let moved =
            |b: &Flow| (b.dossier, &b.platform, b.issued_on) != (t.flow.dossier, &t.flow.platform, t.flow.issued_on);
        if t.before.as_ref().map_or(t.later, moved) {
            facts.insert(id);
        }
        if t.flow.kind == FlowKind::Transmission {
            calendar.insert(id);
        }
    }
    (facts, calendar)
}

/// Rules that follow from the facts of a dossier and where it has flows.
const BY_FACTS: &[AnomalyRule] = &[AnomalyRule::OtherPlatform, AnomalyRule::NoMandate, AnomalyRule::AddressLost];
/// From what it must report.
const BY_CALENDAR: &[AnomalyRule] = &[AnomalyRule::ReportMissing];
/// From its own past; looked at once a day.
const BY_PAST: &[AnomalyRule] = &[AnomalyRule::VolumeDrop, AnomalyRule::VolumeBurst];

fn dossiers(w: &mut Writing<'_>, ids: &BTreeSet<DossierId>) -> Result<HashMap<DossierId, StoredDossier>> {
    let ids: Vec<DossierId> = ids.iter().copied().collect();
    Ok(store::dossiers::of_cabinet(w.conn, w.cabinet, &ids)?.into_iter().map(|d| (d.id, d)).collect())
}

/// Adds to a look what some rules find of dossiers that it has read, and what is known of them by these rules.
fn look_at_dossiers(
    w: &mut Writing<'_>,
    settings: &Settings,
    ids: &BTreeSet<DossierId>,
    by: &[AnomalyRule],
    look: &mut Look,
) -> Result<()> {
    let of: Vec<&StoredDossier> = ids.iter().filter_map(|id| look.dossiers.get(id)).collect();
    if of.is_empty() {
        return Ok(());
    }
    let firm = Firm { today: w.judge.today, policy: &settings.policy, register: &w.judge.register };
    if by.contains(&AnomalyRule::NoMandate) {
        let owners: Vec<String> = of.iter().map(|d| d.facts.siren.to_string()).collect();
        let channels = occurrences::channels(w.conn, w.cabinet, &owners)?;
        for dossier in &of {
            let channels = channels.get(dossier.facts.siren.as_str()).map_or(&[][..], Vec::as_slice);
            let client = Client { id: dossier.id, facts: &dossier.facts, channels };
            look.found.extend(rules::of_dossier(&client, &firm));
        }
    }
    if by.contains(&AnomalyRule::ReportMissing) {
        look.found.extend(reports(w, &firm, &of)?);
    }
    if by.contains(&AnomalyRule::VolumeDrop) {
        look.found.extend(volumes(w, &firm, &of)?);
    }
    let known: Vec<DossierId> = of.iter().map(|d| d.id).collect();
    look.known.extend(occurrences::of_dossiers(w.conn, w.cabinet, &known, by)?);
    Ok(())
}

/// Periods near their limit without accepted transmission.
fn reports(w: &mut Writing<'_>, firm: &Firm<'_>, of: &[&StoredDossier]) -> Result<Vec<Finding>> {
    if !firm.policy.is_on(AnomalyRule::ReportMissing) {
        return Ok(Vec::new());
    }
    let mut near: Vec<(DossierId, Due)> = Vec::new();
    for dossier in of {
        let plan = w.judge.assess(&dossier.facts, &dossier.settled).plan;
        let dues = unsettled(&plan, firm, &dossier.settled);
        near.extend(dues.into_iter().map(|due| (dossier.id, due)));
    }
    let ids: BTreeSet<DossierId> = near.iter().map(|(id, _)| *id).collect();
    let ids: Vec<DossierId> = ids.into_iter().collect();
    let accepted = &anomaly_rule(AnomalyRule::ReportMissing).statuses;
    let sent = occurrences::accepted_transmissions(w.conn, w.cabinet, &ids, accepted)?;
    let is_sent = |id: &DossierId, due: &Due| {
        sent.get(id).is_some_and(|all| all.iter().any(|(direction, details)| covers(*direction, details, due)))
    };
    let missing = near.iter().filter(|(id, due)| !is_sent(id, due));
    Ok(missing.filter_map(|(id, due)| rules::report_missing(*id, due, firm)).collect())
}

/// What is missed, and what falls due within the days that the rule looks ahead.
fn unsettled(plan: &domain::calendar::Plan, firm: &Firm<'_>, settled: &Settled) -> Vec<Due> {
    // The published limit may come some days after the prudent one.
    const BETWEEN: i64 = 10;
    let ahead = firm.policy.limit(AnomalyRule::ReportMissing, "days") + BETWEEN;
    let last = firm.today.checked_add_days(Days::new(u64::try_from(ahead).unwrap_or_default())).unwrap_or(firm.today);
    let mut dues = plan.missed(firm.today, settled);
    let coming = plan.due_between(firm.today, last).dues;
    dues.extend(coming.into_iter().filter(|due| due.kind.stream().is_some() && settled.of(due).is_none()));
    dues
}

/// Whether a transmission is that of a period.
fn covers(direction: FlowDirection, details: &FlowDetails, due: &Due) -> bool {
    let of_kind = match (due.kind, details.block.as_deref()) {
        (_, None) => true,
        (DueKind::Sales, Some("10.1")) => direction == FlowDirection::Sale,
        (DueKind::Sales, Some("10.3")) => true,
        (DueKind::Acquisitions, Some("10.1")) => direction == FlowDirection::Purchase,
        (DueKind::Payments, Some("10.2" | "10.4")) => true,
        (_, Some(_)) => false,
    };
    of_kind && details.period_from.zip(details.period_to).is_some_and(|(from, to)| from <= due.from && due.to <= to)
}

fn volumes(w: &mut Writing<'_>, firm: &Firm<'_>, of: &[&StoredDossier]) -> Result<Vec<Finding>> {
    let owners: Vec<String> = of.iter().map(|d| d.facts.siren.to_string()).collect();
    let months = occurrences::months(w.conn, w.cabinet, Some(&owners))?;
    if months.is_empty() {
        return Ok(Vec::new());
    }
    let whole = occurrences::months(w.conn, w.cabinet, None)?;
    let mut found = Vec::new();
    for dossier in of {
        for direction in FlowDirection::ALL {
            let Some(own) = months.get(&(dossier.facts.siren.to_string(), *direction)) else { continue };
            let all = whole.get(&(String::new(), *direction)).map_or(&[][..], Vec::as_slice);
            found.extend(volume::of_months(dossier.id, *direction, own, all, firm));
        }
    }
    Ok(found)
}

/// Whether a change of a dossier could change what rules find of it.
pub(crate) fn concerns(before: Option<&StoredDossier>, facts: &DossierFacts, settled: &Settled) -> bool {
    let Some(before) = before else { return true };
    let by_others = |facts: &DossierFacts| {
        let others = |p: &&domain::Evidence| !matches!(p.source, ProofSource::Anomaly | ProofSource::Flow);
        facts.proofs.iter().filter(others).cloned().collect::<Vec<_>>()
    };
    let of = |f: &DossierFacts| {
        (
            (f.siren, f.reception_platform.clone(), f.emission_platform.clone(), f.tool_platform.clone()),
            (f.registration.clone(), f.directory_address.clone(), f.vat_on_debits, f.activity),
            (f.vat_regimes.clone(), f.obligation_overrides.clone(), f.early_starts.clone(), f.reports_as),
            by_others(f),
        )
    };
    before.settled != *settled || of(&before.facts) != of(facts)
}

/// Looks at dossiers again whose facts have changed. In the transaction of the write, which holds the cabinet's lock. Tells
/// whether it looked: a firm without flows has nothing to be found, a first list of clients is not looked through.
pub(crate) fn dossiers_changed(w: &mut Writing<'_>, ids: &[DossierId]) -> Result<bool> {
    if ids.is_empty() || !occurrences::any_flow(w.conn, w.cabinet)? {
        return Ok(false);
    }
    let settings = settings::of(w.conn, w.cabinet)?;
    let ids: BTreeSet<DossierId> = ids.iter().copied().collect();
    let mut look = Look { dossiers: dossiers(w, &ids)?, ..Look::default() };
    look_at_dossiers(w, &settings, &ids, BY_FACTS, &mut look)?;
    look_at_dossiers(w, &settings, &ids, BY_CALENDAR, &mut look)?;
    ledger::apply(w, &settings, look, &|gone| of_facts(gone, &settings.policy))?;
    // Whether VAT is due on collection follows from facts, too.
    let all: Vec<DossierId> = ids.into_iter().collect();
    let waiting = occurrences::flows_of(w.conn, w.cabinet, &all, AnomalyRule::CollectionMissing)?;
    let touched = read_touched(w, &waiting)?;
    after_flows(w, &touched)?;
    Ok(true)
}

/// Ends what stands open of dossiers that go. Before they do, in the same transaction.
pub(crate) fn dossiers_leave(w: &mut Writing<'_>, ids: &[DossierId]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let gone = occurrences::open_of_dossiers(w.conn, w.cabinet, ids)?;
    if gone.is_empty() {
        return Ok(());
    }
    let settings = settings::of(w.conn, w.cabinet)?;
    let because = Text::new("Le dossier est supprimé.", "The dossier is deleted.");
    let look = Look { known: gone, leaving: true, ..Look::default() };
    ledger::apply(w, &settings, look, &|_| because.clone())
}

/// A connection to a platform.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    pub id: ConnectionId,
    pub name: &'a str,
    pub platform: &'a str,
}

/// A connection has failed for good, or works again, or is gone: one anomaly with an occurrence in every dossier that its
/// platform holds. `down` tells what is wrong, and since when. In the transaction of the caller, which holds the cabinet's
/// lock.
pub fn connection_changed(w: &mut Writing<'_>, line: Line<'_>, down: Option<(&Text, DateTime<Utc>)>) -> Result<()> {
    const RULE: AnomalyRule = AnomalyRule::ConnectionDown;
    /// Days after which flows tell no longer that a dossier is on a platform.
    const RECENT: u64 = 60;
    let settings = settings::of(w.conn, w.cabinet)?;
    let id = line.id.to_string();
    let mut look =
        Look { known: occurrences::of_fingerprints(w.conn, w.cabinet, &format!("{RULE}:{id}:"))?, ..Look::default() };
    if let Some((error, since)) = down.filter(|_| settings.policy.is_on(RULE)) {
        let recent = w.judge.today.checked_sub_days(Days::new(RECENT)).unwrap_or(w.judge.today);
        // As people and sources write it, and as the register does.
        let names = [line.platform.to_owned(), platform::canonical_name(line.platform, &w.judge.register)];
        let held = occurrences::held_by(w.conn, w.cabinet, &names, recent)?;
        let found = |dossier| rules::connection_down(&id, line.name, line.platform, Some(error), since, dossier);
        look.found = held.into_iter().map(|dossier| found(Some(dossier))).collect();
        if look.found.is_empty() {
            look.found.push(found(None));
        }
    }
    ledger::apply(w, &settings, look, &|gone| of_facts(gone, &settings.policy))
}

/// A deposit that a platform's technical check has refused, or taken after all.
#[derive(Debug, Clone)]
pub struct Deposit {
    /// The platform's own id.
    pub file: String,
    pub name: String,
    /// Codes of its reasons; nothing when it was taken.
    pub refused: Option<Vec<String>>,
    pub at: DateTime<Utc>,
}

/// What became of deposits at the technical check of a platform. In the transaction of the caller, which holds the
/// cabinet's lock.
pub fn deposits_checked(
    w: &mut Writing<'_>,
    line: Line<'_>,
    dossier: Option<DossierId>,
    deposits: &[Deposit],
) -> Result<()> {
    const RULE: AnomalyRule = AnomalyRule::Unreadable;
    let settings = settings::of(w.conn, w.cabinet)?;
    let id = line.id.to_string();
    let places: Vec<String> = deposits.iter().map(|d| rules::deposit_fingerprint(&id, &d.file)).collect();
    let known = occurrences::of_places(w.conn, w.cabinet, &places)?;
    let refused = |d: &Deposit| {
        let codes = d.refused.as_ref().filter(|_| settings.policy.is_on(RULE))?;
        Some(rules::deposit_refused(&id, line.platform, (&d.file, &d.name), codes, d.at, dossier))
    };
    let found: Vec<Finding> = deposits.iter().filter_map(refused).collect();
    if known.is_empty() && found.is_empty() {
        return Ok(());
    }
    let taken = Text::new("La plateforme a pris ce fichier depuis.", "The platform has taken this file since.");
    ledger::apply(w, &settings, Look { found, known, ..Look::default() }, &|_| taken.clone())
}

/// Dossiers that are looked at in one transaction.
const BATCH: usize = 500;

/// The daily look at all dossiers of a firm: what days alone change, volumes, periods that near their limit, collections
/// that are awaited. Returns how many dossiers were looked at.
pub fn look_at_day(app: &App, cabinet: CabinetId, today: NaiveDate, now: DateTime<Utc>) -> Result<u64> {
    let mut conn = app.store.conn()?;
    let stamp = Stamp { at: now, actor: None, request_id: "worker".to_owned() };
    // A firm that follows no flows sees its periods in the calendar.
    if !occurrences::any_flow(&mut conn, cabinet)? {
        return Ok(0);
    }
    let ids: Vec<DossierId> =
        store::evaluations::after(&mut conn, cabinet, "")?.iter().filter_map(|id| id.parse().ok()).collect();
    for batch in ids.chunks(BATCH) {
        conn.write(|conn| -> Result<()> {
            dialect::lock_cabinet(conn, cabinet)?;
            let judge = app.judge(conn, cabinet, today)?;
            let mut w = Writing { conn, cabinet, stamp: &stamp, judge: &judge };
            look_at_all_of(&mut w, &batch.iter().copied().collect())
        })?;
    }
    let mut after = None;
    loop {
        after = conn.write(|conn| -> Result<Option<FlowId>> {
            dialect::lock_cabinet(conn, cabinet)?;
            let judge = app.judge(conn, cabinet, today)?;
            look_at_collections(&mut Writing { conn, cabinet, stamp: &stamp, judge: &judge }, after)
        })?;
        if after.is_none() {
            return Ok(ids.len() as u64);
        }
    }
}

/// By every rule that follows from a dossier itself.
pub(super) fn look_at_all_of(w: &mut Writing<'_>, ids: &BTreeSet<DossierId>) -> Result<()> {
    let settings = settings::of(w.conn, w.cabinet)?;
    let mut look = Look { dossiers: dossiers(w, ids)?, ..Look::default() };
    for by in [BY_FACTS, BY_CALENDAR, BY_PAST] {
        look_at_dossiers(w, &settings, ids, by, &mut look)?;
    }
    ledger::apply(w, &settings, look, &|gone| of_facts(gone, &settings.policy))
}

/// Looks at some of the flows that were paid long enough ago and are not collected. Returns the last of them, nothing once
/// all were looked at.
fn look_at_collections(w: &mut Writing<'_>, after: Option<FlowId>) -> Result<Option<FlowId>> {
    const RULE: AnomalyRule = AnomalyRule::CollectionMissing;
    const MOST: i64 = 1_000;
    let policy = settings::of(w.conn, w.cabinet)?.policy;
    if !policy.is_on(RULE) {
        return Ok(None);
    }
    let until = w.stamp.at - Duration::days(policy.limit(RULE, "days"));
    let ids = occurrences::waiting(w.conn, w.cabinet, RULE, &anomaly_rule(RULE).statuses, until, after, MOST)?;
    let touched = read_touched(w, &ids)?;
    after_flows(w, &touched)?;
    Ok(ids.last().copied())
}

/// How long a flow may stand at a status before it counts as stuck.
#[derive(Debug, Clone, Default)]
pub struct StuckLimits {
    /// The rule is on for this firm.
    pub on: bool,
    /// Hours by status, where the firm has set none and the platform's past tells none. A flow may stand for ever at a
    /// status that is not named.
    pub usual: BTreeMap<u32, u32>,
    /// What the firm has set: platform and status, hours.
    pub set: BTreeMap<(String, u32), u32>,
}

/// The limits of a firm.
pub fn stuck_limits(conn: &mut Conn, cabinet: CabinetId) -> Result<StuckLimits> {
    let policy = settings::of(conn, cabinet)?.policy;
    let usual = Policy::passing_statuses().filter_map(|status| Some((status, policy.usual_hours(status)?)));
    Ok(StuckLimits {
        on: policy.is_on(AnomalyRule::Stuck),
        usual: usual.collect(),
        set: policy.stuck.iter().map(|s| ((s.platform.clone(), s.status), s.hours)).collect(),
    })
}
