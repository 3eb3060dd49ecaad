//! Tasks that were added to the queue while it runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Extra, IssueNumber, TaskId};

/// A task as it is defined: one that was added, or as `export` prints any.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskDefinition {
    /// Its id.
    pub id: TaskId,
    /// Its title.
    pub title: String,
    /// The issue that it belongs to.
    #[serde(default)]
    pub issue: Option<IssueNumber>,
    /// The role that implements it; any may when it is `null`.
    #[serde(default)]
    pub role: Option<String>,
    /// 1 is the highest.
    #[serde(default = "lowest_priority")]
    pub priority: u32,
    /// Its place among tasks of the same priority, before those without one.
    #[serde(default)]
    pub sequence: Option<u32>,
    /// Tasks that must be done first.
    #[serde(default)]
    pub depends_on: Vec<TaskId>,
    /// Commands that must pass on what lands.
    #[serde(default)]
    pub acceptance_checks: Vec<String>,
    /// Globs of the paths that it is about.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Anything else that a reader should know.
    #[serde(default)]
    pub notes: Option<String>,
    /// Keys of other versions.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A task without a priority comes after those that have one of the usual 1 to 9.
fn lowest_priority() -> u32 {
    10
}
