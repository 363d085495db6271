//! Texts of relances: the firm's own and those of the product, what can stand in them, what is wrong with them, how they
//! look on real dossiers.

use chrono::{DateTime, NaiveDate, Utc};
use domain::relance::template::{Fault, FilterKind, ValueKind, Variable, VariableGroup, Wordings};
use domain::relance::{RelancePurpose, Tone};
use domain::{DossierId, Lang, MailId, TemplateId, Text};

use crate::common::{Several, paged, shape};
use crate::{DossierQuery, MailDossier, Outgoing};

shape! {
    /// A text of the product: the beginning of one's own.
    pub struct TemplateStarter {
        /// What the text is for.
        pub purpose: RelancePurpose,
        /// How it speaks.
        pub tone: Tone,
        /// Counts the saves.
        #[cfg_attr(feature = "openapi", schema(example = "1.0"))]
        pub version: String,
        /// Day of the version.
        pub date: NaiveDate,
        /// What the text is called.
        pub name: Text,
        /// Its words, subject and body in each language.
        pub texts: Wordings,
    }
}

shape! {
    pub struct TemplateStarterList {
        /// By purpose, then tone.
        pub data: Vec<TemplateStarter>,
    }
}

shape! {
    #[derive(Default)]
    pub struct TemplateListQuery {
        /// What texts are for.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<RelancePurpose>))]
        pub purpose: Several<RelancePurpose>,
        /// Tones of the texts.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<Tone>))]
        pub tone: Several<Tone>,
        /// Those that were put away, or those that were not; both unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub archived: Option<bool>,
    }
}

shape! {
    /// A text without its words.
    pub struct TemplateRow {
        /// Id of the text.
        pub id: TemplateId,
        /// Counts the saves.
        pub version: i64,
        /// What the text is called.
        #[cfg_attr(feature = "openapi", schema(example = "Plateforme, première relance"))]
        pub name: String,
        /// What the text is for.
        pub purpose: RelancePurpose,
        /// How it speaks.
        pub tone: Tone,
        /// Put away: nothing new uses it.
        pub archived: bool,
        /// Text of the product that it began as, with its version; nothing when it began otherwise.
        #[cfg_attr(feature = "openapi", schema(example = "choose_platform.gentle 1.0"))]
        pub origin: Option<String>,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it was saved last.
        pub updated_at: DateTime<Utc>,
    }
}

shape! {
    pub struct TemplateList {
        /// By purpose and tone, then name.
        pub data: Vec<TemplateRow>,
    }
}

shape! {
    /// A text of the firm.
    pub struct Template {
        #[serde(flatten)]
        pub row: TemplateRow,
        /// Its words, subject and body in each language.
        pub texts: Wordings,
    }
}

/// What a new text begins as.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TemplateSource {
    /// A text of the product.
    Starter {
        /// What the text is for.
        purpose: RelancePurpose,
        /// How it speaks.
        tone: Tone,
    },
    /// Another text of the firm.
    Template {
        /// The other text, as it stands.
        id: TemplateId,
    },
    /// Words of one's own.
    Words {
        /// What the text is for.
        purpose: RelancePurpose,
        /// How it speaks.
        tone: Tone,
        /// Its words, subject and body in each language.
        texts: Wordings,
    },
}

shape! {
    pub struct NewTemplate {
        /// That of the source unless told; each name once among the texts that are not put away.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(example = "Plateforme, première relance"))]
        pub name: Option<String>,
        /// What it begins as.
        pub source: TemplateSource,
    }
}

shape! {
    /// What is not named stays as it is. Each change is a version.
    #[derive(Default)]
    pub struct TemplateChange {
        /// A new name.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(example = "Plateforme, première relance"))]
        pub name: Option<String>,
        /// A new purpose.
        #[serde(default)]
        pub purpose: Option<RelancePurpose>,
        /// Another tone.
        #[serde(default)]
        pub tone: Option<Tone>,
        /// New words, in all languages of the text.
        #[serde(default)]
        pub texts: Option<Wordings>,
        /// Puts it away, or takes it out again.
        #[serde(default)]
        pub archived: Option<bool>,
        /// Why: for those who ask later; up to 500 characters.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(example = "Plus court, sur le conseil de l’équipe"))]
        pub note: String,
    }
}

