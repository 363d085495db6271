//! Documents in an S3-compatible store (AWS, OVHcloud, Scaleway, MinIO, Garage …). `rusty-s3` signs the address of each
//! request (SigV4); the secret key itself never travels.

use std::time::Duration;

use domain::text::Text;
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::header::CONTENT_LENGTH;
use rusty_s3::actions::{DeleteObject, GetObject, HeadObject, PutObject};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use url::Url;

use super::{Kind, Stored, Vault, VaultError, segments};
use crate::http;
use crate::setting::{Secret, SettingError, Timeouts, seconds, short, unknown_parameter, without_secret};

/// How long a signed address is good for; covers clocks that differ a little.
const SIGNED_FOR: Duration = Duration::from_secs(300);
/// A document that is larger was not put here by us.
const MOST_BYTES: u64 = 512 * 1024 * 1024;
const MOST_ANSWER: u64 = 64 * 1024;

/// Who we are to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    pub id: String,
    pub secret: Secret,
}

domain::closed_enum! {
    /// Where the name of the bucket stands in an address.
    pub enum Style {
        /// `https://endpoint/bucket/key`
        Path = "path",
        /// `https://bucket.endpoint/key`
        Host = "host",
    }
}

/// Read from `s3://bucket?endpoint=…&region=…`.
///
/// | parameter | when it is left out |
/// |---|---|
/// | `region` | must be given |
/// | `endpoint`: `https://…` or `http://…` | that of AWS in the region |
/// | `style`: `path` or `host` | `path` with an endpoint, `host` without |
/// | `prefix`: one segment before each key | none |
/// | `connect`, `read`: seconds | 10, 30 |
///
/// ```
/// use gateway::vault::{Keys, S3Settings, Style};
///
/// let keys = Keys { id: "GK123".to_owned(), secret: gateway::Secret::new("hushhush") };
/// let url = "s3://cabready?endpoint=https://s3.gra.io.cloud.ovh.net&region=gra";
/// let settings = S3Settings::read(url, Some(keys)).unwrap();
/// assert_eq!(settings.style, Style::Path);
/// assert!(!format!("{settings:?}").contains("hushhush"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Settings {
    pub endpoint: Url,
    pub region: String,
    pub bucket: String,
    pub style: Style,
    pub prefix: String,
    pub keys: Keys,
    pub timeouts: Timeouts,
}

const PARAMETERS: &[&str] = &["endpoint", "region", "style", "prefix", "connect", "read"];

impl S3Settings {
    pub fn read(text: &str, keys: Option<Keys>) -> Result<Self, SettingError> {
        let url = Url::parse(text).ok().filter(|url| url.scheme() == "s3" && matches!(url.path(), "" | "/"));
        let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
        let url = url.ok_or_else(|| unreadable(text))?;
        let bucket = url.host_str().filter(|name| is_bucket(name)).ok_or_else(|| unreadable(text))?.to_owned();
        let (mut endpoint, mut region, mut style, mut prefix) = (None, String::new(), None, String::new());
        let mut timeouts = Timeouts::default();
        for (name, value) in url.query_pairs() {
            match name.as_ref() {
                "endpoint" => endpoint = Some(read_endpoint(&value)?),
                "region" => region = plain("region", &value)?,
                "style" => style = Some(read_style(&value)?),
                "prefix" => prefix = plain("prefix", &value)?,
                "connect" => timeouts.connect = seconds(&name, &value)?,
                "read" => timeouts.read = seconds(&name, &value)?,
                _ => return Err(unknown_parameter(&name, PARAMETERS)),
            }
        }
        if region.is_empty() {
            return Err(lacking("region", "region=eu-west-3"));
        }
        let keys = keys.filter(|keys| !keys.id.is_empty() && !keys.secret.is_empty()).ok_or_else(no_keys)?;
        let default_style = if endpoint.is_some() { Style::Path } else { Style::Host };
        let endpoint = match endpoint {
            Some(endpoint) => endpoint,
            None => read_endpoint(&format!("https://s3.{region}.amazonaws.com"))?,
        };
        Ok(Self { endpoint, region, bucket, style: style.unwrap_or(default_style), prefix, keys, timeouts })
    }
}

fn is_bucket(name: &str) -> bool {
    (3..=63).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'))
}

fn unreadable(text: &str) -> SettingError {
    let shown = without_secret(text);
    SettingError::new(
        Text::new(
            format!("« {shown} » n’est pas l’adresse d’un espace de documents"),
            format!("“{shown}” is not the address of a store of documents"),
        ),
        Text::new("s3://espace?endpoint=https://…&region=…", "s3://bucket?endpoint=https://…&region=…"),
        Text::new(
            "nommez l’espace en minuscules, chiffres et tirets ; les clés se donnent à part",
            "name the bucket in lower case, digits and hyphens; the keys are given apart",
        ),
    )
}

