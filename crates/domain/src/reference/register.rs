//! The register of platforms: names, state, date. A newer file replaces the one that comes with the program.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Confidence;
use crate::{Text, fold};

closed_enum! {
    /// State of a platform in the public register.
    pub enum PlatformState { Registered = "registered", Pending = "pending" }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Platform {
    pub name: String,
    #[serde(default)]
    pub aliases: Vec<String>,
    pub state: PlatformState,
    #[serde(default)]
    pub registered_on: Option<NaiveDate>,
    #[serde(default)]
    pub place: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlatformRegister {
    pub as_of: NaiveDate,
    pub source: String,
    pub confidence: Confidence,
    pub rows: Vec<Platform>,
    #[serde(skip)]
    by_name: HashMap<String, usize>,
    #[serde(skip)]
    edition: String,
}

/// A row of a register file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegisterError {
    /// Line of the file, from 1; 0 when the file as a whole is refused.
    pub line: usize,
    pub column: String,
    /// The refused value.
    pub value: String,
    pub message: Text,
}

/// A platform that two registers say differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlatformChange {
    pub name: String,
    pub before: PlatformState,
    pub after: PlatformState,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegisterChanges {
    pub added: Vec<String>,
    pub removed: Vec<String>,
    pub changed: Vec<PlatformChange>,
}

impl RegisterChanges {
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

fn refused(line: usize, column: &str, value: &str, fr: impl Into<String>, en: impl Into<String>) -> RegisterError {
    let value = value.chars().take(80).collect();
    RegisterError { line, column: column.to_owned(), value, message: Text::new(fr, en) }
}

/// Words of the register's files for a state.
fn state(word: &str) -> Option<PlatformState> {
    match fold(word).as_str() {
        "immatriculation definitive" | "definitive" | "immatriculee" | "registered" => Some(PlatformState::Registered),
        "dossier en attente"
        | "immatriculation en attente"
        | "en attente"
        | "sous reserve"
        | "immatriculation sous reserve"
        | "pending" => Some(PlatformState::Pending),
        _ => None,
    }
}

/// Day of a register file: 2026-09-07 or 07/09/2026.
fn day(word: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(word, "%Y-%m-%d").or_else(|_| NaiveDate::parse_from_str(word, "%d/%m/%Y")).ok()
}

/// Records of a delimited text with the line on which each starts; quotes may hold separators and line breaks.
fn records(text: &str, separator: char) -> Vec<(usize, Vec<String>)> {
    let (mut out, mut record, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut line, mut start, mut quoted) = (1, 1, false);
    let mut chars = text.chars().peekable();
    let mut end = |record: &mut Vec<String>, cell: &mut String, start: usize| {
        record.push(std::mem::take(cell).trim().to_owned());
        let record = std::mem::take(record);
        if record.iter().any(|c| !c.is_empty()) {
            out.push((start, record));
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            '\n' if !quoted => {
                end(&mut record, &mut cell, start);
                line += 1;
                start = line;
            }
            c if c == separator && !quoted => record.push(std::mem::take(&mut cell).trim().to_owned()),
            '\r' if !quoted => {}
            c => {
                line += usize::from(c == '\n');
                cell.push(c);
            }
        }
    }
    end(&mut record, &mut cell, start);
    out
}

impl PlatformRegister {
    pub fn new(as_of: NaiveDate, source: impl Into<String>, confidence: Confidence, rows: Vec<Platform>) -> Self {
        Self { as_of, source: source.into(), confidence, rows, by_name: HashMap::new(), edition: String::new() }
            .indexed()
    }

    /// Makes names findable; needed once after reading from JSON.
    pub fn indexed(mut self) -> Self {
        self.by_name.clear();
        for (i, platform) in self.rows.iter().enumerate() {
            for alias in &platform.aliases {
                self.by_name.entry(fold(alias)).or_insert(i);
            }
        }
        for (i, platform) in self.rows.iter().enumerate() {
            self.by_name.insert(fold(&platform.name), i);
        }
        // Rows of text, states and days are always written.
        let rows = serde_json::to_vec(&self.rows).unwrap_or_default();
        self.edition = Sha256::digest(rows).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        self
    }

    /// Names the content: evaluations by another one are made anew.
    pub fn edition(&self) -> &str {
        &self.edition
    }

    pub fn by_folded_name(&self, folded: &str) -> Option<&Platform> {
        self.by_name.get(folded).map(|i| &self.rows[*i])
    }

    /// The platform that bears this name, in any case and with or without accents.
    pub fn find(&self, name: &str) -> Option<&Platform> {
        self.by_folded_name(&fold(name))
    }

    /// Reads a register: the form of `reference/platforms.json`, or CSV with the columns nom, statut,
    /// date_immatriculation, localisation. `as_of` and `source` stand when the file does not say them.
    pub fn parse(text: &str, as_of: NaiveDate, source: &str) -> Result<Self, Vec<RegisterError>> {
        let text = text.trim_start_matches('\u{feff}');
        if text.trim_start().starts_with('{') {
            return Self::parse_json(text);
        }
        let header = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
        let separator = [';', '\t', ','].into_iter().max_by_key(|s| header.matches(*s).count()).unwrap_or(';');
        let mut records = records(text, separator).into_iter();
        let columns: Vec<String> =
            records.next().map(|(_, cells)| cells.iter().map(|c| fold(c)).collect()).unwrap_or_default();
        let place = |names: &[&str]| columns.iter().position(|c| names.contains(&c.as_str()));
        let (Some(name_at), Some(state_at)) =
            (place(&["nom", "name", "denomination", "plateforme"]), place(&["statut", "state", "etat"]))
        else {
            return Err(vec![refused(
                1,
                "",
                header,
                "Une première ligne nommant au moins les colonnes nom et statut est attendue, par exemple : nom;statut;date_immatriculation;localisation.",
                "A first line naming at least the columns nom and statut is expected, for example: nom;statut;date_immatriculation;localisation.",
            )]);
        };
        let day_at = place(&["date immatriculation", "registered on", "date"]);
        let place_at = place(&["localisation", "place", "lieu"]);
        let (mut rows, mut errors) = (Vec::new(), Vec::new());
        for (line, cells) in records {
            let cell = |at: Option<usize>| at.and_then(|i| cells.get(i)).map(String::as_str).unwrap_or_default();
            let (name, word, date) = (cell(Some(name_at)), cell(Some(state_at)), cell(day_at));
            if name.is_empty() {
                errors.push(refused(
                    line,
                    "nom",
                    name,
                    "Le nom de la plateforme est requis.",
                    "The name of the platform is required.",
                ));
                continue;
            }
            let Some(state) = state(word) else {
                errors.push(refused(
                    line,
                    "statut",
                    word,
                    format!("« {word} » : attendu immatriculation_definitive ou dossier_en_attente."),
                    format!("« {word} »: expected immatriculation_definitive or dossier_en_attente."),
                ));
                continue;
            };
            let registered_on = day(date);
            if registered_on.is_none() && !date.is_empty() {
                errors.push(refused(
                    line,
                    "date_immatriculation",
                    date,
                    format!("« {date} » : une date AAAA-MM-JJ ou JJ/MM/AAAA est attendue."),
                    format!("« {date} »: a date YYYY-MM-DD or DD/MM/YYYY is expected."),
                ));
                continue;
            }
            let place = Some(cell(place_at)).filter(|p| !p.is_empty()).map(str::to_owned);
            rows.push((line, Platform { name: name.to_owned(), aliases: Vec::new(), state, registered_on, place }));
        }
        Self::checked(rows, errors).map(|rows| Self::new(as_of, source, Confidence::Medium, rows))
    }

    fn parse_json(text: &str) -> Result<Self, Vec<RegisterError>> {
        let register: Self = serde_json::from_str(text).map_err(|e| {
            vec![refused(
                e.line(),
                "",
                &e.to_string(),
                format!("JSON refusé : {e}. Attendu : as_of, source, confidence (H ou M) et rows, chaque ligne avec name et state (registered ou pending)."),
                format!("JSON refused: {e}. Expected: as_of, source, confidence (H or M) and rows, each with name and state (registered or pending)."),
            )]
        })?;
        let rows = register.rows.into_iter().enumerate().map(|(i, p)| (i + 1, p)).collect();
        Self::checked(rows, Vec::new())
            .map(|rows| Self::new(register.as_of, register.source, register.confidence, rows))
    }

    /// No name twice, and a register that is not empty.
    fn checked(
        rows: Vec<(usize, Platform)>,
        mut errors: Vec<RegisterError>,
    ) -> Result<Vec<Platform>, Vec<RegisterError>> {
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (line, platform) in &rows {
            if let Some(first) = seen.insert(fold(&platform.name), *line) {
                errors.push(refused(
                    *line,
                    "nom",
                    &platform.name,
                    format!(
                        "« {} » est déjà à la ligne {first} : gardez une seule ligne par plateforme.",
                        platform.name
                    ),
                    format!("« {} » is already on line {first}: keep one line per platform.", platform.name),
                ));
            }
        }
        if rows.is_empty() && errors.is_empty() {
            errors.push(refused(0, "", "", "Aucune plateforme dans ce fichier.", "No platform in this file."));
        }
        if errors.is_empty() { Ok(rows.into_iter().map(|(_, p)| p).collect()) } else { Err(errors) }
    }

    /// Keeps the other spellings that an older register knew: public lists do not carry them.
    pub fn with_aliases_of(mut self, older: &PlatformRegister) -> Self {
        for platform in &mut self.rows {
            if let Some(known) = older.find(&platform.name).filter(|_| platform.aliases.is_empty()) {
                platform.aliases.clone_from(&known.aliases);
            }
        }
        self.indexed()
    }

    /// What changed from an older register to this one, in the order of names.
    pub fn changes_since(&self, older: &PlatformRegister) -> RegisterChanges {
        let mut changes = RegisterChanges::default();
        let index = |r: &PlatformRegister| -> HashMap<String, PlatformState> {
            r.rows.iter().map(|p| (fold(&p.name), p.state)).collect()
        };
        let (before, after) = (index(older), index(self));
        for platform in &self.rows {
            match before.get(&fold(&platform.name)) {
                None => changes.added.push(platform.name.clone()),
                Some(state) if *state != platform.state => changes.changed.push(PlatformChange {
                    name: platform.name.clone(),
                    before: *state,
                    after: platform.state,
                }),
                Some(_) => {}
            }
        }
        for platform in &older.rows {
            if !after.contains_key(&fold(&platform.name)) {
                changes.removed.push(platform.name.clone());
            }
        }
        changes.added.sort_by_key(|n| fold(n));
        changes.removed.sort_by_key(|n| fold(n));
        changes.changed.sort_by_key(|c| fold(&c.name));
        changes
    }
}
