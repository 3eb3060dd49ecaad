//! What `worktree-lane sync` prints.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Noun, Reason};

/// What `sync` did, or why it did nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sync {
    /// The lane as it was asked for.
    pub lane: String,
    /// Path of the worktree.
    pub path: Option<String>,
    /// The branch that is checked out, without `refs/heads/`.
    pub branch: Option<String>,
    /// The base, such as `origin/main`.
    pub base: Option<String>,
    /// The commit that the base stands at, in full.
    pub base_commit: Option<String>,
    /// Whether the base was fetched for this.
    pub fetched: bool,
    /// How many commits of the base the lane did not have.
    pub behind: Option<u64>,
    /// Whether there was nothing to bring in.
    pub up_to_date: bool,
    /// Whether the lane was moved.
    pub synced: bool,
    /// How the base was, or would be, brought in; `null` when there was nothing, or no way.
    pub way: Option<SyncWay>,
    /// Why it is not the way that is preferred; `null` when it is.
    pub instead: Option<String>,
    /// The lane's commit before, in full.
    pub before: Option<String>,
    /// The lane's commit now, in full; `null` when it was not moved.
    pub after: Option<String>,
    /// The lane's commits that a rebase left out, because the base has their changes.
    pub dropped: Vec<SyncCommit>,
    /// What does not go together; `null` when everything does, or when it was not looked at.
    pub conflict: Option<SyncConflict>,
    /// The shell command that brings the lane back to where it was; `null` when it was not moved.
    pub undo: Option<String>,
    /// Why the lane was not moved; `[]` when it was, or when there was nothing.
    pub reasons: Vec<Reason>,
}

impl Noun for Sync {
    const SCHEMA: &'static str = "worktree-lane.sync/1";
}

/// How a base is brought into a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SyncWay {
    /// The lane's commits are written anew on top of the base.
    Rebase,
    /// A merge of both; nothing but the base when the lane has no commits of its own.
    Merge,
}

/// A commit, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SyncCommit {
    /// Its id, in full.
    pub commit: String,
    /// The first line of its message.
    pub subject: String,
}

/// What a lane and its base have changed both, and differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SyncConflict {
    /// The files, by their paths below the lane.
    pub files: Vec<String>,
    /// For a rebase, the lane's commit that does not go onto the base.
    pub stopped_at: Option<SyncCommit>,
    /// The lane's commits that touch these files, newest first, at most 20.
    pub lane_commits: Vec<SyncCommit>,
    /// The base's commits that touch these files and that the lane does not have, newest first, at
    /// most 20.
    pub base_commits: Vec<SyncCommit>,
}
