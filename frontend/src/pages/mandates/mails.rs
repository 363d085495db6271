//! `/envois`: every message to a client, where it stands, what the mail server said, and what a person may do about it.

use std::sync::Arc;

use contract::endpoint::op;
use contract::{
    AnswerInput, AnswerUndo, ItemOutcome, Mail, MailAct, MailContent, MailEvent, MailPage, MailPurpose, MailQuery,
    MailState, MailsInput, Nothing, Outgoing,
};
use domain::{AnswerWay, MailEventId, MailEventKind, MailId, Permission};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::words;
use crate::api::{self, Load, SeekList, ask, load, say, seek_list};
use crate::browser::now;
use crate::dom::{View, div, el, link, live, memo, p, span};
use crate::frame::{address, page_head};
use crate::pages::dossiers::filters;
use crate::pages::dossiers::query::{parameter, several};
use crate::pages::lists;
use crate::pages::selection::Selection;
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Choice, Column, Event, Filter, Icon, Row, Table, Tone, empty_state, load_more, loaded, notice, seek_state,
    side_panel, status_as, timeline, toasts,
};

const PAGE: u32 = 100;
const FILTERS: [&str; 5] = ["q", "mail", "problems", "purpose", "dossier_id"];

fn wanted(search: &str) -> MailQuery {
    MailQuery {
        mail: several(search, "mail"),
        purpose: several(search, "purpose"),
        problems: parameter(search, "problems").and_then(|yes| yes.parse().ok()),
        dossier_id: parameter(search, "dossier_id").and_then(|id| id.parse().ok()),
        q: parameter(search, "q"),
        ..MailQuery::default()
    }
}

#[derive(Clone, Copy)]
struct List {
    rows: SeekList<Arc<Mail>>,
    counts: Load<MailPage>,
    wanted: Memo<MailQuery>,
    selection: Selection,
    busy: RwSignal<bool>,
    moved: RwSignal<u32>,
}

fn may_act() -> bool {
    session::can(Permission::DossierWrite)
}

/// What a person may do about a message in a state.
fn act_for(state: MailState) -> &'static [MailAct] {
    match state {
        MailState::Queued => &[MailAct::Cancel],
        MailState::Doubtful => &[MailAct::Arrived, MailAct::Retry],
        MailState::Bounced
        | MailState::BouncedSoft
        | MailState::Blocked
        | MailState::Complained
        | MailState::Failed => &[MailAct::Retry],
        MailState::Sending | MailState::Sent | MailState::Delivered | MailState::Answered | MailState::Cancelled => &[],
    }
}

fn act_words(act: MailAct) -> (&'static str, Icon) {
    match act {
        MailAct::Retry => (t().mails_retry(), Icon::Refresh),
        MailAct::Cancel => (t().mails_cancel(), Icon::Close),
        MailAct::Arrived => (t().mails_arrived(), Icon::Check),
    }
}

impl List {
    fn new() -> List {
        let search = address().search;
        let wanted = Memo::new(move |_| wanted(&search.get()));
        let rows = seek_list(
            move || wanted.get(),
            |query: MailQuery, after| {
                Box::pin(async move {
                    let page =
                        ask::<op::ListMails>(Nothing {}, MailQuery { limit: Some(PAGE), after, ..query }).await?;
                    Ok((page.data.into_iter().map(Arc::new).collect(), page.next))
                })
            },
        );
        let counts = load(
            move || wanted.get(),
            |query: MailQuery| {
                ask::<op::ListMails>(Nothing {}, MailQuery { limit: Some(1), facets: Some(true), ..query })
            },
        );
        List {
            rows,
            counts,
            wanted,
            selection: Selection::of(rows, move || wanted.track(), |row| row.id.to_string()),
            busy: RwSignal::new(false),
            moved: RwSignal::new(0),
        }
    }

    fn total(self) -> Option<u64> {
        self.counts.value.with(|page| page.as_ref().and_then(|page| page.total))
    }

    fn reload(self) {
        self.rows.reload();
        self.counts.reload();
        self.moved.update(|n| *n += 1);
        session::waiting_moved();
    }

