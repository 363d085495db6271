//! Invitations: made with the rights that the person will have; their link is shown once.

use contract::endpoint::op;
use contract::{Invitation, InvitationList, InvitationState, NewInvitation, Nothing};
use domain::{Access, Role};
use leptos::prelude::*;

use super::portfolio_names;
use super::rights::Rights;
use crate::api::{Load, act, ask, load};
use crate::dom::{View, div, el, live, memo, p, span};
use crate::frame::{Step, address};
use crate::pages::form::Form;
use crate::pages::told_once;
use crate::text::{format, t};
use crate::ui::{
    Button, Column, Dialog, Icon, MenuItem, Row, Table, Tone, empty_state, loaded, status_as, text_field, toasts,
};

pub fn invitations() -> View {
    let t = t();
    let list = load(|| (), |()| ask::<op::ListInvitations>(Nothing {}, Nothing {}));
    // `invite` in the address opens the form, so that other pages can lead to it; `alias` is a name for it.
    let wanted = address().text("invite");
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(!wanted.get().is_empty()));
    Effect::new(move |_| {
        if !open.get() && !wanted.get_untracked().is_empty() {
            address().set(&[("invite", None), ("alias", None)], Step::Replace);
        }
    });
    let invite = || Button::new(crate::text::t().invitation_new()).icon(Icon::Plus).primary().press(start);
    let bar = div("spread").child(span("")).child(invite());
    let revoked = RwSignal::new(None::<Invitation>);
    let asked = RwSignal::new(false);
    let any = memo(move || list.value.with(|l| l.as_ref().map(|l| !l.data.is_empty())));
    let body = live(move || match any.get() {
        None => loaded(list, 4, |_: InvitationList| View::none()),
        Some(false) => {
            let t = crate::text::t();
            empty_state(Icon::Mail, t.invitations_empty(), t.invitations_empty_detail(), [])
        }
        Some(true) => untrack(|| table(list, revoked, asked)),
    });
    let dialog = Dialog::new(open, t.invitation_new(), move || invite_form(list, open));
    let confirm = live(move || {
        revoked.get().map(|invitation| {
            Dialog::new(asked, crate::text::t().invitation_revoke_title(&invitation.email), move || {
                revoke_form(list, &invitation, asked)
            })
        })
    });
    div("stack").child(bar).child(body).child(dialog).child(confirm)
}

fn start() {
    address().set(&[("invite", Some("new"))], Step::Push);
}

fn state_word(state: InvitationState) -> (Tone, &'static str) {
    let t = t();
    match state {
        InvitationState::Open => (Tone::OnTrack, t.invitation_state_open()),
        InvitationState::Accepted => (Tone::Ready, t.invitation_state_accepted()),
        InvitationState::Revoked => (Tone::Unknown, t.invitation_state_revoked()),
        InvitationState::Expired => (Tone::AtRisk, t.invitation_state_expired()),
    }
}

fn table(list: Load<InvitationList>, revoked: RwSignal<Option<Invitation>>, asked: RwSignal<bool>) -> View {
    let t = t();
    let columns = vec![
        Column::new("email", t.email()).fixed().grows(),
        Column::new("state", t.invitation_state()).priority(1),
        Column::new("role", t.person_role()),
        Column::new("access", t.person_access()).priority(3),
        Column::new("aliases", t.person_aliases()).priority(3).hidden(),
        Column::new("created", t.invitation_created()).number().priority(3),
        Column::new("expires", t.invitation_expiry()).number(),
    ];
    let all = move || list.value.with(|l| l.as_ref().map(|l| l.data.clone()).unwrap_or_default());
    let rows = move || all().into_iter().map(row).collect();
    Table::new(t.invitations_table(), columns, rows)
        .stale(move || list.pending.get())
        .acts(move |id| {
            let found = untrack(all).into_iter().find(|i| i.id.to_string() == id);
            let open = found.filter(|i| i.state == InvitationState::Open);
            open.map(|invitation| {
                MenuItem::danger(Icon::Trash, crate::text::t().invitation_revoke(), move || {
                    revoked.set(Some(invitation.clone()));
                    asked.set(true);
                })
            })
            .into_iter()
            .collect()
        })
        .into()
}

