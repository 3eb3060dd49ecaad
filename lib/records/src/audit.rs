//! The audit entry: what one review call was about and how it ended (DESIGN section 4).

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::{Extra, IssueNumber, Stamp, Subject, Verdict, lenient};

/// One line of the audit log.
///
/// A superset of the entry in runbook 0801 ("Session-Sharded Audit Log"). Every field is optional
/// on reading, because years of older entries lack some: they carry `BLOCK` or `APPROVE` as
/// verdict, no `subject`, stamps with any offset or none. New entries fill every field.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AuditEntry {
    /// A UUID (version 7 in new entries); the identity of the entry wherever its line moves.
    #[serde(default, deserialize_with = "lenient::any")]
    pub id: Option<String>,
    /// When the call ended. Text, because older entries hold what no parser takes.
    #[serde(default, deserialize_with = "lenient::any")]
    pub timestamp: Option<String>,
    /// Eight hexadecimal digits; also the end of the shard's name.
    #[serde(default, deserialize_with = "lenient::any")]
    pub session_id: Option<String>,
    /// The project's name, or `null` where only the log's place says it.
    #[serde(default, deserialize_with = "lenient::any")]
    pub project: Option<String>,
    /// What was reviewed: `review_lld`, `review_implementation`, ….
    #[serde(default, deserialize_with = "lenient::any")]
    pub node: Option<String>,
    /// The issue that the subject belongs to.
    #[serde(default, deserialize_with = "lenient::issue")]
    pub issue_id: Option<IssueNumber>,
    /// `APPROVED`, `REVISE` or `BLOCKED`; `null` when no verdict was obtained. Older entries hold
    /// other words: see [`AuditEntry::verdict`].
    #[serde(default, deserialize_with = "lenient::any")]
    pub verdict: Option<String>,
    /// Whether a review was obtained at all.
    #[serde(default, deserialize_with = "lenient::any")]
    pub outcome: Option<Outcome>,
    /// For a failed call, the class of the failure, such as `quota_day`.
    #[serde(default, deserialize_with = "lenient::any")]
    pub failure_class: Option<String>,
    /// The reviewer's reasons.
    #[serde(default, deserialize_with = "lenient::any")]
    pub critique: Option<String>,
    /// Blocking findings, one text each.
    #[serde(default, deserialize_with = "findings")]
    pub tier_1_issues: Vec<String>,
    /// What was reviewed, by digest. `null` in older entries, which therefore prove nothing about
    /// today's text.
    #[serde(default, deserialize_with = "lenient::any")]
    pub subject: Option<Subject>,
    /// The model that was asked for.
    #[serde(default, deserialize_with = "lenient::any")]
    pub model: Option<String>,
    /// The model that answered, as the service named it.
    #[serde(default, deserialize_with = "lenient::any")]
    pub model_verified: Option<String>,
    /// The name of the credential, never its key.
    #[serde(default, deserialize_with = "lenient::any")]
    pub credential_used: Option<String>,
    /// Whether another credential was tried before this one.
    #[serde(default, deserialize_with = "lenient::any")]
    pub rotation_occurred: Option<bool>,
    /// Requests that were sent.
    #[serde(default, deserialize_with = "lenient::any")]
    pub attempts: Option<u64>,
    /// Wall time of the whole call in milliseconds, waiting included.
    #[serde(default, deserialize_with = "lenient::any")]
    pub duration_ms: Option<u64>,
    /// Tokens, as the service counted them.
    #[serde(default, deserialize_with = "lenient::any")]
    pub usage: Option<Usage>,
    /// The service's own id of the answer.
    #[serde(default, deserialize_with = "lenient::any")]
    pub response_id: Option<String>,
    /// The model's answer as it came, for later disputes.
    #[serde(default)]
    pub raw_response: Value,
    /// Keys of other versions.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A finding may have been written as an object, or all of them as one text. None of it may be lost:
