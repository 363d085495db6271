//! PDF: every object that any reader could find, before one library is trusted to read the file.
//!
//! Readers do not agree on what belongs to a file: some follow its table, some rebuild it, some read objects that stand
//! within streams. So nothing is followed here. Wherever the word `obj` stands, an object is read from there; the object
//! streams are unpacked and read the same way. A file is refused for what stands in any of them, in use or not. What is
//! read and unpacked is counted, and a file that wants more than a few times its weight is refused. The pages are counted
//! from what was read: libraries that follow references can be made to read one large object once for every page.

mod attached;

use std::collections::{HashMap, HashSet};
use std::io::Read;

use domain::text::Text;

use super::Limits;
use crate::refused::{Refused, RefusedCode, damaged, print_to_pdf, send_again};

pub(crate) use attached::invoice_xml;

/// Deeper than any program nests.
const DEEPEST: usize = 64;
/// All the reading that a file may cause, in times of what it holds.
const MOST_READING: usize = 6;

pub(super) fn check(bytes: &[u8], limits: &Limits) -> Result<u32, Refused> {
    let scan = scanned(bytes, limits)?;
    match scan.pages() {
        0 => Err(damaged("il n’a aucune page", "it has no page")),
        count => Ok(count),
    }
}

/// Whether a library may follow the references of a file: none of its pages costs it much.
pub(crate) fn may_be_followed(bytes: &[u8]) -> bool {
    const MOST: usize = 1 << 30;
    scanned(bytes, &Limits::default()).is_ok_and(|scan| {
        let nodes = scan.nodes.len().saturating_add(1);
        scan.pages() > 0 && nodes.saturating_mul(scan.largest) <= MOST
    })
}

fn scanned<'l>(bytes: &[u8], limits: &'l Limits) -> Result<Scan<'l>, Refused> {
    whole(bytes)?;
    plain_words(bytes)?;
    let mut scan = Scan::new(bytes.len(), limits);
    scan.file(bytes).map_err(|refused| match refused.code {
        // What is encrypted cannot be unpacked: that is the reason then, whatever was met first.
        RefusedCode::Damaged | RefusedCode::TooComplex if find(bytes, b"/Encrypt").is_some() => forbidden("Encrypt"),
        _ => refused,
    })?;
    scan.opening()?;
    Ok(scan)
}

/// The end mark is there, nothing that is something else follows it, and the head holds no page of HTML.
fn whole(bytes: &[u8]) -> Result<(), Refused> {
    let head = bytes[..bytes.len().min(1024)].to_ascii_lowercase();
    let other = [&b"<html"[..], b"<!doctype html", b"<script"];
    if other.iter().any(|word| find(&head, word).is_some()) {
        return Err(two_in_one("une page HTML", "an HTML page"));
    }
    let Some(end) = rfind(bytes, b"%%EOF") else {
        return Err(damaged("la fin du PDF manque", "the end of the PDF is missing").fix(send_again()));
    };
    let after = bytes[end + 5..].trim_ascii();
    let long = after.len() > 1024 && after.iter().any(|byte| *byte != 0);
    if long || find(after, b"PK\x05\x06").is_some() {
        return Err(two_in_one("d’autres données à sa suite", "other data after its end")
            .at("après la marque de fin du PDF", "after the end mark of the PDF"));
    }
    if find(&bytes[..bytes.len().min(1024)], b"PK\x03\x04").is_some() {
        return Err(two_in_one("une archive ZIP", "a ZIP archive"));
    }
    Ok(())
}

fn two_in_one(fr: &str, en: &str) -> Refused {
    Refused::new(
        RefusedCode::TwoInOne,
        Text::new(format!("Le fichier est à la fois un PDF et {fr}"), format!("The file is a PDF and at once {en}")),
        Text::new("un PDF et rien d’autre", "a PDF and nothing else"),
        print_to_pdf(),
    )
}

