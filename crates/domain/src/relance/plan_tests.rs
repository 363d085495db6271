use std::collections::BTreeSet;

use uuid::Uuid;

use super::*;
use crate::relance::pace::Pace;
use crate::relance::together::{Event, Happening};
use crate::relance::{Delay, FirmPause, ToPerson, Tone};
use crate::working_time::Hours;
use crate::{Criterion, TemplateId};

fn at(s: &str) -> DateTime<Utc> {
    s.parse().unwrap()
}

fn day(s: &str) -> NaiveDate {
    s.parse().unwrap()
}

fn id(n: u128) -> RelanceStepId {
    RelanceStepId::from_uuid(Uuid::from_u128(n))
}

fn mail(n: u128, from: Anchor, days: i32) -> RelanceStep {
    RelanceStep {
        id: id(n),
        after: Delay { from, days, working: false },
        channel: RelanceChannel::Mail,
        tone: Tone::Gentle,
        template_id: TemplateId::from_uuid(Uuid::from_u128(n)),
        variant_id: None,
        approval: Approval::Automatic,
        skip_when: BTreeSet::new(),
    }
}

fn call(n: u128, from: Anchor, days: i32) -> RelanceStep {
    RelanceStep { channel: RelanceChannel::Call, ..mail(n, from, days) }
}

fn course(steps: Vec<RelanceStep>) -> Course {
    Course {
        sequence_id: SequenceId::from_uuid(Uuid::from_u128(1)),
        purpose: RelancePurpose::ChoosePlatform,
        state: SequenceState::Active,
        steps,
        escalation: None,
    }
}

fn facts() -> Circumstances {
    Circumstances {
        place: HolidayPlace::Metropole,
        missing: Criterion::ReceptionPlatform.mask(),
        eligible: true,
        answered: None,
        mandate_received: false,
        pause: None,
        addressee: Addressee::Address(1),
        phone: true,
        contacted: None,
        messages: 0,
        data_on: None,
        away: None,
        critical_anomaly: false,
        link_opened_at: None,
        answered_in_part_at: None,
        contacted_by_hand_at: None,
        deadline: None,
    }
}

fn joined(s: &str) -> Enrolment {
    Enrolment {
        dossier_id: DossierId::from_uuid(Uuid::from_u128(7)),
        joined_at: at(s),
        starts_on: None,
        done: Vec::new(),
        consent: None,
        ended: None,
    }
}

fn rules() -> SendingRules {
    SendingRules { mode: SendingMode::Live, ..SendingRules::default() }
}

/// Plans one member alone, with the server running until now.
fn planned(rules: &SendingRules, course: &Course, enrolment: &Enrolment, facts: &Circumstances, now: &str) -> Plan {
    let window = Window::new(&rules.window, day("2026-03-16"));
    let planner = Planner { rules, window: &window, now: at(now), ran_at: Some(at(now)), silences: &[] };
    planner.plan(Member { course, enrolment, facts })
}

/// Codes and moments, as one can check them by hand.
fn told(plan: &Plan) -> Vec<(&'static str, String)> {
    let at = |o: Outcome| o.at().map(|at| at.format("%m-%d %H:%M").to_string()).unwrap_or_default();
    plan.steps.iter().map(|s| (s.outcome.code().as_str(), at(s.outcome))).collect()
}

fn expect(plan: &Plan, expected: &[(&str, &str)]) {
    let expected: Vec<(&str, String)> = expected.iter().map(|(code, at)| (*code, (*at).to_owned())).collect();
    assert_eq!(told(plan), expected);
}

#[test]
fn steps_leave_in_the_window_one_after_the_other() {
    // Thursday 12 March 2026; the clock changes on Sunday 29 March.
    let course = course(vec![mail(1, Anchor::Start, 0), mail(2, Anchor::Previous, 14), mail(3, Anchor::Start, 33)]);
    let plan = planned(&rules(), &course, &joined("2026-03-12T13:30:00Z"), &facts(), "2026-03-12T13:30:00Z");
    expect(&plan, &[("planned", "03-12 13:30"), ("planned", "03-26 08:00"), ("planned", "04-14 07:00")]);
    assert_eq!(plan.look_at, Some(at("2026-03-12T13:30:00Z")));
    assert_eq!(plan.end, Some(Ended { why: End::Completed, at: at("2026-04-14T07:00:00Z") }));
    assert_eq!(plan.steps.iter().map(|s| s.stage).collect::<Vec<_>>(), [Stage::Open, Stage::Coming, Stage::Coming]);
}

#[test]
fn friday_evening_waits_for_monday() {
    let course = course(vec![mail(1, Anchor::Start, 0)]);
    for (joined_at, leaves) in [
        ("2026-03-13T16:55:00Z", "03-13 16:55"),
        ("2026-03-13T17:00:00Z", "03-16 08:00"),
        // The evening before 1 May, a Friday.
        ("2026-04-30T16:30:00Z", "05-04 07:00"),
    ] {
        let plan = planned(&rules(), &course, &joined(joined_at), &facts(), joined_at);
        expect(&plan, &[("planned", leaves)]);
    }
}

