//! Addresses that are not written to: why each, what still goes there, and how it is taken up again.

use std::sync::Arc;

use contract::endpoint::op;
use contract::{
    NewSuppression, Nothing, Reactivation, Suppression, SuppressionExportQuery, SuppressionFilter, SuppressionPage,
    SuppressionQuery,
};
use domain::{Permission, SuppressionReason};
use leptos::prelude::*;

use crate::api::{Load, SeekList, act, ask, load, request, say, seek_list};
use crate::browser::now;
use crate::dom::{View, div, el, live, memo, p, span};
use crate::frame::address;
use crate::pages::dossiers::filters;
use crate::pages::dossiers::query::{parameter, several};
use crate::pages::form::Form;
use crate::pages::{export, lists};
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Choice, Column, Dialog, Filter, Icon, Row, Table, empty_state, load_more, seek_state, side_panel,
    text_area, text_field, toasts,
};

const PAGE: u32 = 100;
const FILTERS: [&str; 2] = ["q", "reason"];

fn wanted(search: &str) -> SuppressionFilter {
    SuppressionFilter { reason: several(search, "reason"), q: parameter(search, "q") }
}

#[derive(Clone, Copy)]
struct List {
    rows: SeekList<Arc<Suppression>>,
    counts: Load<SuppressionPage>,
    wanted: Memo<SuppressionFilter>,
    /// The open one: not in the address, which is kept and passed on.
    open: RwSignal<Option<String>>,
    adding: RwSignal<bool>,
}

fn id(row: &Suppression) -> String {
    format!("{} {}", row.reason, row.address)
}

impl List {
    fn new() -> List {
        let search = address().search;
        let wanted = Memo::new(move |_| wanted(&search.get()));
        let rows = seek_list(
            move || wanted.get(),
            |filter: SuppressionFilter, after| {
                Box::pin(async move {
                    let query = SuppressionQuery { filter, limit: Some(PAGE), after, ..Default::default() };
                    let page = ask::<op::ListSuppressions>(Nothing {}, query).await?;
                    Ok((page.data.into_iter().map(Arc::new).collect(), page.next))
                })
            },
        );
        let counts = load(
            move || wanted.get(),
            |filter: SuppressionFilter| {
                let query = SuppressionQuery { filter, limit: Some(1), facets: Some(true), ..Default::default() };
                ask::<op::ListSuppressions>(Nothing {}, query)
            },
        );
        List { rows, counts, wanted, open: RwSignal::new(None), adding: RwSignal::new(false) }
    }

    fn reload(self) {
        self.open.set(None);
        self.rows.reload();
        self.counts.reload();
    }
}

pub fn addresses() -> View {
    let t = t();
    let list = List::new();
    filters::keys();
    let may = session::can(Permission::DossierWrite);
    let told = live(move || {
        list.counts.value.with(|page| {
            let page = page.as_ref()?;
            let rule = crate::text::t().addresses_soft(u64::from(page.soft_bounces), &say(&page.soft_bounces_why));
            Some(div("stack-tight").child(p("soft").child(say(&page.mandatory))).child(p("soft small").child(rule)))
        })
    });
    let words = export::Words {
        detail: |n| crate::text::t().addresses_export(n),
        csv: t.addresses_export_csv(),
        xlsx: t.addresses_export_xlsx(),
        file: "adresses-ecartees",
    };
    let total = move || list.counts.value.with(|page| page.as_ref().and_then(|page| page.total));
    let export = export::menu(words, total, move |format| {
        let filter = list.wanted.get_untracked();
        request::<op::ExportSuppressions>(&Nothing {}, &SuppressionExportQuery { filter, format: Some(format) })
    });
    let add =
        may.then(|| Button::new(t.addresses_add()).icon(Icon::Plus).primary().press(move || list.adding.set(true)));
    let foot = load_more(list.rows, move || match total() {
        Some(n) => crate::text::t().addresses_export(n),
        None => String::new(),
    });
    let none = move || {
        if list.wanted.with_untracked(|wanted| *wanted != SuppressionFilter::default()) {
            let clear = Button::new(crate::text::t().filters_clear()).press(|| lists::clear(&FILTERS));
            return empty_state(Icon::Search, crate::text::t().addresses_none_found(), "", [clear]);
        }
        empty_state(Icon::Check, crate::text::t().addresses_none(), crate::text::t().addresses_none_detail(), [])
    };
    let dialog = Dialog::new(list.adding, t.addresses_add(), move || add_form(list));
    div("stack")
        .child(told)
        .child(
            div("list-bar")
                .child(filters::search_box_for(t.addresses_search(), t.addresses_search()))
                .child(chips(list))
                .child(div("row").child(export).child(add)),
        )
        .child(div("with-panel").child(seek_state(list.rows, none, move || table(list))).child(panel(list, may)))
        .child(foot)
        .child(dialog)
}

fn chips(list: List) -> View {
    let reasons = move || {
        list.counts.value.with(|page| {
            let counts = page.as_ref().and_then(|page| page.reasons.as_ref());
            let one = |reason: &SuppressionReason| {
                let choice = Choice::new(reason.as_str(), say(&reason.text()));
                match counts.map(|c| c.iter().find(|c| c.reason == *reason).map_or(0, |c| c.count)) {
                    Some(n) => choice.hint(format::number(t(), n as i64)),
                    None => choice,
                }
            };
            SuppressionReason::ALL.iter().map(one).collect()
        })
    };
    let all = vec![Filter::new("reason", t().addresses_reason(), address().list("reason"), reasons)];
    lists::filters(all, &[], &FILTERS)
}

