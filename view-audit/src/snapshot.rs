//! The whole log as it was at one moment, read without a lock.
//!
//! Reading looks at the intent, the history's version and the list of shards before and after; if
//! `consolidate` was at work in between, one of them differs, and everything is read again. An entry is then seen exactly once:
//! in a shard, or in the history.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use audit_log::{Fresh, Inode, Intent, Log, WINDOW, in_order, inode};
use cli::Failure;
use journal::Damage;

use crate::history::History;
use crate::keep::{Keep, Kept};
use crate::sources::{self, Content, Identity, Listing, Reader, Source};

/// How often a log that changes while it is read is read again.
const ATTEMPTS: u32 = 200;

/// Of the end of a history, this is read for each of the last entries that are asked for: what is read at once
/// from the end.
const BLOCK: u64 = 64 << 10;

/// And for so many more.
const RECENT: u64 = 2;

/// How much that a run has written and not yet finished is kept in memory.
const HELD: u64 = 4 * WINDOW;

/// A log at one moment.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub history: History,
    pub older: History,
    /// Entries that are not in the history, in order.
    pub fresh: Vec<Fresh>,
    /// Entries of shards that another entry of the shards is, byte for byte.
    pub twice: Vec<Fresh>,
    /// The shards, by the numbers that entries know them by.
    pub sources: Vec<Shard>,
    /// Damaged lines of shards.
    pub damaged: Vec<Damage>,
    /// What could not be read, and why.
    pub unreadable: Vec<(PathBuf, io::Error)>,
    /// What is named like a shard and is no regular file.
    pub skipped: Vec<PathBuf>,
}

/// A shard that was read.
#[derive(Debug)]
pub(crate) struct Shard {
    pub path: PathBuf,
    /// Which file it is, and how far it was read; `None` when it cannot be read.
    pub read: Option<(Identity, u64)>,
}

/// Reads the log, and keeps what is asked for.
pub(crate) fn take(log: &Log, keep: Keep<'_>) -> Result<Snapshot, Failure> {
    take_watched(log, keep, &mut || {})
}

/// The same; `between` is called between any two looks at the files.
fn take_watched(log: &Log, keep: Keep<'_>, between: &mut dyn FnMut()) -> Result<Snapshot, Failure> {
    for _ in 0..ATTEMPTS {
        if let Some(mut snapshot) = attempt(log, keep, between)? {
            snapshot.older = match open(&log.older()) {
                Ok(None) => History::default(),
                Ok(Some(file)) => whole(file, keep).map_err(|e| failed(&log.older(), &e))?,
                Err(error) => return Err(failed(&log.older(), &error)),
            };
            return Ok(snapshot);
        }
    }
    Err(changing(log))
}

fn changing(log: &Log) -> Failure {
    let why = "it changed again and again while it was read";
    Failure::later(log.logs.display(), why).hint("run the command again in a moment")
}

/// `None` when the log changed meanwhile.
fn attempt(
    log: &Log,
    keep: Keep<'_>,
    between: &mut dyn FnMut(),
) -> Result<Option<Snapshot>, Failure> {
    let described = read_intent(log)?;
    let intent = Intent::decode(&described);
    let intent = intent.map(|(intent, tail)| (intent.on_device_of(&log.history), tail));
    between();
    let listing = sources::list(&log.logs).map_err(|e| failed(&log.active(), &e))?;
    between();
    let version_before = version(&log.history).map_err(|e| failed(&log.history, &e))?;
    between();
    let state = match history(log, intent.as_ref(), &listing, keep) {
        Ok(state) => state,
        // Cut back while it was read.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(failed(&log.history, &error)),
    };
    between();
    let Some(mut snapshot) = shards(&listing, keep, intent.as_ref().filter(|_| state.done)) else {
        return Ok(None);
    };
    between();
    let later = sources::list(&log.logs).map_err(|e| failed(&log.active(), &e))?;
    let same = listing.holds_in(&later)
        && read_intent(log)? == described
        && (state.saved
            || version(&log.history).map_err(|e| failed(&log.history, &e))? == version_before);
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
    /// Whether what counts is in the intent and before the part that changes, so that writing may go on.
    saved: bool,
}

