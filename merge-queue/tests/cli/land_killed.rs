//! Landings that are killed at every system call that changes a file: their own, and those of each git
//! that they start, here and at the remote.
//!
//! | killed | what must hold |
//! |---|---|
//! | the tool; what it has started lives on | the base only ever held what was verified, what is recorded as landed is in it, nothing is in it twice, no work is lost; the same command again lands the rest and leaves nothing behind |
//! | git, the tool lives on | the same |
//! | both | the same |
//!
//! A git that is itself killed while it changes refs leaves its `.lock` file, which the next call names. A
//! test plays some kills of each scene, evenly spread; `KILLS=n` plays every n-th (`bench/land-kills.sh`).

use std::io::Write as _;
use std::time::Instant;

use testkit::kills::{Before, Killer};
use testkit::{Running, Tool, crash};

use crate::land_world::Queue;

/// How many kills of each scene a test plays.
const SOME: usize = 6;

/// Kills a landing at each chosen call; `code` is how it ends when nobody kills it.
fn play(name: &str, queue: &Queue, words: &str, code: i32) {
    let Some(killer) = Killer::new("merge-queue") else { return };
    let args = queue.args(words);
    let place = |tool: Tool| queue.place(tool);
    let before = Before::of(&queue.project.scratch);
    let kills = killer.all(&args, &place, code);
    assert_eq!(queue.whole(), Ok(()), "nobody was killed");
    let step = match std::env::var("KILLS").as_deref() {
        Ok(every) => every.parse().unwrap(),
        _ => kills.len().div_ceil(SOME),
    };
    let (mut ended_early, mut failed, mut took) = (0, Vec::new(), Vec::new());
    for kill in kills.iter().step_by(step) {
        before.again(&queue.project.scratch);
        let ran = killer.kill(&args, &place, kill);
        ended_early += usize::from(ran.exit_code() != Some(code));
        killer.wait_for_orphans();
        let looked = queue.sound().and_then(|()| {
            queue.project.run("status").code(0);
            let begun = Instant::now();
            queue.again(words, code)?;
            took.push(begun.elapsed());
            queue.whole()
        });
        if let Err(why) = looked {
            failed.push(format!("{kill:?}: {why}\nThe run said: {}", ran.err()));
        }
    }
    took.sort();
    let played = kills.len().div_ceil(step);
    let median = took.get(took.len() / 2).copied().unwrap_or_default().as_millis();
    let most = took.last().copied().unwrap_or_default().as_millis();
    let calls = kills.len();
    let mut stdout = std::io::stdout();
    writeln!(
        stdout,
        "{name}: {ended_early} of {played} killed, {calls} calls; from the restart to the end \
         {median} ms, at most {most} ms"
    )
    .unwrap();
    assert!(failed.is_empty(), "{name}: {} failed\n{}", failed.len(), failed.join("\n\n"));
    assert!(ended_early > 0, "{name}: nothing was killed");
}

#[test]
fn one_after_the_other() {
    play("one after the other", &Queue::new(&["a", "b"]), "--ready", 0);
}

#[test]
fn a_batch() {
    play("a batch", &Queue::new(&["a", "b", "c"]), "--ready --batch", 0);
}

#[test]
fn a_batch_with_a_bad_one() {
    play("a batch with a bad one", &Queue::new(&["a", "b=bad", "c"]), "--ready --batch", 1);
}

#[test]
fn without_a_remote() {
    play("without a remote", &Queue::local(&["a", "b"]), "--ready --batch", 0);
}

/// How far a run has come, in turns of the scheduler: the only clock that a test can stop it by.
fn turns(running: &Running, most: usize) -> usize {
    (0..most)
        .take_while(|_| {
            std::thread::yield_now();
            !running.has_ended()
        })
        .count()
}

