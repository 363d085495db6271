//! Adds pages to a PDF without touching one of its bytes: an incremental update, as the format provides for.
//!
//! The pages come from another PDF, one that `print` wrote. Their objects get new numbers; of the document's own objects
//! only the root of its page tree is written anew, with the pages at its end. The table of the update has the form that
//! the document's own table has.

use std::collections::BTreeMap;

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, FromBytes, MaybeRef, Object, ObjectIdentifier};

use crate::check::{find, rfind};

type Fault = &'static str;

/// The pages of `added` as an update of `original`, which will stand `shift` bytes after its end.
pub(crate) fn update(original: &[u8], added: &[u8], shift: usize) -> Result<Vec<u8>, Fault> {
    let tail = Tail::read(original)?;
    let document = Pdf::new(original.to_vec()).map_err(|_| "it is not a readable PDF")?;
    let pages = Pdf::new(added.to_vec()).map_err(|_| "the page to add cannot be read")?;
    let root: Dict<'_> = document.xref().get(document.xref().root_id()).ok_or("it has no catalog")?;
    let tree = root.get_ref("Pages").ok_or("it has no page tree")?;
    let tree_dict: Dict<'_> = root.get("Pages").ok_or("it has no page tree")?;

    let mut writer = Writer { next: tail.size, numbers: BTreeMap::new(), queue: Vec::new() };
    let mut objects: Vec<(u32, i32, Vec<u8>)> = Vec::new();
    let mut kids = Vec::new();
    for page in pages.pages().iter() {
        let number = writer.fresh();
        kids.push(number);
        let body = writer.page(page.raw(), tree.obj_number, tree.gen_number)?;
        objects.push((number, 0, body));
    }
    while let Some((id, number)) = writer.queue.pop() {
        let object: Object<'_> = pages.xref().get(id).ok_or("the page to add is not whole")?;
        let body = writer.object(&object)?;
        objects.push((number, 0, body));
    }
    objects.push((tree.obj_number, tree.gen_number, grown(&tree_dict, &kids)?));
    objects.sort_by_key(|(number, ..)| *number);

    let mut out = Vec::new();
    let mut places = Vec::new();
    for (number, generation, body) in &objects {
        places.push((*number, *generation, original.len() + shift + out.len()));
        out.extend_from_slice(format!("{number} {generation} obj\n").as_bytes());
        out.extend_from_slice(body);
        out.extend_from_slice(b"\nendobj\n");
    }
    let at = original.len() + shift + out.len();
    if tail.is_stream {
        tail.write_stream(&mut out, places, writer.next, at);
    } else {
        tail.write_table(&mut out, &places, writer.next);
    }
    out.extend_from_slice(format!("startxref\n{at}\n%%EOF\n").as_bytes());
    Ok(out)
}

/// The page tree's root with more pages.
fn grown(tree: &Dict<'_>, kids: &[u32]) -> Result<Vec<u8>, Fault> {
    let count = tree.get::<i32>("Count").ok_or("its page tree does not count its pages")?;
    let all: Array<'_> = tree.get("Kids").ok_or("its page tree has no pages")?;
    let mut writer = Writer { next: 0, numbers: BTreeMap::new(), queue: Vec::new() };
    let mut out = b"<<".to_vec();
    for (key, value) in tree.entries() {
        if !matches!(key.as_ref(), b"Kids" | b"Count") {
            name(&mut out, key.as_ref());
            out.push(b' ');
            writer.own(&mut out, &value)?;
        }
    }
    out.extend_from_slice(format!("/Count {}/Kids[", count + kids.len() as i32).as_bytes());
    for kid in all.raw_iter() {
        writer.own(&mut out, &kid)?;
        out.push(b' ');
    }
    for kid in kids {
        out.extend_from_slice(format!("{kid} 0 R ").as_bytes());
    }
    out.extend_from_slice(b"]>>");
    Ok(out)
}

/// Copies objects and gives them numbers of the document that they go to.
struct Writer {
    next: u32,
    numbers: BTreeMap<(u32, i32), u32>,
    queue: Vec<(ObjectIdentifier, u32)>,
}

