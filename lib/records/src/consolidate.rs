//! What `consolidate` prints.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::formats::noun;
use crate::{Format, Noun};

/// One run over one log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// The `logs` folder.
    pub root: String,
    /// Shards that were folded in.
    pub shards: u64,
    /// Entries that the history gained.
    pub entries: u64,
    /// Entries that the history held already.
    pub duplicates: u64,
    /// Lines that were set aside because nobody can read them.
    pub quarantined: u64,
    /// Bytes written to the history.
    pub bytes_written: u64,
    /// Shards that were left alone, with the reason; the next run looks at them again.
    pub skipped: Vec<Skipped>,
}

/// A shard that was left alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Skipped {
    /// The shard's path below the `logs` folder.
    pub shard: String,
    /// Why it was left.
    pub why: String,
}

impl Noun for Run {
    const SCHEMA: &'static str = "consolidate.run/1";
}

pub(crate) fn formats() -> Vec<Format> {
    vec![noun::<Run>()]
}
