//! The invoice that a PDF carries: the XML of Factur-X, ZUGFeRD or XRechnung, attached under a name that the norms fix.
//! Nothing else of the file is opened, followed or run; what is read and unpacked is counted as in the check of uploads.

use std::collections::HashMap;

use super::{DEEPEST, Limits, MOST_READING, Reader, Refused, Token, after_line_end, find, number_before, too_complex};
use crate::refused::{RefusedCode, damaged};
use domain::text::Text;
use std::io::Read;

/// Names of the attachment, in the order in which they count (Factur-X 1.0, ZUGFeRD 1 and 2, XRechnung).
const NAMES: [&str; 3] = ["factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml"];

/// Gives the XML of the invoice that is attached to a PDF.
pub(crate) fn invoice_xml(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, Refused> {
    if bytes.len() as u64 > limits.max_bytes {
        return Err(crate::check::too_large(bytes.len() as u64, limits.max_bytes));
    }
    if find(&bytes[..bytes.len().min(1024)], b"%PDF-").is_none() {
        return Err(damaged("ce n’est pas un PDF", "it is no PDF"));
    }
    let mut search = Search {
        limits,
        reading: bytes.len().saturating_mul(MOST_READING) + (1 << 20),
        unpacked: 0,
        objects: 0,
        places: HashMap::new(),
        references: HashMap::new(),
        specs: Vec::new(),
    };
    search.file(bytes).map_err(|refused| if is_encrypted(bytes) { encrypted() } else { refused })?;
    for wanted in NAMES {
        // Of two of one name the later is the newer.
        for spec in search.specs.iter().rev().filter(|s| s.is_named(wanted)) {
            let elsewhere = spec.elsewhere.and_then(|n| search.references.get(&n)).map(Vec::as_slice);
            let files: Vec<u32> = spec.files.iter().chain(elsewhere.unwrap_or_default()).copied().collect();
            if let Some(place) = files.iter().find_map(|n| search.places.get(n)).copied() {
                return search.stream(bytes, place).map_err(|r| if is_encrypted(bytes) { encrypted() } else { r });
            }
        }
    }
    Err(if is_encrypted(bytes) { encrypted() } else { no_invoice() })
}

fn is_encrypted(bytes: &[u8]) -> bool {
    find(bytes, b"/Encrypt").is_some()
}

fn fix() -> Text {
    Text::new(
        "déposez le fichier XML de la facture, ou le PDF Factur-X que la plateforme a remis",
        "drop the XML file of the invoice, or the Factur-X PDF that the platform delivered",
    )
}

fn no_invoice() -> Refused {
    Refused::new(
        RefusedCode::UnsupportedFormat,
        Text::new("Ce PDF ne contient pas de facture électronique", "This PDF holds no electronic invoice"),
        Text::new(
            "un PDF Factur-X, avec sa pièce jointe factur-x.xml",
            "a Factur-X PDF, with its attachment factur-x.xml",
        ),
        fix(),
    )
}

fn encrypted() -> Refused {
    Refused::new(
        RefusedCode::Encrypted,
        Text::new("Le PDF est chiffré ou protégé par un mot de passe", "The PDF is encrypted or protected"),
        Text::new("un PDF Factur-X sans protection", "a Factur-X PDF without protection"),
        fix(),
    )
}

/// A dictionary that names a file and says where it is.
#[derive(Debug, Default)]
struct Spec {
    name: Vec<u8>,
    /// Objects that hold the file.
    files: Vec<u32>,
    /// The object that tells them.
    elsewhere: Option<u32>,
}

impl Spec {
    fn is_named(&self, wanted: &str) -> bool {
        let text = match self.name.strip_prefix(b"\xfe\xff") {
            Some(wide) => {
                let units: Vec<u16> = wide.chunks_exact(2).map(|p| u16::from_be_bytes([p[0], p[1]])).collect();
                String::from_utf16_lossy(&units)
            }
            None => String::from_utf8_lossy(&self.name).into_owned(),
        };
        let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
        last.trim().eq_ignore_ascii_case(wanted)
    }
}

/// What a dictionary or an array says so far.
#[derive(Debug, Default)]
struct Frame {
    dictionary: bool,
    /// The key under which this stands in the dictionary around.
    under: Vec<u8>,
    /// The key that was met last, and whether its value was.
    key: Vec<u8>,
    valued: bool,
    name: Option<Vec<u8>>,
    files: Vec<u32>,
    elsewhere: Option<u32>,
    /// References under `F` or `UF`.
    references: Vec<u32>,
}

/// What the outermost dictionary says of the stream behind it.
#[derive(Debug, Default, Clone)]
struct Head {
    filters: Vec<Vec<u8>>,
    strange: bool,
    predicted: bool,
    objects: bool,
    n: usize,
    first: usize,
}

struct Search<'l> {
    limits: &'l Limits,
    /// Bytes that may still be read.
    reading: usize,
    unpacked: u64,
    objects: usize,
    /// Where each object begins; of two of one number the later.
    places: HashMap<u32, usize>,
    references: HashMap<u32, Vec<u32>>,
    specs: Vec<Spec>,
}