/// Words so long that chance does not write them: they are looked for in every byte.
fn plain_words(bytes: &[u8]) -> Result<(), Refused> {
    for word in ["/JavaScript", "/SubmitForm", "/ImportData", "/RichMedia", "/EmbeddedFile"] {
        if let Some(at) = find(bytes, word.as_bytes()) {
            // The object that it stands in.
            let start = std::iter::successors(rfind(&bytes[..at], b"obj"), |at| rfind(&bytes[..*at], b"obj"))
                .find(|at| !bytes[..*at].ends_with(b"end"));
            let (from, number) = start.map_or((at, None), |start| (start + 3, number_before(&bytes[..start])));
            let (fr, en) = place(bytes, from, number);
            return Err(forbidden(&word[1..]).at(fr, en));
        }
    }
    Ok(())
}

/// An object as a person would call it, by what its dictionary says first.
fn place(bytes: &[u8], at: usize, number: Option<u32>) -> (String, String) {
    let (fr, en) = called(bytes, at);
    match number {
        Some(number) => {
            (format!("dans {fr}, objet {number} du fichier"), format!("in {en}, object {number} of the file"))
        }
        None => (format!("dans {fr}"), format!("in {en}")),
    }
}

/// What is looked at of an object to name it.
const MOST_NAMED: usize = 4_096;

fn called(bytes: &[u8], at: usize) -> (&'static str, &'static str) {
    let bytes = &bytes[..bytes.len().min(at.saturating_add(MOST_NAMED))];
    let mut reader = Reader { bytes, at };
    let (mut depth, mut key) = (0_usize, None::<Vec<u8>>);
    let (mut kind, mut subtype, mut field, mut action) = (Vec::new(), Vec::new(), false, false);
    while let Some(token) = reader.token() {
        match token {
            Token::Word(b"endobj" | b"stream" | b"startxref") => break,
            Token::Open | Token::OpenArray => depth += 1,
            Token::Close | Token::CloseArray => depth = depth.saturating_sub(1),
            Token::Name(name) if depth == 1 => {
                match key.take().as_deref() {
                    Some(b"Type") => kind = name,
                    Some(b"Subtype") => subtype = name,
                    _ => {
                        field |= name == b"FT";
                        action |= name == b"S";
                        key = Some(name);
                    }
                }
                continue;
            }
            _ => {}
        }
        if depth <= 1 {
            key = None;
        }
    }
    match (kind.as_slice(), subtype.as_slice()) {
        (b"Catalog", _) => {
            ("le sommaire du document, lu à l’ouverture", "the catalog of the document, read on opening")
        }
        (b"Page", _) => ("une page", "a page"),
        (_, b"Widget") => ("un champ de formulaire", "a form field"),
        (_, b"Link") => ("un lien", "a link"),
        (_, b"FileAttachment") | (b"Filespec" | b"EmbeddedFile", _) => ("une pièce jointe", "an attachment"),
        (b"Annot", _) => ("une annotation", "an annotation"),
        (b"ObjStm" | b"XRef", _) => ("une partie compressée", "a packed part"),
        _ if field => ("un champ de formulaire", "a form field"),
        _ if action => ("une action", "an action"),
        _ => ("un élément interne", "an inner part"),
    }
}

