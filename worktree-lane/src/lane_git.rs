//! The `git` program for one worktree.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use repo::{Error, Git, Program, Ran};

use crate::here::Here;

/// How many names a message shows.
const SHOWN: usize = 5;

/// Settings under which git hides no change from us: each of them can be set otherwise for the sake of
/// speed, or for a file system that the repository is on no more. The last one would add a line to
/// the list of changes.
const SEEN: [&str; 7] = [
    "core.untrackedCache=false",
    "core.ignoreStat=false",
    "core.ignoreCase=false",
    "core.trustCTime=true",
    "core.checkStat=default",
    "status.showUntrackedFiles=all",
    "status.showStash=false",
];

/// Runs git for one linked worktree, named by its folder and by git's own folder for it.
///
/// Both are given on the command line, so git never searches: in a lane that lost its `.git` file,
/// git would otherwise answer for the main worktree around it.
#[derive(Debug, Clone)]
pub(crate) struct LaneGit {
    git: Git,
    before: Vec<OsString>,
    /// The repository's git folder, when `admin` is not where git put it and cannot name it.
    common: Option<PathBuf>,
}

impl LaneGit {
    /// Git for the worktree at `path` that git knows by the folder `admin`.
    pub(crate) fn new(path: &Path, admin: &Path) -> Self {
        let option = |name: &str, value: &Path| {
            let mut option = OsString::from(name);
            option.push(value);
            option
        };
        let mut before = vec![option("--git-dir=", admin), option("--work-tree=", path)];
        before.extend(Here::QUIET.map(OsString::from));
        for setting in SEEN {
            before.extend(["-c".into(), setting.into()]);
        }
        Self { git: Git::new(path), before, common: None }
    }

    /// The same for a worktree in the trash.
    pub(crate) fn in_trash(tree: &Path, admin: &Path, common: &Path) -> Self {
        Self { common: Some(common.into()), ..Self::new(tree, admin) }
    }

    /// Git with `args`, not yet run.
    pub(crate) fn program<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Program {
        let program = self.git.program(&self.before).args(args);
        match &self.common {
            Some(common) => program.env("GIT_COMMON_DIR", common),
            None => program,
        }
    }

    /// Its stdout; status 0 is required.
    pub(crate) fn bytes<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Vec<u8>, Error> {
        self.finish(args, self.program(args).run()?)
    }

    /// The same in a process group of its own: a signal that asks this tool to stop is passed on,
    /// and what was begun can then be undone.
    pub(crate) fn bytes_in_group(&self, args: &[&str]) -> Result<Vec<u8>, Error> {
        self.finish(args, self.program(args).own_group().run()?)
    }

    /// The same with `input` on stdin.
    pub(crate) fn bytes_with(&self, args: &[&str], input: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.finish(args, self.program(args).stdin(input).run()?)
    }

    /// The same with an index of its own.
    pub(crate) fn bytes_with_index(
        &self,
        index: PathBuf,
        args: &[&str],
        input: Vec<u8>,
    ) -> Result<Vec<u8>, Error> {
        self.finish(args, self.program(args).env("GIT_INDEX_FILE", index).stdin(input).run()?)
    }

    /// The commit that `revision` names; `None` when it names none.
    pub(crate) fn commit(&self, revision: &str) -> Result<Option<String>, Error> {
        let peeled = format!("{revision}^{{commit}}");
        let args = ["rev-parse", "--verify", "--quiet", "--end-of-options", &peeled];
        let ran = self.program(args).run()?;
        match ran.code() {
            Some(0) => Ok(Some(String::from_utf8_lossy(&ran.stdout).trim().to_owned())),
            Some(1) => Ok(None),
            _ => Err(self.git.failure(&args, &ran)),
        }
    }

    /// An error for a finished call, for callers of [`LaneGit::program`].
    pub(crate) fn failure(&self, args: &[&str], ran: &Ran) -> Error {
        self.git.failure(args, ran)
    }

    fn finish<S: AsRef<OsStr>>(&self, args: &[S], ran: Ran) -> Result<Vec<u8>, Error> {
        if ran.ok() { Ok(ran.stdout) } else { Err(self.git.failure(args, &ran)) }
    }
}

/// The fields of git's `-z` output.
pub(crate) fn fields(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|b| *b == 0).filter(|field| !field.is_empty())
}

/// A name from git's output, as a path.
pub(crate) fn path(field: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(field))
}

/// The first few of some names, for messages.
pub(crate) fn some(names: &[String]) -> String {
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    }
}

/// A name from git's output, for messages.
pub(crate) fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(field).into_owned()
}
