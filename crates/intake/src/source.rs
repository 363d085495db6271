//! A file that was dropped: its kind told by its content, its size and shape held within the limits.
//!
//! What is refused here is refused before a single row is read: PDF, pages, pictures, protected workbooks, archives that
//! inflate to far more than they weigh, names that promise another form than the content has.

use crate::limits::Limits;
use crate::note::{Note, NoteCode};
use crate::refusal::{Refusal, RefusalCode, megabytes, save_as_xlsx, table_expected};
use crate::{package, xls};
use domain::text::Text;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

domain::closed_enum! {
    pub enum Kind { Csv = "csv", Tsv = "tsv", Xlsx = "xlsx", Xls = "xls", Ods = "ods" }
}

domain::closed_enum! {
    /// Encodings that French software writes.
    pub enum Encoding {
        Utf8 = "utf-8",
        Utf8Bom = "utf-8-bom",
        Utf16Le = "utf-16le",
        Utf16Be = "utf-16be",
        Windows1252 = "windows-1252",
        Iso885915 = "iso-8859-15",
    }
}

impl Encoding {
    pub(crate) fn decoder(self) -> encoding_rs::Decoder {
        match self {
            Encoding::Utf8 | Encoding::Utf8Bom => encoding_rs::UTF_8,
            Encoding::Utf16Le => encoding_rs::UTF_16LE,
            Encoding::Utf16Be => encoding_rs::UTF_16BE,
            Encoding::Windows1252 => encoding_rs::WINDOWS_1252,
            Encoding::Iso885915 => encoding_rs::ISO_8859_15,
        }
        .new_decoder_with_bom_removal()
    }
}

/// A file checked and ready to be read, as many times as needed. It holds a path, not the content.
#[derive(Debug, Clone)]
pub struct Source {
    pub(crate) path: PathBuf,
    pub(crate) limits: Limits,
    name: String,
    kind: Kind,
    bytes: u64,
    encoding: Option<Encoding>,
    notes: Vec<Note>,
}

impl Source {
    /// Opens a file under the name that it had at its owner's. `Kind::Csv` stands for any delimited text until
    /// [`crate::detect`] has found the separator.
    pub fn open(path: &Path, name: &str, limits: Limits) -> Result<Source, Refusal> {
        let mut file = File::open(path)?;
        let bytes = file.metadata()?.len();
        if bytes == 0 {
            return Err(empty());
        }
        if bytes > limits.max_file_bytes {
            return Err(too_large(bytes, limits.max_file_bytes, "un fichier", "a file"));
        }
        let mut head = Vec::with_capacity(4096);
        file.by_ref().take(4096).read_to_end(&mut head)?;
        drop(file);

        let mut source = Source {
            path: path.to_owned(),
            limits,
            name: name.chars().take(200).collect(),
            kind: Kind::Csv,
            bytes,
            encoding: None,
            notes: Vec::new(),
        };
        source.kind = if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            package::check(path, bytes, &source.limits)?
        } else if head.starts_with(&xls::MAGIC) {
            if bytes > source.limits.max_xls_bytes {
                return Err(too_large(bytes, source.limits.max_xls_bytes, "un fichier .xls", "an .xls file"));
            }
            xls::check(path, bytes)?;
            Kind::Xls
        } else {
            refuse_other_formats(&head)?;
            let sniffed = sniff_encoding(path)?;
            source.encoding = Some(sniffed.encoding);
            source.notes.extend(sniffed.note);
            Kind::Csv
        };
        refuse_wrong_extension(name, source.kind)?;
        Ok(source)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The encoding found, for a delimited text.
    pub fn encoding(&self) -> Option<Encoding> {
        self.encoding
    }

    pub(crate) fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Csv | Kind::Tsv)
    }
}

fn empty() -> Refusal {
    Refusal::new(
        RefusalCode::EmptyFile,
        Text::new("Le fichier est vide (0 octet)", "The file is empty (0 bytes)"),
        table_expected(),
        Text::new("exportez à nouveau la liste depuis votre logiciel", "export the list again from your software"),
    )
}

