//! "LLD created in `docs/LLDs/active/`", and filled in.

use records::{Condition, IssueNumber, Reason};

use repo::shell_words;

use crate::document::find::{Found, Place};
use crate::document::placeholders;
use crate::document::read::Document;
use crate::document::{review_log, slug};

/// How many places a message names before it says how many more there are.
const NAMED: usize = 5;

/// Which document of an issue counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Located {
    /// The only one, in `active`.
    Active(String),
    /// The only one, in `done`.
    Done(String),
    /// None at all.
    Missing,
    /// Several.
    Ambiguous(Vec<String>),
}

/// Judges the documents of an issue: two files for one issue, or one in both folders, is for a
/// person to decide. (Nine of 121 counted documents were in both, two of them with other text.)
pub(crate) fn locate(documents: &[Found]) -> Located {
    match documents {
        [] => Located::Missing,
        [one] => match one.place {
            Place::Active => Located::Active(one.path.clone()),
            Place::Done => Located::Done(one.path.clone()),
        },
        several => Located::Ambiguous(several.iter().map(|found| found.path.clone()).collect()),
    }
}

impl Located {
    /// Why the document cannot be used for coding; `None` when it can. `title` is the issue's, if it
    /// is known.
    pub(crate) fn reason(&self, issue: IssueNumber, title: Option<&str>) -> Option<Reason> {
        match self {
            Self::Active(_) => None,
            Self::Done(path) => Some(Reason::without_step(
                "lld_done",
                format!("the LLD is in done already: {path}"),
            )),
            Self::Missing => Some(Reason::new(
                "lld_missing",
                format!("there is no LLD for issue {issue} in docs/LLDs/active or docs/LLDs/done"),
                new_command(issue, title),
            )),
            Self::Ambiguous(paths) => Some(Reason::new(
                "lld_ambiguous",
                format!("issue {issue} has {} LLDs: {}", paths.len(), paths.join(", ")),
                "decide which one holds, and give the other the number of its own issue or move it out of docs/",
            )),
        }
    }

    /// The condition for `lld_present`.
    pub(crate) fn condition(&self, issue: IssueNumber) -> Condition {
        match (self, self.reason(issue, None)) {
            (Self::Active(path), _) => Condition::met("lld_present", path),
            (_, reason) => {
                Condition::unmet("lld_present", reason.map(|r| r.message).unwrap_or_default())
            }
        }
    }
}

/// The command that makes the document, such that it works as it stands.
fn new_command(issue: IssueNumber, title: Option<&str>) -> String {
    let usable = |title: &&str| !title.trim().is_empty() && cli::clean(title) == *title;
    let title = title.filter(usable).unwrap_or("TITLE");
    let title_flag = if title.starts_with('-') {
        shell_words([format!("--title={title}")])
    } else {
        format!("--title {}", shell_words([title]))
    };
    let slug_flag = if slug::from_title(title).is_none() { " --slug SLUG" } else { "" };
    format!("lld-check new {issue} {title_flag}{slug_flag}")
}

/// Whether the author has filled in everything, with the lines where not.
pub(crate) fn filled(document: &Document) -> (Condition, Option<Reason>) {
    let log = review_log::find(&document.text).map(|log| log.block);
    let mut left = placeholders::find(&document.text);
    left.retain(|p| log.as_ref().is_none_or(|log| !log.contains(&p.offset)));
    let message = if document.design.trim().is_empty() {
        format!("{} is empty", document.path)
    } else if left.is_empty() {
        return (Condition::met("lld_filled", "no placeholder is left"), None);
    } else {
        let named: Vec<String> =
            left.iter().take(NAMED).map(|p| format!("line {}: {}", p.line, p.text)).collect();
        let more = left.len().saturating_sub(NAMED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        format!("{} is not filled in: {}{more}", document.path, named.join(", "))
    };
    let next =
        format!("fill in {}; put braces that are meant as they are in backticks", document.path);
    (
        Condition::unmet("lld_filled", message.clone()),
        Some(Reason::new("lld_unfilled", message, next)),
    )
}
