//! One connection: how it does, what a trial finds, what could not be taken, and the acts on it.

use contract::endpoint::op;
use contract::{
    Connection, ConnectionFile, ConnectionFileProblem, ConnectionInput, ConnectionState, ConnectionTrial, Nothing,
};
use domain::{ConnectionId, Permission};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Connections, OPEN, calls, may_manage, state_word};
use crate::api::{act, change, say};
use crate::browser::now;
use crate::dom::{View, div, el, live, memo, p, span};
use crate::frame::{Step, address};
use crate::pages::form::Form;
use crate::pages::told_once;
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Dialog, Icon, Menu, MenuItem, Tone, error_state, notice, shape, side_panel, status_as, toasts,
};

pub fn close() {
    address().set(&[(OPEN, None)], Step::Push);
}

/// The version that was read, as `If-Match` wants it.
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// The whole of a connection as a change of it; the secret stays.
pub fn input_of(connection: &Connection) -> ConnectionInput {
    ConnectionInput {
        name: connection.name.clone(),
        platform: connection.platform.clone(),
        service: connection.service,
        flow_url: connection.flow_url.clone(),
        directory_url: connection.directory_url.clone(),
        token_url: connection.token_url.clone(),
        client_id: connection.client_id.clone(),
        client_secret: None,
        organization_id: connection.organization_id.clone(),
        every_minutes: Some(connection.every_minutes),
        webhook: connection.webhook,
        paused: connection.paused,
    }
}

pub fn view(connections: Connections, id: ConnectionId) -> View {
    let key = id.to_string();
    let known = Memo::new(move |before: Option<&Option<Connection>>| {
        // The last one stays while the panel closes after a removal.
        connections.find(&key).or(before.cloned().flatten())
    });
    let (asked, busy) = (RwSignal::new(false), RwSignal::new(false));
    let title = move || known.with(|c| c.as_ref().map(|c| c.name.clone()).unwrap_or_default());
    let body = div("stack-wide connection-panel")
        .child(acts(connections, known, id, busy))
        .child(trial(connections, id))
        .live(move || known.get().map(|c| untrack(|| told(&c))))
        .child(calls::section(connections, id))
        .live(move || known.get().filter(|c| c.webhook).map(|c| untrack(|| webhook(&c))));
    let more = may_manage().then(|| {
        let items = move || {
            let edit = move || connections.editing.set(Some(known.get_untracked()));
            vec![
                MenuItem::act(Icon::Edit, t().connection_edit(), edit),
                MenuItem::danger(Icon::Trash, t().connection_delete(), move || asked.set(true)),
            ]
        };
        Menu::new(t().menu_more(), items).icon_only(Icon::More).quiet().small().align_end()
    });
    View::all([
        side_panel(title, close, View::all(more.map(View::from)), body),
        live(move || known.get().map(|c| untrack(|| deletion(connections, &c, asked)))),
    ])
}

fn acts(connections: Connections, known: Memo<Option<Connection>>, id: ConnectionId, busy: RwSignal<bool>) -> View {
    let t = t();
    let paused = memo(move || known.with(|c| c.as_ref().is_some_and(|c| c.paused)));
    let trying = memo(move || {
        connections.trial.with(|trial| trial.as_ref().is_some_and(|trial| trial.of == id && trial.found.is_none()))
    });
    let test = may_manage().then(|| {
        Button::new(t.connection_test())
            .icon(Icon::Check)
            .small()
            .busy(move || trying.get())
            .press(move || connections.try_out(id))
    });
    let read = session::can(Permission::ImportRun).then(|| {
        Button::new(t.connection_read_now())
            .icon(Icon::Refresh)
            .small()
            .disabled(move || paused.get())
            .busy(move || busy.get())
            .press(move || {
                busy.set(true);
                spawn_local(async move {
                    match act::<op::SyncConnection>(&id, &Nothing {}, &Nothing {}).await {
                        Ok(connection) => {
                            toasts().done(crate::text::t().connection_asked(&connection.name));
                            connections.put(connection);
                        }
                        Err(failure) => toasts().failed(&failure),
                    }
                    busy.try_set(false);
                });
            })
    });
    let pause = may_manage().then(|| {
        live(move || {
            let (label, face) = if paused.get() {
                (crate::text::t().connection_resume(), Icon::Right)
            } else {
                (crate::text::t().connection_pause(), Icon::Clock)
            };
            untrack(|| {
                Button::new(label).icon(face).small().busy(move || busy.get()).press(move || {
                    if let Some(connection) = known.get_untracked() {
                        pause(connections, &connection, busy);
                    }
                })
            })
        })
    });
    div("row").child(test).child(read).child(pause)
}

