//! A call of `land`, batch after batch, until every task that was asked for has its answer.

mod judging;
mod moving;
mod refusals;
mod verdicts;

use std::collections::BTreeSet;

use cli::{Exit, Failure, Out};
use records::merge_queue::{LandStep, Landing};
use records::{Landed, QueueEvent, Reason, ReturnedFor, TaskId};

use self::refusals::Refusals;
use super::answer::{self, Answers};
use super::batching::batch;
use super::candidate::Candidate;
use super::chain::{self, Chain, Link, Misfit};
use super::follow::Obstacles;
use super::live::Live;
use super::sight::Sight;
use super::trying::Trying;
use crate::args::LandArgs;
use crate::commands::merge_ready::{self, World};
use crate::desk::{self, Desk};
use crate::git::base::Base;
use crate::git::pins::{self, Pin, PinOf};
use crate::rules::definitions::{Definitions, Strategy, Task};
use crate::rules::expected::Expected;
use crate::rules::frozen::frozen;
use crate::rules::landing_order::landing_order;

/// How many land at once where they are verified: of so many, half of all batches are red when one in
/// twelve is bad.
const MOST_VERIFIED: usize = 8;

/// Everything that lasts from one batch to the next.
#[expect(clippy::struct_excessive_bools, reason = "options, and what was seen")]
pub(super) struct Rounds<'a> {
    desk: &'a Desk,
    definitions: Definitions,
    base: Base,
    /// The remote's branch, which the local one must contain, where nothing is to be pushed.
    upstream: Option<Base>,
    strategy: Strategy,
    /// Nothing is moved or recorded.
    dry_run: bool,
    /// Whether tasks were named; else whatever may land is to land.
    named: bool,
    /// Those without an answer, in the order in which they are tried.
    waiting: Vec<TaskId>,
    answers: Answers<'a>,
    /// Names the batches.
    id: String,
    batches: u32,
    /// At most so many in a batch, where nothing is verified.
    max: usize,
    /// What must pass on what is about to land.
    trying: Option<Trying<'a>>,
    /// Those that may be to blame for a red run.
    suspects: BTreeSet<TaskId>,
    /// Whether the lanes of what landed are kept.
    keep_lane: bool,
    /// What would have landed, in a rehearsal.
    imagined: Vec<(TaskId, Landed)>,
    expected: Expected,
    /// Nothing was looked at yet.
    first: bool,
    /// How often in a row somebody else moved the base first.
    races: u32,
    refusals: Refusals,
    sight: Sight,
    /// Whether the base was looked at after it last moved.
    fresh: bool,
    /// Those that nobody named and that may not land.
    unready: usize,
}

impl<'a> Rounds<'a> {
    pub(super) fn begin(
        desk: &'a Desk,
        args: &LandArgs,
        id: String,
        out: &'a mut Out,
    ) -> Result<Self, Failure> {
        let definitions = desk.definitions()?;
        let tasks: Vec<&Task> = if args.ready {
            definitions.tasks.iter().collect()
        } else {
            let named = args.tasks.iter().map(|task| desk::find(&definitions, task));
            let mut named: Vec<&Task> = named.collect::<Result<_, _>>()?;
            let mut seen = BTreeSet::new();
            named.retain(|task| seen.insert(&task.id));
            named
        };
        let waiting = landing_order(tasks);
        let mut base = desk.base(&definitions)?;
        let upstream = base.remote.is_some().then(|| base.clone()).filter(|_| args.no_push);
        if upstream.is_some() {
            base = base.here();
        }
        let strategy = args.strategy.unwrap_or(definitions.strategy);
        let answers = Answers::new(out, args.dry_run);
        let verify = definitions.policy.verify.as_ref().map(|verify| verify.value.clone());
        let verify = args.verify.clone().or(verify).filter(|_| !args.dry_run);
        // For a fast-forward, each has to be on top of where the base stands by then.
        let most = match &verify {
            _ if !args.batch || strategy == Strategy::FfOnly => 1,
            Some(_) => MOST_VERIFIED,
            None => usize::MAX,
        };
        let max = if most == 1 { 1 } else { args.max.unwrap_or(most) };
        let trying = verify.map(|command| Trying::new(desk, command, args.limit, max));
        let live = if args.dry_run { Live::nowhere(&id) } else { Live::begin(&desk.place, &id) };
        Ok(Self {
            desk,
            definitions,
            base,
            upstream,
            strategy,
            dry_run: args.dry_run,
            named: !args.ready,
            waiting,
            answers,
            id,
            batches: 0,
            max,
            trying,
            suspects: BTreeSet::new(),
            keep_lane: args.keep_lane,
            imagined: Vec::new(),
            expected: Expected::of(args),
            first: true,
            races: 0,
            refusals: Refusals::default(),
            sight: Sight::new(live),
            fresh: false,
            unready: 0,
        })
    }

