//! `merge-ready`: may this task land?

use std::collections::BTreeSet;
use std::rc::Rc;

use cli::{Exit, Failure, Out};
use records::merge_queue::Readiness;
use records::{QueueEvent, TaskId};

use crate::args::MergeReadyArgs;
use crate::desk::{self, Desk};
use crate::git::base::Base;
use crate::git::gather;
use crate::history::History;
use crate::land::recover;
use crate::rules::definitions::{Definitions, Strategy, Task};
use crate::rules::facts::Facts;
use crate::rules::ready::{Question, readiness};
use crate::rules::state;
use crate::show;

pub(super) fn run(desk: &Desk, args: &MergeReadyArgs, out: &mut Out) -> Result<Exit, Failure> {
    let definitions = desk.definitions()?;
    let named = args.task.as_deref().map(|task| desk::find(&definitions, task)).transpose()?;
    let base = desk.base(&definitions)?;
    let world = match named {
        Some(task) => {
            let needed: Vec<&TaskId> = [&task.id].into_iter().chain(&task.depends_on).collect();
            world_of(desk, &definitions, &base, (!args.no_fetch, true), Some(&needed), out)?
        }
        None => world(desk, &definitions, &base, !args.no_fetch, true, out)?,
    };
    let tasks: Vec<&Task> = match named {
        Some(task) => vec![task],
        None => definitions.tasks.iter().filter(|task| waits(&task.id, &world)).collect(),
    };
    let refs: Vec<Option<&str>> = match args.references.as_slice() {
        [] => vec![None],
        given => given.iter().map(|given| Some(given.as_str())).collect(),
    };
    prepare(desk, &definitions, &world, &tasks, &refs)?;
    let mut all_ready = !tasks.is_empty();
    for task in &tasks {
        for reference in &refs {
            let strategy = definitions.strategy;
            let (readiness, _) = one(desk, &definitions, &world, task, *reference, strategy)?;
            all_ready &= readiness.ready;
            out.print(&readiness, show::readiness)?;
        }
    }
    if tasks.is_empty() {
        out.note("no task is handed over that has not landed");
    }
    super::freeze::mention(&world.history, cli::clock::now(), out);
    Ok(if all_ready { Exit::Yes } else { Exit::No })
}

/// Whether there is something to judge: the task was handed over and has not landed.
pub(crate) fn waits(task: &TaskId, world: &World) -> bool {
    let handed_over = world.history.of(task).any(|event| event.handoff.is_some());
    handed_over && state::done(world.history.of(task), &world.surroundings.reached).is_none()
}

/// What an answer rests on besides the ref: one fetch, one look at the journal and the checkout.
pub(crate) struct World {
    /// What the journal held.
    pub(crate) history: Rc<History>,
    /// What git said, but for the ref.
    pub(crate) surroundings: Facts,
}

/// Fetches, finishes what an interrupted landing left, and looks at everything that is the same for all
/// tasks.
pub(crate) fn world(
    desk: &Desk,
    definitions: &Definitions,
    base: &Base,
    fetch: bool,
    finish: bool,
    out: &Out,
) -> Result<World, Failure> {
    world_of(desk, definitions, base, (fetch, finish), None, out)
}

/// The same, with the events of these tasks at least, or of all.
fn world_of(
    desk: &Desk,
    definitions: &Definitions,
    base: &Base,
    (fetch, finish): (bool, bool),
    tasks: Option<&[&TaskId]>,
    out: &Out,
) -> Result<World, Failure> {
    let fetched = fetch && base.fetch(&desk.git)?;
    let look = || match tasks {
        Some(tasks) => desk.history_of(tasks.iter().copied(), out),
        None => desk.history(out),
    };
    let mut history = look()?;
    // Read once: a push that outlived its caller may move it at any moment, and what is recorded and
    // what is answered must not differ.
    let mut tip = base.tip(&desk.git)?;
    if finish && recover::finish(desk, definitions, base, tip.as_deref(), &history, out)? {
        history = look()?;
        tip = base.tip(&desk.git)?;
    }
    let surroundings = gather::surroundings(desk, definitions, base, (tip, fetched), &history)?;
    Ok(World { history, surroundings })
}

/// The world as it would be with the base at `tip`, and with these events after those of the journal.
/// Nothing is recorded.
pub(crate) fn imagined(
    desk: &Desk,
    definitions: &Definitions,
    base: &Base,
    tip: Option<String>,
    more: Vec<QueueEvent>,
    out: &Out,
) -> Result<World, Failure> {
    let mut history = desk.history(out)?;
    let last = history.events.last().map_or(0, |event| event.seq);
    let more = more.into_iter().zip(last + 1..);
    Rc::make_mut(&mut history).events.extend(more.map(|(event, seq)| QueueEvent { seq, ..event }));
    let surroundings = gather::surroundings(desk, definitions, base, (tip, true), &history)?;
    Ok(World { history, surroundings })
}

/// Merges what several answers are going to ask about, in one process.
pub(crate) fn prepare(
    desk: &Desk,
    definitions: &Definitions,
    world: &World,
    tasks: &[&Task],
    references: &[Option<&str>],
) -> Result<(), Failure> {
    let Some(base) = &world.surroundings.base_commit else { return Ok(()) };
    let mut heads = BTreeSet::new();
    for (task, reference) in tasks.iter().flat_map(|task| references.iter().map(|r| (*task, *r))) {
        heads.extend(gather::reference(desk, definitions, &world.history, task, reference)?.commit);
    }
    desk.merges.prepare(desk, base, heads)
}

/// The answer about a task, and what git said about its ref: the given one, else its own.
pub(crate) fn one(
    desk: &Desk,
    definitions: &Definitions,
    world: &World,
    task: &Task,
    reference: Option<&str>,
    strategy: Strategy,
) -> Result<(Readiness, Facts), Failure> {
    let history = &world.history;
    let reference = gather::reference(desk, definitions, history, task, reference)?;
    let facts = gather::facts(desk, world.surroundings.clone(), reference)?;
    let question = Question { definitions, task, history, facts: &facts, strategy };
    Ok((readiness(question), facts))
}
