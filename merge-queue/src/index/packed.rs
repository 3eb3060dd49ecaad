//! What the tool itself reads in an index: packed pieces, each with a checksum.
//!
//! SQLite notices a torn structure, and not a changed value. Whatever decides something is therefore read
//! from pieces that say when they are damaged; the tables beside them are for people.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use super::trouble::Trouble;
use crate::rules::account::Account;
use crate::rules::standing::Standing;
use crate::rules::state::Trace;

/// The key of the account of events that are about the whole queue. No task has it.
pub(super) const QUEUE: &str = "";

/// Over how many pieces accounts are spread at first.
pub(super) const LEAST_SPREAD: u64 = 16;

/// How many accounts a piece has, on average, before they are spread over more.
pub(super) const FULL: u64 = 48;

/// Whether a task is done, as far as it was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Done {
    /// Nobody has asked since its newest event.
    #[default]
    Unasked,
    /// It is not.
    No,
    /// This event makes it done.
    By(u64),
}

impl Done {
    /// What was answered.
    pub(super) fn of(event: Option<u64>) -> Self {
        event.map_or(Self::No, Self::By)
    }

    /// The event that makes it done.
    pub(super) fn event(self) -> Option<u64> {
        match self {
            Self::Unasked | Self::No => None,
            Self::By(event) => Some(event),
        }
    }
}

/// The account of a task as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Row {
    /// The id of the task.
    pub(super) key: String,
    /// What its events amount to.
    pub(super) standing: Standing,
    /// How many events it has.
    pub(super) events: u64,
    /// The sum of the checksums of their lines.
    pub(super) sum: u64,
    /// Whether it is done, for the tip in the header.
    pub(super) done: Done,
    /// [`Trace`]s, packed once more: most readers do without.
    traces: Vec<u8>,
}

/// The same, to be read where nothing is kept but what is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Glance<'a> {
    pub(super) key: &'a str,
    pub(super) standing: Standing,
    _events: u64,
    _sum: u64,
    pub(super) done: Done,
    traces: &'a [u8],
}

impl Glance<'_> {
    /// What decides whether it is done.
    pub(super) fn traces(&self) -> Result<Vec<Trace>, Trouble> {
        postcard::from_bytes(self.traces).map_err(|_| Trouble::damaged("an account cannot be read"))
    }
}

impl Row {
    /// One with something in every field.
    pub(super) fn sample(standing: Standing) -> Self {
        let (events, sum, done) = (1, 2, Done::By(3));
        Self { key: "s".into(), standing, events, sum, done, traces: vec![1, 2] }
    }

    /// One of a task without events.
    pub(super) fn of(key: &str) -> Self {
        Self { key: key.into(), ..Self::default() }
    }

    pub(super) fn traces(&self) -> Result<Vec<Trace>, Trouble> {
        postcard::from_bytes(&self.traces)
            .map_err(|_| Trouble::damaged("an account cannot be read"))
    }

    /// The same as an account.
    pub(super) fn account(&self) -> Result<Account, Trouble> {
        Ok(Account { standing: self.standing.clone(), traces: self.traces()? })
    }

    pub(super) fn set(&mut self, account: Account) -> Result<(), Trouble> {
        self.traces = pack(&account.traces)?;
        self.standing = account.standing;
        Ok(())
    }
}

/// A number that changes whenever the packed types do, so that no other build's pieces are read.
pub(super) fn form() -> Result<u64, Trouble> {
    Ok(sum(&pack(&super::sample::sample())?))
}

/// Whether the header is as it was stored, whatever it means.
pub(super) fn is_whole(db: &Connection) -> Result<bool, Trouble> {
    let place = Sort::Header.place(0);
    let mut select = db.prepare_cached("SELECT bytes FROM packed WHERE place = ?1")?;
    let bytes = select.query_row([place], |row| row.get::<_, Vec<u8>>(0)).optional()?;
    Ok(bytes.is_some_and(|bytes| opened(place, &bytes).is_ok()))
}

/// The piece that a key is in.
pub(super) fn piece_of(key: &str, spread: u64) -> u64 {
    sum(key.as_bytes()) % spread.max(1)
}

/// The checksum of some bytes.
pub(super) fn sum(bytes: &[u8]) -> u64 {
    XxHash3_64::oneshot(bytes)
}

