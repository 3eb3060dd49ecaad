//! What `git-check`, `prune-stale` and `recover` print.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Condition, LostEvents, Noun, Reason, Stamp, TaskId};

/// Whether the coordinator's checkout and the lanes are as the definitions say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GitCheck {
    /// Whether every condition holds.
    pub sound: bool,
    /// Absolute path of the coordinator's checkout; `null` when the repository has none.
    pub coordinator: Option<String>,
    /// The base ref, such as `origin/main`.
    pub base: String,
    /// The commit that it stood at when it was last fetched, in full.
    pub base_commit: Option<String>,
    /// Every condition with what shows it or what is wrong, in a stable order.
    pub conditions: Vec<Condition>,
    /// What is wrong; `[]` when nothing is.
    pub reasons: Vec<Reason>,
}

impl Noun for GitCheck {
    const SCHEMA: &'static str = "merge-queue.git-check/1";
}

/// A task that the journal knows and that is not defined any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stale {
    /// The task.
    pub task: TaskId,
    /// How many events it has.
    pub events: u64,
    /// `seq` of the newest.
    pub last_event: u64,
    /// When that was recorded.
    pub last_at: Stamp,
    /// Whether it was archived by this call. Its events stay where they are.
    pub archived: bool,
}

impl Noun for Stale {
    const SCHEMA: &'static str = "merge-queue.stale/1";
}

/// What `recover` did with the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recovery {
    /// The journal.
    pub file: String,
    /// The lines that were set aside, by number; `[]` when the journal was sound.
    pub moved: Vec<u64>,
    /// The file that holds them now, byte for byte.
    pub aside: Option<String>,
    /// The events whose loss was accepted by this call.
    #[serde(default)]
    pub lost: Vec<LostEvents>,
    /// The tasks that these may have been about: each is blocked until somebody says where it stands.
    #[serde(default)]
    pub tasks: Vec<TaskId>,
}

impl Noun for Recovery {
    const SCHEMA: &'static str = "merge-queue.recovery/1";
}

/// That nothing may land now: what `status` prints before the tasks while the queue is frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Frozen {
    /// The event that says so.
    pub event: u64,
    /// When it was recorded.
    pub at: Stamp,
    /// Who recorded it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When it ends by itself; `null` when somebody has to end it.
    pub until: Option<Stamp>,
    /// The commit of the base on which the verification failed, in full, when that is why.
    pub base: Option<String>,
}

impl Noun for Frozen {
    const SCHEMA: &'static str = "merge-queue.frozen/1";
}
