//! Letters, read back by another library.

mod common;

use common::*;
use domain::MandateKind;
use domain::relance::template::Marked;
use paper::{Gap, Letter, Link, PaperError, Recipient, Terms, letter, letters, letters_and_gaps};

fn to(name: &str) -> Letter {
    Letter {
        firm: firm(),
        reach: vec!["Tél. 04 78 00 00 00".to_owned(), "contact@cabinet.exemple".to_owned()],
        recipient: Recipient {
            name: name.to_owned(),
            attention: Some("À l’attention de M. Şahin".to_owned()),
            address: vec!["Bâtiment C".to_owned(), "3 rue de l’Ébénisterie".to_owned()],
            postal_code: Some("38200".to_owned()),
            city: Some("Saint-Étienne".to_owned()),
        },
        place: None,
        on: day("2026-11-01"),
        object: "Votre mandat est à signer".to_owned(),
        body: Marked::paragraphs(["Monsieur,", "Il manque votre signature."]),
        link: Some(Link {
            url: "https://cabready.exemple.fr/c/7KQ2-M9XD-41TZ".to_owned(),
            short: "cabready.exemple.fr/c/7KQ2-M9XD-41TZ".to_owned(),
            explained: vec!["Ce lien est personnel.".to_owned()],
        }),
        closing: "Salutations distinguées.".to_owned(),
        signatory: firm().signatory,
        reference: Some("D-0417".to_owned()),
        enclosed: Vec::new(),
        printed_at: moment("2026-11-01T09:30:00Z"),
    }
}

#[test]
fn a_letter_says_all_of_it_on_one_page() {
    let printed = letter(&to("Menuiserie Łukasz")).unwrap();
    let pages = pages(&printed);
    assert_eq!(pages.len(), 1);
    for said in [
        "Cabinet Œuvre & Associés",
        "Menuiserie Łukasz",
        "38200 SAINT-ÉTIENNE",
        "Lyon, le 1er novembre 2026",
        "Objet : Votre mandat est à signer",
        "Il manque votre signature.",
        "Tél. 04 78 00 00 00",
        "contact@cabinet.exemple",
        "cabready.exemple.fr/c/7KQ2-M9XD-41TZ",
        "Ce lien est personnel.",
        "Salutations distinguées.",
        "Claire Œuvre",
        "Réf. : D-0417",
    ] {
        assert!(pages[0].contains(said), "{said:?} is missing: {}", pages[0]);
    }
    assert!(printed == letter(&to("Menuiserie Łukasz")).unwrap());
}

#[test]
fn enclosures_follow_and_are_named() {
    let mandate = document(Terms::blank(MandateKind::Delegation));
    let mut with = to("Menuiserie Łukasz");
    with.enclosed = vec![mandate.clone(), mandate.clone(), document(Terms::blank(MandateKind::Designation))];
    let pages = pages(&letter(&with).unwrap());
    assert!(pages[0].contains("P. J. : Mandat de délégation (2) ; Accord formel de désignation"), "{}", pages[0]);
    assert!(pages[1].contains("Mandat de délégation") && pages[1].contains("page 1 / "));
    assert!(pages.len() >= 7);
}

#[test]
fn many_letters_are_one_file() {
    let all = [to("Première SARL"), to("Deuxième SAS"), to("Troisième SA")];
    let pages = pages(&letters(&all).unwrap());
    assert_eq!(pages.len(), 3);
    for (page, letter) in pages.iter().zip(&all) {
        assert!(page.contains(&letter.recipient.name));
    }
    assert_eq!(letters(&[]), Err(PaperError::Nothing));
}

#[test]
fn what_is_not_printed_is_told_on_a_sheet_of_its_own() {
    let gaps =
        [Gap { name: "Quatrième SCI".to_owned(), why: "L’adresse postale n’est pas complète.".to_owned() }];
    let pages = pages(&letters_and_gaps(&[to("Première SARL")], &gaps).unwrap());
    assert_eq!(pages.len(), 2);
    for said in
        ["1 lettre n’est pas imprimée", "à ne pas envoyer", "Quatrième SCI", "L’adresse postale n’est pas complète."]
    {
        assert!(pages[0].contains(said), "{said:?} is missing: {}", pages[0]);
    }
    assert!(pages[1].contains("Première SARL"));
    assert_eq!(letters_and_gaps(&[], &gaps), Err(PaperError::Nothing));
}

#[test]
fn the_code_stands_where_the_text_has_the_link() {
    let mut to = to("Menuiserie");
    let url = to.link.as_ref().unwrap().url.clone();
    let place = '\u{f0000}';
    to.body = Marked {
        markdown: format!("Avant.\n\n[Signer maintenant]({place})\n\n- **Après** ;\n- fin."),
        values: vec![url],
    };
    let page = pages(&letter(&to).unwrap()).remove(0);
    let at = |said: &str| page.find(said).unwrap_or_else(|| panic!("{said:?} is missing: {page}"));
    let order = ["Avant.", "Signer maintenant", "Ce lien est personnel.", "Après", "Salutations distinguées."].map(at);
    assert!(order.is_sorted(), "{order:?} in {page}");
    assert_eq!(page.matches("cabready.exemple.fr/c/7KQ2-M9XD-41TZ").count(), 1);
}

#[test]
fn an_address_never_has_more_than_six_lines() {
    let mut long = to(&"Société ".repeat(30));
    long.recipient.address = (1..=9).map(|line| format!("Ligne {line}")).collect();
    let page = &pages(&letter(&long).unwrap())[0];
    assert!(page.contains("Ligne 3, Ligne 4"), "{page}");
    assert!(page.contains("38200 SAINT-ÉTIENNE") && page.contains('…'), "{page}");
    long.recipient = Recipient { name: "Sans adresse".to_owned(), ..Recipient::default() };
    assert!(pages(&letter(&long).unwrap())[0].contains("Sans adresse ........"));
}

#[test]
fn the_address_stands_in_the_window() {
    // In points from the left and the top; see the module for the window.
    let printed = letter(&to("Menuiserie Łukasz")).unwrap();
    let read = lopdf::Document::load_mem(&printed).unwrap();
    let page = *read.get_pages().values().next().unwrap();
    let content = lopdf::content::Content::decode(&read.get_page_content(page)).unwrap();
    let mm = 72.0 / 25.4;
    let mut seen = 0;
    for operation in content.operations.iter().filter(|operation| operation.operator == "Tm") {
        let number = |at: usize| operation.operands[at].as_float().unwrap();
        let (x, y) = (number(4) / mm, number(5).abs() / mm);
        // The content is written with the top at zero or with the bottom at zero.
        let from_top = if number(3) < 0.0 { y } else { 297.0 - y };
        if (95.0..195.0).contains(&x) && (45.0..90.0).contains(&from_top) {
            seen += 1;
            assert!((104.9..188.0).contains(&x) && (56.0..79.0).contains(&from_top), "{x} {from_top}");
        }
    }
    assert_eq!(seen, 5, "five lines of address");
}

#[test]
fn a_link_too_long_for_a_code_is_refused() {
    let mut long = to("Menuiserie");
    long.link.as_mut().unwrap().url = "x".repeat(4000);
    assert!(matches!(letter(&long), Err(PaperError::Code(_))));
}
