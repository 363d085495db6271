//! One file or folder per route.

mod home;
mod not_found;
mod styleguide;

pub use home::home;
pub use not_found::not_found;
pub use styleguide::styleguide;
