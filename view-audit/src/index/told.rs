//! What the rows of an index tell of entries, from the first to the last.

use audit_log::Facts;
use records::IssueNumber;

use super::block::Block;
use super::file::Index;
use super::row::{NO_DURATION, Row, Sort, timestamp};
use super::wanted::Wanted;

/// The indexed part of a history, row by row.
#[derive(Debug)]
pub(crate) struct Told {
    index: Index,
    wanted: Wanted,
    in_order: bool,
    /// Of each combination of words the facts; those that are an entry's own are put in.
    words: Vec<Facts<'static>>,
}

/// A block of lines.
#[derive(Debug)]
pub(crate) struct Piece {
    /// Where it begins and ends in the history.
    pub from: u64,
    pub to: u64,
    /// The number of its first line, from 1.
    pub number: u64,
    /// Its rows; `None` when they are damaged, so that its lines have to be read.
    pub rows: Option<Vec<Row>>,
}

/// What a row tells.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tells<'a> {
    /// There is no entry.
    Nothing,
    /// The line is damaged.
    Damage,
    /// The line has to be read.
    Ask,
    /// An entry of this instant is not wanted.
    Unwanted(Option<jiff::Timestamp>),
    /// An entry is wanted. It has the words of this number, and these facts, but for its id and its session.
    Entry(usize, &'a Facts<'static>),
}

impl Told {
    pub(crate) fn new(index: Index, wanted: Wanted) -> Self {
        let (in_order, words) = (index.is_in_order(), index.words.facts());
        Self { index, wanted, in_order, words }
    }

    /// How many bytes of the history it tells of, from the first one.
    pub(crate) fn covered(&self) -> u64 {
        self.index.covered()
    }

    /// How many blocks there are.
    pub(crate) fn pieces(&self) -> usize {
        self.index.blocks.len()
    }

    /// The number of the first line behind it.
    pub(crate) fn next_line(&self) -> u64 {
        self.index.lines() + 1
    }

    /// The block of this number; `None` when nothing of it is wanted and leaving it out changes nothing.
    pub(crate) fn piece(&self, number: usize) -> Option<Piece> {
        let block = self.index.blocks.get(number)?;
        if self.in_order && !self.wanted.takes_some_of(block) {
            return None;
        }
        let Block { from, to, first, .. } = *block;
        let rows = self.index.rows(number);
        let fits =
            |rows: &Vec<Row>| rows.iter().map(|row| u64::from(row.len)).sum::<u64>() == to - from;
        Some(Piece { from, to, number: first + 1, rows: rows.filter(fits) })
    }

    /// What a row tells.
    pub(crate) fn tells(&mut self, row: &Row) -> Tells<'_> {
        match row.sort {
            Sort::Blank => Tells::Nothing,
            Sort::Damaged => Tells::Damage,
            Sort::Opaque => Tells::Ask,
            Sort::Known if !self.wanted.takes(row) => Tells::Unwanted(row.at.and_then(timestamp)),
            Sort::Known if self.wanted.asks_more() => Tells::Ask,
            Sort::Known => {
                let number = usize::try_from(row.words).unwrap_or(usize::MAX);
                let Some(facts) = self.words.get_mut(number) else { return Tells::Ask };
                facts.at = row.at.and_then(timestamp);
                facts.issue = (row.issue != 0).then(|| IssueNumber(row.issue.into()));
                facts.duration_ms = (row.duration != NO_DURATION).then(|| row.duration.into());
                Tells::Entry(number, facts)
            }
        }
    }
}
