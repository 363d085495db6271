//! Relances: sequences that chase late clients, what leaves when, and why something did or did not.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use domain::relance::outcome::{OutcomeCode, PauseReason, Stage};
use domain::relance::trial::TrialText;
use domain::relance::{
    Approval, DeadlineSource, Delay, Escalation, FirmPause, RelanceChannel, RelancePurpose, RelanceStep, SendingMode,
    SequenceState, SkipWhen, Tone,
};
use domain::{DossierId, MailId, PortfolioId, RelanceId, RelanceStepId, SequenceId, Siren, TemplateId, Text, UserId};

use crate::common::{OrNone, Several, paged, shape};
use crate::{DossierQuery, ItemOutcome, WorkingHours};

shape! {
    /// Which day counts as the deadline of a sequence for each dossier.
    #[derive(Eq)]
    pub struct SequenceDeadline {
        pub source: DeadlineSource,
        /// The day, where it is the same for all.
        #[serde(default)]
        pub on: Option<NaiveDate>,
    }
}

shape! {
    /// A step as it is written; a new one has no id yet.
    pub struct SequenceStepInput {
        /// Of a step that is there; absent for a new one.
        #[serde(default)]
        pub id: Option<RelanceStepId>,
        pub after: Delay,
        pub channel: RelanceChannel,
        pub tone: Tone,
        /// Text of the mail or letter, or what to say in the call.
        pub template_id: TemplateId,
        /// A second text to try against the first; each dossier gets one of both, always the same.
        #[serde(default)]
        pub variant_id: Option<TemplateId>,
        pub approval: Approval,
        #[serde(default)]
        pub skip_when: BTreeSet<SkipWhen>,
    }
}

shape! {
    /// A sequence as it is written.
    pub struct SequenceInput {
        #[cfg_attr(feature = "openapi", schema(example = "Réception : choisir une plateforme"))]
        pub name: String,
        pub purpose: RelancePurpose,
        /// Filter of its audience, as in the list of dossiers; what the purpose asks for is added to it.
        #[serde(default)]
        pub filter: DossierQuery,
        /// Nothing leaves before this day; otherwise a dossier begins on the day on which it joins.
        #[serde(default)]
        pub starts_on: Option<NaiveDate>,
        #[serde(default)]
        pub deadline: Option<SequenceDeadline>,
        /// In their order.
        pub steps: Vec<SequenceStepInput>,
        #[serde(default)]
        pub escalation: Option<Escalation>,
        /// Only tell what would come of it.
        #[serde(default)]
        pub preview: bool,
    }
}

shape! {
    /// Where a sequence goes.
    pub struct SequenceMove {
        pub state: SequenceState,
        /// Only tell what would come of it.
        #[serde(default)]
        pub preview: bool,
    }
}

shape! {
    /// A sequence in one's own name.
    #[derive(Default)]
    pub struct SequenceTakeOver {
        /// Only tell what would come of it.
        #[serde(default)]
        pub preview: bool,
    }
}

shape! {
    pub struct Sequence {
        pub id: SequenceId,
        pub version: i64,
        #[cfg_attr(feature = "openapi", schema(example = "Réception : choisir une plateforme"))]
        pub name: String,
        pub purpose: RelancePurpose,
        pub state: SequenceState,
        pub filter: DossierQuery,
        pub starts_on: Option<NaiveDate>,
        pub deadline: Option<SequenceDeadline>,
        pub steps: Vec<SequenceStep>,
        pub escalation: Option<Escalation>,
        /// Dossiers in sight that are in it now, and those that have left it, by how they ended.
        pub running: u64,
        pub ended: Vec<OutcomeCount>,
        pub created_at: DateTime<Utc>,
        pub updated_at: DateTime<Utc>,
        /// Who stands behind it: dossiers join that this person sees.
        pub by_name: String,
        /// That person has left the firm, or may not write sequences any more. It goes on, with whom that person saw; somebody
        /// can take it over.
        pub orphaned: bool,
    }
}

shape! {
    /// A step with its words.
    pub struct SequenceStep {
        #[serde(flatten)]
        pub step: RelanceStep,
        /// “J-15 avant la réception”.
        pub label: Text,
        /// Name of its text, and of the second one.
        pub template_name: String,
        pub variant_name: Option<String>,
    }
}

shape! {
    pub struct OutcomeCount {
        pub code: OutcomeCode,
        pub label: Text,
        pub count: u64,
    }
}

shape! {
    pub struct SequenceList {
        pub data: Vec<Sequence>,
    }
}

