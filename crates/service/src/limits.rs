//! How often something may be tried. Counted in the memory of the process: a restart forgives, and that is fine.
//!
//! Each limit is a leaky bucket per key (the generic cell rate algorithm): one number per key, the moment at which its
//! bucket is empty again. It stands here and not in a crate for one thing that those lack: a sign-in that succeeds
//! gives its attempt back, so that an office behind one address, or a test that signs in a hundred times, never meets
//! a limit that is made for guessing.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::{Error, Result};

/// Keys that one limit remembers at most (about 40 bytes each).
const MOST_KEYS: usize = 50_000;

/// How a caller stands with a limit, for the headers `RateLimit` and `RateLimit-Policy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub policy: &'static str,
    /// Attempts within the window.
    pub quota: u32,
    pub window_seconds: u64,
    /// Attempts left.
    pub left: u32,
    /// Seconds until all of them are there again.
    pub whole_in: u64,
}

/// What the limits on the way of one request said: the one that leaves the least.
#[derive(Debug, Clone, Default)]
pub struct Told(Arc<Mutex<Option<Standing>>>);

impl Told {
    fn lock(&self) -> MutexGuard<'_, Option<Standing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, standing: Standing) {
        let mut told = self.lock();
        if told.is_none_or(|t| standing.left <= t.left) {
            *told = Some(standing);
        }
    }

    fn forget(&self) {
        *self.lock() = None;
    }

    pub fn standing(&self) -> Option<Standing> {
        *self.lock()
    }
}

#[derive(Debug)]
pub struct Limits {
    start: Instant,
    sign_in_address: Limit<IpAddr>,
    sign_in_email: Limit<u64>,
    sign_up: Limit<IpAddr>,
    invitation: Limit<IpAddr>,
    calendar: Limit<IpAddr>,
    link: Limit<IpAddr>,
    event: Limit<IpAddr>,
    api: Limit<IpAddr>,
    // Keyed by chance at each start: who knows the hash of an e-mail cannot choose another with the same.
    hasher: RandomState,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            sign_in_address: Limit::new("sign-in-address", 10, Duration::from_secs(60)),
            sign_in_email: Limit::new("sign-in-email", 5, Duration::from_secs(60)),
            sign_up: Limit::new("sign-up", 30, Duration::from_secs(30 * 60)),
            invitation: Limit::new("invitation", 20, Duration::from_secs(60)),
            calendar: Limit::new("calendar", 60, Duration::from_secs(60)),
            link: Limit::new("link", 20, Duration::from_secs(60)),
            event: Limit::new("event", 20, Duration::from_secs(60)),
            api: Limit::new("api", 600, Duration::from_secs(1)),
            hasher: RandomState::new(),
        }
    }
}

/// An attempt that was counted. Give it back when it succeeds.
#[derive(Debug)]
#[must_use]
pub struct Attempt<'a> {
    limits: &'a Limits,
    address: Option<(&'a Limit<IpAddr>, IpAddr)>,
    email: Option<u64>,
    told: Told,
}

impl Attempt<'_> {
    pub fn succeeded(self) {
        let now = self.limits.start.elapsed();
        self.told.forget();
        if let Some((limit, address)) = self.address {
            limit.give_back(&address, now, &self.told);
        }
        if let Some(email) = self.email {
            self.limits.sign_in_email.give_back(&email, now, &self.told);
        }
    }
}

