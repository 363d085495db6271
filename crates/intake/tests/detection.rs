//! What is found in files shaped like those that firms have.

mod common;

use common::{Files, LIST_A, fields, mapping, ods, open, read_all, windows_1252};
use intake::{
    ColumnKind, Detection, Encoding, Field, Kind, Limits, NoteCode, NumberStyle, Options, Reason, RefusalCode,
    Remembered, Source, detect, propose,
};
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

const FIELDS_A: [Option<Field>; 12] = [
    Some(Field::Code),
    Some(Field::Name),
    Some(Field::Siren),
    Some(Field::VatRegime),
    Some(Field::Headcount),
    Some(Field::Turnover),
    Some(Field::BalanceSheet),
    Some(Field::ContactEmail),
    Some(Field::Assignee),
    Some(Field::Manager),
    Some(Field::ReceptionPlatform),
    Some(Field::FiscalYearEnd),
];

#[test]
fn windows_1252_with_two_lines_above_the_header() {
    let files = Files::new();
    let found = read_all(&files.write("a.csv", &windows_1252(LIST_A))).unwrap();
    assert_eq!((found.kind, found.encoding, found.separator), (Kind::Csv, Some(Encoding::Windows1252), Some(';')));
    assert_eq!((found.header_row, found.row_count), (3, 6));
    assert_eq!(found.columns.len(), 12, "the empty columns at the end are dropped");
    assert_eq!(fields(&found), FIELDS_A);
    assert_eq!(found.columns[1].samples[0], "Boulangerie de l’Île SARL");
    assert_eq!(found.columns[2].header, "N° SIREN");
    assert_eq!((found.columns[5].letter.as_str(), found.columns[5].number_style), ("F", Some(NumberStyle::Comma)));
    assert_eq!(found.columns[7].filled, 2);
    assert!(found.notes.is_empty(), "{:?}", found.notes);
}

#[test]
fn the_same_list_in_every_encoding() {
    let files = Files::new();
    let utf16 = |bom: &[u8], unit: fn(u16) -> [u8; 2]| {
        let mut bytes = bom.to_vec();
        LIST_A.encode_utf16().for_each(|u| bytes.extend(unit(u)));
        bytes
    };
    let iso = encoding_rs::ISO_8859_15.encode(&LIST_A.replace('’', "'")).0.into_owned();
    for (name, bytes, encoding) in [
        ("utf8.csv", LIST_A.as_bytes().to_vec(), Encoding::Utf8),
        ("bom.csv", format!("\u{feff}{LIST_A}").into_bytes(), Encoding::Utf8Bom),
        ("16le.csv", utf16(b"\xff\xfe", u16::to_le_bytes), Encoding::Utf16Le),
        ("16be.csv", utf16(b"\xfe\xff", u16::to_be_bytes), Encoding::Utf16Be),
        ("15.csv", iso, Encoding::Iso885915),
    ] {
        let found = read_all(&files.write(name, &bytes)).unwrap();
        assert_eq!((found.encoding, found.header_row, found.row_count), (Some(encoding), 3, 6), "{name}");
        assert_eq!(found.columns[1].samples[2].replace('’', "'"), "Garage de l'Œuvre", "{name}");
    }
    // UTF-16 without its mark, as some databases write it.
    let plain = "SIREN;Nom;Ville\r\n732829320;Alpha;Lille\r\n552100554;Beta;Paris\r\n";
    let bytes: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read_all(&files.write("nobom.csv", &bytes)).unwrap().encoding, Some(Encoding::Utf16Le));
}

#[test]
fn a_few_broken_bytes_do_not_spoil_a_utf8_file() {
    let files = Files::new();
    let mut bytes = LIST_A.repeat(3).into_bytes();
    bytes.extend_from_slice(b"X1;Soci\xe9t\xe9;732829320;M\r\n");
    let found = read_all(&files.write("mixed.csv", &bytes)).unwrap();
    assert_eq!(found.encoding, Some(Encoding::Utf8));
    assert!(found.notes.iter().any(|n| n.code == NoteCode::UnreadableCharacters));
}

