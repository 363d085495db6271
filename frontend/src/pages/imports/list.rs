//! `/imports`: the place to drop a file, and the imports of the firm.

use contract::endpoint::op;
use contract::{FlowProfile, ImportSubject, ImportSummary, Nothing, PageQuery};
use domain::Permission;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::upload::{Told, upload_place};
use super::words;
use crate::api::{SeekList, act, ask, load, seek_list};
use crate::browser::{now, unique_id};
use crate::dom::{View, div, el, link, live, memo, p, span};
use crate::frame::{Step as Move, address, jobs_ended, page_head};
use crate::pages::register;
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Choice, Column, Icon, Row, Table, empty_state, icon, load_more, seek_state, segments, status_as,
    text_field, toasts,
};

/// The parameter of the address that says what is about to be dropped.
const SUBJECT: &str = "subject";

pub fn imports() -> View {
    let may = memo(|| session::can(Permission::ImportRun));
    let body = live(move || {
        if may.get() {
            return untrack(page);
        }
        empty_state(Icon::Lock, t().imp_forbidden_title(), t().imp_forbidden_detail(), [])
    });
    div("page imports").child(page_head(t().imp_title(), t().imp_lead(), View::none())).child(body)
}

fn page() -> View {
    let list = seek_list(
        || (),
        |(), after| {
            Box::pin(async move {
                let page = ask::<op::ListImports>(Nothing {}, PageQuery { limit: Some(50), after }).await?;
                Ok((page.data, page.next))
            })
        },
    );
    // A job that ends while the list is looked at changes a line of it.
    let ended = jobs_ended();
    Effect::new(move |before: Option<u32>| {
        let now = ended.get();
        if before.is_some_and(|before| before != now) {
            list.reload();
        }
        now
    });
    let first = memo(move || list.arrived.get() && list.rows.with(Vec::is_empty));
    let any = memo(move || list.rows.with(|rows| !rows.is_empty()) || list.failure.with(Option::is_some));
    let asked = address().text(SUBJECT);
    let subject = memo(move || ImportSubject::try_from(asked.get().as_str()).unwrap_or(ImportSubject::Clients));
    let told = Told { subject, platform: RwSignal::new(String::new()) };
    let choices = ImportSubject::ALL.iter().map(|s| Choice::new(s.as_str(), words::subject(*s))).collect();
    let choice = segments(
        t().imp_subject(),
        choices,
        move || subject.get().as_str().to_owned(),
        |code| {
            address().set(
                &[(SUBJECT, Some(&code).filter(|c| *c != ImportSubject::Clients.as_str()).map(|c| c.as_str()))],
                Move::Replace,
            )
        },
    );
    let limits = move || match subject.get() {
        ImportSubject::Clients => t().imp_limits().to_owned(),
        ImportSubject::Flows => t().imp_limits_flows().to_owned(),
    };
    div("stack imp-list")
        .child(choice)
        .live(move || match subject.get() {
            ImportSubject::Clients => live(move || first.get().then(pitch)),
            ImportSubject::Flows => untrack(|| of_platforms(told)),
        })
        .child(upload_place(told))
        .child(p("faint small imp-limits").text_of(limits))
        .show(move || first.get() && subject.get() == ImportSubject::Clients, promises)
        .show(move || any.get() || !list.arrived.get(), move || seek_state(list, View::none, move || table(list)))
}

/// What a platform hands over: which platform, where the file does not tell it, and those that are known already.
fn of_platforms(told: Told) -> View {
    let t = t();
    let profiles = load(|| (), |()| ask::<op::ListFlowProfiles>(Nothing {}, Nothing {}));
    let list = unique_id("platforms");
    let field = text_field(t.flow_platform(), told.platform)
        .attr("list", &list)
        .placeholder(t.imp_platform_example())
        .hint(t.imp_platform_optional())
        .optional();
    let known = live(move || {
        let profiles = profiles.value.get()?.data;
        (!profiles.is_empty()).then(|| {
            let lines = profiles.into_iter().map(|profile| el("li").child(remembered(told, profile)));
            el("details")
                .class("imp-profiles")
                .child(el("summary").child(crate::text::t().imp_profiles(lines.len())))
                .child(el("ul").class("places").children(lines))
        })
    });
    div("imp-platforms stack")
        .child(p("soft imp-measure").child(t.imp_flows_detail()))
        .child(div("imp-platform").child(field).child(register::platform_names(&list)))
        .child(known)
}

