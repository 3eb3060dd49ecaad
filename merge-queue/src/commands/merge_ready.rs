//! `merge-ready`: may this task land?

use cli::{Exit, Failure, Out};
use records::merge_queue::Readiness;

use crate::args::MergeReadyArgs;
use crate::desk::{self, Desk};
use crate::git::base::Base;
use crate::git::gather;
use crate::history::History;
use crate::land::recover;
use crate::rules::definitions::{Definitions, Strategy, Task};
use crate::rules::facts::Facts;
use crate::rules::ready::{Question, readiness};
use crate::show;

pub(super) fn run(desk: &Desk, args: &MergeReadyArgs, out: &mut Out) -> Result<Exit, Failure> {
    let definitions = desk.definitions()?;
    let task = desk::find(&definitions, &args.branch.task.task)?;
    let asked = Asked {
        reference: args.branch.reference.as_deref(),
        fetch: !args.no_fetch,
        strategy: definitions.strategy,
        finish: true,
    };
    let base = desk.base(&definitions)?;
    let judged = judge(desk, &definitions, &base, task, &asked, out)?;
    out.print(&judged.readiness, show::readiness)?;
    Ok(if judged.readiness.ready { Exit::Yes } else { Exit::No })
}

/// What is asked about a task.
pub(crate) struct Asked<'a> {
    /// The ref to judge instead of the task's.
    pub(crate) reference: Option<&'a str>,
    /// Whether to fetch the base first.
    pub(crate) fetch: bool,
    /// How it is to land.
    pub(crate) strategy: Strategy,
    /// Whether to record interrupted landings that turn out to have arrived.
    pub(crate) finish: bool,
}

/// The answer, and all that it rests on.
pub(crate) struct Judged {
    /// The answer.
    pub(crate) readiness: Readiness,
    /// What git said.
    pub(crate) facts: Facts,
    /// What the journal held.
    pub(crate) history: History,
}

/// Fetches, finishes what an interrupted landing left, gathers the facts and decides.
pub(crate) fn judge(
    desk: &Desk,
    definitions: &Definitions,
    base: &Base,
    task: &Task,
    asked: &Asked<'_>,
    out: &Out,
) -> Result<Judged, Failure> {
    let fetched = asked.fetch && base.fetch(&desk.git)?;
    let mut history = desk.history(out)?;
    // Read once: a push that outlived its caller may move it at any moment, and what is recorded and
    // what is answered must not differ.
    let mut tip = base.tip(&desk.git)?;
    if asked.finish && recover::finish(desk, definitions, base, tip.as_deref(), &history, out)? {
        history = desk.history(out)?;
        tip = base.tip(&desk.git)?;
    }
    let reference = gather::reference(desk, definitions, &history, task, asked.reference)?;
    let facts = gather::facts(desk, definitions, base, (tip, fetched), &history, reference)?;
    let strategy = asked.strategy;
    let readiness =
        readiness(Question { definitions, task, history: &history, facts: &facts, strategy });
    Ok(Judged { readiness, facts, history })
}
