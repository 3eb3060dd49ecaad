//! Reading the log as it was at one moment, although `consolidate` may be at work on it.
//!
//! `consolidate` rewrites the end of the history in place; what stood there before is in its
//! intent until it is done. Whoever reads looks at the intent and the histories before and after,
//! and reads again when they differ. While an intent stands whose new bytes are not all there, because
//! the run is under way or was killed, the old bytes count, and not what is half written (decision 9,
//! "Readers"). Shards are read whole: an entry may be seen twice, and never not at all.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use audit_log::{HISTORY, Intent, inode};
use cli::Failure;

use super::logs::{Log, OldEnd, histories};

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
        let intent = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(Failure::io("cannot read", &path, &e)),
        };
        let mut versions = Vec::new();
        for log in histories(logs) {
            versions.push(match fs::metadata(&log.path) {
                Ok(m) => Some((m.dev(), m.ino(), m.len(), m.mtime(), m.mtime_nsec())),
                Err(e) if e.kind() == io::ErrorKind::NotFound => None,
                Err(e) => return Err(Failure::io("cannot read", &log.path, &e)),
            });
        }
        Ok(Self { intent, histories: versions })
    }

    /// Puts the old bytes in the place of the history's end where a run did not get to its commit.
    pub(super) fn mend(&self, logs: &mut [Log]) -> Result<(), Failure> {
        let Some((intent, tail)) = Intent::decode(&self.intent) else { return Ok(()) };
        let ours = |log: &&mut Log| !log.live && log.name.ends_with(HISTORY);
        let shards: Vec<Log> = logs.iter().filter(|log| log.live).cloned().collect();
        let Some(log) = logs.iter_mut().find(ours) else { return Ok(()) };
        let intent = intent.on_device_of(&log.path);
        let begun = || {
            let file = match File::open(&log.path) {
                Ok(file) => file,
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
                Err(e) => return Err(e),
            };
            let (found, region) = (file.metadata()?, &intent.region);
            // Where no shard waits, the intent is an old one that came back with a power failure.
            let ours = intent.replacement.is_none()
                && inode(&found) == intent.history
                && region.new_len != region.old_len
                && found.len() >= region.from
                && shards.iter().any(|shard| waits(shard, &intent));
            Ok(ours && !region.is_in(&file)?)
        };
        if begun().map_err(|e| Failure::io("cannot read", &log.path, &e))? {
            log.old_end = Some(OldEnd { from: intent.region.from, bytes: tail.into() });
        }
        Ok(())
    }
}

/// Whether the intent is about this shard, and no run has put it away yet.
fn waits(shard: &Log, intent: &Intent) -> bool {
    let Ok(found) = fs::symlink_metadata(&shard.path) else { return false };
    let part = intent.consumed.iter().find(|part| part.inode == inode(&found));
    part.is_some_and(|part| part.from == shard.consumed)
}
