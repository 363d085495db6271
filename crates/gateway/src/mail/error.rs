//! How a sending failed, told apart by what the caller has to do next.

use std::time::Duration;

use domain::text::{Lang, Text};

/// `Debug` and `Display` leave `text` out: it is the peer's, and may name a person.
#[derive(Clone, PartialEq, Eq)]
pub enum MailError {
    /// Surely not sent; the same mail may go later.
    Temporary {
        why: Text,
        code: Option<u16>,
        /// The answer as the peer gave it; empty when there was none.
        text: String,
        /// Not before this has passed, when the peer says so.
        after: Option<Duration>,
    },
    /// Surely not sent, and this mail will not be as it is.
    Refused {
        why: Text,
        /// The same mail will be refused again. `false` for what passes by itself, such as a full mailbox.
        permanent: bool,
        /// The address is to blame, not the mail or the sender: it bounced.
        recipient: bool,
        code: Option<u16>,
        /// Of RFC 3463, such as `5.1.1`.
        enhanced: Option<String>,
        /// The answer as the peer gave it; empty when the mail was refused before it left.
        text: String,
    },
    /// Handed over, with no word on how it ended: it may or may not arrive. Sending again may make two.
    Doubtful { why: Text },
    /// Not this mail but the setting is wrong; nothing will leave until somebody mends it.
    Setup { what: Text, fix: Text },
}

impl MailError {
    pub(crate) fn temporary(why: Text) -> Self {
        Self::Temporary { why, code: None, text: String::new(), after: None }
    }

    pub(crate) fn setup(what: Text, fix: Text) -> Self {
        Self::Setup { what, fix }
    }

    /// A mail that must not leave as it was written.
    pub(crate) fn unfit(why: Text) -> Self {
        Self::Refused { why, permanent: true, recipient: false, code: None, enhanced: None, text: String::new() }
    }

    /// An address that no server needs to be asked about.
    pub(crate) fn no_address(why: Text) -> Self {
        Self::Refused { why, permanent: true, recipient: true, code: None, enhanced: None, text: String::new() }
    }

    /// For people; without the words of the peer.
    pub fn sentence(&self, lang: Lang) -> String {
        match self {
            Self::Temporary { why, .. } | Self::Refused { why, .. } | Self::Doubtful { why } => {
                format!("{}.", why.get(lang))
            }
            Self::Setup { what, fix } => match lang {
                Lang::Fr => format!("{}. À faire : {}.", what.fr, fix.fr),
                Lang::En => format!("{}. What to do: {}.", what.en, fix.en),
            },
        }
    }
}

impl std::fmt::Display for MailError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence(Lang::En))
    }
}

impl std::fmt::Debug for MailError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Temporary { why, code, after, .. } => f
                .debug_struct("Temporary")
                .field("why", &why.en)
                .field("code", code)
                .field("after", after)
                .finish_non_exhaustive(),
            Self::Refused { why, permanent, recipient, code, enhanced, .. } => f
                .debug_struct("Refused")
                .field("why", &why.en)
                .field("permanent", permanent)
                .field("recipient", recipient)
                .field("code", code)
                .field("enhanced", enhanced)
                .finish_non_exhaustive(),
            Self::Doubtful { why } => f.debug_struct("Doubtful").field("why", &why.en).finish(),
            Self::Setup { what, fix } => f.debug_struct("Setup").field("what", &what.en).field("fix", &fix.en).finish(),
        }
    }
}

impl std::error::Error for MailError {}
