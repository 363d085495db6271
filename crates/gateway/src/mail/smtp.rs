//! Mail through a relay, by SMTP (RFC 5321). The dialogue is walked command by command, so that the moment after which a
//! mail is in doubt is known: between the relay's 354 and the first byte of the content.

use std::error::Error as _;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use domain::text::Text;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters, TlsParametersBuilder};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::{Error, response::Response};
use url::Url;

use super::message::Checked;
use super::{Kind, Mail, MailError, Mailer, Receipt, Session};
use crate::http::{is_loopback, prepare_tls, tls_fault, tls_fix, words};
use crate::setting::{Secret, SettingError, Timeouts, seconds, short, unknown_parameter, without_secret};

/// A relay that is told goodbye is not waited for.
const GOODBYE: Duration = Duration::from_secs(2);

domain::closed_enum! {
    /// When the connection is encrypted.
    pub enum Tls {
        /// From the first byte: `smtps://`.
        Implicit = "implicit",
        /// By STARTTLS, or nothing is sent.
        Required = "required",
        /// By STARTTLS when the relay offers it. A login is never sent in clear all the same.
        Opportunistic = "opportunistic",
        /// Never; for a relay on this machine or in its own network, without a login.
        None = "none",
    }
}

/// Who we are to the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub password: Secret,
}

/// Read from a URL: `smtp://user:password@host:port?tls=…` or `smtps://…`.
///
/// | part | when it is left out |
/// |---|---|
/// | user and password, percent-encoded | no login |
/// | port | 587, or 465 for `smtps` |
/// | `tls`: `required`, `opportunistic`, `none` | `required` |
/// | `hello`: the name we greet with | `[127.0.0.1]` |
/// | `ca`: a PEM file with one more authority | those of the machine |
/// | `connect`, `read`, `verdict`: seconds | 10, 30, 120 |
///
/// ```
/// use gateway::mail::{SmtpSettings, Tls};
///
/// let settings: SmtpSettings = "smtp://cabinet%40exemple.fr:s3cret@relais.exemple.fr".parse().unwrap();
/// assert_eq!((settings.port, settings.tls), (587, Tls::Required));
/// assert_eq!(settings.login.as_ref().unwrap().user, "cabinet@exemple.fr");
/// assert!(!format!("{settings:?}").contains("s3cret"));
///
/// let refused = "smtp://u:p@relais.exemple.fr?tls=none".parse::<SmtpSettings>().unwrap_err();
/// assert!(refused.to_string().contains("password"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpSettings {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub login: Option<Login>,
    pub hello: String,
    pub ca: Option<PathBuf>,
    pub timeouts: Timeouts,
    loopback: bool,
}

const PARAMETERS: &[&str] = &["tls", "hello", "ca", "connect", "read", "verdict"];

impl FromStr for SmtpSettings {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let url = Url::parse(text).map_err(|_| unreadable(text))?;
        let implicit = match url.scheme() {
            "smtp" => false,
            "smtps" => true,
            _ => return Err(unreadable(text)),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| unreadable(text))?;
        // The host of a URL of this scheme is taken as it is written; a web address would have been read properly.
        let as_web = Url::parse(&format!("http://{host}")).map_err(|_| unreadable(text))?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(unreadable(text));
        }
        let decoded = |part: &str| percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned();
        let mut settings = Self {
            host: as_web.host_str().unwrap_or(host).trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(if implicit { 465 } else { 587 }),
            tls: if implicit { Tls::Implicit } else { Tls::Required },
            login: (!url.username().is_empty()).then(|| Login {
                user: decoded(url.username()),
                password: Secret::new(decoded(url.password().unwrap_or_default())),
            }),
            hello: "[127.0.0.1]".to_owned(),
            ca: None,
            timeouts: Timeouts::default(),
            loopback: is_loopback(&as_web),
        };
        for (name, value) in url.query_pairs() {
            match name.as_ref() {
                "tls" => settings.tls = tls_mode(implicit, &value)?,
                "hello" => settings.hello = hello(&value)?,
                "ca" => settings.ca = Some(PathBuf::from(value.as_ref())),
                "connect" => settings.timeouts.connect = seconds(&name, &value)?,
                "read" => settings.timeouts.read = seconds(&name, &value)?,
                "verdict" => settings.timeouts.verdict = seconds(&name, &value)?,
                _ => return Err(unknown_parameter(&name, PARAMETERS)),
            }
        }
        settings.keep_login_secret()?;
        Ok(settings)
    }
}

