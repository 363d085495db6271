//! The command line: what can be asked of the program, and its settings. A setting is given by a flag, a variable
//! `CABREADY_…` or a line of a file, in this order; the same name in all three.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use domain::Role;
use store::connection::DatabaseUrl;

/// Variables of the tools around the program, which are none of its settings.
const NOT_SETTINGS: &[&str] = &[
    "CABREADY_BENCH_",
    "CABREADY_CACHE",
    "CABREADY_CHROMIUM",
    "CABREADY_CLIENT_DIST",
    "CABREADY_E2E_",
    "CABREADY_POSTGRES_BIN",
    "CABREADY_REQUIRE_POSTGRES",
    "CABREADY_TEST_",
    "CABREADY_WASM_TOOLCHAIN",
];

/// CabReady: the readiness of an accounting firm's clients for French e-invoicing.
#[derive(Debug, Parser)]
#[command(
    name = "cabready",
    version,
    max_term_width = 110,
    after_help = "\
Examples:
  cabready serve                                   serve ./data/cabready.sqlite on http://127.0.0.1:8080
  cabready demo --dossiers 500                     fill the database with a demo firm, print the sign-in
  cabready doctor                                  check settings, database, journal and disk

Every setting can be given in three ways; the first one found counts:
  1. a flag        --database-url sqlite:./data/cabready.sqlite
  2. a variable    CABREADY_DATABASE_URL=sqlite:./data/cabready.sqlite
  3. a file        cabready serve --config cabready.conf, with lines such as
                     database-url = sqlite:./data/cabready.sqlite
                     # a comment
                     workers = 4"
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the screen, the API and its documentation
    #[command(after_help = "\
Brings the database up to date, then prints `listening on http://…` when requests are answered. SIGTERM or Ctrl-C ends
it within ten seconds: requests are finished, a running import is taken up again at the next start.

Examples:
  cabready serve --database-url sqlite:./data/cabready.sqlite --bind 127.0.0.1:8080
  cabready serve --database-url postgres://cabready:secret@db:5432/cabready --bind 0.0.0.0:8080 --workers 4
  cabready serve --public-url https://cabready.example.fr --trust-proxy      behind a proxy that ends TLS
  cabready serve --metrics-bind 127.0.0.1:9090                               metrics for Prometheus, on their own address
  cabready serve --public-url https://cabready.example.fr --mail-url smtp://user:password@relay.example.fr:587 \\
                 --mail-from mandats@cabinet.fr                               mail leaves; else it is kept as files")]
    Serve(Box<Serve>),

    /// Fill the database with a demonstration firm and print how to sign in, as JSON
    #[command(after_help = "\
The same number and seed always make the same firm. Standard output holds one JSON object and nothing else:
  {\"cabinet\": …, \"email\": …, \"password\": …}

Example:
  cabready demo --dossiers 500 --seed 1 --database-url sqlite:./data/cabready.sqlite")]
    Demo {
        /// Number of dossiers
        #[arg(long, default_value_t = 500, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=200_000))]
        dossiers: u32,
        /// Chooses the firm; the same seed makes the same firm
        #[arg(long, default_value_t = 1, value_name = "S")]
        seed: u64,
        #[command(flatten)]
        common: Common,
    },

    /// Bring the schema of the database up to date and list what ran
    #[command(after_help = "\
`cabready serve` does this at its start. Run it apart to upgrade at a moment of your choice, after a backup.

Examples:
  cabready migrate --check      only tell what is missing; exit code 1 when something is
  cabready migrate")]
    Migrate {
        /// Only list what is missing; ends with 1 when something is
        #[arg(long)]
        check: bool,
        #[command(flatten)]
        common: Common,
    },

    /// Import a client list as a person of the cabinet would on the screen
    #[command(after_help = "\
CSV, TSV, XLSX, XLS or ODS. The person's rights count: importing asks for a partner, or a manager who sees the whole
cabinet. Refused rows are listed; the others are committed.

Examples:
  cabready import clients.csv --email claire.martin@exemple.fr --dry-run
  cabready import clients.xlsx --email claire.martin@exemple.fr")]
    Import {
        /// The client list
        file: PathBuf,
        /// Who imports
        #[arg(long, value_name = "EMAIL")]
        email: String,
        /// Refuse to go on unless the person belongs to this cabinet (its name)
        #[arg(long, value_name = "NAME")]
        cabinet: Option<String>,
        /// Only tell what would happen
        #[arg(long)]
        dry_run: bool,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        common: Common,
    },

    /// List people, reset a password, change a role, let in or keep out
    #[command(subcommand)]
    User(User),

    /// Load a newer register of platforms
    #[command(subcommand)]
    Reference(Reference),

    /// Copy a SQLite database to a new file while the server runs
    #[command(after_help = "\
The copy is one file, checked after writing. PostgreSQL has its own tool: pg_dump.

Examples:
  cabready backup ./backup/cabready-2026-11-21.sqlite
  cabready backup /mnt/backup/cabready.sqlite --database-url sqlite:/var/lib/cabready/cabready.sqlite")]
    Backup {
        /// File to write; an existing one is refused
        target: PathBuf,
        #[command(flatten)]
        common: Common,
    },

    /// Put a backup in the place of the SQLite database
    #[command(after_help = "\
The backup is checked first. Nothing happens while a server holds the database; an existing database is replaced with
--force only. The schema is then brought up to date.

Example:
  cabready restore ./backup/cabready-2026-11-21.sqlite --database-url sqlite:./data/cabready.sqlite")]
    Restore {
        /// The backup
        source: PathBuf,
        /// Replace the database that stands there
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        common: Common,
    },

    /// Print the OpenAPI document of the API
    Openapi,

    /// Check settings, database, journal, sums, disk, mail and documents; ends with 1 when something is wrong
    #[command(after_help = "\
The chain of the journal is read again from its first row: a damaged one is named. The database may be in use.

Examples:
  cabready doctor
  cabready doctor --json --database-url postgres://cabready:secret@db:5432/cabready
  cabready doctor --mail-url smtp://relais.exemple.fr:587 --mail-from mandats@cabinet.fr        is the relay reached?")]
    Doctor {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        outside: Box<Outside>,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Subcommand)]
