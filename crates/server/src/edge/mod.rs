//! The edge: what stands between HTTP and the use cases. A route is one line in `routes.rs`; everything that is the
//! same for all of them happens here, once: limits, body, parameters, guard, idempotency, versions, problems, log.

mod body;
mod parameters;
mod request;
mod respond;
mod words;

use std::collections::BTreeMap;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method as HttpMethod, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Utc;
use contract::{Code, Endpoint, EndpointMeta, Flag, Method, Need, Payload};
use domain::CabinetId;
use service::anomalies::live::Events;
use service::call::{FileReply, RefreshCookie};
use service::limits::Told;
use service::priority;
use service::{Answer, App, Call, Client, Error, Result, Written};

use crate::metrics::Metrics;
pub use body::MAX_JSON_BYTES;
use body::Received;
use parameters::Parameters;
pub use request::Asked;
pub use request::{accepts_html, address, bearer, cookie, crosses_sites, lang, none_match, takes, user_agent};
pub use respond::{Named, file, finish, problem};

/// Name of the cookie with the refresh token, and the only path that it is sent to.
pub const REFRESH_COOKIE: &str = "cabready_refresh";
const REFRESH_PATH: &str = "/api/v1/session";

/// What every request shares.
#[derive(Debug)]
pub struct Edge {
    pub app: App,
    pub metrics: Metrics,
    /// A proxy in front tells the caller's address in `X-Forwarded-For`.
    pub trust_proxy: bool,
    pub secure_cookies: bool,
    /// Scheme and authority under which people reach the server, when told.
    pub public_origin: Option<String>,
}

/// A use case as a handler: the same form for every operation.
pub type UseCase<E> = fn(
    &Call,
    <E as Endpoint>::Path,
    <E as Endpoint>::Query,
    <E as Endpoint>::Body,
) -> Result<Answer<<E as Endpoint>::Reply>>;

/// A use case that writes its reply itself.
pub type WrittenUseCase<E> = fn(
    &Call,
    <E as Endpoint>::Path,
    <E as Endpoint>::Query,
    <E as Endpoint>::Body,
) -> Result<Written<<E as Endpoint>::Reply>>;

/// What arrived, still untyped.
struct Input {
    part: String,
    query: String,
    body: web::Bytes,
    /// Key and hash of the request.
    idempotency: Option<(String, String)>,
    /// The caller reads gzip.
    gzip: bool,
}

/// What goes out, no longer typed.
struct Output {
    body: OutputBody,
    etag: Option<i64>,
    cookie: Option<RefreshCookie>,
}

enum OutputBody {
    None,
    Json(Vec<u8>),
    /// JSON, packed.
    Packed(Vec<u8>),
    File(FileReply),
    Events(Events),
}

type Run = Box<dyn Fn(&Route, &Call, Input) -> Result<Output> + Send + Sync>;

struct Route {
    meta: EndpointMeta,
    pattern: String,
    /// Known after the first request with a query.
    parameters: OnceLock<Parameters>,
    run: Run,
}

impl Route {
    fn named(&self) -> Named<'_> {
        Named { label: self.meta.id, pattern: &self.pattern }
    }
}

/// The mounted operations, by address.
#[derive(Default)]
pub struct Routes {
    by_pattern: BTreeMap<String, Vec<Arc<Route>>>,
}

impl Routes {
    /// Serves an operation with a use case.
    pub fn mount<E: Endpoint>(&mut self, use_case: UseCase<E>) {
        self.add::<E>(Box::new(move |route, call, input| run::<E>(route, call, input, use_case)));
    }

    /// Serves an operation with a use case that writes its reply itself.
    pub fn mount_written<E: Endpoint>(&mut self, use_case: WrittenUseCase<E>) {
        self.add::<E>(Box::new(move |route, call, input| {
            let (path, query, body) = typed::<E>(route, &input)?;
            let written = use_case(call, path, query, body)?;
            Ok(Output { body: json(&input, None, written.json)?, etag: None, cookie: None })
        }));
    }

    fn add<E: Endpoint>(&mut self, run: Run) {
        let pattern = E::META.full_path();
        let route = Route { meta: E::META, pattern: pattern.clone(), parameters: OnceLock::new(), run };
        self.by_pattern.entry(pattern).or_default().push(Arc::new(route));
    }