fn lacking(name: &str, example: &str) -> SettingError {
    SettingError::new(
        Text::new(
            format!("« {name} » manque dans l’adresse de l’espace"),
            format!("“{name}” is missing in the address of the store"),
        ),
        Text::new(format!("par exemple {example}"), format!("{example}, for instance")),
        Text::new(format!("ajoutez &{example}"), format!("add &{example}")),
    )
}

fn no_keys() -> SettingError {
    SettingError::new(
        Text::new("Les clés de l’espace de documents manquent", "The keys of the store of documents are missing"),
        Text::new("un identifiant de clé et sa clé secrète", "the id of a key and its secret key"),
        Text::new(
            "créez une clé chez l’hébergeur et donnez ses deux parties",
            "make a key at the provider and give both parts",
        ),
    )
}

fn read_endpoint(value: &str) -> Result<Url, SettingError> {
    let url = Url::parse(value).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some());
    let url = url.filter(|url| url.query().is_none() && url.fragment().is_none() && url.username().is_empty());
    url.ok_or_else(|| {
        let shown = without_secret(value);
        SettingError::new(
            Text::new(format!("« {shown} » n’est pas un point d’accès"), format!("“{shown}” is not an endpoint")),
            Text::new("https://hôte, sans l’espace ni la clé", "https://host, without bucket and key"),
            Text::new("copiez l’adresse donnée par l’hébergeur", "copy the address that the provider gives"),
        )
    })
}

fn read_style(value: &str) -> Result<Style, SettingError> {
    Style::try_from(value).map_err(|unknown| {
        SettingError::new(
            Text::new(
                format!("« {} » n’est pas un style d’adresse", unknown.value),
                format!("“{}” is not a style of address", unknown.value),
            ),
            Text::new("path ou host", "path or host"),
            Text::new("écrivez style=path", "write style=path"),
        )
    })
}

fn plain(name: &str, value: &str) -> Result<String, SettingError> {
    if (1..=64).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Ok(value.to_owned());
    }
    let value = short(value);
    Err(SettingError::new(
        Text::new(
            format!("« {value} » est impossible pour « {name} »"),
            format!("“{value}” is impossible for “{name}”"),
        ),
        Text::new("des lettres, chiffres et tirets", "letters, digits and hyphens"),
        Text::new(format!("corrigez « {name} »"), format!("correct “{name}”")),
    ))
}

/// One bucket.
#[derive(Clone)]
pub struct S3 {
    client: Client,
    bucket: Bucket,
    credentials: Credentials,
    prefix: String,
    host: String,
}

impl std::fmt::Debug for S3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3").field("host", &self.host).field("bucket", &self.bucket.name()).finish_non_exhaustive()
    }
}

impl S3 {
    pub fn new(settings: S3Settings) -> Result<Self, SettingError> {
        let client = http::client(&settings.endpoint, settings.timeouts)?;
        let host = http::host(&settings.endpoint);
        let style = match settings.style {
            Style::Path => UrlStyle::Path,
            Style::Host => UrlStyle::VirtualHost,
        };
        let bucket = Bucket::new(settings.endpoint, style, settings.bucket, settings.region).map_err(|error| {
            SettingError::new(
                Text::new(
                    format!("L’espace ne peut pas être adressé sur « {host} » : {error}"),
                    format!("The bucket cannot be addressed at “{host}”: {error}"),
                ),
                Text::new(
                    "un nom d’hôte avec style=host, tout avec style=path",
                    "a host name with style=host, anything with style=path",
                ),
                Text::new("écrivez style=path", "write style=path"),
            )
        })?;
        let credentials = Credentials::new(settings.keys.id, settings.keys.secret.expose());
        Ok(Self { client, bucket, credentials, prefix: settings.prefix, host })
    }

    fn object(&self, key: &str) -> Result<String, VaultError> {
        let (cabinet, name) = segments(key)?;
        let prefix = if self.prefix.is_empty() { String::new() } else { format!("{}/", self.prefix) };
        Ok(format!("{prefix}{cabinet}/{name}"))
    }

    fn ask(&self, request: RequestBuilder) -> Result<Response, VaultError> {
        request.send().map_err(|error| {
            let what = http::no_answer(&self.host, &error);
            match http::tls_fault(&error) {
                Some(_) => VaultError::Setup { what, fix: http::tls_fix() },
                None => VaultError::Unreachable(what),
            }
        })
    }

    fn cut_off(&self) -> VaultError {
        let host = &self.host;
        VaultError::Unreachable(Text::new(
            format!("La réponse de « {host} » est incomplète"),
            format!("The answer of “{host}” is incomplete"),
        ))
    }

