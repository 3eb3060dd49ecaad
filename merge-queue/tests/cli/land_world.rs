//! Several tasks that wait to land, a verify command that records what it has seen, and what must hold
//! at every moment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use testkit::{Ran, Repo, RepoOptions, Tool};

use crate::project::Project;

/// Tasks `a` to `d` of which nobody reviews anything.
const DEFINITIONS: &str = "\
queue:
  base: origin/main
  policy: {evidence: optional}
  tasks:
    - {id: a, title: The first}
    - {id: b, title: The second}
    - {id: c, title: The third}
    - {id: d, title: The fourth}
";

/// A project with tasks that were handed over.
pub(crate) struct Queue {
    pub(crate) project: Project,
    /// The commit that was handed over for each task.
    pub(crate) handed_over: BTreeMap<String, String>,
    /// Where the base stood before.
    pub(crate) begun: String,
    /// The tasks that must never land.
    pub(crate) bad: BTreeSet<String>,
    local: bool,
}

impl Queue {
    /// With these tasks, each on a branch of its name that adds a file; what stands before a `=` is the task,
    /// and what stands behind it the file. The verify command fails where there is a file `bad*`.
    pub(crate) fn new(tasks: &[&str]) -> Self {
        Self::with(DEFINITIONS, tasks)
    }

    /// The same with the local branch for a base.
    pub(crate) fn local(tasks: &[&str]) -> Self {
        Self::with(&DEFINITIONS.replace("origin/main", "main"), tasks)
    }

    pub(crate) fn with(definitions: &str, tasks: &[&str]) -> Self {
        let options: RepoOptions = Repo::options();
        let project = Project::with(definitions, options);
        project.origin.git(["config", "core.logAllRefUpdates", "always"]);
        project.main.git(["config", "core.logAllRefUpdates", "always"]);
        let mut queue = Self {
            begun: project.main.head(),
            handed_over: BTreeMap::new(),
            bad: BTreeSet::new(),
            local: !definitions.contains("origin/main"),
            project,
        };
        queue.verify_with("");
        for task in tasks {
            let (task, file) = task.split_once('=').unwrap_or((task, task));
            queue.hand_over(task, file, "text\n");
        }
        queue
    }

    /// A branch of the task's name with one commit, handed over.
    pub(crate) fn hand_over(&mut self, task: &str, file: &str, text: &str) -> Repo {
        let project = &self.project;
        let lane = project.main.worktree(project.scratch.path(format!("lane-{task}")), task);
        let commit = lane.commit_file(file, text, task);
        project.run(&format!("handoff {task} --owner A --branch {task}")).code(0);
        self.handed_over.insert(task.into(), commit);
        if file.starts_with("bad") {
            self.bad.insert(task.into());
        }
        lane
    }

    /// From now on the verify command begins with this script, in the folder of what is verified.
    pub(crate) fn verify_with(&self, script: &str) {
        let seen = self.project.scratch.path("verified");
        let script = format!(
            "{script}\nfor bad in bad*; do test ! -e \"$bad\" || exit 1; done\n\
             git rev-parse 'HEAD^{{tree}}' >> '{}'",
            seen.display()
        );
        self.project.scratch.program("verify", &script);
    }

    /// A script by which another clone pushes a commit to the base.
    pub(crate) fn push_from_elsewhere(&self) -> String {
        let root = self.project.scratch.root().display();
        if !self.project.scratch.path("elsewhere").exists() {
            self.project.clone_of_origin("elsewhere");
        }
        format!(
            "(cd '{root}/elsewhere' && git pull -q --ff-only origin main && echo x >> other && git add other && \
             git commit -q -m Other && git rev-parse 'HEAD^{{tree}}' >> '{root}/foreign' && \
             git push -q origin HEAD:main) >&2 || exit 125"
        )
    }

    /// The verify command.
    pub(crate) fn verify(&self) -> String {
        self.project.scratch.path("verify").display().to_string()
    }

    /// The arguments of a landing with it.
    pub(crate) fn args(&self, words: &str) -> Vec<String> {
        let mut args: Vec<String> = ["--actor", "lead", "land"].map(Into::into).into();
        args.extend(words.split(' ').map(Into::into));
        args.extend(["--verify".into(), self.verify()]);
        args
    }

    /// A landing with it, not yet run.
    pub(crate) fn land(&self, words: &str) -> Tool {
        self.place(Tool::new("merge-queue").args(self.args(words)))
    }

    /// The tool in the main worktree.
    pub(crate) fn place(&self, tool: Tool) -> Tool {
        tool.home(self.project.scratch.home()).dir(self.project.main.path())
    }

    /// The repository whose base counts.
    pub(crate) fn holder(&self) -> &Repo {
        if self.local { &self.project.main } else { &self.project.origin }
    }

    /// Every commit that the base has stood at, the newest first.
    fn positions(&self) -> Vec<String> {
        let holder = self.holder();
        let log = holder.git(["reflog", "show", "--format=%H", "refs/heads/main", "--"]);
        let mut positions: Vec<String> = log.lines().map(Into::into).collect();
        positions.push(holder.rev("main"));
        positions
    }

    /// The trees that the verify command has passed.
    pub(crate) fn verified(&self) -> Vec<String> {
        self.lines("verified")
    }

