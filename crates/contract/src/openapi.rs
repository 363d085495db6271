//! The OpenAPI 3.1 document, written from the table of endpoints and the schemas of the shapes (utoipa).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use crate::endpoint::{Endpoint, EndpointMeta, Flag, Method, Need, PathPart, Payload, Tag, op};
use crate::{Code, Nothing, Problem};

type Named = Vec<(String, RefOr<Schema>)>;

/// Schemas of one operation.
pub struct Shapes {
    pub path: Option<&'static str>,
    path_example: &'static str,
    query: RefOr<Schema>,
    body: (String, RefOr<Schema>),
    reply: (String, RefOr<Schema>),
    named: Named,
    /// Whether an example reads as the body, the reply, the query of the operation: the document is checked with it.
    pub accepts: [fn(Value) -> Result<(), String>; 2],
}

fn accepts<T: serde::de::DeserializeOwned>(value: Value) -> Result<(), String> {
    serde_json::from_value::<T>(value).map(drop).map_err(|e| e.to_string())
}

pub fn shapes_of<E: Endpoint>() -> Shapes
where
    E::Query: ToSchema,
    E::Body: ToSchema,
    E::Reply: ToSchema,
{
    let mut named = Vec::new();
    <E::Query as ToSchema>::schemas(&mut named);
    <E::Body as ToSchema>::schemas(&mut named);
    <E::Reply as ToSchema>::schemas(&mut named);
    Shapes {
        path: <E::Path as PathPart>::DESCRIPTION,
        path_example: <E::Path as PathPart>::EXAMPLE,
        query: <E::Query as PartialSchema>::schema(),
        body: (<E::Body as ToSchema>::name().into_owned(), <E::Body as PartialSchema>::schema()),
        reply: (<E::Reply as ToSchema>::name().into_owned(), <E::Reply as PartialSchema>::schema()),
        named,
        accepts: [accepts::<E::Body>, accepts::<E::Reply>],
    }
}

fn value(schema: &RefOr<Schema>) -> Value {
    serde_json::to_value(schema).unwrap_or(Value::Null)
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The schema that a reference points to.
fn resolve<'a>(schema: &'a Value, schemas: &'a Map<String, Value>) -> &'a Value {
    match schema.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next()) {
        Some(name) => schemas.get(name).unwrap_or(schema),
        None => schema,
    }
}

/// An example that follows from the examples of the fields.
fn example(schema: &Value, schemas: &Map<String, Value>, depth: u32) -> Value {
    let schema = resolve(schema, schemas);
    if let Some(given) = schema.get("example").or_else(|| schema.get("examples").and_then(|e| e.get(0))) {
        return given.clone();
    }
    if let Some(first) = schema.get("enum").and_then(|e| e.get(0)) {
        return first.clone();
    }
    if let Some(constant) = schema.get("const") {
        return constant.clone();
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(options) = schema.get(key).and_then(Value::as_array) {
            let option = options.iter().find(|o| o.get("type") != Some(&json!("null")));
            return option.map_or(Value::Null, |o| example(o, schemas, depth));
        }
    }
    let mut object = Map::new();
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        for part in parts {
            if let Value::Object(map) = example(part, schemas, depth) {
                object.extend(map);
            }
        }
        return Value::Object(object);
    }
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().find(|k| *k != "null").and_then(Value::as_str),
        Some(kind) => kind.as_str(),
        None => None,
    };
    match kind {
        Some("object") => {
            for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                object.insert(name.clone(), example(field, schemas, depth + 1));
            }
            Value::Object(object)
        }
        Some("array") if depth > 6 => json!([]),
        Some("array") => schema.get("items").map_or(json!([]), |items| json!([example(items, schemas, depth + 1)])),
        Some("string") => match schema.get("format").and_then(Value::as_str) {
            Some("uuid") => json!("019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11"),
            Some("date") => json!("2026-11-21"),
            Some("date-time") => json!("2026-11-21T09:30:00Z"),
            _ => json!("texte"),
        },
        Some("integer") => json!(1),
        Some("number") => json!(61.4),
        Some("boolean") => json!(true),
        _ => Value::Null,
    }
}

