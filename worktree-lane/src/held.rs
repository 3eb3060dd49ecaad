//! One lane that a command is about to change, with its lock held.

use cli::{Failure, Out};
use records::Reason;
use repo::shell_words;

use crate::claim;
use crate::here::Here;
use crate::history::History;
use crate::lock::Lock;
use crate::recover;
use crate::registry::{self, Entry, NotFound};
use crate::sync;
use crate::told;

/// A lane, its lock, and the worktrees around it as they were when the lock was taken.
///
/// No other run of this tool changes the lane while this lives: it is taken before the facts are
/// read that decide, and dropped after the last step.
#[derive(Debug)]
pub(crate) struct Held {
    _lock: Option<Lock>,
    /// Every worktree of the repository.
    pub(crate) entries: Vec<Entry>,
    at: Entry,
}

impl Held {
    /// The lane itself.
    pub(crate) const fn entry(&self) -> &Entry {
        &self.at
    }
}

/// Finds the lane that goes by `name`, takes its lock, and settles what a killed run left of it. A
/// worktree that is no lane is given without a lock. A reason says why there is none.
///
/// # Errors
/// When the journal is damaged, git fails, or another run keeps the lane's lock.
pub(crate) fn lane(
    here: &Here,
    actor: &str,
    name: &str,
    out: &Out,
) -> Result<Result<Held, Reason>, Failure> {
    let entries = registry::survey(here, &History::load(here)?)?;
    let id = match registry::find(&entries, name) {
        Ok(entry) => entry.lane().map(str::to_owned),
        Err(why) => return Ok(Err(unknown(name, &why))),
    };
    let lock = id.as_deref().map(|id| Lock::lane(here, id)).transpose()?;
    if let Some(id) = &id {
        recover::of_lane(here, actor, id, out);
    }
    let mut entries = registry::survey(here, &History::load(here)?)?;
    if let Ok(entry) = registry::find(&entries, name)
        && sync::settle(here, actor, entry, out)
    {
        entries = registry::survey(here, &History::load(here)?)?;
    }
    // Git's lock may still show a claim that has ended, or not yet one that stands.
    if let Ok(entry) = registry::find(&entries, name)
        && claim::settle(entry)?
    {
        entries = registry::survey(here, &History::load(here)?)?;
    }
    match registry::find(&entries, name).cloned() {
        Ok(at) => Ok(Ok(Held { _lock: lock, entries, at })),
        Err(why) => Ok(Err(unknown(name, &why))),
    }
}

/// The reason of a name that no lane, or more than one, goes by.
pub(crate) fn unknown(name: &str, why: &NotFound) -> Reason {
    match why {
        NotFound::Unknown => {
            Reason::new("unknown_lane", format!("there is no lane '{name}'"), "worktree-lane list")
        }
        NotFound::Ambiguous(paths) => Reason::new(
            "ambiguous_lane",
            format!("'{name}' is the name of more than one: {}", paths.join(", ")),
            "name the lane by its id or its branch",
        ),
    }
}

/// Worktrees that are never touched, whatever is in them.
pub(crate) fn not_for_us(entry: &Entry) -> Option<Reason> {
    let path = entry.worktree.path.display();
    if entry.known.is_none() || entry.admin.is_none() {
        let message = format!("{path} was not made by worktree-lane");
        // What plain git would delete with it, without a word.
        let folder = entry.worktree.path.to_string_lossy();
        let next = shell_words(["git", "-C", &*folder, "status", "--short", "--ignored"]);
        return Some(Reason::new("foreign", message, next));
    }
    if entry.half_made() {
        let message = format!("{path} is half made");
        let next = "repeat worktree-lane add for this lane: it undoes what is left";
        return Some(Reason::new("half_made", message, next));
    }
    if entry.known.as_ref().is_some_and(|known| known.unfinished().is_some()) {
        let message = format!("a change of {path} was cut short and could not be settled");
        return Some(Reason::new("unfinished", message, "worktree-lane list"));
    }
    if entry.missing {
        let message = format!("the folder {path} is gone, and git still lists it");
        let next = told::look_at_repair(entry.lane().unwrap_or_default());
        return Some(Reason::new("missing", message, next));
    }
    None
}
