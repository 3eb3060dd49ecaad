//! SIGKILL at each step of a landing, and at any other moment.

use std::path::PathBuf;

use serde_json::json;
use testkit::{Repo, crash};

use crate::project::{DEFINITIONS, Project};

/// A place where a hook waits until it is let go.
struct Stop {
    reached: PathBuf,
    gate: PathBuf,
}

impl Stop {
    /// Puts a hook in place that says it was reached and waits at a FIFO. What it reads there is
    /// its exit status. With a `condition` it does so only when that shell command is true.
    fn at(project: &Project, git_dir: &std::path::Path, hook: &str, condition: &str) -> Self {
        let stop =
            Self { reached: project.scratch.path("reached"), gate: project.scratch.path("gate") };
        testkit::Tool::program("mkfifo").arg(&stop.gate).run().code(0);
        let script = format!(
            "{condition} || exit 0\nrm \"$0\"\n: > '{}'\nread status < '{}'\nexit $status",
            stop.reached.display(),
            stop.gate.display()
        );
        project.hook(git_dir, hook, &script);
        stop
    }

    /// Lets a hook that outlived its caller end with `status`.
    fn release(&self, status: &str) {
        let mut gate = std::fs::OpenOptions::new().write(true).open(&self.gate).unwrap();
        std::io::Write::write_all(&mut gate, format!("{status}\n").as_bytes()).unwrap();
    }

    /// Lands and kills the tool when the hook is reached.
    fn kill_there(&self, project: &Project) {
        let running = project.tool(["land", "98"]).spawn();
        assert!(crash::when(running, || self.reached.exists()).was_killed());
    }
}

/// The task is in the base once, recorded once, and the checkout is clean.
#[track_caller]
fn landed_once(project: &Project, before: &str) {
    let span = format!("{before}..main");
    let count = project.origin.git(["rev-list", "--first-parent", "--count", &span]);
    assert_eq!(count, "1");
    assert_eq!(project.origin.git(["rev-parse", "main^2"]), project.lane.head());
    assert_eq!(project.count("landed"), 1);
    assert_eq!(project.main.head(), project.base());
    assert_eq!(Project::dirt(&project.main), "");
    assert_eq!(project.run("land 98").code(0).json()["already"], true);
    assert_eq!(project.count("landed"), 1);
    project.run("validate").code(0);
}

#[test]
fn before_the_push_leaves_this_clone() {
    let project = Project::new();
    project.make_ready();
    let before = project.base();
    let stop = Stop::at(&project, &project.main.file(".git"), "pre-push", "true");
    stop.kill_there(&project);
    assert_eq!((project.count("landing"), project.count("landed")), (1, 0));
    assert_eq!(project.base(), before);
    stop.release("1");
    assert_eq!(project.run("land 98").code(0).json()["already"], false);
    landed_once(&project, &before);
}

#[test]
fn before_the_remote_takes_the_push() {
    let project = Project::new();
    project.make_ready();
    let before = project.base();
    let stop = Stop::at(&project, project.origin.path(), "pre-receive", "true");
    stop.kill_there(&project);
    assert_eq!(project.base(), before);
    stop.release("1");
    project.run("land 98").code(0);
    landed_once(&project, &before);
}

#[test]
fn a_push_that_outlives_its_caller_loses_against_the_next_landing() {
    let project = Project::new();
    project.make_ready();
    let before = project.base();
    let stop = Stop::at(&project, project.origin.path(), "pre-receive", "true");
    stop.kill_there(&project);
    // The first push still waits at the hook while the second one goes through.
    project.run("land 98").code(0);
    let after = project.base();
    stop.release("0");
    landed_once(&project, &before);
    assert_eq!(project.base(), after);
}

#[test]
fn after_the_remote_has_taken_the_push() {
    let project = Project::new();
    project.make_ready();
    let before = project.base();
    let stop = Stop::at(&project, project.origin.path(), "post-receive", "true");
    stop.kill_there(&project);
    let after = project.base();
    assert_ne!(after, before);
    assert_eq!(project.count("landed"), 0);
    let ran = project.run("merge-ready 98");
    ran.code(1).stderr_has("has landed in an earlier call");
    assert_eq!(project.count("landed"), 1);
    let again = project.run("land 98").code(0).json();
    assert_eq!((&again["already"], &again["base_after"]), (&json!(true), &json!(after)));
    stop.release("0");
    landed_once(&project, &before);
}

#[test]
fn after_the_push_while_this_clone_learns_of_it() {
    let project = Project::new();
    project.make_ready();
    let before = project.base();
    let journal = project.journal();
    let condition = format!(
        "[ \"$1\" = prepared ] && grep -q origin/main && grep -q landing '{}'",
        journal.display()
    );
    let stop = Stop::at(&project, &project.main.file(".git"), "reference-transaction", &condition);
    stop.kill_there(&project);
    assert_ne!(project.base(), before);
    assert_eq!(project.count("landed"), 0);
    stop.release("1");
    project.run("land 98").code(0);
    landed_once(&project, &before);
}

#[test]
fn after_it_was_recorded_before_the_checkout_follows() {
    let project = Project::new();
    project.make_ready();
    let before = project.base();
    let stop = Stop::at(
        &project,
        &project.main.file(".git"),
        "reference-transaction",
        "[ \"$1\" = prepared ] && grep -q refs/heads/main",
    );
    stop.kill_there(&project);
    assert_eq!(project.count("landed"), 1);
    // git was killed in the middle of its own work and left its lock.
    let pending = project.run("land 98").code(0).json();
    assert_eq!(pending["landed"], true);
    assert_eq!(pending["pending"][0]["code"], "sync_pending");
    for lock in ["refs/heads/main.lock", "HEAD.lock", "index.lock"] {
        std::fs::remove_file(project.main.file(".git").join(lock)).ok();
    }
    project.run("land 98").code(0);
    landed_once(&project, &before);
}

