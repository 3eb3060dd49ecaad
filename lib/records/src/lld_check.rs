//! What `lld-check` prints.

mod finding;
mod status;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::formats::noun;
use crate::{Condition, Decision, Format, IssueNumber, Noun, Reason, Stamp, Verdict};

pub use finding::Finding;
pub use status::{ClaimRow, Claimed, DocumentPlace, LoggedReview, Proven, RowKind, Status};

/// A document that `new` made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Document {
    /// The issue that it belongs to.
    pub issue: IssueNumber,
    /// Path from the root of the repository.
    pub path: String,
    /// The title, as its heading holds it.
    pub title: String,
}

impl Noun for Document {
    const SCHEMA: &'static str = "lld-check.document/1";
}

/// The answer of a gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gate {
    /// The issue that was asked about.
    pub issue: IssueNumber,
    /// `code`: may it be implemented? `pr`: may a pull request be made? `merge`: is everything done
    /// after the merge?
    pub phase: String,
    /// What may prove an approval.
    pub trust: Trust,
    /// The answer.
    pub open: bool,
    /// Every condition with what satisfied it or what is missing, in the runbook's order.
    pub conditions: Vec<Condition>,
    /// Why the gate is closed; `[]` when it is open.
    pub reasons: Vec<Reason>,
    /// The rule of `gates.no_lld` because of which no LLD is needed; `null` when one is.
    pub no_lld: Option<String>,
    /// The conditions that are not met and that a waiver stands in for; `[]` in all but emergencies.
    pub waived: Vec<String>,
    /// Every waiver of the issue, oldest first, also those that no longer hold.
    pub waivers: Vec<Waiver>,
    /// The branch that the gate before a pull request judged; `null` in the other phases, and when
    /// nobody knows the branch.
    pub diff: Option<BranchDiff>,
    /// What proves the approval; `null` when nothing does.
    pub proof: Option<Proof>,
}

/// What may prove that an LLD is approved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// A verdict of the audit log on exactly this text.
    #[default]
    Audit,
    /// Where the log has no verdict on this text, what the document says of itself, which nobody checks.
    File,
}

/// A branch and what it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BranchDiff {
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// Where it stands, in full.
    pub commit: String,
    /// The base, such as `origin/main`.
    pub base: String,
    /// Where the branch left it, in full.
    pub merge_base: String,
    /// Digest of the diff between the two, as `merge-queue` computes it: what approvals are bound to.
    pub diff_digest: String,
}

impl Noun for Gate {
    const SCHEMA: &'static str = "lld-check.gate/1";
}

/// The audit entry that proves an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proof {
    /// Id of the audit entry.
    pub audit_id: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// When the review was made, as the entry says.
    pub timestamp: Option<String>,
    /// The model that reviewed, as verified.
    pub model_verified: Option<String>,
    /// The document that was reviewed.
    pub path: String,
    /// Digest of the document without its own review log, now and when it was reviewed.
    pub sha256: String,
    /// The log file that holds the entry, from the root of the repository.
    pub log: String,
    /// Its line there, from 1.
    pub line: u64,
}

/// A waiver as answers show it, and what `waive` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waiver {
    /// The issue.
    pub issue: IssueNumber,
    /// The gate: `code`.
    pub phase: String,
    /// The conditions that it stands in for. None of them counts as met.
    pub conditions: Vec<String>,
    /// Who gave it.
    pub by: String,
    /// When.
    pub at: Stamp,
    /// Why.
    pub reason: String,
    /// Whether it still holds.
    pub state: WaiverState,
    /// Why it does not hold, in a sentence; `null` when it does.
    pub ended: Option<String>,
}

impl Noun for Waiver {
    const SCHEMA: &'static str = "lld-check.waiver/1";
}

/// Whether a waiver holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaiverState {
    /// It stands in for its conditions.
    Holds,
    /// What it was given for has changed since.
    Outdated,
    /// Somebody took it back, or replaced it.
    Withdrawn,
}

