//! Which lines of a history are new.

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::Path;

use audit_log::LONGEST;
use journal::Lines;

use crate::head::head;
use crate::history::History;
use crate::known::Known;

/// How many bytes are compared at a time.
const PIECE: usize = 64 << 10;

/// How many bytes at the beginning of a history are remembered.
const BEGINS: u64 = 4 << 10;

/// A line of a history: where it begins and where the next one does.
pub(crate) type Place = (u64, u64);

/// A history as it was when it was looked at last.
#[derive(Default)]
pub(crate) struct Base {
    history: History,
    /// Its first bytes, by which one that was cut back is told from one that was begun anew.
    begins: Vec<u8>,
    /// What it does not hold any more, or not yet again.
    pub gone: Option<Gone>,
}

impl Base {
    pub(crate) fn new(history: History) -> io::Result<Self> {
        let begins = history.slice(0, BEGINS.min(history.len()))?;
        Ok(Self { history, begins, gone: None })
    }

    pub(crate) fn history(&self) -> &History {
        &self.history
    }

    /// Whether a line that came is one that was gone.
    pub(crate) fn holds_again(&mut self, hash: u64) -> bool {
        self.gone.as_mut().is_some_and(|gone| gone.holds(hash))
    }
}

/// Lines of a history that a shorter one took the place of. Somebody may be writing all of it anew, as editors and
/// git do, and then they come again, and are not new.
#[derive(Debug, Default)]
pub(crate) struct Gone {
    /// How often there is a line with this hash.
    lines: HashMap<u64, u64>,
    /// How long a history that holds all of them again is.
    len: u64,
}

impl Gone {
    /// Adds what `history` holds from `from` on.
    pub(crate) fn add(
        &mut self,
        path: &Path,
        history: &History,
        from: u64,
        known: &Known,
    ) -> Result<(), journal::Error> {
        self.len = self.len.max(history.len());
        for line in Lines::starting_at(path, history.from(from), from, LONGEST) {
            *self.lines.entry(known.hash(&line?.bytes)).or_default() += 1;
        }
        Ok(())
    }

    /// Adds what `old` holds in memory and `new`, the same file after it was cut back, does not hold.
    pub(crate) fn add_cut(
        &mut self,
        path: &Path,
        old: &History,
        new: &History,
        known: &Known,
    ) -> Result<(), journal::Error> {
        let failed = |cause| journal::Error::Io { op: "read", path: path.to_owned(), cause };
        let from = old.line_start(old.stable()).map_err(failed)?;
        let mut cut = Self::default();
        cut.add(path, old, from, known)?;
        let left = if new.len() < from { 0 } else { from };
        for line in Lines::starting_at(path, new.from(left), left, LONGEST) {
            cut.holds(known.hash(&line?.bytes));
        }
        self.len = self.len.max(cut.len);
        for (hash, count) in cut.lines {
            *self.lines.entry(hash).or_default() += count;
        }
        Ok(())
    }

    /// Whether a line that came is one of them, each of which counts once.
    pub(crate) fn holds(&mut self, hash: u64) -> bool {
        let Some(count) = self.lines.get_mut(&hash).filter(|count| **count > 0) else {
            return false;
        };
        *count -= 1;
        true
    }

    /// Whether a history that is `len` bytes long may still lack some of them.
    pub(crate) fn is_awaited(&self, len: u64) -> bool {
        len < self.len
    }
}