shape! {
    /// A text as it was saved.
    pub struct TemplateVersion {
        /// Counts the saves.
        pub version: i64,
        /// What the text is called.
        pub name: String,
        /// What the text is for.
        pub purpose: RelancePurpose,
        /// How it speaks.
        pub tone: Tone,
        /// Its words, subject and body in each language.
        pub texts: Wordings,
        /// Why it was saved.
        pub note: String,
        /// Who saved it.
        pub by_name: String,
        /// When it was saved.
        pub at: DateTime<Utc>,
    }
}

shape! {
    pub struct TemplateVersionPage {
        /// Newest first.
        pub data: Vec<TemplateVersion>,
        /// Cursor of the next page; nothing on the last one.
        pub next: Option<String>,
    }
}

paged! {
    #[derive(Default)]
    pub struct TemplateVersionQuery {
    }
}

shape! {
    pub struct TemplateDiffQuery {
        /// Version before.
        pub from: i64,
        /// Version after.
        pub to: i64,
    }
}

domain::closed_enum! {
    /// A part of a text.
    pub enum TemplateField {
        Name = "name",
        Purpose = "purpose",
        Tone = "tone",
        FrSubject = "fr.subject",
        FrBody = "fr.body",
        EnSubject = "en.subject",
        EnBody = "en.body",
    }
}

domain::closed_enum! {
    pub enum PieceChange { Same = "same", Added = "added", Removed = "removed" }
}

shape! {
    pub struct TemplatePiece {
        /// Whether these words stayed, came or went.
        pub change: PieceChange,
        /// Words with their spaces and line breaks.
        pub text: String,
    }
}

shape! {
    pub struct TemplateFieldDiff {
        /// Part of the text.
        pub field: TemplateField,
        /// In the order of the text: those that are the same or removed make the text before, those that are the same or
        /// added the text after.
        pub pieces: Vec<TemplatePiece>,
    }
}

shape! {
    /// What differs between two versions, word by word.
    pub struct TemplateDiff {
        /// Version before.
        pub from: i64,
        /// Version after.
        pub to: i64,
        /// Fields that differ; none when the versions say the same.
        pub fields: Vec<TemplateFieldDiff>,
    }
}

shape! {
    /// The words of an earlier version, as a new one.
    pub struct TemplateRestore {
        /// The version to go back to.
        pub version: i64,
        /// Why: for those who ask later; up to 500 characters.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(example = "L’ancienne était plus claire"))]
        pub note: String,
    }
}

shape! {
    /// A text to look at; nothing is saved.
    pub struct TemplateCheck {
        /// The words to look at.
        pub texts: Wordings,
    }
}

shape! {
    /// What is wrong in one part of a text.
    pub struct TemplateFieldFault {
        /// Part of the text.
        pub field: TemplateField,
        /// What is wrong there.
        pub fault: Fault,
    }
}

shape! {
    pub struct TemplateChecked {
        /// Can be saved: nothing is wrong.
        pub good: bool,
        /// Part by part, in the order of their places.
        pub faults: Vec<TemplateFieldFault>,
        /// Variables that the texts ask for.
        pub variables: Vec<Variable>,
    }
}

domain::closed_enum! {
    /// Why a dossier is among the samples.
    pub enum SampleReason {
        Chosen = "chosen",
        /// Nobody can be written to.
        NoContact = "no_contact",
        /// There is an address, and no name with it.
        NoContactName = "no_contact_name",
        LongestName = "longest_name",
        /// No platform for reception.
        NoPlatform = "no_platform",
        /// Several dossiers of one contact, in one message.
        SeveralDossiers = "several_dossiers",
    }
}

shape! {
    /// A text on real dossiers. Its words are those given, else those of a template as it stands.
    #[derive(Default)]
    pub struct TemplatePreview {
        /// Words to look at; those of `template_id` unless given.
        #[serde(default)]
        pub texts: Option<Wordings>,
        /// A text of the firm, as it stands.
        #[serde(default)]
        pub template_id: Option<TemplateId>,
        /// Language of the reader; French unless told.
        #[serde(default)]
        pub lang: Option<Lang>,
        /// Dossiers in sight, each with its own message; up to 20.
        #[serde(default)]
        pub dossiers: Vec<DossierId>,
        /// Also the odd ones, which the server picks from those that the filter takes.
        #[serde(default)]
        pub odd: bool,
        /// Filter from which the odd ones are picked, as in the list of dossiers.
        #[serde(default)]
        pub filter: DossierQuery,
        /// Deadline of the sequence; none unless told.
        #[serde(default)]
        pub deadline: Option<NaiveDate>,
    }
}