impl SmtpSettings {
    /// The password given apart from the URL, which then names the user alone.
    pub fn set_password(&mut self, password: Secret) -> Result<(), SettingError> {
        match &mut self.login {
            Some(login) => login.password = password,
            None => {
                return Err(SettingError::new(
                    Text::new("Un mot de passe est donné sans utilisateur", "A password is given without a user"),
                    Text::new("un utilisateur dans l’adresse du relais", "a user in the address of the relay"),
                    Text::new(
                        format!("écrivez smtp://utilisateur@{}", self.host),
                        format!("write smtp://user@{}", self.host),
                    ),
                ));
            }
        }
        self.keep_login_secret()
    }

    fn keep_login_secret(&self) -> Result<(), SettingError> {
        if self.login.is_some() && self.tls == Tls::None && !self.loopback {
            let host = &self.host;
            return Err(SettingError::new(
                Text::new(
                    format!("Le mot de passe partirait en clair vers « {host} »"),
                    format!("The password would travel in clear to “{host}”"),
                ),
                Text::new("tls=required ou smtps://", "tls=required or smtps://"),
                Text::new("retirez tls=none, ou l’utilisateur", "take tls=none away, or the user"),
            ));
        }
        Ok(())
    }

    fn peer(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

fn tls_mode(implicit: bool, value: &str) -> Result<Tls, SettingError> {
    match (implicit, Tls::try_from(value)) {
        (true, Ok(Tls::Implicit)) => Ok(Tls::Implicit),
        (false, Ok(mode @ (Tls::Required | Tls::Opportunistic | Tls::None))) => Ok(mode),
        _ => {
            let value = short(value);
            Err(SettingError::new(
                Text::new(
                    format!("« {value} » n’est pas un mode TLS possible ici"),
                    format!("“{value}” is not a TLS mode that is possible here"),
                ),
                Text::new(
                    "required, opportunistic ou none avec smtp:// ; rien avec smtps://",
                    "required, opportunistic or none with smtp://; nothing with smtps://",
                ),
                Text::new("écrivez par exemple tls=required", "write tls=required, for instance"),
            ))
        }
    }
}

fn hello(value: &str) -> Result<String, SettingError> {
    let fits = (1..=253).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'[' | b']' | b':'));
    if fits {
        return Ok(value.to_owned());
    }
    Err(SettingError::new(
        Text::new(
            format!("« {} » n’est pas un nom de machine", short(value)),
            format!("“{}” is not the name of a machine", short(value)),
        ),
        Text::new("un nom tel que cabready.exemple.fr", "a name such as cabready.example.com"),
        Text::new("corrigez ou retirez « hello »", "correct “hello” or take it away"),
    ))
}

fn unreadable(text: &str) -> SettingError {
    let shown = without_secret(text);
    SettingError::new(
        Text::new(
            format!("« {shown} » n’est pas l’adresse d’un relais de courriel"),
            format!("“{shown}” is not the address of a mail relay"),
        ),
        Text::new(
            "smtp://utilisateur:motdepasse@hôte:port?tls=required",
            "smtp://user:password@host:port?tls=required",
        ),
        Text::new(
            "codez les caractères spéciaux du mot de passe : « @ » s’écrit %40, « / » %2F, « # » %23",
            "encode the special characters of the password: “@” is %40, “/” is %2F, “#” is %23",
        ),
    )
}

