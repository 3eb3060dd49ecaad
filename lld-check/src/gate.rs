//! May this issue be coded? (runbook 0801, "Gate Checklist", "Before coding")
//!
//! One decision, a pure function of the issue list, the documents and the audit log; `gate`,
//! `coverage`, `prompt` and `new` all use it or its parts.

mod answer;
mod approval;
mod approved;
mod code;
mod committed;
mod document;
mod evidence;
mod facts;
mod issue;
mod lane;
mod merge;
mod pr;
mod tests_passed;
mod waiver;

pub(crate) use answer::Finding;
pub(crate) use approval::{Approval, approval};
pub(crate) use code::{PHASE as CODE, decide, end_by_review, proof};
pub(crate) use committed::{Outside, committed};
pub(crate) use document::{Located, filled, locate};
pub(crate) use evidence::evidence;
pub(crate) use facts::Facts;
pub(crate) use issue::known;
pub(crate) use lane::LaneFacts;
pub(crate) use merge::{MergeFacts, decide as after_merge};
pub(crate) use pr::{PrFacts, ReportFacts, changes, complete, decide as before_pr};
pub(crate) use waiver::{WAIVABLE, WAIVE, WITHDRAW, Waivers};

/// The commands that get and record a review.
pub(crate) fn review_command(issue: records::IssueNumber) -> String {
    format!(
        "lld-check prompt {issue} | gemini-retry --issue {issue} --node review_lld - | lld-check record {issue}"
    )
}

/// The command that gets a review of the branch; `gemini-retry` records it in the audit log.
pub(crate) fn implementation_review_command(issue: records::IssueNumber) -> String {
    let node = crate::audit::IMPLEMENTATION;
    format!("lld-check prompt {issue} --phase pr | gemini-retry --issue {issue} --node {node} -")
}
