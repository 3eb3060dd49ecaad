//! Taking a shard: no writer of ours appends to it any more, and it is known what it holds.

use std::fs::{File, Metadata, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use audit_log::{
    Consumed, LONGEST, Log, inode, instants, modified, open_source, placed_without_time,
};
use jiff::Timestamp;
use rustix::io::Errno;

use crate::disk::Disk;
use crate::error::Error;
use crate::listing::Source;
use crate::row::{Reject, Row};
use crate::shard_lines::{Part, Reader, Unreadable};

/// How long nobody must have written to a shard before its unfinished last line counts as cut off.
const SETTLED: Duration = Duration::from_mins(1);

/// Why the rest of a shard is left.
pub(crate) const UNFINISHED: &str = "its last line is not finished";

/// What a run wants of a shard.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish {
    pub now: Timestamp,
    /// Only a shard that nobody wrote to for this long.
    pub older_than: Duration,
    /// The number under which the shard is taken; `None` reads it and leaves it where it is.
    pub claim: Option<u64>,
}

/// A shard that was taken.
#[derive(Debug)]
pub(crate) struct Taken {
    pub consumed: Consumed,
    pub rows: Vec<Row>,
    pub rejects: Vec<Reject>,
    /// Where it is now.
    pub path: PathBuf,
    /// Whether its last line waits for its rest.
    pub unfinished: bool,
}

/// Why a shard is left.
#[derive(Debug)]
pub(crate) struct Why {
    pub text: String,
    /// Whether time alone changes that.
    pub passes: bool,
}

/// What became of a shard.
#[derive(Debug)]
pub(crate) enum Outcome {
    Taken(Taken),
    /// It stays for the next run.
    Left(Why),
    /// It is not there any more.
    Gone,
}

/// Takes `source`, which `reader` reads as the shard number `shard`.
///
/// The lock keeps our own writers out while the shard is read and renamed. One that waits for the
/// lock finds afterwards that its path leads to another file, and starts that. A writer that ignores
/// the lock may go on appending to the file under its new name; a later run looks at it again.
pub(crate) fn take(
    disk: &impl Disk,
    log: &Log,
    source: &Source,
    shard: u32,
    reader: &mut Reader,
    wish: Wish,
) -> Result<Outcome, Error> {
    let left = |text: String| Ok(Outcome::Left(Why { text, passes: true }));
    let stuck = |text: String| Ok(Outcome::Left(Why { text, passes: false }));
    let file = match open_source(&source.path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Outcome::Gone),
        Err(cause) => return stuck(format!("it cannot be opened: {cause}")),
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return left("a writer is at work on it".into()),
        Err(TryLockError::Error(cause)) => return Err(refused(&source.path, cause)),
    }
    let file = Locked(file);
    let file = &file.0;
    let found = file.metadata().map_err(Error::io("read", &source.path))?;
    if inode(&found) != source.inode {
        return left("it was replaced just now".into());
    }
    let idle = idle(&found, wish.now);
    if idle < wish.older_than {
        return left(format!("it was written to {} ago", cli::show_duration(idle)));
    }
    let from = source.name.consumed;
    let settled = idle >= SETTLED;
    let part = Part { file, name: &source.shown, shard, from, to: found.len(), settled };
    let mut lines = match reader.read(part) {
        Ok(lines) => lines,
        Err(Unreadable::TooLong) => {
            return stuck(format!("it has a line of more than {LONGEST} bytes"));
        }
        Err(Unreadable::Io(cause)) => return stuck(format!("it cannot be read: {cause}")),
    };
    if lines.to == from && !(found.len() <= from && settled) {
        return left(if lines.unfinished {
            UNFINISHED.into()
        } else {
            "nothing was written to it yet".into()
        });
    }
    let path = claim(disk, log, source, wish.claim)?;
    let otherwise = placed_without_time(&source.name, modified(&found));
    for (row, at) in lines.rows.iter_mut().zip(instants(&lines.stated, otherwise)) {
        row.at = at;
    }
    let consumed = Consumed { inode: source.inode, from, to: lines.to };
    let (rows, rejects, unfinished) = (lines.rows, lines.rejects, lines.unfinished);
    Ok(Outcome::Taken(Taken { consumed, rows, rejects, path, unfinished }))
}

/// Gives the lock back when dropped. Closing would do, unless another thread is just between fork and
/// exec, whose child then has the file open too.
struct Locked(File);

impl Drop for Locked {
    fn drop(&mut self) {
        // Where that fails, the file is closed next.
        drop(self.0.unlock());
    }
}

/// Renames a shard that writers can still find, so that they start another one. Where it is then.
fn claim(
    disk: &impl Disk,
    log: &Log,
    source: &Source,
    claim: Option<u64>,
) -> Result<PathBuf, Error> {
    let Some(claim) = claim.filter(|_| !source.name.is_taken()) else {
        return Ok(source.path.clone());
    };
    let path = log.logs.join(source.name.claimed_path(claim));
    disk.rename(&source.path, &path).map_err(Error::io("rename", &source.path))?;
    Ok(path)
}

/// How long ago the file was written to; a time in the future counts as just now.
fn idle(found: &Metadata, now: Timestamp) -> Duration {
    modified(found)
        .and_then(|modified| Duration::try_from(now.duration_since(modified)).ok())
        .unwrap_or_default()
}

/// Without locks a writer could be in the middle of a line, so nothing is taken.
fn refused(path: &Path, cause: io::Error) -> Error {
    let code = cause.raw_os_error().map(Errno::from_raw_os_error);
    if matches!(code, Some(Errno::NOLCK | Errno::OPNOTSUPP | Errno::NOSYS)) {
        return journal::Error::LocksUnsupported { path: path.to_owned(), cause }.into();
    }
    Error::io("lock", path)(cause)
}
