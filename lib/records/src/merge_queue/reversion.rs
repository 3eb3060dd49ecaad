//! What `revert` did.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Noun, Reason, TaskId, Verified};

/// What `revert` did with one landing, or with all of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reversion {
    /// What was asked for: a task, or a batch.
    pub asked: String,
    /// The tasks that are taken out of the base, in the order in which they are.
    pub tasks: Vec<TaskId>,
    /// Whether they are out of it.
    pub reverted: bool,
    /// Whether this was only a rehearsal: nothing was moved or recorded.
    pub dry_run: bool,
    /// The base branch, such as `main`.
    pub base: String,
    /// Where the base stood before, in full.
    pub base_before: Option<String>,
    /// Where the base stands now, in full.
    pub base_after: Option<String>,
    /// The tree that the base has now, or in a rehearsal would have, in full.
    pub tree: Option<String>,
    /// The remote that holds the base; `null` when there is none.
    pub remote: Option<String>,
    /// The run of the command on it; `null` when no command was asked for.
    pub verified: Option<Verified>,
    /// The last lines of the command's output, when it failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output_tail: String,
    /// Worktrees of the base branch that were moved along.
    pub moved_worktrees: Vec<String>,
    /// What is left to do in this clone although the base has moved.
    pub pending: Vec<Reason>,
    /// Why nothing was undone; `[]` when it was.
    pub reasons: Vec<Reason>,
}

impl Noun for Reversion {
    const SCHEMA: &'static str = "merge-queue.reversion/1";
}
