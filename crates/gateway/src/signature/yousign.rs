//! A provider that speaks the API of Yousign, version 3. The firm's own link is sent by us (`delivery_mode: none`).

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::text::Text;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::blocking::multipart::{Form, Part};
use reqwest::blocking::{Client, RequestBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use sha2::Sha256;
use url::Url;

use super::{EventError, Kind, Provider, Request, SignatureError, Signed, Started, State, hash, is_pdf};
use crate::http;
use crate::setting::{Secret, SettingError, Timeouts, short};

const MOST_ANSWER: u64 = 4 * 1024 * 1024;
const MOST_DOCUMENT: u64 = 64 * 1024 * 1024;
/// The provider takes no longer name of a request.
const LONGEST_NAME: usize = 128;
/// A person waits in front of a page while a request is made: what takes longer is tried again behind the scenes.
const TIMEOUTS: Timeouts =
    Timeouts { connect: Duration::from_secs(5), read: Duration::from_secs(12), verdict: Duration::from_secs(12) };

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YousignSettings {
    /// `https://api.yousign.app/v3`, or `https://api-sandbox.yousign.app/v3` to try.
    pub base: Url,
    pub key: Secret,
    /// By which messages of the provider are proved, as the subscription there shows it; without one none is taken.
    pub events: Option<Secret>,
    pub timeouts: Timeouts,
}

impl YousignSettings {
    pub fn read(base: &str, key: Secret) -> Result<Self, SettingError> {
        let base = http::base(base)?;
        if key.is_empty() || !key.expose().bytes().all(|b| b.is_ascii_graphic()) {
            let host = http::host(&base);
            return Err(SettingError::new(
                Text::new(
                    format!("La clé du fournisseur de signature « {host} » manque ou contient un caractère impossible"),
                    format!("The key of the signature provider “{host}” is missing or holds an impossible character"),
                ),
                Text::new("la clé d’API, en lettres et chiffres", "the API key, in letters and digits"),
                Text::new("copiez la clé depuis le compte du fournisseur", "copy the key from the provider’s account"),
            ));
        }
        Ok(Self { base, key, events: None, timeouts: TIMEOUTS })
    }
}

/// A provider of the Yousign v3 kind.
///
/// | here | there |
/// |---|---|
/// | `request` | `GET /signature_requests?external_id[eq]=…`: one that is open under this id is taken, drafts are deleted; then `POST /signature_requests`, `POST …/{id}/documents` (multipart), `POST …/{id}/signers`, `POST …/{id}/activate` |
/// | [`Started::url`] | `signature_link` of the signer |
/// | [`State::Pending`] | `draft`, `approval`, `ongoing` |
/// | [`State::Signed`] | `done`: `GET …/documents/{id}/download`, `GET …/signers/{id}/audit_trails/download`; the moment is `signed_at` of the signer |
/// | [`State::Refused`] | `declined`, `rejected` |
/// | [`State::Expired`] | `expired` |
/// | [`State::Cancelled`] | `canceled`, `deleted` |
/// | `cancel` | `POST …/{id}/cancel`, or `DELETE …/{id}` of a draft |
/// | `check` | `GET /signature_requests?limit=1` |
/// | `event` | `X-Yousign-Signature-256: sha256=` and the HMAC-SHA256 of the body in hexadecimal; `data.signature_request.id` |
///
/// Nothing binds anybody before `activate`: whatever fails earlier leaves a draft, which the next try deletes.
#[derive(Debug, Clone)]
pub struct Yousign {
    client: Client,
    base: Url,
    key: Secret,
    events: Option<Secret>,
    host: String,
}

impl Yousign {
    pub fn new(settings: YousignSettings) -> Result<Self, SettingError> {
        let client = http::client(&settings.base, settings.timeouts)?;
        let host = http::host(&settings.base);
        Ok(Self { client, base: settings.base, key: settings.key, events: settings.events, host })
    }
}

#[derive(Deserialize)]
struct Listed {
    data: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    id: String,
    status: String,
    #[serde(default)]
    documents: Vec<Named>,
    #[serde(default)]
    signers: Vec<Named>,
}

/// A document or a signer, of which the request names the id alone.
#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Person {
    signature_link: Option<String>,
    signed_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Event {
    data: About,
}

#[derive(Deserialize)]
struct About {
    signature_request: Named,
}

#[derive(Deserialize)]
struct Activated {
    signers: Vec<Person>,
}

impl Provider for Yousign {
    fn kind(&self) -> Kind {
        Kind::Yousign
    }

    fn describe(&self) -> Text {
        Text::new(format!("fournisseur de signature {}", self.host), format!("signature provider {}", self.host))
    }

    fn name(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        if host.split('.').any(|part| part == "yousign") { "Yousign".to_owned() } else { self.host.clone() }
    }

    fn check(&self) -> Result<(), SignatureError> {
        let mut url = self.at(&[]);
        url.query_pairs_mut().append_pair("limit", "1");
        self.call::<Listed>(self.client.get(url)).map(drop)
    }

    fn event(&self, signature: Option<&str>, body: &[u8]) -> Result<String, EventError> {
        let secret = self.events.as_ref().ok_or(EventError::NotSetUp)?;
        let given = signature.map(str::trim).and_then(|given| unhex(given.strip_prefix("sha256=").unwrap_or(given)));
        let given = given.ok_or(EventError::NotProved)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).map_err(|_| EventError::NotProved)?;
        mac.update(body);
        // Compared in the same time whatever is wrong.
        mac.verify_slice(&given).map_err(|_| EventError::NotProved)?;
        let event: Event = serde_json::from_slice(body).map_err(|_| EventError::NotAbout)?;
        Ok(event.data.signature_request.id)
    }

    fn request(&self, request: &Request) -> Result<Started, SignatureError> {
        fit(request)?;
        if let Some(started) = self.find(&request.id)? {
            return Ok(started);
        }
        let draft: Found = self.call(self.client.post(self.at(&[])).json(&json!({
            "name": title(&request.document.name),
            "delivery_mode": "none",
            "timezone": "Europe/Paris",
            "audit_trail_locale": "fr",
            "signers_allowed_to_decline": true,
            "external_id": request.id,
        })))?;
        let document = self.upload(&draft.id, request)?;
        let _: Named =
            self.call(self.client.post(self.at(&[&draft.id, "signers"])).json(&signer(request, &document)))?;
        let activated: Activated = self.call(self.client.post(self.at(&[&draft.id, "activate"])))?;
        let link = activated.signers.into_iter().find_map(|person| person.signature_link);
        self.started(draft.id, link)
    }

    fn state(&self, provider_id: &str) -> Result<State, SignatureError> {
        let found: Found = self.call(self.client.get(self.at(&[provider_id])))?;
        match found.status.as_str() {
            "draft" | "approval" | "ongoing" => Ok(State::Pending),
            "declined" | "rejected" => Ok(State::Refused),
            "expired" => Ok(State::Expired),
            "canceled" | "deleted" => Ok(State::Cancelled),
            "done" => self.signed(&found).map(|signed| State::Signed(Box::new(signed))),
            other => Err(self.unexpected(&format!("status « {} »", short(other)))),
        }
    }

    fn cancel(&self, provider_id: &str) -> Result<(), SignatureError> {
        let found: Found = self.call(self.client.get(self.at(&[provider_id])))?;
        match found.status.as_str() {
            "draft" => self.delete(provider_id),
            "approval" | "ongoing" => {
                let reason = json!({ "reason": "contractualization_aborted" });
                self.bytes(self.client.post(self.at(&[provider_id, "cancel"])).json(&reason), MOST_ANSWER).map(drop)
            }
            "done" => Err(SignatureError::Refused {
                why: Text::new("Le document est déjà signé", "The document is signed already"),
                code: None,
                text: String::new(),
            }),
            "declined" | "rejected" | "expired" | "canceled" | "deleted" => Ok(()),
            other => Err(self.unexpected(&format!("status « {} »", short(other)))),
        }
    }
}