fn row(invitation: Invitation) -> Row {
    let name = invitation.email.clone();
    let mark = invitation.state as u64;
    Row::new(invitation.id.to_string(), mark, name, move |column| {
        let t = t();
        let day = |at| format::date(t, format::paris(at).date());
        match column {
            "email" => span("truncate").child(&invitation.email),
            "state" => {
                let (tone, word) = state_word(invitation.state);
                status_as(tone, word)
            }
            "role" => t.role(invitation.role).into(),
            "access" => match invitation.access {
                Access::All => t.access(Access::All).into(),
                Access::Granted => {
                    let names = portfolio_names(&invitation.portfolio_ids);
                    if names.is_empty() { t.access(Access::Granted).to_owned() } else { names }.into()
                }
            },
            "aliases" => invitation.aliases.join(", ").into(),
            "created" => day(invitation.created_at).into(),
            _ => day(invitation.expires_at).into(),
        }
    })
}

fn invite_form(list: Load<InvitationList>, open: RwSignal<bool>) -> View {
    let made = RwSignal::new(None::<Invitation>);
    live(move || {
        let made_now = made.get();
        untrack(|| match made_now {
            Some(invitation) => ready(&invitation, made, open),
            None => fill_in(list, made, open),
        })
    })
}

fn fill_in(list: Load<InvitationList>, made: RwSignal<Option<Invitation>>, open: RwSignal<bool>) -> View {
    let t = t();
    let alias = address().text("alias").get_untracked();
    let aliases: Vec<String> = Some(alias).filter(|a| !a.is_empty()).into_iter().collect();
    let email = RwSignal::new(String::new());
    let rights = Rights::new(Role::Staff, Access::Granted, &[], &aliases);
    let form = Form::new();
    let fields = [
        text_field(t.invitation_email(), email)
            .kind("email")
            .inputmode("email")
            .error(form.error("/email", email))
            .autofocus()
            .into(),
        rights.fields(&form, false),
        div("row row-end")
            .child(Button::new(t.cancel()).press(move || open.set(false)))
            .child(Button::new(t.invitation_send()).primary().submit().busy(form.busy())),
    ];
    form.build(fields, move |form| {
        let body = NewInvitation {
            email: email.get_untracked(),
            role: rights.role(),
            access: Some(rights.access()),
            portfolio_ids: rights.portfolios(),
            aliases: rights.aliases(),
        };
        form.send(async move { act::<op::CreateInvitation>(&Nothing {}, &Nothing {}, &body).await }, move |answer| {
            list.reload();
            made.set(Some(answer));
        });
    })
}

/// The link, this once.
fn ready(invitation: &Invitation, made: RwSignal<Option<Invitation>>, open: RwSignal<bool>) -> View {
    let t = t();
    let acts = div("row row-end")
        .child(Button::new(t.invitation_another()).quiet().press(move || made.set(None)))
        .child(Button::new(t.invitation_done()).press(move || open.set(false)));
    div("stack")
        .child(el("h3").child(t.invitation_ready()))
        .child(p("soft").child(t.invitation_ready_detail(&invitation.email)))
        .child(told_once::address(t.invitation_link(), invitation.link.as_deref().unwrap_or_default()))
        .child(acts)
}

fn revoke_form(list: Load<InvitationList>, invitation: &Invitation, asked: RwSignal<bool>) -> View {
    let t = t();
    let form = Form::new();
    let id = invitation.id;
    let acts = div("row row-end")
        .child(Button::new(t.cancel()).autofocus().press(move || asked.set(false)))
        .child(Button::new(t.invitation_revoke()).danger().submit().busy(form.busy()));
    form.build([p("").child(t.invitation_revoke_detail()), acts], move |form| {
        form.send(async move { act::<op::DeleteInvitation>(&id, &Nothing {}, &Nothing {}).await }, move |_| {
            asked.set(false);
            list.reload();
            toasts().done(crate::text::t().invitation_revoked());
        });
    })
}