shape! {
    /// A value that the text wants, and that is empty here.
    pub struct TemplateHollow {
        /// The variable.
        pub variable: Variable,
        /// In words.
        pub text: Text,
    }
}

shape! {
    /// How a message would look.
    pub struct TemplateSample {
        /// Why it is among the samples.
        pub reason: SampleReason,
        /// Dossiers that the message is about.
        pub dossiers: Vec<MailDossier>,
        /// Address of the contact.
        #[cfg_attr(feature = "openapi", schema(example = "claire.martin@exemple.fr"))]
        pub to: Option<String>,
        /// Name of the contact.
        pub to_name: Option<String>,
        /// Language that it is in: French where there is no English.
        pub lang: Lang,
        /// Nothing when values are missing.
        pub subject: Option<String>,
        /// The plain text; nothing when values are missing.
        pub text: Option<String>,
        /// A whole page, without anything to fetch.
        pub html: Option<String>,
        /// Values that keep it from being written.
        pub missing: Vec<TemplateHollow>,
    }
}

shape! {
    pub struct TemplatePreviews {
        /// Those chosen first, then the odd ones.
        pub data: Vec<TemplateSample>,
    }
}

shape! {
    /// A message to oneself, as a client would get it.
    pub struct TemplateTest {
        /// Words to try; those of `template_id` unless given.
        #[serde(default)]
        pub texts: Option<Wordings>,
        /// A text of the firm, as it stands.
        #[serde(default)]
        pub template_id: Option<TemplateId>,
        /// Language of the reader; French unless told.
        #[serde(default)]
        pub lang: Option<Lang>,
        /// The dossier that it is written about.
        pub dossier_id: DossierId,
        /// Deadline of the sequence; none unless told.
        #[serde(default)]
        pub deadline: Option<NaiveDate>,
    }
}

shape! {
    pub struct TemplateTested {
        /// Id of the message in the outbox.
        pub mail_id: MailId,
        /// Address of who asked.
        #[cfg_attr(feature = "openapi", schema(example = "paul.durand@cabinet-exemple.fr"))]
        pub to: String,
        /// As it leaves, marked as a test.
        #[cfg_attr(feature = "openapi", schema(example = "[Essai] Votre plateforme, en deux minutes"))]
        pub subject: String,
        /// How it leaves.
        pub outgoing: Outgoing,
    }
}

shape! {
    pub struct TemplateVariable {
        /// The variable.
        pub variable: Variable,
        /// What it holds.
        pub kind: ValueKind,
        /// What it is called.
        pub label: Text,
        /// As it is written without a filter.
        pub example: Text,
        /// When it is empty, so that `default` must say what stands there then; nothing when it never is.
        pub empty: Option<Text>,
        /// Filters that fit it.
        pub filters: Vec<FilterKind>,
    }
}

shape! {
    pub struct TemplateVariableGroup {
        /// What the variables are about.
        pub group: VariableGroup,
        /// What it is called.
        pub label: Text,
        /// In the order of the picker.
        pub variables: Vec<TemplateVariable>,
    }
}

shape! {
    pub struct TemplateFilter {
        /// The filter.
        pub filter: FilterKind,
        /// What it is called.
        pub label: Text,
        /// A whole use of it.
        pub example: Text,
        /// Kinds of values that it takes.
        pub takes: Vec<ValueKind>,
        /// Texts after the colon: at least, at most.
        #[cfg_attr(feature = "openapi", schema(example = 1))]
        pub least: u32,
        #[cfg_attr(feature = "openapi", schema(example = 1))]
        pub most: u32,
    }
}

shape! {
    /// What can stand between `{{` and `}}`.
    pub struct TemplateVocabulary {
        /// Variables by what they are about.
        pub groups: Vec<TemplateVariableGroup>,
        /// All filters.
        pub filters: Vec<TemplateFilter>,
    }
}
