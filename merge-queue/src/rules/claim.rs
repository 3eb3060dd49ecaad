//! Who may work on a task, and until when: claims, renewals and releases. Pure: the time is a value,
//! and what git and the lane say was asked before.

#[cfg(test)]
mod properties;

use std::time::Duration;

use records::{LanePreflight, Reason, Release, Stamp, TakenOver, TaskClaim, TaskId, TaskState};

use crate::rules::definitions::{Definitions, Task};
use crate::rules::people::folded;
use crate::rules::standing::{Held, Standing};

/// What a claim rests on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) definitions: &'a Definitions,
    pub(crate) task: &'a Task,
    pub(crate) standing: &'a Standing,
    /// The event that makes the task done, if it is.
    pub(crate) done: Option<u64>,
    /// The dependencies whose work the base does not have.
    pub(crate) open: &'a [&'a TaskId],
    pub(crate) now: Stamp,
}

/// Who wants the task.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claimant<'a> {
    pub(crate) role: &'a str,
    pub(crate) owner: &'a str,
    pub(crate) lease: Duration,
}

/// What comes of a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer<T> {
    /// To be recorded.
    Granted(T),
    /// It is so already, by this event.
    Holds(u64),
    /// All reasons why not.
    Refused(Vec<Reason>),
}

impl<T> Answer<T> {
    /// Puts what is granted where it is to be recorded.
    pub(crate) fn put(self, place: &mut Option<T>) -> Answer<()> {
        match self {
            Self::Granted(granted) => {
                *place = Some(granted);
                Answer::Granted(())
            }
            Self::Holds(event) => Answer::Holds(event),
            Self::Refused(reasons) => Answer::Refused(reasons),
        }
    }
}

/// Whether the claimant has the task already, so that asking again changes nothing.
pub(crate) fn holds<'a>(
    standing: &'a Standing,
    claimant: Claimant<'_>,
    now: Stamp,
) -> Option<&'a Held> {
    let held = standing.live(now)?;
    let same = folded(&held.claim.owner) == folded(claimant.owner);
    (same && held.claim.role == claimant.role).then_some(held)
}

/// Whether the claimant gets the task. `lane` is what a preflight of the lane said, where the task has
/// one: the proof that it is fit, or all reasons why not.
pub(crate) fn claim(
    scene: Scene<'_>,
    claimant: Claimant<'_>,
    lane: Result<Option<LanePreflight>, Vec<Reason>>,
) -> Answer<TaskClaim> {
    if let Some(held) = holds(scene.standing, claimant, scene.now) {
        return Answer::Holds(held.event);
    }
    let mut reasons = Vec::new();
    reasons.extend(wrong_role(scene, claimant.role));
    reasons.extend(scene.done.map(|event| is_done(scene.task, event)));
    reasons.extend(is_blocked(scene.task, scene.standing, Some(scene.now)));
    if let Some(held) = scene.standing.live(scene.now) {
        reasons.push(held_by_other(scene.task, held));
    }
    reasons.extend(scene.open.iter().map(|dependency| waits_for(scene.task, dependency)));
    let until = ends(scene, claimant.lease).map_err(|reason| reasons.push(reason)).ok();
    let lane = lane.map_err(|why| reasons.extend(why)).ok();
    match (lane, until) {
        (Some(preflight), Some(until)) if reasons.is_empty() => Answer::Granted(TaskClaim {
            role: claimant.role.into(),
            owner: claimant.owner.into(),
            since: scene.now,
            until,
            preflight,
            took_over: taken_over(scene, claimant.owner),
        }),
        _ => Answer::Refused(reasons),
    }
}

/// Whether the owner's lease may run on from now.
pub(crate) fn renew(scene: Scene<'_>, owner: &str, lease: Duration) -> Answer<TaskClaim> {
    let task = &scene.task.id;
    let mut reasons: Vec<Reason> =
        scene.done.map(|event| is_done(scene.task, event)).into_iter().collect();
    let held = holder(scene, owner).map_err(|reason| reasons.push(reason)).ok();
    if let Some(held) = held.filter(|held| held.claim.until <= scene.now) {
        let (until, role) = (held.claim.until, &held.claim.role);
        let message = format!("the lease of {} ended at {until}", held.claim.owner);
        let next = format!("merge-queue claim {task} --role {role} --owner OWNER");
        reasons.push(Reason::new("lease_over", message, next));
    }
    let until = ends(scene, lease).map_err(|reason| reasons.push(reason)).ok();
    match (held, until) {
        (Some(held), Some(until)) if reasons.is_empty() => {
            Answer::Granted(TaskClaim { until, took_over: None, ..held.claim.clone() })
        }
        _ => Answer::Refused(reasons),
    }
}

