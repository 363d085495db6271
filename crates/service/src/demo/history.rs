//! The past of the demonstration firm: eleven weeks of work, day after day, through the same writes as a real firm's, so
//! that sums, moves, journal and exchanges tell one story and end at the dossiers as they stand.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Datelike, Days, NaiveDate, Timelike, Utc, Weekday};
use contract::{Attachment, ExchangeChannel, ExchangeKind};
use domain::readiness::{Context, evaluate};
use domain::{CabinetId, Contact, DossierFacts, DossierId, Mark, PortfolioId, Proofs, UserId};
use sha2::{Digest, Sha256};
use store::dossiers::Stored;
use store::exchanges::{Cancellation, Exchange};
use store::journal::Stamp;
use store::{Conn, dialect};

use super::Dice;
use super::flows::Arrivals;
use super::mandates::Book;
use crate::dossiers::{BY_HAND, Draft, write};
use crate::{App, Result, evaluations, exchanges, ids, judge, time};

/// Days that the firm is followed before today.
pub(super) const DAYS: u64 = 77;
/// Dossiers that are asked every day whether the day alone has changed them: deadlines move many at once.
const SAMPLE: usize = 200;

/// What moves together when somebody works on a dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Reception,
    Emission,
    Directory,
    Informed,
    Contact,
    Figures,
    Activity,
    Volume,
}

impl Step {
    /// Copies what belongs to it.
    fn copy(self, from: &DossierFacts, to: &mut DossierFacts) {
        match self {
            Step::Reception => to.reception_platform.clone_from(&from.reception_platform),
            Step::Emission => {
                to.emission_platform.clone_from(&from.emission_platform);
                to.tool_platform.clone_from(&from.tool_platform);
            }
            Step::Directory => to.directory_address.clone_from(&from.directory_address),
            Step::Informed => to.client_informed_on = from.client_informed_on,
            Step::Contact => to.contacts.clone_from(&from.contacts),
            Step::Figures => {
                to.headcount = from.headcount;
                to.turnover_cents = from.turnover_cents;
                to.balance_sheet_cents = from.balance_sheet_cents;
            }
            Step::Activity => {
                to.activity = from.activity;
                to.vat_on_debits = from.vat_on_debits;
            }
            Step::Volume => to.invoices_per_month = from.invoices_per_month,
        }
    }
}

/// How a dossier was when the firm was first followed, and on which days it became what it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Past {
    pub start: DossierFacts,
    pub steps: Vec<(NaiveDate, Step)>,
}

pub(super) fn first_day(today: NaiveDate) -> NaiveDate {
    back(today, DAYS)
}

fn back(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(day)
}

/// A day of work at most so long ago: nobody works on a week-end.
pub(super) fn workday(dice: &mut Dice, today: NaiveDate, most: u64) -> NaiveDate {
    let day = back(today, dice.between(1, most));
    match day.weekday() {
        Weekday::Sat => back(day, 1),
        Weekday::Sun => back(day, 2),
        _ => day,
    }
}

/// A day of work while the firm is followed, later weeks more likely: the deadline comes nearer.
fn some_day(dice: &mut Dice, today: NaiveDate) -> NaiveDate {
    const WEEKS: [(u64, u64); 10] =
        [(1, 12), (2, 11), (3, 11), (4, 10), (5, 10), (6, 9), (7, 9), (8, 8), (9, 7), (10, 7)];
    let monday = back(today, 7 * dice.weighted(&WEEKS) + u64::from(today.weekday().num_days_from_monday()));
    let day = monday + Days::new(dice.below(5));
    // The week that has begun counts as far as it has gone.
    if day + Days::new(7) < today { day + Days::new(7) } else { day }
}

