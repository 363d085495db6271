//! A menu of acts behind a button. The browser's popover closes it on Esc and on a press elsewhere.

use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, ToggleEvent};

use super::icon::{Icon, icon};
use crate::browser::{active_element, place_beside, unique_id};
use crate::dom::{View, button, div, el, link, p, span};

#[derive(Clone)]
pub struct MenuItem {
    label: String,
    icon: Option<Icon>,
    kind: Kind,
    here: bool,
    also: Option<Rc<dyn Fn()>>,
}

#[derive(Clone)]
enum Kind {
    Act(Rc<dyn Fn()>),
    Danger(Rc<dyn Fn()>),
    Link(String),
    /// A link with more to say than words: progress.
    Rich(String, Rc<dyn Fn() -> View>),
    Check(bool, Rc<dyn Fn()>),
    Heading,
    Line,
}

impl MenuItem {
    pub fn act(icon: Icon, label: impl Into<String>, act: impl Fn() + 'static) -> MenuItem {
        MenuItem::of(label.into(), Some(icon), Kind::Act(Rc::new(act)))
    }

    /// An act in words alone.
    pub fn plain(label: impl Into<String>, act: impl Fn() + 'static) -> MenuItem {
        MenuItem::of(label.into(), None, Kind::Act(Rc::new(act)))
    }

    pub fn danger(icon: Icon, label: impl Into<String>, act: impl Fn() + 'static) -> MenuItem {
        MenuItem::of(label.into(), Some(icon), Kind::Danger(Rc::new(act)))
    }

    pub fn link(icon: Icon, label: impl Into<String>, href: impl Into<String>) -> MenuItem {
        MenuItem::of(label.into(), Some(icon), Kind::Link(href.into()))
    }

    /// A link that draws itself, and may follow signals.
    pub fn rich(href: impl Into<String>, face: impl Fn() -> View + 'static) -> MenuItem {
        MenuItem::of(String::new(), None, Kind::Rich(href.into(), Rc::new(face)))
    }

    /// One of a group (theme, language) or a box of its own (columns): shows whether it is chosen.
    pub fn check(label: impl Into<String>, checked: bool, act: impl Fn() + 'static) -> MenuItem {
        MenuItem::of(label.into(), None, Kind::Check(checked, Rc::new(act)))
    }

    pub fn heading(label: impl Into<String>) -> MenuItem {
        MenuItem::of(label.into(), None, Kind::Heading)
    }

    pub fn line() -> MenuItem {
        MenuItem::of(String::new(), None, Kind::Line)
    }

    fn of(label: String, icon: Option<Icon>, kind: Kind) -> MenuItem {
        MenuItem { label, icon, kind, here: false, also: None }
    }

    /// What a press on a link does beside leading there.
    pub fn also(self, act: Rc<dyn Fn()>) -> MenuItem {
        MenuItem { also: Some(act), ..self }
    }

    /// A link to the page on which one is.
    pub fn here(self, here: bool) -> MenuItem {
        MenuItem { here, ..self }
    }
}

pub struct Menu {
    button: View,
    popover: View,
}

impl Menu {
    /// `items` is asked each time the menu opens.
    pub fn new(label: impl AsRef<str>, items: impl Fn() -> Vec<MenuItem> + 'static) -> Menu {
        Menu::build(label.as_ref(), Box::new(items))
    }

    fn build(label: &str, items: Box<dyn Fn() -> Vec<MenuItem>>) -> Menu {
        let id = unique_id("menu");
        let open = RwSignal::new(false);
        let button = button("btn")
            .attr("aria-haspopup", "menu")
            .attr("popovertarget", &id)
            .aria_of("aria-expanded", move || open.get())
            // The items must stand before the browser shows the popover in answer to this press.
            .on_click(move || open.set(true));
        let popover = div("float menu").id(&id).attr("role", "menu").attr("popover", "auto").label(label);
        let closing = popover.clone();
        let close: Rc<dyn Fn()> = Rc::new(move || {
            let _ = closing.html().hide_popover();
        });
        let (shown, anchor, keyed) = (popover.clone(), button.clone(), popover.clone());
        let close_on_tab = close.clone();
        let popover = popover
            .on("toggle", move |ev| {
                let list = shown.element().class_list();
                if ev.unchecked_ref::<ToggleEvent>().new_state() == "open" {
                    place_beside(anchor.element(), shown.html(), list.contains("menu-end"), false);
                    let _ = list.add_1("placed");
                    step_focus(shown.html(), Step::First);
                } else {
                    let _ = list.remove_1("placed");
                    open.set(false);
                }
            })
            .on_key(move |ev| {
                let step = match ev.key().as_str() {
                    "ArrowDown" => Step::Next,
                    "ArrowUp" => Step::Previous,
                    "Home" => Step::First,
                    "End" => Step::Last,
                    "Tab" => return close_on_tab(),
                    _ => return,
                };
                ev.prevent_default();
                ev.stop_propagation();
                step_focus(keyed.html(), step);
            })
            .live(move || {
                if !open.get() {
                    return View::none();
                }
                View::all(untrack(&items).into_iter().map(|item| line(item, close.clone())))
            });
        Menu { button, popover }
    }

