//! A schema of the user's: what is sent of it, and whether an answer satisfies the whole of it.

mod reduce;

use std::fmt;

use jsonschema::Validator;
use serde_json::Value;

use crate::answer::extract::Found;

/// A JSON Schema for answers.
pub(crate) struct Custom {
    whole: Value,
    sent: Value,
    validator: Validator,
}

/// The schema says everything that the validator knows.
impl fmt::Debug for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Custom").field(&self.whole).finish()
    }
}

impl Custom {
    /// Makes `schema` ready for use. It is complete in itself: nothing that it refers to is fetched,
    /// neither from the network nor from a file. What `format` says must hold.
    ///
    /// # Errors
    /// One sentence that says where it is wrong.
    pub(crate) fn new(schema: Value) -> Result<Self, String> {
        let Some(fields) = schema.as_object() else {
            return Err("a schema for answers is a JSON object".into());
        };
        let is_object = |kind: &Value| kind == "object";
        match fields.get("type") {
            Some(Value::Array(kinds)) if !kinds.iter().any(is_object) => {
                return Err("at /type: an answer is one object, and this type has none".into());
            }
            Some(kind @ Value::String(_)) if !is_object(kind) => {
                return Err(format!("at /type: an answer is one object and no {kind}"));
            }
            _ => {}
        }
        let options = jsonschema::options().offline().should_validate_formats(true);
        let validator = options.build(&schema).map_err(|error| {
            let place = error.instance_path().as_str();
            let place = if place.is_empty() { String::new() } else { format!("at {place}: ") };
            format!("{place}{error}")
        })?;
        let sent = reduce::reduce(&schema);
        Ok(Self { whole: schema, sent, validator })
    }

    /// What the service is given: the keywords that it knows. The others count here alone.
    pub(crate) fn sent(&self) -> &Value {
        &self.sent
    }

    /// The whole schema as text, for a program that takes nothing but text.
    pub(crate) fn whole(&self) -> String {
        self.whole.to_string()
    }

    /// The whole schema as text, when the service's part of it leaves something out that the model
    /// must know.
    pub(crate) fn told(&self) -> Option<String> {
        (!reduce::says_all(&self.whole, &self.sent)).then(|| self.whole.to_string())
    }

    /// Whether it describes a field `verdict`, anywhere in it.
    pub(crate) fn describes_verdict(&self) -> bool {
        describes(&self.whole, "verdict")
    }

    /// Gives the object back if it satisfies the schema.
    ///
    /// # Errors
    /// One sentence that names the first place where it does not.
    pub(crate) fn check(&self, found: Found) -> Result<Found, String> {
        let object = Value::Object(found.object);
        if let Err(error) = self.validator.validate(&object) {
            let place = error.instance_path().as_str();
            let place = if place.is_empty() { "the top" } else { place };
            return Err(format!("the answer does not satisfy the schema at {place}: {error}"));
        }
        match object {
            Value::Object(object) => Ok(Found { object, written: found.written }),
            _ => Err("the answer is not an object".into()),
        }
    }
}

/// Whether `schema`, or a part of it, has a property of that name. The depth is bounded by the reader.
fn describes(schema: &Value, name: &str) -> bool {
    match schema {
        Value::Object(fields) => {
            let properties = fields.get("properties").and_then(Value::as_object);
            properties.is_some_and(|all| all.contains_key(name))
                || fields.values().any(|value| describes(value, name))
        }
        Value::Array(items) => items.iter().any(|item| describes(item, name)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::extract::one_object;
    use proptest::prelude::*;
    use serde_json::json;

    fn check(schema: Value, answer: &str) -> Result<Found, String> {
        let schema = Custom::new(schema).unwrap();
        one_object(answer, "Do it.").and_then(|found| schema.check(found))
    }

    #[test]
    fn the_whole_schema_counts() {
        let schema = json!({
            "type": "object",
            "required": ["name", "kind"],
            "properties": {
                "name": {"type": "string", "pattern": "^[a-z]+$"},
                "kind": {"const": "x"},
                "on": {"type": "string", "format": "date"},
            },
            "not": {"required": ["bad"]},
            "allOf": [{"required": ["also"]}],
        });
        let ok = r#"{"name":"a","kind":"x","also":1,"on":"2026-01-24"}"#;
        assert_eq!(check(schema.clone(), ok).unwrap().written, ok);
        for (answer, place) in [
            (r#"{"name":"A","kind":"x","also":1}"#, "at /name"),
            (r#"{"name":"a","kind":"y","also":1}"#, "at /kind"),
            (r#"{"name":"a","kind":"x"}"#, "at the top"),
            (r#"{"name":"a","kind":"x","also":1,"bad":1}"#, "at the top"),
            (r#"{"name":"a","kind":"x","also":1,"on":"soon"}"#, "at /on"),
            (r#"{"name":"a","name":"a","kind":"x","also":1}"#, "twice"),
        ] {
            let fault = check(schema.clone(), answer).unwrap_err();
            assert!(fault.contains(place), "{answer}: {fault}");
        }
    }

    #[test]
    fn a_schema_that_is_none_is_refused_by_its_place() {
        for (schema, why) in [
            (json!(true), "is a JSON object"),
            (json!([]), "is a JSON object"),
            (json!({"type": "array"}), "at /type"),
            (json!({"type": ["string", "null"]}), "at /type"),
            (json!({"type": "objekt"}), "at /type"),
            (json!({"properties": {"a": {"type": 7}}}), "at /properties/a/type"),
            (json!({"properties": {"a": {"pattern": "("}}}), "at /properties/a/pattern"),
            (json!({"$ref": "https://example.invalid/a.json"}), "example.invalid"),
            (json!({"properties": {"a": {"$ref": "a.json"}}}), "a.json"),
            (json!({"properties": {"a": {"$ref": "file:///etc/passwd"}}}), "/etc/passwd"),
            (json!({"$ref": "#/$defs/none"}), "none"),
            (json!({"$schema": "https://example.invalid/meta"}), "example.invalid"),
        ] {
            let fault = Custom::new(schema.clone()).unwrap_err();
            assert!(fault.contains(why), "{schema}: {fault}");
        }
        for schema in [
            json!({}),
            json!({"type": ["object", "null"]}),
            json!({"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"a": {}},
                "properties": {"a": {"$ref": "#/definitions/a"}}}),
        ] {
            assert!(Custom::new(schema.clone()).is_ok(), "{schema}");
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_satisfies_the_schema(text in "(\\{|\\}|\"a\"|\"b\"|:|,|1|\"x\"|null| ){0,12}") {
            let schema = json!({"required": ["a"], "properties": {"a": {"type": "integer"}},
                "additionalProperties": false});
            if let Ok(found) = check(schema, &text) {
                prop_assert_eq!(found.object.keys().collect::<Vec<_>>(), ["a"]);
                prop_assert!(found.object["a"].is_u64());
            }
        }
    }
}
