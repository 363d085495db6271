//! What the codes of an import are called, and changes of dossiers as people read them.

use contract::{
    ColumnChoice, ImportColumn, ImportCounts, ImportState, ImportSubject, ListKind, MappingReason, RowChange,
    RowOutcome, UndoResult,
};
use domain::{FlowField, ListField};
use serde_json::Value;

use crate::pages::words;
use crate::text::{format, search, t};
use crate::ui::Tone;

pub fn state(state: ImportState) -> (Tone, &'static str) {
    let t = t();
    match state {
        ImportState::Draft => (Tone::AtRisk, t.imp_state_draft()),
        ImportState::Checking => (Tone::OnTrack, t.imp_state_checking()),
        ImportState::Checked => (Tone::AtRisk, t.imp_state_checked()),
        ImportState::Committing => (Tone::OnTrack, t.imp_state_committing()),
        ImportState::Committed => (Tone::Ready, t.imp_state_committed()),
        ImportState::Undoing => (Tone::OnTrack, t.imp_state_undoing()),
        ImportState::Undone => (Tone::Unknown, t.imp_state_undone()),
        ImportState::Failed => (Tone::Late, t.imp_state_failed()),
    }
}

/// A job is at work on it.
pub fn is_working(state: ImportState) -> bool {
    matches!(state, ImportState::Checking | ImportState::Committing | ImportState::Undoing)
}

/// Its reading can be changed, and it can be discarded.
pub fn is_open(state: ImportState) -> bool {
    matches!(state, ImportState::Draft | ImportState::Checked | ImportState::Failed)
}

/// Its rows tell what was done, no longer what would be.
pub fn is_past(state: ImportState) -> bool {
    matches!(state, ImportState::Committed | ImportState::Undoing | ImportState::Undone)
}

pub fn kind(kind: ListKind) -> &'static str {
    let t = t();
    match kind {
        ListKind::Csv => t.imp_kind_csv(),
        ListKind::Tsv => t.imp_kind_tsv(),
        ListKind::Xlsx => t.imp_kind_xlsx(),
        ListKind::Xls => t.imp_kind_xls(),
        ListKind::Ods => t.imp_kind_ods(),
    }
}

/// Codes of the API, most frequent first.
pub const ENCODINGS: [&str; 6] = ["utf-8", "utf-8-bom", "windows-1252", "iso-8859-15", "utf-16le", "utf-16be"];
pub const SEPARATORS: [&str; 4] = [";", ",", "\t", "|"];

pub fn encoding(code: &str) -> String {
    let t = t();
    match code {
        "utf-8" => t.imp_encoding_utf8(),
        "utf-8-bom" => t.imp_encoding_utf8_bom(),
        "utf-16le" => t.imp_encoding_utf16le(),
        "utf-16be" => t.imp_encoding_utf16be(),
        "windows-1252" => t.imp_encoding_1252(),
        "iso-8859-15" => t.imp_encoding_885915(),
        other => other,
    }
    .to_owned()
}

pub fn separator(code: &str) -> String {
    let t = t();
    match code {
        ";" => t.imp_separator_semicolon(),
        "," => t.imp_separator_comma(),
        "\t" => t.imp_separator_tab(),
        "|" => t.imp_separator_pipe(),
        other => other,
    }
    .to_owned()
}

/// The word and the sentence behind it.
pub fn reason(reason: MappingReason) -> (&'static str, &'static str) {
    let t = t();
    match reason {
        MappingReason::Header => (t.imp_reason_header(), t.imp_reason_header_detail()),
        MappingReason::Content => (t.imp_reason_content(), t.imp_reason_content_detail()),
        MappingReason::Remembered => (t.imp_reason_remembered(), t.imp_reason_remembered_detail()),
        MappingReason::Chosen => (t.imp_reason_chosen(), t.imp_reason_chosen_detail()),
    }
}

pub fn subject(subject: ImportSubject) -> &'static str {
    match subject {
        ImportSubject::Clients => t().imp_subject_clients(),
        ImportSubject::Flows => t().imp_subject_flows(),
    }
}

/// What a column of a file may mean, whatever the file tells of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Meaning {
    Client(ListField),
    Flow(FlowField),
}

impl Meaning {
    pub fn of(column: &ImportColumn) -> Option<Meaning> {
        column.field.map(Meaning::Client).or(column.flow_field.map(Meaning::Flow))
    }