/// The past that leads to the facts. From dice of its own, thrown by the SIREN: the same firm has the same past.
pub(super) fn past(facts: &DossierFacts, today: NaiveDate) -> Past {
    let number: u64 = facts.siren.as_str().parse().unwrap_or_default();
    let mut dice = Dice(number ^ 0x70a5_70a5);
    let blank = DossierFacts::new(facts.siren, facts.name.clone());
    let (mut start, mut steps) = (facts.clone(), Vec::new());
    let mut learnt = |start: &mut DossierFacts, day: NaiveDate, step: Step, before: &DossierFacts| {
        step.copy(before, start);
        steps.push((day, step));
    };
    let within = |day: NaiveDate| day > first_day(today) && day < today;

    // A platform was chosen, what hangs on it followed.
    let chosen = (facts.reception_platform.is_some() && dice.chance(18)).then(|| some_day(&mut dice, today));
    if let Some(day) = chosen {
        learnt(&mut start, day, Step::Reception, &blank);
    }
    if facts.emission_platform.is_some() && (chosen.is_some() || dice.chance(16)) {
        let day = chosen.unwrap_or_else(|| some_day(&mut dice, today));
        learnt(&mut start, day, Step::Emission, &blank);
    }
    if let Some(address) = &facts.directory_address {
        let day = chosen.unwrap_or(address.as_of).max(address.as_of);
        if within(day) {
            learnt(&mut start, day, Step::Directory, &blank);
        }
    }
    if let Some(day) = facts.client_informed_on.filter(|day| within(*day)) {
        learnt(&mut start, day, Step::Informed, &blank);
    }
    for (step, percent, known) in [
        (Step::Contact, 5, !facts.contacts.is_empty()),
        (Step::Figures, 3, facts.headcount.is_some() && facts.turnover_cents.is_some()),
        (Step::Activity, 4, facts.activity.is_answered()),
        (Step::Volume, 3, facts.invoices_per_month.is_some()),
    ] {
        if known && dice.chance(percent) {
            learnt(&mut start, some_day(&mut dice, today), step, &blank);
        }
    }

    // Not everything goes forward: somebody left, a contract was given up.
    if facts.contacts.is_empty() && dice.chance(45) {
        let mut before = blank.clone();
        let phone = Some(format!("+333{:08}", dice.below(100_000_000)));
        before.contacts = vec![Contact { name: None, email: None, phone }];
        learnt(&mut start, some_day(&mut dice, today), Step::Contact, &before);
    }
    if facts.reception_platform.is_none() && dice.chance(14) {
        let mut before = blank.clone();
        let name = domain::platform::canonical_name("Tiime", domain::reference::platforms());
        before.reception_platform = Some(name);
        learnt(&mut start, some_day(&mut dice, today), Step::Reception, &before);
    }
    steps.sort();
    Past { start, steps }
}

/// A dossier on its way to what it is.
struct Live {
    now: Stored,
    last: DossierFacts,
}

/// The firm from its first day to this one.
pub(super) struct History<'a> {
    app: &'a App,
    cabinet: CabinetId,
    people: &'a [store::people::Person],
    today: NaiveDate,
    live: Vec<Live>,
    by_id: HashMap<DossierId, usize>,
    work: BTreeMap<NaiveDate, BTreeMap<usize, Vec<Step>>>,
    sample: Vec<(DossierFacts, Mark)>,
    mandates: Book,
    arrivals: Arrivals,
}

impl<'a> History<'a> {
    pub fn new(
        app: &'a App,
        (cabinet, portfolio): (CabinetId, Option<PortfolioId>),
        people: &'a [store::people::Person],
        today: NaiveDate,
    ) -> Self {
        let (live, by_id, work) = (Vec::new(), HashMap::new(), BTreeMap::new());
        let mandates = Book::new(today, portfolio);
        let arrivals = Arrivals::default();
        Self { app, cabinet, people, today, live, by_id, work, sample: Vec::new(), mandates, arrivals }
    }

    /// Takes a dossier that was created as it was on the first day.
    pub fn follow(&mut self, stored: Stored, last: DossierFacts, steps: &[(NaiveDate, Step)]) {
        if self.sample.len() < SAMPLE {
            self.sample.push((stored.facts.clone(), stored.mark));
        }
        self.mandates.follow(stored.id, &last);
        self.arrivals.follow(stored.id, &last);
        if steps.is_empty() {
            return;
        }
        let at = self.live.len();
        for (day, step) in steps {
            self.work.entry(*day).or_default().entry(at).or_default().push(*step);
        }
        self.by_id.insert(stored.id, at);
        self.live.push(Live { now: stored, last });
    }

