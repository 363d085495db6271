//! The people of the cabinet, what they may do, and who answers to the names that imports bring.

use contract::endpoint::op;
use contract::{Person, PersonChange, PersonList};
use domain::{Access, Permission, UserId};
use leptos::prelude::*;

use super::rights::Rights;
use super::{etag, portfolio_names, stale, unknown};
use crate::api::{Failure, change};
use crate::browser::now;
use crate::dom::{View, div, live, memo, p, span};
use crate::frame::{Step, address, href};
use crate::pages::form::Form;
use crate::session;
use crate::text::{format, search, t};
use crate::ui::{Button, Column, Dialog, Icon, Row, Table, Tone, count, loaded, side_panel, status_as, tag, toasts};

pub fn people() -> View {
    let people = session::people();
    let t = t();
    let manages = session::can(Permission::PeopleManage);
    let invite = manages.then(|| {
        let to = href("/parametres", &[("tab", "invitations"), ("invite", "new")]);
        Button::link(t.people_invite(), &to).icon(Icon::Plus).primary()
    });
    let active = move || {
        let n = people.value.with(|list| list.iter().flat_map(|list| &list.data).filter(|p| p.active).count() as u64);
        if n == 0 { String::new() } else { crate::text::t().people_lead(n) }
    };
    let bar = div("spread").child(p("soft").text_of(active)).child(invite);
    let open = address().text("open");
    let list = div("with-panel").child(table(manages)).live(move || {
        let id = open.get();
        if !manages || id.is_empty() {
            return None;
        }
        // Drawn again for another person, or for another version of this one.
        let person = people
            .value
            .with(|list| list.as_ref().and_then(|list| list.data.iter().find(|p| p.id.to_string() == id).cloned()))?;
        Some(untrack(|| panel(person)))
    });
    let first = memo(move || people.value.with(Option::is_some));
    let body = live(move || {
        if first.get() {
            View::all([div("stack").child(untrack(unknown::unknown)).child(list.clone())])
        } else {
            loaded(people, 6, |_: PersonList| View::none())
        }
    });
    div("stack").child(bar).child(body)
}

fn table(manages: bool) -> View {
    let t = t();
    let columns = vec![
        Column::new("name", t.person_name()).fixed().grows(),
        Column::new("role", t.person_role()).priority(1),
        Column::new("access", t.person_access()).priority(3),
        Column::new("aliases", t.person_aliases()).priority(3),
        Column::new("dossiers", t.person_dossiers()).number(),
        Column::new("seen", t.person_seen()).priority(2),
    ];
    let me = session::me().get_untracked().user_id;
    let rows = move || {
        let mut people = session::people().value.with(|list| list.as_ref().map(|l| l.data.clone()).unwrap_or_default());
        search::order_by_key(&mut people, |p| !p.active);
        // Names of portfolios may arrive after the people.
        let named = session::portfolios().value.with(|list| list.as_ref().map_or(0, |list| list.data.len()));
        people.into_iter().map(|person| row(person, me, named as u64)).collect()
    };
    let table = Table::new(t.people_table(), columns, rows).stale(|| session::people().pending.get());
    if !manages {
        return table.into();
    }
    let open = address().get("open");
    table
        .opens(
            move || open.get(),
            |id| address().set(&[("open", Some(&id))], Step::Push),
            || address().set(&[("open", None)], Step::Push),
        )
        .into()
}

fn row(person: Person, me: UserId, named: u64) -> Row {
    let seen = person.last_seen_at.map_or(0, |at| at.timestamp() as u64 / 60);
    let mark = (person.version as u64) << 48 ^ person.dossiers << 32 ^ seen ^ named << 56;
    let name = person.name.clone();
    Row::new(person.id.to_string(), mark, name, move |column| {
        let t = t();
        match column {
            "name" => {
                let badge = if !person.active {
                    Some(status_as(Tone::Unknown, t.person_inactive()))
                } else {
                    (person.id == me).then(|| tag(t.person_you()))
                };
                View::all([
                    span("cell-main row").child(span("truncate").child(&person.name)).child(badge),
                    span("cell-sub truncate").attr("title", &person.email).child(&person.email),
                ])
            }
            "role" => t.role(person.role).into(),
            "access" => match person.access {
                Access::All => t.access(Access::All).to_owned(),
                Access::Granted => {
                    let names = portfolio_names(&person.portfolio_ids);
                    if names.is_empty() { t.access(Access::Granted).to_owned() } else { names }
                }
            }
            .into(),
            "aliases" => person.aliases.join(", ").into(),
            "dossiers" if person.dossiers > 0 => {
                let to = href("/dossiers", &[("person_id", &person.id.to_string())]);
                crate::dom::link("", &to)
                    .label(&t.person_see_dossiers(person.dossiers))
                    .child(format::number(t, person.dossiers as i64))
            }
            "dossiers" => "0".into(),
            _ => match person.last_seen_at {
                Some(at) => span("").attr("title", &format::moment(t, at)).child(format::relative(t, at, now())),
                None => span("faint").child(t.person_never()),
            },
        }
    })
}

