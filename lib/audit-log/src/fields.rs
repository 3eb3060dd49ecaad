//! The fields of an entry, whatever shape it has, decoded one by one.

use std::borrow::Cow;
use std::fmt;

use records::AuditEntry;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize as _, Deserializer as _};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// The fields that filters and tables look at.
const KNOWN: [&str; 17] = [
    "id",
    "timestamp",
    "session_id",
    "project",
    "node",
    "issue_id",
    "verdict",
    "outcome",
    "failure_class",
    "critique",
    "tier_1_issues",
    "model",
    "model_verified",
    "credential_used",
    "rotation_occurred",
    "attempts",
    "duration_ms",
];

/// Reads the fields of a line that is a JSON object. Of a key that stands twice the last one counts; a
/// value of the wrong type, a number that is too large and a list in too many lists count as absent and
/// hide no other field; half of a surrogate pair reads as U+FFFD.
pub fn read_entry(line: &[u8]) -> AuditEntry {
    let text = String::from_utf8_lossy(line);
    let object = object(&text, false).or_else(|| object(&mended(&text), false));
    let value = Value::Object(object.unwrap_or_default());
    AuditEntry::deserialize(value).unwrap_or_default()
}

/// Reads every member of a line that is a JSON object, known or not, by the same rules.
pub fn read_members(line: &[u8]) -> Map<String, Value> {
    let text = String::from_utf8_lossy(line);
    object(&text, true).or_else(|| object(&mended(&text), true)).unwrap_or_default()
}

fn object(text: &str, all: bool) -> Option<Map<String, Value>> {
    serde_json::Deserializer::from_str(text).deserialize_map(Fields { all }).ok()
}

struct Fields {
    /// Whether those that are not known are read too.
    all: bool,
}

impl<'de> Visitor<'de> for Fields {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            if self.all || KNOWN.contains(&key.as_ref()) {
                fields.insert(key.into_owned(), value(map.next_value()?));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(fields)
    }
}

/// A value by itself, so that one that cannot be had does not take the others with it.
fn value(raw: &RawValue) -> Value {
    let text = raw.get();
    let read = serde_json::from_str(text).or_else(|_| serde_json::from_str(&mended(text)));
    read.unwrap_or_default()
}

/// `text` with every `\ud8xx` or `\udcxx` that has no partner replaced by `\ufffd`.
pub fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let (length, whole) = match (surrogate(escape), escape.get(6..).and_then(surrogate)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => (12, true),
            (Some(_), _) => (6, false),
            // `\\`, `\"`, and every other escape: its second character is no beginning of another.
            (None, _) => (1 + escape.chars().nth(1).map_or(0, char::len_utf8), true),
        };
        let (escape, after) = escape.split_at(length);
        out.push_str(if whole { escape } else { "\\ufffd" });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The half of a surrogate pair that `text` begins with.
fn surrogate(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let code = u32::from_str_radix(digits, 16).ok()?;
    (0xd800..0xe000).contains(&code).then_some(code)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use records::IssueNumber;

    use super::*;

    #[test]
    fn odd_objects_have_fields() {
        let entry =
            read_entry(br#"{"verdict":"x","issue_id":"98","verdict":"BLOCK","z":1e999,"node":7}"#);
        assert_eq!(entry.verdict.as_deref(), Some("BLOCK"));
        assert_eq!(entry.issue_id, Some(IssueNumber(98)));
        assert_eq!(entry.node, None);
        let entry =
            read_entry(br#"{"critique":"a\ud800b\\ud800\ud83d\ude00","\udc00":1,"node":"n"}"#);
        assert_eq!(entry.critique.as_deref(), Some("a\u{fffd}b\\ud800\u{1f600}"));
        assert_eq!(entry.node.as_deref(), Some("n"));
    }

    #[test]
    fn a_value_that_cannot_be_had_hides_no_other() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for value in ["1e999", deep.as_str()] {
            for key in ["duration_ms", "critique", "attempts", "verdict", "tier_1_issues"] {
                let entry = read_entry(format!(r#"{{"issue_id":98,"{key}":{value}}}"#).as_bytes());
                assert_eq!(
                    entry,
                    AuditEntry { issue_id: Some(IssueNumber(98)), ..AuditEntry::default() }
                );
            }
        }
    }

    #[test]
    fn fields_are_those_of_the_record() {
        let line = testkit::Logs::seeded(1).entry().to_string();
        let whole: AuditEntry = serde_json::from_str(&line).unwrap();
        let some = read_entry(line.as_bytes());
        assert_eq!(
            (some.at(), some.verdict(), some.duration_ms, some.tier_1_issues),
            (whole.at(), whole.verdict(), whole.duration_ms, whole.tier_1_issues)
        );
        assert_eq!((some.attempts, some.credential_used), (whole.attempts, whole.credential_used));
    }

    proptest! {
        /// What reads as JSON anyway is not changed, and what is mended reads.
        #[test]
        fn mending_touches_nothing_else(text in r#"(\\u[dD][89abcdefAB][0-9a-f]{2}|\\\\|\\"|\\n|[a-zé"]){0,12}"#) {
            let quoted = format!("\"{text}\"");
            let mended = mended(&quoted);
            if serde_json::from_str::<String>(&quoted).is_ok() {
                prop_assert_eq!(&mended, &quoted);
            } else if serde_json::from_str::<IgnoredAny>(&quoted).is_ok() {
                prop_assert!(serde_json::from_str::<String>(&mended).is_ok(), "{}", mended);
            }
        }
    }
}
