//! Where new entries go in the history, and which of its bytes change for that.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use audit_log::{
    Backward, Compare, Held, Likeness, LinesSum, Region, Step, Sum, WINDOW, in_order_by,
};

use crate::error::Error;
use crate::held_lines::{HeldLines, Place};
use crate::long_line::pieces;
use crate::row::Row;
use crate::shards::Shards;

/// What is to be done to the history.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Entries, and before which byte of the history each one goes; in order.
    insertions: Vec<(u64, Row)>,
    /// Whether the last line of the history has no newline and gets one.
    completes: bool,
    /// The end of the history that changes. Its sum is not filled in.
    pub region: Region,
    /// How many entries the history has already, or were there twice.
    pub duplicates: u64,
    /// Ids that two entries have, with different bytes.
    pub conflicts: Vec<String>,
}

/// The history as it was.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Old<'a> {
    pub file: Option<&'a File>,
    pub path: &'a Path,
    /// What stands from `from` to its end; taken from here when it is not empty, because the file changes.
    pub tail: &'a [u8],
    pub from: u64,
}

impl Old<'_> {
    /// Gives the bytes from `from` to `to` in pieces; without a history there are none.
    fn copy(
        &self,
        from: u64,
        to: u64,
        sink: &mut impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if from >= to {
            return Ok(());
        }
        if !self.tail.is_empty() && from >= self.from {
            let at = |offset: u64| usize::try_from(offset - self.from).unwrap_or(usize::MAX);
            return sink(self.tail.get(at(from)..at(to)).unwrap_or_default());
        }
        let Some(file) = self.file else { return Ok(()) };
        copy(file, self.path, from, to, sink)
    }
}

/// Gives the bytes of a file from `from` to `to` in pieces.
pub(crate) fn copy(
    file: &File,
    path: &Path,
    from: u64,
    to: u64,
    mut sink: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    enum Failed {
        Read(io::Error),
        Sink(Error),
    }
    impl From<io::Error> for Failed {
        fn from(cause: io::Error) -> Self {
            Self::Read(cause)
        }
    }
    pieces(file, from, to, |piece| sink(piece).map_err(Failed::Sink)).map_err(|failed| match failed
    {
        Failed::Read(cause) => Error::io("read", path)(cause),
        Failed::Sink(error) => error,
    })
}