pub enum Reference {
    /// Read a newer register of platforms, tell what changed, and put it in force
    #[command(after_help = "\
FILE is the public list as CSV, with a first line that names its columns:
  nom;statut;date_immatriculation;localisation
  ABBY;immatriculation_definitive;2026-01-29;Nancy
  ACME FACTURES;dossier_en_attente;;Lyon
or JSON in the form of the register that comes with the program:
  {\"as_of\": \"2026-11-20\", \"source\": …, \"confidence\": \"M\", \"rows\": [{\"name\": …, \"state\": \"registered\"}, …]}
Other spellings of a platform that the register in force knows are kept. Every wrong row is told with its line, and then
nothing is stored. A server that runs needs no restart.

Examples:
  cabready reference import plateformes.csv --as-of 2026-11-20 --dry-run     only tell what would change
  cabready reference import plateformes.csv --as-of 2026-11-20
  cabready reference import register.json --force                            though older than the one in force")]
    Import {
        /// The register: CSV or JSON, UTF-8
        file: PathBuf,
        /// Day of the public list; a CSV does not say it
        #[arg(long, value_name = "DATE", value_parser = parse_day)]
        as_of: Option<chrono::NaiveDate>,
        /// Where a CSV comes from, as the reference page tells it
        #[arg(long, value_name = "TEXT", default_value = "DGFiP, liste des plateformes agréées, impots.gouv.fr")]
        source: String,
        /// Only tell what would change
        #[arg(long)]
        dry_run: bool,
        /// Take a register that is older than the one in force
        #[arg(long)]
        force: bool,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Subcommand)]
pub enum User {
    /// List the people of every cabinet
    List {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Create a person in a cabinet, or a cabinet with its first partner, and print a new password
    #[command(after_help = "\
Examples:
  cabready user create --email claire.martin@exemple.fr --name \"Claire Martin\" --new-cabinet \"Cabinet Martin\"
  cabready user create --email karim.benali@exemple.fr --name \"Karim Benali\" --cabinet \"Cabinet Martin\" --role staff")]
    Create {
        #[arg(long, value_name = "EMAIL")]
        email: String,
        /// Name of the person
        #[arg(long, value_name = "NAME")]
        name: String,
        /// Name of the cabinet that the person joins
        #[arg(long, value_name = "NAME", conflicts_with = "new_cabinet", required_unless_present = "new_cabinet")]
        cabinet: Option<String>,
        /// Name of a cabinet to create; the person becomes its first partner
        #[arg(long, value_name = "NAME")]
        new_cabinet: Option<String>,
        #[arg(long, value_name = "ROLE", value_parser = parse_role, default_value = "staff")]
        role: Role,
        #[command(flatten)]
        common: Common,
    },
    /// Give a person a new random password and end every session
    ResetPassword {
        #[arg(long, value_name = "EMAIL")]
        email: String,
        #[command(flatten)]
        common: Common,
    },
    /// Change a person's role: partner, manager, staff or viewer
    SetRole {
        #[arg(long, value_name = "EMAIL")]
        email: String,
        #[arg(long, value_name = "ROLE", value_parser = parse_role)]
        role: Role,
        #[command(flatten)]
        common: Common,
    },
    /// Keep a person out and end every session
    Deactivate {
        #[arg(long, value_name = "EMAIL")]
        email: String,
        #[command(flatten)]
        common: Common,
    },
    /// Let a person in again
    Activate {
        #[arg(long, value_name = "EMAIL")]
        email: String,
        #[command(flatten)]
        common: Common,
    },
}

