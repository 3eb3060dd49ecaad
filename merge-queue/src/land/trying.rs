//! Trying a chain out: the verify command on its end, and what a red run means.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use cli::Failure;
use records::merge_queue::LandStep;
use records::{TaskId, Verified};

use super::candidate::Candidate;
use super::chain::{Chain, Link};
use super::verify::{Context, Run, Verifier};
use crate::desk::Desk;
use crate::rules::batch::session::Session;
use crate::rules::batch::trial::{Finding, Outcome, Step};

/// The verify command, and what one call of `land` learns of it from batch to batch.
pub(super) struct Trying<'a> {
    desk: &'a Desk,
    command: String,
    limit: Duration,
    /// Opened when there is something to verify.
    verifier: Option<Verifier>,
    session: Session<Tried>,
    /// Where the base stood after the last batch.
    base: Option<String>,
    /// Trees on which the command passed.
    passed: BTreeSet<String>,
}

/// A task that was tried out.
#[derive(Debug, Clone)]
pub(super) struct Tried {
    pub(super) candidate: Candidate,
    /// How the command failed with it and those before it.
    pub(super) red: Option<Red>,
}

/// How the command failed.
#[derive(Debug, Clone, Default)]
pub(super) struct Red {
    pub(super) reason: String,
    pub(super) output_tail: String,
    /// The file with the whole output.
    pub(super) log: Option<PathBuf>,
}

impl Red {
    /// Where the whole output is, in words for the end of a sentence.
    pub(super) fn whole_output(&self) -> String {
        let log =
            self.log.as_ref().map(|log| format!("; the whole output is in {}", log.display()));
        log.unwrap_or_default()
    }
}

/// What came of trying a chain out.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// How many of its links may land, from the lowest.
    pub(super) green: usize,
    /// The run that says so.
    pub(super) verified: Option<Verified>,
    /// To be sent back. Some may be of an earlier batch.
    pub(super) blamed: Vec<Tried>,
    /// May be to blame; nobody knows yet, and they are not tried again until somebody does.
    pub(super) suspect: Option<TaskId>,
    /// How the command failed on the base alone.
    pub(super) base_red: Option<Red>,
    /// Why the command could not be run.
    pub(super) infra: Option<Red>,
    /// How many runs failed on what passed later.
    pub(super) flaky: usize,
}

impl<'a> Trying<'a> {
    /// With `command`, at most `max` tasks at once.
    pub(super) fn new(desk: &'a Desk, command: String, limit: Duration, max: usize) -> Self {
        Self {
            desk,
            command,
            limit,
            verifier: None,
            session: Session::new(max),
            base: None,
            passed: BTreeSet::new(),
        }
    }

    /// How many tasks the next batch should have at most.
    pub(super) fn size(&self) -> usize {
        self.session.size()
    }

    /// The command as a person would type it.
    pub(super) fn command(&self) -> &str {
        &self.command
    }

    /// Whether somebody is under suspicion, which a trial of nothing settles.
    pub(super) fn in_doubt(&self) -> bool {
        self.session.in_doubt()
    }

    /// Those under suspicion, when nothing more will be run.
    pub(super) fn give_up(&mut self) -> Vec<Tried> {
        self.session.give_up()
    }

    /// Tries a chain on the base at `before` out; an empty one asks after the base alone. `say` is told
    /// what is being run.
    pub(super) fn try_out(
        &mut self,
        before: &str,
        chain: &Chain,
        mut say: impl FnMut(LandStep, &[&TaskId]),
    ) -> Result<Found, Failure> {
        if self.base.as_deref() != Some(before) {
            self.session.base_moved();
        }
        let links = &chain.links;
        let mut trial = self.session.trial(links.len());
        let mut reds: BTreeMap<usize, Red> = BTreeMap::new();
        let mut why = None;
        let mut seen = BTreeSet::new();
        let verdict = loop {
            let prefix = match trial.next() {
                Step::Done(verdict) => break verdict,
                Step::Run { prefix } => prefix,
            };
            let tree = prefix.checked_sub(1).and_then(|last| links.get(last));
            let tree = tree.map(|link| link.merged.tree.clone());
            let first = seen.insert(prefix);
            if first && tree.as_ref().is_some_and(|tree| self.passed.contains(tree)) {
                trial.report(Outcome::Passed);
                continue;
            }
            let tasks: Vec<&TaskId> =
                links.iter().take(prefix).map(|link| &link.candidate.task).collect();
            let whole = prefix == links.len() && reds.is_empty();
            say(if whole { LandStep::Verifying } else { LandStep::Bisecting }, &tasks);
            let run = self.run(before, links, prefix)?;
            match run.outcome {
                Outcome::Passed => self.passed.extend(tree),
                Outcome::Failed => {
                    let reason = run.reason.unwrap_or_else(|| "it failed".into());
                    let Run { output_tail, log, .. } = run;
                    reds.insert(prefix, Red { reason, output_tail, log });
                }
                Outcome::Infra => {
                    let reason =
                        run.reason.unwrap_or_else(|| "the command could not be run".into());
                    why = Some(Red { reason, output_tail: run.output_tail, log: run.log });
                }
            }
            trial.report(run.outcome);
        };
        let tip = verdict.green.checked_sub(1).and_then(|last| links.get(last));
        let verified = tip.map(|link| Verified {
            command: self.command.clone(),
            commit: link.merged.commit.clone(),
            tree: link.merged.tree.clone(),
            flaky: reds.contains_key(&verdict.green),
        });
        let base_red = reds.get(&0).cloned();
        let tried = |(at, link): (usize, &Link)| Tried {
            candidate: link.candidate.clone(),
            red: reds.get(&(at + 1)).cloned(),
        };
        let batch = links.iter().enumerate().map(tried).collect();
        let settled = self.session.settle(&verdict, batch);
        self.base = Some(tip.map_or(before, |link| &link.merged.commit).to_owned());
        let suspected = matches!(verdict.finding, Finding::Bad { proven: false });
        let suspect = links.get(verdict.green).filter(|_| suspected);
        Ok(Found {
            green: verdict.green,
            verified,
            blamed: settled.blamed,
            suspect: suspect.map(|link| link.candidate.task.clone()),
            base_red: settled.freeze.then(|| base_red.unwrap_or_default()),
            infra: (verdict.finding == Finding::Infra).then(|| why.unwrap_or_default()),
            flaky: verdict.flaky,
        })
    }

    /// Runs the command on the first `prefix` links, or on the base alone.
    fn run(&mut self, before: &str, links: &[Link], prefix: usize) -> Result<Run, Failure> {
        let verifier = match self.verifier.take() {
            Some(verifier) => verifier,
            None => Verifier::open(self.desk, &self.command, self.limit)?,
        };
        let within = links.get(..prefix).unwrap_or_default();
        let commit = within.last().map_or(before, |link| &link.merged.commit);
        let tasks: Vec<TaskId> = within.iter().map(|link| link.candidate.task.clone()).collect();
        // A command that tests what has changed would test nothing on the base alone.
        let changing = if prefix == 0 { links } else { within };
        let changed: BTreeSet<Vec<u8>> = changing
            .iter()
            .flat_map(|link| link.merged.changes.iter().map(|change| change.path.clone()))
            .collect();
        let changed: Vec<Vec<u8>> = changed.into_iter().collect();
        let context = Context { base: before, tasks: &tasks, changed: &changed };
        self.command = verifier.command();
        let ran = verifier.run(commit, &context);
        self.verifier = Some(verifier);
        Ok(ran?)
    }
}
