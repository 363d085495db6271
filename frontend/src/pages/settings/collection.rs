//! How the firm collects mandates and answers: who writes, for how long a link works, what is accepted by itself, and
//! the firm's identity in its documents. What the client sees of it stands beside.

use chrono::Days;
use contract::endpoint::op;
use contract::{
    CollectionSettings, CollectionSettingsChange, MailContent, MailPurpose, MailQuery, MailState, Nothing, Several,
};
use domain::{Permission, PlatformDecider, SignatureWay};
use leptos::prelude::*;

use super::stale;
use crate::api::{Failure, Load, Versioned, ask, ask_versioned, change, load};
use crate::browser::now;
use crate::dom::{View, div, el, live, p, span};
use crate::pages::form::{Form, refusal};
use crate::pages::words;
use crate::session;
use crate::text::{format, t};
use crate::ui::{Button, Checkbox, Choice, Icon, Tone, icon, loaded, notice, radios, text_field, toasts};

type Typed = RwSignal<String>;

/// What the person is changing.
#[derive(Clone, Copy)]
struct Draft {
    sender: Typed,
    reply_to: Typed,
    privacy_contact: Typed,
    days: Typed,
    answers: RwSignal<bool>,
    signatures: RwSignal<bool>,
    signature: Typed,
    decider: Typed,
    siren: Typed,
    address: Typed,
    postal_code: Typed,
    city: Typed,
    signatory: Typed,
    quality: Typed,
    registration: Typed,
    phone: Typed,
}

impl Draft {
    fn of(settings: &CollectionSettings) -> Draft {
        let text = |text: &Option<String>| RwSignal::new(text.clone().unwrap_or_default());
        Draft {
            sender: RwSignal::new(settings.sender_name.clone()),
            reply_to: text(&settings.reply_to),
            privacy_contact: text(&settings.privacy_contact),
            days: RwSignal::new(settings.link_days.to_string()),
            answers: RwSignal::new(settings.accept_answers),
            signatures: RwSignal::new(settings.accept_signatures),
            signature: RwSignal::new(settings.signature.to_string()),
            decider: RwSignal::new(settings.decider.to_string()),
            siren: RwSignal::new(settings.firm_siren.map(|s| format::siren(s.as_str())).unwrap_or_default()),
            address: text(&settings.firm_address),
            postal_code: text(&settings.firm_postal_code),
            city: text(&settings.firm_city),
            signatory: text(&settings.firm_signatory),
            quality: text(&settings.firm_quality),
            registration: text(&settings.firm_registration),
            phone: text(&settings.firm_phone),
        }
    }

    fn link_days(&self) -> Option<u32> {
        self.days.with(|days| days.trim().parse().ok()).filter(|days| (1..=365).contains(days))
    }

    fn read(&self) -> Result<CollectionSettingsChange, Failure> {
        let some = |typed: Typed| Some(typed.get_untracked().trim().to_owned()).filter(|typed| !typed.is_empty());
        let Some(link_days) = untrack(|| self.link_days()) else {
            let words = t().collection_link_days_form(self.days.get_untracked().trim());
            return Err(refusal("/link_days", words));
        };
        Ok(CollectionSettingsChange {
            sender_name: some(self.sender).unwrap_or_default(),
            reply_to: some(self.reply_to),
            privacy_contact: some(self.privacy_contact),
            link_days,
            accept_answers: self.answers.get_untracked(),
            accept_signatures: self.signatures.get_untracked(),
            signature: SignatureWay::try_from(self.signature.get_untracked().as_str()).ok(),
            decider: PlatformDecider::try_from(self.decider.get_untracked().as_str()).unwrap_or(PlatformDecider::Firm),
            // Written with spaces, as people write it.
            firm_siren: some(self.siren).map(|s| s.split_whitespace().collect()),
            firm_address: some(self.address),
            firm_postal_code: some(self.postal_code),
            firm_city: some(self.city),
            firm_signatory: some(self.signatory),
            firm_quality: some(self.quality),
            firm_registration: some(self.registration),
            firm_phone: some(self.phone),
        })
    }
}

