//! What git is in the middle of. A clean tree says nothing about that (lanes reference, case 45).

use std::path::Path;

use cli::Failure;

use crate::lane_git::LaneGit;

/// Files and folders that git, or a sync, keeps in git's folder for the worktree while something goes on.
const MARKS: [(&str, &str); 9] = [
    ("rebase-merge", "rebase"),
    ("rebase-apply", "rebase or am"),
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("BISECT_LOG", "bisect"),
    ("sequencer", "cherry-pick or revert"),
    ("index.lock", "a git command, or one that was killed (index.lock)"),
    (crate::sync::INTENT, "a sync that was cut short; the next command for the lane settles it"),
];

/// The operations, by name.
pub(crate) fn in_progress(git: &LaneGit, admin: &Path) -> Result<Vec<&'static str>, Failure> {
    let mut found = Vec::new();
    for (file, name) in MARKS {
        let mark = admin.join(file);
        match mark.symlink_metadata() {
            Ok(_) => found.push(name),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::io("cannot read", &mark, &error)),
        }
    }
    // With reftables these two are refs and no files.
    for (reference, name) in [("CHERRY_PICK_HEAD", "cherry-pick"), ("REVERT_HEAD", "revert")] {
        if !found.contains(&name) && git.commit(reference)?.is_some() {
            found.push(name);
        }
    }
    Ok(found)
}
