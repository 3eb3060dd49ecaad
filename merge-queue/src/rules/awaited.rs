//! Which roles a task that is handed over waits for, as far as the journal tells. Whether an approval holds for
//! today's diff is `merge-ready`'s to say.

use std::collections::BTreeMap;

use records::merge_queue::RequiredRole;
use records::{QueueEvent, ReviewStatus, TaskId};

use crate::history::History;
use crate::rules::definitions::Definitions;
use crate::rules::diff::Change;
use crate::rules::route;
use crate::rules::survey::{Survey, Surveyed};

/// The reviews that are waited for: by task, the roles with what demands them.
pub(crate) type Awaited = BTreeMap<TaskId, Vec<RequiredRole>>;

/// Whether the task may wait for reviews.
pub(crate) fn waits(surveyed: &Surveyed<'_>) -> bool {
    let standing = &surveyed.standing;
    standing.in_review && surveyed.done.is_none() && standing.blocked().is_none()
}

/// Looks at every task that waits, whose events `history` has.
pub(crate) fn awaited(
    definitions: &Definitions,
    survey: &Survey<'_>,
    history: &History,
) -> Awaited {
    if survey.unsure.is_some() {
        return Awaited::new();
    }
    let waiting = survey.tasks.iter().filter(|surveyed| waits(surveyed));
    let found = waiting.map(|surveyed| {
        let id = &surveyed.task.id;
        let events: Vec<&QueueEvent> = history.of(id).collect();
        (id.clone(), of_task(definitions, &events))
    });
    found.filter(|(_, roles)| !roles.is_empty()).collect()
}

/// The roles that the files of the newest handoff demand and that have not approved its commit.
fn of_task(definitions: &Definitions, events: &[&QueueEvent]) -> Vec<RequiredRole> {
    let Some(handoff) = events.iter().rev().find_map(|event| event.handoff.as_ref()) else {
        return Vec::new();
    };
    let changes: Vec<Change> = handoff
        .changed_files
        .iter()
        .map(|path| Change { path: path.clone().into_bytes(), old: None, new: None })
        .collect();
    // What was said before events were lost does not count any more.
    let since = events.iter().rposition(|event| event.lost.is_some()).unwrap_or(0);
    let mut required = route::required(&definitions.routes, &changes);
    required.retain(|required| {
        let said = events.iter().skip(since).rev().filter_map(|event| event.review.as_ref());
        let newest = said.into_iter().find(|review| review.role == required.role);
        !newest.is_some_and(|review| {
            review.status == ReviewStatus::Approved && review.commit == handoff.commit
        })
    });
    required
}
