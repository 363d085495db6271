//! The certificate leaves the document alone and tells when somebody did not.

mod common;

use common::*;
use domain::MandateKind;
use paper::{Certificate, Event, Limits, PaperError, Signatory, SignedAs, Terms, certify, check, mandate, signed_part};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn certificate() -> Certificate {
    let event = |at: &str, what: &str| Event { at: moment(at), what: what.to_owned() };
    Certificate {
        firm: "Cabinet Œuvre".to_owned(),
        document_title: "Mandat de délégation".to_owned(),
        document_number: Some("M-2026-0417".to_owned()),
        dossier: "Menuiserie Łukasz Şahin".to_owned(),
        dossier_siren: Some(domain::Siren::parse("732829320").unwrap()),
        signatory: Signatory { name: Some("Łukasz Şahin".to_owned()), quality: Some("gérant".to_owned()) },
        signed_as: None,
        consent: "J’ai lu ce mandat et je le signe.".to_owned(),
        signed_at: moment("2026-07-26T10:42:07Z"),
        email: "lukasz.sahin@exemple.fr".to_owned(),
        code_verified_at: Some(moment("2026-07-26T10:41:12Z")),
        network_address: "2001:db8::7334".to_owned(),
        user_agent: "Mozilla/5.0 (iPhone)".to_owned(),
        link_id: "0193a5c2-7f10-7c44-9d1e-2b7c5a90e1f4".to_owned(),
        events: vec![event("2026-07-26T10:38:20Z", "Lien ouvert"), event("2026-07-26T10:42:07Z", "Document signé")],
    }
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_original_is_the_beginning_of_the_result() {
    for kind in MandateKind::ALL {
        let original = mandate(&document(Terms::blank(*kind))).unwrap();
        let certified = certify(&original, &certificate()).unwrap();
        assert!(certified.starts_with(&original), "{kind}");
        let part = signed_part(&certified).unwrap();
        assert_eq!((part.length, part.sha256), (original.len(), hash(&original)));
        let (before, after) = (pages(&original), pages(&certified));
        assert_eq!(after[..before.len()], before[..], "{kind}: the document's own pages");
        assert_eq!(after.len(), before.len() + 1);
    }
}

#[test]
fn the_page_tells_who_when_and_how() {
    let original = mandate(&document(Terms::blank(MandateKind::Delegation))).unwrap();
    let certified = certify(&original, &certificate()).unwrap();
    let page = pages(&certified).pop().unwrap();
    for said in [
        "Certificat de signature électronique",
        &hash(&original),
        "Nom Łukasz Şahin",
        "Menuiserie Łukasz Şahin – SIREN 732 829 320",
        "« J’ai lu ce mandat et je le signe. »",
        // Summer time in Paris.
        "26/07/2026 12:42:07 à Paris (UTC+2) – 26/07/2026 10:42:07 UTC",
        "26/07/2026 12:41:12 à Paris",
        "l•••••n@exemple.fr",
        "2001:db8::7334",
        "Mozilla/5.0 (iPhone)",
        "0193a5c2-7f10-7c44-9d1e-2b7c5a90e1f4",
        "26/07/2026 12:38:20 Lien ouvert",
        "M-2026-0417",
    ] {
        assert!(page.contains(said), "{said:?} is missing: {page}");
    }
    assert!(!page.contains("lukasz.sahin"), "the address is printed whole");
    assert!(certified == certify(&original, &certificate()).unwrap());
}

/// A sheet of a designation is sent before anybody knows how it will be signed: the page behind it tells.
#[test]
fn what_the_official_model_has_ticked_is_ticked_on_the_certificate() {
    let original = mandate(&document(Terms::blank(MandateKind::Designation))).unwrap();
    let page = |signed_as| {
        let certified = certify(&original, &Certificate { signed_as, ..certificate() }).unwrap();
        pages(&certified).pop().unwrap()
    };
    let legal = page(Some(SignedAs::LegalRepresentative));
    for said in ["☑ L’accord est signé par voie électronique.", "☑ L’accord est signé par le représentant légal"]
    {
        assert!(legal.contains(said), "{said:?} is missing: {legal}");
    }
    assert!(page(Some(SignedAs::Delegate(None))).contains("☑ L’accord est signé par un délégataire de l’entreprise"));
    let day = "2026-10-05".parse().unwrap();
    assert!(page(Some(SignedAs::Delegate(Some(day)))).contains("en vertu du mandat du 5 octobre 2026"));
    assert!(!page(None).contains("☑"));
}

#[test]
fn a_certified_document_may_be_kept_and_certified_again() {
    let original = mandate(&document(Terms::blank(MandateKind::Delegation))).unwrap();
    let once = certify(&original, &certificate()).unwrap();
    let twice = certify(&once, &Certificate { events: Vec::new(), ..certificate() }).unwrap();
    assert!(twice.starts_with(&once));
    assert_eq!(signed_part(&twice).unwrap().length, once.len());
    assert_eq!(signed_part(&twice[..once.len()]).unwrap().length, original.len());
    let pages = check(&twice, "signe.pdf", &Limits::default()).unwrap().pages.unwrap();
    assert_eq!(pages as usize, common::pages(&original).len() + 2);
}

#[test]
fn uploads_of_any_form_can_be_certified() {
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids 4 0 R/Count 1/MediaBox[0 0 595 842]/Rotate 90>>",
        "<</Type/Page/Parent 2 0 R/Resources<<>>>>",
        "[3 0 R]",
    ];
    let plain: Vec<&[u8]> = objects.iter().map(|object| object.as_bytes()).collect();
    for original in [pdf(&plain), packed_pdf(&objects, "/Filter/FlateDecode", deflated)] {
        let certified = certify(&original, &certificate()).unwrap();
        assert!(certified.starts_with(&original));
        assert_eq!(signed_part(&certified).unwrap().length, original.len());
        let read = lopdf::Document::load_mem(&certified).unwrap();
        assert_eq!(read.get_pages().len(), 2);
        assert!(read.extract_text(&[2]).unwrap().contains("Certificat de signature"));
        assert_eq!(check(&certified, "a.pdf", &Limits::default()).unwrap().pages, Some(2));
    }
}

