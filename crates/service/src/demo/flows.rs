//! Flows of the demonstration firm: the exports of several platforms, day after day, taken over as a real firm's are. Most
//! invoices go their way; some are rejected with a reason, refused, stand still, bear a word that nobody knows, or are told
//! otherwise by another platform.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use domain::flow::{FlowDetails, FlowDirection, FlowKind, FlowSource, Report, StatusSaid};
use domain::{CabinetId, DossierFacts, DossierId, Siren, UserId, reference};
use store::Conn;
use store::journal::Stamp;

use super::Dice;
use super::history::moment;
use crate::flows::{Source, Writing, take};
use crate::{App, Result, time};

/// Clients whose invoices are followed, spread over the firm.
const CLIENTS: usize = 90;
/// Days over which invoices are issued.
const SPAN: u64 = 70;
/// Where a second source is asked, too.
const OTHER_SOURCE: &str = "Esker";

/// How an invoice goes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Paid,
    Approved,
    Underway,
    Rejected,
    Refused,
    Disputed,
    Suspended,
    Completed,
    Routing,
    NotTransmitted,
    Still,
    Word,
    OtherWord,
    Contradicted,
    Account,
}

const FATES: [(Fate, u64); 15] = [
    (Fate::Paid, 36),
    (Fate::Approved, 20),
    (Fate::Underway, 16),
    (Fate::Rejected, 6),
    (Fate::Refused, 3),
    (Fate::Disputed, 3),
    (Fate::Suspended, 2),
    (Fate::Completed, 2),
    (Fate::Routing, 1),
    (Fate::NotTransmitted, 2),
    (Fate::Still, 4),
    (Fate::Word, 2),
    (Fate::OtherWord, 1),
    (Fate::Contradicted, 2),
    (Fate::Account, 1),
];

const REJECTIONS: [&str; 5] = ["DEST_INC", "ADR_ERR", "MONTANTTOTAL_ERR", "CALCUL_ERR", "DOUBLON"];
const REFUSALS: [(&str, &str); 3] = [
    ("TX_TVA_ERR", "Taux de TVA à 10 % au lieu de 20 %."),
    ("DEST_ERR", "Facture destinée à un autre établissement."),
    ("NON_CONFORME", "Mention de l’escompte absente."),
];

/// What arrives on which day, from whom.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    clients: Vec<(DossierId, DossierFacts)>,
    days: BTreeMap<NaiveDate, BTreeMap<String, Vec<Report>>>,
    by_siren: BTreeMap<Siren, DossierId>,
}

impl Arrivals {
    /// Takes a dossier whose invoices may be followed.
    pub fn follow(&mut self, id: DossierId, facts: &DossierFacts) {
        if facts.reception_platform.is_some() {
            self.clients.push((id, facts.clone()));
        }
    }

    /// Throws the dice for all invoices, once every client is known.
    pub fn settle(&mut self, today: NaiveDate) {
        let clients = std::mem::take(&mut self.clients);
        let every = clients.len().div_ceil(CLIENTS).max(1);
        for (place, (id, facts)) in clients.into_iter().step_by(every).enumerate() {
            self.by_siren.insert(facts.siren, id);
            let number: u64 = facts.siren.as_str().parse().unwrap_or_default();
            let mut dice = Dice(number ^ 0xf10e_f10e);
            for n in 0..dice.between(3, 8) {
                self.invoice(&mut dice, &facts, n, today);
            }
            if place % 6 == 0 {
                self.transmission(&mut dice, &facts, today);
            }
        }
        self.strangers(today);
    }

    fn arrives(&mut self, source: &str, report: Report, today: NaiveDate) {
        let Some(said) = &report.status else { return };
        // An export is fetched the morning after.
        let day = time::paris_day(said.at) + Days::new(1);
        if day < today {
            self.days.entry(day).or_default().entry(source.to_owned()).or_default().push(report);
        }
    }

