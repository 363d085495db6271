//! What every form does: it is sent once, says what was refused on the field it concerns, and leads the person there.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::api::{Failure, FieldError, Problem};
use crate::dom::{View, div, el, live, memo, p};
use crate::text::t;
use crate::ui::{Icon, icon};

/// What happens after a success.
type Done = Box<dyn FnOnce()>;

#[derive(Clone)]
pub struct Form {
    failure: RwSignal<Option<Failure>>,
    busy: RwSignal<bool>,
    /// Pointers that a field of the form shows.
    placed: Rc<RefCell<Vec<&'static str>>>,
    root: View,
}

impl Default for Form {
    fn default() -> Form {
        Form {
            failure: RwSignal::new(None),
            busy: RwSignal::new(false),
            placed: Rc::default(),
            // The browser's own messages speak the browser's language and know none of our rules.
            root: el("form").class("stack").flag("novalidate", true),
        }
    }
}

impl Form {
    pub fn new() -> Form {
        Form::default()
    }

    /// The message for one field, until the person changes its value. A pointer also stands for what lies below it:
    /// `/aliases` takes `/aliases/3`.
    pub fn error<T: PartialEq + Clone + Send + Sync + 'static>(
        &self,
        pointer: &'static str,
        value: RwSignal<T>,
    ) -> impl Fn() -> Option<String> + 'static {
        self.placed.borrow_mut().push(pointer);
        let failure = self.failure;
        let refused = memo(move || {
            failure.track();
            value.get_untracked()
        });
        let message = memo(move || failure.with(|failure| failure.as_ref().and_then(|f| below(f, pointer))));
        move || message.get().filter(|_| value.with(|now| refused.with(|refused| now == refused)))
    }

    /// The same for a pointer that is made while the field is drawn, as of one in a list; `but` are fields below it that
    /// show their own. Name the list by `places`, so that no message of it is told twice.
    pub fn error_at<T: PartialEq + Clone + Send + Sync + 'static>(
        &self,
        pointer: String,
        but: &'static [&'static str],
        value: RwSignal<T>,
    ) -> impl Fn() -> Option<String> + 'static {
        let failure = self.failure;
        let refused = memo(move || {
            failure.track();
            value.get_untracked()
        });
        let message = memo(move || failure.with(|failure| failure.as_ref().and_then(|f| below_but(f, &pointer, but))));
        move || message.get().filter(|_| value.with(|now| refused.with(|refused| now == refused)))
    }

    /// What lies below this pointer is shown by fields of `error_at`.
    pub fn places(&self, pointer: &'static str) {
        self.placed.borrow_mut().push(pointer);
    }

    pub fn busy(&self) -> impl Fn() -> bool + Clone + 'static {
        let busy = self.busy;
        move || busy.get()
    }

    /// What no field shows: a refusal of the whole, a lost connection.
    pub fn problem(&self) -> View {
        let (failure, placed) = (self.failure, self.placed.clone());
        div("form-problem").attr("aria-live", "assertive").child(live(move || {
            let failure = failure.get()?;
            let placed = placed.borrow();
            let left: Vec<String> = match &failure {
                Failure::Refused(problem) => problem
                    .errors
                    .iter()
                    .filter(|e| !placed.iter().any(|pointer| is_below(&e.pointer, pointer)))
                    .map(|e| e.message.clone())
                    .collect(),
                _ => Vec::new(),
            };
            // Everything that is wrong stands at its field already.
            if left.is_empty() && matches!(&failure, Failure::Refused(problem) if !problem.errors.is_empty()) {
                return None;
            }
            let words = div("grow stack-tight")
                .child(p("strong").child(failure.title()))
                .child(Some(failure.detail()).filter(|d| !d.is_empty()).map(|detail| p("").child(detail)))
                .children(left.into_iter().map(|message| p("").child(message)))
                .child(reference(&failure));
            Some(div("form-refused").child(icon(Icon::Warning)).child(words))
        }))
    }

    /// Shows a refusal that the client itself finds.
    pub fn refuse(&self, failure: Failure) {
        self.failure.set(Some(failure));
        lead_to_first_error(&self.root);
    }

    /// Sends once; a second press while the first is under way does nothing.
    pub fn send<T: 'static>(
        &self,
        asked: impl Future<Output = Result<T, Failure>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        // What differs from form to form ends here; the rest is compiled once.
        self.send_boxed(Box::pin(async move { asked.await.map(|value| Box::new(move || done(value)) as Done) }));
    }

    fn send_boxed(&self, asked: Pin<Box<dyn Future<Output = Result<Done, Failure>>>>) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        let form = self.clone();
        spawn_local(async move {
            let answer = asked.await;
            form.busy.try_set(false);
            match answer {
                Ok(done) => {
                    form.failure.try_set(None);
                    done();
                }
                Err(Failure::Aborted) => {}
                Err(failure) => {
                    form.failure.try_set(Some(failure));
                    lead_to_first_error(&form.root);
                }
            }
        });
    }

    /// The form itself: what stands in it, and what Enter or its button does.
    pub fn build(self, content: impl IntoIterator<Item = View>, submit: impl Fn(&Form) + 'static) -> View {
        self.build_boxed(content.into_iter().collect(), Box::new(submit))
    }

    fn build_boxed(self, content: Vec<View>, submit: Box<dyn Fn(&Form)>) -> View {
        let problem = self.problem();
        let form = self.clone();
        self.root
            .on("submit", move |ev| {
                ev.prevent_default();
                submit(&form);
            })
            .child(problem)
            .children(content)
    }
}

