//! Requests held against the published OpenAPI files. Only the words of JSON Schema that these files use are known; any
//! other is a complaint of its own, so that nothing passes unread. What the files do not name is a complaint, too.

use std::sync::OnceLock;

use serde_json::Value;

/// One of the two services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Flow,
    Directory,
}

impl Service {
    pub fn document(self) -> &'static Value {
        static FLOW: OnceLock<Value> = OnceLock::new();
        static DIRECTORY: OnceLock<Value> = OnceLock::new();
        let read = |text: &str| serde_json::from_str(text).expect("the published file is JSON");
        match self {
            Self::Flow => FLOW.get_or_init(|| read(include_str!("../openapi/flow-service-1.3.0.json"))),
            Self::Directory => DIRECTORY.get_or_init(|| read(include_str!("../openapi/directory-service-1.3.0.json"))),
        }
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    pub method: &'a str,
    /// Below the service's base, without query.
    pub path: &'a str,
    pub query: &'a [(String, String)],
    pub headers: &'a [(String, String)],
    pub body: &'a [u8],
}

/// What the published file has against a request; nothing when it is right.
pub fn complaints(service: Service, asked: &Question<'_>) -> Vec<String> {
    let document = service.document();
    let mut checked = Checked { document, found: Vec::new() };
    let Some((item, parts)) = item(document, asked.path) else {
        return vec![format!("{} is no path of the service", asked.path)];
    };
    let Some(operation) = item.get(asked.method.to_ascii_lowercase()) else {
        return vec![format!("{} {} is no operation of the service", asked.method, asked.path)];
    };
    let declared: Vec<&Value> = operation["parameters"].as_array().into_iter().flatten().collect();
    for parameter in &declared {
        let parameter = checked.resolved(parameter);
        let (name, place) = (text(&parameter["name"]), text(&parameter["in"]));
        let given = match place {
            "path" => parts.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()),
            "query" => asked.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()),
            _ => asked.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str()),
        };
        match given {
            Some(value) => checked.value(&parameter["schema"], &Value::from(value), &format!("{place} {name}")),
            None if parameter["required"] == true => checked.found.push(format!("{place} {name} is missing")),
            None => {}
        }
    }
    for (name, _) in asked.query {
        if !declared.iter().any(|p| checked.resolved(p)["name"] == name.as_str()) {
            checked.found.push(format!("query {name} is not of the standard"));
        }
    }
    let body = checked.resolved(&operation["requestBody"]);
    let schema = &body["content"]["application/json"]["schema"];
    if schema.is_null() {
        if !asked.body.is_empty() {
            checked.found.push("a body that the standard does not have".to_owned());
        }
    } else {
        let kind = asked.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case("content-type"));
        if kind.is_none_or(|(_, v)| !v.starts_with("application/json")) {
            checked.found.push("content-type is not application/json".to_owned());
        }
        match serde_json::from_slice(asked.body) {
            Ok(value) => checked.value(schema, &value, "body"),
            Err(_) => checked.found.push("the body is not JSON".to_owned()),
        }
    }
    checked.found
}

/// What the published file has against a value that one of its schemas describes.
pub fn complaints_of(service: Service, schema: &str, value: &Value) -> Vec<String> {
    let document = service.document();
    let mut checked = Checked { document, found: Vec::new() };
    checked.value(&document["components"]["schemas"][schema], value, schema);
    checked.found
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The path item that a path belongs to, and its parts.
fn item<'a>(document: &'a Value, path: &str) -> Option<(&'a Value, Vec<(String, String)>)> {
    let paths = document["paths"].as_object()?;
    paths.iter().find_map(|(pattern, item)| {
        let (wanted, given): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
        if wanted.len() != given.len() {
            return None;
        }
        let mut parts = Vec::new();
        for (wanted, given) in wanted.into_iter().zip(given) {
            match wanted.split_once('{') {
                None if wanted == given => {}
                Some((before, name)) if given.len() > before.len() && given.starts_with(before) => {
                    parts.push((name.trim_end_matches('}').to_owned(), given[before.len()..].to_owned()));
                }
                _ => return None,
            }
        }
        Some((item, parts))
    })
}