impl Yousign {
    fn at(&self, segments: &[&str]) -> Url {
        http::below(&http::below(&self.base, &["signature_requests"]), segments)
    }

    /// What an earlier try left under this id: its open request is taken up, its drafts are thrown away.
    fn find(&self, id: &str) -> Result<Option<Started>, SignatureError> {
        let mut url = self.at(&[]);
        url.query_pairs_mut().append_pair("external_id[eq]", id);
        let listed: Listed = self.call(self.client.get(url))?;
        for found in listed.data {
            match found.status.as_str() {
                "approval" | "ongoing" | "done" => {
                    let people: Vec<Person> = self.call(self.client.get(self.at(&[&found.id, "signers"])))?;
                    let link = people.into_iter().find_map(|person| person.signature_link);
                    return self.started(found.id, link).map(Some);
                }
                "draft" => self.delete(&found.id)?,
                _ => {}
            }
        }
        Ok(None)
    }

    fn started(&self, provider_id: String, link: Option<String>) -> Result<Started, SignatureError> {
        let url = link.filter(|link| link.starts_with("https://") || link.starts_with("http://127.0.0.1"));
        let url = url.ok_or_else(|| self.unexpected("signature_link"))?;
        Ok(Started { provider_id, url })
    }

    fn upload(&self, draft: &str, request: &Request) -> Result<String, SignatureError> {
        let unfit =
            |_| refused("Le nom du document ne peut pas être envoyé", "The name of the document cannot be sent");
        let file = Part::bytes(request.document.bytes.clone())
            .file_name(request.document.name.clone())
            .mime_str("application/pdf")
            .map_err(unfit)?;
        let form = Form::new().part("file", file).text("nature", "signable_document").text("parse_anchors", "false");
        let document: Named = self.call(self.client.post(self.at(&[draft, "documents"])).multipart(form))?;
        Ok(document.id)
    }

