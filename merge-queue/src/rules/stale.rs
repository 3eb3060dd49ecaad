//! Tasks that the journal knows and that are not defined any more, and when they may be archived
//! (runbook v2, `queue-prune-stale`).

use std::collections::{BTreeMap, BTreeSet};

use records::merge_queue::Stale;
use records::{QueueEvent, Reason, Stamp, TaskId};

use crate::rules::definitions::Definitions;
use crate::rules::standing::Standing;

/// The kind of the event that archives a task.
pub(crate) const ARCHIVED: &str = "archived";

/// What is stale, and what speaks against archiving it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Found {
    /// By task.
    pub(crate) stale: Vec<Stale>,
    /// All reasons why nothing of it may be archived; empty when all of it may.
    pub(crate) reasons: Vec<Reason>,
}

/// Looks for tasks that are not defined and not archived. Definitions that have lost most of the tasks
/// that were worked on are more likely cut short than meant so; then nothing is archived unless
/// `shrink` says that it is meant.
pub(crate) fn find(
    definitions: &Definitions,
    events: &[QueueEvent],
    shrink: bool,
    now: Stamp,
) -> Found {
    let mut by_task: BTreeMap<&TaskId, Vec<&QueueEvent>> = BTreeMap::new();
    for event in events {
        // What is about the whole queue is about no task that could be gone.
        let Some(task) = &event.task else { continue };
        by_task.entry(task).or_default().push(event);
    }
    by_task.retain(|_, events| events.last().is_some_and(|last| last.kind != ARCHIVED));
    let known = by_task.len();
    let defined: BTreeSet<&TaskId> = definitions.tasks.iter().map(|task| &task.id).collect();
    by_task.retain(|id, _| !defined.contains(id));

    let mut found = Found::default();
    if by_task.len() > 1 && by_task.len() * 2 > known && !shrink {
        let (file, gone) = (definitions.file.display(), by_task.len());
        let message = format!("{gone} of {known} tasks that have events are not in {file}");
        let next = "look whether the definitions are whole; if it is meant: merge-queue prune-stale --apply --allow-shrink";
        found.reasons.push(Reason::new("would_shrink", message, next));
    }
    for (id, events) in by_task {
        let standing = Standing::of(events.iter().copied());
        if let Some(held) = standing.live(now) {
            let (owner, until) = (&held.claim.owner, held.claim.until);
            let message = format!("{owner} has {id} until {until}");
            let next = format!("define {id} again, or wait for the end of the lease");
            found.reasons.push(Reason::new("claimed", message, next));
        }
        if let Some(last) = events.last() {
            found.stale.push(Stale {
                task: id.clone(),
                events: events.len() as u64,
                last_event: last.seq,
                last_at: last.at,
                archived: false,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::rules::definitions::Written;

    fn now() -> Stamp {
        "2026-01-24T18:30:45.000Z".parse().unwrap()
    }

    fn found(
        defined: &[&str],
        events: &[(&str, &str)],
        shrink: bool,
    ) -> (Vec<String>, Vec<String>) {
        let tasks: Vec<String> =
            defined.iter().map(|id| format!("{{id: {id}, title: T}}")).collect();
        let text = format!("queue: {{tasks: [{}]}}\n", tasks.join(", "));
        let file = Path::new("switchyard.yaml");
        let written = config::parse::<Written>(file, &text).unwrap().unwrap();
        let definitions = crate::rules::validate::check(file, written);
        let events: Vec<QueueEvent> = (1..)
            .zip(events)
            .map(|(seq, (task, kind))| {
                QueueEvent::blank(seq, now(), "lead".into(), task.parse().unwrap(), kind)
            })
            .collect();
        let found = find(&definitions, &events, shrink, now());
        let stale = found.stale.iter().map(|stale| stale.task.to_string()).collect();
        (stale, found.reasons.into_iter().map(|reason| reason.code).collect())
    }

    #[test]
    fn what_is_defined_or_archived_is_not_stale() {
        let note = |task| (task, "note");
        let (stale, reasons) = found(&["a", "b"], &[note("a"), note("b"), note("c")], false);
        assert_eq!((stale, reasons), (vec!["c".to_owned()], vec![]));
        assert_eq!(found(&["a"], &[note("a"), note("c"), ("c", ARCHIVED)], false).0, [""; 0]);
        // What happens after that makes it stale again.
        let again = [note("a"), note("c"), ("c", ARCHIVED), note("c")];
        assert_eq!(found(&["a"], &again, false).0, ["c"]);
    }

    #[test]
    fn definitions_that_lost_most_tasks_archive_nothing_unless_that_is_meant() {
        let events = [("a", "note"), ("b", "note"), ("c", "note")];
        assert_eq!(found(&["a"], &events, false).1, ["would_shrink"]);
        assert_eq!(found(&[], &events, false).1, ["would_shrink"]);
        assert_eq!(found(&["a"], &events, true).1, [""; 0]);
        assert_eq!(found(&["a", "b"], &events, false).1, [""; 0]);
        assert_eq!(found(&[], &[("a", "note")], false).1, [""; 0]);
    }
}
