//! Reference data as the API serves it.

use domain::reference::{PlatformRegister, ReadinessTable, ReferenceTable, RegimeRow, SizeThreshold, Wave};

use crate::common::shape;

/// The tables of the law and of the product, each row with its dates, source and confidence.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reference {
    pub waves: Vec<Wave>,
    pub size_thresholds: Vec<SizeThreshold>,
    pub vat_regimes: Vec<RegimeRow>,
    pub readiness: ReadinessTable,
    pub platforms: PlatformRegister,
}

/// Every table in one form: what a page shows and a partner of the firm can cite.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReferenceTables {
    pub tables: Vec<ReferenceTable>,
}

shape! {
    pub struct Pong {
        #[cfg_attr(feature = "openapi", schema(example = true))]
        pub ok: bool,
    }
}
