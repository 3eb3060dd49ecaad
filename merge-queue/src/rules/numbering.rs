//! Which events are missing: they are numbered from 1 without gaps, under the journal's lock.

use journal::Loaded;
use records::{LostEvents, QueueEvent};

/// What the numbers show.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbering {
    /// The gaps that nobody has accepted.
    pub(crate) gaps: Vec<Gap>,
    /// Events whose numbers do not follow on those before: altered ones, or put in by hand.
    pub(crate) disorder: Vec<Disorder>,
    /// Damaged lines behind the last event, each of which may have been one.
    pub(crate) behind: Option<Gap>,
    /// The number of the last event.
    pub(crate) last: u64,
}

/// Numbers that no event has.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    /// Which.
    pub(crate) events: LostEvents,
    /// The line that follows, or that is damaged.
    pub(crate) line: Option<u64>,
}

/// An event that does not follow on the one before.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Disorder {
    /// Its number.
    pub(crate) seq: u64,
    /// The number before.
    pub(crate) last: u64,
    /// Its line.
    pub(crate) line: Option<u64>,
}

impl Numbering {
    /// Looks at the numbers.
    pub(crate) fn of(loaded: &Loaded<QueueEvent>) -> Self {
        let accepted = accepted(loaded);
        let is_accepted =
            |gap: LostEvents| accepted.iter().any(|a| a.first <= gap.first && gap.last <= a.last);
        let mut found = Self::default();
        let mut end = 0;
        for (position, event) in &loaded.records {
            let (seq, last, line) = (event.seq, found.last, position.line);
            let events = LostEvents { first: last.saturating_add(1), last: seq.saturating_sub(1) };
            if seq <= last {
                found.disorder.push(Disorder { seq, last, line });
            } else if events.first <= events.last && !is_accepted(events) {
                found.gaps.push(Gap { events, line });
            }
            found.last = seq.max(last);
            end = position.offset;
        }
        let behind: Vec<_> =
            loaded.damaged.iter().filter(|damage| found.last == 0 || damage.offset > end).collect();
        found.behind = behind.first().map(|damage| Gap {
            events: LostEvents {
                first: found.last.saturating_add(1),
                last: found.last.saturating_add(behind.len() as u64),
            },
            line: damage.line,
        });
        found
    }

    /// Everything that is missing, oldest first.
    pub(crate) fn missing(&self) -> Vec<LostEvents> {
        self.gaps.iter().chain(&self.behind).map(|gap| gap.events).collect()
    }
}

/// The gaps that somebody has accepted. A word about one task closes none: the one that does is written last,
/// so that it is there only when every task has its own.
fn accepted(loaded: &Loaded<QueueEvent>) -> Vec<LostEvents> {
    let events = loaded.records.iter().map(|(_, event)| event);
    let words = events.filter(|event| event.task.is_none()).filter_map(|event| event.lost.as_ref());
    words.flat_map(|loss| loss.events.iter().copied()).collect()
}

/// `event 4`, or `events 4 to 6`.
pub(crate) fn shown(events: LostEvents) -> String {
    let LostEvents { first, last } = events;
    if first == last { format!("event {first}") } else { format!("events {first} to {last}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, Strategy as _, any, prop_assert_eq, proptest};
    use records::Loss;

    use super::*;

    const AT: &str = "2026-01-24T18:30:45.000Z";

    fn line(event: &QueueEvent) -> String {
        format!("{}\n", serde_json::to_string(event).unwrap())
    }

    fn event(seq: u64) -> QueueEvent {
        QueueEvent::blank(seq, AT.parse().unwrap(), "lead".into(), "a".parse().unwrap(), "note")
    }

    fn accepting(seq: u64, events: &[(u64, u64)]) -> QueueEvent {
        let events = events.iter().map(|(first, last)| LostEvents { first: *first, last: *last });
        let lost = Some(Loss { events: events.collect(), reason: "no copy".into() });
        QueueEvent { task: None, lost, ..event(seq) }
    }

    fn of(text: &str) -> Numbering {
        let scratch = testkit::Scratch::new();
        let path = scratch.write("queue.jsonl", text);
        Numbering::of(&journal::load(&path).unwrap())
    }

    #[test]
    fn a_gap_is_closed_by_a_word_about_the_whole_queue_alone() {
        let open = format!("{}{}", line(&event(1)), line(&event(4)));
        assert_eq!(of(&open).missing(), [LostEvents { first: 2, last: 3 }]);
        let about_task = QueueEvent { task: event(1).task, ..accepting(5, &[(2, 3)]) };
        for (word, closed) in [
            (about_task, false),
            (accepting(5, &[(2, 2)]), false),
            (accepting(5, &[(3, 3)]), false),
            (accepting(5, &[(7, 9)]), false),
            (accepting(5, &[(1, 1), (2, 3)]), true),
        ] {
            let found = of(&format!("{open}{}", line(&word)));
            assert_eq!(found.missing().is_empty(), closed, "{word:?}");
        }
    }

    #[test]
    fn numbers_that_do_not_grow_are_no_gap() {
        let found = of(&format!("{}{}{}", line(&event(1)), line(&event(1)), line(&event(2))));
        assert_eq!(found.missing(), []);
        assert_eq!(found.disorder, [Disorder { seq: 1, last: 1, line: Some(2) }]);
        let found = of(&format!("{}{}", line(&event(0)), line(&event(u64::MAX))));
        assert_eq!(found.disorder.len(), 1);
        assert_eq!(found.missing(), [LostEvents { first: 1, last: u64::MAX - 1 }]);
    }

    #[test]
    fn each_damaged_line_behind_the_last_event_may_be_one() {
        let found = of(&format!("{}xx\nyy\nzz", line(&event(1))));
        assert_eq!(found.missing(), [LostEvents { first: 2, last: 3 }]);
        assert_eq!(of("xx\n").missing(), [LostEvents { first: 1, last: 1 }]);
        assert_eq!(of(&format!("xx\n{}", line(&event(1)))).missing(), []);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Whichever events are taken out of a journal: exactly these are missing, but for the last ones, of
        /// which nothing is left.
        #[test]
        fn what_is_taken_out_is_what_is_missing(
            kept in proptest::collection::vec(any::<bool>(), 1..20)
                .prop_filter("something is left", |kept| kept.contains(&true))
        ) {
            let seqs = || (1_u64..).zip(&kept);
            let text: String =
                seqs().filter(|(_, kept)| **kept).map(|(seq, _)| line(&event(seq))).collect();
            let last = seqs().filter(|(_, kept)| **kept).map(|(seq, _)| seq).max().unwrap();
            let gone: Vec<u64> = seqs()
                .filter(|(seq, kept)| !**kept && *seq < last)
                .map(|(seq, _)| seq)
                .collect();
            let found = of(&text);
            let missing = found.missing();
            let missing: Vec<u64> = missing.iter().flat_map(|gap| gap.first..=gap.last).collect();
            prop_assert_eq!(missing, gone);
            prop_assert_eq!(found.last, last);
        }
    }
}
