//! `/invitation#token`: what is offered, then a press to accept. Opening never accepts. The token stands behind `#`,
//! which a browser keeps to itself.

use std::rc::Rc;

use contract::endpoint::op;
use contract::{InvitationAnswer, InvitationOffer, InvitationToken, Nothing};
use leptos::prelude::*;

use super::super::form::Form;
use super::{door, enter, new_password_field};
use crate::api::{act, load, session};
use crate::dom::{View, div, el, live, p};
use crate::frame::{Address, SIGN_IN, address, boot};
use crate::text::{format, t};
use crate::ui::{Button, Tone, error_state, notice, skeleton, text_field, toasts};

pub fn invitation() -> View {
    let address = address();
    let token = window().location().hash().unwrap_or_default().trim_start_matches('#').trim().to_owned();
    if token.is_empty() {
        return dead(t().invitation_incomplete(), t().invitation_incomplete_detail());
    }
    // To tell who is signed in on this browser before another session takes the place.
    let _ = boot();
    let asked = token.clone();
    let offer = load(
        || (),
        move |()| {
            let body = InvitationToken { token: asked.clone() };
            Box::pin(async move { act::<op::FindInvitation>(&Nothing {}, &Nothing {}, &body).await })
        },
    );
    live(move || match (offer.value.get(), offer.failure.get()) {
        (Some(offer), _) => untrack(|| accept(address, &token, &offer)),
        // Unknown, withdrawn, accepted, expired: the answer says which, and what to do.
        (None, Some(failure)) if failure.status() == 404 => dead(t().invitation_unusable(), &failure.detail()),
        (None, Some(failure)) => door(
            t().invitation_title(),
            View::none(),
            error_state(&failure, Some(Rc::new(move || offer.reload()))),
            View::none(),
        ),
        (None, None) => door(t().invitation_title(), View::none(), skeleton(4), View::none()),
    })
}

fn dead(title: &str, detail: &str) -> View {
    let act = Button::link(t().sign_in_act(), SIGN_IN).wide();
    door(title, p("soft").child(detail), View::from(act), View::none())
}

fn accept(address: Address, token: &str, offer: &InvitationOffer) -> View {
    let t = t();
    let (name, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let form = Form::new();
    let (password_field, rules) = new_password_field(t.password(), password);
    let email = RwSignal::new(offer.email.clone());
    let fields = [
        text_field(t.email(), email)
            .kind("email")
            .autocomplete("username")
            .hint(t.invitation_email_hint())
            .attr("readonly", "")
            .into(),
        text_field(t.sign_up_name(), name).autocomplete("name").error(form.error("/name", name)).autofocus().into(),
        div("stack-tight").child(password_field.error(form.error("/password", password))).child(rules),
        Button::new(t.invitation_act()).primary().wide().submit().busy(form.busy()).into(),
    ];
    let (token, cabinet) = (token.to_owned(), offer.cabinet_name.clone());
    let content = form.build(fields, move |form| {
        let body =
            InvitationAnswer { token: token.clone(), name: name.get_untracked(), password: password.get_untracked() };
        let cabinet = cabinet.clone();
        form.send(async move { act::<op::AcceptInvitation>(&Nothing {}, &Nothing {}, &body).await }, move |opened| {
            enter(address, opened, "/cockpit");
            toasts().done(t.invitation_welcome(&cabinet));
        });
    });
    let me = session::me();
    let other = live(move || {
        let me = me.get()?;
        Some(notice(Tone::AtRisk, p("").child(t.invitation_other(&me.name))))
    });
    let lead = View::all([p("soft").child(t.invitation_lead(&offer.invited_by, t.role(offer.role).to_owned()))]);
    let below = el("p").child(t.invitation_expires(format::moment(t, offer.expires_at)));
    door(&t.invitation_join(&offer.cabinet_name), lead, div("stack").child(other).child(content), below)
}
