//! Every acceptance check has a run of ours that passed on this content.

use records::{Evidence, EvidenceResult, EvidenceSource, QueueEvent, Reason};

use repo::canonical_command;

use super::{Finding, Question};

const CODE: &str = "checks_passed";

pub(super) fn passed(question: Question<'_>) -> Finding {
    let checks = &question.task.acceptance_checks;
    if checks.is_empty() {
        return Finding::met(CODE, "the task asks for no check");
    }
    let Some(head) = &question.facts.head else {
        return Finding::open(CODE, "unknown without the commit that would land");
    };
    let mut passed = Vec::new();
    let mut reasons = Vec::new();
    for check in checks {
        let command = canonical_command(check);
        let next = format!("merge-queue evidence {} -- {command}", question.task.id);
        match newest_run(question, &command, &head.tree) {
            Some((event, run)) if run.result == EvidenceResult::Pass => {
                passed.push(format!("event {}: {command}", event.seq));
            }
            Some((event, run)) => {
                let why = match (&run.reason, run.exit_status) {
                    (Some(reason), _) => reason.clone(),
                    (None, Some(status)) => format!("status {status}"),
                    (None, None) => "ended by a signal".into(),
                };
                let message = format!("event {}: '{check}' failed here: {why}", event.seq);
                reasons.push(Reason::new("check_failed", message, next));
            }
            None => {
                let message = format!("'{check}' was not run on this content");
                reasons.push(Reason::new("check_not_run", message, next));
            }
        }
    }
    Finding::of(CODE, reasons, || passed.join("; "))
}

/// The newest run of a command on a tree. Content counts, not commits: a commit that only changes
/// its message keeps its evidence. A result that somebody typed is no run.
fn newest_run<'a>(
    question: Question<'a>,
    command: &str,
    tree: &str,
) -> Option<(&'a QueueEvent, &'a Evidence)> {
    let events = question.history.of(&question.task.id).rev();
    events.filter_map(|event| event.evidence.as_ref().map(|run| (event, run))).find(|(_, run)| {
        run.source == EvidenceSource::Ran
            && run.tree.as_deref() == Some(tree)
            && run.command == command
    })
}
