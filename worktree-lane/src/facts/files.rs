//! How many files of a worktree differ, and when the last of them was written.

mod index;
mod walk;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufReader, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::SystemTime;

use cli::Failure;

use crate::lane_git::{LaneGit, fields};

use index::{Index, Written};
use walk::Walk;

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
    /// Tracked files that are there and that git was told not to look at.
    pub(crate) overlooked: u64,
    /// When the newest tracked or untracked file was written.
    pub(crate) changed: Option<SystemTime>,
}

/// What was seen without asking git: which files are as git last saw them.
#[derive(Debug)]
pub(crate) struct Seen {
    /// The tree that a commit of the index would have.
    tree: String,
    walk: Walk,
}

/// Up to how many names git is asked about one by one; it looks at each of its files for each.
const FEW: usize = 64;

/// Compares the files of the worktree at `path` with git's index for it in `admin`. `head` is the
/// commit that is checked out. `None` where only git can tell.
pub(crate) fn seen(path: &Path, admin: &Path, head: Option<&str>) -> Option<Seen> {
    let file = File::open(admin.join("index")).ok()?;
    let metadata = file.metadata().ok()?;
    let at = (metadata.mtime(), metadata.mtime_nsec());
    let written = Written { at, device: metadata.dev() };
    let mut bytes = Vec::new();
    BufReader::new(file).read_to_end(&mut bytes).ok()?;
    let mut index = Index::parse(&bytes, head?.len() / 2, written)?;
    let tree = index.tree.take()?;
    let walk = walk::walk(path, &index)?;
    (walk.ask.len() <= FEW).then_some(Seen { tree, walk })
}

/// Counts. Git is asked about what `seen` leaves open: when the index is the tree of the commit that
/// is checked out, `tree`, nothing is staged, and what was seen to be unchanged need not be looked at
/// again.
pub(crate) fn count(
    git: &LaneGit,
    path: &Path,
    seen: Option<Seen>,
    tree: Option<&str>,
) -> Result<Files, Failure> {
    let Some(seen) = seen.filter(|seen| Some(&*seen.tree) == tree) else {
        return by_git(git, path);
    };
    let mut files = Files { changed: seen.walk.changed, ..Files::default() };
    if !seen.walk.ask.is_empty() {
        let names = seen.walk.ask.iter().map(|name| OsStr::from_bytes(name));
        let args = STATUS.map(OsStr::new).into_iter().chain([OsStr::new("--")]).chain(names);
        files.count(path, &git.bytes(&args.collect::<Vec<_>>())?);
    }
    Ok(files)
}

const STATUS: [&str; 7] = [
    "--literal-pathspecs",
    "status",
    "--porcelain=v2",
    "-z",
    "--untracked-files=all",
    "--ignored=matching",
    "--ignore-submodules=none",
];

/// Asks git alone. The index is not refreshed: that would be a change.
fn by_git(git: &LaneGit, path: &Path) -> Result<Files, Failure> {
    let mut files = Files::default();
    files.count(path, &git.bytes(&STATUS)?);
    // Each with a letter: small for `assume-unchanged`, S for `skip-worktree`.
    for entry in fields(&git.bytes(&["ls-files", "-v", "-z"])?) {
        let (Some(tag), Some(name)) = (entry.first(), entry.get(2..)) else { continue };
        let is_there = files.written(path, name);
        files.overlooked += u64::from(is_there && (tag.is_ascii_lowercase() || *tag == b'S'));
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

    /// Takes in when a file was written. Says whether it is there.
    fn written(&mut self, path: &Path, name: &[u8]) -> bool {
        match fs::symlink_metadata(path.join(OsStr::from_bytes(name))) {
            Ok(found) if !found.is_dir() => {
                self.changed = self.changed.max(found.modified().ok());
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod lines {
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
            ..Files::default()
        };
        assert_eq!(files, expected);
    }
}
