//! Campaigns: the same mandates for all dossiers of a filter, those that become eligible later included.

use contract::endpoint::op;
use contract::{
    Campaign, CampaignChange, CampaignList, CampaignPlan, CampaignState, DossierQuery, NewCampaign, Nothing, Several,
};
use domain::{MandateKind, Permission};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::request::kind_boxes;
use super::words;
use crate::api::{self, Load, ask, change, load, query_string, say};
use crate::dom::{View, div, el, link, live, memo, p, show, span};
use crate::frame::{Step, address, portfolio_scope, refresh_jobs};
use crate::pages::audience::Audience;
use crate::pages::calm::settled;
use crate::pages::form::Form;
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Dialog, Icon, Segment, Tone, empty_state, loaded, notice, stacked_bar, status_as, tag, text_area,
    text_field, toasts,
};

/// Opens the dialog, from links elsewhere.
const NEW: &str = "new";
const NAMED: usize = 8;

#[derive(Clone, Copy)]
struct Page {
    list: Load<CampaignList>,
    creating: RwSignal<bool>,
    editing: RwSignal<Option<Campaign>>,
    ending: RwSignal<Option<Campaign>>,
    moved: RwSignal<u32>,
}

fn may_manage() -> bool {
    session::can(Permission::DossierManage)
}

pub fn view(moved: RwSignal<u32>) -> View {
    let page = Page {
        list: load(|| (), |()| ask::<op::ListCampaigns>(Nothing {}, Nothing {})),
        creating: RwSignal::new(false),
        editing: RwSignal::new(None),
        ending: RwSignal::new(None),
        moved,
    };
    let asked = address().get(NEW);
    crate::dom::after(move || {
        if asked.get().is_some() && may_manage() {
            page.creating.set(true);
            address().set(&[(NEW, None)], Step::Replace);
        }
    });
    let begin = || Button::new(t().campaign_new()).icon(Icon::Plus).primary();
    let head = show(
        move || page.list.value.with(|list| list.as_ref().is_some_and(|list| !list.data.is_empty())),
        move || {
            let note = (!untrack(may_manage)).then(|| p("soft small").child(t().campaign_manage_only()));
            let act = untrack(may_manage).then(|| begin().press(move || page.creating.set(true)));
            div("spread").child(note).child(span("")).child(act)
        },
    );
    let cards = loaded(page.list, 6, move |list: CampaignList| {
        if list.data.is_empty() {
            let act = untrack(may_manage).then(|| begin().press(move || page.creating.set(true)));
            let detail = if act.is_some() {
                t().campaigns_none_detail().to_owned()
            } else {
                format!("{} {}", t().campaigns_none_detail(), t().campaign_manage_only())
            };
            return empty_state(Icon::Mandate, t().campaigns_none_title(), &detail, act);
        }
        div("campaigns").children(list.data.iter().map(|campaign| card(page, campaign)))
    });
    let create = live(move || {
        page.creating
            .get()
            .then(|| untrack(|| Dialog::new(page.creating, t().campaign_new(), move || form(page)).wide()))
    });
    div("stack-wide").child(head).child(cards).child(create).child(edit_dialog(page)).child(end_dialog(page))
}

fn card(page: Page, campaign: &Campaign) -> View {
    let t = t();
    let (tone, word) = words::campaign_state(campaign.state);
    let day = format::date(t, format::paris(campaign.created_at).date());
    let begun = match &campaign.by_name {
        Some(who) => t.campaign_started_by(day, who),
        None => t.campaign_started_on(day),
    };
    let rows = format!("/dossiers?{}", query_string(&campaign.filter));
    let register = |state: &str| {
        let kinds = Several(campaign.kinds.clone()).to_string();
        format!("/mandats?kind={kinds}&{state}")
    };
    // Who has everything in force was asked before, or had it already.
    let waiting = campaign.asked.saturating_sub(campaign.in_force);
    let other = campaign.audience.saturating_sub(campaign.in_force + waiting + campaign.left_out);
    let segments = [
        (Tone::Ready, t.campaign_legend_in_force(), campaign.in_force, register("in_force=true")),
        (Tone::OnTrack, t.campaign_legend_asked(), waiting, register("in_force=false")),
        (Tone::AtRisk, t.campaign_legend_left(), campaign.left_out, "/mandats?tab=eligibility".to_owned()),
        (Tone::Unknown, t.campaign_legend_other(), other, rows.clone()),
    ]
    .map(|(tone, label, count, href)| Segment { tone, label: label.to_owned(), count, href });
    let kinds = campaign.kinds.iter().map(|kind| tag(words::kind(*kind)));
    let head = div("spread")
        .child(
            div("stack-tight")
                .child(el("h3").class("truncate").attr("title", &campaign.name).child(&campaign.name))
                .child(div("row small").child(status_as(tone, word)).children(kinds).child(span("faint").child(begun))),
        )
        .child(acts(page, campaign));
    let message = (!campaign.message.is_empty()).then(|| p("soft quoted").child(&campaign.message));
    el("section")
        .class("card")
        .attr("aria-label", &campaign.name)
        .child(head)
        .child(stacked_bar(&campaign.name, &segments))
        .child(message)
        .child(p("small").child(link("", &rows).child(t.campaign_see_dossiers())))
}

