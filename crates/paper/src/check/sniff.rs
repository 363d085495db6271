//! What a file really is, by its first bytes.

use super::UploadKind;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Pdf,
    Png,
    Jpeg,
    Heic,
    /// A PDF that begins with something else.
    LatePdf,
    Html,
    Xml,
    Svg,
    Zip,
    Office,
    OldOffice,
    Executable,
    Script,
    Rtf,
    Gif,
    Tiff,
    Webp,
    Avif,
    Bmp,
    Video,
    Mail,
    Text,
    Unknown,
}

impl Found {
    pub(super) fn kind(self) -> Option<UploadKind> {
        match self {
            Self::Pdf => Some(UploadKind::Pdf),
            Self::Png => Some(UploadKind::Png),
            Self::Jpeg => Some(UploadKind::Jpeg),
            Self::Heic => Some(UploadKind::Heic),
            _ => None,
        }
    }

    pub(super) fn code(self) -> &'static str {
        self.row().0
    }

    /// "une page HTML", "an HTML page".
    pub(super) fn words(self) -> (&'static str, &'static str) {
        let (_, fr, en) = self.row();
        (fr, en)
    }

    fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Pdf => ("pdf", "un PDF", "a PDF"),
            Self::Png => ("png", "une image PNG", "a PNG image"),
            Self::Jpeg => ("jpeg", "une image JPEG", "a JPEG image"),
            Self::Heic => ("heic", "une image HEIC", "a HEIC image"),
            Self::LatePdf => (
                "late_pdf",
                "un PDF précédé d’autres données, ce qu’un PDF sain n’est pas",
                "a PDF with other data before it, which a sound PDF is not",
            ),
            Self::Html => ("html", "une page HTML", "an HTML page"),
            Self::Xml => ("xml", "un fichier XML", "an XML file"),
            Self::Svg => ("svg", "un dessin SVG", "an SVG drawing"),
            Self::Zip => ("zip", "une archive ZIP", "a ZIP archive"),
            Self::Office => {
                ("office", "un document Word, Excel ou OpenDocument", "a Word, Excel or OpenDocument document")
            }
            Self::OldOffice => {
                ("old_office", "un ancien document Word, Excel ou Outlook", "an old Word, Excel or Outlook document")
            }
            Self::Executable => ("executable", "un programme", "a program"),
            Self::Script => ("script", "un script", "a script"),
            Self::Rtf => ("rtf", "un document RTF", "an RTF document"),
            Self::Gif => ("gif", "une image GIF", "a GIF image"),
            Self::Tiff => ("tiff", "une image TIFF", "a TIFF image"),
            Self::Webp => ("webp", "une image WebP", "a WebP image"),
            Self::Avif => ("avif", "une image AVIF", "an AVIF image"),
            Self::Bmp => ("bmp", "une image BMP", "a BMP image"),
            Self::Video => ("video", "une vidéo", "a video"),
            Self::Mail => ("mail", "un courriel", "an e-mail message"),
            Self::Text => ("text", "un fichier texte", "a text file"),
            Self::Unknown => ("unknown", "d’un format inconnu", "of an unknown format"),
        }
    }
}

pub(super) const HEIC_BRANDS: &[&[u8; 4]] =
    &[b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"];

pub(super) fn sniff(bytes: &[u8]) -> Found {
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    let head = &bytes[..bytes.len().min(1024)];
    let lower = head.to_ascii_lowercase();
    let holds = |word: &[u8]| lower.windows(word.len()).any(|window| window == word);
    let html = || {
        [&b"<html"[..], b"<!doctype html", b"<script", b"<body", b"<iframe", b"<head>"].iter().any(|word| holds(word))
    };
    match () {
        () if begins(b"%PDF-") => Found::Pdf,
        () if begins(b"\x89PNG\r\n\x1a\n") => Found::Png,
        () if begins(b"\xff\xd8\xff") => Found::Jpeg,
        () if bytes.get(4..8) == Some(b"ftyp") => brand(bytes),
        () if begins(b"PK\x03\x04") || begins(b"PK\x05\x06") || begins(b"PK\x07\x08") => zip(head),
        () if begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") => Found::OldOffice,
        () if begins(b"MZ") || begins(b"\x7fELF") || is_mach_o(bytes) => Found::Executable,
        () if begins(b"#!") => Found::Script,
        () if begins(b"{\\rtf") => Found::Rtf,
        () if begins(b"GIF8") => Found::Gif,
        () if begins(b"II*\0") || begins(b"MM\0*") => Found::Tiff,
        () if begins(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") => Found::Webp,
        () if begins(b"BM") && bytes.len() > 54 && head.contains(&0) => Found::Bmp,
        () if html() => Found::Html,
        () if holds(b"<svg") => Found::Svg,
        () if holds(b"%pdf-") => Found::LatePdf,
        () if lower.trim_ascii_start().starts_with(b"<?xml") => Found::Xml,
        () if [&b"received: "[..], b"return-path: ", b"mime-version: "].iter().any(|h| lower.starts_with(h)) => {
            Found::Mail
        }
        () if is_text(head) => Found::Text,
        () => Found::Unknown,
    }
}

fn is_mach_o(bytes: &[u8]) -> bool {
    [b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"]
        .iter()
        .any(|magic| bytes.starts_with(*magic))
}

/// The brands that an ISO file names itself by.
fn brand(bytes: &[u8]) -> Found {
    let size = super::be32(bytes, 0).unwrap_or(0) as usize;
    let brands = bytes.get(8..size.min(bytes.len()).min(1024)).unwrap_or_default();
    let mut named = brands.chunks_exact(4).enumerate().filter(|(index, _)| *index != 1).map(|(_, brand)| brand);
    let named: Vec<&[u8]> = named.by_ref().collect();
    if named.iter().any(|brand| *brand == b"avif" || *brand == b"avis") {
        Found::Avif
    } else if named.iter().any(|brand| HEIC_BRANDS.iter().any(|heic| heic.as_slice() == *brand)) {
        Found::Heic
    } else {
        Found::Video
    }
}

fn zip(head: &[u8]) -> Found {
    let holds = |word: &[u8]| head.windows(word.len()).any(|window| window == word);
    let office = [&b"[Content_Types].xml"[..], b"word/", b"xl/", b"ppt/", b"_rels/", b"application/vnd.oasis"];
    if office.iter().any(|word| holds(word)) { Found::Office } else { Found::Zip }
}

fn is_text(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let readable = head.iter().filter(|byte| **byte >= 0x20 || matches!(**byte, b'\n' | b'\r' | b'\t')).count();
    !head.contains(&0) && readable * 100 >= head.len() * 98
}
