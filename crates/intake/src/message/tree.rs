//! An XML document as elements, in bounded memory. A document type is refused whole: no entity is ever defined, so none
//! can be followed or grow.

use domain::text::Text;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use crate::refusal::{Refusal, RefusalCode, grouped, megabytes};

const MAX_DEPTH: usize = 64;
/// An invoice of ten thousand lines has about 300,000 elements.
const MAX_ELEMENTS: usize = 400_000;
const MAX_ATTRIBUTES: usize = 64;
/// Of all elements together: currencies and units of ten thousand lines are less than half.
const MAX_ATTRIBUTES_IN_ALL: usize = 200_000;

/// An element: its local name, what it says and holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Node {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub text: String,
    pub children: Vec<Node>,
}

impl Node {
    /// The first element down a path of local names.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, name| node.children.iter().find(|c| c.name == *name))
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Node> {
        self.children.iter().filter(move |c| c.name == name)
    }

    /// What the element at the end of the path says; nothing when it is empty.
    pub fn say(&self, path: &[&str]) -> Option<&str> {
        Some(self.at(path)?.text.trim()).filter(|t| !t.is_empty())
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

pub(super) fn read(bytes: &[u8], most: usize) -> Result<Node, Refusal> {
    if bytes.len() > most {
        return Err(too_large(bytes.len(), most));
    }
    let text = decoded(bytes);
    let mut reader = quick_xml::Reader::from_str(&text);
    let mut open: Vec<Node> = Vec::new();
    let mut root = None;
    let (mut elements, mut attributes) = (0, 0);
    loop {
        let event = reader.read_event().map_err(|e| broken(&e.to_string()))?;
        let (start, is_empty) = match event {
            Event::Start(start) => (start, false),
            Event::Empty(start) => (start, true),
            Event::End(_) => {
                close(&mut open, &mut root)?;
                continue;
            }
            Event::Text(piece) => {
                say(&mut open, &piece.xml10_content());
                continue;
            }
            Event::CData(piece) => {
                say(&mut open, &piece.xml10_content());
                continue;
            }
            Event::GeneralRef(name) => {
                let said = name.resolve_char_ref().map_err(|e| broken(&e.to_string()))?;
                match (said, resolve_predefined_entity(&name)) {
                    (Some(c), _) => say(&mut open, c.encode_utf8(&mut [0; 4])),
                    (None, Some(text)) => say(&mut open, text),
                    (None, None) => return Err(entity(&name)),
                }
                continue;
            }
            Event::DocType(_) => return Err(document_type()),
            Event::Eof => break,
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => continue,
        };
        elements += 1;
        if elements > MAX_ELEMENTS || open.len() >= MAX_DEPTH || (open.is_empty() && root.is_some()) {
            return Err(if elements > MAX_ELEMENTS { too_many() } else { broken("nesting") });
        }
        let node = node(&start)?;
        attributes += node.attributes.len();
        if attributes > MAX_ATTRIBUTES_IN_ALL {
            return Err(too_many());
        }
        open.push(node);
        if is_empty {
            close(&mut open, &mut root)?;
        }
    }
    match root {
        Some(root) if open.is_empty() => Ok(root),
        Some(_) | None => Err(broken("end of file")),
    }
}

fn node(start: &BytesStart<'_>) -> Result<Node, Refusal> {
    let name = start.local_name().as_ref().to_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes().take(MAX_ATTRIBUTES) {
        let attribute = attribute.map_err(|e| broken(&e.to_string()))?;
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .map_err(|e| broken(&e.to_string()))?
            .into_owned();
        attributes.push((attribute.key.local_name().as_ref().to_owned(), value));
    }
    Ok(Node { name, attributes, ..Node::default() })
}

fn say(open: &mut [Node], piece: &str) {
    if let Some(node) = open.last_mut() {
        node.text.push_str(piece);
    }
}

fn close(open: &mut Vec<Node>, root: &mut Option<Node>) -> Result<(), Refusal> {
    let Some(mut done) = open.pop() else { return Err(broken("closing tag")) };
    // White space between elements is nobody's text.
    if !done.children.is_empty() && done.text.trim().is_empty() {
        done.text = String::new();
    }
    match open.last_mut() {
        Some(parent) => parent.children.push(done),
        None => *root = Some(done),
    }
    Ok(())
}

/// The text of a document in the encoding that its mark or its first line tells; UTF-8 unless told.
fn decoded(bytes: &[u8]) -> String {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]);
    let declaration = head.split("?>").next().unwrap_or_default();
    let declared = declaration
        .split_once("encoding=")
        .and_then(|(_, rest)| encoding_rs::Encoding::for_label(rest.split(['"', '\'']).nth(1)?.as_bytes()))
        .unwrap_or(encoding_rs::UTF_8);
    declared.decode(bytes).0.into_owned()
}

