//! Keeping the log out of `git status`.

use std::path::Path;

use audit_log::Log;
use repo::{Git, Place};

use crate::error::Error;

/// Hides shards, history and quarantine, unless the repository tracks its history. No tracked file is
/// touched for it.
pub(crate) fn hide(log: &Log) -> Result<(), Error> {
    let Some(place) = &log.place else { return Ok(()) };
    if tracks(place, &log.history)? {
        return Ok(());
    }
    let folder = log.history.parent().unwrap_or(&log.logs);
    for pattern in ["governance_history.jsonl", "*.quarantine*"] {
        exclude(place, folder, pattern)?;
    }
    exclude(place, &log.logs, "active/")
}

fn exclude(place: &Place, folder: &Path, pattern: &str) -> Result<(), Error> {
    let Ok(below) = folder.strip_prefix(place.worktree()) else { return Ok(()) };
    let folder = escaped(&below.to_string_lossy());
    let slash = if folder.is_empty() { "" } else { "/" };
    Ok(repo::exclude(place, &format!("/{folder}{slash}{pattern}"))?)
}

/// The path as a pattern that matches nothing but it (gitignore(5)).
fn escaped(path: &str) -> String {
    let mut pattern = String::new();
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\' | ' ') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

fn tracks(place: &Place, history: &Path) -> Result<bool, Error> {
    let git = Git::new(place.worktree());
    let listed = git.program(["ls-files", "--"]).args([history]).run()?;
    Ok(!listed.ok() || !listed.stdout.is_empty())
}
