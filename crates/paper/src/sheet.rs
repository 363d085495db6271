//! From blocks to pages: headings, paragraphs, lists, tables of facts, signature boxes on A4.
//!
//! A block becomes strips: bands that no page break cuts, each of which may ask to stay with the next one. That alone
//! keeps a heading with its text, two lines of a paragraph together, and a signature with what is signed.

use crate::font::{Measure, Weight};
use crate::typography::{Fill, Line, Piece, Run, french, lines};

pub(crate) const WIDTH: f32 = 595.28;
pub(crate) const HEIGHT: f32 = 841.89;
pub(crate) const MM: f32 = 72.0 / 25.4;
pub(crate) const LEFT: f32 = 22.0 * MM;
pub(crate) const RIGHT: f32 = WIDTH - 22.0 * MM;
/// Where text ends; the footer stands below.
pub(crate) const BOTTOM: f32 = HEIGHT - 22.0 * MM;
/// Where text begins on the pages that follow the first.
pub(crate) const TOP: f32 = 22.0 * MM;

pub(crate) const BODY: f32 = 10.0;
const LEADING: f32 = 1.32;
/// A row of a table with more lines may be broken.
const ROW_LINES: usize = 12;

/// Widths of a form's column of labels.
const LABELS: f32 = 46.0 * MM;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Black,
    Grey,
    /// The lines of tables and frames.
    Hairline,
    Accent,
}

/// What a block is to somebody who hears the document instead of seeing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Role {
    Document(String),
    Heading(u16, String),
    Paragraph,
    List,
    Item,
    Label,
    Body,
    Table(String),
    Row,
    HeadCell,
    Cell,
    Figure(String),
}

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) role: Role,
    pub(crate) parent: Option<usize>,
}

#[derive(Debug, Clone)]
pub(crate) enum Mark {
    Text {
        x: f32,
        y: f32,
        size: f32,
        ink: Ink,
        piece: Piece,
    },
    Rule {
        from: (f32, f32),
        to: (f32, f32),
        width: f32,
        ink: Ink,
    },
    Frame {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
    },
    /// Dark squares of `side` points.
    Squares {
        x: f32,
        y: f32,
        side: f32,
        at: Vec<(usize, usize)>,
    },
}

/// A mark, and the node that it belongs to; what belongs to none is decoration.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) mark: Mark,
    pub(crate) node: Option<usize>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Strip {
    /// White above, unless a page begins here.
    before: f32,
    height: f32,
    keep: bool,
    /// Heights count from the top of the strip.
    items: Vec<Item>,
}

pub(crate) type Page = Vec<Item>;

/// A document laid out, not yet written.
pub(crate) struct Laid {
    pub(crate) pages: Vec<Page>,
    pub(crate) nodes: Vec<Node>,
}

/// How a paragraph is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) size: f32,
    pub(crate) ink: Ink,
    pub(crate) fill: Fill,
    pub(crate) before: f32,
}

impl Style {
    pub(crate) const TEXT: Self = Self { size: BODY, ink: Ink::Black, fill: Fill::Justified, before: 4.5 };
    pub(crate) const RAGGED: Self = Self { fill: Fill::Ragged, ..Self::TEXT };
    pub(crate) const NOTE: Self = Self { size: 8.5, ink: Ink::Grey, fill: Fill::Ragged, before: 6.0 };
}

/// Who signs in one box.
#[derive(Debug, Clone)]
pub(crate) struct Signature {
    pub(crate) role: String,
    pub(crate) name: Option<String>,
    pub(crate) quality: Option<String>,
    /// What is to be written by hand above the signature.
    pub(crate) mention: String,
}

/// The dark squares of a code to scan.
pub(crate) struct Code {
    pub(crate) modules: usize,
    pub(crate) dark: Vec<(usize, usize)>,
    /// Said to somebody who does not see it.
    pub(crate) alt: String,
}

pub(crate) struct Composer {
    pub(crate) measure: Measure,
    strips: Vec<Strip>,
    nodes: Vec<Node>,
    root: usize,
}

/// Dots for a fact to fill in by hand.
pub(crate) fn dots(count: usize) -> String {
    ".".repeat(count)
}

