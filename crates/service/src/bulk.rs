//! One act on many dossiers, with a result for each and the way back.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::NaiveDate;
use contract::{
    AnomalyItem, BulkAct, BulkInput, BulkResult, Code, Duty, ItemOutcome, ItemResult, Nothing, PlatformUse,
};
use domain::reference::PlatformRegister;
use domain::{ActId, DossierFacts, DossierId, Evidence, Permission, PortfolioId, ProofSource, Text, fold, platform};
use serde_json::json;
use store::dossiers::Stored;
use store::journal::Stamp;
use store::references::InCharge;
use store::{Conn, Scope, dialect};

use crate::anomalies::{acts as anomaly_acts, hand_over};
use crate::dossiers::{
    BY_HAND, Cause, Draft, check_chosen, chosen, takes_proof, tidy, tidy_registration, too_many, write,
};
use crate::flows::Writing;
use crate::judge::Judge;
use crate::relances::pauses;
use crate::{Answer, Call, Error, Result, deadlines, flows, ids, invalid, journal, undo};

const MOST: usize = 50_000;

pub fn bulk_dossiers(call: &Call, _: Nothing, _: Nothing, body: BulkInput) -> Result<Answer<BulkResult>> {
    let scope = call.scope()?;
    check(scope, &body)?;
    check_registration(&body.act, call.today())?;
    let result = call.app.store.conn()?.write(|conn| -> Result<BulkResult> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let ids = chosen(conn, scope, body.ids.as_deref(), body.filter.as_ref())?;
        if ids.len() > MOST {
            return Err(too_many("/ids", ids.len(), MOST));
        }
        run(call, conn, scope, &ids, &body)
    })?;
    Ok(Answer::new(result))
}

fn check(scope: &Scope, body: &BulkInput) -> Result<()> {
    if matches!(body.act, BulkAct::Assign { .. } | BulkAct::Portfolio { .. })
        && !scope.allows(Permission::DossierManage)
    {
        return Err(Error::say(
            Code::Forbidden,
            "Seuls un responsable ou un associé confient des dossiers ou changent leur portefeuille.",
            "Only a manager or a partner hands dossiers over or changes their portfolio.",
        ));
    }
    check_chosen(body.ids.as_deref(), body.filter.as_ref(), MOST)
}

/// What no dossier can take is refused once, at its field, and not for each dossier.
fn check_registration(act: &BulkAct, today: NaiveDate) -> Result<()> {
    let BulkAct::Registration { registration: Some(registration) } = act else { return Ok(()) };
    let mut error = Error::new(Code::Invalid);
    tidy_registration(&mut registration.clone(), "/act/registration", today, &mut error);
    if error.fields.is_empty() { Ok(()) } else { Err(error) }
}

fn run(call: &Call, conn: &mut Conn, scope: &Scope, wanted: &[DossierId], body: &BulkInput) -> Result<BulkResult> {
    let today = call.today();
    let mut found: BTreeMap<DossierId, Stored> =
        store::dossiers::find_many(conn, scope, wanted)?.into_iter().map(|d| (d.id, d)).collect();
    let judge = call.judge(conn)?;
    let mut apply = Change::new(conn, scope, &body.act, &call.actor()?.name, &judge.register)?;
    let mut items = Vec::with_capacity(wanted.len());
    let mut drafts = Vec::new();
    for id in wanted {
        let Some(before) = found.remove(id) else {
            items.push(ItemResult {
                dossier_id: *id,
                name: None,
                outcome: ItemOutcome::NotFound,
                reason: Some(Text::new("Absent de votre périmètre.", "Not within your scope.")),
            });
            continue;
        };
        let mut after = before.facts.clone();
        let (outcome, reason) = match apply.to(conn, scope, &mut after)? {
            Err(reason) => (ItemOutcome::Refused, Some(reason)),
            Ok(()) => match tidy(&mut after, today, &judge.register) {
                Err(error) => {
                    let message = error.fields.into_iter().next().map(|f| f.message);
                    (ItemOutcome::Refused, message)
                }
                Ok(()) if after == before.facts => (ItemOutcome::Unchanged, None),
                Ok(()) => (ItemOutcome::Changed, None),
            },
        };
        items.push(ItemResult { dossier_id: *id, name: Some(before.facts.name.clone()), outcome, reason });
        if outcome == ItemOutcome::Changed {
            drafts.push(Draft { before: Some(before), after: Some(after) });
        }
    }

    let of = |outcome: ItemOutcome| items.iter().filter(|i| i.outcome == outcome).count() as u64;
    let (changed, unchanged) = (of(ItemOutcome::Changed), of(ItemOutcome::Unchanged));
    let left_out = items.len() as u64 - changed - unchanged;
    let mut act_id = None;
    if !body.preview && changed > 0 {
        let act = ids::act();
        let id = act.to_string();
        let stamp = journal::stamp(call);
        store::acts::insert(conn, scope, &id, "bulk", call.now)?;
        let entry = store::journal::Entry {
            action: "act.bulk",
            subject_kind: "act",
            subject_id: id.clone(),
            subject_label: String::new(),
            changes: json!({ "act": [null, &body.act], "dossiers": [null, changed] }),
            act_id: Some(id.clone()),
        };
        store::journal::append(conn, scope.cabinet(), &stamp, &[entry])?;
        write(conn, scope.cabinet(), &stamp, &judge, Cause { act_id: Some(&id), ..BY_HAND }, drafts)?;
        act_id = Some(act);
    }
    Ok(BulkResult { act_id, changed, unchanged, left_out, items, anomalies: Vec::new() })
}

