//! Mail as files `<id>.eml`, for a firm that has no relay yet, for tests, and to look at what would leave.

use std::io;
use std::path::{Path, PathBuf};

use domain::text::Text;

use super::{Kind, Mail, MailError, Mailer, Receipt, Session};
use crate::files::{self, Written};

/// Writes each mail to a file of its own: whole or not at all, brought to the disk before it counts as sent. A mail whose
/// file is there has been sent.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl Mailer for Folder {
    fn kind(&self) -> Kind {
        Kind::Folder
    }

    fn describe(&self) -> Text {
        let path = self.path.display();
        Text::new(format!("fichiers .eml dans {path}"), format!(".eml files in {path}"))
    }

    fn open(&self) -> Result<Box<dyn Session>, MailError> {
        files::make_folder(&self.path).map_err(|error| failed(&self.path, &error))?;
        Ok(Box::new(Open { path: self.path.clone() }))
    }
}

struct Open {
    path: PathBuf,
}

impl Session for Open {
    fn send(
        &mut self,
        mail: &Mail,
        handing_over: &mut dyn FnMut() -> Result<(), MailError>,
    ) -> Result<Receipt, MailError> {
        let bytes = mail.mime()?;
        let name = format!("{}.eml", mail.id);
        let written = files::write_once(&self.path.join(&name), &bytes, || handing_over().map_err(Stop::Caller));
        match written {
            Ok(Written::New | Written::WasThere) => {
                Ok(Receipt { accepted_by: self.path.display().to_string(), provider_id: name })
            }
            Err(Stop::Caller(error)) => Err(error),
            // Known for sure: the file is in its place or it is not.
            Err(Stop::Disk(error)) => Err(failed(&self.path, &error)),
        }
    }
}

enum Stop {
    Caller(MailError),
    Disk(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

fn failed(path: &Path, error: &io::Error) -> MailError {
    let (path, kind) = (path.display(), error.kind());
    if files::is_full(error) {
        return MailError::temporary(Text::new(
            format!("Il n’y a plus de place pour les courriels dans {path}"),
            format!("There is no room left for mail in {path}"),
        ));
    }
    if files::is_misplaced(error) {
        return MailError::setup(
            Text::new(
                format!("Les courriels ne peuvent pas être écrits dans {path} : {kind}"),
                format!("Mail cannot be written to {path}: {kind}"),
            ),
            Text::new(
                "donnez un dossier dans lequel le programme peut écrire",
                "name a folder to which the program may write",
            ),
        );
    }
    MailError::temporary(Text::new(
        format!("Le courriel n’a pas pu être écrit dans {path} : {kind}"),
        format!("The mail could not be written to {path}: {kind}"),
    ))
}
