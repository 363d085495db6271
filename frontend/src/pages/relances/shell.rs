//! What stands around the pages of relances: the way from one to the other, and whether anything leaves at all.

use contract::endpoint::op;
use contract::{Nothing, RelanceSettings};
use domain::relance::SendingMode;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::api::{ask, load};
use crate::dom::{View, div, el, link, live, p, span};
use crate::frame::page_head;
use crate::text::t;
use crate::ui::{Tone, notice};

pub const BOARD: &str = "/relances";
pub const STEPS: &str = "/relances/etapes";
pub const FORECAST: &str = "/relances/previsions";
pub const SEQUENCES: &str = "/relances/sequences";
pub const TEMPLATES: &str = "/relances/modeles";
pub const RULES: &str = "/relances/reglages";
/// Where a sequence is written that does not stand yet; stands in the place of its id.
pub const NEW: &str = "nouvelle";

/// A page of its own below `here`, which is one of the addresses above.
pub fn shell(here: &str, title: &str, lead: impl Into<View>, acts: impl Into<View>, body: View) -> View {
    div("page relances-page").child(page_head(title, lead, acts)).child(way(here)).child(banner(here)).child(body)
}

fn way(here: &str) -> View {
    let t = t();
    let places = [
        (BOARD, t.relances_board()),
        (STEPS, t.relances_steps()),
        (FORECAST, t.relances_forecast()),
        (SEQUENCES, t.relances_sequences()),
        (TEMPLATES, t.relances_templates()),
        (RULES, t.relances_rules()),
    ];
    let one = |(path, label): (&str, &str)| {
        link("tab", path).attr_if("aria-current", (path == here).then_some("page")).child(label)
    };
    let bar = el("nav").class("tabs way").label(t.relances_title()).children(places.map(one));
    // On a phone the bar scrolls: where one is must be in sight. Only the bar moves.
    let own = bar.html().clone();
    request_animation_frame(move || {
        let here = own.query_selector("[aria-current]").ok().flatten();
        if let Some(here) = here.and_then(|here| here.dyn_into::<HtmlElement>().ok()) {
            own.set_scroll_left(here.offset_left() - own.offset_left());
        }
    });
    bar
}

/// Stands on every page while clients get nothing.
fn banner(here: &str) -> View {
    let away = here != RULES;
    let settings = load(|| (), |()| ask::<op::ReadRelanceSettings>(Nothing {}, Nothing {}));
    live(move || settings.value.with(|settings| settings.as_ref().and_then(|settings| mode_banner(settings, away))))
}

fn mode_banner(settings: &RelanceSettings, away: bool) -> Option<View> {
    let t = t();
    let (tone, title, detail) = match settings.rules.mode {
        SendingMode::Live => return None,
        SendingMode::Off => (Tone::Unknown, t.relance_banner_off(), t.relance_banner_off_detail().to_owned()),
        SendingMode::Test => {
            let to = settings.rules.test_address.as_deref().unwrap_or(t.relance_banner_no_address());
            (Tone::AtRisk, t.relance_banner_test(), t.relance_banner_test_detail(to))
        }
    };
    let words = p("")
        .child(span("strong").child(title))
        .child(" ")
        .child(detail)
        .child(" ")
        .child(away.then(|| link("", RULES).child(t.relance_banner_open())));
    Some(notice(tone, words).attr("role", "note").add_class("mode-banner"))
}