/// The lines of `new` that `old` does not hold as often, in their order, those that `known` has seen left
/// out. A last line without its newline counts when it is a whole entry.
///
/// Of a history that is still the same file nothing changed but what `old` has in memory (see
/// [`WINDOW`](audit_log::WINDOW)), so that is all that is compared. What took its place is compared as a
/// whole.
pub(crate) fn inserted(
    path: &Path,
    base: &Base,
    new: &History,
    known: &Known,
) -> Result<Vec<Place>, journal::Error> {
    let old = &base.history;
    let failed = |cause| journal::Error::Io { op: "read", path: path.to_owned(), cause };
    let is_same = old.is_same_file(new).map_err(failed)?;
    let is_cut = is_same && new.len() < old.stable();
    if is_cut && new.slice(0, base.begins.len() as u64).map_err(failed)? == base.begins {
        return Ok(Vec::new());
    }
    let (old_from, from) = if is_cut {
        // It was cut back, and what is left of the old one is in memory.
        (old.stable(), 0)
    } else {
        let from = if is_same { old.line_start(old.stable()).map_err(failed)? } else { 0 };
        let from = alike(&mut old.from(from), &mut new.from(from), from).map_err(failed)?;
        (from, from)
    };
    let mut candidates = Vec::new();
    for line in Lines::starting_at(path, new.from(from), from, LONGEST) {
        let line = line?;
        let head = head(&line).ok();
        let waits = !line.is_terminated() && head.is_none();
        if !waits && !head.is_some_and(|head| known.has(&head, &line.bytes)) {
            candidates.push((known.hash(&line.bytes), (line.offset, line.end)));
        }
    }
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let mut held: HashMap<u64, u64> = candidates.iter().map(|(hash, _)| (*hash, 0)).collect();
    for line in Lines::starting_at(path, old.from(old_from), old_from, LONGEST) {
        if let Some(count) = held.get_mut(&known.hash(&line?.bytes)) {
            *count += 1;
        }
    }
    candidates.retain(|(hash, _)| match held.get_mut(hash) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    Ok(candidates.into_iter().map(|(_, place)| place).collect())
}

/// The beginning of the first line that differs, for readers that are at `from`, where a line begins.
fn alike(old: &mut impl Read, new: &mut impl Read, from: u64) -> io::Result<u64> {
    let (mut at, mut line) = (from, from);
    let (mut left, mut right) = (vec![0; PIECE], vec![0; PIECE]);
    loop {
        let (old, new) = (fill(old, &mut left)?, fill(new, &mut right)?);
        let same = if old == new {
            old.len()
        } else {
            old.iter().zip(new).take_while(|(old, new)| old == new).count()
        };
        if let Some(end) = old.iter().take(same).rposition(|byte| *byte == b'\n') {
            line = at + end as u64 + 1;
        }
        if same < PIECE {
            return Ok(line);
        }
        at += same as u64;
    }
}

/// As much of the buffer as there is.
fn fill<'a>(reader: &mut impl Read, buffer: &'a mut [u8]) -> io::Result<&'a [u8]> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(buffer.get(..filled).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::fs::{File, OpenOptions};
    use std::io::Write as _;
    use std::os::unix::fs::FileExt as _;

    use proptest::prelude::*;
    use testkit::Scratch;

    use super::*;

    /// The whole file, of which the last `window` bytes may change.
    fn history(path: &Path, window: usize) -> History {
        let bytes = std::fs::read(path).unwrap();
        let split = bytes.len().saturating_sub(window);
        History::new(File::open(path).unwrap(), split as u64, bytes[split..].to_vec())
    }

    fn texts(new: &History, places: &[Place]) -> Vec<String> {
        let text = |(from, to): &Place| String::from_utf8(new.slice(*from, *to).unwrap()).unwrap();
        places.iter().map(text).collect()
    }

    fn lines(numbers: &[u8]) -> String {
        let line = |n: &u8| ["{\"n\":\"", &"x".repeat(usize::from(*n)), "\"}\n"].concat();
        numbers.iter().map(line).collect()
    }

    proptest! {
        /// Lines are put between others in the last part of a file, or anywhere in one that takes its place.
        #[test]
        fn what_was_put_in_is_found(
            before in proptest::collection::vec(0..4_u8, 0..12),
            after in proptest::collection::vec(0..4_u8, 0..8),
            put in proptest::collection::vec(0..4_u8, 0..5),
            replaced in any::<bool>(),
            torn in any::<bool>(),
        ) {
            let scratch = Scratch::new();
            let (before, after) = (lines(&before), lines(&after));
            let path = scratch.write("h", format!("{before}{after}"));
            let old = Base::new(history(&path, after.len())).unwrap();
            let rest = lines(&put) + &after + if torn { "{\"id\":\"" } else { "" };
            if replaced {
                let other = scratch.write("h.new", format!("{before}{rest}"));
                std::fs::rename(other, &path).unwrap();
            } else {
                let file = OpenOptions::new().write(true).open(&path).unwrap();
                file.write_all_at(rest.as_bytes(), before.len() as u64).unwrap();
            }
            let new = history(&path, 1 << 20);
            let places = inserted(&path, &old, &new, &Known::default()).unwrap();
            let mut found = texts(&new, &places);
            let mut expected: Vec<_> = lines(&put).split_inclusive('\n').map(str::to_owned).collect();
            found.sort();
            expected.sort();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_line_counts_when_it_is_whole_and_once() {
        let scratch = Scratch::new();
        let path = scratch.write("h", "{\"id\":\"a\"}\n{\"id\":");
        let looks = |old: &Base| {
            let new = history(&path, 1 << 20);
            let places = inserted(&path, old, &new, &Known::default()).unwrap();
            let found = texts(&new, &places);
            (Base::new(new).unwrap(), found)
        };
        let (old, found) = looks(&Base::default());
        assert_eq!(found, ["{\"id\":\"a\"}\n"]);
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"\"b\"}").unwrap();
        let (old, found) = looks(&old);
        assert_eq!(found, ["{\"id\":\"b\"}"]);
        file.write_all(b"\n").unwrap();
        let (old, found) = looks(&old);
        assert!(found.is_empty());
        file.set_len(0).unwrap();
        file.write_all(b"{\"id\":\"c\"}\n").unwrap();
        assert_eq!(looks(&old).1, ["{\"id\":\"c\"}\n"]);
    }

    #[test]
    fn a_history_that_was_cut_back_has_nothing_new_unless_it_was_begun_anew() {
        let scratch = Scratch::new();
        let path = scratch.write("h", lines(&[3; 1000]));
        let old = Base::new(history(&path, 100)).unwrap();
        let file = OpenOptions::new().append(true).open(&path).unwrap();
        file.set_len(5000).unwrap();
        let looks = || {
            let new = history(&path, 100);
            let places = inserted(&path, &old, &new, &Known::default()).unwrap();
            texts(&new, &places)
        };
        assert_eq!(looks(), [] as [String; 0]);
        file.set_len(0).unwrap();
        (&file).write_all(lines(&[4]).as_bytes()).unwrap();
        assert_eq!(looks(), [lines(&[4])]);
    }
}
