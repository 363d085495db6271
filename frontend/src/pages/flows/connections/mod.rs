//! *Connexions*: the platforms that are read by themselves, by the AFNOR interface, and how each one does.
//!
//! * `panel`  one of them: health, trial, what could not be taken, pause, removal
//! * `calls`  what was asked of it, without secrets
//! * `form`   where it is, and who we are there

mod calls;
mod form;
mod panel;

use std::time::Duration;

use contract::endpoint::op;
use contract::{Connection, ConnectionHealth, ConnectionList, ConnectionState, ConnectionTrial, Nothing};
use domain::{ConnectionId, Permission};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::{Failure, Load, act, ask, load, say};
use crate::browser::now;
use crate::dom::{View, div, live, memo, p, show, span};
use crate::frame::{Step, address};
use crate::session;
use crate::text::{format, t};
use crate::ui::{Button, Column, Icon, Row, Table, Tone, empty_state, loaded, status_as};

/// The connection that stands in the side panel.
pub const OPEN: &str = "connection";
/// Statuses arrive by themselves: so does what is said of them.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What the parts of this page share.
#[derive(Clone, Copy)]
struct Connections {
    list: Load<ConnectionList>,
    /// The one whose form is open; nothing inside: a new one.
    editing: RwSignal<Option<Option<Connection>>>,
    trial: RwSignal<Option<Trial>>,
}

/// A trial of one connection, and what came of it.
#[derive(Clone, PartialEq)]
struct Trial {
    of: ConnectionId,
    /// Nothing while it runs.
    found: Option<Result<ConnectionTrial, Failure>>,
}

fn may_manage() -> bool {
    session::can(Permission::CabinetManage)
}

impl Connections {
    fn find(self, id: &str) -> Option<Connection> {
        self.list.value.with(|list| list.as_ref()?.data.iter().find(|c| c.id.to_string() == id).cloned())
    }

    /// What a write has answered stands at once.
    fn put(self, changed: Connection) {
        self.list.value.try_update(|list| {
            let Some(list) = list else { return };
            match list.data.iter_mut().find(|c| c.id == changed.id) {
                Some(known) => *known = changed,
                None => list.data.push(changed),
            }
        });
        self.list.reload();
    }

    /// Token, health, a search, the directory: each step is told.
    fn try_out(self, id: ConnectionId) {
        self.trial.set(Some(Trial { of: id, found: None }));
        spawn_local(async move {
            let found = act::<op::TryConnection>(&id, &Nothing {}, &Nothing {}).await;
            let still = self.trial.try_with_untracked(|trial| trial.as_ref().is_some_and(|trial| trial.of == id));
            if still == Some(true) {
                self.trial.set(Some(Trial { of: id, found: Some(found) }));
                self.list.reload();
            }
        });
    }
}

pub fn view() -> View {
    let list = load(|| (), |()| ask::<op::ListConnections>(Nothing {}, Nothing {}));
    let connections = Connections { list, editing: RwSignal::new(None), trial: RwSignal::new(None) };
    look_again(list);
    let any = memo(move || list.value.with(|l| l.as_ref().map(|l| !l.data.is_empty())));
    let body = live(move || match any.get() {
        None => loaded(list, 4, |_| View::none()),
        Some(false) => untrack(|| {
            let t = t();
            let detail = if may_manage() { t.connections_none_detail() } else { t.connections_none_manager() };
            empty_state(Icon::Link, t.connections_none_title(), detail, may_manage().then(|| new(connections)))
        }),
        Some(true) => untrack(|| {
            let bar = div("spread")
                .child(p("soft grow").child(t().connections_lead()))
                .child(may_manage().then(|| new(connections)));
            div("stack").child(bar).child(div("with-panel").child(table(connections)).child(opened(connections)))
        }),
    });
    div("stack").child(body).child(form::dialog(connections))
}

