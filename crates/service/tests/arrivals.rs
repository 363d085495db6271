//! Files and statuses that arrive: whose they are, which way they go, what is said of each.

mod firm;

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use contract::*;
use domain::flow::{FlowDirection, FlowKind};
use domain::{DossierFacts, Siren};
use firm::Firm;
use service::arrivals::watch::{Folder, Look};
use service::call::Upload;

macro_rules! corpus {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../fuzz/corpus/", $name)).as_slice())
    };
}

const SELLER: &str = "100000009";
const BUYER: &str = "200000008";

fn dossier(firm: &Firm, siren: &str, name: &str) {
    let body = NewDossier { facts: DossierFacts::new(Siren::parse(siren).unwrap(), name.to_owned()) };
    service::dossiers::create_dossier(&firm.call, Nothing {}, Nothing {}, body).unwrap();
}

fn drop_file(firm: &Firm, name: &str, bytes: &[u8]) -> service::Result<FlowFileResult> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let upload = Upload { path: Arc::new(file.into_temp_path()), bytes: bytes.len() as u64 };
    let call = service::Call { upload: Some(upload), ..firm.call.clone() };
    let query = FlowFileQuery { filename: name.to_owned(), platform: None };
    service::arrivals::upload_flow_file(&call, Nothing {}, query, Nothing {}).map(|a| a.reply)
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        out.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(content).unwrap();
    }
    out.finish().unwrap().into_inner()
}

fn flows(firm: &Firm) -> Vec<FlowRow> {
    let query = FlowListQuery { limit: Some(200), ..Default::default() };
    service::flows::list_flows(&firm.call, Nothing {}, query, Nothing {}).unwrap().reply.data
}

fn messages() -> Vec<(&'static str, &'static [u8])> {
    vec![
        corpus!("cdv_200_deposee.xml"),
        corpus!("cdv_205_approuvee.xml"),
        corpus!("cdv_210_refusee.xml"),
        corpus!("cdv_212_encaissee.xml"),
        corpus!("cdv_213_rejetee.xml"),
        corpus!("cdv_501_irrecevable.xml"),
    ]
}

