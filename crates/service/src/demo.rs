//! A demonstration firm: invented people and dossiers, repeatable by its seed, with the spread that firms know and a past
//! of some weeks.

mod flows;
mod history;
mod mandates;
mod relances;
mod settled;

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Access, Activity, CabinetId, Contact, DirectoryAddress, DirectoryState, DossierFacts, InCharge, Lang, MonthDay,
    PortfolioId, RegimePeriod, Role, Siren, Siret, UserId, VatRegime, platform,
};
use serde::Serialize;
use serde_json::json;
use store::dialect;
use store::journal::Stamp;
use store::people::{Cabinet, Person};
use store::portfolios::Portfolio;

use self::history::{History, Past};
use crate::dossiers::{BY_HAND, Draft, write};
use crate::{App, Error, Result, ids, people, secrets, session, time};

/// How to look at the demonstration firm.
#[derive(Debug, Clone, Serialize)]
pub struct DemoSignIn {
    pub cabinet: String,
    pub email: String,
    pub password: String,
    pub dossiers: u64,
    /// The other people of the firm, with the same password.
    pub people: Vec<DemoPerson>,
}

#[derive(Debug, Clone, Serialize)]
pub struct DemoPerson {
    pub name: String,
    pub email: String,
    pub role: Role,
}

const CABINET: &str = "Cabinet Delorme & Associés";
const PASSWORD: &str = "demonstration-cabready";

/// Repeatable pseudo-random numbers (SplitMix64): the same seed makes the same firm on every machine.
#[derive(Debug, Clone)]
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }

    /// One of several, by weight.
    fn weighted<'a, T>(&mut self, from: &'a [(T, u64)]) -> &'a T {
        let mut at = self.below(from.iter().map(|(_, w)| w).sum());
        for (item, weight) in from {
            if at < *weight {
                return item;
            }
            at -= weight;
        }
        &from[0].0
    }
}

struct Sector {
    portfolio: &'static str,
    weight: u64,
    /// Percent of its dossiers that have chosen a platform: portfolios are not equally advanced.
    advanced: u64,
    trades: &'static [(&'static str, &'static str)],
    regimes: &'static [(VatRegime, u64)],
}

use VatRegime::{Exempt, Franchise, NotTaxable, RealMonthly, RealQuarterly, Simplified, SimplifiedAgricultural};

