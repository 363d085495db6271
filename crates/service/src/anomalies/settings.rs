//! How a firm uses the rules: which are on, how grave, within which time, and who gets what they find.

use std::collections::{BTreeMap, BTreeSet};

use contract::{
    AnomalyRuleSetting, AnomalySettings, AnomalySettingsInput, Assignee, AssignmentRule, JobKind, Nothing, RuleChoice,
    StuckChoice, StuckDelay, WorkingHours,
};
use domain::anomaly::{AnomalyRule, Policy, RuleUse, StuckHours};
use domain::reference::{self, HolidayPlace, anomaly_rule};
use domain::working_time::Hours;
use domain::{CabinetId, UserId, fold};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::anomaly_settings::{Kept, find, put};
use store::{Conn, Scope, dialect};

use crate::fields::Check;
use crate::people::entry;
use crate::session::whole_micros;
use crate::{Answer, Call, Result, journal};

/// The settings of a firm.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub policy: Policy,
    pub assignment: Vec<AssignmentRule>,
    /// By which everything that stands was looked at last.
    pub judged: Policy,
}

/// The settings of a cabinet as they stand.
pub fn of(conn: &mut Conn, cabinet: CabinetId) -> Result<Settings> {
    Ok(read(find(conn, cabinet)?.as_ref())?)
}

fn read(kept: Option<&Kept>) -> serde_json::Result<Settings> {
    kept.map(|kept| serde_json::from_str(&kept.data)).transpose().map(Option::unwrap_or_default)
}

fn shown(conn: &mut Conn, cabinet: CabinetId, settings: &Settings, version: i64) -> Result<AnomalySettings> {
    let policy = &settings.policy;
    let rules = reference::anomaly_rules()
        .rows
        .iter()
        .map(|row| AnomalyRuleSetting {
            rule: row.code,
            title: row.title.clone(),
            why: row.why.clone(),
            source: row.source.clone(),
            on: policy.is_on(row.code),
            severity: policy.severity(row.code),
            deadline_hours: policy.rules.get(&row.code).map_or(row.deadline_hours, |r| r.deadline_hours),
            limits: policy.limits(row.code),
            default_limits: row.limits.clone(),
            default_deadline_hours: row.deadline_hours,
            default_severity: row.severity,
        })
        .collect();
    let hours = &policy.hours;
    Ok(AnomalySettings {
        version,
        rules,
        stuck: delays(conn, cabinet, policy)?,
        assignment: settings.assignment.clone(),
        hours: WorkingHours {
            days: hours.days.iter().copied().collect(),
            from: hours.from,
            to: hours.to,
            territory: hours.place.to_string(),
            closed: hours.closed.iter().copied().collect(),
        },
        warn_percent: policy.warn_percent,
    })
}

/// What was set and what was learned, by platform and status.
fn delays(conn: &mut Conn, cabinet: CabinetId, policy: &Policy) -> Result<Vec<StuckDelay>> {
    let mut delays: BTreeMap<(String, u32), StuckDelay> = BTreeMap::new();
    let empty = |platform: &str, status| StuckDelay {
        platform: platform.to_owned(),
        status,
        hours: None,
        learned_hours: None,
        flows: 0,
    };
    for learned in crate::flows::learned(conn, cabinet)? {
        if policy.usual_hours(learned.status).is_none() {
            continue;
        }
        let delay = delays
            .entry((fold(&learned.platform), learned.status))
            .or_insert_with(|| empty(&learned.platform, learned.status));
        delay.learned_hours = learned.hours;
        delay.flows = u64::try_from(learned.flows).unwrap_or_default();
    }
    for set in &policy.stuck {
        let delay = delays.entry((fold(&set.platform), set.status)).or_insert_with(|| empty(&set.platform, set.status));
        delay.hours = Some(set.hours);
    }
    Ok(delays.into_values().collect())
}

