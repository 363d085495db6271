//! Parameters of the address: unknown ones are refused, not ignored, because a filter with a typing error would
//! otherwise answer the whole list.

use std::borrow::Cow;
use std::sync::OnceLock;

use contract::{Code, EndpointMeta};
use domain::Text;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use service::{Error, Result};

use super::words;

/// What an operation accepts, as its documentation says it.
pub struct Parameters(Vec<Parameter>);

struct Parameter {
    name: String,
    expected: Text,
}

impl Parameters {
    fn of(meta: &EndpointMeta) -> Self {
        let (list, schemas) = contract::openapi::query_parameters(meta);
        let parameter = |p: &Value| {
            Some(Parameter { name: p["name"].as_str()?.to_owned(), expected: expected(&p["schema"], &schemas) })
        };
        Self(list.iter().filter_map(parameter).collect())
    }

    fn find(&self, name: &str) -> Option<&Parameter> {
        self.0.iter().find(|p| p.name == name)
    }
}

/// The form of a value, in words, from its schema.
fn expected(schema: &Value, schemas: &Map<String, Value>) -> Text {
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        return schemas.get(name).map_or_else(|| Text::new(name, name), |s| expected(s, schemas));
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        if let Some(option) = schema[key].as_array().and_then(|o| o.iter().find(|o| o["type"] != "null")) {
            return expected(option, schemas);
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let list = values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
        return Text::new(format!("une valeur parmi {list}"), format!("one of {list}"));
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find_map(|k| k.as_str().filter(|k| *k != "null")).unwrap_or_default(),
        kind => kind.as_str().unwrap_or_default(),
    };
    match (kind, schema["format"].as_str()) {
        ("array", _) => {
            let of = expected(&schema["items"], schemas);
            Text::new(
                format!("des valeurs séparées par des virgules, chacune {}", of.fr),
                format!("values separated by commas, each {}", of.en),
            )
        }
        ("integer", _) => Text::new("un nombre entier", "a whole number"),
        ("number", _) => Text::new("un nombre", "a number"),
        ("boolean", _) => Text::new("true ou false", "true or false"),
        (_, Some("date")) => Text::new("une date AAAA-MM-JJ", "a date YYYY-MM-DD"),
        (_, Some("uuid")) => Text::new("un UUID", "a UUID"),
        _ => Text::new("un texte", "a text"),
    }
}

fn refuse(pointer: &str, code: &'static str, fr: String, en: String) -> Error {
    Error::new(Code::BadRequest).and(pointer, code, fr, en)
}

pub fn read<Q: DeserializeOwned>(known: &OnceLock<Parameters>, meta: &EndpointMeta, raw: &str) -> Result<Q> {
    if raw.is_empty() {
        return typed(known, meta, "", &[]);
    }
    // Decoding never fails: what is not percent-encoding stands for itself.
    let pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = serde_urlencoded::from_str(raw).unwrap_or_default();
    let accepted = known.get_or_init(|| Parameters::of(meta));
    for (index, (name, _)) in pairs.iter().enumerate() {
        let shown: String = name.chars().take(60).collect();
        if accepted.find(name).is_none() {
            let list = accepted.0.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ");
            let (fr, en) = if list.is_empty() {
                ("cette opération n’en a aucun".to_owned(), "this operation has none".to_owned())
            } else {
                (format!("paramètres acceptés : {list}"), format!("accepted parameters: {list}"))
            };
            return Err(refuse(
                &format!("?{shown}"),
                "unknown_parameter",
                format!("Paramètre inconnu ; {fr}."),
                format!("Unknown parameter; {en}."),
            ));
        }
        if pairs[..index].iter().any(|(earlier, _)| earlier == name) {
            return Err(refuse(
                &format!("?{shown}"),
                "repeated_parameter",
                "Paramètre donné deux fois ; donnez-le une fois, avec des virgules entre plusieurs valeurs.".to_owned(),
                "Parameter given twice; give it once, with commas between several values.".to_owned(),
            ));
        }
    }
    typed(known, meta, raw, &pairs)
}

