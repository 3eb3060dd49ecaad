//! What `view-audit` prints.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::formats::noun;
use crate::{AuditEntry, Format, Noun, Reason};

/// One entry of the log. Only the keys that the entry itself holds are printed, in their own
/// order and with their own values, after `schema`; older entries lack many of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Entry(pub AuditEntry);

impl Noun for Entry {
    const SCHEMA: &'static str = "view-audit.entry/1";
}

/// Why `show` shows no entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotShown {
    /// The id that was asked for.
    pub id: String,
    /// The first ids that begin like it, in their order; empty when none does.
    pub matches: Vec<String>,
    /// How many ids begin like it.
    pub count: u64,
    /// `not_found` or `ambiguous`, with what to try.
    pub reasons: Vec<Reason>,
}

impl Noun for NotShown {
    const SCHEMA: &'static str = "view-audit.not_shown/1";
}

/// Something that is wrong with the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Stable name: `damaged_line`, `torn_line`, `duplicate_same`, `duplicate_differs`,
    /// `out_of_order`, `future_stamp`, `no_id`, `no_timestamp`, `quarantined`, `interrupted_run`,
    /// `hook_failed`, `index_differs`, `not_a_file` or `unreadable`.
    pub code: String,
    /// The file.
    pub path: String,
    /// The number of the line from 1; `null` when it is not about a line, or the line is not known.
    pub line: Option<u64>,
    /// The byte of the file at which the line begins, or at which damage was noticed.
    pub byte: Option<u64>,
    /// What is wrong, as one sentence without a final period.
    pub message: String,
    /// The next safe command or step.
    pub next: String,
}

impl Noun for Finding {
    const SCHEMA: &'static str = "view-audit.finding/1";
}

/// What is known of a group of entries.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stats {
    /// What the entries were grouped by, such as `verdict`; `null` for all entries together.
    pub by: Option<String>,
    /// What the entries of the group have in common; `null` where they do not say it.
    pub key: Option<String>,
    /// How many entries there are.
    pub entries: u64,
    /// Their share of all entries that were counted, from 0 to 1.
    pub share: f64,
    /// Entries with an approval, whichever word they use for it.
    pub approved: u64,
    /// Entries that ask for a revision.
    pub revise: u64,
    /// Entries with a block.
    pub blocked: u64,
    /// Calls that obtained no verdict.
    pub failed: u64,
    /// Entries with another word as verdict, or with none.
    pub other: u64,
    /// Approvals among the three verdicts, from 0 to 1; `null` without any.
    pub approval_rate: Option<f64>,
    /// How many verdicts it took from the first one, or from the approval before, to an approval of the
    /// same project, issue and node: the mean over the approvals of the group. `null` without any.
    pub rounds_to_approval: Option<f64>,
    /// Calls that changed the credential, among those that say whether they did, from 0 to 1.
    pub rotation_share: Option<f64>,
    /// How many entries state a duration.
    pub timed: u64,
    /// The duration in milliseconds that half of them do not exceed (nearest rank, exact).
    pub duration_p50_ms: Option<u64>,
    /// The same for 95 of 100.
    pub duration_p95_ms: Option<u64>,
    /// The same for 99 of 100.
    pub duration_p99_ms: Option<u64>,
}

impl Noun for Stats {
    const SCHEMA: &'static str = "view-audit.stats/1";
}

pub(crate) fn formats() -> Vec<Format> {
    vec![noun::<Entry>(), noun::<NotShown>(), noun::<Finding>(), noun::<Stats>()]
}
