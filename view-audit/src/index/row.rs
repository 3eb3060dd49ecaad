//! What an index knows of one line.

use jiff::{SignedDuration, Timestamp};

/// How many bytes a row takes.
pub(crate) const ROW: usize = 32;

/// An instant as rows hold it: whole microseconds since 1970, and the nanoseconds beyond them. They sort
/// as the instants do.
pub(crate) type Instant = (i64, u16);

/// Stands for a duration that the entry does not state.
pub(crate) const NO_DURATION: u32 = u32::MAX;

/// A blank line, which no reader sees.
const BLANK: u16 = 1;
/// A line that is no entry.
const DAMAGED: u16 = 2;
/// An entry of which the row does not say all: its bytes have to be asked.
const OPAQUE: u16 = 4;
/// A line that states an instant.
const TIMED: u16 = 8;
/// An entry that has an id.
const IDENTIFIED: u16 = 16;

/// What sort of line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Blank,
    Damaged,
    /// An entry that the row does not describe.
    Opaque,
    /// An entry with all that filters on fields and counts ask for.
    Known,
}

/// One line of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its length, with its newline.
    pub len: u32,
    pub sort: Sort,
    /// The instant that it states.
    pub at: Option<Instant>,
    /// Whether it has an id.
    pub has_id: bool,
    /// 0 for none.
    pub issue: u32,
    /// In milliseconds, or [`NO_DURATION`].
    pub duration: u32,
    /// Which of the index's [`Words`](super::words::Words) it has.
    pub words: u32,
    /// A checksum of the session, 0 for none.
    pub session: u32,
}

impl Row {
    /// A line of which no more is known than this.
    pub(crate) fn bare(len: u32, sort: Sort, at: Option<Instant>) -> Self {
        Self { len, sort, at, has_id: false, issue: 0, duration: NO_DURATION, words: 0, session: 0 }
    }

    pub(crate) fn encode(&self) -> [u8; ROW] {
        let sort = match self.sort {
            Sort::Blank => BLANK,
            Sort::Damaged => DAMAGED,
            Sort::Opaque => OPAQUE,
            Sort::Known => 0,
        };
        let has_id = if self.has_id { IDENTIFIED } else { 0 };
        let flags = sort | has_id | self.at.map_or(0, |_| TIMED);
        let (micros, nanos) = self.at.unwrap_or_default();
        let mut bytes = [0; ROW];
        let first = micros.to_le_bytes().into_iter().chain(nanos.to_le_bytes());
        let numbers = [self.len, self.issue, self.duration, self.words, self.session];
        let all =
            first.chain(flags.to_le_bytes()).chain(numbers.into_iter().flat_map(u32::to_le_bytes));
        for (to, byte) in bytes.iter_mut().zip(all) {
            *to = byte;
        }
        bytes
    }

    pub(crate) fn decode(bytes: &[u8; ROW]) -> Self {
        let numbers = bytes.as_chunks::<4>().0;
        let [low, high, small, len, issue, duration, words, session] = [0, 1, 2, 3, 4, 5, 6, 7]
            .map(|at: usize| u32::from_le_bytes(numbers.get(at).copied().unwrap_or_default()));
        let micros = ((u64::from(high) << 32) | u64::from(low)).cast_signed();
        #[expect(clippy::cast_possible_truncation, reason = "two numbers of 16 bits")]
        let (nanos, flags) = (small as u16, (small >> 16) as u16);
        let sort = match flags & (BLANK | DAMAGED | OPAQUE) {
            0 => Sort::Known,
            BLANK => Sort::Blank,
            DAMAGED => Sort::Damaged,
            _ => Sort::Opaque,
        };
        let at = (flags & TIMED != 0).then_some((micros, nanos));
        let has_id = flags & IDENTIFIED != 0;
        Self { len, sort, at, has_id, issue, duration, words, session }
    }
}

/// An instant as rows hold it.
pub(crate) fn instant(at: Timestamp) -> Instant {
    let nanos = at.as_nanosecond();
    let micros = i64::try_from(nanos.div_euclid(1000)).unwrap_or(i64::MAX);
    (micros, u16::try_from(nanos.rem_euclid(1000)).unwrap_or(0))
}

/// The instant that a row holds.
pub(crate) fn timestamp((micros, nanos): Instant) -> Option<Timestamp> {
    let at = Timestamp::from_microsecond(micros).ok()?;
    if nanos == 0 {
        Some(at)
    } else {
        at.checked_add(SignedDuration::from_nanos(nanos.into())).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_read_back(len: u32, sort in 0..4, at: Option<(i64, u16)>, has_id: bool, numbers: [u32; 4]) {
            let sort = [Sort::Blank, Sort::Damaged, Sort::Opaque, Sort::Known][usize::try_from(sort).unwrap()];
            let [issue, duration, words, session] = numbers;
            let row = Row { len, sort, at, has_id, issue, duration, words, session };
            prop_assert_eq!(Row::decode(&row.encode()), row);
        }

        #[test]
        fn instants_read_back_and_sort(nanos in proptest::collection::vec(-377_705_023_201_000_000_000..253_402_207_200_000_000_000_i128, 2)) {
            let at: Vec<_> = nanos.iter().map(|n| Timestamp::from_nanosecond(*n).unwrap()).collect();
            prop_assert_eq!(timestamp(instant(at[0])), Some(at[0]));
            prop_assert_eq!(instant(at[0]).cmp(&instant(at[1])), at[0].cmp(&at[1]));
        }
    }
}
