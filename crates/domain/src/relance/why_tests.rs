use uuid::Uuid;

use super::*;
use crate::UserId;
use crate::relance::outcome::Ended;

fn at(s: &str) -> DateTime<Utc> {
    s.parse().unwrap()
}

fn day(s: &str) -> NaiveDate {
    s.parse().unwrap()
}

fn pauses() -> [FirmPause; 1] {
    [FirmPause { from: day("2026-08-03"), to: Some(day("2026-08-21")), reason: "Congés d’été".into() }]
}

/// With the spaces that hold shown as usual ones.
fn said(place: HolidayPlace, outcome: Outcome, stage: Stage) -> (String, String) {
    let pauses = pauses();
    let teller = Teller { now: at("2026-03-13T09:00:00Z"), place, pauses: &pauses, steps: &[] };
    let told = teller.why(outcome, stage);
    (told.fr.replace('\u{a0}', " "), told.en.replace('\u{a0}', " "))
}

#[test]
fn each_outcome_is_one_sentence() {
    use RelanceChannel as C;
    let paris = HolidayPlace::Metropole;
    let tuesday = at("2026-03-17T09:00:00Z");
    let client = Hold::ClientPaused { until: Some(day("2026-04-03")), reason: PauseReason::Client };
    let recent =
        Hold::MinimumDays { contacted_on: day("2026-03-10"), by: ContactBy::Mandate, until: day("2026-03-16") };
    for (outcome, stage, fr, en) in [
        (
            Outcome::Sent { at: at("2026-03-12T08:30:00Z"), channel: C::Mail, silent_at: None },
            Stage::Over,
            "Envoyée le 12 mars à 9 h 30.",
            "Sent on 12 March at 9:30.",
        ),
        (
            Outcome::Sent {
                at: at("2026-03-13T08:00:00Z"),
                channel: C::Mail,
                silent_at: Some(at("2026-03-12T08:30:00Z")),
            },
            Stage::Over,
            "Envoyée le 13 mars à 9 h ; elle pouvait partir le 12 mars à 9 h 30, mais le serveur ne tournait pas.",
            "Sent on 13 March at 9:00; it could have left on 12 March at 9:30, but the server did not run.",
        ),
        (
            Outcome::Planned { at: tuesday, channel: C::Mail, moved_by: None, along: false, silent_at: None },
            Stage::Open,
            "Partira le mardi 17 mars vers 10 h.",
            "Will leave on Tuesday 17 March at about 10:00.",
        ),
        (
            Outcome::Planned { at: tuesday, channel: C::Mail, moved_by: Some(recent), along: false, silent_at: None },
            Stage::Coming,
            "Partira le mardi 17 mars vers 10 h : d’ici là, le contact a déjà reçu un message le 10 mars (demande de mandat), \
             pas d’autre avant le 17 mars.",
            "Will leave on Tuesday 17 March at about 10:00: until then, the contact already had a message on 10 March \
             (request of a mandate), no other before 17 March.",
        ),
        (
            Outcome::Planned {
                at: at("2027-01-04T08:00:00Z"),
                channel: C::Call,
                moved_by: None,
                along: false,
                silent_at: None,
            },
            Stage::Coming,
            "Appel à faire le lundi 4 janvier 2027 vers 9 h.",
            "Call to make on Monday 4 January 2027 at about 9:00.",
        ),
        (
            Outcome::Held { reason: client, leaves_at: None },
            Stage::Open,
            "Retenue : le client est en pause jusqu’au 3 avril (demande du client).",
            "Held: the client is paused until 3 April (asked by the client).",
        ),
        (
            Outcome::Held {
                reason: Hold::FirmPaused { from: day("2026-08-03"), until: Some(day("2026-08-21")) },
                leaves_at: Some(at("2026-08-24T07:00:00Z")),
            },
            Stage::Open,
            "Retenue : le cabinet a suspendu les relances jusqu’au 21 août (Congés d’été) ; partira le lundi 24 août vers 9 h.",
            "Held: the firm has paused relances until 21 August (Congés d’été); will leave on Monday 24 August at about 9:00.",
        ),
        (
            Outcome::Held { reason: Hold::HourlyLimit { most: 60 }, leaves_at: Some(at("2026-03-17T09:41:03Z")) },
            Stage::Open,
            "Partira le mardi 17 mars entre 10 h et 11 h : au plus 60 messages par heure.",
            "Will leave on Tuesday 17 March between 10:00 and 11:00: at most 60 messages an hour.",
        ),
        (
            Outcome::LeftOut { why: Gap::NoAddress, at: at("2026-05-01T08:00:00Z") },
            Stage::Over,
            "Laissée de côté le 1er mai à 10 h : le dossier n’a pas d’adresse e-mail.",
            "Left out on 1 May at 10:00: the dossier has no e-mail address.",
        ),
        (
            Outcome::Skipped { why: SkipWhen::LinkOpened, at: tuesday },
            Stage::Coming,
            "Sera sautée le mardi 17 mars vers 10 h : le client a ouvert son lien depuis l’étape précédente.",
            "Will be skipped on Tuesday 17 March at about 10:00: the client has opened its link since the step before.",
        ),
        (
            Outcome::Missed {
                why: Miss::NothingRan { could_leave_at: at("2026-03-02T08:00:00Z") },
                at: at("2026-03-12T08:30:00Z"),
            },
            Stage::Over,
            "Manquée le 12 mars à 9 h 30 : elle pouvait partir le 2 mars à 9 h, mais le serveur ne tournait pas et le délai de \
             rattrapage est passé.",
            "Missed on 12 March at 9:30: it could have left on 2 March at 9:00, but the server did not run and the time to \
             catch up is over.",
        ),
        (
            Outcome::Stopped {
                end: Ended { why: End::Answered { way: AnswerWay::Link }, at: at("2026-03-12T08:30:00Z") },
            },
            Stage::Over,
            "Ne partira pas : le client a répondu (par son lien) (fin le 12 mars à 9 h 30).",
            "Will not leave: the client has answered (through its link) (ended on 12 March at 9:30).",
        ),
        (
            Outcome::WaitsApproval { from: at("2026-03-12T08:30:00Z") },
            Stage::Open,
            "Attend l’accord d’une personne depuis le 12 mars à 9 h 30.",
            "Waits for a person’s approval, since 12 March at 9:30.",
        ),
    ] {
        assert_eq!(said(paris, outcome, stage), (fr.to_owned(), en.to_owned()));
    }
    assert_eq!(
        said(
            HolidayPlace::Reunion,
            Outcome::Sent { at: at("2026-03-12T08:30:00Z"), channel: C::Mail, silent_at: None },
            Stage::Over
        )
        .0,
        "Envoyée le 12 mars à 12 h 30, heure locale (La Réunion)."
    );
}

