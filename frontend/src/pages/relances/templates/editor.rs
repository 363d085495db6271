//! One text while it is written: its words in both languages, variables to put in, what is wrong at its place, how it looks
//! on real dossiers, and how it was before.

use std::rc::Rc;

use contract::endpoint::op;
use contract::{
    Nothing, Template, TemplateChange, TemplateCheck, TemplateChecked, TemplateField, TemplateFieldFault,
    TemplateVariable, TemplateVocabulary,
};
use domain::relance::template::{Wording, Wordings};
use domain::relance::{RelancePurpose, Tone as Voice};
use domain::{Lang, Permission, TemplateId};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};

use super::super::shell::{self, shell};
use super::super::words;
use super::{preview, versions, voices};
use crate::api::{Failure, Load, Versioned, ask, ask_versioned, change, load, say};
use crate::dom::{View, div, el, link, live, memo, p, show, span};
use crate::frame::{Step, address};
use crate::pages::calm::settled;
use crate::pages::form::Form;
use crate::session;
use crate::text::{format, search, t};
use crate::ui::{
    Button, Choice, Icon, Tab, Tone, empty_state, error_state, icon, loaded, notice, segments, select_field, skeleton,
    tabs, text_area, text_field, toasts,
};

type Typed = RwSignal<String>;

const TAB: &str = "tab";
/// The language that is written.
const LANG: &str = "lang";

/// `/relances/modeles/{id}`.
pub fn page(id: &str) -> View {
    let Ok(id) = id.parse::<TemplateId>() else { return not_found() };
    let read: Load<Versioned<Template>> = load(move || id, |id| ask_versioned::<op::ReadTemplate>(id, Nothing {}));
    #[derive(Clone, Copy, PartialEq)]
    enum Face {
        Waiting,
        Failed,
        /// Another version is another form.
        Here(i64),
    }
    let face = memo(move || match read.value.with(|read| read.as_ref().map(|read| read.value.row.version)) {
        Some(version) => Face::Here(version),
        None if read.failure.with(Option::is_some) => Face::Failed,
        None => Face::Waiting,
    });
    live(move || match face.get() {
        Face::Waiting => div("page").child(skeleton(8)),
        Face::Here(_) => untrack(|| read.value.get().map_or_else(View::none, |now| whole(read, now))),
        Face::Failed => match read.failure.get() {
            Some(failure) if failure.status() == 404 => not_found(),
            Some(failure) => div("page").child(error_state(&failure, Some(Rc::new(move || read.reload())))),
            None => View::none(),
        },
    })
}

fn not_found() -> View {
    let back = Button::link(t().template_back(), shell::TEMPLATES);
    div("page").child(empty_state(Icon::File, t().template_not_found(), t().template_not_found_detail(), [back]))
}

/// What is being written.
#[derive(Clone, Copy)]
pub struct Draft {
    name: Typed,
    purpose: Typed,
    voice: Typed,
    fr: Words,
    en: Words,
    /// There is an English text, too.
    has_en: RwSignal<bool>,
    note: Typed,
}

#[derive(Clone, Copy)]
struct Words {
    subject: Typed,
    body: Typed,
}

impl Words {
    fn of(wording: Option<&Wording>) -> Words {
        let (subject, body) = wording.map(|w| (w.subject.clone(), w.body.clone())).unwrap_or_default();
        Words { subject: RwSignal::new(subject), body: RwSignal::new(body) }
    }

    fn read(self) -> Wording {
        Wording { subject: self.subject.get(), body: self.body.get() }
    }
}

impl Draft {
    fn of(template: &Template) -> Draft {
        Draft {
            name: RwSignal::new(template.row.name.clone()),
            purpose: RwSignal::new(template.row.purpose.to_string()),
            voice: RwSignal::new(template.row.tone.to_string()),
            fr: Words::of(Some(&template.texts.fr)),
            en: Words::of(template.texts.en.as_ref()),
            has_en: RwSignal::new(template.texts.en.is_some()),
            note: RwSignal::new(String::new()),
        }
    }

    /// Followed.
    pub fn texts(self) -> Wordings {
        Wordings { fr: self.fr.read(), en: self.has_en.get().then(|| self.en.read()) }
    }

    fn words(self, lang: Lang) -> Words {
        match lang {
            Lang::Fr => self.fr,
            Lang::En => self.en,
        }
    }

