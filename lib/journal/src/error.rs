//! What can go wrong with a journal.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a file could not be read, appended to or replaced.
///
/// Every message is one line, names the file and says why, so a tool prints `tool: {error}`. The causes are part
/// of the message and are not repeated by [`std::error::Error::source`].
///
/// [`Error::Locked`] means "try again later" (exit code 75), the others that the world failed (74). A tool may want to
/// word [`Error::BadLine`] and [`Error::Exists`] for its user.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused an operation.
    #[error("cannot {op} {}: {cause}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What was tried: `open`, `read`, `sync` …
        op: &'static str,
        /// What the system answered.
        cause: io::Error,
    },
    /// Somebody else held the lock for the whole time that we were ready to wait.
    #[error("{} is locked by another process{}", path.display(), waited_for(*waited))]
    Locked {
        /// The locked file.
        path: PathBuf,
        /// How long we waited.
        waited: Duration,
    },
    /// The file system has no locks, so a safe append is impossible.
    #[error("cannot lock {}, and without a lock appending is not safe: {cause}", path.display())]
    LocksUnsupported {
        /// The file.
        path: PathBuf,
        /// What the system answered.
        cause: io::Error,
    },
    /// The path names something that is not a regular file.
    #[error("{} is {found}, not a regular file", path.display())]
    NotRegular {
        /// The path as given.
        path: PathBuf,
        /// What it is: `a symbolic link`, `a directory`, `a FIFO` …
        found: &'static str,
    },
    /// The bytes to be appended are not one line that a reader would find again.
    #[error("cannot append to {}: {reason}", path.display())]
    BadLine {
        /// The file that was left as it was.
        path: PathBuf,
        /// What is wrong with the line.
        reason: String,
    },
    /// The line was not written whole or not made durable, and is not to be relied upon.
    #[error("cannot append to {}: {cause}; {}", path.display(), if *cut_back { "the file is as it was" } else { "a part of the line may be left at its end" })]
    NotAppended {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
        /// Whether the file has its old length again. If not, its tail is torn, which the next append completes.
        cut_back: bool,
    },
    /// [`create_new`](crate::create_new) found something at the path.
    #[error("{} exists already", path.display())]
    Exists {
        /// The path.
        path: PathBuf,
    },
}

fn waited_for(waited: Duration) -> String {
    if waited.is_zero() { String::new() } else { format!(" (waited {waited:?})") }
}

impl Error {
    /// An [`Error::Io`] with this path and operation, for `map_err`.
    pub(crate) fn io(path: &Path, op: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::Io { path: path.to_owned(), op, cause }
    }
}
