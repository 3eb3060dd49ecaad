//! Where events are lost, what was recorded before speaks for a task no more: one that is lost may have said
//! otherwise. What speaks against it still does.

use records::{QueueEvent, Reason, TaskId};

use super::Question;
use crate::rules::numbering::shown;

/// That `event`, which is about `task`, was recorded before others about it were lost.
pub(super) fn voids(
    question: Question<'_>,
    task: &TaskId,
    event: &QueueEvent,
    next: impl FnOnce() -> String,
) -> Option<Reason> {
    let accepted = question.history.loss(task).filter(|accepted| event.seq < accepted.seq)?;
    let lost = accepted.lost.iter().flat_map(|loss| loss.events.iter().map(|range| shown(*range)));
    let lost = lost.collect::<Vec<_>>().join(", ");
    let message = format!("event {} does not count since the loss of {lost}", event.seq);
    Some(Reason::new("before_loss", message, next()))
}
