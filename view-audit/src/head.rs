//! The head of a line, or what is wrong with the line.

use audit_log::Head;
use journal::{Damage, Kind, Line};

/// Most lines are not decoded for it.
pub(crate) fn head(line: &Line) -> Result<Head, Damage> {
    // Of a line that is too long, only the beginning is there.
    let is_there = !matches!(line.kind, Kind::Oversized { .. });
    let head = is_there.then(|| Head::of(&line.bytes)).flatten();
    head.map_or_else(|| line.decode(), Ok)
}