/// Settings that every command has.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Settings")]
pub struct Common {
    /// sqlite:PATH or postgres://user:password@host:port/database
    #[arg(
        long,
        env = "CABREADY_DATABASE_URL",
        hide_env_values = true,
        value_name = "URL",
        default_value = "sqlite:./data/cabready.sqlite"
    )]
    pub database_url: DatabaseUrl,
    /// Connections to the database
    #[arg(long, env = "CABREADY_CONNECTIONS", value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(2..=200))]
    pub connections: u32,
    /// Form of the log, on standard error
    #[arg(long, env = "CABREADY_LOG", value_name = "FORM", default_value = "text")]
    pub log: LogForm,
    /// From which weight on something is logged
    #[arg(long, env = "CABREADY_LOG_LEVEL", value_name = "LEVEL", default_value = "info")]
    pub log_level: LogLevel,
    /// File of settings, one `name = value` on a line
    #[arg(long, env = "CABREADY_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Settings")]
pub struct Serve {
    /// Address and port to answer on
    #[arg(long, env = "CABREADY_BIND", value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub bind: String,
    /// Threads that answer requests [default: one for each core, 2 to 4]
    #[arg(long, env = "CABREADY_WORKERS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub workers: Option<u16>,
    /// Whether new cabinets may sign up by themselves
    #[arg(long, env = "CABREADY_SIGN_UP", value_name = "WHO", default_value = "open")]
    pub sign_up: SignUp,
    /// Address under which people reach the server, such as https://cabready.example.fr
    #[arg(long, env = "CABREADY_PUBLIC_URL", value_name = "URL", value_parser = parse_origin)]
    pub public_url: Option<String>,
    /// Send cookies over TLS only; so it is with a --public-url of https
    #[arg(long, env = "CABREADY_SECURE_COOKIES", value_name = "BOOL", num_args = 0..=1, require_equals = true,
        default_value = "false", default_missing_value = "true")]
    pub secure_cookies: bool,
    /// Take the caller's address from X-Forwarded-For; only behind a proxy that sets it
    #[arg(long, env = "CABREADY_TRUST_PROXY", value_name = "BOOL", num_args = 0..=1, require_equals = true,
        default_value = "false", default_missing_value = "true")]
    pub trust_proxy: bool,
    /// Serve /metrics to the bearer of this token
    #[arg(long, env = "CABREADY_METRICS_TOKEN", hide_env_values = true, value_name = "TOKEN", value_parser = parse_token)]
    pub metrics_token: Option<String>,
    /// Serve /metrics on an address of its own, without a token
    #[arg(long, env = "CABREADY_METRICS_BIND", value_name = "ADDR")]
    pub metrics_bind: Option<String>,
    /// Largest client list, megabytes
    #[arg(long, env = "CABREADY_IMPORT_MAX_MB", value_name = "MB", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub import_max_mb: u64,
    /// Largest client list, rows
    #[arg(long, env = "CABREADY_IMPORT_MAX_ROWS", value_name = "N", default_value_t = 250_000, value_parser = clap::value_parser!(u64).range(1..=5_000_000))]
    pub import_max_rows: u64,
    /// Largest export of a platform, megabytes
    #[arg(long, env = "CABREADY_FLOW_IMPORT_MAX_MB", value_name = "MB", default_value_t = 256, value_parser = clap::value_parser!(u64).range(1..=4096))]
    pub flow_import_max_mb: u64,
    /// Largest export of a platform, rows
    #[arg(long, env = "CABREADY_FLOW_IMPORT_MAX_ROWS", value_name = "N", default_value_t = 2_000_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub flow_import_max_rows: u64,
    /// Folder from which messages and invoices are taken; without --flow-folder-cabinet each folder in it is that of the
    /// cabinet it is named after
    #[arg(long, env = "CABREADY_FLOW_FOLDER", value_name = "FOLDER")]
    pub flow_folder: Option<PathBuf>,
    /// Cabinet, by its name or id, to which --flow-folder belongs
    #[arg(long, env = "CABREADY_FLOW_FOLDER_CABINET", value_name = "NAME", requires = "flow_folder")]
    pub flow_folder_cabinet: Option<String>,
    /// Folder into which the mailbox of --mail-from is delivered, as a Maildir or as .eml files: what comes back, complaints
    /// and answers are noted on their message, and files are moved on. Give it a mailbox that nobody else reads
    #[arg(long, env = "CABREADY_MAIL_FOLDER", value_name = "FOLDER")]
    pub mail_folder: Option<PathBuf>,
    /// Messages that leave at the same time
    #[arg(long, env = "CABREADY_MAIL_CONNECTIONS", value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub mail_connections: u8,
    #[command(flatten)]
    pub outside: Outside,
    #[command(flatten)]
    pub common: Common,
}

