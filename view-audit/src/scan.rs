//! A whole history from its beginning, one line after the other, with the entries of shards among them.

use std::collections::VecDeque;
use std::iter::Peekable;
use std::vec::IntoIter;

use audit_log::{Backward, Facts, Fresh, LONGEST, Step};
use cli::Failure;
use jiff::Timestamp;
use journal::{Damage, Lines};

use crate::damage::NAMED;
use crate::first_line::{Line, first_line};
use crate::head::head;
use crate::index::{Indexed, Piece, Tells, Told};
use crate::run_of_instant::RunOfInstant;
use crate::stream::{Numbered, Where, begins, lines};

/// How much is read at once: little enough to stay in the processor's cache until it was looked at.
const PIECE: usize = if cfg!(test) { 64 } else { 256 << 10 };

/// Who looks at the lines.
pub(crate) trait Look {
    /// What is kept of an entry that is wanted.
    type Kept;

    /// What to keep of an entry; `None` when it is not wanted.
    fn look(&mut self, facts: &Facts<'_>, bytes: &[u8]) -> Option<Self::Kept>;

    /// What to keep of a wanted entry of which an index tells these facts. Those with the same `words` differ only
    /// in instant, issue and duration.
    fn told(&mut self, words: usize, facts: &Facts<'_>) -> Self::Kept;

    /// A wanted entry, when it is its turn: oldest first, each once.
    fn take(&mut self, place: Where, kept: Self::Kept) -> Result<(), Failure>;
}

/// Where the entries of `fresh` stand among the lines of `history`: before the line that begins there.
pub(crate) fn insertions(
    history: &Numbered,
    fresh: Vec<Fresh>,
) -> Result<Vec<(u64, Fresh)>, Failure> {
    let mut behind = history.history.len();
    let Numbered { number, path, history, .. } = history;
    let all = Numbered {
        number: *number,
        path: path.clone(),
        history: history.clone(),
        index: Indexed::default(),
    };
    let mut places = Vec::with_capacity(fresh.len());
    let mut backward = Backward::new(lines(all)?, fresh);
    while backward.pending() > 0 {
        match backward.next().transpose()? {
            Some(Step::Held(line)) => behind = begins(&line.item),
            Some(Step::Fresh { entry, .. }) if !entry.bytes.is_empty() => {
                places.push((behind, entry));
            }
            Some(Step::Fresh { .. } | Step::Duplicate(_)) => {}
            None => break,
        }
    }
    places.reverse();
    Ok(places)
}

/// Shows `look` every line of `history` in its order. Every entry of `fresh` comes before the line that
/// begins at its place, or later; they are in order. Lines that `told` tells of are read only where that is not
/// enough.
///
/// Gives the damaged lines.
pub(crate) fn scan<'a, L: Look>(
    history: &'a Numbered,
    told: Option<Told>,
    fresh: Vec<(u64, Fresh)>,
    look: &mut L,
) -> Result<DamagedLines<'a>, Failure> {
    let fresh = fresh.into_iter().peekable();
    let damaged = DamagedLines::default();
    let mut scan = Scan { history, look, run: RunOfInstant::default(), fresh, damaged };
    let mut buffer = Vec::new();
    // How much of the buffer is used, where its first line begins in the history, and that line's number.
    let (mut used, mut offset, mut number) = (0, 0_u64, 1_u64);
    if let Some(mut told) = told {
        scan.told(&mut told)?;
        (offset, number) = (told.covered(), told.next_line());
    }
    loop {
        buffer.resize(buffer.len().max(used + PIECE), 0);
        let free = buffer.get_mut(used..used + PIECE).unwrap_or_default();
        let read = history.history.read_at(free, offset + used as u64);
        let read = read.map_err(|e| Failure::io("cannot read", &history.path, &e))?;
        let all = buffer.get(..used + read).unwrap_or_default();
        let at = scan.lines(all, offset, &mut number, read == 0)?;
        if read == 0 {
            break;
        }
        (used, offset) = (all.len() - at, offset + at as u64);
        buffer.copy_within(at..at + used, 0);
        if used > LONGEST {
            // Nobody holds such a line in memory.
            let line = DamagedLine { history, offset, number };
            offset = line.line()?.map_or(history.history.len(), |line| line.end);
            scan.damaged.add(line);
            (used, number) = (0, number + 1);
        }
    }
    scan.fresh_before(u64::MAX)?;
    scan.begin(None)?;
    Ok(scan.damaged)
}

struct Scan<'h, 'a, L: Look> {
    history: &'h Numbered,
    look: &'a mut L,
    run: RunOfInstant<Where, L::Kept>,
    fresh: Peekable<IntoIter<(u64, Fresh)>>,
    damaged: DamagedLines<'h>,
}

