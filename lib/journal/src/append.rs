//! Appending one line, or several at once.

use std::io::{self, Read, Seek, SeekFrom, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::line::is_blank;
use crate::{Error, Lines, Loaded, Lock, Reverse, open};

/// A line that is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Where it begins in the file, in bytes.
    pub offset: u64,
    /// Its length in bytes with the newline.
    pub length: u64,
    /// Whether the line before it was torn and got its newline from this append. A tool reports that.
    pub completed_torn: bool,
}

/// What [`append_with`](crate::append_with) lets its caller look at: the file as it is under the lock.
#[derive(Debug)]
pub struct View<'a> {
    lock: &'a Lock,
    max_line: usize,
}

impl<'a> View<'a> {
    pub(crate) fn new(lock: &'a Lock, max_line: usize) -> Self {
        Self { lock, max_line }
    }

    /// Its lines, oldest first.
    pub fn lines(&self) -> Lines<impl Read + 'a> {
        Lines::new(&self.lock.path, At::start(self.lock), self.max_line)
    }

    /// Its lines, newest first.
    pub fn reverse(&self) -> Result<Reverse<impl Read + Seek + 'a>, Error> {
        Reverse::new(&self.lock.path, At::start(self.lock), self.max_line)
    }

    /// All its records.
    pub fn load<T: DeserializeOwned>(&self) -> Result<Loaded<T>, Error> {
        Loaded::collect(self.lines())
    }
}

/// Reads a locked file without moving its shared position.
#[derive(Debug)]
struct At<'a> {
    lock: &'a Lock,
    position: u64,
}

impl<'a> At<'a> {
    fn start(lock: &'a Lock) -> Self {
        Self { lock, position: 0 }
    }
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.lock.file.read_at(buffer, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for At<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.lock.file.metadata()?.len().checked_add_signed(by),
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// Encodes one record as one line without its newline.
pub(crate) fn encode<T: Serialize>(path: &Path, record: &T) -> Result<Vec<u8>, Error> {
    let mut line = Vec::new();
    jsonl::write(&mut line, record).map_err(|error| {
        let reason = match error {
            jsonl::WriteError::Serialize(error) => format!("the record cannot be encoded: {error}"),
            jsonl::WriteError::Io(error) => format!("the record cannot be encoded: {error}"),
        };
        Error::BadLine { path: path.to_owned(), reason }
    })?;
    line.pop_if(|last| *last == b'\n');
    Ok(line)
}

/// Refuses what a reader would not find again as one line.
pub(crate) fn check(path: &Path, line: &[u8], max_line: usize) -> Result<(), Error> {
    let reason = if is_blank(line) {
        "the line is blank".to_owned()
    } else if line.contains(&b'\n') || line.contains(&b'\r') {
        "the line has a line break in it".to_owned()
    } else if line.len() > max_line {
        format!("the line has {} bytes, and readers load at most {max_line}", line.len())
    } else {
        return Ok(());
    };
    Err(Error::BadLine { path: path.to_owned(), reason })
}

/// Appends `line`, which was checked, in one write, and makes it durable.
pub(crate) fn write(lock: &Lock, line: &[u8]) -> Result<Appended, Error> {
    write_all(lock, line).map(|written| Appended {
        offset: written.end - (line.len() as u64 + 1),
        length: line.len() as u64 + 1,
        completed_torn: written.completed_torn,
    })
}

/// Appends `lines`, which were checked, in one write, and makes them durable together.
pub(crate) fn write_lines<L: AsRef<[u8]>>(
    lock: &Lock,
    lines: &[L],
) -> Result<Vec<Appended>, Error> {
    let written = write_all(lock, &joined(lines))?;
    // Backwards, because the end is what is known for certain.
    let mut end = written.end;
    let mut appended: Vec<Appended> = lines
        .iter()
        .rev()
        .map(|line| {
            let length = line.as_ref().len() as u64 + 1;
            end -= length;
            Appended { offset: end, length, completed_torn: false }
        })
        .collect();
    appended.reverse();
    if let Some(first) = appended.first_mut() {
        first.completed_torn = written.completed_torn;
    }
    Ok(appended)
}

/// The lines with a newline between two of them.
fn joined<L: AsRef<[u8]>>(lines: &[L]) -> Vec<u8> {
    let length = lines.iter().map(|line| line.as_ref().len() + 1).sum();
    let mut joined = Vec::with_capacity(length);
    for line in lines {
        if !joined.is_empty() {
            joined.push(b'\n');
        }
        joined.extend_from_slice(line.as_ref());
    }
    joined
}

/// What a write left behind.
struct Written {
    /// Where the next line will begin.
    end: u64,
    completed_torn: bool,
}

/// Appends `text` and a newline in one write, and makes it durable.
fn write_all(lock: &Lock, text: &[u8]) -> Result<Written, Error> {
    let path = lock.path.as_path();
    let length = lock.file.metadata().map_err(Error::io(path, "stat"))?.len();
    if length == 0 {
        // Before the write, so that a file with lines in it is never one that a crash can take out of its directory,
        // whoever of several writers created it.
        open::sync_parent(path)?;
    }
    let torn = ends_torn(lock, length)?;
    let mut bytes = Vec::with_capacity(text.len() + 2);
    bytes.extend(torn.then_some(b'\n'));
    bytes.extend_from_slice(text);
    bytes.push(b'\n');

    let written = write_once(lock, &bytes).map_err(|cause| not_appended(lock, length, 0, cause))?;
    if written < bytes.len() {
        let cause = format!(
            "only {written} of {} bytes were taken: no space, or a limit on the size of files",
            bytes.len()
        );
        return Err(not_appended(lock, length, written, io::Error::other(cause)));
    }
    // The system sets the position to the end of an O_APPEND write, which is right even if somebody without the lock
    // appended at the same time.
    let stored = lock.file.sync_data().and_then(|()| (&lock.file).stream_position());
    let end = stored.map_err(|cause| not_appended(lock, length, bytes.len(), cause))?;
    Ok(Written { end, completed_torn: torn })
}

/// Gives a torn last line its newline.
pub(crate) fn complete(lock: &Lock) -> Result<(), Error> {
    let path = lock.path.as_path();
    let length = lock.file.metadata().map_err(Error::io(path, "stat"))?.len();
    if ends_torn(lock, length)? {
        let written = write_once(lock, b"\n").and_then(|_| lock.file.sync_data());
        written.map_err(Error::io(path, "complete the last line of"))?;
    }
    Ok(())
}

/// Whether there is a last byte and it is not a newline.
fn ends_torn(lock: &Lock, length: u64) -> Result<bool, Error> {
    let Some(last) = length.checked_sub(1) else { return Ok(false) };
    let mut byte = [0];
    lock.file.read_exact_at(&mut byte, last).map_err(Error::io(&lock.path, "read"))?;
    Ok(byte != *b"\n")
}

/// One `write`; started again only if a signal came before anything was written.
fn write_once(lock: &Lock, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match (&lock.file).write(bytes) {
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// Takes back what a failed append has written, if that is the end of the file. We hold the lock, so only a writer
/// that ignores it can have come in between; its line is then behind ours and is not touched.
fn not_appended(lock: &Lock, length: u64, written: usize, cause: io::Error) -> Error {
    let present = lock.file.metadata().map(|metadata| metadata.len());
    let ours = present.is_ok_and(|present| present == length + written as u64);
    let cut_back = ours && (written == 0 || lock.file.set_len(length).is_ok());
    Error::NotAppended { path: lock.path.clone(), cause, cut_back }
}