/// A refusal that the client itself finds, at its field.
pub fn refusal(pointer: &str, message: impl Into<String>) -> Failure {
    let error = FieldError { pointer: pointer.to_owned(), code: String::new(), message: message.into() };
    Failure::Refused(Box::new(Problem { status: 422, errors: vec![error], ..Problem::default() }))
}

/// A refusal explains itself; a breakdown needs somebody who can look it up.
fn reference(failure: &Failure) -> Option<View> {
    let refused = matches!(failure, Failure::Refused(problem) if problem.status < 500);
    let id = failure.request_id().filter(|_| !refused)?;
    Some(p("faint small").child(t().request_id(id)))
}

fn is_below(pointer: &str, field: &str) -> bool {
    pointer.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn below(failure: &Failure, field: &str) -> Option<String> {
    match failure {
        Failure::Refused(problem) => {
            problem.errors.iter().find(|e| is_below(&e.pointer, field)).map(|e| e.message.clone())
        }
        _ => None,
    }
}

fn below_but(failure: &Failure, field: &str, but: &[&str]) -> Option<String> {
    let Failure::Refused(problem) = failure else { return None };
    let shown_there = |pointer: &str| but.iter().any(|part| is_below(pointer, &format!("{field}{part}")));
    let own = problem.errors.iter().find(|e| is_below(&e.pointer, field) && !shown_there(&e.pointer));
    own.map(|e| e.message.clone())
}

fn lead_to_first_error(form: &View) {
    let form = form.clone();
    request_animation_frame(move || {
        let field = form.element().query_selector("[aria-invalid=true]").ok().flatten();
        if let Some(field) = field.and_then(|f| f.dyn_into::<HtmlElement>().ok()) {
            let _ = field.focus();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_takes_the_messages_of_its_entries() {
        let error = |pointer: &str, message: &str| FieldError {
            pointer: pointer.to_owned(),
            code: String::new(),
            message: message.to_owned(),
        };
        let failure = Failure::Refused(Box::new(Problem {
            errors: vec![error("/aliases/2", "twice"), error("/name", "empty")],
            ..Default::default()
        }));
        assert_eq!(below(&failure, "/aliases").as_deref(), Some("twice"));
        assert_eq!(below(&failure, "/alias"), None);
        assert_eq!(below(&failure, "/name").as_deref(), Some("empty"));
        assert_eq!(below_but(&failure, "/aliases/2", &[]).as_deref(), Some("twice"));
        assert_eq!(below_but(&failure, "/aliases", &["/2"]), None);
    }
}
