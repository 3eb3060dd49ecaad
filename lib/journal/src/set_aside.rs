//! Moving damaged lines out of a file that others append to.
//!
//! The file keeps its inode, its length and its line numbers: a damaged line is copied out and then overwritten with
//! spaces, which readers skip as a blank line. Replacing the file would be tidier, but a writer that has it open and
//! does not ask for the lock would go on writing to the old one, and its lines would be lost.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use serde::de::DeserializeOwned;

use crate::{Damage, Error, Lock, View, append, open, replace};

/// How much is copied or overwritten at once.
const PIECE: usize = 64 * 1024;

/// A byte that no JSON begins with.
const NEVER_A_RECORD: &[u8] = b"#";

/// What [`set_aside`](crate::set_aside) did.
#[derive(Clone, Debug)]
pub struct SetAside {
    /// The lines that were moved, in their order.
    pub moved: Vec<Damage>,
    /// Where they are now; `None` if there were none.
    pub into: Option<PathBuf>,
}

/// See [`set_aside`](crate::set_aside).
pub(crate) fn set_aside<T: DeserializeOwned>(
    lock: &Lock,
    max_line: usize,
    stamp: &str,
) -> Result<SetAside, Error> {
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if stamp.is_empty() || !stamp.chars().all(valid) {
        let reason = format!("{stamp:?} cannot be a part of a file name");
        return Err(Error::BadLine { path: lock.path.clone(), reason });
    }
    append::complete(lock)?;
    let mut moved = Vec::new();
    let mut ranges = Vec::new();
    for line in View::new(lock, max_line).lines() {
        let line = line?;
        // A line that has no newline even now is being written by somebody who does not ask for the lock.
        if line.is_terminated()
            && let Err(damage) = line.decode::<T>()
        {
            ranges.push(line.offset..line.end - 1);
            moved.push(damage);
        }
    }
    if moved.is_empty() {
        return Ok(SetAside { moved, into: None });
    }
    let mut name = lock.path.clone().into_os_string();
    name.push(format!(".corrupt-{stamp}"));
    let into = PathBuf::from(name);
    replace::create_new_with(&into, |out| copy(&lock.file, &ranges, out))?;
    blank(lock, &ranges)?;
    Ok(SetAside { moved, into: Some(into) })
}

/// Writes the damaged lines to `out` as they are.
fn copy(file: &File, ranges: &[Range<u64>], out: &mut dyn Write) -> io::Result<()> {
    for range in ranges {
        in_pieces(range, |offset, size| {
            let mut piece = vec![0; size];
            file.read_exact_at(&mut piece, offset)?;
            out.write_all(&piece)
        })?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Overwrites the damaged lines with spaces.
///
/// Half of a damaged line may be a good record (`{"id":1,"te{"id":2}`), which must never come to life because a crash
/// or a reader saw the other half blank. So the first byte of each line becomes one that no record begins with, and
/// goes last.
fn blank(lock: &Lock, ranges: &[Range<u64>]) -> Result<(), Error> {
    let path = lock.path.as_path();
    let file = open::for_overwriting(path)?;
    let stat = |file: &File| file.metadata().map_err(Error::io(path, "stat"));
    if !open::same(&stat(&file)?, &stat(&lock.file)?) {
        return Err(Error::io(path, "blank a damaged line of")(io::Error::other(
            "it was renamed meanwhile",
        )));
    }
    let each = |write: &dyn Fn(&Range<u64>) -> io::Result<()>| {
        let written = ranges.iter().try_for_each(write).and_then(|()| file.sync_data());
        written.map_err(Error::io(path, "blank a damaged line of"))
    };
    each(&|range| file.write_all_at(NEVER_A_RECORD, range.start))?;
    each(&|range| {
        in_pieces(&(range.start + 1..range.end), |offset, size| {
            file.write_all_at(&vec![b' '; size], offset)
        })
    })?;
    each(&|range| file.write_all_at(b" ", range.start))
}

/// Calls `act` with the offset and size of each piece of `range`.
fn in_pieces(
    range: &Range<u64>,
    mut act: impl FnMut(u64, usize) -> io::Result<()>,
) -> io::Result<()> {
    let mut offset = range.start;
    while offset < range.end {
        let size = usize::try_from(range.end - offset).unwrap_or(PIECE).min(PIECE);
        act(offset, size)?;
        offset += size as u64;
    }
    Ok(())
}
