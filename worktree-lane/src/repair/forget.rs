//! Forgetting a lane whose folder is gone: exactly that one, and so that it can be taken back. Git's
//! folder for it goes into the trash with index, log and operations in progress, and a ref holds on to
//! its commits and to what was staged. `trash restore` brings it back when the folder is back.

use cli::{Failure, clock};
use records::LaneEventKind;

use crate::here::Here;
use crate::history::{self, History};
use crate::lane_git::LaneGit;
use crate::lock::Lock;
use crate::registry;
use crate::remove;
use crate::trash::{entry, keep, moving, restore};

/// Moves it away. Gives whether it was still missing and not locked.
pub(crate) fn forget(
    here: &Here,
    actor: &str,
    history: &History,
    id: &str,
) -> Result<bool, Failure> {
    let _repository = Lock::repository(here)?;
    let entries = registry::survey(here, history)?;
    let found = entries.iter().find(|entry| entry.lane() == Some(id));
    let Some(missing) = found.filter(|e| e.missing && e.worktree.locked.is_none()) else {
        return Ok(false);
    };
    let (Some(known), Some(admin)) = (&missing.known, &missing.admin) else { return Ok(false) };
    let at = clock::now();
    let (name, tree) = entry::place(here, id, &missing.worktree.path, at)?;
    let trashed = entry::Entry {
        name,
        at,
        lane: known.last.clone(),
        branch: missing.worktree.branch.clone(),
        head: missing.worktree.head.clone(),
        delete_branch: false,
        admin: admin.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
        tree,
    };
    history::record(here, actor, LaneEventKind::Removing, &restore::event(&trashed))?;
    // There is no folder to run git in, and none of these questions is about files.
    let git = LaneGit::new(admin, admin);
    if let Err(failure) = put_away(here, &git, &trashed) {
        remove::undo(here, actor, &trashed)?;
        return Err(failure.hint("nothing was changed"));
    }
    remove::finish(here, actor, &trashed)?;
    Ok(true)
}

fn put_away(here: &Here, git: &LaneGit, trashed: &entry::Entry) -> Result<(), Failure> {
    trashed.write(here)?;
    let (head, branch) = (trashed.head.as_deref(), trashed.branch.as_deref());
    let staged = match head {
        Some(head) => keep::staged(git, &trashed.name, head)?,
        None => None,
    };
    keep::keep(here, git, &trashed.name, head, branch, staged)?;
    moving::out(here, trashed)
}
