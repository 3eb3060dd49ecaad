//! Where a task stands: computed from its events and from what the base branch holds, never stored.

use std::collections::BTreeSet;

use records::{Landed, QueueEvent};

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

/// The commits whose presence in the base decides about these events.
pub(crate) fn landings<'a>(
    events: impl Iterator<Item = &'a QueueEvent>,
) -> impl Iterator<Item = &'a str> {
    events.filter_map(|event| event.landed.as_ref()).map(|landing| landing.base_after.as_str())
}

/// `todo`, `in_progress` or `done`.
pub(crate) fn name(has_events: bool, landed: bool) -> &'static str {
    match (has_events, landed) {
        (_, true) => "done",
        (true, false) => "in_progress",
        (false, false) => "todo",
    }
}
