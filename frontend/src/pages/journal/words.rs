//! What an entry of the journal says, in words: the act, the fields, the values before and after.

use contract::{CampaignState, MailState, ProposalState};
use domain::anomaly::{AnomalyState, Resolution, Severity};
use domain::flow::Handling;
use domain::journal::ACTIONS;
use domain::reference::CapCode;
use domain::relance::outcome::PauseReason;
use domain::relance::{RelancePurpose, SendingMode, SequenceState, Tone};
use domain::{
    Access, AnswerWay, Criterion, MandateKind, MandateState, PlatformDecider, Role, SuppressionReason, Weighting,
};
use leptos::prelude::*;
use serde_json::Value;

use super::rules;
use crate::api::say;
use crate::pages::{settings, words};
use crate::session;
use crate::text::{Lang, format, t};
use crate::ui::{Choice, Icon};

/// Codes of the API and what they are called; one of a later server is shown as it comes.
pub fn action(code: &str) -> &str {
    let t = t();
    match code {
        "dossier.create" => t.action_dossier_create(),
        "dossier.update" => t.action_dossier_update(),
        "dossier.answer" => t.action_dossier_answer(),
        "dossier.delete" => t.action_dossier_delete(),
        "dossier.hand_over" => t.action_dossier_hand_over(),
        "dossier.undo" => t.action_dossier_undo(),
        "exchange.create" => t.action_exchange_create(),
        "exchange.cancel" => t.action_exchange_cancel(),
        "deadline.settle" => t.action_deadline_settle(),
        "deadline.reopen" => t.action_deadline_reopen(),
        "act.settle" => t.action_act_settle(),
        "mandate.create" => t.action_mandate_create(),
        "mandate.update" => t.action_mandate_update(),
        "mandate.delete" => t.action_mandate_delete(),
        "mandate.prepare" => t.action_mandate_prepare(),
        "mandate.withdraw" => t.action_mandate_withdraw(),
        "mandate.send" => t.action_mandate_send(),
        "mandate.bounce" => t.action_mandate_bounce(),
        "mandate.open" => t.action_mandate_open(),
        "mandate.remind" => t.action_mandate_remind(),
        "mandate.sign" => t.action_mandate_sign(),
        "mandate.upload" => t.action_mandate_upload(),
        "mandate.accept" => t.action_mandate_accept(),
        "mandate.refuse" => t.action_mandate_refuse(),
        "mandate.decline" => t.action_mandate_decline(),
        "mandate.expire" => t.action_mandate_expire(),
        "mandate.revoke" => t.action_mandate_revoke(),
        "mandate.reopen" => t.action_mandate_reopen(),
        "signature.end" => t.action_signature_end(),
        "link.create" => t.action_link_create(),
        "link.revoke" => t.action_link_revoke(),
        "proposal.create" => t.action_proposal_create(),
        "proposal.decide" => t.action_proposal_decide(),
        "mail.act" => t.action_mail_act(),
        "mail.answer" => t.action_mail_answer(),
        "mail.answer_undo" => t.action_mail_answer_undo(),
        "suppression.add" => t.action_suppression_add(),
        "suppression.lift" => t.action_suppression_lift(),
        "campaign.create" => t.action_campaign_create(),
        "campaign.update" => t.action_campaign_update(),
        "relance.approve" => t.action_relance_approve(),
        "relance.skip" => t.action_relance_skip(),
        "relance.answered" => t.action_relance_answered(),
        "relance.remove" => t.action_relance_remove(),
        "relance.done" => t.action_relance_done(),
        "relance.pause" => t.action_relance_pause(),
        "relance.resume" => t.action_relance_resume(),
        "relance.pause_undo" => t.action_relance_pause_undo(),
        "sequence.create" => t.action_sequence_create(),
        "sequence.update" => t.action_sequence_update(),
        "sequence.state" => t.action_sequence_state(),
        "template.create" => t.action_template_create(),
        "template.update" => t.action_template_update(),
        "template.test" => t.action_template_test(),
        "relances.settings" => t.action_relances_settings(),
        "collection_settings.update" => t.action_collection_update(),
        "relance.print" => t.action_relance_print(),
        "sequence.take_over" => t.action_sequence_take_over(),
        "feed.create" => t.action_feed_create(),
        "feed.delete" => t.action_feed_delete(),
        "import.create" => t.action_import_create(),
        "import.update" => t.action_import_update(),
        "import.delete" => t.action_import_delete(),
        "import.commit" => t.action_import_commit(),
        "import.undo" => t.action_import_undo(),
        "anomaly.open" => t.action_anomaly_open(),
        "anomaly.assign" => t.action_anomaly_assign(),
        "anomaly.unassign" => t.action_anomaly_unassign(),
        "anomaly.start" => t.action_anomaly_start(),
        "anomaly.wait_client" => t.action_anomaly_wait_client(),
        "anomaly.snooze" => t.action_anomaly_snooze(),
        "anomaly.resume" => t.action_anomaly_resume(),
        "anomaly.resolve" => t.action_anomaly_resolve(),
        "anomaly.ignore" => t.action_anomaly_ignore(),
        "anomaly.close" => t.action_anomaly_close(),
        "anomaly.reopen" => t.action_anomaly_reopen(),
        "anomaly.comment" => t.action_anomaly_comment(),
        "anomaly.edit_comment" => t.action_anomaly_edit_comment(),
        "anomaly.tick" => t.action_anomaly_tick(),
        "anomaly.split" => t.action_anomaly_split(),
        "anomaly.join" => t.action_anomaly_join(),
        "anomaly.hand_over" => t.action_anomaly_hand_over(),
        "anomaly.watch" => t.action_anomaly_watch(),
        "anomaly.undo" => t.action_anomaly_undo(),
        "anomaly_settings.update" => t.action_anomaly_settings_update(),
        "flow.word" => t.action_flow_word(),
        "flow.handle" => t.action_flow_handle(),
        "flow.undo" => t.action_flow_undo(),
        "flow_file.take" => t.action_flow_file_take(),
        "flow_status.take" => t.action_flow_status_take(),
        "flow_profile.delete" => t.action_flow_profile_delete(),
        "act.flows" => t.action_act_flows(),
        "connection.create" => t.action_connection_create(),
        "connection.update" => t.action_connection_update(),
        "connection.delete" => t.action_connection_delete(),
        "connection.sync" => t.action_connection_sync(),
        "act.anomalies" => t.action_act_anomalies(),
        "act.hand_over" => t.action_act_hand_over(),
        "person.notifications" => t.action_person_notifications(),
        "act.bulk" => t.action_act_bulk(),
        "act.pause" => t.action_act_pause(),
        "act.undo" => t.action_act_undo(),
        "person.create" => t.action_person_create(),
        "person.update" => t.action_person_update(),
        "person.password" => t.action_person_password(),
        "invitation.create" => t.action_invitation_create(),
        "invitation.accept" => t.action_invitation_accept(),
        "invitation.delete" => t.action_invitation_delete(),
        "portfolio.create" => t.action_portfolio_create(),
        "portfolio.update" => t.action_portfolio_update(),
        "portfolio.delete" => t.action_portfolio_delete(),
        "cabinet.create" => t.action_cabinet_create(),
        "cabinet.update" => t.action_cabinet_update(),
        "readiness_rules.update" => t.action_readiness_rules_update(),
        "session.create" => t.action_session_create(),
        "session.end" => t.action_session_end(),
        "session.reuse" => t.action_session_reuse(),
        "view.create" => t.action_view_create(),
        "view.delete" => t.action_view_delete(),
        other => other,
    }
}