impl Plan {
    /// Places `rows` of `shards` in the history at `path`, which need not exist. Nothing is changed.
    ///
    /// `older` is the history of the time when it had another name: what it holds is not doubled.
    pub(crate) fn new(
        path: &Path,
        older: &Path,
        rows: Vec<Row>,
        shards: &mut Shards,
    ) -> Result<Self, Error> {
        let (rows, twice) = in_order_by(rows, |one, other| shards.are_same(one.spot, other.spot))?;
        let mut conflicts = conflicts(&rows, shards)?;
        let given = rows.len();
        let rows = without(older, rows, shards, &mut conflicts)?;
        let mut plan = Self {
            duplicates: (twice.len() + given - rows.len()) as u64,
            conflicts,
            ..Self::default()
        };
        let Some(file) = open(path)? else {
            plan.insertions = rows.into_iter().map(|row| (0, row)).collect();
            return Ok(plan.measured());
        };
        let len = file.metadata().map_err(Error::io("read", path))?.len();
        plan.region = Region { from: len, old_len: len, new_len: len, ..Region::default() };
        let unfinished = ends_without_newline(&file, len).map_err(Error::io("read", path))?;
        plan.insertions.reserve_exact(rows.len());
        let lines = HeldLines::new(path, &file, len);
        let mut backward = Backward::with(lines, rows, InFiles { shards, file: &file, path });
        let mut before = len;
        while backward.pending() > 0 {
            match backward.next().transpose()? {
                None => break,
                Some(Step::Held(line)) => before = line.item.from,
                Some(Step::Duplicate(_)) => plan.duplicates += 1,
                Some(Step::Fresh { entry, conflict }) => {
                    if conflict {
                        plan.conflicts.extend(backward.compare_mut().shards.id(entry.spot)?);
                    }
                    plan.insertions.push((before, entry));
                }
            }
        }
        plan.insertions.reverse();
        plan.completes = unfinished && plan.insertions.last().is_some_and(|(at, _)| *at == len);
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
        let lines = self.insertions.iter().map(|(_, row)| u64::from(row.spot.len) + 1);
        lines.sum::<u64>() + u64::from(self.completes)
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
    /// behind `region.from`. An error when a shard does not hold any more what was planned.
    pub(crate) fn content(
        &self,
        old: Old<'_>,
        start: u64,
        shards: &mut Shards,
        mut sink: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.walk(old, start, |what| match what {
            Piece::Bytes(bytes) => sink(bytes),
            Piece::Row(row) => {
                shards.read(row.spot, &mut sink)?;
                sink(b"\n")
            }
        })
    }

    /// The sum of the new bytes of the region.
    pub(crate) fn sum(&self, old: Old<'_>) -> Result<Sum, Error> {
        let mut sum = LinesSum::default();
        self.walk(old, self.region.from, |what| {
            match what {
                Piece::Bytes(bytes) => sum.add(bytes),
                Piece::Row(row) => sum.add_line(row.spot.sum),
            }
            Ok(())
        })?;
        Ok(sum.finish())
    }

    fn walk(
        &self,
        old: Old<'_>,
        start: u64,
        mut give: impl FnMut(Piece<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut at = start;
        let mut completes = self.completes;
        for (before, row) in &self.insertions {
            old.copy(at, *before, &mut |bytes| give(Piece::Bytes(bytes)))?;
            if completes && *before == self.region.old_len {
                give(Piece::Bytes(b"\n"))?;
                completes = false;
            }
            give(Piece::Row(row))?;
            at = *before;
        }
        old.copy(at, self.region.old_len, &mut |bytes| give(Piece::Bytes(bytes)))
    }
}

/// What the new history is made of.
enum Piece<'a> {
    /// Bytes that it had before, or a newline that was missing.
    Bytes(&'a [u8]),
    /// An entry and its newline.
    Row(&'a Row),
}

/// Compares entries of shards with lines of a history.
struct InFiles<'a> {
    shards: &'a mut Shards,
    file: &'a File,
    path: &'a Path,
}

impl Compare<Row, Place, Error> for InFiles<'_> {
    fn compare(&mut self, row: &Row, line: &Held<Place>) -> Result<Likeness, Error> {
        let Place { from, len } = line.item;
        if len == u64::from(row.spot.len)
            && self.shards.holds(row.spot, self.file, from, self.path)?
        {
            return Ok(Likeness::Same);
        }
        let same_id = self.shards.id(row.spot)? == line.id;
        Ok(if same_id { Likeness::Namesake } else { Likeness::Other })
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

/// Those of `rows`, which are in order, that the history at `older` does not hold. It is read from
/// its end no further than to the first of them, so once it is no longer written to this costs one line.
/// Ids that it holds with other bytes are added to `conflicts`.
fn without(
    older: &Path,
    rows: Vec<Row>,
    shards: &mut Shards,
    conflicts: &mut Vec<String>,
) -> Result<Vec<Row>, Error> {
    let Some(file) = open(older)? else { return Ok(rows) };
    let len = file.metadata().map_err(Error::io("read", older))?.len();
    let lines = HeldLines::new(older, &file, len);
    let mut backward = Backward::with(lines, rows, InFiles { shards, file: &file, path: older });
    let mut kept = Vec::new();
    while backward.pending() > 0 {
        match backward.next().transpose()? {
            None => break,
            Some(Step::Fresh { entry, conflict }) => {
                if conflict {
                    conflicts.extend(backward.compare_mut().shards.id(entry.spot)?);
                }
                kept.push(entry);
            }
            // Readers tell entries of the two histories apart by what they state.
            Some(Step::Duplicate(entry)) if !entry.timed => kept.push(entry),
            Some(Step::Duplicate(_) | Step::Held(_)) => {}
        }
    }
    kept.reverse();
    Ok(kept)
}

/// Ids that stand more than once among entries of one instant; equal entries are not among them.
fn conflicts(rows: &[Row], shards: &mut Shards) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    for same in rows.chunk_by(|one, other| one.at == other.at).filter(|same| same.len() > 1) {
        let mut by_number: HashMap<u64, Vec<&Row>> = HashMap::new();
        for row in same.iter().filter(|row| row.has_id) {
            by_number.entry(row.id).or_default().push(row);
        }
        for namesakes in by_number.values().filter(|rows| rows.len() > 1) {
            let ids = namesakes.iter().map(|row| shards.id(row.spot));
            let mut ids: Vec<_> =
                ids.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
            ids.sort();
            found.extend(
                ids.array_windows().filter(|[one, next]| one == next).map(|[one, _]| one.clone()),
            );
        }
    }
    Ok(found)
}

fn ends_without_newline(file: &File, len: u64) -> io::Result<bool> {
    let Some(last) = len.checked_sub(1) else { return Ok(false) };
    let mut byte = [0];
    file.read_exact_at(&mut byte, last)?;
    Ok(byte != *b"\n")
}
