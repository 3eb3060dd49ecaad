//! A reader that is written from the decision record alone, to check the tools with.
//!
//! It sees what the history, the shards and the quarantine hold, line by line, and takes the files as
//! they are at one moment ([`look`]) or one after the other while a run goes on ([`Slow`]).

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use audit_log::{Consumed, Inode, Intent, Log, inode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use records::consolidate::Quarantined;

/// How often each line is there.
pub(super) type Lines = BTreeMap<Vec<u8>, usize>;

/// A file of shard lines: where it is, and behind which byte its new lines begin.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shard {
    path: PathBuf,
    inode: Inode,
    from: u64,
}

/// What is looked at first and last: the intent and the list of shards.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Frame {
    intent: Vec<u8>,
    shards: Vec<Shard>,
}

impl Frame {
    fn read(log: &Log) -> Self {
        let mut shards = Vec::new();
        for folder in [log.active(), log.retired()] {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries.map(Result::unwrap) {
                let found = entry.metadata().unwrap();
                let name = entry.file_name().into_string().unwrap();
                let retired = || name.rsplit_once('.')?.1.parse().ok();
                let Some(from) = name.strip_suffix(".jsonl").map_or_else(retired, |_| Some(0))
                else {
                    continue;
                };
                if found.is_file() {
                    shards.push(Shard { path: entry.path(), inode: inode(&found), from });
                }
            }
        }
        shards.sort_by(|a, b| a.path.cmp(&b.path));
        Self { intent: fs::read(&log.intent).unwrap_or_default(), shards }
    }

    /// Whether nothing but a writer's new shard came between this frame and a later one.
    fn holds_in(&self, later: &Self) -> bool {
        let is_new = |shard: &&Shard| !self.shards.contains(shard);
        let begun =
            |shard: &Shard| shard.from == 0 && !shard.path.to_str().unwrap().contains(".claim-");
        self.intent == later.intent
            && self.shards.iter().all(|shard| later.shards.contains(shard))
            && later.shards.iter().filter(is_new).all(begun)
    }

    /// Which parts of shards the intent wants in the history.
    fn consumed(&self) -> Vec<Consumed> {
        Intent::decode(&self.intent).map(|(intent, _)| intent.consumed).unwrap_or_default()
    }
}

/// History and quarantine as they are on the disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Kept {
    history: Vec<u8>,
    inode: Option<Inode>,
    quarantine: Vec<u8>,
}

impl Kept {
    fn read(log: &Log) -> Self {
        Self {
            history: fs::read(&log.history).unwrap_or_default(),
            inode: fs::metadata(&log.history).ok().map(|found| inode(&found)),
            quarantine: fs::read(log.quarantine()).unwrap_or_default(),
        }
    }

    /// Whether both have what the intent wants them to have.
    fn is_carried_out(&self, intent: &Intent) -> bool {
        let holds = |bytes: &[u8], region: &audit_log::Region| {
            let new = bytes.get(at(region.from)..at(region.new_len));
            region.new_len == region.old_len || new.is_some_and(|new| region.sum.is_of(new))
        };
        let history = match intent.replacement {
            Some(replacement) => self.inode.is_some_and(|inode| inode.ino == replacement.ino),
            None => holds(&self.history, &intent.region),
        };
        history && holds(&self.quarantine, &intent.quarantine)
    }

    /// What they held before the run of the intent.
    fn taken_back(mut self, intent: &Intent, tail: &[u8]) -> Self {
        if intent.replacement.is_none() && self.history.len() >= at(intent.region.from) {
            self.history.truncate(at(intent.region.from));
            self.history.extend_from_slice(tail);
        }
        self.quarantine.truncate(at(intent.quarantine.old_len));
        self
    }
}

/// The bytes of each shard, from its first new one on.
type Contents = Vec<Vec<u8>>;

/// `None` when a shard is not there any more under its name.
fn contents(frame: &Frame) -> Option<Contents> {
    let read = |shard: &Shard| {
        let bytes = fs::read(&shard.path).ok()?;
        let same = inode(&fs::metadata(&shard.path).ok()?) == shard.inode;
        same.then_some(bytes)
    };
    frame.shards.iter().map(read).collect()
}

/// The lines of the whole log.
fn lines(frame: &Frame, kept: Kept, contents: &Contents) -> Lines {
    let mut consumed = Vec::new();
    let kept = match Intent::decode(&frame.intent) {
        None => kept,
        Some((intent, _)) if kept.is_carried_out(&intent) => {
            consumed = frame.consumed();
            kept
        }
        Some((intent, tail)) => {
            let part =
                |shard: &Shard| intent.consumed.iter().find(|p| p.inode.ino == shard.inode.ino);
            let waits = |shard| part(shard).is_some_and(|part| part.from == shard.from);
            if frame.shards.iter().any(waits) { kept.taken_back(&intent, tail) } else { kept }
        }
    };
    let mut lines = Lines::new();
    for line in split(&kept.history) {
        *lines.entry(line.to_vec()).or_default() += 1;
    }
    for line in split(&kept.quarantine) {
        let kept: Quarantined = serde_json::from_slice(line).unwrap();
        *lines.entry(BASE64.decode(kept.bytes_b64).unwrap()).or_default() += 1;
    }
    for (shard, bytes) in frame.shards.iter().zip(contents) {
        let part = consumed.iter().find(|part| part.inode.ino == shard.inode.ino);
        let from = part.map_or(0, |part| part.to).max(shard.from);
        let bytes = bytes.get(at(from)..).expect("a shard never gets shorter");
        // What is behind the last newline counts when nothing can be added to it.
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let (whole, last) = bytes.split_at(end);
        let last = serde_json::from_slice::<serde_json::Map<_, _>>(last).is_ok().then_some(last);
        for line in split(whole).chain(last) {
            let count = lines.entry(line.to_vec()).or_default();
            // What states its id is the same entry wherever it stands.
            if *count == 0 || !has_id(line) {
                *count += 1;
            }
        }
    }
    lines
}

/// Whether the line is an entry that says which one it is.
pub(super) fn has_id(line: &[u8]) -> bool {
    line.starts_with(b"{\"id\":")
}

fn split(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

fn at(offset: u64) -> usize {
    usize::try_from(offset).unwrap()
}

/// What there is to see at this moment.
pub(super) fn look(log: &Log) -> Lines {
    let frame = Frame::read(log);
    let contents = contents(&frame).expect("nobody is at work");
    lines(&frame, Kept::read(log), &contents)
}

/// A reader to whom much happens between any two of its looks at the files.
#[derive(Debug, Default)]
pub(super) struct Slow {
    frame: Option<Frame>,
    kept: Option<Kept>,
    contents: Option<Contents>,
}

impl Slow {
    /// One more look; what it sees, once it has seen everything and nothing moved meanwhile.
    pub(super) fn go_on(&mut self, log: &Log) -> Option<Lines> {
        let Some(frame) = &self.frame else {
            self.frame = Some(Frame::read(log));
            return None;
        };
        if self.kept.is_none() {
            self.kept = Some(Kept::read(log));
            return None;
        }
        if self.contents.is_none() {
            self.contents = contents(frame);
            if self.contents.is_none() {
                *self = Self::default();
            }
            return None;
        }
        let (kept, contents) = (self.kept.take()?, self.contents.take()?);
        let holds = frame.holds_in(&Frame::read(log)) && kept == Kept::read(log);
        let seen = holds.then(|| lines(frame, kept, &contents));
        self.frame = None;
        seen
    }
}
