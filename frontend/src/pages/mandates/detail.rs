//! One mandate: the side panel of the register and its page. Where it stands and why it counts or not, what may be done
//! now, its terms while it is a draft, its documents, its life.

use std::rc::Rc;

use contract::endpoint::op;
use contract::{Document, DocumentKind, Mandate, MandateAct, Nothing};
use domain::{MandateEvent, MandateId, MandateKind, MandateState, Permission};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;
use web_sys::File;

use super::act::{self, Target};
use super::{sheet, terms, words};
use crate::api::{
    Failure, Load, Sent, Versioned, ask_versioned, download, encode, fetch_as, load, request, save_as, say, upload,
};
use crate::browser::now;
use crate::dom::{View, div, el, link, live, memo, p, span};
use crate::frame::page_title;
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Event, Icon, Menu, MenuItem, Progress, Tone, date_field, empty_state, error_state, file_drop, icon, notice,
    progress_bar, shape, skeleton, timeline, toasts, weighed,
};

/// What the server takes as a signed copy; it goes by the content.
const FORMATS: &[&str] = &["pdf", "png", "jpg", "jpeg", "heic"];
const MOST_BYTES: u64 = 20_000_000;

/// A mandate that is open on the screen.
#[derive(Clone, Copy)]
pub struct Open {
    pub file: Load<Versioned<Mandate>>,
    pub acting: act::Acting,
    changed: StoredValue<Rc<dyn Fn()>, LocalStorage>,
}

impl Open {
    /// `changed` hears of every change made here; `revision` moves when it may have changed elsewhere.
    pub fn new(
        id: impl Fn() -> MandateId + Send + Sync + 'static,
        changed: impl Fn() + 'static,
        revision: impl Fn() -> u32 + Send + Sync + 'static,
    ) -> Open {
        let file = load(move || (id(), revision()), |(id, _)| ask_versioned::<op::ReadMandate>(id, Nothing {}));
        Open { file, acting: RwSignal::new(None), changed: StoredValue::new_local(Rc::new(changed)) }
    }

    /// A part of the mandate, followed. `T::default()` until it has come.
    pub fn of<T: Default>(self, part: impl Fn(&Mandate) -> T) -> T {
        self.file.value.with(|file| file.as_ref().map(|file| part(&file.value)).unwrap_or_default())
    }

    /// Takes what a write has answered.
    pub fn take(self, new: Versioned<Mandate>) {
        self.file.put(new);
        self.tell();
    }

    fn tell(self) {
        session::waiting_moved();
        if let Some(changed) = self.changed.try_get_value() {
            changed();
        }
    }

    fn act(self, act: MandateAct) {
        let id = self.file.value.with_untracked(|file| file.as_ref().map(|file| file.value.row.id));
        if let Some(id) = id {
            self.acting.set(Some((act, Target::Ids(vec![id]))));
        }
    }
}

fn may_act() -> bool {
    session::can(Permission::DossierWrite)
}

/// `/mandats/{id}`.
pub fn page(id: &str) -> View {
    let Ok(id) = id.parse::<MandateId>() else { return not_found() };
    let open = Open::new(move || id, || {}, || 0);
    let name = memo(move || open.of(|m| m.row.dossier_name.clone()));
    crate::dom::react(move || {
        let name = name.get();
        if !name.is_empty() {
            page_title(&name);
        }
    });
    let body = move || {
        let back = link("back-link small", "/mandats").child(icon(Icon::Left)).child(t().mandates_title());
        let head = el("header")
            .class("dossier-head")
            .child(
                div("stack-tight")
                    .child(back)
                    .child(el("h1").id("page-title").attr("tabindex", "-1").text_of(move || name.get()))
                    .child(live(move || open.file.value.with(|f| f.as_ref().map(|f| meta(&f.value))))),
            )
            .child(acts(open));
        let card = |view: View| el("section").class("card").child(view);
        let main = div("stack-wide")
            .child(card(standing(open)))
            .child(live(move || Some(card(terms_of(open)?))))
            .child(card(documents(open)));
        div("page").child(head).child(div("mandate-grid").child(main).child(card(life(open))))
    };
    arrived(open, body)
}

