//! The menu that exports a list as it is filtered.

use std::rc::Rc;

use contract::FileFormat;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::{Call, download};
use crate::text::t;
use crate::ui::{Icon, Menu, MenuItem, toasts};

/// What the menu says, and how the file is called.
pub struct Words {
    /// How many lines the file would have.
    pub detail: fn(u64) -> String,
    pub csv: &'static str,
    pub xlsx: &'static str,
    /// Without its ending.
    pub file: &'static str,
}

/// `call` asks for the file with the filters of the moment; `total` counts its lines, once they are known.
pub fn menu(
    words: Words,
    total: impl Fn() -> Option<u64> + 'static,
    call: impl Fn(FileFormat) -> Call + 'static,
) -> Menu {
    let call: Rc<dyn Fn(FileFormat) -> Call> = Rc::new(call);
    let items = move || {
        let item = |label: &str, format: FileFormat| {
            let (call, name) = (call.clone(), format!("{}.{format}", words.file));
            MenuItem::act(Icon::Download, label, move || {
                let (call, name) = (call(format), name.clone());
                spawn_local(async move {
                    match download(call, &name).await {
                        Ok(()) => toasts().done(t().dossiers_export_started()),
                        Err(failure) => toasts().failed(&failure),
                    }
                });
            })
        };
        let heading = untrack(&total).map(|n| MenuItem::heading((words.detail)(n)));
        let files = [item(words.csv, FileFormat::Csv), item(words.xlsx, FileFormat::Xlsx)];
        heading.into_iter().chain(files).collect()
    };
    Menu::new(t().export(), items).icon(Icon::Download).align_end()
}
