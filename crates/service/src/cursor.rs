//! Opaque cursors: the place after which a page begins, and the limit of a page.

use contract::Code;

use crate::{Error, Result};

pub const DEFAULT_LIMIT: u32 = 50;
pub const MAX_LIMIT: u32 = 200;

pub fn limit(wanted: Option<u32>) -> Result<i64> {
    match wanted.unwrap_or(DEFAULT_LIMIT) {
        n @ 1..=MAX_LIMIT => Ok(i64::from(n)),
        n => Err(Error::new(Code::BadRequest).and(
            "?limit",
            "limit_range",
            format!("« {n} » : un nombre de 1 à {MAX_LIMIT} est attendu."),
            format!("« {n} »: a number from 1 to {MAX_LIMIT} is expected."),
        )),
    }
}

fn refused() -> Error {
    Error::new(Code::BadRequest).and(
        "?after",
        "cursor",
        "Ce curseur n’est pas celui d’une page de cette liste dans cet ordre ; reprenez `next` tel quel, ou repartez du début.",
        "This cursor is not one of this list in this order; take `next` as it is, or start again.",
    )
}

/// Parts joined and written in hexadecimal: nothing to escape in an address, nothing to read into.
pub fn write(parts: &[&str]) -> String {
    parts.join("\u{1f}").bytes().map(|b| format!("{b:02x}")).collect()
}

pub fn read<const N: usize>(cursor: &str) -> Result<[String; N]> {
    let bytes: Option<Vec<u8>> = (0..cursor.len())
        .step_by(2)
        .map(|i| cursor.get(i..i + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect();
    let text = bytes.and_then(|b| String::from_utf8(b).ok()).ok_or_else(refused)?;
    let parts: Vec<String> = text.split('\u{1f}').map(str::to_owned).collect();
    parts.try_into().map_err(|_| refused())
}

pub fn write_number(n: i64) -> String {
    write(&[&n.to_string()])
}

pub fn read_number(cursor: &str) -> Result<i64> {
    let [n] = read::<1>(cursor)?;
    n.parse().map_err(|_| refused())
}

pub fn wrong() -> Error {
    refused()
}
