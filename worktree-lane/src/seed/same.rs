//! Whether a file of a lane is the main worktree's own.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::Path;

/// How much of the main worktree's file there has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Whole,
    /// A beginning, as a copy that was cut short leaves it.
    Beginning,
}

/// Whether nothing is lost with `name` in the lane: it is a link to the main worktree's, or has the
/// bytes that the main worktree's has. What cannot be read is not.
pub(crate) fn same(main: &Path, lane: &Path, name: &Path, part: Part) -> bool {
    let (source, copy) = (main.join(name), lane.join(name));
    let Ok(found) = fs::symlink_metadata(&copy) else { return false };
    let theirs = fs::symlink_metadata(&source);
    if found.is_symlink() {
        let target = fs::read_link(&copy).ok();
        let as_there =
            theirs.is_ok_and(|theirs| theirs.is_symlink()) && fs::read_link(&source).ok() == target;
        return as_there || target.as_deref() == Some(&*source);
    }
    let Ok(theirs) = theirs else { return false };
    let enough = match part {
        Part::Whole => found.len() == theirs.len(),
        Part::Beginning => found.len() <= theirs.len(),
    };
    found.is_file() && theirs.is_file() && enough && begins_with(&source, &copy).unwrap_or(false)
}

/// Whether `whole` begins with all bytes of `beginning`.
fn begins_with(whole: &Path, beginning: &Path) -> std::io::Result<bool> {
    let (mut whole, mut beginning) =
        (BufReader::new(File::open(whole)?), BufReader::new(File::open(beginning)?));
    loop {
        let (ours, theirs) = (beginning.fill_buf()?, whole.fill_buf()?);
        if ours.is_empty() {
            return Ok(true);
        }
        let len = ours.len().min(theirs.len());
        if len == 0 || ours.get(..len) != theirs.get(..len) {
            return Ok(false);
        }
        beginning.consume(len);
        whole.consume(len);
    }
}
