//! May this task land? A pure function of definitions, journal and facts (runbook v2, section 5).
//!
//! The conditions come in the runbook's order, those of this tool last. Each says what satisfied it, with the number of the
//! journal's event, or what is missing. What could not be determined does not hold.

mod base;
mod blocked;
mod checks;
mod definitions;
mod dependencies;
mod handoff;
mod loss;
#[cfg(test)]
mod properties;
mod returned;
mod reviews;

use records::merge_queue::Readiness;
use records::{Condition, Reason};

use crate::history::History;
use crate::rules::definitions::{Definitions, Strategy, Task};
use crate::rules::facts::Facts;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    /// The checked definitions.
    pub(crate) definitions: &'a Definitions,
    /// The task.
    pub(crate) task: &'a Task,
    /// The journal.
    pub(crate) history: &'a History,
    /// What git says.
    pub(crate) facts: &'a Facts,
    /// How it is to land.
    pub(crate) strategy: Strategy,
}

/// One condition with the reasons why it does not hold.
struct Finding {
    condition: Condition,
    reasons: Vec<Reason>,
}

impl Finding {
    fn met(code: &str, detail: impl Into<String>) -> Self {
        Self { condition: Condition::met(code, detail), reasons: Vec::new() }
    }

    fn unmet(code: &str, reasons: Vec<Reason>) -> Self {
        let messages: Vec<&str> = reasons.iter().map(|reason| reason.message.as_str()).collect();
        Self { condition: Condition::unmet(code, messages.join("; ")), reasons }
    }

    /// Met when there are no reasons against it.
    fn of(code: &str, reasons: Vec<Reason>, detail: impl FnOnce() -> String) -> Self {
        if reasons.is_empty() { Self::met(code, detail()) } else { Self::unmet(code, reasons) }
    }

    /// A condition that cannot be looked at because of another one, which gives the reason.
    fn open(code: &str, detail: &str) -> Self {
        Self { condition: Condition::unmet(code, detail), reasons: Vec::new() }
    }
}

/// Decides.
pub(crate) fn readiness(question: Question<'_>) -> Readiness {
    let facts = question.facts;
    let findings = [
        definitions::valid(question),
        handoff::present(question),
        checks::passed(question),
        reviews::approved(question),
        reviews::none_requests_changes(question),
        base::based_on_base(question),
        base::coordinator_clean(question),
        dependencies::done(question),
        returned::not_returned(question),
        blocked::not_blocked(question),
    ];
    let ready = findings.iter().all(|finding| finding.condition.met);
    let (conditions, reasons): (Vec<_>, Vec<_>) =
        findings.into_iter().map(|finding| (finding.condition, finding.reasons)).unzip();
    Readiness {
        task: question.task.id.clone(),
        ready,
        reference: facts.reference.clone(),
        head: facts.head.as_ref().map(|head| head.commit.clone()),
        base: facts.base.clone(),
        base_commit: facts.base_commit.clone(),
        fetched: facts.fetched,
        diff_digest: facts.branched().map(|branched| branched.digest.clone()),
        conditions,
        reasons: reasons.into_iter().flatten().collect(),
    }
}

/// What a task that is in the base rested on: the conditions on handoff, checks and reviews, for a
/// question about the time when it came in.
pub(crate) fn as_it_stood(question: Question<'_>) -> (Vec<Condition>, Vec<Reason>) {
    let findings = [
        handoff::present(question),
        checks::passed(question),
        reviews::approved(question),
        reviews::none_requests_changes(question),
    ];
    let (conditions, reasons): (Vec<_>, Vec<_>) =
        findings.into_iter().map(|finding| (finding.condition, finding.reasons)).unzip();
    (conditions, reasons.into_iter().flatten().collect())
}

/// The first characters of a commit, for sentences; the whole id stands in its own field.
fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}
