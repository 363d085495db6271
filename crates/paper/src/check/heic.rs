//! HEIC: boxes of an ISO file, each within its parent; the size is read from the properties of the image.

use super::{Limits, be32, slice, too_many_pixels};
use crate::refused::{Refused, damaged, send_again};

/// More boxes than any photo has.
const MOST_BOXES: usize = 20_000;

struct Walk {
    left: usize,
    meta: bool,
    data: bool,
    size: Option<(u32, u32)>,
}

pub(super) fn check(bytes: &[u8], limits: &Limits) -> Result<Option<(u32, u32)>, Refused> {
    let broken = || damaged("l’image HEIC est coupée", "the HEIC image is cut").fix(send_again());
    let mut walk = Walk { left: MOST_BOXES, meta: false, data: false, size: None };
    boxes(bytes, 0, &mut walk).ok_or_else(broken)?;
    if !walk.meta || !walk.data {
        return Err(damaged("l’image HEIC est vide", "the HEIC image is empty"));
    }
    if let Some(size) = walk.size {
        too_many_pixels(size, limits)?;
    }
    Ok(walk.size)
}

/// `None` when a box is longer than what holds it.
fn boxes(bytes: &[u8], depth: usize, walk: &mut Walk) -> Option<()> {
    let mut at = 0;
    while at < bytes.len() {
        walk.left = walk.left.checked_sub(1)?;
        let kind = slice(bytes, at + 4, 4)?;
        let (header, length) = match be32(bytes, at)? {
            0 => (8, bytes.len() - at),
            1 => {
                let long = slice(bytes, at + 8, 8)?;
                (16, usize::try_from(u64::from_be_bytes(long.try_into().ok()?)).ok()?)
            }
            length => (8, length as usize),
        };
        let body = slice(bytes, at, length)?.get(header..)?;
        match (depth, kind) {
            (0, b"meta") => {
                walk.meta = true;
                // A version and flags precede the boxes of `meta`.
                boxes(body.get(4..)?, 1, walk)?;
            }
            (0, b"mdat") => walk.data = true,
            (1, b"idat") => walk.data = true,
            (1, b"iprp") => boxes(body, 2, walk)?,
            (2, b"ipco") => boxes(body, 3, walk)?,
            (3, b"ispe") => {
                let size = (be32(body, 4)?, be32(body, 8)?);
                let area = |(width, height): (u32, u32)| u64::from(width) * u64::from(height);
                if walk.size.is_none_or(|known| area(size) > area(known)) {
                    walk.size = Some(size);
                }
            }
            _ => {}
        }
        at = at.checked_add(length)?;
    }
    Some(())
}
