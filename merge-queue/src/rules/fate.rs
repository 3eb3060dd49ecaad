//! What becomes of a task that is to land, once it was judged.

use std::collections::BTreeSet;

use records::TaskId;
use records::merge_queue::Readiness;

use crate::rules::definitions::Task;

/// What to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It may land.
    Lands,
    /// Nothing is missing, but it does not fit the base any more: it conflicts, or would change more or less
    /// than was reviewed. Back to its implementer.
    Misfit,
    /// What it depends on is about to land.
    Waits,
    /// It may not land.
    Refused,
}

/// Decides. `open` are the tasks that it depends on and that are not done, `trying` those that are about to
/// land in the same call.
pub(crate) fn fate(
    readiness: &Readiness,
    task: &Task,
    open: &BTreeSet<&TaskId>,
    trying: &BTreeSet<&TaskId>,
) -> Fate {
    const MISFIT: [&str; 2] = ["merge_conflict", "merge_differs"];
    let codes: BTreeSet<&str> = readiness.reasons.iter().map(|r| r.code.as_str()).collect();
    let in_sight = !open.is_empty() && open.iter().all(|id| **id != task.id && trying.contains(id));
    if readiness.ready {
        Fate::Lands
    } else if codes.is_empty() {
        // A no without a reason is a no.
        Fate::Refused
    } else if in_sight
        && codes.iter().all(|code| *code == "dependency_open" || MISFIT.contains(code))
    {
        // Whether it conflicts is asked again when they have landed.
        Fate::Waits
    } else if codes.iter().all(|code| MISFIT.contains(code)) {
        Fate::Misfit
    } else {
        Fate::Refused
    }
}
