//! The texts of relances that the product brings: one for each purpose and tone, in French and in English, each with its
//! version and its day. A firm takes one as the beginning of its own.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::NaiveDate;
use domain::Text;
use domain::relance::{RelancePurpose, Tone};

use crate::PaperError;
use crate::template::TextFault;

macro_rules! sources {
    ($($purpose:ident $file:literal),+ $(,)?) => {
        &[$(
            (RelancePurpose::$purpose, Tone::Gentle, include_str!(concat!("../texts/relances/", $file, ".gentle.md"))),
            (RelancePurpose::$purpose, Tone::Firm, include_str!(concat!("../texts/relances/", $file, ".firm.md"))),
            (RelancePurpose::$purpose, Tone::Urgent, include_str!(concat!("../texts/relances/", $file, ".urgent.md"))),
        )+]
    };
}

const SOURCES: &[(RelancePurpose, Tone, &str)] = sources![
    ChoosePlatform "choose_platform",
    SignMandate "sign_mandate",
    MissingIdentity "missing_identity",
    EReportingData "e_reporting_data",
    TestInvoice "test_invoice",
    Training "training",
    ThankYou "thank_you",
];

/// A text of the product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Starter {
    pub purpose: RelancePurpose,
    pub tone: Tone,
    pub version: String,
    pub date: NaiveDate,
    pub name: Text,
    pub subject: Text,
    pub body: Text,
}

/// All of them, by purpose and tone.
pub fn starters() -> Result<&'static [Starter], PaperError> {
    static ALL: LazyLock<Result<Vec<Starter>, TextFault>> =
        LazyLock::new(|| SOURCES.iter().map(|(purpose, tone, text)| parse(*purpose, *tone, text)).collect());
    ALL.as_ref().map(Vec::as_slice).map_err(|fault| PaperError::Text(fault.clone()))
}

fn fault(line: usize, what: impl Into<String>) -> TextFault {
    TextFault { line, what: what.into() }
}

/// A head of `key = value`, then the body in each language after its line `--- fr`.
fn parse(purpose: RelancePurpose, tone: Tone, text: &str) -> Result<Starter, TextFault> {
    let (head, bodies) = text.split_once("--- fr\n").ok_or_else(|| fault(1, "there is no line `--- fr`"))?;
    let (fr, en) = bodies.split_once("--- en\n").ok_or_else(|| fault(1, "there is no line `--- en`"))?;
    let mut keys = BTreeMap::new();
    for (n, line) in head.lines().enumerate() {
        let (key, value) = line.split_once(" = ").ok_or_else(|| fault(n + 1, "the head is `key = value`"))?;
        keys.insert(key, value);
    }
    let mut take =
        |key: &str| keys.remove(key).map(str::to_owned).ok_or_else(|| fault(1, format!("the head lacks `{key}`")));
    let starter = Starter {
        purpose,
        tone,
        version: take("version")?,
        date: take("date")?.parse().map_err(|_| fault(1, "the date is YYYY-MM-DD"))?,
        name: Text::new(take("name.fr")?, take("name.en")?),
        subject: Text::new(take("subject.fr")?, take("subject.en")?),
        body: Text::new(fr.trim(), en.trim()),
    };
    match keys.into_keys().next() {
        Some(key) => Err(fault(1, format!("the head knows no `{key}`"))),
        None => Ok(starter),
    }
}