    fn invoice(&mut self, dice: &mut Dice, facts: &DossierFacts, n: u64, today: NaiveDate) {
        let sale = facts.emission_platform.is_some() && dice.chance(55);
        let platform = if sale { facts.emission_platform.clone() } else { facts.reception_platform.clone() };
        let issued = super::history::workday(dice, today, SPAN);
        let counterparty = stranger(dice);
        let own = facts.siren.to_string();
        let net = dice.between(80, 9_000) as i64 * 100 + dice.below(100) as i64;
        let vat = net / 5;
        let letter = if sale { "F" } else { "A" };
        let report = Report {
            owner: own.clone(),
            owner_siren: Some(facts.siren),
            kind: if dice.chance(5) { FlowKind::CreditNote } else { FlowKind::Invoice },
            direction: if sale { FlowDirection::Sale } else { FlowDirection::Purchase },
            number: format!("{letter}{}-{:04}", issued.format("%Y%m"), dice.below(900) * 10 + n),
            seller: if sale { own } else { counterparty.clone() },
            counterparty,
            counterparty_name: String::new(),
            issued_on: Some(issued),
            due_on: Some(issued + Days::new(30)),
            net_cents: Some(net),
            vat_cents: Some(vat),
            gross_cents: Some(net + vat),
            currency: "EUR".to_owned(),
            platform: platform.unwrap_or_default(),
            details: FlowDetails::default(),
            status: None,
        };
        let fate = *dice.weighted(&FATES);
        let mut at = moment(issued, dice.below(12) as usize);
        let coded = report.platform.len().is_multiple_of(2);
        for (code, raw, reasons, comment) in course(dice, fate, sale) {
            let raw = match raw {
                Some(word) => word.to_owned(),
                // Some platforms export codes, others their labels.
                None if coded => code.to_string(),
                None => reference::status(code).map_or_else(|| code.to_string(), |row| row.label.fr.clone()),
            };
            let collected = (code == 212).then_some(net + vat);
            let status = said(raw, at, reasons, comment, collected);
            let source = report.platform.clone();
            self.arrives(&source, Report { status: Some(status), ..report.clone() }, today);
            at += Duration::minutes(dice.between(4, 60) as i64 * if code < 204 { 9 } else { 80 });
        }
        if fate == Fate::Contradicted {
            let status = said("Encaissée".to_owned(), at, Vec::new(), "", Some(net + vat));
            self.arrives(OTHER_SOURCE, Report { status: Some(status), ..report }, today);
        }
    }

    /// A report of October to the administration.
    fn transmission(&mut self, dice: &mut Dice, facts: &DossierFacts, today: NaiveDate) {
        let first = NaiveDate::from_ymd_opt(2026, 10, 1).filter(|day| *day < today).unwrap_or(today - Days::new(40));
        let sent = first + Days::new(35);
        let (raw, reasons) = if dice.chance(85) { ("300", vec![]) } else { ("301", vec!["REJ_PER".to_owned()]) };
        let report = Report {
            owner: facts.siren.to_string(),
            owner_siren: Some(facts.siren),
            kind: FlowKind::Transmission,
            direction: FlowDirection::Sale,
            number: format!("ER-{}-{}", first.format("%Y%m"), dice.between(100, 999)),
            seller: facts.siren.to_string(),
            counterparty: String::new(),
            counterparty_name: String::new(),
            issued_on: Some(sent),
            due_on: None,
            net_cents: None,
            vat_cents: None,
            gross_cents: None,
            currency: "EUR".to_owned(),
            platform: facts.reception_platform.clone().unwrap_or_default(),
            details: FlowDetails {
                block: Some("10.3".to_owned()),
                period_from: Some(first),
                period_to: Some(first + Days::new(30)),
                ..FlowDetails::default()
            },
            status: Some(said(raw.to_owned(), moment(sent, 3), reasons, "", None)),
        };
        let source = report.platform.clone();
        self.arrives(&source, report, today);
    }

    /// Invoices of clients that the firm does not have, or whose SIREN is none.
    fn strangers(&mut self, today: NaiveDate) {
        let mut dice = Dice(0x57a6_57a6);
        for n in 0..6u64 {
            let issued = super::history::workday(&mut dice, today, 20);
            let owner = if n == 0 { "12345678".to_owned() } else { stranger(&mut dice) };
            let report = Report {
                owner_siren: Siren::parse(&owner).ok(),
                kind: FlowKind::Invoice,
                direction: FlowDirection::Sale,
                number: format!("FA-{:05}", dice.below(90_000) + n),
                seller: owner.clone(),
                counterparty: stranger(&mut dice),
                counterparty_name: String::new(),
                issued_on: Some(issued),
                due_on: None,
                net_cents: Some(45_000),
                vat_cents: Some(9_000),
                gross_cents: Some(54_000),
                currency: "EUR".to_owned(),
                platform: OTHER_SOURCE.to_owned(),
                details: FlowDetails::default(),
                status: Some(said("Mise à disposition".to_owned(), moment(issued, 2), Vec::new(), "", None)),
                owner,
            };
            self.arrives(OTHER_SOURCE, report, today);
        }
    }

