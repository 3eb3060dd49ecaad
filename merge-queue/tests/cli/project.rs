//! A project with a bare origin, a lane, and the queue's definitions.

use std::path::{Path, PathBuf};

use serde_json::Value;
use testkit::{Ran, Repo, RepoOptions, Scratch, Tool};

/// The definitions that most tests use.
pub(crate) const DEFINITIONS: &str = "\
queue:
  base: origin/main
  roles:
    A-backend: {}
    D-arch: {reviewer: true}
    E-governance: {reviewer: true}
  tasks:
    - id: schema
      issue: 98
      title: Schema backend CRUD
      role: A-backend
      priority: 1
      acceptance_checks: [\"git --version\"]
    - id: later
      issue: 99
      title: Something that waits
      depends_on: [schema]
  routes:
    - globs: [\"docs/**\", \"src/api/**\"]
      roles: [D-arch]
    - globs: [\"src/**\"]
      roles: [E-governance]
";

/// A project: main worktree `talos`, bare origin beside it, lane `talos-98` on branch `98-schema`.
pub(crate) struct Project {
    pub(crate) scratch: Scratch,
    pub(crate) main: Repo,
    pub(crate) origin: Repo,
    pub(crate) lane: Repo,
    home: PathBuf,
    options: RepoOptions,
}

impl Project {
    /// With [`DEFINITIONS`] and one commit in the lane that changes `src/api/schema.rs`.
    pub(crate) fn new() -> Self {
        Self::with(DEFINITIONS, Repo::options())
    }

    /// With other definitions, or another kind of repository.
    pub(crate) fn with(definitions: &str, options: RepoOptions) -> Self {
        let scratch = Scratch::new();
        let home = scratch.home();
        let main = options.init(scratch.path("talos"));
        main.write("README.md", "talos\n");
        main.write("docs/guide.md", "one\ntwo\nthree\nfour\nfive\n");
        main.write("src/lib.rs", "pub fn lib() {}\n");
        main.write(".gitignore", "/target/\n");
        main.write("switchyard.yaml", definitions);
        main.commit_all("Begin");
        let origin = main.bare_origin();
        let lane = main.worktree(scratch.path("talos-98"), "98-schema");
        lane.commit_file("src/api/schema.rs", "pub fn schema() {}\n", "Add the schema");
        Self { scratch, main, origin, lane, home, options }
    }

    /// `merge-queue` with these arguments in the main worktree, not yet run.
    pub(crate) fn tool<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Tool {
        Tool::new("merge-queue")
            .args(["--actor", "lead"])
            .args(args)
            .home(&self.home)
            .dir(self.main.path())
    }

    /// Runs `merge-queue` with these words; none of them may hold a blank.
    #[track_caller]
    pub(crate) fn run(&self, words: &str) -> Ran {
        self.tool(words.split(' ')).run()
    }

    /// Records passing evidence for the lane as it stands.
    #[track_caller]
    pub(crate) fn evidence(&self) {
        self.tool(["evidence", "98", "--lane"])
            .arg(self.lane.path())
            .args(["--", "git", "--version"])
            .run()
            .code(0);
    }

    /// Hands the lane over as it stands.
    #[track_caller]
    pub(crate) fn handoff(&self) {
        self.run("handoff 98 --owner A --branch 98-schema").code(0);
    }

    /// Has a role approve the lane as it stands.
    #[track_caller]
    pub(crate) fn approve(&self, role: &str) {
        let reviewer = role.get(..1).unwrap();
        self.run(&format!("review 98 --role {role} --reviewer {reviewer} --status approved"))
            .code(0);
    }

    /// Everything that the task needs to land.
    #[track_caller]
    pub(crate) fn make_ready(&self) {
        self.evidence();
        self.handoff();
        self.approve("D-arch");
        self.approve("E-governance");
        self.run("merge-ready 98").code(0);
    }

    /// Pushes a commit to the base from another clone.
    #[track_caller]
    pub(crate) fn push_from_elsewhere(&self, path: &str, text: &str) -> String {
        let other = self.clone_of_origin("elsewhere");
        let commit = other.commit_file(path, text, "From elsewhere");
        other.git(["push", "--quiet", "origin", "HEAD:main"]);
        std::fs::remove_dir_all(other.path()).unwrap();
        commit
    }

    /// The codes of the reasons why the task may not land; the tool must say no.
    #[track_caller]
    pub(crate) fn reasons(&self) -> Vec<String> {
        let ran = self.run("merge-ready 98");
        codes(&ran.code(1).json())
    }

    /// Where the base of the origin stands.
    pub(crate) fn base(&self) -> String {
        self.origin.rev("main")
    }

    /// The journal.
    pub(crate) fn journal(&self) -> PathBuf {
        self.main.file(".git/switchyard/queue.jsonl")
    }

    /// The journal's events, as they stand there.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.journal()).unwrap_or_default();
        // A line that was set aside is blank.
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// How many events of a kind there are.
    pub(crate) fn count(&self, kind: &str) -> usize {
        self.events().iter().filter(|event| event["kind"] == kind).count()
    }

    /// What `git status` shows in a worktree.
    pub(crate) fn dirt(worktree: &Repo) -> String {
        worktree.git(["status", "--porcelain", "--untracked-files=all"])
    }

    /// Puts a hook into a repository, given the folder that has its `hooks`.
    pub(crate) fn hook(&self, git_dir: &Path, name: &str, script: &str) {
        self.scratch.program(git_dir.join("hooks").join(name), script);
    }

    /// Another clone of the origin, on its own `main`.
    #[track_caller]
    pub(crate) fn clone_of_origin(&self, name: &str) -> Repo {
        let clone = self.options.init(self.scratch.path(name));
        clone.git(["remote", "add", "origin", self.origin.path().to_str().unwrap()]);
        clone.git(["fetch", "--quiet", "origin"]);
        clone.git(["reset", "--quiet", "--hard", "origin/main"]);
        clone
    }
}

/// The codes of an answer's reasons.
#[track_caller]
pub(crate) fn codes(answer: &Value) -> Vec<String> {
    let reasons = answer["reasons"].as_array().unwrap();
    reasons.iter().map(|reason| reason["code"].as_str().unwrap().to_owned()).collect()
}
