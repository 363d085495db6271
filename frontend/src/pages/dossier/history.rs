//! What happened to the dossier, newest first.

use contract::endpoint::op;
use contract::{JournalEntry, PageQuery};
use domain::DossierId;
use leptos::prelude::*;
use serde_json::Value;

use super::open::{Open, say};
use crate::api::{ask, seek_list};
use crate::browser::now;
use crate::dom::{View, div, live};
use crate::pages::words;
use crate::text::{format, t};
use crate::ui::{Event, Icon, Tone, empty_state, load_more, seek_state, timeline};

/// Fields that are told before "and n more".
const TOLD: usize = 4;

pub fn event(entry: &JournalEntry) -> Event {
    let t = t();
    let changes: Vec<(&String, &Value, &Value)> = match &entry.changes {
        Value::Object(map) => map.iter().map(|(field, pair)| (field, &pair[0], &pair[1])).collect(),
        _ => Vec::new(),
    };
    let fields: Vec<&str> = changes.iter().take(TOLD).map(|(field, _, _)| words::fact(field)).collect();
    let mut what = fields.join(", ");
    if changes.len() > TOLD {
        what = format!("{what}, {}", t.history_more((changes.len() - TOLD) as u64));
    }
    let by_import = entry.action.starts_with("import.");
    let of = |capability: &str| entry.action.starts_with(capability);
    let (icon, tone, title) = match entry.action.as_str() {
        "dossier.create" => (Icon::Plus, Some(Tone::Ready), t.history_create().to_owned()),
        "import.create" => (Icon::Import, Some(Tone::Ready), t.history_import_create().to_owned()),
        "dossier.delete" => (Icon::Trash, Some(Tone::Late), t.history_delete().to_owned()),
        "dossier.undo" => (Icon::Undo, None, t.history_undo(&what)),
        "exchange.create" | "exchange.cancel" => {
            (Icon::Mail, None, crate::pages::journal_action(&entry.action).to_owned())
        }
        "deadline.settle" | "deadline.reopen" => {
            (Icon::Calendar, None, crate::pages::journal_action(&entry.action).to_owned())
        }
        _ if of("mandate.") => (Icon::Mandate, None, crate::pages::journal_action(&entry.action).to_owned()),
        _ if of("link.") => (Icon::Link, None, crate::pages::journal_action(&entry.action).to_owned()),
        _ if of("mail.") => (Icon::Mail, None, crate::pages::journal_action(&entry.action).to_owned()),
        _ if of("proposal.") => (Icon::Check, None, crate::pages::journal_action(&entry.action).to_owned()),
        "dossier.hand_over" => (Icon::Person, None, t.history_hand_over(&what)),
        _ if by_import => (Icon::Import, None, t.history_import(&what)),
        _ => (Icon::Edit, None, t.history_update(&what)),
    };
    let created = entry.action.ends_with(".create");
    // An exchange is named by its subject; its id says nothing to anybody.
    let exchange = entry.action.starts_with("exchange.").then(|| {
        let text = |field: &str, place: usize| entry.changes[field][place].as_str().map(str::to_owned);
        [text("subject", 0), text("subject", 1), text("reason", 1)].into_iter().flatten().collect::<Vec<_>>()
    });
    let told: Vec<String> = changes
        .iter()
        .take(if created || exchange.is_some() { 0 } else { TOLD })
        .map(|(field, before, after)| {
            let (name, old, new) = (words::fact(field), say(field, before), say(field, after));
            if old == "–" { t.history_set(name, &new) } else { t.history_change(name, &old, &new) }
        })
        .collect();
    let foreign = ["mandate.", "link.", "mail.", "proposal."].into_iter().any(of).then(|| brought(entry));
    let told = exchange.or(foreign).unwrap_or(told);
    Event {
        icon,
        tone,
        when: format::relative(t, entry.at, now()),
        exact: format::moment(t, entry.at),
        who: entry.actor.clone().unwrap_or_else(|| t.history_system().to_owned()),
        what: title,
        detail: (!told.is_empty()).then(|| told.join(" · ")),
    }
}

/// What another capability says of its own act, in its words; who acted and where the mandate stands are said already.
fn brought(entry: &JournalEntry) -> Vec<String> {
    let Value::Object(fields) = &entry.changes else { return Vec::new() };
    let mut fields = fields.clone();
    for said in ["by", "mandate_state"] {
        fields.remove(said);
    }
    let told = crate::pages::journal_changes(&entry.subject_kind, &Value::Object(fields));
    told.iter().filter(|change| !change.is_nothing()).map(|c| t().history_set(&c.field, &c.after)).collect()
}

pub fn view(open: Open) -> View {
    // A write moves the version, and the history with it.
    let list = seek_list(
        move || open.file.value.with(|file| file.as_ref().map(|file| (file.value.id, file.value.version))),
        |key: Option<(DossierId, i64)>, after| {
            Box::pin(async move {
                let Some((id, _)) = key else { return Ok((Vec::new(), None)) };
                let page = ask::<op::ListDossierJournal>(id, PageQuery { limit: Some(30), after }).await?;
                Ok((page.data, page.next))
            })
        },
    );
    let rows = move || {
        let events = move || timeline(list.rows.with(|rows| rows.iter().map(event).collect()));
        div("stack").child(live(events)).child(load_more(list, String::new))
    };
    let none = || empty_state(Icon::Journal, t().dossier_tab_journal(), t().history_empty(), []);
    seek_state(list, none, rows)
}
