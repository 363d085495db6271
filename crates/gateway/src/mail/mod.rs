//! The mail port: one [`Mail`] to one person, handed to a [`Mailer`].
//!
//! ```
//! use chrono::{TimeZone, Utc};
//! use gateway::mail::{Address, Mail, mailer};
//!
//! let folder = tempfile::tempdir().unwrap();
//! let mailer = mailer("file:", None, folder.path()).unwrap();
//! let mail = Mail {
//!     id: "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11".to_owned(),
//!     at: Utc.with_ymd_and_hms(2026, 11, 26, 9, 0, 0).unwrap(),
//!     from: Address::new("Cabinet Léa", "cabinet@exemple.fr"),
//!     reply_to: None,
//!     to: Address::new("Zoé", "zoe@exemple.fr"),
//!     subject: "Facturation électronique : votre plateforme".to_owned(),
//!     text: "Bonjour,\n…\n".to_owned(),
//!     html: None,
//!     headers: Vec::new(),
//!     attachments: Vec::new(),
//! };
//!
//! let mut session = mailer.open().unwrap();
//! let mut noted = 0;
//! let receipt = session.send(&mail, &mut || { noted += 1; Ok(()) }).unwrap();
//! assert_eq!(noted, 1);
//! assert_eq!(receipt.provider_id, "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11.eml");
//! ```

use std::path::Path;
use std::sync::Arc;

use domain::text::Text;

use crate::setting::{Secret, SettingError, Timeouts, without_secret};

mod error;
mod event;
mod folder;
mod html;
mod message;
mod provider;
pub mod sender;
mod smtp;

pub use error::MailError;
pub use event::{EventProof, EventProofError, ProviderEvent, is_event_secret, read_event};
pub use folder::Folder;
pub use message::{Address, Attachment, Mail};
pub use provider::{HttpProvider, ProviderSettings};
pub use smtp::{Login, Smtp, SmtpSettings, Tls};

domain::closed_enum! {
    /// How mail leaves.
    pub enum Kind {
        Smtp = "smtp",
        Provider = "provider",
        Folder = "folder",
    }
}

/// Something that takes mail. Shared between threads; each opens its own session.
pub trait Mailer: Send + Sync {
    fn kind(&self) -> Kind;

    /// Where mail goes, for people; without a secret.
    fn describe(&self) -> Text;

    /// Reaches the peer and proves who we are. A [`MailError::Setup`] here holds for every mail.
    fn open(&self) -> Result<Box<dyn Session>, MailError>;
}

/// One connection, for many mails one after the other. Stays usable after every error: it connects anew by itself.
pub trait Session: Send {
    /// Sends one mail, once.
    ///
    /// `handing_over` is called at the last moment before the peer could take the mail, and never twice: note there, for
    /// good, that this mail is in doubt. Its error stops the sending, with the mail surely not sent, and is handed back.
    /// It is not called when the mail fails earlier, or when the peer says that it has this mail already.
    fn send(
        &mut self,
        mail: &Mail,
        handing_over: &mut dyn FnMut() -> Result<(), MailError>,
    ) -> Result<Receipt, MailError>;
}

/// The peer took the mail upon itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The relay or provider that took it.
    pub accepted_by: String,
    /// What it calls the mail: the last line of a relay's answer, the id of a provider, the name of a file.
    pub provider_id: String,
}

/// Chooses by the scheme of `url`:
///
/// | URL | adapter |
/// |---|---|
/// | empty, `file:` or `file:///a/folder` | [`Folder`]: `folder`, or the one named |
/// | `smtp://user:password@host:587?tls=required` | [`Smtp`], see [`SmtpSettings`] |
/// | `smtps://user:password@host` | [`Smtp`] with TLS from the first byte |
/// | `https://api.example.com` (`http://` on this machine) | [`HttpProvider`] |
///
/// `key` is the key of the provider or the password of the user; it may stand in the URL instead.
///
/// ```
/// use gateway::mail::{Kind, mailer};
/// use std::path::Path;
///
/// let outbox = Path::new("outbox");
/// assert_eq!(mailer("", None, outbox).unwrap().kind(), Kind::Folder);
/// assert_eq!(mailer("smtp://relay.exemple.fr", None, outbox).unwrap().kind(), Kind::Smtp);
/// assert_eq!(mailer("https://:re_123@api.resend.com", None, outbox).unwrap().kind(), Kind::Provider);
///
/// let refused = mailer("imap://exemple.fr", None, outbox).err().unwrap();
/// assert!(refused.to_string().contains("smtp://"));
/// ```
pub fn mailer(url: &str, key: Option<&Secret>, folder: &Path) -> Result<Arc<dyn Mailer>, SettingError> {
    let url = url.trim();
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
    match scheme.as_str() {
        "" if url.is_empty() => Ok(Arc::new(Folder::new(folder))),
        "file" => {
            let named = &url[scheme.len() + 1..];
            let named = named.strip_prefix("//").unwrap_or(named);
            Ok(Arc::new(Folder::new(if named.is_empty() { folder } else { Path::new(named) })))
        }
        "smtp" | "smtps" => {
            let mut settings: SmtpSettings = url.parse()?;
            if let Some(key) = key.filter(|key| !key.is_empty()) {
                settings.set_password(key.clone())?;
            }
            Ok(Arc::new(Smtp::new(settings)?))
        }
        "http" | "https" => Ok(Arc::new(HttpProvider::new(ProviderSettings::read(url, key, Timeouts::default())?)?)),
        _ => Err(SettingError::new(
            Text::new(
                format!("« {} » ne dit pas comment envoyer les courriels", without_secret(url)),
                format!("“{}” does not say how to send mail", without_secret(url)),
            ),
            Text::new(
                "smtp://, smtps://, https:// ou file: (rien : un dossier)",
                "smtp://, smtps://, https:// or file: (nothing: a folder)",
            ),
            Text::new(
                "écrivez par exemple smtp://utilisateur:motdepasse@relais.exemple.fr:587",
                "write smtp://user:password@relay.example.com:587, for instance",
            ),
        )),
    }
}
