//! The bare address: the day starts at the cockpit.

use crate::dom::View;
use crate::frame::address;

pub fn home() -> View {
    address().replace("/cockpit");
    View::none()
}
