//! Editing facts in place: one form for any of them, told by kind what it reads and writes.

use std::cell::Cell;
use std::rc::Rc;

use domain::reference::Territory;
use domain::{SizeClass, VatRegime};
use leptos::prelude::*;
use serde_json::{Value, json};

use super::entry;
use super::open::{Fields, Open, complain, may_manage, may_write};
use crate::api::Failure;
use crate::browser::unique_id;
use crate::dom::{View, after, button, div, el, live, p, span};
use crate::pages::{register, words};
use crate::session;
use crate::text::t;
use crate::ui::{Button, Choice, Combobox, Field, Icon, icon, select_field, text_area, text_field};

/// What a fact is made of, as far as typing it goes.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Text,
    Notes,
    Count,
    Money,
    MonthDay,
    /// Yes, no, not answered.
    Answer,
    /// Yes or no.
    Flag,
    Platform,
    /// A day of the calendar.
    Date,
    Territory,
    Regime,
    /// Somebody of the cabinet; for who may manage dossiers.
    Person,
    Portfolio,
}

impl Kind {
    fn managed(self) -> bool {
        matches!(self, Kind::Person | Kind::Portfolio | Kind::Flag)
    }

    /// Kinds whose control holds a list of choices rather than a text.
    fn may_edit(self) -> bool {
        if self.managed() { may_manage() } else { may_write() }
    }

    /// The fact as it is offered for editing.
    fn text(self, value: &Value) -> String {
        match (self, value) {
            (Kind::Money, Value::Number(n)) => entry::money_text(n.as_i64().unwrap_or_default()),
            (Kind::MonthDay, Value::String(_)) => words::value("fiscal_year_end", value, &|_| None),
            (Kind::Answer | Kind::Flag, Value::Bool(yes)) => (if *yes { "yes" } else { "no" }).to_owned(),
            (Kind::Person, Value::Object(person)) => {
                person.get("user_id").and_then(Value::as_str).unwrap_or_default().to_owned()
            }
            (_, Value::String(text)) => text.clone(),
            (_, Value::Number(n)) => n.to_string(),
            _ => String::new(),
        }
    }

    fn read(self, text: &str) -> Result<Value, String> {
        match self {
            Kind::Count => entry::count(text),
            Kind::Money => entry::money(text),
            Kind::MonthDay => entry::month_day(text),
            Kind::Answer | Kind::Flag => Ok(match text {
                "yes" => json!(true),
                "no" => json!(false),
                _ => Value::Null,
            }),
            Kind::Person => Ok(match text {
                "" => json!({"user_id": null, "label": null}),
                id => json!({"user_id": id}),
            }),
            Kind::Text
            | Kind::Notes
            | Kind::Platform
            | Kind::Portfolio
            | Kind::Date
            | Kind::Territory
            | Kind::Regime => Ok(entry::text(text)),
        }
    }
}

pub fn answers() -> Vec<Choice> {
    let t = t();
    vec![Choice::new("yes", t.yes()), Choice::new("no", t.no()), Choice::new("", t.unknown_value())]
}

pub fn regimes() -> Vec<Choice> {
    VatRegime::ALL.iter().map(|r| Choice::new(r.as_str(), words::regime(*r))).collect()
}

fn territories() -> Vec<Choice> {
    let all = Territory::ALL.iter().map(|place| Choice::new(place.as_str(), words::territory(*place)));
    std::iter::once(Choice::new("", t().unknown_value())).chain(all).collect()
}

pub fn sizes() -> Vec<Choice> {
    SizeClass::ALL.iter().map(|s| Choice::new(s.as_str(), words::size(*s))).collect()
}

/// The people who can be put in charge. Reactive.
pub fn people() -> Vec<Choice> {
    session::people().value.with(|people| {
        let Some(people) = people else { return Vec::new() };
        people
            .data
            .iter()
            .filter(|person| person.active)
            .map(|person| Choice::new(person.id.to_string(), &person.name).hint(t().dossiers(person.dossiers)))
            .collect()
    })
}

