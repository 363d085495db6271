//! Mail through the HTTP API of a provider of the Resend kind: `POST {base}/emails` with a JSON body.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::text::Text;
use reqwest::StatusCode;
use reqwest::blocking::Client;
use serde::{Deserialize, Serialize};
use url::Url;

use super::event::TAG;
use super::message::Checked;
use super::{Kind, Mail, MailError, Mailer, Receipt, Session};
use crate::http;
use crate::setting::{Secret, SettingError, Timeouts, without_secret};

/// The most that is read of an answer.
const MOST_ANSWER: u64 = 64 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSettings {
    pub base: Url,
    pub key: Secret,
    pub timeouts: Timeouts,
}

impl ProviderSettings {
    /// `url` as `https://api.example.com`, or with the key as its password: `https://:key@api.example.com`.
    pub fn read(url: &str, key: Option<&Secret>, timeouts: Timeouts) -> Result<Self, SettingError> {
        let mut base = http::base(url)?;
        let in_url = percent_encoding::percent_decode_str(base.password().unwrap_or(base.username()))
            .decode_utf8_lossy()
            .into_owned();
        let key = key.filter(|key| !key.is_empty()).cloned().unwrap_or_else(|| Secret::new(in_url));
        let fit = !key.is_empty() && key.expose().bytes().all(|b| b.is_ascii_graphic());
        if !fit || base.set_username("").is_err() || base.set_password(None).is_err() {
            let shown = without_secret(url);
            return Err(SettingError::new(
                Text::new(
                    format!("La clé du fournisseur de courriel « {shown} » manque ou contient un caractère impossible"),
                    format!("The key of the mail provider “{shown}” is missing or holds an impossible character"),
                ),
                Text::new("la clé d’API, en lettres et chiffres", "the API key, in letters and digits"),
                Text::new("copiez la clé depuis le compte du fournisseur", "copy the key from the provider’s account"),
            ));
        }
        Ok(Self { base, key, timeouts })
    }
}

/// A provider of the Resend kind.
///
/// The id of the mail goes as `Idempotency-Key`: the provider sends a mail that it has seen not again, so that a lost
/// answer is no doubt but a reason to try again. It remembers a key for a day (Resend: 24 hours): try again within it.
///
/// | answer | what it means here |
/// |---|---|
/// | 2xx | taken; its `id` is in the receipt |
/// | 401, 403, 404, 405, 3xx | setup: key, domain of the sender, base |
/// | 400, 413, 422, other 4xx | refused; the recipient's address when the answer names the field `to` |
/// | 409 `invalid_idempotent_request` | refused: another text left under this id |
/// | 409, 408, 425, 429, 5xx, no answer | temporary, with the wait of `Retry-After` |
#[derive(Debug, Clone)]
pub struct HttpProvider {
    client: Client,
    emails: Url,
    key: Secret,
}

impl HttpProvider {
    pub fn new(settings: ProviderSettings) -> Result<Self, SettingError> {
        let client = http::client(&settings.base, settings.timeouts)?;
        Ok(Self { client, emails: http::below(&settings.base, &["emails"]), key: settings.key })
    }
}

impl Mailer for HttpProvider {
    fn kind(&self) -> Kind {
        Kind::Provider
    }

    fn describe(&self) -> Text {
        let host = http::host(&self.emails);
        Text::new(format!("fournisseur de courriel {host}"), format!("mail provider {host}"))
    }

    /// Each mail is a request of its own: nothing is asked here.
    fn open(&self) -> Result<Box<dyn Session>, MailError> {
        Ok(Box::new(self.clone()))
    }
}

#[derive(Serialize)]
struct Outgoing<'a> {
    from: String,
    to: [String; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<String>,
    subject: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<&'a str>,
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    headers: serde_json::Map<String, serde_json::Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<OutgoingFile<'a>>,
    /// Comes back in what the provider tells of the mail.
    tags: [Tag<'a>; 1],
}

#[derive(Serialize)]
struct Tag<'a> {
    name: &'static str,
    value: &'a str,
}

#[derive(Serialize)]
struct OutgoingFile<'a> {
    filename: &'a str,
    content_type: &'a str,
    content: String,
}

