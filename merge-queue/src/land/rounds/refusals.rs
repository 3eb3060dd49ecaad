//! A remote that is reached and does not take what is pushed: whose fault that is, and who goes on.

use cli::Failure;
use records::Reason;
use records::merge_queue::Landing;

use super::Rounds;
use crate::land::chain::Link;

/// How often in a row, with nothing landed in between, until it is no single task's fault.
const MOST: u32 = 3;

/// What the remote would not take in this call.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    /// What it said first of a single task; the call ends with it.
    pub(super) first: Option<Failure>,
    /// How often it said no since something landed.
    pub(super) in_a_row: u32,
    /// It would not take a batch, so that the tasks go one by one from then on.
    pub(super) apart: bool,
}

impl Rounds<'_> {
    /// Answers for a task that the remote would not take, and goes on with the others. Of a batch nobody
    /// knows whose fault it is: its tasks are tried one by one. A remote that takes nothing ends the call.
    pub(super) fn refused(
        &mut self,
        before: &str,
        links: &[Link],
        failure: Failure,
    ) -> Result<(), Failure> {
        self.fresh = false;
        self.refusals.in_a_row += 1;
        if let [link] = links {
            let next = format!("once that is put right: merge-queue land {}", link.candidate.task);
            let reason = Reason::new("push_refused", failure.to_string(), next);
            let about = self.about(&link.candidate, before);
            self.answer(&Landing { reasons: vec![reason], ..about })?;
            if self.refusals.in_a_row >= MOST {
                return Err(failure);
            }
            self.refusals.first.get_or_insert(failure);
        } else {
            let out = &self.answers.out;
            out.note(&format!("{failure}; nothing has landed, trying them one by one"));
            self.refusals.apart = true;
        }
        Ok(())
    }
}
