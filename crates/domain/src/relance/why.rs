//! One sentence for everything that becomes of a step, and short labels of what a sequence is made of.

use chrono::{DateTime, Datelike, Duration, DurationRound, NaiveDate, NaiveTime, Timelike, Utc};

use super::outcome::{
    AnswerWay, ContactBy, End, Gap, Hold, Miss, Outcome, OutcomeCode, PauseReason, Stage, Suppression,
};
use super::{Anchor, DeadlineSource, Delay, FirmPause, RelanceChannel, RelanceStep, SequenceState, SkipWhen, ToPerson};
use crate::dates::{DAYS, MONTHS};
use crate::reference::HolidayPlace;
use crate::{RelanceStepId, Text};

/// Binds what French does not part: signs to their words, quotation marks to what they hold.
pub(super) fn french(said: &str) -> String {
    let mut said = said.replace("« ", "«\u{a0}").replace(" »", "\u{a0}»");
    for sign in [':', ';', '?', '!'] {
        said = said.replace(&format!(" {sign}"), &format!("\u{a0}{sign}"));
    }
    said
}

fn text(fr: impl AsRef<str>, en: impl Into<String>) -> Text {
    Text::new(french(fr.as_ref()), en)
}

/// "9 h 30", "10 h".
fn hour(at: NaiveTime) -> Text {
    let (h, m) = (at.hour(), at.minute());
    let fr = if m == 0 { format!("{h}\u{a0}h") } else { format!("{h}\u{a0}h\u{a0}{m:02}") };
    Text::new(fr, format!("{h}:{m:02}"))
}

fn whole_minute(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(Duration::minutes(1)).unwrap_or(at)
}

/// Days and moments in words, seen from a day: the year is told where it is another one.
#[derive(Debug, Clone, Copy)]
pub struct Teller<'a> {
    pub now: DateTime<Utc>,
    /// The client's, on whose clock messages leave.
    pub place: HolidayPlace,
    /// Where their names for the reasons of pauses are.
    pub pauses: &'a [FirmPause],
    /// The steps of the sequence, so that one can be named by its number.
    pub steps: &'a [RelanceStep],
}

