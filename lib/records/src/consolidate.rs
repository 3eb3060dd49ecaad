//! What `consolidate` prints, and what it keeps in quarantine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::formats::noun;
use crate::{Format, Noun, Reason};

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

/// What `--check` found: what a run would do, and why there is something to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// The `logs` folder.
    pub root: String,
    /// Shards that a run would fold in.
    pub shards: u64,
    /// Entries that the history would gain.
    pub entries: u64,
    /// Entries that a history holds already, or that two shards hold: same `id`, same bytes.
    pub duplicates: u64,
    /// Lines that a run would set aside because nobody can read them.
    pub quarantined: u64,
    /// Shards that a run would leave alone, with the reason.
    pub skipped: Vec<Skipped>,
    /// What there is to do or wrong; `[]` when a run would change nothing and no person is needed.
    pub reasons: Vec<Reason>,
}

/// The post-commit hook of a repository, after `--install-hook` or `--uninstall-hook`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hook {
    /// The hook that git runs.
    pub hook: String,
    /// Whether it folds the log after a commit.
    pub installed: bool,
    /// Whether anything had to be changed for that.
    pub changed: bool,
    /// The hook that was there before and is started by ours; `null` when there is none.
    pub chained: Option<String>,
    /// Whether the hook is outside the repository, so that others may use it; our lines do nothing there.
    pub shared: bool,
    /// Why nothing was changed; `[]` otherwise.
    pub reasons: Vec<Reason>,
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

impl Noun for Hook {
    const SCHEMA: &'static str = "consolidate.hook/1";
}

impl Noun for Check {
    const SCHEMA: &'static str = "consolidate.check/1";
}

impl Noun for Quarantined {
    const SCHEMA: &'static str = "consolidate.quarantined/1";
}

pub(crate) fn formats() -> Vec<Format> {
    vec![noun::<Run>(), noun::<Check>(), noun::<Hook>(), noun::<Quarantined>()]
}
