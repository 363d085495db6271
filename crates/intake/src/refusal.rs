//! Why a whole file is refused: what, where, what was expected, how to fix it.

use domain::text::{Lang, Text};
use serde::{Deserialize, Serialize};

domain::closed_enum! {
    pub enum RefusalCode {
        Unreadable = "unreadable",
        EmptyFile = "empty_file",
        FileTooLarge = "file_too_large",
        UnsupportedFormat = "unsupported_format",
        WrongExtension = "wrong_extension",
        NotATable = "not_a_table",
        Encrypted = "encrypted",
        Damaged = "damaged",
        InflatesTooMuch = "inflates_too_much",
        TooManyRows = "too_many_rows",
        TooManyColumns = "too_many_columns",
        CellTooLong = "cell_too_long",
        BrokenQuotes = "broken_quotes",
        BinaryContent = "binary_content",
        UnknownSheet = "unknown_sheet",
        UnknownHeaderRow = "unknown_header_row",
        UnknownColumn = "unknown_column",
        BadOption = "bad_option",
    }
}

/// A whole file refused. Its words are made for the person who dropped it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub code: RefusalCode,
    /// Apart, so that the error of every reader stays small.
    #[serde(flatten)]
    words: Box<RefusalWords>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalWords {
    /// What is wrong, with the refused value.
    pub what: Text,
    /// Line, cell or part, when it is known.
    pub place: Option<Text>,
    pub expected: Text,
    pub fix: Text,
}

impl Refusal {
    pub fn new(code: RefusalCode, what: Text, expected: Text, fix: Text) -> Self {
        Self { code, words: Box::new(RefusalWords { what, place: None, expected, fix }) }
    }

    pub fn at(mut self, place: Text) -> Self {
        self.place = Some(place);
        self
    }

    pub fn sentence(&self, lang: Lang) -> String {
        let place = self.place.as_ref().map(|p| format!(" ({})", p.get(lang))).unwrap_or_default();
        let (what, expected, fix) = (self.what.get(lang), self.expected.get(lang), self.fix.get(lang));
        match lang {
            Lang::Fr => format!("{what}{place}. Attendu : {expected}. À faire : {fix}."),
            Lang::En => format!("{what}{place}. Expected: {expected}. What to do: {fix}."),
        }
    }
}

impl std::ops::Deref for Refusal {
    type Target = RefusalWords;
    fn deref(&self) -> &RefusalWords {
        &self.words
    }
}

impl std::ops::DerefMut for Refusal {
    fn deref_mut(&mut self) -> &mut RefusalWords {
        &mut self.words
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence(Lang::Fr))
    }
}

impl std::error::Error for Refusal {}

/// A refusal raised inside a reader travels in an `io::Error`: this takes it out again.
impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        if let Some(refusal) = error.get_ref().and_then(|e| e.downcast_ref::<Refusal>()) {
            return refusal.clone();
        }
        match error.kind() {
            std::io::ErrorKind::InvalidData | std::io::ErrorKind::InvalidInput | std::io::ErrorKind::UnexpectedEof => {
                damaged("le contenu compressé", "the compressed content")
            }
            kind => Refusal::new(
                RefusalCode::Unreadable,
                Text::new(
                    format!("Le fichier ne peut pas être lu : {kind}"),
                    format!("The file cannot be read: {kind}"),
                ),
                Text::new("un fichier lisible par le serveur", "a file that the server can read"),
                Text::new("déposez le fichier à nouveau", "drop the file again"),
            ),
        }
    }
}

/// "1 234 567" with the thin space of the language.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    out
}

pub(crate) fn megabytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) / (1024 * 1024);
    if tenths.is_multiple_of(10) { grouped(tenths / 10) } else { format!("{},{}", grouped(tenths / 10), tenths % 10) }
}

pub(crate) fn table_expected() -> Text {
    Text::new("un tableau CSV, TSV, XLSX, XLS ou ODS", "a CSV, TSV, XLSX, XLS or ODS table")
}

pub(crate) fn save_as_xlsx() -> Text {
    Text::new(
        "ouvrez le fichier dans votre tableur et enregistrez-le au format .xlsx ou .csv",
        "open the file in your spreadsheet program and save it as .xlsx or .csv",
    )
}

pub(crate) fn damaged(fr: &str, en: &str) -> Refusal {
    Refusal::new(
        RefusalCode::Damaged,
        Text::new(
            format!("Le fichier est abîmé : {fr} est illisible"),
            format!("The file is damaged: {en} is unreadable"),
        ),
        table_expected(),
        Text::new(
            "exportez à nouveau la liste depuis votre logiciel, ou ouvrez-la dans un tableur et enregistrez-la au format .xlsx",
            "export the list again from your software, or open it in a spreadsheet program and save it as .xlsx",
        ),
    )
}

pub(crate) fn too_many_rows(limit: u32, sheet: Option<&str>) -> Refusal {
    let limit_words = grouped(u64::from(limit));
    let refusal = Refusal::new(
        RefusalCode::TooManyRows,
        Text::new(
            format!("Le tableau a plus de {limit_words} lignes"),
            format!("The table has more than {limit_words} rows"),
        ),
        Text::new(format!("au plus {limit_words} lignes remplies"), format!("at most {limit_words} filled rows")),
        Text::new(
            "partagez la liste en plusieurs fichiers, ou supprimez les lignes qui ne sont pas des clients",
            "split the list into several files, or remove the rows that are not clients",
        ),
    );
    match sheet {
        Some(name) => refusal.at(sheet_place(name)),
        None => refusal,
    }
}

pub(crate) fn too_many_columns(seen: u64, limit: u32, place: Text) -> Refusal {
    let (seen, limit) = (grouped(seen), grouped(u64::from(limit)));
    Refusal::new(
        RefusalCode::TooManyColumns,
        Text::new(format!("Le tableau a {seen} colonnes"), format!("The table has {seen} columns")),
        Text::new(format!("au plus {limit} colonnes remplies"), format!("at most {limit} filled columns")),
        Text::new(
            "supprimez les colonnes inutiles, ou vérifiez que le bon séparateur est choisi",
            "remove the columns that are not needed, or check that the right separator is chosen",
        ),
    )
    .at(place)
}

pub(crate) fn cell_too_long(limit: usize, place: Text) -> Refusal {
    let limit = grouped(limit as u64);
    Refusal::new(
        RefusalCode::CellTooLong,
        Text::new(format!("Une cellule dépasse {limit} octets"), format!("A cell is longer than {limit} bytes")),
        Text::new(format!("au plus {limit} octets par cellule"), format!("at most {limit} bytes per cell")),
        Text::new(
            "raccourcissez cette cellule, ou vérifiez que le fichier est bien un tableau ligne par ligne",
            "shorten that cell, or check that the file is a table with one record per line",
        ),
    )
    .at(place)
}

pub(crate) fn line_place(line: u64) -> Text {
    Text::new(format!("ligne {}", grouped(line)), format!("line {}", grouped(line)))
}

pub(crate) fn sheet_place(sheet: &str) -> Text {
    let sheet: String = sheet.chars().take(80).collect();
    Text::new(format!("feuille « {sheet} »"), format!("sheet “{sheet}”"))
}

pub(crate) fn row_place(sheet: &str, row: u32) -> Text {
    let (sheet, row): (String, _) = (sheet.chars().take(80).collect(), grouped(u64::from(row)));
    Text::new(format!("feuille « {sheet} », ligne {row}"), format!("sheet “{sheet}”, row {row}"))
}
