//! What is going on in a worktree: uncommitted changes, operations half done.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use cli::Failure;
use repo::{Git, Place};

/// The paths with changes, tracked and untracked. Ignored files do not count; what the user's
/// configuration hides from `git status` does.
pub(crate) fn dirt(git: &Git) -> Result<Vec<Vec<u8>>, Failure> {
    let listed = git.bytes([
        "status",
        "--porcelain=v1",
        "-z",
        "--no-renames",
        "--untracked-files=normal",
        "--ignore-submodules=none",
    ])?;
    let entries = listed.split(|byte| *byte == 0).filter(|entry| !entry.is_empty());
    // Two letters and a blank come before the path.
    Ok(entries.filter_map(|entry| entry.get(3..)).map(<[u8]>::to_vec).collect())
}

/// Files whose changes git was told not to look at (`assume-unchanged`, or `skip-worktree` on a file
/// that is there all the same): what runs in such a checkout is not known to be the commit.
pub(crate) fn hidden(git: &Git) -> Result<Vec<Vec<u8>>, Failure> {
    let listed = git.bytes(["ls-files", "-v", "-z"])?;
    let mut hidden = Vec::new();
    for entry in listed.split(|byte| *byte == 0) {
        let Some((tag, path)) = entry.split_at_checked(2) else { continue };
        let skipped = tag.eq_ignore_ascii_case(b"S ");
        let assumed = tag.first().is_some_and(u8::is_ascii_lowercase);
        let there = || git.dir().join(OsStr::from_bytes(path)).symlink_metadata().is_ok();
        if assumed || (skipped && there()) {
            hidden.push(path.to_vec());
        }
    }
    Ok(hidden)
}

/// The operation that somebody has begun in the worktree and not ended, such as `a rebase`.
pub(crate) fn operation(worktree: &Path) -> Result<Option<&'static str>, Failure> {
    let place = Place::find(worktree)?;
    let traces = [
        ("MERGE_HEAD", "a merge"),
        ("rebase-merge", "a rebase"),
        ("rebase-apply", "a rebase"),
        ("CHERRY_PICK_HEAD", "a cherry-pick"),
        ("REVERT_HEAD", "a revert"),
        ("index.lock", "another git command"),
    ];
    let found = traces.into_iter().find(|(name, _)| place.git_dir().join(name).exists());
    Ok(found.map(|(_, operation)| operation))
}
