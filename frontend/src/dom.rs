//! Elements, built directly and kept in step with Leptos' signals.
//!
//! Leptos' `view!` writes one Rust type per piece of markup and compiles code for each: the kit alone cost 240 kB with
//! brotli that way. Here markup is made by calls that exist once, whatever the page; signals, effects, owners and the
//! router stay Leptos’. See docs/decisions/0008-elements-made-directly.md.
//!
//! * `div("card").child(…)` makes elements at once; a `View` is a handle, cheap to clone and to move into a closure.
//! * `.text_of(…)`, `.attr_of(…)`, `.class_of(…)` follow the signals that their closure reads.
//! * `.live(…)` draws a part again, `.show(…)` does so when a condition changes, `.each(…)` keeps rows by key.
//! * What a closure creates (effects, `on_cleanup`) ends when its part is drawn again or its page is left.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;
use leptos::reactive::effect::RenderEffect;
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, HtmlElement, HtmlInputElement, KeyboardEvent, Node};

use crate::text::unbroken;

/// A node of the document, or a fragment of several that has not been placed yet.
#[derive(Clone)]
pub struct View(Node);

const IMPOSSIBLE: &str = "the browser makes elements of known names";

pub fn el(tag: &str) -> View {
    View(document().create_element(tag).expect(IMPOSSIBLE).into())
}

/// An element of SVG, which lives in a namespace of its own.
pub fn svg(tag: &str) -> View {
    View(document().create_element_ns(Some("http://www.w3.org/2000/svg"), tag).expect(IMPOSSIBLE).into())
}

pub fn div(class: &str) -> View {
    el("div").class(class)
}

pub fn span(class: &str) -> View {
    el("span").class(class)
}

pub fn p(class: &str) -> View {
    el("p").class(class)
}

/// A bare button; see `ui::Button` for the one that people press.
pub fn button(class: &str) -> View {
    el("button").attr("type", "button").class(class)
}

pub fn link(class: &str, href: &str) -> View {
    el("a").class(class).attr("href", href)
}

/// Text that follows signals.
pub fn text_of(text: impl Fn() -> String + 'static) -> View {
    text_boxed(Box::new(text))
}

fn text_boxed(text: Box<dyn Compute<String>>) -> View {
    let node = document().create_text_node("");
    let view = View(node.clone().into());
    react(move || node.set_data(&unbroken(&text.compute())));
    view
}

/// A part without an element of its own that is drawn again when the signals that it reads change.
pub fn live<V: Into<View>>(part: impl Fn() -> V + 'static) -> View {
    View::none().live(part)
}

/// A part that stands while the condition holds.
pub fn show(condition: impl Fn() -> bool + 'static, part: impl Fn() -> View + 'static) -> View {
    View::none().show(condition, part)
}

/// A closure in a box, called in one way only. The closures of the library bring three ways to be called each, and the
/// unused two are code all the same: some hundred bytes for every closure of every page.
trait Compute<T> {
    fn compute(&self) -> T;
}

impl<T, F: Fn() -> T> Compute<T> for F {
    fn compute(&self) -> T {
        self()
    }
}

trait Run {
    fn run(&mut self);
}

impl<F: FnMut()> Run for F {
    fn run(&mut self) {
        self();
    }
}

trait Hear {
    fn hear(&mut self, ev: Event);
}

impl<F: FnMut(Event)> Hear for F {
    fn hear(&mut self, ev: Event) {
        self(ev);
    }
}

/// Runs now and whenever the signals it reads change, until its page is left.
pub fn react(run: impl FnMut() + 'static) {
    react_boxed(Box::new(run));
}

fn react_boxed(mut run: Box<dyn Run>) {
    let effect = RenderEffect::new(move |_: Option<()>| run.run());
    on_cleanup(move || drop(effect));
}

/// The same, beginning a moment later: when the present part stands in the document. Compiled once, unlike an `Effect`
/// over the closure itself.
pub fn after(run: impl FnMut() + 'static) {
    after_boxed(Box::new(run));
}

fn after_boxed(mut run: Box<dyn Run>) {
    Effect::new(move |_: Option<()>| run.run());
}

