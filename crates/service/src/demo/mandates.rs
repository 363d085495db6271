//! Mandates of the demonstration firm: asked for, signed, refused and ended over its weeks, day after day, by the same
//! steps as a real firm's. Their documents are made when somebody reads them, and no message leaves.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Days, NaiveDate};
use contract::{CampaignState, DossierQuery, OrNone, Several};
use domain::mandate::{Beside, EligibilityBlocker, blockers};
use domain::readiness::{Context, evaluate};
use domain::{CabinetId, CampaignId, DossierFacts, DossierId, MandateEvent, MandateKind, Mark, PortfolioId, Proofs};
use serde_json::json;
use store::Conn;
use store::campaigns::Campaign;
use store::journal::Stamp;
use store::mandates::Mandate;
use store::people::Person;

use super::Dice;
use super::history::{DAYS, first_day, moment, workday};
use crate::collection_settings::Collecting;
use crate::mandates::{Detail, Drawn, Making, Numbers, draw, steps, told};
use crate::people::entry;
use crate::{App, Result, ids, judge};

/// Something that happens to a mandate.
#[derive(Debug, Clone, PartialEq)]
struct Happening {
    event: MandateEvent,
    /// By the firm, or else by the client or the product.
    by_firm: bool,
    by_name: Option<String>,
    text: Option<String>,
    sent_to: Option<String>,
}

/// A mandate from its making on.
#[derive(Debug, Clone, PartialEq)]
struct Course {
    kind: MandateKind,
    made: NaiveDate,
    ends_on: Option<NaiveDate>,
    happenings: Vec<(NaiveDate, Happening)>,
}

fn after(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}

/// What becomes of a dossier's mandates up to today; `asked` says that nobody is left out.
fn courses(facts: &DossierFacts, asked: bool, today: NaiveDate) -> Vec<Course> {
    let number: u64 = facts.siren.as_str().parse().unwrap_or_default();
    let mut dice = Dice(number ^ 0x3a4d_a7e5);
    let mark = Mark::of(&evaluate(facts, &Proofs::new(&[], judge::ACTIVE), &Context::standard(today)));
    let held = blockers(facts, &mark, MandateKind::Delegation, Beside::default());
    if held.contains(&EligibilityBlocker::OutOfReform) || facts.contacts.is_empty() {
        return Vec::new();
    }
    let by_mail = !held.iter().any(|b| b.holds_mail());
    let wanted = if facts.reception_platform.is_some() { 84 } else { 48 };
    let mut all = Vec::new();
    if dice.chance(wanted) || (asked && by_mail) {
        all.push(course(&mut dice, facts, MandateKind::Delegation, by_mail, today));
    }
    if !all.is_empty() && facts.reception_platform.is_some() && dice.chance(34) {
        all.push(course(&mut dice, facts, MandateKind::Designation, by_mail, today));
    }
    if dice.chance(6) {
        all.push(course(&mut dice, facts, MandateKind::EngagementAddendum, by_mail, today));
    }
    all
}

