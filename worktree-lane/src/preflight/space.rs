//! Whether there is room to work in a lane.
//!
//! Git writes each changed file anew before it drops the old one, and a build needs more than that.
//! So there has to be room for the lane's files once more.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use cli::Failure;

use crate::here::Here;
use crate::lane_git::{LaneGit, path};

/// What is needed at least, in bytes: also a lane with few files is worked in.
const LEAST_BYTES: u64 = 64 << 20;
/// What is needed at least, in files.
const LEAST_FILES: u64 = 1_000;

/// What is free, and what is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Space {
    /// The bytes that are needed on each file system.
    pub(crate) bytes: u64,
    /// The files (inodes) that are needed.
    pub(crate) files: u64,
    /// The file systems: the lane's, and the repository's if it is another.
    pub(crate) rooms: Vec<Room>,
}

/// One file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Room {
    /// A folder on it.
    pub(crate) at: PathBuf,
    /// Its free bytes, for an ordinary user.
    pub(crate) bytes: u64,
    /// How many more files it can have; `None` when it does not count them.
    pub(crate) files: Option<u64>,
}

/// Looks at the tracked files of the lane at `lane`, and at the file systems.
pub(crate) fn space(here: &Here, git: &LaneGit, lane: &Path) -> Result<Space, Failure> {
    let (mut bytes, mut files) = (0, 0);
    for name in git.bytes(&["ls-files", "-z"])?.split(|b| *b == 0) {
        // A file that is not there, as in a sparse checkout, is not written anew.
        if let Ok(found) = fs::symlink_metadata(lane.join(path(name)))
            && !found.is_dir()
        {
            bytes += found.blocks() * 512;
            files += 1;
        }
    }
    let mut rooms = vec![room(lane)?];
    if device(lane)? != device(&here.common_dir)? {
        rooms.push(room(&here.common_dir)?);
    }
    Ok(Space { bytes: bytes.max(LEAST_BYTES), files: files.max(LEAST_FILES), rooms })
}

fn device(path: &Path) -> Result<u64, Failure> {
    fs::metadata(path).map(|m| m.dev()).map_err(|e| Failure::io("cannot read", path, &e))
}

fn room(at: &Path) -> Result<Room, Failure> {
    let found = rustix::fs::statvfs(at).map_err(|e| Failure::io("cannot read", at, &e.into()))?;
    let files = (found.f_files > 0).then_some(found.f_favail);
    let bytes = found.f_bavail.saturating_mul(found.f_frsize);
    Ok(Room { at: at.into(), bytes, files })
}
