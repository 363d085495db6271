//! What the browser knows and the screen needs: storage, focus, identifiers, time. Nothing here knows a page.

use std::cell::Cell;
use std::time::Duration;

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, EventTarget, HtmlElement, KeyboardEvent};

thread_local! {
    static NEXT_ID: Cell<u32> = const { Cell::new(0) };
}

/// An id for tying a label, a hint or a popup to its control.
pub fn unique_id(prefix: &str) -> String {
    let n = NEXT_ID.get() + 1;
    NEXT_ID.set(n);
    let mut id = String::from(prefix);
    id.push('-');
    id.push_str(&n.to_string());
    id
}

fn storage() -> Option<web_sys::Storage> {
    // A browser may forbid storage; then choices last as long as the page.
    window().local_storage().ok().flatten()
}

const NAMESPACE: &str = "cabready.";

pub fn stored(key: &str) -> Option<String> {
    storage()?.get_item(&(NAMESPACE.to_owned() + key)).ok().flatten()
}

pub fn store(key: &str, value: Option<&str>) {
    let Some(storage) = storage() else { return };
    let key = NAMESPACE.to_owned() + key;
    // A full storage is no reason to stop the person's work.
    let _ = match value {
        Some(value) => storage.set_item(&key, value),
        None => storage.remove_item(&key),
    };
}

/// Sets or removes a `data-…` attribute of the root element, where the style sheets look.
pub fn mark_root(attribute: &str, value: Option<&str>) {
    let Some(root) = document().document_element() else { return };
    let _ = match value {
        Some(value) => root.set_attribute(attribute, value),
        None => root.remove_attribute(attribute),
    };
}

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(js_sys::Date::now() as i64).unwrap_or_default()
}

/// For asking again after a while.
pub async fn sleep(time: Duration) {
    let mut wait = |resolve: js_sys::Function, _reject: js_sys::Function| {
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, time.as_millis() as i32);
    };
    let _ = JsFuture::from(js_sys::Promise::new(&mut wait)).await;
}

/// Puts a text on the clipboard; false where the browser has none or forbids it (plain http away from localhost).
pub async fn copy_text(text: &str) -> bool {
    let written = || {
        let navigator: JsValue = window().navigator().into();
        let clipboard = js_sys::Reflect::get(&navigator, &JsValue::from_str("clipboard")).ok()?;
        let write = js_sys::Reflect::get(&clipboard, &JsValue::from_str("writeText")).ok()?;
        let write: js_sys::Function = write.dyn_into().ok()?;
        write.call1(&clipboard, &JsValue::from_str(text)).ok()?.dyn_into::<js_sys::Promise>().ok()
    };
    match written() {
        Some(promise) => JsFuture::from(promise).await.is_ok(),
        None => false,
    }
}

/// The SHA-256 of a file, as hexadecimal digits. The file is read here and goes nowhere. Nothing where it cannot be read
/// or the browser does not compute (plain http away from localhost).
pub async fn sha256(file: &web_sys::Blob) -> Option<String> {
    let call = |object: &JsValue, name: &str, arguments: &js_sys::Array| {
        let method: js_sys::Function = js_sys::Reflect::get(object, &JsValue::from_str(name)).ok()?.dyn_into().ok()?;
        method.apply(object, arguments).ok()?.dyn_into::<js_sys::Promise>().ok()
    };
    let crypto: JsValue = window().crypto().ok()?.into();
    let subtle = js_sys::Reflect::get(&crypto, &JsValue::from_str("subtle")).ok().filter(JsValue::is_object)?;
    let bytes = JsFuture::from(call(file, "arrayBuffer", &js_sys::Array::new())?).await.ok()?;
    let digest = call(&subtle, "digest", &js_sys::Array::of2(&JsValue::from_str("SHA-256"), &bytes))?;
    let digest = js_sys::Uint8Array::new(&JsFuture::from(digest).await.ok()?).to_vec();
    Some(hex(&digest))
}

fn hex(bytes: &[u8]) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [b >> 4, b & 15]).map(|half| char::from(HEX[usize::from(half)])).collect()
}

pub fn element(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

pub fn focus(id: &str) {
    if let Some(element) = element(id) {
        let _ = element.focus();
    }
}

/// After the next paint, when what was just rendered stands in the document.
pub fn focus_soon(id: String) {
    request_animation_frame(move || focus(&id));
}

/// Gives the keyboard a place again when what had the focus is gone: the row of the list where it was, the title of the
/// page, or its content.
pub fn rescue_focus() {
    let lost = document().active_element().is_none_or(|now| now.tag_name() == "BODY");
    let place = |what| document().query_selector(what).ok().flatten()?.dyn_into::<HtmlElement>().ok();
    let places = ["main tr.line[tabindex='0']", "main h1[tabindex]", "main"];
    if let Some(place) = places.into_iter().find_map(place).filter(|_| lost) {
        let _ = place.focus();
    }
}

/// To the first that a selector finds.
pub fn focus_in(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(found) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        let _ = found.focus();
    }
}

/// To the row of the list where the keyboard is.
pub fn focus_line() {
    focus_in("main tr.line[tabindex='0']");
}

/// Room for two columns beside the rail? Asked when a page is drawn.
pub fn is_wide() -> bool {
    const WIDE: f64 = 1180.0;
    window().inner_width().ok().and_then(|width| width.as_f64()).is_none_or(|width| width >= WIDE)
}

pub fn active_element() -> Option<HtmlElement> {
    document().active_element()?.dyn_into().ok()
}