impl Teller<'_> {
    /// "12 mars", "1er mai 2027".
    pub fn day(&self, day: NaiveDate) -> Text {
        let (fr, en) = MONTHS[day.month0() as usize];
        let year = day.year();
        let number = if day.day() == 1 { "1er".to_owned() } else { day.day().to_string() };
        let (mut fr, mut en) = (format!("{number}\u{a0}{fr}"), format!("{}\u{a0}{en}", day.day()));
        if year != self.place.day(self.now).year() {
            fr = format!("{fr}\u{a0}{year}");
            en = format!("{en} {year}");
        }
        Text::new(fr, en)
    }

    /// "mardi 17 mars".
    fn weekday(&self, day: NaiveDate) -> Text {
        let (fr, en) = DAYS[day.weekday().num_days_from_monday() as usize];
        let told = self.day(day);
        Text::new(format!("{fr} {}", told.fr), format!("{en} {}", told.en))
    }

    /// "9 h 30", with the name of the clock where it is not the mainland's.
    pub fn hour(&self, at: DateTime<Utc>) -> Text {
        let told = hour(self.place.local(at).time());
        if matches!(self.place, HolidayPlace::Metropole | HolidayPlace::AlsaceMoselle) {
            return told;
        }
        let place = self.place.text();
        Text::new(
            format!("{}, heure locale ({})", told.fr, place.fr),
            format!("{}, local time ({})", told.en, place.en),
        )
    }

    /// "le 12 mars à 9 h 30": what has happened.
    fn past(&self, at: DateTime<Utc>) -> Text {
        let (day, hour) = (self.day(self.place.day(at)), self.hour(at));
        Text::new(format!("le\u{a0}{} à {}", day.fr, hour.fr), format!("on {} at {}", day.en, hour.en))
    }

    /// "le mardi 17 mars vers 10 h": what will happen.
    fn future(&self, at: DateTime<Utc>) -> Text {
        let (day, hour) = (self.weekday(self.place.day(at)), self.hour(at));
        Text::new(format!("le {} vers {}", day.fr, hour.fr), format!("on {} at about {}", day.en, hour.en))
    }

    /// "le mardi 17 mars entre 10 h et 11 h": what will happen in its turn.
    fn within_an_hour(&self, at: DateTime<Utc>) -> Text {
        let minutes = i64::from(self.place.local(at).time().minute());
        let from = at - Duration::minutes(minutes);
        let (day, from, to) = (
            self.weekday(self.place.day(at)),
            self.hour(whole_minute(from)),
            self.hour(whole_minute(from) + Duration::hours(1)),
        );
        Text::new(
            format!("le {} entre {} et {}", day.fr, from.fr, to.fr),
            format!("on {} between {} and {}", day.en, from.en, to.en),
        )
    }

    /// "l’étape 2".
    fn step(&self, id: RelanceStepId) -> Text {
        match self.steps.iter().position(|s| s.id == id) {
            Some(n) => Text::new(format!("l’étape\u{a0}{}", n + 1), format!("step\u{a0}{}", n + 1)),
            None => Text::new("une étape retirée depuis", "a step that was removed since"),
        }
    }

    /// Why a step is held, as a part of a sentence.
    pub fn hold(&self, hold: Hold) -> Text {
        match hold {
            Hold::ModeOff => text("l’envoi des relances est coupé", "the sending of relances is switched off"),
            Hold::SequenceNotActive { state: SequenceState::Draft } => {
                text("la séquence n’est pas encore active", "the sequence is not active yet")
            }
            Hold::SequenceNotActive { .. } => text("la séquence est en pause", "the sequence is paused"),
            Hold::NoDeadline => {
                text("l’échéance de ce dossier n’est pas connue", "the deadline of this dossier is not known")
            }
            Hold::StaleData { as_of, days } => {
                let day = self.day(as_of);
                text(
                    format!("les données du client datent du {}, plus de {days}\u{a0}{}", day.fr, jours(days)),
                    format!("the client’s data are of {}, more than {days} {} old", day.en, days_en(days)),
                )
            }
            Hold::FirmPaused { from, until } => {
                let reason = self.pauses.iter().find(|p| p.from == from && p.to == until).map(|p| p.reason.trim());
                let reason = reason.filter(|r| !r.is_empty()).map(|r| format!(" ({r})")).unwrap_or_default();
                let (fr, en) = self.until(until);
                text(
                    format!("le cabinet a suspendu les relances{fr}{reason}"),
                    format!("the firm has paused relances{en}{reason}"),
                )
            }
            Hold::ClientPaused { until, reason } => {
                let ((fr, en), why) = (self.until(until), reason.text());
                text(
                    format!("le client est en pause{fr} ({})", why.fr.to_lowercase()),
                    format!("the client is paused{en} ({})", why.en.to_lowercase()),
                )
            }
            Hold::PersonAway { until } => {
                let (fr, en) = self.until(until);
                text(format!("la personne en charge est absente{fr}"), format!("the person in charge is away{en}"))
            }
            Hold::MinimumDays { contacted_on, by, until } => {
                let (day, next, by) = (self.day(contacted_on), until.succ_opt().unwrap_or(until), by.text());
                let next = self.day(next);
                text(
                    format!(
                        "le contact a déjà reçu un message le\u{a0}{} ({}), pas d’autre avant le\u{a0}{}",
                        day.fr,
                        by.fr.to_lowercase(),
                        next.fr
                    ),
                    format!(
                        "the contact already had a message on {} ({}), no other before {}",
                        day.en,
                        by.en.to_lowercase(),
                        next.en
                    ),
                )
            }
            Hold::NoWindow => {
                text("le cabinet n’a aucune plage d’envoi", "the firm has no hours in which messages leave")
            }
            Hold::TextIncomplete => text(
                "une valeur du texte est vide pour ce dossier : complétez le dossier, ou donnez un repli dans le texte",
                "a value of the text is empty for this dossier: complete the dossier, or give a fallback in the text",
            ),
            Hold::TextUnreadable => text(
                "le texte ne se lit plus : ouvrez-le parmi les textes, ce qui est à corriger y est montré",
                "the text cannot be read any more: open it among the texts, what is to be mended is shown there",
            ),
            Hold::HourlyLimit { most } => text(
                format!("au plus {most}\u{a0}{} par heure", if most > 1 { "messages" } else { "message" }),
                format!("at most {most} {} an hour", if most == 1 { "message" } else { "messages" }),
            ),
        }
    }

    fn until(&self, day: Option<NaiveDate>) -> (String, String) {
        match day.map(|day| self.day(day)) {
            Some(day) => (format!(" jusqu’au {}", day.fr), format!(" until {}", day.en)),
            None => (" sans date de fin".to_owned(), " without an end date".to_owned()),
        }
    }

    /// That nothing ran when a step could have left, as the end of a sentence.
    fn silence(&self, could_leave_at: Option<DateTime<Utc>>) -> Text {
        match could_leave_at.map(|at| self.past(at)) {
            Some(at) => text(
                format!(" ; elle pouvait partir {}, mais le serveur ne tournait pas", at.fr),
                format!("; it could have left {}, but the server did not run", at.en),
            ),
            None => Text::new("", ""),
        }
    }

    /// Why a step was or would be missed, as a part of a sentence.
    fn miss(&self, miss: Miss) -> Text {
        match miss {
            Miss::NothingRan { could_leave_at } => {
                let at = self.past(could_leave_at);
                text(
                    format!(
                        "elle pouvait partir {}, mais le serveur ne tournait pas et le délai de rattrapage est passé",
                        at.fr
                    ),
                    format!(
                        "it could have left {}, but the server did not run and the time to catch up is over",
                        at.en
                    ),
                )
            }
            Miss::Overtaken { by } => {
                let step = self.step(by);
                text(
                    format!("retenue jusqu’au jour de {}, qui prend sa place", step.fr),
                    format!("held until the day of {}, which takes its place", step.en),
                )
            }
            Miss::DeadlinePassed { deadline } => {
                let day = self.day(deadline);
                text(
                    format!("retenue jusqu’après l’échéance du {} qu’elle annonce", day.fr),
                    format!("held until after the deadline of {} that it announces", day.en),
                )
            }
        }
    }

    /// Why a step is left out, as a part of a sentence.
    fn gap(&self, gap: Gap) -> Text {
        match gap {
            Gap::NoAddress => text("le dossier n’a pas d’adresse e-mail", "the dossier has no e-mail address"),
            Gap::Suppressed { why } => match why {
                Suppression::Bounced => text(
                    "l’adresse e-mail a été refusée par son serveur",
                    "the e-mail address was refused by its server",
                ),
                Suppression::Complained => text(
                    "le destinataire a signalé nos messages comme indésirables",
                    "the addressee reported our messages as unwanted",
                ),
                Suppression::Unsubscribed => text("le destinataire s’est désinscrit", "the addressee has unsubscribed"),
                Suppression::ByHand => text("le cabinet a bloqué cette adresse", "the firm has blocked this address"),
            },
            Gap::BeforeJoining { day } => {
                let day = self.day(day);
                text(
                    format!("son jour, le\u{a0}{}, était passé quand le dossier est entré dans la séquence", day.fr),
                    format!("its day, {}, was over when the dossier joined the sequence", day.en),
                )
            }
            Gap::AddedBehind => text(
                "elle a été ajoutée avant une étape déjà faite",
                "it was added before a step that was done already",
            ),
            Gap::TakenOut => text("elle a été retirée de la séquence", "it was removed from the sequence"),
            Gap::Passed => text("une personne du cabinet l’a passée", "a person of the firm has passed it over"),
        }
    }

    /// Why a dossier is out of the sequence, as a part of a sentence.
    pub fn end(&self, end: End) -> Text {
        match end {
            End::Done => text("c’est fait, plus rien ne manque", "it is done, nothing is missing any more"),
            End::Answered { way } => {
                let way = way.text();
                text(format!("le client a répondu ({})", way.fr), format!("the client has answered ({})", way.en))
            }
            End::MandateReceived => text("le mandat est reçu", "the mandate is received"),
            End::NotEligible => text(
                "le dossier ne fait plus partie du public de la séquence",
                "the dossier is no longer in the audience of the sequence",
            ),
            End::Maximum { messages } => text(
                format!(
                    "le maximum de {messages}\u{a0}{} est atteint",
                    if messages > 1 { "messages" } else { "message" }
                ),
                format!("the maximum of {messages} {} is reached", if messages == 1 { "message" } else { "messages" }),
            ),
            End::Escalated { after, to } => {
                let to = to.text();
                text(
                    format!(
                        "sans réponse après {after}\u{a0}{}, le dossier est confié {}",
                        if after > 1 { "messages" } else { "message" },
                        to.fr
                    ),
                    format!(
                        "no answer after {after} {}, the dossier is handed to {}",
                        if after == 1 { "message" } else { "messages" },
                        to.en
                    ),
                )
            }
            End::Archived => text("la séquence est archivée", "the sequence is archived"),
            End::Removed => text("le dossier a été retiré de la séquence", "the dossier was taken out of the sequence"),
            End::Completed => text("la séquence était terminée", "the sequence was over"),
        }
    }

    /// What became or becomes of a step, and why.
    pub fn why(&self, outcome: Outcome, stage: Stage) -> Text {
        let over = stage == Stage::Over;
        let when = |at| if over { self.past(at) } else { self.future(at) };
        let told = |(past_fr, past_en): (&str, &str), (fr, en): (&str, &str), at, why: Text| {
            let (when, (fr, en)) = (when(at), if over { (past_fr, past_en) } else { (fr, en) });
            text(format!("{fr} {} : {}.", when.fr, why.fr), format!("{en} {}: {}.", when.en, why.en))
        };
        match outcome {
            Outcome::Sent { at, channel, silent_at } => {
                let (fr, en) = match channel {
                    RelanceChannel::Mail => ("Envoyée", "Sent"),
                    RelanceChannel::Call => ("Appel confié au cabinet", "Call given to the firm"),
                    RelanceChannel::Letter => ("Lettre mise à imprimer", "Letter put to print"),
                };
                let (at, silent) = (self.past(at), self.silence(silent_at));
                text(format!("{fr} {}{}.", at.fr, silent.fr), format!("{en} {}{}.", at.en, silent.en))
            }
            Outcome::Planned { at, channel, moved_by, along, silent_at } => {
                let (fr, en) = match channel {
                    RelanceChannel::Mail => ("Partira", "Will leave"),
                    RelanceChannel::Call => ("Appel à faire", "Call to make"),
                    RelanceChannel::Letter => ("Lettre à imprimer", "Letter to print"),
                };
                let when = self.future(at);
                let (why_fr, why_en) = match (along, moved_by) {
                    (true, _) => (
                        ", avec un autre message au même contact".to_owned(),
                        ", with another message to the same contact".to_owned(),
                    ),
                    (false, Some(hold)) => {
                        let hold = self.hold(hold);
                        (format!(" : d’ici là, {}", hold.fr), format!(": until then, {}", hold.en))
                    }
                    (false, None) => (String::new(), String::new()),
                };
                let silent = self.silence(silent_at);
                text(
                    format!("{fr} {}{why_fr}{}.", when.fr, silent.fr),
                    format!("{en} {}{why_en}{}.", when.en, silent.en),
                )
            }
            Outcome::WaitsApproval { from } if from <= self.now => {
                let day = self.past(from);
                text(
                    format!("Attend l’accord d’une personne depuis {}.", day.fr),
                    format!("Waits for a person’s approval, since {}.", day.en.trim_start_matches("on ")),
                )
            }
            Outcome::WaitsApproval { from } => {
                let when = self.future(from);
                text(
                    format!("Partira {} si une personne l’approuve.", when.fr),
                    format!("Will leave {} if a person approves it.", when.en),
                )
            }
            Outcome::Held { reason: Hold::HourlyLimit { most }, leaves_at: Some(at) } => {
                let (why, when) = (self.hold(Hold::HourlyLimit { most }), self.within_an_hour(at));
                text(format!("Partira {} : {}.", when.fr, why.fr), format!("Will leave {}: {}.", when.en, why.en))
            }
            Outcome::Held { reason, leaves_at } => {
                let why = self.hold(reason);
                let (fr, en) = match leaves_at.map(|at| self.future(at)) {
                    Some(at) => (format!(" ; partira {}", at.fr), format!("; will leave {}", at.en)),
                    None => (String::new(), String::new()),
                };
                text(format!("Retenue : {}{fr}.", why.fr), format!("Held: {}{en}.", why.en))
            }
            Outcome::Skipped { why, at } => {
                told(("Sautée", "Skipped"), ("Sera sautée", "Will be skipped"), at, why.because())
            }
            Outcome::Missed { why, at } => {
                told(("Manquée", "Missed"), ("Sera manquée", "Will be missed"), at, self.miss(why))
            }
            Outcome::LeftOut { why, at } => {
                told(("Laissée de côté", "Left out"), ("Sera laissée de côté", "Will be left out"), at, self.gap(why))
            }
            Outcome::Stopped { end } => {
                let (why, foretold) = (self.end(end.why), end.at > self.now);
                let at = if foretold { self.future(end.at) } else { self.past(end.at) };
                let (fr, en) = if foretold { ("fin prévue", "the end is expected") } else { ("fin", "ended") };
                text(
                    format!("Ne partira pas : {} ({fr} {}).", why.fr, at.fr),
                    format!("Will not leave: {} ({en} {}).", why.en, at.en),
                )
            }
            Outcome::Waits { on } => {
                let step = self.step(on);
                text(format!("Attend {}.", step.fr), format!("Waits for {}.", step.en))
            }
        }
    }
}

