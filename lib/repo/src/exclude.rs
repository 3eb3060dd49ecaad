//! Keeping our own files out of `git status`, without touching a tracked file.

use std::io;

use crate::{Error, Place};

/// Adds `pattern`, such as `/.worktrees/`, to `<git common dir>/info/exclude`, which all worktrees
/// share, unless it is there. Two tools may do so at once: the line may then stand twice, which
/// means the same.
pub fn exclude(place: &Place, pattern: &str) -> Result<(), Error> {
    let file = place.common_dir().join("info/exclude");
    let fail = |operation, source| Error::Io { operation, path: file.clone(), source };
    let text = match std::fs::read(&file) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(e) => return Err(fail("read", e)),
    };
    if text.split(|b| *b == b'\n').any(|line| line.trim_ascii() == pattern.as_bytes()) {
        return Ok(());
    }
    if let Some(dir) = file.parent() {
        std::fs::create_dir_all(dir).map_err(|e| fail("make", e))?;
    }
    // One write of one line at the end, so that concurrent additions cannot mix.
    let newline = if text.is_empty() || text.ends_with(b"\n") { "" } else { "\n" };
    let mut open = std::fs::OpenOptions::new();
    let mut file = open.append(true).create(true).open(&file).map_err(|e| fail("write", e))?;
    let line = format!("{newline}{pattern}\n");
    io::Write::write_all(&mut file, line.as_bytes()).map_err(|e| fail("write", e))
}
