//! What a firm demands of everything that leaves, and the list to go through before messages leave to clients.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use contract::{Absence, ChecklistItem, ChecklistKey, Nothing, RelanceRules, RelanceSettings, WorkingHours};
use domain::reference::HolidayPlace;
use domain::relance::outcome::Silence;
use domain::relance::{FirmPause, SendingMode, SendingRules, SequenceState};
use domain::working_time::Hours;
use domain::{CabinetId, Text};
use serde_json::json;
use store::relance_settings::{Kept, find, put};
use store::{Conn, dialect};

use super::plans;
use crate::fields::Check;
use crate::people::entry;
use crate::session::whole_micros;
use crate::{Answer, App, Call, Error, Result, collection_settings, journal, post};

const LONGEST_REASON: usize = 200;
const MOST_ROWS: usize = 200;

/// The settings of a firm, and how far its planner has come.
#[derive(Debug, Clone)]
pub struct Settings {
    pub version: i64,
    pub kept: RelanceRules,
    pub ran_at: Option<DateTime<Utc>>,
    /// Changes of dossiers up to here were looked at.
    pub looked_at: DateTime<Utc>,
    /// Times in which it did not run.
    pub silences: Vec<Silence>,
}

impl Settings {
    pub fn rules(&self) -> SendingRules {
        let kept = &self.kept;
        SendingRules {
            mode: kept.mode,
            window: hours(&kept.window),
            minimum_days: kept.minimum_days,
            maximum: kept.maximum,
            stale_days: kept.stale_days,
            catch_up_days: kept.catch_up_days,
            hold_when_away: kept.hold_when_away,
            hourly: kept.hourly,
            pauses: kept.pauses.clone(),
        }
    }
}

fn hours(window: &WorkingHours) -> Hours {
    Hours {
        days: window.days.iter().copied().collect(),
        from: window.from,
        to: window.to,
        place: HolidayPlace::try_from(window.territory.as_str()).unwrap_or(HolidayPlace::Metropole),
        closed: window.closed.iter().copied().collect(),
    }
}

/// As the product suggests, in the working hours of the firm.
fn suggested(working: &Hours) -> RelanceRules {
    let rules = SendingRules::default();
    RelanceRules {
        mode: rules.mode,
        test_address: None,
        window: WorkingHours {
            days: working.days.iter().copied().collect(),
            from: working.from,
            to: working.to,
            territory: working.place.to_string(),
            closed: working.closed.iter().copied().collect(),
        },
        minimum_days: rules.minimum_days,
        maximum: rules.maximum,
        stale_days: rules.stale_days,
        catch_up_days: rules.catch_up_days,
        hold_when_away: rules.hold_when_away,
        hourly: rules.hourly,
        pauses: Vec::new(),
        absences: Vec::new(),
        seen_to: BTreeSet::new(),
    }
}

/// The settings of a cabinet as they stand.
pub fn of(conn: &mut Conn, cabinet: CabinetId) -> Result<Settings> {
    match find(conn, cabinet)? {
        Some(kept) => Ok(Settings {
            version: kept.version,
            kept: serde_json::from_str(&kept.data)?,
            ran_at: kept.ran_at,
            looked_at: kept.looked_at,
            silences: serde_json::from_str(&kept.silences)?,
        }),
        None => Ok(Settings {
            version: 0,
            kept: suggested(&crate::anomalies::policy(conn, cabinet)?.hours),
            ran_at: None,
            looked_at: DateTime::UNIX_EPOCH,
            silences: Vec::new(),
        }),
    }
}

/// A firm has settings once it has a sequence: how far its planner has come is kept there. Needs the cabinet's lock.
pub(super) fn prepare(conn: &mut Conn, cabinet: CabinetId, now: DateTime<Utc>) -> Result<()> {
    if find(conn, cabinet)?.is_none() {
        let settings = of(conn, cabinet)?;
        write(conn, cabinet, &settings, now)?;
    }
    Ok(())
}

