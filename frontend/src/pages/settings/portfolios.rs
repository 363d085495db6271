//! Portfolios: named sets of dossiers, given to people.

use contract::endpoint::op;
use contract::{Nothing, Portfolio, PortfolioInput, PortfolioList};
use domain::{Access, Permission, UserId};
use leptos::prelude::*;

use super::{etag, ids, stale, texts};
use crate::api::{act, change};
use crate::dom::{View, div, live, memo, p, span};
use crate::frame::{Step, address, href};
use crate::pages::form::Form;
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Choice, Column, Combobox, Dialog, Icon, Row, Table, empty_state, loaded, side_panel, text_field, toasts,
};

pub fn portfolios() -> View {
    let t = t();
    let list = session::portfolios();
    let manages = session::can(Permission::PortfolioManage);
    let creating = RwSignal::new(false);
    let new = move || {
        Button::new(crate::text::t().portfolio_new()).icon(Icon::Plus).primary().press(move || creating.set(true))
    };
    let any = memo(move || list.value.with(|l| l.as_ref().map(|l| !l.data.is_empty())));
    let open = address().text("open");
    let body = live(move || match any.get() {
        None => loaded(list, 4, |_: PortfolioList| View::none()),
        Some(false) => {
            let t = crate::text::t();
            let detail = if manages { t.portfolios_empty_detail() } else { t.portfolios_none_yours() };
            empty_state(Icon::Dossiers, t.portfolios_empty(), detail, manages.then(new))
        }
        Some(true) => untrack(|| {
            let bar = manages.then(|| div("spread").child(span("")).child(new()));
            let rows = div("with-panel").child(table(manages)).live(move || {
                let id = open.get();
                if !manages || id.is_empty() {
                    return None;
                }
                let portfolio = list.value.with(|list| {
                    list.as_ref().and_then(|list| list.data.iter().find(|p| p.id.to_string() == id).cloned())
                })?;
                Some(untrack(|| panel(portfolio)))
            });
            // Whoever is limited to portfolios is told that there may be others.
            let partly = session::me().with(|me| me.access == Access::Granted);
            let note = partly.then(|| p("soft").child(crate::text::t().portfolios_partly()));
            div("stack").child(note).child(bar).child(rows)
        }),
    });
    let dialog = Dialog::new(creating, t.portfolio_new(), move || create_form(creating));
    div("stack").child(body).child(dialog)
}

fn names_of(people: &[UserId]) -> String {
    session::people().value.with(|list| {
        let name =
            |id: &UserId| list.as_ref().and_then(|l| l.data.iter().find(|p| p.id == *id)).map(|p| p.name.clone());
        people.iter().filter_map(name).collect::<Vec<_>>().join(", ")
    })
}

fn table(manages: bool) -> View {
    let t = t();
    let columns = vec![
        Column::new("name", t.portfolio_name()).fixed().grows(),
        Column::new("people", t.portfolio_people()),
        Column::new("dossiers", t.portfolio_dossiers()).number().priority(1),
    ];
    let rows = || {
        let all = session::portfolios().value.with(|l| l.as_ref().map(|l| l.data.clone()).unwrap_or_default());
        let named = session::people().value.with(|l| l.as_ref().map_or(0, |l| l.data.len()));
        all.into_iter().map(|portfolio| row(portfolio, named as u64)).collect()
    };
    let table = Table::new(t.portfolios_table(), columns, rows).stale(|| session::portfolios().pending.get());
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

fn row(portfolio: Portfolio, named: u64) -> Row {
    let mark = (portfolio.version as u64) << 40 ^ portfolio.dossiers ^ named << 56;
    let name = portfolio.name.clone();
    Row::new(portfolio.id.to_string(), mark, name, move |column| {
        let t = t();
        match column {
            "name" => span("cell-main truncate").attr("title", &portfolio.name).child(&portfolio.name),
            "people" => {
                let names = names_of(&portfolio.people);
                if names.is_empty() {
                    span("faint").child(t.portfolio_people_none())
                } else {
                    span("truncate").attr("title", &names).child(&names)
                }
            }
            _ => {
                let to = href("/dossiers", &[("portfolio", &portfolio.id.to_string())]);
                crate::dom::link("", &to).child(format::number(t, portfolio.dossiers as i64))
            }
        }
    })
}

/// Those who need a portfolio to see its dossiers, and whoever has it already.
fn people_choices(given: Vec<UserId>) -> impl Fn() -> Vec<Choice> + 'static {
    move || {
        session::people().value.with(|list| {
            list.iter()
                .flat_map(|list| &list.data)
                .filter(|p| given.contains(&p.id) || p.active && p.access == Access::Granted)
                .map(|p| Choice::new(p.id.to_string(), &p.name).hint(t().role(p.role)))
                .collect()
        })
    }
}

