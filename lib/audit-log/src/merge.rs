//! The order of the log: where the entries of shards stand among those of the history.
//!
//! * Lines of the history are never reordered. One without an instant belongs to the line before it.
//! * A new entry stands behind the last line of the history that is not later than it. For a history
//!   that is in order of time, that is its place in time; for one that is not, the place can be found
//!   from the end without reading the rest.
//! * New entries are in order of time; those of one instant, in that of shard and place in it.
//! * An entry with the `id`, the instant and the bytes of another one is that entry.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::iter::Fuse;

use jiff::Timestamp;
use twox_hash::XxHash3_64;

/// What ordering needs to know of an entry that is not in the history yet. Its bytes may be anywhere.
pub trait Entry {
    /// Its instant, or the one that it is placed by (see [`instants`]).
    fn at(&self) -> Timestamp;
    /// Which source it is from, in the order of [`SourceName`](crate::SourceName).
    fn source(&self) -> usize;
    /// Where it begins in its source, in bytes.
    fn offset(&self) -> u64;
    /// The number of its `id` (see [`number_of`]), if it has one.
    fn id(&self) -> Option<u64>;
}

/// A number for an `id`. Two ids seldom have the same one, so who needs certainty compares the ids too.
pub fn number_of(id: &str) -> u64 {
    XxHash3_64::oneshot(id.as_bytes())
}

/// An entry that is not in the history yet, with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fresh {
    /// Its instant, or the one that it is placed by (see [`instants`]).
    pub at: Timestamp,
    /// Which source it is from, in the order of [`SourceName`](crate::SourceName).
    pub source: usize,
    /// Where it begins in its source, in bytes.
    pub offset: u64,
    /// Its `id`.
    pub id: Option<String>,
    /// Its bytes without the end of the line.
    pub bytes: Vec<u8>,
}

impl Entry for Fresh {
    fn at(&self) -> Timestamp {
        self.at
    }

    fn source(&self) -> usize {
        self.source
    }

    fn offset(&self) -> u64 {
        self.offset
    }

    fn id(&self) -> Option<u64> {
        self.id.as_deref().map(number_of)
    }
}

/// A line of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held<T> {
    /// Its instant; `None` when it has none or is damaged.
    pub at: Option<Timestamp>,
    /// Its `id`.
    pub id: Option<String>,
    /// Its bytes without the end of the line.
    pub bytes: Vec<u8>,
    /// What the caller needs to know of it.
    pub item: T,
}

/// What a new entry is to a line of the history with its instant and the number of its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// The same entry: the same bytes.
    Same,
    /// An entry with the same id and other bytes.
    Namesake,
    /// One with another id, which happens to have the same number.
    Other,
}

/// Compares new entries with lines of the history.
pub trait Compare<F, T, E> {
    /// What `entry` is to `line`.
    fn compare(&mut self, entry: &F, line: &Held<T>) -> Result<Likeness, E>;
}

/// Compares entries whose bytes are in memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct ByBytes;

impl<T, E> Compare<Fresh, T, E> for ByBytes {
    fn compare(&mut self, entry: &Fresh, line: &Held<T>) -> Result<Likeness, E> {
        Ok(if entry.id != line.id {
            Likeness::Other
        } else if entry.bytes == line.bytes {
            Likeness::Same
        } else {
            Likeness::Namesake
        })
    }
}

/// What comes next when the log is read from its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<T, F = Fresh> {
    /// A line of the history.
    Held(Held<T>),
    /// A new entry.
    Fresh {
        /// The entry.
        entry: F,
        /// Whether an entry of the same instant has the same `id` and other bytes.
        conflict: bool,
    },
    /// A new entry that the history has.
    Duplicate(F),
}

/// The instants by which the entries of one source are placed, given those that they state: an entry
/// without one stands with the entry before it, or else with the next that has one, or else at
/// `otherwise`.
pub fn instants(stated: &[Option<Timestamp>], otherwise: Timestamp) -> Vec<Timestamp> {
    let mut last = stated.iter().flatten().next().copied().unwrap_or(otherwise);
    let place = |stated: &Option<Timestamp>| {
        last = stated.unwrap_or(last);
        last
    };
    stated.iter().map(place).collect()
}

/// Brings new entries into their order and takes those out that are there twice.
pub fn in_order(entries: Vec<Fresh>) -> (Vec<Fresh>, Vec<Fresh>) {
    let same = |one: &Fresh, other: &Fresh| Ok::<_, Infallible>(one.bytes == other.bytes);
    match in_order_by(entries, same) {
        Ok(done) => done,
    }
}

