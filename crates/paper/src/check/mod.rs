//! Whether an uploaded file is what it says, and whether it may be kept. The content decides; the name must agree.
//!
//! A hostile file costs bounded memory and time: [`pdf`] counts what it reads and unpacks and follows nothing, images are
//! walked and never decoded. No library sees an upload.

mod heic;
mod jpeg;
mod pdf;
mod png;
mod sniff;

use domain::text::Text;
use serde::Serialize;

use crate::refused::{Refused, RefusedCode, accepted, scan_again};
pub(crate) use pdf::{find, may_be_followed, rfind};

/// The XML of the invoice that a Factur-X PDF carries; nothing else of the file is opened.
pub fn invoice_xml(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, Refused> {
    pdf::invoice_xml(bytes, limits)
}
use sniff::Found;

domain::closed_enum! {
    pub enum UploadKind {
        Pdf = "pdf",
        Png = "png",
        Jpeg = "jpeg",
        Heic = "heic",
    }
}

impl UploadKind {
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Heic => "image/heic",
        }
    }

    /// The endings that a name may have; the first is the one to give to a kept file.
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg", "jpe", "jfif"],
            Self::Heic => &["heic", "heif"],
        }
    }
}

/// What one file may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    pub max_bytes: u64,
    /// Width times height of an image.
    pub max_pixels: u64,
    /// What the object streams of a PDF may unpack to, all together.
    pub max_unpacked_bytes: u64,
    /// Objects and dictionaries of a PDF.
    pub max_objects: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 20 * 1024 * 1024,
            max_pixels: 120_000_000,
            max_unpacked_bytes: 32 * 1024 * 1024,
            max_objects: 200_000,
        }
    }
}

/// A file that may be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    pub kind: UploadKind,
    pub media_type: &'static str,
    /// Of a PDF.
    pub pages: Option<u32>,
    /// Of an image, in pixels as they are stored (a photo may be shown turned).
    pub width: Option<u32>,
    pub height: Option<u32>,
}

impl Checked {
    fn image(kind: UploadKind, size: Option<(u32, u32)>) -> Self {
        let (width, height) = size.unzip();
        Self { kind, media_type: kind.media_type(), pages: None, width, height }
    }
}

/// `name` is the name that the file came with; only its ending is looked at.
pub fn check(bytes: &[u8], name: &str, limits: &Limits) -> Result<Checked, Refused> {
    if bytes.is_empty() {
        return Err(Refused::new(
            RefusedCode::Empty,
            Text::new("Le fichier est vide", "The file is empty"),
            accepted(),
            scan_again(),
        ));
    }
    if bytes.len() as u64 > limits.max_bytes {
        return Err(too_large(bytes.len() as u64, limits.max_bytes));
    }
    let found = sniff::sniff(bytes);
    let extension = extension(name);
    let Some(kind) = found.kind() else {
        return Err(unsupported(&found, extension.as_deref()));
    };
    if let Some(extension) = extension.filter(|extension| !kind.extensions().contains(&extension.as_str())) {
        return Err(wrong_extension(&found, &extension, kind));
    }
    match kind {
        UploadKind::Pdf => {
            let pages = pdf::check(bytes, limits)?;
            Ok(Checked { kind, media_type: kind.media_type(), pages: Some(pages), width: None, height: None })
        }
        UploadKind::Png => png::check(bytes, limits).map(|size| Checked::image(kind, Some(size))),
        UploadKind::Jpeg => jpeg::check(bytes, limits).map(|size| Checked::image(kind, Some(size))),
        UploadKind::Heic => heic::check(bytes, limits).map(|size| Checked::image(kind, size)),
    }
}

fn extension(name: &str) -> Option<String> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    // What a person does not see in a name does not count as one.
    let (stem, extension) = name.trim_end_matches(|c: char| c.is_whitespace() || c == '.').rsplit_once('.')?;
    (!stem.is_empty()).then(|| extension.chars().take(20).collect::<String>().to_lowercase())
}

fn too_large(size: u64, limit: u64) -> Refused {
    let megabytes = |bytes: u64| (bytes as f64 / (1024.0 * 1024.0) * 10.0).ceil() / 10.0;
    Refused::new(
        RefusedCode::TooLarge,
        Text::new(
            format!("Le fichier pèse {} Mo", megabytes(size).to_string().replace('.', ",")),
            format!("The file has {} MB", megabytes(size)),
        ),
        Text::new(format!("au plus {} Mo", megabytes(limit)), format!("at most {} MB", megabytes(limit))),
        Text::new(
            "numérisez en noir et blanc ou en qualité moyenne, ou photographiez les pages une à une",
            "scan in black and white or in medium quality, or photograph the pages one by one",
        ),
    )
    .value(size.to_string())
}

fn unsupported(found: &Found, extension: Option<&str>) -> Refused {
    let (fr, en) = found.words();
    let (claim_fr, claim_en) = match extension {
        Some(extension) => (format!(" nommé .{extension}"), format!(" named .{extension}")),
        None => (String::new(), String::new()),
    };
    Refused::new(
        RefusedCode::UnsupportedFormat,
        Text::new(format!("Le fichier{claim_fr} est en réalité {fr}"), format!("The file{claim_en} really is {en}")),
        accepted(),
        crate::refused::print_to_pdf(),
    )
    .value(found.code())
}

fn wrong_extension(found: &Found, extension: &str, kind: UploadKind) -> Refused {
    let (fr, en) = found.words();
    let right = kind.extensions()[0];
    Refused::new(
        RefusedCode::WrongExtension,
        Text::new(
            format!("Le nom du fichier finit par .{extension}, mais son contenu est {fr}"),
            format!("The name of the file ends in .{extension}, but its content is {en}"),
        ),
        Text::new(format!("un nom qui finit par .{right}"), format!("a name that ends in .{right}")),
        Text::new(
            format!("vérifiez qu’il s’agit du bon fichier, renommez-le en .{right}, puis déposez-le à nouveau"),
            format!("make sure that it is the right file, rename it to .{right}, then drop it again"),
        ),
    )
    .value(extension)
}

fn too_many_pixels((width, height): (u32, u32), limits: &Limits) -> Result<(), Refused> {
    if u64::from(width) * u64::from(height) <= limits.max_pixels {
        return Ok(());
    }
    let most = limits.max_pixels / 1_000_000;
    Err(Refused::new(
        RefusedCode::TooManyPixels,
        Text::new(
            format!("L’image mesure {width} × {height} pixels"),
            format!("The image measures {width} × {height} pixels"),
        ),
        Text::new(format!("au plus {most} millions de pixels"), format!("at most {most} million pixels")),
        scan_again(),
    )
    .value(format!("{width}x{height}")))
}

/// Bytes at a place, never beyond the end.
fn slice(bytes: &[u8], at: usize, length: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(length)?)
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(slice(bytes, at, 2)?.try_into().ok()?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(slice(bytes, at, 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::extension;

    #[test]
    fn the_ending_of_a_name() {
        for (name, expected) in [
            ("mandat.PDF", Some("pdf")),
            ("mandat.pdf.exe", Some("exe")),
            ("C:\\scans\\a.b\\page", None),
            ("page", None),
            (".pdf", None),
            ("page.pdf. ", Some("pdf")),
        ] {
            assert_eq!(extension(name).as_deref(), expected, "{name}");
        }
    }
}
