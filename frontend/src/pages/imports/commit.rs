//! *Valider*: what will happen, in so many words; then the result, the refused rows, and the way back.

use contract::endpoint::op;
use contract::{
    FlowUndo, ImportCounts, ImportState, ImportSubject, ItemOutcome, ItemResult, JobKind, Nothing, UndoResult,
};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::check::{ended_badly, working};
use super::detail::{Page, Step};
use super::upload::{Told, upload_place};
use crate::api::{download, request, say};
use crate::browser::now;
use crate::dom::{View, div, el, link, p, span};
use crate::frame::href;
use crate::text::{format, t};
use crate::ui::{Button, Dialog, Icon, Tone, icon, shape, status_as, toasts};

pub fn step(page: Page) -> View {
    let state = page.state();
    div("stack").live(move || {
        let state = state.get();
        untrack(|| match state {
            ImportState::Draft | ImportState::Failed => card(p("soft").child(t().imp_commit_first())),
            ImportState::Checking => card(p("soft").child(t().imp_commit_checking())),
            ImportState::Checked => confirm(page),
            ImportState::Committing | ImportState::Undoing => card(working(page)),
            ImportState::Committed => committed(page),
            ImportState::Undone => undone(page),
        })
    })
}

fn card(content: View) -> View {
    el("section").class("card").child(content)
}

fn counts(page: Page) -> ImportCounts {
    page.import.with_untracked(|import| import.counts.clone().unwrap_or_default())
}

/// One sentence of a list, with the shape of what it means; nothing when it is about nothing.
fn sentence(tone: Tone, n: u64, words: String) -> Option<View> {
    (n > 0).then(|| el("li").add_class(tone.class()).child(shape(tone)).child(span("").child(words)))
}

fn confirm(page: Page) -> View {
    let t = t();
    let counts = counts(page);
    let flows = page.subject() == ImportSubject::Flows;
    let touched = counts.create + counts.update + counts.unread;
    let (create, update, unchanged, label, nothing, how) = if flows {
        (
            t.imp_will_add_flows(counts.create),
            t.imp_will_add_statuses(counts.update),
            t.imp_will_not_change_flows(counts.unchanged),
            t.imp_commit_flows(touched),
            t.imp_will_nothing_flows(),
            t.imp_in_pieces(),
        )
    } else {
        (
            t.imp_will_create(counts.create),
            t.imp_will_update(counts.update),
            t.imp_will_not_change(counts.unchanged),
            t.imp_commit(touched),
            t.imp_will_nothing(),
            t.imp_one_transaction(),
        )
    };
    let list = [
        sentence(Tone::Ready, counts.create, create),
        sentence(Tone::OnTrack, counts.update, update),
        sentence(Tone::AtRisk, counts.unread, t.imp_will_wait(counts.unread)),
        sentence(Tone::Unknown, counts.unchanged, unchanged),
        sentence(Tone::Unknown, counts.skipped, t.imp_will_skip(counts.skipped)),
        sentence(Tone::Late, counts.error, t.imp_will_refuse(counts.error)),
    ];
    let label = if touched > 0 { label } else { t.imp_commit_nothing().to_owned() };
    let button = Button::new(label).busy(move || page.busy.get()).press(move || page.commit());
    let button = if touched > 0 { button.primary() } else { button };
    let rejects = (counts.error > 0).then(|| download_button(page).quiet());
    el("section")
        .class("card")
        .child(el("h2").child(t.imp_commit_title()))
        .child(ended_badly(page, JobKind::ImportCommit))
        .child((touched == 0).then(|| p("").child(nothing)))
        .child(el("ul").class("imp-sentences").children(list.into_iter().flatten()))
        .child((touched > 0).then(|| p("soft imp-measure").child(how)))
        .child(div("row imp-acts").child(button).child(rejects))
}

