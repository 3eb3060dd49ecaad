//! Writing the files of a new lane, and looking whether they are all there.

use cli::Failure;
use records::LaneEvent;

use crate::lane_git::{LaneGit, fields, text};

/// How many names a note shows.
const SHOWN: usize = 3;

/// Checks the lane's commit out into its empty folder. Gives what is worth telling: files that
/// differ from the commit right away, as line endings or filters can make them.
///
/// # Errors
/// When git fails, or when afterwards a file is missing or `HEAD` is not the base.
pub(crate) fn fill(git: &LaneGit, event: &LaneEvent) -> Result<Vec<String>, Failure> {
    git.bytes_in_group(&["read-tree", "-m", "-u", "HEAD"])?;
    let wrong = |why: &str| Failure::world(format_args!("lane {}", event.lane), why);
    if git.commit("HEAD")? != event.base_commit {
        return Err(wrong("it does not stand at its base"));
    }
    if !git.bytes(&["diff-index", "--cached", "--name-only", "-z", "HEAD"])?.is_empty() {
        return Err(wrong("its index is not that of its base"));
    }
    if !git.bytes(&["ls-files", "--deleted", "-z"])?.is_empty() {
        return Err(wrong("some of its files are missing"));
    }
    let changed = git.bytes(&["status", "--porcelain", "-z", "--ignore-submodules=all"])?;
    let names: Vec<String> = fields(&changed).filter_map(|f| f.get(3..)).map(text).collect();
    Ok(note(&names).into_iter().collect())
}

fn note(names: &[String]) -> Option<String> {
    if names.is_empty() {
        return None;
    }
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if names.len() > SHOWN { ", …" } else { "" };
    Some(format!(
        "{} files of the new lane differ from its commit, as line endings and filters can make \
         them: {shown}{more}",
        names.len()
    ))
}
