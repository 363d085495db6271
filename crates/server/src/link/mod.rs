//! The client's pages at `/l/{token}`: written here, without a script, so that they open on any telephone. Reading one
//! changes nothing; an act is a press. Who holds the address is the only one who can ask, so the address itself is what
//! a page of another site would lack. The page by which one unsubscribes from messages stands beside them.

mod html;
mod pages;
mod provider;
mod unsubscribe;

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Utc;
use contract::Code;
use domain::Lang;
use futures_util::StreamExt;
use service::call::FileReply;
use service::limits::Told;
use service::{Call, Client, Error, Result};
use sha2::{Digest, Sha256};

use crate::edge::{self, Asked, Edge, Named};

const CSS: &str = include_str!("link.css");
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const NAMED: Named<'static> = Named { label: "client_link", pattern: "/l/{token}" };

/// Largest form without a file.
const MOST_FORM: usize = 64 * 1024;
/// Largest sheet, and what a form puts around it.
const MOST_SHEET: usize = 20 * 1024 * 1024;
/// Most that is received of one that is larger, to say so.
const MOST_RECEIVED: usize = 10 * MOST_SHEET;

/// Where a provider of signatures leads clients back to, without their link; and the cookie in which their own browser
/// keeps it meanwhile, sent to that one place.
const BACK: &str = "/l/retour";
const KEPT: &str = "cabready_link";

/// What a visitor sent.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub fields: BTreeMap<String, String>,
    /// Name of the file, and its bytes.
    pub file: Option<(String, Vec<u8>)>,
    /// The file went on after the most that one may have.
    pub too_large: bool,
}

/// What goes back.
pub(super) enum Page {
    Html(StatusCode, String),
    /// After a press: reloading the next page presses nothing.
    See(String),
    /// Leads to another site; the browser keeps the link, so that it finds back.
    Leave(String),
    File(FileReply),
}

pub fn configure(edge: &Arc<Edge>, config: &mut web::ServiceConfig) {
    unsubscribe::configure(edge, config);
    let shared = edge.clone();
    config.service(web::resource("/l/link.css").to(move |req: HttpRequest| std::future::ready(style(&shared, &req))));
    for path in ["/l/{token}", "/l/{token}/{rest:.*}"] {
        let shared = edge.clone();
        config.service(
            web::resource(path).to(move |req: HttpRequest, payload: web::Payload| serve(shared.clone(), req, payload)),
        );
    }
}

fn style(edge: &Edge, req: &HttpRequest) -> HttpResponse {
    let asked = Asked::new(req);
    let tag: String = Sha256::digest(CSS).iter().take(12).map(|b| format!("{b:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let mut response = if edge::none_match(req.headers(), &tag) {
        HttpResponse::NotModified().finish()
    } else {
        HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/css; charset=utf-8")).body(CSS)
    };
    if let Ok(value) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    edge::finish(edge, req, &asked, Named { label: "client_link", pattern: "/l/link.css" }, None, response)
}

async fn serve(edge: Arc<Edge>, req: HttpRequest, payload: web::Payload) -> HttpResponse {
    let asked = Asked::new(&req);
    let page = answer(&edge, &req, &asked, payload).await;
    let response = match page {
        Ok(Page::Html(status, html)) => write(status, html),
        Ok(Page::See(address)) => see(&address),
        Ok(Page::Leave(html)) => {
            let mut response = write(StatusCode::OK, html);
            let token = req.match_info().get("token").unwrap_or_default();
            let secure = if edge.secure_cookies { "; Secure" } else { "" };
            let kept = format!("{KEPT}={token}; Path={BACK}; Max-Age=86400; HttpOnly; SameSite=Lax{secure}");
            if let Ok(value) = HeaderValue::from_str(&kept) {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
            response
        }
        Ok(Page::File(file)) => edge::file(StatusCode::OK, file),
        Err(error) => refused(&asked, &req, &error),
    };
    let mut response = private(response);
    if req.method() == Method::HEAD {
        response = response.map_body(|_, _| actix_web::body::BoxBody::new(()));
    }
    edge::finish(&edge, &req, &asked, NAMED, None, response)
}

/// Leads to another page.
fn see(address: &str) -> HttpResponse {
    let mut response = HttpResponse::SeeOther().finish();
    if let Ok(value) = HeaderValue::from_str(address) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

/// Who asks, as a use case may know it: nobody signs in here.
fn call_of(edge: &Edge, req: &HttpRequest, asked: &Asked, told: Told) -> Call {
    let address = edge::address(req, edge.trust_proxy);
    Call {
        app: edge.app.clone(),
        actor: None,
        now: Utc::now(),
        request_id: asked.request_id.clone(),
        lang: Lang::Fr,
        client: Client { address, user_agent: edge::user_agent(req.headers()), ..Client::default() },
        if_match: None,
        told,
        upload: None,
    }
}

fn write(status: StatusCode, html: String) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CONTENT_LANGUAGE, "fr"))
        .body(html)
}

/// The address is a secret: nobody is told it, nobody keeps it, nobody finds it.
fn private(mut response: HttpResponse) -> HttpResponse {
    let headers = response.headers_mut();
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow, noarchive"));
    response
}

