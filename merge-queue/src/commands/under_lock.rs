//! Deciding and recording in one step.
//!
//! What takes long, such as a question to git, is asked first. Then the decision is made under the
//! journal's lock, on the journal as it is by then, and recorded before the lock is given back: of
//! any number of processes that ask at once, each sees what the ones before it recorded.

use std::collections::BTreeSet;

use cli::{Exit, Failure, Out};
use records::QueueEvent;
use records::merge_queue::Event;

use super::refuse;
use crate::desk::Desk;
use crate::git::gather;
use crate::history::{self, History};
use crate::rules::claim::{Answer, Scene};
use crate::rules::definitions::{Definitions, Task};
use crate::rules::standing::Standing;
use crate::rules::state;
use crate::show;

/// What is asked about which task.
#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) desk: &'a Desk,
    pub(super) definitions: &'a Definitions,
    pub(super) task: &'a Task,
    /// The command, for refusals.
    pub(super) command: &'static str,
}

/// Decides, records an event of `kind` when that is the answer, and prints it. `answer` gets the
/// event without a payload and fills it.
pub(super) fn decide(
    request: Request<'_>,
    kind: &str,
    out: &mut Out,
    answer: impl FnOnce(Scene<'_>, &mut QueueEvent) -> Answer<()>,
) -> Result<Exit, Failure> {
    let Request { desk, definitions, task, command } = request;
    let history = desk.history_of([&task.id].into_iter().chain(&task.depends_on), out)?;
    let tip = desk.base(definitions)?.tip(&desk.git)?;
    let asked: BTreeSet<String> = landings(&history, task).map(Into::into).collect();
    let reached = gather::reached(
        desk,
        tip.as_deref(),
        history.events.iter().filter(|event| concerns(task, event)),
    )?;
    let blank = desk.blank(&task.id, kind)?;
    let appended = history::append_after(desk, history, |seq, history| {
        if landings(history, task).any(|commit| !asked.contains(commit)) {
            let what = format!("cannot {command} {}", task.id);
            return Err(Failure::later(what, "something has landed at this moment")
                .hint("the same command again looks at it"));
        }
        let now = cli::clock::now();
        let standing = Standing::of(history.of(&task.id));
        let done = |id| state::done(history.of(id), &reached).map(|event| event.seq);
        let open: Vec<_> = task.depends_on.iter().filter(|id| done(id).is_none()).collect();
        let done = done(&task.id);
        let scene = Scene { definitions, task, standing: &standing, done, open: &open, now };
        let mut event = QueueEvent { seq, at: now, ..blank };
        Ok(match answer(scene, &mut event) {
            Answer::Granted(()) => Ok(event),
            Answer::Holds(seq) => Err(Ok(numbered(history, seq)?)),
            Answer::Refused(reasons) => Err(Err(reasons)),
        })
    })?;
    match appended {
        Ok(event) | Err(Ok(event)) => {
            out.print(&Event(event), |event, page| show::event(&event.0, page))?;
            Ok(Exit::Yes)
        }
        Err(Err(reasons)) => refuse(task, command, reasons, out),
    }
}

fn numbered(history: &History, seq: u64) -> Result<QueueEvent, Failure> {
    let event = history.events.iter().find(|event| event.seq == seq);
    event
        .cloned()
        .ok_or_else(|| Failure::world("cannot answer", format_args!("event {seq} is gone")))
}

/// Whether the event is about the task or what it depends on.
fn concerns(task: &Task, event: &QueueEvent) -> bool {
    event.task.as_ref().is_some_and(|id| *id == task.id || task.depends_on.contains(id))
}

/// The commits that tell whether the task and what it depends on are done.
fn landings<'a>(history: &'a History, task: &'a Task) -> impl Iterator<Item = &'a str> {
    state::landings(history.events.iter().filter(|event| concerns(task, event)))
}
