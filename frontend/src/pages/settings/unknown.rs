//! Names that imports brought and that no person answers to yet: each is given to somebody, with its dossiers.

use contract::endpoint::op;
use contract::{PersonChange, UnknownPerson};
use leptos::prelude::*;

use super::people::counted;
use super::{etag, stale};
use crate::api::{Failure, FieldError, Problem, change};
use crate::dom::{View, div, el, link, live, p, span};
use crate::frame::href;
use crate::pages::form::Form;
use crate::session;
use crate::text::t;
use crate::ui::{Button, Choice, Combobox, Dialog, Icon, icon, toasts};

pub fn unknown() -> View {
    let people = session::people();
    let asked = RwSignal::new(None::<UnknownPerson>);
    let open = RwSignal::new(false);
    let names =
        Memo::new(move |_| people.value.with(|list| list.as_ref().map(|l| l.unknown.clone()).unwrap_or_default()));
    let list = live(move || {
        let names = names.get();
        (!names.is_empty()).then(|| {
            let t = t();
            let lines = names.clone().into_iter().map(|name| {
                let to = href("/dossiers", &[("person_label", &name.label)]);
                let hand_over: View = Button::new(t.unknown_hand_over())
                    .small()
                    .press({
                        let name = name.clone();
                        move || {
                            asked.set(Some(name.clone()));
                            open.set(true);
                        }
                    })
                    .into();
                el("li")
                    .class("line")
                    .child(icon(Icon::Tag))
                    .child(span("strong truncate grow").child(&name.label))
                    .child(link("num", &to).child(t.dossiers(name.dossiers)))
                    .child(hand_over.label(&t.unknown_hand_over_of(&name.label)))
            });
            el("section")
                .class("card")
                .child(
                    div("stack-tight")
                        .child(counted(t.unknown_names(), names.len() as u64))
                        .child(p("soft").child(t.unknown_names_lead())),
                )
                .child(el("ul").class("lines lines-short").children(lines))
        })
    });
    let dialog = live(move || {
        asked.get().map(|name| Dialog::new(open, t().unknown_title(&name.label), move || hand_over(&name, open)))
    });
    View::all([list, dialog])
}

fn hand_over(name: &UnknownPerson, open: RwSignal<bool>) -> View {
    let t = t();
    let person = RwSignal::new(Vec::<String>::new());
    let people = session::people();
    let choices = move || {
        people.value.with(|list| {
            let active = list.iter().flat_map(|list| &list.data).filter(|p| p.active);
            active.map(|p| Choice::new(p.id.to_string(), &p.name).hint(crate::text::t().role(p.role))).collect()
        })
    };
    let form = Form::new();
    let field =
        Combobox::one(t.unknown_person(), person, choices).field().error(form.error("/person", person)).autofocus();
    let invite = href("/parametres", &[("tab", "invitations"), ("invite", "new"), ("alias", &name.label)]);
    let acts = div("spread")
        .child(Button::link(t.unknown_invite(), &invite).quiet().icon(Icon::Mail))
        .child(Button::new(t.unknown_act()).primary().submit().busy(form.busy()));
    let words = p("soft").child(t.unknown_detail(&name.label));
    let UnknownPerson { label, dossiers } = name.clone();
    form.build([words, field.into(), acts], move |form| {
        let chosen = person.get_untracked().into_iter().next();
        let found = people.value.with_untracked(|list| {
            let id = chosen?;
            list.as_ref()?.data.iter().find(|p| p.id.to_string() == id).cloned()
        });
        let Some(found) = found else {
            form.refuse(missing());
            return;
        };
        let mut aliases = found.aliases.clone();
        aliases.push(label.clone());
        let body = PersonChange { aliases: Some(aliases), ..Default::default() };
        let sent = async move {
            let answer = change::<op::UpdatePerson>(&found.id, &body, Some(&etag(found.version))).await;
            answer.inspect_err(|failure| {
                stale(failure, || people.reload());
            })
        };
        let who = found.name;
        form.send(sent, move |_| {
            open.set(false);
            people.reload();
            toasts().done(crate::text::t().unknown_done(dossiers, &who));
        });
    })
}

fn missing() -> Failure {
    Failure::Refused(Box::new(Problem {
        errors: vec![FieldError {
            pointer: "/person".to_owned(),
            code: "required".to_owned(),
            message: t().unknown_person_missing().to_owned(),
        }],
        ..Default::default()
    }))
}
