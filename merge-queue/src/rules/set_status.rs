//! What may be said about where a task stands (runbook v2, `queue-set-status`).

use records::{Reason, StatusChange, TaskState};

use crate::rules::claim::{Answer, Scene, held_by_other};
use crate::rules::people::folded;

/// What git says about a commit with which a task is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct InBase {
    /// The base ref, such as `origin/main`.
    pub(crate) base: String,
    /// The commit; `None` when nothing names one.
    pub(crate) commit: Option<String>,
    /// Whether the base, as it was last fetched, has it.
    pub(crate) reached: bool,
    /// The commit of the newest handoff.
    pub(crate) handed_over: Option<String>,
    /// Whether `commit` has all that was handed over.
    pub(crate) has_handoff: bool,
}

/// Whether `change` may be recorded. What `git` says is about its commit.
pub(crate) fn set_status(
    scene: Scene<'_>,
    change: StatusChange,
    git: &InBase,
) -> Answer<StatusChange> {
    let mut reasons = Vec::new();
    reasons.extend(reopening(scene, &change));
    match change.to {
        TaskState::Todo => reasons.extend(held(scene, &change)),
        TaskState::InProgress => reasons.extend(nobody(scene)),
        TaskState::Blocked => {}
        TaskState::Done => {
            // Said once more of a task whose events are lost, it is said for the first time.
            let unsure = scene.standing.blocked().is_some();
            if let Some(event) = scene.done.filter(|_| !change.reopened && !unsure) {
                return Answer::Holds(event);
            }
            reasons.extend(not_in_base(scene, git));
        }
    }
    if reasons.is_empty() { Answer::Granted(change) } else { Answer::Refused(reasons) }
}

/// A task that is done is opened again on purpose or not at all.
fn reopening(scene: Scene<'_>, change: &StatusChange) -> Option<Reason> {
    let (task, to) = (&scene.task.id, change.to.as_str());
    match (scene.done.is_some(), change.reopened) {
        (true, false) if change.to != TaskState::Done => {
            let next = format!("merge-queue set-status {task} {to} --reopen --reason WHY");
            Some(Reason::new("task_done", format!("{task} is done"), next))
        }
        (false, true) => {
            let message = format!("{task} is not done, so there is nothing to open again");
            let next = format!("merge-queue set-status {task} {to}");
            Some(Reason::new("not_done", message, next))
        }
        _ => None,
    }
}

/// Putting a task back ends its claim, which only its owner, or who names the owner, may do.
fn held(scene: Scene<'_>, change: &StatusChange) -> Option<Reason> {
    let held = scene.standing.live(scene.now)?;
    let named = change.owner.as_deref().map(folded);
    (named != Some(folded(&held.claim.owner))).then(|| held_by_other(scene.task, held))
}

/// Work is in progress when somebody does it or has done some.
fn nobody(scene: Scene<'_>) -> Option<Reason> {
    if scene.standing.live(scene.now).is_some() || scene.standing.worked {
        return None;
    }
    let task = &scene.task.id;
    let message = format!("nobody works on {task}");
    let next = format!("merge-queue claim {task} --role ROLE --owner OWNER");
    Some(Reason::new("not_claimed", message, next))
}

/// A task is done when its work is in the base, whatever anybody says.
fn not_in_base(scene: Scene<'_>, git: &InBase) -> Vec<Reason> {
    let (id, base) = (&scene.task.id, &git.base);
    if scene.standing.handed_over != git.handed_over {
        let message = format!("{id} was handed over at this moment");
        let next = format!("merge-queue log {id}, then try again");
        return vec![Reason::new("handed_over_meanwhile", message, next)];
    }
    let Some(commit) = &git.commit else {
        let message = format!("nothing says which commit of {base} has the work of {id}");
        let next = format!("merge-queue set-status {id} done --commit COMMIT");
        return vec![Reason::new("commit_unknown", message, next)];
    };
    let mut reasons = Vec::new();
    if !git.reached {
        let message = format!("{base}, as it was last fetched, does not have {commit}");
        let next = format!("merge-queue land {id}; or, when it was pushed by hand: git fetch");
        reasons.push(Reason::new("not_in_base", message, next));
    }
    if let Some(handed_over) = git.handed_over.as_ref().filter(|_| !git.has_handoff) {
        let message = format!("{commit} does not have what was handed over, {handed_over}");
        let next = format!("merge-queue land {id}; or name the commit that has it with --commit");
        reasons.push(Reason::new("handoff_not_in_commit", message, next));
    }
    reasons
}
