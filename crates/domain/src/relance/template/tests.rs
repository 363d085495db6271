use chrono::NaiveDate;
use proptest::prelude::*;

use super::value::NextReport;
use super::*;
use crate::calendar::DueKind;
use crate::{MandateKind, Question, SizeClass};

fn day(s: &str) -> NaiveDate {
    s.parse().unwrap()
}

fn rich(name: &str) -> Known {
    Known {
        name: name.to_owned(),
        siren: "732\u{202f}829\u{202f}320".to_owned(),
        code: Some("B00012".to_owned()),
        legal_form: Some("SARL".to_owned()),
        city: Some("Lille".to_owned()),
        reception_platform: Some("PENNYLANE".to_owned()),
        emission_platform: Some("ABBY".to_owned()),
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
    }
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

struct Case {
    contact: Person,
    cabinet: Sender,
    known: Vec<Known>,
    deadline: Option<NaiveDate>,
}

impl Case {
    fn of(known: Vec<Known>) -> Self {
        Self {
            contact: Person { name: Some("Claire Martin".to_owned()), email: Some("claire@exemple.fr".to_owned()) },
            cabinet: Sender {
                name: "Cabinet Exemple".to_owned(),
                reply_to: Some("facturation@exemple.fr".to_owned()),
                phone: Some("03 20 00 00 00".to_owned()),
            },
            known,
            deadline: Some(day("2026-12-15")),
        }
    }

    fn on<T>(&self, test: impl FnOnce(&Occasion<'_>) -> T) -> T {
        let dossiers: Vec<&Known> = self.known.iter().collect();
        test(&Occasion {
            contact: &self.contact,
            cabinet: &self.cabinet,
            dossiers: &dossiers,
            deadline: self.deadline,
            link: "[[lien]]",
            today: day("2026-11-27"),
        })
    }

    fn line(&self, text: &str, lang: Lang) -> Result<String, Vec<Hollow>> {
        let template = Template::parse(text, Form::Subject).unwrap_or_else(|f| panic!("{text}: {f:?}"));
        self.on(|occasion| template.line(occasion, lang)).map(|line| line.replace(['\u{a0}', '\u{202f}'], " "))
    }

    fn body(&self, text: &str) -> (String, Vec<String>) {
        let template = Template::parse(text, Form::Body).unwrap_or_else(|f| panic!("{text}: {f:?}"));
        let marked = self.on(|occasion| template.marked(occasion, Lang::Fr)).unwrap();
        (shape(&marked.markdown), marked.values)
    }
}

/// The Markdown with each value as `#`.
fn shape(markdown: &str) -> String {
    markdown.chars().map(|c| if value_at(c).is_some() { '#' } else { c }).collect()
}

fn codes(text: &str, form: Form) -> Vec<(FaultCode, String, u32, u32)> {
    read(text, form).faults.into_iter().map(|f| (f.code, f.word, f.line, f.column)).collect()
}

#[test]
fn variables_are_written_with_their_filters() {
    let case = Case::of(vec![rich("Boulangerie de l’Île SARL")]);
    for (text, fr, en) in [
        ("{{ dossier.name | upper }}", "BOULANGERIE DE L’ÎLE SARL", "BOULANGERIE DE L’ÎLE SARL"),
        ("{{dossier.siren}}", "732 829 320", "732 829 320"),
        ("{{ today }}", "27 novembre 2026", "27 November 2026"),
        ("{{ today | short }}", "27/11/2026", "27 Nov 2026"),
        ("{{ today | weekday | capital }}", "Vendredi 27 novembre 2026", "Friday 27 November 2026"),
        ("{{ deadline | days_left | default: \"-\" }}", "18 jours", "18 days"),
        ("{{ exposure.total | money | default: \"-\" }}", "1 500 €", "€1,500"),
        ("{{ law.fine_reception }}", "500 €", "€500"),
        ("{{ obligation.size | default: \"-\" }}", "PME", "small or medium company"),
        ("{{ missing.questions | default: \"-\" }}", "vos clients et votre TVA", "your customers and your VAT"),
        (
            "{{ missing.count | default: \"\" }} {{ missing.count | plural: \"point\", \"points\" | default: \"\" }}",
            "2 points",
            "2 points",
        ),
        ("{{ dossier.count | plural: \"un\", \"plusieurs\" }}", "un", "un"),
        ("{{ report.name | default: \"-\" }}", "e-reporting des ventes", "e-reporting of sales"),
        (
            "Bonjour{{ contact.name | phrase: \" %\" | default: \"\" }},",
            "Bonjour Claire Martin,",
            "Bonjour Claire Martin,",
        ),
        ("{{ contact.name | default: « Madame, Monsieur » }}", "Claire Martin", "Claire Martin"),
    ] {
        assert_eq!(case.line(text, Lang::Fr).unwrap(), fr, "{text}");
        assert_eq!(case.line(text, Lang::En).unwrap(), en, "{text}");
    }
}

#[test]
fn a_fallback_stands_where_a_value_is_empty() {
    let mut case = Case::of(vec![poor("A")]);
    case.contact = Person::default();
    case.deadline = Some(day("2026-11-26"));
    for (text, said) in [
        ("Bonjour{{ contact.name | phrase: \" %\" | default: \"\" }},", "Bonjour,"),
        ("{{ contact.name | default: “Madame, Monsieur” | upper }}", "Madame, Monsieur"),
        ("{{ deadline | weekday | phrase: \"avant le %\" | default: \"au plus tôt\" }}", "au plus tôt"),
        ("{{ exposure.total | default: \"rien\" }}", "rien"),
    ] {
        assert_eq!(case.line(text, Lang::Fr).unwrap(), said, "{text}");
    }
    // Its own signs alone: nothing is left of it.
    case.contact.name = Some("\u{200b} \u{202e}".to_owned());
    assert_eq!(case.line("{{ contact.name | default: \"-\" }}", Lang::Fr).unwrap(), "-");
}

#[test]
fn a_value_that_turns_out_empty_is_named_and_leaves_no_hole() {
    let mut case = Case::of(vec![rich("\u{200b}")]);
    case.cabinet.name = String::new();
    let said = case.line("{{ dossier.name }} {{ cabinet.name }}", Lang::Fr).unwrap_err();
    assert_eq!(said.iter().map(|h| h.variable).collect::<Vec<_>>(), [Variable::DossierName, Variable::CabinetName]);
    assert!(said[1].text().fr.contains("cabinet.name"));
    let letter = Letter::parse("{{ dossier.name }}", "{{ dossier.name }} {{ cabinet.name }}", Lang::Fr).unwrap();
    assert_eq!(case.on(|o| letter.write(o)).unwrap_err().len(), 2);
}

#[test]
fn several_dossiers_are_one_message() {
    let mut second = rich("B SAS");
    second.reception_on = Some(day("2026-08-15"));
    second.reception_platform = None;
    second.mandates_sent_on = None;
    second.report = Some(NextReport { limit: day("2027-01-20"), kind: DueKind::Payments, ..second.report.unwrap() });
    second.person = Some(Person { name: Some("Anne Petit".to_owned()), email: None });
    let case = Case::of(vec![rich("A SARL"), second, poor("C")]);
    for (text, said) in [
        ("{{ dossier.name }}", "A SARL, B SAS et C"),
        ("{{ dossier.name | list: \"or\" }}", "A SARL, B SAS ou C"),
        ("{{ dossier.name | lower }}", "a sarl, b sas et c"),
        ("{{ dossier.count }} {{ dossier.count | plural: \"entreprise\", \"entreprises\" }}", "3 entreprises"),
        ("{{ dossier.city | default: \"\" }}", "Lille"),
        ("{{ obligation.reception_on | default: \"\" }}", "15 août 2026"),
        ("{{ dossier.reception_platform | default: \"\" }}", "PENNYLANE"),
        (
            "{{ report.name | default: \"\" }} {{ report.limit | default: \"\" }}",
            "e-reporting des paiements 20 janvier 2027",
        ),
        ("{{ exposure.total | default: \"\" }}", "3 000 €"),
        ("{{ missing.count | default: \"\" }}", "4"),
        ("{{ missing.questions | default: \"\" }}", "vos clients et votre TVA"),
        ("{{ mandate.sent_on | short | default: \"\" }}", "12/10/2026"),
        ("{{ person.name | default: \"\" }}", "Paul Durand et Anne Petit"),
    ] {
        assert_eq!(case.line(text, Lang::Fr).unwrap(), said, "{text}");
    }
}

#[test]
fn values_stand_beside_the_markdown() {
    let case = Case::of(vec![rich("*A* <b>[x](http://y)"), rich("B\n\n# C")]);
    let (markdown, values) = case.body("**{{ dossier.name }}**\n\n{{ dossier.name | list: \"points\" }}\n");
    assert_eq!(markdown, "**#**\n\n\n\n- #\n- #\n\n\n");
    assert_eq!(values[1], "*A* <b>[x](http:\u{2060}//y)");
    assert_eq!(values[2], "B # C");
    let (markdown, values) = case.body("{{ link | button: \"Répondre\" }}\n\n{{ link }} [ici]({{ link }})");
    assert_eq!(markdown, "\n\n[Répondre](#)\n\n\n\n[#](#) [ici](#)");
    assert_eq!(values, ["[[lien]]"; 4]);
}

#[test]
fn every_fault_is_told_with_its_place() {
    let text = "Bonjour {{ contact.nom }},\n{{ dossier.name | uper }} {{ today | money }}\n{{ contact.name }} {{ }} {{ today\nfin }} {{ dossier.name | list: \"x\" }}";
    let found = codes(text, Form::Body);
    let expected = [
        (FaultCode::UnknownVariable, "contact.nom", 1, 12),
        (FaultCode::UnknownFilter, "uper", 2, 19),
        (FaultCode::FilterKind, "money", 2, 38),
        (FaultCode::CanBeEmpty, "contact.name", 3, 4),
        (FaultCode::NoVariable, "{{ }}", 3, 20),
        (FaultCode::Unclosed, "{{ today", 3, 26),
        (FaultCode::Unopened, "}}", 4, 5),
        (FaultCode::Argument, "list: \"x\"", 4, 26),
    ]
    .map(|(code, word, line, column)| (code, word.to_owned(), line, column));
    assert_eq!(found, expected);
    let first = &read(text, Form::Body).faults[0];
    assert_eq!((first.nearest.as_deref(), first.from, first.to), (Some("contact.name"), 11, 22));
    assert!(first.text.fr.contains("écrivez contact.name") && first.text.en.contains("write contact.name"));
}

#[test]
fn what_does_not_fit_is_refused() {
    for (text, form, code) in [
        ("  \n", Form::Body, FaultCode::EmptyText),
        ("", Form::Subject, FaultCode::EmptyText),
        ("a\nb", Form::Subject, FaultCode::LineBreak),
        ("{{ link }}", Form::Subject, FaultCode::NotInSubject),
        ("{{ dossier.name | list: points }}", Form::Subject, FaultCode::NotInSubject),
        ("voici {{ dossier.name | list: points }}", Form::Body, FaultCode::NotAlone),
        ("{{ link | button: \"x\" }} y", Form::Body, FaultCode::NotAlone),
        ("{{ link | button: \"[x]\" }}", Form::Body, FaultCode::Argument),
        ("{{ dossier.count | plural: \"un\" }}", Form::Body, FaultCode::Argument),
        ("{{ dossier.name | phrase: \"sans\" }}", Form::Body, FaultCode::Argument),
        ("{{ dossier.name | phrase: \"% %\" }}", Form::Body, FaultCode::Argument),
        ("{{ dossier.name | upper: \"x\" }}", Form::Body, FaultCode::Argument),
        ("{{ dossier.name upper }}", Form::Body, FaultCode::UnknownVariable),
        ("{{ dossier.name | upper lower }}", Form::Body, FaultCode::Form),
        ("{{ dossier.name | }}", Form::Body, FaultCode::Form),
        ("{{ dossier.name | default: \"x }}", Form::Body, FaultCode::Form),
        ("{{ dossier.name | phrase: \"%\" | upper }}", Form::Body, FaultCode::FilterKind),
        ("{{ missing.questions | upper | default: \"\" }}", Form::Body, FaultCode::FilterKind),
        ("{{ dossier.name | default: \"a\" | default: \"b\" }}", Form::Body, FaultCode::FilterKind),
        ("{{ today | days_left }}", Form::Body, FaultCode::CanBeEmpty),
        ("{{ \"dossier.name\" }}", Form::Body, FaultCode::UnknownVariable),
        ("{{{ dossier.name }}}", Form::Body, FaultCode::UnknownVariable),
    ] {
        let found = read(text, form).faults;
        assert_eq!(found.iter().map(|f| f.code).collect::<Vec<_>>(), [code], "{text}: {found:?}");
        assert!(!found[0].text.fr.is_empty() && !found[0].text.en.is_empty());
    }
    assert_eq!(codes(&"é".repeat(LONGEST_SUBJECT + 1), Form::Subject)[0].0, FaultCode::TooLong);
    assert_eq!(codes(&"é".repeat(LONGEST_BODY), Form::Body), []);
    // Braces of which a text may speak.
    assert_eq!(codes("{ a } } {", Form::Body), []);
}

#[test]
fn the_table_says_what_each_variable_and_filter_is() {
    for variable in Variable::ALL {
        let fallback = if variable.empty().is_some() { " | default: \"-\"" } else { "" };
        let form = if *variable == Variable::Link { Form::Body } else { Form::Subject };
        let text = format!("{{{{ {variable}{fallback} }}}}");
        assert_eq!(codes(&text, form), [], "{variable}");
        if form == Form::Subject {
            let case = Case::of(vec![rich("Boulangerie de l’Île SARL")]);
            let said = case.line(&text, Lang::Fr).unwrap();
            assert_ne!(said, "-", "{variable}");
            let poor = Case { contact: Person::default(), deadline: None, ..Case::of(vec![poor("A")]) };
            assert!(poor.line(&text, Lang::En).is_ok(), "{variable}");
        }
    }
    for filter in FilterKind::ALL {
        let example = filter.example();
        for text in [&example.fr, &example.en] {
            assert_eq!(codes(text, Form::Body), [], "{text}");
            assert!(text.contains(filter.as_str()));
        }
    }
}

#[test]
fn amounts_of_the_law_are_known_on_every_day_of_the_reform() {
    for variable in Variable::ALL.iter().filter(|v| v.group() == VariableGroup::Law) {
        let case = Case::of(vec![poor("A")]);
        let dossiers: Vec<&Known> = case.known.iter().collect();
        for today in ["2026-09-01", "2026-11-27", "2027-09-01", "2030-01-01"].map(day) {
            let occasion = Occasion {
                contact: &case.contact,
                cabinet: &case.cabinet,
                dossiers: &dossiers,
                deadline: None,
                link: "x",
                today,
            };
            assert!(occasion.value(*variable, Lang::Fr).is_some(), "{variable} on {today}");
        }
    }
}

#[test]
fn a_place_of_the_probe_leads_back_to_the_text() {
    let text = "Été {{ dossier.name }}, <b>";
    let probe = read(text, Form::Body).probe();
    let at = probe.markdown.find("<b>").unwrap();
    assert_eq!(&text[probe.source(at)..], "<b>");
    assert_eq!(probe.source(0), 0);
}

/// What people type, and what nobody should.
fn any_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("{{".to_owned()),
        Just("}}".to_owned()),
        Just("|".to_owned()),
        Just(":".to_owned()),
        Just(",".to_owned()),
        Just("\"".to_owned()),
        Just("«".to_owned()),
        Just("\\".to_owned()),
        Just("\n".to_owned()),
        Just("\u{f0000}".to_owned()),
        proptest::sample::select(Variable::ALL).prop_map(|v| v.to_string()),
        proptest::sample::select(FilterKind::ALL).prop_map(|f| f.to_string()),
        any::<String>(),
        "[ -~]{0,8}",
    ];
    proptest::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

/// A text without a fault.
fn good_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("{{ dossier.name }}".to_owned()),
        Just("**{{ contact.name | default: \"vous\" }}**".to_owned()),
        Just("# {{ dossier.city | upper | default: \"-\" }}\n".to_owned()),
        Just(
            "[{{ dossier.tool | default: \"-\" }}](https://exemple.fr/{{ dossier.code | default: \"x\" }})".to_owned()
        ),
        Just("\n\n- {{ cabinet.name }}\n".to_owned()),
        "[a-zé ,.]{1,8}",
    ];
    proptest::collection::vec(part, 1..10)
        .prop_map(|parts| parts.concat())
        .prop_filter("says something", |t| !t.trim().is_empty())
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[*_<>\\[\\]()#`!\\\\\n\r\t&~=+|.0-9 -]{1,20}"].prop_map(|s| format!("x{s}"))
}