fn too_large(bytes: u64, limit: u64, fr: &str, en: &str) -> Refusal {
    let (bytes, limit) = (megabytes(bytes), megabytes(limit));
    Refusal::new(
        RefusalCode::FileTooLarge,
        Text::new(format!("Le fichier pèse {bytes} Mo"), format!("The file weighs {bytes} MB")),
        Text::new(format!("{fr} d’au plus {limit} Mo"), format!("{en} of at most {limit} MB")),
        Text::new(
            "retirez les colonnes et les feuilles inutiles, ou partagez la liste en plusieurs fichiers",
            "remove the columns and sheets that are not needed, or split the list into several files",
        ),
    )
}

pub(crate) fn not_a_table(fr: &str, en: &str) -> Refusal {
    Refusal::new(
        RefusalCode::NotATable,
        Text::new(format!("Ce fichier est {fr}, pas un tableau"), format!("This file is {en}, not a table")),
        table_expected(),
        Text::new(
            "exportez la liste des clients depuis votre logiciel au format CSV ou Excel",
            "export the list of clients from your software as CSV or Excel",
        ),
    )
}

pub(crate) fn unsupported(fr: &str, en: &str) -> Refusal {
    Refusal::new(
        RefusalCode::UnsupportedFormat,
        Text::new(format!("Le format {fr} n’est pas lu"), format!("The format {en} is not read")),
        table_expected(),
        save_as_xlsx(),
    )
}

pub(crate) fn encrypted() -> Refusal {
    Refusal::new(
        RefusalCode::Encrypted,
        Text::new("Le classeur est protégé par un mot de passe", "The workbook is protected by a password"),
        Text::new("un classeur sans mot de passe", "a workbook without a password"),
        Text::new(
            "ouvrez-le dans votre tableur, retirez le mot de passe (Fichier > Informations > Protéger) et enregistrez-le",
            "open it in your spreadsheet program, remove the password (File > Info > Protect) and save it",
        ),
    )
}

/// Content that starts like something else than a table.
fn refuse_other_formats(head: &[u8]) -> Result<(), Refusal> {
    const MAGIC: &[(&[u8], &str, &str)] = &[
        (b"%PDF", "un document PDF", "a PDF document"),
        (b"\x89PNG", "une image PNG", "a PNG picture"),
        (b"\xff\xd8\xff", "une image JPEG", "a JPEG picture"),
        (b"GIF8", "une image GIF", "a GIF picture"),
        (b"{\\rtf", "un document RTF", "an RTF document"),
        (b"\x7fELF", "un programme", "a program"),
        (b"MZ\x90", "un programme", "a program"),
        (b"SQLite format 3", "une base de données", "a database"),
        (b"\x1f\x8b", "une archive gzip", "a gzip archive"),
        (b"7z\xbc\xaf", "une archive 7z", "a 7z archive"),
        (b"Rar!", "une archive RAR", "a RAR archive"),
        (b"BZh", "une archive bzip2", "a bzip2 archive"),
    ];
    if let Some((_, fr, en)) = MAGIC.iter().find(|(magic, _, _)| head.starts_with(magic)) {
        return Err(not_a_table(fr, en));
    }
    let text: String = head
        .iter()
        .filter(|b| b.is_ascii() && **b != 0)
        .map(|b| char::from(b.to_ascii_lowercase()))
        .skip_while(|c| c.is_whitespace())
        .take(2048)
        .collect();
    if text.starts_with("<!doctype html") || text.starts_with("<html") || text.starts_with("<table") {
        return Err(unsupported(
            "HTML (une page web, parfois enregistrée sous le nom .xls)",
            "HTML (a web page, sometimes saved under the name .xls)",
        ));
    }
    if text.starts_with("<?xml") && text.contains("spreadsheet") {
        return Err(unsupported(
            "XML de tableur (Excel 2003 ou OpenDocument à plat)",
            "spreadsheet XML (Excel 2003 or flat OpenDocument)",
        ));
    }
    if text.starts_with("<?xml") {
        return Err(not_a_table("un document XML", "an XML document"));
    }
    if text.starts_with("{\"") || text.starts_with("[{") || text.starts_with("{\n") || text.starts_with("[\n") {
        return Err(not_a_table("un document JSON", "a JSON document"));
    }
    if text.starts_with("begin:vcard") {
        return Err(not_a_table("un carnet d’adresses vCard", "a vCard address book"));
    }
    Ok(())
}