#[test]
fn every_reason_is_a_whole_sentence_in_both_languages_and_holds_its_spaces() {
    let (moment, on) = (at("2026-03-12T08:30:00Z"), day("2026-03-12"));
    let step = RelanceStepId::from_uuid(Uuid::from_u128(1));
    let mut all: Vec<Outcome> = Vec::new();
    let mut holds = vec![
        Hold::ModeOff,
        Hold::NoDeadline,
        Hold::NoWindow,
        Hold::TextIncomplete,
        Hold::TextUnreadable,
        Hold::HourlyLimit { most: 1 },
        Hold::StaleData { as_of: on, days: 1 },
        Hold::FirmPaused { from: on, until: None },
        Hold::PersonAway { until: Some(on) },
        Hold::PersonAway { until: None },
    ];
    let states = [SequenceState::Draft, SequenceState::Paused];
    holds.extend(states.map(|state| Hold::SequenceNotActive { state }));
    holds.extend(PauseReason::ALL.iter().map(|reason| Hold::ClientPaused { until: None, reason: *reason }));
    holds.extend(ContactBy::ALL.iter().map(|by| Hold::MinimumDays { contacted_on: on, by: *by, until: on }));
    for hold in holds {
        all.push(Outcome::Held { reason: hold, leaves_at: None });
        all.push(Outcome::Held { reason: hold, leaves_at: Some(moment) });
        all.push(Outcome::Planned {
            at: moment,
            channel: RelanceChannel::Letter,
            moved_by: Some(hold),
            along: false,
            silent_at: None,
        });
    }
    all.push(Outcome::Planned {
        at: moment,
        channel: RelanceChannel::Mail,
        moved_by: None,
        along: true,
        silent_at: None,
    });
    all.extend(RelanceChannel::ALL.iter().map(|channel| Outcome::Sent {
        at: moment,
        channel: *channel,
        silent_at: None,
    }));
    all.extend(SkipWhen::ALL.iter().map(|why| Outcome::Skipped { why: *why, at: moment }));
    let misses = [
        Miss::NothingRan { could_leave_at: moment },
        Miss::Overtaken { by: step },
        Miss::DeadlinePassed { deadline: on },
    ];
    all.extend(misses.map(|why| Outcome::Missed { why, at: moment }));
    let mut gaps = vec![Gap::NoAddress, Gap::BeforeJoining { day: on }, Gap::AddedBehind, Gap::TakenOut, Gap::Passed];
    gaps.extend(Suppression::ALL.iter().map(|why| Gap::Suppressed { why: *why }));
    all.extend(gaps.into_iter().map(|why| Outcome::LeftOut { why, at: moment }));
    let person = ToPerson::Person { id: UserId::from_uuid(Uuid::from_u128(2)) };
    let mut ends = vec![
        End::Done,
        End::MandateReceived,
        End::NotEligible,
        End::Maximum { messages: 1 },
        End::Archived,
        End::Removed,
        End::Completed,
    ];
    ends.extend([ToPerson::Assignee, ToPerson::Manager, person].map(|to| End::Escalated { after: 2, to }));
    ends.extend(AnswerWay::ALL.iter().map(|way| End::Answered { way: *way }));
    all.extend(ends.into_iter().map(|why| Outcome::Stopped { end: Ended { why, at: moment } }));
    all.extend([Outcome::WaitsApproval { from: moment }, Outcome::Waits { on: step }]);

    let pauses = pauses();
    let teller = Teller { now: moment, place: HolidayPlace::Guyane, pauses: &pauses, steps: &[] };
    let mut codes: Vec<OutcomeCode> = Vec::new();
    let mut sentences = std::collections::BTreeSet::new();
    for outcome in &all {
        for stage in Stage::ALL {
            let told = teller.why(*outcome, *stage);
            for said in [&told.fr, &told.en] {
                assert!(said.ends_with('.') && !said.ends_with("..") && !said.contains("  "), "{said}");
                assert!(said.chars().next().is_some_and(char::is_uppercase), "{said}");
            }
            assert!(![" :", " ;", "« ", " »"].iter().any(|loose| told.fr.contains(loose)), "{}", told.fr);
            assert_ne!(told.fr, told.en);
        }
        let inserted = sentences.insert(teller.why(*outcome, Stage::Open).fr);
        assert!(inserted, "said of two outcomes: {}", teller.why(*outcome, Stage::Open).fr);
        codes.push(outcome.code());
    }
    for code in OutcomeCode::ALL {
        assert!(codes.contains(code), "{code} is of no outcome");
        let told = code.text();
        assert!(!told.fr.is_empty() && !told.fr.contains(" :") && !told.en.is_empty());
    }
}