both_databases! {
    fn messages_of_an_archive_become_flows_of_each_client(firm) {
        dossier(firm, SELLER, "Vendeur SARL");
        dossier(firm, BUYER, "Acheteur SAS");
        let archive = zipped(&messages());
        let result = drop_file(firm, "messages.zip", &archive).unwrap();
        assert_eq!((result.items.len(), result.refused), (6, 0), "{:?}", result.items);
        assert!(result.items.iter().all(|i| i.form.as_deref() == Some("CDAR")));
        let of = |name: &str| result.items.iter().find(|i| i.name == name).unwrap();
        assert_eq!(of("cdv_205_approuvee.xml").flows.len(), 2, "seller and buyer are both clients");
        let all = flows(firm);
        let approved: Vec<_> = all.iter().filter(|f| f.number == "F202500003").collect();
        let mut sides: Vec<_> = approved.iter().map(|f| (f.owner.as_str(), f.direction, f.seller.as_str())).collect();
        sides.sort();
        assert_eq!(sides, [(SELLER, FlowDirection::Sale, SELLER), (BUYER, FlowDirection::Purchase, SELLER)]);
        assert!(approved.iter().all(|f| f.status.as_ref().unwrap().code == Some(212)), "the latest counts");
        let rejected = all.iter().find(|f| f.status.as_ref().unwrap().code == Some(213)).unwrap();
        assert!(!rejected.reasons.is_empty() && rejected.dossier_id.is_some());
        assert!(all.iter().any(|f| f.status.as_ref().unwrap().code == Some(501)), "a file that was not taken is to be seen");

        let again = drop_file(firm, "les mêmes.zip", &archive).unwrap();
        assert_eq!((again.created, again.added, again.refused), (0, 0, 0), "said before, in whatever file");
        assert!(again.items.iter().all(|i| i.outcome == TakenOutcome::Unchanged));
        firm.assert_whole();
    }

    fn invoices_are_those_of_the_client_that_they_name(firm) {
        dossier(firm, "456789012", "Fournisseur SAS");
        let nobody = drop_file(firm, "a.xml", corpus!("facture_ubl_001.xml").1).unwrap();
        assert_eq!((nobody.refused, nobody.items[0].outcome), (1, TakenOutcome::Refused));
        let why = nobody.items[0].message.as_ref().unwrap();
        assert!(why.fr.contains("123456789") && why.fr.contains("987654321") && why.fr.contains("Créez le dossier"), "{why:?}");
        dossier(firm, "987654321", "Acheteur SA");

        let (cii, credit) = (corpus!("facture_cii_001.xml"), corpus!("facture_ubl_002_avoir.xml"));
        let result = drop_file(firm, "lot.zip", &zipped(&[cii, credit, corpus!("facture_ubl_001.xml"), ("notes.csv", b"a;b\n1;2\n"), ("x.xml", b"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><r>&x;</r>")])).unwrap();
        let forms: Vec<_> = result.items.iter().map(|i| (i.form.as_deref(), i.outcome)).collect();
        assert_eq!(forms, [
            (Some("CII"), TakenOutcome::Created),
            (Some("UBL"), TakenOutcome::Created),
            (Some("UBL"), TakenOutcome::Created),
            (None, TakenOutcome::Refused),
            (None, TakenOutcome::Refused),
        ], "{:?}", result.items);
        let said = |n: usize| result.items[n].message.clone().unwrap().fr;
        assert!(said(3).contains("page Imports") && said(4).contains("DOCTYPE"), "{} / {}", said(3), said(4));
        let all = flows(firm);
        let of = |number: &str| all.iter().find(|f| f.number == number).unwrap();
        let (sale, avoir, purchase) = (of("FA-2025-00256"), of("AV-2025-00031"), of("FA-2025-00142"));
        assert_eq!((sale.direction, sale.owner.as_str(), sale.status.is_none()), (FlowDirection::Sale, "456789012", true));
        assert_eq!((avoir.kind, avoir.direction), (FlowKind::CreditNote, FlowDirection::Sale));
        assert_eq!((purchase.direction, purchase.owner.as_str(), purchase.seller.as_str()), (FlowDirection::Purchase, "987654321", "123456789"));
        assert!(sale.gross_cents.is_some() && sale.counterparty_name.is_some());
    }

    fn the_invoice_in_a_pdf_is_read_and_a_plain_pdf_is_not_one(firm) {
        let pdf = corpus!("facture_facturx_001.pdf").1;
        let first = drop_file(firm, "facture.pdf", pdf).unwrap();
        assert_eq!(first.items[0].form.as_deref(), Some("Factur-X"), "{:?}", first.items[0].message);
        let why = first.items[0].message.clone().unwrap().fr;
        let seller = why.split(['(', ')']).nth(1).unwrap().to_owned();
        dossier(firm, &seller, "Vendeur du PDF");
        let second = drop_file(firm, "facture.pdf", pdf).unwrap();
        assert_eq!((second.created, second.items[0].flows.len()), (1, 1), "{:?}", second.items);
        let plain = drop_file(firm, "scan.pdf", b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF").unwrap();
        assert!(plain.items[0].message.as_ref().unwrap().fr.contains("factur-x.xml"), "{:?}", plain.items);
        assert!(drop_file(firm, "abime.zip", b"PK\x03\x04abc").is_err(), "a whole archive that cannot be read");
    }

    fn a_purchase_that_is_known_hears_of_it_without_being_named(firm) {
        dossier(firm, BUYER, "Acheteur SAS");
        // The approval names both, the rejection of a deposit the seller alone.
        drop_file(firm, "a.xml", corpus!("cdv_205_approuvee.xml").1).unwrap();
        let text = String::from_utf8(corpus!("cdv_213_rejetee.xml").1.to_vec()).unwrap();
        let stranger = drop_file(firm, "b.xml", text.as_bytes()).unwrap();
        assert_eq!(stranger.refused, 1, "{:?}", stranger.items);
        let number = flows(firm)[0].number.clone();
        let day = flows(firm)[0].issued_on.unwrap().format("%Y%m%d").to_string();
        let about = text.replace("F202500002", &number).replace("20250701<", &format!("{day}<"));
        let heard = drop_file(firm, "c.xml", about.as_bytes()).unwrap();
        assert_eq!((heard.added, heard.refused), (1, 0), "{:?}", heard.items);
        assert_eq!(flows(firm).len(), 1);
    }

    fn what_an_archive_brought_is_in_the_journal_with_it(firm) {
        dossier(firm, SELLER, "Vendeur SARL");
        let text = String::from_utf8(corpus!("cdv_213_rejetee.xml").1.to_vec()).unwrap();
        let files: Vec<(String, String)> = (0..201)
            .map(|n| (format!("m{n}.xml"), text.replace("F202500002", &format!("F2025{n:05}"))))
            .collect();
        let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
        assert_eq!(drop_file(firm, "lot.zip", &zipped(&files)).unwrap().created, 201);
        let query = serde_json::from_value(serde_json::json!({ "action": "flow_file.take" })).unwrap();
        let rows = service::journal::list_journal(&firm.call, Nothing {}, query, Nothing {}).unwrap().reply.data;
        let mut created: Vec<_> = rows.iter().map(|r| r.changes["created"][1].as_u64().unwrap()).collect();
        created.sort_unstable();
        assert_eq!(created, [1, 200], "a row in the transaction of each batch");
        assert!(rows.iter().all(|r| r.subject == "lot.zip" && r.subject_id == rows[0].subject_id));
    }

    fn what_speaks_of_no_invoice_is_told_and_left(firm) {
        dossier(firm, SELLER, "Vendeur SARL");
        let text = String::from_utf8(corpus!("cdv_213_rejetee.xml").1.to_vec()).unwrap();
        for code in ["401", "601", "250"] {
            let other = text.replace("<ram:ProcessConditionCode>213", &format!("<ram:ProcessConditionCode>{code}"));
            let result = drop_file(firm, "a.xml", other.as_bytes()).unwrap();
            let why = result.items[0].message.clone().unwrap().fr;
            assert!(result.refused == 1 && why.contains(code) && why.contains("F202500002"), "{why}");
        }
        let unknown = text.replace("<ram:ProcessConditionCode>213", "<ram:ProcessConditionCode>229");
        assert_eq!(drop_file(firm, "a.xml", unknown.as_bytes()).unwrap().created, 1, "a new code is kept");
        assert_eq!(flows(firm)[0].status.as_ref().unwrap().code, Some(229));
    }

    fn statuses_from_a_program_are_answered_one_by_one(firm) {
        dossier(firm, SELLER, "Vendeur SARL");
        let item = |json: serde_json::Value| serde_json::from_value::<StatusInput>(json).unwrap();
        let good = serde_json::json!({ "client": "10000000900015", "number": "F1", "direction": "sale", "counterparty": BUYER,
            "issued_on": "2026-11-02", "gross_cents": 12_000, "status": "Approuvée", "at": "2026-11-03T10:00:00Z" });
        let word = serde_json::json!({ "client": SELLER, "number": "F2", "seller": BUYER, "status": "En attente de routage", "at": "2026-11-03T10:00:00Z" });
        let lost = serde_json::json!({ "client": SELLER, "number": "F3", "status": "205", "at": "2026-11-03T10:00:00Z" });
        let empty = serde_json::json!({ "client": " ", "number": "F4", "direction": "sale", "status": "205", "at": "2026-11-03T10:00:00Z" });
        let body = StatusesInput { platform: "pennylane".to_owned(), statuses: [good, word, lost, empty].map(item).to_vec() };
        let send = |body: &StatusesInput| service::arrivals::create_statuses(&firm.call, Nothing {}, Nothing {}, body.clone());
        let result = send(&body).unwrap().reply;
        let outcomes: Vec<_> = result.items.iter().map(|i| i.outcome).collect();
        assert_eq!(outcomes, [TakenOutcome::Created, TakenOutcome::Unread, TakenOutcome::Refused, TakenOutcome::Refused], "{result:?}");
        assert_eq!((result.created, result.refused), (2, 2));
        assert!(result.items[2].message.as_ref().unwrap().fr.contains("Vente ou achat"));
        let again = send(&body).unwrap().reply;
        assert_eq!((again.created, again.unchanged), (0, 2));
        let first = flows(firm).into_iter().find(|f| f.number == "F1").unwrap();
        assert_eq!((first.owner.as_str(), first.platform.to_lowercase().as_str()), (SELLER, "pennylane"));
        let too_many = StatusesInput { statuses: vec![body.statuses[0].clone(); 1_001], ..body };
        assert_eq!(send(&too_many).unwrap_err().fields[0].code, "too_many");
    }

    fn a_watched_folder_is_emptied_and_never_half(firm) {
        dossier(firm, SELLER, "Vendeur SARL");
        let root = tempfile::tempdir().unwrap();
        let place = root.path().join("Cabinet Essai");
        std::fs::create_dir(&place).unwrap();
        std::fs::create_dir(root.path().join("Cabinet Inconnu")).unwrap();
        let put = |name: &str, bytes: &[u8]| std::fs::write(place.join(name), bytes).unwrap();
        put("message.xml", corpus!("cdv_213_rejetee.xml").1);
        put("autre.xml", b"<Bordereau/>");
        put("lot.zip", &zipped(&[corpus!("cdv_200_deposee.xml"), ("b.xml", b"<Bordereau/>")]));
        put("en-cours.xml.part", corpus!("cdv_200_deposee.xml").1);
        std::fs::write(root.path().join("Cabinet Inconnu").join("x.xml"), b"<r/>").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/hostname", place.join("lien.xml")).unwrap();

        let folder = Folder { path: root.path().to_owned(), cabinet: None };
        let (mut look, mut other) = (Look::new(folder.clone()), Look::new(folder));
        let stop = AtomicBool::new(false);
        let once = |look: &mut Look| look.once(&firm.app, Duration::ZERO, &stop);
        assert_eq!((once(&mut look), once(&mut other)), (0, 0), "a file is looked at twice before it is taken");
        put("message.xml", &[corpus!("cdv_213_rejetee.xml").1, b"\n"].concat());
        assert_eq!(once(&mut look), 2, "what was written to meanwhile waits");
        assert_eq!((once(&mut other), once(&mut look), once(&mut other)), (0, 1, 0), "taken once, whoever looks");
        let names = |folder: &str| {
            let mut names: Vec<_> = std::fs::read_dir(place.join(folder)).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        assert_eq!(names("done"), ["lot.zip", "lot.zip.txt", "message.xml"]);
        assert_eq!(names("refused"), ["autre.xml", "autre.xml.txt"]);
        assert_eq!(names(".taken"), Vec::<String>::new());
        let why = std::fs::read_to_string(place.join("refused/autre.xml.txt")).unwrap();
        assert!(why.contains("Bordereau") && why.contains("CDAR"), "{why}");
        assert!(place.join("en-cours.xml.part").exists() && place.join("lien.xml").symlink_metadata().is_ok());
        assert!(root.path().join("Cabinet Inconnu/x.xml").exists(), "a folder of nobody is left alone");
        assert_eq!(flows(firm).len(), 2);

        put("message.xml", corpus!("cdv_213_rejetee.xml").1);
        once(&mut look);
        once(&mut look);
        assert_eq!(names("done"), ["lot.zip", "lot.zip.txt", "message-2.xml", "message.xml"], "nothing is written over");

        // Another cabinet that takes the name does not take the folder.
        let id = std::fs::read_to_string(place.join(".cabinet")).unwrap();
        assert!(id.trim().parse::<domain::CabinetId>().is_ok(), "{id}");
        std::fs::write(place.join(".cabinet"), "00000000-0000-7000-8000-000000000000").unwrap();
        put("message.xml", corpus!("cdv_213_rejetee.xml").1);
        assert_eq!((once(&mut look), once(&mut look)), (0, 0), "the folder of a cabinet that is gone is left alone");
        firm.assert_whole();
    }
}