    /// Ids of what is mounted.
    pub fn ids(&self) -> Vec<&'static str> {
        self.by_pattern.values().flatten().map(|route| route.meta.id).collect()
    }

    pub fn configure(&self, edge: &Arc<Edge>, config: &mut web::ServiceConfig) {
        // An address in letters goes before one with a part, or `/dossiers/export` would be the dossier "export".
        let (with_part, plain): (Vec<_>, Vec<_>) = self.by_pattern.iter().partition(|(p, _)| p.contains('{'));
        for (pattern, routes) in plain.into_iter().chain(with_part) {
            let mut resource = web::resource(pattern.as_str());
            for route in routes {
                let (edge, served) = (edge.clone(), route.clone());
                resource = resource.route(web::method(http_method(route.meta.method)).to(
                    move |req: HttpRequest, payload: web::Payload| {
                        let (edge, route) = (edge.clone(), served.clone());
                        async move { serve(edge, route, req, payload).await }
                    },
                ));
            }
            let allowed: Arc<[Method]> = routes.iter().map(|route| route.meta.method).collect();
            let (edge, pattern) = (edge.clone(), Arc::<str>::from(pattern.as_str()));
            config.service(resource.default_service(web::to(move |req: HttpRequest| {
                let response = method_not_allowed(&edge, &req, &pattern, &allowed);
                async move { response }
            })));
        }
    }
}

fn http_method(method: Method) -> HttpMethod {
    match method {
        Method::Get => HttpMethod::GET,
        Method::Post => HttpMethod::POST,
        Method::Put => HttpMethod::PUT,
        Method::Patch => HttpMethod::PATCH,
        Method::Delete => HttpMethod::DELETE,
    }
}

fn method_not_allowed(edge: &Edge, req: &HttpRequest, pattern: &str, allowed: &[Method]) -> HttpResponse {
    let asked = Asked::new(req);
    let list = allowed.iter().map(|m| m.as_str()).collect::<Vec<_>>().join(", ");
    let error = Error::say(
        Code::MethodNotAllowed,
        format!("{} n’est pas possible ici ; méthodes possibles : {list}.", req.method()),
        format!("{} is not possible here; possible methods: {list}.", req.method()),
    );
    let mut response = problem(req, &asked, &error);
    if let Ok(value) = HeaderValue::from_str(&list) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    finish(edge, req, &asked, Named { label: "method_not_allowed", pattern }, None, response)
}

/// From typed to typed: the only generic code of a request.
fn run<E: Endpoint>(route: &Route, call: &Call, input: Input, use_case: UseCase<E>) -> Result<Output> {
    let (path, query, body) = typed::<E>(route, &input)?;
    let answer = match &input.idempotency {
        Some((key, hash)) => {
            service::idempotency::run(call, &route.meta, key, hash, || use_case(call, path, query, body))?
        }
        None => use_case(call, path, query, body)?,
    };
    let body = match (answer.file, answer.events, route.meta.reply) {
        (Some(file), _, _) => OutputBody::File(file),
        (None, Some(events), _) => OutputBody::Events(events),
        (None, None, Payload::Json) => json(&input, answer.etag, serde_json::to_vec(&answer.reply)?)?,
        (None, None, Payload::None | Payload::File | Payload::Raw | Payload::Stream) => OutputBody::None,
    };
    Ok(Output { body, etag: answer.etag, cookie: answer.cookie })
}

/// What arrived, typed.
fn typed<E: Endpoint>(route: &Route, input: &Input) -> Result<(E::Path, E::Query, E::Body)> {
    let path = <E::Path as contract::endpoint::PathPart>::read(&input.part).map_err(|_| Error::not_found())?;
    let query = parameters::read::<E::Query>(&route.parameters, &route.meta, &input.query)?;
    let body = body::read::<E::Body>(route.meta.body, &input.body)?;
    Ok((path, query, body))
}

fn json(input: &Input, etag: Option<i64>, bytes: Vec<u8>) -> Result<OutputBody> {
    // A resource with a version has one ETag, that of its plain bytes; and it is small.
    let worth = input.gzip && etag.is_none() && bytes.len() >= SMALLEST_PACKED;
    Ok(if worth { OutputBody::Packed(pack(&bytes)?) } else { OutputBody::Json(bytes) })
}

/// Below this a reply fits in one packet anyway.
const SMALLEST_PACKED: usize = 1_400;

/// At the least effort: what counts is the way through a network, and the caller waits for this.
fn pack(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut out = flate2::write::GzEncoder::new(Vec::with_capacity(bytes.len() / 4), flate2::Compression::fast());
    out.write_all(bytes).and_then(|()| out.finish()).map_err(Error::internal)
}

