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

use testkit::Tool;
use testkit::kills::{Before, Killer};

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
