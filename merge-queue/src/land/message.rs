//! The message of a merge commit.

use super::candidate::Candidate;

/// A subject as `git merge` writes one, and trailers that tie the commit to the queue.
pub(super) fn of(candidate: &Candidate, batch: &str) -> String {
    let Candidate { task: id, title, head, digest, .. } = candidate;
    let issue = candidate.issue.map(|issue| format!("Queue-Issue: {issue}\n")).unwrap_or_default();
    format!(
        "Merge {id}: {title}\n\n\
         Queue-Task: {id}\n{issue}Queue-Source: {head}\nQueue-Diff: {digest}\nQueue-Batch: {batch}\n"
    )
}
