//! What the commits say that bring tasks in.

use cli::Failure;

use super::candidate::Candidate;
use crate::desk::Desk;
use crate::git::stack::How;
use crate::git::work;
use crate::rules::definitions::Strategy;
use crate::rules::squash::{self, Credit};

/// A commit that is going to be made.
pub(super) struct Words {
    strategy: Strategy,
    pub(super) message: String,
    credit: Option<Credit>,
}

impl Words {
    /// Of the commit that brings the task in, onto a base that stands at `base`.
    pub(super) fn of(
        desk: &Desk,
        base: &str,
        candidate: &Candidate,
        strategy: Strategy,
        batch: &str,
    ) -> Result<Self, Failure> {
        let (id, title) = (&candidate.task, &candidate.title);
        let trailers = trailers(candidate, batch);
        if strategy != Strategy::Squash {
            // A subject as `git merge` writes one.
            let message = format!("Merge {id}: {title}\n\n{trailers}");
            return Ok(Self { strategy, message, credit: None });
        }
        let work = work::commits(&desk.git, base, &candidate.head)?;
        let credit = squash::credit(&work);
        let others = credit.as_ref().map(|credit| credit.others.as_slice()).unwrap_or_default();
        let message = squash::message(&format!("{id}: {title}"), &trailers, &work, others);
        Ok(Self { strategy, message, credit })
    }

    /// How the task comes onto the stack.
    pub(super) fn how(&self) -> How<'_> {
        let message = &self.message;
        match self.strategy {
            Strategy::FfOnly => How::Itself,
            Strategy::NoFf => How::Merge { message },
            Strategy::Squash => How::Squash { message, credit: self.credit.as_ref() },
        }
    }
}

/// Trailers that tie the commit to the queue.
fn trailers(candidate: &Candidate, batch: &str) -> String {
    let Candidate { task: id, head, digest, .. } = candidate;
    let issue = candidate.issue.map(|issue| format!("Queue-Issue: {issue}\n")).unwrap_or_default();
    format!(
        "Queue-Task: {id}\n{issue}Queue-Source: {head}\nQueue-Diff: {digest}\nQueue-Batch: {batch}\n"
    )
}
