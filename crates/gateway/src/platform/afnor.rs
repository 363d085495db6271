//! The adapter: HTTP as the published OpenAPI files of Flow Service and Directory Service describe it.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use domain::text::Text;
use reqwest::Method;
use reqwest::blocking::{Client, RequestBuilder};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};
use uuid::Uuid;

use super::address::{self, LeadsInside, PublicOnly};
use super::{
    Call, DirectoryLine, Endpoint, Found, Line, PlatformError, Platforms, Search, Subscription, Token, Webhook, said,
};
use crate::http::{self, Unread};
use crate::setting::{Secret, SettingError, Timeouts, short};

/// A page of a hundred flows takes some tens of kilobytes.
const MOST_ANSWER: u64 = 8 * 1024 * 1024;
/// An invoice with its attachments; a larger one is told and left where it is.
const MOST_DOCUMENT: u64 = 25 * 1024 * 1024;
/// A whole answer, however slowly it drips.
const LONGEST_ANSWER: Duration = Duration::from_secs(120);
/// A token whose life nobody told.
const SHORT_LIFE: i64 = 300;
/// A token is asked for anew so long before its end: the clocks of two machines differ.
const BEFORE_END: i64 = 30;
/// Lines of the directory asked for at once, and how often one goes on.
const LINES: usize = 100;
const MOST_PAGES: usize = 10;

/// Platforms over HTTP.
#[derive(Debug, Clone)]
pub struct Afnor {
    inside: bool,
    timeouts: Timeouts,
}

impl Afnor {
    /// `inside`: addresses of this machine and of private networks may be spoken to, also without TLS.
    pub fn new(inside: bool) -> Self {
        Self::with_timeouts(inside, Timeouts::default())
    }

    pub fn with_timeouts(inside: bool, timeouts: Timeouts) -> Self {
        Self { inside, timeouts }
    }

    fn client(&self) -> Result<Client, SettingError> {
        http::prepare_tls();
        let mut builder = Client::builder()
            .connect_timeout(self.timeouts.connect)
            .timeout(self.timeouts.read)
            .redirect(reqwest::redirect::Policy::none())
            // A proxy would look the names up itself.
            .no_proxy()
            .user_agent(concat!("cabready/", env!("CARGO_PKG_VERSION")));
        if !self.inside {
            builder = builder.dns_resolver(Arc::new(PublicOnly)).https_only(true);
        }
        builder.build().map_err(http::no_client)
    }

    /// An address that was kept, looked at again: what the server allows may have changed.
    fn kept(&self, address: &str) -> Result<Url, PlatformError> {
        address::read(address, self.inside).map_err(setup)
    }
}

fn setup(error: SettingError) -> PlatformError {
    PlatformError::Setup { what: error.what.clone(), fix: error.fix.clone() }
}

impl Platforms for Afnor {
    fn check(&self, address: &str) -> Result<String, SettingError> {
        let url = address::read(address, self.inside)?;
        if !self.inside {
            address::check_name(&url)?;
        }
        let kept = url.as_str().trim_end_matches('/');
        // Paths of the standard begin with their version.
        Ok(kept.strip_suffix("/v1").unwrap_or(kept).to_owned())
    }

    fn reaches_inside(&self) -> bool {
        self.inside
    }

    fn open(&self, endpoint: &Endpoint, token: Option<Token>) -> Result<Box<dyn Line>, PlatformError> {
        let directory = endpoint.directory.as_deref().map(|d| self.kept(d)).transpose()?;
        let organization = endpoint.organization.as_deref().map(HeaderValue::from_str).transpose().map_err(|_| {
            PlatformError::Setup {
                what: Text::new(
                    "L’identifiant d’organisation contient un caractère qui ne peut pas être envoyé",
                    "The organisation id holds a character that cannot be sent",
                ),
                fix: Text::new("recopiez-le depuis la plateforme", "copy it from the platform"),
            }
        })?;
        Ok(Box::new(AfnorLine {
            client: self.client().map_err(setup)?,
            flow: self.kept(&endpoint.flow)?,
            directory,
            at_token: self.kept(&endpoint.token)?,
            client_id: endpoint.client_id.clone(),
            secret: endpoint.secret.clone(),
            organization,
            traits: endpoint.version.traits(),
            token,
            calls: Vec::new(),
        }))
    }
}

