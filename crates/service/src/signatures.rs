//! Signatures asked of an outside provider. A request is a row before the provider can have it, and has one id for good:
//! whoever is cut off asks again under it, and the provider makes no second one. What came of it is fetched, with waits
//! that grow; a message of the provider, or a client who comes back, only makes the next look come sooner.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use contract::endpoint::YOUSIGN_SIGNATURE;
use contract::{Code, DocumentKind, Nothing, SignedEvent};
use domain::mandate::{SignatureState, SignedAs, SignedBy};
use domain::{MandateEvent, SignatureId, Text};
use gateway::signature::{
    Document, EventError, Placement, Provider, Request, SignatureError, Signed, Signer, Started, State,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::journal::Stamp;
use store::mandates::Mandate;
use store::signatures::Signature;
use store::{Conn, dialect};

use crate::links::is_asked;
use crate::mandates::{Detail, Put, keep, put, step};
use crate::people::entry;
use crate::session::whole_micros;
use crate::{Answer, App, Call, Error, Result, links, post, secrets, time};

/// Waits before a provider that has not taken a request is asked again; after the last one it has failed.
const WAITS: [i64; 6] = [15, 60, 300, 1_800, 7_200, 21_600];
/// Between two looks at a request: a share of its age, within these seconds.
const SOONEST: i64 = 15;
const LATEST: i64 = 3 * 3600;
/// A provider that has not come to an end by then will not.
const MOST_DAYS: i64 = 120;
/// Clients for whom a provider is asked at the same time: a slow one must not keep every page waiting.
const MOST_CALLS: usize = 2;
/// Longest rest of the thread that follows requests.
const REST: Duration = Duration::from_secs(2);

/// Who signs, as the link was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signatory {
    pub name: String,
    pub quality: String,
    pub email: String,
    /// A mobile one, where the firm knows it of this address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_as: Option<SignedAs>,
}

/// What the threads of this process share about requests.
#[derive(Debug, Default)]
pub struct Watch {
    /// Those that somebody waits for now, and whether anything woke the thread.
    wanted: Mutex<(BTreeSet<SignatureId>, bool)>,
    wake: Condvar,
    calls: AtomicUsize,
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, (BTreeSet<SignatureId>, bool)> {
        // What is guarded is whole after every statement, whoever panicked.
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a request looked at soon, whatever its time.
    pub(crate) fn look(&self, id: SignatureId) {
        let mut wanted = self.lock();
        wanted.0.insert(id);
        wanted.1 = true;
        drop(wanted);
        self.wake.notify_all();
    }

    pub(crate) fn wake(&self) {
        self.lock().1 = true;
        self.wake.notify_all();
    }

    fn wait(&self, longest: Duration) {
        let mut wanted = self.lock();
        if !wanted.1 {
            wanted = self.wake.wait_timeout(wanted, longest).unwrap_or_else(PoisonError::into_inner).0;
        }
        wanted.1 = false;
    }

    fn named(&self) -> Vec<SignatureId> {
        std::mem::take(&mut self.lock().0).into_iter().collect()
    }
}

/// Lets a client's page ask the provider, unless enough are asking already.
pub(crate) struct Turn<'a>(&'a AtomicUsize);