#[test]
fn holidays_and_clock_are_the_client_s() {
    let course = course(vec![mail(1, Anchor::Start, 0)]);
    for (place, leaves) in [
        // Thursday evening before Good Friday 2026.
        (HolidayPlace::Metropole, "04-03 07:00"),
        (HolidayPlace::AlsaceMoselle, "04-07 07:00"),
        (HolidayPlace::Reunion, "04-03 05:00"),
        // Noon in the Antilles, where Good Friday is kept, too.
        (HolidayPlace::Guadeloupe, "04-02 16:30"),
    ] {
        let plan = planned(
            &rules(),
            &course,
            &joined("2026-04-02T16:30:00Z"),
            &Circumstances { place, ..facts() },
            "2026-04-02T16:30:00Z",
        );
        expect(&plan, &[("planned", leaves)]);
    }
}

#[test]
fn days_before_a_deadline_are_counted_back_and_leave_before_a_day_off() {
    let course = course(vec![
        mail(1, Anchor::Deadline, -60),
        mail(2, Anchor::Deadline, -15),
        RelanceStep {
            after: Delay { from: Anchor::Deadline, days: -3, working: true },
            ..call(3, Anchor::Deadline, 0)
        },
        mail(4, Anchor::Deadline, 2),
    ]);
    // Tuesday 1 September 2026: J-60 is 3 July, before it joined; J-15 is Monday 17 August.
    let facts = Circumstances { deadline: Some(day("2026-09-01")), ..facts() };
    let plan = planned(&rules(), &course, &joined("2026-07-10T08:00:00Z"), &facts, "2026-07-10T08:00:00Z");
    expect(
        &plan,
        &[
            ("left_out_before_joining", "07-10 08:00"),
            ("planned", "08-17 07:00"),
            ("planned", "08-27 07:00"),
            ("planned", "09-03 07:00"),
        ],
    );
    // J-15 of Wednesday 30 September is Tuesday 15; of Monday 28 it is Sunday 13, so Friday 11.
    let course = Course { steps: vec![mail(2, Anchor::Deadline, -15)], ..course };
    let facts = Circumstances { deadline: Some(day("2026-09-28")), ..facts };
    let plan = planned(&rules(), &course, &joined("2026-07-10T08:00:00Z"), &facts, "2026-07-10T08:00:00Z");
    expect(&plan, &[("planned", "09-11 07:00")]);
    let unknown = Circumstances { deadline: None, ..facts };
    let plan = planned(&rules(), &course, &joined("2026-07-10T08:00:00Z"), &unknown, "2026-07-10T08:00:00Z");
    expect(&plan, &[("held_no_deadline", "")]);
}

#[test]
fn working_days_after_the_step_before() {
    let delay = Delay { from: Anchor::Previous, days: 3, working: true };
    let course = course(vec![mail(1, Anchor::Start, 0), RelanceStep { after: delay, ..call(2, Anchor::Previous, 0) }]);
    // A call is a task: the minimum of days between messages does not hold it.
    let plan = planned(&rules(), &course, &joined("2026-03-12T09:00:00Z"), &facts(), "2026-03-12T09:00:00Z");
    expect(&plan, &[("planned", "03-12 09:00"), ("planned", "03-17 08:00")]);
}

#[test]
fn what_anybody_sent_keeps_the_minimum_of_days() {
    let course = course(vec![mail(1, Anchor::Start, 0), mail(2, Anchor::Previous, 2)]);
    let contacted = Some(Contacted { at: at("2026-03-10T15:00:00Z"), by: ContactBy::Mandate });
    let facts = Circumstances { contacted, ..facts() };
    let plan = planned(&rules(), &course, &joined("2026-03-12T09:00:00Z"), &facts, "2026-03-12T09:00:00Z");
    expect(&plan, &[("held_minimum_days", "03-17 08:00"), ("planned", "03-24 08:00")]);
    let hold = Hold::MinimumDays { contacted_on: day("2026-03-10"), by: ContactBy::Mandate, until: day("2026-03-16") };
    assert!(matches!(plan.steps[0].outcome, Outcome::Held { reason, .. } if reason == hold));
    assert!(
        matches!(plan.steps[1].outcome, Outcome::Planned { moved_by: Some(Hold::MinimumDays { .. }), .. }),
        "two days after the first, it will have to wait"
    );
}