/// How the words of PDF that act are told to a person.
fn forbidden(word: &str) -> Refused {
    let (code, fr, en) = match word {
        "JS" | "JavaScript" => (RefusedCode::ActiveContent, "contient du JavaScript", "holds JavaScript"),
        "Launch" => (RefusedCode::ActiveContent, "peut lancer un programme", "can start a program"),
        "SubmitForm" | "ImportData" => {
            (RefusedCode::ActiveContent, "peut envoyer ou charger des données", "can send or load data")
        }
        "GoToR" | "GoToE" => (RefusedCode::ActiveContent, "ouvre un autre fichier", "opens another file"),
        "XFA" => (RefusedCode::ActiveContent, "est un formulaire XFA", "is an XFA form"),
        "AA" | "OpenAction" => {
            (RefusedCode::ActiveContent, "déclenche une action sans qu’on le demande", "acts without being asked")
        }
        "EF" | "EmbeddedFile" | "EmbeddedFiles" | "FileAttachment" => {
            (RefusedCode::EmbeddedFile, "contient un autre fichier en pièce jointe", "holds another file as attachment")
        }
        "Encrypt" => {
            (RefusedCode::Encrypted, "est chiffré ou protégé par un mot de passe", "is encrypted or protected")
        }
        _ => (RefusedCode::ActiveContent, "contient un objet multimédia ou interactif", "holds multimedia"),
    };
    Refused::new(
        code,
        Text::new(format!("Le PDF {fr}"), format!("The PDF {en}")),
        Text::new(
            "un PDF de pages seules, que tout le monde peut ouvrir",
            "a PDF of pages alone that anybody can open",
        ),
        print_to_pdf(),
    )
    .value(format!("/{word}"))
}

fn too_complex(fr: &str, en: &str) -> Refused {
    Refused::new(
        RefusedCode::TooComplex,
        Text::new(format!("Le PDF est anormalement complexe : {fr}"), format!("The PDF is abnormally complex: {en}")),
        Text::new("un PDF simple", "a simple PDF"),
        print_to_pdf(),
    )
}

/// A name that is refused wherever it is a value.
fn acts(name: &[u8]) -> Option<&'static str> {
    const WORDS: &[&str] = &[
        "JavaScript",
        "Launch",
        "SubmitForm",
        "ImportData",
        "GoToR",
        "GoToE",
        "RichMedia",
        "RichMediaExecute",
        "Rendition",
        "EmbeddedFile",
        "FileAttachment",
    ];
    WORDS.iter().find(|word| word.as_bytes() == name).copied()
}

/// A key that is refused; `AA` is also the name of a letter, so it counts only before something that can act.
fn acting_key(key: &[u8], value: &Token<'_>) -> Option<&'static str> {
    const WORDS: &[&str] =
        &["JS", "JavaScript", "EmbeddedFiles", "EF", "XFA", "RichMediaContent", "RichMediaSettings", "Encrypt"];
    if key == b"AA" && matches!(value, Token::Open | Token::Number(_)) {
        return Some("AA");
    }
    // `null` says that there is none.
    if matches!(value, Token::Word(b"null")) {
        return None;
    }
    WORDS.iter().find(|word| word.as_bytes() == key).copied()
}

#[derive(Debug, PartialEq)]
enum Token<'a> {
    /// `<<`
    Open,
    /// `>>`
    Close,
    OpenArray,
    CloseArray,
    Name(Vec<u8>),
    Number(f64),
    Text,
    Word(&'a [u8]),
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn token(&mut self) -> Option<Token<'a>> {
        loop {
            match self.bytes.get(self.at)? {
                0 | b'\t' | b'\n' | 12 | b'\r' | b' ' => self.at += 1,
                b'%' => self.at += self.bytes[self.at..].iter().position(|b| matches!(b, b'\n' | b'\r'))?,
                _ => break,
            }
        }
        let start = self.at;
        let next = self.bytes.get(start + 1);
        self.at += 1;
        Some(match self.bytes[start] {
            b'<' if next == Some(&b'<') => {
                self.at += 1;
                Token::Open
            }
            b'>' if next == Some(&b'>') => {
                self.at += 1;
                Token::Close
            }
            b'<' => {
                self.at += self.bytes[self.at..].iter().position(|byte| *byte == b'>')? + 1;
                Token::Text
            }
            b'(' => {
                self.text()?;
                Token::Text
            }
            b'[' => Token::OpenArray,
            b']' => Token::CloseArray,
            b'/' => Token::Name(self.name()),
            b'>' | b')' | b'{' | b'}' => Token::Word(&self.bytes[start..=start]),
            _ => {
                self.at = start
                    + self.bytes[start..].iter().position(|b| is_delimiter(*b)).unwrap_or(self.bytes.len() - start);
                let word = &self.bytes[start..self.at];
                let number = std::str::from_utf8(word).ok().filter(|w| !w.contains(['e', 'E', 'n', 'N', 'f', 'F']));
                number.and_then(|word| word.parse().ok()).map_or(Token::Word(word), Token::Number)
            }
        })
    }

    fn text(&mut self) -> Option<()> {
        let mut depth = 1;
        while depth > 0 {
            match self.bytes.get(self.at)? {
                b'\\' => self.at += 1,
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
        Some(())
    }

    /// `#4a` stands for `J`.
    fn name(&mut self) -> Vec<u8> {
        let mut name = Vec::new();
        while let Some(byte) = self.bytes.get(self.at).filter(|byte| !is_delimiter(**byte)) {
            let hex = self.bytes.get(self.at + 1..self.at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
            let decoded = hex.filter(|_| *byte == b'#').and_then(|hex| u8::from_str_radix(hex, 16).ok());
            name.push(decoded.unwrap_or(*byte));
            self.at += if decoded.is_some() { 3 } else { 1 };
        }
        name
    }
}

fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        0 | b'\t' | b'\n' | 12 | b'\r' | b' ' | b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    )
}

/// What an object is, as far as opening the file goes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// A place in the file, or an action that goes to one.
    Place,
    Other,
}