    /// What a bad answer means. The store's own code, such as `SignatureDoesNotMatch`, is an element of its XML.
    fn judged(&self, key: &str, answer: Response) -> VaultError {
        let status = answer.status().as_u16();
        let text = http::words(&http::body(answer, MOST_ANSWER).unwrap_or_default());
        let code = text
            .split_once("<Code>")
            .and_then(|(_, rest)| rest.split_once("</Code>"))
            .map(|(code, _)| short(code))
            .unwrap_or_default();
        let (host, bucket) = (&self.host, self.bucket.name());
        let shown = if code.is_empty() { status.to_string() } else { format!("{status} {code}") };
        let setup = |what: Text, fix: Text| VaultError::Setup { what, fix };
        let unwilling = Text::new(
            format!("« {host} » ne permet pas l’accès à l’espace « {bucket} » ({shown})"),
            format!("“{host}” does not allow access to the bucket “{bucket}” ({shown})"),
        );
        match (status, code.as_str()) {
            (_, "NoSuchBucket") => setup(
                Text::new(
                    format!("« {host} » n’a pas d’espace « {bucket} »"),
                    format!("“{host}” has no bucket “{bucket}”"),
                ),
                Text::new("créez l’espace, ou corrigez son nom", "make the bucket, or correct its name"),
            ),
            (404, _) => VaultError::Missing(key.to_owned()),
            (_, "RequestTimeTooSkewed" | "AccessDeniedExpired") => setup(
                unwilling,
                Text::new("mettez l’horloge de cette machine à l’heure", "set the clock of this machine"),
            ),
            (507, _) | (_, "QuotaExceeded" | "XMinioStorageFull" | "InsufficientStorage") => {
                VaultError::Full(Text::new(
                    format!("Il n’y a plus de place sur « {host} » ({shown})"),
                    format!("There is no room left at “{host}” ({shown})"),
                ))
            }
            (408 | 425 | 429 | 500..=599, _) | (_, "SlowDown" | "OperationAborted") => {
                VaultError::Unreachable(Text::new(
                    format!("« {host} » ne répond pas à la demande pour l’instant ({shown})"),
                    format!("“{host}” does not serve the request for now ({shown})"),
                ))
            }
            (300..=399, _) => setup(
                unwilling,
                Text::new(
                    "corrigez « region » et « endpoint » : l’espace est ailleurs",
                    "correct “region” and “endpoint”: the bucket is elsewhere",
                ),
            ),
            _ => setup(
                unwilling,
                Text::new(
                    "vérifiez la clé, ses droits sur l’espace, la région et le style d’adresse",
                    "check the key, its rights on the bucket, the region and the style of address",
                ),
            ),
        }
    }
}

impl Vault for S3 {
    fn kind(&self) -> Kind {
        Kind::S3
    }

    fn describe(&self) -> Text {
        let (host, bucket) = (&self.host, self.bucket.name());
        Text::new(format!("espace {bucket} de {host}"), format!("bucket {bucket} at {host}"))
    }

    fn put(&self, key: &str, bytes: &[u8]) -> Result<Stored, VaultError> {
        let object = self.object(key)?;
        let url = PutObject::new(&self.bucket, Some(&self.credentials), &object).sign(SIGNED_FOR);
        // Said even of nothing: a store wants to know the length.
        let request = self.client.put(url).header(CONTENT_LENGTH, bytes.len()).body(bytes.to_vec());
        let answer = self.ask(request)?;
        if answer.status().is_success() { Ok(Stored::of(key, bytes)) } else { Err(self.judged(key, answer)) }
    }

    fn get(&self, key: &str) -> Result<Vec<u8>, VaultError> {
        let object = self.object(key)?;
        let url = GetObject::new(&self.bucket, Some(&self.credentials), &object).sign(SIGNED_FOR);
        let answer = self.ask(self.client.get(url))?;
        if answer.status().is_success() {
            http::body(answer, MOST_BYTES).map_err(|_| self.cut_off())
        } else {
            Err(self.judged(key, answer))
        }
    }

    fn delete(&self, key: &str) -> Result<(), VaultError> {
        let object = self.object(key)?;
        let url = DeleteObject::new(&self.bucket, Some(&self.credentials), &object).sign(SIGNED_FOR);
        let answer = self.ask(self.client.delete(url))?;
        if answer.status().is_success() {
            return Ok(());
        }
        match self.judged(key, answer) {
            VaultError::Missing(_) => Ok(()),
            error => Err(error),
        }
    }

    /// A store answers this without a body: a bucket that is not there looks like a document that is not.
    fn exists(&self, key: &str) -> Result<bool, VaultError> {
        let object = self.object(key)?;
        let url = HeadObject::new(&self.bucket, Some(&self.credentials), &object).sign(SIGNED_FOR);
        let answer = self.ask(self.client.head(url))?;
        if answer.status().is_success() {
            return Ok(true);
        }
        match self.judged(key, answer) {
            VaultError::Missing(_) => Ok(false),
            error => Err(error),
        }
    }
}