    /// Goes through the days up to today, which begins as everything stands.
    pub fn live(mut self, conn: &mut Conn, name: &str) -> Result<()> {
        conn.write(|conn| -> Result<()> {
            dialect::lock_cabinet(conn, self.cabinet)?;
            self.mandates.settle(conn, self.cabinet, self.people, name)
        })?;
        self.arrivals.settle(self.today);
        // The firm was made on the first day: the next one is the first to begin with it.
        let mut day = first_day(self.today) + Days::new(1);
        let mut moves = self.moves_many(day);
        while day <= self.today {
            // As the worker does: the day's evaluation first, then its sums. Where the day changes nothing, the worker
            // finds that out at its next start.
            if moves {
                self.evaluate(conn, day)?;
            }
            // Quiet days go together: each transaction costs a write of every page that it touches.
            conn.write(|conn| -> Result<()> {
                dialect::lock_cabinet(conn, self.cabinet)?;
                loop {
                    store::daily::keep(conn, self.cabinet, day)?;
                    let work = self.work.remove(&day).unwrap_or_default();
                    self.work_on(conn, day, work)?;
                    let touched = self.mandates.live(conn, (self.app, self.cabinet), self.people, day)?;
                    self.follow_evidence(conn, touched)?;
                    let manager = self.people.get(2).map(|p| p.id);
                    let touched = self.arrivals.live(conn, (self.app, self.cabinet), manager, day)?;
                    self.follow_evidence(conn, touched)?;
                    day = day + Days::new(1);
                    moves = self.moves_many(day);
                    if moves || day > self.today {
                        return Ok(());
                    }
                }
            })?;
        }
        // What could be asked of a late dossier grows by the day: it stands as of today.
        evaluations::run(self.app, self.cabinet, self.today, &|_, _| Ok(()))?;
        Ok(())
    }

    /// Reads how dossiers stand of which a mandate took a step, or a flow proved something.
    fn follow_evidence(&mut self, conn: &mut Conn, touched: BTreeSet<DossierId>) -> Result<()> {
        let ids: Vec<DossierId> = touched.into_iter().filter(|id| self.by_id.contains_key(id)).collect();
        for now in store::dossiers::of_cabinet(conn, self.cabinet, &ids)? {
            if let Some(live) = self.by_id.get(&now.id).and_then(|at| self.live.get_mut(*at)) {
                live.now = now;
            }
        }
        Ok(())
    }

    /// Evaluates all dossiers, and reads how those that will be worked on stand now.
    fn evaluate(&mut self, conn: &mut Conn, day: NaiveDate) -> Result<()> {
        evaluations::run(self.app, self.cabinet, day, &|_, _| Ok(()))?;
        let ids: Vec<String> = self.live.iter().map(|live| live.now.id.to_string()).collect();
        for ids in ids.chunks(1_000) {
            for found in store::evaluations::find(conn, self.cabinet, ids)? {
                if let Some(live) = self.by_id.get(&found.id).and_then(|at| self.live.get_mut(*at)) {
                    live.now.mark = found.mark;
                }
            }
        }
        Ok(())
    }

    /// Whether a deadline of the law, or the age of what is known, moves dossiers on this day.
    fn moves_many(&mut self, day: NaiveDate) -> bool {
        let ctx = Context::standard(day);
        let mut moved = false;
        for (facts, mark) in &mut self.sample {
            let now = Mark::of(&evaluate(facts, &Proofs::new(&facts.proofs, judge::ACTIVE), &ctx));
            moved |= now != *mark;
            *mark = now;
        }
        moved
    }

    fn person(&self, facts: &DossierFacts) -> Option<&store::people::Person> {
        let wanted = facts.assignee.user_id.or(facts.manager.user_id);
        self.people.iter().find(|p| Some(p.id) == wanted).or_else(|| self.people.first())
    }