/// an approval with a blocking finding is none.
fn findings<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<String>, D::Error> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let mut found = match Value::deserialize(input)? {
        Value::Null => Vec::new(),
        Value::Array(items) => items.into_iter().map(text).collect(),
        other => vec![text(other)],
    };
    found.retain(|finding| !finding.trim().is_empty());
    Ok(found)
}

impl AuditEntry {
    /// The verdict, if the entry holds one and it was obtained from a reviewer.
    ///
    /// An entry marked as failed has none, whatever its `verdict` says: an outage is not a verdict.
    pub fn verdict(&self) -> Option<Verdict> {
        if self.outcome == Some(Outcome::Failed) {
            return None;
        }
        Verdict::from_word(self.verdict.as_deref()?)
    }

    /// The instant of `timestamp`, if it is one.
    pub fn at(&self) -> Option<Stamp> {
        self.timestamp.as_deref()?.parse().ok()
    }
}

/// Whether a call obtained a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A verified verdict was obtained.
    Reviewed,
    /// No verdict was obtained; `failure_class` says why.
    Failed,
}

/// Tokens of one answer. `null` where the service did not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// Tokens of the prompt.
    #[serde(default)]
    pub prompt_tokens: Option<u64>,
    /// Tokens of the visible answer.
    #[serde(default)]
    pub output_tokens: Option<u64>,
    /// Tokens spent on thinking.
    #[serde(default)]
    pub thought_tokens: Option<u64>,
    /// Prompt tokens that came from a cache.
    #[serde(default)]
    pub cached_tokens: Option<u64>,
    /// All of them, as the service added them up.
    #[serde(default)]
    pub total_tokens: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> AuditEntry {
        serde_json::from_str(line).unwrap()
    }

    #[test]
    fn the_runbook_example_reads() {
        let entry = read(
            r#"{"id":"u","timestamp":"2026-01-24T18:30:45Z","node":"review_lld","issue_id":98,
                "verdict":"APPROVED","model_verified":"gemini-3-pro-preview",
                "credential_used":"credential-1","duration_ms":2345}"#,
        );
        assert_eq!(entry.verdict(), Some(Verdict::Approved));
        assert_eq!(entry.issue_id, Some(IssueNumber(98)));
        assert_eq!(entry.subject, None);
        assert!(entry.at().is_some());
    }

    #[test]
    fn odd_types_count_as_absent_and_unknown_keys_stay() {
        let line = r#"{"timestamp":17,"issue_id":"98","verdict":{"x":1},"subject":"text",
                       "tier_1_issues":null,"sequence_id":3,"z":{"a":[1]}}"#;
        let entry = read(line);
        assert_eq!(entry.at(), None);
        assert_eq!(entry.issue_id, Some(IssueNumber(98)));
        assert_eq!(entry.verdict(), None);
        assert!(entry.tier_1_issues.is_empty());
        let back: Value = serde_json::to_value(&entry).unwrap();
        assert_eq!(back["sequence_id"], 3);
        assert_eq!(back["z"]["a"][0], 1);
    }

    #[test]
    fn no_blocking_finding_is_lost_whatever_its_form() {
        for (written, read_as) in [
            ("null", &[][..]),
            ("[]", &[]),
            (r#"[" "]"#, &[]),
            (r#"["a","b"]"#, &["a", "b"]),
            (r#"[{"issue":"a"},"b"]"#, &[r#"{"issue":"a"}"#, "b"]),
            (r#""a""#, &["a"]),
            (r#"{"issue":"a"}"#, &[r#"{"issue":"a"}"#]),
        ] {
            assert_eq!(read(&format!(r#"{{"tier_1_issues":{written}}}"#)).tier_1_issues, read_as);
        }
    }

    #[test]
    fn a_failed_call_has_no_verdict() {
        let entry = read(r#"{"verdict":"APPROVED","outcome":"failed"}"#);
        assert_eq!(entry.verdict(), None);
    }
}
