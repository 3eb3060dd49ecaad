//! Keeping the commits of a lane in the trash alive.
//!
//! A lane's reflog protects commits that were amended or rebased away, and a detached `HEAD` its
//! own. Neither counts for git once git's folder for the lane is in the trash, so a ref
//! `refs/lanes/trash/<entry>` holds on to them all.

use std::collections::BTreeSet;

use cli::Failure;
use repo::Error;

use crate::here::Here;
use crate::lane_git::{LaneGit, fields};

/// The refs that git keeps for each worktree by itself.
const OWN_REFS: [&str; 3] = ["refs/worktree", "refs/bisect", "refs/rewritten"];

/// The ref that keeps the commits of the entry `name`.
pub(crate) fn reference(name: &str) -> String {
    format!("refs/lanes/trash/{name}")
}

/// Makes the ref: `head` itself, or a commit whose parents are `head` and all commits that it does
/// not have and that only the lane has: those of its reflog and its branch's, and those of the refs
/// that git keeps for one worktree. Without any commit there is no ref.
pub(crate) fn keep(
    here: &Here,
    git: &LaneGit,
    name: &str,
    head: Option<&str>,
    branch: Option<&str>,
    staged: Option<String>,
) -> Result<(), Failure> {
    let mut only_here = match head {
        Some(head) => only_here(git, head, branch)?,
        None => on_no_ref(git)?,
    };
    only_here.extend(staged);
    let commits: Vec<&str> = head.into_iter().chain(only_here.iter().map(String::as_str)).collect();
    make(here, git, &reference(name), name, &commits)
}

/// Makes the ref `reference` for a lane that leaves `branch` and `head` and goes on as another. With
/// `beyond`, `head` itself will be on no branch. There is no ref when nothing would be lost without.
pub(crate) fn hold(
    here: &Here,
    git: &LaneGit,
    reference: &str,
    head: &str,
    branch: &str,
    beyond: bool,
) -> Result<(), Failure> {
    let only_here = only_here(git, head, Some(branch))?;
    if only_here.is_empty() && !beyond {
        return Ok(());
    }
    let commits: Vec<&str> =
        [head].into_iter().chain(only_here.iter().map(String::as_str)).collect();
    let name = reference.rsplit('/').next().unwrap_or_default();
    make(here, git, reference, name, &commits)
}

/// Makes the ref for the first of `commits` with the others as further parents.
fn make(
    here: &Here,
    git: &LaneGit,
    reference: &str,
    name: &str,
    commits: &[&str],
) -> Result<(), Failure> {
    let target = match commits {
        [] => return Ok(()),
        [one] => (*one).to_owned(),
        [first, ..] => tie(git, name, first, commits)?,
    };
    here.change(&["update-ref", reference, &target, ""])?;
    Ok(())
}

/// A commit with what is staged, if that is not what `head` has; for a lane that is not clean.
///
/// # Errors
/// When git fails: what is staged would be kept by nothing.
pub(crate) fn staged(git: &LaneGit, name: &str, head: &str) -> Result<Option<String>, Failure> {
    let entries = git.bytes(&["ls-files", "--stage", "-z"])?;
    let unmerged = fields(&entries).any(|entry| stage(entry).is_some_and(|stage| stage != b"0"));
    let tree = if unmerged {
        // Git writes no tree of it. The objects are what is to be kept: the index goes along.
        git.bytes_with(&["mktree", "-z"], all_sides(&entries))?
    } else {
        git.bytes(&["write-tree"])?
    };
    let tree = String::from_utf8_lossy(&tree).trim().to_owned();
    let before = git.bytes(&["rev-parse", "--verify", &format!("{head}^{{tree}}")])?;
    if String::from_utf8_lossy(&before).trim() == tree {
        return Ok(None);
    }
    Ok(Some(write_commit(git, &tree, &[head], &format!("What was staged in lane {name}"))?))
}

/// The stage of a line of `ls-files --stage`: mode, object, stage, a tab, the name.
fn stage(entry: &[u8]) -> Option<&[u8]> {
    entry.split(|b| *b == b'\t').next()?.split(|b| *b == b' ').nth(2)
}

/// A tree of every file of an index, all sides of a conflict among them, by number.
fn all_sides(entries: &[u8]) -> Vec<u8> {
    let mut lines = Vec::new();
    for (number, entry) in fields(entries).enumerate() {
        let mut parts = entry.split(|b| *b == b' ');
        if let (Some(mode), Some(object)) = (parts.next(), parts.next())
            && mode != b"160000"
        {
            lines.extend([mode, b" blob ", object, b"\t"].concat());
            lines.extend(number.to_string().into_bytes());
            lines.push(0);
        }
    }
    lines
}

/// The ref that goes on keeping what only the entry `name` had when its files are deleted.
fn kept_on(name: &str) -> String {
    format!("refs/lanes/emptied/{name}")
}

/// Makes sure that deleting the entry takes no commit along: if it holds one that no branch, tag or
/// other ref has, another ref keeps it from now on. Gives that ref. Other entries of the trash do not
/// count: they may be on their way out too.
pub(crate) fn hand_over(
    here: &Here,
    name: &str,
    head: Option<&str>,
    change: bool,
) -> Result<Option<String>, Failure> {
    hand_on(here, name, head, &[], change)
}