    fn change(self) -> TemplateChange {
        TemplateChange {
            name: Some(self.name.get().trim().to_owned()),
            purpose: RelancePurpose::try_from(self.purpose.get().as_str()).ok(),
            tone: Voice::try_from(self.voice.get().as_str()).ok(),
            texts: Some(self.texts()),
            archived: None,
            note: self.note.get().trim().to_owned(),
        }
    }

    /// Something differs from what was read.
    fn differs(self, from: &Template) -> bool {
        self.name.with(|name| name.trim() != from.row.name)
            || self.purpose.with(|purpose| purpose != from.row.purpose.as_str())
            || self.voice.with(|voice| voice != from.row.tone.as_str())
            || self.texts() != from.texts
    }
}

fn whole(read: Load<Versioned<Template>>, now: Versioned<Template>) -> View {
    let t = t();
    let tab = address().text(TAB);
    let list = vec![Tab::new("write", t.template_write()), Tab::new("versions", t.template_versions())];
    let choose = |key: &'static str| {
        address().set(&[(TAB, Some(key)), ("from", None), ("to", None)], Step::Push);
    };
    // What is typed stays while one looks at the versions.
    let draft = Draft::of(&now.value);
    let kept = now.clone();
    let panel = move |key: &'static str| match key {
        "versions" => versions::view(read, &kept),
        _ => write(read, draft, kept.clone()),
    };
    let back = link("back-link small", shell::TEMPLATES).child(icon(Icon::Left)).child(t.relances_templates());
    let archived = now.value.row.archived.then(|| notice(Tone::Unknown, p("").child(t.template_is_away())));
    let lead = span("row-wide")
        .child(crate::ui::tag(&say(&now.value.row.purpose.text())))
        .child(crate::ui::tag(&say(&now.value.row.tone.text())))
        .child(span("").child(t.template_version(now.value.row.version.to_string())));
    let body = div("stack").child(back).child(archived).child(div("").child(tabs(
        t.template_tabs(),
        list,
        move || tab.get(),
        choose,
        panel,
    )));
    shell(shell::TEMPLATES, &now.value.row.name, lead, View::none(), body)
}

/// The field into which a variable goes: the one that had the caret last.
#[derive(Clone)]
struct Target {
    subject: View,
    body: View,
    in_subject: RwSignal<bool>,
}

impl Target {
    /// Where the caret stands, in units of the browser.
    fn caret(&self) -> (Option<u32>, Option<u32>) {
        if self.in_subject.get_untracked() {
            let input: &HtmlInputElement = self.subject.input();
            (input.selection_start().ok().flatten(), input.selection_end().ok().flatten())
        } else {
            let area: &HtmlTextAreaElement = self.body.element().unchecked_ref();
            (area.selection_start().ok().flatten(), area.selection_end().ok().flatten())
        }
    }

    fn select(&self, from: u32, to: u32) {
        if self.in_subject.get_untracked() {
            self.subject.focus();
            let _ = self.subject.input().set_selection_range(from, to);
        } else {
            self.body.focus();
            let area: &HtmlTextAreaElement = self.body.element().unchecked_ref();
            let _ = area.set_selection_range(from, to);
        }
    }

    /// Puts words in the place of what is selected, and the caret behind them.
    fn put(&self, words: Words, text: &str) {
        let value = if self.in_subject.get_untracked() { words.subject } else { words.body };
        let before = value.get_untracked();
        let length = before.encode_utf16().count() as u32;
        let (from, to) = self.caret();
        let from = from.unwrap_or(length);
        value.set(spliced(&before, from, to.unwrap_or(from), text));
        let caret = from + text.encode_utf16().count() as u32;
        self.select(caret, caret);
    }
}

/// A text with other words from one place to another, counted as browsers do.
fn spliced(text: &str, from: u32, to: u32, put: &str) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    let from = (from as usize).min(units.len());
    let to = (to as usize).clamp(from, units.len());
    let mut out = String::from_utf16_lossy(&units[..from]);
    out.push_str(put);
    out.push_str(&String::from_utf16_lossy(&units[to..]));
    out
}

/// Characters of a text in units of the browser.
fn units(text: &str, characters: u32) -> u32 {
    text.chars().take(characters as usize).map(|c| c.len_utf16() as u32).sum()
}

