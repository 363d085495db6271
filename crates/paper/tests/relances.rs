//! The texts of relances, each written for clients of every kind.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use domain::calendar::DueKind;
use domain::relance::template::{Known, Letter, NextReport, Occasion, Person, Sender, Variable, value_at};
use domain::relance::{RelancePurpose, Tone};
use domain::{Lang, MandateKind, Question, SizeClass};
use paper::{Frame, Message, Starter, markdown_faults, message, starters};

const LINK: &str = "[[lien]]";

fn day(s: &str) -> NaiveDate {
    s.parse().unwrap()
}

fn poor(name: &str) -> Known {
    Known {
        name: name.to_owned(),
        siren: "100\u{202f}000\u{202f}009".to_owned(),
        code: None,
        legal_form: None,
        city: None,
        reception_platform: None,
        emission_platform: None,
        tool: None,
        person: None,
        reception_on: None,
        emission_on: None,
        size: None,
        report: None,
        exposure_cents: 0,
        mandates: Vec::new(),
        mandates_sent_on: None,
        questions: Vec::new(),
    }
}

fn rich(name: &str) -> Known {
    Known {
        code: Some("B00012".to_owned()),
        legal_form: Some("SARL".to_owned()),
        city: Some("Lille".to_owned()),
        reception_platform: Some("PENNYLANE".to_owned()),
        emission_platform: Some("PENNYLANE".to_owned()),
        tool: Some("Sage 50".to_owned()),
        person: Some(Person { name: Some("Paul Durand".to_owned()), email: Some("paul@exemple.fr".to_owned()) }),
        reception_on: Some(day("2026-09-01")),
        emission_on: Some(day("2027-09-01")),
        size: Some(SizeClass::Pme),
        report: Some(NextReport {
            kind: DueKind::Sales,
            from: day("2027-09-01"),
            to: day("2027-09-30"),
            limit: day("2027-10-10"),
        }),
        exposure_cents: 150_000,
        mandates: vec![MandateKind::Delegation],
        mandates_sent_on: Some(day("2026-10-12")),
        questions: vec![Question::Customers, Question::VatRegime],
        ..poor(name)
    }
}

/// Somebody to write to, with the dossiers that it is about.
struct Case {
    name: &'static str,
    contact: Option<&'static str>,
    known: Vec<Known>,
    deadline: Option<&'static str>,
    phone: Option<&'static str>,
}

fn cases() -> Vec<Case> {
    let long = "Société d’exploitation des établissements Vandenbroucke-Delannoy et fils, maîtres boulangers à Lille depuis toujours";
    let mut other = rich("Transports du Nord SAS");
    other.person = Some(Person { name: Some("Anne Petit".to_owned()), email: None });
    let case = |name, contact, known, deadline, phone| Case { name, contact, known, deadline, phone };
    vec![
        case(
            "rich",
            Some("Claire Martin"),
            vec![rich("Boulangerie de l’Île SARL")],
            Some("2026-12-15"),
            Some("03 20 00 00 00"),
        ),
        case("poor", None, vec![poor("A")], None, None),
        case("without a name", None, vec![rich("Boulangerie de l’Île SARL")], Some("2026-12-15"), None),
        case(
            "long names",
            Some("Marie-Antoinette de La Rochefoucauld-Montmorency"),
            vec![rich(long)],
            Some("2026-12-15"),
            None,
        ),
        case(
            "three dossiers",
            Some("Claire Martin"),
            vec![rich("Boulangerie de l’Île SARL"), other, poor("SCI <b>*Étoile*</b> [x](http://y)")],
            Some("2026-11-01"),
            None,
        ),
    ]
}

fn written(starter: &Starter, case: &Case, lang: Lang) -> (String, Message) {
    let at = format!("{} {} {lang} {}", starter.purpose, starter.tone, case.name);
    let letter = Letter::parse(starter.subject.get(lang), starter.body.get(lang), lang);
    let letter = letter.unwrap_or_else(|faults| panic!("{at}: {faults:?}"));
    let contact = Person { name: case.contact.map(str::to_owned), email: Some("claire@exemple.fr".to_owned()) };
    let cabinet = Sender {
        name: "Cabinet Exemple".to_owned(),
        reply_to: Some("facturation@exemple.fr".to_owned()),
        phone: case.phone.map(str::to_owned),
    };
    let dossiers: Vec<&Known> = case.known.iter().collect();
    let (subject, body) = letter
        .write(&Occasion {
            contact: &contact,
            cabinet: &cabinet,
            dossiers: &dossiers,
            deadline: case.deadline.map(day),
            link: LINK,
            today: day("2026-11-27"),
        })
        .unwrap_or_else(|hollow| panic!("{at}: {hollow:?}"));
    let frame = Frame { lang, title: &subject, link: LINK, signature: &[], foot: &[] };
    let message = message(&body, &frame);
    (subject, message)
}