fn jours(n: u32) -> &'static str {
    if n > 1 { "jours" } else { "jour" }
}

fn days_en(n: u32) -> &'static str {
    if n == 1 { "day" } else { "days" }
}

impl AnswerWay {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Link => ("par son lien", "through its link"),
            Self::Hand => ("noté par le cabinet", "noted by the firm"),
            Self::Reply => ("par e-mail", "by e-mail"),
        };
        Text::new(fr, en)
    }
}

impl ContactBy {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Relance => ("Relance", "Relance"),
            Self::Mandate => ("Demande de mandat", "Request of a mandate"),
            Self::Alert => ("Alerte", "Alert"),
            Self::Bulk => ("Message à plusieurs clients", "Message to several clients"),
            Self::Person => ("Message d’une personne du cabinet", "Message of a person of the firm"),
        };
        Text::new(fr, en)
    }
}

impl PauseReason {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Client => ("Demande du client", "Asked by the client"),
            Self::Holiday => ("Congés", "Holidays"),
            Self::Dispute => ("Désaccord en cours", "Disagreement to settle"),
            Self::InTouch => ("Échange en cours", "In touch another way"),
            Self::Leaving => ("Départ du client", "Client is leaving"),
            Self::Other => ("Autre raison", "Another reason"),
        };
        Text::new(fr, en)
    }
}