impl<L: Look> Scan<'_, '_, L> {
    /// Looks at all lines of which the end is there, and gives how many bytes that were.
    fn lines(
        &mut self,
        all: &[u8],
        offset: u64,
        number: &mut u64,
        is_end: bool,
    ) -> Result<usize, Failure> {
        let history = self.history;
        let mut at = 0;
        while let Some(rest) = all.get(at..).filter(|rest| !rest.is_empty()) {
            let begin = offset + at as u64;
            let Some((line, length)) = first_line(rest, begin == 0, is_end) else { break };
            self.fresh_before(begin)?;
            match line {
                Line::Entry(facts, bytes) => {
                    let to = begin + length as u64;
                    let place = Where::History { history: history.number, from: begin, to };
                    self.entry(&facts, bytes, place)?;
                }
                Line::Blank => {}
                Line::Damaged => {
                    self.damaged.add(DamagedLine { history, offset: begin, number: *number });
                }
            }
            *number += 1;
            at += length;
        }
        Ok(at)
    }

    /// Looks at what an index tells.
    fn told(&mut self, told: &mut Told) -> Result<(), Failure> {
        for piece in 0..told.pieces() {
            let Some(Piece { from, to, mut number, rows }) = told.piece(piece) else { continue };
            let Some(rows) = rows else {
                self.read(from, to, number)?;
                continue;
            };
            let mut begin = from;
            for row in &rows {
                let end = begin + u64::from(row.len);
                self.fresh_before(begin)?;
                self.row(told.tells(row), row.has_id, (begin, end), number)?;
                (begin, number) = (end, number + 1);
            }
        }
        Ok(())
    }

    fn row(
        &mut self,
        tells: Tells<'_>,
        has_id: bool,
        (from, to): (u64, u64),
        number: u64,
    ) -> Result<(), Failure> {
        let history = self.history;
        match tells {
            Tells::Nothing => Ok(()),
            Tells::Damage => {
                self.damaged.add(DamagedLine { history, offset: from, number });
                Ok(())
            }
            Tells::Ask => self.read(from, to, number),
            Tells::Unwanted(at) if self.run.takes(at) => Ok(()),
            Tells::Unwanted(at) => self.begin(at),
            Tells::Entry(words, facts) => {
                if !self.run.takes(facts.at) {
                    self.begin(facts.at)?;
                }
                let kept = self.look.told(words, facts);
                let place = Where::History { history: history.number, from, to };
                let can_be_told = facts.at.is_some() && has_id;
                // Only entries of one instant are compared, and those are few.
                let bytes = if can_be_told && !self.run.is_empty() {
                    line(history, &place)?
                } else {
                    Vec::new()
                };
                self.run.add(place, kept, (&bytes, can_be_told), |place| line(history, place))
            }
        }
    }

    /// Reads the lines between two places of the history.
    fn read(&mut self, from: u64, to: u64, mut number: u64) -> Result<(), Failure> {
        let Numbered { history, path, .. } = self.history;
        let mut bytes = vec![0; usize::try_from(to - from).unwrap_or(usize::MAX)];
        let read = history.read_exact_at(&mut bytes, from);
        read.map_err(|e| Failure::io("cannot read", path, &e))?;
        self.lines(&bytes, from, &mut number, false).map(drop)
    }

    #[inline]
    fn entry(&mut self, facts: &Facts<'_>, bytes: &[u8], place: Where) -> Result<(), Failure> {
        if !self.run.takes(facts.at) {
            self.begin(facts.at)?;
        }
        let Some(kept) = self.look.look(facts, bytes) else { return Ok(()) };
        let can_be_told = facts.at.is_some() && facts.id.is_some();
        let history = self.history;
        self.run.add(place, kept, (bytes, can_be_told), |place| line(history, place))
    }

    /// Looks at the new entries that come before the line at `offset`.
    #[inline]
    fn fresh_before(&mut self, offset: u64) -> Result<(), Failure> {
        while let Some((_, entry)) = self.fresh.next_if(|(place, _)| *place <= offset) {
            self.fresh(&entry)?;
        }
        Ok(())
    }

    fn fresh(&mut self, entry: &Fresh) -> Result<(), Failure> {
        // Shards have entries alone.
        let facts = Facts::of(&entry.bytes).unwrap_or_default();
        self.entry(&facts, &entry.bytes, Where::Memory(entry.bytes.clone()))
    }

    /// Begins the run of an instant.
    fn begin(&mut self, at: Option<Timestamp>) -> Result<(), Failure> {
        let look = &mut *self.look;
        self.run.next(at).try_for_each(|(place, kept)| look.take(place, kept))
    }
}

/// The bytes of an entry without the end of its line.
fn line(history: &Numbered, place: &Where) -> Result<Vec<u8>, Failure> {
    match place {
        Where::Memory(bytes) => Ok(bytes.clone()),
        Where::History { from, to, .. } => {
            let bytes = history.history.line(*from, *to);
            bytes.map_err(|e| Failure::io("cannot read", &history.path, &e))
        }
    }
}

/// The damaged lines of a history: how many there are, and the last ones.
#[derive(Default)]
pub(crate) struct DamagedLines<'a> {
    pub count: usize,
    pub last: VecDeque<DamagedLine<'a>>,
}

impl<'a> DamagedLines<'a> {
    fn add(&mut self, line: DamagedLine<'a>) {
        self.count += 1;
        if self.last.len() == NAMED {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }
}

/// A line that is no entry. What is wrong with it is found out when somebody wants to know.
pub(crate) struct DamagedLine<'a> {
    history: &'a Numbered,
    offset: u64,
    number: u64,
}

