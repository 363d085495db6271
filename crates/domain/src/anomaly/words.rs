//! The sentences of rules, with their places filled.

use super::{AnomalyDetail, AnomalyRule};
use crate::reference::{self, HolidayPlace};
use crate::text::{Lang, Text};

/// What is told of an anomaly beside the detail of its first occurrence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spread {
    pub occurrences: i64,
    pub dossiers: i64,
}

/// What is wrong with one occurrence.
pub fn sentence(rule: AnomalyRule, detail: &AnomalyDetail) -> Text {
    let row = reference::anomaly_rule(rule);
    filled(&row.sentence, detail, Spread { occurrences: 1, dossiers: 1 })
}

/// What is wrong with an anomaly: its one occurrence, or all of them together.
pub fn summary(rule: AnomalyRule, detail: &AnomalyDetail, spread: Spread) -> Text {
    if spread.occurrences <= 1 && spread.dossiers <= 1 {
        return sentence(rule, detail);
    }
    filled(&reference::anomaly_rule(rule).summary, detail, spread)
}

fn filled(text: &Text, detail: &AnomalyDetail, spread: Spread) -> Text {
    Text::new(fill(&text.fr, detail, spread, Lang::Fr), fill(&text.en, detail, spread, Lang::En))
}

/// Fills the places; a part in brackets in which one has no value is left out.
fn fill(template: &str, detail: &AnomalyDetail, spread: Spread, lang: Lang) -> String {
    let mut out = String::with_capacity(template.len() + 40);
    let mut rest = template;
    while let Some(open) = rest.find('[') {
        out.push_str(&places(&rest[..open], detail, spread, lang).0);
        let Some(close) = rest[open..].find(']') else { break };
        let (part, whole) = places(&rest[open + 1..open + close], detail, spread, lang);
        if whole {
            out.push_str(&part);
        }
        rest = &rest[open + close + 1..];
    }
    out.push_str(&places(rest, detail, spread, lang).0);
    begun_large(out.trim())
}

/// A text with its places filled, and whether each had a value.
fn places(template: &str, detail: &AnomalyDetail, spread: Spread, lang: Lang) -> (String, bool) {
    let mut out = String::new();
    let (mut rest, mut whole) = (template, true);
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('}') else { break };
        match value(&rest[open + 1..open + close], detail, spread, lang) {
            Some(value) => out.push_str(&value),
            None => {
                whole = false;
                out.push('…');
            }
        }
        rest = &rest[open + close + 1..];
    }
    out.push_str(rest);
    (out, whole)
}

/// Names of the places.
pub const PLACES: &[&str] = &[
    "number", "platform", "status", "reasons", "value", "expected", "sources", "measured", "normal", "due_on", "since",
    "count", "dossiers",
];

fn value(place: &str, detail: &AnomalyDetail, spread: Spread, lang: Lang) -> Option<String> {
    match place {
        "number" => detail.number.clone(),
        "platform" => detail.platform.clone(),
        "status" => detail.status.map(|code| status_name(code).get(lang).to_owned()),
        "reasons" => {
            let told: Vec<String> = detail.reasons.iter().map(|code| reason_name(code, lang)).collect();
            (!told.is_empty()).then(|| told.join(", "))
        }
        "value" => detail.value.clone().map(|v| word(&v, lang)),
        "expected" => detail.expected.clone().map(|v| word(&v, lang)),
        "sources" => {
            let told: Vec<String> = detail.sources.iter().map(|source| word(source, lang)).collect();
            (!told.is_empty()).then(|| told.join(" ; "))
        }
        "since" => detail.since.map(|at| {
            let local = HolidayPlace::Metropole.local(at);
            match lang {
                Lang::Fr => local.format("%d/%m/%Y à %H:%M").to_string(),
                Lang::En => local.format("%Y-%m-%d %H:%M").to_string(),
            }
        }),
        "measured" => detail.measured.map(|n| n.to_string()),
        "normal" => detail.normal.map(|n| n.to_string()),
        "due_on" => detail.due_on.map(|day| match lang {
            Lang::Fr => day.format("%d/%m/%Y").to_string(),
            Lang::En => day.to_string(),
        }),
        "count" => Some(spread.occurrences.to_string()),
        "dossiers" => Some(spread.dossiers.to_string()),
        _ => None,
    }
}

/// `français|||English`: a detail that is words and not a value bears both languages.
const BETWEEN: &str = "|||";

