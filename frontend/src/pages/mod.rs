//! One file or folder per route.

mod not_found;
mod styleguide;

pub use not_found::not_found;
pub use styleguide::styleguide;
