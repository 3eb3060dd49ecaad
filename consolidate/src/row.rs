//! Lines of shards as a run remembers them: where they are, not what they hold.

use audit_log::Entry;
use jiff::Timestamp;

/// A line of a shard, or a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot {
    /// Which shard: its number in [`Shards`](crate::shards::Shards).
    pub shard: u32,
    /// How many bytes; no line that is taken is longer than [`LONGEST`](audit_log::LONGEST).
    pub len: u32,
    /// Where it begins in the shard.
    pub offset: u64,
    /// The sum of its bytes when it was read for the first time.
    pub sum: u128,
}

impl Spot {
    /// Behind its last byte.
    pub(crate) fn end(self) -> u64 {
        self.offset + u64::from(self.len)
    }
}

/// An entry of a shard: what deciding on its place needs, in 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    pub spot: Spot,
    /// Its instant, or the one that it is placed by.
    pub at: Timestamp,
    /// The number of its `id`.
    pub id: u64,
    pub has_id: bool,
    /// Whether it states its instant.
    pub timed: bool,
}

impl Entry for Row {
    fn at(&self) -> Timestamp {
        self.at
    }

    fn source(&self) -> usize {
        self.spot.shard as usize
    }

    fn offset(&self) -> u64 {
        self.spot.offset
    }

    fn id(&self) -> Option<u64> {
        self.has_id.then_some(self.id)
    }
}

/// A line that nobody can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reject {
    /// Without its newline.
    pub spot: Spot,
    pub reason: String,
}
