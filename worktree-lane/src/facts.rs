//! What is known about one lane, gathered without changing anything: what decides whether it may be
//! taken away, may be worked in, and what its status is.

pub(crate) mod changes;
pub(crate) mod commits;
pub(crate) mod files;
pub(crate) mod ignored;
pub(crate) mod link;
pub(crate) mod mounts;
pub(crate) mod operation;
pub(crate) mod precious;
pub(crate) mod processes;
pub(crate) mod progress;
pub(crate) mod saved;
pub(crate) mod submodules;

use std::fmt::Display;
use std::path::PathBuf;

use cli::Failure;
use records::LaneClaim;

use crate::here::Here;
use crate::lane_git::LaneGit;
use crate::registry::Entry;

use changes::Changes;
use commits::Commits;
use ignored::Ignored;
use processes::Process;
use saved::Kept;

/// The answer of a check, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Checked<T> {
    /// What was found.
    Known(T),
    /// Why it could not be found out: a refusal of its own.
    Unknown(String),
}

impl<T> Checked<T> {
    /// From a check that may fail.
    pub(crate) fn from_result<E: Display>(result: Result<T, E>) -> Self {
        match result {
            Ok(value) => Self::Known(value),
            Err(error) => Self::Unknown(error.to_string()),
        }
    }

    /// What was found.
    pub(crate) fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }
}

/// The facts about one lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Its id, for commands in messages.
    pub(crate) lane: String,
    /// Its path, for commands in messages.
    pub(crate) path: String,
    /// The branch that is checked out.
    pub(crate) branch: Option<String>,
    /// The claim on it, if it stands.
    pub(crate) claim: Option<LaneClaim>,
    /// The reason of its lock, if it was locked by hand; `""` for a lock without one.
    pub(crate) locked: Option<String>,
    /// Why its folder and git's folder for it do not belong together. Nothing else was looked at
    /// then.
    pub(crate) mismatch: Option<String>,
    /// What git is in the middle of, such as `rebase`.
    pub(crate) operation: Checked<Vec<&'static str>>,
    /// Processes that work inside.
    pub(crate) processes: Checked<Vec<Process>>,
    /// Worktrees that lie inside.
    pub(crate) nested: Vec<PathBuf>,
    /// File systems that are mounted inside.
    pub(crate) mounts: Checked<Vec<PathBuf>>,
    /// What differs from the commit.
    pub(crate) changes: Checked<Changes>,
    /// Submodules whose work is nowhere else, with what they have.
    pub(crate) submodules: Checked<Vec<String>>,
    /// The ignored files.
    pub(crate) ignored: Checked<Ignored>,
    /// What of its uncommitted work a save holds. Only a command that keeps the lane's lock finds
    /// out ([`saved::kept`]); until then, nothing.
    pub(crate) saved: Kept,
    /// Where its commits are.
    pub(crate) commits: Checked<Commits>,
}

/// Gathers them.
pub(crate) fn gather(here: &Here, entries: &[Entry], entry: &Entry) -> Result<Facts, Failure> {
    let path = &entry.worktree.path;
    let known = entry.known.as_ref().map(|known| &known.last);
    let admin = entry.admin.clone().unwrap_or_default();
    let mismatch = link::mismatch(path, &admin)?;
    let look = mismatch.is_none();
    let git = LaneGit::new(path, &admin);
    let nested = entries
        .iter()
        .filter(|other| other.worktree.path != *path && other.worktree.path.starts_with(path));
    let skipped = || "its folder and git's folder for it do not belong together".to_owned();
    Ok(Facts {
        lane: known.map(|event| event.lane.clone()).unwrap_or_default(),
        path: path.to_string_lossy().into_owned(),
        branch: entry.worktree.branch.clone(),
        claim: entry.claim(),
        locked: entry.locked_by_hand().map(str::to_owned),
        operation: Checked::from_result(operation::in_progress(&git, &admin)),
        processes: Checked::from_result(processes::at_work(path)),
        mounts: Checked::from_result(mounts::below(path)),
        nested: nested.map(|other| other.worktree.path.clone()).collect(),
        changes: if look {
            Checked::from_result(changes::changes(&git, path, &admin))
        } else {
            Checked::Unknown(skipped())
        },
        submodules: if look {
            Checked::from_result(submodules::unpushed(&git, path, &admin))
        } else {
            Checked::Unknown(skipped())
        },
        ignored: if look {
            Checked::from_result(ignored::ignored(&git, path, here.main.as_deref()))
        } else {
            Checked::Unknown(skipped())
        },
        saved: Kept::default(),
        commits: Checked::from_result(commits::commits(
            here,
            &git,
            entry.worktree.head.as_deref(),
            entry.worktree.branch.as_deref(),
            known.and_then(|event| event.base.as_deref()),
        )),
        mismatch,
    })
}
