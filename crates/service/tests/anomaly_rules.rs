//! What rules find, as people meet it: each opens, stays, ends by itself and comes back; causes gather; settings hold; and
//! what is found step by step is what would be found from the beginning.

mod common;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use common::{SignedIn, World, code, on_both};
use contract::*;
use domain::anomaly::{AnomalyRule, AnomalyState, Resolution, Severity};
use domain::flow::{FlowDetails, FlowDirection, FlowKind, FlowSource, Report, StatusSaid};
use domain::{AnomalyId, Criterion, CriterionState, DossierId, Role, Text};
use serde_json::{Value, json};
use service::anomalies::{self, again, findings};
use service::flows::{Source, Writing, take};
use store::journal::Stamp;

/// SIRENs whose check digit holds.
fn siren(n: u32) -> String {
    let stem = format!("{:08}", 40_000_000 + n);
    (0..10).map(|d| format!("{stem}{d}")).find(|s| domain::Siren::parse(s).is_ok_and(|s| s.is_checked())).unwrap()
}

/// A firm with one partner, and the day on which it is.
struct Firm<'a> {
    world: &'a World,
    partner: RefCell<SignedIn>,
    /// Statuses come one after the other.
    clock: Cell<i64>,
}

impl<'a> Firm<'a> {
    fn new(world: &'a World) -> Self {
        let partner = RefCell::new(world.sign_up("Cabinet Essai", "claire@essai.example"));
        Self { world, partner, clock: Cell::new(0) }
    }

    fn partner(&self) -> SignedIn {
        self.partner.borrow().clone()
    }

    fn call(&self) -> service::Call {
        self.world.by(&self.partner())
    }

    /// A session does not last for days.
    fn comes_back(&self) {
        self.partner.replace(self.world.sign_in("claire@essai.example"));
    }

    /// A client with a mandate by hand, on Pennylane.
    fn client(&self, n: u32) -> DossierId {
        self.client_with(n, json!({}))
    }

    fn client_with(&self, n: u32, more: Value) -> DossierId {
        let mut facts = json!({
            "siren": siren(n), "name": format!("Client {n:03}"), "reception_platform": "Pennylane",
            "emission_platform": "Pennylane", "vat_regimes": [{"regime": "real_monthly", "from": null}],
            "activity": {"b2b": true, "b2c": false, "b2g": false, "international": false, "services": true},
            "proofs": [{"criterion": "mandate", "what": "Mandat papier", "source": "hand", "on": "2026-01-05"}],
        });
        if let (Value::Object(facts), Value::Object(more)) = (&mut facts, more) {
            facts.extend(more);
        }
        let body = NewDossier { facts: serde_json::from_value(facts).unwrap() };
        service::dossiers::create_dossier(&self.call(), Nothing {}, Nothing {}, body).unwrap().reply.id
    }

    fn dossier(&self, id: DossierId) -> Dossier {
        service::dossiers::read_dossier(&self.call(), id, Nothing {}, Nothing {}).unwrap().reply
    }

    fn change(&self, id: DossierId, fields: Value) -> Dossier {
        let version = self.dossier(id).version;
        let fields: BTreeMap<String, Value> = serde_json::from_value(fields).unwrap();
        let call = self.world.by_on(&self.partner(), version);
        service::dossiers::update_dossier(&call, id, Nothing {}, DossierChange { fields }).unwrap().reply
    }

