//! The client: what a person sees of CabReady. Compiled to WebAssembly; its logic is tested on the host.
//!
//! * `app`      the routes
//! * `pages`    one file or folder per route
//! * `frame`    what stands around every page, and the address as the state of the screen
//! * `ui`       the parts that pages are made of
//! * `text`     every word, in both languages
//! * `api`      how the server is asked
//! * `session`  the signed-in person, for the pages inside the frame
//! * `browser`  what the browser knows

pub mod api;
pub mod app;
pub mod browser;
pub mod frame;
pub mod pages;
pub mod session;
pub mod text;
pub mod ui;

pub fn start() {
    browser::install_panic_hook();
    frame::preferences::restore();
    leptos::mount::mount_to_body(app::App);
    if let Some(boot) = browser::element("boot") {
        boot.remove();
    }
}
