//! What a call of `land` is doing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Noun, Stamp, TaskId};

/// A call of `land` that is at work: what `status` prints before the tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LandRun {
    /// Names the call, and its batches.
    pub run: String,
    /// When it began.
    pub since: Stamp,
    /// What it is doing.
    pub step: LandStep,
    /// Since when it is doing that.
    pub step_since: Stamp,
    /// The tasks that it is doing it to; none for the base alone.
    pub tasks: Vec<TaskId>,
    /// How many tasks wait behind them.
    pub waiting: usize,
}

impl Noun for LandRun {
    const SCHEMA: &'static str = "merge-queue.land-run/1";
}

/// What a call of `land` can be doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LandStep {
    /// It fetches the base and judges which tasks may land.
    Judging,
    /// It computes the merges.
    Merging,
    /// It runs the verify command on all of a batch.
    Verifying,
    /// A batch was red: it looks for the first bad task in it.
    Bisecting,
    /// It moves the base.
    Landing,
    /// It brings the clone along.
    Following,
}

impl LandStep {
    /// As a word: `judging`, `merging`, `verifying`, `bisecting`, `landing`, `following`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Judging => "judging",
            Self::Merging => "merging",
            Self::Verifying => "verifying",
            Self::Bisecting => "bisecting",
            Self::Landing => "landing",
            Self::Following => "following",
        }
    }
}
