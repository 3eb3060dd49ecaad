//! The worktrees of a repository, as git lists them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use crate::{Error, Git};

/// One entry of `git worktree list`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Worktree {
    /// Its folder, as git recorded it.
    pub path: PathBuf,
    /// The commit that is checked out, in full; `None` when there is none yet.
    pub head: Option<String>,
    /// The branch, without `refs/heads/`; `None` when detached.
    pub branch: Option<String>,
    /// Whether it is the bare repository itself.
    pub bare: bool,
    /// The reason of its lock; `Some("")` for a lock without a reason.
    pub locked: Option<String>,
    /// Why git would prune it, such as a folder that is gone.
    pub prunable: Option<String>,
}

/// Every worktree, the main one first.
pub fn worktrees(git: &Git) -> Result<Vec<Worktree>, Error> {
    const LIST: [&str; 4] = ["worktree", "list", "--porcelain", "-z"];
    // A reader may meet an entry that another process is just making; it is whole a moment later.
    let bytes = match git.bytes(LIST) {
        Err(Error::Failed { why, .. }) if why.contains("commondir") => git.bytes(LIST)?,
        other => other?,
    };
    Ok(parse(&bytes))
}

fn parse(bytes: &[u8]) -> Vec<Worktree> {
    let mut all = Vec::new();
    let mut current: Option<Worktree> = None;
    for field in bytes.split(|b| *b == 0) {
        let split = field.iter().position(|b| *b == b' ').unwrap_or(field.len());
        let (key, value) = field.split_at(split);
        let value = value.get(1..).unwrap_or_default();
        let text = || String::from_utf8_lossy(value).into_owned();
        match (key, &mut current) {
            (b"worktree", current) => {
                all.extend(current.take());
                let path = PathBuf::from(OsStr::from_bytes(value));
                *current = Some(Worktree { path, ..Worktree::default() });
            }
            (b"HEAD", Some(w)) => w.head = Some(text()).filter(|h| h.bytes().any(|b| b != b'0')),
            (b"branch", Some(w)) => {
                let name = text();
                w.branch = Some(name.strip_prefix("refs/heads/").unwrap_or(&name).to_owned());
            }
            (b"bare", Some(w)) => w.bare = true,
            (b"locked", Some(w)) => w.locked = Some(text()),
            (b"prunable", Some(w)) => w.prunable = Some(text()),
            _ => {}
        }
    }
    all.extend(current);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_read_and_a_newline_in_a_path_is_no_end() {
        let list = b"worktree /p\0HEAD 12ab\0branch refs/heads/main\0\0\
                     worktree /p\nq\0HEAD 0000\0detached\0locked by\nhand\0prunable gone\0\0\
                     worktree /b\0bare\0locked\0\0";
        let all = parse(list);
        assert_eq!(all.len(), 3);
        assert_eq!(all[0].branch.as_deref(), Some("main"));
        assert_eq!(all[0].head.as_deref(), Some("12ab"));
        assert_eq!(all[1].path, PathBuf::from("/p\nq"));
        assert_eq!((all[1].head.as_deref(), all[1].branch.as_deref()), (None, None));
        assert_eq!(all[1].locked.as_deref(), Some("by\nhand"));
        assert_eq!(all[1].prunable.as_deref(), Some("gone"));
        assert!(all[2].bare);
        assert_eq!(all[2].locked.as_deref(), Some(""));
    }
}
