//! A long work: how much is done, how fast, how long still.

use crate::dom::{View, div, el, p, span};
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

    pub fn percent(self) -> Option<u64> {
        let total = self.total.filter(|total| *total > 0)?;
        Some((self.done.min(total) * 100) / total)
    }

    fn words(self, write: fn(u64) -> String) -> String {
        let t = t();
        let mut parts = Vec::with_capacity(3);
        parts.push(match self.total {
            Some(total) => t.progress_count(write(self.done), write(total)),
            None => write(self.done),
        });
        parts.extend(self.per_second.map(|rate| t.progress_rate(write(rate))));
        parts.extend(self.seconds_left().filter(|s| *s > 0).map(|s| t.progress_left(format::duration(t, s))));
        parts.join(" · ")
    }
}

/// `write` writes a count of the unit at hand: `count_of_lines`, or bytes.
pub fn progress_bar(label: &str, progress: impl Fn() -> Progress + Clone + 'static, write: fn(u64) -> String) -> View {
    let (percent, value, words) = (progress.clone(), progress.clone(), progress);
    let head = div("spread").child(span("strong").child(label)).child(
        span("num").text_of(move || percent().percent().map(|p| format::percent(t(), p as i64)).unwrap_or_default()),
    );
    let bar = el("progress")
        .label(label)
        .attr("max", "100")
        .attr_of("value", move || value().percent().map(|p| p.to_string()));
    div("progress").child(head).child(bar).child(p("soft small num").text_of(move || words().words(write)))
}

/// Plain counts, for `progress_bar`.
pub fn counted(n: u64) -> String {
    format::number(t(), n as i64)
}

/// Sizes of files, for `progress_bar`.
pub fn weighed(n: u64) -> String {
    format::bytes(t(), n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_rounded_up_and_needs_a_rate() {
        let progress = Progress { done: 2_500, total: Some(10_000), per_second: Some(1_000) };
        assert_eq!(progress.seconds_left(), Some(8));
        assert_eq!(progress.percent(), Some(25));
        assert_eq!(
            progress.words(counted),
            "2\u{202f}500 sur 10\u{202f}000 · 1\u{202f}000 par seconde · encore 8\u{a0}s"
        );
        assert_eq!(Progress { per_second: Some(0), ..progress }.seconds_left(), None);
        assert_eq!(Progress { total: None, ..progress }.percent(), None);
        assert_eq!(Progress { done: 20_000, ..progress }.percent(), Some(100));
    }
}
