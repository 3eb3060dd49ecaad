//! Putting the files of a lane back that a sync was about to write anew.
//!
//! Both sides are written beside the lane, by git, as git would write them there. A file that is as
//! the new side has it, or a beginning of that, is git's; anything else that is not the old side's was
//! written by somebody since, and stays.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use cli::Failure;

use crate::lane_git::LaneGit;
use crate::save::index::Index;
use crate::scratch::Scratch;

use super::in_the_way::Difference;
use super::intent::Intent;
use super::moving::Moved;

/// Puts every file back that is not as the old commit has it, and takes away what only the new one
/// has. Gives the names of those that somebody else has written.
pub(super) fn files(
    moved: Moved<'_>,
    intent: &Intent,
    scratch: &Scratch,
) -> Result<Vec<String>, Failure> {
    let Moved { git, path, admin, .. } = moved;
    let mut difference = Difference::between(git, &intent.before, &intent.after)?;
    difference.leave_out_submodules();
    let all: BTreeSet<PathBuf> = difference.names().cloned().collect();
    let old = side(admin, scratch, "old", &intent.before, &all)?;
    let new = side(admin, scratch, "new", &intent.after, &all)?;
    let (mut foreign, mut back) = (Vec::new(), Vec::new());
    // Those that only the new side has go first: folders give way to files then.
    let (added, others): (Vec<_>, Vec<_>) =
        all.iter().partition(|name| difference.added.contains(*name));
    for name in added.into_iter().chain(others) {
        let added = difference.added.contains(name);
        let found = look(path, name, &all)?;
        let was = if added { Found::Nothing } else { look(&old, name, &all)? };
        let will = look(&new, name, &all)?;
        let folder = added && difference.removed.iter().any(|other| other.starts_with(name));
        if found == was || (found == Found::Other && folder) {
            continue;
        }
        if !found.is_from(&will) {
            foreign.push(name.to_string_lossy().into_owned());
        } else if was == Found::Nothing {
            take_away(path, name)?;
        } else {
            back.extend_from_slice(name.as_os_str().as_bytes());
            back.push(0);
        }
    }
    let index = Index::copy(git, &admin.join("index"), scratch.dir().join("old-index"))?;
    index.git(&["checkout-index", "--force", "--quiet", "-z", "--stdin"], back)?;
    Ok(foreign)
}

/// A folder with the files of a commit that bear these names.
fn side(
    admin: &Path,
    scratch: &Scratch,
    name: &str,
    commit: &str,
    names: &BTreeSet<PathBuf>,
) -> Result<PathBuf, Failure> {
    let folder = scratch.dir().join(name);
    journal::create_dirs(&folder)?;
    let git = LaneGit::new(&folder, admin);
    let index = Index::empty(&git, scratch.dir().join(format!("{name}-side")));
    index.git(&["read-tree", commit], Vec::new())?;
    let held = index.git(&["ls-files", "-z"], Vec::new())?;
    let mut wanted = Vec::new();
    for name in crate::lane_git::fields(&held) {
        if names.contains(crate::lane_git::path(name)) {
            wanted.extend_from_slice(name);
            wanted.push(0);
        }
    }
    index.git(&["checkout-index", "--quiet", "-z", "--stdin"], wanted)?;
    Ok(folder)
}

/// What is at a name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Found {
    Nothing,
    Link(PathBuf),
    File {
        bytes: Vec<u8>,
        program: bool,
    },
    /// A folder, or something that git knows nothing of.
    Other,
}

impl Found {
    /// Whether git made this on its way to `new`.
    fn is_from(&self, new: &Self) -> bool {
        match (self, new) {
            (Self::Nothing, _) => true,
            (Self::File { bytes, .. }, Self::File { bytes: new, .. }) => new.starts_with(bytes),
            (one, other) => one == other && *one != Self::Other,
        }
    }
}

fn look(root: &Path, name: &Path, ours: &BTreeSet<PathBuf>) -> Result<Found, Failure> {
    for above in name.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty()) {
        match stat(&root.join(above))? {
            Some(found) if found.is_dir() => {}
            // Git has not made the folder yet, or has taken it away.
            None => return Ok(Found::Nothing),
            Some(_) if ours.contains(above) => return Ok(Found::Nothing),
            Some(_) => return Ok(Found::Other),
        }
    }
    let file = root.join(name);
    let fail = |error: io::Error| Failure::io("cannot read", &file, &error);
    let Some(found) = stat(&file)? else { return Ok(Found::Nothing) };
    if found.is_symlink() {
        return Ok(Found::Link(fs::read_link(&file).map_err(fail)?));
    }
    if found.is_file() {
        let program = found.permissions().mode() & 0o100 != 0;
        return Ok(Found::File { bytes: fs::read(&file).map_err(fail)?, program });
    }
    // In an empty folder there is nothing that could be lost.
    let empty = found.is_dir() && fs::read_dir(&file).map_err(fail)?.next().is_none();
    Ok(if empty { Found::Nothing } else { Found::Other })
}

fn stat(file: &Path) -> Result<Option<fs::Metadata>, Failure> {
    match fs::symlink_metadata(file) {
        Ok(found) => Ok(Some(found)),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(error) => Err(Failure::io("cannot read", file, &error)),
    }
}

/// Takes a file away, and the folders on the way to it that have nothing in them then.
fn take_away(root: &Path, name: &Path) -> Result<(), Failure> {
    let file = root.join(name);
    fs::remove_file(&file).map_err(|error| Failure::io("cannot remove", &file, &error))?;
    for folder in name.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()) {
        if fs::remove_dir(root.join(folder)).is_err() {
            // Something is in it, so it stays, and so do those above it.
            break;
        }
    }
    Ok(())
}
