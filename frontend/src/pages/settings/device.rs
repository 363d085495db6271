//! "Firefox sur Linux" from what a browser says of itself. A hint for the eye, nothing depends on it.

use crate::text::t;

pub fn device(user_agent: Option<&str>) -> String {
    let t = t();
    match user_agent.map(read) {
        Some((Some(browser), Some(system))) => t.session_on(browser, system),
        Some((Some(name), None) | (None, Some(name))) => name.to_owned(),
        Some((None, None)) | None => t.session_unknown_device().to_owned(),
    }
}

/// The order matters: every browser claims to be some others, too.
fn read(agent: &str) -> (Option<&'static str>, Option<&'static str>) {
    const BROWSERS: &[(&str, &str)] = &[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    const SYSTEMS: &[(&str, &str)] = &[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Macintosh", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let find =
        |table: &[(&str, &'static str)]| table.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    (find(BROWSERS), find(SYSTEMS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_recognised_behind_their_claims() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36 Edg/142.0";
        assert_eq!(device(Some(edge)), "Edge sur Windows");
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1";
        assert_eq!(device(Some(phone)), "Safari sur iPhone");
        assert_eq!(device(Some("curl/8.5.0")), "curl");
        assert_eq!(device(Some("something else")), "Appareil inconnu");
        assert_eq!(device(None), "Appareil inconnu");
    }
}
