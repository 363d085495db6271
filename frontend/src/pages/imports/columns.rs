//! *Colonnes*: what each column means. Choices are kept at once, as soon as no two columns claim the same meaning.

use contract::{ImportChange, ImportColumn, ImportState, ImportSubject};
use domain::ListField;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::detail::{Page, Step};
use super::profile;
use super::words::{self, Meaning};
use crate::browser::unique_id;
use crate::dom::{View, div, el, memo, p, span};
use crate::text::{format, search, t};
use crate::ui::{Button, Icon, Tone, icon, notice};

/// What the file says of a column; its meaning is apart, so that a choice does not draw the table again.
#[derive(Clone, PartialEq)]
struct Face {
    index: u32,
    letter: String,
    header: String,
    samples: Vec<String>,
    filled: u64,
}

impl Face {
    fn of(column: &ImportColumn) -> Face {
        Face {
            index: column.index,
            letter: column.letter.clone(),
            header: column.header.clone(),
            samples: column.samples.clone(),
            filled: column.filled,
        }
    }

    fn name(&self) -> String {
        if self.header.is_empty() { t().imp_no_header(&self.letter) } else { self.header.clone() }
    }
}

#[derive(Clone, Copy)]
struct Choices {
    page: Page,
    subject: ImportSubject,
    faces: Memo<Vec<Face>>,
    /// As the server has them, and as the screen has them; in the order of the columns.
    kept: Memo<Vec<Option<Meaning>>>,
    chosen: RwSignal<Vec<Option<Meaning>>>,
    saving: RwSignal<bool>,
}

impl Choices {
    fn new(page: Page) -> Choices {
        let faces = page.of(|import| import.detection.columns.iter().map(Face::of).collect::<Vec<_>>());
        let kept = page.of(|import| import.detection.columns.iter().map(Meaning::of).collect::<Vec<_>>());
        let chosen = RwSignal::new(kept.get_untracked());
        let subject = page.subject();
        let choices = Choices { page, subject, faces, kept, chosen, saving: RwSignal::new(false) };
        Effect::new(move |_| {
            let kept = kept.get();
            if !choices.saving.get_untracked() && chosen.with_untracked(|chosen| *chosen != kept) {
                chosen.set(kept);
            }
        });
        choices
    }

    fn choose(self, at: usize, field: Option<Meaning>) {
        self.chosen.update(|chosen| {
            if let Some(place) = chosen.get_mut(at) {
                *place = field;
            }
        });
        self.save();
    }

    /// Sends what differs. One request at a time: what is chosen meanwhile goes with the next.
    fn save(self) {
        if self.saving.get_untracked() {
            return;
        }
        let (kept, chosen) = (self.kept.get_untracked(), self.chosen.get_untracked());
        if kept.len() != chosen.len() || twice(&chosen) {
            return;
        }
        let columns: Vec<contract::ColumnChoice> = self.faces.with_untracked(|faces| {
            let differs = |at: &usize| kept[*at] != chosen[*at];
            (0..chosen.len())
                .filter(differs)
                .filter_map(|at| Some(Meaning::choice(faces.get(at)?.index, chosen[at])))
                .collect()
        });
        if columns.is_empty() {
            return;
        }
        self.saving.set(true);
        let body = ImportChange { columns: Some(columns), ..ImportChange::default() };
        spawn_local(async move {
            let answer = self.page.change(body).await;
            if self.saving.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(()) => self.save(),
                Err(failure) => {
                    self.chosen.set(self.kept.get_untracked());
                    self.page.failed(&failure);
                }
            }
        });
    }

    /// The letter of another column that claims the same meaning.
    fn rival(self, at: usize) -> Option<(Meaning, String)> {
        self.chosen.with(|chosen| {
            let field = (*chosen.get(at)?)?;
            let other = chosen.iter().enumerate().find(|(place, other)| *place != at && **other == Some(field))?.0;
            Some((field, self.faces.with_untracked(|faces| faces.get(other).map(|f| f.letter.clone()))?))
        })
    }
}

fn twice(chosen: &[Option<Meaning>]) -> bool {
    let mut seen: Vec<Meaning> = chosen.iter().copied().flatten().collect();
    let all = seen.len();
    search::order_by_key(&mut seen, |field| *field);
    seen.dedup();
    seen.len() != all
}

