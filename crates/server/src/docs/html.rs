//! Pieces of HTML. Whatever comes from the document goes through `escape`.

use std::fmt::Write;

use contract::Tag;
use contract::endpoint::op;
use domain::Lang;
use serde_json::Value;
pub use service::html::escape;

use super::Page;
use super::operations::operations_of;

/// A sentence, where backquotes mark code; the id of an operation leads to it. No line begins with a mark that French
/// sets off by a space.
pub fn inline(lang: Lang, text: &str) -> String {
    let mut out = String::new();
    for (index, part) in text.split('`').enumerate() {
        if index % 2 == 0 {
            let mut said = escape(part);
            for mark in [";", ":", "?", "!", "»"] {
                // An entity ends with a semicolon of its own, without a space before it.
                said = said.replace(&format!(" {mark}"), &format!("\u{a0}{mark}"));
            }
            out.push_str(&said.replace("« ", "«\u{a0}"));
            continue;
        }
        match op::ALL.iter().find(|meta| meta.id == part) {
            Some(meta) => {
                let page = Page::Chapter(meta.tag).href(lang);
                let _ = write!(out, "<a href=\"{page}#{part}\"><code>{part}</code></a>");
            }
            None => {
                let _ = write!(out, "<code>{}</code>", escape(part));
            }
        }
    }
    out
}

/// A value as a reader likes it: indented, with marks for the style sheet.
pub fn json(value: &Value) -> String {
    let mut out = String::from("<pre class=\"code\" tabindex=\"0\"><code>");
    write_json(&mut out, value, 0);
    out.push_str("</code></pre>");
    out
}

fn write_json(out: &mut String, value: &Value, depth: usize) {
    let indent = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('{');
            for (index, (key, field)) in map.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                indent(out, depth + 1);
                let _ = write!(out, "<span class=\"k\">{}</span>: ", escape(&Value::from(key.as_str()).to_string()));
                write_json(out, field, depth + 1);
            }
            indent(out, depth);
            out.push('}');
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                indent(out, depth + 1);
                write_json(out, item, depth + 1);
            }
            indent(out, depth);
            out.push(']');
        }
        Value::String(_) => {
            let _ = write!(out, "<span class=\"s\">{}</span>", escape(&value.to_string()));
        }
        Value::Number(_) | Value::Bool(_) | Value::Null => {
            let _ = write!(out, "<span class=\"n\">{value}</span>");
        }
        Value::Object(_) => out.push_str("{}"),
        Value::Array(_) => out.push_str("[]"),
    }
}

/// Lines to type.
pub fn shell(text: &str) -> String {
    let mut out = String::from("<pre class=\"code\" tabindex=\"0\"><code>");
    for line in text.lines() {
        match line.strip_prefix('#') {
            Some(_) => {
                let _ = writeln!(out, "<span class=\"c\">{}</span>", escape(line));
            }
            None => {
                let _ = writeln!(out, "{}", escape(line));
            }
        }
    }
    out.push_str("</code></pre>");
    out
}

pub fn pick(lang: Lang, fr: &'static str, en: &'static str) -> &'static str {
    match lang {
        Lang::Fr => fr,
        Lang::En => en,
    }
}

fn navigation(lang: Lang, here: Page, document: &Value) -> String {
    let mut out = String::from("<ul class=\"nav\">");
    let link = |out: &mut String, page: Page| {
        let current = if page == here { " aria-current=\"page\"" } else { "" };
        let _ = write!(out, "<a href=\"{}\"{current}>{}</a>", page.href(lang), escape(page.title(lang)));
    };
    for page in [Page::Index, Page::Start] {
        out.push_str("<li>");
        link(&mut out, page);
        out.push_str("</li>");
    }
    let _ = write!(out, "<li class=\"nav-head\">{}</li>", pick(lang, "Opérations", "Operations"));
    for tag in Tag::ALL {
        let page = Page::Chapter(*tag);
        out.push_str("<li>");
        link(&mut out, page);
        if page == here {
            out.push_str("<ul>");
            for operation in operations_of(document, *tag) {
                let _ = write!(
                    out,
                    "<li><a href=\"#{}\" lang=\"en\">{}</a></li>",
                    escape(operation.id),
                    escape(operation.summary)
                );
            }
            out.push_str("</ul>");
        }
        out.push_str("</li>");
    }
    let _ = write!(out, "<li class=\"nav-head\">{}</li>", pick(lang, "Références", "References"));
    for page in [Page::Schemas, Page::Problems] {
        out.push_str("<li>");
        link(&mut out, page);
        out.push_str("</li>");
    }
    let _ = write!(out, "<li><a href=\"/api/openapi.json\">openapi.json</a></li></ul>");
    out
}

pub fn layout(lang: Lang, page: Page, document: &Value, content: &str) -> String {
    let nav = navigation(lang, page, document);
    let title = escape(page.title(lang));
    let skip = pick(lang, "Aller au contenu", "Skip to content");
    let menu = pick(lang, "Sommaire", "Contents");
    let label = pick(lang, "Documentation de l’API", "API documentation");
    let other = match lang {
        Lang::Fr => (Lang::En, "English"),
        Lang::En => (Lang::Fr, "Français"),
    };
    let switch = format!(
        "<a class=\"lang\" href=\"{}\" hreflang=\"{}\" lang=\"{}\">{}</a>",
        page.href(other.0),
        other.0,
        other.0,
        other.1
    );
    let version = escape(document["info"]["version"].as_str().unwrap_or_default());
    format!(
        "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} · CabReady API</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"/docs/docs.css\">\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#content\">{skip}</a>\n\
         <header class=\"top\"><a class=\"mark\" href=\"{home}\">CabReady <b>API</b></a>\
         <span class=\"version\">{version}</span>{switch}</header>\n\
         <details class=\"menu\"><summary>{menu}</summary><nav aria-label=\"{menu}\">{nav}</nav></details>\n\
         <div class=\"frame\">\n<nav class=\"side\" aria-label=\"{label}\">{nav}</nav>\n\
         <main id=\"content\" tabindex=\"-1\">\n{content}\n</main>\n</div>\n</body>\n</html>\n",
        home = Page::Index.href(lang),
    )
}
