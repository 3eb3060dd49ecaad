//! Tasks that somebody should look at: the agent may have stopped (runbook v2, section 4, "Failed-Agent
//! Path"), or the work was sent back.

use std::path::Path;
use std::time::Duration;

use records::Stamp;
use records::merge_queue::Attention;

use crate::rules::survey::Surveyed;

/// A lane, and when something last happened there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lane<'a> {
    /// Its worktree.
    pub(crate) path: &'a Path,
    /// The newest change that git made there; `None` when the lane is not there or cannot be read.
    pub(crate) active: Option<Stamp>,
}

/// What a coordinator should look at: a lease that is over, or one that runs although nothing has
/// happened for `patience`, or work that was sent back and not handed over again.
pub(crate) fn attention(
    surveyed: &Surveyed<'_>,
    lane: Option<Lane<'_>>,
    patience: Duration,
    now: Stamp,
) -> Option<Attention> {
    if surveyed.done.is_some() {
        return None;
    }
    stopped(surveyed, lane, patience, now).or_else(|| sent_back(surveyed))
}

/// `land` has sent it back, and nobody has handed it over again or said that it is blocked.
fn sent_back(surveyed: &Surveyed<'_>) -> Option<Attention> {
    let standing = &surveyed.standing;
    let event = standing.returned.filter(|_| standing.blocked().is_none())?;
    let task = surveyed.task.id.as_str();
    let owner = standing.claim.as_ref().map_or("OWNER", |held| &held.claim.owner);
    let steps = vec![
        repo::shell_words(["merge-queue", "log", task]),
        repo::shell_words(["merge-queue", "handoff", task, "--owner", owner]),
    ];
    let message = format!("event {event} sent it back, and it was not handed over again");
    Some(Attention { code: "returned".into(), message, steps })
}

/// The agent seems to have stopped.
fn stopped(
    surveyed: &Surveyed<'_>,
    lane: Option<Lane<'_>>,
    patience: Duration,
    now: Stamp,
) -> Option<Attention> {
    let held = surveyed.standing.claim.as_ref()?;
    let (id, owner) = (&surveyed.task.id, &held.claim.owner);
    let over = held.claim.until <= now;
    let event = surveyed.standing.last.map(|(_, at)| at);
    let sign = event.max(lane.and_then(|lane| lane.active));
    let quiet = sign.map(|sign| now.since(sign)).filter(|quiet| *quiet >= patience);
    let (code, message) = match (over, quiet) {
        (true, _) => ("lease_over", format!("the lease of {owner} ended at {}", held.claim.until)),
        (false, Some(quiet)) => {
            let quiet = cli::show_duration(quiet);
            ("stalled", format!("{owner} has {id}, and nothing has happened for {quiet}"))
        }
        (false, None) => return None,
    };
    let words = |words: &[&str]| repo::shell_words(words);
    let mut steps = Vec::new();
    if let Some(lane) = lane {
        let path = lane.path.to_string_lossy();
        steps.push(words(&["git", "-C", &path, "status", "--short", "--branch"]));
        steps.push(words(&["worktree-lane", "save", &path]));
    }
    let task = id.as_str();
    let why = format!("{owner} has stopped");
    steps.push(words(&["merge-queue", "release", task, "--owner", owner, "--reason", &why]));
    steps.push(words(&["merge-queue", "set-status", task, "blocked", "--reason", "WHY"]));
    Some(Attention { code: code.into(), message, steps })
}
