//! Finishing or undoing a run that was interrupted.

use std::fs;
use std::io;
use std::path::Path;

use audit_log::{Inode, Intent, Log, Region, inode};

use crate::disk::Disk;
use crate::error::Error;
use crate::listing::Listing;
use crate::plan;
use crate::retire::{not_retired, retire};

/// What there was to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recovered {
    Nothing,
    Finished,
    Undone,
}

/// Brings the log into the state before or after the run that the intent describes, whichever it is
/// nearer to. Every step may be interrupted and done again.
///
/// * The intent is not whole: it was never carried out. Forget it.
/// * The files hold what it wanted: rename the shards that are not renamed yet.
/// * They do not, and all its shards are where they were: the run ended before its commit. Put the old
///   bytes back.
/// * They do not, and all its shards are gone: it is an old intent that came back with a power failure
///   after its run was over. Forget it.
/// * Anything else was not done by us: touch nothing.
pub(crate) fn recover(disk: &impl Disk, log: &Log) -> Result<Recovered, Error> {
    let bytes = match fs::read(&log.intent) {
        Ok(bytes) => bytes,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Recovered::Nothing),
        Err(cause) => return Err(Error::io("read", &log.intent)(cause)),
    };
    let recovered = match Intent::decode(&bytes) {
        None if bytes.is_empty() => return Ok(Recovered::Nothing),
        None => Recovered::Nothing,
        Some((intent, tail)) => resolve(disk, log, &intent.on_device_of(&log.history), tail)?,
    };
    forget(disk, log)?;
    Ok(recovered)
}

/// Empties the intent. It need not be durable: an intent that comes back is one that was carried out
/// or undone.
pub(crate) fn forget(disk: &impl Disk, log: &Log) -> Result<(), Error> {
    disk.set_len(&log.intent, 0).map_err(Error::io("empty", &log.intent))
}

fn resolve(disk: &impl Disk, log: &Log, intent: &Intent, tail: &[u8]) -> Result<Recovered, Error> {
    let judged = judge(log, intent)?;
    match judged {
        Judged::CarriedOut { .. } => {
            // The run may have been killed between writing and syncing.
            sync_if_changed(disk, &log.quarantine(), &intent.quarantine)?;
            if intent.replacement.is_some() {
                sync_folder(disk, log)?;
            } else {
                sync_if_changed(disk, &log.history, &intent.region)?;
            }
            retire(disk, log, &intent.consumed)?;
        }
        Judged::Over => {}
        Judged::Begun => undo(disk, log, intent, tail)?,
    }
    Ok(judged.into())
}

/// How far the run came that an intent describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judged {
    /// Over its commit; so many of its shards were not renamed yet.
    CarriedOut { waiting: usize },
    /// To its end, long ago.
    Over,
    /// Not to its commit.
    Begun,
}

impl From<Judged> for Recovered {
    fn from(judged: Judged) -> Self {
        match judged {
            Judged::CarriedOut { waiting: 0 } | Judged::Over => Self::Nothing,
            Judged::CarriedOut { .. } => Self::Finished,
            Judged::Begun => Self::Undone,
        }
    }
}

fn judge(log: &Log, intent: &Intent) -> Result<Judged, Error> {
    let listing = Listing::read(log)?;
    let waiting = not_retired(&listing, &intent.consumed).count();
    if is_carried_out(log, intent)? {
        return Ok(Judged::CarriedOut { waiting });
    }
    if waiting == 0 {
        return Ok(Judged::Over);
    }
    if waiting < intent.consumed.len() {
        let gone = intent.consumed.len() - waiting;
        let why = format!("{gone} of {} shards are gone", intent.consumed.len());
        return Err(doubt(log, &why));
    }
    untouched_by_others(log, intent)?;
    Ok(Judged::Begun)
}

/// What [`recover`] would do, and the files whose lines are in the history already though they do not
/// look like it. Nothing is changed.
pub(crate) fn foresee(log: &Log) -> Result<(Recovered, Vec<Inode>), Error> {
    let bytes = match fs::read(&log.intent) {
        Ok(bytes) => bytes,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(cause) => return Err(Error::io("read", &log.intent)(cause)),
    };
    let Some((intent, _)) = Intent::decode(&bytes) else {
        return Ok((Recovered::Nothing, Vec::new()));
    };
    let intent = intent.on_device_of(&log.history);
    let recovered = Recovered::from(judge(log, &intent)?);
    let folded = match recovered {
        Recovered::Finished => intent.consumed.iter().map(|part| part.inode).collect(),
        Recovered::Nothing | Recovered::Undone => Vec::new(),
    };
    Ok((recovered, folded))
}

/// Puts the old bytes back.
pub(crate) fn undo(disk: &impl Disk, log: &Log, intent: &Intent, tail: &[u8]) -> Result<(), Error> {
    undo_history(disk, log, intent, tail)?;
    undo_quarantine(disk, log, &intent.quarantine)
}

