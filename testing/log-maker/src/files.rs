//! The files of a log, and what is in them.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use cli::Failure;

use crate::damage::Damage;

/// How much was written.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Written {
    pub entries: u64,
    pub lines: u64,
    pub bytes: u64,
}

impl Written {
    /// Adds what is in another file.
    pub(crate) fn add(&mut self, other: Self) {
        self.entries += other.entries;
        self.lines += other.lines;
        self.bytes += other.bytes;
    }
}

/// A file that was not there before, and its folders.
pub(crate) fn create(dir: &Path, name: &str) -> Result<(PathBuf, BufWriter<File>), Failure> {
    let path = dir.join(name);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|e| Failure::io("cannot create", parent, &e))?;
    }
    let file = File::create_new(&path).map_err(|e| {
        let failure = Failure::io("cannot create", &path, &e);
        match e.kind() {
            io::ErrorKind::AlreadyExists => failure.hint("name a new folder"),
            _ => failure,
        }
    })?;
    Ok((path, BufWriter::with_capacity(1 << 20, file)))
}

/// Writes lines to `name` below `dir` until they have `bytes` bytes, not counting damage.
pub(crate) fn write_until(
    dir: &Path,
    name: &str,
    bytes: u64,
    damage: &mut Damage<impl io::Write>,
    mut next: impl FnMut(&mut Vec<u8>),
) -> Result<Written, Failure> {
    let (path, mut file) = create(dir, name)?;
    let failed = |e| Failure::io("cannot write", &path, &e);
    let (mut written, mut intact) = (Written::default(), 0);
    let mut line = Vec::new();
    while intact < bytes {
        line.clear();
        next(&mut line);
        line.push(b'\n');
        intact += line.len() as u64;
        let lines = damage.pass(&line, name, written.lines + 1).map_err(failed)?;
        file.write_all(&lines).map_err(failed)?;
        written.entries += 1;
        written.lines += memchr::memchr_iter(b'\n', &lines).count() as u64;
        written.bytes += lines.len() as u64;
    }
    file.flush().map_err(failed)?;
    Ok(written)
}