    /// One answer a task, and the exit code.
    pub(super) fn all(mut self) -> Result<Exit, Failure> {
        while !self.waiting.is_empty() {
            let before = self.progress();
            let failure = match self.round() {
                Ok(()) if self.progress() != before || self.waiting.is_empty() => continue,
                Ok(()) => Failure::world("cannot land", "a round came to nothing"),
                Err(failure) => failure,
            };
            self.sight.quiet();
            self.leave(&failure)?;
            return Err(failure);
        }
        self.sight.quiet();
        if self.unready > 0 {
            let count = self.unready;
            self.answers.out.note(&format!(
                "{count} handed over and not ready: 'merge-queue merge-ready --all' says why"
            ));
        }
        match self.refusals.first.take() {
            Some(failure) => Err(failure),
            None => Ok(self.answers.exit()),
        }
    }

    /// What every round changes: it takes a task off those that wait, puts one under suspicion or clears it,
    /// loses a race, or is refused.
    fn progress(&self) -> (usize, usize, u32) {
        (self.waiting.len(), self.suspects.len(), self.races + self.refusals.in_a_row)
    }

    /// Looks at the world, and lands the next batch.
    fn round(&mut self) -> Result<(), Failure> {
        let (desk, finish) = (self.desk, !self.dry_run);
        self.sight.say(LandStep::Judging, &[], self.waiting.len(), self.answers.out);
        let mut world = self.look(!self.fresh)?;
        if std::mem::take(&mut self.first) {
            if finish && self.take_up(&world)? {
                // The checkout is another now.
                world = self.look(false)?;
            }
            if !self.named {
                self.waiting.retain(|id| merge_ready::waits(id, &world));
            }
        }
        if let Some(frozen) = frozen(&world.history.events, cli::clock::now()) {
            return self.closed(&world, &frozen.reason());
        }
        if let Some(tip) = world.surroundings.base_commit.as_deref()
            && let Some(reason) = self.behind(tip)?
        {
            return self.closed(&world, &reason);
        }
        let size = self.trying.as_ref().map_or(self.max, Trying::size);
        let size = if self.refusals.apart { 1 } else { size };
        let enough = if self.max == 1 { 1 } else { usize::MAX };
        let candidates = self.candidates(&world, enough)?;
        let Some(before) = world.surroundings.base_commit.clone() else { return Ok(()) };
        let candidates = self.unobstructed(candidates, &before)?;
        let batch = batch(desk, &self.definitions, &before, candidates, size)?;
        if batch.is_empty() {
            let in_doubt = self.trying.as_ref().is_some_and(Trying::in_doubt);
            return if in_doubt { self.settle_doubt(&world, &before) } else { Ok(()) };
        }
        self.batches += 1;
        let id = format!("{}.{}", self.id, self.batches);
        let names: Vec<&TaskId> = batch.iter().map(|candidate| &candidate.task).collect();
        let behind = self.waiting.len().saturating_sub(names.len());
        self.sight.say(LandStep::Merging, &names, behind, self.answers.out);
        let mut chain = chain::build(desk, &before, batch, self.strategy, &id)?;
        for (candidate, misfit) in std::mem::take(&mut chain.misfits) {
            self.misfit(&world, &candidate, misfit, &before)?;
        }
        let Some(tip) = chain.links.last() else { return Ok(()) };
        if self.dry_run {
            return self.would_land(&chain.links);
        }
        let stage = Pin { of: PinOf::Batch(id.clone()), commit: tip.merged.commit.clone() };
        pins::pin(&desk.git, &stage.of, &stage.commit)?;
        let landed = self.try_and_land(&world, &before, &id, chain);
        // Whatever came of it, nothing needs the chain any more.
        let unpinned = self.unpin(&[stage]);
        landed.and(unpinned)
    }