/// What the outermost dictionary of an object says of the stream that follows it.
#[derive(Debug, Default)]
struct Head {
    keys: Vec<&'static str>,
    is_type: Option<Vec<u8>>,
    /// Direct names only; anything else is `strange`.
    filters: Vec<Vec<u8>>,
    strange: bool,
    n: Option<f64>,
    first: Option<f64>,
    predicted: bool,
}

impl Head {
    fn is_object_stream(&self) -> bool {
        self.is_type.as_deref() == Some(b"ObjStm") || (self.has("N") && self.has("First"))
    }

    fn is_table(&self) -> bool {
        self.is_type.as_deref() == Some(b"XRef") || (self.has("W") && self.has("Size"))
    }

    fn has(&self, key: &str) -> bool {
        self.keys.contains(&key)
    }
}

struct Frame {
    /// A dictionary, not an array.
    dictionary: bool,
    /// The key whose value comes next.
    key: Option<Vec<u8>>,
    /// The key of the dictionary around, under which this stands.
    under: Vec<u8>,
}

/// What an object is in the tree of pages.
#[derive(Debug, Default)]
struct Node {
    /// Of a catalog.
    tree: Option<u32>,
    /// It has `/Kids`: it is a branch.
    branch: bool,
    /// What an array refers to, or `/Kids` itself.
    kids: Vec<u32>,
    /// `/Kids` stands elsewhere.
    kids_at: Option<u32>,
    page: bool,
    array: bool,
}

impl Node {
    fn matters(&self) -> bool {
        self.tree.is_some() || self.branch || self.page || self.array
    }
}

struct Scan<'l> {
    limits: &'l Limits,
    /// Of two objects of one number the later one in the file, as an update writes them.
    nodes: HashMap<u32, Node>,
    /// `/Root` of each trailer.
    roots: Vec<u32>,
    /// References that were kept.
    references: usize,
    /// The longest object, in bytes.
    largest: usize,
    /// Bytes that may still be read.
    reading: usize,
    unpacked: u64,
    objects: usize,
    kinds: HashMap<u32, Kind>,
    open_actions: Vec<u32>,
}

impl<'l> Scan<'l> {
    fn new(length: usize, limits: &'l Limits) -> Self {
        let reading = length.saturating_mul(MOST_READING) + (1 << 20);
        Self {
            limits,
            nodes: HashMap::new(),
            roots: Vec::new(),
            references: 0,
            largest: 0,
            reading,
            unpacked: 0,
            objects: 0,
            kinds: HashMap::new(),
            open_actions: Vec::new(),
        }
    }

