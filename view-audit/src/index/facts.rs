//! What an index has to know of a line, from its bytes.

use audit_log::{Facts, checksum};

use super::row::{NO_DURATION, Row, Sort, instant};
use super::words::Words;

/// The row of the line `raw`, newline included, which begins at `offset` of its history and is `len`
/// bytes long.
///
/// What does not fit into a row makes the row opaque.
pub(crate) fn row(raw: &[u8], len: u32, offset: u64, words: &mut Words) -> Row {
    let line = raw.strip_suffix(b"\n").unwrap_or(raw);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_prefix(b"\xef\xbb\xbf").filter(|_| offset == 0).unwrap_or(line);
    let Some(facts) = Facts::of(line) else {
        let is_blank = line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
        return Row::bare(len, if is_blank { Sort::Blank } else { Sort::Damaged }, None);
    };
    let at = facts.at.map(instant);
    known(&facts, len, words).unwrap_or(Row::bare(len, Sort::Opaque, at))
}

fn known(facts: &Facts<'_>, len: u32, words: &mut Words) -> Option<Row> {
    let issue = match facts.issue {
        None => 0,
        Some(issue) => u32::try_from(issue.0).ok().filter(|issue| *issue > 0)?,
    };
    let duration = match facts.duration_ms {
        None => NO_DURATION,
        Some(stated) => u32::try_from(stated).ok().filter(|stated| *stated != NO_DURATION)?,
    };
    let session = facts.session.as_ref().map_or(0, |session| self::session(session.as_bytes()));
    let (at, words) = (facts.at.map(instant), words.code(facts)?);
    let has_id = facts.id.is_some();
    Some(Row { len, sort: Sort::Known, at, has_id, issue, duration, words, session })
}

/// A checksum that is not 0.
pub(crate) fn session(session: &[u8]) -> u32 {
    let [a, b, c, d, ..] = checksum(session).to_le_bytes();
    u32::from_le_bytes([a, b, c, d]).max(1)
}
