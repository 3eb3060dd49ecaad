//! What `consolidate` prints, and what it keeps in quarantine.

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
    /// Entries that the history held already, or that two shards held: same `id`, same bytes.
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

/// A line that nobody can read, kept byte for byte.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Quarantined {
    /// The name of the shard that held it.
    pub shard: String,
    /// Where it began there, in bytes.
    pub offset: u64,
    /// What is wrong with it.
    pub reason: String,
    /// Its bytes without the newline, in base64 (RFC 4648, section 4).
    pub bytes_b64: String,
}

impl Noun for Run {
    const SCHEMA: &'static str = "consolidate.run/1";
}

impl Noun for Quarantined {
    const SCHEMA: &'static str = "consolidate.quarantined/1";
}

pub(crate) fn formats() -> Vec<Format> {
    vec![noun::<Run>(), noun::<Quarantined>()]
}
