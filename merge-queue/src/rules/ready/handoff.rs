//! There is a handoff for exactly the commit that would land.

use records::{Handoff, QueueEvent, Reason};

use super::{Finding, Question, loss, short};

const CODE: &str = "handoff_present";

/// All handoffs of the task, oldest first.
pub(super) fn all(
    question: Question<'_>,
) -> impl DoubleEndedIterator<Item = (&QueueEvent, &Handoff)> {
    let events = question.history.of(&question.task.id);
    events.filter_map(|event| event.handoff.as_ref().map(|handoff| (event, handoff)))
}

pub(super) fn present(question: Question<'_>) -> Finding {
    let task = &question.task.id;
    let again = format!("merge-queue handoff {task} --owner OWNER");
    let newest = all(question).next_back();
    let facts = question.facts;
    let mut reasons = Vec::new();
    match (&facts.reference, &facts.head) {
        (Some(reference), None) => reasons.push(Reason::new(
            "ref_unknown",
            format!("'{reference}' names no commit"),
            format!("merge-queue merge-ready {task} --ref REF"),
        )),
        (None, _) if newest.is_some() => reasons.push(Reason::new(
            "ref_unknown",
            "nothing says which branch holds the work",
            format!("merge-queue merge-ready {task} --ref REF"),
        )),
        _ => {}
    }
    let Some((event, handoff)) = newest else {
        let message = format!("nobody has handed {task} over");
        reasons.push(Reason::new("handoff_missing", message, again));
        return Finding::unmet(CODE, reasons);
    };
    if let Some(head) = &facts.head
        && head.commit != handoff.commit
    {
        let message = format!(
            "event {} hands over {}, and {} stands at {}",
            event.seq,
            short(&handoff.commit),
            facts.reference.as_deref().unwrap_or("the branch"),
            short(&head.commit),
        );
        reasons.push(Reason::new("handoff_other_commit", message, again.clone()));
    }
    reasons.extend(loss::voids(question, task, event, || again));
    Finding::of(CODE, reasons, || {
        format!("event {}: {} handed over {}", event.seq, handoff.owner, short(&handoff.commit))
    })
}
