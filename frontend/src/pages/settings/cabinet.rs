//! The firm itself.

use contract::endpoint::op;
use contract::{CabinetChange, Nothing};
use domain::Permission;
use leptos::prelude::*;

use super::stale;
use crate::api::change;
use crate::dom::{View, div, el, p};
use crate::pages::form::Form;
use crate::session;
use crate::text::{format, t};
use crate::ui::{Button, loaded, text_field, toasts};

pub fn cabinet() -> View {
    let cabinet = session::cabinet();
    let card = loaded(cabinet, 3, move |read| {
        let t = t();
        let name = RwSignal::new(read.value.name.clone());
        let since = p("soft").child(t.cabinet_since(format::date(t, format::paris(read.value.created_at).date())));
        let may = session::can(Permission::CabinetManage);
        let form = Form::new();
        let field = text_field(t.cabinet_name(), name)
            .autocomplete("organization")
            .hint(if may { t.cabinet_name_hint() } else { t.cabinet_partner_only() })
            .error(form.error("/name", name))
            .disabled(move || !may);
        let save = may.then(|| div("row").child(Button::new(t.save()).primary().submit().busy(form.busy())));
        let etag = read.etag.clone();
        form.build([View::from(field), since, save.into()], move |form| {
            let body = CabinetChange { name: name.get_untracked() };
            let etag = etag.clone();
            let sent = async move {
                let answer = change::<op::UpdateCabinet>(&Nothing {}, &body, etag.as_deref()).await;
                answer.inspect_err(|failure| {
                    stale(failure, || cabinet.reload());
                })
            };
            form.send(sent, move |now| {
                // The name stands in the top bar, which reads it from the person.
                if let Some(mut me) = crate::api::session::me().get_untracked() {
                    me.cabinet_name.clone_from(&now.value.name);
                    crate::api::session::set_me(me);
                }
                cabinet.put(now);
                toasts().done(crate::text::t().settings_saved());
            });
        })
    });
    el("section").class("card settings-narrow").child(card)
}
