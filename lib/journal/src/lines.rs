//! Reading a file line by line, oldest first.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use crate::Error;
use crate::line::{HEAD, Line, Span, Step, is_blank};

/// How much of a line that is too long is in memory while it is skipped.
const SKIP: u64 = 64 * 1024;

/// The lines of a file in their order, blank ones left out but counted.
///
/// No lock is taken. The last line may be [`Kind::Torn`](crate::Kind::Torn) because its append is under way.
/// The first I/O error ends the iteration.
#[derive(Debug)]
pub struct Lines<R = File> {
    source: Arc<Path>,
    /// `None` behind the last line, and for a file that does not exist.
    reader: Option<BufReader<R>>,
    max_line: usize,
    offset: u64,
    /// The number of the line before; unknown when the reader does not begin at the first one.
    number: Option<u64>,
}

impl<R: Read> Lines<R> {
    /// Reads lines from `reader`, which messages call `source` (`-` for stdin). Lines of more than `max_line` bytes
    /// are skipped and come as [`Kind::Oversized`](crate::Kind::Oversized).
    pub fn new(source: &Path, reader: R, max_line: usize) -> Self {
        Self::from_option(source, Some(reader), max_line)
    }

    /// As [`Lines::new`], when `reader` begins `offset` bytes behind the beginning of the file. Offsets are those in
    /// the file, a byte order mark is left out at the beginning of the file alone, and behind it line numbers are
    /// unknown.
    pub fn starting_at(source: &Path, reader: R, offset: u64, max_line: usize) -> Self {
        let number = (offset == 0).then_some(0);
        Self { offset, number, ..Self::new(source, reader, max_line) }
    }

    /// As [`Lines::starting_at`], behind so many `lines`, blank ones included: line numbers go on.
    pub fn continuing(source: &Path, reader: R, offset: u64, lines: u64, max_line: usize) -> Self {
        Self { offset, number: Some(lines), ..Self::new(source, reader, max_line) }
    }

    /// As [`Lines::new`]; `None` is a file that does not exist and has no lines.
    pub(crate) fn from_option(source: &Path, reader: Option<R>, max_line: usize) -> Self {
        let reader = reader.map(|reader| BufReader::with_capacity(64 * 1024, reader));
        Self { source: source.into(), reader, max_line, offset: 0, number: Some(0) }
    }

    fn advance(&mut self) -> io::Result<Step> {
        let Some(reader) = &mut self.reader else { return Ok(Step::End) };
        let limit = (self.max_line as u64).saturating_add(1);
        let mut raw = Vec::new();
        let read = reader.by_ref().take(limit).read_until(b'\n', &mut raw)?;
        if read == 0 {
            self.reader = None;
            return Ok(Step::End);
        }
        let offset = self.offset;
        let mut end = offset + read as u64;
        let mut terminated = raw.pop_if(|last| *last == b'\n').is_some();
        let oversized = raw.len() > self.max_line;
        let mut blank = false;
        if oversized {
            blank = is_blank(&raw);
            raw.truncate(HEAD);
            let mut piece = Vec::new();
            while !terminated {
                piece.clear();
                let read = reader.by_ref().take(SKIP).read_until(b'\n', &mut piece)?;
                if read == 0 {
                    break;
                }
                end += read as u64;
                terminated = piece.last() == Some(&b'\n');
                let content = piece.strip_suffix(b"\n").unwrap_or(&piece);
                blank = blank && is_blank(content);
                let wanted = HEAD.saturating_sub(raw.len()).min(content.len());
                raw.extend_from_slice(content.get(..wanted).unwrap_or_default());
            }
        }
        self.offset = end;
        self.number = self.number.map(|number| number + 1);
        if !terminated {
            self.reader = None;
        }
        let source = Arc::clone(&self.source);
        let span = Span { source, number: self.number, offset, end, terminated };
        Ok(match (oversized, blank) {
            (false, _) => Line::found(span, raw),
            (true, true) => Step::Blank,
            (true, false) => Line::oversized(span, raw),
        })
    }
}

impl<R: Read> Iterator for Lines<R> {
    type Item = Result<Line, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.advance() {
                Ok(Step::End) => return None,
                Ok(Step::Blank) => {}
                Ok(Step::Line(line)) => return Some(Ok(line)),
                Err(cause) => {
                    self.reader = None;
                    return Some(Err(Error::io(&self.source, "read")(cause)));
                }
            }
        }
    }
}