fn close() {
    address().set(&[("open", None)], Step::Push);
}

fn panel(person: Person) -> View {
    let t = t();
    let own = person.id == session::me().get_untracked().user_id;
    let rights = Rights::new(person.role, person.access, &person.portfolio_ids, &person.aliases);
    let form = Form::new();
    let fields =
        [rights.fields(&form, own), div("row").child(Button::new(t.save()).primary().submit().busy(form.busy()))];
    let (id, version, name) = (person.id, person.version, person.name.clone());
    let content = form.build(fields, move |form| {
        let body = PersonChange {
            role: (!own).then(|| rights.role()),
            access: Some(rights.access()),
            portfolio_ids: Some(rights.portfolios()),
            aliases: Some(rights.aliases()),
            active: None,
        };
        form.send(save(id, version, body), |_| {
            refresh();
            toasts().done(crate::text::t().settings_saved());
        });
    });
    let dossiers = (person.dossiers > 0).then(|| {
        let to = href("/dossiers", &[("person_id", &id.to_string())]);
        Button::link(t.person_see_dossiers(person.dossiers), &to).icon(Icon::Dossiers).small()
    });
    let facts = div("row").child(span("soft").child(&person.email)).child(dossiers);
    let rest = if own { View::none() } else { activity(&person) };
    side_panel(move || name.clone(), close, View::none(), div("stack").child(facts).child(content).child(rest))
}

/// Out of the firm, or back in.
fn activity(person: &Person) -> View {
    let t = t();
    let (id, version, name, dossiers) = (person.id, person.version, person.name.clone(), person.dossiers);
    let asked = RwSignal::new(false);
    let form = Form::new();
    let body = |active: bool| PersonChange { active: Some(active), ..Default::default() };
    if !person.active {
        let fields = [View::from(Button::new(t.person_reactivate()).submit().busy(form.busy()))];
        return div("panel-foot").child(form.build(fields, move |form| {
            let name = name.clone();
            form.send(save(id, version, body(true)), move |_| {
                refresh();
                toasts().done(crate::text::t().person_reactivated(&name));
            });
        }));
    }
    let press = Button::new(t.person_deactivate()).danger().small().press(move || asked.set(true));
    let title = t.person_deactivate_title(&person.name);
    let dialog = Dialog::new(asked, title, move || {
        let t = crate::text::t();
        let form = Form::new();
        let name = name.clone();
        let acts = div("row row-end")
            .child(Button::new(t.cancel()).autofocus().press(move || asked.set(false)))
            .child(Button::new(t.person_deactivate()).danger().submit().busy(form.busy()));
        let words = div("stack-tight")
            .child(p("").child(t.person_deactivate_detail()))
            .child((dossiers > 0).then(|| p("strong").child(t.person_deactivate_dossiers(dossiers))));
        form.build([words, acts], move |form| {
            let name = name.clone();
            form.send(save(id, version, body(false)), move |_| {
                asked.set(false);
                refresh();
                toasts().done(crate::text::t().person_deactivated(&name));
            });
        })
    });
    div("panel-foot").child(press).child(dialog)
}

/// Writes, and reads again when somebody else has written in between.
async fn save(id: UserId, version: i64, body: PersonChange) -> Result<Person, Failure> {
    let answer = change::<op::UpdatePerson>(&id, &body, Some(&etag(version))).await;
    answer.map(|saved| saved.value).inspect_err(|failure| {
        stale(failure, || session::people().reload());
    })
}

/// Portfolios tell to whom they are given, so they are read again, too.
fn refresh() {
    session::people().reload();
    session::portfolios().reload();
}

/// Beside a heading.
pub(super) fn counted(title: &str, n: u64) -> View {
    crate::dom::el("h2").class("row").child(title).child(count(n))
}