fn committed(page: Page) -> View {
    let t = t();
    let counts = counts(page);
    let when = page.import.with_untracked(|import| import.committed_at).map(|at| format::relative(t, at, now()));
    let figure = |tone: Tone, n: u64, words: String, rows: &str| {
        (n > 0).then(|| {
            let href = page.address.href(&[("etape", Some(Step::Check.tag())), ("lignes", Some(rows))]);
            el("li").child(
                link("imp-figure", &href).add_class(tone.class()).child(shape(tone)).child(span("").child(words)),
            )
        })
    };
    let flows = page.subject() == ImportSubject::Flows;
    let (create, update, unchanged) = if flows {
        (t.imp_flows_new(counts.create), t.imp_flows_added(counts.update), t.imp_has_unchanged(counts.unchanged))
    } else {
        (t.imp_has_created(counts.create), t.imp_has_updated(counts.update), t.imp_has_unchanged(counts.unchanged))
    };
    let figures = [
        figure(Tone::Ready, counts.create, create, "create"),
        figure(Tone::OnTrack, counts.update, update, "update"),
        figure(Tone::AtRisk, counts.unread, t.imp_has_unread(counts.unread), "unread"),
        figure(Tone::Unknown, counts.unchanged, unchanged, "unchanged"),
        figure(Tone::Unknown, counts.skipped, t.imp_has_skipped(counts.skipped), "skipped"),
        figure(Tone::Late, counts.error, t.imp_has_refused(counts.error), "error"),
    ];
    let lead = |when: String| if flows { t.imp_result_lead_flows(&when) } else { t.imp_result_lead(&when) };
    let result = el("section")
        .class("card")
        .child(
            div("stack-tight")
                .child(
                    div("row imp-done tone-ready").child(icon(Icon::Check)).child(el("h2").child(t.imp_result_title())),
                )
                .child(when.map(|when| p("soft").child(lead(when)))),
        )
        .child(ended_badly(page, JobKind::ImportUndo))
        .child(el("ul").class("imp-sentences").children(figures.into_iter().flatten()))
        .child(
            div("row imp-acts")
                .children(ways_on(page, &counts))
                .child(Button::new(t.imp_see_rows()).quiet().press(move || page.go(Step::Check))),
        );
    View::all([result, (counts.error > 0).then(|| rejects(page, counts.error)).into(), undo(page, &counts)])
}

/// Where to see what has come, and first where it asks for something.
fn ways_on(page: Page, counts: &ImportCounts) -> Vec<Button> {
    let t = t();
    if page.subject() == ImportSubject::Clients {
        return vec![
            Button::link(t.imp_see_cockpit(), "/cockpit").primary().icon(Icon::Cockpit),
            Button::link(t.imp_see_dossiers(), "/dossiers").icon(Icon::Dossiers),
        ];
    }
    let platform = page.import.with_untracked(|import| import.platform.clone());
    let flows = match &platform {
        Some(platform) => Button::link(t.imp_see_flows(), &href("/flux", &[("platform", platform)])),
        None => Button::link(t.imp_see_flows(), "/flux"),
    };
    let flows = flows.icon(Icon::Sort);
    // The rules have run with the import.
    let anomalies = platform
        .as_deref()
        .map_or_else(|| "/anomalies".to_owned(), |platform| href("/anomalies", &[("platform", platform)]));
    let anomalies = Button::link(t.imp_see_anomalies(), &anomalies).icon(Icon::Warning);
    if counts.unread == 0 {
        return vec![flows.primary(), anomalies];
    }
    vec![Button::link(t.imp_unread_go(), "/flux?tab=words").primary().icon(Icon::Edit), flows, anomalies]
}

fn download_button(page: Page) -> Button {
    let busy = RwSignal::new(false);
    Button::new(t().imp_rejects_download()).icon(Icon::Download).busy(move || busy.get()).press(move || {
        busy.set(true);
        spawn_local(async move {
            let call = request::<op::ExportImportRejects>(&page.id, &Nothing {}).detached();
            if let Err(failure) = download(call, t().imp_rejects_file()).await {
                toasts().failed(&failure);
            }
            busy.try_set(false);
        });
    })
}

fn rejects(page: Page, n: u64) -> View {
    let t = t();
    // The corrected file tells of the same, from the same platform.
    let platform = page.import.with_untracked(|import| import.platform.clone()).unwrap_or_default();
    let told = Told { subject: page.of(|import| import.subject), platform: RwSignal::new(platform) };
    el("section")
        .class("card")
        .child(
            div("stack-tight")
                .child(el("h2").child(t.imp_rejects_title(n)))
                .child(p("soft imp-measure").child(t.imp_rejects_detail())),
        )
        .child(div("row imp-acts").child(download_button(page)))
        .child(el("h3").child(t.imp_rejects_drop()))
        .child(upload_place(told))
}

fn undo(page: Page, counts: &ImportCounts) -> View {
    let t = t();
    let ask = RwSignal::new(false);
    let (created, updated, unread) = (counts.create, counts.update, counts.unread);
    if created + updated + unread == 0 {
        return View::none();
    }
    let flows = page.subject() == ImportSubject::Flows;
    let body = move || {
        let t = crate::text::t();
        if flows {
            return div("stack")
                .child(p("").child(t.imp_undo_flows(created + updated + unread)))
                .child(p("soft").child(t.imp_undo_flows_kept()));
        }
        let list = [
            sentence(Tone::Late, created, t.imp_undo_created(created)),
            sentence(Tone::OnTrack, updated, t.imp_undo_updated(updated)),
        ];
        div("stack")
            .child(el("ul").class("imp-sentences").children(list.into_iter().flatten()))
            .child(p("soft").child(t.imp_undo_kept()))
    };
    let footer = move || {
        let t = crate::text::t();
        View::all([
            View::from(Button::new(t.imp_undo_keep()).autofocus().press(move || ask.set(false))),
            Button::new(t.imp_undo_confirm())
                .danger()
                .icon(Icon::Undo)
                .busy(move || page.busy.get())
                .press(move || {
                    ask.set(false);
                    page.undo();
                })
                .into(),
        ])
    };
    let card = if flows { t.imp_undo_card_flows() } else { t.imp_undo_card_detail() };
    el("section")
        .class("card imp-undo")
        .child(
            div("spread")
                .child(
                    div("stack-tight grow")
                        .child(el("h2").child(t.imp_undo_card()))
                        .child(p("soft imp-measure").child(card)),
                )
                .child(Button::new(t.imp_undo()).danger().icon(Icon::Undo).press(move || ask.set(true))),
        )
        .child(Dialog::new(ask, t.imp_undo_title(), body).footer(footer))
}

