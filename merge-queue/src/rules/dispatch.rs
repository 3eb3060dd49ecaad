//! Which tasks may be claimed now, and what each role should do next (runbook v2, sections 1 and 4).

#[cfg(test)]
mod properties;

use std::collections::BTreeSet;

use records::merge_queue::{NextAction, Recommendation};
use records::{Reason, TaskId, TaskState};

use crate::rules::awaited::Awaited;
use crate::rules::claim;
use crate::rules::definitions::Definitions;
use crate::rules::survey::{Survey, Surveyed};

/// Everything that keeps a task from being claimed now, its lane apart; empty when nothing does.
pub(crate) fn blockers(survey: &Survey<'_>, surveyed: &Surveyed<'_>) -> Vec<Reason> {
    let (task, standing) = (surveyed.task, &surveyed.standing);
    let mut reasons: Vec<Reason> = survey.unsure.clone().into_iter().collect();
    reasons.extend(surveyed.done.map(|event| claim::is_done(task, event)));
    reasons.extend(claim::is_blocked(task, standing, Some(survey.now)));
    reasons.extend(standing.live(survey.now).map(|held| claim::held_by_other(task, held)));
    if standing.in_review && surveyed.done.is_none() {
        let message = format!("{} is handed over and waits for review", task.id);
        let next = format!("merge-queue merge-ready {}", task.id);
        reasons.push(Reason::new("in_review", message, next));
    }
    reasons.extend(survey.open(task).map(|dependency| claim::waits_for(task, dependency)));
    reasons
}

/// What each role should do next, in the order of their names: go on with what is begun, else review what
/// waits for it, else claim the first task that may be claimed, else wait. A task without a role is offered
/// to one role only.
pub(crate) fn recommendations(
    definitions: &Definitions,
    survey: &Survey<'_>,
    awaited: &Awaited,
) -> Vec<Recommendation> {
    let mut offered = BTreeSet::new();
    let all = definitions.roles.keys().map(|role| {
        go_on(survey, role)
            .or_else(|| review(survey, awaited, role))
            .or_else(|| begin(definitions, survey, role, &mut offered))
            .unwrap_or_else(|| wait(survey, role))
    });
    all.collect()
}

/// Going on with a task that the role has begun: first with what somebody has a lease for.
fn go_on(survey: &Survey<'_>, role: &str) -> Option<Recommendation> {
    let begun = |surveyed: &&Surveyed<'_>| {
        let standing = &surveyed.standing;
        let theirs = match (&surveyed.task.role, &standing.claim) {
            (_, Some(held)) => held.claim.role == role,
            (Some(of), None) => of == role,
            (None, None) => false,
        };
        let held = standing.claim.is_some();
        let state = survey.state(surveyed);
        // A lease that is over leaves a task that may be half done.
        theirs
            && (state == TaskState::InProgress || (state == TaskState::Todo && held))
            && (held || !standing.in_review)
    };
    let tasks = || survey.tasks.iter().filter(begun);
    let running = tasks().find(|surveyed| surveyed.standing.live(survey.now).is_some());
    let surveyed = running.or_else(|| tasks().next())?;
    let (id, claim) = (&surveyed.task.id, surveyed.standing.claim.as_ref().map(|held| &held.claim));
    let owner = claim.map(|claim| claim.owner.clone());
    let (why, command) = match (claim, running) {
        (Some(claim), Some(_)) => {
            let owner = repo::shell_words([&claim.owner]);
            let why = format!("{} has it until {}", claim.owner, claim.until);
            (why, format!("merge-queue renew {id} --owner {owner}"))
        }
        (claim, _) => {
            let why = claim.map_or_else(
                || "work is recorded, and nobody has it".to_owned(),
                |claim| format!("the lease of {} ended at {}", claim.owner, claim.until),
            );
            (why, format!("merge-queue claim {id} --role {role} --owner OWNER"))
        }
    };
    Some(Recommendation { owner, ..recommend(role, NextAction::Continue, surveyed, why, command) })
}

/// Reviewing the first task that waits for the role.
fn review(survey: &Survey<'_>, awaited: &Awaited, role: &str) -> Option<Recommendation> {
    let mut waiting = survey.tasks.iter().filter_map(|surveyed| {
        let roles = awaited.get(&surveyed.task.id)?;
        Some((surveyed, roles.iter().find(|required| required.role == role)?))
    });
    let (surveyed, required) = waiting.next()?;
    let paths = required.paths.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = match required.paths.len().saturating_sub(3) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let others = match waiting.count() {
        0 => String::new(),
        1 => "; 1 more task waits".into(),
        count => format!("; {count} more tasks wait"),
    };
    let why = format!("it is handed over and changes {paths}{more}{others}");
    let id = surveyed.task.id.as_str();
    let words = repo::shell_words(["merge-queue", "review", id, "--role", role]);
    let command = format!("{words} --reviewer REVIEWER --status STATUS");
    Some(recommend(role, NextAction::Review, surveyed, why, command))
}

/// Claiming the first task that may be claimed.
fn begin<'a>(
    definitions: &Definitions,
    survey: &Survey<'a>,
    role: &str,
    offered: &mut BTreeSet<&'a TaskId>,
) -> Option<Recommendation> {
    let reviews = definitions.roles.get(role).is_some_and(|role| role.reviewer);
    let surveyed = survey.tasks.iter().find(|surveyed| {
        let task = surveyed.task;
        let theirs = match task.role.as_deref() {
            Some(of) => of == role,
            None => !reviews && !offered.contains(&task.id),
        };
        theirs && blockers(survey, surveyed).is_empty()
    })?;
    offered.insert(&surveyed.task.id);
    let why = format!("it has priority {} and nothing blocks it", surveyed.task.priority);
    let command = format!("merge-queue claim {} --role {role} --owner OWNER", surveyed.task.id);
    Some(recommend(role, NextAction::Claim, surveyed, why, command))
}

fn wait(survey: &Survey<'_>, role: &str) -> Recommendation {
    let theirs = |surveyed: &&Surveyed<'_>| surveyed.task.role.as_deref() == Some(role);
    let open = survey.tasks.iter().filter(theirs).filter(|s| s.done.is_none()).count();
    let (why, command) = match open {
        0 => ("no task is for this role".to_owned(), None),
        1 => ("its one task is blocked".to_owned(), Some(())),
        count => (format!("all of its {count} tasks are blocked"), Some(())),
    };
    Recommendation {
        role: role.into(),
        action: NextAction::Wait,
        task: None,
        title: None,
        owner: None,
        why,
        command: command.map(|()| format!("merge-queue ready --role {role} --explain")),
    }
}

fn recommend(
    role: &str,
    action: NextAction,
    surveyed: &Surveyed<'_>,
    why: String,
    command: String,
) -> Recommendation {
    Recommendation {
        role: role.into(),
        action,
        task: Some(surveyed.task.id.clone()),
        title: Some(surveyed.task.title.clone()),
        owner: None,
        why,
        command: Some(command),
    }
}
