//! Putting the lines of taken shards into the history: all of them or none, whatever happens.

use std::fs;
use std::io;
use std::path::Path;

use audit_log::{Consumed, Inode, Intent, LinesSum, Log, Region, inode};
use records::consolidate::Quarantined;
use records::print_noun;

use crate::disk::Disk;
use crate::error::Error;
use crate::plan::{self, Plan};
use crate::recover::{forget, sync_folder, undo};
use crate::retire::retire;

/// Carries out `plan` and puts `rejects` into the quarantine; `consumed` are the parts of shards that
/// both were made of.
///
/// 1. Write the intent, with the bytes that are going to be overwritten. *Durable.*
/// 2. Write quarantine and history. *Durable: this is the commit.*
/// 3. Move the shards to `.retired`. *Durable.*
/// 4. Forget the intent.
pub(crate) fn commit(
    disk: &impl Disk,
    log: &Log,
    plan: &Plan,
    rejects: &[Quarantined],
    consumed: &[Consumed],
) -> Result<(), Error> {
    if plan.is_empty() && rejects.is_empty() {
        return retire(disk, log, consumed);
    }
    let change = Change::prepare(disk, log, plan, rejects, consumed)?;
    change.write_down(disk, log)?;
    if let Err(error) = change.carry_out(disk, log) {
        // A failed sync leaves no way to know what is on the disk, so the old bytes are written anew.
        // Where that fails as well, the intent stays, and the next run tries again.
        if undo(disk, log, &change.intent, &change.tail).is_ok() {
            forget(disk, log)?;
        }
        return Err(error);
    }
    retire(disk, log, consumed)?;
    forget(disk, log)
}

/// A change of history and quarantine, ready to be carried out.
struct Change {
    intent: Intent,
    /// The bytes of the history that are overwritten.
    tail: Vec<u8>,
    /// The bytes that take their place; empty when the history is replaced as a whole.
    history: Vec<u8>,
    quarantine: Vec<u8>,
}

impl Change {
    /// Makes the files and sets the space aside, so that a full disk shows before anything changed.
    fn prepare(
        disk: &impl Disk,
        log: &Log,
        plan: &Plan,
        rejects: &[Quarantined],
        consumed: &[Consumed],
    ) -> Result<Self, Error> {
        let quarantine = lines(rejects)?;
        if !plan.is_empty() {
            exists(disk, log, &log.history)?;
        }
        if !rejects.is_empty() {
            exists(disk, log, &log.quarantine())?;
        }
        let file = plan::open(&log.history)?;
        let metadata = file.as_ref().map(fs::File::metadata).transpose();
        let metadata = metadata.map_err(Error::io("read", &log.history))?;
        if metadata.as_ref().is_some_and(|found| found.len() != plan.region.old_len) {
            return Err(Error::Changed { history: log.history.clone() });
        }
        let history = metadata.map_or(Inode { dev: 0, ino: 0 }, |found| inode(&found));
        let mut change = Self {
            intent: Intent {
                history,
                region: plan.region.clone(),
                quarantine: appended(&log.quarantine(), &quarantine)?,
                replacement: None,
                tail_len: 0,
                tail_sha256: String::new(),
                consumed: consumed.to_vec(),
            },
            tail: Vec::new(),
            history: Vec::new(),
            quarantine,
        };
        if plan.replaces() {
            change.intent.replacement = Some(write_replacement(disk, log, plan, file.as_ref())?);
        } else {
            let (bytes, region) =
                plan.new_bytes(file.as_ref()).map_err(Error::io("read", &log.history))?;
            plan::copy(file.as_ref(), region.from, region.old_len, |piece| {
                change.tail.extend_from_slice(piece);
                Ok(())
            })
            .map_err(Error::io("read", &log.history))?;
            (change.intent.region, change.history) = (region, bytes);
        }
        change.intent.tail_len = change.tail.len() as u64;
        change.intent.tail_sha256 = records::sha256_hex(&change.tail);
        for (path, region) in change.in_place(log) {
            let grows = region.new_len - region.old_len;
            let reserved = disk.reserve(&path, region.old_len, grows);
            reserved.map_err(Error::io("set space aside for", &path))?;
        }
        Ok(change)
    }