const SECTORS: [Sector; 6] = [
    Sector {
        portfolio: "Commerces et restauration",
        weight: 26,
        advanced: 88,
        trades: &[
            ("Boulangerie", "10.71C"),
            ("Restaurant", "56.10A"),
            ("Fleuriste", "47.76Z"),
            ("Pharmacie", "47.73Z"),
            ("Librairie", "47.61Z"),
            ("Épicerie fine", "47.29Z"),
            ("Salon de coiffure", "96.02A"),
            ("Brasserie", "56.10A"),
        ],
        regimes: &[(RealMonthly, 34), (RealQuarterly, 24), (Simplified, 34), (Franchise, 8)],
    },
    Sector {
        portfolio: "Bâtiment et artisans",
        weight: 24,
        advanced: 70,
        trades: &[
            ("Maçonnerie", "43.99C"),
            ("Plomberie", "43.22A"),
            ("Menuiserie", "43.32A"),
            ("Électricité générale", "43.21A"),
            ("Couverture", "43.91B"),
            ("Peinture", "43.34Z"),
            ("Garage", "45.20A"),
            ("Terrassement", "43.12A"),
        ],
        regimes: &[(RealMonthly, 26), (RealQuarterly, 30), (Simplified, 30), (Franchise, 14)],
    },
    Sector {
        portfolio: "Professions libérales et santé",
        weight: 18,
        advanced: 62,
        trades: &[
            ("Cabinet dentaire", "86.23Z"),
            ("Clinique vétérinaire", "75.00Z"),
            ("Cabinet d’architecture", "71.11Z"),
            ("Cabinet de kinésithérapie", "86.90E"),
            ("Agence", "73.11Z"),
            ("Cabinet infirmier", "86.90D"),
        ],
        regimes: &[(Exempt, 34), (RealQuarterly, 22), (Simplified, 18), (Franchise, 22), (RealMonthly, 4)],
    },
    Sector {
        portfolio: "Holdings et immobilier",
        weight: 14,
        advanced: 78,
        trades: &[("Holding", "64.20Z"), ("SCI", "68.20B"), ("Foncière", "68.20B"), ("Patrimoine", "64.30Z")],
        regimes: &[(NotTaxable, 30), (RealQuarterly, 34), (Simplified, 20), (Exempt, 10), (Franchise, 6)],
    },
    Sector {
        portfolio: "Viticulture et agriculture",
        weight: 10,
        advanced: 54,
        trades: &[
            ("Domaine viticole", "01.21Z"),
            ("Exploitation agricole", "01.50Z"),
            ("Maraîchage", "01.13Z"),
            ("GAEC", "01.41Z"),
        ],
        regimes: &[(SimplifiedAgricultural, 56), (RealMonthly, 14), (RealQuarterly, 18), (Franchise, 12)],
    },
    Sector {
        portfolio: "Industrie et négoce",
        weight: 8,
        advanced: 94,
        trades: &[
            ("Imprimerie", "18.12Z"),
            ("Transports", "49.41A"),
            ("Négoce", "46.90Z"),
            ("Atelier", "25.62B"),
            ("Conserverie", "10.39B"),
        ],
        regimes: &[(RealMonthly, 84), (RealQuarterly, 16)],
    },
];

const PLACES: [&str; 24] = [
    "du Vieux-Lille",
    "de l’Île",
    "du Port",
    "des Tilleuls",
    "Beauséjour",
    "Saint-Éloi",
    "du Moulin",
    "de la Gare",
    "Grand’Rue",
    "des Halles",
    "du Château",
    "Côte d’Azur",
    "Bellevue",
    "Les Hêtres",
    "de la Citadelle",
    "du Marché",
    "Mère & Fils",
    "de l’Œuvre",
    "des Augustins",
    "Sainte-Catherine",
    "du Canal",
    "Lefebvre",
    "Dubois",
    "Vasseur",
];
const FORMS: [(&str, u64); 7] =
    [("SARL", 34), ("SAS", 26), ("EURL", 14), ("SASU", 12), ("EI", 8), ("SELARL", 3), ("SA", 3)];
const CITIES: [(&str, &str); 10] = [
    ("59800", "Lille"),
    ("59100", "Roubaix"),
    ("59200", "Tourcoing"),
    ("62000", "Arras"),
    ("59500", "Douai"),
    ("59300", "Valenciennes"),
    ("62400", "Béthune"),
    ("59140", "Dunkerque"),
    ("80000", "Amiens"),
    ("59650", "Villeneuve-d’Ascq"),
];
const PLATFORMS: [(&str, u64); 10] = [
    ("Pennylane", 26),
    ("Cegid", 16),
    ("Tiime", 14),
    ("Sage", 10),
    ("jefacture", 9),
    ("Dext", 7),
    ("Qonto", 7),
    ("Iopole", 4),
    ("B2Brouter", 4),
    ("Super PDP", 3),
];
const TOOLS: [(&str, u64); 10] = [
    ("Pennylane", 20),
    ("Sage 50", 16),
    ("EBP", 16),
    ("Excel/Word", 14),
    ("Tiime", 10),
    ("Henrri", 8),
    ("Papier", 6),
    ("Axonaut", 4),
    ("QuickBooks", 3),
    ("Sellsy", 3),
];
const FIRST: [&str; 16] = [
    "Claire",
    "Karim",
    "Sophie",
    "Julien",
    "Nadia",
    "Thomas",
    "Élodie",
    "Antoine",
    "Camille",
    "Mehdi",
    "Isabelle",
    "Laurent",
    "Aurélie",
    "Nicolas",
    "Fatou",
    "Guillaume",
];
const LAST: [&str; 16] = [
    "Martin",
    "Benali",
    "Leroy",
    "Moreau",
    "Haddad",
    "Petit",
    "Lemaire",
    "Faure",
    "Girard",
    "Traoré",
    "Fontaine",
    "Roussel",
    "Chevalier",
    "Marchand",
    "Diallo",
    "Noël",
];
const TEAM: [(&str, &str, Role); 9] = [
    ("Hélène Delorme", "helene.delorme", Role::Partner),
    ("Marc Delorme", "marc.delorme", Role::Partner),
    ("Inès Carpentier", "ines.carpentier", Role::Manager),
    ("Paul Vandamme", "paul.vandamme", Role::Manager),
    ("Lucie Brunel", "lucie.brunel", Role::Staff),
    ("Samir Aït Ali", "samir.aitali", Role::Staff),
    ("Manon Delattre", "manon.delattre", Role::Staff),
    ("Hugo Lemoine", "hugo.lemoine", Role::Staff),
    ("Odile Caron", "odile.caron", Role::Viewer),
];

