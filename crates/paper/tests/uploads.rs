//! What may be kept of what clients and collaborators send, and how the rest is refused.

mod common;

use common::*;
use domain::MandateKind;
use domain::text::Lang;
use paper::{Limits, RefusedCode, Terms, UploadKind, check};
use proptest::prelude::*;

fn refused(bytes: &[u8], name: &str) -> RefusedCode {
    let refused = check(bytes, name, &Limits::default()).expect_err(name);
    for lang in [Lang::Fr, Lang::En] {
        let sentence = refused.sentence(lang);
        assert!(sentence.len() > 40 && !sentence.contains("{"), "{sentence}");
    }
    refused.code
}

fn kept(bytes: &[u8], name: &str) -> paper::Checked {
    check(bytes, name, &Limits::default()).unwrap_or_else(|refused| panic!("{name}: {refused}"))
}

fn minimal_pages() -> [&'static str; 3] {
    [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>",
    ]
}

#[test]
fn sound_files_of_the_four_kinds_are_kept() {
    let pdf = kept(&one_page("", &[]), "Mandat signé.PDF");
    assert_eq!((pdf.kind, pdf.media_type, pdf.pages), (UploadKind::Pdf, "application/pdf", Some(1)));
    let png = kept(&png(640, 480), "page.png");
    assert_eq!((png.kind, png.width, png.height, png.pages), (UploadKind::Png, Some(640), Some(480), None));
    let jpeg = kept(&jpeg(3024, 4032), "IMG_0001.JPG");
    assert_eq!((jpeg.kind, jpeg.width, jpeg.height), (UploadKind::Jpeg, Some(3024), Some(4032)));
    let heic = kept(&heic(4032, 3024), "IMG_0002.HEIC");
    assert_eq!((heic.kind, heic.width, heic.height), (UploadKind::Heic, Some(4032), Some(3024)));
    // A name without an ending says nothing that could be wrong.
    kept(&one_page("", &[]), "scan");
}

#[test]
fn what_this_crate_prints_it_would_keep() {
    for kind in MandateKind::ALL {
        let printed = paper::mandate(&document(Terms::blank(*kind))).unwrap();
        assert!(kept(&printed, "mandat.pdf").pages >= Some(1));
    }
}

#[test]
fn packed_objects_are_read_and_kept_when_sound() {
    let packed = packed_pdf(&minimal_pages(), "/Filter/FlateDecode", deflated);
    assert_eq!(kept(&packed, "a.pdf").pages, Some(1));
    let unpacked = packed_pdf(&minimal_pages(), "", <[u8]>::to_vec);
    assert_eq!(kept(&unpacked, "a.pdf").pages, Some(1));
}

#[test]
fn links_forms_signatures_and_places_to_open_at_are_no_danger() {
    for catalog in [
        "/OpenAction[3 0 R/Fit]",
        "/OpenAction<</S/GoTo/D[3 0 R/Fit]>>",
        "/OpenAction 4 0 R",
        "/OpenAction 5 0 R",
        "/OpenAction null",
        "/AcroForm<</Fields[6 0 R]/SigFlags 3>>",
    ] {
        let more: [&[u8]; 3] = [
            b"[3 0 R/XYZ null null 0]",
            b"<</S/GoTo/D[3 0 R/Fit]>>",
            b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://exemple.fr)>>>>",
        ];
        kept(&one_page(catalog, &more), "a.pdf");
    }
    // The letter Ꜳ is named AA in fonts.
    kept(&one_page("", &[b"<</Type/Encoding/Differences[33/AA/B]/CharProcs<</AA/x>>>>"]), "a.pdf");
}