/// For the filter: everything about a kind of thing, then each act.
pub fn action_choices() -> Vec<Choice> {
    let t = t();
    let groups = [
        ("dossier", t.actions_dossier()),
        ("deadline", t.actions_deadline()),
        ("mandate", t.actions_mandate()),
        ("relance", t.actions_relance()),
        ("sequence", t.actions_sequence()),
        ("template", t.actions_template()),
        ("anomaly", t.actions_anomaly()),
        ("flow", t.actions_flow()),
        ("connection", t.actions_connection()),
        ("import", t.actions_import()),
        ("act", t.actions_act()),
        ("person", t.actions_person()),
        ("invitation", t.actions_invitation()),
        ("portfolio", t.actions_portfolio()),
        ("session", t.actions_session()),
    ];
    let all = groups.into_iter().map(|(code, label)| Choice::new(code, label));
    all.chain(ACTIONS.iter().map(|code| Choice::new(*code, action(code)))).collect()
}

pub fn kind(code: &str) -> (&str, Icon) {
    let t = t();
    match code {
        "dossier" => (t.kind_dossier(), Icon::Dossiers),
        "import" => (t.kind_import(), Icon::Import),
        "act" => (t.kind_act(), Icon::Bolt),
        "person" => (t.kind_person(), Icon::Person),
        "invitation" => (t.kind_invitation(), Icon::Mail),
        "portfolio" => (t.kind_portfolio(), Icon::Dossiers),
        "cabinet" => (t.kind_cabinet(), Icon::Cabinet),
        "session" => (t.kind_session(), Icon::Key),
        "view" => (t.kind_view(), Icon::Bookmark),
        "feed" => (t.kind_feed(), Icon::Calendar),
        "mandate" => (t.kind_mandate(), Icon::Mandate),
        "anomaly" => (t.kind_anomaly(), Icon::Warning),
        "flow" => (t.kind_flow(), Icon::Sort),
        "word" => (t.kind_flow_word(), Icon::Tag),
        "flow_file" => (t.kind_flow_file(), Icon::File),
        "flow_profile" => (t.kind_flow_profile(), Icon::File),
        "sequence" => (t.relances_sequence(), Icon::Relance),
        "template" => (t.kind_template(), Icon::Mail),
        "platform" => (t.kind_flow_status(), Icon::Link),
        "connection" => (t.kind_connection(), Icon::Link),
        "campaign" => (t.kind_campaign(), Icon::Mandate),
        "link" => (t.kind_link(), Icon::Link),
        "mail" => (t.kind_mail(), Icon::Mail),
        "proposal" => (t.kind_proposal(), Icon::Info),
        other => (other, Icon::Journal),
    }
}