impl Suppression {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Bounced => ("Adresse refusée", "Bounced"),
            Self::Complained => ("Signalé comme indésirable", "Complained"),
            Self::Unsubscribed => ("Désinscrit", "Unsubscribed"),
            Self::ByHand => ("Bloquée par le cabinet", "Blocked by the firm"),
        };
        Text::new(fr, en)
    }
}

impl SkipWhen {
    /// As a condition, for screens.
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::LinkOpened => ("Le client a ouvert son lien", "The client has opened its link"),
            Self::AnsweredInPart => ("Le client a répondu en partie", "The client has answered in part"),
            Self::ContactedByHand => ("Un échange a été noté", "An exchange was noted"),
            Self::CriticalAnomaly => ("Une anomalie critique est ouverte", "A critical anomaly is open"),
            Self::NoPhone => ("Pas de numéro de téléphone", "No telephone number"),
        };
        Text::new(fr, en)
    }

    fn because(self) -> Text {
        let (fr, en) = match self {
            Self::LinkOpened => (
                "le client a ouvert son lien depuis l’étape précédente",
                "the client has opened its link since the step before",
            ),
            Self::AnsweredInPart => (
                "le client a répondu en partie depuis l’étape précédente",
                "the client has answered in part since the step before",
            ),
            Self::ContactedByHand => (
                "le cabinet a noté un échange depuis l’étape précédente",
                "the firm noted an exchange since the step before",
            ),
            Self::CriticalAnomaly => (
                "une anomalie critique est ouverte, au cabinet d’agir d’abord",
                "a critical anomaly is open, the firm must act first",
            ),
            Self::NoPhone => ("aucun numéro de téléphone n’est connu", "no telephone number is known"),
        };
        text(fr, en)
    }
}