/// How it goes, most often to a mandate in force; what would happen from today on has not happened.
fn course(dice: &mut Dice, facts: &DossierFacts, kind: MandateKind, by_mail: bool, today: NaiveDate) -> Course {
    #[derive(Clone, Copy, PartialEq)]
    enum Fate {
        Accepted,
        Revoked,
        Ended,
        ToCheck,
        Silent,
        Refused,
        Declined,
        Bounced,
        Draft,
    }
    let fate = *dice.weighted(&[
        (Fate::Accepted, 64),
        (Fate::Silent, 12),
        (Fate::ToCheck, 9),
        (Fate::Draft, 4),
        (Fate::Revoked, 3),
        (Fate::Ended, 3),
        (Fate::Refused, 2),
        (Fate::Declined, 2),
        (Fate::Bounced, 1),
    ]);
    let made = workday(dice, today, DAYS - 6);
    let client = facts.contacts.iter().find_map(|c| c.name.clone()).unwrap_or_else(|| facts.name.clone());
    let email = facts.addressee().and_then(|c| c.email.clone());
    let mut course = Course { kind, made, ends_on: None, happenings: Vec::new() };
    let (mut day, mut ends_on) = (made, None);
    let mut happens = |day: NaiveDate, event: MandateEvent, text: Option<&str>| {
        let by_firm = matches!(
            event,
            MandateEvent::Prepare
                | MandateEvent::Upload
                | MandateEvent::Accept
                | MandateEvent::Refuse
                | MandateEvent::Revoke
        ) || (event == MandateEvent::Send && !by_mail);
        let by_client = matches!(event, MandateEvent::Open | MandateEvent::Sign | MandateEvent::Decline);
        let sent = by_mail && matches!(event, MandateEvent::Send | MandateEvent::Remind);
        let happening = Happening {
            event,
            by_firm,
            by_name: by_client.then(|| client.clone()),
            text: text.map(str::to_owned),
            sent_to: if sent { email.clone() } else { None },
        };
        course.happenings.push((day, happening));
    };
    if fate == Fate::Draft {
        return course;
    }
    if by_mail {
        happens(day, MandateEvent::Prepare, None);
        happens(day, MandateEvent::Send, None);
        if fate == Fate::Bounced {
            happens(day, MandateEvent::Bounce, Some("550 5.1.1 destinataire inconnu"));
            return course;
        }
        let reminders =
            if fate == Fate::Silent { dice.between(0, 3) } else { *dice.weighted(&[(0, 70), (1, 24), (2, 6)]) };
        for _ in 0..reminders {
            day = after(day, dice.between(6, 9));
            happens(day, MandateEvent::Remind, None);
        }
        day = after(day, dice.between(0, 4));
        if fate == Fate::Silent {
            if dice.chance(45) {
                happens(day, MandateEvent::Open, None);
            }
            return course;
        }
        happens(day, MandateEvent::Open, None);
        if fate == Fate::Declined {
            happens(day, MandateEvent::Decline, Some("Souhaite d’abord en parler de vive voix"));
            return course;
        }
    } else {
        happens(day, MandateEvent::Send, Some("Par courrier"));
        day = after(day, dice.between(6, 20));
        if matches!(fate, Fate::Silent | Fate::Declined | Fate::Bounced) {
            return course;
        }
    }
    if by_mail && !matches!(fate, Fate::ToCheck | Fate::Refused) && dice.chance(88) {
        // What is signed in the link counts at once.
        happens(day, MandateEvent::Sign, None);
    } else {
        happens(day, MandateEvent::Upload, Some("mandat-signe.pdf"));
        if fate == Fate::ToCheck {
            return course;
        }
        day = after(day, dice.between(0, 5));
        if fate == Fate::Refused {
            happens(day, MandateEvent::Refuse, Some("Signature illisible"));
            return course;
        }
        happens(day, MandateEvent::Accept, None);
    }
    match fate {
        Fate::Revoked => {
            let day = after(day, dice.between(4, 20));
            happens(day, MandateEvent::Revoke, Some("Le client change de cabinet"));
        }
        Fate::Ended => ends_on = Some(after(day, dice.between(8, 24))),
        _ if dice.chance(35) => ends_on = Some(after(day, dice.between(30, 400))),
        _ => {}
    }
    if let Some(last) = ends_on {
        happens(after(last, 1), MandateEvent::Expire, None);
    }
    course.ends_on = ends_on;
    course
}

/// A mandate that is made on a day, or what happens to one.
enum Planned {
    Make(usize),
    Step(usize, Happening),
}

/// The mandates of the firm, on their way.
pub(super) struct Book {
    campaign: Option<(CampaignId, PortfolioId)>,
    courses: Vec<(DossierId, DossierFacts, Course)>,
    made: HashMap<usize, Mandate>,
    planned: BTreeMap<NaiveDate, Vec<Planned>>,
    today: NaiveDate,
}

