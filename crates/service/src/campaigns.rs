//! Collections that go on by themselves: the dossiers of a filter are asked for mandates, those that become eligible
//! later as soon as they are.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Duration, Utc};
use contract::{
    Campaign as CampaignShape, CampaignChange, CampaignList, CampaignPlan, CampaignState, DossierQuery, ItemOutcome,
    LeftOut, NewCampaign, Nothing,
};
use domain::mandate::EligibilityBlocker;
use domain::{CampaignId, DossierId, MandateKind, Permission, Text, fold};
use serde_json::{Value, json};
use store::campaigns::{Campaign, Member};
use store::dossiers::Stored;
use store::journal::Stamp;
use store::mandates::{Mandate, Wanted};
use store::{Conn, Scope, dialect};

use crate::eligibility::{counted, has_by_hand};
use crate::fields::Check;
use crate::mandates::{CHUNK, Drafts, Known, Made, Making, Numbers, distinct, wake};
use crate::people::entry;
use crate::session::whole_micros;
use crate::{Answer, App, Call, Error, Result, dossiers, ids, journal, time};

const LONGEST_MESSAGE: usize = 2_000;
/// Dossiers of a plan that are told by name.
const TOLD: usize = 50;
/// A write bears the moment at which it was asked for, and may have waited for its turn: so far back a look begins.
const OVERLAP: Duration = Duration::minutes(2);

/// What comes of looking at the dossiers of a campaign.
#[derive(Debug, Default)]
struct Plan {
    asked: u64,
    mandates: u64,
    already: u64,
    addresses: BTreeSet<String>,
    blockers: BTreeMap<EligibilityBlocker, u64>,
    left_out: Vec<LeftOut>,
}

fn query(campaign: &Campaign) -> Result<DossierQuery> {
    Ok(serde_json::from_str(&campaign.filter)?)
}

fn is_running(campaign: &Campaign) -> bool {
    campaign.state == CampaignState::Running.as_str()
}

/// Kinds for which a campaign still has to ask a dossier: neither open nor noted by hand, and not asked before. What
/// came back because the address was refused is sent again.
fn open_kinds(campaign: &Campaign, dossier: &Stored, others: &[Mandate], today: chrono::NaiveDate) -> Vec<MandateKind> {
    let open = |kind: &MandateKind| {
        let mut of_kind = others.iter().filter(|m| m.kind == *kind);
        if let Some(there) = of_kind.clone().find(|m| m.is_open(today)) {
            return Drafts::SendBounced.takes(there, Some(campaign.id));
        }
        !of_kind.any(|m| m.campaign == Some(campaign.id)) && !has_by_hand(dossier, *kind, today)
    };
    campaign.kinds.iter().copied().filter(open).collect()
}

impl Plan {
    /// Looks at some dossiers; makes in memory what is to be sent.
    fn look(
        &mut self,
        conn: &mut Conn,
        scope: &Scope,
        campaign: &Campaign,
        found: Vec<Stored>,
        made: &mut Made,
        (by_name, drafts, now): (Option<&str>, Drafts, DateTime<Utc>),
    ) -> Result<()> {
        let today = time::paris_day(now);
        let cabinet = campaign.cabinet;
        let known = Known::read(conn, scope, &found)?;
        let mut numbers = Numbers::of(conn, cabinet, today)?;
        let at = whole_micros(now);
        let none = Vec::new();
        for dossier in found {
            let others = known.others.get(&dossier.id).unwrap_or(&none);
            let mut kinds = open_kinds(campaign, &dossier, others, today);
            if drafts == Drafts::Send {
                let there = |kind: &MandateKind| {
                    others.iter().any(|m| m.kind == *kind && m.is_open(today) && drafts.takes(m, None))
                };
                kinds = campaign.kinds.iter().copied().filter(|k| kinds.contains(k) || there(k)).collect();
            }
            if kinds.is_empty() {
                self.already += 1;
                continue;
            }
            let held: Vec<EligibilityBlocker> =
                known.looked.blockers(&dossier, kinds[0]).into_iter().filter(|b| b.holds_mail()).collect();
            if let Some(first) = held.first() {
                for blocker in &held {
                    *self.blockers.entry(*blocker).or_default() += 1;
                }
                if self.left_out.len() < TOLD {
                    let (blocker, why) = (*first, known.looked.why(&dossier, *first));
                    let name = dossier.facts.name.clone();
                    self.left_out.push(LeftOut { dossier_id: dossier.id, name, blocker, why });
                }
                continue;
            }
            let making = Making {
                kinds: &kinds,
                starts_on: None,
                ends_on: None,
                send: true,
                drafts,
                campaign: Some(campaign.id),
                by_name,
                today,
            };
            let before = made.items.len();
            made.dossier(&dossier, &making, &known, (cabinet, &mut numbers, at));
            let changed = made.items[before..].iter().filter(|i| i.outcome == ItemOutcome::Changed).count() as u64;
            self.mandates += changed;
            self.asked += u64::from(changed > 0);
        }
        self.addresses.append(&mut made.addresses);
        made.items.clear();
        Ok(())
    }

