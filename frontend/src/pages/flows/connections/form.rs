//! Where a platform is, and who we are there. The secret goes one way: it is kept encrypted and never shown.

use contract::endpoint::op;
use contract::{Connection, ConnectionInput, FlowServiceVersion, Nothing};
use leptos::prelude::*;

use super::panel::{etag, input_of};
use super::{Connections, OPEN};
use crate::api::{act, change};
use crate::browser::unique_id;
use crate::dom::{View, div, el, live, p};
use crate::frame::{Step, address};
use crate::pages::form::{Form, refusal};
use crate::pages::register;
use crate::text::t;
use crate::ui::{Button, Checkbox, Choice, Dialog, once_closed, select_field, text_field, toasts};

type Typed = RwSignal<String>;

#[derive(Clone, Copy)]
struct Draft {
    name: Typed,
    platform: Typed,
    service: Typed,
    flow_url: Typed,
    directory_url: Typed,
    token_url: Typed,
    client_id: Typed,
    secret: Typed,
    organization: Typed,
    minutes: Typed,
    webhook: RwSignal<bool>,
}

impl Draft {
    fn of(known: Option<&ConnectionInput>) -> Draft {
        let of = |part: fn(&ConnectionInput) -> String| RwSignal::new(known.map(part).unwrap_or_default());
        Draft {
            name: of(|c| c.name.clone()),
            platform: of(|c| c.platform.clone()),
            service: RwSignal::new(known.map_or(FlowServiceVersion::V1_3, |c| c.service).to_string()),
            flow_url: of(|c| c.flow_url.clone()),
            directory_url: of(|c| c.directory_url.clone().unwrap_or_default()),
            token_url: of(|c| c.token_url.clone()),
            client_id: of(|c| c.client_id.clone()),
            secret: RwSignal::new(String::new()),
            organization: of(|c| c.organization_id.clone().unwrap_or_default()),
            minutes: RwSignal::new(known.and_then(|c| c.every_minutes).unwrap_or(5).to_string()),
            webhook: RwSignal::new(known.is_some_and(|c| c.webhook)),
        }
    }

    /// Nothing when the minutes are no number.
    fn read(self, paused: bool) -> Option<ConnectionInput> {
        let text = |typed: Typed| typed.get_untracked().trim().to_owned();
        let some = |typed: Typed| Some(text(typed)).filter(|text| !text.is_empty());
        Some(ConnectionInput {
            name: text(self.name),
            platform: text(self.platform),
            service: FlowServiceVersion::try_from(self.service.get_untracked().as_str()).ok()?,
            flow_url: text(self.flow_url),
            directory_url: some(self.directory_url),
            token_url: text(self.token_url),
            client_id: text(self.client_id),
            // Blanks may belong to a secret.
            client_secret: Some(self.secret.get_untracked()).filter(|secret| !secret.is_empty()),
            organization_id: some(self.organization),
            every_minutes: Some(text(self.minutes).parse().ok()?),
            webhook: self.webhook.get_untracked(),
            paused,
        })
    }
}

/// Stands while `editing` holds something: a connection, or the wish for a new one.
pub fn dialog(connections: Connections) -> View {
    live(move || {
        let known = connections.editing.get()?;
        Some(untrack(|| build(connections, known)))
    })
}

fn build(connections: Connections, known: Option<Connection>) -> View {
    let open = RwSignal::new(true);
    once_closed(open, move || {
        connections.editing.try_set(None);
    });
    let title = match &known {
        Some(known) => t().connection_edit_title(&known.name),
        None => t().connection_new().to_owned(),
    };
    Dialog::new(open, title, move || content(connections, known.as_ref(), open)).wide().into()
}

fn group(title: &str, fields: impl IntoIterator<Item = View>) -> View {
    el("fieldset").class("connection-group").child(el("legend").child(title)).child(div("imp-fields").children(fields))
}

