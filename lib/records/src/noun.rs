//! What the tools print: objects that name their own format.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::formats::require_schema_key;

/// An object that a tool prints on stdout as one line of JSON, with `schema` as its first key.
pub trait Noun: Serialize + JsonSchema {
    /// The format's name and version, `<tool>.<noun>/<version>`.
    const SCHEMA: &'static str;
}

/// Why a line is not the expected object.
#[derive(Debug, thiserror::Error)]
pub enum NounError {
    /// Not JSON, or not of the noun's shape.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// An object of another format, or without one.
    #[error("expected an object with \"schema\":\"{expected}\", found {found}")]
    Schema {
        /// The format that was asked for.
        expected: &'static str,
        /// What stands there instead.
        found: String,
    },
}

/// The line that is printed for `noun`, without a newline.
///
/// # Errors
/// When the noun does not serialise to an object.
pub fn print_noun<T: Noun>(noun: &T) -> Result<String, serde_json::Error> {
    // In one piece: very many may be printed.
    let mut line = Vec::with_capacity(512);
    line.extend_from_slice(b"{\"schema\":\"");
    line.extend_from_slice(T::SCHEMA.as_bytes());
    line.push(b'"');
    let begin = line.len();
    serde_json::to_writer(&mut line, noun)?;
    match line.get(begin..) {
        Some(b"{}") => drop(line.remove(begin)),
        Some([b'{', ..]) => line.get_mut(begin).into_iter().for_each(|brace| *brace = b','),
        _ => return Err(serde::ser::Error::custom("a noun must be an object")),
    }
    String::from_utf8(line).map_err(serde::ser::Error::custom)
}

/// Reads one object that another tool printed. Unknown keys are accepted: a newer tool may print
/// more.
pub fn parse_noun<T: Noun + DeserializeOwned>(text: &str) -> Result<T, NounError> {
    untag(serde_json::from_str(text)?)
}

fn untag<T: Noun + DeserializeOwned>(mut value: Value) -> Result<T, NounError> {
    let found = value.as_object_mut().and_then(|o| o.shift_remove("schema"));
    match found {
        Some(Value::String(schema)) if schema == T::SCHEMA => Ok(serde_json::from_value(value)?),
        Some(other) => Err(NounError::Schema { expected: T::SCHEMA, found: other.to_string() }),
        None => Err(NounError::Schema { expected: T::SCHEMA, found: "no schema".into() }),
    }
}

/// A noun as a part of another object: with its `schema`, as if it stood by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Printed<T>(pub T);

impl<T: Noun> Serialize for Printed<T> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Tagged<'a, T> {
            schema: &'static str,
            #[serde(flatten)]
            body: &'a T,
        }
        Tagged { schema: T::SCHEMA, body: &self.0 }.serialize(out)
    }
}

impl<'de, T: Noun + DeserializeOwned> Deserialize<'de> for Printed<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        untag(Value::deserialize(input)?).map(Self).map_err(serde::de::Error::custom)
    }
}

impl<T: Noun> JsonSchema for Printed<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        require_schema_key::<T>(&mut schema);
        schema
    }
}

/// One setting as `--show-config` prints it: `schema` is `<tool>.config/1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigItem {
    /// `<tool>.config/1`.
    pub schema: String,
    /// The setting's name as the configuration file spells it.
    pub key: String,
    /// The value that holds.
    pub value: Value,
    /// Where it comes from: `flag`, `environment`, `default`, or `file:line`.
    pub source: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consolidate::Run;

    #[test]
    fn a_noun_reads_back_and_names_its_format_first() {
        let run = Run { shards: 2, entries: 5, ..Run::default() };
        let line = print_noun(&run).unwrap();
        assert!(line.starts_with(r#"{"schema":"consolidate.run/1","#), "{line}");
        assert_eq!(parse_noun::<Run>(&line).unwrap(), run);
    }

    #[test]
    fn a_noun_inside_another_object_reads_as_by_itself() {
        let run = Run { shards: 2, ..Run::default() };
        let inside = serde_json::to_string(&[Printed(run.clone())]).unwrap();
        assert_eq!(inside, format!("[{}]", print_noun(&run).unwrap()));
        let back: Vec<Printed<Run>> = serde_json::from_str(&inside).unwrap();
        assert_eq!(back, [Printed(run)]);
        let other = serde_json::from_str::<Printed<Run>>(r#"{"schema":"x.y/1"}"#).unwrap_err();
        assert!(other.to_string().contains("consolidate.run/1"), "{other}");
    }

    #[test]
    fn another_format_is_refused_by_name() {
        for text in [r#"{"schema":"x.y/1"}"#, r#"{"shards":1}"#, "[]", "7"] {
            let error = parse_noun::<Run>(text).unwrap_err().to_string();
            assert!(error.contains("consolidate.run/1"), "{error}");
        }
        assert!(matches!(parse_noun::<Run>("{"), Err(NounError::Json(_))));
    }
}
