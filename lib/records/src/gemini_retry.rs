//! What `gemini-retry` prints.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::formats::noun;
use crate::{Extra, Format, IssueNumber, Noun, Subject, Usage, Verdict};

/// A verified answer. Printed only when there is one: a failed call leaves stdout empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReviewEnvelope {
    /// The verdict in the words of this workspace; `null` when no verdict schema was asked for.
    pub verdict: Option<Verdict>,
    /// The model's own word for it, such as `BLOCK` or `DISCUSS`.
    pub verdict_word: Option<String>,
    /// The reviewer's reasons.
    pub critique: Option<String>,
    /// Blocking findings, one text each.
    pub tier_1_issues: Vec<String>,
    /// The model's answer: its own object, or its text when no schema was asked for.
    pub response: Value,
    /// The issue that the review belongs to.
    pub issue_id: Option<IssueNumber>,
    /// What was reviewed: `review_lld`, `review_implementation`, ….
    pub node: Option<String>,
    /// What was reviewed, by digest; `null` when the prompt names no subject.
    pub subject: Option<Subject>,
    /// The model that was asked for.
    pub model: String,
    /// The model that answered, as the service named it.
    pub model_verified: Option<String>,
    /// The name of the credential that was used.
    pub credential_used: String,
    /// Requests that were sent.
    pub attempts: u64,
    /// Whether another credential was tried before.
    pub rotation_occurred: bool,
    /// Wall time of the whole call in milliseconds.
    pub duration_ms: u64,
    /// Tokens, as the service counted them.
    pub usage: Usage,
    /// The service's own id of the answer.
    pub response_id: Option<String>,
    /// Id of the audit entry; `null` with `--no-audit`.
    pub audit_id: Option<String>,
    /// Keys of other versions.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Noun for ReviewEnvelope {
    const SCHEMA: &'static str = "gemini-retry.review/1";
}

pub(crate) fn formats() -> Vec<Format> {
    vec![noun::<ReviewEnvelope>()]
}
