//! Undoing a lane that was not finished: by this run, which failed, or by one that was killed.
//!
//! Only what git wrote for that run is removed. The worktree is recognised by the reason it is
//! locked with, which names the run; its files are compared with the commit; the branch goes only
//! while it still stands where it was made.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cli::Failure;
use records::{Adopted, LaneEvent, LaneEventKind, Reason};
use repo::shell_words;

use crate::branch;
use crate::facts::processes;
use crate::here::Here;
use crate::history;
use crate::lock::Lock;
use crate::registry::{self, Admin};

use super::own::{Half, Looked};

/// What came of undoing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Undone {
    /// There was nothing to undo.
    Nothing,
    /// Folder, entry and branch are gone.
    Removed,
    /// Something may be a person's work, so everything is as it was.
    Kept(Vec<Reason>),
}

/// Undoes the making of the lane that `event` began.
pub(crate) fn undo(here: &Here, actor: &str, event: &LaneEvent) -> Result<Undone, Failure> {
    let _repository = Lock::repository(here)?;
    undo_locked(here, actor, event)
}

/// The same while the repository's lock is held.
pub(crate) fn undo_locked(here: &Here, actor: &str, event: &LaneEvent) -> Result<Undone, Failure> {
    let path = Path::new(&event.path);
    let start = history::start_of(event);
    let reason = history::lock_reason(&event.lane, event.at);
    let admins = registry::admins(here)?;
    let admin = admins.iter().find(|admin| admin.locked.as_ref() == Some(&reason));

    let (work, copies) = work_in(here, event, admin)?;
    if !work.is_empty() {
        return Ok(Undone::Kept(vec![half_made(event, &work.join("; "))]));
    }
    let keep_folder = event.adopted.contains(&Adopted::Folder);
    let mut found = false;
    match admin {
        Some(admin) => {
            found = true;
            if admin.path.as_deref() == Some(path)
                && path.is_dir()
                && !half(here, &event.lane, path, start)?.remove(&copies, keep_folder)?
            {
                return Ok(Undone::Kept(vec![half_made(
                    event,
                    "somebody put a file there just now",
                )]));
            }
            discard(here, &event.lane, &admin.dir)?;
        }
        None => found |= remove_empty_entry(&admins, path)?,
    }
    if !keep_folder {
        // Git makes the folder before it writes where it is.
        found |= fs::remove_dir(path).is_ok();
        remove_empty_folders(here, path);
    }
    if !event.adopted.contains(&Adopted::Branch) {
        found |= delete_branch(here, &event.branch, start)?;
    }
    history::record(here, actor, LaneEventKind::AddFailed, event)?;
    Ok(if found { Undone::Removed } else { Undone::Nothing })
}

fn half<'a>(
    here: &'a Here,
    lane: &str,
    path: &'a Path,
    start: &'a str,
) -> Result<Half<'a>, Failure> {
    let index = here.state_dir()?.join("lanes").join(format!("{lane}.index"));
    Ok(Half::new(here.git(), &here.common_dir, path, start, here.main.as_deref(), &index))
}

/// Why the half-made lane could hold a person's work, and what in it is the main worktree's.
fn work_in(
    here: &Here,
    event: &LaneEvent,
    admin: Option<&Admin>,
) -> Result<(Vec<String>, Vec<PathBuf>), Failure> {
    let path = Path::new(&event.path);
    let start = history::start_of(event);
    let mut work = Vec::new();
    let tip = here.git().commit(&format!("refs/heads/{}", event.branch))?;
    if admin.is_some() && tip.is_some_and(|tip| tip != start) {
        work.push(format!("the branch '{}' has commits of its own", event.branch));
    }
    if admin.is_none_or(|admin| admin.path.as_deref() != Some(path)) || !path.is_dir() {
        return Ok((work, Vec::new()));
    }
    let pointing = registry::admin_of(path)?;
    if pointing.is_some_and(|dir| Some(dir.as_path()) != admin.map(|admin| admin.dir.as_path())) {
        work.push("its .git file names another repository or worktree".into());
        return Ok((work, Vec::new()));
    }
    let inside =
        processes::inside(path).map_err(|why| Failure::world("cannot look for processes", why))?;
    if !inside.is_empty() {
        let who: Vec<String> = inside.iter().map(ToString::to_string).collect();
        work.push(format!("processes work in it: {}", who.join(", ")));
    }
    let Looked { foreign, copies } = half(here, &event.lane, path, start)?.look()?;
    if !foreign.is_empty() {
        let shown: Vec<&str> = foreign.iter().take(5).map(String::as_str).collect();
        work.push(format!("git did not write {}", shown.join(", ")));
    }
    Ok((work, copies))
}

fn half_made(event: &LaneEvent, why: &str) -> Reason {
    let message = format!("{} was left half made by a run that was killed, and {why}", event.path);
    let next = format!("look at {}, and save what is yours elsewhere", shell_words([&event.path]));
    Reason::new("half_made", message, next)
}

/// Takes git's folder for a worktree away in one step, so that a kill cannot leave half of it.
fn discard(here: &Here, lane: &str, admin: &Path) -> Result<(), Failure> {
    let aside = here.state_dir()?.join("lanes").join(format!("{lane}.discarded"));
    let fail = |error: &io::Error| Failure::io("cannot remove", admin, error);
    match fs::remove_dir_all(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(&error)),
        _ => {}
    }
    fs::rename(admin, &aside).map_err(|e| fail(&e))?;
    fs::remove_dir_all(&aside).map_err(|e| fail(&e))
}

/// A run that was killed at once leaves an empty folder, which bears only the name.
fn remove_empty_entry(admins: &[Admin], path: &Path) -> Result<bool, Failure> {
    let wanted =
        path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    for admin in admins {
        let name = admin.dir.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
        let numbered = name.strip_prefix(&wanted);
        if numbered.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit())) {
            match fs::remove_dir(&admin.dir) {
                Ok(()) => return Ok(true),
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
                Err(error) => return Err(Failure::io("cannot remove", &admin.dir, &error)),
            }
        }
    }
    Ok(false)
}

/// Removes folders on the way to the lane that hold nothing now, as `.worktrees` may.
fn remove_empty_folders(here: &Here, path: &Path) {
    let anchor = here.anchor();
    // Above the anchor nothing was made for us: git makes the folders that a layout names.
    let inside =
        path.ancestors().skip(1).take_while(|dir| **dir != *anchor && dir.starts_with(&anchor));
    for folder in inside {
        if fs::remove_dir(folder).is_err() {
            // Something is in it, so it stays, and so do those above it.
            return;
        }
    }
    if here.main.is_none() && fs::remove_dir(&anchor).is_err() {
        // A bare repository's folder of lanes, which has others in it or was not made.
    }
}

/// Deletes the branch if it still stands at the commit it was made from and nobody uses it.
fn delete_branch(here: &Here, branch: &str, base: &str) -> Result<bool, Failure> {
    let reference = format!("refs/heads/{branch}");
    if here.git().commit(&reference)?.as_deref() != Some(base) {
        return Ok(false);
    }
    if branch::in_use(here, branch)? {
        return Ok(false);
    }
    here.change(&["update-ref", "-d", &reference, base])?;
    Ok(true)
}