#[test]
fn a_step_is_named_by_its_number_and_a_delay_by_its_days() {
    use Anchor as A;
    for (from, days, working, number, deadline, fr, en) in [
        (
            A::Deadline,
            -15,
            false,
            1,
            Some(DeadlineSource::Reception),
            "J-15 avant la réception",
            "15 days before reception",
        ),
        (A::Deadline, 2, false, 1, None, "J+2 après l’échéance", "2 days after the deadline"),
        (
            A::Deadline,
            0,
            false,
            1,
            Some(DeadlineSource::NextReport),
            "Le jour du prochain e-reporting",
            "On the day of the next e-reporting",
        ),
        (
            A::Deadline,
            -1,
            true,
            1,
            Some(DeadlineSource::Emission),
            "1 jour ouvré avant l’émission",
            "1 working day before emission",
        ),
        (A::Previous, 3, true, 2, None, "3 jours ouvrés après l’étape 1", "3 working days after step 1"),
        (A::Previous, 0, false, 3, None, "Aussitôt après l’étape 2", "Right after step 2"),
        (A::Previous, 3, false, 1, None, "3 jours après l’entrée", "3 days after joining"),
        (A::Start, 0, false, 1, None, "Dès l’entrée", "On joining"),
        (A::Start, 1, false, 1, None, "1 jour après l’entrée", "1 day after joining"),
    ] {
        let told = Delay { from, days, working }.label(number, deadline);
        let held = |s: &str| s.replace('\u{a0}', " ");
        assert_eq!((held(&told.fr), held(&told.en)), (fr.to_owned(), en.to_owned()));
    }
}
