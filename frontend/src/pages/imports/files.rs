//! Messages and invoices as files: read at once, told file by file.

use contract::{FlowFileItem, FlowFileQuery, FlowFileResult, TakenOutcome};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;
use web_sys::File;

use crate::api::{Failure, Sent, query_string, say, upload};
use crate::dom::{View, div, el, link, p, span};
use crate::text::{format, t};
use crate::ui::{Button, Icon, Tone, status_as};

/// Files of an archive that are listed; the counts stand above.
const MOST_LISTED: usize = 200;
/// Flows of one file that are linked.
const MOST_LINKED: usize = 5;

/// Whether a file is a message, an invoice or an archive of them, rather than a list; the server looks at its content.
pub fn is_message(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    matches!(ending.as_str(), "xml" | "pdf" | "zip")
}

pub fn send(
    name: &str,
    platform: Option<String>,
    file: File,
    on_progress: Callback<Sent>,
    done: impl FnOnce(Result<FlowFileResult, Failure>) + 'static,
) {
    let query = FlowFileQuery { filename: name.to_owned(), platform };
    let path = format!("/flows/files?{}", query_string(&query));
    spawn_local(async move {
        let answer = upload(&path, JsValue::from(file), Some("application/octet-stream"), on_progress).await;
        done(answer.and_then(|reply| reply.json::<FlowFileResult>()));
    });
}

/// "3 nouveaux flux · 2 complétés · 1 refusé": what is nothing is not said.
pub fn summary(result: &FlowFileResult) -> String {
    let t = t();
    let parts = [
        (result.created, t.imp_flows_new(result.created)),
        (result.added, t.imp_flows_added(result.added)),
        (result.unchanged, t.imp_flows_known(result.unchanged)),
        (result.refused, t.flow_files_refused(result.refused)),
    ];
    let said: Vec<String> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(_, words)| words).collect();
    if said.is_empty() { t.flow_files_nothing().to_owned() } else { said.join(" · ") }
}

pub fn told(result: &FlowFileResult) -> View {
    let t = t();
    let unread = result.items.iter().any(|item| item.outcome == TakenOutcome::Unread);
    let acts = div("row imp-acts")
        .child(Button::link(t.imp_see_flows(), "/flux").primary().icon(Icon::Sort))
        .child(unread.then(|| Button::link(t.flows_tab_words(), "/flux?tab=words").icon(Icon::Edit)));
    let more = result.items.len().saturating_sub(MOST_LISTED);
    let more = (more > 0).then(|| p("soft small").child(t.flow_files_more(more as u64)));
    // What was refused first: it asks for something.
    let (refused, taken): (Vec<_>, Vec<_>) = result.items.iter().partition(|i| i.outcome == TakenOutcome::Refused);
    let items = refused.into_iter().chain(taken).take(MOST_LISTED);
    el("section")
        .class("card stack imp-files")
        .label(t.flow_files_title())
        .child(
            div("stack-tight").child(el("h2").child(t.flow_files_title())).child(p("soft num").child(summary(result))),
        )
        .child(el("ul").class("places").children(items.map(item)))
        .child(more)
        .child(acts)
}

fn item(item: &FlowFileItem) -> View {
    let t = t();
    let (tone, word) = match item.outcome {
        TakenOutcome::Created => (Tone::Ready, t.outcome_created()),
        TakenOutcome::Added => (Tone::Ready, t.outcome_added()),
        TakenOutcome::Unchanged => (Tone::OnTrack, t.outcome_known()),
        TakenOutcome::Unread => (Tone::AtRisk, t.outcome_unread()),
        TakenOutcome::Refused => (Tone::Late, t.outcome_refused()),
    };
    let form = item.form.as_deref().map(|form| span("soft small").child(form));
    let several = item.flows.len() > 1;
    let flows = item.flows.iter().take(MOST_LINKED).enumerate().map(|(at, id)| {
        let label = if several {
            t.flow_files_open_nth(format::number(t, at as i64 + 1))
        } else {
            t.flow_files_open().to_owned()
        };
        link("small", &format!("/flux?panel={id}")).child(label)
    });
    el("li")
        .class("stack-tight")
        .child(
            div("row imp-file-line")
                .child(status_as(tone, word).add_class("status-plain"))
                .child(span("imp-client grow").child(&item.name))
                .child(form)
                .children(flows),
        )
        .child(item.message.as_ref().map(|message| p("soft small").child(say(message))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_from_lists_by_their_ending() {
        assert!(is_message("cdv_205.XML") && is_message("lot.zip") && is_message("F-2026-17.pdf"));
        assert!(!is_message("export.csv") && !is_message("export.xlsx") && !is_message("xml"));
    }

    #[test]
    fn a_summary_says_what_happened_and_nothing_else() {
        let result = FlowFileResult { created: 2, added: 0, unchanged: 1, refused: 1, items: Vec::new() };
        assert_eq!(summary(&result), "2 nouveaux flux · 1 déjà connu · 1 fichier refusé");
        let none = FlowFileResult { created: 0, added: 0, unchanged: 0, refused: 0, items: Vec::new() };
        assert_eq!(summary(&none), t().flow_files_nothing());
    }
}
