//! Tasks that are added to the ones of the definitions' file, and what is wrong with some.

use std::collections::{BTreeMap, BTreeSet};

use records::merge_queue::Mistake;
use records::{Reason, TaskDefinition, TaskId};

use crate::rules::definitions::{Definitions, Task};
use crate::rules::globs::Globs;
use crate::rules::validate::no_command;

/// What becomes of tasks that are to be added.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Checked {
    /// Those that are new, by their place.
    pub(crate) fresh: Vec<usize>,
    /// Those that are there already with the same fields.
    pub(crate) present: Vec<usize>,
    /// What is wrong, by place, in the order of the places.
    pub(crate) wrong: Vec<(usize, Reason)>,
}

/// Checks tasks that are to be added together. They may depend on each other and on what is defined.
pub(crate) fn check(definitions: &Definitions, new: &[TaskDefinition]) -> Checked {
    let mut checked = Checked::default();
    let mut ids: BTreeMap<&TaskId, usize> = BTreeMap::new();
    let mut issues: BTreeSet<u64> =
        definitions.tasks.iter().filter_map(|task| task.issue).map(|issue| issue.0).collect();
    let known: BTreeSet<&TaskId> = definitions
        .tasks
        .iter()
        .map(|task| &task.id)
        .chain(new.iter().map(|task| &task.id))
        .collect();
    for (place, task) in new.iter().enumerate() {
        let mut wrong = |code: &str, message: String, next: &str| {
            checked.wrong.push((place, Reason::new(code, message, next)));
        };
        if let Some(there) = definitions.tasks.iter().find(|there| there.id == task.id) {
            if there.definition() == *task {
                checked.present.push(place);
            } else {
                let message = format!("{} is there already, with other fields", task.id);
                wrong("duplicate_id", message, "change it where it is defined, or take another id");
            }
            continue;
        }
        if let Some(first) = ids.insert(&task.id, place) {
            let message = format!("{} is given twice, first in place {}", task.id, first + 1);
            wrong("duplicate_id", message, "give it once");
            continue;
        }
        if task.title.trim().is_empty() {
            wrong("empty_title", format!("{} has no title", task.id), "give it a title");
        }
        if let Some(role) = task.role.as_ref().filter(|role| !definitions.roles.contains_key(*role))
        {
            let names: Vec<&str> = definitions.roles.keys().map(String::as_str).collect();
            wrong(
                "unknown_role",
                format!("'{role}' is no role"),
                &format!("the roles are: {}", names.join(", ")),
            );
        }
        if let Some(issue) = task.issue.filter(|issue| !issues.insert(issue.0)) {
            wrong(
                "duplicate_issue",
                format!("issue {issue} has a task already"),
                "leave the issue out",
            );
        }
        for dependency in task.depends_on.iter().filter(|id| !known.contains(id)) {
            let message = format!("{} depends on '{dependency}', which is no task", task.id);
            wrong("unknown_dependency", message, "add that task, too, or leave it out");
        }
        let why = task.acceptance_checks.iter().find_map(|check| no_command(check));
        if let Some(why) = why {
            let message = format!("{}: an acceptance check {why}", task.id);
            wrong("bad_check", message, "correct it, or leave it out");
        }
        for glob in &task.paths {
            if let Err(why) = Globs::default().add(glob) {
                wrong("bad_glob", why, "correct the glob");
            }
        }
        if let Some(key) = task.extra.keys().next() {
            let message = format!("'{key}' is no field of a task");
            wrong("unknown_key", message, "leave it out, or put it into notes");
        }
        checked.fresh.push(place);
    }
    for place in circles(new) {
        let message = format!("{} waits for itself", new.get(place).map_or("", |t| t.id.as_str()));
        let next = "leave one of the dependencies out";
        checked.wrong.push((place, Reason::new("dependency_cycle", message, next)));
    }
    checked.wrong.sort_by_key(|(place, _)| *place);
    checked
}

/// The places of tasks that wait for each other. What was there before depends on none of these.
fn circles(new: &[TaskDefinition]) -> Vec<usize> {
    let mut left: BTreeMap<&TaskId, usize> = new.iter().map(|t| &t.id).zip(0..).collect();
    loop {
        let waits = |place: usize| {
            new.get(place)
                .is_some_and(|task| task.depends_on.iter().any(|id| left.contains_key(id)))
        };
        let free: Vec<&TaskId> =
            left.iter().filter(|(_, place)| !waits(**place)).map(|(id, _)| *id).collect();
        if free.is_empty() {
            break;
        }
        left.retain(|id, _| !free.contains(id));
    }
    // Whoever only waits for a circle is none.
    loop {
        let needed: BTreeSet<&TaskId> =
            left.values().filter_map(|place| new.get(*place)).flat_map(|t| &t.depends_on).collect();
        if left.keys().all(|id| needed.contains(id)) {
            return left.into_values().collect();
        }
        left.retain(|id, _| needed.contains(id));
    }
}

/// Joins the tasks that were added to those of the file. One that the file has, too, is the file's; one
/// that is not sound any more, because its role is gone, is a mistake until the file or the role has it.
pub(crate) fn join(
    definitions: &mut Definitions,
    journal: &str,
    added: Vec<(u64, Vec<TaskDefinition>)>,
) {
    let of_file: BTreeSet<TaskId> = definitions.tasks.iter().map(|task| task.id.clone()).collect();
    for (event, tasks) in added {
        let tasks: Vec<TaskDefinition> =
            tasks.into_iter().filter(|task| !of_file.contains(&task.id)).collect();
        let checked = check(definitions, &tasks);
        for (_, reason) in checked.wrong {
            definitions.mistakes.push(Mistake {
                code: reason.code,
                file: journal.into(),
                line: 0,
                column: 0,
                message: format!("event {event}: {}", reason.message),
            });
        }
        let fresh = tasks.into_iter().zip(0..).filter(|(_, place)| checked.fresh.contains(place));
        definitions.tasks.extend(fresh.map(|(task, _)| Task::added(task, event)));
    }
}
