//! XLS (Excel 97 to 2003, and Excel 95), the cells of it and nothing else.
//!
//! calamine would hold every sheet of such a file as a full rectangle of owned values: a few thousand bytes that put
//! one cell in the last corner, or that point a million times at one long text, then cost gigabytes. Here the stream
//! is read once into memory (its size is limited), cells are kept as positions in it, and values are made row by row.

use crate::cell::Cell;
use crate::refusal::{Refusal, damaged};
use crate::source::{Source, encrypted, not_a_table, unsupported};
use crate::workbook::{Sheet, SheetRows, Sink, Which, is_builtin_date, is_date_format, serial_cell};
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

pub(crate) const MAGIC: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
const END_OF_CHAIN: u32 = 0xffff_fffe;
const MAX_SHEETS: usize = 1_000;

fn broken() -> Refusal {
    damaged("le contenu du classeur .xls", "the content of the .xls workbook")
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// The compound file: a small file system of sectors, chained by a table.
struct Compound {
    file: File,
    bytes: u64,
    sector: usize,
    table: Vec<u32>,
    entries: Vec<Entry>,
    mini_table_start: u32,
    mini_cutoff: u64,
}

struct Entry {
    name: String,
    kind: u8,
    start: u32,
    size: u64,
}

impl Compound {
    fn open(path: &Path, bytes: u64) -> Result<Self, Refusal> {
        let mut file = File::open(path)?;
        let mut header = [0u8; 512];
        file.read_exact(&mut header).map_err(|_| broken())?;
        let sector = match u16_at(&header, 30) {
            Some(9) => 512,
            Some(12) => 4096,
            _ => return Err(broken()),
        };
        let mut compound = Self {
            file,
            bytes,
            sector,
            table: Vec::new(),
            entries: Vec::new(),
            mini_table_start: u32_at(&header, 60).ok_or_else(broken)?,
            mini_cutoff: u64::from(u32_at(&header, 56).ok_or_else(broken)?),
        };
        let count = compound.sectors();
        // Where the parts of the sector table are: 109 in the header, the rest in a chain of its own.
        let mut parts: Vec<u32> = (0..109).filter_map(|i| u32_at(&header, 76 + 4 * i)).collect();
        let mut next = u32_at(&header, 68).ok_or_else(broken)?;
        let mut steps = 0;
        while next < 0xffff_fffa {
            steps += 1;
            if steps > count {
                return Err(broken());
            }
            let block = compound.sector_bytes(next)?;
            let last = compound.sector - 4;
            parts.extend((0..last / 4).filter_map(|i| u32_at(&block, 4 * i)));
            next = u32_at(&block, last).ok_or_else(broken)?;
        }
        parts.retain(|id| *id < 0xffff_fffa);
        if parts.len() > count {
            return Err(broken());
        }
        for id in parts {
            let block = compound.sector_bytes(id)?;
            compound.table.extend((0..compound.sector / 4).filter_map(|i| u32_at(&block, 4 * i)));
        }
        let directory = compound.chain(u32_at(&header, 48).ok_or_else(broken)?, u64::MAX)?;
        compound.entries = directory
            .chunks_exact(128)
            .filter_map(|entry| {
                let length = usize::from(u16_at(entry, 64)?).min(64);
                let units: Vec<u16> =
                    (0..length / 2).filter_map(|i| u16_at(entry, 2 * i)).take_while(|u| *u != 0).collect();
                Some(Entry {
                    name: String::from_utf16_lossy(&units),
                    kind: entry[66],
                    start: u32_at(entry, 116)?,
                    // The upper half of the size is noise in files of small sectors.
                    size: u64::from(u32_at(entry, 120)?),
                })
            })
            .collect();
        Ok(compound)
    }

    fn sectors(&self) -> usize {
        usize::try_from(self.bytes).unwrap_or(usize::MAX) / self.sector + 1
    }

    fn sector_bytes(&mut self, id: u32) -> Result<Vec<u8>, Refusal> {
        let at = (u64::from(id) + 1) * self.sector as u64;
        if at >= self.bytes {
            return Err(broken());
        }
        self.file.seek(SeekFrom::Start(at))?;
        let mut block = Vec::with_capacity(self.sector);
        self.file.by_ref().take(self.sector as u64).read_to_end(&mut block)?;
        // The last sector of a file may be cut short.
        block.resize(self.sector, 0);
        Ok(block)
    }

    /// The sectors of a chain end to end; a chain longer than the file turns in circles.
    fn chain(&mut self, start: u32, size: u64) -> Result<Vec<u8>, Refusal> {
        let mut out = Vec::new();
        let mut id = start;
        let mut steps = 0;
        while id != END_OF_CHAIN && (out.len() as u64) < size {
            steps += 1;
            if steps > self.sectors() {
                return Err(broken());
            }
            out.extend_from_slice(&self.sector_bytes(id)?);
            id = *self.table.get(id as usize).ok_or_else(broken)?;
        }
        out.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        Ok(out)
    }

    fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|e| e.name.eq_ignore_ascii_case(name))
    }

    fn stream(&mut self, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
        let Some((start, size)) =
            self.entries.iter().find(|e| e.kind == 2 && e.name.eq_ignore_ascii_case(name)).map(|e| (e.start, e.size))
        else {
            return Ok(None);
        };
        if size >= self.mini_cutoff {
            return self.chain(start, size).map(Some);
        }
        // Short streams live in 64-byte sectors inside the stream of the root.
        let root = self.entries.iter().find(|e| e.kind == 5).map(|e| (e.start, e.size)).ok_or_else(broken)?;
        let mini = self.chain(root.0, root.1)?;
        let table = self.chain(self.mini_table_start, u64::MAX)?;
        let mut out = Vec::new();
        let mut id = start;
        while id != END_OF_CHAIN && (out.len() as u64) < size {
            let at = id as usize * 64;
            out.extend_from_slice(mini.get(at..at + 64).ok_or_else(broken)?);
            if out.len() > mini.len() {
                return Err(broken());
            }
            id = u32_at(&table, id as usize * 4).ok_or_else(broken)?;
        }
        out.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        Ok(Some(out))
    }
}

