//! Where documents are kept outside the rows of the database: bytes under a key.
//!
//! ```
//! let folder = tempfile::tempdir().unwrap();
//! let vault = gateway::vault::vault(folder.path().to_str().unwrap(), None).unwrap();
//!
//! let key = "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11/mandat-2026.pdf";
//! let stored = vault.put(key, b"%PDF-1.7").unwrap();
//! assert_eq!(stored.bytes, 8);
//! assert_eq!(vault.get(key).unwrap(), b"%PDF-1.7");
//!
//! vault.delete(key).unwrap();
//! assert!(!vault.exists(key).unwrap());
//! assert!(vault.put("../etc/passwd", b"").is_err());
//! ```

use std::sync::Arc;

use domain::text::{Lang, Text};
use sha2::{Digest, Sha256};

use crate::setting::{SettingError, short, without_secret};

mod folder;
mod s3;

pub use folder::Folder;
pub use s3::{Keys, S3, S3Settings, Style};

domain::closed_enum! {
    /// Where documents are kept.
    pub enum Kind {
        Folder = "folder",
        S3 = "s3",
    }
}

/// Bytes under a key of ours. A key has two segments, `<cabinet>/<sha256 or id>`: letters, digits, `.`, `_` and `-`, no
/// dot first, 128 at most each.
pub trait Vault: Send + Sync {
    fn kind(&self) -> Kind;

    /// Where documents go, for people; without a secret.
    fn describe(&self) -> Text;

    /// Keeps the bytes for good before it comes back; what stood under the key is replaced.
    fn put(&self, key: &str, bytes: &[u8]) -> Result<Stored, VaultError>;

    /// The bytes as they are kept. Whoever wants to be sure compares them with [`Stored::sha256`].
    fn get(&self, key: &str) -> Result<Vec<u8>, VaultError>;

    /// Nothing under the key is as good as deleted.
    fn delete(&self, key: &str) -> Result<(), VaultError>;

    fn exists(&self, key: &str) -> Result<bool, VaultError>;
}

/// What was kept, to be noted beside the row that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub key: String,
    /// In hexadecimal.
    pub sha256: String,
    pub bytes: u64,
}

impl Stored {
    fn of(key: &str, bytes: &[u8]) -> Self {
        Self { key: key.to_owned(), sha256: hex(&Sha256::digest(bytes)), bytes: bytes.len() as u64 }
    }
}

/// How keeping or fetching failed, told apart by what the caller has to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VaultError {
    /// No key of ours; a fault of the caller.
    BadKey(String),
    /// Nothing is kept under this key.
    Missing(String),
    /// No room left.
    Full(Text),
    /// May work later.
    Unreachable(Text),
    /// Will not work until somebody mends the setting.
    Setup { what: Text, fix: Text },
}

impl VaultError {
    pub fn sentence(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::BadKey(key), Lang::Fr) => {
                format!(
                    "« {key} » n’est pas une clé de document. Attendu : <cabinet>/<nom>, en lettres, chiffres, « . », « _ », « - »."
                )
            }
            (Self::BadKey(key), Lang::En) => {
                format!(
                    "“{key}” is not the key of a document. Expected: <cabinet>/<name>, in letters, digits, “.”, “_”, “-”."
                )
            }
            (Self::Missing(key), Lang::Fr) => format!("Aucun document n’est conservé sous « {key} »."),
            (Self::Missing(key), Lang::En) => format!("No document is kept under “{key}”."),
            (Self::Full(why) | Self::Unreachable(why), _) => format!("{}.", why.get(lang)),
            (Self::Setup { what, fix }, Lang::Fr) => format!("{}. À faire : {}.", what.fr, fix.fr),
            (Self::Setup { what, fix }, Lang::En) => format!("{}. What to do: {}.", what.en, fix.en),
        }
    }
}

impl std::fmt::Display for VaultError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence(Lang::En))
    }
}

impl std::error::Error for VaultError {}

/// Chooses by the scheme of `url`: a path or `file:…` is a [`Folder`], `s3://bucket?endpoint=…&region=…` is [`S3`], see
/// [`S3Settings`], with `keys`.
pub fn vault(url: &str, keys: Option<Keys>) -> Result<Arc<dyn Vault>, SettingError> {
    let url = url.trim();
    if url.starts_with("s3:") {
        return Ok(Arc::new(S3::new(S3Settings::read(url, keys)?)?));
    }
    let path = url.strip_prefix("file:").map(|path| path.strip_prefix("//").unwrap_or(path)).unwrap_or(url);
    if path.is_empty() || path.contains("://") {
        let shown = without_secret(url);
        return Err(SettingError::new(
            Text::new(
                format!("« {shown} » ne dit pas où conserver les documents"),
                format!("“{shown}” does not say where to keep documents"),
            ),
            Text::new("un chemin, file:///chemin ou s3://…", "a path, file:///path or s3://…"),
            Text::new("écrivez par exemple ./data/documents", "write ./data/documents, for instance"),
        ));
    }
    Ok(Arc::new(Folder::new(path)))
}

/// The two segments of a key of ours. Refuses whatever could lead elsewhere.
fn segments(key: &str) -> Result<(&str, &str), VaultError> {
    let fits = |segment: &str| {
        (1..=128).contains(&segment.len())
            && !segment.starts_with('.')
            && segment.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    key.split_once('/')
        .filter(|(cabinet, name)| fits(cabinet) && fits(name))
        .ok_or_else(|| VaultError::BadKey(short(key)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        assert_eq!(segments("cab/doc.pdf"), Ok(("cab", "doc.pdf")));
        for bad in [
            "", "a", "/a/b", "a/", "/b", "a/b/c", "../b", "a/..", "a/.b", "a\\b/c", "a/b c", "a/é", "a/b\0", "a//b",
            "C:/b", "a/b%2f",
        ] {
            assert_eq!(segments(bad), Err(VaultError::BadKey(short(bad))), "{bad:?}");
        }
        assert!(segments(&format!("a/{}", "b".repeat(129))).is_err());
    }

    #[test]
    fn the_url_chooses() {
        assert_eq!(vault("./data/documents", None).unwrap().kind(), Kind::Folder);
        assert_eq!(vault("file:///var/lib/documents", None).unwrap().describe().en, "folder /var/lib/documents");
        for bad in ["", "file:", "file://", "ftp://x", "s3://bucket"] {
            assert!(vault(bad, None).is_err(), "{bad}");
        }
    }
}
