//! The client: what a person sees of CabReady. Compiled to WebAssembly; its logic is tested on the host.
//!
//! * `app`      the routes
//! * `pages`    one file or folder per route
//! * `parts`    what arrives when first opened
//! * `frame`    what stands around every page, and the address as the state of the screen
//! * `ui`       the parts that pages are made of
//! * `dom`      elements, and how they follow signals
//! * `text`     every word, in both languages
//! * `api`      how the server is asked
//! * `session`  the signed-in person, for the pages inside the frame
//! * `browser`  what the browser knows

pub mod api;
pub mod app;
pub mod browser;
pub mod dom;
pub mod frame;
pub mod pages;
pub mod parts;
pub mod session;
pub mod text;
pub mod ui;

use leptos::children::ToChildren;
use leptos_router::components::{Router, RouterProps};

pub fn start() {
    browser::install_panic_hook();
    frame::preferences::restore();
    // The router keeps the address; the screen mounts itself.
    leptos::mount::mount_to_body(|| {
        Router(RouterProps::builder().children(ToChildren::to_children(app::screen)).build())
    });
    if let Some(boot) = browser::element("boot") {
        boot.remove();
    }
}