impl Composer {
    pub(crate) fn new(title: &str) -> Self {
        let nodes = vec![Node { role: Role::Document(title.to_owned()), parent: None }];
        Self { measure: Measure::default(), strips: Vec::new(), nodes, root: 0 }
    }

    fn node(&mut self, role: Role, parent: usize) -> usize {
        self.nodes.push(Node { role, parent: Some(parent) });
        self.nodes.len() - 1
    }

    fn push(&mut self, before: f32, height: f32, keep: bool, items: Vec<Item>) {
        self.strips.push(Strip { before, height, keep, items });
    }

    /// White between two blocks.
    pub(crate) fn space(&mut self, height: f32) {
        self.push(height, 0.0, true, Vec::new());
    }

    fn line(&mut self, line: Line, x: f32, y: f32, size: f32, ink: Ink, node: Option<usize>) -> Vec<Item> {
        let mut at = x;
        line.pieces
            .into_iter()
            .map(|piece| {
                let width = piece.glyphs.iter().map(|glyph| glyph.advance).sum::<f32>() * size;
                let item = Item { mark: Mark::Text { x: at, y, size, ink, piece }, node };
                at += width;
                item
            })
            .collect()
    }

    /// One line of text whose baseline stands at the place; what does not fit ends in dots.
    pub(crate) fn one_line(&mut self, run: Run, (x, y): (f32, f32), width: f32, size: f32, ink: Ink) -> Vec<Item> {
        let line = self.fitted(run, width, size);
        self.line(line, x, y, size, ink, None)
    }

    /// The same, ending at `right`.
    pub(crate) fn one_line_to(&mut self, run: Run, (right, y): (f32, f32), width: f32, size: f32) -> Vec<Item> {
        let line = self.fitted(run, width, size);
        let x = right - line.width;
        self.line(line, x, y, size, Ink::Grey, None)
    }

    fn fitted(&mut self, run: Run, width: f32, size: f32) -> Line {
        let run = Run { text: french(&run.text), ..run };
        let weight = run.weight;
        let room = width - self.measure.width(weight, size, "…");
        let mut set = lines(&mut self.measure, &[run], size, width, Fill::Ragged);
        if set.len() < 2 {
            return set.pop().unwrap_or_default();
        }
        let mut text: String = set[0].pieces.iter().map(|piece| piece.text.as_str()).collect();
        while self.measure.width(weight, size, &text) > room && text.pop().is_some() {}
        let run = Run { weight, text: format!("{}…", text.trim_end()) };
        lines(&mut self.measure, &[run], size, width, Fill::Ragged).into_iter().next().unwrap_or_default()
    }

    /// Text at a place outside the flow, wrapped at the width; tells where the next line would stand.
    pub(crate) fn wrapped(
        &mut self,
        run: Run,
        (x, y): (f32, f32),
        width: f32,
        size: f32,
        ink: Ink,
    ) -> (Vec<Item>, f32) {
        let run = Run { text: french(&run.text), ..run };
        let (mut items, mut y) = (Vec::new(), y);
        for line in lines(&mut self.measure, &[run], size, width, Fill::Ragged) {
            items.extend(self.line(line, x, y, size, ink, None));
            y += size * LEADING;
        }
        (items, y)
    }

    pub(crate) fn title(&mut self, title: &str, subtitle: Option<&str>) {
        let node = self.node(Role::Heading(1, title.to_owned()), self.root);
        let size = 19.0;
        for line in lines(&mut self.measure, &[Run::bold(french(title))], size, RIGHT - LEFT, Fill::Ragged) {
            let items = self.line(line, LEFT, size * 0.8, size, Ink::Black, Some(node));
            self.push(0.0, size * 1.2, true, items);
        }
        if let Some(subtitle) = subtitle {
            let node = self.node(Role::Paragraph, self.root);
            for line in lines(&mut self.measure, &[Run::regular(french(subtitle))], 11.5, RIGHT - LEFT, Fill::Ragged) {
                let items = self.line(line, LEFT, 11.5, 11.5, Ink::Grey, Some(node));
                self.push(0.0, 15.0, true, items);
            }
        }
        let rule = Mark::Rule { from: (LEFT, 0.0), to: (LEFT + 34.0 * MM, 0.0), width: 1.6, ink: Ink::Accent };
        self.push(7.0, 4.0, true, vec![Item { mark: rule, node: None }]);
    }

