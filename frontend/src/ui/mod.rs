//! The kit: the parts that pages are made of. A part knows how it looks and behaves, never what it is about.
//!
//! Small parts are functions, parts with many wishes are builders that turn into a `View`. What may change is given as
//! a closure that reads signals.

mod badge;
mod button;
mod charts;
mod choice;
mod combobox;
mod dialog;
mod feedback;
mod field;
mod file_drop;
mod filters;
mod hotkeys;
mod icon;
mod menu;
mod palette;
mod panel;
mod progress;
mod table;
mod tabs;
mod time_chart;
mod timeline;
mod toast;
mod tooltip;
mod views;

pub use badge::{Tone, count, count_loud, shape, state_move, status, status_as, status_plain, tag, value_move};
pub use button::Button;
pub use charts::{Segment, delta, score_gauge, score_gauge_small, stacked_bar};
pub use choice::{Checkbox, Choice, radios, segments, switch};
pub use combobox::Combobox;
pub use dialog::{Dialog, once_closed};
pub use feedback::{
    empty_state, error_state, load_more, load_more_with, loaded, notice, outlook, seek_state, skeleton,
};
pub use field::{Field, date_field, select_field, single_value, text_area, text_field};
pub use file_drop::file_drop;
pub use filters::{Filter, filter_bar};
pub use hotkeys::{HotkeyRegion, hotkey, key_hint, listen_to_keys, shortcuts_help, shortcuts_help_open};
pub use icon::{Icon, icon};
pub use menu::{Menu, MenuItem};
pub use palette::{
    Command, Found, command_palette, palette_command, palette_open, set_palette_pages, set_palette_search,
};
pub use panel::side_panel;
pub use progress::{Progress, counted, progress_bar, weighed};
pub use table::{Column, Row, Sort, Table, column_choice, remembered_columns, selection_bar};
pub use tabs::{Tab, tabs};
pub use time_chart::{Curve, Fan, Reading, TimeChart, chart_note};
pub use timeline::{Event, timeline};
pub use toast::{Toasts, toast_region, toasts};
pub use tooltip::tooltip;
pub use views::{SavedView, saved_views};