impl Change {
    pub fn was_nothing(&self) -> bool {
        self.before == NOTHING
    }

    pub fn is_nothing(&self) -> bool {
        self.after == NOTHING
    }
}

/// One field of an entry.
pub struct Change {
    pub field: String,
    pub before: String,
    pub after: String,
}

/// For programs: ids of what a row is about, of which a person reads kind and number, and what a clock is given back by.
const IDS: [&str; 9] =
    ["mandate", "link", "campaign", "warn_at", "left_minutes", "wakes_on_news", "closed_at", "reopened", "comment"];

/// `kind` is the kind of the subject: a "name" of a person is none of a dossier.
pub fn changes(kind: &str, raw: &Value) -> Vec<Change> {
    let Value::Object(fields) = raw else { return Vec::new() };
    let mut out = Vec::new();
    for (name, pair) in fields.iter().filter(|(name, _)| !IDS.contains(&name.as_str())) {
        let (before, after) = (&pair[0], &pair[1]);
        // A deleted dossier is told fact by fact.
        if let ("facts", Value::Object(facts)) = (name.as_str(), before) {
            for (fact, value) in facts.iter().filter(|(_, value)| is_told(value)) {
                out.push(told(kind, fact, value, &Value::Null));
            }
            continue;
        }
        out.push(told(kind, name, before, after));
    }
    // An invitation without aliases tells an empty list before and after.
    out.retain(|change| !(change.was_nothing() && change.is_nothing()));
    out
}

fn is_told(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => fields.values().any(is_told),
        _ => true,
    }
}

/// A rule of anomalies as the firm uses it, in short.
fn rule_use(chosen: &serde_json::Map<String, Value>) -> String {
    let t = t();
    if chosen.get("on") == Some(&Value::Bool(false)) {
        return t.rule_off().to_owned();
    }
    let severity = chosen.get("severity").and_then(Value::as_str).and_then(|code| Severity::try_from(code).ok());
    let mut said: Vec<String> = severity.map(|severity| say(&severity.text())).into_iter().collect();
    said.extend(chosen.get("deadline_hours").map(|hours| t.hours_short(hours.to_string())));
    let limits = chosen.get("limits").and_then(Value::as_object);
    said.extend(limits.into_iter().flatten().map(|(name, limit)| format!("{name} {limit}")));
    said.join(", ")
}

fn told(kind: &str, name: &str, before: &Value, after: &Value) -> Change {
    Change { field: field(kind, name).to_owned(), before: value(kind, name, before), after: value(kind, name, after) }
}