/// A name that promises another form than the content has: somebody chose the wrong file, or a program wrote one form
/// under the name of another. Read all the same, it would hide which.
fn refuse_wrong_extension(name: &str, kind: Kind) -> Result<(), Refusal> {
    const EXTENSIONS: [(&[Kind], &[&str]); 4] = [
        (&[Kind::Csv, Kind::Tsv], &["csv", "tsv", "txt", "tab", "asc", "dat"]),
        (&[Kind::Xlsx], &["xlsx", "xlsm", "xltx", "xltm"]),
        (&[Kind::Xls], &["xls", "xlt", "xla"]),
        (&[Kind::Ods], &["ods", "ots"]),
    ];
    let Some((_, extension)) = name.rsplit_once('.') else { return Ok(()) };
    let extension = extension.to_ascii_lowercase();
    // An ending that says nothing of a table (.bak, .export) contradicts nothing.
    let Some((promised, _)) = EXTENSIONS.iter().find(|(_, known)| known.contains(&extension.as_str())) else {
        return Ok(());
    };
    if promised.contains(&kind) {
        return Ok(());
    }
    let (fr, en, right) = match kind {
        Kind::Csv | Kind::Tsv => ("un texte", "a text", "csv"),
        Kind::Xlsx => ("un classeur Excel", "an Excel workbook", "xlsx"),
        Kind::Xls => ("un classeur Excel d’avant 2007", "an Excel workbook from before 2007", "xls"),
        Kind::Ods => ("un classeur OpenDocument", "an OpenDocument workbook", "ods"),
    };
    Err(Refusal::new(
        RefusalCode::WrongExtension,
        Text::new(
            format!("Le nom se termine par .{extension}, mais le contenu est {fr} (.{right})"),
            format!("The name ends in .{extension}, but the content is {en} (.{right})"),
        ),
        Text::new("un nom qui dit la forme du contenu", "a name that tells the form of the content"),
        Text::new(
            format!("renommez le fichier en .{right} si c’est bien le bon, ou exportez à nouveau la liste"),
            format!("rename the file to .{right} if it is the right one, or export the list again"),
        ),
    ))
}

struct Sniffed {
    encoding: Encoding,
    note: Option<Note>,
}

