//! Documents as files: `<root>/<cabinet>/ab/cd/<name>`, readable by the program's user alone.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use domain::text::Text;
use sha2::{Digest, Sha256};

use super::{Kind, Stored, Vault, VaultError, hex, segments};
use crate::files;

/// A folder tree. `ab/cd` are the first bytes of the name's hash, so that no folder grows too long even when the names
/// begin alike, as ids made in order do.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn path(&self, key: &str) -> Result<PathBuf, VaultError> {
        let (cabinet, name) = segments(key)?;
        let spread = hex(&Sha256::digest(name)[..2]);
        Ok(self.root.join(cabinet).join(&spread[..2]).join(&spread[2..]).join(name))
    }

    fn failed(&self, key: &str, error: &io::Error) -> VaultError {
        let (root, kind) = (self.root.display(), error.kind());
        if kind == ErrorKind::NotFound {
            return VaultError::Missing(key.to_owned());
        }
        if files::is_full(error) {
            return VaultError::Full(Text::new(
                format!("Il n’y a plus de place pour les documents dans {root}"),
                format!("There is no room left for documents in {root}"),
            ));
        }
        let what = Text::new(
            format!("Les documents de {root} ne sont pas accessibles : {kind}"),
            format!("The documents in {root} cannot be reached: {kind}"),
        );
        if files::is_misplaced(error) {
            let fix = Text::new(
                "donnez un dossier dans lequel le programme peut lire et écrire",
                "name a folder which the program may read and write",
            );
            return VaultError::Setup { what, fix };
        }
        VaultError::Unreachable(what)
    }
}

impl Vault for Folder {
    fn kind(&self) -> Kind {
        Kind::Folder
    }

    fn describe(&self) -> Text {
        let root = self.root.display();
        Text::new(format!("dossier {root}"), format!("folder {root}"))
    }

    fn put(&self, key: &str, bytes: &[u8]) -> Result<Stored, VaultError> {
        let path = self.path(key)?;
        let folder = path.parent().unwrap_or(&self.root);
        files::make_folder(folder)
            .and_then(|()| files::replace(&path, bytes))
            .map_err(|error| self.failed(key, &error))?;
        Ok(Stored::of(key, bytes))
    }

    fn get(&self, key: &str) -> Result<Vec<u8>, VaultError> {
        fs::read(self.path(key)?).map_err(|error| self.failed(key, &error))
    }

    fn delete(&self, key: &str) -> Result<(), VaultError> {
        match fs::remove_file(self.path(key)?) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(self.failed(key, &error)),
            _ => Ok(()),
        }
    }

    fn exists(&self, key: &str) -> Result<bool, VaultError> {
        self.path(key)?.try_exists().map_err(|error| self.failed(key, &error))
    }
}
