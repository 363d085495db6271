//! French lines: which spaces hold, where a line may break, how it is filled.

use unicode_normalization::UnicodeNormalization;

use crate::font::{MISSING, Measure, Placed, THIN, Weight, face};

const NO_BREAK: char = '\u{a0}';

/// A stretch of text in one weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) weight: Weight,
    pub(crate) text: String,
}

impl Run {
    pub(crate) fn regular(text: impl Into<String>) -> Self {
        Self { weight: Weight::Regular, text: text.into() }
    }

    pub(crate) fn bold(text: impl Into<String>) -> Self {
        Self { weight: Weight::Bold, text: text.into() }
    }
}

/// Text as it will be printed: composed, of one line, its French spaces held, every character one that the face has.
pub(crate) fn french(text: &str) -> String {
    let mut out: Vec<char> = Vec::with_capacity(text.len());
    for c in text.nfc() {
        let c = match c {
            '\n' | '\r' | '\t' => ' ',
            '\u{2009}' | '\u{2007}' => THIN,
            '\u{2010}' | '\u{2011}' => '-',
            c if c.is_control() || is_invisible(c) => continue,
            c => c,
        };
        match (out.last(), c) {
            (Some(' '), ' ') => continue,
            (Some(' '), ':' | ';' | '?' | '!' | '»' | '%' | '€') => {
                out.pop();
                out.push(if matches!(c, ';' | '?' | '!') { THIN } else { NO_BREAK });
            }
            (Some('«'), ' ') => {
                out.push(NO_BREAK);
                continue;
            }
            _ => {}
        }
        // "n° 12", "article 28", "1er janvier": a number stays with its word.
        if c.is_ascii_digit() && out.last() == Some(&' ') && ends_with_reference(&out[..out.len() - 1]) {
            out.pop();
            out.push(NO_BREAK);
        }
        let known = c == ' ' || c == THIN || c == NO_BREAK || face(Weight::Regular).has(c);
        out.push(if known { c } else { MISSING });
    }
    out.into_iter().collect()
}

/// Marks without a body of their own: a soft hyphen, a mark of order, a byte order mark. They are no part of a name.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
}

fn ends_with_reference(before: &[char]) -> bool {
    ["n°", "no", "article", "articles", "art.", "p.", "§", "le"].iter().any(|word| {
        let length = word.chars().count();
        before.len() >= length
            && before[before.len() - length..].iter().flat_map(|c| c.to_lowercase()).eq(word.chars())
            && (before.len() == length || !before[before.len() - length - 1].is_alphanumeric())
    })
}

/// A run of a line, ready to be drawn.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) weight: Weight,
    /// What a reader copies: spaces are spaces, whatever holds them on paper.
    pub(crate) text: String,
    pub(crate) glyphs: Vec<Placed>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    pub(crate) pieces: Vec<Piece>,
    /// In points, spaces at the end not counted.
    pub(crate) width: f32,
}

struct Word {
    pieces: Vec<(Weight, String, Vec<Placed>)>,
    width: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fill {
    Ragged,
    /// Every line but the last is drawn out to the measure.
    Justified,
}

/// Greedy lines of `measure` points; a word wider than a line is cut.
pub(crate) fn lines(measuring: &mut Measure, runs: &[Run], size: f32, measure: f32, fill: Fill) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line: Vec<Word> = Vec::new();
    let mut width = 0.0;
    let space = measuring.width(Weight::Regular, size, " ");
    for word in words(measuring, runs, size, measure) {
        if !line.is_empty() && width + space + word.width > measure + 0.01 {
            lines.push(set(measuring, std::mem::take(&mut line), size, (fill == Fill::Justified).then_some(measure)));
            width = 0.0;
        }
        width += word.width + if line.is_empty() { 0.0 } else { space };
        line.push(word);
    }
    if !line.is_empty() {
        lines.push(set(measuring, line, size, None));
    }
    lines
}

fn words(measuring: &mut Measure, runs: &[Run], size: f32, measure: f32) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut open = false;
    for run in runs {
        for (index, part) in run.text.split(' ').enumerate() {
            if index > 0 {
                open = false;
            }
            if part.is_empty() {
                continue;
            }
            let glyphs = measuring.place(run.weight, part);
            let width = glyphs.iter().map(|glyph| glyph.advance).sum::<f32>() * size;
            match words.last_mut() {
                Some(word) if open && word.width + width <= measure => {
                    word.width += width;
                    word.pieces.push((run.weight, part.to_owned(), glyphs));
                }
                _ if width <= measure => {
                    words.push(Word { pieces: vec![(run.weight, part.to_owned(), glyphs)], width });
                }
                _ => cut(measuring, run.weight, part, size, measure, &mut words),
            }
            open = true;
        }
    }
    words
}

fn cut(measuring: &mut Measure, weight: Weight, part: &str, size: f32, measure: f32, words: &mut Vec<Word>) {
    let (mut from, mut width) = (0, 0.0);
    let mut push = |text: &str, measuring: &mut Measure| {
        let glyphs = measuring.place(weight, text);
        let width = glyphs.iter().map(|glyph| glyph.advance).sum::<f32>() * size;
        words.push(Word { pieces: vec![(weight, text.to_owned(), glyphs)], width });
    };
    for glyph in measuring.place(weight, part) {
        let advance = glyph.advance * size;
        if width + advance > measure && glyph.bytes.start > from {
            push(&part[from..glyph.bytes.start], measuring);
            (from, width) = (glyph.bytes.start, 0.0);
        }
        width += advance;
    }
    push(&part[from..], measuring);
}

