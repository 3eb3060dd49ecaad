//! Which files make up the audit log, and in which order they are read.

use std::io;
use std::path::{Path, PathBuf};

use cli::Failure;

/// The histories, older name first. `consolidate` writes the second; the predecessor wrote both.
const HISTORIES: [&str; 2] = ["review_history.jsonl", "governance_history.jsonl"];
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

/// The files below `logs`, **in the order in which they must be read**: the shards first. A shard
/// that `consolidate` folds in meanwhile is then found in the history, which is read after it.
pub(crate) fn list(logs: &Path) -> Result<Vec<Log>, Failure> {
    let shards = shards(&logs.join("active"))?;
    let mut all: Vec<Log> = shards
        .into_iter()
        .enumerate()
        .map(|(at, name)| Log {
            path: logs.join("active").join(&name),
            name: format!("logs/active/{name}"),
            rank: HISTORIES.len() + at,
            live: true,
        })
        .collect();
    all.extend(HISTORIES.iter().enumerate().map(|(rank, name)| Log {
        path: logs.join(name),
        name: format!("logs/{name}"),
        rank,
        live: false,
    }));
    Ok(all)
}

/// The names of the shards in order. A rename during the listing can hide a file from it, so two
/// listings have to agree.
fn shards(dir: &Path) -> Result<Vec<String>, Failure> {
    let mut names = listing(dir)?;
    for _ in 1..LISTINGS {
        let again = listing(dir)?;
        if again == names {
            break;
        }
        names = again;
    }
    Ok(names)
}

fn listing(dir: &Path) -> Result<Vec<String>, Failure> {
    let fail = |error: &io::Error| Failure::io("cannot list", dir, error);
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(fail(&e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(|e| fail(&e))?.file_name();
        let shown = name.to_string_lossy();
        if shown.ends_with(".jsonl") {
            let name = name.into_string().map_err(|name| {
                Failure::damaged(dir.join(name).display(), "the name is not UTF-8")
            })?;
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