fn acts(page: Page, campaign: &Campaign) -> View {
    if !untrack(may_manage) || campaign.state == CampaignState::Ended {
        return View::none();
    }
    let t = t();
    let own = campaign.clone();
    let turn = move |state: CampaignState| {
        let campaign = own.clone();
        move || set_state(page, &campaign, state)
    };
    let running = campaign.state == CampaignState::Running;
    let turn = if running {
        Button::new(t.campaign_pause()).icon(Icon::Clock).small().press(turn(CampaignState::Paused))
    } else {
        Button::new(t.campaign_resume()).icon(Icon::Refresh).small().primary().press(turn(CampaignState::Running))
    };
    let (edited, ended) = (campaign.clone(), campaign.clone());
    div("row")
        .child(turn)
        .child(
            Button::new(t.campaign_edit())
                .icon_only(Icon::Edit)
                .quiet()
                .small()
                .press(move || page.editing.set(Some(edited.clone()))),
        )
        .child(Button::new(t.campaign_end()).quiet().small().press(move || page.ending.set(Some(ended.clone()))))
}

fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

fn set_state(page: Page, campaign: &Campaign, state: CampaignState) {
    let body = CampaignChange { name: None, state: Some(state), message: None };
    let (id, tag) = (campaign.id, etag(campaign.version));
    spawn_local(async move {
        match change::<op::UpdateCampaign>(&id, &body, Some(&tag)).await {
            Ok(now) => toasts().done(t().campaign_changed(&now.value.name)),
            Err(failure) => toasts().failed(&failure),
        }
        page.list.reload();
        page.moved.try_update(|n| *n += 1);
    });
}

fn end_dialog(page: Page) -> View {
    live(move || {
        let campaign = page.ending.get()?;
        Some(untrack(|| {
            let open = RwSignal::new(true);
            crate::ui::once_closed(open, move || {
                page.ending.try_set(None);
            });
            let title = t().campaign_end_title(&campaign.name);
            let footer = move || {
                let campaign = campaign.clone();
                View::all([
                    Button::new(t().cancel()).autofocus().press(move || open.set(false)),
                    Button::new(t().campaign_end()).danger().press(move || {
                        open.set(false);
                        set_state(page, &campaign, CampaignState::Ended);
                    }),
                ])
            };
            View::from(Dialog::new(open, title, || p("").child(t().campaign_end_detail())).footer(footer))
        }))
    })
}

fn edit_dialog(page: Page) -> View {
    live(move || {
        let campaign = page.editing.get()?;
        Some(untrack(|| {
            let open = RwSignal::new(true);
            crate::ui::once_closed(open, move || {
                page.editing.try_set(None);
            });
            View::from(Dialog::new(open, t().campaign_edit(), move || edit_form(page, &campaign, open)))
        }))
    })
}

fn edit_form(page: Page, campaign: &Campaign, open: RwSignal<bool>) -> View {
    let (name, message) = (RwSignal::new(campaign.name.clone()), RwSignal::new(campaign.message.clone()));
    let form = Form::new();
    let t = t();
    let fields = [
        text_field(t.campaign_name(), name).error(form.error("/name", name)).autofocus().into(),
        text_area(t.campaign_message(), message)
            .hint(t.campaign_message_hint())
            .optional()
            .error(form.error("/message", message))
            .into(),
        div("row").child(Button::new(t.save()).primary().submit().busy(form.busy())),
    ];
    let (id, tag) = (campaign.id, etag(campaign.version));
    form.build(fields, move |form| {
        let body =
            CampaignChange { name: Some(name.get_untracked()), state: None, message: Some(message.get_untracked()) };
        let tag = tag.clone();
        let sent = async move { change::<op::UpdateCampaign>(&id, &body, Some(&tag)).await };
        form.send(sent, move |now| {
            toasts().done(crate::text::t().campaign_changed(&now.value.name));
            open.try_set(false);
            page.list.reload();
        });
    })
}

/// What the person asks for; the name says nothing about who is asked.
#[derive(Clone, PartialEq)]
struct Wish {
    kinds: Vec<MandateKind>,
    filter: DossierQuery,
}

