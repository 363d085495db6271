//! What this is, and where to read more.

use crate::dom::{View, div, el, link, p};
use crate::frame::brand_mark;
use crate::text::t;
use crate::ui::{Button, Icon, icon, shortcuts_help_open};
use leptos::prelude::*;

pub fn about() -> View {
    let t = t();
    let help = shortcuts_help_open();
    // Pages of the server, not of this client: opened beside, and kept out of the router by `rel`.
    let outside = |href: &str, label: &str| {
        link("row", href)
            .attr("target", "_blank")
            .attr("rel", "external noopener")
            .child(label)
            .child(icon(Icon::External))
    };
    let lines = [
        (t.about_version(), el("dd").class("num").child(env!("CARGO_PKG_VERSION"))),
        (t.about_docs(), el("dd").child(outside("/docs", "/docs")).child(p("soft small").child(t.about_docs_detail()))),
        (
            t.act_reference(),
            el("dd")
                .child(link("row", "/referentiel").child("/referentiel"))
                .child(p("soft small").child(t.reference_lead())),
        ),
        (t.about_openapi(), el("dd").child(outside("/api/openapi.json", "/api/openapi.json"))),
        (
            t.about_keys(),
            el("dd")
                .child(Button::new(t.keys_help()).icon(Icon::Keyboard).small().press(move || help.set(true)))
                .child(p("soft small").child(t.about_keys_detail())),
        ),
    ];
    let facts = lines
        .into_iter()
        .fold(el("dl").class("facts about"), |list, (label, value)| list.child(el("dt").child(label)).child(value));
    el("section")
        .class("card settings-narrow")
        .child(div("row").child(brand_mark()).child(el("h2").child(t.product())))
        .child(facts)
}