fn write(conn: &mut Conn, cabinet: CabinetId, settings: &Settings, now: DateTime<Utc>) -> Result<()> {
    let data = serde_json::to_string(&settings.kept)?;
    let (version, ran_at, looked_at) = (settings.version, settings.ran_at, settings.looked_at);
    let silences = serde_json::to_string(&settings.silences)?;
    Ok(put(conn, cabinet, &Kept { version, data, ran_at, looked_at, silences }, now)?)
}

/// The list to go through before messages leave to clients: what the product sees by itself, what a person says.
fn checklist(app: &App, conn: &mut Conn, cabinet: CabinetId, kept: &RelanceRules) -> Result<Vec<ChecklistItem>> {
    let outgoing = post::outgoing(app, conn)?;
    let collection = collection_settings::of(conn, cabinet)?;
    let sequences = store::sequences::all(conn, cabinet)?;
    let ready = sequences.iter().any(|s| s.state == SequenceState::Active);
    let public = app.settings.public_url.starts_with("https://");
    let items = ChecklistKey::ALL.iter().map(|key| {
        let (fr, en) = match key {
            ChecklistKey::Outgoing => ("Les courriels partent par un serveur d’envoi.", "Mail leaves through a server."),
            ChecklistKey::ReplyAddress => {
                ("Les réponses arrivent à une adresse du cabinet.", "Answers reach an address of the firm.")
            }
            ChecklistKey::PublicAddress => {
                ("Les liens mènent à une adresse publique sécurisée.", "Links lead to a public, secure address.")
            }
            ChecklistKey::DryRun => (
                "Une séquence est active, et ses prévisions ont été lues.",
                "A sequence is active, and its dry run was read.",
            ),
            ChecklistKey::TestRun => (
                "Un premier envoi en mode test a été relu.",
                "A first sending in test mode was read.",
            ),
            ChecklistKey::OtherTools => (
                "Les autres outils qui relancent ces clients sont arrêtés.",
                "Other tools that chase these clients are switched off.",
            ),
            ChecklistKey::SmallStart => {
                ("La première séquence vise un petit nombre de dossiers.", "The first sequence reaches few dossiers.")
            }
        };
        let (by_itself, done, problem) = match key {
            ChecklistKey::Outgoing => (
                true,
                outgoing.goes_out && outgoing.problem.is_none(),
                outgoing.problem.clone().or_else(|| {
                    (!outgoing.goes_out).then(|| {
                        Text::new(
                            "Rien n’est réglé : les messages restent dans un dossier du serveur. Réglez l’envoi (smtp).",
                            "Nothing is set up: messages stay in a folder of the server. Set up sending (smtp).",
                        )
                    })
                }),
            ),
            ChecklistKey::ReplyAddress => {
                let missing = Text::new(
                    "Indiquez une adresse de réponse dans les réglages de la collecte.",
                    "Give an address for answers in the settings of the collection.",
                );
                (true, collection.reply_to.is_some(), collection.reply_to.is_none().then_some(missing))
            }
            ChecklistKey::PublicAddress => {
                let url = &app.settings.public_url;
                let missing = Text::new(
                    format!("« {url} » n’est pas une adresse publique en https : réglez public-url."),
                    format!("“{url}” is no public address with https: set public-url."),
                );
                (true, public, (!public).then_some(missing))
            }
            ChecklistKey::DryRun => {
                let missing =
                    Text::new("Aucune séquence n’est active.", "No sequence is active.");
                let seen = kept.seen_to.contains(key);
                (false, ready && seen, (!ready).then_some(missing))
            }
            ChecklistKey::TestRun | ChecklistKey::OtherTools | ChecklistKey::SmallStart => {
                (false, kept.seen_to.contains(key), None)
            }
        };
        ChecklistItem { key: *key, text: Text::new(fr, en), done, by_itself, problem }
    });
    Ok(items.collect())
}

fn shown(app: &App, conn: &mut Conn, cabinet: CabinetId, settings: Settings) -> Result<RelanceSettings> {
    let checklist = checklist(app, conn, cabinet, &settings.kept)?;
    let ready = checklist.iter().all(|item| item.done);
    Ok(RelanceSettings { version: settings.version, rules: settings.kept, checklist, ready })
}