async fn serve(edge: Arc<Edge>, route: Arc<Route>, req: HttpRequest, payload: web::Payload) -> HttpResponse {
    let asked = Asked::new(&req);
    let told = Told::default();
    let (cabinet, outcome) = answer(&edge, &route, &req, &asked, payload, &told).await;
    let mut response = match outcome {
        Ok(output) => reply(&edge, &route.meta, &req, output),
        Err(error) => {
            let mut response = problem(&req, &asked, &error);
            // A cookie that opens nothing would be sent, and refused, at each visit.
            if route.meta.need == Need::Cookie && error.code == Code::SessionEnded {
                set_cookie(response.headers_mut(), &RefreshCookie::Clear, edge.secure_cookies);
            }
            response
        }
    };
    if let Some(standing) = told.standing() {
        respond::rate_limit(response.headers_mut(), &standing);
    }
    finish(&edge, &req, &asked, route.named(), cabinet, response)
}

/// A body of this size brings thousands of rows: what is done with it gives way to pages that somebody waits for.
const LARGE: usize = 64 << 10;

/// The guarded part: one trip to a thread that may block, with everything that touches the database in it.
async fn answer(
    edge: &Arc<Edge>,
    route: &Arc<Route>,
    req: &HttpRequest,
    asked: &Asked,
    payload: web::Payload,
    told: &Told,
) -> (Option<CabinetId>, Result<Output>) {
    let mut call = match begin(edge, route, req, asked, told) {
        Ok(call) => call,
        Err(error) => return (None, Err(error)),
    };
    let token = match (route.meta.need, request::bearer(req.headers())) {
        (Need::Right(_), Some(token)) => token.to_owned(),
        (Need::Right(_), None) => return (None, Err(Error::unauthenticated())),
        (Need::Open | Need::Cookie, _) => String::new(),
    };
    // Megabytes are received for those only who may send them.
    if route.meta.body == Payload::File {
        let (early, route, token) = (call.clone(), route.clone(), token.clone());
        match blocking(move || guard(&early, &route.meta, &token).map(drop)).await {
            Ok(()) => {}
            Err(error) => return (None, Err(error)),
        }
    }
    let body = match body::receive(&edge.app.settings, &route.meta, req, payload).await {
        Ok(Received::Bytes(bytes)) => bytes,
        Ok(Received::Upload(upload)) => {
            call.upload = Some(upload);
            web::Bytes::new()
        }
        Err(error) => return (None, Err(error)),
    };
    let idempotency = match request::idempotency_key(req.headers()) {
        Ok(Some(key)) if route.meta.has(Flag::Idempotent) => Some((key, body::hash(req, &body))),
        Ok(_) => None,
        Err(error) if route.meta.has(Flag::Idempotent) => return (None, Err(error)),
        Err(_) => None,
    };
    let input = Input {
        part: req.match_info().get("id").unwrap_or_default().to_owned(),
        query: req.query_string().to_owned(),
        body,
        idempotency,
        gzip: route.meta.method == Method::Get && request::takes(req.headers(), "gzip"),
    };
    let route = route.clone();
    let mut cabinet = None;
    let large = input.body.len() > LARGE;
    let outcome = blocking(move || {
        let actor = match guard(&call, &route.meta, &token) {
            Ok(actor) => actor,
            Err(error) => return Ok((None, Err(error))),
        };
        let cabinet = actor.as_ref().map(|actor| actor.scope.cabinet());
        call.actor = actor;
        if route.meta.has(Flag::IfMatch) && call.if_match.is_none() {
            return Ok((cabinet, Err(Error::version_required())));
        }
        // The error is carried inside, so that the log knows the cabinet of a refused request too.
        let run = move || (route.run)(&route, &call, input);
        Ok((cabinet, if large { priority::aside(run) } else { run() }))
    })
    .await
    .and_then(|(seen, outcome)| {
        cabinet = seen;
        outcome
    });
    (cabinet, outcome)
}

/// What can be told from the head of the request alone.
fn begin(edge: &Edge, route: &Route, req: &HttpRequest, asked: &Asked, told: &Told) -> Result<Call> {
    let address = request::address(req, edge.trust_proxy);
    edge.app.shared.limits.api(address, told)?;
    let meta = &route.meta;
    if (meta.need == Need::Cookie || meta.has(Flag::SetsCookie)) && request::crosses_sites(req, edge) {
        return Err(Error::say(
            Code::Forbidden,
            "Cette requête vient d’un autre site que CabReady ; une session ne s’ouvre, ne se prolonge et ne se ferme que depuis le sien.",
            "This request comes from another site than CabReady's; a session is opened, kept and ended from its own only.",
        ));
    }
    Ok(Call {
        app: edge.app.clone(),
        actor: None,
        now: Utc::now(),
        request_id: asked.request_id.clone(),
        lang: asked.lang,
        client: Client {
            address,
            user_agent: request::user_agent(req.headers()),
            refresh_token: request::cookie(req.headers(), REFRESH_COOKIE),
            proof: meta
                .signed_by()
                .iter()
                .map(|h| h.name)
                .chain(meta.signed_by_old_names().iter().copied())
                .filter_map(|name| Some((name, request::text(req.headers(), name)?.to_owned())))
                .collect(),
        },
        if_match: if meta.has(Flag::IfMatch) { request::if_match(req.headers())? } else { None },
        told: told.clone(),
        upload: None,
    })
}

