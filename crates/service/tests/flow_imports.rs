//! Exports of platforms: proposed, remembered, taken in pieces, taken back.

mod firm;

use contract::*;
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use domain::FlowField;
use firm::Firm;

const X: &[u8] = include_bytes!("../../intake/tests/fixtures/flux-x.csv");
const Y: &[u8] = include_bytes!("../../intake/tests/fixtures/flux-y.csv");

fn text_of(bytes: &[u8]) -> String {
    bytes.iter().map(|b| char::from(*b)).collect()
}

fn latin(text: &str) -> Vec<u8> {
    text.chars().map(|c| u32::from(c) as u8).collect()
}

fn upload(firm: &Firm, bytes: &[u8], platform: Option<&str>) -> service::Result<Import> {
    let query = ImportUploadQuery {
        filename: "flux.csv".to_owned(),
        platform: platform.map(str::to_owned),
        ..Default::default()
    };
    firm.upload_as(query, bytes)
}

/// Uploaded, checked and committed.
fn take_in(firm: &Firm, bytes: &[u8], platform: Option<&str>) -> Import {
    let import = upload(firm, bytes, platform).unwrap_or_else(|e| panic!("{e}"));
    service::imports::check_import(&firm.call, import.id, Nothing {}, Nothing {}).unwrap_or_else(|e| panic!("{e}"));
    service::jobs::drain(&firm.app).unwrap();
    let checked = firm.import(import.id);
    assert_eq!(checked.state, ImportState::Checked, "{:?}", firm.last_problem());
    let committed = firm.commit(import.id);
    assert_eq!(committed.state, ImportState::Committed, "{:?}", firm.last_problem());
    assert_eq!(committed.counts, checked.counts, "the dry run tells what the commit does");
    committed
}

fn number(firm: &Firm, query: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let query = diesel::sql_query(query.to_owned());
    let row: Row = match &mut *firm.app.store.conn().unwrap() {
        store::Conn::Sqlite(c) => query.get_result(c).unwrap(),
        store::Conn::Postgres(c) => query.get_result(c).unwrap(),
    };
    row.n
}

fn sql(firm: &Firm, statement: &str) {
    match &mut *firm.app.store.conn().unwrap() {
        store::Conn::Sqlite(c) => c.batch_execute(statement).unwrap(),
        store::Conn::Postgres(c) => c.batch_execute(statement).unwrap(),
    }
}

fn flows(firm: &Firm) -> i64 {
    number(firm, "SELECT COUNT(*) AS n FROM flows")
}

fn events(firm: &Firm) -> i64 {
    number(firm, "SELECT COUNT(*) AS n FROM flow_events")
}

/// The stored sums count what stands.
fn assert_sums(firm: &Firm) {
    assert_eq!(number(firm, "SELECT CAST(COALESCE(SUM(flows), 0) AS BIGINT) AS n FROM flow_months"), flows(firm));
}

fn rows_of(text: &str, rows: usize) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.truncate(rows + 1);
    lines.join("\r\n") + "\r\n"
}

/// An export of many rows: each flow twice, with two statuses that stand far apart.
fn long(flows: usize) -> String {
    let mut text =
        String::from("SIREN client;N° facture;Sens;Tiers (SIREN);Date facture;Montant TTC;Statut;Mis à jour le\r\n");
    for (status, hour) in [("Déposée", "09"), ("Approuvée", "15")] {
        for n in 0..flows {
            let day = 1 + n % 28;
            text.push_str(&format!(
                "732829320;F{n:05};Vente;552100554;{day:02}/10/2026;120,00;{status};{day:02}/10/2026 {hour}:32\r\n"
            ));
        }
    }
    text
}