/// A parameter is absent or has a value: there is no null in an address.
fn never_null(mut field: Value) -> Value {
    if let Some(kinds) = field["type"].as_array() {
        let kinds: Vec<Value> = kinds.iter().filter(|k| *k != "null").cloned().collect();
        if let [kind] = kinds.as_slice() {
            field["type"] = kind.clone();
        }
    }
    if let Some(options) = field["oneOf"].as_array() {
        let options: Vec<Value> = options.iter().filter(|o| o["type"] != "null").cloned().collect();
        if let [option] = options.as_slice() {
            let mut option = option.clone();
            if let Some(description) = field.get("description") {
                option["description"] = description.clone();
            }
            return option;
        }
    }
    field
}

/// Parameters of the address from the fields of a query shape.
fn parameters(query: &Value, schemas: &Map<String, Value>, out: &mut Vec<Value>) {
    let query = resolve(query, schemas);
    for part in query.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        parameters(part, schemas, out);
    }
    let required: Vec<&str> =
        query.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, field) in query.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let mut field = never_null(field.clone());
        let description = field.as_object_mut().and_then(|f| f.remove("description"));
        let is_list = field.get("type") == Some(&json!("array"));
        let mut parameter = json!({
            "name": name,
            "in": "query",
            "required": required.contains(&name.as_str()) && !is_list,
            "schema": field,
        });
        if let Some(description) = description {
            parameter["description"] = description;
        }
        if is_list {
            parameter["style"] = json!("form");
            parameter["explode"] = json!(false);
        }
        out.push(parameter);
    }
}

/// Parameters of the address that an operation accepts, with the schemas that they refer to.
pub fn query_parameters(meta: &EndpointMeta) -> (Vec<Value>, Map<String, Value>) {
    let shapes = (meta.shapes)();
    let schemas: Map<_, _> = shapes.named.iter().map(|(name, schema)| (name.clone(), value(schema))).collect();
    let mut list = Vec::new();
    parameters(&value(&shapes.query), &schemas, &mut list);
    (list, schemas)
}

/// Problems that an operation can answer: its own and those that follow from what it asks.
pub fn problems(meta: &EndpointMeta) -> Vec<Code> {
    let mut codes = vec![Code::BadRequest];
    match meta.need {
        Need::Open => {}
        Need::Cookie => codes.push(Code::SessionEnded),
        Need::Right(permission) => {
            codes.push(Code::Unauthenticated);
            codes.push(Code::SessionEnded);
            if permission != domain::Permission::SignedIn {
                codes.push(Code::Forbidden);
            }
        }
    }
    if meta.body == Payload::Json {
        codes.extend([Code::MalformedBody, Code::PayloadTooLarge, Code::UnsupportedMediaType, Code::Invalid]);
    }
    if meta.body == Payload::File {
        codes.push(Code::UnsupportedMediaType);
    }
    if meta.has(Flag::IfMatch) {
        codes.extend([Code::VersionMismatch, Code::VersionRequired]);
    }
    if meta.has(Flag::Idempotent) {
        codes.push(Code::IdempotencyMismatch);
    }
    codes.extend(meta.problems);
    codes.extend([Code::TooManyRequests, Code::Internal, Code::Unavailable]);
    codes.sort_by_key(|c| (c.status(), *c));
    codes.dedup();
    codes
}

