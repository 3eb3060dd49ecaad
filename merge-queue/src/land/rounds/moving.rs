//! Moving the base, and all that follows from it.

use std::collections::BTreeSet;

use cli::Failure;
use records::merge_queue::LandStep;
use records::{Landed, TaskId, Verified};

use super::Rounds;
use crate::commands::merge_ready::World;
use crate::git::pins::{self, Pin, PinOf};
use crate::land::answer;
use crate::land::chain::Link;
use crate::land::follow;
use crate::land::move_base::{Move, Moved, move_base};
use crate::land::record;
use crate::land::retire::{Retired, checked_out, retire};
use crate::land::tidy::{Tidied, tidy};

/// How often in a row somebody else may move the base first.
const RACES: u32 = 5;

impl Rounds<'_> {
    /// Moves the base to the last of `links`, records that, and brings this clone along.
    pub(super) fn land(
        &mut self,
        before: &str,
        links: &[Link],
        batch: &str,
        verified: Option<&Verified>,
    ) -> Result<(), Failure> {
        let Some(tip) = links.last() else { return Ok(()) };
        self.say(LandStep::Landing, links);
        let landed = |link: &Link| {
            let landed = link.landed(&self.base, self.strategy, batch, verified);
            (link.candidate.task.clone(), landed)
        };
        let records: Vec<(TaskId, Landed)> = links.iter().map(landed).collect();
        let again = self.again();
        record::landing(self.desk, &records)?;
        let step = Move { before, after: &tip.merged.commit, again: &again };
        match move_base(self.desk, &self.base, step)? {
            Moved::Done => {}
            Moved::Lost(failure) => return self.lost(failure),
            Moved::Refused(failure) => return self.refused(before, links, failure),
        }
        (self.fresh, self.races) = (true, 0);
        self.refusals.in_a_row = 0;
        if let Err(failure) = record::landed(self.desk, &self.definitions, &records) {
            for (task, landed) in &records {
                let landing = self.landed(task, landed)?;
                self.answer(&landing)?;
            }
            let tasks: Vec<&str> = records.iter().map(|(task, _)| task.as_str()).collect();
            let what = format!("{} has landed, which could not be recorded", tasks.join(", "));
            return Err(Failure::new(failure.exit(), what, failure)
                .hint(format!("run '{again}' again: it records what it finds")));
        }
        self.say(LandStep::Following, links);
        self.follow(&records)
    }

    /// Somebody else moved the base first: what has not landed is tried again on what it is now.
    fn lost(&mut self, failure: Failure) -> Result<(), Failure> {
        self.fresh = false;
        self.races += 1;
        if self.races >= RACES {
            return Err(failure);
        }
        self.answers
            .out
            .note(&format!("{} was moved by somebody else; trying again", self.base.shown));
        Ok(())
    }

    fn follow(&mut self, records: &[(TaskId, Landed)]) -> Result<(), Failure> {
        let Some((task, last)) = records.last() else { return Ok(()) };
        let followed = follow::follow(self.desk, &self.base, &last.base_after, task)?;
        let branches = checked_out(self.desk);
        for (task, landed) in records {
            let mut landing = answer::followed(self.landed(task, landed)?, &followed);
            let Retired { gone, pending } = self.retire(task, landed, branches.as_ref());
            landing.retired = gone;
            landing.pending.extend(pending);
            self.answer(&landing)?;
        }
        let pin = |(task, landed): &(TaskId, Landed)| Pin {
            of: PinOf::Task(task.clone()),
            commit: landed.commit.clone(),
        };
        self.unpin(&records.iter().map(pin).collect::<Vec<_>>())
    }

    /// Lets pins go; those that cannot be let go are told, and go with a later call.
    pub(super) fn unpin(&mut self, pins: &[Pin]) -> Result<(), Failure> {
        if let Some(said) = pins::unpin(&self.desk.git, pins)? {
            self.answers.out.note(&format!("the queue's own refs could not be taken away: {said}"));
        }
        Ok(())
    }

    /// Retires the lane of a task that has landed, unless it is to be kept.
    pub(super) fn retire(
        &self,
        task: &TaskId,
        landed: &Landed,
        branches: Option<&BTreeSet<String>>,
    ) -> Retired {
        if self.keep_lane || self.dry_run {
            return Retired::default();
        }
        retire(self.desk, &self.definitions, task, landed, branches)
    }

    /// Takes up what calls before this one have left: pins of what has landed, chains of killed calls, a
    /// checkout that lags behind. Returns whether it brought a checkout along.
    pub(super) fn take_up(&mut self, world: &World) -> Result<bool, Failure> {
        let left = follow::catch_up(self.desk, &self.base, world)?;
        let moved = left.is_some();
        for reason in left.unwrap_or_default().pending {
            self.answers.out.note(&reason.message);
        }
        let Tidied { landed, said } = tidy(self.desk, world)?;
        if let Some(said) = said {
            self.answers.out.note(&format!("the queue's own refs could not be taken away: {said}"));
        }
        let branches = if landed.is_empty() { None } else { checked_out(self.desk) };
        for (task, landed) in landed {
            let Retired { gone, pending } = self.retire(&task, &landed, branches.as_ref());
            let out = &self.answers.out;
            for path in gone {
                out.note(&format!("{task} has landed before; {path} is retired now"));
            }
            for reason in pending {
                out.note(&format!("{task} has landed before, but {}", reason.message));
            }
        }
        Ok(moved)
    }
}
