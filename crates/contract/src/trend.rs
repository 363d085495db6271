//! How readiness moves: day by day, since a day, and towards an obligation.

use chrono::NaiveDate;
use domain::pace::{PacePoint, Projection};
use domain::reference::WaveCode;
use domain::{Criterion, DossierId, ObligationGroup, PortfolioId, ReadinessState, Siren};

use crate::common::{paged, shape};
use crate::{DossierQuery, StateCounts};

shape! {
    #[derive(Default)]
    pub struct TrendQuery {
        /// Narrow to one portfolio, or `none`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub portfolio_id: Option<String>,
        /// First day, Europe/Paris; ninety days before the last one unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub from: Option<NaiveDate>,
        /// Last day, Europe/Paris; today unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub to: Option<NaiveDate>,
    }
}

shape! {
    /// The dossiers in sight as a day began; of today, as they are.
    pub struct TrendPoint {
        pub on: NaiveDate,
        pub dossiers: u64,
        /// Mean score by the firm's weighting of now, one decimal; nothing without dossiers.
        #[cfg_attr(feature = "openapi", schema(example = 61.4))]
        pub score: Option<f64>,
        pub states: StateCounts,
        pub exposure_cents: i64,
    }
}

shape! {
    pub struct Trend {
        pub from: NaiveDate,
        pub to: NaiveDate,
        /// Oldest first; a day on which nothing was kept has none.
        pub points: Vec<TrendPoint>,
    }
}

shape! {
    pub struct BurnUpQuery {
        /// The duty of the reform.
        pub obligation: ObligationGroup,
        /// Narrow to one portfolio, or `none`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub portfolio_id: Option<String>,
        /// First day, Europe/Paris; ninety days before the last one unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub from: Option<NaiveDate>,
        /// Last day, Europe/Paris; today unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub to: Option<NaiveDate>,
    }
}

shape! {
    /// A wave of the obligation over the dossiers in sight, as they are.
    pub struct BurnUpWave {
        pub wave: WaveCode,
        pub label: domain::Text,
        pub starts_on: NaiveDate,
        /// Reached: `wave=<code>` opens them.
        pub reached: u64,
        /// Of these, those that have what the obligation needs.
        pub prepared: u64,
    }
}

shape! {
    pub struct BurnUp {
        pub obligation: ObligationGroup,
        /// The last start of the waves that reach a dossier in sight: what the projection is held against.
        pub due_on: NaiveDate,
        pub waves: Vec<BurnUpWave>,
        /// Oldest first; a day on which nothing was kept has none.
        pub points: Vec<PacePoint>,
        /// From the points of the last weeks, whatever the days asked for.
        pub projection: Projection,
    }
}

domain::closed_enum! {
    pub enum MoveDirection {
        /// A higher score, or a better state at the same score.
        Up = "up",
        Down = "down",
        /// Other criteria at the same score and state.
        Level = "level",
    }
}

paged! {
    #[derive(Default)]
    pub struct MoveQuery {
        #[serde(flatten)]
        pub filter: DossierQuery,
        /// Day whose beginning is compared with now, Europe/Paris; a week ago unless told, at most 400 days ago.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub since: Option<NaiveDate>,
        /// Only those that moved this way.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub direction: Option<MoveDirection>,
        /// Also answer the totals.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub facets: Option<bool>,
    }
}

shape! {
    /// A dossier that moved.
    pub struct ReadinessMove {
        pub dossier_id: DossierId,
        #[cfg_attr(feature = "openapi", schema(example = "Boulangerie de l’Île SARL"))]
        pub name: String,
        pub siren: Siren,
        pub code: Option<String>,
        pub portfolio_id: Option<PortfolioId>,
        pub direction: MoveDirection,
        #[cfg_attr(feature = "openapi", schema(example = 40, minimum = 0, maximum = 100))]
        pub score_before: u32,
        #[cfg_attr(feature = "openapi", schema(example = 62, minimum = 0, maximum = 100))]
        pub score: u32,
        pub state_before: ReadinessState,
        pub state: ReadinessState,
        /// Criteria that were missing and no longer are.
        pub gained: Vec<Criterion>,
        /// Criteria that have become missing.
        pub lost: Vec<Criterion>,
        /// Version of the firm's rules under which it stood before (0: those of the product), when the rules have changed
        /// since: the difference is theirs as well. Nothing otherwise.
        pub rules_before: Option<i64>,
    }
}

shape! {
    /// A change of the rules of the score: one event, and no move of each dossier. Over the dossiers in sight.
    pub struct RulesMove {
        /// Version in force before; 0 for the rules of the product.
        pub version_before: i64,
        /// Version that came into force.
        pub version: i64,
        /// Day on which the dossiers were judged by it, Europe/Paris.
        pub on: NaiveDate,
        /// Why, as the firm said it.
        #[cfg_attr(feature = "openapi", schema(example = "La plateforme d’abord"))]
        pub note: String,
        /// Mean score right before and right after, each weighed by its own rules; nothing without dossiers.
        #[cfg_attr(feature = "openapi", schema(example = 71.4))]
        pub score_before: Option<f64>,
        #[cfg_attr(feature = "openapi", schema(example = 68.2))]
        pub score: Option<f64>,
        pub states_before: StateCounts,
        pub states: StateCounts,
    }
}

shape! {
    /// Dossiers that gained or lost a criterion.
    pub struct CriterionTally {
        pub criterion: Criterion,
        pub gained: u64,
        pub lost: u64,
    }
}

shape! {
    /// Over every dossier that moved within the filters, whatever the page and the direction.
    #[derive(Default)]
    pub struct MoveTotals {
        pub up: u64,
        pub down: u64,
        pub level: u64,
        /// Dossiers that came into each state.
        pub entered: StateCounts,
        /// Dossiers that left each state.
        pub left: StateCounts,
        /// Those that moved a dossier, the most frequent first.
        pub criteria: Vec<CriterionTally>,
    }
}

shape! {
    pub struct MovePage {
        pub since: NaiveDate,
        /// Changes of the rules since, the latest first. They move dossiers that are not listed here.
        pub rules: Vec<RulesMove>,
        /// Greatest difference of score first.
        pub data: Vec<ReadinessMove>,
        pub next: Option<String>,
        /// With `facets=true`.
        pub totals: Option<MoveTotals>,
    }
}
