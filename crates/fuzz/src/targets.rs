//! What reads what arrives, and what it must never do.

use std::io::Write;
use std::ops::ControlFlow;
use std::sync::OnceLock;

use intake::columns::Remembered;
use intake::{Limits, Options, Source, archive, message, returned};

/// A reader. It answers whether it took the input, or how it broke its promise.
#[derive(Debug)]
pub struct Target {
    pub name: &'static str,
    pub about: &'static str,
    pub corpus: fn() -> Vec<Vec<u8>>,
    /// Pieces that are put anywhere.
    pub words: &'static [&'static [u8]],
    pub read: fn(&[u8]) -> Result<bool, String>,
}

pub const TARGETS: &[Target] = &[
    Target {
        name: "csv",
        about: "an export of a platform: encoding, separator, header, columns, rows",
        corpus: tables,
        words: &[
            b";",
            b",",
            b"\t",
            b"|",
            b"\"",
            b"\"\"",
            b"\r\n",
            b"\n\n",
            b"\xef\xbb\xbf",
            b"\xff\xfe",
            b"sep=;\n",
            b"SIREN",
            b"N\xb0 facture",
            b"Statut",
            b"status_at",
            b"7,32829E+13",
            b"31/02/2026 25:61",
            b"2026-10-18T14:32:00+99:99",
            b"1 234,56 \x80",
            b"=cmd|'/C calc'!A0",
            b"000000000",
            b"\x00",
        ],
        read: read_table,
    },
    Target { name: "cdar", about: "lifecycle messages", corpus: statuses, words: XML, read: read_message },
    Target { name: "invoice", about: "CII and UBL invoices", corpus: invoices, words: XML, read: read_message },
    Target {
        name: "pdf",
        about: "the XML that a Factur-X PDF carries",
        corpus: papers,
        words: &[
            b"obj",
            b"endobj",
            b"stream\r\n",
            b"endstream",
            b"<<",
            b">>",
            b"[",
            b"]",
            b"/EF",
            b"/F 1 0 R",
            b"/UF(factur-x.xml)",
            b"/Type/ObjStm/N 9999/First 1",
            b"/Filter/FlateDecode",
            b"/Length 999999999",
            b"/Encrypt 1 0 R",
            b"(factur-x.xml)",
            b"trailer",
            b"%%EOF",
            b"%PDF-1.7",
            b"(((((((((",
            b"<feff",
            b"1 0 obj<<",
            b"\\777",
        ],
        read: read_paper,
    },
    Target {
        name: "returned",
        about: "mail that comes back: notifications, complaints, replies",
        corpus: letters,
        words: &[
            b"Content-Type: message/rfc822\r\n\r\n",
            b"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n",
            b"Content-Transfer-Encoding: base64\r\n",
            b"Content-Transfer-Encoding: quoted-printable\r\n",
            b"--b1\r\n",
            b"--b1--\r\n",
            b"\r\n\r\n",
            b"Action: failed\r\n",
            b"Status: 5.9999999999.1\r\n",
            b"Final-Recipient: ;;;\r\n",
            b"Message-ID: <<<>>>\r\n",
            b"References: ",
            b"=?utf-8?q?=0d=0a?=",
            b"=?utf-8?b?////?=",
            b"Date: Fri, 99 Nov 99999 99:99:99 +9999\r\n",
            b"charset=utf-7",
            b"\x00",
            b"\xff\xfe",
        ],
        read: read_letter,
    },
    Target {
        name: "zip",
        about: "an archive of messages",
        corpus: archives,
        words: &[
            b"PK\x03\x04",
            b"PK\x01\x02",
            b"PK\x05\x06",
            b"PK\x06\x06",
            b"\xff\xff\xff\xff",
            b"../../",
            b"\x00\x00",
        ],
        read: read_archive,
    },
];

