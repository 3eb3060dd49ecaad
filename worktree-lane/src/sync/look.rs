//! Whether a lane may be moved as it stands: every reason against it, whatever comes of the base.

use std::path::{Path, PathBuf};

use cli::Failure;
use records::{LaneClaim, LaneEvent, Reason};
use repo::shell_words;

use crate::branch;
use crate::claim::claimed;
use crate::facts::changes::changes;
use crate::facts::{link, operation};
use crate::held::Held;
use crate::here::Here;
use crate::lane_git::{LaneGit, some};
use crate::told;

/// Every reason, in a stable order. What cannot be told ends the command.
pub(super) fn against(
    here: &Here,
    held: &Held,
    git: &LaneGit,
    admin: &Path,
    lane: &LaneEvent,
    owner: Option<&str>,
) -> Result<Vec<Reason>, Failure> {
    let entry = held.entry();
    let path = &entry.worktree.path;
    let mut all = Vec::new();
    if let Some(claim) = entry.claim().filter(|claim| !is_of(claim, owner)) {
        all.push(claimed(&lane.lane, &claim));
    }
    if let Some(why) = entry.locked_by_hand() {
        all.push(told::locked(&lane.lane, path.display(), why));
    }
    if let Some(why) = link::mismatch(path, admin)? {
        // What git would say about the files would be about another worktree.
        all.push(told::mismatch(&lane.lane, path.display(), why));
        return Ok(all);
    }
    let at = |args: &[&str]| git_in(path, args);
    let operations = operation::in_progress(git, admin)?;
    if !operations.is_empty() {
        let message = format!("in the middle of: {}", operations.join(", "));
        all.push(Reason::new("operation_in_progress", message, at(&["status"])));
    }
    all.extend(branch(here, held, lane, !operations.is_empty())?);
    all.extend(files(path, git, admin, &lane.lane)?);
    Ok(all)
}

fn is_of(claim: &LaneClaim, owner: Option<&str>) -> bool {
    owner == Some(&*claim.owner)
}

/// Whether the lane is on its own branch, and nobody else is.
fn branch(
    here: &Here,
    held: &Held,
    lane: &LaneEvent,
    in_operation: bool,
) -> Result<Vec<Reason>, Failure> {
    let worktree = &held.entry().worktree;
    let switch = git_in(&worktree.path, &["switch", &lane.branch]);
    let mut all = Vec::new();
    match &worktree.branch {
        Some(own) if *own == lane.branch => {
            let users = branch::users(here, &held.entries, own)?;
            let others: Vec<PathBuf> = users.into_iter().filter(|u| *u != worktree.path).collect();
            if !others.is_empty() {
                let others: Vec<String> =
                    others.iter().map(|path| path.to_string_lossy().into_owned()).collect();
                let message = format!("the branch '{own}' is also used at {}", some(&others));
                all.push(Reason::new("branch_checked_out", message, "worktree-lane list"));
            }
        }
        // A rebase detaches it, and goes back by itself.
        None if in_operation => {}
        None => {
            let message = format!("HEAD is detached, not on the lane's branch '{}'", lane.branch);
            all.push(Reason::new("detached", message, switch));
        }
        Some(other) => {
            let message =
                format!("'{other}' is checked out, not the lane's branch '{}'", lane.branch);
            all.push(Reason::new("other_branch", message, switch));
        }
    }
    if worktree.head.is_none() {
        let message = "the lane's branch has no commit yet";
        all.push(Reason::new("no_commit_yet", message, git_in(&worktree.path, &["commit"])));
    }
    Ok(all)
}

/// Changes to tracked files. Other files only count where the base has one.
fn files(path: &Path, git: &LaneGit, admin: &Path, lane: &str) -> Result<Vec<Reason>, Failure> {
    let changes = changes(git, path, admin)?;
    let mut all = Vec::new();
    if !changes.tracked.is_empty() {
        let message = format!("changes that are not committed: {}", some(&changes.tracked));
        let add = git_in(path, &["add", "--all"]);
        let commit = format!("{add} && {}", git_in(path, &["commit"]));
        all.push(Reason::new("uncommitted", message, commit));
    }
    if !changes.hidden.is_empty() {
        let message = format!(
            "changes that git was told to overlook (assume-unchanged, skip-worktree): {}",
            some(&changes.hidden)
        );
        all.push(Reason::new(
            "hidden_changes",
            message,
            shell_words(["worktree-lane", "save", lane]),
        ));
    }
    Ok(all)
}

/// A git command for the lane, as it is pasted.
pub(super) fn git_in(path: &Path, args: &[&str]) -> String {
    let path = path.to_string_lossy();
    shell_words(["git", "-C", &path].iter().chain(args))
}
