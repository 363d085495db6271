//! One reading of one platform: its webhook kept as wanted, its flows since the last time page by page, then some questions
//! to its directory. Between two pages everything stands in the database.

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Duration, Utc};
use contract::{ConnectionFile, ConnectionFileProblem, TakenOutcome};
use domain::flow::{FlowDirection, FlowSource, Report};
use domain::{Siren, Text};
use gateway::platform::{AckStatus, Flow, Kind, Line, PlatformError};
use intake::message::Message;
use store::connections::{self, Connection};
use store::dialect;
use store::journal::Stamp;

use super::data::{Data, Health, Hook};
use super::{directory, line_of, open, rows_of, webhook};
use crate::anomalies::findings::{self, Deposit};
use crate::arrivals::{Origin, Owners, Read};
use crate::flows::{self, Source, Writing};
use crate::{App, Error, Result, arrivals, time};

/// Pages of one reading; then others have their turn.
const MOST_PAGES: u32 = 20;
/// A document that could not be fetched so many times is told of and left.
const MOST_TRIES: u32 = 3;

/// Why a reading ends.
enum End {
    /// Everything was read.
    Whole,
    /// More is there.
    More,
    /// The server stops.
    Stopped,
    Failed(PlatformError),
    /// A person has changed the connection, or another process has it.
    Lost,
}

struct Reading<'a> {
    app: &'a App,
    stop: &'a AtomicBool,
    row: Connection,
    data: Data,
    health: Health,
    hook: Option<Hook>,
    line: Box<dyn Line>,
    company: Option<Siren>,
}

pub(super) fn run(app: &App, row: Connection, stop: &AtomicBool) -> Result<()> {
    let mut health: Health = serde_json::from_str(&row.health)?;
    let opened = open(app, &row)?;
    let line = match opened.line {
        Ok(line) => line,
        Err(error) => {
            let pause = fails(&mut health, &error, Utc::now());
            return written(app, &row, &health, Vec::new(), pause);
        }
    };
    let company = opened.data.organization_id.as_deref().and_then(company);
    let mut reading = Reading { app, stop, row, data: opened.data, health, hook: opened.hook, line, company };
    let end = reading.all();
    let token = reading.line.token();
    reading.health.token_expires_at = token.as_ref().map(|t| crate::session::whole_micros(t.ends));
    app.shared.connections.keep_token(reading.row.id, reading.row.version, token);
    reading.finish(end?)
}

/// The company of a connection, where its organisation id is a SIREN or a SIRET.
fn company(organization: &str) -> Option<Siren> {
    let digits: String = organization.chars().filter(|c| !c.is_whitespace()).collect();
    matches!(digits.len(), 9 | 14).then(|| Siren::parse(digits.get(..9)?).ok()).flatten()
}

/// Seconds until the next try, some more by chance: platforms that come back are not met by everybody at once.
fn fails(health: &mut Health, error: &PlatformError, now: DateTime<Utc>) -> Duration {
    let (lasting, wish) = match error {
        PlatformError::Temporary { after, .. } => (false, *after),
        PlatformError::Setup { .. } => (true, None),
        PlatformError::Refused { .. } | PlatformError::Missing { .. } | PlatformError::Unexpected { .. } => {
            (false, None)
        }
    };
    let pause = health.fails(error.text(), lasting, wish, now);
    Duration::milliseconds(pause * rand::random_range(1000..1200))
}

/// What a page brought.
#[derive(Default)]
struct Page {
    /// Each with what is known of it beside.
    messages: Vec<(Flow, Message)>,
    files: Vec<ConnectionFile>,
    /// What became of deposits at the technical check.
    deposits: Vec<Deposit>,
}