    pub fn parse(subject: ImportSubject, code: &str) -> Option<Meaning> {
        match subject {
            ImportSubject::Clients => ListField::try_from(code).ok().map(Meaning::Client),
            ImportSubject::Flows => FlowField::try_from(code).ok().map(Meaning::Flow),
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Meaning::Client(field) => field.as_str(),
            Meaning::Flow(field) => field.as_str(),
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Meaning::Client(of_client) => field(of_client),
            Meaning::Flow(of_flow) => flow_field(of_flow),
        }
    }

    pub fn choice(index: u32, meaning: Option<Meaning>) -> ColumnChoice {
        let (field, flow_field) = match meaning {
            Some(Meaning::Client(field)) => (Some(field), None),
            Some(Meaning::Flow(field)) => (None, Some(field)),
            None => (None, None),
        };
        ColumnChoice { index, field, flow_field }
    }
}

/// Why the rows cannot be read yet: what must be chosen, and what for. The server refuses the check for the same reasons.
pub fn lacking(
    subject: ImportSubject,
    platform: Option<&str>,
    chosen: &[Option<Meaning>],
) -> Option<(&'static str, &'static str)> {
    let t = t();
    if subject == ImportSubject::Clients {
        let identified = chosen.iter().flatten().any(|m| matches!(m, Meaning::Client(field) if recognises(*field)));
        return (!identified).then(|| (t.imp_identifier_missing(), t.imp_identifier_missing_detail()));
    }
    let has = |field: FlowField| chosen.contains(&Some(Meaning::Flow(field)));
    if platform.is_none() {
        Some((t.imp_platform_missing(), t.imp_platform_missing_detail()))
    } else if !has(FlowField::Client) {
        Some((t.imp_client_missing(), t.imp_client_missing_detail()))
    } else if !has(FlowField::Number) {
        Some((t.imp_number_missing(), t.imp_number_missing_detail()))
    } else if !has(FlowField::Direction) && !has(FlowField::Seller) {
        Some((t.imp_direction_missing(), t.imp_direction_missing_detail()))
    } else if has(FlowField::Status) && !has(FlowField::StatusAt) && !has(FlowField::IssuedOn) {
        Some((t.imp_date_missing(), t.imp_date_missing_detail()))
    } else {
        None
    }
}

/// What a column may mean, as it stands in a choice.
pub fn meanings(subject: ImportSubject) -> Vec<(&'static str, Vec<Meaning>)> {
    match subject {
        ImportSubject::Clients => field_groups()
            .into_iter()
            .map(|(label, fields)| (label, fields.iter().copied().map(Meaning::Client).collect()))
            .collect(),
        ImportSubject::Flows => flow_field_groups()
            .into_iter()
            .map(|(label, fields)| (label, fields.iter().copied().map(Meaning::Flow).collect()))
            .collect(),
    }
}

/// The fields of a platform's export: what recognises a flow first.
fn flow_field_groups() -> [(&'static str, &'static [FlowField]); 4] {
    use FlowField as F;
    let t = t();
    [
        (t.imp_g_flow(), &[F::Client, F::Number, F::Direction, F::Seller, F::Kind, F::Platform]),
        (t.imp_g_party(), &[F::Counterparty, F::CounterpartyName, F::IssuedOn, F::DueOn]),
        (t.imp_g_status(), &[F::Status, F::StatusAt, F::Reason, F::Comment]),
        (t.imp_g_amounts(), &[F::Net, F::Vat, F::Gross, F::Currency, F::Collected, F::Account]),
    ]
}

fn flow_field(field: FlowField) -> &'static str {
    let t = t();
    match field {
        FlowField::Client => t.imp_f_client(),
        FlowField::Number => t.imp_f_number(),
        FlowField::Direction => t.imp_f_direction(),
        FlowField::Kind => t.flow_kind(),
        FlowField::Counterparty => t.imp_f_counterparty(),
        FlowField::CounterpartyName => t.imp_f_counterparty_name(),
        FlowField::Seller => t.imp_f_seller(),
        FlowField::IssuedOn => t.imp_f_issued_on(),
        FlowField::DueOn => t.imp_f_due_on(),
        FlowField::Net => t.flow_net(),
        FlowField::Vat => t.flow_vat(),
        FlowField::Gross => t.flow_gross(),
        FlowField::Currency => t.imp_f_currency(),
        FlowField::Status => t.imp_f_status(),
        FlowField::Reason => t.imp_f_reason(),
        FlowField::Comment => t.imp_f_comment(),
        FlowField::StatusAt => t.imp_f_status_at(),
        FlowField::Collected => t.imp_f_collected(),
        FlowField::Platform => t.flow_platform(),
        FlowField::Account => t.flow_account(),
    }
}

