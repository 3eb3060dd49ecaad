//! What is handed over to whoever promotes a release.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Condition, IssueNumber, Noun, Reason, TaskId};

/// The evidence for a release (runbook v2, section 7). It is a record to decide on; nothing was
/// promoted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReleaseEvidence {
    /// The commit that would be released, in full. The base has it.
    pub source: String,
    /// The base ref, such as `origin/main`.
    pub base: String,
    /// Whether the base was fetched from its remote for this answer.
    pub fetched: bool,
    /// The commit of the release before, in full, if one was named.
    pub since: Option<String>,
    /// Whether every task has its checks and reviews, and every commit belongs to one.
    pub complete: bool,
    /// The tasks that came into the base since then, in the order of the journal.
    pub tasks: Vec<ReleasedTask>,
    /// Commits since the release before that no landing of the queue brought in. `[]` when no release was named.
    pub unaccounted: Vec<String>,
    /// How to take it back, newest first.
    pub rollback: Vec<RollbackStep>,
    /// What is missing; `[]` when it is complete.
    pub reasons: Vec<Reason>,
}

impl Noun for ReleaseEvidence {
    const SCHEMA: &'static str = "merge-queue.release/1";
}

/// A task in a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReleasedTask {
    /// The task.
    pub task: TaskId,
    /// Its title; `null` when it is not defined any more.
    pub title: Option<String>,
    /// The issue that it belongs to.
    pub issue: Option<IssueNumber>,
    /// `seq` of the event with which it was done.
    pub event: u64,
    /// Whether the queue landed it; else somebody said so, of a commit that the base has.
    pub landed: bool,
    /// The commit that was handed over, in full.
    pub commit: String,
    /// The commit that brought it into the base, in full; `null` when the queue did not land it.
    pub base_after: Option<String>,
    /// Handoff, checks and reviews as they stood at that moment, by the definitions of today.
    pub conditions: Vec<Condition>,
    /// The risks that its handoff names.
    pub risks: Vec<String>,
}

/// One step of a rollback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RollbackStep {
    /// What it takes back.
    pub what: String,
    /// A command to be typed in a lane of its own; `null` when there is none that fits all projects.
    pub command: Option<String>,
}
