//! What one call of `land` learns from batch to batch.

use super::trial::{Finding, Known, Trial, Verdict};

/// A bad task in so many is what is expected before anything is known, as if that had been seen.
const EXPECTED: usize = 20;

/// From one batch to the next. `T` is a task, with whatever the caller wants to say about its red run.
#[derive(Debug, Clone)]
pub(crate) struct Session<T> {
    max: usize,
    base_green: bool,
    /// Tasks that were tried out, and the bad ones among them.
    tried: usize,
    bad: usize,
    /// Batches that were red at first and landed whole.
    false_alarms: usize,
    /// Whoever is to be blamed if the machine was sound.
    held: Vec<T>,
    /// Nothing at all was green in the newest trial.
    silent: bool,
}

/// What to do after a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settled<T> {
    /// To be landed, in this order.
    pub(crate) land: Vec<T>,
    /// To be sent back. Some may be of an earlier batch.
    pub(crate) blamed: Vec<T>,
    /// To be tried another time.
    pub(crate) again: Vec<T>,
    /// The base is red: nothing should land until somebody has looked.
    pub(crate) freeze: bool,
}

impl<T> Session<T> {
    /// At most `max` tasks in a batch.
    pub(crate) fn new(max: usize) -> Self {
        Self {
            max,
            base_green: false,
            tried: 0,
            bad: 0,
            false_alarms: 0,
            held: Vec::new(),
            silent: false,
        }
    }

    /// How many tasks the next batch should have at most: so many that about half of all batches turn
    /// out to be red, which is where a run tells the most.
    pub(crate) fn size(&self) -> usize {
        let even = 7 * (self.tried + EXPECTED) / (10 * (self.bad + 1));
        even.clamp(1, self.max.max(1))
    }

    /// The trial of a batch of this size.
    pub(crate) fn trial(&self, size: usize) -> Trial {
        // Running a red batch again costs a run; looking into it first costs a few more when it is a
        // false alarm.
        let reds = self.false_alarms + self.bad + 2;
        let steps = usize::BITS - size.saturating_sub(1).leading_zeros();
        let reds_are_real = (self.false_alarms + 1) * (steps as usize + 1) <= reds;
        let known = Known { base_green: self.base_green, reds_are_real, in_doubt: self.silent };
        Trial::new(size, known)
    }

    /// Whether somebody is held who may be to blame, and nothing was green since. When nothing else is
    /// left to try out, a [`trial`](Self::trial) of nothing settles it.
    pub(crate) fn in_doubt(&self) -> bool {
        !self.held.is_empty()
    }

    /// What follows from the verdict on `batch`.
    ///
    /// Whoever is blamed is held back until something was green afterwards: a machine that breaks fails
    /// every run from then on, and that blames nobody.
    pub(crate) fn settle(&mut self, verdict: &Verdict, batch: Vec<T>) -> Settled<T> {
        let mut batch = batch.into_iter();
        let land: Vec<T> = batch.by_ref().take(verdict.green).collect();
        self.tried += land.len();
        self.base_green = verdict.tip_green;
        self.silent = !verdict.seen_green;
        let mut settled = Settled { land, blamed: Vec::new(), again: Vec::new(), freeze: false };
        if verdict.seen_green {
            settled.blamed.append(&mut self.held);
        }
        match verdict.finding {
            Finding::AllGreen => self.false_alarms += usize::from(verdict.first_was_red),
            Finding::Bad { proven } => {
                self.tried += 1;
                self.bad += 1;
                let blamed = if proven { &mut settled.blamed } else { &mut self.held };
                blamed.extend(batch.next());
            }
            Finding::BaseRed => {
                settled.freeze = true;
                settled.again.append(&mut self.held);
            }
            Finding::Infra => {}
        }
        settled.again.extend(batch);
        settled
    }

    /// Takes in that the base has moved to a commit that was not verified here.
    pub(crate) fn base_moved(&mut self) {
        self.base_green = false;
    }

    /// Those who would be blamed if the machine were known to be sound: nothing more will be run, so
    /// they are to be tried another time.
    pub(crate) fn give_up(&mut self) -> Vec<T> {
        std::mem::take(&mut self.held)
    }
}