impl RelanceChannel {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Mail => ("E-mail", "E-mail"),
            Self::Call => ("Appel", "Call"),
            Self::Letter => ("Lettre", "Letter"),
        };
        Text::new(fr, en)
    }
}

impl SequenceState {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Draft => ("Brouillon", "Draft"),
            Self::Active => ("Active", "Active"),
            Self::Paused => ("En pause", "Paused"),
            Self::Archived => ("Archivée", "Archived"),
        };
        Text::new(fr, en)
    }
}

impl ToPerson {
    /// As whom the dossier is handed to. The name of a person is told by whoever knows it.
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Assignee => ("au collaborateur", "the assignee"),
            Self::Manager => ("au responsable de mission", "the manager"),
            Self::Person { .. } => ("à une personne désignée", "a person named for it"),
        };
        Text::new(fr, en)
    }
}

impl Anchor {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Start => ("Entrée dans la séquence", "Joining the sequence"),
            Self::Deadline => ("Échéance", "Deadline"),
            Self::Previous => ("Étape précédente", "Step before"),
        };
        Text::new(fr, en)
    }
}

impl DeadlineSource {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Reception => ("Début de la réception", "Start of reception"),
            Self::Emission => ("Début de l’émission", "Start of emission"),
            Self::NextReport => ("Prochain e-reporting", "Next e-reporting"),
            Self::Fixed => ("Date fixe", "Fixed day"),
        };
        Text::new(fr, en)
    }

    /// With its article.
    const fn named(self) -> (&'static str, &'static str) {
        match self {
            Self::Reception => ("la réception", "reception"),
            Self::Emission => ("l’émission", "emission"),
            Self::NextReport => ("le prochain e-reporting", "the next e-reporting"),
            Self::Fixed => ("la date fixée", "the fixed day"),
        }
    }
}

