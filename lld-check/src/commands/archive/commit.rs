//! Moving the files as one commit, all or nothing.

use std::path::Path;

use cli::Failure;
use records::IssueNumber;
use records::lld_check::Move;
use repo::{Git, Place, shell_words};

/// Moves the files and commits exactly that. Returns the new commit, in full.
///
/// # Errors
/// When git refuses, for example because a hook does; the files are then where they were.
pub(super) fn make(
    place: &Place,
    git: &Git,
    issue: IssueNumber,
    moves: &[Move],
) -> Result<String, Failure> {
    let root = place.worktree();
    let mut made = Vec::new();
    let done = move_all(root, git, moves, &mut made).and_then(|()| commit(git, issue, moves));
    match done {
        Ok(()) => Ok(git.text(["rev-parse", "--verify", "HEAD"])?),
        Err(failure) => Err(undo(root, git, moves, &made, failure)),
    }
}

fn move_all(root: &Path, git: &Git, moves: &[Move], made: &mut Vec<Move>) -> Result<(), Failure> {
    for one in moves {
        if let Some(folder) = root.join(&one.to).parent() {
            journal::create_dirs(folder)?;
        }
        git.bytes(["mv", "--", &one.from, &one.to])?;
        made.push(one.clone());
    }
    Ok(())
}

/// The first line of the commit's message.
pub(super) fn subject(issue: IssueNumber) -> String {
    format!("Move the LLD of issue {issue} to done")
}

fn commit(git: &Git, issue: IssueNumber, moves: &[Move]) -> Result<(), Failure> {
    let message = format!("{}\n\nIts work has landed.", subject(issue));
    let flags = ["--literal-pathspecs", "commit", "--quiet", "--message", &message, "--"];
    let paths = moves.iter().flat_map(|one| [one.from.as_str(), one.to.as_str()]);
    git.bytes(flags.into_iter().chain(paths))?;
    Ok(())
}

/// Puts back what was moved, and says so.
fn undo(root: &Path, git: &Git, moves: &[Move], made: &[Move], failure: Failure) -> Failure {
    let mut left = Vec::new();
    for one in made.iter().rev() {
        if git.bytes(["mv", "--", &one.to, &one.from]).is_err() {
            left.push(shell_words(["git", "mv", "--", &one.to, &one.from]));
        }
    }
    for folder in
        moves.iter().rev().filter_map(|one| root.join(&one.to).parent().map(Path::to_owned))
    {
        // Only a folder that is empty, and so holds nothing of anybody's, goes away.
        drop(std::fs::remove_dir(folder));
    }
    if left.is_empty() {
        failure.hint("nothing was moved; put right what git says and run the command again")
    } else {
        failure.hint(format!("some files are still moved; to put them back: {}", left.join(" && ")))
    }
}