#[test]
fn braces_alone_are_faults_with_a_place() {
    for text in ["{{", "{{{", "{{{{", "{{{{{{", "{{{{{{{{", "}}", "{{}}", "{{ {{"] {
        for form in [Form::Subject, Form::Body] {
            let reading = read(text, form);
            let length = text.chars().count() as u32;
            assert!(!reading.faults.is_empty(), "{text}");
            for fault in &reading.faults {
                assert!(fault.from <= fault.to && fault.to <= length, "{text} {fault:?}");
            }
            let probe = reading.probe();
            for (at, _) in probe.markdown.char_indices() {
                assert!(probe.source(at) <= text.len(), "{text}");
            }
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any_text()) {
        for form in [Form::Subject, Form::Body] {
            let reading = read(&text, form);
            let length = text.chars().count() as u32;
            for fault in &reading.faults {
                prop_assert!(fault.from <= fault.to && fault.to <= length.max(1), "{fault:?}");
                prop_assert!(fault.line >= 1 && fault.column >= 1);
            }
            let probe = reading.probe();
            for (at, _) in probe.markdown.char_indices() {
                prop_assert!(probe.source(at) <= text.len());
            }
            if let Ok(template) = Template::parse(&text, form) {
                let case = Case::of(vec![rich("A"), poor("B")]);
                let marked = case.on(|o| template.marked(o, Lang::En));
                prop_assert!(marked.is_ok());
                prop_assert!(case.on(|o| template.line(o, Lang::Fr)).is_ok());
            }
        }
    }

    #[test]
    fn no_value_changes_the_markdown(text in good_text(), names in proptest::collection::vec(hostile(), 5)) {
        let template = Template::parse(&text, Form::Body).unwrap();
        let calm = Case::of(vec![rich("Boulangerie")]);
        let mut wild = Case::of(vec![rich(&names[0])]);
        wild.contact.name = Some(names[1].clone());
        wild.cabinet.name = names[2].clone();
        wild.known[0].tool = Some(names[3].clone());
        wild.known[0].city = Some(names[4].clone());
        wild.known[0].code = Some(names[4].clone());
        let calm = calm.on(|o| template.marked(o, Lang::Fr)).unwrap();
        let wild = wild.on(|o| template.marked(o, Lang::Fr)).unwrap();
        prop_assert_eq!(&calm.markdown, &wild.markdown);
        prop_assert_eq!(calm.values.len(), wild.values.len());
        for value in &wild.values {
            let breaks = value.contains(['\n', '\r', '\t', '\u{2028}']);
            prop_assert!(!breaks && !value.contains("[["), "a value is one line: {value:?}");
            prop_assert!(!value.chars().any(|c| value_at(c).is_some()));
        }
    }
}
