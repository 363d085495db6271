//! XLSX and ODS are archives of XML. Both are checked here before anything is built from them.
//!
//! What an archive declares about itself is never believed: parts are inflated once, through a reader that counts,
//! and walked tag by tag. The limits follow from what reading costs in memory:
//!
//! - the directory of the archive (an entry costs some hundred bytes): number of entries;
//! - one tag or one text is held whole by an XML reader: length between two `<`;
//! - open tags are stacked: depth;
//! - calamine holds the styles and the shared texts of an XLSX whole, a style with copies of its fonts: their number
//!   and their size. Worksheets stream through calamine. An ODS would be held whole, several times over, and its
//!   "repeat this cell" marks expanded: so [`crate::ods`] streams it here instead.

use crate::limits::Limits;
use crate::refusal::{Refusal, RefusalCode, damaged, grouped, megabytes, save_as_xlsx};
use crate::source::{Kind, encrypted, not_a_table, unsupported};
use domain::text::Text;
use quick_xml::events::{BytesStart, Event};
use std::cell::Cell;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::rc::Rc;
use zip::ZipArchive;

/// Workbooks of firms have some dozens.
const MAX_ENTRIES: usize = 4_096;
/// The longest cell, entities included, stays far below.
const MAX_NODE_BYTES: usize = 1024 * 1024;
const MAX_DEPTH: usize = 64;
const MAX_SMALL_PART_BYTES: u64 = 16 * 1024 * 1024;
/// Lists of sheets, names and relations are held whole, each entry in several times its own size.
const MAX_TABLE_PART_BYTES: u64 = 4 * 1024 * 1024;
const MAX_STYLE_TAGS: u64 = 400_000;
/// What calamine may hold for the styles of a workbook.
const MAX_STYLE_COST: u64 = 96 * 1024 * 1024;

pub(crate) type Archive = ZipArchive<BufReader<File>>;

/// Looks at every part of the archive once. Afterwards reading it is bounded in memory.
pub(crate) fn check(path: &Path, bytes: u64, limits: &Limits) -> Result<Kind, Refusal> {
    let mut archive = open(path)?;
    let names: Vec<String> = (0..archive.len())
        .filter_map(|i| archive.name_for_index(i)?.ok().map(|name| name.replace('\\', "/")))
        .collect();
    if names.len() != archive.len() {
        return Err(damaged("la table de l’archive", "the table of the archive"));
    }
    let has = |name: &str| names.iter().any(|n| n.eq_ignore_ascii_case(name));
    let ends = |name: &str| names.iter().any(|n| n.to_ascii_lowercase().ends_with(name));

    let kind = if has("mimetype") && has("content.xml") {
        let mut mime = String::new();
        archive.by_name("mimetype").map_err(from_zip)?.take(128).read_to_string(&mut mime)?;
        match mime.trim() {
            "application/vnd.oasis.opendocument.spreadsheet"
            | "application/vnd.oasis.opendocument.spreadsheet-template" => Kind::Ods,
            _ => return Err(not_a_table("un document OpenDocument", "an OpenDocument file")),
        }
    } else if has("[Content_Types].xml") && names.iter().any(|n| is_workbook_part(n)) {
        Kind::Xlsx
    } else {
        return Err(other_archive(&ends));
    };

    let inflated: u128 = archive.decompressed_size().unwrap_or_default();
    if inflated > u128::from(limits.max_inflated_bytes) * 4 {
        // Pictures count in what is declared, hence the margin; the XML is counted for real below.
        return Err(inflates_too_much(u64::try_from(inflated).unwrap_or(u64::MAX), bytes, limits));
    }
    let budget = Budget::new(limits);
    for (index, name) in names.iter().enumerate() {
        let lower = name.to_ascii_lowercase();
        let part = lower.rsplit('/').next().unwrap_or(&lower);
        match kind {
            Kind::Xlsx if part.ends_with(".rels") => check_relations(&mut archive, index, &budget)?,
            Kind::Xlsx if part == "sharedstrings.xml" => check_shared_strings(&mut archive, index, &budget, limits)?,
            Kind::Xlsx if part == "styles.xml" => check_styles(&mut archive, index, &budget)?,
            Kind::Xlsx if is_workbook_part(name) => {
                check_any(&mut archive, index, &budget, Some(MAX_TABLE_PART_BYTES))?
            }
            Kind::Xlsx if part.ends_with(".xml") => check_any(&mut archive, index, &budget, None)?,
            Kind::Ods if lower == "meta-inf/manifest.xml" => check_manifest(&mut archive, index, &budget)?,
            // content.xml is walked row by row when it is read, under the same limits.
            _ => {}
        }
    }
    Ok(kind)
}