#[test]
fn a_call_for_whatever_is_ready_brings_the_checkout_along() {
    let project = Project::new();
    project.make_ready();
    let before = project.base();
    let stop = Stop::at(
        &project,
        &project.main.file(".git"),
        "reference-transaction",
        "[ \"$1\" = prepared ] && grep -q refs/heads/main",
    );
    stop.kill_there(&project);
    let head = project.main.head();
    assert_ne!(head, project.base());
    // The lock that the killed git has left is called by its name.
    let lock = project.main.file(".git/HEAD.lock");
    let ran = project.run("land --ready");
    ran.code(0).stderr_has(lock.to_str().unwrap());
    for lock in ["refs/heads/main.lock", "HEAD.lock", "index.lock"] {
        std::fs::remove_file(project.main.file(".git").join(lock)).ok();
    }
    let ran = project.run("land --ready");
    assert_eq!(ran.code(0).out(), "");
    landed_once(&project, &before);
}

/// A landing whose checkout was not brought along: it stands where it stood, as a git that was killed
/// while it wrote the files leaves it.
fn half_brought_along() -> (Project, String) {
    let project = Project::new();
    project.lane.write("docs/guide.md", "one\ntwo\nthree\nfour\nfive\nsix\n");
    project.lane.write("run.sh", "#!/bin/sh\n");
    project.lane.git(["rm", "-q", "src/lib.rs"]);
    project.lane.commit_all("More");
    project.make_ready();
    let before = project.base();
    project.run("land 98").code(0);
    project.main.git(["reset", "-q", "--hard", &before]);
    (project, before)
}

#[test]
fn while_git_writes_the_files_of_the_checkout() {
    let (project, before) = half_brought_along();
    std::fs::remove_file(project.main.file("src/lib.rs")).unwrap();
    std::fs::remove_file(project.main.file("docs/guide.md")).unwrap();
    project.main.write("src/api/schema.rs", "pub fn sch");
    project.main.write("run.sh", "");
    project.main.write("mine", "not a file of the landing\n");
    let ran = project.run("land --ready");
    assert_eq!(ran.code(0).err(), "");
    assert_eq!(project.main.head(), project.base());
    assert_eq!(Project::dirt(&project.main), "?? mine\n".trim_end());
    std::fs::remove_file(project.main.file("mine")).unwrap();
    landed_once(&project, &before);
}

#[test]
fn work_in_the_way_of_a_checkout_is_nobodys_trace() {
    let mess: [fn(&Repo); 4] = [
        |main| main.write("src/api/schema.rs", "pub fn mine() {}\n"),
        |main| main.write("docs/guide.md", "mine\n"),
        |main| main.write("src/lib.rs", "mine\n"),
        |main| {
            main.write("run.sh", "");
            main.git(["add", "run.sh"]);
        },
    ];
    for mess in mess {
        let (project, before) = half_brought_along();
        mess(&project.main);
        let dirt = Project::dirt(&project.main);
        let diff = project.main.git(["diff", "HEAD"]);
        project.run("land --ready").code(0).stderr_has("could not follow");
        assert_eq!(project.main.head(), before);
        assert_eq!(Project::dirt(&project.main), dirt);
        assert_eq!(project.main.git(["diff", "HEAD"]), diff);
    }
}

#[test]
fn after_everything() {
    let project = Project::new();
    project.make_ready();
    let before = project.base();
    let stop = Stop::at(&project, &project.main.file(".git"), "post-merge", "true");
    stop.kill_there(&project);
    landed_once(&project, &before);
}

#[test]
fn without_a_remote_while_the_base_moves() {
    let project = Project::with(&DEFINITIONS.replace("origin/main", "main"), Repo::options());
    project.make_ready();
    let before = project.main.head();
    let stop = Stop::at(
        &project,
        &project.main.file(".git"),
        "reference-transaction",
        "[ \"$1\" = prepared ] && grep -q refs/heads/main",
    );
    stop.kill_there(&project);
    assert_eq!(project.main.head(), before);
    for lock in ["refs/heads/main.lock", "HEAD.lock", "index.lock"] {
        std::fs::remove_file(project.main.file(".git").join(lock)).ok();
    }
    // The checkout holds the landing already; the branch follows.
    project.run("land 98").code(0);
    assert_eq!(project.main.git(["rev-parse", "main^1"]), before);
    assert_eq!(project.main.git(["rev-parse", "main^2"]), project.lane.head());
    assert_eq!(project.count("landed"), 1);
    assert_eq!(Project::dirt(&project.main), "");
}

#[test]
fn at_any_moment() {
    let mut rng = testkit::rng(98);
    let mut killed = 0;
    for _ in 0..12 {
        let project = Project::new();
        project.make_ready();
        let before = project.base();
        let running = project.tool(["land", "98"]).spawn();
        killed += u32::from(crash::after_turns(running, &mut rng, 60_000).was_killed());
        // git's own locks, where git was killed in the checkout.
        for lock in ["refs/heads/main.lock", "HEAD.lock", "index.lock", "ORIG_HEAD.lock"] {
            std::fs::remove_file(project.main.file(".git").join(lock)).ok();
        }
        // A push that outlived its caller may still be under way: then it is 75, and again.
        let mut ended = project.run("land 98");
        for _ in 0..5 {
            if ended.exit_code() == Some(0) {
                break;
            }
            ended = project.run("land 98");
        }
        ended.code(0);
        landed_once(&project, &before);
    }
    assert!(killed > 0, "no run was killed before its end");
}
