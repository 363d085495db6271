//! PNG: every chunk with its checksum, from the header to the end, and nothing after it.

use super::{Limits, be32, slice, too_many_pixels};
use crate::refused::{Refused, RefusedCode, cut, damaged};
use domain::text::Text;

pub(super) fn check(bytes: &[u8], limits: &Limits) -> Result<(u32, u32), Refused> {
    let mut at = 8;
    let (mut size, mut data) = (None, 0u64);
    loop {
        let broken = || cut("l’image PNG est coupée", "the PNG image is cut", (at, bytes.len()));
        let length = be32(bytes, at).ok_or_else(broken)? as usize;
        let kind = slice(bytes, at + 4, 4).ok_or_else(broken)?;
        let body = slice(bytes, at + 8, length).ok_or_else(broken)?;
        let sum = be32(bytes, at + 8 + length).ok_or_else(broken)?;
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(kind);
        hasher.update(body);
        if hasher.finalize() != sum {
            let (fr, en) = ("une partie de l’image PNG a été altérée", "a part of the PNG image was altered");
            return Err(cut(fr, en, (at, bytes.len())));
        }
        match (kind, size) {
            (b"IHDR", None) if length == 13 => size = Some((be32(body, 0).unwrap_or(0), be32(body, 4).unwrap_or(0))),
            (_, None) => return Err(damaged("l’en-tête PNG manque", "the PNG header is missing")),
            (b"IHDR", Some(_)) => return Err(damaged("l’en-tête PNG est double", "the PNG has two headers")),
            (b"IDAT", _) => data += length as u64,
            (b"IEND", Some(size)) => {
                if size.0 == 0 || size.1 == 0 || data == 0 {
                    return Err(damaged("l’image PNG est vide", "the PNG image is empty"));
                }
                if at + 12 + length != bytes.len() {
                    return Err(more_after("PNG"));
                }
                too_many_pixels(size, limits)?;
                return Ok(size);
            }
            _ => {}
        }
        at += 12 + length;
    }
}

pub(super) fn more_after(kind: &str) -> Refused {
    Refused::new(
        RefusedCode::TwoInOne,
        Text::new(format!("D’autres données suivent l’image {kind}"), format!("Other data follow the {kind} image")),
        Text::new("une image et rien d’autre", "an image and nothing else"),
        Text::new(
            "ouvrez l’image, enregistrez-en une copie et déposez la copie, ou photographiez à nouveau le document",
            "open the image, save a copy of it and drop the copy, or photograph the document again",
        ),
    )
    .at("après la fin de l’image", "after the end of the image")
}
