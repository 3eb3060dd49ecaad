//! The file with the whole output of a verified run, within bounds.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use repo::Error;

/// How much of the beginning is kept, in bytes.
const FIRST: u64 = 16 << 20;
/// How much of the end is kept besides, in bytes.
pub(super) const LAST: usize = 256 << 10;
/// How many logs are kept.
const LOGS: usize = 100;

/// A log that is being written.
pub(super) struct Log {
    path: PathBuf,
    written: Arc<Mutex<Written>>,
}

struct Written {
    file: File,
    /// How much may still be written.
    room: u64,
    /// How much was left out.
    left_out: u64,
    failed: Option<io::Error>,
}

/// Where the output goes.
struct Sink(Arc<Mutex<Written>>);

impl Log {
    /// A new file in `dir`, named for the time and the commit. The oldest ones go.
    pub(super) fn begin(dir: &Path, commit: &str) -> Result<Self, Error> {
        journal::create_dirs(dir).map_err(|error| fail("make", dir)(io::Error::other(error)))?;
        thin_out(dir);
        let at = cli::clock::now().to_string().replace(':', "");
        let short: String = commit.chars().take(12).collect();
        let mut number = 0;
        loop {
            let more = if number == 0 { String::new() } else { format!("-{number}") };
            let path = dir.join(format!("{at}-{short}{more}.log"));
            match File::create_new(&path) {
                Ok(file) => {
                    let written = Written { file, room: FIRST, left_out: 0, failed: None };
                    return Ok(Self { path, written: Arc::new(Mutex::new(written)) });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(fail("write", &path)(error)),
            }
        }
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What the command's output is copied to.
    pub(super) fn sink(&self) -> impl Write + Send + 'static {
        Sink(Arc::clone(&self.written))
    }

    /// Adds the end of the output where the middle was left out. Returns what could not be written.
    pub(super) fn end(&self, last: &[u8]) -> Option<io::Error> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let left_out = usize::try_from(written.left_out).unwrap_or(usize::MAX);
        if left_out > 0 {
            let missing = left_out.saturating_sub(last.len());
            if missing > 0 {
                let gap = format!("\n[merge-queue: {missing} bytes are left out here]\n");
                written.put(gap.as_bytes());
            }
            let from = last.len().saturating_sub(left_out);
            written.put(last.get(from..).unwrap_or_default());
            written.left_out = 0;
        }
        written.failed.take()
    }
}

impl Written {
    fn put(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.failed = self.file.write_all(bytes).err();
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let length = bytes.len() as u64;
        let now = length.min(written.room);
        written.room -= now;
        written.left_out += length - now;
        let now = usize::try_from(now).unwrap_or(usize::MAX).min(bytes.len());
        written.put(bytes.get(..now).unwrap_or_default());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Removes the oldest logs, whose names sort by time. It is no harm where one stays.
fn thin_out(dir: &Path) {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut logs: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    logs.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    logs.sort();
    let surplus = (logs.len() + 1).saturating_sub(LOGS);
    for log in logs.iter().take(surplus) {
        drop(fs::remove_file(log));
    }
}

fn fail(operation: &'static str, path: &Path) -> impl Fn(io::Error) -> Error {
    let path = path.to_path_buf();
    move |source| Error::Io { operation, path: path.clone(), source }
}
