//! Headers, read without trust: what is malformed is refused or left out, never guessed.

use std::net::IpAddr;
use std::time::Instant;

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap};
use contract::Code;
use domain::Lang;
use service::{Error, Result};

use super::Edge;

pub const REQUEST_ID: &str = "x-request-id";

/// What every answer needs of its request, also one that fails.
#[derive(Debug)]
pub struct Asked {
    pub started: Instant,
    pub request_id: String,
    pub lang: Lang,
}

impl Asked {
    pub fn new(req: &HttpRequest) -> Self {
        let given = text(req.headers(), REQUEST_ID).filter(|id| is_request_id(id));
        Self {
            started: Instant::now(),
            request_id: given.map_or_else(|| service::ids::fresh().to_string(), str::to_owned),
            lang: lang(req.headers()),
        }
    }
}

/// A request id goes into logs, the journal and a header: a short word and nothing that could break a line.
fn is_request_id(id: &str) -> bool {
    (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

pub fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The better liked of the two languages; French when neither is named.
pub fn lang(headers: &HeaderMap) -> Lang {
    let Some(wanted) = text(headers, "accept-language") else {
        return Lang::Fr;
    };
    let mut best = (Lang::Fr, 0u32);
    for item in wanted.split(',') {
        let mut parts = item.split(';');
        let tag = parts.next().unwrap_or_default().trim();
        let lang = match tag.split('-').next().unwrap_or_default() {
            l if l.eq_ignore_ascii_case("fr") => Lang::Fr,
            l if l.eq_ignore_ascii_case("en") => Lang::En,
            _ => continue,
        };
        let weight = parts
            .find_map(|p| p.trim().strip_prefix("q="))
            .map_or(1000, |q| q.parse::<f32>().map_or(0, |q| (q.clamp(0.0, 1.0) * 1000.0) as u32));
        if weight > best.1 {
            best = (lang, weight);
        }
    }
    best.0
}

/// Whether the caller reads a content coding.
pub fn takes(headers: &HeaderMap, coding: &str) -> bool {
    text(headers, "accept-encoding").unwrap_or_default().split(',').any(|item| {
        let mut parts = item.split(';');
        let name = parts.next().unwrap_or_default().trim();
        let refused = parts.any(|p| matches!(p.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        name.eq_ignore_ascii_case(coding) && !refused
    })
}

/// Where the request comes from. The last address of `X-Forwarded-For` is the one that our own proxy saw; those before
/// it are the caller's word.
pub fn address(req: &HttpRequest, trust_proxy: bool) -> Option<IpAddr> {
    let peer = req.peer_addr().map(|a| a.ip());
    let told = if trust_proxy {
        req.headers()
            .get_all(header::X_FORWARDED_FOR)
            .last()
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.rsplit(',').next())
            .and_then(|value| value.trim().parse().ok())
    } else {
        None
    };
    told.or(peer).map(|ip: IpAddr| ip.to_canonical())
}

pub fn user_agent(headers: &HeaderMap) -> Option<String> {
    text(headers, "user-agent").map(|agent| agent.chars().take(200).collect())
}

pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = text(headers, "authorization")?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty() && value.len() <= 512)
        .map(|(_, value)| value.to_owned())
}

/// The version in `If-Match`, weak or strong; a version is named, never "any".
pub fn if_match(headers: &HeaderMap) -> Result<Option<i64>> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let given = value.to_str().unwrap_or_default().trim();
    let tag = given.strip_prefix("W/").unwrap_or(given);
    let version = tag.strip_prefix('"').and_then(|t| t.strip_suffix('"')).and_then(|t| t.parse().ok());
    let given: String = given.chars().take(40).collect();
    version.map(Some).ok_or_else(|| {
        Error::new(Code::BadRequest).and(
            "If-Match",
            "if_match",
            format!("« {given} » : un seul ETag attendu, tel que reçu à la lecture, par exemple \"3\"."),
            format!("« {given} »: one ETag expected, as received when reading, such as \"3\"."),
        )
    })
}

/// Whether `If-None-Match` names the tag.
pub fn none_match(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|seen| seen == "*" || seen.strip_prefix("W/").unwrap_or(seen) == tag)
}

pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if (8..=128).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) => {
            Ok(Some(key.to_owned()))
        }
        _ => Err(Error::new(Code::BadRequest).and(
            "Idempotency-Key",
            "idempotency_key",
            "8 à 128 caractères ASCII visibles attendus, par exemple un UUID.",
            "8 to 128 visible ASCII characters expected, such as a UUID.",
        )),
    }
}

