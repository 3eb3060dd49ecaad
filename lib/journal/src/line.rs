//! One line of a file as it was found.

use std::path::Path;
use std::sync::Arc;

/// The longest line that is loaded or appended, in bytes without its newline: 16 MiB.
pub const MAX_LINE: usize = 16 * 1024 * 1024;

/// How many bytes of a line that is too long are kept for messages.
pub(crate) const HEAD: usize = 1024;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// How a line ends, and whether it was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It ends with a newline.
    Whole,
    /// It is the last one and has no newline: an append that is under way or was cut off, or a foreign writer that
    /// leaves the last newline out.
    Torn,
    /// It is longer than the limit and was skipped; `bytes` has its beginning only.
    Oversized {
        /// Whether it ends with a newline.
        terminated: bool,
    },
}

/// One line that is not blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The file it comes from, for messages.
    pub source: Arc<Path>,
    /// Its number, counted from 1 with blank lines included; unknown when reading backwards.
    pub number: Option<u64>,
    /// Where it begins in the file, in bytes.
    pub offset: u64,
    /// Where the next line begins: behind the newline, or at the end of the file.
    pub end: u64,
    /// Its content without the newline, without one `\r` before it, and without a byte order mark at the beginning
    /// of the file.
    pub bytes: Vec<u8>,
    /// How it ends.
    pub kind: Kind,
    /// Where `bytes` begins in the file: `offset`, or 3 behind it when a byte order mark was left out.
    pub(crate) content: u64,
}

impl Line {
    /// Where its content begins in the file: behind a byte order mark that was left out.
    pub fn content_offset(&self) -> u64 {
        self.content
    }

    /// Whether it ends with a newline.
    pub fn is_terminated(&self) -> bool {
        matches!(self.kind, Kind::Whole | Kind::Oversized { terminated: true })
    }

    /// Makes a line of `raw`, which is what stands between two newlines.
    pub(crate) fn found(at: Span, mut raw: Vec<u8>) -> Step {
        if raw.last() == Some(&b'\r') {
            raw.pop();
        }
        let content = strip_mark(at.offset, &mut raw);
        if is_blank(&raw) {
            return Step::Blank;
        }
        let kind = if at.terminated { Kind::Whole } else { Kind::Torn };
        Step::Line(at.line(raw, kind, content))
    }

    /// Makes a line of the beginning of one that is too long.
    pub(crate) fn oversized(at: Span, mut head: Vec<u8>) -> Step {
        head.truncate(HEAD);
        let content = strip_mark(at.offset, &mut head);
        let kind = Kind::Oversized { terminated: at.terminated };
        Step::Line(at.line(head, kind, content))
    }
}

/// What a reader found next.
pub(crate) enum Step {
    /// A line.
    Line(Line),
    /// A blank line, which is skipped.
    Blank,
    /// The end of the file, or its beginning when reading backwards.
    End,
}

/// Where a line stands.
pub(crate) struct Span {
    pub(crate) source: Arc<Path>,
    pub(crate) number: Option<u64>,
    pub(crate) offset: u64,
    pub(crate) end: u64,
    pub(crate) terminated: bool,
}

impl Span {
    fn line(self, bytes: Vec<u8>, kind: Kind, content: u64) -> Line {
        let Self { source, number, offset, end, terminated: _ } = self;
        Line { source, number, offset, end, bytes, kind, content }
    }
}

/// Removes the byte order mark of the file's first line and tells where the content begins.
fn strip_mark(offset: u64, bytes: &mut Vec<u8>) -> u64 {
    if offset == 0 && bytes.starts_with(BOM) {
        bytes.drain(..BOM.len());
        return BOM.len() as u64;
    }
    offset
}

/// Whether there is nothing but the white space of JSON. Such lines are skipped, and `set_aside` leaves them behind.
pub(crate) fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}