fn form(page: Page) -> View {
    let (name, message) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let kinds = RwSignal::new(vec![MandateKind::Delegation]);
    let audience = Audience::default();
    let scope = portfolio_scope().get_untracked();
    let scoped = scope.is_some();
    let wish = memo(move || {
        let filter = audience.filter(scope.as_deref());
        Some(Wish { kinds: kinds.get(), filter }).filter(|wish| !wish.kinds.is_empty())
    });
    let calm = settled(move || wish.get());
    let plan: Load<Option<CampaignPlan>> = load(
        move || calm.get(),
        |wish: Option<Wish>| {
            Box::pin(async move {
                let Some(wish) = wish else { return Ok(None) };
                // Who is asked does not hang on the name, which may not be typed yet.
                let body = input(&wish, t().campaign_new().to_owned(), String::new(), true);
                api::act::<op::CreateCampaign>(&Nothing {}, &Nothing {}, &body).await.map(Some)
            })
        },
    );
    let form = Form::new();
    let t = t();
    let busy = form.busy();
    let foot = {
        let busy = busy.clone();
        live(move || {
            let n = plan.value.with(|p| p.as_ref().and_then(Option::as_ref).map(|p| p.dossiers)).unwrap_or_default();
            let label = match n {
                0 => crate::text::t().campaign_start_empty().to_owned(),
                n => crate::text::t().campaign_start(n),
            };
            View::all([
                Button::new(crate::text::t().cancel()).press(move || page.creating.set(false)),
                Button::new(label)
                    .primary()
                    .submit()
                    .disabled(move || wish.with(Option::is_none) || name.with(|n| n.trim().is_empty()))
                    .busy(busy.clone()),
            ])
        })
    };
    let fields = [
        text_field(t.campaign_name(), name)
            .hint(t.campaign_name_hint())
            .error(form.error("/name", name))
            .autofocus()
            .into(),
        kind_boxes(kinds),
        el("fieldset")
            .class("radios")
            .child(el("legend").child(t.campaign_audience()))
            .child(p("field-hint").child(t.campaign_audience_all()))
            .child(audience.bar(scoped)),
        text_area(t.campaign_message(), message)
            .hint(t.campaign_message_hint())
            .attr("maxlength", "2000")
            .optional()
            .error(form.error("/message", message))
            .into(),
        el("section").class("stack-tight").child(el("h3").child(t.campaign_plan())).child(outlook(plan, wish)),
        el("footer").class("dialog-foot dialog-foot-inside").child(foot),
    ];
    form.build(fields, move |form| {
        let Some(wish) = wish.get_untracked() else { return };
        let body = input(&wish, name.get_untracked(), message.get_untracked(), false);
        let said = name.get_untracked();
        form.send(api::act::<op::CreateCampaign>(&Nothing {}, &Nothing {}, &body), move |_| {
            refresh_jobs();
            toasts().linked(true, crate::text::t().campaign_started(&said), crate::text::t().mails_see(), "/envois");
            page.creating.try_set(false);
            page.list.reload();
            page.moved.try_update(|n| *n += 1);
            session::waiting_moved();
        });
    })
}

fn input(wish: &Wish, name: String, message: String, preview: bool) -> NewCampaign {
    NewCampaign { name, kinds: wish.kinds.clone(), filter: wish.filter.clone(), message, preview }
}

/// Who is asked, and who is left out and why.
fn outlook(plan: Load<Option<CampaignPlan>>, wish: Memo<Option<Wish>>) -> View {
    let missing = move || wish.with(Option::is_none).then(|| t().request_choose());
    crate::ui::outlook(plan, missing, 3, told)
}

fn told(plan: &CampaignPlan) -> View {
    let t = t();
    let number = |n: u64| format::number(t, n as i64);
    let left: u64 = plan.blockers.iter().map(|b| b.count).sum();
    let lines = plan.blockers.iter().filter(|b| b.count > 0).map(|b| {
        let of: Vec<&str> = plan.left_out.iter().filter(|l| l.blocker == b.blocker).map(|l| l.name.as_str()).collect();
        let more = (b.count as usize).saturating_sub(of.len().min(NAMED)) as u64;
        let shown = of.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
        let more = if more > 0 { t.bulk_more(more) } else { String::new() };
        el("li")
            .child(span("").child(format!("{} ({})", say(&b.label), number(b.count))))
            .child(span("soft").child(format!(" {shown} {more}")))
    });
    let left = (left > 0).then(|| {
        notice(
            Tone::AtRisk,
            div("stack-tight")
                .child(p("").child(t.campaign_plan_left(left)))
                .child(el("ul").class("bullets small").children(lines)),
        )
    });
    div("stack-tight")
        .child(p("strong").child(t.campaign_plan_dossiers(plan.dossiers)))
        .child(
            (plan.dossiers > 0)
                .then(|| p("soft small").child(t.campaign_plan_counts(number(plan.mandates), number(plan.messages)))),
        )
        .child((plan.already > 0).then(|| p("soft small").child(t.campaign_plan_already(plan.already))))
        .child(left)
}
