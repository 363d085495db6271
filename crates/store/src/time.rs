//! Times as both databases keep them: microseconds since 1970 UTC, so that a value reads back as it was written.

use chrono::{DateTime, Utc};

pub fn to_db(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

pub fn from_db(at: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at).unwrap_or_default()
}
