//! A mail, and its form on the wire (RFC 5322, MIME). The same mail always gives the same bytes.

use chrono::{DateTime, Utc};
use domain::text::Text;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment as Part, Mailbox, Message, MultiPart, SinglePart};
use sha2::{Digest, Sha256};

use super::{MailError, html};
use crate::setting::{hidden, short};

/// Who writes, who reads.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// Shown by mail programs; may be empty.
    pub name: String,
    pub address: String,
}

impl Address {
    pub fn new(name: impl Into<String>, address: impl Into<String>) -> Self {
        Self { name: name.into(), address: address.into() }
    }
}

/// A file that goes along.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    pub name: String,
    /// Such as `application/pdf`.
    pub media_type: String,
    pub bytes: Vec<u8>,
}

hidden!(Address, Attachment);

/// A mail to one person. `Debug` tells its id and nothing of what is in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Ours, unique, the same for each try: a provider and a folder know a mail again by it, and the message id is made
    /// of it. Letters, digits, `.`, `_` and `-`; 1 to 100 of them, no dot first.
    pub id: String,
    /// When it was written. Passed in, so that each try sends the same bytes.
    pub at: DateTime<Utc>,
    pub from: Address,
    pub reply_to: Option<Address>,
    pub to: Address,
    pub subject: String,
    pub text: String,
    /// The same for programs that show more than text; one that fetches or runs anything is refused.
    pub html: Option<String>,
    /// More headers, such as `List-Unsubscribe`. Those that the other fields make are refused.
    pub headers: Vec<(String, String)>,
    pub attachments: Vec<Attachment>,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Longest line of a message without its end (RFC 5322, 2.1.1).
const LONGEST_LINE: usize = 998;

/// Made from the fields of the mail, or by the relays on its way.
const RESERVED: &[&str] = &[
    "bcc",
    "cc",
    "date",
    "dkim-signature",
    "from",
    "message-id",
    "mime-version",
    "received",
    "reply-to",
    "return-path",
    "sender",
    "subject",
    "to",
];

/// The parts of a mail that can be wrong, made right.
pub(crate) struct Checked {
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    pub to: Mailbox,
}

impl Mail {
    /// `<id@domain of the sender>`: the same for each try, so that a mail that arrives twice is seen as one.
    ///
    /// ```
    /// # use gateway::mail::{Address, Mail};
    /// # let mail = Mail {
    /// #     id: "7f".to_owned(), at: Default::default(), from: Address::new("", "cabinet@exemple.fr"), reply_to: None,
    /// #     to: Address::new("", "zoe@exemple.fr"), subject: String::new(), text: String::new(), html: None,
    /// #     headers: Vec::new(), attachments: Vec::new(),
    /// # };
    /// assert_eq!(mail.message_id().unwrap(), "<7f@exemple.fr>");
    /// ```
    pub fn message_id(&self) -> Result<String, MailError> {
        Ok(self.message_id_from(&self.sender()?))
    }

    /// The whole message, ready to be handed over.
    pub fn mime(&self) -> Result<Vec<u8>, MailError> {
        self.checked().and_then(|checked| self.mime_of(&checked))
    }

    pub(crate) fn checked(&self) -> Result<Checked, MailError> {
        check_id(&self.id)?;
        one_line(&self.subject, "l’objet", "the subject")?;
        for (name, value) in &self.headers {
            check_header(name, value)?;
        }
        if let Some(found) = self.html.as_deref().and_then(html::acting) {
            return Err(MailError::unfit(Text::new(
                format!("Le texte HTML irait chercher ou ferait agir quelque chose à l’ouverture : « {found} »"),
                format!("The HTML text would fetch or run something when it is opened: “{found}”"),
            )));
        }
        for attachment in &self.attachments {
            one_line(&attachment.name, "le nom d’une pièce jointe", "the name of an attachment")?;
            media_type(&attachment.media_type)?;
        }
        Ok(Checked {
            from: self.sender()?,
            reply_to: self
                .reply_to
                .as_ref()
                .map(|to| mailbox(to).map_err(|bad| bad.of_ours("Reply-To")))
                .transpose()?,
            to: mailbox(&self.to).map_err(BadAddress::of_theirs)?,
        })
    }

