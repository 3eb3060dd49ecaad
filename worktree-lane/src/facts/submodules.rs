//! Work in submodules that is nowhere else. A worktree has its own copy of each submodule's
//! repository, so its commits go where the lane goes (lanes reference, case 17).

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use cli::Failure;
use repo::Git;

use crate::lane_git::{LaneGit, fields, some};
use crate::registry;

use super::changes;

/// How deep submodules of submodules are followed.
const DEPTH: usize = 8;

/// How deep git's folders for them are: a submodule's name may have slashes.
const DEEPEST: usize = 64;

/// Which commits of a submodule count as work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Those that a ref of it has, or its `HEAD`.
    OnRefs,
    /// Those of its logs too: an amended draft, or what was committed on no branch and left.
    Logged,
}

/// The submodules with work that is nowhere else, and what they have: those that are checked out, and
/// those whose repositories git keeps in `admin` though they are checked out no more.
pub(crate) fn unpushed(git: &LaneGit, path: &Path, admin: &Path) -> Result<Vec<String>, Failure> {
    let mut found = in_modules(admin, Work::OnRefs)?;
    for name in checked_out(git, path)? {
        let dir = path.join(&name);
        let name = name.display().to_string();
        let dot_git = dir.join(".git");
        let own = if dot_git.is_dir() { Some(dot_git) } else { registry::admin_of(&dir)? };
        let own = own.ok_or_else(|| Failure::world(&name, "its .git file names no repository"))?;
        let git = LaneGit::new(&dir, &own);
        if own.starts_with(&dir) {
            found.extend(nowhere_else(&git, &name, Work::OnRefs)?);
        }
        let hidden = changes::hidden(&git, &dir, &own)?;
        if !hidden.is_empty() {
            let which = some(&hidden);
            found.push(format!("{name} (changes that git was told to overlook: {which})"));
        }
    }
    Ok(found)
}

/// The same for the repositories of submodules in git's folder for a worktree, without the worktree.
pub(crate) fn in_modules(admin: &Path, work: Work) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    let mut folders = vec![(admin.join("modules"), PathBuf::new(), DEEPEST)];
    while let Some((folder, name, depth)) = folders.pop() {
        let fail = |error: &io::Error| Failure::io("cannot read", &folder, error);
        let inside = match fs::read_dir(&folder) {
            Ok(inside) => inside,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(fail(&error)),
        };
        for entry in inside {
            let entry = entry.map_err(|e| fail(&e))?;
            if !entry.file_type().map_err(|e| fail(&e))?.is_dir() {
                continue;
            }
            let (dir, name) = (entry.path(), name.join(entry.file_name()));
            let Some(depth) = depth.checked_sub(1) else {
                return Err(Failure::world(name.display(), "submodules are nested too deep"));
            };
            if dir.join("HEAD").exists() && dir.join("objects").exists() {
                // Its own settings name a folder that need not be there.
                let git = LaneGit::new(&dir, &dir);
                found.extend(nowhere_else(&git, &name.to_string_lossy(), work)?);
                folders.push((dir.join("modules"), name, depth));
            } else {
                folders.push((dir, name, depth));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The commits and stashes of one submodule that no remote has.
fn nowhere_else(git: &LaneGit, name: &str, work: Work) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    let mut count = vec!["rev-list", "--count", "--exclude=refs/stash", "--all"];
    if work == Work::Logged {
        count.push("--reflog");
    }
    count.extend(["--not", "--remotes"]);
    let commits = git.bytes(&count)?;
    let commits = String::from_utf8_lossy(&commits).trim().to_owned();
    if commits != "0" {
        found.push(format!("{name} ({commits} commits on no remote)"));
    }
    if git.commit("refs/stash")?.is_some() {
        found.push(format!("{name} (stashes)"));
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
