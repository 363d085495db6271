//! Who is signed in on this page. The access token lives in memory only; the refresh cookie is the server's and
//! invisible from here.

use std::cell::{Cell, RefCell};

use contract::endpoint::op;
use contract::{Endpoint, Me, Nothing, SessionToken};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use super::{Failure, request};

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
    static ME: RefCell<Option<ArcRwSignal<Option<Me>>>> = const { RefCell::new(None) };
    static RECHECKING: Cell<bool> = const { Cell::new(false) };
}

/// Reactive state of the session. Lives as long as the application, not as long as a page.
pub fn state() -> ArcRwSignal<State> {
    STATE.with_borrow_mut(|state| state.get_or_insert_with(|| ArcRwSignal::new(State::Unknown)).clone())
}

/// The signed-in person, as the server last told.
pub fn me() -> ArcRwSignal<Option<Me>> {
    ME.with_borrow_mut(|me| me.get_or_insert_with(|| ArcRwSignal::new(None)).clone())
}

pub fn token() -> Option<String> {
    TOKEN.with_borrow(Clone::clone)
}

/// After a sign-in, a sign-up, an accepted invitation or a renewal.
pub fn start(session: SessionToken) {
    // Somebody else signed in on another tab of this browser: nothing of the first person may stay on this one.
    if me().get_untracked().is_some_and(|me| me.user_id != session.me.user_id) {
        crate::browser::reload();
        return;
    }
    TOKEN.set(Some(session.access_token));
    set_me(session.me);
    let state = state();
    if state.get_untracked() != State::SignedIn {
        state.set(State::SignedIn);
    }
}

/// The person's own data have changed.
pub fn set_me(new: Me) {
    let me = me();
    if me.get_untracked().as_ref() != Some(&new) {
        me.set(Some(new));
    }
}

/// The person signed out, or starts over: nothing of the session stays.
pub fn sign_out() {
    TOKEN.set(None);
    let state = state();
    if state.get_untracked() != State::SignedOut {
        state.set(State::SignedOut);
    }
    me().set(None);
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

/// An act was refused for want of a right that the screen still offered: somebody has changed the rights, so they are
/// read again and the screen follows.
pub fn recheck() {
    if state().get_untracked() != State::SignedIn || RECHECKING.replace(true) {
        return;
    }
    spawn_local(async {
        if let Ok(new) = request::<op::ReadMe>(&Nothing {}, &Nothing {}).detached().json().await {
            set_me(new);
        }
        RECHECKING.set(false);
    });
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
    match JsFuture::from(promise).await {
        Ok(renewed) if renewed.is_truthy() => Ok(()),
        _ if matches!(state().get_untracked(), State::SignedOut | State::Expired) => Err(Failure::SignedOut),
        _ => Err(Failure::Unreachable),
    }
}

async fn ask() -> Result<JsValue, JsValue> {
    // The answer carries the next cookie: it must arrive even when the page is left or reloaded meanwhile.
    let call = request::<op::RefreshSession>(&Nothing {}, &Nothing {}).detached().outlives_page();
    let answer = call.json::<<op::RefreshSession as Endpoint>::Reply>().await;
    // Only now may another renewal start.
    RENEWING.set(None);
    Ok(JsValue::from_bool(match answer {
        Ok(session) => {
            start(session);
            true
        }
        Err(failure) => {
            // Only a refusal ends the session; a server that restarts does not.
            if matches!(failure.status(), 400..500) && failure.status() != 429 {
                end();
            }
            false
        }
    }))
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