/// Fills a database with the demonstration firm.
pub fn fill(app: &App, dossiers: u64, seed: u64) -> Result<DemoSignIn> {
    if !(1..=200_000).contains(&dossiers) {
        return Err(Error::conflict(
            format!("{dossiers} dossiers : de 1 à 200 000 sont possibles."),
            format!("{dossiers} dossiers: 1 to 200,000 are possible."),
        ));
    }
    let today = time::paris_day(Utc::now());
    let first = history::first_day(today);
    let mut dice = Dice(seed);
    let domain = if seed == 1 { "demo.cabready.example".to_owned() } else { format!("demo{seed}.cabready.example") };
    let firm = create_firm(app, &domain, history::moment(first, 0))?;
    let stamp = Stamp {
        at: history::moment(first, 1),
        actor: firm.people.first().map(|p| p.id),
        request_id: "demo".to_owned(),
    };
    let people: Vec<UserId> = firm.people.iter().map(|p| p.id).collect();
    let mut conn = app.store.conn()?;
    let mut history = History::new(app, (firm.cabinet, firm.portfolios.first().copied()), &firm.people, today);
    let mut taken = HashSet::new();
    let mut done = 0;
    while done < dossiers {
        let count = (dossiers - done).min(1_000);
        let made: Vec<(DossierFacts, Past)> = (done..done + count)
            .map(|i| {
                let facts = dossier(&mut dice, i, &mut taken, &firm.portfolios, &people, today);
                let past = history::past(&facts, today);
                (facts, past)
            })
            .collect();
        let drafts = made.iter().map(|(_, past)| Draft { before: None, after: Some(past.start.clone()) }).collect();
        let stored = conn.write(|conn| -> Result<_> {
            dialect::lock_cabinet(conn, firm.cabinet)?;
            let judge = app.judge(conn, firm.cabinet, first)?;
            write(conn, firm.cabinet, &stamp, &judge, BY_HAND, drafts)
        })?;
        for (stored, (facts, past)) in stored.into_iter().zip(made) {
            history.follow(stored, facts, &past.steps);
        }
        done += count;
    }
    history.live(&mut conn, CABINET)?;
    settled::settle_past(app, &mut conn, &firm.people[0].email, &stamp, &mut dice)?;
    relances::write(app, &mut conn, &firm.people[0].email, Utc::now())?;
    Ok(DemoSignIn {
        cabinet: CABINET.to_owned(),
        email: firm.people[0].email.clone(),
        password: PASSWORD.to_owned(),
        dossiers,
        people: firm
            .people
            .iter()
            .skip(1)
            .map(|p| DemoPerson { name: p.name.clone(), email: p.email.clone(), role: p.role })
            .collect(),
    })
}