/// The fields of a client list as they stand in a choice: by theme, the identifiers first.
fn field_groups() -> [(&'static str, &'static [ListField]); 5] {
    use ListField as F;
    let t = t();
    [
        (
            t.imp_g_identity(),
            &[F::Siren, F::Siret, F::VatNumber, F::Name, F::TradeName, F::Code, F::LegalForm, F::NafCode],
        ),
        (
            t.imp_g_size(),
            &[F::VatRegime, F::VatUniqueGroup, F::Headcount, F::Turnover, F::BalanceSheet, F::FiscalYearEnd],
        ),
        (
            t.imp_g_invoicing(),
            &[
                F::Tool,
                F::ReceptionPlatform,
                F::EmissionPlatform,
                F::InvoicesPerMonth,
                F::B2b,
                F::B2c,
                F::B2g,
                F::International,
            ],
        ),
        (
            t.imp_g_contact(),
            &[
                F::ContactName,
                F::ContactFirstName,
                F::ContactEmail,
                F::ContactPhone,
                F::Address,
                F::PostalCode,
                F::City,
            ],
        ),
        (t.imp_g_cabinet(), &[F::Manager, F::Assignee, F::Portfolio, F::Tags, F::Confidential, F::Notes]),
    ]
}

fn field(field: ListField) -> &'static str {
    let t = t();
    match field {
        ListField::Code => t.fact_code(),
        ListField::Name => t.imp_f_name(),
        ListField::TradeName => t.fact_trade_name(),
        ListField::Siren => t.fact_siren(),
        ListField::Siret => t.imp_f_siret(),
        ListField::VatNumber => t.fact_vat_number(),
        ListField::VatRegime => t.fact_vat_regimes(),
        ListField::Headcount => t.fact_headcount(),
        ListField::Turnover => t.fact_turnover(),
        ListField::BalanceSheet => t.fact_balance_sheet(),
        ListField::FiscalYearEnd => t.fact_fiscal_year_end(),
        ListField::ContactName => t.imp_f_contact_name(),
        ListField::ContactEmail => t.imp_f_contact_email(),
        ListField::ContactPhone => t.imp_f_contact_phone(),
        ListField::Manager => t.fact_manager(),
        ListField::Assignee => t.fact_assignee(),
        ListField::Portfolio => t.fact_portfolio(),
        ListField::Tool => t.fact_tool(),
        ListField::ReceptionPlatform => t.fact_reception_platform(),
        ListField::EmissionPlatform => t.fact_emission_platform(),
        ListField::InvoicesPerMonth => t.fact_invoices_per_month(),
        ListField::B2b => t.imp_f_b2b(),
        ListField::B2c => t.imp_f_b2c(),
        ListField::B2g => t.imp_f_b2g(),
        ListField::International => t.fact_international(),
        ListField::PostalCode => t.fact_postal_code(),
        ListField::City => t.fact_city(),
        ListField::NafCode => t.fact_naf_code(),
        ListField::LegalForm => t.fact_legal_form(),
        ListField::Tags => t.fact_tags(),
        ListField::Confidential => t.fact_confidential(),
        ListField::VatUniqueGroup => t.fact_vat_group_member(),
        ListField::Address => t.fact_address(),
        ListField::ContactFirstName => t.imp_f_contact_first_name(),
        ListField::Notes => t.fact_notes(),
    }
}

fn recognises(field: ListField) -> bool {
    matches!(field, ListField::Siren | ListField::Siret | ListField::VatNumber)
}

/// The rows of an outcome, out of the counts.
pub fn count_of(counts: &ImportCounts, outcome: RowOutcome) -> u64 {
    match outcome {
        RowOutcome::Create => counts.create,
        RowOutcome::Update => counts.update,
        RowOutcome::Unchanged => counts.unchanged,
        RowOutcome::Unread => counts.unread,
        RowOutcome::Skipped => counts.skipped,
        RowOutcome::Error => counts.error,
    }
}

