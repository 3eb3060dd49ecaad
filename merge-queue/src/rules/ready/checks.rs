//! Every acceptance check has passed on this content, as far as this tool saw for itself.

use std::collections::BTreeSet;

use records::{Evidence, EvidenceResult, EvidenceSource, QueueEvent, Reason};

use repo::canonical_command;

use super::{Finding, Question, loss};
use crate::rules::policy;

const CODE: &str = "checks_passed";

type Run<'a> = (&'a QueueEvent, &'a Evidence);

pub(super) fn passed(question: Question<'_>) -> Finding {
    let Some(head) = &question.facts.head else {
        return Finding::open(CODE, "unknown without the commit that would land");
    };
    let checks = &question.task.acceptance_checks;
    if checks.is_empty() {
        return without_checks(question, &head.tree);
    }
    let mut passed = Vec::new();
    let mut reasons = Vec::new();
    for check in checks {
        let command = canonical_command(check);
        match newest(question, &command, &head.tree) {
            Some(run) if run.1.result == EvidenceResult::Pass => match voided(question, run) {
                Some(reason) => reasons.push(reason),
                None => passed.push(shown(run)),
            },
            Some(run) => reasons.push(failed(question, check, run)),
            None => {
                let message = format!("'{check}' was not run on this content");
                reasons.push(Reason::new("check_not_run", message, again(question, &command)));
            }
        }
    }
    Finding::of(CODE, reasons, || passed.join("; "))
}

/// A task that names no check still needs some command that passed on what lands (runbook v2,
/// section 5, "command evidence exists"), and none that failed: which of them matters is not known.
fn without_checks(question: Question<'_>, tree: &str) -> Finding {
    let commands: BTreeSet<&str> =
        runs(question, tree).map(|(_, run)| run.command.as_str()).collect();
    let newest = commands.into_iter().filter_map(|command| newest(question, command, tree));
    let (passed, failures): (Vec<_>, Vec<_>) =
        newest.partition(|(_, run)| run.result == EvidenceResult::Pass);
    let mut reasons: Vec<Reason> =
        failures.into_iter().map(|run| failed(question, &run.1.command, run)).collect();
    let (passed, before_loss): (Vec<_>, Vec<_>) =
        passed.into_iter().partition(|run| voided(question, *run).is_none());
    if passed.is_empty() {
        reasons.extend(before_loss.into_iter().filter_map(|run| voided(question, run)));
    }
    let optional = question.definitions.policy.evidence == policy::Evidence::Optional;
    if passed.is_empty() && reasons.is_empty() && !optional {
        let message = "the task names no acceptance check, and nothing was run on this content";
        let next = format!("merge-queue evidence {} -- COMMAND", question.task.id);
        reasons.push(Reason::new("evidence_missing", message, next));
    }
    Finding::of(CODE, reasons, || {
        if passed.is_empty() {
            return "the task names no check, and queue.policy.evidence is optional".into();
        }
        passed.into_iter().map(shown).collect::<Vec<_>>().join("; ")
    })
}

/// That events were lost since the run, one of which may be a failure.
fn voided(question: Question<'_>, (event, run): Run<'_>) -> Option<Reason> {
    loss::voids(question, &question.task.id, event, || again(question, &run.command))
}

fn shown((event, run): Run<'_>) -> String {
    let declared = if run.source == EvidenceSource::Declared { " (declared)" } else { "" };
    format!("event {}: {}{declared}", event.seq, run.command)
}

fn again(question: Question<'_>, command: &str) -> String {
    format!("merge-queue evidence {} -- {command}", question.task.id)
}

fn failed(question: Question<'_>, check: &str, (event, run): Run<'_>) -> Reason {
    let why = match (run.source, &run.reason, run.exit_status) {
        (EvidenceSource::Declared, ..) => format!("{} says so", event.actor),
        (_, Some(reason), _) => reason.clone(),
        (_, None, Some(status)) => format!("status {status}"),
        (_, None, None) => "ended by a signal".into(),
    };
    let message = format!("event {}: '{check}' failed here: {why}", event.seq);
    Reason::new("check_failed", message, again(question, &run.command))
}

/// Everything that was recorded about a tree, newest first. Content counts, not commits: a commit that
/// only changes its message keeps its evidence.
fn runs<'a>(question: Question<'a>, tree: &str) -> impl Iterator<Item = Run<'a>> {
    let events = question.history.of(&question.task.id).rev();
    let all = events.filter_map(|event| event.evidence.as_ref().map(|run| (event, run)));
    all.filter(move |(_, run)| run.tree.as_deref() == Some(tree))
}

/// What counts about a command on a tree: the newest run of the tool, in the order of the journal.
///
/// That somebody says that it failed elsewhere counts against a run that was recorded before. That
/// somebody says that it passed counts where policy says so, and never against a run that failed.
fn newest<'a>(question: Question<'a>, command: &str, tree: &str) -> Option<Run<'a>> {
    let believed = question.definitions.policy.declared == policy::Declared::Counts;
    let of_command = |source: EvidenceSource| {
        runs(question, tree).find(move |(_, run)| {
            let counts =
                believed || run.source == EvidenceSource::Ran || run.result == EvidenceResult::Fail;
            run.source == source && run.command == command && counts
        })
    };
    let ran = of_command(EvidenceSource::Ran);
    let declared = of_command(EvidenceSource::Declared);
    match (ran, declared) {
        (Some(ran), Some(declared)) => {
            let newer_fail =
                declared.1.result == EvidenceResult::Fail && declared.0.seq > ran.0.seq;
            Some(if newer_fail { declared } else { ran })
        }
        (ran, declared) => ran.or(declared),
    }
}
