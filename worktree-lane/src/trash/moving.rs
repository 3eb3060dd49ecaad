//! Moving a lane between its place and the trash: two renames.
//!
//! Git's folder for the worktree goes first on the way out and comes last on the way back, so a
//! worktree that git lists always has its files, and `git worktree prune` finds nothing to drop.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use cli::Failure;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::here::Here;

use super::entry::Entry;

/// Where one of the two halves is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whereabouts {
    /// In its place.
    Place,
    /// In the trash.
    Trash,
    /// In neither: somebody else moved it.
    Gone,
}

/// The two halves of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Halves {
    pub(crate) tree: Whereabouts,
    pub(crate) admin: Whereabouts,
}

/// Where the halves of `entry` are now. What the trash holds is ours; something else may have come
/// to the old place since.
pub(crate) fn look(here: &Here, entry: &Entry) -> Halves {
    let at = |place: &Path, trash: &Path| match (exists(trash), exists(place)) {
        (true, _) => Whereabouts::Trash,
        (false, true) => Whereabouts::Place,
        (false, false) => Whereabouts::Gone,
    };
    Halves {
        tree: at(entry.path(), &entry.tree),
        admin: at(&entry.admin_before(here), &entry.admin_now(here)),
    }
}

/// Moves what is in its place into the trash.
pub(crate) fn out(here: &Here, entry: &Entry) -> Result<(), Failure> {
    let halves = look(here, entry);
    if halves.admin == Whereabouts::Place {
        rename(&entry.admin_before(here), &entry.admin_now(here))?;
    }
    if halves.tree == Whereabouts::Place {
        rename(entry.path(), &entry.tree)?;
    }
    sync(here, entry)
}

/// Moves what is in the trash back to its place. Nothing is replaced: where something has come to
/// the place meanwhile, that is an error and the half stays in the trash.
pub(crate) fn back(here: &Here, entry: &Entry) -> Result<(), Failure> {
    let halves = look(here, entry);
    if halves.tree == Whereabouts::Trash {
        if let Some(parent) = entry.path().parent() {
            journal::create_dirs(parent)?;
        }
        rename(&entry.tree, entry.path())?;
    }
    if halves.admin == Whereabouts::Trash {
        journal::create_dirs(here.admin_root())?;
        rename(&entry.admin_now(here), &entry.admin_before(here))?;
    }
    sync(here, entry)
}

/// Whether there is anything, be it a link to nowhere.
pub(crate) fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Renames, and replaces nothing.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), Failure> {
    // A plain rename would replace an empty folder that somebody has just made.
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        // A file system that does not know the flag: look, then rename.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) if !exists(to) => {
            fs::rename(from, to).map_err(|error| failed(from, to, &error))
        }
        Err(error) => Err(failed(from, to, &error.into())),
    }
}

fn failed(from: &Path, to: &Path, error: &io::Error) -> Failure {
    Failure::world(format_args!("cannot move {} to {}", from.display(), to.display()), error)
}

/// Makes the renames durable before the journal says that they happened.
fn sync(here: &Here, entry: &Entry) -> Result<(), Failure> {
    let folders: [Option<PathBuf>; 4] = [
        Some(entry.dir(here)),
        entry.tree.parent().map(Path::to_path_buf),
        entry.path().parent().map(Path::to_path_buf),
        Some(here.admin_root()),
    ];
    for folder in folders.into_iter().flatten().filter(|folder| exists(folder)) {
        let synced = File::open(&folder).and_then(|file| file.sync_all());
        synced.map_err(|error| Failure::io("cannot sync", &folder, &error))?;
    }
    Ok(())
}
