//! Which scratch worktree is whose, and whether there is room.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use repo::Error;
use rustix::fs::statvfs;
use rustix::io::{FdFlags, fcntl_setfd};

/// The pause between two tries; `flock` has no time limit of its own.
const PAUSE: Duration = Duration::from_millis(4);
/// With less than this, in bytes, a file system counts as full.
const HARDLY_ANY: u64 = 8 << 20;
/// The same for the number of files.
const HARDLY_ANY_FILES: u64 = 16;

/// A lock that ends when this process and all its children are gone, or when it is dropped.
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Takes it if nobody has it.
    pub(super) fn attempt(path: &Path) -> Result<Option<Self>, Error> {
        let fail = |source| Error::Io { operation: "lock", path: path.into(), source };
        let file = OpenOptions::new().append(true).create(true).open(path).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(fail(error)),
        }
        // Opened close-on-exec; from here on children keep it alive.
        fcntl_setfd(&file, FdFlags::empty()).map_err(|error| fail(error.into()))?;
        Ok(Some(Self { file }))
    }

    /// Waits for it, at most that long. Only for locks that are held for milliseconds.
    pub(super) fn wait(path: &Path, wait: Duration) -> Result<Self, Error> {
        let begun = Instant::now();
        loop {
            if let Some(lock) = Self::attempt(path)? {
                return Ok(lock);
            }
            if begun.elapsed() > wait {
                let source = io::Error::new(io::ErrorKind::TimedOut, "somebody else has it");
                return Err(Error::Io { operation: "lock", path: path.into(), source });
            }
            #[expect(clippy::disallowed_methods, reason = "flock has no time limit: try again")]
            std::thread::sleep(PAUSE);
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.file.unlock().is_err() {
            // Closing it, which happens next, does the same unless a child still has it.
        }
    }
}

/// The worktree that git's folder `admin` is for; `None` when it does not say.
pub(super) fn worktree_of(admin: &Path) -> Option<PathBuf> {
    let text = fs::read_to_string(admin.join("gitdir")).ok()?;
    let dot_git = text.trim_end_matches('\n');
    let path = admin.join(dot_git).parent()?.to_path_buf();
    // Git writes them relative to `admin` where it is told to.
    let path = path.canonicalize().unwrap_or(path);
    (!dot_git.is_empty()).then_some(path)
}

/// Whether the file system that `path` is on has hardly any room left. Not knowing is no.
pub(super) fn is_full(path: &Path) -> bool {
    let Ok(found) = statvfs(path) else { return false };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    // A file system without a fixed number of inodes has none.
    free < HARDLY_ANY || (found.f_files > 0 && found.f_favail < HARDLY_ANY_FILES)
}
