//! Whether a branch may be taken away from under somebody.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cli::Failure;

use crate::here::Here;
use crate::history::History;
use crate::registry::{self, Entry};

/// Where git keeps the branch that a rebase or a bisection will go back to.
const GOES_BACK_TO: [&str; 3] =
    ["rebase-merge/head-name", "rebase-apply/head-name", "BISECT_START"];

/// Whether any worktree has the branch checked out, or is in the middle of an operation that goes
/// back to it. One branch can be checked out more than once (`git worktree add --force`).
pub(crate) fn in_use(here: &Here, branch: &str) -> Result<bool, Failure> {
    let entries = registry::survey(here, &History::default())?;
    Ok(!users(here, &entries, branch)?.is_empty())
}

/// The worktrees that have the branch checked out, and those in the middle of an operation that goes
/// back to it; `entries` are all that there are.
pub(crate) fn users(here: &Here, entries: &[Entry], branch: &str) -> Result<Vec<PathBuf>, Failure> {
    let has = |entry: &&Entry| entry.worktree.branch.as_deref() == Some(branch);
    let mut users: Vec<PathBuf> =
        entries.iter().filter(has).map(|entry| entry.worktree.path.clone()).collect();
    let main = here.main.clone().unwrap_or_else(|| here.common_dir.clone());
    let linked = registry::admins(here)?.into_iter();
    let linked = linked.map(|admin| (admin.path.unwrap_or_else(|| admin.dir.clone()), admin.dir));
    for (path, git_dir) in std::iter::once((main, here.common_dir.clone())).chain(linked) {
        for file in GOES_BACK_TO {
            if !users.contains(&path) && names(&git_dir.join(file), branch)? {
                users.push(path.clone());
            }
        }
    }
    Ok(users)
}

fn names(file: &Path, branch: &str) -> Result<bool, Failure> {
    match fs::read(file) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let name = text.trim();
            Ok(name.strip_prefix("refs/heads/").unwrap_or(name) == branch)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::io("cannot read", file, &error)),
    }
}