pub fn collection() -> View {
    let settings = load(|| (), |()| ask_versioned::<op::ReadCollectionSettings>(Nothing {}, Nothing {}));
    // The form is made anew with another version only.
    let version = crate::dom::memo(move || settings.value.with(|s| s.as_ref().map(|s| s.value.version)));
    live(move || match version.get() {
        None => loaded(settings, 10, |_| View::none()),
        Some(_) => untrack(|| settings.value.get().map_or_else(View::none, |read| whole(settings, &read))),
    })
}

fn whole(settings: Load<Versioned<CollectionSettings>>, read: &Versioned<CollectionSettings>) -> View {
    let t = t();
    let may = untrack(|| session::can(Permission::CabinetManage));
    let draft = Draft::of(&read.value);
    let lead = div("stack-tight")
        .child(p("soft").child(t.collection_lead()))
        .child((!may).then(|| p("soft small").child(t.collection_partner_only())))
        .child(read.value.updated_at.is_none().then(|| p("faint small").child(t.collection_of_product())));
    div("stack")
        .child(lead)
        .child(div("collection-sides").child(form(settings, read, draft, may)).child(preview(draft)))
}

fn group(title: &str, fields: impl IntoIterator<Item = View>) -> View {
    el("section").class("card").child(el("h2").child(title)).child(div("stack").children(fields))
}

fn form(
    settings: Load<Versioned<CollectionSettings>>,
    read: &Versioned<CollectionSettings>,
    draft: Draft,
    may: bool,
) -> View {
    let t = t();
    let form = Form::new();
    let field = |label: &str, value: Typed, pointer: &'static str| {
        text_field(label, value).disabled(move || !may).error(form.error(pointer, value))
    };
    let tick = |label: &str, hint: &str, value: RwSignal<bool>| {
        Checkbox::new(label, move || value.get(), move |on| value.set(on)).hint(hint).disabled(move || !may)
    };
    let messages = group(
        t.collection_messages(),
        [
            field(t.collection_sender(), draft.sender, "/sender_name")
                .hint(t.collection_sender_hint())
                .optional()
                .into(),
            field(t.collection_reply_to(), draft.reply_to, "/reply_to")
                .kind("email")
                .hint(t.collection_reply_to_hint())
                .optional()
                .into(),
            field(t.collection_privacy_contact(), draft.privacy_contact, "/privacy_contact")
                .hint(t.collection_privacy_contact_hint())
                .optional()
                .into(),
            field(t.collection_link_days(), draft.days, "/link_days")
                .inputmode("numeric")
                .hint(t.collection_link_days_hint())
                .into(),
        ],
    );
    let deciders = PlatformDecider::ALL.iter().map(|d| Choice::new(d.as_str(), words::decider(*d))).collect();
    let decider = radios(
        t.collection_decider(),
        deciders,
        move || draft.decider.get(),
        move |next| {
            if may {
                draft.decider.set(next);
            }
        },
    );
    // Where the server knows no provider there is nothing to choose, and the words say whom to ask.
    let signature = match &read.value.signature_provider {
        Some(provider) => {
            let ways = SignatureWay::ALL.iter().map(|way| {
                let words = match way {
                    SignatureWay::Code => t.collection_signature_code().to_owned(),
                    SignatureWay::Provider => t.collection_signature_provider(provider),
                };
                Choice::new(way.as_str(), words)
            });
            radios(
                t.collection_signature(),
                ways.collect(),
                move || draft.signature.get(),
                move |next| {
                    if may {
                        draft.signature.set(next);
                    }
                },
            )
        }
        None => div("stack-tight")
            .child(p("strong").child(t.collection_signature()))
            .child(p("soft small").child(t.collection_signature_none())),
    };
    let acceptance = group(
        t.collection_acceptance(),
        [
            tick(t.collection_accept_answers(), t.collection_accept_answers_hint(), draft.answers).into(),
            tick(t.collection_accept_signatures(), t.collection_accept_signatures_hint(), draft.signatures).into(),
            signature,
            decider,
        ],
    );
    let pair = |a: View, b: View| div("form-pair").child(a).child(b);
    let identity = group(
        t.collection_identity(),
        [
            field(t.collection_siren(), draft.siren, "/firm_siren").inputmode("numeric").optional().into(),
            field(t.collection_address(), draft.address, "/firm_address").optional().into(),
            pair(
                field(t.collection_postal_code(), draft.postal_code, "/firm_postal_code").optional().into(),
                field(t.collection_city(), draft.city, "/firm_city").optional().into(),
            ),
            pair(
                field(t.collection_signatory(), draft.signatory, "/firm_signatory").optional().into(),
                field(t.collection_quality(), draft.quality, "/firm_quality").optional().into(),
            ),
            field(t.collection_registration(), draft.registration, "/firm_registration")
                .hint(t.collection_registration_hint())
                .optional()
                .into(),
            field(t.collection_phone(), draft.phone, "/firm_phone").inputmode("tel").optional().into(),
        ],
    );
    let save = may.then(|| div("row").child(Button::new(t.save()).primary().submit().busy(form.busy())));
    let etag = read.etag.clone();
    form.build([messages, acceptance, identity, save.into()], move |form| {
        let body = match draft.read() {
            Ok(body) => body,
            Err(failure) => return form.refuse(failure),
        };
        let etag = etag.clone();
        let sent = async move {
            let answer = change::<op::UpdateCollectionSettings>(&Nothing {}, &body, etag.as_deref()).await;
            answer.inspect_err(|failure| {
                stale(failure, || settings.reload());
            })
        };
        form.send(sent, move |now| {
            settings.put(now);
            toasts().done(crate::text::t().collection_saved());
        });
    })
}