    pub(crate) fn mime_of(&self, checked: &Checked) -> Result<Vec<u8>, MailError> {
        let mut builder = Message::builder()
            .from(checked.from.clone())
            .to(checked.to.clone())
            .subject(single_spaced(&self.subject))
            .date(self.at.into())
            .message_id(Some(self.message_id_from(&checked.from)));
        if let Some(reply_to) = &checked.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        for (name, value) in &self.headers {
            builder = builder.raw_header(header(name, value)?);
        }

        let text = SinglePart::plain(lines(&self.text));
        let made = match (&self.html, self.attachments.as_slice()) {
            (None, []) => builder.singlepart(text),
            (Some(html), []) => builder.multipart(self.alternative(text, html)),
            (html, attachments) => {
                let mixed = MultiPart::mixed().boundary(self.boundary("mixed"));
                let mut mixed = match html {
                    Some(html) => mixed.multipart(self.alternative(text, html)),
                    None => mixed.singlepart(text),
                };
                for attachment in attachments {
                    let media_type = media_type(&attachment.media_type)?;
                    mixed =
                        mixed.singlepart(Part::new(attachment.name.clone()).body(attachment.bytes.clone(), media_type));
                }
                builder.multipart(mixed)
            }
        };
        let message = made.map_err(|error| {
            MailError::unfit(Text::new(
                format!("Le courriel ne peut pas être mis en forme : {error}"),
                format!("The mail cannot be put in form: {error}"),
            ))
        })?;
        Ok(message.formatted())
    }

    fn sender(&self) -> Result<Mailbox, MailError> {
        check_id(&self.id)?;
        mailbox(&self.from).map_err(|bad| bad.of_ours("From"))
    }

    fn message_id_from(&self, from: &Mailbox) -> String {
        format!("<{}@{}>", self.id, from.email.domain())
    }

    fn alternative(&self, text: SinglePart, html: &str) -> MultiPart {
        MultiPart::alternative()
            .boundary(self.boundary("alternative"))
            .singlepart(text)
            .singlepart(SinglePart::html(lines(html)))
    }

    /// What parts the parts. Made of the id, which no author of a text knows, rather than drawn: the bytes stay the same.
    fn boundary(&self, of: &str) -> String {
        let digest = Sha256::digest(format!("{of} {}", self.id));
        let mut boundary = String::from("part-");
        for byte in &digest[..20] {
            boundary.push_str(&format!("{byte:02x}"));
        }
        boundary
    }
}

/// One end of line, whatever the text was written with; no NUL, which MIME forbids.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "")
}

/// Spaces between two encoded words are not read (RFC 2047, 6.2): a run of them would be lost, one is kept within a word.
fn single_spaced(text: &str) -> String {
    text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn check_id(id: &str) -> Result<(), MailError> {
    let fits = (1..=100).contains(&id.len())
        && !id.starts_with('.')
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    if fits {
        return Ok(());
    }
    Err(MailError::unfit(Text::new(
        format!("« {} » n’est pas un identifiant de courriel (lettres, chiffres, « . », « _ », « - »)", short(id)),
        format!("“{}” is not the id of a mail (letters, digits, “.”, “_”, “-”)", short(id)),
    )))
}

/// Whether a text may stand in a header: a line break would start another one, and what is written as an encoded word
/// (`=?utf-8?q?…?=`) would be read as something else, line breaks included.
fn is_one_line(text: &str) -> bool {
    let encoded = text.split_once("=?").is_some_and(|(_, rest)| rest.contains("?="));
    !encoded && !text.chars().any(char::is_control)
}

fn one_line(value: &str, fr: &str, en: &str) -> Result<(), MailError> {
    if is_one_line(value) {
        return Ok(());
    }
    Err(MailError::unfit(Text::new(
        format!("Un saut de ligne, un caractère de contrôle ou un mot codé (=?…?=) est dans {fr}"),
        format!("A line break, a control character or an encoded word (=?…?=) is in {en}"),
    )))
}

fn check_header(name: &str, value: &str) -> Result<(), MailError> {
    let named = !name.is_empty() && name.len() <= 76 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let lower = name.to_ascii_lowercase();
    if !named || lower.starts_with("content-") || RESERVED.contains(&lower.as_str()) {
        return Err(MailError::unfit(Text::new(
            format!("L’en-tête « {} » ne peut pas être ajouté", short(name)),
            format!("The header “{}” cannot be added", short(name)),
        )));
    }
    one_line(value, &format!("l’en-tête « {name} »"), &format!("the header “{name}”"))?;
    if name.len() + 2 + value.len() > LONGEST_LINE {
        return Err(MailError::unfit(Text::new(
            format!("L’en-tête « {name} » est trop long"),
            format!("The header “{name}” is too long"),
        )));
    }
    Ok(())
}

fn header(name: &str, value: &str) -> Result<HeaderValue, MailError> {
    let unfit = || {
        MailError::unfit(Text::new(
            format!("L’en-tête « {} » ne peut pas être ajouté", short(name)),
            format!("The header “{}” cannot be added", short(name)),
        ))
    };
    let header = HeaderName::new_from_ascii(name.to_owned()).map_err(|_| unfit())?;
    // Checked to be one line that fits. A link in List-Unsubscribe must stay as it is: the encoder would wrap it.
    if value.is_ascii() {
        Ok(HeaderValue::dangerous_new_pre_encoded(header, value.to_owned(), value.trim().to_owned()))
    } else {
        Ok(HeaderValue::new(header, single_spaced(value)))
    }
}

fn media_type(value: &str) -> Result<ContentType, MailError> {
    let token = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'-' | b'_'))
    };
    value
        .split_once('/')
        .filter(|(kind, sub)| token(kind) && token(sub) && !kind.eq_ignore_ascii_case("multipart"))
        .and_then(|_| ContentType::parse(value).ok())
        .ok_or_else(|| {
            MailError::unfit(Text::new(
                format!("« {} » n’est pas un type de pièce jointe, tel que application/pdf", short(value)),
                format!("“{}” is not the type of an attachment, such as application/pdf", short(value)),
            ))
        })
}

