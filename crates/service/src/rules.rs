//! The firm's rules of the score: reading, changing, and what a change would do.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use contract::{
    Code, DossierPreview, JobKind, Nothing, PageQuery, PortfolioPreview, ReadinessRules, RuleCap, RuleSet, RulesChange,
    RulesPreview, RulesTrial, RulesVersion, RulesVersionPage, StateChange,
};
use domain::rules::{CapLevel, CriterionWeight};
use domain::{Mark, PortfolioId, ReadinessState, ScoreRules, Sums, reference};
use serde_json::{Map, Value, json};
use store::{Conn, dialect};

use crate::judge::Judge;
use crate::{Answer, Call, Error, Result, cockpit, cursor, evaluations, invalid, journal};

fn given(set: &RuleSet, version: u32) -> ScoreRules {
    ScoreRules {
        version,
        weights: set.weights.clone(),
        caps: set.caps.clone(),
        at_risk_days: set.at_risk_days,
        at_risk_below: set.at_risk_below,
        weighting: set.weighting,
    }
}

/// Rules whole: what is not named has the value of the product, now and not of a later program.
fn whole(given: &ScoreRules) -> ScoreRules {
    let table = reference::readiness();
    ScoreRules {
        weights: table
            .criteria
            .iter()
            .map(|row| CriterionWeight { criterion: row.code, weight: given.weight(row) })
            .collect(),
        caps: table.caps.iter().map(|row| CapLevel { cap: row.code, at_most: given.at_most(row) }).collect(),
        ..given.clone()
    }
}

/// The same, said whole.
fn shown(rules: &ScoreRules) -> RuleSet {
    let ScoreRules { version: _, weights, caps, at_risk_days, at_risk_below, weighting } = whole(rules);
    RuleSet { weights, caps, at_risk_days, at_risk_below, weighting }
}

/// The rules that a body gives, with every refused place named.
fn checked(set: &RuleSet, version: u32) -> Result<ScoreRules> {
    let given = given(set, version);
    let error = given.check().into_iter().fold(Error::new(Code::Invalid), |error, wrong| {
        error.and(format!("/rules{}", wrong.pointer), wrong.code, wrong.message.fr, wrong.message.en)
    });
    if error.fields.is_empty() { Ok(whole(&given)) } else { Err(error) }
}

fn answer(call: &Call, conn: &mut Conn) -> Result<Answer<ReadinessRules>> {
    let (judge, done) = call.app.standing(conn, call.scope()?.cabinet(), call.today())?;
    let version = i64::from(judge.rules.version);
    let table = reference::readiness();
    let caps =
        table.caps.iter().map(|c| RuleCap { cap: c.code, criterion: c.criterion, label: c.label.clone() }).collect();
    Ok(Answer::new(ReadinessRules {
        version,
        rules: shown(&judge.rules),
        standard: shown(ScoreRules::standard()),
        caps,
        weighting_base_cents: table.weighting_base_cents,
        recomputing: judge.is_ahead_of(&done),
    })
    .etag(version))
}

pub fn read_readiness_rules(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<ReadinessRules>> {
    answer(call, &mut *call.app.store.conn()?)
}

pub fn update_readiness_rules(
    call: &Call,
    _: Nothing,
    _: Nothing,
    body: RulesChange,
) -> Result<Answer<ReadinessRules>> {
    let scope = call.scope()?;
    let cabinet = scope.cabinet();
    let note = note(&body.note)?;
    let mut conn = call.app.store.conn()?;
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, cabinet)?;
        let before = call.judge(conn)?.rules;
        call.check_version(i64::from(before.version))?;
        let after = checked(&body.rules, before.version + 1)?;
        let mut changes = differences(&shown(&before), &shown(&after));
        if changes.is_empty() {
            return Ok(());
        }
        let document = serde_json::to_string(&after)?;
        store::rules::insert(conn, scope, i64::from(after.version), &document, &note, call.now)?;
        changes.insert("version".to_owned(), json!([before.version, after.version]));
        changes.insert("note".to_owned(), json!([null, note]));
        let entry = store::journal::Entry {
            action: "readiness_rules.update",
            subject_kind: "cabinet",
            subject_id: cabinet.to_string(),
            subject_label: store::people::cabinet(conn, scope)?.name,
            changes: Value::Object(changes),
            act_id: None,
        };
        store::journal::append(conn, cabinet, &journal::stamp(call), &[entry])?;
        let kind = JobKind::Evaluation.as_str();
        store::jobs::enqueue(conn, scope, kind, &cabinet.to_string(), &call.request_id, call.now)?;
        Ok(())
    })?;
    call.app.shared.progress.wake();
    answer(call, &mut conn)
}