impl Writer {
    fn fresh(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    /// A page has no parent and no tags any more but those that it is given.
    fn page(&mut self, page: &Dict<'_>, parent: u32, generation: i32) -> Result<Vec<u8>, Fault> {
        let mut out = b"<<".to_vec();
        for (key, value) in page.entries() {
            if !matches!(key.as_ref(), b"Parent" | b"StructParents" | b"Tabs" | b"Rotate") {
                name(&mut out, key.as_ref());
                out.push(b' ');
                self.copied(&mut out, &value)?;
            }
        }
        // Said outright, so that nothing is inherited from the document's own pages.
        out.extend_from_slice(format!("/Rotate 0/Parent {parent} {generation} R>>").as_bytes());
        Ok(out)
    }

    fn object(&mut self, object: &Object<'_>) -> Result<Vec<u8>, Fault> {
        let mut out = Vec::new();
        self.value(&mut out, object, true)?;
        Ok(out)
    }

    /// A value of the added page: what it refers to is copied, too.
    fn copied(&mut self, out: &mut Vec<u8>, value: &MaybeRef<Object<'_>>) -> Result<(), Fault> {
        match value {
            MaybeRef::Ref(reference) => {
                let key = (reference.obj_number, reference.gen_number);
                let number = match self.numbers.get(&key) {
                    Some(number) => *number,
                    None => {
                        let number = self.fresh();
                        self.numbers.insert(key, number);
                        self.queue.push(((*reference).into(), number));
                        number
                    }
                };
                out.extend_from_slice(format!("{number} 0 R").as_bytes());
                Ok(())
            }
            MaybeRef::NotRef(object) => self.value(out, object, true),
        }
    }

    /// A value of the document itself: its references stay.
    fn own(&mut self, out: &mut Vec<u8>, value: &MaybeRef<Object<'_>>) -> Result<(), Fault> {
        match value {
            MaybeRef::Ref(reference) => {
                out.extend_from_slice(format!("{} {} R", reference.obj_number, reference.gen_number).as_bytes());
                Ok(())
            }
            MaybeRef::NotRef(object) => self.value(out, object, false),
        }
    }

    fn any(&mut self, out: &mut Vec<u8>, value: &MaybeRef<Object<'_>>, copy: bool) -> Result<(), Fault> {
        if copy { self.copied(out, value) } else { self.own(out, value) }
    }

    fn value(&mut self, out: &mut Vec<u8>, object: &Object<'_>, copy: bool) -> Result<(), Fault> {
        match object {
            Object::Null(_) => out.extend_from_slice(b"null"),
            Object::Boolean(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Object::Number(number) => {
                let value = number.as_f64();
                let text = if value.fract() == 0.0 { format!("{}", number.as_i64()) } else { format!("{value}") };
                out.extend_from_slice(text.as_bytes());
            }
            Object::String(text) => {
                out.push(b'<');
                for byte in text.as_bytes() {
                    out.extend_from_slice(format!("{byte:02x}").as_bytes());
                }
                out.push(b'>');
            }
            Object::Name(value) => name(out, value.as_ref()),
            Object::Array(values) => {
                out.push(b'[');
                for value in values.raw_iter() {
                    self.any(out, &value, copy)?;
                    out.push(b' ');
                }
                out.push(b']');
            }
            Object::Dict(dict) => self.dict(out, dict, copy, None)?,
            Object::Stream(stream) => {
                let data = stream.raw_data();
                self.dict(out, stream.dict(), copy, Some(data.len()))?;
                out.extend_from_slice(b"stream\n");
                out.extend_from_slice(&data);
                out.extend_from_slice(b"\nendstream");
            }
        }
        Ok(())
    }

    fn dict(&mut self, out: &mut Vec<u8>, dict: &Dict<'_>, copy: bool, length: Option<usize>) -> Result<(), Fault> {
        out.extend_from_slice(b"<<");
        for (key, value) in dict.entries() {
            if length.is_some() && key.as_ref() == b"Length" {
                continue;
            }
            name(out, key.as_ref());
            out.push(b' ');
            self.any(out, &value, copy)?;
        }
        if let Some(length) = length {
            out.extend_from_slice(format!("/Length {length}").as_bytes());
        }
        out.extend_from_slice(b">>");
        Ok(())
    }
}

fn name(out: &mut Vec<u8>, name: &[u8]) {
    out.push(b'/');
    for byte in name {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+' | b'*') {
            out.push(*byte);
        } else {
            out.extend_from_slice(format!("#{byte:02x}").as_bytes());
        }
    }
}

/// What the end of the document says: where its table is, and what an update must repeat of its trailer.
struct Tail {
    table_at: usize,
    is_stream: bool,
    size: u32,
    /// `/Root`, `/Info` and `/ID`, as they stand.
    repeated: Vec<u8>,
}

impl Tail {
    fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let word = rfind(bytes, b"startxref").ok_or("its end is missing")?;
        let digits: String = bytes[word + 9..]
            .trim_ascii_start()
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .map(|b| *b as char)
            .collect();
        let table_at: usize = digits.parse().map_err(|_| "its end is damaged")?;
        let table = bytes.get(table_at..).ok_or("its end is damaged")?;
        let is_stream = !table.trim_ascii_start().starts_with(b"xref");
        let from = if is_stream { 0 } else { find(table, b"trailer").ok_or("its trailer is missing")? };
        let start = from + find(&table[from..], b"<<").ok_or("its trailer is missing")?;
        let dict = Dict::from_bytes(&table[start..]).ok_or("its trailer is damaged")?;
        if dict.contains_key("Encrypt") {
            return Err("it is encrypted");
        }
        if !dict.contains_key("Root") {
            return Err("its trailer names no catalog");
        }
        let size = dict.get::<u32>("Size").ok_or("its trailer does not count its objects")?;
        let mut writer = Writer { next: 0, numbers: BTreeMap::new(), queue: Vec::new() };
        let mut repeated = Vec::new();
        for (key, value) in dict.entries().filter(|(key, _)| matches!(key.as_ref(), b"Root" | b"Info" | b"ID")) {
            name(&mut repeated, key.as_ref());
            repeated.push(b' ');
            writer.own(&mut repeated, &value)?;
        }
        Ok(Self { table_at, is_stream, size, repeated })
    }

