//! Files of the lane that the base has too, and that git would write over.
//!
//! Git refuses to overwrite untracked files, and overwrites ignored ones without a word. Both hold
//! bytes that are nowhere else.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use cli::Failure;

use crate::lane_git::{LaneGit, fields};

/// What going from one commit to another does to the names of files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Difference {
    /// Names that only the new commit has.
    pub(super) added: BTreeSet<PathBuf>,
    /// Names that only the old one has.
    pub(super) removed: BTreeSet<PathBuf>,
    /// Names that both have, with other content.
    pub(super) changed: BTreeSet<PathBuf>,
    /// Those of all these that are submodules in one of the two: folders, into which git writes
    /// nothing.
    pub(super) submodules: BTreeSet<PathBuf>,
}

impl Difference {
    /// Between two commits.
    pub(super) fn between(git: &LaneGit, old: &str, new: &str) -> Result<Self, Failure> {
        let args = ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--ignore-submodules=none"];
        let answer = git.bytes(&[&args[..], &[old, new]].concat())?;
        let mut fields = fields(&answer);
        let mut difference = Self::default();
        while let (Some(what), Some(name)) = (fields.next(), fields.next()) {
            let name = PathBuf::from(OsStr::from_bytes(name));
            if what.split(|byte| *byte == b' ').take(2).any(|mode| mode.ends_with(b"160000")) {
                difference.submodules.insert(name.clone());
            }
            match what.last() {
                Some(b'A') => difference.added.insert(name),
                Some(b'D') => difference.removed.insert(name),
                _ => difference.changed.insert(name),
            };
        }
        Ok(difference)
    }

    /// All names.
    pub(super) fn names(&self) -> impl Iterator<Item = &PathBuf> {
        self.added.iter().chain(&self.removed).chain(&self.changed)
    }

    /// Forgets those that are submodules.
    pub(super) fn leave_out_submodules(&mut self) {
        for names in [&mut self.added, &mut self.removed, &mut self.changed] {
            names.retain(|name| !self.submodules.contains(name));
        }
    }
}

/// The names in the way, of files that are in neither commit. The lane has no changes besides.
///
/// # Errors
/// When it cannot be told what is there.
pub(super) fn in_the_way(root: &Path, difference: &Difference) -> Result<Vec<String>, Failure> {
    let mut found = BTreeSet::new();
    for name in &difference.added {
        for part in name.ancestors().filter(|part| !part.as_os_str().is_empty()) {
            let at = root.join(part);
            let there = match fs::symlink_metadata(&at) {
                Ok(there) => there,
                Err(error) if is_absent(&error) => continue,
                Err(error) => return Err(Failure::io("cannot read", &at, &error)),
            };
            if there.is_dir() {
                // A folder goes when all that is in it goes.
                if part == name {
                    remaining(root, part, &difference.removed, &mut found)?;
                }
            } else if !difference.removed.contains(part) {
                found.insert(part.to_path_buf());
            }
        }
    }
    Ok(found.into_iter().map(|path| path.to_string_lossy().into_owned()).collect())
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The files of a folder that are not among the removed ones.
fn remaining(
    root: &Path,
    folder: &Path,
    removed: &BTreeSet<PathBuf>,
    found: &mut BTreeSet<PathBuf>,
) -> Result<(), Failure> {
    let at = root.join(folder);
    let fail = |error: io::Error| Failure::io("cannot read", &at, &error);
    for entry in fs::read_dir(&at).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let path = folder.join(entry.file_name());
        if entry.file_type().map_err(fail)?.is_dir() {
            remaining(root, &path, removed, found)?;
        } else if !removed.contains(&path) {
            found.insert(path);
        }
    }
    Ok(())
}