#[test]
fn pauses_hold_and_end_by_themselves() {
    let course = course(vec![mail(1, Anchor::Start, 0)]);
    let enrolment = joined("2026-03-12T09:00:00Z");
    let pause = |to: Option<&str>| Circumstances {
        pause: Some(ClientPause { from: day("2026-03-01"), to: to.map(day), reason: PauseReason::Client }),
        ..facts()
    };
    let plan = planned(&rules(), &course, &enrolment, &pause(Some("2026-04-03")), "2026-03-12T09:00:00Z");
    // 4 April is a Saturday, 6 April is Easter Monday.
    expect(&plan, &[("held_client_paused", "04-07 07:00")]);
    assert_eq!(plan.look_at, Some(at("2026-04-07T07:00:00Z")));
    let plan = planned(&rules(), &course, &enrolment, &pause(None), "2026-03-12T09:00:00Z");
    expect(&plan, &[("held_client_paused", "")]);
    assert_eq!((plan.look_at, plan.end), (None, None));

    let firm = FirmPause { from: day("2026-04-06"), to: Some(day("2026-04-10")), reason: "Congés".into() };
    let paused = SendingRules { pauses: vec![firm], ..rules() };
    let plan = planned(&paused, &course, &enrolment, &pause(Some("2026-04-03")), "2026-03-12T09:00:00Z");
    expect(&plan, &[("held_client_paused", "04-13 07:00")]);

    let away = Some(Away { from: day("2026-03-10"), to: Some(day("2026-03-15")) });
    let away = Circumstances { away, ..facts() };
    expect(
        &planned(&rules(), &course, &enrolment, &away, "2026-03-12T09:00:00Z"),
        &[("held_person_away", "03-16 08:00")],
    );
    let all_the_same = SendingRules { hold_when_away: false, ..rules() };
    expect(&planned(&all_the_same, &course, &enrolment, &away, "2026-03-12T09:00:00Z"), &[("planned", "03-12 09:00")]);
}

#[test]
fn what_holds_everything_has_no_end_of_its_own() {
    let steps = vec![mail(1, Anchor::Start, 0), mail(2, Anchor::Previous, 9)];
    let enrolment = joined("2026-03-12T09:00:00Z");
    let off = SendingRules { mode: SendingMode::Off, ..rules() };
    let now = "2026-03-12T09:00:00Z";
    expect(&planned(&off, &course(steps.clone()), &enrolment, &facts(), now), &[("held_mode_off", ""), ("waits", "")]);
    let paused = Course { state: SequenceState::Paused, ..course(steps.clone()) };
    expect(&planned(&rules(), &paused, &enrolment, &facts(), now), &[("held_sequence_not_active", ""), ("waits", "")]);
    let watchful = SendingRules { stale_days: 10, ..rules() };
    let of = |data_on| Circumstances { data_on: Some(day(data_on)), ..facts() };
    let code =
        |data_on| planned(&watchful, &course(steps.clone()), &enrolment, &of(data_on), now).steps[0].outcome.code();
    assert_eq!(code("2026-03-02").as_str(), "planned");
    assert_eq!(code("2026-03-01").as_str(), "held_stale_data");
    let never = SendingRules { window: Hours { days: BTreeSet::new(), ..Hours::default() }, ..rules() };
    expect(&planned(&never, &course(steps), &enrolment, &facts(), now), &[("held_no_window", ""), ("waits", "")]);
}

#[test]
fn a_mail_without_an_address_is_left_out_and_the_call_follows() {
    let course = course(vec![mail(1, Anchor::Start, 0), call(2, Anchor::Previous, 1)]);
    let enrolment = joined("2026-03-12T09:00:00Z");
    for (addressee, code) in [
        (Addressee::Nobody, "left_out_no_address"),
        (Addressee::Suppressed(1, Suppression::Bounced), "left_out_bounced"),
        (Addressee::Suppressed(1, Suppression::Unsubscribed), "left_out_unsubscribed"),
    ] {
        let facts = Circumstances { addressee, ..facts() };
        let plan = planned(&rules(), &course, &enrolment, &facts, "2026-03-12T09:00:00Z");
        expect(&plan, &[(code, "03-12 09:00"), ("planned", "03-13 08:00")]);
    }
}

#[test]
fn a_condition_skips_one_step_and_only_what_happened_since_the_step_before() {
    let skip = |n, days| RelanceStep { skip_when: [SkipWhen::LinkOpened].into(), ..mail(n, Anchor::Start, days) };
    let course = course(vec![skip(1, 0), skip(2, 10), skip(3, 20)]);
    let mut enrolment = joined("2026-03-12T09:00:00Z");
    let sent = Outcome::Sent { at: at("2026-03-12T09:00:00Z"), channel: RelanceChannel::Mail, silent_at: None };
    enrolment.done.push(StepDone { step: id(1), outcome: sent, text: None });
    let facts = Circumstances { link_opened_at: Some(at("2026-03-13T10:00:00Z")), messages: 1, ..facts() };
    let plan = planned(&rules(), &course, &enrolment, &facts, "2026-03-14T09:00:00Z");
    expect(&plan, &[("sent", "03-12 09:00"), ("skipped_link_opened", "03-23 08:00"), ("planned", "04-01 07:00")]);
}

