//! The first of some lines, and what it is.

use audit_log::{Facts, LONGEST};
use memchr::memchr;

/// A line of a file of entries.
#[expect(clippy::large_enum_variant, reason = "nearly every line is an entry, and none is kept")]
pub(crate) enum Line<'a> {
    /// An entry and its bytes, without the end of the line.
    Entry(Facts<'a>, &'a [u8]),
    /// Nothing but blanks.
    Blank,
    /// No entry.
    Damaged,
}

/// The first of `lines`, and where the next one begins; `None` when its end is not there yet.
pub(crate) fn first_line(lines: &[u8], is_first: bool, is_all: bool) -> Option<(Line<'_>, usize)> {
    if let Some((facts, length)) = Facts::of_first(lines) {
        let bytes = lines.get(..length)?;
        return Some((Line::Entry(facts, bytes.strip_suffix(b"\r").unwrap_or(bytes)), length + 1));
    }
    let end = memchr(b'\n', lines);
    if end.is_none() && !is_all {
        return None;
    }
    let bytes = lines.get(..end.unwrap_or(lines.len()))?;
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").filter(|_| is_first).unwrap_or(bytes);
    let next = end.map_or(lines.len(), |end| end + 1);
    let is_blank = bytes.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
    Some(match Facts::of(bytes) {
        Some(facts) if bytes.len() <= LONGEST => (Line::Entry(facts, bytes), next),
        _ if is_blank => (Line::Blank, next),
        _ => (Line::Damaged, next),
    })
}
