//! Which files make up the audit log, and in which order they are read.

use std::io;
use std::path::{Path, PathBuf};

use audit_log::{ACTIVE, HISTORY, OLDER_HISTORY, RETIRED, SourceName};
use cli::Failure;
use journal::{Error, Line, Lines, MAX_LINE};

/// How often the folder is listed until two listings agree.
const LISTINGS: usize = 8;

/// One file of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Log {
    /// Path from the root of the main worktree.
    pub(crate) name: String,
    /// Path on disk.
    pub(crate) path: PathBuf,
    /// Position in the order of the logs: histories before shards, shards by name and so by start.
    pub(crate) rank: usize,
    /// Whether it is a session shard, which is newer than the histories.
    pub(crate) live: bool,
}

impl Log {
    /// Its lines from the first to the last; none when there is no such file.
    pub(super) fn lines(&self) -> Result<impl Iterator<Item = Result<Line, Error>>, Error> {
        journal::read(&self.path)
    }
}

/// The end of a history as it was before an interrupted or unfinished run of `consolidate`.
#[derive(Debug, Clone)]
pub(crate) struct OldTail {
    /// The history.
    pub(super) log: Log,
    /// The line before its first one.
    pub(super) after_line: u64,
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
}

impl OldTail {
    /// Its lines, numbered as in the history.
    pub(super) fn lines(&self) -> impl Iterator<Item = Result<Line, Error>> {
        let after = self.after_line;
        Lines::new(&self.log.path, self.bytes.as_slice(), MAX_LINE).map(move |line| {
            let mut line = line?;
            line.number = line.number.map(|number| number + after);
            Ok(line)
        })
    }
}

/// The files below `logs`, **in the order in which they must be read**: the shards first. A shard
/// that `consolidate` folds in meanwhile is then found in the history, which is read after it.
pub(crate) fn list(logs: &Path) -> Result<Vec<Log>, Failure> {
    let histories = histories(logs);
    let mut all: Vec<Log> = shards(logs)?
        .into_iter()
        .enumerate()
        .map(|(at, name)| Log {
            path: logs.join(&name),
            name: format!("logs/{name}"),
            rank: histories.len() + at,
            live: true,
        })
        .collect();
    all.extend(histories);
    Ok(all)
}

/// The histories, older name first: the predecessor wrote both, `consolidate` writes the second.
pub(crate) fn histories(logs: &Path) -> Vec<Log> {
    let named = |(rank, name)| Log {
        path: logs.join(name),
        name: format!("logs/{name}"),
        rank,
        live: false,
    };
    [OLDER_HISTORY, HISTORY].into_iter().enumerate().map(named).collect()
}

/// The shards in order of their names, as paths below `logs`. A rename during the listing can hide
/// a file from it, so two listings have to agree.
fn shards(logs: &Path) -> Result<Vec<String>, Failure> {
    let mut names = listing(logs)?;
    for _ in 1..LISTINGS {
        let again = listing(logs)?;
        if again == names {
            break;
        }
        names = again;
    }
    Ok(names)
}

fn listing(logs: &Path) -> Result<Vec<String>, Failure> {
    let mut shards = Vec::new();
    for name in names(&logs.join(ACTIVE))? {
        if SourceName::active(&name).is_some() {
            shards.push(format!("{ACTIVE}/{name}"));
        }
    }
    // A writer that ignores the lock may have appended to a shard after it was folded in.
    for name in names(&logs.join(ACTIVE).join(RETIRED))? {
        let shard = format!("{ACTIVE}/{RETIRED}/{name}");
        let Some(source) = SourceName::retired(&name) else { continue };
        let found = logs.join(&shard).symlink_metadata();
        if found.is_ok_and(|found| found.len() > source.consumed) {
            shards.push(shard);
        }
    }
    shards.sort();
    Ok(shards)
}

fn names(dir: &Path) -> Result<Vec<String>, Failure> {
    let fail = |error: &io::Error| Failure::io("cannot list", dir, error);
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(fail(&e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(|e| fail(&e))?.file_name().into_string();
        names.push(
            name.map_err(|name| {
                Failure::damaged(dir.join(name).display(), "the name is not UTF-8")
            })?,
        );
    }
    Ok(names)
}
