//! What stands around every page: rail, top bar, scope, overlays, focus, and the address as the state of the screen.

pub mod address;
mod jobs;
mod overlays;
mod page;
pub mod preferences;
mod scope;
mod shell;
mod signed_in;

pub use address::{Address, Step, use_address};
pub use jobs::{Jobs, use_jobs};
pub use overlays::{Overlays, RouteFocus, SIGN_IN};
pub use page::{PageHead, page_title};
pub use scope::{NO_PORTFOLIO, SCOPE, portfolio_scope, scoped_link};
pub use shell::{Frame, JobsButton, PLACES, Place, person_items, place_commands};
pub use signed_in::{SignedIn, boot};