/// Is the person writing? Then single letters are text, not shortcuts.
pub fn is_typing(target: Option<EventTarget>) -> bool {
    let Some(element) = target.and_then(|t| t.dyn_into::<Element>().ok()) else { return false };
    match element.tag_name().as_str() {
        "TEXTAREA" | "SELECT" => true,
        "INPUT" => !matches!(
            element.get_attribute("type").as_deref(),
            Some("checkbox" | "radio" | "button" | "submit" | "file")
        ),
        _ => element.dyn_ref::<HtmlElement>().is_some_and(HtmlElement::is_content_editable),
    }
}

/// Is a modal dialog open? Then the page below must not listen.
pub fn modal_is_open() -> bool {
    document().query_selector("dialog[open]").ok().flatten().is_some()
}

/// Is a menu, a list of choices or a filter open over the page? Its keys are its own.
pub fn popover_is_open() -> bool {
    document().query_selector("[popover]:not([role=tooltip]):popover-open").ok().flatten().is_some()
}

pub fn plain_key(ev: &KeyboardEvent) -> bool {
    !(ev.ctrl_key() || ev.meta_key() || ev.alt_key())
}

pub fn set_title(page: &str) {
    let mut title = String::from(page);
    if !title.is_empty() {
        title.push_str(" · ");
    }
    title.push_str("CabReady");
    document().set_title(&title);
}

pub fn reload() {
    let _ = window().location().reload();
}

/// A random identifier (UUID v4). `crypto.randomUUID` is missing on plain http outside localhost, hence the second way.
pub fn random_uuid() -> String {
    let crypto = window().crypto().ok();
    let native = crypto.as_ref().and_then(|crypto| {
        let function = js_sys::Reflect::get(crypto, &JsValue::from_str("randomUUID")).ok()?;
        function.dyn_into::<js_sys::Function>().ok()?.call0(crypto).ok()?.as_string()
    });
    if let Some(uuid) = native {
        return uuid;
    }
    let mut bytes = [0u8; 16];
    let filled = crypto.is_some_and(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_ok());
    if !filled {
        for byte in &mut bytes {
            *byte = (js_sys::Math::random() * 256.0) as u8;
        }
    }
    uuid_from(bytes)
}

fn uuid_from(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(36);
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        out.push(char::from(HEX[usize::from(byte >> 4)]));
        out.push(char::from(HEX[usize::from(byte & 15)]));
    }
    out
}

/// Places a popover (already in the top layer) next to the part that opened it, inside the window.
pub fn place_beside(anchor: &Element, popover: &HtmlElement, align_end: bool, same_width: bool) {
    let (anchor, style) = (anchor.get_bounding_client_rect(), popover.style());
    let size = |value: Result<JsValue, JsValue>| value.ok().and_then(|v| v.as_f64()).unwrap_or(0.0);
    let (width, height) = (size(window().inner_width()), size(window().inner_height()));
    let set = |name: &str, value: f64| {
        let _ = style.set_property(name, &(value.round().to_string() + "px"));
    };
    if same_width {
        set("width", anchor.width());
    }
    let own = popover.get_bounding_client_rect();
    const GAP: f64 = 4.0;
    let left = if align_end { anchor.right() - own.width() } else { anchor.left() };
    let below = anchor.bottom() + GAP;
    let fits_below = below + own.height() <= height - GAP;
    let top = if fits_below || anchor.top() < own.height() + GAP { below } else { anchor.top() - own.height() - GAP };
    set("left", left.clamp(GAP, (width - own.width() - GAP).max(GAP)));
    set("top", top.max(GAP));
    set("max-height", (if fits_below || top >= below { height - top - GAP * 2.0 } else { own.height() }).max(120.0));
}

/// Shows what stands in place of the application after a panic: plain elements, because nothing of ours can be trusted
/// to run any more. The link reloads by itself (`rel=external` keeps the router out of it).
pub fn show_crash_overlay(title: &str, detail: &str, reload: &str) {
    let document = document();
    let Some(body) = document.body() else { return };
    if document.get_element_by_id("crash").is_some() {
        return;
    }
    let make = |tag: &str, class: &str, text: &str| {
        let element = document.create_element(tag).ok()?;
        let _ = element.set_attribute("class", class);
        element.set_text_content(Some(text));
        Some(element)
    };
    let Some(overlay) = make("div", "alarm", "") else { return };
    let _ = overlay.set_attribute("id", "crash");
    let _ = overlay.set_attribute("role", "alertdialog");
    let _ = overlay.set_attribute("aria-label", title);
    let Some(card) = make("div", "alarm-card", "") else { return };
    let location = window().location();
    let href = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
    let parts = [make("h2", "", title), make("p", "soft", detail), make("a", "btn btn-primary", reload)];
    for part in parts.into_iter().flatten() {
        if part.tag_name() == "A" {
            let _ = part.set_attribute("href", &href);
            let _ = part.set_attribute("rel", "external");
        }
        let _ = card.append_child(&part);
    }
    let _ = overlay.append_child(&card);
    let _ = body.append_child(&overlay);
    if let Some(link) = overlay.query_selector("a").ok().flatten().and_then(|a| a.dyn_into::<HtmlElement>().ok()) {
        let _ = link.focus();
    }
}

/// A panic ends the application: say so, in the console for us and on the screen for the person.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        leptos::leptos_dom::logging::console_error(&info.to_string());
        let t = crate::text::t();
        show_crash_overlay(t.crash_title(), t.crash_detail(), t.reload());
    }));
}

#[cfg(test)]
mod tests {
    #[test]
    fn hashes_are_written_in_hexadecimal() {
        assert_eq!(super::hex(&[0, 255, 16]), "00ff10");
    }

    #[test]
    fn uuids_have_version_and_variant() {
        assert_eq!(super::uuid_from([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(super::uuid_from([0; 16]), "00000000-0000-4000-8000-000000000000");
    }
}
