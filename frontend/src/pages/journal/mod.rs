//! `/journal`: every write of the cabinet, newest first. Filters stand in the address; a row opens its before and after.

mod rules;
mod words;

pub use words::{action, changes};

use std::rc::Rc;

use chrono::{DateTime, Datelike, Timelike, Utc};
use contract::endpoint::op;
use contract::{JournalEntry, JournalQuery, Nothing};
use domain::{DossierId, Permission};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::{SeekList, ask, download, request, seek_list};
use crate::browser::now;
use crate::dom::{View, div, el, live, memo, p, span};
use crate::frame::{Step, address, href, page_head};
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Choice, Column, Filter, Icon, Row, Table, date_field, empty_state, filter_bar, icon, load_more, seek_state,
    side_panel, toasts,
};

const PAGE: u32 = 50;

/// What the address asks for.
#[derive(Clone, PartialEq, Default)]
struct Asked {
    actor: String,
    action: String,
    subject: String,
    act: String,
    from: String,
    to: String,
}

impl Asked {
    fn query(&self, after: Option<String>) -> JournalQuery {
        let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        JournalQuery {
            actor_id: self.actor.parse().ok(),
            action: text(&self.action),
            subject_id: text(&self.subject),
            act_id: text(&self.act),
            from: self.from.parse().ok(),
            to: self.to.parse().ok(),
            limit: Some(PAGE),
            after,
        }
    }

    fn is_narrow(&self) -> bool {
        *self != Asked::default()
    }
}

pub fn journal() -> View {
    let t = t();
    if !untrack(|| session::can(Permission::JournalRead)) {
        let detail = format!("{} {}", t.journal_forbidden(), t.journal_forbidden_dossiers());
        let acts = [Button::link(t.nav_dossiers(), "/dossiers").icon(Icon::Dossiers)];
        let head = page_head(t.journal_title(), View::none(), View::none());
        return div("page").child(head).child(empty_state(Icon::Lock, t.journal_forbidden_title(), &detail, acts));
    }
    let at = address();
    let [actor, action, subject, act, from, to] =
        ["actor", "action", "subject", "act", "from", "to"].map(|key| at.text(key));
    let asked = memo(move || Asked {
        actor: actor.get(),
        action: action.get(),
        subject: subject.get(),
        act: act.get(),
        from: from.get(),
        to: to.get(),
    });
    let list = seek_list(
        move || asked.get(),
        |asked: Asked, after| {
            Box::pin(async move {
                let page = ask::<op::ListJournal>(Nothing {}, asked.query(after)).await?;
                Ok((page.data, page.next))
            })
        },
    );
    let exporting = RwSignal::new(false);
    let export = Button::new(t.journal_export()).icon(Icon::Download).busy(move || exporting.get()).press(move || {
        exporting.set(true);
        let query = JournalQuery { limit: None, ..asked.with_untracked(|asked| asked.query(None)) };
        spawn_local(async move {
            let file = request::<op::ExportJournal>(&Nothing {}, &query).detached();
            if let Err(failure) = download(file, "journal.csv").await {
                toasts().failed(&failure);
            }
            exporting.try_set(false);
        });
    });
    // Links of an entry narrow to a subject or an act; only then is there a chip for it.
    let narrowed = memo(move || (!subject.with(String::is_empty), !act.with(String::is_empty)));
    let chips = live(move || {
        let (subject, act) = narrowed.get();
        untrack(|| filters(list, subject, act))
    });
    let bar = div("spread").child(chips).child(dates(from, to));
    let open = at.text("open");
    let rows = move || {
        let opened = move || {
            let id = open.get();
            let entry = list.rows.with(|rows| rows.iter().find(|entry| entry.id.to_string() == id).cloned())?;
            Some(untrack(|| panel(entry)))
        };
        let foot = load_more(list, move || crate::text::t().journal_rows(list.rows.with(Vec::len) as u64));
        View::all([div("with-panel").child(table(list)).live(opened), foot])
    };
    let empty = move || {
        let t = crate::text::t();
        if asked.with(Asked::is_narrow) {
            let clear = [Button::new(t.filters_clear()).press(clear)];
            empty_state(Icon::Journal, t.journal_none_found(), t.journal_none_found_detail(), clear)
        } else {
            empty_state(Icon::Journal, t.journal_empty(), t.journal_empty_detail(), [])
        }
    };
    div("list-page")
        .child(page_head(t.journal_title(), t.journal_lead(), export))
        .child(bar)
        .child(seek_state(list, empty, rows))
}

