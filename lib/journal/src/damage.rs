//! Decoding a line, and saying what is wrong with one that cannot be decoded.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::{Kind, Line};

/// The longest reason that is shown, in characters: a value in an error can be megabytes long.
const LONGEST_REASON: usize = 200;

/// Where a record stands in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The number of its line from 1; unknown when reading backwards.
    pub line: Option<u64>,
    /// Where the line begins, in bytes.
    pub offset: u64,
}

/// What sort of damage it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sort {
    /// The last line, without a newline and without a whole record. An append is under way or was cut off; the
    /// record was never acknowledged.
    Torn,
    /// A line with a newline whose record stops in the middle: what a torn line looks like once a later append has
    /// completed it with a newline.
    CutOff,
    /// Longer than the limit.
    Oversized,
    /// Not UTF-8.
    Encoding,
    /// Not JSON.
    Syntax,
    /// JSON, but not the record that was expected.
    Shape,
}

/// A line that could not be decoded. It is still in the file.
///
/// Shown as `path:line: reason (byte N)`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Damage {
    /// The file.
    pub path: Arc<Path>,
    /// The number of the line from 1; unknown when reading backwards.
    pub line: Option<u64>,
    /// Where the line begins, in bytes.
    pub offset: u64,
    /// Where the next line begins.
    pub end: u64,
    /// The byte of the file at which it was noticed.
    pub byte: u64,
    /// What sort it is.
    pub sort: Sort,
    /// One sentence, safe to show on a terminal.
    pub reason: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " {} (byte {})", self.reason, self.byte)
    }
}

impl Line {
    /// Where it stands.
    pub fn position(&self) -> Position {
        Position { line: self.number, offset: self.offset }
    }

    /// The record in this line.
    ///
    /// A [`Kind::Torn`] line counts as a record only when it is a whole object or array, because the missing rest
    /// cannot change those (a number such as `12` may have been `123`). So whether a record counts never depends on
    /// a later append, which completes the line with a newline.
    ///
    /// # Errors
    ///
    /// The [`Damage`] says where and what.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, Damage> {
        if let Kind::Oversized { .. } = self.kind {
            let length = self.end - self.offset;
            let reason = format!("the line has {length} bytes, which is more than may be loaded");
            return Err(self.damage(Sort::Oversized, 0, reason));
        }
        let nuls = self.bytes.iter().take_while(|byte| **byte == 0).count();
        if nuls > 0 {
            let reason = format!("the line begins with {nuls} NUL bytes, as after a power failure");
            return Err(self.damage(Sort::Syntax, 0, reason));
        }
        if let Err(error) = str::from_utf8(&self.bytes) {
            return Err(self.damage(Sort::Encoding, error.valid_up_to(), "not UTF-8".to_owned()));
        }
        let self_delimiting = self.bytes.trim_ascii_start().starts_with(b"{")
            || self.bytes.trim_ascii_start().starts_with(b"[");
        if self.kind == Kind::Torn && !self_delimiting {
            return Err(self.damage(Sort::CutOff, self.bytes.len(), String::new()));
        }
        jsonl::read(self.bytes.as_slice()).map_err(|error| match error {
            jsonl::ReadError::Deserialize(error) => self.undecodable(&error),
            jsonl::ReadError::Io(error) => self.damage(Sort::Encoding, 0, error.to_string()),
            jsonl::ReadError::Eof => self.damage(Sort::Syntax, 0, "the line is empty".to_owned()),
        })
    }

    fn undecodable(&self, error: &serde_json::Error) -> Damage {
        let sort = match error.classify() {
            serde_json::error::Category::Eof => Sort::CutOff,
            serde_json::error::Category::Data => Sort::Shape,
            serde_json::error::Category::Syntax | serde_json::error::Category::Io => Sort::Syntax,
        };
        let text = error.to_string();
        // serde_json counts lines inside the record, which would be read as the line of the file.
        let place = format!(" at line {} column {}", error.line(), error.column());
        let reason = text.strip_suffix(&place).unwrap_or(&text).to_owned();
        self.damage(sort, error.column().saturating_sub(1), reason)
    }

    fn damage(&self, sort: Sort, column: usize, reason: String) -> Damage {
        let (sort, reason) = match (sort, self.kind) {
            (Sort::Shape, Kind::Torn) => (sort, reason),
            (_, Kind::Torn) => (Sort::Torn, "the last line is torn: it has no newline".to_owned()),
            (Sort::CutOff, _) => (sort, format!("the record is cut off: {reason}")),
            _ => (sort, reason),
        };
        Damage {
            path: Arc::clone(&self.source),
            line: self.number,
            offset: self.offset,
            end: self.end,
            byte: self.content + column as u64,
            sort,
            reason: showable(&reason),
        }
    }
}

/// Control characters escaped, and not longer than a message should be.
fn showable(reason: &str) -> String {
    let mut shown = String::new();
    for (count, character) in reason.chars().enumerate() {
        if count == LONGEST_REASON {
            shown.push('…');
            break;
        }
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}
