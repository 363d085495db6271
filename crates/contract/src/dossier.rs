//! Dossiers: the list, one dossier, bulk acts, saved views.

use chrono::{DateTime, Utc};
use domain::exposure::ExposureReport;
use domain::reference::WaveCode;
use domain::relance::RelancePurpose;
use domain::{
    ActId, Criterion, DossierFacts, DossierId, InCharge, Obligation, PlatformDecider, PortfolioId, Readiness,
    ReadinessState, Registration, Siren, Size, SizeClass, UserId, VatRegime, ViewId,
};

use crate::common::{OrNone, Several, paged, shape};

domain::closed_enum! {
    /// Order of the list; a minus sign turns it round.
    pub enum DossierSort {
        Name = "name",
        NameDesc = "-name",
        Score = "score",
        ScoreDesc = "-score",
        /// Worst state first.
        State = "state",
        StateDesc = "-state",
        Code = "code",
        CodeDesc = "-code",
        Siren = "siren",
        SirenDesc = "-siren",
        UpdatedAt = "updated_at",
        UpdatedAtDesc = "-updated_at",
        Exposure = "exposure",
        /// Greatest exposure first.
        ExposureDesc = "-exposure",
    }
}

shape! {
    /// Filters of the list of dossiers; several values of one filter are alternatives, filters add up.
    #[derive(Default)]
    pub struct DossierQuery {
        /// Words of the name, SIREN, contact or code, without case or accents.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub q: Option<String>,
        /// States of readiness.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<ReadinessState>))]
        pub state: Several<ReadinessState>,
        /// Size classes, or `none` where it is not determinable yet.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        #[cfg_attr(feature = "openapi", schema(example = json!(["pme"])))]
        pub size: Several<OrNone<SizeClass>>,
        /// VAT regimes, or `none` where it is not known.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        #[cfg_attr(feature = "openapi", schema(example = json!(["real_monthly"])))]
        pub vat_regime: Several<OrNone<VatRegime>>,
        /// Portfolios, or `none` for the dossiers outside any.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        #[cfg_attr(feature = "openapi", schema(example = json!(["none"])))]
        pub portfolio_id: Several<OrNone<PortfolioId>>,
        /// Persons in charge, as manager or assignee; `none` for the dossiers without one.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        #[cfg_attr(feature = "openapi", schema(example = json!(["none"])))]
        pub person_id: Several<OrNone<UserId>>,
        /// Name of a person in charge that no account answers to yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub person_label: Option<String>,
        /// Platforms chosen for reception, or `none`; a comma within a name is written `\,`.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        pub platform: Several<OrNone<String>>,
        /// Tools of the clients, or `none`; a comma within a name is written `\,`.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        pub tool: Several<OrNone<String>>,
        /// Tags; a dossier with one of them is in.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        pub tag: Several<String>,
        /// Criteria that are missing; all of the given ones.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<Criterion>))]
        pub missing: Several<Criterion>,
        /// Reached by this wave of the reform.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub wave: Option<WaveCode>,
        /// Reached by this wave and lacking what it needs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub unready_for: Option<WaveCode>,
        /// Late for this purpose of relances: lacking one of the criteria that it asks for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub late_for: Option<RelancePurpose>,
        /// Marked as confidential, or not.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::common::bool_word")]
        pub confidential: Option<bool>,
    }
}

paged! {
    /// Query of the list: filters, order, page.
    #[derive(Default)]
    pub struct DossierListQuery {
        #[serde(flatten)]
        pub filter: DossierQuery,
        /// Order; the name unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub sort: Option<DossierSort>,
        /// Also answer the number of rows and the counts by filter value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub facets: Option<bool>,
    }
}