impl<'a> Turn<'a> {
    pub fn of(app: &'a App) -> Option<Self> {
        let calls = &app.shared.signatures.calls;
        if calls.fetch_add(1, Ordering::SeqCst) < MOST_CALLS {
            return Some(Self(calls));
        }
        calls.fetch_sub(1, Ordering::SeqCst);
        None
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Who holds a request while asking the provider: this process, and this time only.
pub(crate) fn taker(app: &App) -> String {
    format!("{} {}", app.settings.worker, crate::ids::fresh())
}

pub(crate) fn signer_of(signature: &Signature) -> Result<Signatory> {
    Ok(serde_json::from_str(&signature.signer)?)
}

/// Why a request is where it is.
pub(crate) fn error_of(signature: &Signature) -> Option<Text> {
    serde_json::from_str(&signature.error).ok()
}

/// What of the return address proves it: it opens nothing but the words of where this one request stands, so that the
/// provider, which has to know it, does not know the client's link.
pub(crate) fn return_secret(app: &App, conn: &mut Conn, id: SignatureId) -> Result<String> {
    Ok(secrets::hex(&secrets::derived(app, conn, &["signature-return", &id.to_string()])?)[..32].to_owned())
}

/// The request that a return address names, and the link that it belongs to: for a browser that shows to hold it.
pub fn returned(call: &Call, word: &str) -> Result<Option<(Signature, String)>> {
    let Some((id, secret)) = word.rsplit_once('-') else { return Ok(None) };
    let Ok(id) = id.parse::<SignatureId>() else { return Ok(None) };
    let mut conn = call.app.store.conn()?;
    if secrets::digest(&return_secret(&call.app, &mut conn, id)?) != secrets::digest(secret) {
        return Ok(None);
    }
    let Some(found) = store::signatures::find(&mut conn, id)? else { return Ok(None) };
    if found.state.is_living() {
        call.app.shared.signatures.look(found.id);
    }
    let token = links::token(&call.app, &mut conn, found.link)?;
    Ok(Some((found, token)))
}

/// What goes to the provider. The document has the bytes that the client was sent, but for a designation: the official
/// model asks in which right and in which form it is signed, which is known only now.
fn request(app: &App, conn: &mut Conn, signature: &Signature, mandate: &Mandate) -> Result<Request> {
    let signer = signer_of(signature)?;
    let dossiers = store::dossiers::of_cabinet(conn, signature.cabinet, &[signature.dossier])?;
    let dossier = dossiers.first().ok_or_else(Error::not_found)?;
    let sheet = links::sheet_for_provider(app, conn, dossier, mandate, &signer)?;
    let (first_name, last_name) = names(&signer.name);
    let secret = return_secret(app, conn, signature.id)?;
    let back = format!("{}/l/retour/{}-{secret}", app.settings.public_url, signature.id);
    // A provider leads nobody to an address without TLS, but to this very machine.
    let led =
        back.starts_with("https://") || back.starts_with("http://127.0.0.1") || back.starts_with("http://localhost");
    Ok(Request {
        id: signature.id.to_string(),
        document: Document::new(sheet.name, sheet.bytes),
        signer: Signer { first_name, last_name, email: signer.email, phone: signer.phone },
        placement: Placement { page: sheet.page, x: sheet.x, y: sheet.y },
        callback: led.then_some(back),
    })
}

/// First name and the rest, as people write themselves.
pub(crate) fn names(name: &str) -> (String, String) {
    name.trim().split_once(' ').map_or_else(
        || (String::new(), name.trim().to_owned()),
        |(first, rest)| (first.to_owned(), rest.trim().to_owned()),
    )
}

/// Asks the provider for a request that the caller has taken, and writes what came of it. Safe to do again after any
/// stop. Answers where the client signs, or the request as it now stands.
pub(crate) fn ask(
    app: &App,
    provider: &dyn Provider,
    taker: &str,
    signature: Signature,
    now: DateTime<Utc>,
) -> Result<std::result::Result<Started, Signature>> {
    let mut conn = app.store.conn()?;
    let mandate = store::mandates::of_cabinet(&mut conn, signature.cabinet, signature.mandate)?;
    let request = request(app, &mut conn, &signature, &mandate)?;
    // No connection is held while a provider takes its time.
    drop(conn);
    match provider.request(&request) {
        Ok(started) => {
            let at = next_look(&signature, now);
            let open = Signature {
                state: SignatureState::Open,
                provider_id: started.provider_id.clone(),
                error: String::new(),
                attempts: 0,
                next_at: Some(at),
                ..signature
            };
            store::signatures::settle(&mut *app.store.conn()?, taker, &open)?;
            Ok(Ok(started))
        }
        Err(error) => {
            let after = failed(&signature, &error, now)?;
            tracing::warn!(signature = %after.id, state = %after.state, problem = %error, "a signature could not be asked for");
            end(app, taker, &after, None)?;
            Ok(Err(after))
        }
    }
}

/// A request after its provider could not be asked, or not looked at.
fn failed(signature: &Signature, error: &SignatureError, now: DateTime<Utc>) -> Result<Signature> {
    let said = Text::new(error.sentence(domain::Lang::Fr), error.sentence(domain::Lang::En));
    let said = serde_json::to_string(&said)?;
    let asked = signature.state == SignatureState::Asked;
    let over = |state| Signature {
        state,
        error: said.clone(),
        next_at: None,
        ended_at: Some(whole_micros(now)),
        ..signature.clone()
    };
    let attempts = signature.attempts + 1;
    let place = usize::try_from(attempts - 1).unwrap_or_default();
    let wait = match error {
        // What is open at the provider stays open whatever this time came back.
        SignatureError::Refused { .. } if asked => return Ok(over(SignatureState::Failed)),
        SignatureError::Missing if !asked => return Ok(over(SignatureState::Failed)),
        SignatureError::Temporary { after, .. } => {
            let after = after.map_or(0, |after| i64::try_from(after.as_secs()).unwrap_or(LATEST));
            WAITS.get(place).map(|wait| after.max(*wait))
        }
        SignatureError::Setup { .. }
        | SignatureError::Unexpected { .. }
        | SignatureError::Refused { .. }
        | SignatureError::Missing => WAITS.get(place).copied(),
    };
    // An open one may be signed any day: it is looked at until its time is over.
    let wait = if asked { wait } else { wait.or(Some(LATEST)) };
    let Some(wait) = wait.filter(|_| now - signature.created_at < chrono::Duration::days(MOST_DAYS)) else {
        return Ok(over(SignatureState::Failed));
    };
    let at = whole_micros(now + chrono::Duration::seconds(wait));
    Ok(Signature { error: said, attempts, next_at: Some(at), ..signature.clone() })
}

fn next_look(signature: &Signature, now: DateTime<Utc>) -> DateTime<Utc> {
    let age = (now - signature.created_at).num_seconds();
    whole_micros(now + chrono::Duration::seconds((age / 8).clamp(SOONEST, LATEST)))
}

/// Follows requests until told to stop.
pub(crate) fn work(app: &App, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        match tick(app, stop) {
            Ok(0) => app.shared.signatures.wait(REST),
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "signatures cannot be followed, it will be tried again");
                app.shared.signatures.wait(Duration::from_secs(5));
            }
        }
    }
}