/// A relay; each session is one connection.
#[derive(Clone)]
pub struct Smtp {
    relay: Arc<Relay>,
}

struct Relay {
    settings: SmtpSettings,
    tls: Option<TlsParameters>,
    hello: ClientId,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Smtp").field(&self.relay.settings).finish()
    }
}

impl Smtp {
    /// Reads the authorities that the machine trusts; connects to nobody yet.
    pub fn new(settings: SmtpSettings) -> Result<Self, SettingError> {
        settings.keep_login_secret()?;
        let tls = match settings.tls {
            Tls::None => None,
            Tls::Implicit | Tls::Required | Tls::Opportunistic => Some(tls_parameters(&settings)?),
        };
        let hello = ClientId::Domain(settings.hello.clone());
        Ok(Self { relay: Arc::new(Relay { settings, tls, hello }) })
    }
}

fn tls_parameters(settings: &SmtpSettings) -> Result<TlsParameters, SettingError> {
    prepare_tls();
    let mut builder = TlsParametersBuilder::new(settings.host.clone());
    if let Some(path) = &settings.ca {
        let unusable = |why: String| {
            let shown = path.display();
            SettingError::new(
                Text::new(
                    format!("L’autorité de certification {shown} est inutilisable : {why}"),
                    format!("The authority {shown} cannot be used: {why}"),
                ),
                Text::new("un fichier PEM avec des certificats", "a PEM file with certificates"),
                Text::new("corrigez « ca » ou le fichier", "correct “ca” or the file"),
            )
        };
        let pem = std::fs::read(path).map_err(|error| unusable(error.kind().to_string()))?;
        // A file without a certificate is read as none at all.
        if !pem.windows(10).any(|piece| piece == b"-----BEGIN") {
            return Err(unusable("no PEM".to_owned()));
        }
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|e| unusable(e.to_string()))?);
    }
    builder.build().map_err(|error| {
        SettingError::new(
            Text::new(format!("TLS est impossible : {error}"), format!("TLS is impossible: {error}")),
            Text::new("des certificats racine lisibles", "readable root certificates"),
            Text::new("installez le paquet ca-certificates", "install the package ca-certificates"),
        )
    })
}

impl Mailer for Smtp {
    fn kind(&self) -> Kind {
        Kind::Smtp
    }

    fn describe(&self) -> Text {
        let settings = &self.relay.settings;
        let (peer, tls) = (settings.peer(), settings.tls);
        let (fr, en) = if settings.login.is_some() { (", avec identifiant", ", with a login") } else { ("", "") };
        Text::new(format!("relais SMTP {peer} (TLS {tls}{fr})"), format!("SMTP relay {peer} (TLS {tls}{en})"))
    }

    fn open(&self) -> Result<Box<dyn Session>, MailError> {
        let connection = self.relay.connect()?;
        Ok(Box::new(Open { relay: Arc::clone(&self.relay), connection: Some(connection) }))
    }
}

impl Relay {
    fn connect(&self) -> Result<SmtpConnection, MailError> {
        let settings = &self.settings;
        let wrapper = self.tls.as_ref().filter(|_| settings.tls == Tls::Implicit);
        let address = (settings.host.as_str(), settings.port);
        let mut connection =
            SmtpConnection::connect(address, Some(settings.timeouts.connect), &self.hello, wrapper, None)
                .map_err(|error| self.unopened(&error))?;
        self.encrypt(&mut connection)?;
        connection.set_timeout(Some(settings.timeouts.read)).map_err(|error| {
            MailError::temporary(Text::new(
                format!("La connexion avec « {} » a été coupée : {}", settings.peer(), error.kind()),
                format!("The connection with “{}” was lost: {}", settings.peer(), error.kind()),
            ))
        })?;
        self.log_in(&mut connection)?;
        Ok(connection)
    }

