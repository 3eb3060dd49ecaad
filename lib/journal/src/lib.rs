//! Durable JSON Lines files.
//!
//! One pattern everywhere: an append-only file of one JSON record a line is the truth.
//!
//! * **Append**: one `write` of one line under an OS lock, then `fdatasync`. When [`append()`] returns, the line
//!   survives a power failure; when it fails, the line is not to be relied upon. [`append_lines()`] does the same for
//!   several lines at the price of one.
//! * **Decide and append**: [`append_with()`] looks at the file and appends under one lock, for sequence numbers and
//!   claims.
//! * **Read**: [`read()`], [`reverse()`], [`tail()`], [`load()`] take no lock. A torn last line is told apart from damage in
//!   the middle; neither is dropped.
//! * **Replace**: [`replace()`] and [`create_new()`] for files that are written as a whole.
//! * **Recover**: [`set_aside()`] moves damaged lines into a file of their own, byte for byte.
//!
//! The free functions use the defaults of [`Journal`].
//!
//! ```
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Event {
//!     seq: u64,
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let dir = tempfile::tempdir()?;
//! let path = dir.path().join("events.jsonl");
//! journal::append(&path, &Event { seq: 1 })?;
//!
//! // The next number, given out under the lock. `None` would append nothing.
//! let appended = journal::append_with(&path, |view| -> Result<_, journal::Error> {
//!     let last = view.load::<Event>()?.records.last().map_or(0, |(_, event)| event.seq);
//!     Ok(Some(Event { seq: last + 1 }))
//! })?;
//! assert_eq!(appended.map(|(event, _)| event.seq), Some(2));
//!
//! let loaded = journal::load::<Event>(&path)?;
//! assert_eq!(loaded.records.len(), 2);
//! assert!(loaded.damaged.is_empty() && loaded.torn.is_none());
//! # Ok(())
//! # }
//! ```

mod append;
mod damage;
mod error;
mod fault;
mod line;
mod lines;
mod load;
mod lock;
mod open;
mod replace;
mod reverse;
mod set_aside;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use append::{Appended, View};
pub use damage::{Damage, Position, Sort};
pub use error::Error;
pub use line::{Kind, Line, MAX_LINE};
pub use lines::Lines;
pub use load::Loaded;
pub use lock::{DEFAULT_WAIT, Lock};
pub use replace::{create_dirs, create_new, create_new_with, replace};
pub use reverse::Reverse;
pub use set_aside::SetAside;

/// A JSON Lines file, with the limits that hold for it.
#[derive(Clone, Debug)]
pub struct Journal {
    path: PathBuf,
    wait: Duration,
    max_line: usize,
}

impl Journal {
    /// The file at `path`, which need not exist, with [`DEFAULT_WAIT`] and [`MAX_LINE`].
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), wait: DEFAULT_WAIT, max_line: MAX_LINE }
    }

    /// Waits at most this long for the lock; `Duration::ZERO` tries once.
    #[must_use]
    pub fn wait(self, wait: Duration) -> Self {
        Self { wait, ..self }
    }

    /// Loads and appends lines of at most this many bytes.
    #[must_use]
    pub fn max_line(self, max_line: usize) -> Self {
        Self { max_line, ..self }
    }

    /// Appends one record. See [`append()`].
    pub fn append<T: Serialize>(&self, record: &T) -> Result<Appended, Error> {
        self.append_line(&append::encode(&self.path, record)?)
    }

    /// Appends one line. See [`append_line()`].
    pub fn append_line(&self, line: &[u8]) -> Result<Appended, Error> {
        append::check(&self.path, line, self.max_line)?;
        append::write(&self.lock()?, line)
    }

    /// Appends several lines. See [`append_lines()`].
    pub fn append_lines<L: AsRef<[u8]>>(&self, lines: &[L]) -> Result<Vec<Appended>, Error> {
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        for line in lines {
            append::check(&self.path, line.as_ref(), self.max_line)?;
        }
        append::write_lines(&self.lock()?, lines)
    }

    /// Decides and appends under one lock. See [`append_with()`].
    pub fn append_with<T, E>(
        &self,
        decide: impl FnOnce(&View<'_>) -> Result<Option<T>, E>,
    ) -> Result<Option<(T, Appended)>, E>
    where
        T: Serialize,
        E: From<Error>,
    {
        let lock = self.lock()?;
        let Some(record) = decide(&View::new(&lock, self.max_line))? else { return Ok(None) };
        let line = append::encode(&self.path, &record)?;
        append::check(&self.path, &line, self.max_line)?;
        let appended = append::write(&lock, &line)?;
        Ok(Some((record, appended)))
    }

    /// Decides and appends several records under one lock. See [`append_all_with()`].
    pub fn append_all_with<T, E>(
        &self,
        decide: impl FnOnce(&View<'_>) -> Result<Vec<T>, E>,
    ) -> Result<Vec<T>, E>
    where
        T: Serialize,
        E: From<Error>,
    {
        let lock = self.lock()?;
        let records = decide(&View::new(&lock, self.max_line))?;
        let mut lines = Vec::with_capacity(records.len());
        for record in &records {
            let line = append::encode(&self.path, record)?;
            append::check(&self.path, &line, self.max_line)?;
            lines.push(line);
        }
        if !lines.is_empty() {
            append::write_lines(&lock, &lines)?;
        }
        Ok(records)
    }

    /// The lines, oldest first. See [`read()`].
    pub fn read(&self) -> Result<Lines, Error> {
        let file = open::for_reading(&self.path)?;
        Ok(Lines::from_option(&self.path, file, self.max_line))
    }

    /// The lines, newest first. See [`reverse()`].
    pub fn reverse(&self) -> Result<Reverse, Error> {
        let file = open::for_reading(&self.path)?;
        Reverse::from_option(&self.path, file, self.max_line)
    }

    /// The last `count` lines, oldest first. See [`tail()`].
    pub fn tail(&self, count: usize) -> Result<Vec<Line>, Error> {
        let mut lines = self.reverse()?.take(count).collect::<Result<Vec<_>, _>>()?;
        lines.reverse();
        Ok(lines)
    }

    /// All records. See [`load()`].
    pub fn load<T: DeserializeOwned>(&self) -> Result<Loaded<T>, Error> {
        load::confirmed(|| Loaded::collect(self.read()?))
    }

    /// Moves damaged lines out. See [`set_aside()`].
    pub fn set_aside<T: DeserializeOwned>(&self, stamp: &str) -> Result<SetAside, Error> {
        set_aside::set_aside::<T>(&self.lock()?, self.max_line, stamp)
    }

    fn lock(&self) -> Result<Lock, Error> {
        Lock::acquire(&self.path, self.wait)
    }
}

/// Appends one record to the file at `path`, creating the file if it does not exist (its directory must).
///
/// The line is written with one `write` under an exclusive lock on the file, and is durable on return. A torn last
/// line gets its newline first. A symbolic link is refused. If the file system takes only a part of the line, the
/// file is cut back to its old length.
///
/// # Errors
///
/// [`Error::Locked`] after [`DEFAULT_WAIT`], [`Error::NotAppended`] if it could not be written or made durable,
/// [`Error::BadLine`] if it cannot be encoded or is too long, [`Error::NotRegular`], [`Error::LocksUnsupported`],
/// [`Error::Io`]. After any error the record does not count.
pub fn append<T: Serialize>(path: impl AsRef<Path>, record: &T) -> Result<Appended, Error> {
    Journal::new(path.as_ref()).append(record)
}

/// Appends `line` byte for byte, with a newline behind it. See [`append()`].
///
/// # Errors
///
/// As [`append()`]; [`Error::BadLine`] also if it is blank or has a `\n` or `\r` in it.
pub fn append_line(path: impl AsRef<Path>, line: &[u8]) -> Result<Appended, Error> {
    Journal::new(path.as_ref()).append_line(line)
}

/// Appends several lines with one `write`, and makes them durable with one `fdatasync`: what a program that has many to
/// append at once pays for one. Gives where each line is, in the order of `lines`; no lines touch nothing. See
/// [`append_line()`].
///
/// # Errors
///
/// As [`append_line()`]. After an error none of the lines counts; one bad line keeps all of them out. A crash of the
/// machine in the middle can leave the first ones whole and the next one torn, as several appends could.
pub fn append_lines<L: AsRef<[u8]>>(
    path: impl AsRef<Path>,
    lines: &[L],
) -> Result<Vec<Appended>, Error> {
    Journal::new(path.as_ref()).append_lines(lines)
}

/// Looks at the file and appends the record that `decide` returns, all under one lock: nobody who takes the lock
/// appends in between. `Ok(None)` appends nothing; the file is then created if it did not exist, but not changed.
///
/// **`decide` must not do anything slow**: no network, no child process, no sleep, no other lock. It must not append
/// to the same file, which would wait for its own lock until the time is over.
///
/// # Errors
///
/// What `decide` returns, or as [`append()`].
pub fn append_with<T, E>(
    path: impl AsRef<Path>,
    decide: impl FnOnce(&View<'_>) -> Result<Option<T>, E>,
) -> Result<Option<(T, Appended)>, E>
where
    T: Serialize,
    E: From<Error>,
{
    Journal::new(path.as_ref()).append_with(decide)
}

/// Like [`append_with()`], with any number of records: all of them are appended in one write and are durable together
/// when this returns. A crash in between may leave the first of them, and a torn one after them.
///
/// # Errors
///
/// What `decide` returns, or as [`append_lines()`]; nothing is appended then.
pub fn append_all_with<T, E>(
    path: impl AsRef<Path>,
    decide: impl FnOnce(&View<'_>) -> Result<Vec<T>, E>,
) -> Result<Vec<T>, E>
where
    T: Serialize,
    E: From<Error>,
{
    Journal::new(path.as_ref()).append_all_with(decide)
}

/// The lines of the file at `path`, oldest first, one at a time. A file that does not exist has none; a symbolic
/// link is followed.
///
/// # Errors
///
/// [`Error::NotRegular`] or [`Error::Io`]; reading errors come from the iterator.
pub fn read(path: impl AsRef<Path>) -> Result<Lines, Error> {
    Journal::new(path.as_ref()).read()
}

/// The lines of the file at `path`, newest first, reading no more of it than is asked for. See [`read()`].
///
/// # Errors
///
/// As [`read()`].
pub fn reverse(path: impl AsRef<Path>) -> Result<Reverse, Error> {
    Journal::new(path.as_ref()).reverse()
}

/// The last `count` lines of the file at `path` that are not blank, oldest first. See [`reverse()`].
///
/// # Errors
///
/// As [`read()`].
pub fn tail(path: impl AsRef<Path>, count: usize) -> Result<Vec<Line>, Error> {
    Journal::new(path.as_ref()).tail(count)
}

/// All records of the file at `path`, with the lines that are damaged. A file that does not exist has none.
///
/// Damage is looked at twice, because no lock is taken.
///
/// # Errors
///
/// As [`read()`]. Damage is not an error: it is in the result.
pub fn load<T: DeserializeOwned>(path: impl AsRef<Path>) -> Result<Loaded<T>, Error> {
    Journal::new(path.as_ref()).load()
}

/// Moves every line that does not decode as `T` out of the file at `path`, byte for byte, into
/// `<path>.corrupt-<stamp>`, and leaves the others where they are. `stamp` is the time, such as
/// `20260124T101500Z`: letters, digits, `.`, `-`, `_`. A torn last line gets its newline first, as by an append, and is
/// moved like the others.
///
/// The damaged lines become blank ones of the same length, so nothing else in the file moves, line numbers stay, and
/// it is safe while others append. The copy is durable before anything is changed; when this fails later, the copy
/// stays, and the next recovery moves what is left.
///
/// # Errors
///
/// As [`append()`]; [`Error::Exists`] if there is a file of that name.
pub fn set_aside<T: DeserializeOwned>(
    path: impl AsRef<Path>,
    stamp: &str,
) -> Result<SetAside, Error> {
    Journal::new(path.as_ref()).set_aside::<T>(stamp)
}
