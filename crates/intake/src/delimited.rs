//! Delimited text, one record at a time, straight from the decoder.
//!
//! Written here rather than on the `csv` crate for one reason: a quote that is never closed must be refused with the
//! line where it opens, before it swallows the rest of the list, and that needs the state between two quotes. The
//! `csv` crate writes what the product gives back (see [`crate::export`]).

use crate::cell::RowBuf;
use crate::limits::Limits;
use crate::refusal::{Refusal, RefusalCode, cell_too_long, line_place, too_many_columns, too_many_rows};
use crate::source::Encoding;
use domain::text::Text;
use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

/// Records whose quotes had to be read with some tolerance.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuoteProblems {
    pub count: u32,
    pub first_line: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Plain,
    Quoted,
    /// A quote inside a quoted field: the end of the field, or half of a doubled quote.
    QuoteInQuoted,
}

/// Splits decoded text into records. Feed it blocks, then call `finish`.
pub(crate) struct Splitter<'a> {
    separator: u8,
    limits: &'a Limits,
    state: State,
    /// The record so far: its fields end to end.
    data: String,
    ends: Vec<usize>,
    /// Fields met, those past the limit included.
    fields: u64,
    content_past_limit: bool,
    field_start: usize,
    after_cr: bool,
    record_has_content: bool,
    /// Physical line, for what a person looks up in a text editor.
    line: u64,
    quote_line: u64,
    quote_spans_lines: bool,
    /// Record number: the row that a spreadsheet shows.
    number: u32,
    filled_rows: u32,
    row: RowBuf,
    pub problems: QuoteProblems,
}

impl<'a> Splitter<'a> {
    pub fn new(separator: char, limits: &'a Limits) -> Self {
        Self {
            separator: u8::try_from(separator).unwrap_or(b';'),
            limits,
            state: State::FieldStart,
            data: String::new(),
            ends: Vec::new(),
            fields: 0,
            content_past_limit: false,
            field_start: 0,
            after_cr: false,
            record_has_content: false,
            line: 1,
            quote_line: 0,
            quote_spans_lines: false,
            number: 0,
            filled_rows: 0,
            row: RowBuf::default(),
            problems: QuoteProblems::default(),
        }
    }