const XML: &[&[u8]] = &[
    b"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>",
    b"<!DOCTYPE r SYSTEM 'http://127.0.0.1:9/x.dtd'>",
    b"<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>",
    b"&x;",
    b"&#x41;",
    b"&#1114112;",
    b"&#0;",
    b"&amp;",
    b"&lt;!DOCTYPE",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"-->",
    b"<?xml ",
    b"encoding='utf-16'",
    b"encoding='utf-7'",
    b"<xi:include href='file:///etc/hostname' parse='text'/>",
    b"xmlns:a='a'",
    b"</",
    b"/>",
    b"<a>",
    b" a='1'",
    b"<ram:ID>",
    b"20261399250000",
    b"-99999999999999999.99",
    b"NaN",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
];

macro_rules! files {
    ($($name:literal),+ $(,)?) => { vec![$(include_bytes!(concat!("../", $name)).to_vec()),+] };
}

fn tables() -> Vec<Vec<u8>> {
    let mut tables = files!["../intake/tests/fixtures/flux-x.csv", "../intake/tests/fixtures/flux-y.csv"];
    // What is small is changed more deeply.
    tables.push(tables[0][..tables[0].len().min(400)].to_vec());
    tables.push(tables[1][..tables[1].len().min(400)].to_vec());
    tables.push(b"a;b;c\n\"x;1\";\"il dit \"\"oui\"\"\";\"deux\nlignes\"\n".to_vec());
    tables.push(
        "\u{feff}SIREN\tNuméro\tSens\n732829320\tF1\tVente\n".encode_utf16().flat_map(u16::to_le_bytes).collect(),
    );
    tables
}

fn statuses() -> Vec<Vec<u8>> {
    let mut all = files![
        "corpus/cdv_200_deposee.xml",
        "corpus/cdv_205_approuvee.xml",
        "corpus/cdv_210_refusee.xml",
        "corpus/cdv_212_encaissee.xml",
        "corpus/cdv_213_rejetee.xml",
        "corpus/cdv_501_irrecevable.xml",
    ];
    all.extend(hostile_xml("CrossDomainAcknowledgementAndResponse"));
    all
}

fn invoices() -> Vec<Vec<u8>> {
    let mut all =
        files!["corpus/facture_cii_001.xml", "corpus/facture_ubl_001.xml", "corpus/facture_ubl_002_avoir.xml"];
    all.extend(hostile_xml("Invoice"));
    all
}

/// Documents that were made to grow, to nest or to reach for another file.
fn hostile_xml(root: &str) -> Vec<Vec<u8>> {
    let canary = canary().path.path().display().to_string();
    let laughs: String = (1..20).map(|n| format!("<!ENTITY e{n} '&e{};&e{};'>", n - 1, n - 1)).collect();
    [
        format!("<!DOCTYPE {root} [<!ENTITY x SYSTEM 'file://{canary}'>]><{root}><ID>&x;</ID></{root}>"),
        format!("<!DOCTYPE {root} [<!ENTITY % x SYSTEM 'file://{canary}'> %x;]><{root}><ID>1</ID></{root}>"),
        format!("<{root} xmlns:xi='http://www.w3.org/2001/XInclude'><ID><xi:include href='file://{canary}' parse='text'/></ID></{root}>"),
        format!("<?xml-stylesheet href='file://{canary}'?><{root}><ID>&x;</ID></{root}>"),
        format!("<!DOCTYPE {root} [<!ENTITY e0 'lol'>{laughs}]><{root}><ID>&e19;</ID></{root}>"),
        format!("<{root}>{}{}</{root}>", "<a>".repeat(5_000), "</a>".repeat(5_000)),
        format!("<{root}>{}</{root}>", "<a/>".repeat(300_000)),
        format!("<{root}>{}</{root}>", "<a b='' c='' d='' e='' f='' g='' h='' i=''/>".repeat(90_000)),
        format!("<{root}><ID>{}</ID></{root}>", "&amp;".repeat(400_000)),
        format!("<{root} {}/>", (0..60_000).map(|n| format!("a{n}='' ")).collect::<String>()),
    ]
    .map(String::into_bytes)
    .to_vec()
}