/// Follows what is due now, on this thread: for tools and tests that run no threads.
pub fn drain(app: &App) -> Result<u64> {
    tick(app, &AtomicBool::new(false))
}

fn tick(app: &App, stop: &AtomicBool) -> Result<u64> {
    let Some(provider) = app.signer() else { return Ok(0) };
    let named = app.shared.signatures.named();
    let due = store::signatures::due(&mut *app.store.conn()?, &named, Utc::now(), 200)?;
    let mut done = 0;
    for id in due {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let taker = taker(app);
        let now = Utc::now();
        let taken = {
            let mut conn = app.store.conn()?;
            // Looked at again: another process may have ended it since.
            if !store::signatures::take(&mut conn, id, &taker, now)? {
                continue;
            }
            store::signatures::find(&mut conn, id)?
        };
        let Some(signature) = taken.filter(|s| s.provider == provider.kind().as_str()) else { continue };
        if let Err(error) = one(app, provider, &taker, signature.clone(), now) {
            tracing::warn!(signature = %id, %error, "a signature could not be followed");
            let why = Text::new("Le serveur n’a pas pu le traiter", "The server could not deal with it");
            let later = failed(&signature, &SignatureError::Temporary { why, after: None }, now)?;
            store::signatures::settle(&mut *app.store.conn()?, &taker, &later)?;
        }
        done += 1;
    }
    Ok(done + call_off(app, provider, stop)?)
}

/// Calls off at the provider what was open of dossiers that are gone. Doing it twice changes nothing there, so that nobody
/// has to hold it meanwhile.
fn call_off(app: &App, provider: &dyn Provider, stop: &AtomicBool) -> Result<u64> {
    let due = store::call_offs::due(&mut *app.store.conn()?, provider.kind().as_str(), Utc::now(), 200)?;
    let mut done = 0;
    for one in due {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let answer = provider.cancel(&one.provider_id);
        let mut conn = app.store.conn()?;
        match answer {
            // What was signed in the meantime is nobody's here any more.
            Ok(()) | Err(SignatureError::Missing | SignatureError::Refused { .. }) => {
                store::call_offs::settle(&mut conn, &one)?;
            }
            Err(error) => {
                tracing::warn!(%error, "a request for a signature could not be called off, it will be tried again");
                let place = usize::try_from(one.attempts).unwrap_or_default();
                let wait = WAITS.get(place).copied().unwrap_or(LATEST);
                store::call_offs::postpone(&mut conn, &one, Utc::now() + chrono::Duration::seconds(wait))?;
            }
        }
        done += 1;
    }
    Ok(done)
}