fn pause(connections: Connections, connection: &Connection, busy: RwSignal<bool>) {
    let (id, version) = (connection.id, connection.version);
    let body = ConnectionInput { paused: !connection.paused, ..input_of(connection) };
    busy.set(true);
    spawn_local(async move {
        match change::<op::UpdateConnection>(&id, &body, Some(&etag(version))).await {
            Ok(read) => {
                let t = t();
                let said = if read.value.paused {
                    t.connection_has_paused(&read.value.name)
                } else {
                    t.connection_has_resumed(&read.value.name)
                };
                toasts().done(said);
                connections.put(read.value);
            }
            Err(failure) if failure.status() == 412 => {
                connections.list.reload();
                toasts().info(t().settings_stale());
            }
            Err(failure) => toasts().failed(&failure),
        }
        busy.try_set(false);
    });
}

fn section(title: &str, body: impl Into<View>) -> View {
    el("section").class("stack").label(title).child(el("h3").child(title)).child(body)
}

/// Step by step, as it came.
fn trial(connections: Connections, id: ConnectionId) -> View {
    let mine = memo(move || connections.trial.with(|trial| trial.clone().filter(|trial| trial.of == id)));
    div("connection-trial").attr("aria-live", "polite").live(move || {
        let trial = mine.get()?;
        Some(match trial.found {
            None => section(
                t().connection_trial(),
                p("soft row").child(span("spinner").decorative()).child(t().connection_trying()),
            ),
            Some(Ok(found)) => section(t().connection_trial(), steps(&found)),
            Some(Err(failure)) => section(t().connection_trial(), error_state(&failure, None)),
        })
    })
}

fn steps(found: &ConnectionTrial) -> View {
    let t = t();
    let step = |step: &contract::TrialStep| {
        let tone = if step.works { Tone::Ready } else { Tone::Late };
        let word = if step.works { t.connection_step_works() } else { t.connection_step_fails() };
        el("li").class("connection-step").add_class(tone.class()).child(shape(tone)).child(
            div("stack-tight grow")
                .child(
                    div("spread")
                        .child(span("strong").child(say(&step.name)).child(span("sr-only").child(format!(" : {word}"))))
                        .child(span("faint small num").child(t.connection_ms(step.milliseconds))),
                )
                .child(p("soft small").child(say(&step.detail))),
        )
    };
    let (tone, said) =
        if found.works { (Tone::Ready, t.connection_works()) } else { (Tone::Late, t.connection_works_not()) };
    div("stack")
        .child(status_as(tone, said).add_class("status-plain"))
        .child(el("ol").class("places").children(found.steps.iter().map(step)))
}

