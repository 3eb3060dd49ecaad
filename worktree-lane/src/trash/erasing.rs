//! Deleting an entry for good, in steps that a killed run leaves to the next.
//!
//! 1. The entry's folder is renamed to `<name>.deleting`: from here on it cannot be restored.
//! 2. `emptied` goes into the journal, and the ref that kept its commits goes.
//! 3. The files go: the worktree first, `entry.json`, which says where that is, last.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use cli::{Failure, Out};
use records::{LaneEvent, LaneEventKind};

use crate::here::Here;
use crate::history;
use crate::lock::Lock;

use super::entry::{self, DELETING, Entry};
use super::{keep, moving, restore};

/// The lock under which the entry `name` is deleted; `None` when another run is at it.
pub(crate) fn lock(here: &Here, name: &str) -> Result<Option<Lock>, Failure> {
    Lock::idle_lane(here, &format!("{name}{DELETING}"))
}

/// The first two steps. The caller holds the lane's lock and the repository's.
pub(crate) fn begin(here: &Here, actor: &str, entry: &Entry) -> Result<PathBuf, Failure> {
    let from = entry.dir(here);
    let going = from.with_file_name(format!("{}{DELETING}", entry.name));
    moving::rename(&from, &going)?;
    history::record(here, actor, LaneEventKind::Emptied, &restore::event(entry))?;
    keep::release(here, &entry.name)?;
    Ok(going)
}

/// The last step.
pub(crate) fn finish(going: &Path, entry: &Entry) -> Result<(), Failure> {
    let inside = going.join("tree");
    delete(&inside)?;
    // On another file system it lies beside the lane's old place.
    if entry.is_beside() {
        delete(&entry.tree)?;
    }
    delete(&going.join("admin"))?;
    delete(going)?;
    entry.tidy_beside();
    Ok(())
}

/// Finishes what killed runs have begun. What cannot be deleted keeps nothing else: the first such
/// failure is given when all have been tried.
pub(crate) fn unfinished(here: &Here, actor: &str, out: &Out) -> Result<(), Failure> {
    let mut failed: Option<Failure> = None;
    for file in fs::read_dir(entry::root(here)).into_iter().flatten().flatten() {
        let file_name = file.file_name();
        let name = file_name.to_str().and_then(|name| name.strip_suffix(DELETING));
        let Some(name) = name.filter(|name| entry::is_name(name)) else { continue };
        match go_on(here, actor, name, &file.path()) {
            Ok(true) => out.note(&format!("{name}: completed the deletion that was cut short")),
            Ok(false) => {}
            Err(failure) if failed.is_some() => out.note(&format!("{name}: {failure}")),
            Err(failure) => failed = Some(failure),
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Finishes one; not when another run is at it.
fn go_on(here: &Here, actor: &str, name: &str, going: &Path) -> Result<bool, Failure> {
    let Some(_deleting) = lock(here, name)? else { return Ok(false) };
    match entry::from(going)? {
        Some(entry) => {
            let repository = Lock::repository(here)?;
            if !recorded(here, name)? {
                history::record(here, actor, LaneEventKind::Emptied, &restore::event(&entry))?;
            }
            keep::release(here, name)?;
            drop(repository);
            finish(going, &entry)?;
        }
        // Deleted but for the folder itself.
        None => delete(going)?,
    }
    Ok(true)
}

/// Whether the journal says that the entry was emptied, since it was last moved into the trash.
fn recorded(here: &Here, name: &str) -> Result<bool, Failure> {
    let loaded = journal::load::<LaneEvent>(here.journal())?;
    let last = loaded.records.iter().rev().map(|(_, event)| event);
    let last = last.filter(|event| event.trash.as_deref() == Some(name)).map(|event| event.kind);
    Ok(last.take(1).any(|kind| kind == LaneEventKind::Emptied))
}

/// Deletes a file or a folder with everything in it. Links are deleted, never followed. Folders that
/// nothing may be deleted from, as caches of modules are, are opened for it first.
fn delete(path: &Path) -> Result<(), Failure> {
    let gone = |result: io::Result<()>| match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    };
    let all = || match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => gone(fs::remove_dir_all(path)),
        Ok(_) => gone(fs::remove_file(path)),
        Err(error) => gone(Err(error)),
    };
    let result = match all() {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open(path).and_then(|()| all())
        }
        other => other,
    };
    result.map_err(|error| {
        Failure::io("cannot delete", path, &error)
            .hint("it can be restored no more: a user who may has to remove the folder")
    })
}

fn open(folder: &Path) -> io::Result<()> {
    let mut permissions = fs::symlink_metadata(folder)?.permissions();
    permissions.set_mode(permissions.mode() | 0o700);
    fs::set_permissions(folder, permissions)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open(&entry.path())?;
        }
    }
    Ok(())
}
