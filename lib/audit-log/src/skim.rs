//! One pass over a line that picks out the members that are looked at most, without decoding the rest.
//!
//! Skimming accepts nothing that is no JSON object in UTF-8. It gives up on lines that are odd in any
//! way, whether or not they are entries; those are left to the exact way.

#![expect(
    clippy::inline_always,
    reason = "wide instructions are used where the whole is compiled as one function for them"
)]

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch};

use crate::json_text;

/// Lists in more lists than this are left to the exact way.
const DEPTH: u32 = 16;

/// The members that are picked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Member {
    Id,
    Timestamp,
    SessionId,
    Project,
    Node,
    IssueId,
    Verdict,
    Outcome,
    Model,
    ModelVerified,
    CredentialUsed,
    RotationOccurred,
    DurationMs,
    Schema,
}

/// How many members are picked out.
const MEMBERS: usize = Member::Schema as usize + 1;

impl Member {
    #[inline(always)]
    fn of(name: &[u8]) -> Option<Self> {
        Some(match name.len() {
            2 if name == b"id" => Self::Id,
            4 if name == b"node" => Self::Node,
            5 if name == b"model" => Self::Model,
            6 if name == b"schema" => Self::Schema,
            7 if name == b"verdict" => Self::Verdict,
            7 if name == b"outcome" => Self::Outcome,
            7 if name == b"project" => Self::Project,
            8 if name == b"issue_id" => Self::IssueId,
            9 if name == b"timestamp" => Self::Timestamp,
            10 if name == b"session_id" => Self::SessionId,
            11 if name == b"duration_ms" => Self::DurationMs,
            14 if name == b"model_verified" => Self::ModelVerified,
            15 if name == b"credential_used" => Self::CredentialUsed,
            17 if name == b"rotation_occurred" => Self::RotationOccurred,
            _ => return None,
        })
    }
}

/// A line that was skimmed.
#[derive(Debug)]
pub(crate) struct Skimmed<'a> {
    /// The JSON of each value; empty for one that is not there.
    values: [&'a [u8]; MEMBERS],
    /// Whether there is any member.
    pub(crate) members: bool,
    /// Where what follows the object begins, white space left out.
    pub(crate) end: usize,
}

impl<'a> Skimmed<'a> {
    /// The JSON of a value: a text without backslashes, or any other value; empty when it is not there.
    #[inline(always)]
    pub(crate) fn value(&self, key: Member) -> &'a [u8] {
        self.values.get(key as usize).copied().unwrap_or_default()
    }
}

/// Skims the object that `bytes` begin with. Whoever calls looks at what follows it.
pub(crate) fn skim(bytes: &[u8]) -> Option<Skimmed<'_>> {
    dispatch!(Level::new(), simd => object(simd, bytes))
}

#[inline(always)]
fn object<S: Simd>(simd: S, bytes: &[u8]) -> Option<Skimmed<'_>> {
    let mut values: [&[u8]; MEMBERS] = [&[]; MEMBERS];
    let mut high = 0;
    let mut at = blank(bytes, 0);
    if bytes.get(at) != Some(&b'{') {
        return None;
    }
    at = blank(bytes, at + 1);
    let members = bytes.get(at) != Some(&b'}');
    while bytes.get(at) != Some(&b'}') {
        let name = text(simd, bytes, at, &mut high)?;
        // A name with a backslash may be any name.
        if name.escaped {
            return None;
        }
        let key = Member::of(bytes.get(at + 1..name.at)?);
        at = blank(bytes, name.at + 1);
        if bytes.get(at) != Some(&b':') {
            return None;
        }
        let from = blank(bytes, at + 1);
        at = if bytes.get(from) == Some(&b'"') {
            let value = text(simd, bytes, from, &mut high)?;
            if key.is_some() && value.escaped {
                return None;
            }
            value.at + 1
        } else {
            other(simd, bytes, from, DEPTH, &mut high)?
        };
        if let Some(key) = key {
            let value = values.get_mut(key as usize)?;
            // Of a key that stands twice one counts; which one is not decided here.
            if !value.is_empty() {
                return None;
            }
            *value = bytes.get(from..at)?;
        }
        at = blank(bytes, at);
        if bytes.get(at) == Some(&b',') {
            at = blank(bytes, at + 1);
            // Another member follows.
            if bytes.get(at) != Some(&b'"') {
                return None;
            }
        } else if bytes.get(at) != Some(&b'}') {
            return None;
        }
    }
    let end = blank(bytes, at + 1);
    if high != 0 && simdutf8::basic::from_utf8(bytes.get(..end)?).is_err() {
        return None;
    }
    Some(Skimmed { values, members, end })
}

/// The end of the text whose opening quote is at `at`.
#[inline(always)]
fn text<S: Simd>(simd: S, bytes: &[u8], at: usize, high: &mut u64) -> Option<json_text::End> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    json_text::end(simd, bytes, at + 1, high)
}

/// Where the value at `at` ends, which is no text.
#[inline(always)]
fn other<S: Simd>(simd: S, bytes: &[u8], at: usize, depth: u32, high: &mut u64) -> Option<usize> {
    match bytes.get(at)? {
        b'n' => word(bytes, at, b"null"),
        b't' => word(bytes, at, b"true"),
        b'f' => word(bytes, at, b"false"),
        b'-' | b'0'..=b'9' => number(bytes, at),
        b'[' | b'{' => simd.vectorize(
            #[inline(always)]
            || nested(simd, bytes, at, depth, high),
        ),
        _ => None,
    }
}

/// Where the list or object at `at` ends.
#[inline(always)]
fn nested<S: Simd>(simd: S, bytes: &[u8], at: usize, depth: u32, high: &mut u64) -> Option<usize> {
    let depth = depth.checked_sub(1)?;
    let is_object = bytes.get(at) == Some(&b'{');
    let close = if is_object { b'}' } else { b']' };
    let mut at = blank(bytes, at + 1);
    if bytes.get(at) == Some(&close) {
        return Some(at + 1);
    }
    loop {
        if is_object {
            at = blank(bytes, text(simd, bytes, at, high)?.at + 1);
            if bytes.get(at) != Some(&b':') {
                return None;
            }
            at = blank(bytes, at + 1);
        }
        at = match bytes.get(at)? {
            b'"' => json_text::end(simd, bytes, at + 1, high)?.at + 1,
            _ => other(simd, bytes, at, depth, high)?,
        };
        at = blank(bytes, at);
        let next = *bytes.get(at)?;
        at += 1;
        if next == close {
            return Some(at);
        }
        if next != b',' {
            return None;
        }
        at = blank(bytes, at);
    }
}

fn word(bytes: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    bytes.get(at..)?.starts_with(word).then_some(at + word.len())
}

/// Where the number at `at` ends, by the grammar of JSON; its size does not matter.
fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let whole = if bytes.get(at) == Some(&b'-') { at + 1 } else { at };
    let mut at = digits(bytes, whole)?;
    if bytes.get(whole) == Some(&b'0') && at > whole + 1 {
        return None;
    }
    if bytes.get(at) == Some(&b'.') {
        at = digits(bytes, at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        let signed = matches!(bytes.get(at + 1), Some(b'+' | b'-'));
        at = digits(bytes, at + 1 + usize::from(signed))?;
    }
    Some(at)
}

/// Behind one or more digits.
fn digits(bytes: &[u8], at: usize) -> Option<usize> {
    let length = bytes.get(at..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (length > 0).then_some(at + length)
}

/// Behind any blanks; a newline is none, because it ends the line.
#[inline(always)]
fn blank(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}