shape! {
    /// What a sequence, or a change of it, comes to.
    pub struct SequencePlan {
        /// The sequence, once it is not a preview.
        pub sequence: Option<Sequence>,
        /// Dossiers in its audience; of those, dossiers that nothing can reach.
        pub audience: u64,
        pub unreachable: u64,
        /// Dossiers of a running sequence whose coming steps an edit touches; those that join, those that leave.
        pub touched: u64,
        pub joining: u64,
        pub leaving: u64,
        /// The first fifty that are touched, join or leave.
        pub examples: Vec<SequenceTouch>,
        /// What would leave in the coming days, this sequence alone, with all rules of sending.
        pub forecast: Vec<ForecastDay>,
        /// The same in one sentence.
        #[cfg_attr(feature = "openapi", schema(value_type = Text))]
        pub estimate: Text,
    }
}

domain::closed_enum! {
    /// What an edit does to a dossier.
    pub enum TouchKind {
        Joins = "joins",
        Leaves = "leaves",
        /// Its coming steps are others.
        Changes = "changes",
    }
}

shape! {
    pub struct SequenceTouch {
        pub dossier_id: DossierId,
        #[cfg_attr(feature = "openapi", schema(example = "Boulangerie de l’Île SARL"))]
        pub name: String,
        pub kind: TouchKind,
    }
}

paged! {
    #[derive(Default)]
    pub struct AudienceQuery {
        /// Those that are in, or those of the firm that are not; both unless told.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::common::bool_word")]
        pub is_in: Option<bool>,
        /// What became of the open step, or how it ended.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<OutcomeCode>))]
        pub outcome: Several<OutcomeCode>,
        /// Portfolios, or `none` for the dossiers outside any.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        #[cfg_attr(feature = "openapi", schema(example = json!(["none"])))]
        pub portfolio_id: Several<OrNone<PortfolioId>>,
        /// Words of the name or SIREN.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub q: Option<String>,
    }
}

shape! {
    /// A dossier in, or out of, the audience of a sequence.
    pub struct AudienceRow {
        pub dossier_id: DossierId,
        #[cfg_attr(feature = "openapi", schema(example = "Boulangerie de l’Île SARL"))]
        pub name: String,
        pub siren: Siren,
        pub is_in: bool,
        pub code: OutcomeCode,
        /// One sentence: what is next, or why it is out.
        pub why: Text,
        pub at: Option<DateTime<Utc>>,
        pub joined_on: Option<NaiveDate>,
        /// Steps that are over, of how many.
        pub done: u32,
        pub steps: u32,
    }
}

shape! {
    pub struct AudiencePage {
        pub data: Vec<AudienceRow>,
        pub next: Option<String>,
        /// Of the whole sequence, whatever the filter and the page.
        pub counts: Vec<OutcomeCount>,
    }
}

shape! {
    /// What has come of a sequence: an observation, not a proof. Who was written to was late to begin with, and others may
    /// have moved them.
    pub struct SequenceEffect {
        pub steps: Vec<StepEffect>,
        /// Dossiers that were written to, and of those, that did what was asked afterwards.
        pub contacted: u64,
        pub done: u64,
        pub answered: u64,
        /// Mandates that were signed after the first message.
        pub mandates: u64,
        /// Days from the first message to the end, of those that did it; the median.
        pub median_days: Option<f64>,
        /// Dossiers of the audience that were not written to yet, and of those that did it in the same time.
        pub not_contacted: u64,
        pub not_contacted_done: u64,
        /// How to read it.
        pub note: Text,
    }
}

shape! {
    pub struct StepEffect {
        pub step_id: RelanceStepId,
        pub label: Text,
        pub sent: u64,
        pub answered: u64,
        pub done: u64,
        pub bounced: u64,
        pub median_days: Option<f64>,
        /// Two texts on trial.
        pub trial: Option<TrialShape>,
    }
}

shape! {
    /// The trial of two texts of a step.
    pub struct TrialShape {
        pub texts: Vec<TrialCountShape>,
        /// Used from now on; both are tried while nothing is clear.
        pub chosen: Option<TrialText>,
        pub why: Text,
    }
}

shape! {
    pub struct TrialCountShape {
        pub text: TrialText,
        pub template_name: String,
        pub sent: u64,
        pub answered: u64,
    }
}

shape! {
    pub struct ForecastStep {
        pub sequence_id: SequenceId,
        pub step_id: RelanceStepId,
        pub channel: RelanceChannel,
        pub code: OutcomeCode,
        pub count: u64,
    }
}

