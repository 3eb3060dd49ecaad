//! In which order tasks land.

use std::collections::BTreeSet;

use records::TaskId;

use crate::rules::definitions::Task;

/// What others depend on first; then by priority, sequence and age, as tasks are taken. `tasks` come in
/// the order of the definitions.
pub(crate) fn landing_order(mut tasks: Vec<&Task>) -> Vec<TaskId> {
    tasks.sort_by_key(|task| task.rank());
    let mut left: BTreeSet<&TaskId> = tasks.iter().map(|task| &task.id).collect();
    let mut order = Vec::with_capacity(tasks.len());
    while !tasks.is_empty() {
        let free = |task: &&Task| !task.depends_on.iter().any(|id| left.contains(id));
        // Definitions with a circle are refused before anything lands; here it only must not hang.
        let next = tasks.remove(tasks.iter().position(free).unwrap_or(0));
        left.remove(&next.id);
        order.push(next.id.clone());
    }
    order
}
