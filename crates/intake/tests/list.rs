//! From a list to clients, rejected rows and back.

mod common;

use common::{Files, LIST_A, mapping, open, read_all, windows_1252};
use domain::{Lang, Siren, VatRegime};
use intake::export::{RejectedRows, reasons};
use intake::{
    CellCode, ClientSays, Field, NoteCode, Options, Outcome, ParsedClient, Refusal, RefusalCode, Skip, Summary,
    parse_client_list,
};
use std::ops::ControlFlow;
use std::path::Path;

/// What a test keeps of a row.
#[derive(Debug)]
struct Kept {
    number: u32,
    outcome: Outcome,
    errors: Vec<(String, Field, CellCode)>,
    notes: Vec<NoteCode>,
    duplicate_of: Option<u32>,
    raw: Vec<String>,
    reasons: String,
}

fn parse(path: &Path, options: &Options, columns: &[(usize, Field)]) -> Result<(Vec<Kept>, Summary), Refusal> {
    let source = open(path)?;
    let mut rows = Vec::new();
    let summary = parse_client_list(&source, options, columns, |row| {
        rows.push(Kept {
            number: row.number,
            outcome: row.outcome.clone(),
            errors: row.errors.iter().map(|e| (e.letter.clone(), e.field, e.error.code)).collect(),
            notes: row.notes.iter().map(|n| n.note.code).collect(),
            duplicate_of: row.duplicate_of,
            raw: row.raw(),
            reasons: reasons(&row.errors, Lang::Fr),
        });
        ControlFlow::Continue(())
    })?;
    Ok((rows, summary))
}

fn client(row: &Kept) -> &ParsedClient {
    match &row.outcome {
        Outcome::Client(client) => client,
        other => panic!("row {}: {other:?} {:?}", row.number, row.errors),
    }
}

#[test]
fn a_list_becomes_clients_and_rejected_rows() {
    let files = Files::new();
    let path = files.write("a.csv", &windows_1252(LIST_A));
    let found = read_all(&path).unwrap();
    let (rows, summary) = parse(&path, &found.options(), &mapping(&found)).unwrap();
    assert_eq!((summary.clients, summary.rejected, summary.skipped, summary.duplicates), (5, 1, 2, 1));
    assert_eq!(rows.iter().map(|r| r.number).collect::<Vec<_>>(), [4, 5, 6, 7, 8, 9, 10, 11]);

    let first = client(&rows[0]);
    assert_eq!(first.siren.as_str(), "732829320");
    assert_eq!(
        first.says,
        ClientSays {
            code: Some("B00000".into()),
            name: Some("Boulangerie de l’Île SARL".into()),
            vat_regime: Some(VatRegime::RealMonthly),
            headcount: Some(25),
            turnover_cents: Some(388_201_200),
            balance_sheet_cents: Some(151_552_800),
            fiscal_year_end: domain::MonthDay::new(12, 31),
            contact_email: Some("contact@exemple.fr".into()),
            assignee: Some("collab-06".into()),
            manager: Some("resp-3".into()),
            reception_platform: Some("CEGID".into()),
            ..ClientSays::default()
        }
    );
    assert_eq!(client(&rows[1]).siren.as_str(), "005450093");
    assert_eq!(rows[1].notes, [NoteCode::SirenPadded]);
    assert_eq!(client(&rows[1]).says.contact_email, None, "an empty cell says nothing");
    assert_eq!(client(&rows[2]).siret.unwrap().as_str(), "55210055400054");
    assert!(rows[2].notes.contains(&NoteCode::SiretInSirenColumn));

    // Every bad cell of the row at once, in the order of the columns.
    assert_eq!(rows[3].outcome, Outcome::Rejected);
    assert_eq!(
        rows[3].errors,
        [
            ("C".into(), Field::Siren, CellCode::ScientificNotation),
            ("E".into(), Field::Headcount, CellCode::NumberRange),
            ("F".into(), Field::Turnover, CellCode::NumberForm),
            ("H".into(), Field::ContactEmail, CellCode::EmailForm),
            ("L".into(), Field::FiscalYearEnd, CellCode::DateImpossible),
        ]
    );
    assert!(rows[3].reasons.starts_with("N° SIREN « 7,32829E+13 » : "), "{}", rows[3].reasons);

    assert_eq!(rows[4].notes, [NoteCode::SirenCheckDigit]);
    assert_eq!(client(&rows[4]).says.vat_regime, Some(VatRegime::NotTaxable));
    assert_eq!(rows[5].outcome, Outcome::Skipped(Skip::Blank { rows: 1 }));
    assert_eq!(rows[6].duplicate_of, Some(4));
    assert!(rows[6].notes.contains(&NoteCode::DuplicateInFile));
    assert_eq!(rows[7].outcome, Outcome::Skipped(Skip::Total));
}