fn write(read: Load<Versioned<Template>>, draft: Draft, now: Versioned<Template>) -> View {
    let t = t();
    let may = untrack(|| session::can(Permission::DossierManage));
    let asked = address().text(LANG);
    let lang = memo(move || if draft.has_en.get() && asked.with(|l| l == "en") { Lang::En } else { Lang::Fr });
    let texts = memo(move || draft.texts());
    let calm = settled(move || texts.get());
    let checked: Load<TemplateChecked> = load(
        move || calm.get(),
        |texts| {
            Box::pin(async move {
                crate::api::act::<op::CheckTemplate>(&Nothing {}, &Nothing {}, &TemplateCheck { texts }).await
            })
        },
    );
    let form = Form::new();
    form.places("/texts");
    let base = StoredValue::new(now.clone());
    let theirs = RwSignal::new(None::<Versioned<Template>>);
    let differs = memo(move || base.with_value(|base| draft.differs(&base.value)));
    let good = move || checked.value.with(|c| c.as_ref().is_none_or(|c| c.good));
    let said = move || {
        let t = crate::text::t();
        if !differs.get() {
            t.anomaly_settings_unchanged()
        } else if good() {
            t.anomaly_settings_changed()
        } else {
            t.template_has_faults()
        }
    };
    let bar = may.then(|| {
        div("save-bar")
            .child(div("grow").child(View::from(
                text_field(t.template_note(), draft.note).optional().error(form.error("/note", draft.note)),
            )))
            .child(span("soft small").attr("role", "status").text_of(move || said().to_owned()))
            .child(
                Button::new(t.save())
                    .primary()
                    .submit()
                    .disabled(move || !differs.get() || !good() || theirs.with(Option::is_some))
                    .busy(form.busy()),
            )
    });
    let about = div("given-fields")
        .child(text_field(t.template_name(), draft.name).disabled(move || !may).error(form.error("/name", draft.name)))
        .child(
            select_field(t.relance_purpose(), draft.purpose, words::purposes)
                .disabled(move || !may)
                .error(form.error("/purpose", draft.purpose)),
        )
        .child(
            select_field(t.step_voice(), draft.voice, voices)
                .disabled(move || !may)
                .error(form.error("/tone", draft.voice)),
        );
    let refused = form.error("/texts", draft.fr.body);
    let wrong = live(move || refused().map(|words| p("field-error").child(icon(Icon::Warning)).child(words)));
    let fields = live(move || {
        let lang = lang.get();
        untrack(|| wording(draft, lang, checked, may))
    });
    let left = div("stack").children([
        conflict(read, base, theirs),
        el("section")
            .class("card")
            .label(t.template_words())
            .child(about)
            .child(languages(draft, lang, may))
            .child(wrong)
            .child(fields),
        bar.into(),
    ]);
    let right = preview::view(draft, lang, checked, calm);
    let content = form.build([div("template-sides").child(left).child(right)], move |form| {
        let body = untrack(|| draft.change());
        let (id, etag) = base.with_value(|base| (base.value.row.id, base.etag.clone()));
        let sent = async move {
            match change::<op::UpdateTemplate>(&id, &body, etag.as_deref()).await {
                Err(failure) if failure.status() == 412 => {
                    let now = ask_versioned::<op::ReadTemplate>(id, Nothing {}).await?;
                    theirs.try_set(Some(now));
                    Err(Failure::Aborted)
                }
                answer => answer,
            }
        };
        form.send(sent, move |saved| {
            toasts().done(crate::text::t().template_saved(saved.value.row.version.to_string()));
            read.put(saved);
        });
    });
    content.add_class("template-form")
}

/// Somebody else was faster.
fn conflict(
    read: Load<Versioned<Template>>,
    base: StoredValue<Versioned<Template>>,
    theirs: RwSignal<Option<Versioned<Template>>>,
) -> View {
    live(move || {
        let now = theirs.get()?;
        let t = t();
        let (mine, taken) = (now.clone(), now);
        let when = format::moment(t, mine.value.row.updated_at);
        let keep = move || {
            base.set_value(mine.clone());
            theirs.set(None);
        };
        let words = div("stack-tight")
            .child(p("strong").child(t.template_overtaken(when)))
            .child(p("small").child(t.sequence_overtaken_detail()))
            .child(div("row").child(Button::new(t.sequence_overtaken_mine()).small().press(keep)).child(
                Button::new(t.sequence_overtaken_theirs()).small().quiet().press(move || read.put(taken.clone())),
            ));
        Some(notice(Tone::AtRisk, words).attr("role", "alert"))
    })
}