    fn encrypt(&self, connection: &mut SmtpConnection) -> Result<(), MailError> {
        let (wanted, required) = match self.settings.tls {
            Tls::Required => (true, true),
            Tls::Opportunistic => (true, false),
            Tls::Implicit | Tls::None => (false, false),
        };
        let Some(tls) = self.tls.as_ref().filter(|_| wanted) else { return Ok(()) };
        if connection.can_starttls() {
            return connection.starttls(tls, &self.hello).map_err(|error| self.unopened(&error));
        }
        if required {
            let peer = self.settings.peer();
            return Err(MailError::setup(
                Text::new(
                    format!("Le relais « {peer} » ne propose pas de chiffrement (STARTTLS)"),
                    format!("The relay “{peer}” offers no encryption (STARTTLS)"),
                ),
                Text::new(
                    "prenez smtps:// si son port chiffre d’emblée (465), ou tls=none s’il est sur cette machine",
                    "use smtps:// if its port encrypts at once (465), or tls=none if it is on this machine",
                ),
            ));
        }
        Ok(())
    }

    fn log_in(&self, connection: &mut SmtpConnection) -> Result<(), MailError> {
        let Some(login) = &self.settings.login else { return Ok(()) };
        let peer = self.settings.peer();
        if !connection.is_encrypted() && !self.settings.loopback {
            return Err(MailError::setup(
                Text::new(
                    format!("Le relais « {peer} » ne chiffre pas : le mot de passe n’est pas envoyé"),
                    format!("The relay “{peer}” does not encrypt: the password is not sent"),
                ),
                Text::new("prenez smtps:// ou un relais avec STARTTLS", "use smtps:// or a relay with STARTTLS"),
            ));
        }
        const MECHANISMS: &[Mechanism] = &[Mechanism::Plain, Mechanism::Login];
        if connection.server_info().get_auth_mechanism(MECHANISMS).is_none() {
            return Err(MailError::setup(
                Text::new(
                    format!("Le relais « {peer} » ne propose pas d’identification par mot de passe"),
                    format!("The relay “{peer}” offers no login by password"),
                ),
                Text::new(
                    "retirez l’utilisateur de l’adresse, ou prenez le port de soumission du relais (587 ou 465)",
                    "take the user out of the address, or use the submission port of the relay (587 or 465)",
                ),
            ));
        }
        let credentials = Credentials::new(login.user.clone(), login.password.expose().to_owned());
        match connection.auth(MECHANISMS, &credentials) {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(MailError::setup(
                Text::new(
                    format!(
                        "Le relais « {peer} » refuse l’identifiant ou le mot de passe ({})",
                        code(&error).unwrap_or(535)
                    ),
                    format!("The relay “{peer}” refuses the user or the password ({})", code(&error).unwrap_or(535)),
                ),
                Text::new(
                    "vérifiez l’utilisateur et le mot de passe ; certains fournisseurs exigent un mot de passe d’application",
                    "check the user and the password; some providers ask for an application password",
                ),
            )),
            Err(error) => Err(self.later(&error)),
        }
    }

    /// Before any mail: whatever happened, none was sent.
    fn unopened(&self, error: &Error) -> MailError {
        let peer = self.settings.peer();
        if tls_fault(error).is_some() {
            return MailError::setup(
                Text::new(
                    format!("La connexion chiffrée avec « {peer} » est impossible"),
                    format!("An encrypted connection with “{peer}” is impossible"),
                ),
                tls_fix(),
            );
        }
        if error.is_permanent() {
            let code = code(error).unwrap_or(554);
            return MailError::setup(
                Text::new(
                    format!("Le relais « {peer} » ne veut pas nous parler ({code})"),
                    format!("The relay “{peer}” does not want to talk to us ({code})"),
                ),
                Text::new(
                    "demandez à son administrateur d’accepter cette machine, et vérifiez « hello »",
                    "ask its administrator to accept this machine, and check “hello”",
                ),
            );
        }
        self.later(error)
    }

