//! The answers of `land`: one for each task that was asked for.

use cli::{Exit, Failure, Out};
use records::merge_queue::Landing;
use records::{Landed, Reason, TaskId};

use super::follow::Followed;
use crate::git::base::Base;
use crate::rules::definitions::Strategy;
use crate::rules::facts::Facts;
use crate::show;

/// Where the answers go.
pub(super) struct Answers<'o> {
    pub(super) out: &'o mut Out,
    dry_run: bool,
    all_landed: bool,
}

impl<'o> Answers<'o> {
    pub(super) fn new(out: &'o mut Out, dry_run: bool) -> Self {
        Self { out, dry_run, all_landed: true }
    }

    /// Prints one, so that it can be read before the next batch is under way.
    pub(super) fn give(&mut self, landing: &Landing) -> Result<(), Failure> {
        let would = self.dry_run && landing.reasons.is_empty();
        self.all_landed &= landing.landed || would;
        self.out.print(landing, show::landing)?;
        self.out.flush()?;
        for Reason { message, .. } in &landing.pending {
            self.out.note(&format!("{} has landed, but {message}", landing.task));
        }
        Ok(())
    }

    /// 0 when everything that was asked for is in the base.
    pub(super) fn exit(&self) -> Exit {
        if self.all_landed { Exit::Yes } else { Exit::No }
    }
}

/// An answer about a task of which nothing is known yet.
pub(super) fn blank(task: &TaskId, base: &Base, strategy: Strategy, dry_run: bool) -> Landing {
    Landing {
        task: task.clone(),
        landed: false,
        already: false,
        dry_run,
        branch: None,
        commit: None,
        base: base.branch.clone(),
        base_before: None,
        base_after: None,
        tree: None,
        strategy: strategy.to_string(),
        remote: base.remote.clone(),
        batch: None,
        verified: None,
        returned: None,
        moved_worktrees: Vec::new(),
        retired: Vec::new(),
        pending: Vec::new(),
        reasons: Vec::new(),
    }
}

/// The same with what was judged.
pub(super) fn judged(landing: Landing, facts: &Facts) -> Landing {
    Landing {
        branch: facts.reference.clone(),
        commit: facts.head.as_ref().map(|head| head.commit.clone()),
        base_before: facts.base_commit.clone(),
        ..landing
    }
}

/// The same of a task that has landed.
pub(super) fn landed(landing: Landing, landed: &Landed, tree: String) -> Landing {
    Landing {
        landed: true,
        branch: Some(landed.branch.clone()),
        commit: Some(landed.commit.clone()),
        base_before: Some(landed.base_before.clone()),
        base_after: Some(landed.base_after.clone()),
        tree: Some(tree),
        strategy: landed.strategy.clone(),
        remote: landed.remote.clone(),
        batch: landed.batch.clone(),
        verified: landed.verified.clone(),
        ..landing
    }
}

/// The same with what happened in this clone afterwards.
pub(super) fn followed(landing: Landing, followed: &Followed) -> Landing {
    Landing {
        moved_worktrees: followed.moved.clone(),
        pending: followed.pending.clone(),
        ..landing
    }
}
