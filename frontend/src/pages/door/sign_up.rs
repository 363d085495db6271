//! `/inscription`: a cabinet and its first partner.

use contract::endpoint::op;
use contract::{NewCabinet, Nothing};
use leptos::prelude::*;

use super::super::form::Form;
use super::{door, enter, new_password_field, pass_if_signed_in};
use crate::api::act;
use crate::dom::{View, div, link, p};
use crate::frame::{SIGN_IN, address};
use crate::text::t;
use crate::ui::{Button, text_field, toasts};

pub fn sign_up() -> View {
    let t = t();
    let address = address();
    pass_if_signed_in(address);
    let [cabinet, name, email, password] = [(); 4].map(|()| RwSignal::new(String::new()));
    let form = Form::new();
    let (password_field, rules) = new_password_field(t.password(), password);
    let fields = [
        text_field(t.sign_up_cabinet(), cabinet)
            .autocomplete("organization")
            .placeholder(t.sign_up_cabinet_example())
            .error(form.error("/cabinet_name", cabinet))
            .autofocus()
            .into(),
        text_field(t.sign_up_name(), name).autocomplete("name").error(form.error("/name", name)).into(),
        text_field(t.email(), email)
            .kind("email")
            .autocomplete("username")
            .inputmode("email")
            .error(form.error("/email", email))
            .into(),
        div("stack-tight").child(password_field.error(form.error("/password", password))).child(rules),
        Button::new(t.sign_up_act()).primary().wide().submit().busy(form.busy()).into(),
    ];
    let content = form.build(fields, move |form| {
        let body = NewCabinet {
            cabinet_name: cabinet.get_untracked(),
            name: name.get_untracked(),
            email: email.get_untracked(),
            password: password.get_untracked(),
            lang: Some(t.into()),
        };
        form.send(async move { act::<op::CreateCabinet>(&Nothing {}, &Nothing {}, &body).await }, move |opened| {
            enter(address, opened, "/cockpit");
            toasts().done(t.sign_up_done());
        });
    });
    let below = p("").child(t.sign_up_have()).child(" ").child(link("", SIGN_IN).child(t.sign_in_act()));
    door(t.sign_up_title(), p("soft").child(t.sign_up_lead()), content, View::all([below]))
}
