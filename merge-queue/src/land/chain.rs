//! The merges of a batch on top of each other, each checked against what was reviewed.

use cli::Failure;
use records::{Landed, ReturnedFor, Verified};

use super::candidate::Candidate;
use super::message::Words;
use crate::desk::Desk;
use crate::git::base::Base;
use crate::git::stack::{Merged, Pushed, Stack};
use crate::rules::definitions::Strategy;
use crate::rules::merged_paths::odd_paths;

/// A task in the chain.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) candidate: Candidate,
    /// The commit below.
    pub(super) below: String,
    /// The commit that brings it in.
    pub(super) merged: Merged,
}

/// Why a task is not in the chain.
#[derive(Debug)]
pub(super) struct Misfit {
    /// What is wrong.
    pub(super) why: ReturnedFor,
    /// The paths that conflict, or that the merge changes against what was reviewed.
    pub(super) paths: Vec<String>,
}

/// What came of stacking a batch.
#[derive(Debug, Default)]
pub(super) struct Chain {
    /// In the order of the batch, the lowest first.
    pub(super) links: Vec<Link>,
    /// Those that do not fit onto the base itself. One that only does not fit onto those below it is left out.
    pub(super) misfits: Vec<(Candidate, Misfit)>,
}

/// Stacks `batch` on the commit `base`.
pub(super) fn build(
    desk: &Desk,
    base: &str,
    batch: Vec<Candidate>,
    strategy: Strategy,
    id: &str,
) -> Result<Chain, Failure> {
    let mut chain = Chain::default();
    let mut stack = Stack::begin(desk, base);
    let words = batch.iter().map(|task| Words::of(desk, base, task, strategy, id));
    let words: Vec<Words> = words.collect::<Result<_, _>>()?;
    if strategy == Strategy::NoFf {
        let heads = batch.iter().map(|task| task.head.as_str());
        stack.foresee(heads.zip(words.iter().map(|words| words.message.as_str())));
    }
    for (candidate, words) in batch.into_iter().zip(&words) {
        let below = stack.tip().to_owned();
        let misfit = match stack.push(&candidate.head, words.how())? {
            Pushed::Conflict(paths) => Misfit { why: ReturnedFor::Conflict, paths },
            Pushed::Merged(merged) => {
                let paths = odd_paths(&merged.changes, &candidate.changes);
                if paths.is_empty() {
                    chain.links.push(Link { candidate, below, merged });
                    continue;
                }
                stack.take_off(&below);
                Misfit { why: ReturnedFor::Paths, paths }
            }
        };
        if chain.links.is_empty() {
            chain.misfits.push((candidate, misfit));
        }
    }
    Ok(chain)
}

impl Link {
    /// What is recorded of it.
    pub(super) fn landed(
        &self,
        base: &Base,
        strategy: Strategy,
        batch: &str,
        verified: Option<&Verified>,
    ) -> Landed {
        Landed {
            commit: self.candidate.head.clone(),
            branch: self.candidate.branch.clone(),
            base: base.branch.clone(),
            base_before: self.below.clone(),
            base_after: self.merged.commit.clone(),
            strategy: strategy.to_string(),
            remote: base.remote.clone(),
            batch: Some(batch.into()),
            verified: verified.cloned(),
        }
    }
}
