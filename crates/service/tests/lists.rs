//! The list of dossiers: filters, orders and pages say the same rows, on both databases.

mod firm;

use contract::*;
use domain::ReadinessState;

/// A list with every state, many equal scores, and names that hold commas.
fn list(rows: u32) -> String {
    let mut list = "SIREN;Nom;Régime TVA;Effectif;CA;Bilan;Plateforme;Outil;Étiquettes;E-mail\n".to_owned();
    for n in 0..rows {
        let siren = (0..10)
            .map(|key| format!("{}{key}", 55_210_000 + n))
            .find(|s| domain::Siren::parse(s).is_ok_and(|siren| siren.is_checked()));
        let Some(siren) = siren else { continue };
        let regime = ["M", "T", "", "franchise"][n as usize % 4];
        let platform = ["Pennylane", "", "Cegid"][n as usize % 3];
        let tool = ["Sage, version 50", "Sage", ""][n as usize % 3];
        let tag = ["Prioritaire", "À revoir", ""][n as usize % 3];
        let staff = if n % 5 == 0 { String::new() } else { (n % 400).to_string() };
        let email = if n % 2 == 0 { "a@exemple.fr" } else { "" };
        list.push_str(&format!("{siren};Client {n};{regime};{staff};100000;90000;{platform};{tool};{tag};{email}\n"));
    }
    list
}

fn paged(firm: &firm::Firm, filter: &DossierQuery, sort: DossierSort) -> Vec<DossierRow> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let query =
            DossierListQuery { filter: filter.clone(), sort: Some(sort), limit: Some(7), after, facets: Some(true) };
        let page = firm.dossiers(query);
        all.extend(page.data);
        after = page.next;
        if after.is_none() {
            assert_eq!(page.total, Some(all.len() as u64), "the count is that of the rows");
            return all;
        }
    }
}

both_databases! {
    fn the_order_by_score_within_states_is_that_of_all(firm) {
        firm.take_in("clients.csv", list(120).as_bytes());
        let all = paged(firm, &DossierQuery::default(), DossierSort::Score);
        // Equal scores: what stands alike stands together, in the order of the ids.
        let whole: std::collections::BTreeSet<_> = all.iter().map(|r| r.id).collect();
        assert!(all.len() > 100 && whole.len() == all.len() && all.is_sorted_by_key(|r| r.score));
        let states: std::collections::BTreeSet<ReadinessState> = all.iter().map(|r| r.state).collect();
        assert!(states.len() > 1, "{states:?}");
        let chosen: Vec<Vec<ReadinessState>> =
            states.iter().map(|s| vec![*s]).chain([states.iter().copied().collect()]).collect();
        for states in chosen {
            let filter = DossierQuery { state: Several(states.clone()), ..DossierQuery::default() };
            let mut expected: Vec<_> = all.iter().filter(|r| states.contains(&r.state)).collect();
            let found = paged(firm, &filter, DossierSort::Score);
            assert!(found.iter().eq(expected.iter().copied()), "{states:?}");
            expected.reverse();
            assert!(paged(firm, &filter, DossierSort::ScoreDesc).iter().eq(expected), "{states:?}, worst last");
        }
    }

    fn a_row_shows_what_the_dossier_holds(firm) {
        let siren = "732829320";
        firm.take_in("clients.csv", format!("SIREN;Nom\n{siren};Zoé\n").as_bytes());
        firm.take_in("clients.csv", list(12).as_bytes());
        let portfolio = firm.portfolio("Nord");
        let bare = firm.all().into_iter().find(|r| r.siren.to_string() == siren).unwrap();
        let call = service::Call { if_match: Some(bare.version), ..firm.call.clone() };
        let change = serde_json::json!({
            "name": "L’Île « aux \"Dés\" » \\ SARL", "code": "B1", "city": "Lille", "invoices_per_month": 40,
            "emission_platform": "Cegid", "tool": "Sage", "portfolio_id": portfolio, "confidential": true,
            "turnover_cents": 1_234, "headcount": 3, "tags": ["Une", "Deux"], "notes": "Non montrées",
            "manager": { "label": "Ana" }, "assignee": { "label": "Bo" },
            "contacts": [{ "name": "Sans adresse" }, { "name": "Joignable", "phone": "+33612345678" }],
        });
        let change = serde_json::from_value(change).unwrap();
        service::dossiers::update_dossier(&call, bare.id, Nothing {}, change).unwrap();
        let rows = firm.all();
        assert_eq!(rows.len(), 13);
        for row in rows {
            let dossier = service::dossiers::read_dossier(&firm.call, row.id, Nothing {}, Nothing {}).unwrap().reply;
            let facts = dossier.facts;
            let contact = facts.contacts.iter().find(|c| c.is_reachable()).or(facts.contacts.first()).cloned();
            let expected = DossierRow {
                id: dossier.id,
                version: dossier.version,
                siren: facts.siren,
                name: facts.name,
                code: facts.code,
                state: dossier.readiness.state,
                score: dossier.readiness.score,
                next_act: dossier.readiness.next_acts.first().copied(),
                missing: row.missing,
                exposure_cents: dossier.exposure.total_cents,
                size: dossier.size.class,
                vat_regime: row.vat_regime,
                portfolio_id: facts.portfolio_id,
                manager: facts.manager,
                assignee: facts.assignee,
                reception_platform: facts.reception_platform,
                emission_platform: facts.emission_platform,
                tool: facts.tool,
                contact: contact.and_then(|c| c.email.or(c.phone).or(c.name)),
                city: facts.city,
                headcount: facts.headcount,
                turnover_cents: facts.turnover_cents,
                invoices_per_month: facts.invoices_per_month,
                tags: facts.tags,
                confidential: facts.confidential,
                updated_at: dossier.updated_at,
            };
            assert_eq!(row, expected);
        }
    }

    fn a_name_with_a_comma_is_one_value(firm) {
        firm.take_in("clients.csv", list(60).as_bytes());
        let all = firm.all();
        let of = |tools: &[&str]| all.iter().filter(|r| r.tool.as_deref().is_some_and(|t| tools.contains(&t))).count();
        for (written, tools) in [
            (r"Sage\, version 50", &["Sage, version 50"][..]),
            ("Sage", &["Sage"]),
            (r"Sage,Sage\, version 50", &["Sage", "Sage, version 50"]),
        ] {
            let filter = DossierQuery { tool: written.parse().unwrap(), ..DossierQuery::default() };
            let found = paged(firm, &filter, DossierSort::Name);
            assert!(!found.is_empty());
            assert_eq!(found.len(), of(tools), "{written}");
        }
    }

    fn tags_are_alternatives(firm) {
        firm.take_in("clients.csv", list(60).as_bytes());
        let tagged = firm.all().iter().filter(|r| !r.tags.is_empty()).count();
        let filter = DossierQuery { tag: "prioritaire,a revoir".parse().unwrap(), ..DossierQuery::default() };
        assert_eq!(paged(firm, &filter, DossierSort::Name).len(), tagged);
    }
}
