//! What a release consists of, and what is missing for it (runbook v2, section 7). Pure: it judges each
//! task as `merge-ready` did, by what the journal held when the task came in.

use std::collections::BTreeSet;

use records::merge_queue::{ReleaseEvidence, ReleasedTask, RollbackStep};
use records::{Landed, QueueEvent, Reason, TaskId, TaskState};
use repo::shell_words;

use crate::history::History;
use crate::rules::definitions::Definitions;
use crate::rules::facts::Facts;
use crate::rules::ready::{self, Question};

/// A task that came into the base.
#[derive(Debug)]
pub(crate) struct Arrival<'a> {
    /// The event with which it was done.
    pub(crate) event: &'a QueueEvent,
    /// Its task.
    pub(crate) task: &'a TaskId,
    /// The landing; `None` for work that was merged by hand.
    pub(crate) landed: Option<&'a Landed>,
    /// The commit that was handed over.
    pub(crate) commit: &'a str,
    /// That commit against the base of then; without a relation for work that was merged by hand.
    pub(crate) facts: Facts,
    /// The commits that it brought in.
    pub(crate) brought: Vec<String>,
}

/// The event's landing and commit, if it is one with which a task was done.
pub(crate) fn arrival(event: &QueueEvent) -> Option<(Option<&Landed>, &str, &str)> {
    if let Some(landed) = event.landed.as_ref().filter(|_| event.kind == "landed") {
        return Some((Some(landed), &landed.commit, &landed.base_after));
    }
    let said = event.status.as_ref().filter(|change| change.to == TaskState::Done)?;
    let commit = said.commit.as_deref()?;
    Some((None, commit, commit))
}

/// Where a release starts and ends.
#[derive(Debug)]
pub(crate) struct Range {
    /// The commit to release.
    pub(crate) source: String,
    /// The release before.
    pub(crate) since: Option<String>,
    /// The commits in between, newest first; empty without a release before.
    pub(crate) commits: Vec<String>,
    /// The base ref.
    pub(crate) base: String,
    /// Whether it was fetched just now.
    pub(crate) fetched: bool,
}

/// The evidence for a release.
pub(crate) fn evidence(
    definitions: &Definitions,
    history: &History,
    range: Range,
    arrivals: &[Arrival<'_>],
) -> ReleaseEvidence {
    let mut reasons = Vec::new();
    if arrivals.is_empty() {
        let message = "no task came into the base in this range";
        reasons.push(Reason::without_step("nothing_to_release", message));
    }
    for damage in &history.damage {
        let message = format!("{}:{}: {}", damage.file, damage.line, damage.message);
        reasons.push(Reason::new("journal_damaged", message, "merge-queue validate"));
    }
    let tasks =
        arrivals.iter().map(|arrival| task(definitions, history, arrival, &mut reasons)).collect();
    let brought: BTreeSet<&String> = arrivals.iter().flat_map(|a| &a.brought).collect();
    let unaccounted: Vec<String> =
        range.commits.into_iter().filter(|commit| !brought.contains(commit)).collect();
    if !unaccounted.is_empty() {
        let message = format!("{} commits came into the base without the queue", unaccounted.len());
        let next = "look at each ('unaccounted'), and say why it may be released";
        reasons.push(Reason::new("commits_unaccounted", message, next));
    }
    ReleaseEvidence {
        rollback: rollback(range.since.as_deref(), arrivals),
        source: range.source,
        base: range.base,
        fetched: range.fetched,
        since: range.since,
        complete: reasons.is_empty(),
        tasks,
        unaccounted,
        reasons,
    }
}

fn task(
    definitions: &Definitions,
    history: &History,
    arrival: &Arrival<'_>,
    reasons: &mut Vec<Reason>,
) -> ReleasedTask {
    let event = arrival.event;
    let id = arrival.task;
    let defined = definitions.tasks.iter().find(|task| task.id == *id);
    let of_task = history.events.iter().filter(|earlier| earlier.task.as_ref() == Some(id));
    let earlier = of_task.filter(|earlier| earlier.seq < event.seq).cloned();
    let history = History { events: earlier.collect(), ..History::default() };
    let mut conditions = Vec::new();
    if let Some(task) = defined {
        let (facts, strategy) = (&arrival.facts, definitions.strategy);
        let history = &history;
        let (stood, missing) =
            ready::as_it_stood(Question { definitions, task, history, facts, strategy });
        conditions = stood;
        reasons.extend(missing.into_iter().map(|reason| Reason {
            message: format!("{id}: {}", reason.message),
            next: None,
            ..reason
        }));
    } else {
        let message = format!("{id} is not defined any more, so that nothing says what it needed");
        reasons.push(Reason::without_step("task_undefined", message));
    }
    if arrival.landed.is_none() {
        let message = format!("event {}: {id} was merged by hand", event.seq);
        reasons.push(Reason::without_step("merged_by_hand", message));
    }
    let handoffs = history.of(id).rev().filter_map(|event| event.handoff.as_ref());
    let handoff = handoffs.into_iter().find(|handoff| handoff.commit == arrival.commit);
    ReleasedTask {
        task: id.clone(),
        title: defined.map(|task| task.title.clone()),
        issue: defined.and_then(|task| task.issue),
        event: event.seq,
        landed: arrival.landed.is_some(),
        commit: arrival.commit.into(),
        base_after: arrival.landed.map(|landed| landed.base_after.clone()),
        conditions,
        risks: handoff.map(|handoff| handoff.risks.clone()).unwrap_or_default(),
    }
}

/// The whole release by going back to the one before, or one task after the other, newest first.
fn rollback(since: Option<&str>, arrivals: &[Arrival<'_>]) -> Vec<RollbackStep> {
    let back = since.map(|since| RollbackStep {
        what: format!("all of it: release {since} again"),
        command: None,
    });
    let each = arrivals.iter().rev().map(|arrival| {
        let task = arrival.task;
        let command = arrival.landed.map(|landed| {
            if landed.strategy == "no-ff" {
                return shell_words(["git", "revert", "-m", "1", landed.base_after.as_str()]);
            }
            let (before, after) = (landed.base_before.as_str(), landed.base_after.as_str());
            let range = format!("{before}..{after}");
            if arrival.brought.len() <= 1 {
                return shell_words(["git", "revert", range.as_str()]);
            }
            // One of them may be a merge, which cannot be reverted in a row with others.
            let diff = shell_words(["git", "diff", "--binary", after, before]);
            let message = format!("Revert {task}");
            let commit = shell_words(["git", "commit", "-m", message.as_str()]);
            format!("{diff} | git apply --index --3way && {commit}")
        });
        RollbackStep { what: format!("{task} alone"), command }
    });
    back.into_iter().chain(each).collect()
}
