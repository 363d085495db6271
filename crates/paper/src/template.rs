//! The texts of `texts/`, read once into typed blocks. A word in braces that is not a [`Placeholder`], an insert that is
//! not an [`Insert`] or a head without its version is a fault with its line; a test reads every text.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::NaiveDate;

use crate::PaperError;
use crate::font::Weight;
use domain::MandateKind;

use crate::mandate::Choices;

domain::closed_enum! {
    /// What a text may ask for within a sentence.
    pub enum Placeholder {
        SignatoryName = "signatory.name",
        SignatoryQuality = "signatory.quality",
        MadeAt = "made_at",
        MadeOn = "made_on",
        StartsOn = "starts_on",
        EndsOn = "ends_on",
        PlatformName = "platform.name",
        EffectiveOn = "effective_on",
        FormerPlatform = "former_platform",
        MandateOn = "mandate_on",
        Addresses = "addresses",
        Series = "series",
        ElectronicAddress = "electronic_address",
        ContestDays = "contest_days",
        RemitDays = "remit_days",
        LetterOn = "letter_on",
        Fees = "fees",
    }
}

impl Placeholder {
    /// How many dots leave room for what a hand would write.
    pub(crate) fn dots(self) -> usize {
        match self {
            Self::ContestDays | Self::RemitDays => 10,
            Self::MadeOn | Self::StartsOn | Self::EndsOn | Self::EffectiveOn | Self::MandateOn | Self::LetterOn => 34,
            Self::SignatoryQuality | Self::MadeAt | Self::Series => 44,
            Self::SignatoryName | Self::PlatformName | Self::FormerPlatform | Self::ElectronicAddress => 58,
            Self::Addresses | Self::Fees => 120,
        }
    }
}

domain::closed_enum! {
    /// Tables of facts.
    pub enum Insert {
        Client = "client",
        Firm = "firm",
        Biller = "biller",
        Buyer = "buyer",
        Designation = "designation",
        Platform = "platform",
        Invoicing = "invoicing",
        Reporting = "reporting",
    }
}

domain::closed_enum! {
    pub enum Signer {
        Client = "client",
        Firm = "firm",
        Biller = "biller",
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Text(Weight, String),
    Value(Weight, Placeholder),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    Heading(String),
    Paragraph(Vec<Part>),
    Points(Vec<Vec<Part>>),
    Note(Vec<Part>),
    Facts(Insert),
    Choices(Choices),
    Signatures,
}

#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) kind: MandateKind,
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) version: String,
    pub(crate) date: NaiveDate,
    /// Who signs, and what is written by hand.
    pub(crate) signers: Vec<(Signer, String)>,
    pub(crate) blocks: Vec<Block>,
}

/// What can be ticked: the words of each code, list by list.
pub(crate) type Words = BTreeMap<(Choices, String), Vec<Part>>;

/// A text that cannot be read; only a test ever sees one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFault {
    pub line: usize,
    pub what: String,
}

pub(crate) const SOURCES: &[(MandateKind, &str)] = &[
    (MandateKind::EngagementLetter, include_str!("../texts/engagement_letter.md")),
    (MandateKind::EngagementAddendum, include_str!("../texts/engagement_addendum.md")),
    (MandateKind::Delegation, include_str!("../texts/delegation.md")),
    (MandateKind::Designation, include_str!("../texts/designation.md")),
    (MandateKind::Invoicing, include_str!("../texts/invoicing.md")),
    (MandateKind::SelfBilling, include_str!("../texts/self_billing.md")),
    (MandateKind::PlatformRole, include_str!("../texts/platform_role.md")),
    (MandateKind::EReportingPower, include_str!("../texts/e_reporting_power.md")),
];

const WORDS: &str = include_str!("../texts/choices.md");

struct Library {
    templates: Vec<Template>,
    words: Words,
}

fn library() -> Result<&'static Library, PaperError> {
    static LIBRARY: OnceLock<Result<Library, TextFault>> = OnceLock::new();
    LIBRARY
        .get_or_init(|| {
            let templates = SOURCES.iter().map(|(_, text)| Template::parse(text)).collect::<Result<_, _>>()?;
            Ok(Library { templates, words: parse_words(WORDS)? })
        })
        .as_ref()
        .map_err(|fault| PaperError::Text(fault.clone()))
}