#[test]
fn what_acts_is_refused_wherever_it_stands() {
    let acting: &[(&str, RefusedCode)] = &[
        ("<</S/JavaScript/JS(app.alert(1))>>", RefusedCode::ActiveContent),
        ("<</JS(app.alert(1))>>", RefusedCode::ActiveContent),
        ("<</S/#4aava#53cript/#4aS(x)>>", RefusedCode::ActiveContent),
        ("<</S/JavaScript /JS 9 0 R>>", RefusedCode::ActiveContent),
        ("<</Names<</JavaScript<</Names[(a) 4 0 R]>>>>>>", RefusedCode::ActiveContent),
        ("<</S/Launch/F(cmd.exe)>>", RefusedCode::ActiveContent),
        ("<</A<</S /Launch/Win<</F(calc)>>>>>>", RefusedCode::ActiveContent),
        ("<</S/SubmitForm/F(https://exemple.fr)>>", RefusedCode::ActiveContent),
        ("<</S/ImportData/F(a)>>", RefusedCode::ActiveContent),
        ("<</S/GoToR/F(autre.pdf)>>", RefusedCode::ActiveContent),
        ("<</S/GoToE>>", RefusedCode::ActiveContent),
        ("<</AA<</O 4 0 R>>>>", RefusedCode::ActiveContent),
        ("<</AA 4 0 R>>", RefusedCode::ActiveContent),
        ("<</AcroForm<</XFA 4 0 R>>>>", RefusedCode::ActiveContent),
        ("<</Subtype/RichMedia>>", RefusedCode::ActiveContent),
        ("<</Type/Annot/Subtype/Movie>>", RefusedCode::ActiveContent),
        ("<</Names<</EmbeddedFiles<</Names[]>>>>>>", RefusedCode::EmbeddedFile),
        ("<</Type/Filespec/EF<</F 4 0 R>>>>", RefusedCode::EmbeddedFile),
        ("/JavaScript", RefusedCode::ActiveContent),
        ("[[[<</K[<</S/Launch>>]>>]]]", RefusedCode::ActiveContent),
    ];
    for (object, code) in acting {
        assert_eq!(refused(&one_page("", &[object.as_bytes()]), "a.pdf"), *code, "{object}");
        // Within an object stream no byte of it can be seen from outside.
        let mut objects = minimal_pages().to_vec();
        objects.push(object);
        let packed = packed_pdf(&objects, "/Filter/FlateDecode", deflated);
        assert_eq!(refused(&packed, "a.pdf"), *code, "packed: {object}");
        assert_eq!(refused(&packed_pdf(&objects, "/Filter[/FlateDecode]", deflated), "a.pdf"), *code, "{object}");
    }
}

#[test]
fn opening_that_acts_is_refused() {
    for catalog in [
        "/OpenAction<</S/URI/URI(https://exemple.fr)>>",
        "/OpenAction<</S/Named/N/Print>>",
        "/OpenAction 4 0 R",
        "/OpenAction 5 0 R",
        "/OpenAction<</S/GoTo/D[3 0 R]/Next<</S/URI/URI(x)>>>>",
        "/OpenAction 6 0 R",
    ] {
        let more: [&[u8]; 3] =
            [b"<</S/URI/URI(https://exemple.fr)>>", b"<</S/GoTo/D[3 0 R]/Next 4 0 R>>", b"<</S 7 0 R>>"];
        assert_eq!(refused(&one_page(catalog, &more), "a.pdf"), RefusedCode::ActiveContent, "{catalog}");
    }
}

#[test]
fn nothing_hides_in_texts_streams_comments_or_unused_objects() {
    let hidden: &[&[u8]] = &[
        b"(1 0 obj <</S/Launch/F(a)>> endobj)",
        b"<</Length 40>>stream\n9 0 obj <</S/Launch/F(a)>> endobj\nendstream",
        b"<</A %comment\n<</S %x\n/Launch>>>>",
        b"<</A<</S\n\n\0/Launch>>>>",
    ];
    for object in hidden {
        assert_eq!(refused(&one_page("", &[object]), "a.pdf"), RefusedCode::ActiveContent);
    }
    // An older state of the file, which no table names any more.
    let mut old = one_page("", &[]);
    let end = old.len();
    old.splice(15..15, b"9 0 obj<</S/GoToR/F(a)>>endobj\n".iter().copied());
    assert!(old.len() > end);
    assert_eq!(refused(&old, "a.pdf"), RefusedCode::ActiveContent);
    // An object stream whose table points into the middle of a text.
    let hiding = "(<</S/GoToR/F(x)>>)";
    let mut objects = minimal_pages().to_vec();
    objects.push(hiding);
    let packed = packed_pdf(&objects, "/Filter/FlateDecode", |data| {
        let text = std::str::from_utf8(data).unwrap();
        let at = text.rfind(hiding).unwrap() - text.find("<</Type").unwrap();
        deflated(text.replace(&format!("4 {at} "), &format!("4 {} ", at + 1)).as_bytes())
    });
    assert_eq!(refused(&packed, "a.pdf"), RefusedCode::ActiveContent);
}