fn clear() {
    let none = ["actor", "action", "subject", "act", "from", "to", "open"].map(|key| (key, None));
    address().set(&none, Step::Push);
}

fn filters(list: SeekList<JournalEntry>, one_subject: bool, one_act: bool) -> View {
    let t = t();
    let at = address();
    let people = || {
        session::people().value.with(|list| {
            let all = list.iter().flat_map(|list| &list.data);
            all.map(|person| Choice::new(person.id.to_string(), &person.name)).collect()
        })
    };
    // Set by a link from an entry; there is nothing to choose from, only to take away. The rows know its name.
    let only = |key: &'static str, label: &'static str, named: fn(&JournalEntry) -> Option<String>| {
        let value = at.list(key);
        Filter::new(key, label, value, move || {
            let name = list.rows.with(|rows| rows.iter().find_map(named)).unwrap_or_else(|| t.loading().to_owned());
            value.get().into_iter().map(|id| Choice::new(id, &name)).collect()
        })
    };
    let mut all = vec![
        Filter::new("actor", t.journal_who(), at.list("actor"), people),
        Filter::new("action", t.journal_action(), at.list("action"), words::action_choices),
    ];
    if one_subject {
        let subject = |entry: &JournalEntry| Some(entry.subject.clone()).filter(|name| !name.is_empty());
        all.push(only("subject", t.journal_one_subject(), subject));
    }
    if one_act {
        // The entry of the import or the bulk act itself; until its page is loaded, any of its rows tells the time.
        let act = |entry: &JournalEntry| match entry.subject_kind.as_str() {
            "import" => Some(entry.subject.clone()),
            _ => Some(format::moment(crate::text::t(), entry.at)),
        };
        all.push(only("act", t.journal_one_act(), act));
    }
    // The journal takes one value of each: the one that was chosen last.
    let change = |key: &'static str, values: Vec<String>| {
        let value = values.last().map(String::as_str);
        address().set(&[(key, value), ("open", None)], Step::Push);
    };
    filter_bar(all, change, clear)
}

fn dates(from: Memo<String>, to: Memo<String>) -> View {
    let t = t();
    let one = |label: &str, key: &'static str, told: Memo<String>| {
        let value = RwSignal::new(told.get_untracked());
        Effect::new(move |_| value.set(told.get()));
        Effect::new(move |_| {
            let chosen = value.get();
            if chosen != told.get_untracked() {
                address().set(&[(key, Some(&chosen)), ("open", None)], Step::Push);
            }
        });
        date_field(label, value)
    };
    div("journal-dates")
        .attr("role", "group")
        .label(t.journal_dates())
        .child(one(t.journal_from(), "from", from))
        .child(one(t.journal_to(), "to", to))
}

fn table(list: SeekList<JournalEntry>) -> View {
    let t = t();
    let columns = vec![
        Column::new("when", t.journal_when()).fixed(),
        Column::new("action", t.journal_action()),
        Column::new("subject", t.journal_subject()).priority(1).grows(),
        Column::new("what", t.journal_what()).priority(3),
        Column::new("who", t.journal_who()).priority(2),
    ];
    let rows = move || list.rows.with(|entries| entries.iter().cloned().map(row).collect());
    let open = address().get("open");
    Table::new(t.journal_table(), columns, rows)
        .opens(
            move || open.get(),
            |id| address().set(&[("open", Some(&id))], Step::Push),
            || address().set(&[("open", None)], Step::Push),
        )
        .stale(move || list.pending.get() && list.arrived.get())
        .into()
}

/// Fields named in the list before "+n".
const NAMED: usize = 3;

fn row(entry: JournalEntry) -> Row {
    let name = format!("{} {}", words::action(&entry.action), entry.subject);
    Row::new(entry.id.to_string(), 0, name, move |column| {
        let t = t();
        match column {
            "when" => span("num")
                .attr("title", &format::relative(t, entry.at, now()))
                .child(span("when-long").child(format::moment(t, entry.at)))
                .child(span("when-short").child(short(entry.at))),
            "action" => words::action(&entry.action).into(),
            "subject" => {
                let (kind, face) = words::kind(&entry.subject_kind);
                let label = if entry.subject.is_empty() { kind } else { &entry.subject };
                // Where there is no room for its own column, the act stands over what it was done to.
                let words = span("journal-two")
                    .child(span("when-short small soft").child(words::action(&entry.action)))
                    .child(span("truncate").child(label));
                span("row journal-subject").attr("title", kind).child(icon(face)).child(words)
            }
            "what" => {
                let fields = words::fields(&entry.action, &entry.subject_kind, &entry.changes);
                let mut text = fields.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
                if fields.len() > NAMED {
                    text = format!("{text} {}", t.more_fields((fields.len() - NAMED) as u64));
                }
                span("soft truncate").child(text)
            }
            _ => actor(&entry).into(),
        }
    })
}

