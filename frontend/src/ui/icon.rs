//! Line icons on a grid of 16, drawn for this product.

use leptos::prelude::*;

macro_rules! icons {
    ($($name:ident = $path:literal;)*) => {
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Icon { $($name),* }

        impl Icon {
            pub const ALL: &[(Icon, &str)] = &[$((Icon::$name, stringify!($name))),*];

            fn path(self) -> &'static str {
                match self { $(Icon::$name => $path),* }
            }
        }
    };
}

icons! {
    Cockpit = "M2.2 12a5.8 5.8 0 1 1 11.6 0M8 12l2.6-4.4M5.2 13.2h5.6";
    Dossiers = "M2 12.5v-9h4.2l1.6 1.8H14v7.2zM2 7.6h12";
    Import = "M8 2.2v7M5.2 6.6L8 9.4l2.8-2.8M2.5 10.2v3.3h11v-3.3";
    Journal = "M4 2.5h8.5v11H4a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1zM6 5.6h4M6 8.2h4M6 10.8h2";
    Settings = "M2.5 5h5.2M10.9 5h2.6M2.5 11h2.6M8.3 11h5.2M9.3 3.4a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2M6.7 9.4a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2";
    Search = "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.4 10.4l3.1 3.1";
    Plus = "M8 3v10M3 8h10";
    Check = "M3 8.6l3.3 3.2L13 4.8";
    Close = "M4 4l8 8M12 4l-8 8";
    Down = "M4 6.2l4 4 4-4";
    Up = "M4 9.8l4-4 4 4";
    Right = "M6.2 4l4 4-4 4";
    Left = "M9.8 4l-4 4 4 4";
    More = "M3.4 7.4v1.2M8 7.4v1.2M12.6 7.4v1.2";
    Bell = "M4 11.4V7.2a4 4 0 0 1 8 0v4.2l1 1.2H3zM6.8 14.4h2.4";
    Person = "M8 2.4a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4M2.8 13.8c.5-2.8 2.5-4.2 5.2-4.2s4.7 1.4 5.2 4.2";
    People = "M6 3a2.3 2.3 0 1 1 0 4.6A2.3 2.3 0 0 1 6 3M1.8 13.2c.4-2.5 2-3.8 4.2-3.8s3.8 1.3 4.2 3.8M10.6 3.2a2.2 2.2 0 0 1 0 4.2M11.6 9.6c1.5.4 2.4 1.7 2.7 3.6";
    Cabinet = "M3 13.5v-11h6.5v11M9.5 6H13v7.5M1.8 13.5h12.4M5.2 5.2h2.1M5.2 7.9h2.1M5.2 10.6h2.1";
    Filter = "M2.5 4.2h11M4.7 8h6.6M6.8 11.8h2.4";
    Columns = "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10";
    Sort = "M5 3v10M2.6 10.6L5 13l2.4-2.4M11 13V3M8.6 5.4L11 3l2.4 2.4";
    Download = "M8 2.5v7.2M5 6.8l3 3 3-3M3 13.3h10";
    Upload = "M8 10V2.8M5 5.7l3-3 3 3M3 13.3h10";
    Undo = "M5.6 3L2.6 6l3 3M2.6 6h6.6a4 4 0 0 1 0 8H6";
    Refresh = "M13.2 7A5.3 5.3 0 1 0 12 11.6M13.4 3.4V7H9.8";
    Warning = "M8 2.6l6 10.6H2zM8 6.6v3.2M8 11.4v.2";
    Info = "M8 2.2a5.8 5.8 0 1 1 0 11.6A5.8 5.8 0 0 1 8 2.2M8 7.4v3.4M8 5v.2";
    Clock = "M8 2.2a5.8 5.8 0 1 1 0 11.6A5.8 5.8 0 0 1 8 2.2M8 4.8V8l2.2 1.6";
    Trash = "M2.8 4.5h10.4M6 4.5V2.8h4v1.7M4.2 4.5l.6 9h6.4l.6-9M6.7 7.2v3.8M9.3 7.2v3.8";
    Edit = "M3 13l.7-2.9 7.2-7.2 2.2 2.2-7.2 7.2zM9.6 4.2l2.2 2.2";
    Bookmark = "M4.5 2.5h7v11L8 10.9l-3.5 2.6z";
    Calendar = "M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2.3V5M10.5 2.3V5";
    External = "M9 2.8h4.2V7M13 3L7.6 8.4M11.5 9.5v3.7H2.8V4.5h3.7";
    Sun = "M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M8 1.6v1.2M8 13.2v1.2M1.6 8h1.2M13.2 8h1.2M3.5 3.5l.8.8M11.7 11.7l.8.8M3.5 12.5l.8-.8M11.7 4.3l.8-.8";
    Moon = "M13.2 9.6A5.7 5.7 0 0 1 6.4 2.8a5.7 5.7 0 1 0 6.8 6.8z";
    Screen = "M2.2 3h11.6v8H2.2zM5.6 13.5h4.8M8 11v2.5";
    Globe = "M8 2.2a5.8 5.8 0 1 1 0 11.6A5.8 5.8 0 0 1 8 2.2M2.4 8h11.2M8 2.2c3.2 3.7 3.2 7.9 0 11.6M8 2.2c-3.2 3.7-3.2 7.9 0 11.6";
    SignOut = "M6.5 2.8H3v10.4h3.5M6.5 8h7M10.8 5.2L13.6 8l-2.8 2.8";
    Keyboard = "M1.8 4.2h12.4v7.6H1.8zM4.4 6.8v.2M6.8 6.8v.2M9.2 6.8v.2M11.6 6.8v.2M5.2 9.4h5.6";
    Rail = "M2.5 3h11v10h-11zM6 3v10";
    File = "M4 2.3h5l3.2 3.2v8.2H4zM9 2.3v3.2h3.2";
    Mail = "M2.2 4h11.6v8.2H2.2zM2.4 4.3L8 8.8l5.6-4.5";
    Phone = "M3 2.8h2.6l1.2 3-1.6 1.3a8 8 0 0 0 3.7 3.7l1.3-1.6 3 1.2V13c0 .4-.4.7-.8.7A10.2 10.2 0 0 1 2.3 3.6c0-.4.3-.8.7-.8z";
    Tag = "M2.5 2.5h5.3l5.9 5.9-5.3 5.3-5.9-5.9zM5.4 5.3v.2";
    Lock = "M3.5 7.2h9v6.3h-9zM5.3 7.2V5.1a2.7 2.7 0 0 1 5.4 0v2.1M8 9.8v1.4";
    Eye = "M1.5 8c1.6-2.8 3.8-4.2 6.5-4.2s4.9 1.4 6.5 4.2c-1.6 2.8-3.8 4.2-6.5 4.2S3.1 10.8 1.5 8zM8 6.2a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6";
    Link = "M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.3-2.3a2.6 2.6 0 0 0-3.7-3.7L8.2 4.1M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.2 9.1a2.6 2.6 0 0 0 3.7 3.7l.9-.9";
    Key = "M5.2 7.4a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4M7.2 8.2l5.6-5.6M10.4 5l2.2 2.2";
    Bolt = "M9 1.8L3.4 9H8l-1 5.2L12.6 7H8z";
    Copy = "M5.5 5.5h8v8h-8zM3.3 10.5h-.8v-8h8v.8";
}

/// Decorative: the words stand beside it or in the `aria-label` of its button.
pub fn icon(icon: Icon) -> AnyView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d=icon.path() />
        </svg>
    }
    .into_any()
}