#[test]
fn what_is_no_pdf_is_not_certified() {
    let whole = mandate(&document(Terms::blank(MandateKind::Delegation))).unwrap();
    let encrypted = String::from_utf8_lossy(&one_page("", &[])).replace("/Root", "/Encrypt 3 0 R/Root").into_bytes();
    for original in [&b"bonjour"[..], b"%PDF-1.7\nstartxref\n99999\n%%EOF", &whole[..whole.len() / 2], &encrypted] {
        assert!(matches!(certify(original, &certificate()), Err(PaperError::NotCertifiable(_))));
    }
    assert_eq!(signed_part(&whole), None);
    assert_eq!(signed_part(b""), None);
}

#[test]
fn many_events_and_long_values_make_more_pages() {
    let original = mandate(&document(Terms::blank(MandateKind::Delegation))).unwrap();
    let event = certificate().events[0].clone();
    let long = Certificate { events: vec![event; 120], consent: "Je consens. ".repeat(400), ..certificate() };
    let certified = certify(&original, &long).unwrap();
    let pages = pages(&certified);
    assert_eq!(pages.iter().map(|page| page.matches("Lien ouvert").count()).sum::<usize>(), 120);
    assert!(pages.last().unwrap().contains("certificat, page "));
    assert_eq!(signed_part(&certified).unwrap().length, original.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// One changed byte, wherever it is, and the certificate holds no more.
    #[test]
    fn any_change_is_seen(at in any::<prop::sample::Index>(), change in 1..=255u8) {
        thread_local!(static CERTIFIED: Vec<u8> = {
            let original = mandate(&document(Terms::blank(MandateKind::EReportingPower))).unwrap();
            certify(&original, &certificate()).unwrap()
        });
        let mut bytes = CERTIFIED.with(Clone::clone);
        prop_assert!(signed_part(&bytes).is_some());
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        prop_assert_eq!(signed_part(&bytes), None);
        bytes[at] ^= change;
        bytes.push(b'x');
        prop_assert_eq!(signed_part(&bytes), None);
    }
}
