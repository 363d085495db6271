//! What people say of an anomaly: comments with mentions, edited by who wrote them, with what stood there before.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use contract::endpoint::op;
use contract::{Comment, CommentInput, Nothing};
use domain::AnomalyId;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::KeyboardEvent;

use super::detail::Open;
use crate::api;
use crate::browser::{focus_in, now};
use crate::dom::{Item, View, button, div, el, live, memo, p, span};
use crate::session;
use crate::text::{format, search, t};
use crate::ui::{Button, Icon, text_area, toasts};

/// The field of the comment, for the key that leads to it.
const COMMENT: &str = ".anomaly-compose textarea";
/// People that are offered for a mention.
const OFFERED: usize = 5;

thread_local! {
    /// What is being written, by anomaly: whoever looks at another one in between finds it again.
    static DRAFTS: RefCell<HashMap<AnomalyId, String>> = RefCell::default();
}

/// To the field of the comment, once the panel stands.
pub fn comment_soon() {
    focus_in(COMMENT);
    // The panel may have to come first.
    set_timeout(|| focus_in(COMMENT), Duration::from_millis(300));
}

/// The comments so far. One that is being edited stays under the hands of who edits it, whatever others add.
pub fn comments(open: Open) -> View {
    let all = memo(move || open.of(|anomaly| anomaly.comments_of.clone()));
    el("ul").class("comments").each(move || {
        let one = |comment: Comment| {
            Item::new(format!("{} {}", comment.id, comment.edits.len()), move || one(open, Rc::new(comment)))
        };
        all.get().into_iter().map(one).collect()
    })
}

fn one(open: Open, comment: Rc<Comment>) -> View {
    let editing = RwSignal::new(false);
    let before = comment.edits.last().map(|_| earlier(&comment));
    let head = {
        let comment = comment.clone();
        p("small row")
            .child(span("strong").child(&comment.by.name))
            .child(span("faint").attr("title", &format::moment(t(), comment.at)).child(format::relative(
                t(),
                comment.at,
                now(),
            )))
            .child(span("grow"))
            .child(live(move || {
                let may = comment.mine && !editing.get();
                may.then(|| {
                    Button::new(t().anomaly_comment_edit())
                        .icon_only(Icon::Edit)
                        .quiet()
                        .small()
                        .press(move || editing.set(true))
                })
            }))
    };
    let body = live(move || {
        let comment = comment.clone();
        if editing.get() {
            return untrack(|| editor(open, &comment, editing));
        }
        p("pre-line").child(told(&comment.body))
    });
    el("li").class("stack-tight").child(head).child(body).child(before)
}

/// What stood there before the last edit, and before that.
fn earlier(comment: &Comment) -> View {
    let one = |edit: &contract::CommentEdit| {
        el("li")
            .child(span("faint small").child(format::moment(t(), edit.at)))
            .child(p("pre-line soft small").child(told(&edit.body)))
    };
    el("details")
        .class("small")
        .child(el("summary").class("faint").child(t().anomaly_comment_edits(comment.edits.len() as u64)))
        .child(el("ul").class("comments").children(comment.edits.iter().rev().map(one)))
}

fn editor(open: Open, comment: &Comment, editing: RwSignal<bool>) -> View {
    let body = RwSignal::new(told(&comment.body));
    let busy = RwSignal::new(false);
    let id = comment.id;
    let save = move || {
        let text = body.get_untracked();
        if text.trim().is_empty() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        let input = CommentInput { body: written(text.trim(), &known_people()) };
        spawn_local(async move {
            match api::act::<op::UpdateComment>(&id, &Nothing {}, &input).await {
                Ok(_) => {
                    editing.try_set(false);
                    open.again();
                }
                Err(failure) => toasts().failed(&failure),
            }
            busy.try_set(false);
        });
    };
    let field = text_area(t().anomaly_comment_edit(), body).label_hidden();
    let area = field.control().focused();
    div("stack-tight")
        .on_key(move |ev| {
            if ev.key() == "Escape" {
                ev.prevent_default();
                ev.stop_propagation();
                editing.set(false);
            } else if sends(ev) {
                save();
            }
        })
        .child(field)
        .child(mentions(body, area))
        .child(
            div("row")
                .child(Button::new(t().save()).small().primary().busy(move || busy.get()).press(save))
                .child(Button::new(t().cancel()).small().press(move || editing.set(false))),
        )
}

/// Ctrl or Cmd with Enter.
fn sends(ev: &KeyboardEvent) -> bool {
    let sends = ev.key() == "Enter" && (ev.ctrl_key() || ev.meta_key());
    if sends {
        ev.prevent_default();
    }
    sends
}

/// People of the firm by id and name.
fn known_people() -> Vec<(String, String)> {
    session::people().value.with_untracked(|people| {
        let all = people.iter().flat_map(|p| &p.data).filter(|p| p.active);
        all.map(|p| (p.id.to_string(), p.name.clone())).collect()
    })
}

/// The name that is being written behind an @ at the end of a text.
fn begun(text: &str) -> Option<&str> {
    let (before, name) = text.rsplit_once('@')?;
    let begins = before.chars().next_back().is_none_or(char::is_whitespace);
    (begins && !name.contains('\n') && name.chars().count() <= 40).then_some(name)
}

