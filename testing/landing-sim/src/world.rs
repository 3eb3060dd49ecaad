//! Branches that are bad or not, and runs that fail for no reason.

use std::collections::VecDeque;

use fastrand::Rng;

/// How the world is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Odds {
    /// How many branches of a hundred are bad.
    pub(crate) bad: f64,
    /// How many runs of a hundred fail for no reason.
    pub(crate) flaky: f64,
    /// How many runs of a hundred cannot be carried out.
    pub(crate) infra: f64,
}

/// What became of the branches.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Count {
    pub(crate) branches: usize,
    pub(crate) runs: usize,
    pub(crate) infra: usize,
    pub(crate) bad: usize,
    pub(crate) ejected: usize,
    pub(crate) innocent: usize,
    pub(crate) bad_landed: usize,
    pub(crate) frozen: usize,
}

/// Branches in a queue and a command that judges them.
pub(crate) struct World {
    odds: Odds,
    branches: Rng,
    runs: Rng,
    queue: VecDeque<bool>,
    left: usize,
    pub(crate) count: Count,
}

impl World {
    /// With so many branches. The same seed gives the same branches.
    pub(crate) fn new(odds: Odds, branches: usize, seed: u64) -> Self {
        let (left, mut branches) = (branches, Rng::with_seed(seed));
        // What is run must not change which branches come.
        let runs = branches.fork();
        Self { odds, branches, runs, queue: VecDeque::new(), left, count: Count::default() }
    }

    /// The next branches, at most so many. Whether each is bad.
    pub(crate) fn take(&mut self, most: usize) -> Vec<bool> {
        while self.queue.len() < most && self.left > 0 {
            let bad = self.branches.f64() * 100.0 < self.odds.bad;
            self.left -= 1;
            self.count.branches += 1;
            self.count.bad += usize::from(bad);
            self.queue.push_back(bad);
        }
        let most = most.min(self.queue.len());
        self.queue.drain(..most).collect()
    }

    /// Puts branches back, before the others.
    pub(crate) fn put_back(&mut self, branches: Vec<bool>) {
        branches.into_iter().rev().for_each(|bad| self.queue.push_front(bad));
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.left == 0
    }

    /// Whether a run with these branches passes; `None` when it cannot be carried out.
    pub(crate) fn run(&mut self, branches: &[bool]) -> Option<bool> {
        if self.runs.f64() * 100.0 < self.odds.infra {
            self.count.infra += 1;
            return None;
        }
        self.count.runs += 1;
        let sound = self.runs.f64() * 100.0 >= self.odds.flaky;
        Some(sound && !branches.contains(&true))
    }

    /// The same, for those who try until it can be carried out.
    pub(crate) fn passes(&mut self, branches: &[bool]) -> bool {
        loop {
            if let Some(passed) = self.run(branches) {
                return passed;
            }
        }
    }

    /// Takes in what landed.
    pub(crate) fn landed(&mut self, branches: &[bool]) {
        self.count.bad_landed += branches.iter().filter(|bad| **bad).count();
    }

    /// Takes in who was sent back.
    pub(crate) fn ejected(&mut self, branches: &[bool]) {
        self.count.ejected += branches.len();
        self.count.innocent += branches.iter().filter(|bad| !**bad).count();
    }
}
