//! *Détecté*: how the file was read, each point of which can be changed; a change reads the file again.

use contract::{ImportChange, ImportState, ImportSubject};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::detail::{Page, Step};
use super::{profile, words};
use crate::api::{Failure, say};
use crate::dom::{View, div, el, live, p, span};
use crate::text::t;
use crate::ui::{Button, Choice, Tone, notice, select_field, tag, text_field};

pub fn step(page: Page) -> View {
    let t = t();
    let state = page.state();
    let locked = move || !words::is_open(state.get());
    let failure = RwSignal::new(None::<Failure>);
    let lead = move || {
        let t = crate::text::t();
        match state.get() {
            state if !words::is_open(state) => t.imp_locked().to_owned(),
            ImportState::Checked => format!("{} {}", t.imp_detected_lead(), t.imp_check_again()),
            _ => t.imp_detected_lead().to_owned(),
        }
    };
    let next = Button::new(t.imp_to_columns()).primary().press(move || page.go(Step::Columns));
    el("section")
        .class("card imp-detected")
        .child(div("stack-tight").child(el("h2").child(t.imp_detected_title())).child(p("soft").text_of(lead)))
        .child(fields(page, failure, locked))
        .live(move || failure.get().map(|failure| refused(&failure)))
        .child(profile::told(page))
        .child(found(page))
        .child(notes(page))
        .child(div("row imp-acts").child(next).show(
            move || page.busy.get(),
            || span("soft small row").child(span("spinner").decorative()).child(crate::text::t().imp_rereading()),
        ))
}

fn refused(failure: &Failure) -> View {
    let words = View::all([
        p("strong").child(failure.title()),
        p("").child(failure.detail()),
        View::all(failure.unplaced(&[]).into_iter().map(|message| p("").child(message))),
    ]);
    notice(Tone::Late, words).attr("role", "alert")
}

/// A choice that belongs to the server: it shows what is, a change is sent, a refusal puts it back.
fn linked(
    page: Page,
    failure: RwSignal<Option<Failure>>,
    known: impl Fn() -> String + Copy + Send + Sync + 'static,
    change: fn(String) -> ImportChange,
) -> RwSignal<String> {
    let value = RwSignal::new(untrack(known));
    Effect::new(move |before: Option<String>| {
        let now = known();
        if before.is_none_or(|before| before != now) && value.get_untracked() != now {
            value.set(now.clone());
        }
        now
    });
    Effect::new(move |before: Option<()>| {
        let chosen = value.get();
        if before.is_none() || chosen == untrack(known) || page.busy.get_untracked() {
            return;
        }
        page.busy.set(true);
        failure.set(None);
        spawn_local(async move {
            let answer = page.change(change(chosen)).await;
            page.busy.try_set(false);
            if let Err(error) = answer {
                if error.status() == 412 {
                    page.failed(&error);
                } else {
                    failure.try_set(Some(error));
                }
                if let Some(known) = page.import.try_with_untracked(|_| ()).map(|()| untrack(known)) {
                    value.try_set(known);
                }
            }
        });
    });
    value
}

