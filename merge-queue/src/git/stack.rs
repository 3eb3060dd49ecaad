//! Merges on top of each other, without a checkout: what the base will be, before any ref moves.

use cli::Failure;

use crate::desk::Desk;
use crate::git::merge;
use crate::rules::diff::Change;
use crate::rules::facts::Merge;

/// A chain of commits on top of a base. Nothing refers to them yet.
pub(crate) struct Stack<'d> {
    desk: &'d Desk,
    tip: String,
}

/// How a commit comes onto the stack.
#[derive(Debug, Clone, Copy)]
pub(crate) enum How<'a> {
    /// By a merge commit with this message, whatever the history, as `git merge --no-ff`.
    Merge {
        /// The message, in full.
        message: &'a str,
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
        Self { desk, tip: base.into() }
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
        let objects = &self.desk.objects;
        let (commit, tree) = match how {
            How::Itself => (head.to_owned(), objects.tree(head)?),
            How::Merge { message } => {
                match merge::compute(&self.desk.git, objects, &self.tip, head)? {
                    Merge::Conflict(paths) => return Ok(Pushed::Conflict(paths)),
                    Merge::Clean { tree, .. } => (self.commit(&tree, head, message)?, tree),
                }
            }
        };
        let changes = objects.diff(&self.tip, &tree)?;
        self.tip.clone_from(&commit);
        Ok(Pushed::Merged(Merged { commit, tree, changes }))
    }

    /// Makes the commit that merges `head` into the tip, and returns its id.
    fn commit(&self, tree: &str, head: &str, message: &str) -> Result<String, Failure> {
        let git = &self.desk.git;
        let mut args = vec!["commit-tree", tree, "-p", &self.tip, "-p", head, "-F", "-"];
        // `git merge` signs when it is asked to by configuration; `commit-tree` only by flag.
        let asked = ["config", "--type=bool", "--get", "commit.gpgSign"];
        let signed = git.try_run(asked)?;
        match signed.code() {
            Some(0) if signed.stdout.trim_ascii() == b"true" => args.push("-S"),
            Some(0 | 1) => {}
            _ => return Err(git.failure(&asked, &signed).into()),
        }
        let ran = merge::git(git, &self.tip, &args).stdin(message).run()?;
        if !ran.ok() {
            return Err(git.failure(&args, &ran).into());
        }
        Ok(String::from_utf8_lossy(&ran.stdout).trim().to_owned())
    }
}

#[expect(dead_code, reason = "land calls it from the next step on")]
/// What comes out when each of `heads` is merged into `base` by itself, in their order; all are full
/// ids of commits.
pub(crate) fn merge_all(desk: &Desk, base: &str, heads: &[&str]) -> Result<Vec<Merge>, Failure> {
    heads.iter().map(|head| merge::compute(&desk.git, &desk.objects, base, head)).collect()
}
