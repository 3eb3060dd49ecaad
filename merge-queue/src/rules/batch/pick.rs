//! Which of the tasks that may land go together.

use std::collections::BTreeSet;

use records::TaskId;

use super::disjoint::{Alone, Footprint};

/// A task that may land now.
#[derive(Debug, Clone)]
pub(crate) struct Candidate<'a> {
    /// The task.
    pub(crate) task: &'a TaskId,
    /// The tasks that must be done before it.
    pub(crate) depends_on: &'a [TaskId],
    /// What its branch touches.
    pub(crate) footprint: Footprint,
}

/// The next batch: positions among `candidates`, which come in the order in which they should land.
///
/// The first one is always taken, so that none waits for ever. Each of the others is taken, up to
/// `max` in all, if it goes with everything that is taken, depends on nothing before it in the list
/// that is not landed, and overtakes nothing that it touches. What changes the definitions is overtaken
/// by nothing, since those after it have to meet what it says.
pub(crate) fn pick(candidates: &[Candidate<'_>], max: usize) -> Vec<usize> {
    let mut taken: Vec<usize> = Vec::new();
    let mut passed: Vec<&Candidate<'_>> = Vec::new();
    // With whatever depends on them.
    let mut waiting: BTreeSet<&TaskId> = BTreeSet::new();
    for (position, candidate) in candidates.iter().enumerate() {
        if taken.len() >= max {
            break;
        }
        let footprint = &candidate.footprint;
        let mut among = taken.iter().filter_map(|taken| candidates.get(*taken));
        let goes = among.all(|taken| footprint.goes_with(&taken.footprint));
        let overtakes = passed.iter().any(|passed| footprint.touches(&passed.footprint));
        let depends = candidate.depends_on.iter().any(|task| waiting.contains(task));
        if taken.is_empty() || (goes && footprint.alone().is_none() && !overtakes && !depends) {
            taken.push(position);
        } else {
            passed.push(candidate);
        }
        waiting.insert(candidate.task);
        if footprint.alone() == Some(Alone::Definitions) {
            break;
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rules::diff::{Change, Side};

    /// Paths, whether it deletes the first, and the positions that it depends on.
    type Drawn = (Vec<&'static str>, bool, Vec<usize>);

    type Each<'b, 'a> = (usize, ((&'b Drawn, &'a TaskId), &'a Vec<TaskId>));

    fn candidates<'a>(
        drawn: &[Drawn],
        ids: &'a [TaskId],
        needs: &'a [Vec<TaskId>],
    ) -> Vec<Candidate<'a>> {
        let side = || Some(Side { mode: 0o100_644, id: "1".into() });
        let each = drawn.iter().zip(ids).zip(needs).enumerate();
        let make = |(position, ((drawn, task), depends_on)): Each<'_, 'a>| {
            let (paths, deletes, _) = drawn;
            let change = |(n, path): (usize, &&str)| Change {
                path: path.as_bytes().into(),
                old: side(),
                new: side().filter(|_| n > 0 || !deletes),
            };
            let changes: Vec<Change> = paths.iter().enumerate().map(change).collect();
            let footprint = Footprint::of(&changes, [position.to_string()], |_| false, &[b"rules"]);
            Candidate { task, depends_on, footprint }
        };
        each.map(make).collect()
    }

    fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
        let paths = ["a", "a/b", "b", "c", "d", "e/f", "e/g", "rules"];
        let paths = proptest::sample::subsequence(paths.to_vec(), 1..3);
        let deletes = proptest::bool::weighted(0.1);
        let needs = proptest::collection::vec(0..9usize, 0..2);
        proptest::collection::vec((paths, deletes, needs), 1..9)
    }

    proptest! {
        #[test]
        fn a_batch_is_disjoint_in_order_and_as_long_as_it_can_be(drawn in drawn(), max in 1..6usize) {
            let ids: Vec<TaskId> = (0..drawn.len()).map(|n| format!("t{n}").parse().unwrap()).collect();
            let needed = |needs: &Vec<usize>| needs.iter().filter_map(|n| ids.get(*n)).cloned().collect();
            let needs: Vec<Vec<TaskId>> = drawn.iter().map(|(_, _, needs)| needed(needs)).collect();
            let all = candidates(&drawn, &ids, &needs);
            let taken = pick(&all, max);
            prop_assert_eq!(taken.first(), Some(&0));
            prop_assert!(taken.len() <= max && taken.is_sorted());
            let definitions = all.iter().position(|c| c.footprint.alone() == Some(Alone::Definitions));
            for (position, candidate) in all.iter().enumerate() {
                let before = &all[..position];
                let fits = taken.iter().filter(|t| **t < position).all(|t| {
                    candidate.footprint.goes_with(&all[*t].footprint)
                });
                let overtakes = before.iter().enumerate().any(|(n, passed)| {
                    !taken.contains(&n) && candidate.footprint.touches(&passed.footprint)
                });
                let depends = before.iter().any(|b| candidate.depends_on.contains(b.task));
                let behind = definitions.is_some_and(|rules| rules < position);
                let alone = candidate.footprint.alone().is_some();
                let may = position == 0 || (fits && !overtakes && !depends && !behind && !alone);
                let full = taken.iter().filter(|t| **t < position).count() == max;
                prop_assert_eq!(taken.contains(&position), may && !full, "{}", position);
            }
        }
    }
}
