//! What is printed of a mandate, read back by another library.

mod common;

use common::*;
use domain::MandateKind;
use domain::mandate::Power;
use paper::{
    Biller, Channel, Designation, Firm, Invoicing, MandateDocument, PaperError, Perimeter, Platform, ReportedFlow,
    Reporting, Signatory, SignedAs, Terms, mandate, mandates,
};

fn blank(kind: MandateKind) -> MandateDocument {
    MandateDocument {
        firm: Firm { name: "Cabinet Œuvre".to_owned(), ..Firm::default() },
        client: Default::default(),
        signatory: Signatory::default(),
        number: None,
        reference: None,
        made_at: None,
        made_on: None,
        starts_on: None,
        ends_on: None,
        ..document(Terms::blank(kind))
    }
}

#[test]
fn every_kind_says_who_what_and_when() {
    for kind in MandateKind::ALL {
        let pdf = mandate(&document(Terms::blank(*kind))).unwrap();
        let pages = pages(&pdf);
        let all = pages.join(" ");
        for said in [
            paper::title(*kind).unwrap(),
            "Menuiserie Łukasz Şahin",
            "732 829 320",
            "732 829 320 00074",
            "3 rue de l’Ébénisterie, 38200 Vienne",
            "FR44732829320",
            "agissant en qualité de gérant",
            "Fait à Vienne, le 26 novembre 2026",
            "31 décembre 2027",
            "(UE) 2016/679",
            "article 28",
            "N° M-2026-0417",
            "réf. 9f86d081884c7d65",
        ] {
            assert!(all.contains(said), "{kind} does not say {said:?}: {all}");
        }
        assert!(!all.contains("9f86d081884c7d659"), "{kind}: only 16 digits of the reference");
        let (version, date) = paper::version(*kind).unwrap();
        for (index, page) in pages.iter().enumerate() {
            let count = format!("page {} / {}", index + 1, pages.len());
            assert!(page.contains(&count), "{kind}: {count} is missing");
            assert!(page.contains(&format!("texte {version} du {}", date.format("%d/%m/%Y"))), "{kind}");
        }
        assert!(pages.len() <= 3, "{kind} has {} pages", pages.len());
        let last = pages.last().unwrap();
        assert!(last.contains("Nom : Łukasz Şahin") && last.contains("Article"), "{kind}: a signature stands alone");
    }
}

#[test]
fn missing_facts_are_dotted_lines() {
    for kind in MandateKind::ALL {
        let all = text(&mandate(&blank(*kind)).unwrap());
        for open in ["Dénomination ou nom ......", "SIREN ......", "Adresse ......", "Fait à ......", "Nom : ......"]
        {
            assert!(all.contains(open), "{kind} leaves no room: {open}");
        }
        assert!(!all.contains("None") && !all.contains('{') && !all.contains("réf."), "{kind}");
        assert!(!all.contains('☑'), "{kind} ticks what nobody has said");
    }
}

#[test]
fn powers_are_ticked_as_given() {
    let terms = Terms::Delegation { powers: Some(vec![Power::ChoosePlatform, Power::EReporting]) };
    let all = text(&mandate(&document(terms)).unwrap());
    assert!(all.contains("☑ choisir une plateforme agréée"), "{all}");
    assert!(all.contains("☑ transmettre les données de transaction"));
    assert!(all.contains("☐ changer de plateforme"));
    assert_eq!(all.matches('☑').count(), 2);
    assert_eq!(all.matches('☐').count(), 8 - 2);
    assert!(all.contains("à tout moment"));
}

#[test]
fn a_designation_says_what_the_model_asks_for() {
    let designation = Designation {
        platform: Platform { name: Some("Plateforme Exemple".into()), siren_or_matricule: Some("0042".into()) },
        number: Some("732829320_0042_20261201_01".into()),
        effective_on: Some(day("2027-01-01")),
        perimeter: Some(Perimeter::Addresses(vec!["732829320_ATELIER".into(), "732829320_73282932000074".into()])),
        former_platform: Some("Ancienne Plateforme".into()),
        channel: Some(Channel::Manual),
        signed_as: Some(SignedAs::Delegate(Some(day("2026-10-05")))),
    };
    let all = text(&mandate(&document(Terms::Designation(Box::new(designation.clone())))).unwrap());
    for said in [
        "Plateforme agréée Plateforme Exemple",
        "SIREN ou matricule 0042",
        "732829320_0042_20261201_01",
        "Date d’effet 1er janvier 2027",
        "Plateforme précédente Ancienne Plateforme",
        "732829320_ATELIER, 732829320_73282932000074",
        "☑ un délégataire, en vertu du mandat du 5 octobre 2026",
        "☐ le représentant légal",
        "☑ accord signé à la main",
        "☐ toutes les adresses",
        "article 289 bis, III",
    ] {
        assert!(all.contains(said), "{said:?} is missing: {all}");
    }
    let everything = Designation { perimeter: Some(Perimeter::All), ..designation };
    let all = text(&mandate(&document(Terms::Designation(Box::new(everything)))).unwrap());
    assert!(all.contains("☑ toutes les adresses de l’entreprise (SIREN_*)"), "{all}");
}

