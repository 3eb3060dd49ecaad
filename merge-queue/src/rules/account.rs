//! What the events of each task amount to, as far as git need not be asked: a fold over the journal.

use std::collections::{BTreeSet, HashMap};

use records::{QueueEvent, TaskId};

use crate::rules::standing::Standing;
use crate::rules::state::{self, Trace};

/// What the events of one task amount to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Account {
    /// Who works on it and what was said about it.
    pub(crate) standing: Standing,
    /// What decides whether it is done.
    pub(crate) traces: Vec<Trace>,
}

impl Account {
    /// Takes the next event in.
    pub(crate) fn take_in(&mut self, event: &QueueEvent) {
        self.standing.apply(event);
        self.traces.extend(Trace::of(event));
    }

    /// The event that makes the task done, if it is.
    pub(crate) fn done(&self, reached: &BTreeSet<String>) -> Option<u64> {
        state::done(self.traces.iter(), reached).map(|trace| trace.event)
    }
}

/// Where a task stands, with what git says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Stand {
    /// What its events amount to. Boxed: there may be very many, and they are sorted and looked up.
    pub(crate) standing: Box<Standing>,
    /// The event that makes it done, if it is.
    pub(crate) done: Option<u64>,
}

/// The tasks that have events, by their ids.
pub(crate) type Stands = HashMap<TaskId, Stand>;

/// Where every task stands that has events. `reached` holds the commits of landings that the base has.
pub(crate) fn stands(events: &[QueueEvent], reached: &BTreeSet<String>) -> Stands {
    let mut accounts: HashMap<&TaskId, Account> = HashMap::new();
    for event in events {
        if let Some(task) = &event.task {
            accounts.entry(task).or_default().take_in(event);
        }
    }
    let stand = |account: Account| Stand {
        done: account.done(reached),
        standing: Box::new(account.standing),
    };
    accounts.into_iter().map(|(task, account)| (task.clone(), stand(account))).collect()
}
