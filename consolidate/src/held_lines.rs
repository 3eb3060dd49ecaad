//! The lines of a history from its end, with no more of them in memory than decides on their places.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use audit_log::{Head, Held, LONGEST};
use memchr::memrchr;

use crate::error::Error;
use crate::long_line::{self, PIECE};

/// How many bytes are read first; the next reads are larger.
const FIRST: usize = 16 << 10;

/// How much of a line is kept in memory; of a longer one only where it stands.
const KEPT: usize = 1 << 20;

/// A byte order mark, which means nothing in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Where a line of a history stands, without its end and without a byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub from: u64,
    pub len: u64,
}

/// The lines from the last to the first, blank ones left out. A damaged line has no instant, so it belongs
/// to the line before. Their bytes are not given.
pub(crate) struct HeldLines<'a> {
    path: &'a Path,
    file: &'a File,
    /// Where the line begins that was given last; the end of the file before that.
    end: u64,
    /// What stands before `end`, as far as it was read.
    block: Vec<u8>,
    /// How much is read next.
    size: usize,
}

impl<'a> HeldLines<'a> {
    /// The lines of `file`, which has `len` bytes.
    pub(crate) fn new(path: &'a Path, file: &'a File, len: u64) -> Self {
        Self { path, file, end: len, block: Vec::new(), size: FIRST }
    }

    /// Where the block begins.
    fn start(&self) -> u64 {
        self.end - self.block.len() as u64
    }

    /// Reads more before the block.
    fn extend(&mut self) -> io::Result<()> {
        let start = self.start();
        let size = usize::try_from(start).unwrap_or(usize::MAX).min(self.size);
        let mut block = vec![0; size];
        self.file.read_exact_at(&mut block, start - size as u64)?;
        block.extend_from_slice(&self.block);
        self.block = block;
        self.size = (2 * self.size).min(KEPT / 4);
        Ok(())
    }

    /// The line before; `None` when it is blank.
    fn line(&mut self) -> io::Result<Option<Held<Place>>> {
        let mut searched = 0;
        let begins = loop {
            if self.block.is_empty() && self.start() > 0 {
                self.extend()?;
            }
            let end = self.block.len().saturating_sub(searched.max(1));
            let newline = memrchr(b'\n', self.block.get(..end).unwrap_or_default());
            if let Some(newline) = newline {
                break self.start() + newline as u64 + 1;
            }
            if self.start() == 0 {
                break 0;
            }
            if self.block.len() > KEPT {
                return self.long_line();
            }
            searched = self.block.len();
            self.extend()?;
        };
        let at = usize::try_from(begins - self.start()).unwrap_or(usize::MAX);
        let raw = self.block.get(at..).unwrap_or_default();
        let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
        let mut line = raw.strip_suffix(b"\r").unwrap_or(raw);
        let mut from = begins;
        if let Some(rest) = line.strip_prefix(MARK).filter(|_| begins == 0) {
            (line, from) = (rest, MARK.len() as u64);
        }
        let blank = line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
        let head = if blank { None } else { Some(Head::of(line).unwrap_or_default()) };
        let place = Place { from, len: line.len() as u64 };
        self.block.truncate(at);
        self.end = begins;
        Ok(head.map(|head| held(head, place)))
    }

    /// A line that is longer than what is kept of it.
    fn long_line(&mut self) -> io::Result<Option<Held<Place>>> {
        let ends_with = |bytes: &[u8], last| bytes.last() == Some(&last);
        let mut end = self.end;
        if ends_with(&self.block, b'\n') {
            self.block.pop();
            end -= 1;
        }
        if ends_with(&self.block, b'\r') {
            end -= 1;
        }
        let mut start = self.start();
        self.block.clear();
        let mut piece = vec![0; PIECE];
        let begins = loop {
            let size = usize::try_from(start).unwrap_or(usize::MAX).min(PIECE);
            let piece = piece.get_mut(..size).unwrap_or_default();
            self.file.read_exact_at(piece, start - size as u64)?;
            start -= size as u64;
            if let Some(newline) = memrchr(b'\n', piece) {
                break start + newline as u64 + 1;
            }
            if start == 0 {
                break 0;
            }
        };
        self.end = begins;
        let mut first = [0; MARK.len()];
        self.file.read_exact_at(&mut first, begins)?;
        let mark = if begins == 0 && first == MARK { MARK.len() as u64 } else { 0 };
        let place = Place { from: begins + mark, len: end - begins - mark };
        if long_line::look(self.file, place.from, end)?.blank {
            return Ok(None);
        }
        if place.len > LONGEST as u64 {
            return Ok(Some(held(Head::default(), place)));
        }
        let head = long_line::head(self.file, place.from, end)?.unwrap_or_default();
        Ok(Some(held(head, place)))
    }
}

fn held(head: Head, item: Place) -> Held<Place> {
    Held { at: head.timestamp, id: head.id, bytes: Vec::new(), item }
}

impl Iterator for HeldLines<'_> {
    type Item = Result<Held<Place>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.end > 0 {
            match self.line() {
                Ok(None) => {}
                Ok(Some(line)) => return Some(Ok(line)),
                Err(cause) => {
                    self.end = 0;
                    self.block.clear();
                    return Some(Err(Error::io("read", self.path)(cause)));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use journal::{Line, Reverse};
    use proptest::prelude::*;
    use testkit::Scratch;

    use super::*;

    fn any_line() -> impl Strategy<Value = Vec<u8>> {
        let parts = (
            prop_oneof![
                "\u{feff}?",
                "[{]\"id\":\"a\"[}]?",
                "[{]\"timestamp\":\"2026-01-24T18:30:0[1-9]Z\","
            ],
            prop_oneof![20 => Just(0), 1 => Just(FIRST), 1 => Just(KEPT + PIECE)],
            prop_oneof!["\r?", "\"id\":\"b\"[}]\r?", "\u{20ac}", "\0"],
        );
        parts.prop_map(|(before, blanks, behind)| {
            [before.as_bytes(), &b" ".repeat(blanks), behind.as_bytes()].concat()
        })
    }

    proptest! {
        /// They are the lines that other readers of the history see.
        #[test]
        fn lines_are_those_that_every_reader_sees(
            lines in proptest::collection::vec(any_line(), 0..6),
            terminated in any::<bool>(),
        ) {
            let mut bytes = lines.join(&b'\n');
            bytes.extend(terminated.then_some(b'\n'));
            let scratch = Scratch::new();
            let path = scratch.write("h", &bytes);
            let file = File::open(&path).unwrap();
            let found: Vec<_> = HeldLines::new(&path, &file, bytes.len() as u64)
                .map(|line| line.unwrap())
                .map(|line| (line.at, line.id, line.item.from, line.item.len))
                .collect();
            let expected: Vec<_> = Reverse::new(&path, File::open(&path).unwrap(), LONGEST)
                .unwrap()
                .map(|line: Result<Line, _>| line.unwrap())
                .map(|line| {
                    let head = line.decode::<Head>().unwrap_or_default();
                    let len = line.bytes.len() as u64;
                    (head.timestamp, head.id, line.content_offset(), len)
                })
                .collect();
            prop_assert_eq!(found, expected);
        }
    }
}
