//! A message as mail programs show it: plain text and HTML from one Markdown, of which a small part is taken: paragraphs,
//! headings, emphasis, lists, quotes, links to http, https and mailto. Everything else is shown as the words that it is.
//!
//! Values stand beside the Markdown ([`Marked`]) and are put in as words once its structure is read, so none can change it.

use std::fmt::Write;
use std::ops::Range;

use domain::Lang;
use domain::relance::template::{FaultCode, Marked, value_at};
use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};

/// What stands around the words of a message.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    pub lang: Lang,
    pub title: &'a str,
    /// The client's link, or the place where it goes: alone in its paragraph it is a button.
    pub link: &'a str,
    /// Who signs, line by line.
    pub signature: &'a [String],
    pub foot: &'a [FootLine],
}

/// A line in small letters, perhaps with an address behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FootLine {
    pub words: String,
    pub address: Option<String>,
}

/// A message in both forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub text: String,
    pub html: String,
}

/// What a Markdown has that no message takes over, by its bytes.
pub fn markdown_faults(markdown: &str) -> Vec<(FaultCode, Range<usize>)> {
    Parser::new_ext(markdown, Options::empty())
        .into_offset_iter()
        .filter_map(|(event, span)| match event {
            Event::Start(Tag::HtmlBlock) | Event::InlineHtml(_) => Some((FaultCode::RawHtml, span)),
            Event::Start(Tag::Image { .. }) => Some((FaultCode::Image, span)),
            Event::Start(Tag::Link { link_type, dest_url, .. }) => {
                // A value alone is the client's link: what else it could be leads nowhere.
                let of_value = dest_url.chars().count() == 1 && dest_url.chars().all(|c| value_at(c).is_some());
                let leads = of_value || link_type == LinkType::Email || is_safe(&dest_url);
                (!leads).then_some((FaultCode::LinkForm, span))
            }
            _ => None,
        })
        .collect()
}

fn is_safe(url: &str) -> bool {
    let start: String = url.chars().take(8).flat_map(char::to_lowercase).collect();
    ["https://", "http://", "mailto:"].iter().any(|scheme| start.starts_with(scheme))
}

/// Writes a message in both forms.
pub fn message(body: &Marked, frame: &Frame<'_>) -> Message {
    let events: Vec<Event<'_>> = Parser::new_ext(&body.markdown, Options::empty()).collect();
    let source = Source { values: &body.values, link: Some(frame.link) };
    let mut writer = Writer { source, frame, html: String::new(), text: Plain::default(), ends: Vec::new() };
    writer.all(&events);
    let Writer { html, text, .. } = writer;
    Message { text: whole_text(text, frame), html: whole_html(&html, frame) }
}

fn whole_text(body: Plain, frame: &Frame<'_>) -> String {
    let mut text = body.done();
    for block in [frame.signature.join("\n"), foot_text(frame)] {
        if !block.is_empty() {
            text.push_str("\n\n");
            text.push_str(&block);
        }
    }
    text.push('\n');
    text
}

