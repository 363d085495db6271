//! Files made to hurt: each is refused with what, where and how to fix it, and costs little memory.
//!
//! Memory is measured in a child process (this test binary itself, asked for one file), as the peak that Linux keeps
//! for it.

mod common;

use common::{Files, archive, ods, read_all, xlsx};
use intake::{Limits, RefusalCode, Source};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::Command;

const MAX_MEGABYTES: u64 = 256;

/// The child: reads the file named by the environment and tells its peak memory. Without one it does nothing.
#[test]
fn child_reads_one_file() {
    let Ok(path) = std::env::var("INTAKE_HOSTILE_FILE") else { return };
    let verdict = match read_all(Path::new(&path)) {
        Ok(found) => format!("ok {} rows", found.row_count),
        Err(refusal) => format!("{} — {refusal}", refusal.code.as_str()),
    };
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("0").trim().to_owned();
    println!("VERDICT {verdict}\nPEAK {peak}");
}

/// The verdict of the child and its peak in megabytes.
fn measured(path: &Path) -> (String, u64) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_reads_one_file", "--nocapture", "--test-threads=1"])
        .env("INTAKE_HOSTILE_FILE", path)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = |mark: &str| {
        text.lines()
            .find_map(|l| l.split_once(mark).map(|(_, rest)| rest.trim().to_owned()))
            .unwrap_or_else(|| panic!("no {mark} in {text}"))
    };
    let kilobytes: u64 = line("PEAK ").split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    assert!(!cfg!(target_os = "linux") || kilobytes > 0, "the peak is not measured: {text}");
    (line("VERDICT "), kilobytes / 1024)
}

fn assert_refused(path: &Path, code: RefusalCode) -> String {
    let (verdict, megabytes) = measured(path);
    assert!(verdict.starts_with(code.as_str()), "{}: {verdict}", path.display());
    assert!(megabytes < MAX_MEGABYTES, "{}: {megabytes} MB for {verdict}", path.display());
    assert!(verdict.contains("Attendu : ") && verdict.contains("À faire : "), "{verdict}");
    verdict
}

fn assert_read(path: &Path, rows: u32) {
    let (verdict, megabytes) = measured(path);
    assert_eq!(verdict, format!("ok {rows} rows"), "{}", path.display());
    assert!(megabytes < MAX_MEGABYTES, "{}: {megabytes} MB", path.display());
}

const SHEET_START: &str = r#"<?xml version="1.0"?><worksheet xmlns="w"><sheetData>"#;
const SHEET_END: &str = "</sheetData></worksheet>";

