//! The one HTTP client of the adapters: HTTP/1.1, TLS by rustls with the certificates that the machine trusts, every
//! step bounded in time and every answer in size.

use std::io::Read;
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use domain::text::Text;
use reqwest::blocking::{Client, Response};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use url::Url;

use crate::setting::{SettingError, Timeouts, short, without_secret};

/// A peer that asks for more is not waited for longer than this.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// Names *ring* as the cryptography of rustls for this process; the first call counts. The adapters call it themselves.
/// Whoever makes a `reqwest` client of its own in a program that holds this crate calls it first: cargo gives every
/// crate of a build the same features of `reqwest`, and with these it asks for a named provider.
pub fn prepare_tls() {
    // Refused when one is named already, which is then as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

pub(crate) fn client(base: &Url, timeouts: Timeouts) -> Result<Client, SettingError> {
    prepare_tls();
    let mut builder = Client::builder()
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.read)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("cabready/", env!("CARGO_PKG_VERSION")));
    if is_loopback(base) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(no_client)
}

pub(crate) fn no_client(error: reqwest::Error) -> SettingError {
    SettingError::new(
        Text::new(
            format!("Le client HTTP ne peut pas être préparé : {error}"),
            format!("The HTTP client cannot be made: {error}"),
        ),
        Text::new("des certificats racine lisibles", "readable root certificates"),
        Text::new("installez le paquet ca-certificates", "install the package ca-certificates"),
    )
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// The base of an API whose key travels with each request: `https`, or `http` to this very machine.
pub(crate) fn base(text: &str) -> Result<Url, SettingError> {
    let refused = |why_fr: &str, why_en: &str| {
        let shown = without_secret(text);
        SettingError::new(
            Text::new(format!("L’adresse « {shown} » {why_fr}"), format!("The address “{shown}” {why_en}")),
            Text::new(
                "une adresse https:// (ou http:// vers cette machine même)",
                "an https:// address (or http:// to this very machine)",
            ),
            Text::new(
                "écrivez par exemple https://api.exemple.fr, sans « ? » ni « # »",
                "write https://api.example.com, for instance, without “?” or “#”",
            ),
        )
    };
    let url = Url::parse(text).map_err(|_| refused("n’est pas lisible", "cannot be read"))?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err(refused("enverrait la clé en clair", "would send the key in clear")),
        _ => return Err(refused("n’est pas une adresse web", "is not a web address")),
    }
    if url.host_str().is_none() || url.query().is_some() || url.fragment().is_some() {
        return Err(refused("n’est pas la base d’une API", "is not the base of an API"));
    }
    Ok(url)
}

/// `base` with more segments, each percent-encoded.
pub(crate) fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// `host` or `host:port`: who a peer is, for people.
pub(crate) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Why an answer could not be read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    TooLarge,
    Lost,
}

pub(crate) fn body(answer: Response, most: u64) -> Result<Vec<u8>, Unread> {
    if answer.content_length().is_some_and(|length| length > most) {
        return Err(Unread::TooLarge);
    }
    let mut bytes = Vec::new();
    answer.take(most + 1).read_to_end(&mut bytes).map_err(|_| Unread::Lost)?;
    if bytes.len() as u64 > most { Err(Unread::TooLarge) } else { Ok(bytes) }
}

/// The same, for a peer that may drip: an answer that is not whole by then is lost.
pub(crate) fn body_until(mut answer: Response, most: u64, deadline: Instant) -> Result<Vec<u8>, Unread> {
    if answer.content_length().is_some_and(|length| length > most) {
        return Err(Unread::TooLarge);
    }
    let (mut bytes, mut piece) = (Vec::new(), [0_u8; 16 * 1024]);
    loop {
        match answer.read(&mut piece) {
            Ok(0) => return Ok(bytes),
            Ok(n) => bytes.extend_from_slice(&piece[..n]),
            Err(_) => return Err(Unread::Lost),
        }
        if bytes.len() as u64 > most {
            return Err(Unread::TooLarge);
        }
        if Instant::now() > deadline {
            return Err(Unread::Lost);
        }
    }
}

/// What a peer wrote, short and without control characters; what is not text is left out.
pub(crate) fn words(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(2000)]);
    text.split(char::is_control).filter(|piece| !piece.trim().is_empty()).collect::<Vec<_>>().join(" ")
}

/// `Retry-After`, in seconds or as a date; else the end of the window of a rate limit.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER).or_else(|| headers.get("ratelimit-reset"))?.to_str().ok()?.trim();
    let wait = match value.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let then = DateTime::parse_from_rfc2822(value).ok()?.with_timezone(&Utc);
            (then - DateTime::<Utc>::from(SystemTime::now())).to_std().unwrap_or_default()
        }
    };
    Some(wait.min(LONGEST_WAIT))
}

/// Why there was no answer; never with the address, whose query may hold a signature.
pub(crate) fn no_answer(peer: &str, error: &reqwest::Error) -> Text {
    let peer = short(peer);
    if error.is_timeout() {
        Text::new(format!("« {peer} » n’a pas répondu à temps"), format!("“{peer}” did not answer in time"))
    } else if error.is_connect() {
        Text::new(format!("« {peer} » n’est pas joignable"), format!("“{peer}” cannot be reached"))
    } else {
        Text::new(
            format!("La connexion avec « {peer} » a été coupée"),
            format!("The connection with “{peer}” was lost"),
        )
    }
}

/// Whether TLS itself failed, which waiting does not mend.
pub(crate) fn tls_fault(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(fault) = error.downcast_ref::<rustls::Error>() {
            return Some(fault.to_string());
        }
        // An `io::Error` gives the source of what it holds, never what it holds.
        if let Some(held) = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref)
            && let Some(fault) = tls_fault(held)
        {
            return Some(fault);
        }
        next = error.source();
    }
    None
}

/// Whether an error of this kind is at the bottom of another.
pub(crate) fn caused_by<E: std::error::Error + 'static>(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<E>() {
            return true;
        }
        // An `io::Error` gives the source of what it holds, never what it holds.
        if let Some(held) = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref)
            && caused_by::<E>(held)
        {
            return true;
        }
        next = error.source();
    }
    false
}

/// What to do when a peer's TLS is not trusted.
pub(crate) fn tls_fix() -> Text {
    Text::new(
        "vérifiez le nom du serveur, le port et que son autorité de certification figure parmi celles de la machine \
         (paquet ca-certificates, ou SSL_CERT_FILE)",
        "check the name of the server, the port, and that its authority is among those of the machine (package \
         ca-certificates, or SSL_CERT_FILE)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_keeps_its_key_from_clear_text() {
        for good in ["https://api.exemple.fr", "https://api.exemple.fr/v3/", "http://127.0.0.1:8025", "http://[::1]:1"]
        {
            assert!(base(good).is_ok(), "{good}");
        }
        for bad in
            ["http://api.exemple.fr", "ftp://x", "api.exemple.fr", "https://x?y=1", "https://x#y", "http://10.0.0.1"]
        {
            assert!(base(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn segments_are_encoded() {
        let url = below(&Url::parse("https://api.exemple.fr/v3/").unwrap(), &["emails", "a/../b?c"]);
        assert_eq!(url.as_str(), "https://api.exemple.fr/v3/emails/a%2F..%2Fb%3Fc");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(read("7"), Some(Duration::from_secs(7)));
        assert_eq!(read("99999999"), Some(LONGEST_WAIT));
        assert_eq!(read("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("21 Oct 2215 07:28:00 GMT"), Some(LONGEST_WAIT));
        assert_eq!(read("soon"), None);
    }
}