/// Whether the owner's claim may be given up. One whose lease is over may, too.
pub(crate) fn release(scene: Scene<'_>, owner: &str, reason: Option<&str>) -> Answer<Release> {
    match holder(scene, owner) {
        Ok(held) => Answer::Granted(Release {
            owner: held.claim.owner.clone(),
            reason: reason.map(Into::into),
        }),
        Err(reason) => Answer::Refused(vec![reason]),
    }
}

/// When a lease that begins now ends.
fn ends(scene: Scene<'_>, lease: Duration) -> Result<Stamp, Reason> {
    scene.now.after(lease).ok_or_else(|| {
        let message = "the lease ends after the end of the calendar";
        Reason::new("lease_too_long", message, "give a shorter --lease")
    })
}

/// The newest claim, if it is the owner's.
fn holder<'a>(scene: Scene<'a>, owner: &str) -> Result<&'a Held, Reason> {
    let task = &scene.task.id;
    match &scene.standing.claim {
        None => {
            let message = format!("nobody has claimed {task}");
            let next = format!("merge-queue claim {task} --role ROLE --owner OWNER");
            Err(Reason::new("not_claimed", message, next))
        }
        Some(held) if folded(&held.claim.owner) != folded(owner) => {
            Err(held_by_other(scene.task, held))
        }
        Some(held) => Ok(held),
    }
}

/// That the role is no role, or not the one that the task is defined for.
fn wrong_role(scene: Scene<'_>, role: &str) -> Option<Reason> {
    let task = &scene.task.id;
    if let Some(defined) = scene.task.role.as_deref().filter(|defined| *defined != role) {
        let message = format!("{task} is for {defined}, not for {role}");
        let next = format!("merge-queue claim {task} --role {defined} --owner OWNER");
        return Some(Reason::new("wrong_role", message, next));
    }
    if scene.definitions.roles.contains_key(role) {
        return None;
    }
    let names: Vec<&str> = scene.definitions.roles.keys().map(String::as_str).collect();
    let next = match names.as_slice() {
        [] => format!("define roles in {}", scene.definitions.file.display()),
        names => format!("claim it as one of: {}", names.join(", ")),
    };
    Some(Reason::new("unknown_role", format!("'{role}' is no role"), next))
}

/// That the task is done.
pub(crate) fn is_done(task: &Task, event: u64) -> Reason {
    let next = format!("merge-queue set-status {} todo --reopen --reason WHY", task.id);
    Reason::new("task_done", format!("{} is done since event {event}", task.id), next)
}

/// That somebody says that the task is blocked. Without a time, no lease counts as running.
pub(crate) fn is_blocked(task: &Task, standing: &Standing, now: Option<Stamp>) -> Option<Reason> {
    let said = standing.blocked()?;
    let why = said.change.reason.as_deref().unwrap_or("no reason was given");
    let message = format!("{} is blocked since event {}: {why}", task.id, said.event);
    let begun = standing.worked || now.is_some_and(|now| standing.live(now).is_some());
    let to = if begun { TaskState::InProgress } else { TaskState::Todo };
    let next = format!("when that is resolved: merge-queue set-status {} {}", task.id, to.as_str());
    Some(Reason::new("task_blocked", message, next))
}

/// That something else must be done first.
pub(crate) fn waits_for(task: &Task, dependency: &TaskId) -> Reason {
    let message = format!("{} depends on {dependency}, which is not done", task.id);
    Reason::new("dependency_open", message, format!("merge-queue log {dependency}"))
}

/// That somebody else has the task.
pub(crate) fn held_by_other(task: &Task, held: &Held) -> Reason {
    let (owner, role, until) = (&held.claim.owner, &held.claim.role, held.claim.until);
    let message = format!("{owner} has {} as {role} until {until} (event {})", task.id, held.event);
    let owner = repo::shell_words([owner]);
    let next = format!(
        "wait for the end of the lease; or, when {owner} has stopped: merge-queue release {} --owner {owner}",
        task.id
    );
    Reason::new("claimed_by_other", message, next)
}

/// The lapsed claim of somebody else, which a new claim ends.
fn taken_over(scene: Scene<'_>, owner: &str) -> Option<TakenOver> {
    let held = scene.standing.lapsed(scene.now)?;
    (folded(&held.claim.owner) != folded(owner)).then(|| TakenOver {
        owner: held.claim.owner.clone(),
        until: held.claim.until,
        event: held.event,
    })
}
