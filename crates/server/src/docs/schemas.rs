//! Shapes as tables of fields.

use std::fmt::Write;

use domain::Lang;
use serde_json::{Map, Value};

use super::Page;
use super::html::{escape, inline, pick};

type Schemas = Map<String, Value>;

fn named(document: &Value) -> Option<&Schemas> {
    document["components"]["schemas"].as_object()
}

fn ref_name(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str().and_then(|r| r.rsplit('/').next())
}

fn link(lang: Lang, name: &str) -> String {
    format!("<a href=\"{}#{name}\">{name}</a>", Page::Schemas.href(lang), name = escape(name))
}

fn is_null(schema: &Value) -> bool {
    schema["type"] == "null"
}

/// The kind of a value, in words with links.
pub fn kind(lang: Lang, schema: &Value) -> String {
    if let Some(name) = ref_name(schema) {
        return link(lang, name);
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        if let Some(options) = schema[key].as_array() {
            let mut kinds: Vec<String> = options.iter().filter(|o| !is_null(o)).map(|o| kind(lang, o)).collect();
            kinds.dedup();
            let mut text = kinds.join(pick(lang, " ou ", " or "));
            if options.iter().any(is_null) {
                text.push_str(or_null(lang));
            }
            return text;
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let codes: Vec<String> =
            values.iter().filter_map(Value::as_str).map(|v| format!("<code>{}</code>", escape(v))).collect();
        return codes.join(" ");
    }
    let (name, nullable) = match &schema["type"] {
        Value::Array(kinds) => (
            kinds.iter().filter_map(Value::as_str).find(|k| *k != "null").unwrap_or_default(),
            kinds.iter().any(|k| k == "null"),
        ),
        one => (one.as_str().unwrap_or_default(), false),
    };
    let text = match (name, schema["format"].as_str()) {
        ("array", _) => {
            format!("{} {}", pick(lang, "liste de", "list of"), kind(lang, &schema["items"]))
        }
        ("string", Some("date-time")) => pick(lang, "instant (RFC 3339, UTC)", "instant (RFC 3339, UTC)").to_owned(),
        ("string", Some("date")) => pick(lang, "date (AAAA-MM-JJ)", "date (YYYY-MM-DD)").to_owned(),
        ("string", Some("uuid")) => "UUID".to_owned(),
        ("string", Some("binary")) => pick(lang, "octets", "bytes").to_owned(),
        ("string", _) => pick(lang, "texte", "text").to_owned(),
        ("integer", _) => pick(lang, "entier", "integer").to_owned(),
        ("number", _) => pick(lang, "nombre", "number").to_owned(),
        ("boolean", _) => pick(lang, "booléen", "boolean").to_owned(),
        ("object", _) if schema["additionalProperties"].is_object() => {
            format!("{} {}", pick(lang, "objet : nom →", "object: name →"), kind(lang, &schema["additionalProperties"]))
        }
        ("object", _) => pick(lang, "objet", "object").to_owned(),
        _ => pick(lang, "valeur", "value").to_owned(),
    };
    if nullable { text + or_null(lang) } else { text }
}

fn or_null(lang: Lang) -> &'static str {
    pick(lang, " ou <code>null</code>", " or <code>null</code>")
}

/// What the values of a field must keep to, beside their kind.
fn bounds(lang: Lang, schema: &Value) -> String {
    let mut parts = Vec::new();
    for (key, fr, en) in [
        ("minimum", "au moins", "at least"),
        ("maximum", "au plus", "at most"),
        ("minLength", "longueur d’au moins", "at least this long:"),
        ("maxLength", "longueur d’au plus", "at most this long:"),
    ] {
        // Every count is at least nothing.
        if let Some(value) = schema[key].as_number().filter(|n| key != "minimum" || n.as_f64() != Some(0.0)) {
            parts.push(format!("{} {value}", pick(lang, fr, en)));
        }
    }
    if let Some(pattern) = schema["pattern"].as_str() {
        parts.push(format!("{} <code>{}</code>", pick(lang, "forme", "form"), escape(pattern)));
    }
    parts.join(", ")
}

fn example(schema: &Value) -> Option<&Value> {
    schema.get("example").or_else(|| schema["examples"].get(0))
}

/// Fields of an object, those of its flattened parts included.
fn fields<'a>(schema: &'a Value, schemas: &'a Schemas, out: &mut Vec<(&'a str, &'a Value, bool)>) {
    let schema = ref_name(schema).and_then(|name| schemas.get(name)).unwrap_or(schema);
    for part in schema["allOf"].as_array().into_iter().flatten() {
        fields(part, schemas, out);
    }
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        out.push((name, field, required.contains(&name.as_str())));
    }
}