/// The same in the side panel; the panel itself shows the name. Who decides sees the acts first, and
/// the document beside the facts.
pub fn panel(open: Open, deciding: bool) -> View {
    arrived(open, move || {
        let head = live(move || open.file.value.with(|f| f.as_ref().map(|f| meta(&f.value))));
        let facts = live(move || {
            deciding.then(|| open.file.value.with(|f| f.as_ref().map(|f| terms::told(&f.value)))).flatten()
        });
        let first = div("stack-wide decide-facts").child(head).child(acts(open)).child(standing(open)).child(facts);
        let rest =
            div("stack-wide decide-rest").child(documents(open)).child(live(move || terms_of(open))).child(life(open));
        if deciding {
            div("decide-sides").child(first).child(sheet::view(open)).child(rest)
        } else {
            div("stack-wide").child(first).child(rest)
        }
    })
}

fn arrived(open: Open, body: impl Fn() -> View + 'static) -> View {
    #[derive(Clone, Copy, PartialEq)]
    enum Face {
        Waiting,
        Failed,
        Here(MandateId),
    }
    let face = memo(move || match open.file.value.with(|f| f.as_ref().map(|f| f.value.row.id)) {
        Some(_) if open.file.failure.with(Option::is_some) => Face::Failed,
        Some(id) => Face::Here(id),
        None if open.file.failure.with(Option::is_some) => Face::Failed,
        None => Face::Waiting,
    });
    let room = live(move || {
        let face = face.get();
        untrack(|| match face {
            Face::Waiting => div("page").child(skeleton(8)),
            Face::Here(_) => body(),
            Face::Failed => match open.file.failure.get() {
                Some(failure) if failure.status() == 404 => not_found(),
                Some(failure) => error_state(&failure, Some(Rc::new(move || open.file.reload()))),
                None => View::none(),
            },
        })
    });
    let done = move || {
        open.file.reload();
        open.tell();
    };
    View::all([room, act::dialog(open.acting, done)])
}

fn not_found() -> View {
    let back = Button::link(t().mandate_back(), "/mandats");
    div("page").child(empty_state(Icon::Mandate, t().mandate_not_found_title(), t().mandate_not_found_detail(), [back]))
}

/// Kind, state, number, the dossier, where it was sent.
fn meta(mandate: &Mandate) -> View {
    let t = t();
    let row = &mandate.row;
    let dossier = link("", &format!("/dossiers/{}?part=mandates", row.dossier_id)).child(t.eligibility_fix_open());
    let sent = row.sent_at.map(|at| {
        let to = row.sent_to.as_deref().map_or_else(|| t.mandate_by_letter().to_owned(), |to| t.mandate_sent_to(to));
        let when = format::relative(t, at, now());
        span("soft").attr("title", &format::moment(t, at)).child(format!("{} {when} {to}", t.mandate_sent()))
    });
    let reminders =
        (row.reminders > 0).then(|| span("soft").child(format!("{} : {}", t.mandate_reminders(), row.reminders)));
    let unreachable = (!row.reachable && (row.state.awaits_client() || row.state == MandateState::Draft))
        .then(|| span("remark tone-at-risk").child(icon(Icon::Warning)).child(t.mandate_no_email()));
    div("dossier-meta small")
        .child(words::state_badge(row.state))
        .child(span("strong").child(words::kind(row.kind)))
        .child(span("num soft").child(&row.number))
        .child(span("num").child(format::siren(row.siren.as_str())))
        .child(dossier)
        .child(sent)
        .child(reminders)
        .child(unreachable)
}

/// Why it counts or does not.
fn standing(open: Open) -> View {
    live(move || open.file.value.with(|f| f.as_ref().map(|f| counts(&f.value))))
}