/// Names of the fields that changed, for the list; what something was made with or had at its end is no change.
pub fn fields(action: &str, kind: &str, raw: &Value) -> Vec<String> {
    match raw {
        _ if action.ends_with(".create") || action.ends_with(".delete") => Vec::new(),
        Value::Object(fields) => {
            let told = fields.keys().filter(|name| name.as_str() != "facts" && !IDS.contains(&name.as_str()));
            told.map(|name| field(kind, name).to_owned()).collect()
        }
        _ => Vec::new(),
    }
}

fn field<'a>(kind: &str, name: &'a str) -> &'a str {
    let t = t();
    if let Some(criterion) = name.strip_prefix("weights.").and_then(|code| Criterion::try_from(code).ok()) {
        return words::criterion(criterion);
    }
    if let Some(cap) = name.strip_prefix("caps.").and_then(|code| CapCode::try_from(code).ok()) {
        return words::cap(cap);
    }
    if let Some(rule) = name.strip_prefix("rules.") {
        return rules::name(rule);
    }
    match (kind, name) {
        (_, "relances_pause") => t.field_relances_pause(),
        (_, "sequence") => t.relances_sequence(),
        (_, "purpose") => t.relance_purpose(),
        (_, "tone") => t.field_tone(),
        ("sequence", "steps" | "course") => t.sequence_steps(),
        ("template", "texts") => t.field_version(),
        ("template", "archived") => t.field_archived(),
        (_, "mail") => t.kind_mail(),
        (_, "mode") => t.field_mode(),
        (_, "test_address") => t.field_test_address(),
        (_, "window") => t.relance_window(),
        (_, "minimum_days") => t.relance_minimum_days(),
        (_, "maximum") => t.relance_maximum(),
        (_, "stale_days") => t.relance_stale_days(),
        (_, "catch_up_days") => t.relance_catch_up(),
        (_, "hold_when_away") => t.relance_hold_away(),
        (_, "hourly") => t.relance_hourly(),
        (_, "pauses") => t.relance_pauses(),
        (_, "absences") => t.relance_absences(),
        (_, "seen_to") => t.checklist_title(),
        ("cabinet" | "dossier" | "template", "note") => t.field_note(),
        ("cabinet", "stuck") => t.field_stuck(),
        ("cabinet", "assignment") => t.field_assignment(),
        ("cabinet", "hours") => t.field_hours(),
        ("cabinet", "warn_percent") => t.field_warn(),
        ("flow" | "act", "handling") => t.field_handling(),
        ("flow", "note") => t.field_note(),
        (_, "flows") => t.field_flows(),
        (_, "status") => t.anomaly_settings_status(),
        (_, "platform") => t.anomaly_platform(),
        (_, "created") => t.field_created(),
        (_, "added") => t.field_added(),
        (_, "refused") => t.field_refused(),
        (_, "paused") => t.field_paused(),
        (_, "client_secret") => t.field_secret(),
        ("cabinet", "version") => t.field_version(),
        ("cabinet", "at_risk_days") => t.rules_at_risk_days(),
        ("cabinet", "at_risk_below") => t.rules_at_risk_below(),
        ("cabinet", "weighting") => t.rules_weighting(),
        ("portfolio", "people") => t.portfolio_people(),
        ("person" | "invitation", "portfolio_ids") => t.person_portfolios(),
        (_, "email") => t.email(),
        (_, "role") => t.person_role(),
        (_, "access") => t.person_access(),
        (_, "aliases") => t.person_aliases(),
        (_, "active") => t.field_active(),
        (_, "lang") => t.field_lang(),
        (_, "query") => t.field_query(),
        (_, "shared") => t.field_shared(),
        (_, "state") => t.field_state(),
        (_, "ended") => t.field_ended(),
        (_, "user_agent") => t.field_user_agent(),
        (_, "sessions") => t.field_sessions(),
        (_, "other_sessions") => t.field_other_sessions(),
        (_, "bytes") => t.field_bytes(),
        (_, "columns") => t.field_columns(),
        (_, "counts") => t.field_counts(),
        (_, "reversed") => t.field_reversed(),
        (_, "kept") => t.field_kept(),
        (_, "failed") => t.field_failed(),
        (_, "act") => t.field_act(),
        (_, "dossiers") => t.field_dossiers(),
        (_, "deadlines") => t.field_deadlines(),
        (_, "how") => t.field_how(),
        (_, "mandate_kind") => t.mandate_kind(),
        (_, "anomaly_state") => t.field_state(),
        (_, "assignee_id") => t.field_assignee(),
        (_, "resolution") => t.field_resolution(),
        ("anomaly" | "act", "note") => t.field_note(),
        (_, "snoozed_until") => t.field_snoozed_until(),
        (_, "due_at") => t.field_due_at(),
        (_, "watched") => t.field_watched(),
        (_, "playbook") => t.field_playbook(),
        (_, "key") => t.field_step(),
        (_, "anomalies") => t.field_anomalies(),
        (_, "notifications") => t.field_notifications(),
        (_, "kinds") => t.request_kinds(),
        (_, "mandate_state") => t.mandate_state(),
        (_, "number") => t.mandate_number(),
        (_, "by") => t.journal_who(),
        (_, "detail") => t.field_detail(),
        (_, "reason") => t.act_reason(),
        (_, "sent_to") => t.mandate_sent(),
        (_, "starts_on") => t.mandate_starts(),
        (_, "ends_on") => t.mandate_ends(),
        (_, "expires_on" | "expires_at") => t.links_expires_on(),
        (_, "message") => t.campaign_message(),
        (_, "mail_state") => t.mails_state(),
        (_, "suppression") => t.field_suppression(),
        (_, "answered_on") => t.field_answered_on(),
        (_, "answered_how") => t.field_answered_how(),
        (_, "to") => t.mails_to(),
        (_, "decided") => t.answers_state(),
        (_, "answers") => t.mandates_tab_answers(),
        (_, "fields") => t.answers_field(),
        (_, "filter") => t.field_query(),
        (_, "sender_name") => t.collection_sender(),
        (_, "reply_to") => t.collection_reply_to(),
        (_, "privacy_contact") => t.collection_privacy_contact(),
        (_, "link_days") => t.collection_link_days(),
        (_, "accept_answers") => t.collection_accept_answers(),
        (_, "accept_signatures") => t.collection_accept_signatures(),
        (_, "decider") => t.collection_decider(),
        (_, "firm_siren") => t.collection_siren(),
        (_, "firm_address") => t.collection_address(),
        (_, "firm_postal_code") => t.collection_postal_code(),
        (_, "firm_city") => t.collection_city(),
        (_, "firm_signatory") => t.collection_signatory(),
        (_, "firm_quality") => t.collection_quality(),
        (_, "firm_registration") => t.collection_registration(),
        (_, "firm_phone") => t.collection_phone(),
        (_, other) => words::fact(other),
    }
}