/// "212 créés · 14 mis à jour · 3 refusées": what is nothing is not said.
pub fn summary(subject: ImportSubject, state: ImportState, counts: &ImportCounts, undo: Option<&UndoResult>) -> String {
    let t = t();
    let mut parts = Vec::new();
    let mut add = |n: u64, words: String| {
        if n > 0 {
            parts.push(words);
        }
    };
    if let Some(flows) = undo.and_then(|undo| undo.flows.as_ref()) {
        add(flows.flows_removed, t.imp_flows_removed(flows.flows_removed));
        add(flows.statuses_removed, t.imp_statuses_removed(flows.statuses_removed));
        add(flows.flows_kept, t.imp_flows_kept(flows.flows_kept));
        return parts.join(" · ");
    }
    if let Some(undo) = undo {
        add(undo.reversed, t.imp_reversed(undo.reversed));
        add(undo.kept, t.imp_kept(undo.kept));
        add(undo.failed, t.imp_not_reversed(undo.failed));
        return parts.join(" · ");
    }
    match (subject, is_past(state)) {
        (ImportSubject::Clients, true) => {
            add(counts.create, t.imp_created(counts.create));
            add(counts.update, t.imp_updated(counts.update));
        }
        (ImportSubject::Clients, false) => {
            add(counts.create, t.imp_to_create(counts.create));
            add(counts.update, t.imp_to_update(counts.update));
        }
        (ImportSubject::Flows, _) => {
            add(counts.create, t.imp_flows_new(counts.create));
            add(counts.update, t.imp_flows_added(counts.update));
        }
    }
    let unchanged = match subject {
        ImportSubject::Clients => t.imp_unchanged(counts.unchanged),
        ImportSubject::Flows => t.imp_flows_known(counts.unchanged),
    };
    add(counts.unchanged, unchanged);
    add(counts.unread, t.imp_unread(counts.unread));
    add(counts.skipped, t.imp_skipped(counts.skipped));
    add(counts.error, t.imp_errors(counts.error));
    parts.join(" · ")
}

/// One change of one fact, in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub label: String,
    /// Nothing: the fact said nothing before.
    pub before: Option<String>,
    /// Nothing: the fact is emptied.
    pub after: Option<String>,
}

/// The facts in the order in which people ask for them; what is not here comes last.
const ORDER: [&str; 27] = [
    "siren",
    "name",
    "trade_name",
    "code",
    "legal_form",
    "naf_code",
    "sirets",
    "vat_regimes",
    "vat_group_member",
    "headcount",
    "turnover_cents",
    "balance_sheet_cents",
    "fiscal_year_end",
    "size_override",
    "tool",
    "reception_platform",
    "emission_platform",
    "invoices_per_month",
    "activity",
    "contacts",
    "address",
    "postal_code",
    "city",
    "manager",
    "assignee",
    "portfolio_id",
    "tags",
];

pub fn all_lines(changes: &[RowChange]) -> Vec<Line> {
    let mut changes: Vec<&RowChange> = changes.iter().collect();
    search::order_by_key(&mut changes, |change| {
        ORDER.iter().position(|field| *field == change.field).unwrap_or(ORDER.len())
    });
    changes.into_iter().flat_map(lines).collect()
}

/// A change by the facts that it holds: contacts and activities are several, a regime is the one that counts now.
fn lines(change: &RowChange) -> Vec<Line> {
    let (before, after) = (&change.before, &change.after);
    match change.field.as_str() {
        "activity" => {
            let t = t();
            let keys = [
                ("b2b", t.imp_f_b2b()),
                ("b2c", t.imp_f_b2c()),
                ("b2g", t.imp_f_b2g()),
                ("international", t.fact_international()),
            ];
            parts("", keys, before, after)
        }
        "contacts" if at_most_one(before) && at_most_one(after) => {
            let t = t();
            let keys = [
                ("name", t.imp_f_contact_name()),
                ("email", t.imp_f_contact_email()),
                ("phone", t.imp_f_contact_phone()),
            ];
            parts("/0", keys, before, after)
        }
        "sirets" => added(t().imp_f_siret(), t().imp_f_siret_added(), siret, before, after),
        "tags" => added(t().fact_tags(), t().imp_f_tags_added(), str::to_owned, before, after),
        "vat_regimes" => {
            let last = |value: &Value| {
                said("vat_regimes", &Value::Array(value.as_array()?.last().cloned().into_iter().collect()))
            };
            vec![Line { label: t().fact_vat_regimes().to_owned(), before: last(before), after: last(after) }]
        }
        "confidential" if before.is_null() => {
            vec![Line { label: t().fact_confidential().to_owned(), before: None, after: said("confidential", after) }]
        }
        field => {
            vec![Line { label: words::fact(field).to_owned(), before: said(field, before), after: said(field, after) }]
        }
    }
}

