use super::*;

fn at(hours: i64) -> DateTime<Utc> {
    "2026-11-02T08:00:00Z".parse::<DateTime<Utc>>().unwrap() + chrono::Duration::hours(hours)
}

fn said(code: u32, hours: i64, source: &str) -> StatusEvent {
    StatusEvent {
        code: Some(code),
        raw: code.to_string(),
        reasons: Vec::new(),
        comment: String::new(),
        collected_cents: None,
        source: FlowSource::List,
        source_name: source.to_owned(),
        at: at(hours),
        received_at: at(100),
    }
}

fn word(raw: &str, hours: i64) -> StatusEvent {
    StatusEvent { code: None, raw: raw.to_owned(), ..said(0, hours, "X") }
}

fn read(raw: &str, code: Option<u32>, hours: i64, received: i64) -> StatusEvent {
    let person =
        StatusEvent { source: FlowSource::Person, source_name: "Claire Martin".to_owned(), ..word(raw, hours) };
    StatusEvent { code, received_at: at(received), ..person }
}

fn status(events: &[StatusEvent]) -> Option<Option<u32>> {
    current(events).map(|i| events[i].code)
}

#[test]
fn the_latest_by_the_sources_time_stands_whatever_came_last() {
    assert_eq!(status(&[]), None);
    assert_eq!(status(&[said(213, 5, "X"), said(204, 2, "X")]), Some(Some(213)));
    assert_eq!(status(&[said(204, 2, "X"), said(213, 5, "X")]), Some(Some(213)));
    assert_eq!(status(&[said(210, 5, "X"), said(205, 3, "Y"), said(200, 0, "Y")]), Some(Some(210)));
    // Of one moment the later phase of the law.
    assert_eq!(status(&[said(203, 1, "X"), said(202, 1, "X"), said(201, 1, "X")]), Some(Some(203)));
    assert_eq!(status(&[said(213, 1, "X"), said(212, 1, "Y")]), Some(Some(213)));
}

#[test]
fn every_order_of_the_same_events_says_the_same() {
    let events = [said(200, 0, "X"), said(202, 2, "X"), word("Traitement PA", 3), said(213, 3, "Y"), said(203, 3, "X")];
    let expected = status(&events);
    let mut order = events.to_vec();
    for turn in 0..events.len() * 4 {
        order.rotate_left(1);
        order.swap(turn % 5, (turn * 3 + 1) % 5);
        assert_eq!(status(&order), expected);
    }
}

#[test]
fn a_word_counts_as_its_latest_reading_and_one_set_aside_not_at_all() {
    let events = [said(200, 0, "X"), word("En attente de routage", 2)];
    assert_eq!(status(&events), Some(None), "nobody knows what happened last");
    let mut events = events.to_vec();
    events.push(read("En attente de routage", Some(202), 2, 101));
    assert_eq!(status(&events), Some(Some(202)));
    events.push(read("En attente de routage", Some(201), 2, 102));
    assert_eq!(status(&events), Some(Some(201)));
    events.push(read("En attente de routage", None, 2, 103));
    assert_eq!(status(&events), Some(Some(200)), "set aside");
    events.push(read("En attente de routage", Some(202), 2, 104));
    assert_eq!(status(&events), Some(Some(202)), "and read after all");
    // Only of the moments that it was read at.
    events.push(word("En attente de routage", 9));
    assert_eq!(status(&events), Some(None));
}

#[test]
fn what_cannot_both_be_true_is_told_and_kept() {
    let clashes = |events: &[StatusEvent]| -> Vec<(Clash, u32, u32)> {
        let code = |i: usize| events[i].code.unwrap();
        contradictions(events).into_iter().map(|c| (c.clash, code(c.end), code(c.other))).collect()
    };
    assert_eq!(clashes(&[said(200, 0, "X"), said(202, 1, "X"), said(213, 2, "X")]), []);
    assert_eq!(clashes(&[said(204, 1, "X"), said(210, 2, "X")]), []);
    assert_eq!(
        clashes(&[said(213, 1, "X"), said(212, 2, "X"), said(205, 3, "X")]),
        [(Clash::MandatoryAfterEnd, 213, 212)]
    );
    // 213 here, 212 there: whichever came first.
    assert_eq!(clashes(&[said(213, 5, "X"), said(212, 2, "Y")]), [(Clash::SourcesDisagree, 213, 212)]);
    assert_eq!(clashes(&[said(212, 5, "Y"), said(213, 2, "X")]), [(Clash::SourcesDisagree, 213, 212)]);
    assert_eq!(clashes(&[said(213, 5, "X"), said(205, 2, "Y")]), [(Clash::SourcesDisagree, 213, 205)]);
    // A refusal comes after what the buyer did before it.
    assert_eq!(clashes(&[said(210, 5, "X"), said(204, 2, "Y")]), []);
    assert_eq!(clashes(&[said(210, 5, "X"), said(213, 7, "Y")]), [(Clash::SourcesDisagree, 210, 213)]);
    // The same end twice is no contradiction.
    assert_eq!(clashes(&[said(210, 5, "X"), said(210, 7, "Y")]), []);
}

#[test]
fn steps_are_counted_from_the_first_time_that_a_status_was_said() {
    let events = [said(203, 30, "X"), said(200, 0, "X"), said(200, 2, "Y"), said(202, 4, "X")];
    let found: Vec<(u32, u32)> = steps(&events).iter().map(|s| (s.from, s.to)).collect();
    assert_eq!(found, [(200, 202), (202, 203)]);
    assert_eq!(steps(&events)[0].width, width(240));
}

