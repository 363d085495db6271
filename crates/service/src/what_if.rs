//! What if: facts and proofs that are only supposed, and what would move. Nothing is written.

use std::cmp::Reverse;
use std::collections::HashMap;

use contract::{Code, DossierChange, ItemOutcome, Nothing, WhatIf, WhatIfInput, WhatIfItem, WhatIfTotals};
use domain::assessment::Assessment;
use domain::movement::Movement;
use domain::{DossierFacts, DossierId, Evidence, ProofSource, Sums, Text};
use store::dossiers::Stored;
use store::{Conn, Scope};

use crate::dossiers::{changed, check_chosen, check_references, chosen, takes_proof, tidy, too_many};
use crate::judge::Judge;
use crate::time::french;
use crate::{Answer, Call, Error, Result, cockpit, invalid};

/// Dossiers that a caller may name, and that a reply tells one by one.
const MOST: usize = 1_000;
/// Dossiers of a filter.
const MOST_FILTERED: usize = 50_000;
const BATCH: usize = 500;

pub fn suppose_dossiers(call: &Call, _: Nothing, _: Nothing, body: WhatIfInput) -> Result<Answer<WhatIf>> {
    let scope = call.scope()?;
    check(call, &body)?;
    call.app.store.conn()?.read(|conn| {
        let ids = chosen(conn, scope, body.ids.as_deref(), body.filter.as_ref())?;
        if ids.len() > MOST_FILTERED {
            return Err(too_many("/filter", ids.len(), MOST_FILTERED));
        }
        let mut supposed = Supposed::new(call, conn, body)?;
        for chunk in ids.chunks(BATCH) {
            let mut found: HashMap<DossierId, Stored> =
                store::dossiers::find_many(conn, scope, chunk)?.into_iter().map(|d| (d.id, d)).collect();
            for id in chunk {
                let stored = found.remove(id);
                supposed.try_on(conn, scope, *id, stored)?;
            }
        }
        Ok(Answer::new(supposed.told()))
    })
}

/// What is wrong whatever the dossier.
fn check(call: &Call, body: &WhatIfInput) -> Result<()> {
    check_chosen(body.ids.as_deref(), body.filter.as_ref(), MOST)?;
    if body.facts.is_empty() && body.proofs.is_empty() {
        return Err(invalid(
            "/facts",
            "required",
            "Supposez au moins un fait ou une preuve, par exemple `reception_platform`.",
            "Suppose a fact or a proof at least, such as `reception_platform`.",
        ));
    }
    let mut error = Error::new(Code::Invalid);
    for (i, proof) in body.proofs.iter().enumerate() {
        error = takes_proof(error, format!("/proofs/{i}/criterion"), proof.criterion);
        if let Some(end) = proof.expires_on.filter(|end| *end < call.today()) {
            error = error.and(
                format!("/proofs/{i}/expires_on"),
                "before_its_start",
                format!("{} : une date à partir d’aujourd’hui est attendue.", french(end)),
                format!("{end}: a day from today on is expected."),
            );
        }
    }
    // The form of a fact is the same for every dossier: what no dossier could take is refused at once.
    let siren = domain::Siren::parse("732829320").map_err(Error::internal)?;
    let change = DossierChange { fields: body.facts.clone() };
    if let Err(wrong) = changed(&DossierFacts::new(siren, "?"), &change, call.today()) {
        for field in wrong.fields {
            error = error.and(format!("/facts{}", field.pointer), field.code, field.message.fr, field.message.en);
        }
    }
    if error.fields.is_empty() { Ok(()) } else { Err(error) }
}

/// Hypotheses, and what they have moved so far.
struct Supposed {
    judge: Judge,
    change: DossierChange,
    proofs: Vec<Evidence>,
    before: Sums,
    after: Sums,
    changed: u64,
    unchanged: u64,
    left_out: u64,
    items: Vec<WhatIfItem>,
}

