//! What can happen to a lane. A new command joins the table with one line.

use std::path::Path;

use testkit::Tool;

use super::Scene;

/// The lanes that are made.
pub(crate) const LANES: [&str; 3] = ["1", "2", "T-3"];

/// One thing that can happen.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    /// How often it happens, beside the others.
    pub(crate) chance: u32,
    pub(crate) what: What,
}

#[derive(Clone, Copy)]
pub(crate) enum What {
    /// Somebody works in a lane: what they overwrite or throw away is their own doing.
    Person(fn(&mut Scene, &Path)),
    /// A run of this tool, which takes nothing away. Gives its arguments.
    Run(fn(&mut Scene) -> Vec<String>),
    /// The same for a run that may let go of ignored files that anybody can build again.
    Empty(fn(&mut Scene) -> Vec<String>),
}

use What::{Empty, Person, Run};

const fn one(name: &'static str, chance: u32, what: What) -> Operation {
    Operation { name, chance, what }
}

pub(crate) const OPERATIONS: &[Operation] = &[
    one("edit", 4, Person(|scene, lane| scene.write(lane, "README.md"))),
    one("new file", 4, Person(|scene, lane| scene.write(lane, "new"))),
    one("ignored", 2, Person(|scene, lane| scene.ignored(lane, "run.log"))),
    one("built", 2, Person(|scene, lane| scene.ignored(lane, "target/out"))),
    one("precious", 1, Person(|scene, lane| scene.write(lane, "dev.db"))),
    one("other names", 1, Person(|scene, lane| scene.write(lane, " odd\n-\"name\u{e9}"))),
    one("wrap up", 30, Person(wrap_up)),
    one("stage", 3, Person(|_, lane| git(lane, &["add", "--all"]))),
    one("commit", 5, Person(commit)),
    one("amend", 1, Person(|_, lane| git(lane, &["commit", "-qa", "--amend", "--no-edit"]))),
    one("stash", 1, Person(|_, lane| git(lane, &["stash", "-q", "--include-untracked"]))),
    one("pop", 1, Person(|_, lane| git(lane, &["stash", "pop", "-q"]))),
    one("rebase, left", 1, Person(rebase)),
    one("rebase, gone on", 1, Person(|_, lane| git(lane, &["rebase", "--continue"]))),
    one("merge", 1, Person(merge)),
    one(
        "abort",
        1,
        Person(|_, lane| {
            git(lane, &["merge", "--abort"]);
            git(lane, &["rebase", "--abort"]);
        }),
    ),
    one("detach", 1, Person(|_, lane| git(lane, &["switch", "-q", "--detach"]))),
    one("go back", 2, Person(go_back)),
    one(
        "overlook",
        1,
        Person(|_, lane| {
            git(lane, &["update-index", "--skip-worktree", "README.md"]);
        }),
    ),
    one("land", 5, Person(land)),
    one("push", 1, Person(|_, lane| git(lane, &["push", "-qf", "-u", "origin", "HEAD"]))),
    one("lock", 1, Person(|_, lane| git(lane, &["worktree", "lock", "."]))),
    one("unlock", 2, Person(|_, lane| git(lane, &["worktree", "unlock", "."]))),
    one("gc", 1, Person(|_, lane| git(lane, &["gc", "-q", "--prune=now"]))),
    one("add", 20, Run(|scene| words(&["add", scene.lane(), "x"]))),
    one("add --adopt", 3, Run(|scene| words(&["add", scene.lane(), "x", "--adopt"]))),
    one("remove", 22, Run(|scene| words(&["remove", scene.lane()]))),
    one("prune", 2, Run(|_| words(&["prune", "--apply"]))),
    one(
        "restore",
        16,
        Run(|scene| {
            let trash = scene.world.state("trash");
            let entries = std::fs::read_dir(trash).into_iter().flatten();
            let mut names: Vec<String> =
                entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            let name = scene.rng.choice(names).unwrap_or_else(|| "none".into());
            words(&["trash", "restore", &name])
        }),
    ),
    one("empty", 4, Empty(|_| words(&["trash", "empty", "--older", "0s"]))),
    one("claim", 1, Run(|scene| words(&["claim", scene.lane(), "--owner", "a"]))),
    one("release", 1, Run(|scene| words(&["release", scene.lane(), "--owner", "a"]))),
    one("save", 3, Run(|scene| words(&["save", scene.lane()]))),
    one("save --ignored", 1, Run(|scene| words(&["save", scene.lane(), "--ignored"]))),
    one("status", 1, Run(|_| words(&["status"]))),
    one("repair", 2, Run(|_| words(&["repair"]))),
    one("lock", 1, Run(|scene| words(&["lock", scene.lane(), "--reason", "mine"]))),
    one("unlock", 2, Run(|scene| words(&["unlock", scene.lane()]))),
    one("reuse", 4, Run(|scene| words(&["reuse", scene.lane(), scene.lane(), "x"]))),
    one("sync", 3, Run(|scene| words(&["sync", scene.lane()]))),
    one("preflight", 1, Run(|scene| words(&["preflight", scene.lane()]))),
    one("list", 1, Run(|_| words(&["list", "--all"]))),
];

