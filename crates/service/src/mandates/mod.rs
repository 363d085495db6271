//! Mandates: the register, their life, their documents, and what is done to many of them.

mod life;

pub use life::{Detail, step, steps};
