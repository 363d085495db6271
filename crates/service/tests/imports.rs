//! A firm's list from three of its programs, and what can go wrong on the way.

mod firm;

use contract::*;
use domain::{DossierId, ListField, ReadinessState};
use service::Call;

/// As an accounting program exports: Windows-1252, two lines before the header, French money, a total.
fn list_a() -> Vec<u8> {
    let text = "Export portefeuille - cabinet;;;;;;;;;;\r\nÉdité le 20/11/2026;;;;;;;;;;\r\n\
        Code dossier;Raison sociale;N° SIREN;Régime TVA;Effectif;CA HT;Total bilan;E-mail;Collaborateur;PDP;Date clôture\r\n\
        A001;Boulangerie de l’Île SARL;732 829 320;Réel normal mensuel;25;3 882 012,00;1 515 528,00;ile@exemple.fr;collab-06;CEGID;31/12/2025\r\n\
        A002;Garage du Port;100000009;Franchise en base;2;85 061,00;86 084,00;;collab-03;;30/06/2025\r\n\
        A003;Négoce Grand’Rue SAS;20000000800017;Réel simplifié;260;175 209 898,00;58 692 699,00;negoce@exemple.fr;collab-06;Tiime;31/03/2025\r\n\
        A003;Négoce Grand’Rue SAS;200000008;RSI;260;175 209 898,00;58 692 699,00;negoce@exemple.fr;collab-06;Tiime;31/03/2025\r\n\
        A004;Plomberie Beauséjour;7,32829E+13;Réel simplifié;8;65 825,00;46 609,00;;collab-01;Iopole;30/06/2025\r\n\
        TOTAL;;;;;354 909 986,00;;;;;\r\n";
    text.chars()
        .map(|c| match c {
            '’' => 0x92,
            c => u32::from(c) as u8,
        })
        .collect()
}

/// The same firm from another program: UTF-8, tabs, other words, SIRET only.
const LIST_C: &str = "\u{feff}reference\tdenomination\tsiret\tvat_regime\theadcount\tturnover\tbalance\tcontact_email\tmanager\tplatform\ttool\n\
    A001\tBoulangerie de l’Île SARL\t73282932000074\tM\t25\t3882012\t1515528\tile@exemple.fr\tcollab-06\tcegid\tSage 50\n\
    A002\tGARAGE DU PORT\t10000000900015\tF\t2\t85061\t86084\t\tcollab-03\t\tPapier\n\
    A003\tNégoce Grand’Rue SAS\t20000000800017\tA\t260\t175209898\t58692699\tnegoce@exemple.fr\tcollab-06\ttiime\tEBP\n";

