//! The kit: the parts that pages are made of. A part knows how it looks and behaves, never what it is about.
//!
//! Parts return `AnyView`: the type of a page stays small, and so does the download.

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
mod timeline;
mod toast;
mod tooltip;
mod views;

pub use badge::{Count, StatusBadge, Tag, Tone, shape};
pub use button::{Button, Look};
pub use charts::{Point, ScoreGauge, Segment, StackedBar, TrendLine};
pub use choice::{Checkbox, Choice, Radios, Switch};
pub use combobox::Combobox;
pub use dialog::Dialog;
pub use feedback::{EmptyState, ErrorState, LoadMore, Notice, Skeleton, loaded, seek_state};
pub use field::{DateInput, Field, FieldIds, SelectField, TextArea, TextField, single_value};
pub use file_drop::FileDrop;
pub use filters::{Filter, FilterBar};
pub use hotkeys::{HotkeyRegion, Hotkeys, KeyHint, ShortcutsHelp, use_hotkey};
pub use icon::{Icon, icon};
pub use menu::{Menu, MenuItem};
pub use palette::{Command, CommandPalette, Commands, Found, use_command};
pub use panel::SidePanel;
pub use progress::{Progress, ProgressBar};
pub use table::{Column, ColumnChoice, Row, SelectionBar, Sort, Table, remembered_columns};
pub use tabs::{Tab, Tabs};
pub use timeline::{Event, Timeline};
pub use toast::{ToastRegion, Toasts, use_toasts};
pub use tooltip::Tooltip;
pub use views::{SavedView, SavedViews};