fn said(field: &str, value: &Value) -> Option<String> {
    let empty = match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    };
    if empty {
        return None;
    }
    // Portfolios come by their names already.
    Some(words::value(field, value, &|name| Some(name.to_owned()))).filter(|text| text != "–")
}

fn at_most_one(value: &Value) -> bool {
    value.as_array().is_none_or(|items| items.len() <= 1)
}

/// The parts of a composite fact that differ.
fn parts<const N: usize>(at: &str, keys: [(&str, &str); N], before: &Value, after: &Value) -> Vec<Line> {
    let part = |value: &Value, key: &str| {
        let part = value.pointer(&format!("{at}/{key}"))?;
        match part {
            Value::String(text) if key == "phone" => Some(words::phone(text)),
            part => said("", part),
        }
    };
    keys.into_iter()
        .map(|(key, label)| Line { label: label.to_owned(), before: part(before, key), after: part(after, key) })
        .filter(|line| line.before != line.after)
        .collect()
}

/// A list that grows is told by what comes; any other change of it by both.
fn added(label: &str, label_added: &str, write: fn(&str) -> String, before: &Value, after: &Value) -> Vec<Line> {
    let list = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|item| Some(write(item.as_str()?))).collect()
    };
    let (old, new) = (list(before), list(after));
    let join = |items: &[String]| (!items.is_empty()).then(|| items.join(", "));
    if !old.is_empty() && old.iter().all(|item| new.contains(item)) {
        let fresh: Vec<String> = new.into_iter().filter(|item| !old.contains(item)).collect();
        return vec![Line { label: label_added.to_owned(), before: None, after: join(&fresh) }];
    }
    vec![Line { label: label.to_owned(), before: join(&old), after: join(&new) }]
}

