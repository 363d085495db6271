//! The document on which one decides, beside the facts.
//!
//! It is fetched with the rights of the session and shown as a blob of this page: the address of a document is an
//! attachment in a sandbox and cannot be framed. Its type is one of three that run nothing.

use std::rc::Rc;
use std::sync::Arc;

use contract::endpoint::op;
use contract::{Mandate, Nothing};
use domain::{DocumentId, MandateId};
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::detail::{Open, shown_as, shows};
use crate::api::{Failure, Load, fetch_as, load, request};
use crate::dom::{View, div, el, live, memo, p, show};
use crate::text::t;
use crate::ui::{error_state, skeleton};

/// The address of a blob, for as long as somebody looks at it.
struct Sheet {
    url: String,
    media: &'static str,
}

impl Drop for Sheet {
    fn drop(&mut self) {
        let _ = web_sys::Url::revoke_object_url(&self.url);
    }
}

/// A document that was kept, or the one that would be printed now.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    Kept(DocumentId, &'static str),
    Printed(MandateId),
    /// The newest is of a kind that no browser shows.
    Unshown,
}

/// The newest document is what came back signed.
fn wanted(mandate: &Mandate) -> Wanted {
    match mandate.documents.iter().max_by_key(|document| document.created_at) {
        Some(document) if shows(&document.media_type) => Wanted::Kept(document.id, shown_as(&document.media_type)),
        Some(_) => Wanted::Unshown,
        None => Wanted::Printed(mandate.row.id),
    }
}

async fn fetch(wanted: Wanted) -> Result<Option<Arc<Sheet>>, Failure> {
    let (call, media) = match wanted {
        Wanted::Kept(id, media) => (request::<op::ReadDocument>(&id, &Nothing {}), media),
        Wanted::Printed(id) => (request::<op::ReadMandateDocument>(&id, &Nothing {}), "application/pdf"),
        Wanted::Unshown => return Ok(None),
    };
    let blob = fetch_as(call, media).await?;
    Ok(web_sys::Url::create_object_url_with_blob(&blob).ok().map(|url| Arc::new(Sheet { url, media })))
}

/// Does this browser show a PDF inside a page? Telephones do not.
fn shows_pdf() -> bool {
    let navigator: JsValue = window().navigator().into();
    let answer = js_sys::Reflect::get(&navigator, &JsValue::from_str("pdfViewerEnabled"));
    answer.ok().and_then(|answer| answer.as_bool()).unwrap_or(false)
}

pub fn view(open: Open) -> View {
    let wanted = memo(move || open.file.value.with(|file| file.as_ref().map(|file| wanted(&file.value))));
    let sheet: Load<Option<Arc<Sheet>>> = load(
        move || wanted.get(),
        |wanted| {
            Box::pin(async move {
                match wanted {
                    Some(wanted) => fetch(wanted).await,
                    None => Ok(None),
                }
            })
        },
    );
    let body = live(move || {
        if let Some(failure) = sheet.failure.get().filter(|_| !sheet.pending.get()) {
            return error_state(&failure, Some(Rc::new(move || sheet.reload())));
        }
        match sheet.value.get() {
            None => skeleton(8),
            Some(None) => p("soft small").child(t().sheet_unshown()),
            Some(Some(sheet)) => shown(&sheet),
        }
    });
    let printed =
        show(move || matches!(wanted.get(), Some(Wanted::Printed(_))), || p("soft small").child(t().sheet_printed()));
    div("sheet-room stack-tight").class_of("loaded-stale", move || sheet.pending.get()).child(printed).child(body)
}

fn shown(sheet: &Sheet) -> View {
    if sheet.media != "application/pdf" {
        return el("img").class("sheet sheet-image").attr("src", &sheet.url).attr("alt", t().sheet_title());
    }
    if !shows_pdf() {
        return p("soft small").child(t().sheet_unshown());
    }
    // As wide as its frame, without the viewer's own bars.
    let address = format!("{}#toolbar=0&navpanes=0&view=FitH", sheet.url);
    el("iframe").class("sheet").attr("src", &address).attr("title", t().sheet_title())
}
