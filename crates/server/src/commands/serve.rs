//! `cabready serve`.

use std::io::Write;

use actix_web::rt::{self, signal::unix::SignalKind, signal::unix::signal};
use service::arrivals::watch::Folder;
use service::settings::Settings;

use super::{Outcome, fail, worker};
use crate::settings::{Serve, SignUp};
use crate::{Config, client, start};

pub fn serve(wanted: Serve) -> Outcome {
    let ports = wanted.outside.ports(&wanted.common.database_url).map_err(fail)?;
    let https = wanted.public_url.as_deref().is_some_and(|url| url.starts_with("https://"));
    let config = Config {
        database_url: wanted.common.database_url.clone(),
        connections: wanted.common.connections,
        bind: wanted.bind,
        workers: wanted.workers.map_or_else(default_workers, usize::from),
        trust_proxy: wanted.trust_proxy,
        secure_cookies: wanted.secure_cookies || https,
        public_origin: wanted.public_url,
        metrics_token: wanted.metrics_token,
        metrics_bind: wanted.metrics_bind,
        settings: Settings {
            import_max_bytes: wanted.import_max_mb * 1024 * 1024,
            import_max_rows: wanted.import_max_rows,
            flow_import_max_bytes: wanted.flow_import_max_mb * 1024 * 1024,
            flow_import_max_rows: wanted.flow_import_max_rows,
            sign_up_open: wanted.sign_up == SignUp::Open,
            worker: worker(),
            mail_from: wanted.outside.from(),
            mail_connections: usize::from(wanted.mail_connections),
            ..Settings::default()
        },
        ports,
        watch: match wanted.flow_folder {
            Some(path) if !path.is_dir() => {
                return Err(fail(format!("--flow-folder: there is no folder at {}; make it first", path.display())));
            }
            Some(path) => Some(Folder { path, cabinet: wanted.flow_folder_cabinet }),
            None => None,
        },
        mailbox: match wanted.mail_folder {
            Some(path) if !path.is_dir() => {
                return Err(fail(format!("--mail-folder: there is no folder at {}; make it first", path.display())));
            }
            folder => folder,
        },
    };
    let database = config.database_url.clone();
    // Before the start, so that an early signal is not lost.
    let system = rt::System::new();
    let (terminate, interrupt) = {
        let _inside = system.runtime().tokio_runtime().enter();
        let watch = |kind| signal(kind).map_err(|e| fail(format!("signals cannot be watched: {e}")));
        (watch(SignalKind::terminate())?, watch(SignalKind::interrupt())?)
    };
    let running = start(config)?;
    for name in &running.migrated {
        tracing::info!(migration = name, "the schema was brought up to date");
    }
    let ports = &running.app.ports;
    let signatures = ports.signer.as_ref().map(|signer| signer.describe().en);
    tracing::info!(mail = %ports.mailer.describe().en, documents = %ports.vault.describe().en, signatures, "what leads out");
    tracing::info!(?database, client = client::is_embedded(), version = env!("CARGO_PKG_VERSION"), "serving");
    if let Some(addr) = running.metrics_addr {
        println!("metrics on http://{addr}/metrics");
    }
    println!("listening on {}", running.url());
    std::io::stdout().flush()?;
    let name = system.block_on(first(terminate, interrupt));
    tracing::info!(signal = name, "stopping");
    running.stop_gracefully();
    tracing::info!("stopped");
    Ok(())
}

async fn first(mut terminate: rt::signal::unix::Signal, mut interrupt: rt::signal::unix::Signal) -> &'static str {
    std::future::poll_fn(|cx| {
        if terminate.poll_recv(cx).is_ready() {
            return std::task::Poll::Ready("SIGTERM");
        }
        interrupt.poll_recv(cx).map(|_| "SIGINT")
    })
    .await
}

fn default_workers() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 4)
}