/// 73705473400238 → "737 054 734 00238".
fn siret(digits: &str) -> String {
    match digits.split_at_checked(9) {
        Some((siren, rest)) if rest.len() == 5 => format!("{}\u{a0}{rest}", format::siren(siren)),
        _ => digits.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(field: &str, before: Value, after: Value) -> Vec<String> {
        let change = RowChange { field: field.to_owned(), before, after };
        lines(&change)
            .into_iter()
            .map(|l| format!("{}: {} > {}", l.label, l.before.unwrap_or_default(), l.after.unwrap_or_default()))
            .collect()
    }

    #[test]
    fn composite_facts_are_told_by_what_differs() {
        assert_eq!(
            told(
                "contacts",
                json!([{"name": "Paul", "email": null, "phone": null}]),
                json!([{"name": "Paul", "email": "p@x.fr", "phone": "+33612345678"}])
            ),
            ["E-mail du contact:  > p@x.fr", "Téléphone du contact:  > 06\u{a0}12\u{a0}34\u{a0}56\u{a0}78"]
        );
        assert_eq!(
            told("activity", json!({"b2b": null, "b2c": true}), json!({"b2b": null, "b2c": false})),
            ["Clients particuliers (B2C): Oui > Non"]
        );
        assert_eq!(told("activity", Value::Null, json!({"b2b": true, "b2c": null})).len(), 1);
    }

    #[test]
    fn lists_that_grow_tell_what_comes() {
        assert_eq!(
            told("sirets", json!(["73705473400238"]), json!(["73705473400238", "73705473400246"])),
            ["SIRET ajouté:  > 737\u{a0}054\u{a0}734\u{a0}00246"]
        );
        assert_eq!(
            told("sirets", Value::Null, json!(["73705473400238"])),
            ["SIRET:  > 737\u{a0}054\u{a0}734\u{a0}00238"]
        );
        assert_eq!(told("tags", json!(["BTP"]), json!(["Bâtiment"])), ["Étiquettes: BTP > Bâtiment"]);
    }

    #[test]
    fn the_regime_that_counts_is_told() {
        let old = json!([{"regime": "simplified", "from": null}]);
        let new = json!([{"regime": "simplified", "from": null}, {"regime": "franchise", "from": "2026-11-21"}]);
        assert_eq!(
            told("vat_regimes", old, new),
            ["Régime de TVA: Réel simplifié (CA12) > Franchise en base à compter du 21/11/2026"]
        );
        assert_eq!(
            told("turnover_cents", Value::Null, json!(388_201_200)),
            ["Chiffre d’affaires:  > 3\u{202f}882\u{202f}012\u{a0}€"]
        );
    }

    #[test]
    fn every_field_stands_in_one_group() {
        let mut grouped: Vec<ListField> =
            field_groups().iter().flat_map(|(_, fields)| fields.iter().copied()).collect();
        grouped.sort();
        let mut all = ListField::ALL.to_vec();
        all.sort();
        assert_eq!(grouped, all);
    }

    #[test]
    fn every_field_of_a_flow_stands_in_one_group() {
        let mut grouped: Vec<FlowField> =
            flow_field_groups().iter().flat_map(|(_, fields)| fields.iter().copied()).collect();
        grouped.sort();
        let mut all = FlowField::ALL.to_vec();
        all.sort();
        assert_eq!(grouped, all);
    }

    #[test]
    fn a_meaning_is_found_by_its_code_in_its_subject() {
        for subject in ImportSubject::ALL {
            for meaning in meanings(*subject).into_iter().flat_map(|(_, of)| of) {
                assert_eq!(Meaning::parse(*subject, meaning.code()), Some(meaning));
            }
        }
        assert_eq!(Meaning::parse(ImportSubject::Clients, "status_at"), None);
    }

    #[test]
    fn what_lacks_is_told_one_thing_at_a_time() {
        let flow = |fields: &[FlowField]| fields.iter().map(|f| Some(Meaning::Flow(*f))).collect::<Vec<_>>();
        let title = |platform, fields: &[FlowField]| {
            lacking(ImportSubject::Flows, platform, &flow(fields)).map(|(title, _)| title)
        };
        use FlowField as F;
        assert_eq!(title(None, &[F::Client]), Some(t().imp_platform_missing()));
        assert_eq!(title(Some("X"), &[F::Number]), Some(t().imp_client_missing()));
        assert_eq!(title(Some("X"), &[F::Client, F::Number, F::Seller, F::Status]), Some(t().imp_date_missing()));
        assert_eq!(title(Some("X"), &[F::Client, F::Number, F::Direction]), None);
        let siren = [Some(Meaning::Client(ListField::Siren)), None];
        assert_eq!(lacking(ImportSubject::Clients, None, &siren), None);
        assert!(lacking(ImportSubject::Clients, None, &[None]).is_some());
    }

    #[test]
    fn an_undone_export_tells_flows_and_statuses() {
        let flows = contract::FlowUndo { flows_removed: 940, statuses_removed: 12, flows_kept: 0 };
        let undo = UndoResult { reversed: 952, kept: 0, failed: 0, left: Vec::new(), flows: Some(flows) };
        let said = summary(ImportSubject::Flows, ImportState::Undone, &ImportCounts::default(), Some(&undo));
        assert_eq!(said, "940 flux retirés · 12 statuts retirés");
    }

    #[test]
    fn a_summary_leaves_out_what_is_nothing() {
        let counts = ImportCounts { rows: 15, create: 12, unchanged: 2, error: 1, ..ImportCounts::default() };
        assert_eq!(
            summary(ImportSubject::Clients, ImportState::Checked, &counts, None),
            "12 à créer · 2 inchangés · 1 refusée"
        );
        assert_eq!(
            summary(ImportSubject::Clients, ImportState::Committed, &counts, None),
            "12 créés · 2 inchangés · 1 refusée"
        );
        let undo = UndoResult { reversed: 11, kept: 1, failed: 0, left: Vec::new(), flows: None };
        assert_eq!(
            summary(ImportSubject::Clients, ImportState::Undone, &counts, Some(&undo)),
            "11 repris · 1 conservé"
        );
    }
}
