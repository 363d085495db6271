//! The mandates of one dossier, as a tab of it: what was signed, what is asked, who decides on the platform, the links
//! given to the client, the answers that wait.

use std::rc::Rc;
use std::sync::Arc;

use contract::endpoint::op;
use contract::{Link, LinkList, MandateListQuery, MandateQuery, MandateRow, NewLink, Nothing};
use domain::{DossierId, LinkId, Permission};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::act::{self, Target as Mandates};
use super::{answers, request, words};
use crate::api::{self, Load, SeekList, ask, load, seek_list};
use crate::browser::now;
use crate::dom::{View, div, el, link, live, memo, p, show, span};
use crate::pages::dossier::{Open, decision};
use crate::pages::dossiers::bulk::Target;
use crate::pages::form::Form;
use crate::pages::told_once;
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Dialog, Icon, Tone, date_field, empty_state, error_state, icon, seek_state, skeleton, status_as, toasts,
};

fn may_write() -> bool {
    session::can(Permission::DossierWrite)
}

/// What the parts of the tab share.
#[derive(Clone, Copy)]
struct Tab {
    open: Open,
    id: Memo<Option<DossierId>>,
    mandates: SeekList<Arc<MandateRow>>,
    links: Load<LinkList>,
    acting: act::Acting,
    requesting: RwSignal<bool>,
}

impl Tab {
    /// A mandate has moved: the dossier's score may have moved too.
    fn reload(self) {
        self.mandates.reload();
        self.links.reload();
        self.open.file.reload();
    }
}

pub fn view(open: Open) -> View {
    let id = memo(move || open.of(|d| Some(d.id)));
    let mandates = seek_list(
        move || id.get(),
        |id: Option<DossierId>, after| {
            Box::pin(async move {
                let Some(id) = id else { return Ok((Vec::new(), None)) };
                let filter = MandateQuery { dossier_id: Some(id), ..MandateQuery::default() };
                let query = MandateListQuery { filter, limit: Some(50), after, ..Default::default() };
                let page = ask::<op::ListMandates>(Nothing {}, query).await?;
                Ok((page.data.into_iter().map(Arc::new).collect(), page.next))
            })
        },
    );
    let links = load(
        move || id.get(),
        |id: Option<DossierId>| {
            Box::pin(async move {
                match id {
                    Some(id) => ask::<op::ListLinks>(id, Nothing {}).await,
                    None => Ok(LinkList { data: Vec::new() }),
                }
            })
        },
    );
    let tab = Tab { open, id, mandates, links, acting: RwSignal::new(None), requesting: RwSignal::new(false) };
    let target = move || Target::Ids(id.get_untracked().into_iter().collect());
    let some = move || mandates.rows.with(|rows| !rows.is_empty());
    let head = show(
        move || some() && may_write(),
        move || {
            div("spread")
                .child(span(""))
                .child(Button::new(t().request_act()).icon(Icon::Plus).small().press(move || tab.requesting.set(true)))
        },
    );
    let none = move || {
        let act = untrack(may_write)
            .then(|| Button::new(t().request_act()).icon(Icon::Plus).primary().press(move || tab.requesting.set(true)));
        empty_state(Icon::Mandate, t().dossier_mandates_none_title(), t().dossier_mandates_none_detail(), act)
    };
    let rows = move || {
        live(move || {
            let one = |row: &Arc<MandateRow>| mandate(tab, row);
            el("ul").class("mandates").children(mandates.rows.with(|rows| rows.iter().map(one).collect::<Vec<_>>()))
        })
    };
    div("stack-wide")
        .child(head)
        .child(seek_state(mandates, none, rows))
        .child(answers::of_dossier(id, move || tab.open.file.reload()))
        .child(div("stack").child(el("h3").child(t().dossier_decision())).child(decision::facts(open)))
        .child(links_of(tab))
        .child(act::dialog(tab.acting, move || tab.reload()))
        .child(request::dialog(tab.requesting, target, move || tab.reload()))
}

/// Kind, state, number; the usual act beside it.
fn mandate(tab: Tab, row: &MandateRow) -> View {
    let t = t();
    let id = row.id;
    let said = if row.in_force {
        match row.ends_on {
            Some(end) => format!("{}, {} {}", t.mandate_in_force(), t.mandate_ends(), format::date(t, end)),
            None => t.mandate_in_force().to_owned(),
        }
    } else if let Some(at) = row.sent_at {
        format!("{} {}", t.mandate_sent(), format::relative(t, at, now()))
    } else if let Some(reason) = &row.reason {
        reason.clone()
    } else {
        row.number.clone()
    };
    let reminders =
        (row.reminders > 0).then(|| span("soft").child(format!("{} : {}", t.mandate_reminders(), row.reminders)));
    let act = words::natural_act(row.state).filter(|_| untrack(may_write)).map(|act| {
        Button::new(words::act(act))
            .icon(words::act_face(act))
            .small()
            .press(move || tab.acting.set(Some((act, Mandates::Ids(vec![id])))))
    });
    let words =
        div("stack-tight grow").child(link("strong", &format!("/mandats/{id}")).child(words::kind(row.kind))).child(
            div("row-wide small").child(words::state_badge(row.state)).child(span("soft").child(said)).child(reminders),
        );
    el("li").class("mandate").child(words).child(act)
}

