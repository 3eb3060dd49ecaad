//! `queue.db`: a SQLite index of the journal, so that a call need not read all of it.
//!
//! The journal is the truth. The index says of it what whoever reads all of it would find, or it is not
//! believed: it is compared with the journal's bytes, what is decided upon has checksums, and the lines
//! of a task are read from the journal itself. `docs/decisions/0034-the-queues-index.md` has the argument.
//!
//! It may be removed at any moment. Where it is missing, older, newer, of another journal or damaged, it
//! is made anew; where it cannot be written, the answer comes from the journal alone.

mod accounts;
mod covered;
mod file;
mod header;
mod joined;
mod lines;
mod packed;
mod sample;
mod tables;
#[cfg(test)]
mod tests;
mod trouble;
mod update;

use std::collections::BTreeSet;
#[cfg(test)]
use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;

use records::{QueueEvent, TaskId};
use repo::Place;
use rusqlite::Connection;

use self::header::Header;
pub(crate) use self::joined::Joined;
pub(crate) use self::trouble::Trouble;
use crate::history;
#[cfg(test)]
use crate::rules::account::Account;
use crate::rules::account::Stands;
use crate::rules::definitions::{Definitions, Source};

/// The index, which is up to date with the journal as it was a moment ago.
#[derive(Debug)]
pub(crate) struct Index {
    db: Connection,
    header: Header,
    journal: Option<File>,
    journal_path: PathBuf,
    /// A remark on a torn last line of the journal.
    torn: Option<String>,
}

/// The digest of definitions and of where the journal is.
pub(crate) fn digest(journal: &str, sources: &[Source]) -> String {
    let mut all = Vec::new();
    let parts = sources.iter().flat_map(|source| [source.path.as_bytes(), &source.bytes]);
    for part in parts.chain([journal.as_bytes()]) {
        all.extend_from_slice(&part.len().to_le_bytes());
        all.extend_from_slice(part);
    }
    records::sha256_hex(&all)
}

/// Moves a damaged index aside. Gives where it is now.
pub(crate) fn move_aside(place: &Place) -> Result<PathBuf, Trouble> {
    file::move_aside(&file(place))
}

fn file(place: &Place) -> PathBuf {
    place.state_dir().join("queue.db")
}

impl Index {
    /// Opens the index and brings it up to date; `None` when there is nothing to index.
    pub(crate) fn sync(place: &Place) -> Result<Option<Self>, Trouble> {
        update::sync(&history::file(place), &file(place))
    }

    /// How many events the journal has.
    pub(crate) fn events(&self) -> u64 {
        self.header.end.seq
    }

    /// What a reader should know about the journal although nothing is wrong.
    pub(crate) fn remarks(&self) -> impl Iterator<Item = &String> {
        self.header.remarks.iter().chain(&self.torn)
    }

    /// The events about these tasks and about the whole queue, and those of landings that were begun and
    /// never ended; oldest first. They are read from the journal.
    pub(crate) fn events_of(
        &mut self,
        tasks: &BTreeSet<&TaskId>,
    ) -> Result<Vec<QueueEvent>, Trouble> {
        self.at_one_moment(|index| {
            let keys = tasks.iter().map(|task| task.as_str()).chain([packed::QUEUE]);
            let mut events = lines::of_tasks(index, keys)?;
            let there: BTreeSet<u64> = events.iter().map(|event| event.seq).collect();
            for (seq, _) in index.header.open.iter().filter(|(seq, _)| !there.contains(seq)) {
                events.push(lines::numbered(index, *seq)?);
            }
            events.sort_by_key(|event| event.seq);
            Ok(events)
        })
    }

    /// Reads with `read` while nobody writes, if the index describes the same journal as before.
    fn at_one_moment<T>(
        &mut self,
        read: impl FnOnce(&Self) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        self.db.execute_batch("BEGIN")?;
        let answer = packed::get::<Header>(&self.db, packed::Sort::Header, 0).and_then(|header| {
            if !header.is_of_same(&self.header) {
                return Err(Trouble::Busy);
            }
            self.header = header;
            read(self)
        });
        let ended = self.db.execute_batch("COMMIT");
        let answer = answer?;
        ended?;
        Ok(answer)
    }

    /// Where every task stands that has events. `tip` is where the base stands; `ask` says which of some
    /// commits it has, and its answers are
    /// kept if they are to be remembered.
    pub(crate) fn stands<E>(
        &mut self,
        tip: Option<&str>,
        remember: bool,
        ask: impl FnMut(&BTreeSet<&str>) -> Result<BTreeSet<String>, E>,
    ) -> Result<Result<Stands, E>, Trouble> {
        accounts::stands(self, tip, remember, ask)
    }

    /// What the events of every task amount to.
    #[cfg(test)]
    pub(crate) fn accounts(&mut self) -> Result<HashMap<String, Account>, Trouble> {
        self.at_one_moment(accounts::all)
    }

    /// The tasks that were added joined to the definitions of which `digest` is that; `None` when that was not
    /// kept.
    pub(crate) fn joined(&mut self, digest: &str) -> Result<Option<Joined>, Trouble> {
        self.at_one_moment(|index| joined::kept(index, digest))
    }

    /// Keeps what came out when the tasks that were added were joined to the definitions, and shows all of
    /// them.
    pub(crate) fn keep_joined(
        &mut self,
        digest: &str,
        joined: &Joined,
        definitions: &Definitions,
    ) -> Result<(), Trouble> {
        joined::keep(self, digest, joined, definitions)
    }

    /// The tasks that were added, with the numbers of the events.
    pub(crate) fn added(&mut self) -> Result<Vec<QueueEvent>, Trouble> {
        self.at_one_moment(lines::added)
    }
}
