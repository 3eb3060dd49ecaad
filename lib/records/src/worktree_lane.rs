//! What `worktree-lane` prints.

mod status;
mod sync;

pub use status::{LaneProcess, LaneState, LaneStatus, Merged, Operation, OperationKind};
pub use sync::{Sync, SyncCommit, SyncConflict, SyncWay};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::formats::noun;
use crate::{Condition, Format, Noun, Reason, Stamp};

/// A worktree of the repository. It is a lane when this tool made it: a branch and the worktree
/// that it is checked out in.
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
    /// The commit that the base stood at when the lane was made or last synced, in full.
    pub base_commit: Option<String>,
    /// Who has claimed it; `null` when nobody has, or when the claim has ended.
    pub owner: Option<String>,
    /// When that claim's lease ends unless it is renewed.
    pub claimed_until: Option<Stamp>,
    /// Why the worktree is locked by hand; `""` when it is locked without a reason, `null` when it is
    /// not. The lock by which plain git shows a claim is none by hand.
    pub locked: Option<String>,
    /// Whether the directory is gone although git still lists it.
    pub missing: bool,
    /// Whether the run that was making it has not finished: it is under way or was killed.
    pub half_made: bool,
    /// Whose it is.
    pub kind: LaneKind,
}

/// Whose a worktree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LaneKind {
    /// The main worktree, or the bare repository itself.
    Main,
    /// This tool made it.
    Lane,
    /// Somebody else made it. It is listed and never touched.
    Foreign,
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
    /// The name of the trash entry that `trash restore` brings back.
    pub trash: Option<String>,
    /// How many ignored files went into the trash with the lane; `null` when it was not looked at.
    pub ignored_files: Option<u64>,
    /// Their size in bytes.
    pub ignored_bytes: Option<u64>,
    /// Why it was not removed; `[]` when it was.
    pub reasons: Vec<Reason>,
}

impl Noun for Removal {
    const SCHEMA: &'static str = "worktree-lane.removal/1";
}

/// What `prune` would do with a lane, or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pruning {
    /// The lane's id.
    pub lane: String,
    /// Path of the worktree.
    pub path: String,
    /// The branch; `null` when detached.
    pub branch: Option<String>,
    /// Whether nothing speaks against taking it away.
    pub would_remove: bool,
    /// Whether it is gone: only with `--apply`.
    pub removed: bool,
    /// Whether the branch was deleted with it.
    pub branch_deleted: bool,
    /// The name of the trash entry that `trash restore` brings back; `null` when it was not removed.
    pub trash: Option<String>,
    /// Why it stays; `[]` when it could go.
    pub reasons: Vec<Reason>,
}

impl Noun for Pruning {
    const SCHEMA: &'static str = "worktree-lane.pruning/1";
}

/// What `save` kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Save {
    /// The lane as it was asked for.
    pub lane: String,
    /// Path of the worktree.
    pub path: Option<String>,
    /// Whether there is a save of the work as it is now; `false` also when there was nothing to
    /// save.
    pub saved: bool,
    /// Whether it was there before: the work had not changed since.
    pub repeated: bool,
    /// The ref that holds it.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// The commit, in the shape of a stash.
    pub commit: Option<String>,
    /// The commit that the lane stood at, in full.
    pub head: Option<String>,
    /// How many tracked files have changes, staged or not.
    pub tracked: u64,
    /// How many untracked files were found.
    pub untracked: u64,
    /// How many ignored files were found; 0 without `--ignored`.
    pub ignored: u64,
    /// The patch or bundle that was written.
    pub file: Option<String>,
    /// What holds bytes and was not saved; `[]` when everything was.
    pub not_saved: Vec<NotKept>,
    /// What has no bytes that git could keep: empty folders, sockets, pipes, devices.
    pub left_out: Vec<NotKept>,
    /// The shell command that shows what was saved.
    pub look: Option<String>,
    /// The shell commands that bring it back, in this order, into a clean checkout of `head`.
    pub restore: Vec<String>,
    /// The shell commands that use the file.
    pub use_file: Vec<String>,
    /// Why nothing was saved; `[]` when it was, or when there was nothing.
    pub reasons: Vec<Reason>,
}

