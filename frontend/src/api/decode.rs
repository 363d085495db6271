//! From the text of a reply to the types of the contract, in little code.
//!
//! `serde_json::from_str` writes a parser with all its messages for each type: a sixth of the download. Here the text is
//! parsed once into a tree, and the types read the tree through a decoder that only says whether a reply fits. What
//! exactly did not fit is of no use to the person; server and client are built from the same types.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde_json::Value;

/// The text is a value of this type, or it is not.
pub fn decode<T: DeserializeOwned>(text: &str) -> Option<T> {
    from_tree(&parse(text)?)
}

pub fn from_tree<T: DeserializeOwned>(tree: &Value) -> Option<T> {
    T::deserialize(Tree(tree)).ok()
}

fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// The reply does not fit. Nothing more is kept: no message, no code to write one.
#[derive(Debug)]
pub struct Unfit;

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the reply does not fit its type")
    }
}

impl std::error::Error for Unfit {}

impl de::Error for Unfit {
    fn custom<T: fmt::Display>(_: T) -> Unfit {
        Unfit
    }
    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Unfit {
        Unfit
    }
    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Unfit {
        Unfit
    }
    fn invalid_length(_: usize, _: &dyn Expected) -> Unfit {
        Unfit
    }
    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Unfit {
        Unfit
    }
    fn unknown_field(_: &str, _: &'static [&'static str]) -> Unfit {
        Unfit
    }
    fn missing_field(_: &'static str) -> Unfit {
        Unfit
    }
    fn duplicate_field(_: &'static str) -> Unfit {
        Unfit
    }
}

struct Tree<'de>(&'de Value);

/// Reads one kind of value with one method of the visitor: what is never called is never compiled.
macro_rules! read {
    ($($method:ident => $visit:ident($from:ident))*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
            visitor.$visit(self.0.$from().ok_or(Unfit)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Tree<'de> {
    type Error = Unfit;

    read! {
        deserialize_bool => visit_bool(as_bool)
        deserialize_i8 => visit_i64(as_i64)
        deserialize_i16 => visit_i64(as_i64)
        deserialize_i32 => visit_i64(as_i64)
        deserialize_i64 => visit_i64(as_i64)
        deserialize_u8 => visit_u64(as_u64)
        deserialize_u16 => visit_u64(as_u64)
        deserialize_u32 => visit_u64(as_u64)
        deserialize_u64 => visit_u64(as_u64)
        deserialize_f32 => visit_f64(as_f64)
        deserialize_f64 => visit_f64(as_f64)
        deserialize_str => visit_borrowed_str(as_str)
        deserialize_string => visit_borrowed_str(as_str)
        deserialize_identifier => visit_borrowed_str(as_str)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(_) => self.deserialize_seq(visitor),
            Value::Object(_) => self.deserialize_map(visitor),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(n), _) => visitor.visit_u64(n),
                (_, Some(n)) => visitor.visit_i64(n),
                (None, None) => visitor.visit_f64(number.as_f64().ok_or(Unfit)?),
            },
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        visitor.visit_seq(Entries(self.0.as_array().ok_or(Unfit)?.iter()))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unfit> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        visitor.visit_map(Fields { rest: self.0.as_object().ok_or(Unfit)?.iter(), value: &Value::Null })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(Variant { name, content: &Value::Null }),
            Value::Object(fields) => {
                let (name, content) = fields.iter().next().filter(|_| fields.len() == 1).ok_or(Unfit)?;
                visitor.visit_enum(Variant { name, content })
            }
            _ => Err(Unfit),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { i128 u128 char bytes byte_buf unit_struct tuple_struct }
}

impl<'de> IntoDeserializer<'de, Unfit> for Tree<'de> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

struct Entries<'de>(std::slice::Iter<'de, Value>);

impl<'de> SeqAccess<'de> for Entries<'de> {
    type Error = Unfit;
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unfit> {
        self.0.next().map(|value| seed.deserialize(Tree(value))).transpose()
    }
    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Fields<'de> {
    rest: serde_json::map::Iter<'de>,
    value: &'de Value,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Unfit;
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unfit> {
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        self.value = value;
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Unfit> {
        seed.deserialize(Tree(self.value))
    }
}

struct Variant<'de> {
    name: &'de str,
    content: &'de Value,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Unfit;
    type Variant = Tree<'de>;
    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Tree<'de>), Unfit> {
        Ok((seed.deserialize(StrDeserializer::new(self.name))?, Tree(self.content)))
    }
}

impl<'de> VariantAccess<'de> for Tree<'de> {
    type Error = Unfit;
    fn unit_variant(self) -> Result<(), Unfit> {
        Ok(())
    }
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Unfit> {
        seed.deserialize(self)
    }
    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unfit> {
        self.deserialize_seq(visitor)
    }
    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Unfit> {
        self.deserialize_map(visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Plain,
        Sized(u32),
        Named { name: String },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    enum Tagged {
        Move { to: String },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        cents: i64,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        name: String,
        #[serde(default)]
        missing: Option<String>,
        ratio: f64,
        kinds: Vec<Kind>,
        counts: BTreeMap<String, u64>,
        act: Tagged,
        pair: (u8, bool),
        #[serde(flatten)]
        inner: Inner,
        day: chrono::NaiveDate,
    }

    const TEXT: &str = r#"{"name":"Hélène","ratio":2,"kinds":["plain",{"sized":3},{"named":{"name":"x"}}],"counts":{"a":1},
        "act":{"kind":"move","to":"here"},"pair":[7,true],"cents":-12,"day":"2026-09-01","unknown":{"deep":[1]}}"#;

    #[test]
    fn reads_what_serde_json_reads() {
        let mine: Outer = decode(TEXT).expect("a reply that fits");
        let theirs: Outer = serde_json::from_str(TEXT).expect("JSON");
        assert_eq!(mine, theirs);
        assert_eq!(mine.kinds, [Kind::Plain, Kind::Sized(3), Kind::Named { name: "x".to_owned() }]);
    }

    #[test]
    fn refuses_what_does_not_fit() {
        for text in ["", "{", "null", r#"{"cents":"12"}"#, r#"{"cents":1.5}"#, "{}"] {
            assert!(decode::<Inner>(text).is_none(), "{text}");
        }
        assert!(decode::<u8>("300").is_none());
        assert!(decode::<Kind>(r#""other""#).is_none());
    }

    /// A real reply, with ids, dates, closed sets and nested lists.
    #[test]
    fn reads_a_session_of_the_contract() {
        let example = r#"{"access_token":"a.b.c","token_type":"Bearer","expires_in":600,"me":{"user_id":"019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11",
            "name":"Claire Martin","email":"c@exemple.fr","lang":"fr","role":"partner","access":"all","permissions":["signed_in"],
            "cabinet_id":"019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c12","cabinet_name":"Cabinet","portfolios":[],
            "session_id":"019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c13"}}"#;
        let theirs = serde_json::from_str::<contract::SessionToken>(example);
        let mine = decode::<contract::SessionToken>(example);
        assert_eq!(mine, theirs.ok());
        assert!(mine.is_some(), "the example no longer fits the contract: change it");
    }
}
