//! The client, carried inside the binary: files of hashed names that never change, and one page for every address.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use contract::Code;
use service::Error;

use crate::edge::{self, Asked, Edge, Named};

/// A file of the client, as the build script writes the table.
pub struct File {
    pub path: &'static str,
    pub media_type: &'static str,
    pub etag: &'static str,
    /// The name holds the hash of the content.
    pub immutable: bool,
    pub plain: &'static [u8],
    pub br: Option<&'static [u8]>,
    pub gz: Option<&'static [u8]>,
}

mod table {
    use super::File;
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

pub fn is_embedded() -> bool {
    !table::FILES.is_empty()
}

/// What a page of ours may load and run. The hashes are those of the inline scripts of the built client. `blob:` is a
/// document that the page has fetched with its rights and shows beside the facts: only a page of this origin can make
/// one, and the page gives it a type that runs nothing, whatever the server said. No address can be framed.
pub fn content_policy() -> String {
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{}; style-src 'self'; img-src 'self' data: blob:; \
         frame-src blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
        table::SCRIPT_HASHES
    )
}

/// Every address that is neither API nor documentation: a file, or the page that finds its way by the address.
pub fn serve(edge: &Edge, policy: &HeaderValue, req: &HttpRequest) -> HttpResponse {
    let asked = Asked::new(req);
    let path = req.path();
    let response = match find(table::FILES, path, edge::accepts_html(req.headers())) {
        Some(file) => answer(file, policy, req.headers()),
        None if !is_embedded() && edge::accepts_html(req.headers()) || path == "/" => {
            let error = Error::say(
                Code::Unavailable,
                "Ce programme a été construit sans l’écran : lancez `cargo xtask run`, qui construit les deux.",
                "This program was built without the screen: use `cargo xtask run`, which builds both.",
            );
            edge::problem(req, &asked, &error)
        }
        None => return edge::not_found(edge, req),
    };
    edge::finish(edge, req, &asked, Named { label: "client", pattern: "(client)" }, None, response)
}

/// The file at an address. An address that names no file is one of the application, when a person opens it.
fn find<'a>(files: &'a [File], path: &str, by_a_person: bool) -> Option<&'a File> {
    let exact = files.iter().find(|f| f.path == path);
    let index = || files.iter().find(|f| f.path == "/index.html");
    match exact {
        Some(file) => Some(file),
        None if path == "/" || by_a_person => index(),
        None => None,
    }
}

fn answer(file: &File, policy: &HeaderValue, headers: &HeaderMap) -> HttpResponse {
    let (encoding, bytes) = negotiate(file, headers);
    // The compressed forms are other bytes, so they have other tags.
    let etag = match encoding {
        Some(encoding) => format!("\"{}-{encoding}\"", file.etag),
        None => format!("\"{}\"", file.etag),
    };
    let mut response = if edge::none_match(headers, &etag) {
        HttpResponse::new(StatusCode::NOT_MODIFIED)
    } else {
        HttpResponse::Ok().insert_header((header::CONTENT_TYPE, file.media_type)).body(bytes)
    };
    let out = response.headers_mut();
    if let (Some(encoding), false) = (encoding, response_is_empty(out)) {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if let Ok(value) = HeaderValue::from_str(&etag) {
        out.insert(header::ETAG, value);
    }
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let caching = if file.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    out.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    out.insert(header::HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    response
}

/// Without a type there is no body.
fn response_is_empty(headers: &HeaderMap) -> bool {
    !headers.contains_key(header::CONTENT_TYPE)
}

fn negotiate(file: &File, headers: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
    match (file.br, file.gz) {
        (Some(bytes), _) if edge::takes(headers, "br") => (Some("br"), bytes),
        (_, Some(bytes)) if edge::takes(headers, "gzip") => (Some("gzip"), bytes),
        _ => (None, file.plain),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const FILES: &[File] = &[
        File {
            path: "/index.html",
            media_type: "text/html; charset=utf-8",
            etag: "aa",
            immutable: false,
            plain: b"page",
            br: Some(b"br"),
            gz: Some(b"gz"),
        },
        File {
            path: "/app-0123456789abcdef.js",
            media_type: "text/javascript",
            etag: "bb",
            immutable: true,
            plain: b"code",
            br: None,
            gz: None,
        },
    ];

    fn get(path: &str, html: bool, name: &'static str, value: &str) -> Option<HttpResponse> {
        let request = TestRequest::default().insert_header((name, value)).to_http_request();
        let policy = HeaderValue::from_static("default-src 'self'");
        find(FILES, path, html).map(|file| answer(file, &policy, request.headers()))
    }

    fn told(response: &HttpResponse, name: header::HeaderName) -> &str {
        response.headers().get(name).map_or("", |v| v.to_str().unwrap())
    }

    #[test]
    fn nothing_is_framed_but_what_the_page_has_fetched_itself() {
        let policy = content_policy();
        let of = |name: &str| policy.split(';').find_map(|rule| rule.trim().strip_prefix(name)).map(str::trim);
        assert_eq!(of("frame-src"), Some("blob:"));
        assert_eq!(of("frame-ancestors"), Some("'none'"));
        assert!(!of("script-src").unwrap_or_default().contains("blob:"), "{policy}");
    }

    #[test]
    fn a_hashed_name_is_kept_for_ever_and_the_page_is_asked_for_again() {
        let code = get("/app-0123456789abcdef.js", false, "accept-encoding", "br, gzip").unwrap();
        assert_eq!(told(&code, header::CACHE_CONTROL), "public, max-age=31536000, immutable");
        assert_eq!(told(&code, header::CONTENT_ENCODING), "");
        let page = get("/dossiers/abc", true, "accept-encoding", "gzip;q=0.5, br").unwrap();
        assert_eq!(told(&page, header::CACHE_CONTROL), "no-cache");
        assert_eq!((told(&page, header::CONTENT_ENCODING), told(&page, header::ETAG)), ("br", "\"aa-br\""));
        let page = get("/", false, "accept-encoding", "gzip, br;q=0").unwrap();
        assert_eq!((told(&page, header::CONTENT_ENCODING), told(&page, header::ETAG)), ("gzip", "\"aa-gzip\""));
        assert_eq!(told(&get("/", false, "accept", "*/*").unwrap(), header::ETAG), "\"aa\"");
    }

    #[test]
    fn an_unchanged_page_is_not_sent_again() {
        let again = get("/", true, "if-none-match", "\"aa\"").unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(told(&again, header::ETAG), "\"aa\"");
        assert_eq!(get("/", true, "if-none-match", "\"other\"").unwrap().status(), StatusCode::OK);
    }

    #[test]
    fn a_missing_file_is_missing_and_not_the_page() {
        assert!(get("/app-0000.js", false, "accept", "*/*").is_none());
    }
}