/// `RANDOM_KILLS=n` plays n of them.
#[test]
fn at_any_moment() {
    let queue = Queue::new(&["a", "b=bad", "c", "d"]);
    let alive = queue.project.scratch.path("alive");
    let before = Before::of(&queue.project.scratch);
    let run = || {
        let tool = Tool::program("flock").arg("--no-fork").arg(&alive);
        let tool = tool.arg(Tool::binary("merge-queue")).args(queue.args("--ready --batch"));
        queue.place(tool).spawn()
    };
    let running = run();
    let whole = turns(&running, usize::MAX);
    running.wait().code(1);
    let times = std::env::var("RANDOM_KILLS").map_or(6, |times| times.parse().unwrap());
    let mut rng = testkit::rng(8);
    let (mut killed, mut failed, mut took) = (0, Vec::new(), Vec::new());
    for time in 0..times {
        before.again(&queue.project.scratch);
        let running = run();
        turns(&running, rng.usize(..whole));
        // With all that is in its group, as by a terminal that goes away, or alone, as by the system.
        if time % 2 == 0 {
            running.kill();
        } else {
            running.kill_alone();
        }
        killed += usize::from(running.wait().exit_code().is_none());
        Tool::program("flock").arg(&alive).arg("true").run().code(0);
        let looked = queue.sound().and_then(|()| {
            let begun = Instant::now();
            queue.again("--ready --batch", 1)?;
            took.push(begun.elapsed());
            queue.whole()
        });
        if let Err(why) = looked {
            failed.push(format!("{time}: {why}"));
        }
    }
    took.sort();
    let median = took.get(took.len() / 2).copied().unwrap_or_default().as_millis();
    let most = took.last().copied().unwrap_or_default().as_millis();
    let mut stdout = std::io::stdout();
    writeln!(
        stdout,
        "at any moment: {killed} of {times} killed; from the restart to the end {median} ms, at most {most} ms"
    )
    .unwrap();
    assert!(failed.is_empty(), "{} failed\n{}", failed.len(), failed.join("\n\n"));
    assert!(killed > 0, "nothing was killed");
}

/// Where a landing is stopped: the step, the folder of the hooks, the hook, and the shell condition
/// under which it stops there. Without a hook, it is the verify command.
const STEPS: [(&str, &str, &str, &str); 6] = [
    ("the command runs", "", "", ""),
    ("before the push leaves", "talos/.git", "pre-push", "true"),
    ("before the remote takes it", "talos.origin.git", "pre-receive", "true"),
    ("after the remote has taken it", "talos.origin.git", "post-receive", "true"),
    (
        "while the local base moves",
        "talos/.git",
        "reference-transaction",
        "[ \"$1\" = prepared ] && grep -q refs/heads/main",
    ),
    ("after the checkout has moved", "talos/.git", "post-merge", "true"),
];

/// `STEP_RUNS=n` does each n times.
#[test]
fn at_each_step() {
    let queue = Queue::new(&["a", "b"]);
    let scratch = &queue.project.scratch;
    let (alive, reached, fifo) =
        (scratch.path("alive"), scratch.path("reached"), scratch.path("gate"));
    Tool::program("mkfifo").arg(&fifo).run().code(0);
    let before = Before::of(scratch);
    let begun = Instant::now();
    queue.land("--ready --batch").run().code(0);
    let undisturbed = begun.elapsed().as_millis();
    let runs = std::env::var("STEP_RUNS").map_or(1, |runs| runs.parse().unwrap());
    for (step, folder, hook, condition) in STEPS {
        let mut took = Vec::new();
        for _ in 0..runs {
            before.again(scratch);
            let stop = format!(": > '{}'\nread go < '{}'", reached.display(), fifo.display());
            if hook.is_empty() {
                queue.verify_with(&stop);
            } else {
                let script = format!("{condition} || exit 0\nrm \"$0\"\n{stop}\nexit 1");
                scratch.program(scratch.path(folder).join("hooks").join(hook), &script);
            }
            let land = Tool::program("flock").arg("--no-fork").arg(&alive);
            let land = land.arg(Tool::binary("merge-queue")).args(queue.args("--ready --batch"));
            let running = queue.place(land).spawn();
            assert!(crash::when(running, || reached.exists()).was_killed(), "{step}");
            let mut gate = std::fs::OpenOptions::new().read(true).write(true).open(&fifo).unwrap();
            gate.write_all(b"go\n").unwrap();
            Tool::program("flock").arg(&alive).arg("true").run().code(0);
            drop(gate);
            queue.verify_with("");
            assert_eq!(queue.sound(), Ok(()), "{step}");
            let begun = Instant::now();
            queue.again("--ready --batch", 0).unwrap();
            took.push(begun.elapsed().as_millis());
            assert_eq!(queue.whole(), Ok(()), "{step}");
        }
        took.sort_unstable();
        let median = took[took.len() / 2];
        let mut stdout = std::io::stdout();
        writeln!(
            stdout,
            "killed when {step}: {median} ms from the restart to the end; undisturbed {undisturbed} ms"
        )
        .unwrap();
    }
}