#[test]
fn a_tsv_with_english_names_and_no_siren_column() {
    let files = Files::new();
    let text = "\u{feff}reference\tdenomination\tsiret\tvat_regime\theadcount\tturnover\tbalance\tcontact_email\tmanager\tplatform\ttool\tinvoices_per_month\tb2c\tinternational\n\
        B00000\tTransports Bellevue\t73282932000074\tM\t25\t3882012\t1515528\tcontact@exemple.fr\tcollab-06\tcegid\tPennylane\t80\toui\tnon\n\
        B00001\tDomaine du Lille\t35600000049837\tF\t8\t1859529\t1315696\t\tcollab-03\tb2brouter\tPapier\t40\tnon\tnon\n";
    let found = read_all(&files.write("c.tsv", text.as_bytes())).unwrap();
    assert_eq!(
        (found.kind, found.encoding, found.separator, found.header_row),
        (Kind::Tsv, Some(Encoding::Utf8Bom), Some('\t'), 1)
    );
    let expected: Vec<_> = [
        Field::Code,
        Field::Name,
        Field::Siret,
        Field::VatRegime,
        Field::Headcount,
        Field::Turnover,
        Field::BalanceSheet,
        Field::ContactEmail,
        Field::Manager,
        Field::ReceptionPlatform,
        Field::Tool,
        Field::InvoicesPerMonth,
        Field::B2c,
        Field::International,
    ]
    .map(Some)
    .to_vec();
    assert_eq!(fields(&found), expected);

    // "manager" is a guess, until the names in it are known as those of assignees.
    let guess = &propose(&found, &Remembered::new(), &|_, _| false)[8];
    assert_eq!((guess.field, guess.confidence), (Some(Field::Manager), 60));
    let known = |field: Field, value: &str| field == Field::Assignee && value.starts_with("collab-");
    let sure = &propose(&found, &Remembered::new(), &known)[8];
    assert_eq!((sure.field, sure.reason), (Some(Field::Assignee), Some(Reason::Content)));

    // What was decided last time wins, a column left aside included.
    let remembered = Remembered::from([("manager".to_owned(), Some(Field::Portfolio)), ("tool".to_owned(), None)]);
    let proposals = propose(&found, &remembered, &known);
    assert_eq!((proposals[8].field, proposals[8].reason), (Some(Field::Portfolio), Some(Reason::Remembered)));
    assert_eq!((proposals[10].field, proposals[10].reason), (None, Some(Reason::Remembered)));
}

fn workbook(path: &std::path::Path) {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Sommaire").unwrap().write(0, 0, "Portefeuille clients").unwrap();
    let sheet = book.add_worksheet().set_name("Dossiers").unwrap();
    sheet.write(0, 0, "Liste des dossiers").unwrap();
    sheet.write(1, 0, "Filtre : actifs").unwrap();
    let headers = [
        "Dossier",
        "Nom du dossier",
        "SIREN",
        "Régime",
        "Salariés",
        "Chiffre d’affaires",
        "Bilan",
        "Email client",
        "Chargé de dossier",
        "Plateforme",
        "Outil de facturation",
        "Clôture",
    ];
    for (c, header) in headers.iter().enumerate() {
        sheet.write(3, c as u16, *header).unwrap();
    }
    let date = Format::new().set_num_format("dd/mm/yyyy");
    for (r, (code, name, siren, regime)) in [
        ("B00000", "Boulangerie de l’Île", 732_829_320.0, "CA3 mensuelle"),
        ("B00001", "Mère & Fils", 5_450_093.0, "RSI (CA12)"),
    ]
    .iter()
    .enumerate()
    {
        let r = r as u32 + 4;
        sheet.write(r, 0, *code).unwrap();
        sheet.write(r, 1, *name).unwrap();
        sheet.write(r, 2, *siren).unwrap();
        sheet.write(r, 3, *regime).unwrap();
        sheet.write(r, 4, 25).unwrap();
        sheet.write(r, 5, 3_882_012.5).unwrap();
        sheet.write(r, 6, 1_515_528).unwrap();
        sheet.write(r, 8, "collab-06").unwrap();
        sheet.write_with_format(r, 11, ExcelDateTime::from_ymd(2025, 12, 31).unwrap(), &date).unwrap();
    }
    book.save(path).unwrap();
}

fn check_workbook(found: &Detection, kind: Kind) {
    assert_eq!((found.kind, found.sheet.as_deref(), found.header_row), (kind, Some("Dossiers"), 4));
    assert_eq!(found.sheets[0].name, "Sommaire");
    assert_eq!((found.sheets[0].rows, found.sheets[0].visible), (1, true));
    assert_eq!(fields(found)[..4], [Some(Field::Code), Some(Field::Name), Some(Field::Siren), Some(Field::VatRegime)]);
    assert!(found.notes.iter().any(|n| n.code == NoteCode::OtherSheets));
}

