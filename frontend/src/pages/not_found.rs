//! An address that leads nowhere.

use leptos::prelude::*;

use crate::frame::{PageHead, use_address};
use crate::text::t;
use crate::ui::{Button, Look};

pub fn not_found() -> AnyView {
    let path = use_address().path;
    let lead = ViewFn::from(move || t().not_found_detail(&path.get()).into_any());
    view! {
        <main id="main" class="lone" tabindex="-1">
            <PageHead title=t().not_found_title() lead=lead />
            <div class="row">
                <Button label=t().not_found_act() look=Look::Primary href="/" />
            </div>
        </main>
    }
    .into_any()
}
