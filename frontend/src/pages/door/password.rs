//! Fields for passwords: one may look at what one types, and sees the rules before breaking them.

use leptos::prelude::*;

use crate::browser::unique_id;
use crate::dom::{View, div, el, memo, span};
use crate::text::t;
use crate::ui::{Button, Field, Icon, icon};

const SHORTEST: usize = 12;

/// `autocomplete`: `current-password` or `new-password`, for the keeper of passwords.
pub fn password_field(label: &str, value: RwSignal<String>, autocomplete: &str) -> Field {
    let visible = RwSignal::new(false);
    let input = el("input")
        .class("input")
        .attr("autocomplete", autocomplete)
        .attr("spellcheck", "false")
        .attr("autocapitalize", "off")
        .attr_of("type", move || if visible.get() { "text" } else { "password" })
        .value_of(move || value.get())
        .on_input(move |typed| value.set(typed));
    let label_of = move || if visible.get() { t().password_hide() } else { t().password_show() };
    let eye: View = Button::new(t().password_show())
        .icon_only(Icon::Eye)
        .quiet()
        .small()
        .press(move || visible.update(|v| *v = !*v))
        .into();
    let eye =
        eye.attr_of("aria-label", label_of).attr_of("title", label_of).aria_of("aria-pressed", move || visible.get());
    Field::around(label, input.clone(), div("password").child(input).child(eye))
}

/// With the rules, and which of them is met. The server judges the rest and says why.
pub fn new_password_field(label: &str, value: RwSignal<String>) -> (Field, View) {
    let length = memo(move || value.with(|v| v.chars().count()));
    let enough = memo(move || length.get() >= SHORTEST);
    let id = unique_id("rules");
    let line = |words: View| el("li").child(words);
    let first = el("li").class_of("rule-met", move || enough.get()).live(move || {
        if enough.get() {
            View::all([icon(Icon::Check), span("").child(t().password_rule_length_met())])
        } else {
            View::all([span("").text_of(move || t().password_rule_length(length.get() as u64))])
        }
    });
    let rules = el("ul")
        .id(&id)
        .class("rules")
        .label(t().password_rules())
        .child(first)
        .child(line(span("").child(t().password_rule_own())))
        .child(line(span("").child(t().password_rule_plain())));
    let field = password_field(label, value, "new-password");
    let described = field.control().element().get_attribute("aria-describedby").unwrap_or_default();
    (field.attr("aria-describedby", &format!("{described} {id}")), rules)
}
