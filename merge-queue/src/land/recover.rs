//! What an interrupted landing left, and the record that work has landed.

use std::collections::BTreeSet;

use cli::{Failure, Out};
use records::{Landed, QueueEvent, TaskId};
use repo::Git;

use super::follow;
use crate::desk::Desk;
use crate::git::base::Base;
use crate::history::{self, History};
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
    let ended: BTreeSet<&str> =
        landings(history, "landed").map(|(_, l)| l.base_after.as_str()).collect();
    let open = landings(history, "landing").filter(|(_, l)| !ended.contains(l.base_after.as_str()));
    let Some(tip) = tip else { return Ok(false) };
    let mut recorded = false;
    for (event, landing) in open {
        let Some(task) = &event.task else { continue };
        let arrived = desk.objects.reachable(&landing.base_after, tip)?
            || (base.remote.is_none()
                && landing.base_before == tip
                && resume(desk, base, &landing.base_after)?);
        if arrived {
            record_landed(desk, definitions, task, landing)?;
            out.note(&format!("{task} has landed in an earlier call; that is recorded now"));
            recorded = true;
        }
    }
    Ok(recorded)
}

/// Without a remote the checkout moves before the branch. When the call died in between, the index
/// of the checkout is that of the landing, and git takes the move up where it stopped. Returns
/// whether it did.
fn resume(desk: &Desk, base: &Base, after: &str) -> Result<bool, Failure> {
    let holders = follow::checked_out(desk, base)?;
    let Some(holder) = holders.first() else { return Ok(false) };
    let worktree = Git::new(&holder.path);
    let same_index = desk.objects.has(after)?
        && worktree.ask(["diff-index", "--cached", "--quiet", after, "--"])?;
    Ok(same_index
        && follow::fast_forward(&worktree, base, after)?.ok()
        && base.tip(&desk.git)?.as_deref() == Some(after))
}

fn landings<'a>(
    history: &'a History,
    kind: &'a str,
) -> impl Iterator<Item = (&'a QueueEvent, &'a Landed)> {
    let events = history.events.iter().filter(move |event| event.kind == kind);
    events.filter_map(|event| event.landed.as_ref().map(|landed| (event, landed)))
}

/// Records that a task has landed, once: two calls may find it out at the same time.
pub(super) fn record_landed(
    desk: &Desk,
    definitions: &Definitions,
    task: &TaskId,
    landed: &Landed,
) -> Result<(), Failure> {
    let blank = desk.blank(task, "landed")?;
    let defined = definitions.tasks.iter().find(|defined| defined.id == *task);
    history::append(&desk.place, |seq, view| {
        let known = view.load::<QueueEvent>()?.records.iter().any(|(_, event)| {
            event.kind == "landed"
                && event.task.as_ref() == Some(task)
                && event.landed.as_ref().is_some_and(|l| l.base_after == landed.base_after)
        });
        if known {
            return Ok(None);
        }
        let mut event = QueueEvent { seq, landed: Some(landed.clone()), ..blank };
        // For readers that know issues and not tasks.
        if let Some(issue) = defined.and_then(|task| task.issue) {
            event.extra.insert("issue".into(), issue.0.into());
        }
        Ok(Some(event))
    })?;
    Ok(())
}