/// What leads out of the installation: the server uses it, `doctor` looks at it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Mail, documents, signatures, platforms")]
pub struct Outside {
    /// How mail leaves: smtp://user:password@relay:587, smtps://…, https://… of a provider of the Resend kind, or
    /// file:FOLDER [default: .eml files in the folder `mails` beside the database]
    #[arg(long, env = "CABREADY_MAIL_URL", hide_env_values = true, value_name = "URL", value_parser = parse_mail_url)]
    pub mail_url: Option<MailUrl>,
    /// Key of the provider, or password of the relay, when the URL does not hold it
    #[arg(long, env = "CABREADY_MAIL_KEY", hide_env_values = true, value_name = "KEY", value_parser = parse_secret)]
    pub mail_key: Option<gateway::Secret>,
    /// Address from which mail leaves, such as mandats@cabinet.fr; needed with a --mail-url that goes out
    #[arg(long, env = "CABREADY_MAIL_FROM", value_name = "ADDRESS", value_parser = parse_address)]
    pub mail_from: Option<String>,
    /// Secret of the messages (webhooks) of the mail provider to /api/v1/mail-events, as the provider shows it: whsec_…;
    /// without it none is taken
    #[arg(long, env = "CABREADY_MAIL_EVENTS_SECRET", hide_env_values = true, value_name = "SECRET", value_parser = parse_events_secret)]
    pub mail_events_secret: Option<gateway::Secret>,
    /// Selector under which the key of the mail's DKIM signatures is published; `doctor` looks there [default: resend for a
    /// provider, none for a relay]
    #[arg(long, env = "CABREADY_MAIL_DKIM_SELECTOR", value_name = "NAME", value_parser = parse_selector)]
    pub mail_dkim_selector: Option<String>,
    /// Resolver that `doctor` asks for SPF, DKIM and DMARC, such as 192.0.2.53:53 [default: those of this machine]
    #[arg(long, env = "CABREADY_DNS", value_name = "ADDR")]
    pub dns: Option<std::net::SocketAddr>,
    /// Where signed documents are kept: a folder, or s3://bucket?endpoint=https://…&region=… [default: the folder
    /// `documents` beside the database]
    #[arg(long, env = "CABREADY_DOCUMENTS", value_name = "PLACE", value_parser = parse_documents)]
    pub documents: Option<String>,
    /// Keys of the s3:// store, as ID:SECRET
    #[arg(long, env = "CABREADY_DOCUMENTS_KEYS", hide_env_values = true, value_name = "ID:SECRET", value_parser = parse_keys)]
    pub documents_keys: Option<gateway::vault::Keys>,
    /// Let firms connect platforms on this machine and in private networks, also without TLS: to try with
    /// `cargo xtask mock-platform`, or where a platform really stands inside
    #[arg(long, env = "CABREADY_ALLOW_PRIVATE_PLATFORMS", value_name = "BOOL", num_args = 0..=1, require_equals = true,
        default_value = "false", default_missing_value = "true")]
    pub allow_private_platforms: bool,
    /// API of an outside provider of signatures, of the Yousign kind, such as https://api.yousign.app/v3; each firm chooses
    /// in its settings whether its clients sign there [default: none, clients sign by a code]
    #[arg(long, env = "CABREADY_SIGNATURE_URL", value_name = "URL", value_parser = parse_signature_url)]
    pub signature_url: Option<String>,
    /// Key of the provider of signatures
    #[arg(long, env = "CABREADY_SIGNATURE_KEY", hide_env_values = true, value_name = "KEY", value_parser = parse_secret)]
    pub signature_key: Option<gateway::Secret>,
    /// Secret of the provider's own messages (webhooks) to /api/v1/signature-events; without it none is taken, and what
    /// was signed is asked for
    #[arg(long, env = "CABREADY_SIGNATURE_EVENTS_SECRET", hide_env_values = true, value_name = "SECRET", value_parser = parse_secret)]
    pub signature_events_secret: Option<gateway::Secret>,
}

