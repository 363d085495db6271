//! Names of the rules of anomalies, which the journal knows by their codes. The reference tables themselves would weigh more
//! than the journal.

use crate::text::{Lang, t};

pub fn name(code: &str) -> &str {
    let (fr, en) = match code {
        "rejected" => ("Rejetée par une plateforme", "Rejected by a platform"),
        "refused" => ("Refusée par l’acheteur", "Refused by the buyer"),
        "disputed" => ("En litige", "In dispute"),
        "suspended" => ("Suspendue, à compléter", "Suspended, to be completed"),
        "routing_error" => ("Erreur de routage", "Routing error"),
        "not_transmitted" => {
            ("Non transmise : destinataire sans plateforme", "Not transmitted: recipient without platform")
        }
        "unreadable" => ("Fichier irrecevable", "Unreadable file"),
        "stuck" => ("Sans nouvelles", "No news"),
        "mandatory_after_end" => ("Statut obligatoire après la fin", "Mandatory status after the end"),
        "collection_missing" => ("Encaissement à déclarer", "Collection to be declared"),
        "duplicate_number" => ("Numéro en double", "Duplicate number"),
        "unknown_client" => ("Client inconnu", "Unknown client"),
        "vat_key" => ("Clé de TVA fausse", "Wrong VAT key"),
        "bank_details" => ("Coordonnées bancaires changées", "Bank details changed"),
        "sources_disagree" => ("Deux sources se contredisent", "Two sources disagree"),
        "other_platform" => ("Plateforme non déclarée", "Undeclared platform"),
        "no_mandate" => ("Flux sans mandat", "Flows without mandate"),
        "address_lost" => ("Adresse de réception perdue", "Reception address lost"),
        "volume_drop" => ("Volume en chute", "Volume dropped"),
        "volume_burst" => ("Volume inhabituel", "Unusual volume"),
        "report_missing" => ("E-reporting à transmettre", "E-reporting to be sent"),
        "connection_down" => ("Connexion en panne", "Connection down"),
        other => (other, other),
    };
    match t() {
        Lang::Fr => fr,
        Lang::En => en,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_names_are_those_of_the_reference() {
        for row in &domain::reference::anomaly_rules().rows {
            assert_eq!(super::name(row.code.as_str()), row.title.fr);
        }
    }
}
