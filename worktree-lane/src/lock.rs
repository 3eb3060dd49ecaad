//! The two locks that keep runs apart (docs/decisions/0007).
//!
//! * [`Lock::repository`] while git registers or unregisters a worktree: `git worktree add` fails
//!   for 8 to 57 % of six parallel calls without one. Held for milliseconds.
//! * [`Lock::lane`] while one lane is made, taken away or brought back, so that a second run for
//!   the same lane waits, and so that a half-made lane without a holder is known to be abandoned.
//!
//! Children inherit both. When a run is killed, its git child may live on and still write; the lock
//! then stays with the child and ends with it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cli::Failure;
use rustix::io::{FdFlags, fcntl_setfd};

use crate::here::Here;

/// How long a run waits for the others. Fifty parallel `add` need about a second.
const WAIT: Duration = Duration::from_mins(1);
/// The pause between two tries; `flock` has no time limit of its own.
const PAUSE: Duration = Duration::from_millis(4);

/// A lock that ends when it is dropped or when the process and its children are gone.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
    /// Whether the file is removed with the lock: there is one for each lane.
    temporary: bool,
}

impl Lock {
    /// The lock on the repository's list of worktrees.
    pub(crate) fn repository(here: &Here) -> Result<Self, Failure> {
        let path = here.state_dir()?.join("lanes.lock");
        wait(&path, false)?.ok_or_else(|| busy("the list of worktrees"))
    }

    /// The lock on one lane.
    pub(crate) fn lane(here: &Here, lane: &str) -> Result<Self, Failure> {
        wait(&lane_file(here, lane)?, true)?.ok_or_else(|| busy(&format!("lane {lane}")))
    }

    /// The lock on one lane if nobody holds it.
    pub(crate) fn idle_lane(here: &Here, lane: &str) -> Result<Option<Self>, Failure> {
        attempt(&lane_file(here, lane)?, true)
    }
}

fn busy(what: &str) -> Failure {
    let why = format!("another run has held it for {}s", WAIT.as_secs());
    Failure::later(format_args!("cannot lock {what}"), why)
        .hint("run the command again in a moment")
}

/// Ids that differ only in case share a lock: on some file systems they share a folder.
fn lane_file(here: &Here, lane: &str) -> Result<PathBuf, Failure> {
    let dir = here.state_dir()?.join("lanes");
    journal::create_dirs(&dir)?;
    Ok(dir.join(format!("{}.lock", lane.to_ascii_lowercase())))
}

fn wait(path: &Path, temporary: bool) -> Result<Option<Lock>, Failure> {
    let begun = Instant::now();
    loop {
        if let Some(lock) = attempt(path, temporary)? {
            return Ok(Some(lock));
        }
        if begun.elapsed() > WAIT {
            return Ok(None);
        }
        #[expect(clippy::disallowed_methods, reason = "flock has no time limit: try again later")]
        std::thread::sleep(PAUSE);
    }
}

fn attempt(path: &Path, temporary: bool) -> Result<Option<Lock>, Failure> {
    let fail = |error: &io::Error| Failure::io("cannot lock", path, error);
    let file = OpenOptions::new().append(true).create(true).open(path).map_err(|e| fail(&e))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(fail(&error)),
    }
    // A temporary file may have been removed between opening and locking.
    let held = file.metadata().map_err(|e| fail(&e))?;
    match path.symlink_metadata() {
        Ok(present) if (present.dev(), present.ino()) == (held.dev(), held.ino()) => {}
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fail(&error)),
    }
    // Opened close-on-exec; from here on children keep it alive.
    fcntl_setfd(&file, FdFlags::empty()).map_err(|e| fail(&e.into()))?;
    Ok(Some(Lock { file, path: path.into(), temporary }))
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.temporary && std::fs::remove_file(&self.path).is_err() {
            // An empty file stays behind, which the next holder uses.
        }
        if self.file.unlock().is_err() {
            // Closing it, which happens next, does the same unless a child still has it.
        }
    }
}