fn languages(draft: Draft, lang: Memo<Lang>, may: bool) -> View {
    let t = t();
    let choices = || {
        vec![Choice::new("fr", crate::text::Lang::Fr.own_name()), Choice::new("en", crate::text::Lang::En.own_name())]
    };
    let code = move || if lang.get() == Lang::En { "en".to_owned() } else { "fr".to_owned() };
    let choose = |next: String| address().set(&[(LANG, Some(&next))], Step::Replace);
    let both = show(move || draft.has_en.get(), move || segments(crate::text::t().language(), choices(), code, choose));
    let add = show(
        move || may && !draft.has_en.get(),
        move || {
            Button::new(crate::text::t().template_add_english())
                .icon(Icon::Plus)
                .quiet()
                .small()
                .press(move || {
                    draft.has_en.set(true);
                    choose("en".to_owned());
                })
                .into()
        },
    );
    let take = show(
        move || may && draft.has_en.get() && lang.get() == Lang::En,
        move || {
            Button::new(crate::text::t().template_remove_english())
                .quiet()
                .small()
                .press(move || draft.has_en.set(false))
                .into()
        },
    );
    let hint = p("soft small").child(t.template_markdown());
    div("stack-tight").child(div("spread").child(div("row").child(both).child(add)).child(take)).child(hint)
}

fn wording(draft: Draft, lang: Lang, checked: Load<TemplateChecked>, may: bool) -> View {
    let t = t();
    let own = draft.words(lang);
    let (of_subject, of_body) = match lang {
        Lang::Fr => (TemplateField::FrSubject, TemplateField::FrBody),
        Lang::En => (TemplateField::EnSubject, TemplateField::EnBody),
    };
    let failed = move |field: TemplateField| {
        move || {
            let n = checked
                .value
                .with(|c| c.as_ref().map_or(0, |c| c.faults.iter().filter(|fault| fault.field == field).count()));
            (n > 0).then(|| crate::text::t().template_faults(n as u64))
        }
    };
    let subject = text_field(t.template_subject(), own.subject)
        .attr("lang", if lang == Lang::En { "en" } else { "fr" })
        .attr("spellcheck", "true")
        .disabled(move || !may)
        .error(failed(of_subject));
    let body = text_area(t.template_body(), own.body)
        .attr("rows", "16")
        .attr("lang", if lang == Lang::En { "en" } else { "fr" })
        .attr("spellcheck", "true")
        .disabled(move || !may)
        .error(failed(of_body));
    let in_subject = RwSignal::new(false);
    let target = Target {
        subject: subject.control().on("focus", move |_| in_subject.set(true)),
        body: body.control().on("focus", move |_| in_subject.set(false)).add_class("template-body"),
        in_subject,
    };
    let subject_faults = faults(checked, of_subject, target.clone(), own, may);
    let body_faults = faults(checked, of_body, target.clone(), own, may);
    let picker = may.then(|| picker(target, own));
    div("stack")
        .child(div("stack-tight").child(subject).child(subject_faults))
        .child(div("stack-tight").child(body).child(body_faults))
        .child(picker)
}

/// What is wrong in one field: where, why, and the fix at a press.
fn faults(checked: Load<TemplateChecked>, field: TemplateField, target: Target, own: Words, may: bool) -> View {
    live(move || {
        let found: Vec<TemplateFieldFault> = checked
            .value
            .with(|c| c.iter().flat_map(|c| &c.faults).filter(|fault| fault.field == field).cloned().collect());
        let target = target.clone();
        (!found.is_empty()).then(|| {
            el("ul").class("faults small").children(found.into_iter().map(|of| one_fault(of, &target, own, may)))
        })
    })
}