    /// Every place where an object or a trailer begins, whatever stands around it.
    fn file(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        let mut at = 0;
        while let Some(found) = find(&bytes[at..], b"obj") {
            let start = at + found;
            at = start + 3;
            if !bytes[..start].ends_with(b"end") {
                let number = number_before(&bytes[..start]);
                self.object(bytes, at, number)?;
            }
        }
        at = 0;
        while let Some(found) = find(&bytes[at..], b"trailer") {
            at += found + 7;
            self.object(bytes, at, None)?;
        }
        Ok(())
    }

    fn object(&mut self, bytes: &[u8], at: usize, number: Option<u32>) -> Result<(), Refused> {
        let place = |refused: Refused| {
            let (fr, en) = place(bytes, at, number);
            refused.at(fr, en)
        };
        let (head, stream) = self.value(bytes, at, number).map_err(place)?;
        let Some(stream) = stream else {
            return Ok(());
        };
        if head.is_object_stream() {
            let unpacked = self.unpack(&bytes[stream..], &head, false).map_err(place)?;
            self.object_stream(&unpacked, &head).map_err(place)?;
        } else if head.is_table() {
            self.unpack(&bytes[stream..], &head, true).map_err(place)?;
        }
        Ok(())
    }

    /// Reads one object. Tells its outermost dictionary, and where its stream begins.
    fn value(&mut self, bytes: &[u8], at: usize, number: Option<u32>) -> Result<(Head, Option<usize>), Refused> {
        self.count_object()?;
        let mut reader = Reader { bytes, at };
        let (mut head, mut frames) = (Head::default(), Vec::<Frame>::new());
        let mut read_to = at;
        let (mut node, mut numbers) = (Node::default(), (0.0, 0.0));
        let mut kind = None;
        let mut leads_on = false;
        let outcome = loop {
            let token = reader.token();
            self.spend(reader.at - read_to)?;
            read_to = reader.at;
            let Some(token) = token else {
                break None;
            };
            match &token {
                Token::Word(b"endobj" | b"obj" | b"startxref" | b"xref") => break None,
                Token::Word(b"stream") => break Some(after_line_end(bytes, reader.at)),
                _ => {}
            }
            let depth = frames.len();
            let mut under = Vec::new();
            if let Some(frame) = frames.last_mut() {
                if frame.dictionary {
                    match (&token, frame.key.take()) {
                        (Token::Close, _) => {}
                        (Token::Name(name), None) => {
                            frame.key = Some(name.clone());
                            continue;
                        }
                        // A reference: its first number was the value, the rest of it follows.
                        (Token::Number(_) | Token::Word(_), None) => {}
                        (_, key) => under = key.unwrap_or_default(),
                    }
                } else {
                    under = frame.under.clone();
                }
                if frame.dictionary {
                    if let Some(word) = acting_key(&under, &token) {
                        return Err(forbidden(word));
                    }
                    if depth == 1 {
                        head.note(&under, &token);
                    }
                    if frame.under == b"OpenAction" || depth == 1 {
                        let goes = under == b"S" && matches!(&token, Token::Name(name) if name == b"GoTo");
                        leads_on |= under == b"Next";
                        if under == b"S" && depth == 1 {
                            kind = Some(if goes { Kind::Place } else { Kind::Other });
                        }
                        if under == b"S" && frame.under == b"OpenAction" && !goes {
                            return Err(forbidden("OpenAction"));
                        }
                        if under == b"Next" && frame.under == b"OpenAction" {
                            return Err(forbidden("OpenAction"));
                        }
                    }
                } else if depth == 2 && (under == b"Filter" || under == b"F") {
                    head.filter(&token);
                }
            }
            let key = under.as_slice();
            match (&token, depth) {
                (Token::Number(value), 1) if frames[0].dictionary => match key {
                    b"Root" => self.roots.push(*value as u32),
                    b"Pages" => node.tree = Some(*value as u32),
                    b"Kids" => (node.branch, node.kids_at) = (true, Some(*value as u32)),
                    _ => {}
                },
                (Token::OpenArray, 1) if key == b"Kids" => node.branch = true,
                (Token::Name(name), 1) if key == b"Type" => node.page = name == b"Page",
                (Token::OpenArray, 0) => node.array = true,
                (Token::Word(b"R"), 1 | 2) if depth == 1 && node.array || depth == 2 && key == b"Kids" => {
                    self.references += 1;
                    if self.references > self.limits.max_objects {
                        return Err(too_complex("trop de références", "too many references"));
                    }
                    node.kids.push(numbers.0 as u32);
                }
                _ => {}
            }
            if let Token::Number(value) = &token {
                numbers = (numbers.1, *value);
            }
            match token {
                Token::Open | Token::OpenArray => {
                    if depth >= DEEPEST {
                        return Err(too_complex("trop de niveaux", "too many levels"));
                    }
                    if depth == 0 && token == Token::OpenArray {
                        kind = Some(Kind::Place);
                    }
                    let dictionary = token == Token::Open;
                    if dictionary && depth > 0 {
                        self.count_object()?;
                    }
                    frames.push(Frame { dictionary, key: None, under });
                }
                Token::Close | Token::CloseArray => {
                    frames.pop();
                }
                Token::Name(name) => {
                    if let Some(word) = acts(&name) {
                        return Err(forbidden(word));
                    }
                    if matches!(under.as_slice(), b"S" | b"Subtype")
                        && matches!(name.as_slice(), b"Movie" | b"Sound" | b"Screen" | b"3D" | b"GoTo3DView")
                    {
                        return Err(forbidden("Movie"));
                    }
                }
                // A reference; in an array it is a page to go to.
                Token::Number(value) if under == b"OpenAction" && frames.last().is_some_and(|f| f.dictionary) => {
                    self.open_actions.push(value as u32);
                }
                Token::Number(_) | Token::Text | Token::Word(_) => {}
            }
        };
        self.largest = self.largest.max(read_to - at);
        if let Some(number) = number {
            if node.matters() {
                self.nodes.insert(number, node);
            }
            let kind = match kind {
                Some(Kind::Place) if !leads_on => Kind::Place,
                _ => Kind::Other,
            };
            // Of two objects of one number, a reader may take either.
            let known = self.kinds.entry(number).or_insert(kind);
            if kind == Kind::Other {
                *known = kind;
            }
        }
        Ok((head, outcome))
    }