/// Tells a workbook from the other documents that share the same container.
pub(crate) fn check(path: &Path, bytes: u64) -> Result<(), Refusal> {
    let compound = Compound::open(path, bytes)?;
    if compound.has("EncryptedPackage") || compound.has("EncryptionInfo") {
        return Err(encrypted());
    }
    if compound.has("Workbook") || compound.has("Book") {
        return Ok(());
    }
    Err(if compound.has("WordDocument") {
        not_a_table("un document Word", "a Word document")
    } else if compound.has("PowerPoint Document") {
        not_a_table("une présentation PowerPoint", "a PowerPoint presentation")
    } else if compound.has("__properties_version1.0") {
        not_a_table("un message Outlook", "an Outlook message")
    } else {
        unsupported("de ce document Office", "of this Office document")
    })
}

pub(crate) struct Xls<'a> {
    source: &'a Source,
    stream: Vec<u8>,
    /// Excel 95 has no shared texts and writes bytes of a code page.
    biff8: bool,
    code_page: &'static encoding_rs::Encoding,
    epoch_1904: bool,
    date_styles: Vec<bool>,
    /// Shared texts end to end, and where each one ends.
    texts: String,
    text_ends: Vec<u32>,
    sheets: Vec<(Sheet, usize)>,
}

struct Record<'s> {
    kind: u16,
    data: &'s [u8],
    at: usize,
    next: usize,
}

fn record(stream: &[u8], at: usize) -> Option<Record<'_>> {
    let kind = u16_at(stream, at)?;
    let length = usize::from(u16_at(stream, at + 2)?);
    let data = stream.get(at + 4..at + 4 + length)?;
    Some(Record { kind, data, at, next: at + 4 + length })
}

impl<'a> Xls<'a> {
    pub fn open(source: &'a Source) -> Result<Self, Refusal> {
        let mut compound = Compound::open(&source.path, source.bytes())?;
        let stream = match compound.stream("Workbook")? {
            Some(stream) => stream,
            None => compound.stream("Book")?.ok_or_else(broken)?,
        };
        drop(compound);
        let mut book = Self {
            source,
            stream: Vec::new(),
            biff8: true,
            code_page: encoding_rs::WINDOWS_1252,
            epoch_1904: false,
            date_styles: Vec::new(),
            texts: String::new(),
            text_ends: Vec::new(),
            sheets: Vec::new(),
        };
        book.read_globals(&stream)?;
        book.stream = stream;
        Ok(book)
    }

