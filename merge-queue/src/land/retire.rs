//! A task's lane is retired when its work is in the base (multi-agent workflow, "Merge Phase": remove the
//! worktree, then the branch).

use std::collections::BTreeSet;
use std::path::Path;

use cli::Failure;
use records::worktree_lane::Removal;
use records::{Landed, Reason, TaskId, parse_noun};

use crate::desk::Desk;
use crate::git::base::NETWORK;
use crate::git::lane;
use crate::rules::definitions::Definitions;

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Retired {
    /// The worktree and the branch that are gone.
    pub(super) gone: Vec<String>,
    /// Why a lane is still there.
    pub(super) pending: Vec<Reason>,
}

/// The branches that are checked out somewhere; `None` when git cannot say.
pub(super) fn checked_out(desk: &Desk) -> Option<BTreeSet<String>> {
    let all = repo::worktrees(&desk.git).ok()?;
    Some(all.into_iter().filter_map(|worktree| worktree.branch).collect())
}

/// Has `worktree-lane` retire the lane of a task that has landed. It decides whether anything could be
/// lost; a role's standing worktree is nobody's lane, and one that stands on another branch is not this
/// task's. What fails is told and changes nothing: the work has landed. Where `branches` says that no
/// worktree has the branch checked out, there is no lane to ask after.
pub(super) fn retire(
    desk: &Desk,
    definitions: &Definitions,
    task: &TaskId,
    landed: &Landed,
    branches: Option<&BTreeSet<String>>,
) -> Retired {
    if branches.is_some_and(|branches| !branches.contains(&landed.branch)) {
        return Retired::default();
    }
    let attempt = || -> Result<Retired, Failure> {
        let defined = definitions.tasks.iter().find(|defined| defined.id == *task);
        let issue = defined.and_then(|task| task.issue).map(|issue| issue.to_string());
        for id in issue.iter().map(String::as_str).chain([task.as_str()]) {
            let Some(path) = lane::ask(desk, id)? else { continue };
            let branch = lane::standing(&path)?.branch;
            if branch.as_deref() != Some(&landed.branch)
                || is_standing(desk, definitions, landed, &path)
            {
                return Ok(Retired::default());
            }
            return remove(desk, id);
        }
        Ok(Retired::default())
    };
    attempt()
        .unwrap_or_else(|failure| Retired { pending: vec![kept(task, failure)], gone: Vec::new() })
}

/// Whether branch or worktree are a role's own.
fn is_standing(desk: &Desk, definitions: &Definitions, landed: &Landed, path: &Path) -> bool {
    let there = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    definitions.roles.values().any(|role| {
        let worktree = role.worktree.as_ref().map(|worktree| desk.git.dir().join(worktree));
        role.branch.as_ref() == Some(&landed.branch)
            || worktree.is_some_and(|worktree| there(&worktree) == there(path))
    })
}

fn remove(desk: &Desk, id: &str) -> Result<Retired, Failure> {
    let asked = lane::worktree_lane(desk).args(["remove", "--format", "json", "--", id]);
    let asked = asked.limit(NETWORK);
    let command = asked.shown();
    let ran = asked.run()?;
    let answer = String::from_utf8_lossy(&ran.stdout);
    let Some(line) = answer.lines().next().filter(|_| matches!(ran.code(), Some(0 | 1))) else {
        let said = String::from_utf8_lossy(&ran.stderr);
        return Err(Failure::world(command, said.lines().next().unwrap_or("it failed")));
    };
    let removal: Removal = parse_noun(line)
        .map_err(|error| Failure::world(&command, format_args!("it did not answer: {error}")))?;
    let branch = removal.branch.filter(|_| removal.branch_deleted);
    let pending = removal.reasons.into_iter().map(|reason| Reason {
        message: format!("its lane {id} is still there: {}", reason.message),
        ..reason
    });
    Ok(Retired {
        pending: pending.collect(),
        gone: removal.path.filter(|_| removal.removed).into_iter().chain(branch).collect(),
    })
}

fn kept(task: &TaskId, why: impl std::fmt::Display) -> Reason {
    let message = format!("its lane could not be retired: {why}");
    Reason::new("lane_kept", message, format!("worktree-lane remove {task}"))
}
