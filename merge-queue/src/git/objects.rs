//! Reading commits and trees.
//!
//! libgit2 does it in this process. Where it cannot open the repository (reftable, SHA-256, partial
//! clones) the git program answers the same questions with the same answers; see
//! `docs/decisions/0004-git-program-and-git2.md`.

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod histories;
mod in_process;
mod program;

use std::collections::BTreeSet;
use std::path::Path;

use cli::Failure;
use repo::{Git, Place};

use crate::rules::diff::{Change, Side, path_text};
use crate::rules::people::Person;

/// Where commits and trees are read.
pub(crate) enum Objects {
    /// Through libgit2.
    InProcess(git2::Repository),
    /// Through the git program.
    Program(Git),
}

/// A folder that names an entry twice, which git itself never writes: what lands and what a reviewer
/// is shown could differ.
fn ambiguous(path: &[u8]) -> Failure {
    Failure::world("cannot read a tree", format_args!("it has '{}' twice", path_text(path)))
        .hint("'git fsck' finds such trees; make the commit anew")
}

impl Objects {
    /// Opens the repository, in process where that is possible.
    pub(crate) fn open(place: &Place) -> Self {
        let nowhere: [&Path; 0] = [];
        let flags = git2::RepositoryOpenFlags::NO_SEARCH;
        match git2::Repository::open_ext(place.common_dir(), flags, nowhere) {
            Ok(repository) => Self::InProcess(repository),
            // Whatever it is that libgit2 dislikes: the git program has the last word.
            Err(_) => Self::through_program(place),
        }
    }

    /// Finds what is in `folder` too, where `git` writes.
    pub(crate) fn also_in(self, folder: &Path, git: &Git) -> Result<Self, Failure> {
        match self {
            Self::InProcess(repository) => {
                let folder = folder.to_string_lossy();
                let added = repository.odb().and_then(|odb| odb.add_disk_alternate(&folder));
                added.map_err(|error| Failure::world("cannot read objects", error.message()))?;
                Ok(Self::InProcess(repository))
            }
            Self::Program(_) => Ok(Self::Program(git.clone())),
        }
    }

    /// Reads through the git program whatever the repository is.
    pub(crate) fn through_program(place: &Place) -> Self {
        Self::Program(Git::new(place.worktree()))
    }

    /// Whether the commit is in the repository. `commit` is a full id.
    pub(crate) fn has(&self, commit: &str) -> Result<bool, Failure> {
        match self {
            Self::InProcess(repository) => in_process::has(repository, commit),
            Self::Program(git) => program::has(git, commit),
        }
    }

    /// The commit at a branch or another ref that is given in full, such as `refs/heads/main`; `None`
    /// when there is none.
    pub(crate) fn at_ref(&self, git: &Git, name: &str) -> Result<Option<String>, Failure> {
        let found = match self {
            Self::InProcess(repository) if name.starts_with("refs/") => {
                in_process::at_ref(repository, name)
            }
            Self::InProcess(_) | Self::Program(_) => None,
        };
        match found {
            Some(found) => Ok(found),
            None => Ok(git.at_ref(name)?),
        }
    }

    /// The tree of a commit.
    pub(crate) fn tree(&self, commit: &str) -> Result<String, Failure> {
        match self {
            Self::InProcess(repository) => in_process::tree(repository, commit),
            Self::Program(git) => program::tree(git, commit),
        }
    }

    /// What a commit has at a path; `None` for nothing. `path` is plain: no `..`, no slash at either end.
    pub(crate) fn entry(&self, commit: &str, path: &str) -> Result<Option<Side>, Failure> {
        match self {
            Self::InProcess(repository) => in_process::entry(repository, commit, path),
            Self::Program(git) => program::entry(git, commit, path),
        }
    }

    /// The bytes of an ordinary file in a commit; `None` for anything else that is there, and for nothing.
    pub(crate) fn file(&self, commit: &str, path: &str) -> Result<Option<Vec<u8>>, Failure> {
        let Some(entry) = self.entry(commit, path)?.filter(Side::is_file) else { return Ok(None) };
        match self {
            Self::InProcess(repository) => in_process::blob(repository, &entry.id),
            Self::Program(git) => program::blob(git, &entry.id),
        }
        .map(Some)
    }

    /// Every best common ancestor of two commits, sorted.
    pub(crate) fn merge_bases(&self, one: &str, other: &str) -> Result<Vec<String>, Failure> {
        let mut bases = match self {
            Self::InProcess(repository) => in_process::merge_bases(repository, one, other),
            Self::Program(git) => program::merge_bases(git, one, other),
        }?;
        bases.sort();
        Ok(bases)
    }

    /// Whether `commit` is `tip` or one of its ancestors. A commit that is not in the repository is
    /// nobody's ancestor.
    pub(crate) fn reachable(&self, commit: &str, tip: &str) -> Result<bool, Failure> {
        if !self.has(commit)? {
            return Ok(false);
        }
        match self {
            Self::InProcess(repository) => in_process::reachable(repository, commit, tip),
            Self::Program(git) => program::reachable(git, commit, tip),
        }
    }

    /// Those of `commits` that are `tip` or one of its ancestors. Many are looked for in one walk.
    pub(crate) fn reachable_of(
        &self,
        commits: &BTreeSet<&str>,
        tip: &str,
    ) -> Result<BTreeSet<String>, Failure> {
        /// A walk visits every commit at worst; a question about one, those that are younger than it.
        const FEW: usize = 4;
        if commits.len() > FEW {
            return match self {
                Self::InProcess(repository) => in_process::reachable_of(repository, commits, tip),
                Self::Program(git) => program::reachable_of(git, commits, tip),
            };
        }
        let mut reached = BTreeSet::new();
        for commit in commits {
            if self.reachable(commit, tip)? {
                reached.insert((*commit).to_owned());
            }
        }
        Ok(reached)
    }

    /// What differs between the trees of two commits (or two trees), sorted by path, renames as a
    /// deletion and an addition.
    pub(crate) fn diff(&self, old: &str, new: &str) -> Result<Vec<Change>, Failure> {
        let mut changes = match self {
            Self::InProcess(repository) => in_process::diff(repository, old, new),
            Self::Program(git) => program::diff(git, old, new),
        }?;
        changes.sort_by(|one, other| one.path.cmp(&other.path));
        let twice = changes.windows(2).find(|pair| matches!(pair, [a, b] if a.path == b.path));
        match twice.and_then(|pair| pair.first()) {
            None => Ok(changes),
            Some(change) => Err(ambiguous(&change.path)),
        }
    }

    /// The commits that are in `head` and not in `base`, sorted.
    pub(crate) fn commits(&self, base: &str, head: &str) -> Result<Vec<String>, Failure> {
        let mut commits = match self {
            Self::InProcess(repository) => in_process::commits(repository, base, head),
            Self::Program(git) => program::commits(git, base, head),
        }?;
        commits.sort();
        Ok(commits)
    }

    /// Everybody who authored, committed or co-authored a commit that is in `head` and not in
    /// `base`.
    pub(crate) fn people(&self, base: &str, head: &str) -> Result<BTreeSet<Person>, Failure> {
        match self {
            Self::InProcess(repository) => in_process::people(repository, base, head),
            Self::Program(git) => program::people(git, base, head),
        }
    }
}
