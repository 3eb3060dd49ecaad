//! Everything that the task depends on is in the base.

use records::Reason;

use super::{Finding, Question, loss};
use crate::rules::state;

const CODE: &str = "dependencies_done";

pub(super) fn done(question: Question<'_>) -> Finding {
    let mut landed = Vec::new();
    let mut reasons = Vec::new();
    for dependency in &question.task.depends_on {
        let events = question.history.of(dependency);
        if let Some(event) = state::done(events, &question.facts.reached) {
            let next = || format!("merge-queue set-status {dependency} done --commit COMMIT");
            reasons.extend(loss::voids(question, dependency, event, next));
            landed.push(format!("event {}: {dependency} is done", event.seq));
        } else {
            let message = format!("{dependency} is not in {}", question.facts.base);
            let next = format!("merge-queue merge-ready {dependency}");
            reasons.push(Reason::new("dependency_open", message, next));
        }
    }
    Finding::of(CODE, reasons, || {
        if landed.is_empty() { "the task depends on nothing".into() } else { landed.join("; ") }
    })
}
