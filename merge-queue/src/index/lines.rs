//! Reading events from the journal where the index says that they are.

use std::collections::BTreeMap;
use std::os::unix::fs::FileExt as _;

use records::QueueEvent;
use rusqlite::{Row as SqlRow, params};

use super::packed::{self, Row, Sort, piece_of, sum};
use super::{Index, Trouble};

/// The longest line that is looked for.
const LONGEST: u64 = journal::MAX_LINE as u64;

/// The events of these keys, by key and then oldest first. What the index says of a task is compared with the
/// number of its events and the checksums of their lines.
pub(super) fn of_tasks<'a>(
    index: &Index,
    keys: impl Iterator<Item = &'a str>,
) -> Result<Vec<QueueEvent>, Trouble> {
    let mut pieces: BTreeMap<u64, Vec<Row>> = BTreeMap::new();
    let mut found = Vec::new();
    for key in keys {
        let number = piece_of(key, index.header.spread);
        let piece = match pieces.entry(number) {
            std::collections::btree_map::Entry::Occupied(there) => there.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(packed::get(&index.db, Sort::Accounts, number)?)
            }
        };
        let Some(row) = piece.iter().find(|row| row.key == key) else { continue };
        let task = (!key.is_empty()).then_some(key);
        let mut select = index.db.prepare_cached(
            "SELECT byte_offset, byte_length FROM events WHERE task IS ?1 ORDER BY seq",
        )?;
        let (events, sums) = decoded(index, select.query(params![task])?)?;
        let about =
            |event: &QueueEvent| event.task.as_ref().map_or("", |task| task.as_str()) == key;
        if events.len() as u64 != row.events || sums != row.sum || !events.iter().all(about) {
            return Err(Trouble::damaged(format!(
                "the events of '{key}' are not those of the journal"
            )));
        }
        found.extend(events);
    }
    Ok(found)
}

/// The event of that number.
pub(super) fn numbered(index: &Index, seq: u64) -> Result<QueueEvent, Trouble> {
    let mut select =
        index.db.prepare_cached("SELECT byte_offset, byte_length FROM events WHERE seq = ?1")?;
    let number = i64::try_from(seq).unwrap_or(i64::MAX);
    let (events, _) = decoded(index, select.query(params![number])?)?;
    let event = events.into_iter().next().filter(|event| event.seq == seq);
    event.ok_or_else(|| Trouble::damaged(format!("event {seq} is not where it should be")))
}

/// The events that add tasks, oldest first.
pub(super) fn added(index: &Index) -> Result<Vec<QueueEvent>, Trouble> {
    let mut select = index.db.prepare_cached(
        "SELECT byte_offset, byte_length FROM events WHERE kind = 'added' ORDER BY seq",
    )?;
    let (mut events, sums) = decoded(index, select.query([])?)?;
    if (events.len() as u64, sums) != index.header.added {
        return Err(Trouble::damaged("the events that add tasks are not those of the journal"));
    }
    events.retain(|event| !event.added.is_empty());
    Ok(events)
}

/// The events in the lines that the rows name, and the sum of their checksums.
fn decoded(index: &Index, mut rows: rusqlite::Rows<'_>) -> Result<(Vec<QueueEvent>, u64), Trouble> {
    let (mut events, mut sums) = (Vec::new(), 0_u64);
    let mut bytes = Vec::new();
    while let Some(row) = rows.next()? {
        let (offset, length) = span(row)?;
        let file = index.journal.as_ref().ok_or(Trouble::Journal)?;
        bytes.resize(usize::try_from(length.min(LONGEST)).unwrap_or(0), 0);
        file.read_exact_at(&mut bytes, offset)?;
        sums = sums.wrapping_add(sum(&bytes));
        let event = serde_json::from_slice(&bytes);
        events.push(event.map_err(|_| Trouble::damaged("a line is not where it should be"))?);
    }
    Ok((events, sums))
}

fn span(row: &SqlRow<'_>) -> Result<(u64, u64), Trouble> {
    let at = |place| -> Result<u64, Trouble> {
        let number: i64 = row.get(place)?;
        u64::try_from(number).map_err(|_| Trouble::damaged("a place in the journal is negative"))
    };
    Ok((at(0)?, at(1)?))
}