impl Limits {
    /// An attempt to sign in: 10 failures a minute from one address, 5 for one e-mail.
    pub fn sign_in(&self, address: Option<IpAddr>, email: &str, told: &Told) -> Result<Attempt<'_>> {
        let now = self.start.elapsed();
        let address = address.map(network);
        if let Some(address) = address {
            self.sign_in_address.take(address, now, told)?;
        }
        let email = self.hasher.hash_one(email);
        self.sign_in_email.take(email, now, told)?;
        let address = address.map(|a| (&self.sign_in_address, a));
        Ok(Attempt { limits: self, address, email: Some(email), told: told.clone() })
    }

    /// An attempt to prove one's password while signed in; counts with the sign-ins of the same e-mail.
    pub fn password(&self, email: &str, told: &Told) -> Result<Attempt<'_>> {
        let email = self.hasher.hash_one(email);
        self.sign_in_email.take(email, self.start.elapsed(), told)?;
        Ok(Attempt { limits: self, address: None, email: Some(email), told: told.clone() })
    }

    /// A sign-up: 30 from one address, then one a minute.
    pub fn sign_up(&self, address: Option<IpAddr>, told: &Told) -> Result<()> {
        address.map_or(Ok(()), |a| self.sign_up.take(network(a), self.start.elapsed(), told))
    }

    /// An attempt to open an invitation: 20 unknown links a minute from one address.
    pub fn invitation(&self, address: Option<IpAddr>, told: &Told) -> Result<Attempt<'_>> {
        let address = address.map(network);
        if let Some(address) = address {
            self.invitation.take(address, self.start.elapsed(), told)?;
        }
        let address = address.map(|a| (&self.invitation, a));
        Ok(Attempt { limits: self, address, email: None, told: told.clone() })
    }

    /// An attempt to open a client's link: 20 unknown ones a minute from one address.
    pub fn link(&self, address: Option<IpAddr>, told: &Told) -> Result<Attempt<'_>> {
        let address = address.map(network);
        if let Some(address) = address {
            self.link.take(address, self.start.elapsed(), told)?;
        }
        let address = address.map(|a| (&self.link, a));
        Ok(Attempt { limits: self, address, email: None, told: told.clone() })
    }

    /// A message of another program: 20 a minute from one address that do not prove themselves.
    pub fn event(&self, address: Option<IpAddr>, told: &Told) -> Result<Attempt<'_>> {
        let address = address.map(network);
        if let Some(address) = address {
            self.event.take(address, self.start.elapsed(), told)?;
        }
        let address = address.map(|a| (&self.event, a));
        Ok(Attempt { limits: self, address, email: None, told: told.clone() })
    }

    /// A reading of a calendar feed: 60 a minute from one address. Programs ask every few minutes at most; one address
    /// may be that of a whole office, or of a service that reads for many.
    pub fn calendar(&self, address: Option<IpAddr>, told: &Told) -> Result<()> {
        address.map_or(Ok(()), |a| self.calendar.take(network(a), self.start.elapsed(), told))
    }

    /// Any request: 600 a second from one address, none for the machine itself.
    pub fn api(&self, address: Option<IpAddr>, told: &Told) -> Result<()> {
        match address.map(network) {
            Some(address) if !address.is_loopback() => {
                let taken = self.api.take(address, self.start.elapsed(), told);
                // So wide a limit is worth a word only to who has met it.
                if taken.is_ok() {
                    told.forget();
                }
                taken
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// One customer of a provider holds a /64 of IPv6 addresses, and may use each once.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        other => other,
    }
}

struct Limit<K> {
    policy: &'static str,
    quota: u32,
    /// Time in which one attempt comes back.
    each: Duration,
    /// Time in which all come back.
    full: Duration,
    /// When each key will have nothing to its account.
    until: Mutex<HashMap<K, Duration>>,
}

impl<K> std::fmt::Debug for Limit<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limit").field("each", &self.each).field("full", &self.full).finish_non_exhaustive()
    }
}

impl<K: Eq + Hash> Limit<K> {
    fn new(policy: &'static str, attempts: u32, per: Duration) -> Self {
        // Dividing may round: the whole is so many of the parts.
        let each = per / attempts;
        Self { policy, quota: attempts, each, full: each * attempts, until: Mutex::default() }
    }

