//! ODS, row by row, straight from `content.xml`.
//!
//! The format says "this row, 1,048,576 times" in a few bytes. Empty repeats only move the row number; filled ones
//! are given one by one and meet the limit of rows; nothing is ever expanded in memory.

use crate::cell::Cell;
use crate::package::{self, Archive, Budget, Xml, attribute};
use crate::refusal::{Refusal, damaged};
use crate::source::Source;
use crate::workbook::{Sheet, SheetRows, Sink, Which};
use chrono::NaiveDate;
use quick_xml::events::{BytesStart, Event};
use std::collections::HashSet;
use std::io::Read;
use std::ops::ControlFlow;

pub(crate) struct Ods<'a> {
    source: &'a Source,
    sheets: Vec<Sheet>,
}

impl<'a> Ods<'a> {
    pub fn open(source: &'a Source) -> Result<Self, Refusal> {
        let mut sheets = Vec::new();
        let mut hidden_styles = HashSet::new();
        let mut style = None;
        let mut archive = package::open(&source.path)?;
        let mut xml = content(&mut archive, source)?;
        loop {
            match xml.next()? {
                Event::Start(e) => match e.local_name().as_ref() {
                    "style" => style = attribute(&e, "style:name")?,
                    "table-properties" if hidden_styles.len() < 1_000 => {
                        if attribute(&e, "table:display")?.as_deref() == Some("false")
                            && let Some(name) = style.take()
                        {
                            hidden_styles.insert(name);
                        }
                    }
                    "table" if is_sheet(&xml_name(&e)) => {
                        if sheets.len() >= 1_000 {
                            return Err(damaged(
                                "la liste des feuilles (plus de 1 000)",
                                "the list of sheets (more than 1,000)",
                            ));
                        }
                        let visible =
                            attribute(&e, "table:style-name")?.is_none_or(|style| !hidden_styles.contains(&style));
                        let name = attribute(&e, "table:name")?.unwrap_or_default().chars().take(200).collect();
                        sheets.push(Sheet { name, visible });
                        drop(e);
                        skip(&mut xml)?;
                    }
                    _ => {}
                },
                Event::Eof => break,
                _ => {}
            }
        }
        Ok(Self { source, sheets })
    }

    pub fn sheets(&self) -> Vec<Sheet> {
        self.sheets.clone()
    }

    pub fn read(&mut self, which: Which, sink: &mut Sink<'_>) -> Result<(), Refusal> {
        let mut archive = package::open(&self.source.path)?;
        let mut xml = content(&mut archive, self.source)?;
        let mut rows = SheetRows::new(&self.source.limits);
        let mut index = 0;
        loop {
            match xml.next()? {
                Event::Start(e) if is_sheet(&xml_name(&e)) => {
                    drop(e);
                    let Some(sheet) = self.sheets.get(index) else { return Ok(()) };
                    if which == Which::All || which == Which::One(index) {
                        rows.next_sheet();
                        let name = sheet.name.clone();
                        if read_table(&mut xml, &mut rows, index, &name, sink)?.is_break() {
                            return Ok(());
                        }
                        if which != Which::All {
                            return Ok(());
                        }
                    } else {
                        skip(&mut xml)?;
                    }
                    index += 1;
                }
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }
}

fn content<'x>(
    archive: &'x mut Archive,
    source: &Source,
) -> Result<Xml<zip::read::ZipFile<'x, std::io::BufReader<std::fs::File>>>, Refusal> {
    let index = archive.index_for_name("content.xml").ok_or_else(|| damaged("content.xml", "content.xml"))?;
    package::part(archive, index, &Budget::new(&source.limits), None)
}

fn xml_name(e: &BytesStart<'_>) -> String {
    e.name().as_ref().to_owned()
}

/// `table:table`, whatever the prefix; `draw:…` and `office:…` have other local names.
fn is_sheet(name: &str) -> bool {
    name == "table:table"
}

/// Leaves the element that was just started.
fn skip<R: Read>(xml: &mut Xml<R>) -> Result<(), Refusal> {
    let outside = xml.depth() - 1;
    while xml.depth() > outside {
        if matches!(xml.next()?, Event::Eof) {
            return Err(damaged("content.xml", "content.xml"));
        }
    }
    Ok(())
}

fn repeat(e: &BytesStart<'_>, name: &str) -> Result<u64, Refusal> {
    // More digits than a number holds still means "many".
    Ok(attribute(e, name)?.map_or(1, |n| n.trim().parse().unwrap_or(u64::MAX).max(1)))
}

