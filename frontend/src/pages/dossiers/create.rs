//! Creating one dossier by hand: its SIREN, checked as it is typed, and its name. The rest comes on its page.

use std::rc::Rc;

use contract::endpoint::op;
use contract::{Dossier, NewDossier, Nothing};
use domain::DossierFacts;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::{self, Failure};
use crate::dom::{View, after, div, el, live, p, span};
use crate::frame::{href, portfolio_scope};
use crate::pages::dossier::{self, entry};
use crate::text::t;
use crate::ui::{Button, Choice, Dialog, Icon, icon, select_field, text_field, toasts};

#[derive(Clone, Copy)]
struct Form {
    siren: RwSignal<String>,
    name: RwSignal<String>,
    code: RwSignal<String>,
    portfolio: RwSignal<String>,
    /// The person has pressed the button: what is missing may be told.
    pressed: RwSignal<bool>,
    failure: RwSignal<Option<Failure>>,
    busy: RwSignal<bool>,
}

pub fn dialog(open: RwSignal<bool>, created: impl Fn(&Dossier) + 'static) -> View {
    let text = || RwSignal::new(String::new());
    let form = Form {
        siren: text(),
        name: text(),
        code: text(),
        portfolio: text(),
        pressed: RwSignal::new(false),
        failure: RwSignal::new(None),
        busy: RwSignal::new(false),
    };
    let scope = portfolio_scope();
    after(move || {
        if open.get() {
            for field in [form.siren, form.name, form.code] {
                field.set(String::new());
            }
            form.portfolio.set(scope.get_untracked().unwrap_or_default());
            form.pressed.set(false);
            form.failure.set(None);
        }
    });
    let created = Rc::new(created);
    let submit = Rc::new(move || {
        form.pressed.set(true);
        let name = form.name.get_untracked().trim().to_owned();
        let entry::SirenEntry::Good { siren, siret, .. } = entry::siren(&form.siren.get_untracked()) else { return };
        if name.is_empty() || form.busy.get_untracked() {
            return;
        }
        let mut facts = DossierFacts::new(siren, name);
        facts.sirets.extend(siret);
        facts.code = Some(form.code.get_untracked().trim().to_owned()).filter(|code| !code.is_empty());
        facts.portfolio_id = form.portfolio.get_untracked().parse().ok();
        form.busy.set(true);
        let created = created.clone();
        spawn_local(async move {
            let answer = api::act::<op::CreateDossier>(&Nothing {}, &Nothing {}, &NewDossier { facts }).await;
            form.busy.try_set(false);
            match answer {
                Ok(dossier) => {
                    toasts().done(t().create_done(&dossier.facts.name));
                    open.try_set(false);
                    created(&dossier);
                }
                Err(failure) => {
                    form.failure.try_set(Some(failure));
                }
            }
        });
    });
    let by_key = submit.clone();
    let body = move || fields(form, open, by_key.clone());
    let footer = move || {
        let submit = submit.clone();
        View::all([
            Button::new(t().cancel()).press(move || open.set(false)),
            Button::new(t().create_act()).primary().busy(move || form.busy.get()).press(move || submit()),
        ])
    };
    Dialog::new(open, t().create_title(), body).footer(footer).into()
}

fn fields(form: Form, open: RwSignal<bool>, submit: Rc<dyn Fn()>) -> View {
    let siren_error = move || {
        if let Some(words) = form.failure.with(|f| f.as_ref().and_then(|f| f.field("/siren"))) {
            return Some(words);
        }
        match entry::siren(&form.siren.get()) {
            entry::SirenEntry::Wrong(words) => Some(words),
            entry::SirenEntry::Empty if form.pressed.get() => Some(t().create_siren_missing().to_owned()),
            entry::SirenEntry::Partial(n) if form.pressed.get() => Some(t().siren_too_short(n)),
            _ => None,
        }
    };
    let siren = text_field(t().fact_siren(), form.siren)
        .hint(t().create_siren_hint())
        .inputmode("numeric")
        .error(siren_error)
        .autofocus();
    let remark = |tone: &str, face: Icon, words: String| {
        p("remark").add_class(tone).child(icon(face)).child(span("").child(words))
    };
    let told = live(move || match entry::siren(&form.siren.get()) {
        entry::SirenEntry::Partial(n) if !form.pressed.get() => Some(p("faint small").child(t().siren_too_short(n))),
        entry::SirenEntry::Good { siren, siret, from_vat } => {
            let source = match (siret, from_vat) {
                (Some(_), _) => Some(t().siren_from_siret()),
                (None, true) => Some(t().siren_from_vat()),
                (None, false) => None,
            };
            let number = crate::text::format::siren(siren.as_str());
            let words = if siren.is_checked() {
                remark("tone-ready", Icon::Check, format!("{number} · {}", t().create_siren_good()))
            } else {
                remark("tone-at-risk", Icon::Warning, t().siren_unchecked().to_owned())
            };
            Some(div("stack-tight").child(words).child(source.map(|words| p("soft small").child(words))))
        }
        _ => None,
    });
    let name_error = move || {
        let given = form.name.with(|name| !name.trim().is_empty());
        (form.pressed.get() && !given)
            .then(|| t().name_required().to_owned())
            .or_else(|| form.failure.with(|f| f.as_ref().and_then(|f| f.field("/name"))))
    };
    let code_error = move || form.failure.with(|f| f.as_ref().and_then(|f| f.field("/code")));
    let portfolio_error = move || form.failure.with(|f| f.as_ref().and_then(|f| f.field("/portfolio_id")));
    let choices = || std::iter::once(Choice::new("", t().outside_portfolios())).chain(dossier::portfolios()).collect();
    // A refusal of the whole: most often the dossier exists already, and the way there is what the person needs.
    let refused = live(move || {
        let failure = form.failure.get()?;
        let placed = ["/siren", "/name", "/code", "/portfolio_id"];
        if placed.iter().any(|field| failure.field(field).is_some()) {
            return None;
        }
        let conflict = failure.status() == 409;
        let words = if failure.detail().is_empty() { failure.title() } else { failure.detail() };
        let see = conflict.then(|| {
            let digits: String = form.siren.get_untracked().chars().filter(char::is_ascii_digit).take(9).collect();
            Button::link(t().create_exists(), &href("/dossiers", &[("q", &digits)])).small()
        });
        let see = see.map(|button| View::from(button).on_click(move || open.set(false)));
        let id = failure.request_id().filter(|_| !conflict).map(|id| p("faint small").child(t().request_id(id)));
        Some(crate::ui::notice(
            crate::ui::Tone::AtRisk,
            div("stack-tight").child(p("").child(words)).child(see).child(id),
        ))
    });
    el("form")
        .class("stack")
        .attr("novalidate", "")
        .child(div("stack-tight").child(siren).child(told))
        .child(text_field(t().fact_name(), form.name).error(name_error))
        .child(text_field(t().fact_code(), form.code).hint(t().create_code_hint()).optional().error(code_error))
        .child(select_field(t().fact_portfolio(), form.portfolio, choices).error(portfolio_error))
        .child(refused)
        // Enter in a field sends the form although its button stands in the foot of the dialog.
        .child(el("button").attr("type", "submit").class("sr-only").attr("tabindex", "-1").decorative())
        .on("submit", move |ev| {
            ev.prevent_default();
            submit();
        })
}
