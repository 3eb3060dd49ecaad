//! Work in submodules that is nowhere else. A worktree has its own copy of each submodule's
//! repository, so its commits go where the lane goes (lanes reference, case 17).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use cli::Failure;
use repo::Git;

use crate::lane_git::{LaneGit, fields};

/// How deep submodules of submodules are followed.
const DEPTH: usize = 8;

/// The submodules with commits or stashes that no remote has, and what they have.
pub(crate) fn unpushed(git: &LaneGit, path: &Path) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    for name in checked_out(git, path)? {
        let (git, name) = (Git::new(path.join(&name)), name.display());
        let count = ["rev-list", "--count", "--branches", "HEAD", "--not", "--remotes"];
        let commits = git.text(count)?;
        if commits != "0" {
            found.push(format!("{name} ({commits} commits on no remote)"));
        }
        if git.commit("refs/stash")?.is_some() {
            found.push(format!("{name} (stashes)"));
        }
    }
    Ok(found)
}

/// Every submodule that has a checkout, those inside others included, by its path in the lane.
pub(crate) fn checked_out(git: &LaneGit, path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let staged = git.bytes(&["ls-files", "--stage", "-z"])?;
    follow(path, Path::new(""), &staged, DEPTH, &mut found)?;
    Ok(found)
}

fn follow(
    root: &Path,
    inside: &Path,
    staged: &[u8],
    depth: usize,
    found: &mut Vec<PathBuf>,
) -> Result<(), Failure> {
    for name in gitlinks(staged) {
        let name = inside.join(OsStr::from_bytes(name));
        let dir = root.join(&name);
        if dir.join(".git").symlink_metadata().is_err() {
            // Not initialised: there is nothing in it but what git knows elsewhere.
            continue;
        }
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Failure::world(name.display(), "submodules are nested too deep"));
        };
        let staged = Git::new(&dir).bytes(["ls-files", "--stage", "-z"])?;
        found.push(name.clone());
        follow(root, &name, &staged, depth, found)?;
    }
    Ok(())
}

/// The names of the submodules in `ls-files --stage -z`.
fn gitlinks(staged: &[u8]) -> impl Iterator<Item = &[u8]> {
    fields(staged).filter(|entry| entry.starts_with(b"160000 ")).filter_map(|entry| {
        let tab = entry.iter().position(|b| *b == b'\t')?;
        entry.get(tab + 1..)
    })
}