pub(crate) fn of(kind: MandateKind) -> Result<&'static Template, PaperError> {
    let missing = || PaperError::Text(TextFault { line: 0, what: format!("there is no text for {kind}") });
    library()?.templates.iter().find(|template| template.kind == kind).ok_or_else(missing)
}

pub(crate) fn words(list: Choices, code: &str) -> Result<&'static [Part], PaperError> {
    let missing = || PaperError::Text(TextFault { line: 0, what: format!("there are no words for {list}.{code}") });
    library()?.words.get(&(list, code.to_owned())).map(Vec::as_slice).ok_or_else(missing)
}

impl Template {
    pub(crate) fn parse(text: &str) -> Result<Self, TextFault> {
        let mut lines = text.lines().enumerate();
        let mut head = BTreeMap::new();
        let mut closed = 0;
        for (index, line) in lines.by_ref() {
            if line == "---" {
                closed = index + 1;
                break;
            }
            let (key, value) = line.split_once(" = ").ok_or_else(|| fault(index, "the head is `key = value`"))?;
            head.insert(key.to_owned(), (index, value.to_owned()));
        }
        if closed == 0 {
            return Err(TextFault { line: head.len(), what: "the head does not end with ---".to_owned() });
        }
        let mut take = |key: &str| head.remove(key).ok_or_else(|| fault(closed, &format!("the head lacks `{key}`")));
        let (at, kind) = take("kind")?;
        let kind = MandateKind::try_from(kind.as_str()).map_err(|error| fault(at, &error.to_string()))?;
        let (title, subtitle, version) = (take("title")?.1, take("subtitle")?.1, take("version")?.1);
        let (at, date) = take("date")?;
        let date = date.parse().map_err(|_| fault(at, "the date is YYYY-MM-DD"))?;
        let (at, names) = take("signers")?;
        let mut signers = Vec::new();
        for name in names.split(", ") {
            let signer = Signer::try_from(name).map_err(|error| fault(at, &error.to_string()))?;
            signers.push((signer, take(&format!("mention.{name}"))?.1));
        }
        if let Some((key, (at, _))) = head.into_iter().next() {
            return Err(fault(at, &format!("the head knows no `{key}`")));
        }
        let blocks = blocks(lines)?;
        Ok(Self { kind, title, subtitle, version, date, signers, blocks })
    }
}

fn fault(index: usize, what: &str) -> TextFault {
    TextFault { line: index + 1, what: what.to_owned() }
}

fn blocks<'a>(lines: impl Iterator<Item = (usize, &'a str)>) -> Result<Vec<Block>, TextFault> {
    let mut blocks: Vec<Block> = Vec::new();
    for (index, line) in lines {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if let Some(heading) = line.strip_prefix("# ") {
            blocks.push(Block::Heading(heading.to_owned()));
        } else if let Some(point) = line.strip_prefix("- ") {
            let point = parts(point, index)?;
            match blocks.last_mut() {
                Some(Block::Points(points)) => points.push(point),
                _ => blocks.push(Block::Points(vec![point])),
            }
        } else if let Some(note) = line.strip_prefix("> ") {
            blocks.push(Block::Note(parts(note, index)?));
        } else if let Some(insert) = line.strip_prefix('@') {
            blocks.push(match insert.split_once(' ') {
                Some(("facts", name)) => {
                    Block::Facts(Insert::try_from(name).map_err(|error| fault(index, &error.to_string()))?)
                }
                Some(("choices", name)) => {
                    Block::Choices(Choices::try_from(name).map_err(|error| fault(index, &error.to_string()))?)
                }
                None if insert == "signatures" => Block::Signatures,
                _ => return Err(fault(index, &format!("there is no insert `@{insert}`"))),
            });
        } else {
            blocks.push(Block::Paragraph(parts(line, index)?));
        }
    }
    Ok(blocks)
}