/// Makes the names beside the history durable.
pub(crate) fn sync_folder(disk: &impl Disk, log: &Log) -> Result<(), Error> {
    let folder = log.history.parent().unwrap_or(&log.logs);
    disk.sync_dir(folder).map_err(Error::io("sync", folder))
}

fn sync_if_changed(disk: &impl Disk, path: &Path, region: &Region) -> Result<(), Error> {
    if region.new_len == region.old_len {
        return Ok(());
    }
    disk.sync_file(path).map_err(Error::io("sync", path))
}

/// Whether history and quarantine hold what the intent wanted, with nothing left to do to them.
fn is_carried_out(log: &Log, intent: &Intent) -> Result<bool, Error> {
    if !holds(&log.quarantine(), &intent.quarantine)? {
        return Ok(false);
    }
    match intent.replacement {
        None => holds(&log.history, &intent.region),
        Some(replacement) => {
            let found = fs::metadata(&log.history);
            Ok(found.is_ok_and(|found| inode(&found) == replacement))
        }
    }
}

/// Whether the file has the region's new bytes.
fn holds(path: &Path, region: &Region) -> Result<bool, Error> {
    if region.new_len == region.old_len {
        return Ok(true);
    }
    let Some(file) = plan::open(path)? else { return Ok(false) };
    region.is_in(&file).map_err(Error::io("read", path))
}

fn undo_history(disk: &impl Disk, log: &Log, intent: &Intent, tail: &[u8]) -> Result<(), Error> {
    let (history, region) = (&log.history, &intent.region);
    if intent.replacement.is_some() {
        // The history itself was not touched; the next run removes the replacement.
        return Ok(());
    }
    untouched_by_others(log, intent)?;
    disk.write_at(history, region.from, tail).map_err(Error::io("write", history))?;
    disk.set_len(history, region.old_len).map_err(Error::io("cut", history))?;
    disk.sync_file(history).map_err(Error::io("sync", history))
}

/// An error unless the history is the file that the run changed, with a length that it may have left.
fn untouched_by_others(log: &Log, intent: &Intent) -> Result<(), Error> {
    if intent.replacement.is_some() {
        return Ok(());
    }
    let (history, region) = (&log.history, &intent.region);
    let found = match fs::metadata(history) {
        Ok(found) => found,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            return Err(doubt(log, "it is gone"));
        }
        Err(cause) => return Err(Error::io("read", history)(cause)),
    };
    if inode(&found) != intent.history {
        return Err(doubt(log, "it is another file now"));
    }
    if found.len() < region.from || found.len() > region.new_len {
        return Err(doubt(log, "somebody else changed its length"));
    }
    Ok(())
}

fn undo_quarantine(disk: &impl Disk, log: &Log, region: &Region) -> Result<(), Error> {
    let path = log.quarantine();
    let grown = fs::metadata(&path).is_ok_and(|found| found.len() > region.old_len);
    if region.new_len == region.old_len || !grown {
        return Ok(());
    }
    disk.set_len(&path, region.old_len).map_err(Error::io("cut", &path))?;
    disk.sync_file(&path).map_err(Error::io("sync", &path))
}

fn doubt(log: &Log, why: &str) -> Error {
    Error::Doubt { history: log.history.clone(), intent: log.intent.clone(), why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use audit_log::{Consumed, Sum};
    use testkit::Scratch;

    use super::*;
    use crate::disk::RealDisk;

    /// A run is killed, then a newer version of the tool comes, whose intents have another sum.
    #[test]
    fn an_intent_with_the_sum_of_the_version_before_is_finished_or_undone() {
        let (old, new) = ("{\"n\":1}\n", "{\"n\":1}\n{\"n\":2}\n");
        for (history, recovered) in
            [(new, Recovered::Finished), ("{\"n\":1}\n{\"n", Recovered::Undone)]
        {
            let scratch = Scratch::new();
            let path = scratch.write("logs/governance_history.jsonl", history);
            let shard = scratch.write("logs/active/s.claim-1.jsonl", "{\"n\":2}\n");
            let log = Log::at_root(scratch.root()).unwrap();
            let (from, to) = (old.len() as u64, new.len() as u64);
            let sum = Sum::Sha256(records::sha256_hex(b"{\"n\":2}\n"));
            let found = |path: &Path| inode(&fs::metadata(path).unwrap());
            let intent = Intent {
                history: found(&path),
                region: Region { from, old_len: from, new_len: to, sum },
                quarantine: Region::default(),
                replacement: None,
                tail_len: 0,
                tail_sha256: records::sha256_hex(b""),
                consumed: vec![Consumed { inode: found(&shard), from: 0, to: 8 }],
            };
            scratch.write("logs/.governance_history.intent", intent.encode(b"").unwrap());
            assert_eq!(recover(&RealDisk, &log).unwrap(), recovered);
            let finished = recovered == Recovered::Finished;
            assert_eq!(shard.exists(), !finished);
            let expected = if finished { new } else { old };
            assert_eq!(scratch.read("logs/governance_history.jsonl"), expected);
        }
    }
}
