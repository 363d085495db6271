//! Values to print and files to refuse, made in code.
#![allow(dead_code, reason = "each test file takes what it needs")]

use std::io::Write;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{Siren, Siret};
use paper::{Client, Firm, MandateDocument, Signatory, Terms};

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn firm() -> Firm {
    Firm {
        name: "Cabinet Œuvre & Associés".to_owned(),
        siren: Some(Siren::parse("552100554").unwrap()),
        address: Some("14 quai Perrache".to_owned()),
        postal_code: Some("69002".to_owned()),
        city: Some("Lyon".to_owned()),
        order_registration: Some("Ordre de Lyon n° 1234".to_owned()),
        signatory: Signatory { name: Some("Claire Œuvre".to_owned()), quality: Some("associée".to_owned()) },
    }
}

pub fn client() -> Client {
    Client {
        name: Some("Menuiserie Łukasz Şahin".to_owned()),
        legal_form: Some("SARL".to_owned()),
        siren: Some(Siren::parse("732829320").unwrap()),
        siret: Some(Siret::parse("73282932000074").unwrap()),
        address: Some("3 rue de l’Ébénisterie".to_owned()),
        postal_code: Some("38200".to_owned()),
        city: Some("Vienne".to_owned()),
        vat_number: Some("FR44732829320".to_owned()),
    }
}

pub fn document(terms: Terms) -> MandateDocument {
    MandateDocument {
        terms,
        firm: firm(),
        client: client(),
        signatory: Signatory { name: Some("Łukasz Şahin".to_owned()), quality: Some("gérant".to_owned()) },
        number: Some("M-2026-0417".to_owned()),
        reference: Some("9f86d081884c7d659a2feaa0c55ad015".to_owned()),
        made_at: Some("Vienne".to_owned()),
        made_on: Some(day("2026-11-26")),
        starts_on: Some(day("2026-12-01")),
        ends_on: Some(day("2027-12-31")),
        printed_at: moment("2026-11-26T09:30:00Z"),
    }
}

/// The text of each page as another library reads it, on one line, its spaces made equal.
pub fn pages(pdf: &[u8]) -> Vec<String> {
    let document = lopdf::Document::load_mem(pdf).unwrap();
    let numbers: Vec<u32> = document.get_pages().keys().copied().collect();
    numbers.iter().map(|number| squeezed(&document.extract_text(&[*number]).unwrap())).collect()
}

pub fn text(pdf: &[u8]) -> String {
    pages(pdf).join(" ")
}

pub fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A PDF of these objects (numbered from 1, the first one the catalog), with its table.
pub fn pdf(objects: &[&[u8]]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(out.len());
        writeln!(out, "{} 0 obj", index + 1).unwrap();
        out.extend_from_slice(object);
        out.extend_from_slice(b"\nendobj\n");
    }
    let at = out.len();
    write!(out, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).unwrap();
    for place in places {
        writeln!(out, "{place:010} 00000 n ").unwrap();
    }
    write!(out, "trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n", objects.len() + 1).unwrap();
    out
}

/// A sound PDF of one page, with more in its catalog and more objects.
pub fn one_page(catalog: &str, more: &[&[u8]]) -> Vec<u8> {
    let catalog = format!("<</Type/Catalog/Pages 2 0 R {catalog}>>");
    let mut objects: Vec<&[u8]> = vec![
        catalog.as_bytes(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>",
    ];
    objects.extend_from_slice(more);
    pdf(&objects)
}

pub fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// A file whose objects all stand in one object stream, its table a stream too, as most programs write today.
/// Objects are numbered from 1, the first one the catalog.
pub fn packed_pdf(objects: &[&str], filter: &str, pack: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let (mut table, mut body) = (String::new(), String::new());
    for (index, object) in objects.iter().enumerate() {
        table.push_str(&format!("{} {} ", index + 1, body.len()));
        body.push_str(object);
        body.push('\n');
    }
    let first = table.len();
    let data = pack(format!("{table}{body}").as_bytes());
    let (stream, xref) = (objects.len() + 1, objects.len() + 2);
    let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let stream_at = out.len();
    write!(
        out,
        "{stream} 0 obj\n<</Type/ObjStm/N {}/First {first}/Length {}{filter}>>stream\n",
        objects.len(),
        data.len()
    )
    .unwrap();
    out.extend_from_slice(&data);
    out.extend_from_slice(b"\nendstream\nendobj\n");
    let at = out.len();
    let mut entries = vec![0, 0, 0, 0, 255];
    for index in 0..objects.len() {
        entries.extend_from_slice(&[2, 0, 0, stream as u8, index as u8]);
    }
    for place in [stream_at, at] {
        entries.push(1);
        entries.extend_from_slice(&(place as u32).to_be_bytes()[1..]);
        entries.push(0);
    }
    let entries = deflated(&entries);
    write!(
        out,
        "{xref} 0 obj\n<</Type/XRef/Size {}/W[1 3 1]/Root 1 0 R/Filter/FlateDecode/Length {}>>stream\n",
        xref + 1,
        entries.len()
    )
    .unwrap();
    out.extend_from_slice(&entries);
    write!(out, "\nendstream\nendobj\nstartxref\n{at}\n%%EOF\n").unwrap();
    out
}

pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend_from_slice(&width.to_be_bytes());
    header.extend_from_slice(&height.to_be_bytes());
    header.extend_from_slice(&[8, 0, 0, 0, 0]);
    for (kind, body) in [(b"IHDR", header), (b"IDAT", deflated(&[0; 20])), (b"IEND", Vec::new())] {
        out.extend_from_slice(&(body.len() as u32).to_be_bytes());
        out.extend_from_slice(kind);
        out.extend_from_slice(&body);
        let mut sum = crc32fast::Hasher::new();
        sum.update(kind);
        sum.update(&body);
        out.extend_from_slice(&sum.finalize().to_be_bytes());
    }
    out
}

pub fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut out = vec![0xff, 0xd8, 0xff, 0xe0, 0, 16];
    out.extend_from_slice(b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    out.extend_from_slice(&[0xff, 0xc0, 0, 11, 8]);
    out.extend_from_slice(&height.to_be_bytes());
    out.extend_from_slice(&width.to_be_bytes());
    out.extend_from_slice(&[1, 1, 0x11, 0]);
    out.extend_from_slice(&[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]);
    out.extend_from_slice(&[0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56]);
    out.extend_from_slice(&[0xff, 0xd9]);
    out
}

fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = (body.len() as u32 + 8).to_be_bytes().to_vec();
    out.extend_from_slice(kind);
    out.extend_from_slice(body);
    out
}

pub fn heic(width: u32, height: u32) -> Vec<u8> {
    let mut ispe = vec![0; 4];
    ispe.extend_from_slice(&width.to_be_bytes());
    ispe.extend_from_slice(&height.to_be_bytes());
    let properties = boxed(b"iprp", &boxed(b"ipco", &boxed(b"ispe", &ispe)));
    let mut meta = vec![0; 4];
    meta.extend_from_slice(&properties);
    [boxed(b"ftyp", b"heic\0\0\0\0mif1heic"), boxed(b"meta", &meta), boxed(b"mdat", &[7; 64])].concat()
}
