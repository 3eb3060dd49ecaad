//! `set-status`: what somebody says about where a task stands (runbook v2, `queue-set-status`).

use cli::{Exit, Failure, Out};
use records::{StatusChange, TaskState};

use super::under_lock::{Request, decide};
use crate::args::SetStatusArgs;
use crate::desk::{self, Desk};
use crate::git::merge;
use crate::rules::definitions::{Definitions, Task};
use crate::rules::facts::Merge;
use crate::rules::set_status::{InBase, set_status};
use crate::rules::standing::Standing;

pub(super) fn run(desk: &Desk, args: SetStatusArgs, out: &mut Out) -> Result<Exit, Failure> {
    let definitions = desk.sound_definitions()?;
    let task = desk::find(&definitions, &args.task.task)?;
    let to = TaskState::from(args.status);
    if to != TaskState::Done && (args.commit.is_some() || args.branch.is_some()) {
        return Err(Failure::usage("--commit and --branch", "they go with done alone"));
    }
    let in_base = match to {
        TaskState::Done => in_base(desk, &definitions, task, args.commit.as_deref())?,
        TaskState::Todo | TaskState::InProgress | TaskState::Blocked => InBase::default(),
    };
    let change = StatusChange {
        to,
        reason: args.reason,
        owner: args.owner,
        branch: args.branch,
        commit: in_base.commit.clone(),
        reopened: args.reopen,
    };
    let request = Request { desk, definitions: &definitions, task, command: "set-status" };
    decide(request, "status", out, |scene, event| {
        set_status(scene, change, &in_base).put(&mut event.status)
    })
}

/// What git says about the commit that is to have the task's work.
fn in_base(
    desk: &Desk,
    definitions: &Definitions,
    task: &Task,
    given: Option<&str>,
) -> Result<InBase, Failure> {
    let history = desk.journal_of([&task.id])?;
    let handed_over = Standing::of(history.of(&task.id)).handed_over;
    let commit = match given {
        None => handed_over.clone(),
        Some(given) => Some(desk.git.commit(given)?.ok_or_else(|| {
            Failure::usage("--commit", format_args!("'{given}' names no commit"))
        })?),
    };
    let base = desk.base(definitions)?;
    let tip = base.tip(&desk.git)?;
    let reached = match (&commit, &tip) {
        (Some(commit), Some(tip)) => desk.objects.reachable(commit, tip)?,
        _ => false,
    };
    let has_handoff = match (&commit, &handed_over) {
        (Some(commit), Some(handed_over)) => has_work(desk, commit, handed_over)?,
        _ => false,
    };
    Ok(InBase { base: base.shown, commit, reached, handed_over, has_handoff })
}

/// Whether `commit` has what `work` brings: it descends from it, or merging `work` would change
/// nothing, as after a squash.
fn has_work(desk: &Desk, commit: &str, work: &str) -> Result<bool, Failure> {
    if desk.objects.reachable(work, commit)? {
        return Ok(true);
    }
    if !desk.objects.has(work)? || desk.objects.merge_bases(commit, work)?.len() != 1 {
        return Ok(false);
    }
    merge::refuse_own_attributes(&desk.place)?;
    let merged = merge::compute(&desk.git, &desk.objects, commit, work)?;
    Ok(matches!(merged, Merge::Clean { paths, .. } if paths.is_empty()))
}
