//! Moving shards whose lines are in the history out of the way.

use std::collections::{HashMap, HashSet};

use audit_log::{Consumed, Inode, Log};

use crate::disk::Disk;
use crate::error::Error;
use crate::listing::{Listing, Source};

/// Renames every shard of `consumed` that is still under a name which says that less of it was read.
/// They are found by their inodes, because a name that was not durable may be the older one again.
pub(crate) fn retire(disk: &impl Disk, log: &Log, consumed: &[Consumed]) -> Result<(), Error> {
    if consumed.is_empty() {
        return Ok(());
    }
    let to: HashMap<Inode, u64> = consumed.iter().map(|part| (part.inode, part.to)).collect();
    let numbers: HashSet<u64> = consumed.iter().map(|part| part.inode.ino).collect();
    let mut listing = Listing::read_some(log, |ino| numbers.contains(&ino))?;
    if !listing.has_all(&to) {
        // Renamed by a run before, or the folder tells other numbers.
        listing = Listing::read(log)?;
    }
    let (active, retired) = (log.active(), log.retired());
    disk.make_dir(&retired).map_err(Error::io("make", &retired))?;
    for mut source in std::mem::take(&mut listing.pending) {
        let Some(to) = to.get(&source.inode).copied() else { continue };
        if source.is_retired() && source.name.consumed >= to {
            continue;
        }
        if !source.name.is_taken() {
            source.name.claim = listing.next_claim(&source.name.stem);
        }
        let path = log.logs.join(source.name.retired_path(to));
        disk.rename(&source.path, &path).map_err(Error::io("rename", &source.path))?;
    }
    // The new name first: a crash in between may leave a shard under both, which is one inode, or
    // under the old one alone, which the intent explains.
    disk.sync_dir(&retired).map_err(Error::io("sync", &retired))?;
    disk.sync_dir(&active).map_err(Error::io("sync", &active))
}

/// Which of `consumed` were not renamed yet.
pub(crate) fn not_retired<'a>(
    listing: &'a Listing,
    consumed: &'a [Consumed],
) -> impl Iterator<Item = (&'a Source, &'a Consumed)> {
    let parts: HashMap<Inode, &Consumed> = consumed.iter().map(|part| (part.inode, part)).collect();
    let pending = listing.pending.iter();
    pending.filter_map(move |source| {
        let part = parts.get(&source.inode).copied()?;
        (source.name.consumed == part.from).then_some((source, part))
    })
}