    fn delete(&self, id: &str) -> Result<(), SignatureError> {
        match self.bytes(self.client.delete(self.at(&[id])), MOST_ANSWER) {
            Ok(_) | Err(SignatureError::Missing) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn signed(&self, found: &Found) -> Result<Signed, SignatureError> {
        let (Some(document), Some(signer)) = (found.documents.first(), found.signers.first()) else {
            return Err(self.unexpected("documents, signers"));
        };
        let person: Person = self.call(self.client.get(self.at(&[&found.id, "signers", &signer.id])))?;
        let at = person.signed_at.ok_or_else(|| self.unexpected("signed_at"))?;
        let document = self.pdf(&[&found.id, "documents", &document.id, "download"])?;
        let evidence = self.pdf(&[&found.id, "signers", &signer.id, "audit_trails", "download"])?;
        Ok(Signed { at, document, evidence })
    }

    fn pdf(&self, segments: &[&str]) -> Result<Vec<u8>, SignatureError> {
        let bytes = self.bytes(self.client.get(self.at(segments)), MOST_DOCUMENT)?;
        if is_pdf(&bytes) { Ok(bytes) } else { Err(self.unexpected("PDF")) }
    }

    fn call<Reply: DeserializeOwned>(&self, request: RequestBuilder) -> Result<Reply, SignatureError> {
        let bytes = self.bytes(request, MOST_ANSWER)?;
        serde_json::from_slice(&bytes).map_err(|_| self.unexpected("JSON"))
    }

    fn bytes(&self, request: RequestBuilder, most: u64) -> Result<Vec<u8>, SignatureError> {
        let answer = request.bearer_auth(self.key.expose()).send().map_err(|error| {
            let why = http::no_answer(&self.host, &error);
            match http::tls_fault(&error) {
                Some(_) => SignatureError::Setup { what: why, fix: http::tls_fix() },
                None => SignatureError::Temporary { why, after: None },
            }
        })?;
        let (status, after) = (answer.status(), http::retry_after(answer.headers()));
        let read = http::body(answer, most);
        let (host, code) = (&self.host, status.as_u16());
        match code {
            200..=299 => read.map_err(|unread| match unread {
                http::Unread::TooLarge => self.unexpected("size"),
                http::Unread::Lost => SignatureError::Temporary {
                    why: Text::new(
                        format!("La réponse de « {host} » est incomplète"),
                        format!("The answer of “{host}” is incomplete"),
                    ),
                    after: None,
                },
            }),
            401 | 403 => Err(SignatureError::Setup {
                what: Text::new(
                    format!("« {host} » refuse la clé ({code})"),
                    format!("“{host}” refuses the key ({code})"),
                ),
                fix: Text::new(
                    "vérifiez la clé d’API, ses droits, et qu’elle est du même environnement que l’adresse (essai ou production)",
                    "check the API key, its rights, and that it is of the same environment as the address (trial or production)",
                ),
            }),
            404 => Err(SignatureError::Missing),
            408 | 409 | 425 | 429 | 500..=599 => Err(SignatureError::Temporary {
                why: Text::new(
                    format!("« {host} » ne répond pas à la demande pour l’instant ({code})"),
                    format!("“{host}” does not serve the request for now ({code})"),
                ),
                after,
            }),
            300..=399 => Err(SignatureError::Setup {
                what: Text::new(
                    format!("« {host} » renvoie ailleurs ({code})"),
                    format!("“{host}” leads elsewhere ({code})"),
                ),
                fix: Text::new("corrigez l’adresse de l’API", "correct the address of the API"),
            }),
            _ => Err(SignatureError::Refused {
                why: Text::new(
                    format!("« {host} » refuse cette demande de signature ({code})"),
                    format!("“{host}” refuses this request for a signature ({code})"),
                ),
                code: Some(code),
                text: http::words(&read.unwrap_or_default()),
            }),
        }
    }

    fn unexpected(&self, what: &str) -> SignatureError {
        let host = &self.host;
        SignatureError::Unexpected {
            what: Text::new(
                format!("La réponse de « {host} » n’est pas celle attendue : {what}"),
                format!("The answer of “{host}” is not the expected one: {what}"),
            ),
        }
    }
}

fn refused(fr: &str, en: &str) -> SignatureError {
    SignatureError::Refused { why: Text::new(fr, en), code: None, text: String::new() }
}

/// What need not be asked to be known wrong.
fn fit(request: &Request) -> Result<(), SignatureError> {
    let Request { id, document, signer, callback, placement } = request;
    if id.is_empty() || id.len() > 255 || !id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
        return Err(refused("L’identifiant de la demande est impossible", "The id of the request is impossible"));
    }
    if !is_pdf(&document.bytes) || !document.name.to_ascii_lowercase().ends_with(".pdf") {
        return Err(refused("Le document à signer n’est pas un PDF", "The document to be signed is not a PDF"));
    }
    if hash(&document.bytes) != document.sha256.to_ascii_lowercase() {
        return Err(refused(
            "Le document à signer n’est pas celui qui a été décidé : son empreinte diffère",
            "The document to be signed is not the one that was decided upon: its hash differs",
        ));
    }
    let texts = [&document.name, &signer.first_name, &signer.last_name, &signer.email];
    if texts.iter().any(|text| text.trim().is_empty() || text.chars().any(char::is_control)) {
        return Err(refused(
            "Un nom ou l’adresse du signataire manque, ou contient un caractère de contrôle",
            "A name or the address of the signer is missing, or holds a control character",
        ));
    }
    if placement.page == 0 {
        return Err(refused(
            "La page de la signature se compte depuis 1",
            "The page of the signature is counted from 1",
        ));
    }
    let dialled = |phone: &String| {
        phone
            .strip_prefix('+')
            .is_some_and(|digits| (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()))
    };
    if !signer.phone.as_ref().is_none_or(dialled) {
        return Err(refused(
            "Le téléphone du signataire n’a pas la forme +33612345678",
            "The signer’s phone does not have the form +33612345678",
        ));
    }
    let led = |url: &String| Url::parse(url).is_ok_and(|url| url.scheme() == "https" || http::is_loopback(&url));
    if !callback.as_ref().is_none_or(led) {
        return Err(refused(
            "L’adresse de retour du signataire n’est pas en https://",
            "The address to which the signer is led back is not https://",
        ));
    }
    Ok(())
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    if !digits.is_ascii() || !digits.len().is_multiple_of(2) {
        return None;
    }
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok()).collect()
}

fn title(name: &str) -> String {
    name.chars().take(LONGEST_NAME).collect()
}

fn signer(request: &Request, document: &str) -> serde_json::Value {
    let Request { signer, placement, callback, .. } = request;
    let mut info = json!({
        "first_name": signer.first_name,
        "last_name": signer.last_name,
        "email": signer.email,
        "locale": "fr",
    });
    if let Some(phone) = &signer.phone {
        info["phone_number"] = json!(phone);
    }
    let mut body = json!({
        "info": info,
        "signature_level": "electronic_signature",
        "signature_authentication_mode": if signer.phone.is_some() { "otp_sms" } else { "otp_email" },
        "fields": [{
            "type": "signature",
            "document_id": document,
            "page": placement.page,
            "x": placement.x,
            "y": placement.y,
        }],
    });
    if let Some(callback) = callback {
        body["redirect_urls"] = json!({ "success": callback, "error": callback, "decline": callback });
    }
    body
}