fn operation(meta: &EndpointMeta, schemas: &Map<String, Value>) -> Value {
    let shapes = (meta.shapes)();
    let mut params = Vec::new();
    if let Some(description) = shapes.path {
        let example = shapes.path_example;
        let mut schema = json!({ "type": "string" });
        if example.parse::<domain::DossierId>().is_ok() {
            schema["format"] = json!("uuid");
        }
        params.push(json!({
            "name": "id", "in": "path", "required": true, "description": description, "schema": schema,
            "example": example,
        }));
    }
    parameters(&value(&shapes.query), schemas, &mut params);
    if meta.has(Flag::IfMatch) {
        params.push(json!({
            "name": "If-Match", "in": "header", "required": true, "schema": { "type": "string" }, "example": "\"3\"",
            "description": "The `ETag` received when reading; a stale one answers 412, none 428.",
        }));
    }
    let conditional = meta.method == Method::Get && meta.has(Flag::Etag);
    if conditional {
        params.push(json!({
            "name": "If-None-Match", "in": "header", "required": false, "schema": { "type": "string" }, "example": "\"3\"",
            "description": "An `ETag` received before; 304 when nothing has changed since.",
        }));
    }
    for header in meta.signed_by() {
        params.push(json!({
            "name": header.name, "in": "header", "required": true, "schema": { "type": "string" },
            "example": header.example, "description": header.description,
        }));
    }
    if meta.has(Flag::Idempotent) {
        params.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "schema": { "type": "string", "minLength": 8, "maxLength": 128 },
            "example": "6f1c1d0e-3c57-4c47-9a51-2c2f3b6f8a10",
            "description": "The same key with the same request answers the first reply again, for 24 hours, across restarts.",
        }));
    }

    let mut headers = Map::new();
    headers.insert("X-Request-Id".into(), json!({ "$ref": "#/components/headers/RequestId" }));
    if meta.has(Flag::Etag) {
        headers.insert("ETag".into(), json!({ "$ref": "#/components/headers/ETag" }));
    }
    if meta.has(Flag::SetsCookie) {
        headers.insert("Set-Cookie".into(), json!({ "$ref": "#/components/headers/RefreshCookie" }));
    }
    let mut success = json!({ "description": meta.summary(), "headers": headers });
    match meta.reply {
        Payload::None | Payload::Raw => {}
        Payload::Json => {
            let schema = reference(&shapes.reply.0);
            success["content"] =
                json!({ "application/json": { "schema": schema, "example": example(&schema, schemas, 0) } });
        }
        Payload::File => {
            success["headers"]["Content-Disposition"] =
                json!({ "description": "Name of the file.", "schema": { "type": "string" } });
            success["content"] = json!({
                "application/octet-stream": { "schema": { "type": "string", "format": "binary" }, "example": "Ligne;Motif\r\n" },
            });
        }
        Payload::Stream => {
            let example =
                "id: 1042\nevent: anomaly\ndata: {\"id\":\"019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11\",\"version\":3}\n\n";
            success["content"] = json!({ "text/event-stream": { "schema": { "type": "string" }, "example": example } });
        }
    }
    let mut responses = Map::new();
    responses.insert(meta.status.to_string(), success);
    if conditional {
        let headers = json!({
            "X-Request-Id": { "$ref": "#/components/headers/RequestId" },
            "ETag": { "$ref": "#/components/headers/ETag" },
        });
        responses.insert("304".into(), json!({ "description": "Unchanged since `If-None-Match`", "headers": headers }));
    }
    for code in problems(meta) {
        let entry = responses.entry(code.status().to_string()).or_insert_with(|| {
            json!({
                "description": "",
                "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                "content": { "application/problem+json": { "schema": reference("Problem"), "examples": {} } },
            })
        });
        if matches!(code, Code::TooManyRequests | Code::Unavailable) {
            entry["headers"]["Retry-After"] = json!({ "$ref": "#/components/headers/RetryAfter" });
        }
        let said = entry["description"].as_str().unwrap_or_default().to_owned();
        entry["description"] = json!(if said.is_empty() { format!("`{code}`") } else { format!("{said}, `{code}`") });
        entry["content"]["application/problem+json"]["examples"][code.as_str()] = json!({
            "value": Problem {
                kind: Problem::documentation(code),
                title: code.title().fr,
                status: code.status(),
                detail: code.explanation().fr,
                instance: meta.full_path(),
                code,
                request_id: "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11".into(),
                errors: Vec::new(),
            },
        });
    }

    let security = match meta.need {
        Need::Open => json!([]),
        Need::Cookie => json!([{ "refresh_cookie": [] }]),
        Need::Right(_) => json!([{ "bearer": [] }]),
    };
    let mut description = meta.description();
    if let Need::Right(permission) = meta.need {
        let roles: Vec<_> =
            domain::Role::ALL.iter().filter(|r| r.allows(permission)).map(|r| format!("`{r}`")).collect();
        description.push_str(&format!("\n\nRoles: {}.", roles.join(", ")));
        if permission.needs_whole_cabinet() {
            description.push_str(" Asks for access to the whole cabinet.");
        }
    }
    let mut operation = json!({
        "operationId": meta.id,
        "summary": meta.summary(),
        "description": description,
        "tags": [meta.tag.as_str()],
        "security": security,
        "responses": responses,
    });
    if !params.is_empty() {
        operation["parameters"] = Value::Array(params);
    }
    match meta.body {
        Payload::None | Payload::Stream => {}
        Payload::Raw => {
            operation["requestBody"] = json!({
                "required": true,
                "content": { "application/json": { "schema": { "type": "object" }, "example": event_example(meta) } },
            });
        }
        Payload::Json => {
            let schema = reference(&shapes.body.0);
            operation["requestBody"] = json!({
                "required": true,
                "content": { "application/json": { "schema": schema, "example": body_example(meta, &schema, schemas) } },
            });
        }
        Payload::File => {
            operation["requestBody"] = json!({
                "required": true,
                "content": { "application/octet-stream": { "schema": { "type": "string", "format": "binary" },
                    "example": "SIREN;Raison sociale\r\n732829320;Boulangerie de l’Île SARL\r\n" } },
            });
        }
    }
    operation
}

