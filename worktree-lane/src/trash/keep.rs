//! Keeping the commits of a lane in the trash alive.
//!
//! A lane's reflog protects commits that were amended or rebased away, and a detached `HEAD` its
//! own. Neither counts for git once git's folder for the lane is in the trash, so a ref
//! `refs/lanes/trash/<entry>` holds on to them all.

use std::collections::BTreeSet;

use cli::Failure;
use repo::Error;

use crate::here::Here;
use crate::lane_git::LaneGit;

/// The ref that keeps the commits of the entry `name`.
pub(crate) fn reference(name: &str) -> String {
    format!("refs/lanes/trash/{name}")
}

/// Makes the ref: `head` itself, or a commit whose parents are `head` and all commits of the
/// reflogs of the lane and its branch that `head` does not have.
pub(crate) fn keep(
    here: &Here,
    git: &LaneGit,
    name: &str,
    head: &str,
    branch: Option<&str>,
) -> Result<(), Failure> {
    let extra = only_in_reflogs(git, head, branch)?;
    let target = if extra.is_empty() { head.to_owned() } else { tie(git, name, head, &extra)? };
    here.change(&["update-ref", &reference(name), &target, ""])?;
    Ok(())
}

/// Deletes the ref. The lane is in its place again, or was never moved.
pub(crate) fn release(here: &Here, name: &str) -> Result<(), Error> {
    here.change(&["update-ref", "-d", &reference(name)])
}

fn only_in_reflogs(
    git: &LaneGit,
    head: &str,
    branch: Option<&str>,
) -> Result<Vec<String>, Failure> {
    let mut logged =
        lines(&git.bytes(&["rev-list", "--walk-reflogs", "--ignore-missing", "HEAD"])?);
    if let Some(branch) = branch {
        let full = format!("refs/heads/{branch}");
        logged.extend(lines(&git.bytes(&[
            "rev-list",
            "--walk-reflogs",
            "--ignore-missing",
            &full,
        ])?));
    }
    logged.remove(head);
    if logged.is_empty() {
        return Ok(Vec::new());
    }
    let wanted: Vec<&str> = logged.iter().map(String::as_str).collect();
    let input = format!("{}\n^{head}\n", wanted.join("\n"));
    let args = ["rev-list", "--ignore-missing", "--stdin"];
    let beyond = lines(&git.bytes_with(&args, input.into_bytes())?);
    Ok(logged.intersection(&beyond).cloned().collect())
}

fn lines(bytes: &[u8]) -> BTreeSet<String> {
    String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect()
}

/// Writes a commit that has `head`'s tree and all these commits as parents. Its text is written
/// here because it needs no author of the user's.
fn tie(git: &LaneGit, name: &str, head: &str, extra: &[String]) -> Result<String, Failure> {
    let tree = git.bytes(&["rev-parse", "--verify", &format!("{head}^{{tree}}")])?;
    let tree = String::from_utf8_lossy(&tree);
    let parents: Vec<String> = extra.iter().map(|commit| format!("parent {commit}\n")).collect();
    let person = "worktree-lane <worktree-lane@localhost> 0 +0000";
    let text = format!(
        "tree {}\nparent {head}\n{}author {person}\ncommitter {person}\n\nWhat lane {name} had\n",
        tree.trim(),
        parents.concat()
    );
    let id =
        git.bytes_with(&["hash-object", "-t", "commit", "-w", "--stdin"], text.into_bytes())?;
    Ok(String::from_utf8_lossy(&id).trim().to_owned())
}