fn counts(mandate: &Mandate) -> View {
    let t = t();
    let row = &mandate.row;
    let proves = matches!(row.kind, MandateKind::Delegation | MandateKind::Designation);
    let (tone, title) = match row.in_force {
        true if proves => (Tone::Ready, t.mandate_counts()),
        true => (Tone::Ready, t.mandate_in_force()),
        false => (words::state_tone(row.state), t.mandate_counts_not()),
    };
    // What is accepted and does not count yet is no reason for green.
    let tone = if !row.in_force && tone == Tone::Ready { Tone::AtRisk } else { tone };
    let other = (row.in_force && !proves).then(|| p("soft small").child(t.mandate_kind_no_proof()));
    notice(tone, div("stack-tight").child(p("strong").child(title)).child(p("").child(why(mandate))).child(other))
}

fn why(mandate: &Mandate) -> String {
    let t = t();
    let row = &mandate.row;
    let day = |day| format::date(t, day);
    let reason = || row.reason.as_deref().unwrap_or(t.mandate_no_reason());
    match (row.state, row.starts_on, row.ends_on) {
        (MandateState::Accepted, Some(from), Some(to)) if row.in_force => t.mandate_counts_until(day(from), day(to)),
        (MandateState::Accepted, Some(from), None) if row.in_force => t.mandate_counts_since(day(from)),
        (MandateState::Accepted, _, _) if row.in_force => t.mandate_counts_open().to_owned(),
        (MandateState::Accepted, Some(from), _) => t.mandate_counts_later(day(from)),
        (MandateState::Accepted | MandateState::Expired, _, Some(to)) => t.mandate_counts_expired(day(to)),
        (MandateState::Accepted | MandateState::Expired, _, None) => t.mandate_counts_not().to_owned(),
        (MandateState::Draft | MandateState::ToSend, _, _) => t.mandate_counts_draft().to_owned(),
        (MandateState::Sent | MandateState::Opened, _, _) => t.mandate_counts_waiting().to_owned(),
        (MandateState::Signed | MandateState::ToCheck, _, _) => t.mandate_counts_decide().to_owned(),
        (MandateState::Refused, _, _) => t.mandate_counts_refused(reason()),
        (MandateState::Revoked, _, _) => t.mandate_counts_revoked(reason()),
    }
}

/// What may be done now: the usual acts as buttons, the others in a menu.
fn acts(open: Open) -> View {
    let printing = RwSignal::new(false);
    live(move || {
        if !may_act() {
            return p("soft small").child(t().mandates_read_only());
        }
        let Some((id, state, next)) =
            open.file.value.with(|f| f.as_ref().map(|f| (f.value.row.id, f.value.row.state, f.value.next.clone())))
        else {
            return View::none();
        };
        let all: Vec<MandateAct> = next.iter().filter_map(|event| words::act_of(*event)).collect();
        let loud = words::natural_act(state).filter(|act| all.contains(act));
        let button = |act: MandateAct| {
            let button = Button::new(words::act(act)).icon(words::act_face(act)).small().press(move || open.act(act));
            if loud == Some(act) { button.primary() } else { button }
        };
        let rare = |act: &MandateAct| matches!(act, MandateAct::SentByLetter | MandateAct::Revoke | MandateAct::Reopen);
        let shown = all.iter().filter(|act| loud == Some(**act) || !rare(act)).map(|act| button(*act));
        let hidden: Vec<MandateAct> = all.iter().copied().filter(|act| loud != Some(*act) && rare(act)).collect();
        let items = move || {
            let t = t();
            let mut items: Vec<MenuItem> = hidden
                .iter()
                .map(|act| {
                    let act = *act;
                    let (face, label) = (words::act_face(act), words::act(act));
                    if act == MandateAct::Revoke {
                        MenuItem::danger(face, label, move || open.act(act))
                    } else {
                        MenuItem::act(face, label, move || open.act(act))
                    }
                })
                .collect();
            items.push(MenuItem::act(Icon::File, t.act_print(), move || act::print(vec![id], false, printing)));
            if !state.is_over() && state != MandateState::Accepted {
                items.push(MenuItem::act(Icon::File, t.act_print_letters(), move || {
                    act::print(vec![id], true, printing);
                }));
            }
            if state == MandateState::Draft {
                let act = MandateAct::Delete;
                items.push(MenuItem::danger(words::act_face(act), words::act(act), move || open.act(act)));
            }
            items
        };
        let menu = Menu::new(t().menu_more(), items).icon_only(Icon::More).quiet().small().align_end();
        div("row").attr("role", "group").label(t().mandate_acts()).children(shown).child(menu)
    })
}