#[test]
fn every_purpose_has_its_text_in_three_tones() {
    let all = starters().unwrap();
    let have: BTreeSet<_> = all.iter().map(|s| (s.purpose, s.tone)).collect();
    assert_eq!((all.len(), have.len()), (21, RelancePurpose::ALL.len() * Tone::ALL.len()));
    for starter in all {
        assert!(starter.version.contains('.') && starter.date >= day("2026-11-27"));
    }
}

#[test]
fn every_text_is_whole_for_every_client() {
    for starter in starters().unwrap() {
        for case in cases() {
            for lang in Lang::ALL {
                let at = format!("{} {} {lang} {}", starter.purpose, starter.tone, case.name);
                let (subject, message) = written(starter, &case, *lang);
                for text in [&subject, &message.text] {
                    assert!(!text.contains("{{") && !text.contains("}}") && !text.contains('%'), "{at}: {text}");
                    assert!(!text.chars().any(|c| value_at(c).is_some()), "{at}: {text}");
                    for hole in ["  ", " ,", " .", "()", ": .", "..", ",,", "\u{a0},", "\u{a0}."] {
                        assert!(!text.contains(hole), "{at}: {hole:?} in {text}");
                    }
                }
                let words = message.text.split_whitespace().count();
                assert!((45..220).contains(&words), "{at}: {words} words");
                assert!(!message.html.contains("<b>") && !message.html.contains("<em>Étoile"), "{at}");
                assert!(!message.html.contains("href=\"http"), "{at}: a link that nobody wrote");
                let asks = matches!(
                    starter.purpose,
                    RelancePurpose::ChoosePlatform
                        | RelancePurpose::SignMandate
                        | RelancePurpose::MissingIdentity
                        | RelancePurpose::EReportingData
                );
                assert_eq!(message.text.contains(LINK), asks, "{at}: a button where the link is what is asked");
                assert_eq!(message.html.matches("bgcolor").count(), usize::from(asks), "{at}");
                for known in &case.known {
                    let is_told = message.text.contains(&known.name[..3.min(known.name.len())]);
                    assert!(is_told, "{at}: {} is not named", known.name);
                }
            }
        }
    }
}

#[test]
fn no_text_has_a_figure_or_a_date_of_its_own() {
    for starter in starters().unwrap() {
        for text in [&starter.subject.fr, &starter.subject.en, &starter.body.fr, &starter.body.en] {
            let mut own = String::new();
            for part in text.split("{{") {
                own.push_str(part.split_once("}}").map_or(part, |(_, after)| after));
            }
            assert!(!own.chars().any(|c| c.is_ascii_digit()), "{} {}: {own}", starter.purpose, starter.tone);
            assert!(!own.contains('€'), "{} {}: {own}", starter.purpose, starter.tone);
            assert_eq!(markdown_faults(text), [], "{} {}", starter.purpose, starter.tone);
        }
    }
}

#[test]
fn tones_differ() {
    let all = starters().unwrap();
    for (n, one) in all.iter().enumerate() {
        for other in &all[n + 1..] {
            assert_ne!(one.subject.fr, other.subject.fr);
            assert_ne!(one.subject.en, other.subject.en);
            if one.purpose == other.purpose {
                let words = |s: &Starter| s.body.fr.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>();
                let (a, b) = (words(one), words(other));
                let same = a.intersection(&b).count() * 100 / a.union(&b).count();
                assert!(same < 60, "{}: {} and {} share {same} % of their words", one.purpose, one.tone, other.tone);
            }
        }
    }
}

#[test]
fn who_is_asked_is_told_until_when_and_what_it_may_cost() {
    let case = &cases()[0];
    for starter in starters().unwrap() {
        let (_, message) = written(starter, case, Lang::Fr);
        if starter.purpose != RelancePurpose::ThankYou {
            let (one, other) = ("15\u{a0}décembre\u{a0}2026", "18\u{a0}jours");
            assert!(message.text.contains(one) || message.text.contains(other), "{} {}", starter.purpose, starter.tone);
        }
        assert!(message.text.contains("Claire Martin"), "{} {}", starter.purpose, starter.tone);
        assert!(message.text.contains("Paul Durand"), "{} {}", starter.purpose, starter.tone);
    }
    let urgent = |purpose| {
        starters().unwrap().iter().find(|s| s.purpose == purpose && s.tone == Tone::Urgent).unwrap().body.fr.clone()
    };
    assert!(urgent(RelancePurpose::ChoosePlatform).contains(Variable::FineReception.as_str()));
    assert!(urgent(RelancePurpose::EReportingData).contains(Variable::FineReport.as_str()));
}
