//! `[HOTFIX]`: which conditions a person has waived, and whether that still holds
//! (docs/decisions/0021-waivers-and-issues-without-an-lld.md).
//!
//! A waiver never makes a condition met. It stands in for it, says so in every answer, and only for
//! what it was given for: the issue's documents as they were then.

use records::lld_check::{Waiver, WaiverEvent, WaiverState};
use records::{Bound, IssueNumber, Stamp};

/// The word that gives a waiver. Any other takes back what was given before.
pub(crate) const WAIVE: &str = "waive";
/// The word that takes one back.
pub(crate) const WITHDRAW: &str = "withdraw";
/// What a waiver of the gate before coding stands in for.
pub(crate) const WAIVABLE: [&str; 3] = ["lld_present", "lld_filled", "lld_approved"];

/// What was decided about an issue's gate, and what it depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waivers<'a> {
    /// Every decision of the journal, oldest first.
    pub(crate) events: &'a [WaiverEvent],
    /// The journal's damaged lines; one of them may have taken back any waiver.
    pub(crate) damaged: Option<&'a str>,
    /// The issue's documents as they are now.
    pub(crate) documents: &'a [Bound],
    /// Now.
    pub(crate) now: Stamp,
}

impl Waivers<'_> {
    /// The waivers of an issue's gate, oldest first, each with whether it holds.
    pub(crate) fn of(&self, issue: IssueNumber, phase: &str) -> Vec<Waiver> {
        let mut found: Vec<Waiver> = Vec::new();
        for event in self.events.iter().filter(|e| e.issue == issue && e.phase == phase) {
            let decision = &event.decision;
            let reason = decision.note.clone().unwrap_or_default();
            for earlier in found.iter_mut().filter(|w| w.state != WaiverState::Withdrawn) {
                earlier.state = WaiverState::Withdrawn;
                let done = if decision.decision == WAIVE { "replaced" } else { "withdrawn" };
                let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
                earlier.ended = Some(format!("{done} by {} on {}{why}", decision.by, event.at));
            }
            if decision.decision == WAIVE {
                let ended = self.outdated(event);
                let state =
                    if ended.is_some() { WaiverState::Outdated } else { WaiverState::Holds };
                found.push(Waiver {
                    issue,
                    phase: phase.into(),
                    conditions: event.conditions.clone(),
                    by: decision.by.clone(),
                    at: event.at,
                    reason,
                    state,
                    ended,
                });
            }
        }
        found
    }

    /// Why a waiver that nobody took back does not hold.
    fn outdated(&self, event: &WaiverEvent) -> Option<String> {
        if let Some(damaged) = self.damaged {
            return Some(format!(
                "the journal has damaged lines, which may withdraw it: {damaged}"
            ));
        }
        if let Some(end) = event.decision.expires_at.filter(|end| *end <= self.now) {
            return Some(format!("it ended on {end}"));
        }
        let then = &event.decision.bound;
        let new = self.documents.iter().find(|now| !then.contains(now));
        let gone = then.iter().find(|then| !self.documents.contains(then));
        match (new, gone) {
            (None, None) => None,
            (Some(new), Some(gone)) if new.path == gone.path => {
                Some(format!("{} has changed since it was given", new.path))
            }
            (Some(new), _) => Some(format!("{} was not there when it was given", new.path)),
            (None, Some(gone)) => Some(format!("{} is gone since it was given", gone.path)),
        }
    }
}

/// The waiver that stands in for a condition.
pub(crate) fn standing_in<'a>(waivers: &'a [Waiver], condition: &str) -> Option<&'a Waiver> {
    let covers = |waiver: &&Waiver| {
        waiver.state == WaiverState::Holds
            && WAIVABLE.contains(&condition)
            && waiver.conditions.iter().any(|code| code == condition)
    };
    waivers.iter().rev().find(covers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use records::Decision;

    fn at(second: i64) -> Stamp {
        Stamp::new(jiff::Timestamp::from_second(second).unwrap())
    }

    fn bound(digest: char) -> Bound {
        Bound { path: "docs/LLDs/active/7-x.md".into(), sha256: digest.into() }
    }

    fn event(issue: u64, word: &str, digest: Option<char>, until: Option<i64>) -> WaiverEvent {
        WaiverEvent {
            at: at(5),
            issue: IssueNumber(issue),
            phase: "code".into(),
            conditions: WAIVABLE.map(Into::into).to_vec(),
            decision: Decision {
                subject: "issue 7".into(),
                question: "?".into(),
                bound: digest.map(bound).into_iter().collect(),
                decision: word.into(),
                by: "Jo".into(),
                via: "flag".into(),
                note: Some("outage".into()),
                expires_at: until.map(at),
                extra: records::Extra::new(),
            },
        }
    }

    fn any_event() -> impl Strategy<Value = WaiverEvent> {
        (
            7_u64..9,
            "waive|withdraw|extend",
            prop::option::of(prop::char::range('a', 'b')),
            prop::option::of(8_i64..12),
        )
            .prop_map(|(issue, word, digest, until)| event(issue, &word, digest, until))
    }

    fn covered(events: &[WaiverEvent], documents: &[Bound], damaged: Option<&str>) -> bool {
        let waivers = Waivers { events, damaged, documents, now: at(10) };
        standing_in(&waivers.of(IssueNumber(7), "code"), "lld_approved").is_some()
    }

    #[test]
    fn a_waiver_is_for_the_documents_as_they_were() {
        for (then, now, holds) in [
            (None, None, true),
            (Some('a'), Some('a'), true),
            (None, Some('a'), false),
            (Some('a'), None, false),
            (Some('a'), Some('b'), false),
        ] {
            let now: Vec<Bound> = now.map(bound).into_iter().collect();
            assert_eq!(covered(&[event(7, WAIVE, then, None)], &now, None), holds, "{then:?}");
        }
        let waivers = Waivers {
            events: &[event(7, WAIVE, None, None)],
            damaged: None,
            documents: &[],
            now: at(10),
        };
        let given = waivers.of(IssueNumber(7), "code");
        assert!(standing_in(&given, "issue_known").is_none());
        assert!(waivers.of(IssueNumber(7), "pr").is_empty());
    }

    proptest! {
        #[test]
        fn only_the_newest_word_on_the_issue_counts(
            events in prop::collection::vec(any_event(), 0..6), digest in prop::option::of(prop::char::range('a', 'b')),
        ) {
            let documents: Vec<Bound> = digest.map(bound).into_iter().collect();
            let newest = events.iter().rfind(|e| e.issue == IssueNumber(7));
            let expected = newest.is_some_and(|e| {
                e.decision.decision == WAIVE
                    && e.decision.bound == documents
                    && e.decision.expires_at.is_none_or(|end| end > at(10))
            });
            prop_assert_eq!(covered(&events, &documents, None), expected);
            prop_assert!(!covered(&events, &documents, Some("waivers.jsonl:3")));
            let shown = Waivers { events: &events, damaged: None, documents: &documents, now: at(10) }
                .of(IssueNumber(7), "code");
            let given = events.iter().filter(|e| e.issue == IssueNumber(7) && e.decision.decision == WAIVE);
            prop_assert_eq!(shown.len(), given.count(), "each is shown for ever");
        }
    }
}