struct Firm {
    cabinet: CabinetId,
    people: Vec<Person>,
    portfolios: Vec<PortfolioId>,
}

/// The cabinet, its team and its portfolios, each given to two of the four staff.
fn create_firm(app: &App, domain: &str, now: DateTime<Utc>) -> Result<Firm> {
    let hash = secrets::hash_password(app, PASSWORD)?;
    let now = session::whole_micros(now);
    let cabinet = Cabinet { id: ids::cabinet(), name: CABINET.to_owned(), demo: true, version: 1, created_at: now };
    let people: Vec<Person> = TEAM
        .iter()
        .map(|(name, local, role)| Person {
            id: ids::user(),
            cabinet: cabinet.id,
            email: format!("{local}@{domain}"),
            name: (*name).to_owned(),
            lang: Lang::Fr,
            role: *role,
            access: role.access(Access::All),
            active: true,
            aliases: Vec::new(),
            version: 1,
            created_at: now,
            last_seen_at: None,
        })
        .collect();
    let mut conn = app.store.conn()?;
    if store::people::email_is_taken(&mut conn, &people[0].email)? {
        return Err(Error::conflict(
            format!(
                "La firme de démonstration est déjà là : connectez-vous avec {}, ou prenez un autre --seed.",
                people[0].email
            ),
            format!("The demonstration firm is already there: sign in as {}, or take another --seed.", people[0].email),
        ));
    }
    let stamp = Stamp { at: now, actor: Some(people[0].id), request_id: "demo".to_owned() };
    conn.write(|conn| -> Result<Firm> {
        store::people::insert_cabinet(conn, &cabinet)?;
        dialect::lock_cabinet(conn, cabinet.id)?;
        let mut entries = vec![people::entry("cabinet.create", "cabinet", cabinet.id, &cabinet.name, json!({}))];
        for person in &people {
            store::people::insert_person(conn, person, &hash)?;
            entries.push(people::person_created(person, &[]));
        }
        let scope = store::references::actor_by_email(conn, &people[0].email)?
            .ok_or_else(|| Error::internal("the first partner is not there"))?
            .scope;
        let mut portfolios = Vec::new();
        for (i, sector) in SECTORS.iter().enumerate() {
            let portfolio =
                Portfolio { id: ids::portfolio(), cabinet: cabinet.id, name: sector.portfolio.to_owned(), version: 1 };
            store::portfolios::insert(conn, &portfolio, now)?;
            let staff = [people[4 + i % 4].id, people[4 + (i + 1) % 4].id];
            store::portfolios::set_people(conn, &scope, &portfolio, &staff)?;
            let changes = json!({ "name": [null, portfolio.name], "people": [null, staff] });
            entries.push(people::entry("portfolio.create", "portfolio", portfolio.id, &portfolio.name, changes));
            portfolios.push(portfolio.id);
        }
        store::journal::append(conn, cabinet.id, &stamp, &entries)?;
        Ok(Firm { cabinet: cabinet.id, people: people.clone(), portfolios })
    })
}

/// A SIREN that belongs to nobody in particular: its check digit holds.
fn siren(dice: &mut Dice, taken: &mut HashSet<u64>) -> Siren {
    loop {
        let stem = dice.between(10_000_000, 99_999_999);
        if !taken.insert(stem) {
            continue;
        }
        if let Some(siren) = (0..10).filter_map(|d| Siren::parse(&format!("{stem}{d}")).ok()).find(Siren::is_checked) {
            return siren;
        }
    }
}

fn siret(dice: &mut Dice, siren: Siren) -> Option<Siret> {
    let nic = dice.between(1, 89);
    (0..10).filter_map(|d| Siret::parse(&format!("{siren}{nic:04}{d}")).ok()).find(Siret::is_checked)
}