const NOTHING: &str = "–";

fn value(kind: &str, name: &str, value: &Value) -> String {
    let t = t();
    let text = value.as_str().unwrap_or_default();
    let said = match (name, value) {
        (_, Value::Null) => String::new(),
        ("weighting", _) => {
            Weighting::try_from(text).map_or_else(|_| text.to_owned(), |w| words::weighting(w).to_owned())
        }
        ("role", _) => Role::try_from(text).map_or_else(|_| text.to_owned(), |role| t.role(role).to_owned()),
        ("access", _) => Access::try_from(text).map_or_else(|_| text.to_owned(), |access| t.access(access).to_owned()),
        ("lang", _) => Lang::from_tag(text).map_or_else(|| text.to_owned(), |lang| lang.own_name().to_owned()),
        ("state", _) if kind == "invitation" => match text {
            "open" => t.invitation_state_open(),
            "accepted" => t.invitation_state_accepted(),
            "revoked" => t.invitation_state_revoked(),
            "expired" => t.invitation_state_expired(),
            other => other,
        }
        .to_owned(),
        ("relances_pause", Value::Object(pause)) => rest(pause),
        ("purpose", _) => RelancePurpose::try_from(text).map_or_else(|_| text.to_owned(), |what| say(&what.text())),
        ("tone", _) => Tone::try_from(text).map_or_else(|_| text.to_owned(), |tone| say(&tone.text())),
        ("mode", _) => match SendingMode::try_from(text) {
            Ok(SendingMode::Off) => t.relance_mode_off(),
            Ok(SendingMode::Test) => t.relance_mode_test(),
            Ok(SendingMode::Live) => t.relance_mode_live(),
            Err(_) => text,
        }
        .to_owned(),
        ("state", _) if kind == "sequence" => {
            SequenceState::try_from(text).map_or_else(|_| text.to_owned(), |state| say(&state.text()))
        }
        ("course", Value::Object(course)) => {
            let steps = course.get("steps").and_then(Value::as_array);
            t.steps_count(steps.map_or(0, |steps| steps.len() as u64))
        }
        ("archived" | "hold_when_away", Value::Bool(yes)) => (if *yes { t.yes() } else { t.no() }).to_owned(),
        ("pauses" | "absences" | "seen_to", Value::Array(all)) => t.items_count(all.len() as u64),
        ("filter", Value::Object(filter)) => filter_words(filter),
        ("user_agent", _) => settings::device(value.as_str()),
        ("bytes", Value::Number(n)) => format::bytes(t, n.as_u64().unwrap_or_default()),
        ("portfolio_ids", Value::Array(ids)) => listed(ids, portfolio),
        ("people", Value::Array(ids)) => listed(ids, person),
        ("columns", Value::Object(columns)) => t.columns_recognised(columns.len() as u64),
        ("counts", Value::Object(counts)) => {
            let n = |key: &str| counts.get(key).and_then(Value::as_u64).filter(|n| *n > 0);
            [
                n("rows").map(|n| t.count_rows(n)),
                n("create").map(|n| t.count_create(n)),
                n("update").map(|n| t.count_update(n)),
                n("unchanged").map(|n| t.count_unchanged(n)),
                n("skipped").map(|n| t.count_skipped(n)),
                n("error").map(|n| t.count_error(n)),
            ]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", ")
        }
        ("act", Value::Object(_)) => bulk(value),
        ("how", _) => words::settlement(text).to_owned(),
        ("mandate_kind", _) => mandate_kind(text),
        ("kinds", Value::Array(kinds)) => listed(kinds, |code| Some(mandate_kind(code))),
        ("suppression", Value::Array(reasons)) => {
            listed(reasons, |code| SuppressionReason::try_from(code).ok().map(|reason| say(&reason.text())))
        }
        ("answered_how", _) => AnswerWay::try_from(text).map_or_else(|_| text.to_owned(), |how| say(&how.text())),
        ("mail_state", _) => {
            MailState::try_from(text).map_or_else(|_| text.to_owned(), |state| words::mail_state(state).1.to_owned())
        }
        ("decided", _) => match ProposalState::try_from(text) {
            Ok(ProposalState::Accepted) => t.answers_accepted().to_owned(),
            Ok(ProposalState::Rejected) => t.answers_rejected().to_owned(),
            Ok(ProposalState::Pending | ProposalState::Replaced) | Err(_) => text.to_owned(),
        },
        ("fields", Value::Array(fields)) => listed(fields, |field| Some(words::fact(field).to_owned())),
        ("state", _) if kind == "campaign" => match CampaignState::try_from(text) {
            Ok(CampaignState::Running) => t.campaign_running().to_owned(),
            Ok(CampaignState::Paused) => t.campaign_paused().to_owned(),
            Ok(CampaignState::Ended) => t.campaign_ended().to_owned(),
            Err(_) => text.to_owned(),
        },
        ("reason", Value::Object(said)) => said.get(t.tag()).and_then(Value::as_str).unwrap_or_default().to_owned(),
        ("anomaly_state", _) => {
            AnomalyState::try_from(text).map_or_else(|_| text.to_owned(), |state| say(&state.text()))
        }
        ("resolution", _) => Resolution::try_from(text).map_or_else(|_| text.to_owned(), |how| say(&how.text())),
        ("assignee_id", _) => person(text).unwrap_or_else(|| text.to_owned()),
        ("watched" | "playbook", Value::Bool(yes)) => (if *yes { t.yes() } else { t.no() }).to_owned(),
        ("due_at" | "snoozed_until", _) => text.parse().map_or_else(|_| text.to_owned(), |at| format::moment(t, at)),
        (rule, Value::Object(chosen)) if rule.starts_with("rules.") => rule_use(chosen),
        ("stuck" | "assignment", Value::Array(all)) => t.items_count(all.len() as u64),
        ("hours" | "window", Value::Object(hours)) => {
            let time =
                |key: &str| hours.get(key).and_then(Value::as_str).and_then(|text| text.get(..5)).unwrap_or_default();
            format!("{}–{}", time("from"), time("to"))
        }
        ("handling", _) => Handling::try_from(text).map_or_else(|_| text.to_owned(), |how| say(&how.text())),
        ("paused", Value::Bool(yes)) => (if *yes { t.yes() } else { t.no() }).to_owned(),
        ("notifications", Value::Object(chosen)) => {
            chosen.get("digest").and_then(Value::as_str).unwrap_or_default().to_owned()
        }
        ("mandate_state", _) => {
            MandateState::try_from(text).map_or_else(|_| text.to_owned(), |state| say(&state.text()))
        }
        ("decider", _) => {
            PlatformDecider::try_from(text).map_or_else(|_| text.to_owned(), |d| words::decider(d).to_owned())
        }
        ("accept_answers" | "accept_signatures", Value::Bool(yes)) => (if *yes { t.yes() } else { t.no() }).to_owned(),
        ("starts_on" | "ends_on" | "expires_on", _) => {
            text.parse().map_or_else(|_| text.to_owned(), |day| format::date(t, day))
        }
        ("firm_siren", _) => format::siren(text),
        _ => words::value(name, value, &portfolio),
    };
    if said.is_empty() { NOTHING.to_owned() } else { said }
}

