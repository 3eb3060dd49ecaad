//! What the commits say about the way: which are the lane's own, and who else can have them.

use cli::Failure;
use records::LaneEvent;
use records::worktree_lane::SyncWay as Way;

use crate::add::base::Base;
use crate::lane_git::LaneGit;

use super::compute::{Sides, line};
use super::way::Known;

/// The commit that the lane was last based on, when the base does not have it any more: the base was
/// rewritten, and what is older than this commit is not the lane's own.
pub(super) fn fork(
    git: &LaneGit,
    lane: &LaneEvent,
    head: &str,
    base: &str,
) -> Result<Option<String>, Failure> {
    let Some(begun) = lane.base_commit.as_deref() else { return Ok(None) };
    if git.commit(begun)?.is_none() {
        return Ok(None);
    }
    let rewritten = !has(git, base, begun)? && has(git, head, begun)?;
    Ok(rewritten.then(|| begun.to_owned()))
}

/// Whether `commit` is `of` or among what it is built on.
fn has(git: &LaneGit, of: &str, commit: &str) -> Result<bool, Failure> {
    Ok(git.bytes(&["rev-list", "--max-count=1", commit, "--not", of])?.is_empty())
}

/// Whether the two sides have any commit in common.
pub(super) fn related(git: &LaneGit, sides: Sides<'_>) -> Result<bool, Failure> {
    let args = ["merge-base", sides.head, sides.base];
    let ran = git.program(args).run()?;
    match ran.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => Err(Failure::from(git.failure(&args, &ran))),
    }
}

/// What decides about the way.
pub(super) fn known(
    git: &LaneGit,
    sides: Sides<'_>,
    branch: &str,
    asked: Option<Way>,
    configured: Way,
) -> Result<Known, Failure> {
    let count = |order: &[&str], others: &[&str]| {
        let mut args = [&["rev-list", "--count"][..], order, &[sides.head, "--not"]].concat();
        args.push(sides.base);
        args.extend(sides.fork);
        args.extend(others);
        Ok::<String, Failure>(line(&git.bytes(&args)?))
    };
    let exclude = format!("--exclude={branch}");
    let only_here = count(&[], &[&exclude, "--branches", "--tags", "--remotes"])?;
    Ok(Known {
        asked,
        configured,
        shared: count(&[], &[])? != only_here,
        merges: count(&["--merges"], &[])? != "0",
        rewritten: sides.fork.is_some(),
    })
}

/// The message of a merge, as git words it.
pub(super) fn message(git: &LaneGit, base: &Base, branch: &str) -> Result<String, Failure> {
    let name = &base.name;
    let is = |space: &str| Ok::<bool, Failure>(git.commit(&format!("{space}{name}"))?.is_some());
    let what = if is("refs/remotes/")? {
        "remote-tracking branch"
    } else if is("refs/heads/")? {
        "branch"
    } else {
        "commit"
    };
    Ok(format!("Merge {what} '{name}' into {branch}\n"))
}
