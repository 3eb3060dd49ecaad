//! What `merge-queue` prints.

mod dispatch;
mod exchange;
mod init;
mod land_run;
mod release;
mod reversion;
mod upkeep;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::dispatch::{
    Attention, Candidate, ClaimStatus, NextAction, Recommendation, TaskStatus,
};
pub use self::exchange::{Added, Export, ExportedRole, ExportedRoute, ExportedTask};
pub use self::init::{AttributeLine, Init};
pub use self::land_run::{LandRun, LandStep};
pub use self::release::{ReleaseEvidence, ReleasedTask, RollbackStep};
pub use self::reversion::Reversion;
pub use self::upkeep::{Frozen, GitCheck, Recovery, Stale};
use crate::formats::noun;
use crate::{Condition, Format, Noun, QueueEvent, Reason, Returned, TaskId, Verified};

/// An event, as `evidence`, `handoff`, `review` and `log` print it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Event(pub QueueEvent);

impl Noun for Event {
    const SCHEMA: &'static str = "merge-queue.event/1";
}

/// Which roles must review a task's diff (runbook v2, section 3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Route {
    /// The task.
    pub task: TaskId,
    /// The commit that was looked at, in full.
    pub head: String,
    /// The merge base with the base branch, in full.
    pub merge_base: String,
    /// Digest of the diff: what approvals are bound to.
    pub diff_digest: String,
    /// Every path that the diff touches; a rename counts on both sides.
    pub changed_files: Vec<String>,
    /// The required roles, each with the routes and paths that demand it.
    pub required: Vec<RequiredRole>,
}

impl Noun for Route {
    const SCHEMA: &'static str = "merge-queue.route/1";
}

/// A role that must approve, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RequiredRole {
    /// The role.
    pub role: String,
    /// The globs of the routes that matched.
    pub globs: Vec<String>,
    /// The paths that matched.
    pub paths: Vec<String>,
}

/// The answer of `merge-ready`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Readiness {
    /// The task.
    pub task: TaskId,
    /// The answer.
    pub ready: bool,
    /// The ref that was judged.
    pub reference: Option<String>,
    /// The commit it stands at, in full.
    pub head: Option<String>,
    /// The base ref, such as `origin/main`.
    pub base: String,
    /// The commit that the base stands at, in full.
    pub base_commit: Option<String>,
    /// Whether the base was fetched from its remote for this answer. `false` after `--no-fetch`, and
    /// for a base without a remote, which needs none.
    pub fetched: bool,
    /// Digest of the diff against the merge base.
    pub diff_digest: Option<String>,
    /// Every condition with the journal entry that satisfied it or what is missing, in the
    /// runbook's order.
    pub conditions: Vec<Condition>,
    /// Why it is not ready; `[]` when it is.
    pub reasons: Vec<Reason>,
}

impl Noun for Readiness {
    const SCHEMA: &'static str = "merge-queue.readiness/1";
}

/// What `land` did with one task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Landing {
    /// The task.
    pub task: TaskId,
    /// Whether its work is in the base branch.
    pub landed: bool,
    /// Whether it was there before this call.
    pub already: bool,
    /// Whether this was only a rehearsal: nothing was moved or recorded.
    pub dry_run: bool,
    /// The branch that was landed.
    pub branch: Option<String>,
    /// The reviewed commit, in full.
    pub commit: Option<String>,
    /// The base branch, such as `main`.
    pub base: String,
    /// Where the base stood before, in full.
    pub base_before: Option<String>,
    /// Where the base stands now, in full.
    pub base_after: Option<String>,
    /// The tree that landed, or in a rehearsal would land, in full.
    pub tree: Option<String>,
    /// `ff-only`, `no-ff` or `squash`.
    pub strategy: String,
    /// The remote that holds the base; `null` when there is none.
    pub remote: Option<String>,
    /// The batch that it landed with; `null` when it did not land. The tasks of a batch come in by one
    /// move of the base. In a rehearsal, the number of the batch.
    pub batch: Option<String>,
    /// The run of the command on what the base was moved to; `null` when no command was asked for, or it
    /// did not land.
    pub verified: Option<Verified>,
    /// Why it was sent back to its implementer; `null` when it was not.
    pub returned: Option<Returned>,
    /// Worktrees of the base branch that were moved along.
    pub moved_worktrees: Vec<String>,
    /// What was retired after it: the path of the task's lane, and its branch.
    pub retired: Vec<String>,
    /// What is left to do in this clone although the work has landed, such as a local base branch
    /// that could not be moved along.
    pub pending: Vec<Reason>,
    /// Why it did not land; `[]` when it did.
    pub reasons: Vec<Reason>,
}

impl Noun for Landing {
    const SCHEMA: &'static str = "merge-queue.landing/1";
}

/// A refusal of a command that records something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    /// The task as it was asked for.
    pub task: String,
    /// The command that was refused.
    pub command: String,
    /// All reasons, in a stable order.
    pub reasons: Vec<Reason>,
}

impl Noun for Refused {
    const SCHEMA: &'static str = "merge-queue.refused/1";
}

/// The answer of `validate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Validation {
    /// The file that holds the definitions.
    pub file: String,
    /// That file and those that it names under `queue.files`, in their order.
    #[serde(default)]
    pub files: Vec<String>,
    /// Whether neither the definitions nor the journal have a mistake.
    pub valid: bool,
    /// How many tasks are defined.
    pub tasks: usize,
    /// How many roles are defined.
    pub roles: usize,
    /// How many review routes are defined.
    pub routes: usize,
    /// How many events the journal holds.
    pub events: usize,
    /// Every mistake, in the order of the files, those of the journal last.
    pub mistakes: Vec<Mistake>,
}

impl Noun for Validation {
    const SCHEMA: &'static str = "merge-queue.validation/1";
}

/// One mistake in the definitions, or one damaged place in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mistake {
    /// Stable name, such as `unknown_role`.
    pub code: String,
    /// The file.
    pub file: String,
    /// The line, from 1; 0 where it is unknown.
    pub line: u64,
    /// The column, from 1; 0 where it is unknown.
    pub column: u64,
    /// One sentence for a person, without a final period.
    pub message: String,
}

pub(crate) fn formats() -> Vec<Format> {
    vec![
        noun::<Event>(),
        noun::<Route>(),
        noun::<Readiness>(),
        noun::<Landing>(),
        noun::<LandRun>(),
        noun::<TaskStatus>(),
        noun::<Candidate>(),
        noun::<Recommendation>(),
        noun::<GitCheck>(),
        noun::<Frozen>(),
        noun::<Init>(),
        noun::<Reversion>(),
        noun::<Added>(),
        noun::<Export>(),
        noun::<Stale>(),
        noun::<Recovery>(),
        noun::<ReleaseEvidence>(),
        noun::<Refused>(),
        noun::<Validation>(),
    ]
}
