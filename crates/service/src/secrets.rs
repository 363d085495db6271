//! What must not be guessed: the key that signs access tokens, the secrets in cookies and links, passwords.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use chrono::{DateTime, Utc};
use contract::Code;
use domain::{CabinetId, SessionId, UserId};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::Conn;

use crate::{App, Error, Result};

const ISSUER: &str = "cabready";
const AUDIENCE: &str = "cabready-api";
const SIGNING_KEY: &str = "access_token_key";
/// What clients' links and one-time codes are derived from, so that neither is at rest anywhere.
const CLIENT_KEY: &str = "client_link_key";

/// Passes of argon2id over its memory.
const PASSWORD_PASSES: u32 = 2;
/// Sign-ins that may wait for a processor; more than these are a flood, which waiting would only lengthen.
const MOST_WAITING: usize = 64;

/// What the process keeps of the installation's secrets.
#[derive(Default)]
pub struct Secrets {
    keys: OnceLock<Keys>,
    client_key: OnceLock<String>,
    nobody: OnceLock<String>,
    gate: Gate,
    verifications: AtomicU64,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl Secrets {
    /// How many times a password was compared with a hash, the stand-in for unknown people included.
    pub fn verifications(&self) -> u64 {
        self.verifications.load(Ordering::Relaxed)
    }
}

struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    header: Header,
    validation: Validation,
}

impl Keys {
    fn new(secret: &str) -> Self {
        let mut validation = Validation::new(jsonwebtoken::Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Compared with the time of the request, which is passed in, and without leeway.
        validation.validate_exp = false;
        Self {
            encoding: EncodingKey::from_secret(secret.as_bytes()),
            decoding: DecodingKey::from_secret(secret.as_bytes()),
            header: Header::new(jsonwebtoken::Algorithm::HS256),
            validation,
        }
    }
}

/// The key is made at the first start and kept with the data, so that tokens survive a restart and several processes
/// agree on it.
fn keys(app: &App) -> Result<&Keys> {
    let secrets = &app.shared.secrets;
    if let Some(keys) = secrets.keys.get() {
        return Ok(keys);
    }
    let secret = store::secrets::get_or_keep(&mut *app.store.conn()?, SIGNING_KEY, secret)?;
    Ok(secrets.keys.get_or_init(|| Keys::new(&secret)))
}

/// What an access token says: which session, of whom. Rights are not in it, they are read at each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Claims {
    pub sid: SessionId,
    pub sub: UserId,
    pub cid: CabinetId,
    pub iat: i64,
    pub exp: i64,
}

#[derive(Serialize)]
struct WrittenClaims {
    iss: &'static str,
    aud: &'static str,
    sid: SessionId,
    sub: UserId,
    cid: CabinetId,
    iat: i64,
    exp: i64,
}

/// An access token for a session.
pub fn write_access_token(
    app: &App,
    session: SessionId,
    user: UserId,
    cabinet: CabinetId,
    now: DateTime<Utc>,
) -> Result<String> {
    let keys = keys(app)?;
    let iat = now.timestamp();
    let claims = WrittenClaims {
        iss: ISSUER,
        aud: AUDIENCE,
        sid: session,
        sub: user,
        cid: cabinet,
        iat,
        exp: iat.saturating_add_unsigned(app.settings.access_token_life.as_secs()),
    };
    jsonwebtoken::encode(&keys.header, &claims, &keys.encoding).map_err(Error::internal)
}

/// Reads an access token; any doubt about it is the same refusal.
pub fn read_access_token(app: &App, token: &str, now: DateTime<Utc>) -> Result<Claims> {
    let keys = keys(app)?;
    let claims = jsonwebtoken::decode::<Claims>(token, &keys.decoding, &keys.validation)
        .map_err(|_| Error::unauthenticated())?
        .claims;
    if claims.exp <= now.timestamp() {
        return Err(Error::unauthenticated());
    }
    Ok(claims)
}

/// Makes the key of clients' links, so that nothing has to be made in the middle of a transaction later.
pub fn prepare(app: &App) -> Result<()> {
    client_key(app, &mut *app.store.conn()?)?;
    Ok(())
}

fn client_key<'a>(app: &'a App, conn: &mut Conn) -> Result<&'a str> {
    let known = &app.shared.secrets.client_key;
    if let Some(key) = known.get() {
        return Ok(key);
    }
    let key = store::secrets::get_or_add(conn, CLIENT_KEY, secret)?;
    Ok(known.get_or_init(|| key))
}

/// What only this installation can say of some words: HMAC-SHA256 with the key of clients' links. The first word tells
/// what it is for, so that no two uses share a value.
pub fn derived(app: &App, conn: &mut Conn, words: &[&str]) -> Result<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(client_key(app, conn)?.as_bytes()).map_err(Error::internal)?;
    for word in words {
        mac.update(&(word.len() as u64).to_be_bytes());
        mac.update(word.as_bytes());
    }
    Ok(mac.finalize().into_bytes().into())
}

/// How sealed words begin: which way they were sealed.
const SEALED: &str = "v1.";

fn sealing_key(app: &App, conn: &mut Conn) -> Result<LessSafeKey> {
    let key = derived(app, conn, &["sealed words"])?;
    let key = UnboundKey::new(&CHACHA20_POLY1305, &key).map_err(|_| Error::internal("a key of another length"))?;
    Ok(LessSafeKey::new(key))
}