/// How the exports of one platform are read.
fn remembered(told: Told, profile: FlowProfile) -> View {
    let t = t();
    let meant = profile.columns.iter().filter(|column| column.field.is_some()).count();
    let headers: Vec<&str> = profile.columns.iter().map(|column| column.header.as_str()).collect();
    let (id, name) = (profile.id, profile.platform.clone());
    let gone = RwSignal::new(false);
    let forget = {
        let name = name.clone();
        move || {
            let name = name.clone();
            spawn_local(async move {
                match act::<op::DeleteFlowProfile>(&id, &Nothing {}, &Nothing {}).await {
                    Ok(_) => {
                        gone.try_set(true);
                        toasts().done(crate::text::t().imp_profile_forgotten(&name));
                    }
                    Err(failure) => toasts().failed(&failure),
                }
            });
        }
    };
    let choose = {
        let name = name.clone();
        move || told.platform.set(name.clone())
    };
    let changed = profile.changed.as_ref().map(|changed| {
        let when = format::relative(t, changed.at, now());
        p("remark tone-at-risk small").child(icon(Icon::Warning)).child(span("").child(t.imp_profile_changed(when)))
    });
    let line = div("spread")
        .child(
            div("stack-tight grow")
                .child(span("strong").child(&name))
                .child(span("soft small").attr("title", &headers.join(" · ")).child(t.imp_profile_columns(
                    meant as u64,
                    format::number(t, profile.columns.len() as i64),
                    format::relative(t, profile.used_at, now()),
                )))
                .child(changed),
        )
        .child(
            div("row nowrap")
                .child(Button::new(t.imp_profile_choose()).small().press(choose))
                .child(Button::new(t.imp_profile_forget(&name)).icon_only(Icon::Trash).quiet().small().press(forget)),
        );
    let forgotten = p("faint small").child(t.imp_profile_forgotten(&name));
    live(move || if gone.get() { forgotten.clone() } else { line.clone() })
}

/// Before the first import: what this page is for, in the words of who will use it.
fn pitch() -> View {
    div("imp-pitch").child(el("h2").child(t().imp_empty_title())).child(p("soft").child(t().imp_empty_detail()))
}

fn promises() -> View {
    let t = t();
    let promise = |face: Icon, title: &str, detail: &str| {
        el("li")
            .class("imp-promise")
            .child(span("empty-icon").child(icon(face)))
            .child(div("stack-tight").child(el("h3").child(title)).child(p("soft").child(detail)))
    };
    el("ul").class("imp-promises").children([
        promise(Icon::File, t.imp_promise_read(), t.imp_promise_read_detail()),
        promise(Icon::Eye, t.imp_promise_check(), t.imp_promise_check_detail()),
        promise(Icon::Undo, t.imp_promise_undo(), t.imp_promise_undo_detail()),
    ])
}

fn table(list: SeekList<ImportSummary>) -> View {
    let t = t();
    let columns = vec![
        Column::new("file", t.imp_col_file()).fixed().grows(),
        Column::new("state", t.imp_col_state()).priority(1),
        Column::new("result", t.imp_col_result()).priority(2),
        Column::new("when", t.imp_col_when()).priority(3),
        Column::new("who", t.imp_col_who()).priority(3),
    ];
    let address = address();
    let rows = move || list.rows.with(|rows| rows.iter().cloned().map(row).collect::<Vec<Row>>());
    let table = Table::new(t.imp_list(), columns, rows)
        .opens(|| None, move |id| address.go(&format!("/imports/{id}")), || {})
        .stale(move || list.pending.get());
    let summary = move || {
        let n = list.rows.with(Vec::len) as u64;
        crate::text::t().imp_count(n)
    };
    div("list-page").child(table).child(load_more(list, summary))
}

fn result(import: &ImportSummary) -> String {
    let counts = import.counts.as_ref();
    let said = counts
        .map(|counts| words::summary(import.subject, import.state, counts, import.undo.as_ref()))
        .unwrap_or_default();
    if said.is_empty() { "–".to_owned() } else { said }
}

fn row(import: ImportSummary) -> Row {
    let id = import.id.to_string();
    let href = format!("/imports/{id}");
    let counted = import.counts.as_ref().map_or(0, |c| c.rows * 31 + c.create * 7 + c.update * 5 + c.error + 1);
    let undone = import.undo.as_ref().map_or(0, |u| u.reversed * 3 + u.kept + 1);
    let mark = (import.state as u64) << 48 ^ counted << 16 ^ undone;
    Row::new(id, mark, import.filename.clone(), move |column| match column {
        "file" => View::all([
            link("cell-main truncate imp-file", &href).child(&import.filename),
            span("cell-sub num truncate").child(format!(
                "{} · {}",
                import.platform.as_deref().unwrap_or(words::subject(import.subject)),
                format::bytes(t(), import.bytes)
            )),
            import.counts.is_some().then(|| span("imp-file-result soft small").child(result(&import))).into(),
        ]),
        "state" => {
            let (tone, label) = words::state(import.state);
            status_as(tone, label).add_class("status-plain")
        }
        "result" => span("num").child(result(&import)),
        "when" => el("time").attr("title", &format::moment(t(), import.created_at)).child(format::relative(
            t(),
            import.created_at,
            now(),
        )),
        _ => View::text(&import.created_by),
    })
}
