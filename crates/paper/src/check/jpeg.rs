//! JPEG: segments, then compressed scans, to the end mark.

use super::png::more_after;
use super::{Limits, be16, slice, too_many_pixels};
use crate::refused::{Refused, cut, damaged};

pub(super) fn check(bytes: &[u8], limits: &Limits) -> Result<(u32, u32), Refused> {
    let mut at = 2;
    let (mut size, mut scans) = (None, 0);
    loop {
        let from = at;
        let broken = || cut("l’image JPEG est coupée", "the JPEG image is cut", (from, bytes.len()));
        if bytes.get(at) != Some(&0xff) {
            return Err(broken());
        }
        // Any number of fill bytes may precede a mark.
        let mut mark_at = at + 1;
        while bytes.get(mark_at) == Some(&0xff) {
            mark_at += 1;
        }
        let mark = *bytes.get(mark_at).ok_or_else(broken)?;
        at = mark_at + 1;
        match mark {
            0xd9 => {
                let size = size.filter(|_| scans > 0);
                let size = size.ok_or_else(|| damaged("l’image JPEG est vide", "the JPEG image is empty"))?;
                after(bytes, at)?;
                too_many_pixels(size, limits)?;
                return Ok(size);
            }
            0x01 | 0xd0..=0xd7 => continue,
            0x00 | 0xd8 => return Err(broken()),
            _ => {}
        }
        let length = usize::from(be16(bytes, at).ok_or_else(broken)?);
        let body = length.checked_sub(2).and_then(|length| slice(bytes, at + 2, length)).ok_or_else(broken)?;
        let frame = matches!(mark, 0xc0..=0xcf) && !matches!(mark, 0xc4 | 0xc8 | 0xcc);
        if frame {
            let (height, width) = (be16(body, 1).ok_or_else(broken)?, be16(body, 3).ok_or_else(broken)?);
            if width == 0 || height == 0 {
                return Err(damaged("l’image JPEG n’a pas de taille", "the JPEG image has no size"));
            }
            size = Some((u32::from(width), u32::from(height)));
        }
        at += length;
        if mark == 0xda {
            scans += 1;
            at = end_of_scan(bytes, at).ok_or_else(broken)?;
        }
    }
}

/// The next mark that is neither a stuffed byte nor a restart.
fn end_of_scan(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        match bytes.get(at + 1)? {
            0x00 | 0xd0..=0xd7 => at += 2,
            0xff => at += 1,
            _ => return Some(at),
        }
    }
}

/// Telephones add a second picture or a film after the first; an archive, a page or a program has no place there.
fn after(bytes: &[u8], at: usize) -> Result<(), Refused> {
    let rest = &bytes[at..];
    let end = &rest[rest.len().saturating_sub(66_000)..];
    let archive = end.windows(4).any(|window| window == b"PK\x05\x06");
    let trimmed = rest.trim_ascii_start();
    let other = [&b"<"[..], b"MZ", b"%PDF", b"PK", b"#!", b"\x7fELF"].iter().any(|magic| trimmed.starts_with(magic));
    if archive || other { Err(more_after("JPEG")) } else { Ok(()) }
}