fn papers() -> Vec<Vec<u8>> {
    let mut all = files!["corpus/facture_facturx_001.pdf"];
    let xml = include_bytes!("../corpus/facture_cii_001.xml");
    let mut small = b"%PDF-1.7\n1 0 obj<</Type/Filespec/F(factur-x.xml)/UF(factur-x.xml)/EF<</F 2 0 R/UF 2 0 R>>>>endobj\n2 0 obj<</Type/EmbeddedFile/Length 1>>stream\n".to_vec();
    small.extend_from_slice(&xml[..xml.len().min(1_500)]);
    small.extend_from_slice(b"\nendstream endobj\ntrailer<</Root 3 0 R>>\n%%EOF\n");
    all.push(small.clone());
    // The dictionaries of a file may stand in a stream of objects.
    let packed = b"1 0 4 40 <</F(factur-x.xml)/EF 4 0 R>>           <</F 2 0 R>>".to_vec();
    let mut streamed =
        format!("%PDF-1.7\n5 0 obj<</Type/ObjStm/N 2/First 9/Length {}>>stream\n", packed.len()).into_bytes();
    streamed.extend_from_slice(&packed);
    streamed.extend_from_slice(b"\nendstream endobj\n2 0 obj<<>>stream\n<a/>\nendstream endobj\n%%EOF\n");
    all.push(streamed);
    all.push(format!("%PDF-1.7\n{}", "1 0 obj<</A[".repeat(50_000)).into_bytes());
    all.push(format!("%PDF-1.7\n1 0 obj({}", "obj(".repeat(100_000)).into_bytes());
    all
}

fn archives() -> Vec<Vec<u8>> {
    let zip = |files: &[(&str, &[u8])]| {
        let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        for (name, content) in files {
            let written = out.start_file(*name, options).map(|()| out.write_all(content));
            assert!(matches!(written, Ok(Ok(()))), "the archive of the corpus is written");
        }
        out.finish().map(std::io::Cursor::into_inner).unwrap_or_default()
    };
    let message = include_bytes!("../corpus/cdv_213_rejetee.xml");
    let inner = zip(&[("b.xml", message)]);
    vec![
        zip(&[("a.xml", message), ("b/c.xml", message), ("d.txt", b"x")]),
        zip(&[("bombe.xml", &vec![b' '; 30 << 20]), ("a.xml", message)]),
        zip(&[("dedans.zip", &inner), ("a.xml", message)]),
        inner,
    ]
}

/// A file that nobody may read, and what would give it away.
struct Canary {
    path: tempfile::NamedTempFile,
}

const SECRET: &str = "canari-4f1d9c7e";

fn canary() -> &'static Canary {
    static T: OnceLock<Canary> = OnceLock::new();
    T.get_or_init(|| {
        let mut path = tempfile::NamedTempFile::new().expect("a temporary file");
        path.write_all(SECRET.as_bytes()).expect("the file is written");
        Canary { path }
    })
}

fn read_message(bytes: &[u8]) -> Result<bool, String> {
    let Ok(message) = message::read(bytes) else { return Ok(false) };
    let said = format!("{message:?}");
    if said.contains(SECRET) {
        return Err("an external reference was followed".to_owned());
    }
    // Nothing can say more than stands in the file: text is quoted, so a margin is left.
    if said.len() > bytes.len().saturating_mul(40) + 100_000 {
        return Err(format!("{} bytes became {}", bytes.len(), said.len()));
    }
    Ok(true)
}

fn read_letter(bytes: &[u8]) -> Result<bool, String> {
    let Ok(letter) = returned::read(bytes) else { return Ok(false) };
    // Of somebody's words a few are kept, of ids a few dozen, whatever stands in the mail.
    if let returned::Returned::Reply { words, .. } = &letter.what
        && words.chars().count() > returned::MOST_WORDS
    {
        return Err(format!("{} characters of a reply are kept", words.chars().count()));
    }
    let said = format!("{:?}", letter.what);
    if said.len() > bytes.len().saturating_mul(40) + 100_000 {
        return Err(format!("{} bytes became {}", bytes.len(), said.len()));
    }
    Ok(true)
}