#[test]
fn quantiles_of_widths_are_near_those_of_the_values() {
    let mut counts = BTreeMap::new();
    for minutes in 1..=6_000i64 {
        *counts.entry(width(minutes)).or_default() += 1;
    }
    let (median, p95) = (quantile_hours(&counts, 0.5).unwrap(), quantile_hours(&counts, 0.95).unwrap());
    assert!((median - 50.0).abs() < 5.0, "{median}");
    assert!((p95 - 95.0).abs() < 8.0, "{p95}");
    assert_eq!(quantile_hours(&BTreeMap::new(), 0.5), None);
    assert!(learned_hours(&counts, Some(48)).unwrap().abs_diff(95) < 9);
    assert_eq!(learned_hours(&BTreeMap::from([(0, LEAST_STEPS - 1)]), Some(48)), None);
    assert_eq!(learned_hours(&BTreeMap::from([(0, LEAST_STEPS)]), Some(48)), Some(12));
}

fn report() -> Report {
    Report {
        owner: "732829320".to_owned(),
        owner_siren: None,
        kind: FlowKind::Invoice,
        direction: FlowDirection::Sale,
        number: "F2026-1".to_owned(),
        seller: "732829320".to_owned(),
        counterparty: String::new(),
        counterparty_name: String::new(),
        issued_on: None,
        due_on: None,
        net_cents: None,
        vat_cents: None,
        gross_cents: Some(12_000),
        currency: "EUR".to_owned(),
        platform: "Plateforme X".to_owned(),
        details: FlowDetails::default(),
        status: None,
    }
}

#[test]
fn what_is_absent_erases_nothing_and_what_differs_is_kept_beside() {
    let first = report();
    let mut flow = Flow::of(FlowId::from_uuid(uuid::Uuid::nil()), None, &first);
    assert!(!flow.merge(&first, "X"));
    let more = Report {
        issued_on: Some("2026-10-18".parse().unwrap()),
        counterparty: "552100554".to_owned(),
        gross_cents: None,
        currency: String::new(),
        ..report()
    };
    assert!(flow.merge(&more, "Y"));
    assert_eq!((flow.key.year, flow.gross_cents, flow.currency.as_str()), (2026, Some(12_000), "EUR"));
    let other = Report { gross_cents: Some(-12_050), ..report() };
    assert!(flow.merge(&other, "Z"));
    assert_eq!(flow.gross_cents, Some(12_000));
    let kept = Otherwise { field: FlowField::Gross, value: "-120.50".to_owned(), source: "Z".to_owned() };
    assert_eq!(flow.details.otherwise, [kept]);
    for again in [&first, &more, &other] {
        assert!(!flow.merge(again, "X"), "said before");
    }
}

#[test]
fn labels_and_codes_are_words_that_need_nobody() {
    let invoice = |raw| code_of_word(raw, FlowKind::Invoice);
    assert_eq!((invoice("Mise à disposition"), invoice("MISE A DISPOSITION")), (Some(203), Some(203)));
    assert_eq!((invoice("205"), invoice(" 229 ")), (Some(205), Some(229)));
    assert_eq!((invoice("Déposée"), code_of_word("Déposée", FlowKind::Transmission)), (Some(200), Some(300)));
    assert_eq!((invoice("En attente de routage"), invoice("Traitement PA"), invoice("")), (None, None, None));
    assert!(near_codes("En attente de routage").contains(&221), "{:?}", near_codes("En attente de routage"));
}

#[test]
fn invoices_prove_reception_or_emission_by_direction() {
    let sale = Flow::of(FlowId::from_uuid(uuid::Uuid::nil()), None, &report());
    let purchase = Flow { direction: FlowDirection::Purchase, ..sale.clone() };
    let of = |flow: &Flow, code| proves(flow, code).collect::<Vec<_>>();
    assert_eq!(of(&sale, 203), [Criterion::EmissionProved]);
    assert_eq!(of(&purchase, 203), [Criterion::ReceptionProved]);
    assert!(of(&sale, 213).is_empty() && of(&sale, 200).is_empty() && of(&purchase, 299).is_empty());
    let transmission = Flow { kind: FlowKind::Transmission, ..sale };
    assert_eq!(of(&transmission, 300), [Criterion::FirstTransmission]);
}

#[test]
fn what_is_said_again_is_the_same_event() {
    let event = StatusEvent { raw: "Reçue".to_owned(), ..said(202, 1, "X") };
    let same = [
        StatusEvent { code: None, received_at: at(500), comment: "later".to_owned(), ..event.clone() },
        StatusEvent { code: Some(203), ..event.clone() },
    ];
    for other in &same {
        assert_eq!(event.key(), other.key(), "{other:?}");
    }
    let others = [
        StatusEvent { raw: "Recue".to_owned(), ..event.clone() },
        StatusEvent { at: at(2), ..event.clone() },
        StatusEvent { source_name: "Y".to_owned(), ..event.clone() },
        StatusEvent { source: FlowSource::Api, ..event.clone() },
        StatusEvent { reasons: vec!["AUTRE".to_owned()], ..event.clone() },
        StatusEvent { collected_cents: Some(0), ..event.clone() },
    ];
    for other in &others {
        assert_ne!(event.key(), other.key(), "{other:?}");
    }
    let bare = |code| StatusEvent { raw: String::new(), ..said(code, 1, "X") };
    assert_ne!(bare(202).key(), bare(203).key());
    assert_ne!(read("A", Some(202), 1, 5).key(), read("A", Some(202), 1, 6).key(), "read again later");
}
