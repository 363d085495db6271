//! The pages before the frame: sign-in, sign-up, invitation. One card, one question.

mod invitation;
mod password;
mod sign_in;
mod sign_up;

pub use invitation::invitation;
pub use password::{new_password_field, password_field};
pub use sign_in::sign_in;
pub use sign_up::sign_up;

use contract::SessionToken;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::api::session::{self, State};
use crate::browser::{active_element, is_typing, stored};
use crate::dom::{View, button, div, el, p};
use crate::frame::preferences::switch_language;
use crate::frame::{Address, TITLE_ID, boot, brand_mark, page_title};
use crate::text::{Lang, t};

/// The card of such a page, with the name of the product over it and the languages under it.
fn door(title: &str, lead: View, content: impl Into<View>, below: impl Into<View>) -> View {
    page_title(title);
    // After the focus that every change of page gives to the heading.
    set_timeout(focus_first_field, std::time::Duration::from_millis(50));
    let languages = Lang::ALL.into_iter().map(|lang| {
        button("door-language")
            .attr("lang", lang.tag())
            .attr("aria-pressed", if lang == t() { "true" } else { "false" })
            .child(lang.own_name())
            .on_click(move || switch_language(lang))
    });
    el("main")
        .id("main")
        .class("door")
        .attr("tabindex", "-1")
        .child(p("door-brand").child(brand_mark()).child(t().product()))
        .child(
            div("door-card")
                .child(
                    el("header")
                        .class("stack-tight")
                        .child(el("h1").id(TITLE_ID).attr("tabindex", "-1").child(title))
                        .child(lead),
                )
                .child(content.into()),
        )
        .child(div("door-below soft").child(below.into()))
        .child(div("door-languages").attr("role", "group").label(t().door_languages()).children(languages))
}

/// The person comes here to type; wherever they have begun to, they are left alone.
fn focus_first_field() {
    if is_typing(active_element().map(Into::into)) {
        return;
    }
    let field = document().query_selector(".door [autofocus]").ok().flatten();
    if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = field.focus();
    }
}

/// Where the person wanted to go before signing in was asked of them; only ever a page of this application.
fn wanted(address: Address) -> String {
    let next = address.text("next").get_untracked();
    if next.starts_with('/') && !next.starts_with("//") && !next.starts_with("/\\") {
        next
    } else {
        "/cockpit".to_owned()
    }
}

/// Takes the session that the server has opened and goes on.
fn enter(address: Address, opened: SessionToken, to: &str) {
    // Whoever has never chosen a language here gets the one of the account.
    let lang = Lang::from(opened.me.lang);
    let own = stored("lang").is_none() && lang != t();
    // Nothing of who was here before may mix with the new session.
    session::sign_out();
    session::start(opened);
    address.replace(to);
    if own {
        switch_language(lang);
    }
}

/// Whoever is signed in already has nothing to do here.
fn pass_if_signed_in(address: Address) {
    // The overlay "your session has expired" has led here: from now on nobody is signed in.
    if session::state().get_untracked() == State::Expired {
        session::sign_out();
    }
    let _ = boot();
    let state = session::state();
    Effect::new(move |before: Option<State>| {
        let now = state.get();
        // By the cookie, that is; the form of this page goes its own way.
        if now == State::SignedIn && before.is_none_or(|before| before == State::Unknown) {
            address.replace(&wanted(address));
        }
        now
    });
}