impl State {
    fn new(history: History, done: bool) -> Self {
        Self { history, done, saved: false }
    }
}

fn history(
    log: &Log,
    intent: Option<&(Intent, &[u8])>,
    listing: &Listing,
    keep: Keep<'_>,
) -> io::Result<State> {
    let Some(file) = open(&log.history)? else {
        return Ok(State::new(History::default(), false));
    };
    let Some((intent, tail)) = intent else {
        return whole(file, keep).map(|history| State::new(history, false));
    };
    let found = file.metadata()?;
    if let Some(replacement) = intent.replacement {
        let done = inode(&found) == replacement;
        return whole(file, keep).map(|history| State::new(history, done));
    }
    let region = &intent.region;
    let len = found.len();
    let changes = region.new_len != region.old_len;
    let done = changes && region.is_in(&file)?;
    let waiting = |source: &Source| {
        // One that was renamed meanwhile makes everything be read again.
        let Ok((inode, _)) = source.identity() else { return false };
        let part = intent.consumed.iter().find(|part| part.inode == inode);
        part.is_some_and(|part| part.from == source.name.consumed)
    };
    // Where a shard still waits, the run did not get to its end, and the old bytes are the history's.
    // Otherwise the intent is an old one, or not about this file.
    let ours = inode(&found) == intent.history && listing.sources.iter().any(waiting);
    if changes && !done && ours && len >= region.from {
        let split = region.old_len.saturating_sub(WINDOW).min(region.from);
        let mut rest = read(&file, split, region.from)?;
        rest.extend_from_slice(tail);
        return Ok(State { history: History::new(file, split, rest), done, saved: true });
    }
    let split = len.saturating_sub(WINDOW);
    // A run that cannot sync what it wrote takes it back, so what is new is kept here unless it is much.
    let split = if done && len - region.from <= HELD { split.min(region.from) } else { split };
    part(file, split, len).map(|history| State::new(history, done))
}

/// The entries and damaged lines of all sources; `None` when one was renamed meanwhile.
fn shards(listing: &Listing, keep: Keep<'_>, done: Option<&(Intent, &[u8])>) -> Option<Snapshot> {
    let consumed = done.map(|(intent, _)| intent.consumed.as_slice()).unwrap_or_default();
    let mut snapshot = Snapshot::default();
    let mut kept = Kept::new(keep);
    let mut reader = Reader::default();
    for (index, source) in listing.sources.iter().enumerate() {
        let read = match reader.read((index, source), consumed, &mut kept) {
            Content::Lines { damaged, identity, to } => {
                snapshot.damaged.extend(damaged);
                Some((identity, to))
            }
            Content::Changed => return None,
            Content::Unreadable(cause) => {
                snapshot.unreadable.push((source.path.clone(), cause));
                None
            }
        };
        snapshot.sources.push(Shard { path: source.path.clone(), read });
    }
    if kept.is_not_enough() {
        return shards(listing, Keep::All, done);
    }
    (snapshot.fresh, snapshot.twice) = in_order(kept.entries());
    Some(snapshot)
}

/// The history alone, as [`take`] sees it; `None` when there is none.
pub(crate) fn history_alone(log: &Log) -> Result<Option<History>, Failure> {
    for _ in 0..ATTEMPTS {
        let described = read_intent(log)?;
        let intent = Intent::decode(&described);
        let intent = intent.map(|(intent, tail)| (intent.on_device_of(&log.history), tail));
        let listing = sources::list(&log.logs).map_err(|e| failed(&log.active(), &e))?;
        let before = version(&log.history).map_err(|e| failed(&log.history, &e))?;
        let state = match history(log, intent.as_ref(), &listing, Keep::All) {
            Ok(state) => state,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => continue,
            Err(error) => return Err(failed(&log.history, &error)),
        };
        let after = version(&log.history).map_err(|e| failed(&log.history, &e))?;
        if before == after && read_intent(log)? == described {
            return Ok(before.map(|_| state.history));
        }
    }
    Err(changing(log))
}

