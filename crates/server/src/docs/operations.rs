//! One page for each chapter: every operation with what it takes, gives and refuses.

use std::fmt::Write;

use contract::Tag;
use domain::Lang;
use serde_json::Value;

use super::html::{escape, inline, json, pick, shell};
use super::schemas::Said;
use super::{Page, about, schemas};

/// An operation of the document.
pub struct Operation<'a> {
    pub id: &'a str,
    pub summary: &'a str,
    pub method: String,
    pub path: &'a str,
    it: &'a Value,
}

/// In the order of the table of endpoints, which tells a story; the document's paths are sorted by letters.
pub fn operations_of(document: &Value, tag: Tag) -> Vec<Operation<'_>> {
    let mut found = Vec::new();
    for meta in contract::endpoint::op::ALL.iter().filter(|meta| meta.tag == tag) {
        let method = meta.method.as_str().to_ascii_lowercase();
        let paths = document["paths"].as_object();
        let Some((path, item)) = paths.and_then(|paths| paths.get_key_value(&meta.full_path())) else { continue };
        let it = &item[&method];
        if let (Some(id), Some(summary)) = (it["operationId"].as_str(), it["summary"].as_str()) {
            found.push(Operation { id, summary, method: method.to_ascii_uppercase(), path, it });
        }
    }
    found
}

pub fn method_mark(method: &str) -> String {
    format!("<span class=\"method {}\">{}</span>", escape(&method.to_ascii_lowercase()), escape(method))
}

pub fn chapter(lang: Lang, document: &Value, tag: Tag) -> String {
    let mut out = format!(
        "<h1>{}</h1><p class=\"lead\">{}</p>",
        escape(Page::Chapter(tag).title(lang)),
        escape(about(tag, lang))
    );
    for operation in operations_of(document, tag) {
        out.push_str(&section(lang, document, &operation));
    }
    out
}

fn section(lang: Lang, document: &Value, operation: &Operation<'_>) -> String {
    let it = operation.it;
    let mut out = format!(
        "<section class=\"operation\"><h2 id=\"{id}\"><a href=\"#{id}\" lang=\"en\">{}</a></h2>\
         <p class=\"address\">{} <code>{}</code> <span class=\"soft\">{id}</span></p>",
        escape(operation.summary),
        method_mark(&operation.method),
        escape(operation.path),
        id = escape(operation.id),
    );
    let said = it["description"].as_str().unwrap_or_default();
    let said = said.strip_prefix(operation.summary).unwrap_or(said).trim();
    for paragraph in said.split("\n\n").map(|p| p.trim().replace('\n', " ")).filter(|p| !p.is_empty()) {
        let _ = write!(out, "<p lang=\"en\">{}</p>", inline(lang, &paragraph));
    }
    let _ = write!(out, "<p class=\"access\">{}</p>", access(lang, it));

    if let Some(parameters) = it["parameters"].as_array() {
        heading(&mut out, pick(lang, "Paramètres", "Parameters"));
        out.push_str(&parameter_table(lang, parameters));
    }
    if let Some((media_type, content)) = first(&it["requestBody"]["content"]) {
        heading(&mut out, pick(lang, "Corps", "Body"));
        out.push_str(&payload(lang, document, media_type, content, Said::ByCaller));
    }
    heading(&mut out, pick(lang, "Exemple", "Example"));
    out.push_str(&shell(&curl(operation)));

    let mut problems = Vec::new();
    for (status, response) in it["responses"].as_object().into_iter().flatten() {
        match first(&response["content"]) {
            Some(("application/problem+json", content)) => {
                for code in content["examples"].as_object().into_iter().flat_map(|e| e.keys()) {
                    problems.push((status.as_str(), code.as_str()));
                }
            }
            content => {
                heading(&mut out, &format!("{} {}", pick(lang, "Réponse", "Reply"), escape(status)));
                match content {
                    Some((media_type, content)) => {
                        out.push_str(&payload(lang, document, media_type, content, Said::ByServer));
                    }
                    None => {
                        let _ = write!(out, "<p>{}</p>", pick(lang, "Sans corps.", "No body."));
                    }
                }
                out.push_str(&headers(lang, response));
            }
        }
    }
    heading(&mut out, pick(lang, "Problèmes", "Problems"));
    out.push_str("<ul class=\"problems\">");
    for (status, code) in problems {
        let _ = write!(
            out,
            "<li><a href=\"{}#{code}\"><b>{}</b> {code}</a></li>",
            Page::Problems.href(lang),
            escape(status),
            code = escape(code)
        );
    }
    out.push_str("</ul></section>");
    out
}

fn heading(out: &mut String, text: &str) {
    let _ = write!(out, "<h3>{text}</h3>");
}

fn first(content: &Value) -> Option<(&str, &Value)> {
    content.as_object()?.iter().next().map(|(media_type, content)| (media_type.as_str(), content))
}

