//! The establishments of a dossier.

use std::rc::Rc;

use domain::Siret;
use leptos::prelude::*;
use serde_json::json;

use super::editor::{buttons, in_place, line};
use super::entry;
use super::open::{Fields, Open, complain, may_write};
use crate::dom::{Item, View, button, div, el, live, p, span};
use crate::text::{format, t};
use crate::ui::{Icon, icon, text_field};

fn save(open: Open, sirets: Vec<Siret>, done: impl FnOnce() + 'static) {
    let fields = Fields::from([("sirets".to_owned(), json!(sirets))]);
    open.save(t().dossier_saved(t().fact_sirets()), fields, move |outcome| match outcome {
        Ok(()) => done(),
        Err(failure) => complain(&failure),
    });
}

pub fn form(open: Open, done: Rc<dyn Fn()>) -> View {
    let text = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    let field =
        text_field(t().siret_label(), text).hint(t().siret_hint()).inputmode("numeric").error(move || error.get());
    let control = field.control();
    request_animation_frame(move || control.focus());
    let warning = live(move || {
        let siren = open.of(|d| Some(d.facts.siren))?;
        let siret = entry::siret(&text.get(), siren).ok()?;
        (!siret.is_checked()).then(|| p("remark tone-at-risk").child(icon(Icon::Warning)).child(t().siret_unchecked()))
    });
    let close = done.clone();
    let submit = move || {
        let Some((siren, mut all)) = open.current().map(|f| (f.value.facts.siren, f.value.facts.sirets)) else {
            return;
        };
        match entry::siret(&text.get_untracked(), siren) {
            Ok(siret) if all.contains(&siret) => error.set(Some(t().siret_known().to_owned())),
            Ok(siret) => {
                all.push(siret);
                let close = close.clone();
                save(open, all, move || close());
            }
            Err(words) => error.set(Some(words)),
        }
    };
    let body = el("form").class("fact-form").attr("novalidate", "").child(field).child(warning);
    buttons(body, open, submit, done)
}

/// The line of the facts: each number, and the way to one more.
pub fn facts(open: Open) -> View {
    let rows = move || {
        open.of(|d| d.facts.sirets.clone())
            .into_iter()
            .map(|siret| {
                Item::new(siret.to_string(), move || {
                    let number = format::siret(siret.as_str());
                    let warning = (!siret.is_checked()).then(|| {
                        span("remark tone-at-risk").attr("title", t().siret_unchecked()).child(icon(Icon::Warning))
                    });
                    let remove = button("quiet-cross")
                        .label(&t().siret_remove(&number))
                        .child(icon(Icon::Close))
                        .on_click(move || {
                            let Some(file) = open.current() else { return };
                            let rest = file.value.facts.sirets.into_iter().filter(|s| *s != siret).collect();
                            save(open, rest, || {});
                        });
                    let remove = crate::dom::show(may_write, move || remove.clone());
                    el("li").class("row").child(span("num").child(&number)).child(warning).child(remove)
                })
            })
            .collect()
    };
    let none = crate::dom::show(move || open.of(|d| d.facts.sirets.is_empty()), || span("faint").child("–"));
    let add = crate::dom::show(may_write, move || {
        in_place(
            t().siret_add().to_owned(),
            may_write,
            || span("soft small").child(t().siret_add()),
            move |done| form(open, done),
        )
    });
    line(t().fact_sirets(), div("stack-tight").child(none).child(el("ul").each(rows)).child(add))
}