both_databases! {
    fn three_programs_never_double_a_client(firm) {
        let first = firm.take_in("clients.csv", &list_a());
        let counts = first.counts.unwrap();
        assert_eq!((counts.create, counts.update, counts.error), (3, 0, 1), "{:?}", firm.rows(first.id, RowOutcome::Error));
        assert_eq!(counts.skipped, 2, "the doubled client and the total line");
        let detection = first.detection;
        assert_eq!((detection.encoding.as_deref(), detection.separator.as_deref(), detection.header_row), (Some("windows-1252"), Some(";"), 3));

        let refused = firm.rows(first.id, RowOutcome::Error);
        assert_eq!(refused[0].number, 8);
        assert_eq!(refused[0].errors[0].value, "7,32829E+13");
        assert_eq!(refused[0].errors[0].column, "C");

        let second = firm.take_in("clients.tsv", LIST_C.as_bytes()).counts.unwrap();
        assert_eq!((second.create, second.error), (0, 0));
        assert_eq!(second.update, 3, "the SIRET and the tool are new");
        let again = firm.take_in("clients.tsv", LIST_C.as_bytes()).counts.unwrap();
        assert_eq!((again.create, again.update, again.unchanged), (0, 0, 3), "the same file again changes nothing");
        assert_eq!(firm.all().len(), 3);
        firm.assert_whole();
    }

    fn a_mistyped_siren_does_not_double_a_client(firm) {
        let list = |siren: &str, name: &str| format!("Code;Raison sociale;SIREN;Effectif\nA001;{name};{siren};12\nA002;Garage du Port;100000009;3\n");
        let (wrong, right) = (list("732829321", "Boulangerie de l’Île"), list("732829320", "BOULANGERIE DE L'ILE"));
        firm.take_in("faux.csv", wrong.as_bytes());
        let second = firm.take_in("juste.csv", right.as_bytes());
        let counts = second.counts.unwrap();
        assert_eq!((counts.create, counts.update, counts.unchanged), (0, 1, 1));
        let row = &firm.rows(second.id, RowOutcome::Update)[0];
        assert_eq!((row.changes.len(), row.changes[0].field.as_str()), (1, "siren"));
        assert!(row.notes.iter().any(|n| n.code == "siren_mistyped" && n.message.fr.contains("devient 732829320")), "{:?}", row.notes);
        assert_eq!(firm.all().iter().find(|r| r.code.as_deref() == Some("A001")).unwrap().siren.as_str(), "732829320");

        // The mistyped list again: the client is recognised and keeps its right number.
        let again = firm.take_in("faux.csv", wrong.as_bytes()).counts.unwrap();
        assert_eq!((again.create, again.update, again.unchanged), (0, 0, 2));
        // Another code, another name: another client.
        let other = list("732829321", "Pharmacie de l’Île").replace("A001", "A009");
        assert_eq!(firm.take_in("autre.csv", other.as_bytes()).counts.unwrap().create, 1);
        assert_eq!(firm.all().len(), 3);

        firm.undo(second.id);
        let bakery = firm.all().into_iter().find(|r| r.code.as_deref() == Some("A001")).unwrap();
        assert_eq!(bakery.siren.as_str(), "732829320", "the number is taken by another dossier now");
        firm.assert_whole();
    }

    fn a_list_is_scored_when_it_is_committed(firm) {
        firm.take_in("clients.csv", &list_a());
        let rows = firm.all();
        let of = |name: &str| rows.iter().find(|r| r.name.starts_with(name)).unwrap();
        assert_eq!(of("Garage").state, ReadinessState::Late, "no platform for reception since September 2026");
        assert_eq!(of("Négoce").size, Some(domain::SizeClass::Eti), "260 staff make an ETI whatever the turnover");
        assert_eq!(of("Boulangerie").reception_platform.as_deref(), Some("CEGID"));
        let cockpit = firm.cockpit();
        assert_eq!(cockpit.dossiers, 3);
        assert_eq!(cockpit.states.late as usize, rows.iter().filter(|r| r.state == ReadinessState::Late).count());
        for blocker in cockpit.blockers {
            let query = DossierListQuery {
                filter: DossierQuery { missing: Several(vec![blocker.criterion]), ..Default::default() },
                facets: Some(true),
                ..Default::default()
            };
            assert_eq!(firm.dossiers(query).total, Some(blocker.dossiers), "{}", blocker.criterion);
        }
    }

    fn refused_rows_come_back_corrected(firm) {
        let first = firm.take_in("clients.csv", &list_a());
        let file = service::imports::export_import_rejects(&firm.call, first.id, Nothing {}, Nothing {}).unwrap().file.unwrap();
        let text = String::from_utf8(file.bytes).unwrap();
        assert!(text.contains("7,32829E+13") && text.contains("Motif"), "{text}");
        let corrected = text.replace("7,32829E+13", "356000000");
        let second = firm.take_in(&file.name, corrected.as_bytes()).counts.unwrap();
        assert_eq!((second.create, second.error), (1, 0));
        assert_eq!(firm.all().len(), 4);
    }

    fn an_undo_has_three_buckets(firm) {
        firm.take_in("clients.csv", &list_a());
        let second = firm.take_in("clients.tsv", LIST_C.as_bytes());
        let rows = firm.all();
        let garage = rows.iter().find(|r| r.name.starts_with("Garage")).unwrap();
        change(&firm.call, garage.id, "tool", "EBP".into());
        let negoce = rows.iter().find(|r| r.name.starts_with("Négoce")).unwrap();
        delete(&firm.call, negoce.id);

        let undone = firm.undo(second.id);
        assert_eq!(undone.state, ImportState::Undone, "{:?}", firm.last_problem());
        let result = undone.undo.unwrap();
        assert_eq!((result.reversed, result.kept, result.failed), (1, 1, 1));
        let kept = result.left.iter().find(|i| i.dossier_id == garage.id).unwrap();
        assert_eq!(kept.outcome, ItemOutcome::Kept);
        let reason = kept.reason.as_ref().unwrap();
        assert!(reason.fr.contains("« Outil de facturation »"), "{reason:?}");
        assert!(reason.en.contains("“Invoicing software”"), "{reason:?}");
        let bakery = firm.all().into_iter().find(|r| r.name.starts_with("Boulangerie")).unwrap();
        assert_eq!(bakery.tool, None, "the tool came with the import and went with it");
        firm.assert_whole();
    }

    fn an_undone_first_import_leaves_nothing(firm) {
        let first = firm.take_in("clients.csv", &list_a());
        let result = firm.undo(first.id).undo.unwrap();
        assert_eq!((result.reversed, result.kept, result.failed), (3, 0, 0));
        assert!(firm.all().is_empty());
        assert_eq!(firm.cockpit().dossiers, 0);
        firm.assert_whole();
        assert!(service::imports::undo_import(&firm.call, first.id, Nothing {}, Nothing {}).is_err(), "only once");
    }

    fn what_an_import_created_and_somebody_edited_is_kept(firm) {
        let first = firm.take_in("clients.csv", &list_a());
        let rows = firm.all();
        change(&firm.call, rows[0].id, "notes", "Rappeler lundi".into());
        let result = firm.undo(first.id).undo.unwrap();
        assert_eq!((result.reversed, result.kept, result.failed), (2, 1, 0));
        let reason = result.left[0].reason.as_ref().unwrap();
        assert!(reason.fr.starts_with("Créé par cet import"), "{reason:?}");
        assert!(reason.en.starts_with("Created by this import"), "{reason:?}");
    }

    fn a_stopped_commit_is_begun_again_and_says_so(firm) {
        let checked = firm.check("clients.csv", &list_a());
        let job = service::imports::commit_import(&firm.call, checked.id, Nothing {}, Nothing {}).unwrap().reply;
        // A process that died: it had taken the job, and its lease has run out.
        let long_ago = chrono::Utc::now() - chrono::Duration::minutes(5);
        firm.app.store.conn().unwrap().write(|conn| store::jobs::lease(conn, "dead", long_ago)).unwrap().unwrap();
        assert!(firm.all().is_empty(), "nothing half-done");
        service::jobs::drain(&firm.app).unwrap();
        let job = service::jobs::read_job(&firm.call, job.id, Nothing {}, Nothing {}).unwrap().reply;
        assert_eq!((job.state, job.attempts), (JobState::Done, 2));
        assert!(job.notes[0].fr.contains("Interrompu"), "{:?}", job.notes);
        assert!(job.notes[0].fr.ends_with(", heure de Paris."), "{:?}", job.notes);
        assert_eq!(job.subject_label, "clients.csv");
        let listed = service::jobs::list_jobs(&firm.call, Nothing {}, Nothing {}, Nothing {}).unwrap().reply.data;
        assert!(listed.iter().all(|j| j.subject_label == "clients.csv"), "{listed:?}");
        assert_eq!(firm.all().len(), 3);
    }

    fn columns_are_chosen_and_remembered(firm) {
        let list = "Client;Identifiant;Divers\nBoulangerie;732829320;Cegid\n";
        let import = firm.upload("liste.csv", list.as_bytes()).unwrap();
        let change = ImportChange {
            columns: Some(vec![
                ColumnChoice { index: 0, field: Some(ListField::Name), ..Default::default() },
                ColumnChoice { index: 1, field: Some(ListField::Siren), ..Default::default() },
                ColumnChoice { index: 2, field: Some(ListField::ReceptionPlatform), ..Default::default() },
            ]),
            ..Default::default()
        };
        let call = Call { if_match: Some(import.version), ..firm.call.clone() };
        let stale = Call { if_match: Some(import.version + 1), ..firm.call.clone() };
        let error = service::imports::update_import(&stale, import.id, Nothing {}, change.clone()).unwrap_err();
        assert_eq!(error.code, Code::VersionMismatch);
        service::imports::update_import(&call, import.id, Nothing {}, change).unwrap();
        service::imports::check_import(&firm.call, import.id, Nothing {}, Nothing {}).unwrap();
        service::jobs::drain(&firm.app).unwrap();
        assert_eq!(firm.import(import.id).counts.unwrap().create, 1);

        let next = firm.upload("autre.csv", list.as_bytes()).unwrap();
        let third = &next.detection.columns[2];
        assert_eq!((third.field, third.reason), (Some(ListField::ReceptionPlatform), Some(MappingReason::Remembered)));
    }

    fn a_list_without_identifier_is_told_so(firm) {
        let import = firm.upload("liste.csv", "Nom;Ville\nBoulangerie;Lille\nGarage;Arras\n".as_bytes()).unwrap();
        let error = service::imports::check_import(&firm.call, import.id, Nothing {}, Nothing {}).unwrap_err();
        assert_eq!((error.code, error.fields[0].code), (Code::Invalid, "no_identifier"));
        let refused = firm.upload("liste.xlsx", b"%PDF-1.7 not a list").unwrap_err();
        assert_eq!(refused.code, Code::FileRefused);
    }

    fn people_named_in_a_list_take_over_by_their_alias(firm) {
        firm.take_in("clients.csv", &list_a());
        let people = || service::people::list_people(&firm.call, Nothing {}, Nothing {}, Nothing {}).unwrap().reply;
        let before = people();
        assert_eq!(before.unknown.iter().find(|u| u.label == "collab-06").unwrap().dossiers, 2);
        let me = &before.data[0];
        let call = Call { if_match: Some(me.version), ..firm.call.clone() };
        let body = PersonChange { aliases: Some(vec!["Collab 06".into()]), ..Default::default() };
        service::people::update_person(&call, me.id, Nothing {}, body).unwrap();
        assert_eq!(people().data[0].dossiers, 2);
        // The same list again names the same person: nothing to change.
        let again = firm.take_in("clients.csv", &list_a()).counts.unwrap();
        assert_eq!((again.update, again.unchanged), (0, 3));
        firm.assert_whole();
    }
}

fn change(call: &Call, id: DossierId, field: &str, value: serde_json::Value) {
    let version = service::dossiers::read_dossier(call, id, Nothing {}, Nothing {}).unwrap().reply.version;
    let call = Call { if_match: Some(version), ..call.clone() };
    let body = DossierChange { fields: [(field.to_owned(), value)].into() };
    service::dossiers::update_dossier(&call, id, Nothing {}, body).unwrap();
}

fn delete(call: &Call, id: DossierId) {
    let version = service::dossiers::read_dossier(call, id, Nothing {}, Nothing {}).unwrap().reply.version;
    let call = Call { if_match: Some(version), ..call.clone() };
    service::dossiers::delete_dossier(&call, id, Nothing {}, Nothing {}).unwrap();
}
