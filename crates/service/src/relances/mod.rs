//! Relances: sequences chase late clients, stop by themselves, and always tell why something left or did not.

mod acts;
mod board;
mod course;
mod desk;
mod effect;
mod forecast;
mod gate;
mod hand_over;
mod hourly;
mod letters;
mod list;
mod outbox;
pub(crate) mod pauses;
mod plans;
mod sequences;
mod settings;
mod trials;

pub use acts::act_on_relances;
pub(crate) use acts::{Replies, answered};
pub use board::read_relance_board;
pub use course::read_dossier_relances;
pub use effect::read_sequence_effect;
pub use forecast::{Foretold, forecast_relances};
pub(crate) use gate::stands_against;
pub use letters::print_relances;
pub use list::list_relances;
pub use pauses::pause_relances;
pub use plans::{Looked, Runner, start, tick};
pub(crate) use plans::{take_back, touch, touch_address};
pub use sequences::{
    create_sequence, list_audience, list_sequences, move_sequence, read_sequence, take_over_sequence, update_sequence,
};
pub(crate) use sequences::{person_changed, uses};
pub use settings::{read_relance_settings, update_relance_settings};
