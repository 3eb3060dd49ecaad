//! One log from its end: its histories and its shards as one sequence.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use audit_log::{Backward, Fresh, Head, Held, LONGEST, Step};
use jiff::Timestamp;
use journal::{Damage, Line, Reverse};

use crate::head::head;
use crate::history::History;
use crate::interleave::{Group, Grouped, interleave};

/// Where the bytes of an entry are.
#[derive(Debug, Clone)]
pub(crate) enum Where {
    /// Between these bytes of a history.
    History { history: usize, from: u64, to: u64 },
    /// Here: entries of shards are in memory.
    Memory(Vec<u8>),
}

/// An entry, or damage in the history of this number.
pub(crate) type Found = Result<Where, (usize, Damage)>;

/// A line of the log.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// The instant that it states.
    pub at: Option<Timestamp>,
    pub id: Option<String>,
    /// Without the end of the line.
    pub bytes: Vec<u8>,
    /// Where its bytes are, or the number of its history and what is wrong with it.
    pub found: Found,
    /// The number of its log.
    pub log: usize,
}

/// A history by the number that [`Where`] knows it by.
pub(crate) struct Numbered {
    pub number: usize,
    pub path: PathBuf,
    pub history: History,
}

/// The lines of one log, last first: the older history, and the history with `fresh` among its lines.
/// An entry that both hold, or that a history holds twice at one instant, is there once.
pub(crate) fn backward(
    older: &Numbered,
    history: &Numbered,
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

/// Leaves out entries that came before.
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
        let first = |seen: &Seen| {
            seen.at.is_none() || seen.id.is_none() || self.shown.insert(seen.bytes.clone())
        };
        group.lines.into_iter().filter(first).map(Ok).collect()
    }
}

type HeldLine = Result<Held<Found>, journal::Error>;

fn lines(from: &Numbered) -> Result<impl Iterator<Item = HeldLine> + use<>, journal::Error> {
    let number = from.number;
    let reverse = Reverse::new(Path::new(&from.path), from.history.clone(), LONGEST)?;
    Ok(reverse.map(move |line| line.map(|line| held(line, number))))
}

fn held(line: Line, history: usize) -> Held<Found> {
    let place = Where::History { history, from: line.offset, to: line.end };
    let (head, item) = match head(&line) {
        Ok(head) => (head, Ok(place)),
        Err(damage) => (Head::default(), Err((history, damage))),
    };
    Held { at: head.timestamp, id: head.id, bytes: line.bytes, item }
}

fn seen(line: Held<Found>) -> Seen {
    Seen { at: line.at, id: line.id, bytes: line.bytes, found: line.item, log: 0 }
}

/// An entry of a shard as the history would show it: by the instant that it states.
fn stated(entry: Fresh) -> Seen {
    let at = Head::of(&entry.bytes).and_then(|head| head.timestamp);
    let place = Where::Memory(entry.bytes.clone());
    Seen { at, id: entry.id, bytes: entry.bytes, found: Ok(place), log: 0 }
}
