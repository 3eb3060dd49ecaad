//! Which issues there are, as GitHub's own tool lists them.

mod gh;
mod list;
mod remembered;

pub(crate) use gh::from_gh;
pub(crate) use list::{Issue, IssueList};
pub(crate) use remembered::{age, recall, recall_with_time, remember};

/// How a list is made that these tools read.
pub(crate) const LIST_COMMAND: &str =
    "gh issue list --json number,title,labels,state,url --state open --limit 1000";

/// The same for a repository that is named.
pub(crate) fn list_command(repo: Option<&str>) -> String {
    repo.map_or_else(|| LIST_COMMAND.into(), |repo| format!("{LIST_COMMAND} --repo {repo}"))
}
