//! The two faces that everything is printed in, and how wide a word is in them.
//!
//! Source Sans Pro (SIL Open Font License, `fonts/OFL.txt`): Latin with its extensions, so that Łukasz and Şahin are
//! written as they write themselves. A character that it lacks is printed as [`MISSING`], never left out.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::raw::TableProvider;
use skrifa::raw::tables::gpos::{PairPos, PositionLookup};
use skrifa::{FontRef, GlyphId, MetadataProvider};

static REGULAR: &[u8] = include_bytes!("../fonts/SourceSansPro-Regular.ttf");
static BOLD: &[u8] = include_bytes!("../fonts/SourceSansPro-Bold.ttf");

/// What stands for a character that the face does not have.
pub(crate) const MISSING: char = '☐';

/// The narrow space that no line breaks at: before ; ? ! and within numbers.
pub(crate) const THIN: char = '\u{202f}';

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

pub(crate) struct Face {
    pub(crate) written: krilla::text::Font,
    charmap: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
    pairs: Vec<PairPos<'static>>,
    per_em: f32,
}

/// One glyph of a measured text; widths in parts of the size.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) glyph: u32,
    pub(crate) advance: f32,
    /// Which bytes of the text it stands for.
    pub(crate) bytes: Range<usize>,
}

pub(crate) fn face(weight: Weight) -> &'static Face {
    static FACES: OnceLock<[Face; 2]> = OnceLock::new();
    let faces = FACES.get_or_init(|| [Face::new(REGULAR), Face::new(BOLD)]);
    match weight {
        Weight::Regular => &faces[0],
        Weight::Bold => &faces[1],
    }
}

impl Face {
    /// The files are part of the program: a test reads both.
    fn new(bytes: &'static [u8]) -> Self {
        let font = FontRef::new(bytes).expect("a face of the program is a font");
        let written = krilla::text::Font::new(bytes.into(), 0).expect("a face of the program can be embedded");
        let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
        let per_em = written.units_per_em();
        Self { written, charmap: font.charmap(), metrics, pairs: pairs(&font), per_em }
    }

    pub(crate) fn has(&self, c: char) -> bool {
        self.charmap.map(c).is_some_and(|glyph| glyph.to_u32() != 0)
    }

    fn glyph(&self, c: char) -> (u32, f32) {
        // The face's own thin space all but disappears in print.
        if c == THIN {
            let (space, advance) = self.glyph(' ');
            return (space, advance * 0.75);
        }
        let glyph = self.charmap.map(c).unwrap_or_default();
        (glyph.to_u32(), self.metrics.advance_width(glyph).unwrap_or(0.0) / self.per_em)
    }

    fn kern(&self, left: u32, right: u32) -> f32 {
        self.pairs.iter().find_map(|pair| adjustment(pair, left, right)).unwrap_or(0) as f32 / self.per_em
    }
}

fn pairs(font: &FontRef<'static>) -> Vec<PairPos<'static>> {
    let Ok(lookups) = font.gpos().and_then(|gpos| gpos.lookup_list()) else {
        return Vec::new();
    };
    lookups
        .lookups()
        .iter()
        .filter_map(|lookup| match lookup {
            Ok(PositionLookup::Pair(lookup)) => Some(lookup),
            _ => None,
        })
        .flat_map(|lookup| lookup.subtables().iter().flatten().collect::<Vec<_>>())
        .collect()
}

/// The first table that covers a pair decides, even when it says nothing about it.
fn adjustment(pair: &PairPos<'static>, left: u32, right: u32) -> Option<i16> {
    let (left, right) = (GlyphId::new(left), GlyphId::new(right));
    match pair {
        PairPos::Format1(table) => {
            let index = table.coverage().ok()?.get(left)?;
            let set = table.pair_sets().get(usize::from(index)).ok()?;
            set.pair_value_records()
                .iter()
                .flatten()
                .find(|record| GlyphId::from(record.second_glyph()) == right)
                .map(|record| record.value_record1().x_advance().unwrap_or(0))
        }
        PairPos::Format2(table) => {
            table.coverage().ok()?.get(left)?;
            let first = table.class_def1().ok()?.get(skrifa::raw::types::GlyphId16::try_from(left).ok()?);
            let second = table.class_def2().ok()?.get(skrifa::raw::types::GlyphId16::try_from(right).ok()?);
            let record = table.class1_records().get(usize::from(first)).ok()?;
            let record = record.class2_records().get(usize::from(second)).ok()?;
            Some(record.value_record1().x_advance().unwrap_or(0))
        }
    }
}

/// Measures text and remembers glyphs and pairs: a document repeats a few hundred of them thousands of times.
#[derive(Default)]
pub(crate) struct Measure {
    glyphs: HashMap<(Weight, char), (u32, f32)>,
    kerns: HashMap<(Weight, u32, u32), f32>,
}

impl Measure {
    pub(crate) fn place(&mut self, weight: Weight, text: &str) -> Vec<Placed> {
        let face = face(weight);
        let mut placed: Vec<Placed> = Vec::with_capacity(text.len());
        for (at, c) in text.char_indices() {
            let (glyph, advance) = *self.glyphs.entry((weight, c)).or_insert_with(|| face.glyph(c));
            if let Some(before) = placed.last_mut() {
                let pair = (weight, before.glyph, glyph);
                before.advance += *self.kerns.entry(pair).or_insert_with(|| face.kern(pair.1, pair.2));
            }
            placed.push(Placed { glyph, advance, bytes: at..at + c.len_utf8() });
        }
        placed
    }

    pub(crate) fn width(&mut self, weight: Weight, size: f32, text: &str) -> f32 {
        self.place(weight, text).iter().map(|glyph| glyph.advance).sum::<f32>() * size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_faces_hold_what_french_names_need() {
        for weight in [Weight::Regular, Weight::Bold] {
            for c in "ŁłukaszŞahinŒuvreæÆÿŸçÇñßđĐșȘțȚőŐűŰěŠžÅø«»•…–—’“”€§°²№½☐☑".chars()
            {
                assert!(face(weight).has(c), "{weight:?} lacks {c}");
            }
            assert!(face(weight).has(MISSING));
        }
    }

    #[test]
    fn pairs_are_drawn_together() {
        let mut measure = Measure::default();
        for weight in [Weight::Regular, Weight::Bold] {
            let together = measure.width(weight, 1000.0, "AV");
            let apart = measure.width(weight, 1000.0, "A") + measure.width(weight, 1000.0, "V");
            assert!(together < apart - 10.0, "{weight:?}: {together} is not narrower than {apart}");
        }
    }

    #[test]
    fn widths_are_those_of_the_face() {
        assert_eq!(Measure::default().width(Weight::Regular, 1000.0, "nnn"), 3.0 * 547.0);
    }
}