impl Search<'_> {
    fn file(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        let mut at = 0;
        while let Some(found) = find(&bytes[at..], b"obj") {
            let start = at + found;
            at = start + 3;
            if bytes[..start].ends_with(b"end") {
                continue;
            }
            let number = number_before(&bytes[..start]);
            if let Some(number) = number {
                self.places.insert(number, at);
            }
            let (head, stream) = self.value(bytes, at, number, false)?;
            if let Some(stream) = stream.filter(|_| head.objects) {
                // What cannot be unpacked hides no invoice that a reader would find.
                if let Ok(unpacked) = self.unpack(&bytes[stream..], &head) {
                    self.object_stream(&unpacked, &head)?;
                }
            }
        }
        Ok(())
    }

    fn object_stream(&mut self, unpacked: &[u8], head: &Head) -> Result<(), Refused> {
        let Some(table) = unpacked.get(..head.first) else { return Ok(()) };
        let mut table = Reader { bytes: table, at: 0 };
        for _ in 0..head.n.min(self.limits.max_objects) {
            let (Some(Token::Number(number)), Some(Token::Number(offset))) = (table.token(), table.token()) else {
                break;
            };
            let at = head.first.saturating_add(offset as usize);
            if at < unpacked.len() {
                self.value(unpacked, at, Some(number as u32), true)?;
            }
        }
        Ok(())
    }

    /// Reads one object, notes what it says of files, and tells its outermost dictionary and where its stream begins. A
    /// packed one has no stream and ends with its value.
    fn value(
        &mut self,
        bytes: &[u8],
        at: usize,
        number: Option<u32>,
        packed: bool,
    ) -> Result<(Head, Option<usize>), Refused> {
        self.objects += 1;
        if self.objects > self.limits.max_objects {
            return Err(too_complex("trop d’objets", "too many objects"));
        }
        let mut reader = Reader { bytes, at };
        let (mut head, mut frames) = (Head::default(), Vec::<Frame>::new());
        let (mut read_to, mut numbers) = (at, (0.0, 0.0));
        loop {
            let from = reader.at;
            let token = reader.token();
            self.reading = self
                .reading
                .checked_sub(reader.at - read_to)
                .ok_or_else(|| too_complex("ses objets se recouvrent", "its objects overlap"))?;
            read_to = reader.at;
            let Some(token) = token else { break };
            match &token {
                Token::Word(b"endobj" | b"obj" | b"startxref" | b"xref" | b"trailer") => break,
                Token::Word(b"stream") => return Ok((head, Some(after_line_end(bytes, reader.at)))),
                _ => {}
            }
            let depth = frames.len();
            if let Some(frame) = frames.last_mut() {
                let key = frame.key.as_slice();
                match &token {
                    Token::Name(name) if frame.dictionary && (frame.valued || frame.key.is_empty()) => {
                        frame.key.clone_from(name);
                        frame.valued = false;
                        continue;
                    }
                    // `UF` is the name in any script, and goes before `F`.
                    Token::Text if frame.dictionary && (key == b"UF" || key == b"F" && frame.name.is_none()) => {
                        frame.name = Some(text_of(&bytes[from..reader.at]));
                    }
                    Token::Word(b"R") if frame.dictionary => {
                        let number = numbers.0 as u32;
                        match key {
                            b"F" | b"UF" if frame.references.len() < 16 => frame.references.push(number),
                            b"EF" => frame.elsewhere = Some(number),
                            _ => {}
                        }
                    }
                    _ => {}
                }
                if depth == 1 && frame.dictionary {
                    head.note(&frame.key, &token);
                } else if depth == 2 && !frame.dictionary && matches!(frame.under.as_slice(), b"Filter" | b"F") {
                    match &token {
                        Token::Name(name) => head.filters.push(name.clone()),
                        Token::CloseArray => {}
                        _ => head.strange = true,
                    }
                }
                frame.valued = true;
            }
            if let Token::Number(value) = &token {
                numbers = (numbers.1, *value);
            }
            match token {
                Token::Open | Token::OpenArray => {
                    if depth >= DEEPEST {
                        return Err(too_complex("trop de niveaux", "too many levels"));
                    }
                    let under = match frames.last() {
                        Some(frame) if frame.dictionary => frame.key.clone(),
                        Some(frame) => frame.under.clone(),
                        None => Vec::new(),
                    };
                    frames.push(Frame { dictionary: token == Token::Open, under, ..Frame::default() });
                }
                Token::Close | Token::CloseArray => {
                    let Some(done) = frames.pop() else { break };
                    self.close(done, frames.last_mut(), number);
                    if packed && frames.is_empty() {
                        break;
                    }
                }
                _ if packed && depth == 0 => break,
                _ => {}
            }
        }
        Ok((head, None))
    }

    fn close(&mut self, done: Frame, around: Option<&mut Frame>, number: Option<u32>) {
        if !done.dictionary {
            return;
        }
        match around {
            Some(around) if done.under == b"EF" => around.files.extend(&done.references),
            None if !done.references.is_empty() => {
                if let Some(number) = number {
                    self.references.insert(number, done.references.clone());
                }
            }
            _ => {}
        }
        if let Some(name) = done.name
            && (!done.files.is_empty() || done.elsewhere.is_some())
            && self.specs.len() < 10_000
        {
            self.specs.push(Spec { name, files: done.files, elsewhere: done.elsewhere });
        }
    }

    fn stream(&mut self, bytes: &[u8], place: usize) -> Result<Vec<u8>, Refused> {
        let (head, stream) = self.value(bytes, place, None, false)?;
        let cut = || damaged("la pièce jointe factur-x.xml est illisible", "the attachment factur-x.xml is unreadable");
        let content = self.unpack(&bytes[stream.ok_or_else(cut)?..], &head)?;
        if content.is_empty() { Err(cut()) } else { Ok(content) }
    }

    fn unpack(&mut self, packed: &[u8], head: &Head) -> Result<Vec<u8>, Refused> {
        let flate = head.filters.len() == 1 && matches!(head.filters[0].as_slice(), b"FlateDecode" | b"Fl");
        if head.strange || head.predicted || !(head.filters.is_empty() || flate) {
            return Err(too_complex(
                "sa pièce jointe est compressée d’une façon inhabituelle",
                "its attachment is packed in an unusual way",
            ));
        }
        let left = self.limits.max_unpacked_bytes.saturating_sub(self.unpacked);
        let mut content = Vec::new();
        if flate {
            // A broken end is what readers forgive; the XML says itself whether it is whole.
            let _ = flate2::read::ZlibDecoder::new(packed).take(left + 1).read_to_end(&mut content);
        } else {
            let end = find(packed, b"endstream").unwrap_or(packed.len());
            let end = if packed[..end].ends_with(b"\r\n") {
                end - 2
            } else if packed[..end].ends_with(b"\n") {
                end - 1
            } else {
                end
            };
            content.extend_from_slice(&packed[..end]);
        }
        self.unpacked += content.len() as u64;
        if self.unpacked > self.limits.max_unpacked_bytes {
            return Err(too_complex("il se décompresse sans fin", "it unpacks without end")
                .value(self.limits.max_unpacked_bytes.to_string()));
        }
        self.reading = self.reading.saturating_add(content.len().saturating_mul(MOST_READING));
        Ok(content)
    }
}

