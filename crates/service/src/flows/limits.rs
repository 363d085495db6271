//! How long flows may stand: what the firm has set, what a platform's own past tells, what is usual.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Duration, Utc};
use domain::CabinetId;
use domain::flow::learned_hours;
use store::Conn;
use store::flows::Stored;

use crate::Result;
use crate::anomalies::findings::{StuckLimits, stuck_limits};

/// What a platform's past tells of a status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    pub platform: String,
    pub status: u32,
    /// Nothing while too few flows have gone on from it.
    pub hours: Option<u32>,
    pub flows: i64,
}

/// What the past of all platforms of a firm tells.
pub fn learned(conn: &mut Conn, cabinet: CabinetId) -> Result<Vec<Learned>> {
    let usual = stuck_limits(conn, cabinet)?.usual;
    let widths = store::flows::widths(conn, cabinet, None)?;
    Ok(widths
        .into_iter()
        .map(|((platform, status), counts)| Learned {
            platform,
            status,
            hours: learned_hours(&counts, usual.get(&status).copied()),
            flows: counts.values().sum(),
        })
        .collect())
}

pub(super) struct Limits {
    stuck: StuckLimits,
    widths: BTreeMap<(String, u32), BTreeMap<i64, i64>>,
    hours: HashMap<String, HashMap<u32, Option<u32>>>,
}

impl Limits {
    pub fn read(conn: &mut Conn, cabinet: CabinetId, platforms: Option<&[String]>) -> Result<Self> {
        let stuck = stuck_limits(conn, cabinet)?;
        let widths = if stuck.on { store::flows::widths(conn, cabinet, platforms)? } else { BTreeMap::new() };
        Ok(Self { stuck, widths, hours: HashMap::new() })
    }

    /// When a flow should have moved on; nothing where it may stand.
    pub fn stuck_at(&mut self, flow: &Stored) -> Option<DateTime<Utc>> {
        let status = flow.status.as_ref().filter(|_| self.stuck.on)?;
        let hours = self.hours(&flow.flow.platform, status.code?)?;
        status.at.checked_add_signed(Duration::hours(i64::from(hours)))
    }

    fn hours(&mut self, platform: &str, code: u32) -> Option<u32> {
        if let Some(known) = self.hours.get(platform).and_then(|of| of.get(&code)) {
            return *known;
        }
        let key = (platform.to_owned(), code);
        let usual = self.stuck.usual.get(&code).copied();
        let past = || self.widths.get(&key).and_then(|counts| learned_hours(counts, usual));
        let hours = self.stuck.set.get(&key).copied().or_else(|| usual.map(|usual| past().unwrap_or(usual)));
        self.hours.entry(key.0).or_default().insert(code, hours);
        hours
    }
}