/// The tables with packed pieces.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sort {
    /// The header, one piece.
    Header,
    /// Accounts.
    Accounts,
    /// Tasks as they are defined.
    Tasks,
}

impl Sort {
    fn number(self) -> i64 {
        match self {
            Self::Header => 0,
            Self::Accounts => 1,
            Self::Tasks => 2,
        }
    }

    /// Where its piece `number` is stored.
    fn place(self, number: u64) -> i64 {
        (self.number() << 48) | i64::try_from(number).unwrap_or(i64::MAX)
    }
}

pub(super) fn pack<T: Serialize>(value: &T) -> Result<Vec<u8>, Trouble> {
    postcard::to_allocvec(value).map_err(|error| Trouble::damaged(error.to_string()))
}

/// Stores a piece. What does not read back as it is, is not stored.
pub(super) fn store<T: Serialize + DeserializeOwned + PartialEq>(
    db: &Connection,
    sort: Sort,
    number: u64,
    value: &T,
) -> Result<(), Trouble> {
    let mut bytes = pack(value)?;
    if postcard::from_bytes::<T>(&bytes).ok().as_ref() != Some(value) {
        return Err(Trouble::Unwritable("a piece of it does not read back".into()));
    }
    let place = sort.place(number);
    bytes.extend(sealed(place, &bytes).to_le_bytes());
    db.prepare_cached("INSERT OR REPLACE INTO packed (place, bytes) VALUES (?1, ?2)")?
        .execute(params![place, bytes])?;
    Ok(())
}

fn sealed(place: i64, bytes: &[u8]) -> u64 {
    XxHash3_64::oneshot_with_seed(place.cast_unsigned(), bytes)
}

/// What of a stored piece is the piece.
fn opened(place: i64, bytes: &[u8]) -> Result<&[u8], Trouble> {
    let (bytes, seal) =
        bytes.split_last_chunk::<8>().ok_or_else(|| Trouble::damaged("a piece is cut off"))?;
    if u64::from_le_bytes(*seal) == sealed(place, bytes) {
        Ok(bytes)
    } else {
        Err(Trouble::damaged("a piece is damaged"))
    }
}

/// Reads a piece; `None` when there is none.
pub(super) fn find<T: DeserializeOwned>(
    db: &Connection,
    sort: Sort,
    number: u64,
) -> Result<Option<T>, Trouble> {
    let place = sort.place(number);
    let mut select = db.prepare_cached("SELECT bytes FROM packed WHERE place = ?1")?;
    let bytes = select.query_row([place], |row| row.get::<_, Vec<u8>>(0)).optional()?;
    let Some(bytes) = bytes else { return Ok(None) };
    let value = postcard::from_bytes(opened(place, &bytes)?);
    value.map(Some).map_err(|error| Trouble::damaged(error.to_string()))
}

/// Reads a piece that must be there.
pub(super) fn get<T: DeserializeOwned>(
    db: &Connection,
    sort: Sort,
    number: u64,
) -> Result<T, Trouble> {
    find(db, sort, number)?.ok_or_else(|| Trouble::damaged("a piece is missing"))
}

/// Hands the pieces `0..count` to `each`, all of which must be there.
pub(super) fn each(
    db: &Connection,
    sort: Sort,
    count: u64,
    mut each: impl FnMut(u64, &[u8]) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    let mut select = db.prepare_cached(
        "SELECT place, bytes FROM packed WHERE place >= ?1 AND place < ?2 ORDER BY place",
    )?;
    let mut rows = select.query(params![sort.place(0), sort.place(count)])?;
    let mut next = 0;
    while let Some(row) = rows.next()? {
        let place: i64 = row.get(0)?;
        if place != sort.place(next) {
            return Err(Trouble::damaged("a piece is missing"));
        }
        let bytes =
            row.get_ref(1)?.as_blob().map_err(|error| Trouble::damaged(error.to_string()))?;
        each(next, opened(place, bytes)?)?;
        next += 1;
    }
    if next == count { Ok(()) } else { Err(Trouble::damaged("a piece is missing")) }
}

/// Reads what [`each`] hands out.
pub(super) fn unpack<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Trouble> {
    postcard::from_bytes(bytes).map_err(|error| Trouble::damaged(error.to_string()))
}