struct AfnorLine {
    client: Client,
    flow: Url,
    directory: Option<Url>,
    at_token: Url,
    client_id: String,
    secret: Secret,
    organization: Option<HeaderValue>,
    traits: super::Traits,
    token: Option<Token>,
    calls: Vec<Call>,
}

/// An answer that came whole.
struct Answer {
    status: u16,
    body: Vec<u8>,
    after: Option<Duration>,
}

/// How the client id and its secret are shown to the token address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// Basic authentication, which every server must know.
    InHeader,
    /// In the form, which is all that some know.
    InForm,
}

fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

impl Line for AfnorLine {
    fn sign_in(&mut self) -> Result<Token, PlatformError> {
        self.token = None;
        let mut answer = self.ask_token(Shown::InHeader)?;
        if matches!(answer.status, 400 | 401) {
            answer = self.ask_token(Shown::InForm)?;
        }
        let host = http::host(&self.at_token);
        match answer.status {
            200..=299 => {}
            // Here these say that the credentials are wrong, or not good for this.
            400 | 401 | 403 => {
                let code = error_code(&answer.body, "error");
                return self.fail(PlatformError::Setup {
                    what: Text::new(
                        format!("« {host} » ne reconnaît pas l’identifiant ou le secret ({}{code})", answer.status),
                        format!("“{host}” does not know the client id or its secret ({}{code})", answer.status),
                    ),
                    fix: Text::new(
                        "vérifiez l’identifiant, le secret et leur environnement (essai ou production)",
                        "check the client id, the secret and their environment (trial or production)",
                    ),
                });
            }
            _ => return self.refused(&host, &answer, "error"),
        }
        let granted: Option<said::Granted> = serde_json::from_slice(&answer.body).ok();
        let Some(granted) = granted.filter(|g| g.is_bearer() && is_token(&g.access_token)) else {
            return self.unexpected(&host, "access_token");
        };
        let life = granted.lives().unwrap_or(SHORT_LIFE).clamp(1, 7 * 24 * 3600);
        let token = Token { value: Secret::new(granted.access_token), ends: now() + chrono::Duration::seconds(life) };
        self.token = Some(token.clone());
        Ok(token)
    }

    fn token(&self) -> Option<Token> {
        self.token.clone()
    }

    fn health(&mut self) -> Result<(), PlatformError> {
        let url = http::below(&self.flow, &["v1", "healthcheck"]);
        self.ask(Method::GET, url, None, MOST_ANSWER).map(drop).or_else(|e| self.fail(not_the_service(e)))
    }

    fn search(&mut self, search: &Search) -> Result<Found, PlatformError> {
        let written = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let mut wanted = json!({ "updatedAfter": written(search.after) });
        if let Some(before) = search.before {
            wanted["updatedBefore"] = json!(written(before));
        }
        let mut body = json!({ "limit": search.limit, "where": wanted });
        if let Some(cursor) = search.cursor.as_ref().filter(|_| self.traits.cursor) {
            body["cursor"] = json!(cursor);
        }
        let url = http::below(&self.flow, &["v1", "flows", "search"]);
        let answer =
            self.ask(Method::POST, url, Some(&body), MOST_ANSWER).or_else(|e| self.fail(not_the_service(e)))?;
        if answer.status == 204 {
            return Ok(Found::default());
        }
        let host = http::host(&self.flow);
        let found = serde_json::from_slice(&answer.body).ok().as_ref().and_then(said::found);
        match found {
            Some(found) => Ok(Found { next: found.next.filter(|_| self.traits.cursor), ..found }),
            None => self.unexpected(&host, "results"),
        }
    }

