//! The list of every format, from which `docs/formats/` is made.

use schemars::{JsonSchema, Schema, schema_for};
use serde_json::json;

use crate::{AuditEntry, Decision, LaneEvent, Noun, QueueEvent};

/// A format and its JSON Schema.
pub struct Format {
    /// `audit-entry`, or for a noun `<tool>.<noun>/<version>`.
    pub name: String,
    /// The schema, generated from the type.
    pub schema: Schema,
}

impl Format {
    /// The file's name under `docs/formats/`.
    pub fn file_name(&self) -> String {
        format!("{}.schema.json", self.name.replace('/', "."))
    }
}

/// A stored record's format.
fn record<T: JsonSchema>(name: &str) -> Format {
    Format { name: name.into(), schema: schema_for!(T) }
}

/// A printed object's format: the type's own schema plus the `schema` key.
pub(crate) fn noun<T: Noun>() -> Format {
    let mut schema = schema_for!(T);
    require_schema_key::<T>(&mut schema);
    Format { name: T::SCHEMA.into(), schema }
}

/// Adds the key `schema` to the schema of a noun.
pub(crate) fn require_schema_key<T: Noun>(schema: &mut Schema) {
    let object = schema.ensure_object();
    let properties = object.entry("properties").or_insert_with(|| json!({}));
    if let Some(properties) = properties.as_object_mut() {
        properties.shift_insert(0, "schema".into(), json!({"const": T::SCHEMA}));
    }
    let required = object.entry("required").or_insert_with(|| json!([]));
    if let Some(required) = required.as_array_mut() {
        required.insert(0, json!("schema"));
    }
}

/// Every format that crosses a border between tools, stored records first.
pub fn formats() -> Vec<Format> {
    let mut all = vec![
        record::<AuditEntry>("audit-entry"),
        record::<QueueEvent>("queue-event"),
        record::<LaneEvent>("lane-event"),
        record::<Decision>("decision"),
        record::<crate::lld_check::WaiverEvent>("waiver-event"),
    ];
    all.extend(crate::gemini_retry::formats());
    all.extend(crate::view_audit::formats());
    all.extend(crate::consolidate::formats());
    all.extend(crate::lld_check::formats());
    all.extend(crate::worktree_lane::formats());
    all.extend(crate::merge_queue::formats());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_nouns_require_their_schema_key() {
        let mut seen = std::collections::BTreeSet::new();
        for format in formats() {
            assert!(seen.insert(format.file_name()), "{} twice", format.name);
            if format.name.contains('/') {
                let schema = serde_json::to_value(&format.schema).unwrap();
                assert_eq!(schema["properties"]["schema"]["const"], json!(format.name));
                assert_eq!(schema["required"][0], "schema");
            }
        }
        assert!(seen.len() > 10);
    }
}
