//! The signed-in person's own settings.

use contract::endpoint::op;
use contract::{MeChange, Nothing, PasswordChange, Session};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::device;
use crate::api::{Failure, FieldError, Load, act, ask, load};
use crate::browser::now;
use crate::dom::{View, div, el, p, span};
use crate::frame::preferences::switch_language;
use crate::pages::door::{new_password_field, password_field};
use crate::pages::form::Form;
use crate::session;
use crate::text::{Lang, format, search, t};
use crate::ui::{Button, Choice, Icon, icon, loaded, select_field, tag, text_field, toasts};

pub fn account() -> View {
    div("settings-columns").child(identity()).child(div("stack").child(password()).child(sessions()))
}

fn identity() -> View {
    let t = t();
    let me = session::me().get_untracked();
    let name = RwSignal::new(me.name.clone());
    let lang = RwSignal::new(Lang::from(me.lang).tag().to_owned());
    let form = Form::new();
    let languages = || Lang::ALL.map(|lang| Choice::new(lang.tag(), lang.own_name())).to_vec();
    let facts = el("dl")
        .class("facts")
        .child(el("dt").child(t.email()))
        .child(el("dd").child(&me.email).child(p("faint small").child(t.account_email_hint())))
        .child(el("dt").child(t.account_role()))
        .child(el("dd").child(t.role(me.role)))
        .child(el("dt").child(t.account_access()))
        .child(el("dd").child(t.access(me.access)));
    let fields = [
        facts,
        text_field(t.account_name(), name)
            .autocomplete("name")
            .hint(t.account_name_hint())
            .error(form.error("/name", name))
            .into(),
        select_field(t.language(), lang, languages).hint(t.account_language_hint()).into(),
        div("row").child(Button::new(t.save()).primary().submit().busy(form.busy())),
    ];
    let content = form.build(fields, move |form| {
        let chosen = Lang::from_tag(&lang.get_untracked()).unwrap_or_default();
        let body = MeChange { name: Some(name.get_untracked()), lang: Some(chosen.into()) };
        form.send(async move { act::<op::UpdateMe>(&Nothing {}, &Nothing {}, &body).await }, move |me| {
            name.set(me.name.clone());
            crate::api::session::set_me(me);
            session::people().reload();
            if chosen != crate::text::t() {
                switch_language(chosen);
            }
            toasts().done(crate::text::t().settings_saved());
        });
    });
    el("section").class("card").child(el("h2").child(t.account_identity())).child(content)
}

fn password() -> View {
    let t = t();
    let (current, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let form = Form::new();
    let (new_field, rules) = new_password_field(t.account_password_new(), new);
    // For the keeper of passwords, which must know whose this is.
    let whose = el("input")
        .attr("type", "email")
        .attr("autocomplete", "username")
        .attr("value", &session::me().with_untracked(|me| me.email.clone()))
        .flag("hidden", true);
    let fields = [
        whose,
        p("soft").child(t.account_password_lead()),
        password_field(t.account_password_current(), current, "current-password")
            .error(form.error("/current", current))
            .into(),
        div("stack-tight").child(new_field.error(form.error("/new", new))).child(rules),
        div("row").child(Button::new(t.account_password_act()).submit().busy(form.busy())),
    ];
    let content = form.build(fields, move |form| {
        let body = PasswordChange { current: current.get_untracked(), new: new.get_untracked() };
        let sent =
            async move { act::<op::ChangePassword>(&Nothing {}, &Nothing {}, &body).await.map_err(wrong_password) };
        form.send(sent, move |_| {
            current.set(String::new());
            new.set(String::new());
            toasts().done(crate::text::t().account_password_done());
        });
    });
    el("section").class("card").child(el("h2").child(t.account_password())).child(content)
}

/// The server speaks of a pair of e-mail and password; here only the password was asked for.
fn wrong_password(failure: Failure) -> Failure {
    match failure {
        Failure::Refused(mut problem) if problem.code == contract::Code::BadCredentials.as_str() => {
            problem.errors.push(FieldError {
                pointer: "/current".to_owned(),
                code: problem.code.clone(),
                message: t().account_password_wrong().to_owned(),
            });
            Failure::Refused(problem)
        }
        other => other,
    }
}

fn sessions() -> View {
    let t = t();
    let list = load(|| (), |()| ask::<op::ListSessions>(Nothing {}, Nothing {}));
    let rows = loaded(list, 3, move |sessions| {
        let mut sessions = sessions.data;
        search::order_by_key(&mut sessions, |s| (!s.current, std::cmp::Reverse(s.last_seen_at)));
        el("ul").class("lines").children(sessions.into_iter().map(|one| line(list, one)))
    });
    el("section")
        .class("card")
        .child(div("stack-tight").child(el("h2").child(t.sessions())).child(p("soft").child(t.sessions_lead())))
        .child(rows)
}

fn line(list: Load<contract::SessionList>, one: Session) -> View {
    let t = t();
    let name = device(one.user_agent.as_deref());
    let seen = format::relative(t, one.last_seen_at, now());
    let mut words = vec![t.session_seen(seen), t.session_since(format::moment(t, one.created_at))];
    words.extend(one.address.clone());
    let title = div("row").child(span("strong").child(&name)).child(one.current.then(|| tag(t.session_current())));
    let text = div("grow stack-tight").child(title).child(p("soft small").child(words.join(" · ")));
    let busy = RwSignal::new(false);
    // One's own is ended by signing out.
    let end = (!one.current).then(|| {
        let button: View = Button::new(t.session_end())
            .small()
            .busy(move || busy.get())
            .press(move || {
                busy.set(true);
                spawn_local(async move {
                    match act::<op::DeleteSession>(&one.id, &Nothing {}, &Nothing {}).await {
                        Ok(_) => {
                            toasts().done(crate::text::t().session_ended());
                            list.reload();
                        }
                        // Ended from elsewhere in the meantime.
                        Err(failure) if failure.status() == 404 => list.reload(),
                        Err(failure) => toasts().failed(&failure),
                    }
                    busy.try_set(false);
                });
            })
            .into();
        button.label(&t.session_end_of(&name))
    });
    el("li").class("line").child(icon(Icon::Screen)).child(text).child(end)
}