/// Which address is wrong decides who has to mend it. The address itself stays out of the words.
#[derive(Debug, Clone, Copy)]
enum BadAddress {
    Name,
    Form,
}

impl BadAddress {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Name => (
                "le nom contient un saut de ligne, un caractère de contrôle ou un mot codé (=?…?=)",
                "the name holds a line break, a control character or an encoded word (=?…?=)",
            ),
            Self::Form => {
                ("l’adresse n’a pas la forme nom@domaine.fr", "the address does not have the form name@example.com")
            }
        }
    }

    fn of_ours(self, header: &str) -> MailError {
        let (fr, en) = self.words();
        MailError::setup(
            Text::new(
                format!("L’expéditeur ({header}) est inutilisable : {fr}"),
                format!("The sender ({header}) cannot be used: {en}"),
            ),
            Text::new(
                "corrigez l’adresse d’expédition ou de réponse du cabinet",
                "correct the firm’s address for sending or for answers",
            ),
        )
    }

    fn of_theirs(self) -> MailError {
        let (fr, en) = self.words();
        MailError::no_address(Text::new(
            format!("Le destinataire est inutilisable : {fr}"),
            format!("The recipient cannot be used: {en}"),
        ))
    }
}

fn mailbox(address: &Address) -> Result<Mailbox, BadAddress> {
    if !is_one_line(&address.name) || address.name.len() > 400 {
        return Err(BadAddress::Name);
    }
    let (local, domain) = address.address.trim_matches(' ').rsplit_once('@').ok_or(BadAddress::Form)?;
    let plain = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    if !local.chars().all(plain) || !domain.contains('.') {
        return Err(BadAddress::Form);
    }
    // An accent in the domain goes as punycode, which every relay understands.
    let Ok(url::Host::Domain(domain)) = url::Host::parse(domain) else { return Err(BadAddress::Form) };
    let email = lettre::Address::new(local, domain).map_err(|_| BadAddress::Form)?;
    let name = single_spaced(&address.name);
    Ok(Mailbox::new((!name.is_empty()).then_some(name), email))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(address: &str) -> Option<String> {
        mailbox(&Address::new("", address)).ok().map(|mailbox| mailbox.email.to_string())
    }

    #[test]
    fn addresses() {
        assert_eq!(email("prenom.nom+x@Exemple.FR").as_deref(), Some("prenom.nom+x@exemple.fr"));
        assert_eq!(email("contact@hôtel.fr").as_deref(), Some("contact@xn--htel-vqa.fr"));
        for bad in [
            "",
            "a",
            "@exemple.fr",
            "a@",
            "a@b",
            "a b@c.fr",
            "a@b.fr>",
            "<a@b.fr>",
            "a@b.fr\r\nBcc: x@y.fr",
            "a@b%0d%0a.fr",
            "\"a\"@b.fr",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a,b@c.fr",
            "a@b@c.fr",
        ] {
            assert_eq!(email(bad), None, "{bad:?}");
        }
    }
}