    fn write_table(&self, out: &mut Vec<u8>, places: &[(u32, i32, usize)], size: u32) {
        out.extend_from_slice(b"xref\n");
        for run in runs(places) {
            out.extend_from_slice(format!("{} {}\n", run[0].0, run.len()).as_bytes());
            for (_, generation, at) in run {
                out.extend_from_slice(format!("{at:010} {generation:05} n \n").as_bytes());
            }
        }
        out.extend_from_slice(format!("trailer\n<</Size {size}/Prev {}", self.table_at).as_bytes());
        out.extend_from_slice(&self.repeated);
        out.extend_from_slice(b">>\n");
    }

    /// The table is an object itself and stands in itself.
    fn write_stream(&self, out: &mut Vec<u8>, mut places: Vec<(u32, i32, usize)>, number: u32, at: usize) {
        places.push((number, 0, at));
        places.sort_by_key(|(number, ..)| *number);
        let (mut index, mut data) = (String::new(), Vec::new());
        for run in runs(&places) {
            index.push_str(&format!("{} {} ", run[0].0, run.len()));
            for (_, generation, at) in run {
                data.push(1);
                data.extend_from_slice(&(*at as u64).to_be_bytes()[2..]);
                data.extend_from_slice(&(*generation as u16).to_be_bytes());
            }
        }
        let head = format!(
            "{number} 0 obj\n<</Type/XRef/Size {}/W[1 6 2]/Index[{}]/Length {}/Prev {}",
            number + 1,
            index.trim_end(),
            data.len(),
            self.table_at
        );
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(&self.repeated);
        out.extend_from_slice(b">>\nstream\n");
        out.extend_from_slice(&data);
        out.extend_from_slice(b"\nendstream\nendobj\n");
    }
}

/// Stretches of numbers that follow each other.
fn runs(places: &[(u32, i32, usize)]) -> impl Iterator<Item = &[(u32, i32, usize)]> {
    places.chunk_by(|a, b| a.0 + 1 == b.0)
}
