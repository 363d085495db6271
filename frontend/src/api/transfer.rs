//! Files, both ways.

use leptos::prelude::*;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, HtmlAnchorElement, ProgressEvent, Url, XmlHttpRequest};

use super::call::{classify, refusal};
use super::{BASE, Call, Failure, Reply, session};
use crate::text::t;

/// How much of an upload has left.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Sent {
    pub sent: u64,
    pub total: u64,
}

/// Sends a file (or `FormData`) and tells how much has left. `fetch` cannot tell, hence the older interface.
/// Renews the token once, like every call; goes on when the page is left.
pub async fn upload(
    path: &str,
    body: JsValue,
    content_type: Option<&str>,
    on_progress: Callback<Sent>,
) -> Result<Reply, Failure> {
    let key = crate::browser::random_uuid();
    match send_once(path, &body, content_type, &key, on_progress).await {
        Err(Failure::Refused(problem)) if problem.status == 401 => {
            session::renew().await?;
            send_once(path, &body, content_type, &key, on_progress).await
        }
        outcome => outcome,
    }
}

async fn send_once(
    path: &str,
    body: &JsValue,
    content_type: Option<&str>,
    key: &str,
    on_progress: Callback<Sent>,
) -> Result<Reply, Failure> {
    let broken = |error: JsValue| Failure::Unreadable { why: format!("{error:?}"), request_id: None };
    let request = XmlHttpRequest::new().map_err(broken)?;
    request.open("POST", &format!("{BASE}{path}")).map_err(broken)?;
    let mut headers = vec![
        ("Accept", "application/json, application/problem+json".to_owned()),
        ("Accept-Language", t().tag().to_owned()),
        ("Idempotency-Key", key.to_owned()),
    ];
    headers.extend(content_type.map(|kind| ("Content-Type", kind.to_owned())));
    headers.extend(session::token().map(|token| ("Authorization", format!("Bearer {token}"))));
    for (name, value) in headers {
        request.set_request_header(name, &value).map_err(broken)?;
    }

    let progress = Closure::<dyn FnMut(ProgressEvent)>::new(move |ev: ProgressEvent| {
        on_progress.try_run(Sent { sent: ev.loaded() as u64, total: ev.total() as u64 });
    });
    let sender = request.upload().map_err(broken)?;
    sender.set_onprogress(Some(progress.as_ref().unchecked_ref()));

    // `loadend` comes after success, failure and abort alike.
    let mut wait = |resolve: js_sys::Function, _reject: js_sys::Function| request.set_onloadend(Some(&resolve));
    let finished = js_sys::Promise::new(&mut wait);
    // The browser takes a Blob, a File or FormData here; the binding has a name for each and one call below.
    request.send_with_opt_blob(Some(body.unchecked_ref())).map_err(broken)?;
    JsFuture::from(finished).await.map_err(|error| classify(&error))?;
    drop(progress);

    let status = request.status().unwrap_or(0);
    let text = request.response_text().ok().flatten().unwrap_or_default();
    let header = |name: &str| request.get_response_header(name).ok().flatten();
    match status {
        0 => Err(Failure::Unreachable),
        200..300 => Ok(Reply {
            status,
            text,
            etag: header("ETag"),
            location: header("Location"),
            request_id: header("X-Request-Id"),
        }),
        _ => Err(refusal(status, &text, header("X-Request-Id"), header("Retry-After"))),
    }
}

/// Fetches a file with the session's rights and hands it to the browser's downloads. The name comes from the server
/// (`Content-Disposition`), else from the caller.
pub async fn download(call: Call, fallback_name: &str) -> Result<(), Failure> {
    let response = call.response().await?;
    let name = response
        .headers()
        .get("Content-Disposition")
        .ok()
        .flatten()
        .and_then(|value| file_name(&value))
        .unwrap_or_else(|| fallback_name.to_owned());
    let promise = response.blob().map_err(|error| classify(&error))?;
    let blob: Blob = JsFuture::from(promise).await.map_err(|error| classify(&error))?.unchecked_into();
    save_as(&blob, &name);
    Ok(())
}

/// Fetches a file with the session's rights, as one of a type that the caller knows to be shown without running anything.
pub async fn fetch_as(call: Call, media: &str) -> Result<Blob, Failure> {
    let response = call.response().await?;
    let promise = response.blob().map_err(|error| classify(&error))?;
    let blob: Blob = JsFuture::from(promise).await.map_err(|error| classify(&error))?.unchecked_into();
    blob.slice_with_f64_and_f64_and_content_type(0.0, blob.size(), media).map_err(|error| classify(&error))
}

pub fn save_as(blob: &Blob, name: &str) {
    let Ok(url) = Url::create_object_url_with_blob(blob) else { return };
    if let Ok(link) = document().create_element("a") {
        let link: HtmlAnchorElement = link.unchecked_into();
        link.set_href(&url);
        link.set_download(name);
        link.click();
    }
    // The download has its own reference by the time this runs.
    set_timeout(
        move || {
            let _ = Url::revoke_object_url(&url);
        },
        std::time::Duration::from_secs(30),
    );
}

/// `filename*=UTF-8''…` before `filename="…"`, as RFC 6266 says.
fn file_name(disposition: &str) -> Option<String> {
    let parameter = |name: &str| {
        disposition.split(';').map(str::trim).find_map(|part| {
            let (key, value) = part.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let extended = parameter("filename*").and_then(|value| {
        let encoded = value.strip_prefix("UTF-8''").or_else(|| value.strip_prefix("utf-8''"))?;
        decode(encoded)
    });
    extended.or_else(|| parameter("filename").map(|value| value.trim_matches('"').to_owned())).filter(|n| !n.is_empty())
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            let hex = tail.get(..2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_name_of_a_file_is_read() {
        assert_eq!(file_name("attachment; filename=\"journal.csv\"").as_deref(), Some("journal.csv"));
        assert_eq!(
            file_name("attachment; filename=\"rejets.csv\"; filename*=UTF-8''lignes%20rejet%C3%A9es.csv").as_deref(),
            Some("lignes rejetées.csv")
        );
        assert_eq!(file_name("attachment"), None);
        assert_eq!(file_name("attachment; filename*=UTF-8''%zz; filename=a.csv").as_deref(), Some("a.csv"));
    }
}
