//! The whole log as it was at one moment, read without a lock.
//!
//! Reading looks at the intent and at the list of shards before and after; if `consolidate` was at work
//! in between, one of them differs, and everything is read again. An entry is then seen exactly once:
//! in a shard, or in the history.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use cli::Failure;
use journal::Damage;
use records::consolidate::{Fresh, Inode, Intent, WINDOW, in_order};
use records::sha256_hex;

use crate::history::History;
use crate::log::Log;
use crate::sources::{self, Content, Listing, inode};

/// How often a log that changes while it is read is read again.
const ATTEMPTS: u32 = 200;

/// A log at one moment.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub history: History,
    pub older: History,
    /// Entries that are not in the history, in order.
    pub fresh: Vec<Fresh>,
    /// Damaged lines of shards.
    pub damaged: Vec<Damage>,
    /// What could not be read, and why.
    pub unreadable: Vec<(PathBuf, io::Error)>,
    /// What is named like a shard and is no regular file.
    pub skipped: Vec<PathBuf>,
}

/// Reads the log.
pub(crate) fn take(log: &Log) -> Result<Snapshot, Failure> {
    for _ in 0..ATTEMPTS {
        if let Some(mut snapshot) = attempt(log)? {
            snapshot.older = match open(&log.older) {
                Ok(None) => History::default(),
                Ok(Some(file)) => whole(file).map_err(|e| failed(&log.older, &e))?,
                Err(error) => return Err(failed(&log.older, &error)),
            };
            return Ok(snapshot);
        }
    }
    let why = "it changed again and again while it was read";
    Err(Failure::later(log.logs.display(), why).hint("run the command again in a moment"))
}

/// `None` when the log changed meanwhile.
fn attempt(log: &Log) -> Result<Option<Snapshot>, Failure> {
    let described = read_intent(log)?;
    let intent = Intent::decode(&described);
    let listing = sources::list(&log.logs).map_err(|e| failed(&log.logs, &e))?;
    let version_before = version(log).map_err(|e| failed(&log.history, &e))?;
    let state = match history(log, intent.as_ref(), &listing) {
        Ok(state) => state,
        // Cut back while it was read.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(failed(&log.history, &error)),
    };
    let Some(mut snapshot) = shards(&listing, intent.as_ref().filter(|_| state.done)) else {
        return Ok(None);
    };
    let later = sources::list(&log.logs).map_err(|e| failed(&log.logs, &e))?;
    let same = listing.holds_in(&later)
        && read_intent(log)? == described
        && version(log).map_err(|e| failed(&log.history, &e))? == version_before;
    if !same {
        return Ok(None);
    }
    snapshot.history = state.history;
    snapshot.skipped = listing.skipped;
    Ok(Some(snapshot))
}

/// The history, and whether it holds what the intent wanted.
struct State {
    history: History,
    done: bool,
}

fn history(log: &Log, intent: Option<&(Intent, &[u8])>, listing: &Listing) -> io::Result<State> {
    let Some(file) = open(&log.history)? else {
        return Ok(State { history: History::default(), done: false });
    };
    let found = file.metadata()?;
    let Some((intent, tail)) = intent else {
        let split = found.len().saturating_sub(WINDOW);
        return part(file, split, found.len()).map(|history| State { history, done: false });
    };
    if let Some(replacement) = intent.replacement {
        let done = inode(&found) == replacement;
        return whole(file).map(|history| State { history, done });
    }
    let region = &intent.region;
    let len = found.len();
    let split = len.min(region.old_len).saturating_sub(WINDOW).min(region.from);
    if region.new_len == region.old_len || len < region.from {
        return part(file, split, len).map(|history| State { history, done: false });
    }
    let mut rest = read(&file, split, len)?;
    let at = |offset: u64| usize::try_from(offset - split).unwrap_or(usize::MAX);
    let new = rest.get(at(region.from)..at(region.new_len));
    let done = new.is_some_and(|new| sha256_hex(new) == region.sha256);
    let waiting = |source: &sources::Source| {
        let part = intent.consumed.iter().find(|part| part.inode == source.inode);
        part.is_some_and(|part| part.from == source.name.consumed)
    };
    // Where a shard still waits, the run did not get to its end, and the old bytes are the history's.
    // Otherwise the intent is an old one, or not about this file.
    let ours = inode(&found) == intent.history && listing.sources.iter().any(waiting);
    if !done && ours {
        rest.truncate(at(region.from));
        rest.extend_from_slice(tail);
    }
    Ok(State { history: History::new(file, split, rest), done })
}

/// The entries and damaged lines of all sources; `None` when one was renamed meanwhile.
fn shards(listing: &Listing, done: Option<&(Intent, &[u8])>) -> Option<Snapshot> {
    let consumed = done.map(|(intent, _)| intent.consumed.as_slice()).unwrap_or_default();
    let mut snapshot = Snapshot::default();
    let mut fresh = Vec::new();
    for (index, source) in listing.sources.iter().enumerate() {
        match sources::read(source, index, consumed) {
            Content::Lines { entries, damaged } => {
                fresh.extend(entries);
                snapshot.damaged.extend(damaged);
            }
            Content::Changed => return None,
            Content::Unreadable(cause) => snapshot.unreadable.push((source.path.clone(), cause)),
        }
    }
    (snapshot.fresh, _) = in_order(fresh);
    Some(snapshot)
}

/// What changes when the history is written to or replaced; `None` when there is none.
fn version(log: &Log) -> io::Result<Option<(Inode, u64, i64, i64)>> {
    match fs::metadata(&log.history) {
        Ok(found) => Ok(Some((inode(&found), found.len(), found.mtime(), found.mtime_nsec()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_intent(log: &Log) -> Result<Vec<u8>, Failure> {
    match fs::read(&log.intent) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(failed(&log.intent, &error)),
    }
}

fn open(path: &Path) -> io::Result<Option<File>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if file.metadata()?.is_file() {
        Ok(Some(file))
    } else {
        Err(io::Error::other("it is not a regular file"))
    }
}

/// A history of which the end may be rewritten.
fn whole(file: File) -> io::Result<History> {
    let len = file.metadata()?.len();
    part(file, len.saturating_sub(WINDOW), len)
}

fn part(file: File, split: u64, len: u64) -> io::Result<History> {
    let rest = read(&file, split, len)?;
    Ok(History::new(file, split, rest))
}

fn read(file: &File, from: u64, to: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX)];
    file.read_exact_at(&mut bytes, from)?;
    Ok(bytes)
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::io("cannot read", path, error)
}