#[test]
fn rejected_rows_come_back_corrected() {
    let files = Files::new();
    let path = files.write("a.csv", &windows_1252(LIST_A));
    let found = read_all(&path).unwrap();
    let (rows, summary) = parse(&path, &found.options(), &mapping(&found)).unwrap();
    let mut out = RejectedRows::new(Vec::new(), &summary.headers).unwrap();
    for row in rows.iter().filter(|r| r.outcome == Outcome::Rejected) {
        out.row(&row.raw, row.number, &row.reasons).unwrap();
    }
    let text = String::from_utf8(out.finish().unwrap()).unwrap();
    assert!(text.starts_with("\u{feff}Code dossier;Raison sociale;"), "{text}");
    assert!(text.contains(";Ligne;Motif\r\nD00003;Plomberie du Port;7,32829E+13;"), "{text}");

    let corrected = text
        .replace("7,32829E+13;", "732829320;")
        .replace("10 à 19", "12")
        .replace(";abc;", ";1000;")
        .replace("pas une adresse", "a@b.fr")
        .replace("31/02/2025", "28/02/2025");
    let path = files.write("corrected.csv", corrected.as_bytes());
    let found = read_all(&path).unwrap();
    let (rows, summary) = parse(&path, &found.options(), &mapping(&found)).unwrap();
    assert_eq!((summary.clients, summary.rejected), (1, 0), "{:?}", rows[0].errors);
    assert_eq!(client(&rows[0]).says.headcount, Some(12));
    assert_eq!(client(&rows[0]).says.notes, None, "the reasons are not taken for remarks");
}

#[test]
fn formula_cells_survive_a_round_trip_as_texts() {
    let files = Files::new();
    let path = files.write("f.csv", b"SIREN;Nom;Effectif\n732829320;=cmd toto;x\n");
    let found = read_all(&path).unwrap();
    let (rows, summary) = parse(&path, &found.options(), &mapping(&found)).unwrap();
    let mut out = RejectedRows::new(Vec::new(), &summary.headers).unwrap();
    out.row(&rows[0].raw, rows[0].number, &rows[0].reasons).unwrap();
    let text = String::from_utf8(out.finish().unwrap()).unwrap();
    assert!(text.contains(";'=cmd toto;"), "{text}");
    let path = files.write("g.csv", text.replace(";x;", ";3;").as_bytes());
    let found = read_all(&path).unwrap();
    let (rows, _) = parse(&path, &found.options(), &mapping(&found)).unwrap();
    assert_eq!(client(&rows[0]).says.name.as_deref(), Some("=cmd toto"));
}

