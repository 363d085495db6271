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
        pub purpose: RelancePurpose,
        pub tone: Tone,
        #[cfg_attr(feature = "openapi", schema(example = "1.0"))]
        pub version: String,
        pub date: NaiveDate,
        pub name: Text,
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
        pub id: TemplateId,
        pub version: i64,
        #[cfg_attr(feature = "openapi", schema(example = "Plateforme, première relance"))]
        pub name: String,
        pub purpose: RelancePurpose,
        pub tone: Tone,
        /// Put away: nothing new uses it.
        pub archived: bool,
        /// Text of the product that it began as, with its version; nothing when it began otherwise.
        #[cfg_attr(feature = "openapi", schema(example = "choose_platform.gentle 1.0"))]
        pub origin: Option<String>,
        pub created_at: DateTime<Utc>,
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
        texts: Wordings,
    },
}

shape! {
    pub struct NewTemplate {
        /// That of the source unless told; each name once among the texts that are not put away.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(example = "Plateforme, première relance"))]
        pub name: Option<String>,
        pub source: TemplateSource,
    }
}

shape! {
    /// What is not named stays as it is. Each change is a version.
    #[derive(Default)]
    pub struct TemplateChange {
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(example = "Plateforme, première relance"))]
        pub name: Option<String>,
        #[serde(default)]
        pub purpose: Option<RelancePurpose>,
        #[serde(default)]
        pub tone: Option<Tone>,
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
        pub version: i64,
        pub name: String,
        pub purpose: RelancePurpose,
        pub tone: Tone,
        pub texts: Wordings,
        pub note: String,
        pub by_name: String,
        pub at: DateTime<Utc>,
    }
}

shape! {
    pub struct TemplateVersionPage {
        /// Newest first.
        pub data: Vec<TemplateVersion>,
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
        pub change: PieceChange,
        /// Words with their spaces and line breaks.
        pub text: String,
    }
}

shape! {
    pub struct TemplateFieldDiff {
        pub field: TemplateField,
        /// In the order of the text: those that are the same or removed make the text before, those that are the same or
        /// added the text after.
        pub pieces: Vec<TemplatePiece>,
    }
}

shape! {
    /// What differs between two versions, word by word.
    pub struct TemplateDiff {
        pub from: i64,
        pub to: i64,
        /// Fields that differ; none when the versions say the same.
        pub fields: Vec<TemplateFieldDiff>,
    }
}

shape! {
    /// The words of an earlier version, as a new one.
    pub struct TemplateRestore {
        pub version: i64,
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(example = "L’ancienne était plus claire"))]
        pub note: String,
    }
}

shape! {
    /// A text to look at; nothing is saved.
    pub struct TemplateCheck {
        pub texts: Wordings,
    }
}

shape! {
    /// What is wrong in one part of a text.
    pub struct TemplateFieldFault {
        pub field: TemplateField,
        pub fault: Fault,
    }
}

shape! {
    pub struct TemplateChecked {
        /// Can be saved: nothing is wrong.
        pub good: bool,
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
        #[serde(default)]
        pub texts: Option<Wordings>,
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
        pub variable: Variable,
        pub text: Text,
    }
}

shape! {
    /// How a message would look.
    pub struct TemplateSample {
        pub reason: SampleReason,
        pub dossiers: Vec<MailDossier>,
        #[cfg_attr(feature = "openapi", schema(example = "claire.martin@exemple.fr"))]
        pub to: Option<String>,
        pub to_name: Option<String>,
        /// Language that it is in: French where there is no English.
        pub lang: Lang,
        /// Nothing when values are missing.
        pub subject: Option<String>,
        pub text: Option<String>,
        /// A whole page, without anything to fetch.
        pub html: Option<String>,
        pub missing: Vec<TemplateHollow>,
    }
}

shape! {
    pub struct TemplatePreviews {
        pub data: Vec<TemplateSample>,
    }
}

shape! {
    /// A message to oneself, as a client would get it.
    pub struct TemplateTest {
        #[serde(default)]
        pub texts: Option<Wordings>,
        #[serde(default)]
        pub template_id: Option<TemplateId>,
        #[serde(default)]
        pub lang: Option<Lang>,
        /// The dossier that it is written about.
        pub dossier_id: DossierId,
        #[serde(default)]
        pub deadline: Option<NaiveDate>,
    }
}

shape! {
    pub struct TemplateTested {
        pub mail_id: MailId,
        /// One's own address.
        #[cfg_attr(feature = "openapi", schema(example = "paul.durand@cabinet-exemple.fr"))]
        pub to: String,
        #[cfg_attr(feature = "openapi", schema(example = "[Essai] Votre plateforme, en deux minutes"))]
        pub subject: String,
        /// How it leaves.
        pub outgoing: Outgoing,
    }
}

shape! {
    pub struct TemplateVariable {
        pub variable: Variable,
        pub kind: ValueKind,
        pub label: Text,
        /// As it is written without a filter.
        pub example: Text,
        /// When it is empty, so that `default` must say what stands there then; nothing when it never is.
        pub empty: Option<Text>,
        pub filters: Vec<FilterKind>,
    }
}

shape! {
    pub struct TemplateVariableGroup {
        pub group: VariableGroup,
        pub label: Text,
        pub variables: Vec<TemplateVariable>,
    }
}

shape! {
    pub struct TemplateFilter {
        pub filter: FilterKind,
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
        pub groups: Vec<TemplateVariableGroup>,
        pub filters: Vec<TemplateFilter>,
    }
}