fn fix() -> Text {
    Text::new("demandez à nouveau le fichier à la plateforme", "ask the platform for the file again")
}

fn broken(why: &str) -> Refusal {
    let why: String = why.chars().take(120).collect();
    Refusal::new(
        RefusalCode::Damaged,
        Text::new(format!("Le document XML est abîmé ({why})"), format!("The XML document is damaged ({why})")),
        super::expected(),
        fix(),
    )
}

fn document_type() -> Refusal {
    Refusal::new(
        RefusalCode::UnsupportedFormat,
        Text::new(
            "Le document définit un type (DOCTYPE), par lequel un fichier peut aller en lire d’autres",
            "The document defines a type (DOCTYPE), by which a file can reach for others",
        ),
        Text::new("un document sans DOCTYPE, comme la norme le veut", "a document without DOCTYPE, as the norm asks"),
        fix(),
    )
}

fn entity(name: &str) -> Refusal {
    let name: String = name.chars().take(40).collect();
    Refusal::new(
        RefusalCode::Damaged,
        Text::new(format!("L’entité « &{name}; » n’est pas définie"), format!("The entity “&{name};” is not defined")),
        super::expected(),
        fix(),
    )
}

fn too_many() -> Refusal {
    let most = grouped(MAX_ELEMENTS as u64);
    Refusal::new(
        RefusalCode::FileTooLarge,
        Text::new(
            format!("Le document a plus de {most} éléments"),
            format!("The document has more than {most} elements"),
        ),
        Text::new(format!("au plus {most} éléments"), format!("at most {most} elements")),
        fix(),
    )
}

fn too_large(bytes: usize, most: usize) -> Refusal {
    let (bytes, most) = (megabytes(bytes as u64), megabytes(most as u64));
    Refusal::new(
        RefusalCode::FileTooLarge,
        Text::new(format!("Le document fait {bytes} Mo"), format!("The document has {bytes} MB")),
        Text::new(format!("au plus {most} Mo"), format!("at most {most} MB")),
        fix(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Result<Node, Refusal> {
        read(text.as_bytes(), 1024 * 1024)
    }

    #[test]
    fn elements_keep_their_local_name_attributes_and_text() {
        let root =
            whole("<a:r xmlns:a='u'><a:x k='1 &amp; 2'>un &lt;deux&gt; <![CDATA[<3>]]> &#233;</a:x><a:x/></a:r>")
                .unwrap();
        assert_eq!((root.name.as_str(), root.children.len()), ("r", 2));
        assert_eq!(root.say(&["x"]), Some("un <deux> <3> é"));
        assert_eq!(root.children[0].attribute("k"), Some("1 & 2"));
        assert_eq!(root.say(&["y"]), None);
    }

    #[test]
    fn an_encoding_is_read_from_the_first_line() {
        let latin = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><r>\xe9t\xe9</r>";
        assert_eq!(read(latin, 1024).unwrap().text, "été");
        assert_eq!(read("\u{feff}<r>été</r>".as_bytes(), 1024).unwrap().text, "été");
    }

    #[test]
    fn entities_are_never_followed() {
        let external = "<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><r>&x;</r>";
        assert_eq!(whole(external).unwrap_err().code, RefusalCode::UnsupportedFormat);
        let growing = "<!DOCTYPE r [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><r>&b;</r>";
        assert_eq!(whole(growing).unwrap_err().code, RefusalCode::UnsupportedFormat);
        assert_eq!(whole("<r>&unknown;</r>").unwrap_err().code, RefusalCode::Damaged);
    }

    #[test]
    fn what_is_broken_deep_or_large_is_refused() {
        for text in ["", "abc", "<r>", "<r></s>", "</r>", "<r/><s/>", "<r a=1/>"] {
            assert!(whole(text).is_err(), "{text}");
        }
        let deep = format!("{}{}", "<a>".repeat(70), "</a>".repeat(70));
        assert_eq!(whole(&deep).unwrap_err().code, RefusalCode::Damaged);
        let named = format!("<r>{}</r>", "<a b='' c=''/>".repeat(MAX_ATTRIBUTES_IN_ALL / 2 + 1));
        assert_eq!(read(named.as_bytes(), 10 * 1024 * 1024).unwrap_err().code, RefusalCode::FileTooLarge);
        let wide = format!("<r>{}</r>", "<a/>".repeat(MAX_ELEMENTS));
        assert_eq!(read(wide.as_bytes(), 10 * 1024 * 1024).unwrap_err().code, RefusalCode::FileTooLarge);
        assert_eq!(read(&[b' '; 100], 99).unwrap_err().code, RefusalCode::FileTooLarge);
    }
}
