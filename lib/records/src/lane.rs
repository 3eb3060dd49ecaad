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
    /// The commit that the base stood at, in full; for `synced`, the one that was brought in.
    #[serde(default)]
    pub base_commit: Option<String>,
    /// For `removing`, `removed`, `restoring`, `restored`, `reusing` and `reused`: the commit that the
    /// lane stood at, in full. For `adding` and `added` of a branch that was there before, here or on a remote: the
    /// commit that it stood at; the base's commit is then where it left the base.
    #[serde(default)]
    pub head: Option<String>,
    /// What was there before the lane was made and belongs to it since (`add --adopt`). Undoing the
    /// making leaves it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adopted: Vec<Adopted>,
    /// For `reusing` and `reused`: what the lane becomes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub becomes: Option<LaneTarget>,
    /// For `removing`, `removed`, `restoring`, `restored` and `emptied`: the name of the trash entry, as `trash restore` takes it.
    #[serde(default)]
    pub trash: Option<String>,
    /// For `claimed` and `renewed`: the claim as it holds from then on; for `released`: the one that
    /// ended.
    #[serde(default)]
    pub claim: Option<LaneClaim>,
    /// For `saved`: the ref or the absolute path of the file that holds the work. For `reused`: the ref
    /// that holds the commits that only the old lane had.
    #[serde(default)]
    pub saved: Option<String>,
    /// What a person should know besides: why a lane is locked, whose lease a claim ended, how far
    /// `synced` moved it, what `repaired` mended.
    #[serde(default)]
    pub note: Option<String>,
    /// Keys of other versions.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What `add --adopt` found and took over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Adopted {
    /// The branch.
    Branch,
    /// The empty folder at the lane's path.
    Folder,
    /// Anything that a newer version took over.
    #[serde(other)]
    Other,
}

/// What a lane becomes for another issue or task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LaneTarget {
    /// The new lane's id.
    pub lane: String,
    /// Its slug, if it has one.
    #[serde(default)]
    pub slug: Option<String>,
    /// Its role, which is the old lane's.
    #[serde(default)]
    pub role: Option<String>,
    /// Its branch, without `refs/heads/`.
    pub branch: String,
    /// The ref that it starts from, such as `origin/main`.
    pub base: String,
    /// The commit that the base stands at, in full.
    pub base_commit: String,
    /// Whether the old branch goes because its work is in the base.
    pub deletes_branch: bool,
}

/// Whose a lane is, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LaneClaim {
    /// The agent or person that works in the lane.
    pub owner: String,
    /// When the owner first claimed it.
    pub since: Stamp,
    /// When the lease ends unless it is renewed.
    pub until: Stamp,
    /// The process that the claim lives and dies with; `null` when only the lease ends it.
    #[serde(default)]
    pub process: Option<ProcessMark>,
}

/// A process, told apart from every other that ever had its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessMark {
    /// Its number.
    pub pid: u32,
    /// When it started, in clock ticks since the system did (`/proc/PID/stat`, field 22).
    pub started: u64,
    /// Which run of the system it belongs to (`/proc/sys/kernel/random/boot_id`).
    pub boot: String,
    /// The space of process numbers that its number is one of (`/proc/self/ns/pid`): another container
    /// counts its processes anew.
    #[serde(default)]
    pub space: Option<String>,
    /// A digest that tells one machine from another, so that a machine that was started anew is told
    /// apart from one that shares the repository.
    #[serde(default)]
    pub machine: Option<String>,
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
    /// About to be given to another issue or task; without a later `reused` or `reuse_failed` the run
    /// was interrupted.
    Reusing,
    /// Given to another issue or task: recorded for the old lane and, as `added`, for the new one.
    Reused,
    /// The giving failed and was undone: the lane is as it was.
    ReuseFailed,
    /// Claimed by an owner.
    Claimed,
    /// The lease was prolonged.
    Renewed,
    /// The claim was given up.
    Released,
    /// Locked by hand.
    Locked,
    /// Unlocked by hand.
    Unlocked,
    /// Its uncommitted work was preserved.
    Saved,
    /// The base was brought in.
    Synced,
    /// What was wrong with it was mended.
    Repaired,
    /// Its files in the trash were deleted for good.
    Emptied,
    /// Any kind that a newer version wrote.
    #[serde(other)]
    Other,
}

impl LaneEventKind {
    /// Whether it says that the lane is made or taken away, wholly or in part. The other kinds tell
    /// of a lane that is there before and after.
    #[must_use]
    pub const fn decides_existence(self) -> bool {
        match self {
            Self::Adding
            | Self::Added
            | Self::AddFailed
            | Self::Removing
            | Self::Removed
            | Self::RemoveFailed
            | Self::Restoring
            | Self::Restored
            | Self::RestoreFailed
            | Self::Reusing
            | Self::Reused
            | Self::ReuseFailed => true,
            Self::Claimed
            | Self::Renewed
            | Self::Released
            | Self::Locked
            | Self::Unlocked
            | Self::Saved
            | Self::Synced
            | Self::Repaired
            | Self::Emptied
            | Self::Other => false,
        }
    }
}