shape! {
    /// One of the coming days.
    pub struct ForecastDay {
        pub day: NaiveDate,
        /// Mails that leave: several needs of a contact are one.
        pub mails: u64,
        pub calls: u64,
        pub letters: u64,
        /// Steps that leave on it once a person agrees; not among the mails.
        pub approvals: u64,
        /// Steps of this day that will not leave on it.
        pub held: u64,
        pub steps: Vec<ForecastStep>,
        /// Reasons of what is held, the most frequent first.
        pub reasons: Vec<OutcomeCount>,
        /// “37 mails, 4 held: …”.
        pub summary: Text,
    }
}

shape! {
    #[derive(Default)]
    pub struct ForecastQuery {
        /// 1 to 92, 30 unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub days: Option<u32>,
        /// One sequence.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub sequence_id: Option<SequenceId>,
        /// Portfolios, or `none` for the dossiers outside any.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        #[cfg_attr(feature = "openapi", schema(example = json!(["none"])))]
        pub portfolio_id: Several<OrNone<PortfolioId>>,
    }
}

shape! {
    pub struct Forecast {
        pub days: Vec<ForecastDay>,
        /// Names of the sequences that the days speak of.
        pub sequences: Vec<SequenceName>,
        pub mode: SendingMode,
    }
}

shape! {
    pub struct SequenceName {
        pub id: SequenceId,
        #[cfg_attr(feature = "openapi", schema(example = "Réception : choisir une plateforme"))]
        pub name: String,
    }
}

paged! {
    /// Which steps; several values of one filter are alternatives, filters add up.
    #[derive(Default)]
    pub struct RelanceQuery {
        /// Sequences.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<SequenceId>))]
        pub sequence_id: Several<SequenceId>,
        /// What the client is chased for.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<RelancePurpose>))]
        pub purpose: Several<RelancePurpose>,
        /// What became of the step.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<OutcomeCode>))]
        pub outcome: Several<OutcomeCode>,
        /// How it reaches the client.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<RelanceChannel>))]
        pub channel: Several<RelanceChannel>,
        /// Open steps, or steps that are over; both unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub stage: Option<Stage>,
        /// About one dossier.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub dossier_id: Option<DossierId>,
        /// Portfolios, or `none` for the dossiers outside any.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        #[cfg_attr(feature = "openapi", schema(example = json!(["none"])))]
        pub portfolio_id: Several<OrNone<PortfolioId>>,
        /// Person in charge of the dossier.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub person_id: Option<UserId>,
        /// Calls and letters that wait for a person, and nothing else.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::common::bool_word")]
        pub tasks: Option<bool>,
        /// Words of the name or SIREN.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub q: Option<String>,
        /// Also answer the counts by outcome.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub facets: Option<bool>,
    }
}

shape! {
    /// A step of a dossier: what became of it, or what will.
    pub struct Relance {
        /// Of a step that is over: what a letter is printed by.
        pub id: Option<RelanceId>,
        pub dossier_id: DossierId,
        #[cfg_attr(feature = "openapi", schema(example = "Boulangerie de l’Île SARL"))]
        pub dossier_name: String,
        pub siren: Siren,
        pub sequence_id: SequenceId,
        #[cfg_attr(feature = "openapi", schema(example = "Réception : choisir une plateforme"))]
        pub sequence_name: String,
        pub purpose: RelancePurpose,
        pub step_id: RelanceStepId,
        /// Place of the step, from 1.
        pub step: u32,
        pub steps: u32,
        pub channel: RelanceChannel,
        pub tone: Tone,
        pub stage: Stage,
        pub code: OutcomeCode,
        /// When it happened or will.
        pub at: Option<DateTime<Utc>>,
        /// One sentence.
        pub why: Text,
        pub mail_id: Option<MailId>,
        /// Of a call or letter: it waits for a person to do it.
        pub task: bool,
        /// Of a letter: when it was printed last.
        pub printed_at: Option<DateTime<Utc>>,
        pub person: Option<String>,
    }
}

shape! {
    pub struct RelancePage {
        pub data: Vec<Relance>,
        pub next: Option<String>,
        pub total: Option<u64>,
        pub outcomes: Option<Vec<OutcomeCount>>,
    }
}

domain::closed_enum! {
    /// What a person does with the open step of dossiers.
    pub enum RelanceAct {
        /// A step that waits for consent may leave.
        Approve = "approve",
        /// The step is left out; the next one has its turn.
        Skip = "skip",
        /// The client has answered: the dossier leaves the sequence.
        Answered = "answered",
        /// The dossier leaves the sequence for good.
        Remove = "remove",
        /// The call was made, the letter was posted.
        Done = "done",
    }
}

