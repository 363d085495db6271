//! A text as it was saved before: who, when and why, what differs word by word, and the way back.

use contract::endpoint::op;
use contract::{
    PieceChange, Template, TemplateDiff, TemplateDiffQuery, TemplateField, TemplateFieldDiff, TemplatePiece,
    TemplateRestore, TemplateVersion, TemplateVersionQuery,
};
use domain::{Permission, TemplateId};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::{Load, Versioned, ask, change, load, seek_list};
use crate::browser::now;
use crate::dom::{View, div, el, live, memo, p, show, span};
use crate::frame::{Step, address};
use crate::session;
use crate::text::{format, t};
use crate::ui::{Button, Icon, Tone, empty_state, load_more, loaded, notice, seek_state, tag, toasts};

const PAGE: u32 = 50;

pub fn view(read: Load<Versioned<Template>>, template: &Versioned<Template>) -> View {
    let (id, current) = (template.value.row.id, template.value.row.version);
    let etag = template.etag.clone();
    let rows = seek_list(
        move || id,
        |id, after| {
            Box::pin(async move {
                let query = TemplateVersionQuery { limit: Some(PAGE), after };
                let page = ask::<op::ListTemplateVersions>(id, query).await?;
                Ok((page.data, page.next))
            })
        },
    );
    let list = move || {
        let etag = etag.clone();
        el("ul").class("lines").live(move || {
            let etag = etag.clone();
            rows.rows.with(|rows| View::all(rows.iter().map(|row| line(read, id, row, current, etag.clone()))))
        })
    };
    let none = || empty_state(Icon::Clock, t().template_versions_none(), "", []);
    let foot = load_more(rows, move || t().template_versions_shown(rows.rows.with(Vec::len) as u64));
    let past = el("section")
        .class("card")
        .label(t().template_versions())
        .child(el("h2").child(t().template_versions()))
        .child(seek_state(rows, none, list))
        .child(foot);
    div("template-sides").child(past).child(comparison(id))
}

fn line(
    read: Load<Versioned<Template>>,
    id: TemplateId,
    row: &TemplateVersion,
    current: i64,
    etag: Option<String>,
) -> View {
    let t = t();
    let (version, is_current) = (row.version, row.version == current);
    let compare = (!is_current).then(|| {
        Button::new(t.template_compare()).small().quiet().press(move || {
            let (from, to) = (version.to_string(), current.to_string());
            address().set(&[("from", Some(&from)), ("to", Some(&to))], Step::Push);
        })
    });
    let restore = (!is_current && untrack(|| session::can(Permission::DossierManage))).then(|| {
        Button::new(t.template_restore()).icon(Icon::Undo).small().press(move || {
            let etag = etag.clone();
            spawn_local(async move {
                let body = TemplateRestore { version, note: String::new() };
                match change::<op::RestoreTemplate>(&id, &body, etag.as_deref()).await {
                    Ok(new) => {
                        toasts().done(crate::text::t().template_restored(version.to_string()));
                        address().set(&[("from", None), ("to", None)], Step::Replace);
                        read.put(new);
                    }
                    Err(failure) => {
                        toasts().failed(&failure);
                        if failure.status() == 412 {
                            read.reload();
                        }
                    }
                }
            });
        })
    });
    let when = format::relative(t, row.at, now());
    el("li")
        .class("line")
        .child(
            div("grow stack-tight")
                .child(
                    p("row")
                        .child(span("strong").child(t.template_version(version.to_string())))
                        .child(is_current.then(|| tag(t.template_is_current()))),
                )
                .child(
                    p("soft small")
                        .attr("title", &format::moment(t, row.at))
                        .child(t.template_version_by(&when, &row.by_name)),
                )
                .child((!row.note.is_empty()).then(|| p("small quoted").child(&row.note))),
        )
        .child(compare)
        .child(restore)
}

/// Two versions that the address names.
fn comparison(id: TemplateId) -> View {
    let (from, to) = (address().text("from"), address().text("to"));
    let asked = memo(move || {
        let version = |text: &str| text.parse::<i64>().ok();
        Some((from.with(|text| version(text))?, to.with(|text| version(text))?))
    });
    let found: Load<Option<TemplateDiff>> = load(
        move || asked.get(),
        move |asked: Option<(i64, i64)>| {
            Box::pin(async move {
                match asked {
                    Some((from, to)) => {
                        ask::<op::CompareTemplateVersions>(id, TemplateDiffQuery { from, to }).await.map(Some)
                    }
                    None => Ok(None),
                }
            })
        },
    );
    let told = move || {
        loaded(found, 6, |found: Option<TemplateDiff>| found.map_or_else(View::none, |diff| differences(&diff)))
    };
    let none = show(move || asked.get().is_none(), || p("soft").child(t().template_compare_lead()));
    let body = show(move || asked.get().is_some(), told);
    el("section")
        .class("card")
        .label(t().template_differences())
        .child(el("h2").child(t().template_differences()))
        .child(live(move || {
            asked.get().map(|(from, to)| p("soft small").child(t().template_between(from.to_string(), to.to_string())))
        }))
        .child(none)
        .child(body)
}

fn field(field: TemplateField) -> String {
    let t = t();
    let (fr, en) = (crate::text::Lang::Fr.own_name(), crate::text::Lang::En.own_name());
    match field {
        TemplateField::Name => t.template_name().to_owned(),
        TemplateField::Purpose => t.relance_purpose().to_owned(),
        TemplateField::Tone => t.step_voice().to_owned(),
        TemplateField::FrSubject => format!("{} · {fr}", t.template_subject()),
        TemplateField::FrBody => format!("{} · {fr}", t.template_body()),
        TemplateField::EnSubject => format!("{} · {en}", t.template_subject()),
        TemplateField::EnBody => format!("{} · {en}", t.template_body()),
    }
}

fn differences(diff: &TemplateDiff) -> View {
    if diff.fields.is_empty() {
        return notice(Tone::Ready, p("").child(t().template_same()));
    }
    let piece = |piece: &TemplatePiece| match piece.change {
        PieceChange::Same => span("").child(&piece.text),
        PieceChange::Added => el("ins").child(&piece.text),
        PieceChange::Removed => el("del").child(&piece.text),
    };
    let one = |own: &TemplateFieldDiff| {
        div("stack-tight")
            .child(el("h3").child(field(own.field)))
            .child(p("diff pre-line").children(own.pieces.iter().map(piece)))
    };
    div("stack").children(diff.fields.iter().map(one))
}