/// Words of both languages as one value of a detail.
pub fn both(text: &Text) -> String {
    if text.fr == text.en { text.fr.clone() } else { format!("{}{BETWEEN}{}", text.fr, text.en) }
}

/// Reads such a value.
pub fn word(value: &str, lang: Lang) -> String {
    match (value.split_once(BETWEEN), lang) {
        (Some((fr, _)), Lang::Fr) => fr.to_owned(),
        (Some((_, en)), Lang::En) => en.to_owned(),
        (None, _) => value.to_owned(),
    }
}

/// Official label and code of a status; the code alone where no table knows it.
pub fn status_name(code: u32) -> Text {
    match reference::status(code) {
        Some(row) => Text::new(format!("{} ({code})", row.label.fr), format!("{} ({code})", row.label.en)),
        None => Text::new(format!("statut {code}"), format!("status {code}")),
    }
}

fn reason_name(code: &str, lang: Lang) -> String {
    match reference::reason(code).and_then(|row| row.label.as_ref()) {
        Some(label) => format!("{} ({code})", label.get(lang)),
        None => code.to_owned(),
    }
}

fn begun_large(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anomaly::AnomalyRule;

    fn full() -> AnomalyDetail {
        AnomalyDetail {
            platform: Some("PENNYLANE".into()),
            status: Some(213),
            reasons: vec!["TX_TVA_ERR".into(), "XYZ".into()],
            number: Some("F2026-17".into()),
            value: Some("le bon|||the right one".into()),
            expected: Some("autre".into()),
            sources: vec!["A : 213".into(), "B : 212".into()],
            measured: Some(50),
            normal: Some(48),
            due_on: Some("2026-12-10".parse().unwrap()),
            exposure_cents: 1,
            since: Some("2026-11-26T09:00:00Z".parse().unwrap()),
        }
    }

    #[test]
    fn every_rule_has_its_row_its_words_and_a_playbook() {
        let rows = &reference::anomaly_rules().rows;
        assert!(rows.iter().map(|r| r.code).eq(AnomalyRule::ALL.iter().copied()), "in the order of the closed set");
        for row in rows {
            for text in [&row.title, &row.why, &row.sentence, &row.summary] {
                assert!(!text.fr.is_empty() && !text.en.is_empty(), "{}", row.code);
            }
            assert!((3..=6).contains(&row.playbook.len()), "{}: three to six steps", row.code);
            let keys: std::collections::BTreeSet<_> = row.playbook.iter().map(|s| &s.key).collect();
            assert_eq!(keys.len(), row.playbook.len(), "{}: a step is named once", row.code);
            assert!(row.deadline_hours > 0 && !row.cause.is_empty() && !row.source.is_empty());
            for status in &row.statuses {
                assert!(reference::status(*status).is_some(), "{}: {status}", row.code);
            }
            for reason in row.reasons.iter().chain(&row.platform_reasons) {
                assert!(reference::reason(reason).is_some(), "{}: {reason}", row.code);
            }
            for template in [&row.sentence.fr, &row.sentence.en, &row.summary.fr, &row.summary.en] {
                for part in template.split('{').skip(1) {
                    let place = part.split('}').next().unwrap_or_default();
                    assert!(PLACES.contains(&place), "{}: no place is called {place}", row.code);
                }
            }
        }
    }

    #[test]
    fn sentences_are_whole_with_and_without_what_may_be_missing() {
        for rule in AnomalyRule::ALL {
            for text in [sentence(*rule, &full()), summary(*rule, &full(), Spread { occurrences: 3, dossiers: 2 })] {
                for said in [&text.fr, &text.en] {
                    assert!(!said.contains(['{', '}', '[', ']', '…', '|']), "{rule}: {said}");
                    assert!(said.ends_with('.'), "{rule}: {said}");
                }
            }
            let bare = sentence(*rule, &AnomalyDetail::default());
            assert!(!bare.fr.contains(['{', '[', ']']) && !bare.fr.starts_with(' '), "{rule}: {}", bare.fr);
        }
        assert_eq!(
            sentence(AnomalyRule::Rejected, &full()).fr,
            "F2026-17 : rejetée par PENNYLANE, Taux de TVA erroné (TX_TVA_ERR), XYZ."
        );
        assert_eq!(
            summary(AnomalyRule::Stuck, &full(), Spread { occurrences: 300, dossiers: 42 }).en,
            "300 invoices without news from PENNYLANE after “Rejected (213)”, in 42 dossiers."
        );
        assert_eq!(sentence(AnomalyRule::Rejected, &AnomalyDetail::default()).en, "Rejected.");
    }
}