    fn chosen(self) -> Vec<MailId> {
        self.selection.rows.with_untracked(|s| s.iter().filter_map(|id| id.parse().ok()).collect())
    }

    /// What is known of one message has changed.
    fn noted(self, answer: Result<MailContent, api::Failure>, said: &'static str) {
        self.busy.try_set(false);
        match answer {
            Ok(_) => {
                toasts().done(said);
                self.reload();
            }
            Err(failure) => toasts().failed(&failure),
        }
    }

    fn answered(self, id: MailId, how: AnswerWay) {
        self.busy.set(true);
        spawn_local(async move {
            let body = AnswerInput { answered_on: None, how, note: String::new() };
            self.noted(api::act::<op::RecordAnswer>(&id, &Nothing {}, &body).await, t().mails_answer_noted());
        });
    }

    fn undo_answer(self, id: MailId, event_id: MailEventId) {
        self.busy.set(true);
        spawn_local(async move {
            let body = AnswerUndo { event_id };
            self.noted(api::act::<op::UndoAnswer>(&id, &Nothing {}, &body).await, t().mails_answer_undone());
        });
    }

    fn act(self, ids: Vec<MailId>, act: MailAct) {
        if ids.is_empty() || self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            let body = MailsInput { ids, act };
            let answer = api::act::<op::ActOnMails>(&Nothing {}, &Nothing {}, &body).await;
            self.busy.try_set(false);
            match answer {
                Ok(result) => {
                    let mut said = if result.changed > 0 { t().mails_did(result.changed) } else { String::new() };
                    if result.left_out > 0 {
                        let item = result.items.iter().find(|i| i.outcome != ItemOutcome::Changed);
                        let why = item.and_then(|i| i.reason.as_ref()).map(say).unwrap_or_default();
                        said = format!("{said} {}", t().mails_left_out(result.left_out, &why));
                    }
                    let said = said.trim().to_owned();
                    if result.changed > 0 {
                        toasts().done(said)
                    } else {
                        toasts().info(said)
                    }
                    self.selection.clear();
                    self.reload();
                }
                Err(failure) => toasts().failed(&failure),
            }
        });
    }
}

pub fn page() -> View {
    let list = List::new();
    filters::keys();
    let acts = Button::new(t().refresh()).icon(Icon::Refresh).quiet().press(move || list.reload());
    let bar = div("list-bar").child(filters::search_box_for(t().mails_search(), t().mails_search())).child(chips(list));
    let foot = load_more(list.rows, move || {
        let n = list.rows.rows.with(Vec::len);
        match list.total() {
            Some(total) if n > 0 => t().mails_shown(n as u64, format::number(t(), total as i64)),
            _ => String::new(),
        }
    });
    let way = memo(move || list.counts.value.with(|page| page.as_ref().map(|page| page.outgoing.clone())));
    div("list-page")
        .child(page_head(t().mails_title(), t().mails_lead(), acts))
        .child(live(move || way.get().map(|way| banner(&way))))
        .child(bar)
        .child(
            div("with-panel")
                .child(seek_state(list.rows, move || nothing(list), move || table(list)))
                .child(panel(list)),
        )
        .child(foot)
        .child(selection_bar(list))
}

/// How mail leaves; loud where it does not.
pub fn banner(way: &Outgoing) -> View {
    let t = t();
    if let Some(problem) = &way.problem {
        let words =
            div("stack-tight").child(p("strong").child(t.mails_problem_title())).child(p("").child(say(problem)));
        return notice(Tone::Late, words);
    }
    if !way.goes_out {
        let words = div("stack-tight")
            .child(p("strong").child(t.mails_stay_title()))
            .child(p("").child(t.mails_stay_detail(&way.through)));
        return notice(Tone::AtRisk, words);
    }
    p("soft small").child(t.mails_go_out(&way.through))
}

