//! What the lane would be with the base in it, as git objects. The lane is not touched: nothing of it
//! is read but its commits and its attributes.

use cli::Failure;

use crate::facts::commits::exact_changes;
use crate::here::Here;
use crate::lane_git::{LaneGit, fields, text};

use super::again;

/// The commits that are brought together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides<'a> {
    /// The lane's commit.
    pub(super) head: &'a str,
    /// The base's commit.
    pub(super) base: &'a str,
    /// A commit that the lane was based on and that the base no longer has: what is older is not the
    /// lane's own.
    pub(super) fork: Option<&'a str>,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The new commit, and the lane's commits that are not needed any more because the base has
    /// their changes.
    Clean { commit: String, dropped: Vec<String> },
    /// Files that do not go together; for a rebase with the lane's commit that they stop at.
    Conflict { files: Vec<Vec<u8>>, at: Option<String> },
}

/// Merges the base into the lane; a lane without commits of its own becomes the base.
pub(super) fn merge(git: &LaneGit, sides: Sides<'_>, message: &str) -> Result<Outcome, Failure> {
    if own(git, sides)?.is_empty() {
        return Ok(Outcome::Clean { commit: sides.base.to_owned(), dropped: Vec::new() });
    }
    Ok(match merge_trees(git, &[sides.head, sides.base])? {
        Err(files) => Outcome::Conflict { files, at: None },
        Ok(tree) => {
            let parents = ["-p", sides.head, "-p", sides.base];
            let args = [&["commit-tree", &*tree][..], &parents, &again::signing(git)?].concat();
            let commit = line(&git.bytes_with(&args, message.into())?);
            Outcome::Clean { commit, dropped: Vec::new() }
        }
    })
}

/// Writes the lane's commits anew on top of the base, one by one, with their authors, dates and
/// messages.
pub(super) fn rebase(here: &Here, git: &LaneGit, sides: Sides<'_>) -> Result<Outcome, Failure> {
    let landed = landed(here, git, sides)?;
    let signing = again::signing(git)?;
    let mut onto = sides.base.to_owned();
    let mut dropped = Vec::new();
    for commit in own(git, sides)? {
        if landed.contains(&commit) {
            dropped.push(commit);
            continue;
        }
        let parent = format!("{commit}^");
        if git.commit(&parent)?.is_none() {
            // A history of its own has nothing that it could be compared with.
            let why = "it has no parent, so it cannot be written anew on top of the base";
            return Err(Failure::world(commit, why).hint("bring the base in with --merge"));
        }
        let merge_base = format!("--merge-base={parent}");
        let tree = match merge_trees(git, &[&merge_base, &onto, &commit])? {
            Ok(tree) => tree,
            Err(files) => return Ok(Outcome::Conflict { files, at: Some(commit) }),
        };
        if tree == tree_of(git, &onto)? && tree_of(git, &commit)? != tree_of(git, &parent)? {
            // The base has its change already. One that never changed anything is kept.
            dropped.push(commit);
            continue;
        }
        onto = again::commit(git, &commit, &tree, &onto, &signing)?;
    }
    Ok(Outcome::Clean { commit: onto, dropped })
}

/// The lane's own commits, oldest first.
pub(super) fn own(git: &LaneGit, sides: Sides<'_>) -> Result<Vec<String>, Failure> {
    let mut args = vec!["rev-list", "--reverse", "--topo-order", sides.head, "--not", sides.base];
    args.extend(sides.fork);
    Ok(lines(&git.bytes(&args)?))
}

/// Those whose very change the base has, to the letter: git's own mark passes over blanks.
fn landed(here: &Here, git: &LaneGit, sides: Sides<'_>) -> Result<Vec<String>, Failure> {
    let between = format!("{}...{}", sides.base, sides.head);
    let marked = |side: &str| {
        let args = ["rev-list", "--no-merges", "--cherry-mark", side, &between];
        let all = lines(&git.bytes(&args)?);
        let same = all.iter().filter_map(|line| line.strip_prefix('=')).map(str::to_owned);
        Ok::<Vec<String>, Failure>(same.collect())
    };
    let ours = marked("--right-only")?;
    if ours.is_empty() {
        return Ok(ours);
    }
    let git = here.git();
    let theirs = exact_changes(&git, &marked("--left-only")?)?;
    let mut landed = Vec::new();
    for commit in ours {
        let change = exact_changes(&git, std::slice::from_ref(&commit))?;
        if !change.is_empty() && change.is_subset(&theirs) {
            landed.push(commit);
        }
    }
    Ok(landed)
}

/// The merged tree, or the names of the files with conflicts.
fn merge_trees(git: &LaneGit, what: &[&str]) -> Result<Result<String, Vec<Vec<u8>>>, Failure> {
    let shape = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"];
    let args = [&shape[..], what].concat();
    let ran = git.program(&args).run()?;
    let mut answer = fields(&ran.stdout);
    match (ran.code(), answer.next()) {
        (Some(0), Some(tree)) => Ok(Ok(text(tree))),
        (Some(1), Some(_)) => Ok(Err(answer.map(<[u8]>::to_vec).collect())),
        _ => Err(Failure::from(git.failure(&args, &ran))),
    }
}

fn tree_of(git: &LaneGit, commit: &str) -> Result<String, Failure> {
    Ok(line(&git.bytes(&["rev-parse", "--verify", &format!("{commit}^{{tree}}")])?))
}

/// One line of git's output.
pub(super) fn line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect()
}