    fn standing(&self, spent: Duration) -> Standing {
        let left = self.full.saturating_sub(spent).as_nanos() / self.each.as_nanos().max(1);
        Standing {
            policy: self.policy,
            quota: self.quota,
            window_seconds: whole_seconds(self.full),
            left: u32::try_from(left).unwrap_or(self.quota),
            whole_in: whole_seconds(spent),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Duration>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an attempt, or tells after how many seconds the next one is accepted.
    fn take(&self, key: K, now: Duration, told: &Told) -> Result<()> {
        let mut until = self.lock();
        if until.len() >= MOST_KEYS && !until.contains_key(&key) {
            self.forget(&mut until, now);
        }
        let slot = until.entry(key).or_insert(now);
        let next = (*slot).max(now) + self.each;
        let spent = next - now;
        if spent > self.full {
            told.hear(self.standing(spent - self.each));
            return Err(Error::too_many(whole_seconds(spent - self.full)));
        }
        *slot = next;
        told.hear(self.standing(spent));
        Ok(())
    }

    fn give_back(&self, key: &K, now: Duration, told: &Told) {
        if let Some(slot) = self.lock().get_mut(key) {
            *slot = slot.saturating_sub(self.each);
            told.hear(self.standing(slot.saturating_sub(now)));
        }
    }

    /// Makes room: keys with nothing to their account first, then those with the least.
    fn forget(&self, until: &mut HashMap<K, Duration>, now: Duration) {
        for least in [Duration::ZERO, self.full / 2, self.full.mul_f64(0.9)] {
            until.retain(|_, at| *at > now + least);
            if until.len() < MOST_KEYS / 2 {
                break;
            }
        }
        if until.len() >= MOST_KEYS {
            until.clear();
        }
        until.shrink_to(MOST_KEYS / 2);
    }
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn told() -> Told {
        Told::default()
    }

    #[test]
    fn the_caller_is_told_how_many_are_left() {
        let (limit, told) = (Limit::<&str>::new("sign-in", 5, 60 * SECOND), told());
        limit.take("a", SECOND, &told).unwrap();
        let standing = Standing { policy: "sign-in", quota: 5, window_seconds: 60, left: 4, whole_in: 12 };
        assert_eq!(told.standing(), Some(standing));
        for _ in 0..4 {
            limit.take("a", SECOND, &told).unwrap();
        }
        assert!(limit.take("a", SECOND, &told).is_err());
        assert_eq!(told.standing(), Some(Standing { left: 0, whole_in: 60, ..standing }));
        told.forget();
        limit.give_back(&"a", SECOND, &told);
        assert_eq!(told.standing(), Some(Standing { left: 1, whole_in: 48, ..standing }));
        // Of two limits the tighter one counts.
        Limit::<&str>::new("wide", 100, 60 * SECOND).take("a", SECOND, &told).unwrap();
        assert_eq!(told.standing().unwrap().policy, "sign-in");
    }

    #[test]
    fn a_bucket_fills_and_leaks() {
        let limit = Limit::<&str>::new("a", 5, 60 * SECOND);
        for _ in 0..5 {
            limit.take("a", SECOND, &told()).unwrap();
        }
        let refused = limit.take("a", SECOND, &told()).unwrap_err();
        assert_eq!(refused.code, contract::Code::TooManyRequests);
        assert_eq!(refused.retry_after, Some(12));
        limit.take("b", SECOND, &told()).unwrap();
        assert!(limit.take("a", 12 * SECOND, &told()).is_err());
        limit.take("a", 13 * SECOND, &told()).unwrap();
        assert!(limit.take("a", 13 * SECOND, &told()).is_err());
    }

    #[test]
    fn what_is_given_back_was_never_taken() {
        let limit = Limit::<&str>::new("a", 5, 60 * SECOND);
        for _ in 0..100 {
            limit.take("a", SECOND, &told()).unwrap();
            limit.give_back(&"a", SECOND, &told());
        }
        for _ in 0..5 {
            limit.take("a", SECOND, &told()).unwrap();
        }
        assert!(limit.take("a", SECOND, &told()).is_err());
    }

    #[test]
    fn memory_is_bounded_and_the_busiest_are_remembered() {
        let limit = Limit::<u64>::new("a", 5, 60 * SECOND);
        for _ in 0..5 {
            limit.take(u64::MAX, SECOND, &told()).unwrap();
        }
        for key in 0..(MOST_KEYS as u64 * 3) {
            limit.take(key, SECOND, &told()).unwrap();
        }
        assert!(limit.lock().len() <= MOST_KEYS);
        assert!(limit.take(u64::MAX, SECOND, &told()).is_err(), "a flood of other keys does not forgive");
    }

    #[test]
    fn a_network_is_one_address_and_the_machine_itself_is_free() {
        let limits = Limits::default();
        for i in 0..10 {
            let address: IpAddr = format!("2001:db8:1:2::{i:x}").parse().unwrap();
            let _ = limits.sign_in(Some(address), &format!("{i}@exemple.fr"), &told()).unwrap();
        }
        assert!(limits.sign_in("2001:db8:1:2:ffff::1".parse().ok(), "z@exemple.fr", &told()).is_err());
        assert!(limits.sign_in("2001:db8:1:3::1".parse().ok(), "z@exemple.fr", &told()).is_ok());
        for _ in 0..5_000 {
            limits.api("127.0.0.1".parse().ok(), &told()).unwrap();
            limits.api("::ffff:127.0.0.1".parse().ok(), &told()).unwrap();
            limits.api("::1".parse().ok(), &told()).unwrap();
        }
        let refused = (0..5_000).filter(|_| limits.api("192.0.2.1".parse().ok(), &told()).is_err()).count();
        assert!(refused > 0);
    }
}
