//! `trash restore`: brings a lane back as it was.

use std::fs;
use std::path::PathBuf;

use cli::{Exit, Failure, Out, Tone};
use records::worktree_lane::Restoration;
use records::{LaneEvent, LaneEventKind, Reason};
use repo::shell_words;

use crate::here::Here;
use crate::history::{self, History};
use crate::lock::Lock;
use crate::recover;
use crate::registry;

use super::entry::{self, Entry};
use super::{keep, moving};

/// Runs `trash restore`.
pub(crate) fn run(here: &Here, actor: &str, name: &str, out: &mut Out) -> Result<Exit, Failure> {
    let restoration = match entry::read(here, name)? {
        Some(entry) => {
            let _lane = Lock::lane(here, &entry.lane.lane)?;
            recover::of_lane(here, actor, &entry.lane.lane, out);
            // Settling may have completed just this.
            match entry::read(here, name)? {
                Some(entry) => restore(here, actor, &entry)?,
                None => without_entry(here, name)?,
            }
        }
        None => without_entry(here, name)?,
    };
    out.print(&restoration, |restoration, page| {
        let path = restoration.path.as_deref().unwrap_or_default();
        if restoration.restored {
            page.line(Tone::Good, format_args!("{} is back at {path}", restoration.name));
        } else {
            page.line(Tone::Bad, format_args!("{} was not restored", restoration.name));
            page.reasons(&restoration.reasons);
        }
    })?;
    Ok(if restoration.restored { Exit::Yes } else { Exit::No })
}

/// The answer for a name that is not in the trash: the lane may have been brought back already, by
/// a run that was cut short and has been completed.
fn without_entry(here: &Here, name: &str) -> Result<Restoration, Failure> {
    let history = History::load(here)?;
    let back = history.live().map(|known| &known.last).find(|event| {
        event.kind == LaneEventKind::Restored && event.trash.as_deref() == Some(name)
    });
    Ok(Restoration {
        name: name.into(),
        restored: back.is_some(),
        lane: back.map(|event| event.lane.clone()),
        path: back.map(|event| event.path.clone()),
        branch: back.map(|event| event.branch.clone()),
        branch_created: false,
        reasons: if back.is_some() { Vec::new() } else { vec![unknown(name)] },
    })
}

/// The reason of a name that is not in the trash.
pub(crate) fn unknown(name: &str) -> Reason {
    let message = format!("there is no '{name}' in the trash");
    Reason::new("unknown_entry", message, "worktree-lane trash list")
}

fn restore(here: &Here, actor: &str, entry: &Entry) -> Result<Restoration, Failure> {
    let mut restoration = Restoration {
        name: entry.name.clone(),
        restored: false,
        lane: Some(entry.lane.lane.clone()),
        path: Some(entry.lane.path.clone()),
        branch: entry.branch.clone(),
        branch_created: false,
        reasons: Vec::new(),
    };
    let _repository = Lock::repository(here)?;
    let facts = facts(here, entry)?;
    restoration.reasons = reasons(entry, &facts);
    if restoration.reasons.is_empty() {
        history::record(here, actor, LaneEventKind::Restoring, &event(entry))?;
        match put_back(here, entry) {
            Ok(created) => restoration.branch_created = created,
            Err(failure) => {
                moving::out(here, entry)?;
                history::record(here, actor, LaneEventKind::RestoreFailed, &event(entry))?;
                return Err(failure.hint("the lane is still in the trash"));
            }
        }
        // From here on it stays in its place: what kept its commits in the trash may be gone.
        settled(here, actor, entry).map_err(|failure| {
            failure.hint("the lane is in its place; give the command again to complete it")
        })?;
        restoration.restored = true;
    }
    Ok(restoration)
}

/// The event that the changes of `entry` are recorded with.
pub(crate) fn event(entry: &Entry) -> LaneEvent {
    LaneEvent {
        branch: entry.branch.clone().unwrap_or_else(|| entry.lane.branch.clone()),
        head: entry.head.clone(),
        adopted: Vec::new(),
        becomes: None,
        trash: Some(entry.name.clone()),
        ..entry.lane.clone()
    }
}

/// The whole of it. Each step is skipped when it is done already, so that a killed run can be
/// completed. Gives whether the branch had to be made again.
pub(crate) fn bring_back(here: &Here, actor: &str, entry: &Entry) -> Result<bool, Failure> {
    let created = put_back(here, entry)?;
    settled(here, actor, entry)?;
    Ok(created)
}

/// Branch, files, git's folder, in this order.
fn put_back(here: &Here, entry: &Entry) -> Result<bool, Failure> {
    let mut created = false;
    if let (Some(branch), Some(head)) = (&entry.branch, &entry.head) {
        let reference = format!("refs/heads/{branch}");
        if here.git().commit(&reference)?.is_none() {
            // The empty old value means that it must not exist.
            here.change(&["update-ref", &reference, head, ""])?;
            created = true;
        }
    }
    moving::back(here, entry)?;
    Ok(created)
}

