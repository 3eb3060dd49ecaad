//! Where a folder that is not in its place may be now, and whether a folder is the lane's own.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cli::Failure;

use crate::here::Here;
use crate::lane_git::{LaneGit, fields};
use crate::registry::{self, Entry};

/// The folders near the lane's place, near the main worktree and around the place that the command was
/// started in, whose `.git` file names git's folder `admin`.
pub(crate) fn of(
    here: &Here,
    entries: &[Entry],
    path: &Path,
    admin: &Path,
) -> Result<Vec<PathBuf>, Failure> {
    let anchor = here.anchor();
    let nested = anchor.join(".worktrees");
    let near = [path.parent(), anchor.parent(), Some(&*nested)];
    let mut candidates: BTreeSet<PathBuf> = here.start.ancestors().map(Path::to_path_buf).collect();
    for folder in near.into_iter().flatten() {
        candidates.extend(fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()));
    }
    let mut found = Vec::new();
    for candidate in candidates {
        let plain = fs::symlink_metadata(&candidate).is_ok_and(|found| found.is_dir());
        let listed = entries.iter().any(|entry| entry.worktree.path == candidate);
        if !plain || listed || !candidate.join(".git").is_file() {
            continue;
        }
        let Some(named) = registry::admin_of(&candidate)? else { continue };
        let same = named == admin || named.canonicalize().ok() == admin.canonicalize().ok();
        // The repository may have moved too; then the files have to show whose they are.
        let moved = named.file_name() == admin.file_name() && named.symlink_metadata().is_err();
        if same || (moved && belongs(&candidate, admin)?) {
            found.push(candidate);
        }
    }
    Ok(found)
}

/// Whether the files of `folder` are those that git wrote for the worktree of `admin`: at least one of
/// them has the very number, times and size that the index has. Files that git was told not to look at
/// show nothing.
pub(crate) fn belongs(folder: &Path, admin: &Path) -> Result<bool, Failure> {
    let git = LaneGit::new(folder, admin);
    let listed = git.bytes(&["ls-files", "-v", "-z"])?;
    let args = ["-c", "core.checkStat=default", "diff-files", "--name-only", "-z"];
    let differs = git.bytes(&[&args[..], &["--ignore-submodules=all"]].concat())?;
    let differs: BTreeSet<&[u8]> = fields(&differs).collect();
    let mut watched = fields(&listed).filter_map(|entry| entry.strip_prefix(b"H "));
    Ok(watched.any(|name| !differs.contains(name)))
}
