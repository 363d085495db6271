//! What the commands tell: headlines, notes, times and the final table.
//!
//! Nothing here fails: a closed pipe (`cargo xtask test | head`) must not stop the clean-up that follows.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

static TO_STDERR: AtomicBool = AtomicBool::new(false);

/// Standard output is for a program to read: what is told to people goes to standard error.
pub fn to_stderr() {
    TO_STDERR.store(true, Ordering::Relaxed);
}

fn line(text: &str) {
    if TO_STDERR.load(Ordering::Relaxed) {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
        return;
    }
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}

fn paint(code: &str, text: &str) -> String {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if plain || !std::io::stdout().is_terminal() { text.to_owned() } else { format!("\u{1b}[{code}m{text}\u{1b}[0m") }
}

/// A step begins.
pub fn headline(text: &str) {
    line(&format!("\n{}", paint("1;36", &format!("==> {text}"))));
}

/// One fact below a headline.
pub fn note(text: &str) {
    line(&format!("    {text}"));
}

pub fn done(text: &str) {
    line(&paint("32", &format!("    ok: {text}")));
}

pub fn warn(text: &str) {
    line(&paint("33", &format!("    note: {text}")));
}

pub fn failed(text: &str) {
    line(&paint("1;31", &format!("    failed: {text}")));
}

/// Text as it is.
pub fn plain(text: &str) {
    line(text);
}

pub fn time(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 10.0 {
        format!("{seconds:.1} s")
    } else if seconds < 60.0 {
        format!("{seconds:.0} s")
    } else {
        let whole = duration.as_secs();
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

/// Bytes in the unit of the size budget (1 kB = 1000 B).
pub fn size(bytes: u64) -> String {
    if bytes < 1_000 { format!("{bytes} B") } else { format!("{:.1} kB", bytes as f64 / 1_000.0) }
}

/// Columns as wide as their widest cell; the last one runs free.
pub fn table(rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    for row in rows {
        let mut text = String::from("   ");
        for (column, cell) in row.iter().enumerate() {
            text.push(' ');
            text.push_str(cell);
            if column + 1 < row.len() {
                text.extend(std::iter::repeat_n(' ', widths[column].saturating_sub(cell.chars().count()) + 1));
            }
        }
        line(text.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_change_their_unit() {
        assert_eq!(time(Duration::from_millis(1_240)), "1.2 s");
        assert_eq!(time(Duration::from_secs(42)), "42 s");
        assert_eq!(time(Duration::from_secs(184)), "3 min 04 s");
    }

    #[test]
    fn sizes_count_in_thousands() {
        assert_eq!(size(999), "999 B");
        assert_eq!(size(350_000), "350.0 kB");
    }
}