fn table(list: List) -> View {
    let t = t();
    let columns = vec![
        Column::new("address", t.addresses_address()).fixed().grows().width(64),
        Column::new("reason", t.addresses_reason()).priority(1).width(56),
        Column::new("said", t.addresses_said()).priority(3).width(80),
        Column::new("when", t.addresses_since()).number().priority(2).width(32),
    ];
    let row = |row: Arc<Suppression>| {
        let name = format!("{}, {}", row.address, say(&row.label));
        let mark = row.at.timestamp_micros().unsigned_abs();
        Row::new(id(&row), mark, name, move |column| untrack(|| cell(&row, column)))
    };
    let rows = move || list.rows.rows.with(|rows| rows.iter().cloned().map(row).collect());
    Table::new(t.addresses_title(), columns, rows)
        .windowed(move || list.rows.load_more())
        .stale(move || list.rows.is_stale())
        .opens(move || list.open.get(), move |id| list.open.set(Some(id)), move || list.open.set(None))
        .into()
}

fn cell(row: &Suppression, column: &str) -> View {
    let t = t();
    match column {
        "address" => span("cell-main truncate").attr("title", &row.address).child(&row.address),
        "reason" => span("").child(say(&row.label)),
        "said" => {
            let said = row.note.as_deref().or(row.said.as_deref()).unwrap_or_default();
            span("soft truncate").attr("title", said).child(said)
        }
        _ => span("").attr("title", &format::moment(t, row.at)).child(format::relative(t, row.at, now())),
    }
}

fn panel(list: List, may: bool) -> View {
    let found = memo(move || {
        let open = list.open.get()?;
        list.rows.rows.with(|rows| rows.iter().find(|row| id(row) == open).cloned())
    });
    live(move || {
        let row = found.get()?;
        Some(untrack(|| {
            let title = row.address.clone();
            side_panel(move || title.clone(), move || list.open.set(None), View::none(), content(list, &row, may))
        }))
    })
}

fn content(list: List, row: &Suppression, may: bool) -> View {
    let t = t();
    let line = |label: &str, value: Option<&str>| {
        value.map(|value| div("fact").child(el("dt").child(label)).child(el("dd").child(value)))
    };
    let (label, since) = (say(&row.label), format::moment(t, row.at));
    let what = if row.holds_all { t.addresses_holds_all() } else { t.addresses_holds_optional() };
    let mail = row
        .mail_id
        .map(|mail| Button::link(t.addresses_mail(), &format!("/envois?panel={mail}")).icon(Icon::Mail).small());
    let facts = el("dl")
        .class("fact-list")
        .child(line(t.addresses_reason(), Some(&label)))
        .child(line(t.addresses_since(), Some(&since)))
        .child(line(t.addresses_said(), row.said.as_deref()))
        .child(line(t.addresses_note(), row.note.as_deref()))
        .child(line(t.addresses_by(), row.by_name.as_deref()));
    div("stack")
        .child(p("").child(what))
        .child(facts)
        .child(mail.map(|mail| div("row").child(mail)))
        .child(may.then(|| lift_form(list, row)))
}

/// Whoever writes there again says why.
fn lift_form(list: List, row: &Suppression) -> View {
    let t = t();
    let reason = RwSignal::new(String::new());
    let form = Form::new();
    let warning = matches!(row.reason, SuppressionReason::Unsubscribed | SuppressionReason::Complained)
        .then(|| p("field-hint").child(t.addresses_lift_warning()));
    let parts = [
        el("h3").child(t.addresses_lift()),
        div("").child(warning),
        text_area(t.addresses_lift_reason(), reason).error(form.error("/reason", reason)).into(),
        div("row").child(Button::new(t.addresses_lift()).submit().busy(form.busy())),
    ];
    let address = row.address.clone();
    form.build(parts, move |form| {
        let body = Reactivation { address: address.clone(), reason: reason.get_untracked() };
        let sent = async move { act::<op::ReactivateSuppression>(&Nothing {}, &Nothing {}, &body).await };
        form.send(sent, move |done| {
            toasts().done(crate::text::t().addresses_lifted(&done.address));
            list.reload();
        });
    })
}

fn add_form(list: List) -> View {
    let t = t();
    let (email, note) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let form = Form::new();
    let acts = div("row row-end")
        .child(Button::new(t.cancel()).press(move || list.adding.set(false)))
        .child(Button::new(t.addresses_add()).primary().submit().busy(form.busy()));
    let parts = [
        p("").child(t.addresses_add_detail()),
        text_field(t.addresses_address(), email).error(form.error("/address", email)).autofocus().into(),
        text_area(t.addresses_note(), note).error(form.error("/note", note)).into(),
        acts,
    ];
    form.build(parts, move |form| {
        let body = NewSuppression { address: email.get_untracked(), note: note.get_untracked() };
        let sent = async move { act::<op::CreateSuppression>(&Nothing {}, &Nothing {}, &body).await };
        form.send(sent, move |made| {
            list.adding.set(false);
            toasts().done(crate::text::t().addresses_added(&made.address));
            list.reload();
        });
    })
}