pub(crate) fn open(path: &Path) -> Result<Archive, Refusal> {
    let entries = count_entries(path)?;
    if entries > MAX_ENTRIES {
        return Err(Refusal::new(
            RefusalCode::InflatesTooMuch,
            Text::new(
                format!("L’archive contient {} fichiers", grouped(entries as u64)),
                format!("The archive holds {} files", grouped(entries as u64)),
            ),
            Text::new(
                format!("un classeur d’au plus {} parties", grouped(MAX_ENTRIES as u64)),
                format!("a workbook of at most {} parts", grouped(MAX_ENTRIES as u64)),
            ),
            save_as_xlsx(),
        ));
    }
    ZipArchive::new(BufReader::new(File::open(path)?)).map_err(from_zip)
}

/// Every entry of a directory begins with these four bytes, whatever the directory says of its own length.
pub(crate) fn count_entries(path: &Path) -> Result<usize, Refusal> {
    let mut file = File::open(path)?;
    let mut buf = vec![0u8; 64 * 1024];
    let (mut kept, mut count) = (0, 0);
    loop {
        let n = file.read(&mut buf[kept..])?;
        if n == 0 {
            return Ok(count);
        }
        let end = kept + n;
        count += memchr::memmem::find_iter(&buf[..end], b"PK\x01\x02").count();
        kept = end.min(3);
        buf.copy_within(end - kept..end, 0);
    }
}

pub(crate) fn from_zip(error: zip::result::ZipError) -> Refusal {
    match error {
        zip::result::ZipError::Io(error) => error.into(),
        zip::result::ZipError::UnsupportedArchive(reason) if reason.contains("assword") => encrypted(),
        _ => damaged("l’archive du classeur", "the archive of the workbook"),
    }
}

/// `xl/workbook.xml`, or `workbook2.xml` as some online editors name it.
fn is_workbook_part(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let part = lower.rsplit('/').next().unwrap_or(&lower);
    part.starts_with("workbook") && part.ends_with(".xml")
}

fn other_archive(ends: &dyn Fn(&str) -> bool) -> Refusal {
    if ends("workbook.bin") {
        unsupported("Excel binaire (.xlsb)", "Excel binary (.xlsb)")
    } else if ends("document.iwa") || ends("index.zip") {
        unsupported("Apple Numbers", "Apple Numbers")
    } else if ends("word/document.xml") {
        not_a_table("un document Word", "a Word document")
    } else if ends("ppt/presentation.xml") {
        not_a_table("une présentation PowerPoint", "a PowerPoint presentation")
    } else {
        let mut refusal = not_a_table("une archive ZIP", "a ZIP archive");
        if ends(".csv") || ends(".xlsx") || ends(".xls") || ends(".ods") || ends(".txt") {
            refusal.fix = Text::new(
                "décompressez l’archive et déposez le tableau qu’elle contient",
                "unpack the archive and drop the table inside",
            );
        }
        refusal
    }
}

fn inflates_too_much(inflated: u64, bytes: u64, limits: &Limits) -> Refusal {
    Refusal::new(
        RefusalCode::InflatesTooMuch,
        Text::new(
            format!("Le fichier pèse {} Mo mais se déplie en plus de {} Mo", megabytes(bytes), megabytes(inflated)),
            format!("The file weighs {} MB but unpacks to more than {} MB", megabytes(bytes), megabytes(inflated)),
        ),
        Text::new(
            format!("au plus {} Mo une fois déplié", megabytes(limits.max_inflated_bytes)),
            format!("at most {} MB once unpacked", megabytes(limits.max_inflated_bytes)),
        ),
        Text::new(
            "copiez la seule liste des clients dans un nouveau classeur, ou exportez-la au format CSV",
            "copy only the list of clients to a new workbook, or export it as CSV",
        ),
    )
}

