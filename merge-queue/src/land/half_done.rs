//! A checkout in which a git was killed while it brought a landing there.
//!
//! Git writes the files first, the index then and the branch last. Killed in between, it leaves files that
//! it calls changed or untracked, and no git goes on from there: it takes them for somebody's work. They are
//! that only if they hold something that the landing does not have.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use cli::Failure;
use repo::{Error, Git, Worktree};

use crate::desk::Desk;
use crate::git::worktree_state::{self, Unstaged};
use crate::rules::diff::{Change, overlap};

/// Takes a checkout that stands at `local` back to that where a git was killed on its way to `after`.
///
/// Nothing is done unless every change in the way is such a trace: a file that is gone, or that is the
/// landing's as far as it goes. Whatever else is in the checkout stays as it is. Returns what keeps it from
/// being looked at, which may be the lock of the git that was killed.
pub(super) fn undo(
    desk: &Desk,
    holder: &Worktree,
    local: &str,
    after: &str,
) -> Result<Option<String>, Failure> {
    let git = Git::new(&holder.path);
    if git.commit("HEAD")?.as_deref() != Some(local) {
        return Ok(None);
    }
    if let Some(operation) = worktree_state::operation(&holder.path)? {
        let place = holder.path.display();
        return Ok(Some(format!("{} is under way in {place}: {}", operation.what, operation.next)));
    }
    let moving: BTreeMap<Vec<u8>, Change> =
        desk.objects.diff(local, after)?.into_iter().map(|c| (c.path.clone(), c)).collect();
    let Some(changed) = worktree_state::unstaged(&git)? else { return Ok(None) };
    let (mut tracked, mut untracked) = (Vec::new(), Vec::new());
    for Unstaged { path, tracked: is_tracked } in changed {
        if !moving.keys().any(|moved| overlap(&path, moved)) {
            continue;
        }
        let Some(change) = moving.get(&path) else { return Ok(None) };
        if !is_trace(&git, holder, after, change)? {
            return Ok(None);
        }
        if is_tracked { tracked.push(path) } else { untracked.push(path) }
    }
    for path in untracked {
        let file = holder.path.join(OsStr::from_bytes(&path));
        fs::remove_file(&file).map_err(|error| Failure::io("cannot remove", &file, &error))?;
    }
    if !tracked.is_empty() {
        let listed: Vec<u8> =
            tracked.into_iter().flat_map(|path| [path, vec![0]].concat()).collect();
        let args = ["checkout-index", "--quiet", "--force", "-z", "--stdin"];
        let ran = git.program(args).stdin(listed).run()?;
        if !ran.ok() {
            return Err(git.failure(&args, &ran).into());
        }
    }
    Ok(None)
}

/// Whether nothing is lost with what is at the path: it is gone, or it begins like the landing's file, as
/// far as it goes.
fn is_trace(git: &Git, holder: &Worktree, after: &str, change: &Change) -> Result<bool, Error> {
    let file = holder.path.join(OsStr::from_bytes(&change.path));
    let there = match file.symlink_metadata() {
        Err(error) => return Ok(error.kind() == std::io::ErrorKind::NotFound),
        Ok(found) if found.is_symlink() => match fs::read_link(&file) {
            Ok(target) => target.as_os_str().as_bytes().to_vec(),
            Err(_) => return Ok(false),
        },
        Ok(found) if found.is_file() => match fs::read(&file) {
            Ok(bytes) => bytes,
            Err(_) => return Ok(false),
        },
        Ok(_) => return Ok(false),
    };
    if change.new.is_none() {
        return Ok(false);
    }
    // As a checkout writes it: with line endings and filters.
    let mut object = format!("{after}:").into_bytes();
    object.extend_from_slice(&change.path);
    let args = [OsStr::new("cat-file"), OsStr::new("--filters"), OsStr::from_bytes(&object)];
    let ran = git.program(args).env("GIT_NO_REPLACE_OBJECTS", "1").run()?;
    Ok(ran.ok() && ran.stdout.starts_with(&there))
}