fn refused(asked: &Asked, req: &HttpRequest, error: &Error) -> HttpResponse {
    if matches!(error.code, Code::Internal | Code::Unavailable) {
        let cause = error.cause.as_deref().unwrap_or("unknown");
        tracing::error!(request_id = %asked.request_id, code = error.code.as_str(), cause, "a client's page failed");
    }
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // Behind a refused press stands the link itself, which still opens.
    let begin = req.match_info().get("token").map(|token| format!("/l/{token}"));
    let mut response = write(status, pages::failure(error, &asked.request_id, begin.as_deref()));
    let wait = error.retry_after.or((error.code == Code::Unavailable).then_some(5));
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Whether a page of another site made the browser send this. A browser that tells no site sends `null` as the origin of
/// a page without referrer; the address, which only its holder knows, is then what proves it.
fn is_foreign(req: &HttpRequest, edge: &Edge) -> bool {
    let told = |name: &str| req.headers().get(name).and_then(|v| v.to_str().ok());
    if told("sec-fetch-site").is_none() && told("origin") == Some("null") {
        return false;
    }
    edge::crosses_sites(req, edge)
}

async fn answer(edge: &Arc<Edge>, req: &HttpRequest, asked: &Asked, payload: web::Payload) -> Result<Page> {
    let address = edge::address(req, edge.trust_proxy);
    let told = Told::default();
    edge.app.shared.limits.api(address, &told)?;
    let press = match *req.method() {
        Method::GET | Method::HEAD => false,
        Method::POST => true,
        _ => {
            return Err(Error::say(
                Code::MethodNotAllowed,
                "Cette page se lit et se remplit, rien d’autre.",
                "This page is read and filled in, nothing else.",
            ));
        }
    };
    if press && is_foreign(req, edge) {
        return Err(Error::say(
            Code::Forbidden,
            "Cette demande vient d’un autre site. Ouvrez le lien reçu du cabinet et recommencez.",
            "This request comes from another site. Open the link that the firm sent and begin again.",
        ));
    }
    let part = |name: &str| req.match_info().get(name).unwrap_or_default().to_owned();
    let (token, rest) = (part("token"), part("rest").trim_matches('/').to_owned());
    let call = call_of(edge, req, asked, told);
    let sent = if press {
        // Megabytes are received for those only who may send them.
        if is_multipart(req) {
            let (early, token) = (call.clone(), token.clone());
            let opening = blocking(move || service::links::open(&early, &token)).await?;
            if !matches!(opening, service::links::Opening::Open(_)) {
                return Err(Error::not_found());
            }
        }
        receive(req, payload).await?
    } else {
        Sent::default()
    };
    let kept = edge::cookie(req.headers(), KEPT);
    let place = pages::Place { token, rest, press, kept };
    blocking(move || pages::answer(&call, &place, &sent)).await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    web::block(work).await.unwrap_or_else(|_| Err(Error::internal("a client's page panicked")))
}

fn is_multipart(req: &HttpRequest) -> bool {
    let kind = req.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    kind.to_ascii_lowercase().starts_with("multipart/form-data")
}

fn broken() -> Error {
    Error::say(
        Code::BadRequest,
        "L’envoi s’est interrompu avant sa fin : recommencez.",
        "The sending broke off before its end: begin again.",
    )
}

async fn receive(req: &HttpRequest, payload: web::Payload) -> Result<Sent> {
    if is_multipart(req) {
        return actix_web::rt::time::timeout(std::time::Duration::from_secs(600), multipart(req, payload))
            .await
            .unwrap_or_else(|_| Err(broken()));
    }
    let received = payload.to_bytes_limited(MOST_FORM);
    let bytes = match actix_web::rt::time::timeout(std::time::Duration::from_secs(30), received).await {
        Ok(Ok(Ok(bytes))) => bytes,
        Ok(Ok(Err(_))) | Err(_) => return Err(broken()),
        Ok(Err(_)) => {
            return Err(Error::say(
                Code::PayloadTooLarge,
                "Ce que vous avez écrit est trop long : raccourcissez.",
                "What you wrote is too long: shorten it.",
            ));
        }
    };
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(&bytes).map_err(|_| broken())?;
    Ok(Sent { fields: pairs.into_iter().collect(), ..Sent::default() })
}

async fn multipart(req: &HttpRequest, payload: web::Payload) -> Result<Sent> {
    let mut parts = actix_multipart::Multipart::new(req.headers(), payload);
    let mut sent = Sent::default();
    let mut total = 0_usize;
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|_| broken())?;
        let disposition = part.content_disposition();
        let name = disposition.and_then(|d| d.get_name()).unwrap_or_default().to_owned();
        let filename = disposition.and_then(|d| d.get_filename()).map(str::to_owned);
        let mut bytes = Vec::new();
        while let Some(chunk) = part.next().await {
            let chunk = chunk.map_err(|_| broken())?;
            total += chunk.len();
            if total > MOST_RECEIVED {
                return Err(broken());
            }
            // Taken to its end all the same: a browser hears no answer before it has sent everything.
            if total > MOST_SHEET + MOST_FORM {
                sent.too_large = true;
                bytes.clear();
                continue;
            }
            bytes.extend_from_slice(&chunk);
        }
        match filename {
            Some(filename) if !filename.is_empty() || !bytes.is_empty() => sent.file = Some((filename, bytes)),
            Some(_) => {}
            None => {
                sent.fields.insert(name, String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    Ok(sent)
}
