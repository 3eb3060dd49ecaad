//! Links from a lane to files and folders of the main worktree.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use cli::Failure;
use rustix::fs::symlinkat;

use crate::lane_git::fields;
use crate::lock::Lock;

use super::{Ground, choose, folder, note};

/// Makes a symbolic link to the main worktree's for each of `links`, unless something is there or the
/// lane's commit has files there.
pub(super) fn all(
    ground: Ground<'_>,
    links: &[PathBuf],
    notes: &mut Vec<String>,
) -> Result<(), Failure> {
    let (mut made, mut blocked) = (Vec::new(), Vec::new());
    for link in links {
        if !folder::is_clear(ground.lane, link) || tracked(ground, link)? {
            blocked.push(link.clone());
            continue;
        }
        let name = link.file_name().unwrap_or_default();
        let written = folder::open(ground.lane, link, true)
            .and_then(|at| Ok(symlinkat(ground.main.join(link), at, name)?));
        written.map_err(|error| Failure::io("cannot write", &ground.lane.join(link), &error))?;
        made.push(link.clone());
    }
    notes.extend(note(&blocked, "not linked, because the lane has something in its place"));
    hide(ground, &made)
}

/// A sparse lane has files in its commit that are not in its folder.
fn tracked(ground: Ground<'_>, link: &Path) -> Result<bool, Failure> {
    let args = ["ls-files", "-z", "--"].map(OsStr::new);
    let args = args.into_iter().chain([link.as_os_str()]);
    let ran = ground.git.program(args).env("GIT_LITERAL_PATHSPECS", "1").run()?;
    if !ran.ok() {
        let why = String::from_utf8_lossy(&ran.stderr).trim().to_owned();
        return Err(Failure::world("git ls-files", why));
    }
    Ok(fields(&ran.stdout).next().is_some())
}

/// The pattern of a folder, `node_modules/`, does not match a link of that name. So that the link is
/// no change of the lane, it gets a pattern of its own, in the file that all worktrees share.
fn hide(ground: Ground<'_>, made: &[PathBuf]) -> Result<(), Failure> {
    let ignored = choose::ignored(|args| ground.git.program(args), made)?;
    let Some(place) = &ground.here.place else { return Ok(()) };
    let seen: Vec<&PathBuf> = made.iter().filter(|link| !ignored.contains(*link)).collect();
    if seen.is_empty() {
        return Ok(());
    }
    let _repository = Lock::repository(ground.here)?;
    for link in seen {
        repo::exclude(place, &format!("/{}", crate::here::pattern(&link.to_string_lossy())))?;
    }
    Ok(())
}
