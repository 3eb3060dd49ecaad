//! Putting the lines of taken shards into the history: all of them or none, whatever happens.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use audit_log::{Consumed, Inode, Intent, LinesSum, Log, Region, inode};

use crate::disk::Disk;
use crate::error::Error;
use crate::plan::{self, Old, Plan};
use crate::quarantine;
use crate::recover::{forget, sync_folder, undo};
use crate::retire::retire;
use crate::row::Reject;
use crate::shards::Shards;

/// How many bytes are written at once.
const WRITTEN: usize = 256 << 10;

/// Carries out `plan` and puts `rejects` into the quarantine; `consumed` are the parts of `shards` that
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
    shards: &mut Shards,
    rejects: &[Reject],
    consumed: &[Consumed],
) -> Result<(), Error> {
    if plan.is_empty() && rejects.is_empty() {
        return retire(disk, log, consumed);
    }
    let change = Change::prepare(disk, log, plan, shards, rejects, consumed)?;
    change.write_down(disk, log)?;
    if let Err(error) = change.carry_out(disk, log, shards) {
        if change.has_replaced(log) {
            // The new file counts from now on, whatever could not be synced. The intent stays, and the
            // next run finishes it.
            return Err(error);
        }
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
struct Change<'a> {
    plan: &'a Plan,
    rejects: &'a [Reject],
    intent: Intent,
    /// The bytes of the history that are overwritten.
    tail: Vec<u8>,
}

impl<'a> Change<'a> {
    /// Makes the files and sets the space aside, so that a full disk shows before anything changed.
    fn prepare(
        disk: &impl Disk,
        log: &Log,
        plan: &'a Plan,
        shards: &mut Shards,
        rejects: &'a [Reject],
        consumed: &[Consumed],
    ) -> Result<Self, Error> {
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
        let mut region = plan.region.clone();
        let (mut tail, mut replacement) = (Vec::new(), None);
        let (file, path) = (file.as_ref(), log.history.as_path());
        if plan.replaces() {
            let old = Old { file, path, tail: &[], from: 0 };
            replacement = Some(write_replacement(disk, log, plan, shards, old)?);
        } else if let Some(file) = file {
            plan::copy(file, path, region.from, region.old_len, |piece| {
                tail.extend_from_slice(piece);
                Ok(())
            })?;
            region.sum = plan.sum(Old { file: None, path, tail: &tail, from: region.from })?;
        }
        let change = Self {
            plan,
            rejects,
            intent: Intent {
                history,
                region,
                quarantine: appended(&log.quarantine(), rejects, shards)?,
                replacement,
                tail_len: tail.len() as u64,
                tail_sha256: records::sha256_hex(&tail),
                consumed: consumed.to_vec(),
            },
            tail,
        };
        for (path, region) in change.in_place(log) {
            let grows = region.new_len - region.old_len;
            let reserved = disk.reserve(&path, region.old_len, grows);
            reserved.map_err(Error::io("set space aside for", &path))?;
        }
        Ok(change)
    }

    /// Whether the history is the file that was to take its place.
    fn has_replaced(&self, log: &Log) -> bool {
        let found = fs::metadata(&log.history).ok().map(|found| inode(&found));
        self.intent.replacement.is_some() && found == self.intent.replacement
    }

    /// What is written in place.
    fn in_place(&self, log: &Log) -> Vec<(PathBuf, &Region)> {
        let mut regions = Vec::new();
        if !self.rejects.is_empty() {
            regions.push((log.quarantine(), &self.intent.quarantine));
        }
        if !self.plan.is_empty() && self.intent.replacement.is_none() {
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

    fn carry_out(&self, disk: &impl Disk, log: &Log, shards: &mut Shards) -> Result<(), Error> {
        if !self.rejects.is_empty() {
            let path = log.quarantine();
            let mut writer = Writer::new(disk, &path, self.intent.quarantine.from);
            for reject in self.rejects {
                quarantine::write(reject, shards, |piece| writer.write(piece))?;
            }
            writer.finish()?;
        }
        if self.intent.replacement.is_some() {
            let replaced = disk.replace(&log.replacement(), &log.history);
            replaced.map_err(Error::io("replace", &log.history))?;
            return sync_folder(disk, log);
        }
        if self.plan.is_empty() {
            return Ok(());
        }
        let (path, from) = (log.history.as_path(), self.intent.region.from);
        let mut writer = Writer::new(disk, path, from);
        let old = Old { file: None, path, tail: &self.tail, from };
        self.plan.content(old, from, shards, |piece| writer.write(piece))?;
        writer.finish()
    }
}

/// Writes pieces one behind the other, and makes them durable.
struct Writer<'a, D> {
    disk: &'a D,
    path: &'a Path,
    at: u64,
    bytes: Vec<u8>,
}

impl<'a, D: Disk> Writer<'a, D> {
    fn new(disk: &'a D, path: &'a Path, at: u64) -> Self {
        Self { disk, path, at, bytes: Vec::new() }
    }

    fn write(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.bytes.extend_from_slice(piece);
        if self.bytes.len() < WRITTEN { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), Error> {
        if !self.bytes.is_empty() {
            let written = self.disk.write_at(self.path, self.at, &self.bytes);
            written.map_err(Error::io("write", self.path))?;
            self.at += self.bytes.len() as u64;
            self.bytes.clear();
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), Error> {
        self.flush()?;
        self.disk.sync_file(self.path).map_err(Error::io("sync", self.path))
    }
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

/// The region that `rejects` take at the end of the quarantine.
fn appended(path: &Path, rejects: &[Reject], shards: &mut Shards) -> Result<Region, Error> {
    let old_len = match fs::metadata(path) {
        Ok(found) => found.len(),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => 0,
        Err(cause) => return Err(Error::io("read", path)(cause)),
    };
    let (mut sum, mut new_len) = (LinesSum::default(), old_len);
    for reject in rejects {
        quarantine::write(reject, shards, |piece| {
            sum.add(piece);
            new_len += piece.len() as u64;
            Ok(())
        })?;
    }
    Ok(Region { from: old_len, old_len, new_len, sum: sum.finish() })
}

/// Writes the whole new history beside the old one, with its mode and, where permitted, its owner.
fn write_replacement(
    disk: &impl Disk,
    log: &Log,
    plan: &Plan,
    shards: &mut Shards,
    old: Old<'_>,
) -> Result<Inode, Error> {
    let path = log.replacement();
    disk.remove(&path).map_err(Error::io("remove", &path))?;
    disk.create(&path).map_err(Error::io("create", &path))?;
    disk.keep_access(&log.history, &path).map_err(Error::io("set the mode of", &path))?;
    let reserved = disk.reserve(&path, 0, plan.region.new_len);
    reserved.map_err(Error::io("set space aside for", &path))?;
    let mut writer = Writer::new(disk, &path, 0);
    let written = plan.content(old, 0, shards, |piece| writer.write(piece));
    if let Err(error) = written.and_then(|()| writer.finish()) {
        // Whatever is left of it is removed by the next run.
        drop(disk.remove(&path));
        return Err(error);
    }
    let found = fs::metadata(&path).map_err(Error::io("read", &path))?;
    Ok(inode(&found))
}
