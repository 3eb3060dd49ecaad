//! Who is on the other side of a conflict.

use std::collections::BTreeSet;

use cli::Failure;
use records::TaskId;

use crate::commands::merge_ready::World;
use crate::desk::Desk;
use crate::rules::diff::path_text;

/// The tasks that landed changes to one of `paths` after a branch left the base at `merge_base`, the
/// newest first.
pub(super) fn against(
    desk: &Desk,
    world: &World,
    merge_base: &str,
    paths: &[String],
) -> Result<Vec<TaskId>, Failure> {
    let paths: BTreeSet<&str> = paths.iter().map(String::as_str).collect();
    let mut tasks = Vec::new();
    for event in world.history.events.iter().rev().filter(|event| event.kind == "landed") {
        let (Some(task), Some(landed)) = (&event.task, &event.landed) else { continue };
        if tasks.contains(task)
            || !world.surroundings.reached.contains(&landed.base_after)
            || desk.objects.reachable(&landed.base_after, merge_base)?
        {
            continue;
        }
        let changes = desk.objects.diff(&landed.base_before, &landed.base_after)?;
        if changes.iter().any(|change| paths.contains(path_text(&change.path).as_str())) {
            tasks.push(task.clone());
        }
    }
    Ok(tasks)
}