fn note(given: &str) -> Result<String> {
    let note = given.split_whitespace().collect::<Vec<_>>().join(" ");
    if note.is_empty() {
        return Err(invalid(
            "/note",
            "required",
            "Dites pourquoi les règles changent : c’est ce que lira qui demandera.",
            "Say why the rules change: it is what whoever asks will read.",
        ));
    }
    if note.chars().count() > 300 {
        return Err(invalid("/note", "too_long", "300 caractères au plus.", "300 characters at most."));
    }
    Ok(note)
}

/// What two sets of rules, both whole, say differently: `{"weights.contact": [12, 20]}`.
fn differences(before: &RuleSet, after: &RuleSet) -> Map<String, Value> {
    let mut changes = Map::new();
    let mut tell = |name: String, old: Value, new: Value| {
        if old != new {
            changes.insert(name, json!([old, new]));
        }
    };
    for (old, new) in before.weights.iter().zip(&after.weights) {
        tell(format!("weights.{}", new.criterion), json!(old.weight), json!(new.weight));
    }
    for (old, new) in before.caps.iter().zip(&after.caps) {
        tell(format!("caps.{}", new.cap), json!(old.at_most), json!(new.at_most));
    }
    tell("at_risk_days".to_owned(), json!(before.at_risk_days), json!(after.at_risk_days));
    tell("at_risk_below".to_owned(), json!(before.at_risk_below), json!(after.at_risk_below));
    tell("weighting".to_owned(), json!(before.weighting), json!(after.weighting));
    changes
}

pub fn list_readiness_rules_versions(
    call: &Call,
    _: Nothing,
    query: PageQuery,
    _: Nothing,
) -> Result<Answer<RulesVersionPage>> {
    let limit = cursor::limit(query.limit)?;
    let before = query.after.as_deref().map(cursor::read_number).transpose()?;
    let mut rows = store::rules::versions(&mut *call.app.store.conn()?, call.scope()?, before, limit + 1)?;
    let full = usize::try_from(limit).unwrap_or_default();
    let next = (rows.len() > full).then(|| {
        rows.truncate(full);
        rows.last().map(|row| cursor::write_number(row.version))
    });
    let data = rows
        .into_iter()
        .map(|row| {
            let rules: ScoreRules = serde_json::from_str(&row.rules)?;
            let (by, note) = (row.by, row.note);
            Ok(RulesVersion { version: row.version, rules: shown(&rules), by, note, created_at: row.created_at })
        })
        .collect::<Result<_>>()?;
    Ok(Answer::new(RulesVersionPage { data, next: next.flatten() }))
}

/// Dossiers that a preview names.
const MOST: usize = 20;

pub fn preview_readiness_rules(call: &Call, _: Nothing, _: Nothing, body: RulesTrial) -> Result<Answer<RulesPreview>> {
    let scope = call.scope()?;
    let cabinet = scope.cabinet();
    call.app.store.conn()?.read(|conn| {
        let present = call.judge(conn)?;
        let tried = Judge { rules: checked(&body.rules, present.rules.version)?, ..present.clone() };
        let names = store::references::portfolio_names(conn, scope)?;
        let mut trial = Trial::default();
        evaluations::each(conn, cabinet, |dossier, facts, settled| {
            let mark = tried.assess(facts, settled).mark();
            trial.count(dossier.portfolio, &dossier.mark, &mark, || DossierPreview {
                dossier_id: dossier.id,
                name: facts.name.clone(),
                siren: facts.siren,
                score_before: dossier.mark.score,
                score_after: mark.score,
                state_before: dossier.mark.state,
                state_after: mark.state,
            });
        })?;
        Ok(Answer::new(trial.told(&present.rules, &tried.rules, &names)))
    })
}

