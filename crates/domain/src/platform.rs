//! Platforms and their names. A dossier keeps the name that the firm wrote; two spellings are the same platform when
//! their folded names are equal or when the register knows one of them.

use crate::{fold, reference};

/// The spelling of the register when it knows the name, else the name as given.
pub fn canonical_name(given: &str) -> String {
    let given = given.split_whitespace().collect::<Vec<_>>().join(" ");
    let folded = fold(&given);
    reference::platforms().by_folded_name(&folded).map_or(given, |p| p.name.clone())
}

/// Whether the public register lists a platform under this name.
pub fn is_registered(name: &str) -> bool {
    reference::platforms().by_folded_name(&fold(name)).is_some()
}
