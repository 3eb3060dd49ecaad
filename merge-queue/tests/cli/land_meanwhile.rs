//! What happens elsewhere while tasks are verified and landed.

use std::path::PathBuf;

use serde_json::Value;
use testkit::{Ran, Running, Tool, crash};

use crate::land_world::Queue;
use crate::project::{Project, codes};

/// Where scripts wait until they are let go, each at its own reading of a FIFO.
struct Gate {
    reached: PathBuf,
    fifo: PathBuf,
}

impl Gate {
    fn new(queue: &Queue) -> Self {
        let scratch = &queue.project.scratch;
        let gate = Self { reached: scratch.path("reached"), fifo: scratch.path("gate") };
        Tool::program("mkfifo").arg(&gate.fifo).run().code(0);
        gate
    }

    /// A script that says that it was reached and waits.
    fn script(&self) -> String {
        format!("echo >> '{}'\nread go < '{}'", self.reached.display(), self.fifo.display())
    }

    /// Waits until it was reached so often.
    fn reached(&self, times: usize, running: &Running) {
        let lines = || std::fs::read_to_string(&self.reached).unwrap_or_default().lines().count();
        while lines() < times {
            assert!(!running.has_ended(), "it has ended before it came there");
            std::thread::yield_now();
        }
    }

    /// Lets one go.
    fn open(&self) {
        let mut fifo = std::fs::OpenOptions::new().write(true).open(&self.fifo).unwrap();
        std::io::Write::write_all(&mut fifo, b"go\n").unwrap();
    }
}

#[track_caller]
fn ends(queue: &Queue, words: &str) -> Ran {
    let ran = queue.again(words, 0).unwrap();
    assert_eq!(queue.whole(), Ok(()));
    ran
}

