//! Which entries are wanted.

use audit_log::{Facts, Text};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use records::{AuditEntry, IssueNumber, Outcome, Verdict};
use regex::Regex;

use crate::args::WantedArgs;
use crate::texts::texts;

/// Conditions, all of which an entry must meet; several values of one condition are alternatives.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub issues: Vec<IssueNumber>,
    pub verdicts: Vec<String>,
    pub node: Option<String>,
    pub model: Option<String>,
    pub credential: Option<String>,
    pub projects: Vec<String>,
    pub session: Option<String>,
    /// The first instant that is wanted.
    pub since: Option<Timestamp>,
    /// The first instant behind those that are wanted.
    pub until: Option<Timestamp>,
    pub grep: Option<Regex>,
    pub failed: bool,
}

impl Filter {
    /// What was asked for at `now` by the clock of this machine.
    pub(crate) fn of(args: WantedArgs, now: Timestamp) -> Self {
        // Looking it up takes longer than all else that is done here.
        let is_timed = args.since.is_some() || args.until.is_some();
        let zone = &if is_timed { TimeZone::system() } else { TimeZone::UTC };
        Self {
            issues: args.issue,
            verdicts: args.verdict,
            node: args.node,
            model: args.model,
            credential: args.credential,
            projects: args.project,
            session: args.session,
            since: args.since.map(|since| since.begin(now, zone)),
            until: args.until.map(|until| until.end(now, zone)),
            grep: args.grep,
            failed: args.failed,
        }
    }

    /// Whether every entry is wanted.
    pub(crate) fn is_empty(&self) -> bool {
        let Self { issues, verdicts, node, model, credential, projects, session, .. } = self;
        let globs = [node, model, credential, session].into_iter().all(Option::is_none);
        globs
            && issues.is_empty()
            && verdicts.is_empty()
            && projects.is_empty()
            && (self.since, self.until) == (None, None)
            && self.grep.is_none()
            && !self.failed
    }

    /// Whether the entry in `line` is wanted; `project` is that of its log.
    pub(crate) fn accepts(&self, line: &[u8], project: Option<&str>) -> bool {
        if self.is_empty() {
            return true;
        }
        self.accepts_entry(&Facts::of(line).unwrap_or_default(), line, project)
    }

    /// As [`Filter::accepts`], for an entry whose facts are known.
    pub(crate) fn accepts_entry(
        &self,
        facts: &Facts<'_>,
        line: &[u8],
        project: Option<&str>,
    ) -> bool {
        self.accepts_facts(facts, project) && self.accepts_texts(line)
    }

    /// All conditions but that on the texts.
    pub(crate) fn accepts_facts(&self, facts: &Facts<'_>, project: Option<&str>) -> bool {
        let issue =
            self.issues.is_empty() || facts.issue.is_some_and(|issue| self.issues.contains(&issue));
        issue
            && (!self.failed || facts.is_failed())
            && (self.verdicts.is_empty()
                || self.verdicts.iter().any(|word| has_verdict(facts, word)))
            && self.accepts_project(facts, project)
            && self.session.as_deref().is_none_or(|session| is(facts.session.as_ref(), session))
            && fits(self.node.as_ref(), facts.node.as_ref())
            && fits(self.model.as_ref(), facts.model())
            && fits(self.credential.as_ref(), facts.credential.as_ref())
            && self.accepts_time(facts.at)
    }

    fn accepts_project(&self, facts: &Facts<'_>, project: Option<&str>) -> bool {
        self.projects.is_empty()
            || facts
                .project
                .as_ref()
                .map(Text::as_str)
                .or(project)
                .is_some_and(|name| self.projects.iter().any(|pattern| cli::fits(pattern, name)))
    }

    fn accepts_time(&self, at: Option<Timestamp>) -> bool {
        if (self.since, self.until) == (None, None) {
            return true;
        }
        at.is_some_and(|at| {
            self.since.is_none_or(|since| since <= at) && self.until.is_none_or(|until| at < until)
        })
    }

    /// The condition on the texts.
    fn accepts_texts(&self, line: &[u8]) -> bool {
        let Some(grep) = &self.grep else { return true };
        texts(&String::from_utf8_lossy(line)).any(|text| grep.is_match(&text))
    }
}

fn is(name: Option<&Text<'_>>, wanted: &str) -> bool {
    name.is_some_and(|name| name.as_bytes() == wanted.as_bytes())
}

fn fits(pattern: Option<&String>, name: Option<&Text<'_>>) -> bool {
    pattern.is_none_or(|pattern| name.is_some_and(|name| cli::fits(pattern, name.as_str())))
}

/// The model that answered or, where that is not known, the one that was asked for.
pub(crate) fn model(entry: &AuditEntry) -> Option<&String> {
    entry.model_verified.as_ref().or(entry.model.as_ref())
}

/// Whether the call obtained no verdict.
pub(crate) fn is_failed(entry: &AuditEntry) -> bool {
    entry.outcome == Some(Outcome::Failed)
}

/// By meaning, where the word has one; unknown words are never folded into a known verdict.
fn has_verdict(facts: &Facts<'_>, word: &str) -> bool {
    if let Some(verdict) = Verdict::from_word(word) {
        return facts.verdict() == Some(verdict);
    }
    let written = facts.verdict_word.as_ref().map(Text::as_str).unwrap_or_default();
    !facts.is_failed() && written.trim().eq_ignore_ascii_case(word.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(filter: &Filter, line: &str) -> bool {
        filter.accepts(line.as_bytes(), Some("here"))
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
