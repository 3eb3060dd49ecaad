//! A history as it was at one moment.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use audit_log::inode;

/// The part of a file that nobody changes any more, and the rest of it in memory.
///
/// `consolidate` changes no more than the last [`WINDOW`](audit_log::WINDOW) bytes of a
/// history in place, so with those in memory the rest can be read at any time without a lock.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    file: Option<Arc<File>>,
    /// Up to here nobody changes the file in place. What lies between this and `split` cannot be read.
    stable: u64,
    /// Where the bytes in memory begin.
    split: u64,
    rest: Arc<Vec<u8>>,
    position: u64,
}

impl History {
    /// The file up to `split`, then `rest`.
    pub(crate) fn new(file: File, split: u64, rest: Vec<u8>) -> Self {
        Self { file: Some(Arc::new(file)), stable: split, split, rest: Arc::new(rest), position: 0 }
    }

    /// The same where the bytes in memory are not all that may be changed in place, but those behind `stable` are.
    pub(crate) fn stable_to(self, stable: u64) -> Self {
        Self { stable, ..self }
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
    pub(crate) fn stable(&self) -> u64 {
        self.stable
    }

    /// Fills `buffer` with the bytes from `from` on.
    pub(crate) fn read_exact_at(&self, buffer: &mut [u8], from: u64) -> io::Result<()> {
        let mut reader = self.clone();
        reader.position = from;
        reader.read_exact(buffer)
    }

    /// Whether both are the same file, whatever it held. What holds no file is no file.
    pub(crate) fn is_same_file(&self, other: &Self) -> io::Result<bool> {
        let (Some(one), Some(other)) = (&self.file, &other.file) else { return Ok(false) };
        // Both are open, so no number was given to another file.
        Ok(inode(&one.metadata()?) == inode(&other.metadata()?))
    }

    /// The same file as it is now, its last `window` bytes in memory.
    pub(crate) fn now(&self, window: u64) -> io::Result<Self> {
        let Some(file) = &self.file else { return Ok(self.clone()) };
        let len = file.metadata()?.len();
        let split = len.saturating_sub(window);
        let mut rest = vec![0; usize::try_from(len - split).unwrap_or(usize::MAX)];
        file.read_exact_at(&mut rest, split)?;
        let file = Some(Arc::clone(file));
        Ok(Self { file, stable: split, split, rest: Arc::new(rest), position: 0 })
    }

    /// A reader that begins at `offset`.
    pub(crate) fn from(&self, offset: u64) -> Self {
        Self { position: offset, ..self.clone() }
    }

    /// Where the line begins that holds `offset`, or that begins there.
    pub(crate) fn line_start(&self, offset: u64) -> io::Result<u64> {
        let mut to = offset;
        while to > 0 {
            let from = to.saturating_sub(64 << 10);
            let piece = self.slice(from, to)?;
            if let Some(newline) = piece.iter().rposition(|byte| *byte == b'\n') {
                return Ok(from + newline as u64 + 1);
            }
            to = from;
        }
        Ok(0)
    }

    /// Reads some bytes from `from` on; none at the end.
    pub(crate) fn read_at(&self, buffer: &mut [u8], from: u64) -> io::Result<usize> {
        if from < self.split {
            let left = self.stable.checked_sub(from).filter(|left| *left > 0 || buffer.is_empty());
            let left = left.ok_or_else(|| io::Error::other("it may be changed meanwhile"))?;
            let left = usize::try_from(left).unwrap_or(usize::MAX);
            let size = left.min(buffer.len());
            return match (&self.file, buffer.get_mut(..size)) {
                (Some(file), Some(buffer)) => file.read_at(buffer, from),
                _ => Ok(0),
            };
        }
        let from = usize::try_from(from - self.split).unwrap_or(usize::MAX);
        let mut rest = self.rest.get(from..).unwrap_or_default();
        rest.read(buffer)
    }

    /// The line between `from` and `to`, without its end and without a byte order mark.
    pub(crate) fn line(&self, from: u64, to: u64) -> io::Result<Vec<u8>> {
        let mut bytes = self.slice(from, to)?;
        bytes.pop_if(|last| *last == b'\n');
        bytes.pop_if(|last| *last == b'\r');
        if from == 0 && bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        Ok(bytes)
    }

    /// The bytes from `from` to `to`.
    pub(crate) fn slice(&self, from: u64, to: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.from(from).take(to.saturating_sub(from)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The number of the line that begins at `offset`, from 1.
    pub(crate) fn line_number(&self, offset: u64) -> io::Result<u64> {
        let mut reader = self.from(0).take(offset);
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
        let read = self.read_at(buffer, self.position)?;
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
        for (offset, start) in [(0, 0), (3, 0), (4, 4), (7, 4), (8, 8), (14, 14)] {
            assert_eq!(history.line_start(offset).unwrap(), start);
        }
        assert!(history.is_same_file(&history.from(3)).unwrap());
        assert!(!History::default().is_same_file(&history).unwrap());
        assert_eq!(history.seek(SeekFrom::End(-3)).unwrap(), 11);
        assert!(history.seek(SeekFrom::Current(-12)).is_err());
    }
}