    pub fn feed(
        &mut self,
        block: &str,
        sink: &mut dyn FnMut(u32, &RowBuf) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Refusal> {
        let bytes = block.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if self.after_cr {
                self.after_cr = false;
                if bytes[at] == b'\n' {
                    at += 1;
                    continue;
                }
            }
            match self.state {
                State::FieldStart if bytes[at] == b'"' => {
                    self.state = State::Quoted;
                    self.record_has_content = true;
                    self.quote_line = self.line;
                    self.quote_spans_lines = false;
                    at += 1;
                }
                State::FieldStart | State::Plain => {
                    let stop =
                        memchr::memchr3(self.separator, b'\n', b'\r', &bytes[at..]).map_or(bytes.len(), |n| at + n);
                    if stop > at {
                        self.push(&block[at..stop])?;
                        self.state = State::Plain;
                        self.record_has_content = true;
                    }
                    at = stop;
                    if at < bytes.len() {
                        let flow = self.delimiter(bytes[at], sink)?;
                        at += 1;
                        if flow.is_break() {
                            return Ok(flow);
                        }
                    }
                }
                State::Quoted => {
                    let stop = memchr::memchr(b'"', &bytes[at..]).map_or(bytes.len(), |n| at + n);
                    let text = &block[at..stop];
                    let line_ends = memchr::memchr_iter(b'\n', text.as_bytes()).count();
                    if line_ends > 0 {
                        self.line += line_ends as u64;
                        self.quote_spans_lines = true;
                    }
                    self.push(text)?;
                    at = stop;
                    if at < bytes.len() {
                        self.state = State::QuoteInQuoted;
                        at += 1;
                    }
                }
                State::QuoteInQuoted => match bytes[at] {
                    b'"' => {
                        self.push("\"")?;
                        self.state = State::Quoted;
                        at += 1;
                    }
                    byte if byte == self.separator || byte == b'\n' || byte == b'\r' => {
                        let flow = self.delimiter(byte, sink)?;
                        at += 1;
                        if flow.is_break() {
                            return Ok(flow);
                        }
                    }
                    byte => {
                        // Text right after a closing quote. Over several lines it is the sign that the "closing"
                        // quote opens another cell, so that rows are being swallowed.
                        if self.quote_spans_lines {
                            return Err(self.broken_quote());
                        }
                        if byte != b' ' {
                            self.problems.count += 1;
                            if self.problems.first_line == 0 {
                                self.problems.first_line = self.line;
                            }
                        }
                        self.state = State::Plain;
                    }
                },
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The end of the text: the last record may lack its line end.
    pub fn finish(&mut self, sink: &mut dyn FnMut(u32, &RowBuf) -> ControlFlow<()>) -> Result<(), Refusal> {
        if self.state == State::Quoted {
            return Err(self.broken_quote());
        }
        if self.record_has_content || self.fields > 0 {
            self.end_field();
            let _ = self.end_record(sink)?;
        }
        Ok(())
    }

    fn push(&mut self, text: &str) -> Result<(), Refusal> {
        if self.fields >= u64::from(self.limits.max_columns) {
            // Some exports end every line with thousands of separators: only content past the limit is refused.
            self.content_past_limit |= !crate::cell::is_blank(text);
            return Ok(());
        }
        if self.data.len() - self.field_start + text.len() > self.limits.max_cell_bytes {
            if self.state == State::Quoted && (self.quote_spans_lines || text.contains('\n')) {
                return Err(self.broken_quote());
            }
            return Err(cell_too_long(self.limits.max_cell_bytes, line_place(self.line)));
        }
        self.data.push_str(text);
        Ok(())
    }

    fn delimiter(
        &mut self,
        byte: u8,
        sink: &mut dyn FnMut(u32, &RowBuf) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Refusal> {
        self.end_field();
        if byte == self.separator {
            return Ok(ControlFlow::Continue(()));
        }
        self.after_cr = byte == b'\r';
        let flow = self.end_record(sink)?;
        self.line += 1;
        Ok(flow)
    }

    fn end_field(&mut self) {
        if self.fields < u64::from(self.limits.max_columns) {
            self.ends.push(self.data.len());
        }
        self.fields += 1;
        self.field_start = self.data.len();
        self.state = State::FieldStart;
    }

    fn end_record(
        &mut self,
        sink: &mut dyn FnMut(u32, &RowBuf) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Refusal> {
        self.number = self.number.saturating_add(1);
        self.row.clear();
        let mut start = 0;
        for (index, end) in self.ends.iter().enumerate() {
            self.row.set_text(index, &self.data[start..*end]);
            start = *end;
        }
        self.row.trim();
        self.row.width = self.fields;
        let refused = std::mem::take(&mut self.content_past_limit).then_some(self.fields);
        self.data.clear();
        self.ends.clear();
        self.fields = 0;
        self.field_start = 0;
        self.record_has_content = false;
        if let Some(fields) = refused {
            return Err(too_many_columns(fields, self.limits.max_columns, line_place(self.line)));
        }
        if self.row.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        self.filled_rows += 1;
        if self.filled_rows > self.limits.max_rows {
            return Err(too_many_rows(self.limits.max_rows, None));
        }
        Ok(sink(self.number, &self.row))
    }

    fn broken_quote(&self) -> Refusal {
        Refusal::new(
            RefusalCode::BrokenQuotes,
            Text::new(
                "Un guillemet ouvre une cellule et rien ne la ferme : la suite de la liste serait avalée",
                "A quote opens a cell and nothing closes it: the rest of the list would be swallowed",
            ),
            Text::new(
                "des guillemets par paires, et doublés à l’intérieur d’une cellule (\"\")",
                "quotes in pairs, and doubled inside a cell (\"\")",
            ),
            Text::new(
                "corrigez ou supprimez le guillemet de cette ligne, ou exportez la liste au format Excel",
                "correct or remove the quote on that line, or export the list as Excel",
            ),
        )
        .at(line_place(self.quote_line))
    }
}

/// Reads a file record by record. Blank records are counted, not given.
pub(crate) fn read(
    path: &Path,
    encoding: Encoding,
    separator: char,
    limits: &Limits,
    sink: &mut dyn FnMut(u32, &RowBuf) -> ControlFlow<()>,
) -> Result<QuoteProblems, Refusal> {
    let mut file = File::open(path)?;
    let mut decoder = encoding.decoder();
    let mut raw = vec![0u8; 64 * 1024];
    let mut text = String::with_capacity(256 * 1024);
    let mut splitter = Splitter::new(separator, limits);
    loop {
        let n = file.read(&mut raw)?;
        let last = n == 0;
        let mut given = 0;
        loop {
            text.clear();
            let (result, read, _) = decoder.decode_to_string(&raw[given..n], &mut text, last);
            given += read;
            if memchr::memchr(0, text.as_bytes()).is_some() {
                return Err(binary(splitter.line));
            }
            if splitter.feed(&text, sink)?.is_break() {
                return Ok(splitter.problems);
            }
            if result == encoding_rs::CoderResult::InputEmpty {
                break;
            }
        }
        if last {
            splitter.finish(sink)?;
            return Ok(splitter.problems);
        }
    }
}

/// The first characters of a text, for the choice of a separator.
pub(crate) fn head(path: &Path, encoding: Encoding, bytes: usize) -> Result<String, Refusal> {
    let mut raw = Vec::with_capacity(bytes);
    File::open(path)?.take(bytes as u64).read_to_end(&mut raw)?;
    let mut text = String::with_capacity(raw.len() * 3 + 16);
    let _ = encoding.decoder().decode_to_string(&raw, &mut text, false);
    Ok(text)
}

fn binary(line: u64) -> Refusal {
    Refusal::new(
        RefusalCode::BinaryContent,
        Text::new(
            "Le fichier contient des octets nuls : ce n’est pas un texte",
            "The file holds zero bytes: it is not a text",
        ),
        crate::refusal::table_expected(),
        Text::new(
            "vérifiez que le bon fichier a été déposé, ou exportez à nouveau la liste",
            "check that the right file was dropped, or export the list again",
        ),
    )
    .at(Text::new(format!("vers la ligne {line}"), format!("near line {line}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Cell;

    fn split(text: &str, block: usize) -> Result<Vec<(u32, Vec<String>)>, Refusal> {
        let limits = Limits::default();
        let mut rows = Vec::new();
        let mut sink = |number: u32, row: &RowBuf| {
            rows.push((number, row.cells().iter().map(|c| c.shown().into_owned()).collect::<Vec<_>>()));
            ControlFlow::Continue(())
        };
        let mut splitter = Splitter::new(';', &limits);
        let chars: Vec<char> = text.chars().collect();
        for piece in chars.chunks(block) {
            let piece: String = piece.iter().collect();
            let _ = splitter.feed(&piece, &mut sink)?;
        }
        splitter.finish(&mut sink)?;
        Ok(rows)
    }

    #[test]
    fn records_are_the_same_however_the_text_is_cut() {
        let text = "a;b;c\r\n\r\n\"x;1\";\"il dit \"\"oui\"\"\";\"deux\nlignes\"\rlast;;;;\n\nend";
        let expected = vec![
            (1, vec!["a".to_owned(), "b".into(), "c".into()]),
            (3, vec!["x;1".into(), "il dit \"oui\"".into(), "deux\nlignes".into()]),
            (4, vec!["last".into()]),
            (6, vec!["end".into()]),
        ];
        for block in [1, 2, 3, 5, 1000] {
            assert_eq!(split(text, block).unwrap(), expected, "blocks of {block}");
        }
    }

    #[test]
    fn text_after_a_closing_quote_is_kept_and_counted() {
        let limits = Limits::default();
        let mut first = Vec::new();
        let mut splitter = Splitter::new(';', &limits);
        let _ = splitter
            .feed("\"Le Bon\" SARL;1\n\"x\"y;2\n", &mut |_, row| {
                first.push(row.cells()[0].clone());
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(first, [Cell::from("Le Bon SARL"), Cell::from("xy")]);
        assert_eq!(splitter.problems, QuoteProblems { count: 1, first_line: 2 });
    }

    #[test]
    fn an_open_quote_is_refused_with_its_line() {
        for text in [
            "a;b\nc;\"d\ne;f\n",
            // Two stray quotes that would pair up and swallow a row.
            "a;b\nc;\"Société X;1\nd;\"Société Y;2\n",
        ] {
            let refusal = split(text, 1000).unwrap_err();
            assert_eq!(refusal.code, RefusalCode::BrokenQuotes);
            assert_eq!(refusal.place.as_ref().unwrap().fr, "ligne 2");
        }
    }

    #[test]
    fn columns_past_the_limit_are_counted_and_refused() {
        let refusal = split(&format!("{}\n", "x;".repeat(9_999)), 4096).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::TooManyColumns);
        assert!(refusal.what.fr.contains("10\u{202f}000"), "{}", refusal.what.fr);
        assert!(refusal.expected.fr.contains("256"));
    }

    #[test]
    fn a_cell_past_the_limit_is_refused() {
        let refusal = split(&"x".repeat(40_000), 4096).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::CellTooLong);
    }
}
