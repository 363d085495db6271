//! Where it is asked: routes, guards, settings, commands; the binary `cabready`.
//!
//! [`start`] is the one way in which a server comes up, for the binary and for the tests.

mod client;
pub mod commands;
mod docs;
pub mod edge;
mod health;
mod link;
mod metrics;
mod routes;
pub mod settings;

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use actix_web::{App as Actix, HttpRequest, HttpServer, rt, web};
use service::App;
use service::settings::Settings;
use store::Store;
use store::connection::DatabaseUrl;

use edge::{Edge, Routes};
use health::MetricsToken;

/// What a server is started with.
#[derive(Debug, Clone)]
pub struct Config {
    pub database_url: DatabaseUrl,
    /// Connections to the database.
    pub connections: u32,
    /// Address and port; port 0 takes a free one.
    pub bind: String,
    /// Threads that answer requests.
    pub workers: usize,
    pub trust_proxy: bool,
    pub secure_cookies: bool,
    /// Scheme and authority under which people reach the server.
    pub public_origin: Option<String>,
    pub metrics_token: Option<String>,
    pub metrics_bind: Option<String>,
    pub settings: Settings,
    pub ports: service::Ports,
    /// A folder whose files are taken.
    pub watch: Option<service::arrivals::watch::Folder>,
    /// The mailbox of the address that mail leaves from.
    pub mailbox: Option<std::path::PathBuf>,
}

impl Config {
    pub fn new(database_url: DatabaseUrl) -> Self {
        let ports = service::Ports::in_folder(&settings::Outside::folder(&database_url));
        Self {
            ports,
            database_url,
            connections: 8,
            bind: "127.0.0.1:8080".to_owned(),
            workers: 2,
            trust_proxy: false,
            secure_cookies: false,
            public_origin: None,
            metrics_token: None,
            metrics_bind: None,
            settings: Settings::default(),
            watch: None,
            mailbox: None,
        }
    }
}

/// Why a server did not start, in words that tell the fix.
#[derive(Debug)]
pub struct StartError(pub String);

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

impl From<store::OpenError> for StartError {
    fn from(e: store::OpenError) -> Self {
        Self(e.0)
    }
}

/// A server that answers.
pub struct Running {
    pub addr: SocketAddr,
    pub metrics_addr: Option<SocketAddr>,
    /// Names of the migrations that ran at the start.
    pub migrated: Vec<String>,
    pub app: App,
    handles: Vec<ServerHandle>,
    thread: Option<JoinHandle<std::io::Result<()>>>,
    jobs: Option<service::jobs::Runner>,
    post: Option<service::post::Runner>,
    connections: Option<service::connections::Runner>,
    clock: Option<service::anomalies::clock::Runner>,
    relances: Option<service::relances::Runner>,
    watch: Option<service::arrivals::watch::Watcher>,
    mailbox: Option<service::arrivals::watch::Watcher>,
}

/// Opens the database, brings it up to date, and answers on the address when this returns.
pub fn start(config: Config) -> Result<Running, StartError> {
    let store = Store::open(&config.database_url, config.connections)?;
    let migrated = store.migrate()?;
    // Bound here and not in the server's thread: a taken address is told before anything else starts.
    let listener = listen(&config.bind, "bind")?;
    let addr = local_addr(&listener)?;
    let metrics_listener = config.metrics_bind.as_deref().map(|bind| listen(bind, "metrics-bind")).transpose()?;
    let metrics_addr = metrics_listener.as_ref().map(local_addr).transpose()?;

    let public_url = config.public_origin.clone().unwrap_or_else(|| format!("http://{addr}"));
    let mail_is_read = config.mailbox.is_some();
    let settings = Settings { public_url, mail_is_read, ..config.settings.clone() };
    let app = App { store, settings: Arc::new(settings), shared: Arc::default(), ports: config.ports.clone() };
    service::secrets::prepare(&app)
        .map_err(|e| StartError(format!("the key of clients' links cannot be made: {e}")))?;

    let edge = Arc::new(Edge {
        app: app.clone(),
        metrics: Default::default(),
        trust_proxy: config.trust_proxy,
        secure_cookies: config.secure_cookies,
        public_origin: config.public_origin.clone(),
    });
    let (watched, mailbox) = (config.watch.clone(), config.mailbox.clone());
    let (tell, told) = mpsc::channel();
    let thread = std::thread::Builder::new()
        .name("http".to_owned())
        .spawn(move || rt::System::new().block_on(run(config, edge, listener, metrics_listener, tell)))
        .map_err(|e| StartError(format!("no thread for the server: {e}")))?;
    let handles = match told.recv() {
        Ok(handles) => handles,
        // It ended before it could tell: its own error says why.
        Err(_) => {
            let why = thread.join().map_or("it panicked".to_owned(), |ended| match ended {
                Ok(()) => "it ended at once".to_owned(),
                Err(e) => e.to_string(),
            });
            return Err(StartError(format!("the server did not start: {why}")));
        }
    };
    let jobs = service::jobs::start(app.clone());
    let post = service::post::start(app.clone());
    let connections = service::connections::start(app.clone());
    let clock = service::anomalies::clock::start(app.clone());
    let relances = service::relances::start(app.clone());
    let watch = watched.map(|folder| service::arrivals::watch::start(app.clone(), folder));
    let mailbox = mailbox.map(|folder| service::delivery::mailbox::start(app.clone(), folder));
    Ok(Running {
        addr,
        metrics_addr,
        migrated,
        app,
        handles,
        thread: Some(thread),
        jobs: Some(jobs),
        post: Some(post),
        connections: Some(connections),
        clock: Some(clock),
        relances: Some(relances),
        watch,
        mailbox,
    })
}