fn read_table<R: Read>(
    xml: &mut Xml<R>,
    rows: &mut SheetRows<'_>,
    sheet: usize,
    name: &str,
    sink: &mut Sink<'_>,
) -> Result<ControlFlow<()>, Refusal> {
    let outside = xml.depth() - 1;
    let mut number: u64 = 1;
    while xml.depth() > outside {
        match xml.next()? {
            Event::Start(e) => match e.name().as_ref() {
                "table:table-row" => {
                    let times = repeat(&e, "table:number-rows-repeated")?;
                    drop(e);
                    let at = u32::try_from(number).unwrap_or(u32::MAX);
                    read_row(xml, rows, name, at)?;
                    let shown = u32::try_from(times).unwrap_or(u32::MAX);
                    if rows.emit(sheet, name, at, shown, sink)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                    number = number.saturating_add(times);
                }
                "table:table-rows" | "table:table-header-rows" | "table:table-row-group" => {}
                // Columns, shapes, forms, sources: nothing that a list holds.
                _ => {
                    drop(e);
                    skip(xml)?;
                }
            },
            Event::Eof => return Err(damaged("content.xml", "content.xml")),
            _ => {}
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn read_row<R: Read>(xml: &mut Xml<R>, rows: &mut SheetRows<'_>, sheet: &str, number: u32) -> Result<(), Refusal> {
    let outside = xml.depth() - 1;
    let mut column: u64 = 0;
    let mut text = String::new();
    while xml.depth() > outside {
        match xml.next()? {
            Event::Start(e) => match e.name().as_ref() {
                "table:table-cell" | "table:covered-table-cell" => {
                    let times = repeat(&e, "table:number-columns-repeated")?;
                    let kind = attribute(&e, "office:value-type")?.unwrap_or_default();
                    let error = attribute(&e, "calcext:value-type")?.as_deref() == Some("error");
                    let value = match kind.as_str() {
                        "float" | "percentage" | "currency" => attribute(&e, "office:value")?,
                        "date" => attribute(&e, "office:date-value")?,
                        "boolean" => attribute(&e, "office:boolean-value")?,
                        "string" => attribute(&e, "office:string-value")?,
                        _ => None,
                    };
                    drop(e);
                    read_text(xml, &mut text, rows_limit(rows))?;
                    let cell = match (kind.as_str(), value) {
                        _ if error => Cell::Error(text.clone()),
                        ("float" | "percentage" | "currency", Some(v)) => {
                            v.trim().parse().map_or_else(|_| Cell::from(text.as_str()), Cell::Number)
                        }
                        ("date", Some(v)) => iso_cell(&v).unwrap_or_else(|| Cell::from(text.as_str())),
                        ("boolean", Some(v)) => Cell::Bool(v.trim() == "true"),
                        ("string", Some(v)) if text.is_empty() => Cell::from(v.as_str()),
                        _ => Cell::from(text.as_str()),
                    };
                    if !cell.is_empty() {
                        for n in 0..times {
                            let at = column.saturating_add(n);
                            if !rows.keeps(at) {
                                // Counted to its end, so that the refusal tells the real width.
                                rows.keeps(column.saturating_add(times - 1).min(u64::from(u32::MAX)));
                                break;
                            }
                            let at = usize::try_from(at).unwrap_or(usize::MAX);
                            match &cell {
                                Cell::Text(text) => rows.text(at, text, sheet, number)?,
                                cell => rows.row.set(at, cell.clone()),
                            }
                        }
                    }
                    column = column.saturating_add(times);
                }
                _ => {
                    drop(e);
                    skip(xml)?;
                }
            },
            Event::Eof => return Err(damaged("content.xml", "content.xml")),
            _ => {}
        }
    }
    Ok(())
}

/// One byte past the limit is enough to be refused, and all that is kept.
fn rows_limit(rows: &SheetRows<'_>) -> usize {
    rows.max_cell_bytes() + 1
}

/// The text of the cell that was just started: its paragraphs, without comments and drawings.
fn read_text<R: Read>(xml: &mut Xml<R>, text: &mut String, limit: usize) -> Result<(), Refusal> {
    text.clear();
    let outside = xml.depth() - 1;
    let mut paragraphs = 0;
    while xml.depth() > outside {
        let push = |text: &mut String, piece: &str| {
            if text.len() < limit {
                text.push_str(piece);
            }
        };
        match xml.next()? {
            Event::Start(e) => match e.local_name().as_ref() {
                "p" | "h" => {
                    if paragraphs > 0 {
                        push(text, "\n");
                    }
                    paragraphs += 1;
                }
                "s" => {
                    let spaces = repeat(&e, "text:c")?.min(1_000);
                    push(text, &" ".repeat(usize::try_from(spaces).unwrap_or(1)));
                }
                "tab" => push(text, "\t"),
                "line-break" => push(text, "\n"),
                "span" | "a" | "meta" | "meta-field" | "date" | "time" | "sheet-name" => {}
                _ => {
                    drop(e);
                    skip(xml)?;
                }
            },
            Event::Text(t) if paragraphs > 0 => push(text, &t.xml10_content()),
            Event::CData(t) if paragraphs > 0 => push(text, &t.xml10_content()),
            Event::GeneralRef(r) if paragraphs > 0 => {
                if let Ok(Some(c)) = r.resolve_char_ref() {
                    push(text, c.encode_utf8(&mut [0; 4]));
                } else if let Some(piece) = quick_xml::escape::resolve_predefined_entity(&r) {
                    push(text, piece);
                }
            }
            Event::Eof => return Err(damaged("content.xml", "content.xml")),
            _ => {}
        }
    }
    Ok(())
}

fn iso_date(value: &str) -> Option<NaiveDate> {
    let day = value.trim().get(..10)?;
    let mut parts = day.split('-');
    let (y, m, d) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    NaiveDate::from_ymd_opt(y, m, d)
}

/// The same with its hour, where there is one: `2026-10-18T14:32:00`.
fn iso_cell(value: &str) -> Option<Cell> {
    let day = iso_date(value)?;
    let time = value.trim().get(11..19).and_then(|t| t.parse::<chrono::NaiveTime>().ok());
    Some(match time {
        Some(time) if time != chrono::NaiveTime::MIN => Cell::Moment(day.and_time(time)),
        _ => Cell::Date(day),
    })
}
