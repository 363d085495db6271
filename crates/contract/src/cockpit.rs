//! The cockpit: sums that were stored when facts changed; every number opens its rows.

use chrono::NaiveDate;
use domain::reference::WaveCode;
use domain::{Criterion, ObligationGroup, PortfolioId, UserId, Weighting};

use crate::common::shape;

shape! {
    #[derive(Default, Copy)]
    pub struct StateCounts {
        pub ready: u64,
        pub on_track: u64,
        pub at_risk: u64,
        pub late: u64,
        pub unknown: u64,
    }
}

shape! {
    pub struct Blocker {
        pub criterion: Criterion,
        /// Dossiers that lack it: `missing=<criterion>` opens them.
        pub dossiers: u64,
        /// Points to win, by the firm's weights.
        pub points: u64,
    }
}

shape! {
    /// A wave of the reform over the dossiers in sight.
    pub struct WaveProgress {
        pub wave: WaveCode,
        pub obligation: ObligationGroup,
        pub label: domain::Text,
        pub starts_on: NaiveDate,
        /// Days to go; negative once started.
        pub days: i64,
        /// Reached: `wave=<code>` opens them.
        pub dossiers: u64,
        /// Lacking what it needs: `unready_for=<code>` opens them.
        pub unready: u64,
    }
}

shape! {
    pub struct PortfolioProgress {
        /// Nothing: the dossiers outside any portfolio.
        pub portfolio_id: Option<PortfolioId>,
        pub name: Option<String>,
        pub dossiers: u64,
        /// Mean score by the firm's weighting; nothing when empty.
        pub score: Option<f64>,
        pub states: StateCounts,
        /// Maximum theoretical exposure to fines.
        pub exposure_cents: i64,
        /// Dossiers in which a critical anomaly is open.
        pub critical: u64,
        pub people: Vec<UserId>,
    }
}

shape! {
    pub struct Cockpit {
        pub as_of: NaiveDate,
        pub dossiers: u64,
        /// Mean score of the dossiers in sight by the firm's weighting, one decimal; nothing without dossiers.
        #[cfg_attr(feature = "openapi", schema(example = 61.4))]
        pub score: Option<f64>,
        pub weighting: Weighting,
        /// Scores are being computed by new rules, a new register or for the new day.
        pub recomputing: bool,
        pub states: StateCounts,
        /// Maximum theoretical exposure to fines of the dossiers in sight.
        pub exposure_cents: i64,
        /// Dossiers in sight in which a critical anomaly is open: `missing=no_critical_anomaly` opens them.
        pub critical: u64,
        pub blockers: Vec<Blocker>,
        pub waves: Vec<WaveProgress>,
        /// The next wave to start that has dossiers in sight.
        pub next_deadline: Option<WaveProgress>,
        pub portfolios: Vec<PortfolioProgress>,
        /// Dossiers in charge of the caller that are not ready.
        pub mine_not_ready: u64,
        /// Rights hide dossiers of the cabinet from the caller.
        pub partial: bool,
    }
}

shape! {
    pub struct CockpitQuery {
        /// Narrow to one portfolio, or `none`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub portfolio_id: Option<String>,
    }
}