/// A memo over anything: the screen has one thread, so nothing in it must be able to cross threads.
pub fn memo<T: PartialEq + Send + Sync + 'static>(compute: impl Fn() -> T + 'static) -> Memo<T> {
    memo_boxed(Box::new(compute))
}

fn memo_boxed<T: PartialEq + Send + Sync + 'static>(compute: Box<dyn Compute<T>>) -> Memo<T> {
    let compute = SendWrapper::new(compute);
    Memo::new(move |_| compute.compute())
}

/// What an attribute may be: absent, or a text.
pub enum Value {
    Absent,
    Text(Cow<'static, str>),
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Value {
        Value::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(Cow::Owned(text))
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Absent, Into::into)
    }
}

/// Present or not, as `disabled` is.
impl From<bool> for Value {
    fn from(present: bool) -> Value {
        if present { Value::from("") } else { Value::Absent }
    }
}

/// A row of a list: what it is known by, and how it is drawn when it is new.
pub struct Item {
    pub key: String,
    pub view: Box<dyn FnOnce() -> View>,
}

impl Item {
    pub fn new(key: impl Into<String>, view: impl FnOnce() -> View + 'static) -> Item {
        Item { key: key.into(), view: Box::new(view) }
    }
}

struct Kept {
    key: String,
    view: View,
    owner: Owner,
}

impl View {
    /// Nothing: an empty fragment.
    pub fn none() -> View {
        View(document().create_document_fragment().into())
    }

    pub fn text(text: &str) -> View {
        View(document().create_text_node(&unbroken(text)).into())
    }

    pub fn all<V: Into<View>>(parts: impl IntoIterator<Item = V>) -> View {
        View::none().children(parts)
    }

    /// An element that stands in the document already.
    pub fn of(element: Element) -> View {
        View(element.into())
    }

    pub fn node(&self) -> &Node {
        &self.0
    }

    pub fn element(&self) -> &Element {
        self.0.unchecked_ref()
    }

    pub fn html(&self) -> &HtmlElement {
        self.0.unchecked_ref()
    }

    pub fn input(&self) -> &HtmlInputElement {
        self.0.unchecked_ref()
    }

    pub fn focus(&self) {
        let _ = self.html().focus();
    }

    pub fn remove(&self) {
        self.element().remove();
    }

    // What it is.

    pub fn class(self, class: &str) -> View {
        self.attr("class", class)
    }

    pub fn add_class(self, class: &str) -> View {
        let _ = self.element().class_list().add_1(class);
        self
    }

    pub fn id(self, id: &str) -> View {
        self.attr("id", id)
    }

    pub fn attr(self, name: &str, value: &str) -> View {
        let _ = self.element().set_attribute(name, value);
        self
    }

    pub fn attr_if(self, name: &str, value: Option<&str>) -> View {
        match value {
            Some(value) => self.attr(name, value),
            None => self,
        }
    }

    pub fn flag(self, name: &str, on: bool) -> View {
        if on { self.attr(name, "") } else { self }
    }

    pub fn label(self, label: &str) -> View {
        self.attr("aria-label", label)
    }

    /// A decoration: what it says is said elsewhere.
    pub fn decorative(self) -> View {
        self.attr("aria-hidden", "true")
    }

    // What stands in it.

    pub fn child(self, child: impl Into<View>) -> View {
        self.append(child.into())
    }

    fn append(self, child: View) -> View {
        let _ = self.0.append_child(&child.0);
        self
    }

    pub fn children<V: Into<View>>(mut self, children: impl IntoIterator<Item = V>) -> View {
        for child in children {
            self = self.append(child.into());
        }
        self
    }

    // What it does.

    pub fn on(self, event: &str, act: impl FnMut(Event) + 'static) -> View {
        self.listen(event, Box::new(act))
    }

    fn listen(self, event: &str, mut act: Box<dyn Hear>) -> View {
        // The browser owns the closure from here on and frees it with the element.
        let act = Closure::<dyn FnMut(Event)>::new(move |ev| act.hear(ev)).into_js_value();
        let _ = self.0.add_event_listener_with_callback(event, act.unchecked_ref());
        self
    }