    /// The work of a day, person by person, from nine o'clock on.
    fn work_on(&mut self, conn: &mut Conn, day: NaiveDate, work: BTreeMap<usize, Vec<Step>>) -> Result<()> {
        let mut by_person: BTreeMap<Option<UserId>, Vec<(usize, Vec<Step>)>> = BTreeMap::new();
        for (at, steps) in work {
            let who = self.live.get(at).and_then(|l| self.person(&l.last)).map(|p| p.id);
            by_person.entry(who).or_default().push((at, steps));
        }
        for (place, (actor, work)) in by_person.into_iter().enumerate() {
            let at = moment(day, place);
            let stamp = Stamp { at, actor, request_id: "demo".to_owned() };
            let mut told = Vec::new();
            let mut drafts = Vec::with_capacity(work.len());
            for (at, steps) in work {
                let Some(live) = self.live.get(at) else { continue };
                let mut after = live.now.facts.clone();
                for step in &steps {
                    step.copy(&live.last, &mut after);
                }
                told.extend(self.exchanges(live, &steps, day, stamp.at));
                drafts.push(Draft { before: Some(live.now.clone()), after: Some(after) });
            }
            let judge = self.app.judge(conn, self.cabinet, day)?;
            for stored in write(conn, self.cabinet, &stamp, &judge, BY_HAND, drafts)? {
                if let Some(live) = self.by_id.get(&stored.id).and_then(|at| self.live.get_mut(*at)) {
                    live.now = stored;
                }
            }
            let mut entries = Vec::with_capacity(told.len());
            for (name, exchange) in told {
                let wrong = exchange.cancelled.clone();
                store::exchanges::insert(conn, self.cabinet, &exchange)?;
                entries.push(exchanges::recorded(&exchange, &name));
                if let Some(cancelled) = wrong {
                    store::exchanges::cancel(conn, self.cabinet, &exchange, &cancelled)?;
                    entries.push(exchanges::taken_back(&exchange, &cancelled.reason, &name));
                }
            }
            store::journal::append(conn, self.cabinet, &stamp, &entries)?;
        }
        Ok(())
    }

    /// What was said on that occasion, with the name of the dossier for the journal.
    fn exchanges(&self, live: &Live, steps: &[Step], day: NaiveDate, at: DateTime<Utc>) -> Vec<(String, Exchange)> {
        let facts = &live.last;
        let number: u64 = facts.siren.as_str().parse().unwrap_or_default();
        let mut dice = Dice(number ^ u64::from(day.num_days_from_ce().unsigned_abs()));
        let Some(person) = self.person(facts) else { return Vec::new() };
        let mut all = Vec::new();
        let mut say = |kind: ExchangeKind, channel: ExchangeChannel, on: NaiveDate, subject: &str, text: String| {
            all.push(Exchange {
                id: ids::exchange(),
                dossier: live.now.id,
                kind: kind.to_string(),
                channel: channel.to_string(),
                on,
                subject: subject.to_owned(),
                text,
                attachment: None,
                user: person.id,
                user_name: Some(person.name.clone()),
                at,
                cancelled: None,
            });
        };
        let first = facts.contacts.first().and_then(|c| c.name.clone()).unwrap_or_else(|| "le dirigeant".to_owned());
        for step in steps {
            match step {
                Step::Informed => {
                    let channel = *dice.weighted(&[
                        (ExchangeChannel::Email, 46),
                        (ExchangeChannel::Meeting, 26),
                        (ExchangeChannel::Call, 18),
                        (ExchangeChannel::Letter, 10),
                    ]);
                    let text = format!(
                        "Présenté à {first} : ce que la réforme demande à {}, à partir de quand, et le rôle de la \
                         plateforme de réception.",
                        facts.name
                    );
                    say(ExchangeKind::Told, channel, day, "Réforme de la facturation électronique", text);
                }
                Step::Reception if facts.reception_platform.is_some() && dice.chance(60) => {
                    let platform = facts.reception_platform.as_deref().unwrap_or_default();
                    let text = format!("{first} confirme {platform} pour recevoir les factures.");
                    say(ExchangeKind::Received, ExchangeChannel::Email, day, "Choix de la plateforme", text);
                    if dice.chance(50) {
                        let asked = workday(&mut dice, day, 9);
                        let text = "Demandé quelle plateforme le client retient pour la réception.".to_owned();
                        say(ExchangeKind::Asked, ExchangeChannel::Email, asked, "Choix de la plateforme", text);
                    }
                }
                Step::Figures => {
                    let text = "Effectif, chiffre d’affaires et total du bilan du dernier exercice clos.".to_owned();
                    say(ExchangeKind::Received, ExchangeChannel::Email, day, "Chiffres du dernier exercice", text);
                }
                Step::Activity if dice.chance(50) => {
                    let text = format!("{first} précise à qui l’entreprise facture.");
                    say(ExchangeKind::Received, ExchangeChannel::Call, day, "Types de clients", text);
                }
                _ => {}
            }
        }
        for exchange in &mut all {
            let letter = exchange.channel == ExchangeChannel::Letter.as_str();
            if letter || dice.chance(18) {
                let name = if letter { "lettre-reforme.pdf" } else { "courriel.eml" };
                // There is no such file: the hash is that of the words recorded.
                let hash: String = Sha256::digest(&exchange.text).iter().map(|b| format!("{b:02x}")).collect();
                let attachment = Attachment { name: name.to_owned(), sha256: hash };
                exchange.attachment = Some((attachment.name, attachment.sha256));
            }
            if dice.chance(2) {
                exchange.cancelled = Some(Cancellation {
                    id: ids::exchange(),
                    user: person.id,
                    user_name: Some(person.name.clone()),
                    at,
                    reason: "Saisi deux fois".to_owned(),
                });
            }
        }
        all.into_iter().map(|exchange| (facts.name.clone(), exchange)).collect()
    }
}

