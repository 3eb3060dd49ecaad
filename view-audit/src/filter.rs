//! Which entries are wanted.

use records::{AuditEntry, IssueNumber, Outcome, Verdict};

use crate::args::WantedArgs;

/// Conditions, all of which an entry must meet; several values of one condition are alternatives.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub issues: Vec<IssueNumber>,
    pub verdicts: Vec<String>,
    pub node: Option<String>,
    pub failed: bool,
}

impl Filter {
    /// What was asked for.
    pub(crate) fn of(args: WantedArgs) -> Self {
        let WantedArgs { issue, verdict, node, failed } = args;
        Self { issues: issue, verdicts: verdict, node, failed }
    }

    /// Whether every entry is wanted.
    pub(crate) fn is_empty(&self) -> bool {
        self.issues.is_empty() && self.verdicts.is_empty() && self.node.is_none() && !self.failed
    }

    /// Whether the entry is wanted.
    pub(crate) fn accepts(&self, entry: &AuditEntry) -> bool {
        let issue = self.issues.is_empty()
            || entry.issue_id.is_some_and(|issue| self.issues.contains(&issue));
        let verdict =
            self.verdicts.is_empty() || self.verdicts.iter().any(|word| has_verdict(entry, word));
        let node = self
            .node
            .as_ref()
            .is_none_or(|pattern| entry.node.as_ref().is_some_and(|node| cli::fits(pattern, node)));
        issue && verdict && node && (!self.failed || is_failed(entry))
    }
}

/// Whether the call obtained no verdict.
pub(crate) fn is_failed(entry: &AuditEntry) -> bool {
    entry.outcome == Some(Outcome::Failed)
}

/// By meaning, where the word has one; unknown words are never folded into a known verdict.
fn has_verdict(entry: &AuditEntry, word: &str) -> bool {
    if let Some(verdict) = Verdict::from_word(word) {
        return entry.verdict() == Some(verdict);
    }
    let written = entry.verdict.as_deref().unwrap_or_default();
    !is_failed(entry) && written.trim().eq_ignore_ascii_case(word.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(filter: &Filter, line: &str) -> bool {
        filter.accepts(&crate::fields::read(line.as_bytes()))
    }

    #[test]
    fn verdicts_match_by_meaning_and_an_outage_has_none() {
        let filter = Filter { verdicts: vec!["blocked".into()], ..Filter::default() };
        for word in ["BLOCK", "BLOCKED", "REJECTED", " block "] {
            assert!(accepts(&filter, &format!(r#"{{"verdict":"{word}"}}"#)), "{word}");
        }
        for line in [
            r#"{"verdict":"APPROVED"}"#,
            r#"{"verdict":null}"#,
            "{}",
            r#"{"verdict":"BLOCKED","outcome":"failed"}"#,
        ] {
            assert!(!accepts(&filter, line), "{line}");
        }
        let odd = Filter { verdicts: vec!["pending".into()], ..Filter::default() };
        assert!(accepts(&odd, r#"{"verdict":"PENDING"}"#));
        assert!(!accepts(&odd, r#"{"verdict":"BLOCK"}"#));
    }

    #[test]
    fn conditions_combine() {
        let filter = Filter {
            issues: vec![IssueNumber(98), IssueNumber(99)],
            node: Some("review_*".into()),
            ..Filter::default()
        };
        assert!(accepts(&filter, r#"{"issue_id":"98","node":"review_lld"}"#));
        assert!(!accepts(&filter, r#"{"issue_id":98,"node":"designer"}"#));
        assert!(!accepts(&filter, r#"{"issue_id":9,"node":"review_lld"}"#));
        assert!(!accepts(&filter, r#"{"node":"review_lld"}"#));
    }
}
