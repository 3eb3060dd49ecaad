//! Which lines of a history have to be read for a filter.

use jiff::Timestamp;

use super::file::Index;
use super::row::{Row, timestamp};
use super::wanted::Wanted;

/// What comes next from the end of the indexed part of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The line between these bytes may be wanted, or is damaged.
    Line { from: u64, to: u64 },
    /// There is a line of this instant, which is not wanted. It is told where leaving it out would
    /// change the place of another line.
    Passed(Timestamp),
    /// The rows of these bytes are damaged, so all lines between them have to be read.
    Unknown { from: u64, to: u64 },
}

/// The lines of the indexed part of a history that may be wanted, last first.
///
/// A line without an instant belongs to the line before it, a new entry is put behind the last line
/// that is not later, and an entry that stands twice at one instant is shown once. Each of these asks
/// for the instants of lines that are not wanted themselves. In a history that is in order of time
/// it is enough to know the last instant and that of the line that a wanted one belongs to: those in
/// between would come between the same lines. In one that is not, every instant is told.
#[derive(Debug)]
pub(crate) struct Lines {
    index: Index,
    wanted: Wanted,
    in_order: bool,
    /// How many blocks are left.
    blocks: usize,
    /// Rows of the block behind those, and where the last of them ends.
    rows: Vec<Row>,
    end: u64,
    /// Whether the next instant is told in any case.
    asked: bool,
}

impl Lines {
    pub(crate) fn new(index: Index, wanted: Wanted) -> Self {
        let (in_order, blocks) = (index.is_in_order(), index.blocks.len());
        let end = index.covered();
        Self { index, wanted, in_order, blocks, rows: Vec::new(), end, asked: true }
    }

    /// Looks at the last block that is left, which may be one step as a whole.
    fn enter(&mut self) -> Option<Step> {
        let block = *self.index.blocks.get(self.blocks)?;
        self.end = block.to;
        if self.in_order && !self.wanted.takes_some_of(&block) {
            // The last line of a block that is in order has its latest instant.
            let told = block.span.filter(|_| self.asked).and_then(|(_, last)| timestamp(last));
            self.asked &= told.is_none();
            return told.map(Step::Passed);
        }
        let rows = self.index.rows(self.blocks);
        let length = rows.as_deref().map(|rows| rows.iter().map(|row| u64::from(row.len)).sum());
        if length != Some(block.to - block.from) {
            self.asked = true;
            return Some(Step::Unknown { from: block.from, to: block.to });
        }
        self.rows = rows.unwrap_or_default();
        None
    }
}

impl Iterator for Lines {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            while let Some(row) = self.rows.pop() {
                let to = self.end;
                self.end -= u64::from(row.len);
                if self.wanted.takes(&row) {
                    self.asked = row.at.is_none();
                    return Some(Step::Line { from: self.end, to });
                }
                if let Some(at) = row.at.and_then(timestamp)
                    && (self.asked || !self.in_order)
                {
                    self.asked = false;
                    return Some(Step::Passed(at));
                }
            }
            self.blocks = self.blocks.checked_sub(1)?;
            if let Some(step) = self.enter() {
                return Some(step);
            }
        }
    }
}