impl Delay {
    /// "J-15 avant la réception", "3 jours ouvrés après l’étape 1". The number is that of the step, from 1.
    pub fn label(self, number: usize, deadline: Option<DeadlineSource>) -> Text {
        let n = self.days.unsigned_abs();
        let (deadline_fr, deadline_en) = deadline.map_or(("l’échéance", "the deadline"), DeadlineSource::named);
        let previous = number.saturating_sub(1);
        let (anchor_fr, anchor_en) = match self.from {
            Anchor::Deadline => (deadline_fr.to_owned(), deadline_en.to_owned()),
            Anchor::Previous if previous > 0 => (format!("l’étape\u{a0}{previous}"), format!("step\u{a0}{previous}")),
            Anchor::Start | Anchor::Previous => ("l’entrée".to_owned(), "joining".to_owned()),
        };
        let (side_fr, side_en) = if self.days < 0 { ("avant", "before") } else { ("après", "after") };
        if n == 0 {
            return match self.from {
                Anchor::Deadline => Text::new(
                    format!("Le jour de {anchor_fr}").replace("de le ", "du "),
                    format!("On the day of {anchor_en}"),
                ),
                Anchor::Previous if previous > 0 => {
                    Text::new(format!("Aussitôt après {anchor_fr}"), format!("Right after {anchor_en}"))
                }
                Anchor::Start | Anchor::Previous => Text::new("Dès l’entrée", "On joining"),
            };
        }
        if self.from == Anchor::Deadline && !self.working {
            let sign = if self.days < 0 { '-' } else { '+' };
            return Text::new(
                format!("J{sign}{n} {side_fr} {anchor_fr}"),
                format!("{n} {} {side_en} {anchor_en}", days_en(n)),
            );
        }
        let (kind_fr, kind_en) = match (self.working, n > 1) {
            (true, true) => (" ouvrés", "working "),
            (true, false) => (" ouvré", "working "),
            (false, _) => ("", ""),
        };
        Text::new(
            format!("{n}\u{a0}{}{kind_fr} {side_fr} {anchor_fr}", jours(n)),
            format!("{n} {kind_en}{} {side_en} {anchor_en}", days_en(n)),
        )
    }
}

impl RelanceStep {
    /// "E-mail, 3 jours ouvrés après l’étape 1". The number is that of the step, from 1.
    pub fn label(&self, number: usize, deadline: Option<DeadlineSource>) -> Text {
        let (channel, delay) = (self.channel.text(), self.after.label(number, deadline));
        let small = |s: &str| {
            if s.starts_with("J-") || s.starts_with("J+") {
                return s.to_owned();
            }
            let mut letters = s.chars();
            letters.next().map(|c| c.to_lowercase().chain(letters).collect::<String>()).unwrap_or_default()
        };
        Text::new(format!("{}, {}", channel.fr, small(&delay.fr)), format!("{}, {}", channel.en, small(&delay.en)))
    }
}