/// The form of a draft; made anew for another mandate or another version, and only then.
fn terms_of(open: Open) -> Option<View> {
    let here = open.file.value.with(|f| f.as_ref().map(|f| (f.value.row.state, f.value.row.id, f.value.row.version)));
    let (state, _, _) = here?;
    (state == MandateState::Draft && may_act()).then(|| {
        untrack(|| {
            let now = open.file.value.get()?;
            Some(section(t().mandate_terms(), terms::form(open, &now)))
        })
    })?
}

fn section(title: &str, body: View) -> View {
    div("stack").child(el("h3").child(title)).child(body)
}

fn life(open: Open) -> View {
    let body = live(move || {
        open.file.value.with(|file| {
            let file = file.as_ref()?;
            let events = file.value.steps.iter().rev().map(|step| {
                let (face, tone) = words::event_face(step.event);
                Event {
                    icon: face,
                    tone,
                    when: format::relative(t(), step.at, now()),
                    exact: format::moment(t(), step.at),
                    who: step.by_name.clone().unwrap_or_default(),
                    what: say(&step.event.text()),
                    detail: step.detail.clone(),
                }
            });
            // A draft has taken no step yet, and began all the same.
            let began = Event {
                icon: Icon::Plus,
                tone: None,
                when: format::relative(t(), file.value.created_at, now()),
                exact: format::moment(t(), file.value.created_at),
                who: String::new(),
                what: t().action_mandate_create().to_owned(),
                detail: None,
            };
            Some(timeline(events.chain([began]).collect()))
        })
    });
    section(t().mandate_life(), body)
}

fn documents(open: Open) -> View {
    let list = live(move || open.file.value.with(|f| f.as_ref().map(|f| kept(&f.value))));
    let place = live(move || {
        let takes = open.of(|m| m.next.contains(&MandateEvent::Upload));
        (takes && may_act()).then(|| untrack(|| upload_place(open)))
    });
    section(t().mandate_documents(), div("stack").child(list).child(place))
}

fn kept(mandate: &Mandate) -> View {
    let t = t();
    let id = mandate.row.id;
    let label = if mandate.documents.is_empty() { t.mandate_document_draft() } else { t.mandate_document_now() };
    let name = format!("mandat-{}.pdf", mandate.row.siren);
    let open = Button::new(label).icon(Icon::Eye).small().press({
        let name = name.clone();
        move || open_in_tab(request::<op::ReadMandateDocument>(&id, &Nothing {}).detached(), "application/pdf", &name)
    });
    let lacking = (!mandate.lacking.is_empty() && mandate.row.state == MandateState::Draft).then(|| {
        let lines = mandate.lacking.iter().map(|text| el("li").child(say(text)));
        notice(
            Tone::AtRisk,
            div("stack-tight")
                .child(p("").child(t.mandate_lacking()))
                .child(el("ul").class("bullets small").children(lines)),
        )
    });
    let none = mandate.documents.is_empty().then(|| p("faint small").child(t.mandate_documents_none()));
    div("stack")
        .child(div("row").child(open))
        .child(lacking)
        .child(none)
        .child(el("ul").class("documents").children(mandate.documents.iter().map(document)))
}