shape! {
    /// A dossier in a sequence.
    #[derive(Eq)]
    pub struct RelanceRef {
        pub sequence_id: SequenceId,
        pub dossier_id: DossierId,
    }
}

shape! {
    pub struct RelanceActInput {
        pub items: Vec<RelanceRef>,
        pub act: RelanceAct,
        /// Kept in the journal, and with the step.
        #[serde(default)]
        pub note: Option<String>,
        /// Only tell what would be done.
        #[serde(default)]
        pub preview: bool,
    }
}

shape! {
    pub struct RelanceItem {
        pub sequence_id: SequenceId,
        pub dossier_id: DossierId,
        #[cfg_attr(feature = "openapi", schema(example = "Boulangerie de l’Île SARL"))]
        pub name: String,
        pub outcome: ItemOutcome,
        pub reason: Option<Text>,
    }
}

shape! {
    pub struct RelanceActResult {
        pub changed: u64,
        pub left_out: u64,
        pub items: Vec<RelanceItem>,
    }
}

shape! {
    /// Everything of relances about one dossier.
    pub struct DossierRelances {
        pub pause: Option<ClientPauseShape>,
        /// Every sequence that it is in, or was in, with each step.
        pub courses: Vec<DossierCourse>,
        /// Sequences that run and do not take it, with the reason.
        pub left_out: Vec<LeftOutOf>,
        /// The address that is written to, and what stands against it.
        pub address: Option<String>,
        pub address_problem: Option<Text>,
        /// The last message of anybody of the firm.
        pub contacted: Option<Text>,
    }
}

shape! {
    pub struct LeftOutOf {
        pub sequence_id: SequenceId,
        #[cfg_attr(feature = "openapi", schema(example = "Réception : choisir une plateforme"))]
        pub sequence_name: String,
        pub why: Text,
    }
}

shape! {
    pub struct DossierCourse {
        pub sequence_id: SequenceId,
        #[cfg_attr(feature = "openapi", schema(example = "Réception : choisir une plateforme"))]
        pub sequence_name: String,
        pub purpose: RelancePurpose,
        pub state: SequenceState,
        pub joined_at: DateTime<Utc>,
        pub deadline: Option<NaiveDate>,
        /// Why it left; nothing while it is in.
        pub ended: Option<Text>,
        pub ended_at: Option<DateTime<Utc>>,
        pub steps: Vec<CourseStep>,
    }
}

shape! {
    pub struct CourseStep {
        /// Of a step that is over: what a letter is printed by.
        pub id: Option<RelanceId>,
        pub step_id: RelanceStepId,
        pub label: Text,
        pub channel: RelanceChannel,
        pub tone: Tone,
        pub stage: Stage,
        pub code: OutcomeCode,
        pub why: Text,
        pub at: Option<DateTime<Utc>>,
        pub mail_id: Option<MailId>,
        /// Of a call or letter: it waits for a person to do it.
        pub task: bool,
        /// Of a letter: when it was printed last.
        pub printed_at: Option<DateTime<Utc>>,
    }
}

shape! {
    /// Letters for the printer: those named, or all that wait and that a filter takes.
    #[derive(Default)]
    pub struct RelancePrint {
        /// Up to 500, printed in this order.
        #[serde(default)]
        pub ids: Option<Vec<RelanceId>>,
        /// As in the list of steps; of what it takes, the letters that wait, the oldest first. Its page does not count.
        #[serde(default)]
        pub filter: Option<RelanceQuery>,
    }
}

shape! {
    /// A client whose relances rest.
    pub struct ClientPauseShape {
        pub from: NaiveDate,
        /// The last day; until somebody ends it when absent.
        pub to: Option<NaiveDate>,
        pub reason: PauseReason,
        pub note: Option<String>,
        pub by_name: String,
    }
}

shape! {
    /// Pauses relances of dossiers, or ends their pause: of a selection by ids, or by the filters of the list when `ids` is
    /// absent.
    pub struct PauseInput {
        #[serde(default)]
        pub ids: Option<Vec<DossierId>>,
        #[serde(default)]
        pub filter: Option<DossierQuery>,
        /// Nothing ends it.
        #[serde(default)]
        pub pause: Option<NewPause>,
        /// Only tell what would be done.
        #[serde(default)]
        pub preview: bool,
    }
}

shape! {
    pub struct NewPause {
        /// Today unless told.
        #[serde(default)]
        pub from: Option<NaiveDate>,
        /// The last day; relances go on by themselves afterwards.
        #[serde(default)]
        pub to: Option<NaiveDate>,
        pub reason: PauseReason,
        #[serde(default)]
        pub note: Option<String>,
    }
}

