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
    /// `not_a_file` or `unreadable`.
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

pub(crate) fn formats() -> Vec<Format> {
    vec![noun::<Entry>(), noun::<NotShown>(), noun::<Finding>()]
}