fn dossier(
    dice: &mut Dice,
    i: u64,
    taken: &mut HashSet<u64>,
    portfolios: &[PortfolioId],
    people: &[UserId],
    today: NaiveDate,
) -> DossierFacts {
    let weights: Vec<(usize, u64)> = SECTORS.iter().enumerate().map(|(n, s)| (n, s.weight)).collect();
    let place = *dice.weighted(&weights);
    let sector = &SECTORS[place];
    let (trade, naf) = dice.pick(sector.trades);
    let form = *dice.weighted(&FORMS);
    let siren = siren(dice, taken);
    let mut f = DossierFacts::new(siren, format!("{trade} {} {form}", dice.pick(&PLACES)));
    f.code = Some(format!("{}{i:05}", char::from(b'A' + place as u8)));
    f.legal_form = Some(form.to_owned());
    f.naf_code = Some((*naf).to_owned());
    let (postal, city) = *dice.pick(&CITIES);
    f.postal_code = Some(postal.to_owned());
    f.city = Some(city.to_owned());
    if dice.chance(93) {
        f.sirets = siret(dice, siren).into_iter().collect();
    }
    if dice.chance(97) {
        f.vat_regimes = vec![RegimePeriod { regime: *dice.weighted(sector.regimes), from: None }];
    }

    let industry = place == 5;
    let (low, high) = *dice.weighted(if industry {
        &[((4u64, 40u64), 46u64), ((41, 180), 34), ((250, 900), 16), ((5_100, 6_000), 4)]
    } else {
        &[((0u64, 9u64), 78u64), ((10, 48), 20), ((50, 120), 2), ((0, 3), 0)]
    });
    let headcount = dice.between(low, high);
    let per_head = dice.between(60_000, 240_000);
    if dice.chance(96) {
        f.headcount = Some(headcount as u32);
    }
    let turnover = (headcount + 1) * per_head;
    if dice.chance(97) {
        f.turnover_cents = Some((turnover * 100) as i64);
        f.balance_sheet_cents = Some((turnover * dice.between(40, 120)) as i64);
    }
    f.fiscal_year_end = dice
        .weighted(&[
            (MonthDay::new(12, 31), 70),
            (MonthDay::new(9, 30), 12),
            (MonthDay::new(6, 30), 10),
            (MonthDay::new(3, 31), 8),
        ])
        .to_owned();
    f.vat_group_member = dice.chance(2).then_some(true);
    if dice.chance(84) {
        let consumers = place == 0 || dice.chance(25);
        f.activity = Activity {
            b2b: Some(!consumers || dice.chance(50)),
            b2c: Some(consumers),
            b2g: Some(dice.chance(12)),
            international: Some(dice.chance(if industry { 60 } else { 14 })),
            ..Activity::default()
        };
    }
    if dice.chance(86) {
        f.invoices_per_month = Some((headcount + 1) as u32 * dice.between(2, 9) as u32);
    }
    if dice.chance(90) {
        f.tool = Some((*dice.weighted(&TOOLS)).to_owned());
    }
    if dice.chance(sector.advanced) {
        let name = platform::canonical_name(dice.weighted::<&str>(&PLATFORMS), domain::reference::platforms());
        if dice.chance(44) {
            f.emission_platform = Some(name.clone());
        }
        f.reception_platform = Some(name);
    }
    if dice.chance(93) {
        let (first, last) = (dice.pick(&FIRST), dice.pick(&LAST));
        let email = domain::fold(&format!("{first} {last}")).replace(' ', ".");
        f.contacts = vec![Contact {
            name: Some(format!("{first} {last}")),
            email: dice.chance(94).then(|| format!("{email}@client-{i}.example")),
            phone: dice.chance(60).then(|| format!("+333{:08}", dice.below(100_000_000))),
        }];
    }

    // A few dossiers have just arrived: no portfolio, nobody in charge yet.
    if !dice.chance(2) {
        f.portfolio_id = portfolios.get(place).copied();
        let manager = 2 + place % 2;
        f.manager = in_charge(people, manager);
        if dice.chance(91) {
            f.assignee = in_charge(people, if dice.chance(50) { 4 + place % 4 } else { 4 + (place + 1) % 4 });
        }
    }
    if dice.chance(6) {
        f.tags.push("Prioritaire".to_owned());
    }
    if dice.chance(9) {
        f.tags.push("Multi-sites".to_owned());
    }
    f.confidential = dice.chance(1);
    prepare(&mut f, today);
    f
}