    /// What arrives on a day; returns the dossiers that it is about.
    pub fn live(
        &mut self,
        conn: &mut Conn,
        (app, cabinet): (&App, CabinetId),
        actor: Option<UserId>,
        day: NaiveDate,
    ) -> Result<BTreeSet<DossierId>> {
        let Some(sources) = self.days.remove(&day) else { return Ok(BTreeSet::new()) };
        let judge = app.judge(conn, cabinet, day)?;
        let mut touched = BTreeSet::new();
        for (place, (name, reports)) in sources.into_iter().enumerate() {
            let stamp = Stamp { at: moment(day, place), actor, request_id: "demo".to_owned() };
            let source = Source { kind: FlowSource::List, name: &name };
            take(&mut Writing { conn, cabinet, stamp: &stamp, judge: &judge }, source, &reports)?;
            touched.extend(reports.iter().filter_map(|r| self.by_siren.get(r.owner_siren.as_ref()?)));
        }
        Ok(touched)
    }
}

fn said(
    raw: String,
    at: DateTime<Utc>,
    reasons: Vec<String>,
    comment: impl Into<String>,
    collected_cents: Option<i64>,
) -> StatusSaid {
    StatusSaid { code: None, raw, reasons, comment: comment.into(), collected_cents, at }
}

/// A SIREN of nobody in particular.
fn stranger(dice: &mut Dice) -> String {
    let stem = dice.between(30_000_000, 89_999_999);
    (0..10)
        .filter_map(|d| Siren::parse(&format!("{stem}{d}")).ok())
        .find(Siren::is_checked)
        .map_or_else(|| format!("{stem}0"), |siren| siren.to_string())
}

type Stage = (u32, Option<&'static str>, Vec<String>, &'static str);

/// The statuses of an invoice, in their order.
fn course(dice: &mut Dice, fate: Fate, sale: bool) -> Vec<Stage> {
    let plain = |code| -> Stage { (code, None, Vec::new(), "") };
    let because = |code, reason: &str, comment| -> Stage { (code, None, vec![reason.to_owned()], comment) };
    let way = |last: u32| -> Vec<Stage> {
        // A buyer hears of what arrives.
        let first = if sale { 200 } else { 202 };
        [200, 201, 202, 203, 204, 205, 211, 212].into_iter().filter(|c| (first..=last).contains(c)).map(plain).collect()
    };
    let mut stages = match fate {
        Fate::Paid => way(212),
        Fate::Approved | Fate::Account => way(205),
        Fate::Underway => way(*dice.pick(&[203, 204])),
        Fate::Still | Fate::NotTransmitted => Vec::new(),
        Fate::Rejected | Fate::Contradicted => way(201),
        Fate::Routing => way(201),
        Fate::Refused | Fate::Disputed | Fate::Suspended | Fate::Completed => way(204),
        Fate::Word | Fate::OtherWord => way(202),
    };
    match fate {
        Fate::Rejected | Fate::Contradicted => stages.push(because(213, dice.pick::<&str>(&REJECTIONS), "")),
        Fate::Refused => {
            let (reason, comment) = *dice.pick(&REFUSALS);
            stages.push(because(210, reason, comment));
        }
        Fate::Disputed => stages.push(because(207, "PU_ERR", "Prix différent du devis signé.")),
        Fate::Suspended | Fate::Completed => {
            stages.push(because(208, "JUSTIF_ABS", "Bon de livraison attendu."));
            if fate == Fate::Completed {
                stages.extend([plain(209), plain(205)]);
            }
        }
        Fate::Routing => stages.push(because(221, "ROUTAGE_ERR", "")),
        Fate::NotTransmitted => stages.push(because(200, "NON_TRANSMISE", "")),
        Fate::Still => stages.push(plain(if sale { 200 } else { 202 })),
        Fate::Word => stages.push((0, Some("En attente de routage"), Vec::new(), "")),
        Fate::OtherWord => stages.push((0, Some("Traitement PA"), Vec::new(), "")),
        Fate::Account => stages.push(plain(227)),
        Fate::Paid | Fate::Approved | Fate::Underway => {}
    }
    stages
}