pub fn read_relance_settings(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<RelanceSettings>> {
    let cabinet = call.scope()?.cabinet();
    let mut conn = call.app.store.conn()?;
    let settings = of(&mut conn, cabinet)?;
    let version = settings.version;
    Ok(Answer::new(shown(&call.app, &mut conn, cabinet, settings)?).etag(version))
}

fn between(check: &mut Check, pointer: &str, value: u32, (least, most): (u32, u32)) {
    if !(least..=most).contains(&value) {
        check.refuse(
            pointer,
            "out_of_range",
            format!("{value} : un nombre de {least} à {most} est attendu."),
            format!("{value}: a number from {least} to {most} is expected."),
        );
    }
}

fn checked_window(check: &mut Check, window: &WorkingHours) {
    if window.days.is_empty() || window.days.iter().any(|d| !(1..=7).contains(d)) {
        check.refuse(
            "/window/days",
            "wrong_days",
            "Au moins un jour, de 1 (lundi) à 7 (dimanche), est attendu.",
            "At least one day, from 1 (Monday) to 7 (Sunday), is expected.",
        );
    }
    if window.from >= window.to {
        let (from, to) = (window.from.format("%H:%M"), window.to.format("%H:%M"));
        check.refuse(
            "/window/to",
            "wrong_hours",
            format!("{to} ne vient pas après {from} : donnez une heure de fin plus tardive."),
            format!("{to} does not come after {from}: give a later end."),
        );
    }
    if HolidayPlace::try_from(window.territory.as_str()).is_err() {
        let places: Vec<&str> = HolidayPlace::ALL.iter().map(|p| p.as_str()).collect();
        check.refuse(
            "/window/territory",
            "unknown_value",
            format!("« {} » : {} est attendu.", window.territory, places.join(", ")),
            format!("“{}”: {} is expected.", window.territory, places.join(", ")),
        );
    }
}

fn checked_days(check: &mut Check, pointer: &str, from: chrono::NaiveDate, to: Option<chrono::NaiveDate>) {
    if let Some(to) = to.filter(|to| *to < from) {
        let (from, to) = (from.format("%d/%m/%Y"), to.format("%d/%m/%Y"));
        check.refuse(
            pointer,
            "wrong_days",
            format!("Le dernier jour ({to}) vient avant le premier ({from})."),
            format!("The last day ({to}) comes before the first ({from})."),
        );
    }
}

fn checked(body: RelanceRules) -> Result<RelanceRules> {
    let mut check = Check::default();
    checked_window(&mut check, &body.window);
    between(&mut check, "/minimum_days", body.minimum_days, (1, 60));
    between(&mut check, "/maximum", body.maximum, (1, 20));
    between(&mut check, "/stale_days", body.stale_days, (0, 400));
    between(&mut check, "/catch_up_days", body.catch_up_days, (0, 30));
    if let Some(most) = body.hourly {
        between(&mut check, "/hourly", most, (1, 10_000));
    }
    for (pointer, n) in [("/pauses", body.pauses.len()), ("/absences", body.absences.len())] {
        if n > MOST_ROWS {
            check.refuse(
                pointer,
                "too_many",
                format!("{n} lignes : {MOST_ROWS} au plus, retirez celles qui sont passées."),
                format!("{n} rows: {MOST_ROWS} at most, take those away that are over."),
            );
        }
    }
    let pauses: Vec<FirmPause> = body
        .pauses
        .iter()
        .enumerate()
        .map(|(i, pause)| {
            checked_days(&mut check, &format!("/pauses/{i}/to"), pause.from, pause.to);
            let reason = check.line(&format!("/pauses/{i}/reason"), &pause.reason, LONGEST_REASON);
            FirmPause { reason, ..pause.clone() }
        })
        .collect();
    for (i, absence) in body.absences.iter().enumerate() {
        checked_days(&mut check, &format!("/absences/{i}/to"), absence.from, absence.to);
    }
    let test_address = body
        .test_address
        .as_deref()
        .map(str::trim)
        .filter(|address| !address.is_empty())
        .map(|address| check.email("/test_address", address));
    if body.mode == SendingMode::Test && test_address.is_none() {
        check.refuse(
            "/test_address",
            "missing",
            "Le mode test envoie tout à une adresse : indiquez-la.",
            "Test mode sends everything to one address: give it.",
        );
    }
    check.done()?;
    Ok(RelanceRules { pauses, test_address, ..body })
}

/// Who is away must be of the firm.
fn known_people(conn: &mut Conn, call: &Call, absences: &[Absence]) -> Result<()> {
    let scope = call.scope()?;
    let ids: Vec<domain::UserId> = absences.iter().map(|a| a.user_id).collect();
    let known = store::people::names_of(conn, scope, &ids)?;
    let mut check = Check::default();
    for (i, absence) in absences.iter().enumerate().filter(|(_, a)| !known.contains_key(&a.user_id)) {
        check.refuse(
            format!("/absences/{i}/user_id"),
            "unknown_value",
            format!("« {} » n’est pas une personne du cabinet.", absence.user_id),
            format!("“{}” is no person of the firm.", absence.user_id),
        );
    }
    check.done()
}

pub fn update_relance_settings(
    call: &Call,
    _: Nothing,
    _: Nothing,
    body: RelanceRules,
) -> Result<Answer<RelanceSettings>> {
    let scope = call.scope()?;
    let cabinet = scope.cabinet();
    let body = checked(body)?;
    let mut conn = call.app.store.conn()?;
    known_people(&mut conn, call, &body.absences)?;
    let settings = conn.write(|conn| -> Result<Settings> {
        dialect::lock_cabinet(conn, cabinet)?;
        let before = of(conn, cabinet)?;
        call.check_version(before.version)?;
        if body.mode == SendingMode::Live && before.kept.mode != SendingMode::Live {
            may_go_live(&call.app, conn, cabinet, &body)?;
        }
        if body == before.kept {
            return Ok(before);
        }
        let changes = changes(&before.kept, &body)?;
        let after = Settings { version: before.version + 1, kept: body, ..before.clone() };
        write(conn, cabinet, &after, whole_micros(call.now))?;
        let row = entry("relances.settings", "cabinet", cabinet, "", changes);
        store::journal::append(conn, cabinet, &journal::stamp(call), &[row])?;
        if before.kept.mode == SendingMode::Test && after.kept.mode != SendingMode::Test {
            plans::forget_tests(conn, cabinet, call.now)?;
        }
        plans::replan(conn, cabinet, None, call.now)?;
        Ok(after)
    })?;
    let version = settings.version;
    Ok(Answer::new(shown(&call.app, &mut conn, cabinet, settings)?).etag(version))
}

fn may_go_live(app: &App, conn: &mut Conn, cabinet: CabinetId, kept: &RelanceRules) -> Result<()> {
    let open: Vec<ChecklistItem> = checklist(app, conn, cabinet, kept)?.into_iter().filter(|item| !item.done).collect();
    if open.is_empty() {
        return Ok(());
    }
    let told = |of: &dyn Fn(&ChecklistItem) -> String| open.iter().map(of).collect::<Vec<_>>().join(" ");
    Err(Error::conflict(
        format!("Il reste à faire avant l’envoi réel : {}", told(&|i| i.text.fr.clone())),
        format!("To be done before going live: {}", told(&|i| i.text.en.clone())),
    ))
}

/// What changed, by field.
fn changes(before: &RelanceRules, after: &RelanceRules) -> Result<serde_json::Value> {
    let (before, after) = (serde_json::to_value(before)?, serde_json::to_value(after)?);
    let mut changes = json!({});
    for (field, new) in after.as_object().into_iter().flatten() {
        let old = before.get(field).unwrap_or(&serde_json::Value::Null);
        if old != new {
            changes[field] = json!([old, new]);
        }
    }
    Ok(changes)
}