/// How far the firm went with each client: told, looked up in the directory, its tool linked. From dice of its own,
/// thrown by the SIREN, so that what is added here leaves the rest of the firm as it was.
fn prepare(f: &mut DossierFacts, today: NaiveDate) {
    let mut dice = Dice(f.siren.as_str().parse().unwrap_or_default());
    // Some of it while the firm is followed, most before; nothing so old that it expires meanwhile.
    let ago = |dice: &mut Dice, most: u64, recent: u64| {
        if dice.chance(recent) {
            history::workday(dice, today, history::DAYS - 4)
        } else {
            history::workday(dice, history::first_day(today), most)
        }
    };
    let under_way = f.reception_platform.is_some();
    if dice.chance(if under_way { 92 } else { 40 }) {
        f.client_informed_on = Some(ago(&mut dice, 200, 24));
    }
    if under_way && dice.chance(88) {
        let state = if dice.chance(92) { DirectoryState::Active } else { DirectoryState::Upcoming };
        let source = "Annuaire public, consulté par le cabinet".to_owned();
        f.directory_address = Some(DirectoryAddress { state, as_of: ago(&mut dice, 90, 18), source });
    }
    let platform = f.emission_platform.as_ref().or(f.reception_platform.as_ref());
    if let Some(platform) = platform.filter(|_| f.tool.is_some() && dice.chance(85)) {
        f.tool_platform = Some(platform.clone());
    }
    if f.activity.is_answered() {
        f.activity.services = Some(dice.chance(65));
        f.vat_on_debits = dice.chance(90).then(|| dice.chance(15));
    }
    if !under_way && dice.chance(3) {
        f.formal_notice_on = Some(history::workday(&mut dice, today, 60));
    }
}

fn in_charge(people: &[UserId], place: usize) -> InCharge {
    InCharge { user_id: people.get(place).copied(), label: TEAM.get(place).map(|(name, _, _)| (*name).to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 21).unwrap()
    }

    #[test]
    fn the_same_seed_makes_the_same_dossiers_and_every_siren_holds() {
        let make = |seed| {
            let (mut dice, mut taken) = (Dice(seed), HashSet::new());
            (0..200).map(|i| dossier(&mut dice, i, &mut taken, &[], &[], day())).collect::<Vec<_>>()
        };
        assert_eq!(make(1), make(1));
        assert_ne!(make(1), make(2));
        let sirens: HashSet<_> = make(1).into_iter().map(|f| f.siren).collect();
        assert_eq!(sirens.len(), 200);
        assert!(sirens.iter().all(Siren::is_checked));
    }

    #[test]
    fn the_firm_tells_a_believable_story() {
        let (mut dice, mut taken) = (Dice(1), HashSet::new());
        let mut sums = domain::Sums::default();
        for i in 0..500 {
            let mut facts = dossier(&mut dice, i, &mut taken, &[], &[], day());
            facts.manager.user_id = Some(UserId::from_uuid(uuid::Uuid::nil()));
            sums.enter(&domain::Mark::of(&domain::readiness::evaluate(
                &facts,
                &domain::Proofs::NONE,
                &domain::readiness::Context::standard(day()),
            )));
        }
        for state in domain::ReadinessState::ALL {
            assert!(sums.state(*state) >= 5, "{state}: {}", sums.state(*state));
        }
        let mean = sums.score / sums.dossiers;
        assert!((60..95).contains(&mean), "{mean}");
    }
}
