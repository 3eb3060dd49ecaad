//! What differs from the commit, whatever the configuration hides (lanes reference, case 46).

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use cli::Failure;

use crate::lane_git::{LaneGit, fields, text};

/// Names of files, as git prints them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Tracked files with staged or unstaged changes, and submodules.
    pub(crate) tracked: Vec<String>,
    /// Files that are neither tracked nor ignored.
    pub(crate) untracked: Vec<String>,
    /// Changed files that git was told to overlook.
    pub(crate) hidden: Vec<String>,
}

/// Looks at every file of the worktree at `path`.
pub(crate) fn changes(git: &LaneGit, path: &Path, admin: &Path) -> Result<Changes, Failure> {
    let args =
        ["status", "--porcelain=v2", "-z", "--untracked-files=all", "--ignore-submodules=none"];
    let mut changes = parse(&git.bytes(&args)?);
    changes.hidden = hidden(git, path, admin)?;
    Ok(changes)
}

/// The same for a worktree in the trash, compared with the commit that it stood at: its branch may be
/// gone, or may have moved on without it.
pub(crate) fn changes_since(
    git: &LaneGit,
    path: &Path,
    admin: &Path,
    head: &str,
) -> Result<Changes, Failure> {
    let diff = ["diff", "--name-only", "-z", "--no-ext-diff", "--no-textconv", "--no-renames"];
    let diff = [&diff[..], &["--ignore-submodules=none"]].concat();
    let staged = git.bytes(&[&diff[..], &["--cached", head, "--"]].concat())?;
    let unstaged = git.bytes(&diff)?;
    let untracked = git.bytes(&["ls-files", "--others", "--exclude-standard", "-z"])?;
    let mut tracked: Vec<String> = fields(&staged).chain(fields(&unstaged)).map(text).collect();
    tracked.sort();
    tracked.dedup();
    Ok(Changes {
        tracked,
        untracked: fields(&untracked).map(text).collect(),
        hidden: hidden(git, path, admin)?,
    })
}

fn parse(status: &[u8]) -> Changes {
    let mut changes = Changes::default();
    let mut entries = fields(status);
    while let Some(entry) = entries.next() {
        // The number of fields before the name depends on the kind.
        let before = match entry.first() {
            Some(b'1') => 8,
            Some(b'2') => {
                // The old name of a rename is a field of its own.
                entries.next();
                9
            }
            Some(b'u') => 10,
            Some(b'?') => {
                changes.untracked.push(text(entry.get(2..).unwrap_or_default()));
                continue;
            }
            _ => 0,
        };
        let name = entry.splitn(before + 1, |b| *b == b' ').last().unwrap_or_default();
        changes.tracked.push(text(name));
    }
    changes
}

/// Files marked `assume-unchanged` or `skip-worktree` that are there and differ from the index. A
/// sparse checkout marks the files that it leaves out; those are not there.
pub(super) fn hidden(git: &LaneGit, path: &Path, admin: &Path) -> Result<Vec<String>, Failure> {
    let listed = git.bytes(&["ls-files", "-v", "-z"])?;
    let mut marked = Vec::new();
    for entry in fields(&listed) {
        let (Some(tag), Some(name)) = (entry.first(), entry.get(2..)) else { continue };
        let there = fs::symlink_metadata(path.join(OsStr::from_bytes(name))).is_ok();
        if there && (tag.is_ascii_lowercase() || *tag == b'S') {
            marked.extend_from_slice(name);
            marked.push(0);
        }
    }
    if marked.is_empty() {
        return Ok(Vec::new());
    }
    // In a copy of the index the marks can be taken off.
    let copy = admin.join(format!("switchyard-{}.index", std::process::id()));
    copy_index(&admin.join("index"), &copy).map_err(|e| Failure::io("cannot write", &copy, &e))?;
    let found = unmarked(git, &copy, &marked);
    fs::remove_file(&copy).map_err(|e| Failure::io("cannot remove", &copy, &e))?;
    let of_interest: Vec<&[u8]> = fields(&marked).collect();
    let found = found?;
    Ok(fields(&found).filter(|name| of_interest.contains(name)).map(text).collect())
}

/// With the time of the original: git looks into a file that was written in the very moment in which
/// the index was, and knows it by that time.
fn copy_index(original: &Path, copy: &Path) -> io::Result<()> {
    fs::copy(original, copy)?;
    let modified = fs::metadata(original)?.modified()?;
    fs::File::options().write(true).open(copy)?.set_modified(modified)
}

fn unmarked(git: &LaneGit, copy: &Path, marked: &[u8]) -> Result<Vec<u8>, repo::Error> {
    let with = |args: &[&str], input: &[u8]| {
        git.bytes_with_index(copy.to_path_buf(), args, input.to_vec())
    };
    with(&["update-index", "-z", "--no-assume-unchanged", "--stdin"], marked)?;
    with(&["update-index", "-z", "--no-skip-worktree", "--stdin"], marked)?;
    with(&["update-index", "-q", "--really-refresh"], b"").or_else(|error| match error {
        // It ends with 1 when files differ, which is asked for next.
        repo::Error::Failed { code: Some(1), .. } => Ok(Vec::new()),
        other => Err(other),
    })?;
    with(&["diff-files", "--name-only", "--ignore-submodules=none", "-z"], b"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_entry_gives_its_name() {
        let status = b"1 .M N... 100644 100644 100644 aa bb a b\n.txt\0\
            2 R. N... 100644 100644 100644 aa bb R100 new name\0old name\0\
            u UU N... 100644 100644 100644 100644 aa bb cc both\0\
            ? un tracked\0";
        let changes = parse(status);
        assert_eq!(changes.tracked, ["a b\n.txt", "new name", "both"]);
        assert_eq!(changes.untracked, ["un tracked"]);
        assert_eq!(parse(b""), Changes::default());
    }
}