    pub(crate) fn heading(&mut self, number: Option<usize>, text: &str) {
        let text = french(&number.map_or_else(|| text.to_owned(), |number| format!("Article {number} – {text}")));
        let node = self.node(Role::Heading(2, text.clone()), self.root);
        for (index, line) in
            lines(&mut self.measure, &[Run::bold(text)], 11.0, RIGHT - LEFT, Fill::Ragged).into_iter().enumerate()
        {
            let items = self.line(line, LEFT, 10.5, 11.0, Ink::Black, Some(node));
            self.push(if index == 0 { 11.0 } else { 0.0 }, 14.0, true, items);
        }
    }

    /// `keep`: the whole paragraph stays with what follows.
    pub(crate) fn paragraph(&mut self, runs: &[Run], style: Style, keep: bool) {
        let node = self.node(Role::Paragraph, self.root);
        self.column(runs, style, (LEFT, RIGHT), keep, node);
    }

    fn column(&mut self, runs: &[Run], style: Style, (left, right): (f32, f32), keep: bool, node: usize) {
        let set = lines(&mut self.measure, &set_french(runs), style.size, right - left, style.fill);
        let (count, height) = (set.len(), style.size * LEADING);
        for (index, line) in set.into_iter().enumerate() {
            let items = self.line(line, left, height * 0.76, style.size, style.ink, Some(node));
            // Neither the first nor the last line of a paragraph stands alone.
            let keep = keep || (count > 1 && (index == 0 || index + 2 == count));
            self.push(if index == 0 { style.before } else { 0.0 }, height, keep, items);
        }
    }

    /// Points of a list, each with its mark: a bullet, or a box ticked or not.
    pub(crate) fn list(&mut self, points: &[(&str, Vec<Run>)]) {
        let list = self.node(Role::List, self.root);
        for (mark, runs) in points {
            let item = self.node(Role::Item, list);
            let (label, body) = (self.node(Role::Label, item), self.node(Role::Body, item));
            let first = self.strips.len();
            let style = Style { before: 2.6, ..Style::RAGGED };
            self.column(runs, style, (LEFT + 16.0, RIGHT), false, body);
            // A box for a pen is larger than a bullet or a number.
            let size =
                if mark.chars().all(|c| matches!(c, '•' | '–' | '.' | '0'..='9')) { BODY } else { BODY * 1.2 };
            let bullet = lines(&mut self.measure, &[Run::regular(*mark)], size, 20.0, Fill::Ragged);
            if let (Some(line), Some(strip)) = (bullet.into_iter().next(), self.strips.get(first)) {
                let items = self.line(line, LEFT + 2.0, strip.height * 0.76, size, Ink::Black, Some(label));
                self.strips[first].items.splice(0..0, items);
            }
        }
    }

    /// Facts in two columns; one that is not known is a dotted line.
    pub(crate) fn facts(&mut self, summary: &str, rows: &[(String, Option<String>)]) {
        let table = self.node(Role::Table(summary.to_owned()), self.root);
        let (label_size, height) = (9.0, BODY * LEADING);
        for (index, (label, value)) in rows.iter().enumerate() {
            let row = self.node(Role::Row, table);
            let (head, cell) = (self.node(Role::HeadCell, row), self.node(Role::Cell, row));
            let value_left = LEFT + LABELS + 4.0 * MM;
            let value = value.as_deref().filter(|value| !value.trim().is_empty());
            // A hand writes larger than a printer.
            let air = if value.is_some() { 0.0 } else { 5.0 };
            let value = value.map_or_else(|| self.dots_to(RIGHT - value_left), french);
            let labels = lines(&mut self.measure, &[Run::regular(french(label))], label_size, LABELS, Fill::Ragged);
            let values = lines(&mut self.measure, &[Run::regular(value)], BODY, RIGHT - value_left, Fill::Ragged);
            let count = labels.len().max(values.len());
            let (mut labels, mut values) = (labels.into_iter(), values.into_iter());
            for at in 0..count {
                let (first, last) = (at == 0, at + 1 == count);
                let above = if first { 1.2 + air } else { 0.0 };
                let tall = height + above + if last { 1.8 } else { 0.0 };
                let y = above + height * 0.76;
                let mut items = Vec::new();
                if let Some(line) = labels.next() {
                    items.extend(self.line(line, LEFT, y, label_size, Ink::Grey, Some(head)));
                }
                if let Some(line) = values.next() {
                    items.extend(self.line(line, value_left, y, BODY, Ink::Black, Some(cell)));
                }
                if last {
                    let rule = Mark::Rule { from: (LEFT, tall), to: (RIGHT, tall), width: 0.4, ink: Ink::Hairline };
                    items.push(Item { mark: rule, node: None });
                }
                // A row is whole, unless it is a page of its own; the first rows and the last ones stay together.
                let keep = if last { index == 0 || index + 2 == rows.len() } else { count <= ROW_LINES };
                self.push(if index == 0 && first { 5.0 } else { 0.0 }, tall, keep, items);
            }
        }
        self.push(0.0, 3.0, false, Vec::new());
    }

