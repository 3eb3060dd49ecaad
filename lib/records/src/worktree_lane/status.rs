//! What `worktree-lane status` prints.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::worktree_lane::LaneKind;
use crate::{Noun, Reason, Stamp};

/// How a worktree stands: its files, its commits, and who is at work in it.
///
/// `null` is never "none" or "no": the answer is not known, or the question does not apply, and
/// `problems` says why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LaneStatus {
    /// What `switchyard.yaml` calls the project; `null` without `--all-projects`.
    pub project: Option<String>,
    /// The lane's id; `null` for a worktree that this tool did not make.
    pub lane: Option<String>,
    /// The role, if it belongs to one.
    pub role: Option<String>,
    /// Who has claimed it; `null` when nobody has, or when the claim has ended.
    pub owner: Option<String>,
    /// When that claim's lease ends unless it is renewed.
    pub claimed_until: Option<Stamp>,
    /// Whose a worktree is.
    pub kind: LaneKind,
    /// Whether it is there as a whole.
    pub state: LaneState,
    /// Absolute path of the worktree.
    pub path: String,
    /// The branch that is checked out, without `refs/heads/`; `null` when detached.
    pub branch: Option<String>,
    /// The commit that is checked out, in full; `null` when there is none yet.
    pub head: Option<String>,
    /// The ref that the lane was made from, such as `origin/main`.
    pub base: Option<String>,
    /// The branch that `ahead`, `behind` and `merged` speak of: the base, or the default branch for a
    /// worktree whose base is not known or is no branch (any more); `null` for that branch itself.
    pub compared_with: Option<String>,
    /// Commits that the worktree has and that branch has not, as last fetched.
    pub ahead: Option<u64>,
    /// Commits that that branch has and the worktree has not.
    pub behind: Option<u64>,
    /// Whether its work is in that branch, and how it got there.
    pub merged: Option<Merged>,
    /// The upstream that is configured for the branch; `null` when there is none.
    pub upstream: Option<String>,
    /// Commits that the upstream has not, as last fetched; `null` when it is not there.
    pub upstream_ahead: Option<u64>,
    /// Commits that the worktree has not and the upstream has.
    pub upstream_behind: Option<u64>,
    /// Whether a remote's branch has the commit that is checked out, as last fetched.
    pub pushed: Option<bool>,
    /// Files that differ between the commit and the index; a rename is one.
    pub staged: Option<u64>,
    /// Tracked files that differ between the index and the folder, submodules included.
    pub unstaged: Option<u64>,
    /// Files with a conflict that is not resolved; they count neither as staged nor as unstaged.
    pub conflicted: Option<u64>,
    /// Files that are neither tracked nor ignored. A repository inside is one.
    pub untracked: Option<u64>,
    /// What is ignored. A folder that a pattern names, such as `target/`, is one, whatever is in it.
    pub ignored: Option<u64>,
    /// Tracked files that are there and that git was told not to look at (`assume-unchanged`,
    /// `skip-worktree`): a change in them counts nowhere above.
    pub overlooked: Option<u64>,
    /// What git is in the middle of.
    pub operations: Option<Vec<Operation>>,
    /// Why the worktree is locked by hand; `""` when it is locked without a reason, `null` when it is
    /// not.
    pub locked: Option<String>,
    /// When the commit that is checked out was made (its committer's clock).
    pub committed_at: Option<Stamp>,
    /// When a file that is not ignored was last written, by the newest of them.
    pub changed_at: Option<Stamp>,
    /// Processes whose working directory is inside, as far as the system shows them.
    pub processes: Option<Vec<LaneProcess>>,
    /// Stashes that were made on the branch.
    pub stashes: Option<u64>,
    /// The refs under which `save` keeps work of the lane.
    pub saved: Option<Vec<String>>,
    /// What is wrong with it, and what could not be found out.
    pub problems: Vec<Reason>,
}

/// Whether a worktree is there as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LaneState {
    /// The folder, git's folder for it, and, for a lane, its journal agree.
    Whole,
    /// The run that was making it has not finished: it is under way or was killed.
    HalfMade,
    /// A removal or a restoration has begun and has not ended.
    Unfinished,
    /// Git lists it, and its folder is gone.
    Missing,
    /// Its folder and git's folder for it do not point at each other.
    Unlinked,
    /// The journal has it, and git does not list it: somebody removed it by hand.
    Gone,
    /// The bare repository itself, which has no files.
    Bare,
}

/// How the work of a worktree got into the branch that it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Merged {
    /// There is no work: the lane still is at the commit that it was made from.
    Nothing,
    /// Its commits are in the branch.
    Ancestor,
    /// Each of its commits is there as another one with the very same change.
    Rebased,
    /// Merging it would change nothing.
    Squashed,
    /// It has work that is not there.
    No,
}

/// What git is in the middle of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Operation {
    /// What it is.
    pub kind: OperationKind,
    /// The step that it stopped at, where git counts them.
    pub step: Option<u64>,
    /// How many steps there are, where git knows.
    pub of: Option<u64>,
}

/// What git can be in the middle of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OperationKind {
    /// `git rebase`.
    Rebase,
    /// `git am`.
    Am,
    /// `git merge`.
    Merge,
    /// `git cherry-pick`.
    CherryPick,
    /// `git revert`.
    Revert,
    /// `git bisect`.
    Bisect,
    /// There is an `index.lock`: a git command runs in the worktree, or was killed.
    IndexLock,
}

/// A process that works in a worktree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LaneProcess {
    /// Its number.
    pub pid: u32,
    /// Its name, as the system has it.
    pub name: String,
}

impl Noun for LaneStatus {
    const SCHEMA: &'static str = "worktree-lane.status/1";
}