/// A bulk act made ready: what is the same for every dossier is looked up once.
struct Change<'a> {
    act: &'a BulkAct,
    /// Who acts.
    by: &'a str,
    register: &'a PlatformRegister,
    /// Whether the person can be put in charge, by portfolio.
    in_charge: BTreeMap<Option<PortfolioId>, InCharge>,
}

impl<'a> Change<'a> {
    fn new(
        conn: &mut Conn,
        scope: &Scope,
        act: &'a BulkAct,
        by: &'a str,
        register: &'a PlatformRegister,
    ) -> Result<Self> {
        if let BulkAct::Portfolio { portfolio_id } = act {
            let known = match portfolio_id {
                Some(id) => scope.sees_portfolio(Some(*id)) && store::references::portfolio_exists(conn, scope, *id)?,
                None => scope.sees_all(),
            };
            if !known {
                return Err(invalid(
                    "/act/portfolio_id",
                    "unknown_portfolio",
                    "Choisissez un portefeuille de votre périmètre.",
                    "Choose a portfolio within your scope.",
                ));
            }
        }
        if let BulkAct::Assign { user_id: Some(id), .. } = act
            && store::references::in_charge_name(conn, scope, *id, None)? == InCharge::Unknown
        {
            return Err(invalid(
                "/act/user_id",
                "unknown_person",
                "Cette personne n’est pas, ou plus, du cabinet.",
                "This person is not, or no longer, of the firm.",
            ));
        }
        if let BulkAct::Proof { criterion, .. } = act {
            let error = takes_proof(Error::new(Code::Invalid), "/act/criterion", *criterion);
            if !error.fields.is_empty() {
                return Err(error);
            }
        }
        Ok(Self { act, by, register, in_charge: BTreeMap::new() })
    }

    /// Changes the facts, or tells why this dossier is left out.
    fn to(
        &mut self,
        conn: &mut Conn,
        scope: &Scope,
        facts: &mut DossierFacts,
    ) -> Result<std::result::Result<(), Text>> {
        match self.act {
            BulkAct::Assign { duty, user_id } => {
                let person = match user_id {
                    None => domain::InCharge::default(),
                    Some(id) => {
                        let portfolio = facts.portfolio_id;
                        let answer = match self.in_charge.entry(portfolio) {
                            Entry::Occupied(known) => known.into_mut(),
                            Entry::Vacant(free) => {
                                free.insert(store::references::in_charge_name(conn, scope, *id, portfolio)?)
                            }
                        };
                        match answer {
                            InCharge::Person(name) => {
                                domain::InCharge { user_id: Some(*id), label: Some(name.clone()) }
                            }
                            InCharge::CannotSee(name) => {
                                return Ok(Err(Text::new(
                                    format!("{name} n’a pas accès à ce portefeuille : donnez-le-lui d’abord."),
                                    format!("{name} has no access to this portfolio: give it to them first."),
                                )));
                            }
                            InCharge::Unknown => {
                                return Ok(Err(Text::new("Personne inconnue.", "Unknown person.")));
                            }
                        }
                    }
                };
                match duty {
                    Duty::Manager => facts.manager = person,
                    Duty::Assignee => facts.assignee = person,
                }
            }
            BulkAct::Portfolio { portfolio_id } => facts.portfolio_id = *portfolio_id,
            BulkAct::Tag { add, remove } => {
                let gone: Vec<String> = remove.iter().map(|t| fold(t)).collect();
                facts.tags.retain(|t| !gone.contains(&fold(t)));
                for tag in add {
                    if !facts.tags.iter().any(|t| fold(t) == fold(tag)) {
                        facts.tags.push(tag.clone());
                    }
                }
            }
            BulkAct::Platform { usage, name } => {
                let name =
                    name.as_deref().map(|name| platform::canonical_name(name, self.register)).filter(|n| !n.is_empty());
                if matches!(usage, PlatformUse::Reception | PlatformUse::Both) {
                    facts.reception_platform.clone_from(&name);
                }
                if matches!(usage, PlatformUse::Emission | PlatformUse::Both) {
                    facts.emission_platform = name;
                }
            }
            BulkAct::PlatformDecider { decider } => facts.platform_decided_by = *decider,
            BulkAct::Registration { registration } => facts.registration.clone_from(registration),
            BulkAct::Proof { criterion, what, on, expires_on } => {
                let proof = Evidence {
                    criterion: *criterion,
                    what: what.trim().to_owned(),
                    source: ProofSource::Hand,
                    on: *on,
                    expires_on: *expires_on,
                    by: Some(self.by.to_owned()),
                    against: false,
                };
                if !facts.proofs.contains(&proof) {
                    facts.proofs.push(proof);
                }
            }
        }
        Ok(Ok(()))
    }
}