/// The campaign begins a week after the firm is followed.
fn campaign_day(today: NaiveDate) -> NaiveDate {
    after(first_day(today), 7)
}

impl Book {
    pub fn new(today: NaiveDate, portfolio: Option<PortfolioId>) -> Self {
        let campaign = portfolio.map(|p| (ids::campaign(), p));
        Self { campaign, courses: Vec::new(), made: HashMap::new(), planned: BTreeMap::new(), today }
    }

    /// Plans the mandates of a dossier that was created.
    pub fn follow(&mut self, id: DossierId, facts: &DossierFacts) {
        let asked = self.campaign.is_some_and(|(_, p)| facts.portfolio_id == Some(p));
        for course in courses(facts, asked, self.today) {
            let at = self.courses.len();
            self.planned.entry(course.made).or_default().push(Planned::Make(at));
            // Once something is still to come, all that follows is.
            let past = course.happenings.iter().take_while(|(day, _)| *day < self.today);
            for (day, happening) in past {
                self.planned.entry(*day).or_default().push(Planned::Step(at, happening.clone()));
            }
            self.courses.push((id, facts.clone(), course));
        }
    }

    /// How the firm collects, and the campaign that it has started.
    pub fn settle(&self, conn: &mut Conn, cabinet: CabinetId, people: &[Person], name: &str) -> Result<()> {
        let at = moment(first_day(self.today), 2);
        let settings = Collecting {
            sender_name: name.to_owned(),
            firm_address: Some("4 place du Concert".to_owned()),
            firm_postal_code: Some("59800".to_owned()),
            firm_city: Some("Lille".to_owned()),
            firm_signatory: people.first().map(|p| p.name.clone()),
            firm_quality: Some("Expert-comptable associée".to_owned()),
            firm_registration: Some("Ordre des experts-comptables, Hauts-de-France".to_owned()),
            ..Collecting::default()
        };
        let data = serde_json::to_string(&settings)?;
        let kept = store::collection_settings::Kept { version: 1, data, updated_at: at };
        store::collection_settings::put(conn, cabinet, &kept)?;
        let actor = people.first().map(|p| p.id);
        let stamp = Stamp { at, actor, request_id: "demo".to_owned() };
        let changes = json!({ "sender_name": ["", name] });
        let mut rows = vec![entry("collection_settings.update", "cabinet", cabinet, "", changes)];
        if let (Some((id, portfolio)), Some(manager)) = (self.campaign, people.get(2)) {
            let filter = DossierQuery { portfolio_id: Several(vec![OrNone::Is(portfolio)]), ..Default::default() };
            let campaign = Campaign {
                id,
                cabinet,
                version: 1,
                name: "Délégations, commerces".to_owned(),
                kinds: vec![MandateKind::Delegation],
                filter: serde_json::to_string(&filter)?,
                message: "Nous en parlerons à votre prochain rendez-vous.".to_owned(),
                state: CampaignState::Running.to_string(),
                user: manager.id,
                by_name: manager.name.clone(),
                // Everybody who can be asked was.
                looked_at: moment(self.today, 0),
                created_at: moment(campaign_day(self.today), 0),
            };
            store::campaigns::insert(conn, &campaign)?;
            let changes = json!({ "name": [null, campaign.name], "kinds": [null, campaign.kinds] });
            rows.push(entry("campaign.create", "campaign", id, &campaign.name, changes));
        }
        Ok(store::journal::append(conn, cabinet, &stamp, &rows)?)
    }

