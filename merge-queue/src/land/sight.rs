//! What a call is doing, shown to whoever waits for it and to others.

use std::io::IsTerminal as _;

use cli::{Out, Progress};
use records::TaskId;
use records::merge_queue::LandStep;

use super::live::Live;

/// Both views of it.
pub(super) struct Sight {
    live: Live,
    progress: Option<Progress>,
}

impl Sight {
    pub(super) fn new(live: Live) -> Self {
        Self { live, progress: None }
    }

    /// Says what is done from now on, to which tasks, and how many wait behind them.
    pub(super) fn say(&mut self, step: LandStep, tasks: &[&TaskId], waiting: usize, out: &Out) {
        self.live.say(step, tasks.iter().map(|task| (*task).clone()).collect(), waiting);
        self.progress = None;
        let names: Vec<&str> = tasks.iter().map(|task| task.as_str()).collect();
        let names = if names.is_empty() { "the base".into() } else { names.join(", ") };
        let behind = if waiting == 0 { String::new() } else { format!("; {waiting} more wait") };
        let words = format!("{} {names}{behind}", step.as_str());
        match step {
            // The command's own output shows as it comes.
            LandStep::Verifying | LandStep::Bisecting => {
                if std::io::stderr().is_terminal() {
                    out.note(&words);
                }
            }
            _ => self.progress = Some(Progress::start(words)),
        }
    }

    /// Nothing is under way that is worth showing here.
    pub(super) fn quiet(&mut self) {
        self.progress = None;
    }
}