fn one(app: &App, provider: &dyn Provider, taker: &str, signature: Signature, now: DateTime<Utc>) -> Result<()> {
    let waits = {
        let mut conn = app.store.conn()?;
        let mandate = store::mandates::of_cabinet(&mut conn, signature.cabinet, signature.mandate)?;
        let newest = store::signatures::of_mandates(&mut conn, signature.cabinet, &[mandate.id])?;
        is_asked(mandate.state) && newest.get(&mandate.id).is_none_or(|newest| newest.id == signature.id)
    };
    let over = |state: SignatureState| Signature {
        state,
        error: String::new(),
        next_at: None,
        ended_at: Some(whole_micros(now)),
        ..signature.clone()
    };
    if signature.state == SignatureState::Asked {
        // Nobody was told where to sign: what the provider may have of it, nobody can sign.
        return if waits {
            ask(app, provider, taker, signature, now).map(drop)
        } else {
            end(app, taker, &over(SignatureState::Cancelled), None)
        };
    }
    if !waits {
        match provider.cancel(&signature.provider_id) {
            Ok(()) | Err(SignatureError::Missing) => {
                return end(app, taker, &over(SignatureState::Cancelled), None);
            }
            // Signed in the very moment: what was signed is kept, and moves nothing.
            Err(SignatureError::Refused { .. }) => {}
            Err(error) => return end(app, taker, &failed(&signature, &error, now)?, None),
        }
    }
    match provider.state(&signature.provider_id) {
        Ok(State::Pending) => {
            let at = next_look(&signature, now);
            let later = Signature { error: String::new(), attempts: 0, next_at: Some(at), ..signature };
            end(app, taker, &later, None)
        }
        Ok(State::Signed(signed)) => kept(app, provider, taker, &signature, &signed, now),
        Ok(State::Refused) => end(app, taker, &over(SignatureState::Declined), Some(provider.name())),
        Ok(State::Expired) => end(app, taker, &over(SignatureState::Expired), None),
        Ok(State::Cancelled) => end(app, taker, &over(SignatureState::Cancelled), None),
        Err(error) => end(app, taker, &failed(&signature, &error, now)?, None),
    }
}

/// Writes where a request stands. What has ended is told in the history of its dossier; what was declined is declined by
/// the client, at the provider of this name.
fn end(app: &App, taker: &str, after: &Signature, declined_at: Option<String>) -> Result<()> {
    let mut conn = app.store.conn()?;
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, after.cabinet)?;
        if !store::signatures::settle(conn, taker, after)? || after.state.is_living() {
            return Ok(());
        }
        let now = Utc::now();
        let stamp = stamp(after, now);
        if let Some(provider) = declined_at {
            let mandate = store::mandates::of_cabinet(conn, after.cabinet, after.mandate)?;
            if is_asked(mandate.state) {
                let judge = app.judge(conn, after.cabinet, time::paris_day(now))?;
                let detail = Detail {
                    by_name: Some(signer_of(after)?.name),
                    text: Some(format!("Refusé chez {provider}")),
                    ..Detail::default()
                };
                step(conn, &judge, after.cabinet, &stamp, mandate, MandateEvent::Decline, detail)?;
            }
        }
        told(conn, after, &stamp)
    })
}

fn stamp(signature: &Signature, now: DateTime<Utc>) -> Stamp {
    Stamp { at: now, actor: None, request_id: format!("signature-{}", signature.id) }
}

/// The journal row of a request that has ended.
fn told(conn: &mut Conn, after: &Signature, stamp: &Stamp) -> Result<()> {
    let dossiers = store::dossiers::of_cabinet(conn, after.cabinet, &[after.dossier])?;
    let name = dossiers.first().map_or("", |d| d.facts.name.as_str());
    let mut changes = json!({ "mandate": [null, after.mandate], "signature_state": [null, after.state] });
    if let Some(why) = error_of(after) {
        changes["detail"] = json!([null, why.fr]);
    }
    let row = entry("signature.end", "dossier", after.dossier, name, changes);
    Ok(store::journal::append(conn, after.cabinet, stamp, &[row])?)
}