fn document(document: &Document) -> View {
    let t = t();
    let (id, name, media) = (document.id, document.name.clone(), document.media_type.clone());
    let said = t.mandate_document_by(&document.by_name, format::relative(t, document.created_at, now()));
    let tone = match document.kind {
        DocumentKind::Certified | DocumentKind::Provider => Some(Tone::Ready),
        DocumentKind::Uploaded => Some(Tone::AtRisk),
        DocumentKind::Generated | DocumentKind::Evidence => None,
    };
    let mark = match tone {
        Some(tone) => span("").add_class(tone.class()).child(shape(tone)),
        None => span("soft").child(icon(Icon::File)),
    };
    let fetch = {
        let name = name.clone();
        move || {
            let name = name.clone();
            spawn_local(async move {
                let call = request::<op::ReadDocument>(&id, &Nothing {}).detached();
                if let Err(failure) = download(call, &name).await {
                    toasts().failed(&failure);
                }
            });
        }
    };
    let in_tab = shows(&media).then(|| {
        let (media, name) = (media.clone(), name.clone());
        Button::new(t.mandate_open_document()).icon_only(Icon::Eye).quiet().small().press(move || {
            open_in_tab(request::<op::ReadDocument>(&id, &Nothing {}).detached(), shown_as(&media), &name);
        })
    });
    let save = Button::new(t.download()).icon_only(Icon::Download).quiet().small().press(fetch);
    let facts = div("grow stack-none")
        .child(
            p("truncate")
                .attr("title", &name)
                .child(span("strong").child(words::document(document.kind)))
                .child(span("soft").child(format!(" · {name}"))),
        )
        .child(
            p("faint small")
                .child(format!("{said} · {}", format::bytes(t, document.bytes)))
                .attr("title", &t.mandate_document_sha(&document.sha256)),
        );
    el("li").class("document").child(mark).child(facts).child(span("row nowrap").child(in_tab).child(save))
}

/// What a browser shows without running anything: the server has looked at the content.
pub fn shows(media: &str) -> bool {
    matches!(media, "application/pdf" | "image/png" | "image/jpeg")
}

/// One of three types, whatever the server says: a tab must never take a file for a page of this site.
pub fn shown_as(media: &str) -> &'static str {
    match media {
        "image/png" => "image/png",
        "image/jpeg" => "image/jpeg",
        _ => "application/pdf",
    }
}

/// Fetches a file with the session's rights and shows it in a tab of its own; where the browser keeps tabs shut it is
/// saved instead.
fn open_in_tab(call: crate::api::Call, media: &'static str, name: &str) {
    let name = name.to_owned();
    // Opened by the press itself: later the browser would take it for an advertisement.
    let tab = window().open_with_url_and_target("", "_blank").ok().flatten();
    spawn_local(async move {
        match fetch_as(call, media).await {
            Ok(blob) => match (tab, web_sys::Url::create_object_url_with_blob(&blob)) {
                (Some(tab), Ok(url)) => {
                    let _ = tab.location().set_href(&url);
                    set_timeout(
                        move || {
                            let _ = web_sys::Url::revoke_object_url(&url);
                        },
                        std::time::Duration::from_secs(60),
                    );
                }
                _ => save_as(&blob, &name),
            },
            Err(failure) => {
                if let Some(tab) = tab {
                    let _ = tab.close();
                }
                toasts().failed(&failure);
            }
        }
    });
}