/// A notification, a complaint and a reply, as servers and people write them.
fn letters() -> Vec<Vec<u8>> {
    let report = |kind: &str, part: &str| {
        format!(
            "From: MAILER-DAEMON@relais.example\r\nSubject: Undelivered\r\nMessage-ID: <n1@relais.example>\r\n\
             Date: Fri, 20 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type={kind}; boundary=b1\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\n\
             Sorry.\r\n--b1\r\nContent-Type: message/{kind}\r\n\r\n{part}\r\n--b1\r\nContent-Type: message/rfc822\r\n\r\n\
             Message-ID: <7f@cabinet.example>\r\nSubject: Mandat\r\n\r\nBonjour\r\n\r\n--b1--\r\n"
        )
        .into_bytes()
    };
    let reply = "From: a@exemple.fr\r\nSubject: =?utf-8?q?R=C3=A9ponse?=\r\nIn-Reply-To: <7f@cabinet.example>\r\n\
                 References: <7f@cabinet.example> <8@exemple.fr>\r\nContent-Type: text/html; charset=iso-8859-1\r\n\
                 Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>D=E9j=E0 fait</p>\r\n";
    vec![
        report(
            "delivery-status",
            "Reporting-MTA: dns; r.example\r\n\r\nFinal-Recipient: rfc822; a@exemple.fr\r\nAction: failed\r\nStatus: 5.1.1\r\n",
        ),
        report("feedback-report", "Feedback-Type: abuse\r\nVersion: 1\r\nOriginal-Rcpt-To: <a@exemple.fr>\r\n"),
        reply.as_bytes().to_vec(),
    ]
}

fn read_paper(bytes: &[u8]) -> Result<bool, String> {
    let limits = paper::Limits::default();
    let Ok(xml) = paper::invoice_xml(bytes, &limits) else { return Ok(false) };
    if xml.len() as u64 > limits.max_unpacked_bytes {
        return Err(format!("{} bytes were unpacked", xml.len()));
    }
    read_message(&xml)?;
    Ok(true)
}

/// A file of its own for each thread, in memory where the system has such a place.
fn on_disk<T>(bytes: &[u8], work: impl FnOnce(&std::path::Path) -> T) -> T {
    let shared = std::path::Path::new("/dev/shm");
    let folder = if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() };
    let mut file = tempfile::NamedTempFile::new_in(folder).expect("a temporary file");
    file.write_all(bytes).expect("the file is written");
    work(file.path())
}

fn read_archive(bytes: &[u8]) -> Result<bool, String> {
    on_disk(bytes, |path| {
        let limits = archive::Limits::default();
        let mut broken = None;
        let read = archive::for_each_entry(path, &limits, |_, content| {
            if let Ok(content) = content {
                if content.len() as u64 > limits.max_entry_bytes {
                    broken = Some(format!("an entry of {} bytes", content.len()));
                } else if let Err(why) = read_message(&content) {
                    broken = Some(why);
                }
            }
            if broken.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        broken.map_or(Ok(read.is_ok()), Err)
    })
}

fn read_table(bytes: &[u8]) -> Result<bool, String> {
    on_disk(bytes, |path| {
        let Ok(source) = Source::open(path, "flux.csv", Limits::default()) else { return Ok(false) };
        let Ok(detection) = intake::detect(&source, &Options::default()) else { return Ok(false) };
        intake::flow::is_flow_list(&detection);
        let proposals = intake::flow::propose(&detection, &Remembered::new());
        let mapping: Vec<_> = proposals.iter().filter_map(|p| Some((p.column, p.field?))).collect();
        let mut last = 0;
        let mut backwards = false;
        let read = intake::parse_flow_list(&source, &detection.options(), &mapping, 0, |row| {
            backwards |= row.number <= last;
            last = row.number;
            ControlFlow::Continue(())
        });
        if backwards {
            return Err("rows do not follow each other: a resumed import would take one twice".to_owned());
        }
        Ok(read.is_ok())
    })
}
