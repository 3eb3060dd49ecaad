//! Whether a branch may be taken away from under somebody.

use std::fs;
use std::io;
use std::path::Path;

use cli::Failure;

use crate::here::Here;
use crate::history::History;
use crate::registry;

/// Where git keeps the branch that a rebase or a bisection will go back to.
const GOES_BACK_TO: [&str; 3] =
    ["rebase-merge/head-name", "rebase-apply/head-name", "BISECT_START"];

/// Whether any worktree has the branch checked out, or is in the middle of an operation that goes
/// back to it. One branch can be checked out more than once (`git worktree add --force`).
pub(crate) fn in_use(here: &Here, branch: &str) -> Result<bool, Failure> {
    let entries = registry::survey(here, &History::default())?;
    if entries.iter().any(|entry| entry.worktree.branch.as_deref() == Some(branch)) {
        return Ok(true);
    }
    let admins = registry::admins(here)?.into_iter().map(|admin| admin.dir);
    for git_dir in std::iter::once(here.common_dir.clone()).chain(admins) {
        for file in GOES_BACK_TO {
            if names(&git_dir.join(file), branch)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
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
