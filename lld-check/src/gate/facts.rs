//! Everything that the decision rests on.

use records::IssueNumber;
use records::lld_check::{Trust, Waiver};

use super::answer::Finding;
use crate::audit::{DamagedLine, IssueReviews};
use crate::document::find::Found;
use crate::document::read::Document;
use crate::issues::IssueList;

/// What is known about one issue.
#[derive(Debug, Clone)]
pub(crate) struct Facts<'a> {
    /// The issue.
    pub(crate) issue: IssueNumber,
    /// The remembered list; `None` when there is none.
    pub(crate) list: Option<&'a IssueList>,
    /// Its documents, `active` before `done`.
    pub(crate) documents: &'a [Found],
    /// The one that counts, if there is exactly one in `active` and none elsewhere.
    pub(crate) document: Option<&'a Document>,
    /// What the audit log holds about it.
    pub(crate) audit: &'a IssueReviews,
    /// Log lines that cannot be read and could hide a verdict newer than the deciding one, or the
    /// deciding one itself.
    pub(crate) damage: &'a [DamagedLine],
    /// What may prove an approval.
    pub(crate) trust: Trust,
    /// The rule that says that the issue needs no LLD.
    pub(crate) no_lld: Option<&'a str>,
    /// The waivers of the gate, oldest first.
    pub(crate) waivers: &'a [Waiver],
    /// The condition about the lane; `None` where nobody asks for it, as among all issues at once.
    pub(crate) lane: Option<Finding>,
}