/// One line of `<git common dir>/switchyard/waivers.jsonl`: who decided what about a gate, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WaiverEvent {
    /// When it was decided.
    pub at: Stamp,
    /// The issue.
    pub issue: IssueNumber,
    /// The gate: `code`.
    pub phase: String,
    /// The conditions that it is about.
    pub conditions: Vec<String>,
    /// The decision: `waive` or `withdraw`, bound to the issue's documents as they were.
    #[serde(flatten)]
    pub decision: Decision,
}

/// What `record` did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recorded {
    /// The issue.
    pub issue: IssueNumber,
    /// Path of the document from the root of the repository.
    pub path: String,
    /// The verdict that was recorded.
    pub verdict: Verdict,
    /// Id of the audit entry that the row points to.
    pub audit_id: String,
    /// The row of the review log.
    pub row: String,
    /// `false` when the row was there already and nothing was written.
    pub changed: bool,
}

impl Noun for Recorded {
    const SCHEMA: &'static str = "lld-check.recorded/1";
}

/// What `archive` did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Archived {
    /// The issue.
    pub issue: IssueNumber,
    /// The files that moved, as paths from the root of the repository.
    pub moves: Vec<Move>,
    /// Files taken out of `active` because the same bytes stand in `done`, and where; no others are.
    pub duplicates: Vec<Move>,
    /// The commit that moved them, in full; `null` when nothing had to move, and in a dry run.
    pub commit: Option<String>,
    /// The landing that allowed it: the commit that is reachable from the base. `null` when
    /// nothing had to move and no landing is on record.
    pub landed_commit: Option<String>,
    /// Whether the moves were only planned.
    pub dry_run: bool,
}

impl Noun for Archived {
    const SCHEMA: &'static str = "lld-check.archived/1";
}

/// One file that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Move {
    /// Where it was.
    pub from: String,
    /// Where it is.
    pub to: String,
}

/// One issue in the answer to "which ones may be coded?" (runbook 0801, "Morning Standup").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IssueStanding {
    /// The project, as `switchyard.yaml` calls it, else by the name of its folder.
    pub project: String,
    /// The project's checkout, in full.
    pub root: String,
    /// The issue.
    pub issue: IssueNumber,
    /// Its title.
    pub title: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// Where it stands.
    pub standing: Standing,
    /// The document, from the root of the repository; `null` when there is none.
    pub lld: Option<String>,
    /// The rule of `gates.no_lld` because of which no LLD is needed; `null` when one is.
    pub no_lld: Option<String>,
    /// Every waiver of the issue, oldest first, also those that no longer hold.
    pub waivers: Vec<Waiver>,
    /// What proves the approval; `null` when nothing does.
    pub proof: Option<Proof>,
    /// The folder of the issue's lane: somebody is at work. `null` when there is none.
    pub lane: Option<String>,
    /// Why it stands there, and what to do next.
    pub reasons: Vec<Reason>,
}

impl Noun for IssueStanding {
    const SCHEMA: &'static str = "lld-check.issue/1";
}

/// Where an issue stands before coding.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// An approval of today's text is on record, or a waiver stands in for it.
    MayStart,
    /// There is an LLD that lacks a valid approval.
    NeedsReview,
    /// There is no LLD.
    NeedsLld,
    /// There is no LLD, and a rule of `gates.no_lld` says that none is needed: it may start.
    NoLldNeeded,
    /// A review asked for changes, or blocked it; or its lane is in a state in which nothing can start.
    Blocked,
    /// Its LLD is in `done/`.
    Done,
}

/// A refusal of a command that changes something (`new`, `record`, `archive`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    /// The issue.
    pub issue: IssueNumber,
    /// The command that was refused.
    pub command: String,
    /// All reasons, in a stable order.
    pub reasons: Vec<Reason>,
}

impl Noun for Refused {
    const SCHEMA: &'static str = "lld-check.refused/1";
}

pub(crate) fn formats() -> Vec<Format> {
    vec![
        noun::<Document>(),
        noun::<Gate>(),
        noun::<Recorded>(),
        noun::<Archived>(),
        noun::<IssueStanding>(),
        noun::<Waiver>(),
        noun::<Refused>(),
        noun::<Status>(),
        noun::<Finding>(),
    ]
}