#[test]
fn stops_end_an_enrolment_and_say_why() {
    let steps = vec![mail(1, Anchor::Start, 10)];
    let enrolment = joined("2026-03-12T09:00:00Z");
    let now = "2026-03-13T09:00:00Z";
    let code = |course: &Course, facts: Circumstances| {
        let plan = planned(&rules(), course, &enrolment, &facts, now);
        assert_eq!(plan.end.map(|e| e.at), Some(at(now)));
        assert_eq!(plan.end.map(|e| e.why.code()), Some(plan.steps[0].outcome.code()), "the step tells the same");
        plan.steps[0].outcome.code().as_str()
    };
    let usual = course(steps.clone());
    assert_eq!(code(&usual, Circumstances { missing: Criterion::Contact.mask(), ..facts() }), "stopped_done");
    assert_eq!(code(&usual, Circumstances { eligible: false, ..facts() }), "stopped_not_eligible");
    let answered = |s| Some(Answer { at: at(s), way: AnswerWay::Link });
    let answer = Circumstances { answered: answered("2026-03-12T15:00:00Z"), ..facts() };
    assert_eq!(code(&usual, answer), "stopped_answered");
    let before = Circumstances { answered: answered("2026-03-12T08:00:00Z"), ..facts() };
    assert_eq!(planned(&rules(), &usual, &enrolment, &before, now).steps[0].outcome.code().as_str(), "planned");
    assert_eq!(code(&Course { state: SequenceState::Archived, ..usual.clone() }, facts()), "stopped_archived");
    assert_eq!(code(&usual, Circumstances { messages: 6, ..facts() }), "stopped_maximum");
    let mandate = Course { purpose: RelancePurpose::SignMandate, ..usual.clone() };
    let missing = Criterion::Mandate.mask();
    assert_eq!(
        code(&mandate, Circumstances { mandate_received: true, missing, ..facts() }),
        "stopped_mandate_received"
    );
    // Where nothing is awaited nothing is done, and an answer changes nothing.
    let thanks = Course { purpose: RelancePurpose::ThankYou, ..usual };
    let plan = planned(&rules(), &thanks, &enrolment, &Circumstances { missing: 0, ..answer }, now);
    expect(&plan, &[("planned", "03-23 08:00")]);
}

#[test]
fn who_does_not_answer_is_handed_over_after_having_had_time() {
    let steps = (1..=4).map(|n| mail(n, Anchor::Start, 7 * (n as i32 - 1))).collect();
    let to = ToPerson::Manager;
    let course = Course { escalation: Some(Escalation { after: 2, to }), ..course(steps) };
    let plan = planned(&rules(), &course, &joined("2026-03-12T09:00:00Z"), &facts(), "2026-03-12T09:00:00Z");
    expect(
        &plan,
        &[
            ("planned", "03-12 09:00"),
            ("planned", "03-19 08:00"),
            ("stopped_escalated", "03-26 08:00"),
            ("stopped_escalated", "03-26 08:00"),
        ],
    );
    // A sign of life counts anew.
    let mut enrolment = joined("2026-03-12T09:00:00Z");
    for (n, s) in [(1, "2026-03-12T09:00:00Z"), (2, "2026-03-19T08:00:00Z")] {
        let outcome = Outcome::Sent { at: at(s), channel: RelanceChannel::Mail, silent_at: None };
        enrolment.done.push(StepDone { step: id(n), outcome, text: None });
    }
    let contacted = Some(Contacted { at: at("2026-03-19T08:00:00Z"), by: ContactBy::Relance });
    let facts = Circumstances { messages: 2, contacted, ..facts() };
    let alive = Circumstances { answered_in_part_at: Some(at("2026-03-20T08:00:00Z")), ..facts };
    let plan = planned(&rules(), &course, &enrolment, &alive, "2026-03-23T09:00:00Z");
    assert_eq!(told(&plan)[2..], [("planned", "03-26 08:00".to_owned()), ("planned", "04-02 07:00".to_owned())]);
    let plan = planned(&rules(), &course, &enrolment, &facts, "2026-03-23T09:00:00Z");
    assert_eq!(told(&plan)[2], ("stopped_escalated", "03-26 08:00".to_owned()));
    assert_eq!(plan.look_at, Some(at("2026-03-26T08:00:00Z")));
}

#[test]
fn the_maximum_ends_a_sequence() {
    let steps = (1..=3).map(|n| mail(n, Anchor::Start, 7 * (n as i32 - 1))).collect();
    let few = SendingRules { maximum: 2, ..rules() };
    let plan = planned(&few, &course(steps), &joined("2026-03-12T09:00:00Z"), &facts(), "2026-03-12T09:00:00Z");
    expect(&plan, &[("planned", "03-12 09:00"), ("planned", "03-19 08:00"), ("stopped_maximum", "03-19 08:00")]);
}

