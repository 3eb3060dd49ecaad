//! The wire formats that cross between the tools: plain types, serde and JSON Schema.
//!
//! Nothing here does I/O or reads a clock. Two kinds of type live side by side:
//!
//! * *records*, which are stored and read back for years: [`AuditEntry`], [`QueueEvent`] with its
//!   [`Evidence`], [`Handoff`], [`Review`] and [`Landed`], [`LaneEvent`], [`Decision`]. They read
//!   every older shape, and keep keys they do not know (`extra`) when written back;
//! * *nouns*, which a tool prints on stdout: one module a tool, each type a [`Noun`] whose
//!   `schema` names its format, such as `lld-check.gate/1`.
//!
//! [`formats`] lists both; `docs/formats/` holds the JSON Schemas made from that list.

pub mod consolidate;
pub mod gemini_retry;
pub mod lld_check;
pub mod merge_queue;
pub mod view_audit;
pub mod worktree_lane;

mod audit;
mod decision;
mod digest;
mod exit;
mod formats;
mod ids;
mod lane;
mod lenient;
mod noun;
mod queue;
mod raw_diff;
mod refusal;
mod stamp;
mod subject;
mod verdict;

pub use audit::{AuditEntry, Outcome, Usage};
pub use decision::{Bound, Decision};
pub use digest::{is_sha256_hex, sha256_hex};
pub use exit::{Exit, Fault};
pub use formats::{Format, formats};
pub use ids::{IdError, IssueNumber, SessionId, TaskId, check_ref_part};
pub use lane::{Adopted, LaneClaim, LaneEvent, LaneEventKind, LaneTarget, ProcessMark};
pub use noun::{ConfigItem, Noun, NounError, Printed, parse_noun, print_noun};
pub use queue::{
    Evidence, EvidenceResult, EvidenceSource, Freeze, Handoff, Landed, LanePreflight, Loss,
    LostEvents, QueueEvent, Release, Returned, ReturnedFor, Reverted, Review, ReviewStatus,
    StatusChange, TakenOver, TaskClaim, TaskDefinition, TaskState, Verified,
};
pub use raw_diff::{raw_diff_bytes, raw_diff_lines};
pub use refusal::{Condition, Reason};
pub use stamp::{Stamp, StampError};
pub use subject::{Subject, SubjectBlock, SubjectError, SubjectForm};
pub use verdict::Verdict;

/// Keys that a record carried and this version does not know; written back as they came.
pub type Extra = serde_json::Map<String, serde_json::Value>;