pub fn undo_act(call: &Call, id: ActId, _: Nothing, _: Nothing) -> Result<Answer<BulkResult>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    let act = id.to_string();
    let result = call.app.store.conn()?.write(|conn| -> Result<BulkResult> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let (kind, user, undone) = store::acts::find(conn, scope, id)?;
        // Somebody else's act is taken back by who may manage dossiers; an import has its own way.
        let of_anomalies = matches!(kind.as_str(), anomaly_acts::ACT | hand_over::ACT);
        if !(of_anomalies || matches!(kind.as_str(), "bulk" | deadlines::ACT | flows::ACT | pauses::ACT))
            || (user != scope.user().to_string() && !scope.allows(Permission::DossierManage))
        {
            return Err(Error::not_found());
        }
        if kind == hand_over::ACT && !scope.allows(Permission::DossierManage) {
            return Err(Error::forbidden());
        }
        if undone {
            return Err(Error::conflict("Cet acte a déjà été annulé.", "This act was already taken back."));
        }
        let stamp = journal::stamp(call);
        let judge = call.judge(conn)?;
        if kind == flows::ACT {
            return undo_flows(call, conn, &stamp, &judge, &act);
        }
        let items = match kind.as_str() {
            deadlines::ACT => deadlines::undo(conn, scope, &stamp, &judge, &act)?,
            pauses::ACT => pauses::undo(conn, scope, &stamp, &act)?,
            anomaly_acts::ACT => Vec::new(),
            _ => undo::undo(conn, scope, &stamp, &judge, undo::Undone::BulkAct, &act, &mut |_| Ok(()))?,
        };
        let anomalies = match of_anomalies {
            true => {
                let mut w = Writing { conn, cabinet: scope.cabinet(), stamp: &stamp, judge: &judge };
                anomaly_acts::undo(&mut w, actor, &act)?
            }
            false => Vec::new(),
        };
        store::acts::mark_undone(conn, scope, &act, call.now)?;
        let changed = items.iter().filter(|i| i.outcome == ItemOutcome::Changed).count();
        let mut changes = json!({ "dossiers": [null, changed] });
        if of_anomalies {
            let changed = anomalies.iter().filter(|i| i.outcome == ItemOutcome::Changed).count();
            changes["anomalies"] = json!([null, changed]);
        }
        let entry = store::journal::Entry {
            action: "act.undo",
            subject_kind: "act",
            subject_id: act.clone(),
            subject_label: String::new(),
            changes,
            act_id: Some(act.clone()),
        };
        store::journal::append(conn, scope.cabinet(), &stamp, &[entry])?;
        Ok(taken_back(items, anomalies))
    })?;
    Ok(Answer::new(result))
}

fn taken_back(items: Vec<ItemResult>, anomalies: Vec<AnomalyItem>) -> BulkResult {
    let outcomes = items.iter().map(|i| i.outcome).chain(anomalies.iter().map(|i| i.outcome));
    let changed = outcomes.filter(|o| *o == ItemOutcome::Changed).count() as u64;
    let left_out = (items.len() + anomalies.len()) as u64 - changed;
    BulkResult { act_id: None, changed, unchanged: 0, left_out, items, anomalies }
}

/// The same for what was done about flows: all are counted, those of a dossier are told.
fn undo_flows(call: &Call, conn: &mut Conn, stamp: &Stamp, judge: &Judge, act: &str) -> Result<BulkResult> {
    let scope = call.scope()?;
    let flows = flows::undo(conn, scope, stamp, judge, act, &call.actor()?.name)?;
    store::acts::mark_undone(conn, scope, act, call.now)?;
    let (items, of_dossier): (Vec<ItemResult>, Vec<bool>) = flows.into_iter().unzip();
    let result = taken_back(items, Vec::new());
    let entry = store::journal::Entry {
        action: "act.undo",
        subject_kind: "act",
        subject_id: act.to_owned(),
        subject_label: String::new(),
        changes: json!({ "flows": [null, result.changed] }),
        act_id: Some(act.to_owned()),
    };
    store::journal::append(conn, scope.cabinet(), stamp, &[entry])?;
    let items = result.items.into_iter().zip(of_dossier).filter_map(|(item, told)| told.then_some(item)).collect();
    Ok(BulkResult { items, ..result })
}
