//! Values that are right, so that a test names only what it is about.

use domain::{DossierFacts, Siren};

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
