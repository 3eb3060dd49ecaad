//! What `status`, `ready` and `next` print.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{IssueNumber, Noun, Reason, Stamp, TaskId, TaskState};

/// Where a task stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskStatus {
    /// The task.
    pub task: TaskId,
    /// Its title.
    pub title: String,
    /// The issue that it belongs to.
    pub issue: Option<IssueNumber>,
    /// The role that implements it.
    pub role: Option<String>,
    /// 1 is the highest.
    pub priority: u32,
    /// `todo`, `in_progress`, `blocked` or `done`.
    pub state: TaskState,
    /// Why somebody said that it is blocked.
    pub blocked: Option<String>,
    /// Who has claimed it and has not given it up; the lease may be over.
    pub claim: Option<ClaimStatus>,
    /// Whether it was handed over and nobody has asked for changes since.
    pub in_review: bool,
    /// `seq` of the newest event; `null` when there is none.
    pub last_event: Option<u64>,
    /// What a coordinator should look at, such as a lease that is over; `null` when nothing is.
    pub attention: Option<Attention>,
}

impl Noun for TaskStatus {
    const SCHEMA: &'static str = "merge-queue.task/1";
}

/// A claim that was not given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimStatus {
    /// The role that the owner plays.
    pub role: String,
    /// Whose it is.
    pub owner: String,
    /// When it was claimed.
    pub since: Stamp,
    /// When its lease ends or ended.
    pub until: Stamp,
    /// Whether the lease was running when this was printed.
    pub running: bool,
}

/// A task whose agent may have stopped (runbook v2, section 4), or whose work was sent back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attention {
    /// `lease_over`, `stalled`, or `returned`: `land` sent the work back.
    pub code: String,
    /// One sentence for a person, without a final period.
    pub message: String,
    /// Safe steps as commands, in order: the runbook's where the agent may have stopped. None of them
    /// destroys anything.
    pub steps: Vec<String>,
}

/// A task that may be claimed now, or with `--explain` one that may not, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Candidate {
    /// The task.
    pub task: TaskId,
    /// Its title.
    pub title: String,
    /// The issue that it belongs to.
    pub issue: Option<IssueNumber>,
    /// The role that implements it; `null` when any may.
    pub role: Option<String>,
    /// 1 is the highest.
    pub priority: u32,
    /// Whether it may be claimed now.
    pub ready: bool,
    /// Everything that keeps it from being claimed; `[]` when nothing does.
    pub reasons: Vec<Reason>,
}

impl Noun for Candidate {
    const SCHEMA: &'static str = "merge-queue.candidate/1";
}

/// What a role should do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recommendation {
    /// The role.
    pub role: String,
    /// What to do.
    pub action: NextAction,
    /// The task to do it with.
    pub task: Option<TaskId>,
    /// Its title.
    pub title: Option<String>,
    /// Who has it.
    pub owner: Option<String>,
    /// Why this, in one sentence without a final period.
    pub why: String,
    /// The command that begins it; words in capitals are to be filled in.
    pub command: Option<String>,
}

impl Noun for Recommendation {
    const SCHEMA: &'static str = "merge-queue.next/1";
}

/// What a role should do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NextAction {
    /// Go on with what is begun.
    Continue,
    /// Review a task that is handed over.
    Review,
    /// Claim a new task.
    Claim,
    /// There is nothing to do now.
    Wait,
}