fn set(measuring: &mut Measure, words: Vec<Word>, size: f32, drawn_out_to: Option<f32>) -> Line {
    let gaps = words.len().saturating_sub(1);
    let space = measuring.width(Weight::Regular, size, " ");
    let natural = words.iter().map(|word| word.width).sum::<f32>() + space * gaps as f32;
    // A line that is mostly air reads worse than a ragged one.
    let air = drawn_out_to.map_or(0.0, |measure| if gaps == 0 { 0.0 } else { (measure - natural) / gaps as f32 });
    let air = if air > size * 0.9 { 0.0 } else { air };
    let space = (space + air) / size;
    let gap = measuring.place(Weight::Regular, " ")[0].glyph;
    let mut pieces: Vec<Piece> = Vec::new();
    for (index, word) in words.into_iter().enumerate() {
        if index > 0
            && let Some(piece) = pieces.last_mut()
        {
            let at = piece.text.len();
            piece.text.push(' ');
            let glyph = if piece.weight == Weight::Regular { gap } else { measuring.place(piece.weight, " ")[0].glyph };
            piece.glyphs.push(Placed { glyph, advance: space, bytes: at..at + 1 });
        }
        for (weight, text, glyphs) in word.pieces {
            let piece = match pieces.last_mut() {
                Some(piece) if piece.weight == weight => piece,
                _ => {
                    pieces.push(Piece { weight, text: String::new(), glyphs: Vec::new() });
                    pieces.last_mut().expect("one was just added")
                }
            };
            append(measuring, piece, &text, glyphs);
        }
    }
    Line { pieces, width: natural + air * gaps as f32 }
}

/// Held spaces become plain ones here: nothing breaks any more, and copied text stays plain.
fn append(measuring: &mut Measure, piece: &mut Piece, text: &str, glyphs: Vec<Placed>) {
    for placed in glyphs {
        let c = text[placed.bytes].chars().next().unwrap_or(' ');
        let at = piece.text.len();
        let (c, glyph) = match c {
            NO_BREAK | THIN => (' ', measuring.place(piece.weight, " ")[0].glyph),
            c => (c, placed.glyph),
        };
        piece.text.push(c);
        piece.glyphs.push(Placed { glyph, advance: placed.advance, bytes: at..piece.text.len() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(runs: &[Run], measure: f32, fill: Fill) -> Vec<String> {
        lines(&mut Measure::default(), runs, 10.0, measure, fill)
            .iter()
            .map(|line| line.pieces.iter().map(|piece| piece.text.as_str()).collect())
            .collect()
    }

    #[test]
    fn french_spaces_are_held() {
        assert_eq!(
            french("Attention : « oui » ; non ? 50 % n° 12, article 28"),
            "Attention\u{a0}: «\u{a0}oui\u{a0}»\u{202f}; non\u{202f}? 50\u{a0}% n°\u{a0}12, article\u{a0}28"
        );
        assert_eq!(french("dont 28 pages"), "dont 28 pages");
    }

    #[test]
    fn names_are_composed_and_nothing_disappears() {
        assert_eq!(french("Andre\u{301}\u{200b}"), "André");
        assert_eq!(french("李 Œuvre Łukasz"), "☐ Œuvre Łukasz");
        assert_eq!(french("a\nb\u{0}"), "a b");
    }

    #[test]
    fn a_colon_never_begins_a_line() {
        let text = french("Le mandant déclare ce qui suit : rien de plus.");
        for measure in 40..220 {
            for line in texts(&[Run::regular(text.as_str())], measure as f32, Fill::Ragged) {
                assert!(!line.starts_with(':'), "{measure}: {line}");
            }
        }
    }

    #[test]
    fn no_line_is_wider_than_the_measure_and_no_letter_is_lost() {
        let text = "Antidisestablishmentarianism, Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft et fils";
        for measure in [30.0, 60.0, 90.0, 200.0] {
            let set = lines(&mut Measure::default(), &[Run::bold(text)], 10.0, measure, Fill::Justified);
            assert!(set.iter().all(|line| line.width <= measure + 0.1));
            let letters: String = set.iter().flat_map(|l| &l.pieces).flat_map(|p| p.text.chars()).collect();
            assert_eq!(letters.replace(' ', ""), text.replace(' ', ""));
        }
    }

    #[test]
    fn justified_lines_fill_the_measure_except_the_last() {
        let text = "Le présent mandat est conclu entre les parties désignées ci-dessus, pour la durée et l’objet qui y sont dits.";
        let set = lines(&mut Measure::default(), &[Run::regular(text)], 10.0, 180.0, Fill::Justified);
        assert!(set.len() > 2);
        for line in &set[..set.len() - 1] {
            assert!((line.width - 180.0).abs() < 0.05, "{}", line.width);
            let drawn: f32 = line.pieces.iter().flat_map(|p| &p.glyphs).map(|g| g.advance * 10.0).sum();
            assert!((drawn - 180.0).abs() < 0.05, "{drawn}");
        }
        assert!(set.last().unwrap().width < 180.0);
    }

    #[test]
    fn weights_meet_within_a_word() {
        let set = texts(&[Run::bold("Cabinet"), Run::regular(", et lui")], 400.0, Fill::Ragged);
        assert_eq!(set, ["Cabinet, et lui"]);
    }
}
