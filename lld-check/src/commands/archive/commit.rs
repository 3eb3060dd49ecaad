//! Moving the files as one commit, all or nothing.

use std::path::Path;

use cli::Failure;
use records::IssueNumber;
use records::lld_check::Move;
use repo::{Git, Place, shell_words};

use super::plan::Plan;

/// Moves the files, takes out the superfluous ones and commits exactly that. Returns the new commit, in
/// full.
///
/// # Errors
/// When git refuses, for example because a hook does; the files are then where they were.
pub(super) fn make(
    place: &Place,
    git: &Git,
    issue: IssueNumber,
    plan: &Plan,
) -> Result<String, Failure> {
    let root = place.worktree();
    let mut made = Vec::new();
    let done = move_all(root, git, &plan.moves, &mut made)
        .and_then(|()| take_out(git, &plan.duplicates))
        .and_then(|()| commit(git, issue, plan));
    match done {
        Ok(()) => Ok(git.text(["rev-parse", "--verify", "HEAD"])?),
        Err(failure) => {
            let mut left = put_back(git, &plan.duplicates);
            left.extend(undo(root, git, &plan.moves, &made));
            Err(if left.is_empty() {
                failure.hint("nothing was moved; put right what git says and run the command again")
            } else {
                let hint = "some files are still moved; to put them back: ";
                failure.hint(format!("{hint}{}", left.join(" && ")))
            })
        }
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

/// Takes out the files whose bytes stand in `done/`.
fn take_out(git: &Git, duplicates: &[Move]) -> Result<(), Failure> {
    for one in duplicates {
        git.bytes(["--literal-pathspecs", "rm", "--quiet", "--", &one.from])?;
    }
    Ok(())
}

/// The first line of the commit's message.
pub(super) fn subject(issue: IssueNumber) -> String {
    format!("Move the LLD of issue {issue} to done")
}

fn commit(git: &Git, issue: IssueNumber, plan: &Plan) -> Result<(), Failure> {
    let message = format!("{}\n\nIts work has landed.", subject(issue));
    let flags = ["--literal-pathspecs", "commit", "--quiet", "--message", &message, "--"];
    let moved = plan.moves.iter().flat_map(|one| [one.from.as_str(), one.to.as_str()]);
    let taken = plan.duplicates.iter().map(|one| one.from.as_str());
    git.bytes(flags.into_iter().chain(moved).chain(taken))?;
    Ok(())
}

/// Puts back what was taken out, as the last commit has it. Returns the commands for what is left.
fn put_back(git: &Git, duplicates: &[Move]) -> Vec<String> {
    let command = |one: &Move| {
        let words = ["git", "--literal-pathspecs", "checkout", "--quiet", "HEAD", "--"];
        words.map(String::from).into_iter().chain([one.from.clone()]).collect::<Vec<_>>()
    };
    let failed = |words: &Vec<String>| git.bytes(words.iter().skip(1).map(String::as_str)).is_err();
    duplicates.iter().map(command).filter(failed).map(shell_words).collect()
}

/// Puts back what was moved. Returns the commands for what is left.
fn undo(root: &Path, git: &Git, moves: &[Move], made: &[Move]) -> Vec<String> {
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
    left
}