/// A URL that may hold a password, and does not show it.
#[derive(Clone)]
pub struct MailUrl(String);

impl std::fmt::Debug for MailUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MailUrl(…)")
    }
}

/// Mail that is written into a folder has to come from somewhere, too; nobody has this name.
const FOLDER_FROM: &str = "cabready@cabready.invalid";

impl Outside {
    /// Where an installation that was told nothing keeps mail and documents: beside its database.
    pub fn folder(database: &DatabaseUrl) -> PathBuf {
        let beside = database.sqlite_path().map(Path::new).and_then(Path::parent).filter(|f| !f.as_os_str().is_empty());
        match (database.sqlite_path(), beside) {
            (Some(_), Some(folder)) => folder.to_owned(),
            (Some(_), None) => PathBuf::from("."),
            (None, _) => PathBuf::from("data"),
        }
    }

    pub fn mailer(&self, database: &DatabaseUrl) -> Result<std::sync::Arc<dyn gateway::mail::Mailer>, String> {
        let url = self.mail_url.as_ref().map_or("", |url| url.0.as_str());
        let folder = Self::folder(database).join("mails");
        let mailer =
            gateway::mail::mailer(url, self.mail_key.as_ref(), &folder).map_err(|e| format!("--mail-url: {e}"))?;
        if mailer.kind() != gateway::mail::Kind::Folder && self.mail_from.is_none() {
            return Err(
                "--mail-url is given without --mail-from: mail needs the address from which it leaves, such as \
                 --mail-from mandats@cabinet.fr"
                    .to_owned(),
            );
        }
        Ok(mailer)
    }

    pub fn vault(&self, database: &DatabaseUrl) -> Result<std::sync::Arc<dyn gateway::vault::Vault>, String> {
        let beside = Self::folder(database).join("documents").display().to_string();
        let place = self.documents.as_deref().unwrap_or(&beside);
        gateway::vault::vault(place, self.documents_keys.clone())
            .map_err(|e| format!("--documents: {e} (the keys of an s3:// store go into --documents-keys ID:SECRET)"))
    }

    pub fn signer(&self) -> Result<Option<std::sync::Arc<dyn gateway::signature::Provider>>, String> {
        match (&self.signature_url, &self.signature_key) {
            (None, None) if self.signature_events_secret.is_none() => Ok(None),
            (Some(url), Some(key)) => {
                let provider = gateway::signature::provider(url, key.clone(), self.signature_events_secret.clone());
                provider.map(Some).map_err(|e| format!("--signature-url: {e}"))
            }
            (Some(_), None) => Err("--signature-url is given without --signature-key, the key of its API".to_owned()),
            (None, _) => Err("--signature-key or --signature-events-secret is given without --signature-url, such as \
                 https://api.yousign.app/v3"
                .to_owned()),
        }
    }

    pub fn ports(&self, database: &DatabaseUrl) -> Result<service::Ports, String> {
        Ok(service::Ports {
            mailer: self.mailer(database)?,
            mail_events: self.mail_events_secret.clone(),
            vault: self.vault(database)?,
            signer: self.signer()?,
            platforms: std::sync::Arc::new(gateway::platform::Afnor::new(self.allow_private_platforms)),
        })
    }

    /// Domain of the address that mail leaves from, the relay that it leaves by, and where its key is published.
    pub fn sender(&self) -> Option<(String, Option<String>, Option<String>)> {
        let domain = self.mail_from.as_ref()?.rsplit_once('@')?.1.to_lowercase();
        let url = self.mail_url.as_ref().map_or("", |url| url.0.as_str());
        let host = || url.split_once("://")?.1.rsplit('@').next()?.split(['/', '?', ':']).next().map(str::to_owned);
        let is_relay = url.starts_with("smtp");
        let usual = (!is_relay).then(|| "resend".to_owned());
        Some((domain, is_relay.then(host).flatten(), self.mail_dkim_selector.clone().or(usual)))
    }

    pub fn from(&self) -> String {
        self.mail_from.clone().unwrap_or_else(|| FOLDER_FROM.to_owned())
    }
}

fn parse_mail_url(value: &str) -> Result<MailUrl, String> {
    let known = ["smtp://", "smtps://", "https://", "http://", "file:"];
    if known.iter().any(|scheme| value.starts_with(scheme)) {
        return Ok(MailUrl(value.to_owned()));
    }
    Err("expected smtp://user:password@relay:587, smtps://…, https://… of a provider, or file:FOLDER".to_owned())
}

