//! What the firm told the client, asked and got. Nothing here is changed or deleted: an exchange that was recorded by
//! mistake is cancelled with a reason, and stays.

use contract::endpoint::op;
use contract::{Attachment, Exchange, ExchangeCancel, ExchangeChannel, ExchangeKind, NewExchange, Nothing, PageQuery};
use domain::{Criterion, CriterionState, DossierId, ExchangeId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use super::open::{Open, may_manage, may_write};
use crate::api::{SeekList, act, ask, download, request, seek_list};
use crate::browser::{now, sha256};
use crate::dom::{View, div, el, live, p, show, span};
use crate::pages::{Form, words};
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Choice, Dialog, Field, Icon, Tone, date_field, empty_state, icon, load_more, seek_state, segments,
    select_field, shape, text_area, text_field, toasts,
};

const PAGE: u32 = 30;

pub fn kind(kind: ExchangeKind) -> &'static str {
    match kind {
        ExchangeKind::Told => t().exchange_told(),
        ExchangeKind::Asked => t().exchange_asked(),
        ExchangeKind::Received => t().exchange_received(),
    }
}

pub fn channel(channel: ExchangeChannel) -> &'static str {
    match channel {
        ExchangeChannel::Meeting => t().channel_meeting(),
        ExchangeChannel::Call => t().channel_call(),
        ExchangeChannel::Email => t().channel_email(),
        ExchangeChannel::Letter => t().channel_letter(),
        ExchangeChannel::Platform => t().channel_platform(),
        ExchangeChannel::Other => t().channel_other(),
    }
}

fn face(channel: ExchangeChannel) -> Icon {
    match channel {
        ExchangeChannel::Meeting => Icon::People,
        ExchangeChannel::Call => Icon::Phone,
        ExchangeChannel::Email | ExchangeChannel::Letter => Icon::Mail,
        ExchangeChannel::Platform => Icon::Globe,
        ExchangeChannel::Other => Icon::More,
    }
}

pub fn view(open: Open) -> View {
    let list = seek_list(
        move || open.file.value.with(|file| file.as_ref().map(|file| file.value.id)),
        |id: Option<DossierId>, after| {
            Box::pin(async move {
                let Some(id) = id else { return Ok((Vec::new(), None)) };
                let page = ask::<op::ListExchanges>(id, PageQuery { limit: Some(PAGE), after }).await?;
                Ok((page.data, page.next))
            })
        },
    );
    let (recording, cancelling) = (RwSignal::new(false), RwSignal::new(None::<Exchange>));
    let record = move || Button::new(t().exchange_record()).icon(Icon::Plus).press(move || recording.set(true));
    let rows = move || {
        let items = move || {
            let one = |exchange: &Exchange| row(exchange, cancelling);
            el("ol").class("exchanges").children(list.rows.with(|rows| rows.iter().map(one).collect::<Vec<_>>()))
        };
        div("stack").child(live(items)).child(load_more(list, String::new))
    };
    let none = move || {
        let acts = untrack(may_write).then(record);
        empty_state(Icon::Mail, t().exchanges_empty_title(), t().exchanges_empty(), acts)
    };
    let some = move || list.rows.with(|rows| !rows.is_empty());
    let head =
        div("spread").child(advice_acts(open)).show(move || some() && may_write(), move || record().primary().into());
    div("stack-wide")
        .child(head)
        .child(informed(open))
        .child(seek_state(list, none, rows))
        .child(Dialog::new(recording, t().exchange_record(), move || form(open, list, recording)).wide())
        .child(cancel_dialog(list, cancelling))
}

/// Where the criterion stands that exchanges are kept for.
fn informed(open: Open) -> View {
    live(move || {
        let (state, proof) = open.of(|d| {
            let criterion = d.readiness.criteria.iter().find(|c| c.criterion == Criterion::ClientInformed)?;
            Some((criterion.state, criterion.proof.as_ref().map(|proof| proof.on)))
        })?;
        let (tone, said) = match state {
            CriterionState::Met => (Tone::Ready, t().score_met()),
            CriterionState::Half => (Tone::AtRisk, t().score_half()),
            CriterionState::Missing => (Tone::AtRisk, t().score_missing_state()),
            CriterionState::NotApplicable => (Tone::OnTrack, t().score_not_applicable()),
        };
        let since = proof.map(|day| span("soft").child(format!(" · {}", t().proof_dated(format::date(t(), day)))));
        Some(
            p("small")
                .child(
                    span("status").add_class(tone.class()).child(shape(tone)).child(
                        span("").child(t().exchange_criterion(words::criterion(Criterion::ClientInformed), said)),
                    ),
                )
                .child(since),
        )
    })
}

