//! A ZIP of messages, one entry at a time. What it declares about itself is never believed: entries are counted before the
//! directory is read, and inflated through a counter. An archive within an archive is refused.

use std::fs::File;
use std::io::{BufReader, Read};
use std::ops::ControlFlow;
use std::path::Path;

use domain::text::Text;
use zip::ZipArchive;

use crate::package::count_entries;
use crate::refusal::{Refusal, RefusalCode, grouped, megabytes};

/// What one archive may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    pub max_entries: usize,
    /// One entry, inflated.
    pub max_entry_bytes: u64,
    /// All of them.
    pub max_inflated_bytes: u64,
    /// How many times its own size an entry may inflate to, once past `ratio_free_bytes`.
    pub max_ratio: u64,
    pub ratio_free_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_entries: 5_000,
            max_entry_bytes: 20 * 1024 * 1024,
            max_inflated_bytes: 512 * 1024 * 1024,
            max_ratio: 200,
            ratio_free_bytes: 1024 * 1024,
        }
    }
}

/// Whether a file begins as a ZIP does.
pub fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// Visits every file of an archive, in its order, with its path and content, or why that one is refused. Folders and what
/// operating systems add are passed over.
pub fn for_each_entry(
    path: &Path,
    limits: &Limits,
    mut visit: impl FnMut(&str, Result<Vec<u8>, Refusal>) -> ControlFlow<()>,
) -> Result<(), Refusal> {
    let entries = count_entries(path)?;
    if entries > limits.max_entries {
        return Err(too_many(entries, limits.max_entries));
    }
    let mut archive = ZipArchive::new(BufReader::new(File::open(path)?)).map_err(|e| from_zip(&e))?;
    let mut left = limits.max_inflated_bytes;
    for index in 0..archive.len() {
        let mut file = match archive.by_index(index) {
            Ok(file) => file,
            Err(error) => {
                let name = format!("n° {}", index + 1);
                if visit(&name, Err(from_zip(&error))).is_break() {
                    return Ok(());
                }
                continue;
            }
        };
        let name =
            shown_name(file.name().map_or_else(|_| file.name_raw().into(), |n| n.into_owned().into_bytes().into()));
        if file.is_dir() || is_litter(&name) {
            continue;
        }
        let content = inflate(&mut file, limits, left);
        if let Ok(bytes) = &content {
            left = left.saturating_sub(bytes.len() as u64);
        }
        let ends = matches!(&content, Err(refusal) if refusal.code == RefusalCode::InflatesTooMuch);
        drop(file);
        // One entry that inflates without end is no accident: the rest is left alone.
        if visit(&name, content).is_break() || ends {
            return Ok(());
        }
    }
    Ok(())
}

/// The name of an entry as a person may read it; it never names a place.
fn shown_name(raw: std::borrow::Cow<'_, [u8]>) -> String {
    let text = String::from_utf8_lossy(&raw).replace('\\', "/");
    let name: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
    if name.is_empty() { "?".to_owned() } else { name }
}

fn is_litter(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    name.starts_with("__MACOSX/") || matches!(last, ".DS_Store" | "Thumbs.db" | "desktop.ini") || last.starts_with("._")
}

fn inflate(file: &mut impl ReadEntry, limits: &Limits, left: u64) -> Result<Vec<u8>, Refusal> {
    let compressed = file.compressed();
    let ceiling = limits.ratio_free_bytes.max(compressed.saturating_mul(limits.max_ratio));
    let most = limits.max_entry_bytes.min(left).min(ceiling);
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(|e| damaged(&e.to_string()))?;
    if bytes.len() as u64 > most {
        return Err(if most == limits.max_entry_bytes { too_large(most) } else { inflates(most) });
    }
    if is_zip(&bytes)
        || bytes.starts_with(b"\x1f\x8b")
        || bytes.starts_with(b"7z\xbc\xaf")
        || bytes.starts_with(b"Rar!")
    {
        return Err(nested());
    }
    Ok(bytes)
}

trait ReadEntry: Read + Sized {
    fn compressed(&self) -> u64;
}

impl<R: Read> ReadEntry for zip::read::ZipFile<'_, R> {
    fn compressed(&self) -> u64 {
        self.compressed_size()
    }
}

fn fix() -> Text {
    Text::new(
        "déposez les fichiers par archives plus petites, ou un à un",
        "drop the files in smaller archives, or one by one",
    )
}

fn too_many(entries: usize, most: usize) -> Refusal {
    let (entries, most) = (grouped(entries as u64), grouped(most as u64));
    Refusal::new(
        RefusalCode::InflatesTooMuch,
        Text::new(format!("L’archive contient {entries} fichiers"), format!("The archive holds {entries} files")),
        Text::new(format!("au plus {most} fichiers"), format!("at most {most} files")),
        fix(),
    )
}