    fn write<T>(&self, work: impl FnOnce(&mut Writing<'_>) -> service::Result<T>) -> T {
        let call = self.call();
        let cabinet = call.scope().unwrap().cabinet();
        let stamp = Stamp { at: call.now, actor: None, request_id: "test".into() };
        call.app
            .store
            .conn()
            .unwrap()
            .write(|conn| {
                store::dialect::lock_cabinet(conn, cabinet)?;
                let judge = call.judge(conn)?;
                work(&mut Writing { conn, cabinet, stamp: &stamp, judge: &judge })
            })
            .unwrap()
    }

    fn take_from(&self, source: &str, reports: &[Report]) {
        let taken = self.write(|w| take(w, Source { kind: FlowSource::List, name: source }, reports));
        assert_eq!(taken.refused, 0, "{taken:?}");
    }

    fn take(&self, reports: &[Report]) {
        self.take_from("Export A", reports);
    }

    /// A minute after the status before.
    fn next(&self) -> DateTime<Utc> {
        self.clock.set(self.clock.get() + 1);
        self.world.now.get() - Duration::hours(20) + Duration::minutes(self.clock.get())
    }

    /// A status of an invoice of a client.
    fn says(&self, n: u32, number: &str, code: u32, reasons: &[&str]) {
        self.take(&[with(invoice(n, number), code, reasons, self.next())]);
    }

    fn handle(&self, number: &str, handling: &str) {
        let flows = self.world.texts(&format!("SELECT id AS text FROM flows WHERE number = '{number}'"));
        let body = json!({ "ids": flows, "handling": handling, "note": "réglé" });
        let body = serde_json::from_value(body).unwrap();
        service::flows::handle_flows(&self.call(), Nothing {}, Nothing {}, body).unwrap();
    }

    fn day_passes(&self, days: i64) {
        self.world.pass(Duration::days(days));
        self.comes_back();
    }

    fn look_at_day(&self) {
        let call = self.call();
        let cabinet = call.scope().unwrap().cabinet();
        findings::look_at_day(&call.app, cabinet, call.today(), call.now).unwrap();
        self.holds();
    }

    fn rows(&self, state: &[AnomalyState]) -> Vec<AnomalyRow> {
        let filter = AnomalyQuery { state: Several(state.to_vec()), ..Default::default() };
        let query = AnomalyListQuery { filter, limit: Some(200), ..Default::default() };
        anomalies::list_anomalies(&self.call(), Nothing {}, query, Nothing {}).unwrap().reply.data
    }

    /// Anomalies of a rule that are not over.
    fn open(&self, rule: AnomalyRule) -> Vec<AnomalyRow> {
        self.holds();
        self.rows(&[]).into_iter().filter(|row| row.rule == rule).collect()
    }

    fn one(&self, rule: AnomalyRule) -> AnomalyRow {
        let mut open = self.open(rule);
        assert_eq!(open.len(), 1, "{rule}: {open:?}");
        open.remove(0)
    }

    fn read(&self, id: AnomalyId) -> Anomaly {
        anomalies::read_anomaly(&self.call(), id, Nothing {}, Nothing {}).unwrap().reply
    }

    fn occurrences(&self, id: AnomalyId, closed: bool) -> Vec<Occurrence> {
        let query = OccurrenceQuery { closed: Some(closed), ..Default::default() };
        anomalies::list_occurrences(&self.call(), id, query, Nothing {}).unwrap().reply.data
    }

    fn act(&self, id: AnomalyId, act: AnomalyAct) -> AnomalyActResult {
        let body = AnomalyActInput { ids: Some(vec![id]), filter: None, act, versions: None, preview: false };
        anomalies::act_on_anomalies(&self.call(), Nothing {}, Nothing {}, body).unwrap().reply
    }

    /// The sums of anomalies and flows are those of the occurrences.
    fn holds(&self) {
        let wrong = self.world.texts(
            "SELECT a.rule || ' ' || a.cause || ': ' || a.occurrences || ' ' || a.dossiers || ' ' || a.exposure_cents AS text \
             FROM anomalies AS a WHERE a.closed_at IS NULL AND (\
             a.occurrences <> (SELECT COUNT(*) FROM occurrences AS o WHERE o.anomaly_id = a.id AND o.closed_at IS NULL) OR \
             a.dossiers <> (SELECT COUNT(DISTINCT o.dossier_id) FROM occurrences AS o WHERE o.anomaly_id = a.id AND o.closed_at IS NULL) OR \
             a.exposure_cents <> (SELECT COALESCE(SUM(o.exposure_cents), 0) FROM occurrences AS o WHERE o.anomaly_id = a.id AND o.closed_at IS NULL) OR \
             a.occurrences = 0)",
        );
        assert_eq!(wrong, Vec::<String>::new(), "sums of anomalies differ from their occurrences");
        let wrong = self.world.texts(
            "SELECT f.number || ': ' || f.anomalies AS text FROM flows AS f WHERE \
             f.anomalies <> (SELECT COUNT(*) FROM occurrences AS o WHERE o.flow_id = f.id AND o.closed_at IS NULL)",
        );
        assert_eq!(wrong, Vec::<String>::new(), "flows count other occurrences than they have");
        let wrong = self.world.texts(
            "SELECT o.fingerprint AS text FROM occurrences AS o JOIN anomalies AS a ON a.id = o.anomaly_id \
             WHERE o.closed_at IS NULL AND a.closed_at IS NOT NULL",
        );
        assert_eq!(wrong, Vec::<String>::new(), "what is over has open occurrences");
        for report in service::cockpit::verify_sums(&self.world.app).unwrap() {
            assert!(report.ok, "stored sums differ from computed ones");
        }
    }

    /// Everything that stands open, by place, cause and detail.
    fn standing(&self) -> Vec<String> {
        self.world.texts(
            "SELECT fingerprint || ' ' || cause || ' ' || detail AS text FROM occurrences WHERE closed_at IS NULL ORDER BY fingerprint",
        )
    }

    /// Forgets what was found, and finds it from the beginning.
    fn found_anew(&self) -> Vec<String> {
        self.world.sql("DELETE FROM anomalies; UPDATE flows SET anomalies = 0;");
        let call = self.call();
        again::everything(&call.app, call.scope().unwrap().cabinet(), call.now).unwrap();
        self.standing()
    }

    fn settings(&self, change: Value) -> AnomalySettings {
        let call = self.call();
        let version =
            anomalies::read_anomaly_settings(&call, Nothing {}, Nothing {}, Nothing {}).unwrap().reply.version;
        let call = self.world.by_on(&self.partner(), version);
        let body = serde_json::from_value(change).unwrap();
        let reply = anomalies::update_anomaly_settings(&call, Nothing {}, Nothing {}, body).unwrap().reply;
        service::jobs::drain(&call.app).unwrap();
        reply
    }
}

/// A sale of 1,200 euros, without a status.
fn invoice(n: u32, number: &str) -> Report {
    Report {
        owner: siren(n),
        owner_siren: domain::Siren::parse(&siren(n)).ok(),
        kind: FlowKind::Invoice,
        direction: FlowDirection::Sale,
        number: number.to_owned(),
        seller: siren(n),
        counterparty: siren(900),
        counterparty_name: "Acheteur SA".into(),
        issued_on: Some("2026-11-18".parse().unwrap()),
        due_on: None,
        net_cents: Some(100_000),
        vat_cents: Some(20_000),
        gross_cents: Some(120_000),
        currency: "EUR".into(),
        platform: "Pennylane".into(),
        details: FlowDetails::default(),
        status: None,
    }
}

fn purchase(n: u32, number: &str) -> Report {
    Report { direction: FlowDirection::Purchase, seller: siren(901), counterparty: siren(901), ..invoice(n, number) }
}

fn with(report: Report, code: u32, reasons: &[&str], at: DateTime<Utc>) -> Report {
    let status = StatusSaid {
        code: Some(code),
        raw: code.to_string(),
        reasons: reasons.iter().map(|r| (*r).to_owned()).collect(),
        comment: String::new(),
        collected_cents: None,
        at,
    };
    Report { status: Some(status), ..report }
}

/// A rule opens, stays as it is when it is looked at again, ends by itself, and comes back with its history.
fn lives(firm: &Firm<'_>, rule: AnomalyRule, open: &dyn Fn(), end: &dyn Fn(), back: &dyn Fn()) {
    assert!(firm.open(rule).is_empty(), "{rule} before anything happened");
    open();
    let opened = firm.one(rule);
    assert_eq!((opened.state, opened.reopened), (AnomalyState::New, 0), "{rule}");
    assert!(opened.due_at.is_some_and(|due| due > firm.world.now.get()));
    let read = firm.read(opened.id);
    assert!(!read.sentence.fr.contains(['{', '[', '…']) && read.sentence.fr.ends_with('.'), "{}", read.sentence.fr);
    let call = firm.call();
    again::everything(&call.app, call.scope().unwrap().cabinet(), call.now).unwrap();
    assert_eq!(firm.one(rule).version, opened.version, "{rule}: looked at again it stays as it is");
    end();
    assert!(firm.open(rule).is_empty(), "{rule} has ended: {:?}", firm.open(rule));
    let ended = firm.read(opened.id);
    assert_eq!((ended.row.state, ended.resolution), (AnomalyState::Resolved, Some(Resolution::CauseGone)), "{rule}");
    let gone = firm.occurrences(opened.id, true);
    assert!(gone.iter().all(|o| o.closed_because.as_ref().is_some_and(|t| !t.fr.is_empty())), "{rule}: {gone:?}");
    back();
    let again = firm.one(rule);
    assert_eq!((again.id, again.reopened, again.state), (opened.id, 1, AnomalyState::New), "{rule}");
    let events: Vec<_> = firm.read(again.id).history.iter().map(|s| s.event.as_str()).collect();
    assert_eq!(events, ["open", "close", "reopen"], "{rule}");
}

#[test]
fn standing_statuses_open_end_and_come_back() {
    on_both(|world| {
        let firm = Firm::new(world);
        firm.client(1);
        for (n, (rule, code, reason)) in [
            (AnomalyRule::Rejected, 213, "ADR_ERR"),
            (AnomalyRule::Refused, 210, "TX_TVA_ERR"),
            (AnomalyRule::Disputed, 207, "PU_ERR"),
            (AnomalyRule::Suspended, 208, "JUSTIF_ABS"),
            (AnomalyRule::RoutingError, 221, "ROUTAGE_ERR"),
            (AnomalyRule::NotTransmitted, 200, "NON_TRANSMISE"),
            (AnomalyRule::Unreadable, 501, "IRR_SYNTAX"),
        ]
        .into_iter()
        .enumerate()
        {
            let number = format!("F-{n}");
            let says = |code, reasons: &[&str]| firm.says(1, &number, code, reasons);
            lives(&firm, rule, &|| says(code, &[reason]), &|| says(220, &[]), &|| says(code, &[reason]));
            firm.handle(&number, "resolved");
            assert!(firm.open(rule).is_empty(), "{rule}: the firm has dealt with it");
        }
    });
}

#[test]
fn what_contradicts_itself_is_found_and_settled_by_the_firm() {
    on_both(|world| {
        let firm = Firm::new(world);
        firm.client(1);
        lives(
            &firm,
            AnomalyRule::MandatoryAfterEnd,
            &|| {
                firm.says(1, "F-1", 213, &["ADR_ERR"]);
                firm.says(1, "F-1", 212, &[]);
            },
            &|| firm.handle("F-1", "resolved"),
            &|| firm.handle("F-1", "in_progress"),
        );
        lives(
            &firm,
            AnomalyRule::SourcesDisagree,
            &|| {
                firm.take_from("Export A", &[with(invoice(1, "F-2"), 213, &["ADR_ERR"], firm.next())]);
                firm.take_from("Connexion B", &[with(invoice(1, "F-2"), 212, &[], firm.next())]);
            },
            &|| firm.handle("F-2", "ignored"),
            &|| firm.handle("F-2", "in_progress"),
        );
        let both = firm.read(firm.one(AnomalyRule::SourcesDisagree).id).sentence;
        assert!(both.fr.contains("Export A : Rejetée (213)") && both.fr.contains("Connexion B : Encaissée (212)"));
        lives(
            &firm,
            AnomalyRule::DuplicateNumber,
            &|| {
                firm.says(1, "F-3", 200, &[]);
                let other = Report { gross_cents: Some(99_900), ..invoice(1, "F-3") };
                firm.take_from("Export B", &[other]);
            },
            &|| firm.handle("F-3", "resolved"),
            &|| firm.handle("F-3", "in_progress"),
        );
        lives(
            &firm,
            AnomalyRule::VatKey,
            &|| {
                let details = FlowDetails { seller_vat: Some(format!("FR00{}", siren(1))), ..FlowDetails::default() };
                firm.take(&[Report { details, ..invoice(1, "F-4") }]);
            },
            &|| firm.handle("F-4", "resolved"),
            &|| firm.handle("F-4", "in_progress"),
        );
    });
}

#[test]
fn both_sides_of_one_invoice_are_compared() {
    on_both(|world| {
        let firm = Firm::new(world);
        firm.client(1);
        firm.client(2);
        let sale = Report { counterparty: siren(2), ..invoice(1, "F-9") };
        let bought = |gross| Report {
            owner: siren(2),
            owner_siren: domain::Siren::parse(&siren(2)).ok(),
            direction: FlowDirection::Purchase,
            counterparty: siren(1),
            gross_cents: Some(gross),
            ..sale.clone()
        };
        firm.take(std::slice::from_ref(&sale));
        firm.take(&[Report { number: "F-8".into(), ..bought(120_000) }]);
        assert!(firm.open(AnomalyRule::DuplicateNumber).is_empty());
        // The sale, which nobody touched, is drawn in by the purchase.
        firm.take(&[bought(50_000)]);
        let found = firm.one(AnomalyRule::DuplicateNumber);
        assert_eq!((found.occurrences, found.dossiers), (2, 2));
        let standing = firm.standing();
        assert_eq!(firm.found_anew(), standing);
    });
}

#[test]
fn time_alone_opens_what_stands_too_long() {
    on_both(|world| {
        let firm = Firm::new(world);
        firm.client(1);
        let sweep = || {
            service::flows::sweep(&world.app, world.now.get()).unwrap();
        };
        firm.says(1, "F-1", 202, &[]);
        sweep();
        assert!(firm.open(AnomalyRule::Stuck).is_empty(), "twenty-four hours are given");
        firm.day_passes(2);
        sweep();
        let stuck = firm.one(AnomalyRule::Stuck);
        assert_eq!(stuck.platform.as_deref(), Some("Pennylane"));
        firm.says(1, "F-1", 205, &[]);
        assert!(firm.open(AnomalyRule::Stuck).is_empty());
        let because = firm.occurrences(stuck.id, true).remove(0).closed_because.unwrap();
        assert_eq!(because.fr, "Statut actuel : Approuvée (205).");

        // Paid, and VAT is due on collection: awaited for some days.
        firm.says(1, "F-2", 211, &[]);
        firm.look_at_day();
        assert!(firm.open(AnomalyRule::CollectionMissing).is_empty());
        firm.day_passes(6);
        firm.look_at_day();
        let missing = firm.one(AnomalyRule::CollectionMissing);
        firm.look_at_day();
        assert_eq!(firm.one(AnomalyRule::CollectionMissing).version, missing.version);
        firm.says(1, "F-2", 212, &[]);
        assert!(firm.open(AnomalyRule::CollectionMissing).is_empty());
        // A client who has opted for debits owes none.
        firm.says(1, "F-3", 211, &[]);
        firm.day_passes(7);
        firm.look_at_day();
        firm.one(AnomalyRule::CollectionMissing);
        let id = firm.rows(&[])[0].id;
        let dossier = firm.occurrences(id, false)[0].dossier_id.unwrap();
        firm.change(dossier, json!({ "vat_on_debits": true }));
        assert!(firm.open(AnomalyRule::CollectionMissing).is_empty());
    });
}

#[test]
fn a_client_without_dossier_is_found_until_it_has_one() {
    on_both(|world| {
        let firm = Firm::new(world);
        firm.client(1);
        firm.says(7, "F-1", 205, &[]);
        firm.says(7, "F-2", 205, &[]);
        let unknown = firm.one(AnomalyRule::UnknownClient);
        assert_eq!((unknown.occurrences, unknown.dossiers), (2, 0), "one cause: the client");
        let id = firm.client(7);
        assert!(firm.open(AnomalyRule::UnknownClient).is_empty());
        assert_eq!(
            firm.occurrences(unknown.id, true)[0].closed_because.as_ref().unwrap().en,
            "The client has its dossier."
        );
        service::dossiers::delete_dossier(
            &world.by_on(&firm.partner(), firm.dossier(id).version),
            id,
            Nothing {},
            Nothing {},
        )
        .unwrap();
        firm.holds();
    });
}

#[test]
fn facts_of_a_dossier_open_and_end_what_follows_from_them() {
    on_both(|world| {
        let firm = Firm::new(world);
        let id = firm.client(1);
        let mandate =
            |on: &str| json!({"proofs": [{"criterion": "mandate", "what": "Mandat", "source": "hand", "on": on}]});
        lives(
            &firm,
            AnomalyRule::NoMandate,
            &|| {
                firm.change(id, json!({ "proofs": null }));
                firm.says(1, "F-1", 205, &[]);
            },
            &|| drop(firm.change(id, mandate("2026-11-02"))),
            &|| drop(firm.change(id, json!({ "proofs": null }))),
        );
        firm.change(id, mandate("2026-11-03"));
        let other = firm.client(2);
        lives(
            &firm,
            AnomalyRule::OtherPlatform,
            &|| firm.take(&[Report { platform: "Plateforme X".into(), ..invoice(2, "F-2") }]),
            &|| drop(firm.change(other, json!({ "emission_platform": "Plateforme X" }))),
            &|| drop(firm.change(other, json!({ "emission_platform": "Pennylane" }))),
        );
        let address = |state: &str| json!({ "directory_address": {"state": state, "as_of": "2026-11-20", "source": "Annuaire public"} });
        firm.take(&[Report { platform: "Pennylane".into(), ..purchase(1, "A-1") }]);
        lives(
            &firm,
            AnomalyRule::AddressLost,
            &|| drop(firm.change(id, address("disabled"))),
            &|| drop(firm.change(id, address("active"))),
            &|| drop(firm.change(id, address("absent"))),
        );
    });
}

/// Where flows go is looked at once one is later than those that are known there: years that are taken over afterwards change
/// nothing, what comes today does.
#[test]
fn a_later_flow_of_a_platform_is_looked_at_and_an_earlier_one_changes_nothing() {
    on_both(|world| {
        let firm = Firm::new(world);
        firm.client(1);
        let issued = |number: &str, days: i64| {
            let day = world.now.get().date_naive() - Duration::days(days);
            Report { platform: "Plateforme X".into(), issued_on: Some(day), ..invoice(1, number) }
        };
        firm.take(&[issued("F-1", 90), issued("F-2", 60)]);
        assert!(firm.open(AnomalyRule::OtherPlatform).is_empty(), "the past may have gone by another platform");
        firm.take(&[issued("F-3", 3), issued("F-4", 80)]);
        let found = firm.one(AnomalyRule::OtherPlatform);
        firm.take(&[issued("F-5", 70), issued("F-6", 3), issued("F-7", 1)]);
        assert_eq!(firm.one(AnomalyRule::OtherPlatform).version, found.version);
        assert_eq!(firm.standing(), firm.found_anew());
    });
}

#[test]
fn a_critical_anomaly_holds_back_the_score_until_it_is_over() {
    on_both(|world| {
        let firm = Firm::new(world);
        let id = firm.client(1);
        let criterion = || {
            let dossier = firm.dossier(id);
            dossier.readiness.criteria.iter().find(|c| c.criterion == Criterion::NoCriticalAnomaly).unwrap().state
        };
        assert_eq!(criterion(), CriterionState::Met, "somebody looks");
        firm.take(&[with(purchase(1, "A-1"), 227, &[], firm.next())]);
        let row = firm.one(AnomalyRule::BankDetails);
        assert_eq!((row.severity, criterion()), (Severity::Critical, CriterionState::Missing));
        let cockpit = || {
            service::cockpit::read_cockpit(&firm.call(), Nothing {}, CockpitQuery { portfolio_id: None }, Nothing {})
                .unwrap()
                .reply
        };
        assert_eq!(cockpit().critical, 1);
        let version = firm.dossier(id).version;
        firm.take(&[with(purchase(1, "A-2"), 227, &[], firm.next())]);
        assert_eq!(firm.dossier(id).version, version, "written only where it changes what counts");
        // Edited by hand the evidence stays.
        firm.change(id, json!({ "notes": "Appelé." }));
        assert_eq!(criterion(), CriterionState::Missing);
        let done = firm.act(row.id, AnomalyAct::Resolve { resolution: Resolution::Verified, note: None });
        assert_eq!((done.changed, criterion(), cockpit().critical), (1, CriterionState::Met, 0));
        firm.holds();
        service::bulk::undo_act(&firm.call(), done.act_id.unwrap(), Nothing {}, Nothing {}).unwrap();
        assert_eq!((firm.one(AnomalyRule::BankDetails).occurrences, criterion()), (2, CriterionState::Missing));
        firm.handle("A-1", "resolved");
        firm.handle("A-2", "resolved");
        assert_eq!(criterion(), CriterionState::Met);
    });
}

#[test]
fn an_account_that_changes_is_one_cause_over_all_clients_until_it_is_verified() {
    on_both(|world| {
        let firm = Firm::new(world);
        let to = |n, number: &str, account: &str| {
            let details = FlowDetails { account: Some(account.into()), ..FlowDetails::default() };
            firm.take(&[Report { details, ..purchase(n, number) }]);
        };
        let (old, new) = ("FR7630006000011234567890189", "FR1420041010050500013M02606");
        for n in 1..4 {
            firm.client(n);
            to(n, &format!("A-{n}"), old);
        }
        assert!(firm.open(AnomalyRule::BankDetails).is_empty());
        for n in 1..4 {
            to(n, &format!("B-{n}"), new);
        }
        let found = firm.one(AnomalyRule::BankDetails);
        assert_eq!((found.occurrences, found.dossiers, found.exposure_cents), (3, 3, 360_000));
        let sentence = firm.read(found.id).sentence.fr;
        assert!(sentence.contains("FR14 … 2606") && !sentence.contains("010050500"), "{sentence}");
        firm.act(found.id, AnomalyAct::Resolve { resolution: Resolution::Verified, note: None });
        to(1, "C-1", new);
        assert!(firm.open(AnomalyRule::BankDetails).is_empty(), "verified once for all");
        to(1, "D-1", "DE89370400440532013000");
        firm.one(AnomalyRule::BankDetails);
    });
}

#[test]
fn what_a_person_ends_stays_so_until_something_new_comes() {
    on_both(|world| {
        let firm = Firm::new(world);
        firm.client(1);
        firm.says(1, "F-1", 213, &["ADR_ERR"]);
        let row = firm.one(AnomalyRule::Rejected);
        firm.act(row.id, AnomalyAct::Resolve { resolution: Resolution::Reissued, note: None });
        firm.says(1, "F-1", 213, &["ADR_ERR"]);
        let call = firm.call();
        again::everything(&call.app, call.scope().unwrap().cabinet(), call.now).unwrap();
        assert!(firm.open(AnomalyRule::Rejected).is_empty(), "the same is not told again");
        assert_eq!(firm.occurrences(row.id, true).len(), 1);
        firm.says(1, "F-2", 213, &["ADR_ERR"]);
        let again = firm.one(AnomalyRule::Rejected);
        assert_eq!((again.id, again.occurrences, again.reopened), (row.id, 1, 1), "another invoice is news");
        // Snoozed until something new is heard.
        firm.act(row.id, AnomalyAct::Snooze { until: None, on_news: true, note: None });
        assert_eq!(firm.one(AnomalyRule::Rejected).state, AnomalyState::Snoozed);
        firm.says(1, "F-3", 213, &["ADR_ERR"]);
        let woken = firm.one(AnomalyRule::Rejected);
        assert_eq!((woken.state, woken.occurrences), (AnomalyState::New, 2));
        assert!(woken.due_at.is_some(), "its clock goes on");
    });
}

#[test]
fn a_connection_that_is_down_is_one_anomaly_over_all_its_dossiers() {
    on_both(|world| {
        let firm = Firm::new(world);
        for n in 1..43 {
            firm.client(n);
        }
        firm.says(1, "F-1", 205, &[]);
        let id = "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11".parse().unwrap();
        let line = findings::Line { id, name: "Lien Pennylane", platform: "Pennylane" };
        let error = Text::new("jeton refusé", "token refused");
        let down = || firm.write(|w| findings::connection_changed(w, line, Some((&error, world.now.get()))));
        let up = || firm.write(|w| findings::connection_changed(w, line, None));
        lives(&firm, AnomalyRule::ConnectionDown, &down, &up, &down);
        let row = firm.one(AnomalyRule::ConnectionDown);
        assert_eq!((row.occurrences, row.dossiers), (42, 42));
        assert!(firm.read(row.id).sentence.fr.contains("42 dossiers"));
    });
}

#[test]
fn volumes_and_periods_are_looked_at_once_a_day() {
    on_both(|world| {
        let firm = Firm::new(world);
        firm.client(1);
        firm.client(2);
        let issued = |n: u32, month: u32, count: u32| {
            let reports: Vec<Report> = (0..count)
                .map(|i| Report {
                    issued_on: NaiveDate::from_ymd_opt(2026, month, 1 + i % 27),
                    ..invoice(n, &format!("V{n}-{month}-{i}"))
                })
                .collect();
            firm.take(&reports);
        };
        for month in 1..=10 {
            issued(1, month, if month == 10 { 3 } else { 20 + month % 3 });
            issued(2, month, 60 + month % 4);
        }
        world.now.set("2026-11-23T09:00:00Z".parse().unwrap());
        firm.look_at_day();
        let drop = firm.one(AnomalyRule::VolumeDrop);
        assert_eq!((drop.dossiers, firm.read(drop.id).detail.measured), (1, Some(3)));
        issued(1, 10, 21);
        firm.look_at_day();
        assert!(firm.open(AnomalyRule::VolumeDrop).is_empty(), "what was late has come");
        issued(2, 11, 200);
        firm.look_at_day();
        assert_eq!(firm.one(AnomalyRule::VolumeBurst).dossiers, 1);

        // A company of the first wave reports each ten days.
        let id = firm.client_with(
            3,
            json!({
                "headcount": 6000, "turnover_cents": 200_000_000_000_i64, "balance_sheet_cents": 250_000_000_000_i64,
                "activity": {"b2b": true, "b2c": true, "b2g": false, "international": false, "services": true},
            }),
        );
        world.now.set("2026-11-28T09:00:00Z".parse().unwrap());
        firm.comes_back();
        firm.look_at_day();
        let missing = firm.open(AnomalyRule::ReportMissing);
        assert!(!missing.is_empty(), "the period to 20 November is due on the 30th");
        let first = missing.iter().find(|m| firm.read(m.id).detail.due_on == "2026-11-30".parse().ok()).unwrap().id;
        let details = FlowDetails {
            block: Some("10.3".into()),
            period_from: "2026-11-11".parse().ok(),
            period_to: "2026-11-20".parse().ok(),
            ..FlowDetails::default()
        };
        let sent = Report { kind: FlowKind::Transmission, details, ..invoice(3, "R-1") };
        let at = world.now.get() - Duration::hours(1);
        firm.take(&[with(sent.clone(), 301, &["REJ_COH"], at)]);
        assert!(firm.open(AnomalyRule::ReportMissing).iter().any(|m| m.id == first), "a rejected one is none");
        firm.take(&[with(Report { number: "R-2".into(), ..sent }, 300, &[], at)]);
        assert!(!firm.open(AnomalyRule::ReportMissing).iter().any(|m| m.id == first));
        let _ = id;
    });
}

#[test]
fn settings_are_refused_kept_and_followed() {
    on_both(|world| {
        // Jobs go by the clock on the wall.
        world.now.set(Utc::now());
        let firm = Firm::new(world);
        let id = firm.client(1);
        firm.says(1, "F-1", 213, &["ADR_ERR"]);
        let row = firm.one(AnomalyRule::Rejected);
        let choice = |on: bool, severity: &str, hours: u32| json!({"rules": [{"rule": "rejected", "on": on, "severity": severity, "deadline_hours": hours, "limits": {}}]});
        // Graver, and sooner: what stands open follows, and the score with it.
        firm.settings(choice(true, "critical", 2));
        let now = firm.one(AnomalyRule::Rejected);
        assert_eq!(now.severity, Severity::Critical);
        assert!(now.due_at < row.due_at, "{:?} {:?}", now.due_at, row.due_at);
        let state = |d: &Dossier| {
            d.readiness.criteria.iter().find(|c| c.criterion == Criterion::NoCriticalAnomaly).unwrap().state
        };
        assert_eq!(state(&firm.dossier(id)), CriterionState::Missing);
        // Off: it ends, and says why. On again: it is found again.
        firm.settings(choice(false, "critical", 2));
        assert!(firm.open(AnomalyRule::Rejected).is_empty());
        assert_eq!(firm.occurrences(row.id, true)[0].closed_because.as_ref().unwrap().fr, "La règle est désactivée.");
        assert_eq!(state(&firm.dossier(id)), CriterionState::Met);
        firm.settings(choice(true, "high", 18));
        assert_eq!(firm.one(AnomalyRule::Rejected).id, row.id);
        // Limits: a platform that may take an hour only.
        firm.says(1, "F-2", 202, &[]);
        assert!(firm.open(AnomalyRule::Stuck).is_empty());
        firm.settings(json!({"stuck": [{"platform": "Pennylane", "status": 202, "hours": 1}]}));
        firm.one(AnomalyRule::Stuck);
        firm.settings(json!({"stuck": [{"platform": "Pennylane", "status": 202, "hours": null}]}));
        assert!(firm.open(AnomalyRule::Stuck).is_empty());
        let refused = |body: Value| {
            let settings =
                anomalies::read_anomaly_settings(&firm.call(), Nothing {}, Nothing {}, Nothing {}).unwrap().reply;
            let call = world.by_on(&firm.partner(), settings.version);
            let body = serde_json::from_value(body).unwrap();
            let error = anomalies::update_anomaly_settings(&call, Nothing {}, Nothing {}, body).unwrap_err();
            error.fields.into_iter().map(|f| f.pointer).collect::<Vec<_>>()
        };
        assert_eq!(refused(choice(true, "high", 0)), ["/rules/0/deadline_hours"]);
        assert_eq!(
            refused(json!({"rules": [{"rule": "stuck", "on": true, "severity": "low", "deadline_hours": 5,
                "limits": {"hours_200": -1, "monday": 3}}]})),
            ["/rules/0/limits/hours_200", "/rules/0/limits/monday"]
        );
        assert_eq!(
            refused(json!({"stuck": [{"platform": "", "status": 205, "hours": 0}], "warn_percent": 100})),
            ["/stuck/0/platform", "/stuck/0/status", "/stuck/0/hours", "/warn_percent"]
        );
        assert_eq!(
            refused(
                json!({"hours": {"days": [], "from": "18:00:00", "to": "09:00:00", "territory": "mars", "closed": []}})
            ),
            ["/hours/days", "/hours/to", "/hours/territory"]
        );
        assert_eq!(
            refused(json!({"assignment": [{"rules": [], "severities": [], "portfolio_ids": [], "platforms": [],
                "to": {"kind": "lightest", "user_ids": []}}]})),
            ["/assignment/0/to/user_ids"]
        );
    });
}

#[test]
fn rules_assign_what_is_new_and_take_nothing_from_a_person() {
    on_both(|world| {
        let firm = Firm::new(world);
        let anna = world.joined(&firm.partner(), "anna@essai.example", "Anna Blanc", Role::Manager);
        let bob = world.joined(&firm.partner(), "bob@essai.example", "Bob Noir", Role::Manager);
        let user = |who: &SignedIn| world.by(who).scope().unwrap().user();
        for who in [&anna, &bob] {
            let body = serde_json::from_value(json!({"access": "all"})).unwrap();
            let people = service::people::list_people(&firm.call(), Nothing {}, Nothing {}, Nothing {}).unwrap().reply;
            let version = people.data.iter().find(|p| p.id == user(who)).unwrap().version;
            let call = world.by_on(&firm.partner(), version);
            service::people::update_person(&call, user(who), Nothing {}, body).unwrap();
        }
        let in_charge = |who: &SignedIn| json!({"assignee": {"user_id": user(who), "label": null}});
        firm.client_with(1, in_charge(&anna));
        firm.client(2);
        let any = |to: Value, rules: Value| json!({"rules": rules, "severities": [], "portfolio_ids": [], "platforms": [], "to": to});
        firm.settings(json!({"assignment": [
            any(json!({"kind": "in_charge"}), json!(["rejected"])),
            any(json!({"kind": "lightest", "user_ids": [user(&anna), user(&bob)]}), json!([])),
        ]}));
        firm.says(1, "F-1", 213, &["ADR_ERR"]);
        let first = firm.one(AnomalyRule::Rejected);
        assert_eq!((first.assignee.as_ref().map(|w| w.id), first.state), (Some(user(&anna)), AnomalyState::Assigned));
        let told = anomalies::list_notifications(&world.by(&anna), Nothing {}, Default::default(), Nothing {}).unwrap();
        assert_eq!(told.reply.unread, 1);
        // Nobody is in charge of the other: the lightest gets it.
        firm.says(2, "F-2", 210, &["PU_ERR"]);
        assert_eq!(firm.one(AnomalyRule::Refused).assignee.map(|w| w.id), Some(user(&bob)));
        // A person's stays with them.
        firm.act(first.id, AnomalyAct::Assign { user_id: Some(user(&bob)) });
        firm.says(1, "F-3", 213, &["ADR_ERR"]);
        assert_eq!(firm.one(AnomalyRule::Rejected).assignee.map(|w| w.id), Some(user(&bob)));
        // What one import brings is told in one sentence.
        firm.settings(json!({"assignment": [any(json!({"kind": "person", "user_id": user(&anna)}), json!([]))]}));
        let told = || {
            let call = world.by(&anna);
            anomalies::list_notifications(&call, Nothing {}, Default::default(), Nothing {}).unwrap().reply
        };
        let before = told().unread;
        let many: Vec<Report> = (0..7)
            .map(|n| with(invoice(2, &format!("G-{n}")), 213, &[format!("MOTIF_{n}").as_str()], firm.next()))
            .collect();
        firm.take(&many);
        let mine = firm.open(AnomalyRule::Rejected);
        assert_eq!(mine.iter().filter(|a| a.assignee.as_ref().is_some_and(|w| w.id == user(&anna))).count(), 7);
        let told = told();
        assert_eq!((told.unread, told.data[0].anomaly_id), (before + 1, None));
        assert!(told.data[0].text.fr.contains("7 anomalies"), "{:?}", told.data[0].text);
    });
}

#[test]
fn anomalies_are_split_and_joined_by_hand() {
    on_both(|world| {
        let firm = Firm::new(world);
        for n in 1..4 {
            firm.client(n);
            firm.says(n, &format!("F-{n}"), 213, &["REJ_SEMAN"]);
        }
        let whole = firm.one(AnomalyRule::Rejected);
        assert_eq!(whole.dossiers, 3, "the tool's doing");
        let split = |fingerprints: Option<Vec<String>>| {
            let body = SplitInput { fingerprints, note: Some("autre cause".into()) };
            anomalies::split_anomaly(&firm.call(), whole.id, Nothing {}, body).map(|a| a.reply)
        };
        assert_eq!(code(split(None)), Code::Conflict, "nothing would be left");
        assert_eq!(code(split(Some(vec!["rejected:x".into()]))), Code::Invalid);
        let one = firm.occurrences(whole.id, false).remove(0).fingerprint;
        let part = split(Some(vec![one])).unwrap();
        assert_eq!((part.row.occurrences, part.row.dossiers, part.row.exposure_cents), (1, 1, 120_000));
        assert_eq!(firm.read(whole.id).row.occurrences, 2);
        // What is new joins the main one; what was split off is looked at where it is.
        firm.says(1, "F-9", 213, &["REJ_SEMAN"]);
        let call = firm.call();
        again::everything(&call.app, call.scope().unwrap().cabinet(), call.now).unwrap();
        assert_eq!((firm.read(whole.id).row.occurrences, firm.read(part.row.id).row.occurrences), (3, 1));
        firm.says(1, "F-7", 210, &["PU_ERR"]);
        let refused = firm.one(AnomalyRule::Refused).id;
        let join = |ids: Vec<AnomalyId>| {
            anomalies::join_anomalies(&firm.call(), whole.id, Nothing {}, JoinInput { ids, note: None })
                .map(|a| a.reply)
        };
        assert_eq!(code(join(vec![refused])), Code::Invalid, "another rule");
        assert_eq!(code(join(vec![whole.id])), Code::Invalid);
        let joined = join(vec![part.row.id]).unwrap();
        assert_eq!((joined.row.occurrences, joined.row.dossiers), (4, 3));
        firm.holds();
        assert_eq!(firm.read(part.row.id).row.state, AnomalyState::Resolved);
        let told: Vec<_> = joined.history.iter().map(|s| s.event.as_str()).collect();
        assert_eq!(told, ["open", "split", "join"]);
    });
}

#[test]
fn people_see_and_split_their_part_only() {
    on_both(|world| {
        let firm = Firm::new(world);
        let call = firm.call();
        let body = PortfolioInput { name: "Lille".into(), people: Vec::new() };
        let lille = service::portfolios::create_portfolio(&call, Nothing {}, Nothing {}, body).unwrap().reply.id;
        firm.client_with(1, json!({ "portfolio_id": lille }));
        firm.client(2);
        firm.says(1, "F-1", 213, &["REJ_SEMAN"]);
        firm.says(2, "F-2", 213, &["REJ_SEMAN"]);
        let invitation = NewInvitation {
            email: "staff@essai.example".into(),
            role: Role::Staff,
            access: None,
            portfolio_ids: vec![lille],
            aliases: Vec::new(),
        };
        let link = service::people::create_invitation(&call, Nothing {}, Nothing {}, invitation).unwrap().reply.link;
        let staff = world.accept(&link.unwrap(), "Sam Gris");
        let whole = firm.one(AnomalyRule::Rejected);
        let seen = |id| {
            anomalies::list_occurrences(&world.by(&staff), id, OccurrenceQuery::default(), Nothing {})
                .map(|a| a.reply.data)
        };
        assert_eq!(seen(whole.id).unwrap().len(), 1);
        let body = SplitInput { fingerprints: None, note: None };
        let part = anomalies::split_anomaly(&world.by(&staff), whole.id, Nothing {}, body).unwrap().reply;
        assert_eq!(part.row.occurrences, 1);
        assert_eq!(code(seen(whole.id)), Code::NotFound, "nothing of it is in sight any more");
        let body = JoinInput { ids: vec![whole.id], note: None };
        assert_eq!(code(anomalies::join_anomalies(&world.by(&staff), part.row.id, Nothing {}, body)), Code::Invalid);
        firm.holds();
    });
}

/// A small deterministic sequence of choices.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

#[test]
fn what_is_found_step_by_step_is_what_is_found_from_the_beginning() {
    on_both(|world| {
        let firm = Firm::new(world);
        let clients: Vec<DossierId> = (1..4).map(|n| firm.client(n)).collect();
        let codes: &[(u32, &[&str])] = &[
            (200, &[]),
            (200, &["NON_TRANSMISE"]),
            (202, &[]),
            (203, &[]),
            (205, &[]),
            (207, &["PU_ERR"]),
            (208, &["JUSTIF_ABS"]),
            (210, &["TX_TVA_ERR"]),
            (211, &[]),
            (212, &[]),
            (213, &["ADR_ERR"]),
            (213, &["REJ_SEMAN"]),
            (220, &[]),
            (221, &["ROUTAGE_ERR"]),
            (227, &[]),
            (501, &["IRR_SYNTAX"]),
        ];
        for seed in 1..4 {
            let mut dice = Dice(seed * 7_919);
            for _ in 0..60 {
                let n = 1 + dice.roll(4) as u32;
                let number = format!("F-{}", dice.roll(6));
                match dice.roll(10) {
                    0..=5 => {
                        let (code, reasons) = codes[dice.roll(codes.len() as u64) as usize];
                        let mut report = if dice.roll(4) == 0 { purchase(n, &number) } else { invoice(n, &number) };
                        if dice.roll(5) == 0 {
                            report.platform = "Plateforme X".into();
                        }
                        if dice.roll(5) == 0 {
                            report.counterparty = siren(1 + dice.roll(3) as u32);
                        }
                        if dice.roll(6) == 0 {
                            report.gross_cents = Some(5_000 * (1 + dice.roll(5) as i64));
                        }
                        let source = ["Export A", "Connexion B"][dice.roll(2) as usize];
                        firm.take_from(source, &[with(report, code, reasons, firm.next())]);
                    }
                    6 => {
                        let how = ["resolved", "in_progress", "ignored"][dice.roll(3) as usize];
                        let known = world.texts(&format!("SELECT id AS text FROM flows WHERE number = '{number}'"));
                        if !known.is_empty() {
                            firm.handle(&number, how);
                        }
                    }
                    7 => {
                        let id = clients[dice.roll(3) as usize];
                        let platform = ["Pennylane", "Plateforme X"][dice.roll(2) as usize];
                        firm.change(id, json!({ "emission_platform": platform, "vat_on_debits": dice.roll(2) == 0 }));
                    }
                    8 => {
                        let id = clients[dice.roll(3) as usize];
                        let proofs =
                            json!([{"criterion": "mandate", "what": "M", "source": "hand", "on": "2026-11-02"}]);
                        let proofs = if dice.roll(2) == 0 { Value::Null } else { proofs };
                        firm.change(id, json!({ "proofs": proofs }));
                    }
                    _ => {
                        firm.day_passes(1);
                        service::flows::sweep(&world.app, world.now.get()).unwrap();
                        firm.look_at_day();
                    }
                }
                firm.holds();
            }
            service::flows::sweep(&world.app, world.now.get()).unwrap();
            firm.look_at_day();
            let standing = firm.standing();
            assert!(standing.len() > 5, "something was found: {standing:?}");
            assert_eq!(firm.found_anew(), standing, "seed {seed}");
            firm.holds();
        }
    });
}
