//! SIGINT, SIGTERM and SIGHUP as messages, so that a wait ends at once and the tool can write down
//! that it was stopped.

use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGPIPE, SIGTERM};

use crate::answer::facts::Exchange;
use crate::call::children::Children;

/// The signal that ended the program; 0 for none. `main` turns it into the exit code.
static CAUGHT: AtomicI32 = AtomicI32::new(0);

/// 128 and the number of the signal that ended the program, as shells count.
pub(crate) fn exit_code() -> Option<ExitCode> {
    let signal = u8::try_from(CAUGHT.load(Ordering::Relaxed)).ok().filter(|signal| *signal > 0)?;
    Some(ExitCode::from(128 + signal))
}

/// Something that ends a wait.
enum Event {
    Signal(i32),
    /// A reply to the request with that number.
    Reply(u32, Exchange),
}

/// How a wait ended.
pub(crate) enum Waited<T> {
    /// With what was waited for.
    Done(T),
    /// Nothing came in time.
    TimedOut,
    /// A signal asks to stop.
    Stopped(i32),
}

/// Tells every mailbox of the program about a signal.
#[derive(Debug, Default, Clone)]
pub(crate) struct Signals {
    heard: Arc<Mutex<Heard>>,
    /// Programs that must not outlive this one.
    pub(crate) children: Children,
}

#[derive(Debug, Default)]
struct Heard {
    signal: Option<i32>,
    /// Of the runs that are not over, by number.
    mailboxes: BTreeMap<u64, Sender<Event>>,
    next: u64,
}

impl Signals {
    /// Begins to catch signals.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn catch() -> io::Result<Self> {
        let signals = Self::default();
        let mut caught = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let to = signals.clone();
        std::thread::spawn(move || {
            for (earlier, signal) in caught.forever().enumerate() {
                // The first one asks to write down what happened and to stop. A second one says
                // that this takes too long, as when somebody holds the log's lock.
                if earlier > 0 {
                    to.children.abandon();
                    drop(signal_hook::low_level::emulate_default_handler(signal));
                }
                to.tell(signal);
            }
        });
        Ok(signals)
    }

    /// A mailbox that hears of every signal, of one that came before, too.
    pub(crate) fn mailbox(&self) -> Mailbox {
        let (sender, events) = mpsc::channel();
        let mut heard = self.heard();
        let number = heard.next;
        heard.next += 1;
        if let Some(signal) = heard.signal {
            drop(sender.send(Event::Signal(signal)));
        } else {
            heard.mailboxes.insert(number, sender.clone());
        }
        drop(heard);
        Mailbox { sender, events, number, signals: self.clone() }
    }

    /// Calls `act` with the number of the first signal, on a thread of its own.
    pub(crate) fn on_signal(&self, act: impl FnOnce(i32) + Send + 'static) {
        let mailbox = self.mailbox();
        std::thread::spawn(move || {
            match mailbox.events.recv() {
                // Not from outside: see `nobody_reads`.
                Ok(Event::Signal(SIGPIPE) | Event::Reply(..)) | Err(_) => {}
                Ok(Event::Signal(signal)) => act(signal),
            }
        });
    }

    /// Ends every run as a signal would, because nobody reads the answers any more.
    pub(crate) fn nobody_reads(&self) {
        self.tell(SIGPIPE);
    }

    /// From now on a signal ends the program as if nobody caught it: there is nothing to write down.
    pub(crate) fn end_the_program(&self) {
        let mailbox = self.mailbox();
        std::thread::spawn(move || {
            if let Some(signal) = mailbox.rest(Duration::MAX) {
                drop(signal_hook::low_level::emulate_default_handler(signal));
            }
        });
    }

    /// Whether one came.
    pub(crate) fn has_come(&self) -> bool {
        self.heard().signal.is_some()
    }

    fn tell(&self, signal: i32) {
        let mut heard = self.heard();
        heard.signal = Some(signal);
        for (_, mailbox) in std::mem::take(&mut heard.mailboxes) {
            // One that nobody reads any more belongs to a run that is over.
            drop(mailbox.send(Event::Signal(signal)));
        }
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where signals and the replies of one run arrive.
pub(crate) struct Mailbox {
    sender: Sender<Event>,
    events: Receiver<Event>,
    number: u64,
    signals: Signals,
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        // One process may see a million runs.
        self.signals.heard().mailboxes.remove(&self.number);
    }
}

impl Mailbox {
    /// Runs `work`, the request with this number, on a thread of its own: a blocked connection
    /// cannot be interrupted, but it can be left behind.
    pub(crate) fn run(&self, number: u32, work: impl FnOnce() -> Exchange + Send + 'static) {
        let to = self.sender.clone();
        // Nobody listens any more when the run is over.
        std::thread::spawn(move || drop(to.send(Event::Reply(number, work()))));
    }

    /// Waits for the reply to the request with this number.
    pub(crate) fn reply(&self, number: u32, limit: Duration) -> Waited<Exchange> {
        let begun = Instant::now();
        loop {
            let left = limit.saturating_sub(begun.elapsed());
            match self.events.recv_timeout(left) {
                Ok(Event::Reply(of, exchange)) if of == number => return Waited::Done(exchange),
                // The late reply to a request that was given up.
                Ok(Event::Reply(..)) => {}
                Ok(Event::Signal(signal)) => return stopped(signal),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    return Waited::TimedOut;
                }
            }
        }
    }

    /// Waits for so long, unless a signal comes.
    pub(crate) fn rest(&self, time: Duration) -> Option<i32> {
        match self.reply(u32::MAX, time) {
            Waited::Stopped(signal) => Some(signal),
            Waited::Done(_) | Waited::TimedOut => None,
        }
    }
}

fn stopped(signal: i32) -> Waited<Exchange> {
    ended_by(signal);
    Waited::Stopped(signal)
}

/// The program ends because of this signal.
pub(crate) fn ended_by(signal: i32) {
    // A reader that went away is no failure (see `cli::run`).
    if signal != SIGPIPE {
        CAUGHT.store(signal, Ordering::Relaxed);
    }
}
