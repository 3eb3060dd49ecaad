//! What `land` writes into the journal.

use std::collections::BTreeSet;

use cli::Failure;
use records::{
    Freeze, Handoff, Landed, QueueEvent, Returned, ReturnedFor, Reverted, StatusChange, TaskId,
    TaskState,
};

use crate::desk::Desk;
use crate::history;
use crate::rules::definitions::Definitions;

/// That these tasks are about to land, in one write.
pub(super) fn landing(desk: &Desk, tasks: &[(TaskId, Landed)]) -> Result<(), Failure> {
    let events = tasks.iter().map(|(task, landed)| {
        Ok(QueueEvent { landed: Some(landed.clone()), ..desk.blank(task, "landing")? })
    });
    let events: Vec<QueueEvent> = events.collect::<Result<_, Failure>>()?;
    history::append_all(&desk.place, |_| Ok(events))?;
    Ok(())
}

/// That these tasks have landed, each once: two calls may find it out at the same time.
pub(super) fn landed(
    desk: &Desk,
    definitions: &Definitions,
    tasks: &[(TaskId, Landed)],
) -> Result<(), Failure> {
    let mut events = Vec::with_capacity(tasks.len());
    for (task, landed) in tasks {
        let mut event = QueueEvent { landed: Some(landed.clone()), ..desk.blank(task, "landed")? };
        let defined = definitions.tasks.iter().find(|defined| defined.id == *task);
        // For readers that know issues and not tasks.
        if let Some(issue) = defined.and_then(|task| task.issue) {
            event.extra.insert("issue".into(), issue.0.into());
        }
        events.push(event);
    }
    let key = |event: &QueueEvent| {
        let landed = event.landed.as_ref().filter(|_| event.kind == "landed");
        landed.map(|landed| (event.task.clone(), landed.base_after.clone()))
    };
    append_new(desk, events, key)
}

/// That a task is done because somebody merged by hand what was handed over.
pub(super) fn by_hand(desk: &Desk, task: &TaskId, handoff: &Handoff) -> Result<(), Failure> {
    let change = StatusChange {
        to: TaskState::Done,
        reason: Some("the base has what was handed over".into()),
        owner: None,
        branch: Some(handoff.branch.clone()),
        commit: Some(handoff.commit.clone()),
        reopened: false,
    };
    let event = QueueEvent { status: Some(change), ..desk.blank(task, "status")? };
    history::append(&desk.place, |seq, _| Ok(Some(QueueEvent { seq, ..event })))?;
    Ok(())
}

/// That a task goes back to its implementer.
pub(super) fn returned(desk: &Desk, task: &TaskId, returned: &Returned) -> Result<(), Failure> {
    let event = QueueEvent { returned: Some(returned.clone()), ..desk.blank(task, "returned")? };
    history::append(&desk.place, |seq, _| Ok(Some(QueueEvent { seq, ..event })))?;
    Ok(())
}

/// The kind of the event that a reversion begins with.
pub(super) const REVERTING: &str = "reverting";

/// That these landings are about to be undone, in one write.
pub(super) fn reverting(desk: &Desk, tasks: &[(TaskId, Reverted)]) -> Result<(), Failure> {
    let events = tasks.iter().map(|(task, reverted)| {
        Ok(QueueEvent { reverted: Some(reverted.clone()), ..desk.blank(task, REVERTING)? })
    });
    let events: Vec<QueueEvent> = events.collect::<Result<_, Failure>>()?;
    history::append_all(&desk.place, |_| Ok(events))?;
    Ok(())
}

/// That these landings are undone, each once, so that the tasks wait for their implementers.
pub(super) fn reverted(desk: &Desk, tasks: &[(TaskId, Reverted)]) -> Result<(), Failure> {
    let mut events = Vec::with_capacity(tasks.len());
    for (task, reverted) in tasks {
        let returned = Returned {
            commit: reverted.step.commit.clone(),
            base: reverted.step.base_after.clone(),
            why: ReturnedFor::Reverted,
            paths: Vec::new(),
            against: Vec::new(),
            command: None,
            reason: reverted.reason.clone(),
            output_tail: String::new(),
        };
        let (returned, reverted) = (Some(returned), Some(reverted.clone()));
        events.push(QueueEvent { returned, reverted, ..desk.blank(task, "returned")? });
    }
    let key = |event: &QueueEvent| {
        let reverted = event.reverted.as_ref().filter(|_| event.kind == "returned");
        reverted.map(|reverted| (event.task.clone(), reverted.step.base_after.clone()))
    };
    append_new(desk, events, key)
}

/// Records those of `events` that the journal does not have, told by `key`: two calls may find the same thing out.
fn append_new<K: Ord>(
    desk: &Desk,
    mut events: Vec<QueueEvent>,
    key: impl Fn(&QueueEvent) -> Option<K>,
) -> Result<(), Failure> {
    if events.is_empty() {
        return Ok(());
    }
    history::append_all(&desk.place, |view| {
        let known = view.load::<QueueEvent>()?.records;
        let known: BTreeSet<_> = known.iter().filter_map(|(_, event)| key(event)).collect();
        events.retain(|event| key(event).is_some_and(|key| !known.contains(&key)));
        Ok(events)
    })?;
    Ok(())
}

/// That nothing may land.
pub(super) fn frozen(desk: &Desk, freeze: Freeze) -> Result<QueueEvent, Failure> {
    let event = QueueEvent { frozen: Some(freeze), ..desk.blank_of_queue("frozen")? };
    let appended = history::append(&desk.place, |seq, _| Ok(Some(QueueEvent { seq, ..event })))?;
    let appended = appended.map(|(event, _)| event);
    appended.ok_or_else(|| Failure::world("cannot record", "the event was not appended"))
}