    fn told(self, campaign: Option<CampaignShape>) -> CampaignPlan {
        CampaignPlan {
            campaign,
            dossiers: self.asked,
            messages: self.addresses.len() as u64,
            mandates: self.mandates,
            already: self.already,
            blockers: counted(&self.blockers).into_iter().filter(|b| b.count > 0).collect(),
            left_out: self.left_out,
        }
    }
}

/// Asks those of the dossiers that can be asked, some in a transaction. Stops when the campaign no longer runs. What was
/// done is done once, however often this is run.
fn ask(
    app: &App,
    campaign: &Campaign,
    scope: &Scope,
    members: &[Member],
    (stamp, by_name, drafts): (&Stamp, Option<&str>, Drafts),
) -> Result<Plan> {
    let mut plan = Plan::default();
    let mut conn = app.store.conn()?;
    let ids: Vec<DossierId> = members.iter().map(|m| m.dossier).collect();
    for chunk in ids.chunks(CHUNK) {
        let goes_on = conn.write(|conn| -> Result<bool> {
            dialect::lock_cabinet(conn, campaign.cabinet)?;
            let campaign = store::campaigns::of_cabinet(conn, campaign.cabinet, campaign.id)?;
            if !is_running(&campaign) {
                return Ok(false);
            }
            let found = store::dossiers::find_many(conn, scope, chunk)?;
            let mut made = Made::default();
            plan.look(conn, scope, &campaign, found, &mut made, (by_name, drafts, stamp.at))?;
            let judge = app.judge(conn, campaign.cabinet, time::paris_day(stamp.at))?;
            made.write(conn, campaign.cabinet, (stamp, &judge), by_name)?;
            Ok(true)
        })?;
        if !goes_on {
            break;
        }
    }
    if plan.mandates > 0 {
        wake(app);
    }
    Ok(plan)
}

fn checked(body: NewCampaign) -> Result<NewCampaign> {
    let mut check = Check::default();
    let name = check.line("/name", &body.name, 120);
    let message = words(&mut check, &body.message);
    check.done()?;
    let kinds = distinct(&body.kinds)?;
    Ok(NewCampaign { name, message, kinds, ..body })
}

/// The firm's own words, of several lines.
fn words(check: &mut Check, message: &str) -> String {
    let message = message.replace("\r\n", "\n").trim().to_owned();
    let length = message.chars().count();
    if length > LONGEST_MESSAGE {
        check.refuse(
            "/message",
            "too_long",
            format!("{length} caractères : {LONGEST_MESSAGE} au plus, raccourcissez."),
            format!("{length} characters: {LONGEST_MESSAGE} at most, shorten it."),
        );
    }
    if message.chars().any(|c| c.is_control() && c != '\n') {
        check.refuse(
            "/message",
            "control_character",
            "Contient un caractère invisible : seuls les retours à la ligne sont admis.",
            "Contains an invisible character: only line breaks are accepted.",
        );
    }
    message
}

pub fn create_campaign(call: &Call, _: Nothing, _: Nothing, body: NewCampaign) -> Result<Answer<CampaignPlan>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    let preview = body.preview;
    let body = checked(body)?;
    let now = whole_micros(call.now);
    let campaign = Campaign {
        id: ids::campaign(),
        cabinet: scope.cabinet(),
        version: 1,
        name: body.name,
        kinds: body.kinds,
        filter: serde_json::to_string(&body.filter)?,
        message: body.message,
        state: CampaignState::Running.to_string(),
        user: scope.user(),
        by_name: actor.name.clone(),
        // Until the first look is over: a stop on the way has the worker begin again.
        looked_at: DateTime::UNIX_EPOCH,
        created_at: now,
    };
    let filter = dossiers::filter(&body.filter);
    let mut conn = call.app.store.conn()?;
    if preview {
        let members = store::campaigns::audience(&mut conn, scope, &filter, None)?;
        let mut plan = Plan::default();
        for chunk in members.chunks(CHUNK) {
            let ids: Vec<DossierId> = chunk.iter().map(|m| m.dossier).collect();
            let found = store::dossiers::find_many(&mut conn, scope, &ids)?;
            plan.look(&mut conn, scope, &campaign, found, &mut Made::default(), (None, Drafts::Send, call.now))?;
        }
        return Ok(Answer::new(plan.told(None)));
    }
    let stamp = journal::stamp(call);
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let same = |c: &Campaign| is_running(c) && fold(&c.name) == fold(&campaign.name);
        if store::campaigns::list(conn, scope)?.iter().any(same) {
            return Err(Error::conflict(
                format!("Une campagne « {} » est déjà en cours : donnez un autre nom.", campaign.name),
                format!("A campaign “{}” is running already: give another name.", campaign.name),
            ));
        }
        store::campaigns::insert(conn, &campaign)?;
        let changes = json!({
            "name": [null, campaign.name], "kinds": [null, campaign.kinds], "filter": [null, body.filter],
        });
        let row = entry("campaign.create", "campaign", campaign.id, &campaign.name, changes);
        Ok(store::journal::append(conn, scope.cabinet(), &stamp, &[row])?)
    })?;
    let members = store::campaigns::audience(&mut conn, scope, &filter, None)?;
    drop(conn);
    let plan = ask(&call.app, &campaign, scope, &members, (&stamp, Some(&actor.name), Drafts::Send))?;
    let mut conn = call.app.store.conn()?;
    let campaign = looked(&mut conn, &campaign, now)?;
    let shape = shape(&mut conn, scope, campaign, call.today())?;
    Ok(Answer::new(plan.told(Some(shape))))
}