struct Checked<'a> {
    document: &'a Value,
    found: Vec<String>,
}

impl<'a> Checked<'a> {
    fn resolved(&self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#')) {
            Some(pointer) => self.document.pointer(pointer).unwrap_or(&Value::Null),
            None => value,
        }
    }

    /// Properties that a schema names, with those of its parts.
    fn properties(&self, schema: &'a Value) -> Vec<&'a str> {
        let schema = self.resolved(schema);
        let own = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        let of_parts = schema["allOf"].as_array().into_iter().flatten().flat_map(|part| self.properties(part));
        own.chain(of_parts).collect()
    }

    fn value(&mut self, schema: &'a Value, value: &Value, place: &str) {
        self.parts(schema, value, place);
        if let Some(object) = value.as_object() {
            let known = self.properties(schema);
            if !known.is_empty() {
                for name in object.keys().filter(|n| !known.contains(&n.as_str())) {
                    self.found.push(format!("{place}.{name} is not of the standard"));
                }
            }
        }
    }

    fn parts(&mut self, schema: &'a Value, value: &Value, place: &str) {
        let schema = self.resolved(schema);
        let Some(words) = schema.as_object() else {
            self.found.push(format!("{place}: no schema"));
            return;
        };
        for (word, wanted) in words {
            let fits = match word.as_str() {
                "description" | "example" | "title" | "default" => true,
                "type" => match text(wanted) {
                    "string" => value.is_string(),
                    "integer" => value.is_i64() || value.as_str().is_some_and(|v| v.parse::<i64>().is_ok()),
                    "boolean" => value.is_boolean(),
                    "array" => value.is_array(),
                    "object" => value.is_object(),
                    other => {
                        self.found.push(format!("{place}: the type {other} is not known here"));
                        true
                    }
                },
                "enum" => wanted.as_array().is_some_and(|all| all.contains(value)),
                "maxLength" => wanted.as_u64().is_some_and(|n| text(value).chars().count() as u64 <= n),
                "maximum" => value.as_f64() <= wanted.as_f64(),
                "minItems" => value.as_array().is_some_and(|v| v.len() as u64 >= wanted.as_u64().unwrap_or(0)),
                "required" => {
                    for name in wanted.as_array().into_iter().flatten().map(text) {
                        if value.get(name).is_none() {
                            self.found.push(format!("{place}.{name} is missing"));
                        }
                    }
                    true
                }
                "properties" => {
                    for (name, schema) in wanted.as_object().into_iter().flatten() {
                        if let Some(value) = value.get(name) {
                            self.value(schema, value, &format!("{place}.{name}"));
                        }
                    }
                    true
                }
                "items" => {
                    for (n, value) in value.as_array().into_iter().flatten().enumerate() {
                        self.value(wanted, value, &format!("{place}[{n}]"));
                    }
                    true
                }
                "allOf" => {
                    for part in wanted.as_array().into_iter().flatten() {
                        self.parts(part, value, place);
                    }
                    true
                }
                "oneOf" => {
                    // The only one of these files is a closed set that any string extends.
                    let document = self.document;
                    wanted.as_array().into_iter().flatten().any(|part| {
                        let mut tried = Checked { document, found: Vec::new() };
                        tried.value(part, value, place);
                        tried.found.is_empty()
                    })
                }
                "format" => is_of_format(text(wanted), value),
                "pattern" => matches_pattern(text(wanted), text(value)),
                other => {
                    self.found.push(format!("{place}: the word {other} is not known here"));
                    true
                }
            };
            if !fits {
                self.found.push(format!("{place}: {value} against {word} {wanted}"));
            }
        }
    }
}

fn is_of_format(format: &str, value: &Value) -> bool {
    match format {
        "uuid" => {
            uuid::Uuid::parse_str(text(value)).is_ok_and(|u| u.hyphenated().to_string() == text(value).to_lowercase())
        }
        "date-time" => chrono::DateTime::parse_from_rfc3339(text(value)).is_ok(),
        "uri" => text(value).contains("://"),
        "int32" => value.as_i64().is_some_and(|n| i32::try_from(n).is_ok()),
        "int64" => value.as_i64().is_some(),
        "byte" | "binary" | "uri-reference" => value.is_string(),
        _ => false,
    }
}