/// What may still be inflated, shared by the parts of one archive.
#[derive(Clone)]
pub(crate) struct Budget {
    left: Rc<Cell<u64>>,
    limits: Limits,
}

impl Budget {
    pub fn new(limits: &Limits) -> Self {
        Self { left: Rc::new(Cell::new(limits.max_inflated_bytes)), limits: limits.clone() }
    }
}

/// Where the scan stands between two blocks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scan {
    /// In a tag or in text: the next `<` ends it.
    Plain,
    /// Just after `<`.
    Opened,
    /// After `<!`: what follows tells a comment or CDATA, which may hold any `<`.
    Bang,
    /// In a comment, CDATA or processing instruction, until `>` preceded by this byte.
    Until(u8),
}

/// Counts what comes out of an archive, and refuses what an XML reader could not hold in little memory.
pub(crate) struct Guarded<R> {
    inner: R,
    budget: Budget,
    compressed: u64,
    inflated: u64,
    max_part: Option<u64>,
    scan: Scan,
    before: u8,
    node: usize,
    part: String,
}

impl<R: Read> Guarded<R> {
    fn refuse(&self, refusal: Refusal) -> std::io::Error {
        std::io::Error::other(
            refusal.at(Text::new(format!("partie « {} »", self.part), format!("part “{}”", self.part))),
        )
    }

