//! The signals that ask this tool to stop, while a child runs that has to be stopped first.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rustix::process::Signal;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

/// One of the signals, and whether it has come since somebody began to listen.
struct Asked {
    number: i32,
    signal: Signal,
    came: AtomicBool,
}

static ASKED: [Asked; 3] = [
    Asked { number: SIGINT, signal: Signal::INT, came: AtomicBool::new(false) },
    Asked { number: SIGTERM, signal: Signal::TERM, came: AtomicBool::new(false) },
    Asked { number: SIGHUP, signal: Signal::HUP, came: AtomicBool::new(false) },
];

/// Whether nobody listens. A signal then does what it does to any program.
static IDLE: AtomicBool = AtomicBool::new(true);

static LISTENERS: Mutex<Listeners> = Mutex::new(Listeners { count: 0, registered: false });

struct Listeners {
    count: usize,
    registered: bool,
}

/// Holds the signals off for as long as it lives.
///
/// Handlers cannot be taken back, and one that does nothing would swallow the signal for the rest of
/// this tool's life. So they stay and do the default while nobody listens.
pub(super) struct Signals {
    over: bool,
}

impl Signals {
    /// Begins to listen.
    pub(super) fn listen() -> io::Result<Self> {
        let mut listeners = LISTENERS.lock().unwrap_or_else(PoisonError::into_inner);
        if listeners.count == 0 {
            for asked in &ASKED {
                asked.came.store(false, Ordering::SeqCst);
            }
        }
        if !listeners.registered {
            let ignored = ignored();
            for asked in ASKED.iter().filter(|asked| ignored >> (asked.number - 1) & 1 == 0) {
                // In this order: a signal that comes while the last listener leaves is either seen
                // by it or does the default.
                flag::register(asked.number, &asked.came)?;
                flag::register_conditional_default(asked.number, &IDLE)?;
            }
            listeners.registered = true;
        }
        listeners.count += 1;
        IDLE.store(false, Ordering::SeqCst);
        Ok(Self { over: false })
    }

    /// The signal that has come, if one has.
    #[expect(clippy::unused_self, reason = "only a listener may ask")]
    pub(super) fn came(&self) -> Option<(i32, Signal)> {
        let came = ASKED.iter().find(|asked| asked.came.load(Ordering::SeqCst));
        came.map(|asked| (asked.number, asked.signal))
    }

    /// Stops listening, and returns the number of the signal that has come, if one has.
    pub(super) fn end(mut self) -> Option<i32> {
        self.leave();
        self.came().map(|(number, _)| number)
    }

    fn leave(&mut self) {
        if !std::mem::replace(&mut self.over, true) {
            let mut listeners = LISTENERS.lock().unwrap_or_else(PoisonError::into_inner);
            listeners.count -= 1;
            IDLE.store(listeners.count == 0, Ordering::SeqCst);
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The signals that this tool was started to ignore, as under `nohup`, one bit each. They stay
/// ignored. Where the system does not say, none is.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
