//! A clock that stands still until somebody waits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gemini_stub::Stub;
use jiff::Timestamp;

use crate::call::clock::Clock;
use crate::call::interrupt::Mailbox;
use crate::policy::cooldown::later;

/// Time passes by waiting, and by a fixed length for each request that the server has taken.
pub(super) struct PlayedClock {
    start: Timestamp,
    stub: Arc<Stub>,
    took: Duration,
    /// Waits in seconds of a slice, by the number of requests before them.
    waits: Mutex<BTreeMap<usize, Duration>>,
}

/// More slices than any deadline of a test has: the run does not end.
const TOO_LONG: Duration = Duration::from_hours(24 * 400);

impl PlayedClock {
    /// A clock at `start` on which each request takes `took`.
    pub(super) fn at(start: Timestamp, took: Duration, stub: Arc<Stub>) -> Arc<Self> {
        Arc::new(Self { start, stub, took, waits: Mutex::default() })
    }

    /// How long was waited before each request, the first one included, and after the last.
    pub(super) fn waits(&self) -> Vec<Duration> {
        let waits = self.waits.lock().unwrap();
        (0..=self.requests()).map(|n| waits.get(&n).copied().unwrap_or_default()).collect()
    }

    fn requests(&self) -> usize {
        self.stub.requests().len()
    }
}

impl Clock for Arc<PlayedClock> {
    fn wall(&self) -> Timestamp {
        later(self.start, self.elapsed())
    }

    fn elapsed(&self) -> Duration {
        let waited: Duration = self.waits.lock().unwrap().values().sum();
        waited + self.took * u32::try_from(self.requests()).unwrap()
    }

    fn rest(&self, mailbox: &Mailbox, time: Duration) -> Option<i32> {
        assert!(!time.is_zero(), "a wait of nothing would go on for ever");
        let requests = self.requests();
        *self.waits.lock().unwrap().entry(requests).or_default() += time;
        assert!(self.elapsed() < TOO_LONG, "the run does not end");
        mailbox.rest(Duration::ZERO)
    }
}
