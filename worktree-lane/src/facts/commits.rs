//! Where the commits of a lane are besides the lane.

pub(crate) mod unmerged;

use std::collections::BTreeSet;
use std::path::Path;

use records::worktree_lane::Merged;
use repo::{Error, Git};

use crate::here::Here;
use crate::lane_git::{LaneGit, fields, text};

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
    /// The remote that the branch can be pushed to: `origin`, else the first.
    pub(crate) remote: Option<String>,
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
    let remotes = git.text(["remote"])?;
    let remote = remotes.lines().find(|name| *name == "origin").or(remotes.lines().next());
    let mut found = Commits {
        stashes: stashes(lane, branch)?,
        remote: remote.map(str::to_owned),
        ..Commits::default()
    };
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
            found.in_base = merged(&git, &here.common_dir, &commit, head)? != Merged::No;
        }
        found.base = Some(base);
    }
    found.on_remote = held_by(&git, head, &["refs/remotes"])?;
    found.on_any_ref = held_by(&git, head, &["refs/heads", "refs/tags", "refs/remotes"])?;
    Ok(found)
}

/// The commit of the base's ref. A base that is no ref cannot show that something was merged since.
pub(crate) fn base_commit(
    git: &Git,
    base: &str,
    branch: Option<&str>,
) -> Result<Option<String>, Error> {
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

/// How many commits `head` has that `base` has not, and how many only `base` has.
pub(crate) fn distance(git: &Git, head: &str, base: &str) -> Result<(u64, u64), Error> {
    let counts = git.text(["rev-list", "--left-right", "--count", &format!("{head}...{base}")])?;
    let numbers = counts.split_once('\t').and_then(|(ahead, behind)| {
        Some((ahead.parse::<u64>().ok()?, behind.parse::<u64>().ok()?))
    });
    numbers.ok_or_else(|| Error::Failed {
        command: "git rev-list".into(),
        code: Some(0),
        why: format!("'{counts}' is no pair of numbers"),
    })
}

/// Whether the work of `head` is in `base`, and how it got there (lanes reference, cases 38 to 40).
pub(crate) fn merged(
    git: &Git,
    common_dir: &Path,
    base: &str,
    head: &str,
) -> Result<Merged, Error> {
    Ok(if git.is_ancestor(head, base)? {
        Merged::Ancestor
    } else if rebased(git, base, head)? {
        Merged::Rebased
    } else if squashed(git, common_dir, base, head)? || squashed_as_one(git, base, head)? {
        Merged::Squashed
    } else {
        Merged::No
    })
}

/// How many commits of the base are compared with a whole branch.
pub(crate) const RECENT: u64 = 500;

/// Whether one commit of the base makes the very change that all of `head` makes together: a squash
/// whose lines the base has changed again since, so that a trial merge conflicts (lanes reference,
/// case 39).
fn squashed_as_one(git: &Git, base: &str, head: &str) -> Result<bool, Error> {
    let forks = git.try_run(["merge-base", "--all", base, head])?;
    let forks = String::from_utf8_lossy(&forks.stdout).into_owned();
    let mut forks = forks.lines();
    // Unrelated histories, or more than one place to compare with.
    let (Some(fork), None) = (forks.next(), forks.next()) else { return Ok(false) };
    let whole = digests(git, git.bytes([&PATCH[..], &[fork, head]].concat())?)?;
    let taken_back = digests(git, git.bytes([&PATCH[..], &[head, fork]].concat())?)?;
    if whole.len() != 1 {
        return Ok(false);
    }
    let since = format!("{fork}..{base}");
    let most = format!("--max-count={RECENT}");
    let recent = git.text(["rev-list", "--no-merges", &most, &since])?;
    let recent: Vec<String> = recent.lines().map(str::to_owned).collect();
    let landed = exact_changes(git, &recent)?;
    Ok(whole.is_subset(&landed) && !taken_back.is_subset(&landed))
}

/// Whether each commit has one with the very same change in the base. Merges have no single change
/// to compare, so a branch with one is not told this way.
fn rebased(git: &Git, base: &str, head: &str) -> Result<bool, Error> {
    if git.text(["rev-list", "--merges", "--count", &format!("{base}..{head}")])? != "0" {
        return Ok(false);
    }
    let between = format!("{base}...{head}");
    let marked = |side: &str| {
        git.text(["rev-list", "--no-merges", "--cherry-mark", side, &between])
            .map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
    };
    let ours = marked("--right-only")?;
    let same = |commits: &[String]| -> Vec<String> {
        commits.iter().filter_map(|line| line.strip_prefix('=')).map(str::to_owned).collect()
    };
    if ours.is_empty() || same(&ours).len() != ours.len() {
        return Ok(false);
    }
    // Git's mark passes over blanks, which in many languages are not nothing.
    let landed = exact_changes(git, &same(&marked("--left-only")?))?;
    Ok(exact_changes(git, &same(&ours))?.is_subset(&landed))
}

/// One digest for each change that these commits make, blanks and modes and binary files included.
/// A commit that changes nothing has none.
pub(crate) fn exact_changes(git: &Git, commits: &[String]) -> Result<BTreeSet<String>, Error> {
    if commits.is_empty() {
        return Ok(BTreeSet::new());
    }
    let args = [&PATCH[..], &["--stdin", "--root"]].concat();
    digests(git, piped(git, &args, commits.join("\n") + "\n")?)
}

/// How a change is shown: to the letter, whatever the configuration says.
const PATCH: [&str; 8] = [
    "diff-tree",
    "--patch",
    "--binary",
    "--full-index",
    "--no-ext-diff",
    "--no-textconv",
    "--no-renames",
    "--ignore-submodules=none",
];

fn digests(git: &Git, patches: Vec<u8>) -> Result<BTreeSet<String>, Error> {
    let digests = piped(git, &["patch-id", "--verbatim"], patches)?;
    let text = String::from_utf8_lossy(&digests);
    Ok(text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect())
}

fn piped(git: &Git, args: &[&str], input: impl Into<Vec<u8>>) -> Result<Vec<u8>, Error> {
    let ran = git.program(args).stdin(input).run()?;
    if ran.ok() { Ok(ran.stdout) } else { Err(git.failure(args, &ran)) }
}

/// Whether merging it would change nothing in the base.
///
/// Only git's own way of merging text proves that. A driver such as the common `merge=ours` would
/// answer with the base's file whatever the lane has in it, so no attribute and no setting counts.
fn squashed(git: &Git, common_dir: &Path, base: &str, head: &str) -> Result<bool, Error> {
    // These attributes cannot be switched off.
    match std::fs::read(common_dir.join("info/attributes")) {
        Ok(text) if !text.windows(5).any(|word| word == b"merge") => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        _ => return Ok(false),
    }
    let nothing = piped(git, &["hash-object", "-t", "tree", "--stdin"], "")?;
    let source = format!("--attr-source={}", String::from_utf8_lossy(&nothing).trim());
    let before = [&*source, "-c", "core.attributesFile=/dev/null"];
    let args = ["merge-tree", "--write-tree", "--allow-unrelated-histories", base, head];
    let mut merge = git.program(before.iter().chain(&args)).env("GIT_ATTR_NOSYSTEM", "1");
    for (number, (key, value)) in text_merge(git)?.into_iter().enumerate() {
        merge = merge
            .env(&format!("GIT_CONFIG_KEY_{number}"), key)
            .env(&format!("GIT_CONFIG_VALUE_{number}"), value)
            .env("GIT_CONFIG_COUNT", (number + 1).to_string());
    }
    let ran = merge.run()?;
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

/// The settings under which every driver of the configuration fails, and a text is a text.
fn text_merge(git: &Git) -> Result<Vec<(String, &'static str)>, Error> {
    let args = ["config", "--name-only", "-z", "--get-regexp", r"^merge\..*\.driver$"];
    let ran = git.try_run(args)?;
    if !ran.ok() && ran.code() != Some(1) {
        return Err(git.failure(&args, &ran));
    }
    let drivers = fields(&ran.stdout).map(|key| (text(key), "false"));
    let own = [("merge.default", "text"), ("merge.renormalize", "false")];
    Ok(own.into_iter().map(|(key, value)| (key.to_owned(), value)).chain(drivers).collect())
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
    let entries = fields(&list).map(text);
    Ok(entries.filter(made_on).collect())
}
