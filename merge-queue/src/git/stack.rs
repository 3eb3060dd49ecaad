//! Merges on top of each other, without a checkout: what the base will be, before any ref moves.

#[cfg(test)]
mod commits;
mod foresight;
#[cfg(test)]
mod like_git;
mod predict;
mod write;

use cli::Failure;
use repo::Git;

use crate::desk::Desk;
use crate::git::merge::{self, Outcome};
use crate::rules::diff::Change;
use crate::rules::squash::Credit;
use foresight::{Foresight, What};

/// A chain of commits on top of a base. Nothing refers to them yet.
pub(crate) struct Stack<'d> {
    desk: &'d Desk,
    tip: String,
    foresight: Foresight,
    /// Whether commits are signed, once git has been asked.
    signed: Option<bool>,
}

/// How a commit comes onto the stack.
#[derive(Debug, Clone, Copy)]
pub(crate) enum How<'a> {
    /// By a merge commit with this message, whatever the history, as `git merge --no-ff`.
    Merge {
        /// The message, in full.
        message: &'a str,
    },
    /// By one commit on the tip, with what the merge changes, as `git merge --squash`.
    Squash {
        /// The message, in full.
        message: &'a str,
        /// Whom it names as the author; `None` for whoever makes it.
        credit: Option<&'a Credit>,
    },
    /// As it is: the tip must be among its ancestors, as for `git merge --ff-only`.
    Itself,
}

/// What came of putting a commit on the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// It is on top.
    Merged(Merged),
    /// These paths conflict; the stack is as it was.
    Conflict(Vec<String>),
}

/// A commit of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Merged {
    /// Its id.
    pub(crate) commit: String,
    /// Its tree.
    pub(crate) tree: String,
    /// What it changes against the one below, renames as a deletion and an addition.
    pub(crate) changes: Vec<Change>,
}

impl<'d> Stack<'d> {
    /// An empty stack on the commit `base`, a full id.
    pub(crate) fn begin(desk: &'d Desk, base: &str) -> Self {
        Self { desk, tip: base.into(), foresight: Foresight::default(), signed: None }
    }

    /// Says which heads are going to be pushed as merges with which messages. That changes nothing but
    /// the time it takes: most of them are then merged at once.
    pub(crate) fn foresee<'a>(&mut self, merges: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let owned = |(head, message): (&str, &str)| (head.to_owned(), message.to_owned());
        self.foresight = Foresight::of(merges.into_iter().map(owned).collect());
    }

    /// The commit on top; the base while the stack is empty.
    pub(crate) fn tip(&self) -> &str {
        &self.tip
    }

    /// Puts the commit `head`, a full id, on top.
    ///
    /// # Errors
    /// When git cannot merge or make the commit, such as without an identity or a signature that
    /// its configuration asks for.
    pub(crate) fn push(&mut self, head: &str, how: How<'_>) -> Result<Pushed, Failure> {
        let desk = self.desk;
        let (commit, tree) = match how {
            How::Itself => (head.to_owned(), desk.objects.tree(head)?),
            How::Merge { message } => {
                let outcome = match self.foresight.take(desk, &self.tip, (head, message))? {
                    Some(What::Commit { commit, tree }) => return self.put(commit, tree),
                    Some(What::Outcome(outcome)) => outcome,
                    None => desk.merges.of(desk, &self.tip, head)?.into(),
                };
                match outcome {
                    Outcome::Conflict(paths) => return Ok(Pushed::Conflict(paths)),
                    Outcome::Clean(tree) => (self.commit(&tree, Some(head), message, None)?, tree),
                }
            }
            How::Squash { message, credit } => {
                match desk.merges.of(desk, &self.tip, head)?.into() {
                    Outcome::Conflict(paths) => return Ok(Pushed::Conflict(paths)),
                    Outcome::Clean(tree) => (self.commit(&tree, None, message, credit)?, tree),
                }
            }
        };
        self.put(commit, tree)
    }

    /// Puts a commit on top that undoes what lies between two commits.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub(crate) fn undo(&mut self, between: (&str, &str), message: &str) -> Result<Pushed, Failure> {
        match merge::reverse(&self.desk.git, &self.tip, between)? {
            Outcome::Conflict(paths) => Ok(Pushed::Conflict(paths)),
            Outcome::Clean(tree) => {
                let commit = self.commit(&tree, None, message, None)?;
                self.put(commit, tree)
            }
        }
    }

    /// Goes back to `below`, the tip that there was before the last push.
    pub(crate) fn take_off(&mut self, below: &str) {
        below.clone_into(&mut self.tip);
    }

    fn put(&mut self, commit: String, tree: String) -> Result<Pushed, Failure> {
        let changes = self.desk.objects.diff(&self.tip, &tree)?;
        self.tip.clone_from(&commit);
        Ok(Pushed::Merged(Merged { commit, tree, changes }))
    }

    /// Makes a commit on the tip, with `head` as its other parent if there is one, and returns its id.
    fn commit(
        &mut self,
        tree: &str,
        head: Option<&str>,
        message: &str,
        credit: Option<&Credit>,
    ) -> Result<String, Failure> {
        let git = &self.desk.git;
        let mut args = vec!["commit-tree", tree, "-p", &self.tip];
        args.extend(head.iter().flat_map(|head| ["-p", head]));
        args.extend(["-F", "-"]);
        let signed = match self.signed {
            Some(signed) => signed,
            None => is_signed(git)?,
        };
        self.signed = Some(signed);
        if signed {
            args.push("-S");
        }
        let mut program = merge::git(git, &self.tip, &args).stdin(message);
        if let Some(Credit { author, date, .. }) = credit {
            let name = if author.name().is_empty() { author.email() } else { author.name() };
            program = program.env("GIT_AUTHOR_NAME", name).env("GIT_AUTHOR_EMAIL", author.email());
            program = program.env("GIT_AUTHOR_DATE", format!("@{date}"));
        }
        let ran = program.run()?;
        if !ran.ok() {
            return Err(git.failure(&args, &ran).into());
        }
        Ok(String::from_utf8_lossy(&ran.stdout).trim().to_owned())
    }
}

/// Whether the clone asks for signed commits. `git merge` does it then; `commit-tree` only by flag.
fn is_signed(git: &Git) -> Result<bool, Failure> {
    let args = ["config", "--type=bool", "--get", "commit.gpgSign"];
    let ran = git.try_run(args)?;
    match ran.code() {
        Some(0 | 1) => Ok(ran.stdout.trim_ascii() == b"true"),
        _ => Err(git.failure(&args, &ran).into()),
    }
}