    fn look(&self, fetch: bool) -> Result<World, Failure> {
        let (definitions, base) = (&self.definitions, &self.base);
        if self.dry_run {
            return self.imagine();
        }
        merge_ready::world(self.desk, definitions, base, fetch, true, self.answers.out)
    }

    /// The world as it would be with what would have landed by now.
    fn imagine(&self) -> Result<World, Failure> {
        let (desk, base) = (self.desk, &self.base);
        let tip = match self.imagined.last() {
            Some((_, landed)) => Some(landed.base_after.clone()),
            None if base.remote.is_some() => base.peek(&desk.git)?,
            None => base.tip(&desk.git)?,
        };
        let event = |(task, landed): &(TaskId, Landed)| {
            let landed = Some(landed.clone());
            Ok(QueueEvent { landed, ..desk.blank(task, "landed")? })
        };
        let events = self.imagined.iter().map(event).collect::<Result<Vec<_>, Failure>>()?;
        merge_ready::imagined(desk, &self.definitions, base, tip, events, self.answers.out)
    }

    /// Why the local branch is no base to land on without pushing: the remote has what it lacks.
    fn behind(&self, before: &str) -> Result<Option<Reason>, Failure> {
        let Some(upstream) = self.upstream.as_ref().filter(|_| !self.fresh) else {
            return Ok(None);
        };
        let git = &self.desk.git;
        let tip = if self.dry_run {
            upstream.peek(git)?
        } else {
            upstream.fetch(git)?;
            upstream.tip(git)?
        };
        let lacks = match &tip {
            Some(tip) => !self.desk.objects.reachable(tip, before)?,
            None => false,
        };
        let (local, shown) = (&self.base.branch, &upstream.shown);
        let next = format!("{} where {local} is checked out", upstream.merge_command());
        let reason = || Reason::new("base_behind", format!("{local} lacks what {shown} has"), next);
        Ok(lacks.then(reason))
    }

    fn try_and_land(
        &mut self,
        world: &World,
        before: &str,
        id: &str,
        mut chain: Chain,
    ) -> Result<(), Failure> {
        let found = self.try_out(before, &chain)?;
        chain.links.truncate(found.green);
        self.land(before, &chain.links, id, found.verified.as_ref())?;
        self.heed(world, before, found)?;
        self.learn(&chain.links)
    }

    /// Shows what is done to these from now on.
    fn say(&mut self, step: LandStep, links: &[Link]) {
        let tasks: Vec<&TaskId> = links.iter().map(|link| &link.candidate.task).collect();
        let behind = self.waiting.iter().filter(|id| !tasks.contains(id)).count();
        self.sight.say(step, &tasks, behind, self.answers.out);
    }

    /// What landed may have changed the definitions, and then those that come after it have to meet what they
    /// say now.
    fn learn(&mut self, landed: &[Link]) -> Result<(), Failure> {
        let changes = landed.iter().flat_map(|link| &link.merged.changes);
        let mut paths = changes.map(|change| change.path.as_slice());
        let files: BTreeSet<&[u8]> = self.definitions.files().map(str::as_bytes).collect();
        if paths.any(|path| files.contains(path)) {
            self.definitions = self.desk.definitions()?;
        }
        Ok(())
    }

    /// Nothing may land: the reason is the answer, but for what has landed.
    fn closed(&mut self, world: &World, reason: &Reason) -> Result<(), Failure> {
        for id in self.waiting.clone() {
            let task = self.definitions.tasks.iter().find(|task| task.id == id).cloned();
            if let Some(task) = &task
                && self.is_there(task, world)?
            {
                continue;
            }
            let reasons = vec![reason.clone()];
            self.answer(&Landing { reasons, ..self.blank(&id) })?;
        }
        Ok(())
    }

