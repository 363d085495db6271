//! What the codes of mandates and of their collection are called on the screen.

use contract::{CampaignState, DocumentKind, MailPurpose, MandateAct, ProposalState};
use domain::mandate::{EligibilityBlocker, Power, SignedBy};
use domain::{MandateEvent, MandateKind, MandateState};

pub use crate::pages::words::{mail_state, mandate_kind as kind};

use crate::api::say;
use crate::dom::View;
use crate::text::t;
use crate::ui::{Choice, Icon, Tone, status_as};

/// What it is for, in a sentence.
pub fn kind_for(kind: MandateKind) -> &'static str {
    let t = t();
    match kind {
        MandateKind::EngagementLetter => t.kind_engagement_letter_for(),
        MandateKind::EngagementAddendum => t.kind_engagement_addendum_for(),
        MandateKind::Delegation => t.kind_delegation_for(),
        MandateKind::Designation => t.kind_designation_for(),
        MandateKind::Invoicing => t.kind_invoicing_for(),
        MandateKind::SelfBilling => t.kind_self_billing_for(),
        MandateKind::EReportingPower => t.kind_e_reporting_power_for(),
        MandateKind::PlatformRole => t.kind_platform_role_for(),
    }
}

pub fn kind_choices() -> Vec<Choice> {
    MandateKind::ALL.iter().map(|k| Choice::new(k.as_str(), kind(*k))).collect()
}

pub fn state(state: MandateState) -> String {
    say(&state.text())
}

/// Waiting for the firm is the triangle; only what counts is green.
pub fn state_tone(state: MandateState) -> Tone {
    match state {
        MandateState::Draft => Tone::Unknown,
        MandateState::ToSend | MandateState::Sent | MandateState::Opened => Tone::OnTrack,
        MandateState::Signed | MandateState::ToCheck => Tone::AtRisk,
        MandateState::Accepted => Tone::Ready,
        MandateState::Refused | MandateState::Expired | MandateState::Revoked => Tone::Late,
    }
}

pub fn state_badge(of: MandateState) -> View {
    status_as(state_tone(of), &state(of))
}

pub fn event_face(event: MandateEvent) -> (Icon, Option<Tone>) {
    match event {
        MandateEvent::Prepare => (Icon::Clock, None),
        MandateEvent::Withdraw => (Icon::Undo, None),
        MandateEvent::Send => (Icon::Mail, Some(Tone::OnTrack)),
        MandateEvent::Bounce => (Icon::Warning, Some(Tone::Late)),
        MandateEvent::Open => (Icon::Eye, Some(Tone::OnTrack)),
        MandateEvent::Remind => (Icon::Bell, Some(Tone::OnTrack)),
        MandateEvent::Sign => (Icon::Edit, Some(Tone::AtRisk)),
        MandateEvent::Upload => (Icon::Upload, Some(Tone::AtRisk)),
        MandateEvent::Accept => (Icon::Check, Some(Tone::Ready)),
        MandateEvent::Refuse | MandateEvent::Decline | MandateEvent::Revoke => (Icon::Close, Some(Tone::Late)),
        MandateEvent::Expire => (Icon::Calendar, Some(Tone::Late)),
        MandateEvent::Reopen => (Icon::Refresh, None),
    }
}

/// The act by hand that takes a step; what the client or the calendar does has none.
pub fn act_of(event: MandateEvent) -> Option<MandateAct> {
    match event {
        MandateEvent::Prepare => Some(MandateAct::Send),
        MandateEvent::Withdraw => Some(MandateAct::Withdraw),
        MandateEvent::Send => Some(MandateAct::SentByLetter),
        MandateEvent::Remind => Some(MandateAct::Remind),
        MandateEvent::Accept => Some(MandateAct::Accept),
        MandateEvent::Refuse => Some(MandateAct::Refuse),
        MandateEvent::Revoke => Some(MandateAct::Revoke),
        MandateEvent::Reopen => Some(MandateAct::Reopen),
        MandateEvent::Bounce
        | MandateEvent::Open
        | MandateEvent::Sign
        | MandateEvent::Upload
        | MandateEvent::Decline
        | MandateEvent::Expire => None,
    }
}

