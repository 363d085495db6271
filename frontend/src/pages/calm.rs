//! What a person changes quickly, a moment after the last change.

use std::time::Duration;

use leptos::prelude::*;

use crate::dom::after;

const AFTER_TYPING: Duration = Duration::from_millis(250);

/// Follows `source` once it has stood still.
pub fn settled<T: Clone + Send + Sync + 'static>(source: impl Fn() -> T + 'static) -> RwSignal<T> {
    let calm = RwSignal::new(untrack(&source));
    let round = StoredValue::new(0u32);
    let mut first = true;
    after(move || {
        let now = source();
        if std::mem::take(&mut first) {
            return;
        }
        let own = round.get_value() + 1;
        round.set_value(own);
        set_timeout(
            move || {
                if round.try_get_value() == Some(own) {
                    calm.try_set(now);
                }
            },
            AFTER_TYPING,
        );
    });
    calm
}