    fn object_stream(&mut self, unpacked: &[u8], head: &Head) -> Result<(), Refused> {
        let hidden = || damaged("une partie du PDF est illisible", "a part of the PDF is unreadable");
        let count = head.n.filter(|n| *n >= 0.0 && n.fract() == 0.0).ok_or_else(hidden)? as usize;
        let first = head.first.filter(|n| *n >= 0.0 && n.fract() == 0.0).ok_or_else(hidden)? as usize;
        let mut table = Reader { bytes: unpacked.get(..first).ok_or_else(hidden)?, at: 0 };
        let mut next = || match table.token() {
            Some(Token::Number(number)) if number >= 0.0 => Some(number as usize),
            _ => None,
        };
        let mut places = Vec::new();
        for _ in 0..count {
            // What the table does not name, no reader finds.
            let (Some(number), Some(offset)) = (next(), next()) else { break };
            places.push((number as u32, first.saturating_add(offset)));
            if places.len() > self.limits.max_objects {
                return Err(too_complex("trop d’objets", "too many objects"));
            }
        }
        // An object ends where the next one begins; one that begins within another is read on its own.
        let mut ends: Vec<usize> = places.iter().map(|(_, at)| *at).collect();
        ends.sort_unstable();
        for (number, at) in places {
            let following = ends.partition_point(|end| *end <= at);
            let end = ends.get(following).copied().unwrap_or(unpacked.len()).min(unpacked.len());
            if at >= unpacked.len() {
                continue;
            }
            let place = |refused: Refused| {
                let (fr, en) = place(unpacked, at, Some(number));
                refused.at(fr, en)
            };
            self.value(&unpacked[..end], at, Some(number)).map_err(place)?;
            // What the ends cut short is read again whole, so that no text hides what begins within it.
            if end < unpacked.len() && !ends_well(&unpacked[at..end]) {
                self.value(unpacked, at, Some(number)).map_err(place)?;
            }
        }
        Ok(())
    }

