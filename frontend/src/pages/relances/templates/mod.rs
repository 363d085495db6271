//! `/relances/modeles`: the texts of the firm by purpose, and those of the product that they can begin as.
//!
//! * `editor`    one text while it is written: variables, what is wrong and where
//! * `preview`   the same on real dossiers, side by side
//! * `versions`  as it was saved before, and what differs

mod editor;
mod preview;
mod versions;

use contract::endpoint::op;
use contract::{
    NewTemplate, Nothing, TemplateChange, TemplateList, TemplateListQuery, TemplateRow, TemplateSource,
    TemplateStarter, TemplateStarterList,
};
use domain::relance::{RelancePurpose, Tone as Voice};
use domain::{Permission, TemplateId};
use leptos::prelude::*;
use leptos::task::spawn_local;

pub use editor::page as template;

use super::shell::{self, shell};
use crate::api::{self, Load, ask, change, load, say};
use crate::browser::now;
use crate::dom::{View, div, el, link, memo, p, span};
use crate::frame::{Step, address};
use crate::session;
use crate::text::{format, t};
use crate::ui::{Choice, Icon, Menu, MenuItem, empty_state, loaded, segments, tag, toasts};

/// The parameter of the address that shows those that were put away.
const ARCHIVED: &str = "archived";

fn may_write() -> bool {
    session::can(Permission::DossierManage)
}

#[derive(Clone, PartialEq)]
struct Found {
    list: TemplateList,
    starters: TemplateStarterList,
    archived: bool,
}

pub fn page() -> View {
    let asked = address().text(ARCHIVED);
    let archived = memo(move || asked.with(|asked| asked == "true"));
    let found = load(
        move || archived.get(),
        |archived| {
            Box::pin(async move {
                let query = TemplateListQuery { archived: Some(archived), ..TemplateListQuery::default() };
                Ok(Found {
                    list: ask::<op::ListTemplates>(Nothing {}, query).await?,
                    starters: ask::<op::ListTemplateStarters>(Nothing {}, Nothing {}).await?,
                    archived,
                })
            })
        },
    );
    let choices = vec![Choice::new("", t().templates_current()), Choice::new("true", t().templates_archived())];
    let bar = segments(
        t().templates_shown(),
        choices,
        move || asked.get(),
        |next| address().set(&[(ARCHIVED, Some(&next))], Step::Push),
    );
    let body = div("stack").child(bar).child(loaded(found, 8, move |now| content(found, &now)));
    shell(shell::TEMPLATES, t().relances_templates(), t().templates_lead(), View::none(), body)
}

fn content(found: Load<Found>, now: &Found) -> View {
    if now.archived && now.list.data.is_empty() {
        return empty_state(Icon::File, t().templates_none_archived(), t().templates_none_archived_detail(), []);
    }
    let section = |purpose: &RelancePurpose| {
        let rows: Vec<&TemplateRow> = now.list.data.iter().filter(|row| row.purpose == *purpose).collect();
        (!now.archived || !rows.is_empty()).then(|| one_purpose(found, now, *purpose, &rows))
    };
    div("stack").children(RelancePurpose::ALL.iter().filter_map(section))
}

fn one_purpose(found: Load<Found>, now: &Found, purpose: RelancePurpose, rows: &[&TemplateRow]) -> View {
    let t = t();
    let title = say(&purpose.text());
    let starters: Vec<TemplateStarter> = now.starters.data.iter().filter(|s| s.purpose == purpose).cloned().collect();
    let add = (untrack(may_write) && !now.archived && !starters.is_empty()).then(|| {
        let items = move || {
            let one = |starter: &TemplateStarter| {
                let (purpose, tone) = (starter.purpose, starter.tone);
                let label = format!("{} · {}", say(&tone.text()), say(&starter.name));
                MenuItem::plain(label, move || create(TemplateSource::Starter { purpose, tone }))
            };
            std::iter::once(MenuItem::heading(crate::text::t().templates_from_product()))
                .chain(starters.iter().map(one))
                .collect()
        };
        Menu::new(t.template_add(), items).icon(Icon::Plus).small().align_end()
    });
    let body = if rows.is_empty() {
        p("soft").child(t.templates_none_of_purpose())
    } else {
        el("ul").class("lines").children(rows.iter().map(|row| line(found, row)))
    };
    el("section")
        .class("card")
        .label(&title)
        .child(div("card-head").child(el("h2").child(&title)).child(add))
        .child(body)
}

fn line(found: Load<Found>, row: &TemplateRow) -> View {
    let t = t();
    let when = format::relative(t, row.updated_at, now());
    let origin = row.origin.as_deref().map(|_| span("faint").child(t.template_of_product()));
    let (id, version, archived) = (row.id, row.version, row.archived);
    let menu = untrack(may_write).then(|| {
        let items = move || {
            let t = crate::text::t();
            let put = if archived {
                MenuItem::act(Icon::Undo, t.template_take_out(), move || put_away(found, id, version, false))
            } else {
                MenuItem::danger(Icon::Trash, t.template_put_away(), move || put_away(found, id, version, true))
            };
            vec![
                MenuItem::act(Icon::Copy, t.template_duplicate(), move || create(TemplateSource::Template { id })),
                put,
            ]
        };
        Menu::new(t.table_row_actions(&row.name), items).icon_only(Icon::More).quiet().small().align_end()
    });
    el("li")
        .class("line")
        .child(
            div("grow stack-tight").child(p("").child(link("strong", &href(row.id)).child(&row.name))).child(
                div("row-wide small")
                    .child(tag(&say(&row.tone.text())))
                    .child(span("soft").child(t.template_changed(&when, row.version.to_string())))
                    .child(origin),
            ),
        )
        .child(menu)
}

pub fn href(id: TemplateId) -> String {
    format!("{}/{id}", shell::TEMPLATES)
}

/// Begins a text, and goes on writing it.
fn create(source: TemplateSource) {
    spawn_local(async move {
        let body = NewTemplate { name: None, source };
        match api::act::<op::CreateTemplate>(&Nothing {}, &Nothing {}, &body).await {
            Ok(template) => {
                toasts().done(t().template_created(&template.row.name));
                address().go(&href(template.row.id));
            }
            Err(failure) => toasts().failed(&failure),
        }
    });
}

fn put_away(found: Load<Found>, id: TemplateId, version: i64, archived: bool) {
    spawn_local(async move {
        let body = TemplateChange { archived: Some(archived), ..TemplateChange::default() };
        match change::<op::UpdateTemplate>(&id, &body, Some(&format!("\"{version}\""))).await {
            Ok(template) => {
                let name = template.value.row.name;
                toasts().done(if archived {
                    t().template_was_put_away(&name)
                } else {
                    t().template_was_taken_out(&name)
                });
            }
            Err(failure) => toasts().failed(&failure),
        }
        found.reload();
    });
}

/// How a text speaks, for choosing.
fn voices() -> Vec<Choice> {
    Voice::ALL.iter().map(|v| Choice::new(v.as_str(), say(&v.text()))).collect()
}
