//! The Markdown of a message on paper: the same small part that mail takes, as blocks of a letter. There is nothing to press on a
//! sheet, so a link is its words with its address behind them, and the client's link, alone in its paragraph, a code to scan.

use domain::relance::template::Marked;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::message::Source;
use crate::sheet::{Composer, Ink, Style};
use crate::typography::Run;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    Heading(String),
    /// Its lines, where the author broke them.
    Paragraph(Vec<Vec<Run>>),
    Quote(Vec<Vec<Run>>),
    /// Each with its mark.
    Points(Vec<(String, Vec<Run>)>),
    /// The client's link, with the words of its button.
    Link(String),
}

/// A body as blocks. A link is said as what is typed: `short` for the client's own.
pub(crate) fn blocks(body: &Marked, link: Option<(&str, &str)>) -> Vec<Block> {
    let events: Vec<Event<'_>> = Parser::new_ext(&body.markdown, Options::empty()).collect();
    let source = Source { values: &body.values, link: link.map(|(url, _)| url) };
    let mut reader = Reader::new(source, link.map(|(_, short)| short));
    let mut at = 0;
    while let Some(event) = events.get(at) {
        if let Some((label, length)) = source.button(&events[at..]) {
            reader.flush();
            reader.blocks.push(Block::Link(label));
            at += length;
            continue;
        }
        reader.one(event);
        at += 1;
    }
    reader.flush();
    reader.blocks
}

struct Reader<'a> {
    source: Source<'a>,
    short: Option<&'a str>,
    blocks: Vec<Block>,
    lines: Vec<Vec<Run>>,
    strong: usize,
    quotes: usize,
    /// Numbers of the lists that are open; nothing for points.
    lists: Vec<Option<u64>>,
    /// Of the outermost list that is open.
    points: Vec<(String, Vec<Run>)>,
    /// The mark of the item that begins.
    mark: Option<String>,
    /// Addresses of the links that are open, and how many letters were said before each.
    links: Vec<(Option<String>, usize)>,
}

impl<'a> Reader<'a> {
    const fn new(source: Source<'a>, short: Option<&'a str>) -> Self {
        Self {
            source,
            short,
            blocks: Vec::new(),
            lines: Vec::new(),
            strong: 0,
            quotes: 0,
            lists: Vec::new(),
            points: Vec::new(),
            mark: None,
            links: Vec::new(),
        }
    }

    /// Ends a block of words.
    fn flush(&mut self) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.retain(|line| line.iter().any(|run| !run.text.trim().is_empty()));
        if lines.is_empty() {
            return;
        }
        if !self.lists.is_empty() {
            // What goes on in an item stands under its words.
            let mark = self.mark.take().unwrap_or_default();
            self.points.extend(lines.into_iter().enumerate().map(|(n, line)| {
                let mark = if n == 0 { mark.clone() } else { String::new() };
                (mark, line)
            }));
        } else if self.quotes > 0 {
            self.blocks.push(Block::Quote(lines));
        } else {
            self.blocks.push(Block::Paragraph(lines));
        }
    }

    fn said(&self) -> usize {
        self.lines.iter().flatten().map(|run| run.text.len()).sum()
    }

    fn say(&mut self, text: &str) {
        let run = if self.strong > 0 { Run::bold(text) } else { Run::regular(text) };
        if self.lines.is_empty() {
            self.lines.push(Vec::new());
        }
        if let Some(line) = self.lines.last_mut() {
            match line.last_mut().filter(|last| last.weight == run.weight) {
                Some(last) => last.text.push_str(&run.text),
                None => line.push(run),
            }
        }
    }

    fn item(&mut self) {
        self.flush();
        let nested = self.lists.len() > 1;
        self.mark = Some(match self.lists.last_mut() {
            Some(Some(number)) => {
                let mark = format!("{number}.");
                *number += 1;
                mark
            }
            _ if nested => "–".to_owned(),
            _ => "•".to_owned(),
        });
    }

    fn one(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(*tag),
            Event::Text(text)
            | Event::Code(text)
            | Event::Html(text)
            | Event::InlineHtml(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text)
            | Event::FootnoteReference(text) => {
                let words = self.source.words(text);
                self.say(&words);
            }
            Event::SoftBreak => self.say(" "),
            Event::HardBreak => self.lines.push(Vec::new()),
            Event::Rule => self.flush(),
            Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock | Tag::CodeBlock(_) | Tag::Heading { .. } => self.flush(),
            Tag::BlockQuote(_) => {
                self.flush();
                self.quotes += 1;
            }
            Tag::List(first) => {
                self.flush();
                self.lists.push(*first);
            }
            Tag::Item => self.item(),
            Tag::Strong => self.strong += 1,
            Tag::Link { link_type, dest_url, .. } => {
                let address = self.source.address(dest_url, *link_type);
                let own = address.is_some() && address.as_deref() == self.source.link;
                let typed = if own { self.short.map(str::to_owned) } else { address };
                let said = self.said();
                self.links.push((typed, said));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock | TagEnd::CodeBlock => self.flush(),
            TagEnd::Heading(_) => {
                let words = self.lines.drain(..).flatten().map(|run| run.text).collect::<String>();
                if !words.trim().is_empty() {
                    self.blocks.push(Block::Heading(words));
                }
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.quotes = self.quotes.saturating_sub(1);
            }
            TagEnd::Item => self.flush(),
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
                if self.lists.is_empty() {
                    self.blocks.push(Block::Points(std::mem::take(&mut self.points)));
                }
            }
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Link => self.end_link(),
            _ => {}
        }
    }

    /// Nobody can press a word on a sheet: its address stands behind it, unless it is the word.
    fn end_link(&mut self) {
        let Some((Some(address), from)) = self.links.pop() else { return };
        let shown = address.strip_prefix("mailto:").unwrap_or(&address).to_owned();
        let all: String = self.lines.iter().flatten().map(|run| run.text.as_str()).collect();
        if all.get(from..).is_none_or(|label| label != shown && !label.ends_with(&format!("//{shown}"))) {
            self.say(&format!(" ({shown})"));
        }
    }
}