    /// Object streams of real programs are packed in one way or not at all. Anything else hides something.
    fn unpack(&mut self, packed: &[u8], head: &Head, table: bool) -> Result<Vec<u8>, Refused> {
        let plain = head.filters.is_empty() && !head.strange;
        let flate = head.filters.len() == 1 && matches!(head.filters[0].as_slice(), b"FlateDecode" | b"Fl");
        if head.strange || !(plain || flate) || (head.predicted && !table) {
            return Err(too_complex(
                "ses objets sont compressés d’une façon inhabituelle",
                "its objects are packed in an unusual way",
            ));
        }
        if plain {
            let end = find(packed, b"endstream").unwrap_or(packed.len());
            self.spend(end)?;
            return Ok(packed[..end].to_vec());
        }
        let left = self.limits.max_unpacked_bytes.saturating_sub(self.unpacked);
        let mut unpacked = Vec::new();
        // A broken end is what readers forgive: what came before it is looked at all the same.
        let read = flate2::read::ZlibDecoder::new(packed).take(left + 1).read_to_end(&mut unpacked);
        if unpacked.is_empty() && read.is_err() {
            // Some write the data bare.
            let mut bare = Vec::new();
            let _ = flate2::read::DeflateDecoder::new(packed).take(left + 1).read_to_end(&mut bare);
            unpacked = bare;
        }
        self.unpacked += unpacked.len() as u64;
        if self.unpacked > self.limits.max_unpacked_bytes {
            return Err(too_complex("il se décompresse sans fin", "it unpacks without end")
                .value(self.limits.max_unpacked_bytes.to_string()));
        }
        self.reading = self.reading.saturating_add(unpacked.len().saturating_mul(MOST_READING));
        Ok(unpacked)
    }

    /// The leaves of the tree of pages.
    fn pages(&self) -> u32 {
        // The last trailer of the file is the newest; a damaged one leaves the others.
        let trees = self.roots.iter().rev().filter_map(|root| self.nodes.get(root)?.tree);
        trees.map(|tree| self.leaves(tree)).find(|count| *count > 0).unwrap_or(0)
    }

    fn leaves(&self, tree: u32) -> u32 {
        let (mut count, mut seen, mut open) = (0, HashSet::new(), vec![tree]);
        while let Some(number) = open.pop() {
            let Some(node) = self.nodes.get(&number).filter(|_| seen.insert(number)) else {
                continue;
            };
            if node.branch {
                let elsewhere = node.kids_at.and_then(|at| self.nodes.get(&at)).map(|node| node.kids.as_slice());
                open.extend(node.kids.iter().chain(elsewhere.unwrap_or_default()));
            } else if node.page {
                count += 1;
            }
        }
        count
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Refused> {
        self.reading = self
            .reading
            .checked_sub(bytes)
            .ok_or_else(|| too_complex("ses objets se recouvrent", "its objects overlap"))?;
        Ok(())
    }

    fn count_object(&mut self) -> Result<(), Refused> {
        self.objects += 1;
        if self.objects > self.limits.max_objects {
            return Err(too_complex("trop d’objets", "too many objects").value(self.limits.max_objects.to_string()));
        }
        Ok(())
    }

    /// Opening a file at a place is fine; anything else that happens on opening is not.
    fn opening(&self) -> Result<(), Refused> {
        for number in &self.open_actions {
            if self.kinds.get(number).is_some_and(|kind| *kind != Kind::Place) {
                let (fr, en) = ("dans ce qui est fait à l’ouverture", "in what is done on opening");
                return Err(forbidden("OpenAction")
                    .at(format!("{fr}, objet {number} du fichier"), format!("{en}, object {number} of the file")));
            }
        }
        Ok(())
    }
}

impl Head {
    fn note(&mut self, key: &[u8], token: &Token<'_>) {
        const KEYS: &[&str] = &["N", "First", "W", "Size"];
        if let Some(key) = KEYS.iter().find(|known| known.as_bytes() == key) {
            self.keys.push(key);
        }
        match (key, token) {
            (b"Type", Token::Name(name)) => self.is_type = Some(name.clone()),
            (b"N", Token::Number(value)) => self.n = Some(*value),
            (b"First", Token::Number(value)) => self.first = Some(*value),
            (b"Filter" | b"F", Token::OpenArray) => {}
            (b"Filter" | b"F", token) => self.filter(token),
            (b"DecodeParms" | b"DP", Token::Word(b"null")) => {}
            (b"DecodeParms" | b"DP", _) => self.predicted = true,
            _ => {}
        }
    }

