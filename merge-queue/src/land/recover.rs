//! What an interrupted landing left, and the record that work has landed.

use std::collections::BTreeSet;

use cli::{Failure, Out};
use records::{Landed, QueueEvent, Reverted, TaskId};
use repo::Git;

use super::{follow, half_done, record, revert};
use crate::desk::Desk;
use crate::git::base::Base;
use crate::history::History;
use crate::rules::definitions::Definitions;

/// Records `landed` for every landing that was begun, never ended, and has arrived: its commit is
/// reachable from the base's `tip`. One that has not arrived needs no undoing, because nothing refers to it;
/// should a push that outlived its caller bring it in later, the next call finds it. Returns
/// whether something was recorded.
pub(crate) fn finish(
    desk: &Desk,
    definitions: &Definitions,
    base: &Base,
    tip: Option<&str>,
    history: &History,
    out: &Out,
) -> Result<bool, Failure> {
    let Some(tip) = tip else { return Ok(false) };
    let ended: BTreeSet<&str> =
        landings(history, "landed").map(|(_, l)| l.base_after.as_str()).collect();
    let undoing: Vec<(&QueueEvent, &Reverted)> = revert::begun(&history.events).collect();
    let open: Vec<(&QueueEvent, &Landed)> = landings(history, "landing")
        .filter(|(_, landing)| !ended.contains(landing.base_after.as_str()))
        .collect();
    let moves = undoing.iter().map(|(event, reverted)| (*event, &reverted.step));
    let moves: Vec<(&QueueEvent, &Landed)> = open.iter().copied().chain(moves).collect();
    let resumed = resume(desk, base, tip, &moves, out)?;
    let tip = resumed.as_deref().unwrap_or(tip);
    let mut arrived: Vec<(TaskId, Landed)> = Vec::new();
    for (event, landing) in open {
        let Some(task) = &event.task else { continue };
        let twice = arrived.iter().any(|(_, known)| known.base_after == landing.base_after);
        if !twice && desk.objects.reachable(&landing.base_after, tip)? {
            arrived.push((task.clone(), landing.clone()));
        }
    }
    record::landed(desk, definitions, &arrived)?;
    for (task, _) in &arrived {
        out.note(&format!("{task} has landed in an earlier call; that is recorded now"));
    }
    let mut undone: Vec<(TaskId, Reverted)> = Vec::new();
    for (event, reverted) in undoing {
        if let Some(task) = &event.task
            && desk.objects.reachable(&reverted.step.base_after, tip)?
        {
            undone.push((task.clone(), reverted.clone()));
        }
    }
    record::reverted(desk, &undone)?;
    for (task, _) in &undone {
        out.note(&format!(
            "{task} was taken out of the base in an earlier call; that is recorded now"
        ));
    }
    Ok(!arrived.is_empty() || !undone.is_empty())
}

/// Without a remote the checkout moves before the branch. When the call died in between, the index
/// of the checkout is that of the landing, and git takes the move up where it stopped. Returns where
/// the base stands then, if it did.
fn resume(
    desk: &Desk,
    base: &Base,
    tip: &str,
    open: &[(&QueueEvent, &Landed)],
    out: &Out,
) -> Result<Option<String>, Failure> {
    let begun = open.iter().filter(|(_, landing)| landing.base_before == tip);
    let holders = if base.remote.is_none() && begun.clone().next().is_some() {
        follow::checked_out(desk, base)?
    } else {
        Vec::new()
    };
    let Some(holder) = holders.first() else { return Ok(None) };
    let worktree = Git::new(&holder.path);
    for (_, first) in begun {
        // The tasks of a batch move the base in one step, to the last of them.
        let mut of_batch = open.iter().filter(|(_, l)| l.batch.is_some() && l.batch == first.batch);
        let after = of_batch.next_back().map_or(&first.base_after, |(_, last)| &last.base_after);
        if !desk.objects.has(after)? {
            continue;
        }
        let same_index = worktree.ask(["diff-index", "--cached", "--quiet", after, "--"])?;
        if same_index && follow::fast_forward(&worktree, base, after)?.ok() {
            return Ok(base.tip(&desk.git)?.filter(|tip| tip == after));
        }
        // Before the index: that is taken back, and the task lands anew.
        if let Some(why) = half_done::undo(desk, holder, tip, after)? {
            out.note(&why);
            return Ok(None);
        }
    }
    Ok(None)
}

fn landings<'a>(
    history: &'a History,
    kind: &'a str,
) -> impl Iterator<Item = (&'a QueueEvent, &'a Landed)> {
    let events = history.events.iter().filter(move |event| event.kind == kind);
    events.filter_map(|event| event.landed.as_ref().map(|landed| (event, landed)))
}