    fn later(&self, error: &Error) -> MailError {
        let peer = self.settings.peer();
        let why = match code(error) {
            Some(code) => Text::new(
                format!("Le relais « {peer} » ne prend pas le courriel pour l’instant ({code})"),
                format!("The relay “{peer}” does not take the mail for now ({code})"),
            ),
            None if timed_out(error) => Text::new(
                format!("Le relais « {peer} » n’a pas répondu à temps"),
                format!("The relay “{peer}” did not answer in time"),
            ),
            None => Text::new(
                format!("Le relais « {peer} » n’est pas joignable, ou a coupé la connexion"),
                format!("The relay “{peer}” cannot be reached, or closed the connection"),
            ),
        };
        MailError::Temporary { why, code: code(error), text: said(error), after: None }
    }

    /// An answer to one mail, at a moment when it was surely not taken.
    fn judged(&self, step: Step, error: &Error) -> MailError {
        let Some(code) = code(error).filter(|_| error.is_permanent()) else { return self.later(error) };
        let peer = self.settings.peer();
        if matches!(code, 530 | 535 | 538) {
            return MailError::setup(
                Text::new(
                    format!("Le relais « {peer} » demande une identification ({code})"),
                    format!("The relay “{peer}” asks for a login ({code})"),
                ),
                Text::new(
                    "donnez un utilisateur et un mot de passe dans l’adresse du relais",
                    "give a user and a password in the address of the relay",
                ),
            );
        }
        let text = said(error);
        let enhanced = enhanced(&text);
        let class = |class: &str| enhanced.as_deref().is_some_and(|code| code.starts_with(class));
        // 5.7 is a rule of the relay (it does not relay for us), 5.3 and 5.5 are between it and us: no fault of the address.
        let ours = class("5.7.") || class("5.3.") || class("5.5.") || matches!(code, 500..=504 | 521 | 554 | 555);
        let recipient = step == Step::Recipient && (class("5.1.") || !ours);
        let why = if recipient {
            Text::new(
                format!("L’adresse du destinataire est refusée ({code})"),
                format!("The recipient’s address is refused ({code})"),
            )
        } else {
            Text::new(
                format!("Le relais « {peer} » refuse ce courriel ({code})"),
                format!("The relay “{peer}” refuses this mail ({code})"),
            )
        };
        // x.2.2: a full mailbox, which its owner may empty.
        MailError::Refused { why, permanent: !class("5.2.2"), recipient, code: Some(code), enhanced, text }
    }
}

/// Where in the dialogue a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Sender,
    Recipient,
    Content,
}

/// Why a mail was not taken as far as its content.
enum Fault {
    /// The relay said no; the connection goes on.
    Answer(Step, Error),
    /// No word, or a goodbye: the connection is of no use any more.
    Lost(Error),
    /// The relay cannot carry this mail.
    Unable(MailError),
}

impl Fault {
    fn at(step: Step) -> impl Fn(Error) -> Self {
        move |error| match code(&error) {
            Some(code) if code != 421 => Self::Answer(step, error),
            _ => Self::Lost(error),
        }
    }
}

struct Open {
    relay: Arc<Relay>,
    connection: Option<SmtpConnection>,
}

impl Session for Open {
    fn send(
        &mut self,
        mail: &Mail,
        handing_over: &mut dyn FnMut() -> Result<(), MailError>,
    ) -> Result<Receipt, MailError> {
        let checked = mail.checked()?;
        let content = mail.mime_of(&checked)?;
        self.offer(&checked, &content)?;
        if let Err(stop) = handing_over() {
            // The only way back after 354: a connection that ends before the last dot leaves nothing.
            self.connection = None;
            return Err(stop);
        }
        self.hand_over(&content)
    }
}