#[test]
fn after_an_outage_a_step_is_caught_up_or_missed_and_the_sequence_goes_on() {
    let rules = rules();
    let window = Window::new(&rules.window, day("2026-03-16"));
    let course = course(vec![mail(1, Anchor::Start, 0), mail(2, Anchor::Start, 10)]);
    let (enrolment, facts) = (joined("2026-03-12T06:00:00Z"), facts());
    let member = Member { course: &course, enrolment: &enrolment, facts: &facts };
    let plan = |now: &str, ran_at: &str| {
        let planner = Planner { rules: &rules, window: &window, now: at(now), ran_at: Some(at(ran_at)), silences: &[] };
        planner.plan(member)
    };
    // Down from early Thursday on. Until Tuesday is five days: it leaves as soon as the server is up.
    expect(
        &plan("2026-03-17T13:00:00Z", "2026-03-12T06:00:00Z"),
        &[("planned", "03-17 13:00"), ("planned", "03-24 08:00")],
    );
    // Six days are too long.
    let missed = plan("2026-03-18T13:00:00Z", "2026-03-12T06:00:00Z");
    expect(&missed, &[("missed_nothing_ran", "03-18 13:00"), ("planned", "03-23 08:00")]);
    let Outcome::Missed { why: Miss::NothingRan { could_leave_at }, .. } = missed.steps[0].outcome else { panic!() };
    assert_eq!(could_leave_at, at("2026-03-12T08:00:00Z"));
    // The same silence swallows a second step whose day lies in it, and a third is caught up.
    let dense = Course {
        steps: vec![mail(1, Anchor::Start, 0), mail(2, Anchor::Start, 1), call(3, Anchor::Start, 4)],
        ..course.clone()
    };
    let planner = Planner {
        rules: &rules,
        window: &window,
        now: at("2026-03-20T13:00:00Z"),
        ran_at: Some(at("2026-03-12T06:00:00Z")),
        silences: &[],
    };
    let plan_of_dense = planner.plan(Member { course: &dense, ..member });
    expect(
        &plan_of_dense,
        &[("missed_nothing_ran", "03-20 13:00"), ("missed_nothing_ran", "03-20 13:00"), ("planned", "03-20 13:00")],
    );
    // It ran all the time and the step was held then: nothing is missed.
    expect(
        &plan("2026-03-18T13:00:00Z", "2026-03-18T12:55:00Z"),
        &[("planned", "03-18 13:00"), ("planned", "03-25 08:00")],
    );
    // Up again on Saturday, within the days, but the next window is beyond them.
    let strict = SendingRules { catch_up_days: 2, ..rules.clone() };
    let planner = Planner {
        rules: &strict,
        window: &window,
        now: at("2026-03-14T13:00:00Z"),
        ran_at: Some(at("2026-03-12T06:00:00Z")),
        silences: &[],
    };
    assert_eq!(planner.plan(member).steps[0].outcome.code().as_str(), "missed_nothing_ran");
}

#[test]
fn a_step_that_the_server_could_not_send_says_so_until_it_has_left_and_after() {
    let rules = rules();
    let window = Window::new(&rules.window, day("2026-03-16"));
    let course = course(vec![mail(1, Anchor::Start, 0), mail(2, Anchor::Start, 10)]);
    let (enrolment, facts) = (joined("2026-03-12T06:00:00Z"), facts());
    let member = Member { course: &course, enrolment: &enrolment, facts: &facts };
    let down = |from: &str, to: &str| [Silence { from: at(from), to: at(to) }];
    let first = |silences: &[Silence], now: &str| {
        let planner = Planner { rules: &rules, window: &window, now: at(now), ran_at: Some(at(now)), silences };
        (planner.plan(member).steps[0].outcome, planner.due(&[member]).first().and_then(|e| e.done()))
    };
    let silent = Some(at("2026-03-12T08:00:00Z"));
    let (night, morning) = ("2026-03-12T20:00:00Z", "2026-03-13T08:00:00Z");
    let whole_day = down("2026-03-12T05:00:00Z", night);
    let channel = RelanceChannel::Mail;
    let planned = |silent_at| Outcome::Planned { at: at(morning), channel, moved_by: None, along: false, silent_at };
    assert_eq!(first(&whole_day, night), (planned(silent), None));
    // What it says when it leaves is what stays.
    let sent = first(&whole_day, morning).1.map(|done| done.outcome);
    assert_eq!(sent, Some(Outcome::Sent { at: at(morning), channel, silent_at: silent }));
    // Down before its turn and after its window: that is not why it waits.
    for silence in [down("2026-03-12T05:00:00Z", "2026-03-12T07:00:00Z"), down("2026-03-12T19:00:00Z", night)] {
        assert_eq!(first(&silence, night).0, planned(None));
    }
    // Minutes late are not worth a word.
    let minutes = down("2026-03-12T07:50:00Z", "2026-03-12T08:20:00Z");
    let sent = first(&minutes, "2026-03-12T08:20:00Z").1.map(|done| done.outcome);
    assert_eq!(sent, Some(Outcome::Sent { at: at("2026-03-12T08:20:00Z"), channel, silent_at: None }));
}

#[test]
fn what_a_pause_carried_past_its_sense_is_missed() {
    let course = course(vec![mail(1, Anchor::Deadline, -30), mail(2, Anchor::Deadline, -10)]);
    let pause = |to| Some(ClientPause { from: day("2026-07-20"), to: Some(day(to)), reason: PauseReason::Holiday });
    let of = |to| Circumstances { deadline: Some(day("2026-09-01")), pause: pause(to), ..facts() };
    let plan = |to| planned(&rules(), &course, &joined("2026-07-10T08:00:00Z"), &of(to), "2026-07-10T08:00:00Z");
    // J-30 is Sunday 2 August, so Friday 31 July; J-10 is Saturday 22, so Friday 21.
    expect(&plan("2026-08-16"), &[("planned", "08-17 07:00"), ("planned", "08-24 07:00")]);
    expect(&plan("2026-08-23"), &[("missed_overtaken", "08-21 07:00"), ("planned", "08-24 07:00")]);
    expect(&plan("2026-09-02"), &[("missed_overtaken", "08-21 07:00"), ("missed_deadline_passed", "09-02 07:00")]);
}