fn mandate_kind(code: &str) -> String {
    MandateKind::try_from(code).map_or_else(|_| code.to_owned(), |kind| words::mandate_kind(kind).to_owned())
}

fn listed(ids: &[Value], name: fn(&str) -> Option<String>) -> String {
    let one = |id: &Value| {
        let id = id.as_str().unwrap_or_default();
        name(id).unwrap_or_else(|| id.to_owned())
    };
    ids.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The pause of a client: its days and why.
fn rest(pause: &serde_json::Map<String, Value>) -> String {
    let part = |key: &str| pause.get(key).and_then(Value::as_str).unwrap_or_default();
    let day = |key: &str| part(key).parse().ok().map(|day| format::date(t(), day));
    let from = day("from").unwrap_or_default();
    let days = day("to").map_or_else(|| t().pause_open(from.clone()), |to| t().pause_until(from.clone(), to));
    let reason = PauseReason::try_from(part("reason")).map_or_else(|_| String::new(), |reason| say(&reason.text()));
    [days.as_str(), &reason, part("note")].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// A filter as its address says it.
fn filter_words(filter: &serde_json::Map<String, Value>) -> String {
    let one = |(name, value): (&String, &Value)| match value {
        Value::String(text) => format!("{name}={text}"),
        other => format!("{name}={other}"),
    };
    filter.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// What a bulk act did to each dossier.
fn bulk(act: &Value) -> String {
    let t = t();
    let part = |key: &str| act.get(key).and_then(Value::as_str).unwrap_or_default();
    let tags = |key: &str, sign: &str| {
        let tags = act.get(key).and_then(Value::as_array);
        tags.into_iter().flatten().filter_map(Value::as_str).map(|tag| format!("{sign}{tag}")).collect::<Vec<_>>()
    };
    match part("kind") {
        "assign" => {
            let who = Some(part("user_id")).filter(|id| !id.is_empty());
            let who = who.map_or_else(|| t.act_nobody().to_owned(), |id| person(id).unwrap_or_else(|| id.to_owned()));
            if part("duty") == "manager" { t.act_assign_manager(&who) } else { t.act_assign_assignee(&who) }
        }
        "portfolio" => {
            let to = Some(part("portfolio_id")).filter(|id| !id.is_empty());
            let to =
                to.map_or_else(|| t.act_no_portfolio().to_owned(), |id| portfolio(id).unwrap_or_else(|| id.to_owned()));
            t.act_move(&to)
        }
        "tag" => {
            let all: Vec<String> = tags("add", "+").into_iter().chain(tags("remove", "\u{2212}")).collect();
            format!("{} {}", t.act_tag(), all.join(" "))
        }
        "platform" => {
            let name = Some(part("name")).filter(|name| !name.is_empty()).unwrap_or(NOTHING);
            match part("usage") {
                "reception" => t.act_platform_reception(name),
                "emission" => t.act_platform_emission(name),
                _ => t.act_platform_both(name),
            }
        }
        other => other.to_owned(),
    }
}

fn portfolio(id: &str) -> Option<String> {
    session::portfolios()
        .value
        .with(|list| list.as_ref()?.data.iter().find(|p| p.id.to_string() == id).map(|p| p.name.clone()))
}

fn person(id: &str) -> Option<String> {
    session::people()
        .value
        .with(|list| list.as_ref()?.data.iter().find(|p| p.id.to_string() == id).map(|p| p.name.clone()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::text::set_language;

    #[test]
    fn entries_are_told_in_words() {
        let told = changes(
            "person",
            &json!({ "role": ["staff", "manager"], "active": [true, false], "aliases": [[], ["KB", "collab-06"]] }),
        );
        let lines: Vec<String> = told.iter().map(|c| format!("{}: {} > {}", c.field, c.before, c.after)).collect();
        assert_eq!(
            lines,
            ["Actif: Oui > Non", "Noms dans vos logiciels: – > KB, collab-06", "Rôle: Collaborateur > Responsable"]
        );
        let told =
            changes("import", &json!({ "counts": [null, { "rows": 12, "create": 11, "error": 1, "update": 0 }] }));
        assert_eq!(told[0].after, "12 lues, 11 créées, 1 rejetée");
        let told = changes("act", &json!({ "act": [null, { "kind": "tag", "add": ["BTP"], "remove": ["2025"] }] }));
        assert_eq!(told[0].after, "Étiquettes +BTP \u{2212}2025");
    }

    #[test]
    fn a_step_of_a_mandate_is_told_in_words() {
        let told = changes(
            "dossier",
            &json!({ "mandate": [null, "019a9a52"], "mandate_kind": [null, "delegation"], "mandate_state": ["signed", "accepted"], "starts_on": [null, "2026-12-01"] }),
        );
        let lines: Vec<String> = told.iter().map(|c| format!("{}: {} > {}", c.field, c.before, c.after)).collect();
        assert_eq!(
            lines,
            ["Type: – > Délégation", "État du mandat: Signé en ligne > Accepté", "Début: – > 01/12/2026"]
        );
    }

    #[test]
    fn a_deleted_dossier_is_told_fact_by_fact() {
        let told = changes("dossier", &json!({ "facts": [{ "name": "Kerbrat", "tags": [], "city": null }, null] }));
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].before.as_str(), told[0].after.as_str()), ("Kerbrat", "–"));
    }

    #[test]
    fn every_action_that_the_server_writes_has_its_words_in_both_languages() {
        for lang in Lang::ALL {
            set_language(lang);
            for code in ACTIONS {
                assert_ne!(action(code), *code, "{code} is shown as a code in {lang:?}");
            }
            for choice in action_choices() {
                assert!(!choice.label.contains('.'), "{} is shown as a code in {lang:?}", choice.value);
            }
        }
        set_language(Lang::Fr);
    }

    #[test]
    fn a_pause_and_a_sequence_are_told_in_words() {
        let pause = json!({ "from": "2026-11-10", "to": null, "reason": "holiday", "note": "", "by_name": "Anne" });
        let until =
            json!({ "from": "2026-11-10", "to": "2026-12-01", "reason": "client", "note": "Vu", "by_name": "A" });
        let told = changes("dossier", &json!({ "relances_pause": [pause, until] }));
        let reason = |reason: PauseReason| say(&reason.text());
        assert_eq!(told[0].before, format!("dès le 10/11/2026 · {}", reason(PauseReason::Holiday)));
        assert_eq!(told[0].after, format!("du 10/11/2026 au 01/12/2026 · {} · Vu", reason(PauseReason::Client)));
        let told = changes(
            "sequence",
            &json!({ "state": ["draft", "active"], "course": [{ "steps": [1] }, { "steps": [1, 2] }] }),
        );
        let mut lines: Vec<String> = told.iter().map(|c| format!("{}: {} > {}", c.field, c.before, c.after)).collect();
        lines.sort();
        assert_eq!(lines, ["Étapes: 1 étape > 2 étapes", "État: Brouillon > Active"]);
    }
}