fn content(connections: Connections, known: Option<&Connection>, open: RwSignal<bool>) -> View {
    let t = t();
    let draft = Draft::of(known.map(input_of).as_ref());
    let form = Form::new();
    let list = unique_id("platforms");
    let who = group(
        t.connection_group_who(),
        [
            text_field(t.connection_name(), draft.name)
                .placeholder(t.connection_name_example())
                .error(form.error("/name", draft.name))
                .autofocus()
                .into(),
            View::all([
                View::from(
                    text_field(t.flow_platform(), draft.platform)
                        .attr("list", &list)
                        .placeholder(t.imp_platform_example())
                        .error(form.error("/platform", draft.platform)),
                ),
                register::platform_names(&list),
            ]),
        ],
    );
    let versions = || {
        let one = |v: &FlowServiceVersion| Choice::new(v.as_str(), format!("XP Z12-013 · {v}"));
        FlowServiceVersion::ALL.iter().map(one).collect()
    };
    let url = |label: &str, value: Typed, example: &str| {
        text_field(label, value).kind("url").inputmode("url").placeholder(example)
    };
    let place = group(
        t.connection_group_place(),
        [
            url(t.connection_flow_url(), draft.flow_url, "https://api.plateforme.example/flow-service")
                .error(form.error("/flow_url", draft.flow_url))
                .into(),
            select_field(t.connection_service(), draft.service, versions)
                .hint(t.connection_service_hint())
                .error(form.error("/service", draft.service))
                .into(),
            url(t.connection_directory_url(), draft.directory_url, "https://api.plateforme.example/directory-service")
                .hint(t.connection_directory_hint())
                .error(form.error("/directory_url", draft.directory_url))
                .optional()
                .into(),
        ],
    );
    let secret = text_field(t.connection_secret(), draft.secret)
        .kind("password")
        .autocomplete("new-password")
        .error(form.error("/client_secret", draft.secret));
    let secret = if known.is_some_and(|c| c.has_secret) {
        secret.hint(t.connection_secret_leave())
    } else {
        secret.hint(t.connection_secret_hint())
    };
    let access = group(
        t.connection_group_access(),
        [
            url(t.connection_token_url(), draft.token_url, "https://auth.plateforme.example/token")
                .error(form.error("/token_url", draft.token_url))
                .into(),
            text_field(t.connection_client_id(), draft.client_id)
                .error(form.error("/client_id", draft.client_id))
                .into(),
            secret.into(),
            text_field(t.connection_organization(), draft.organization)
                .hint(t.connection_organization_hint())
                .error(form.error("/organization_id", draft.organization))
                .optional()
                .into(),
        ],
    );
    let webhook =
        Checkbox::new(t.connection_webhook_wish(), move || draft.webhook.get(), move |on| draft.webhook.set(on));
    let refused = form.error("/webhook", draft.webhook);
    let rhythm = group(
        t.connection_group_rhythm(),
        [
            text_field(t.connection_every_label(), draft.minutes)
                .inputmode("numeric")
                .hint(t.connection_every_hint())
                .error(form.error("/every_minutes", draft.minutes))
                .into(),
            div("field").child(webhook).child(p("field-hint").child(t.connection_webhook_hint())).child(
                p("field-error").attr("aria-live", "polite").live(move || refused().map(|why| View::text(&why))),
            ),
        ],
    );
    let (id, version, paused) = (known.map(|c| c.id), known.map_or(0, |c| c.version), known.is_some_and(|c| c.paused));
    let label = if id.is_some() { t.save() } else { t.connection_create() };
    let acts = div("row row-end")
        .child(Button::new(t.cancel()).press(move || open.set(false)))
        .child(Button::new(label).primary().submit().busy(form.busy()));
    form.build([who, place, access, rhythm, acts], move |form| {
        let Some(body) = draft.read(paused) else {
            return form.refuse(refusal("/every_minutes", crate::text::t().connection_every_form()));
        };
        let Some(id) = id else {
            let made = async move { act::<op::CreateConnection>(&Nothing {}, &Nothing {}, &body).await };
            return form.send(made, move |made: Connection| {
                let id = made.id;
                open.set(false);
                toasts().done(crate::text::t().connection_created(&made.name));
                connections.put(made);
                address().set(&[(OPEN, Some(&id.to_string()))], Step::Push);
                connections.try_out(id);
            });
        };
        let sent = async move { change::<op::UpdateConnection>(&id, &body, Some(&etag(version))).await };
        form.send(
            async move {
                sent.await.inspect_err(|failure| {
                    if failure.status() == 412 {
                        connections.list.reload();
                    }
                })
            },
            move |read| {
                open.set(false);
                toasts().done(crate::text::t().settings_saved());
                connections.put(read.value);
            },
        );
    })
}