fn parse_signature_url(value: &str) -> Result<String, String> {
    match value.trim() {
        url if url.starts_with("https://") || url.starts_with("http://") => Ok(url.to_owned()),
        _ => Err("expected the address of an API, such as https://api.yousign.app/v3".to_owned()),
    }
}

fn parse_secret(value: &str) -> Result<gateway::Secret, String> {
    if value.trim().is_empty() { Err("expected a key".to_owned()) } else { Ok(gateway::Secret::new(value.trim())) }
}

fn parse_events_secret(value: &str) -> Result<gateway::Secret, String> {
    let secret = gateway::Secret::new(value.trim());
    if gateway::mail::is_event_secret(&secret) {
        return Ok(secret);
    }
    Err("expected whsec_ and at least 16 bytes in base64, as the provider shows it beside the webhook".to_owned())
}

/// A label of a name, or several.
fn parse_selector(value: &str) -> Result<String, String> {
    let label = |l: &str| {
        !l.is_empty() && l.len() <= 63 && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if value.split('.').all(label) {
        Ok(value.to_owned())
    } else {
        Err("expected a selector such as s1 or resend".to_owned())
    }
}

fn parse_address(value: &str) -> Result<String, String> {
    let address = value.trim();
    if service::email::is_plausible(address) {
        return Ok(address.to_owned());
    }
    Err("expected one e-mail address and no name, such as mandats@cabinet.fr".to_owned())
}

fn parse_documents(value: &str) -> Result<String, String> {
    match value.trim() {
        "" => Err("expected a folder, or s3://bucket?endpoint=https://…&region=…".to_owned()),
        place => Ok(place.to_owned()),
    }
}

fn parse_keys(value: &str) -> Result<gateway::vault::Keys, String> {
    match value.trim().split_once(':') {
        Some((id, secret)) if !id.is_empty() && !secret.is_empty() => {
            Ok(gateway::vault::Keys { id: id.to_owned(), secret: gateway::Secret::new(secret) })
        }
        _ => Err("expected ID:SECRET, the key pair of the store".to_owned()),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogForm {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SignUp {
    Open,
    Closed,
}

impl Command {
    pub fn common(&self) -> Option<&Common> {
        match self {
            Command::Serve(serve) => Some(&serve.common),
            Command::Demo { common, .. }
            | Command::Migrate { common, .. }
            | Command::Import { common, .. }
            | Command::Backup { common, .. }
            | Command::Restore { common, .. }
            | Command::Doctor { common, .. } => Some(common),
            Command::User(user) => match user {
                User::List { common, .. }
                | User::Create { common, .. }
                | User::ResetPassword { common, .. }
                | User::SetRole { common, .. }
                | User::Deactivate { common, .. }
                | User::Activate { common, .. } => Some(common),
            },
            Command::Reference(Reference::Import { common, .. }) => Some(common),
            Command::Openapi => None,
        }
    }
}

/// A day as the command line takes it.
fn parse_day(value: &str) -> Result<chrono::NaiveDate, String> {
    let day: chrono::NaiveDate =
        value.parse().map_err(|_| "expected a date YYYY-MM-DD, such as 2026-11-20".to_owned())?;
    if day > service::time::paris_day(chrono::Utc::now()) {
        return Err("expected a day that has come, today at the latest".to_owned());
    }
    Ok(day)
}

fn parse_role(value: &str) -> Result<Role, String> {
    value.parse().map_err(|e: domain::text::UnknownCode| e.to_string())
}

/// Scheme and authority, nothing else: the browser sends no more in `Origin`.
fn parse_origin(value: &str) -> Result<String, String> {
    let expected = "expected http:// or https://, a name and perhaps a port, such as https://cabready.example.fr";
    let trimmed = value.trim_end_matches('/');
    let authority = trimmed.strip_prefix("https://").or_else(|| trimmed.strip_prefix("http://")).ok_or(expected)?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
    if authority.is_empty() || !authority.bytes().all(plain) {
        return Err(expected.to_owned());
    }
    Ok(trimmed.to_ascii_lowercase())
}

fn parse_token(value: &str) -> Result<String, String> {
    if value.len() >= 16 && value.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(value.to_owned())
    } else {
        Err("expected at least 16 visible ASCII characters, such as the output of `openssl rand -hex 24`".to_owned())
    }
}

/// A refusal on the command line: what to print, and the exit code.
#[derive(Debug)]
pub struct Refusal {
    pub text: String,
    pub code: u8,
}

fn refuse(text: String) -> Refusal {
    Refusal { text: format!("error: {text}\n"), code: 2 }
}

/// A line of the file of settings.
#[derive(Debug, PartialEq)]
struct Line {
    number: usize,
    value: String,
}

/// Reads flags, variables and the file.
pub fn parse(args: Vec<OsString>, variables: &BTreeMap<String, OsString>) -> Result<Cli, Refusal> {
    let command = Cli::command();
    let known = known(&command);
    check_variables(&known, variables)?;
    let file = config_path(&args, variables);
    let lines = match &file {
        Some(path) => read_file(path, &known)?,
        None => BTreeMap::new(),
    };
    let matches = with_file(command, &lines).try_get_matches_from(&args).map_err(|error| {
        let code = error.exit_code();
        let rendered = error.render();
        let mut text = if in_colour() { rendered.ansi().to_string() } else { rendered.to_string() };
        if let Some(origin) = origin(&error, &args, variables, file.as_deref(), &lines) {
            text.push_str(&origin);
        }
        Refusal { text, code: code.clamp(0, 255) as u8 }
    })?;
    Cli::from_arg_matches(&matches).map_err(|error| Refusal { text: error.to_string(), code: 2 })
}

/// Colours are for terminals whose owner has not asked for none.
fn in_colour() -> bool {
    use std::io::IsTerminal;
    let asked_for_none = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !asked_for_none && std::io::stdout().is_terminal() && std::io::stderr().is_terminal()
}

/// Names of the settings: every argument that a variable can give too.
fn known(command: &clap::Command) -> Vec<String> {
    let mut names: Vec<String> = command
        .get_arguments()
        .filter(|arg| arg.get_env().is_some())
        .filter_map(|arg| arg.get_long().map(str::to_owned))
        .chain(command.get_subcommands().flat_map(known))
        .collect();
    names.sort();
    names.dedup();
    names
}

fn variable(name: &str) -> String {
    format!("CABREADY_{}", name.replace('-', "_").to_ascii_uppercase())
}

/// A variable with a typing error must not be without effect in silence. One that is far from every setting belongs to
/// somebody else.
fn check_variables(known: &[String], variables: &BTreeMap<String, OsString>) -> Result<(), Refusal> {
    for name in variables.keys().filter(|name| name.starts_with("CABREADY_")) {
        if NOT_SETTINGS.iter().any(|other| name.starts_with(other)) || known.iter().any(|k| variable(k) == *name) {
            continue;
        }
        if let Some(close) = known.iter().map(|k| variable(k)).find(|k| distance(k, name) <= 2) {
            return Err(refuse(format!("the variable {name} is not a setting; did you mean {close}?")));
        }
    }
    Ok(())
}

fn config_path(args: &[OsString], variables: &BTreeMap<String, OsString>) -> Option<PathBuf> {
    for (index, arg) in args.iter().enumerate() {
        let text = arg.to_string_lossy();
        if text == "--config" {
            return args.get(index + 1).map(PathBuf::from);
        }
        if let Some(path) = text.strip_prefix("--config=") {
            return Some(PathBuf::from(path));
        }
    }
    variables.get("CABREADY_CONFIG").filter(|v| !v.is_empty()).map(PathBuf::from)
}

fn read_file(path: &Path, known: &[String]) -> Result<BTreeMap<String, Line>, Refusal> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| refuse(format!("the file of settings {} cannot be read: {e}", path.display())))?;
    let mut lines = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let (number, line) = (index + 1, line.trim());
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let at = format!("{}, line {number}", path.display());
        let Some((name, value)) = line.split_once('=') else {
            return Err(refuse(format!("{at}: « {line} » is not a setting; expected is `name = value`")));
        };
        let name = name.trim().replace('_', "-");
        let value = value.trim();
        let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value).to_owned();
        if name == "config" || !known.contains(&name) {
            let close = known.iter().find(|k| distance(k, &name) <= 2);
            let hint = match close {
                Some(close) => format!("did you mean `{close}`?"),
                None => {
                    let list: Vec<&str> = known.iter().map(String::as_str).filter(|k| *k != "config").collect();
                    format!("settings are {}", list.join(", "))
                }
            };
            return Err(refuse(format!("{at}: « {name} » is not a setting; {hint}")));
        }
        if lines.insert(name.clone(), Line { number, value }).is_some() {
            return Err(refuse(format!("{at}: « {name} » is given twice; keep one line")));
        }
    }
    Ok(lines)
}

