//! New ids: UUIDv7 (RFC 9562, 5.7), so that rows of one table lie in the order of their making.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::{Builder, Uuid};

/// Ids of one millisecond are counted in the twelve bits beside it.
const COUNTED: u32 = 12;

/// An id greater than each that this process made before. The generator of `uuid` keeps that order behind a lock, at which
/// every request waited, for its own id, while an import made ids by thousands.
pub fn fresh() -> Uuid {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let now = u64::try_from(millis).unwrap_or(u64::MAX) << COUNTED;
    // More ids than a millisecond counts, or a clock that is put back, run ahead of the clock for a while.
    let next = |last: u64| now.max(last.saturating_add(1));
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last))).unwrap_or_default();
    let place = next(last);
    let mut rest: [u8; 10] = rand::random();
    let count = (place & ((1 << COUNTED) - 1)) as u16;
    rest[..2].copy_from_slice(&count.to_be_bytes());
    Builder::from_unix_timestamp_millis(place >> COUNTED, &rest).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_now_in_order_and_each_once_over_threads() {
        let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let make = || (0..20_000).map(|_| fresh()).collect::<Vec<_>>();
        let all: Vec<Vec<Uuid>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(make)).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert!(all.iter().all(|ids| ids.is_sorted_by(|a, b| a < b)));
        let later = fresh();
        let mut all = all.concat();
        assert!(all.iter().all(|id| id.get_version_num() == 7 && *id < later));
        let (seconds, _) = all[0].get_timestamp().unwrap().to_unix();
        assert!((before..before + 60).contains(&seconds));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 80_000);
    }
}
