//! What a sync is about to do, on the disk before it does it; and the lock under which it does it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cli::Failure;
use records::Stamp;
use serde::{Deserialize, Serialize};

/// The file in git's folder for the lane. It goes where that goes.
pub(crate) const FILE: &str = "switchyard-sync";

/// From which commit a lane goes to which. It is written first and erased last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Intent {
    /// When.
    pub(super) at: Stamp,
    /// The lane's commit before.
    pub(super) before: String,
    /// And after.
    pub(super) after: String,
    /// The base.
    pub(super) base: String,
    /// The base's commit.
    pub(super) base_commit: String,
    /// What the journal will say about it.
    pub(super) note: String,
}

impl Intent {
    /// Writes it.
    pub(super) fn write(&self, admin: &Path) -> Result<(), Failure> {
        let text = serde_json::to_vec(self).map_err(|e| Failure::world("cannot write", e))?;
        journal::create_new(admin.join(FILE), &text)?;
        Ok(())
    }

    /// What a run that was killed left.
    pub(super) fn read(admin: &Path) -> Result<Option<Self>, Failure> {
        let file = admin.join(FILE);
        match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
                Failure::damaged(file.display(), error)
                    .hint("look at the lane with git status, then move this file away")
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::io("cannot read", &file, &error)),
        }
    }

    /// Erases it.
    pub(super) fn erase(admin: &Path) -> Result<(), Failure> {
        let file = admin.join(FILE);
        fs::remove_file(&file).map_err(|error| Failure::io("cannot remove", &file, &error))
    }
}

/// The lock that every git takes before it writes the lane's index or its files.
#[derive(Debug)]
pub(super) struct IndexLock {
    file: PathBuf,
}

/// What is in ours.
const MARK: &[u8] = b"worktree-lane sync\n";

impl IndexLock {
    /// Takes it, or takes over the one that a killed run of ours left; `None` when some git has it. It
    /// comes into being with our mark in it: `scratch` is a folder for files on the way there. The
    /// caller holds the lane's lock, so one of ours has no other holder.
    pub(super) fn take(admin: &Path, scratch: &Path) -> Result<Option<Self>, Failure> {
        let (file, made) = (admin.join("index.lock"), scratch.join("index-lock"));
        journal::create_new(&made, MARK)?;
        match fs::hard_link(&made, &file) {
            Ok(()) => Ok(Some(Self { file })),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match fs::read(&file) {
                Ok(bytes) if bytes == MARK => Ok(Some(Self { file })),
                Ok(_) => Ok(None),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(Failure::io("cannot read", &file, &error)),
            },
            Err(error) => Err(Failure::io("cannot write", &file, &error)),
        }
    }
}

impl Drop for IndexLock {
    fn drop(&mut self) {
        if fs::remove_file(&self.file).is_err() {
            // Git names the file to whoever meets it.
        }
    }
}