/// Day, month and time: what a phone has room for. The panel tells the year.
fn short(at: DateTime<Utc>) -> String {
    let local = format::paris(at);
    format!("{:02}/{:02} {:02}:{:02}", local.day(), local.month(), local.hour(), local.minute())
}

fn actor(entry: &JournalEntry) -> String {
    entry.actor.clone().unwrap_or_else(|| t().journal_system().to_owned())
}

fn close() {
    address().set(&[("open", None)], Step::Push);
}

fn panel(entry: JournalEntry) -> View {
    let t = t();
    let (kind, _) = words::kind(&entry.subject_kind);
    let title = words::action(&entry.action).to_owned();
    let fact = |list: View, label: &str, value: View| list.child(el("dt").child(label)).child(el("dd").child(value));
    let mut facts = el("dl").class("facts");
    facts = fact(facts, t.journal_when(), format::moment(t, entry.at).into());
    facts = fact(facts, t.journal_who(), actor(&entry).into());
    facts = fact(facts, kind, if entry.subject.is_empty() { "–".into() } else { View::from(&entry.subject) });

    let mut acts = div("row");
    match entry.subject_kind.as_str() {
        // A deleted dossier has no page any more; its history stays here.
        "dossier" if entry.action != "dossier.delete" && entry.subject_id.parse::<DossierId>().is_ok() => {
            let to = format!("/dossiers/{}", entry.subject_id);
            acts = acts.child(Button::link(t.journal_open_dossier(), &to).icon(Icon::Dossiers).small());
        }
        "import" if entry.action != "import.delete" => {
            let to = format!("/imports/{}", entry.subject_id);
            acts = acts.child(Button::link(t.journal_open_import(), &to).icon(Icon::Import).small());
        }
        "anomaly" => {
            let to = format!("/anomalies/{}", entry.subject_id);
            acts = acts.child(Button::link(t.journal_open_anomaly(), &to).icon(Icon::Warning).small());
        }
        "flow" => {
            let to = href("/flux", &[("panel", &entry.subject_id)]);
            acts = acts.child(Button::link(t.journal_open_flow(), &to).icon(Icon::Sort).small());
        }
        _ => {}
    }
    let history = href("/journal", &[("subject", &entry.subject_id)]);
    acts = acts.child(Button::link(t.journal_same_subject(), &history).quiet().small());
    if let Some(act) = &entry.act_id {
        let rows = href("/journal", &[("act", act)]);
        acts = acts.child(Button::link(t.journal_same_act(), &rows).quiet().small());
    }

    let subject_kind = entry.subject_kind.clone();
    let raw = Rc::new(entry.changes.clone());
    // Names of people and portfolios may arrive after the entry.
    let changes = live(move || {
        let changes = words::changes(&subject_kind, &raw);
        if changes.is_empty() {
            return p("soft").child(crate::text::t().journal_nothing());
        }
        let t = crate::text::t();
        // What was made has no before, what was deleted no after.
        let before = !changes.iter().all(words::Change::was_nothing);
        let after = !changes.iter().all(words::Change::is_nothing);
        let title = |label: &str| el("th").attr("scope", "col").child(label);
        let head = el("tr")
            .child(title(t.journal_field()))
            .child(before.then(|| title(t.journal_before())))
            .child(after.then(|| title(t.journal_after())));
        let line = |change: words::Change| {
            el("tr")
                .child(el("th").attr("scope", "row").child(change.field))
                .child(before.then(|| el("td").class("gone").child(change.before)))
                .child(after.then(|| el("td").child(change.after)))
        };
        el("table")
            .class("journal-changes")
            .child(el("thead").child(head))
            .child(el("tbody").children(changes.into_iter().map(line)))
    });
    let mut proof = el("dl").class("facts small");
    proof = fact(proof, t.journal_seq(), format::number(t, entry.seq).into());
    proof = fact(proof, t.journal_request(), el("code").class("hash").child(&entry.request_id));
    proof = fact(proof, t.journal_hash(), el("code").class("hash").child(&entry.hash));
    let body = div("stack")
        .child(facts)
        .child(acts)
        .child(changes)
        .child(div("panel-foot").child(proof).child(p("faint small").child(t.journal_hash_detail())));
    side_panel(move || title.clone(), close, View::none(), body)
}