fn told(connection: &Connection) -> View {
    let t = t();
    let health = &connection.health;
    let (tone, word) = state_word(health.state);
    let when = |at: Option<chrono::DateTime<chrono::Utc>>| {
        at.map(|at| span("").attr("title", &format::moment(t, at)).child(format::relative(t, at, now())))
    };
    let number = |n: u64| Some(span("num").child(format::number(t, n as i64)));
    let state = div("row")
        .child(status_as(tone, word))
        .child(
            health.failing_since.map(|at| span("soft small").child(t.connection_failing_since(format::moment(t, at)))),
        )
        .child((health.failures > 1).then(|| span("soft small").child(t.connection_failures(health.failures.into()))));
    let failing = matches!(health.state, ConnectionState::Failing | ConnectionState::Down);
    let why = health
        .last_error
        .as_ref()
        .filter(|_| failing)
        .map(|why| notice(tone, p("").child(say(why))).attr("role", "status"));
    let lines = [
        (t.connection_last_success(), when(health.last_success_at)),
        (t.connection_last_error(), when(health.last_error_at)),
        (t.connection_next(), when(health.next_at.filter(|_| !connection.paused))),
        (t.connection_read_until(), when(health.read_until)),
        (t.connection_token(), when(health.token_expires_at)),
        (t.connection_taken(), number(health.taken)),
        (t.connection_refused(), number(health.refused).filter(|_| health.refused > 0)),
        (t.connection_pushes(), when(health.webhook_since)),
    ];
    let place = [
        (t.flow_platform(), Some(connection.platform.clone())),
        (t.connection_service(), Some(format!("XP Z12-013 · {}", connection.service))),
        (t.connection_flow_url(), Some(connection.flow_url.clone())),
        (t.connection_directory_url(), connection.directory_url.clone()),
        (t.connection_token_url(), Some(connection.token_url.clone())),
        (t.connection_client_id(), Some(connection.client_id.clone())),
        (t.connection_secret(), connection.has_secret.then(|| t.connection_secret_kept().to_owned())),
        (t.connection_organization(), connection.organization_id.clone()),
        (t.connection_every(), Some(t.connection_minutes(connection.every_minutes.into()))),
    ];
    let files = (!health.files.is_empty()).then(|| {
        let list = el("ul").class("places").children(health.files.iter().map(file));
        section(t.connection_files(), list)
    });
    let seen = el("dl")
        .class("flow-facts small")
        .children(lines.into_iter().filter_map(|(label, value)| value.map(|value| fact(label, value))));
    let place = el("dl")
        .class("flow-facts small")
        .children(place.into_iter().filter_map(|(label, value)| value.map(|value| fact(label, span("").child(value)))));
    div("stack-wide")
        .child(section(t.connection_health(), div("stack").child(state).child(why).child(seen)))
        .child(files)
        .child(section(t.connection_place(), place))
}

fn fact(label: &str, value: View) -> View {
    View::all([el("dt").child(label), el("dd").child(value)])
}

fn file(file: &ConnectionFile) -> View {
    let t = t();
    let (tone, word) = match file.problem {
        ConnectionFileProblem::Refused => (Tone::Late, t.connection_file_refused()),
        ConnectionFileProblem::Unreadable => (Tone::AtRisk, t.connection_file_unreadable()),
    };
    let name = if file.name.is_empty() { &file.flow_id } else { &file.name };
    el("li")
        .class("stack-tight")
        .child(
            div("spread")
                .child(span("imp-client").attr("title", &file.flow_id).child(name))
                .child(status_as(tone, word).add_class("status-plain")),
        )
        .child(p("soft small").child(say(&file.why)))
        .child(p("faint small").attr("title", &format::moment(t, file.at)).child(format::relative(t, file.at, now())))
}

/// Where the platform pushes; it was told so by us.
fn webhook(connection: &Connection) -> View {
    let t = t();
    section(
        t.connection_webhook(),
        div("stack")
            .child(p("soft small").child(t.connection_webhook_detail()))
            .child(told_once::plain(t.connection_webhook_address(), &connection.webhook_url)),
    )
}

fn deletion(connections: Connections, connection: &Connection, asked: RwSignal<bool>) -> View {
    let (id, name) = (connection.id, connection.name.clone());
    Dialog::new(asked, t().connection_delete_title(&name), move || {
        let t = t();
        let form = Form::new();
        let name = name.clone();
        let acts = div("row row-end")
            .child(Button::new(t.cancel()).autofocus().press(move || asked.set(false)))
            .child(Button::new(t.connection_delete()).danger().submit().busy(form.busy()));
        form.build([p("").child(t.connection_delete_detail()), acts], move |form| {
            let name = name.clone();
            let sent = async move { act::<op::DeleteConnection>(&id, &Nothing {}, &Nothing {}).await };
            form.send(sent, move |_| {
                asked.set(false);
                close();
                connections.list.reload();
                toasts().done(crate::text::t().connection_deleted(&name));
            });
        })
    })
    .into()
}