impl Reading<'_> {
    fn all(&mut self) -> Result<End> {
        if let Err(error) = webhook::keep(self.app, &mut *self.line, &self.row, &self.data, &mut self.hook) {
            // Without it the platform is read all the same.
            tracing::warn!(connection = %self.row.id, %error, "the webhook of a platform is not as it should be");
        }
        self.health.webhook_since = self.hook.as_ref().map(|h| h.since);
        for _ in 0..MOST_PAGES {
            let now = Utc::now();
            let search = self.health.place.search(now);
            let found = match self.line.search(&search) {
                // A cursor from before a pause; the flows are there still.
                Err(PlatformError::Refused { .. } | PlatformError::Missing { .. }) if search.cursor.is_some() => {
                    self.health.place.forget_page();
                    continue;
                }
                Err(error) => return Ok(End::Failed(error)),
                Ok(found) => found,
            };
            if found.unreadable > 0 {
                let n = found.unreadable;
                tracing::warn!(connection = %self.row.id, n, "entries of a platform have no id or no time");
            }
            let mut page = Page::default();
            for flow in &found.flows {
                if self.stop.load(Ordering::Relaxed) {
                    return Ok(End::Stopped);
                }
                if !self.health.place.has_seen(flow)
                    && let Err(error) = self.fetch(flow, &mut page)
                {
                    return Ok(End::Failed(error));
                }
            }
            let traits = super::version(self.data.service).traits();
            let more = self.health.place.turn(&search, &found.flows, found.next, traits);
            if !self.take(page)? {
                return Ok(End::Lost);
            }
            if !more {
                return Ok(End::Whole);
            }
        }
        Ok(End::More)
    }

    /// Looks at one flow of a page: what its acknowledgement says, and the document of those that tell of invoices.
    fn fetch(&mut self, flow: &Flow, page: &mut Page) -> std::result::Result<(), PlatformError> {
        match flow.acknowledgement.status {
            // The technical check alone: no status follows from it.
            AckStatus::Error => {
                let codes =
                    flow.acknowledgement.details.iter().filter(|d| d.is_error).map(|d| d.code.clone()).collect();
                page.deposits.push(deposit(flow, Some(codes)));
                page.files.push(file(flow, ConnectionFileProblem::Refused, refusal(flow)));
                return Ok(());
            }
            // It comes again when its check has ended.
            AckStatus::Pending => return Ok(()),
            AckStatus::Ok => page.deposits.push(deposit(flow, None)),
            AckStatus::Other(_) => {}
        }
        if matches!(flow.kind, Kind::Other(_)) {
            return Ok(());
        }
        let bytes = match self.line.original(&flow.id) {
            Ok(bytes) => bytes,
            Err(error @ (PlatformError::Temporary { .. } | PlatformError::Setup { .. })) => {
                let tries = match &self.health.place.hard {
                    Some((id, tries)) if *id == flow.id => tries + 1,
                    _ => 1,
                };
                if tries < MOST_TRIES || matches!(error, PlatformError::Setup { .. }) {
                    self.health.place.hard = Some((flow.id.clone(), tries));
                    return Err(error);
                }
                page.files.push(file(flow, ConnectionFileProblem::Unreadable, error.text()));
                return Ok(());
            }
            Err(error) => {
                page.files.push(file(flow, ConnectionFileProblem::Unreadable, error.text()));
                return Ok(());
            }
        };
        match arrivals::read_one(&flow.name, &bytes) {
            Ok((_, message)) => page.messages.push((flow.clone(), message)),
            Err(why) => page.files.push(file(flow, ConnectionFileProblem::Unreadable, why)),
        }
        Ok(())
    }

    /// Takes a page over, and says how far the reading is, in one transaction. `false` when the lease is gone.
    fn take(&mut self, page: Page) -> Result<bool> {
        let now = crate::session::whole_micros(Utc::now());
        let calls = rows_of(self.line.calls())?;
        let (app, row) = (self.app, &mut self.row);
        let (health, company) = (&mut self.health, self.company);
        health.place.hard = None;
        let hook = self.hook.as_ref();
        let mut conn = app.store.conn()?;
        let outcome = conn.write(|conn| -> Result<Health> {
            let mut health = health.clone();
            dialect::lock_cabinet(conn, row.cabinet)?;
            let owners = Owners::look_up(conn, row.cabinet, page.messages.iter().map(|(_, m)| m))?;
            let owners = owners.of_connection(company);
            let (mut reports, mut from): (Vec<Report>, Vec<&Flow>) = (Vec::new(), Vec::new());
            let mut files = page.files;
            for (flow, message) in &page.messages {
                let origin = Origin {
                    platform: &row.platform,
                    direction: direction(&flow.kind),
                    told_at: Some(flow.submitted_at.unwrap_or(flow.updated_at)),
                };
                for read in arrivals::reports(message, &origin, &owners) {
                    match read {
                        Read::Refused(why) => files.push(file(flow, ConnectionFileProblem::Unreadable, why)),
                        Read::Reports(all) => {
                            from.extend(std::iter::repeat_n(flow, all.len()));
                            reports.extend(all);
                        }
                    }
                }
            }
            if !reports.is_empty() || !page.deposits.is_empty() {
                let judge = app.judge(conn, row.cabinet, time::paris_day(now))?;
                let stamp = stamp(now);
                let own: Vec<Siren> = company.into_iter().collect();
                let dossier = store::dossiers::of_sirens(conn, row.cabinet, &own)?.pop().map(|d| d.id);
                let mut w = Writing { conn: &mut *conn, cabinet: row.cabinet, stamp: &stamp, judge: &judge };
                findings::deposits_checked(&mut w, line_of(row), dossier, &page.deposits)?;
                let taken = flows::take(&mut w, Source { kind: FlowSource::Connection, name: &row.name }, &reports)?;
                health.taken += taken.created + taken.added;
                for (report, flow) in taken.reports.iter().zip(from) {
                    if report.outcome == TakenOutcome::Refused {
                        let why = report.message.clone().unwrap_or_else(|| Text::new("Refusé.", "Refused."));
                        files.push(file(flow, ConnectionFileProblem::Unreadable, why));
                    }
                }
            }
            health.refused += page.deposits.iter().filter(|d| d.refused.is_some()).count() as u64;
            for file in files {
                health.tell_of(file);
            }
            row.health = serde_json::to_string(&health)?;
            row.webhook_key = Hook::sealed(hook, app, conn, row)?;
            if !connections::progress(conn, &app.settings.worker, row)? {
                return Err(lost());
            }
            connections::add_calls(conn, row.id, &calls)?;
            Ok(health)
        });
        match outcome {
            Ok(kept) => {
                *health = kept;
                Ok(true)
            }
            Err(error) if is_lost(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn finish(mut self, end: End) -> Result<()> {
        let now = crate::session::whole_micros(Utc::now());
        let pause = match end {
            End::Lost => return Ok(()),
            End::Failed(error) => {
                tracing::warn!(connection = %self.row.id, %error, "a platform cannot be read");
                fails(&mut self.health, &error, now)
            }
            End::More => {
                self.health.works(now);
                Duration::zero()
            }
            End::Stopped => Duration::zero(),
            End::Whole => {
                self.health.works(now);
                if self.data.directory_url.is_some() {
                    directory::refresh(self.app, &self.row, &mut *self.line, self.stop)?;
                }
                let seconds = i64::from(self.data.every_minutes) * 60;
                Duration::milliseconds(seconds * rand::random_range(950..1050))
            }
        };
        let calls = rows_of(self.line.calls())?;
        let mut conn = self.app.store.conn()?;
        self.row.webhook_key = Hook::sealed(self.hook.as_ref(), self.app, &mut conn, &self.row)?;
        drop(conn);
        written(self.app, &self.row, &self.health, calls, pause)
    }
}

/// Writes how a reading ended, tells the rules where it changed something, and gives the lease back.
fn written(app: &App, row: &Connection, health: &Health, calls: Vec<connections::Call>, pause: Duration) -> Result<()> {
    let now = Utc::now();
    let before: Health = serde_json::from_str(&row.health)?;
    let worker = &app.settings.worker;
    let outcome = app.store.conn()?.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, row.cabinet)?;
        let row = Connection { health: serde_json::to_string(health)?, ..row.clone() };
        if !connections::progress(conn, worker, &row)? {
            return Err(lost());
        }
        connections::add_calls(conn, row.id, &calls)?;
        // The reason may be another than it was.
        if before.down() != health.down() {
            let judge = app.judge(conn, row.cabinet, time::paris_day(now))?;
            let stamp = stamp(crate::session::whole_micros(now));
            let mut w = Writing { conn: &mut *conn, cabinet: row.cabinet, stamp: &stamp, judge: &judge };
            findings::connection_changed(&mut w, line_of(&row), health.down())?;
        }
        Ok(connections::release(conn, worker, row.id, now + pause)?)
    });
    match outcome {
        // Whoever changed the row has said when it is due.
        Err(error) if is_lost(&error) => Ok(()),
        other => other,
    }
}

