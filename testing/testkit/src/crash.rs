//! Killing a process at a random point of its progress.
//!
//! A tool must leave nothing broken behind when it dies, wherever it was. These helpers pick the
//! point from a seeded generator and reach it by what the process shows, never by time alone.

use crate::Rng;
use crate::ran::Ran;
use crate::running::Running;

/// How a process that was to be killed ended.
#[derive(Debug)]
pub enum Crash {
    /// SIGKILL reached it while it ran.
    Killed(Ran),
    /// It was done before the point was reached.
    Finished(Ran),
}

impl Crash {
    /// What it left on stdout and stderr, either way.
    pub fn ran(&self) -> &Ran {
        match self {
            Self::Killed(ran) | Self::Finished(ran) => ran,
        }
    }

    /// Whether the kill came before the end.
    pub fn was_killed(&self) -> bool {
        matches!(self, Self::Killed(_))
    }
}

/// Kills the process group after a random number of lines on stdout, at most `most`.
#[track_caller]
pub fn after_lines(mut running: Running, rng: &mut Rng, most: usize) -> Crash {
    let lines = rng.usize(..=most);
    for _ in 0..lines {
        if running.next_line().is_none() {
            break;
        }
    }
    kill_now(running)
}

/// Kills the process group as soon as `reached` says so; it is asked again and again, so it should
/// be cheap: the length of a file, whether a path exists.
#[track_caller]
pub fn when(running: Running, mut reached: impl FnMut() -> bool) -> Crash {
    while !reached() && !running.has_ended() {
        std::thread::yield_now();
    }
    kill_now(running)
}

/// Kills the process group after a random number, at most `most`, of turns of the scheduler: a
/// point inside a run that shows nothing from outside.
#[track_caller]
pub fn after_turns(running: Running, rng: &mut Rng, most: usize) -> Crash {
    let turns = rng.usize(..=most);
    for _ in 0..turns {
        if running.has_ended() {
            break;
        }
        std::thread::yield_now();
    }
    kill_now(running)
}

#[track_caller]
fn kill_now(running: Running) -> Crash {
    running.kill();
    let ran = running.wait();
    if ran.exit_code().is_some() { Crash::Finished(ran) } else { Crash::Killed(ran) }
}