    /// As many dots as fill the width.
    fn dots_to(&mut self, width: f32) -> String {
        dots((width / self.measure.width(Weight::Regular, BODY, ".")) as usize)
    }

    /// Boxes side by side, together with what was said just before them.
    pub(crate) fn signatures(&mut self, boxes: &[Signature]) {
        let gap = 6.0 * MM;
        let columns = boxes.len().max(2) as f32;
        let width = (RIGHT - LEFT - gap * (columns - 1.0)) / columns;
        let inner = 3.0 * MM;
        let (mut items, mut lowest) = (Vec::new(), 0.0f32);
        for (index, signature) in boxes.iter().enumerate() {
            let x = LEFT + index as f32 * (width + gap);
            let node = self.node(Role::Paragraph, self.root);
            let dotted = |value: &Option<String>| value.clone().unwrap_or_else(|| dots(38));
            let texts = [
                (Run::bold(signature.role.clone()), BODY, Ink::Black),
                (Run::regular(format!("Nom : {}", dotted(&signature.name))), 9.0, Ink::Black),
                (Run::regular(format!("Qualité : {}", dotted(&signature.quality))), 9.0, Ink::Black),
                (Run::regular(signature.mention.clone()), 8.0, Ink::Grey),
            ];
            let mut y = inner + 9.0;
            for (run, size, ink) in texts {
                for line in lines(&mut self.measure, &set_french(&[run]), size, width - 2.0 * inner, Fill::Ragged) {
                    items.extend(self.line(line, x + inner, y, size, ink, Some(node)));
                    y += size * LEADING;
                }
                y += 1.0;
            }
            lowest = lowest.max(y);
        }
        // Whatever the names, a hand finds its room below them.
        let height = (lowest + 18.0 * MM).max(40.0 * MM);
        for index in 0..boxes.len() {
            let frame = Mark::Frame { x: LEFT + index as f32 * (width + gap), y: 0.0, width, height };
            items.push(Item { mark: frame, node: None });
        }
        self.push(10.0, height, false, items);
    }

    /// A code for a telephone's camera, what it says in letters under it, and words beside it.
    pub(crate) fn code(&mut self, code: &Code, under: &str, beside: &[Vec<Run>]) {
        let side = 30.0 * MM;
        let figure = self.node(Role::Figure(code.alt.clone()), self.root);
        let mark = Mark::Squares { x: LEFT, y: 0.0, side: side / code.modules as f32, at: code.dark.clone() };
        let mut items = vec![Item { mark, node: Some(figure) }];
        let left = LEFT + side + 8.0 * MM;
        let mut y = 9.0;
        for runs in beside {
            let node = self.node(Role::Paragraph, self.root);
            for line in lines(&mut self.measure, &set_french(runs), BODY, RIGHT - left, Fill::Ragged) {
                items.extend(self.line(line, left, y, BODY, Ink::Black, Some(node)));
                y += BODY * LEADING;
            }
            y += 4.0;
        }
        let node = self.node(Role::Paragraph, self.root);
        let mut below = side + 14.0;
        for line in lines(&mut self.measure, &[Run::bold(french(under))], BODY, RIGHT - LEFT, Fill::Ragged) {
            items.extend(self.line(line, LEFT, below, BODY, Ink::Black, Some(node)));
            below += BODY * LEADING;
        }
        self.push(14.0, below.max(y), false, items);
    }