/// The patterns of these files, each as what it means.
fn matches_pattern(pattern: &str, value: &str) -> bool {
    let all = |value: &str, fits: fn(u8) -> bool| !value.is_empty() && value.bytes().all(fits);
    match pattern {
        "[0-9]*" => value.bytes().all(|b| b.is_ascii_digit()),
        "^([0-9]{9})$" => value.len() == 9 && all(value, |b| b.is_ascii_digit()),
        "^([0-9]{14})$" => value.len() == 14 && all(value, |b| b.is_ascii_digit()),
        "^[a-f0-9]{64}$" => value.len() == 64 && all(value, |b| matches!(b, b'0'..=b'9' | b'a'..=b'f')),
        r"^(?!\s*$).+" => !value.trim().is_empty(),
        r"^$|^(?!\s*$).+" => value.is_empty() || !value.trim().is_empty(),
        r"^(?!\s+$)[\-_/a-zA-Z0-9]{1,100}$" => {
            value.len() <= 100 && all(value, |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'/'))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn search(body: Value) -> Vec<String> {
        let headers = [
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("Request-Id".to_owned(), "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11".to_owned()),
        ];
        let body = body.to_string();
        let asked =
            Question { method: "POST", path: "/v1/flows/search", query: &[], headers: &headers, body: body.as_bytes() };
        complaints(Service::Flow, &asked)
    }

    #[test]
    fn a_right_request_passes_and_each_wrong_one_is_told() {
        let none = Vec::<String>::new();
        assert_eq!(search(json!({ "limit": 100, "where": { "updatedAfter": "2026-11-26T10:00:00Z" } })), none);
        for (wrong, told) in [
            (json!({ "limit": 100 }), "where is missing"),
            (json!({ "limit": 101, "where": {} }), "maximum"),
            (json!({ "limit": "many", "where": {} }), "type"),
            (json!({ "where": { "updatedAfter": "26/11/2026" } }), "date-time"),
            (json!({ "where": { "flowType": ["Carnet"] } }), "enum"),
            (json!({ "where": { "since": 1 } }), "not of the standard"),
            (json!([]), "type"),
        ] {
            let complaints = search(wrong);
            assert!(complaints.iter().any(|c| c.contains(told)), "{told}: {complaints:?}");
        }
    }

    #[test]
    fn paths_queries_and_headers_are_held_against_the_file() {
        let ask = |method, path, query: &[(String, String)], headers: &[(String, String)]| {
            complaints(Service::Flow, &Question { method, path, query, headers, body: b"" }).join("; ")
        };
        let doc = |kind: &str| vec![("docType".to_owned(), kind.to_owned())];
        assert_eq!(ask("GET", "/v1/flows/f-1", &doc("Original"), &[]), "");
        assert!(ask("GET", "/v1/flows/f-1", &doc("Picture"), &[]).contains("enum"));
        assert!(ask("GET", "/v1/flows/f-1", &[("x".to_owned(), String::new())], &[]).contains("query x"));
        assert!(ask("GET", "/v1/flow/f-1", &[], &[]).contains("no path"));
        assert!(ask("PATCH", "/v1/flows/f-1", &[], &[]).contains("no operation"));
        let bad = vec![("request-id".to_owned(), "7".to_owned())];
        assert!(ask("GET", "/v1/healthcheck", &[], &bad).contains("uuid"));
        assert!(ask("DELETE", "/v1/webhooks/7", &[], &[]).contains("uuid"));
    }

    #[test]
    fn every_schema_of_both_files_is_understood() {
        for service in [Service::Flow, Service::Directory] {
            for name in service.document()["components"]["schemas"].as_object().unwrap().keys() {
                let unknown: Vec<String> = [json!("x"), json!({}), json!([]), json!(1)]
                    .iter()
                    .flat_map(|value| complaints_of(service, name, value))
                    .filter(|c| c.contains("not known here") || c.contains("no schema"))
                    .collect();
                assert!(unknown.is_empty(), "{name}: {unknown:?}");
            }
        }
    }
}
