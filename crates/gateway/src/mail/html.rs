//! What an HTML text would fetch, run or send when it is opened. Mail of ours does none of it: a picture that is fetched
//! tells who reads when, and many programs warn of it.

/// Elements that act, or lead everything elsewhere.
const ACTING: &[&str] = &[
    "script", "iframe", "frame", "object", "embed", "applet", "link", "base", "form", "audio", "video", "source",
    "track",
];
/// Attributes whose value is fetched.
const FETCHED: &[&str] =
    &["src", "srcset", "background", "poster", "data", "longdesc", "lowsrc", "dynsrc", "xlink:href"];

/// The first thing in the text that would act or be fetched; nothing where it only shows what it brings, and links.
pub(super) fn acting(html: &str) -> Option<String> {
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let (tag, after) = tag(rest);
        if let Some(found) = in_tag(&tag) {
            return Some(found);
        }
        rest = after;
        if tag.name == "style" {
            let end = rest.to_ascii_lowercase().find("</style").unwrap_or(rest.len());
            if let Some(found) = in_style(&rest[..end]) {
                return Some(found);
            }
            rest = &rest[end..];
        }
    }
    None
}

struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

/// A tag from its name on, and what comes after it.
fn tag(text: &str) -> (Tag, &str) {
    let end = text.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(text.len());
    let mut tag = Tag { name: text[..end].to_ascii_lowercase(), attributes: Vec::new() };
    let mut rest = &text[end..];
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if let Some(after) = rest.strip_prefix('>') {
            return (tag, after);
        }
        if rest.is_empty() {
            return (tag, rest);
        }
        // A name may begin with a sign of equality, and nothing else is odd about it.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let end = rest[first..]
            .find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/'))
            .map_or(rest.len(), |at| at + first);
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let mut value = String::new();
        if let Some(given) = rest.strip_prefix('=') {
            let given = given.trim_start();
            let quote = given.chars().next().filter(|c| matches!(c, '"' | '\''));
            let (taken, after) = match quote {
                Some(quote) => given[1..].split_once(quote).unwrap_or((&given[1..], "")),
                None => given.split_at(given.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(given.len())),
            };
            value = taken.to_owned();
            rest = after;
        }
        tag.attributes.push((name, value));
    }
}

fn in_tag(tag: &Tag) -> Option<String> {
    if ACTING.contains(&tag.name.as_str()) {
        return Some(format!("<{}>", tag.name));
    }
    if tag.name == "meta" && tag.attributes.iter().any(|(name, _)| name == "http-equiv") {
        return Some("<meta http-equiv>".to_owned());
    }
    tag.attributes.iter().find_map(|(name, value)| {
        let words = unescaped(value);
        let acts = name.starts_with("on")
            || (FETCHED.contains(&name.as_str()) && !is_brought(&words))
            || (name == "style" && in_style(&words).is_some())
            || (name == "href" && !leads_on(&words));
        acts.then(|| format!("<{} {name}>", tag.name))
    })
}

fn in_style(css: &str) -> Option<String> {
    // Escapes of CSS could write what is looked for otherwise.
    let css: String = unescaped(css).chars().filter(|c| !c.is_whitespace()).collect();
    if css.contains('\\') || css.contains("@import") || css.contains("expression(") || css.contains("image-set(") {
        return Some("<style>".to_owned());
    }
    let fetches = css.match_indices("url(").any(|(at, _)| !is_brought(css[at + 4..].trim_start_matches(['"', '\''])));
    fetches.then(|| "url()".to_owned())
}

/// Comes with the mail.
fn is_brought(value: &str) -> bool {
    value.starts_with("cid:") || value.starts_with("data:image/")
}

/// A link that a person follows, to a page, a mailbox, a telephone, or a place of the text.
fn leads_on(value: &str) -> bool {
    ["https:", "http:", "mailto:", "tel:", "#"].iter().any(|scheme| value.starts_with(scheme))
}

/// In lower case, without what browsers leave out of an address, and with the entities that could hide a scheme.
fn unescaped(value: &str) -> String {
    let mut out = value.to_ascii_lowercase();
    for (entity, plain) in
        [("&colon;", ":"), ("&lpar;", "("), ("&tab;", ""), ("&newline;", ""), ("&sol;", "/"), ("&amp;", "&")]
    {
        out = out.replace(entity, plain);
    }
    let mut plain = String::with_capacity(out.len());
    let mut rest = out.as_str();
    while let Some(at) = rest.find("&#") {
        plain.push_str(&rest[..at]);
        let digits = &rest[at + 2..];
        let (radix, digits) = digits.strip_prefix('x').map_or((10, digits), |hex| (16, hex));
        let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
        if let Some(c) = u32::from_str_radix(&digits[..end], radix).ok().and_then(char::from_u32) {
            plain.push(c);
        }
        rest = digits[end..].strip_prefix(';').unwrap_or(&digits[end..]);
    }
    plain.push_str(rest);
    plain.to_ascii_lowercase().trim_start().chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::acting;

    #[test]
    fn mail_shows_what_it_brings_and_links() {
        for harmless in [
            "<p>Bonjour &amp; merci : src=http://x, url(http://x)</p>",
            "<a href=\"https://cabinet.example/l/lnk_1\">Répondre</a> <a href='mailto:a@b.fr'>écrire</a> <a href=#fin>fin</a>",
            "<!-- <img src=http://x> --><br/><hr>",
            "<img alt=\"Logo\" src=\"cid:logo\"><img src='data:image/png;base64,AAAA'>",
            "<p style=\"color: #333; font: 14px sans-serif\">a &lt;script&gt;</p>",
            "<style>p { margin: 0 }</style>",
            "1 < 2 et 3 > 2",
            "",
        ] {
            assert_eq!(acting(harmless), None, "{harmless}");
        }
        for (acts, what) in [
            ("<img src=\"https://x.example/p.gif\">", "<img src>"),
            ("<IMG SRC=//x.example/p.gif>", "<img src>"),
            ("<img alt='>' src='http://x'>", "<img src>"),
            ("<img/src=http://x>", "<img src>"),
            ("<img srcset='http://x 2x'>", "<img srcset>"),
            ("<img src='h&#116;tp://x'>", "<img src>"),
            ("<td background=http://x>", "<td background>"),
            ("<p style='background:url(http://x)'>", "<p style>"),
            ("<p style=\"background:u\\72l(http://x)\">", "<p style>"),
            ("<p style='background:&#117;rl( \"//x\" )'>", "<p style>"),
            ("<style>@import 'http://x';</style>", "<style>"),
            ("<style>p{background:url(//x)}</style>", "url()"),
            ("<script>x</script>", "<script>"),
            ("<link rel=stylesheet href=http://x>", "<link>"),
            ("<p onmouseover=x()>", "<p onmouseover>"),
            ("<a href=\"javascript:x()\">", "<a href>"),
            ("<a href=\" java\tscript:x()\">", "<a href>"),
            ("<form action=http://x>", "<form>"),
            ("<meta http-equiv=refresh content='0;url=http://x'>", "<meta http-equiv>"),
            ("<svg><image xlink:href=http://x /></svg>", "<image xlink:href>"),
            ("<img src=http://x", "<img src>"),
        ] {
            assert_eq!(acting(acts).as_deref(), Some(what), "{acts}");
        }
    }
}
