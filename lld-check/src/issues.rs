//! Which issues there are, as GitHub's own tool lists them.

mod gh;
mod list;
mod remembered;

pub(crate) use gh::from_gh;
pub(crate) use list::{Issue, IssueList};
pub(crate) use remembered::{recall, remember};

/// How a list is made that these tools read.
pub(crate) const LIST_COMMAND: &str =
    "gh issue list --json number,title,labels,state,url --state open --limit 1000";
