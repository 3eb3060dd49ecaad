//! The part of an entry that decides its place.

use std::fmt;

use jiff::Timestamp;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::instant;
use crate::skim::{Member, skim};

/// What ordering and recognising an entry needs. Reading one accepts every JSON object, whatever
/// its keys hold, so a line that gives a head is an entry, and one that does not is damaged.
///
/// Of a key that stands twice the last one counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// The instant of `timestamp`, to its full precision; `None` when it is missing, `null`, a
    /// number, or no RFC 3339 time.
    pub timestamp: Option<Timestamp>,
    /// `id`, when it is text.
    pub id: Option<String>,
    /// Whether there is a key `schema`.
    pub schema: bool,
    /// Whether there is any key.
    pub members: bool,
}

impl Head {
    /// The head of the entry in `line`, which is a line without its end (and without a byte order mark);
    /// `None` when it is no entry. What is left out of a torn line cannot make it another entry, so it does
    /// not matter whether the line had an end. Most lines are not decoded for it.
    pub fn of(line: &[u8]) -> Option<Self> {
        Self::skimmed(line).or_else(|| serde_json::from_str(str::from_utf8(line).ok()?).ok())
    }

    fn skimmed(line: &[u8]) -> Option<Self> {
        let skimmed = skim(line).filter(|skimmed| skimmed.end == line.len())?;
        let text = |key| {
            let value = skimmed.value(key);
            // Some other values make an entry unreadable, which is for decoding to say.
            matches!(value, [] | [b'"' | b'n', ..])
                .then(|| value.strip_prefix(b"\"")?.strip_suffix(b"\""))
        };
        Some(Self {
            timestamp: text(Member::Timestamp)?.and_then(instant),
            id: text(Member::Id)?.map(|id| String::from_utf8_lossy(id).into_owned()),
            schema: !skimmed.value(Member::Schema).is_empty(),
            members: skimmed.members,
        })
    }
}

impl<'de> Deserialize<'de> for Head {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(Object)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Head;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry, which is a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head, A::Error> {
        let mut head = Head::default();
        while let Some(key) = map.next_key::<Key>()? {
            head.members = true;
            match key {
                Key::Timestamp => {
                    head.timestamp =
                        map.next_value::<Text>()?.0.and_then(|t| instant(t.as_bytes()));
                }
                Key::Id => head.id = map.next_value::<Text>()?.0,
                Key::Schema => {
                    head.schema = true;
                    map.next_value::<IgnoredAny>()?;
                }
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(head)
    }
}

enum Key {
    Timestamp,
    Id,
    Schema,
    Other,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        // As bytes, because a key may hold half of a surrogate pair, which no `str` does.
        input.deserialize_bytes(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_bytes<E>(self, key: &[u8]) -> Result<Key, E> {
        Ok(match key {
            b"timestamp" => Key::Timestamp,
            b"id" => Key::Id,
            b"schema" => Key::Schema,
            _ => Key::Other,
        })
    }
}

/// A text, or `None` for a value of any other type.
struct Text(Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(TextVisitor).map(Text)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Head {
        serde_json::from_str(line).unwrap()
    }

    #[test]
    fn instants_are_compared_to_their_full_precision_in_any_offset() {
        let at = |text: &str| read(&format!(r#"{{"timestamp":"{text}"}}"#)).timestamp;
        assert_eq!(at("2026-01-24T18:30:45Z"), at("2026-01-24T20:30:45.000+02:00"));
        assert!(at("2026-01-24T18:30:45.000001+00:00") > at("2026-01-24T18:30:45Z"));
    }

    #[test]
    fn any_object_has_a_head() {
        for line in [
            "{}",
            r#"{"timestamp":null,"id":7}"#,
            r#"{"timestamp":17,"id":["x"]}"#,
            r#"{"timestamp":{"a":[1]},"id":1.5}"#,
            r#"{"timestamp":"yesterday","x":"\ud800"}"#,
            r#"{"\ud800":1e999,"x":true}"#,
        ] {
            let head = read(line);
            assert_eq!((head.timestamp, head.id), (None, None), "{line}");
            assert_eq!(head.members, line != "{}");
        }
        for line in ["7", "null", "[]", r#""text""#, r#"{"a":1"#, r#"{"a":1}{"#, "{,}"] {
            assert!(serde_json::from_str::<Head>(line).is_err(), "{line}");
        }
    }

    #[test]
    fn of_a_key_that_stands_twice_the_last_counts() {
        let head = read(r#"{"id":"a","id":"b","schema":1}"#);
        assert_eq!(head.id.as_deref(), Some("b"));
        assert!(head.schema);
    }
}