fn nothing(list: List) -> View {
    let t = t();
    if list.wanted.with_untracked(|wanted| *wanted != MailQuery::default()) {
        let clear = Button::new(t.filters_clear()).press(|| lists::clear(&FILTERS));
        return empty_state(Icon::Search, t.mails_none_found(), t.mandates_none_found_detail(), [clear]);
    }
    let open = Button::link(t.board_open_register(), "/mandats").icon(Icon::Mandate);
    empty_state(Icon::Mail, t.mails_none_title(), t.mails_none_detail(), [open])
}

fn chips(list: List) -> View {
    let states = move || {
        list.counts.value.with(|page| {
            let states = page.as_ref().and_then(|page| page.states.as_ref());
            let one = |state: &MailState| {
                let choice = Choice::new(state.as_str(), words::mail_state(*state).1);
                match states.map(|s| s.iter().find(|c| c.state == *state).map_or(0, |c| c.count)) {
                    Some(n) => choice.hint(format::number(t(), n as i64)),
                    None => choice,
                }
            };
            MailState::ALL.iter().map(one).collect()
        })
    };
    let all = vec![
        Filter::new("mail", t().mails_state(), address().list("mail"), states),
        Filter::new("problems", t().mails_problems(), address().list("problems"), || {
            vec![Choice::new("true", t().mails_problems_yes()), Choice::new("false", t().mails_problems_no())]
        }),
        Filter::new("purpose", t().mails_purpose(), address().list("purpose"), || {
            MailPurpose::ALL.iter().map(|of| Choice::new(of.as_str(), words::purpose(*of))).collect()
        }),
    ];
    lists::filters(all, &["problems"], &FILTERS)
}

fn columns() -> Vec<Column> {
    let t = t();
    vec![
        Column::new("to", t.mails_to()).fixed().grows().width(58),
        Column::new("state", t.mails_state()).priority(1).width(36),
        Column::new("subject", t.mails_subject()).priority(2).width(70),
        Column::new("dossiers", t.mails_dossiers()).priority(3).width(50),
        Column::new("attempts", t.mails_attempts()).number().priority(4).width(22),
        Column::new("when", t.mails_when()).number().priority(3).width(30),
    ]
}

fn cell(mail: &Mail, column: &str) -> View {
    let t = t();
    match column {
        "to" => match mail.to_name.as_deref().filter(|name| !name.is_empty()) {
            Some(name) => View::all([
                span("cell-main truncate").attr("title", &mail.to).child(name),
                span("cell-sub").child(&mail.to),
            ]),
            None => span("truncate").attr("title", &mail.to).child(&mail.to),
        },
        "state" => {
            let (tone, word) = words::mail_state(mail.state);
            status_as(tone, word).add_class("status-plain")
        }
        "subject" => {
            let error = mail.error.as_ref().map(say);
            let sub = error.clone().unwrap_or_else(|| words::purpose(mail.purpose).to_owned());
            let class = if error.is_some() { "cell-sub truncate ink-late" } else { "cell-sub truncate" };
            View::all([
                span("cell-main truncate").attr("title", &mail.subject).child(&mail.subject),
                span(class).attr("title", &sub).child(&sub),
            ])
        }
        "dossiers" => {
            let names = mail.dossiers.iter().map(|d| d.name.as_str()).collect::<Vec<_>>().join(", ");
            span("truncate").attr("title", &names).child(&names)
        }
        "attempts" => span("num").child(format::number(t, i64::from(mail.attempts))),
        _ => {
            let at = mail.sent_at.unwrap_or(mail.created_at);
            span("").attr("title", &format::moment(t, at)).child(format::relative(t, at, now()))
        }
    }
}

fn table(list: List) -> View {
    let row = |mail: Arc<Mail>| {
        let name = format!("{}, {}", mail.to, words::mail_state(mail.state).1);
        let mark = u64::from(mail.attempts) << 4 | mail.state as u64;
        Row::new(mail.id.to_string(), mark, name, move |column| untrack(|| cell(&mail, column)))
    };
    let rows = move || list.rows.rows.with(|rows| rows.iter().cloned().map(row).collect());
    let table = lists::opening(Table::new(t().mails_table(), columns(), rows))
        .windowed(move || list.rows.load_more())
        .stale(move || list.rows.is_stale());
    if !untrack(may_act) {
        return table.into();
    }
    table.selectable(list.selection.rows).into()
}

