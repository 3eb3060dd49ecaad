//! Removing shards that were folded in long ago.
//!
//! A writer may keep a shard open and append to it after it was folded in. Its file is therefore kept
//! until nothing points to a writer any more: nothing was appended for a day since it was put away,
//! and no process that we can see has it open.

use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

use audit_log::{Inode, Log, inode};
use jiff::Timestamp;

use crate::disk::Disk;
use crate::error::Error;
use crate::listing::Source;

/// How long nothing must have happened to a file: neither a write nor its renaming.
const QUIET: Duration = Duration::from_hours(24);

/// Removes those of `done` that are quiet.
pub(crate) fn remove_quiet(
    disk: &impl Disk,
    log: &Log,
    done: &[Source],
    now: Timestamp,
) -> Result<(), Error> {
    let old: Vec<&Source> = done.iter().filter(|source| is_old(source, now)).collect();
    if old.is_empty() {
        return Ok(());
    }
    let Some(open) = open_files() else { return Ok(()) };
    // An intent knows shards by their inodes. It must not come back after a power failure when the
    // number of one may belong to another file.
    if log.intent.exists() {
        disk.sync_file(&log.intent).map_err(Error::io("sync", &log.intent))?;
    }
    for source in old {
        if !open.contains(&source.inode) && is_unchanged(source) {
            disk.remove(&source.path).map_err(Error::io("remove", &source.path))?;
        }
    }
    Ok(())
}

fn is_old(source: &Source, now: Timestamp) -> bool {
    let Ok(found) = fs::symlink_metadata(&source.path) else { return false };
    // A write sets the first time, renaming sets the second, and nobody can set that one back.
    let last = found.mtime().max(found.ctime());
    let quiet = now.as_second().checked_sub(last).and_then(|s| u64::try_from(s).ok());
    quiet.is_some_and(|seconds| Duration::from_secs(seconds) >= QUIET)
}

/// The files that the processes have open which we may look at; `None` if that cannot be told.
fn open_files() -> Option<HashSet<Inode>> {
    let mut open = HashSet::new();
    let me = std::process::id().to_string();
    let mut seen_me = false;
    for process in fs::read_dir("/proc").ok()?.flatten() {
        seen_me |= process.file_name().to_str() == Some(me.as_str());
        // Processes of other users cannot be looked at, and some end just now.
        let Ok(files) = fs::read_dir(process.path().join("fd")) else { continue };
        open.extend(files.flatten().filter_map(|fd| Some(inode(&fs::metadata(fd.path()).ok()?))));
    }
    seen_me.then_some(open)
}

/// Whether it has the length that its name says, and no writer of ours is at it.
fn is_unchanged(source: &Source) -> bool {
    let Ok(file) = File::open(&source.path) else { return false };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => return false,
    }
    file.metadata()
        .is_ok_and(|found| inode(&found) == source.inode && found.len() == source.name.consumed)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use testkit::Scratch;

    use super::*;
    use crate::disk::RealDisk;
    use crate::run::{How, fold};

    /// Folds the log as if it were so many hours later; how many shards are kept, and entries gained.
    fn later(scratch: &Scratch, hours: i64) -> (usize, u64) {
        let now = cli::clock::now().instant() + jiff::SignedDuration::from_hours(hours);
        let log = Log::at_root(scratch.root()).unwrap();
        let how = How { now, older_than: Duration::ZERO };
        let report = fold(&RealDisk, &log, how).unwrap();
        let kept = fs::read_dir(log.retired()).unwrap().count();
        (kept, report.run.entries)
    }

    #[test]
    fn a_shard_goes_when_nothing_was_appended_for_a_day_and_nobody_has_it_open() {
        let scratch = Scratch::new();
        let shard = scratch.write("logs/active/s.jsonl", "{\"n\":1}\n");
        let mut writer = File::options().append(true).open(shard).unwrap();
        assert_eq!(later(&scratch, 0), (1, 1));
        assert_eq!(later(&scratch, 23), (1, 0));
        // Quiet for long enough, but open.
        assert_eq!(later(&scratch, 25), (1, 0));
        writer.write_all(b"{\"n\":2}\n").unwrap();
        assert_eq!(later(&scratch, 25), (1, 1));
        drop(writer);
        assert_eq!(later(&scratch, 23), (1, 0));
        assert_eq!(later(&scratch, 25), (0, 0));
        let history = scratch.read("logs/governance_history.jsonl");
        assert_eq!(history, "{\"n\":1}\n{\"n\":2}\n");
    }

    #[test]
    fn a_shard_that_grew_is_not_removed() {
        let scratch = Scratch::new();
        scratch.write("logs/active/.retired/s.claim-1.8", "{\"n\":1}\n{\"n\"");
        assert_eq!(later(&scratch, 0), (1, 0));
        assert_eq!(later(&scratch, 48), (1, 0));
        assert!(scratch.path("logs/governance_history.quarantine.jsonl").exists());
        assert_eq!(later(&scratch, 48), (0, 0));
    }
}