/// What the client sees, as it is typed; and the last message as it really left.
fn preview(draft: Draft) -> View {
    let cabinet = session::cabinet();
    let sender = move || {
        let typed = draft.sender.with(|name| name.trim().to_owned());
        if typed.is_empty() {
            cabinet.value.with(|c| c.as_ref().map(|c| c.value.name.clone())).unwrap_or_default()
        } else {
            typed
        }
    };
    let sender_line = p("strong").text_of(move || t().collection_preview_from(&sender()));
    let reply = live(move || {
        let typed = draft.reply_to.with(|email| email.trim().to_owned());
        if typed.is_empty() {
            return p("remark tone-at-risk").child(icon(Icon::Warning)).child(t().collection_preview_no_reply());
        }
        p("").child(t().collection_preview_reply(&typed))
    });
    let until = live(move || {
        let days = draft.link_days()?;
        let day = format::paris(now()).date().checked_add_days(Days::new(u64::from(days)))?;
        Some(p("soft").child(t().collection_preview_until(format::date_long(t(), day))))
    });
    let head = live(move || {
        let part = |typed: Typed| Some(typed.with(|text| text.trim().to_owned())).filter(|text| !text.is_empty());
        let town = [part(draft.postal_code), part(draft.city)].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let signs = [part(draft.signatory), part(draft.quality)].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let lines = [
            Some(sender()),
            part(draft.siren).map(|siren| format!("SIREN {siren}")),
            part(draft.address),
            Some(town).filter(|t| !t.is_empty()),
            part(draft.registration),
            Some(signs).filter(|s| !s.is_empty()),
        ];
        div("letter-head").children(lines.into_iter().flatten().map(|line| p("").child(line)))
    });
    el("aside")
        .class("card collection-preview")
        .child(el("h2").child(t().collection_preview()))
        .child(div("stack-tight").child(sender_line).child(reply).child(until))
        .child(div("stack-tight").child(el("h3").child(t().collection_preview_firm())).child(head))
        .child(last_message())
}

/// The newest request as it left: its words are the server's, and none of them is repeated here.
fn last_message() -> View {
    let message = load(
        || (),
        |()| {
            Box::pin(async move {
                let query = MailQuery {
                    purpose: Several(vec![MailPurpose::Mandate]),
                    mail: Several(vec![MailState::Sent, MailState::Queued]),
                    limit: Some(1),
                    ..MailQuery::default()
                };
                let newest = ask::<op::ListMails>(Nothing {}, query).await?.data.into_iter().next();
                match newest {
                    Some(mail) => ask::<op::ReadMail>(mail.id, Nothing {}).await.map(Some),
                    None => Ok(None),
                }
            })
        },
    );
    let body = loaded(message, 4, |message: Option<MailContent>| match message {
        Some(message) => div("stack-tight")
            .child(p("strong").child(&message.mail.subject))
            .child(el("pre").class("mail-text").child(&message.text)),
        None => notice(Tone::Unknown, p("").child(t().collection_preview_none())),
    });
    div("stack-tight").child(el("h3").child(t().collection_preview_last())).child(body).child(span(""))
}
