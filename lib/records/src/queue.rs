//! What the merge queue remembers: one event a line in `<git common dir>/switchyard/queue.jsonl`.

mod added;
mod landing;
mod loss;
mod standing;

pub use added::TaskDefinition;
pub use landing::{Freeze, Landed, Returned, ReturnedFor, Reverted, Verified};
pub use loss::{Loss, LostEvents};
pub use standing::{LanePreflight, Release, StatusChange, TakenOver, TaskClaim, TaskState};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Extra, Stamp, TaskId};

/// One line of the queue's journal.
///
/// `kind` says which of the payloads is present. A kind that this version does not know is kept,
/// payload and all, in `extra`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QueueEvent {
    /// Position in the journal, from 1, without gaps.
    pub seq: u64,
    /// When it was recorded.
    pub at: Stamp,
    /// Who recorded it: the login name, or what `--actor` says.
    pub actor: String,
    /// The task it is about; `null` when it is about the whole queue. The key is always there.
    #[serde(deserialize_with = "Option::deserialize")]
    pub task: Option<TaskId>,
    /// `added`, `claimed`, `renewed`, `released`, `status`, `evidence`, `handoff`, `review`, `landing`,
    /// `landed`, `returned`, `reverting`, `frozen`, `thawed`, `lost`, `note`, ….
    pub kind: String,
    /// Payload of `added`: one task, or all of an import, of which `task` is the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<TaskDefinition>,
    /// Payload of `claimed` and `renewed`: the claim as it holds from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<TaskClaim>,
    /// Payload of `released`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Release>,
    /// Payload of `status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusChange>,
    /// Payload of `evidence`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// Payload of `handoff`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handoff: Option<Handoff>,
    /// Payload of `review`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
    /// Payload of `landing` (about to land) and `landed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landed: Option<Landed>,
    /// Payload of `returned`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<Returned>,
    /// Payload of `reverting` (about to be undone), and of `returned` where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverted: Option<Reverted>,
    /// Payload of `frozen`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<Freeze>,
    /// Payload of `lost`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Loss>,
    /// Payloads and keys of other versions.
    #[serde(flatten)]
    pub extra: Extra,
}

impl QueueEvent {
    /// An event about a task, without a payload.
    pub fn blank(seq: u64, at: Stamp, actor: String, task: TaskId, kind: &str) -> Self {
        Self { task: Some(task), ..Self::of_queue(seq, at, actor, kind) }
    }

    /// An event about the whole queue, without a payload.
    pub fn of_queue(seq: u64, at: Stamp, actor: String, kind: &str) -> Self {
        Self {
            seq,
            at,
            actor,
            task: None,
            kind: kind.into(),
            added: Vec::new(),
            claim: None,
            release: None,
            status: None,
            evidence: None,
            handoff: None,
            review: None,
            landed: None,
            returned: None,
            reverted: None,
            frozen: None,
            lost: None,
            extra: Extra::new(),
        }
    }
}

/// That a command was run on a commit and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The command as a person would type it into a shell.
    pub command: String,
    /// Exit status; `null` when a signal ended it, or when it was only declared.
    pub exit_status: Option<i32>,
    /// Whether it counts as passed.
    pub result: EvidenceResult,
    /// The commit that was checked out, in full.
    pub commit: String,
    /// The tree of that commit: evidence holds for content, not for a commit's message.
    #[serde(default)]
    pub tree: Option<String>,
    /// When the command began; when it was only declared, when that was.
    pub started_at: Stamp,
    /// Wall time in milliseconds.
    pub duration_ms: u64,
    /// The last lines of its output, stdout and stderr as they came.
    pub output_tail: String,
    /// Whether the queue ran it, or somebody said so.
    pub source: EvidenceSource,
    /// Why it counts as failed whatever its status is: it changed the lane, or its time was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// For `declared`: where the result comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceResult {
    /// Exit status 0.
    Pass,
    /// Any other status, or a signal.
    Fail,
}

/// Where evidence comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceSource {
    /// The tool ran the command itself.
    Ran,
    /// Somebody typed the result.
    Declared,
}

/// What the implementer hands over (runbook v2, `queue-record-handoff`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Handoff {
    /// Who implemented it.
    pub owner: String,
    /// The model that implemented it, if a model did.
    #[serde(default)]
    pub model: Option<String>,
    /// The branch that holds the work.
    pub branch: String,
    /// The commit that is handed over, in full.
    pub commit: String,
    /// Commands that were run.
    #[serde(default)]
    pub commands: Vec<String>,
    /// Their results, in the same order.
    #[serde(default)]
    pub results: Vec<String>,
    /// Paths that the branch changes against its base, computed by the tool.
    #[serde(default)]
    pub changed_files: Vec<String>,
    /// Known risks.
    #[serde(default)]
    pub risks: Vec<String>,
    /// What should happen next.
    #[serde(default)]
    pub next_step: Option<String>,
}

/// One reviewer's word on one diff (runbook v2, `queue-record-review`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Review {
    /// The role in which the reviewer speaks, such as `D-arch`.
    pub role: String,
    /// Who reviewed.
    pub reviewer: String,
    /// The model that reviewed, if a model did.
    #[serde(default)]
    pub model: Option<String>,
    /// Approval or request for changes.
    pub status: ReviewStatus,
    /// The commit that was reviewed, in full.
    pub commit: String,
    /// Digest of the branch's diff against its merge base: what the approval is bound to.
    pub diff_digest: String,
    /// The reviewer's note.
    #[serde(default)]
    pub note: Option<String>,
    /// Why a review by the implementer's own model is acceptable this once.
    #[serde(default)]
    pub exception: Option<String>,
}

/// What a reviewer decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewStatus {
    /// May land.
    Approved,
    /// Must change first.
    ChangesRequested,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_about_the_queue_only_when_it_says_so() {
        let line = r#"{"seq":7,"at":"2026-01-24T18:30:45.000Z","actor":"lead","task":null,"kind":"frozen"}"#;
        let event: QueueEvent = serde_json::from_str(line).unwrap();
        assert_eq!(event.task, None);
        assert_eq!(serde_json::to_string(&event).unwrap(), line);
        let without = line.replace(r#""task":null,"#, "");
        assert!(serde_json::from_str::<QueueEvent>(&without).is_err());
    }

    #[test]
    fn an_unknown_kind_survives_a_round_trip() {
        let line = r#"{"seq":7,"at":"2026-01-24T18:30:45.000Z","actor":"lead","task":"A1","kind":"split","split":{"into":null}}"#;
        let event: QueueEvent = serde_json::from_str(line).unwrap();
        assert_eq!(event.kind, "split");
        assert_eq!(serde_json::to_string(&event).unwrap(), line);
    }
}