/// The act that moves a mandate on from where it stands.
pub fn natural_act(state: MandateState) -> Option<MandateAct> {
    match state {
        MandateState::Draft => Some(MandateAct::Send),
        MandateState::Sent | MandateState::Opened => Some(MandateAct::Remind),
        MandateState::Signed | MandateState::ToCheck => Some(MandateAct::Accept),
        MandateState::Refused => Some(MandateAct::Reopen),
        MandateState::ToSend => Some(MandateAct::Withdraw),
        MandateState::Accepted | MandateState::Expired | MandateState::Revoked => None,
    }
}

pub fn act(act: MandateAct) -> &'static str {
    let t = t();
    match act {
        MandateAct::Send => t.act_send(),
        MandateAct::Withdraw => t.act_withdraw(),
        MandateAct::SentByLetter => t.act_sent_by_letter(),
        MandateAct::Remind => t.act_remind(),
        MandateAct::Accept => t.act_accept(),
        MandateAct::Refuse => t.act_refuse(),
        MandateAct::Revoke => t.act_revoke(),
        MandateAct::Reopen => t.act_reopen(),
        MandateAct::Delete => t.act_delete_draft(),
    }
}

pub fn act_title(act: MandateAct, n: u64) -> String {
    let t = t();
    match act {
        MandateAct::Send => t.act_send_title(n),
        MandateAct::Withdraw => t.act_withdraw_title(n),
        MandateAct::SentByLetter => t.act_sent_by_letter_title(n),
        MandateAct::Remind => t.act_remind_title(n),
        MandateAct::Accept => t.act_accept_title(n),
        MandateAct::Refuse => t.act_refuse_title(n),
        MandateAct::Revoke => t.act_revoke_title(n),
        MandateAct::Reopen => t.act_reopen_title(n),
        MandateAct::Delete => t.act_delete_title(n),
    }
}

pub fn act_detail(act: MandateAct) -> &'static str {
    let t = t();
    match act {
        MandateAct::Send => t.act_send_detail(),
        MandateAct::Withdraw => t.act_withdraw_detail(),
        MandateAct::SentByLetter => t.act_sent_by_letter_detail(),
        MandateAct::Remind => t.act_remind_detail(),
        MandateAct::Accept => t.act_accept_detail(),
        MandateAct::Refuse => t.act_refuse_detail(),
        MandateAct::Revoke => t.act_revoke_detail(),
        MandateAct::Reopen => t.act_reopen_detail(),
        MandateAct::Delete => t.act_delete_detail(),
    }
}

pub fn act_face(act: MandateAct) -> Icon {
    match act {
        MandateAct::Send => Icon::Mail,
        MandateAct::Withdraw => Icon::Undo,
        MandateAct::SentByLetter => Icon::File,
        MandateAct::Remind => Icon::Bell,
        MandateAct::Accept => Icon::Check,
        MandateAct::Refuse | MandateAct::Revoke => Icon::Close,
        MandateAct::Reopen => Icon::Refresh,
        MandateAct::Delete => Icon::Trash,
    }
}

pub fn signed_by(by: SignedBy) -> &'static str {
    match by {
        SignedBy::Link => t().signed_by_link(),
        SignedBy::Upload => t().signed_by_upload(),
        SignedBy::Provider => t().signed_by_provider(),
    }
}

pub fn document(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Generated => t().document_generated(),
        DocumentKind::Certified => t().document_certified(),
        DocumentKind::Uploaded => t().document_uploaded(),
        DocumentKind::Provider => t().document_provider(),
        DocumentKind::Evidence => t().document_evidence(),
    }
}

pub fn power(power: Power) -> &'static str {
    let t = t();
    match power {
        Power::ChoosePlatform => t.power_choose_platform(),
        Power::Register => t.power_register(),
        Power::ChangePlatform => t.power_change_platform(),
        Power::ActOnFlows => t.power_act_on_flows(),
        Power::EReporting => t.power_e_reporting(),
    }
}

