//! What the tools print: objects that name their own format.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

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
    let body = serde_json::to_string(noun)?;
    let Some(rest) = body.strip_prefix('{') else {
        return Err(serde::ser::Error::custom("a noun must be an object"));
    };
    let comma = if rest == "}" { "" } else { "," };
    Ok(format!("{{\"schema\":\"{}\"{comma}{rest}", T::SCHEMA))
}

/// Reads one object that another tool printed. Unknown keys are accepted: a newer tool may print
/// more.
pub fn parse_noun<T: Noun + DeserializeOwned>(text: &str) -> Result<T, NounError> {
    let mut value: Value = serde_json::from_str(text)?;
    let found = value.as_object_mut().and_then(|o| o.shift_remove("schema"));
    match found {
        Some(Value::String(schema)) if schema == T::SCHEMA => Ok(serde_json::from_value(value)?),
        Some(other) => Err(NounError::Schema { expected: T::SCHEMA, found: other.to_string() }),
        None => Err(NounError::Schema { expected: T::SCHEMA, found: "no schema".into() }),
    }
}

/// One setting as `--show-config` prints it: `schema` is `<tool>.config/1`.
#[derive(Debug, Clone, PartialEq, Serialize, serde::Deserialize, JsonSchema)]
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
    fn another_format_is_refused_by_name() {
        for text in [r#"{"schema":"x.y/1"}"#, r#"{"shards":1}"#, "[]", "7"] {
            let error = parse_noun::<Run>(text).unwrap_err().to_string();
            assert!(error.contains("consolidate.run/1"), "{error}");
        }
        assert!(matches!(parse_noun::<Run>("{"), Err(NounError::Json(_))));
    }
}