impl Noun for Save {
    const SCHEMA: &'static str = "worktree-lane.save/1";
}

/// Something in a lane that a save does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotKept {
    /// Its path below the lane.
    pub path: String,
    /// Why.
    pub why: String,
}

/// A save of a lane, as `save --list` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Saved {
    /// The lane's id.
    pub lane: String,
    /// The ref that holds it; its last part is the time.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The commit, in the shape of a stash.
    pub commit: String,
    /// The shell command that shows what was saved.
    pub look: String,
    /// The shell commands that bring it back, in this order, into a clean checkout of the commit
    /// that it was saved on.
    pub restore: Vec<String>,
}

impl Noun for Saved {
    const SCHEMA: &'static str = "worktree-lane.saved/1";
}

/// A lane in the trash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trashed {
    /// The entry's name, as `trash restore` takes it.
    pub name: String,
    /// The lane's id.
    pub lane: String,
    /// When it was moved here.
    pub at: Stamp,
    /// Where the worktree was, and will be again.
    pub path: String,
    /// The branch that was checked out; `null` when detached.
    pub branch: Option<String>,
    /// The commit that was checked out, in full.
    pub head: Option<String>,
    /// Where its files are now.
    pub files: String,
}

impl Noun for Trashed {
    const SCHEMA: &'static str = "worktree-lane.trashed/1";
}

/// What `trash restore` did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Restoration {
    /// The trash entry as it was asked for.
    pub name: String,
    /// Whether the lane is back.
    pub restored: bool,
    /// The lane's id.
    pub lane: Option<String>,
    /// Path of the worktree.
    pub path: Option<String>,
    /// The branch.
    pub branch: Option<String>,
    /// Whether the branch had to be made again.
    pub branch_created: bool,
    /// Why it was not restored; `[]` when it was.
    pub reasons: Vec<Reason>,
}

impl Noun for Restoration {
    const SCHEMA: &'static str = "worktree-lane.restoration/1";
}

/// What `claim`, `renew` and `release` did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// The lane as it was asked for.
    pub lane: String,
    /// `claim`, `renew` or `release`.
    pub command: String,
    /// Whether it is as it was asked for: the owner has the lane, or has it no longer.
    pub done: bool,
    /// Path of the worktree.
    pub path: Option<String>,
    /// The branch that is checked out.
    pub branch: Option<String>,
    /// Who has the lane now; `null` when nobody has.
    pub owner: Option<String>,
    /// Since when.
    pub since: Option<Stamp>,
    /// When the lease ends unless it is renewed.
    pub until: Option<Stamp>,
    /// The process that the claim lives and dies with.
    pub pid: Option<u32>,
    /// The claim before, if it had ended without being given up.
    pub ended: Option<EndedClaim>,
    /// When to try again, if another owner has it.
    pub retry_at: Option<Stamp>,
    /// Why it was not done; `[]` when it was.
    pub reasons: Vec<Reason>,
}

/// A claim that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EndedClaim {
    /// Whose it was.
    pub owner: String,
    /// When its lease ended or would have ended.
    pub until: Stamp,
    /// What ended it.
    pub by: ClaimEnd,
}

/// What ends a claim that is not given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimEnd {
    /// Its lease was over.
    Lease,
    /// Its process is gone.
    Process,
}

impl Noun for Claim {
    const SCHEMA: &'static str = "worktree-lane.claim/1";
}