impl Head {
    fn note(&mut self, key: &[u8], token: &Token<'_>) {
        match (key, token) {
            (b"Type", Token::Name(name)) => self.objects = name == b"ObjStm",
            (b"N", Token::Number(value)) => self.n = value.max(0.0) as usize,
            (b"First", Token::Number(value)) => self.first = value.max(0.0) as usize,
            (b"Filter", Token::Name(name)) => self.filters.push(name.clone()),
            (b"Filter", Token::Number(_)) => self.strange = true,
            (b"DecodeParms" | b"DP", Token::Open | Token::Number(_)) => self.predicted = true,
            _ => {}
        }
    }
}

/// A text of PDF without its brackets and escapes.
fn text_of(raw: &[u8]) -> Vec<u8> {
    const LONGEST: usize = 1_000;
    let raw = raw.trim_ascii();
    let mut text = Vec::new();
    if let Some(hex) = raw.strip_prefix(b"<") {
        let digits: Vec<u8> =
            hex.iter().filter_map(|b| char::from(*b).to_digit(16)).map(|d| d as u8).take(LONGEST).collect();
        text.extend(digits.chunks(2).map(|pair| pair[0] * 16 + pair.get(1).copied().unwrap_or(0)));
        return text;
    }
    let Some(open) = raw.iter().position(|b| *b == b'(') else { return text };
    let mut inside =
        raw[open + 1..].strip_suffix(b")").unwrap_or(&raw[open + 1..]).iter().copied().take(LONGEST).peekable();
    while let Some(byte) = inside.next() {
        if byte != b'\\' {
            text.push(byte);
            continue;
        }
        match inside.next() {
            Some(b'n') => text.push(b'\n'),
            Some(b'r') => text.push(b'\r'),
            Some(b't') => text.push(b'\t'),
            Some(digit @ b'0'..=b'7') => {
                let mut code = u32::from(digit - b'0');
                for _ in 0..2 {
                    match inside.peek() {
                        Some(next @ b'0'..=b'7') => {
                            code = code * 8 + u32::from(next - b'0');
                            inside.next();
                        }
                        _ => break,
                    }
                }
                text.push((code & 0xff) as u8);
            }
            Some(b'\n' | b'\r') | None => {}
            Some(other) => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_every_writing() {
        for raw in [
            &b"(factur-x.xml)"[..],
            b" (factur\\055x.xml)",
            b"<6661637475722d782e786d6c>",
            b"<feff0066006100630074007500720 02d0078002e0078006d006c>",
            b"(Factur-X.XML)",
            b"(dir/factur-x.xml)",
        ] {
            let spec = Spec { name: text_of(raw), ..Spec::default() };
            assert!(spec.is_named("factur-x.xml"), "{}: {:?}", String::from_utf8_lossy(raw), spec.name);
        }
        assert!(!Spec { name: text_of(b"(evil.xml)"), ..Spec::default() }.is_named("factur-x.xml"));
    }
}