#[test]
fn a_third_party_and_a_buyer_invoice_under_their_own_series() {
    let invoicing = Invoicing {
        biller: Biller {
            name: Some("Grande Distribution SA".into()),
            signatory: Signatory { name: Some("Paul Néel".into()), quality: Some("directeur".into()) },
            ..Biller::default()
        },
        operations: Some("Livraisons de 2027".into()),
        series: Some("AF-00001".into()),
        electronic_address: Some("732829320_AUTOFACTURATION".into()),
        contest_days: Some(15),
        ..Invoicing::default()
    };
    for (terms, who) in [
        (Terms::Invoicing(Box::new(invoicing.clone())), "Pour le mandataire"),
        (Terms::SelfBilling(Box::new(invoicing.clone())), "Pour l’acheteur"),
    ] {
        let all = text(&mandate(&document(terms)).unwrap());
        for said in [
            who,
            "Grande Distribution SA",
            "Nom : Paul Néel",
            "continue : AF-00001",
            "732829320_AUTOFACTURATION",
            "15 jours",
            "242 nonies",
        ] {
            assert!(all.contains(said), "{said:?} is missing: {all}");
        }
    }
}

#[test]
fn reporting_says_which_flows() {
    let reporting =
        Reporting { flows: Some(vec![ReportedFlow::Consumers]), remit_days: Some(4), ..Reporting::default() };
    let all = text(&mandate(&document(Terms::Reporting(Box::new(reporting)))).unwrap());
    assert!(all.contains("☑ les opérations avec les particuliers"), "{all}");
    assert!(all.contains("au plus tard 4 jours avant l’échéance"), "{all}");
    assert_eq!(all.matches('☑').count(), 1);
}

#[test]
fn equal_documents_give_equal_bytes() {
    for kind in MandateKind::ALL {
        let document = document(Terms::blank(*kind));
        assert!(mandate(&document).unwrap() == mandate(&document.clone()).unwrap(), "{kind}");
    }
    let one = document(Terms::blank(MandateKind::Delegation));
    let other = MandateDocument { number: Some("M-2026-0418".into()), ..one.clone() };
    assert!(mandate(&one).unwrap() != mandate(&other).unwrap());
}

#[test]
fn several_kinds_in_one_file_count_their_own_pages() {
    let documents: Vec<_> = MandateKind::ALL.iter().map(|kind| document(Terms::blank(*kind))).collect();
    let alone: Vec<usize> = documents.iter().map(|document| pages(&mandate(document).unwrap()).len()).collect();
    let together = pages(&mandates(&documents).unwrap());
    assert_eq!(together.len(), alone.iter().sum::<usize>());
    let mut at = 0;
    for (document, count) in documents.iter().zip(alone) {
        assert!(together[at].contains(paper::title(document.kind()).unwrap()));
        assert!(together[at].contains(&format!("page 1 / {count}")));
        at += count;
    }
    assert_eq!(mandates(&[]), Err(PaperError::Nothing));
}

#[test]
fn long_and_foreign_values_are_printed_whole() {
    let mut long = document(Terms::blank(MandateKind::Delegation));
    let name = "Société d’exploitation des établissements réunis de menuiserie, charpente, couverture et agencement "
        .repeat(6);
    long.client.name = Some(name.clone());
    long.client.city = Some("X".repeat(400));
    long.signatory.name = Some("Nguyễn Thị Ánh-Ngọc 李小龍".to_owned());
    let pdf = mandate(&long).unwrap();
    let all = text(&pdf);
    assert!(all.contains(name.trim()), "{all}");
    assert_eq!(all.matches('X').count(), 400);
    // What the face does not have is seen as boxes, one for each character.
    assert!(all.contains("Ánh-Ng"), "{all}");
    assert!(all.contains("☐☐☐"), "{all}");
    let huge = MandateDocument {
        client: paper::Client { address: Some("rue longue ".repeat(4000)), ..client() },
        ..document(Terms::blank(MandateKind::EReportingPower))
    };
    assert!(pages(&mandate(&huge).unwrap()).len() > 5);
    let nothing = paper::Client { name: Some(" \u{0}\u{200b}\n ".to_owned()), ..client() };
    assert!(mandate(&MandateDocument { client: nothing, ..document(Terms::blank(MandateKind::Delegation)) }).is_ok());
}

#[test]
fn the_file_is_tagged_archivable_and_in_french() {
    let pdf = mandate(&document(Terms::blank(MandateKind::Delegation))).unwrap();
    let read = lopdf::Document::load_mem(&pdf).unwrap();
    let catalog = read.catalog().unwrap();
    assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), b"fr-FR");
    assert!(catalog.has(b"StructTreeRoot") && catalog.has(b"OutputIntents") && catalog.has(b"Metadata"));
    let metadata = String::from_utf8_lossy(&pdf).into_owned();
    for said in ["<pdfaid:part>2<", "<pdfaid:conformance>B<"] {
        assert!(metadata.contains(said), "{said}");
    }
    // Every font is embedded, as a subset.
    let fonts: Vec<_> = read.objects.values().filter_map(|object| object.as_dict().ok()).collect();
    let described: Vec<_> = fonts.iter().filter(|dict| dict.has_type(b"FontDescriptor")).collect();
    assert_eq!(described.len(), 2);
    assert!(described.iter().all(|dict| dict.has(b"FontFile2")));
    assert!(pdf.len() < 80_000, "{}", pdf.len());
}

/// The room for a hand lies on the page of the signatures, within its frame, and grows with nothing above it.
#[test]
fn a_provider_is_told_where_the_client_signs() {
    for kind in MandateKind::ALL {
        let document = document(Terms::blank(*kind));
        let place = paper::signing_place(&document).unwrap();
        let pages = pages(&mandate(&document).unwrap());
        assert_eq!(place.page as usize, pages.len(), "{kind}: the signatures end the document");
        assert!(pages[place.page as usize - 1].contains("Nom :"), "{kind}");
        // On the sheet of A4, with room for 85 by 37 points.
        assert!((40..=400).contains(&place.x) && (60..=770).contains(&place.y), "{kind}: {place:?}");
    }
}
