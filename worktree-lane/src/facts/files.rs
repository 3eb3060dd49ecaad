//! How many files of a worktree differ, and when the last of them was written.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::SystemTime;

use cli::Failure;

use crate::lane_git::{LaneGit, fields};

/// What git's status counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Files {
    /// Between the commit and the index; a rename is one.
    pub(crate) staged: u64,
    /// Between the index and the folder, submodules included.
    pub(crate) unstaged: u64,
    /// With a conflict that is not resolved.
    pub(crate) conflicted: u64,
    /// Neither tracked nor ignored.
    pub(crate) untracked: u64,
    /// Ignored; a folder that a pattern names is one.
    pub(crate) ignored: u64,
    /// When the newest tracked or untracked file was written.
    pub(crate) changed: Option<SystemTime>,
}

/// Asks git. The index is not refreshed: that would be a change.
pub(crate) fn by_git(git: &LaneGit, path: &Path) -> Result<Files, Failure> {
    let status = [
        "status",
        "--porcelain=v2",
        "-z",
        "--untracked-files=all",
        "--ignored=matching",
        "--ignore-submodules=none",
    ];
    let mut files = Files::default();
    files.count(path, &git.bytes(&status)?);
    for name in fields(&git.bytes(&["ls-files", "-z"])?) {
        files.written(path, name);
    }
    Ok(files)
}

impl Files {
    /// Takes in what `git status --porcelain=v2 -z` prints.
    fn count(&mut self, path: &Path, status: &[u8]) {
        let mut entries = fields(status);
        while let Some(entry) = entries.next() {
            match entry {
                [kind @ (b'1' | b'2'), b' ', staged, unstaged, ..] => {
                    self.staged += u64::from(*staged != b'.');
                    self.unstaged += u64::from(*unstaged != b'.');
                    if *kind == b'2' {
                        // The old name of a rename is a field of its own.
                        entries.next();
                    }
                }
                [b'u', ..] => self.conflicted += 1,
                [b'?', b' ', name @ ..] => {
                    self.untracked += 1;
                    self.written(path, name);
                }
                [b'!', ..] => self.ignored += 1,
                _ => {}
            }
        }
    }

    /// Takes in when a file was written; one that is not there was not.
    fn written(&mut self, path: &Path, name: &[u8]) {
        if let Ok(found) = fs::symlink_metadata(path.join(OsStr::from_bytes(name)))
            && !found.is_dir()
        {
            self.changed = self.changed.max(found.modified().ok());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_line_counts_as_what_it_is() {
        let status = b"1 M. N... 100644 100644 100644 a b staged name\0\
            1 .M N... 100644 100644 100644 a b unstaged\0\
            1 MM N... 100644 100644 100644 a b both\0\
            2 R. N... 100644 100644 100644 a b R100 new\0? old\0\
            u UU N... 100644 100644 100644 100644 a b c conflict\0\
            ? one\0? two\0! target/\0";
        let mut files = Files::default();
        files.count(Path::new("/nowhere"), status);
        let expected = Files {
            staged: 3,
            unstaged: 2,
            conflicted: 1,
            untracked: 2,
            ignored: 1,
            changed: None,
        };
        assert_eq!(files, expected);
    }
}
