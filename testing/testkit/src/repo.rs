//! Real git repositories, made by the git program.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::ran::Ran;
use crate::scratch::write_file;
use crate::seeded_history;
use crate::tool::Tool;

/// The date of the first commit: 2026-01-24T12:00:00Z. Each commit is a minute later.
const FIRST_COMMIT: i64 = 1_769_256_000;

/// How a repository is made.
#[derive(Debug, Clone, Copy, Default)]
pub struct RepoOptions {
    sha256: bool,
    reftable: bool,
}

impl RepoOptions {
    /// Object ids of 64 digits.
    #[must_use]
    pub fn sha256(mut self) -> Self {
        self.sha256 = true;
        self
    }

    /// References in a reftable instead of files.
    #[must_use]
    pub fn reftable(mut self) -> Self {
        self.reftable = true;
        self
    }

    /// Makes the repository.
    #[track_caller]
    pub fn init(self, path: impl Into<PathBuf>) -> Repo {
        let path = path.into();
        self.run_init(&path, &[]);
        Repo { path, options: self, clock: Arc::new(AtomicI64::new(FIRST_COMMIT)) }
    }

    #[track_caller]
    fn run_init(self, path: &Path, more: &[&str]) {
        std::fs::create_dir_all(path).expect("create the directory of the repository");
        // Only what was asked for: an older git does not know the other flags.
        let object_format = self.sha256.then_some("--object-format=sha256");
        let ref_format = self.reftable.then_some("--ref-format=reftable");
        Tool::program("git")
            .args(["init", "--quiet"])
            .args(object_format.into_iter().chain(ref_format))
            .args(more)
            .arg(path)
            .run()
            .code(0);
    }
}

/// A repository or one of its worktrees. The same calls give the same commit ids every time:
/// author, committer and dates are fixed.
#[derive(Debug, Clone)]
pub struct Repo {
    path: PathBuf,
    options: RepoOptions,
    /// Seconds since 1970 of the next commit, shared by the worktrees of a repository.
    clock: Arc<AtomicI64>,
}

impl Repo {
    /// An empty repository with the branch `main`, SHA-1 and reference files.
    #[track_caller]
    pub fn init(path: impl Into<PathBuf>) -> Self {
        RepoOptions::default().init(path)
    }

    /// Options for another kind of repository.
    pub fn options() -> RepoOptions {
        RepoOptions::default()
    }

    /// The working directory, or the repository itself when it is bare.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file below [`Repo::path`].
    pub fn file(&self, rel: impl AsRef<Path>) -> PathBuf {
        self.path.join(rel)
    }

    /// Runs git here, expects success and returns stdout without the line end.
    #[track_caller]
    pub fn git<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> String {
        let ran = self.try_git(args);
        ran.code(0).out().trim_end_matches('\n').to_owned()
    }

    /// Runs git here, whatever comes of it.
    #[track_caller]
    pub fn try_git<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Ran {
        self.command().args(args).run()
    }

    /// A call of git here with the fixed identity and date, for stdin or more environment.
    pub fn command(&self) -> Tool {
        let date = format!("{} +0000", self.clock.load(Ordering::SeqCst));
        Tool::program("git")
            .dir(&self.path)
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
    }

    /// Writes a file and commits nothing.
    pub fn write(&self, rel: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        write_file(&self.file(rel), bytes.as_ref());
    }

    /// The text of a file in the working directory.
    #[track_caller]
    pub fn read(&self, rel: impl AsRef<Path>) -> String {
        let path = self.file(rel);
        std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: cannot be read: {error}", path.display()))
    }

    /// Stages everything and commits it, also when nothing changed. Returns the full commit id.
    #[track_caller]
    pub fn commit_all(&self, message: &str) -> String {
        self.git(["add", "--all"]);
        self.commit_staged(message)
    }