#[test]
fn a_workbook_whose_second_sheet_has_its_header_on_row_4() {
    let files = Files::new();
    let path = files.path("b.xlsx");
    workbook(&path);
    let found = read_all(&path).unwrap();
    check_workbook(&found, Kind::Xlsx);
    assert_eq!((found.row_count, found.sheets[1].rows), (2, 5));
    assert_eq!(found.columns[11].kind, ColumnKind::Date);
    assert_eq!(found.columns[11].samples, ["31/12/2025"]);
    assert_eq!(fields(&found)[10..], [Some(Field::Tool), Some(Field::FiscalYearEnd)]);
    assert_eq!((found.columns[9].kind, fields(&found)[9]), (ColumnKind::Empty, Some(Field::ReceptionPlatform)));

    // A name that says nothing of a table contradicts nothing.
    for name in ["b.export", "b"] {
        let renamed = files.write(name, &std::fs::read(&path).unwrap());
        assert_eq!(read_all(&renamed).unwrap().kind, Kind::Xlsx, "{name}");
    }
}

#[test]
fn a_name_that_promises_another_form_is_refused_with_what_to_do() {
    let files = Files::new();
    let path = files.path("b.xlsx");
    workbook(&path);
    let book = std::fs::read(&path).unwrap();
    let old = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clients.xls");
    let old = std::fs::read(old).unwrap();
    let text = windows_1252(LIST_A);
    for (name, bytes, is) in [
        ("a.csv", &book, "classeur Excel (.xlsx)"),
        ("a.XLS", &book, "classeur Excel (.xlsx)"),
        ("a.xlsx", &text, "texte (.csv)"),
        ("a.xls", &text, "texte (.csv)"),
        ("a.ods", &text, "texte (.csv)"),
        ("a.txt", &old, "avant 2007 (.xls)"),
        ("a.xlsx", &old, "avant 2007 (.xls)"),
    ] {
        let refusal = read_all(&files.write(name, bytes)).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::WrongExtension, "{name}");
        let sentence = refusal.sentence(domain::Lang::Fr);
        let extension = name[1..].to_lowercase();
        assert!(sentence.contains(is) && sentence.contains(&extension) && sentence.contains("renommez"), "{sentence}");
    }
    for name in ["a.csv", "a.TSV", "a.txt", "a.tab"] {
        read_all(&files.write(name, &text)).unwrap();
    }
}

