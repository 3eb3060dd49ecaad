//! Tasks that are added to the ones of the definitions' file, and what is wrong with some.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

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

/// What is defined, to be looked up: a queue may have very many tasks.
#[derive(Debug, Default)]
struct Known {
    /// The place of each task.
    tasks: HashMap<TaskId, usize>,
    issues: HashSet<u64>,
}

impl Known {
    /// What these definitions have.
    fn of(definitions: &Definitions) -> Self {
        let mut known = Self::default();
        known.take_in(&definitions.tasks);
        known
    }

    /// Takes in what comes behind what is known already; `tasks` are all.
    fn take_in(&mut self, tasks: &[Task]) {
        for (place, task) in tasks.iter().enumerate().skip(self.tasks.len()) {
            self.tasks.insert(task.id.clone(), place);
            self.issues.extend(task.issue.map(|issue| issue.0));
        }
    }
}

/// Checks tasks that are to be added together. They may depend on each other and on what is defined.
pub(crate) fn check(definitions: &Definitions, new: &[TaskDefinition]) -> Checked {
    check_against(definitions, &Known::of(definitions), new)
}

fn check_against(definitions: &Definitions, known: &Known, new: &[TaskDefinition]) -> Checked {
    let mut checked = Checked::default();
    let mut ids: BTreeMap<&TaskId, usize> = BTreeMap::new();
    let mut issues: BTreeSet<u64> = BTreeSet::new();
    let together: HashSet<&TaskId> = new.iter().map(|task| &task.id).collect();
    let is_task = |id: &TaskId| known.tasks.contains_key(id) || together.contains(id);
    for (place, task) in new.iter().enumerate() {
        let mut wrong = |code: &str, message: String, next: &str| {
            checked.wrong.push((place, Reason::new(code, message, next)));
        };
        let there = known.tasks.get(&task.id).and_then(|place| definitions.tasks.get(*place));
        if let Some(there) = there {
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
        let mut taken = |issue: u64| known.issues.contains(&issue) || !issues.insert(issue);
        if let Some(issue) = task.issue.filter(|issue| taken(issue.0)) {
            wrong(
                "duplicate_issue",
                format!("issue {issue} has a task already"),
                "leave the issue out",
            );
        }
        for dependency in task.depends_on.iter().filter(|id| !is_task(id)) {
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
    let places: HashMap<&TaskId, usize> = new.iter().map(|task| &task.id).zip(0..).collect();
    let mut waits_for: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); new.len()];
    let mut needed_by = waits_for.clone();
    for (place, task) in
        new.iter().enumerate().filter(|(at, task)| places.get(&task.id) == Some(at))
    {
        for dependency in task.depends_on.iter().filter_map(|id| places.get(id)) {
            if let Some(they) = waits_for.get_mut(place) {
                they.insert(*dependency);
            }
            if let Some(they) = needed_by.get_mut(*dependency) {
                they.insert(place);
            }
        }
    }
    let mut left = vec![true; new.len()];
    // Who waits for nobody is in no circle, and whoever nobody waits for only waits for one.
    peel(&mut left, &waits_for, &needed_by);
    peel(&mut left, &needed_by, &waits_for);
    (0..).zip(left).filter(|(_, left)| *left).map(|(place, _)| place).collect()
}

/// Takes away whoever points at nobody that is left, again and again. `back` has the arrows turned round.
fn peel(left: &mut [bool], arrows: &[BTreeSet<usize>], back: &[BTreeSet<usize>]) {
    let is_left = |left: &[bool], place: usize| left.get(place).copied().unwrap_or(false);
    let mut open: Vec<usize> =
        arrows.iter().map(|to| to.iter().filter(|to| is_left(left, **to)).count()).collect();
    let mut free: Vec<usize> = (0..left.len())
        .filter(|place| is_left(left, *place) && open.get(*place) == Some(&0))
        .collect();
    while let Some(place) = free.pop() {
        left.get_mut(place).into_iter().for_each(|left| *left = false);
        for from in back.get(place).into_iter().flatten() {
            let Some(count) = open.get_mut(*from).filter(|_| is_left(left, *from)) else {
                continue;
            };
            *count -= 1;
            if *count == 0 {
                free.push(*from);
            }
        }
    }
}

/// Joins the tasks that were added to those of the file. One that the file has, too, is the file's; one
/// that is not sound any more, because its role is gone, is a mistake until the file or the role has it.
pub(crate) fn join(
    definitions: &mut Definitions,
    journal: &str,
    added: Vec<(u64, Vec<TaskDefinition>)>,
) {
    let of_file: HashSet<TaskId> = definitions.tasks.iter().map(|task| task.id.clone()).collect();
    let mut known = Known::of(definitions);
    for (event, tasks) in added {
        let tasks: Vec<TaskDefinition> =
            tasks.into_iter().filter(|task| !of_file.contains(&task.id)).collect();
        let checked = check_against(definitions, &known, &tasks);
        for (_, reason) in checked.wrong {
            definitions.mistakes.push(Mistake {
                code: reason.code,
                file: journal.into(),
                line: 0,
                column: 0,
                message: format!("event {event}: {}", reason.message),
            });
        }
        let fresh = tasks
            .into_iter()
            .zip(0..)
            .filter(|(_, place)| checked.fresh.binary_search(place).is_ok());
        definitions.tasks.extend(fresh.map(|(task, _)| Task::added(task, event)));
        known.take_in(&definitions.tasks);
    }
}
