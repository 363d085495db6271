//! A newer register of platforms: loaded from the command line, followed by the server that runs.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use contract::endpoint::op;
use contract::{CockpitQuery, NewDossier, Nothing};
use serde_json::{Value, json};
use testkit::{TestApp, both_databases, sample};

fn run(app: &TestApp, file: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cabready"));
    // What the machine of the test has set is not what is tested.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CABREADY_")) {
        command.env_remove(name);
    }
    command.args(["reference", "import"]).arg(file).args(["--database-url", app.database_url()]).args(more);
    command.output().expect("the program starts")
}

#[track_caller]
fn succeed(app: &TestApp, file: &Path, more: &[&str]) -> String {
    let output = run(app, file, more);
    assert!(output.status.success(), "{more:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
fn fail(app: &TestApp, code: i32, file: &Path, more: &[&str]) -> String {
    let output = run(app, file, more);
    assert_eq!(output.status.code(), Some(code), "{more:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

both_databases!(a_register_is_loaded_and_the_running_server_takes_it, |app| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let partner = app.sign_up("Cabinet");
    let facts = sample::complete_facts(1);
    let dossier = app
        .call::<op::CreateDossier>(&partner.token, Nothing {}, Nothing {}, NewDossier { facts })
        .unwrap_or_else(|p| panic!("{p:?}"));
    assert_eq!(dossier.platform_registered, Some(true));
    let before = app.get::<op::ReadReference>(&partner).platforms;
    // What the dossier names is gone from the next list.
    let mut list = String::from("nom;statut;date_immatriculation;localisation\n");
    for row in before.rows.iter().filter(|row| row.name != "PENNYLANE") {
        list.push_str(&format!("\"{}\";immatriculation_definitive;;\n", row.name.replace('"', "\"\"")));
    }
    list.push_str("FACTURES DU NORD;dossier_en_attente;20/11/2026;Lille\n");
    let file = folder.path().join("list.csv");
    std::fs::write(&file, &list).expect("a file");

    assert!(fail(&app, 1, &file, &[]).contains("--as-of"), "a CSV does not say its day");
    assert!(fail(&app, 2, &file, &["--as-of", "20/11/2026"]).contains("YYYY-MM-DD"));
    assert!(fail(&app, 1, &file, &["--as-of", "2026-01-01"]).contains("--force"));
    let dry: Value =
        serde_json::from_str(&succeed(&app, &file, &["--as-of", "2026-11-20", "--dry-run", "--json"])).expect("JSON");
    assert_eq!(dry["changes"]["removed"], json!(["PENNYLANE"]));
    assert_eq!(
        (&dry["dossiers_of_removed"], &dry["dossiers_moved"], &dry["stored"]),
        (&json!(1), &json!(1), &json!(false))
    );
    assert_eq!(app.get::<op::ReadReference>(&partner).platforms.as_of, before.as_of);

    let told = succeed(&app, &file, &["--as-of", "2026-11-20"]);
    assert!(told.contains("added: 1\n  FACTURES DU NORD") && told.contains("stored"), "{told}");
    assert_eq!(app.get::<op::ReadReference>(&partner).platforms.as_of.to_string(), "2026-11-20");
    assert!(succeed(&app, &file, &["--as-of", "2026-11-20"]).contains("nothing new"));
    // Every dossier is evaluated by it without a restart: what the list counts is what the file says.
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let query = CockpitQuery { portfolio_id: None };
        let cockpit = app.call::<op::ReadCockpit>(&partner.token, Nothing {}, query, Nothing {});
        let cockpit = cockpit.unwrap_or_else(|p| panic!("{p:?}"));
        if !cockpit.recomputing && cockpit.score == Some(f64::from(read(&app, &partner, dossier.id).readiness.score)) {
            break;
        }
        assert!(Instant::now() < end, "{cockpit:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    let now = read(&app, &partner, dossier.id);
    assert_eq!(now.platform_registered, Some(false));
    assert!(now.readiness.score < dossier.readiness.score);
    assert_eq!(now.version, dossier.version, "an evaluation is no change of the dossier");

    let wrong = folder.path().join("wrong.csv");
    std::fs::write(&wrong, "nom;statut\nABBY;peut-être\n;definitive\n").expect("a file");
    let refused = fail(&app, 1, &wrong, &["--as-of", "2026-11-20"]);
    assert!(refused.contains("line 2, statut: « peut-être »") && refused.contains("line 3, nom"), "{refused}");
    std::fs::write(&wrong, b"nom;statut\nSoci\xe9t\xe9;definitive\n").expect("a file");
    assert!(fail(&app, 1, &wrong, &["--as-of", "2026-11-20"]).contains("UTF-8"));
});

fn read(app: &TestApp, partner: &testkit::Person, id: domain::DossierId) -> contract::Dossier {
    app.call::<op::ReadDossier>(&partner.token, id, Nothing {}, Nothing {}).unwrap_or_else(|p| panic!("{p:?}"))
}