/// The older history alone; `None` when there is none.
pub(crate) fn older_alone(log: &Log) -> Result<Option<History>, Failure> {
    let path = log.older();
    let file = open(&path).map_err(|e| failed(&path, &e))?;
    file.map(|file| whole(file, Keep::All)).transpose().map_err(|e| failed(&path, &e))
}

/// What changes when a file is written to or replaced.
pub(crate) type Version = (Inode, u64, i64, i64);

/// `None` when there is no file.
pub(crate) fn version(path: &Path) -> io::Result<Option<Version>> {
    match fs::metadata(path) {
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
fn whole(file: File, keep: Keep<'_>) -> io::Result<History> {
    let len = file.metadata()?.len();
    let split = len.saturating_sub(WINDOW);
    let Keep::Last(wanted) = keep else { return part(file, split, len) };
    let window = (wanted as u64).saturating_add(RECENT).saturating_mul(BLOCK);
    part(file, split.max(len.saturating_sub(window)), len).map(|history| history.stable_to(split))
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

#[cfg(test)]
mod tests {
    use audit_log::{Consumed, LinesSum, Region, Sum};
    use records::sha256_hex;
    use testkit::{Scratch, Tool};

    use super::*;
    use crate::index::Indexed;
    use crate::stream::{Numbered, backward};

    /// Without an id, so that nothing but the protocol keeps them from being seen twice.
    fn line(second: u32) -> String {
        format!("{{\"timestamp\":\"2026-01-24T18:30:{second:02}Z\"}}\n")
    }

    fn consolidate(root: &Path) {
        Tool::new("consolidate").arg("--root").arg(root).run().code(0);
    }

    fn seen(snapshot: Snapshot) -> Vec<u8> {
        let numbered = |number, history| Numbered {
            number,
            path: PathBuf::from("h"),
            history,
            index: Indexed::default(),
        };
        let (older, history) = (numbered(0, snapshot.older), numbered(1, snapshot.history));
        let lines = backward(older, history, snapshot.fresh).unwrap();
        let mut lines: Vec<_> =
            lines.map(|line| [line.unwrap().bytes, b"\n".to_vec()].concat()).collect();
        lines.reverse();
        lines.concat()
    }

    /// A whole run, or two with a writer in between, at every moment of reading.
    #[test]
    fn a_run_at_any_moment_of_reading_changes_nothing_that_is_seen() {
        for (moment, twice) in (1..=10).flat_map(|moment| [(moment, false), (moment, true)]) {
            let scratch = Scratch::new();
            scratch.write("logs/governance_history.jsonl", line(1) + &line(9));
            scratch.write("logs/active/a.jsonl", line(5) + &line(12));
            scratch.write("logs/active/b.jsonl", line(3));
            let log = Log::at_root(scratch.root()).unwrap();
            let mut calls = 0;
            let mut between = || {
                calls += 1;
                if calls == moment {
                    consolidate(scratch.root());
                }
                if twice && calls == moment + 1 {
                    scratch.write("logs/active/a.jsonl", line(7));
                    consolidate(scratch.root());
                }
            };
            let bytes = seen(take_watched(&log, Keep::All, &mut between).unwrap());
            let text = String::from_utf8(bytes).unwrap();
            let before: String = [1, 3, 5, 9, 12].map(line).concat();
            let after: String = [1, 3, 5, 7, 9, 12].map(line).concat();
            assert!(text == before || (twice && text == after), "at {moment}: {text}");
        }
    }

    /// What `consolidate` does to a log whose two shards it has taken, one step after the other.
    fn steps(scratch: &Scratch, sum: fn(&[u8]) -> Sum) -> Vec<Box<dyn FnOnce() + '_>> {
        let history = scratch.path("logs/governance_history.jsonl");
        let (kept, tail) = (line(1), line(9));
        let new = [3, 5, 9, 12].map(line).concat();
        let inode = |path: &str| inode(&fs::metadata(scratch.path(path)).unwrap());
        let part = |path: &str, to: usize| Consumed { inode: inode(path), from: 0, to: to as u64 };
        let (a, b) = ("logs/active/a.claim-1.jsonl", "logs/active/b.claim-1.jsonl");
        let intent = Intent {
            history: inode("logs/governance_history.jsonl"),
            region: Region {
                from: kept.len() as u64,
                old_len: (kept.len() + tail.len()) as u64,
                new_len: (kept.len() + new.len()) as u64,
                sum: sum(new.as_bytes()),
            },
            quarantine: Region::default(),
            replacement: None,
            tail_len: tail.len() as u64,
            tail_sha256: sha256_hex(tail.as_bytes()),
            consumed: vec![part(a, 2 * tail.len()), part(b, tail.len())],
        };
        let described = intent.encode(tail.as_bytes()).unwrap();
        let (half, from) = (new.len() / 2, kept.len() as u64);
        let write = move |bytes: &[u8]| {
            let file = fs::OpenOptions::new().write(true).open(&history).unwrap();
            file.write_all_at(bytes, from).unwrap();
        };
        let (write, all) = (std::rc::Rc::new(write), new.clone());
        let again = std::rc::Rc::clone(&write);
        let retire = |from: &'static str, to: &'static str| {
            Box::new(move || fs::rename(scratch.path(from), scratch.path(to)).unwrap())
        };
        let intent = "logs/.governance_history.intent";
        vec![
            Box::new(move || drop(scratch.write(intent, described))),
            Box::new(move || write(&new.as_bytes()[..half])),
            Box::new(move || again(all.as_bytes())),
            retire(a, "logs/active/.retired/a.claim-1.74"),
            retire(b, "logs/active/.retired/b.claim-1.37"),
            Box::new(move || drop(scratch.write(intent, ""))),
        ]
    }

    fn by_lines(bytes: &[u8]) -> Sum {
        let mut sum = LinesSum::default();
        sum.add(bytes);
        sum.finish()
    }

    /// A run that goes on step by step while we read, as slow or as fast as it likes.
    #[test]
    fn a_run_in_any_state_while_reading_changes_nothing_that_is_seen() {
        assert_eq!(line(5).len(), 37);
        // Intents had the other sum before.
        let sums = [by_lines, |bytes: &[u8]| Sum::Sha256(sha256_hex(bytes))];
        let paces = (1..=6).flat_map(|start| (1..=6).map(move |pace| (start, pace)));
        for ((start, pace), sum) in paces.flat_map(|pace| sums.map(|sum| (pace, sum))) {
            let scratch = Scratch::new();
            scratch.write("logs/governance_history.jsonl", line(1) + &line(9));
            scratch.write("logs/active/a.claim-1.jsonl", line(5) + &line(12));
            scratch.write("logs/active/b.claim-1.jsonl", line(3));
            fs::create_dir(scratch.path("logs/active/.retired")).unwrap();
            let log = Log::at_root(scratch.root()).unwrap();
            let mut steps = steps(&scratch, sum).into_iter();
            let mut calls = 0;
            let mut between = || {
                calls += 1;
                if calls >= start {
                    steps.by_ref().take(pace).for_each(|step| step());
                }
            };
            let bytes = seen(take_watched(&log, Keep::All, &mut between).unwrap());
            let expected = [1, 3, 5, 9, 12].map(line).concat();
            assert_eq!(String::from_utf8(bytes).unwrap(), expected, "from {start}, {pace} at once");
        }
    }
}