shape! {
    /// A dossier in the list.
    pub struct DossierRow {
        pub id: DossierId,
        pub version: i64,
        pub siren: Siren,
        #[cfg_attr(feature = "openapi", schema(example = "Boulangerie de l’Île SARL"))]
        pub name: String,
        #[cfg_attr(feature = "openapi", schema(example = "B00012"))]
        pub code: Option<String>,
        pub state: ReadinessState,
        #[cfg_attr(feature = "openapi", schema(example = 62, minimum = 0, maximum = 100))]
        pub score: u32,
        pub next_act: Option<Criterion>,
        /// How many criteria are missing.
        pub missing: u32,
        /// Maximum theoretical exposure to fines.
        #[cfg_attr(feature = "openapi", schema(example = 150000))]
        pub exposure_cents: i64,
        pub size: Option<SizeClass>,
        pub vat_regime: Option<VatRegime>,
        pub portfolio_id: Option<PortfolioId>,
        pub manager: InCharge,
        pub assignee: InCharge,
        pub reception_platform: Option<String>,
        pub emission_platform: Option<String>,
        pub tool: Option<String>,
        pub contact: Option<String>,
        pub city: Option<String>,
        pub headcount: Option<u32>,
        pub turnover_cents: Option<i64>,
        pub invoices_per_month: Option<u32>,
        pub tags: Vec<String>,
        pub confidential: bool,
        pub updated_at: DateTime<Utc>,
    }
}

shape! {
    /// A filter value and the rows behind it, with the other filters as they are.
    pub struct FacetCount {
        /// As the filter expects it; `none` for the rows without one.
        #[cfg_attr(feature = "openapi", schema(example = "late"))]
        pub value: String,
        pub count: u64,
    }
}

shape! {
    pub struct DossierFacets {
        pub state: Vec<FacetCount>,
        pub size: Vec<FacetCount>,
        pub vat_regime: Vec<FacetCount>,
        pub portfolio_id: Vec<FacetCount>,
        pub person_id: Vec<FacetCount>,
        pub platform: Vec<FacetCount>,
        pub tool: Vec<FacetCount>,
        pub tag: Vec<FacetCount>,
        pub missing: Vec<FacetCount>,
    }
}

shape! {
    pub struct DossierPage {
        pub data: Vec<DossierRow>,
        /// Cursor of the next page; nothing on the last one.
        pub next: Option<String>,
        /// Rows in all, with `facets=true`.
        pub total: Option<u64>,
        pub facets: Option<DossierFacets>,
    }
}

shape! {
    /// A dossier whole: facts, what follows from them by law, and its readiness explained.
    pub struct Dossier {
        pub id: DossierId,
        pub version: i64,
        pub facts: DossierFacts,
        pub vat_number: String,
        /// The SIREN's check digit holds.
        pub siren_checked: bool,
        /// Whether the public register lists the reception platform; nothing when none is chosen.
        pub platform_registered: Option<bool>,
        pub size: Size,
        pub obligations: Vec<Obligation>,
        pub readiness: Readiness,
        /// What the dossier could be asked to pay at most, line by line.
        pub exposure: ExposureReport,
        pub created_at: DateTime<Utc>,
        pub updated_at: DateTime<Utc>,
    }
}

shape! {
    /// A new dossier: any facts, `siren` and `name` at least.
    pub struct NewDossier {
        #[serde(flatten)]
        pub facts: DossierFacts,
    }
}

shape! {
    /// Facts to change by name; absent fields stay, `null` empties. `vat_regime` states a regime from `vat_regime_from`
    /// (today unless told) and keeps the history; `vat_regimes` replaces the history.
    #[derive(Default)]
    pub struct DossierChange {
        /// Any field of the facts except `siren`.
        #[serde(flatten)]
        pub fields: std::collections::BTreeMap<String, serde_json::Value>,
    }
}

domain::closed_enum! {
    /// Which person in charge.
    pub enum Duty { Manager = "manager", Assignee = "assignee" }
}

domain::closed_enum! {
    pub enum PlatformUse { Reception = "reception", Emission = "emission", Both = "both" }
}

/// What to do to every dossier of a selection.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum BulkAct {
    /// Put a person in charge, or nobody.
    Assign {
        duty: Duty,
        user_id: Option<UserId>,
    },
    /// Move to a portfolio, or out of any.
    Portfolio {
        portfolio_id: Option<PortfolioId>,
    },
    Tag {
        add: Vec<String>,
        remove: Vec<String>,
    },
    /// Choose a platform, or none.
    Platform {
        usage: PlatformUse,
        name: Option<String>,
    },
    /// Say who decides on the platform, or leave it to the firm's settings.
    PlatformDecider {
        decider: Option<PlatformDecider>,
    },
    /// Say where the registration on the platform stands; a denial has its reason.
    Registration {
        registration: Option<Registration>,
    },
    /// Record a dated proof for a criterion; the newest one stands.
    Proof {
        criterion: Criterion,
        what: String,
        on: chrono::NaiveDate,
        #[serde(default)]
        expires_on: Option<chrono::NaiveDate>,
    },
}