/// Keeps what was signed, and takes the mandate to it.
fn kept(
    app: &App,
    provider: &dyn Provider,
    taker: &str,
    signature: &Signature,
    signed: &Signed,
    now: DateTime<Utc>,
) -> Result<()> {
    let signer = signer_of(signature)?;
    let ended = Signature { next_at: None, ended_at: Some(whole_micros(now)), ..signature.clone() };
    if let Err(refused) = paper::check(&signed.document, "signe.pdf", &paper::Limits::default()) {
        let why = Text::new(
            format!(
                "Le document signé chez {} ne peut pas être conservé : {}",
                provider.name(),
                refused.sentence(domain::Lang::Fr)
            ),
            format!(
                "The document signed at {} cannot be kept: {}",
                provider.name(),
                refused.sentence(domain::Lang::En)
            ),
        );
        tracing::warn!(signature = %signature.id, problem = %why.en, "a signed document cannot be kept");
        let after = Signature { state: SignatureState::Failed, error: serde_json::to_string(&why)?, ..ended };
        return end(app, taker, &after, None);
    }
    // An account that cannot be kept takes nothing from what was signed: the provider still has it.
    let evidence = match paper::check(&signed.evidence, "preuve.pdf", &paper::Limits::default()) {
        Ok(_) => Some(put(app, &mut *app.store.conn()?, signature.cabinet, &signed.evidence)?),
        Err(refused) => {
            tracing::warn!(signature = %signature.id, problem = %refused.sentence(domain::Lang::En), "an account of a signature cannot be kept");
            None
        }
    };
    // After the account, so that it is the newest of the mandate's files.
    let document = put(app, &mut *app.store.conn()?, signature.cabinet, &signed.document)?;
    let after = Signature { state: SignatureState::Signed, error: String::new(), ..ended };
    let mut conn = app.store.conn()?;
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, after.cabinet)?;
        if !store::signatures::settle(conn, taker, &after)? {
            return Ok(());
        }
        let mandate = store::mandates::of_cabinet(conn, after.cabinet, after.mandate)?;
        let stem = links::stem(conn, &mandate)?;
        let mut tell = |put: Put, kind, end: &str| -> Result<_> {
            let file = (format!("{stem}-{end}.pdf"), "application/pdf");
            Ok(keep(conn, &mandate, put, kind, (&file.0, file.1), &signer.name, now)?.id)
        };
        let mut files = Vec::new();
        if let Some(evidence) = evidence {
            files.push(tell(evidence, DocumentKind::Evidence, "preuve")?);
        }
        files.push(tell(document, DocumentKind::Provider, "signe")?);
        let stamp = stamp(&after, now);
        told(conn, &after, &stamp)?;
        if !is_asked(mandate.state) {
            return Ok(());
        }
        let judge = app.judge(conn, after.cabinet, time::paris_day(now))?;
        let detail = Detail {
            by_name: Some(signer.name.clone()),
            text: Some(format!("{}, {}, chez {}", signer.name, signer.quality, provider.name())),
            signed_by: Some(SignedBy::Provider),
            signed_at: Some(whole_micros(signed.at.min(now))),
            ..Detail::default()
        };
        let documents: Vec<_> = files.into_iter().map(|file| (mandate.id, file)).collect();
        step(conn, &judge, after.cabinet, &stamp, mandate, MandateEvent::Sign, detail)?;
        if let Some(link) = store::links::of_cabinet(conn, after.cabinet, after.link)? {
            post::queue_copy(conn, app, &link, &signer.email, &documents, now)?;
        }
        Ok(())
    })?;
    post::wake(app);
    Ok(())
}

/// A message of the provider. It has to prove itself; then the request that it names is looked at soon, and whatever
/// else it says is asked of the provider itself.
pub fn receive_signature_event(call: &Call, _: Nothing, _: Nothing, body: SignedEvent) -> Result<Answer<Nothing>> {
    let provider = call.app.signer().ok_or_else(Error::not_found)?;
    let attempt = call.app.shared.limits.event(call.client.address, &call.told)?;
    let proof = call.client.proof.get(YOUSIGN_SIGNATURE).map(String::as_str);
    let provider_id = provider.event(proof, body.0.as_bytes()).map_err(|error| match error {
        EventError::NotSetUp => Error::not_found(),
        EventError::NotProved => Error::say(
            Code::Unauthenticated,
            "La signature de ce message n’est pas celle du prestataire : vérifiez --signature-events-secret.",
            "The signature of this message is not that of the provider: check --signature-events-secret.",
        ),
        EventError::NotAbout => Error::say(
            Code::BadRequest,
            "Ce message ne nomme aucune demande de signature.",
            "This message names no request of a signature.",
        ),
    })?;
    attempt.succeeded();
    let found = store::signatures::by_provider(&mut *call.app.store.conn()?, provider.kind().as_str(), &provider_id)?;
    // One that is not known is somebody else's of the same account: nothing is to be done, and nothing is told.
    if let Some(signature) = found.filter(|s| s.state.is_living()) {
        call.app.shared.signatures.look(signature.id);
    }
    Ok(Answer::none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_first_name_and_the_rest() {
        let of = |name: &str| names(name);
        assert_eq!(of("Zoé Martin de l’Île"), ("Zoé".to_owned(), "Martin de l’Île".to_owned()));
        assert_eq!(of("Martin"), (String::new(), "Martin".to_owned()));
    }
}
