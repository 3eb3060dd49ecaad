//! Whether anything may land at all.

use records::merge_queue::Frozen as Shown;
use records::{Freeze, QueueEvent, Reason, Stamp};

/// The kind of the event that closes the queue.
pub(crate) const FROZEN: &str = "frozen";

/// The kind of the event that opens it again.
pub(crate) const THAWED: &str = "thawed";

/// A freeze that holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Frozen<'a> {
    /// The event that says so.
    pub(crate) event: &'a QueueEvent,
    /// Why, and until when.
    pub(crate) freeze: &'a Freeze,
}

/// The freeze that holds at `now`, if one does: the newest that is neither over nor thawed. `events` are
/// those of the whole queue, oldest first.
pub(crate) fn frozen(events: &[QueueEvent], now: Stamp) -> Option<Frozen<'_>> {
    let about = |event: &&QueueEvent| event.task.is_none();
    let mut newest = events.iter().rev().filter(about);
    let last = newest.find(|event| event.kind == FROZEN || event.kind == THAWED)?;
    let freeze = last.frozen.as_ref().filter(|_| last.kind == FROZEN)?;
    let holds = freeze.until.is_none_or(|until| until > now);
    holds.then_some(Frozen { event: last, freeze })
}

impl Frozen<'_> {
    /// As it is shown.
    pub(crate) fn shown(&self) -> Shown {
        let Self { event, freeze } = self;
        Shown {
            event: event.seq,
            at: event.at,
            by: event.actor.clone(),
            reason: freeze.reason.clone(),
            until: freeze.until,
            base: freeze.base.clone(),
        }
    }

    /// That nothing may land.
    pub(crate) fn reason(&self) -> Reason {
        let Self { event, freeze } = self;
        let until = freeze
            .until
            .map_or_else(|| "until somebody thaws it".into(), |until| format!("until {until}"));
        let message = format!(
            "the queue is frozen {until}, by {} (event {}): {}",
            event.actor, event.seq, freeze.reason
        );
        Reason::new("frozen", message, "when that is over: merge-queue thaw")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Stamp {
        Stamp::new(jiff::Timestamp::from_second(second).unwrap())
    }

    fn event(kind: &str, until: Option<i64>) -> QueueEvent {
        let blank = QueueEvent::of_queue(1, at(0), "lead".into(), kind);
        let until = until.map(at);
        let freeze =
            Freeze { reason: "release".into(), until, base: None, output_tail: String::new() };
        QueueEvent { frozen: (kind == FROZEN).then_some(freeze), ..blank }
    }

    proptest! {
        #[test]
        fn the_last_word_counts(
            words in proptest::collection::vec(
                prop_oneof![
                    Just((THAWED, None)),
                    Just((FROZEN, None)),
                    (0..9_i64).prop_map(|until| (FROZEN, Some(until))),
                    Just(("note", None)),
                ],
                0..6,
            ),
            now in 0..9_i64,
        ) {
            let events: Vec<QueueEvent> = words.iter().map(|(kind, until)| event(kind, *until)).collect();
            let mut expected = None;
            for (kind, until) in &words {
                match *kind {
                    FROZEN => expected = Some(until.unwrap_or(i64::MAX)),
                    THAWED => expected = None,
                    _ => {}
                }
            }
            prop_assert_eq!(frozen(&events, at(now)).is_some(), expected.is_some_and(|until| until > now));
        }
    }
}