#[test]
fn a_manual_step_waits_for_a_person() {
    let manual = RelanceStep { approval: Approval::Manual, ..mail(1, Anchor::Start, 0) };
    let course = course(vec![manual, mail(2, Anchor::Previous, 10)]);
    let mut enrolment = joined("2026-03-12T09:00:00Z");
    let plan = planned(&rules(), &course, &enrolment, &facts(), "2026-03-20T09:00:00Z");
    expect(&plan, &[("waits_approval", "03-20 09:00"), ("planned", "03-30 07:00")]);
    assert_eq!(plan.look_at, None, "only a person can move it");
    let rules = rules();
    let window = Window::new(&rules.window, day("2026-03-16"));
    let now = at("2026-03-20T09:00:00Z");
    let planner = Planner { rules: &rules, window: &window, now, ran_at: Some(now), silences: &[] };
    let none = facts();
    assert_eq!(planner.due(&[Member { course: &course, enrolment: &enrolment, facts: &none }]), []);
    enrolment.consent = Some(Consent { step: id(1), at: at("2026-03-20T08:59:00Z") });
    let due = planner.due(&[Member { course: &course, enrolment: &enrolment, facts: &none }]);
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].done().map(|d| d.step), Some(id(1)));
}

/// Two dossiers of one contact.
struct Two {
    courses: [Course; 2],
    enrolments: [Enrolment; 2],
    facts: [Circumstances; 2],
}

impl Two {
    fn new(a: Vec<RelanceStep>, b: Vec<RelanceStep>) -> Self {
        let other = SequenceId::from_uuid(Uuid::from_u128(2));
        let other_dossier = DossierId::from_uuid(Uuid::from_u128(8));
        Self {
            courses: [course(a), Course { sequence_id: other, ..course(b) }],
            enrolments: [
                joined("2026-03-12T06:00:00Z"),
                Enrolment { dossier_id: other_dossier, ..joined("2026-03-12T06:00:00Z") },
            ],
            facts: [facts(), facts()],
        }
    }

    fn members(&self) -> Vec<Member<'_>> {
        (0..2)
            .map(|i| Member { course: &self.courses[i], enrolment: &self.enrolments[i], facts: &self.facts[i] })
            .collect()
    }
}

#[test]
fn several_needs_of_a_contact_are_one_mail() {
    let rules = rules();
    let window = Window::new(&rules.window, day("2026-03-16"));
    let now = at("2026-03-12T09:00:00Z");
    let planner = Planner { rules: &rules, window: &window, now, ran_at: Some(now), silences: &[] };
    // The second falls due in six days: within the week in which the contact could not be written to.
    let two = Two::new(vec![mail(1, Anchor::Start, 0)], vec![mail(11, Anchor::Start, 6), mail(12, Anchor::Start, 13)]);
    let sent = |e: &Event| matches!(e.what, Happening::Step { outcome: Outcome::Planned { .. }, .. });
    let due = planner.due(&two.members());
    assert_eq!(
        due.iter().filter(|e| sent(e)).map(|e| (e.member, e.mail)).collect::<Vec<_>>(),
        [(0, Some(0)), (1, Some(0))]
    );
    let plans = planner.plans(&two.members());
    expect(&plans[1], &[("planned", "03-12 09:00"), ("planned", "03-25 08:00")]);
    assert!(matches!(plans[1].steps[0].outcome, Outcome::Planned { along: true, .. }));
    // A day later it waits for its own day.
    let two = Two::new(vec![mail(1, Anchor::Start, 0)], vec![mail(11, Anchor::Start, 7)]);
    expect(&planner.plans(&two.members())[1], &[("planned", "03-19 08:00")]);
    // Another address is another contact; a paused client is not taken along.
    let mut two = Two::new(vec![mail(1, Anchor::Start, 0)], vec![mail(11, Anchor::Start, 6)]);
    two.facts[1].addressee = Addressee::Address(2);
    expect(&planner.plans(&two.members())[1], &[("planned", "03-18 08:00")]);
    let mut two = Two::new(vec![mail(1, Anchor::Start, 0)], vec![mail(11, Anchor::Start, 6)]);
    two.facts[1].pause =
        Some(ClientPause { from: day("2026-03-10"), to: Some(day("2026-03-13")), reason: PauseReason::Client });
    expect(&planner.plans(&two.members())[1], &[("planned", "03-19 08:00")]);
    // Nobody's address is nobody's contact.
    let mut two = Two::new(vec![call(1, Anchor::Start, 0)], vec![call(11, Anchor::Start, 6)]);
    two.facts = two.facts.map(|f| Circumstances { addressee: Addressee::Nobody, ..f });
    expect(&planner.plans(&two.members())[1], &[("planned", "03-18 08:00")]);
}

