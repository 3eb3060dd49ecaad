//! Where new entries go in the history, and which of its bytes change for that.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use audit_log::{Backward, Fresh, Head, Held, LONGEST, LinesSum, Region, Step, WINDOW, in_order};
use journal::{Line, Reverse};

use crate::error::Error;

/// How many bytes are copied at once.
const PIECE: usize = 256 * 1024;

/// What is to be done to the history.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Lines with their newlines, and before which byte of the history each one goes; in order.
    insertions: Vec<(u64, Vec<u8>)>,
    /// The end of the history that changes. Its checksum is not filled in.
    pub region: Region,
    /// How many entries the history has already, or were there twice.
    pub duplicates: u64,
    /// Ids that two entries have, with different bytes.
    pub conflicts: Vec<String>,
}

impl Plan {
    /// Places `entries` in the history at `path`, which need not exist. Nothing is changed.
    ///
    /// `older` is the history of the time when it had another name: what it holds is not doubled.
    pub(crate) fn new(path: &Path, older: &Path, entries: Vec<Fresh>) -> Result<Self, Error> {
        let (entries, twice) = in_order(entries);
        let mut conflicts = conflicts(&entries);
        let given = entries.len();
        let entries = without(older, entries, &mut conflicts)?;
        let mut plan = Self {
            duplicates: (twice.len() + given - entries.len()) as u64,
            conflicts,
            ..Self::default()
        };
        let Some(file) = open(path)? else {
            plan.insertions = entries.into_iter().map(|entry| (0, line(entry))).collect();
            return Ok(plan.measured());
        };
        let len = file.metadata().map_err(Error::io("read", path))?.len();
        plan.region = Region { from: len, old_len: len, new_len: len, ..Region::default() };
        let unfinished = ends_without_newline(&file, len).map_err(Error::io("read", path))?;
        let lines = Reverse::new(path, file, LONGEST)?.map(|line| line.map(held));
        let mut backward = Backward::new(lines, entries);
        let mut before = len;
        while backward.pending() > 0 {
            match backward.next().transpose()? {
                None => break,
                Some(Step::Held(line)) => before = line.item,
                Some(Step::Duplicate(_)) => plan.duplicates += 1,
                Some(Step::Fresh { entry, conflict }) => {
                    if conflict {
                        plan.conflicts.extend(entry.id.clone());
                    }
                    plan.insertions.push((before, line(entry)));
                }
            }
        }
        plan.insertions.reverse();
        if unfinished
            && let Some((_, first)) = plan.insertions.iter_mut().find(|(at, _)| *at == len)
        {
            first.insert(0, b'\n');
        }
        Ok(plan.measured())
    }

    fn measured(mut self) -> Self {
        self.conflicts.sort();
        self.conflicts.dedup();
        if let Some((first, _)) = self.insertions.first() {
            self.region.from = *first;
        }
        self.region.new_len = self.region.old_len + self.inserted();
        self
    }

    fn inserted(&self) -> u64 {
        self.insertions.iter().map(|(_, line)| line.len() as u64).sum()
    }

    /// How many entries the history gains.
    pub(crate) fn entries(&self) -> u64 {
        self.insertions.len() as u64
    }

    /// Whether the history stays as it is.
    pub(crate) fn is_empty(&self) -> bool {
        self.insertions.is_empty()
    }

    /// Whether so much of the history changes that it is replaced as a whole.
    pub(crate) fn replaces(&self) -> bool {
        self.region.old_len - self.region.from > WINDOW
    }

    /// How many bytes are written to the history.
    pub(crate) fn bytes_written(&self) -> u64 {
        if self.replaces() { self.region.new_len } else { self.region.new_len - self.region.from }
    }

    /// Gives the new bytes of the history, from the byte `start` on, in pieces. `start` must not be
    /// behind `region.from`, and `history` must be as it was.
    pub(crate) fn content(
        &self,
        history: Option<&File>,
        start: u64,
        mut sink: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut at = start;
        for (before, line) in &self.insertions {
            copy(history, at, *before, &mut sink)?;
            sink(line)?;
            at = *before;
        }
        copy(history, at, self.region.old_len, &mut sink)
    }