/// Blocks as they stand in a letter; `code` draws the client's link, once, and what asks for it again says where it leads.
pub(crate) fn compose(
    composer: &mut Composer,
    blocks: &[Block],
    short: Option<&str>,
    mut code: impl FnMut(&mut Composer, Option<&str>),
) {
    let style = Style { before: 7.0, ..Style::RAGGED };
    let lines = |composer: &mut Composer, lines: &[Vec<Run>], style: Style| {
        for (n, line) in lines.iter().enumerate() {
            let before = if n == 0 { style.before } else { 0.0 };
            composer.paragraph(line, Style { before, ..style }, false);
        }
    };
    let mut drawn = false;
    for block in blocks {
        match block {
            Block::Heading(words) => composer.heading(None, words),
            Block::Paragraph(all) => lines(composer, all, style),
            Block::Quote(all) => lines(composer, all, Style { ink: Ink::Grey, ..style }),
            Block::Points(points) => {
                composer.space(3.0);
                let points: Vec<(&str, Vec<Run>)> =
                    points.iter().map(|(mark, runs)| (mark.as_str(), runs.clone())).collect();
                composer.list(&points);
            }
            Block::Link(label) if drawn => {
                let words = format!("{label} : {}", short.unwrap_or_default());
                composer.paragraph(&[Run::regular(words)], style, false);
            }
            Block::Link(label) => {
                code(composer, Some(label));
                drawn = true;
            }
        }
    }
    if !drawn {
        code(composer, None);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const URL: &str = "https://cabinet.exemple/l/abc";

    fn of(markdown: &str, values: &[&str]) -> Vec<Block> {
        let place = |n: u32| char::from_u32(0xF_0000 + n).unwrap();
        let markdown =
            markdown.chars().map(|c| if ('①'..='⑨').contains(&c) { place(c as u32 - '①' as u32) } else { c });
        let body = Marked { markdown: markdown.collect(), values: values.iter().map(|v| (*v).to_owned()).collect() };
        blocks(&body, Some((URL, "cabinet.exemple/l/abc")))
    }

    fn plain(text: &str) -> Vec<Run> {
        vec![Run::regular(text)]
    }

    #[test]
    fn a_message_becomes_the_blocks_of_a_letter() {
        let read = of(
            "# Titre\n\nUn **mot** fort,\nsur deux lignes.\\\nPuis une autre.\n\n- un\n- deux\n  - trois\n\n3. quatre\n\n> cité",
            &[],
        );
        assert_eq!(
            read,
            [
                Block::Heading("Titre".to_owned()),
                Block::Paragraph(vec![
                    vec![Run::regular("Un "), Run::bold("mot"), Run::regular(" fort, sur deux lignes.")],
                    plain("Puis une autre."),
                ]),
                Block::Points(vec![
                    ("•".to_owned(), plain("un")),
                    ("•".to_owned(), plain("deux")),
                    ("–".to_owned(), plain("trois")),
                ]),
                Block::Points(vec![("3.".to_owned(), plain("quatre"))]),
                Block::Quote(vec![plain("cité")]),
            ]
        );
    }

    #[test]
    fn what_is_pressed_in_a_mail_is_typed_or_scanned_from_a_sheet() {
        let read = of("[Répondre](①)\n\n[ici](①), [là](https://exemple.fr/a) ou <a@exemple.fr> ; ①", &[URL]);
        assert_eq!(
            read,
            [
                Block::Link("Répondre".to_owned()),
                Block::Paragraph(vec![plain(
                    "ici (cabinet.exemple/l/abc), là (https://exemple.fr/a) ou a@exemple.fr ; https://cabinet.exemple/l/abc"
                )]),
            ]
        );
    }

    #[test]
    fn a_value_is_words_and_nothing_else() {
        let read = of("Pour ① :\n\n- ①", &["# **SARL** [x](https://y.fr)\n- z"]);
        let words = "# **SARL** [x](https://y.fr)\n- z";
        assert_eq!(
            read,
            [
                Block::Paragraph(vec![plain(&format!("Pour {words} :"))]),
                Block::Points(vec![("•".to_owned(), plain(words))])
            ]
        );
    }

    proptest! {
        #[test]
        fn no_markdown_makes_it_panic(markdown in "(?s).{0,200}", signs in "[-*_`#>\\[\\]()!<&;\\\\ \n\t0-9.a\u{f0000}]{0,120}") {
            for text in [markdown, signs] {
                let body = Marked { markdown: text, values: vec!["v".to_owned()] };
                let read = blocks(&body, Some((URL, "court")));
                let mut composer = Composer::new("");
                compose(&mut composer, &read, Some("court"), |_, _| {});
            }
        }
    }
}