/// The same for an entry whose lane is in its place again, with its log: what was only in the log of
/// its branch is in no log any more when the branch had to be made anew.
pub(crate) fn give_back(here: &Here, name: &str) -> Result<(), Failure> {
    hand_on(here, name, None, &["--reflog"], true)?;
    Ok(release(here, name)?)
}

/// Commits that `elsewhere` names too are not handed on.
fn hand_on(
    here: &Here,
    name: &str,
    head: Option<&str>,
    elsewhere: &[&str],
    change: bool,
) -> Result<Option<String>, Failure> {
    let git = here.git();
    let own = git.commit(&reference(name))?;
    let Some(target) = own.as_deref().or(head) else { return Ok(None) };
    // The commit that ties others together is ours, and nobody's work.
    let tie = git.text(["log", "-1", "--format=%s", target])? == tie_text(name);
    let wanted = if tie { format!("{target}^@") } else { target.to_owned() };
    let others = ["--not", "--exclude=refs/lanes/trash/*", "--all"];
    let one = ["rev-list", "--max-count=1", &wanted];
    let only = git.text(one.iter().chain(&others).chain(elsewhere))?;
    if only.is_empty() {
        return Ok(None);
    }
    let numbered = (2..).map(|n| format!("{}-{n}", kept_on(name)));
    for kept in std::iter::once(kept_on(name)).chain(numbered) {
        match git.commit(&kept)? {
            Some(there) if there == target => return Ok(Some(kept)),
            Some(_) => {}
            None => {
                if change {
                    here.change(&["update-ref", &kept, target, ""])?;
                }
                return Ok(Some(kept));
            }
        }
    }
    Ok(None)
}

fn tie_text(name: &str) -> String {
    format!("What lane {name} had")
}

/// Deletes the ref.
pub(crate) fn release(here: &Here, name: &str) -> Result<(), Error> {
    here.change(&["update-ref", "-d", &reference(name)])
}

/// The commits that `head` does not have, of the reflogs and of the worktree's own refs.
fn only_here(git: &LaneGit, head: &str, branch: Option<&str>) -> Result<BTreeSet<String>, Failure> {
    let own = [
        "for-each-ref",
        "--format=%(if)%(*objecttype)%(then)%(*objecttype) %(*objectname)%(else)%(objecttype) %(objectname)%(end)",
    ];
    let own = git.bytes(&[own.as_slice(), &OWN_REFS].concat())?;
    let mut wanted: BTreeSet<String> = lines(&own)
        .iter()
        .filter_map(|line| line.strip_prefix("commit ").map(str::to_owned))
        .collect();
    let branch = branch.map(|branch| format!("refs/heads/{branch}"));
    for logged in ["HEAD"].into_iter().chain(branch.as_deref()) {
        let args = ["rev-list", "--walk-reflogs", "--ignore-missing", logged];
        wanted.extend(lines(&git.bytes(&args)?));
    }
    wanted.remove(head);
    if wanted.is_empty() {
        return Ok(wanted);
    }
    let names: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let input = format!("{}\n^{head}\n", names.join("\n"));
    let args = ["rev-list", "--ignore-missing", "--stdin"];
    let beyond = lines(&git.bytes_with(&args, input.into_bytes())?);
    Ok(wanted.intersection(&beyond).cloned().collect())
}

/// `HEAD` is a branch without a commit, and git shows no reflog for it then: the commits of all
/// reflogs that are on no ref are more than is needed, and none of the lane's is missing.
fn on_no_ref(git: &LaneGit) -> Result<BTreeSet<String>, Failure> {
    let args = ["rev-list", "--ignore-missing", "--reflog"];
    let shared = ["--not", "--branches", "--tags", "--remotes"];
    Ok(lines(&git.bytes(&[args.as_slice(), &shared].concat())?))
}

fn lines(bytes: &[u8]) -> BTreeSet<String> {
    String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect()
}

/// Writes a commit that has the tree of `first` and these parents. Its text is written here because
/// it needs no author of the user's.
fn tie(git: &LaneGit, name: &str, first: &str, parents: &[&str]) -> Result<String, Failure> {
    let tree = git.bytes(&["rev-parse", "--verify", &format!("{first}^{{tree}}")])?;
    write_commit(git, String::from_utf8_lossy(&tree).trim(), parents, &tie_text(name))
}

fn write_commit(
    git: &LaneGit,
    tree: &str,
    parents: &[&str],
    text: &str,
) -> Result<String, Failure> {
    let parents: Vec<String> = parents.iter().map(|commit| format!("parent {commit}\n")).collect();
    let person = "worktree-lane <worktree-lane@localhost> 0 +0000";
    let commit =
        format!("tree {tree}\n{}author {person}\ncommitter {person}\n\n{text}\n", parents.concat());
    let id =
        git.bytes_with(&["hash-object", "-t", "commit", "-w", "--stdin"], commit.into_bytes())?;
    Ok(String::from_utf8_lossy(&id).trim().to_owned())
}
