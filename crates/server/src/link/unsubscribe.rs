//! The page at `/d/{token}` by which the reader of a message unsubscribes, and comes back. Programs that look at links read
//! it as often as they like: only a press acts, that of a mail program (RFC 8058) or of the button.

use std::fmt::Write;
use std::sync::Arc;

use actix_web::http::header;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use contract::Code;
use domain::Lang;
use service::delivery::unsubscribe::{self, Standing};
use service::html::escape;
use service::limits::Told;
use service::{Call, Error, Result};

use super::html::{layout, text};
use super::{MOST_FORM, Page, blocking, broken, call_of, pages, private, see, write};
use crate::edge::{self, Asked, Edge, Named};

const NAMED: Named<'static> = Named { label: "unsubscribe", pattern: "/d/{token}" };

/// What a press wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Press {
    /// Of a mail program.
    OneClick,
    Unsubscribe,
    Subscribe,
}

pub(super) fn configure(edge: &Arc<Edge>, config: &mut web::ServiceConfig) {
    let shared = edge.clone();
    config.service(
        web::resource("/d/{token}")
            .to(move |req: HttpRequest, payload: web::Payload| serve(shared.clone(), req, payload)),
    );
}

async fn serve(edge: Arc<Edge>, req: HttpRequest, payload: web::Payload) -> HttpResponse {
    let asked = Asked::new(&req);
    let response = match answer(&edge, &req, &asked, payload).await {
        Ok(Page::Html(status, html)) => write(status, html),
        Ok(Page::See(address)) => see(&address),
        Ok(Page::Leave(_) | Page::File(_)) => HttpResponse::InternalServerError().finish(),
        Err(error) => refused(&asked, &error),
    };
    let mut response = private(response);
    if req.method() == Method::HEAD {
        response = response.map_body(|_, _| actix_web::body::BoxBody::new(()));
    }
    edge::finish(&edge, &req, &asked, NAMED, None, response)
}

fn refused(asked: &Asked, error: &Error) -> HttpResponse {
    if matches!(error.code, Code::Internal | Code::Unavailable) {
        let cause = error.cause.as_deref().unwrap_or("unknown");
        tracing::error!(request_id = %asked.request_id, code = error.code.as_str(), cause, "unsubscribing failed");
    }
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = write(status, pages::failure(error, &asked.request_id, None));
    let wait = error.retry_after.or((error.code == Code::Unavailable).then_some(5));
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
    }
    response
}

async fn answer(edge: &Arc<Edge>, req: &HttpRequest, asked: &Asked, payload: web::Payload) -> Result<Page> {
    let told = Told::default();
    edge.app.shared.limits.api(edge::address(req, edge.trust_proxy), &told)?;
    let token = req.match_info().get("token").unwrap_or_default().to_owned();
    let call = call_of(edge, req, asked, told);
    let press = match *req.method() {
        Method::GET | Method::HEAD => None,
        Method::POST => Some(press(payload).await?),
        _ => {
            return Err(Error::say(
                Code::MethodNotAllowed,
                "Cette page se lit, et son bouton s’actionne, rien d’autre.",
                "This page is read and its button is pressed, nothing else.",
            ));
        }
    };
    blocking(move || page(&call, &token, press)).await
}

fn page(call: &Call, token: &str, press: Option<Press>) -> Result<Page> {
    let standing = match press {
        None => unsubscribe::open(call, token)?,
        Some(press) => unsubscribe::press(call, token, press == Press::Subscribe)?,
    };
    Ok(match standing {
        None => Page::Html(StatusCode::NOT_FOUND, unknown()),
        // A button leads back to the page: reloading it presses nothing. A mail program wants its answer at once.
        Some(_) if matches!(press, Some(Press::Unsubscribe | Press::Subscribe)) => Page::See(format!("/d/{token}")),
        Some(standing) => Page::Html(StatusCode::OK, shown(token, &standing)),
    })
}

/// What the form wants. Mail programs send one field, in either form that browsers know.
async fn press(payload: web::Payload) -> Result<Press> {
    let received = payload.to_bytes_limited(MOST_FORM);
    let bytes = match actix_web::rt::time::timeout(std::time::Duration::from_secs(30), received).await {
        Ok(Ok(Ok(bytes))) => bytes,
        _ => return Err(broken()),
    };
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(&bytes).unwrap_or_default();
    let has = |name: &str, value: &str| pairs.iter().any(|(n, v)| n == name && v == value);
    let parts = String::from_utf8_lossy(&bytes);
    if has("List-Unsubscribe", "One-Click")
        || (parts.contains("name=\"List-Unsubscribe\"") && parts.contains("One-Click"))
    {
        Ok(Press::OneClick)
    } else if has("faire", "desabonner") {
        Ok(Press::Unsubscribe)
    } else if has("faire", "reabonner") {
        Ok(Press::Subscribe)
    } else {
        Err(Error::say(
            Code::BadRequest,
            "Cette demande ne dit pas quoi faire : utilisez le bouton de la page.",
            "This request does not say what to do: use the button of the page.",
        ))
    }
}

fn shown(token: &str, standing: &Standing) -> String {
    let firm = escape(&standing.firm.name);
    let address = escape(&standing.address);
    let (title, said, act, label, class) = if standing.unsubscribed {
        (
            "Vous êtes désinscrit",
            format!(
                "<p class=\"note good\">C’est noté : {firm} n’écrit plus à <strong>{address}</strong> pour demander ou \
                 rappeler quelque chose.</p>"
            ),
            "reabonner",
            "Recevoir à nouveau ces messages",
            "second",
        )
    } else {
        (
            "Ne plus recevoir ces messages",
            format!(
                "<p>{firm} écrit à <strong>{address}</strong> pour préparer votre entreprise à la facturation électronique. \
                 Appuyez pour ne plus recevoir ces demandes et ces rappels.</p>"
            ),
            "desabonner",
            "Ne plus recevoir ces messages",
            "first",
        )
    };
    let mut body = format!("<h1>{}</h1>{said}", text(title));
    let _ = write!(
        body,
        "<form method=\"post\" action=\"/d/{}\"><div class=\"acts one\"><button class=\"{class}\" name=\"faire\" \
         value=\"{act}\">{label}</button></div></form><p class=\"soft after\">{}</p>",
        escape(token),
        text(unsubscribe::mandatory().get(Lang::Fr))
    );
    layout(title, Some(&standing.firm), "", &body)
}

fn unknown() -> String {
    let body = "<h1>Ce lien n’existe pas</h1><p>Il est peut-être incomplet\u{a0}: ouvrez-le depuis le message du cabinet, ou \
                copiez-le en entier. Sinon, écrivez au cabinet que vous ne voulez plus recevoir ses messages.</p>";
    layout("Lien inconnu", None, "", body)
}