fn typed<Q: DeserializeOwned>(
    known: &OnceLock<Parameters>,
    meta: &EndpointMeta,
    raw: &str,
    pairs: &[(Cow<'_, str>, Cow<'_, str>)],
) -> Result<Q> {
    let error = match serde_urlencoded::from_str::<Q>(raw) {
        Ok(query) => return Ok(query),
        Err(error) => error.to_string(),
    };
    if let Some(name) = words::missing(&error) {
        let accepted = known.get_or_init(|| Parameters::of(meta));
        let expected = accepted.find(name).map_or_else(|| Text::new("une valeur", "a value"), |p| p.expected.clone());
        return Err(refuse(
            &format!("?{name}"),
            "missing",
            format!("Paramètre obligatoire ; {} attendu.", expected.fr),
            format!("Required parameter; {} expected.", expected.en),
        ));
    }
    // Flattened shapes lose the name of the field that failed: each parameter alone tells whose error it is.
    for pair in pairs {
        let alone = serde_urlencoded::to_string([pair]).unwrap_or_default();
        if serde_urlencoded::from_str::<Q>(&alone).err().is_some_and(|e| e.to_string() == error) {
            let (name, value) = pair;
            let shown: String = value.chars().take(80).collect();
            let accepted = known.get_or_init(|| Parameters::of(meta));
            let expected = match accepted.find(name) {
                Some(p) => p.expected.clone(),
                None => words::of(&error).1,
            };
            return Err(refuse(
                &format!("?{name}"),
                "form",
                format!("« {shown} » : {} attendu.", expected.fr),
                format!("« {shown} »: {} expected.", expected.en),
            ));
        }
    }
    let (code, text) = words::of(&error);
    Err(refuse("?", code, text.fr, text.en))
}

#[cfg(test)]
mod tests {
    use contract::endpoint::op;
    use contract::{DossierListQuery, Endpoint, SearchQuery};

    use super::*;

    fn refused<E: Endpoint>(raw: &str) -> service::error::FieldError {
        let error = read::<E::Query>(&OnceLock::new(), &E::META, raw).err().unwrap();
        assert_eq!(error.code, Code::BadRequest);
        error.fields.into_iter().next().unwrap()
    }

    #[test]
    fn filters_are_read() {
        let raw = "q=boul%20ange&state=late,at_risk&limit=20&facets=true&sort=-score&confidential=false";
        let query: DossierListQuery = read(&OnceLock::new(), &op::ListDossiers::META, raw).unwrap();
        assert_eq!(query.filter.q.as_deref(), Some("boul ange"));
        assert_eq!(query.filter.state.0.len(), 2);
        assert_eq!((query.limit, query.facets, query.filter.confidential), (Some(20), Some(true), Some(false)));
        let empty: DossierListQuery = read(&OnceLock::new(), &op::ListDossiers::META, "").unwrap();
        assert_eq!(empty, DossierListQuery::default());
    }

    #[test]
    fn a_refused_parameter_is_named_with_what_is_expected() {
        for (raw, pointer, code, said) in [
            ("stat=late", "?stat", "unknown_parameter", "state"),
            ("limit=abc", "?limit", "form", "whole number"),
            ("limit=1&limit=2", "?limit", "repeated_parameter", "twice"),
            ("q=a&state=late,wrong", "?state", "form", "at_risk"),
            ("sort=colour", "?sort", "form", "-name"),
            ("confidential=maybe", "?confidential", "form", "true or false"),
            ("facets=1", "?facets", "form", "true or false"),
        ] {
            let field = refused::<op::ListDossiers>(raw);
            assert_eq!((field.pointer.as_str(), field.code), (pointer, code), "{raw}: {field:?}");
            assert!(field.message.en.contains(said), "{raw}: {field:?}");
        }
    }

    #[test]
    fn a_missing_or_needless_parameter_is_named() {
        let field = refused::<op::SearchDossiers>("");
        assert_eq!((field.pointer.as_str(), field.code), ("?q", "missing"));
        let field = refused::<op::ReadMe>("x=1");
        assert!(field.message.en.contains("this operation has none"), "{field:?}");
        let ok: SearchQuery = read(&OnceLock::new(), &op::SearchDossiers::META, "q=ab").unwrap();
        assert_eq!(ok.q, "ab");
    }
}