/// What the trial of rules has counted so far.
#[derive(Default)]
struct Trial {
    /// By portfolio: the sums before and after, and how many change.
    portfolios: BTreeMap<Option<PortfolioId>, (Sums, Sums, u64)>,
    up: u64,
    down: u64,
    /// By rank of state before and after.
    transitions: BTreeMap<(i64, i64), u64>,
    most: Vec<DossierPreview>,
}

fn distance(moved: &DossierPreview) -> (u32, i64) {
    let states = moved.state_before.rank() - moved.state_after.rank();
    (moved.score_before.abs_diff(moved.score_after), states.abs())
}

impl Trial {
    fn count(
        &mut self,
        portfolio: Option<PortfolioId>,
        before: &Mark,
        after: &Mark,
        preview: impl FnOnce() -> DossierPreview,
    ) {
        let (sum_before, sum_after, changed) = self.portfolios.entry(portfolio).or_default();
        sum_before.enter(before);
        sum_after.enter(after);
        if before.score == after.score && before.state == after.state {
            return;
        }
        *changed += 1;
        self.up += u64::from(after.score > before.score);
        self.down += u64::from(after.score < before.score);
        if before.state != after.state {
            *self.transitions.entry((before.state.rank(), after.state.rank())).or_default() += 1;
        }
        let moved = preview();
        // In the order of the greatest move; among equals the first one stays.
        let place = self.most.partition_point(|other| distance(other) >= distance(&moved));
        if place < MOST {
            self.most.insert(place, moved);
            self.most.truncate(MOST);
        }
    }

    fn told(self, before: &ScoreRules, after: &ScoreRules, names: &BTreeMap<PortfolioId, String>) -> RulesPreview {
        let (mut all_before, mut all_after, mut changed) = (Sums::default(), Sums::default(), 0);
        let mut portfolios: Vec<PortfolioPreview> = self
            .portfolios
            .into_iter()
            .map(|(portfolio_id, (sum_before, sum_after, moved))| {
                all_before.add(&sum_before);
                all_after.add(&sum_after);
                changed += moved;
                PortfolioPreview {
                    portfolio_id,
                    name: portfolio_id.and_then(|id| names.get(&id).cloned()),
                    dossiers: u64::try_from(sum_before.dossiers).unwrap_or_default(),
                    changed: moved,
                    score_before: sum_before.mean(before.weighting),
                    score_after: sum_after.mean(after.weighting),
                }
            })
            .collect();
        // As the cockpit orders them: by name, those outside any last.
        portfolios.sort_by_key(|p| (p.name.is_none(), p.name.as_deref().map(domain::fold)));
        let mut transitions: Vec<StateChange> = self
            .transitions
            .into_iter()
            .map(|((a, b), dossiers)| StateChange {
                before: ReadinessState::of_rank(a),
                after: ReadinessState::of_rank(b),
                dossiers,
            })
            .collect();
        transitions.sort_by_key(|t| Reverse(t.dossiers));
        RulesPreview {
            dossiers: u64::try_from(all_before.dossiers).unwrap_or_default(),
            changed,
            up: self.up,
            down: self.down,
            states_changed: transitions.iter().map(|t| t.dossiers).sum(),
            score_before: all_before.mean(before.weighting),
            score_after: all_after.mean(after.weighting),
            states_before: cockpit::states(&all_before),
            states_after: cockpit::states(&all_after),
            transitions,
            portfolios,
            most: self.most,
        }
    }
}