/// Proves what the endpoint needs. Rights come from the database on every request, so that a change of them works on
/// the next one.
fn guard(call: &Call, meta: &EndpointMeta, token: &str) -> Result<Option<store::Actor>> {
    let Need::Right(permission) = meta.need else {
        return Ok(None);
    };
    let actor = service::session::authenticate(&call.app, token, call.now)?;
    if actor.scope.allows(permission) {
        return Ok(Some(actor));
    }
    Err(words::forbidden(&actor.scope, permission))
}

/// Runs work that may block. A panic in it ends this request and nothing else.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match web::block(move || catch_unwind(AssertUnwindSafe(work))).await {
        Ok(Ok(outcome)) => outcome,
        // The panic hook has logged where.
        Ok(Err(_)) => Err(Error::internal("the use case panicked")),
        Err(_) => Err(Error::internal("the thread pool for blocking work is gone")),
    }
}

fn reply(edge: &Edge, meta: &EndpointMeta, req: &HttpRequest, output: Output) -> HttpResponse {
    let status = StatusCode::from_u16(meta.status).unwrap_or(StatusCode::OK);
    let etag = output.etag.map(|version| format!("\"{version}\""));
    let seen = |tag: &String| meta.method == Method::Get && request::none_match(req.headers(), tag);
    let mut response = if etag.as_ref().is_some_and(seen) {
        HttpResponse::new(StatusCode::NOT_MODIFIED)
    } else {
        match output.body {
            OutputBody::None => HttpResponse::new(status),
            OutputBody::Json(bytes) => {
                HttpResponse::build(status).insert_header(respond::content_type("application/json")).body(bytes)
            }
            OutputBody::Packed(bytes) => HttpResponse::build(status)
                .insert_header(respond::content_type("application/json"))
                .insert_header((header::CONTENT_ENCODING, HeaderValue::from_static("gzip")))
                .insert_header((header::VARY, HeaderValue::from_static("accept-encoding")))
                .body(bytes),
            OutputBody::File(file) => respond::file(status, file),
            OutputBody::Events(events) => respond::events(status, events),
        }
    };
    let headers = response.headers_mut();
    if let Some(value) = etag.and_then(|tag| HeaderValue::from_str(&tag).ok()) {
        headers.insert(header::ETAG, value);
    }
    if let Some(cookie) = output.cookie {
        set_cookie(headers, &cookie, edge.secure_cookies);
    }
    response
}

fn set_cookie(headers: &mut HeaderMap, cookie: &RefreshCookie, secure: bool) {
    let (token, max_age) = match cookie {
        RefreshCookie::Set { token, max_age_seconds } => (token.as_str(), *max_age_seconds),
        RefreshCookie::Clear => ("", 0),
    };
    let secure = if secure { "; Secure" } else { "" };
    let value =
        format!("{REFRESH_COOKIE}={token}; Path={REFRESH_PATH}; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}");
    if let Ok(value) = HeaderValue::from_str(&value) {
        headers.append(header::SET_COOKIE, value);
    }
}

/// A page or file that somebody wants to write to.
pub fn not_readable(edge: &Edge, req: &HttpRequest) -> HttpResponse {
    let asked = Asked::new(req);
    let error = Error::say(
        Code::MethodNotAllowed,
        format!("{} n’est pas possible ici ; méthodes possibles : GET, HEAD.", req.method()),
        format!("{} is not possible here; possible methods: GET, HEAD.", req.method()),
    );
    let mut response = problem(req, &asked, &error);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    finish(edge, req, &asked, Named { label: "method_not_allowed", pattern: "(none)" }, None, response)
}

/// An address that nothing is mounted at.
pub fn not_found(edge: &Edge, req: &HttpRequest) -> HttpResponse {
    let asked = Asked::new(req);
    let error = Error::say(
        Code::NotFound,
        "Rien ne se trouve à cette adresse ; la documentation des adresses est sous /docs.",
        "There is nothing at this address; the addresses are documented at /docs.",
    );
    let response = problem(req, &asked, &error);
    finish(edge, req, &asked, Named { label: "not_found", pattern: "(none)" }, None, response)
}
