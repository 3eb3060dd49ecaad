//! A piece of a history of about a mebibyte, whole lines, as the directory of an index knows it.

use super::row::{Instant, Row, Sort};

/// How many bytes a block takes in the directory.
pub(crate) const BLOCK: usize = 64;

/// The lines are not in order of time among themselves.
const DISORDERED: u16 = 1;
/// At least one of them states an instant.
const TIMED: u16 = 2;
/// At least one of them is shown, or has to be looked at, whatever is asked for.
const ODD: u16 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    /// Where it begins in the history.
    pub from: u64,
    /// Where it ends.
    pub to: u64,
    /// The number of its first line, from 0.
    pub first: u64,
    /// The checksum of its bytes in the history.
    pub content: u64,
    /// The checksum of its rows.
    pub rows: u64,
    /// The earliest and the latest instant that its lines state.
    pub span: Option<(Instant, Instant)>,
    /// Whether no line that states an instant is earlier than one before it.
    pub ordered: bool,
    /// Whether there are damaged or opaque lines.
    pub odd: bool,
}

impl Block {
    /// What its rows say of a block.
    pub(crate) fn describe(&mut self, rows: &[Row]) {
        (self.span, self.ordered) = (None, true);
        self.odd = rows.iter().any(|row| matches!(row.sort, Sort::Damaged | Sort::Opaque));
        for at in rows.iter().filter_map(|row| row.at) {
            let (first, last) = self.span.unwrap_or((at, at));
            self.ordered &= at >= last;
            self.span = Some((first.min(at), last.max(at)));
        }
    }

    /// Without `to`, which is where the next one begins.
    pub(crate) fn encode(&self) -> [u8; BLOCK] {
        let flag = |holds: bool, flag| if holds { flag } else { 0 };
        let flags: u16 = flag(!self.ordered, DISORDERED)
            | flag(self.span.is_some(), TIMED)
            | flag(self.odd, ODD);
        let ((first, first_part), (last, last_part)) = self.span.unwrap_or_default();
        let small = [first_part, last_part, flags, 0].into_iter().flat_map(u16::to_le_bytes);
        let (first, last) = (first.cast_unsigned(), last.cast_unsigned());
        let numbers = [self.from, self.first, self.content, self.rows, first, last];
        let mut bytes = [0; BLOCK];
        let all = numbers.into_iter().flat_map(u64::to_le_bytes).chain(small);
        for (to, byte) in bytes.iter_mut().zip(all) {
            *to = byte;
        }
        bytes
    }

    pub(crate) fn decode(bytes: &[u8; BLOCK], to: u64) -> Self {
        let words = bytes.as_chunks::<8>().0;
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        let number = |at: usize| u64::from_le_bytes(word(at));
        let small = word(6);
        let part = |at: usize| small.as_chunks::<2>().0.get(at).copied().unwrap_or_default();
        let [first_part, last_part, flags] = [0, 1, 2].map(|at| u16::from_le_bytes(part(at)));
        let (first, last) = (number(4).cast_signed(), number(5).cast_signed());
        Self {
            from: number(0),
            to,
            first: number(1),
            content: number(2),
            rows: number(3),
            span: (flags & TIMED != 0).then_some(((first, first_part), (last, last_part))),
            ordered: flags & DISORDERED == 0,
            odd: flags & ODD != 0,
        }
    }
}

/// Whether the lines of all blocks are in order of time.
pub(crate) fn in_order(blocks: &[Block]) -> bool {
    let mut latest = None;
    blocks.iter().all(|block| {
        let Some((first, last)) = block.span else { return true };
        let follows = latest.replace(last).is_none_or(|before| before <= first);
        follows && block.ordered
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(at: &[Option<Instant>]) -> Vec<Row> {
        at.iter().map(|at| Row::bare(1, Sort::Known, *at)).collect()
    }

    fn block(rows: &[Row]) -> Block {
        let mut block = Block {
            from: 1,
            to: 2,
            first: 3,
            content: 4,
            rows: 5,
            span: None,
            ordered: true,
            odd: false,
        };
        block.describe(rows);
        block
    }

    proptest! {
        #[test]
        fn blocks_read_back_and_know_whether_all_is_in_order(
            lines in proptest::collection::vec(proptest::option::of((0..5_i64, 0..3_u16)), 0..12),
            cuts in proptest::collection::vec(1..5_usize, 12),
        ) {
            let mut rest = lines.as_slice();
            let mut blocks = Vec::new();
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                let block = block(&rows(piece));
                prop_assert_eq!(Block::decode(&block.encode(), block.to), block);
                blocks.push(block);
                rest = after;
            }
            prop_assert_eq!(in_order(&blocks), lines.iter().flatten().is_sorted());
        }
    }
}