/// The file that shows all of this to others: a page to print, and the ZIP with its hashes.
pub fn advice_acts(open: Open) -> View {
    let fetching = RwSignal::new(false);
    let fetch = move || {
        let Some(file) = open.current() else { return };
        save_zip(file.value.id, fetching);
    };
    let page = live(move || {
        let id = open.of(|d| Some(d.id))?;
        Some(View::from(Button::link(t().advice_open(), &format!("/dossiers/{id}/conseil")).icon(Icon::File)))
    });
    let zip = Button::new(t().advice_zip()).icon(Icon::Download).quiet().busy(move || fetching.get()).press(fetch);
    div("row").child(page).child(zip)
}

pub fn save_zip(id: DossierId, fetching: RwSignal<bool>) {
    fetching.set(true);
    spawn_local(async move {
        let call = request::<op::ExportAdviceFile>(&id, &Nothing {}).detached();
        if let Err(failure) = download(call, "dossier-de-conseil.zip").await {
            toasts().failed(&failure);
        }
        fetching.try_set(false);
    });
}

fn row(exchange: &Exchange, cancelling: RwSignal<Option<Exchange>>) -> View {
    let t = t();
    let gone = exchange.cancelled.is_some();
    let what = div("row small soft")
        .child(span("strong").child(format::date(t, exchange.on)))
        .child(span("tag").child(kind(exchange.kind)))
        .child(span("row nowrap").child(icon(face(exchange.channel))).child(channel(exchange.channel)))
        .child(gone.then(|| span("tag").child(t.exchange_cancelled_tag())));
    let subject = el(if gone { "s" } else { "strong" }).class("exchange-subject").child(&exchange.subject);
    let text = (!exchange.text.is_empty()).then(|| {
        let class = if gone { "exchange-text faint" } else { "exchange-text" };
        p(class).child(&exchange.text)
    });
    let attached = exchange.attachment.as_ref().map(|file| {
        let hash: String = file.sha256.chars().take(12).collect();
        p("row nowrap small soft exchange-file")
            .child(icon(Icon::File))
            .child(span("truncate").child(&file.name))
            .child(el("code").class("faint").attr("title", &file.sha256).child(t.exchange_hash(&hash)))
    });
    let by = exchange.by_name.as_deref().unwrap_or(t.history_system());
    let written = p("faint small").child(t.exchange_by(by, &format::moment(t, exchange.recorded_at)));
    let cancelled = exchange.cancelled.as_ref().map(|c| {
        let by = c.by_name.as_deref().unwrap_or(t.history_system());
        let words = t.exchange_cancelled(by, &format::moment(t, c.at), &c.reason);
        p("small ink-late").child(words)
    });
    let (own, asked) = (exchange.by, exchange.clone());
    let may = move || may_write() && (may_manage() || session::me().with(|me| me.user_id == own));
    let act = (!gone).then(|| {
        show(may, move || {
            let asked = asked.clone();
            let label = crate::text::t().exchange_cancel_of(&asked.subject);
            let cancel = Button::new(crate::text::t().exchange_cancel())
                .quiet()
                .small()
                .press(move || cancelling.set(Some(asked.clone())));
            View::from(cancel).label(&label)
        })
    });
    let body = div("grow stack-tight")
        .child(what)
        .child(p("").child(subject))
        .child(text)
        .child(attached)
        .child(written)
        .child(cancelled);
    el("li").class("exchange").child(body).child(act)
}

/// A file of the person: its name, and its hash once it is computed. The file itself stays where it is.
#[derive(Clone, PartialEq)]
enum Chosen {
    None,
    Reading(String),
    Known(Attachment),
    Failed(String),
}

fn file_field(chosen: RwSignal<Chosen>, error: impl Fn() -> Option<String> + 'static) -> View {
    let input = el("input").class("input input-file").attr("type", "file");
    let field: HtmlInputElement = input.input().clone();
    let input = input.on("change", move |_| {
        let Some(file) = field.files().and_then(|files| files.get(0)) else { return chosen.set(Chosen::None) };
        let name = file.name();
        chosen.set(Chosen::Reading(name.clone()));
        spawn_local(async move {
            let hash = sha256(file.unchecked_ref()).await;
            // Another file may have been chosen meanwhile.
            if chosen.try_get_untracked() != Some(Chosen::Reading(name.clone())) {
                return;
            }
            chosen.try_set(match hash {
                Some(sha256) => Chosen::Known(Attachment { name, sha256 }),
                None => Chosen::Failed(name),
            });
        });
    });
    let failed = move || match chosen.get() {
        Chosen::Failed(name) => Some(t().exchange_file_failed(&name)),
        _ => error(),
    };
    let said = p("small soft").attr("role", "status").live(move || match chosen.get() {
        Chosen::Reading(name) => View::text(&t().exchange_file_reading(&name)),
        Chosen::Known(file) => View::all([
            View::text(t().exchange_file_hash()),
            View::text(" "),
            el("code").class("exchange-hash").child(&file.sha256),
        ]),
        Chosen::None | Chosen::Failed(_) => View::none(),
    });
    let field = Field::around(t().exchange_file(), input.clone(), input)
        .hint(t().exchange_file_hint())
        .error(failed)
        .optional();
    div("stack-tight").child(field).child(said)
}