impl DamagedLine<'_> {
    /// What is wrong with it.
    pub(crate) fn damage(&self) -> Result<Option<Damage>, Failure> {
        let number = Some(self.number);
        let damage = self.line()?.and_then(|line| head(&line).err());
        Ok(damage.map(|damage| Damage { line: number, ..damage }))
    }

    fn line(&self) -> Result<Option<journal::Line>, Failure> {
        let Numbered { history, path, .. } = self.history;
        let mut lines = Lines::starting_at(path, history.from(self.offset), self.offset, LONGEST);
        Ok(lines.next().transpose()?)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::path::PathBuf;

    use audit_log::in_order;
    use proptest::prelude::*;
    use testkit::Scratch;

    use super::*;
    use crate::history::History;
    use crate::stream::{Found, backward};

    /// Keeps every entry.
    #[derive(Default)]
    struct All(Vec<Vec<u8>>);

    impl Look for All {
        type Kept = Vec<u8>;

        fn look(&mut self, _: &Facts<'_>, bytes: &[u8]) -> Option<Vec<u8>> {
            Some(bytes.to_vec())
        }

        fn told(&mut self, _: usize, _: &Facts<'_>) -> Vec<u8> {
            unreachable!("there is no index")
        }

        fn take(&mut self, _: Where, bytes: Vec<u8>) -> Result<(), Failure> {
            self.0.push(bytes);
            Ok(())
        }
    }

    fn numbered(path: PathBuf, history: History) -> Numbered {
        Numbered { number: 0, path, history, index: Indexed::default() }
    }

    /// Lines of few instants and ids, so that they are often alike.
    fn line() -> impl Strategy<Value = Vec<u8>> {
        let entry =
            (0..4_u8, prop::option::of("[ab]"), "x{0,90}").prop_map(|(second, id, text)| {
                let id = id.map(|id| format!(r#""id":"{id}","#)).unwrap_or_default();
                let stamp = format!("2026-01-24T18:30:4{second}Z");
                format!(r#"{{{id}"timestamp":"{stamp}","critique":"{text}"}}"#).into_bytes()
            });
        prop_oneof![
            12 => entry.clone(),
            2 => entry.prop_map(|line| [line.as_slice(), b" \r"].concat()),
            2 => Just(br#"{"id":"a","text":"no time"}"#.to_vec()),
            1 => Just(b"\xef\xbb\xbf{\"id\":\"mark\"}".to_vec()),
            1 => Just(b" \t".to_vec()),
            1 => Just(b"{\"id\":\"a\",\"timest".to_vec()),
            1 => Just(b"\0\0\0{}".to_vec()),
            1 => Just(b"{\"critique\":\"\xff\"}".to_vec()),
        ]
    }

    fn fresh(lines: Vec<Vec<u8>>) -> Vec<Fresh> {
        let entry = |(offset, bytes): (u64, Vec<u8>)| {
            let facts = Facts::of(&bytes)?;
            let id = facts.id.as_ref().map(|id| id.as_str().to_owned());
            Some(Fresh { at: facts.at?, source: 0, offset, id, bytes: bytes.clone() })
        };
        in_order((0..).zip(lines).filter_map(entry).collect()).0
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

        /// From the beginning, the same entries come as from the end, in the opposite order.
        #[test]
        fn entries_are_the_same_both_ways(
            lines in prop::collection::vec(line(), 0..14),
            new in prop::collection::vec(line(), 0..5),
            ends in any::<bool>(),
            split in 0..1000_usize,
        ) {
            let scratch = Scratch::new();
            let mut bytes = lines.join(b"\n".as_slice());
            if ends && !bytes.is_empty() {
                bytes.push(b'\n');
            }
            let path = scratch.write("h", &bytes);
            let split = split.min(bytes.len());
            let file = File::open(&path).unwrap();
            let history = History::new(file, split as u64, bytes[split..].to_vec());
            let new = fresh(new);

            let nothing = numbered(path.clone(), History::default());
            let all = numbered(path.clone(), history.clone());
            let (mut entries, mut damages) = (Vec::new(), Vec::new());
            for seen in backward(nothing, all, new.clone()).unwrap() {
                let seen = seen.unwrap();
                match seen.found {
                    Found::Entry(_) => entries.push(seen.bytes),
                    Found::Damaged(_, damage) => damages.push(Damage {
                        line: history.line_number(damage.offset).ok(),
                        ..damage
                    }),
                    Found::Passed | Found::LeftOut => {}
                }
            }
            entries.reverse();

            let all = numbered(path, history);
            let mut found = All::default();
            let new = insertions(&all, new).unwrap();
            let damaged = scan(&all, None, new, &mut found).unwrap();
            prop_assert_eq!(found.0, entries);
            let last = damaged.last.iter().rev();
            let last: Vec<_> = last.map(|line| line.damage().unwrap().unwrap()).collect();
            prop_assert_eq!((damaged.count, last), (damages.len(), damages));
        }
    }
}
