//! The task was not sent back since it was handed over.

use records::{QueueEvent, Reason, ReturnedFor};
use repo::shell_words;

use super::{Finding, Question, short};

const CODE: &str = "not_returned";

/// What was sent back waits for its implementer: only a newer handoff brings it in again.
pub(super) fn not_returned(question: Question<'_>) -> Finding {
    let task = &question.task.id;
    let newest = question
        .history
        .of(task)
        .rev()
        .find(|event| event.handoff.is_some() || event.returned.is_some());
    let Some((event, returned)) =
        newest.and_then(|event| event.returned.as_ref().map(|returned| (event, returned)))
    else {
        return Finding::met(CODE, "it was not sent back since it was handed over");
    };
    let (number, commit, base) = (event.seq, short(&returned.commit), &question.facts.base);
    let paths = returned.paths.join(", ");
    let against: Vec<&str> = returned.against.iter().map(records::TaskId::as_str).collect();
    let others =
        if against.is_empty() { String::new() } else { format!(", with {}", against.join(", ")) };
    let what = match returned.why {
        ReturnedFor::Conflict => format!("it conflicts with {base} in {paths}{others}"),
        ReturnedFor::Paths => format!("its merge changes other paths than were reviewed: {paths}"),
        ReturnedFor::VerifyFailed => {
            let command = returned.command.as_deref().unwrap_or("the command");
            let reason = returned.reason.as_ref().map(|why| format!(": {why}"));
            format!("'{command}' failed with it{}", reason.unwrap_or_default())
        }
        ReturnedFor::Reverted => {
            let reason = returned.reason.as_ref().map(|why| format!(": {why}"));
            format!("{base} had it, and it was taken out again{}", reason.unwrap_or_default())
        }
    };
    let message = format!("event {number} sent {commit} back: {what}");
    let next = match returned.why {
        ReturnedFor::VerifyFailed => {
            format!(
                "put it right in the lane ('merge-queue log {task}' shows the output), then hand over again"
            )
        }
        ReturnedFor::Reverted => bring_back(question, event),
        ReturnedFor::Conflict | ReturnedFor::Paths => {
            format!(
                "{} in the lane, then hand over and check again",
                shell_words(["git", "merge", base])
            )
        }
    };
    Finding::unmet(CODE, vec![Reason::new("returned", message, next)])
}

/// How work comes in again that was undone. Git counts the commits of a branch that was merged as being there,
/// so that merging them once more changes nothing; those of a squashed branch never were.
fn bring_back(question: Question<'_>, event: &QueueEvent) -> String {
    let put_right = "put it right in the lane, then hand over again";
    let Some(reverted) = &event.reverted else { return put_right.into() };
    let mut landings = question.history.of(&question.task.id).filter_map(|e| e.landed.as_ref());
    let landing = landings.find(|landed| landed.base_after == reverted.landing);
    if landing.is_some_and(|landed| landed.strategy == "squash") {
        return put_right.into();
    }
    let merge = shell_words(["git", "merge", &question.facts.base]);
    let revert = shell_words(["git", "revert", &reverted.step.base_after]);
    format!(
        "{put_right}. Git counts its commits as merged: '{merge}' and '{revert}' in the lane bring the work back"
    )
}
