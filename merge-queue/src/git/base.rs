//! The base branch: where it is, and how it is fetched.

use std::time::Duration;

use cli::{Failure, Progress};
use repo::{Git, shell_words};

/// How long a fetch or a push may take.
pub(crate) const NETWORK: Duration = Duration::from_mins(10);

/// The base branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    /// As people write it: `origin/main`, or `main` without a remote.
    pub(crate) shown: String,
    /// The branch alone: `main`.
    pub(crate) branch: String,
    /// The remote that holds it.
    pub(crate) remote: Option<String>,
}

impl Base {
    /// From `queue.base`, or what the repository suggests.
    pub(crate) fn find(git: &Git, written: Option<&str>) -> Result<Self, Failure> {
        let shown = match written {
            Some(base) => base.to_owned(),
            None => repo::default_base(git)?.ok_or_else(|| {
                Failure::usage(
                    "there is no base branch",
                    "neither origin nor this clone has main or master",
                )
                .hint("name it in switchyard.yaml, such as 'queue: {base: origin/trunk}'")
            })?,
        };
        let ran = git.try_run(["check-ref-format", &format!("refs/heads/{shown}")])?;
        if !ran.ok() || shown.starts_with('-') {
            return Err(Failure::usage("queue.base", format_args!("'{shown}' is no branch")));
        }
        Ok(match repo::remote_of(git, &shown)? {
            Some((remote, branch)) => Self { shown, branch, remote: Some(remote) },
            None => Self { branch: shown.clone(), shown, remote: None },
        })
    }

    /// The full name of the ref that is judged against: the remote's branch as it was last seen, or
    /// the local branch.
    pub(crate) fn reference(&self) -> String {
        match &self.remote {
            Some(remote) => format!("refs/remotes/{remote}/{}", self.branch),
            None => self.local(),
        }
    }

    /// The full name of the local branch.
    pub(crate) fn local(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }

    /// The command that brings a branch up to date with it, to be typed.
    pub(crate) fn merge_command(&self) -> String {
        shell_words(["git", "merge", &self.shown])
    }

    /// Where it stands, as far as this clone knows.
    pub(crate) fn tip(&self, git: &Git) -> Result<Option<String>, Failure> {
        Ok(git.commit(&self.reference())?)
    }

    /// The same branch of this clone, whatever a remote has.
    pub(crate) fn here(&self) -> Self {
        Self { shown: self.branch.clone(), branch: self.branch.clone(), remote: None }
    }

    /// Where the remote has it now, brought here as objects and no more: no ref changes. `None` without a
    /// remote.
    pub(crate) fn peek(&self, git: &Git) -> Result<Option<String>, Failure> {
        let Some(remote) = &self.remote else { return Ok(None) };
        let _progress = Progress::start(format!("looking at {}", self.shown));
        let git = git.with_limit(NETWORK);
        let name = format!("refs/heads/{}", self.branch);
        let listed = git.text(["ls-remote", "--quiet", remote.as_str(), &name])?;
        let Some(tip) = listed.split_whitespace().next().map(ToOwned::to_owned) else {
            return Ok(None);
        };
        if git.commit(&tip)?.is_none() {
            let quiet = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head"];
            let alone = ["--no-recurse-submodules", "--refmap=", remote.as_str(), &name];
            git.bytes(quiet.into_iter().chain(alone))?;
        }
        Ok(Some(tip))
    }

    /// Brings the remote's branch up to date in this clone. Returns whether there was a remote to
    /// ask.
    pub(crate) fn fetch(&self, git: &Git) -> Result<bool, Failure> {
        let Some(remote) = &self.remote else { return Ok(false) };
        let _progress = Progress::start(format!("fetching {}", self.shown));
        let refspec = format!("+refs/heads/{}:{}", self.branch, self.reference());
        let quiet =
            ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"];
        let args: Vec<&str> = quiet.into_iter().chain([remote.as_str(), &refspec]).collect();
        let git = git.with_limit(NETWORK);
        let mut ran = git.try_run(&args)?;
        // Somebody else's fetch moved the ref at the same moment; what it brought is there now.
        if !ran.ok() && String::from_utf8_lossy(&ran.stderr).contains("cannot lock ref") {
            ran = git.try_run(&args)?;
        }
        if ran.ok() { Ok(true) } else { Err(git.failure(&args, &ran).into()) }
    }
}
