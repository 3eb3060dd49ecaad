//! The lock that writers take.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use crate::{Error, open};

/// How long a writer waits for the lock unless told otherwise: 10 s.
pub const DEFAULT_WAIT: Duration = Duration::from_secs(10);

const SHORTEST_PAUSE: Duration = Duration::from_micros(100);
/// Short, because others take the lock again and again for parts of a millisecond: who looks seldom finds it taken
/// each time. A look costs microseconds.
const LONGEST_PAUSE: Duration = Duration::from_millis(1);

/// An exclusive lock on a file, given back when dropped, and by the system when the process dies.
///
/// It is advisory (`flock`): programs that do not ask for it are not held back. **Never hold it across a network
/// call, a child process or a sleep**, and do not take the same file's lock twice: the second would wait for the
/// first.
#[derive(Debug)]
pub struct Lock {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
}

impl Lock {
    /// Locks the file at `path`, creating it if it does not exist, and waits at most `wait` for it.
    /// With `Duration::ZERO` it tries once.
    ///
    /// The lock is on the file that is at the path after locking, not on one that was renamed or replaced meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] if the time is over, [`Error::LocksUnsupported`], [`Error::NotRegular`] or [`Error::Io`].
    pub fn acquire(path: &Path, wait: Duration) -> Result<Self, Error> {
        let begun = Instant::now();
        let mut pause = SHORTEST_PAUSE;
        loop {
            if let Some(lock) = Self::attempt(path)? {
                return Ok(lock);
            }
            let left = wait.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(Error::Locked { path: path.to_owned(), waited: wait });
            }
            rest(pause.min(left));
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Tries once. It opens the file anew each time, because the one at the path may be another by now.
    fn attempt(path: &Path) -> Result<Option<Self>, Error> {
        let Some(file) = open::for_appending(path)? else { return Ok(None) };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(cause)) => return Err(refused(path, cause)),
        }
        let lock = Self { file, path: path.to_owned() };
        Ok(lock.is_current()?.then_some(lock))
    }

    /// Whether the locked file is the one at the path. `consolidate` renames files that writers may be waiting for.
    fn is_current(&self) -> Result<bool, Error> {
        let locked = self.file.metadata().map_err(Error::io(&self.path, "stat"))?;
        match fs::symlink_metadata(&self.path) {
            Ok(present) => Ok(open::same(&locked, &present)),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(cause) => Err(Error::io(&self.path, "stat")(cause)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file would do, unless another thread is just between fork and exec and its child still has it.
        if self.file.unlock().is_err() {
            // There is nothing better left to do than to close it, which happens next.
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "flock has no time limit: trying again after a pause is the only way to bound the wait"
)]
fn rest(pause: Duration) {
    std::thread::sleep(pause);
}

fn refused(path: &Path, cause: io::Error) -> Error {
    let code = cause.raw_os_error().map(Errno::from_raw_os_error);
    if matches!(code, Some(Errno::NOLCK | Errno::OPNOTSUPP | Errno::NOSYS)) {
        return Error::LocksUnsupported { path: path.to_owned(), cause };
    }
    Error::io(path, "lock")(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_file_that_is_not_at_the_path_is_not_current() {
        let dir = tempfile::tempdir().unwrap();
        let (path, away) = (dir.path().join("log.jsonl"), dir.path().join("away"));
        let lock = Lock::acquire(&path, Duration::ZERO).unwrap();
        assert!(lock.is_current().unwrap());
        fs::rename(&path, &away).unwrap();
        assert!(!lock.is_current().unwrap(), "there is none");
        File::create(&path).unwrap();
        assert!(!lock.is_current().unwrap(), "there is another");
        std::os::unix::fs::symlink(&away, dir.path().join("link")).unwrap();
        fs::rename(dir.path().join("link"), &path).unwrap();
        assert!(!lock.is_current().unwrap(), "there is a link to it");
        fs::rename(&away, &path).unwrap();
        assert!(lock.is_current().unwrap(), "it is back");
    }

    /// A file system without locks cannot be had in a test; its answers can.
    #[test]
    fn a_file_system_without_locks_is_named_as_such() {
        for errno in [Errno::NOLCK, Errno::OPNOTSUPP, Errno::NOSYS] {
            let error = refused(Path::new("/mnt/a.jsonl"), errno.into());
            assert!(matches!(error, Error::LocksUnsupported { .. }), "{error:?}");
            let text = error.to_string();
            assert!(text.starts_with(
                "cannot lock /mnt/a.jsonl, and without a lock appending is not safe: "
            ));
        }
        let other = refused(Path::new("a.jsonl"), Errno::IO.into());
        assert_eq!(other.to_string(), "cannot lock a.jsonl: Input/output error (os error 5)");
    }
}