fn one_fault(of: TemplateFieldFault, target: &Target, own: Words, may: bool) -> View {
    let t = t();
    let in_subject = matches!(of.field, TemplateField::FrSubject | TemplateField::EnSubject);
    let value = if in_subject { own.subject } else { own.body };
    let fault = of.fault;
    let place = (!in_subject).then(|| t.template_place(fault.line.to_string(), fault.column.to_string()));
    let (from, to) = (fault.from, fault.to);
    let range = move || value.with_untracked(|text| (units(text, from), units(text, to)));
    let (showing, fixing) = (target.clone(), target.clone());
    let see = Button::new(t.template_show_fault()).quiet().small().press(move || {
        showing.in_subject.set(in_subject);
        let (from, to) = range();
        showing.select(from, to);
    });
    let fix = fault.nearest.filter(|_| may).map(|nearest| {
        let label = t.template_fix(&nearest);
        Button::new(label).small().press(move || {
            let (from, to) = range();
            value.set(spliced(&value.get_untracked(), from, to, &nearest));
            fixing.in_subject.set(in_subject);
            let caret = from + nearest.encode_utf16().count() as u32;
            fixing.select(caret, caret);
        })
    });
    el("li")
        .class("fault tone-late")
        .child(icon(Icon::Warning))
        .child(
            div("grow")
                .child(span("").child(say(&fault.text)))
                .child(place.map(|place| span("soft").child(format!(" {place}")))),
        )
        .child(div("row").child(see).child(fix))
}

/// Variables by what they are about; a press puts one where the caret is.
fn picker(target: Target, own: Words) -> View {
    let vocabulary = load(|| (), |()| ask::<op::ReadTemplateVocabulary>(Nothing {}, Nothing {}));
    let typed = RwSignal::new(String::new());
    let body = loaded(vocabulary, 6, move |vocabulary| groups(&vocabulary, typed, target.clone(), own));
    let t = t();
    el("details")
        .class("chart-table variables")
        .flag("open", true)
        .child(el("summary").child(t.template_variables()))
        .child(
            div("stack")
                .child(View::from(
                    text_field(t.template_variable_search(), typed)
                        .kind("search")
                        .label_hidden()
                        .placeholder(t.template_variable_search()),
                ))
                .child(body),
        )
}

/// As it is put in: what may be empty says what stands there then.
fn written(variable: &TemplateVariable) -> String {
    match variable.empty {
        Some(_) => format!("{{{{ {} | default: \"\" }}}}", variable.variable),
        None => format!("{{{{ {} }}}}", variable.variable),
    }
}

fn groups(vocabulary: &TemplateVocabulary, typed: Typed, target: Target, own: Words) -> View {
    let t = t();
    let group = |group: &contract::TemplateVariableGroup| {
        let one = |variable: &TemplateVariable| {
            let (put, target) = (written(variable), target.clone());
            let (label, example) = (say(&variable.label), say(&variable.example));
            let code = variable.variable.to_string();
            let known = format!("{code} {label}");
            let fits = move || typed.with(|typed| search::matches(&search::fold(typed), &known));
            let title = match &variable.empty {
                Some(empty) => t.template_may_be_empty(&example, &say(empty)),
                None => example.clone(),
            };
            show(fits, move || {
                let (put, target) = (put.clone(), target.clone());
                let press = move || target.put(own, &put);
                el("li").child(
                    crate::dom::button("variable")
                        .attr("title", &title)
                        .child(el("code").class("small").child(&code))
                        .child(span("soft small").child(&label))
                        .child(span("faint small truncate").child(&example))
                        .on_click(press),
                )
            })
        };
        let title = say(&group.label);
        el("section")
            .class("stack-tight")
            .label(&title)
            .child(el("h4").class("soft small").child(&title))
            .child(el("ul").class("variable-list").children(group.variables.iter().map(one)))
    };
    let filter = |filter: &contract::TemplateFilter| {
        el("li")
            .class("row-wide")
            .child(el("code").class("small").child(say(&filter.example)))
            .child(span("soft small").child(say(&filter.label)))
    };
    let filters = el("details")
        .class("chart-table")
        .child(el("summary").child(t.template_filters()))
        .child(el("ul").class("stack-tight").children(vocabulary.filters.iter().map(filter)));
    div("stack").children(vocabulary.groups.iter().map(group)).child(filters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_as_browsers_count_them() {
        // A character outside the basic plane is two units.
        assert_eq!(units("a😀é", 2), 3);
        assert_eq!(spliced("a😀é", 3, 4, "x"), "a😀x");
        assert_eq!(spliced("abc", 1, 1, "-"), "a-bc");
        assert_eq!(spliced("abc", 9, 12, "!"), "abc!");
    }
}
