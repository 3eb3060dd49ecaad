//! What `preflight` has to know about a lane that is there and whole.

use std::path::PathBuf;

use cli::Failure;
use records::{LaneClaim, LaneEvent};
use repo::Git;

use crate::args::preflight::Preflight;
use crate::branch;
use crate::facts::changes::{self, Changes};
use crate::facts::{Checked, link, operation};
use crate::here::Here;
use crate::lane_git::LaneGit;
use crate::registry::Entry;

use super::base::{self, Based};
use super::space::{self, Space};
use super::submodules;

/// The facts that decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The lane's id.
    pub(crate) lane: String,
    /// The path of its worktree.
    pub(crate) path: String,
    /// Why its folder and git's folder for it do not belong together.
    pub(crate) mismatch: Checked<Option<String>>,
    /// The branch that the lane was made with.
    pub(crate) own_branch: String,
    /// What is checked out in its place.
    pub(crate) standing: Checked<Standing>,
    /// The other worktrees that have the branch, or will go back to it.
    pub(crate) also_at: Checked<Vec<PathBuf>>,
    /// What git is in the middle of.
    pub(crate) operation: Checked<Vec<&'static str>>,
    /// What differs from the commit.
    pub(crate) changes: Checked<Changes>,
    /// How it stands to its base.
    pub(crate) based: Based,
    /// The submodules that it lacks.
    pub(crate) submodules: Checked<Vec<PathBuf>>,
    /// The claim on it, if it stands.
    pub(crate) claim: Option<LaneClaim>,
    /// Who the work would be assigned to.
    pub(crate) owner: Option<String>,
    /// The reason of its lock, if it was locked by hand; `""` for a lock without one.
    pub(crate) locked: Option<String>,
    /// The room on the disk.
    pub(crate) space: Checked<Space>,
}

/// How what is checked out compares with the lane's own branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is that branch.
    Own,
    /// It is another branch.
    Other {
        /// The branch.
        branch: String,
        /// Whether the lane's own still exists. It may have been renamed.
        own_exists: bool,
    },
    /// It is a commit.
    Detached {
        /// Whether the lane's own branch still exists.
        own_exists: bool,
        /// Whether that branch has the commit.
        contained: bool,
    },
}

/// Gathers them. Only the fetch changes something: the remote-tracking ref.
pub(crate) fn gather(
    here: &Here,
    entries: &[Entry],
    entry: &Entry,
    asked: &Preflight,
) -> Result<Facts, Failure> {
    let (Some(known), Some(admin)) = (&entry.known, &entry.admin) else {
        return Err(Failure::world(entry.worktree.path.display(), "it is no lane"));
    };
    let (event, path) = (&known.last, &entry.worktree.path);
    let git = LaneGit::new(path, admin);
    let mismatch = Checked::from_result(link::mismatch(path, admin));
    // What git says about the files of a folder that is not the lane's is about something else.
    let whole = mismatch == Checked::Known(None);
    let also_at = branch::users(here, entries, &event.branch)
        .map(|users| users.into_iter().filter(|user| user != path).collect());
    Ok(Facts {
        lane: event.lane.clone(),
        path: path.to_string_lossy().into_owned(),
        own_branch: event.branch.clone(),
        standing: Checked::from_result(standing(&here.git(), event, entry)),
        also_at: Checked::from_result(also_at),
        operation: Checked::from_result(operation::in_progress(&git, admin)),
        changes: when(whole, || changes::changes(&git, path, admin)),
        based: base::based(here, event, entry.worktree.head.as_deref(), !asked.no_fetch)?,
        submodules: when(whole, || submodules::missing(&git, path)),
        claim: entry.claim(),
        owner: asked.owner.clone(),
        locked: entry.locked_by_hand().map(str::to_owned),
        space: when(whole, || space::space(here, &git, path)),
        mismatch,
    })
}

fn when<T>(whole: bool, look: impl FnOnce() -> Result<T, Failure>) -> Checked<T> {
    if whole {
        Checked::from_result(look())
    } else {
        Checked::Unknown("the folder is not the lane's".into())
    }
}

fn standing(git: &Git, event: &LaneEvent, entry: &Entry) -> Result<Standing, Failure> {
    let worktree = &entry.worktree;
    if worktree.branch.as_ref() == Some(&event.branch) {
        return Ok(Standing::Own);
    }
    let own = git.commit(&format!("refs/heads/{}", event.branch))?;
    let own_exists = own.is_some();
    match (&worktree.branch, own, &worktree.head) {
        (Some(branch), ..) => Ok(Standing::Other { branch: branch.clone(), own_exists }),
        (None, Some(own), Some(head)) => {
            let contained = git.is_ancestor(head, &own)?;
            Ok(Standing::Detached { own_exists, contained })
        }
        (None, ..) => Ok(Standing::Detached { own_exists, contained: false }),
    }
}
