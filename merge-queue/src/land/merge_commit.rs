//! The merge commit, made without a checkout.

use cli::Failure;

use super::Plan;
use crate::desk::Desk;
use crate::git::merge;

/// Makes the commit that merges the reviewed commit into the base, and returns its id. Nothing
/// refers to it yet.
pub(super) fn make(desk: &Desk, plan: &Plan<'_>) -> Result<String, Failure> {
    let mut args = vec!["commit-tree", plan.tree, "-p", plan.before, "-p", plan.head, "-F", "-"];
    // `git merge` signs when it is asked to by configuration; `commit-tree` only by flag.
    let asked = ["config", "--type=bool", "--get", "commit.gpgSign"];
    let signed = desk.git.try_run(asked)?;
    match signed.code() {
        Some(0) if signed.stdout.trim_ascii() == b"true" => args.push("-S"),
        Some(0 | 1) => {}
        _ => return Err(desk.git.failure(&asked, &signed).into()),
    }
    let ran = merge::git(&desk.git, plan.before, &args).stdin(message(plan)).run()?;
    if !ran.ok() {
        return Err(desk.git.failure(&args, &ran).into());
    }
    Ok(String::from_utf8_lossy(&ran.stdout).trim().to_owned())
}

/// A subject as `git merge` writes one, and trailers that tie the commit to the queue.
fn message(plan: &Plan<'_>) -> String {
    let task = plan.task;
    let issue = task.issue.map(|issue| format!("Queue-Issue: {issue}\n")).unwrap_or_default();
    format!(
        "Merge {id}: {title}\n\nQueue-Task: {id}\n{issue}Queue-Source: {head}\nQueue-Diff: {digest}\n",
        id = task.id,
        title = task.title,
        head = plan.head,
        digest = plan.branched.digest,
    )
}