fn form(open: Open, list: SeekList<Exchange>, shown: RwSignal<bool>) -> View {
    let t = t();
    let what = RwSignal::new(ExchangeKind::Told.as_str().to_owned());
    let by = RwSignal::new(ExchangeChannel::Email.as_str().to_owned());
    let on = RwSignal::new(format::paris(now()).date().to_string());
    let (subject, text) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let chosen = RwSignal::new(Chosen::None);
    let no_day = RwSignal::new(false);
    let form = Form::new();
    let kinds = ExchangeKind::ALL.iter().map(|k| Choice::new(k.as_str(), kind(*k))).collect();
    let channels = || ExchangeChannel::ALL.iter().map(|c| Choice::new(c.as_str(), channel(*c))).collect();
    let refused_day = form.error("/on", on);
    let day_error = move || {
        if no_day.get() && on.with(String::is_empty) {
            return Some(crate::text::t().proof_day_missing().to_owned());
        }
        refused_day()
    };
    let pair = div("field-pair")
        .child(select_field(t.exchange_channel(), by, channels).error(form.error("/channel", by)))
        .child(date_field(t.exchange_on(), on).error(day_error));
    let fields = [
        segments(t.exchange_kind(), kinds, move || what.get(), move |k| what.set(k)),
        pair,
        text_field(t.exchange_subject(), subject).error(form.error("/subject", subject)).autofocus().into(),
        text_area(t.exchange_text(), text).optional().error(form.error("/text", text)).into(),
        file_field(chosen, form.error("/attachment", chosen)),
        p("soft small").child(t.exchange_final()),
        div("row row-end").child(Button::new(t.cancel()).press(move || shown.set(false))).child(
            Button::new(t.exchange_save())
                .primary()
                .submit()
                .disabled(move || matches!(chosen.get(), Chosen::Reading(_)))
                .busy(form.busy()),
        ),
    ];
    form.build(fields, move |form| {
        let Some(file) = open.current() else { return };
        no_day.set(true);
        let (Ok(day), Ok(kind), Ok(channel)) = (
            on.get_untracked().parse(),
            ExchangeKind::try_from(what.get_untracked().as_str()),
            ExchangeChannel::try_from(by.get_untracked().as_str()),
        ) else {
            return;
        };
        let attachment = match chosen.get_untracked() {
            Chosen::Known(file) => Some(file),
            Chosen::None => None,
            // What cannot be read is not quietly left out.
            Chosen::Reading(_) | Chosen::Failed(_) => return,
        };
        let body = NewExchange {
            kind,
            channel,
            on: day,
            subject: subject.get_untracked(),
            text: text.get_untracked(),
            attachment,
        };
        let id = file.value.id;
        form.send(async move { act::<op::CreateExchange>(&id, &Nothing {}, &body).await }, move |_| {
            toasts().done(crate::text::t().exchange_saved());
            shown.try_set(false);
            list.reload();
            // What was told may count for the score.
            open.file.reload();
        });
    })
}

fn cancel_dialog(list: SeekList<Exchange>, cancelling: RwSignal<Option<Exchange>>) -> View {
    let shown = RwSignal::new(false);
    crate::dom::react(move || shown.set(cancelling.with(Option::is_some)));
    crate::dom::react(move || {
        if !shown.get() && cancelling.with_untracked(Option::is_some) {
            cancelling.set(None);
        }
    });
    let body = move || {
        let t = t();
        let Some(exchange) = cancelling.get_untracked() else { return View::none() };
        let reason = RwSignal::new(String::new());
        let form = Form::new();
        let fields = [
            p("").child(t.exchange_cancel_detail(&exchange.subject)),
            text_field(t.exchange_cancel_reason(), reason)
                .hint(t.exchange_cancel_reason_hint())
                .error(form.error("/reason", reason))
                .autofocus()
                .into(),
            div("row row-end")
                .child(Button::new(t.exchange_keep()).press(move || cancelling.set(None)))
                .child(Button::new(t.exchange_cancel()).danger().submit().busy(form.busy())),
        ];
        let id: ExchangeId = exchange.id;
        form.build(fields, move |form| {
            let body = ExchangeCancel { reason: reason.get_untracked() };
            form.send(async move { act::<op::CancelExchange>(&id, &Nothing {}, &body).await }, move |new| {
                toasts().done(crate::text::t().exchange_cancel_done());
                cancelling.try_set(None);
                list.patch(|rows| {
                    if let Some(row) = rows.iter_mut().find(|row| row.id == new.id) {
                        *row = new;
                    }
                });
            });
        })
    };
    Dialog::new(shown, t().exchange_cancel_title(), body).into()
}
