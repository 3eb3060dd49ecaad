//! Who works on a task, and what was said about where it stands.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Stamp;

/// Who works on a task, and until when nobody else may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskClaim {
    /// The role that the owner plays.
    pub role: String,
    /// The agent or person that works on it.
    pub owner: String,
    /// When the owner claimed it; a renewal keeps it.
    pub since: Stamp,
    /// When the lease ends unless it is renewed.
    pub until: Stamp,
    /// What was known about the lane; `null` when the task has none yet.
    #[serde(default)]
    pub preflight: Option<LanePreflight>,
    /// The claim that had run out and was taken over, if there was one.
    #[serde(default)]
    pub took_over: Option<TakenOver>,
}

/// That `worktree-lane preflight` found a lane fit for work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LanePreflight {
    /// When it was asked.
    pub at: Stamp,
    /// Absolute path of the lane.
    pub lane: String,
    /// SHA-256 of its answer.
    pub sha256: String,
}

/// A claim whose lease had ended when somebody else claimed the task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TakenOver {
    /// Whose it was.
    pub owner: String,
    /// When its lease ended.
    pub until: Stamp,
    /// `seq` of the event that gave it.
    pub event: u64,
}

/// That a claim was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Release {
    /// Whose claim it was.
    pub owner: String,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// What somebody said about where a task stands (runbook v2, `queue-set-status`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatusChange {
    /// Where it stands from then on, until something else happens to it.
    pub to: TaskState,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// Whoever was named as the owner.
    #[serde(default)]
    pub owner: Option<String>,
    /// For `done`: the branch that was named.
    #[serde(default)]
    pub branch: Option<String>,
    /// For `done`: the commit of the base that has the work, in full.
    #[serde(default)]
    pub commit: Option<String>,
    /// Whether a task that was done was opened again.
    #[serde(default)]
    pub reopened: bool,
}

/// Where a task stands. Everything else about it is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Nobody has begun.
    Todo,
    /// Somebody works on it, or has.
    InProgress,
    /// It waits for a decision or for something outside.
    Blocked,
    /// The base has the work.
    Done,
}

impl TaskState {
    /// As it is written: `todo`, `in_progress`, `blocked`, `done`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::InProgress => "in_progress",
            Self::Blocked => "blocked",
            Self::Done => "done",
        }
    }
}