fn fields(page: Page, failure: RwSignal<Option<Failure>>, locked: impl Fn() -> bool + Copy + 'static) -> View {
    let t = t();
    let off = move || locked() || page.busy.get();
    let kind = page.of(|import| import.detection.kind);
    let subject = page.of(|import| import.subject);
    let chosen = linked(
        page,
        failure,
        move || subject.get().as_str().to_owned(),
        |code| ImportChange { subject: ImportSubject::try_from(code.as_str()).ok(), ..ImportChange::default() },
    );
    let subjects = || ImportSubject::ALL.iter().map(|s| Choice::new(s.as_str(), words::subject(*s))).collect();
    let what = select_field(t.imp_subject(), chosen, subjects).hint(t.imp_subject_hint()).disabled(off);
    let platform =
        live(move || (subject.get() == ImportSubject::Flows).then(|| untrack(|| profile::field(page, true))));
    let kind = div("field")
        .child(span("imp-label").child(t.imp_kind()))
        .child(p("imp-fixed").text_of(move || words::kind(kind.get()).to_owned()))
        .child(p("field-hint").child(t.imp_kind_hint()));

    let encoding = page.of(|import| import.detection.encoding.clone());
    let separator = page.of(|import| import.detection.separator.clone());
    let sheet = page.of(|import| import.detection.sheet.clone());
    let header_row = page.of(|import| import.detection.header_row);
    let is_text = encoding.get_untracked().is_some();
    let has_sheets = sheet.get_untracked().is_some();

    let text_fields = is_text.then(|| {
        let chosen = linked(
            page,
            failure,
            move || encoding.get().unwrap_or_default(),
            |encoding| ImportChange { encoding: Some(encoding), ..ImportChange::default() },
        );
        let choices = || words::ENCODINGS.iter().map(|code| Choice::new(*code, words::encoding(code))).collect();
        let one = select_field(t.imp_encoding(), chosen, choices).hint(t.imp_encoding_hint()).disabled(off);
        let chosen = linked(
            page,
            failure,
            move || separator.get().unwrap_or_default(),
            |separator| ImportChange { separator: Some(separator), ..ImportChange::default() },
        );
        let choices = move || {
            let own = separator.get();
            let mut all: Vec<Choice> =
                words::SEPARATORS.iter().map(|code| Choice::new(*code, words::separator(code))).collect();
            // One that nobody else uses, and that the server found all the same.
            if let Some(own) = own.filter(|own| !words::SEPARATORS.contains(&own.as_str())) {
                all.push(Choice::new(own.clone(), own));
            }
            all
        };
        let two = select_field(t.imp_separator(), chosen, choices).disabled(off);
        View::all([View::from(one), two.into()])
    });
    let sheet_field = has_sheets.then(|| {
        let sheets = page.of(|import| import.detection.sheets.clone());
        let chosen = linked(
            page,
            failure,
            move || sheet.get().unwrap_or_default(),
            |sheet| ImportChange { sheet: Some(sheet), ..ImportChange::default() },
        );
        let choices = move || {
            let t = crate::text::t();
            let name = |sheet: &contract::ImportSheet| {
                let mut label = format!("{} · {}", sheet.name, t.imp_sheet_rows(sheet.rows));
                if !sheet.visible {
                    label = format!("{label} · {}", t.imp_sheet_hidden());
                }
                Choice::new(sheet.name.clone(), label)
            };
            sheets.with(|sheets| sheets.iter().map(name).collect())
        };
        View::from(select_field(t.imp_sheet(), chosen, choices).disabled(off))
    });
    div("imp-fields")
        .child(what)
        .child(platform)
        .child(kind)
        .child(text_fields)
        .child(sheet_field)
        .child(header_field(page, failure, header_row, off))
}

/// The number is sent when the field is left, so that typing 12 does not read the file with 1.
fn header_field(
    page: Page,
    failure: RwSignal<Option<Failure>>,
    header_row: Memo<u32>,
    off: impl Fn() -> bool + 'static,
) -> View {
    let t = t();
    let sent = linked(
        page,
        failure,
        move || header_row.get().to_string(),
        |row| ImportChange { header_row: row.parse().ok(), ..ImportChange::default() },
    );
    let typed = RwSignal::new(header_row.get_untracked().to_string());
    Effect::new(move |_| typed.set(sent.get()));
    let wrong = RwSignal::new(false);
    text_field(t.imp_header_row(), typed)
        .hint(t.imp_header_row_hint())
        .error(move || wrong.get().then(|| crate::text::t().imp_header_row_error().to_owned()))
        .inputmode("numeric")
        .disabled(off)
        .on_done(move || match typed.get_untracked().trim().parse::<u32>() {
            Ok(row) => {
                wrong.set(false);
                sent.set(row.to_string());
            }
            Err(_) => wrong.set(true),
        })
        .into()
}

/// The names of the columns: whether the header row is the right one shows at a glance.
fn found(page: Page) -> View {
    let names = page.of(|import| {
        let t = t();
        let name = |c: &contract::ImportColumn| {
            if c.header.is_empty() { t.imp_no_header(&c.letter) } else { c.header.clone() }
        };
        import.detection.columns.iter().map(name).collect::<Vec<String>>()
    });
    div("stack-tight imp-found").live(move || {
        let names = names.get();
        View::all([
            el("h3").child(t().imp_columns_found(names.len() as u64)),
            el("ul").class("row").children(names.iter().map(|name| el("li").child(tag(name)))),
        ])
    })
}

fn notes(page: Page) -> View {
    let notes = page.of(|import| import.detection.notes.clone());
    let any = memo_any(notes);
    View::none().show(
        move || any.get(),
        move || {
            let list = el("ul").class("imp-notes").live(move || {
                notes.with(|notes| notes.iter().map(|note| el("li").child(say(note))).collect::<Vec<View>>())
            });
            notice(Tone::OnTrack, list)
        },
    )
}

fn memo_any(notes: Memo<Vec<domain::Text>>) -> Memo<bool> {
    Memo::new(move |_| notes.with(|notes| !notes.is_empty()))
}
