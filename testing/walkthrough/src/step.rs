//! One step of the story.

use crate::{Outcome, World};

type CheckFn = Box<dyn Fn(&World, &Outcome) -> Result<(), String>>;

/// A command as a person would type it, and what must come of it.
pub struct Step {
    /// What the reader is about to see.
    pub title: &'static str,
    /// The command line, for `sh`.
    pub command: String,
    /// What the outcome shows.
    pub shows: &'static str,
    pub(crate) exit: i32,
    pub(crate) checks: Vec<CheckFn>,
}

impl Step {
    /// A step that must end with exit status 0.
    pub fn new(title: &'static str, command: &str) -> Self {
        let command = command.trim().to_owned();
        Self { title, command, shows: "", exit: 0, checks: Vec::new() }
    }

    /// The exit status that must come instead of 0.
    #[must_use]
    pub fn exits(self, exit: i32) -> Self {
        Self { exit, ..self }
    }

    /// What the reader should take from it.
    #[must_use]
    pub fn shows(self, shows: &'static str) -> Self {
        Self { shows, ..self }
    }

    /// Something that must hold afterwards.
    #[must_use]
    pub fn check(
        mut self,
        check: impl Fn(&World, &Outcome) -> Result<(), String> + 'static,
    ) -> Self {
        self.checks.push(Box::new(check));
        self
    }

    /// A text that must have been printed.
    #[must_use]
    pub fn prints(self, needle: &'static str) -> Self {
        self.check(move |_, outcome| outcome.has(needle))
    }

    /// Everything that did not behave.
    pub(crate) fn complaints(&self, world: &World, outcome: &Outcome) -> Vec<String> {
        let mut all = Vec::new();
        if outcome.code != Some(self.exit) {
            let got = outcome.code.map_or("a signal".into(), |code| code.to_string());
            all.push(format!("exit status {got}, expected {}", self.exit));
        }
        all.extend(self.checks.iter().filter_map(|check| check(world, outcome).err()));
        all
    }
}
