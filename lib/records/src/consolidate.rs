//! What `consolidate` prints, and the rules that it shares with every reader of the log: which files
//! hold entries ([`SourceName`]), in which order entries stand ([`Backward`]), and what an
//! interrupted run means ([`Intent`]).

mod base64;
mod head;
mod intent;
mod merge;
mod source_name;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::formats::noun;
use crate::{Format, Noun};

pub use base64::{base64, from_base64};
pub use head::Head;
pub use intent::{Checksum, Consumed, Inode, Intent, Region};
pub use merge::{Backward, Fresh, Held, Step, in_order, instants};
pub use source_name::{RETIRED, SourceName, state_name};

/// The history's name in the `logs` folder.
pub const HISTORY: &str = "governance_history.jsonl";

/// The name that the history had for a while; readers show both.
pub const OLDER_HISTORY: &str = "review_history.jsonl";

/// Where lines are kept that nobody can read, one [`Quarantined`] a line.
pub const QUARANTINE: &str = "governance_history.quarantine.jsonl";

/// The folder of the session shards in the `logs` folder.
pub const ACTIVE: &str = "active";

/// How much of the end of a history may be rewritten in place, in bytes. A run that has to insert
/// an entry further up replaces the file instead, so a reader that holds an older end in memory can
/// read the rest of its open file without a lock.
pub const WINDOW: u64 = 4 << 20;

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