impl Open {
    /// Up to the relay's 354. A connection that went stale between two mails is made anew, once: nothing was sent yet.
    fn offer(&mut self, checked: &Checked, content: &[u8]) -> Result<(), MailError> {
        let mut stale = self.connection.is_some();
        loop {
            let connection = match &mut self.connection {
                Some(connection) => connection,
                none => none.insert(self.relay.connect()?),
            };
            match envelope(connection, checked, content) {
                Ok(()) => return Ok(()),
                Err(Fault::Unable(error)) => return Err(error),
                Err(Fault::Answer(step, error)) => {
                    if connection.command(Rset).is_err() {
                        self.connection = None;
                    }
                    return Err(self.relay.judged(step, &error));
                }
                Err(Fault::Lost(_)) if stale => {
                    self.connection = None;
                    stale = false;
                }
                Err(Fault::Lost(error)) => {
                    self.connection = None;
                    return Err(self.relay.later(&error));
                }
            }
        }
    }

    /// From here on only a clear answer tells how it ended.
    fn hand_over(&mut self, content: &[u8]) -> Result<Receipt, MailError> {
        let peer = self.relay.settings.peer();
        let Timeouts { read, verdict, .. } = self.relay.settings.timeouts;
        let Some(connection) = &mut self.connection else {
            return Err(doubtful(&peer, Text::new("la connexion manque", "there is no connection")));
        };
        // A failure shows in what follows: the socket is gone.
        let _ = connection.set_timeout(Some(verdict));
        let answer = connection.message(content);
        let _ = connection.set_timeout(Some(read));
        match answer {
            Ok(answer) if u16::from(answer.code()) / 100 == 2 => {
                Ok(Receipt { accepted_by: peer, provider_id: last_line(&answer) })
            }
            Ok(answer) => {
                self.connection = None;
                let code = answer.code();
                Err(doubtful(
                    &peer,
                    Text::new(format!("réponse inattendue {code}"), format!("unexpected answer {code}")),
                ))
            }
            Err(error) if code(&error).is_some() => {
                if code(&error) == Some(421) {
                    self.connection = None;
                }
                Err(self.relay.judged(Step::Content, &error))
            }
            Err(error) => {
                self.connection = None;
                let why = if timed_out(&error) {
                    Text::new("pas de réponse à temps", "no answer in time")
                } else {
                    Text::new("connexion coupée", "connection lost")
                };
                Err(doubtful(&peer, why))
            }
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(mut connection) = self.connection.take()
            && !connection.has_broken()
            && connection.set_timeout(Some(GOODBYE)).is_ok()
        {
            let _ = connection.quit();
        }
    }
}

fn envelope(connection: &mut SmtpConnection, checked: &Checked, content: &[u8]) -> Result<(), Fault> {
    let (from, to) = (&checked.from.email, &checked.to.email);
    let mut parameters = Vec::new();
    if !(from.as_ref() as &str).is_ascii() || !(to.as_ref() as &str).is_ascii() {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Fault::Unable(MailError::no_address(Text::new(
                "Le relais ne sait pas écrire à une adresse accentuée (SMTPUTF8)",
                "The relay cannot write to an address with accents (SMTPUTF8)",
            ))));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    // What we write is ASCII by its encoding; only an address with accents makes it otherwise.
    if !content.is_ascii() && connection.server_info().supports_feature(Extension::EightBitMime) {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    connection.command(MailFrom::new(Some(from.clone()), parameters)).map_err(Fault::at(Step::Sender))?;
    connection.command(Rcpt::new(to.clone(), Vec::new())).map_err(Fault::at(Step::Recipient))?;
    let ready = connection.command(Data).map_err(Fault::at(Step::Content))?;
    if ready.has_code(354) {
        return Ok(());
    }
    // A relay that takes nothing and still says yes has lost the thread.
    let error = connection.command(Rset).err();
    Err(Fault::Unable(MailError::temporary(Text::new(
        format!(
            "Le relais répond {} au lieu de 354{}",
            ready.code(),
            if error.is_some() { " puis se tait" } else { "" }
        ),
        format!(
            "The relay answers {} instead of 354{}",
            ready.code(),
            if error.is_some() { ", then nothing" } else { "" }
        ),
    ))))
}

fn doubtful(peer: &str, why: Text) -> MailError {
    MailError::Doubtful {
        why: Text::new(
            format!("Le courriel a été remis à « {peer} » sans que sa réponse soit connue ({})", why.fr),
            format!("The mail was handed to “{peer}”, whose answer is not known ({})", why.en),
        ),
    }
}

fn code(error: &Error) -> Option<u16> {
    error.status().map(u16::from)
}

/// A read that takes too long ends as "would block" on some systems.
fn timed_out(error: &Error) -> bool {
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return matches!(io.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock);
        }
        next = error.source();
    }
    false
}

