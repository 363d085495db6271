//! Company size by law (loi 2008-776 art. 51, décret 2008-1354), for each legal entity, on the figures of the last
//! financial year closed before 1 January 2025 (or the first one closed from that date).

use std::borrow::Cow;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::Text;
use crate::reference::{self, SizeThreshold};

closed_enum! {
    /// Size class; a micro company is a PME too.
    pub enum SizeClass { Micro = "micro", Pme = "pme", Eti = "eti", Ge = "ge" }
}

impl SizeClass {
    pub fn text(self) -> Text {
        match self {
            Self::Micro => Text::new("Micro-entreprise", "Micro company"),
            Self::Pme => Text::new("PME", "Small or medium company"),
            Self::Eti => Text::new("ETI", "Mid-size company"),
            Self::Ge => Text::new("Grande entreprise", "Large company"),
        }
    }
}

closed_enum! {
    /// A figure that the class depends on.
    pub enum SizeInput { Headcount = "headcount", Turnover = "turnover", BalanceSheet = "balance_sheet" }
}

/// What the law says of a company's size, with the figures at hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Size {
    /// The class that counts: the firm's override, else the computed one; nothing while not determinable.
    pub class: Option<SizeClass>,
    /// The class by the figures alone.
    pub computed: Option<SizeClass>,
    /// True when the class is at most PME even if a missing figure decides between micro and PME.
    pub at_most_pme: Option<bool>,
    /// Figures without which the class is not determinable yet.
    pub missing: Vec<SizeInput>,
    pub overridden: bool,
    /// Exactly 5,000 persons falls between the two official wordings; treated as GE, to be checked.
    pub boundary: bool,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub source: Cow<'static, str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SizeFigures {
    pub headcount: Option<u32>,
    pub turnover_cents: Option<i64>,
    pub balance_sheet_cents: Option<i64>,
}

// Three-valued logic: a missing figure makes a test unknown only when the others do not settle it.
fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    and(a.map(|a| !a), b.map(|b| !b)).map(|neither| !neither)
}

fn within(t: &SizeThreshold, f: &SizeFigures) -> Option<bool> {
    let headcount = f.headcount.map(|n| n < t.headcount_below);
    let turnover = f.turnover_cents.map(|n| n <= t.turnover_at_most_cents);
    let balance = f.balance_sheet_cents.map(|n| n <= t.balance_sheet_at_most_cents);
    and(headcount, or(turnover, balance))
}

/// Computes the class; `on` picks the thresholds in force.
pub fn determine(figures: &SizeFigures, override_class: Option<SizeClass>, on: NaiveDate) -> Size {
    let rows = || reference::size_table().on(on);
    let test = |class: SizeClass| rows().find(|t| t.class == class).and_then(|t| within(t, figures));
    let (micro, pme, eti) = (test(SizeClass::Micro), test(SizeClass::Pme), test(SizeClass::Eti));
    let computed = match (micro, pme, eti) {
        (Some(true), _, _) => Some(SizeClass::Micro),
        (Some(false), Some(true), _) => Some(SizeClass::Pme),
        (_, Some(false), Some(true)) => Some(SizeClass::Eti),
        (_, Some(false), Some(false)) => Some(SizeClass::Ge),
        _ => None,
    };
    let mut missing = Vec::new();
    if computed.is_none() {
        if figures.headcount.is_none() {
            missing.push(SizeInput::Headcount);
        }
        if figures.turnover_cents.is_none() {
            missing.push(SizeInput::Turnover);
        }
        if figures.balance_sheet_cents.is_none() {
            missing.push(SizeInput::BalanceSheet);
        }
    }
    let class = override_class.or(computed);
    let at_most_pme = match class {
        Some(SizeClass::Micro | SizeClass::Pme) => Some(true),
        Some(SizeClass::Eti | SizeClass::Ge) => Some(false),
        None => pme,
    };
    Size {
        class,
        computed,
        at_most_pme,
        missing: if class.is_some() { Vec::new() } else { missing },
        overridden: override_class.is_some(),
        boundary: figures
            .headcount
            .is_some_and(|n| rows().any(|t| t.class == SizeClass::Eti && n == t.headcount_below)),
        source: rows().next().map_or(Cow::Borrowed(""), |t| Cow::Borrowed(t.source.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 21).unwrap()
    }

    fn class(headcount: Option<u32>, turnover: Option<f64>, balance: Option<f64>) -> Option<SizeClass> {
        let cents = |m: f64| (m * 100_000_000.0).round() as i64;
        let figures =
            SizeFigures { headcount, turnover_cents: turnover.map(cents), balance_sheet_cents: balance.map(cents) };
        determine(&figures, None, day()).class
    }

    #[test]
    fn vectors_of_the_law() {
        use SizeClass::*;
        for (h, t, b, expected) in [
            (9, 2.5, 1.9, Micro),
            (10, 1.0, 1.0, Pme),
            (249, 60.0, 42.0, Pme),
            (249, 60.0, 44.0, Eti),
            (250, 1.0, 1.0, Eti),
            (4_999, 1_600.0, 1_900.0, Eti),
            (4_999, 1_600.0, 2_100.0, Ge),
            (5_000, 1.0, 1.0, Ge),
            (260, 0.5, 0.5, Eti),
            (200, 60.0, 40.0, Pme),
        ] {
            assert_eq!(class(Some(h), Some(t), Some(b)), Some(expected), "{h} {t} {b}");
        }
    }

    #[test]
    fn a_missing_figure_matters_only_when_the_others_do_not_settle() {
        assert_eq!(class(Some(3), Some(0.4), None), Some(SizeClass::Micro));
        assert_eq!(class(Some(3), Some(3.0), None), None);
        assert_eq!(class(None, Some(0.4), Some(0.4)), None);
        assert_eq!(class(Some(6_000), None, None), Some(SizeClass::Ge));
        let figures = SizeFigures { headcount: Some(3), turnover_cents: Some(300_000_000), balance_sheet_cents: None };
        let size = determine(&figures, None, day());
        assert_eq!((size.class, size.at_most_pme, size.missing), (None, Some(true), vec![SizeInput::BalanceSheet]));
    }

    #[test]
    fn an_override_counts_and_the_computed_class_stays_visible() {
        let figures = SizeFigures { headcount: Some(3), turnover_cents: Some(1), balance_sheet_cents: Some(1) };
        let size = determine(&figures, Some(SizeClass::Eti), day());
        assert_eq!((size.class, size.computed, size.overridden), (Some(SizeClass::Eti), Some(SizeClass::Micro), true));
        let figures = SizeFigures { headcount: Some(5_000), ..Default::default() };
        assert!(determine(&figures, None, day()).boundary);
    }
}