    /// The new bytes of the region, and the region with their checksum.
    pub(crate) fn new_bytes(&self, history: Option<&File>) -> io::Result<(Vec<u8>, Region)> {
        let mut bytes = Vec::new();
        self.content(history, self.region.from, |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        let mut sum = LinesSum::default();
        sum.add(&bytes);
        Ok((bytes, Region { sum: sum.finish(), ..self.region.clone() }))
    }
}

/// The history, if there is one.
pub(crate) fn open(path: &Path) -> Result<Option<File>, Error> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(Error::io("read", path)(cause)),
    }
}

/// Those of `entries`, which are in order, that the history at `older` does not hold. It is read from
/// its end no further than to the first of them, so once it is no longer written to this costs one line.
/// Ids that it holds with other bytes are added to `conflicts`.
fn without(
    older: &Path,
    entries: Vec<Fresh>,
    conflicts: &mut Vec<String>,
) -> Result<Vec<Fresh>, Error> {
    let Some(file) = open(older)? else { return Ok(entries) };
    let lines = Reverse::new(older, file, LONGEST)?.map(|line| line.map(held));
    let mut backward = Backward::new(lines, entries);
    let mut kept = Vec::new();
    while backward.pending() > 0 {
        match backward.next().transpose()? {
            None => break,
            Some(Step::Fresh { entry, conflict }) => {
                conflicts.extend(entry.id.clone().filter(|_| conflict));
                kept.push(entry);
            }
            // Readers tell entries of the two histories apart by what they state.
            Some(Step::Duplicate(entry)) if !states_its_time(&entry) => kept.push(entry),
            Some(Step::Duplicate(_) | Step::Held(_)) => {}
        }
    }
    kept.reverse();
    Ok(kept)
}

fn states_its_time(entry: &Fresh) -> bool {
    serde_json::from_slice::<Head>(&entry.bytes).is_ok_and(|head| head.timestamp.is_some())
}

fn line(entry: Fresh) -> Vec<u8> {
    let mut line = entry.bytes;
    line.push(b'\n');
    line
}

/// A damaged line of the history is left alone; it has no instant, so it belongs to the line before.
/// What is inserted before the first line goes behind a byte order mark, which means nothing elsewhere.
fn held(line: Line) -> Held<u64> {
    let head = line.decode::<Head>().unwrap_or_default();
    let item = line.content_offset();
    Held { at: head.timestamp, id: head.id, bytes: line.bytes, item }
}

/// Ids that stand more than once among entries of one instant; equal entries are not among them.
fn conflicts(entries: &[Fresh]) -> Vec<String> {
    let mut ids: Vec<_> =
        entries.iter().filter_map(|e| e.id.as_ref().map(|id| (e.at, id))).collect();
    ids.sort();
    let pairs = ids.iter().zip(ids.iter().skip(1));
    pairs.filter(|(one, next)| one == next).map(|((_, id), _)| (*id).clone()).collect()
}

fn ends_without_newline(file: &File, len: u64) -> io::Result<bool> {
    let Some(last) = len.checked_sub(1) else { return Ok(false) };
    let mut byte = [0];
    file.read_exact_at(&mut byte, last)?;
    Ok(byte != *b"\n")
}

/// Gives the bytes from `from` to `to` in pieces; without a history there are none.
pub(crate) fn copy(
    history: Option<&File>,
    from: u64,
    to: u64,
    mut sink: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let Some(history) = history else { return Ok(()) };
    let mut at = from;
    while at < to {
        let size = usize::try_from(to - at).unwrap_or(usize::MAX).min(PIECE);
        let mut piece = vec![0; size];
        history.read_exact_at(&mut piece, at)?;
        sink(&piece)?;
        at += size as u64;
    }
    Ok(())
}
