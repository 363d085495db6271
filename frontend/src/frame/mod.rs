//! What stands around every page: rail, top bar, overlays, focus, and the address as the state of the screen.

mod actions;
mod address;
mod jobs;
mod overlays;
mod page;
pub mod preferences;
mod scope;
mod shell;
mod signed_in;

pub use address::{Address, Step, address, href, start_address};
pub use jobs::{jobs_ended, refresh_jobs, tell_job};
pub use overlays::{SIGN_IN, follow_page_changes, overlays};
pub use page::{TITLE_ID, page_head, page_title};
pub use scope::{NO_PORTFOLIO, SCOPE, portfolio_scope, scoped_href};
pub use shell::{Frame, PLACES, Place, brand_mark, jobs_button, person_items};
pub use signed_in::{boot, signed_in};
