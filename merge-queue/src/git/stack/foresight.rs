//! Many merges at once: guessed and written in one process, confirmed by git's own engine in another.
//!
//! Merges on top of each other cannot be asked for together, because the second needs the commit that comes
//! of the first. Where each branch is plain, the whole chain can be guessed; then git merges every pair
//! of it in one process, and up to the first that comes out differently each tree is git's own. A wrong
//! guess costs time and nothing else.

use std::collections::VecDeque;

use cli::Failure;

use super::predict::Expected;
use super::write::{Merge, Who, write};
use crate::desk::Desk;
use crate::git::merge::{self, Outcome};
use crate::git::objects::Objects;

/// How many merges make a guess worth its five processes.
const WORTH: usize = 4;

/// The merges that are to come, and what is known about the first of them.
#[derive(Default)]
pub(super) struct Foresight {
    planned: VecDeque<(String, String)>,
    known: VecDeque<Known>,
    /// How many are guessed at once: less after a wrong guess, so that not all of the rest is merged in
    /// vain once more.
    window: usize,
    /// How many are not guessed, because guesses went wrong, and how many the next time.
    paused: usize,
    pause: usize,
    /// How many guesses git has confirmed.
    #[cfg(test)]
    pub(super) confirmed: usize,
}

/// What is known about a merge that is to come.
struct Known {
    /// The commit that it is merged into.
    onto: String,
    what: What,
}

/// What git made of a merge.
pub(super) enum What {
    /// It is clean, and this commit has its tree.
    Commit {
        /// Its id.
        commit: String,
        /// Its tree.
        tree: String,
    },
    /// It is clean or not; there is no commit yet.
    Outcome(Outcome),
}

impl Foresight {
    /// These heads are going to be merged with these messages, in this order; some may be left out.
    pub(super) fn of(planned: VecDeque<(String, String)>) -> Self {
        let window = planned.len();
        Self { planned, window, pause: WORTH, ..Self::default() }
    }

    /// What is known about merging this head into `tip`.
    pub(super) fn take(
        &mut self,
        desk: &Desk,
        tip: &str,
        (head, message): (&str, &str),
    ) -> Result<Option<What>, Failure> {
        while self.planned.front().is_some_and(|(h, m)| (h.as_str(), m.as_str()) != (head, message))
        {
            // It was left out, and with it goes what was built on it.
            self.planned.pop_front();
            self.known.clear();
        }
        if self.known.front().is_some_and(|known| known.onto != tip) {
            self.known.clear();
        }
        if self.known.is_empty() {
            self.guess(desk, tip)?;
        }
        self.planned.pop_front();
        Ok(self.known.pop_front().map(|known| known.what))
    }

    /// Guesses what is planned, and has git confirm it.
    fn guess(&mut self, desk: &Desk, tip: &str) -> Result<(), Failure> {
        if self.paused > 0 {
            self.paused -= 1;
            return Ok(());
        }
        let (merges, next) = self.chain(desk, tip)?;
        if merges.len() < WORTH {
            return Ok(());
        }
        let Some(who) = Who::ask(&desk.git)? else { return Ok(()) };
        let commits = write(&desk.git, tip, &who, &merges)?;
        let tips = || std::iter::once(tip).chain(commits.iter().map(String::as_str));
        // One more than was guessed: it costs no other process.
        let heads = merges.iter().map(|merge| merge.head).chain(next);
        let pairs: Vec<(&str, &str)> = tips().zip(heads).collect();
        let outcomes = merge::many(&desk.git, tip, &pairs)?;
        let mut known = VecDeque::new();
        let mut confirmed = 0;
        for ((onto, outcome), number) in tips().zip(outcomes).zip(0..) {
            let what = match (outcome, commits.get(number)) {
                (Outcome::Clean(tree), Some(commit)) if desk.objects.tree(commit)? == tree => {
                    What::Commit { commit: commit.clone(), tree }
                }
                (outcome, _) => What::Outcome(outcome),
            };
            let is_as_guessed = matches!(what, What::Commit { .. });
            known.push_back(Known { onto: onto.to_owned(), what });
            if !is_as_guessed {
                break;
            }
            confirmed += 1;
        }
        if confirmed == merges.len() {
            (self.window, self.pause) = (usize::MAX, WORTH);
        } else {
            self.window = WORTH.max(confirmed * 2);
            if confirmed < WORTH {
                (self.paused, self.pause) = (self.pause, self.pause * 2);
            }
        }
        #[cfg(test)]
        (self.confirmed += confirmed);
        self.known = known;
        Ok(())
    }

    /// As much of what is planned as is plain, and the head after it if git can be asked about it in the
    /// same process.
    fn chain(&self, desk: &Desk, tip: &str) -> Result<(Vec<Merge<'_>>, Option<&str>), Failure> {
        let mut merges = Vec::new();
        let Objects::InProcess(repository) = &desk.objects else { return Ok((merges, None)) };
        if self.planned.len() < WORTH {
            return Ok((merges, None));
        }
        let mut expected = Expected::of(repository, tip)?;
        for (head, message) in self.planned.iter().take(self.window) {
            let bases = desk.objects.merge_bases(tip, head)?;
            let [base] = bases.as_slice() else { return Ok((merges, None)) };
            let changes = desk.objects.diff(base, head)?;
            let Some(edits) = expected.merge(&changes)?.filter(|_| base != head) else {
                return Ok((merges, Some(head)));
            };
            let attributes = edits.iter().any(|edit| edit.path.ends_with(b".gitattributes"));
            merges.push(Merge { head, message, edits });
            if attributes {
                // From here on others hold.
                return Ok((merges, None));
            }
        }
        let next = self.planned.get(merges.len()).map(|(head, _)| head.as_str());
        Ok((merges, next))
    }
}
