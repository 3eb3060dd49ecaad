//! One log from its end: its histories and its shards as one sequence.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use audit_log::{Backward, Fresh, Head, Held, LONGEST, Step};
use jiff::Timestamp;
use journal::{Damage, Line, Lines, Reverse};

use crate::head::head;
use crate::history::History;
use crate::index::{self, Indexed};
use crate::interleave::{Group, Grouped, interleave};

/// Where the bytes of an entry are.
#[derive(Debug, Clone)]
pub(crate) enum Where {
    /// Between these bytes of a history.
    History { history: usize, from: u64, to: u64 },
    /// Here: entries of shards are in memory.
    Memory(Vec<u8>),
}

/// What a line is.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    /// An entry.
    Entry(Where),
    /// Damage in the history of this number.
    Damaged(usize, Damage),
    /// A line that is not asked for and was not read. It keeps the place of those that belong to it.
    Passed,
    /// An entry of a shard that was left out, and maybe others before it.
    LeftOut,
}

/// As [`Where::History::from`], of a line of a history.
pub(crate) fn begins(found: &Found) -> u64 {
    match found {
        Found::Entry(Where::History { from, .. }) => *from,
        Found::Damaged(_, damage) => damage.offset,
        Found::Entry(Where::Memory(_)) | Found::Passed | Found::LeftOut => 0,
    }
}

/// A line of the log.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// The instant that it states.
    pub at: Option<Timestamp>,
    pub id: Option<String>,
    /// Without the end of the line.
    pub bytes: Vec<u8>,
    pub found: Found,
    /// The number of its log.
    pub log: usize,
}

/// A history by the number that [`Where`] knows it by.
pub(crate) struct Numbered {
    pub number: usize,
    pub path: PathBuf,
    pub history: History,
    /// Which of its first lines have to be read.
    pub index: Indexed,
}

/// The lines of one log, last first: the older history, and the history with `fresh` among its lines.
/// An entry that both hold, or that a history holds twice at one instant, is there once.
pub(crate) fn backward(
    older: Numbered,
    history: Numbered,
    fresh: Vec<Fresh>,
) -> Result<impl Iterator<Item = Result<Seen, journal::Error>> + use<>, journal::Error> {
    let older = lines(older)?.map(|line| line.map(seen));
    let merged = Backward::new(lines(history)?, fresh).filter_map(|step| match step {
        Ok(Step::Held(line)) => Some(Ok(seen(line))),
        Ok(Step::Fresh { entry, .. }) => Some(Ok(stated(entry))),
        Ok(Step::Duplicate(_)) => None,
        Err(error) => Some(Err(error)),
    });
    let streams = vec![Grouped::new(Box::new(older)), Grouped::new(Box::new(merged))];
    let mut once = Once::default();
    Ok(interleave(streams).flat_map(move |group| once.lines(group)))
}

/// Passes over entries that came before.
#[derive(Default)]
struct Once {
    at: Option<Timestamp>,
    shown: HashSet<Vec<u8>>,
}

impl Once {
    fn lines(&mut self, group: Result<Group, journal::Error>) -> Vec<Result<Seen, journal::Error>> {
        let group = match group {
            Ok(group) => group,
            Err(error) => return vec![Err(error)],
        };
        if self.at != group.at {
            self.at = group.at;
            self.shown.clear();
        }
        let mut first = |seen: &Seen| {
            seen.at.is_none() || seen.id.is_none() || self.shown.insert(seen.bytes.clone())
        };
        // What belongs to a line that came before belongs to its instant all the same.
        let once = |seen: Seen| {
            if first(&seen) { seen } else { Seen { found: Found::Passed, ..seen } }
        };
        group.lines.into_iter().map(once).map(Ok).collect()
    }
}

type HeldLine = Result<Held<Found>, journal::Error>;

/// The lines of a history, last first.
pub(crate) fn lines(from: Numbered) -> Result<impl Iterator<Item = HeldLine>, journal::Error> {
    let Numbered { number, path, history, mut index } = from;
    let mut reverse = Some(Reverse::new(&path, history.clone(), LONGEST)?);
    let mut indexed = None;
    Ok(std::iter::from_fn(move || {
        if let Some(line) = reverse.as_mut().and_then(Iterator::next) {
            let offset = line.as_ref().map_or(u64::MAX, |line| line.offset);
            if offset >= index.covered() {
                index.is_read(offset);
                return Some(vec![line.map(|line| held(line, number))]);
            }
        }
        reverse = None;
        let steps = indexed.get_or_insert_with(|| std::mem::take(&mut index).into_lines());
        Some(match steps.as_mut()?.next()? {
            index::Step::Passed(at) => {
                vec![Ok(Held { at: Some(at), id: None, bytes: Vec::new(), item: Found::Passed })]
            }
            index::Step::Line { from, to } | index::Step::Unknown { from, to } => {
                let lines = read(&path, &history, from, to).into_iter();
                lines.map(|line| line.map(|line| held(line, number))).collect()
            }
        })
    })
    .flatten())
}

/// The lines between two places, last first.
fn read(path: &Path, history: &History, from: u64, to: u64) -> Vec<Result<Line, journal::Error>> {
    let mut bytes = vec![0; usize::try_from(to - from).unwrap_or(usize::MAX)];
    if let Err(cause) = history.read_exact_at(&mut bytes, from) {
        return vec![Err(journal::Error::Io { path: path.to_owned(), op: "read", cause })];
    }
    let mut lines: Vec<_> = Lines::starting_at(path, bytes.as_slice(), from, LONGEST).collect();
    lines.reverse();
    lines
}

fn held(line: Line, history: usize) -> Held<Found> {
    let place = Where::History { history, from: line.offset, to: line.end };
    let (head, item) = match head(&line) {
        Ok(head) => (head, Found::Entry(place)),
        Err(damage) => (Head::default(), Found::Damaged(history, damage)),
    };
    Held { at: head.timestamp, id: head.id, bytes: line.bytes, item }
}

fn seen(line: Held<Found>) -> Seen {
    Seen { at: line.at, id: line.id, bytes: line.bytes, found: line.item, log: 0 }
}

/// An entry of a shard as the history would show it: by the instant that it states.
fn stated(entry: Fresh) -> Seen {
    if entry.bytes.is_empty() {
        let (at, bytes, found) = (Some(entry.at), entry.bytes, Found::LeftOut);
        return Seen { at, id: None, bytes, found, log: 0 };
    }
    let at = Head::of(&entry.bytes).and_then(|head| head.timestamp);
    let place = Where::Memory(entry.bytes.clone());
    Seen { at, id: entry.id, bytes: entry.bytes, found: Found::Entry(place), log: 0 }
}
