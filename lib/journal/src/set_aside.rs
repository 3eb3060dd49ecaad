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

use crate::{Damage, Error, Line, Lock, View, append, open, replace};

/// How much is copied or overwritten at once.
const PIECE: usize = 64 * 1024;

/// What [`set_aside`](crate::set_aside()) did.
#[derive(Clone, Debug)]
pub struct SetAside {
    /// The lines that were moved, in their order.
    pub moved: Vec<Damage>,
    /// Where they are now; `None` if there were none.
    pub into: Option<PathBuf>,
}

/// See [`set_aside`](crate::set_aside()).
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
    let (moved, ranges) = find::<T>(View::new(lock, max_line).lines())?;
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

/// The damaged lines, and where they are without their newlines.
fn find<T: DeserializeOwned>(
    lines: impl Iterator<Item = Result<Line, Error>>,
) -> Result<(Vec<Damage>, Vec<Range<u64>>), Error> {
    let (mut damaged, mut ranges) = (Vec::new(), Vec::new());
    for line in lines {
        let line = line?;
        // A line that has no newline even now is being written by somebody who does not ask for the lock.
        if line.is_terminated()
            && let Err(damage) = line.decode::<T>()
        {
            ranges.push(line.offset..line.end - 1);
            damaged.push(damage);
        }
    }
    Ok((damaged, ranges))
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

/// What is written over a damaged line: bytes of one value each, every one durable before the next is begun.
///
/// The end of a damaged line may be a good record (`{"id":1,"te{"id":2}`), which must never come to life because a crash
/// or a reader sees the rest of the line blank. So the line first gets a beginning that no JSON has, and loses it last.
fn steps(line: &Range<u64>) -> [(Range<u64>, u8); 3] {
    let first = line.start..line.start + 1;
    [(first.clone(), b'#'), (first.end..line.end, b' '), (first, b' ')]
}

/// Overwrites the damaged lines with spaces.
fn blank(lock: &Lock, ranges: &[Range<u64>]) -> Result<(), Error> {
    let path = lock.path.as_path();
    let file = open::for_overwriting(path)?;
    let stat = |file: &File| file.metadata().map_err(Error::io(path, "stat"));
    if !open::same(&stat(&file)?, &stat(&lock.file)?) {
        let cause = io::Error::other("it was renamed meanwhile");
        return Err(Error::io(path, "blank a damaged line of")(cause));
    }
    overwrite(&file, ranges).map_err(Error::io(path, "blank a damaged line of"))
}

fn overwrite(file: &File, ranges: &[Range<u64>]) -> io::Result<()> {
    let lines: Vec<_> = ranges.iter().map(steps).collect();
    for step in 0..3 {
        for (range, byte) in lines.iter().filter_map(|steps| steps.get(step)) {
            in_pieces(range, |offset, size| file.write_all_at(&vec![*byte; size], offset))?;
        }
        file.sync_data()?;
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::{Lines, MAX_LINE};

    fn lines(bytes: &[u8]) -> Lines<&[u8]> {
        Lines::new(Path::new("a.jsonl"), bytes, MAX_LINE)
    }

    /// Whether there is a record in the file.
    fn alive(bytes: &[u8]) -> bool {
        lines(bytes).any(|line| line.unwrap().decode::<serde_json::Value>().is_ok())
    }

    #[test]
    fn a_line_that_is_being_written_is_left_alone() {
        let (damaged, ranges) = find::<u64>(lines(b"1\nx\n2\n\ny\r\n{\"half")).unwrap();
        assert_eq!(
            damaged.iter().map(|damage| damage.line).collect::<Vec<_>>(),
            [Some(2), Some(5)]
        );
        assert_eq!(ranges, [2..3, 7..9]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Whichever bytes of a step have reached the disk when the power fails, no record has come to life.
        #[test]
        fn half_of_a_damaged_line_never_becomes_a_record(
            head in "[\\[{\", 0-9x]{1,12}",
            tail in "[0-9]{1,3}|\\{\"n\":[0-9]\\}|\\[[0-9]\\]",
            reached in proptest::collection::vec(any::<bool>(), 64),
        ) {
            let mut bytes = format!("{head}{tail}\n").into_bytes();
            prop_assume!(!alive(&bytes));
            let line = 0..bytes.len() as u64 - 1;
            for (range, byte) in steps(&line) {
                let mut torn = bytes.clone();
                for at in range {
                    let at = usize::try_from(at)?;
                    bytes[at] = byte;
                    if reached[at] {
                        torn[at] = byte;
                    }
                }
                prop_assert!(!alive(&torn), "{}", String::from_utf8_lossy(&torn));
            }
            prop_assert!(bytes.trim_ascii().is_empty());
        }
    }
}
