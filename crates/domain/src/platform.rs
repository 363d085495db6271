//! Platforms and their names. A dossier keeps the name that the firm wrote; two spellings are the same platform when
//! their folded names are equal or when the register knows one of them.

use crate::reference::PlatformRegister;

/// The spelling of the register when it knows the name, else the name as given.
pub fn canonical_name(given: &str, register: &PlatformRegister) -> String {
    let given = given.split_whitespace().collect::<Vec<_>>().join(" ");
    register.find(&given).map_or(given, |p| p.name.clone())
}

/// Whether the register lists a platform under this name.
pub fn is_registered(name: &str, register: &PlatformRegister) -> bool {
    register.find(name).is_some()
}