/// What another program says, in its own words.
fn event_example(meta: &EndpointMeta) -> Value {
    match meta.id {
        "receive_webhook" => json!({ "flowId": "f-1", "flowType": "SupplierInvoiceLC" }),
        "receive_mail_event" => json!({
            "type": "email.bounced",
            "created_at": "2026-11-21T09:30:00.000Z",
            "data": {
                "email_id": "56761188-7520-42d8-8898-ff6fc54ce618",
                "to": ["claire.martin@exemple.fr"],
                "bounce": { "type": "Permanent", "subType": "General", "message": "550 5.1.1 Adresse inconnue" },
            },
        }),
        _ => json!({
            "event_name": "signature_request.done",
            "data": { "signature_request": { "id": "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11" } },
        }),
    }
}

fn body_example(meta: &EndpointMeta, schema: &Value, schemas: &Map<String, Value>) -> Value {
    match meta.id {
        // Their shapes are open or chosen by a tag, so the fields alone do not make an example.
        "update_dossier" => json!({ "headcount": 12, "reception_platform": "PENNYLANE" }),
        "bulk_dossiers" => json!({
            "filter": { "state": ["late"], "missing": ["reception_platform"] },
            "act": { "kind": "platform", "usage": "both", "name": "PENNYLANE" },
            "preview": true,
        }),
        "act_on_anomalies" => json!({
            "ids": ["019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11"],
            "versions": [3],
            "act": { "do": "resolve", "resolution": "reissued", "note": "Réémise sous un nouveau numéro." },
            "preview": true,
        }),
        "settle_deadlines" => json!({
            "items": [{ "dossier_id": "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11", "key": "sales:2026-11-01" }],
            "how": "done",
            "evidence": {
                "what": "Accusé de réception n° 2026-1042",
                "source": "Portail de la plateforme",
                "on": "2026-11-20",
            },
            "preview": true,
        }),
        _ => example(schema, schemas, 0),
    }
}

/// In the order of the alphabet, as readers of the document expect; the table of endpoints keeps the order of the story.
fn tags() -> Vec<Value> {
    let mut tags: Vec<Tag> = Tag::ALL.to_vec();
    tags.sort_by_key(|tag| tag.as_str());
    tags.into_iter().map(|tag| json!({ "name": tag.as_str(), "description": tag.description() })).collect()
}

/// Names of the schemas that something refers to.
fn referred(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            let name = map.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/components/schemas/"));
            names.extend(name.map(str::to_owned));
            map.values().for_each(|v| referred(v, names));
        }
        Value::Array(values) => values.iter().for_each(|v| referred(v, names)),
        _ => {}
    }
}