/// Whether a page of another site made the browser send this. `SameSite=Strict` already keeps the cookie back; this
/// also refuses what a neighbour on the same domain or an old browser would let through.
pub fn crosses_sites(req: &HttpRequest, edge: &Edge) -> bool {
    let headers = req.headers();
    if let Some(site) = text(headers, "sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(headers, "origin") else {
        // Not a browser, or one that sends neither.
        return false;
    };
    if edge.public_origin.as_deref() == Some(origin) {
        return false;
    }
    let forwarded = if edge.trust_proxy { text(headers, "x-forwarded-host") } else { None };
    let host = forwarded.or_else(|| text(headers, "host"));
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.is_none() || authority != host
}

/// Whether a page is wanted, as a browser asks when a person opens an address.
pub fn accepts_html(headers: &HeaderMap) -> bool {
    text(headers, "accept").is_some_and(|accept| accept.contains("text/html"))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn with(name: &'static str, value: &str) -> HttpRequest {
        TestRequest::default().insert_header((name, value)).to_http_request()
    }

    #[test]
    fn the_better_liked_language_is_spoken() {
        for (wanted, spoken) in [
            ("en", Lang::En),
            ("fr-FR,fr;q=0.9,en;q=0.8", Lang::Fr),
            ("de, en-GB;q=0.7, fr;q=0.3", Lang::En),
            ("de", Lang::Fr),
            ("en;q=0", Lang::Fr),
            ("", Lang::Fr),
        ] {
            assert_eq!(lang(with("accept-language", wanted).headers()), spoken, "{wanted}");
        }
    }

    #[test]
    fn a_request_id_is_taken_over_when_it_is_a_word() {
        assert_eq!(Asked::new(&with(REQUEST_ID, "abc-123.def_4")).request_id, "abc-123.def_4");
        for wrong in ["short", "with space here", "<script>alert(1)", &"x".repeat(65)] {
            let made = Asked::new(&with(REQUEST_ID, wrong)).request_id;
            assert_ne!(made, wrong);
            assert_eq!(uuid::Uuid::parse_str(&made).unwrap().get_version_num(), 7);
        }
    }

    #[test]
    fn only_our_own_proxy_is_believed() {
        let peer = "192.0.2.7:4000".parse().unwrap();
        let request = TestRequest::default()
            .peer_addr(peer)
            .insert_header(("x-forwarded-for", "203.0.113.9, 198.51.100.4"))
            .to_http_request();
        assert_eq!(address(&request, false), Some("192.0.2.7".parse().unwrap()));
        assert_eq!(address(&request, true), Some("198.51.100.4".parse().unwrap()));
        let garbled = TestRequest::default().peer_addr(peer).insert_header(("x-forwarded-for", "?")).to_http_request();
        assert_eq!(address(&garbled, true), Some("192.0.2.7".parse().unwrap()));
    }

    #[test]
    fn versions_are_read_weak_and_strong_and_any_is_refused() {
        assert_eq!(if_match(with("if-match", "\"3\"").headers()).unwrap(), Some(3));
        assert_eq!(if_match(with("if-match", "W/\"12\"").headers()).unwrap(), Some(12));
        assert_eq!(if_match(with("accept", "x").headers()).unwrap(), None);
        for wrong in ["*", "3", "\"a\"", "\"1\", \"2\"", ""] {
            let refused = if_match(with("if-match", wrong).headers()).unwrap_err();
            assert_eq!((refused.code, refused.fields[0].pointer.as_str()), (Code::BadRequest, "If-Match"), "{wrong}");
        }
        assert!(none_match(with("if-none-match", "\"2\", W/\"3\"").headers(), "\"3\""));
        assert!(!none_match(with("if-none-match", "\"2\"").headers(), "\"3\""));
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let request = with("cookie", "theme=dark; cabready_refresh=abc.def; other=1");
        assert_eq!(cookie(request.headers(), "cabready_refresh").as_deref(), Some("abc.def"));
        assert_eq!(cookie(request.headers(), "refresh"), None);
        assert_eq!(bearer(with("authorization", "bearer t.o.k").headers()), Some("t.o.k"));
        assert_eq!(bearer(with("authorization", "Basic abc").headers()), None);
    }
}
