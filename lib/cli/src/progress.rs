//! A sign of life for work that lasts.

use std::io::IsTerminal as _;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Work shorter than this shows nothing (DESIGN section 3, "Output").
const PATIENCE: Duration = Duration::from_secs(1);

/// A spinner on stderr that says what is being done. It shows only when stderr is a terminal and
/// the work lasts longer than a second, and is gone when dropped.
pub struct Progress {
    words: Option<Sender<String>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Starts to watch over work that `doing` names, such as `waiting for gemini-3.1-pro`.
    pub fn start(doing: impl Into<String>) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self { words: None, thread: None };
        }
        let (sender, receiver) = mpsc::channel();
        let doing = doing.into();
        let thread = std::thread::spawn(move || show(doing, &receiver));
        Self { words: Some(sender), thread: Some(thread) }
    }

    /// Says what is being done from now on.
    pub fn say(&self, doing: impl Into<String>) {
        if let Some(words) = &self.words {
            // The thread ends only with this value, so a failed send means it is being dropped.
            drop(words.send(doing.into()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        // Closing the channel ends the thread, which takes the spinner off the screen.
        self.words = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn show(mut doing: String, words: &Receiver<String>) {
    let begun = std::time::Instant::now();
    loop {
        let left = PATIENCE.saturating_sub(begun.elapsed());
        match words.recv_timeout(left) {
            Ok(next) => doing = next,
            Err(RecvTimeoutError::Timeout) => break,
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
    let bar = ProgressBar::new_spinner().with_elapsed(begun.elapsed());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.set_message(crate::clean(&doing));
    bar.enable_steady_tick(Duration::from_millis(100));
    while let Ok(next) = words.recv() {
        bar.set_message(crate::clean(&next));
    }
    bar.finish_and_clear();
}
