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
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::{Error, Result};

/// Keys that one limit remembers at most (about 40 bytes each).
const MOST_KEYS: usize = 50_000;

#[derive(Debug)]
pub struct Limits {
    start: Instant,
    sign_in_address: Limit<IpAddr>,
    sign_in_email: Limit<u64>,
    sign_up: Limit<IpAddr>,
    invitation: Limit<IpAddr>,
    api: Limit<IpAddr>,
    // Keyed by chance at each start: who knows the hash of an e-mail cannot choose another with the same.
    hasher: RandomState,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            sign_in_address: Limit::new(10, Duration::from_secs(60)),
            sign_in_email: Limit::new(5, Duration::from_secs(60)),
            sign_up: Limit::new(30, Duration::from_secs(30 * 60)),
            invitation: Limit::new(20, Duration::from_secs(60)),
            api: Limit::new(600, Duration::from_secs(1)),
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
}

impl Attempt<'_> {
    pub fn succeeded(self) {
        if let Some((limit, address)) = self.address {
            limit.give_back(&address);
        }
        if let Some(email) = self.email {
            self.limits.sign_in_email.give_back(&email);
        }
    }
}

impl Limits {
    /// An attempt to sign in: 10 failures a minute from one address, 5 for one e-mail.
    pub fn sign_in(&self, address: Option<IpAddr>, email: &str) -> Result<Attempt<'_>> {
        let now = self.start.elapsed();
        let address = address.map(network);
        if let Some(address) = address {
            self.sign_in_address.take(address, now)?;
        }
        let email = self.hasher.hash_one(email);
        self.sign_in_email.take(email, now)?;
        Ok(Attempt { limits: self, address: address.map(|a| (&self.sign_in_address, a)), email: Some(email) })
    }

    /// An attempt to prove one's password while signed in; counts with the sign-ins of the same e-mail.
    pub fn password(&self, email: &str) -> Result<Attempt<'_>> {
        let email = self.hasher.hash_one(email);
        self.sign_in_email.take(email, self.start.elapsed())?;
        Ok(Attempt { limits: self, address: None, email: Some(email) })
    }

    /// A sign-up: 30 from one address, then one a minute.
    pub fn sign_up(&self, address: Option<IpAddr>) -> Result<()> {
        address.map_or(Ok(()), |a| self.sign_up.take(network(a), self.start.elapsed()))
    }

    /// An attempt to open an invitation: 20 unknown links a minute from one address.
    pub fn invitation(&self, address: Option<IpAddr>) -> Result<Attempt<'_>> {
        let address = address.map(network);
        if let Some(address) = address {
            self.invitation.take(address, self.start.elapsed())?;
        }
        Ok(Attempt { limits: self, address: address.map(|a| (&self.invitation, a)), email: None })
    }

    /// Any request: 600 a second from one address, none for the machine itself.
    pub fn api(&self, address: Option<IpAddr>) -> Result<()> {
        match address.map(network) {
            Some(address) if !address.is_loopback() => self.api.take(address, self.start.elapsed()),
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
    fn new(attempts: u32, per: Duration) -> Self {
        // Dividing may round: the whole is so many of the parts.
        let each = per / attempts;
        Self { each, full: each * attempts, until: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Duration>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an attempt, or tells after how many seconds the next one is accepted.
    fn take(&self, key: K, now: Duration) -> Result<()> {
        let mut until = self.lock();
        if until.len() >= MOST_KEYS && !until.contains_key(&key) {
            self.forget(&mut until, now);
        }
        let slot = until.entry(key).or_insert(now);
        let next = (*slot).max(now) + self.each;
        let spent = next - now;
        if spent > self.full {
            let wait = spent - self.full;
            return Err(Error::too_many(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)));
        }
        *slot = next;
        Ok(())
    }

    fn give_back(&self, key: &K) {
        if let Some(slot) = self.lock().get_mut(key) {
            *slot = slot.saturating_sub(self.each);
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

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_bucket_fills_and_leaks() {
        let limit = Limit::<&str>::new(5, 60 * SECOND);
        for _ in 0..5 {
            limit.take("a", SECOND).unwrap();
        }
        let refused = limit.take("a", SECOND).unwrap_err();
        assert_eq!(refused.code, contract::Code::TooManyRequests);
        assert_eq!(refused.retry_after, Some(12));
        limit.take("b", SECOND).unwrap();
        assert!(limit.take("a", 12 * SECOND).is_err());
        limit.take("a", 13 * SECOND).unwrap();
        assert!(limit.take("a", 13 * SECOND).is_err());
    }

    #[test]
    fn what_is_given_back_was_never_taken() {
        let limit = Limit::<&str>::new(5, 60 * SECOND);
        for _ in 0..100 {
            limit.take("a", SECOND).unwrap();
            limit.give_back(&"a");
        }
        for _ in 0..5 {
            limit.take("a", SECOND).unwrap();
        }
        assert!(limit.take("a", SECOND).is_err());
    }

    #[test]
    fn memory_is_bounded_and_the_busiest_are_remembered() {
        let limit = Limit::<u64>::new(5, 60 * SECOND);
        for _ in 0..5 {
            limit.take(u64::MAX, SECOND).unwrap();
        }
        for key in 0..(MOST_KEYS as u64 * 3) {
            limit.take(key, SECOND).unwrap();
        }
        assert!(limit.lock().len() <= MOST_KEYS);
        assert!(limit.take(u64::MAX, SECOND).is_err(), "a flood of other keys does not forgive");
    }

    #[test]
    fn a_network_is_one_address_and_the_machine_itself_is_free() {
        let limits = Limits::default();
        for i in 0..10 {
            let address: IpAddr = format!("2001:db8:1:2::{i:x}").parse().unwrap();
            let _ = limits.sign_in(Some(address), &format!("{i}@exemple.fr")).unwrap();
        }
        assert!(limits.sign_in("2001:db8:1:2:ffff::1".parse().ok(), "z@exemple.fr").is_err());
        assert!(limits.sign_in("2001:db8:1:3::1".parse().ok(), "z@exemple.fr").is_ok());
        for _ in 0..5_000 {
            limits.api("127.0.0.1".parse().ok()).unwrap();
            limits.api("::ffff:127.0.0.1".parse().ok()).unwrap();
            limits.api("::1".parse().ok()).unwrap();
        }
        let refused = (0..5_000).filter(|_| limits.api("192.0.2.1".parse().ok()).is_err()).count();
        assert!(refused > 0);
    }
}