fn listen(bind: &str, setting: &str) -> Result<TcpListener, StartError> {
    TcpListener::bind(bind).map_err(|e| {
        StartError(format!(
            "the address \"{bind}\" of --{setting} cannot be used ({e}); expected is ADDRESS:PORT with a free port, \
             such as 127.0.0.1:8080"
        ))
    })
}

fn local_addr(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|e| StartError(format!("the address of the server is unknown: {e}")))
}

async fn run(
    config: Config,
    edge: Arc<Edge>,
    listener: TcpListener,
    metrics_listener: Option<TcpListener>,
    tell: mpsc::Sender<Vec<ServerHandle>>,
) -> std::io::Result<()> {
    let routes = Arc::new(routes::routes());
    let token = MetricsToken(config.metrics_token.clone());
    // More threads than connections would only wait for each other, holding memory.
    let blocking = (config.connections as usize).div_ceil(config.workers).max(2);
    let served = edge.clone();
    let main = HttpServer::new(move || {
        let (edge, routes, token) = (served.clone(), routes.clone(), token.clone());
        Actix::new().configure(move |config| configure(&edge, &routes, &token, config))
    })
    .workers(config.workers)
    .worker_max_blocking_threads(blocking)
    .disable_signals()
    .shutdown_timeout(8)
    .keep_alive(Duration::from_secs(75))
    // Who has gone is noticed at once. Else a page that was reloaded a few times would leave lines behind that nobody hears
    // (`follow_live`) and that count among the person's until something is said on them.
    .h1_allow_half_closed(false)
    .listen(listener)?
    .run();
    let mut handles = vec![main.handle()];
    if let Some(listener) = metrics_listener {
        let own = HttpServer::new(move || {
            let edge = edge.clone();
            Actix::new().default_service(web::to(move |req: HttpRequest| {
                let edge = edge.clone();
                async move {
                    match req.path() {
                        "/metrics" => health::metrics(edge, req).await,
                        _ => edge::not_found(&edge, &req),
                    }
                }
            }))
        })
        .workers(1)
        .disable_signals()
        .shutdown_timeout(1)
        .listen(listener)?
        .run();
        handles.push(own.handle());
        rt::spawn(own);
    }
    // Nobody listens when the start was given up.
    let _ = tell.send(handles);
    main.await
}

/// Every address of the server.
fn configure(edge: &Arc<Edge>, routes: &Routes, token: &MetricsToken, config: &mut web::ServiceConfig) {
    macro_rules! get {
        ($path:literal, $handler:expr) => {
            config.service(web::resource($path).guard(read_guard()).to($handler));
        };
    }
    let shared = edge.clone();
    get!("/healthz", move |req: HttpRequest| std::future::ready(health::healthz(&shared, &req)));
    let shared = edge.clone();
    get!("/readyz", move |req: HttpRequest| health::readyz(shared.clone(), req));
    let (shared, opens) = (edge.clone(), token.clone());
    get!("/metrics", move |req: HttpRequest| health::metrics_by_token(shared.clone(), opens.clone(), req));
    routes.configure(edge, config);
    let shared = edge.clone();
    get!("/api/openapi.json", move |req: HttpRequest| docs::document(shared.clone(), req));
    for path in ["/docs", "/docs/{page:.*}"] {
        let shared = edge.clone();
        config.service(
            web::resource(path).guard(read_guard()).to(move |req: HttpRequest| docs::page(shared.clone(), req)),
        );
    }
    link::configure(edge, config);
    let shared = edge.clone();
    let policy = HeaderValue::from_str(&client::content_policy())
        .unwrap_or_else(|_| HeaderValue::from_static("default-src 'self'"));
    config.default_service(web::to(move |req: HttpRequest| std::future::ready(rest(&shared, &policy, &req))));
}

fn read_guard() -> impl actix_web::guard::Guard {
    actix_web::guard::Any(actix_web::guard::Get()).or(actix_web::guard::Head())
}

/// What no route has taken.
fn rest(edge: &Edge, policy: &HeaderValue, req: &HttpRequest) -> actix_web::HttpResponse {
    let path = req.path();
    let of_server = ["/api", "/docs", "/healthz", "/readyz", "/metrics", "/l", "/d"]
        .iter()
        .any(|own| path.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    if !matches!(*req.method(), Method::GET | Method::HEAD) && !path.starts_with("/api/") {
        return edge::not_readable(edge, req);
    }
    if of_server { edge::not_found(edge, req) } else { client::serve(edge, policy, req) }
}

impl Running {
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Stops at once; what is being answered may be cut off.
    pub fn stop(mut self) {
        self.end(false);
    }

    /// Lets requests end and jobs come to a place where they can be taken up again, within ten seconds.
    pub fn stop_gracefully(mut self) {
        self.end(true);
    }

    fn end(&mut self, graceful: bool) {
        // Who follows would be waited for.
        self.app.shared.live.close();
        for handle in self.handles.drain(..) {
            // The command is sent by the call; the thread below ends when it is obeyed.
            drop(handle.stop(graceful));
        }
        if let Some(mut jobs) = self.jobs.take() {
            jobs.stop();
        }
        if let Some(mut post) = self.post.take() {
            post.stop();
        }
        if let Some(mut connections) = self.connections.take() {
            connections.stop();
        }
        if let Some(mut clock) = self.clock.take() {
            clock.stop();
        }
        if let Some(mut relances) = self.relances.take() {
            relances.stop();
        }
        for mut watch in [self.watch.take(), self.mailbox.take()].into_iter().flatten() {
            watch.stop();
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end(false);
    }
}