    fn original(&mut self, flow: &str) -> Result<Vec<u8>, PlatformError> {
        let mut url = http::below(&self.flow, &["v1", "flows", flow]);
        url.query_pairs_mut().append_pair("docType", "Original");
        Ok(self.ask(Method::GET, url, None, MOST_DOCUMENT)?.body)
    }

    fn webhooks(&mut self) -> Result<Vec<Webhook>, PlatformError> {
        let url = http::below(&self.flow, &["v1", "webhooks"]);
        let answer = self.ask(Method::GET, url, None, MOST_ANSWER)?;
        if answer.status == 204 {
            return Ok(Vec::new());
        }
        let host = http::host(&self.flow);
        match serde_json::from_slice(&answer.body).ok().as_ref().and_then(said::webhooks) {
            Some(webhooks) => Ok(webhooks),
            None => self.unexpected(&host, "webhooks"),
        }
    }

    fn subscribe(&mut self, callback: &str) -> Result<Subscription, PlatformError> {
        let url = http::below(&self.flow, &["v1", "webhooks"]);
        let answer = self.ask(Method::POST, url, Some(&json!({ "callbackUrl": callback })), MOST_ANSWER)?;
        let host = http::host(&self.flow);
        let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match (value["webhookId"].as_str(), value["signingKey"].as_str()) {
            (Some(id), Some(key)) if is_id(id) && !key.is_empty() => {
                Ok(Subscription { id: id.to_owned(), key: Secret::new(key) })
            }
            _ => self.unexpected(&host, "webhookId, signingKey"),
        }
    }

