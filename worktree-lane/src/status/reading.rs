//! Reading many worktrees at once, and handing on the rows in order.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{OnceLock, mpsc};
use std::thread;

use cli::Failure;
use records::worktree_lane::{LaneState, LaneStatus};

use crate::facts::processes::Running;
use crate::facts::{files, progress};
use crate::here::Here;
use crate::lane_git::LaneGit;
use crate::registry::Entry;

use super::repository::Repository;
use super::row::{self, Read};
use super::{Subjects, is_known};

/// Reads the worktrees on all cores and gives each row to `show` as soon as all before it were
/// given. Says whether everything became known.
///
/// # Errors
/// The failure of `show`; nothing more is read then.
pub(super) fn each(
    here: &Here,
    subjects: &Subjects,
    processes: Result<Vec<Running>, String>,
    mut show: impl FnMut(LaneStatus) -> Result<(), Failure>,
) -> Result<bool, Failure> {
    let all: Vec<&Entry> = subjects.chosen().collect();
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let repository = OnceLock::new();
    let (sender, rows) = mpsc::channel();
    thread::scope(|scope| {
        let (all, next, stop, repository) = (&all, &next, &stop, &repository);
        scope.spawn(move || {
            repository.get_or_init(|| Repository::read(here, &subjects.entries, processes));
        });
        let cores = thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..cores.min(all.len()) {
            let sender = sender.clone();
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(entry) = all.get(number) else { return };
                    let row = one(here, entry, repository);
                    if sender.send((number, row)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut known = true;
        let mut show = |row: LaneStatus| {
            known &= is_known(&row);
            show(row).inspect_err(|_| stop.store(true, Ordering::Relaxed))
        };
        in_order(rows, &mut show)?;
        for lane in &subjects.gone {
            let (entry, row) = row::gone(lane);
            show(row::finish(here, &entry, row, None, repository.wait()))?;
        }
        Ok(known)
    })
}

/// Gives each item to `take` once all with a smaller number were given.
fn in_order<T>(
    items: impl IntoIterator<Item = (usize, T)>,
    mut take: impl FnMut(T) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut early = BTreeMap::new();
    let mut due = 0;
    for (number, item) in items {
        early.insert(number, item);
        while let Some(item) = early.remove(&due) {
            take(item)?;
            due += 1;
        }
    }
    Ok(())
}

fn one(here: &Here, entry: &Entry, repository: &OnceLock<Repository>) -> LaneStatus {
    let row = row::begin(entry);
    let read = match row.state {
        LaneState::Whole | LaneState::HalfMade | LaneState::Unfinished => Some(read(here, entry)),
        LaneState::Missing | LaneState::Unlinked | LaneState::Gone | LaneState::Bare => None,
    };
    row::finish(here, entry, row, read, repository.wait())
}

fn read(here: &Here, entry: &Entry) -> Read {
    let path = &entry.worktree.path;
    let admin = entry.admin.as_ref().unwrap_or(&here.common_dir);
    let git = LaneGit::new(path, admin);
    // Where refs are no files, git has to be asked.
    let refs = here.common_dir.join("reftable").exists().then_some(&git);
    let operations = progress::operations(admin, refs);
    let seen = files::seen(path, admin, entry.worktree.head.as_deref());
    Read { git, seen, operations }
}
