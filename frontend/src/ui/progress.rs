//! A long work: how much is done, how fast, how long still.

use leptos::prelude::*;

use crate::text::{format, t};

#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Progress {
    pub done: u64,
    /// None while the size is not known.
    pub total: Option<u64>,
    pub per_second: Option<u64>,
}

impl Progress {
    pub fn seconds_left(self) -> Option<u64> {
        let (total, rate) = (self.total?, self.per_second.filter(|rate| *rate > 0)?);
        Some(total.saturating_sub(self.done).div_ceil(rate))
    }

    fn percent(self) -> Option<u64> {
        let total = self.total.filter(|total| *total > 0)?;
        Some((self.done.min(total) * 100) / total)
    }
}

#[component]
pub fn ProgressBar(
    #[prop(into)] label: String,
    #[prop(into)] progress: Signal<Progress>,
    /// Writes a count of the unit at hand: lines, bytes.
    #[prop(optional)]
    write: Option<fn(u64) -> String>,
) -> AnyView {
    let write = write.unwrap_or(|n| format::number(t(), n as i64));
    let words = move || {
        let (now, t) = (progress.get(), t());
        let mut parts = Vec::with_capacity(3);
        parts.push(match now.total {
            Some(total) => format!("{} / {}", write(now.done), write(total)),
            None => write(now.done),
        });
        parts.extend(now.per_second.map(|rate| t.progress_rate(write(rate))));
        parts.extend(now.seconds_left().filter(|s| *s > 0).map(|s| t.progress_left(format::duration(t, s))));
        parts.join(" · ")
    };
    let name = label.clone();
    view! {
        <div class="progress">
            <div class="spread">
                <span class="strong">{label}</span>
                <span class="num">{move || progress.get().percent().map(|p| format::percent(t(), p as i64))}</span>
            </div>
            <progress
                aria-label=name
                max="100"
                value=move || progress.get().percent().map(|p| p.to_string())
            ></progress>
            <p class="soft small num">{words}</p>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_rounded_up_and_needs_a_rate() {
        let progress = Progress { done: 2_500, total: Some(10_000), per_second: Some(1_000) };
        assert_eq!(progress.seconds_left(), Some(8));
        assert_eq!(progress.percent(), Some(25));
        assert_eq!(Progress { per_second: Some(0), ..progress }.seconds_left(), None);
        assert_eq!(Progress { total: None, ..progress }.percent(), None);
        assert_eq!(Progress { done: 20_000, ..progress }.percent(), Some(100));
    }
}
