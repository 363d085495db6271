//! An address that leads nowhere.

use crate::dom::{View, div};
use crate::frame::page_head;
use crate::text::t;
use crate::ui::Button;

pub fn not_found(path: &str) -> View {
    let t = t();
    div("lone")
        .child(page_head(t.not_found_title(), t.not_found_detail(path), View::none()))
        .child(div("row").child(Button::link(t.not_found_act(), "/").primary()))
}
