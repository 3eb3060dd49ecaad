//! Taking a shard: no writer of ours appends to it any more, and its lines are in memory.

use std::fs::{File, Metadata, TryLockError};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;

use audit_log::{
    Consumed, Fresh, LONGEST, Log, inode, instants, modified, open_source, placed_without_time,
};
use jiff::Timestamp;
use records::consolidate::Quarantined;
use rustix::io::Errno;

use crate::disk::Disk;
use crate::error::Error;
use crate::listing::Source;
use crate::shard_lines;

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
    pub entries: Vec<Fresh>,
    pub rejects: Vec<Quarantined>,
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

/// Takes `source`, the number `index` of all in the order of names.
///
/// The lock keeps our own writers out while the shard is read and renamed. One that waits for the
/// lock finds afterwards that its path leads to another file, and starts that. A writer that ignores
/// the lock may go on appending to the file under its new name; a later run looks at it again.
pub(crate) fn take(
    disk: &impl Disk,
    log: &Log,
    source: &Source,
    index: usize,
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
    let bytes = match read_from(file, from, found.len()) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return stuck(format!("it has more than {LONGEST} bytes")),
        Err(cause) => return stuck(format!("it cannot be read: {cause}")),
    };
    let settled = idle >= SETTLED;
    let lines = shard_lines::read(&source.shown, from, &bytes, settled)?;
    if lines.to == from && !(bytes.is_empty() && settled) {
        return left(if lines.unfinished {
            UNFINISHED.into()
        } else {
            "nothing was written to it yet".into()
        });
    }
    claim(disk, log, source, wish.claim)?;
    let stated: Vec<_> = lines.entries.iter().map(|entry| entry.head.timestamp).collect();
    let otherwise = placed_without_time(&source.name, modified(&found));
    let placed = instants(&stated, otherwise);
    let entries = lines.entries.into_iter().zip(placed).map(|(entry, at)| Fresh {
        at,
        source: index,
        offset: entry.offset,
        id: entry.head.id,
        bytes: entry.bytes,
    });
    let consumed = Consumed { inode: source.inode, from, to: lines.to };
    let (entries, rejects, unfinished) = (entries.collect(), lines.rejects, lines.unfinished);
    Ok(Outcome::Taken(Taken { consumed, entries, rejects, unfinished }))
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

/// Renames a shard that writers can still find, so that they start another one.
fn claim(disk: &impl Disk, log: &Log, source: &Source, claim: Option<u64>) -> Result<(), Error> {
    let Some(claim) = claim.filter(|_| !source.name.is_taken()) else { return Ok(()) };
    let path = log.logs.join(source.name.claimed_path(claim));
    disk.rename(&source.path, &path).map_err(Error::io("rename", &source.path))
}

/// The bytes from `from` to `to`; `None` when they are too many.
fn read_from(file: &File, from: u64, to: u64) -> io::Result<Option<Vec<u8>>> {
    let length = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
    if length > LONGEST {
        return Ok(None);
    }
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, from)?;
    Ok(Some(bytes))
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
