use super::*;
use crate::fold;

fn day(s: &str) -> NaiveDate {
    s.parse().unwrap()
}

#[test]
fn every_code_has_its_row() {
    for code in VatRegime::ALL {
        assert_eq!(regime(*code).regime, *code);
    }
    for code in WaveCode::ALL {
        assert!(waves().iter().any(|w| w.code == *code), "{code}");
    }
    for code in ScopeCase::ALL {
        assert_eq!(scope_case(*code).code, *code);
    }
    for code in Territory::ALL {
        assert_eq!(territory(*code).code, *code);
    }
    for code in FineCode::ALL {
        assert!(fine(*code, day("2026-11-22")).is_some(), "{code}");
    }
    for code in CapCode::ALL {
        assert_eq!(readiness().caps.iter().filter(|c| c.code == *code).count(), 1, "{code}");
    }
}

#[test]
fn criteria_stand_in_their_order_and_keep_their_bits() {
    let rows = &readiness().criteria;
    assert!(rows.iter().map(|r| r.code).eq(Criterion::ALL.iter().copied()));
    // Stored masks: a bit is never given to another criterion.
    assert!(rows.iter().enumerate().all(|(i, r)| r.bit as usize == i));
    assert!(rows.iter().all(|r| r.effort > 0 && r.weight > 0 && r.bit < 63));
}

/// Rows of one key follow each other: no day in two of them, no day between two of them.
fn follows<T: Dated, K: PartialEq + std::fmt::Debug>(rows: &[T], key: impl Fn(&T) -> K) {
    for (i, a) in rows.iter().enumerate() {
        assert!(!a.source().trim().is_empty(), "{:?} has no source", key(a));
        assert!(a.valid_to().is_none_or(|to| a.valid_from() <= to), "{:?} ends before it begins", key(a));
        for b in rows[i + 1..].iter().filter(|b| key(b) == key(a)) {
            let (first, second) = if a.valid_from() <= b.valid_from() { (a, b) } else { (b, a) };
            assert_eq!(
                first.valid_to().and_then(|d| d.succ_opt()),
                Some(second.valid_from()),
                "{:?}: gap or overlap",
                key(a)
            );
        }
    }
}

#[test]
fn no_table_has_a_gap_an_overlap_or_a_row_without_source() {
    follows(size_thresholds(), |r| r.class);
    follows(waves(), |r| r.code);
    follows(regimes(), |r| r.regime);
    follows(&regime_changes().rows, |r| r.from);
    follows(&e_reporting().rows, |r| (r.regime, r.stream));
    follows(&report_blocks().rows, |r| r.code.clone());
    follows(&fines().rows, |r| r.code);
    follows(&reliefs().rows, |r| r.code.clone());
    follows(&statuses().rows, |r| r.code);
    follows(&reasons().rows, |r| r.code.clone());
    follows(&mandate_kinds().rows, |r| r.code);
    assert!(MandateKind::ALL.iter().all(|kind| mandate_kind(*kind).code == *kind));
    follows(&tax_articles().rows, |r| r.code.clone());
    follows(&scope().rows, |r| r.code);
    follows(&territories().rows, |r| r.code);
    follows(&holidays().rows, |r| r.code.clone());
    follows(&holiday_places().rows, |r| r.place.to_string());
    follows(&anomaly_rules().rows, |r| r.code);
    follows(&readiness().criteria, |r| r.code);
    follows(&readiness().caps, |r| r.code);
    assert_eq!(size_thresholds().len(), 3);
}

#[test]
fn every_regime_that_reports_has_whole_rhythms_until_it_ends() {
    for row in regimes().iter().filter(|r| r.e_reporting == EReportingScope::Applies) {
        for stream in ReportStream::ALL {
            let rhythm = e_reporting()
                .rows
                .iter()
                .find(|r| r.regime == row.regime && r.stream == *stream)
                .unwrap_or_else(|| panic!("{} {stream}", row.regime));
            assert_eq!(rhythm.limits.len(), rhythm.cuts.len() + 1, "{} {stream}: one limit for each part", row.regime);
            assert!(12 % rhythm.months == 0 && rhythm.cuts.is_sorted());
            for l in &rhythm.limits {
                assert!((l.prudent_months_after, l.prudent_day) <= (l.months_after, l.day), "prudent is never later");
            }
        }
    }
}

