//! Words that the firm puts on a dossier.

use leptos::prelude::*;
use serde_json::json;

use super::editor::line;
use super::open::{Fields, Open, complain, may_write};
use crate::dom::View;
use crate::dom::{Item, button, div, el, show, span};
use crate::text::t;
use crate::ui::{Icon, icon};

fn save(open: Open, tags: Vec<String>) {
    let fields = Fields::from([("tags".to_owned(), json!(tags))]);
    open.save(t().dossier_saved(t().fact_tags()), fields, |outcome| {
        if let Err(failure) = outcome {
            complain(&failure);
        }
    });
}

fn tags(open: Open) -> Vec<String> {
    open.current().map(|f| f.value.facts.tags).unwrap_or_default()
}

pub fn facts(open: Open) -> View {
    let rows = move || {
        open.of(|d| d.facts.tags.clone())
            .into_iter()
            .map(|tag| {
                Item::new(tag.clone(), move || {
                    let chip = span("chip").child(span("truncate").child(&tag));
                    let label = t().tag_remove(&tag);
                    let remove = show(may_write, move || {
                        let tag = tag.clone();
                        button("").label(&label).child(icon(Icon::Close)).on_click(move || {
                            save(open, tags(open).into_iter().filter(|t| *t != tag).collect());
                        })
                    });
                    el("li").class("row nowrap").child(chip.child(remove))
                })
            })
            .collect()
    };
    let typed = RwSignal::new(String::new());
    let add = show(may_write, move || {
        let input = el("input")
            .class("input input-tag")
            .attr("type", "text")
            .attr("maxlength", "40")
            .attr("placeholder", t().tag_add())
            .label(t().tag_add())
            .value_of(move || typed.get())
            .on_input(move |text| typed.set(text));
        el("form").child(input).on("submit", move |ev| {
            ev.prevent_default();
            let tag = typed.get_untracked().trim().to_owned();
            typed.set(String::new());
            let mut all = tags(open);
            if !tag.is_empty() && all.iter().all(|t| domain::fold(t) != domain::fold(&tag)) {
                all.push(tag);
                save(open, all);
            }
        })
    });
    let none = show(move || open.of(|d| d.facts.tags.is_empty()) && !may_write(), || span("faint").child("–"));
    line(t().fact_tags(), div("row").child(none).child(el("ul").class("row").each(rows)).child(add))
}