fn stamp(at: DateTime<Utc>) -> Stamp {
    Stamp { at, actor: None, request_id: "connection".to_owned() }
}

const LOST: &str = "the connection's lease was lost";

fn lost() -> Error {
    Error::internal(LOST)
}

fn is_lost(error: &Error) -> bool {
    error.cause.as_deref() == Some(LOST)
}

/// Which side the platform's company is on; its own kinds say so, self-billing or not.
fn direction(kind: &Kind) -> Option<FlowDirection> {
    match kind {
        Kind::CustomerInvoice | Kind::CustomerInvoiceStatus => Some(FlowDirection::Sale),
        Kind::SupplierInvoice | Kind::SupplierInvoiceStatus => Some(FlowDirection::Purchase),
        Kind::StateStatus(word) if word == "StateCustomerInvoiceLC" => Some(FlowDirection::Sale),
        Kind::StateStatus(word) if word == "StateSupplierInvoiceLC" => Some(FlowDirection::Purchase),
        Kind::StateStatus(_) | Kind::Other(_) => None,
    }
}

fn deposit(flow: &Flow, refused: Option<Vec<String>>) -> Deposit {
    Deposit { file: flow.id.clone(), name: flow.name.clone(), refused, at: flow.updated_at }
}

fn file(flow: &Flow, problem: ConnectionFileProblem, why: Text) -> ConnectionFile {
    ConnectionFile { at: flow.updated_at, flow_id: flow.id.clone(), name: flow.name.clone(), problem, why }
}