#[test]
fn fines_before_and_after_the_finance_act() {
    let unit = |code, on| fine(code, day(on)).map(|f| (f.unit_cents, f.cap_cents));
    assert_eq!(unit(FineCode::Invoice, "2026-02-19"), Some((1_500, Some(1_500_000))));
    assert_eq!(unit(FineCode::Invoice, "2026-09-01"), Some((5_000, Some(1_500_000))));
    assert_eq!(unit(FineCode::Transactions, "2026-02-19"), Some((25_000, Some(1_500_000))));
    assert_eq!(unit(FineCode::Payments, "2026-09-01"), Some((50_000, Some(1_500_000))));
    assert_eq!(unit(FineCode::ReceptionFirst, "2026-02-19"), None);
    assert_eq!(unit(FineCode::ReceptionFirst, "2026-09-01"), Some((50_000, None)));
    assert_eq!(unit(FineCode::ReceptionNext, "2026-09-01"), Some((100_000, None)));
}

#[test]
fn article_numbers_are_said_to_be_stale_from_2027() {
    assert!(code_change(day("2026-12-31")).is_none());
    assert_eq!(code_change(day("2027-01-01")).map(|a| a.valid_from), Some(day("2027-01-01")));
}

#[test]
fn statuses_and_reasons_hold_together() {
    let status = |code| statuses().rows.iter().find(|s| s.code == code);
    for code in [200, 210, 213] {
        assert_eq!(status(code).unwrap().to_ppf, ToPortal::Mandatory, "{code}");
    }
    assert_eq!(status(212).unwrap().to_ppf, ToPortal::IfVatOnCollection);
    for code in [206, 207, 208, 210, 213, 501] {
        assert!(status(code).unwrap().reason_required, "{code}");
        assert!(reasons_of(code, false).next().is_some(), "{code} has a reason to give");
    }
    for reason in &reasons().rows {
        for code in reason.statuses.iter().chain(&reason.public_sector).chain(&reason.ppf) {
            assert!(status(*code).is_some(), "{}: unknown status {code}", reason.code);
        }
    }
    let of = |code, public| reasons_of(code, public).map(|r| r.code.as_str()).collect::<Vec<_>>();
    assert_eq!((of(200, false), of(221, false)), (vec!["NON_TRANSMISE"], vec!["ROUTAGE_ERR"]));
    assert_eq!((of(210, false).len(), of(210, true).len()), (13, 21));
    assert_eq!(
        (of(213, false).len(), of(207, false).len(), of(206, false).len(), of(208, false).len()),
        (12, 26, 13, 7)
    );
    assert_eq!(of(501, false).len(), 10);
}

#[test]
fn the_listing_has_a_cell_for_each_column_and_a_source_for_each_row() {
    let tables = tables(platforms());
    assert!(tables.iter().map(|t| t.code).eq(TableCode::ALL.iter().copied()));
    for table in &tables {
        assert!(!table.rows.is_empty(), "{}", table.code);
        for row in &table.rows {
            assert_eq!(row.cells.len(), table.columns.len(), "{}", table.code);
            assert!(!row.source.is_empty(), "{}", table.code);
        }
    }
    let fines = tables.iter().find(|t| t.code == TableCode::Fines).unwrap();
    assert_eq!(fines.rows[1].cells[4], Text::new("15\u{202f}000\u{a0}€", "€15,000"));
    let rhythm = tables.iter().find(|t| t.code == TableCode::EReporting).unwrap();
    assert_eq!(rhythm.rows[0].cells[2].fr, "1-10, 11-20, 21-fin");
    assert_eq!(rhythm.rows[0].cells[3].fr, "le 20 du mois ; dernier jour du mois ; le 10 du mois suivant");
}

