//! Values that are right, so that a test names only what it is about.

use chrono::Utc;
use domain::anomaly::{AnomalyDetail, AnomalyRule, AnomalyState, Policy};
use domain::working_time::Clock;
use domain::{AnomalyId, CabinetId, DossierFacts, DossierId, Siren};
use store::anomalies::{Anomaly, Told};
use store::occurrences::Occurrence;

use crate::TestApp;

/// A SIREN with a right check digit, another one for each number.
pub fn siren(number: u32) -> Siren {
    let stem = format!("{:08}", 30_000_000 + number % 60_000_000);
    let checked = (0..10).map(|digit| format!("{stem}{digit}")).filter_map(|text| Siren::parse(&text).ok());
    checked.into_iter().find(Siren::is_checked).expect("one of ten check digits is right")
}

/// A dossier of which only the identity is known.
pub fn facts(number: u32) -> DossierFacts {
    let value = serde_json::json!({ "siren": siren(number), "name": format!("Société {number} SARL") });
    serde_json::from_value(value).expect("siren and name make a dossier")
}

/// The same with what makes it ready for reception.
pub fn complete_facts(number: u32) -> DossierFacts {
    let value = serde_json::json!({
        "siren": siren(number),
        "name": format!("Société {number} SARL"),
        "code": format!("C{number:05}"),
        "headcount": 4,
        "turnover_cents": 35_000_000,
        "reception_platform": "PENNYLANE",
        "contacts": [{ "name": "Paul Durand", "email": format!("contact{number}@exemple.fr") }],
    });
    serde_json::from_value(value).expect("these are fields of a dossier")
}

/// A client list as a firm's software exports it.
pub fn csv(rows: impl IntoIterator<Item = u32>) -> Vec<u8> {
    let mut text = String::from("SIREN;Raison sociale;Code;E-mail\r\n");
    for number in rows {
        let siren = siren(number);
        text.push_str(&format!("{};Société {number} SARL;C{number:05};contact{number}@exemple.fr\r\n", siren.as_str()));
    }
    text.into_bytes()
}

/// An anomaly that was just found in these dossiers, written past the rules that find.
pub fn anomaly(app: &TestApp, cabinet: CabinetId, dossiers: &[DossierId]) -> AnomalyId {
    let id = AnomalyId::from_uuid(uuid::Uuid::now_v7());
    let now = store::time::from_db(store::time::to_db(Utc::now()));
    let rule = AnomalyRule::Rejected;
    let (due_at, warn_at) = match Policy::default().clock(rule, now) {
        Clock::Runs { due_at, warn_at } => (due_at, warn_at),
        Clock::Stands { .. } => panic!("the clock of a new anomaly runs"),
    };
    let detail = AnomalyDetail { platform: Some("PENNYLANE".to_owned()), exposure_cents: 1_000, ..Default::default() };
    let anomaly = Anomaly {
        id,
        cabinet,
        version: 1,
        rule,
        cause: id.to_string(),
        main: true,
        severity: Policy::default().severity(rule),
        state: AnomalyState::New,
        platform: detail.platform.clone(),
        detail: detail.clone(),
        assignee: None,
        resolution: None,
        note: None,
        occurrences: dossiers.len() as i64,
        dossiers: dossiers.len() as i64,
        exposure_cents: 1_000 * dossiers.len() as i64,
        priority: 1,
        comments: 0,
        reopened: 0,
        steps: Vec::new(),
        due_at: Some(due_at),
        warn_at: Some(warn_at),
        left_minutes: None,
        snoozed_until: None,
        wakes_on_news: false,
        search: "rejetee".to_owned(),
        opened_at: now,
        updated_at: now,
        closed_at: None,
        told: Told::Nothing,
    };
    let occurrences: Vec<Occurrence> = dossiers
        .iter()
        .map(|dossier| Occurrence {
            fingerprint: format!("rejected:{id}:{dossier}"),
            anomaly: id,
            cause: id.to_string(),
            flow: None,
            dossier: Some(*dossier),
            detail: detail.clone(),
            opened_at: now,
            closed_at: None,
            closed_because: None,
            settled: false,
        })
        .collect();
    app.app()
        .store
        .conn()
        .expect("a connection")
        .write(|conn| -> store::Result<()> {
            store::dialect::lock_cabinet(conn, cabinet)?;
            store::anomalies::insert(conn, &[anomaly])?;
            store::occurrences::insert(conn, cabinet, &occurrences)
        })
        .expect("an anomaly");
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_right_and_differ() {
        let sirens: std::collections::BTreeSet<_> = (0..200).map(|n| siren(n).as_str().to_owned()).collect();
        assert_eq!(sirens.len(), 200);
        assert!(siren(7).is_checked());
        assert!(complete_facts(3).contacts[0].is_reachable());
    }
}
