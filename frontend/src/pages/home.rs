//! The bare address: the day starts at the cockpit.

use leptos::prelude::*;

use crate::frame::use_address;

pub fn home() -> AnyView {
    let address = use_address();
    Effect::new(move |_| address.replace("/cockpit"));
    ().into_any()
}