/// A moment of the working day; people do not all press at once.
pub(super) fn moment(day: NaiveDate, place: usize) -> DateTime<Utc> {
    let minutes = 9 * 60 + 10 + 25 * place as i64;
    let at = time::paris_midnight(day) + chrono::Duration::minutes(minutes);
    at.with_nanosecond(0).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{DirectoryAddress, DirectoryState, Siren};

    fn today() -> NaiveDate {
        "2026-11-22".parse().unwrap()
    }

    fn known(siren: &str) -> DossierFacts {
        let mut f = DossierFacts::new(Siren::parse(siren).unwrap(), "Essai");
        f.reception_platform = Some("PENNYLANE".to_owned());
        f.emission_platform = Some("PENNYLANE".to_owned());
        f.client_informed_on = "2026-11-03".parse().ok();
        f.directory_address = Some(DirectoryAddress {
            state: DirectoryState::Active,
            as_of: "2026-10-10".parse().unwrap(),
            source: "Annuaire".to_owned(),
        });
        f.invoices_per_month = Some(12);
        f.headcount = Some(3);
        f.turnover_cents = Some(1);
        f
    }

    #[test]
    fn a_past_ends_at_the_facts_and_is_repeatable() {
        let mut steps = 0;
        for number in (100_000_000..100_008_000).step_by(10) {
            let facts = known(&number.to_string());
            let past = past(&facts, today());
            assert_eq!(past, super::past(&facts, today()));
            let mut end = past.start.clone();
            let mut last = first_day(today());
            for (day, step) in &past.steps {
                assert!(*day >= last && *day < today(), "{day}");
                last = *day;
                step.copy(&facts, &mut end);
            }
            assert_eq!(end, facts);
            steps += past.steps.len();
            // Nothing is known before the day that it bears.
            assert!(past.start.client_informed_on.is_none() && past.start.directory_address.is_none());
        }
        assert!(steps > 800, "{steps}");
    }

    #[test]
    fn work_is_done_on_workdays() {
        let mut dice = Dice(7);
        for offset in 0..7 {
            let today = today() + Days::new(offset);
            for _ in 0..500 {
                let (some, other) = (some_day(&mut dice, today), workday(&mut dice, today, 60));
                for day in [some, other] {
                    assert!(!matches!(day.weekday(), Weekday::Sat | Weekday::Sun), "{day}");
                    assert!(day < today && day > first_day(today), "{day}");
                }
            }
        }
    }
}
