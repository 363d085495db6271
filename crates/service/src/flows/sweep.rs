//! Flows whose time has come without news. What is written is judged as it is written; this is for what time alone does.

use chrono::{DateTime, Duration, Utc};
use domain::CabinetId;
use store::dialect;
use store::flows::Stored;
use store::journal::Stamp;

use super::Writing;
use super::take::time_has_come;
use crate::{App, Result, time};

/// Flows of one transaction.
const BATCH: i64 = 500;
/// A write bears the moment at which it was asked for, and may have waited for its turn: what came later than this is
/// left for the next look, so that no flow falls between both.
const BEHIND: Duration = Duration::minutes(5);

/// Looks at the flows of every cabinet whose time came since the last look. Where there is none this costs one look into
/// an index for each. Returns how many were looked at.
pub fn sweep(app: &App, now: DateTime<Utc>) -> Result<u64> {
    let until = now - BEHIND;
    let (mut looked, mut failed) = (0, None);
    for cabinet in store::references::cabinet_ids(&mut *app.store.conn()?)? {
        match of_cabinet(app, cabinet, now, until) {
            Ok(n) => looked += n,
            // What fails for one firm holds no other back.
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    failed.map_or(Ok(looked), Err)
}

fn of_cabinet(app: &App, cabinet: CabinetId, now: DateTime<Utc>, until: DateTime<Utc>) -> Result<u64> {
    let mut conn = app.store.conn()?;
    let first = DateTime::<Utc>::default();
    let since = store::flows::swept_at(&mut conn, cabinet)?.unwrap_or(first);
    if since >= until || !store::flows::any_due(&mut conn, cabinet, since, until)? {
        return Ok(0);
    }
    let mut looked = 0;
    let mut place = (since, LAST.to_owned());
    loop {
        let (found, next) = conn.write(|conn| -> Result<(usize, Option<Stored>)> {
            dialect::lock_cabinet(conn, cabinet)?;
            let due = store::flows::due(conn, cabinet, (place.0, &place.1), until, BATCH)?;
            let (found, last) = (due.len(), due.last().cloned());
            let whole = (found as i64) < BATCH;
            if !due.is_empty() {
                let judge = app.judge(conn, cabinet, time::paris_day(now))?;
                let stamp = Stamp { at: now, actor: None, request_id: "worker".to_owned() };
                time_has_come(&mut Writing { conn, cabinet, stamp: &stamp, judge: &judge }, due)?;
            }
            // Of several of one moment some may be left: they are looked at once more rather than never.
            let swept = match &last {
                Some(last) if !whole => last.stuck_at.unwrap_or(until) - Duration::microseconds(1),
                _ => until,
            };
            store::flows::set_swept_at(conn, cabinet, swept)?;
            Ok((found, last.filter(|_| !whole)))
        })?;
        looked += found as u64;
        let Some(next) = next else { return Ok(looked) };
        place = (next.stuck_at.unwrap_or(until), next.flow.id.to_string());
    }
}

/// After every id.
const LAST: &str = "~";