impl Scene {
    /// Writes to an ignored file that is not precious.
    fn ignored(&mut self, lane: &Path, file: &str) {
        self.write(lane, file);
        self.built.insert(format!("word-{:06}", self.words));
    }

    fn lane(&mut self) -> &'static str {
        self.rng.choice(LANES).unwrap()
    }
}

fn words(args: &[&str]) -> Vec<String> {
    args.iter().map(|arg| (*arg).to_owned()).collect()
}

/// Git as a person runs it; it may refuse.
fn git(lane: &Path, args: &[&str]) {
    Tool::program("git").args(args).dir(lane).env("GIT_EDITOR", "true").run();
}

/// Ends whatever goes on in a lane, and lands its work: nothing keeps it any longer.
fn wrap_up(scene: &mut Scene, lane: &Path) {
    for end in [&["merge", "--abort"][..], &["rebase", "--abort"], &["worktree", "unlock", "."]] {
        git(lane, end);
    }
    go_back(scene, lane);
    git(lane, &["update-index", "--no-skip-worktree", "README.md"]);
    if lane.join("dev.db").exists() {
        std::fs::remove_file(lane.join("dev.db")).unwrap();
    }
    git(lane, &["add", "--all"]);
    git(lane, &["commit", "-qm", "Wrap up"]);
    git(lane, &["stash", "clear"]);
    git(lane, &["pull", "-q", "--rebase", "-X", "theirs", "origin", "main"]);
    land(scene, lane);
}

fn commit(scene: &mut Scene, lane: &Path) {
    let file = ["a", "b", "README.md"][scene.rng.usize(..3)];
    scene.write(lane, file);
    git(lane, &["add", "--all"]);
    git(lane, &["commit", "-qm", file]);
}

fn rebase(_: &mut Scene, lane: &Path) {
    let stop = "sequence.editor=sed -i 1ibreak";
    git(lane, &["-c", stop, "rebase", "-qi", "HEAD~1"]);
}

/// Both sides changed the same line, more often than not.
fn merge(scene: &mut Scene, lane: &Path) {
    let other = ["origin/main", "main", "1-x", "2-x", "T-3"][scene.rng.usize(..5)];
    git(lane, &["merge", "-q", other]);
}

fn go_back(_: &mut Scene, lane: &Path) {
    let name = lane.file_name().unwrap().to_string_lossy().into_owned();
    let branch = match name.strip_prefix("talos-") {
        Some(number) => format!("{number}-x"),
        None => name,
    };
    git(lane, &["switch", "-q", &branch]);
}

/// The lane's work goes to the base.
fn land(_: &mut Scene, lane: &Path) {
    git(lane, &["pull", "-q", "--rebase", "origin", "main"]);
    git(lane, &["push", "-q", "origin", "HEAD:main"]);
    git(lane, &["fetch", "-q"]);
}