both_databases! {
    fn two_platforms_are_taken_without_a_hand(firm) {
        let x = take_in(firm, X, Some("Plateforme X"));
        assert_eq!((x.subject, x.platform.as_deref()), (ImportSubject::Flows, Some("Plateforme X")));
        assert!(x.detection.columns.iter().all(|c| c.flow_field.is_some() && c.field.is_none()), "{:?}", x.detection.columns);
        let counts = x.counts.unwrap();
        assert_eq!((counts.rows, counts.create + counts.unread, counts.error), (36, 36, 0));
        assert!(counts.unread >= 6, "two words that nobody knows: {counts:?}");
        let row = &firm.rows(x.id, RowOutcome::Unread)[0];
        let flow = row.flow.as_ref().unwrap();
        assert_eq!((flow.status.as_str(), flow.code), ("En attente de routage", None));
        let shown = service::flows::read_flow(&firm.call, flow.id.unwrap(), Nothing {}, Nothing {}).unwrap().reply;
        assert_eq!((shown.row.number.as_str(), shown.row.platform.as_str()), (flow.number.as_str(), "Plateforme X"));

        let y = take_in(firm, Y, Some("Plateforme Y"));
        let rows_y = Y.iter().filter(|b| **b == b'\n').count() as i64 - 1;
        assert_eq!((y.counts.as_ref().unwrap().error, y.counts.unwrap().rows as i64), (0, rows_y));
        assert_eq!(flows(firm), 36 + rows_y - number(firm, "SELECT COUNT(*) AS n FROM (SELECT flow_id FROM flow_events GROUP BY flow_id HAVING COUNT(*) > 1) AS twice"));
        assert_sums(firm);

        let (had, said) = (flows(firm), events(firm));
        let again = take_in(firm, X, None);
        assert_eq!(again.platform.as_deref(), Some("Plateforme X"), "known by its columns");
        assert!(again.detection.columns.iter().all(|c| c.reason == Some(MappingReason::Remembered)));
        assert_eq!((again.counts.unwrap().unchanged, flows(firm), events(firm)), (36, had, said), "the same again changes nothing");
        firm.assert_whole();
    }

    fn a_platform_that_changed_its_columns_is_told_before_the_commit(firm) {
        take_in(firm, X, Some("Plateforme X"));
        let changed = text_of(X).replacen("Motif;", "Précision interne;Code motif;", 1).replace(";;", ";;;");
        let import = upload(firm, &latin(&changed), Some("plateforme x")).unwrap();
        assert_eq!(import.platform.as_deref(), Some("plateforme x"), "another spelling of a name that no register knows");
        let import = upload(firm, &latin(&changed), Some("Plateforme X")).unwrap();
        let told = import.columns_changed.clone().unwrap();
        assert_eq!((told.added, told.removed), (vec!["Précision interne".to_owned(), "Code motif".to_owned()], vec!["Motif".to_owned()]));
        let of = |header: &str| import.detection.columns.iter().find(|c| c.header == header).unwrap().flow_field;
        assert_eq!((of("Code motif"), of("Statut")), (Some(FlowField::Reason), Some(FlowField::Status)));

        let profiles = || service::imports::list_flow_profiles(&firm.call, Nothing {}, Nothing {}, Nothing {}).unwrap().reply.data;
        assert_eq!(profiles()[0].changed, None, "nothing is remembered before the commit");
        service::imports::check_import(&firm.call, import.id, Nothing {}, Nothing {}).unwrap();
        service::jobs::drain(&firm.app).unwrap();
        firm.commit(import.id);
        let profile = profiles().remove(0);
        assert_eq!(profile.changed.unwrap().removed, ["Motif"]);
        assert_eq!(profile.columns.iter().find(|c| c.header == "Code motif").unwrap().field, Some(FlowField::Reason));

        service::imports::delete_flow_profile(&firm.call, profile.id, Nothing {}, Nothing {}).unwrap();
        assert!(profiles().is_empty());
        assert!(service::imports::delete_flow_profile(&firm.call, profile.id, Nothing {}, Nothing {}).is_err());
    }

    fn what_is_not_known_is_asked_for(firm) {
        let import = upload(firm, X, None).unwrap();
        assert_eq!((import.subject, import.platform.clone()), (ImportSubject::Flows, None));
        let check = || service::imports::check_import(&firm.call, import.id, Nothing {}, Nothing {});
        assert_eq!(check().unwrap_err().fields[0].code, "platform_required");
        let call = service::Call { if_match: Some(import.version), ..firm.call.clone() };
        let change = ImportChange { platform: Some("Plateforme X".to_owned()), ..Default::default() };
        let changed = service::imports::update_import(&call, import.id, Nothing {}, change).unwrap().reply;
        assert_eq!(changed.detection.header_row, import.detection.header_row);
        let number = changed.detection.columns.iter().find(|c| c.flow_field == Some(FlowField::Number)).unwrap().index;
        let call = service::Call { if_match: Some(changed.version), ..firm.call.clone() };
        let columns = Some(vec![ColumnChoice { index: number, ..Default::default() }]);
        let change = ImportChange { columns, ..Default::default() };
        service::imports::update_import(&call, import.id, Nothing {}, change).unwrap();
        assert_eq!(check().unwrap_err().fields[0].code, "no_number");

        let clients = "Code;Raison sociale;SIREN;Effectif\nA001;Boulangerie;732829320;12\n";
        assert_eq!(upload(firm, clients.as_bytes(), None).unwrap().subject, ImportSubject::Clients);
        let told = ImportUploadQuery { filename: "x.csv".into(), subject: Some(ImportSubject::Clients), platform: None };
        assert_eq!(firm.upload_as(told, X).unwrap().subject, ImportSubject::Clients, "who says so is believed");
    }

    fn refused_rows_come_back_corrected(firm) {
        let broken = text_of(X).replacen(";Vente;", ";Troc;", 1).replacen("18/10/2026;", "32/10/2026;", 1);
        let import = upload(firm, &latin(&broken), Some("Plateforme X")).unwrap();
        service::imports::check_import(&firm.call, import.id, Nothing {}, Nothing {}).unwrap();
        service::jobs::drain(&firm.app).unwrap();
        let rows = firm.rows(import.id, RowOutcome::Error);
        let errors: Vec<_> = rows.iter().flat_map(|r| &r.errors).map(|e| (e.header.as_str(), e.value.as_str(), e.flow_field)).collect();
        assert!(errors.contains(&("Sens", "Troc", Some(FlowField::Direction))), "{errors:?}");
        assert!(rows[0].errors.iter().all(|e| e.expected.is_some()));
        let file = service::imports::export_import_rejects(&firm.call, import.id, Nothing {}, Nothing {}).unwrap().file.unwrap();
        let text = String::from_utf8(file.bytes).unwrap();
        assert!(text.contains("Troc") && text.contains("vente ni un achat"), "{text}");
    }

    fn a_killed_commit_goes_on_at_its_row(firm) {
        let import = take_in(firm, long(1_600).as_bytes(), Some("Plateforme X"));
        let counts = import.counts.clone().unwrap();
        assert_eq!((counts.create, counts.update, counts.rows), (1_600, 1_600, 3_200));
        assert_eq!((flows(firm), events(firm)), (1_600, 3_200));
        // As a kill after the second piece would leave it, but that pieces of a later row were written all the same.
        let stopped = "{\"total\":{\"rows\":2000,\"create\":1600,\"update\":400,\"unchanged\":0,\"unread\":0,\"skipped\":0,\"error\":0},\"pieces\":[[1000,0,0,0,0,0],[600,400,0,0,0,0]]}";
        let progress = number(firm, "SELECT CAST(MIN(received_at) AS BIGINT) AS n FROM flow_events");
        let progress = format!("{{\"received\":{progress},\"row\":2001,\"undone\":0,\"undo\":{{\"removed\":0,\"statuses\":0,\"kept\":0,\"freed\":0}},\"from\":[0,0],\"job\":\"\",\"starts\":1}}");
        sql(firm, &format!("UPDATE imports SET state = 'committing', committed_at = NULL, counts = '{stopped}', progress = '{progress}'"));
        sql(firm, "DELETE FROM import_chunks WHERE part = 'rows' AND n >= 2");
        sql(firm, "UPDATE jobs SET state = 'queued', ended_at = NULL WHERE kind = 'import_commit'");
        service::jobs::drain(&firm.app).unwrap();
        let done = firm.import(import.id);
        assert_eq!(done.state, ImportState::Committed, "{:?}", firm.last_problem());
        let counts = done.counts.unwrap();
        assert_eq!((counts.rows, counts.create, counts.update, counts.unchanged), (3_200, 1_600, 400, 1_200));
        assert_eq!((flows(firm), events(firm)), (1_600, 3_200), "nothing stands twice");
        assert_eq!(firm.rows(import.id, RowOutcome::Create).len(), 1_600);
        assert_sums(firm);

        // Taken up again and again in the same place, it gives up and says where.
        sql(firm, "UPDATE imports SET state = 'committing', committed_at = NULL, progress = REPLACE(progress, '\"starts\":1', '\"starts\":3')");
        sql(firm, "UPDATE imports SET progress = REPLACE(progress, '\"from\":[2001,0]', '\"from\":[3201,0]')");
        sql(firm, "UPDATE jobs SET state = 'queued', ended_at = NULL WHERE kind = 'import_commit'");
        service::jobs::drain(&firm.app).unwrap();
        assert_eq!((flows(firm), events(firm)), (0, 0), "a commit that is given up leaves nothing: {:?}", firm.import(import.id).state);
        assert_eq!(firm.import(import.id).state, ImportState::Draft);
    }

    fn an_undo_takes_back_what_this_import_alone_told(firm) {
        let x = take_in(firm, X, Some("Plateforme X"));
        let row = firm.rows(x.id, RowOutcome::Create).remove(0);
        let (number_of, client) = { let f = row.flow.as_ref().unwrap(); (f.number.clone(), f.client.clone()) };
        let flow = row.flow.as_ref().unwrap().id.unwrap();
        let before = service::flows::read_flow(&firm.call, flow, Nothing {}, Nothing {}).unwrap().reply.row;
        let status = StatusesInput {
            platform: "Plateforme Z".to_owned(),
            statuses: vec![serde_json::from_value(serde_json::json!({
                "client": client, "number": number_of, "direction": before.direction, "seller": before.seller,
                "issued_on": before.issued_on, "status": "205", "at": "2026-11-20T10:00:00Z"
            })).unwrap()],
        };
        let sent = service::arrivals::create_statuses(&firm.call, Nothing {}, Nothing {}, status.clone()).unwrap().reply;
        assert_eq!((sent.added, sent.items[0].flow_id), (1, Some(flow)), "{sent:?}");
        let again = service::arrivals::create_statuses(&firm.call, Nothing {}, Nothing {}, status).unwrap().reply;
        assert_eq!((again.added, again.unchanged), (0, 1));

        let undone = firm.undo(x.id);
        assert_eq!(undone.state, ImportState::Undone, "{:?}", firm.last_problem());
        let result = undone.undo.unwrap();
        assert_eq!(result.flows, Some(FlowUndo { flows_removed: 35, statuses_removed: 36, flows_kept: 1 }));
        assert_eq!((flows(firm), events(firm)), (1, 1));
        let left = service::flows::read_flow(&firm.call, flow, Nothing {}, Nothing {}).unwrap().reply;
        assert_eq!((left.events.len(), left.row.status.unwrap().code), (1, Some(205)));
        assert_sums(firm);
        firm.assert_whole();

        // Told again, it is there again.
        assert_eq!(take_in(firm, X, None).counts.unwrap().rows, 36);
        assert_eq!(flows(firm), 36);
    }

    fn an_undo_leaves_what_stood_before(firm) {
        let text = text_of(X);
        take_in(firm, &latin(&rows_of(&text, 10)), Some("Plateforme X"));
        let whole = take_in(firm, X, None);
        assert_eq!(whole.counts.as_ref().unwrap().unchanged, 10);
        let result = firm.undo(whole.id).undo.unwrap().flows.unwrap();
        assert_eq!((result.flows_removed, result.flows_kept), (26, 0));
        assert_eq!((flows(firm), events(firm)), (10, 10));
        assert_sums(firm);
    }

    fn evidence_goes_with_the_flows_that_showed_it(firm) {
        let facts = domain::DossierFacts::new(domain::Siren::parse("732829320").unwrap(), "Boulangerie".to_owned());
        service::dossiers::create_dossier(&firm.call, Nothing {}, Nothing {}, NewDossier { facts }).unwrap();
        let proved = |firm: &Firm| number(firm, "SELECT COUNT(*) AS n FROM dossiers WHERE facts LIKE '%\"source\":\"flow\"%'");
        let first = take_in(firm, long(3).as_bytes(), Some("Plateforme X"));
        assert_eq!(proved(firm), 1, "what is sent shows that sending works");
        let other = take_in(firm, long(4).as_bytes(), Some("Plateforme Y"));
        firm.undo(first.id);
        assert_eq!(proved(firm), 1, "the other platform shows it still");
        firm.undo(other.id);
        assert_eq!((proved(firm), flows(firm)), (0, 0));
        firm.assert_whole();
    }

    fn a_platform_can_be_named_once_only(firm) {
        let long_name = "x".repeat(101);
        assert_eq!(upload(firm, X, Some(&long_name)).unwrap_err().fields[0].pointer, "/platform");
        assert_eq!(rows_of(&text_of(X), 2).lines().count(), 3);
    }
}