/// Leaves out the schemas to which no operation leads: a query stands there as parameters.
fn keep_referred(schemas: &mut Map<String, Value>, paths: &Map<String, Value>) {
    let mut kept = BTreeSet::new();
    paths.values().for_each(|path| referred(path, &mut kept));
    let mut reached = 0;
    while reached < kept.len() {
        reached = kept.len();
        for name in kept.clone() {
            schemas.get(&name).into_iter().for_each(|schema| referred(schema, &mut kept));
        }
    }
    schemas.retain(|name, _| kept.contains(name));
}

/// The whole document.
pub fn document(version: &str) -> Value {
    let mut schemas = Map::new();
    let mut add = |name: &str, schema: &RefOr<Schema>| {
        schemas.insert(name.to_owned(), value(schema));
    };
    let mut named: Named = Vec::new();
    <Problem as ToSchema>::schemas(&mut named);
    add("Problem", &<Problem as PartialSchema>::schema());
    for meta in op::ALL {
        let shapes = (meta.shapes)();
        if meta.body == Payload::Json {
            add(&shapes.body.0, &shapes.body.1);
        }
        if meta.reply == Payload::Json {
            add(&shapes.reply.0, &shapes.reply.1);
        }
        named.extend(shapes.named);
    }
    for (name, schema) in &named {
        add(name, schema);
    }
    schemas.remove(<Nothing as ToSchema>::name().as_ref());

    let mut paths: Map<String, Value> = Map::new();
    for meta in op::ALL {
        let path = paths.entry(meta.full_path()).or_insert_with(|| json!({}));
        path[meta.method.as_str().to_ascii_lowercase()] = operation(meta, &schemas);
    }
    keep_referred(&mut schemas, &paths);

    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "CabReady",
            "version": version,
            "summary": "Readiness of an accounting firm's clients for French e-invoicing.",
            "description": "The contract of CabReady: everything that the screen does. Times are RFC 3339 in UTC, dates `YYYY-MM-DD`, amounts integer cents of euros. Errors are RFC 9457 problems, explained at `/docs/problems`. Lists are read by pages: `limit` and `after`, with the `next` of the page before. `Accept-Language: en` gives the words of errors in English.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "This server" }],
        "tags": tags(),
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "headers": {
                "RequestId": { "description": "Names the request in logs, problems and the journal; sent back when given.", "schema": { "type": "string" } },
                "ETag": { "description": "Version of the resource, for `If-Match`.", "schema": { "type": "string" } },
                "RetryAfter": { "description": "Seconds to wait.", "schema": { "type": "integer" } },
                "RefreshCookie": { "description": "The refresh token: HttpOnly, SameSite=Strict, rotated at each use.", "schema": { "type": "string" } },
            },
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "Access token of `create_session` or `refresh_session`; ten minutes." },
                "refresh_cookie": { "type": "apiKey", "in": "cookie", "name": "cabready_refresh", "description": "Set by the server, sent by the browser." },
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_reads_as_its_type() {
        let document = document("test");
        let mut wrong: Vec<String> = Vec::new();
        for meta in op::ALL {
            let operation = &document["paths"][meta.full_path()][meta.method.as_str().to_ascii_lowercase()];
            let [body, reply] = (meta.shapes)().accepts;
            if meta.body == Payload::Json {
                let example = operation["requestBody"]["content"]["application/json"]["example"].clone();
                wrong.extend(body(example.clone()).err().map(|e| format!("{} body: {e}\n{example:#}", meta.id)));
            }
            if meta.reply == Payload::Json {
                let example =
                    operation["responses"][meta.status.to_string()]["content"]["application/json"]["example"].clone();
                wrong.extend(reply(example.clone()).err().map(|e| format!("{} reply: {e}\n{example:#}", meta.id)));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn operations_are_named_once_and_every_reference_resolves() {
        let mut ids: Vec<_> = op::ALL.iter().map(|m| m.id).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
        let document = document("test");
        let text = document.to_string();
        for name in text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(document["components"]["schemas"].get(name).is_some(), "no schema {name}");
        }
        for meta in op::ALL {
            assert_eq!(meta.path.contains("{id}"), (meta.shapes)().path.is_some(), "{}", meta.id);
        }
    }
}
