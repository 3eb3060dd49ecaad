//! The one signal that ends every waiting thread of a stub.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Debug, Default)]
pub(crate) struct Stop {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    /// Ends every pause, now and from now on.
    pub(crate) fn set(&self) {
        *self.lock() = true;
        self.changed.notify_all();
    }

    pub(crate) fn is_set(&self) -> bool {
        *self.lock()
    }

    /// Lets that much time pass. True when the stub is stopped.
    pub(crate) fn pause(&self, time: Duration) -> bool {
        let wait = self.changed.wait_timeout_while(self.lock(), time, |stopped| !*stopped);
        *wait.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Waits until the stub is stopped.
    pub(crate) fn wait(&self) {
        let wait = self.changed.wait_while(self.lock(), |stopped| !*stopped);
        drop(wait.unwrap_or_else(PoisonError::into_inner));
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