    /// Takes out those which the checkout of the base is not ready for.
    fn unobstructed(
        &mut self,
        candidates: Vec<Candidate>,
        before: &str,
    ) -> Result<Vec<Candidate>, Failure> {
        if candidates.is_empty() {
            return Ok(candidates);
        }
        let obstacles = Obstacles::look(self.desk, &self.base, before)?;
        let mut free = Vec::new();
        for candidate in candidates {
            let ends = (before, candidate.head.as_str());
            let reasons = obstacles.against(self.desk, ends, &candidate.changes)?;
            if reasons.is_empty() {
                free.push(candidate);
            } else {
                let landing = Landing { reasons, ..self.about(&candidate, before) };
                self.answer(&landing)?;
            }
        }
        Ok(free)
    }

    /// Git merged it when it was judged; on its way into the base it came out as something else.
    fn misfit(
        &mut self,
        world: &World,
        candidate: &Candidate,
        misfit: Misfit,
        before: &str,
    ) -> Result<(), Failure> {
        let message = match misfit.why {
            ReturnedFor::Conflict => "it conflicts",
            _ => "the merge is not what was reviewed",
        };
        // Git can find a conflict that it names no path of, where a folder was renamed in two ways.
        let message = match misfit.paths.as_slice() {
            [] => message.to_owned(),
            paths => format!("{message} in {}", paths.join(", ")),
        };
        let next = format!("{} in the lane, then hand over again", self.base.merge_command());
        let reasons = vec![Reason::new("merge_differs", message, next)];
        let landing = Landing { reasons, ..self.about(candidate, before) };
        self.send_back(world, landing, (&candidate.head, &candidate.merge_base), misfit)
    }

    /// Rehearsal: says what would land.
    fn would_land(&mut self, links: &[Link]) -> Result<(), Failure> {
        for link in links {
            let batch = self.batches.to_string();
            let landed = link.landed(&self.base, self.strategy, &batch, None);
            let landing = Landing {
                tree: Some(link.merged.tree.clone()),
                batch: Some(batch),
                ..self.about(&link.candidate, &link.below)
            };
            self.imagined.push((link.candidate.task.clone(), landed));
            self.answer(&landing)?;
        }
        Ok(())
    }

    fn landed(&self, task: &TaskId, landed: &Landed) -> Result<Landing, Failure> {
        let tree = self.desk.objects.tree(&landed.base_after)?;
        Ok(answer::landed(self.blank(task), landed, tree))
    }

    fn blank(&self, task: &TaskId) -> Landing {
        answer::blank(task, &self.base, self.strategy, self.dry_run)
    }

    fn about(&self, candidate: &Candidate, before: &str) -> Landing {
        Landing {
            branch: Some(candidate.branch.clone()),
            commit: Some(candidate.head.clone()),
            base_before: Some(before.into()),
            ..self.blank(&candidate.task)
        }
    }

    /// Gives an answer, after which the task waits no longer.
    fn answer(&mut self, landing: &Landing) -> Result<(), Failure> {
        self.waiting.retain(|id| *id != landing.task);
        self.answers.give(landing)
    }

    /// Answers for those that are left, whether they were tried or not.
    fn leave(&mut self, failure: &Failure) -> Result<(), Failure> {
        let suspects = self.trying.as_mut().map(Trying::give_up).unwrap_or_default();
        for tried in suspects {
            let reason = tried.red.unwrap_or_default().reason;
            let message = format!("it may be to blame, which could not be settled: {reason}");
            let task = &tried.candidate.task;
            let reason = Reason::new("unsettled", message, format!("merge-queue land {task}"));
            let landing = Landing { reasons: vec![reason], ..self.blank(task) };
            self.answer(&landing)?;
        }
        if !self.named {
            return Ok(());
        }
        for task in std::mem::take(&mut self.waiting) {
            let message = format!("it has not landed: {failure}");
            let reason = Reason::new("not_tried", message, format!("merge-queue land {task}"));
            let landing = Landing { reasons: vec![reason], ..self.blank(&task) };
            self.answers.give(&landing)?;
        }
        Ok(())
    }

    /// The call that goes on with what is left, to be typed.
    fn again(&self) -> String {
        match (self.named, self.waiting.as_slice()) {
            (true, [task]) => format!("merge-queue land {task}"),
            (true, _) => "merge-queue land TASK...".into(),
            (false, _) => "merge-queue land --ready".into(),
        }
    }
}

/// Names a call, and by that its batches; sorts by time.
pub(super) fn run_id() -> String {
    format!("{}-{}", cli::clock::now().compact(), std::process::id())
}