shape! {
    /// Late clients of one purpose.
    pub struct LatePurpose {
        pub purpose: RelancePurpose,
        pub label: Text,
        /// Dossiers in sight that lack what it asks for.
        pub late: u64,
        /// Of those, dossiers that a running sequence of the purpose chases.
        pub chased: u64,
        /// Of those, dossiers whose next step is held.
        pub held: u64,
        /// Of those, without an address that may be written to.
        pub unreachable: u64,
        /// The filter by which the list of dossiers shows those that are late, all of them and no other.
        pub filter: DossierQuery,
    }
}

shape! {
    /// Whose relances are counted.
    #[derive(Default)]
    pub struct RelanceScopeQuery {
        /// Portfolios, or `none` for the dossiers outside any; all in sight unless told.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        #[cfg_attr(feature = "openapi", schema(example = json!(["none"])))]
        pub portfolio_id: Several<OrNone<PortfolioId>>,
    }
}

shape! {
    /// What the machine does, at a glance.
    pub struct RelanceBoard {
        pub mode: SendingMode,
        /// What keeps everything from leaving now.
        pub problem: Option<Text>,
        pub purposes: Vec<LatePurpose>,
        /// The coming seven days.
        pub week: Vec<ForecastDay>,
        /// Steps that wait for consent; calls and letters that wait for a person; steps missed in the last thirty days.
        pub approvals: u64,
        pub tasks: u64,
        pub missed: u64,
        pub held: Vec<OutcomeCount>,
        /// Mails of sequences in the last seven days: sent, answered, bounced.
        pub sent: u64,
        pub answered: u64,
        pub bounced: u64,
    }
}

shape! {
    /// A person who is away.
    #[derive(Eq)]
    pub struct Absence {
        pub user_id: UserId,
        pub from: NaiveDate,
        /// The last day; nobody knows when absent.
        #[serde(default)]
        pub to: Option<NaiveDate>,
    }
}

shape! {
    /// What a firm demands of everything that leaves.
    pub struct RelanceRules {
        pub mode: SendingMode,
        /// Where everything goes in test mode.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(example = "essai@cabinet.exemple"))]
        pub test_address: Option<String>,
        /// Days and hours in which messages leave, on the client's clock; nothing leaves on public holidays.
        pub window: WorkingHours,
        /// Days between two messages to one contact, over all senders of the firm; 1 to 60.
        pub minimum_days: u32,
        /// Messages of one sequence to one dossier; 1 to 20.
        pub maximum: u32,
        /// Data older than so many days hold messages back; 0 is never.
        pub stale_days: u32,
        /// Days in which a step that could not leave is caught up; 0 to 30.
        pub catch_up_days: u32,
        /// While the person in charge is away, messages of the dossier wait.
        pub hold_when_away: bool,
        /// Messages of sequences that leave in any hour, wherever it begins; 1 to 10,000, as many as there are when absent.
        #[serde(default)]
        pub hourly: Option<u32>,
        #[serde(default)]
        pub pauses: Vec<FirmPause>,
        #[serde(default)]
        pub absences: Vec<Absence>,
        /// Points of the list that a person has seen to.
        #[serde(default)]
        pub seen_to: BTreeSet<ChecklistKey>,
    }
}

shape! {
    pub struct RelanceSettings {
        pub version: i64,
        pub rules: RelanceRules,
        pub checklist: Vec<ChecklistItem>,
        /// Every point of the list is done: it may go live.
        pub ready: bool,
    }
}

domain::closed_enum! {
    /// What is to be seen to before messages leave to clients.
    pub enum ChecklistKey {
        /// Mail leaves to a server or provider, and works.
        Outgoing = "outgoing",
        /// Answers reach somebody.
        ReplyAddress = "reply_address",
        /// Links in messages lead to a public address.
        PublicAddress = "public_address",
        /// A sequence is ready, its dry run was read.
        DryRun = "dry_run",
        /// A first run in test mode was looked at.
        TestRun = "test_run",
        /// Other tools that write to the same clients are switched off.
        OtherTools = "other_tools",
        /// It begins with a small segment.
        SmallStart = "small_start",
    }
}

shape! {
    pub struct ChecklistItem {
        pub key: ChecklistKey,
        pub text: Text,
        pub done: bool,
        /// The product sees by itself whether it is done; else a person says so.
        pub by_itself: bool,
        /// What is missing, with the fix.
        pub problem: Option<Text>,
    }
}