/// May work be assigned to a lane?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Preflight {
    /// The lane's id; what was asked for when there is no such lane.
    pub lane: String,
    /// The answer.
    pub ready: bool,
    /// Absolute path of the worktree; `null` when there is no such lane.
    pub path: Option<String>,
    /// The role, if it belongs to one.
    pub role: Option<String>,
    /// The branch that is checked out, without `refs/heads/`; `null` when detached.
    pub branch: Option<String>,
    /// The commit that is checked out, in full.
    pub head: Option<String>,
    /// Who has claimed it; `null` when nobody has, or when the claim has ended.
    pub owner: Option<String>,
    /// The ref that the lane has to be based on, such as `origin/main`.
    pub base: Option<String>,
    /// The commit that the base stands at now, in full; `null` when it was not found out.
    pub base_commit: Option<String>,
    /// Whether the base was fetched from its remote for this answer. `false` after `--no-fetch`, and
    /// for a base without a remote, which needs none.
    pub fetched: bool,
    /// How many commits of the base the lane does not have; `null` when it was not found out.
    pub behind: Option<u64>,
    /// Every condition with what satisfied it or what is missing, in a stable order. When the lane
    /// itself is not there or not whole, the others were not looked at and are not met.
    pub conditions: Vec<Condition>,
    /// Why it is not ready; `[]` when it is.
    pub reasons: Vec<Reason>,
}

impl Noun for Preflight {
    const SCHEMA: &'static str = "worktree-lane.preflight/1";
}

/// What `trash empty` did with an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Emptying {
    /// The trash entry as it was asked for.
    pub name: String,
    /// The lane's id; `null` when there is no such entry.
    pub lane: Option<String>,
    /// Whether nothing speaks against deleting it.
    pub would_empty: bool,
    /// Whether it is deleted.
    pub emptied: bool,
    /// The ref that keeps its commits from now on; `null` when a branch, a tag or a remote has them
    /// all.
    pub kept: Option<String>,
    /// Why it was not deleted; `[]` when it was, or could be.
    pub reasons: Vec<Reason>,
}

impl Noun for Emptying {
    const SCHEMA: &'static str = "worktree-lane.emptying/1";
}

/// Something that `repair` found to be wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The lane's id; `null` for a worktree that this tool did not make.
    pub lane: Option<String>,
    /// Path of the worktree, as it was recorded.
    pub path: Option<String>,
    /// Stable name of what is wrong, such as `missing`.
    pub code: String,
    /// What is wrong, in one sentence without a final period.
    pub message: String,
    /// What was done about it, or would be with `--dry-run`; `null` when only a person can decide.
    pub action: Option<String>,
    /// Whether it was done.
    pub repaired: bool,
    /// The next safe step; `null` when nothing is left to do.
    pub next: Option<String>,
}

impl Noun for Finding {
    const SCHEMA: &'static str = "worktree-lane.finding/1";
}

/// What `lock` and `unlock` did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Locking {
    /// The lane as it was asked for.
    pub lane: String,
    /// `lock` or `unlock`.
    pub command: String,
    /// Whether it is as it was asked for.
    pub done: bool,
    /// Path of the worktree.
    pub path: Option<String>,
    /// Why it is locked by hand now, with who locked it; `null` when it is not.
    pub locked: Option<String>,
    /// For `unlock`: why it was locked; `null` when it was not.
    pub was: Option<String>,
    /// Why it was not done; `[]` when it was.
    pub reasons: Vec<Reason>,
}

impl Noun for Locking {
    const SCHEMA: &'static str = "worktree-lane.locking/1";
}

/// A refusal of `add`.
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
    vec![
        noun::<Lane>(),
        noun::<LaneStatus>(),
        noun::<Removal>(),
        noun::<Pruning>(),
        noun::<Save>(),
        noun::<Saved>(),
        noun::<Sync>(),
        noun::<Trashed>(),
        noun::<Restoration>(),
        noun::<Claim>(),
        noun::<Emptying>(),
        noun::<Finding>(),
        noun::<Locking>(),
        noun::<Refused>(),
        noun::<Preflight>(),
    ]
}