    fn filter(&mut self, token: &Token<'_>) {
        match token {
            Token::Name(name) => self.filters.push(name.clone()),
            Token::CloseArray | Token::Word(b"null") => {}
            _ => self.strange = true,
        }
    }
}

/// Whether brackets and texts of a piece are closed.
fn ends_well(piece: &[u8]) -> bool {
    let mut reader = Reader { bytes: piece, at: 0 };
    let mut depth = 0i32;
    while let Some(token) = reader.token() {
        depth += match token {
            Token::Open | Token::OpenArray => 1,
            Token::Close | Token::CloseArray => -1,
            _ => 0,
        };
    }
    depth == 0 && piece[reader.at.min(piece.len())..].trim_ascii().is_empty()
}

fn after_line_end(bytes: &[u8], at: usize) -> usize {
    match (bytes.get(at), bytes.get(at + 1)) {
        (Some(b'\r'), Some(b'\n')) => at + 2,
        (Some(b'\r' | b'\n'), _) => at + 1,
        _ => at,
    }
}

/// `12 0 obj`: the number before the word, as far as it can be read.
fn number_before(bytes: &[u8]) -> Option<u32> {
    let tail = &bytes[bytes.len().saturating_sub(40)..];
    let mut words = tail.split(|byte| is_delimiter(*byte)).filter(|word| !word.is_empty()).rev();
    words.next()?;
    std::str::from_utf8(words.next()?).ok()?.parse().ok()
}

pub(crate) fn find(bytes: &[u8], word: &[u8]) -> Option<usize> {
    let first = *word.first()?;
    let mut at = 0;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == first)?;
        if bytes[at..].starts_with(word) {
            return Some(at);
        }
        at += 1;
    }
}

pub(crate) fn rfind(bytes: &[u8], word: &[u8]) -> Option<usize> {
    bytes.windows(word.len()).rposition(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_those_of_the_format() {
        let mut reader = Reader { bytes: b"<</A#20B(x(y)\\))<41 42>[-1.5 R]%c\n/C true>>", at: 0 };
        let mut tokens = Vec::new();
        while let Some(token) = reader.token() {
            tokens.push(token);
        }
        let name = |name: &str| Token::Name(name.as_bytes().to_vec());
        assert_eq!(
            tokens,
            [
                Token::Open,
                name("A B"),
                Token::Text,
                Token::Text,
                Token::OpenArray,
                Token::Number(-1.5),
                Token::Word(b"R"),
                Token::CloseArray,
                name("C"),
                Token::Word(b"true"),
                Token::Close,
            ]
        );
    }

    #[test]
    fn numbers_stand_before_their_objects() {
        for (text, number) in [("12 0 ", Some(12)), ("\n7 65535 ", Some(7)), ("x", None), ("", None), ("a 0 ", None)] {
            assert_eq!(number_before(text.as_bytes()), number, "{text}");
        }
    }
}