/// People that cannot be chosen here stay as they are: inactive ones, for instance.
fn fields(form: &Form, name: RwSignal<String>, people: RwSignal<Vec<String>>, given: Vec<UserId>) -> View {
    let t = t();
    div("stack")
        .child(
            text_field(t.portfolio_name(), name)
                .placeholder(t.portfolio_name_example())
                .error(form.error("/name", name))
                .autofocus(),
        )
        .child(
            Combobox::many(t.portfolio_people(), people, people_choices(given))
                .field()
                .optional()
                .hint(t.portfolio_people_hint())
                .error(form.error("/people", people)),
        )
}

fn input(name: RwSignal<String>, people: RwSignal<Vec<String>>) -> PortfolioInput {
    PortfolioInput { name: name.get_untracked(), people: people.with_untracked(|people| ids(people)) }
}

/// The people's own list tells their portfolios, so it is read again, too.
fn refresh() {
    session::portfolios().reload();
    session::people().reload();
    crate::api::session::recheck();
}

fn create_form(creating: RwSignal<bool>) -> View {
    let t = t();
    let (name, people) = (RwSignal::new(String::new()), RwSignal::new(Vec::new()));
    let form = Form::new();
    let acts = div("row row-end")
        .child(Button::new(t.cancel()).press(move || creating.set(false)))
        .child(Button::new(t.portfolio_create()).primary().submit().busy(form.busy()));
    let fields = fields(&form, name, people, Vec::new());
    form.build([fields, acts], move |form| {
        let body = input(name, people);
        form.send(async move { act::<op::CreatePortfolio>(&Nothing {}, &Nothing {}, &body).await }, move |made| {
            creating.set(false);
            refresh();
            toasts().done(crate::text::t().portfolio_created(&made.name));
        });
    })
}

fn close() {
    address().set(&[("open", None)], Step::Push);
}

fn panel(portfolio: Portfolio) -> View {
    let t = t();
    let (name, people) = (RwSignal::new(portfolio.name.clone()), RwSignal::new(texts(&portfolio.people)));
    let form = Form::new();
    let parts = [
        fields(&form, name, people, portfolio.people.clone()),
        div("row").child(Button::new(t.save()).primary().submit().busy(form.busy())),
    ];
    let (id, version, title) = (portfolio.id, portfolio.version, portfolio.name.clone());
    let content = form.build(parts, move |form| {
        let body = input(name, people);
        let sent = async move {
            let answer = change::<op::UpdatePortfolio>(&id, &body, Some(&etag(version))).await;
            answer.inspect_err(|failure| {
                stale(failure, || session::portfolios().reload());
            })
        };
        form.send(sent, |_| {
            refresh();
            toasts().done(crate::text::t().settings_saved());
        });
    });
    let to = href("/dossiers", &[("portfolio", &id.to_string())]);
    let see = (portfolio.dossiers > 0)
        .then(|| Button::link(t.person_see_dossiers(portfolio.dossiers), &to).icon(Icon::Dossiers).small());
    let body = div("stack").child(see.map(|see| div("row").child(see))).child(content).child(delete(&portfolio));
    side_panel(move || title.clone(), close, View::none(), body)
}

fn delete(portfolio: &Portfolio) -> View {
    let t = t();
    let (id, name, dossiers) = (portfolio.id, portfolio.name.clone(), portfolio.dossiers);
    let asked = RwSignal::new(false);
    let press = Button::new(t.portfolio_delete())
        .danger()
        .small()
        .disabled(move || dossiers > 0)
        .press(move || asked.set(true));
    let why = (dossiers > 0).then(|| p("field-hint").child(t.portfolio_not_empty(dossiers)));
    let dialog = Dialog::new(asked, t.portfolio_delete_title(&name), move || {
        let t = crate::text::t();
        let form = Form::new();
        let name = name.clone();
        let acts = div("row row-end")
            .child(Button::new(t.cancel()).autofocus().press(move || asked.set(false)))
            .child(Button::new(t.portfolio_delete()).danger().submit().busy(form.busy()));
        form.build([p("").child(t.portfolio_delete_detail()), acts], move |form| {
            let name = name.clone();
            form.send(async move { act::<op::DeletePortfolio>(&id, &Nothing {}, &Nothing {}).await }, move |_| {
                asked.set(false);
                close();
                refresh();
                toasts().done(crate::text::t().portfolio_deleted(&name));
            });
        })
    });
    div("panel-foot").child(press).child(why).child(dialog)
}