#[test]
fn the_moment_of_sending_is_judged_by_the_same_rules() {
    let rules = rules();
    let window = Window::new(&rules.window, day("2026-03-16"));
    let now = at("2026-03-12T09:00:00Z");
    let planner = Planner { rules: &rules, window: &window, now, ran_at: Some(now), silences: &[] };
    let course = course(vec![mail(1, Anchor::Start, 0), mail(2, Anchor::Previous, 10)]);
    let enrolment = joined("2026-03-12T06:00:00Z");
    let verdict = |facts: &Circumstances, step| {
        planner.may_send(Member { course: &course, enrolment: &enrolment, facts }, id(step), Going::OfItself)
    };
    assert_eq!(verdict(&facts(), 1), Sending::Go);
    assert!(matches!(verdict(&facts(), 2), Sending::Again(Outcome::Waits { on }) if on == id(1)));
    assert!(matches!(verdict(&facts(), 9), Sending::Over(Outcome::LeftOut { why: Gap::TakenOut, .. })));
    let answered = Some(Answer { at: at("2026-03-12T08:59:00Z"), way: AnswerWay::Reply });
    let answered = Circumstances { answered, ..facts() };
    assert!(
        matches!(verdict(&answered, 1), Sending::Over(Outcome::Stopped { end }) if end.why.code().as_str() == "stopped_answered")
    );
    let bounced = Circumstances { addressee: Addressee::Suppressed(1, Suppression::Bounced), ..facts() };
    assert!(matches!(verdict(&bounced, 1), Sending::Over(Outcome::LeftOut { .. })));
    let contacted = Some(Contacted { at: at("2026-03-12T08:30:00Z"), by: ContactBy::Bulk });
    let contacted = Circumstances { contacted, ..facts() };
    assert!(matches!(verdict(&contacted, 1), Sending::Again(Outcome::Held { leaves_at: Some(_), .. })));
    // In the evening it waits for the morning.
    let evening = Planner { now: at("2026-03-12T17:00:00Z"), ran_at: Some(at("2026-03-12T17:00:00Z")), ..planner };
    let none = facts();
    let member = Member { course: &course, enrolment: &enrolment, facts: &none };
    assert!(matches!(evening.may_send(member, id(1), Going::OfItself), Sending::Again(Outcome::Planned { .. })));
    // Sent once, it is never sent again.
    let mut done = joined("2026-03-12T06:00:00Z");
    let outcome = Outcome::Sent { at: now, channel: RelanceChannel::Mail, silent_at: None };
    done.done.push(StepDone { step: id(1), outcome, text: None });
    let member = Member { course: &course, enrolment: &done, facts: &none };
    assert_eq!(planner.may_send(member, id(1), Going::OfItself), Sending::Over(outcome));
    // Before its day it goes along only.
    assert!(matches!(planner.may_send(member, id(2), Going::OfItself), Sending::Again(_)));
    let later = Planner { now: at("2026-03-19T09:00:00Z"), ran_at: Some(at("2026-03-19T09:00:00Z")), ..planner };
    assert_eq!(later.may_send(member, id(2), Going::Along), Sending::Go);
    assert!(matches!(later.may_send(member, id(2), Going::OfItself), Sending::Again(_)));
}

#[test]
fn an_edit_touches_only_what_is_to_come() {
    let before = vec![mail(1, Anchor::Start, 0), mail(2, Anchor::Start, 7), mail(3, Anchor::Start, 14)];
    let mut enrolment = joined("2026-03-12T06:00:00Z");
    let outcome = Outcome::Sent { at: at("2026-03-12T08:00:00Z"), channel: RelanceChannel::Mail, silent_at: None };
    enrolment.done.push(StepDone { step: id(1), outcome, text: None });
    let touch = |after: &[RelanceStep]| touched(&before, after, &enrolment);
    let with = |n: usize, step: RelanceStep| {
        let mut after = before.clone();
        after[n] = step;
        after
    };
    assert!(touch(&before).is_empty());
    assert!(touch(&with(0, mail(1, Anchor::Start, 3))).is_empty(), "the first has left");
    assert_eq!(touch(&with(1, mail(2, Anchor::Start, 9))).changed, [id(2)]);
    let all = Touch { added: vec![id(4)], changed: vec![], removed: vec![id(3)] };
    assert_eq!(touch(&with(2, mail(4, Anchor::Start, 9))), all);
    let swapped = [before[0].clone(), before[2].clone(), before[1].clone()];
    assert_eq!(touch(&swapped).changed, [id(3), id(2)]);
    // Put in front of what has left, a step comes to nobody who is past it, and the plan says so.
    let mut behind = before.clone();
    behind.insert(0, mail(4, Anchor::Start, 0));
    assert!(touch(&behind).is_empty());
    let plan = planned(
        &rules(),
        &course(behind),
        &enrolment,
        &Circumstances { messages: 1, ..facts() },
        "2026-03-13T09:00:00Z",
    );
    assert_eq!(plan.steps[0].outcome.code().as_str(), "left_out_added_behind");
    assert_eq!(plan.open().map(|s| s.step), Some(id(2)));
    enrolment.ended = Some(Ended { why: End::Removed, at: at("2026-03-13T08:00:00Z") });
    assert!(touched(&before, &[], &enrolment).is_empty());
}

