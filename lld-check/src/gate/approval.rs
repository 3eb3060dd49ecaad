//! "LLD APPROVED (not BLOCKED)": which verdict holds for the text as it stands.

use records::Verdict;

use crate::audit::Review;

/// What the audit log says about today's design.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Approval<'a> {
    /// The newest verdict on exactly this text.
    Judged(&'a Review),
    /// No verdict on this text; the newest on another text approved it.
    Stale(&'a Review),
    /// No verdict on this text; the newest on another text did not approve it either.
    OtherText(&'a Review),
    /// No verdict on any text. Entries without a digest are none.
    None,
}

/// Decides by content (DESIGN section 5): of the verdicts on today's design, given by its digest,
/// the newest holds. Verdicts on other text only explain why there is none. `reviews` go from the
/// oldest to the newest.
pub(crate) fn approval<'a>(reviews: &'a [Review], today: &str) -> Approval<'a> {
    let newest = |on_today: bool| {
        reviews.iter().rev().find(|review| match review.sha256.as_deref() {
            Some(digest) => (digest == today) == on_today,
            None => false,
        })
    };
    match (newest(true), newest(false)) {
        (Some(review), _) => Approval::Judged(review),
        (None, Some(other)) if other.verdict == Verdict::Approved => Approval::Stale(other),
        (None, Some(other)) => Approval::OtherText(other),
        (None, None) => Approval::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn review(at: Option<i64>, verdict: Verdict, digest: Option<char>, line: u64) -> Review {
        let at = at.map(|s| records::Stamp::new(jiff::Timestamp::from_second(s).unwrap()));
        Review {
            audit_id: Some(format!("id-{line}")),
            verdict,
            timestamp: None,
            at,
            flaw: None,
            sha256: digest.map(|c| c.to_string()),
            path: None,
            model_verified: None,
            critique: None,
            log: "logs/governance_history.jsonl".into(),
            rank: 1,
            live: false,
            line,
        }
    }

    fn verdict() -> impl Strategy<Value = Verdict> {
        prop_oneof![Just(Verdict::Approved), Just(Verdict::Revise), Just(Verdict::Blocked)]
    }

    fn any_review() -> impl Strategy<Value = Review> {
        (
            prop::option::weighted(0.9, 0_i64..6),
            verdict(),
            prop::option::weighted(0.9, prop::char::range('a', 'c')),
            0_u64..50,
        )
            .prop_map(|(at, verdict, digest, line)| review(at, verdict, digest, line))
    }

    fn open(reviews: &mut [Review], today: &str) -> bool {
        reviews.sort_by(Review::later);
        matches!(approval(reviews, today), Approval::Judged(r) if r.verdict == Verdict::Approved)
    }

    proptest! {
        #[test]
        fn a_newer_no_on_this_text_closes_and_nothing_but_this_text_opens(
            mut reviews in prop::collection::vec(any_review(), 0..8), no in verdict(), readable in any::<bool>(),
        ) {
            let was_open = open(&mut reviews, "a");
            let proof = reviews.iter().any(|r| r.sha256.as_deref() == Some("a") && r.verdict == Verdict::Approved);
            prop_assert!(!was_open || proof);
            // A later request for changes, with or without a readable time.
            if no != Verdict::Approved {
                reviews.push(review(readable.then_some(99), no, Some('a'), 99));
                prop_assert!(!open(&mut reviews, "a"));
            }
        }

        #[test]
        fn a_request_for_changes_never_opens_wherever_it_stands(
            mut reviews in prop::collection::vec(any_review(), 0..8), added in any_review(),
        ) {
            let was_open = open(&mut reviews, "a");
            reviews.push(added.clone());
            let is_open = open(&mut reviews, "a");
            if added.verdict != Verdict::Approved || added.sha256.as_deref() != Some("a") {
                prop_assert!(was_open || !is_open);
            }
            if added.sha256.as_deref() != Some("a") {
                prop_assert_eq!(was_open, is_open, "a verdict on other text changes nothing");
            }
        }
    }
}