impl OutcomeCode {
    /// The head of a column, or a choice in a filter.
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Sent => ("Envoyée", "Sent"),
            Self::Planned => ("Prévue", "Planned"),
            Self::WaitsApproval => ("À approuver", "To approve"),
            Self::Waits => ("Attend une étape", "Waits for a step"),
            Self::HeldModeOff => ("Retenue : envoi coupé", "Held: sending off"),
            Self::HeldSequenceNotActive => ("Retenue : séquence inactive", "Held: sequence not active"),
            Self::HeldNoDeadline => ("Retenue : échéance inconnue", "Held: deadline unknown"),
            Self::HeldStaleData => ("Retenue : données anciennes", "Held: stale data"),
            Self::HeldFirmPaused => ("Retenue : pause du cabinet", "Held: firm paused"),
            Self::HeldClientPaused => ("Retenue : client en pause", "Held: client paused"),
            Self::HeldPersonAway => ("Retenue : personne absente", "Held: person away"),
            Self::HeldMinimumDays => ("Retenue : message récent", "Held: recent message"),
            Self::HeldNoWindow => ("Retenue : aucune plage d’envoi", "Held: no sending hours"),
            Self::HeldTextIncomplete => ("Retenue : valeur vide dans le texte", "Held: empty value in the text"),
            Self::HeldTextUnreadable => ("Retenue : texte illisible", "Held: text cannot be read"),
            Self::HeldHourlyLimit => ("Retenue : attend son heure", "Held: waits for its hour"),
            Self::SkippedLinkOpened => ("Sautée : lien ouvert", "Skipped: link opened"),
            Self::SkippedAnsweredInPart => ("Sautée : réponse partielle", "Skipped: answered in part"),
            Self::SkippedContactedByHand => ("Sautée : échange noté", "Skipped: exchange noted"),
            Self::SkippedCriticalAnomaly => ("Sautée : anomalie critique", "Skipped: critical anomaly"),
            Self::SkippedNoPhone => ("Sautée : pas de téléphone", "Skipped: no telephone"),
            Self::MissedNothingRan => ("Manquée : serveur arrêté", "Missed: server down"),
            Self::MissedOvertaken => ("Manquée : dépassée par la suivante", "Missed: overtaken by the next"),
            Self::MissedDeadlinePassed => ("Manquée : échéance passée", "Missed: deadline passed"),
            Self::LeftOutNoAddress => ("De côté : pas d’adresse", "Left out: no address"),
            Self::LeftOutBounced => ("De côté : adresse refusée", "Left out: bounced"),
            Self::LeftOutComplained => ("De côté : signalé indésirable", "Left out: complained"),
            Self::LeftOutUnsubscribed => ("De côté : désinscrit", "Left out: unsubscribed"),
            Self::LeftOutByHand => ("De côté : adresse bloquée", "Left out: blocked"),
            Self::LeftOutBeforeJoining => ("De côté : jour passé à l’entrée", "Left out: day over on joining"),
            Self::LeftOutAddedBehind => ("De côté : ajoutée après coup", "Left out: added behind"),
            Self::LeftOutTakenOut => ("De côté : étape retirée", "Left out: step removed"),
            Self::LeftOutPassed => ("De côté : passée par le cabinet", "Left out: passed over by the firm"),
            Self::StoppedDone => ("Fin : fait", "Ended: done"),
            Self::StoppedAnswered => ("Fin : répondu", "Ended: answered"),
            Self::StoppedMandateReceived => ("Fin : mandat reçu", "Ended: mandate received"),
            Self::StoppedNotEligible => ("Fin : hors du public", "Ended: not in the audience"),
            Self::StoppedMaximum => ("Fin : maximum atteint", "Ended: maximum reached"),
            Self::StoppedEscalated => ("Fin : confié à une personne", "Ended: handed to a person"),
            Self::StoppedArchived => ("Fin : séquence archivée", "Ended: sequence archived"),
            Self::StoppedRemoved => ("Fin : dossier retiré", "Ended: dossier removed"),
            Self::StoppedCompleted => ("Fin : séquence terminée", "Ended: sequence over"),
        };
        text(fr, en)
    }
}

#[cfg(test)]
#[path = "why_tests.rs"]
mod tests;
