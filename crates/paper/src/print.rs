//! From pages to bytes: the only place that knows the library that writes PDF.

use std::num::NonZeroU16;

use chrono::{DateTime, Datelike, Timelike, Utc};
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, ListNumbering, SpanTag, TableHeaderScope, Tag, TagGroup, TagKind,
    TagTree,
};
use krilla::text::{GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};

use crate::PaperError;
use crate::font::face;
use crate::sheet::{HEIGHT, Ink, Item, Laid, Mark, Node, Role, WIDTH};

/// What a reader shows as the properties of a file.
pub(crate) struct About<'a> {
    pub(crate) title: &'a str,
    pub(crate) author: &'a str,
    pub(crate) created: DateTime<Utc>,
}

/// One file of several documents, each with its own pages.
pub(crate) fn print(about: &About<'_>, documents: Vec<Laid>) -> Result<Vec<u8>, PaperError> {
    write(about, documents, true)
}

/// Pages that will be part of another file: its structure is not theirs, so they bear no tags.
pub(crate) fn print_loose(about: &About<'_>, document: Laid) -> Result<Vec<u8>, PaperError> {
    write(about, vec![document], false)
}

fn write(about: &About<'_>, documents: Vec<Laid>, tags: bool) -> Result<Vec<u8>, PaperError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_B)
        .finish()
        .map_err(|error| PaperError::Write(format!("{error:?}")))?;
    let mut file =
        Document::new_with(SerializeSettings { configuration, enable_tagging: tags, ..SerializeSettings::default() });
    file.set_metadata(metadata(about));
    let mut tree = TagTree::new().with_lang(Some("fr-FR".to_owned()));
    for document in documents {
        let mut contents: Vec<Vec<Identifier>> = vec![Vec::new(); document.nodes.len()];
        for page in &document.pages {
            draw(&mut file, page, &mut contents)?;
        }
        if let Some(group) = tagged(&document.nodes, &mut contents, 0) {
            tree.push(group);
        }
    }
    file.set_tag_tree(tree);
    file.finish().map_err(|error| PaperError::Write(format!("{error:?}")))
}

fn metadata(about: &About<'_>) -> Metadata {
    let at = about.created;
    let small = |n: u32| u8::try_from(n).unwrap_or(0);
    let created = krilla::metadata::DateTime::new(u16::try_from(at.year()).unwrap_or(1970))
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    Metadata::new()
        .title(about.title.to_owned())
        .authors(vec![about.author.to_owned()])
        .language("fr-FR".to_owned())
        .creator("CabReady".to_owned())
        .producer("CabReady".to_owned())
        .creation_date(created)
}

fn draw(file: &mut Document, items: &[Item], contents: &mut [Vec<Identifier>]) -> Result<(), PaperError> {
    let size = PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| PaperError::Write("page size".to_owned()))?;
    let mut page = file.start_page_with(size);
    let mut surface = page.surface();
    let mut rest = items;
    while let Some(first) = rest.first() {
        // What follows each other and belongs to the same block is one piece of content.
        let run = rest.iter().take_while(|item| item.node == first.node).count();
        let tag = match first.node {
            Some(_) if matches!(first.mark, Mark::Text { .. }) => ContentTag::Span(SpanTag::empty()),
            Some(_) => ContentTag::Other,
            None => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)),
        };
        let identifier = surface.start_tagged(tag);
        for item in &rest[..run] {
            paint(&mut surface, &item.mark);
        }
        surface.end_tagged();
        if let Some(node) = first.node {
            contents[node].push(identifier);
        }
        rest = &rest[run..];
    }
    surface.finish();
    page.finish();
    Ok(())
}

fn color(ink: Ink) -> krilla::color::rgb::Color {
    let (r, g, b) = match ink {
        Ink::Black => (0x14, 0x17, 0x1f),
        Ink::Grey => (0x55, 0x5b, 0x68),
        Ink::Hairline => (0xb9, 0xbe, 0xc8),
        Ink::Accent => (0x37, 0x3a, 0x9e),
    };
    krilla::color::rgb::Color::new(r, g, b)
}

fn filled(ink: Ink) -> Option<Fill> {
    Some(Fill { paint: color(ink).into(), opacity: NormalizedF32::ONE, rule: FillRule::NonZero })
}

fn stroked(ink: Ink, width: f32) -> Option<Stroke> {
    Some(Stroke { paint: color(ink).into(), width, ..Stroke::default() })
}

fn paint(surface: &mut Surface<'_>, mark: &Mark) {
    match mark {
        Mark::Text { x, y, size, ink, piece } => {
            let glyphs: Vec<KrillaGlyph> = piece
                .glyphs
                .iter()
                .map(|placed| {
                    KrillaGlyph::new(
                        GlyphId::new(placed.glyph),
                        placed.advance,
                        0.0,
                        0.0,
                        0.0,
                        placed.bytes.clone(),
                        None,
                    )
                })
                .collect();
            surface.set_stroke(None);
            surface.set_fill(filled(*ink));
            let font = face(piece.weight).written.clone();
            surface.draw_glyphs(Point::from_xy(*x, *y), &glyphs, font, &piece.text, *size, false);
        }
        Mark::Rule { from, to, width, ink } => {
            let mut path = PathBuilder::new();
            path.move_to(from.0, from.1);
            path.line_to(to.0, to.1);
            surface.set_fill(None);
            surface.set_stroke(stroked(*ink, *width));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        Mark::Frame { x, y, width, height } => {
            let mut path = PathBuilder::new();
            if let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) {
                path.push_rect(rect);
            }
            surface.set_fill(None);
            surface.set_stroke(stroked(Ink::Grey, 0.6));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        Mark::Squares { x, y, side, at } => {
            let mut path = PathBuilder::new();
            for (column, row) in at {
                let (left, top) = (x + *column as f32 * side, y + *row as f32 * side);
                if let Some(rect) = Rect::from_xywh(left, top, *side, *side) {
                    path.push_rect(rect);
                }
            }
            surface.set_stroke(None);
            surface.set_fill(filled(Ink::Black));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
    }
}

fn tagged(nodes: &[Node], contents: &mut [Vec<Identifier>], at: usize) -> Option<TagGroup> {
    let mut group = TagGroup::new(kind(&nodes[at].role));
    for identifier in std::mem::take(&mut contents[at]) {
        group.push(identifier);
    }
    // Children stand after their parent and in reading order.
    for child in (at + 1..nodes.len()).filter(|child| nodes[*child].parent == Some(at)).collect::<Vec<_>>() {
        if let Some(child) = tagged(nodes, contents, child) {
            group.push(child);
        }
    }
    (!group.children.is_empty()).then_some(group)
}

fn kind(role: &Role) -> TagKind {
    match role {
        Role::Document(_) => Tag::Part.into(),
        Role::Heading(level, title) => {
            Tag::Hn(NonZeroU16::new(*level).unwrap_or(NonZeroU16::MIN), Some(title.clone())).into()
        }
        Role::Paragraph => Tag::P.into(),
        Role::List => Tag::L(ListNumbering::None).into(),
        Role::Item => Tag::LI.into(),
        Role::Label => Tag::Lbl.into(),
        Role::Body => Tag::LBody.into(),
        Role::Table(summary) => Tag::Table.with_summary(Some(summary.clone())).into(),
        Role::Row => Tag::TR.into(),
        Role::HeadCell => Tag::TH(TableHeaderScope::Row).into(),
        Role::Cell => Tag::TD.into(),
        Role::Figure(alt) => Tag::Figure(Some(alt.clone())).into(),
    }
}