fn links_of(tab: Tab) -> View {
    let making = RwSignal::new(false);
    let body = live(move || match (tab.links.failure.get(), tab.links.value.get()) {
        (_, Some(list)) if list.data.is_empty() => p("soft").child(t().links_none()),
        (_, Some(list)) => untrack(|| el("ul").class("mandates").children(list.data.iter().map(|l| one_link(tab, l)))),
        (Some(failure), None) => error_state(&failure, Some(Rc::new(move || tab.links.reload()))),
        (None, None) => skeleton(2),
    });
    let make = show(may_write, move || {
        Button::new(t().links_make()).icon(Icon::Link).small().press(move || making.set(true)).into()
    });
    let dialog = live(move || {
        making.get().then(|| untrack(|| Dialog::new(making, t().links_make(), move || make_link(tab, making))))
    });
    div("stack").child(div("spread").child(el("h3").child(t().links_title())).child(make)).child(body).child(dialog)
}

/// Where a link stands.
fn link_state(link: &Link) -> (Tone, &'static str) {
    let t = t();
    if link.revoked_at.is_some() {
        (Tone::Unknown, t.links_state_revoked())
    } else if link.finished_at.is_some() {
        (Tone::Ready, t.links_state_finished())
    } else if link.expires_at <= now() {
        (Tone::Unknown, t.links_state_expired())
    } else {
        (Tone::OnTrack, t.links_state_open())
    }
}

fn one_link(tab: Tab, link: &Link) -> View {
    let t = t();
    let when = |at| format::relative(t, at, now());
    let (tone, word) = link_state(link);
    let usable = link.revoked_at.is_none() && link.finished_at.is_none() && link.expires_at > now();
    let whom = match (&link.contact_name, &link.email) {
        (_, Some(email)) => t.links_sent_to(email),
        (Some(name), None) => t.links_sent_to(name),
        (None, None) => t.links_by_hand().to_owned(),
    };
    let day = format::date(t, format::paris(link.expires_at).date());
    let mut said = vec![t.links_made(when(link.created_at))];
    said.extend(link.opened_at.map(|at| t.links_opened(when(at))));
    said.extend(link.finished_at.map(|at| t.links_finished(when(at))));
    said.push(if link.expires_at > now() { t.links_until(day) } else { t.links_expired(day) });
    let revoke = (usable && untrack(may_write)).then(|| revoke(tab, link.id));
    let words = div("stack-tight grow")
        .child(div("row").child(span("strong truncate").child(whom)))
        .child(div("row-wide small").child(status_as(tone, word)).child(span("soft").child(said.join(" · "))));
    el("li").class("mandate").child(words).child(revoke)
}

/// Pressed twice: a link that is revoked does not come back.
fn revoke(tab: Tab, id: LinkId) -> View {
    let sure = RwSignal::new(false);
    live(move || {
        if !sure.get() {
            return Button::new(t().links_revoke()).quiet().small().press(move || sure.set(true));
        }
        Button::new(t().links_revoke_sure()).danger().small().press(move || {
            spawn_local(async move {
                match api::act::<op::DeleteLink>(&id, &Nothing {}, &Nothing {}).await {
                    Ok(_) => toasts().done(t().links_revoked()),
                    Err(failure) => toasts().failed(&failure),
                }
                tab.links.reload();
            });
        })
    })
}

fn make_link(tab: Tab, open: RwSignal<bool>) -> View {
    let made = RwSignal::new(None::<String>);
    let until = RwSignal::new(String::new());
    let form = Form::new();
    let tomorrow = format::paris(now()).date() + chrono::Days::new(1);
    let fields = [
        p("soft").child(t().links_make_detail()),
        date_field(t().links_expires_on(), until)
            .attr("min", &tomorrow.to_string())
            .hint(t().links_expires_hint())
            .optional()
            .error(form.error("/expires_on", until))
            .into(),
        div("row")
            .child(Button::new(t().links_make()).icon(Icon::Link).primary().autofocus().submit().busy(form.busy())),
    ];
    let ask = form.build(fields, move |form| {
        let body = NewLink {
            dossiers: tab.id.get_untracked().into_iter().collect(),
            expires_on: until.get_untracked().parse().ok(),
        };
        form.send(api::act::<op::CreateLink>(&Nothing {}, &Nothing {}, &body), move |link: Link| {
            made.try_set(link.address);
            tab.links.reload();
        });
    });
    let told = live(move || {
        let path = made.get()?;
        Some(
            div("stack")
                .child(p("row").child(icon(Icon::Lock)).child(span("").child(t().links_once())))
                .child(told_once::address(t().links_address(), &path))
                .child(div("row").child(Button::new(t().close()).press(move || open.set(false)))),
        )
    });
    View::all([ask.class_of("imp-hidden", move || made.with(Option::is_some)), told])
}
