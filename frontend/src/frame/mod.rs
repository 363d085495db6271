//! What stands around every page: rail, top bar, overlays, focus, and the address as the state of the screen.

mod actions;
mod address;
mod bell;
mod jobs;
mod overlays;
mod page;
pub mod preferences;
mod scope;
mod shell;
mod signed_in;

pub use address::{Address, Step, address, href, start_address};
pub use bell::{mark_read, place as notification_place};
pub use jobs::{jobs_ended, refresh_jobs, tell_job};
pub use overlays::{SIGN_IN, follow_page_changes, overlays};
pub use page::{TITLE_ID, page_head, page_title};
pub use scope::{NO_PORTFOLIO, SCOPE, in_scope, portfolio_scope, scoped_href};
pub use shell::{Frame, PLACES, Place, bell_button, brand_mark, person_items};
pub use signed_in::{boot, signed_in};
