//! What happened to lanes: one event a line in `<git common dir>/switchyard/lanes.jsonl`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Extra, Stamp};

/// One line of the lane journal. Git stays the truth about worktrees; these lines say why a lane
/// exists and what its base was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LaneEvent {
    /// When it happened.
    pub at: Stamp,
    /// Who did it: the login name, or what `--actor` says.
    pub actor: String,
    /// What happened.
    pub kind: LaneEventKind,
    /// The lane's id: an issue number, a task id or a role.
    pub lane: String,
    /// The slug, if the lane has one.
    #[serde(default)]
    pub slug: Option<String>,
    /// The role, if the lane belongs to one.
    #[serde(default)]
    pub role: Option<String>,
    /// The lane's branch, without `refs/heads/`.
    pub branch: String,
    /// Absolute path of the worktree.
    pub path: String,
    /// The ref that the lane was made from, such as `origin/main`.
    #[serde(default)]
    pub base: Option<String>,
    /// The commit that the base stood at, in full.
    #[serde(default)]
    pub base_commit: Option<String>,
    /// For `removing`, `removed`, `restoring` and `restored`: the commit that the lane stood at, in
    /// full.
    #[serde(default)]
    pub head: Option<String>,
    /// For the same kinds: the name of the trash entry, as `trash restore` takes it.
    #[serde(default)]
    pub trash: Option<String>,
    /// Keys of other versions.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What happened to a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LaneEventKind {
    /// About to be made; without a later `added` or `add_failed` the run was interrupted.
    Adding,
    /// Made.
    Added,
    /// The making failed and was undone.
    AddFailed,
    /// About to be taken away; without a later `removed` or `remove_failed` the run was
    /// interrupted.
    Removing,
    /// Taken away; its files are in the trash.
    Removed,
    /// The taking away failed and was undone: the lane is whole.
    RemoveFailed,
    /// About to be brought back from the trash; without a later `restored` or `restore_failed` the
    /// run was interrupted.
    Restoring,
    /// Brought back from the trash.
    Restored,
    /// The bringing back failed and was undone: the lane is still in the trash.
    RestoreFailed,
    /// Any kind that a newer version wrote.
    #[serde(other)]
    Other,
}
