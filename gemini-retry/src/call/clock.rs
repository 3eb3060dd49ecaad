//! The time, and waiting for it. One trait, so that a test can play hours in no time through the
//! same loop and the same connections.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::call::interrupt::Mailbox;
use crate::policy::plan::Moment;

/// Tells the time and lets it pass.
pub(crate) trait Clock: Send + Sync {
    /// The time for cool-downs, which other processes share.
    fn wall(&self) -> Timestamp;

    /// Time since some fixed moment, for deadlines. It never goes back.
    fn elapsed(&self) -> Duration;

    /// Waits for so long, unless a signal comes: its number then.
    fn rest(&self, mailbox: &Mailbox, time: Duration) -> Option<i32>;

    /// Now, in a run that began at `begun`.
    fn moment(&self, begun: Duration) -> Moment {
        Moment { wall: self.wall(), elapsed: self.elapsed().saturating_sub(begun) }
    }
}

/// The machine's own clocks.
#[derive(Debug)]
pub(crate) struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// Counts from now.
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn wall(&self) -> Timestamp {
        cli::clock::now().instant()
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn rest(&self, mailbox: &Mailbox, time: Duration) -> Option<i32> {
        mailbox.rest(time)
    }
}