/// The same for entries whose bytes are elsewhere: `same` says whether two of them have the same. It is
/// asked only about entries of one instant whose ids have the same number.
pub fn in_order_by<F: Entry, E>(
    mut entries: Vec<F>,
    mut same: impl FnMut(&F, &F) -> Result<bool, E>,
) -> Result<(Vec<F>, Vec<F>), E> {
    // No two have the same place, so any sort will do, and this one needs no memory.
    entries.sort_unstable_by_key(|entry| (entry.at(), entry.source(), entry.offset()));
    let alone = |[one, other]: &[F; 2]| one.at() != other.at();
    if entries.array_windows().all(alone) {
        return Ok((entries, Vec::new()));
    }
    let (mut kept, mut twice) = (Vec::<F>::with_capacity(entries.len()), Vec::new());
    // Those of the present instant among `kept`, by the numbers of their ids.
    let mut namesakes: HashMap<u64, Vec<usize>> = HashMap::new();
    'entries: for entry in entries {
        if kept.last().is_some_and(|before| before.at() != entry.at()) {
            namesakes.clear();
        }
        if let Some(id) = entry.id() {
            let before = namesakes.entry(id).or_default();
            for other in before.iter().filter_map(|index| kept.get(*index)) {
                if same(&entry, other)? {
                    twice.push(entry);
                    continue 'entries;
                }
            }
            before.push(kept.len());
        }
        kept.push(entry);
    }
    Ok((kept, twice))
}

/// The log from its end: the lines of a history, last first, with new entries among them.
///
/// It reads no further than it has to: once [`Backward::pending`] is 0, the rest is the history's.
#[derive(Debug)]
pub struct Backward<I, T, F = Fresh, C = ByBytes> {
    history: Fuse<I>,
    /// In order; the last comes first.
    fresh: Vec<F>,
    compare: C,
    /// A line with an instant and the lines that belong to it, last first.
    group: Option<Group<T>>,
    ready: VecDeque<Step<T, F>>,
    /// How many steps of `ready` are no lines of the history.
    ready_fresh: usize,
}

#[derive(Debug)]
struct Group<T> {
    /// `None` for the lines at the beginning of the history that have no line to belong to.
    at: Option<Timestamp>,
    lines: Vec<Held<T>>,
}

impl<I, T, E> Backward<I, T>
where
    I: Iterator<Item = Result<Held<T>, E>>,
{
    /// `history` gives lines last first; `fresh` is what [`in_order`] kept.
    pub fn new(history: I, fresh: Vec<Fresh>) -> Self {
        Self::with(history, fresh, ByBytes)
    }
}

impl<I, T, E, F, C> Backward<I, T, F, C>
where
    I: Iterator<Item = Result<Held<T>, E>>,
    F: Entry,
    C: Compare<F, T, E>,
{
    /// `history` gives lines last first; `fresh` is what [`in_order_by`] kept.
    pub fn with(history: I, fresh: Vec<F>, compare: C) -> Self {
        let history = history.fuse();
        Self { history, fresh, compare, group: None, ready: VecDeque::new(), ready_fresh: 0 }
    }

    /// How many new entries have not come yet, as entries or as duplicates.
    pub fn pending(&self) -> usize {
        self.fresh.len() + self.ready_fresh
    }

    /// What compares.
    pub fn compare_mut(&mut self) -> &mut C {
        &mut self.compare
    }

    /// The group before the present one.
    fn next_group(&mut self) -> Result<Group<T>, E> {
        let mut lines = Vec::new();
        for line in self.history.by_ref() {
            let line = line?;
            let at = line.at;
            lines.push(line);
            if at.is_some() {
                return Ok(Group { at, lines });
            }
        }
        Ok(Group { at: None, lines })
    }

    fn take_group(&mut self) -> Result<Group<T>, E> {
        match self.group.take() {
            Some(group) => Ok(group),
            None => self.next_group(),
        }
    }

    /// Adds to `ready` what comes next, if that is known already; whether there is more.
    fn advance(&mut self) -> Result<bool, E> {
        let Some(at) = self.fresh.last().map(Entry::at) else {
            if let Some(group) = self.group.take() {
                self.ready.extend(group.lines.into_iter().map(Step::Held));
                return Ok(true);
            }
            let next = self.history.next().transpose()?;
            let more = next.is_some();
            self.ready.extend(next.map(Step::Held));
            return Ok(more);
        };
        let mut group = self.take_group()?;
        if group.at > Some(at) {
            self.ready.extend(group.lines.into_iter().map(Step::Held));
            return Ok(true);
        }
        let mut same = Vec::new();
        while group.at == Some(at) {
            same.append(&mut group.lines);
            group = self.next_group()?;
        }
        self.group = Some(group);
        let mut namesakes: HashMap<u64, Vec<&Held<T>>> = HashMap::new();
        for line in &same {
            if let Some(id) = &line.id {
                namesakes.entry(number_of(id)).or_default().push(line);
            }
        }
        while let Some(entry) = self.fresh.pop_if(|entry| entry.at() == at) {
            let namesakes = entry.id().and_then(|id| namesakes.get(&id));
            let (mut known, mut conflict) = (false, false);
            for line in namesakes.into_iter().flatten() {
                match self.compare.compare(&entry, line)? {
                    Likeness::Same => known = true,
                    Likeness::Namesake => conflict = true,
                    Likeness::Other => {}
                }
                if known {
                    break;
                }
            }
            let step = if known { Step::Duplicate(entry) } else { Step::Fresh { entry, conflict } };
            self.ready.push_back(step);
            self.ready_fresh += 1;
        }
        self.ready.extend(same.into_iter().map(Step::Held));
        Ok(true)
    }
}

