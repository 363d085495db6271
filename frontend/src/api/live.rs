//! What others do, as the server tells it: one line of server-sent events for the window that is looked at.
//!
//! The line is held while the window is in sight only: a browser has few connections to one server, and windows that
//! nobody looks at would keep them from the one in front. Whoever comes back hears first what has happened meanwhile.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use contract::endpoint::op;
use contract::{LiveQuery, Nothing};
use domain::AnomalyId;
use js_sys::{Function, Promise, Reflect, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

use super::call::classify;
use super::session::{self, State};
use super::{Failure, request};
use crate::browser::sleep;

/// What was heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    /// An anomaly in sight stands at this version.
    Anomaly(AnomalyId, i64),
    /// Numbers beside the queue may have moved.
    Counts,
    /// So many notifications are unread.
    Unread(u64),
    /// More happened than can be told: what stands on the screen is read again.
    Behind,
}

type Hear = Rc<dyn Fn(Heard)>;

thread_local! {
    static HEARERS: RefCell<Vec<(u32, Hear)>> = const { RefCell::new(Vec::new()) };
    static NEXT: Cell<u32> = const { Cell::new(0) };
    /// Which frame follows; a newer one ends the line of the one before.
    static TURN: Cell<u32> = const { Cell::new(0) };
    static LINE: RefCell<Option<AbortController>> = const { RefCell::new(None) };
    /// Ends the wait of a window out of sight.
    static WAKE: RefCell<Option<Function>> = const { RefCell::new(None) };
}

const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How long the line of a window out of sight is kept: a glance at another window cuts nothing.
const OUT_OF_SIGHT: Duration = Duration::from_secs(20);

/// Hears what others do for as long as the present page or part lives.
pub fn on_live(hear: impl Fn(Heard) + 'static) {
    let id = NEXT.get();
    NEXT.set(id + 1);
    HEARERS.with_borrow_mut(|all| all.push((id, Rc::new(hear))));
    on_cleanup(move || HEARERS.with_borrow_mut(|all| all.retain(|(own, _)| *own != id)));
}

fn tell(heard: Heard) {
    // Who hears may draw, and so come and go.
    let all: Vec<Hear> = HEARERS.with_borrow(|all| all.iter().map(|(_, hear)| hear.clone()).collect());
    for hear in all {
        hear(heard);
    }
}