fn field_table(lang: Lang, rows: &[(&str, &Value, bool)], said: Said) -> String {
    let mut out = format!(
        "<div class=\"wide\" tabindex=\"0\"><table><thead><tr><th>{}</th><th>{}</th><th>{}</th></tr></thead><tbody>",
        pick(lang, "Champ", "Field"),
        pick(lang, "Type", "Type"),
        pick(lang, "Sens", "Meaning"),
    );
    for (name, schema, required) in rows {
        let mark = if *required && said == Said::ByCaller {
            format!(" <span class=\"must\">{}</span>", pick(lang, "obligatoire", "required"))
        } else {
            String::new()
        };
        let mut meaning = String::new();
        if let Some(text) = schema["description"].as_str() {
            let _ = write!(meaning, "<span lang=\"en\">{}</span>", inline(lang, &text.replace('\n', " ")));
        }
        let limits = bounds(lang, schema);
        if !limits.is_empty() {
            let _ = write!(meaning, " <span class=\"soft\">{limits}</span>");
        }
        if let Some(value) = example(schema) {
            let _ = write!(
                meaning,
                " <span class=\"soft\">{} <code>{}</code></span>",
                pick(lang, "ex.", "e.g."),
                escape(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            );
        }
        let _ = write!(
            out,
            "<tr><td><code>{}</code>{mark}</td><td>{}</td><td>{}</td></tr>",
            escape(name),
            kind(lang, schema),
            meaning.trim()
        );
    }
    out.push_str("</tbody></table></div>");
    out
}

/// Who says the shape: what is required matters to the one who writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    ByCaller,
    ByServer,
}

/// A shape in full: its fields, its variants or its values.
pub fn body(lang: Lang, schema: &Value, document: &Value, said: Said) -> String {
    let none = Map::new();
    let schemas = named(document).unwrap_or(&none);
    let whole = ref_name(schema).and_then(|name| schemas.get(name)).unwrap_or(schema);
    if let Some(values) = whole["enum"].as_array() {
        let codes: Vec<String> =
            values.iter().filter_map(Value::as_str).map(|v| format!("<code>{}</code>", escape(v))).collect();
        return format!("<p class=\"values\">{}</p>", codes.join(" "));
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(options) = whole[key].as_array() {
            let mut out = format!("<p>{}</p>", pick(lang, "L’une de ces formes :", "One of these forms:"));
            for option in options.iter().filter(|o| !is_null(o)) {
                if let Some(text) = option["description"].as_str() {
                    let _ = write!(out, "<p lang=\"en\">{}</p>", inline(lang, text));
                }
                let mut rows = Vec::new();
                fields(option, schemas, &mut rows);
                if rows.is_empty() {
                    let _ = write!(out, "<p>{}</p>", kind(lang, option));
                } else {
                    out.push_str(&field_table(lang, &rows, said));
                }
            }
            return out;
        }
    }
    let mut rows = Vec::new();
    fields(whole, schemas, &mut rows);
    if !rows.is_empty() {
        return field_table(lang, &rows, said);
    }
    let limits = bounds(lang, whole);
    let limits = if limits.is_empty() { limits } else { format!(" <span class=\"soft\">{limits}</span>") };
    format!("<p>{}{limits}</p>", kind(lang, whole))
}

/// Every named shape, in the order of the alphabet.
pub fn all(lang: Lang, document: &Value) -> String {
    let mut out = format!(
        "<h1>{}</h1><p class=\"lead\">{}</p>",
        Page::Schemas.title(lang),
        pick(
            lang,
            "Les objets que les opérations reçoivent et rendent. Les identifiants sont des UUID, les montants des centimes d’euro entiers.",
            "The objects that operations take and give. Identifiers are UUIDs, amounts are whole cents of euros."
        )
    );
    for (name, schema) in named(document).into_iter().flatten() {
        let _ =
            write!(out, "<section class=\"shape\"><h2 id=\"{id}\"><a href=\"#{id}\">{id}</a></h2>", id = escape(name));
        if let Some(text) = schema["description"].as_str() {
            let _ = write!(out, "<p lang=\"en\">{}</p>", inline(lang, &text.replace('\n', " ")));
        }
        out.push_str(&body(lang, schema, document, Said::ByCaller));
        out.push_str("</section>");
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds_are_told_in_words() {
        for (schema, told) in [
            (json!({ "type": ["integer", "null"] }), "integer or <code>null</code>"),
            (json!({ "type": "array", "items": { "type": "string" } }), "list of text"),
            (json!({ "type": "string", "enum": ["a<", "b"] }), "<code>a&lt;</code> <code>b</code>"),
            (
                json!({ "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Me" }] }),
                "<a href=\"/docs/schemas?lang=en#Me\">Me</a> or <code>null</code>",
            ),
        ] {
            assert_eq!(kind(Lang::En, &schema), told);
        }
    }
}
