//! One file or folder per route.

pub mod door;
mod form;
mod home;
mod imports;
mod journal;
mod not_found;
mod settings;
mod styleguide;
mod words;

pub use door::{invitation, sign_in, sign_up};
pub use form::Form;
pub use home::home;
pub use imports::{import, imports};
pub use journal::journal;
pub use not_found::not_found;
pub use settings::settings;
pub use styleguide::styleguide;