pub fn step(page: Page) -> View {
    let t = t();
    let choices = Choices::new(page);
    let (chosen, saving) = (choices.chosen, choices.saving);
    let state = page.state();
    let open = memo(move || words::is_open(state.get()));
    let subject = choices.subject;
    let platform = page.of(|import| import.platform.clone());
    let lacking =
        memo(move || chosen.with(|all| platform.with(|platform| words::lacking(subject, platform.as_deref(), all))));
    let named = memo(move || {
        subject == ImportSubject::Flows || chosen.with(|all| all.contains(&Some(Meaning::Client(ListField::Name))))
    });
    let doubled = memo(move || chosen.with(|all| twice(all)));
    let lead = move || {
        let t = crate::text::t();
        if open.get() { t.imp_columns_lead() } else { t.imp_locked() }.to_owned()
    };
    let kept = move || {
        chosen.with(|all| {
            let n = all.iter().flatten().count() as u64;
            crate::text::t().imp_columns_kept(n, format::number(crate::text::t(), all.len() as i64))
        })
    };
    let go = div("row imp-acts").live(move || {
        let t = crate::text::t();
        let button = match state.get() {
            ImportState::Draft | ImportState::Failed => Button::new(t.imp_run_check())
                .primary()
                .disabled(move || doubled.get() || lacking.get().is_some() || saving.get())
                .busy(move || page.busy.get())
                .press(move || page.check()),
            _ => Button::new(t.next()).primary().press(move || page.go(Step::Check)),
        };
        View::all([
            View::from(button),
            span("soft small row").show(
                move || saving.get(),
                || {
                    View::all([
                        span("spinner").decorative(),
                        span("").attr("role", "status").child(crate::text::t().imp_saving()),
                    ])
                },
            ),
        ])
    });
    el("section")
        .class("card imp-columns-card")
        .child(div("stack-tight").child(el("h2").child(t.imp_columns_title())).child(p("soft").text_of(lead)))
        .child(profile::told(page))
        .live(move || lacking.get().filter(|_| open.get()).map(|lacks| profile::lacks(page, lacks)))
        .show(
            move || open.get() && lacking.get().is_none() && !named.get(),
            || notice(Tone::AtRisk, p("").child(crate::text::t().imp_name_missing())),
        )
        .child(table(choices, open))
        .child(div("spread").child(go).child(span("soft small num").text_of(kept)))
}

fn table(choices: Choices, open: Memo<bool>) -> View {
    let t = t();
    let head = [
        ("imp-c-letter", t.imp_col_letter()),
        ("imp-c-header", t.imp_col_header()),
        ("imp-c-samples", t.imp_col_samples()),
        ("imp-c-meaning", t.imp_col_meaning()),
        ("imp-c-reason", t.imp_col_reason()),
    ];
    let head = el("thead")
        .child(el("tr").children(head.map(|(class, label)| el("th").class(class).attr("scope", "col").child(label))));
    let body = el("tbody").live(move || {
        let faces = choices.faces.get();
        untrack(|| {
            let rows = faces.into_iter().enumerate().map(|(at, face)| row(choices, open, at, &face));
            View::all(rows)
        })
    });
    let table =
        el("table").class("table imp-columns").child(el("caption").class("sr-only").child(t.imp_columns_title()));
    div("table-wrap").child(table.child(head).child(body))
}

fn row(choices: Choices, open: Memo<bool>, at: usize, face: &Face) -> View {
    let t = t();
    let mine = memo(move || choices.chosen.with(|all| all.get(at).copied().flatten()));
    let rival = memo(move || choices.rival(at));
    let error_id = unique_id("imp-twice");
    let name = face.name();

    let samples = if face.samples.is_empty() {
        span("faint").child(t.imp_no_samples())
    } else {
        el("ul")
            .class("imp-samples")
            .attr("title", &face.samples.join(" · "))
            .children(face.samples.iter().take(3).map(|sample| el("li").child(sample)))
    };
    let select = el("select")
        .class("input")
        .label(&t.imp_meaning_of(&name))
        .attr("aria-describedby", &error_id)
        .attr_of("aria-invalid", move || rival.with(Option::is_some).then_some("true"))
        .disabled_of(move || !open.get())
        .child(el("option").attr("value", "").child(t.imp_ignore()))
        .children(words::meanings(choices.subject).into_iter().map(|(label, meanings)| {
            let option = |meaning: Meaning| el("option").attr("value", meaning.code()).child(meaning.label());
            el("optgroup").attr("label", label).children(meanings.into_iter().map(option))
        }))
        .value_of(move || mine.get().map(|meaning| meaning.code().to_owned()).unwrap_or_default())
        .on_change(move |code| choices.choose(at, Meaning::parse(choices.subject, &code)));
    let error = p("field-error").id(&error_id).attr("aria-live", "polite").live(move || {
        rival.get().map(|(field, letter)| {
            View::all([icon(Icon::Warning), span("").child(crate::text::t().imp_field_twice(field.label(), &letter))])
        })
    });
    let why = choices
        .page
        .of(move |import| import.detection.columns.get(at).and_then(|c| Some((Meaning::of(c)?, c.reason?))));
    let reason = el("td").class("imp-c-reason").live(move || {
        let own = mine.get();
        let said = why.get().filter(|(field, _)| Some(*field) == own).map(|(_, reason)| reason);
        // Chosen a moment ago and not kept yet.
        let said = said.or(own.map(|_| contract::MappingReason::Chosen));
        said.map(|reason| {
            let (word, detail) = words::reason(reason);
            span("tag").attr("title", detail).child(word)
        })
    });

    el("tr")
        .class_of("imp-left-out", move || mine.with(Option::is_none))
        .child(el("td").class("imp-c-letter").child(span("imp-letter").child(&face.letter)))
        .child(
            el("th")
                .class("imp-c-header")
                .attr("scope", "row")
                .child(span("imp-header").child(&name))
                .child(span("faint small num").child(t.imp_filled(face.filled))),
        )
        .child(el("td").class("imp-c-samples").child(samples))
        .child(
            el("td")
                .class("imp-c-meaning")
                .class_of("field-failed", move || rival.with(Option::is_some))
                .child(span("select").child(select).child(icon(Icon::Down)))
                .child(error),
        )
        .child(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meaning_belongs_to_one_column() {
        let (siren, name) = (Some(Meaning::Client(ListField::Siren)), Some(Meaning::Client(ListField::Name)));
        assert!(!twice(&[siren, None, name, None]));
        assert!(twice(&[siren, None, name, siren]));
        assert!(!twice(&[]));
    }
}
