//! A task that may land now.

use cli::Failure;
use records::{IssueNumber, TaskId};

use crate::rules::definitions::Task;
use crate::rules::diff::Change;
use crate::rules::facts::Facts;

/// A task that may land, as it was judged: from here on no ref is read again.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) task: TaskId,
    pub(super) title: String,
    pub(super) issue: Option<IssueNumber>,
    /// The reviewed commit.
    pub(super) head: String,
    /// Its branch, for the record.
    pub(super) branch: String,
    /// Where the branch left the base.
    pub(super) merge_base: String,
    /// What was reviewed, and its digest.
    pub(super) changes: Vec<Change>,
    pub(super) digest: String,
}

impl Candidate {
    /// What a yes rests on. A yes without these would be a mistake in `ready`, and lands nothing.
    pub(super) fn new(task: &Task, facts: &Facts) -> Result<Self, Failure> {
        let branched = facts.branched();
        match (&facts.head, &facts.reference, branched) {
            (Some(head), Some(branch), Some(branched)) => Ok(Self {
                task: task.id.clone(),
                title: task.title.clone(),
                issue: task.issue,
                head: head.commit.clone(),
                branch: branch.clone(),
                merge_base: branched.merge_base.clone(),
                changes: branched.changes.clone(),
                digest: branched.digest.clone(),
            }),
            _ => Err(Failure::world("cannot land", "a commit is missing from the judgement")),
        }
    }
}