fn panel(list: List) -> View {
    lists::panel(
        |id| id.parse::<MailId>().ok(),
        move |shown| {
            let content = load(move || (shown.get(), list.moved.get()), |(id, _)| ask::<op::ReadMail>(id, Nothing {}));
            let title = move || {
                content.value.with(|mail| mail.as_ref().map(|mail| mail.mail.subject.clone())).unwrap_or_default()
            };
            side_panel(
                title,
                lists::close_panel,
                View::none(),
                loaded(content, 8, move |mail: MailContent| whole(list, &mail)),
            )
        },
    )
}

fn whole(list: List, content: &MailContent) -> View {
    let t = t();
    let mail = &content.mail;
    let (tone, word) = words::mail_state(mail.state);
    let id = mail.id;
    let acts = untrack(may_act).then(|| {
        let press = |act: &MailAct| {
            let act = *act;
            let (label, face) = act_words(act);
            Button::new(label).icon(face).small().busy(move || list.busy.get()).press(move || list.act(vec![id], act))
        };
        div("row").children(act_for(mail.state).iter().map(press))
    });
    let trouble = mail.error.as_ref().map(|error| notice(tone, p("").child(say(error))));
    let doubt = (mail.state == MailState::Doubtful).then(|| notice(Tone::AtRisk, p("").child(t.mails_doubt())));
    let next = mail
        .next_at
        .filter(|_| mail.state == MailState::Queued && mail.attempts > 0)
        .map(|at| p("soft small").child(t.mails_next_try(format::relative(t, at, now()))));
    let dossiers = mail
        .dossiers
        .iter()
        .map(|d| el("li").child(link("", &format!("/dossiers/{}?part=mandates", d.id)).child(&d.name)));
    let by = match &mail.by_name {
        Some(who) => t.mails_by(who),
        None => t.mails_by_campaign().to_owned(),
    };
    let line = |label: &str, value: Option<View>| {
        value.map(|value| div("fact").child(el("dt").child(label)).child(el("dd").child(value)))
    };
    let when = |at: chrono::DateTime<chrono::Utc>| View::text(&format::moment(t, at));
    let to = match mail.to_name.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => format!("{name} <{}>", mail.to),
        None => mail.to.clone(),
    };
    let facts = el("dl")
        .class("fact-list")
        .child(line(t.mails_from(), Some(View::text(&content.from))))
        .child(line(t.mails_to(), Some(View::text(&to))))
        .child(line(t.mails_reply_to(), content.reply_to.as_deref().map(View::text)))
        .child(line(t.mails_when(), Some(when(mail.sent_at.unwrap_or(mail.created_at)))))
        .child(line(t.mails_attempts(), Some(View::text(&mail.attempts.to_string()))))
        .child(line(t.mails_receipt(), mail.receipt.as_deref().map(|r| el("code").class("wraps-code").child(r))))
        .child(line(t.mails_message_id(), Some(el("code").class("wraps-code").child(&mail.message_id))))
        .child(line(t.mails_dossiers(), Some(el("ul").children(dossiers))));
    div("stack-wide")
        .child(
            div("dossier-meta small")
                .child(status_as(tone, word))
                .child(span("strong").child(words::purpose(mail.purpose)))
                .child(span("faint").child(by)),
        )
        .child(acts)
        .child(doubt)
        .child(trouble)
        .child(next)
        .child(facts)
        .child(history(list, content))
        .child(
            div("stack")
                .child(el("h3").child(t.mails_content()))
                .child(el("pre").class("mail-text").child(&content.text))
                .child(mail.link_id.map(|_| p("faint small").child(t.mails_content_secret()))),
        )
}