fn too_large(most: u64) -> Refusal {
    let most = megabytes(most);
    Refusal::new(
        RefusalCode::FileTooLarge,
        Text::new(
            format!("Ce fichier de l’archive dépasse {most} Mo"),
            format!("This file of the archive exceeds {most} MB"),
        ),
        Text::new(format!("au plus {most} Mo"), format!("at most {most} MB")),
        fix(),
    )
}

fn inflates(most: u64) -> Refusal {
    let most = megabytes(most);
    Refusal::new(
        RefusalCode::InflatesTooMuch,
        Text::new(
            format!("L’archive se déplie démesurément (plus de {most} Mo à cet endroit)"),
            format!("The archive unpacks out of all measure (more than {most} MB at this place)"),
        ),
        Text::new("une archive de messages et de factures", "an archive of messages and invoices"),
        fix(),
    )
}

fn nested() -> Refusal {
    Refusal::new(
        RefusalCode::UnsupportedFormat,
        Text::new("Une archive dans l’archive n’est pas ouverte", "An archive within the archive is not opened"),
        Text::new("une archive qui contient les fichiers eux-mêmes", "an archive that holds the files themselves"),
        Text::new("déposez l’archive intérieure à part", "drop the inner archive on its own"),
    )
}

fn damaged(why: &str) -> Refusal {
    let why: String = why.chars().take(120).collect();
    Refusal::new(
        RefusalCode::Damaged,
        Text::new(format!("L’archive est abîmée ({why})"), format!("The archive is damaged ({why})")),
        Text::new("une archive ZIP complète, sans mot de passe", "a whole ZIP archive, without a password"),
        Text::new("refaites l’archive et déposez-la à nouveau", "make the archive again and drop it again"),
    )
}

fn from_zip(error: &zip::result::ZipError) -> Refusal {
    match error {
        zip::result::ZipError::UnsupportedArchive(reason) if reason.contains("assword") => {
            let mut refusal = damaged("protégée par un mot de passe / protected by a password");
            refusal.code = RefusalCode::Encrypted;
            refusal
        }
        other => damaged(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::write::SimpleFileOptions;

    fn zipped(files: &[(&str, &[u8])]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, content) in files {
            out.start_file(*name, SimpleFileOptions::default()).unwrap();
            out.write_all(content).unwrap();
        }
        file.write_all(&out.finish().unwrap().into_inner()).unwrap();
        file
    }

    /// The name of each entry, with its size or why it was not unpacked.
    type Entries = Vec<(String, Result<usize, RefusalCode>)>;

    fn read(file: &tempfile::NamedTempFile, limits: &Limits) -> Result<Entries, Refusal> {
        let mut seen = Vec::new();
        for_each_entry(file.path(), limits, |name, content| {
            seen.push((name.to_owned(), content.map(|c| c.len()).map_err(|r| r.code)));
            ControlFlow::Continue(())
        })?;
        Ok(seen)
    }

    #[test]
    fn files_are_visited_and_litter_is_not() {
        let file = zipped(&[
            ("a/b.xml", b"<r/>"),
            ("__MACOSX/a/._b.xml", b"x"),
            ("../../c.xml", b"<s/>"),
            (".DS_Store", b"x"),
        ]);
        let seen = read(&file, &Limits::default()).unwrap();
        assert_eq!(seen, [("a/b.xml".to_owned(), Ok(4)), ("../../c.xml".to_owned(), Ok(4))], "a name is only shown");
    }

    #[test]
    fn what_grows_nests_or_crowds_is_refused() {
        let inner = std::fs::read(zipped(&[("x.xml", b"<r/>")]).path()).unwrap();
        let seen = read(&zipped(&[("in.zip", &inner), ("b.xml", b"<r/>")]), &Limits::default()).unwrap();
        assert_eq!(seen[0].1, Err(RefusalCode::UnsupportedFormat));
        assert_eq!(seen[1].1, Ok(4), "the others are read");

        let zeros = vec![b' '; 8 * 1024 * 1024];
        let seen = read(&zipped(&[("bomb.xml", &zeros), ("b.xml", b"<r/>")]), &Limits::default()).unwrap();
        assert_eq!(seen, [("bomb.xml".to_owned(), Err(RefusalCode::InflatesTooMuch))], "nothing after a bomb is read");

        let limits = Limits { max_entries: 2, ..Limits::default() };
        let crowd = zipped(&[("1", b"a"), ("2", b"b"), ("3", b"c")]);
        assert_eq!(read(&crowd, &limits).unwrap_err().code, RefusalCode::InflatesTooMuch);

        let mut broken = tempfile::NamedTempFile::new().unwrap();
        broken.write_all(&inner[..inner.len() - 10]).unwrap();
        assert_eq!(read(&broken, &Limits::default()).unwrap_err().code, RefusalCode::Damaged);
    }
}