#[test]
fn encrypted_files_are_refused() {
    let text = String::from_utf8_lossy(&one_page("", &[b"<</Filter/Standard/V 1/R 2/P -4/O(x)/U(x)>>"])).into_owned();
    let encrypted = text.replace("/Root 1 0 R", "/Root 1 0 R/Encrypt 4 0 R/ID[(a)(a)]");
    assert_eq!(refused(encrypted.as_bytes(), "a.pdf"), RefusedCode::Encrypted);
}

#[test]
fn broken_and_cut_files_are_refused() {
    let whole = paper::mandate(&document(Terms::blank(MandateKind::Delegation))).unwrap();
    for part in [1, 2, 3] {
        assert_eq!(refused(&whole[..whole.len() * part / 4], "a.pdf"), RefusedCode::Damaged);
    }
    assert_eq!(refused(b"%PDF-1.7\n%%EOF\n", "a.pdf"), RefusedCode::Damaged);
    let no_page = pdf(&[b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"]);
    assert_eq!(refused(&no_page, "a.pdf"), RefusedCode::Damaged);
    for (whole, name) in [(png(9, 9), "a.png"), (jpeg(9, 9), "a.jpg"), (heic(9, 9), "a.heic")] {
        for length in 13..whole.len() {
            assert_eq!(refused(&whole[..length], name), RefusedCode::Damaged, "{name} at {length}");
        }
    }
    let mut flipped = png(9, 9);
    flipped[20] ^= 1;
    assert_eq!(refused(&flipped, "a.png"), RefusedCode::Damaged);
    assert_eq!(refused(b"", "a.pdf"), RefusedCode::Empty);
}

#[test]
fn the_name_must_agree_and_the_refusal_says_what_it_really_is() {
    let cases: &[(&[u8], &str, &str)] = &[
        (b"<!DOCTYPE html><html><body>Bonjour</body></html>", "mandat.pdf", "une page HTML"),
        (b"\n\n  <HTML><script>alert(1)</script>", "mandat.pdf", "une page HTML"),
        (b"PK\x03\x04\x14\0\0\0\x08\0[Content_Types].xml", "mandat.pdf", "Word"),
        (b"PK\x03\x04\x14\0\0\0\x08\0photo.jpg", "mandat.pdf", "une archive ZIP"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "mandat.pdf", "ancien document Word"),
        (b"MZ\x90\0\x03\0\0\0", "mandat.pdf", "un programme"),
        (b"\x7fELF\x02\x01\x01\0", "mandat.pdf", "un programme"),
        (b"#!/bin/sh\nrm -rf /\n", "mandat.pdf", "un script"),
        (b"Bonjour, voici le mandat.", "mandat.pdf", "un fichier texte"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "mandat.png", "un dessin SVG"),
        (b"GIF89a\x01\0\x01\0", "mandat.png", "une image GIF"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", "mandat.heic", "une image AVIF"),
        (b"\0\0\0\x14ftypisom\0\0\0\0isom", "mandat.heic", "une vidéo"),
        (b"\r\nX\r\n%PDF-1.4 ...", "mandat.pdf", "précédé d’autres données"),
        (b"\x01\x02\x03\x04\x05", "mandat.pdf", "format inconnu"),
    ];
    for (bytes, name, says) in cases {
        assert_eq!(refused(bytes, name), RefusedCode::UnsupportedFormat, "{says}");
        let refused = check(bytes, name, &Limits::default()).unwrap_err();
        assert!(refused.what.fr.contains(says), "{}", refused.what.fr);
        assert!(refused.what.fr.contains(name.rsplit('.').next().unwrap()), "{}", refused.what.fr);
    }
    assert_eq!(refused(&png(9, 9), "mandat.pdf"), RefusedCode::WrongExtension);
    assert_eq!(refused(&one_page("", &[]), "mandat.pdf.exe"), RefusedCode::WrongExtension);
    let wrong = check(&jpeg(9, 9), "mandat.pdf", &Limits::default()).unwrap_err();
    assert_eq!(wrong.value.as_deref(), Some("pdf"));
    assert!(wrong.what.fr.contains("JPEG") && wrong.fix.fr.contains(".jpg"), "{wrong}");
}

#[test]
fn two_files_in_one_are_refused() {
    let sound = one_page("", &[]);
    let archive = [sound.as_slice(), b"PK\x03\x04aaaaPK\x05\x06\0\0\0\0"].concat();
    assert_eq!(refused(&archive, "a.pdf"), RefusedCode::TwoInOne);
    let long_tail = [sound.as_slice(), &[b'x'; 3000]].concat();
    assert_eq!(refused(&long_tail, "a.pdf"), RefusedCode::TwoInOne);
    let mut page = sound.clone();
    page.splice(9..9, b"<html><script>alert(1)</script>\n".iter().copied());
    assert_eq!(refused(&page, "a.pdf"), RefusedCode::TwoInOne);
    assert_eq!(refused(&[png(9, 9), b"PK\x05\x06".to_vec()].concat(), "a.png"), RefusedCode::TwoInOne);
    for tail in [&b"<html>"[..], b"PK\x03\x04", b"MZ", b"%PDF-1.4", b"aaaaPK\x05\x06"] {
        assert_eq!(refused(&[jpeg(9, 9), tail.to_vec()].concat(), "a.jpg"), RefusedCode::TwoInOne);
    }
    // A telephone's second picture.
    kept(&[jpeg(9, 9), jpeg(4, 4)].concat(), "a.jpg");
}

#[test]
fn sizes_are_limited() {
    let limits = Limits { max_bytes: 100, ..Limits::default() };
    let refused_file = check(&one_page("", &[]), "a.pdf", &limits).unwrap_err();
    assert_eq!(refused_file.code, RefusedCode::TooLarge);
    assert_eq!(refused(&png(60_000, 60_000), "a.png"), RefusedCode::TooManyPixels);
    assert_eq!(refused(&jpeg(60_000, 60_000), "a.jpg"), RefusedCode::TooManyPixels);
    assert_eq!(refused(&heic(60_000, 60_000), "a.heic"), RefusedCode::TooManyPixels);
}

#[test]
fn bombs_cost_little() {
    let start = std::time::Instant::now();
    // A hundred megabytes of one letter in an object stream, and in a table.
    let bomb =
        packed_pdf(&minimal_pages(), "/Filter/FlateDecode", |data| deflated(&[data, &vec![b' '; 100 << 20]].concat()));
    assert_eq!(refused(&bomb, "a.pdf"), RefusedCode::TooComplex);
    let packed = deflated(&vec![0; 100 << 20]);
    let mut table =
        format!("<</Type/XRef/W[1 2 1]/Size 9/Filter/FlateDecode/Length {}>>stream\n", packed.len()).into_bytes();
    table.extend_from_slice(&packed);
    table.extend_from_slice(b"\nendstream");
    assert_eq!(refused(&one_page("", &[&table]), "a.pdf"), RefusedCode::TooComplex);
    // Packed twice, or in a way that no program uses for objects.
    for filter in ["/Filter[/FlateDecode/FlateDecode]", "/Filter/LZWDecode", "/Filter 9 0 R", "/Filter[9 0 R]"] {
        let twice = packed_pdf(&minimal_pages(), filter, |data| deflated(&deflated(data)));
        assert_eq!(refused(&twice, "a.pdf"), RefusedCode::TooComplex, "{filter}");
    }
    // Nesting, in brackets of both kinds.
    let deep = [b"[".repeat(1_000_000), b"]".repeat(1_000_000)].concat();
    assert_eq!(refused(&one_page("", &[&deep]), "a.pdf"), RefusedCode::TooComplex);
    assert_eq!(refused(&one_page("", &[&b"<</A".repeat(1_000_000)]), "a.pdf"), RefusedCode::TooComplex);
    // Objects that begin within each other's texts: each reads to the end.
    let within = b"(1 0 obj ".repeat(400_000);
    assert_eq!(refused(&one_page("", &[&within]), "a.pdf"), RefusedCode::TooComplex);
    // More pages than a book of law.
    let pages = [b"<</Type/Pages/Count 9/Kids[".to_vec(), b"<<>>".repeat(1_000_000), b"]>>".to_vec()].concat();
    assert_eq!(refused(&pdf(&[b"<</Pages 2 0 R>>", &pages]), "a.pdf"), RefusedCode::TooComplex);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn one_large_object_of_many_pages_is_read_once() {
    let start = std::time::Instant::now();
    let mut objects: Vec<Vec<u8>> = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        [
            b"<</Type/Pages/Kids[".to_vec(),
            (4..4004).map(|n| format!("{n} 0 R ")).collect::<String>().into_bytes(),
            b"]>>".to_vec(),
        ]
        .concat(),
        [b"<<".to_vec(), b"/a 1".repeat(500_000), b">>".to_vec()].concat(),
    ];
    objects.extend((4..4004).map(|_| b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources 3 0 R>>".to_vec()));
    let objects: Vec<&[u8]> = objects.iter().map(Vec::as_slice).collect();
    let heavy = pdf(&objects);
    assert_eq!(kept(&heavy, "a.pdf").pages, Some(4000));
    // Who follows the references would read it four thousand times.
    let certificate = paper::Certificate {
        firm: String::new(),
        document_title: String::new(),
        document_number: None,
        dossier: String::new(),
        dossier_siren: None,
        signatory: paper::Signatory::default(),
        signed_as: None,
        consent: String::new(),
        signed_at: moment("2026-11-26T10:00:00Z"),
        email: String::new(),
        code_verified_at: None,
        network_address: String::new(),
        user_agent: String::new(),
        link_id: String::new(),
        events: Vec::new(),
    };
    assert!(paper::certify(&heavy, &certificate).is_err());
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
}

#[test]
fn pages_are_counted_along_the_tree() {
    let branches = pdf(&[
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R 4 0 R]/Count 3>>",
        b"<</Type/Pages/Parent 2 0 R/Kids 8 0 R/Count 2>>",
        b"<</Type/Page/Parent 2 0 R/Annots[<</Kids[1 0 R]>>]>>",
        b"<</Type/Page/Parent 3 0 R>>",
        b"<</Type/Page/Parent 3 0 R>>",
        b"<</Type/Page/Unused true>>",
        b"[5 0 R 6 0 R]",
    ]);
    assert_eq!(kept(&branches, "a.pdf").pages, Some(3));
    let text = String::from_utf8_lossy(&branches).into_owned();
    // An update that takes a page away.
    let updated = format!("{text}8 0 obj\n[5 0 R]\nendobj\ntrailer\n<</Size 9/Root 1 0 R>>\nstartxref\n9\n%%EOF\n");
    assert_eq!(kept(updated.as_bytes(), "a.pdf").pages, Some(2));
}

#[test]
fn references_in_circles_end() {
    let circles: &[&[&[u8]]] = &[
        &[
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[2 0 R 3 0 R]/Count 1>>",
            b"<</Type/Pages/Kids[2 0 R]>>",
        ],
        &[b"<</Type/Catalog/Pages 1 0 R/Kids[1 0 R]>>"],
        &[b"2 0 R", b"1 0 R"],
        &[b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids 2 0 R/Count 2 0 R>>"],
    ];
    for objects in circles {
        assert_eq!(refused(&pdf(objects), "a.pdf"), RefusedCode::Damaged);
    }
    let text = String::from_utf8_lossy(&one_page("", &[])).into_owned();
    let at = text.rfind("startxref\n").unwrap() + 10;
    let at = text[at..].lines().next().unwrap();
    // A table that names itself as the one before it.
    let circle = text.replace("/Root 1 0 R", &format!("/Root 1 0 R/Prev {at}"));
    let _ = check(circle.as_bytes(), "a.pdf", &Limits::default());
}

fn seeds() -> Vec<(Vec<u8>, &'static str)> {
    let mut objects = minimal_pages().to_vec();
    objects.push("<</A[(x)<41>/B 1.5 true null]>>");
    vec![
        (paper::mandate(&document(Terms::blank(MandateKind::EReportingPower))).unwrap(), "a.pdf"),
        (one_page("/OpenAction[3 0 R/Fit]", &[b"<</Length 3>>stream\nabc\nendstream"]), "a.pdf"),
        (packed_pdf(&objects, "/Filter/FlateDecode", deflated), "a.pdf"),
        (packed_pdf(&objects, "", <[u8]>::to_vec), "a.pdf"),
        (png(300, 200), "a.png"),
        (jpeg(300, 200), "a.jpg"),
        (heic(300, 200), "a.heic"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever becomes of a file on its way, the check answers.
    #[test]
    fn mutated_files_are_answered(
        seed in 0..7usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..24),
        cut in any::<prop::sample::Index>(),
        cuts in any::<bool>(),
        twice in any::<bool>(),
    ) {
        thread_local!(static SEEDS: Vec<(Vec<u8>, &'static str)> = seeds());
        let (mut bytes, name) = SEEDS.with(|seeds| seeds[seed].clone());
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if cuts {
            let at = cut.index(bytes.len());
            if twice {
                let copy = bytes[at..].to_vec();
                bytes.extend_from_slice(&copy);
            } else {
                bytes.truncate(at);
            }
        }
        let _ = check(&bytes, name, &Limits::default());
        let _ = paper::signed_part(&bytes);
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400), kind in 0..4usize) {
        let heads: [&[u8]; 4] = [b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"\0\0\0\x18ftypheic"];
        let bytes = [heads[kind], &bytes, b"startxref\n9\n%%EOF"].concat();
        let _ = check(&bytes, "file", &Limits::default());
    }

    /// Words of PDF in any order.
    #[test]
    fn any_syntax_is_answered(words in prop::collection::vec(prop::sample::select(vec![
        "1 0 obj", "endobj", "<<", ">>", "[", "]", "/Type", "/Pages", "/Kids", "/Catalog", "/Root 1 0 R", "1 0 R", "(a", ")",
        "stream\n", "endstream", "/Filter", "/FlateDecode", "/ObjStm", "/N", "/First", "/W", "/Size", "-1", "9e99", "99999999999",
        "trailer", "xref", "startxref", "/OpenAction", "/S", "%x\n", "/#", "<4", "%%EOF", "/Length", "0 1", "null",
    ]), 0..120)) {
        let text = format!("%PDF-1.7\n{}\n%%EOF\n", words.join(" "));
        let _ = check(text.as_bytes(), "a.pdf", &Limits::default());
    }
}

/// What a provider of signatures gives back bears a signature: a form field, bytes in hexadecimal, certificates in streams.
#[test]
fn a_document_that_a_provider_signed_may_be_kept() {
    let signed: [&[u8]; 2] = [include_bytes!("fixtures/signed.pdf"), include_bytes!("fixtures/signed-packed.pdf")];
    for signed in signed {
        let checked = check(signed, "signe.pdf", &Limits::default()).unwrap_or_else(|refused| panic!("{refused}"));
        assert_eq!((checked.kind, checked.media_type), (UploadKind::Pdf, "application/pdf"));
        assert!(checked.pages.is_some_and(|pages| pages >= 2), "{checked:?}");
        // A signature makes nothing harmless: what is added behind it is looked at as well.
        let added = b"\n900 0 obj\n<</S/JavaScript/JS(app.alert(1))>>\nendobj\nstartxref\n0\n%%EOF\n";
        let refused = check(&[signed, added].concat(), "signe.pdf", &Limits::default()).unwrap_err();
        assert_eq!(refused.code, RefusedCode::ActiveContent, "{refused}");
    }
}