/// What became of a message, and what a person adds to it.
fn history(list: List, content: &MailContent) -> View {
    let t = t();
    let id = content.mail.id;
    let ways = [
        (AnswerWay::Telephone, t.mails_answer_by_phone(), Icon::Phone),
        (AnswerWay::Mail, t.mails_answer_by_mail(), Icon::Mail),
        (AnswerWay::Meeting, t.mails_answer_met(), Icon::Check),
    ];
    let note = (untrack(may_act) && content.mail.sent_at.is_some()).then(|| {
        div("row").children(ways.into_iter().map(|(how, label, face)| {
            let press = move || list.answered(id, how);
            Button::new(label).icon(face).small().busy(move || list.busy.get()).press(press)
        }))
    });
    let is_hint = |e: &MailEvent| matches!(e.kind, MailEventKind::Opened | MailEventKind::Clicked);
    let hint = content.events.iter().any(is_hint).then(|| p("faint small").child(t.mails_event_hint()));
    let undo =
        content.events.iter().filter(|e| e.kind == MailEventKind::Answered && !e.undone && untrack(may_act)).map(|e| {
            let event = e.id;
            let press = move || list.undo_answer(id, event);
            Button::new(t.mails_answer_undo()).icon(Icon::Undo).small().busy(move || list.busy.get()).press(press)
        });
    let undo: Vec<_> = undo.collect();
    if content.events.is_empty() && note.is_none() {
        return View::none();
    }
    div("stack")
        .child(el("h3").child(t.mails_events()))
        .child(timeline(content.events.iter().rev().map(event).collect()))
        .child(hint)
        .child(note)
        .child(div("row").children(undo))
}

fn event(event: &MailEvent) -> Event {
    let t = t();
    let (icon, tone) = match event.kind {
        MailEventKind::Delivered | MailEventKind::Answered => (Icon::Check, Some(Tone::Ready)),
        MailEventKind::BouncedHard | MailEventKind::Blocked | MailEventKind::Complained => {
            (Icon::Close, Some(Tone::Late))
        }
        MailEventKind::BouncedSoft | MailEventKind::Delayed => (Icon::Refresh, Some(Tone::AtRisk)),
        MailEventKind::Opened | MailEventKind::Clicked => (Icon::Eye, None),
        MailEventKind::Relayed
        | MailEventKind::AutoReplied
        | MailEventKind::AnswerUndone
        | MailEventKind::Unsubscribed
        | MailEventKind::Resubscribed => (Icon::Mail, None),
    };
    let mut what = say(&event.label);
    if let Some(how) = event.how {
        what = format!("{what} ({})", say(&how.text()).to_lowercase());
    }
    for (is, word) in [(event.undone, t.mails_event_undone()), (event.earlier, t.mails_event_earlier())] {
        if is {
            what = format!("{what}, {word}");
        }
    }
    Event {
        icon,
        tone: tone.filter(|_| !event.undone && !event.earlier),
        when: format::relative(t, event.at, now()),
        exact: format::moment(t, event.at),
        who: event.by_name.clone().unwrap_or_default(),
        what,
        detail: event.said.clone(),
    }
}

fn selection_bar(list: List) -> View {
    list.selection.bar(
        |n| t().mails_selected(n),
        move || {
            let press = |act: &MailAct| {
                let act = *act;
                let (label, face) = act_words(act);
                let button = Button::new(label).icon(face).small().busy(move || list.busy.get());
                button.press(move || list.act(list.chosen(), act))
            };
            span("row").children(MailAct::ALL.iter().map(press))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_clients_hands_is_not_acted_on() {
        assert!(act_for(MailState::Sent).is_empty() && act_for(MailState::Sending).is_empty());
        assert_eq!(act_for(MailState::Doubtful), [MailAct::Arrived, MailAct::Retry]);
    }

    #[test]
    fn an_address_is_the_query_of_the_api() {
        let query = wanted("mail=failed,bounced,nonsense&purpose=mandate&panel=x");
        assert_eq!(query.mail.0, [MailState::Failed, MailState::Bounced]);
        assert_eq!(crate::api::query_string(&query), "mail=failed,bounced&purpose=mandate");
    }
}
