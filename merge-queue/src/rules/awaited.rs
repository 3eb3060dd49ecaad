//! Which roles a task that is handed over waits for, as far as the journal tells. Whether an approval holds for
//! today's diff is `merge-ready`'s to say.

use std::collections::{BTreeMap, HashMap};

use records::merge_queue::RequiredRole;
use records::{QueueEvent, ReviewStatus, TaskId};

use crate::history::History;
use crate::rules::definitions::Definitions;
use crate::rules::diff::Change;
use crate::rules::route;
use crate::rules::survey::{Survey, Surveyed};

/// The reviews that are waited for: by task, the roles with what demands them.
pub(crate) type Awaited = BTreeMap<TaskId, Vec<RequiredRole>>;

/// Whether the task may wait for reviews.
pub(crate) fn waits(surveyed: &Surveyed<'_>) -> bool {
    let standing = &surveyed.standing;
    standing.in_review && surveyed.done.is_none() && standing.blocked().is_none()
}

/// Looks at every task that waits, whose events `history` has.
pub(crate) fn awaited(
    definitions: &Definitions,
    survey: &Survey<'_>,
    history: &History,
) -> Awaited {
    if survey.unsure.is_some() {
        return Awaited::new();
    }
    let mut events: HashMap<&TaskId, Vec<&QueueEvent>> = HashMap::new();
    for event in &history.events {
        if let Some(task) = &event.task {
            events.entry(task).or_default().push(event);
        }
    }
    let waiting = survey.tasks.iter().filter(|surveyed| waits(surveyed));
    let found = waiting.map(|surveyed| {
        let id = &surveyed.task.id;
        let events = events.get(id).map(Vec::as_slice).unwrap_or_default();
        (id.clone(), of_task(definitions, events))
    });
    found.filter(|(_, roles)| !roles.is_empty()).collect()
}

/// The roles that the files of the newest handoff demand and that have not approved its commit.
fn of_task(definitions: &Definitions, events: &[&QueueEvent]) -> Vec<RequiredRole> {
    let Some(handoff) = events.iter().rev().find_map(|event| event.handoff.as_ref()) else {
        return Vec::new();
    };
    let changes: Vec<Change> = handoff
        .changed_files
        .iter()
        .map(|path| Change { path: path.clone().into_bytes(), old: None, new: None })
        .collect();
    // What was said before events were lost does not count any more.
    let since = events.iter().rposition(|event| event.lost.is_some()).unwrap_or(0);
    let mut required = route::required(&definitions.routes, &changes);
    required.retain(|required| {
        let said = events.iter().skip(since).rev().filter_map(|event| event.review.as_ref());
        let newest = said.into_iter().find(|review| review.role == required.role);
        !newest.is_some_and(|review| {
            review.status == ReviewStatus::Approved && review.commit == handoff.commit
        })
    });
    required
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use serde_json::{Value, json};

    use super::*;
    use crate::rules::definitions::Written;

    const AT: &str = "2026-01-24T18:30:45.000Z";

    fn event(kind: &str, payload: &Value) -> QueueEvent {
        let mut event = json!({"seq": 0, "at": AT, "actor": "lead", "task": "t", "kind": kind});
        event.as_object_mut().unwrap().extend(payload.as_object().unwrap().clone());
        serde_json::from_value(event).unwrap()
    }

    fn handoff(commit: &str, files: &[&str]) -> QueueEvent {
        let handoff =
            json!({"owner": "A", "branch": "b", "commit": commit, "changed_files": files});
        event("handoff", &json!({"handoff": handoff}))
    }

    fn review(role: &str, commit: &str, status: &str) -> QueueEvent {
        let review = json!({
            "role": role, "reviewer": "R", "status": status, "commit": commit, "diff_digest": "d",
        });
        event("review", &json!({"review": review}))
    }

    fn roles(events: &[QueueEvent]) -> Vec<String> {
        let text = "queue:\n  roles: {D: {reviewer: true}, E: {reviewer: true}}\n  tasks: [{id: t, title: T}]\n  routes:\n    - {globs: ['docs/**'], roles: [D]}\n    - {globs: ['**/*.md'], roles: [D, E]}\n";
        let file = Path::new("switchyard.yaml");
        let written = config::parse::<Written>(file, text).unwrap().unwrap();
        let definitions = crate::rules::validate::check(file, written);
        let mut history = History { events: events.to_vec(), ..History::default() };
        for (seq, event) in (1..).zip(&mut history.events) {
            event.seq = seq;
        }
        let now = AT.parse().unwrap();
        let survey = Survey::new(&definitions, &history, &BTreeSet::new(), now);
        let awaited = awaited(&definitions, &survey, &history);
        awaited.into_values().flatten().map(|required| required.role).collect()
    }

    #[test]
    fn a_role_is_waited_for_until_it_has_approved_what_is_handed_over() {
        let both = || handoff("1", &["src/a.rs", "docs/a.md"]);
        assert_eq!(roles(&[]), [""; 0]);
        assert_eq!(roles(&[handoff("1", &["src/a.rs"])]), [""; 0]);
        assert_eq!(roles(&[both()]), ["D", "E"]);
        let approved = || review("D", "1", "approved");
        assert_eq!(roles(&[both(), approved()]), ["E"]);
        assert_eq!(roles(&[both(), approved(), both()]), ["E"]);
        assert_eq!(roles(&[both(), approved(), handoff("2", &["docs/a.txt"])]), ["D"]);
        // Whoever asks for changes waits for the next handoff, and is asked again.
        let request = || review("D", "1", "changes_requested");
        assert_eq!(roles(&[both(), approved(), request()]), [""; 0]);
        assert_eq!(roles(&[both(), approved(), request(), both()]), ["D", "E"]);
        // Whoever asked may take it back for the same commit; all of them, and only for that.
        assert_eq!(roles(&[both(), request(), approved()]), ["E"]);
        let other = || review("E", "1", "changes_requested");
        assert_eq!(roles(&[both(), request(), other(), approved()]), [""; 0]);
        assert_eq!(roles(&[both(), request(), review("D", "2", "approved")]), [""; 0]);
        let returned = json!({"returned": {"commit": "1", "base": "0", "why": "conflict"}});
        let returned = || event("returned", &returned);
        assert_eq!(roles(&[both(), returned(), request(), approved()]), [""; 0]);
        assert_eq!(roles(&[both(), request(), returned(), approved()]), [""; 0]);
        let lost = json!({"lost": {"events": [{"first": 9, "last": 9}], "reason": "r"}});
        assert_eq!(roles(&[both(), approved(), event("lost", &lost)]), ["D", "E"]);
        let blocked = event("status", &json!({"status": {"to": "blocked"}}));
        assert_eq!(roles(&[both(), blocked]), [""; 0]);
    }
}
