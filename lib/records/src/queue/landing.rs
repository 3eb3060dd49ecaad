//! What is remembered of landings: what came in, what was sent back, when nothing may land.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Stamp, TaskId};

/// A landing: the move of the base branch that brought a task in.
///
/// Tasks of one batch come in by one move of the base. Each has its own commit in it: where it says that
/// the base stood before and stands after, that is this commit and the one below.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Landed {
    /// The reviewed commit that was landed, in full.
    pub commit: String,
    /// The branch it came from.
    pub branch: String,
    /// The base branch, such as `main`.
    pub base: String,
    /// Where the base stood before, in full.
    pub base_before: String,
    /// Where the base stands after, in full.
    pub base_after: String,
    /// `ff-only`, `no-ff` or `squash`; `revert` of a commit that undoes a landing.
    pub strategy: String,
    /// The remote that was pushed to; `null` when there is none.
    pub remote: Option<String>,
    /// The batch that it came in with. `null` in records of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    /// The run of the command on what the base was moved to; `null` when no command was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Verified>,
}

/// That a command passed on exactly what the base was moved to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verified {
    /// The command as a person would type it into a shell.
    pub command: String,
    /// The commit that it ran on, which is where the base was moved to, in full.
    pub commit: String,
    /// The tree of that commit, in full.
    pub tree: String,
    /// Whether it had failed on the same tree before, in the same call.
    pub flaky: bool,
}

/// That a task was sent back to its implementer: it does not land until it is handed over again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Returned {
    /// The reviewed commit, in full.
    pub commit: String,
    /// The commit of the base that it did not fit, in full.
    pub base: String,
    /// What went wrong.
    pub why: ReturnedFor,
    /// The paths that conflict, or that the merge changes against what was reviewed.
    #[serde(default)]
    pub paths: Vec<String>,
    /// The tasks on the other side: those that landed changes to these paths since the branch left the
    /// base.
    #[serde(default)]
    pub against: Vec<TaskId>,
    /// The command that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// How it failed, such as `status 1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The last lines of its output.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output_tail: String,
}

/// Why a task was sent back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReturnedFor {
    /// It conflicts with the base.
    Conflict,
    /// The command failed with it, and passed without it.
    VerifyFailed,
    /// The merge changes other paths than the reviewed diff.
    Paths,
    /// It had landed, and was taken out of the base again.
    Reverted,
}

/// That a task was taken out of the base again: a commit that undoes what its landing changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reverted {
    /// The landing that is undone: the commit that the base moved to with it, in full.
    pub landing: String,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// The commit that undoes it is where the base stands after this move. Its `strategy` is `revert`, and its
    /// `commit` the reviewed one that had landed.
    #[serde(rename = "move")]
    pub step: Landed,
}

/// That nothing may land.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Freeze {
    /// Why.
    pub reason: String,
    /// When it ends by itself; `null` when somebody has to end it.
    #[serde(default)]
    pub until: Option<Stamp>,
    /// The commit of the base on which the command failed, in full, when that is why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The last lines of the command's output.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output_tail: String,
}