/// Notes that the changes up to a moment were looked at; what somebody changed meanwhile stays.
fn looked(conn: &mut Conn, campaign: &Campaign, until: DateTime<Utc>) -> Result<Campaign> {
    conn.write(|conn| {
        dialect::lock_cabinet(conn, campaign.cabinet)?;
        let now = store::campaigns::of_cabinet(conn, campaign.cabinet, campaign.id)?;
        // Resumed meanwhile: it is looked at whole again.
        if now.looked_at != campaign.looked_at {
            return Ok(now);
        }
        let now = Campaign { looked_at: until, ..now };
        store::campaigns::update(conn, &now)?;
        Ok(now)
    })
}

fn shape(conn: &mut Conn, scope: &Scope, campaign: Campaign, today: chrono::NaiveDate) -> Result<CampaignShape> {
    let query = query(&campaign)?;
    let filter = dossiers::filter(&query);
    let members = store::campaigns::audience(conn, scope, &filter, None)?;
    let asked: HashSet<DossierId> = store::campaigns::asked(conn, &campaign)?.into_iter().map(|(d, _)| d).collect();
    let mut in_force: Vec<(MandateKind, HashSet<DossierId>)> = Vec::new();
    for kind in &campaign.kinds {
        let wanted =
            Wanted { dossiers: filter.clone(), kinds: vec![*kind], in_force: Some((true, today)), ..Wanted::default() };
        let rows = store::mandates::taken_dossiers(conn, scope, &wanted)?;
        in_force.push((*kind, rows.into_iter().map(|(_, dossier, _)| dossier).collect()));
    }
    let complete = |m: &Member| {
        in_force.iter().all(|(kind, of)| of.contains(&m.dossier) || (*kind == MandateKind::Delegation && m.met))
    };
    let count = |of: &dyn Fn(&Member) -> bool| members.iter().filter(|m| of(m)).count() as u64;
    Ok(CampaignShape {
        id: campaign.id,
        version: campaign.version,
        name: campaign.name,
        kinds: campaign.kinds.clone(),
        filter: query,
        message: campaign.message,
        state: CampaignState::try_from(campaign.state.as_str()).map_err(Error::internal)?,
        audience: members.len() as u64,
        asked: count(&|m| asked.contains(&m.dossier)),
        in_force: count(&complete),
        left_out: count(&|m| !asked.contains(&m.dossier) && !complete(m)),
        created_at: campaign.created_at,
        by_name: Some(campaign.by_name).filter(|name| !name.is_empty()),
    })
}