    /// Lives a day, in the transaction of the caller, which holds the cabinet's lock. Returns the dossiers whose evidence
    /// may have changed.
    pub fn live(
        &mut self,
        conn: &mut Conn,
        (app, cabinet): (&App, CabinetId),
        people: &[Person],
        day: NaiveDate,
    ) -> Result<BTreeSet<DossierId>> {
        let Some(planned) = self.planned.remove(&day) else { return Ok(BTreeSet::new()) };
        let (mut made, mut rounds): (Vec<usize>, Vec<Vec<(usize, Happening)>>) = (Vec::new(), Vec::new());
        let mut nth: HashMap<usize, usize> = HashMap::new();
        for planned in planned {
            match planned {
                Planned::Make(at) => made.push(at),
                Planned::Step(at, happening) => {
                    // One step of a mandate at a time.
                    let round = nth.entry(at).or_insert(0);
                    if rounds.len() <= *round {
                        rounds.push(Vec::new());
                    }
                    rounds[*round].push((at, happening));
                    *round += 1;
                }
            }
        }
        // People who collect: the managers.
        let firm = people.get(2).or_else(|| people.first());
        let stamp = |place: usize, by_firm: bool| Stamp {
            at: moment(day, place),
            actor: firm.filter(|_| by_firm).map(|p| p.id),
            request_id: "demo".to_owned(),
        };
        self.make(conn, cabinet, &stamp(4, true), made)?;
        let judge = app.judge(conn, cabinet, day)?;
        let mut touched = BTreeSet::new();
        for (round, happenings) in rounds.into_iter().enumerate() {
            for by_firm in [true, false] {
                let (places, wanted): (Vec<usize>, Vec<_>) = happenings
                    .iter()
                    .filter(|(_, h)| h.by_firm == by_firm)
                    .filter_map(|(at, h)| Some((*at, (self.made.remove(at)?, h.event, self.detail(h, firm)))))
                    .unzip();
                let moment = stamp(5 + round * 2 + usize::from(!by_firm), by_firm);
                for (at, mandate) in places.into_iter().zip(steps(conn, &judge, cabinet, &moment, wanted)?) {
                    touched.insert(mandate.dossier);
                    self.made.insert(at, mandate);
                }
            }
        }
        Ok(touched)
    }

    fn detail(&self, happening: &Happening, firm: Option<&Person>) -> Detail {
        let by = firm.filter(|_| happening.by_firm).map(|p| p.name.clone());
        Detail {
            by_name: by.or_else(|| happening.by_name.clone()),
            text: happening.text.clone(),
            sent_to: happening.sent_to.clone(),
            ..Detail::default()
        }
    }

    fn make(&mut self, conn: &mut Conn, cabinet: CabinetId, stamp: &Stamp, made: Vec<usize>) -> Result<()> {
        if made.is_empty() {
            return Ok(());
        }
        let day = crate::time::paris_day(stamp.at);
        let mut numbers = Numbers::of(conn, cabinet, day)?;
        let settings = crate::collection_settings::of(conn, cabinet)?;
        let name = store::mails::cabinet_name(conn, cabinet)?;
        let at: DateTime<_> = crate::session::whole_micros(stamp.at);
        let (mut new, mut rows) = (Vec::new(), Vec::new());
        for place in made {
            let (dossier, facts, course) = &self.courses[place];
            let kinds = [course.kind];
            let asked = |(_, portfolio): &(CampaignId, PortfolioId)| {
                course.kind == MandateKind::Delegation
                    && facts.portfolio_id == Some(*portfolio)
                    && day >= campaign_day(self.today)
            };
            let making = Making {
                ends_on: course.ends_on,
                campaign: self.campaign.filter(asked).map(|(id, _)| id),
                ..Making::drafts(&kinds, day)
            };
            let drawn = Drawn { cabinet, dossier: *dossier, facts, others: &[], firm: (&settings, &name) };
            let mandate = draw(&drawn, course.kind, &making, &mut numbers, at);
            let changes = json!({ "mandate_state": [null, mandate.state], "campaign": [null, mandate.campaign] });
            rows.push(told("mandate.create", &mandate, &facts.name, changes));
            new.push((place, mandate));
        }
        let mandates: Vec<Mandate> = new.iter().map(|(_, m)| m.clone()).collect();
        store::mandates::insert(conn, &mandates)?;
        store::journal::append(conn, cabinet, stamp, &rows)?;
        self.made.extend(new);
        Ok(())
    }
}