/// The lane is in its place.
fn settled(here: &Here, actor: &str, entry: &Entry) -> Result<(), Failure> {
    tidy(here, entry)?;
    history::record(here, actor, LaneEventKind::Restored, &event(entry))
}

/// Removes what is left of an entry whose lane is in its place. This comes before the journal says
/// so: a run that is killed in between is then seen as unfinished, and not forgotten.
pub(crate) fn tidy(here: &Here, entry: &Entry) -> Result<(), Failure> {
    keep::give_back(here, &entry.name)?;
    entry.erase(here)
}

/// What the trash has of a lane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Kept {
    /// What it takes to bring it back.
    #[default]
    All,
    /// Its folder was gone when the lane was forgotten: it has to be in its place again.
    NoFiles,
    /// Git's folder for it is missing, and the files may be too.
    NotAll,
}

/// What decides whether a lane can come back.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// The folder where a lane with this id is now.
    lane: Option<String>,
    /// Whether something is at its path.
    path_taken: bool,
    /// Whether git has given its name to another worktree.
    admin_taken: bool,
    /// The commit that a branch of its name stands at.
    branch: Option<String>,
    /// Where that branch is checked out.
    checked_out: Option<PathBuf>,
    /// What the trash has of it.
    kept: Kept,
}

/// Reads them.
pub(crate) fn facts(here: &Here, entry: &Entry) -> Result<Facts, Failure> {
    let history = History::load(here)?;
    let entries = registry::survey(here, &history)?;
    let exists = |path: PathBuf| fs::symlink_metadata(path).is_ok();
    let lane = entries.iter().find(|e| e.lane() == Some(entry.lane.lane.as_str()));
    let checked_out =
        entries.iter().find(|e| entry.branch.is_some() && e.worktree.branch == entry.branch);
    let branch = match &entry.branch {
        Some(branch) => here.git().commit(&format!("refs/heads/{branch}"))?,
        None => None,
    };
    let halves = moving::look(here, entry);
    let admin_kept = halves.admin == moving::Whereabouts::Trash;
    let forgotten = admin_kept && halves.tree != moving::Whereabouts::Trash;
    let its_own = registry::admin_of(entry.path())? == Some(entry.admin_before(here));
    Ok(Facts {
        lane: lane.map(|e| e.worktree.path.to_string_lossy().into_owned()),
        path_taken: exists(entry.path().to_path_buf()) && !(forgotten && its_own),
        admin_taken: exists(entry.admin_before(here)),
        branch,
        checked_out: checked_out.map(|e| e.worktree.path.clone()),
        kept: match (admin_kept, forgotten && !its_own) {
            (false, _) => Kept::NotAll,
            (true, true) => Kept::NoFiles,
            (true, false) => Kept::All,
        },
    })
}

/// Every reason against it, in a stable order; none means yes.
fn reasons(entry: &Entry, facts: &Facts) -> Vec<Reason> {
    let mut all = Vec::new();
    if facts.kept == Kept::NotAll {
        let message = "its files or git's folder for it are no longer in the trash";
        all.push(Reason::without_step("trash_incomplete", message));
    }
    if facts.kept == Kept::NoFiles {
        let message = "only what git knew of it is in the trash: its folder was gone before";
        let next = format!("bring the folder back to {}", shell_words([&entry.lane.path]));
        all.push(Reason::new("files_missing", message, next));
    }
    if let Some(path) = &facts.lane {
        let message = format!("there is a lane {} at {path}", entry.lane.lane);
        all.push(Reason::new("lane_exists", message, "worktree-lane list"));
    }
    if facts.path_taken {
        let message = format!("there is something at {}", entry.lane.path);
        all.push(Reason::new("path_exists", message, "move it away"));
    }
    if facts.admin_taken {
        let message = format!("git uses the name '{}' for another worktree now", entry.admin);
        all.push(Reason::new("entry_taken", message, "git worktree list"));
    }
    if let Some(path) = &facts.checked_out {
        let branch = entry.branch.as_deref().unwrap_or_default();
        let message = format!("the branch '{branch}' is checked out at {}", path.display());
        all.push(Reason::new("branch_checked_out", message, "worktree-lane list"));
    }
    if facts.branch.is_some() && facts.branch != entry.head {
        let branch = entry.branch.as_deref().unwrap_or_default();
        let message = format!("the branch '{branch}' has moved since the lane was removed");
        let next = shell_words(["git", "branch", "--move", branch, "ANOTHER-NAME"]);
        all.push(Reason::new("branch_moved", message, next));
    }
    all
}