    fn label(&self) -> String {
        self.popover.element().get_attribute("aria-label").unwrap_or_default()
    }

    /// An icon before the label.
    pub fn icon(self, face: Icon) -> Menu {
        Menu { button: self.button.child(icon(face)), popover: self.popover }
    }

    /// An icon alone; the label is what a screen reader says.
    pub fn icon_only(self, face: Icon) -> Menu {
        self.face(icon(face)).look("btn-icon")
    }

    /// Anything in place of icon and label.
    pub fn face(self, face: View) -> Menu {
        let label = self.label();
        Menu { button: self.button.label(&label).attr("title", &label).child(face), popover: self.popover }
    }

    pub fn quiet(self) -> Menu {
        self.look("btn-quiet")
    }

    pub fn small(self) -> Menu {
        self.look("btn-small")
    }

    pub fn look(self, class: &str) -> Menu {
        Menu { button: self.button.add_class(class), popover: self.popover }
    }

    /// Looks as its surroundings do, not as a button.
    pub fn bare(self, class: &str) -> Menu {
        Menu { button: self.button.class(class), popover: self.popover }
    }

    /// What a screen reader calls the button, where that changes.
    pub fn name_of(self, name: impl Fn() -> String + 'static) -> Menu {
        Menu { button: self.button.attr_of("aria-label", name), popover: self.popover }
    }

    /// Opens towards the left, for buttons at the right edge.
    pub fn align_end(self) -> Menu {
        Menu { button: self.button, popover: self.popover.add_class("menu-end") }
    }
}

impl From<Menu> for View {
    fn from(menu: Menu) -> View {
        let button = match menu.button.element().has_attribute("aria-label") {
            true => menu.button.clone(),
            false => menu.button.clone().child(menu.label()).child(icon(Icon::Down)),
        };
        View::all([button, menu.popover])
    }
}

fn line(item: MenuItem, close: Rc<dyn Fn()>) -> View {
    let MenuItem { label, icon: face, kind, here, also } = item;
    let closing = close.clone();
    let press = move |act: Rc<dyn Fn()>, role: &str| {
        let close = closing.clone();
        button("menu-item").attr("role", role).attr("tabindex", "-1").on_click(move || {
            close();
            act();
        })
    };
    let row = match kind {
        Kind::Heading => return p("menu-heading").attr("role", "presentation").child(label),
        Kind::Line => return el("hr"),
        Kind::Link(href) => {
            let row = link("menu-item", &href).attr("role", "menuitem").attr("tabindex", "-1");
            row.attr_if("aria-current", here.then_some("page")).on_click(move || close())
        }
        Kind::Rich(href, face) => {
            let row = link("menu-item menu-rich", &href).attr("role", "menuitem").attr("tabindex", "-1");
            let press = move || {
                close();
                if let Some(also) = &also {
                    also();
                }
            };
            return row.on_click(press).child(face());
        }
        Kind::Act(act) => press(act, "menuitem"),
        Kind::Danger(act) => press(act, "menuitem").add_class("menu-danger"),
        Kind::Check(checked, act) => press(act, "menuitemcheckbox")
            .attr("aria-checked", if checked { "true" } else { "false" })
            .child(span("menu-check").child(checked.then(|| icon(Icon::Check)))),
    };
    row.child(face.map(icon)).child(span("").child(label))
}

enum Step {
    First,
    Last,
    Next,
    Previous,
}

/// Moves the focus among the items of a menu.
fn step_focus(menu: &HtmlElement, step: Step) {
    let Ok(items) = menu.query_selector_all("[role^=menuitem]") else { return };
    let count = items.length();
    if count == 0 {
        return;
    }
    let now = active_element();
    let is_now =
        |at: &u32| items.get(*at).is_some_and(|node| now.as_ref().is_some_and(|n| n.is_same_node(Some(&node))));
    let next = match (step, (0..count).find(is_now)) {
        (Step::First, _) | (Step::Next, None) => 0,
        (Step::Last, _) | (Step::Previous, None) => count - 1,
        (Step::Next, Some(at)) => (at + 1) % count,
        (Step::Previous, Some(at)) => (at + count - 1) % count,
    };
    if let Some(item) = items.get(next).and_then(|node| node.dyn_into::<HtmlElement>().ok()) {
        let _ = item.focus();
    }
}