pub fn read_anomaly_settings(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<AnomalySettings>> {
    let cabinet = call.scope()?.cabinet();
    let mut conn = call.app.store.conn()?;
    let kept = find(&mut conn, cabinet)?;
    let version = kept.as_ref().map_or(0, |k| k.version);
    let settings = read(kept.as_ref())?;
    Ok(Answer::new(shown(&mut conn, cabinet, &settings, version)?).etag(version))
}

/// Kept at once; what stands open is judged again by a job.
pub fn update_anomaly_settings(
    call: &Call,
    _: Nothing,
    _: Nothing,
    body: AnomalySettingsInput,
) -> Result<Answer<AnomalySettings>> {
    let scope = call.scope()?;
    let cabinet = scope.cabinet();
    let mut conn = call.app.store.conn()?;
    let (settings, version) = conn.write(|conn| -> Result<(Settings, i64)> {
        dialect::lock_cabinet(conn, cabinet)?;
        let before = find(conn, cabinet)?;
        let version = before.as_ref().map_or(0, |k| k.version);
        call.check_version(version)?;
        let old = read(before.as_ref())?;
        let new = checked(conn, scope, &old, body)?;
        let changes = changes(&old, &new);
        if changes.is_empty() {
            return Ok((old, version));
        }
        let kept =
            Kept { version: version + 1, data: serde_json::to_string(&new)?, updated_at: whole_micros(call.now) };
        put(conn, cabinet, &kept)?;
        let row = entry("anomaly_settings.update", "cabinet", cabinet, "", Value::Object(changes));
        store::journal::append(conn, cabinet, &journal::stamp(call), &[row])?;
        if old.policy != new.policy {
            let kind = JobKind::AnomalyRules.as_str();
            store::jobs::enqueue(conn, scope, kind, &cabinet.to_string(), &call.request_id, call.now)?;
        }
        Ok((new, kept.version))
    })?;
    call.app.shared.progress.wake();
    Ok(Answer::new(shown(&mut conn, cabinet, &settings, version)?).etag(version))
}

/// What differs, for the journal: a rule by its name, the rest by its field.
fn changes(before: &Settings, after: &Settings) -> Map<String, Value> {
    let mut changes = Map::new();
    let mut tell = |name: String, old: Value, new: Value| {
        if old != new {
            changes.insert(name, json!([old, new]));
        }
    };
    for rule in AnomalyRule::ALL {
        let of = |s: &Settings| {
            let policy = &s.policy;
            json!({
                "on": policy.is_on(*rule),
                "severity": policy.severity(*rule),
                "deadline_hours": policy.whole_minutes(*rule) / 60,
                "limits": policy.limits(*rule),
            })
        };
        tell(format!("rules.{rule}"), of(before), of(after));
    }
    tell("stuck".to_owned(), json!(before.policy.stuck), json!(after.policy.stuck));
    tell("assignment".to_owned(), json!(before.assignment), json!(after.assignment));
    tell("hours".to_owned(), json!(before.policy.hours), json!(after.policy.hours));
    tell("warn_percent".to_owned(), json!(before.policy.warn_percent), json!(after.policy.warn_percent));
    changes
}

const LONGEST_DEADLINE: u32 = 2_000;
const LONGEST_STUCK: u32 = 24 * 365;
const MOST: usize = 200;
const GREATEST_LIMIT: i64 = 100_000;

fn checked(conn: &mut Conn, scope: &Scope, before: &Settings, body: AnomalySettingsInput) -> Result<Settings> {
    let mut check = Check::default();
    let mut after = before.clone();
    for (n, choice) in body.rules.into_iter().flatten().enumerate() {
        let rule = rule(&mut check, n, choice, &before.policy);
        after.policy.rules.insert(rule.0, rule.1);
    }
    if let Some(stuck) = body.stuck {
        set_stuck(&mut check, stuck, &mut after.policy.stuck);
    }
    if let Some(hours) = body.hours {
        after.policy.hours = working_hours(&mut check, hours);
    }
    if let Some(percent) = body.warn_percent {
        if !(1..=99).contains(&percent) {
            check.refuse(
                "/warn_percent",
                "range",
                format!("{percent} : de 1 à 99 % du délai sont possibles."),
                format!("{percent}: 1 to 99% of the time are possible."),
            );
        }
        after.policy.warn_percent = percent;
    }
    if let Some(assignment) = body.assignment {
        check_assignment(&mut check, conn, scope, &assignment)?;
        after.assignment = assignment;
    }
    check.done()?;
    Ok(after)
}

fn rule(check: &mut Check, n: usize, choice: RuleChoice, policy: &Policy) -> (AnomalyRule, RuleUse) {
    let at = format!("/rules/{n}");
    if !(1..=LONGEST_DEADLINE).contains(&choice.deadline_hours) {
        check.refuse(
            format!("{at}/deadline_hours"),
            "range",
            format!("{} : de 1 à {LONGEST_DEADLINE} heures ouvrées sont possibles.", choice.deadline_hours),
            format!("{}: 1 to {LONGEST_DEADLINE} working hours are possible.", choice.deadline_hours),
        );
    }
    let known = &anomaly_rule(choice.rule).limits;
    for (name, value) in &choice.limits {
        let pointer = format!("{at}/limits/{name}");
        if !known.contains_key(name) {
            let names = known.keys().cloned().collect::<Vec<_>>().join(", ");
            let shown: String = name.chars().take(40).collect();
            check.refuse(
                pointer,
                "unknown_limit",
                format!("« {shown} » n’est pas un seuil de cette règle. Ceux qui existent : {names}."),
                format!("“{shown}” is no limit of this rule. Those that exist: {names}."),
            );
        } else if !(0..=GREATEST_LIMIT).contains(value) {
            check.refuse(
                pointer,
                "range",
                format!("{value} : de 0 à {GREATEST_LIMIT} sont possibles."),
                format!("{value}: 0 to {GREATEST_LIMIT} are possible."),
            );
        }
    }
    // What is as the product suggests is not kept, so that it follows the product.
    let mut limits = policy.rules.get(&choice.rule).map(|r| r.limits.clone()).unwrap_or_default();
    limits.extend(choice.limits);
    limits.retain(|name, value| known.get(name).is_some_and(|standard| standard != value));
    let used = RuleUse { on: choice.on, severity: choice.severity, deadline_hours: choice.deadline_hours, limits };
    (choice.rule, used)
}

fn set_stuck(check: &mut Check, stuck: Vec<StuckChoice>, kept: &mut Vec<StuckHours>) {
    for (n, choice) in stuck.into_iter().enumerate() {
        let platform = check.line(&format!("/stuck/{n}/platform"), &choice.platform, MOST);
        if !Policy::passing_statuses().any(|status| status == choice.status) {
            let all = Policy::passing_statuses().map(|s| s.to_string()).collect::<Vec<_>>().join(", ");
            check.refuse(
                format!("/stuck/{n}/status"),
                "status",
                format!("{} : une facture peut y rester. Statuts attendus : {all}.", choice.status),
                format!("{}: an invoice may stay there. Expected statuses: {all}.", choice.status),
            );
        }
        if choice.hours.is_some_and(|hours| !(1..=LONGEST_STUCK).contains(&hours)) {
            check.refuse(
                format!("/stuck/{n}/hours"),
                "range",
                format!("{} : de 1 à {LONGEST_STUCK} heures sont possibles.", choice.hours.unwrap_or_default()),
                format!("{}: 1 to {LONGEST_STUCK} hours are possible.", choice.hours.unwrap_or_default()),
            );
        }
        kept.retain(|k| k.status != choice.status || fold(&k.platform) != fold(&platform));
        if let Some(hours) = choice.hours {
            kept.push(StuckHours { platform, status: choice.status, hours });
        }
    }
    kept.sort_by_key(|k| (fold(&k.platform), k.status));
}

fn working_hours(check: &mut Check, given: WorkingHours) -> Hours {
    let days: BTreeSet<u8> = given.days.iter().copied().collect();
    if days.is_empty() || days.iter().any(|day| !(1..=7).contains(day)) {
        check.refuse(
            "/hours/days",
            "days",
            "Au moins un jour, de 1 (lundi) à 7 (dimanche).",
            "At least one day, 1 (Monday) to 7 (Sunday).",
        );
    }
    if given.to <= given.from {
        check.refuse(
            "/hours/to",
            "before_its_start",
            format!("{} : la fermeture vient après l’ouverture ({}).", given.to, given.from),
            format!("{}: closing comes after opening ({}).", given.to, given.from),
        );
    }
    let place = HolidayPlace::try_from(given.territory.as_str());
    if let Err(unknown) = &place {
        check.refuse(
            "/hours/territory",
            "unknown_territory",
            format!("« {} » n’a pas de jours fériés connus. Territoires : {}.", unknown.value, unknown.accepted),
            format!("“{}” has no known public holidays. Territories: {}.", unknown.value, unknown.accepted),
        );
    }
    if given.closed.len() > 400 {
        check.refuse("/hours/closed", "too_many", "400 jours au plus.", "400 days at most.");
    }
    Hours {
        days,
        from: given.from,
        to: given.to,
        place: place.unwrap_or(HolidayPlace::Metropole),
        closed: given.closed.into_iter().collect(),
    }
}

fn check_assignment(check: &mut Check, conn: &mut Conn, scope: &Scope, rules: &[AssignmentRule]) -> Result<()> {
    if rules.len() > MOST {
        check.refuse("/assignment", "too_many", format!("{MOST} règles au plus."), format!("{MOST} rules at most."));
    }
    let named: Vec<UserId> = rules.iter().flat_map(|rule| people(&rule.to)).collect();
    let known = store::notifications::recipients(conn, scope.cabinet(), &named)?;
    for (n, rule) in rules.iter().enumerate() {
        let people = people(&rule.to);
        if matches!(&rule.to, Assignee::Lightest { user_ids } if user_ids.is_empty()) {
            check.refuse(
                format!("/assignment/{n}/to/user_ids"),
                "required",
                "Nommez au moins une personne.",
                "Name at least one person.",
            );
        }
        if people.iter().any(|id| !known.contains_key(id)) {
            check.refuse(
                format!("/assignment/{n}/to"),
                "unknown_person",
                "Cette personne n’est pas, ou plus, du cabinet.",
                "This person is not, or no longer, of the firm.",
            );
        }
        for (i, portfolio) in rule.portfolio_ids.iter().enumerate() {
            if !store::references::portfolio_exists(conn, scope, *portfolio)? {
                check.refuse(
                    format!("/assignment/{n}/portfolio_ids/{i}"),
                    "unknown_portfolio",
                    "Choisissez un portefeuille du cabinet.",
                    "Choose a portfolio of the firm.",
                );
            }
        }
    }
    Ok(())
}

/// The people that a rule names.
pub(super) fn people(to: &Assignee) -> Vec<UserId> {
    match to {
        Assignee::Person { user_id } => vec![*user_id],
        Assignee::Lightest { user_ids } => user_ids.clone(),
        Assignee::InCharge => Vec::new(),
    }
}
