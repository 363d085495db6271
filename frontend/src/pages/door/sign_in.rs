//! `/connexion`.

use contract::endpoint::op;
use contract::{Credentials, Nothing};
use leptos::prelude::*;

use super::super::form::Form;
use super::{door, enter, pass_if_signed_in, password_field, wanted};
use crate::api::session::{self, State};
use crate::api::{Failure, act};
use crate::dom::{View, div, el, link, p};
use crate::frame::{address, href};
use crate::text::t;
use crate::ui::{Button, Tone, notice, text_field};

pub fn sign_in() -> View {
    let t = t();
    let address = address();
    let again = session::state().get_untracked() == State::Expired;
    pass_if_signed_in(address);
    let (email, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let form = Form::new();
    let fields = [
        text_field(t.email(), email)
            .kind("email")
            .autocomplete("username")
            .inputmode("email")
            .error(form.error("/email", email))
            .autofocus()
            .into(),
        password_field(t.password(), password, "current-password").error(form.error("/password", password)).into(),
        Button::new(t.sign_in_act()).primary().wide().submit().busy(form.busy()).into(),
    ];
    let content = form.build(fields, move |form| {
        let body = Credentials { email: email.get_untracked(), password: password.get_untracked() };
        form.send(
            async move { act::<op::CreateSession>(&Nothing {}, &Nothing {}, &body).await.map_err(in_words) },
            move |opened| enter(address, opened, &wanted(address)),
        );
    });
    let sign_up = href("/inscription", &[("next", &address.text("next").get_untracked())]);
    let below = View::all([
        p("").child(t.sign_in_new()).child(" ").child(link("", &sign_up).child(t.sign_in_to_sign_up())),
        p("").child(t.sign_in_invited()),
        el("details")
            .child(el("summary").child(t.sign_in_forgotten()))
            .child(p("small").child(t.sign_in_forgotten_detail())),
    ]);
    let card = div("stack").child(again.then(|| notice(Tone::AtRisk, p("").child(t.sign_in_again())))).child(content);
    door(t.sign_in_title(), p("soft").child(t.sign_in_lead()), card, below)
}

/// What a person can do about it; the server speaks to programs, too.
fn in_words(failure: Failure) -> Failure {
    match failure {
        Failure::Refused(mut problem) if problem.code == contract::Code::BadCredentials.as_str() => {
            problem.detail = t().sign_in_refused().to_owned();
            Failure::Refused(problem)
        }
        other => other,
    }
}
