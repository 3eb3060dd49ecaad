//! Where every task stands, in the order in which tasks are taken.

#[cfg(test)]
use std::collections::BTreeSet;
use std::collections::HashSet;
use std::sync::OnceLock;

use records::merge_queue::Mistake;
use records::{Reason, Stamp, TaskId, TaskState};

#[cfg(test)]
use crate::history::History;
#[cfg(test)]
use crate::rules::account;
use crate::rules::account::{Stand, Stands};
use crate::rules::definitions::{Definitions, Task};
use crate::rules::standing::Standing;

/// Every task at one moment.
#[derive(Debug)]
pub(crate) struct Survey<'a> {
    /// The tasks in the order in which they are taken: by priority, then by sequence, then the older
    /// first, which is the order of the definitions.
    pub(crate) tasks: Vec<Surveyed<'a>>,
    /// When.
    pub(crate) now: Stamp,
    /// Why nothing may be claimed whatever the tasks look like: what cannot be read may forbid it.
    pub(crate) unsure: Option<Reason>,
    /// The tasks that are done, once somebody asks.
    done: OnceLock<HashSet<&'a TaskId>>,
}

/// A task at one moment.
#[derive(Debug)]
pub(crate) struct Surveyed<'a> {
    /// The task.
    pub(crate) task: &'a Task,
    /// What its events amount to.
    pub(crate) standing: Box<Standing>,
    /// The event that makes it done, if it is.
    pub(crate) done: Option<u64>,
}

impl<'a> Survey<'a> {
    /// From the journal. `reached` holds the commits of landings that the base has.
    #[cfg(test)]
    pub(crate) fn new(
        definitions: &'a Definitions,
        history: &History,
        reached: &BTreeSet<String>,
        now: Stamp,
    ) -> Self {
        let stands = account::stands(&history.events, reached);
        Self::of(definitions, stands, history.damage.first(), now)
    }

    /// From where the tasks stand that have events. `damage` is why the journal cannot be relied upon.
    pub(crate) fn of(
        definitions: &'a Definitions,
        mut stands: Stands,
        damage: Option<&Mistake>,
        now: Stamp,
    ) -> Self {
        let mut tasks: Vec<&Task> = definitions.tasks.iter().collect();
        tasks.sort_by_key(|task| task.rank());
        let surveyed = tasks.into_iter().map(|task| {
            let Stand { standing, done } = stands.remove(&task.id).unwrap_or_default();
            Surveyed { task, standing, done }
        });
        let (tasks, done) = (surveyed.collect(), OnceLock::new());
        Self { tasks, now, unsure: unsure(definitions, damage), done }
    }

    /// Where a task stands.
    pub(crate) fn state(&self, surveyed: &Surveyed<'_>) -> TaskState {
        surveyed.standing.state(surveyed.done.is_some(), self.now)
    }

    /// What the task depends on and is not done.
    pub(crate) fn open<'t>(&self, task: &'t Task) -> impl Iterator<Item = &'t TaskId> {
        let done = self.done.get_or_init(|| {
            let done = self.tasks.iter().filter(|surveyed| surveyed.done.is_some());
            done.map(|surveyed| &surveyed.task.id).collect()
        });
        task.depends_on.iter().filter(|id| !done.contains(id))
    }
}

fn unsure(definitions: &Definitions, damage: Option<&Mistake>) -> Option<Reason> {
    let (code, mistake) = match (definitions.mistakes.first(), damage) {
        (Some(mistake), _) => ("definitions_invalid", mistake),
        (None, Some(damage)) => ("journal_damaged", damage),
        (None, None) => return None,
    };
    let message = format!("{}:{}: {}", mistake.file, mistake.line, mistake.message);
    Some(Reason::new(code, message, "merge-queue validate"))
}