fn landed(ran: &Ran) -> Vec<String> {
    let answers = ran.json_lines();
    let landed = answers.iter().filter(|answer| answer["landed"] == true);
    landed.map(|answer| answer["task"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_push_while_it_is_verified_is_never_overwritten_nor_landed_on_untested() {
    for words in ["--ready", "--ready --batch", "--ready --batch --strategy ff-only"] {
        let queue = Queue::new(&["a", "b"]);
        let push = queue.push_from_elsewhere();
        let once = queue.project.scratch.path("once");
        queue.verify_with(&format!("[ -e '{0}' ] || {{ : > '{0}'; {push}; }}", once.display()));
        let ran = queue.land(words).run();
        assert!(matches!(ran.exit_code(), Some(0 | 1 | 75)), "{ran}");
        assert_eq!(queue.sound(), Ok(()));
        assert_eq!(queue.lines("foreign").len(), 1);
        if words.ends_with("ff-only") {
            // Its branch is not on top of the base any more, which only its owner can change.
            assert_eq!(queue.project.count("landed"), 0);
            continue;
        }
        ends(&queue, words);
        let files = queue.project.origin.git(["ls-tree", "--name-only", "main"]);
        assert!(["a", "b", "other"].iter().all(|file| files.lines().any(|f| f == *file)));
    }
}

#[test]
fn who_loses_every_race_tries_later() {
    let queue = Queue::new(&["a"]);
    queue.verify_with(&queue.push_from_elsewhere());
    let ran = queue.land("a").run();
    ran.code(75).stderr_has("somebody else moved it");
    assert_eq!(queue.project.count("landed"), 0);
    assert_eq!(queue.sound(), Ok(()));
    queue.verify_with("");
    ends(&queue, "a");
}

#[test]
fn a_remote_that_says_no_is_quoted_and_nothing_is_recorded() {
    for hook in ["pre-receive", "update"] {
        let queue = Queue::new(&["a", "b"]);
        let project = &queue.project;
        project.hook(project.origin.path(), hook, "echo 'not on a friday' >&2; exit 1");
        for words in ["--ready", "--ready --batch"] {
            queue.land(words).run().code(74).stderr_has("not on a friday");
            assert_eq!(project.count("landed"), 0);
            assert_eq!(project.base(), queue.begun);
            assert_eq!(project.main.head(), queue.begun);
            assert_eq!(queue.sound(), Ok(()));
        }
        std::fs::remove_file(project.origin.file("hooks").join(hook)).unwrap();
        ends(&queue, "--ready --batch");
    }
}

#[test]
fn nobody_waits_for_a_slow_remote_or_a_slow_command() {
    let queue = Queue::new(&["a"]);
    let project = &queue.project;
    let gate = Gate::new(&queue);
    queue.verify_with(&gate.script());
    project.hook(project.origin.path(), "pre-receive", &gate.script());
    let running = queue.land("--ready").spawn();
    for stop in 1..=2 {
        gate.reached(stop, &running);
        // At the command, and then at the remote.
        for words in ["status", "next", "validate", "ready", "log a"] {
            let ran = project.run(words);
            assert!(matches!(ran.exit_code(), Some(0 | 1)), "{ran}");
        }
        // A write too.
        project.main.git(["branch", "--force", "d", "main"]);
        project.run("handoff d --owner B --branch d").code(0);
        gate.open();
    }
    running.wait().code(0);
    // What was handed over meanwhile waits, and is kept for as long.
    project.main.git(["update-ref", "-d", "refs/switchyard/queue/d"]);
    assert_eq!(queue.whole(), Ok(()));
}

#[test]
fn two_at_once_in_one_clone_verify_side_by_side_and_land_everything_once() {
    for words in ["--ready", "--ready --batch"] {
        let queue = Queue::new(&["a", "b", "c"]);
        let gate = Gate::new(&queue);
        let slots = queue.project.scratch.path("slots");
        queue.verify_with(&format!("pwd >> '{}'\n{}", slots.display(), gate.script()));
        let both = [queue.land(words).spawn(), queue.land(words).spawn()];
        gate.reached(1, &both[0]);
        while queue.lines("slots").len() < 2 {
            assert!(both.iter().all(|running| !running.has_ended()));
            std::thread::yield_now();
        }
        let used = queue.lines("slots");
        assert_ne!(used[0], used[1]);
        queue.verify_with("");
        gate.open();
        gate.open();
        for ran in both.map(Running::wait) {
            assert!(matches!(ran.exit_code(), Some(0 | 1 | 75)), "{ran}");
        }
        assert_eq!(queue.sound(), Ok(()));
        ends(&queue, words);
    }
}

#[test]
fn two_clones_at_once_land_everything_once() {
    let queue = Queue::new(&["a", "b", "c"]);
    let project = &queue.project;
    let other = project.clone_of_origin("other-clone");
    other.git(["fetch", "-q", project.main.path().to_str().unwrap(), "a:a", "b:b", "c:c"]);
    let there = |words: &str| {
        let tool = Tool::new("merge-queue").args(["--actor", "lead"]).args(words.split(' '));
        tool.home(project.scratch.home()).dir(other.path())
    };
    for task in ["a", "b", "c"] {
        there(&format!("handoff {task} --owner A --branch {task}")).run().code(0);
    }
    let gate = Gate::new(&queue);
    queue.verify_with(&gate.script());
    let land = || there(&format!("land --ready --batch --verify {}", queue.verify()));
    let both = [queue.land("--ready --batch").spawn(), land().spawn()];
    gate.reached(2, &both[0]);
    queue.verify_with("");
    gate.open();
    gate.open();
    for ran in both.map(Running::wait) {
        assert!(matches!(ran.exit_code(), Some(0 | 1 | 75)), "{ran}");
    }
    assert_eq!(queue.sound(), Ok(()));
    // Each clone says of the base what the base is, whoever brought the work there.
    for _ in 0..2 {
        let ran = queue.land("--ready --batch").run();
        assert!(matches!(ran.exit_code(), Some(0 | 1)), "{ran}");
        let ran = land().run();
        assert!(matches!(ran.exit_code(), Some(0 | 1)), "{ran}");
    }
    assert_eq!(queue.sound(), Ok(()));
    let files = project.origin.git(["ls-tree", "--name-only", "main"]);
    assert!(["a", "b", "c"].iter().all(|file| files.lines().any(|f| f == *file)), "{files}");
    assert_eq!(project.origin.git(["fsck", "--connectivity-only", "--no-dangling"]), "");
}

#[test]
fn a_branch_that_is_deleted_or_moved_while_it_is_verified_lands_as_it_was_reviewed() {
    let main = |queue: &Queue| queue.project.main.path().display().to_string();
    for how in [
        "worktree remove --force ../lane-a && git -C \"$M\" branch -q -D a",
        "worktree remove --force ../lane-a && git -C \"$M\" branch -q -f a main",
    ] {
        let queue = Queue::new(&["a", "b"]);
        let once = queue.project.scratch.path("once");
        queue.verify_with(&format!(
            "M='{}'\n[ -e '{1}' ] || {{ : > '{1}'; git -C \"$M\" {how}; }} || exit 125",
            main(&queue),
            once.display()
        ));
        let ran = queue.land("a b --batch").run();
        ran.code(0);
        assert_eq!(landed(&ran), ["a", "b"]);
        assert_eq!(queue.whole(), Ok(()));
        let reviewed = &queue.handed_over["a"];
        assert!(queue.project.origin.git(["log", "--format=%P", "main"]).contains(reviewed));
    }
}

#[test]
fn a_branch_that_was_deleted_while_it_waited_still_lands() {
    let queue = Queue::new(&["a"]);
    let main = &queue.project.main;
    main.git(["worktree", "remove", "--force", "../lane-a"]);
    main.git(["branch", "-q", "-D", "a"]);
    main.git(["reflog", "expire", "--expire=now", "--all"]);
    main.git(["gc", "-q", "--prune=now"]);
    assert_eq!(queue.sound(), Ok(()));
    ends(&queue, "a");
}

#[test]
fn a_branch_that_was_moved_while_it_waited_does_not_land() {
    let queue = Queue::new(&["a", "b"]);
    let lane = queue.project.scratch.path("lane-a");
    let git = |words: &str| Tool::program("git").args(words.split(' ')).dir(&lane).run();
    git("commit -q --allow-empty --amend -m Another").code(0);
    let ran = queue.land("a b").run();
    ran.code(1);
    assert_eq!(landed(&ran), ["b"]);
    assert_eq!(codes(&ran.json_lines()[0]), ["handoff_other_commit"]);
    assert_eq!(queue.sound(), Ok(()));
}

#[test]
fn the_checkout_of_the_base_moves_along_wherever_it_is_and_nothing_in_it_is_lost() {
    let queue = Queue::new(&["a", "b"]);
    let main = &queue.project.main;
    main.switch_new("elsewhere");
    let other = main.worktree(queue.project.scratch.path("base-checkout"), "aside");
    other.switch("main");
    main.write("README.md", "work in the coordinator's checkout\n");
    let dirt = Project::dirt(main);
    // The coordinator's checkout has to be clean, wherever the base is checked out.
    let refused = queue.land("--ready").run();
    assert_eq!(landed(&refused), [] as [&str; 0]);
    assert_eq!(Project::dirt(main), dirt);
    main.git(["checkout", "-q", "README.md"]);
    other.write("a", "somebody's work\n");
    let ran = queue.land("a b").run();
    ran.code(1);
    assert_eq!(landed(&ran), ["b"]);
    assert_eq!(codes(&ran.json_lines()[0]), ["base_worktree_dirty"]);
    assert_eq!(other.read("a"), "somebody's work\n");
    assert_eq!(other.head(), queue.project.base());
    std::fs::remove_file(other.file("a")).unwrap();
    queue.land("a").run().code(0);
    assert_eq!(other.head(), queue.project.base());
    assert_eq!(Project::dirt(&other), "");
    assert_eq!(queue.sound(), Ok(()));
}

#[test]
fn a_command_that_lives_on_after_a_kill_keeps_its_place_and_the_next_run_takes_another() {
    let queue = Queue::new(&["a"]);
    let gate = Gate::new(&queue);
    let slots = queue.project.scratch.path("slots");
    queue.verify_with(&format!("pwd >> '{}'\n{}", slots.display(), gate.script()));
    let running = queue.land("--ready").spawn();
    gate.reached(1, &running);
    running.kill_alone();
    running.wait().killed_by(9);
    queue.verify_with(&format!("pwd >> '{}'", slots.display()));
    ends(&queue, "--ready");
    let used = queue.lines("slots");
    assert_ne!(used[0], used[1]);
    // It ends, and the place is free again.
    gate.open();
    let lock = queue.project.main.file(".git/switchyard/verify/1/lock");
    Tool::program("flock").arg(lock).arg("true").run().code(0);
}

#[test]
fn killed_while_it_is_verified_nothing_has_happened() {
    let queue = Queue::new(&["a", "b"]);
    let gate = Gate::new(&queue);
    queue.verify_with(&gate.script());
    let running = queue.land("--ready --batch").spawn();
    let reached = gate.reached.clone();
    assert!(crash::when(running, || reached.exists()).was_killed());
    assert_eq!(queue.project.base(), queue.begun);
    assert_eq!(queue.project.count("landing"), 0);
    assert_eq!(queue.sound(), Ok(()));
    queue.verify_with("");
    gate.open();
    ends(&queue, "--ready --batch");
}

#[test]
fn a_command_that_moves_the_base_itself_lands_nothing_unverified() {
    let queue = Queue::new(&["a"]);
    // It pushes what it is given, as a test that deploys may.
    queue.verify_with("git push -q origin HEAD:main || exit 125; exit 1");
    let ran = queue.land("a").run();
    assert_ne!(ran.exit_code(), Some(0), "{ran}");
    assert_eq!(queue.project.count("landed"), 0, "nobody said that it passed");
}

#[test]
fn the_bad_one_of_two_stays_out() {
    let queue = Queue::new(&["a", "b=bad"]);
    // Both in one batch: the bad one is found, and what lands is what passed.
    let ran = queue.land("--ready --batch").run();
    ran.code(1);
    assert_eq!(landed(&ran), ["a"]);
    assert_eq!(queue.whole(), Ok(()));
    let back: Vec<Value> =
        ran.json_lines().into_iter().filter(|answer| answer["task"] == "b").collect();
    assert_eq!(back[0]["returned"]["why"], "verify_failed");
}
