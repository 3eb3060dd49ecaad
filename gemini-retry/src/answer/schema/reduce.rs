//! The part of a JSON Schema that the service understands. A keyword that it does not know may make
//! it refuse the request, so nothing else is sent; what is left out is checked here.
//!
//! Source: the service's description of `responseJsonSchema`.

use serde_json::{Map, Value, json};

/// Where old drafts keep what `$defs` holds since.
const OLD_DEFS: &str = "#/definitions/";
const DEFS: &str = "#/$defs/";
/// Words about the schema itself, which demand nothing of an answer.
const ABOUT: [&str; 5] = ["$schema", "$id", "$comment", "$defs", "definitions"];

/// The reduced schema. It never demands what `schema` does not.
pub(super) fn reduce(schema: &Value) -> Value {
    let names = |key: &str| {
        let defs = schema.get(key).and_then(Value::as_object);
        defs.into_iter().flat_map(|defs| defs.iter().map(|(name, def)| (name.clone(), def)))
    };
    let defs: Vec<(String, &Value)> = names("definitions").chain(names("$defs")).collect();
    let known: Vec<&str> = defs.iter().map(|(name, _)| name.as_str()).collect();
    let mut root = of(schema, &known);
    if !root.contains_key("$ref") {
        root.insert("type".into(), "object".into());
    }
    if !defs.is_empty() {
        let each = defs.iter().map(|(name, def)| (name.clone(), of(def, &known).into()));
        root.insert("$defs".into(), Value::Object(each.collect()));
    }
    Value::Object(root)
}

/// Whether `sent` demands all that `whole` does.
pub(super) fn says_all(whole: &Value, sent: &Value) -> bool {
    let Value::Object(whole) = whole else { return false };
    let demands = |(key, _): &(&String, &Value)| !ABOUT.contains(&key.as_str());
    let same = |(key, value): (&String, &Value)| sent.get(key) == Some(value);
    whole.iter().filter(demands).all(same)
        && ["definitions", "$defs"].iter().all(|key| match whole.get(*key) {
            None => true,
            Some(defs) => sent.get("$defs") == Some(defs),
        })
}

/// One schema without what the service does not know. `known` are the names that a reference may
/// lead to.
fn of(schema: &Value, known: &[&str]) -> Map<String, Value> {
    // `true` allows all; what `false` forbids is checked here.
    let Value::Object(fields) = schema else { return Map::new() };
    if let Some(reference) = fields.get("$ref") {
        // The service takes no other keyword beside a reference.
        let target = reference.as_str().and_then(|text| target(text, known));
        return target
            .map(|text| Map::from_iter([("$ref".into(), text.into())]))
            .unwrap_or_default();
    }
    let sub = |value: &Value| Value::Object(of(value, known));
    let list = |value: &Value| {
        let items = value.as_array().filter(|items| items.iter().all(Value::is_object))?;
        Some(Value::Array(items.iter().map(sub).collect()))
    };
    let first_items_are_lost = fields.get("prefixItems").is_some_and(|first| list(first).is_none());
    let mut kept = Map::new();
    for (key, value) in fields {
        let reduced = match key.as_str() {
            "type" | "title" | "description" | "format" | "minItems" | "maxItems" | "minimum"
            | "maximum" | "propertyOrdering" => Some(value.clone()),
            "enum" => {
                let plain = |item: &Value| item.is_string() || item.is_number();
                value.as_array().filter(|items| items.iter().all(plain)).map(|_| value.clone())
            }
            "prefixItems" | "anyOf" | "oneOf" => list(value),
            "properties" => value.as_object().map(|properties| {
                let each = properties.iter().map(|(name, schema)| (name.clone(), sub(schema)));
                Value::Object(each.collect())
            }),
            // Both mean the rest of what another keyword describes, which must be known, too.
            "items" if first_items_are_lost => None,
            "additionalProperties" if fields.contains_key("patternProperties") => None,
            "items" | "additionalProperties" if value.is_object() => Some(sub(value)),
            "additionalProperties" if value.is_boolean() => Some(value.clone()),
            "required" => Some(required(value, fields)),
            _ => None,
        };
        if let Some(reduced) = reduced {
            kept.insert(key.clone(), reduced);
        }
    }
    kept
}

/// The names that are required and described: the service refuses one that it knows nothing of.
fn required(names: &Value, fields: &Map<String, Value>) -> Value {
    let described = |name: &&Value| {
        let properties = fields.get("properties").and_then(Value::as_object);
        name.as_str().zip(properties).is_some_and(|(name, all)| all.contains_key(name))
    };
    let names = names.as_array().into_iter().flatten();
    json!(names.filter(described).collect::<Vec<_>>())
}

/// The reference in the service's form, if it leads to the root or to a definition there.
fn target(reference: &str, known: &[&str]) -> Option<String> {
    if reference == "#" {
        return Some(reference.to_owned());
    }
    let name = reference.strip_prefix(DEFS).or_else(|| reference.strip_prefix(OLD_DEFS))?;
    known.contains(&name).then(|| format!("{DEFS}{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_service_knows_stays_and_the_rest_goes() {
        let whole = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": "urn:x",
            "title": "T",
            "required": ["a", "undescribed"],
            "allOf": [{"required": ["z"]}],
            "properties": {
                "a": {"type": "string", "pattern": "^x", "minLength": 1, "enum": ["x", "xy"]},
                "pattern": {"const": 1},
                "b": {"type": "array", "items": {"type": "integer", "multipleOf": 2}, "minItems": 1},
                "c": {"anyOf": [{"type": "null"}, {"$ref": "#/definitions/d", "description": "x"}]},
                "e": {"oneOf": [true, {"type": "null"}]},
                "f": {"$ref": "#/properties/a"},
                "g": {"enum": [null, "x"]},
                "h": false,
            },
            "definitions": {"d": {"type": "number", "exclusiveMinimum": 0, "maximum": 9}},
            "additionalProperties": {"not": {}},
            "propertyOrdering": ["b", "a"],
        });
        let sent = json!({
            "title": "T",
            "required": ["a"],
            "properties": {
                "a": {"type": "string", "enum": ["x", "xy"]},
                "pattern": {},
                "b": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
                "c": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/d"}]},
                "e": {},
                "f": {},
                "g": {},
                "h": {},
            },
            "additionalProperties": {},
            "propertyOrdering": ["b", "a"],
            "type": "object",
            "$defs": {"d": {"type": "number", "maximum": 9}},
        });
        assert_eq!(reduce(&whole), sent);
        assert!(!says_all(&whole, &sent));
    }

    #[test]
    fn the_rest_of_what_was_left_out_is_left_out_too() {
        let whole = json!({
            "patternProperties": {"^x-": {}},
            "additionalProperties": false,
            "properties": {"a": {"prefixItems": [true, {"type": "string"}], "items": {"type": "null"}}},
        });
        assert_eq!(reduce(&whole), json!({"properties": {"a": {}}, "type": "object"}));
    }

    #[test]
    fn a_schema_of_known_words_says_all() {
        for whole in [
            json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}),
            json!({"$schema": "x", "properties": {"a": {"$ref": "#/$defs/d"}}, "$defs": {"d": {}}}),
        ] {
            assert!(says_all(&whole, &reduce(&whole)), "{whole}");
        }
        let beside = json!({"$ref": "#/$defs/d", "required": ["a"], "$defs": {"d": {}}});
        assert_eq!(reduce(&beside), json!({"$ref": "#/$defs/d", "$defs": {"d": {}}}));
        assert!(!says_all(&beside, &reduce(&beside)));
    }
}
