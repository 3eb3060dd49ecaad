//! Which entries of the shards are kept in memory.

use audit_log::{Facts, Fresh};
use jiff::Timestamp;

/// An entry where it was read.
pub(crate) struct Lying<'a> {
    pub offset: u64,
    pub facts: Facts<'a>,
    /// Without the end of the line.
    pub bytes: &'a [u8],
}

impl<'a> Lying<'a> {
    /// An entry that begins at `offset` of its file.
    pub(crate) fn of(offset: u64, bytes: &'a [u8]) -> Self {
        Self { offset, facts: Facts::of(bytes).unwrap_or_default(), bytes }
    }
}

/// Which entries of the shards are asked for.
#[derive(Clone, Copy)]
pub(crate) enum Keep<'a> {
    /// All of them.
    All,
    /// Those that this accepts.
    Wanted(&'a dyn Fn(&Facts<'_>, &[u8]) -> bool),
    /// So many, the last ones; and of the histories no more than these need.
    Last(usize),
}

/// Where an entry stands: its instant, its source, its place there.
type Position = (Timestamp, usize, u64);

/// The entries that are kept.
pub(crate) struct Kept<'a> {
    keep: Keep<'a>,
    entries: Vec<Fresh>,
    /// From this instant on, entries are kept: all of an instant or none, because copies of an entry have its
    /// instant, and the first of them says where it stands.
    from: Option<Timestamp>,
    /// How many entries were kept when some were left out.
    most: usize,
    /// The last one of those that were left out because there are enough behind them.
    cut: Option<Position>,
    is_left_out: bool,
    is_unplaced: bool,
}

impl<'a> Kept<'a> {
    pub(crate) fn new(keep: Keep<'a>) -> Self {
        Self {
            keep,
            entries: Vec::new(),
            from: None,
            most: 0,
            cut: None,
            is_left_out: false,
            is_unplaced: false,
        }
    }

    /// Takes in entries of a source; `placed` says the instants that they are placed by.
    pub(crate) fn add(&mut self, source: usize, placed: &[Timestamp], entries: Vec<Lying<'_>>) {
        // The last line that states an instant, when it was left out.
        let mut left_out = None;
        let mut is_begun = false;
        for (line, at) in entries.into_iter().zip(placed.iter().copied()) {
            let position = (at, source, line.offset);
            let is_kept = self.is_kept(&line, position);
            if line.facts.at.is_some() {
                is_begun = true;
                left_out = (!is_kept).then_some(position);
            } else if !is_begun {
                self.is_unplaced = true;
            } else if is_kept {
                // It belongs to that line.
                self.entries.extend(left_out.take().map(empty));
            }
            if !is_kept {
                self.is_left_out = true;
                continue;
            }
            let id = line.facts.id.as_ref().map(|id| id.as_str().to_owned());
            let bytes = line.bytes.to_vec();
            self.entries.push(Fresh { at, source, offset: line.offset, id, bytes });
            if let Keep::Last(wanted) = self.keep
                && self.entries.len() / 2 > wanted.max(self.most)
            {
                self.keep_last(wanted);
            }
        }
    }

    fn is_kept(&mut self, line: &Lying<'_>, position: Position) -> bool {
        match self.keep {
            Keep::All => true,
            Keep::Wanted(accepts) => accepts(&line.facts, line.bytes),
            Keep::Last(_) => {
                let is_early = self.from.is_some_and(|from| position.0 < from);
                if is_early {
                    self.cut = self.cut.max(Some(position));
                }
                !is_early
            }
        }
    }

    /// Whether what was left out has a say in the order of what is kept: an entry that states no instant
    /// belongs to the one before it, and one that begins its source to one of another.
    pub(crate) fn is_not_enough(&self) -> bool {
        self.is_left_out && self.is_unplaced
    }

    /// The entries. One without bytes stands for those that were left out because there are enough behind
    /// them, and for one that an entry that is kept belongs to.
    pub(crate) fn entries(mut self) -> Vec<Fresh> {
        self.entries.extend(self.cut.map(empty));
        self.entries
    }

    fn keep_last(&mut self, wanted: usize) {
        self.entries.sort_unstable_by_key(position);
        self.from = self.entries.iter().nth_back(wanted.saturating_sub(1)).map(|entry| entry.at);
        let cut = self.entries.partition_point(|entry| Some(entry.at) < self.from);
        if let Some(last) = cut.checked_sub(1).and_then(|last| self.entries.get(last)) {
            self.cut = self.cut.max(Some(position(last)));
            self.is_left_out = true;
        }
        self.entries.drain(..cut);
        self.most = self.entries.len();
    }
}

/// Stands for an entry that is left out.
fn empty((at, source, offset): Position) -> Fresh {
    Fresh { at, source, offset, id: None, bytes: Vec::new() }
}

fn position(entry: &Fresh) -> Position {
    (entry.at, entry.source, entry.offset)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_last_ones_are_kept_and_what_is_left_out_lies_before_the_empty_one(
            shards in prop::collection::vec(prop::collection::vec(0..30_i64, 0..9), 0..9),
            wanted in 0..6_usize,
        ) {
            let keep = |keep| {
                let mut kept = Kept::new(keep);
                for (source, times) in shards.iter().enumerate() {
                    let placed: Vec<_> = times.iter().map(|at| Timestamp::from_second(*at).unwrap()).collect();
                    let line = |(offset, at): (u64, &Timestamp)| Lying {
                        offset,
                        facts: Facts { at: Some(*at), ..Facts::default() },
                        bytes: b"{}",
                    };
                    kept.add(source, &placed, (0..).zip(&placed).map(line).collect());
                }
                prop_assert!(!kept.is_not_enough());
                let mut entries = kept.entries();
                entries.sort_by_key(position);
                Ok(entries)
            };
            let (all, last) = (keep(Keep::All)?, keep(Keep::Last(wanted))?);
            let cut = last.iter().position(|entry| entry.bytes.is_empty());
            let behind = cut.map_or(0, |cut| cut + 1);
            prop_assert!(behind <= 1);
            prop_assert!(all.ends_with(&last[behind..]));
            prop_assert!(last.len() - behind >= wanted.min(all.len()));
            prop_assert_eq!(cut.is_some(), last.len() - behind < all.len());
        }
    }
}