pub fn blocker(blocker: EligibilityBlocker) -> &'static str {
    let t = t();
    match blocker {
        EligibilityBlocker::OutOfReform => t.blocker_out_of_reform(),
        EligibilityBlocker::Identity => t.blocker_identity(),
        EligibilityBlocker::NoSiret => t.blocker_no_siret(),
        EligibilityBlocker::DuplicateSiret => t.blocker_duplicate_siret(),
        EligibilityBlocker::Foreign => t.blocker_foreign(),
        EligibilityBlocker::NoContact => t.blocker_no_contact(),
        EligibilityBlocker::NoEmail => t.blocker_no_email(),
        EligibilityBlocker::Bounced => t.blocker_bounced(),
        EligibilityBlocker::NoSize => t.blocker_no_size(),
        EligibilityBlocker::NoPersonInCharge => t.blocker_no_person(),
        EligibilityBlocker::NoPlatform => t.blocker_no_platform(),
    }
}

/// How it is mended.
pub fn blocker_fix(blocker: EligibilityBlocker) -> &'static str {
    let t = t();
    match blocker {
        EligibilityBlocker::OutOfReform => t.blocker_out_of_reform_fix(),
        EligibilityBlocker::Identity => t.blocker_identity_fix(),
        EligibilityBlocker::NoSiret => t.blocker_no_siret_fix(),
        EligibilityBlocker::DuplicateSiret => t.blocker_duplicate_siret_fix(),
        EligibilityBlocker::Foreign => t.blocker_foreign_fix(),
        EligibilityBlocker::NoContact => t.blocker_no_contact_fix(),
        EligibilityBlocker::NoEmail => t.blocker_no_email_fix(),
        EligibilityBlocker::Bounced => t.blocker_bounced_fix(),
        EligibilityBlocker::NoSize => t.blocker_no_size_fix(),
        EligibilityBlocker::NoPersonInCharge => t.blocker_no_person_fix(),
        EligibilityBlocker::NoPlatform => t.blocker_no_platform_fix(),
    }
}

pub fn purpose(purpose: MailPurpose) -> &'static str {
    let t = t();
    match purpose {
        MailPurpose::Mandate => t.purpose_mandate(),
        MailPurpose::MandateReminder => t.purpose_reminder(),
        MailPurpose::SignatureCode => t.purpose_code(),
        MailPurpose::SignedCopy => t.purpose_copy(),
        MailPurpose::Relance => t.purpose_relance(),
    }
}

pub fn proposal_state(state: ProposalState) -> (Tone, &'static str) {
    let t = t();
    match state {
        ProposalState::Pending => (Tone::AtRisk, t.answers_pending()),
        ProposalState::Accepted => (Tone::Ready, t.answers_accepted()),
        ProposalState::Rejected => (Tone::Unknown, t.answers_rejected()),
        ProposalState::Replaced => (Tone::Unknown, t.answers_replaced()),
    }
}

pub fn campaign_state(state: CampaignState) -> (Tone, &'static str) {
    let t = t();
    match state {
        CampaignState::Running => (Tone::OnTrack, t.campaign_running()),
        CampaignState::Paused => (Tone::AtRisk, t.campaign_paused()),
        CampaignState::Ended => (Tone::Unknown, t.campaign_ended()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_that_moves_a_mandate_on_is_one_that_its_state_allows() {
        let event = |act| match act {
            MandateAct::Send => MandateEvent::Prepare,
            MandateAct::Withdraw => MandateEvent::Withdraw,
            MandateAct::Remind => MandateEvent::Remind,
            MandateAct::Accept => MandateEvent::Accept,
            MandateAct::Reopen => MandateEvent::Reopen,
            other => panic!("{other} moves nothing on"),
        };
        for state in MandateState::ALL {
            if let Some(act) = natural_act(*state) {
                assert!(state.transition(event(act)).is_ok(), "{state} takes no {act}");
            }
        }
    }

    #[test]
    fn only_what_counts_is_green() {
        let green: Vec<_> = MandateState::ALL.iter().filter(|s| state_tone(**s) == Tone::Ready).collect();
        assert_eq!(green, [&MandateState::Accepted]);
    }
}