    pub fn on_click(self, act: impl Fn() + 'static) -> View {
        self.on("click", move |_| act())
    }

    pub fn on_key(self, act: impl Fn(&KeyboardEvent) + 'static) -> View {
        self.on("keydown", move |ev| act(ev.unchecked_ref()))
    }

    /// Each letter of a field.
    pub fn on_input(self, act: impl Fn(String) + 'static) -> View {
        self.on("input", move |ev| act(value_of_target(&ev)))
    }

    /// A field that was left, a choice that was made.
    pub fn on_change(self, act: impl Fn(String) + 'static) -> View {
        self.on("change", move |ev| act(value_of_target(&ev)))
    }

    pub fn on_check(self, act: impl Fn(bool) + 'static) -> View {
        let input = self.input().clone();
        self.on("change", move |_| act(input.checked()))
    }

    // What follows signals.

    pub fn attr_of<T: Into<Value>>(self, name: &'static str, value: impl Fn() -> T + 'static) -> View {
        self.follow_attr(name, Box::new(move || value().into()))
    }

    fn follow_attr(self, name: &'static str, value: Box<dyn Compute<Value>>) -> View {
        let element = self.element().clone();
        react_boxed(Box::new(move || {
            let _ = match value.compute() {
                Value::Text(text) => element.set_attribute(name, &text),
                Value::Absent => element.remove_attribute(name),
            };
        }));
        self
    }

    /// "true" or "false", as `aria-expanded` wants it.
    pub fn aria_of(self, name: &'static str, value: impl Fn() -> bool + 'static) -> View {
        self.attr_of(name, move || if value() { "true" } else { "false" })
    }

    pub fn class_of(self, class: &'static str, on: impl Fn() -> bool + 'static) -> View {
        self.follow_class(class, Box::new(on))
    }

    fn follow_class(self, class: &'static str, on: Box<dyn Compute<bool>>) -> View {
        let list = self.element().class_list();
        react_boxed(Box::new(move || {
            let _ = list.toggle_with_force(class, on.compute());
        }));
        self
    }

    pub fn text_of(self, text: impl Fn() -> String + 'static) -> View {
        self.append(text_of(text))
    }

    /// The value of a field; left alone when it says the same, so that the caret stays where it is.
    pub fn value_of(self, value: impl Fn() -> String + 'static) -> View {
        let input = self.input().clone();
        react(move || {
            let value = value();
            if input.value() != value {
                input.set_value(&value);
            }
        });
        self
    }

    pub fn checked_of(self, checked: impl Fn() -> bool + 'static) -> View {
        let input = self.input().clone();
        react(move || input.set_checked(checked()));
        self
    }

    pub fn disabled_of(self, disabled: impl Fn() -> bool + 'static) -> View {
        self.attr_of("disabled", disabled)
    }

    /// One property of the style, set by the program: the content policy forbids style attributes in markup.
    pub fn style_of(self, name: &'static str, value: impl Fn() -> String + 'static) -> View {
        let style = self.html().style();
        react(move || {
            let _ = style.set_property(name, &value());
        });
        self
    }

    pub fn style(self, name: &str, value: &str) -> View {
        let _ = self.html().style().set_property(name, value);
        self
    }

    pub fn live<V: Into<View>>(self, part: impl Fn() -> V + 'static) -> View {
        self.follow_part(Box::new(move || part().into()))
    }

    fn follow_part(self, part: Box<dyn Compute<View>>) -> View {
        // The part stands between two empty comments; whatever is there goes before the new comes.
        let (start, end) = (document().create_comment(""), document().create_comment(""));
        let _ = self.0.append_child(&start);
        let _ = self.0.append_child(&end);
        react_boxed(Box::new(move || {
            let new = part.compute();
            let Some(parent) = end.parent_node() else { return };
            while let Some(old) = start.next_sibling().filter(|node| !node.is_same_node(Some(&end))) {
                let _ = parent.remove_child(&old);
            }
            let _ = parent.insert_before(&new.0, Some(&end));
        }));
        self
    }