fn access(lang: Lang, it: &Value) -> String {
    let security = it["security"].as_array();
    let scheme = security.and_then(|s| s.first()).and_then(Value::as_object).and_then(|s| s.keys().next());
    match scheme.map(String::as_str) {
        Some("bearer") => pick(
            lang,
            "Demande un jeton d’accès : <code>Authorization: Bearer …</code>",
            "Asks for an access token: <code>Authorization: Bearer …</code>",
        ),
        Some(_) => pick(
            lang,
            "Demande le cookie de session <code>cabready_refresh</code>.",
            "Asks for the session cookie <code>cabready_refresh</code>.",
        ),
        None => pick(lang, "Ouverte à tous.", "Open to everyone."),
    }
    .to_owned()
}

fn parameter_table(lang: Lang, parameters: &[Value]) -> String {
    let mut out = format!(
        "<div class=\"wide\" tabindex=\"0\"><table><thead><tr><th>{}</th><th>{}</th><th>{}</th></tr></thead><tbody>",
        pick(lang, "Nom", "Name"),
        pick(lang, "Type", "Type"),
        pick(lang, "Sens", "Meaning")
    );
    for parameter in parameters {
        let place = match parameter["in"].as_str() {
            Some("path") => pick(lang, "dans le chemin", "in the path"),
            Some("header") => pick(lang, "en-tête", "header"),
            _ => "",
        };
        let place = if place.is_empty() { String::new() } else { format!(" <span class=\"soft\">{place}</span>") };
        let must = if parameter["required"] == true {
            format!(" <span class=\"must\">{}</span>", pick(lang, "obligatoire", "required"))
        } else {
            String::new()
        };
        let schema = &parameter["schema"];
        let list = if schema["type"] == "array" {
            format!(" <span class=\"soft\">{}</span>", pick(lang, "séparées par des virgules", "separated by commas"))
        } else {
            String::new()
        };
        let _ = write!(
            out,
            "<tr><td><code>{}</code>{must}{place}</td><td>{}{list}</td><td lang=\"en\">{}</td></tr>",
            escape(parameter["name"].as_str().unwrap_or_default()),
            schemas::kind(lang, schema),
            inline(lang, &parameter["description"].as_str().unwrap_or_default().replace('\n', " "))
        );
    }
    out.push_str("</tbody></table></div>");
    out
}

fn payload(lang: Lang, document: &Value, media_type: &str, content: &Value, said: Said) -> String {
    let schema = &content["schema"];
    if media_type != "application/json" {
        return format!(
            "<p>{} <code>{}</code></p>",
            pick(lang, "Les octets d’un fichier,", "The bytes of a file,"),
            escape(media_type)
        );
    }
    let mut out = format!("<p>{} <code>{}</code></p>", schemas::kind(lang, schema), escape(media_type));
    out.push_str(&schemas::body(lang, schema, document, said));
    if let Some(example) = content.get("example") {
        let _ = write!(
            out,
            "<details class=\"example\"><summary>{}</summary>{}</details>",
            pick(lang, "Exemple en JSON", "Example in JSON"),
            json(example)
        );
    }
    out
}

fn headers(lang: Lang, response: &Value) -> String {
    let names: Vec<String> = response["headers"]
        .as_object()
        .into_iter()
        .flat_map(|h| h.keys())
        .filter(|name| *name != "X-Request-Id")
        .map(|name| format!("<code>{}</code>", escape(name)))
        .collect();
    if names.is_empty() {
        return String::new();
    }
    format!("<p>{} {}</p>", pick(lang, "En-têtes :", "Headers:"), names.join(", "))
}

/// What one would type.
fn curl(operation: &Operation<'_>) -> String {
    let it = operation.it;
    let path = operation.path.replace("{id}", "$ID");
    let required: Vec<String> = it["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|p| p["in"] == "query" && p["required"] == true)
        .filter_map(|p| {
            let example = p["schema"]["example"].as_str().unwrap_or("…");
            Some(format!("{}={example}", p["name"].as_str()?))
        })
        .collect();
    let query = if required.is_empty() { String::new() } else { format!("?{}", required.join("&")) };
    let method = if operation.method == "GET" { String::new() } else { format!(" -X {}", operation.method) };
    let mut lines = vec![format!("curl{method} \"$CABREADY{path}{query}\"")];
    match it["security"].as_array().and_then(|s| s.first()).and_then(|s| s.as_object()).and_then(|s| s.keys().next()) {
        Some(scheme) if scheme == "bearer" => lines.push("  -H \"Authorization: Bearer $TOKEN\"".to_owned()),
        Some(_) => lines.push("  -b cookies.txt -c cookies.txt".to_owned()),
        None => {}
    }
    let headers = it["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "header");
    for parameter in headers.filter(|p| p["name"] != "If-None-Match") {
        if let (Some(name), Some(example)) = (parameter["name"].as_str(), parameter["example"].as_str()) {
            lines.push(format!("  -H '{name}: {example}'"));
        }
    }
    match first(&it["requestBody"]["content"]) {
        Some(("application/json", content)) => {
            lines.push("  -H 'Content-Type: application/json'".to_owned());
            lines.push(format!("  -d '{}'", content["example"].to_string().replace('\'', "'\\''")));
        }
        Some((media_type, _)) => {
            lines.push(format!("  -H 'Content-Type: {media_type}'"));
            lines.push("  --data-binary @portefeuille.csv".to_owned());
        }
        None => {}
    }
    lines.join(" \\\n")
}
