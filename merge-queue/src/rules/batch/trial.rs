//! What to verify next, and what the results mean, for a chain of tasks stacked on the base.
//!
//! The chain is verified at its end first. When that is red, the first bad task is looked for among its
//! prefixes by halves, and the longest prefix whose very commit was seen green may land. Whoever is
//! blamed was seen red again after the prefix before it was seen green, so that one run that fails for no
//! reason blames nobody; a run that could not be carried out says nothing about anybody.
//!
//! Nothing here runs anything: [`Trial::next`] says what to run, and [`Trial::report`] takes how it ended.

use std::collections::BTreeMap;

/// How often a run that could not be carried out is tried again, in all of a trial.
pub(super) const INFRA_RETRIES: usize = 2;

/// Below this size, a batch that is red is always run again first: looking for the bad one by halves
/// costs as many runs, and blames with less.
const SMALL: usize = 4;

/// The verification of one batch.
#[derive(Debug, Clone)]
pub(crate) struct Trial {
    size: usize,
    known: Known,
    /// The longest prefix that was seen green; 0 is the base alone.
    green: Option<usize>,
    /// The prefixes that were seen red, without those that a longer green one clears.
    reds: BTreeMap<usize, Red>,
    /// When the newest green run ended, in runs.
    last_green: Option<usize>,
    first_was_red: bool,
    runs: usize,
    infra: usize,
    flaky: usize,
}

/// How often a prefix was seen red, and when first, in runs.
#[derive(Debug, Clone, Copy)]
struct Red {
    times: usize,
    first: usize,
}

/// What earlier batches of the same run showed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// The very commit that the base stands at was seen green.
    pub(crate) base_green: bool,
    /// A red batch is most likely one with a bad task in it, so that running it again costs more than it
    /// saves.
    pub(crate) reds_are_real: bool,
    /// Nothing at all was green in the batch before.
    pub(crate) in_doubt: bool,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Verify the chain up to and with this many tasks; 0 is the base alone.
    Run {
        /// How many tasks.
        prefix: usize,
    },
    /// There is nothing more to find out.
    Done(Verdict),
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The command passed.
    Passed,
    /// The command failed.
    Failed,
    /// The command could not be run to its end, whatever it would have said.
    Infra,
}

/// What is known of the tasks that may not land.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finding {
    /// There are none.
    AllGreen,
    /// The first of them is bad; nothing is known of the others.
    Bad {
        /// Whether something was green after it was first seen red, so that the machine was sound.
        proven: bool,
    },
    /// The base alone is red: nobody is to blame, and nothing should land.
    BaseRed,
    /// Runs could not be carried out: they are to be tried another time.
    Infra,
}

/// What a trial amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// How many tasks may land, from the first: the commit of the last of them was seen green.
    pub(crate) green: usize,
    /// What is known of the others.
    pub(crate) finding: Finding,
    /// The commit at which the base stands once they have landed was seen green.
    pub(crate) tip_green: bool,
    /// Something was green, if only the base.
    pub(crate) seen_green: bool,
    /// How many red runs a later green one of the same or more work belied.
    pub(crate) flaky: usize,
    /// Whether the first run was red.
    pub(crate) first_was_red: bool,
    /// How many runs it took.
    pub(crate) runs: usize,
}

impl Trial {
    /// Of a chain of this many tasks. With none, it asks after the base alone.
    pub(crate) fn new(size: usize, known: Known) -> Self {
        Self {
            size,
            known,
            green: None,
            reds: BTreeMap::new(),
            last_green: None,
            first_was_red: false,
            runs: 0,
            infra: 0,
            flaky: 0,
        }
    }

    /// What to do next. Asking again gives the same answer.
    pub(crate) fn next(&self) -> Step {
        if self.infra > INFRA_RETRIES {
            return self.verdict(Finding::Infra);
        }
        let Some((red, seen)) = self.reds.first_key_value() else {
            return match self.green {
                Some(green) if green >= self.size => self.verdict(Finding::AllGreen),
                _ => Step::Run { prefix: self.size },
            };
        };
        let red = *red;
        let again = Step::Run { prefix: red };
        if red == 0 {
            // Closing the queue for everybody takes two.
            return if seen.times < 2 { again } else { self.verdict(Finding::BaseRed) };
        }
        let rerun = red == self.size && (self.size < SMALL || !self.known.reds_are_real);
        if rerun && seen.times < 2 {
            return again;
        }
        let green = match self.green {
            Some(green) => green,
            None if self.known.base_green => 0,
            None => return Step::Run { prefix: 0 },
        };
        if red - green > 1 {
            return Step::Run { prefix: green + (red - green) / 2 };
        }
        if self.known.in_doubt && self.last_green.is_none() {
            // The second batch in a row of which not even the first task is green.
            return Step::Run { prefix: 0 };
        }
        // The first run and its repetition say of a long chain only that something in it is red.
        let enough = if rerun { 3 } else { 2 };
        if seen.times < enough {
            return again;
        }
        self.verdict(Finding::Bad { proven: self.last_green > Some(seen.first) })
    }

    /// Takes in how the run ended that [`next`](Self::next) asked for.
    pub(crate) fn report(&mut self, outcome: Outcome) {
        let Step::Run { prefix } = self.next() else { return };
        self.runs += 1;
        match outcome {
            Outcome::Infra => self.infra += 1,
            Outcome::Failed => {
                self.first_was_red |= self.green.is_none() && self.reds.is_empty();
                let red = self.reds.entry(prefix).or_insert(Red { times: 0, first: self.runs });
                red.times += 1;
            }
            Outcome::Passed => {
                self.green = self.green.max(Some(prefix));
                self.last_green = Some(self.runs);
                let still = self.reds.split_off(&(prefix + 1));
                self.flaky += self.reds.values().map(|red| red.times).sum::<usize>();
                self.reds = still;
            }
        }
    }

    fn verdict(&self, finding: Finding) -> Step {
        Step::Done(Verdict {
            green: self.green.unwrap_or(0),
            finding,
            tip_green: finding != Finding::BaseRed
                && (self.green.is_some() || self.known.base_green),
            seen_green: self.last_green.is_some(),
            flaky: self.flaky,
            first_was_red: self.first_was_red,
            runs: self.runs,
        })
    }
}
