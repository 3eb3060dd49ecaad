//! Where the commits of a lane are besides the lane.

use repo::{Error, Git};

use crate::here::Here;
use crate::lane_git::LaneGit;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Commits {
    /// The base that was compared with.
    pub(crate) base: Option<String>,
    /// Whether all the work is in the base: as ancestor, rebased, or squashed.
    pub(crate) in_base: bool,
    /// Whether a remote branch has them, as last fetched.
    pub(crate) on_remote: bool,
    /// Whether any branch or tag has them.
    pub(crate) on_any_ref: bool,
    /// Stashes that were made on the lane's branch.
    pub(crate) stashes: Vec<String>,
}

/// Looks for the commit `head` of a lane that was made from `base`.
pub(crate) fn commits(
    here: &Here,
    lane: &LaneGit,
    head: Option<&str>,
    branch: Option<&str>,
    base: Option<&str>,
) -> Result<Commits, Error> {
    let git = here.git();
    let mut found = Commits { stashes: stashes(lane, branch)?, ..Commits::default() };
    // A lane may have been made from a commit or a tag, which nothing is ever merged into.
    let base = match base {
        Some(base) if base_commit(&git, base, branch)?.is_some() => Some(base.to_owned()),
        _ => repo::default_base(&git)?,
    };
    let Some(head) = head else {
        // A branch without a commit has nothing to lose.
        return Ok(Commits { in_base: true, on_any_ref: true, base, ..found });
    };
    if let Some(base) = base {
        if let Some(commit) = base_commit(&git, &base, branch)? {
            found.in_base = in_base(&git, &commit, head)?;
        }
        found.base = Some(base);
    }
    found.on_remote = held_by(&git, head, &["refs/remotes"])?;
    found.on_any_ref = held_by(&git, head, &["refs/heads", "refs/tags", "refs/remotes"])?;
    Ok(found)
}

/// The commit of the base's ref. A base that is no ref cannot show that something was merged since.
fn base_commit(git: &Git, base: &str, branch: Option<&str>) -> Result<Option<String>, Error> {
    for full in [format!("refs/remotes/{base}"), format!("refs/heads/{base}"), base.to_owned()] {
        let own = branch.is_some_and(|branch| full == format!("refs/heads/{branch}"));
        if full.starts_with("refs/")
            && !own
            && let Some(commit) = git.commit(&full)?
        {
            return Ok(Some(commit));
        }
    }
    Ok(None)
}

/// Whether the work of `head` is in `base` (lanes reference, cases 38 to 40).
fn in_base(git: &Git, base: &str, head: &str) -> Result<bool, Error> {
    Ok(git.is_ancestor(head, base)? || rebased(git, base, head)? || squashed(git, base, head)?)
}

/// Whether each commit has one with the same change in the base. Merges have no single change to
/// compare, so a branch with one is not told this way.
fn rebased(git: &Git, base: &str, head: &str) -> Result<bool, Error> {
    let range = format!("{base}..{head}");
    if git.text(["rev-list", "--merges", "--count", &range])? != "0" {
        return Ok(false);
    }
    let cherry = git.text(["cherry", base, head])?;
    Ok(!cherry.is_empty() && cherry.lines().all(|line| line.starts_with("- ")))
}

/// Whether merging it would change nothing in the base.
fn squashed(git: &Git, base: &str, head: &str) -> Result<bool, Error> {
    let args = ["merge-tree", "--write-tree", "--allow-unrelated-histories", base, head];
    let ran = git.try_run(args)?;
    match ran.code() {
        Some(0) => {
            let merged = String::from_utf8_lossy(&ran.stdout).trim().to_owned();
            Ok(merged == git.text(["rev-parse", "--verify", &format!("{base}^{{tree}}")])?)
        }
        // A conflict: not the same, or changed since.
        Some(1) => Ok(false),
        _ => Err(git.failure(&args, &ran)),
    }
}

fn held_by(git: &Git, commit: &str, spaces: &[&str]) -> Result<bool, Error> {
    let args = ["for-each-ref", "--count=1", "--contains", commit, "--format=%(refname)"];
    Ok(!git.text(args.iter().chain(spaces))?.is_empty())
}

/// The stashes whose message says that they were made on the branch. They outlive the lane; but
/// who made them may still be about to use them there.
fn stashes(lane: &LaneGit, branch: Option<&str>) -> Result<Vec<String>, Error> {
    let Some(branch) = branch else { return Ok(Vec::new()) };
    if lane.commit("refs/stash")?.is_none() {
        return Ok(Vec::new());
    }
    let list = lane.bytes(&["stash", "list", "-z", "--format=%gd: %gs"])?;
    let made_on = |entry: &String| {
        let subject = entry.split_once(": ").map_or("", |(_, subject)| subject);
        let rest = subject.strip_prefix("WIP on ").or_else(|| subject.strip_prefix("On "));
        rest.and_then(|rest| rest.strip_prefix(branch)).is_some_and(|rest| rest.starts_with(':'))
    };
    let entries = crate::lane_git::fields(&list).map(crate::lane_git::text);
    Ok(entries.filter(made_on).collect())
}