    /// Writes one file and commits it alone. Returns the full commit id.
    #[track_caller]
    pub fn commit_file(
        &self,
        rel: impl AsRef<Path>,
        bytes: impl AsRef<[u8]>,
        message: &str,
    ) -> String {
        self.write(&rel, bytes);
        self.git([OsStr::new("add"), OsStr::new("--"), rel.as_ref().as_os_str()]);
        self.commit_staged(message)
    }

    #[track_caller]
    fn commit_staged(&self, message: &str) -> String {
        self.git(["commit", "--quiet", "--allow-empty", "--message", message]);
        self.clock.fetch_add(60, Ordering::SeqCst);
        self.head()
    }

    /// The full id of `HEAD`.
    #[track_caller]
    pub fn head(&self) -> String {
        self.rev("HEAD")
    }

    /// The full id of the commit that `name` means.
    #[track_caller]
    pub fn rev(&self, name: &str) -> String {
        self.git(["rev-parse", "--verify", "--end-of-options", &format!("{name}^{{commit}}")])
    }

    /// Makes a branch at `HEAD` and stays where it is.
    #[track_caller]
    pub fn branch(&self, name: &str) {
        self.git(["branch", "--", name]);
    }

    /// Switches to a branch that exists.
    #[track_caller]
    pub fn switch(&self, name: &str) {
        self.git(["switch", "--quiet", name]);
    }

    /// Makes a branch at `HEAD` and switches to it.
    #[track_caller]
    pub fn switch_new(&self, name: &str) {
        self.git(["switch", "--quiet", "--create", name]);
    }

    /// Adds a worktree at `path` on the new branch `branch`, which starts at `HEAD`.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "often made for its effect alone")]
    pub fn worktree(&self, path: impl Into<PathBuf>, branch: &str) -> Self {
        let path = path.into();
        let flags = ["worktree", "add", "--quiet", "-b", branch, "--"].map(OsStr::new);
        self.git(flags.into_iter().chain([path.as_os_str()]));
        Self { path, options: self.options, clock: Arc::clone(&self.clock) }
    }

    /// Makes a bare repository `<path>.origin.git` beside this one, names it `origin`, pushes the
    /// branch that is checked out and makes it the upstream. Needs a commit.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "often made for its effect alone")]
    pub fn bare_origin(&self) -> Self {
        let mut name = self.path.file_name().expect("a named directory").to_owned();
        name.push(".origin.git");
        let path = self.path.with_file_name(name);
        self.options.run_init(&path, &["--bare"]);
        self.git([OsStr::new("remote"), OsStr::new("add"), OsStr::new("origin"), path.as_os_str()]);
        self.git(["push", "--quiet", "--set-upstream", "origin", "HEAD"]);
        self.git(["remote", "set-head", "origin", "--auto"]);
        Self { path, options: self.options, clock: Arc::clone(&self.clock) }
    }

    /// Adds `commits` commits over `files` files to the branch that is checked out, the same for
    /// the same seed, and checks the last one out. Ten thousand commits take a few seconds.
    /// Returns the full id of the last commit.
    #[track_caller]
    pub fn seeded_history(&self, seed: u64, commits: usize, files: usize) -> String {
        let branch = self.git(["symbolic-ref", "HEAD"]);
        let parent = self.try_git(["rev-parse", "--verify", "--quiet", "HEAD"]);
        let parent = parent.exit_code().filter(|code| *code == 0).map(|_| self.head());
        let first = self.clock.load(Ordering::SeqCst);
        let plan = seeded_history::Plan { branch: &branch, parent, first, seed, commits, files };
        self.command()
            .args(["fast-import", "--quiet", "--force"])
            .stdin(plan.stream())
            .run()
            .code(0);
        let minutes = i64::try_from(commits).expect("a number of commits");
        self.clock.store(first + 60 * minutes, Ordering::SeqCst);
        self.git(["reset", "--quiet", "--hard"]);
        self.head()
    }
}