/// Values of the file become the defaults, so that flags and variables come before them.
fn with_file(command: clap::Command, lines: &BTreeMap<String, Line>) -> clap::Command {
    if lines.is_empty() {
        return command;
    }
    command
        .mut_args(|arg| {
            let line = arg.get_env().and(arg.get_long()).and_then(|name| lines.get(name));
            match line {
                // They live as long as the program, like the names of the arguments.
                Some(line) => arg.default_value(&*line.value.clone().leak()),
                None => arg,
            }
        })
        .mut_subcommands(|sub| with_file(sub, lines))
}

/// Where a refused value comes from, when it was not typed on the command line.
fn origin(
    error: &clap::Error,
    args: &[OsString],
    variables: &BTreeMap<String, OsString>,
    file: Option<&Path>,
    lines: &BTreeMap<String, Line>,
) -> Option<String> {
    if !matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation) {
        return None;
    }
    let Some(ContextValue::String(arg)) = error.get(ContextKind::InvalidArg) else { return None };
    let name = arg.split([' ', '=', '[']).next()?.strip_prefix("--")?;
    let typed =
        |arg: &OsString| arg.to_string_lossy().strip_prefix("--").is_some_and(|a| a.split('=').next() == Some(name));
    if args.iter().any(typed) {
        return None;
    }
    if variables.contains_key(&variable(name)) {
        return Some(format!("\nThe value comes from the variable {}.\n", variable(name)));
    }
    let line = lines.get(name)?;
    Some(format!("\nThe value comes from {}, line {}.\n", file?.display(), line.number))
}

