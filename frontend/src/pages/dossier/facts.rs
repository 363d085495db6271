//! Everything that the firm knows of a client, in groups, each fact edited where it stands.

use leptos::prelude::*;

use super::editor::{Kind, fact, in_place, line, managed_note};
use super::open::{Open, may_write};
use super::{activity, contacts, decision, proofs, regime, sirets, size, tags};
use crate::dom::{View, div, el, p, show, span};
use crate::text::{format, t};
use crate::ui::{Button, Icon};

fn group(id: &'static str, title: &str, body: impl Into<View>) -> View {
    el("section").class("group").id(id).attr("aria-label", title).child(el("h3").child(title)).child(body.into())
}

fn list(lines: impl IntoIterator<Item = View>) -> View {
    el("dl").class("fact-list").children(lines)
}

/// A link from elsewhere may name the group that it is about, as `/dossiers/…#group-contacts` does.
fn show_the_group() {
    let hash = window().location().hash().unwrap_or_default();
    let Some(id) = hash.strip_prefix('#').filter(|id| id.starts_with("group-")).map(str::to_owned) else { return };
    // Once the groups stand in the document.
    request_animation_frame(move || {
        request_animation_frame(move || {
            if let Some(group) = crate::browser::element(&id) {
                group.scroll_into_view();
            }
        });
    });
}

pub fn view(open: Open) -> View {
    show_the_group();
    let copy = move |value: fn(&contract::Dossier) -> String| {
        let button = Button::new(t().copy()).icon_only(Icon::Copy).quiet().small().press(move || {
            let text = open.current().map(|f| value(&f.value)).unwrap_or_default();
            leptos::task::spawn_local(async move {
                if crate::browser::copy_text(&text).await {
                    crate::ui::toasts().done(t().copied());
                }
            });
        });
        View::from(button)
    };
    let siren = line(
        t().fact_siren(),
        div("row")
            .child(span("num").text_of(move || open.of(|d| format::siren(d.facts.siren.as_str()))))
            .child(copy(|d| d.facts.siren.to_string()))
            .child(show(
                move || open.file.value.with(|f| f.as_ref().is_some_and(|f| !f.value.siren_checked)),
                || p("remark tone-at-risk").child(crate::ui::icon(Icon::Warning)).child(t().lacks_identity()),
            )),
    );
    let vat = line(
        t().fact_vat_number(),
        div("row")
            .child(span("num").text_of(move || open.of(|d| d.vat_number.clone())))
            .child(copy(|d| d.vat_number.clone())),
    );
    let text = |name| fact(open, name, Kind::Text);
    let identity = list([
        siren,
        vat,
        text("name"),
        text("trade_name"),
        text("code"),
        text("legal_form"),
        text("naf_code"),
        text("address"),
        text("postal_code"),
        text("city"),
        sirets::facts(open),
    ]);
    let tax = list([
        regime::facts(open),
        fact(open, "vat_group_member", Kind::Answer),
        text("vat_group_siren"),
        fact(open, "vat_on_debits", Kind::Answer),
        fact(open, "reports_as", Kind::Regime),
        fact(open, "territory", Kind::Territory),
        fact(open, "non_established", Kind::Answer),
        fact(open, "public_entity", Kind::Answer),
    ]);
    let company = div("stack")
        .child(size::verdict(open))
        .child(list([
            fact(open, "headcount", Kind::Count),
            fact(open, "turnover_cents", Kind::Money),
            fact(open, "balance_sheet_cents", Kind::Money),
            fact(open, "fiscal_year_end", Kind::MonthDay),
        ]))
        .child(size::thresholds(open))
        .child(size::override_acts(open));
    let invoicing = list([activity::facts(open), fact(open, "invoices_per_month", Kind::Count), text("tool")]);
    let directory = in_place(
        t().dossier_edit(t().fact_directory_address()),
        may_write,
        move || {
            span("fact-shown")
                .text_of(move || open.say("directory_address"))
                .class_of("faint", move || open.say("directory_address") == "–")
        },
        move |done| proofs::directory_form(open, done),
    );
    let platforms = list([
        fact(open, "reception_platform", Kind::Platform),
        fact(open, "emission_platform", Kind::Platform),
        fact(open, "tool_platform", Kind::Platform),
        decision::decider(open),
        decision::registration(open),
        line(t().fact_directory_address(), directory),
        fact(open, "client_informed_on", Kind::Date),
        fact(open, "formal_notice_on", Kind::Date),
    ]);
    let follow_up = div("stack")
        .child(list([
            fact(open, "manager", Kind::Person),
            fact(open, "assignee", Kind::Person),
            fact(open, "portfolio_id", Kind::Portfolio),
            fact(open, "confidential", Kind::Flag),
            tags::facts(open),
            fact(open, "notes", Kind::Notes),
        ]))
        .child(managed_note());
    let t = t();
    div("groups")
        .child(show(|| !may_write(), || p("soft small").child(crate::text::t().dossier_read_only())))
        .child(group("group-follow-up", t.group_follow_up(), follow_up))
        .child(group("group-platforms", t.group_platforms(), platforms))
        .child(group("group-vat", t.group_vat(), tax))
        .child(group("group-contacts", t.group_contacts(), contacts::facts(open)))
        .child(group("group-activity", t.group_activity(), invoicing))
        .child(group("group-size", t.group_size(), company))
        .child(group("group-identity", t.group_identity(), identity))
}