fn foot_text(frame: &Frame<'_>) -> String {
    let lines = frame.foot.iter().map(|line| match &line.address {
        Some(address) => labelled(&line.words, address, frame.lang),
        None => line.words.clone(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// "Label : address", as each language puts its colon.
fn labelled(label: &str, address: &str, lang: Lang) -> String {
    match lang {
        Lang::Fr => format!("{label}\u{a0}: {address}"),
        Lang::En => format!("{label}: {address}"),
    }
}

const FONT: &str =
    "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5";
const PARAGRAPH: &str = "margin:0 0 16px";
/// Fainter than the text, whatever the colour of the paper: no grey is readable on both.
const SMALL: &str = "margin:0 0 4px;font-size:13px;line-height:1.4;opacity:0.75";

/// No background and no ink of its own, so that a dark screen stays dark; nothing is fetched.
fn whole_html(body: &str, frame: &Frame<'_>) -> String {
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"supported-color-schemes\" content=\"light dark\">\n<title>{}</title>\n</head>\n\
         <body style=\"margin:0;padding:0\">\n\
         <table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr>\
         <td align=\"center\" style=\"padding:24px 16px\">\n\
         <table role=\"presentation\" width=\"600\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
         style=\"width:100%;max-width:600px;text-align:left;{FONT}\">\n<tr><td>\n{body}</td></tr>\n",
        frame.lang,
        escape(frame.title),
    );
    if !frame.signature.is_empty() {
        let lines: Vec<String> = frame.signature.iter().map(|line| escape(line)).collect();
        let _ = writeln!(
            html,
            "<tr><td><p style=\"margin:8px 0 16px;line-height:1.4\">{}</p></td></tr>",
            lines.join("<br>")
        );
    }
    if !frame.foot.is_empty() {
        html.push_str("<tr><td style=\"padding:12px 0 0;border-top:1px solid #9ca3af\">\n");
        for line in frame.foot {
            let words = escape(&line.words);
            let line = match &line.address {
                Some(address) => {
                    format!(
                        "<a href=\"{}\" style=\"color:inherit;text-decoration:underline\">{words}</a>",
                        escape(address)
                    )
                }
                None => words,
            };
            let _ = writeln!(html, "<p style=\"{SMALL}\">{line}</p>");
        }
        html.push_str("</td></tr>\n");
    }
    html.push_str("</table>\n</td></tr></table>\n</body>\n</html>\n");
    html
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The plain text while it is written.
#[derive(Debug, Default)]
struct Plain {
    out: String,
    line: String,
    /// Numbers of the lists that are open; nothing for points.
    lists: Vec<Option<u64>>,
    /// What stands before the next line of the item.
    marker: String,
    quotes: usize,
    /// The next block follows on the next line.
    close: bool,
}

impl Plain {
    /// Ends a block.
    fn flush(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim();
        if line.is_empty() {
            return;
        }
        if !self.out.is_empty() {
            self.out.push_str(if self.close { "\n" } else { "\n\n" });
        }
        self.close = false;
        let marker = std::mem::take(&mut self.marker);
        let indent = "  ".repeat(self.lists.len().saturating_sub(1));
        let rest = " ".repeat(if self.lists.is_empty() { 0 } else { 2.max(marker.chars().count()) });
        for (n, part) in line.split('\n').enumerate() {
            if n > 0 {
                self.out.push('\n');
            }
            let before = if n == 0 && !marker.is_empty() { &marker } else { &rest };
            let _ = write!(self.out, "{}{indent}{before}{}", "> ".repeat(self.quotes), part.trim());
        }
    }

    fn item(&mut self) {
        self.flush();
        self.marker = match self.lists.last_mut() {
            Some(Some(number)) => {
                let marker = format!("{number}. ");
                *number += 1;
                marker
            }
            Some(None) | None => "- ".to_owned(),
        };
    }

    fn done(mut self) -> String {
        self.flush();
        self.out
    }
}

/// What is to be closed at the end of a tag.
enum End {
    /// Nothing was opened.
    Words,
    Tag(&'static str),
    Link {
        address: Option<String>,
        label: usize,
    },
}

/// What a body is written from: the values that stand beside its Markdown, and the client's link.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) values: &'a [String],
    pub(crate) link: Option<&'a str>,
}

impl Source<'_> {
    /// A paragraph of the client's link alone: its label, and how many events it takes.
    pub(crate) fn button(&self, events: &[Event<'_>]) -> Option<(String, usize)> {
        let [Event::Start(Tag::Paragraph), Event::Start(Tag::Link { dest_url, .. }), rest @ ..] = events else {
            return None;
        };
        if Some(self.words(dest_url).as_str()) != self.link {
            return None;
        }
        let end = rest.iter().position(|e| matches!(e, Event::End(TagEnd::Link)))?;
        matches!(rest.get(end + 1), Some(Event::End(TagEnd::Paragraph))).then_some(())?;
        let label: String = rest[..end]
            .iter()
            .map(|e| match e {
                Event::Text(t) | Event::Code(t) => self.words(t),
                Event::SoftBreak | Event::HardBreak => " ".to_owned(),
                _ => String::new(),
            })
            .collect();
        // The address itself is no word for a button.
        (Some(label.as_str()) != self.link && !label.trim().is_empty()).then_some((label, end + 4))
    }

    /// Words with their values.
    pub(crate) fn words(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match value_at(c) {
                Some(index) => out.push_str(self.values.get(index).map_or("", String::as_str)),
                None => out.push(c),
            }
        }
        out
    }

    /// Where a link leads, if it may lead there.
    pub(crate) fn address(&self, dest: &CowStr<'_>, kind: LinkType) -> Option<String> {
        let whole = self.words(dest);
        if Some(whole.as_str()) == self.link {
            return Some(whole);
        }
        let mut address = String::new();
        for c in dest.chars() {
            match value_at(c).and_then(|index| self.values.get(index)) {
                // Nothing of a value is a sign of the address.
                Some(value) => {
                    for byte in value.bytes() {
                        match byte {
                            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'@' => {
                                address.push(char::from(byte));
                            }
                            byte => {
                                let _ = write!(address, "%{byte:02X}");
                            }
                        }
                    }
                }
                None => address.push(c),
            }
        }
        if kind == LinkType::Email {
            address.insert_str(0, "mailto:");
        }
        is_safe(&address).then_some(address)
    }
}

struct Writer<'a> {
    source: Source<'a>,
    frame: &'a Frame<'a>,
    html: String,
    text: Plain,
    ends: Vec<End>,
}

impl Writer<'_> {
    fn all(&mut self, events: &[Event<'_>]) {
        let mut at = 0;
        while let Some(event) = events.get(at) {
            if let Some((label, length)) = self.source.button(&events[at..]) {
                self.write_button(&label);
                at += length;
                continue;
            }
            self.one(event);
            at += 1;
        }
    }

    fn write_button(&mut self, label: &str) {
        let link = self.frame.link;
        let _ = writeln!(
            self.html,
            "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:8px 0 24px\"><tr>\
             <td bgcolor=\"#3730a3\" style=\"border-radius:6px;background-color:#3730a3\">\
             <a href=\"{}\" style=\"display:inline-block;padding:12px 24px;font-weight:600;color:#ffffff;\
             text-decoration:none\">{}</a></td></tr></table>",
            escape(link),
            escape(label)
        );
        self.text.flush();
        self.text.line = match self.frame.lang {
            Lang::Fr => format!("{label}\u{a0}:\n{link}"),
            Lang::En => format!("{label}:\n{link}"),
        };
        self.text.flush();
    }

    fn say(&mut self, text: &str) {
        let words = self.source.words(text);
        self.html.push_str(&escape(&words));
        self.text.line.push_str(&words);
    }

    fn open(&mut self, html: &str, end: &'static str) {
        self.html.push_str(html);
        self.ends.push(End::Tag(end));
    }

    fn one(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => self.say(text),
            Event::SoftBreak => {
                self.html.push('\n');
                self.text.line.push(' ');
            }
            Event::HardBreak => {
                self.html.push_str("<br>\n");
                self.text.line.push('\n');
            }
            Event::Rule => {
                self.text.flush();
                self.html.push_str("<hr style=\"border:0;border-top:1px solid #9ca3af;margin:16px 0\">\n");
            }
            // Nothing of this is asked of the parser.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => self.say(text),
            Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => {
                self.text.flush();
                self.open(&format!("<p style=\"{PARAGRAPH}\">"), "</p>\n");
            }
            Tag::Heading { level, .. } => {
                self.text.flush();
                let (tag, end, size) = match level {
                    HeadingLevel::H1 => ("h1", "</h1>\n", 22),
                    HeadingLevel::H2 => ("h2", "</h2>\n", 19),
                    _ => ("h3", "</h3>\n", 16),
                };
                self.open(&format!("<{tag} style=\"margin:16px 0 8px;font-size:{size}px;line-height:1.3\">"), end);
            }
            Tag::BlockQuote(_) => {
                self.text.flush();
                self.text.quotes += 1;
                self.open(
                    "<blockquote style=\"margin:0 0 16px;padding:0 0 0 12px;border-left:3px solid #9ca3af\">\n",
                    "</blockquote>\n",
                );
            }
            Tag::CodeBlock(_) => {
                self.text.flush();
                self.open(&format!("<p style=\"{PARAGRAPH};white-space:pre-wrap\">"), "</p>\n");
            }
            Tag::List(first) => {
                // A list in an item follows its words.
                self.text.flush();
                self.text.close = !self.text.lists.is_empty();
                self.text.lists.push(*first);
                match first {
                    Some(1) => self.open("<ol style=\"margin:0 0 16px;padding:0 0 0 24px\">\n", "</ol>\n"),
                    Some(n) => {
                        self.open(
                            &format!("<ol start=\"{n}\" style=\"margin:0 0 16px;padding:0 0 0 24px\">\n"),
                            "</ol>\n",
                        );
                    }
                    None => self.open("<ul style=\"margin:0 0 16px;padding:0 0 0 24px\">\n", "</ul>\n"),
                }
            }
            Tag::Item => {
                self.text.item();
                self.open("<li style=\"margin:0 0 4px\">", "</li>\n");
            }
            Tag::Emphasis => self.open("<em>", "</em>"),
            Tag::Strong => self.open("<strong>", "</strong>"),
            Tag::Link { link_type, dest_url, .. } => {
                let address = self.source.address(dest_url, *link_type);
                if let Some(address) = &address {
                    let _ = write!(
                        self.html,
                        "<a href=\"{}\" style=\"color:inherit;text-decoration:underline\">",
                        escape(address)
                    );
                }
                self.ends.push(End::Link { address, label: self.text.line.len() });
            }
            // An image is the words that stand for it.
            Tag::Image { .. }
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript
            | Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Table(_)
            | Tag::TableHead
            | Tag::TableRow
            | Tag::TableCell
            | Tag::MetadataBlock(_) => self.ends.push(End::Words),
        }
    }

    fn end(&mut self, tag: &TagEnd) {
        match self.ends.pop() {
            Some(End::Tag(end)) => self.html.push_str(end),
            Some(End::Link { address: Some(address), label }) => {
                self.html.push_str("</a>");
                let shown = address.strip_prefix("mailto:").unwrap_or(&address);
                if self.text.line.get(label..) != Some(shown) {
                    let _ = write!(self.text.line, " ({shown})");
                }
            }
            Some(End::Link { address: None, .. } | End::Words) | None => {}
        }
        match tag {
            TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::HtmlBlock | TagEnd::CodeBlock => self.text.flush(),
            TagEnd::BlockQuote(_) => {
                self.text.flush();
                self.text.quotes = self.text.quotes.saturating_sub(1);
            }
            TagEnd::List(_) => {
                self.text.flush();
                self.text.lists.pop();
                self.text.close = !self.text.lists.is_empty();
            }
            TagEnd::Item => {
                self.text.flush();
                self.text.close = true;
            }
            _ => {}
        }
        // After the last item of the outermost list a block begins.
        if matches!(tag, TagEnd::List(_)) && self.text.lists.is_empty() {
            self.text.close = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINK: &str = "[[lien]]";

    fn frame() -> Frame<'static> {
        Frame { lang: Lang::Fr, title: "Objet", link: LINK, signature: &[], foot: &[] }
    }

    fn place(n: u32) -> char {
        char::from_u32(0xF_0000 + n).unwrap()
    }

    fn of(markdown: &str, values: &[&str]) -> Message {
        let markdown =
            markdown.chars().map(|c| if ('①'..='⑨').contains(&c) { place(c as u32 - '①' as u32) } else { c });
        let body = Marked { markdown: markdown.collect(), values: values.iter().map(|v| (*v).to_owned()).collect() };
        message(&body, &frame())
    }

    #[test]
    fn the_plain_text_has_everything() {
        let written = of(
            "# Bonjour\n\nUn *mot* et **un autre**,\nsur deux lignes.\n\n- un\n- deux\n  - trois\n\n3. trois\n4. quatre\n\n\
             [ici](https://exemple.fr/a) <https://exemple.fr> <a@exemple.fr> [écrire](mailto:b@exemple.fr)\n\n> cité\n\nfin",
            &[],
        );
        assert_eq!(
            written.text,
            "Bonjour\n\nUn mot et un autre, sur deux lignes.\n\n- un\n- deux\n  - trois\n\n3. trois\n4. quatre\n\n\
             ici (https://exemple.fr/a) https://exemple.fr a@exemple.fr écrire (b@exemple.fr)\n\n> cité\n\nfin\n"
        );
        for part in ["<em>mot</em>", "<strong>un autre</strong>", "<ul ", "<ol start=\"3\"", "mailto:a@exemple.fr"] {
            assert!(written.html.contains(part), "{part}");
        }
    }

    #[test]
    fn the_link_alone_is_a_button() {
        let written = of("Avant.\n\n[Répondre](①)\n\nPuis [①](①) et [là](①).", &[LINK]);
        assert_eq!(written.text, "Avant.\n\nRépondre\u{a0}:\n[[lien]]\n\nPuis [[lien]] et là ([[lien]]).\n");
        assert_eq!(written.html.matches("href=\"[[lien]]\"").count(), 3);
        assert_eq!(written.html.matches("bgcolor").count(), 1);
    }

    #[test]
    fn nothing_but_the_small_part_is_taken() {
        let written = of(
            "<script>alert(1)</script>\n\na <b onclick=x>gras</b> ![une image](https://exemple.fr/i.png) [x](javascript:alert(1)) \
             `code` [y](/la)",
            &[],
        );
        for part in ["<script", "<b ", "<img", "javascript:", "i.png", "href=\"/la\""] {
            assert!(!written.html.contains(part), "{part}: {}", written.html);
        }
        assert!(written.text.contains("<script>alert(1)</script>") && written.text.contains("une image x code y"));
    }

    #[test]
    fn what_is_not_taken_is_told() {
        let text = "a <b>x</b> ![i](https://x.fr/i) [l](ftp://x) [m](javascript:a) [ok](https://x.fr) [n](\u{f0000})\n\n<div>\n";
        let found: Vec<_> = markdown_faults(text).into_iter().map(|(code, span)| (code, &text[span])).collect();
        assert_eq!(
            found,
            [
                (FaultCode::RawHtml, "<b>"),
                (FaultCode::RawHtml, "</b>"),
                (FaultCode::Image, "![i](https://x.fr/i)"),
                (FaultCode::LinkForm, "[l](ftp://x)"),
                (FaultCode::LinkForm, "[m](javascript:a)"),
                (FaultCode::RawHtml, "<div>\n"),
            ]
        );
    }

    #[test]
    fn a_value_in_an_address_is_no_sign_of_it() {
        let written = of(
            "[x](https://exemple.fr/?q=①) [y](②) [z](mailto:③)",
            &["a&b=\"c\" d", "javascript:alert(1)", "c@exemple.fr"],
        );
        assert!(written.html.contains("href=\"https://exemple.fr/?q=a%26b%3D%22c%22%20d\""));
        assert!(!written.html.contains("javascript"));
        assert!(written.html.contains("href=\"mailto:c@exemple.fr\""));
    }

    #[test]
    fn the_frame_is_whole() {
        let signature = ["Cabinet <Exemple>".to_owned(), "03 20 00 00 00".to_owned()];
        let foot = [
            FootLine { words: "Ne plus recevoir".to_owned(), address: Some("[[desabonnement]]".to_owned()) },
            FootLine { words: "Écrit pour vous.".to_owned(), address: None },
        ];
        let frame = Frame { signature: &signature, foot: &foot, ..frame() };
        let written = message(&Marked { markdown: "Mot".to_owned(), values: Vec::new() }, &frame);
        assert_eq!(
            written.text,
            "Mot\n\nCabinet <Exemple>\n03 20 00 00 00\n\nNe plus recevoir\u{a0}: [[desabonnement]]\nÉcrit pour vous.\n"
        );
        assert!(
            written.html.contains("Cabinet &lt;Exemple&gt;<br>") && written.html.contains("href=\"[[desabonnement]]\"")
        );
        assert!(
            written.html.contains("color-scheme") && !written.html.contains("<img") && !written.html.contains("url(")
        );
    }

    /// The tags of a page, without its words.
    fn tags(html: &str) -> Vec<&str> {
        html.split('<').skip(1).map(|part| part.split('>').next().unwrap_or_default()).collect()
    }

    proptest! {
        #[test]
        fn no_markdown_makes_it_panic(markdown in "(?s).{0,300}", signs in "[-*_`#>\\[\\]()!<&;\\\\ \n\t0-9.a\u{f0000}]{0,120}") {
            for text in [&markdown, &signs] {
                let body = Marked { markdown: text.clone(), values: vec!["v".to_owned()] };
                let written = message(&body, &frame());
                prop_assert!(tags(&written.html).iter().all(|t| !t.starts_with("script") && !t.starts_with("img")));
                for (_, span) in markdown_faults(text) {
                    prop_assert!(text.get(span).is_some());
                }
            }
        }

        #[test]
        fn no_value_changes_the_tags(value in any::<String>(), signs in "[*_<>\\[\\]()#`!\\\\ &~=+|.0-9-]{0,30}") {
            let markdown = "# ①\n\n①\n\n- ①\n- **①** [①](https://exemple.fr)\n\n> ①\n\n1. ①";
            let calm = of(markdown, &["x"]);
            for value in [value, signs] {
                let wild = of(markdown, &[&value]);
                prop_assert_eq!(tags(&calm.html), tags(&wild.html));
                prop_assert!(wild.html.contains(&escape(&value)));
            }
        }
    }
}
