//! Where every task stands: the accounts of the index, with what git says.

use std::collections::BTreeSet;
#[cfg(test)]
use std::collections::HashMap;

use records::TaskId;

use super::packed::{self, Done, Glance, QUEUE, Row, Sort, store, unpack};
use super::{Index, Trouble, tables};
#[cfg(test)]
use crate::rules::account::Account;
use crate::rules::account::{Stand, Stands};
use crate::rules::state::{self, Trace};

/// A task of which it is open whether it is done.
struct Open {
    task: TaskId,
    piece: u64,
    traces: Vec<Trace>,
    /// What was said of it for the tip before.
    before: Done,
}

/// See [`Index::stands`].
///
/// Whether the base has a commit is asked once: what it had when it stood at an ancestor, it still has.
pub(super) fn stands<E>(
    index: &mut Index,
    tip: Option<&str>,
    remember: bool,
    mut ask: impl FnMut(&BTreeSet<&str>) -> Result<BTreeSet<String>, E>,
) -> Result<Result<Stands, E>, Trouble> {
    let before = index.at_one_moment(|index| Ok(index.header.tip.clone()))?;
    let same_tip = remember && before.as_deref() == tip;
    let went_on = match (&before, tip) {
        (Some(before), Some(_)) if remember && !same_tip => {
            match ask(&BTreeSet::from([before.as_str()])) {
                Ok(reached) => !reached.is_empty(),
                Err(error) => return Ok(Err(error)),
            }
        }
        _ => false,
    };
    let (mut stands, open) =
        index.at_one_moment(|index| read(index, before.as_deref(), (same_tip, went_on)))?;
    if open.is_empty() && same_tip {
        return Ok(Ok(stands));
    }
    let commits: BTreeSet<&str> =
        open.iter().flat_map(|open| state::landings(open.traces.iter())).collect();
    let reached = match ask(&commits) {
        Ok(reached) => reached,
        Err(error) => return Ok(Err(error)),
    };
    let mut decided = Vec::new();
    for open in open {
        let done = state::done(open.traces.iter(), &reached).map(|trace| trace.event);
        if let Some(stand) = stands.get_mut(&open.task) {
            stand.done = done;
        }
        if open.before != Done::of(done) {
            decided.push((open.piece, open.task, done));
        }
    }
    // Where this fails, the next call asks again.
    if remember {
        drop(keep(index, tip, decided));
    }
    Ok(Ok(stands))
}

/// The accounts, and those of which it is open whether they are done.
fn read(
    index: &Index,
    tip: Option<&str>,
    (same_tip, went_on): (bool, bool),
) -> Result<(Stands, Vec<Open>), Trouble> {
    if index.header.tip.as_deref() != tip {
        return Err(Trouble::Busy);
    }
    let mut stands = Stands::with_capacity(usize::try_from(index.header.accounts).unwrap_or(0));
    let mut open = Vec::new();
    let spread = index.header.spread;
    let form_is_sound = |key: &str| {
        key.parse::<TaskId>().map_err(|_| Trouble::damaged(format!("'{key}' is no task")))
    };
    packed::each(&index.db, Sort::Accounts, spread, |piece, bytes| {
        for row in unpack::<Vec<Glance<'_>>>(bytes)? {
            if row.key == QUEUE {
                continue;
            }
            let task = form_is_sound(row.key)?;
            let mut known = row.done != Done::Unasked && same_tip;
            if !known {
                let traces = row.traces()?;
                known = went_on && row.done != Done::Unasked && stays(row.done.event(), &traces);
                if !known {
                    open.push(Open { task: task.clone(), piece, traces, before: row.done });
                }
            }
            let done = row.done.event().filter(|_| known);
            stands.insert(task, Stand { standing: Box::new(row.standing), done });
        }
        Ok(())
    })?;
    if stands.len() as u64 + u64::from(has_queue(index)?) != index.header.accounts {
        return Err(Trouble::damaged("an account is missing"));
    }
    Ok((stands, open))
}

/// Whether what was said still holds when the base has more commits than before: it depends on no commit
/// that the base did not have.
fn stays(done: Option<u64>, traces: &[Trace]) -> bool {
    let newest =
        traces.iter().rev().find(|trace| state::landings([*trace].into_iter()).next().is_some());
    newest.map(|trace| trace.event) == done
}

fn has_queue(index: &Index) -> Result<bool, Trouble> {
    let piece = packed::piece_of(QUEUE, index.header.spread);
    let rows: Vec<Row> = packed::get(&index.db, Sort::Accounts, piece)?;
    Ok(rows.iter().any(|row| row.key == QUEUE))
}

/// Keeps what was decided for `tip`, unless somebody else has written meanwhile.
fn keep(
    index: &mut Index,
    tip: Option<&str>,
    mut decided: Vec<(u64, TaskId, Option<u64>)>,
) -> Result<(), Trouble> {
    decided.sort_by_key(|(piece, _, _)| *piece);
    let mut header = index.header.clone();
    header.tip = tip.map(Into::into);
    index.write(header, |db| {
        for same in decided.chunk_by(|(one, ..), (other, ..)| one == other) {
            let Some((piece, ..)) = same.first() else { continue };
            let mut rows: Vec<Row> = packed::get(db, Sort::Accounts, *piece)?;
            for (_, task, done) in same {
                let row = rows.iter_mut().find(|row| row.key == task.as_str());
                if let Some(row) = row {
                    if row.done.event() != *done {
                        tables::set_done(db, &row.key, *done)?;
                    }
                    row.done = Done::of(*done);
                }
            }
            store(db, Sort::Accounts, *piece, &rows)?;
        }
        Ok(())
    })
}

/// What the events of every key amount to.
#[cfg(test)]
pub(super) fn all(index: &Index) -> Result<HashMap<String, Account>, Trouble> {
    let mut all = HashMap::new();
    packed::each(&index.db, Sort::Accounts, index.header.spread, |_, bytes| {
        for row in unpack::<Vec<Row>>(bytes)? {
            all.insert(row.key.clone(), row.account()?);
        }
        Ok(())
    })?;
    Ok(all)
}