/// Edits from one word to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (corner + usize::from(ca != *cb)).min(above + 1).min(row[j] + 1);
            corner = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(args: &[&str], variables: &[(&str, &str)]) -> Result<Cli, Refusal> {
        let args = std::iter::once("cabready").chain(args.iter().copied()).map(OsString::from).collect();
        parse(args, &variables.iter().map(|(k, v)| ((*k).to_owned(), OsString::from(v))).collect())
    }

    fn serve(cli: Cli) -> Box<Serve> {
        match cli.command {
            Command::Serve(serve) => serve,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
        let known = known(&Cli::command());
        for name in ["bind", "database-url", "workers", "metrics-token", "config"] {
            assert!(known.iter().any(|k| k == name), "{name}");
        }
    }

    #[test]
    fn a_file_gives_settings_and_flags_come_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cabready.conf");
        std::fs::write(&file, "# ours\nbind = 127.0.0.1:9999\ntrust_proxy = true\nworkers = 3\n").unwrap();
        let path = file.to_str().unwrap();
        let from_file = serve(parsed(&["serve", "--config", path], &[]).unwrap());
        assert_eq!(
            (from_file.bind.as_str(), from_file.trust_proxy, from_file.workers),
            ("127.0.0.1:9999", true, Some(3))
        );
        let flags = serve(
            parsed(&["serve", &format!("--config={path}"), "--workers", "5", "--trust-proxy=false"], &[]).unwrap(),
        );
        assert_eq!((flags.bind.as_str(), flags.trust_proxy, flags.workers), ("127.0.0.1:9999", false, Some(5)));
        // What another command has as a setting is no error here.
        assert!(parsed(&["doctor", "--config", path], &[]).is_ok());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_the_fix() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |content: &str| {
            let file = folder.path().join("cabready.conf");
            std::fs::write(&file, content).unwrap();
            let refusal = parsed(&["serve", "--config", file.to_str().unwrap()], &[]).unwrap_err();
            assert_eq!(refusal.code, 2, "{}", refusal.text);
            refusal.text
        };
        assert!(refused("\nworkes = 3").contains("line 2: « workes » is not a setting; did you mean `workers`?"));
        assert!(refused("workers = many").contains("line 1."), "{}", refused("workers = many"));
        assert!(refused("workers").contains("expected is `name = value`"));
        assert!(refused("workers = 1\nworkers = 2").contains("given twice"));
        assert!(refused("colour = blue").contains("settings are allow-private-platforms, bind, connections"));
        assert!(refused("database-url = mysql://h/d").contains("unknown database scheme"));

        let refusal = parsed(&["serve", "--public-url", "cabready.example.fr"], &[]).unwrap_err();
        assert!(refusal.text.contains("https://cabready.example.fr"), "{}", refusal.text);
        let refusal = parsed(&["serve"], &[("CABREADY_WORKER", "3")]).unwrap_err();
        assert!(refusal.text.contains("did you mean CABREADY_WORKERS?"), "{}", refusal.text);
        assert!(parsed(&["serve"], &[("CABREADY_E2E_BASE_URL", "x"), ("CABREADY_CACHE", "/x")]).is_ok());
        assert!(parsed(&["serve", "--config", "/none/such.conf"], &[]).unwrap_err().text.contains("/none/such.conf"));
    }

    #[test]
    fn help_is_no_error() {
        let help = parsed(&["--help"], &[]).unwrap_err();
        assert_eq!(help.code, 0);
        assert!(help.text.contains("cabready serve"), "{}", help.text);
    }
}