/// Encrypts what has to be read again, such as a platform's secret (ChaCha20-Poly1305). What stands sealed in one place
/// opens in no other: `place` names it.
pub fn seal(app: &App, conn: &mut Conn, place: &str, words: &str) -> Result<String> {
    let key = sealing_key(app, conn)?;
    let mut nonce = [0_u8; NONCE_LEN];
    rand::fill(&mut nonce);
    let mut bytes = words.as_bytes().to_vec();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place.as_bytes()), &mut bytes)
        .map_err(|_| Error::internal("words cannot be sealed"))?;
    Ok(format!("{SEALED}{}{}", hex(&nonce), hex(&bytes)))
}

/// Reads what was sealed in this place by this installation.
pub fn unseal(app: &App, conn: &mut Conn, place: &str, sealed: &str) -> Result<String> {
    let damaged =
        || Error::internal("sealed words do not open: the key of the installation is another, or they were changed");
    let digits = sealed.strip_prefix(SEALED).ok_or_else(damaged)?.as_bytes();
    let bytes: Option<Vec<u8>> =
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    let mut bytes = bytes.filter(|b| b.len() > NONCE_LEN).ok_or_else(damaged)?;
    let mut words = bytes.split_off(NONCE_LEN);
    let nonce = Nonce::try_assume_unique_for_key(&bytes).map_err(|_| damaged())?;
    let key = sealing_key(app, conn)?;
    let words = key.open_in_place(nonce, Aad::from(place.as_bytes()), &mut words).map_err(|_| damaged())?;
    String::from_utf8(words.to_vec()).map_err(|_| damaged())
}

/// 256 bits that nobody guesses.
pub fn secret() -> String {
    let mut bytes = [0_u8; 32];
    rand::fill(&mut bytes);
    hex(&bytes)
}

/// What is kept of a secret. Plain SHA-256 will do: there is nothing to guess in 256 random bits.
pub fn digest(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            out.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    out
}

/// A password for a person to read from a screen and type once: no letter that looks like another.
pub fn readable_password() -> String {
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut out = String::with_capacity(24);
    for group in 0..4 {
        if group > 0 {
            out.push('-');
        }
        for _ in 0..5 {
            out.push(char::from(LETTERS[rand::random_range(0..LETTERS.len())]));
        }
    }
    out
}

fn hasher(app: &App) -> Result<Argon2<'static>> {
    let params = Params::new(app.settings.password_memory_kib, PASSWORD_PASSES, 1, None).map_err(Error::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes a new password. Holds no connection of the database meanwhile: the caller hashes before its transaction.
pub fn hash_password(app: &App, password: &str) -> Result<String> {
    let _turn = app.shared.secrets.gate.enter()?;
    hash(app, password)
}

fn hash(app: &App, password: &str) -> Result<String> {
    Ok(hasher(app)?.hash_password(password.as_bytes()).map_err(Error::internal)?.to_string())
}

/// Compares a password with the hash of a person, or, when there is no such person, with the hash of nobody: both ways
/// do the same work, so that the time of the answer does not tell whether an e-mail has an account.
pub fn verify_password(app: &App, password: &str, stored: Option<&str>) -> Result<bool> {
    let secrets = &app.shared.secrets;
    let _turn = secrets.gate.enter()?;
    // Made on the first sign-in of the process whoever signs in, or the first unknown e-mail would cost twice.
    let nobody = match secrets.nobody.get() {
        Some(hash) => hash,
        None => {
            let made = hash(app, &secret())?;
            secrets.nobody.get_or_init(|| made)
        }
    };
    secrets.verifications.fetch_add(1, Ordering::Relaxed);
    let against = stored.unwrap_or(nobody);
    let same = hasher(app)?.verify_password(password.as_bytes(), against).is_ok();
    Ok(same && stored.is_some())
}

/// Lets as many passwords be hashed at once as there are processors: each takes megabytes, and a flood of sign-ins
/// would otherwise take them all.
struct Gate {
    state: Mutex<Crowd>,
    left: Condvar,
    most: usize,
}

#[derive(Default)]
struct Crowd {
    inside: usize,
    waiting: usize,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new(std::thread::available_parallelism().map_or(1, usize::from))
    }
}

impl Gate {
    fn new(most: usize) -> Self {
        Self { state: Mutex::default(), left: Condvar::new(), most }
    }

    fn lock(&self) -> MutexGuard<'_, Crowd> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self) -> Result<Turn<'_>> {
        let mut crowd = self.lock();
        if crowd.inside >= self.most {
            if crowd.waiting >= MOST_WAITING {
                return Err(Error { retry_after: Some(2), ..Error::new(Code::Unavailable) });
            }
            crowd.waiting += 1;
            crowd = self.left.wait_while(crowd, |c| c.inside >= self.most).unwrap_or_else(PoisonError::into_inner);
            crowd.waiting -= 1;
        }
        crowd.inside += 1;
        Ok(Turn(self))
    }
}

struct Turn<'a>(&'a Gate);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.lock().inside -= 1;
        self.0.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn secrets_are_long_and_differ() {
        let (a, b) = (secret(), secret());
        assert_eq!(a.len(), 64);
        assert_ne!(a, b);
        assert_ne!(digest(&a), a);
        assert_eq!(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_ne!(readable_password(), readable_password());
    }

    #[test]
    fn the_gate_lets_no_more_in_than_it_may() {
        let gate = Gate::new(2);
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|s| {
            for _ in 0..12 {
                s.spawn(|| {
                    let _turn = gate.enter().unwrap();
                    most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(std::time::Duration::from_millis(2));
                    inside.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 2);
        assert_eq!(gate.lock().inside, 0);
    }
}
