//! One file or folder per route.

mod anomalies;
mod audience;
mod calm;
mod cockpit;
mod deadlines;
pub mod door;
mod dossier;
mod dossiers;
mod export;
mod flows;
mod form;
mod home;
mod hours;
mod imports;
mod journal;
mod lists;
mod mandates;
mod not_found;
mod outcomes;
mod reference;
mod register;
mod relances;
mod saved;
mod selection;
mod settings;
mod styleguide;
mod told_once;
mod what_if;
mod words;

pub use anomalies::{anomaly, card as anomalies_card, notices, of_dossier as anomalies_of_dossier, page as anomalies};
pub use cockpit::{MOVES, moves, page as cockpit, progress as cockpit_progress};
pub use deadlines::page as deadlines;
pub use door::{invitation, sign_in, sign_up};
pub use dossier::{Open, acts as dossier_acts, advice, page as dossier_page, panel as dossier_panel};
pub use dossiers::page as dossier_list;
pub use flows::{of_dossier as flows_of_dossier, page as flows};
pub use form::Form;
pub use home::home;
pub use imports::{import, imports};
pub use journal::{action as journal_action, changes as journal_changes, journal};
pub use mandates::request::{Requesting, content as request_content};
pub use mandates::{card as mandates_card, mails, mandate, of_dossier as mandates_of_dossier, page as mandates};
pub use not_found::not_found;
pub use reference::reference;
pub use relances::pause::{Pausing, content as pause_content};
pub use relances::{
    card as relances_card, forecast as relance_forecast, of_dossier as relances_of_dossier, page as relances,
    rules as relance_rules, sequence, sequences, steps as relance_steps, template, templates,
};
pub use settings::settings;
pub use styleguide::styleguide;
pub use what_if::{Supposing, content as what_if_content};