    /// What is written in place.
    fn in_place(&self, log: &Log) -> Vec<(std::path::PathBuf, &Region)> {
        let mut regions = Vec::new();
        if !self.quarantine.is_empty() {
            regions.push((log.quarantine(), &self.intent.quarantine));
        }
        if !self.history.is_empty() {
            regions.push((log.history.clone(), &self.intent.region));
        }
        regions
    }

    fn write_down(&self, disk: &impl Disk, log: &Log) -> Result<(), Error> {
        let bytes = self.intent.encode(&self.tail).map_err(Error::Encode)?;
        let path = &log.intent;
        if !path.exists() {
            disk.create(path).map_err(Error::io("create", path))?;
            let folder = path.parent().unwrap_or(&log.logs);
            disk.sync_dir(folder).map_err(Error::io("sync", folder))?;
        }
        let written = disk
            .set_len(path, 0)
            .and_then(|()| disk.write_at(path, 0, &bytes))
            .and_then(|()| disk.sync_file(path));
        written.map_err(|cause| {
            // Nothing else was changed, so an intent that is not whole means nothing. Emptying it
            // gives the space back; where that fails, the next run does it.
            drop(disk.set_len(path, 0));
            Error::io("write", path)(cause)
        })
    }

    fn carry_out(&self, disk: &impl Disk, log: &Log) -> Result<(), Error> {
        if !self.quarantine.is_empty() {
            write(disk, &log.quarantine(), &self.intent.quarantine, &self.quarantine)?;
        }
        if self.intent.replacement.is_some() {
            let replaced = disk.replace(&log.replacement(), &log.history);
            replaced.map_err(Error::io("replace", &log.history))?;
            sync_folder(disk, log)
        } else if self.history.is_empty() {
            Ok(())
        } else {
            write(disk, &log.history, &self.intent.region, &self.history)
        }
    }
}

fn write(disk: &impl Disk, path: &Path, region: &Region, bytes: &[u8]) -> Result<(), Error> {
    disk.write_at(path, region.from, bytes).map_err(Error::io("write", path))?;
    disk.sync_file(path).map_err(Error::io("sync", path))
}

/// Makes the file at `path`, if there is none, durably and empty.
fn exists(disk: &impl Disk, log: &Log, path: &Path) -> Result<(), Error> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => Ok(()),
        Ok(_) => Err(Error::NotRegular { path: path.to_owned() }),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            disk.create(path).map_err(Error::io("create", path))?;
            sync_folder(disk, log)
        }
        Err(cause) => Err(Error::io("read", path)(cause)),
    }
}

/// The region that `bytes` take at the end of the quarantine.
fn appended(path: &Path, bytes: &[u8]) -> Result<Region, Error> {
    let old_len = match fs::metadata(path) {
        Ok(found) => found.len(),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => 0,
        Err(cause) => return Err(Error::io("read", path)(cause)),
    };
    let mut sum = LinesSum::default();
    sum.add(bytes);
    let new_len = old_len + bytes.len() as u64;
    Ok(Region { from: old_len, old_len, new_len, sum: sum.finish() })
}

fn lines(rejects: &[Quarantined]) -> Result<Vec<u8>, Error> {
    let mut lines = Vec::new();
    for reject in rejects {
        lines.extend_from_slice(print_noun(reject).map_err(Error::Encode)?.as_bytes());
        lines.push(b'\n');
    }
    Ok(lines)
}

/// Writes the whole new history beside the old one, with its mode and, where permitted, its owner.
fn write_replacement(
    disk: &impl Disk,
    log: &Log,
    plan: &Plan,
    history: Option<&fs::File>,
) -> Result<Inode, Error> {
    let path = log.replacement();
    disk.remove(&path).map_err(Error::io("remove", &path))?;
    disk.create(&path).map_err(Error::io("create", &path))?;
    disk.keep_access(&log.history, &path).map_err(Error::io("set the mode of", &path))?;
    let reserved = disk.reserve(&path, 0, plan.region.new_len);
    reserved.map_err(Error::io("set space aside for", &path))?;
    let mut at = 0;
    let written = plan.content(history, 0, |piece| {
        disk.write_at(&path, at, piece)?;
        at += piece.len() as u64;
        Ok(())
    });
    let synced = written.and_then(|()| disk.sync_file(&path));
    if let Err(cause) = synced {
        // Whatever is left of it is removed by the next run.
        drop(disk.remove(&path));
        return Err(Error::io("write", &path)(cause));
    }
    let found = fs::metadata(&path).map_err(Error::io("read", &path))?;
    Ok(inode(&found))
}