    fn read_globals(&mut self, stream: &[u8]) -> Result<(), Refusal> {
        let mut formats: HashMap<u16, bool> = HashMap::new();
        let mut at = 0;
        while let Some(record) = record(stream, at) {
            at = record.next;
            let data = record.data;
            match record.kind {
                0x0809 => match u16_at(data, 0) {
                    Some(0x0600) => self.biff8 = true,
                    Some(0x0500) => self.biff8 = false,
                    _ => return Err(unsupported("Excel 4 ou antérieur", "Excel 4 or earlier")),
                },
                0x002f => return Err(encrypted()),
                0x0042 => {
                    self.code_page = match u16_at(data, 0) {
                        Some(10000) => encoding_rs::MACINTOSH,
                        _ => encoding_rs::WINDOWS_1252,
                    };
                }
                0x0022 => self.epoch_1904 = u16_at(data, 0) == Some(1),
                0x041e => {
                    if let (Some(id), Some(code)) =
                        (u16_at(data, 0), self.text(data.get(2..).unwrap_or_default(), !self.biff8))
                    {
                        formats.insert(id, is_date_format(&code));
                    }
                }
                0x00e0 => {
                    let format = u16_at(data, 2).unwrap_or(0);
                    self.date_styles.push(formats.get(&format).copied().unwrap_or_else(|| is_builtin_date(format)));
                }
                0x0085 => {
                    let (Some(start), Some(flags)) = (u32_at(data, 0), data.get(4..6)) else { return Err(broken()) };
                    let name = self.text(data.get(6..).unwrap_or_default(), true).unwrap_or_default();
                    if self.sheets.len() >= MAX_SHEETS {
                        return Err(damaged(
                            "la liste des feuilles (plus de 1 000)",
                            "the list of sheets (more than 1,000)",
                        ));
                    }
                    // Charts and macros have no cells.
                    if flags[1] == 0 {
                        self.sheets.push((Sheet { name, visible: flags[0] & 3 == 0 }, start as usize));
                    }
                }
                0x00fc => at = self.read_shared_texts(stream, &record)?,
                0x000a => break,
                _ => {}
            }
        }
        Ok(())
    }