#[test]
fn identities_must_agree() {
    let files = Files::new();
    let path = files.write(
        "i.csv",
        "SIREN;SIRET;N° TVA;Nom\n\
         732829320;73282932000074;FR44732829320;accord\n\
         552100554;73282932000074;;autre SIRET\n\
         552100554;;FR44732829320;autre TVA\n\
         ;73282932000074;;SIRET seul\n\
         ;;FR44732829320;TVA seule\n\
         ;;;personne\n\
         ;;BE0403170701;étranger\n\
         732829320;;FR53000004605;Monaco\n"
            .as_bytes(),
    );
    let found = read_all(&path).unwrap();
    let (rows, _) = parse(&path, &found.options(), &mapping(&found)).unwrap();
    assert_eq!(client(&rows[0]).vat_number.as_deref(), Some("FR44732829320"));
    assert_eq!(rows[1].errors, [("B".into(), Field::Siret, CellCode::SiretOtherSiren)]);
    assert_eq!(rows[2].errors, [("C".into(), Field::VatNumber, CellCode::VatOtherSiren)]);
    assert_eq!(client(&rows[3]).siren, Siren::parse("732829320").unwrap());
    assert_eq!(rows[4].notes[..1], [NoteCode::SirenFromVatNumber]);
    assert_eq!(rows[5].errors, [("A".into(), Field::Siren, CellCode::MissingIdentifier)]);
    assert_eq!(rows[6].errors, [("A".into(), Field::Siren, CellCode::MissingIdentifier)]);
    assert_eq!(client(&rows[7]).vat_number.as_deref(), Some("FR53000004605"));
}

#[test]
fn the_column_tells_its_decimal_mark() {
    let files = Files::new();
    let path = files.write("n.csv", b"SIREN\tCA\n732829320\t1,234\n552100554\t12,345.50\n356000000\t99\n");
    let found = read_all(&path).unwrap();
    // With the mark that was detected, and without: the list is then weighed first.
    for options in
        [found.options(), Options { number_styles: Default::default(), ..found.options() }, Options::default()]
    {
        let (rows, _) = parse(&path, &options, &[(0, Field::Siren), (1, Field::Turnover)]).unwrap();
        let cents: Vec<_> = rows.iter().map(|r| client(r).says.turnover_cents.unwrap()).collect();
        assert_eq!(cents, [123_400, 1_234_550, 9_900]);
    }
    let path = files.write("m.csv", b"SIREN\tCA\n732829320\t1,234\n552100554\t99\n");
    let (rows, _) = parse(&path, &Options::default(), &[(0, Field::Siren), (1, Field::Turnover)]).unwrap();
    assert_eq!(rows[0].errors, [("B".into(), Field::Turnover, CellCode::NumberAmbiguous)]);
}

#[test]
fn a_mapping_that_makes_no_sense_is_refused() {
    let files = Files::new();
    let path = files.write("a.csv", b"SIREN;Nom\n732829320;A\n");
    for columns in
        [&[(0, Field::Siren), (0, Field::Name)][..], &[(0, Field::Siren), (1, Field::Siren)], &[(900, Field::Siren)]]
    {
        assert_eq!(parse(&path, &Options::default(), columns).unwrap_err().code, RefusalCode::UnknownColumn);
    }
    // A column past the last one is only empty.
    let (rows, _) = parse(&path, &Options::default(), &[(0, Field::Siren), (7, Field::Name)]).unwrap();
    assert_eq!(client(&rows[0]).says.name, None);
}

#[test]
fn the_visitor_may_stop() {
    let files = Files::new();
    let source = open(&files.write("a.csv", &windows_1252(LIST_A))).unwrap();
    let mut seen = 0;
    parse_client_list(&source, &Options::default(), &[(2, Field::Siren)], |_| {
        seen += 1;
        if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    assert_eq!(seen, 2);
}

#[test]
fn an_old_workbook_gives_the_same_clients() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clients.xls");
    let found = read_all(&path).unwrap();
    let (rows, summary) = parse(&path, &found.options(), &mapping(&found)).unwrap();
    assert_eq!((summary.clients, summary.rejected, summary.skipped), (2, 1, 1), "{rows:#?}");
    let first = client(&rows[0]);
    assert_eq!(
        (first.siren.as_str(), first.says.turnover_cents, first.says.confidential),
        ("732829320", Some(388_201_250), Some(true))
    );
    assert_eq!(client(&rows[1]).siren.as_str(), "005450093");
    assert_eq!(rows[2].errors, [("G".into(), Field::ContactEmail, CellCode::EmailForm)]);
    assert_eq!(rows[3].outcome, Outcome::Skipped(Skip::Total));
}