// The two .xls fixtures were written by xlwt, from made-up names.
#[test]
fn an_old_workbook() {
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let found = read_all(&fixtures.join("clients.xls")).unwrap();
    check_workbook(&found, Kind::Xls);
    assert_eq!(found.row_count, 3);
    assert_eq!(found.columns[7].samples, ["31/12/2025", "30/06/2025"]);
    assert_eq!(found.columns[1].samples[0], "Boulangerie de l’Île SARL");
    assert!(!found.sheets[2].visible);

    let found = read_all(&fixtures.join("many-texts.xls")).unwrap();
    assert_eq!((found.row_count, found.columns[0].kind), (300, ColumnKind::Siren));
    let source = open(&fixtures.join("many-texts.xls")).unwrap();
    let mut names = Vec::new();
    intake::for_each_row(&source, &found.options(), |row| {
        names.push(row.cells[1].shown().into_owned());
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    for (i, name) in names.iter().enumerate() {
        let expected = format!("Société n° {i} {}", if i % 3 == 0 { "œuvre Ω " } else { "abc " }.repeat(8));
        assert_eq!(name, &expected, "texts keep their place across the records of the shared table");
    }
}

fn ods_row(cells: &[&str]) -> String {
    let cells: String = cells
        .iter()
        .map(|c| {
            if c.is_empty() {
                "<table:table-cell/>".to_owned()
            } else if let Some(date) = c.strip_prefix("date:") {
                format!("<table:table-cell office:value-type=\"date\" office:date-value=\"{date}\"><text:p>x</text:p></table:table-cell>")
            } else if c.parse::<f64>().is_ok() {
                format!("<table:table-cell office:value-type=\"float\" office:value=\"{c}\"><text:p>{c}</text:p></table:table-cell>")
            } else {
                format!(
                    "<table:table-cell office:value-type=\"string\"><office:annotation><text:p>remarque</text:p></office:annotation>\
                     <text:p>{}</text:p></table:table-cell>",
                    c.replace('&', "&amp;")
                )
            }
        })
        .collect();
    format!("<table:table-row>{cells}<table:table-cell table:number-columns-repeated=\"16000\"/></table:table-row>")
}

#[test]
fn an_opendocument_workbook() {
    let files = Files::new();
    let path = files.path("d.ods");
    let empty = "<table:table-row table:number-rows-repeated=\"2\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>";
    let tables = format!(
        "<table:table table:name=\"Sommaire\">{}</table:table><table:table table:name=\"Dossiers\"><table:table-column/>{}{empty}\
         <table:table-header-rows>{}</table:table-header-rows>{}{}{}<table:table-row table:number-rows-repeated=\"1048000\"><table:table-cell \
         table:number-columns-repeated=\"16384\"/></table:table-row></table:table><table:table table:name=\"Cachée\" table:style-name=\"hid\"/>",
        ods_row(&["Portefeuille"]),
        ods_row(&["Liste des dossiers"]),
        ods_row(&["Dossier", "Nom du dossier", "SIREN", "Régime", "Salariés", "Clôture"]),
        ods_row(&["B1", "Mère & Fils", "732829320", "RSI", "25", "date:2025-12-31"]),
        ods_row(&["B2", "Œuvre", "5450093", "CA3 mensuelle", "", "date:2025-06-30T00:00:00"]),
        ods_row(&["TOTAL", "", "", "", "25", ""]),
    );
    ods(&path, &tables);
    let found = read_all(&path).unwrap();
    check_workbook(&found, Kind::Ods);
    assert_eq!((found.row_count, found.columns.len()), (2, 6));
    assert_eq!(found.columns[1].samples, ["Mère & Fils", "Œuvre"]);
    assert_eq!(found.columns[5].samples, ["31/12/2025", "30/06/2025"]);
    assert!(!found.sheets[2].visible);
}

#[test]
fn a_person_may_correct_everything() {
    let files = Files::new();
    let source = open(&files.write("a.csv", &windows_1252(LIST_A))).unwrap();
    let header_2 = detect(&source, &Options { header_row: Some(2), ..Options::default() }).unwrap();
    assert_eq!((header_2.header_row, header_2.columns[0].header.as_str()), (2, "Édité le 20/11/2026"));
    let no_header = detect(&source, &Options { header_row: Some(0), ..Options::default() }).unwrap();
    assert_eq!((no_header.columns[0].header.as_str(), no_header.fingerprint.as_str()), ("", ""));
    let pipes = detect(&source, &Options { separator: Some('|'), header_row: Some(3), ..Options::default() }).unwrap();
    assert_eq!(pipes.columns.len(), 1);
    let other = detect(&source, &Options { encoding: Some(Encoding::Iso885915), ..Options::default() }).unwrap();
    assert_eq!(other.encoding, Some(Encoding::Iso885915));

    for (options, code) in [
        (Options { header_row: Some(9), ..Options::default() }, RefusalCode::UnknownHeaderRow),
        (Options { header_row: Some(900), ..Options::default() }, RefusalCode::UnknownHeaderRow),
        (Options { separator: Some('a'), ..Options::default() }, RefusalCode::BadOption),
        (Options { separator: Some('é'), ..Options::default() }, RefusalCode::BadOption),
    ] {
        assert_eq!(detect(&source, &options).unwrap_err().code, code, "{options:?}");
    }

    let path = files.path("b.xlsx");
    workbook(&path);
    let source = open(&path).unwrap();
    let first = detect(&source, &Options { sheet: Some("Sommaire".into()), ..Options::default() }).unwrap();
    assert_eq!((first.sheet.as_deref(), first.sheets[1].rows), (Some("Sommaire"), 5));
    let refusal = detect(&source, &Options { sheet: Some("Feuil9".into()), ..Options::default() }).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::UnknownSheet);
    assert!(refusal.expected.fr.contains("« Dossiers »"), "{refusal}");
}

#[test]
fn what_was_detected_reads_the_same_again() {
    let files = Files::new();
    let source = open(&files.write("a.csv", &windows_1252(LIST_A))).unwrap();
    let found = detect(&source, &Options::default()).unwrap();
    assert_eq!(detect(&source, &found.options()).unwrap(), found);
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Detection>(&json).unwrap(), found);
    let json = serde_json::to_string(&found.options()).unwrap();
    assert_eq!(serde_json::from_str::<Options>(&json).unwrap(), found.options());
}