    pub fn show(self, condition: impl Fn() -> bool + 'static, part: impl Fn() -> View + 'static) -> View {
        self.show_boxed(memo(condition), Box::new(part))
    }

    fn show_boxed(self, holds: Memo<bool>, part: Box<dyn Compute<View>>) -> View {
        self.follow_part(Box::new(move || if holds.get() { untrack(|| part.compute()) } else { View::none() }))
    }

    /// Rows by key: a row that stays is not drawn again, one that goes takes its effects along.
    pub fn each(self, items: impl Fn() -> Vec<Item> + 'static) -> View {
        self.follow_items(Box::new(items))
    }

    fn follow_items(self, items: Box<dyn Compute<Vec<Item>>>) -> View {
        let end: Node = document().create_comment("").into();
        let _ = self.0.append_child(&end);
        // Rows outlive a run of the effect below, hence an owner beside it.
        let nest = Owner::current().map(|owner| owner.child()).unwrap_or_default();
        let rows = Rc::new(RefCell::new(Vec::<Kept>::new()));
        react_boxed(Box::new(move || {
            let items = items.compute();
            untrack(|| {
                let Some(parent) = end.parent_node() else { return };
                let mut old: Vec<Option<Kept>> = rows.take().into_iter().map(Some).collect();
                let mut new = Vec::with_capacity(items.len());
                // Most lists keep their order: the next row is looked for where the last one was found.
                let mut from = 0;
                for item in items {
                    let found = (from..old.len())
                        .chain(0..from.min(old.len()))
                        .find(|at| old[*at].as_ref().is_some_and(|kept| kept.key == item.key));
                    let kept = match found {
                        Some(at) => {
                            from = at + 1;
                            old[at].take()
                        }
                        None => {
                            let owner = nest.child();
                            let view = owner.with(item.view);
                            Some(Kept { key: item.key, view, owner })
                        }
                    };
                    new.extend(kept);
                }
                for gone in old.into_iter().flatten() {
                    gone.view.remove();
                    gone.owner.cleanup();
                }
                let mut next = end.clone();
                for kept in new.iter().rev() {
                    let node = kept.view.node();
                    if !node.next_sibling().is_some_and(|sibling| sibling.is_same_node(Some(&next))) {
                        let _ = parent.insert_before(node, Some(&next));
                    }
                    next = node.clone();
                }
                rows.replace(new);
            });
        }));
        self
    }

    /// Asks for the focus when the element has come into the document.
    pub fn focused(self) -> View {
        let element = self.html().clone();
        request_animation_frame(move || {
            let _ = element.focus();
        });
        self
    }

    /// Into the document, for good: the root of the screen.
    pub fn mount(self) {
        if let Some(body) = document().body() {
            let _ = body.append_child(&self.0);
        }
    }
}

fn value_of_target(ev: &Event) -> String {
    // Fields of every kind have a `value`; the binding of one of them reads it for all.
    ev.target().map(|target| target.unchecked_into::<HtmlInputElement>().value()).unwrap_or_default()
}

impl From<&str> for View {
    fn from(text: &str) -> View {
        View::text(text)
    }
}

impl From<String> for View {
    fn from(text: String) -> View {
        View::text(&text)
    }
}

impl From<&String> for View {
    fn from(text: &String) -> View {
        View::text(text)
    }
}

impl<T: Into<View>> From<Option<T>> for View {
    fn from(part: Option<T>) -> View {
        part.map_or_else(View::none, Into::into)
    }
}

impl<T: Into<View>> From<Vec<T>> for View {
    fn from(parts: Vec<T>) -> View {
        View::all(parts)
    }
}

impl<T: Into<View>, const N: usize> From<[T; N]> for View {
    fn from(parts: [T; N]) -> View {
        View::all(parts)
    }
}

/// A property of an element that has no attribute, such as `indeterminate`.
pub fn set_property(view: &View, name: &str, value: &JsValue) {
    let _ = js_sys::Reflect::set(view.node(), &JsValue::from_str(name), value);
}
