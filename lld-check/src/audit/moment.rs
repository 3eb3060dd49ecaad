//! Reading the log as it was at one moment, although `consolidate` may be at work on it.
//!
//! `consolidate` rewrites the end of the history in place; what stood there before is in its
//! intent until it is done. Whoever reads looks at the intent and the histories before and after,
//! and reads again when they differ. While an intent stands, because the run is under way or was
//! killed, the old end is read as well: an entry may then be seen twice, and never not at all.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use audit_log::{HISTORY, Intent};
use cli::Failure;

use super::logs::{Log, OldTail, histories};

/// What must be the same before and after reading.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Moment {
    intent: Vec<u8>,
    histories: Vec<Option<Version>>,
}

/// What changes when a file is written to or replaced: device and number, length, time of the last
/// change in seconds and nanoseconds.
type Version = (u64, u64, u64, i64, i64);

impl Moment {
    /// The state of the logs in the folder `logs` now.
    pub(super) fn now(logs: &Path) -> Result<Self, Failure> {
        let path = audit_log::Log::at_logs(logs)?.intent;
        let intent = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(Failure::io("cannot read", &path, &e)),
        };
        let mut versions = Vec::new();
        for log in histories(logs) {
            versions.push(match std::fs::metadata(&log.path) {
                Ok(m) => Some((m.dev(), m.ino(), m.len(), m.mtime(), m.mtime_nsec())),
                Err(e) if e.kind() == io::ErrorKind::NotFound => None,
                Err(e) => return Err(Failure::io("cannot read", &log.path, &e)),
            });
        }
        Ok(Self { intent, histories: versions })
    }

    /// The end of the history that the intent is about, as it was before.
    pub(super) fn old_tail(&self, logs: &[Log]) -> Result<Option<OldTail>, Failure> {
        let Some((intent, tail)) = Intent::decode(&self.intent) else { return Ok(None) };
        let ours = |log: &&Log| !log.live && log.name.ends_with(HISTORY);
        let Some(log) = logs.iter().find(ours) else { return Ok(None) };
        let mut after_line = 0;
        for line in log.lines()? {
            let line = line?;
            if line.offset >= intent.region.from {
                break;
            }
            after_line = line.number.unwrap_or_default();
        }
        Ok(Some(OldTail { log: log.clone(), after_line, bytes: tail.to_vec() }))
    }
}