/// The portfolios in sight. Reactive.
pub fn portfolios() -> Vec<Choice> {
    let known = crate::api::session::me();
    known.with(|me| me.iter().flat_map(|me| &me.portfolios).map(|p| Choice::new(p.id.to_string(), &p.name)).collect())
}

/// A choice in a combobox as the text of a form.
fn chosen(label: &str, value: RwSignal<String>, choices: impl Fn() -> Vec<Choice> + 'static) -> Field {
    Combobox::one(label, crate::ui::single_value(value), choices).field()
}

/// A field whose input offers the names of the public register and says whether the name is in it.
pub fn platform_field(label: &str, value: RwSignal<String>) -> (Field, View) {
    let list = unique_id("platforms");
    let field = text_field(label, value).attr("list", &list).placeholder(t().platform_hint());
    let names = register::platform_names(&list);
    (field, View::all([names, register::platform_note(move || value.get())]))
}

struct Line {
    name: &'static str,
    kind: Kind,
    value: RwSignal<String>,
    was: String,
    error: RwSignal<Option<String>>,
}

/// A form over some facts of one dossier. `done` closes it: after saving, when nothing changed, and on Esc.
pub fn form(open: Open, fields: &[(&'static str, Kind)], done: Rc<dyn Fn()>) -> View {
    let alone = fields.len() == 1;
    let lines: Rc<[Line]> = fields
        .iter()
        .map(|(name, kind)| {
            let was = kind.text(&open.fact_untracked(name));
            Line { name, kind: *kind, value: RwSignal::new(was.clone()), was, error: RwSignal::new(None) }
        })
        .collect();
    let mut body = el("form").class("fact-form").attr("novalidate", "");
    for (at, line) in lines.iter().enumerate() {
        let (label, value, error) = (words::fact(line.name), line.value, line.error);
        let mut after = None;
        let field = match line.kind {
            Kind::Text => text_field(label, value),
            Kind::Notes => text_area(label, value),
            Kind::Count => text_field(label, value).inputmode("numeric"),
            Kind::Money => text_field(label, value).inputmode("decimal").hint(t().money_hint()),
            Kind::MonthDay => text_field(label, value).hint(t().month_day_hint()),
            Kind::Answer => select_field(label, value, answers),
            Kind::Date => super::proofs::date_field(label, value),
            Kind::Territory => select_field(label, value, territories),
            Kind::Regime => select_field(label, value, || {
                std::iter::once(Choice::new("", t().unknown_value())).chain(regimes()).collect()
            }),
            Kind::Flag => {
                select_field(label, value, || vec![Choice::new("yes", t().yes()), Choice::new("no", t().no())])
            }
            Kind::Person => chosen(label, value, people),
            Kind::Portfolio => chosen(label, value, portfolios),
            Kind::Platform => {
                let (field, note) = platform_field(label, value);
                after = Some(note);
                field
            }
        };
        let field = field.error(move || error.get());
        // In a row of facts the label already stands at its left.
        let field = if alone { field.label_hidden() } else { field };
        if at == 0 {
            let control = field.control();
            request_animation_frame(move || {
                control.focus();
                let input = control.input();
                if input.tag_name() == "INPUT" {
                    input.select();
                }
            });
        }
        body = body.child(field).child(after);
    }
    let (sent, closed) = (lines.clone(), done.clone());
    let submit = move || {
        let mut wanted = Fields::new();
        let mut refused = false;
        for line in sent.iter() {
            let text = line.value.get_untracked();
            match line.kind.read(&text) {
                Ok(value) => {
                    line.error.set(None);
                    if text.trim() != line.was {
                        wanted.insert(line.name.to_owned(), value);
                    }
                }
                Err(words) => {
                    refused = true;
                    line.error.set(Some(words));
                }
            }
        }
        if refused {
            return;
        }
        if wanted.is_empty() {
            return closed();
        }
        let said = match sent.as_ref() {
            [one] => t().dossier_saved(words::fact(one.name)),
            _ => t().dossier_saved_many().to_owned(),
        };
        let (lines, closed) = (sent.clone(), closed.clone());
        open.save(said, wanted, move |outcome| match outcome {
            Ok(()) => closed(),
            Err(failure) => place(&failure, &lines),
        });
    };
    buttons(body, open, submit, done)
}

/// Puts the refusals of the server at their fields; the rest is a message.
fn place(failure: &Failure, lines: &[Line]) {
    let mut placed = false;
    for line in lines {
        if let Some(words) = failure.field(&format!("/{}", line.name)) {
            line.error.try_set(Some(words));
            placed = true;
        }
    }
    if !placed {
        complain(failure);
    }
}

/// The foot of a form in place: save, cancel, Enter, Esc.
pub fn buttons(form: View, open: Open, submit: impl Fn() + 'static, done: Rc<dyn Fn()>) -> View {
    let cancel = done.clone();
    let foot = div("row").child(Button::new(t().save()).primary().small().submit().busy(move || open.saving.get()));
    let settled = done.clone();
    let since = open.settled.get_untracked();
    after(move || {
        if open.settled.get() != since {
            settled();
        }
    });
    let foot = foot.child(Button::new(t().cancel()).quiet().small().press(move || cancel()));
    form.child(foot)
        .on("submit", move |ev| {
            ev.prevent_default();
            submit();
        })
        .on_key(move |ev| {
            if ev.key() == "Escape" && !ev.default_prevented() {
                // Not the panel around it.
                ev.prevent_default();
                ev.stop_propagation();
                done();
            }
        })
}

/// Something that is read, and edited in its place when pressed. `editor` gets what closes it.
pub fn in_place(
    label: String,
    may_edit: impl Fn() -> bool + 'static,
    value: impl Fn() -> View + 'static,
    editor: impl Fn(Rc<dyn Fn()>) -> View + 'static,
) -> View {
    let editing = RwSignal::new(false);
    let returning = Rc::new(Cell::new(false));
    let may_edit = crate::dom::memo(may_edit);
    live(move || {
        if editing.get() {
            let returning = returning.clone();
            let done: Rc<dyn Fn()> = Rc::new(move || {
                returning.set(true);
                editing.try_set(false);
            });
            return untrack(|| editor(done));
        }
        if !may_edit.get() {
            return untrack(&value);
        }
        let face = button("fact-value")
            .attr("title", &label)
            .child(untrack(&value))
            .child(span("sr-only").child(&label))
            .child(icon(Icon::Edit))
            .on_click(move || editing.set(true));
        if returning.take() { face.focused() } else { face }
    })
}

/// One line of a list of facts.
pub fn fact(open: Open, name: &'static str, kind: Kind) -> View {
    let value = move || {
        let shown = span("fact-shown").text_of(move || open.say(name)).class_of("faint", move || open.say(name) == "–");
        match kind {
            Kind::Platform => div("stack-tight")
                .child(shown)
                .child(register::platform_note(move || open.fact(name).as_str().unwrap_or_default().to_owned())),
            Kind::Notes => shown.add_class("fact-notes"),
            Kind::Person => shown.show(
                move || {
                    let person = open.fact(name);
                    person.get("label").is_some_and(|l| !l.is_null())
                        && person.get("user_id").is_none_or(Value::is_null)
                },
                || span("faint small").child(format!(" · {}", t().person_without_account())),
            ),
            _ => shown,
        }
    };
    let editor = move |done| form(open, &[(name, kind)], done);
    line(words::fact(name), in_place(t().dossier_edit(words::fact(name)), move || kind.may_edit(), value, editor))
}

/// A label and what belongs to it.
pub fn line(label: &str, value: impl Into<View>) -> View {
    div("fact").child(el("dt").child(label)).child(el("dd").child(value.into()))
}

/// Why the pencil is missing.
pub fn managed_note() -> View {
    crate::dom::show(|| may_write() && !may_manage(), || p("faint small").child(t().dossier_managed_only()))
}