/// Where a signed copy is dropped: its progress, and why it was refused.
fn upload_place(open: Open) -> View {
    let sending = RwSignal::new(None::<(String, Sent)>);
    let refused = RwSignal::new(None::<(String, Failure)>);
    let today = format::paris(now()).date();
    let signed_on = RwSignal::new(today.to_string());
    let drop = file_drop(FORMATS, MOST_BYTES, move |file| send(open, file, signed_on, sending, refused))
        .class_of("imp-hidden", move || sending.with(Option::is_some));
    let busy = memo(move || sending.with(Option::is_some));
    let day = date_field(t().mandate_signed_on(), signed_on).attr("max", &today.to_string());
    div("stack")
        .child(el("h4").child(t().mandate_upload()))
        .child(View::from(day).class_of("imp-hidden", move || busy.get()))
        .child(drop)
        .show(move || busy.get(), move || progress(sending))
        .live(move || refused.get().map(|(name, failure)| refusal(&name, &failure)))
}

fn progress(sending: RwSignal<Option<(String, Sent)>>) -> View {
    let name = sending.with_untracked(|s| s.as_ref().map(|(name, _)| name.clone()).unwrap_or_default());
    // All has left: the server looks at it, and how long that takes nobody knows.
    let reading = memo(move || sending.with(|s| s.as_ref().is_some_and(|(_, s)| s.sent >= s.total)));
    let (sent_label, read_label) = (t().mandate_upload_sending(&name), t().mandate_upload_reading(&name));
    div("imp-sending").attr("role", "status").live(move || {
        if reading.get() {
            return div("progress")
                .child(span("strong").child(&read_label))
                .child(el("progress").label(&read_label).attr("max", "100"));
        }
        let progress = move || {
            let sent = sending.with(|s| s.as_ref().map(|(_, sent)| *sent).unwrap_or_default());
            Progress { done: sent.sent, total: Some(sent.total), per_second: None }
        };
        untrack(|| progress_bar(&sent_label, progress, weighed))
    })
}

/// What the server said no to, in its own words: they name the place, the expected form and the fix.
fn refusal(name: &str, failure: &Failure) -> View {
    let words = View::all([
        p("strong").child(t().mandate_upload_refused(name)),
        p("").child(if failure.code() == contract::Code::FileRefused.as_str() {
            failure.detail()
        } else {
            format!("{}. {}", failure.title(), failure.detail())
        }),
        View::all(failure.unplaced(&[]).into_iter().map(|message| p("").child(message))),
        p("soft small").child(t().mandate_upload_again()),
        failure.request_id().map(|id| p("faint small").child(t().request_id(id))).into(),
    ]);
    notice(Tone::Late, words).attr("role", "alert")
}

fn send(
    open: Open,
    file: File,
    signed_on: RwSignal<String>,
    sending: RwSignal<Option<(String, Sent)>>,
    refused: RwSignal<Option<(String, Failure)>>,
) {
    let id = open.file.value.with_untracked(|f| f.as_ref().map(|f| f.value.row.id));
    let Some(id) = id.filter(|_| sending.with_untracked(Option::is_none)) else { return };
    let (name, size) = (file.name(), file.size() as u64);
    refused.set(None);
    sending.set(Some((name.clone(), Sent { sent: 0, total: size.max(1) })));
    let on_progress = Callback::new(move |sent: Sent| {
        sending.try_update(|sending| {
            if let Some((_, known)) = sending {
                *known = sent;
            }
        });
    });
    let day = signed_on.get_untracked();
    let day = if day.is_empty() { String::new() } else { format!("&signed_on={day}") };
    let path = format!("/mandates/{id}/upload?filename={}{day}", encode(&name));
    spawn_local(async move {
        let sent = upload(&path, JsValue::from(file), Some("application/octet-stream"), on_progress).await;
        let answer = sent.and_then(|reply| {
            let etag = reply.etag.clone();
            reply.json::<Mandate>().map(|value| Versioned { value, etag })
        });
        // Nothing comes back when the place still stands.
        let here = sending.try_set(None).is_none();
        match answer {
            Ok(new) => {
                toasts().done(t().mandate_uploaded());
                if here {
                    open.take(new);
                }
            }
            Err(failure) if here => refused.set(Some((name, failure))),
            Err(failure) => toasts().failed(&failure),
        }
    });
}