/// People who may be meant, while a name is being written: a press, Tab or Enter writes the first.
fn mentions(body: RwSignal<String>, area: View) -> View {
    let offered = memo(move || {
        body.with(|text| {
            let Some(name) = begun(text) else { return Vec::new() };
            let folded = search::fold(name);
            let people = known_people().into_iter().map(|(_, name)| name);
            // A name that stands there whole needs no help.
            let mut fit: Vec<String> =
                people.filter(|known| known != name && search::matches(&folded, known)).collect();
            fit.truncate(OFFERED);
            fit
        })
    });
    let write = {
        let area = area.clone();
        move |name: &str| {
            body.update(|text| {
                if let Some(at) = text.rfind('@') {
                    text.truncate(at + 1);
                    text.push_str(name);
                    text.push(' ');
                }
            });
            area.focus();
        }
    };
    let first = write.clone();
    area.on_key(move |ev| {
        let plain = !(ev.ctrl_key() || ev.meta_key() || ev.shift_key());
        let takes = plain && matches!(ev.key().as_str(), "Tab" | "Enter");
        if let Some(name) = offered.with_untracked(|all| all.first().cloned()).filter(|_| takes) {
            ev.prevent_default();
            ev.stop_propagation();
            first(&name);
        }
    });
    div("mentions").attr("aria-live", "polite").live(move || {
        let write = write.clone();
        let one = |name: String| {
            let (write, own) = (write.clone(), name.clone());
            button("tag").child(format!("@{name}")).on_click(move || write(&own))
        };
        View::all(offered.get().into_iter().map(one))
    })
}

/// A comment with its mentions as names: `@[Claire Martin](id)` reads « @Claire Martin ».
fn told(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((before, after)) = rest.split_once("@[") {
        out.push_str(before);
        match after.split_once("](").and_then(|(name, after)| after.split_once(')').map(|(_, after)| (name, after))) {
            Some((name, after)) if !name.contains('\n') => {
                out.push('@');
                out.push_str(name);
                rest = after;
            }
            _ => {
                out.push_str("@[");
                rest = after;
            }
        }
    }
    out + rest
}

/// A comment as it is sent: names of people of the firm behind an @ become mentions. Longer names first, so that one
/// person is not taken for another whose name begins alike.
fn written(body: &str, people: &[(String, String)]) -> String {
    let mut people: Vec<&(String, String)> = people.iter().collect();
    people.sort_by_key(|(_, name)| std::cmp::Reverse(name.len()));
    let mut out = body.to_owned();
    for (id, name) in people {
        out = out.replace(&format!("@{name}"), &format!("@[{name}]({id})"));
    }
    out
}

/// The field for what is to be said next.
pub fn compose(open: Open, id: AnomalyId) -> View {
    let body = RwSignal::new(DRAFTS.with_borrow(|drafts| drafts.get(&id).cloned().unwrap_or_default()));
    crate::dom::react(move || {
        let text = body.get();
        DRAFTS.with_borrow_mut(|drafts| match text.is_empty() {
            true => drafts.remove(&id),
            false => drafts.insert(id, text),
        });
    });
    let busy = RwSignal::new(false);
    let send = move || {
        let text = body.get_untracked();
        if text.trim().is_empty() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        let input = CommentInput { body: written(text.trim(), &known_people()) };
        spawn_local(async move {
            match api::act::<op::CreateComment>(&id, &Nothing {}, &input).await {
                Ok(_) => {
                    if body.try_set(String::new()).is_some() {
                        // Another anomaly is on the screen by now.
                        DRAFTS.with_borrow_mut(|drafts| drafts.remove(&id));
                    }
                    open.again();
                }
                Err(failure) => toasts().failed(&failure),
            }
            busy.try_set(false);
        });
    };
    let field = text_area(t().anomaly_comment(), body).hint(t().anomaly_comment_hint());
    let area = field.control();
    div("stack-tight anomaly-compose")
        .on_key(move |ev| {
            if sends(ev) {
                send();
            }
        })
        .child(field)
        .child(mentions(body, area))
        .child(
            div("row").child(
                Button::new(t().anomaly_comment_send())
                    .small()
                    .busy(move || busy.get())
                    .disabled(move || body.with(|b| b.trim().is_empty()))
                    .press(send),
            ),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_read_as_names_and_are_sent_as_ids() {
        let people =
            [("019a".to_owned(), "Claire Martin".to_owned()), ("019b".to_owned(), "Claire Martineau".to_owned())];
        let sent = written("Merci @Claire Martin, et @Inconnu.", &people);
        assert_eq!(sent, "Merci @[Claire Martin](019a), et @Inconnu.");
        assert_eq!(told(&sent), "Merci @Claire Martin, et @Inconnu.");
        assert_eq!(told("@[sans fin"), "@[sans fin");
        assert_eq!(written("@Claire Martineau", &people), "@[Claire Martineau](019b)");
    }

    #[test]
    fn a_name_is_begun_by_an_at_behind_a_space() {
        assert_eq!(begun("Vu avec @Cla"), Some("Cla"));
        assert_eq!(begun("@"), Some(""));
        assert_eq!(begun("paul@example.com"), None);
        assert_eq!(begun("rien"), None);
    }
}
