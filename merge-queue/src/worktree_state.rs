//! What is going on in a worktree: uncommitted changes, operations half done.

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
