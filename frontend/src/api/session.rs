//! The access token lives in memory only; the refresh cookie is the server's and invisible from here.

use std::cell::RefCell;

use leptos::prelude::*;
use serde::Deserialize;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use super::{Call, Failure};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// The page has just opened: a renewal decides.
    Unknown,
    SignedOut,
    SignedIn,
    /// Was signed in on this page and is no more: the page stays, an overlay asks to sign in again.
    Expired,
}

thread_local! {
    static TOKEN: RefCell<Option<String>> = const { RefCell::new(None) };
    static RENEWING: RefCell<Option<js_sys::Promise>> = const { RefCell::new(None) };
    static STATE: RefCell<Option<ArcRwSignal<State>>> = const { RefCell::new(None) };
}

/// Reactive state of the session. Lives as long as the application, not as long as a page.
pub fn state() -> ArcRwSignal<State> {
    STATE.with_borrow_mut(|state| state.get_or_insert_with(|| ArcRwSignal::new(State::Unknown)).clone())
}

pub fn token() -> Option<String> {
    TOKEN.with_borrow(Clone::clone)
}

/// After a sign-in or a sign-up.
pub fn start(access_token: String) {
    TOKEN.set(Some(access_token));
    state().set(State::SignedIn);
}

/// The person signed out: nothing of the session stays.
pub fn sign_out() {
    TOKEN.set(None);
    state().set(State::SignedOut);
}

/// The server no longer knows this session.
pub fn end() {
    TOKEN.set(None);
    let state = state();
    let next = match state.get_untracked() {
        State::SignedIn | State::Expired => State::Expired,
        State::Unknown | State::SignedOut => State::SignedOut,
    };
    if state.get_untracked() != next {
        state.set(next);
    }
}

#[derive(Deserialize)]
struct Renewed {
    access_token: String,
}

/// Asks for a new access token with the cookie. Whoever needs one meanwhile waits for the same answer; other tabs of
/// the browser wait their turn, because a refresh token works once and its second use ends the session.
pub async fn renew() -> Result<(), Failure> {
    let running = RENEWING.with_borrow(Clone::clone);
    let promise = running.unwrap_or_else(|| {
        let promise = one_tab_at_a_time();
        RENEWING.set(Some(promise.clone()));
        promise
    });
    let outcome = JsFuture::from(promise).await;
    RENEWING.set(None);
    match outcome.ok().and_then(|value| value.as_string()) {
        Some(token) => {
            start(token);
            Ok(())
        }
        None if matches!(state().get_untracked(), State::SignedOut | State::Expired) => Err(Failure::SignedOut),
        None => Err(Failure::Unreachable),
    }
}

async fn ask() -> Result<JsValue, JsValue> {
    let call = Call::new("POST", "/session/refresh").anonymous().detached();
    match call.json::<Renewed>().await {
        Ok(renewed) => Ok(JsValue::from_str(&renewed.access_token)),
        Err(failure) => {
            // Only a refusal ends the session; a server that restarts does not.
            if matches!(failure.status(), 400..500) && failure.status() != 429 {
                end();
            }
            Err(JsValue::NULL)
        }
    }
}

/// Runs `ask` under a lock shared by the tabs of this browser, where the browser has such locks.
fn one_tab_at_a_time() -> js_sys::Promise {
    let locked = || {
        let navigator: JsValue = window().navigator().into();
        let locks = js_sys::Reflect::get(&navigator, &JsValue::from_str("locks")).ok()?;
        let request: js_sys::Function =
            js_sys::Reflect::get(&locks, &JsValue::from_str("request")).ok()?.dyn_into().ok()?;
        let task = Closure::once_into_js(|| future_to_promise(ask()));
        request.call2(&locks, &JsValue::from_str("cabready.refresh"), &task).ok()?.dyn_into().ok()
    };
    locked().unwrap_or_else(|| future_to_promise(ask()))
}
