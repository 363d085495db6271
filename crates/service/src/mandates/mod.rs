//! Mandates: the register, their life, their documents, and what is done to many of them.

mod life;
mod papers;

pub use life::{Detail, step, steps};
pub use papers::{Press, Printed, Put, document, fetch, keep, put};
