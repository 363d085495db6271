//! What a supervisor asks: alive, ready, how much.

use std::sync::Arc;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use contract::Code;
use service::Error;
use sha2::{Digest, Sha256};

use crate::edge::{self, Asked, Edge, Named};

/// A constant, by the shortest way through the server: what other answers are measured against.
pub fn healthz(edge: &Edge, req: &HttpRequest) -> HttpResponse {
    let asked = Asked::new(req);
    let response = HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body("{\"ok\":true}");
    edge::finish(edge, req, &asked, Named { label: "healthz", pattern: "/healthz" }, None, response)
}

/// Whether requests can be served: the database answers and no migration is missing.
pub async fn readyz(edge: Arc<Edge>, req: HttpRequest) -> HttpResponse {
    let asked = Asked::new(&req);
    let store = edge.app.store.clone();
    let state = web::block(move || store.pending_migrations()).await;
    let not_ready = match state {
        Ok(Ok(pending)) if pending.is_empty() => None,
        Ok(Ok(pending)) => Some(format!("migrations are missing: {}", pending.join(", "))),
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some("the thread pool for blocking work is gone".to_owned()),
    };
    let response = match not_ready {
        None => HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body("{\"ready\":true}"),
        Some(cause) => edge::problem(&req, &asked, &Error { cause: Some(cause), ..Error::new(Code::Unavailable) }),
    };
    edge::finish(&edge, &req, &asked, Named { label: "readyz", pattern: "/readyz" }, None, response)
}

/// Who may read the metrics on the address of the API.
#[derive(Debug, Clone, Default)]
pub struct MetricsToken(pub Option<String>);

impl MetricsToken {
    /// Compared by hash, so that the time tells nothing of the token.
    fn opens(&self, req: &HttpRequest) -> bool {
        let Some(token) = &self.0 else { return false };
        edge::bearer(req.headers()).is_some_and(|given| Sha256::digest(given) == Sha256::digest(token))
    }
}

/// Metrics for the bearer of the token; without a token the address does not exist here.
pub async fn metrics_by_token(edge: Arc<Edge>, token: MetricsToken, req: HttpRequest) -> HttpResponse {
    if token.0.is_none() {
        return edge::not_found(&edge, &req);
    }
    if !token.opens(&req) {
        let asked = Asked::new(&req);
        let error = Error::say(
            Code::Unauthenticated,
            "Envoyez `Authorization: Bearer …` avec le jeton donné par `--metrics-token`.",
            "Send `Authorization: Bearer …` with the token given by `--metrics-token`.",
        );
        let response = edge::problem(&req, &asked, &error);
        return edge::finish(&edge, &req, &asked, Named { label: "metrics", pattern: "/metrics" }, None, response);
    }
    metrics(edge, req).await
}

pub async fn metrics(edge: Arc<Edge>, req: HttpRequest) -> HttpResponse {
    let asked = Asked::new(&req);
    let store = edge.app.store.clone();
    // A database that does not answer leaves the other figures standing.
    let counted = web::block(move || store::jobs::counts(&mut *store.conn()?)).await;
    let jobs = counted.ok().and_then(Result::ok).unwrap_or_default();
    let store = &edge.app.store;
    let text = edge.metrics.text(store.pool_state(), store.connections(), &jobs, &edge.app.shared.delivery.read());
    let response = HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8")))
        .body(text);
    edge::finish(&edge, &req, &asked, Named { label: "metrics", pattern: "/metrics" }, None, response)
}
