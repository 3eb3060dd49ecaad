//! The trace that the post-commit hook of `consolidate` leaves when it fails.

use std::fs;
use std::io;
use std::path::PathBuf;

use crate::{Error, Log};

/// The name of the trace in `<git common dir>/switchyard/consolidate`.
pub const HOOK_FAILURE: &str = "hook-failed";

/// The last run that the hook started, when it failed; a run of the hook that succeeds removes it.
///
/// The file is text, because a shell script writes it when the program is gone: a line with the time
/// (RFC 3339, UTC), a space and the exit status, then what the run said on stderr.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookFailure {
    /// When it failed, as the trace states it.
    pub at: String,
    /// The exit status of `consolidate`; 127 when the program is gone, 128 and more for a signal.
    pub exit: String,
    /// What it said.
    pub message: String,
}

impl HookFailure {
    /// Reads the trace of the repository that `log` is in; `None` when its hook did not fail.
    pub fn of(log: &Log) -> Result<Option<Self>, Error> {
        let Some(path) = Self::path(log) else { return Ok(None) };
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(Self::read(&bytes))),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(Error::io("read", &path)(cause)),
        }
    }

    /// Where the trace is; `None` for a log in no repository, which has no hook.
    pub fn path(log: &Log) -> Option<PathBuf> {
        let place = log.place.as_ref()?;
        Some(place.common_dir().join("switchyard/consolidate").join(HOOK_FAILURE))
    }

    /// Any bytes are a trace: that the file is there is what counts.
    fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (first, message) = text.split_once('\n').unwrap_or((&text, ""));
        let (at, exit) = first.split_once(' ').unwrap_or((first, "unknown"));
        Self { at: at.to_owned(), exit: exit.to_owned(), message: message.trim().to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_file_is_a_trace() {
        let whole = HookFailure::read(b"2026-01-24T18:30:45Z 74\nconsolidate: cannot\n");
        let parts = (whole.at.as_str(), whole.exit.as_str(), whole.message.as_str());
        assert_eq!(parts, ("2026-01-24T18:30:45Z", "74", "consolidate: cannot"));
        assert_eq!(HookFailure::read(b"").exit, "unknown");
    }
}
