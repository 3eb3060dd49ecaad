//! Reading a file from its end, newest line first.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use crate::Error;
use crate::line::{HEAD, Line, Span, Step, is_blank};

/// How many bytes are read at once.
const BLOCK: usize = 64 * 1024;

/// How often the end is looked for again when the file was cut back under us.
const RESTARTS: u32 = 8;

/// The lines of a file from the last to the first, blank ones left out.
///
/// Blocks of 64 KiB are read from the end, and only when a line is asked for that is not in memory yet, so the cost
/// does not depend on the size of the file. The end is that of the moment of opening. No lock is taken.
/// Line numbers are unknown. The first I/O error ends the iteration.
#[derive(Debug)]
pub struct Reverse<R = File> {
    source: Arc<Path>,
    /// `None` before the first line, and for a file that does not exist.
    reader: Option<R>,
    max_line: usize,
    block: usize,
    /// What was read and not handed out yet: the bytes of the file from `start` on.
    held: Vec<u8>,
    start: u64,
    /// Whether a line was handed out, after which the end cannot be moved any more.
    begun: bool,
}

impl<R: Read + Seek> Reverse<R> {
    /// Reads lines from `reader`, which messages call `source`. Lines of more than `max_line` bytes are skipped and
    /// come as [`Kind::Oversized`](crate::Kind::Oversized).
    pub fn new(source: &Path, reader: R, max_line: usize) -> Result<Self, Error> {
        Self::from_option(source, Some(reader), max_line)
    }

    /// As [`Reverse::new`]; `None` is a file that does not exist and has no lines.
    pub(crate) fn from_option(
        source: &Path,
        mut reader: Option<R>,
        max_line: usize,
    ) -> Result<Self, Error> {
        let start = match &mut reader {
            Some(reader) => reader.seek(SeekFrom::End(0)).map_err(Error::io(source, "seek in"))?,
            None => 0,
        };
        let source = source.into();
        Ok(Self { source, reader, max_line, block: BLOCK, held: Vec::new(), start, begun: false })
    }

    /// Reads blocks of this size instead; tests use it to put block borders everywhere.
    #[cfg(test)]
    fn with_block(self, block: usize) -> Self {
        Self { block, ..self }
    }

    /// Reads the block before `start` into `held`, which must be empty.
    fn fill(&mut self) -> io::Result<()> {
        let size = self.start.min(self.block as u64);
        let start = self.start - size;
        self.held = self.read_at(start, size)?;
        self.start = start;
        Ok(())
    }

    fn read_at(&mut self, offset: u64, size: u64) -> io::Result<Vec<u8>> {
        let Some(reader) = &mut self.reader else { return Ok(Vec::new()) };
        reader.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        reader.take(size).read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < size {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "it became shorter meanwhile",
            ));
        }
        Ok(bytes)
    }

    fn advance(&mut self) -> io::Result<Step> {
        if self.held.is_empty() && self.start > 0 {
            self.fill()?;
        }
        if self.held.is_empty() {
            self.reader = None;
            return Ok(Step::End);
        }
        let end = self.start + self.held.len() as u64;
        let terminated = self.held.pop_if(|last| *last == b'\n').is_some();
        let mut pieces = Vec::new();
        let mut length = 0;
        let mut blank = true;
        let offset = loop {
            let newline = self.held.iter().rposition(|byte| *byte == b'\n');
            let piece = self.held.split_off(newline.map_or(0, |newline| newline + 1));
            let begins = self.start + self.held.len() as u64;
            length += piece.len();
            blank = blank && is_blank(&piece);
            if length <= self.max_line {
                pieces.push(piece);
            } else {
                pieces.clear();
            }
            if newline.is_some() || begins == 0 {
                break begins;
            }
            self.fill()?;
        };
        let source = Arc::clone(&self.source);
        let span = Span { source, number: None, offset, end, terminated };
        if length > self.max_line {
            if blank {
                return Ok(Step::Blank);
            }
            let head = self.read_at(offset, length.min(HEAD) as u64)?;
            return Ok(Line::oversized(span, head));
        }
        pieces.reverse();
        Ok(Line::found(span, pieces.concat()))
    }

    /// Moves to the present end of the file.
    fn restart(&mut self) -> io::Result<()> {
        let Some(reader) = &mut self.reader else { return Ok(()) };
        self.start = reader.seek(SeekFrom::End(0))?;
        self.held.clear();
        Ok(())
    }

    /// As `advance`, but starts again when an append that failed was cut back before we had read anything.
    fn advance_or_restart(&mut self) -> io::Result<Step> {
        for _ in 0..RESTARTS {
            match self.advance() {
                Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof && !self.begun => {
                    self.restart()?;
                }
                other => return other,
            }
        }
        self.advance()
    }
}

impl<R: Read + Seek> Iterator for Reverse<R> {
    type Item = Result<Line, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.advance_or_restart() {
                Ok(Step::End) => return None,
                Ok(Step::Blank) => self.begun = true,
                Ok(Step::Line(line)) => {
                    self.begun = true;
                    return Some(Ok(line));
                }
                Err(cause) => {
                    (self.reader, self.start) = (None, 0);
                    self.held.clear();
                    return Some(Err(Error::io(&self.source, "read")(cause)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;
    use crate::Lines;

    fn piece() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            Just(b"\n".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"\xef\xbb\xbf".to_vec()),
            "[ a]{1,12}".prop_map(String::into_bytes),
            proptest::collection::vec(any::<u8>(), 0..8),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

        /// Backwards, the same lines come in the opposite order, wherever the borders of blocks are.
        #[test]
        fn lines_are_the_same_both_ways(
            pieces in proptest::collection::vec(piece(), 0..20),
            block in 1..20_usize,
            max_line in 1..20_usize,
        ) {
            let bytes = pieces.concat();
            let path = Path::new("-");
            let mut forward: Vec<Line> =
                Lines::new(path, bytes.as_slice(), max_line).map(Result::unwrap).collect();
            forward.reverse();
            for line in &mut forward {
                line.number = None;
            }
            let reverse = Reverse::new(path, Cursor::new(&bytes), max_line).unwrap().with_block(block);
            let backward: Vec<Line> = reverse.map(Result::unwrap).collect();
            prop_assert_eq!(backward, forward);
        }
    }
}