fn new(connections: Connections) -> Button {
    Button::new(t().connection_new()).icon(Icon::Plus).primary().press(move || connections.editing.set(Some(None)))
}

/// Asks again while the page is looked at.
fn look_again(list: Load<ConnectionList>) {
    Effect::new(move |_| {
        if list.pending.get() {
            return;
        }
        let timer = set_timeout_with_handle(move || list.reload(), LOOK_AGAIN);
        on_cleanup(move || {
            if let Ok(timer) = timer {
                timer.clear();
            }
        });
    });
}

pub fn state_word(state: ConnectionState) -> (Tone, &'static str) {
    let t = t();
    match state {
        ConnectionState::Up => (Tone::Ready, t.connection_up()),
        ConnectionState::Failing => (Tone::AtRisk, t.connection_failing()),
        ConnectionState::Down => (Tone::Late, t.connection_down()),
        ConnectionState::Paused => (Tone::Unknown, t.connection_paused()),
        ConnectionState::Untried => (Tone::Unknown, t.connection_untried()),
    }
}

/// How a connection does, in a cell; why it fails stands in its title.
pub fn health(health: &ConnectionHealth) -> View {
    let (tone, word) = state_word(health.state);
    let why = health.last_error.as_ref().filter(|_| matches!(tone, Tone::AtRisk | Tone::Late)).map(say);
    status_as(tone, word).add_class("status-plain").attr_if("title", why.as_deref())
}

fn table(connections: Connections) -> View {
    let t = t();
    let columns = vec![
        Column::new("name", t.connection_name()).fixed().grows(),
        Column::new("platform", t.flow_platform()).priority(3).width(40),
        Column::new("state", t.connection_state()).priority(1).width(40),
        Column::new("success", t.connection_last_success()).number().priority(2).width(36),
        Column::new("read", t.connection_read_until()).number().priority(3).width(36),
        Column::new("taken", t.connection_taken()).number().priority(3).width(26),
    ];
    let rows = move || connections.list.value.with(|l| l.iter().flat_map(|l| &l.data).cloned().map(row).collect());
    let open = address().get(OPEN);
    Table::new(t.flows_tab_connections(), columns, rows)
        .opens(
            move || open.get(),
            |id| address().set(&[(OPEN, Some(&id))], Step::Push),
            || address().set(&[(OPEN, None)], Step::Push),
        )
        .into()
}

fn row(connection: Connection) -> Row {
    let health_now = &connection.health;
    let at = |at: Option<chrono::DateTime<chrono::Utc>>| at.map_or(0, |at| at.timestamp_micros() as u64);
    let mark = (connection.version as u64) << 48
        ^ (health_now.state as u64) << 44
        ^ health_now.taken << 20
        ^ at(health_now.last_success_at)
        ^ at(health_now.read_until).rotate_left(17);
    Row::new(connection.id.to_string(), mark, connection.name.clone(), move |column| {
        let t = t();
        let health_now = &connection.health;
        let when = |at: Option<chrono::DateTime<chrono::Utc>>| match at {
            Some(at) => span("").attr("title", &format::moment(t, at)).child(format::relative(t, at, now())),
            None => span("faint").child("–"),
        };
        match column {
            "name" => span("cell-main truncate").attr("title", &connection.name).child(&connection.name),
            "platform" => span("truncate").attr("title", &connection.platform).child(&connection.platform),
            "state" => health(health_now),
            "success" => when(health_now.last_success_at),
            "read" => when(health_now.read_until),
            _ => View::text(&format::number(t, health_now.taken as i64)),
        }
    })
}

/// The side panel of the connection that the address names.
fn opened(connections: Connections) -> View {
    let open = address().text(OPEN);
    let id = memo(move || {
        let id = open.get();
        connections.find(&id).map(|c| c.id)
    });
    show(move || id.get().is_some(), move || live(move || id.get().map(|id| untrack(|| panel::view(connections, id)))))
}
