//! A history as it was at one moment.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

/// The part of a file that nobody changes any more, and the rest of it in memory.
///
/// `consolidate` changes no more than the last [`WINDOW`](audit_log::WINDOW) bytes of a
/// history in place, so with those in memory the rest can be read at any time without a lock.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    file: Option<Arc<File>>,
    /// Where the bytes in memory begin.
    split: u64,
    rest: Arc<Vec<u8>>,
    position: u64,
}

impl History {
    /// The file up to `split`, then `rest`.
    pub(crate) fn new(file: File, split: u64, rest: Vec<u8>) -> Self {
        Self { file: Some(Arc::new(file)), split, rest: Arc::new(rest), position: 0 }
    }

    /// Its length.
    pub(crate) fn len(&self) -> u64 {
        self.split + self.rest.len() as u64
    }

    /// The file that all of it was read from.
    pub(crate) fn file(&self) -> Option<&File> {
        self.file.as_deref()
    }

    /// How many of its bytes, from the first one, nobody changes in place.
    pub(crate) fn split(&self) -> u64 {
        self.split
    }

    /// Fills `buffer` with the bytes from `from` on.
    pub(crate) fn read_exact_at(&self, buffer: &mut [u8], from: u64) -> io::Result<()> {
        let mut reader = self.clone();
        reader.position = from;
        reader.read_exact(buffer)
    }

    /// The bytes from `from` to `to`.
    pub(crate) fn slice(&self, from: u64, to: u64) -> io::Result<Vec<u8>> {
        let mut reader = self.clone();
        reader.position = from;
        let mut bytes = Vec::new();
        reader.take(to.saturating_sub(from)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The number of the line that begins at `offset`, from 1.
    pub(crate) fn line_number(&self, offset: u64) -> io::Result<u64> {
        let mut reader = self.clone();
        reader.position = 0;
        let mut reader = reader.take(offset);
        let mut buffer = vec![0; 256 * 1024];
        let mut newlines = 0;
        loop {
            let read = reader.read(&mut buffer)?;
            let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else {
                return Ok(newlines + 1);
            };
            newlines += piece.split(|byte| *byte == b'\n').count() as u64 - 1;
        }
    }
}

impl Read for History {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = if self.position < self.split {
            let left = usize::try_from(self.split - self.position).unwrap_or(usize::MAX);
            let size = left.min(buffer.len());
            match (&self.file, buffer.get_mut(..size)) {
                (Some(file), Some(buffer)) => file.read_at(buffer, self.position)?,
                _ => 0,
            }
        } else {
            let from = usize::try_from(self.position - self.split).unwrap_or(usize::MAX);
            let mut rest = self.rest.get(from..).unwrap_or_default();
            rest.read(buffer)?
        };
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for History {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.len().checked_add_signed(by),
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_in_memory_stands_for_what_the_file_held() {
        let scratch = testkit::Scratch::new();
        let path = scratch.write("h", "one\ntwo\nCHANGED SINCE");
        let mut history = History::new(File::open(path).unwrap(), 6, b"o\nthree\n".to_vec());
        let mut text = String::new();
        history.read_to_string(&mut text).unwrap();
        assert_eq!(text, "one\ntwo\nthree\n");
        assert_eq!(history.slice(4, 13).unwrap(), b"two\nthree");
        assert_eq!(history.len(), 14);
        for (offset, number) in [(0, 1), (4, 2), (8, 3)] {
            assert_eq!(history.line_number(offset).unwrap(), number);
        }
        assert_eq!(history.seek(SeekFrom::End(-3)).unwrap(), 11);
        assert!(history.seek(SeekFrom::Current(-12)).is_err());
    }
}
