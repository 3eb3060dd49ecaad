//! Finding out what a run would do, and whether there is anything to be done.

use std::time::Duration;

use audit_log::{HookFailure, Log};
use journal::Lock;
use records::consolidate::{Check, Skipped};
use records::{Reason, consolidate::Run};

use crate::disk::RealDisk;
use crate::error::Error;
use crate::listing::Listing;
use crate::recover::{Recovered, foresee};
use crate::run::{Batch, How, Report};
use crate::shard_lines::Reader;
use crate::show::count;
use crate::take::{Outcome, UNFINISHED, Wish, take};

/// What a run would do.
#[derive(Debug)]
pub(crate) struct Rehearsed {
    pub report: Report,
    /// What it would do about an interrupted run.
    pub recovered: Recovered,
    /// Shards that no run can take.
    pub stuck: Vec<Skipped>,
    /// Ids that two entries have, with different bytes.
    pub conflicts: Vec<String>,
    /// Whether a replacement for the history was left behind.
    pub leftover: bool,
}

/// Finds out what a run would do, changing nothing. It takes no lock, so a run that works at this moment
/// may make it wrong; an intent that a living run holds is told from one that was left behind.
pub(crate) fn rehearse(log: &Log, how: How) -> Result<Rehearsed, Error> {
    let stands = || log.intent.metadata().is_ok_and(|found| found.len() > 0);
    if stands() && log.lock.exists() {
        // Given back at once: somebody who works has it for the whole run.
        drop(Lock::acquire(&log.lock, Duration::ZERO).map_err(|error| match error {
            journal::Error::Locked { .. } => Error::Busy { logs: log.logs.clone() },
            other => other.into(),
        })?);
    }
    let (recovered, folded) = foresee(log)?;
    let mut report = Report::of(log);
    let mut listing = Listing::read(log)?;
    let (mut batch, mut reader) = (Batch::default(), Reader::default());
    let sources = std::mem::take(&mut listing.pending);
    let left = sources.iter().filter(|source| !folded.contains(&source.inode));
    for source in left {
        let wish = Wish { now: how.now, older_than: how.older_than, claim: None };
        match take(&RealDisk, log, source, batch.shards.next(), &mut reader, wish)? {
            Outcome::Taken(taken) => {
                if taken.unfinished {
                    listing.leave(source.shown.clone(), UNFINISHED, true);
                }
                batch.add(source, taken);
            }
            Outcome::Left(why) => listing.leave(source.shown.clone(), &why.text, why.passes),
            Outcome::Gone => {}
        }
    }
    let plan = batch.plan(log)?;
    report.add(&batch, &plan);
    let (skipped, stuck) = listing.into_skipped();
    report.run.skipped = skipped;
    match recovered {
        Recovered::Nothing => {}
        Recovered::Finished => report.notes.push("an interrupted run is finished first".into()),
        Recovered::Undone => report.notes.push(
            "an interrupted run is undone first, which changes where in the history entries go"
                .into(),
        ),
    }
    let leftover = log.replacement().symlink_metadata().is_ok();
    Ok(Rehearsed { report, recovered, stuck, conflicts: plan.conflicts, leftover })
}

/// Checks the log: `reasons` is empty when a run would change nothing and no person is needed.
pub(crate) fn check(log: &Log, how: How) -> Result<Check, Error> {
    let failure = HookFailure::of(log)?;
    match rehearse(log, how) {
        Ok(rehearsed) => {
            let mut reasons = reasons(&rehearsed);
            reasons.extend(failure.as_ref().map(hook_failed));
            let Run { root, shards, entries, duplicates, quarantined, skipped, .. } =
                rehearsed.report.run;
            Ok(Check { root, shards, entries, duplicates, quarantined, skipped, reasons })
        }
        // A run would end with it, so it is what was asked for and no failure of the check.
        Err(doubt @ Error::Doubt { .. }) => {
            let next = records::Fault::hint(&doubt);
            let mut reasons =
                vec![Reason { code: "history_changed".into(), message: doubt.to_string(), next }];
            reasons.extend(failure.as_ref().map(hook_failed));
            let root = log.logs.display().to_string();
            Ok(Check { root, reasons, ..Check::default() })
        }
        Err(other) => Err(other),
    }
}

/// In a fixed order; empty when there is nothing to do.
fn reasons(rehearsed: &Rehearsed) -> Vec<Reason> {
    let run = &rehearsed.report.run;
    let fold = "consolidate";
    let mut reasons = Vec::new();
    if rehearsed.recovered != Recovered::Nothing || rehearsed.leftover {
        reasons.push(Reason::new("run_interrupted", "a run was interrupted", fold));
    }
    if run.shards > 0 {
        let message = format!(
            "{} of {} are not in the history",
            count(run.entries, "entry", "entries"),
            count(run.shards, "shard", "shards")
        );
        reasons.push(Reason::new("shards_waiting", message, fold));
    }
    if run.quarantined > 0 {
        let message = format!(
            "nobody can read {} of the shards; a run keeps them in quarantine",
            count(run.quarantined, "line", "lines")
        );
        reasons.push(Reason::new("lines_unreadable", message, fold));
    }
    reasons.extend(rehearsed.conflicts.iter().map(|id| {
        let message = format!("two entries with the id {id} differ; a run keeps both");
        Reason::without_step("id_twice", message)
    }));
    reasons.extend(rehearsed.stuck.iter().map(|skipped| {
        let message = format!("no run can take {}: {}", skipped.shard, skipped.why);
        Reason::new("shard_left", message, "see what it is, and move it out of the folder")
    }));
    reasons
}

fn hook_failed(failure: &HookFailure) -> Reason {
    let HookFailure { at, exit, message } = failure;
    let first = message.lines().next().unwrap_or_default();
    let message = format!("the hook failed at {at} with status {exit}: {first}");
    Reason::new("hook_failed", message, "consolidate, which ends with the same failure or mends it")
}
