//! What an export is known by: its platform, how that platform's exports are read, and what it has changed since.

use contract::{ColumnsChanged, ImportChange, ImportSubject, MappingReason};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::detail::Page;
use super::words;
use crate::api::Failure;
use crate::browser::unique_id;
use crate::dom::{View, div, live, p, span};
use crate::pages::register;
use crate::text::t;
use crate::ui::{Tone, notice, tag, text_field};

/// What is remembered of the platform's exports, and how this one differs from the last. Nothing for a list of clients.
pub fn told(page: Page) -> View {
    let known = page.of(|import| {
        let flows = import.subject == ImportSubject::Flows;
        let remembered = import.detection.columns.iter().any(|c| c.reason == Some(MappingReason::Remembered));
        let open = words::is_open(import.state);
        let platform = import.platform.clone().filter(|_| flows)?;
        Some((platform, remembered && open, import.columns_changed.clone()))
    });
    live(move || match known.get() {
        Some((platform, _, Some(changed))) => differs(&platform, &changed),
        Some((platform, true, None)) => {
            let words =
                View::all([p("strong").child(t().imp_profile(&platform)), p("soft").child(t().imp_profile_detail())]);
            notice(Tone::Ready, words)
        }
        _ => View::none(),
    })
}

fn differs(platform: &str, changed: &ColumnsChanged) -> View {
    let t = t();
    let line = |label: &str, names: &[String]| {
        (!names.is_empty())
            .then(|| div("row").child(span("soft").child(label)).children(names.iter().map(|name| tag(name))))
    };
    let words = div("stack-tight")
        .child(p("strong").child(t.imp_changed(platform)))
        .child(line(t.imp_changed_added(), &changed.added))
        .child(line(t.imp_changed_removed(), &changed.removed))
        .child(p("soft").child(t.imp_changed_detail()));
    notice(Tone::AtRisk, words).attr("role", "status")
}

/// What must be chosen before the rows can be read, and where it is a platform, the place to name it.
pub fn lacks(page: Page, (title, detail): (&str, &str)) -> View {
    let nameless = page.import.with_untracked(|import| {
        import.subject == ImportSubject::Flows && import.platform.is_none() && words::is_open(import.state)
    });
    let field = nameless.then(|| div("imp-lacks").child(field(page, false)));
    let words = div("stack-tight").child(p("strong").child(title)).child(p("").child(detail)).child(field);
    notice(Tone::Late, words).attr("role", "alert")
}

/// The platform of the import; sent when the field is left. Not `hinted`: what it is for stands beside it already.
pub fn field(page: Page, hinted: bool) -> View {
    let typed = RwSignal::new(page.import.with_untracked(|import| import.platform.clone().unwrap_or_default()));
    let failure = RwSignal::new(None::<Failure>);
    let kept = page.of(|import| import.platform.clone().unwrap_or_default());
    Effect::new(move |_| typed.set(kept.get()));
    let state = page.state();
    let error = move || {
        let failure = failure.get()?;
        Some(failure.field("/platform").unwrap_or_else(|| failure.detail()))
    };
    let list = unique_id("platforms");
    let field = text_field(t().flow_platform(), typed)
        .attr("list", &list)
        .placeholder(t().imp_platform_example())
        .error(error)
        .disabled(move || !words::is_open(state.get()) || page.busy.get())
        .on_done(move || {
            let named = typed.get_untracked().trim().to_owned();
            if named.is_empty() || named == kept.get_untracked() || page.busy.get_untracked() {
                return;
            }
            page.busy.set(true);
            failure.set(None);
            spawn_local(async move {
                let answer = page.change(ImportChange { platform: Some(named), ..ImportChange::default() }).await;
                page.busy.try_set(false);
                match answer {
                    Ok(()) => {}
                    Err(error) if error.status() == 412 => page.failed(&error),
                    Err(error) => {
                        failure.try_set(Some(error));
                    }
                }
            });
        });
    let field = if hinted { field.hint(t().imp_platform_hint()) } else { field };
    View::all([View::from(field), register::platform_names(&list)])
}

/// Whether the rows can be read: what lacks, or nothing.
pub fn missing(page: Page) -> Memo<Option<(&'static str, &'static str)>> {
    page.of(|import| {
        let chosen: Vec<_> = import.detection.columns.iter().map(words::Meaning::of).collect();
        words::lacking(import.subject, import.platform.as_deref(), &chosen).filter(|_| words::is_open(import.state))
    })
}