impl<I, T, E, F, C> Iterator for Backward<I, T, F, C>
where
    I: Iterator<Item = Result<Held<T>, E>>,
    F: Entry,
    C: Compare<F, T, E>,
{
    type Item = Result<Step<T, F>, E>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(step) = self.ready.pop_front() {
                if !matches!(step, Step::Held(_)) {
                    self.ready_fresh -= 1;
                }
                return Some(Ok(step));
            }
            match self.advance() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn second(at: i64) -> Timestamp {
        Timestamp::from_second(at).unwrap()
    }

    fn held(at: Option<i64>, id: &str) -> Held<()> {
        let id = Some(id.to_owned()).filter(|id| !id.is_empty());
        Held { at: at.map(second), bytes: format!("{at:?}{id:?}").into_bytes(), id, item: () }
    }

    fn fresh(at: i64, id: &str, offset: u64) -> Fresh {
        let Held { id, bytes, .. } = held(Some(at), id);
        Fresh { at: second(at), source: 0, offset, id, bytes }
    }

    /// The merged bytes, oldest first, and how many were duplicates.
    fn merged(history: &[Held<()>], new: Vec<Fresh>) -> (Vec<Vec<u8>>, usize) {
        let (new, twice) = in_order(new);
        let mut duplicates = twice.len();
        let mut all = Vec::new();
        let backward = Backward::new(history.iter().rev().cloned().map(Ok::<_, Infallible>), new);
        for step in backward {
            match step.unwrap() {
                Step::Held(line) => all.push(line.bytes),
                Step::Fresh { entry, .. } => all.push(entry.bytes),
                Step::Duplicate(_) => duplicates += 1,
            }
        }
        all.reverse();
        (all, duplicates)
    }

    fn bytes(lines: &[Held<()>]) -> Vec<Vec<u8>> {
        lines.iter().map(|line| line.bytes.clone()).collect()
    }

    #[test]
    fn a_new_entry_stands_behind_equal_instants_and_what_belongs_to_them() {
        let history = [held(Some(1), "a"), held(None, "x"), held(Some(3), "b")];
        let (all, _) = merged(&history, vec![fresh(1, "n", 0)]);
        let expected =
            [held(Some(1), "a"), held(None, "x"), held(Some(1), "n"), held(Some(3), "b")];
        assert_eq!(all, bytes(&expected));
    }

    #[test]
    fn it_is_known_how_many_are_to_come() {
        let history = [held(Some(1), "a"), held(Some(2), "b"), held(Some(3), "c")];
        let new = vec![fresh(2, "b", 0), fresh(2, "n", 9), fresh(3, "m", 18)];
        let mut backward = Backward::new(history.into_iter().rev().map(Ok::<_, Infallible>), new);
        let mut pending = vec![backward.pending()];
        while backward.next().transpose().unwrap().is_some() {
            pending.push(backward.pending());
        }
        assert_eq!(pending, [3, 2, 2, 1, 0, 0, 0]);
    }

    #[test]
    fn lines_that_belong_to_none_stay_first() {
        let history = [held(None, "x"), held(Some(3), "b")];
        let (all, _) = merged(&history, vec![fresh(1, "n", 0)]);
        assert_eq!(all, bytes(&[held(None, "x"), held(Some(1), "n"), held(Some(3), "b")]));
        assert_eq!(merged(&[], vec![fresh(1, "n", 0)]).0, bytes(&[held(Some(1), "n")]));
    }

    #[test]
    fn one_far_future_entry_stays_last() {
        let history = [held(Some(1), "a"), held(Some(9_000), "z")];
        let (all, _) = merged(&history, vec![fresh(2, "n", 0), fresh(3, "m", 1)]);
        let expected =
            [held(Some(1), "a"), held(Some(2), "n"), held(Some(3), "m"), held(Some(9_000), "z")];
        assert_eq!(all, bytes(&expected));
    }

    #[test]
    fn same_id_and_bytes_is_one_entry_and_without_an_id_it_is_two() {
        let history = [held(Some(1), "a"), held(Some(1), "")];
        let new = vec![fresh(1, "a", 0), fresh(1, "a", 9), fresh(1, "", 20)];
        let (all, duplicates) = merged(&history, new);
        assert_eq!((all.len(), duplicates), (3, 2));
    }

    #[test]
    fn same_id_and_other_bytes_are_both_kept_and_told() {
        let mut other = fresh(1, "a", 0);
        other.bytes.push(b' ');
        let history = [held(Some(1), "a")].map(Ok::<_, Infallible>);
        let steps: Vec<_> =
            Backward::new(history.into_iter(), vec![other]).map(Result::unwrap).collect();
        assert!(matches!(steps.as_slice(), [Step::Fresh { conflict: true, .. }, Step::Held(_)]));
    }

    #[test]
    fn entries_without_an_instant_stand_with_a_neighbour() {
        let at = |stated: &[Option<i64>]| {
            let stated: Vec<_> = stated.iter().map(|at| at.map(second)).collect();
            instants(&stated, second(9)).iter().map(|at| at.as_second()).collect::<Vec<_>>()
        };
        assert_eq!(at(&[None, Some(2), None, Some(1)]), [2, 2, 2, 1]);
        assert_eq!(at(&[None, None]), [9, 9]);
        assert_eq!(at(&[]), [0; 0]);
    }

    fn any_history() -> impl Strategy<Value = Vec<Held<()>>> {
        let line = (proptest::option::weighted(0.8, 0..12_i64), "[a-d]?");
        proptest::collection::vec(line, 0..12)
            .prop_map(|lines| lines.into_iter().map(|(at, id)| held(at, &id)).collect())
    }

    fn any_new() -> impl Strategy<Value = Vec<Fresh>> {
        proptest::collection::vec((0..12_i64, "[a-d]?"), 0..8).prop_map(|new| {
            new.into_iter().zip(0..).map(|((at, id), offset)| fresh(at, &id, offset)).collect()
        })
    }

    proptest! {
        /// History lines keep their order, every entry is there, and adding all at once or some
        /// first and the others later gives the same log.
        #[test]
        fn merging_keeps_all_and_may_be_done_in_parts(
            history in any_history(),
            new in any_new(),
            part in 0..8_usize,
        ) {
            let (all, duplicates) = merged(&history, new.clone());
            prop_assert_eq!(all.len() + duplicates, history.len() + new.len());
            let mut rest = all.iter();
            prop_assert!(history.iter().all(|line| rest.any(|bytes| *bytes == line.bytes)));

            // In parts as batches are: in order of the sources, here one source an entry.
            let single = |(source, entry): (usize, Fresh)| Fresh { source, ..entry };
            let new: Vec<_> = new.into_iter().enumerate().map(single).collect();
            let at = part.min(new.len());
            let all = merged(&history, new.clone()).0;
            let mut step = history;
            for part in [&new[..at], &new[at..]] {
                let (kept, _) = in_order(part.to_vec());
                let mut lines: Vec<Held<()>> =
                    Backward::new(step.into_iter().rev().map(Ok::<_, Infallible>), kept)
                        .filter_map(|step| match step.unwrap() {
                            Step::Held(line) => Some(line),
                            Step::Fresh { entry: Fresh { at, id, bytes, .. }, .. } => {
                                Some(Held { at: Some(at), id, bytes, item: () })
                            }
                            Step::Duplicate(_) => None,
                        })
                        .collect();
                lines.reverse();
                step = lines;
            }
            prop_assert_eq!(bytes(&step), all);
        }

        /// A history in order of time stays in order of time.
        #[test]
        fn order_of_time_is_kept(mut at in proptest::collection::vec(0..12_i64, 0..12), new in any_new()) {
            at.sort_unstable();
            let history: Vec<_> = at.iter().map(|at| held(Some(*at), "h")).collect();
            let steps = Backward::new(
                history.into_iter().rev().map(Ok::<_, Infallible>),
                in_order(new).0,
            );
            let instants: Vec<_> = steps
                .filter_map(|step| match step.unwrap() {
                    Step::Held(line) => line.at,
                    Step::Fresh { entry, .. } => Some(entry.at),
                    Step::Duplicate(_) => None,
                })
                .collect();
            prop_assert!(instants.is_sorted_by(|later, earlier| later >= earlier));
        }
    }
}
