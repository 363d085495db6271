//! Data of a page, from the first request to the last: loading, ready, stale while asked again, failed.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;

use leptos::prelude::*;
use leptos::task::spawn_local;
use send_wrapper::SendWrapper;
use web_sys::AbortController;

use super::Failure;
use super::call::Abortable;

pub type Answer<T> = Pin<Box<dyn Future<Output = Result<T, Failure>>>>;

/// Puts an answer where the page reads it.
type Store = Box<dyn FnOnce()>;
/// What a load waits for, once its type is in the box: everything around it is compiled once for all types.
type Work = Pin<Box<dyn Future<Output = Result<Store, Failure>>>>;

fn store<T: 'static>(answer: Answer<T>, put: impl FnOnce(T) + 'static) -> Work {
    Box::pin(async move { answer.await.map(|value| Box::new(move || put(value)) as Store) })
}

/// Asks now and whenever the signals read by `start` change.
fn follow(failure: RwSignal<Option<Failure>>, pending: RwSignal<bool>, start: Box<dyn Fn() -> Work>) {
    let flight = Flight::new();
    Effect::new(move |_| {
        let (number, work) = flight.start(start());
        pending.set(true);
        spawn_local(async move {
            let answer = work.await;
            if !flight.wants(number) {
                return;
            }
            match answer {
                Ok(store) => {
                    failure.try_set(None);
                    store();
                }
                Err(Failure::Aborted) => {}
                Err(error) => {
                    failure.try_set(Some(error));
                }
            }
            pending.try_set(false);
        });
    });
}

/// Aborts what is under way when a newer request starts or its page is left.
#[derive(Clone, Copy)]
struct Flight {
    current: StoredValue<Option<SendWrapper<AbortController>>>,
    number: StoredValue<u32>,
}

impl Flight {
    fn new() -> Flight {
        let flight = Flight { current: StoredValue::new(None), number: StoredValue::new(0) };
        on_cleanup(move || flight.stop());
        flight
    }

    fn stop(self) {
        let controller = self.current.try_update_value(Option::take).flatten();
        if let Some(controller) = controller {
            controller.abort();
        }
    }

    /// Starts a request: the ones before are aborted, and their late answers are not taken.
    fn start(self, future: Work) -> (u32, Abortable<Result<Store, Failure>>) {
        self.stop();
        let controller = AbortController::new().ok();
        let signal = controller.as_ref().map(AbortController::signal);
        self.current.set_value(controller.map(SendWrapper::new));
        let number = self.number.try_update_value(|n| {
            *n += 1;
            *n
        });
        (number.unwrap_or(0), Abortable { signal, future })
    }

    /// Is the answer to this request still wanted? False when the page is gone.
    fn wants(self, number: u32) -> bool {
        self.number.try_get_value() == Some(number)
    }
}

/// One piece of data that depends on a key.
pub struct Load<T: Send + Sync + 'static> {
    /// The last good answer; stays while a new one is asked for, so that the page does not jump.
    pub value: RwSignal<Option<T>>,
    pub failure: RwSignal<Option<Failure>>,
    pub pending: RwSignal<bool>,
    again: RwSignal<u32>,
}

impl<T: Send + Sync + 'static> Clone for Load<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Load<T> {}

impl<T: Send + Sync + 'static> Load<T> {
    /// Asks again with the same key.
    pub fn reload(self) {
        self.again.try_update(|n| *n += 1);
    }

    /// Takes what a write has answered, without asking again.
    pub fn put(self, value: T) {
        self.failure.try_set(None);
        self.value.try_set(Some(value));
    }
}

/// Loads now and whenever the signals read by `key` change.
pub fn load<K, T>(
    key: impl Fn() -> K + Send + Sync + 'static,
    ask: impl Fn(K) -> Answer<T> + Send + Sync + 'static,
) -> Load<T>
where
    K: PartialEq + Clone + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    let load = Load {
        value: RwSignal::new(None),
        failure: RwSignal::new(None),
        pending: RwSignal::new(true),
        again: RwSignal::new(0),
    };
    let key = Memo::new(move |_| key());
    let start = move || {
        load.again.track();
        store(ask(key.get()), move |value| load.put(value))
    };
    follow(load.failure, load.pending, Box::new(start));
    load
}

/// A list that grows by seeking: each answer carries the cursor of the next.
pub struct SeekList<T: Send + Sync + 'static> {
    pub rows: RwSignal<Vec<T>>,
    pub next: RwSignal<Option<String>>,
    /// The first page of the present key has arrived.
    pub arrived: RwSignal<bool>,
    pub failure: RwSignal<Option<Failure>>,
    pub pending: RwSignal<bool>,
    more: RwSignal<u32>,
    again: RwSignal<u32>,
}

impl<T: Send + Sync + 'static> Clone for SeekList<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for SeekList<T> {}

impl<T: Send + Sync + 'static> SeekList<T> {
    pub fn reload(self) {
        self.again.try_update(|n| *n += 1);
    }

    pub fn load_more(self) {
        if self.next.with_untracked(Option::is_some) && !self.pending.get_untracked() {
            self.more.update(|n| *n += 1);
        }
    }

    /// Rows stand that another key has asked for, while those of the present one are on their way.
    pub fn is_stale(self) -> bool {
        self.pending.get() && self.arrived.get() && self.next.with(Option::is_none)
    }

    /// Changes rows in place, for optimistic acts.
    pub fn patch(self, change: impl FnOnce(&mut Vec<T>)) {
        self.rows.try_update(change);
    }
}

/// `ask(key, cursor)` answers rows and the next cursor. A new key starts again from the top; the old rows stay visible
/// until the new ones are here.
pub fn seek_list<K, T>(
    key: impl Fn() -> K + Send + Sync + 'static,
    ask: impl Fn(K, Option<String>) -> Answer<(Vec<T>, Option<String>)> + Send + Sync + 'static,
) -> SeekList<T>
where
    K: PartialEq + Clone + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    let list = SeekList {
        rows: RwSignal::new(Vec::new()),
        next: RwSignal::new(None),
        arrived: RwSignal::new(false),
        failure: RwSignal::new(None),
        pending: RwSignal::new(true),
        more: RwSignal::new(0),
        again: RwSignal::new(0),
    };
    let key = Memo::new(move |_| key());
    let seen = Cell::new(0);
    let start = move || {
        list.again.track();
        let more = list.more.get();
        let key = key.get();
        // Only `load_more` moves this number; anything else starts from the top.
        let cursor = if seen.replace(more) != more { list.next.get_untracked() } else { None };
        let append = cursor.is_some();
        store(ask(key, cursor), move |(rows, next)| {
            list.next.try_set(next);
            list.rows.try_update(|all| {
                if append {
                    all.extend(rows);
                } else {
                    *all = rows;
                }
            });
            list.arrived.try_set(true);
        })
    };
    follow(list.failure, list.pending, Box::new(start));
    list
}