/// Why the platform refused a deposit: the codes of the standard, in words, and what it says itself.
fn refusal(flow: &Flow) -> Text {
    let details = flow.acknowledgement.details.iter().filter(|d| d.is_error);
    let (mut fr, mut en) = (Vec::new(), Vec::new());
    for detail in details {
        let (french, english) = match detail.code.as_str() {
            "EmptyAttachement" | "EmptyAttachment" => ("une pièce jointe est vide", "an attachment is empty"),
            "AttachmentTypeError" => {
                ("une pièce jointe n’est pas d’un type admis", "an attachment is of a type not allowed")
            }
            "EmptyFlow" => ("le fichier est vide", "the file is empty"),
            "OtherTechnicalError" => ("autre erreur technique", "another technical error"),
            "InvalidSchema" => ("le XML ne suit pas son schéma", "the XML does not follow its schema"),
            "FileSizeExceeded" => ("le fichier est trop volumineux", "the file is too large"),
            "FlowTypeError" => ("le type du fichier n’est pas admis", "the type of the file is not allowed"),
            "AlreadyExistingFlow" => ("le fichier a déjà été déposé", "the file was deposited before"),
            "VirusFound" => ("un virus a été trouvé", "a virus was found"),
            "ChecksumMismatch" => ("l’empreinte n’est pas celle du fichier", "the hash is not that of the file"),
            "InvoiceLCInvalidStatus" => ("un statut est incohérent", "a status is inconsistent"),
            "InvoiceLCStatusError" => ("un statut n’est pas admis", "a status is not allowed"),
            "InvoiceLCRuleError" => ("une règle n’est pas respectée", "a rule is not kept"),
            "InvoiceLCAccessDenied" => ("les droits manquent", "rights are missing"),
            "InvoiceLCAmountError" => ("un montant ne s’accorde pas avec la TVA", "an amount does not fit the VAT"),
            other => (other, other),
        };
        let said = if detail.message.is_empty() { String::new() } else { format!(" ({})", detail.message) };
        fr.push(format!("{french}{said}"));
        en.push(format!("{english}{said}"));
    }
    if fr.is_empty() {
        return Text::new(
            "Refusé au contrôle technique, sans motif : demandez-le à la plateforme.",
            "Refused at the technical check, without a reason: ask the platform.",
        );
    }
    Text::new(
        format!("Refusé au contrôle technique : {}. Corrigez le fichier et déposez-le à nouveau.", fr.join(" ; ")),
        format!("Refused at the technical check: {}. Correct the file and deposit it again.", en.join("; ")),
    )
}
