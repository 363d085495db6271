//! `/relances`: what chases late clients by itself, what leaves when, and why something did or did not.
//!
//! * `shell`     what stands around each of these pages: the way between them, and whether anything leaves
//! * `board`     at a glance, and `card`, the same on the cockpit
//! * `steps`     step by step, with what a person does about them (`act`)
//! * `forecast`  day by day
//! * `of_dossier`  the tab of a dossier, and `pause`, which lets clients rest
//! * `sequences` `sequence`  who is written to, when and how; `editor` writes one, `outlook` tells what comes of it
//! * `audience` `effect`  who is in and why, what has come of it
//! * `templates`  the texts
//! * `rules`     what must hold before anything leaves

mod act;
mod audience;
mod board;
mod card;
mod editor;
mod effect;
mod forecast;
mod of_dossier;
mod outlook;
pub mod pause;
mod query;
mod rules;
mod sequence;
mod sequences;
mod shell;
mod steps;
mod templates;
mod words;

pub use board::page;
pub use card::card;
pub use forecast::page as forecast;
pub use of_dossier::view as of_dossier;
pub use rules::page as rules;
pub use sequence::page as sequence;
pub use sequences::page as sequences;
pub use steps::page as steps;
pub use templates::{page as templates, template};
