//! What `worktree-lane` prints.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::formats::noun;
use crate::{Format, Noun, Reason};

/// A lane: a branch and the worktree that it is checked out in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lane {
    /// The lane's id: an issue number, a task id or a role; `null` for a worktree that this tool
    /// did not make.
    pub lane: Option<String>,
    /// The slug, if it has one.
    pub slug: Option<String>,
    /// The role, if it belongs to one.
    pub role: Option<String>,
    /// The branch that is checked out, without `refs/heads/`; `null` when detached.
    pub branch: Option<String>,
    /// Absolute path of the worktree.
    pub path: String,
    /// The commit that is checked out, in full.
    pub head: Option<String>,
    /// The ref that the lane was made from, such as `origin/main`.
    pub base: Option<String>,
    /// The commit that the base stood at when the lane was made, in full.
    pub base_commit: Option<String>,
    /// Why the worktree is locked; `""` when it is locked without a reason, `null` when it is not.
    pub locked: Option<String>,
    /// Whether the directory is gone although git still lists it.
    pub missing: bool,
    /// Whether this tool made it.
    pub ours: bool,
}

impl Noun for Lane {
    const SCHEMA: &'static str = "worktree-lane.lane/1";
}

/// What `remove` did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Removal {
    /// The lane as it was asked for.
    pub lane: String,
    /// Whether it is gone.
    pub removed: bool,
    /// Path of the worktree.
    pub path: Option<String>,
    /// The branch.
    pub branch: Option<String>,
    /// Whether the branch was deleted: only when its work is provably in the base.
    pub branch_deleted: bool,
    /// Where the files were moved to.
    pub trash: Option<String>,
    /// Why it was not removed; `[]` when it was.
    pub reasons: Vec<Reason>,
}

impl Noun for Removal {
    const SCHEMA: &'static str = "worktree-lane.removal/1";
}

/// A refusal of `add` or `path`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    /// The lane that was asked for.
    pub lane: String,
    /// The command that was refused.
    pub command: String,
    /// All reasons, in a stable order.
    pub reasons: Vec<Reason>,
}

impl Noun for Refused {
    const SCHEMA: &'static str = "worktree-lane.refused/1";
}

pub(crate) fn formats() -> Vec<Format> {
    vec![noun::<Lane>(), noun::<Removal>(), noun::<Refused>()]
}
