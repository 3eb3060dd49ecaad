//! Verified runs with real processes.
//!
//! A verified run ends everything that this process has started meanwhile, so each test has a process of its
//! own: it starts this test binary again with its own name.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use records::TaskId;
use testkit::{Repo, Scratch as Folder, Tool};

use super::{Context, Run, Verifier, log};
use crate::desk::Desk;
use crate::rules::batch::trial::Outcome;

/// Whether this is the process for the test of that name; otherwise it is run, and must pass.
#[track_caller]
fn alone(name: &str) -> bool {
    const ALONE: &str = "VERIFIED_RUN_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let name = format!("land::verify::runs::{name}");
    let ran = Tool::program(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--nocapture"])
        .env(ALONE, "1")
        .run();
    ran.code(0).stdout_has("1 passed");
    false
}

struct World {
    folder: Folder,
    repo: Repo,
    base: String,
    tip: String,
}

impl World {
    fn new() -> Self {
        let folder = Folder::new();
        let repo = Repo::init(folder.path("talos"));
        repo.write(".gitignore", "/target/\n");
        repo.write("file", "base\n");
        folder.program("talos/check", "test -e good");
        let base = repo.commit_all("Base");
        repo.write("good", "tip\n");
        let tip = repo.commit_all("Tip");
        Self { folder, repo, base, tip }
    }

    fn verifier(&self, command: &str, limit: Duration) -> Verifier {
        let desk = Desk::open(self.repo.path(), Some("lead".into())).unwrap();
        Verifier::open(&desk, command, limit).unwrap()
    }

    fn run_on(&self, commit: &str, command: &str) -> Run {
        let context = Context { base: &self.base, tasks: &[], changed: &[] };
        self.verifier(command, Duration::from_hours(1)).run(commit, &context).unwrap()
    }

    fn run(&self, command: &str) -> Run {
        self.run_on(&self.tip, command)
    }
}

#[track_caller]
fn failed(run: &Run, why: &str) {
    assert_eq!(run.outcome, Outcome::Failed, "{run:?}");
    assert!(run.reason.as_ref().unwrap().contains(why), "{run:?}");
}

#[track_caller]
fn infra(run: &Run, why: &str) {
    assert_eq!(run.outcome, Outcome::Infra, "{run:?}");
    assert!(run.reason.as_ref().unwrap().contains(why), "{run:?}");
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn a_pass_and_a_failure() {
    if !alone("a_pass_and_a_failure") {
        return;
    }
    let world = World::new();
    for command in ["./check", "test -e good", "sh -c 'test -e good'", "test -e good && :"] {
        let run = world.run(command);
        assert_eq!((run.outcome, run.exit_status, &run.reason), (Outcome::Passed, Some(0), &None));
        let run = world.run_on(&world.base, command);
        failed(&run, "it ended with 1");
        assert_eq!(run.exit_status, Some(1));
    }
}

#[test]
fn what_it_says_is_kept() {
    if !alone("what_it_says_is_kept") {
        return;
    }
    let world = World::new();
    let run = world.run("echo one; echo two >&2; exit 3");
    failed(&run, "it ended with 3");
    assert_eq!(run.output_tail, "one\ntwo\n");
    let log = run.log.unwrap();
    assert_eq!(text(&log), "one\ntwo\n");
    assert!(log.starts_with(world.repo.file(".git/switchyard/verify/logs")));

    // More than a log may hold: its beginning and its end are kept, and how much is missing.
    let run = world.run("seq 1 4000000");
    assert_eq!(run.outcome, Outcome::Passed);
    assert!(run.output_tail.ends_with("3999999\n4000000\n") && run.output_tail.len() <= 4096);
    let kept = text(&run.log.unwrap());
    assert!(kept.starts_with("1\n2\n3\n") && kept.ends_with("3999999\n4000000\n"));
    let whole: usize = (1..=4_000_000).map(|n: u32| n.to_string().len() + 1).sum();
    let gap = kept.lines().find(|line| line.starts_with("[merge-queue: ")).unwrap();
    let missing: usize = gap.split(' ').nth(1).unwrap().parse().unwrap();
    assert_eq!(kept.len() - (gap.len() + 2) + missing, whole);

    // A little more: nothing is missing.
    let run = world.run("seq 1 2250000");
    let kept = text(&run.log.unwrap());
    assert!(!kept.contains("merge-queue"));
    assert_eq!(kept.lines().count(), 2_250_000);
    assert!(kept.len() > 16 << 20 && kept.len() < (16 << 20) + log::LAST);
}

#[test]
fn it_is_told_what_is_verified() {
    if !alone("it_is_told_what_is_verified") {
        return;
    }
    let world = World::new();
    let verifier = world.verifier(
        "env | grep -a ^MERGE_QUEUE_ | sort; cat \"$MERGE_QUEUE_CHANGED_FILES\"; tr '\\0' '|' < \"$MERGE_QUEUE_CHANGED_FILES_Z\"",
        Duration::from_hours(1),
    );
    let tasks: Vec<TaskId> = ["schema", "later"].map(|id| id.parse().unwrap()).into();
    let changed = [&b"src/b.rs"[..], b"a\nb", b"src/b.rs", b"\xff"].map(<[u8]>::to_vec);
    let context = Context { base: &world.base, tasks: &tasks, changed: &changed };
    let run = verifier.run(&world.tip, &context).unwrap();
    assert_eq!(run.outcome, Outcome::Passed);
    let dir = world.repo.file(".git/switchyard/verify/1");
    let dir = dir.display();
    let expected = format!(
        "MERGE_QUEUE_BASE={}\nMERGE_QUEUE_CHANGED_FILES={dir}/changed-files\n\
         MERGE_QUEUE_CHANGED_FILES_Z={dir}/changed-files.z\nMERGE_QUEUE_TASKS=schema later\n\
         MERGE_QUEUE_TIP={}\n\"a\\nb\"\nsrc/b.rs\n\u{fffd}\na\nb|src/b.rs|\u{fffd}|",
        world.base, world.tip
    );
    assert_eq!(run.output_tail, expected);
    // The next run is told its own.
    let context = Context { base: &world.base, tasks: &[], changed: &[] };
    let run = verifier.run(&world.tip, &context).unwrap();
    assert!(run.output_tail.contains("MERGE_QUEUE_TASKS=\n"));
    assert!(!run.output_tail.contains("src/b.rs"));
}

#[test]
fn nothing_that_it_starts_outlives_it() {
    if !alone("nothing_that_it_starts_outlives_it") {
        return;
    }
    let world = World::new();
    let (pid, fifo) = (world.folder.path("pid"), world.folder.path("fifo"));
    Tool::program("mkfifo").arg(&fifo).run().code(0);
    let sleeper =
        format!("echo $$ > '{}'; echo go > '{}'; exec sleep 1000", pid.display(), fifo.display());
    for how in [
        format!("sh -c \"{sleeper}\" &"),
        format!("(setsid sh -c \"trap '' TERM HUP; {sleeper}\" &) &"),
        format!("setsid nohup sh -c \"{sleeper}\" >/dev/null 2>&1 < /dev/null &"),
    ] {
        let run = world.run(&format!("{how} read x < '{}'; exit 1", fifo.display()));
        failed(&run, "it ended with 1");
        let pid = text(&pid).trim().to_owned();
        assert!(!PathBuf::from(format!("/proc/{pid}")).exists(), "{how}");
    }
    // And nothing holds the slot.
    assert!(world.run("pwd").output_tail.trim().ends_with("slot-1"));
}

#[test]
fn the_time_limit_is_a_failure_even_for_who_ignores_sigterm() {
    if !alone("the_time_limit_is_a_failure_even_for_who_ignores_sigterm") {
        return;
    }
    let world = World::new();
    let verifier = world
        .verifier("trap '' TERM; echo begun; while :; do sleep 1000; done", Duration::from_secs(2));
    assert!(verifier.command().starts_with("sh -c 'trap '"), "{}", verifier.command());
    let context = Context { base: &world.base, tasks: &[], changed: &[] };
    let run = verifier.run(&world.tip, &context).unwrap();
    failed(&run, "stopped after 2.0s");
    assert_eq!(run.output_tail, "begun\n");
}

#[test]
fn what_blames_nobody() {
    if !alone("what_blames_nobody") {
        return;
    }
    let world = World::new();
    infra(&world.run("no-such-program-anywhere"), "not found on PATH");
    infra(&world.run("./no-such-script"), "cannot run ./no-such-script");
    infra(&world.run("./file"), "cannot run ./file");
    infra(&world.run("no-such-program-anywhere && true"), "it ended with 127");
    infra(&world.run("sh -c 'exit 125'"), "it ended with 125");
    infra(&world.run("kill -9 $$; :"), "signal 9 ended it");
    infra(&world.run("sh -c 'kill -9 $$; :'; exit $?"), "it ended with 137");
    infra(&world.run("kill -TERM $$; :"), "signal 15 ended it");
    infra(&world.run_on(&"1".repeat(40), "true"), "the commit could not be made ready");
    // But a crash is the command's own.
    failed(&world.run("kill -SEGV $$; :"), "signal 11 ended it");
    failed(&world.run("sh -c 'kill -ABRT $$; :'; exit $?"), "it ended with 134");
}

#[test]
fn who_takes_the_command_itself_away_has_failed() {
    if !alone("who_takes_the_command_itself_away_has_failed") {
        return;
    }
    let world = World::new();
    fs::remove_file(world.repo.file("check")).unwrap();
    let gone = world.repo.commit_all("Gone");
    failed(&world.run_on(&gone, "./check"), "in the base it is a program");
    world.repo.write("check", "#!/bin/sh\n");
    let plain = world.repo.commit_all("Not executable");
    failed(&world.run_on(&plain, "./check"), "in the base it is a program");
}

#[test]
fn who_changes_what_is_verified_has_failed() {
    if !alone("who_changes_what_is_verified_has_failed") {
        return;
    }
    let world = World::new();
    for (command, how) in [
        ("echo x >> file", "tracked files were changed: file"),
        ("git commit -q --allow-empty -m sneaky", "HEAD was moved to"),
        ("git checkout -q -b taken", "refs/heads/taken was checked out"),
        ("git rm -q --cached file", "tracked files were changed: file"),
        ("git update-index --assume-unchanged file; echo x > file", "were changed: file"),
        ("rm -rf .git", "it cannot be looked at"),
        ("rm -rf \"$PWD\"", "it cannot be looked at"),
        ("echo x >> file; exit 1", "it ended with 1; after the command the worktree is not"),
    ] {
        failed(&world.run(command), how);
        // And nothing of it is left for the next, or for whoever needs the branch.
        assert_eq!(
            world.run("test -e good && ! git symbolic-ref -q HEAD").outcome,
            Outcome::Passed
        );
        world.repo.try_git(["branch", "-D", "taken"]);
    }
    assert_eq!(
        world.run("mkdir -p target; echo x > target/x; echo y > y").outcome,
        Outcome::Passed
    );
    assert_eq!(world.run("test -e target/x && ! test -e y").outcome, Outcome::Passed);
    assert_eq!(world.repo.git(["status", "--porcelain"]), "");
}

#[test]
fn it_sees_none_of_our_variables_and_no_terminal() {
    if !alone("it_sees_none_of_our_variables_and_no_terminal") {
        return;
    }
    let world = World::new();
    let run = world.run("env | grep -E '^(GIT_DIR|GIT_INDEX_FILE|GIT_WORK_TREE|GEMINI_API_KEY)='; ! read x && test \"$(git rev-parse HEAD)\" = \"$MERGE_QUEUE_TIP\"");
    assert_eq!((run.outcome, run.output_tail.as_str()), (Outcome::Passed, ""));
}

#[test]
fn an_empty_command_is_refused() {
    let world = World::new();
    let desk = Desk::open(world.repo.path(), Some("lead".into())).unwrap();
    for command in ["", "  ", "''"] {
        assert!(Verifier::open(&desk, command, Duration::from_secs(1)).is_err(), "{command:?}");
    }
}