/// `**bold**` and `{placeholder}`.
fn parts(text: &str, index: usize) -> Result<Vec<Part>, TextFault> {
    let mut parts = Vec::new();
    for (piece, text) in text.split("**").enumerate() {
        let weight = if piece % 2 == 1 { Weight::Bold } else { Weight::Regular };
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or_else(|| fault(index, "a brace is not closed"))?;
            if !before.is_empty() {
                parts.push(Part::Text(weight, before.to_owned()));
            }
            let value = Placeholder::try_from(name).map_err(|error| fault(index, &error.to_string()))?;
            parts.push(Part::Value(weight, value));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(weight, rest.to_owned()));
        }
    }
    Ok(parts)
}

fn parse_words(text: &str) -> Result<Words, TextFault> {
    let mut words = Words::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#') && !line.is_empty()) {
        let (code, said) = line.split_once(" = ").ok_or_else(|| fault(index, "a line is `list.code = words`"))?;
        let (list, code) = code.split_once('.').ok_or_else(|| fault(index, "a code is `list.code`"))?;
        let list = Choices::try_from(list).map_err(|error| fault(index, &error.to_string()))?;
        if words.insert((list, code.to_owned()), parts(said, index)?).is_some() {
            return Err(fault(index, &format!("{list}.{code} stands twice")));
        }
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_its_text_and_every_text_can_be_read() {
        for (kind, text) in SOURCES {
            let template = Template::parse(text).unwrap_or_else(|fault| panic!("{kind}: {fault:?}"));
            assert_eq!(template.kind, *kind);
            assert_eq!(template.blocks.last(), Some(&Block::Signatures), "{kind}");
            assert!(template.blocks.iter().any(|block| matches!(block, Block::Note(_))), "{kind} names no text of law");
        }
        let kinds: BTreeSet<_> = SOURCES.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds.len(), MandateKind::ALL.len());
    }

    #[test]
    fn every_word_of_the_program_is_used_by_a_text() {
        let all: String = SOURCES.iter().map(|(_, text)| *text).chain([WORDS]).collect();
        for placeholder in Placeholder::ALL {
            assert!(all.contains(&format!("{{{placeholder}}}")), "nothing asks for {placeholder}");
        }
        for insert in Insert::ALL {
            assert!(all.contains(&format!("@facts {insert}\n")), "nothing asks for {insert}");
        }
        for list in Choices::ALL {
            assert!(all.contains(&format!("@choices {list}\n")), "nothing asks for {list}");
        }
    }

    #[test]
    fn the_words_to_tick_are_those_of_the_program() {
        let words = parse_words(WORDS).unwrap();
        let said: BTreeSet<(Choices, String)> = words.into_keys().collect();
        let known: BTreeSet<(Choices, String)> = Choices::ALL
            .iter()
            .flat_map(|list| list.codes().into_iter().map(|code| (*list, code.to_owned())))
            .collect();
        assert_eq!(said, known);
    }

    #[test]
    fn what_a_mandate_must_say_is_said() {
        for (kind, text) in SOURCES {
            for word in ["(UE) 2016/679", "{made_on}", "{made_at}", "{ends_on}", "{signatory.name}"] {
                assert!(text.contains(word), "{kind} does not say {word}");
            }
            assert!(text.contains("à tout moment"), "{kind} cannot be revoked");
            assert!(
                ["demeure à la charge", "Obligations du client", "Obligations du mandant"]
                    .iter()
                    .any(|w| text.contains(w)),
                "{kind} does not say what stays with the client"
            );
        }
    }

    #[test]
    fn a_fault_of_a_text_is_named_with_its_line() {
        let good = SOURCES[2].1;
        for (from, to, what) in [
            ("{starts_on}", "{begins_on}", "begins_on"),
            ("@choices powers", "@choices power", "power"),
            ("@facts firm", "@facts cabinet", "cabinet"),
            ("@signatures", "@sign", "@sign"),
            ("version = 1.0", "version: 1.0", "key = value"),
            ("mention.firm", "mention.firms", "mention.firm"),
            ("kind = delegation", "kind = delegations", "delegations"),
        ] {
            let fault = Template::parse(&good.replace(from, to)).expect_err(to);
            assert!(fault.what.contains(what) && fault.line > 0, "{to}: {fault:?}");
        }
    }
}