#[test]
fn the_register_knows_names_in_any_case_and_aliases() {
    assert_eq!(platforms().by_folded_name(&fold("pennylane")).unwrap().name, "PENNYLANE");
    assert_eq!(platforms().find("Tiime").unwrap().name, "TIIME PDP");
    assert!(platforms().find("nobody at all").is_none());
    let count = |state| platforms().rows.iter().filter(|p| p.state == state).count();
    assert_eq!((count(PlatformState::Registered), count(PlatformState::Pending)), (149, 16));
}

#[test]
fn a_newer_register_is_read_compared_and_keeps_known_spellings() {
    let csv = "\u{feff}nom;statut;date_immatriculation;localisation\r\nPENNYLANE;immatriculation_definitive;01/02/2026;Paris\r\n\"TIIME PDP\";dossier_en_attente;;\r\nNeuve;dossier_en_attente;;\"Lille; Nord\"\r\n";
    let newer = PlatformRegister::parse(csv, day("2026-11-22"), "Liste du 22/11/2026").unwrap();
    assert_eq!(newer.rows.len(), 3);
    assert_eq!(newer.rows[0].registered_on, Some(day("2026-02-01")));
    assert_eq!(newer.rows[2].place.as_deref(), Some("Lille; Nord"));
    let newer = newer.with_aliases_of(platforms());
    assert_eq!(newer.find("tiime").map(|p| p.state), Some(PlatformState::Pending));
    let changes = newer.changes_since(platforms());
    assert_eq!(changes.added, ["Neuve"]);
    assert_eq!(changes.removed.len(), platforms().rows.len() - 2);
    assert_eq!(changes.changed.len(), 1);
    assert_eq!((changes.changed[0].name.as_str(), changes.changed[0].after), ("TIIME PDP", PlatformState::Pending));
    assert!(platforms().changes_since(platforms()).is_empty());
    let json = serde_json::to_string(platforms()).unwrap();
    let again = PlatformRegister::parse(&json, day("2030-01-01"), "ignored").unwrap();
    assert_eq!((again.as_of, again.rows.len()), (platforms().as_of, platforms().rows.len()));
}

#[test]
fn a_register_that_cannot_be_read_says_line_column_and_value() {
    let parse = |text: &str| PlatformRegister::parse(text, day("2026-11-22"), "essai").map(|_| ()).unwrap_err();
    let errors = parse(
        "nom;statut;date_immatriculation\nA;definitif;\n;dossier_en_attente;\nB;dossier_en_attente;hier\nC;dossier_en_attente;\nc;dossier_en_attente;\n",
    );
    let told: Vec<_> = errors.iter().map(|e| (e.line, e.column.as_str(), e.value.as_str())).collect();
    assert_eq!(
        told,
        [(2, "statut", "definitif"), (3, "nom", ""), (4, "date_immatriculation", "hier"), (6, "nom", "c")]
    );
    assert_eq!(parse("a;b\n1;2\n")[0].line, 1);
    assert_eq!(parse("nom;statut\n")[0].line, 0);
    assert_eq!(parse("{ nothing").len(), 1);
}

#[test]
fn the_place_of_a_client_is_read_from_its_postal_code_then_from_its_territory() {
    let of = HolidayPlace::of;
    assert_eq!(of(None, Some("59800")), HolidayPlace::Metropole);
    assert_eq!(of(None, Some("67000")), HolidayPlace::AlsaceMoselle);
    assert_eq!(of(None, Some("97400")), HolidayPlace::Reunion);
    // Within Guadeloupe's numbers, with holidays of its own.
    assert_eq!(of(None, Some("97133")), HolidayPlace::SaintBarthelemy);
    assert_eq!(of(None, Some("97110")), HolidayPlace::Guadeloupe);
    assert_eq!(of(Some(Territory::Martinique), None), HolidayPlace::Martinique);
    assert_eq!(of(Some(Territory::Mainland), Some("68100")), HolidayPlace::AlsaceMoselle);
    assert_eq!(of(None, None), HolidayPlace::Metropole);
}
