//! Anomalies: what rules find, and what becomes of it.

pub mod findings;