#[test]
fn zip_bombs() {
    let files = Files::new();
    // 64 MB of rows in some sixty kilobytes.
    let path = files.path("bomb.xlsx");
    let row = "<row><c><v>1</v></c></row>";
    let sheet = format!("{SHEET_START}{}{SHEET_END}", row.repeat(64 * 1024 * 1024 / row.len()));
    xlsx(&path, sheet.as_bytes(), None);
    drop(sheet);
    let verdict = assert_refused(&path, RefusalCode::InflatesTooMuch);
    assert!(verdict.contains("sheet1.xml"), "{verdict}");

    // The same, with the sizes of the archive's directory set to 1: headers lie.
    let mut bytes = std::fs::read(&path).unwrap();
    for at in (0..bytes.len() - 46).filter(|at| bytes[*at..].starts_with(b"PK\x01\x02")).collect::<Vec<_>>() {
        bytes[at + 24..at + 28].copy_from_slice(&1u32.to_le_bytes());
    }
    // Reading stops at the announced size, in the middle of a tag.
    let liar = files.write("liar.xlsx", &bytes);
    assert_refused(&liar, RefusalCode::Damaged);

    // Content that compresses badly meets the limit on what all parts inflate to together.
    let limits = Limits { max_inflated_bytes: 1_000_000, ..Limits::default() };
    let path = files.path("heavy.xlsx");
    let rows: String =
        (0..40_000u64).map(|n| format!("<row><c><v>{}</v></c></row>", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    xlsx(&path, format!("{SHEET_START}{rows}{SHEET_END}").as_bytes(), None);
    assert_eq!(Source::open(&path, "heavy.xlsx", limits).unwrap_err().code, RefusalCode::InflatesTooMuch);
    assert!(Source::open(&path, "heavy.xlsx", Limits::default()).is_ok());

    let path = files.path("bomb.ods");
    let row = "<table:table-row><table:table-cell office:value-type=\"float\" office:value=\"1\"/></table:table-row>";
    ods(&path, &format!("<table:table table:name=\"A\">{}</table:table>", row.repeat(64 * 1024 * 1024 / row.len())));
    assert_refused(&path, RefusalCode::InflatesTooMuch);
}

#[test]
fn one_endless_element() {
    let files = Files::new();
    let path = files.path("text.xlsx");
    let filler = "x".repeat(20 * 1024 * 1024);
    xlsx(
        &path,
        format!("{SHEET_START}<row><c t=\"inlineStr\"><is><t>{filler}</t></is></c></row>{SHEET_END}").as_bytes(),
        None,
    );
    assert_refused(&path, RefusalCode::CellTooLong);
    let path = files.path("comment.xlsx");
    let filler = "<x> ".repeat(5 * 1024 * 1024);
    xlsx(&path, format!("{SHEET_START}<!-- {filler} -->{SHEET_END}").as_bytes(), None);
    assert_refused(&path, RefusalCode::CellTooLong);
    // The text of one cell in a million runs.
    let path = files.path("runs.xlsx");
    let runs = "<r><t>some words of one run</t></r>".repeat(700_000);
    xlsx(&path, format!("{SHEET_START}<row><c t=\"inlineStr\"><is>{runs}</is></c></row>{SHEET_END}").as_bytes(), None);
    assert_refused(&path, RefusalCode::CellTooLong);
    let path = files.path("nested.xlsx");
    xlsx(&path, format!("{SHEET_START}{}", "<a>".repeat(7_000_000)).as_bytes(), None);
    assert_refused(&path, RefusalCode::Damaged);
    let path = files.path("entities.xlsx");
    let doctype = "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]><worksheet/>";
    xlsx(&path, doctype.as_bytes(), None);
    assert_refused(&path, RefusalCode::Damaged);
}

#[test]
fn shared_texts_and_styles_that_multiply() {
    let files = Files::new();
    let sheet = format!("{SHEET_START}<row><c t=\"s\"><v>0</v></c></row>{SHEET_END}");
    let path = files.path("announced.xlsx");
    xlsx(&path, sheet.as_bytes(), Some(br#"<sst xmlns="s" uniqueCount="1152921504606846976"><si><t>a</t></si></sst>"#));
    assert_refused(&path, RefusalCode::Damaged);
    let path = files.path("shared.xlsx");
    xlsx(
        &path,
        sheet.as_bytes(),
        Some(format!("<sst xmlns=\"s\">{}</sst>", "<si><t/></si>".repeat(4_000_000)).as_bytes()),
    );
    assert_refused(&path, RefusalCode::InflatesTooMuch);

    let path = files.path("styles.xlsx");
    xlsx(&path, sheet.as_bytes(), None);
    let mut parts =
        zip::ZipWriter::new_append(std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap()).unwrap();
    parts.start_file("xl/styles.xml", zip::write::SimpleFileOptions::default()).unwrap();
    let name = "f".repeat(100_000);
    let styles = format!(
        "<styleSheet xmlns=\"s\"><fonts><font><name val=\"{name}\"/></font></fonts><cellXfs>{}</cellXfs></styleSheet>",
        "<xf fontId=\"0\"/>".repeat(60_000)
    );
    parts.write_all(styles.as_bytes()).unwrap();
    parts.finish().unwrap();
    assert_refused(&path, RefusalCode::InflatesTooMuch);
}

#[test]
fn parts_that_are_not_what_they_are_called() {
    let files = Files::new();
    let path = files.path("media.xlsx");
    archive(
        &path,
        &[
            ("[Content_Types].xml", b"<Types/>"),
            ("_rels/.rels", br#"<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>"#),
            ("xl/workbook.xml", br#"<workbook><sheets><sheet name="A" sheetId="1" r:id="a"/></sheets></workbook>"#),
            ("xl/_rels/workbook.xml.rels", br#"<Relationships><Relationship Id="a" Type="x/worksheet" Target="media/image1.png"/></Relationships>"#),
            ("xl/media/image1.png", format!("{SHEET_START}{SHEET_END}").as_bytes()),
        ],
    );
    assert_refused(&path, RefusalCode::Damaged);

    let path = files.path("many.xlsx");
    let names: Vec<String> = (0..5_000).map(|n| format!("xl/worksheets/sheet{n}.xml")).collect();
    let parts: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &b"<a/>"[..])).collect();
    archive(&path, &parts);
    assert_refused(&path, RefusalCode::InflatesTooMuch);
}

#[test]
fn too_many_columns_tells_how_many() {
    let files = Files::new();
    let wide = |mark: &str| (0..10_000).map(|n| format!("c{n}")).collect::<Vec<_>>().join(mark);
    let csv = files.write("wide.csv", format!("{}\n{}\n", wide(";"), wide(";")).as_bytes());
    let cells: String = (0..10_000).map(|n| format!("<c t=\"inlineStr\"><is><t>c{n}</t></is></c>")).collect();
    let sheet = files.path("wide.xlsx");
    xlsx(&sheet, format!("{SHEET_START}<row r=\"1\">{cells}</row>{SHEET_END}").as_bytes(), None);
    let odf = files.path("wide.ods");
    ods(
        &odf,
        "<table:table table:name=\"A\"><table:table-row><table:table-cell office:value-type=\"string\" \
         table:number-columns-repeated=\"10000\"><text:p>x</text:p></table:table-cell></table:table-row></table:table>",
    );
    for path in [csv, sheet, odf] {
        let verdict = assert_refused(&path, RefusalCode::TooManyColumns);
        assert!(verdict.contains("10\u{202f}000 colonnes") && verdict.contains("au plus 256"), "{verdict}");
    }
}

#[test]
fn repeats_of_opendocument() {
    let files = Files::new();
    let path = files.path("rows.ods");
    ods(
        &path,
        "<table:table table:name=\"A\"><table:table-row table:number-rows-repeated=\"99999999999999999999\"><table:table-cell \
         office:value-type=\"string\" table:number-columns-repeated=\"9\"><text:p>boum</text:p></table:table-cell></table:table-row></table:table>",
    );
    let verdict = assert_refused(&path, RefusalCode::TooManyRows);
    assert!(verdict.contains("250\u{202f}000") && verdict.contains("« A »"), "{verdict}");
    let path = files.path("empty.ods");
    let name = "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>SIREN</text:p></table:table-cell></table:table-row>";
    let value = "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>732829320</text:p></table:table-cell></table:table-row>";
    ods(
        &path,
        &format!(
            "<table:table table:name=\"A\">{name}<table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell \
             table:number-columns-repeated=\"4000000000\"/></table:table-row>{value}</table:table>"
        ),
    );
    assert_read(&path, 1);
}

#[test]
fn texts_without_measure() {
    let files = Files::new();
    // One line of 48 MB, with and without separators.
    assert_refused(&files.write("line.csv", &vec![b'x'; 48 * 1024 * 1024]), RefusalCode::CellTooLong);
    assert_refused(&files.write("cells.csv", "x;".repeat(3 * 1024 * 1024).as_bytes()), RefusalCode::TooManyColumns);
    // A gigabyte that is not even written: a hole in the file.
    let path = files.path("giga.csv");
    let mut file = std::fs::File::create(&path).unwrap();
    file.seek(SeekFrom::Start(1 << 30)).unwrap();
    file.write_all(b"x").unwrap();
    drop(file);
    let verdict = assert_refused(&path, RefusalCode::FileTooLarge);
    assert!(verdict.contains("1\u{202f}024 Mo") && verdict.contains("50 Mo"), "{verdict}");
    let rows = "732829320;a\n".repeat(300_000);
    assert_refused(&files.write("rows.csv", format!("SIREN;Nom\n{rows}").as_bytes()), RefusalCode::TooManyRows);
    // Blank lines alone are no rows.
    assert_refused(&files.write("blank.csv", &vec![b'\n'; 4 * 1024 * 1024]), RefusalCode::EmptyFile);

    let quote = format!("SIREN;Nom\n732829320;a\n552100554;\"b\n{}", "356000000;c\n".repeat(100));
    let verdict = assert_refused(&files.write("quote.csv", quote.as_bytes()), RefusalCode::BrokenQuotes);
    assert!(verdict.contains("(ligne 3)"), "{verdict}");
    assert_refused(&files.write("nul.csv", b"SIREN;Nom\n732829320;a\0b\n"), RefusalCode::BinaryContent);
}

#[test]
fn big_but_honest_files_are_read() {
    let files = Files::new();
    let line = |n: u32| {
        format!(
            "B{n:06};Entreprise numéro {n} SARL;{:09};Réel normal mensuel;25;3 882 012,00;contact{n}@exemple.fr;collab-06;12 rue de la Gare;59000;Lille\n",
            n + 100_000_000
        )
    };
    let mut text =
        String::from("Code;Raison sociale;SIREN;Régime TVA;Effectif;CA HT;E-mail;Collaborateur;Adresse;CP;Ville\n");
    (0..200_000).for_each(|n| text.push_str(&line(n)));
    assert_read(&files.write("big.csv", text.as_bytes()), 200_000);
    drop(text);

    let cell = |t: &str| format!("<c t=\"inlineStr\"><is><t>{t}</t></is></c>");
    let mut sheet = format!("{SHEET_START}<row>{}{}{}</row>", cell("SIREN"), cell("Raison sociale"), cell("Ville"));
    (0..200_000).for_each(|n| {
        sheet.push_str(&format!(
            "<row><c><v>{}</v></c>{}{}</row>",
            100_000_000 + n * 37,
            cell(&format!("Entreprise {n}")),
            cell("Lille")
        ));
    });
    sheet.push_str(SHEET_END);
    let path = files.path("big.xlsx");
    xlsx(&path, sheet.as_bytes(), None);
    assert_read(&path, 200_000);
}

#[test]
fn what_is_not_a_table_is_named() {
    let files = Files::new();
    for (name, bytes, code, word) in [
        ("a.csv", &b"%PDF-1.7 ..."[..], RefusalCode::NotATable, "PDF"),
        ("a.xlsx", b"\x89PNG\r\n\x1a\n....", RefusalCode::NotATable, "PNG"),
        ("a.xls", b"<html><body><table><tr><td>SIREN", RefusalCode::UnsupportedFormat, "HTML"),
        (
            "b.xls",
            b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">",
            RefusalCode::UnsupportedFormat,
            "Excel 2003",
        ),
        ("a.json", b"{\"siren\": 1}", RefusalCode::NotATable, "JSON"),
        ("a.gz", b"\x1f\x8b\x08....", RefusalCode::NotATable, "gzip"),
    ] {
        let refusal = read_all(&files.write(name, bytes)).unwrap_err();
        assert_eq!(refusal.code, code, "{name}");
        assert!(refusal.what.fr.contains(word), "{name}: {refusal}");
        assert!(!refusal.fix.en.is_empty() && !refusal.expected.en.is_empty());
    }
    let zip = files.path("list.zip");
    archive(&zip, &[("clients.csv", b"SIREN;Nom\n")]);
    let refusal = read_all(&zip).unwrap_err();
    assert!(refusal.fix.fr.contains("décompressez"), "{refusal}");
    for (part, code) in [
        ("xl/workbook.bin", RefusalCode::UnsupportedFormat),
        ("Index/Document.iwa", RefusalCode::UnsupportedFormat),
        ("word/document.xml", RefusalCode::NotATable),
    ] {
        let path = files.path("x.zip");
        archive(&path, &[("[Content_Types].xml", b"<Types/>"), (part, b"x")]);
        assert_eq!(read_all(&path).unwrap_err().code, code, "{part}");
    }
    // The container of a protected workbook holds its encrypted package.
    let mut ole = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clients.xls")).unwrap();
    let name: Vec<u8> = "Workbook".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = ole.windows(name.len()).position(|w| w == name).unwrap();
    let secret: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    ole[at..at + secret.len()].copy_from_slice(&secret);
    ole[at + 64] = 34;
    assert_eq!(read_all(&files.write("secret.xlsx", &ole)).unwrap_err().code, RefusalCode::Encrypted);
    let odf = files.path("secret.ods");
    archive(
        &odf,
        &[
            ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
            (
                "META-INF/manifest.xml",
                b"<m:manifest xmlns:m=\"m\"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>",
            ),
            ("content.xml", b"...."),
        ],
    );
    assert_eq!(read_all(&odf).unwrap_err().code, RefusalCode::Encrypted);
    assert_eq!(read_all(&files.path("missing.csv")).unwrap_err().code, RefusalCode::Unreadable);
}

/// Chains of sectors that turn in circles, in the container of old workbooks.
#[test]
fn an_old_container_that_turns_in_circles() {
    let files = Files::new();
    let mut ole = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/many-texts.xls")).unwrap();
    let fat = (u32::from_le_bytes(ole[76..80].try_into().unwrap()) as usize + 1) * 512;
    for entry in 0..128u32 {
        let at = fat + entry as usize * 4;
        ole[at..at + 4].copy_from_slice(&(entry ^ 1).to_le_bytes());
    }
    assert_refused(&files.write("circle.xls", &ole), RefusalCode::Damaged);
}
