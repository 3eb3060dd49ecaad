//! Completing or undoing what a killed run left in the middle. Every command that changes something
//! does this first.
//!
//! A half-made lane is left to the next `add` of that lane, which knows what it needs; here, the
//! two renames are dealt with, which take no time. What another run is still doing is left alone:
//! it holds the lane's lock.

use std::path::Path;

use cli::{Failure, Out};
use records::{LaneEvent, LaneEventKind};

use crate::add;
use crate::claim;
use crate::here::Here;
use crate::history::{self, History, Unfinished};
use crate::lock::Lock;
use crate::registry;
use crate::remove;
use crate::reuse::{self, undo::Settled};
use crate::trash::entry;
use crate::trash::moving::{self, Halves, Whereabouts};
use crate::trash::restore;

/// Looks for unfinished changes of all lanes. One that cannot be settled is told, and does not keep
/// the command from its work on other lanes.
pub(crate) fn unfinished(here: &Here, actor: &str, out: &Out) -> Result<(), Failure> {
    let history = History::load(here)?;
    let admins = registry::admins(here)?;
    for known in history.live() {
        add::finish_unlock(known, &admins)?;
    }
    claim::settle_idle(here, &history, &admins)?;
    for (known, what) in history.unfinished() {
        let lane = &known.last.lane;
        if what == Unfinished::Add {
            continue;
        }
        if let Some(_lane) = Lock::idle_lane(here, lane)? {
            of_lane(here, actor, lane, out);
        }
    }
    Ok(())
}

/// The same for one lane whose lock the caller holds: the run that was cut short may have left a
/// git that ended only just now.
pub(crate) fn of_lane(here: &Here, actor: &str, lane: &str, out: &Out) {
    match settle(here, actor, lane) {
        Ok(Some(outcome)) => out.note(&format!("lane {lane}: {outcome}")),
        Ok(None) => {}
        Err(failure) => out.note(&format!("lane {lane}: a change was cut short: {failure}")),
    }
}

/// Settles one lane whose lock we hold. Gives what was done.
pub(crate) fn settle(
    here: &Here,
    actor: &str,
    lane: &str,
) -> Result<Option<&'static str>, Failure> {
    // It may have to write files, which is done without the repository's lock.
    match reuse::undo::settle(here, actor, lane)? {
        Some(Settled::Completed) => return Ok(Some("completed the reuse that was cut short")),
        Some(Settled::Undone) => return Ok(Some("is as it was; its reuse was cut short")),
        None => {}
    }
    let _repository = Lock::repository(here)?;
    // Another run may have done it before we had the lock.
    let history = History::load(here)?;
    let known = history.lane(lane).and_then(|known| Some((&known.last, known.unfinished()?)));
    let Some((event, what)) = known.filter(|(_, what)| *what != Unfinished::Add) else {
        return Ok(None);
    };
    let name = event.trash.as_deref().unwrap_or_default();
    let Some(entry) = entry::read(here, name)? else {
        // Killed before anything was moved, or after everything was back: the entry is written
        // first and erased last.
        entry::erase(here, name)?;
        history::record(here, actor, without_entry(what, event), event)?;
        return Ok(Some("a change was cut short before or after it did anything"));
    };
    let halves = moving::look(here, &entry);
    let taken = Taken {
        path: moving::exists(entry.path()),
        admin: moving::exists(&entry.admin_before(here)),
    };
    match decide(what, halves, taken) {
        Decision::OutAgain => {
            moving::out(here, &entry)?;
            remove::finish(here, actor, &entry)?;
            Ok(Some("completed the removal that was cut short"))
        }
        Decision::StayOut => {
            moving::out(here, &entry)?;
            history::record(here, actor, LaneEventKind::RestoreFailed, &restore::event(&entry))?;
            Ok(Some("is still in the trash; its restoration was cut short, and its place is taken"))
        }
        Decision::Back if what == Unfinished::Restore => {
            restore::bring_back(here, actor, &entry)?;
            Ok(Some("completed the restoration that was cut short"))
        }
        Decision::Back => {
            moving::back(here, &entry)?;
            restore::tidy(here, &entry)?;
            history::record(here, actor, LaneEventKind::RemoveFailed, event)?;
            Ok(Some("is whole, where it was; its removal was cut short"))
        }
    }
}

fn without_entry(what: Unfinished, event: &LaneEvent) -> LaneEventKind {
    let there = moving::exists(Path::new(&event.path));
    match (what, there) {
        (Unfinished::Restore, true) => LaneEventKind::Restored,
        (Unfinished::Restore, false) => LaneEventKind::RestoreFailed,
        _ => LaneEventKind::RemoveFailed,
    }
}

/// What has come to the lane's old places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Taken {
    path: bool,
    admin: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// The lane goes, or stays, where it was.
    Back,
    /// The removal goes on.
    OutAgain,
    /// The restoration is given up.
    StayOut,
}

/// A removal is completed when both halves are in the trash; before that, somebody may have gone on
/// working in the folder, so the lane is made whole again, unless git has given its name away. A
/// restoration is completed, unless something has come to its place.
fn decide(what: Unfinished, halves: Halves, taken: Taken) -> Decision {
    let in_trash = |half| half == Whereabouts::Trash;
    let blocked = (in_trash(halves.tree) && taken.path) || (in_trash(halves.admin) && taken.admin);
    match what {
        Unfinished::Restore if blocked => Decision::StayOut,
        Unfinished::Restore => Decision::Back,
        _ if in_trash(halves.tree) && in_trash(halves.admin) => Decision::OutAgain,
        _ if blocked => Decision::OutAgain,
        _ => Decision::Back,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Whereabouts::{Gone, Place, Trash};

    #[test]
    fn every_state_that_a_kill_can_leave_is_settled() {
        let free = Taken { path: false, admin: false };
        let cases = [
            // Nothing was moved yet.
            (Unfinished::Remove, Place, Place, Taken { path: true, admin: true }, Decision::Back),
            (Unfinished::Remove, Place, Trash, Taken { path: true, ..free }, Decision::Back),
            (Unfinished::Remove, Trash, Trash, free, Decision::OutAgain),
            (Unfinished::Restore, Trash, Trash, free, Decision::Back),
            (Unfinished::Restore, Place, Trash, Taken { path: true, ..free }, Decision::Back),
            (Unfinished::Restore, Place, Place, Taken { path: true, admin: true }, Decision::Back),
            // Somebody else came to the places meanwhile.
            (
                Unfinished::Remove,
                Place,
                Trash,
                Taken { path: true, admin: true },
                Decision::OutAgain,
            ),
            (Unfinished::Restore, Trash, Trash, Taken { path: true, ..free }, Decision::StayOut),
            (
                Unfinished::Restore,
                Place,
                Trash,
                Taken { path: true, admin: true },
                Decision::StayOut,
            ),
            (Unfinished::Remove, Gone, Trash, free, Decision::Back),
        ];
        for (what, tree, admin, taken, expected) in cases {
            let halves = Halves { tree, admin };
            assert_eq!(decide(what, halves, taken), expected, "{what:?} {halves:?} {taken:?}");
        }
    }
}
