//! Which of those that wait may land now; the others get their answer, or wait for the next round.

use std::collections::BTreeSet;

use cli::Failure;
use records::merge_queue::{Landing, Readiness};
use records::{Reason, Returned, ReturnedFor, TaskId};

use super::Rounds;
use crate::commands::merge_ready::{self, World};
use crate::desk;
use crate::land::against::against;
use crate::land::answer;
use crate::land::candidate::Candidate;
use crate::land::chain::Misfit;
use crate::land::retire::Retired;
use crate::land::{follow, record};
use crate::rules::definitions::Task;
use crate::rules::diff::path_text;
use crate::rules::facts::{Facts, Merge};
use crate::rules::fate::{Fate, fate};
use crate::rules::state;

impl Rounds<'_> {
    /// Judges them in their order until `enough` may land. Those under suspicion are left alone.
    pub(super) fn candidates(
        &mut self,
        world: &World,
        enough: usize,
    ) -> Result<Vec<Candidate>, Failure> {
        if enough > 1 {
            self.prepare(world)?;
        }
        let mut candidates = Vec::new();
        let mut passed_over: BTreeSet<TaskId> = BTreeSet::new();
        for id in self.waiting.clone() {
            if candidates.len() >= enough {
                break;
            }
            if self.suspects.contains(&id) {
                continue;
            }
            let task = match desk::find(&self.definitions, id.as_str()) {
                Ok(task) => task.clone(),
                Err(failure) => {
                    let reason =
                        Reason::new("task_gone", failure.to_string(), "merge-queue status");
                    self.answer(&Landing { reasons: vec![reason], ..self.blank(&id) })?;
                    continue;
                }
            };
            if self.is_there(&task, world)? || self.waits_for_push(&task, world)? {
                continue;
            }
            let (readiness, facts) =
                merge_ready::one(self.desk, &self.definitions, world, &task, None, self.strategy)?;
            let moved = self.expected.against(&facts);
            match self.fate(&task, world, &readiness) {
                Fate::Lands if !moved.is_empty() => {
                    let landing = answer::judged(self.blank(&id), &facts);
                    self.answer(&Landing { reasons: moved, ..landing })?;
                }
                Fate::Lands => candidates.push(Candidate::new(&task, &facts)?),
                Fate::Waits => _ = passed_over.insert(id),
                Fate::Refused => self.refuse(&task, readiness, &facts)?,
                Fate::Misfit => self.does_not_fit(&task, world, readiness, &facts)?,
            }
        }
        if candidates.is_empty() && self.suspects.is_empty() {
            // They wait for each other.
            for id in passed_over {
                let message = "what it depends on does not land either";
                let reason = Reason::new("dependency_open", message, "merge-queue validate");
                self.answer(&Landing { reasons: vec![reason], ..self.blank(&id) })?;
            }
        }
        Ok(candidates)
    }

    /// Has git make all merges that are going to be judged at once.
    fn prepare(&self, world: &World) -> Result<(), Failure> {
        let tasks = self.waiting.iter().filter_map(|id| self.definitions.task(id.as_str()));
        let tasks: Vec<&Task> = tasks.collect();
        merge_ready::prepare(self.desk, &self.definitions, world, &tasks, &[None])
    }

    fn fate(&self, task: &Task, world: &World, readiness: &Readiness) -> Fate {
        let reached = &world.surroundings.reached;
        let is_open = |id: &&TaskId| state::done(world.history.of(id), reached).is_none();
        let open = task.depends_on.iter().filter(is_open).collect();
        let trying = self.waiting.iter().collect();
        fate(readiness, task, &open, &trying)
    }

    /// Whether the task has landed; it gets its answer then.
    pub(super) fn is_there(&mut self, task: &Task, world: &World) -> Result<bool, Failure> {
        let events = world.history.of(&task.id);
        let Some((_, landed)) = state::landed(events, &world.surroundings.reached) else {
            return self.came_by_hand(task, world);
        };
        let mut landing = self.landed(&task.id, landed)?;
        landing.already = true;
        if let Some(tip) = world.surroundings.base_commit.as_deref().filter(|_| !self.dry_run) {
            let followed = follow::follow(self.desk, &self.base, tip, &task.id)?;
            landing = answer::followed(landing, &followed);
            let Retired { gone, pending } = self.retire(&task.id, landed, None);
            landing.retired = gone;
            landing.pending.extend(pending);
        }
        self.answer(&landing)?;
        Ok(true)
    }

    /// Whether somebody merged by hand what was handed over: the base has that very commit. The task is done
    /// then, which is recorded, and gets its answer.
    fn came_by_hand(&mut self, task: &Task, world: &World) -> Result<bool, Failure> {
        let Some(handoff) = state::merged_by_hand(world.history.of(&task.id)) else {
            return Ok(false);
        };
        let Some(tip) = &world.surroundings.base_commit else { return Ok(false) };
        if !self.desk.objects.reachable(&handoff.commit, tip)? {
            return Ok(false);
        }
        if !self.dry_run {
            record::by_hand(self.desk, &task.id, handoff)?;
        }
        let landing = Landing {
            landed: true,
            already: true,
            branch: Some(handoff.branch.clone()),
            commit: Some(handoff.commit.clone()),
            base_after: Some(tip.clone()),
            tree: Some(self.desk.objects.tree(tip)?),
            ..self.blank(&task.id)
        };
        self.answer(&landing)?;
        Ok(true)
    }

    /// Whether it has landed in the local base by `--no-push`: landed in the remote's by itself, it would be
    /// in there twice once the local base is pushed. It gets its answer then.
    fn waits_for_push(&mut self, task: &Task, world: &World) -> Result<bool, Failure> {
        let Some(remote) = &self.base.remote else { return Ok(false) };
        let newest = world.history.of(&task.id).rev().find_map(|event| event.landed.as_ref());
        let Some(landed) = newest.filter(|landed| landed.remote.is_none()) else {
            return Ok(false);
        };
        let Some(local) = self.desk.git.commit(&self.base.local())? else { return Ok(false) };
        let tip = world.surroundings.base_commit.as_deref().unwrap_or(&local);
        let objects = &self.desk.objects;
        if objects.reachable(&landed.base_after, tip)?
            || !objects.reachable(&landed.base_after, &local)?
        {
            return Ok(false);
        }
        let branch = &self.base.branch;
        let message = format!("it has landed in the local {branch}, which was not pushed");
        let next = repo::shell_words(["git", "push", remote.as_str(), branch]);
        let reasons = vec![Reason::new("landed_unpushed", message, next)];
        self.answer(&Landing { reasons, ..self.blank(&task.id) })?;
        Ok(true)
    }

    /// When nobody named it, it was not asked for and has no answer.
    fn refuse(&mut self, task: &Task, readiness: Readiness, facts: &Facts) -> Result<(), Failure> {
        if !self.named {
            self.waiting.retain(|id| *id != task.id);
            self.unready += 1;
            return Ok(());
        }
        let landing = answer::judged(self.blank(&task.id), facts);
        self.answer(&Landing { reasons: readiness.reasons, ..landing })
    }

    /// Nothing is missing but that it fits the base as it has become.
    fn does_not_fit(
        &mut self,
        task: &Task,
        world: &World,
        readiness: Readiness,
        facts: &Facts,
    ) -> Result<(), Failure> {
        let (Some(head), Some(branched)) = (&facts.head, facts.branched()) else {
            return Err(Failure::world("cannot send back", "a commit is missing"));
        };
        let misfit = match &branched.merge {
            Merge::Conflict(paths) => Misfit { why: ReturnedFor::Conflict, paths: paths.clone() },
            Merge::Clean { paths, .. } => {
                let merged: BTreeSet<&Vec<u8>> = paths.iter().collect();
                let reviewed = branched.changes.iter().map(|change| &change.path).collect();
                let odd = merged.symmetric_difference(&reviewed);
                let paths = odd.map(|path| path_text(path)).collect();
                Misfit { why: ReturnedFor::Paths, paths }
            }
        };
        let landing =
            Landing { reasons: readiness.reasons, ..answer::judged(self.blank(&task.id), facts) };
        self.send_back(world, landing, (&head.commit, &branched.merge_base), misfit)
    }

    /// Back to its implementer. `head` is the reviewed commit, `merge_base` where it left the base.
    pub(super) fn send_back(
        &mut self,
        world: &World,
        mut landing: Landing,
        (head, merge_base): (&str, &str),
        misfit: Misfit,
    ) -> Result<(), Failure> {
        let against = against(self.desk, world, merge_base, &misfit.paths)?;
        let returned = Returned {
            commit: head.into(),
            base: world.surroundings.base_commit.clone().unwrap_or_default(),
            why: misfit.why,
            paths: misfit.paths,
            against,
            command: None,
            reason: None,
            output_tail: String::new(),
        };
        if !self.dry_run {
            record::returned(self.desk, &landing.task, &returned)?;
        }
        landing.returned = Some(returned);
        self.answer(&landing)
    }
}
