//! What a file is made of: encoding, separator, sheet, header row and columns, each of which a person may correct.

use crate::cell::{Cell, RowBuf, column_letter, is_blank};
use crate::columns::{fingerprint, is_known_header};
use crate::delimited::{self, Splitter};
use crate::limits::Limits;
use crate::note::{Note, NoteCode};
use crate::refusal::{Refusal, RefusalCode};
use crate::rows::{Walked, walk};
use crate::source::{Encoding, Kind, Source};
use crate::value::{NumberEvidence, NumberStyle, regime_word, yes_no_word};
use crate::workbook::{Sheet, TextForm, Which, Workbook, unknown_sheet};
use domain::text::Text;
use domain::{Siren, Siret};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

domain::closed_enum! {
    /// What most cells of a column hold.
    pub enum ColumnKind {
        Empty = "empty",
        Siren = "siren",
        Siret = "siret",
        VatNumber = "vat_number",
        Email = "email",
        Phone = "phone",
        Date = "date",
        Integer = "integer",
        Amount = "amount",
        YesNo = "yes_no",
        VatRegime = "vat_regime",
        Text = "text",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetInfo {
    pub name: String,
    /// Rows with something in them.
    pub rows: u32,
    pub visible: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub index: usize,
    pub letter: String,
    /// As it stands in the file; empty when the column has no name.
    pub header: String,
    /// Up to five different values.
    pub samples: Vec<String>,
    /// Cells with something in them.
    pub filled: u32,
    pub kind: ColumnKind,
    /// The decimal mark, when the values tell it.
    pub number_style: Option<NumberStyle>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct QuoteProblems {
    pub count: u32,
    pub first_line: u64,
}

/// What was found. [`Detection::options`] makes it the choice to read with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detection {
    pub kind: Kind,
    /// Delimited texts only.
    pub encoding: Option<Encoding>,
    pub separator: Option<char>,
    pub quote_problems: QuoteProblems,
    /// Workbooks only.
    pub sheets: Vec<SheetInfo>,
    pub sheet: Option<String>,
    /// The row that bears the names of the columns, as a spreadsheet numbers it; 0 when there is none.
    pub header_row: u32,
    pub columns: Vec<Column>,
    /// Rows that may be clients: skipped ones are not counted.
    pub row_count: u32,
    /// A name for "a file with these columns"; empty without a header.
    pub fingerprint: String,
    pub notes: Vec<Note>,
}

/// The choices of a person. What is left open is detected.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    pub encoding: Option<Encoding>,
    pub separator: Option<char>,
    pub sheet: Option<String>,
    /// 0: the file has no header row.
    pub header_row: Option<u32>,
    /// Decimal marks by column; see [`Column::number_style`].
    pub number_styles: BTreeMap<usize, NumberStyle>,
}

impl Detection {
    /// The same reading, with nothing left to detect.
    pub fn options(&self) -> Options {
        Options {
            encoding: self.encoding,
            separator: self.separator,
            sheet: self.sheet.clone(),
            header_row: Some(self.header_row),
            number_styles: self.columns.iter().filter_map(|c| Some((c.index, c.number_style?))).collect(),
        }
    }
}

/// Everything needed to read rows.
pub(crate) struct Resolved {
    pub form: TextForm,
    pub sheet: usize,
    pub header_row: u32,
    pub number_styles: BTreeMap<usize, NumberStyle>,
}

const HEAD_ROWS: usize = 60;
const HEAD_TEXT: usize = 96 * 1024;
const SAMPLES: usize = 5;
/// Enough to know what a column holds; counting goes on.
const CLASSIFIED: u32 = 2_000;
const SEPARATORS: [char; 4] = [';', '\t', ',', '|'];

pub(crate) fn resolve(source: &Source, options: &Options) -> Result<Resolved, Refusal> {
    let found = locate(source, options, false)?;
    Ok(Resolved {
        form: found.form,
        sheet: found.sheet,
        header_row: found.header_row,
        number_styles: options.number_styles.clone(),
    })
}

struct Located {
    form: TextForm,
    separator_found: bool,
    sheets: Vec<SheetInfo>,
    sheet: usize,
    header_row: u32,
}

/// Describes a file. Reads it whole, twice when it has several sheets.
pub fn detect(source: &Source, options: &Options) -> Result<Detection, Refusal> {
    let mut found = locate(source, options, true)?;
    let mut book = Workbook::open(source, found.form)?;
    let mut columns: Vec<Column> = Vec::new();
    let mut counts: Vec<Counts> = Vec::new();
    let mut evidence: Vec<NumberEvidence> = Vec::new();
    let (mut row_count, mut filled_rows) = (0u32, 0u32);
    let problems = walk(&mut book, found.sheet, found.header_row, None, &mut |walked| {
        match walked {
            Walked::Header(cells) => {
                filled_rows += 1;
                columns = cells.iter().enumerate().map(|(i, cell)| column(i, &header_text(cell))).collect();
            }
            Walked::Row(row) => {
                filled_rows += u32::from(!row.cells.is_empty());
                if row.skipped.is_some() {
                    return ControlFlow::Continue(());
                }
                row_count += 1;
                while columns.len() < row.cells.len() {
                    columns.push(column(columns.len(), ""));
                }
                counts.resize(columns.len(), Counts::default());
                evidence.resize(columns.len(), NumberEvidence::default());
                for (index, cell) in row.cells.iter().enumerate().filter(|(_, c)| !c.is_empty()) {
                    let column = &mut columns[index];
                    column.filled += 1;
                    sample(&mut column.samples, cell);
                    evidence[index].add(cell);
                    if column.filled <= CLASSIFIED {
                        counts[index].add(cell);
                    }
                }
            }
        }
        ControlFlow::Continue(())
    })?;
    for (index, column) in columns.iter_mut().enumerate() {
        column.kind = counts.get(index).map_or(ColumnKind::Empty, Counts::kind);
        column.number_style = evidence.get(index).and_then(NumberEvidence::style);
    }
    // A name over an empty column is a column; nothing at all over nothing is none.
    while columns.last().is_some_and(|c| c.header.is_empty() && c.filled == 0) {
        columns.pop();
    }

    let text = source.is_text();
    let mut notes = source.notes().to_vec();
    if text && !found.separator_found && columns.len() <= 1 {
        notes.push(Note::new(
            NoteCode::NoSeparator,
            "Aucun séparateur trouvé : le fichier est lu comme une seule colonne.",
            "No separator found: the file is read as a single column.",
        ));
    }
    if found.header_row == 0 {
        notes.push(Note::new(
            NoteCode::NoHeader,
            "Aucune ligne d’en-tête trouvée : les colonnes sont proposées d’après leur contenu.",
            "No header row found: columns are proposed from what they hold.",
        ));
    }
    if problems.count > 0 {
        notes.push(Note::new(
            NoteCode::QuoteRepaired,
            match problems.count {
                1 => format!("Une cellule aux guillemets mal placés, lue quand même (ligne {}).", problems.first_line),
                n => format!(
                    "{n} cellules aux guillemets mal placés, lues quand même (la première ligne {}).",
                    problems.first_line
                ),
            },
            match problems.count {
                1 => format!("One cell with misplaced quotes, read all the same (line {}).", problems.first_line),
                n => format!(
                    "{n} cells with misplaced quotes, read all the same (first on line {}).",
                    problems.first_line
                ),
            },
        ));
    }
    if found.sheets.len() == 1
        && let Some(sheet) = found.sheets.first_mut()
    {
        sheet.rows = sheet.rows.max(filled_rows);
    }
    let others = found.sheets.iter().enumerate().filter(|(i, s)| *i != found.sheet && s.rows > 0).count();
    if others > 0 {
        let name = &found.sheets[found.sheet].name;
        notes.push(Note::new(
            NoteCode::OtherSheets,
            match others {
                1 => format!("La feuille « {name} » est lue ; une autre feuille remplie ne l’est pas."),
                n => format!("La feuille « {name} » est lue ; {n} autres feuilles remplies ne le sont pas."),
            },
            match others {
                1 => format!("Sheet “{name}” is read; one other filled sheet is not."),
                n => format!("Sheet “{name}” is read; {n} other filled sheets are not."),
            },
        ));
    }
    Ok(Detection {
        kind: match source.kind() {
            Kind::Csv | Kind::Tsv if found.form.separator == '\t' => Kind::Tsv,
            kind => kind,
        },
        encoding: text.then_some(found.form.encoding),
        separator: text.then_some(found.form.separator),
        quote_problems: QuoteProblems { count: problems.count, first_line: problems.first_line },
        sheet: if text { None } else { found.sheets.get(found.sheet).map(|s| s.name.clone()) },
        sheets: if text { Vec::new() } else { found.sheets },
        header_row: found.header_row,
        fingerprint: if found.header_row == 0 {
            String::new()
        } else {
            fingerprint(columns.iter().map(|c| c.header.as_str()))
        },
        columns,
        row_count,
        notes,
    })
}

fn column(index: usize, header: &str) -> Column {
    Column {
        index,
        letter: column_letter(index),
        header: header.to_owned(),
        samples: Vec::new(),
        filled: 0,
        kind: ColumnKind::Empty,
        number_style: None,
    }
}

fn header_text(cell: &Cell) -> String {
    cell.shown().split_whitespace().collect::<Vec<_>>().join(" ").chars().take(120).collect()
}

fn sample(samples: &mut Vec<String>, cell: &Cell) {
    if samples.len() < SAMPLES {
        let shown = cell.shown();
        let text = shown.trim();
        if text.len() <= 80 && samples.iter().any(|s| s == text) {
            return;
        }
        let text: String = text.chars().take(80).collect();
        if !samples.contains(&text) {
            samples.push(text);
        }
    }
}

/// Finds how and where to read, from the options or from the first rows.
fn locate(source: &Source, options: &Options, describe: bool) -> Result<Located, Refusal> {
    let (form, separator_found) = text_form(source, options)?;
    let mut book = Workbook::open(source, form)?;
    let sheets = book.sheets();
    let mut infos: Vec<SheetInfo> =
        sheets.iter().map(|s| SheetInfo { name: s.name.clone(), rows: 0, visible: s.visible }).collect();
    let wanted = match &options.sheet {
        // A delimited text has no sheets to choose from.
        Some(name) if !source.is_text() => {
            Some(sheets.iter().position(|s| s.name == *name).ok_or_else(|| unknown_sheet(name, &sheets))?)
        }
        _ => None,
    };
    // Nothing to look for; a description still counts the rows of every sheet.
    let only_one = sheets.len() == 1;
    if let (Some(sheet), Some(header_row)) = (wanted.or(only_one.then_some(0)), options.header_row)
        && (only_one || !describe)
    {
        return Ok(Located { form, separator_found, sheets: infos, sheet, header_row });
    }

    let mut best: Option<(f64, usize, u32)> = None;
    let mut heads = Heads::new(&sheets, wanted);
    book.read(Which::All, &mut |sheet, number, row| {
        infos[sheet].rows += 1;
        heads.add(sheet, number, row, &mut best);
        // One sheet: its other rows are counted when its columns are described.
        if only_one && heads.head.len() >= HEAD_ROWS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    heads.close(&mut best);
    let (_, sheet, header_row) = best.unwrap_or((0.0, wanted.unwrap_or(0), 0));
    if best.is_none() {
        return Err(no_rows());
    }
    Ok(Located { form, separator_found, sheets: infos, sheet, header_row: options.header_row.unwrap_or(header_row) })
}

fn no_rows() -> Refusal {
    Refusal::new(
        RefusalCode::EmptyFile,
        Text::new("Le fichier ne contient aucune ligne remplie", "The file holds no filled row"),
        crate::refusal::table_expected(),
        Text::new("exportez à nouveau la liste depuis votre logiciel", "export the list again from your software"),
    )
}

fn text_form(source: &Source, options: &Options) -> Result<(TextForm, bool), Refusal> {
    let encoding = options.encoding.or(source.encoding()).unwrap_or(Encoding::Utf8);
    if !source.is_text() {
        return Ok((TextForm { encoding, separator: ';' }, true));
    }
    if let Some(separator) = options.separator {
        if !separator.is_ascii() || separator.is_ascii_alphanumeric() || matches!(separator, '"' | '\n' | '\r' | '\0') {
            return Err(Refusal::new(
                RefusalCode::BadOption,
                Text::new(
                    format!("« {separator} » ne peut pas séparer des colonnes"),
                    format!("“{separator}” cannot separate columns"),
                ),
                Text::new(
                    "point-virgule, tabulation, virgule ou barre verticale",
                    "semicolon, tab, comma or vertical bar",
                ),
                Text::new("choisissez un de ces séparateurs", "choose one of these separators"),
            ));
        }
        return Ok((TextForm { encoding, separator }, true));
    }
    let head = delimited::head(&source.path, encoding, HEAD_TEXT)?;
    let (separator, found) = choose_separator(&head, source.bytes() > HEAD_TEXT as u64);
    Ok((TextForm { encoding, separator }, found))
}

/// The separator that cuts the first lines into rows of one width, most of all under known headers.
fn choose_separator(head: &str, cut: bool) -> (char, bool) {
    // Spreadsheets obey a first line "sep=;", and write it.
    let first_line = head.lines().next().unwrap_or("").trim_matches('"');
    if let Some(mark) =
        first_line.strip_prefix("sep=").and_then(|rest| rest.chars().next()).filter(|c| SEPARATORS.contains(c))
    {
        return (mark, true);
    }
    let head = if cut { head.rsplit_once(['\n', '\r']).map_or(head, |(whole, _)| whole) } else { head };
    let limits = Limits { max_columns: 1_000, ..Limits::default() };
    let best = SEPARATORS
        .into_iter()
        .map(|separator| (separator, separator_score(head, separator, &limits)))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    match best {
        Some((separator, score)) if score > 0.0 => (separator, true),
        _ => (';', false),
    }
}

fn separator_score(head: &str, separator: char, limits: &Limits) -> f64 {
    let mut widths: Vec<u64> = Vec::new();
    let mut known = 0usize;
    let mut splitter = Splitter::new(separator, limits);
    let mut sink = |_: u32, row: &RowBuf| {
        known = known.max(row.cells().iter().filter(|c| is_known_header(&c.shown())).count());
        widths.push(row.width);
        if widths.len() < HEAD_ROWS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    // An error ends the sample early; what was read still counts.
    if matches!(splitter.feed(head, &mut sink), Ok(ControlFlow::Continue(()))) {
        let _ = splitter.finish(&mut sink);
    }
    let mut frequency: BTreeMap<u64, u32> = BTreeMap::new();
    for width in widths.iter().filter(|w| **w > 1) {
        *frequency.entry(*width).or_default() += 1;
    }
    let Some((width, count)) = frequency.into_iter().max_by_key(|(width, count)| (*count, *width)) else { return 0.0 };
    // Titles above the header are one cell wide whatever the separator.
    let titles = widths.iter().take_while(|w| **w == 1).count();
    let share = f64::from(count) / (widths.len() - titles).max(1) as f64;
    share * share * 10.0 + width.min(40) as f64 * 0.1 + known as f64 * 3.0
}

/// The first rows of each sheet in turn; only the best sheet so far is remembered.
struct Heads<'s> {
    sheets: &'s [Sheet],
    wanted: Option<usize>,
    current: usize,
    rows: u32,
    head: Vec<(u32, Vec<HeadCell>)>,
}

struct HeadCell {
    text: String,
    /// A number, a date, an address…: not the name of a column.
    data: bool,
}

impl<'s> Heads<'s> {
    fn new(sheets: &'s [Sheet], wanted: Option<usize>) -> Self {
        Self { sheets, wanted, current: 0, rows: 0, head: Vec::new() }
    }

    fn add(&mut self, sheet: usize, number: u32, row: &RowBuf, best: &mut Option<(f64, usize, u32)>) {
        if sheet != self.current {
            self.close(best);
            (self.current, self.rows) = (sheet, 0);
            self.head.clear();
        }
        self.rows += 1;
        if self.head.len() < HEAD_ROWS && self.wanted.is_none_or(|w| w == sheet) {
            let cells = row
                .cells()
                .iter()
                .map(|cell| HeadCell { text: cell.shown().trim().chars().take(100).collect(), data: is_data(cell) })
                .collect();
            self.head.push((number, cells));
        }
    }

    fn close(&mut self, best: &mut Option<(f64, usize, u32)>) {
        if self.head.is_empty() {
            return;
        }
        let (header_row, header_score) = find_header(&self.head);
        let visible = self.sheets.get(self.current).is_none_or(|s| s.visible);
        let score = header_score + f64::from(self.rows.min(500)) / 100.0 - if visible { 0.0 } else { 4.0 };
        if best.is_none_or(|(s, _, _)| score > s) {
            *best = Some((score, self.current, header_row));
        }
    }
}

fn is_data(cell: &Cell) -> bool {
    match cell {
        Cell::Empty => false,
        Cell::Number(_) | Cell::Date(_) | Cell::Moment(_) | Cell::Bool(_) | Cell::Error(_) => true,
        Cell::Text(text) => !matches!(classify_text(text), Class::Text | Class::YesNo),
    }
}

/// The header row among the first rows (0: none), and how sure it is: known words, no data, a width like that of the
/// rows below.
fn find_header(head: &[(u32, Vec<HeadCell>)]) -> (u32, f64) {
    let filled = |row: &[HeadCell]| row.iter().filter(|c| !is_blank(&c.text)).count();
    let mut best = (0u32, 0.0f64, 0usize);
    for (index, (number, row)) in head.iter().enumerate() {
        let names = filled(row);
        let mut below: Vec<usize> = head[index + 1..].iter().take(20).map(|(_, r)| filled(r)).collect();
        below.sort_unstable();
        let usual = below.get(below.len() / 2).copied().unwrap_or(names).max(1);
        let known = row.iter().filter(|c| !c.data && is_known_header(&c.text)).count();
        let data = row.iter().filter(|c| c.data).count();
        if names == 0 || data * 3 > names || (names == 1 && usual > 1) {
            continue;
        }
        let share = |n: usize| n as f64 / names as f64;
        let width = (names as f64 / usual as f64).min(1.0);
        // Known words must be most of the row: a title may hold one, a remark two.
        let score = known as f64 * 3.0 * share(known).max(0.3) + width * 3.0 - share(data) * 4.0 - index as f64 * 0.05;
        if score > best.1 {
            best = (*number, score, known);
        }
    }
    // Without a known word, a row of texts over rows of texts is a guess: only a first row that differs from what
    // follows is taken.
    if best.2 == 0 {
        let follows = head.iter().skip_while(|(n, _)| *n != best.0).skip(1).take(20);
        let with_data = follows.clone().filter(|(_, r)| r.iter().any(|c| c.data)).count();
        if best.0 == 0 || with_data * 2 < follows.count().max(1) {
            return (0, 0.0);
        }
    }
    (best.0, best.1)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Siren,
    SirenUnchecked,
    Siret,
    Vat,
    Email,
    Phone,
    Date,
    Integer,
    Amount,
    YesNo,
    Regime,
    Text,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    all: u32,
    siren: u32,
    siren_unchecked: u32,
    siret: u32,
    vat: u32,
    email: u32,
    phone: u32,
    date: u32,
    integer: u32,
    amount: u32,
    yes_no: u32,
    regime: u32,
    regime_words: u32,
}

impl Counts {
    fn add(&mut self, cell: &Cell) {
        self.all += 1;
        let class = match cell {
            Cell::Empty | Cell::Error(_) => Class::Text,
            Cell::Date(_) | Cell::Moment(_) => Class::Date,
            Cell::Bool(_) => Class::YesNo,
            Cell::Number(n) if n.fract() != 0.0 => Class::Amount,
            Cell::Number(_) => classify_text(&cell.shown()),
            Cell::Text(text) => {
                let class = classify_text(text);
                if class == Class::Regime && text.trim().chars().count() > 2 {
                    self.regime_words += 1;
                }
                class
            }
        };
        *match class {
            Class::Siren => &mut self.siren,
            Class::SirenUnchecked => &mut self.siren_unchecked,
            Class::Siret => &mut self.siret,
            Class::Vat => &mut self.vat,
            Class::Email => &mut self.email,
            Class::Phone => &mut self.phone,
            Class::Date => &mut self.date,
            Class::Integer => &mut self.integer,
            Class::Amount => &mut self.amount,
            Class::YesNo => &mut self.yes_no,
            Class::Regime => &mut self.regime,
            Class::Text => return,
        } += 1;
    }

    fn kind(&self) -> ColumnKind {
        let most = |n: u32| n * 10 >= self.all * 8;
        let identifiers = self.siren + self.siren_unchecked + self.siret;
        if self.all == 0 {
            ColumnKind::Empty
        } else if most(identifiers) && (self.siren + self.siret) * 10 >= identifiers * 7 {
            // One number in ten passes the check by chance; a column of amounts does not pass it seven times in ten.
            if self.siret > self.siren + self.siren_unchecked { ColumnKind::Siret } else { ColumnKind::Siren }
        } else if most(self.vat) {
            ColumnKind::VatNumber
        } else if most(self.email) {
            ColumnKind::Email
        } else if most(self.phone) {
            ColumnKind::Phone
        } else if most(self.date) {
            ColumnKind::Date
        } else if most(self.yes_no) && self.integer == 0 {
            ColumnKind::YesNo
        } else if most(self.regime) && self.regime_words > 0 {
            ColumnKind::VatRegime
        } else if most(self.integer + self.siren_unchecked + self.siren + self.yes_no) && self.integer > 0 {
            ColumnKind::Integer
        } else if most(self.amount + self.integer + self.siren_unchecked + self.siren) && self.amount > 0 {
            ColumnKind::Amount
        } else {
            ColumnKind::Text
        }
    }
}

fn classify_text(text: &str) -> Class {
    let trimmed = text.trim();
    if trimmed.len() > 60 {
        return Class::Text;
    }
    if trimmed.contains('@') {
        return if crate::value::is_email(trimmed) { Class::Email } else { Class::Text };
    }
    let digits: String = trimmed.chars().filter(|c| !c.is_whitespace() && !matches!(c, '.' | '-')).collect();
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        // A dot may be a decimal mark.
        let plain = !trimmed.contains('.') || digits.len() == 9 && trimmed.matches('.').count() == 2;
        match digits.len() {
            9 if plain => {
                return if Siren::parse(&digits).is_ok_and(|s| s.is_checked()) {
                    Class::Siren
                } else {
                    Class::SirenUnchecked
                };
            }
            14 if plain && Siret::parse(&digits).is_ok() => return Class::Siret,
            10 if digits.starts_with('0') => return Class::Phone,
            1 if plain && matches!(digits.as_str(), "0" | "1") => return Class::YesNo,
            _ => {}
        }
        if crate::value::is_date(trimmed) {
            return Class::Date;
        }
        return if trimmed.contains('.') { Class::Amount } else { Class::Integer };
    }
    let upper = trimmed.as_bytes();
    if upper.len() >= 13
        && upper[..2].eq_ignore_ascii_case(b"FR")
        && digits.len() == 13
        && digits.is_ascii()
        && digits[4..].bytes().all(|b| b.is_ascii_digit())
    {
        return Class::Vat;
    }
    if trimmed.starts_with("+33") || trimmed.starts_with("0033") {
        return Class::Phone;
    }
    if crate::value::is_date(trimmed) {
        return Class::Date;
    }
    if trimmed.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '(' | '+' | '€' | '−'))
        && crate::value::is_number(trimmed)
    {
        return if trimmed.contains([',', '.', '€']) { Class::Amount } else { Class::Integer };
    }
    if trimmed.len() <= 8 && yes_no_word(trimmed).is_some() {
        return Class::YesNo;
    }
    if trimmed.len() <= 48 && regime_word(trimmed).is_some() {
        return Class::Regime;
    }
    Class::Text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_by_their_effect() {
        let choose = |text: &str| choose_separator(text, false).0;
        assert_eq!(choose("Titre\nCode;CA HT;Bilan\nA;1,5;2,5\nB;3,5;4,5\n"), ';');
        assert_eq!(choose("code,name,siren\n1,\"Dupont; fils\",732829320\n2,\"X, Y\",732829320\n"), ',');
        assert_eq!(choose("reference\tdenomination\na\tX, Y\nb\tZ; W\n"), '\t');
        assert_eq!(choose("code|nom\na|b\nc|d\n"), '|');
        assert_eq!(choose("\"sep=,\"\na;b,c\n"), ',');
        assert_eq!(choose_separator("732829320\n552100554\n", false), (';', false));
    }

    #[test]
    fn words_and_numbers_are_told_apart() {
        for (text, class) in [
            ("732 829 320", Class::Siren),
            ("123456789", Class::SirenUnchecked),
            ("73282932000074", Class::Siret),
            ("FR44732829320", Class::Vat),
            ("a@b.fr", Class::Email),
            ("01 23 45 67 89", Class::Phone),
            ("31/12/2025", Class::Date),
            ("3 882 012,00", Class::Amount),
            ("1234.56", Class::Amount),
            ("25", Class::Integer),
            ("oui", Class::YesNo),
            ("Réel simplifié", Class::Regime),
            ("Boulangerie", Class::Text),
            ("B00012", Class::Text),
        ] {
            assert_eq!(classify_text(text), class, "{text}");
        }
    }
}