shape! {
    /// A selection by ids, or by the filters of the list when `ids` is absent.
    pub struct BulkInput {
        #[serde(default)]
        pub ids: Option<Vec<DossierId>>,
        #[serde(default)]
        pub filter: Option<DossierQuery>,
        pub act: BulkAct,
        /// Only tell what would happen.
        #[serde(default)]
        pub preview: bool,
    }
}

domain::closed_enum! {
    pub enum ItemOutcome {
        Changed = "changed",
        /// Already so.
        Unchanged = "unchanged",
        /// Not in your scope, or gone.
        NotFound = "not_found",
        /// Changed since; left as it is.
        Kept = "kept",
        Refused = "refused",
    }
}

shape! {
    pub struct ItemResult {
        pub dossier_id: DossierId,
        pub name: Option<String>,
        pub outcome: ItemOutcome,
        /// Why it was left out.
        pub reason: Option<domain::Text>,
    }
}

shape! {
    /// What a bulk act did, dossier by dossier; with it comes the way back.
    pub struct BulkResult {
        /// Give it to `undo_act` to take the act back; nothing for a preview or when nothing changed.
        pub act_id: Option<ActId>,
        pub changed: u64,
        pub unchanged: u64,
        pub left_out: u64,
        pub items: Vec<ItemResult>,
        /// What became of the anomalies of an act that is taken back.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub anomalies: Vec<crate::AnomalyItem>,
    }
}

shape! {
    /// A saved view: the address of a list with its filters, order and columns.
    pub struct View {
        pub id: ViewId,
        /// Which list it is of.
        #[serde(default)]
        pub list: ViewOf,
        #[cfg_attr(feature = "openapi", schema(example = "En retard sans plateforme"))]
        pub name: String,
        /// Query string of the list.
        #[cfg_attr(feature = "openapi", schema(example = "state=late&missing=reception_platform&sort=name"))]
        pub query: String,
        /// Seen by the whole cabinet.
        pub shared: bool,
        /// Made by the caller.
        pub mine: bool,
    }
}

domain::closed_enum! {
    /// Lists that have saved views.
    #[derive(Default)]
    pub enum ViewOf {
        #[default]
        Dossiers = "dossiers",
        Flows = "flows",
        Anomalies = "anomalies",
    }
}

shape! {
    #[derive(Default)]
    pub struct ViewQuery {
        /// Of these lists; of the dossiers unless told.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<ViewOf>))]
        pub list: Several<ViewOf>,
    }
}

shape! {
    pub struct ViewList {
        pub data: Vec<View>,
    }
}

shape! {
    pub struct NewView {
        /// Which list it is of.
        #[serde(default)]
        pub list: ViewOf,
        #[cfg_attr(feature = "openapi", schema(example = "En retard sans plateforme"))]
        pub name: String,
        #[cfg_attr(feature = "openapi", schema(example = "state=late&missing=reception_platform&sort=name"))]
        pub query: String,
        #[serde(default)]
        pub shared: bool,
    }
}

shape! {
    pub struct SearchQuery {
        /// At least two characters of a name, SIREN, code or contact.
        #[cfg_attr(feature = "openapi", schema(example = "boulangerie"))]
        pub q: String,
    }
}

shape! {
    pub struct SearchHit {
        pub id: DossierId,
        #[cfg_attr(feature = "openapi", schema(example = "Boulangerie de l’Île SARL"))]
        pub name: String,
        pub siren: Siren,
        pub code: Option<String>,
        pub state: ReadinessState,
        pub score: u32,
    }
}

shape! {
    pub struct SearchResult {
        pub data: Vec<SearchHit>,
    }
}

shape! {
    pub struct DossierExportQuery {
        #[serde(flatten)]
        pub filter: DossierQuery,
        /// Form of the file; CSV unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub format: Option<crate::FileFormat>,
    }
}