    /// A text with its length before it: one byte long or two, and in Excel 97 a flag for its width.
    fn text(&self, data: &[u8], short: bool) -> Option<String> {
        let (length, rest) = if short {
            (usize::from(*data.first()?), data.get(1..)?)
        } else {
            (usize::from(u16_at(data, 0)?), data.get(2..)?)
        };
        if !self.biff8 {
            return Some(self.code_page.decode_without_bom_handling(rest.get(..length)?).0.into_owned());
        }
        let (flags, rest) = rest.split_first()?;
        if flags & 1 == 0 {
            Some(rest.get(..length)?.iter().map(|b| char::from(*b)).collect())
        } else {
            let units = rest.get(..length * 2)?.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
            Some(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
        }
    }

    /// Reads the shared texts, which run on over "continue" records; returns where the next record stands.
    fn read_shared_texts(&mut self, stream: &[u8], first: &Record<'_>) -> Result<usize, Refusal> {
        let mut segments = vec![first.data];
        let mut at = first.next;
        while let Some(next) = record(stream, at)
            && next.kind == 0x003c
        {
            segments.push(next.data);
            at = next.next;
        }
        let mut cursor = Segments { segments, segment: 0, at: 8 };
        let mut units: Vec<u16> = Vec::new();
        while let Some(length) = cursor.u16() {
            let Some(flags) = cursor.u8() else { break };
            let runs = if flags & 8 != 0 { cursor.u16().ok_or_else(broken)? } else { 0 };
            let extension = if flags & 4 != 0 { cursor.u32().ok_or_else(broken)? } else { 0 };
            units.clear();
            let mut wide = flags & 1 != 0;
            while units.len() < usize::from(length) {
                if cursor.at_segment_end() {
                    // The text goes on in the next record, which says anew how wide its characters are.
                    if !cursor.next_segment() {
                        return Err(broken());
                    }
                    wide = cursor.u8().ok_or_else(broken)? & 1 != 0;
                    continue;
                }
                units.push(if wide {
                    cursor.u16().ok_or_else(broken)?
                } else {
                    u16::from(cursor.u8().ok_or_else(broken)?)
                });
            }
            cursor.skip(u64::from(runs) * 4 + u64::from(extension));
            self.texts
                .extend(char::decode_utf16(units.iter().copied()).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
            self.text_ends.push(u32::try_from(self.texts.len()).map_err(|_| broken())?);
        }
        Ok(at)
    }

    fn shared_text(&self, index: u32) -> Option<&str> {
        let index = index as usize;
        let end = *self.text_ends.get(index)? as usize;
        let start = if index == 0 { 0 } else { self.text_ends[index - 1] as usize };
        self.texts.get(start..end)
    }

    pub fn sheets(&self) -> Vec<Sheet> {
        self.sheets.iter().map(|(sheet, _)| sheet.clone()).collect()
    }

    pub fn read(&mut self, which: Which, sink: &mut Sink<'_>) -> Result<(), Refusal> {
        let mut rows = SheetRows::new(&self.source.limits);
        for (index, (sheet, start)) in self.sheets.iter().enumerate() {
            if which != Which::All && which != Which::One(index) {
                continue;
            }
            rows.next_sheet();
            let cells = self.cells(*start);
            let mut current = None;
            for (row, column, at) in cells {
                if let Some(number) = current
                    && current != Some(row)
                    && rows.emit(index, &sheet.name, u32::from(number) + 1, 1, sink)?.is_break()
                {
                    return Ok(());
                }
                current = Some(row);
                if rows.keeps(u64::from(column)) {
                    self.value(at, column, &sheet.name, u32::from(row) + 1, &mut rows)?;
                }
            }
            if let Some(number) = current
                && rows.emit(index, &sheet.name, u32::from(number) + 1, 1, sink)?.is_break()
            {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Where the cells of a sheet are, in the order of rows: eight bytes each, however long their values.
    fn cells(&self, start: usize) -> Vec<(u16, u16, u32)> {
        let mut cells: Vec<(u16, u16, u32)> = Vec::new();
        let (mut at, mut nested) = (start, 0u32);
        while let Some(record) = record(&self.stream, at) {
            at = record.next;
            let position = u32::try_from(record.at).unwrap_or(u32::MAX);
            match record.kind {
                0x0809 => nested += 1,
                0x000a => {
                    nested = nested.saturating_sub(1);
                    if nested == 0 {
                        break;
                    }
                }
                // An embedded chart carries its own records of cells.
                _ if nested > 1 => {}
                0x0203 | 0x027e | 0x00fd | 0x0204 | 0x00d6 | 0x0205 | 0x0006 | 0x0406 => {
                    if let (Some(row), Some(column)) = (u16_at(record.data, 0), u16_at(record.data, 2)) {
                        cells.push((row, column, position));
                    }
                }
                0x00bd => {
                    if let (Some(row), Some(first)) = (u16_at(record.data, 0), u16_at(record.data, 2)) {
                        let count = u16::try_from(record.data.len().saturating_sub(6) / 6).unwrap_or(0);
                        cells.extend((0..count).map(|n| (row, first.saturating_add(n), position)));
                    }
                }
                _ => {}
            }
        }
        if !cells.is_sorted_by_key(|(row, column, _)| (*row, *column)) {
            cells.sort_by_key(|(row, column, _)| (*row, *column));
        }
        cells
    }

    fn value(&self, at: u32, column: u16, sheet: &str, number: u32, rows: &mut SheetRows<'_>) -> Result<(), Refusal> {
        let record = record(&self.stream, at as usize).ok_or_else(broken)?;
        let data = record.data;
        let slot = usize::from(column);
        match record.kind {
            0x0203 => {
                let number =
                    data.get(6..14).and_then(|b| b.try_into().ok()).map(f64::from_le_bytes).ok_or_else(broken)?;
                rows.row.set(slot, self.number(number, u16_at(data, 4)));
            }
            0x027e => {
                let number = u32_at(data, 6).map(packed_number).ok_or_else(broken)?;
                rows.row.set(slot, self.number(number, u16_at(data, 4)));
            }
            0x00bd => {
                let first = u16_at(data, 2).ok_or_else(broken)?;
                let offset = 4 + 6 * usize::from(column.saturating_sub(first));
                let number = u32_at(data, offset + 2).map(packed_number).ok_or_else(broken)?;
                rows.row.set(slot, self.number(number, u16_at(data, offset)));
            }
            0x00fd => {
                let text = u32_at(data, 6).and_then(|i| self.shared_text(i)).ok_or_else(broken)?;
                rows.text(slot, text, sheet, number)?;
            }
            0x0204 | 0x00d6 => {
                let text = data.get(6..).and_then(|rest| self.text(rest, false)).ok_or_else(broken)?;
                rows.text(slot, &text, sheet, number)?;
            }
            0x0205 => match data.get(6..8) {
                Some([value, 0]) => rows.row.set(slot, Cell::Bool(*value != 0)),
                Some([code, _]) => rows.row.set(slot, Cell::Error(error_text(*code).to_owned())),
                _ => return Err(broken()),
            },
            _ => {
                let result: [u8; 8] = data.get(6..14).and_then(|b| b.try_into().ok()).ok_or_else(broken)?;
                match result {
                    [0, .., 0xff, 0xff] => {
                        if let Some(text) = self.formula_text(record.next) {
                            rows.text(slot, &text, sheet, number)?;
                        }
                    }
                    [1, _, value, .., 0xff, 0xff] => rows.row.set(slot, Cell::Bool(value != 0)),
                    [2, _, code, .., 0xff, 0xff] => rows.row.set(slot, Cell::Error(error_text(code).to_owned())),
                    [3, .., 0xff, 0xff] => {}
                    bytes => rows.row.set(slot, self.number(f64::from_le_bytes(bytes), u16_at(data, 4))),
                }
            }
        }
        Ok(())
    }

    /// The text that a formula gave stands in a record after it, sometimes after that of a shared formula.
    fn formula_text(&self, mut at: usize) -> Option<String> {
        for _ in 0..3 {
            let next = record(&self.stream, at)?;
            match next.kind {
                0x0207 => return self.text(next.data, false),
                0x04bc | 0x0221 | 0x0236 => at = next.next,
                _ => return None,
            }
        }
        None
    }

    fn number(&self, number: f64, style: Option<u16>) -> Cell {
        let is_date = style.and_then(|s| self.date_styles.get(usize::from(s))).copied().unwrap_or(false);
        let date = if is_date { serial_cell(number, self.epoch_1904) } else { None };
        date.unwrap_or(Cell::Number(number))
    }
}

/// A number in four bytes: the top of a double or a whole number, perhaps a hundredth of it.
fn packed_number(packed: u32) -> f64 {
    let value = if packed & 2 != 0 {
        #[expect(clippy::cast_possible_wrap, reason = "the sign is the top bit of the packed number")]
        let whole = packed as i32 >> 2;
        f64::from(whole)
    } else {
        f64::from_bits(u64::from(packed & 0xffff_fffc) << 32)
    };
    if packed & 1 != 0 { value / 100.0 } else { value }
}

fn error_text(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0f => "#VALUE!",
        0x17 => "#REF!",
        0x1d => "#NAME?",
        0x24 => "#NUM!",
        _ => "#N/A",
    }
}

/// A run of bytes cut over several records.
struct Segments<'s> {
    segments: Vec<&'s [u8]>,
    segment: usize,
    at: usize,
}

impl Segments<'_> {
    fn at_segment_end(&self) -> bool {
        self.segments.get(self.segment).is_none_or(|s| self.at >= s.len())
    }

    fn next_segment(&mut self) -> bool {
        self.segment += 1;
        self.at = 0;
        self.segment < self.segments.len()
    }

    fn u8(&mut self) -> Option<u8> {
        while self.at_segment_end() {
            if !self.next_segment() {
                return None;
            }
        }
        let byte = self.segments[self.segment][self.at];
        self.at += 1;
        Some(byte)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.u8()?, self.u8()?]))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes([self.u8()?, self.u8()?, self.u8()?, self.u8()?]))
    }

    fn skip(&mut self, mut bytes: u64) {
        while bytes > 0 {
            let Some(segment) = self.segments.get(self.segment) else { return };
            let here = segment.len().saturating_sub(self.at) as u64;
            let step = here.min(bytes);
            self.at += usize::try_from(step).unwrap_or(0);
            bytes -= step;
            if bytes > 0 && !self.next_segment() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_numbers() {
        assert_eq!(packed_number(0x3ff0_0000), 1.0);
        assert_eq!(packed_number((420_054_734 << 2) | 2), 420_054_734.0);
        assert_eq!(packed_number((12_345 << 2) | 3), 123.45);
        assert_eq!(packed_number(0xffff_fffe), -1.0);
    }

    #[test]
    fn a_text_cut_over_two_records_keeps_its_width() {
        let mut cursor = Segments { segments: vec![&[1, 2, 3], &[], &[4, 5]], segment: 0, at: 0 };
        assert_eq!(cursor.u16(), Some(0x0201));
        assert_eq!(cursor.u16(), Some(0x0403));
        cursor.skip(1);
        assert_eq!(cursor.u8(), None);
    }
}
