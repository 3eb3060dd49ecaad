//! Whether a task is done: computed from its events and from what the base branch holds, never stored.

use std::collections::BTreeSet;

use records::{Handoff, Landed, QueueEvent, TaskState};
use serde::{Deserialize, Serialize};

/// What an event says about whether its task is done.
pub(crate) trait Turn {
    /// The commit that it hands over.
    fn hands_over(&self) -> Option<&str>;
    /// The reviewed commit that it lands, and the one that the base moves to with it.
    fn lands(&self) -> Option<(&str, &str)>;
    /// Whether it says where the task stands.
    fn speaks(&self) -> bool;
    /// The commit with which it says that the task is done.
    fn done_with(&self) -> Option<&str>;
    /// Whether it opens a task that was done.
    fn reopens(&self) -> bool;
    /// The commit that takes the task out of the base again.
    fn takes_back(&self) -> Option<&str>;
}

impl Turn for QueueEvent {
    fn hands_over(&self) -> Option<&str> {
        self.handoff.as_ref().map(|handoff| handoff.commit.as_str())
    }

    fn lands(&self) -> Option<(&str, &str)> {
        self.landed.as_ref().map(|landed| (landed.commit.as_str(), landed.base_after.as_str()))
    }

    fn speaks(&self) -> bool {
        self.status.is_some()
    }

    fn done_with(&self) -> Option<&str> {
        let change = self.status.as_ref().filter(|change| change.to == TaskState::Done)?;
        change.commit.as_deref()
    }

    fn reopens(&self) -> bool {
        self.status.as_ref().is_some_and(|change| change.reopened)
    }

    fn takes_back(&self) -> Option<&str> {
        self.reverted.as_ref().map(|reverted| reverted.step.base_after.as_str())
    }
}

/// What is left of an event that has something to say about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trace {
    /// The number of the event.
    pub(crate) event: u64,
    hands_over: Option<String>,
    lands: Option<(String, String)>,
    speaks: bool,
    done_with: Option<String>,
    reopens: bool,
    takes_back: Option<String>,
}

impl Trace {
    /// Of an event; `None` when it has nothing to say about it.
    pub(crate) fn of(event: &QueueEvent) -> Option<Self> {
        let trace = Self {
            event: event.seq,
            hands_over: event.hands_over().map(Into::into),
            lands: event.lands().map(|(commit, after)| (commit.into(), after.into())),
            speaks: event.speaks(),
            done_with: event.done_with().map(Into::into),
            reopens: event.reopens(),
            takes_back: event.takes_back().map(Into::into),
        };
        let silent = trace.hands_over.is_none()
            && trace.lands.is_none()
            && trace.takes_back.is_none()
            && !trace.speaks;
        (!silent).then_some(trace)
    }
}

impl Turn for Trace {
    fn hands_over(&self) -> Option<&str> {
        self.hands_over.as_deref()
    }

    fn lands(&self) -> Option<(&str, &str)> {
        self.lands.as_ref().map(|(commit, after)| (commit.as_str(), after.as_str()))
    }

    fn speaks(&self) -> bool {
        self.speaks
    }

    fn done_with(&self) -> Option<&str> {
        self.done_with.as_deref()
    }

    fn reopens(&self) -> bool {
        self.reopens
    }

    fn takes_back(&self) -> Option<&str> {
        self.takes_back.as_deref()
    }
}

/// The landing that brought the task in, if its work is in the base.
///
/// `reached` holds the commits of [`landings`] that are reachable from the base. That a landing was
/// recorded is not enough: work counts as done when the base has it. A handoff of another commit
/// after the landing opens the task again, and so does a commit of the base that undoes it.
pub(crate) fn landed<'a>(
    events: impl DoubleEndedIterator<Item = &'a QueueEvent>,
    reached: &BTreeSet<String>,
) -> Option<(&'a QueueEvent, &'a Landed)> {
    let (_, event) = arrival(events, reached)?;
    event.landed.as_ref().map(|landing| (event, landing))
}

/// The turn that brought the task in, and its place from the end.
fn arrival<'a, T: Turn>(
    turns: impl DoubleEndedIterator<Item = &'a T>,
    reached: &BTreeSet<String>,
) -> Option<(usize, &'a T)> {
    let mut handed_over = None;
    for (place, turn) in turns.rev().enumerate() {
        if turn.reopens() || is_taken_back(turn, reached) {
            return None;
        }
        if let Some(commit) = turn.hands_over() {
            handed_over.get_or_insert(commit);
        }
        if let Some((commit, after)) = turn.lands()
            && reached.contains(after)
        {
            let same = handed_over.is_none_or(|handed_over| handed_over == commit);
            return same.then_some((place, turn));
        }
    }
    None
}

/// Whether what was there before is out of the base again: it has the commit that undoes it.
fn is_taken_back(turn: &impl Turn, reached: &BTreeSet<String>) -> bool {
    turn.takes_back().is_some_and(|commit| reached.contains(commit))
}

/// The event that makes the task done: its landing, or somebody's word that it is done with a commit
/// that the base has, for work that was merged by hand. A handoff of another commit, and opening the
/// task again, end that.
pub(crate) fn done<'a, T: Turn>(
    turns: impl DoubleEndedIterator<Item = &'a T> + Clone,
    reached: &BTreeSet<String>,
) -> Option<&'a T> {
    let arrival = arrival(turns.clone(), reached);
    let mut handed_over = None;
    for (place, turn) in turns.rev().enumerate() {
        if let Some(commit) = turn.hands_over() {
            handed_over.get_or_insert(commit);
        }
        if is_taken_back(turn, reached) {
            break;
        }
        // The newest word counts, whatever it is.
        if !turn.speaks() {
            continue;
        }
        let said = turn.done_with().filter(|commit| {
            reached.contains(*commit)
                && handed_over.is_none_or(|handed_over| handed_over == *commit)
        });
        return match (said, arrival) {
            (Some(_), Some((newer, landed))) if newer < place => Some(landed),
            (Some(_), _) => Some(turn),
            (None, arrival) => arrival.map(|(_, landed)| landed),
        };
    }
    arrival.map(|(_, landed)| landed)
}

/// The handoff that makes the task done as soon as the base has its commit, however it came there: the newest,
/// of some change, unless something was decided about the task since then.
pub(crate) fn merged_by_hand<'a>(
    mut events: impl DoubleEndedIterator<Item = &'a QueueEvent>,
) -> Option<&'a Handoff> {
    let newest = events.rfind(|event| {
        let landed = event.landed.is_some() && event.kind == "landed";
        let undone = event.reverted.is_some() || event.returned.is_some();
        event.handoff.is_some() || event.status.is_some() || landed || undone
    })?;
    newest.handoff.as_ref().filter(|handoff| !handoff.changed_files.is_empty())
}

/// The commits whose presence in the base decides about these events.
pub(crate) fn landings<'a, T: Turn + 'a>(
    turns: impl Iterator<Item = &'a T>,
) -> impl Iterator<Item = &'a str> {
    turns.filter_map(|turn| {
        let after = turn.lands().map(|(_, after)| after);
        after.or_else(|| turn.done_with()).or_else(|| turn.takes_back())
    })
}
