//! Which headings open a review log, a review, or another document.

use super::author;
use super::words::{self, Said, words};

/// What a heading opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Section {
    /// The log, under the name that the template gives it.
    Log,
    /// Something that reads like a log: `Review Summary`, `Gemini Review Feedback`.
    LogLike,
    /// One review: whose, and the verdict if the heading names it.
    Review(String, Option<String>),
    /// An example or a template of a log.
    Example,
    /// Anything else.
    Other,
}

/// Who may stand before "review" in the name of a log.
const WHOSE: [&str; 22] = [
    "gemini",
    "lld",
    "design",
    "peer",
    "orchestrator",
    "document",
    "reviewer",
    "claude",
    "gpt",
    "external",
    "human",
    "pro",
    "final",
    "the",
    "appendix",
    "a",
    "b",
    "c",
    "governance",
    "architecture",
    "technical",
    "3",
];
/// What may stand behind it.
const WHAT: [&str; 22] = [
    "log",
    "logs",
    "summary",
    "history",
    "feedback",
    "record",
    "records",
    "results",
    "result",
    "status",
    "table",
    "notes",
    "verdict",
    "verdicts",
    "comments",
    "tracking",
    "trail",
    "outcome",
    "outcomes",
    "approval",
    "approvals",
    "rounds",
];

/// Reads a heading. `nested` is whether it stands below another one of the design.
pub(crate) fn read(title: &str) -> Section {
    let bare = without_number(title);
    let lower = bare.to_lowercase();
    if lower == "review log" || lower == "appendix: review log" {
        return Section::Log;
    }
    let all = words(bare);
    let has = |word: &str| all.iter().any(|w| w == word);
    if ["example", "examples", "template", "format", "sample", "legend", "instructions"]
        .iter()
        .any(|word| has(word))
    {
        return Section::Example;
    }
    if let Some(review) = one_review(bare, &all) {
        return review;
    }
    let mut rest = all.iter().map(String::as_str).skip_while(|w| WHOSE.contains(w)).peekable();
    let log_like = match rest.next() {
        Some("review" | "reviews" | "reviewers") => rest.all(|w| WHAT.contains(&w)),
        Some("verdict" | "verdicts" | "approval" | "approvals") => rest.all(|w| WHAT.contains(&w)),
        Some("sign") => rest.next().is_some_and(|w| w == "off" || w == "offs"),
        Some("signoff" | "signoffs") => rest.peek().is_none(),
        _ => false,
    };
    if log_like { Section::LogLike } else { Section::Other }
}

/// `Gemini Review #1 (REVISE)`, `Mechanical Validation #1 (FEEDBACK)`, `Self-Revision #2`.
fn one_review(title: &str, all: &[String]) -> Option<Section> {
    let named = ["review", "validation", "revision", "round", "check"];
    if !all.iter().any(|w| named.contains(&w.as_str())) {
        return None;
    }
    let (who, verdict) = verdict_in(title);
    let numbered = author::read(&who).number.is_some() && (who.contains('#') || all.len() <= 5);
    let template = who.contains('{');
    let dated = all.len() <= 8 && super::date::read(&who).is_some();
    if numbered || template || dated || verdict.is_some() {
        return Some(Section::Review(who, verdict));
    }
    None
}

/// Splits the verdict off a heading: in the last parentheses, or behind a colon or a dash.
fn verdict_in(title: &str) -> (String, Option<String>) {
    let says = |text: &str| {
        !matches!(words::read(text), Said::Unclear | Said::Nothing)
            || words(text).iter().any(|w| w.contains("approv"))
    };
    if let Some(open) = title.rfind('(')
        && let Some(inside) = title.get(open + 1..)
    {
        let inside = inside.trim_end().trim_end_matches(')');
        if says(inside) {
            let who = title.get(..open).unwrap_or_default().trim();
            return (who.to_owned(), Some(inside.trim().to_owned()));
        }
    }
    for mark in [":", " — ", " – ", " - "] {
        if let Some((who, verdict)) = title.rsplit_once(mark)
            && says(verdict)
        {
            return (who.trim().to_owned(), Some(verdict.trim().to_owned()));
        }
    }
    (title.to_owned(), None)
}

/// The title without `8.` or `2.6` before it.
pub(crate) fn without_number(title: &str) -> &str {
    let digits = |c: char| c.is_ascii_digit() || c == '.';
    let rest = title.trim_start_matches(digits);
    if rest.len() < title.len() && rest.starts_with(' ') { rest.trim() } else { title.trim() }
}

/// Whether the title is numbered as a part of another section, such as `2.6 Review Log`.
pub(crate) fn is_numbered_part(title: &str) -> bool {
    let number = title.split(' ').next().unwrap_or_default().trim_end_matches('.');
    number.contains('.') && number.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// Whether a heading of the first level is a section of this document, as in `# 3. Requirements`.
pub(crate) fn is_section_number(title: &str) -> bool {
    let digits = title.trim_start_matches(|c: char| c.is_ascii_digit());
    digits.len() < title.len() && digits.starts_with(['.', ')'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_in_use() {
        for title in ["Appendix: Review Log", "Review Log", "8. Review Log", "REVIEW LOG"] {
            assert_eq!(read(title), Section::Log, "{title}");
        }
        for title in [
            "Review Summary",
            "Gemini Review Feedback",
            "Reviews",
            "Review History",
            "Appendix B: Review Summary",
            "Sign-off",
            "LLD Review Status",
        ] {
            assert_eq!(read(title), Section::LogLike, "{title}");
        }
        for (title, who, verdict) in [
            ("Gemini Review #1 (REVISE)", "Gemini Review #1", Some("REVISE")),
            ("Gemini Review #2", "Gemini Review #2", None),
            ("Mechanical Validation #1 (FEEDBACK)", "Mechanical Validation #1", Some("FEEDBACK")),
            ("Orchestrator Review #1: PENDING", "Orchestrator Review #1", Some("PENDING")),
            ("{Reviewer} Review #{N} ({VERDICT})", "{Reviewer} Review #{N}", Some("{VERDICT}")),
            ("Review 3 — APPROVED", "Review 3", Some("APPROVED")),
        ] {
            let expected = Section::Review(who.into(), verdict.map(str::to_owned));
            assert_eq!(read(title), expected, "{title}");
        }
        assert_eq!(read("Example Review Log"), Section::Example);
        for title in [
            "1. Context & Goal",
            "Review of the old gate",
            "Code Review Endpoint",
            "2. Proposed Changes",
            "",
        ] {
            assert_eq!(read(title), Section::Other, "{title}");
        }
        assert!(is_numbered_part("2.6 Review Log") && !is_numbered_part("8. Review Log"));
    }
}
