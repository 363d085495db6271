//! What would come, or came, of an act on many: whom it touches, who is left out and why, item by item.

use contract::ItemOutcome;

use crate::dom::{View, div, el, p, span};
use crate::text::{search, t};
use crate::ui::{Icon, Tone, icon, notice};

/// Names that are written out; the rest is counted.
const NAMED: usize = 50;
/// Names beside a reason.
const BESIDE: usize = 3;

/// One of the many.
pub struct Item {
    pub name: String,
    pub outcome: ItemOutcome,
    pub reason: Option<String>,
}

impl Item {
    fn is_left_out(&self) -> bool {
        !matches!(self.outcome, ItemOutcome::Changed | ItemOutcome::Unchanged)
    }
}

fn word(outcome: ItemOutcome) -> &'static str {
    let t = t();
    match outcome {
        ItemOutcome::Changed => t.outcome_changed(),
        ItemOutcome::Unchanged => t.outcome_unchanged(),
        ItemOutcome::NotFound => t.outcome_not_found(),
        ItemOutcome::Kept => t.outcome_kept(),
        ItemOutcome::Refused => t.outcome_refused(),
    }
}

/// The names of those that an act touches, behind a press.
pub fn touched(items: &[Item]) -> Option<View> {
    let touched: Vec<&Item> = items.iter().filter(|item| item.outcome == ItemOutcome::Changed).collect();
    let more = touched.len().saturating_sub(NAMED) as u64;
    let names = touched
        .iter()
        .take(NAMED)
        .map(|item| el("li").class("truncate").attr("title", &item.name).child(item.name.as_str()));
    (!touched.is_empty()).then(|| {
        el("details")
            .class("chart-table")
            .child(el("summary").child(t().bulk_touched()))
            .child(el("ul").class("name-list small").children(names))
            .child((more > 0).then(|| p("faint small").child(t().bulk_more(more))))
    })
}

/// Who is left out, by reason; `said` tells how many.
pub fn left_out(said: String, items: &[Item]) -> View {
    let lines = by_reason(items).into_iter().map(|(reason, names)| {
        let more = match names.len().saturating_sub(BESIDE) {
            0 => String::new(),
            more => t().bulk_more(more as u64),
        };
        let shown = names[..names.len().min(BESIDE)].join(", ");
        el("li").child(span("").child(reason)).child(span("soft").child(format!(" {shown} {more}")))
    });
    let words = div("stack-tight").child(p("").child(said)).child(el("ul").class("bullets small").children(lines));
    notice(Tone::AtRisk, words)
}

/// Those that are left out, by what keeps them out; the commonest first.
fn by_reason(items: &[Item]) -> Vec<(String, Vec<String>)> {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for item in items.iter().filter(|item| item.is_left_out()) {
        let reason = item.reason.clone().unwrap_or_else(|| word(item.outcome).to_owned());
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(item.name.clone()),
            None => reasons.push((reason, vec![item.name.clone()])),
        }
    }
    search::order_by_key(&mut reasons, |(_, names)| std::cmp::Reverse(names.len()));
    reasons
}

/// What came of it, item by item; what needs a look comes first.
pub fn results(said: String, mut items: Vec<Item>) -> View {
    search::order_by_key(&mut items, |item| match item.outcome {
        ItemOutcome::Refused => 0,
        ItemOutcome::NotFound => 1,
        ItemOutcome::Kept => 2,
        ItemOutcome::Changed => 3,
        ItemOutcome::Unchanged => 4,
    });
    let more = items.len().saturating_sub(NAMED * 4) as u64;
    let rows = items.into_iter().take(NAMED * 4).map(|item| {
        let face = if item.outcome == ItemOutcome::Changed { Icon::Check } else { Icon::Info };
        let words = div("grow")
            .child(
                div("spread")
                    .child(span("truncate").child(item.name))
                    .child(span("soft small").child(word(item.outcome))),
            )
            .child(item.reason.map(|reason| p("soft small").child(reason)));
        el("li").class("result").child(icon(face)).child(words)
    });
    div("stack")
        .child(p("strong").child(said))
        .child(el("h3").child(t().bulk_results()))
        .child(el("ul").class("results").children(rows))
        .child((more > 0).then(|| p("faint small").child(t().bulk_more(more))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_left_out_is_told_by_reason() {
        let item = |name: &str, outcome, reason: Option<&str>| Item {
            name: name.to_owned(),
            outcome,
            reason: reason.map(str::to_owned),
        };
        let told = by_reason(&[
            item("A", ItemOutcome::Changed, None),
            item("B", ItemOutcome::NotFound, Some("Absent.")),
            item("C", ItemOutcome::Refused, Some("Pas d’accès.")),
            item("D", ItemOutcome::Refused, Some("Pas d’accès.")),
        ]);
        assert_eq!(told[0], ("Pas d’accès.".to_owned(), vec!["C".to_owned(), "D".to_owned()]));
        assert_eq!(told[1].1, ["B"]);
        assert_eq!(told.len(), 2);
    }
}
