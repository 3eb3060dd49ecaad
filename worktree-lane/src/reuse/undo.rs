//! A `reuse` that was cut short: completed when the lane is on its new branch, else undone.
//!
//! Git writes the files, then the index, then `HEAD`. Before `HEAD`, each file is as it was, as the new
//! branch has it, or a beginning of that. Anything else is somebody's work, and nothing is touched.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use cli::Failure;
use records::{LaneEvent, LaneEventKind};

use crate::add::own::{Half, gone};
use crate::facts::{link, processes};
use crate::here::Here;
use crate::history::{self, History, Unfinished};
use crate::lane_git::{LaneGit, text};
use crate::lock::Lock;
use crate::registry;

use super::{finish, folder, target_of};

/// What came of a `reuse` that was cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    Completed,
    Undone,
}

/// Settles the lane if a `reuse` of it was cut short. The caller holds its lock.
pub(crate) fn settle(here: &Here, actor: &str, lane: &str) -> Result<Option<Settled>, Failure> {
    let history = History::load(here)?;
    let Some(known) = history.lane(lane).filter(|k| k.unfinished() == Some(Unfinished::Reuse))
    else {
        return Ok(None);
    };
    let path = folder(&known.last);
    let admins = registry::admins(here)?;
    let admin = admins.iter().find(|admin| admin.path.as_deref() == Some(&*path));
    let admin =
        admin.ok_or_else(|| Failure::world(path.display(), "git does not list it any more"))?;
    if let Some(why) = link::mismatch(&path, &admin.dir)? {
        return Err(Failure::world(path.display(), why));
    }
    undo(here, actor, &known.last, &admin.dir).map(Some)
}

/// Completes or undoes what `event` began.
pub(super) fn undo(
    here: &Here,
    actor: &str,
    event: &LaneEvent,
    admin: &Path,
) -> Result<Settled, Failure> {
    let target = target_of(event)?;
    let git = LaneGit::new(&folder(event), admin);
    let reference = format!("refs/heads/{}", target.branch);
    let on = git.program(["symbolic-ref", "--quiet", "HEAD"]).run()?;
    if on.ok() && String::from_utf8_lossy(&on.stdout).trim() == reference {
        finish::finish(here, actor, event, admin)?;
        return Ok(Settled::Completed);
    }
    let made = here.git().at_ref(&reference)?.as_ref() == Some(&target.base_commit);
    // The branch is made before any file is touched.
    if made {
        files_back(here, event, admin, &git)?;
    }
    let _repository = Lock::repository(here)?;
    if made && !crate::branch::in_use(here, &target.branch)? {
        here.change(&["update-ref", "-d", &reference, &target.base_commit])?;
    }
    history::record(here, actor, LaneEventKind::ReuseFailed, event)?;
    Ok(Settled::Undone)
}

/// Brings the files back to the old commit.
fn files_back(here: &Here, event: &LaneEvent, admin: &Path, git: &LaneGit) -> Result<(), Failure> {
    let (path, target) = (folder(event), target_of(event)?);
    let old = event.head.as_deref().unwrap_or_default();
    let inside =
        processes::inside(&path).map_err(|why| Failure::world("cannot look for processes", why))?;
    if let Some(process) = inside.first() {
        return Err(Failure::world(path.display(), format!("{process} works in it")));
    }
    let scratch = here.state_dir()?.join("lanes").join(format!("{}.index", event.lane));
    let half = |commit| Half::new(here.git(), &here.common_dir, &path, commit, None, &scratch);
    let (before, after) = (half(old), half(&*target.base_commit));
    let (names_before, names_after) = (before.names()?, after.names()?);
    let (differs_before, differs_after) = (before.changed()?, after.changed()?);
    let somebodys = |name: &&Vec<u8>| {
        names_before.contains(*name)
            && (!names_after.contains(*name) || differs_after.contains(*name))
    };
    let work: Vec<String> = differs_before.iter().filter(somebodys).map(|n| text(n)).collect();
    if !work.is_empty() {
        let shown: Vec<&str> = work.iter().take(5).map(String::as_str).collect();
        let why = format!("its reuse was cut short, and git did not write {}", shown.join(", "));
        return Err(Failure::world(path.display(), why).hint("save what is yours elsewhere"));
    }
    // The git that made it is gone: it would hold the lane's lock.
    match fs::remove_file(admin.join("index.lock")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Failure::io("cannot remove", &admin.join("index.lock"), &error));
        }
        _ => {}
    }
    // What is in the way of a new file was not overwritten, and stays.
    let made = |name: &&Vec<u8>| !differs_after.contains(*name);
    for name in names_after.difference(&names_before).filter(made) {
        let relative = Path::new(OsStr::from_bytes(name));
        gone(fs::remove_file(path.join(relative)), relative)?;
        for folder in relative.ancestors().skip(1).filter(|folder| *folder != Path::new("")) {
            gone(fs::remove_dir(path.join(folder)), folder)?;
        }
    }
    git.bytes_in_group(&["read-tree", "--reset", "-u", old])?;
    Ok(())
}
