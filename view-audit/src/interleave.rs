//! Several sequences of lines as one, in order of time, each in its own order.

use std::iter::Peekable;

use jiff::Timestamp;

use crate::stream::Seen;

/// A sequence of lines, last first.
pub(crate) type Lines = Box<dyn Iterator<Item = Result<Seen, journal::Error>>>;

/// A line that states an instant and those behind it that do not, last first.
#[derive(Debug)]
pub(crate) struct Group {
    /// `None` for lines at the beginning of a sequence that have no line to belong to.
    pub at: Option<Timestamp>,
    pub lines: Vec<Seen>,
}

/// A sequence in groups.
pub(crate) struct Grouped {
    lines: Lines,
    ended: bool,
}

impl Grouped {
    pub(crate) fn new(lines: Lines) -> Self {
        Self { lines, ended: false }
    }
}

impl Iterator for Grouped {
    type Item = Result<Group, journal::Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let mut lines = Vec::new();
        for line in self.lines.by_ref() {
            let line = match line {
                Ok(line) => line,
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            };
            let at = line.at;
            lines.push(line);
            if at.is_some() {
                return Some(Ok(Group { at, lines }));
            }
        }
        self.ended = true;
        (!lines.is_empty()).then_some(Ok(Group { at: None, lines }))
    }
}

/// The groups of all sequences, the latest first; of one instant, those of a later sequence first.
pub(crate) fn interleave(
    sequences: Vec<Grouped>,
) -> impl Iterator<Item = Result<Group, journal::Error>> {
    let mut sequences: Vec<Peekable<Grouped>> =
        sequences.into_iter().map(Iterator::peekable).collect();
    std::iter::from_fn(move || {
        let mut latest: Option<(Option<Timestamp>, &mut Peekable<Grouped>)> = None;
        for sequence in &mut sequences {
            let at = match sequence.peek() {
                None => continue,
                // An error is not put off.
                Some(Err(_)) => return sequence.next(),
                Some(Ok(group)) => group.at,
            };
            if latest.as_ref().is_none_or(|(most, _)| at >= *most) {
                latest = Some((at, sequence));
            }
        }
        latest?.1.next()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stream::{Found, Where};

    fn seen(at: Option<i64>, name: &str) -> Seen {
        Seen {
            at: at.map(|at| Timestamp::from_second(at).unwrap()),
            id: None,
            bytes: name.as_bytes().to_vec(),
            found: Found::Entry(Where::Memory(Vec::new())),
            log: 0,
        }
    }

    /// Given oldest first, and so given back.
    fn together(sequences: Vec<Vec<Seen>>) -> Vec<Seen> {
        let grouped = |mut lines: Vec<Seen>| {
            lines.reverse();
            Grouped::new(Box::new(lines.into_iter().map(Ok)))
        };
        let mut all: Vec<Seen> = interleave(sequences.into_iter().map(grouped).collect())
            .flat_map(|group| group.unwrap().lines)
            .collect();
        all.reverse();
        all
    }

    #[test]
    fn equal_instants_stand_in_the_order_of_the_sequences_and_lines_without_one_stay_where_they_are()
     {
        let one = vec![seen(None, "a"), seen(Some(1), "b"), seen(None, "c"), seen(Some(3), "d")];
        let two = vec![seen(Some(1), "e"), seen(Some(2), "f"), seen(None, "g")];
        let names: Vec<_> = together(vec![one, two])
            .iter()
            .map(|s| String::from_utf8_lossy(&s.bytes).into_owned())
            .collect();
        assert_eq!(names, ["a", "b", "c", "e", "f", "g", "d"]);
    }

    proptest! {
        #[test]
        fn ordered_sequences_give_an_ordered_one(mut times in proptest::collection::vec(proptest::collection::vec(0..9_i64, 0..6), 0..4)) {
            let sequences = times.iter_mut().map(|times| {
                times.sort_unstable();
                times.iter().map(|at| seen(Some(*at), "")).collect()
            });
            let all: Vec<_> = together(sequences.collect()).iter().map(|seen| seen.at).collect();
            prop_assert!(all.is_sorted());
            prop_assert_eq!(all.len(), times.iter().map(Vec::len).sum::<usize>());
        }
    }
}
