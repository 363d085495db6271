//! What was measured, as a table for people or as one JSON object per line.

use std::process::ExitCode;

use serde_json::json;

pub struct Figure {
    pub name: String,
    pub value: f64,
    pub unit: &'static str,
    /// What the same run measured as the least that could be.
    pub floor: Option<f64>,
    /// The ratio to the floor (or the value itself) must not be above this.
    pub at_most: Option<f64>,
    pub runs: usize,
}

impl Figure {
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str, runs: usize) -> Self {
        Self { name: name.into(), value, unit, floor: None, at_most: None, runs }
    }

    pub fn over(mut self, floor: f64) -> Self {
        self.floor = Some(floor);
        self
    }

    pub fn at_most(mut self, limit: f64) -> Self {
        self.at_most = Some(limit);
        self
    }

    fn ratio(&self) -> Option<f64> {
        self.floor.filter(|f| *f > 0.0).map(|f| self.value / f)
    }

    fn misses(&self) -> bool {
        self.at_most.is_some_and(|limit| self.ratio().unwrap_or(self.value) > limit)
    }
}

pub struct Report {
    json: bool,
    failed: bool,
}

fn rounded(n: f64) -> f64 {
    (n * 1_000.0).round() / 1_000.0
}

impl Report {
    pub fn new(json: bool) -> Self {
        if !json {
            println!(
                "{:<34} {:>12} {:<6} {:>12} {:>8}  {:<10} runs",
                "figure", "value", "unit", "floor", "ratio", "at most"
            );
        }
        Self { json, failed: false }
    }

    pub fn add(&mut self, figure: Figure) {
        let (value, floor, ratio) = (rounded(figure.value), figure.floor.map(rounded), figure.ratio().map(rounded));
        if self.json {
            let line = json!({
                "name": figure.name, "value": value, "unit": figure.unit, "floor": floor, "ratio": ratio, "runs": figure.runs,
            });
            println!("{line}");
            return;
        }
        let text = |n: Option<f64>| n.map(|n| n.to_string()).unwrap_or_else(|| "-".to_owned());
        let verdict = match figure.at_most {
            Some(limit) if figure.misses() => format!("{limit} MISSED"),
            Some(limit) => format!("{limit} ok"),
            None => String::new(),
        };
        println!(
            "{:<34} {value:>12} {:<6} {:>12} {:>8}  {verdict:<10} {}",
            figure.name,
            figure.unit,
            text(floor),
            text(ratio),
            figure.runs
        );
    }

    pub fn failed(&mut self, name: &str, why: &str) {
        self.failed = true;
        eprintln!("{name}: not measured: {why}");
    }

    pub fn end(self) -> ExitCode {
        // A figure above its target is told, not failed: a slow machine is no broken product.
        if self.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => (values[n / 2 - 1] + values[n / 2]) / 2.0,
    }
}
