//! `--sparse`: a lane that has only some folders of its commit, in git's cone mode.
//!
//! The patterns lie in git's folder for the worktree, and go with it. The one thing that is shared is
//! the setting `extensions.worktreeConfig`, which git itself sets with the first sparse lane, moving
//! `core.bare` and `core.worktree` to where they then belong. Two at once would meet at git's config
//! file, so it is done under the repository's lock.

use std::collections::BTreeSet;
use std::path::Path;

use cli::Failure;
use records::Reason;
use repo::{Git, shell_words};

use crate::lane_git::LaneGit;
use crate::registry;

/// The folders that were asked for, as the commit has them; a reason for each that it does not have.
/// A name with a comma is one folder if the commit has it, and several otherwise.
pub(super) fn folders(
    git: &Git,
    commit: &str,
    asked: &[String],
) -> Result<Result<BTreeSet<String>, Vec<Reason>>, Failure> {
    let (mut folders, mut reasons) = (BTreeSet::new(), Vec::new());
    for given in asked {
        if is_folder(git, commit, plain(given))? {
            folders.insert(plain(given).to_owned());
            continue;
        }
        for part in given.split(',').map(plain) {
            if is_folder(git, commit, part)? {
                folders.insert(part.to_owned());
            } else {
                reasons.push(unknown(commit, part));
            }
        }
    }
    Ok(if reasons.is_empty() { Ok(folders) } else { Err(reasons) })
}

fn plain(given: &str) -> &str {
    given.trim_start_matches("./").trim_matches('/')
}

fn is_folder(git: &Git, commit: &str, name: &str) -> Result<bool, Failure> {
    let bad = name.is_empty() || name.split('/').any(|part| matches!(part, "" | "." | ".."));
    if bad || name.contains('\n') {
        return Ok(false);
    }
    let ran = git.try_run(["cat-file", "-t", &format!("{commit}:{name}")])?;
    Ok(ran.ok() && ran.stdout.trim_ascii() == b"tree")
}

fn unknown(commit: &str, name: &str) -> Reason {
    let short = commit.get(..12).unwrap_or(commit);
    let message = format!("'{name}' is no folder of the commit {short} that the lane starts from");
    let next = shell_words(["git", "ls-tree", "-d", "-r", "--name-only", short]);
    Reason::new("sparse_unknown", message, next)
}

/// Tells git which folders the new worktree at `path` has. It has no files yet.
pub(super) fn set(path: &Path, folders: &BTreeSet<String>) -> Result<(), Failure> {
    let admin = registry::admin_of(path)?
        .ok_or_else(|| Failure::world(path.display(), "its .git file is gone"))?;
    let set = ["sparse-checkout", "set", "--cone", "--skip-checks", "--"];
    let args: Vec<&str> = set.into_iter().chain(folders.iter().map(String::as_str)).collect();
    LaneGit::new(path, &admin).bytes_in_group(&args)?;
    Ok(())
}
