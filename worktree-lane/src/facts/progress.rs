//! What git is in the middle of, and how far it got.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use cli::Failure;
use records::worktree_lane::{Operation, OperationKind as Kind};

use crate::lane_git::LaneGit;

/// The operations in the worktree whose git folder is `admin`. `refs` is given where refs are no
/// files (reftable): git has to be asked about two of them then.
pub(crate) fn operations(admin: &Path, refs: Option<&LaneGit>) -> Result<Vec<Operation>, Failure> {
    let mut found = Vec::new();
    let mut add = |kind, step, of| found.push(Operation { kind, step, of });
    if is_there(admin, "rebase-merge")? {
        let number = |file| number(admin, "rebase-merge", file);
        add(Kind::Rebase, number("msgnum")?, number("end")?);
    }
    if is_there(admin, "rebase-apply")? {
        let number = |file| number(admin, "rebase-apply", file);
        let kind = if is_there(admin, "rebase-apply/applying")? { Kind::Am } else { Kind::Rebase };
        add(kind, number("next")?, number("last")?);
    }
    if is_there(admin, "MERGE_HEAD")? {
        add(Kind::Merge, None, None);
    }
    if is_there(admin, "BISECT_LOG")? {
        add(Kind::Bisect, None, None);
    }
    if is_there(admin, "index.lock")? {
        add(Kind::IndexLock, None, None);
    }
    // A rebase picks commits too, and so has the same marks.
    if !found.iter().any(|it| it.kind == Kind::Rebase) {
        found.extend(picking(admin, refs)?.map(|kind| Operation { kind, step: None, of: None }));
    }
    Ok(found)
}

/// Whether a `cherry-pick` or a `revert` goes on. Between two commits of a series only its list of
/// what is left is there.
fn picking(admin: &Path, refs: Option<&LaneGit>) -> Result<Option<Kind>, Failure> {
    for (reference, kind) in [("CHERRY_PICK_HEAD", Kind::CherryPick), ("REVERT_HEAD", Kind::Revert)]
    {
        let in_refs = match refs {
            Some(git) => git.commit(reference)?.is_some(),
            None => false,
        };
        if in_refs || is_there(admin, reference)? {
            return Ok(Some(kind));
        }
    }
    if !is_there(admin, "sequencer")? {
        return Ok(None);
    }
    let reverts =
        read(&admin.join("sequencer/todo"))?.is_some_and(|left| left.starts_with("revert"));
    Ok(Some(if reverts { Kind::Revert } else { Kind::CherryPick }))
}

fn is_there(admin: &Path, name: &str) -> Result<bool, Failure> {
    let path = admin.join(name);
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::io("cannot read", &path, &error)),
    }
}

fn number(admin: &Path, folder: &str, file: &str) -> Result<Option<u64>, Failure> {
    Ok(read(&admin.join(folder).join(file))?.and_then(|text| text.trim().parse().ok()))
}

/// The file's text; `None` when there is no such file (any more).
fn read(path: &Path) -> Result<Option<String>, Failure> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::io("cannot read", path, &error)),
    }
}
