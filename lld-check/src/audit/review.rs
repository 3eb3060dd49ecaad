//! One verdict of the audit log, reduced to what a gate needs.

use std::cmp::Ordering;

use jiff::SignedDuration;
use records::{AuditEntry, IssueNumber, Outcome, Stamp, Verdict, is_sha256_hex};
use serde_json::Value;

use super::logs::Log;

/// The node of LLD reviews (runbook 0801).
pub(crate) const NODE: &str = "review_lld";
/// The node of implementation reviews.
pub(crate) const IMPLEMENTATION: &str = "review_implementation";
/// How far the clocks of two machines may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Why a verdict is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flaw {
    /// The code of the reason.
    pub(crate) code: &'static str,
    /// What the review did, as the end of a sentence.
    pub(crate) what: &'static str,
}

/// A verdict on some text, and the line that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Review {
    /// Id of the audit entry; older entries may lack one.
    pub(crate) audit_id: Option<String>,
    /// What it said.
    pub(crate) verdict: Verdict,
    /// When, as the entry says.
    pub(crate) timestamp: Option<String>,
    /// The same as an instant. `None` when it is none, or has not come yet: it was stamped by a wrong
    /// clock then and says nothing about what came before or after it.
    pub(crate) at: Option<Stamp>,
    /// Why it cannot count as what it says.
    pub(crate) flaw: Option<Flaw>,
    /// Digest of the reviewed bytes; `None` in older entries, which prove nothing about a text.
    pub(crate) sha256: Option<String>,
    /// Path of the reviewed document.
    pub(crate) path: Option<String>,
    /// The model that reviewed.
    pub(crate) model_verified: Option<String>,
    /// The reviewer's reasons.
    pub(crate) critique: Option<String>,
    /// The log file from the root of the main worktree.
    pub(crate) log: String,
    /// Position of that file in the order of the logs.
    pub(crate) rank: usize,
    /// Whether that file is a session shard.
    pub(crate) live: bool,
    /// The line, from 1.
    pub(crate) line: u64,
}

impl Review {
    /// The verdict in `entry`; `None` when it holds none. A failed call is no verdict.
    pub(crate) fn of(entry: AuditEntry, log: &Log, line: u64, now: Stamp) -> Option<Self> {
        let (verdict, unknown) = match entry.verdict() {
            Some(verdict) => (verdict, None),
            // Whatever it says, nobody should code on an older approval of the same text.
            None if says_something(&entry) => (Verdict::Revise, Some(UNKNOWN)),
            None => return None,
        };
        let ahead = |at: &Stamp| at.instant().duration_since(now.instant());
        let at = entry.at().filter(|at| ahead(at) <= SKEW);
        let flaw = if verdict == Verdict::Approved { flaw(&entry) } else { unknown };
        let (path, sha256) = entry.subject.map(|s| (s.path, s.sha256)).unzip();
        Some(Self {
            audit_id: entry.id,
            verdict,
            timestamp: entry.timestamp,
            at,
            flaw,
            sha256: sha256.filter(|digest| is_sha256_hex(digest)),
            path,
            model_verified: entry.model_verified,
            critique: entry.critique,
            log: log.name.clone(),
            rank: log.rank,
            live: log.live,
            line,
        })
    }

    /// Whether it approves what was reviewed.
    pub(crate) fn approves(&self) -> bool {
        self.verdict == Verdict::Approved && self.flaw.is_none()
    }

    /// Which of two verdicts is the later one: by time, then by the order of the logs.
    ///
    /// Without a readable time an approval counts as the oldest of all and anything else as the
    /// newest: what cannot be ordered never turns a no into a yes.
    pub(crate) fn later(&self, other: &Self) -> Ordering {
        self.age().cmp(&other.age()).then((self.rank, self.line).cmp(&(other.rank, other.line)))
    }

    fn age(&self) -> (u8, Option<Stamp>) {
        match (self.at, self.verdict) {
            (Some(at), _) => (1, Some(at)),
            (None, Verdict::Approved) => (0, None),
            (None, Verdict::Revise | Verdict::Blocked) => (2, None),
        }
    }

    /// How messages name it: its id, log file and line.
    pub(crate) fn cited(&self) -> String {
        let id = self.audit_id.as_deref().unwrap_or("without id");
        format!("entry {id}, {}:{}", self.log, self.line)
    }
}

const UNKNOWN: Flaw =
    Flaw { code: "verdict_unknown", what: "gave a verdict on this text that is no known word" };

/// Whether an entry that is not marked as failed holds a word for its verdict.
fn says_something(entry: &AuditEntry) -> bool {
    entry.outcome != Some(Outcome::Failed)
        && entry.verdict.as_deref().is_some_and(|word| !word.trim().is_empty())
}

/// What in an approval contradicts it, or is missing from it.
fn flaw(entry: &AuditEntry) -> Option<Flaw> {
    let contradicted = |what| Some(Flaw { code: "approval_contradicted", what });
    // Other writers keep the reviewer's own word for the list.
    let blocking = entry.extra.get("blocking_issues").is_some_and(|list| !is_nothing(list));
    if !entry.tier_1_issues.is_empty() || blocking {
        contradicted("approved this text and lists findings that block approval")
    } else if entry.failure_class.as_deref().is_some_and(|class| !class.trim().is_empty()) {
        contradicted("approved this text and is marked as a call that failed")
    } else if entry.model_verified.as_deref().is_none_or(|model| model.trim().is_empty()) {
        // A client without proof of its model was allowed to answer; that is no proof for a gate.
        Some(Flaw {
            code: "model_unverified",
            what: "approved this text and does not prove which model reviewed",
        })
    } else {
        None
    }
}

/// `null`, `[]`, `{}` or a blank text.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::String(text) => text.trim().is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The issue of an entry of that node, for the filter behind the first look at its line.
pub(crate) fn concerns(entry: &AuditEntry, node: &str) -> Option<IssueNumber> {
    if entry.node.as_deref() == Some(node) { entry.issue_id } else { None }
}
