//! Whether a task is done: computed from its events and from what the base branch holds, never stored.

use std::collections::BTreeSet;

use records::{Landed, QueueEvent, TaskState};

/// The landing that brought the task in, if its work is in the base.
///
/// `reached` holds the commits of [`landings`] that are reachable from the base. That a landing was
/// recorded is not enough: work counts as done when the base has it. A handoff of another commit
/// after the landing opens the task again.
pub(crate) fn landed<'a>(
    events: impl DoubleEndedIterator<Item = &'a QueueEvent>,
    reached: &BTreeSet<String>,
) -> Option<(&'a QueueEvent, &'a Landed)> {
    let mut handed_over = None;
    for event in events.rev() {
        if event.status.as_ref().is_some_and(|change| change.reopened) {
            return None;
        }
        if let Some(handoff) = &event.handoff {
            handed_over.get_or_insert(handoff.commit.as_str());
        }
        if let Some(landing) = &event.landed
            && reached.contains(&landing.base_after)
        {
            let same = handed_over.is_none_or(|commit| commit == landing.commit);
            return same.then_some((event, landing));
        }
    }
    None
}

/// The event that makes the task done: its landing, or somebody's word that it is done with a commit
/// that the base has, for work that was merged by hand. A handoff of another commit, and opening the
/// task again, end that.
pub(crate) fn done<'a>(
    events: impl DoubleEndedIterator<Item = &'a QueueEvent> + Clone,
    reached: &BTreeSet<String>,
) -> Option<&'a QueueEvent> {
    let landed = landed(events.clone(), reached).map(|(event, _)| event);
    let mut handed_over = None;
    for event in events.rev() {
        if let Some(handoff) = &event.handoff {
            handed_over.get_or_insert(handoff.commit.as_str());
        }
        if event.status.is_none() {
            continue;
        }
        // The newest word counts, whatever it is.
        let said = said_done(event).filter(|commit| {
            reached.contains(*commit)
                && handed_over.is_none_or(|handed_over| handed_over == *commit)
        });
        return match (said, landed) {
            (Some(_), Some(landed)) if landed.seq > event.seq => Some(landed),
            (Some(_), _) => Some(event),
            (None, landed) => landed,
        };
    }
    landed
}

/// The commits whose presence in the base decides about these events.
pub(crate) fn landings<'a>(
    events: impl Iterator<Item = &'a QueueEvent>,
) -> impl Iterator<Item = &'a str> {
    events.filter_map(|event| {
        let landed = event.landed.as_ref().map(|landing| landing.base_after.as_str());
        landed.or_else(|| said_done(event))
    })
}

/// The commit with which somebody said that the task is done.
fn said_done(event: &QueueEvent) -> Option<&str> {
    let change = event.status.as_ref().filter(|change| change.to == TaskState::Done)?;
    change.commit.as_deref()
}
