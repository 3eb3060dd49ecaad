//! What `add`, `import` and `export` print.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Noun, Printed, QueueEvent, TaskDefinition, TaskId};

use super::TaskStatus;

/// Which tasks were added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Added {
    /// Those that were added, in the order in which they were given.
    pub added: Vec<TaskId>,
    /// Those that were there already with the same fields.
    pub present: Vec<TaskId>,
    /// `seq` of the event that holds them; `null` when none was added.
    pub event: Option<u64>,
}

impl Noun for Added {
    const SCHEMA: &'static str = "merge-queue.added/1";
}

/// The whole state of the queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Export {
    /// The file that holds the definitions, from the top of the repository.
    pub file: String,
    /// The base ref, such as `origin/main`.
    pub base: String,
    /// The commit that it stood at when it was last fetched, in full.
    pub base_commit: Option<String>,
    /// `ff-only`, `no-ff` or `squash`.
    pub strategy: String,
    /// The roles by name.
    pub roles: BTreeMap<String, ExportedRole>,
    /// The review routes.
    pub routes: Vec<ExportedRoute>,
    /// Every task, in the order in which tasks are taken.
    pub tasks: Vec<ExportedTask>,
    /// Every event of the journal, oldest first.
    pub events: Vec<QueueEvent>,
}

impl Noun for Export {
    const SCHEMA: &'static str = "merge-queue.export/1";
}

/// A role as it is defined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExportedRole {
    /// The branch that the role works on.
    pub branch: Option<String>,
    /// The role's worktree, relative to the coordinator's checkout.
    pub worktree: Option<String>,
    /// The model that plays the role.
    pub model: Option<String>,
    /// Whether the role may review.
    pub reviewer: bool,
}

/// A review route as it is defined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExportedRoute {
    /// Whoever changes a path that one of these matches
    pub globs: Vec<String>,
    /// needs the approval of all of these.
    pub roles: Vec<String>,
}

/// A task as it is defined, and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExportedTask {
    /// The definition; `import` takes it.
    pub definition: TaskDefinition,
    /// The event that added it; `null` for one of the definitions' file.
    pub added_by: Option<u64>,
    /// Where it stands.
    pub status: Printed<TaskStatus>,
}