    /// The lines of a file that a script writes.
    pub(crate) fn lines(&self, file: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.project.scratch.path(file));
        text.unwrap_or_default().lines().map(Into::into).collect()
    }

    /// How often each task stands in the base.
    fn merges(&self) -> BTreeMap<String, usize> {
        let format = "--format=%(trailers:key=Queue-Task,valueonly,separator=)";
        let span = format!("{}..main", self.begun);
        let log = self.holder().git(["log", "--first-parent", format, &span]);
        let mut merges = BTreeMap::new();
        for task in log.lines().map(str::trim).filter(|task| !task.is_empty()) {
            *merges.entry(task.to_owned()).or_default() += 1;
        }
        merges
    }

    /// The events of the journal, as far as they are whole.
    fn events(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.project.journal()).unwrap_or_default();
        let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        whole.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What must hold at every moment, whoever was killed: the base only ever held what was verified,
    /// what is recorded as landed is reachable, nothing is there twice, nothing bad, and no work is lost.
    pub(crate) fn sound(&self) -> Result<(), String> {
        let holder = self.holder();
        let tree = |commit: &str| holder.git(["rev-parse", &format!("{commit}^{{tree}}")]);
        // What others push is theirs to verify.
        let verified: BTreeSet<String> =
            self.verified().into_iter().chain(self.lines("foreign")).collect();
        for position in self.positions() {
            if position != self.begun && !verified.contains(&tree(&position)) {
                return Err(format!("the base held {position}, which was not verified"));
            }
        }
        for event in self.events() {
            if event["kind"] == "landed" {
                let after = event["landed"]["base_after"].as_str().unwrap();
                let args = ["merge-base", "--is-ancestor", after, "main"];
                if holder.try_git(args).exit_code() != Some(0) {
                    return Err(format!("{} is recorded as landed and is not", event["task"]));
                }
            }
        }
        for (task, count) in self.merges() {
            if count > 1 || self.bad.contains(&task) {
                return Err(format!("{task} is in the base {count} times"));
            }
        }
        for (task, commit) in &self.handed_over {
            let main = &self.project.main;
            let refs = main.try_git(["for-each-ref", "--contains", commit]);
            if refs.exit_code() != Some(0) || refs.out().is_empty() {
                return Err(format!("the work of {task} is lost"));
            }
        }
        Ok(())
    }

    /// What must hold in the end: every good task is in the base and recorded once, and nothing else
    /// is left of the landing.
    pub(crate) fn whole(&self) -> Result<(), String> {
        self.sound()?;
        let good: Vec<&String> =
            self.handed_over.keys().filter(|task| !self.bad.contains(*task)).collect();
        let merges = self.merges();
        for task in &good {
            if merges.get(*task) != Some(&1) {
                return Err(format!("{task} is not in the base"));
            }
            let count = |kind: &str| {
                let of = |e: &&Value| e["kind"] == kind && e["task"] == task.as_str();
                self.events().iter().filter(of).count()
            };
            if count("landed") != 1 {
                return Err(format!("{task} is recorded as landed {} times", count("landed")));
            }
        }
        let project = &self.project;
        if project.main.rev("main") != self.holder().rev("main") {
            return Err("this clone has not followed".into());
        }
        let dirt = Project::dirt(&project.main);
        if !dirt.is_empty() {
            return Err(format!("the checkout is dirty: {dirt}"));
        }
        let stage = project.main.git(["for-each-ref", "--format=%(refname)", "refs/switchyard"]);
        let pinned: Vec<&str> = stage
            .lines()
            .filter(|name| !self.bad.iter().any(|bad| name.ends_with(&format!("/{bad}"))))
            .collect();
        if !pinned.is_empty() {
            return Err(format!("left: {pinned:?}"));
        }
        for row in project.run("status").json_lines() {
            let task = row["task"].as_str().unwrap_or_default().to_owned();
            if good.contains(&&task) && row["state"] != "done" {
                return Err(format!("{task} is {}", row["state"]));
            }
        }
        let validated = project.run("validate");
        if validated.exit_code() != Some(0) {
            return Err(format!("validate: {validated}"));
        }
        for repository in [&project.main, &project.origin] {
            let fsck = repository.try_git(["fsck", "--connectivity-only", "--no-dangling"]);
            if fsck.exit_code() != Some(0) {
                return Err(format!("fsck: {fsck}"));
            }
        }
        Ok(())
    }

    /// Gives the command until it is through, which ends with `code`. A git that was killed while it changed refs leaves a lock, which
    /// the answer names, and which has to be taken away by hand.
    pub(crate) fn again(&self, words: &str, code: i32) -> Result<Ran, String> {
        let mut ran = self.land(words).run();
        for _ in 0..20 {
            let locks = self.locks();
            let why = self.project.run("merge-ready --all");
            let said = [ran.out(), ran.err(), why.out()].concat().replace("/./", "/");
            let named = locks.iter().find(|lock| said.contains(lock.to_str().unwrap()));
            let Some(lock) = named else { break };
            std::fs::remove_file(lock).unwrap();
            ran = self.land(words).run();
        }
        // What was sent back before the kill is not tried again.
        let ended = ran.exit_code();
        if ended == Some(0) || ended == Some(code) { Ok(ran) } else { Err(format!("again: {ran}")) }
    }

    /// The locks that git has left in this clone and in the origin.
    fn locks(&self) -> Vec<PathBuf> {
        let mut locks = Vec::new();
        let mut folders =
            vec![self.project.main.path().join(".git"), self.project.origin.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.ends_with(".git/switchyard") {
                    folders.push(path);
                } else if is_lock(&path) {
                    locks.push(path);
                }
            }
        }
        locks
    }
}

fn is_lock(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "lock")
}