pub fn list_campaigns(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<CampaignList>> {
    let (scope, today) = (call.scope()?, call.today());
    let mut conn = call.app.store.conn()?;
    let campaigns = store::campaigns::list(&mut conn, scope)?;
    let data = campaigns.into_iter().map(|c| shape(&mut conn, scope, c, today)).collect::<Result<_>>()?;
    Ok(Answer::new(CampaignList { data }))
}

pub fn update_campaign(call: &Call, id: CampaignId, _: Nothing, body: CampaignChange) -> Result<Answer<CampaignShape>> {
    let scope = call.scope()?;
    let mut check = Check::default();
    let name = body.name.as_deref().map(|name| check.line("/name", name, 120));
    let message = body.message.as_deref().map(|message| words(&mut check, message));
    check.done()?;
    let mut conn = call.app.store.conn()?;
    let campaign = conn.write(|conn| -> Result<Campaign> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let before = store::campaigns::find(conn, scope, id)?;
        call.check_version(before.version)?;
        let state = body.state.map_or_else(|| before.state.clone(), |s| s.to_string());
        if before.state == CampaignState::Ended.as_str() && state != before.state {
            return Err(Error::conflict(
                "Cette campagne est terminée : lancez-en une autre.",
                "This campaign has ended: start another one.",
            ));
        }
        let mut after = Campaign {
            name: name.clone().unwrap_or_else(|| before.name.clone()),
            message: message.clone().unwrap_or_else(|| before.message.clone()),
            state,
            ..before.clone()
        };
        let changes = changes(&before, &after);
        if changes.as_object().is_none_or(serde_json::Map::is_empty) {
            return Ok(before);
        }
        after.version += 1;
        if is_running(&after) && !is_running(&before) {
            // What was missed meanwhile is caught up.
            after.looked_at = DateTime::UNIX_EPOCH;
        }
        store::campaigns::update(conn, &after)?;
        let row = entry("campaign.update", "campaign", after.id, &after.name, changes);
        store::journal::append(conn, scope.cabinet(), &journal::stamp(call), &[row])?;
        Ok(after)
    })?;
    call.app.shared.progress.wake();
    let shape = shape(&mut conn, scope, campaign, call.today())?;
    let version = shape.version;
    Ok(Answer::new(shape).etag(version))
}

fn changes(before: &Campaign, after: &Campaign) -> Value {
    let mut changes = json!({});
    for (field, old, new) in [
        ("name", &before.name, &after.name),
        ("message", &before.message, &after.message),
        ("state", &before.state, &after.state),
    ] {
        if old != new {
            changes[field] = json!([old, new]);
        }
    }
    changes
}

/// Lets dossiers that have become eligible join the campaigns that run, of every cabinet: those written since the last
/// look, once a day all of them. Returns how many mandates were made.
pub fn tick(app: &App, now: DateTime<Utc>) -> Result<u64> {
    let campaigns = store::campaigns::in_state(&mut *app.store.conn()?, CampaignState::Running.as_str())?;
    let mut made = 0;
    for campaign in campaigns {
        made += join(app, &campaign, now)?;
    }
    Ok(made)
}

fn join(app: &App, campaign: &Campaign, now: DateTime<Utc>) -> Result<u64> {
    let mut conn = app.store.conn()?;
    let scope = store::campaigns::scope_of(&mut conn, campaign.cabinet, campaign.user)?.filter(|s| s.allows(Permission::DossierManage));
    let Some(scope) = scope else {
        pause(&mut conn, campaign, now)?;
        return Ok(0);
    };
    let whole = time::paris_day(campaign.looked_at) < time::paris_day(now);
    let since = campaign.looked_at - OVERLAP;
    if !whole && !store::campaigns::changed_since(&mut conn, campaign.cabinet, since)? {
        return Ok(0);
    }
    let filter = dossiers::filter(&query(campaign)?);
    let members = store::campaigns::audience(&mut conn, &scope, &filter, (!whole).then_some(since))?;
    drop(conn);
    let stamp = Stamp { at: now, actor: None, request_id: "worker".to_owned() };
    let plan = ask(app, campaign, &scope, &members, (&stamp, None, Drafts::SendBounced))?;
    looked(&mut *app.store.conn()?, campaign, whole_micros(now))?;
    if plan.mandates > 0 {
        let (dossiers, mandates) = (plan.asked, plan.mandates);
        tracing::info!(cabinet = %campaign.cabinet, campaign = %campaign.id, dossiers, mandates, "dossiers joined");
    }
    Ok(plan.mandates)
}

/// Nobody stands behind it any more: the person who started it has gone, or may not do so any longer.
fn pause(conn: &mut Conn, campaign: &Campaign, now: DateTime<Utc>) -> Result<()> {
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, campaign.cabinet)?;
        let before = store::campaigns::of_cabinet(conn, campaign.cabinet, campaign.id)?;
        if !is_running(&before) {
            return Ok(());
        }
        let after =
            Campaign { state: CampaignState::Paused.to_string(), version: before.version + 1, ..before.clone() };
        store::campaigns::update(conn, &after)?;
        let reason = Text::new(
            "La personne qui l’a lancée ne peut plus le faire.",
            "The person who started it may not do so any more.",
        );
        let mut changes = changes(&before, &after);
        changes["reason"] = json!([null, reason]);
        let row = entry("campaign.update", "campaign", after.id, &after.name, changes);
        let stamp = Stamp { at: now, actor: None, request_id: "worker".to_owned() };
        Ok(store::journal::append(conn, campaign.cabinet, &stamp, &[row])?)
    })
}
