//! Work in submodules that is nowhere else. A worktree has its own copy of each submodule's
//! repository, so its commits go where the lane goes (lanes reference, case 17).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use repo::{Error, Git};

use crate::lane_git::{LaneGit, fields, text};

/// How deep submodules of submodules are followed.
const DEPTH: usize = 8;

/// The submodules with commits or stashes that no remote has, and what they have.
pub(crate) fn unpushed(git: &LaneGit, path: &Path) -> Result<Vec<String>, Error> {
    let staged = git.bytes(&["ls-files", "--stage", "-z"])?;
    let mut found = Vec::new();
    for name in gitlinks(&staged) {
        look(&path.join(OsStr::from_bytes(name)), &text(name), DEPTH, &mut found)?;
    }
    Ok(found)
}

/// The names of the submodules in `ls-files --stage -z`.
fn gitlinks(staged: &[u8]) -> impl Iterator<Item = &[u8]> {
    fields(staged).filter(|entry| entry.starts_with(b"160000 ")).filter_map(|entry| {
        let tab = entry.iter().position(|b| *b == b'\t')?;
        entry.get(tab + 1..)
    })
}

fn look(dir: &Path, name: &str, depth: usize, found: &mut Vec<String>) -> Result<(), Error> {
    if dir.join(".git").symlink_metadata().is_err() {
        // Not initialised: there is nothing in it but what git knows elsewhere.
        return Ok(());
    }
    let git = Git::new(dir);
    let commits = git.text(["rev-list", "--count", "--branches", "HEAD", "--not", "--remotes"])?;
    if commits != "0" {
        found.push(format!("{name} ({commits} commits on no remote)"));
    }
    if git.commit("refs/stash")?.is_some() {
        found.push(format!("{name} (stashes)"));
    }
    let staged = git.bytes(["ls-files", "--stage", "-z"])?;
    for inner in gitlinks(&staged) {
        let deeper = format!("{name}/{}", text(inner));
        let Some(depth) = depth.checked_sub(1) else {
            found.push(format!("{deeper} (too deep to look at)"));
            continue;
        };
        look(&dir.join(OsStr::from_bytes(inner)), &deeper, depth, found)?;
    }
    Ok(())
}