    fn unsubscribe(&mut self, webhook: &str) -> Result<(), PlatformError> {
        let url = http::below(&self.flow, &["v1", "webhooks", webhook]);
        match self.ask(Method::DELETE, url, None, MOST_ANSWER) {
            Ok(_) | Err(PlatformError::Missing { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn directory(&mut self, siren: &str) -> Result<Vec<DirectoryLine>, PlatformError> {
        let Some(base) = self.directory.clone() else {
            return Err(PlatformError::Setup {
                what: Text::new("Cette connexion n’a pas d’annuaire", "This connection has no directory"),
                fix: Text::new("ajoutez l’adresse de l’annuaire", "add the address of the directory"),
            });
        };
        let url = http::below(&base, &["v1", "directory-line", "search"]);
        let host = http::host(&base);
        let mut all = Vec::new();
        for page in 0..MOST_PAGES {
            let filters = json!({ "siren": { "op": "strict", "value": siren } });
            let body = json!({ "filters": filters, "limit": LINES, "ignore": page * LINES });
            let answer = match self.ask(Method::POST, url.clone(), Some(&body), MOST_ANSWER) {
                Ok(answer) => answer,
                // Nobody has this SIREN.
                Err(PlatformError::Missing { told: true, .. }) => break,
                Err(error) => return self.fail(not_the_service(error)),
            };
            // Nothing found; 1.3 says so with an empty list.
            if answer.status == 204 {
                break;
            }
            let Some((lines, count)) = serde_json::from_slice(&answer.body).ok().as_ref().and_then(said::lines) else {
                return self.unexpected(&host, "results");
            };
            all.extend(lines);
            if count < LINES {
                break;
            }
        }
        Ok(all)
    }

    fn calls(&mut self) -> Vec<Call> {
        std::mem::take(&mut self.calls)
    }
}

impl AfnorLine {
    fn ask_token(&mut self, shown: Shown) -> Result<Answer, PlatformError> {
        let coded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        let request = self.client.post(self.at_token.clone());
        let request = match shown {
            // Coded before they are joined, as RFC 6749 (2.3.1) wants it.
            Shown::InHeader => request.basic_auth(coded(&self.client_id), Some(coded(self.secret.expose()))),
            Shown::InForm => {
                form.append_pair("client_id", &self.client_id).append_pair("client_secret", self.secret.expose());
                request
            }
        };
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.finish());
        let (url, host) = (self.at_token.clone(), http::host(&self.at_token));
        self.send("POST", &url, &host, request, MOST_ANSWER)
    }

    /// Asks with a token; with a new one when the platform does not know the old one any longer.
    fn ask(&mut self, method: Method, url: Url, body: Option<&Value>, most: u64) -> Result<Answer, PlatformError> {
        let host = http::host(&url);
        let soon = now() + chrono::Duration::seconds(BEFORE_END);
        let mut fresh = false;
        if self.token.as_ref().is_none_or(|t| t.ends <= soon) {
            self.sign_in()?;
            fresh = true;
        }
        loop {
            let answer = self.once(&method, &url, &host, body, most)?;
            match answer.status {
                200..=299 => return Ok(answer),
                401 if !fresh => {
                    self.sign_in()?;
                    fresh = true;
                }
                _ => return self.refused(&host, &answer, "errorCode"),
            }
        }
    }

    fn once(
        &mut self,
        method: &Method,
        url: &Url,
        host: &str,
        body: Option<&Value>,
        most: u64,
    ) -> Result<Answer, PlatformError> {
        let mut request = self.client.request(method.clone(), url.clone());
        if let Some(token) = &self.token {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", token.value.expose()))
                .unwrap_or(HeaderValue::from_static("Bearer"));
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        if let Some(organization) = &self.organization {
            request = request.header("Organization-Id", organization.clone());
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let method = match *method {
            Method::POST => "POST",
            Method::DELETE => "DELETE",
            _ => "GET",
        };
        self.send(method, url, host, request, most)
    }

    /// One exchange, noted in the list of calls.
    fn send(
        &mut self,
        method: &'static str,
        url: &Url,
        host: &str,
        request: RequestBuilder,
        most: u64,
    ) -> Result<Answer, PlatformError> {
        let (at, started) = (now(), Instant::now());
        let request_id = Uuid::now_v7().to_string();
        let outcome = request.header("Request-Id", &request_id).header(ACCEPT, "*/*").send();
        let mut call = Call {
            at,
            method,
            path: url[url::Position::BeforePath..].chars().take(300).collect(),
            status: None,
            took: Duration::ZERO,
            bytes: 0,
            request_id,
            error: None,
        };
        let result = match outcome {
            Err(error) => Err(no_answer(host, &error)),
            Ok(answer) => {
                let (status, after) = (answer.status().as_u16(), http::retry_after(answer.headers()));
                call.status = Some(status);
                match http::body_until(answer, most, started + LONGEST_ANSWER) {
                    Ok(body) => {
                        call.bytes = body.len() as u64;
                        Ok(Answer { status, body, after })
                    }
                    // Of a refusal the status says enough.
                    Err(_) if status >= 300 => Ok(Answer { status, body: Vec::new(), after }),
                    Err(Unread::TooLarge) => Err(PlatformError::Unexpected {
                        what: Text::new(
                            format!("La réponse de « {host} » dépasse {} Mo", most / 1_048_576),
                            format!("The answer of “{host}” exceeds {} MB", most / 1_048_576),
                        ),
                    }),
                    Err(Unread::Lost) => Err(PlatformError::Temporary {
                        why: Text::new(
                            format!("La réponse de « {host} » est incomplète"),
                            format!("The answer of “{host}” is incomplete"),
                        ),
                        after: None,
                    }),
                }
            }
        };
        call.took = started.elapsed();
        call.error = result.as_ref().err().map(PlatformError::text);
        self.calls.push(call);
        result
    }

    /// Ends with an error that the list of calls tells too.
    fn fail<T>(&mut self, error: PlatformError) -> Result<T, PlatformError> {
        if let Some(call) = self.calls.last_mut() {
            call.error = Some(error.text());
        }
        Err(error)
    }

    fn unexpected<T>(&mut self, host: &str, what: &str) -> Result<T, PlatformError> {
        self.fail(PlatformError::Unexpected {
            what: Text::new(
                format!("La réponse de « {host} » n’est pas celle attendue : {what}"),
                format!("The answer of “{host}” is not the expected one: {what}"),
            ),
        })
    }

    /// What a status other than success says. Of the body only the code of the error is told.
    fn refused<T>(&mut self, host: &str, answer: &Answer, named: &str) -> Result<T, PlatformError> {
        let status = answer.status;
        let code = error_code(&answer.body, named);
        let said = format!("{status}{code}");
        self.fail(match status {
            401 | 403 => PlatformError::Setup {
                what: Text::new(
                    format!("« {host} » refuse l’accès ({said})"),
                    format!("“{host}” refuses access ({said})"),
                ),
                fix: Text::new(
                    "vérifiez les droits de l’identifiant, l’organisation et l’environnement (essai ou production)",
                    "check the rights of the client id, the organisation and the environment (trial or production)",
                ),
            },
            404 | 410 => PlatformError::Missing {
                what: Text::new(
                    format!("« {host} » ne connaît pas ce qui est demandé ({said})"),
                    format!("“{host}” does not know what is asked for ({said})"),
                ),
                told: !code.is_empty(),
            },
            408 | 425 | 429 | 500..=599 => PlatformError::Temporary {
                why: Text::new(
                    format!("« {host} » ne répond pas à la demande pour l’instant ({said})"),
                    format!("“{host}” does not serve the request for now ({said})"),
                ),
                after: answer.after,
            },
            300..=399 => PlatformError::Setup {
                what: Text::new(
                    format!("« {host} » renvoie ailleurs ({said})"),
                    format!("“{host}” leads elsewhere ({said})"),
                ),
                fix: Text::new("corrigez l’adresse du service", "correct the address of the service"),
            },
            _ => PlatformError::Refused {
                why: Text::new(
                    format!("« {host} » refuse cette demande ({said})"),
                    format!("“{host}” refuses this request ({said})"),
                ),
            },
        })
    }
}

fn no_answer(host: &str, error: &reqwest::Error) -> PlatformError {
    let why = http::no_answer(host, error);
    if http::caused_by::<LeadsInside>(error) {
        return PlatformError::Setup {
            what: Text::new(
                format!("« {host} » mène à un réseau privé"),
                format!("“{host}” leads into a private network"),
            ),
            fix: Text::new(
                "corrigez l’adresse, ou faites autoriser les réseaux privés par l’exploitant du serveur",
                "correct the address, or have private networks allowed by the operator of the server",
            ),
        };
    }
    match http::tls_fault(error) {
        Some(_) => PlatformError::Setup { what: why, fix: http::tls_fix() },
        None => PlatformError::Temporary { why, after: None },
    }
}

/// The code of an error, where it is a short word.
fn error_code(body: &[u8], named: &str) -> String {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let code = value.get(named).and_then(Value::as_str).unwrap_or_default();
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    if code.is_empty() || code.len() > 60 || !code.bytes().all(plain) {
        String::new()
    } else {
        format!(", {}", short(code))
    }
}

/// What stands in a header as one word.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.len() <= 16 * 1024 && text.bytes().all(|b| b.is_ascii_graphic())
}

fn is_id(text: &str) -> bool {
    (1..=200).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// A path of the standard that a service does not know: it is another service.
fn not_the_service(error: PlatformError) -> PlatformError {
    match error {
        PlatformError::Missing { what, .. } => PlatformError::Setup {
            what,
            fix: Text::new(
                "vérifiez l’adresse du service : la partie avant « /v1 »",
                "check the address of the service: the part before “/v1”",
            ),
        },
        other => other,
    }
}