#[test]
fn a_forecast_counts_what_leaves_and_what_is_held_day_by_day() {
    let rules = SendingRules {
        pauses: vec![FirmPause { from: day("2026-03-17"), to: Some(day("2026-03-17")), reason: "Séminaire".into() }],
        ..rules()
    };
    let window = Window::new(&rules.window, day("2026-03-16"));
    let now = at("2026-03-12T06:00:00Z");
    let planner = Planner { rules: &rules, window: &window, now, ran_at: Some(now), silences: &[] };
    // Of ten dossiers one is paused, one has no address, two share one; the firm is closed on the day of the second step.
    let course = course(vec![mail(1, Anchor::Start, 0), call(2, Anchor::Start, 5), mail(3, Anchor::Start, 60)]);
    let enrolments: Vec<Enrolment> = (0..10)
        .map(|n| Enrolment { dossier_id: DossierId::from_uuid(Uuid::from_u128(n)), ..joined("2026-03-12T06:00:00Z") })
        .collect();
    let facts: Vec<Circumstances> = (0..10)
        .map(|n| {
            let own = Circumstances { addressee: Addressee::Address(n), ..facts() };
            match n {
                0 => Circumstances {
                    pause: Some(ClientPause { from: day("2026-03-01"), to: None, reason: PauseReason::Dispute }),
                    ..own
                },
                1 => Circumstances { addressee: Addressee::Nobody, ..own },
                2 => Circumstances { addressee: Addressee::Address(3), ..own },
                _ => own,
            }
        })
        .collect();
    let members: Vec<Member<'_>> =
        enrolments.iter().zip(&facts).map(|(enrolment, facts)| Member { course: &course, enrolment, facts }).collect();
    let days = planner.forecast(&members, 30);
    assert_eq!(
        planner.forecast_paced(&members, 30, Some(Pace::new(1_000, [])), |_| true),
        days,
        "all fit into an hour"
    );
    // One an hour, from the afternoon on: of the seven of today those that are left by the closing leave tomorrow, and are told as put off.
    let busy = Pace::new(1, [planner.now + Duration::hours(5)]);
    let slow = planner.forecast_paced(&members, 30, Some(busy), |_| true);
    let put_off = crate::relance::outcome::OutcomeCode::HeldHourlyLimit;
    let first = (slow[0].mails, slow[0].count(None, |code| code == put_off));
    assert_eq!(slow.iter().map(|d| d.mails).sum::<u32>(), days.iter().map(|d| d.mails).sum::<u32>(), "none is lost");
    assert!(first.0 < 7 && slow[1].mails > 0 && first.1 > 0, "{first:?} {:?}", slow[1]);
    assert_eq!((days.len(), days[0].day, days[29].day), (30, day("2026-03-12"), day("2026-04-10")));
    let shown = |n: usize| -> Vec<(&'static str, u32)> {
        days[n].steps.iter().map(|(key, told)| (key.code.as_str(), told.count)).collect()
    };
    assert_eq!(days[0].mails, 7);
    assert_eq!(shown(0), [("planned", 8), ("held_client_paused", 1), ("left_out_no_address", 1)]);
    // Tuesday the 17th, then the Wednesday.
    assert_eq!((days[5].mails, shown(5)), (0, vec![("held_firm_paused", 9)]));
    assert_eq!((days[6].mails, shown(6)), (0, vec![("planned", 9)]));
    assert!(days[7..].iter().all(|d| d.steps.is_empty() && d.ends.is_empty()), "the third is beyond the days");
    assert_eq!(
        days[6].count(Some(RelanceChannel::Call), |code| code == crate::relance::outcome::OutcomeCode::Planned),
        9
    );
    assert_eq!(days[6].count(Some(RelanceChannel::Mail), |_| true), 0);
}

#[test]
fn outcomes_keep_their_words_when_stored() {
    let all = [
        Outcome::Sent { at: at("2026-03-12T09:00:00Z"), channel: RelanceChannel::Mail, silent_at: None },
        Outcome::Held { reason: Hold::FirmPaused { from: day("2026-03-12"), until: None }, leaves_at: None },
        Outcome::LeftOut { why: Gap::Suppressed { why: Suppression::Complained }, at: at("2026-03-12T09:00:00Z") },
        Outcome::Stopped {
            end: Ended { why: End::Escalated { after: 3, to: ToPerson::Manager }, at: at("2026-03-12T09:00:00Z") },
        },
        Outcome::Missed { why: Miss::Overtaken { by: id(3) }, at: at("2026-03-12T09:00:00Z") },
    ];
    for outcome in all {
        let done = StepDone { step: id(1), outcome, text: Some(TrialText::Second) };
        let json = serde_json::to_string(&done).unwrap();
        assert_eq!(serde_json::from_str::<StepDone>(&json).unwrap(), done, "{json}");
    }
}