impl<'a> Outgoing<'a> {
    fn new(mail: &'a Mail, checked: &Checked) -> Self {
        Self {
            from: checked.from.to_string(),
            to: [checked.to.to_string()],
            reply_to: checked.reply_to.as_ref().map(ToString::to_string),
            subject: &mail.subject,
            text: &mail.text,
            html: mail.html.as_deref(),
            headers: mail.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect(),
            attachments: mail
                .attachments
                .iter()
                .map(|file| OutgoingFile {
                    filename: &file.name,
                    content_type: &file.media_type,
                    content: STANDARD.encode(&file.bytes),
                })
                .collect(),
            tags: [Tag { name: TAG, value: &mail.id }],
        }
    }
}

/// Of a good answer its `id`, of a bad one its `name`; the rest is shown as it came.
#[derive(Default, Deserialize)]
struct Answer {
    #[serde(default)]
    id: String,
    #[serde(default)]
    name: String,
}

impl Session for HttpProvider {
    fn send(
        &mut self,
        mail: &Mail,
        handing_over: &mut dyn FnMut() -> Result<(), MailError>,
    ) -> Result<Receipt, MailError> {
        let outgoing = Outgoing::new(mail, &mail.checked()?);
        let request = self
            .client
            .post(self.emails.clone())
            .bearer_auth(self.key.expose())
            .header("Idempotency-Key", &mail.id)
            .json(&outgoing);
        handing_over()?;
        let answer = request.send().map_err(|error| self.unanswered(&error))?;
        let (status, after) = (answer.status(), http::retry_after(answer.headers()));
        let bytes = http::body(answer, MOST_ANSWER);
        if status.is_success() {
            // Taken, even when the rest of the answer is lost.
            let answer: Answer = serde_json::from_slice(&bytes.unwrap_or_default()).unwrap_or_default();
            return Ok(Receipt { accepted_by: http::host(&self.emails), provider_id: answer.id });
        }
        Err(self.judged(status, after, &bytes.unwrap_or_default()))
    }
}

impl HttpProvider {
    /// Sending again under the same key is safe, so that nothing is in doubt.
    fn unanswered(&self, error: &reqwest::Error) -> MailError {
        let why = http::no_answer(&http::host(&self.emails), error);
        match http::tls_fault(error) {
            Some(_) => MailError::setup(why, http::tls_fix()),
            None => MailError::temporary(why),
        }
    }

    fn judged(&self, status: StatusCode, after: Option<Duration>, bytes: &[u8]) -> MailError {
        let (host, code) = (http::host(&self.emails), status.as_u16());
        let answer: Answer = serde_json::from_slice(bytes).unwrap_or_default();
        let text = http::words(bytes);
        let refused = |why: Text, recipient: bool| MailError::Refused {
            why,
            permanent: true,
            recipient,
            code: Some(code),
            enhanced: None,
            text: text.clone(),
        };
        match code {
            401 | 403 => MailError::setup(
                Text::new(
                    format!("« {host} » refuse la clé ou l’expéditeur ({code})"),
                    format!("“{host}” refuses the key or the sender ({code})"),
                ),
                Text::new(
                    "vérifiez la clé d’API, ses droits, et que le domaine de l’expéditeur est validé chez le fournisseur",
                    "check the API key, its rights, and that the sender’s domain is verified at the provider",
                ),
            ),
            300..=399 | 404 | 405 => MailError::setup(
                Text::new(
                    format!("« {host} » ne connaît pas l’envoi de courriels à cette adresse ({code})"),
                    format!("“{host}” knows no sending of mail at this address ({code})"),
                ),
                Text::new(
                    "vérifiez l’adresse de l’API : « /emails » y est ajouté",
                    "check the address of the API: “/emails” is added to it",
                ),
            ),
            409 if answer.name == "invalid_idempotent_request" => refused(
                Text::new(
                    "Un autre texte est déjà parti sous cet identifiant (409)",
                    "Another text has left under this id already (409)",
                ),
                false,
            ),
            408 | 409 | 425 | 429 | 500..=599 => MailError::Temporary {
                why: Text::new(
                    format!("« {host} » ne prend pas le courriel pour l’instant ({code})"),
                    format!("“{host}” does not take the mail for now ({code})"),
                ),
                code: Some(code),
                text,
                after,
            },
            _ => {
                let recipient = code == 422 && text.contains("`to`");
                let why = if recipient {
                    Text::new(
                        format!("« {host} » refuse l’adresse du destinataire ({code})"),
                        format!("“{host}” refuses the recipient’s address ({code})"),
                    )
                } else {
                    Text::new(
                        format!("« {host} » refuse ce courriel ({code})"),
                        format!("“{host}” refuses this mail ({code})"),
                    )
                };
                refused(why, recipient)
            }
        }
    }
}