    /// Room for a signature at the right, with the name under it.
    pub(crate) fn sign_off(&mut self, signatory: &crate::Signatory) {
        let node = self.node(Role::Paragraph, self.root);
        let left = LEFT + 83.0 * MM;
        let (mut items, mut y) = (Vec::new(), 22.0 * MM);
        for text in [&signatory.name, &signatory.quality].into_iter().flatten() {
            for line in lines(&mut self.measure, &[Run::regular(french(text))], BODY, RIGHT - left, Fill::Ragged) {
                items.extend(self.line(line, left, y, BODY, Ink::Black, Some(node)));
                y += BODY * LEADING;
            }
        }
        self.push(4.0, y, false, items);
    }

    /// Facts in two columns of which the second is a sentence: what happened, and when.
    pub(crate) fn small_facts(&mut self, summary: &str, rows: &[(String, String)]) {
        let rows: Vec<_> = rows.iter().map(|(label, value)| (label.clone(), Some(value.clone()))).collect();
        self.facts(summary, &rows);
    }

    /// Nobody signs a page that holds a signature alone: the last article stays with it, unless that is half a page.
    pub(crate) fn keep_last_article(&mut self, from: usize) {
        let from = from.min(self.strips.len());
        let tall: f32 = self.strips[from..].iter().map(|strip| strip.before + strip.height).sum();
        let enough = tall < (BOTTOM - TOP) / 2.0;
        for strip in self.strips[from..].iter_mut().rev() {
            strip.keep = true;
            if !enough && strip.before > 0.0 {
                break;
            }
        }
    }

    /// Where the next block begins, for [`Self::keep_last_article`].
    pub(crate) fn mark(&self) -> usize {
        self.strips.len()
    }

    /// Pages of the strips; text begins at `first` on the first one.
    pub(crate) fn paginate(self, first: f32) -> (Laid, Measure) {
        let mut pages: Vec<Page> = vec![Vec::new()];
        let (mut y, mut top) = (first, first);
        let mut strips = self.strips.into_iter().peekable();
        while strips.peek().is_some() {
            let mut chain = Vec::new();
            for strip in strips.by_ref() {
                let keep = strip.keep;
                chain.push(strip);
                if !keep {
                    break;
                }
            }
            let needed: f32 = chain.iter().map(|strip| strip.before + strip.height).sum();
            let fits_a_page = needed <= BOTTOM - TOP;
            if fits_a_page && y + needed > BOTTOM && y > top {
                pages.push(Vec::new());
                (y, top) = (TOP, TOP);
            }
            for strip in chain {
                if y > top {
                    y += strip.before;
                }
                // A chain longer than a page is broken where it must be.
                if y + strip.height > BOTTOM && y > top {
                    pages.push(Vec::new());
                    (y, top) = (TOP, TOP);
                }
                if let Some(page) = pages.last_mut() {
                    page.extend(strip.items.into_iter().map(|item| Item { mark: moved(item.mark, y), ..item }));
                }
                y += strip.height;
            }
        }
        (Laid { pages, nodes: self.nodes }, self.measure)
    }
}

/// Values and words alike pass through the rules of French spaces, run by run.
fn set_french(runs: &[Run]) -> Vec<Run> {
    runs.iter().map(|run| Run { weight: run.weight, text: french(&run.text) }).collect()
}

fn moved(mark: Mark, by: f32) -> Mark {
    match mark {
        Mark::Text { x, y, size, ink, piece } => Mark::Text { x, y: y + by, size, ink, piece },
        Mark::Rule { from, to, width, ink } => {
            Mark::Rule { from: (from.0, from.1 + by), to: (to.0, to.1 + by), width, ink }
        }
        Mark::Frame { x, y, width, height } => Mark::Frame { x, y: y + by, width, height },
        Mark::Squares { x, y, side, at } => Mark::Squares { x, y: y + by, side, at },
    }
}
