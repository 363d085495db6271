//! Exports of platforms: what is proposed for their columns, and what their rows say.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

use domain::flow::{FlowDirection, FlowField, FlowKind};
use intake::columns::Remembered;
use intake::flow::{FlowOutcome, FlowSays, is_flow_list, parse_flow_list, propose};
use intake::{CellCode, Detection, Limits, Options, Source, detect};

const X: &[u8] = include_bytes!("fixtures/flux-x.csv");
const Y: &[u8] = include_bytes!("fixtures/flux-y.csv");

fn open(bytes: &[u8], name: &str) -> (tempfile::NamedTempFile, Source) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let source = Source::open(file.path(), name, Limits::default()).unwrap_or_else(|r| panic!("{r:?}"));
    (file, source)
}

fn fields(detection: &Detection) -> Vec<(String, Option<FlowField>)> {
    let proposals = propose(detection, &Remembered::new());
    detection.columns.iter().zip(proposals).map(|(c, p)| (c.header.clone(), p.field)).collect()
}

struct Read {
    says: Vec<FlowSays>,
    errors: Vec<(u32, CellCode, String)>,
    notes: usize,
}

fn read_from(bytes: &[u8], name: &str, after: u32) -> Read {
    let (_file, source) = open(bytes, name);
    let detection = detect(&source, &Options::default()).unwrap();
    let proposals = propose(&detection, &Remembered::new());
    let mapping: Vec<_> = proposals.iter().filter_map(|p| Some((p.column, p.field?))).collect();
    let mut read = Read { says: Vec::new(), errors: Vec::new(), notes: 0 };
    parse_flow_list(&source, &detection.options(), &mapping, after, |row| {
        read.notes += row.notes.len();
        match row.outcome {
            FlowOutcome::Says(says) => read.says.push(*says),
            FlowOutcome::Rejected => {
                read.errors.extend(row.errors.into_iter().map(|e| (row.number, e.error.code, e.error.value)));
            }
            FlowOutcome::Skipped(_) => {}
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    read
}

fn read(bytes: &[u8], name: &str) -> Read {
    read_from(bytes, name, 0)
}

#[test]
fn a_french_export_is_proposed_right() {
    let (_file, source) = open(X, "flux.csv");
    let detection = detect(&source, &Options::default()).unwrap();
    assert!(is_flow_list(&detection));
    let wanted = [
        ("SIREN client", FlowField::Client),
        ("N° facture", FlowField::Number),
        ("Sens", FlowField::Direction),
        ("Tiers (SIREN)", FlowField::Counterparty),
        ("Date facture", FlowField::IssuedOn),
        ("Montant HT", FlowField::Net),
        ("Montant TTC", FlowField::Gross),
        ("Statut", FlowField::Status),
        ("Motif", FlowField::Reason),
        ("Mis à jour le", FlowField::StatusAt),
    ];
    assert_eq!(fields(&detection), wanted.map(|(h, f)| (h.to_owned(), Some(f))));
    let read = read(X, "flux.csv");
    assert_eq!((read.errors.len(), read.notes), (0, 0), "{:?}", read.errors);
    assert_eq!(read.says.len(), X.iter().filter(|b| **b == b'\n').count() - 1);
    let first = &read.says[0];
    assert_eq!(
        (first.client.as_str(), first.seller.as_str(), first.direction),
        ("032962045", "032962045", FlowDirection::Sale)
    );
    assert_eq!((first.net_cents, first.vat_cents, first.gross_cents), (Some(7_087), Some(1_417), Some(8_504)));
    assert_eq!((first.status.as_str(), first.status_code), ("Mise à disposition", None));
    assert_eq!((first.issued_on.unwrap().to_string().as_str(), first.currency.as_str()), ("2026-10-18", "EUR"));
    let at = first.status_at.unwrap();
    assert_eq!((at.at.to_string().as_str(), at.zone), ("2026-10-18 14:32:00", None), "the zone is that of the firm");
    assert!(read.says.iter().any(|s| s.status == "En attente de routage"), "a word that nobody knows is kept");
    let purchase = read.says.iter().find(|s| s.direction == FlowDirection::Purchase).unwrap();
    assert_eq!(purchase.seller, purchase.counterparty);
    assert!(read.says.iter().any(|s| s.reasons == ["JUSTIF_ABS"]));
}

#[test]
fn an_english_export_with_codes_is_proposed_right() {
    let (_file, source) = open(Y, "flows.csv");
    let detection = detect(&source, &Options::default()).unwrap();
    assert!(is_flow_list(&detection));
    let wanted = [
        ("company_siret", FlowField::Client),
        ("invoice_number", FlowField::Number),
        ("direction", FlowField::Direction),
        ("counterparty", FlowField::Counterparty),
        ("issue_date", FlowField::IssuedOn),
        ("amount_excl_tax", FlowField::Net),
        ("amount_incl_tax", FlowField::Gross),
        ("currency", FlowField::Currency),
        ("status_code", FlowField::Status),
        ("reason_code", FlowField::Reason),
        ("status_at", FlowField::StatusAt),
    ];
    assert_eq!(fields(&detection), wanted.map(|(h, f)| (h.to_owned(), Some(f))));
    let read = read(Y, "flows.csv");
    assert!(read.errors.is_empty(), "{:?}", read.errors);
    let first = &read.says[0];
    assert_eq!((first.client.as_str(), first.status_code), ("548246289", Some(212)), "the SIREN of the SIRET");
    assert_eq!(first.status_at.unwrap().zone.map(|z| z.local_minus_utc()), Some(0));
    assert!(read.says.iter().any(|s| s.status_code == Some(229)), "a code that no table knows is kept");
    let rest = read_from(Y, "flows.csv", 10);
    assert_eq!(rest.says, read.says[9..], "reading goes on behind a row");
}

#[test]
fn columns_without_names_are_told_by_what_they_hold() {
    let text = "732829320;F1;out;552100554;2026-10-01;100.00;120.00;EUR;205;2026-10-02\n\
                356000000;F2;in;552100554;2026-10-03;50.00;60.00;EUR;213;2026-10-04\n\
                552100554;F3;out;356000000;2026-10-05;10.00;12.00;EUR;200;2026-10-06\n";
    let (_file, source) = open(text.as_bytes(), "x.csv");
    let detection = detect(&source, &Options::default()).unwrap();
    assert_eq!(detection.header_row, 0);
    let found: Vec<_> = fields(&detection).into_iter().map(|(_, f)| f).collect();
    use FlowField::*;
    let wanted = [Client, Direction, Counterparty, IssuedOn, Net, Gross, Currency, Status, StatusAt];
    assert!(wanted.iter().all(|f| found.contains(&Some(*f))), "{found:?}");
    assert_eq!(found[1], None, "a number is told by no content");
}

#[test]
fn what_cannot_be_read_is_told_and_what_is_odd_is_kept() {
    let text = "SIREN;N° facture;Sens;Type;SIREN vendeur;Date facture;Montant TTC;Statut;Date statut;Devise\n\
                732829320;F1;;Avoir;732829320;01/10/2026;-120,00;Refusée;02/10/2026 09:00;€\n\
                7,32829E+13;F2;Vente;Facture;;01/10/2026;120,00;Refusée;02/10/2026;\n\
                732829320;;Troc;Facture;;32/10/2026;abc;Refusée;hier;\n\
                DE123456789;F4;Achat;381;FR44732829320;2026-10-01;120.00;;;usd\n\
                732829320;F5;;Facture;;01/10/2026;120,00;Refusée;02/10/2026;\n\
                732829320;F6;Vente;Facture;;;;Refusée;;\n\
                732829320;F7;Vente;Facture;;01/10/2026;1;Refusée;;\n";
    let read = read(text.as_bytes(), "x.csv");
    let says: Vec<_> = read.says.iter().map(|s| s.number.as_str()).collect();
    assert_eq!(says, ["F1", "F4", "F7"], "{:?}", read.errors);
    let (first, odd) = (&read.says[0], &read.says[1]);
    assert_eq!(
        (first.kind, first.direction, first.gross_cents),
        (FlowKind::CreditNote, FlowDirection::Sale, Some(-12_000))
    );
    assert_eq!((odd.client.as_str(), odd.client_siren), ("DE123456789", None), "an anomaly, not a lost row");
    assert_eq!((odd.seller.as_str(), odd.kind, odd.currency.as_str()), ("732829320", FlowKind::CreditNote, "USD"));
    assert_eq!(odd.counterparty, "732829320");
    assert_eq!(read.says[2].status_at.unwrap().at.to_string(), "2026-10-01 00:00:00");
    let codes = |row: u32| read.errors.iter().filter(|e| e.0 == row).map(|e| e.1).collect::<Vec<_>>();
    assert_eq!(codes(3), [CellCode::ScientificNotation]);
    assert_eq!(
        codes(4),
        [
            CellCode::NumberMissing,
            CellCode::DirectionUnknown,
            CellCode::DateImpossible,
            CellCode::NumberForm,
            CellCode::DateForm
        ],
        "every bad cell at once"
    );
    assert_eq!(codes(6), [CellCode::DirectionMissing]);
    assert_eq!(codes(7), [CellCode::StatusDateMissing]);
}

#[test]
fn a_workbook_keeps_the_hour_of_a_status() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (i, h) in ["SIREN client", "N° facture", "Sens", "Date facture", "Statut", "Mis à jour le"].iter().enumerate()
    {
        sheet.write_string(0, i as u16, *h).unwrap();
    }
    let day = rust_xlsxwriter::Format::new().set_num_format("dd/mm/yyyy");
    let hour = rust_xlsxwriter::Format::new().set_num_format("dd/mm/yyyy hh:mm");
    for row in 1..=3 {
        sheet.write_string(row, 0, "732829320").unwrap();
        sheet.write_string(row, 1, format!("F{row}")).unwrap();
        sheet.write_string(row, 2, "Vente").unwrap();
        sheet.write_number_with_format(row, 3, 46_313.0, &day).unwrap();
        sheet.write_string(row, 4, "Approuvée").unwrap();
        sheet.write_number_with_format(row, 5, 46_313.0 + 14.0 / 24.0 + 32.0 / 1_440.0, &hour).unwrap();
    }
    let bytes = book.save_to_buffer().unwrap();
    let read = read(&bytes, "flux.xlsx");
    assert_eq!(read.says.len(), 3, "{:?}", read.errors);
    let (issued, at) = (read.says[0].issued_on.unwrap(), read.says[0].status_at.unwrap().at);
    assert_eq!((at.date(), at.time().to_string().as_str()), (issued, "14:32:00"));
}

#[test]
fn lists_of_clients_are_not_taken_for_flows() {
    for text in [
        "Code dossier;Raison sociale;N° SIREN;Régime TVA;Effectif;CA HT;Date clôture\nA1;X SARL;732829320;RSI;2;85 061,00;31/12/2026\n",
        "reference\tdenomination\tsiret\tvat_regime\tturnover\tplatform\nA1\tX\t73282932000074\tM\t100\tTiime\n",
        "Numéro;Nom;SIREN;Statut;Date\n1;X SARL;732829320;Actif;01/01/2026\n",
    ] {
        let (_file, source) = open(text.as_bytes(), "clients.csv");
        assert!(!is_flow_list(&detect(&source, &Options::default()).unwrap()), "{text}");
    }
}

/// Many rows are read in bounded memory: what grew with their number would show here. The peak is that of the whole process, so nothing else may run in it: see
/// `nextest`, which gives each test its own.
#[test]
fn many_rows_cost_no_more_memory_than_one() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut out = std::io::BufWriter::new(file.as_file());
    writeln!(out, "company_siret,invoice_number,direction,counterparty,issue_date,amount_excl_tax,amount_incl_tax,status_code,status_at").unwrap();
    for n in 0..120_000u32 {
        writeln!(out, "73282932000074,F2026-{n:07},out,552100554,2026-09-05,2218.67,2662.40,212,2026-09-05T13:32:00Z")
            .unwrap();
    }
    out.flush().unwrap();
    drop(out);
    let limits = Limits { max_file_bytes: 512 << 20, max_rows: 2_000_000, ..Limits::default() };
    let source = Source::open(file.path(), "flux.csv", limits).unwrap();
    let detection = detect(&source, &Options::default()).unwrap();
    let mapping: Vec<_> =
        propose(&detection, &Remembered::new()).iter().filter_map(|p| Some((p.column, p.field?))).collect();
    let mut rows = 0u32;
    parse_flow_list(&source, &detection.options(), &mapping, 0, |row| {
        rows += u32::from(matches!(row.outcome, FlowOutcome::Says(_)));
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!((rows, detection.row_count), (120_000, 120_000));
    if let Some(peak) = peak_megabytes(Path::new("/proc/self/status")) {
        assert!(peak < 40, "{peak} MB at the peak");
    }
}

fn peak_megabytes(status: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find(|l| l.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}
