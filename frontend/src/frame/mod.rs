//! What stands around every page: rail, top bar, overlays, focus, and the address as the state of the screen.

pub mod address;
mod overlays;
mod page;
pub mod preferences;
mod shell;

pub use address::{Address, Step, use_address};
pub use overlays::{Overlays, RouteFocus, SIGN_IN};
pub use page::{PageHead, page_title};
pub use shell::{Frame, JobsButton, PLACES, Place, person_items, place_commands};