    fn scan(&mut self, block: &[u8]) -> Result<(), std::io::Error> {
        let mut at = 0;
        while at < block.len() {
            match self.scan {
                Scan::Plain => {
                    let stop = memchr::memchr(b'<', &block[at..]);
                    self.node += stop.unwrap_or(block.len() - at);
                    if self.node > MAX_NODE_BYTES {
                        return Err(self.refuse(node_too_long()));
                    }
                    let Some(n) = stop else { return Ok(()) };
                    at += n + 1;
                    self.node = 0;
                    self.scan = Scan::Opened;
                }
                Scan::Opened => {
                    self.before = 0;
                    self.scan = match block[at] {
                        b'!' => Scan::Bang,
                        b'?' => Scan::Until(b'?'),
                        _ => Scan::Plain,
                    };
                    // A `<` here is not XML; the parser will say so.
                    at += usize::from(block[at] != b'<');
                }
                Scan::Bang => {
                    self.scan = match block[at] {
                        b'-' => Scan::Until(b'-'),
                        b'[' => Scan::Until(b']'),
                        // A document type can define entities that multiply; workbooks have none.
                        _ => return Err(self.refuse(damaged("le XML du classeur", "the XML of the workbook"))),
                    };
                    at += 1;
                }
                Scan::Until(mark) => {
                    let stop = memchr::memchr(b'>', &block[at..]);
                    let n = stop.unwrap_or(block.len() - at);
                    self.node += n;
                    if self.node > MAX_NODE_BYTES {
                        return Err(self.refuse(node_too_long()));
                    }
                    if n > 0 {
                        self.before = block[at + n - 1];
                    }
                    at += n;
                    if stop.is_some() {
                        at += 1;
                        if self.before == mark {
                            self.scan = Scan::Plain;
                            self.node = 0;
                        } else {
                            self.before = b'>';
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

fn node_too_long() -> Refusal {
    let mut refusal = damaged("un élément démesuré (plus de 1 Mo)", "an oversized element (more than 1 MB)");
    refusal.code = RefusalCode::CellTooLong;
    refusal
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buf)?;
        let bytes = n as u64;
        self.inflated += bytes;
        let left = self.budget.left.get();
        let limits = &self.budget.limits;
        if bytes > left
            || self.max_part.is_some_and(|max| self.inflated > max)
            || (self.inflated > limits.ratio_free_bytes
                && self.inflated > self.compressed.max(1).saturating_mul(limits.max_ratio))
        {
            let shown = if bytes > left { limits.max_inflated_bytes } else { self.inflated };
            return Err(self.refuse(inflates_too_much(shown, self.compressed, limits)));
        }
        self.budget.left.set(left - bytes);
        if memchr::memchr(0, &buf[..n]).is_some() {
            return Err(self.refuse(damaged("le XML du classeur", "the XML of the workbook")));
        }
        self.scan(&buf[..n])?;
        Ok(n)
    }
}

/// Events of one part, under the guard.
pub(crate) struct Xml<R: Read> {
    reader: quick_xml::Reader<BufReader<Guarded<R>>>,
    buf: Vec<u8>,
    depth: usize,
}

pub(crate) fn part<'a>(
    archive: &'a mut Archive,
    index: usize,
    budget: &Budget,
    max_part: Option<u64>,
) -> Result<Xml<zip::read::ZipFile<'a, BufReader<File>>>, Refusal> {
    let file = archive.by_index(index).map_err(from_zip)?;
    if file.encrypted() {
        return Err(encrypted());
    }
    let guarded = Guarded {
        compressed: file.compressed_size(),
        part: file.name().map(|n| n.chars().take(80).collect()).unwrap_or_default(),
        inner: file,
        budget: budget.clone(),
        inflated: 0,
        max_part,
        scan: Scan::Plain,
        before: 0,
        node: 0,
    };
    let mut reader = quick_xml::Reader::from_reader(BufReader::with_capacity(32 * 1024, guarded));
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    config.check_end_names = false;
    config.check_comments = false;
    config.trim_text(false);
    config.allow_unmatched_ends = true;
    Ok(Xml { reader, buf: Vec::with_capacity(1024), depth: 0 })
}

impl<R: Read> Xml<R> {
    pub fn next(&mut self) -> Result<Event<'_>, Refusal> {
        self.buf.clear();
        let event = self.reader.read_event_into(&mut self.buf).map_err(from_xml)?;
        match &event {
            Event::Start(_) => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(damaged(
                        "le XML du classeur (imbrication sans fin)",
                        "the XML of the workbook (endless nesting)",
                    ));
                }
            }
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        Ok(event)
    }

    /// How many tags are open, the one just started included.
    pub fn depth(&self) -> usize {
        self.depth
    }
}

fn from_xml(error: quick_xml::Error) -> Refusal {
    if let quick_xml::Error::Io(io) = &error
        && let Some(refusal) = io.get_ref().and_then(|e| e.downcast_ref::<Refusal>())
    {
        return refusal.clone();
    }
    damaged("le XML du classeur", "the XML of the workbook")
}

pub(crate) fn attribute(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, Refusal> {
    match start.try_get_attribute(name).map_err(|_| damaged("le XML du classeur", "the XML of the workbook"))? {
        None => Ok(None),
        Some(value) => value
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .map(|v| Some(v.into_owned()))
            .map_err(|_| damaged("le XML du classeur", "the XML of the workbook")),
    }
}

/// A part that streams, or that is small: one text, cut in however many pieces, must still fit a cell.
fn check_any(archive: &mut Archive, index: usize, budget: &Budget, max: Option<u64>) -> Result<(), Refusal> {
    let mut xml = part(archive, index, budget, max)?;
    let mut text = TextRun::default();
    loop {
        match xml.next()? {
            Event::Start(e) => text.start(e.local_name().as_ref()),
            Event::End(e) => text.end(e.local_name().as_ref()),
            Event::Text(t) => text.add(t.len())?,
            Event::CData(t) => text.add(t.len())?,
            Event::GeneralRef(r) => text.add(r.len())?,
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// The text of a cell may come in many runs (`<is><r><t>…`): counted from the first tag that calamine gathers to the
/// end tag of the same name.
#[derive(Default)]
struct TextRun {
    within: Option<&'static str>,
    bytes: usize,
}

impl TextRun {
    fn start(&mut self, name: &str) {
        if self.within.is_none() {
            self.within = ["is", "si", "v", "f"].into_iter().find(|n| *n == name);
            self.bytes = 0;
        }
    }

    fn end(&mut self, name: &str) {
        if self.within == Some(name) {
            self.within = None;
        }
    }

    fn add(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.bytes += bytes;
        if self.within.is_some() && self.bytes > MAX_NODE_BYTES {
            return Err(node_too_long());
        }
        Ok(())
    }
}

fn check_shared_strings(archive: &mut Archive, index: usize, budget: &Budget, limits: &Limits) -> Result<(), Refusal> {
    let mut xml = part(archive, index, budget, Some(limits.max_shared_bytes))?;
    let mut text = TextRun::default();
    let (mut strings, mut declared) = (0u64, false);
    loop {
        match xml.next()? {
            Event::Start(e) => {
                let name = e.local_name();
                if name.as_ref() == "sst" && !declared {
                    declared = true;
                    // The reader reserves room for as many texts as the part announces.
                    let announced =
                        attribute(&e, "uniqueCount")?.and_then(|n| n.trim().parse::<u64>().ok()).unwrap_or(0);
                    if announced > 8 * limits.max_shared_strings {
                        return Err(damaged("la table des textes partagés", "the table of shared texts"));
                    }
                }
                text.start(e.local_name().as_ref());
                if e.local_name().as_ref() == "si" {
                    strings += 1;
                    if strings > limits.max_shared_strings {
                        return Err(too_many_texts(limits.max_shared_strings));
                    }
                }
            }
            Event::End(e) => text.end(e.local_name().as_ref()),
            Event::Text(t) => text.add(t.len())?,
            Event::CData(t) => text.add(t.len())?,
            Event::GeneralRef(r) => text.add(r.len())?,
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn too_many_texts(limit: u64) -> Refusal {
    Refusal::new(
        RefusalCode::InflatesTooMuch,
        Text::new(
            format!("Le classeur contient plus de {} textes différents", grouped(limit)),
            format!("The workbook holds more than {} different texts", grouped(limit)),
        ),
        Text::new(
            format!("au plus {} textes différents", grouped(limit)),
            format!("at most {} different texts", grouped(limit)),
        ),
        Text::new(
            "ne gardez que la feuille des clients, ou exportez-la au format CSV",
            "keep only the sheet of the clients, or export it as CSV",
        ),
    )
}

/// calamine keeps one style per `xf`, with copies of the texts of its font and number format.
fn check_styles(archive: &mut Archive, index: usize, budget: &Budget) -> Result<(), Refusal> {
    let mut xml = part(archive, index, budget, Some(MAX_SMALL_PART_BYTES))?;
    let (mut tags, mut styles, mut longest) = (0u64, 0u64, 0u64);
    loop {
        match xml.next()? {
            Event::Start(e) => {
                tags += 1;
                styles += u64::from(e.local_name().as_ref() == "xf");
                longest = longest.max(e.len() as u64);
                if tags > MAX_STYLE_TAGS || styles.saturating_mul(600 + 2 * longest) > MAX_STYLE_COST {
                    return Err(Refusal::new(
                        RefusalCode::InflatesTooMuch,
                        Text::new(
                            format!("Le classeur définit plus de {} styles de cellule", grouped(styles)),
                            format!("The workbook defines more than {} cell styles", grouped(styles)),
                        ),
                        Text::new(
                            "un classeur ordinaire (quelques centaines de styles)",
                            "an ordinary workbook (some hundreds of styles)",
                        ),
                        Text::new(
                            "copiez la liste, sans sa mise en forme, dans un nouveau classeur, ou exportez-la au format CSV",
                            "copy the list without its formatting to a new workbook, or export it as CSV",
                        ),
                    ));
                }
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// The parts that are read are found through relations: one that leads to something else than XML would escape the
/// checks of this module.
fn check_relations(archive: &mut Archive, index: usize, budget: &Budget) -> Result<(), Refusal> {
    let mut xml = part(archive, index, budget, Some(MAX_TABLE_PART_BYTES))?;
    let bad = || damaged("la table des parties du classeur", "the table of parts of the workbook");
    loop {
        match xml.next()? {
            Event::Start(e) if e.local_name().as_ref() == "Relationship" => {
                let kind = attribute(&e, "Type")?.unwrap_or_default();
                let target = attribute(&e, "Target")?.unwrap_or_default().to_ascii_lowercase();
                let expected = match kind.rsplit('/').next() {
                    Some("officeDocument") => is_workbook_part(&target),
                    Some("worksheet" | "chartsheet" | "dialogsheet") => target.ends_with(".xml"),
                    _ => true,
                };
                if !expected {
                    return Err(bad());
                }
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn check_manifest(archive: &mut Archive, index: usize, budget: &Budget) -> Result<(), Refusal> {
    let mut xml = part(archive, index, budget, Some(MAX_SMALL_PART_BYTES))?;
    loop {
        match xml.next()? {
            Event::Start(e) if e.local_name().as_ref() == "encryption-data" => return Err(encrypted()),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}
