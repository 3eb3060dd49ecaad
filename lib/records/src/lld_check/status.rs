//! What `lld-check status` prints.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Waiver;
use crate::{IssueNumber, Noun, Reason, Verdict};

/// What a document says about its own review, and what the audit log proves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// The issue that the file's name gives; `null` for a file that is no LLD of this checkout, or
    /// has none.
    pub issue: Option<IssueNumber>,
    /// Path from the root of the checkout; as it was given for a file elsewhere.
    pub path: Option<String>,
    /// Which folder it is in; `null` for a file elsewhere.
    pub place: Option<DocumentPlace>,
    /// What the document claims; `null` when it cannot be read, or does not exist.
    pub claimed: Option<Claimed>,
    /// What the audit log proves; `null` when the document cannot be read or belongs to no issue.
    pub evidence: Option<Proven>,
    /// The log entry that the evidence is about, a stale one included; `null` when there is none.
    pub entry: Option<LoggedReview>,
    /// What the document's log, final status and status field say, from top to bottom.
    pub rows: Vec<ClaimRow>,
    /// Why it is claimed and proven so.
    pub why: Vec<Reason>,
    /// The rule of `gates.no_lld` because of which an issue without a document needs none; else `null`.
    pub no_lld: Option<String>,
    /// Every waiver of the issue, oldest first, also those that no longer hold.
    pub waivers: Vec<Waiver>,
    /// Why the document cannot be judged; `null` when it can.
    pub error: Option<String>,
}

impl Noun for Status {
    const SCHEMA: &'static str = "lld-check.status/1";
}

/// The folder of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DocumentPlace {
    /// `active/`.
    Active,
    /// `done/`.
    Done,
}

/// What a document says about its own review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Claimed {
    /// The newest review that it shows approves it.
    Approved,
    /// The newest review that it shows asks for changes or blocks it.
    Blocked,
    /// It shows no review, and says that it waits for one.
    Draft,
    /// It says nothing about a review.
    None,
    /// It contradicts itself, or cannot be understood.
    Conflicting,
}

/// What the audit log proves about a document as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Proven {
    /// The newest verdict on exactly this text approves it.
    Approved,
    /// Another text was approved, and this one was not reviewed.
    Stale,
    /// The newest verdict on exactly this text asks for changes.
    Revise,
    /// The newest verdict on exactly this text blocks it.
    Blocked,
    /// Nothing: no verdict on this text, or none that counts.
    None,
}

/// An entry of the audit log, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoggedReview {
    /// Id of the audit entry; `null` in older ones.
    pub audit_id: Option<String>,
    /// Its verdict.
    pub verdict: Verdict,
    /// When the review was made, as the entry says.
    pub timestamp: Option<String>,
    /// The model that reviewed, as verified.
    pub model_verified: Option<String>,
    /// Digest of the text that was reviewed; `null` in older entries.
    pub sha256: Option<String>,
    /// The log file, from the root of the main worktree.
    pub log: String,
    /// Its line there, from 1.
    pub line: u64,
}

/// One statement of a document about its review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimRow {
    /// The line, from 1.
    pub line: u64,
    /// Who is named as its author; `null` where nobody is.
    pub author: Option<String>,
    /// What kind of statement it is.
    pub kind: RowKind,
    /// The date as it stands there; `null` where there is none.
    pub date: Option<String>,
    /// The verdict as it stands there; `null` where there is none.
    pub verdict: Option<String>,
    /// Whether the claim rests on this row.
    pub decides: bool,
}

/// Who speaks in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// A reviewer's verdict.
    Reviewer,
    /// The document's author: a revision, or what was done about a review.
    Author,
    /// A check by a program, such as the validation of the template.
    Mechanical,
    /// A review that is still to come.
    Pending,
    /// A row that was not filled in.
    Placeholder,
    /// The line `**Final Status:**`.
    FinalStatus,
    /// The status field at the top.
    StatusField,
}
