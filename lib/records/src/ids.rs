//! Ids that reach a path or a git ref, checked before they do (DESIGN section 3, "Ids").

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not {what}: {why}")]
pub struct IdError {
    text: String,
    what: &'static str,
    why: &'static str,
}

impl IdError {
    fn new(text: &str, what: &'static str, why: &'static str) -> Self {
        // Control characters in an error message could repaint a terminal.
        let text = text.chars().take(60).flat_map(char::escape_debug).collect();
        Self { text, what, why }
    }
}

/// The number of an issue: a positive integer, with or without a leading `#`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct IssueNumber(pub u64);

impl fmt::Display for IssueNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for IssueNumber {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let err = |why| IdError::new(text, "an issue number", why);
        let digits = text.strip_prefix('#').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(err("expected digits, such as 98"));
        }
        match digits.parse() {
            Ok(0) => Err(err("issues are numbered from 1")),
            // JSON numbers above 2^53 are not exact in every reader.
            Ok(n) if n <= (1 << 53) => Ok(Self(n)),
            _ => Err(err("the number is too large")),
        }
    }
}

/// The id of a task in the queue: `^[A-Za-z][A-Za-z0-9._-]{0,79}$`, and safe as part of a path and
/// of a git ref.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(String);

impl TaskId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for TaskId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let err = |why| IdError::new(text, "a task id", why);
        if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(err("it must begin with a letter"));
        }
        if text.len() > 80 {
            return Err(err("it is longer than 80 characters"));
        }
        check_ref_part(text)?;
        Ok(Self(text.to_owned()))
    }
}

impl Serialize for TaskId {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TaskId {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(input)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for TaskId {
    fn schema_name() -> Cow<'static, str> {
        "TaskId".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9._-]{0,79}$"})
    }
}

/// The id of a session: eight lower-case hexadecimal digits (runbook 0801, shard names).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionId(String);

impl SessionId {
    /// A session id from 32 bits of entropy.
    pub fn from_bits(bits: u32) -> Self {
        Self(format!("{bits:08x}"))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for SessionId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.len() == 8 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError::new(text, "a session id", "expected eight hexadecimal digits"))
        }
    }
}

/// Checks one component of a path or of a git ref that comes from outside, such as a slug or a
/// role: letters, digits, `.`, `_` and `-`, at most 100; no leading `-` or `.`, no `..`, no ending
/// that git refuses (`.`, `.lock`).
pub fn check_ref_part(text: &str) -> Result<(), IdError> {
    let err = |why| Err(IdError::new(text, "usable in a path and a branch name", why));
    if text.is_empty() {
        err("it is empty")
    } else if text.len() > 100 {
        err("it is longer than 100 characters")
    } else if text.starts_with(['-', '.']) {
        err("it begins with '-' or '.'")
    } else if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) {
        err("only letters, digits, '.', '_' and '-' are allowed")
    } else if text.contains("..") || text.ends_with('.') {
        err("it contains '..' or ends with '.'")
    } else if text
        .as_bytes()
        .last_chunk::<5>()
        .is_some_and(|end| end.eq_ignore_ascii_case(b".lock"))
    {
        err("git reserves names that end with .lock")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn issue_numbers() {
        assert_eq!("98".parse(), Ok(IssueNumber(98)));
        assert_eq!("#98".parse(), Ok(IssueNumber(98)));
        for text in ["", "#", "0", "-1", "+1", "9 8", "98x", "1e3", "99999999999999999999"] {
            assert!(text.parse::<IssueNumber>().is_err(), "{text}");
        }
    }

    #[test]
    fn task_ids() {
        for text in ["A", "schema-backend-crud", "T.1_x"] {
            assert!(text.parse::<TaskId>().is_ok(), "{text}");
        }
        for text in ["", "1a", "-a", "a..b", "a/b", "a b", "a\nb", "a.lock", "a.", "é", "../x"] {
            assert!(text.parse::<TaskId>().is_err(), "{text}");
        }
        assert!("a".repeat(81).parse::<TaskId>().is_err());
    }

    #[test]
    fn a_message_never_carries_control_characters() {
        let message = "a\u{1b}[2Jb".parse::<TaskId>().unwrap_err().to_string();
        assert!(!message.contains('\u{1b}'), "{message}");
    }

    proptest! {
        #[test]
        fn an_accepted_part_stays_one_component(text in "\\PC{0,40}") {
            if check_ref_part(&text).is_ok() {
                let path = std::path::Path::new(&text);
                prop_assert_eq!(path.components().count(), 1);
                prop_assert_eq!(path.file_name().and_then(|n| n.to_str()), Some(text.as_str()));
            }
        }
    }
}
