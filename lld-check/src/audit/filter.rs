//! Which lines of a log are worth decoding.
//!
//! Decoding costs ten times as much as looking for bytes. A line is left out only when it cannot
//! concern what is wanted, however its JSON is written: numbers stand as plain digits, and text
//! can spell a letter or digit only plainly or as `\u00..`.

use memchr::memmem::Finder;
use records::IssueNumber;

use super::{IMPLEMENTATION, NODE};

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Verdicts on one issue's LLD.
    Issue(IssueNumber),
    /// Verdicts on every issue's.
    All,
    /// Verdicts on one issue's implementation.
    Implementation(IssueNumber),
}

impl Wanted {
    /// The one issue, if it is one.
    pub(super) fn issue(self) -> Option<IssueNumber> {
        match self {
            Self::Issue(issue) | Self::Implementation(issue) => Some(issue),
            Self::All => None,
        }
    }

    /// The node whose entries hold them.
    pub(super) fn node(self) -> &'static str {
        match self {
            Self::Issue(_) | Self::All => NODE,
            Self::Implementation(_) => IMPLEMENTATION,
        }
    }
}

/// The first look at a line.
pub(crate) struct Filter {
    escape: Finder<'static>,
    node: Finder<'static>,
    issue: Option<Finder<'static>>,
}

impl Filter {
    /// The filter for `wanted`.
    pub(crate) fn new(wanted: Wanted) -> Self {
        Self::of(wanted.node(), wanted.issue())
    }

    /// The filter for verdicts of a node on one issue, or on all.
    pub(super) fn of(node: &'static str, issue: Option<IssueNumber>) -> Self {
        let issue = issue.map(|issue| Finder::new(issue.to_string().as_str()).into_owned());
        Self { escape: Finder::new(r"\u00"), node: Finder::new(node), issue }
    }

    /// Whether the line may concern what is wanted. "No" is certain.
    pub(crate) fn may_concern(&self, line: &[u8]) -> bool {
        let plain = self.node.find(line).is_some()
            && self.issue.as_ref().is_none_or(|number| names(number, line));
        plain || self.escape.find(line).is_some()
    }
}

/// Whether the number stands in the line by itself: as a JSON number, or as a text such as `"#98"`
/// or `"098"`.
fn names(number: &Finder<'_>, line: &[u8]) -> bool {
    number.find_iter(line).any(|at| {
        let before = at.checked_sub(1).and_then(|i| line.get(i));
        let after = line.get(at + number.needle().len());
        let begins = before
            .is_none_or(|b| matches!(b, b':' | b'"' | b'#' | b'0') || b.is_ascii_whitespace());
        let ends = after.is_none_or(|b| matches!(b, b',' | b'}' | b'"') || b.is_ascii_whitespace());
        begins && ends
    })
}

#[cfg(test)]
mod tests {
    use super::super::review::concerns;
    use super::*;
    use proptest::prelude::*;
    use records::AuditEntry;

    #[test]
    fn every_spelling_of_an_issue_passes() {
        let filter = Filter::new(Wanted::Issue(IssueNumber(98)));
        for issue in
            ["98", " 98 ", "\"98\"", "\"#98\"", "\"098\"", r#""\u00398""#, r#""9\u0038""#, "98\t"]
        {
            let line = format!(r#"{{"node":"review_lld","issue_id":{issue}}}"#);
            let entry: AuditEntry = serde_json::from_str(&line).unwrap();
            assert_eq!(concerns(&entry, NODE), Some(IssueNumber(98)), "{line}");
            assert!(filter.may_concern(line.as_bytes()), "{line}");
        }
        for other in
            [r#"{"node":"review_lld","issue_id":981}"#, r#"{"node":"x","issue_id":98}"#, "{}"]
        {
            assert!(!filter.may_concern(other.as_bytes()), "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_line_of_the_issue_is_left_out(
            key in "(issue_id|\\\\u0069ssue_id)", node in "(review_lld|review\\\\u005flld|x)",
            issue in "[0-9]{1,3}|\"#?[0-9]{1,3}\"|\"#?(9|\\\\u0039)(8|\\\\u0038)\"", space in "[ \t]{0,2}",
            front in any::<bool>(),
        ) {
            let parts = [format!("\"node\":\"{node}\""), format!("\"{key}\":{space}{issue}{space}")];
            let body = if front { parts.join(",") } else { [&*parts[1], &*parts[0]].join(",") };
            let line = format!("{{{body}}}");
            if let Ok(entry) = serde_json::from_str::<AuditEntry>(&line)
                && let Some(issue) = concerns(&entry, NODE)
            {
                prop_assert!(Filter::new(Wanted::Issue(issue)).may_concern(line.as_bytes()), "{}", line);
                prop_assert!(Filter::new(Wanted::All).may_concern(line.as_bytes()), "{}", line);
            }
        }
    }
}