/// Byte order mark, then strict UTF-8, then the two Western encodings told apart by the bytes that differ.
/// Reads the whole file once: a lone accent may stand on its last line.
fn sniff_encoding(path: &Path) -> Result<Sniffed, Refusal> {
    let mut file = File::open(path)?;
    let mut buf = vec![0u8; 64 * 1024];
    let mut filled = read_some(&mut file, &mut buf, 0)?;
    let sure = |encoding| Ok(Sniffed { encoding, note: None });
    if buf.starts_with(b"\xff\xfe") {
        return sure(Encoding::Utf16Le);
    }
    if buf.starts_with(b"\xfe\xff") {
        return sure(Encoding::Utf16Be);
    }
    let bom = buf[..filled].starts_with(b"\xef\xbb\xbf");
    if !bom && let Some(encoding) = sniff_utf16(&buf[..filled.min(4096)]) {
        return sure(encoding);
    }

    let mut counts = [0u32; 256];
    // "½" between two letters is an "œ" of ISO 8859-15; beside a digit or a space it is a half.
    let mut ligatures_15 = 0u32;
    let (mut valid, mut invalid) = (0u32, 0u32);
    loop {
        let carried = if buf[..filled].is_ascii() {
            0
        } else {
            for window in buf[..filled].windows(3) {
                if matches!(window[1], 0xbd | 0xbc) && window[0].is_ascii_alphabetic() | window[2].is_ascii_alphabetic()
                {
                    ligatures_15 += 1;
                }
            }
            for byte in &buf[..filled] {
                counts[usize::from(*byte)] += 1;
            }
            count_utf8(&buf[..filled], &mut valid, &mut invalid)
        };
        buf.copy_within(filled - carried..filled, 0);
        let read = read_some(&mut file, &mut buf, carried)?;
        if read == carried {
            // A character cut by the end of the file.
            invalid += u32::from(carried > 0);
            break;
        }
        filled = read;
    }

    let utf8 = if bom { Encoding::Utf8Bom } else { Encoding::Utf8 };
    if invalid == 0 {
        return sure(utf8);
    }
    // A few broken characters in a text that is otherwise UTF-8: reading it as 1252 would spoil every accent.
    if bom || (valid >= 5 && valid / 20 >= invalid) {
        return Ok(Sniffed {
            encoding: utf8,
            note: Some(Note::new(
                NoteCode::UnreadableCharacters,
                match invalid {
                    1 => "Un caractère illisible en UTF-8 : remplacé par « \u{fffd} ».".to_owned(),
                    n => format!("{n} caractères illisibles en UTF-8 : remplacés par « \u{fffd} »."),
                },
                match invalid {
                    1 => "One character unreadable in UTF-8: replaced by “\u{fffd}”.".to_owned(),
                    n => format!("{n} characters unreadable in UTF-8: replaced by “\u{fffd}”."),
                },
            )),
        });
    }
    let controls: u32 = counts[0x80..=0x9f].iter().sum();
    let marks_15 = counts[0xa4] + ligatures_15;
    let encoding = if controls == 0 && marks_15 > 0 { Encoding::Iso885915 } else { Encoding::Windows1252 };
    Ok(Sniffed { encoding, note: None })
}

/// Text written as UTF-16 without its mark: every other byte is zero.
fn sniff_utf16(head: &[u8]) -> Option<Encoding> {
    let pairs = head.len() / 2;
    if pairs < 4 {
        return None;
    }
    let zero_high = head.chunks_exact(2).filter(|pair| pair[1] == 0 && pair[0] != 0).count();
    let zero_low = head.chunks_exact(2).filter(|pair| pair[0] == 0 && pair[1] != 0).count();
    if zero_high * 10 >= pairs * 8 && zero_low == 0 {
        Some(Encoding::Utf16Le)
    } else if zero_low * 10 >= pairs * 8 && zero_high == 0 {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

/// Fills the buffer from `start`; returns where the content ends.
fn read_some(file: &mut File, buf: &mut [u8], start: usize) -> std::io::Result<usize> {
    let mut end = start;
    while end < buf.len() {
        match file.read(&mut buf[end..])? {
            0 => break,
            n => end += n,
        }
    }
    Ok(end)
}

/// Counts characters of several bytes, whole and broken; returns how many bytes at the end wait for the next block.
fn count_utf8(block: &[u8], valid: &mut u32, invalid: &mut u32) -> usize {
    let mut rest = block;
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) => {
                *valid += u32::try_from(text.chars().filter(|c| !c.is_ascii()).count()).unwrap_or(u32::MAX);
                return 0;
            }
            Err(error) => {
                let (good, bad) = rest.split_at(error.valid_up_to());
                let lead = good.iter().filter(|b| **b >= 0xc0).count();
                *valid += u32::try_from(lead).unwrap_or(u32::MAX);
                match error.error_len() {
                    None => return bad.len(),
                    Some(len) => {
                        *invalid += 1;
                        rest = &bad[len..];
                    }
                }
            }
        }
    }
}
