//! The people at the client.

use std::rc::Rc;

use domain::Contact;
use leptos::prelude::*;
use serde_json::json;

use super::editor::buttons;
use super::entry;
use super::open::{Fields, Open, complain, may_write};
use crate::dom::{Item, View, div, el, link, live, p, show, span};
use crate::pages::words;
use crate::text::t;
use crate::ui::{Button, Icon, icon, text_field};

fn save(open: Open, contacts: Vec<Contact>, done: impl FnOnce(Result<(), crate::api::Failure>) + 'static) {
    let fields = Fields::from([("contacts".to_owned(), json!(contacts))]);
    open.save(t().dossier_saved(t().fact_contacts()), fields, done);
}

/// Adds a contact, or edits the one at `at`.
pub fn form(open: Open, at: Option<usize>, done: Rc<dyn Fn()>) -> View {
    let now = open.current().and_then(|f| f.value.facts.contacts.get(at?).cloned()).unwrap_or_default();
    let text = |value: Option<String>| RwSignal::new(value.unwrap_or_default());
    let (name, email, phone) = (text(now.name), text(now.email), text(now.phone.map(|p| words::phone(&p))));
    let (refused, empty, unphoned) =
        (RwSignal::new(None::<String>), RwSignal::new(None::<String>), RwSignal::new(None::<String>));
    let first = text_field(t().contact_name(), name).error(move || empty.get());
    let control = first.control();
    request_animation_frame(move || control.focus());
    let body = el("form")
        .class("fact-form")
        .attr("novalidate", "")
        .child(first)
        .child(text_field(t().contact_email(), email).kind("email").error(move || refused.get()))
        .child(text_field(t().contact_phone(), phone).kind("tel").error(move || unphoned.get()));
    let close = done.clone();
    let submit = move || {
        let given = |value: RwSignal<String>| Some(value.get_untracked().trim().to_owned()).filter(|v| !v.is_empty());
        let email = match entry::email(&email.get_untracked()) {
            Ok(email) => email,
            Err(words) => return refused.set(Some(words)),
        };
        refused.set(None);
        let contact = Contact { name: given(name), email, phone: given(phone).map(|p| entry::phone(&p)) };
        if contact == Contact::default() {
            return empty.set(Some(t().contact_empty().to_owned()));
        }
        let Some(mut all) = open.current().map(|f| f.value.facts.contacts) else { return };
        let place = at.filter(|at| *at < all.len());
        match place {
            Some(at) if all[at] == contact => return close(),
            Some(at) => all[at] = contact,
            None => all.push(contact),
        }
        let at = place.unwrap_or(all.len() - 1);
        let close = close.clone();
        save(open, all, move |outcome| match outcome {
            Ok(()) => close(),
            Err(failure) => {
                let field = |name: &str| failure.field(&format!("/contacts/{at}/{name}"));
                let (mail, tel) = (field("email"), field("phone"));
                if mail.is_none() && tel.is_none() {
                    complain(&failure);
                }
                refused.try_set(mail);
                unphoned.try_set(tel);
            }
        });
    };
    buttons(body, open, submit, done)
}

fn card(open: Open, at: usize, contact: &Contact) -> View {
    let editing = RwSignal::new(false);
    let contact = contact.clone();
    live(move || {
        if editing.get() {
            let done: Rc<dyn Fn()> = Rc::new(move || {
                editing.try_set(false);
            });
            return untrack(|| form(open, Some(at), done));
        }
        let called =
            contact.name.clone().or_else(|| contact.email.clone()).unwrap_or_else(|| t().contact_this().to_owned());
        let email = contact.email.as_deref().map(|email| {
            link("row", &format!("mailto:{email}")).attr("rel", "external").child(icon(Icon::Mail)).child(email)
        });
        let phone = contact.phone.as_deref().map(|phone| {
            link("row", &format!("tel:{phone}"))
                .attr("rel", "external")
                .child(icon(Icon::Phone))
                .child(words::phone(phone))
        });
        let acts = show(may_write, {
            let called = called.clone();
            move || {
                let remove = move || {
                    let Some(mut all) = open.current().map(|f| f.value.facts.contacts) else { return };
                    if at < all.len() {
                        all.remove(at);
                        save(open, all, |outcome| {
                            if let Err(failure) = outcome {
                                complain(&failure);
                            }
                        });
                    }
                };
                span("row nowrap")
                    .child(
                        Button::new(t().contact_edit(&called))
                            .icon_only(Icon::Edit)
                            .quiet()
                            .small()
                            .press(move || editing.set(true)),
                    )
                    .child(
                        Button::new(t().contact_remove(&called)).icon_only(Icon::Trash).quiet().small().press(remove),
                    )
            }
        });
        let words = div("stack-tight grow")
            .child(contact.name.as_deref().map(|name| span("strong").child(name)))
            .child(div("row-wide small").child(email).child(phone));
        div("contact").child(words).child(acts)
    })
}

pub fn facts(open: Open) -> View {
    let rows = move || {
        open.of(|d| d.facts.contacts.clone())
            .into_iter()
            .enumerate()
            .map(|(at, contact)| {
                let key = format!("{at} {:?} {:?} {:?}", contact.name, contact.email, contact.phone);
                Item::new(key, move || el("li").child(card(open, at, &contact)))
            })
            .collect()
    };
    let adding = RwSignal::new(false);
    let add = show(may_write, move || {
        live(move || {
            if adding.get() {
                let done: Rc<dyn Fn()> = Rc::new(move || {
                    adding.try_set(false);
                });
                return untrack(|| form(open, None, done));
            }
            Button::new(t().contact_add()).icon(Icon::Plus).small().press(move || adding.set(true)).into()
        })
    });
    div("stack")
        .child(show(move || open.of(|d| d.facts.contacts.is_empty()), || p("faint").child(t().contact_none())))
        .child(el("ul").class("stack").each(rows))
        .child(add)
}