/// What the relay said after its code.
fn said(error: &Error) -> String {
    match error.status() {
        Some(_) => error.source().map(|words_of| words(words_of.to_string().as_bytes())).unwrap_or_default(),
        None => String::new(),
    }
}

fn last_line(answer: &Response) -> String {
    words(answer.message().last().unwrap_or_default().as_bytes())
}

/// `5.1.1` at the start of an answer (RFC 2034).
fn enhanced(text: &str) -> Option<String> {
    let word = text.split_whitespace().next()?;
    let parts: Vec<&str> = word.split('.').collect();
    let digits = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    (parts.len() == 3 && matches!(parts[0], "2" | "4" | "5") && parts.iter().all(digits)).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> String {
        url.parse::<SmtpSettings>().unwrap_err().to_string()
    }

    #[test]
    fn settings() {
        let plain: SmtpSettings = "smtp://127.0.0.1:1025?tls=none&read=5&hello=cab.exemple.fr".parse().unwrap();
        assert_eq!((plain.host.as_str(), plain.port, plain.tls), ("127.0.0.1", 1025, Tls::None));
        assert_eq!(plain.timeouts.read, Duration::from_secs(5));
        assert_eq!(plain.hello, "cab.exemple.fr");

        let wrapped: SmtpSettings = "smtps://relais.exemple.fr".parse().unwrap();
        assert_eq!((wrapped.port, wrapped.tls, wrapped.login), (465, Tls::Implicit, None));
        let six: SmtpSettings = "smtp://[::1]:25?tls=none".parse().unwrap();
        assert_eq!(six.host, "::1");
    }

    #[test]
    fn what_cannot_be_used_is_named_without_its_password() {
        for (url, word) in [
            ("smtp://", "is not the address"),
            ("smtp://u:hushhush@h/path", "is not the address"),
            ("smtp://u:hush#hush@relais.fr", "encode the special characters"),
            ("smtp://h?tls=perhaps", "“perhaps” is not a TLS mode"),
            ("smtps://h?tls=none", "“none” is not a TLS mode"),
            ("smtp://h?read=0", "from 1 to 3600"),
            ("smtp://h?hello=a%0d%0ab", "is not the name of a machine"),
            ("smtp://h?color=blue", "“color” is unknown"),
            ("smtp://u:hushhush@relais.fr?tls=none", "would travel in clear"),
        ] {
            let said = refused(url);
            assert!(said.contains(word), "{url}: {said}");
            assert!(!said.contains("hush"), "{url}: {said}");
        }
    }

    #[test]
    fn a_missing_authority_is_named() {
        let settings: SmtpSettings = "smtps://h?ca=/nowhere/ca.pem".parse().unwrap();
        assert!(Smtp::new(settings).unwrap_err().to_string().contains("/nowhere/ca.pem"));
    }

    #[test]
    fn enhanced_codes() {
        assert_eq!(enhanced("5.1.1 User unknown").as_deref(), Some("5.1.1"));
        for none in ["", "User unknown", "5.1", "5.1.1.1 x", "6.1.1 x", "5.a.1 x", "5.1234.1 x"] {
            assert_eq!(enhanced(none), None, "{none}");
        }
    }
}