impl Supposed {
    fn new(call: &Call, conn: &mut Conn, body: WhatIfInput) -> Result<Self> {
        let today = call.today();
        let name = &call.actor()?.name;
        let proofs = body.proofs.into_iter().map(|proof| Evidence {
            criterion: proof.criterion,
            what: "Hypothèse".to_owned(),
            source: ProofSource::Hand,
            on: today,
            expires_on: proof.expires_on,
            by: Some(name.clone()),
            against: false,
        });
        Ok(Self {
            judge: call.judge(conn)?,
            change: DossierChange { fields: body.facts },
            proofs: proofs.collect(),
            before: Sums::default(),
            after: Sums::default(),
            changed: 0,
            unchanged: 0,
            left_out: 0,
            items: Vec::new(),
        })
    }

    /// The facts of a dossier with what is supposed, as a change would store them.
    fn facts(&self, conn: &mut Conn, scope: &Scope, before: &DossierFacts) -> Result<DossierFacts> {
        let mut facts = changed(before, &self.change, self.judge.today)?;
        facts.proofs.extend(self.proofs.iter().cloned());
        tidy(&mut facts, self.judge.today, &self.judge.register)?;
        check_references(conn, scope, Some(before), &mut facts)?;
        Ok(facts)
    }

    fn try_on(&mut self, conn: &mut Conn, scope: &Scope, id: DossierId, stored: Option<Stored>) -> Result<()> {
        let Some(Stored { facts, settled, .. }) = stored else {
            let reason = Text::new("Absent de votre périmètre.", "Not within your scope.");
            self.leave_out(id, None, ItemOutcome::NotFound, Some(reason));
            return Ok(());
        };
        let supposed = match self.facts(conn, scope, &facts) {
            Ok(supposed) => supposed,
            Err(error) if error.code == Code::Invalid => {
                let reason = error.fields.into_iter().next().map(|f| f.message);
                self.leave_out(id, Some(facts.name), ItemOutcome::Refused, reason);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let before = self.judge.assess(&facts, &settled);
        let after = self.judge.assess(&supposed, &settled);
        self.before.enter(&before.mark());
        self.after.enter(&after.mark());
        let of = |a: &Assessment| a.exposure.total_cents;
        let movement = Movement::between((&before.evaluation, of(&before)), (&after.evaluation, of(&after)));
        let moves = !movement.is_empty();
        *(if moves { &mut self.changed } else { &mut self.unchanged }) += 1;
        self.items.push(WhatIfItem {
            dossier_id: id,
            name: Some(facts.name),
            outcome: if moves { ItemOutcome::Changed } else { ItemOutcome::Unchanged },
            reason: None,
            movement: moves.then_some(movement),
        });
        // Kept few while a filter brings many.
        if self.items.len() > 4 * MOST {
            self.keep_most();
        }
        Ok(())
    }

    fn leave_out(&mut self, dossier_id: DossierId, name: Option<String>, outcome: ItemOutcome, reason: Option<Text>) {
        self.left_out += 1;
        self.items.push(WhatIfItem { dossier_id, name, outcome, reason, movement: None });
    }

    fn keep_most(&mut self) {
        self.items.sort_by_key(|item| {
            let left_out = matches!(item.outcome, ItemOutcome::NotFound | ItemOutcome::Refused);
            let (points, cents) = item.movement.as_ref().map_or((0, 0), |m| {
                (m.score_before.abs_diff(m.score_after), m.exposure_before_cents.abs_diff(m.exposure_after_cents))
            });
            (!left_out, item.movement.is_none(), Reverse(points), Reverse(cents))
        });
        self.items.truncate(MOST);
    }

    fn told(mut self) -> WhatIf {
        self.keep_most();
        let totals = |sums: &Sums| WhatIfTotals {
            score: sums.mean(self.judge.rules.weighting),
            states: cockpit::states(sums),
            exposure_cents: sums.exposure_cents,
        };
        WhatIf {
            changed: self.changed,
            unchanged: self.unchanged,
            left_out: self.left_out,
            before: totals(&self.before),
            after: totals(&self.after),
            items: self.items,
        }
    }
}