#[test]
fn files_with_little_in_them() {
    let files = Files::new();
    let header_only = read_all(&files.write("h.csv", b"SIREN;Nom;Ville\r\n")).unwrap();
    assert_eq!((header_only.header_row, header_only.row_count, header_only.columns.len()), (1, 0, 3));
    assert_eq!(fields(&header_only), [Some(Field::Siren), Some(Field::Name), Some(Field::City)]);

    let one_column = read_all(&files.write("s.csv", b"732829320\n552100554\n356000000\n")).unwrap();
    assert_eq!((one_column.header_row, one_column.row_count), (0, 3));
    assert_eq!(mapping(&one_column), [(0, Field::Siren)]);
    assert!(one_column.notes.iter().any(|n| n.code == NoteCode::NoSeparator));

    let no_header =
        read_all(&files.write("n.csv", b"A1;Alpha SARL;732829320;a@b.fr\nA2;Beta SAS;552100554;c@d.fr\n")).unwrap();
    assert_eq!((no_header.header_row, no_header.row_count), (0, 2));
    assert_eq!(mapping(&no_header), [(2, Field::Siren), (3, Field::ContactEmail)]);

    let unnamed =
        read_all(&files.write("u.csv", "Truc;Machin;Bidule\nx;732 829 320;4\ny;552 100 554;5\n".as_bytes())).unwrap();
    assert_eq!((unnamed.header_row, mapping(&unnamed)), (1, vec![(1, Field::Siren)]));

    assert_eq!(read_all(&files.write("e.csv", b"")).unwrap_err().code, RefusalCode::EmptyFile);
    assert_eq!(read_all(&files.write("b.csv", b"\r\n;;;\r\n  \r\n")).unwrap_err().code, RefusalCode::EmptyFile);

    let sep = read_all(&files.write("sep.csv", b"sep=,\r\nSIREN,Nom\r\n732829320,\"A, B\"\r\n")).unwrap();
    assert_eq!((sep.separator, sep.header_row, sep.row_count), (Some(','), 2, 1));
}

#[test]
fn rejected_rows_of_an_import_are_not_columns_of_the_client() {
    let files = Files::new();
    let found =
        read_all(&files.write("r.csv", "SIREN;Nom;Ligne;Motif\n732829320;Alpha;4;SIREN faux\n".as_bytes())).unwrap();
    assert_eq!(fields(&found), [Some(Field::Siren), Some(Field::Name), None, None]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let files = Files::new();
        let _ = read_all(&files.write("x.csv", &bytes));
    }

    #[test]
    fn any_text_is_answered(text in "([a-zA-Zé€ 0-9.,;\\t\"'|/@+=-]{0,30}\r?\n){0,20}") {
        let files = Files::new();
        if let Ok(found) = read_all(&files.write("x.csv", text.as_bytes())) {
            prop_assert!(found.columns.len() <= 256);
            let source = open(&files.path("x.csv")).unwrap();
            let again = intake::parse_client_list(&source, &found.options(), &mapping(&found), |_| std::ops::ControlFlow::Continue(()));
            prop_assert!(again.is_ok());
        }
    }

    /// A valid workbook with bytes changed: read or refused, never a panic.
    #[test]
    fn a_damaged_workbook_is_answered(at in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..20), which in 0usize..3) {
        let files = Files::new();
        let fixture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clients.xls");
        let path = files.path("w");
        match which {
            0 => { std::fs::copy(fixture, &path).unwrap(); }
            1 => workbook(&path),
            _ => ods(&path, &format!("<table:table table:name=\"A\">{}</table:table>", ods_row(&["SIREN", "Nom"]))),
        }
        let mut bytes = std::fs::read(&path).unwrap();
        for (position, byte) in at {
            let position = usize::from(position) % bytes.len();
            bytes[position] = byte;
        }
        let path = files.write("w", &bytes);
        if let Ok(source) = Source::open(&path, "w", Limits::default()) {
            let _ = detect(&source, &Options::default());
        }
    }
}