fn undone(page: Page) -> View {
    let t = t();
    let Some(result) = page.import.with_untracked(|import| import.undo.clone()) else { return View::none() };
    if let Some(flows) = result.flows {
        return flows_undone(&flows);
    }
    let UndoResult { reversed, kept, failed, left, .. } = result;
    let buckets = el("ul").class("imp-buckets").children([
        bucket(Tone::Ready, reversed, t.imp_bucket_reversed(reversed), t.imp_bucket_reversed_detail()),
        bucket(Tone::AtRisk, kept, t.imp_bucket_kept(kept), t.imp_bucket_kept_detail()),
        bucket(Tone::Late, failed, t.imp_bucket_failed(failed), t.imp_bucket_failed_detail()),
    ]);
    let shown = left.len() as u64;
    let list = (shown > 0).then(|| {
        div("stack-tight")
            .child(el("h3").child(t.imp_left_list()))
            .child((shown < kept + failed).then(|| p("soft small").child(t.imp_left_first(shown))))
            .child(el("ul").class("imp-left").children(left.into_iter().map(left_alone)))
    });
    let next = div("row imp-acts")
        .child(Button::link(t.imp_back(), "/imports").primary().icon(Icon::Import))
        .child(Button::link(t.imp_see_dossiers(), "/dossiers").icon(Icon::Dossiers));
    el("section")
        .class("card")
        .child(
            div("stack-tight").child(el("h2").child(t.imp_undone_title())).child(p("soft").child(t.imp_undone_lead())),
        )
        .child(buckets)
        .child(list)
        .child(next)
}

fn bucket(tone: Tone, n: u64, word: String, detail: &str) -> View {
    el("li")
        .class("imp-bucket")
        .add_class(tone.class())
        .child(
            div("row")
                .child(shape(tone))
                .child(span("figure-number num").child(format::number(t(), n as i64)))
                .child(span("strong").child(word)),
        )
        .child(p("soft small").child(detail))
}

fn flows_undone(done: &FlowUndo) -> View {
    let t = t();
    let (removed, statuses, kept) = (done.flows_removed, done.statuses_removed, done.flows_kept);
    let buckets = el("ul").class("imp-buckets").children([
        bucket(Tone::Ready, removed, t.imp_bucket_flows(removed), t.imp_bucket_flows_detail()),
        bucket(Tone::Ready, statuses, t.imp_bucket_statuses(statuses), t.imp_bucket_statuses_detail()),
        bucket(Tone::AtRisk, kept, t.imp_bucket_flows_kept(kept), t.imp_bucket_flows_kept_detail()),
    ]);
    let next = div("row imp-acts")
        .child(Button::link(t.imp_back(), "/imports").primary().icon(Icon::Import))
        .child(Button::link(t.imp_see_flows(), "/flux").icon(Icon::Sort));
    el("section")
        .class("card")
        .child(
            div("stack-tight")
                .child(el("h2").child(t.imp_undone_title()))
                .child(p("soft").child(t.imp_undone_lead_flows())),
        )
        .child(buckets)
        .child(next)
}

fn left_alone(item: ItemResult) -> View {
    let t = t();
    let (tone, word) = match item.outcome {
        ItemOutcome::Kept => (Tone::AtRisk, t.imp_left_outcome_kept()),
        ItemOutcome::Changed | ItemOutcome::Unchanged | ItemOutcome::NotFound | ItemOutcome::Refused => {
            (Tone::Late, t.imp_left_outcome_failed())
        }
    };
    let name = item.name.unwrap_or_else(|| t.imp_row_unnamed().to_owned());
    let name = if item.outcome == ItemOutcome::NotFound {
        span("imp-client").child(name)
    } else {
        link("imp-client", &format!("/dossiers/{}", item.dossier_id)).child(name)
    };
    el("li")
        .child(status_as(tone, word).add_class("status-plain"))
        .child(name)
        .child(item.reason.map(|reason| span("soft").child(say(&reason))))
}