/// One act for many calls: a moment after the first of them.
pub fn gathered(wait: Duration, act: impl Fn() + 'static) -> impl Fn() + Clone + 'static {
    let (waits, act) = (Rc::new(Cell::new(false)), Rc::new(act));
    move || {
        if !waits.replace(true) {
            let (waits, act) = (waits.clone(), act.clone());
            set_timeout(
                move || {
                    waits.set(false);
                    act();
                },
                wait,
            );
        }
    }
}

/// Follows until the present part (the frame of signed-in pages) is left.
pub fn follow() {
    let own = TURN.get() + 1;
    TURN.set(own);
    let seen = window_event_listener_untyped("visibilitychange", move |_| sight_changed(own));
    on_cleanup(move || {
        seen.remove();
        if TURN.get() == own {
            TURN.set(own + 1);
            hang_up();
        }
    });
    spawn_local(async move {
        let (mut beat, mut wait) = (None, FIRST_WAIT);
        while TURN.get() == own {
            if document().hidden() {
                in_sight().await;
                continue;
            }
            // Whoever must sign in again has nobody to follow meanwhile.
            let answer = match session::state().get_untracked() {
                State::SignedIn => listen(&mut beat).await,
                _ => Err(Failure::SignedOut),
            };
            let told = match answer {
                Ok(()) => Some(Duration::ZERO),
                Err(Failure::Refused(problem)) => problem.retry_after.map(Duration::from_secs),
                Err(_) => None,
            };
            wait = match told {
                Some(Duration::ZERO) => FIRST_WAIT,
                Some(asked) => asked.clamp(FIRST_WAIT, LONGEST_WAIT),
                None => wait,
            };
            sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    });
}

fn hang_up() {
    if let Some(line) = LINE.take() {
        line.abort();
    }
    if let Some(wake) = WAKE.take() {
        let _ = wake.call0(&JsValue::NULL);
    }
}

fn sight_changed(own: u32) {
    if !document().hidden() {
        if let Some(wake) = WAKE.take() {
            let _ = wake.call0(&JsValue::NULL);
        }
        return;
    }
    set_timeout(
        move || {
            if document().hidden()
                && TURN.get() == own
                && let Some(line) = LINE.take()
            {
                line.abort();
            }
        },
        OUT_OF_SIGHT,
    );
}

async fn in_sight() {
    let mut wait = |resolve: Function, _: Function| {
        WAKE.set(Some(resolve));
    };
    let _ = JsFuture::from(Promise::new(&mut wait)).await;
}

/// Holds the line until it ends. `beat` is the last that was heard, from which the next line goes on.
async fn listen(beat: &mut Option<i64>) -> Result<(), Failure> {
    let mut call = request::<op::FollowLive>(&Nothing {}, &LiveQuery { since: *beat }).detached();
    if let Ok(line) = AbortController::new() {
        call = call.aborted_by(&line);
        LINE.set(Some(line));
    }
    let response: JsValue = call.response().await?.into();
    let reader = Reflect::get(&response, &"body".into()).and_then(|body| method(&body, "getReader")).map_err(broken)?;
    let mut bytes: Vec<u8> = Vec::new();
    loop {
        let next: Promise = method(&reader, "read").map_err(broken)?.unchecked_into();
        let piece = JsFuture::from(next).await.map_err(|error| classify(&error))?;
        let part = |name: &str| Reflect::get(&piece, &name.into());
        if part("done").map_err(broken)?.is_truthy() {
            return Ok(());
        }
        bytes.extend(Uint8Array::new(&part("value").map_err(broken)?).to_vec());
        while let Some(end) = bytes.windows(2).position(|pair| pair == b"\n\n") {
            let event: Vec<u8> = bytes.drain(..end + 2).collect();
            let (at, heard) = read(&String::from_utf8_lossy(&event));
            *beat = at.or(*beat);
            if let Some(heard) = heard {
                tell(heard);
            }
        }
    }
}

fn method(object: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    Reflect::get(object, &name.into())?.dyn_into::<Function>()?.call0(object)
}

fn broken(error: JsValue) -> Failure {
    Failure::Unreadable { why: format!("{error:?}"), request_id: None }
}

/// An event: the beat at which it happened, and what it tells. `hello` and the signs of life tell nothing.
fn read(event: &str) -> (Option<i64>, Option<Heard>) {
    let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let data: Value = field("data:").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let heard = match field("event:") {
        Some("anomaly") => {
            let id = data["id"].as_str().and_then(|id| id.parse().ok());
            id.zip(data["version"].as_i64()).map(|(id, version)| Heard::Anomaly(id, version))
        }
        Some("counts") => Some(Heard::Counts),
        Some("notification") => data["unread"].as_u64().map(Heard::Unread),
        Some("behind") => Some(Heard::Behind),
        _ => None,
    };
    (field("id:").and_then(|beat| beat.parse().ok()), heard)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_as_the_server_writes_them() {
        let id = "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11";
        let event = format!("id: 7\nevent: anomaly\ndata: {{\"id\":\"{id}\",\"version\":3}}\n\n");
        assert_eq!(read(&event), (Some(7), id.parse().ok().map(|id| Heard::Anomaly(id, 3))));
        assert_eq!(read("id: 8\nevent: notification\ndata: {\"unread\":2}\n\n"), (Some(8), Some(Heard::Unread(2))));
        assert_eq!(read("id: 9\nevent: hello\ndata: {\"beat\":9}\n\n"), (Some(9), None));
        assert_eq!(read("id: 10\nevent: behind\ndata: {}\n\n"), (Some(10), Some(Heard::Behind)));
        assert_eq!(read(": beat\n\n"), (None, None));
    }
}
